/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka Connect's schemas as Avro's, as Confluent's and Apicurio's AvroData make them (what a
 * Debezium 3.3.1 with Apicurio's converter 2.6.13 registers): names legal in Avro, connect.*
 * attributes, Connect's logical types also as Avro's. */
#include "schema.h"

#include <jansson.h>
#include <string.h>

#pragma GCC poison json_integer /* json_text.h has another one: json_pack() */

#define CONNECT "org.apache.kafka.connect.data."

struct making {
  json_t *names; /* full names of the records that are defined already */
};

static const char *text_of(const json_t *schema, const char *name)
{
  return json_string_value(json_object_get(schema, name));
}

static bool is_type(const json_t *schema, const char *type)
{
  const char *own = text_of(schema, "type");
  return own && !strcmp(own, type);
}

static bool is_named(const json_t *schema, const char *name)
{
  const char *own = text_of(schema, "name");
  return own && !strcmp(own, name);
}

/* ---- names ----------------------------------------------------------------- */

static bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Debezium's SchemaNameAdjuster: each UTF-16 unit that is not legal becomes '_', which also goes
 * before a digit at the beginning. */
static char *legal(const char *name, bool dots)
{
  char *legal_name = avro_must(malloc(strlen(name) + 2)), *out = legal_name;
  if (*name >= '0' && *name <= '9')
    *out++ = '_';
  for (const char *in = name; *in; in++) {
    unsigned char byte = (unsigned char)*in;
    bool digit = *in >= '0' && *in <= '9';
    if (is_letter(*in) || digit || (dots && *in == '.' && in > name))
      *out++ = *in;
    else if ((byte & 0xc0) != 0x80) {
      *out++ = '_';
      if (byte >= 0xf0) /* two units, of four bytes */
        *out++ = '_';
    }
  }
  if (out == legal_name)
    *out++ = '_';
  *out = '\0';
  return legal_name;
}

static bool has_name(const json_t *fields, const char *name)
{
  for (size_t i = 0; i < json_array_size(fields); i++)
    if (!strcmp(text_of(json_array_get(fields, i), "name"), name))
      return true;
  return false;
}

/* A legal name of a field that none before it has. */
static char *field_name(const json_t *fields, const char *name)
{
  char *own = legal(name, false);
  while (has_name(fields, own)) {
    size_t size = strlen(own);
    own = avro_must(realloc(own, size + 2));
    memcpy(own + size, "_", 2);
  }
  return own;
}

/* ---- defaults -------------------------------------------------------------- */

static json_t *bytes_default(const json_t *value)
{
  size_t size;
  char *text = avro_latin_of_base64(json_string_value(value), json_string_length(value), &size);
  json_t *result = text ? json_stringn(text, size) : NULL;
  free(text);
  return result;
}

static json_t *default_of(const json_t *schema, json_t *value);

/* A default inside of a union is one of its first branch, which is null for what is optional. */
static json_t *struct_default(const json_t *schema, const json_t *value)
{
  const json_t *fields = json_object_get(schema, "fields");
  json_t *result = json_object();
  for (size_t i = 0; i < json_array_size(fields); i++) {
    const json_t *field = json_array_get(fields, i);
    json_t *given = json_object_get(value, text_of(field, "field"));
    bool optional = json_is_true(json_object_get(field, "optional"));
    json_t *part = optional ? (json_is_null(given) ? json_null() : NULL) : default_of(field, given);
    if (!part || json_object_set_new(result, text_of(field, "field"), part)) {
      json_decref(result);
      return NULL;
    }
  }
  return result;
}

/* NULL: Avro has no word for it. */
static json_t *default_of(const json_t *schema, json_t *value)
{
  if (!value || json_is_null(value))
    return NULL;
  if (is_type(schema, "bytes"))
    return json_is_string(value) ? bytes_default(value) : NULL;
  if (is_type(schema, "struct"))
    return json_is_object(value) ? struct_default(schema, value) : NULL;
  if (is_type(schema, "array"))
    return json_array_size(value) ? NULL : json_array();
  if (is_type(schema, "map"))
    return json_object_size(value) ? NULL : json_object();
  if ((is_type(schema, "float") || is_type(schema, "double")) && !json_is_number(value))
    return NULL; /* NaN */
  return json_incref(value);
}

/* ---- attributes ------------------------------------------------------------ */

static int number_of(const json_t *parameters, const char *name, int otherwise)
{
  const char *text = json_string_value(json_object_get(parameters, name));
  return text ? atoi(text) : otherwise;
}

enum { PRECISION_DEFAULT = 64 }; /* AvroData's, where none is known */

static bool is_decimal(const json_t *schema, int *precision, int *scale)
{
  if (!is_named(schema, CONNECT "Decimal"))
    return false;
  const json_t *parameters = json_object_get(schema, "parameters");
  *precision = number_of(parameters, "connect.decimal.precision", PRECISION_DEFAULT);
  *scale = number_of(parameters, "scale", 0);
  return true;
}

static void add_logical_type(json_t *type, const json_t *schema)
{
  static const struct {
    const char *connect, *avro;
  } words[] = {{CONNECT "Date", "date"},
               {CONNECT "Time", "time-millis"},
               {CONNECT "Timestamp", "timestamp-millis"}};
  int precision, scale;
  /* A decimal that Avro's rules forbid is one to Connect only. */
  if (is_decimal(schema, &precision, &scale) && scale >= 0 && scale <= precision && precision > 0)
    json_object_set_new(type, "logicalType", json_string("decimal"));
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is_named(schema, words[i].connect))
      json_object_set_new(type, "logicalType", json_string(words[i].avro));
}

