/* SPDX-License-Identifier: Apache-2.0
 *
 * What a partition remembers of producers that number their records: Kafka's rules
 * (org.apache.kafka.storage.internals.log.ProducerStateManager, ProducerAppendInfo). */
#ifndef HEADRACE_SINK_POSTGRES_LOG_NUMBERING_H
#define HEADRACE_SINK_POSTGRES_LOG_NUMBERING_H

#include <headrace/plugin.h>
#include <stdbool.h>

enum { LOG_WINDOW = 5 }; /* runs that are remembered, as many as a producer may have under way */

struct log_run {
  int32_t first_sequence;
  uint32_t count;
  int64_t first_offset;
};

struct log_producer {
  int64_t id;
  int16_t epoch;
  int64_t last_timestamp_ms;         /* when it wrote last */
  struct log_run window[LOG_WINDOW]; /* the oldest first */
  unsigned window_count;
};

enum log_numbering_verdict {
  LOG_IN_SEQUENCE,
  LOG_DUPLICATE,
  LOG_OUT_OF_SEQUENCE,
  LOG_OLD_EPOCH,
  LOG_NUMBERING_INVALID
};

struct log_producers;

struct log_producers *log_producers_new(void);
void log_producers_free(struct log_producers *producers);
struct log_producer *log_producers_find(struct log_producers *producers, int64_t id);
struct log_producer *log_producers_add(struct log_producers *producers, int64_t id);
/* Those that have not written since then. */
void log_producers_forget(struct log_producers *producers, int64_t before_ms);

/* DUPLICATE: *first_offset is where the run was written the first time. */
enum log_numbering_verdict log_numbering_check(struct log_producers *producers,
                                               const struct headrace_numbering *numbering,
                                               int64_t *first_offset);
/* After IN_SEQUENCE, with where it is going to be. The pointer is good until the next add. */
struct log_producer *log_numbering_note(struct log_producers *producers,
                                        const struct headrace_numbering *numbering,
                                        int64_t first_offset, int64_t now_ms);
int32_t log_run_last(const struct log_run *run); /* its last sequence number */

#endif
