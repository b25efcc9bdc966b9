/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>

static void plan_names(struct json_plan *json, const struct relation_plan *plan)
{
  struct text schema = text_json(plan->schema, strlen(plan->schema));
  struct text table = text_json(plan->table, strlen(plan->table));
  json->names = text_print(",\"schema\":%s,\"table\":%s", schema.data, table.data);
  text_free(&schema);
  json->op_head = text_print("{\"table_name\":%s,\"col_names\":[", table.data);
  text_free(&table);
  for (uint32_t i = 0; i < plan->column_count; i++) {
    struct text longer = text_print("%s%s\"%.*s\"", json->op_head.data, i ? "," : "",
                                    (int)plan->columns[i].name_size, plan->columns[i].name);
    text_free(&json->op_head);
    json->op_head = longer;
  }
  struct text whole = text_print("%s],\"lsn\":", json->op_head.data);
  text_free(&json->op_head);
  json->op_head = whole;
}

/* {"schema":…,"payload": */
static struct text wrapper(struct text schema)
{
  struct text text = text_print("{\"schema\":%s,\"payload\":", schema.data);
  text_free(&schema);
  return text;
}

static struct text schema_of_payload(const struct codec *codec, const struct relation_plan *plan,
                                     const struct headrace_relation *relation)
{
  if (codec->options.cloudevents)
    return schema_of_images(codec, plan, relation);
  return codec->flat ? schema_of_flat(codec, plan, relation)
                     : schema_of_value(codec, plan, relation);
}

static void plan_sides(struct json_plan *json, const struct json_codec *codec,
                       const struct relation_plan *plan, const struct headrace_relation *relation)
{
  const struct codec *common = &codec->codec;
  char *topic =
      subject_topic_of(codec->topic, common->options.prefix, relation->schema, relation->table);
  struct text value = schema_of_payload(common, plan, relation);
  wire_side_init(&json->value, codec, topic, value.data, false);
  text_free(&value);
  if (plan->key_count) {
    struct text key = schema_of_key(common, plan, relation);
    wire_side_init(&json->key, codec, topic, key.data, true);
    text_free(&key);
  }
  free(topic);
}

void *json_plan(struct codec *codec, struct relation_plan *plan,
                const struct headrace_relation *relation)
{
  struct json_plan *json = calloc(1, sizeof *json);
  if (!json)
    abort();
  plan_names(json, plan);
  if (codec->options.schemas && relation) {
    json->key_schema = wrapper(schema_of_key(codec, plan, relation));
    json->value_schema = wrapper(schema_of_payload(codec, plan, relation));
  }
  json->wrapped = json->value_schema.size > 0;
  if (((struct json_codec *)codec)->registry && relation)
    plan_sides(json, (struct json_codec *)codec, plan, relation);
  if (codec->options.cloudevents && relation)
    cloud_plan_init(&json->cloud, codec, relation);
  return json;
}

void json_plan_free(void *own)
{
  struct json_plan *json = own;
  text_free(&json->names);
  text_free(&json->op_head);
  text_free(&json->key_schema);
  text_free(&json->value_schema);
  wire_side_clear(&json->key);
  wire_side_clear(&json->value);
  cloud_plan_clear(&json->cloud);
  free(json);
}
