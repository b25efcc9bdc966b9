/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: what is asked of the log by another thread than the sink's. A question waits in its
 * lane, is answered by one of the lane's own threads with its own connection, and is called back
 * by serve(), on the thread that asked. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_QUESTIONS_H
#define HEADRACE_SINK_POSTGRES_LOG_QUESTIONS_H

#include "pg_connection.h"

#include <headrace/log.h>
#include <pthread.h>
#include <stdbool.h>

struct log_asker;
struct log_question;
struct log_sink;

enum log_lane {
  LANE_CONTROL, /* topics, groups, producers: one after another, in the order they were asked */
  LANE_READ,    /* records: any order */
  LANE_KEEP,    /* what takes long, and nobody waits for */
  LANES
};

enum { LOG_ASKERS = 4 };

struct log_question_type {
  enum log_lane lane;
  /* On a thread of the lane. False: *error. */
  bool (*run)(struct log_asker *asker, struct log_question *question, struct pg_error *error);
  /* Calls back; the question is freed after it. NULL: nobody waits for it. */
  void (*answer)(struct log_question *question);
  void (*free)(struct log_question *question); /* what it holds, and not itself; may be NULL */
  bool together; /* run() may have several: those that wait one behind another, see `with` */
  bool again; /* it changes nothing, or can be done twice: run anew when the connection was lost */
};

struct log_question {
  const struct log_question_type *type;
  struct log_question *next;
  struct log_question *with; /* to be run in one transaction with it; NULL: none */
  struct log_sink *sink;
  void *context;
  enum headrace_log_error error;
  char *reason; /* malloc'ed; NULL: none */
};

struct log_list {
  struct log_question *first, **end;
};

struct log_asker {
  struct log_sink *sink;
  enum log_lane lane;
  pthread_t thread;
  PGconn *connection;
  PGcancel *cancel; /* of the connection; under the questions' mutex */
  int64_t failed_at_us;
};

struct log_questions {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct log_list waiting[LANES], done;
  struct log_asker askers[LOG_ASKERS];
  bool stopping;
  struct headrace_log_reader reader; /* wake NULL: nobody is attached */
};

void log_questions_start(struct log_sink *sink);
void log_questions_stop(struct log_sink *sink); /* forgets all of them */
/* Takes the question, which is malloc'ed. */
void log_question_ask(struct log_sink *sink, struct log_question *question);
/* Nothing was to be asked: only answer() is called, in serve(). */
void log_question_done(struct log_sink *sink, struct log_question *question);
void log_questions_serve(struct log_sink *sink);

/* `size` bytes, zeroed, that begin with a struct log_question. */
void *log_question_new(struct log_sink *sink, size_t size, const struct log_question_type *type,
                       void *context);
/* Inside of run(): the answer is an error that is no error of the server. True. */
bool log_question_refuse(struct log_question *question, enum headrace_log_error error,
                         const char *reason);

/* Runs SQL with text parameters on the asker's connection. NULL: *error. */
PGresult *log_ask(struct log_asker *asker, struct pg_error *error, const char *sql, int count,
                  const char *const *values);
/* Changes something in one transaction, as the owner of the log: statements that end with ";". */
bool log_change(struct log_asker *asker, struct pg_error *error, const char *sql);

#endif
