/* SPDX-License-Identifier: Apache-2.0 */
#include "offsets.h"

#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADVANCE_ID UINT64_MAX /* planners count from below */
#define TEXT_OID   25
#define BYTEA_OID  17
#define LOCK_KEY   "5004372861034519" /* of whoever makes the tables */

/* ---- the table ----------------------------------------------------------------- */

void offsets_init(struct sink *sink)
{
  struct offsets *offsets = &sink->offsets;
  const char *schema = sink->host->string(sink->host, "schema_name");
  offsets->on = sink->host->keeps_checkpoint;
  offsets->schema = pg_quote_identifier(schema);
  offsets->table = pg_quote_qualified(schema, "sink_offset");
  /* A division by zero, so that one round trip is enough: what comes behind is not done. */
  offsets->advance_sql = pg_format(
      "WITH moved AS (UPDATE %s AS o SET next_offset = n.next, position = $7, "
      "written = n.written, updated_at = now() FROM unnest($2::text[], $3::bigint[], "
      "$4::bigint[], $8::bigint[], $9::bytea[]) AS n(part, expected, next, owner, written) "
      "WHERE o.pipeline = $1::text AND o.part = n.part AND o.workers = $5::int "
      "AND o.worker = $6::int AND o.next_offset = n.expected "
      "AND o.owner IS NOT DISTINCT FROM n.owner RETURNING 1) "
      "SELECT 1 / (count(*) = cardinality($2::text[]))::int FROM moved",
      offsets->table);
}

void offsets_free(struct sink *sink)
{
  struct offsets *offsets = &sink->offsets;
  for (size_t i = 0; i < offsets->count; i++) {
    written_free(&offsets->parts[i]->written);
    free(offsets->parts[i]->name);
    free(offsets->parts[i]->next);
    free(offsets->parts[i]);
  }
  free(offsets->parts);
  free(offsets->table);
  free(offsets->schema);
  free(offsets->advance_sql);
}

static bool command(PGconn *connection, const char *sql, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error, sql, 0, NULL);
  PQclear(result);
  return result != NULL;
}

static bool exists(PGconn *connection, const char *function, const char *name, bool *there,
                   struct pg_error *error)
{
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_catalog.%s($1) IS NOT NULL", function);
  PGresult *result = pg_query(connection, error, sql, 1, &name);
  *there = result && *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  return result != NULL;
}

/* Only one at a time: CREATE … IF NOT EXISTS fails when two do it at once. */
static bool make_table(PGconn *connection, const char *schema, const char *table,
                       const char *columns, struct pg_error *error)
{
  bool schema_there = false, table_there = false;
  char *create_schema = pg_format("CREATE SCHEMA %s", schema);
  char *create_table = pg_format("CREATE TABLE %s (%s", table, columns);
  bool good = command(connection, "BEGIN", error) &&
              command(connection, "SELECT pg_advisory_xact_lock(" LOCK_KEY ")", error) &&
              exists(connection, "to_regnamespace", schema, &schema_there, error) &&
              (schema_there || command(connection, create_schema, error)) &&
              exists(connection, "to_regclass", table, &table_there, error) &&
              (table_there || command(connection, create_table, error));
  struct pg_error ignored;
  good = good ? command(connection, "COMMIT", error)
              : (command(connection, "ROLLBACK", &ignored), false);
  free(create_schema);
  free(create_table);
  return good;
}

bool offsets_need_table(PGconn *connection, const char *schema, const char *table,
                        const char *columns, struct pg_error *error)
{
  bool there;
  return exists(connection, "to_regclass", table, &there, error) &&
         (there || make_table(connection, schema, table, columns, error));
}

/* Tables of before these columns were there. */
static bool add_columns(struct sink *sink, PGconn *connection, struct pg_error *error)
{
  const char *table = sink->offsets.table;
  PGresult *row = pg_query(connection, error,
                           "SELECT FROM pg_catalog.pg_attribute WHERE attrelid = "
                           "$1::pg_catalog.regclass AND attname IN ('owner', 'written') "
                           "AND NOT attisdropped",
                           1, &table);
  bool good = row != NULL;
  if (good && PQntuples(row) < 2) {
    char *sql = pg_format("ALTER TABLE %s ADD COLUMN IF NOT EXISTS owner bigint, "
                          "ADD COLUMN IF NOT EXISTS written bytea",
                          table);
    good = command(connection, sql, error);
    free(sql);
  }
  PQclear(row);
  return good;
}

