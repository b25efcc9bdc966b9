/* SPDX-License-Identifier: Apache-2.0
 *
 * What the events of a flush come to: the last state of each row (folding), in stages. Within a
 * stage each row of a table occurs once, so that its statements may be run in any order; what
 * cannot be folded begins a new stage. Memory is the plan's. One thread. */
#ifndef HEADRACE_SINK_POSTGRES_ROWS_H
#define HEADRACE_SINK_POSTGRES_ROWS_H

#include "plan.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* What a mapping's rows are written with; made once a mapping. Columns are those of the table that
 * may be written, in the order of the relation, then the extras. */
struct row_column {
  uint32_t target;           /* column of the table */
  int32_t source;            /* of the relation; -1: an extra */
  const struct extra *extra; /* NULL unless it is one */
  const char *cast;          /* NULL: none */
};

/* Which texts of a key's column are the same value. */
enum key_form {
  KEY_EXACT,   /* the same bytes */
  KEY_NUMERIC, /* 1.50 is 1.5 */
  KEY_BLANK,   /* character(n): blanks at the end are nothing */
  KEY_ALIKE    /* only the server can tell (citext, real …): each row is a statement of its own */
};

struct row_shape {
  const struct mapping *mapping;
  struct row_column *columns;
  uint32_t column_count;
  uint32_t relation_columns; /* values of a row */
  uint32_t *key;             /* of `columns`, in the order of the target's key */
  enum key_form *key_forms;
  uint32_t key_count;    /* 0: rows cannot be found */
  bool alike;            /* one of key_forms is KEY_ALIKE */
  uint64_t seed;         /* hash of the table's name */
  struct shape_sql *sql; /* statements.c: what was built of it */
};

enum row_action {
  ROW_DELETE,
  ROW_INSERT,
  ROW_INSERT_IGNORE,
  ROW_UPSERT,
  ROW_UPDATE,
  ROW_ACTION_COUNT
};

struct row {
  const struct row_shape *shape;
  const struct headrace_event *event;      /* the last one: for the extras */
  const struct headrace_value *values;     /* of the relation's columns; of a delete: its key's */
  const struct headrace_value *key_values; /* likewise: where the key is read */
  const uint64_t *present; /* a bit for each of the shape's columns; NULL: all are */
  uint64_t hash;
  size_t item; /* its last */
  enum row_action action;
  bool deleted_before; /* an upsert of a row that is deleted first, so that nothing of it stays */
};

struct rows {
  struct plan *plan;
  struct row *items;
  size_t count, capacity;
  uint32_t *slots; /* 1 + index, by hash; 0: free. A power of two */
  size_t slot_count;
};

void rows_free(struct rows *rows);
void rows_reset(struct rows *rows); /* a new stage */

/* FNV-1a, the same everywhere. */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t size);
uint64_t row_hash(const struct row_shape *shape, const struct headrace_value *key_values,
                  const struct headrace_event *event);

/* The key's value in `values`; of an extra NULL. */
const struct headrace_value *row_key_value(const struct row_shape *shape, uint32_t place,
                                           const struct headrace_value *values);

/* Adds a row without looking for its key. */
struct row *rows_add(struct rows *rows, const struct row *row);

/* Finds the row of the same table and key; NULL: none. */
struct row *rows_find(const struct rows *rows, const struct row *row);

/* Folds. False: `row` does not fit on what is there, and needs a new stage. */
bool rows_fold(struct rows *rows, const struct row *row);

/* The bits of the columns that have a value; NULL: all. */
const uint64_t *row_present(struct plan *plan, const struct row_shape *shape,
                            const struct headrace_value *values);

#endif
