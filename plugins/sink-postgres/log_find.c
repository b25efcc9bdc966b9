/* SPDX-License-Identifier: Apache-2.0
 *
 * A record by its time. Rows of the table times say of some thousand records each which time is the
 * newest; they lie one behind the other, and what is behind the last is looked through. So it is
 * rows of that table that are counted, and then records of few of them. */
#include "log_interface.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS_OF_TIMESTAMP "floor(extract(epoch FROM \"timestamp\") * 1000)::bigint"

struct find_question {
  struct log_question question;
  struct headrace_topic_id id;
  int32_t partition;
  int64_t timestamp_ms;
  headrace_log_find_done done;
  struct headrace_log_place found;
  /* while it is run */
  int32_t topic;
  int64_t start, end;
};

struct range { /* of offsets */
  int64_t from, to;
};

static int64_t number_at(const PGresult *result, int row, int column)
{
  return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static bool look_up(struct log_sink *sink, struct find_question *find)
{
  log_lock(&sink->state);
  const struct log_partition *partition =
      log_partition_at(log_topic_by_id(&sink->state, &find->id), find->partition);
  if (partition) {
    find->topic = partition->topic->number;
    find->start = partition->start;
    find->end = partition->end;
  }
  log_unlock(&sink->state);
  return partition != NULL;
}

/* ---- records of a range --------------------------------------------------------------- */

static char *records_sql(const struct find_question *find, struct range range)
{
  char *sql =
      pg_format("SELECT partition_offset, " MS_OF_TIMESTAMP " FROM messages_%d"
                " WHERE topic_id = %d AND partition_id = %d AND partition_offset >= %" PRId64
                " AND partition_offset < %" PRId64 " AND \"timestamp\" IS NOT NULL",
                find->topic, find->topic, find->partition, range.from, range.to);
  if (find->timestamp_ms == HEADRACE_LOG_LARGEST_TIME)
    pg_append(&sql, " ORDER BY \"timestamp\" DESC, partition_offset LIMIT 1");
  else
    pg_append(&sql,
              " AND \"timestamp\" >= " LOG_TIMESTAMP_OF_MS
              " ORDER BY topic_id, partition_id, partition_offset LIMIT 1",
              find->timestamp_ms);
  return sql;
}

static void keep_best(struct find_question *find, int64_t offset, int64_t ms)
{
  struct headrace_log_place *best = &find->found;
  if (best->offset < 0 || ms > best->timestamp_ms ||
      (ms == best->timestamp_ms && offset < best->offset))
    *best = (struct headrace_log_place){.offset = offset, .timestamp_ms = ms};
}

static bool search(struct log_asker *asker, struct find_question *find, struct range range,
                   struct pg_error *error)
{
  if (range.from < find->start)
    range.from = find->start;
  if (range.to > find->end)
    range.to = find->end;
  if (range.from >= range.to)
    return true;
  char *sql = records_sql(find, range);
  PGresult *result = log_ask(asker, error, sql, 0, NULL);
  if (result && PQntuples(result))
    keep_best(find, number_at(result, 0, 0), number_at(result, 0, 1));
  PQclear(result);
  free(sql);
  return result != NULL;
}

/* ---- which ranges -------------------------------------------------------------------- */

#define OF_PARTITION "FROM times WHERE topic_id = %d AND partition_id = %d"

/* The first row behind `from` that has a record so new; or else all behind the last row. */
static bool next_range(struct log_asker *asker, const struct find_question *find, int64_t from,
                       struct range *range, struct pg_error *error)
{
  char *sql = pg_format(
      "(SELECT first_offset, end_offset " OF_PARTITION " AND end_offset > %" PRId64
      " AND newest >= " LOG_TIMESTAMP_OF_MS " ORDER BY first_offset LIMIT 1) UNION ALL"
      " (SELECT end_offset, %" PRId64 " " OF_PARTITION " ORDER BY first_offset DESC LIMIT 1)",
      find->topic, find->partition, from, find->timestamp_ms, INT64_MAX, find->topic,
      find->partition);
  PGresult *result = log_ask(asker, error, sql, 0, NULL);
  free(sql);
  if (!result)
    return false;
  *range = PQntuples(result) ? (struct range){number_at(result, 0, 0), number_at(result, 0, 1)}
                             : (struct range){from, INT64_MAX};
  if (range->from < from)
    range->from = from;
  PQclear(result);
  return true;
}

static bool find_first(struct log_asker *asker, struct find_question *find, struct pg_error *error)
{
  struct range range = {find->start, find->start};
  while (find->found.offset < 0 && range.to < find->end)
    if (!next_range(asker, find, range.to, &range, error) || !search(asker, find, range, error))
      return false;
  return true;
}

/* The row with the newest time, those of which too little is known, and what has no row. */
static bool find_largest(struct log_asker *asker, struct find_question *find,
                         struct pg_error *error)
{
  char *sql = pg_format(
      "WITH rows AS (SELECT first_offset, end_offset, newest " OF_PARTITION
      " AND end_offset > %" PRId64 "), known AS (SELECT * FROM rows WHERE newest < 'infinity'"
      " AND first_offset >= %" PRId64 " ORDER BY newest DESC, first_offset LIMIT 1)"
      " SELECT first_offset, end_offset FROM known UNION ALL SELECT first_offset, end_offset"
      " FROM rows WHERE newest = 'infinity' OR first_offset < %" PRId64
      " UNION ALL SELECT coalesce(max(end_offset), %" PRId64 "), %" PRId64 " FROM rows",
      find->topic, find->partition, find->start, find->start, find->start, find->start, INT64_MAX);
  PGresult *result = log_ask(asker, error, sql, 0, NULL);
  free(sql);
  bool good = result != NULL;
  for (int i = 0; good && i < PQntuples(result); i++)
    good = search(asker, find, (struct range){number_at(result, i, 0), number_at(result, i, 1)},
                  error);
  PQclear(result);
  return good;
}

/* ---- the question --------------------------------------------------------------------- */

static bool find_run(struct log_asker *asker, struct log_question *question, struct pg_error *error)
{
  struct find_question *find = (struct find_question *)question;
  find->found = (struct headrace_log_place){.offset = -1, .timestamp_ms = -1};
  if (!look_up(asker->sink, find))
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  bool good = find->timestamp_ms == HEADRACE_LOG_LARGEST_TIME ? find_largest(asker, find, error)
                                                              : find_first(asker, find, error);
  if (good || strcmp(error->sqlstate, LOG_TABLE_GONE) != 0)
    return good;
  return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL); /* just deleted */
}

static void find_answer(struct log_question *question)
{
  struct find_question *find = (struct find_question *)question;
  find->found.error = question->error;
  find->done(question->context, &find->found);
}

static const struct log_question_type find_type = {
    .lane = LANE_READ, .run = find_run, .answer = find_answer, .again = true};

static int64_t within(int64_t ms)
{
  return ms > LOG_TIME_MOST_MS ? LOG_TIME_MOST_MS : ms < LOG_TIME_LEAST_MS ? LOG_TIME_LEAST_MS : ms;
}

void log_find(void *self, const struct headrace_topic_id *id, int32_t partition,
              int64_t timestamp_ms, headrace_log_find_done done, void *context)
{
  struct find_question *find = log_question_new(self, sizeof *find, &find_type, context);
  find->id = *id;
  find->partition = partition;
  find->timestamp_ms =
      timestamp_ms == HEADRACE_LOG_LARGEST_TIME ? timestamp_ms : within(timestamp_ms);
  find->done = done;
  log_question_ask(self, &find->question);
}
