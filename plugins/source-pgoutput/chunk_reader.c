/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk_reader.h"

#include "copy_row.h"
#include "money.h"
#include "pg_quote.h"
#include "position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Row security would leave rows out in silence: with off, the server refuses instead. */
#define SETTINGS                                                                                   \
  PG_TEXT_SETTINGS " -c row_security=off -c statement_timeout=0 "                                  \
                   "-c lock_timeout=0 -c idle_in_transaction_session_timeout=0 "                   \
                   "-c idle_session_timeout=0 -c standard_conforming_strings=on -c jit=off "       \
                   "-c max_parallel_workers_per_gather=0 -c synchronous_commit=local"

/* A name in a filter means the same here as where the catalog printed it, and nobody's operator
 * comes before a built-in one. Values, of regclass for one, have the session's own search_path
 * as they have in the stream: that is set when the statement's names have been looked up. */
#define OWN_NAMES "SET search_path = pg_catalog"
#define VALUE_NAMES                                                                                \
  "(SELECT set_config('search_path', reset_val, true) FROM pg_settings WHERE "                     \
  "name = 'search_path') IS NOT NULL"

enum { FACT_COUNT = 6 }; /* seen, LSN, time, pages, file, shape */

enum stage {
  STAGE_IDLE,    /* no chunk */
  STAGE_RESULTS, /* results of the statements around COPY come */
  STAGE_COPYING  /* rows come */
};

struct chunk_reader {
  const struct headrace_host *host;
  PGconn *connection;
  char *snapshot; /* NULL: each chunk its own */
  const struct snapshot_table *table;
  enum stage stage;
  bool rewritten; /* the table is not what `table` says */
  bool failed;    /* *error is already known: the rest of the results is thrown away */
  struct pg_error error;
  char *visible;
  uint64_t lsn, rows;
  uint64_t sequence;
  uint32_t pages;
  int64_t time_us;
};

struct chunk_reader *chunk_reader_open(const struct headrace_host *host, const char *snapshot,
                                       struct pg_error *error)
{
  struct pg_target target = {
      .host = host, .application_name = "headrace snapshot", .settings = SETTINGS};
  PGconn *connection = pg_connect(&target, error);
  PGresult *result = connection ? pg_query(connection, error, OWN_NAMES, 0, NULL) : NULL;
  if (!result) {
    PQfinish(connection);
    return NULL;
  }
  PQclear(result);
  struct chunk_reader *reader = calloc(1, sizeof *reader);
  if (!reader)
    abort();
  reader->host = host;
  reader->connection = connection;
  reader->snapshot = snapshot ? pg_format("%s", snapshot) : NULL;
  PQsetnonblocking(connection, 1);
  return reader;
}

void chunk_reader_close(struct chunk_reader *reader)
{
  if (!reader)
    return;
  PQfinish(reader->connection);
  free(reader->snapshot);
  free(reader->visible);
  free(reader);
}

/* ---- the statements of a chunk ----------------------------------------- */

static void append_filter(char **sql, const char *filter)
{
  if (filter) /* the line end ends a comment that the filter may end with */
    pg_append(sql, " AND (%s\n)", filter);
}

static char *rows_sql(const struct snapshot_table *table, const struct chunk_range *range)
{
  bool more = range->with_tids && *table->row->columns;
  char *sql = pg_format("SELECT %s%s%s FROM %s WHERE " VALUE_NAMES, range->with_tids ? "ctid" : "",
                        more ? ", " : "", table->row->columns, table->from);
  if (!range->whole && (range->first || range->first_row))
    pg_append(&sql, " AND ctid >= '(%" PRIu32 ",%" PRIu32 ")'", range->first, range->first_row);
  if (!range->whole && range->end != UINT32_MAX)
    pg_append(&sql, " AND ctid < '(%" PRIu32 ",0)'", range->end);
  if (table->file) /* asked once: no row of a file that is not the one that was planned */
    pg_append(&sql, " AND pg_relation_filenode(%" PRIu32 ") = %" PRIu32, table->id, table->file);
  append_filter(&sql, table->filter);
  append_filter(&sql, range->filter);
  return sql;
}

