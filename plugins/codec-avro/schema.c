/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct named {
  struct avro_type *type;
  UT_hash_handle hh;
};

struct avro_schema {
  json_t **documents; /* of the references, and its own */
  size_t document_count;
  struct avro_type **types; /* all of them */
  size_t type_count, type_room;
  struct named *names;
  const struct avro_type *type;
  char *error;
};

static const char *const kind_names[] = {
    [AVRO_NULL] = "null",   [AVRO_BOOLEAN] = "boolean", [AVRO_INT] = "int",
    [AVRO_LONG] = "long",   [AVRO_FLOAT] = "float",     [AVRO_DOUBLE] = "double",
    [AVRO_BYTES] = "bytes", [AVRO_STRING] = "string",   [AVRO_RECORD] = "record",
    [AVRO_ENUM] = "enum",   [AVRO_FIXED] = "fixed",     [AVRO_ARRAY] = "array",
    [AVRO_MAP] = "map",     [AVRO_UNION] = "union"};

/* ---- making -------------------------------------------------------------- */

static const struct avro_type *faulty(struct avro_schema *schema, const char *reason,
                                      const char *what)
{
  if (!*schema->error)
    snprintf(schema->error, AVRO_ERROR_MAX, "%s%s%.100s%s", reason, *what ? " \"" : "", what,
             *what ? "\"" : "");
  return NULL;
}

static struct avro_type *type_new(struct avro_schema *schema, enum avro_kind kind,
                                  const json_t *json)
{
  if (schema->type_count == AVRO_TYPES_MAX) {
    faulty(schema, "it has too many types", "");
    return NULL;
  }
  if (schema->type_count == schema->type_room) {
    schema->type_room = schema->type_room ? 2 * schema->type_room : 32;
    schema->types =
        avro_must(realloc(schema->types, schema->type_room * sizeof(struct avro_type *)));
  }
  struct avro_type *type = avro_must(calloc(1, sizeof *type));
  *type = (struct avro_type){.kind = kind, .json = json, .fallback = -1};
  return schema->types[schema->type_count++] = type;
}

static bool is_name(const char *name)
{
  if (!*name || (*name >= '0' && *name <= '9'))
    return false;
  return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
         '\0';
}

/* "a.b.Name" as it is; "Name" in its namespace. To be freed. */
static char *full_name(const char *name, const char *space)
{
  size_t room = strlen(name) + strlen(space) + 2;
  char *full = avro_must(malloc(room));
  bool whole = strchr(name, '.') || !*space;
  snprintf(full, room, "%s%s%s", whole ? "" : space, whole ? "" : ".", name);
  return full;
}

/* The namespace of a full name. To be freed. */
static char *space_of(const char *full)
{
  const char *dot = strrchr(full, '.');
  return avro_must(strndup(full, dot ? (size_t)(dot - full) : 0));
}

static struct avro_type *find(const struct avro_schema *schema, const char *name)
{
  struct named *named;
  HASH_FIND_STR(schema->names, name, named);
  return named ? named->type : NULL;
}

static bool add_name(struct avro_schema *schema, struct avro_type *type)
{
  if (find(schema, type->name))
    return faulty(schema, "two types have the name", type->name);
  struct named *named = avro_must(calloc(1, sizeof *named));
  named->type = type;
  HASH_ADD_KEYPTR(hh, schema->names, type->name, strlen(type->name), named);
  return true;
}

static bool take_name(struct avro_schema *schema, struct avro_type *type, const char *space)
{
  const char *name = avro_attribute(type, "name");
  const char *own = avro_attribute(type, "namespace");
  const char *last = name ? strrchr(name, '.') : NULL;
  if (!name || !is_name(last ? last + 1 : name))
    return faulty(schema, "a type without a legal name:", name ? name : "");
  type->name = full_name(name, own ? own : space);
  return add_name(schema, type);
}

/* ---- reading ------------------------------------------------------------- */

static const struct avro_type *read_type(struct avro_schema *schema, const json_t *json,
                                         const char *space, int depth);

static int kind_of(const char *name)
{
  for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
    if (!strcmp(kind_names[i], name))
      return (int)i;
  return -1;
}

