/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups' offsets, and producers. */
#include "log_interface.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"
#include "text_buffer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_TOPIC     (-1)
#define PRODUCER_IDS 1000 /* taken at a time; those that a process does not give are lost */
#define MS_OF(time)  "floor(extract(epoch FROM " time ") * 1000)::bigint"

struct stored { /* an offset to store */
  struct headrace_topic_id id;
  int32_t topic; /* its number, found when it is run; NO_TOPIC: it is gone */
  int32_t partition;
  int64_t offset;
  int32_t leader_epoch;
  char *metadata;
};

struct group_question {
  struct log_question question;
  char *group;
  char *protocol_type;
  bool active;
  struct stored *offsets;
  size_t count;
  PGresult *rows;
  headrace_log_done done;
  headrace_log_offsets_done offsets_done;
  headrace_log_groups_done groups_done;
};

static void group_free(struct log_question *question)
{
  struct group_question *group = (struct group_question *)question;
  for (size_t i = 0; i < group->count; i++)
    free(group->offsets[i].metadata);
  free(group->offsets);
  free(group->group);
  free(group->protocol_type);
  PQclear(group->rows);
}

static void group_answer(struct log_question *question)
{
  const struct group_question *group = (struct group_question *)question;
  if (group->done)
    group->done(question->context, question->error, question->reason);
}

static struct group_question *group_new(struct log_sink *sink, const char *group,
                                        const struct log_question_type *type, void *context)
{
  struct group_question *question = log_question_new(sink, sizeof *question, type, context);
  question->group = strdup(group);
  return question;
}

static int64_t number_at(const PGresult *result, int row, int column)
{
  return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* ---- storing ------------------------------------------------------------------------ */

/* False: all are gone. */
static bool find_topics(struct log_sink *sink, struct group_question *group)
{
  bool any = !group->count;
  log_lock(&sink->state);
  for (size_t i = 0; i < group->count; i++) {
    const struct log_topic *topic = log_topic_by_id(&sink->state, &group->offsets[i].id);
    bool found = log_partition_at(topic, group->offsets[i].partition);
    group->offsets[i].topic = found ? topic->number : NO_TOPIC;
    any |= found;
  }
  log_unlock(&sink->state);
  return any;
}

/* Takes the statement over. */
static void add_statement(struct text_buffer *sql, char *statement)
{
  text_say(sql, statement);
  free(statement);
}

static void add_upsert(struct text_buffer *sql, const char *name, const struct stored *offset)
{
  char *metadata = pg_quote_literal(offset->metadata);
  add_statement(
      sql,
      pg_format(
          "INSERT INTO offsets VALUES (%s, %d, %d, %" PRId64 ", %d, %s)"
          " ON CONFLICT (group_id, topic_id, partition_id) DO UPDATE SET"
          " committed_offset = excluded.committed_offset, leader_epoch = excluded.leader_epoch,"
          " metadata = excluded.metadata, committed_at = excluded.committed_at;",
          name, offset->topic, offset->partition, offset->offset, offset->leader_epoch, metadata));
  free(metadata);
}

static void add_delete(struct text_buffer *sql, const char *name, const struct stored *offset)
{
  add_statement(
      sql,
      pg_format("DELETE FROM offsets WHERE group_id = %s AND topic_id = %d AND partition_id = %d;",
                name, offset->topic, offset->partition));
}

static void add_store(const struct group_question *group, struct text_buffer *sql)
{
  char *name = pg_quote_literal(group->group);
  add_statement(
      sql, pg_format("INSERT INTO groups (group_id) VALUES (%s) ON CONFLICT DO NOTHING;", name));
  for (size_t i = 0; i < group->count; i++)
    if (group->offsets[i].topic != NO_TOPIC)
      (group->offsets[i].offset == -1 ? add_delete : add_upsert)(sql, name, &group->offsets[i]);
  free(name);
}

/* Many members commit at the same time: they share a transaction. */
static bool store_run(struct log_asker *asker, struct log_question *question,
                      struct pg_error *error)
{
  struct text_buffer sql = {0};
  for (struct log_question *at = question; at; at = at->with) {
    struct group_question *group = (struct group_question *)at;
    if (find_topics(asker->sink, group))
      add_store(group, &sql);
    else
      log_question_refuse(at, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  }
  text_add(&sql, "", 1);
  bool good = !*sql.bytes || log_change(asker, error, sql.bytes);
  free(sql.bytes);
  return good;
}

static const struct log_question_type store_type = {.lane = LANE_CONTROL,
                                                    .run = store_run,
                                                    .answer = group_answer,
                                                    .free = group_free,
                                                    .together = true,
                                                    .again = true};

void log_store_offsets(void *self, const char *group, const struct headrace_log_offset *offsets,
                       size_t count, headrace_log_done done, void *context)
{
  struct group_question *question = group_new(self, group, &store_type, context);
  question->offsets = sink_alloc((count + 1) * sizeof *question->offsets);
  question->count = count;
  question->done = done;
  for (size_t i = 0; i < count; i++)
    question->offsets[i] = (struct stored){.id = offsets[i].id,
                                           .partition = offsets[i].partition,
                                           .offset = offsets[i].offset,
                                           .leader_epoch = offsets[i].leader_epoch,
                                           .metadata = strdup(offsets[i].metadata)};
  log_question_ask(self, &question->question);
}

/* ---- what is stored ----------------------------------------------------------------- */

static bool stored_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  struct group_question *group = (struct group_question *)question;
  group->rows =
      log_ask(asker, error,
              "SELECT t.name, t.id, o.partition_id, o.committed_offset, o.leader_epoch,"
              " o.metadata, " MS_OF(
                  "o.committed_at") " FROM offsets o"
                                    " JOIN topics t USING (topic_id) WHERE o.group_id = $1"
                                    " ORDER BY t.name, o.partition_id",
              1, (const char *[]){group->group});
  return group->rows != NULL;
}

static void stored_answer(struct log_question *question)
{
  const struct group_question *group = (struct group_question *)question;
  int count = group->rows ? PQntuples(group->rows) : 0;
  struct headrace_log_offset *offsets = sink_alloc(((size_t)count + 1) * sizeof *offsets);
  for (int i = 0; i < count; i++) {
    offsets[i] = (struct headrace_log_offset){
        .topic = PQgetvalue(group->rows, i, 0),
        .partition = (int32_t)number_at(group->rows, i, 2),
        .offset = number_at(group->rows, i, 3),
        .leader_epoch = (int32_t)number_at(group->rows, i, 4),
        .metadata = PQgetvalue(group->rows, i, 5),
        .committed_at_ms = number_at(group->rows, i, 6),
    };
    log_id_read(PQgetvalue(group->rows, i, 1), &offsets[i].id);
  }
  group->offsets_done(question->context, question->error, offsets, (size_t)count);
  free(offsets);
}

static const struct log_question_type stored_type = {.lane = LANE_CONTROL,
                                                     .run = stored_run,
                                                     .answer = stored_answer,
                                                     .free = group_free,
                                                     .again = true};

void log_stored_offsets(void *self, const char *group, headrace_log_offsets_done done,
                        void *context)
{
  struct group_question *question = group_new(self, group, &stored_type, context);
  question->offsets_done = done;
  log_question_ask(self, &question->question);
}

static bool groups_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  struct group_question *group = (struct group_question *)question;
  group->rows = log_ask(asker, error,
                        "SELECT group_id FROM groups g WHERE EXISTS"
                        " (SELECT FROM offsets o WHERE o.group_id = g.group_id) ORDER BY group_id",
                        0, NULL);
  return group->rows != NULL;
}

