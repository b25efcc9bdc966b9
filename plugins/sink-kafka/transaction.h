/* SPDX-License-Identifier: Apache-2.0
 *
 * Exactly once: batches are produced in transactions of Kafka (KIP-98) that also
 * hold the position after them, or where each of the source's parts goes on, in a
 * compacted topic of the pipeline's own. A batch is durable when its transaction is
 * committed.
 *
 * The topic is the pipeline's own because a reader of committed records stops at
 * the first open transaction of anyone: in a shared one it could miss the newest
 * position. */
#ifndef HEADRACE_SINK_KAFKA_TRANSACTION_H
#define HEADRACE_SINK_KAFKA_TRANSACTION_H

#include "stored_parts.h"

#include <headrace/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct sink;
struct pending;

struct transaction {
  bool on; /* the pipeline's checkpoint is kept here */
  char *id;
  char *topic; /* of positions */
  rd_kafka_topic_t *positions;
  int64_t interval_us; /* a transaction takes so long, if whole ones of the source allow */
  int64_t most_us;     /* and at most so long */

  bool open;          /* begun; not yet ended */
  bool closing;       /* no further batch is begun */
  bool position_sent; /* or all parts; the last records of the transaction */
  bool flushing;      /* nothing more will come: commit at once */
  bool has_events;
  size_t batches;       /* wholly produced in it */
  struct pending *last; /* the last batch that is wholly produced in it; NULL: none */
  int64_t began_us;
  int64_t produced_us; /* when `last` was produced */
  struct stored_parts parts;
};

/* The properties of a transactional producer. False: said by log. */
bool transaction_configure(const struct headrace_host *host, rd_kafka_conf_t *conf);
bool transaction_check(const struct headrace_host *host); /* keys against each other */

void transaction_init(struct sink *sink);
void transaction_free(struct sink *sink);

/* Shuts out whoever used the id before, and reads the position and the parts that are committed. */
enum headrace_result transaction_recover(struct sink *sink, void *out, size_t *size);
enum headrace_result transaction_stored_part(struct sink *sink, const char *name, int64_t *next);

/* Whether a batch may be begun now; opens a transaction for it. */
bool transaction_admits(struct sink *sink);

/* The batch is wholly with librdkafka. */
void transaction_took(struct sink *sink, struct pending *pending);

/* Ends the transaction, if it is time and all is delivered; reports its batches. */
void transaction_step(struct sink *sink);

/* How long poll() may sleep, so that step() comes in time. */
int transaction_timeout(const struct sink *sink, int timeout_ms);

void transaction_abort(struct sink *sink);

/* checkpoint_topic.c: makes the topic of positions if it is missing, and reads the newest
 * committed one; *size 0: there is none. Likewise the parts. */
enum headrace_result checkpoint_topic_read(struct sink *sink, void *out, size_t *size);
rd_kafka_resp_err_t checkpoint_topic_produce_position(struct sink *sink);
rd_kafka_resp_err_t checkpoint_topic_produce_part(struct sink *sink, const struct sink_part *part);

#endif
