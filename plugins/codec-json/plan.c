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

void *json_plan(struct codec *codec, struct relation_plan *plan,
                const struct headrace_relation *relation)
{
  struct json_plan *json = calloc(1, sizeof *json);
  if (!json)
    abort();
  plan_names(json, plan);
  if (codec->options.schemas && relation) {
    json->key_schema = wrapper(schema_of_key(codec, plan, relation));
    json->value_schema =
        wrapper(codec->options.cloudevents ? schema_of_images(codec, plan, relation)
                                           : schema_of_value(codec, plan, relation));
  }
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
  cloud_plan_clear(&json->cloud);
  free(json);
}
