/* SPDX-License-Identifier: Apache-2.0
 *
 * `headrace dlq PIPELINE list | export | delete | retry`: the table of dead letters for an
 * operator. It runs in a process of its own; the pipeline may run meanwhile. */
#include "dead_letter.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* $1: the pipeline, $2: the ids, or NULL for all. */
static const char list_sql[] =
    "SELECT format('%%s  %%s  %%s  %%s  %%s%%s  %%s', id, to_char(at, 'YYYY-MM-DD HH24:MI:SS'), "
    "coalesce(topic || '/' || partition || '@' || \"offset\", '-'), coalesce(relation, '-'), "
    "error_class, coalesce(' ' || sqlstate, ''), translate(reason, E'\\n\\r\\t', '   ')) "
    "FROM %s WHERE pipeline = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[])) ORDER BY id";

static const char export_sql[] =
    "SELECT json_build_object('id', id, 'at', at, 'pipeline', pipeline, 'topic', topic, "
    "'partition', partition, 'offset', \"offset\", 'record_time', record_time, "
    "'key', translate(encode(key, 'base64'), E'\\n', ''), "
    "'value', translate(encode(value, 'base64'), E'\\n', ''), 'headers', headers, "
    "'relation', relation, 'operation', operation, 'stage', stage, 'error_class', error_class, "
    "'sqlstate', sqlstate, 'reason', reason) "
    "FROM %s WHERE pipeline = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[])) ORDER BY id";

static const char delete_sql[] =
    "DELETE FROM %s WHERE pipeline = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[]))";

/* $3: the last of them. */
static const char count_sql[] =
    "SELECT count(topic), count(*) - count(topic), coalesce(max(id), 0) FROM %s WHERE pipeline = "
    "$1 "
    "AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[])) AND id <= $3::bigint";

static enum headrace_result usage(const struct headrace_host *host)
{
  host->log(host, HEADRACE_ERROR,
            "say what to do: list [ID ...], export [ID ...], retry [ID ...], delete ID ... or "
            "delete all");
  return HEADRACE_FATAL;
}

static enum headrace_result cannot_read(const struct sink *sink, const struct pg_error *error)
{
  sink->host->log(sink->host, HEADRACE_ERROR, "cannot read the dead letters: %s", error->message);
  return HEADRACE_FATAL;
}

/* '{1,2}'; NULL: all. False: one of them is no id. */
static bool ids_of(const char *const *arguments, size_t count, char **ids)
{
  *ids = NULL;
  if (!count || (count == 1 && !strcmp(arguments[0], "all")))
    return true;
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(arguments[i]);
    if (!length || length > 18 || strspn(arguments[i], "0123456789") != length)
      return false;
    pg_append(ids, "%c%s", i ? ',' : '{', arguments[i]);
  }
  pg_append(ids, "}");
  return true;
}

/* Row by row: there may be more than fit into memory. */
static bool print_rows(struct sink *sink, PGconn *connection, struct pg_error *error)
{
  bool good = true;
  PGresult *result;
  PQsetSingleRowMode(connection);
  while ((result = PQgetResult(connection))) {
    ExecStatusType status = PQresultStatus(result);
    for (int i = 0; i < PQntuples(result); i++) {
      sink->host->print(sink->host, PQgetvalue(result, i, 0), (size_t)PQgetlength(result, i, 0));
      sink->host->print(sink->host, "\n", 1);
    }
    if (status == PGRES_COMMAND_OK) {
      char *answer = pg_format("%s letters deleted\n", PQcmdTuples(result));
      sink->host->print(sink->host, answer, strlen(answer));
      free(answer);
    } else if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
      good = false;
      failure_read(connection, result, error);
    }
    PQclear(result);
  }
  return good;
}

static enum headrace_result run_sql(struct sink *sink, const char *text, const char *ids)
{
  struct pg_error error;
  PGconn *connection = sink_control(sink, &error);
  if (!connection || !dead_letter_prepare(sink, &error))
    return cannot_read(sink, &error);
  char *table = dead_letter_table(sink);
  char *sql = pg_format(text, table);
  const char *values[] = {sink->host->pipeline, ids};
  bool good = PQsendQueryParams(connection, sql, 2, NULL, values, NULL, NULL, 0) &&
              print_rows(sink, connection, &error);
  free(sql);
  free(table);
  return good ? HEADRACE_OK : cannot_read(sink, &error);
}

static enum headrace_result list(struct sink *sink, const char *ids)
{
  return run_sql(sink, list_sql, ids);
}

static enum headrace_result export(struct sink *sink, const char *ids) {
  return run_sql(sink, export_sql, ids);
}

