/* SPDX-License-Identifier: Apache-2.0
 *
 * Records read back. One question reads one segment, by its own name: the planner then has nothing
 * to choose from. What it gives is bounded by bytes while it is received. */
#include "log_interface.h"
#include "log_row.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_BYTES_GUESS 256
#define ROWS_MOST       1000000
#define TEXT_SIZE       512

/* ---- a place in a partition --------------------------------------------------------- */

struct place {
  struct headrace_topic_id id;
  int32_t partition;
  /* found by look_up() */
  int32_t topic;
  struct log_segment segment; /* that holds the offset or is the next one; first -1: none */
  int64_t start, end;
  size_t row_bytes;
};

static bool look_up(struct log_sink *sink, struct place *place, int64_t offset)
{
  log_lock(&sink->state);
  struct log_topic *topic = log_topic_by_id(&sink->state, &place->id);
  const struct log_partition *partition = log_partition_at(topic, place->partition);
  if (partition) {
    size_t low = 0, high = partition->segment_count;
    while (low < high) {
      size_t middle = low + (high - low) / 2;
      if (partition->segments[middle].end <= offset)
        low = middle + 1;
      else
        high = middle;
    }
    place->topic = topic->number;
    place->segment = low < partition->segment_count ? partition->segments[low]
                                                    : (struct log_segment){-1, -1, false};
    place->start = partition->start;
    place->end = partition->end;
    place->row_bytes = partition->row_bytes ? partition->row_bytes : ROW_BYTES_GUESS;
  }
  log_unlock(&sink->state);
  return partition != NULL;
}

/* ---- records ------------------------------------------------------------------------ */

struct read_question {
  struct log_question question;
  struct place place;
  int64_t offset;
  size_t max_bytes;
  headrace_log_read_done done;
  struct log_answer *answer;
};

/* Its records outlive the question. */
struct log_answer {
  struct headrace_log_records shown;  /* first: the reader gets its address */
  struct log_answer *previous, *next; /* all that were not released */
  struct log_sink *sink;
  struct headrace_record *records;
  char **rows; /* of libpq: what the records point into */
  size_t count, capacity, bytes;
};

static void answer_free(struct log_answer *answer)
{
  for (size_t i = 0; i < answer->count; i++) {
    free((struct headrace_header *)(uintptr_t)answer->records[i].headers);
    PQfreemem(answer->rows[i]);
  }
  free(answer->records);
  free(answer->rows);
  free(answer);
}

static void answer_release(struct headrace_log_records *records)
{
  struct log_answer *answer = records->owner;
  if (answer->next)
    answer->next->previous = answer->previous;
  if (answer->previous)
    answer->previous->next = answer->next;
  else
    answer->sink->answers = answer->next;
  answer_free(answer);
}

void log_answers_free(struct log_sink *sink)
{
  while (sink->answers)
    answer_release(&sink->answers->shown);
}

/* True: taken; the row belongs to the answer. */
static bool take_row(struct read_question *read, char *row, int size)
{
  struct log_answer *answer = read->answer;
  if (answer->count == answer->capacity) {
    answer->capacity = answer->capacity ? 2 * answer->capacity : 64;
    answer->records = sink_realloc(answer->records, answer->capacity * sizeof *answer->records);
    answer->rows = sink_realloc(answer->rows, answer->capacity * sizeof *answer->rows);
  }
  struct headrace_record *record = &answer->records[answer->count];
  if (!log_row_read(row, (size_t)size, record)) {
    free((struct headrace_header *)(uintptr_t)record->headers);
    return false;
  }
  record->partition = read->place.partition;
  answer->rows[answer->count++] = row;
  answer->bytes += (size_t)size;
  return true;
}

/* What came before the first row: "PGCOPY…", flags, length of an extension; here it is none. */
#define COPY_START_SIZE 19

/* Rows as long as there is room for them; the rest, which is little, is thrown away. */
static bool receive(struct log_asker *asker, struct read_question *read, struct pg_error *error)
{
  char *row;
  int size;
  bool first = true, good = true, wanted = true;
  while ((size = PQgetCopyData(asker->connection, &row, 0)) > 0) {
    int header = first ? COPY_START_SIZE : 0;
    first = false;
    wanted &= read->answer->count == 0 ||
              read->answer->bytes + (size_t)(size - header) <= read->max_bytes;
    bool is_row = good && size > header + 2;
    if (is_row && header)
      memmove(row, row + header, (size_t)(size - header));
    if (!is_row || !wanted)
      PQfreemem(row);
    else if (!take_row(read, row, size - header)) {
      PQfreemem(row);
      good = false;
    }
  }
  PGresult *result = PQgetResult(asker->connection);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    failure_read(asker->connection, result, error);
    good = false;
  } else if (!good) {
    *error = (struct pg_error){.result = HEADRACE_FATAL, .sqlstate = "XX000"};
    snprintf(error->message, sizeof error->message, "a row of messages has another form");
  }
  while (result) {
    PQclear(result);
    result = PQgetResult(asker->connection);
  }
  return good;
}

