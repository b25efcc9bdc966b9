/* SPDX-License-Identifier: Apache-2.0
 *
 * Confluent's names of subjects: TopicNameStrategy, RecordNameStrategy, TopicRecordNameStrategy. */
#include "codec_avro.h"

#include "kafka_topic.h"
#include "template.h"

#include <string.h>

static char *legal(char *name)
{
  kafka_topic_sanitise(name);
  return name;
}

char *avro_topic_of(const struct avro_codec *avro, const struct headrace_relation *relation)
{
  const struct headrace_pair values[] = {{"prefix", avro->codec.options.prefix},
                                         {"schema", relation->schema},
                                         {"table", relation->table}};
  return legal(template_expand(avro->topic, values, sizeof values / sizeof *values));
}

/* As the sink for Kafka names the topic of a record that brings its name. */
char *avro_topic_named(const struct avro_codec *avro, const char *name)
{
  if (strchr(name, '.'))
    return legal(avro_must(strdup(name)));
  return legal(text_print("%s.%s", avro->codec.options.prefix, name).data);
}

char *avro_subject(const struct avro_codec *avro, const char *topic, const struct avro_side *side,
                   bool of_key)
{
  const struct avro_type *type = avro_schema_type(side->schema);
  if (avro->strategy == SUBJECT_TOPIC || !type->name)
    return text_print("%s-%s", topic, of_key ? "key" : "value").data;
  if (avro->strategy == SUBJECT_RECORD)
    return avro_must(strdup(type->name));
  return text_print("%s-%s", topic, type->name).data;
}
