/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: an ordered log of records in PostgreSQL, which can be read back
 * (include/headrace/log.h). The sink's callbacks run on one thread, which appends; questions are
 * answered by threads of the log's own (log_questions.h); both know the log from struct log_state.
 *
 * One process writes a log. It is told apart by the owner's epoch in the table meta: whoever takes
 * over raises it, and every transaction that appends has to find it unchanged. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_SINK_H
#define HEADRACE_SINK_POSTGRES_LOG_SINK_H

#include "failure.h"
#include "log_append.h"
#include "log_known.h"
#include "log_outbox.h"
#include "log_questions.h"
#include "log_state.h"
#include "pg_connection.h"

#include <stdatomic.h>

#define LOG_MOVED      "HR101" /* SQLSTATE of advance() and owned(): somebody else is the owner */
#define LOG_TABLE_GONE "42P01" /* by retention, or with its topic */

struct log_sink {
  const struct headrace_host *host;
  struct pg_target target;
  char *settings;
  char *schema; /* quoted */
  int64_t segment_records;
  size_t batch_rows, batch_bytes;
  int64_t keep_ms, keep_offsets_ms, keep_interval_ms; /* keep_ms -1: without limit */
  char keep_text[24];                                 /* keep_ms, as retention.ms has it */
  int64_t keep_at_us;                                 /* worker: when to look again */
  struct headrace_log interface;

  pthread_mutex_t opening;
  bool open; /* under `opening`; what follows is there only then */
  struct log_state state;
  struct log_append append;
  struct log_known known;
  struct log_questions questions;
  struct log_outbox outbox;
  struct log_answer *answers;          /* not released yet; of the thread that asks */
  int64_t producer_next, producer_end; /* of the control lane: ids to give */
  atomic_int failure;                  /* enum headrace_result; OK: none */
};

enum headrace_result log_sink_new(const struct headrace_host *host, struct log_sink **sink);
void log_sink_close(struct log_sink *sink);
const struct headrace_log *log_sink_interface(const struct log_sink *sink);
enum headrace_result log_sink_write(struct log_sink *sink, struct headrace_batch *batch);
enum headrace_result log_sink_poll(struct log_sink *sink, int timeout_ms);
enum headrace_result log_sink_flush(struct log_sink *sink, int timeout_ms);

int64_t log_now_us(const struct log_sink *sink);
/* A connection that finds the log's tables by their bare names. NULL: *error. */
PGconn *log_connect(const struct log_sink *sink, struct pg_error *error);
/* The pipeline stops, after this callback of the sink's; any thread. */
void log_fail(struct log_sink *sink, enum headrace_result result);
void log_fail_fenced(struct log_sink *sink);
/* Says what is wrong and stops. */
void log_fail_error(struct log_sink *sink, const char *what, const struct pg_error *error);

/* log_schema.c: makes or upgrades the tables. */
bool log_schema_prepare(const struct log_sink *sink, PGconn *connection, struct pg_error *error);

/* log_load.c: shuts out whoever wrote before, and reads what is there. */
bool log_take_over(struct log_sink *sink, PGconn *connection, struct pg_error *error);
/* One topic from its rows, as log_take_over() does it with all. Locked. */
bool log_load_topic(struct log_sink *sink, PGconn *connection, const char *name,
                    struct pg_error *error);

/* log_keep.c: retention, when it is time. Worker. */
void log_keep(struct log_sink *sink);
/* log_topics.c: the tables and rows of a topic that was deleted. */
bool log_drop_topic(struct log_asker *asker, struct log_topic *topic, struct pg_error *error);
/* log_space.c: what is before `start` is not read any more. */
bool log_move_start(struct log_asker *asker, struct log_partition *partition, int64_t start,
                    struct pg_error *error);

#endif