static bool copy_out(struct log_asker *asker, struct read_question *read, int64_t from, int64_t to,
                     struct pg_error *error)
{
  const struct place *place = &read->place;
  size_t rows = read->max_bytes / place->row_bytes + 1;
  char sql[TEXT_SIZE];
  snprintf(sql, sizeof sql,
           "COPY (SELECT " LOG_ROW_COLUMNS " FROM messages_%d_%d_%" PRId64
           " WHERE topic_id = %d AND partition_id = %d AND partition_offset >= %" PRId64
           " AND partition_offset < %" PRId64 " ORDER BY topic_id, partition_id, partition_offset"
           " LIMIT %zu) TO STDOUT (FORMAT binary)",
           place->topic, place->partition, place->segment.first, place->topic, place->partition,
           from, to, rows < ROWS_MOST ? rows : ROWS_MOST);
  PGresult *result = PQexec(asker->connection, sql);
  bool good = PQresultStatus(result) == PGRES_COPY_OUT;
  if (!good)
    failure_read(asker->connection, result, error);
  PQclear(result);
  return good && receive(asker, read, error);
}

static void read_reset(struct read_question *read)
{
  if (read->answer)
    answer_free(read->answer);
  read->answer = sink_alloc(sizeof *read->answer);
  read->answer->sink = read->question.sink;
}

static bool read_run(struct log_asker *asker, struct log_question *question, struct pg_error *error)
{
  struct read_question *read = (struct read_question *)question;
  struct place *place = &read->place;
  read_reset(read);
  if (!look_up(asker->sink, place, read->offset))
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  if (read->offset < place->start || read->offset > place->end)
    return log_question_refuse(question, HEADRACE_LOG_OUT_OF_RANGE, NULL);
  struct log_answer *answer = read->answer;
  answer->shown.next = read->offset;
  if (read->offset == place->end || place->segment.first < 0)
    return true;
  int64_t from = read->offset > place->segment.first ? read->offset : place->segment.first;
  int64_t to = place->segment.end < place->end ? place->segment.end : place->end;
  if (!copy_out(asker, read, from, to, error))
    /* retention has just dropped it */
    return !strcmp(error->sqlstate, LOG_TABLE_GONE) &&
           log_question_refuse(question, HEADRACE_LOG_OUT_OF_RANGE, NULL);
  answer->shown.next = answer->count ? answer->records[answer->count - 1].offset + 1 : to;
  return true;
}

static void read_answer(struct log_question *question)
{
  struct read_question *read = (struct read_question *)question;
  if (!read->answer)
    read_reset(read);
  struct log_answer *answer = read->answer;
  struct log_sink *sink = question->sink;
  read->answer = NULL;
  answer->next = sink->answers;
  if (answer->next)
    answer->next->previous = answer;
  sink->answers = answer;
  answer->shown.error = question->error;
  answer->shown.reason = question->reason;
  answer->shown.records = answer->records;
  answer->shown.count = question->error == HEADRACE_LOG_OK ? answer->count : 0;
  answer->shown.release = answer_release;
  answer->shown.owner = answer;
  read->done(question->context, &answer->shown);
}

static void read_free(struct log_question *question)
{
  struct read_question *read = (struct read_question *)question;
  if (read->answer)
    answer_free(read->answer);
}

static const struct log_question_type read_type = {
    .lane = LANE_READ, .run = read_run, .answer = read_answer, .free = read_free, .again = true};

void log_read(void *self, const struct headrace_topic_id *id, int32_t partition, int64_t offset,
              size_t max_bytes, headrace_log_read_done done, void *context)
{
  struct read_question *read = log_question_new(self, sizeof *read, &read_type, context);
  read->place = (struct place){.id = *id, .partition = partition};
  read->offset = offset;
  read->max_bytes = max_bytes;
  read->done = done;
  log_question_ask(self, &read->question);
}
