/* SPDX-License-Identifier: Apache-2.0
 *
 * Every key of sink-postgres. The manual of each is in headrace-sink-postgres(7). */
#include "letter_case.h"
#include "sink.h"
#include "target.h"

#include <inttypes.h>
#include <stdlib.h>

const struct headrace_key sink_postgres_keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "mode",
     .type = HEADRACE_ENUM,
     .default_value = "table",
     .choices = "table|handler",
     .help = "write rows of tables, or call your own code"},
    /* which table, which columns */
    {.name = "table",
     .type = HEADRACE_STRING,
     .default_value = "{schema}.{table}",
     .help = "template of a table's name: {topic} {db} {schema} {table} {header.NAME}"},
    {.name = "default_schema",
     .type = HEADRACE_STRING,
     .default_value = "public",
     .help = "schema of tables whose name has none"},
    {.name = "tables",
     .type = HEADRACE_MAP,
     .help = "topic = schema.table; ^expression = schema.\\1 for many"},
    {.name = "table_case",
     .type = HEADRACE_ENUM,
     .default_value = "keep",
     .choices = LETTER_CASES,
     .help = "case of what the template gives"},
    {.name = "include_tables",
     .type = HEADRACE_LIST,
     .help = "topics or schema.table or ^expression that are written; all if not set"},
    {.name = "exclude_tables",
     .type = HEADRACE_LIST,
     .help = "topics or schema.table or ^expression that are not written"},
    {.name = "merge_topics",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "several topics may have the same table"},
    {.name = "column",
     .type = HEADRACE_STRING,
     .default_value = "{column}",
     .help = "template of a column's name: {column}"},
    {.name = "column_case",
     .type = HEADRACE_ENUM,
     .default_value = "keep",
     .choices = LETTER_CASES,
     .help = "case of what the template gives"},
    {.name = "include_columns",
     .type = HEADRACE_LIST,
     .help = "table:column or column: of a table that is named, these only"},
    {.name = "exclude_columns",
     .type = HEADRACE_LIST,
     .help = "table:column or column: not written"},
    {.name = "rename_columns", .type = HEADRACE_MAP, .help = "table:column = name, column = name"},
    {.name = "cast_columns",
     .type = HEADRACE_MAP,
     .help = "table:column = type: how its text is read"},
    {.name = "add_columns",
     .type = HEADRACE_MAP,
     .help = "name = topic, partition, offset, timestamp, operation, header.NAME, 'text' …"},
    {.name = "unknown_columns",
     .type = HEADRACE_ENUM,
     .default_value = "error",
     .choices = "error|ignore",
     .help = "an event has a column that the table does not have"},
    {.name = "key",
     .type = HEADRACE_ENUM,
     .default_value = "target",
     .choices = "target|record|fields|kafka",
     .help = "how rows are found: by the table's own key, the record's, key_fields, or the "
             "place in Kafka"},
    {.name = "key_fields",
     .type = HEADRACE_LIST,
     .help = "columns of the key, as the table names them"},
    {.name = "schema_evolution",
     .type = HEADRACE_ENUM,
     .default_value = "none",
     .choices = "none|validate|create|evolve",
     .help = "leave tables alone, check them, make those that are missing, or alter them too"},
    {.name = "ddl_lock_timeout",
     .type = HEADRACE_DURATION,
     .default_value = "2s",
     .help = "what making or altering a table may wait for a lock, before it is tried again"},
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
    {.name = "reject_limit",
     .type = HEADRACE_INT,
     .default_value = "50",
     .help = "percent of a transaction's events that may be rejected, if they are 100 or more"},
    {.name = "dry_run",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "log the SQL, roll back, acknowledge nothing"},
    /* what is kept in the target */
    {.name = "schema_name",
     .type = HEADRACE_STRING,
     .default_value = "headrace",
     .help = "schema of the tables that headrace keeps: sink_offset, dead_letter"},
    {.name = "dead_letter",
     .type = HEADRACE_STRING,
     .default_value = "dead_letter",
     .help = "table of rejected events, in schema_name"},
    {0},
};

static const struct limit {
  const char *name;
  int64_t least, most;
} limits[] = {
    {"workers", 1, 64},       {"batch_rows", 1, 10000000},         {"batch_bytes", 1, 512 << 20},
    {"batch_ms", 0, 3600000}, {"statement_timeout", 0, INT32_MAX}, {"lock_timeout", 0, INT32_MAX},
    {"reject_limit", 0, 100}};

bool keys_check(const struct headrace_host *host)
{
  char *reason = NULL;
  const struct pg_target target = {.host = host};
  bool good = pg_check_target(&target, &reason);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s", reason);
  free(reason);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    int64_t value = host->integer(host, limits[i].name);
    if (value >= limits[i].least && value <= limits[i].most)
      continue;
    host->log(host, HEADRACE_ERROR, "%s must be from %" PRId64 " to %" PRId64, limits[i].name,
              limits[i].least, limits[i].most);
    good = false;
  }
  bool table = host->integer(host, "mode") == 0;
  return (!table || targets_check(host)) && good;
}
