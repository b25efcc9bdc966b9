/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of the log's reader, kept in the database and in memory; and the defaults of topics that
 * it makes of them. */
#include "log_interface.h"
#include "log_pairs.h"
#include "log_sink.h"
#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

struct settings_question {
  struct log_question question;
  char *name;
  struct headrace_pair *config;
  size_t config_count;
  headrace_log_done done;
};

static void settings_free(struct log_question *question)
{
  struct settings_question *asked = (struct settings_question *)question;
  log_pairs_free(asked->config, asked->config_count);
  free(asked->name);
}

static void settings_answer(struct log_question *question)
{
  const struct settings_question *asked = (struct settings_question *)question;
  asked->done(question->context, question->error, question->reason);
}

static bool settings_run(struct log_asker *asker, struct log_question *question,
                         struct pg_error *error)
{
  const struct settings_question *asked = (struct settings_question *)question;
  struct log_state *state = &asker->sink->state;
  char *name = pg_quote_literal(asked->name);
  char *config = log_pairs_sql(asked->config, asked->config_count);
  char *sql = pg_format("INSERT INTO settings (name, config) VALUES (%s, %s)"
                        " ON CONFLICT (name) DO UPDATE SET config = excluded.config;",
                        name, config);
  bool good = log_change(asker, error, sql);
  free(name);
  free(config);
  free(sql);
  if (!good)
    return false;
  log_lock(state);
  log_settings_put(state, asked->name, asked->config, asked->config_count);
  log_state_publish(state);
  log_unlock(state);
  return true;
}

static const struct log_question_type settings_type = {.lane = LANE_CONTROL,
                                                       .run = settings_run,
                                                       .answer = settings_answer,
                                                       .free = settings_free,
                                                       .again = true};

void log_configure(void *self, const char *name, const struct headrace_pair *config, size_t count,
                   headrace_log_done done, void *context)
{
  struct settings_question *asked = log_question_new(self, sizeof *asked, &settings_type, context);
  asked->name = strdup(name);
  asked->config = log_pairs_copy(config, count);
  asked->config_count = count;
  asked->done = done;
  log_question_ask(self, &asked->question);
}

void log_set_topic_defaults(void *self, const struct headrace_pair *config, size_t count)
{
  struct log_sink *sink = self;
  log_state_set_defaults(&sink->state, config, count);
}

const char *log_topic_default(void *self, const char *name)
{
  const struct log_sink *sink = self;
  return strcmp(name, "retention.ms") ? NULL : sink->keep_text;
}
