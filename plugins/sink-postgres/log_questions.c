/* SPDX-License-Identifier: Apache-2.0 */
#include "log_questions.h"

#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOGETHER_MOST 100
#define AWAY_US       500000 /* no new connection is tried so soon after one failed */

/* ---- lists -------------------------------------------------------------------------- */

static void list_init(struct log_list *list)
{
  list->first = NULL;
  list->end = &list->first;
}

static void list_add(struct log_list *list, struct log_question *question)
{
  question->next = NULL;
  *list->end = question;
  list->end = &question->next;
}

static struct log_question *list_take(struct log_list *list)
{
  struct log_question *question = list->first;
  if (question && !(list->first = question->next))
    list->end = &list->first;
  return question;
}

static void question_free(struct log_question *question)
{
  if (question->type->free)
    question->type->free(question);
  free(question->reason);
  free(question);
}

static void list_free(struct log_list *list)
{
  struct log_question *question;
  while ((question = list_take(list)))
    question_free(question);
}

void *log_question_new(struct log_sink *sink, size_t size, const struct log_question_type *type,
                       void *context)
{
  struct log_question *question = sink_alloc(size);
  question->sink = sink;
  question->type = type;
  question->context = context;
  return question;
}

bool log_question_refuse(struct log_question *question, enum headrace_log_error error,
                         const char *reason)
{
  question->error = error;
  free(question->reason);
  question->reason = reason ? strdup(reason) : NULL;
  return true;
}

/* ---- asking the server -------------------------------------------------------------- */

static void set_connection(struct log_asker *asker, PGconn *connection)
{
  struct log_questions *questions = &asker->sink->questions;
  PGconn *before = asker->connection;
  pthread_mutex_lock(&questions->mutex);
  PQfreeCancel(asker->cancel);
  asker->cancel = connection ? PQgetCancel(connection) : NULL;
  asker->connection = connection;
  pthread_mutex_unlock(&questions->mutex);
  PQfinish(before);
}

static bool connected(struct log_asker *asker, struct pg_error *error)
{
  int64_t now = log_now_us(asker->sink);
  if (asker->connection && PQstatus(asker->connection) == CONNECTION_OK)
    return true;
  set_connection(asker, NULL);
  *error = (struct pg_error){.result = HEADRACE_RETRY};
  if (asker->failed_at_us && now - asker->failed_at_us < AWAY_US)
    return false;
  PGconn *connection = log_connect(asker->sink, error);
  asker->failed_at_us = connection ? 0 : log_now_us(asker->sink);
  set_connection(asker, connection);
  return connection != NULL;
}

PGresult *log_ask(struct log_asker *asker, struct pg_error *error, const char *sql, int count,
                  const char *const *values)
{
  PGresult *result = PQexecParams(asker->connection, sql, count, NULL, values, NULL, NULL, 0);
  ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
    return result;
  failure_read(asker->connection, result, error);
  PQclear(result);
  return NULL;
}

bool log_change(struct log_asker *asker, struct pg_error *error, const char *sql)
{
  char *text =
      pg_format("BEGIN; SELECT owned(%" PRId64 "); %s COMMIT", asker->sink->state.owner_epoch, sql);
  PGresult *result = PQexec(asker->connection, text);
  ExecStatusType status = PQresultStatus(result);
  bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  if (!good)
    failure_read(asker->connection, result, error);
  PQclear(result);
  free(text);
  return good;
}

/* ---- answering ---------------------------------------------------------------------- */

static bool is_away(const struct log_asker *asker, const struct pg_error *error)
{
  enum reaction reaction = failure_reaction(error->sqlstate);
  return !asker->connection || PQstatus(asker->connection) != CONNECTION_OK ||
         reaction == REACTION_WAIT || reaction == REACTION_RETRY;
}

/* The worker says that the server is away; what is wrong with a question is said here. */
static void failed(struct log_asker *asker, struct log_question *question,
                   const struct pg_error *error)
{
  char text[1024];
  if (!strcmp(error->sqlstate, LOG_MOVED)) {
    log_fail_fenced(asker->sink);
    log_question_refuse(question, HEADRACE_LOG_FENCED, "another process writes this log now");
    return;
  }
  if (is_away(asker, error)) {
    log_question_refuse(question, HEADRACE_LOG_AWAY, "the server cannot be reached now");
    return;
  }
  failure_mask(error, text, sizeof text);
  if (!strncmp(error->sqlstate, "22", 2)) { /* a text that is no UTF-8, a number out of range */
    log_question_refuse(question, HEADRACE_LOG_INVALID, text);
    return;
  }
  asker->sink->host->log(asker->sink->host, HEADRACE_ERROR,
                         "a question of the log failed: %s (SQLSTATE %s)", text, error->sqlstate);
  log_question_refuse(question, HEADRACE_LOG_FAULT, "the server refused it; see headrace's log");
}

/* Whatever is left open. */
static void roll_back(const struct log_asker *asker)
{
  if (asker->connection && PQtransactionStatus(asker->connection) != PQTRANS_IDLE &&
      PQstatus(asker->connection) == CONNECTION_OK)
    PQclear(PQexec(asker->connection, "ROLLBACK"));
}

