/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS  "500"     /* of one reading */
#define BYTES "4194304" /* likewise, of keys and values, but for one letter that is larger */

#define NO_SUCH_TABLE "42P01" /* the sink makes it for its first letter */

/* $1 pipeline, $2 ids, $3 after, $4 up to, $5 those that are on their way. */
static const char which[] = "pipeline = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[])) "
                            "AND id > $3::bigint AND id <= $4::bigint AND topic IS NOT NULL";

static const char read_format[] =
    "SELECT " LETTER_COLUMNS " FROM (SELECT *, row_number() OVER (ORDER BY id) AS row, "
    "sum(coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0)) OVER (ORDER BY id) AS "
    "bytes FROM (SELECT * FROM %s WHERE %s AND id <> ALL ($5::bigint[])%s ORDER BY id LIMIT " ROWS
    ") AS first_rows) AS few WHERE row = 1 OR bytes <= " BYTES " ORDER BY id";

/* $1 pipeline, $2 ids, $3 their times. */
#define DONE                                                                                       \
  " unnest($2::bigint[], $3::bigint[]) AS done(id, at_us) WHERE letter.pipeline = $1 AND "         \
  "letter.id = done.id AND (extract(epoch FROM letter.at) * 1000000)::bigint = done.at_us"

static const char delete_format[] = "DELETE FROM %s AS letter USING" DONE;
static const char mark_format[] = "UPDATE %s AS letter SET forwarded_at = now() FROM" DONE;

bool table_take_ids(const struct headrace_host *host, char **ids)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "ids", &items);
  for (size_t i = 0; i < count; i++) {
    const char *id = items[i].name;
    size_t length = strlen(id);
    if (!length || length > 18 || strspn(id, "0123456789") != length) {
      host->log(host, HEADRACE_ERROR, "ids: \"%s\" is no id of a dead letter", id);
      free(*ids);
      *ids = NULL;
      return false;
    }
    pg_append(ids, "%c%s", i ? ',' : '{', id);
  }
  if (count)
    pg_append(ids, "}");
  return true;
}

void table_init(struct table *table, const struct headrace_host *host, char *ids)
{
  const char *schema = host->string(host, "schema_name"), *name = host->string(host, "dead_letter");
  *table = (struct table){.host = host, .ids = ids, .pipeline = host->string(host, "pipeline")};
  table->marking = host->integer(host, "done") == 1;
  table->name = pg_quote_qualified(schema, name);
  table->read_sql =
      pg_format(read_format, table->name, which, table->marking ? " AND forwarded_at IS NULL" : "");
  table->done_sql = pg_format(table->marking ? mark_format : delete_format, table->name);
  table->last_sql = pg_format("SELECT coalesce(max(id), 0) FROM %s WHERE %s", table->name, which);
  char *index = pg_format("%s_to_forward", name);
  table->index_name = pg_quote_identifier(index);
  free(index);
}

void table_free(struct table *table)
{
  free(table->ids);
  free(table->name);
  free(table->read_sql);
  free(table->done_sql);
  free(table->last_sql);
  free(table->index_name);
}

/* An empty result, if the table is not there yet. NULL: said why. */
static PGresult *query(struct table *table, const char *sql, int count, const char *const *values)
{
  struct pg_error error = {.result = HEADRACE_OK};
  PGresult *result = pg_query(table->connection, &error, sql, count, values);
  if (!result && !strcmp(error.sqlstate, NO_SUCH_TABLE))
    return PQmakeEmptyPGresult(table->connection, PGRES_TUPLES_OK);
  if (!result)
    table->host->log(table->host, HEADRACE_ERROR, "cannot read the dead letters in %s: %s",
                     table->name, error.message);
  table->failure = error.result;
  return result;
}

/* ---- the mark ------------------------------------------------------------------ */

