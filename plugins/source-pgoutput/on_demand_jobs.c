/* SPDX-License-Identifier: Apache-2.0 */
#include "on_demand_jobs.h"

#include "pg_quote.h"
#include "snapshot_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum job_field {
  JOB_ID,
  JOB_SCHEMA,
  JOB_TABLE,
  JOB_FILTER,
  JOB_PLACE /* table, file, page, row */
};

/* No commit of ours waits for a standby: the stream would wait with it. */
#define LOCAL "SET LOCAL synchronous_commit = local; "

static char *table_of(const struct on_demand_jobs *jobs)
{
  return pg_quote_qualified(jobs->schema, "on_demand");
}

/* Runs a format whose first %s is the table, then frees the texts. */
static bool execute(const struct on_demand_jobs *jobs, struct pg_error *error, char *sql)
{
  bool good = catalog_execute(jobs->catalog, error, sql);
  free(sql);
  return good;
}

bool on_demand_jobs_exist(const struct on_demand_jobs *jobs, bool *exist, struct pg_error *error)
{
  char *table = table_of(jobs);
  const char *values[] = {table};
  PGresult *result =
      catalog_query(jobs->catalog, error,
                    "SELECT to_regclass($1) IS NOT NULL AND NOT pg_is_in_recovery()", 1, values);
  free(table);
  if (!result)
    return false;
  *exist = *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  return true;
}

/* CREATE … IF NOT EXISTS wants the right to create even if there is nothing to do. */
static bool make_table(const struct on_demand_jobs *jobs, struct pg_error *error)
{
  bool exist;
  if (!on_demand_jobs_exist(jobs, &exist, error) || exist)
    return exist;
  char *schema = pg_quote_identifier(jobs->schema), *literal = pg_quote_literal(jobs->schema);
  char *table = table_of(jobs);
  char *sql = pg_format(
      LOCAL
      "DO $do$BEGIN " SNAPSHOT_SCHEMA_LOCK
      "; IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s) "
      "THEN CREATE SCHEMA %s; END IF; END$do$; "
      "CREATE TABLE IF NOT EXISTS %s ("
      "id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, slot name NOT NULL, "
      "schema_name name NOT NULL, table_name name NOT NULL, filter text, "
      "state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'paused', "
      "'stopped', 'done', 'failed')), reason text, "
      "message_lsn pg_lsn, command_lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(), "
      "reading oid NOT NULL DEFAULT 0, file oid NOT NULL DEFAULT 0, page bigint NOT NULL DEFAULT "
      "0, row_number int NOT NULL DEFAULT 0, rows_sent bigint NOT NULL DEFAULT 0, "
      "chunks bigint NOT NULL DEFAULT 0, asked_at timestamptz NOT NULL DEFAULT now(), "
      "begun_at timestamptz, ended_at timestamptz, UNIQUE (slot, message_lsn));",
      literal, schema, table);
  free(table);
  free(literal);
  free(schema);
  return execute(jobs, error, sql);
}

bool on_demand_jobs_ask(const struct on_demand_jobs *jobs, const struct table_name *name,
                        const char *filter, uint64_t lsn, struct pg_error *error)
{
  if (!make_table(jobs, error))
    return false;
  char *table = table_of(jobs), *slot = pg_quote_literal(jobs->slot);
  char *schema_name = pg_quote_literal(name->schema), *table_name = pg_quote_literal(name->table);
  char *filter_text = filter ? pg_quote_literal(filter) : pg_format("NULL");
  char *message = lsn ? pg_format("'%s'", lsn_text(lsn).text) : pg_format("NULL");
  char *sql = pg_format(
      LOCAL "INSERT INTO %s (slot, schema_name, table_name, filter, message_lsn, command_lsn) "
            "VALUES (%s, %s, %s, %s, %s, coalesce(%s, pg_current_wal_insert_lsn())) "
            "ON CONFLICT (slot, message_lsn) DO NOTHING;",
      table, slot, schema_name, table_name, filter_text, message, message);
  free(message);
  free(filter_text);
  free(table_name);
  free(schema_name);
  free(slot);
  free(table);
  return execute(jobs, error, sql);
}

/* " AND schema_name = 'a' AND table_name = 'b'", or nothing. */
static char *of_table(const struct table_name *name)
{
  if (!name)
    return pg_format("%s", "");
  char *schema = pg_quote_literal(name->schema), *table = pg_quote_literal(name->table);
  char *sql = pg_format(" AND schema_name = %s AND table_name = %s", schema, table);
  free(table);
  free(schema);
  return sql;
}

bool on_demand_jobs_control(const struct on_demand_jobs *jobs, enum on_demand_control control,
                            const struct table_name *name, uint64_t lsn, struct pg_error *error)
{
  static const struct {
    const char *from, *to;
  } changes[] = {
      [ON_DEMAND_PAUSE] = {"'waiting', 'running'", "state = 'paused'"},
      [ON_DEMAND_RESUME] = {"'paused'", "state = 'waiting'"},
      [ON_DEMAND_STOP] = {"'waiting', 'running', 'paused'", "state = 'stopped', ended_at = now()"}};
  bool exist;
  if (!on_demand_jobs_exist(jobs, &exist, error))
    return false;
  if (!exist)
    return true;
  char *table = table_of(jobs), *slot = pg_quote_literal(jobs->slot), *which = of_table(name);
  char *at = lsn ? pg_format("'%s'::pg_lsn", lsn_text(lsn).text)
                 : pg_format("pg_current_wal_insert_lsn()");
  char *sql = pg_format(LOCAL "UPDATE %s SET %s, command_lsn = %s WHERE slot = %s AND state IN "
                              "(%s) AND command_lsn <= %s%s;",
                        table, changes[control].to, at, slot, changes[control].from, at, which);
  free(at);
  free(which);
  free(slot);
  free(table);
  return execute(jobs, error, sql);
}

