/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Schema, drafts 4 to 2020-12, as Kafka Connect's schemas: the reverse of to_json_schema.c,
 * and what a schema of others says of types. References are followed inside of the schema. */
#include "json_schema.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison json_integer /* json_text.h has another one: json_pack() */

#define DEPTH_MAX 64
#define PARTS_MAX 10000 /* of references to references there may be any number */

struct making {
  const json_t *top;
  size_t parts; /* so far */
  char *error;  /* JSON_SCHEMA_ERROR_MAX bytes; empty: none so far */
};

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

static json_t *unsupported(struct making *making, const char *what)
{
  if (!*making->error)
    snprintf(making->error, JSON_SCHEMA_ERROR_MAX, "%.120s", what);
  return NULL;
}

static const char *text_of(const json_t *schema, const char *name)
{
  const char *text = json_string_value(json_object_get(schema, name));
  return text ? text : "";
}

static json_t *connect_of(struct making *making, const json_t *schema, int depth);

/* #, #/definitions/NAME, #/$defs/NAME */
static const json_t *referred(struct making *making, const char *reference)
{
  static const char *const places[] = {"definitions", "$defs"};
  if (!strcmp(reference, "#"))
    return making->top;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    size_t size = strlen(places[i]);
    if (!strncmp(reference, "#/", 2) && !strncmp(reference + 2, places[i], size) &&
        reference[2 + size] == '/')
      return json_object_get(json_object_get(making->top, places[i]), reference + size + 3);
  }
  return NULL;
}

static bool is_null(const json_t *schema)
{
  return !strcmp(text_of(schema, "type"), "null");
}

static json_t *optional(json_t *connect)
{
  if (connect)
    set(connect, "optional", json_true());
  return connect;
}

/* One of two, of which one is null. */
static json_t *choice(struct making *making, const json_t *of, int depth)
{
  const json_t *one = json_array_get(of, 0), *two = json_array_get(of, 1);
  if (json_array_size(of) == 1)
    return connect_of(making, one, depth);
  if (json_array_size(of) != 2 || is_null(one) == is_null(two))
    return unsupported(making, "oneOf and anyOf of more than null and one schema");
  return optional(connect_of(making, is_null(one) ? two : one, depth));
}

static json_int_t place_of(const json_t *property, size_t otherwise)
{
  const json_t *index = json_object_get(property, "connect.index");
  return json_is_integer(index) ? json_integer_value(index) : (json_int_t)otherwise;
}

struct property {
  json_int_t place;
  size_t number;
  const char *name;
  const json_t *schema;
};

static int by_place(const void *one, const void *other)
{
  const struct property *a = one, *b = other;
  if (a->place != b->place)
    return a->place < b->place ? -1 : 1;
  return a->number < b->number ? -1 : a->number > b->number;
}

static json_t *fields_of(struct making *making, json_t *properties, int depth)
{
  size_t count = 0;
  struct property *all = calloc(json_object_size(properties) + 1, sizeof *all);
  json_t *fields = must(json_array()), *schema;
  const char *name;
  if (!all)
    abort();
  json_object_foreach(properties, name, schema)
  {
    all[count] = (struct property){place_of(schema, count), count, name, schema};
    count++;
  }
  qsort(all, count, sizeof *all, by_place);
  for (size_t i = 0; i < count && fields; i++) {
    json_t *field = connect_of(making, all[i].schema, depth);
    if (field) {
      set(field, "field", json_string(all[i].name));
      if (json_array_append_new(fields, field))
        abort();
    } else {
      json_decref(fields);
      fields = NULL;
    }
  }
  free(all);
  return fields;
}

static json_t *object_of(struct making *making, const json_t *schema, int depth)
{
  json_t *properties = json_object_get(schema, "properties");
  const json_t *others = json_object_get(schema, "additionalProperties");
  bool is_map =
      !strcmp(text_of(schema, "connect.type"), "map") || (!properties && json_is_object(others));
  json_t *parts = is_map ? connect_of(making, others, depth) : fields_of(making, properties, depth);
  if (!parts)
    return NULL;
  if (!is_map)
    return must(json_pack("{s:s,s:o}", "type", "struct", "fields", parts));
  return must(json_pack("{s:s,s:{s:s,s:b},s:o}", "type", "map", "keys", "type", "string",
                        "optional", 0, "values", parts));
}

