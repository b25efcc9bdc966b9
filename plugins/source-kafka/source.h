/* SPDX-License-Identifier: Apache-2.0
 *
 * source-kafka: a member of a consumer group. Records come out of one queue of our own, to which
 * every partition's is forwarded, so that the group is served (rebalances, max.poll.interval.ms)
 * while no record is taken: a sink that waits neither pauses partitions nor loses the group.
 *
 * All of it runs on the source thread, librdkafka's callbacks included (they come out of
 * rd_kafka_consumer_poll), except the questions of locate.c and refill.c and what close() does on
 * the supervisor's thread once the source thread is gone. */
#ifndef HEADRACE_SOURCE_KAFKA_H
#define HEADRACE_SOURCE_KAFKA_H

#include "kafka_conf.h"

#include <headrace/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

#define NOT_KNOWN (-1) /* of an offset */

/* ---- partitions (partition.c) ------------------------------------------- */

enum partition_state {
  PARTITION_ELSEWHERE, /* not assigned, or given back */
  PARTITION_DRAINING,  /* assigned; batches of an earlier assignment are still on their way */
  PARTITION_ASKING,    /* the checkpoint is asked where it goes on */
  PARTITION_LOCATING,  /* the brokers are asked, see struct locate */
  PARTITION_LOCATED,   /* `next` is known */
  PARTITION_READING,
  PARTITION_LEAVING /* revoked; no more is read, what is on its way becomes durable */
};

/* Lives until close: a partition that comes back finds what is on its way. */
struct partition {
  struct topic *topic;
  int32_t number;
  enum partition_state state;
  char *name;             /* of the part: "topic/3" */
  int64_t stored;         /* what the checkpoint said */
  int64_t next;           /* after the last record that is in a batch */
  int64_t from;           /* where the next batch's part begins */
  int64_t durable;        /* everything before is durable; NOT_KNOWN: it was never begun */
  int64_t told;           /* the `durable` that the group heard of */
  int64_t record_time_ms; /* of the last record; -1: none */
  size_t in_flight;       /* batches that have something of it */
  bool asked;             /* the checkpoint owes an answer */
  bool announce;          /* a batch without records is to say `from` and `next` */
  bool touched;           /* something of it is in the batch that is being filled */
};

struct topic {
  char *name;
  const rd_kafka_topic_t *handle; /* as messages have it; NULL: none came yet */
  struct partition **partitions;  /* by number; NULL: never assigned */
  int32_t count;
};

struct topics {
  struct topic **items;
  size_t count, capacity;
  struct topic *last; /* of the last message */
};

struct source;

struct partition *partition_get(struct topics *topics, const char *topic, int32_t number);
struct partition *partition_of(struct topics *topics, const rd_kafka_message_t *message);
struct partition *partition_find(const struct topics *topics, const char *topic, int32_t number);
/* Goes through all: start with *at = 0, until NULL. */
struct partition *partition_next(const struct topics *topics, size_t *at);
void topics_free(struct topics *topics);

/* ---- what is on its way (in_flight.c) ------------------------------------ */

/* What a batch holds of a partition. */
struct flight {
  uint64_t mark; /* of the batch: its position */
  struct partition *partition;
  int64_t to;
};

struct in_flight {
  struct flight *items; /* a ring, a power of two */
  size_t first, count, capacity;
};

void in_flight_add(struct in_flight *in_flight, const struct flight *flight);
/* All batches up to `mark` are durable. */
void in_flight_retire(struct in_flight *in_flight, uint64_t mark);
void in_flight_free(struct in_flight *in_flight);

/* ---- questions to the brokers (locate.c) ---------------------------------- */

/* They block, so a thread of their own asks, again and again until each has an answer or nobody
 * wants it any more. The lists are the job's; offsets are the answers. */
struct locate {
  pthread_t thread;
  bool running;
  int cancel_fd;    /* readable: nobody wants to know any more */
  atomic_bool done; /* all answers are there */
  const struct headrace_host *host;
  rd_kafka_t *kafka;
  rd_kafka_topic_partition_list_t *committed; /* NULL: not asked */
  rd_kafka_topic_partition_list_t *begin;     /* in: a time in ms; NULL: not asked */
  rd_kafka_topic_partition_list_t *low, *high;
};

