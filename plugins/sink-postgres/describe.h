/* SPDX-License-Identifier: Apache-2.0
 *
 * What the catalog says of a table. One thread; the connection is not in pipeline mode. */
#ifndef HEADRACE_SINK_POSTGRES_DESCRIBE_H
#define HEADRACE_SINK_POSTGRES_DESCRIBE_H

#include "target.h"

/* OK: *target is set, with its indexes, still without a key and an id, or NULL: there is no such
 * table. RETRY, FATAL: *error. */
enum headrace_result describe_table(PGconn *connection, const char *schema, const char *table,
                                    struct target **target, struct pg_error *error);
void target_free(struct target *target);

/* Index of the column in the target; -1: none. */
int32_t target_column_index(const struct target *target, const char *name);

/* Sets the key: the columns of these names, or (names NULL) those of the primary key, or else of
 * the first usable index without nullable columns. Then what makes the target serial. False: the
 * target has no such columns, or no such index; the key is empty then. */
bool target_set_key(struct target *target, const char *const *names, uint32_t count);

/* Whether both say the same of the table. */
bool target_same(const struct target *a, const struct target *b);

#endif