static const struct avro_type *read_word(struct avro_schema *schema, const json_t *json,
                                         const char *space)
{
  const char *word = json_string_value(json);
  int kind = kind_of(word);
  if (kind >= 0 && kind <= AVRO_STRING)
    return type_new(schema, (enum avro_kind)kind, json);
  char *full = full_name(word, space);
  struct avro_type *type = find(schema, full);
  free(full);
  if (!type) /* a name without namespace may be of the null one */
    type = find(schema, word);
  return type ? type : faulty(schema, "it does not define", word);
}

static bool read_field(struct avro_schema *schema, const json_t *json, struct avro_field *field,
                       const char *space, int depth)
{
  field->json = json;
  field->name = json_string_value(json_object_get(json, "name"));
  if (!field->name)
    return faulty(schema, "a field has no name", "");
  field->type = read_type(schema, json_object_get(json, "type"), space, depth);
  return field->type != NULL;
}

static bool read_fields(struct avro_schema *schema, struct avro_type *type, int depth)
{
  const json_t *list = json_object_get(type->json, "fields");
  if (!json_is_array(list))
    return faulty(schema, "a record has no fields:", type->name);
  size_t count = json_array_size(list);
  char *space = space_of(type->name);
  type->fields = avro_must(calloc(count + 1, sizeof *type->fields));
  bool sound = true;
  for (size_t i = 0; i < count && sound; i++) {
    sound = read_field(schema, json_array_get(list, i), &type->fields[i], space, depth);
    type->count += sound;
  }
  free(space);
  return sound;
}

static bool read_symbols(struct avro_schema *schema, struct avro_type *type)
{
  const json_t *list = json_object_get(type->json, "symbols");
  const char *fallback = avro_attribute(type, "default");
  size_t count = json_array_size(list);
  type->symbols = avro_must(calloc(count + 1, sizeof *type->symbols));
  for (size_t i = 0; i < count; i++) {
    const char *symbol = json_string_value(json_array_get(list, i));
    if (!symbol)
      return faulty(schema, "an enum's symbol is no string:", type->name);
    type->symbols[type->count++] = symbol;
    if (fallback && !strcmp(fallback, symbol))
      type->fallback = (int32_t)i;
  }
  return true;
}

static bool read_size(struct avro_schema *schema, struct avro_type *type)
{
  json_int_t size = json_integer_value(json_object_get(type->json, "size"));
  if (size < 0 || size > INT32_MAX)
    return faulty(schema, "a fixed has no size:", type->name);
  type->size = (size_t)size;
  return true;
}

static bool read_part(struct avro_schema *schema, struct avro_type *type, const char *attribute,
                      const char *space, int depth)
{
  type->parts = avro_must(calloc(1, sizeof *type->parts));
  type->parts[0] = read_type(schema, json_object_get(type->json, attribute), space, depth);
  type->count = 1;
  return type->parts[0] != NULL;
}

static const struct avro_type *read_object(struct avro_schema *schema, const json_t *json,
                                           const char *space, int depth)
{
  const json_t *inner = json_object_get(json, "type");
  const char *word = json_string_value(inner);
  int kind = word ? kind_of(word) : -1;
  if (kind < 0 || kind == AVRO_UNION) /* {"type":{…}} and {"type":"a.Name"} are what is in them */
    return read_type(schema, inner, space, depth);
  struct avro_type *type = type_new(schema, (enum avro_kind)kind, json);
  if (!type)
    return NULL;
  bool named = kind == AVRO_RECORD || kind == AVRO_ENUM || kind == AVRO_FIXED;
  if (named && !take_name(schema, type, space))
    return NULL;
  bool sound = true;
  if (kind == AVRO_RECORD)
    sound = read_fields(schema, type, depth);
  else if (kind == AVRO_ENUM)
    sound = read_symbols(schema, type);
  else if (kind == AVRO_FIXED)
    sound = read_size(schema, type);
  else if (kind == AVRO_ARRAY)
    sound = read_part(schema, type, "items", space, depth);
  else if (kind == AVRO_MAP)
    sound = read_part(schema, type, "values", space, depth);
  return sound ? type : NULL;
}

