/* SPDX-License-Identifier: Apache-2.0
 *
 * Record batches on their way through the pipeline, in the order in which they come back. */
#ifndef HEADRACE_KAFKA_IN_FLIGHT_H
#define HEADRACE_KAFKA_IN_FLIGHT_H

#include "kafka_errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct exchange;
struct partition;

struct flight {          /* one record batch */
  uint64_t mark;         /* of the pipeline's batch it is in */
  uint32_t first, count; /* events of that batch */
  struct partition *partition;
  struct blob *blob;         /* for the tail; NULL: not wanted there */
  struct exchange *exchange; /* who waits for it; NULL: nobody */
  size_t answer;             /* which of its answers */
  int64_t append_time_ms;    /* -1: the producer's times */
  enum kafka_error error;    /* the sink has refused it */
  const char *reason;        /* in the exchange; NULL: none */
};

struct in_flight {
  struct flight *flights; /* a ring */
  size_t first, count, capacity;
  uint64_t dropped; /* so many were before the first */
  uint64_t mark;    /* of the batch that is being filled */
  uint32_t events;
};

struct flight *in_flight_add(struct in_flight *in_flight);
struct flight *in_flight_first(const struct in_flight *in_flight); /* NULL: none */
/* That of the oldest batch which has the event; NULL: none. */
struct flight *in_flight_find(const struct in_flight *in_flight, uint32_t event);
/* The n-th of all that were ever added, from 0; NULL: it is not in flight any more. */
struct flight *in_flight_numbered(const struct in_flight *in_flight, uint64_t number);
void in_flight_drop(struct in_flight *in_flight); /* the first */
void in_flight_free(struct in_flight *in_flight);

#endif
