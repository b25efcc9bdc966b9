/* SPDX-License-Identifier: Apache-2.0
 *
 * Making and altering tables, safe against others who do the same at the same time: under an
 * advisory lock of the table, after reading the catalog again. */
#ifndef HEADRACE_SINK_POSTGRES_CHANGE_H
#define HEADRACE_SINK_POSTGRES_CHANGE_H

#include "create.h"
#include "target.h"

#include <headrace/plugin.h>
#include <stdbool.h>

struct table_change {
  const struct headrace_host *host; /* every statement is logged as it is run */
  PGconn *connection;
  int64_t turn_timeout_ms; /* what waiting for others who make or alter it may take */
  int64_t lock_timeout_ms; /* and for those who use it */
  bool may_alter;
  struct sql_list *kept; /* a dry run: what is done is rolled back and noted here; NULL: none */
};

/* Makes the table, or alters it, if it still is to be done; all in one transaction. OK, RETRY (it
 * is locked; the server is away), FATAL: *error. */
enum headrace_result change_table(const struct table_change *change,
                                  const struct wanted_table *wanted, struct pg_error *error);

/* describe_table(), as the table would be after what a dry run has rolled back. The target's ddl
 * says so. `kept` may be NULL. */
enum headrace_result describe_changed(PGconn *connection, const char *schema, const char *table,
                                      const struct sql_list *kept, struct target **target,
                                      struct pg_error *error);

#endif
