/* SPDX-License-Identifier: Apache-2.0
 *
 * How much there is, and what is taken away at the beginning of partitions. */
#include "log_interface.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>

struct space_question {
  struct log_question question;
  struct headrace_topic_id id;
  int32_t partition;
  int64_t before, start;
  PGresult *rows;
  headrace_log_number_done number_done;
  headrace_log_sizes_done sizes_done;
};

static void space_free(struct log_question *question)
{
  PQclear(((struct space_question *)question)->rows);
}

/* ---- records taken away ------------------------------------------------------------- */

/* Moved in the database first, then in memory. What is before it is dropped by retention. */
bool log_move_start(struct log_asker *asker, struct log_partition *partition, int64_t start,
                    struct pg_error *error)
{
  struct log_state *state = &asker->sink->state;
  char *sql =
      pg_format("UPDATE partitions SET start_offset = %" PRId64
                " WHERE topic_id = %d AND partition_id = %d AND start_offset < %" PRId64 ";",
                start, partition->topic->number, partition->number, start);
  bool good = log_change(asker, error, sql);
  free(sql);
  if (!good)
    return false;
  log_lock(state);
  if (partition->start < start)
    partition->start = start;
  log_unlock(state);
  return true;
}

static bool delete_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  struct space_question *space = (struct space_question *)question;
  struct log_state *state = &asker->sink->state;
  struct headrace_log_marks marks;
  struct log_partition *partition = log_partition_by_id(state, &space->id, space->partition);
  if (!partition || log_state_marks(state, &space->id, space->partition, &marks) != HEADRACE_LOG_OK)
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  int64_t before = space->before == -1 ? marks.end : space->before;
  if (before < 0 || before > marks.end)
    return log_question_refuse(question, HEADRACE_LOG_OUT_OF_RANGE, NULL);
  space->start = before > marks.start ? before : marks.start;
  return before <= marks.start || log_move_start(asker, partition, before, error);
}

static void delete_answer(struct log_question *question)
{
  const struct space_question *space = (struct space_question *)question;
  space->number_done(question->context, question->error, space->start);
}

static const struct log_question_type delete_type = {.lane = LANE_CONTROL,
                                                     .run = delete_run,
                                                     .answer = delete_answer,
                                                     .free = space_free,
                                                     .again = true};

void log_delete_records(void *self, const struct headrace_topic_id *id, int32_t partition,
                        int64_t before, headrace_log_number_done done, void *context)
{
  struct space_question *space = log_question_new(self, sizeof *space, &delete_type, context);
  space->id = *id;
  space->partition = partition;
  space->before = before;
  space->number_done = done;
  log_question_ask(self, &space->question);
}

/* ---- sizes -------------------------------------------------------------------------- */

static bool sizes_run(struct log_asker *asker, struct log_question *question,
                      struct pg_error *error)
{
  struct space_question *space = (struct space_question *)question;
  space->rows = log_ask(asker, error,
                        "SELECT t.id, p.partition_id, coalesce(sum(segment_bytes("
                        "s.topic_id, s.partition_id, s.first_offset)), 0)::bigint FROM topics t"
                        " JOIN partitions p USING (topic_id)"
                        " LEFT JOIN segments s USING (topic_id, partition_id)"
                        " GROUP BY t.topic_id, t.id, p.partition_id"
                        " ORDER BY t.topic_id, p.partition_id",
                        0, NULL);
  return space->rows != NULL;
}

static void sizes_answer(struct log_question *question)
{
  const struct space_question *space = (struct space_question *)question;
  int count = space->rows ? PQntuples(space->rows) : 0;
  struct headrace_log_size *sizes = sink_alloc(((size_t)count + 1) * sizeof *sizes);
  for (int i = 0; i < count; i++) {
    log_id_read(PQgetvalue(space->rows, i, 0), &sizes[i].id);
    sizes[i].partition = atoi(PQgetvalue(space->rows, i, 1));
    sizes[i].bytes = strtoll(PQgetvalue(space->rows, i, 2), NULL, 10);
  }
  space->sizes_done(question->context, question->error, sizes, (size_t)count);
  free(sizes);
}

static const struct log_question_type sizes_type = {
    .lane = LANE_READ, .run = sizes_run, .answer = sizes_answer, .free = space_free, .again = true};

void log_sizes(void *self, headrace_log_sizes_done done, void *context)
{
  struct space_question *space = log_question_new(self, sizeof *space, &sizes_type, context);
  space->sizes_done = done;
  log_question_ask(self, &space->question);
}
