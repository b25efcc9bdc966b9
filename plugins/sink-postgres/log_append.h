/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: appending. Records get their offsets as they come, and are put into the group that
 * is collected; all that came while one transaction was under way is in the next one. The
 * transaction is one text: tables that are missing, COPY, what producers did, the counters, COMMIT.
 *
 * Nothing of a group is shown or acknowledged before its COMMIT was answered. If the connection is
 * lost before that, meta.next_global_offset tells whether it happened. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_APPEND_H
#define HEADRACE_SINK_POSTGRES_LOG_APPEND_H

#include "log_rows.h"
#include "log_state.h"
#include "pg_connection.h"

#include <headrace/plugin.h>
#include <stdbool.h>

struct log_sink;

struct log_entry { /* a partition that a group has records of */
  struct log_partition *partition;
  int64_t before, after;
  uint64_t bytes;
  bool by_sql; /* some came from the outbox: the source does not know of them */
};

struct log_new_segment {
  struct log_partition *partition;
  int64_t first, end;
};

struct log_wrote { /* a producer that numbers its records */
  struct log_partition *partition;
  int64_t producer;
};

struct log_block { /* a row of the table times */
  struct log_partition *partition;
  int64_t end;
  struct log_times times;
};

struct log_taken {
  struct headrace_batch *batch;
  uint64_t *receipts;
};

struct log_group {
  struct log_taken *taken;
  size_t taken_count, taken_capacity;
  struct log_rows rows;
  struct log_entry *entries;
  size_t entry_count, entry_capacity;
  struct log_new_segment *segments;
  size_t segment_count, segment_capacity;
  struct log_block *blocks;
  size_t block_count, block_capacity;
  struct log_wrote *wrote;
  size_t wrote_count, wrote_capacity;
  int64_t *outbox; /* ids of rows of the outbox that are in it */
  size_t outbox_count, outbox_capacity;
  int64_t global_before, global_after;
  char *sql; /* of the transaction, once it is closed */
};

enum log_phase {
  LOG_IDLE,
  LOG_WAIT,    /* until again_at_us, for a connection or another try */
  LOG_RUNNING, /* the transaction is under way */
};

struct log_append {
  struct log_group groups[2];
  struct log_group *collecting, *sending; /* NULL: none is sent */
  int64_t global_next;
  PGconn *connection;
  enum log_phase phase;
  bool in_doubt;         /* the transaction may have come through */
  bool copying;          /* the server waits for rows */
  bool unsent;           /* libpq has more than the socket took */
  struct pg_error error; /* of the transaction; result OK: none */
  unsigned attempts;
  int64_t again_at_us;
  int64_t trouble_since_us, trouble_said_us; /* 0: none */
  uint64_t random;
};

void log_append_init(struct log_append *append);
void log_append_free(struct log_append *append);
bool log_append_admits(const struct log_sink *sink);
enum headrace_result log_append_take(struct log_sink *sink, struct headrace_batch *batch);
void log_append_step(struct log_sink *sink); /* goes on as far as it can without waiting */
bool log_append_idle(const struct log_append *append);
short log_append_events(const struct log_append *append); /* of the connection, for poll(2) */
void log_append_abandon(struct log_sink *sink);           /* reports what is there as failed */

/* log_group.c */
void log_group_begin(struct log_group *group, int64_t global);
void log_group_free(struct log_group *group);
/* Takes the batch's records; FATAL: one was refused, and the pipeline is to stop. */
enum headrace_result log_group_take(struct log_sink *sink, struct log_group *group,
                                    struct headrace_batch *batch);
bool log_group_is_empty(const struct log_group *group);
/* One row of the outbox; what cannot be written is left out, and only taken off. */
void log_group_take_outbox(struct log_sink *sink, struct log_group *group, int64_t id,
                           int32_t topic, int32_t partition, const struct headrace_record *record);
void log_group_close(const struct log_sink *sink, struct log_group *group); /* makes `sql` */
/* It is committed: marks, segments and what is pending. */
void log_group_show(struct log_sink *sink, const struct log_group *group);

#endif