static void groups_answer(struct log_question *question)
{
  const struct group_question *group = (struct group_question *)question;
  int count = group->rows ? PQntuples(group->rows) : 0;
  const char **names = sink_alloc(((size_t)count + 1) * sizeof *names);
  for (int i = 0; i < count; i++)
    names[i] = PQgetvalue(group->rows, i, 0);
  group->groups_done(question->context, question->error, names, (size_t)count);
  free(names);
}

static const struct log_question_type groups_type = {.lane = LANE_CONTROL,
                                                     .run = groups_run,
                                                     .answer = groups_answer,
                                                     .free = group_free,
                                                     .again = true};

void log_groups(void *self, headrace_log_groups_done done, void *context)
{
  struct group_question *question = group_new(self, "", &groups_type, context);
  question->groups_done = done;
  log_question_ask(self, &question->question);
}

/* ---- groups themselves -------------------------------------------------------------- */

static bool active_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  const struct group_question *group = (struct group_question *)question;
  char *name = pg_quote_literal(group->group), *type = pg_quote_literal(group->protocol_type);
  char *sql = pg_format("INSERT INTO groups (group_id, protocol_type, active) VALUES (%s, %s, %s)"
                        " ON CONFLICT (group_id) DO UPDATE SET active = excluded.active,"
                        " protocol_type = excluded.protocol_type, left_at = now();",
                        name, type, group->active ? "true" : "false");
  bool good = log_change(asker, error, sql);
  free(name);
  free(type);
  free(sql);
  return good;
}

static const struct log_question_type active_type = {.lane = LANE_CONTROL,
                                                     .run = active_run,
                                                     .answer = group_answer,
                                                     .free = group_free,
                                                     .again = true};