static void add_attributes(json_t *type, const json_t *schema, json_t *value, const char *name)
{
  int precision, scale;
  if (is_decimal(schema, &precision, &scale)) {
    json_object_set_new(type, "scale", json_pack("i", scale));
    json_object_set_new(type, "precision", json_pack("i", precision));
  }
  json_t *doc = json_object_get(schema, "doc");
  json_t *version = json_object_get(schema, "version");
  json_t *parameters = json_object_get(schema, "parameters");
  if (doc)
    json_object_set(type, "connect.doc", doc);
  if (version)
    json_object_set(type, "connect.version", version);
  if (parameters)
    json_object_set(type, "connect.parameters", parameters);
  if (value)
    json_object_set(type, "connect.default", value);
  if (name)
    json_object_set_new(type, "connect.name", json_string(name));
  if (is_type(schema, "int8") || is_type(schema, "int16"))
    json_object_set(type, "connect.type", json_object_get(schema, "type"));
  add_logical_type(type, schema);
}

/* ---- types ----------------------------------------------------------------- */

static json_t *type_of(struct making *making, const json_t *schema, json_t *value,
                       const char *space);

static json_t *optional_of(struct making *making, const json_t *schema, json_t *value,
                           const char *space)
{
  json_t *type = type_of(making, schema, value, space);
  if (!json_is_true(json_object_get(schema, "optional")))
    return type;
  json_t *branches = json_array();
  if (!value)
    json_array_append_new(branches, json_string("null"));
  json_array_append_new(branches, type);
  if (value)
    json_array_append_new(branches, json_string("null"));
  return branches;
}

static json_t *field_of(struct making *making, const json_t *fields, const json_t *schema,
                        const char *space)
{
  json_t *value = default_of(schema, json_object_get(schema, "default"));
  char *name = field_name(fields, text_of(schema, "field"));
  json_t *field =
      json_pack("{s:s, s:o}", "name", name, "type", optional_of(making, schema, value, space));
  if (value)
    json_object_set_new(field, "default", value);
  else if (json_is_true(json_object_get(schema, "optional")))
    json_object_set_new(field, "default", json_null());
  free(name);
  return field;
}

static json_t *record_of(struct making *making, const json_t *schema, json_t *value,
                         const char *space)
{
  const char *given = text_of(schema, "name");
  char *name = legal(given ? given : "io.confluent.connect.avro.ConnectDefault", true);
  char *dot = strrchr(name, '.');
  const char *last = dot ? dot + 1 : name;
  char *own = avro_must(strndup(name, dot ? (size_t)(dot - name) : 0));
  json_t *type;
  if (json_object_get(making->names, name)) {
    type = json_string(strcmp(own, space) ? name : last);
  } else {
    json_object_set_new(making->names, name, json_true());
    json_t *fields = json_array();
    type = json_pack("{s:s, s:s}", "type", "record", "name", last);
    if (strcmp(own, space) != 0)
      json_object_set_new(type, "namespace", json_string(own));
    const json_t *list = json_object_get(schema, "fields");
    for (size_t i = 0; i < json_array_size(list); i++)
      json_array_append_new(fields, field_of(making, fields, json_array_get(list, i), own));
    json_object_set_new(type, "fields", fields);
    add_attributes(type, schema, value, given ? name : NULL);
  }
  free(own);
  free(name);
  return type;
}

static const char *word_of(const json_t *schema)
{
  static const struct {
    const char *connect, *avro;
  } words[] = {{"int8", "int"},    {"int16", "int"},     {"int32", "int"},       {"int64", "long"},
               {"float", "float"}, {"double", "double"}, {"boolean", "boolean"}, {"bytes", "bytes"},
               {"array", "array"}, {"map", "map"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is_type(schema, words[i].connect))
      return words[i].avro;
  return "string";
}

static json_t *type_of(struct making *making, const json_t *schema, json_t *value,
                       const char *space)
{
  if (is_type(schema, "struct"))
    return record_of(making, schema, value, space);
  json_t *type = json_pack("{s:s}", "type", word_of(schema));
  if (is_type(schema, "array"))
    json_object_set_new(type, "items",
                        optional_of(making, json_object_get(schema, "items"), NULL, space));
  if (is_type(schema, "map"))
    json_object_set_new(type, "values",
                        optional_of(making, json_object_get(schema, "values"), NULL, space));
  add_attributes(type, schema, value, text_of(schema, "name"));
  if (json_object_size(type) > 1)
    return type;
  json_t *word = json_incref(json_object_get(type, "type"));
  json_decref(type);
  return word;
}

char *avro_of_connect(const char *text)
{
  json_t *schema = avro_must(json_loads(text, 0, NULL)); /* our own text */
  struct making making = {.names = json_object()};
  json_t *type = type_of(&making, schema, NULL, "");
  char *result = avro_must(json_dumps(type, JSON_COMPACT));
  json_decref(type);
  json_decref(making.names);
  json_decref(schema);
  return result;
}
