/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka Connect's schemas as its JsonConverter writes them:
 * {"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"name":"…"} */
#include "connect_typed.h"

#include <ctype.h>
#include <stdlib.h>

#define NOT_GIVEN INT32_MIN

static const struct {
  const char *name;
  enum connect_type type;
} type_names[] = {
    {"string", CONNECT_STRING}, {"int32", CONNECT_INT32},    {"int64", CONNECT_INT64},
    {"int16", CONNECT_INT16},   {"int8", CONNECT_INT8},      {"boolean", CONNECT_BOOLEAN},
    {"float", CONNECT_FLOAT32}, {"double", CONNECT_FLOAT64}, {"bytes", CONNECT_BYTES},
    {"array", CONNECT_ARRAY},   {"map", CONNECT_MAP},        {"struct", CONNECT_STRUCT},
};

static void init(struct connect_schema *schema)
{
  *schema = (struct connect_schema){.scale = NOT_GIVEN,
                                    .precision = NOT_GIVEN,
                                    .length = NOT_GIVEN,
                                    .source_length = NOT_GIVEN,
                                    .source_scale = NOT_GIVEN};
}

void connect_schema_clear(struct connect_schema *schema)
{
  for (size_t i = 0; i < schema->count; i++)
    connect_schema_clear(&schema->children[i]);
  free(schema->children);
  free(schema->field);
  free(schema->name);
  free(schema->allowed);
  free(schema->source_type);
}

const struct connect_schema *connect_schema_field(const struct connect_schema *schema,
                                                  const char *name)
{
  for (size_t i = 0; i < schema->count; i++)
    if (schema->children[i].field && !strcmp(schema->children[i].field, name))
      return &schema->children[i];
  return NULL;
}

/* ---- reading ------------------------------------------------------------ */

static struct connect_schema *add_child(struct connect_schema *schema)
{
  if (schema->count == schema->room) {
    schema->room = schema->room ? 2 * schema->room : 8;
    schema->children = realloc(schema->children, schema->room * sizeof *schema->children);
    if (!schema->children)
      abort();
  }
  struct connect_schema *child = &schema->children[schema->count++];
  init(child);
  return child;
}

/* A string's characters; false: it is none, or has U+0000, which no name has. */
static bool read_string(struct json_reader *reader, char **text)
{
  struct json_value value;
  if (!json_read_whole(reader, &value))
    return false;
  if (value.kind == JSON_NULL)
    return true;
  if (value.kind != JSON_STRING)
    return false;
  free(*text);
  *text = malloc(value.size + 1);
  if (!*text)
    abort();
  size_t size = json_unescape(*text, &value);
  (*text)[size] = '\0';
  return strlen(*text) == size;
}

static bool read_type(struct json_reader *reader, enum connect_type *type)
{
  struct json_value value;
  if (!json_read_whole(reader, &value) || value.kind != JSON_STRING)
    return false;
  for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
    if (json_is(&value, type_names[i].name)) {
      *type = type_names[i].type;
      return true;
    }
  return false;
}

/* Parameters are strings, whatever they hold. */
static bool read_integer_parameter(struct json_reader *reader, int32_t *number)
{
  char *text = NULL, *end;
  if (!read_string(reader, &text))
    return false;
  long value = text ? strtol(text, &end, 10) : 0;
  if (text && *text && !*end && value > INT32_MIN && value <= INT32_MAX)
    *number = (int32_t)value;
  free(text);
  return true;
}

static void to_lower_case(char *text)
{
  for (; text && *text; text++)
    *text = (char)tolower((unsigned char)*text);
}

#define SOURCE_COLUMN "__debezium.source.column."

static bool read_parameter(struct json_reader *reader, struct connect_schema *schema,
                           const struct json_value *name)
{
  if (json_is(name, "allowed"))
    return read_string(reader, &schema->allowed);
  if (json_is(name, "scale"))
    return read_integer_parameter(reader, &schema->scale);
  if (json_is(name, "connect.decimal.precision"))
    return read_integer_parameter(reader, &schema->precision);
  if (json_is(name, "length"))
    return read_integer_parameter(reader, &schema->length);
  if (json_is(name, SOURCE_COLUMN "length"))
    return read_integer_parameter(reader, &schema->source_length);
  if (json_is(name, SOURCE_COLUMN "scale"))
    return read_integer_parameter(reader, &schema->source_scale);
  if (json_is(name, SOURCE_COLUMN "type")) {
    bool sound = read_string(reader, &schema->source_type);
    to_lower_case(schema->source_type);
    return sound;
  }
  struct json_value other;
  return json_read_whole(reader, &other);
}

static bool read_parameters(struct json_reader *reader, struct connect_schema *schema)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value) || (value.kind != JSON_OBJECT && value.kind != JSON_NULL))
    return false;
  while (value.kind == JSON_OBJECT && json_next_member(reader, &name))
    if (!read_parameter(reader, schema, &name))
      return false;
  return !reader->error;
}

static bool read_schema(struct json_reader *reader, struct connect_schema *schema);

static bool read_fields(struct json_reader *reader, struct connect_schema *schema)
{
  struct json_value value;
  if (!json_read_value(reader, &value) || value.kind != JSON_ARRAY)
    return false;
  while (json_next_element(reader))
    if (!read_schema(reader, add_child(schema)))
      return false;
  return !reader->error;
}

static bool read_member(struct json_reader *reader, struct connect_schema *schema,
                        const struct json_value *name)
{
  struct json_value value;
  if (json_is(name, "type"))
    return read_type(reader, &schema->type);
  if (json_is(name, "name"))
    return read_string(reader, &schema->name);
  if (json_is(name, "field"))
    return read_string(reader, &schema->field);
  if (json_is(name, "parameters"))
    return read_parameters(reader, schema);
  if (json_is(name, "fields"))
    return read_fields(reader, schema);
  if (json_is(name, "items") || json_is(name, "keys") || json_is(name, "values"))
    return read_schema(reader, add_child(schema));
  if (!json_read_whole(reader, &value))
    return false;
  if (json_is(name, "optional"))
    schema->optional = value.kind == JSON_TRUE;
  if (json_is(name, "default"))
    schema->default_value = value;
  return true;
}

/* The reader bounds how deep this goes. */
static bool read_schema(struct json_reader *reader, struct connect_schema *schema)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value) || value.kind != JSON_OBJECT)
    return false;
  while (json_next_member(reader, &name))
    if (!read_member(reader, schema, &name))
      return false;
  if (reader->error || schema->type == CONNECT_NONE)
    return false;
  return schema->type != CONNECT_ARRAY || schema->count == 1;
}

bool connect_schema_read(struct connect_schema *schema, const struct json_value *text)
{
  struct json_reader reader;
  init(schema);
  json_read_begin(&reader, text->data, text->size);
  return read_schema(&reader, schema) && json_read_end(&reader);
}