static json_t *array_of(struct making *making, const json_t *schema, int depth)
{
  const json_t *items = json_object_get(schema, "items");
  if (!json_is_object(items))
    return unsupported(making, "arrays whose items are not of one schema");
  json_t *parts = connect_of(making, items, depth);
  return parts ? must(json_pack("{s:s,s:o}", "type", "array", "items", parts)) : NULL;
}

static json_t *scalar_of(struct making *making, const char *type, const json_t *schema)
{
  static const struct {
    const char *type, *kept, *connect; /* kept: connect.type, or "" */
  } types[] = {{"integer", "int8", "int8"},    {"integer", "int16", "int16"},
               {"integer", "int32", "int32"},  {"integer", "", "int64"},
               {"number", "float32", "float"}, {"number", "bytes", "bytes"},
               {"number", "", "double"},       {"boolean", "", "boolean"},
               {"string", "bytes", "bytes"},   {"string", "", "string"}};
  const char *kept = text_of(schema, "connect.type");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp(type, types[i].type) && (!*types[i].kept || !strcmp(kept, types[i].kept)))
      return must(json_pack("{s:s}", "type", types[i].connect));
  return unsupported(making, "a type that is none of JSON Schema");
}

static json_t *typed(struct making *making, const char *type, const json_t *schema, int depth)
{
  json_t *connect = !strcmp(type, "object")  ? object_of(making, schema, depth)
                    : !strcmp(type, "array") ? array_of(making, schema, depth)
                                             : scalar_of(making, type, schema);
  static const char *const kept[][2] = {{"title", "name"},
                                        {"connect.version", "version"},
                                        {"connect.parameters", "parameters"},
                                        {"default", "default"}};
  for (size_t i = 0; connect && i < sizeof kept / sizeof *kept; i++) {
    json_t *value = json_object_get(schema, kept[i][0]);
    if (value)
      set(connect, kept[i][1], json_deep_copy(value));
  }
  if (connect)
    set(connect, "optional", json_false());
  return connect;
}

/* ["null", "string"] */
static json_t *typed_by_list(struct making *making, const json_t *list, const json_t *schema,
                             int depth)
{
  const char *type = NULL;
  size_t count = json_array_size(list), others = 0;
  for (size_t i = 0; i < count; i++) {
    const char *one = json_string_value(json_array_get(list, i));
    if (one && !strcmp(one, "null"))
      continue;
    type = one;
    others++;
  }
  if (others != 1 || !type)
    return unsupported(making, "a list of types that is not null and one more");
  json_t *connect = typed(making, type, schema, depth);
  return others < count ? optional(connect) : connect;
}

static json_t *connect_of(struct making *making, const json_t *schema, int depth)
{
  const json_t *reference = json_object_get(schema, "$ref"),
               *type = json_object_get(schema, "type");
  const json_t *of = json_object_get(schema, "oneOf");
  if (!json_is_object(schema) || ++depth > DEPTH_MAX || ++making->parts > PARTS_MAX)
    return unsupported(making, "a part that is no object, or is in itself, or too many");
  if (reference) {
    const json_t *other = referred(making, text_of(schema, "$ref"));
    return other ? connect_of(making, other, depth)
                 : unsupported(making, "a reference out of the schema");
  }
  if (!of)
    of = json_object_get(schema, "anyOf");
  if (of)
    return choice(making, of, depth);
  if (json_is_array(type))
    return typed_by_list(making, type, schema, depth);
  if (json_is_string(type))
    return typed(making, json_string_value(type), schema, depth);
  if (json_object_get(schema, "properties"))
    return typed(making, "object", schema, depth);
  return json_object_get(schema, "enum") ? typed(making, "string", schema, depth)
                                         : unsupported(making, "a part without a type");
}

char *connect_of_json_schema(const char *text, char *error)
{
  json_t *schema = json_loads(text, JSON_DECODE_ANY, NULL);
  struct making making = {.top = schema, .error = error};
  *error = '\0';
  json_t *connect = connect_of(&making, schema, 0);
  char *made = connect ? json_dumps(connect, JSON_COMPACT) : NULL;
  if (connect && !made)
    abort();
  json_decref(connect);
  json_decref(schema);
  return made;
}