static bool run(struct log_asker *asker, struct log_question *question, struct pg_error *error)
{
  bool fresh = !asker->connection;
  bool good = connected(asker, error) && question->type->run(asker, question, error);
  bool lost = !good && asker->connection && PQstatus(asker->connection) != CONNECTION_OK;
  /* An idle connection may have been closed long ago. */
  if (lost && !fresh && question->type->again)
    good = connected(asker, error) && question->type->run(asker, question, error);
  roll_back(asker);
  return good;
}

static void answer(struct log_asker *asker, struct log_question *question)
{
  struct pg_error error = {.result = HEADRACE_RETRY};
  bool good = run(asker, question, &error);
  bool one_is_bad = !good && question->with && !is_away(asker, &error);
  for (struct log_question *at = question, *next; at && !good; at = next) {
    next = at->with;
    if (one_is_bad) { /* which one, shows when each is run alone */
      at->with = NULL;
      if (!run(asker, at, &error))
        failed(asker, at, &error);
      at->with = next;
    } else {
      failed(asker, at, &error);
    }
  }
}

void log_question_done(struct log_sink *sink, struct log_question *question)
{
  struct log_questions *questions = &sink->questions;
  pthread_mutex_lock(&questions->mutex);
  list_add(&questions->done, question);
  if (questions->reader.wake)
    questions->reader.wake(questions->reader.context);
  pthread_mutex_unlock(&questions->mutex);
}

/* With the mutex. NULL: there is none. */
static struct log_question *take_waiting(struct log_list *waiting)
{
  struct log_question *question = list_take(waiting), *last = question;
  for (int i = 1; i < TOGETHER_MOST && question && question->type->together && waiting->first &&
                  waiting->first->type == question->type;
       i++) {
    last->with = list_take(waiting);
    last = last->with;
  }
  return question;
}

static void finish(struct log_sink *sink, struct log_question *question)
{
  for (struct log_question *next; question; question = next) {
    next = question->with;
    if (question->type->answer)
      log_question_done(sink, question);
    else
      question_free(question);
  }
}

static void *work(void *context)
{
  struct log_asker *asker = context;
  struct log_questions *questions = &asker->sink->questions;
  pthread_mutex_lock(&questions->mutex);
  while (!questions->stopping) {
    struct log_question *question = take_waiting(&questions->waiting[asker->lane]);
    if (!question) {
      pthread_cond_wait(&questions->changed, &questions->mutex);
      continue;
    }
    pthread_mutex_unlock(&questions->mutex);
    answer(asker, question);
    finish(asker->sink, question);
    pthread_mutex_lock(&questions->mutex);
  }
  pthread_mutex_unlock(&questions->mutex);
  return NULL;
}

/* ---- the thread that asks ----------------------------------------------------------- */

void log_questions_start(struct log_sink *sink)
{
  static const enum log_lane lanes[LOG_ASKERS] = {LANE_CONTROL, LANE_READ, LANE_READ, LANE_KEEP};
  struct log_questions *questions = &sink->questions;
  pthread_mutex_init(&questions->mutex, NULL);
  pthread_cond_init(&questions->changed, NULL);
  for (int lane = 0; lane < LANES; lane++)
    list_init(&questions->waiting[lane]);
  list_init(&questions->done);
  for (int i = 0; i < LOG_ASKERS; i++) {
    struct log_asker *asker = &questions->askers[i];
    asker->sink = sink;
    asker->lane = lanes[i];
    if (pthread_create(&asker->thread, NULL, work, asker) != 0)
      abort();
  }
}

void log_questions_stop(struct log_sink *sink)
{
  struct log_questions *questions = &sink->questions;
  char ignored[256];
  pthread_mutex_lock(&questions->mutex);
  questions->stopping = true;
  for (int i = 0; i < LOG_ASKERS; i++)
    if (questions->askers[i].cancel)
      PQcancel(questions->askers[i].cancel, ignored, sizeof ignored);
  pthread_cond_broadcast(&questions->changed);
  pthread_mutex_unlock(&questions->mutex);
  for (int i = 0; i < LOG_ASKERS; i++) {
    pthread_join(questions->askers[i].thread, NULL);
    set_connection(&questions->askers[i], NULL);
  }
  for (int lane = 0; lane < LANES; lane++)
    list_free(&questions->waiting[lane]);
  list_free(&questions->done);
  pthread_cond_destroy(&questions->changed);
  pthread_mutex_destroy(&questions->mutex);
}

void log_question_ask(struct log_sink *sink, struct log_question *question)
{
  struct log_questions *questions = &sink->questions;
  pthread_mutex_lock(&questions->mutex);
  list_add(&questions->waiting[question->type->lane], question);
  pthread_cond_broadcast(&questions->changed);
  pthread_mutex_unlock(&questions->mutex);
}

void log_questions_serve(struct log_sink *sink)
{
  struct log_questions *questions = &sink->questions;
  pthread_mutex_lock(&questions->mutex);
  struct log_list done = questions->done;
  if (done.end == &questions->done.first)
    done.end = &done.first;
  list_init(&questions->done);
  pthread_mutex_unlock(&questions->mutex);
  struct log_question *question;
  while ((question = list_take(&done))) {
    question->type->answer(question);
    question_free(question);
  }
}