static enum headrace_result delete (struct sink *sink, const char *ids) {
  return run_sql(sink, delete_sql, ids);
}

/* ---- retry ------------------------------------------------------------------------ */

struct letters {
  int64_t records; /* that can be read again */
  int64_t without; /* their events had none */
  int64_t last;    /* id */
};

static bool count(struct sink *sink, const char *ids, int64_t up_to, struct letters *letters,
                  struct pg_error *error)
{
  char last[24];
  PGconn *connection = sink_control(sink, error);
  if (!connection || !dead_letter_prepare(sink, error))
    return false;
  snprintf(last, sizeof last, "%" PRId64, up_to);
  char *table = dead_letter_table(sink);
  char *sql = pg_format(count_sql, table);
  const char *values[] = {sink->host->pipeline, ids, last};
  PGresult *result = pg_query(connection, error, sql, 3, values);
  if (result)
    *letters = (struct letters){.records = strtoll(PQgetvalue(result, 0, 0), NULL, 10),
                                .without = strtoll(PQgetvalue(result, 0, 1), NULL, 10),
                                .last = strtoll(PQgetvalue(result, 0, 2), NULL, 10)};
  PQclear(result);
  free(sql);
  free(table);
  return result != NULL;
}

#define SOURCE_KEYS 10

/* The pipeline, behind the source of its letters; what is written is taken off by the same
 * transaction. `ids`: "{1,2}", or NULL. */
static enum headrace_result run_again(const struct headrace_host *host, const char *ids)
{
  static const char *const of_sink[] = {"conninfo", "host",     "port",        "database",
                                        "user",     "password", "schema_name", "dead_letter"};
  struct headrace_pair keys[SOURCE_KEYS];
  size_t used = 0;
  char *list_of_ids = NULL;
  for (size_t i = 0; i < sizeof of_sink / sizeof *of_sink; i++)
    if (host->string(host, of_sink[i]))
      keys[used++] = (struct headrace_pair){of_sink[i], host->string(host, of_sink[i])};
  keys[used++] = (struct headrace_pair){"pipeline", host->pipeline};
  if (ids) {
    pg_append(&list_of_ids, "%.*s", (int)strlen(ids) - 2, ids + 1);
    keys[used++] = (struct headrace_pair){"ids", list_of_ids};
  }
  enum headrace_result result = host->run_once(host, "dead-letters", keys, used);
  free(list_of_ids);
  return result;
}

static const char *why_left(const struct sink *sink, bool whole)
{
  if (sink->dry_run)
    return "left: it was a dry run";
  return whole ? "rejected again" : "left: the run was broken off";
}

static void say(struct sink *sink, const struct letters *before, const struct letters *after,
                bool whole)
{
  const struct headrace_host *host = sink->host;
  char *text = pg_format("%" PRId64 " stored, %" PRId64 " %s\n", before->records - after->records,
                         after->records, why_left(sink, whole));
  if (after->without)
    pg_append(&text, "%" PRId64 " left alone: their events had no record to read again\n",
              after->without);
  host->print(host, text, strlen(text));
  free(text);
}

static enum headrace_result retry(struct sink *sink, const char *ids)
{
  struct letters before, after = {0};
  struct pg_error error;
  if (!count(sink, ids, INT64_MAX, &before, &error))
    return cannot_read(sink, &error);
  sink_control_close(sink);
  bool whole = run_again(sink->host, ids) == HEADRACE_OK;
  if (!count(sink, ids, before.last, &after, &error))
    return cannot_read(sink, &error);
  say(sink, &before, &after, whole);
  return whole && !after.records ? HEADRACE_OK : HEADRACE_FATAL;
}

/* ---- the words ----------------------------------------------------------------------- */

static const struct word {
  const char *name;
  enum headrace_result (*run)(struct sink *sink, const char *ids);
  bool needs_ids; /* or "all" */
} words[] = {{"list", list, false},
             {"export", export, false},
             {"delete", delete, true},
             {"retry", retry, false}};

enum headrace_result dead_letter_command(struct sink *sink, const char *const *arguments,
                                         size_t argument_count)
{
  const struct word *word = NULL;
  char *ids = NULL;
  for (size_t i = 0; argument_count && i < sizeof words / sizeof *words; i++)
    if (!strcmp(arguments[0], words[i].name))
      word = &words[i];
  bool known = word && (!word->needs_ids || argument_count > 1) &&
               ids_of(arguments + 1, argument_count - 1, &ids);
  enum headrace_result result = known ? word->run(sink, ids) : usage(sink->host);
  free(ids);
  return result;
}
