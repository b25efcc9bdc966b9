/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot_job.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A commit of ours that a crash of the server takes back costs a chunk that is read again; the
 * order of commits holds in any case. */
#define SETTINGS                                                                                   \
  PG_TEXT_SETTINGS " -c statement_timeout=20s -c lock_timeout=10s -c idle_session_timeout=0 "      \
                   "-c standard_conforming_strings=on -c jit=off -c synchronous_commit=off"

/* As long as its session is there, a process takes part. */
#define ALIVE                                                                                      \
  "EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = p.pid AND a.backend_start = "              \
  "p.backend_start)"

struct number_text {
  char text[24];
};

static struct number_text number(uint64_t value)
{
  struct number_text result;
  snprintf(result.text, sizeof result.text, "%" PRIu64, value);
  return result;
}

/* Values are texts; the statement's rows, or NULL. */
static PGresult *ask(struct snapshot_job *job, struct pg_error *error, const char *sql, int count,
                     const char *const *values)
{
  return pg_query(job->connection, error, sql, count, values);
}

static bool run(struct snapshot_job *job, struct pg_error *error, const char *sql, int count,
                const char *const *values)
{
  PGresult *result = ask(job, error, sql, count, values);
  PQclear(result);
  return result != NULL;
}

static bool ask_bool(struct snapshot_job *job, struct pg_error *error, const char *sql, int count,
                     const char *const *values, bool *answer)
{
  PGresult *result = ask(job, error, sql, count, values);
  *answer = result && PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  return result != NULL;
}

/* ---- the session ------------------------------------------------------- */

bool snapshot_job_open(struct snapshot_job *job, const struct headrace_host *host,
                       const char *schema, const char *name, struct pg_error *error)
{
  struct pg_target target = {
      .host = host, .application_name = "headrace snapshot job", .settings = SETTINGS};
  *job = (struct snapshot_job){.host = host, .connection = pg_connect(&target, error)};
  if (!job->connection)
    return false;
  job->name = pg_format("%s", name);
  char *identifier = pg_quote_identifier(schema);
  char *sql = pg_format("SET search_path = pg_catalog, %s", identifier);
  bool good = run(job, error, sql, 0, NULL);
  free(sql);
  free(identifier);
  if (!good)
    snapshot_job_close(job);
  return good;
}

void snapshot_job_close(struct snapshot_job *job)
{
  PQfinish(job->connection);
  free(job->name);
  job->connection = NULL;
  job->name = NULL;
}

static bool tables_exist(struct snapshot_job *job, bool *exist, struct pg_error *error)
{
  return ask_bool(job, error, "SELECT to_regclass('snapshot_participant') IS NOT NULL", 0, NULL,
                  exist);
}

/* Several pipelines may begin at once. The catalog is asked by queries: to_regclass() may answer
 * from before the lock. */
static const char tables_sql[] =
    "DO $do$BEGIN " SNAPSHOT_SCHEMA_LOCK
    "; IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
    "n.nspname = %s AND c.relname = 'snapshot_participant') THEN RETURN; END IF; "
    "IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s) THEN CREATE SCHEMA %s; END IF; "
    "CREATE TABLE %s.snapshot_job (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "
    "name text NOT NULL, state text NOT NULL DEFAULT 'preparing' CHECK (state IN ('preparing', "
    "'reading', 'done')), start_lsn pg_lsn, end_lsn pg_lsn, "
    "generation bigint NOT NULL DEFAULT 0, exported text, visible pg_snapshot, "
    "begun_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz);"
    "CREATE TABLE %s.snapshot_table (job bigint NOT NULL REFERENCES %s.snapshot_job ON DELETE "
    "CASCADE, id oid, schema_name name NOT NULL, table_name name NOT NULL, file oid NOT NULL, "
    "rows_expected bigint NOT NULL, PRIMARY KEY (job, id));"
    "CREATE TABLE %s.snapshot_participant (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "
    "job bigint NOT NULL REFERENCES %s.snapshot_job ON DELETE CASCADE, pid int NOT NULL, "
    "backend_start timestamptz NOT NULL, heartbeat timestamptz NOT NULL);"
    "CREATE TABLE %s.snapshot_chunk (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "
    "job bigint NOT NULL, table_id oid NOT NULL, file oid NOT NULL, whole boolean NOT NULL, "
    "first_page bigint NOT NULL, end_page bigint, since xid8, "
    "state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'claimed', 'done')), "
    "owner bigint, rows_read bigint NOT NULL DEFAULT 0, times_claimed int NOT NULL DEFAULT 0, "
    "FOREIGN KEY (job, table_id) REFERENCES %s.snapshot_table ON DELETE CASCADE);"
    "CREATE INDEX ON %s.snapshot_chunk (job, id) WHERE state = 'pending';"
    "CREATE INDEX ON %s.snapshot_chunk (job, table_id); END$do$";