/* About the partitions of the list, as the source is configured. Wakes the source when done. */
void locate_start(struct locate *locate, const struct source *source,
                  const rd_kafka_topic_partition_list_t *partitions);
void locate_end(struct locate *locate); /* waits for the thread, frees */

/* ---- fetching again (refill.c) --------------------------------------------- */

struct refill {
  pthread_t thread;
  rd_kafka_t *kafka; /* NULL: not started */
  int fd;            /* readable: ask, or end */
  atomic_bool ended;
  size_t quarter_bytes, quarter_messages; /* of what librdkafka lets wait */
  size_t bytes, messages;                 /* taken since the thread was woken */
};

void refill_start(struct refill *refill, rd_kafka_t *kafka);
void refill_taken(struct refill *refill, const rd_kafka_message_t *message);
void refill_end(struct refill *refill);

/* ---- the instance ----------------------------------------------------------- */

enum turn { TURN_NONE, TURN_ASSIGN, TURN_REVOKE };

/* A rebalance that librdkafka waits for us to complete. */
struct rebalance {
  enum turn turn;
  rd_kafka_topic_partition_list_t *list;
  int64_t deadline_us; /* of a revocation */
  struct locate locate;
};

enum start { START_EARLIEST, START_LATEST, START_TIMESTAMP };

struct source {
  struct kafka_client client; /* first: librdkafka's opaque */
  const struct headrace_host *host;
  rd_kafka_t *kafka;
  rd_kafka_queue_t *events;  /* the consumer's own: rebalances, errors */
  rd_kafka_queue_t *records; /* all partitions' */
  int event_fd;              /* readable: one of the two has something */

  enum start start;
  int64_t start_ms;   /* if start is a time */
  bool use_committed; /* the group's offsets say where a partition goes on */
  int64_t revoke_timeout_us;

  struct topics topics;
  struct in_flight in_flight;
  struct rebalance rebalance;
  struct refill refill;
  struct partition **touched; /* by the batch that is being filled */
  size_t touched_count, touched_capacity;
  bool announcing; /* some partition is to be announced */
  uint64_t mark;   /* of the last batch */
  bool stopping;   /* nothing more is read */
  bool closing;
  bool abandoned;     /* not to be destroyed, see farewell.c */
  bool assigned_once; /* if only to no partition */
  int64_t gauged_at_us;
  int64_t complained_at_us;     /* about commits */
  enum headrace_result failure; /* OK: none; read() says it */
};

void *source_alloc(size_t size); /* zeroed; aborts when there is no memory */
void *source_grow(void *old, size_t size);
void source_fail(struct source *source, enum headrace_result result);
void source_touch(struct source *source, struct partition *partition);

/* conf.c */
extern const struct headrace_key source_kafka_keys[];
rd_kafka_conf_t *source_conf_new(const struct headrace_host *host); /* NULL: faults were logged */
bool source_parse_time(const char *text, int64_t *ms);
rd_kafka_topic_partition_list_t *source_subscription(const struct headrace_host *host);

/* rebalance.c */
void rebalance_callback(rd_kafka_t *kafka, rd_kafka_resp_err_t error,
                        rd_kafka_topic_partition_list_t *list, void *opaque);
void rebalance_advance(struct source *source); /* as far as can be without waiting */
void rebalance_cancel(struct source *source);

/* fault.c: an error that came in place of a record */
void source_fault(struct source *source, const rd_kafka_message_t *message);
void source_check_fatal(struct source *source);

/* farewell.c: commits what is durable and leaves the group, unless the brokers are away */
void farewell_say(struct source *source);
void farewell_destroy(struct source *source); /* after all queues */

/* commit.c */
void offsets_tell(struct source *source); /* librdkafka commits them by and by */
void offsets_callback(rd_kafka_t *kafka, rd_kafka_resp_err_t error,
                      rd_kafka_topic_partition_list_t *list, void *opaque);

/* markers.c */
void markers_pass(struct source *source);

/* lag.c */
void lag_gauge(struct source *source);

/* record.c: gives the record's timestamp */
int64_t record_add(const struct source *source, struct headrace_batch *batch,
                   const rd_kafka_message_t *message, const struct partition *partition);

#endif
