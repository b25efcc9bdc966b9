/* SPDX-License-Identifier: Apache-2.0
 *
 * Topics are made and changed in the database first, then in memory. */
#include "log_interface.h"
#include "log_pairs.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS_MOST 100000
#define EXISTS          "23505"
#define DRAIN_MS        5000    /* for records that are on their way to a topic that is deleted */
#define LOCK_TIMEOUT    "500ms" /* whoever appends waits behind it */

struct topic_question {
  struct log_question question;
  struct headrace_topic_id id;
  char *name;
  int32_t count; /* of partitions */
  struct headrace_pair *config;
  size_t config_count;
  headrace_log_done done;
};

/* ---- the question ------------------------------------------------------------------- */

static void topic_free(struct log_question *question)
{
  struct topic_question *topic = (struct topic_question *)question;
  log_pairs_free(topic->config, topic->config_count);
  free(topic->name);
}

static void topic_answer(struct log_question *question)
{
  const struct topic_question *topic = (struct topic_question *)question;
  topic->done(question->context, question->error, question->reason);
}

/* ---- create ------------------------------------------------------------------------- */

static void add_to_memory(struct log_sink *sink, const struct topic_question *made,
                          const PGresult *result)
{
  struct headrace_topic_id id;
  log_id_read(PQgetvalue(result, 0, 1), &id);
  log_lock(&sink->state);
  struct log_topic *topic =
      log_topic_add(&sink->state, atoi(PQgetvalue(result, 0, 0)), &id, made->name);
  log_topic_configure(topic, made->config, made->config_count);
  while (topic->partition_count < made->count)
    log_partition_add(topic);
  log_state_publish(&sink->state);
  log_unlock(&sink->state);
}

static bool is_known(struct log_sink *sink, const char *name)
{
  log_lock(&sink->state);
  bool known = log_topic_named(&sink->state, name, strlen(name)) != NULL;
  log_unlock(&sink->state);
  return known;
}

/* Its tables are still there. */
static bool is_being_deleted(struct log_sink *sink, const char *name)
{
  bool found = false;
  log_lock(&sink->state);
  for (size_t i = 0; i < sink->state.topic_count; i++) {
    const struct log_topic *topic = sink->state.topics[i];
    found |= topic->deleted && !topic->dropped && !strcmp(topic->name, name);
  }
  log_unlock(&sink->state);
  return found;
}

/* It was made by a question whose answer was lost with the connection. */
static bool load_unknown(struct log_asker *asker, const char *name, struct pg_error *error)
{
  log_lock(&asker->sink->state);
  bool good = log_load_topic(asker->sink, asker->connection, name, error);
  log_unlock(&asker->sink->state);
  return good;
}

static bool create_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  struct topic_question *topic = (struct topic_question *)question;
  if (topic->count < 1 || topic->count > PARTITIONS_MOST)
    return log_question_refuse(question, HEADRACE_LOG_INVALID,
                               "a topic has between 1 and 100000 partitions");
  if (is_known(asker->sink, topic->name))
    return log_question_refuse(question, HEADRACE_LOG_EXISTS, NULL);
  char *config = log_pairs_sql(topic->config, topic->config_count);
  char *sql = pg_format("SELECT * FROM add_topic($1, %d, %s)", topic->count, config);
  PGresult *result = log_ask(asker, error, sql, 1, (const char *[]){topic->name});
  free(config);
  free(sql);
  if (result)
    add_to_memory(asker->sink, topic, result);
  PQclear(result);
  if (result || strcmp(error->sqlstate, EXISTS) != 0)
    return result != NULL;
  if (is_being_deleted(asker->sink, topic->name))
    return log_question_refuse(question, HEADRACE_LOG_AWAY,
                               "the topic of this name that was deleted is still being removed");
  return load_unknown(asker, topic->name, error) &&
         log_question_refuse(question, HEADRACE_LOG_EXISTS, NULL);
}

static const struct log_question_type create_type = {
    .lane = LANE_CONTROL, .run = create_run, .answer = topic_answer, .free = topic_free};

void log_create_topic(void *self, const struct headrace_log_new_topic *new_topic,
                      headrace_log_done done, void *context)
{
  struct topic_question *topic = log_question_new(self, sizeof *topic, &create_type, context);
  topic->name = strdup(new_topic->name);
  topic->count = new_topic->partition_count;
  topic->config = log_pairs_copy(new_topic->config, new_topic->config_count);
  topic->config_count = new_topic->config_count;
  topic->done = done;
  log_question_ask(self, &topic->question);
}

/* ---- delete ------------------------------------------------------------------------- */

/* From now on nothing is taken for it. NULL: there is none. */
static struct log_topic *close_topic(struct log_state *state, const struct headrace_topic_id *id)
{
  log_lock(state);
  struct log_topic *topic = log_topic_by_id(state, id);
  if (topic) {
    topic->deleted = topic->busy = true;
    log_state_publish(state);
  }
  log_unlock(state);
  return topic;
}

bool log_drop_topic(struct log_asker *asker, struct log_topic *topic, struct pg_error *error)
{
  char *sql = pg_format("SET LOCAL lock_timeout = '" LOCK_TIMEOUT "';"
                        " DROP TABLE IF EXISTS messages_%d;"
                        " DELETE FROM topics WHERE topic_id = %d;",
                        topic->number, topic->number);
  bool good = log_change(asker, error, sql);
  free(sql);
  log_lock(&asker->sink->state);
  topic->dropped = good;
  log_unlock(&asker->sink->state);
  return good;
}