/* ---- the one that is worked on ----------------------------------------- */

static char *copy_field(PGresult *result, int field)
{
  return PQgetisnull(result, 0, field) ? NULL : pg_format("%s", PQgetvalue(result, 0, field));
}

static uint32_t number(PGresult *result, int field)
{
  return (uint32_t)strtoul(PQgetvalue(result, 0, field), NULL, 10);
}

bool on_demand_jobs_next(const struct on_demand_jobs *jobs, struct on_demand_job *job,
                         struct pg_error *error)
{
  *job = (struct on_demand_job){.id = 0};
  char *table = table_of(jobs);
  char *sql = pg_format("SELECT id, schema_name, table_name, filter, reading, file, page, "
                        "row_number FROM %s WHERE slot = $1 AND state IN ('waiting', 'running') "
                        "ORDER BY id LIMIT 1",
                        table);
  PGresult *result = catalog_query(jobs->catalog, error, sql, 1, &jobs->slot);
  free(sql);
  free(table);
  if (!result)
    return false;
  if (PQntuples(result)) {
    job->id = strtoull(PQgetvalue(result, 0, JOB_ID), NULL, 10);
    job->name.schema = copy_field(result, JOB_SCHEMA);
    job->name.table = copy_field(result, JOB_TABLE);
    job->filter = copy_field(result, JOB_FILTER);
    job->cursor = (struct on_demand_cursor){.job = job->id,
                                            .table = number(result, JOB_PLACE),
                                            .file = number(result, JOB_PLACE + 1),
                                            .page = number(result, JOB_PLACE + 2),
                                            .row = number(result, JOB_PLACE + 3)};
  }
  PQclear(result);
  return true;
}

void on_demand_job_free(struct on_demand_job *job)
{
  table_name_free(&job->name);
  free(job->filter);
  *job = (struct on_demand_job){.id = 0};
}

bool on_demand_jobs_begin(const struct on_demand_jobs *jobs, uint64_t id, struct pg_error *error)
{
  char *table = table_of(jobs);
  char *sql = pg_format(LOCAL "UPDATE %s SET state = 'running', begun_at = coalesce(begun_at, "
                              "now()) WHERE id = %" PRIu64 " AND state = 'waiting';",
                        table, id);
  free(table);
  return execute(jobs, error, sql);
}

bool on_demand_jobs_save(const struct on_demand_jobs *jobs, const struct on_demand_cursor *cursor,
                         uint64_t rows, struct pg_error *error)
{
  char *table = table_of(jobs);
  char *sql =
      pg_format(LOCAL "UPDATE %s SET reading = %" PRIu32 ", file = %" PRIu32 ", page = %" PRIu32
                      ", row_number = %" PRIu32 ", rows_sent = rows_sent + %" PRIu64
                      ", chunks = chunks + 1 WHERE id = %" PRIu64 ";",
                table, cursor->table, cursor->file, cursor->page, cursor->row, rows, cursor->job);
  free(table);
  return execute(jobs, error, sql);
}

bool on_demand_jobs_end(const struct on_demand_jobs *jobs, uint64_t id, const char *reason,
                        struct pg_error *error)
{
  char *table = table_of(jobs), *text = reason ? pg_quote_literal(reason) : pg_format("NULL");
  char *sql = pg_format(LOCAL "UPDATE %s SET state = '%s', reason = %s, ended_at = now() WHERE "
                              "id = %" PRIu64 " AND state <> 'stopped';",
                        table, reason ? "failed" : "done", text, id);
  free(text);
  free(table);
  return execute(jobs, error, sql);
}

bool on_demand_jobs_nudge(const struct on_demand_jobs *jobs, struct pg_error *error)
{
  return catalog_execute(jobs->catalog, error,
                         LOCAL "SELECT pg_logical_emit_message(false, 'headrace.snapshot', ''), "
                               "pg_current_xact_id();");
}

/* ---- status ------------------------------------------------------------ */

bool on_demand_jobs_status(const struct on_demand_jobs *jobs, const struct table_name *name,
                           char *out, size_t size, struct pg_error *error)
{
  bool exist;
  *out = 0;
  if (!on_demand_jobs_exist(jobs, &exist, error))
    return false;
  if (!exist)
    return true;
  char *table = table_of(jobs), *which = of_table(name);
  char *sql = pg_format(
      "SELECT concat(id, ' ', format('%%I.%%I', schema_name, table_name), ' ', state, ', ', "
      "rows_sent, ' rows', CASE WHEN state IN ('running', 'paused') AND reading <> 0 THEN "
      "concat(', page ', page, ' of ', pg_relation_size(reading::regclass) / "
      "current_setting('block_size')::int8, ' of ', reading::regclass) END, ', where ' || filter, "
      "': ' || reason) FROM (SELECT * FROM %s WHERE slot = $1%s ORDER BY ended_at IS NULL DESC, "
      "id DESC LIMIT 20) j ORDER BY id",
      table, which);
  PGresult *result = catalog_query(jobs->catalog, error, sql, 1, &jobs->slot);
  free(sql);
  free(which);
  free(table);
  if (!result)
    return false;
  size_t used = 0;
  for (int row = 0; row < PQntuples(result) && used < size; row++)
    used += (size_t)snprintf(out + used, size - used, "%s\n", PQgetvalue(result, row, 0));
  PQclear(result);
  return true;
}
