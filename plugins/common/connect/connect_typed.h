/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoding with schema: how its parts fit.
 *
 * typed           the cache: a schema's hash → relation and how to read its values; rows
 * typed_schema    the text of Kafka Connect's schema
 * typed_types     from a field's schema to a column, and the function that reads its values
 * typed_read      those functions, for values of one part …
 * typed_parts     … and of several: arrays, maps, structs
 *
 * The schemas are those of Kafka Connect's JsonConverter, and of Debezium 3.3 (io.debezium.data,
 * .time); those of struct form (Structured…) came with 3.6. */
#ifndef HEADRACE_CONNECT_TYPED_H
#define HEADRACE_CONNECT_TYPED_H

#include "connect_decode.h"
#include "temporal.h"

/* ---- schemas ------------------------------------------------------------ */

enum connect_type {
  CONNECT_NONE, /* not said */
  CONNECT_INT8,
  CONNECT_INT16,
  CONNECT_INT32,
  CONNECT_INT64,
  CONNECT_FLOAT32,
  CONNECT_FLOAT64,
  CONNECT_BOOLEAN,
  CONNECT_STRING,
  CONNECT_BYTES,
  CONNECT_ARRAY,
  CONNECT_MAP,
  CONNECT_STRUCT
};

struct connect_schema {
  enum connect_type type;
  bool optional;
  char *field;                      /* of a struct's: the member's name; NULL */
  char *name;                       /* of the logical type; NULL: none */
  char *allowed;                    /* an enum's labels, commas between; NULL */
  char *source_type;                /* in lower case, if the connector propagates it; NULL */
  int32_t scale, precision, length; /* parameters; INT32_MIN: none */
  int32_t source_length, source_scale;
  struct json_value default_value; /* in the schema's text; JSON_NULL: none */
  struct connect_schema
      *children; /* a struct's fields, an array's items, a map's keys and values */
  size_t count, room;
};

/* False: it is not a schema. To be cleared in both cases. */
bool connect_schema_read(struct connect_schema *schema, const struct json_value *text);
void connect_schema_clear(struct connect_schema *schema);
const struct connect_schema *connect_schema_field(const struct connect_schema *schema,
                                                  const char *name);

/* ---- values ------------------------------------------------------------- */

struct typed_type;

/* Makes the canonical value out of a JSON value that is not null. False: it is not one of the
 * type's. What does not lie in the record is in the batch's memory. */
typedef bool (*typed_reader)(struct typed *typed, const struct typed_type *type,
                             const struct json_value *json, struct headrace_value *value);

struct typed_type {
  typed_reader read;
  enum temporal_unit unit; /* of numbers for times */
  int32_t scale;           /* of an unscaled decimal … */
  int32_t length;          /* of bits; INT32_MAX: not known */
  uint16_t logical;
  size_t name_size;           /* of its column */
  struct typed_type *element; /* of an array, owned */
};

/* Fills the column but for its name; the texts in it live as long as the schema. */
void typed_type_init(struct typed_type *type, struct headrace_column *column,
                     const struct connect_schema *schema, const struct options *options);
void typed_type_clear(struct typed_type *type);

#define TYPED_READER(name)                                                                         \
  bool name(struct typed *typed, const struct typed_type *type, const struct json_value *json,     \
            struct headrace_value *value)

/* typed_read.c */
TYPED_READER(read_text);
TYPED_READER(read_untyped);
TYPED_READER(read_integer);
TYPED_READER(read_boolean);
TYPED_READER(read_boolean_bit);
TYPED_READER(read_float);
TYPED_READER(read_bytes);
TYPED_READER(read_bits);
TYPED_READER(read_decimal);
TYPED_READER(read_decimal_text); /* a string or a number for a numeric */
TYPED_READER(read_date);
TYPED_READER(read_time);
TYPED_READER(read_timestamp);
TYPED_READER(read_duration);
TYPED_READER(read_iso_date);
TYPED_READER(read_iso_time);
TYPED_READER(read_iso_timetz);
TYPED_READER(read_iso_timestamp);
TYPED_READER(read_iso_timestamptz);
TYPED_READER(read_iso_interval);

/* typed_parts.c */
TYPED_READER(read_array);
TYPED_READER(read_label_set);
TYPED_READER(read_json); /* any value, as it was written */
TYPED_READER(read_hstore_map);
TYPED_READER(read_hstore_text);
TYPED_READER(read_variable_decimal);
TYPED_READER(read_point);
TYPED_READER(read_circle);
TYPED_READER(read_line);
TYPED_READER(read_geometry);
TYPED_READER(read_vector);
TYPED_READER(read_sparse_vector);
TYPED_READER(read_date_parts);
TYPED_READER(read_time_parts);
TYPED_READER(read_timetz_parts);
TYPED_READER(read_timestamp_parts);
TYPED_READER(read_timestamptz_parts);
TYPED_READER(read_interval_parts);

/* ---- shared ------------------------------------------------------------- */

struct typed {
  const struct headrace_host *host;
  const struct options *options;
  struct headrace_batch *batch; /* that the record's change goes to */
  struct placeholders placeholders;
  struct builder scratch; /* inside a reader of one part … */
  struct builder literal; /* … inside one of several … */
  struct builder array;   /* … and around it */
  struct typed_entry **buckets;
  size_t count;
};

/* At least `size` bytes in the batch's memory, until the next call; typed_finish() keeps them. */
char *typed_reserve(struct typed *typed, size_t size);
bool typed_finish(struct typed *typed, struct headrace_value *value, const char *data,
                  const char *end);
/* `size` bytes that the next call takes away. */
char *typed_scratch(struct typed *typed, size_t size);

bool typed_number(const struct json_value *json, int64_t *number); /* a whole one */
/* The characters of a string, unescaped into scratch memory if need be. */
struct json_value typed_characters(struct typed *typed, const struct json_value *json);

#endif