static char *check_sql(const struct snapshot_table *table)
{
  return pg_format("coalesce(pg_relation_filenode(%" PRIu32
                   "), 0), " SNAPSHOT_TABLE_SHAPE("%" PRIu32 "::oid"),
                   table->id, table->id);
}

/* A message outside of transactions is in the stream where it is in the WAL, but it waits to be
 * flushed until somebody commits: with a transaction ID that is us, at once. */
static void append_watermark(char **sql, const char *which, const char *watermark)
{
  char *content = pg_format("%s %s", which, watermark);
  char *literal = pg_quote_literal(content);
  pg_append(sql,
            "BEGIN READ WRITE;SELECT pg_logical_emit_message(false, 'headrace.watermark', %s) "
            "FROM pg_current_xact_id();COMMIT;",
            literal);
  free(literal);
  free(content);
}

/* All in one message: a chunk costs one round trip. The lock comes before the snapshot, because
 * a TRUNCATE or a rewrite between the two would show an empty table (PostgreSQL documentation,
 * "Caveats" of MVCC); a file that changes under an older, imported snapshot is noticed. */
static char *chunk_sql(const struct chunk_reader *reader, const struct chunk_range *range)
{
  const struct snapshot_table *table = reader->table;
  bool failed = PQtransactionStatus(reader->connection) == PQTRANS_INERROR;
  char *sql = pg_format("%s", failed ? "ROLLBACK;" : "");
  if (range->watermark)
    append_watermark(&sql, "low", range->watermark);
  pg_append(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;");
  if (reader->snapshot) {
    char *literal = pg_quote_literal(reader->snapshot);
    pg_append(&sql, "SET TRANSACTION SNAPSHOT %s;", literal);
    free(literal);
  }
  if (table->has_tids)
    pg_append(&sql, "LOCK TABLE %s IN ACCESS SHARE MODE;", table->from);
  char *pages = table->has_tids ? pg_format("pg_relation_size(%" PRIu32
                                            ") / current_setting('block_size')::int8",
                                            table->id)
                                : pg_format("0");
  char *rows = rows_sql(table, range), *check = check_sql(table);
  pg_append(&sql,
            "SELECT pg_current_snapshot(), CASE WHEN pg_is_in_recovery() THEN "
            "pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END, "
            "(extract(epoch FROM clock_timestamp()) * 1000000)::int8, %s, %s;"
            "COPY (%s) TO STDOUT;COMMIT;",
            pages, check, rows);
  if (range->watermark) {
    append_watermark(&sql, "high", range->watermark);
    pg_append(&sql, "SELECT %s", check);
  }
  free(check);
  free(rows);
  free(pages);
  return sql;
}

bool chunk_reader_begin(struct chunk_reader *reader, const struct snapshot_table *table,
                        const struct chunk_range *range, struct pg_error *error)
{
  if (!snapshot_table_describe(table, error))
    return false;
  reader->table = table;
  reader->sequence = range->sequence;
  reader->rewritten = reader->failed = false;
  reader->rows = reader->lsn = reader->pages = 0;
  free(reader->visible);
  reader->visible = NULL;
  char *sql = chunk_sql(reader, range);
  bool sent = PQsendQuery(reader->connection, sql) == 1;
  free(sql);
  if (!sent || PQflush(reader->connection) < 0) {
    pg_result_error(reader->connection, NULL, error);
    return false;
  }
  reader->stage = STAGE_RESULTS;
  return true;
}

/* ---- results ----------------------------------------------------------- */

/* Said by the server before anything was read: there is no such table any more. */
static bool is_gone(const struct pg_error *error)
{
  return !strcmp(error->sqlstate, "42P01") || !strcmp(error->sqlstate, "3F000");
}

static bool is_same(const struct snapshot_table *table, PGresult *result, int field)
{
  uint32_t file = (uint32_t)strtoul(PQgetvalue(result, 0, field), NULL, 10);
  return (!table->has_tids || file == table->file) &&
         strtoll(PQgetvalue(result, 0, field + 1), NULL, 10) == table->shape;
}

static void check_table(struct chunk_reader *reader, PGresult *result, int field)
{
  if (!is_same(reader->table, result, field))
    reader->rewritten = true;
}

bool chunk_table_is(struct catalog *catalog, const struct snapshot_table *table,
                    struct pg_error *error)
{
  char *check = check_sql(table), *sql = pg_format("SELECT %s", check);
  PGresult *result = catalog_query(catalog, error, sql, 0, NULL);
  free(sql);
  free(check);
  bool same = result && is_same(table, result, 0);
  if (result)
    *error = (struct pg_error){.result = HEADRACE_OK};
  PQclear(result);
  return same;
}

/* The facts come before the rows; behind a high watermark, once more, only what may have changed
 * between the chunk's snapshot and it. A watermark's own result says nothing. */
static void take_facts(struct chunk_reader *reader, PGresult *facts)
{
  if (PQnfields(facts) == 2)
    check_table(reader, facts, 0);
  if (PQnfields(facts) != FACT_COUNT)
    return;
  reader->visible = pg_format("%s", PQgetvalue(facts, 0, 0));
  lsn_parse(PQgetvalue(facts, 0, 1), &reader->lsn);
  reader->time_us = strtoll(PQgetvalue(facts, 0, 2), NULL, 10);
  reader->pages = (uint32_t)strtoul(PQgetvalue(facts, 0, 3), NULL, 10);
  check_table(reader, facts, 4);
}

static void take_error(struct chunk_reader *reader, const PGresult *result)
{
  if (reader->failed)
    return;
  reader->failed = true;
  pg_result_error(reader->connection, result, &reader->error);
  if (!reader->visible && is_gone(&reader->error))
    reader->rewritten = true;
}

static enum chunk_status end_chunk(struct chunk_reader *reader, struct pg_error *error)
{
  reader->stage = STAGE_IDLE;
  if (reader->rewritten)
    return CHUNK_REWRITTEN;
  if (!reader->failed)
    return CHUNK_DONE;
  *error = reader->error;
  return CHUNK_FAILED;
}

static void take_result(struct chunk_reader *reader, PGresult *result)
{
  switch (PQresultStatus(result)) {
  case PGRES_TUPLES_OK:
    take_facts(reader, result);
    break;
  case PGRES_COPY_OUT:
    reader->stage = STAGE_COPYING;
    break;
  case PGRES_COMMAND_OK:
    break;
  default:
    take_error(reader, result);
  }
  PQclear(result);
}

/* Reads once if what has come is not enough. False: nothing to go on with. */
static bool has_result(struct chunk_reader *reader)
{
  if (!PQisBusy(reader->connection))
    return true;
  return !PQconsumeInput(reader->connection) || !PQisBusy(reader->connection);
}

static enum chunk_status next_result(struct chunk_reader *reader, struct pg_error *error)
{
  if (!has_result(reader))
    return CHUNK_NOTHING;
  PGresult *result = PQgetResult(reader->connection);
  if (!result)
    return end_chunk(reader, error);
  take_result(reader, result);
  return CHUNK_ROWS;
}

/* ---- rows -------------------------------------------------------------- */

/* With TLS libpq may have taken only a part of what was read from the socket. */
static int copy_data(struct chunk_reader *reader, char **line)
{
  int size = PQgetCopyData(reader->connection, line, 1);
  for (int i = PQsslInUse(reader->connection) ? 3 : 1; size == 0 && i > 0; i--) {
    if (!PQconsumeInput(reader->connection))
      return -2;
    size = PQgetCopyData(reader->connection, line, 1);
  }
  return size;
}

enum chunk_status chunk_reader_line(struct chunk_reader *reader, char **line, size_t *size,
                                    struct pg_error *error)
{
  while (reader->stage != STAGE_IDLE) {
    if (reader->stage == STAGE_RESULTS) {
      enum chunk_status status = next_result(reader, error);
      if (status != CHUNK_ROWS)
        return status;
      continue;
    }
    int got = copy_data(reader, line);
    if (got == 0)
      return CHUNK_NOTHING;
    if (got > 0 && !reader->rewritten) {
      *size = (size_t)got;
      reader->rows++;
      return CHUNK_ROWS;
    }
    if (got > 0)
      PQfreemem(*line);
    else
      reader->stage = STAGE_RESULTS; /* an error, too, comes as a result */
  }
  return end_chunk(reader, error);
}

struct headrace_transaction chunk_reader_transaction(const struct chunk_reader *reader)
{
  return (struct headrace_transaction){.commit_sequence =
                                           reader->sequence ? reader->sequence : reader->lsn,
                                       .commit_time_us = reader->time_us};
}

bool chunk_row_parse(const struct snapshot_table *table, char *line, size_t size,
                     struct headrace_value *values)
{
  if (!copy_row_parse(line, size, values, table->row->relation->column_count))
    return false;
  if (table->row->has_money)
    money_strip(table->row->relation, values);
  return true;
}

bool chunk_row_add(const struct headrace_host *host, struct headrace_batch *batch,
                   const struct snapshot_table *table,
                   const struct headrace_transaction *transaction, const char *line, size_t size,
                   uint32_t flags)
{
  uint32_t columns = table->row->relation->column_count;
  size_t values_size = columns * sizeof(struct headrace_value);
  char *memory = host->alloc(host, batch, values_size + size);
  struct headrace_value *values = (struct headrace_value *)(void *)memory;
  memcpy(memory + values_size, line, size);
  if (!chunk_row_parse(table, memory + values_size, size, values))
    return false;
  struct headrace_change *change = host->add_change(host, batch, table->row->relation);
  change->operation = HEADRACE_READ;
  change->flags = flags;
  change->transaction = transaction;
  change->sequence = transaction->commit_sequence;
  change->new_values = values;
  return true;
}

static enum chunk_status broken_row(const struct chunk_reader *reader, struct pg_error *error)
{
  *error = (struct pg_error){.result = HEADRACE_FATAL};
  snprintf(error->message, sizeof error->message,
           "row %" PRIu64 " is no line of COPY's text format", reader->rows);
  return CHUNK_FAILED;
}

enum chunk_status chunk_reader_read(struct chunk_reader *reader, struct headrace_batch *batch,
                                    uint32_t flags, struct pg_error *error)
{
  const struct headrace_host *host = reader->host;
  struct headrace_transaction *transaction = NULL;
  while (!host->full(host, batch)) {
    char *line;
    size_t size;
    enum chunk_status status = chunk_reader_line(reader, &line, &size, error);
    if (status == CHUNK_NOTHING)
      return transaction ? CHUNK_ROWS : CHUNK_NOTHING;
    if (status != CHUNK_ROWS)
      return status;
    if (!transaction) {
      transaction = host->alloc(host, batch, sizeof *transaction);
      *transaction = chunk_reader_transaction(reader);
    }
    bool good = chunk_row_add(host, batch, reader->table, transaction, line, size, flags);
    PQfreemem(line);
    if (!good)
      return broken_row(reader, error);
  }
  return CHUNK_ROWS;
}

/* ---- what is known of it ----------------------------------------------- */

const char *chunk_reader_visible(const struct chunk_reader *reader)
{
  return reader->visible;
}

uint64_t chunk_reader_lsn(const struct chunk_reader *reader)
{
  return reader->lsn;
}

uint64_t chunk_reader_rows(const struct chunk_reader *reader)
{
  return reader->rows;
}

uint32_t chunk_reader_pages(const struct chunk_reader *reader)
{
  return reader->pages;
}

int chunk_reader_socket(const struct chunk_reader *reader)
{
  return PQsocket(reader->connection);
}

bool chunk_reader_wants_write(const struct chunk_reader *reader)
{
  return PQflush(reader->connection) == 1;
}
