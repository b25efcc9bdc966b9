/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements of sets of rows: each column is one array parameter, unnest() makes rows of them. The
 * number of rows is not in the SQL, so that each shape is prepared once a connection. */
#ifndef HEADRACE_SINK_POSTGRES_STATEMENTS_H
#define HEADRACE_SINK_POSTGRES_STATEMENTS_H

#include "row_values.h"

struct statements {
  uint64_t last_id; /* given to SQL */
  enum nul_policy nul;
  const char *missing[ROW_ACTION_COUNT]; /* the conflict that a row without effect is */
  struct buffer scratch;
  bool paths_planned; /* of this plan: reset with statements_begin() */
  struct group *groups;
  size_t group_count, group_capacity;
  uint32_t *group_slots; /* 1 + index, by hash; 0: free */
  size_t group_slot_count;
};

/* Before each plan. */
void statements_begin(struct statements *statements);

void statements_free(struct statements *statements);

/* Frees what was built for a shape. */
void shape_sql_free(struct shape_sql *sql);

/* Plans the statements of a stage. AGAIN: *failed is the item of a value that cannot be written,
 * *error says why. */
enum headrace_result statements_plan(struct statements *statements, const struct rows *rows,
                                     size_t *failed, struct pg_error *error);

/* TRUNCATE, or DELETE of all rows. */
void statements_truncate(struct statements *statements, struct plan *plan, struct row_shape *shape,
                         bool by_delete);

/* Moves a row to another key. What the event does not have of the row (large values that did not
 * change) moves with it. */
enum headrace_result statements_rekey(struct statements *statements, struct plan *plan,
                                      const struct row *from, const struct row *to, size_t *failed,
                                      struct pg_error *error);

/* The table's statements of a dry run, before all else. */
void statements_ddl(struct statements *statements, struct plan *plan, struct row_shape *shape);

#endif