/* Only whoever owns the table may add to it. */
static bool add_mark(struct table *table)
{
  struct pg_error error;
  char *sql = pg_format("ALTER TABLE %s ADD COLUMN IF NOT EXISTS forwarded_at timestamptz; CREATE "
                        "INDEX IF NOT EXISTS %s ON %s (pipeline, id) WHERE forwarded_at IS NULL",
                        table->name, table->index_name, table->name);
  PGresult *result = PQexec(table->connection, sql); /* one transaction */
  table->ready = PQresultStatus(result) == PGRES_COMMAND_OK;
  pg_result_error(table->connection, result, &error);
  table->failure = error.result;
  if (!table->ready)
    table->host->log(table->host, HEADRACE_ERROR,
                     "cannot prepare %s for the marks of what was forwarded: %s; its owner may run "
                     "this: %s",
                     table->name, error.message, sql);
  PQclear(result);
  free(sql);
  return table->ready;
}

/* 1: it can be read, 0: it is not there, -1: said why. */
static int prepare(struct table *table)
{
  if (!table->marking || table->ready)
    return 1;
  const char *values[] = {table->name};
  PGresult *result = query(table,
                           "SELECT to_regclass($1) IS NOT NULL, EXISTS (SELECT FROM pg_attribute "
                           "WHERE attrelid = to_regclass($1) AND attname = 'forwarded_at' AND NOT "
                           "attisdropped)",
                           1, values);
  if (!result)
    return -1;
  bool there = *PQgetvalue(result, 0, 0) == 't';
  table->ready = *PQgetvalue(result, 0, 1) == 't';
  PQclear(result);
  if (!there || table->ready)
    return there;
  return add_mark(table) ? 1 : -1;
}

/* ---- reading and being done --------------------------------------------------------- */

bool table_last(struct table *table, int64_t *last)
{
  char most[24];
  const char *values[] = {table->pipeline, table->ids, "0", most};
  snprintf(most, sizeof most, "%" PRId64, INT64_MAX);
  PGresult *result = query(table, table->last_sql, 4, values);
  if (result)
    *last = PQntuples(result) ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
  PQclear(result);
  return result != NULL;
}

static char *ids_of(const struct read_letter *letters, size_t count)
{
  char *text = NULL;
  pg_append(&text, "{");
  for (size_t i = 0; i < count; i++)
    pg_append(&text, "%s%" PRId64, i ? "," : "", letters[i].id);
  pg_append(&text, "}");
  return text;
}

static char *times_of(const struct read_letter *letters, size_t count)
{
  char *text = NULL;
  pg_append(&text, "{");
  for (size_t i = 0; i < count; i++)
    pg_append(&text, "%s%" PRId64, i ? "," : "", letters[i].at_us);
  pg_append(&text, "}");
  return text;
}

PGresult *table_read(struct table *table, int64_t after, int64_t up_to,
                     const struct read_letter *out, size_t out_count)
{
  char from[24], to[24];
  int prepared = prepare(table);
  if (prepared < 1)
    return prepared < 0 ? NULL : PQmakeEmptyPGresult(table->connection, PGRES_TUPLES_OK);
  char *on_their_way = ids_of(out, out_count);
  const char *values[] = {table->pipeline, table->ids, from, to, on_their_way};
  snprintf(from, sizeof from, "%" PRId64, after);
  snprintf(to, sizeof to, "%" PRId64, up_to);
  PGresult *result = query(table, table->read_sql, 5, values);
  free(on_their_way);
  return result;
}

bool table_done(struct table *table, const struct read_letter *letters, size_t count)
{
  char *ids = ids_of(letters, count), *times = times_of(letters, count);
  const char *values[] = {table->pipeline, ids, times};
  PGresult *result = count ? query(table, table->done_sql, 3, values) : NULL;
  if (result)
    table->host->counter(table->host, table->marking ? "forwarded" : "deleted",
                         strtoull(PQcmdTuples(result), NULL, 10));
  PQclear(result);
  free(ids);
  free(times);
  return !count || result;
}