static void open_again(struct log_state *state, struct log_topic *topic)
{
  log_lock(state);
  topic->deleted = false;
  log_state_publish(state);
  log_unlock(state);
}

/* Its name is free from then on, and it does not come back when headrace is started again. */
static bool mark_deleted(struct log_asker *asker, const struct log_topic *topic,
                         struct pg_error *error)
{
  char *sql = pg_format("UPDATE topics SET deleted_at = now(),"
                        " name = format('%%s (deleted, %%s)', name, topic_id) WHERE topic_id = %d;",
                        topic->number);
  bool good = log_change(asker, error, sql);
  free(sql);
  return good;
}

static void leave(struct log_state *state, struct log_topic *topic)
{
  log_lock(state);
  topic->busy = false;
  log_unlock(state);
}

/* Its tables are dropped at once if nobody holds them, or else with retention. */
static bool delete_topic(struct log_asker *asker, struct log_question *question,
                         struct log_topic *topic, struct pg_error *error)
{
  struct log_state *state = &asker->sink->state;
  struct pg_error ignored;
  if (!log_state_wait_drained(state, topic, DRAIN_MS)) {
    open_again(state, topic);
    return log_question_refuse(question, HEADRACE_LOG_AWAY,
                               "its last records cannot be written now");
  }
  bool marked = mark_deleted(asker, topic, error);
  if (marked)
    log_drop_topic(asker, topic, &ignored);
  else if (PQstatus(asker->connection) == CONNECTION_OK) /* else it may have been done */
    open_again(state, topic);
  return marked;
}

static bool delete_run(struct log_asker *asker, struct log_question *question,
                       struct pg_error *error)
{
  struct log_state *state = &asker->sink->state;
  struct log_topic *topic = close_topic(state, &((struct topic_question *)question)->id);
  if (!topic)
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  bool good = delete_topic(asker, question, topic, error);
  leave(state, topic);
  return good;
}

static const struct log_question_type delete_type = {
    .lane = LANE_CONTROL, .run = delete_run, .answer = topic_answer, .free = topic_free};

void log_delete_topic(void *self, const struct headrace_topic_id *id, headrace_log_done done,
                      void *context)
{
  struct topic_question *topic = log_question_new(self, sizeof *topic, &delete_type, context);
  topic->id = *id;
  topic->done = done;
  log_question_ask(self, &topic->question);
}

/* ---- change ------------------------------------------------------------------------- */

static struct log_topic *topic_of(struct log_state *state, const struct topic_question *question)
{
  log_lock(state);
  struct log_topic *topic = log_topic_by_id(state, &question->id);
  log_unlock(state);
  return topic;
}

static bool partitions_run(struct log_asker *asker, struct log_question *question,
                           struct pg_error *error)
{
  const struct topic_question *asked = (struct topic_question *)question;
  struct log_state *state = &asker->sink->state;
  struct log_topic *topic = topic_of(state, asked);
  if (!topic)
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  /* read without the mutex: only this thread changes it */
  if (asked->count <= topic->partition_count || asked->count > PARTITIONS_MOST)
    return log_question_refuse(question, HEADRACE_LOG_INVALID,
                               "partitions can only be added, up to 100000");
  char *sql = pg_format("INSERT INTO partitions (topic_id, partition_id)"
                        " SELECT %d, n FROM generate_series(0, %d) n ON CONFLICT DO NOTHING;",
                        topic->number, asked->count - 1);
  bool good = log_change(asker, error, sql);
  free(sql);
  if (!good)
    return false;
  log_lock(state);
  while (topic->partition_count < asked->count)
    log_partition_add(topic);
  log_state_publish(state);
  log_unlock(state);
  return true;
}

static const struct log_question_type partitions_type = {.lane = LANE_CONTROL,
                                                         .run = partitions_run,
                                                         .answer = topic_answer,
                                                         .free = topic_free,
                                                         .again = true};

void log_add_partitions(void *self, const struct headrace_topic_id *id, int32_t count_after,
                        headrace_log_done done, void *context)
{
  struct topic_question *topic = log_question_new(self, sizeof *topic, &partitions_type, context);
  topic->id = *id;
  topic->count = count_after;
  topic->done = done;
  log_question_ask(self, &topic->question);
}

static bool configure_run(struct log_asker *asker, struct log_question *question,
                          struct pg_error *error)
{
  const struct topic_question *asked = (struct topic_question *)question;
  struct log_state *state = &asker->sink->state;
  struct log_topic *topic = topic_of(state, asked);
  if (!topic)
    return log_question_refuse(question, HEADRACE_LOG_UNKNOWN_TOPIC, NULL);
  char *config = log_pairs_sql(asked->config, asked->config_count);
  char *sql =
      pg_format("UPDATE topics SET config = %s WHERE topic_id = %d;", config, topic->number);
  bool good = log_change(asker, error, sql);
  free(config);
  free(sql);
  if (!good)
    return false;
  log_lock(state);
  log_topic_configure(topic, asked->config, asked->config_count);
  log_state_publish(state);
  log_unlock(state);
  return true;
}

static const struct log_question_type configure_type = {.lane = LANE_CONTROL,
                                                        .run = configure_run,
                                                        .answer = topic_answer,
                                                        .free = topic_free,
                                                        .again = true};

void log_configure_topic(void *self, const struct headrace_topic_id *id,
                         const struct headrace_pair *config, size_t count, headrace_log_done done,
                         void *context)
{
  struct topic_question *topic = log_question_new(self, sizeof *topic, &configure_type, context);
  topic->id = *id;
  topic->config = log_pairs_copy(config, count);
  topic->config_count = count;
  topic->done = done;
  log_question_ask(self, &topic->question);
}
