/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: what produce() has put into the table outbox, in transactions of others. A thread
 * with a connection of its own listens, and reads rows that are committed; the sink's thread gives
 * them offsets, and the transaction that writes them takes them off the outbox. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_OUTBOX_H
#define HEADRACE_SINK_POSTGRES_LOG_OUTBOX_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>

struct log_group;
struct log_sink;

struct log_outbox {
  pthread_t thread;
  pthread_mutex_t mutex;
  int wake_fd; /* an eventfd, of the thread */
  /* under the mutex */
  PGresult *rows; /* read, and not taken yet */
  bool busy;      /* rows are on their way: none are read meanwhile */
  bool stopping;
};

void log_outbox_start(struct log_sink *sink);
void log_outbox_stop(struct log_sink *sink);
/* The sink's thread: what there is goes into the group; and it is committed. */
void log_outbox_take(struct log_sink *sink, struct log_group *group);
void log_outbox_written(struct log_sink *sink, const struct log_group *group);

#endif
