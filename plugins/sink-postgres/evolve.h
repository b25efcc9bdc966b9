/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables and the columns that events want of them: what does not fit, and the SQL that makes it
 * fit. A table is only ever widened: nothing is dropped, no value changes. */
#ifndef HEADRACE_SINK_POSTGRES_EVOLVE_H
#define HEADRACE_SINK_POSTGRES_EVOLVE_H

#include "create.h"
#include "target.h"

/* ALTER TABLE with all that is to be done, to be freed; *sql is NULL if there is nothing. OK,
 * RETRY, FATAL. */
enum headrace_result evolve_sql(PGconn *connection, const struct target *target,
                                const struct wanted_table *wanted, char **sql,
                                struct pg_error *error);

/* What of the table cannot take every value that the source may send, as an operator would read
 * it, to be freed; NULL: it fits. */
char *evolve_misfits(const struct target *target, const struct wanted_table *wanted);

#endif
