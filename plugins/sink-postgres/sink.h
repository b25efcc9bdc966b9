/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres: events become transactions. The planner of the mode makes statements of
 * events; this engine collects events into flushes, runs one transaction for each writer and
 * flush, stores with it how far the source was read, and sorts errors.
 *
 * Everything runs on the thread that calls the instance. */
#ifndef HEADRACE_SINK_POSTGRES_SINK_H
#define HEADRACE_SINK_POSTGRES_SINK_H

#include "pg_connection.h"
#include "plan.h"

#include <headrace/plugin.h>
#include <stdbool.h>

void *sink_alloc(size_t size);                 /* zeroed; aborts when there is no memory */
void *sink_realloc(void *memory, size_t size); /* likewise, not zeroed */

/* keys.c */
extern const struct headrace_key sink_postgres_keys[];

/* planners.c: NULL: this mode is not built in */
const struct planner *planner_for(const struct headrace_host *host);

#endif