static const struct avro_type *read_union(struct avro_schema *schema, const json_t *json,
                                          const char *space, int depth)
{
  struct avro_type *type = type_new(schema, AVRO_UNION, json);
  if (!type)
    return NULL;
  size_t count = json_array_size(json);
  if (!count)
    return faulty(schema, "a union has no branches", "");
  type->parts = avro_must(calloc(count, sizeof *type->parts));
  for (type->count = 0; type->count < count; type->count++) {
    const struct avro_type *part =
        read_type(schema, json_array_get(json, type->count), space, depth);
    if (!part || part->kind == AVRO_UNION)
      return part ? faulty(schema, "a union is right inside of another", "") : NULL;
    type->parts[type->count] = part;
  }
  return type;
}

static const struct avro_type *read_type(struct avro_schema *schema, const json_t *json,
                                         const char *space, int depth)
{
  if (depth == AVRO_DEPTH_MAX)
    return faulty(schema, "it is nested too deep", "");
  if (json_is_string(json))
    return read_word(schema, json, space);
  if (json_is_object(json))
    return read_object(schema, json, space, depth + 1);
  return json_is_array(json) ? read_union(schema, json, space, depth + 1)
                             : faulty(schema, "a type is missing", "");
}

/* ---- the shortest datum --------------------------------------------------- */

#define MINIMUM_MAX 1000000

static size_t minimum_of(const struct avro_type *type)
{
  size_t sum = 0;
  switch (type->kind) {
  case AVRO_NULL:
    return 0;
  case AVRO_FLOAT:
    return 4;
  case AVRO_DOUBLE:
    return 8;
  case AVRO_FIXED:
    return type->size;
  case AVRO_RECORD:
    for (size_t i = 0; i < type->count && sum < MINIMUM_MAX; i++)
      sum += type->fields[i].type->minimum;
    return sum;
  default: /* at least the byte of a number or a count */
    return 1;
  }
}

/* In the order of their definitions, so what a record has by value is known before it. Only a
 * record in itself, which only a union or list between makes finite, is not: then less is said. */
static void set_minimums(struct avro_schema *schema)
{
  for (size_t i = schema->type_count; i--;)
    schema->types[i]->minimum = minimum_of(schema->types[i]);
}

/* ---- the interface -------------------------------------------------------- */

static bool read_document(struct avro_schema *schema, const char *text)
{
  json_error_t error;
  json_t *json =
      json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
  if (!json)
    return faulty(schema, "it is not JSON:", error.text);
  schema->documents[schema->document_count++] = json;
  schema->type = read_type(schema, json, "", 0);
  return schema->type != NULL;
}

struct avro_schema *avro_schema_read(const char *text, const char *const *references, size_t count,
                                     char error[AVRO_ERROR_MAX])
{
  struct avro_schema *schema = avro_must(calloc(1, sizeof *schema));
  schema->documents = avro_must(calloc(count + 1, sizeof *schema->documents));
  schema->error = error;
  *error = '\0';
  bool sound = true;
  for (size_t i = 0; i < count && sound; i++)
    sound = read_document(schema, references[i]);
  if (!sound || !read_document(schema, text)) {
    avro_schema_free(schema);
    return NULL;
  }
  set_minimums(schema);
  schema->error = NULL;
  return schema;
}

void avro_schema_free(struct avro_schema *schema)
{
  if (!schema)
    return;
  struct named *named, *next;
  HASH_ITER(hh, schema->names, named, next)
  {
    HASH_DEL(schema->names, named);
    free(named);
  }
  for (size_t i = 0; i < schema->type_count; i++) {
    struct avro_type *type = schema->types[i];
    free(type->name);
    free(type->fields);
    free(type->parts);
    free(type->symbols);
    free(type);
  }
  for (size_t i = 0; i < schema->document_count; i++)
    json_decref(schema->documents[i]);
  free(schema->types);
  free(schema->documents);
  free(schema);
}

const struct avro_type *avro_schema_type(const struct avro_schema *schema)
{
  return schema->type;
}

const char *avro_attribute(const struct avro_type *type, const char *name)
{
  return json_string_value(json_object_get(type->json, name));
}

bool avro_is_optional(const struct avro_type *type, const struct avro_type **other)
{
  if (type->kind != AVRO_UNION || type->count != 2)
    return false;
  bool first = type->parts[0]->kind == AVRO_NULL;
  if (first == (type->parts[1]->kind == AVRO_NULL))
    return false;
  *other = type->parts[first];
  return true;
}
