/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables and the columns that events want of them: what does not fit, and the SQL that makes it
 * fit. A table is only ever widened: nothing is dropped, no value changes. */
#ifndef HEADRACE_SINK_POSTGRES_EVOLVE_H
#define HEADRACE_SINK_POSTGRES_EVOLVE_H

#include "create.h"
#include "target.h"

/* The statements that make it fit: ALTER TABLE with all that is to be done, after ALTER TYPE for
 * labels that an enum has not got, and CREATE TYPE for enums of new columns. None: it fits. OK,
 * RETRY, FATAL: *error, and none. */
enum headrace_result evolve_sql(PGconn *connection, const struct target *target,
                                const struct wanted_table *wanted, struct sql_list *sql,
                                struct pg_error *error);

/* What of the table cannot take every value that the source may send, as an operator would read
 * it, to be freed; NULL: it fits. */
char *evolve_misfits(const struct target *target, const struct wanted_table *wanted);

#endif
