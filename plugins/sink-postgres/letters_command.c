/* SPDX-License-Identifier: Apache-2.0
 *
 * `headrace dlq PIPELINE list | export | delete`: the table of dead letters for an operator. It
 * runs in a process of its own; the pipeline may run meanwhile. */
#include "dead_letter.h"

#include "pg_quote.h"

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

static const struct word {
  const char *name, *sql;
  bool needs_ids; /* or "all" */
} words[] = {
    {"list", list_sql, false}, {"export", export_sql, false}, {"delete", delete_sql, true}};

static enum headrace_result usage(const struct headrace_host *host)
{
  host->log(host, HEADRACE_ERROR,
            "say what to do: list [ID ...], export [ID ...], delete ID ... or delete all");
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

static bool carry_out(struct sink *sink, const struct word *word, const char *ids,
                      struct pg_error *error)
{
  PGconn *connection = sink_control(sink, error);
  if (!connection || !dead_letter_prepare(sink, error))
    return false;
  char *table = dead_letter_table(sink);
  char *sql = pg_format(word->sql, table);
  const char *values[] = {sink->host->pipeline, ids};
  bool good = PQsendQueryParams(connection, sql, 2, NULL, values, NULL, NULL, 0) &&
              print_rows(sink, connection, error);
  free(sql);
  free(table);
  return good;
}

enum headrace_result dead_letter_command(struct sink *sink, const char *const *arguments,
                                         size_t count)
{
  const struct word *word = NULL;
  char *ids = NULL;
  struct pg_error error = {.result = HEADRACE_OK};
  for (size_t i = 0; count && i < sizeof words / sizeof *words; i++)
    if (!strcmp(arguments[0], words[i].name))
      word = &words[i];
  if (!word || (word->needs_ids && count < 2) || !ids_of(arguments + 1, count - 1, &ids)) {
    free(ids);
    return usage(sink->host);
  }
  bool good = carry_out(sink, word, ids, &error);
  free(ids);
  if (good)
    return HEADRACE_OK;
  sink->host->log(sink->host, HEADRACE_ERROR, "cannot read the dead letters: %s", error.message);
  return HEADRACE_FATAL;
}
