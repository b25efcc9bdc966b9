/* SPDX-License-Identifier: Apache-2.0
 *
 * Every key of sink-postgres. The manual of each is in headrace-sink-postgres(7). */
#include "sink.h"

const struct headrace_key sink_postgres_keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "mode",
     .type = HEADRACE_ENUM,
     .default_value = "table",
     .choices = "table|handler",
     .help = "write rows of tables, or call your own code"},
    /* how it is written */
    {.name = "workers",
     .type = HEADRACE_INT,
     .default_value = "1",
     .help = "connections that write; the events of a key keep to one of them"},
    {.name = "batch_rows",
     .type = HEADRACE_INT,
     .default_value = "20000",
     .help = "events in a transaction, at most"},
    {.name = "batch_bytes",
     .type = HEADRACE_SIZE,
     .default_value = "8MiB",
     .help = "bytes in a transaction, about"},
    {.name = "batch_ms",
     .type = HEADRACE_DURATION,
     .default_value = "50ms",
     .help = "how long events wait for more while more are coming"},
    {.name = "statement_timeout",
     .type = HEADRACE_DURATION,
     .default_value = "0",
     .help = "what the server may take for a statement; 0: any time"},
    {.name = "lock_timeout",
     .type = HEADRACE_DURATION,
     .default_value = "0",
     .help = "what a statement may wait for a lock; 0: any time"},
    {.name = "synchronous_commit",
     .type = HEADRACE_ENUM,
     .default_value = "server",
     .choices = "server|off|local|on|remote_write|remote_apply",
     .help = "the session's synchronous_commit; server: as it is set there"},
    /* what is kept in the target */
    {.name = "schema_name",
     .type = HEADRACE_STRING,
     .default_value = "headrace",
     .help = "schema of the tables that headrace keeps: sink_offset, dead_letter"},
    {0},
};