void log_set_group_active(void *self, const char *group, const char *protocol_type, int active)
{
  struct group_question *question = group_new(self, group, &active_type, NULL);
  question->protocol_type = strdup(protocol_type ? protocol_type : "");
  question->active = active;
  log_question_ask(self, &question->question);
}

static bool delete_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  const struct group_question *group = (struct group_question *)question;
  PGresult *result = log_ask(asker, error, "DELETE FROM groups WHERE group_id = $1", 1,
                             (const char *[]){group->group});
  if (result && atoi(PQcmdTuples(result)) == 0)
    log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, "there is no such group");
  PQclear(result);
  return result != NULL;
}

static const struct log_question_type delete_type = {
    .lane = LANE_CONTROL, .run = delete_run, .answer = group_answer, .free = group_free};

void log_delete_group(void *self, const char *group, headrace_log_done done, void *context)
{
  struct group_question *question = group_new(self, group, &delete_type, context);
  question->done = done;
  log_question_ask(self, &question->question);
}

/* ---- producers ---------------------------------------------------------------------- */

struct producer_question {
  struct log_question question;
  struct headrace_topic_id id;
  int32_t partition;
  int64_t number;
  PGresult *rows;
  headrace_log_number_done number_done;
  headrace_log_producers_done producers_done;
};

static void producer_free(struct log_question *question)
{
  PQclear(((struct producer_question *)question)->rows);
}

static bool new_producer_run(struct log_asker *asker, struct log_question *question,
                             struct pg_error *error)
{
  struct log_sink *sink = asker->sink;
  if (sink->producer_next == sink->producer_end) {
    char *sql = pg_format("UPDATE meta SET next_producer_id = next_producer_id + %d"
                          " RETURNING next_producer_id",
                          PRODUCER_IDS);
    PGresult *result = log_ask(asker, error, sql, 0, NULL);
    free(sql);
    if (!result)
      return false;
    sink->producer_end = number_at(result, 0, 0);
    sink->producer_next = sink->producer_end - PRODUCER_IDS;
    PQclear(result);
  }
  ((struct producer_question *)question)->number = sink->producer_next++;
  return true;
}

static void new_producer_answer(struct log_question *question)
{
  const struct producer_question *producer = (struct producer_question *)question;
  producer->number_done(question->context, question->error, producer->number);
}

static const struct log_question_type new_producer_type = {
    .lane = LANE_CONTROL, .run = new_producer_run, .answer = new_producer_answer, .again = true};

void log_new_producer(void *self, headrace_log_number_done done, void *context)
{
  struct producer_question *producer =
      log_question_new(self, sizeof *producer, &new_producer_type, context);
  producer->number_done = done;
  log_question_ask(self, &producer->question);
}

static bool producers_run(struct log_asker *asker, struct log_question *question,
                          struct pg_error *error)
{
  struct producer_question *producer = (struct producer_question *)question;
  const struct log_partition *partition =
      log_partition_by_id(&asker->sink->state, &producer->id, producer->partition);
  if (!partition)
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  char *sql = pg_format("SELECT producer_id, epoch,"
                        " (first_sequences[array_length(counts, 1)]::bigint"
                        " + counts[array_length(counts, 1)] - 1) & 2147483647, " MS_OF(
                            "last_written") " FROM producers WHERE topic_id = %d"
                                            " AND partition_id = %d ORDER BY producer_id",
                        partition->topic->number, partition->number);
  producer->rows = log_ask(asker, error, sql, 0, NULL);
  free(sql);
  return producer->rows != NULL;
}

static void producers_answer(struct log_question *question)
{
  const struct producer_question *producer = (struct producer_question *)question;
  int count = producer->rows ? PQntuples(producer->rows) : 0;
  struct headrace_log_producer *all = sink_alloc(((size_t)count + 1) * sizeof *all);
  for (int i = 0; i < count; i++)
    all[i] = (struct headrace_log_producer){
        .id = number_at(producer->rows, i, 0),
        .epoch = (int16_t)number_at(producer->rows, i, 1),
        .last_sequence = (int32_t)number_at(producer->rows, i, 2),
        .last_timestamp_ms = number_at(producer->rows, i, 3),
    };
  producer->producers_done(question->context, question->error, all, (size_t)count);
  free(all);
}

static const struct log_question_type producers_type = {.lane = LANE_CONTROL,
                                                        .run = producers_run,
                                                        .answer = producers_answer,
                                                        .free = producer_free,
                                                        .again = true};

void log_producers(void *self, const struct headrace_topic_id *id, int32_t partition,
                   headrace_log_producers_done done, void *context)
{
  struct producer_question *producer =
      log_question_new(self, sizeof *producer, &producers_type, context);
  producer->id = *id;
  producer->partition = partition;
  producer->producers_done = done;
  log_question_ask(self, &producer->question);
}