static bool make_tables(struct snapshot_job *job, const char *schema, struct pg_error *error)
{
  bool exist;
  if (!tables_exist(job, &exist, error) || exist)
    return exist;
  char *name = pg_quote_identifier(schema), *literal = pg_quote_literal(schema);
  char *sql = pg_format(tables_sql, literal, literal, name, name, name, name, name, name, name,
                        name, name, name);
  PGresult *result = PQexec(job->connection, sql);
  bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
  if (!good)
    pg_result_error(job->connection, result, error);
  PQclear(result);
  free(sql);
  free(literal);
  free(name);
  return good;
}

/* ---- the job ----------------------------------------------------------- */

static enum snapshot_state state_named(const char *name)
{
  return *name == 'p' ? SNAPSHOT_PREPARING : *name == 'r' ? SNAPSHOT_READING : SNAPSHOT_DONE;
}

static void read_row(PGresult *result, struct snapshot_job_row *row)
{
  row->id = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  row->state = state_named(PQgetvalue(result, 0, 1));
  lsn_parse(PQgetvalue(result, 0, 2), &row->start);
  lsn_parse(PQgetvalue(result, 0, 3), &row->end);
  row->generation = strtoull(PQgetvalue(result, 0, 4), NULL, 10);
  snprintf(row->exported, sizeof row->exported, "%s", PQgetvalue(result, 0, 5));
}

bool snapshot_job_look(struct snapshot_job *job, struct snapshot_job_row *row,
                       struct pg_error *error)
{
  bool exist;
  memset(row, 0, sizeof *row);
  if (!tables_exist(job, &exist, error))
    return false;
  if (!exist)
    return true;
  const char *values[] = {job->name};
  PGresult *result = ask(job, error,
                         "SELECT id, state, start_lsn, end_lsn, generation, exported FROM "
                         "snapshot_job WHERE name = $1 ORDER BY id DESC LIMIT 1",
                         1, values);
  if (result && PQntuples(result) == 1)
    read_row(result, row);
  PQclear(result);
  return result != NULL;
}

#define LOCK_KEY "hashtextextended('headrace snapshot ' || $1, 0)"

bool snapshot_job_lock(struct snapshot_job *job, struct pg_error *error)
{
  const char *values[] = {job->name};
  return job->coordinator || ask_bool(job, error, "SELECT pg_try_advisory_lock(" LOCK_KEY ")", 1,
                                      values, &job->coordinator);
}

bool snapshot_job_unlock(struct snapshot_job *job, struct pg_error *error)
{
  const char *values[] = {job->name};
  bool ignored;
  if (!job->coordinator)
    return true;
  job->coordinator = false;
  return ask_bool(job, error, "SELECT pg_advisory_unlock(" LOCK_KEY ")", 1, values, &ignored);
}

bool snapshot_job_begin(struct snapshot_job *job, const char *schema, struct pg_error *error)
{
  const char *values[] = {job->name};
  if (!make_tables(job, schema, error) ||
      !run(job, error, "DELETE FROM snapshot_job WHERE name = $1", 1, values))
    return false;
  PGresult *result =
      ask(job, error, "INSERT INTO snapshot_job (name) VALUES ($1) RETURNING id", 1, values);
  if (result)
    job->id = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  return result != NULL;
}

/* A transaction that others see ended is behind the xmax of `visible`, or ran when it was taken;
 * all that it saw are to be among them. */
bool snapshot_job_sees(struct snapshot_job *job, const char *visible, bool *sees,
                       struct pg_error *error)
{
  const char *values[] = {visible};
  return ask_bool(job, error,
                  "WITH s AS (SELECT pg_current_snapshot() AS now, $1::pg_snapshot AS slot) "
                  "SELECT pg_snapshot_xmax(now) >= pg_snapshot_xmax(slot) AND NOT EXISTS (SELECT "
                  "FROM pg_snapshot_xip(now) x WHERE pg_visible_in_snapshot(x, slot)) FROM s",
                  1, values, sees);
}

bool snapshot_job_read(struct snapshot_job *job, uint64_t start, struct pg_error *error)
{
  struct lsn_text lsn = lsn_text(start);
  struct number_text id = number(job->id);
  const char *values[] = {id.text, lsn.text};
  return run(job, error, "UPDATE snapshot_job SET state = 'reading', start_lsn = $2 WHERE id = $1",
             2, values);
}

