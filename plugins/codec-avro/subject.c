/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_avro.h"

char *avro_topic_of(const struct avro_codec *avro, const struct headrace_relation *relation)
{
  return subject_topic_of(avro->topic, avro->codec.options.prefix, relation->schema,
                          relation->table);
}

char *avro_topic_named(const struct avro_codec *avro, const char *name)
{
  return subject_topic_named(avro->codec.options.prefix, name);
}

char *avro_subject(const struct avro_codec *avro, const char *topic, const struct avro_side *side,
                   bool of_key)
{
  return subject_of(avro->strategy, topic, avro_schema_type(side->schema)->name, of_key);
}
