/* SPDX-License-Identifier: Apache-2.0
 *
 * Of a Debezium event the row alone, as Debezium's ExtractNewRecordState (io.debezium.transforms,
 * 3.3) leaves it: its settings, what it adds to rows, and the schema of what comes of it. Filter
 * flatten does it to records, codecs with format = flat write nothing else. One thread a time. */
#ifndef HEADRACE_CONNECT_FLATTENING_H
#define HEADRACE_CONNECT_FLATTENING_H

#include "json_read.h"
#include "text_buffer.h"

#include <headrace/plugin.h>
#include <stdbool.h>

#define FLATTENING_KEYS                                                                             \
  {"deletes",                                                                                       \
   HEADRACE_ENUM,                                                                                   \
   NULL,                                                                                            \
   0,                                                                                               \
   "tombstone|drop|rewrite|rewrite-with-tombstone|delete-to-tombstone",                             \
   NULL,                                                                                            \
   "what becomes of deletes and of the tombstones behind them; default: tombstone"},                \
      {"add_fields",                                                                                \
       HEADRACE_LIST,                                                                               \
       NULL,                                                                                        \
       0,                                                                                           \
       NULL,                                                                                        \
       NULL,                                                                                        \
       "what of the envelope becomes a field: op, table, lsn, source.ts_ms, op:operation"},         \
      {"add_fields_prefix",                                                                         \
       HEADRACE_STRING,                                                                             \
       NULL,                                                                                        \
       0,                                                                                           \
       NULL,                                                                                        \
       NULL,                                                                                        \
       "begins the names of those; default: __"},                                                   \
      {"add_headers", HEADRACE_LIST, NULL, 0, NULL, NULL, "what of the envelope becomes a header"}, \
  {                                                                                                 \
    "add_headers_prefix", HEADRACE_STRING, NULL, 0, NULL, NULL,                                     \
        "begins the names of those; default: __"                                                    \
  }

struct addition {
  char *part; /* of the envelope that has it: "source", "transaction"; NULL: itself */
  char *field;
  char *name; /* with its prefix */
};

struct additions {
  struct addition *items;
  size_t count;
};

struct flattening {
  bool rows;         /* a delete is its old row, marked */
  bool to_tombstone; /* a delete is a record without a value */
  bool tombstones;   /* those that come pass */
  struct additions fields, headers;
};

/* Reads FLATTENING_KEYS. False: a fault was said. To be freed in both cases. */
bool flattening_read(const struct headrace_host *host, struct flattening *flattening);
void flattening_free(struct flattening *flattening);
/* The first of those keys that is set; NULL: none. */
const char *flattening_set(const struct headrace_host *host);

/* The member of that name, of an object that was read before. False: there is none. */
bool flattening_member(const struct json_value *object, const char *name, struct json_value *value);

/* The value; false: the envelope has no such field, or it is null. */
bool addition_value(const struct addition *addition, const struct json_value *envelope,
                    struct json_value *value);
/* The record's headers and those that are added, in the batch's memory. */
void additions_put_headers(const struct headrace_host *host, struct headrace_batch *out,
                           const struct additions *additions, const struct json_value *envelope,
                           const struct headrace_header **headers, uint32_t *count);

/* The row with the additions behind it; `deleted`: NULL, or the text of __deleted. */
void flattened_row(struct text_buffer *text, const struct json_value *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted);

/* Kafka Connect's schema of the row, of the fields of the envelope's. False: it has no `after` that
 * is a struct. `marked`: there is __deleted. */
bool flattened_schema(struct text_buffer *text, const struct json_value *fields,
                      const struct additions *additions, bool marked);

#endif
