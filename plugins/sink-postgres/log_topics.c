/* SPDX-License-Identifier: Apache-2.0
 *
 * Topics are made and changed in the database first, then in memory. */
#include "log_interface.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS_MOST 100000
#define EXISTS          "23505"

struct topic_question {
  struct log_question question;
  struct headrace_topic_id id;
  char *name;
  int32_t count; /* of partitions */
  struct headrace_pair *config;
  size_t config_count;
  headrace_log_done done;
};

/* ---- the question ------------------------------------------------------------------------ */

static struct headrace_pair *copy_config(const struct headrace_pair *config, size_t count)
{
  struct headrace_pair *copy = sink_alloc((count + 1) * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = (struct headrace_pair){strdup(config[i].name),
                                     strdup(config[i].value ? config[i].value : "")};
  return copy;
}

static void topic_free(struct log_question *question)
{
  struct topic_question *topic = (struct topic_question *)question;
  for (size_t i = 0; i < topic->config_count; i++) {
    free((char *)(uintptr_t)topic->config[i].name);
    free((char *)(uintptr_t)topic->config[i].value);
  }
  free(topic->config);
  free(topic->name);
}

static void topic_answer(struct log_question *question)
{
  const struct topic_question *topic = (struct topic_question *)question;
  topic->done(question->context, question->error, question->reason);
}

/* '{"a","b"}' of the names or values. */
static char *array_text(const struct topic_question *topic, bool values)
{
  char *text = pg_format("{");
  for (size_t i = 0; i < topic->config_count; i++) {
    const char *item = values ? topic->config[i].value : topic->config[i].name;
    pg_append(&text, i ? ",\"" : "\"");
    for (; *item; item++)
      pg_append(&text, *item == '"' || *item == '\\' ? "\\%c" : "%c", *item);
    pg_append(&text, "\"");
  }
  pg_append(&text, "}");
  return text;
}

/* ---- create -------------------------------------------------------------------------------- */

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
  char count[16], *names = array_text(topic, false), *values = array_text(topic, true);
  snprintf(count, sizeof count, "%d", topic->count);
  PGresult *result =
      log_ask(asker, error, "SELECT * FROM add_topic($1, $2, jsonb_object($3::text[], $4::text[]))",
              4, (const char *[]){topic->name, count, names, values});
  free(names);
  free(values);
  if (result)
    add_to_memory(asker->sink, topic, result);
  PQclear(result);
  if (result || strcmp(error->sqlstate, EXISTS) != 0)
    return result != NULL;
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
  topic->config = copy_config(new_topic->config, new_topic->config_count);
  topic->config_count = new_topic->config_count;
  topic->done = done;
  log_question_ask(self, &topic->question);
}
