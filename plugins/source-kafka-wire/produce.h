/* SPDX-License-Identifier: Apache-2.0
 *
 * Record batches of Produce requests: checked, and passed on as events. */
#ifndef HEADRACE_KAFKA_PRODUCE_H
#define HEADRACE_KAFKA_PRODUCE_H

#include "broker.h"

struct record_fault { /* of a batch whose records are refused one by one */
  int32_t index;
  const char *why;
};

struct produced {
  struct record_batch batch;
  struct wire_slice plain;     /* the records, without compression; the broker's until the next */
  struct blob *blob;           /* the batch as the topic compresses it; NULL: as it came */
  size_t memory;               /* that the records take */
  int64_t append_time_ms;      /* -1: the producer's times */
  struct record_fault *faults; /* in the arena */
  int32_t fault_count;
};

/* Reads the batch into broker->records. An error's text is in *why. If there is none, it is to be
 * passed on. */
enum kafka_error produce_check(struct exchange *exchange, const struct topic *topic,
                               struct wire_slice records, struct produced *produced,
                               const char **why);
/* Adds its records to the broker's batch, and it to what is in flight. */
struct flight *produce_pass_on(struct broker *broker, struct partition *partition,
                               const struct produced *produced);

#endif
