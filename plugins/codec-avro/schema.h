/* SPDX-License-Identifier: Apache-2.0
 *
 * Avro schemas (Avro 1.12 specification, "Schema Declaration"): JSON text → a graph of types. What
 * the specification does not name, such as Kafka Connect's connect.name, stays in the JSON, to
 * which every type points. avro-c keeps none of it, so the graph is our own. */
#ifndef HEADRACE_AVRO_SCHEMA_H
#define HEADRACE_AVRO_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct json_t; /* jansson's, whose names are those of json_text.h: no file includes both */

enum avro_kind {
  AVRO_NULL,
  AVRO_BOOLEAN,
  AVRO_INT,
  AVRO_LONG,
  AVRO_FLOAT,
  AVRO_DOUBLE,
  AVRO_BYTES,
  AVRO_STRING,
  AVRO_RECORD,
  AVRO_ENUM,
  AVRO_FIXED,
  AVRO_ARRAY,
  AVRO_MAP,
  AVRO_UNION
};

struct avro_type;

struct avro_field {
  const char *name;
  const struct avro_type *type;
  const struct json_t *json; /* the field's own object */
};

struct avro_type {
  enum avro_kind kind;
  const struct json_t *json; /* where it is defined; a bare name for a type without attributes */
  char *name;                /* with its namespace; NULL: it has none */
  struct avro_field *fields;
  const struct avro_type **parts; /* a union's branches; an array's items; a map's values */
  const char **symbols;
  size_t count;     /* of fields, parts or symbols */
  size_t size;      /* of a fixed, in bytes */
  size_t minimum;   /* bytes that its shortest datum has; 0 for what can be nothing */
  int32_t fallback; /* of an enum: the symbol for those that are not known; -1: none */
};

enum { AVRO_DEPTH_MAX = 64, AVRO_TYPES_MAX = 20000, AVRO_ERROR_MAX = 256 };

struct avro_schema; /* owns types and JSON */

static inline void *avro_must(void *memory)
{
  if (!memory)
    abort(); /* out of memory: as the host does */
  return memory;
}

/* `references`: texts of the schemas that it refers to by name, in an order in which each comes
 * after those that it refers to itself. NULL: `error` says what is wrong. */
struct avro_schema *avro_schema_read(const char *text, const char *const *references, size_t count,
                                     char error[AVRO_ERROR_MAX]);
void avro_schema_free(struct avro_schema *schema); /* NULL: nothing */
const struct avro_type *avro_schema_type(const struct avro_schema *schema);

/* A string attribute of the type's definition; NULL: it has none. */
const char *avro_attribute(const struct avro_type *type, const char *name);

/* Whether it is a union of null and one other type, which *other is then. */
bool avro_is_optional(const struct avro_type *type, const struct avro_type **other);

/* to_avro_schema.c: the Avro schema of one of Kafka Connect, both as JSON; to be freed. */
char *avro_of_connect(const char *text);

/* to_connect.c: Kafka Connect's schema of a type, as JSON; to be freed. NULL: it is too large. */
char *avro_to_connect(const struct avro_type *type);
/* A field's default as Kafka Connect's JSON; to be freed. NULL: it has none. */
char *avro_default(const struct avro_field *field);
/* The other names of a type or field; NULL: there are no more. */
const char *avro_alias(const struct json_t *json, size_t index);

/* latin.c: base64 as a text whose characters U+0000 to U+00FF are the bytes, which is how Avro
 * writes defaults of bytes, and the way back; to be freed. NULL: it is none of that. */
char *avro_latin_of_base64(const char *data, size_t size, size_t *text_size);
char *avro_base64_of_latin(const char *data, size_t size);

#endif