/* Transactions from the oldest that still ran in the former snapshot: rows of theirs it may not
 * have shown. (Their subtransactions are in no text of a snapshot, but never older.) */
bool snapshot_job_export(struct snapshot_job *job, const char *exported, const char *visible,
                         struct pg_error *error)
{
  struct number_text id = number(job->id);
  const char *values[] = {id.text, exported, visible};
  return run(job, error,
             "WITH job AS (SELECT id, pg_snapshot_xmin(visible) AS since FROM snapshot_job WHERE "
             "id = $1 FOR UPDATE), again AS (UPDATE snapshot_chunk c SET state = 'pending', owner "
             "= NULL, since = CASE WHEN c.state = 'done' THEN job.since ELSE c.since END FROM job "
             "WHERE c.job = job.id AND c.state <> 'pending') UPDATE snapshot_job j SET exported = "
             "$2, visible = $3, generation = generation + 1 FROM job WHERE j.id = job.id",
             3, values);
}

bool snapshot_job_join(struct snapshot_job *job, const struct snapshot_job_row *row,
                       struct pg_error *error)
{
  job->id = row->id;
  job->generation = row->generation;
  struct number_text id = number(job->id);
  const char *values[] = {id.text};
  PGresult *result =
      ask(job, error,
          "INSERT INTO snapshot_participant (job, pid, backend_start, heartbeat) SELECT $1, pid, "
          "backend_start, clock_timestamp() FROM pg_stat_activity WHERE pid = pg_backend_pid() "
          "RETURNING id",
          1, values);
  if (result)
    job->participant = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  return result != NULL;
}

bool snapshot_job_finish(struct snapshot_job *job, bool *done, struct pg_error *error)
{
  struct number_text id = number(job->id);
  const char *values[] = {id.text};
  return run(job, error,
             "UPDATE snapshot_job SET state = 'done', end_lsn = pg_current_wal_insert_lsn(), "
             "ended_at = clock_timestamp() WHERE id = $1 AND state = 'reading' AND NOT EXISTS "
             "(SELECT FROM snapshot_chunk WHERE job = $1 AND state <> 'done')",
             1, values) &&
         ask_bool(job, error, "SELECT state = 'done' FROM snapshot_job WHERE id = $1", 1, values,
                  done);
}

bool snapshot_job_progress(struct snapshot_job *job, struct snapshot_progress *progress,
                           struct pg_error *error)
{
  struct number_text id = number(job->id);
  const char *values[] = {id.text};
  PGresult *result = ask(
      job, error,
      "SELECT (SELECT count(*) FROM snapshot_table WHERE job = $1), count(*), count(*) FILTER "
      "(WHERE state = 'done'), coalesce(sum(rows_read), 0), (SELECT coalesce(sum(rows_expected), "
      "0) FROM snapshot_table WHERE job = $1), (SELECT extract(epoch FROM clock_timestamp() - "
      "begun_at)::int8 FROM snapshot_job WHERE id = $1) FROM snapshot_chunk WHERE job = $1",
      1, values);
  if (!result)
    return false;
  uint64_t fields[6];
  for (int i = 0; i < 6; i++)
    fields[i] = strtoull(PQgetvalue(result, 0, i), NULL, 10);
  *progress = (struct snapshot_progress){.tables = fields[0],
                                         .chunks = fields[1],
                                         .chunks_done = fields[2],
                                         .rows = fields[3],
                                         .rows_expected = fields[4],
                                         .seconds = (int64_t)fields[5]};
  PQclear(result);
  return true;
}

/* ---- chunks are planned ------------------------------------------------ */

#define SAMPLE_PAGES    16
#define DEFAULT_DENSITY 50.0

struct table_size {
  double pages, density;
};

/* Rows on a page: as ANALYZE counted them, or else as the first pages have them. */
static bool measure(struct snapshot_job *job, const struct snapshot_table *table,
                    struct table_size *size, struct pg_error *error)
{
  struct number_text id = number(table->id);
  const char *values[] = {id.text};
  PGresult *result =
      ask(job, error,
          "SELECT pg_relation_size(oid) / current_setting('block_size')::int8, CASE WHEN relpages "
          "> 0 AND reltuples > 0 THEN reltuples / relpages END FROM pg_class WHERE oid = $1::oid",
          1, values);
  if (!result)
    return false;
  bool found = PQntuples(result) == 1;
  bool counted = found && !PQgetisnull(result, 0, 1);
  *size = (struct table_size){.pages = found ? atof(PQgetvalue(result, 0, 0)) : 0,
                              .density = counted ? atof(PQgetvalue(result, 0, 1)) : 0};
  PQclear(result);
  if (counted || size->pages < 1)
    return true;
  char *sql = pg_format("SELECT count(*) FROM %s WHERE ctid < '(%d,0)'", table->from, SAMPLE_PAGES);
  result = ask(job, error, sql, 0, NULL);
  free(sql);
  if (!result)
    return false;
  size->density = atof(PQgetvalue(result, 0, 0)) /
                  (size->pages < SAMPLE_PAGES ? size->pages : (double)SAMPLE_PAGES);
  PQclear(result);
  return true;
}

