/* SPDX-License-Identifier: Apache-2.0
 *
 * A value of an event as PostgreSQL takes it as an element of an array parameter: in the binary
 * form of the column's type where that is cheap, else as a text that the statement casts.
 * Sources of the forms: the receive functions of PostgreSQL (int4recv, date_recv …). Nothing
 * keeps state; any thread. */
#ifndef HEADRACE_SINK_POSTGRES_CONVERT_H
#define HEADRACE_SINK_POSTGRES_CONVERT_H

#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow; freed by the owner with free(data). */
struct buffer {
  char *data;
  size_t size, capacity;
};

/* Room for `size` more; the place to write them at. */
char *buffer_room(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *data, size_t size);

enum wire {
  WIRE_TEXT, /* an element is a text; the statement casts it */
  WIRE_BOOL,
  WIRE_INT2,
  WIRE_INT4,
  WIRE_INT8,
  WIRE_FLOAT4,
  WIRE_FLOAT8,
  WIRE_DATE,
  WIRE_TIME,
  WIRE_TIMESTAMP,
  WIRE_TIMESTAMPTZ,
  WIRE_BYTEA,
  WIRE_UUID,
  WIRE_NUMERIC,
  WIRE_COUNT
};

struct wire_type {
  uint32_t oid, array_oid; /* pg_type.dat */
  const char *array;       /* the parameter's type in SQL */
};

extern const struct wire_type wire_types[WIRE_COUNT];

/* What the column's values are sent as if they allow it. */
enum wire wire_of(const struct target_column *column);

/* What to do with U+0000, which PostgreSQL's texts cannot hold. */
enum nul_policy { NUL_ERROR, NUL_STRIP, NUL_REPLACE };

/* One column of a relation into one of a table. */
struct conversion {
  const struct headrace_column *from; /* NULL: the values are plain texts */
  const struct target_column *to;
  struct headrace_conventions conventions;
  enum nul_policy nul;
  bool plain; /* texts as they stand: a cast of the operator's reads them */
};

/* Appends length and bytes (or the length of a null) of a value that is not ABSENT. False: it has
 * no such binary form, and nothing was appended: send the column as texts. */
bool convert_binary(const struct conversion *conversion, enum wire wire,
                    const struct headrace_value *value, struct buffer *out);

/* The same as a text. False: it cannot be made one, *reason (constant) says why. */
bool convert_text(const struct conversion *conversion, const struct headrace_value *value,
                  struct buffer *out, const char **reason);

/* convert_json.c: texts for PostgreSQL out of what untyped columns hold. They append the text
 * without its length. */
bool convert_json_array(const struct conversion *conversion, const char *data, size_t size,
                        struct buffer *out, const char **reason);
bool convert_hstore(const char *data, size_t size, struct buffer *out);
/* An array's text whose elements are such objects. */
bool convert_hstore_array(const char *data, size_t size, struct buffer *out);
/* The other way: "a"=>"1", "b"=>NULL. */
bool convert_hstore_to_json(const char *data, size_t size, struct buffer *out);
bool convert_point(const char *data, size_t size, struct buffer *out);
bool convert_scaled_number(const char *data, size_t size, struct buffer *out);
void convert_to_json(const struct headrace_value *value, struct buffer *out);

/* An element of a JSON array, by the rules of convert_text(). */
bool convert_untyped(const struct conversion *conversion, const struct headrace_value *value,
                     struct buffer *out, const char **reason);

#endif
