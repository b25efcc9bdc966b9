/* SPDX-License-Identifier: Apache-2.0
 *
 * Avro's schemas as Kafka Connect's, in JSON, as AvroData takes them back: connect.* attributes
 * first, then Avro's logical types, of which those that Connect has no word for are Debezium's. A
 * union of several types, and what contains itself, is a struct whose fields nobody knows. */
#include "schema.h"

#include <jansson.h>
#include <string.h>

#pragma GCC poison json_integer /* json_text.h has another one: json_pack() */

enum { NODES_MAX = 50000 };

struct stack { /* the types that this one is in */
  const struct avro_type *type;
  const struct stack *outer;
  size_t *nodes;
};

static json_t *schema_of(const struct avro_type *type, const struct stack *outer);

static bool is_inside_itself(const struct avro_type *type, const struct stack *outer)
{
  for (; outer; outer = outer->outer)
    if (outer->type == type)
      return true;
  return false;
}

/* ---- defaults ------------------------------------------------------------------ */

static json_t *default_value(const struct avro_type *type, json_t *value)
{
  if (type->kind == AVRO_UNION)
    return default_value(type->parts[0], value);
  if ((type->kind == AVRO_BYTES || type->kind == AVRO_FIXED) && json_is_string(value)) {
    char *text = avro_base64_of_latin(json_string_value(value), json_string_length(value));
    json_t *result = text ? json_pack("s", text) : NULL;
    free(text);
    return result;
  }
  if (type->kind != AVRO_RECORD || !json_is_object(value))
    return json_incref(value);
  json_t *object = json_object();
  for (size_t i = 0; i < type->count; i++) {
    json_t *part = json_object_get(value, type->fields[i].name);
    json_object_set_new(object, type->fields[i].name,
                        part ? default_value(type->fields[i].type, part) : json_null());
  }
  return object;
}

static json_t *field_default(const struct avro_field *field)
{
  json_t *value = json_object_get(field->json, "default");
  return value ? default_value(field->type, value) : NULL;
}

char *avro_default(const struct avro_field *field)
{
  json_t *value = field_default(field);
  if (!value)
    return NULL;
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  json_decref(value);
  return text;
}

/* ---- names --------------------------------------------------------------------- */

static const struct {
  const char *avro, *connect;
} logical_types[] = {
    {"decimal", "org.apache.kafka.connect.data.Decimal"},
    {"date", "org.apache.kafka.connect.data.Date"},
    {"time-millis", "org.apache.kafka.connect.data.Time"},
    {"timestamp-millis", "org.apache.kafka.connect.data.Timestamp"},
    {"local-timestamp-millis", "org.apache.kafka.connect.data.Timestamp"},
    {"time-micros", "io.debezium.time.MicroTime"},
    {"timestamp-micros", "io.debezium.time.MicroTimestamp"},
    {"local-timestamp-micros", "io.debezium.time.MicroTimestamp"},
    {"timestamp-nanos", "io.debezium.time.NanoTimestamp"},
    {"local-timestamp-nanos", "io.debezium.time.NanoTimestamp"},
};

static const char *connect_name(const struct avro_type *type)
{
  const char *given = avro_attribute(type, "connect.name");
  const char *logical = avro_attribute(type, "logicalType");
  if (given || !logical)
    return given ? given : type->kind == AVRO_RECORD ? type->name : NULL;
  if (type->kind == AVRO_STRING && !strcmp(logical, "uuid"))
    return "io.debezium.data.Uuid";
  for (size_t i = 0; i < sizeof logical_types / sizeof *logical_types; i++)
    if (!strcmp(logical_types[i].avro, logical))
      return logical_types[i].connect;
  return NULL;
}

static void add_number(json_t *parameters, const char *name, const json_t *number)
{
  char text[32];
  if (json_object_get(parameters, name) || !json_is_integer(number))
    return;
  snprintf(text, sizeof text, "%lld", (long long)json_integer_value(number));
  json_object_set_new(parameters, name, json_pack("s", text));
}