static bool add_table(struct snapshot_job *job, const struct snapshot_table *table, double rows,
                      struct pg_error *error)
{
  struct number_text id = number(job->id), oid = number(table->id), file = number(table->file);
  struct number_text expected = number(rows > 0 ? (uint64_t)rows : 0);
  const char *values[] = {id.text, oid.text, table->schema, table->name, file.text, expected.text};
  return run(job, error,
             "INSERT INTO snapshot_table (job, id, schema_name, table_name, file, rows_expected) "
             "VALUES ($1, $2, $3, $4, $5, $6)",
             6, values);
}

bool snapshot_job_plan(struct snapshot_job *job, const struct snapshot_table *table,
                       int64_t chunk_rows, struct pg_error *error)
{
  struct table_size size = {0, 0};
  if (table->has_tids && !measure(job, table, &size, error))
    return false;
  double density = size.density > 0 ? size.density : DEFAULT_DENSITY;
  double step = (double)chunk_rows / density;
  struct number_text id = number(job->id), oid = number(table->id), file = number(table->file);
  struct number_text pages = number((uint64_t)size.pages);
  struct number_text step_text = number(step < 1            ? 1
                                        : step > UINT32_MAX ? UINT32_MAX
                                                            : (uint64_t)step);
  const char *values[] = {id.text,    oid.text,      file.text, table->has_tids ? "f" : "t",
                          pages.text, step_text.text};
  return add_table(job, table, size.pages * size.density, error) &&
         run(job, error,
             "INSERT INTO snapshot_chunk (job, table_id, file, whole, first_page, end_page) SELECT "
             "$1, $2, $3, $4, p, CASE WHEN p + $6::int8 < $5::int8 THEN p + $6::int8 END FROM "
             "generate_series(0, greatest($5::int8 - 1, 0), $6::int8) p ORDER BY p",
             6, values);
}

static bool plan_changed(struct snapshot_job *job, uint32_t id, const struct snapshot_table *table,
                         int64_t chunk_rows, struct pg_error *error)
{
  struct number_text job_id = number(job->id), oid = number(id);
  struct number_text file = number(table ? table->file : 0);
  const char *values[] = {job_id.text, oid.text, file.text};
  bool same;
  if (!run(job, error, "SELECT FROM snapshot_table WHERE job = $1 AND id = $2 FOR UPDATE", 2,
           values) ||
      !ask_bool(job, error,
                "SELECT NOT EXISTS (SELECT FROM snapshot_table WHERE job = $1 AND id = $2 AND "
                "file <> $3)",
                3, values, &same))
    return false;
  if (same && table)
    return true;
  return run(job, error, "DELETE FROM snapshot_table WHERE job = $1 AND id = $2", 2, values) &&
         (!table || snapshot_job_plan(job, table, chunk_rows, error));
}

bool snapshot_job_plan_again(struct snapshot_job *job, uint32_t id,
                             const struct snapshot_table *table, int64_t chunk_rows,
                             struct pg_error *error)
{
  struct pg_error ignored;
  bool good = run(job, error, "BEGIN", 0, NULL) &&
              plan_changed(job, id, table, chunk_rows, error) && run(job, error, "COMMIT", 0, NULL);
  if (!good)
    run(job, &ignored, "ROLLBACK", 0, NULL);
  return good;
}

/* ---- chunks are claimed ------------------------------------------------ */

static void read_chunk(PGresult *result, struct snapshot_chunk *chunk)
{
  uint64_t fields[4];
  for (int i = 0; i < 4; i++)
    fields[i] = strtoull(PQgetvalue(result, 0, i), NULL, 10);
  *chunk = (struct snapshot_chunk){.id = fields[0],
                                   .table = (uint32_t)fields[1],
                                   .file = (uint32_t)fields[2],
                                   .first = (uint32_t)fields[3],
                                   .end = UINT32_MAX,
                                   .whole = *PQgetvalue(result, 0, 5) == 't'};
  if (!PQgetisnull(result, 0, 4))
    chunk->end = (uint32_t)strtoull(PQgetvalue(result, 0, 4), NULL, 10);
  if (!PQgetisnull(result, 0, 6))
    chunk->since = pg_format("%s", PQgetvalue(result, 0, 6));
}

