/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka Connect's schemas as JSON Schema, draft 7, as Confluent's JsonSchemaConverter makes them
 * (JsonSchemaData): the name as title, connect.type, connect.index, connect.version,
 * connect.parameters, what is optional as oneOf null. But a decimal is a string, as its value is
 * (decimal.format = BASE64): with Confluent's "number" no record would be valid. */
#include "json_schema.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison json_integer /* json_text.h has another one: json_pack() */

static const struct {
  const char *connect; /* in Connect's JSON */
  const char *type;    /* in JSON Schema */
  const char *kept;    /* connect.type; NULL: the type says it */
} types[] = {
    {"int8", "integer", "int8"},   {"int16", "integer", "int16"},  {"int32", "integer", "int32"},
    {"int64", "integer", "int64"}, {"float", "number", "float32"}, {"double", "number", "float64"},
    {"boolean", "boolean", NULL},  {"string", "string", NULL},     {"bytes", "string", "bytes"},
    {"array", "array", NULL},      {"map", "object", "map"},       {"struct", "object", NULL}};

static json_t *must(json_t *json)
{
  if (!json)
    abort();
  return json;
}

static void set(json_t *object, const char *name, json_t *value) /* takes value */
{
  if (json_object_set_new(object, name, must(value)))
    abort();
}

static json_t *schema_of(const json_t *connect, json_int_t index);

static json_t *properties_of(const json_t *connect)
{
  json_t *properties = must(json_object());
  const json_t *fields = json_object_get(connect, "fields");
  for (size_t i = 0; i < json_array_size(fields); i++) {
    const json_t *field = json_array_get(fields, i);
    set(properties, json_string_value(json_object_get(field, "field")),
        schema_of(field, (json_int_t)i));
  }
  return properties;
}

static void set_type(json_t *schema, const json_t *connect)
{
  const char *type = json_string_value(json_object_get(connect, "type"));
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(type, types[i].connect))
      continue;
    set(schema, "type", json_string(types[i].type));
    if (types[i].kept)
      set(schema, "connect.type", json_string(types[i].kept));
  }
  if (!strcmp(type, "struct"))
    set(schema, "properties", properties_of(connect));
  else if (!strcmp(type, "array"))
    set(schema, "items", schema_of(json_object_get(connect, "items"), -1));
  else if (!strcmp(type, "map"))
    set(schema, "additionalProperties", schema_of(json_object_get(connect, "values"), -1));
}

static void copy(json_t *schema, const char *as, const json_t *connect, const char *name)
{
  json_t *value = json_object_get(connect, name);
  if (value && !json_is_null(value))
    set(schema, as, json_deep_copy(value));
}

static json_t *schema_of(const json_t *connect, json_int_t index)
{
  json_t *schema = must(json_object());
  copy(schema, "title", connect, "name");
  set_type(schema, connect);
  copy(schema, "connect.version", connect, "version");
  copy(schema, "connect.parameters", connect, "parameters");
  copy(schema, "default", connect, "default");
  if (json_is_true(json_object_get(connect, "optional")))
    schema = must(json_pack("{s:[{s:s},o]}", "oneOf", "type", "null", schema));
  if (index >= 0)
    set(schema, "connect.index", json_pack("I", index));
  return schema;
}

char *json_schema_of_connect(const char *connect)
{
  json_t *read = must(json_loads(connect, 0, NULL));
  json_t *schema = must(json_pack("{s:s}", "$schema", "http://json-schema.org/draft-07/schema#"));
  if (json_object_get(read, "fields")) /* a row: a record without a value has no schema either */
    json_object_del(read, "optional");
  json_t *own = schema_of(read, -1);
  if (json_object_update(schema, own))
    abort();
  char *text = json_dumps(schema, JSON_COMPACT);
  if (!text)
    abort();
  json_decref(own);
  json_decref(schema);
  json_decref(read);
  return text;
}