static json_t *parameters_of(const struct avro_type *type)
{
  const char *logical = avro_attribute(type, "logicalType");
  json_t *given = json_object_get(type->json, "connect.parameters");
  json_t *parameters = json_is_object(given) ? json_deep_copy(given) : json_object();
  if (logical && !strcmp(logical, "decimal")) {
    const json_t *scale = json_object_get(type->json, "scale");
    add_number(parameters, "scale", scale);
    if (!scale && !json_object_get(parameters, "scale"))
      json_object_set_new(parameters, "scale", json_pack("s", "0"));
    if (!avro_attribute(type, "connect.name")) /* else it is only AvroData's, where none is known */
      add_number(parameters, "connect.decimal.precision", json_object_get(type->json, "precision"));
  }
  if (json_object_size(parameters))
    return parameters;
  json_decref(parameters);
  return NULL;
}

/* ---- types --------------------------------------------------------------------- */

static json_t *any(void)
{
  return json_pack("{s:s, s:[], s:b}", "type", "struct", "fields", "optional", 0);
}

static const char *word_of(const struct avro_type *type)
{
  static const char *const words[] = {
      [AVRO_NULL] = "string", [AVRO_BOOLEAN] = "boolean", [AVRO_INT] = "int32",
      [AVRO_LONG] = "int64",  [AVRO_FLOAT] = "float",     [AVRO_DOUBLE] = "double",
      [AVRO_BYTES] = "bytes", [AVRO_STRING] = "string",   [AVRO_RECORD] = "struct",
      [AVRO_ENUM] = "string", [AVRO_FIXED] = "bytes",     [AVRO_ARRAY] = "array",
      [AVRO_MAP] = "map"};
  const char *own = avro_attribute(type, "connect.type");
  if (type->kind == AVRO_INT && own && (!strcmp(own, "int8") || !strcmp(own, "int16")))
    return own;
  return words[type->kind];
}

static json_t *field_of(const struct avro_field *field, const struct stack *outer)
{
  json_t *schema = schema_of(field->type, outer);
  json_t *value = field_default(field);
  json_object_set_new(schema, "field", json_pack("s", field->name));
  if (value && !json_is_null(value))
    json_object_set(schema, "default", value);
  json_decref(value);
  return schema;
}

static void add_parts(json_t *schema, const struct avro_type *type, const struct stack *here)
{
  if (type->kind == AVRO_RECORD) {
    json_t *fields = json_array();
    for (size_t i = 0; i < type->count; i++)
      json_array_append_new(fields, field_of(&type->fields[i], here));
    json_object_set_new(schema, "fields", fields);
  } else if (type->kind == AVRO_ARRAY) {
    json_object_set_new(schema, "items", schema_of(type->parts[0], here));
  } else if (type->kind == AVRO_MAP) {
    json_object_set_new(schema, "keys", json_pack("{s:s, s:b}", "type", "string", "optional", 0));
    json_object_set_new(schema, "values", schema_of(type->parts[0], here));
  }
}

static json_t *union_of(const struct avro_type *type, const struct stack *outer)
{
  const struct avro_type *other = type->parts[0];
  bool optional = avro_is_optional(type, &other);
  json_t *schema = optional || type->count == 1 ? schema_of(other, outer) : any();
  for (size_t i = 0; i < type->count; i++)
    optional |= type->parts[i]->kind == AVRO_NULL;
  json_object_set_new(schema, "optional", json_boolean(optional));
  return schema;
}

static json_t *schema_of(const struct avro_type *type, const struct stack *outer)
{
  if (type->kind == AVRO_UNION)
    return union_of(type, outer);
  if (is_inside_itself(type, outer) || ++*outer->nodes > NODES_MAX)
    return any();
  const struct stack here = {.type = type, .outer = outer, .nodes = outer->nodes};
  const char *name = connect_name(type);
  json_t *parameters = parameters_of(type);
  json_t *schema = json_pack("{s:s, s:b}", "type", word_of(type), "optional", 0);
  add_parts(schema, type, &here);
  if (name)
    json_object_set_new(schema, "name", json_pack("s", name));
  if (parameters)
    json_object_set_new(schema, "parameters", parameters);
  return schema;
}

char *avro_to_connect(const struct avro_type *type)
{
  size_t nodes = 0;
  const struct stack bottom = {.nodes = &nodes};
  json_t *schema = schema_of(type, &bottom);
  char *text = nodes > NODES_MAX ? NULL : avro_must(json_dumps(schema, JSON_COMPACT));
  json_decref(schema);
  return text;
}

const char *avro_alias(const struct json_t *json, size_t index)
{
  return json_string_value(json_array_get(json_object_get(json, "aliases"), index));
}