/* The connection, with the table in place. */
static PGconn *connect_to_table(struct sink *sink, struct pg_error *error)
{
  static const char columns[] =
      "pipeline text, part text, workers integer, worker integer, next_offset bigint NOT NULL, "
      "position bytea, updated_at timestamptz NOT NULL DEFAULT now(), owner bigint, written bytea, "
      "PRIMARY KEY (pipeline, part, workers, worker)) WITH (fillfactor = 50)";
  struct offsets *offsets = &sink->offsets;
  PGconn *connection = sink_control(sink, error);
  if (!connection || offsets->ready)
    return connection;
  offsets->ready =
      offsets_need_table(connection, offsets->schema, offsets->table, columns, error) &&
      add_columns(sink, connection, error);
  return offsets->ready ? connection : NULL;
}

/* ---- parts ------------------------------------------------------------------------ */

static size_t place_of(const struct offsets *offsets, const char *name, bool *there)
{
  size_t low = 0, high = offsets->count;
  *there = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(offsets->parts[middle]->name, name);
    if (order == 0) {
      *there = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct sink_part *find(const struct offsets *offsets, const char *name)
{
  bool there;
  size_t place = place_of(offsets, name, &there);
  return there ? offsets->parts[place] : NULL;
}

static struct sink_part *part_new(const struct sink *sink, const char *name)
{
  struct sink_part *part = sink_alloc(sizeof *part);
  const char *slash = strrchr(name, '/');
  part->name = pg_format("%s", name);
  part->topic_size = slash ? (size_t)(slash - name) : 0;
  part->partition = slash ? (int32_t)strtol(slash + 1, NULL, 10) : -1;
  part->next = sink_alloc(sink->workers * sizeof *part->next);
  part->ahead = -1;
  return part;
}

static struct sink_part *find_or_add(struct sink *sink, const char *name)
{
  struct offsets *offsets = &sink->offsets;
  bool there;
  size_t place = place_of(offsets, name, &there);
  if (there)
    return offsets->parts[place];
  offsets->parts =
      sink_grow(offsets->parts, offsets->count, &offsets->capacity, sizeof(struct sink_part *));
  memmove(offsets->parts + place + 1, offsets->parts + place,
          (offsets->count - place) * sizeof(struct sink_part *));
  offsets->count++;
  return offsets->parts[place] = part_new(sink, name);
}

/* ---- taking a part over -------------------------------------------------------------- */

enum row_field { ROW_WORKERS, ROW_WORKER, ROW_NEXT, ROW_WRITTEN };

static int64_t number(const PGresult *rows, int row, int field)
{
  return strtoll(PQgetvalue(rows, row, field), NULL, 10);
}

/* The lowest row of those writers, which begin at `row`; *end is the first of others. -1: some have
 * none. */
static int64_t lowest(const PGresult *rows, int row, int *end)
{
  int64_t workers = number(rows, row, ROW_WORKERS), low = INT64_MAX, found = 0;
  for (*end = row; *end < PQntuples(rows) && number(rows, *end, ROW_WORKERS) == workers; ++*end) {
    if (number(rows, *end, ROW_WORKER) < 0)
      continue;
    found++;
    low = number(rows, *end, ROW_NEXT) < low ? number(rows, *end, ROW_NEXT) : low;
  }
  return found == workers ? low : -1;
}

/* All below is written: the highest `lowest` of a number of writers. -1: nothing is known. */
static int64_t start_of(const PGresult *rows)
{
  int64_t start = -1;
  for (int row = 0, end; row < PQntuples(rows); row = end) {
    int64_t low = lowest(rows, row, &end);
    start = low > start ? low : start;
  }
  return start;
}

/* Sets where the part goes on and what is written beyond that. False: a row is damaged. */
static bool settle(struct sink *sink, struct sink_part *part, const PGresult *rows, int64_t *start)
{
  struct written of_row = {0};
  bool good = true;
  *start = start_of(rows);
  written_clear(&part->written);
  for (int i = 0; i < PQntuples(rows) && good; i++) {
    good = written_from_hex(&of_row, PQgetvalue(rows, i, ROW_WRITTEN),
                            (size_t)PQgetlength(rows, i, ROW_WRITTEN));
    written_take(&part->written, &of_row, *start, number(rows, i, ROW_NEXT));
  }
  written_free(&of_row);
  part->ahead = part->written.count ? written_end(&part->written) : -1;
  for (unsigned i = 0; i < sink->workers; i++)
    part->next[i] = *start;
  part->round++;
  return good;
}

/* Whether all rows are those of as many writers, equally far. None: likewise. */
static bool is_level(const struct sink *sink, const PGresult *rows)
{
  int count = PQntuples(rows);
  for (int i = 0; i < count; i++)
    if (number(rows, i, ROW_WORKERS) != sink->workers || number(rows, i, ROW_WORKER) < 0 ||
        number(rows, i, ROW_NEXT) != number(rows, 0, ROW_NEXT))
      return false;
  return !count || count == (int)sink->workers;
}

static PGresult *read_rows(const struct sink *sink, PGconn *connection,
                           const struct sink_part *part, bool lock, struct pg_error *error)
{
  char *sql = pg_format("SELECT workers, worker, next_offset, encode(written, 'hex') FROM %s "
                        "WHERE pipeline = $1 AND part = $2 ORDER BY workers, worker%s",
                        sink->offsets.table, lock ? " FOR UPDATE" : "");
  const char *values[] = {sink->host->pipeline, part->name};
  PGresult *rows = pg_query(connection, error, sql, 2, values);
  free(sql);
  return rows;
}

/* Makes the writers' rows, or takes those over that are at `start`. False if that are not all. */
static bool take_rows(const struct sink *sink, PGconn *connection, struct sink_part *part,
                      int64_t start, bool *all, struct pg_error *error)
{
  char workers[16], next[24];
  snprintf(workers, sizeof workers, "%u", sink->workers);
  snprintf(next, sizeof next, "%" PRId64, start);
  char *sql = pg_format("WITH new AS (SELECT hashtextextended(gen_random_uuid()::text, 0) AS owner)"
                        "INSERT INTO %s AS o (pipeline, part, workers, worker, next_offset, owner) "
                        "SELECT $1, $2, $3::int, w, $4::bigint, new.owner "
                        "FROM new, generate_series(0, $3::int - 1) AS w "
                        "ON CONFLICT (pipeline, part, workers, worker) DO UPDATE "
                        "SET owner = EXCLUDED.owner, written = NULL "
                        "WHERE o.next_offset = EXCLUDED.next_offset RETURNING owner",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers, next};
  PGresult *rows = pg_query(connection, error, sql, 4, values);
  free(sql);
  *all = rows && PQntuples(rows) == (int)sink->workers;
  if (*all)
    snprintf(part->owner, sizeof part->owner, "%s", PQgetvalue(rows, 0, 0));
  PQclear(rows);
  return rows != NULL;
}

static bool drop_rows(const struct sink *sink, PGconn *connection, const struct sink_part *part,
                      struct pg_error *error)
{
  char *sql = pg_format("DELETE FROM %s WHERE pipeline = $1 AND part = $2", sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name};
  PGresult *result = pg_query(connection, error, sql, 2, values);
  free(sql);
  PQclear(result);
  return result != NULL;
}

/* The row of worker -1. */
static bool keep_written(const struct sink *sink, PGconn *connection, const struct sink_part *part,
                         struct pg_error *error)
{
  if (part->ahead < 0)
    return true;
  char workers[16], next[24], *hex = sink_alloc(written_hex_size(&part->written));
  snprintf(workers, sizeof workers, "%u", sink->workers);
  snprintf(next, sizeof next, "%" PRId64, part->ahead);
  written_to_hex(&part->written, hex);
  char *sql = pg_format("INSERT INTO %s (pipeline, part, workers, worker, next_offset, owner, "
                        "written) VALUES ($1, $2, $3::int, -1, $4::bigint, $5::bigint, "
                        "decode($6, 'hex'))",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers, next, part->owner, hex};
  PGresult *result = pg_query(connection, error, sql, 6, values);
  free(sql);
  free(hex);
  PQclear(result);
  return result != NULL;
}

/* All writers are beyond what that row says. If it cannot be dropped now, whoever takes the part
 * over will. */
static void drop_written(struct sink *sink, struct sink_part *part)
{
  struct pg_error error;
  written_clear(&part->written);
  part->ahead = -1;
  PGconn *connection = sink_control(sink, &error);
  char *sql = pg_format("DELETE FROM %s WHERE pipeline = $1 AND part = $2 AND worker = -1 "
                        "AND owner = $3::bigint",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, part->owner};
  PGresult *result = connection ? pg_query(connection, &error, sql, 3, values) : NULL;
  if (!result)
    sink_control_close(sink);
  free(sql);
  PQclear(result);
}

static enum headrace_result damaged(const struct sink *sink, const struct sink_part *part,
                                    struct pg_error *error)
{
  *error = (struct pg_error){.result = HEADRACE_FATAL, .sqlstate = "3F000"};
  snprintf(error->message, sizeof error->message,
           "`written` of pipeline %s, part %s is damaged: set it to NULL, and events of that part "
           "behind the lowest next_offset come again",
           sink->host->pipeline, part->name);
  return HEADRACE_FATAL;
}

/* All rows anew, whoever writes or wrote with them. */
static enum headrace_result level(struct sink *sink, PGconn *connection, struct sink_part *part,
                                  int64_t *start, struct pg_error *error)
{
  bool all = false;
  struct pg_error ignored;
  bool good = command(connection, "BEGIN", error);
  PGresult *rows = good ? read_rows(sink, connection, part, true, error) : NULL;
  bool sound = rows && settle(sink, part, rows, start);
  good = sound && drop_rows(sink, connection, part, error) &&
         take_rows(sink, connection, part, *start, &all, error) &&
         keep_written(sink, connection, part, error) && command(connection, "COMMIT", error);
  if (!good)
    command(connection, "ROLLBACK", &ignored);
  PQclear(rows);
  if (good)
    return HEADRACE_OK;
  return rows && !sound ? damaged(sink, part, error) : error->result;
}

static enum headrace_result take_part(struct sink *sink, PGconn *connection, struct sink_part *part,
                                      int64_t *start, struct pg_error *error)
{
  PGresult *rows = read_rows(sink, connection, part, false, error);
  bool good = rows != NULL, all = false;
  if (good && is_level(sink, rows)) {
    settle(sink, part, rows, start);
    written_clear(&part->written);
    part->ahead = -1;
    good = take_rows(sink, connection, part, *start, &all, error);
  }
  PQclear(rows);
  if (!good || all)
    return good ? HEADRACE_OK : error->result;
  return level(sink, connection, part, start, error);
}

/* A dry run reads what is there, and makes nothing. */
static enum headrace_result only_look(struct sink *sink, struct sink_part *part, int64_t *next,
                                      struct pg_error *error)
{
  bool there = false;
  PGconn *connection = sink_control(sink, error);
  if (!connection || !exists(connection, "to_regclass", sink->offsets.table, &there, error))
    return error->result;
  *next = -1;
  if (!there)
    return HEADRACE_OK;
  PGresult *rows = read_rows(sink, connection, part, false, error);
  bool good = rows && settle(sink, part, rows, next);
  PQclear(rows);
  return good ? HEADRACE_OK : rows ? damaged(sink, part, error) : error->result;
}

static enum headrace_result look_up(struct sink *sink, const char *name, int64_t *next,
                                    struct pg_error *error)
{
  struct sink_part *part = find_or_add(sink, name);
  if (sink->dry_run)
    return only_look(sink, part, next, error);
  PGconn *connection = connect_to_table(sink, error);
  return connection ? take_part(sink, connection, part, next, error) : error->result;
}

/* An error of the control connection. AGAIN: it may pass. */
static enum headrace_result control_error(struct sink *sink, const struct pg_error *error)
{
  if (failure_reaction(error->sqlstate) == REACTION_STOP) {
    sink->host->log(sink->host, HEADRACE_ERROR,
                    "cannot use the table %s: %s (SQLSTATE %s); see schema_name in "
                    "headrace-sink-postgres(7)",
                    sink->offsets.table, error->message, error->sqlstate);
    return HEADRACE_FATAL;
  }
  sink_control_close(sink);
  sink_trouble(sink, error, "cannot read where to go on");
  return HEADRACE_AGAIN;
}

enum headrace_result offsets_stored_part(struct sink *sink, const char *name, int64_t *next)
{
  struct pg_error error = {.result = HEADRACE_OK};
  if (sink_now(sink) < sink->offsets.again_at_us)
    return HEADRACE_AGAIN;
  if (look_up(sink, name, next, &error) == HEADRACE_OK) {
    sink->offsets.has_parts = true;
    return HEADRACE_OK;
  }
  sink->offsets.again_at_us = sink_now(sink) + 500000;
  return control_error(sink, &error);
}

/* ---- a source without parts ---------------------------------------------------------- */

/* Counts one up, so that whoever wrote before finds that it is another's. */
static PGresult *take_over(struct sink *sink, PGconn *connection, struct pg_error *error)
{
  char *sql = pg_format("INSERT INTO %s AS o (pipeline, part, workers, worker, next_offset) "
                        "VALUES ($1, '', 1, 0, 0) ON CONFLICT (pipeline, part, workers, worker) "
                        "DO UPDATE SET next_offset = o.next_offset + 1 "
                        "RETURNING next_offset, encode(position, 'hex')",
                        sink->offsets.table);
  PGresult *row = pg_query(connection, error, sql, 1, &sink->host->pipeline);
  free(sql);
  return row;
}

static bool take_position(const PGresult *row, bool there, char *out, size_t *size)
{
  size_t length = there ? (size_t)PQgetlength(row, 0, 1) : 0;
  const char *hex = there ? PQgetvalue(row, 0, 1) : "";
  if (length / 2 > *size)
    return false;
  *size = length / 2;
  for (size_t i = 0; i < *size; i++) {
    char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
    out[i] = (char)strtoul(digits, NULL, 16);
  }
  return true;
}

static PGresult *only_read(struct sink *sink, PGconn *connection, struct pg_error *error)
{
  bool there;
  if (!exists(connection, "to_regclass", sink->offsets.table, &there, error))
    return NULL;
  char *sql = there ? pg_format("SELECT next_offset, encode(position, 'hex') FROM %s "
                                "WHERE pipeline = $1 AND part = ''",
                                sink->offsets.table)
                    : pg_format("SELECT WHERE $1::text IS NULL");
  PGresult *row = pg_query(connection, error, sql, 1, &sink->host->pipeline);
  free(sql);
  return row;
}

/* The row of the position; none if there is nothing yet. */
static PGresult *position_row(struct sink *sink, struct pg_error *error)
{
  PGconn *connection = sink->dry_run ? sink_control(sink, error) : connect_to_table(sink, error);
  if (!connection)
    return NULL;
  return sink->dry_run ? only_read(sink, connection, error) : take_over(sink, connection, error);
}

enum headrace_result offsets_stored_position(struct sink *sink, void *out, size_t *size)
{
  struct pg_error error = {.result = HEADRACE_OK};
  PGresult *row = position_row(sink, &error);
  if (!row)
    return control_error(sink, &error) == HEADRACE_FATAL ? HEADRACE_FATAL : HEADRACE_RETRY;
  struct sink_part *part = find_or_add(sink, "");
  part->round++;
  part->ahead = -1;
  bool there = PQntuples(row) > 0;
  part->next[0] = there ? strtoll(PQgetvalue(row, 0, 0), NULL, 10) : -1;
  bool good = take_position(row, there, out, size);
  PQclear(row);
  if (good)
    return HEADRACE_OK;
  sink->host->log(sink->host, HEADRACE_ERROR, "the position in %s is too long",
                  sink->offsets.table);
  return HEADRACE_FATAL;
}

/* ---- of a flush ----------------------------------------------------------------------- */

static struct part_range *range_of(struct sink *sink, struct flush *flush, struct sink_part *part)
{
  if (flush->part_count && flush->parts[flush->last_part].part == part)
    return &flush->parts[flush->last_part];
  for (size_t i = 0; i < flush->part_count; i++)
    if (flush->parts[i].part == part) {
      flush->last_part = i;
      return &flush->parts[i];
    }
  flush->parts =
      sink_grow(flush->parts, flush->part_count, &flush->part_capacity, sizeof *flush->parts);
  flush->last_part = flush->part_count++;
  struct part_range *range = &flush->parts[flush->last_part];
  *range = (struct part_range){
      .part = part, .round = part->round, .to = INT64_MIN, .first_to = INT64_MIN};
  if (sink->workers > 1)
    range->written = sink_alloc(sink->workers * sizeof *range->written);
  return range;
}

static void add_range(struct sink *sink, struct flush *flush, struct sink_part *part, int64_t to)
{
  range_of(sink, flush, part)->to = to;
}

void offsets_join(struct sink *sink, struct flush *into, const struct flush *from)
{
  for (size_t i = 0; i < from->part_count; i++) {
    struct part_range *range = range_of(sink, into, from->parts[i].part);
    range->first_to = from->parts[i].to;
    if (sink->workers > 1)
      written_take(&range->written[0], &from->parts[i].written[0], 0, INT64_MAX);
  }
}

void offsets_forget(struct flush *flush, unsigned workers)
{
  for (size_t i = 0; i < flush->part_count; i++) {
    for (unsigned w = 0; flush->parts[i].written && w < workers; w++)
      written_free(&flush->parts[i].written[w]);
    free(flush->parts[i].written);
  }
  flush->part_count = flush->last_part = 0;
}

static enum headrace_result add_position(struct sink *sink, struct flush *flush)
{
  struct sink_part *part = find(&sink->offsets, "");
  if (sink->workers > 1 || !part) {
    sink->host->log(sink->host, HEADRACE_ERROR,
                    "this source has one position, which only one writer can store with its data: "
                    "set workers = 1");
    return HEADRACE_FATAL;
  }
  add_range(sink, flush, part, 0);
  return HEADRACE_OK;
}

/* A source goes back: its part was made anew. Nothing of it is on its way then, so this is a
 * transaction of its own. If another process has moved a row, none is set back, and the flush will
 * find that out. */
static enum headrace_result set_back(struct sink *sink, struct sink_part *part, int64_t to,
                                     struct pg_error *error)
{
  PGconn *connection = sink->dry_run ? NULL : sink_control(sink, error);
  if (!connection)
    return sink->dry_run ? HEADRACE_OK : error->result;
  char *expected = NULL, workers[16], next[24];
  snprintf(workers, sizeof workers, "%u", sink->workers);
  snprintf(next, sizeof next, "%" PRId64, to);
  for (unsigned i = 0; i < sink->workers; i++)
    pg_append(&expected, "%s%" PRId64, i ? "," : "{", part->next[i]);
  pg_append(&expected, "}");
  char *sql = pg_format(
      "WITH back AS (UPDATE %s AS o SET next_offset = $4::bigint, written = NULL, "
      "updated_at = now() "
      "FROM unnest($5::bigint[]) WITH ORDINALITY AS n(expected, place) "
      "WHERE o.pipeline = $1 AND o.part = $2 AND o.workers = $3::int "
      "AND o.worker = n.place - 1 AND o.next_offset = n.expected AND o.owner = $6::bigint "
      "RETURNING 1), beyond AS (DELETE FROM %s WHERE pipeline = $1 AND part = $2 AND worker < 0) "
      "SELECT 1 / (count(*) = $3::int)::int FROM back",
      sink->offsets.table, sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers, next, expected, part->owner};
  PGresult *result = pg_query(connection, error, sql, 6, values);
  free(sql);
  free(expected);
  if (!result)
    return strcmp(error->sqlstate, "22012") ? error->result : HEADRACE_OK;
  PQclear(result);
  written_clear(&part->written);
  for (unsigned i = 0; i < sink->workers; i++)
    part->next[i] = to;
  part->ahead = -1;
  return HEADRACE_OK;
}

static bool goes_back(const struct headrace_part *range)
{
  return range->to < range->from;
}

enum headrace_result offsets_add(struct sink *sink, struct flush *flush,
                                 const struct headrace_batch *batch, struct pg_error *error)
{
  size_t count;
  if (!sink->offsets.on)
    return HEADRACE_OK;
  const struct headrace_part *parts = sink->host->parts(sink->host, batch, &count);
  if (!count && !sink->offsets.has_parts)
    return add_position(sink, flush);
  for (size_t i = 0; i < count; i++) {
    struct sink_part *part = find(&sink->offsets, parts[i].name);
    int64_t next;
    if (!part) { /* a source that did not ask */
      enum headrace_result result = look_up(sink, parts[i].name, &next, error);
      if (result != HEADRACE_OK)
        return result;
      part = find(&sink->offsets, parts[i].name);
    }
    if (goes_back(&parts[i])) {
      enum headrace_result result = set_back(sink, part, parts[i].to, error);
      if (result != HEADRACE_OK)
        return result;
    }
    add_range(sink, flush, part, parts[i].to);
  }
  return HEADRACE_OK;
}

static bool is_part_of(const struct sink_part *part, const struct headrace_record *record)
{
  return part->partition == record->partition && part->topic_size == record->topic.size &&
         !memcmp(part->name, record->topic.data, part->topic_size);
}

static struct sink_part *part_of(struct offsets *offsets, const struct headrace_record *record)
{
  char name[HEADRACE_PART_NAME_MAX + 1];
  if (offsets->last && is_part_of(offsets->last, record))
    return offsets->last;
  int length = snprintf(name, sizeof name, "%.*s/%" PRId32, (int)record->topic.size,
                        record->topic.data, record->partition);
  struct sink_part *part = length > 0 && (size_t)length < sizeof name ? find(offsets, name) : NULL;
  return offsets->last = part;
}

static bool has_offset(const struct sink *sink, const struct headrace_event *event)
{
  return sink->offsets.on && event->record && event->record->offset >= 0;
}

bool offsets_has(struct sink *sink, const struct headrace_event *event)
{
  if (!has_offset(sink, event))
    return false;
  const struct sink_part *part = part_of(&sink->offsets, event->record);
  return part && event->record->offset < part->ahead &&
         written_has(&part->written, event->record->offset);
}

void offsets_note(struct sink *sink, struct flush *flush, const struct headrace_event *event,
                  unsigned writer)
{
  if (sink->workers == 1 || !has_offset(sink, event))
    return;
  struct sink_part *part = part_of(&sink->offsets, event->record);
  if (part)
    written_add(&range_of(sink, flush, part)->written[writer], event->record->offset);
}

/* Where the writer's row has to be. The position of a source without parts is no number: there
 * the transactions are counted. */
static int64_t goal(const struct part_range *range, unsigned writer)
{
  int64_t next = range->part->next[writer];
  if (!*range->part->name)
    return next + 1;
  int64_t to = writer == 0 && range->first_to > range->to ? range->first_to : range->to;
  return next > to ? next : to;
}

/* '{"a","b"}', '{1,2}' */
static char *array_of_names(struct plan *plan, const struct flush *flush)
{
  size_t size = 3;
  for (size_t i = 0; i < flush->part_count; i++)
    size += 2 * strlen(flush->parts[i].part->name) + 3;
  char *text = plan_alloc(plan, size), *at = text;
  *at++ = '{';
  for (size_t i = 0; i < flush->part_count; i++) {
    *at++ = '"';
    for (const char *name = flush->parts[i].part->name; *name; name++) {
      if (*name == '"' || *name == '\\')
        *at++ = '\\';
      *at++ = *name;
    }
    *at++ = '"';
    *at++ = i + 1 < flush->part_count ? ',' : '}';
  }
  *at = 0;
  return text;
}

static char *array_of_offsets(struct plan *plan, const struct flush *flush, unsigned writer,
                              bool goals)
{
  char *text = plan_alloc(plan, flush->part_count * 22 + 3), *at = text;
  *at++ = '{';
  for (size_t i = 0; i < flush->part_count; i++) {
    const struct part_range *range = &flush->parts[i];
    at += sprintf(at, "%s%" PRId64, i ? "," : "",
                  goals ? goal(range, writer) : range->part->next[writer]);
  }
  strcpy(at, "}");
  return text;
}

static char *array_of_owners(struct plan *plan, const struct flush *flush)
{
  char *text = plan_alloc(plan, flush->part_count * 25 + 3), *at = text;
  for (size_t i = 0; i < flush->part_count; i++) {
    const char *owner = flush->parts[i].part->owner;
    at += sprintf(at, "%c%s", i ? ',' : '{', *owner ? owner : "NULL");
  }
  strcpy(at, "}");
  return text;
}

/* '{"\\x00ff",NULL}' */
static char *array_of_written(struct plan *plan, const struct flush *flush, unsigned writer)
{
  size_t size = 3;
  for (size_t i = 0; i < flush->part_count; i++)
    size += 8 + (flush->parts[i].written ? written_hex_size(&flush->parts[i].written[writer]) : 0);
  char *text = plan_alloc(plan, size), *at = text;
  for (size_t i = 0; i < flush->part_count; i++) {
    const struct written *written = flush->parts[i].written;
    *at++ = i ? ',' : '{';
    if (!written || !written[writer].count) {
      at = stpcpy(at, "NULL");
      continue;
    }
    at = stpcpy(at, "\"\\\\x");
    written_to_hex(&written[writer], at);
    at = stpcpy(at + strlen(at), "\"");
  }
  strcpy(at, "}");
  return text;
}

static int compare_ranges(const void *a, const void *b)
{
  const struct part_range *left = a, *right = b;
  return strcmp(left->part->name, right->part->name);
}

bool offsets_advance(struct sink *sink, const struct flush *flush, unsigned writer,
                     struct plan *plan)
{
  for (size_t i = 0; i < flush->part_count; i++)
    if (flush->parts[i].round != flush->parts[i].part->round)
      return false;
  /* One order for everybody who locks these rows. */
  qsort(flush->parts, flush->part_count, sizeof *flush->parts, compare_ranges);
  enum { COUNT = 9 };
  const char **values = plan_alloc(plan, COUNT * sizeof *values);
  int *lengths = plan_alloc(plan, COUNT * sizeof *lengths);
  int *formats = plan_alloc(plan, COUNT * sizeof *formats);
  static const uint32_t types[COUNT] = {TEXT_OID, 0, 0, 0, 0, 0, BYTEA_OID, 0, 0};
  char *numbers = plan_alloc(plan, 32);
  snprintf(numbers, 16, "%u", sink->workers);
  snprintf(numbers + 16, 16, "%u", writer);
  memset(lengths, 0, COUNT * sizeof *lengths);
  memset(formats, 0, COUNT * sizeof *formats);
  values[0] = sink->host->pipeline;
  values[1] = array_of_names(plan, flush);
  values[2] = array_of_offsets(plan, flush, writer, false);
  values[3] = array_of_offsets(plan, flush, writer, true);
  values[4] = numbers;
  values[5] = numbers + 16;
  values[6] = NULL;
  values[7] = array_of_owners(plan, flush);
  values[8] = array_of_written(plan, flush, writer);
  if (!*flush->parts[0].part->name) {
    size_t size;
    values[6] = sink->host->position(sink->host, flush->batches[flush->count - 1], &size);
    lengths[6] = (int)size;
    formats[6] = 1;
  }
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_PREPARED,
                                  .sql = sink->offsets.advance_sql,
                                  .id = ADVANCE_ID,
                                  .count = COUNT,
                                  .types = types,
                                  .values = values,
                                  .lengths = lengths,
                                  .formats = formats,
                                  .table = sink->offsets.table,
                                  .operation = "advance",
                                  .rows = -1};
  return true;
}

static bool all_beyond(const struct sink *sink, const struct sink_part *part)
{
  for (unsigned i = 0; i < sink->workers; i++)
    if (part->next[i] < part->ahead)
      return false;
  return true;
}

void offsets_committed(struct sink *sink, const struct flush *flush, unsigned writer)
{
  for (size_t i = 0; i < flush->part_count; i++) {
    const struct part_range *range = &flush->parts[i];
    if (range->round != range->part->round)
      continue;
    range->part->next[writer] = goal(range, writer);
    if (range->part->ahead >= 0 && all_beyond(sink, range->part))
      drop_written(sink, range->part);
  }
}

static int64_t stored(PGconn *connection, const struct sink *sink, const char *part,
                      unsigned writer, struct pg_error *error)
{
  char workers[16], worker[16];
  snprintf(workers, sizeof workers, "%u", sink->workers);
  snprintf(worker, sizeof worker, "%u", writer);
  char *sql = pg_format("SELECT next_offset FROM %s WHERE pipeline = $1 AND part = $2 "
                        "AND workers = $3::int AND worker = $4::int",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part, workers, worker};
  PGresult *row = pg_query(connection, error, sql, 4, values);
  free(sql);
  int64_t next = row && PQntuples(row) ? strtoll(PQgetvalue(row, 0, 0), NULL, 10) : -2;
  PQclear(row);
  return next;
}

enum headrace_result offsets_arrived(struct sink *sink, const struct flush *flush, unsigned writer,
                                     bool *arrived, struct pg_error *error)
{
  *error = (struct pg_error){.result = HEADRACE_OK};
  PGconn *connection = sink_control(sink, error);
  *arrived = connection != NULL;
  for (size_t i = 0; i < flush->part_count && *arrived; i++)
    *arrived = stored(connection, sink, flush->parts[i].part->name, writer, error) ==
               goal(&flush->parts[i], writer);
  return error->result;
}
