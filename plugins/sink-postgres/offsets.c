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
      "WITH moved AS (UPDATE %s AS o SET next_offset = n.next, position = $7, updated_at = now() "
      "FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS n(part, expected, next) "
      "WHERE o.pipeline = $1::text AND o.part = n.part AND o.workers = $5::int "
      "AND o.worker = $6::int AND o.next_offset = n.expected RETURNING 1) "
      "SELECT 1 / (count(*) = cardinality($2::text[]))::int FROM moved",
      offsets->table);
}

static void free_older(struct sink_part *part)
{
  while (part->older) {
    struct older *older = part->older;
    part->older = older->following;
    free(older->next);
    free(older);
  }
}

void offsets_free(struct sink *sink)
{
  struct offsets *offsets = &sink->offsets;
  for (size_t i = 0; i < offsets->count; i++) {
    free_older(offsets->parts[i]);
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

/* The connection, with the table in place. */
static PGconn *connect_to_table(struct sink *sink, struct pg_error *error)
{
  static const char columns[] =
      "pipeline text, part text, workers integer, worker integer, next_offset bigint NOT NULL, "
      "position bytea, updated_at timestamptz NOT NULL DEFAULT now(), "
      "PRIMARY KEY (pipeline, part, workers, worker)) WITH (fillfactor = 50)";
  PGconn *connection = sink_control(sink, error);
  if (!connection ||
      !offsets_need_table(connection, sink->offsets.schema, sink->offsets.table, columns, error))
    return NULL;
  return connection;
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

static struct sink_part *find_or_add(struct sink *sink, const char *name)
{
  struct offsets *offsets = &sink->offsets;
  bool there;
  size_t place = place_of(offsets, name, &there);
  if (there)
    return offsets->parts[place];
  struct sink_part *part = sink_alloc(sizeof *part);
  part->name = pg_format("%s", name);
  part->next = sink_alloc(sink->workers * sizeof *part->next);
  offsets->parts =
      sink_grow(offsets->parts, offsets->count, &offsets->capacity, sizeof(struct sink_part *));
  memmove(offsets->parts + place + 1, offsets->parts + place,
          (offsets->count - place) * sizeof(struct sink_part *));
  offsets->parts[place] = part;
  offsets->count++;
  return part;
}

static int64_t lowest(const int64_t *next, unsigned count)
{
  int64_t found = next[0];
  for (unsigned i = 1; i < count; i++)
    found = next[i] < found ? next[i] : found;
  return found;
}

static int64_t highest(const int64_t *next, unsigned count)
{
  int64_t found = next[0];
  for (unsigned i = 1; i < count; i++)
    found = next[i] > found ? next[i] : found;
  return found;
}

/* The rows of other numbers of writers. */
static void read_older(struct sink *sink, struct sink_part *part, const PGresult *rows)
{
  free_older(part);
  for (int i = 0; i < PQntuples(rows); i++) {
    unsigned workers = (unsigned)strtoul(PQgetvalue(rows, i, 0), NULL, 10);
    unsigned worker = (unsigned)strtoul(PQgetvalue(rows, i, 1), NULL, 10);
    if ((workers == sink->workers && !sink->dry_run) || !workers || workers > 1024 ||
        worker >= workers)
      continue;
    if (!part->older || part->older->workers != workers) {
      struct older *older = sink_alloc(sizeof *older);
      *older = (struct older){.following = part->older, .workers = workers};
      older->next = sink_alloc(workers * sizeof *older->next);
      for (unsigned j = 0; j < workers; j++)
        older->next[j] = -1;
      part->older = older;
    }
    part->older->next[worker] = strtoll(PQgetvalue(rows, i, 2), NULL, 10);
  }
}

static int64_t start_of_older(const struct sink_part *part)
{
  int64_t start = -1;
  for (const struct older *older = part->older; older; older = older->following) {
    int64_t from = lowest(older->next, older->workers);
    start = from > start ? from : start;
  }
  return start;
}

/* Sets where the part goes on and how far some writer is ahead of that. */
static int64_t settle(struct sink *sink, struct sink_part *part)
{
  int64_t start = start_of_older(part), own = lowest(part->next, sink->workers);
  start = own > start ? own : start;
  part->ahead = highest(part->next, sink->workers);
  for (const struct older *older = part->older; older; older = older->following) {
    int64_t most = highest(older->next, older->workers);
    part->ahead = most > part->ahead ? most : part->ahead;
  }
  if (part->ahead <= start)
    part->ahead = -1;
  part->round++;
  return start;
}

static bool read_rows(struct sink *sink, PGconn *connection, struct sink_part *part,
                      struct pg_error *error)
{
  char *sql = pg_format("SELECT workers, worker, next_offset FROM %s WHERE pipeline = $1 "
                        "AND part = $2 ORDER BY workers, worker",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name};
  PGresult *rows = pg_query(connection, error, sql, 2, values);
  free(sql);
  if (!rows)
    return false;
  read_older(sink, part, rows);
  PQclear(rows);
  return true;
}

/* Makes the rows of today's writers, or lifts them to where the part goes on. */
static bool make_rows(struct sink *sink, PGconn *connection, struct sink_part *part,
                      struct pg_error *error)
{
  char workers[16], start[24];
  snprintf(workers, sizeof workers, "%u", sink->workers);
  snprintf(start, sizeof start, "%" PRId64, start_of_older(part));
  char *sql =
      pg_format("INSERT INTO %s AS o (pipeline, part, workers, worker, next_offset) "
                "SELECT $1, $2, $3::int, w, $4::bigint FROM generate_series(0, $3::int - 1) AS w "
                "ON CONFLICT (pipeline, part, workers, worker) DO UPDATE "
                "SET next_offset = greatest(o.next_offset, EXCLUDED.next_offset) "
                "RETURNING worker, next_offset",
                sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers, start};
  PGresult *rows = pg_query(connection, error, sql, 4, values);
  free(sql);
  for (int i = 0; rows && i < PQntuples(rows); i++)
    part->next[strtoul(PQgetvalue(rows, i, 0), NULL, 10)] =
        strtoll(PQgetvalue(rows, i, 1), NULL, 10);
  PQclear(rows);
  return rows != NULL;
}

/* Rows of other numbers of writers, once nothing more can be learnt from them. */
static bool drop_older(struct sink *sink, PGconn *connection, struct sink_part *part,
                       struct pg_error *error)
{
  char workers[16];
  snprintf(workers, sizeof workers, "%u", sink->workers);
  if (!part->older || part->ahead > lowest(part->next, sink->workers))
    return true;
  char *sql = pg_format("DELETE FROM %s WHERE pipeline = $1 AND part = $2 AND workers <> $3::int",
                        sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers};
  PGresult *result = pg_query(connection, error, sql, 3, values);
  free(sql);
  PQclear(result);
  free_older(part);
  return result != NULL;
}

/* A dry run reads what is there, and makes nothing. */
static enum headrace_result only_look(struct sink *sink, struct sink_part *part, int64_t *next,
                                      struct pg_error *error)
{
  bool there = false;
  PGconn *connection = sink_control(sink, error);
  if (!connection || !exists(connection, "to_regclass", sink->offsets.table, &there, error) ||
      (there && !read_rows(sink, connection, part, error)))
    return error->result;
  for (unsigned i = 0; i < sink->workers; i++)
    part->next[i] = -1;
  *next = settle(sink, part);
  return HEADRACE_OK;
}

static enum headrace_result look_up(struct sink *sink, const char *name, int64_t *next,
                                    struct pg_error *error)
{
  struct sink_part *part = find_or_add(sink, name);
  if (sink->dry_run)
    return only_look(sink, part, next, error);
  PGconn *connection = connect_to_table(sink, error);
  if (!connection || !read_rows(sink, connection, part, error) ||
      !make_rows(sink, connection, part, error))
    return error->result;
  *next = settle(sink, part);
  return drop_older(sink, connection, part, error) ? HEADRACE_OK : error->result;
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

static void add_range(struct flush *flush, struct sink_part *part, int64_t to)
{
  for (size_t i = 0; i < flush->part_count; i++)
    if (flush->parts[i].part == part) {
      flush->parts[i].to = to;
      return;
    }
  flush->parts =
      sink_grow(flush->parts, flush->part_count, &flush->part_capacity, sizeof *flush->parts);
  flush->parts[flush->part_count++] =
      (struct part_range){.part = part, .round = part->round, .to = to};
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
  add_range(flush, part, 0);
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
      "WITH back AS (UPDATE %s AS o SET next_offset = $4::bigint, updated_at = now() "
      "FROM unnest($5::bigint[]) WITH ORDINALITY AS n(expected, place) "
      "WHERE o.pipeline = $1 AND o.part = $2 AND o.workers = $3::int "
      "AND o.worker = n.place - 1 AND o.next_offset = n.expected RETURNING 1), "
      "older AS (DELETE FROM %s WHERE pipeline = $1 AND part = $2 AND workers <> $3::int) "
      "SELECT 1 / (count(*) = $3::int)::int FROM back",
      sink->offsets.table, sink->offsets.table);
  const char *values[] = {sink->host->pipeline, part->name, workers, next, expected};
  PGresult *result = pg_query(connection, error, sql, 5, values);
  free(sql);
  free(expected);
  if (!result)
    return strcmp(error->sqlstate, "22012") ? error->result : HEADRACE_OK;
  PQclear(result);
  free_older(part);
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
    add_range(flush, part, parts[i].to);
  }
  return HEADRACE_OK;
}

static const struct sink_part *part_of(const struct offsets *offsets,
                                       const struct headrace_record *record)
{
  char name[HEADRACE_PART_NAME_MAX + 1];
  int length = snprintf(name, sizeof name, "%.*s/%" PRId32, (int)record->topic.size,
                        record->topic.data, record->partition);
  return length > 0 && (size_t)length < sizeof name ? find(offsets, name) : NULL;
}

bool offsets_has(const struct sink *sink, const struct item *item)
{
  const struct headrace_record *record = item->event->record;
  if (!sink->offsets.on || !record || record->offset < 0)
    return false;
  const struct sink_part *part = part_of(&sink->offsets, record);
  if (!part || record->offset >= part->ahead)
    return false;
  bool has = record->offset < part->next[item->hash % sink->workers];
  for (const struct older *older = part->older; older && !has; older = older->following)
    has = record->offset < older->next[item->hash % older->workers];
  return has;
}

/* Where the writer's row has to be. The position of a source without parts is no number: there
 * the transactions are counted. */
static int64_t goal(const struct part_range *range, unsigned writer)
{
  int64_t next = range->part->next[writer];
  if (!*range->part->name)
    return next + 1;
  return next > range->to ? next : range->to;
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
  enum { COUNT = 7 };
  const char **values = plan_alloc(plan, COUNT * sizeof *values);
  int *lengths = plan_alloc(plan, COUNT * sizeof *lengths);
  int *formats = plan_alloc(plan, COUNT * sizeof *formats);
  static const uint32_t types[COUNT] = {TEXT_OID, 0, 0, 0, 0, 0, BYTEA_OID};
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

void offsets_committed(struct sink *sink, const struct flush *flush, unsigned writer)
{
  (void)sink;
  for (size_t i = 0; i < flush->part_count; i++) {
    const struct part_range *range = &flush->parts[i];
    if (range->round == range->part->round)
      range->part->next[writer] = goal(range, writer);
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
