/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-kafka: batches become librdkafka messages without copying values; their
 * delivery reports, counted down per batch, become durable() or failed().
 *
 * Everything here runs on the thread that calls the instance, librdkafka's
 * callbacks included (they come out of rd_kafka_poll), except the partitioners. */
#ifndef HEADRACE_SINK_KAFKA_H
#define HEADRACE_SINK_KAFKA_H

#include "kafka_conf.h"
#include "transaction.h"

#include <headrace/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

/* ---- topics and routes (topics.c, create.c, partition.c, mirror.c) ------ */

/* The key `partition`, in the order of its choices. */
enum placing {
  PLACING_RECORD, /* the record's own partition, if it has one */
  PLACING_SOURCE, /* the one where it was read, if there are as many */
  PLACING_KEY     /* the partitioner decides */
};

enum topic_state {
  TOPIC_READY,    /* it exists, or the broker is trusted to make it */
  TOPIC_MISSING,  /* to be created before anything is produced to it */
  TOPIC_CREATING, /* the request is on its way */
  TOPIC_REFUSED   /* it cannot be created: the sink has failed */
};

/* partition = source */
enum mirroring {
  MIRROR_NOT_KNOWN, /* how many partitions it has */
  MIRROR_GROWING,   /* the request is on its way */
  MIRROR_SAME,      /* as many as the source's topic has */
  MIRROR_BY_KEY
};

/* What the partitioners without a hash remember. librdkafka may call them on
 * its main thread too. */
struct spread {
  atomic_uint turn;
  _Atomic int32_t partitions; /* that `bytes` has room for */
  _Atomic(_Atomic uint64_t *) bytes;
};

typedef int32_t partitioner(const rd_kafka_topic_t *, const void *key, size_t size, int32_t count,
                            void *spread, void *delivery);

struct topic {
  struct topic *next;
  char *name;
  rd_kafka_topic_t *handle; /* NULL until it is ready */
  enum topic_state state;
  int64_t retry_at_us; /* of a creation, or a question, that failed for now */
  int32_t mirrored;    /* partitions of the source's topic; 0: it is no mirror */
  int32_t found;       /* partitions that the brokers said it has */
  enum mirroring mirroring;
  rd_kafka_resp_err_t not_grown; /* why, as was said */
  int64_t unknown_since_us;      /* the brokers say that there is no such topic; 0: they do not */
  uint64_t round;                /* in which `round_bytes` were produced */
  size_t round_bytes;
  _Atomic int32_t partitions; /* as the partitioner, or records, showed them last */
  partitioner *choose;
  struct spread spread;
};

/* Where the records of a relation (0: none) go that ask for topic `named` (NULL: for none). */
struct route {
  uint64_t relation_id;
  char *named;
  struct topic *topic; /* NULL: a free place */
};

struct routes {
  struct route *items; /* open addressing, a power of two */
  size_t count, capacity;
  uint64_t last_relation; /* of the route that was asked for last */
  struct topic *last_topic;
};

/* ---- batches ------------------------------------------------------------ */

/* The opaque of a message. */
struct delivery {
  struct pending *pending;
  uint32_t event;
  uint16_t header_set; /* of the pool; 0: the message's own headers */
  uint16_t dead_letter;
};

/* A batch that librdkafka has, or will have. Lives in the batch's arena. */
struct pending {
  struct headrace_batch *batch;
  const struct headrace_event *events;
  struct pending *next, *previous;
  size_t count;
  size_t produced;    /* events given to librdkafka, or rejected */
  size_t outstanding; /* messages and dead letters without a report yet */
  bool failed;
  struct delivery deliveries[];
};

/* A rejected event on its way to the dead-letter topic. In the batch's arena. */
struct letter {
  struct letter *next;
  struct delivery *delivery;
  const char *stage; /* that refused it */
  const char *error_class;
  const char *reason;
  bool without_value; /* it was too large for Kafka */
};

/* ---- headers ------------------------------------------------------------ */

#define HEADER_SETS 4

/* librdkafka's form of an array of headers that comes again and again, and
 * copies of it that came back with delivery reports. */
struct header_set {
  const struct headrace_header *source; /* the array it was made of */
  uint32_t count;
  uint16_t number;
  size_t bytes;        /* on the wire, at most */
  uint64_t checked_in; /* number of the batch for which source was compared */
  rd_kafka_headers_t *model;
  rd_kafka_headers_t **spare;
  size_t spare_count, spare_capacity;
};