bool snapshot_job_claim(struct snapshot_job *job, struct snapshot_chunk *chunk,
                        struct pg_error *error)
{
  struct number_text id = number(job->id), participant = number(job->participant);
  struct number_text generation = number(job->generation);
  const char *values[] = {id.text, participant.text, generation.text};
  *chunk = (struct snapshot_chunk){.id = 0};
  PGresult *result =
      ask(job, error,
          "UPDATE snapshot_chunk SET state = 'claimed', owner = $2, times_claimed = times_claimed "
          "+ 1 WHERE id = (SELECT c.id FROM snapshot_chunk c WHERE c.job = $1 AND c.state = "
          "'pending' ORDER BY c.id LIMIT 1 FOR UPDATE SKIP LOCKED) AND EXISTS (SELECT FROM "
          "snapshot_job WHERE id = $1 AND generation = $3) AND EXISTS (SELECT FROM "
          "snapshot_participant WHERE id = $2) RETURNING id, table_id, file, first_page, end_page, "
          "whole, since",
          3, values);
  if (result && PQntuples(result) == 1)
    read_chunk(result, chunk);
  PQclear(result);
  return result != NULL;
}

/* Only if it is still this process's: it may have been planned anew, or taken over. */
static bool set_chunk(struct snapshot_job *job, uint64_t chunk, uint64_t rows, const char *sql,
                      struct pg_error *error)
{
  struct number_text id = number(chunk), participant = number(job->participant);
  struct number_text rows_text = number(rows);
  const char *values[] = {id.text, participant.text, rows_text.text};
  return run(job, error, sql, 3, values);
}

bool snapshot_job_done(struct snapshot_job *job, uint64_t chunk, uint64_t rows,
                       struct pg_error *error)
{
  return set_chunk(job, chunk, rows,
                   "UPDATE snapshot_chunk SET state = 'done', owner = NULL, rows_read = $3 WHERE "
                   "id = $1 AND owner = $2 AND state = 'claimed'",
                   error);
}

bool snapshot_job_release(struct snapshot_job *job, uint64_t chunk, struct pg_error *error)
{
  return set_chunk(job, chunk, 0,
                   "UPDATE snapshot_chunk SET state = 'pending', owner = NULL WHERE id = $1 AND "
                   "owner = $2 AND state = 'claimed' AND $3::int8 = 0",
                   error);
}

/* ---- who takes part ---------------------------------------------------- */

bool snapshot_job_heartbeat(struct snapshot_job *job, bool *alive, struct pg_error *error)
{
  struct number_text id = number(job->id), participant = number(job->participant);
  const char *values[] = {id.text, participant.text};
  return ask_bool(job, error,
                  "WITH beat AS (UPDATE snapshot_participant SET heartbeat = clock_timestamp() "
                  "WHERE id = $2 AND job = $1 RETURNING id) SELECT EXISTS (SELECT FROM beat)",
                  2, values, alive) &&
         run(job, error,
             "SELECT pg_terminate_backend(p.pid) FROM snapshot_participant p JOIN "
             "pg_stat_activity a ON a.pid = p.pid AND a.backend_start = p.backend_start WHERE "
             "p.job = $1 AND p.id <> $2 AND p.heartbeat < clock_timestamp() - interval '30 s'",
             2, values) &&
         run(job, error,
             "WITH dead AS (DELETE FROM snapshot_participant p WHERE p.job = $1 AND p.id <> $2 "
             "AND NOT " ALIVE ") UPDATE snapshot_chunk c SET state = 'pending', owner = NULL "
             "WHERE c.job = $1 AND c.state = 'claimed' AND NOT EXISTS (SELECT FROM "
             "snapshot_participant p WHERE p.id = c.owner AND " ALIVE ")",
             2, values);
}

bool snapshot_job_shared(struct snapshot_job *job, bool *shared, struct pg_error *error)
{
  const char *values[] = {job->name};
  *shared = false;
  bool exist;
  if (!tables_exist(job, &exist, error))
    return false;
  return !exist ||
         ask_bool(job, error,
                  "SELECT EXISTS (SELECT FROM snapshot_participant p JOIN snapshot_job j ON j.id = "
                  "p.job AND j.state <> 'done' WHERE j.name = $1 AND " ALIVE ")",
                  1, values, shared);
}
