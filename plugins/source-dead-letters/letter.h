/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of the table of dead letters, and the record that it becomes. */
#ifndef HEADRACE_SOURCE_DEAD_LETTERS_LETTER_H
#define HEADRACE_SOURCE_DEAD_LETTERS_LETTER_H

#include <headrace/plugin.h>
#include <libpq-fe.h>
#include <stdbool.h>

/* Of a result of the table's reading, in this order. */
enum letter_column {
  LETTER_ID,
  LETTER_AT, /* microseconds since 1970-01-01 */
  LETTER_TOPIC,
  LETTER_PARTITION,
  LETTER_OFFSET,
  LETTER_TIME_MS,
  LETTER_KEY, /* hexadecimal, as all bytes */
  LETTER_VALUE,
  LETTER_HEADERS, /* "name:value,…"; a value that is null is "-" */
  LETTER_STAGE,
  LETTER_CLASS,
  LETTER_SQLSTATE,
  LETTER_REASON,
  LETTER_RELATION
};

/* LETTER_… as the columns of a SELECT from the table. */
#define LETTER_COLUMNS                                                                             \
  "id, (extract(epoch FROM at) * 1000000)::bigint, topic, partition, \"offset\", "                 \
  "(extract(epoch FROM record_time) * 1000)::bigint, encode(key, 'hex'), encode(value, 'hex'), "   \
  "(SELECT string_agg(encode(convert_to(name, 'UTF8'), 'hex') || ':' || "                          \
  "coalesce(encode(decode(content, 'base64'), 'hex'), '-'), ',' ORDER BY place) FROM "             \
  "jsonb_array_elements(headers) WITH ORDINALITY AS h(header, place), jsonb_each_text(header) AS " \
  "pair(name, content)), stage, error_class, sqlstate, reason, relation"

struct letter_form {
  const char *pipeline; /* whose letters they are */
  const char *topic;    /* for all of them; NULL: their own */
  bool forwarding;      /* without a partition, and with headers that say what was wrong */
};

/* Adds the record of a row; everything is copied. */
void letter_add(const struct headrace_host *host, struct headrace_batch *batch,
                const struct letter_form *form, const PGresult *rows, int row);

/* A column that is a number; -1: null. */
int64_t letter_number(const PGresult *rows, int row, enum letter_column column);

/* "not_null_violation" for "23502", as PostgreSQL calls it; NULL: not known. */
const char *condition_name(const char *sqlstate);

#endif