struct header_pool {
  struct header_set sets[HEADER_SETS];
  const struct headrace_header *once; /* an array seen once, not yet worth a set */
  uint64_t batch;                     /* changes with each batch */
  size_t last_bytes;                  /* of what was taken last, on the wire */
  uint16_t last_number;
  uint16_t next;
};

/* ---- the instance --------------------------------------------------------- */

struct sink {
  struct kafka_client client; /* first: librdkafka's opaque */
  const struct headrace_host *host;
  rd_kafka_t *kafka;
  rd_kafka_queue_t *reports; /* librdkafka's main queue */
  rd_kafka_queue_t *answers; /* to requests to create topics */
  int event_fd;              /* readable: one of the two has something */

  const char *topic_template;
  const char *prefix;
  const char *dead_letter;
  bool create_topics;
  enum placing placing;
  size_t batch_bytes; /* librdkafka's batch.size: what is larger travels alone */

  struct topic *topics;
  struct routes routes;
  struct header_pool headers;

  struct pending *first, *last; /* all that were taken and not reported */
  struct pending *current;      /* the first that is not wholly produced */
  size_t taken;                 /* batches of that list */
  size_t in_flight;             /* messages without a delivery report */
  struct transaction transaction;
  uint64_t round; /* see sink_produce */
  bool round_open;
  struct letter *letters, **letters_end;
  enum headrace_result failure; /* OK: none; otherwise no more is produced */
};

void *sink_alloc(size_t size); /* zeroed; aborts when there is no memory */

/* conf.c */
extern const struct headrace_key sink_kafka_keys[];
rd_kafka_conf_t *sink_conf_new(const struct headrace_host *host); /* NULL: faults were logged */

/* topics.c */
struct topic *topic_for(struct sink *sink,
                        const struct headrace_event *event); /* NULL: nothing names one */
struct topic *topic_for_dead_letter(struct sink *sink, const struct headrace_event *event);
void topics_free(struct sink *sink);
bool topics_check(const struct headrace_host *host); /* the keys; logs each fault */

bool topic_open(struct sink *sink, struct topic *topic);
struct topic *topic_of_name(struct sink *sink, const char *name, size_t size);

/* create.c: whether records may go to the topic; false: not yet */
bool topic_ready(struct sink *sink, struct topic *topic);
void topics_serve_answers(struct sink *sink);

/* mirror.c: partition = source */
void topic_mirrors(struct sink *sink, const struct sink_part *part); /* this part is read */
bool topic_mirror_ready(struct sink *sink, struct topic *topic);     /* false: not yet */
void topic_grown(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t error);

/* partition.c: sets what the key partitioner says */
void partitioner_set(const struct headrace_host *host, rd_kafka_topic_conf_t *conf,
                     struct topic *topic);
bool partitioner_is_builtin(const struct headrace_host *host);
void spread_free(struct spread *spread);

/* headers.c */
rd_kafka_headers_t *headers_take(struct header_pool *pool, const struct headrace_record *record,
                                 uint16_t *set);
void headers_give(struct header_pool *pool, uint16_t set, rd_kafka_headers_t *headers);
void headers_next_batch(struct header_pool *pool);
void headers_free(struct header_pool *pool);
rd_kafka_headers_t *headers_of(const struct headrace_record *record, size_t more);

/* produce.c */
void sink_take(struct sink *sink, struct headrace_batch *batch);
void sink_produce(struct sink *sink); /* as much as librdkafka and the topics take now */
void sink_settle(struct sink *sink, struct pending *pending); /* one message less */
void sink_report(struct sink *sink, struct pending *pending); /* it is gone then */
void sink_fail(struct sink *sink, enum headrace_result result);
void sink_sweep(struct sink *sink); /* after a failure: reports what is left to report */
void sink_on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque);
rd_kafka_resp_err_t sink_produce_record(struct sink *sink, struct topic *topic,
                                        const struct headrace_record *record,
                                        rd_kafka_headers_t *headers, struct delivery *delivery);

/* failure.c */
void delivery_refused(struct sink *sink, struct delivery *delivery,
                      const struct headrace_rejection *rejection); /* by a stage before */
void delivery_failed(struct sink *sink, struct delivery *delivery, rd_kafka_resp_err_t error,
                     bool by_broker);
void sink_check_fatal(struct sink *sink);
bool letters_produce(struct sink *sink); /* false: librdkafka's queue is full */

#endif
