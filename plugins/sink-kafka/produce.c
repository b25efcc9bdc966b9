/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches in, messages out, delivery reports back. */
#include "sink.h"

#include <stdlib.h>
#include <string.h>

void *sink_alloc(size_t size)
{
  void *memory = calloc(1, size);
  if (!memory)
    abort();
  return memory;
}

/* ---- the list of batches ------------------------------------------------ */

static void unlink_pending(struct sink *sink, struct pending *pending)
{
  *(pending->previous ? &pending->previous->next : &sink->first) = pending->next;
  *(pending->next ? &pending->next->previous : &sink->last) = pending->previous;
  sink->taken--;
}

void sink_report(struct sink *sink, struct pending *pending)
{
  const struct headrace_host *host = sink->host;
  if (sink->current == pending)
    sink->current = pending->next;
  unlink_pending(sink, pending);
  if (pending->failed)
    host->failed(host, pending->batch, sink->failure);
  else
    host->durable(host, pending->batch, NULL);
}

/* Reports the batch once nothing of it is left to do. It is gone then. */
static void report_if_done(struct sink *sink, struct pending *pending)
{
  if (pending->outstanding || (pending->produced < pending->count && !pending->failed))
    return;
  /* What is in a transaction is durable when that is committed. */
  if (!sink->transaction.on || pending->failed)
    sink_report(sink, pending);
}

void sink_settle(struct sink *sink, struct pending *pending)
{
  pending->outstanding--;
  report_if_done(sink, pending);
}

void sink_take(struct sink *sink, struct headrace_batch *batch)
{
  const struct headrace_host *host = sink->host;
  size_t count;
  const struct headrace_event *events = host->events(host, batch, &count);
  struct pending *pending =
      host->alloc(host, batch, sizeof *pending + count * sizeof *pending->deliveries);
  *pending = (struct pending){.batch = batch, .events = events, .previous = sink->last};
  pending->count = count;
  *(sink->last ? &sink->last->next : &sink->first) = pending;
  sink->last = pending;
  sink->taken++;
  if (!sink->current)
    sink->current = pending;
}

/* ---- producing ---------------------------------------------------------- */

static rd_kafka_vu_t bytes(rd_kafka_vtype_t type, const struct headrace_value *value)
{
  bool null = value->state < HEADRACE_TEXT;
  const char *data = value->data ? value->data : ""; /* empty is not null */
  return (rd_kafka_vu_t){
      .vtype = type,
      .u.mem = {.ptr = null ? NULL : (void *)(uintptr_t)data, .size = null ? 0 : value->size}};
}

/* Who names a partition is not seen by the partitioner, which counts them else. */
static int32_t partition_of(const struct sink *sink, struct topic *topic,
                            const struct headrace_record *record)
{
  bool by_key = sink->placing == PLACING_KEY || topic->mirroring == MIRROR_BY_KEY;
  if (by_key || record->partition < 0)
    return RD_KAFKA_PARTITION_UA;
  int32_t seen = atomic_load_explicit(&topic->partitions, memory_order_relaxed);
  if (record->partition >= seen && record->partition < INT32_MAX)
    atomic_store_explicit(&topic->partitions, record->partition + 1, memory_order_relaxed);
  return record->partition;
}

/* The value is not copied: it lives in the batch's arena until the report. */
rd_kafka_resp_err_t sink_produce_record(struct sink *sink, struct topic *topic,
                                        const struct headrace_record *record,
                                        rd_kafka_headers_t *headers, struct delivery *delivery)
{
  rd_kafka_vu_t fields[7] = {
      {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->handle},
      {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition_of(sink, topic, record)},
      {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = delivery},
      bytes(RD_KAFKA_VTYPE_KEY, &record->key),
      bytes(RD_KAFKA_VTYPE_VALUE, &record->value),
  };
  size_t count = 5;
  if (record->timestamp_ms >= 0)
    fields[count++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms};
  if (headers)
    fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
  rd_kafka_error_t *error = rd_kafka_produceva(sink->kafka, fields, count);
  if (!error) {
    sink->in_flight++;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  rd_kafka_resp_err_t code =
      rd_kafka_error_is_fatal(error) ? RD_KAFKA_RESP_ERR__FATAL : rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

/* A record's overhead in a batch of format 2, at most: KIP-98. */
#define RECORD_OVERHEAD 36
#define PARTITIONS_MOST 16

/* Whether the topic has room for a record in this round: one full request per partition. */
static bool has_room(const struct sink *sink, struct topic *topic)
{
  if (topic->round != sink->round) {
    topic->round = sink->round;
    topic->round_bytes = 0;
  }
  int32_t partitions = atomic_load_explicit(&topic->partitions, memory_order_relaxed);
  size_t requests = partitions < 1                 ? 1
                    : partitions > PARTITIONS_MOST ? PARTITIONS_MOST
                                                   : (size_t)partitions;
  return topic->round_bytes < requests * sink->batch_bytes;
}

static size_t record_bytes(const struct sink *sink, const struct headrace_record *record)
{
  return RECORD_OVERHEAD + sink->headers.last_bytes + record->key.size + record->value.size;
}

/* QUEUE_FULL: not now. */
static rd_kafka_resp_err_t produce_to(struct sink *sink, struct topic *topic,
                                      const struct headrace_record *record,
                                      struct delivery *delivery)
{
  if ((!topic->handle && !topic_ready(sink, topic)) || !topic_mirror_ready(sink, topic) ||
      !has_room(sink, topic))
    return RD_KAFKA_RESP_ERR__QUEUE_FULL;
  rd_kafka_headers_t *headers = headers_take(&sink->headers, record, &delivery->header_set);
  rd_kafka_resp_err_t error = sink_produce_record(sink, topic, record, headers, delivery);
  if (!error)
    topic->round_bytes += record_bytes(sink, record);
  else if (headers)
    headers_give(&sink->headers, delivery->header_set, headers);
  return error;
}

/* False: not now. */
static bool produce_event(struct sink *sink, struct pending *pending)
{
  const struct headrace_event *event = &pending->events[pending->produced];
  struct delivery *delivery = &pending->deliveries[pending->produced];
  *delivery = (struct delivery){.pending = pending, .event = (uint32_t)pending->produced};
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__INVALID_TYPE;
  if (event->record && event->rejection) {
    pending->produced++;
    pending->outstanding++;
    delivery_refused(sink, delivery, event->rejection);
    return true;
  }
  if (event->record) {
    struct topic *topic = topic_for(sink, event);
    error =
        topic ? produce_to(sink, topic, event->record, delivery) : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  }
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    return false;
  pending->produced++;
  pending->outstanding++;
  if (error)
    delivery_failed(sink, delivery, error, false);
  return true;
}

/* True: the whole batch is with librdkafka. */
static bool produce_batch(struct sink *sink, struct pending *pending)
{
  headers_next_batch(&sink->headers);
  while (pending->produced < pending->count && !sink->failure)
    if (!produce_event(sink, pending))
      return false;
  return !sink->failure;
}

static void produce_batches(struct sink *sink)
{
  while (sink->current && (sink->current->produced || transaction_admits(sink))) {
    struct pending *pending = sink->current;
    pending->outstanding++; /* it must not be reported, and so be gone, in the middle of this */
    bool done = produce_batch(sink, pending);
    if (!done) {
      pending->outstanding--;
      return;
    }
    sink->current = pending->next;
    transaction_took(sink, pending);
    sink_settle(sink, pending);
  }
}

/* Records are produced in rounds: all that is there, up to a full request for
 * each partition, then nothing before all of them are acknowledged. What comes
 * meanwhile makes the next round, so rounds grow with the load by themselves.
 *
 * An idempotent librdkafka 2.0 has one request per partition on its way anyway,
 * and its broker thread spins while others wait behind it (docs/performance.md). */
void sink_produce(struct sink *sink)
{
  if (sink->failure || !letters_produce(sink))
    return;
  if (!sink->in_flight) {
    sink->round++;
    sink->round_open = true;
  }
  if (!sink->round_open)
    return;
  produce_batches(sink);
  sink->round_open = !sink->in_flight;
}

/* ---- reports ------------------------------------------------------------ */

static void give_headers_back(struct sink *sink, const rd_kafka_message_t *message,
                              const struct delivery *delivery)
{
  rd_kafka_headers_t *headers;
  if (delivery->header_set &&
      !rd_kafka_message_detach_headers((rd_kafka_message_t *)(uintptr_t)message, &headers))
    headers_give(&sink->headers, delivery->header_set, headers);
}

void sink_on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
  struct sink *sink = opaque;
  struct delivery *delivery = message->_private;
  sink->in_flight--;
  if (!delivery) { /* a position: what went wrong with it, the commit says */
    if (message->err)
      kafka_client_look_for_fatal(&sink->client, kafka);
    return;
  }
  give_headers_back(sink, message, delivery);
  if (message->err) {
    delivery_failed(sink, delivery, message->err, true);
    return;
  }
  kafka_client_up(&sink->client);
  sink_settle(sink, delivery->pending);
}

/* ---- giving up ----------------------------------------------------------- */

/* Nothing more is produced, and what librdkafka still has comes back as purged:
 * a later event must not overtake one that failed. Reports follow in sink_sweep,
 * because whoever calls this still looks at its batch. */
void sink_fail(struct sink *sink, enum headrace_result result)
{
  if (sink->failure)
    return;
  sink->failure = result;
  for (struct letter *letter = sink->letters, *next; letter; letter = next) {
    next = letter->next;
    letter->delivery->pending->failed = true;
    letter->delivery->pending->outstanding--;
  }
  sink->letters = NULL;
  sink->letters_end = &sink->letters;
  /* Those that only wait for their transaction to be committed are not in it any more. */
  for (struct pending *pending = sink->transaction.on ? sink->first : sink->current; pending;
       pending = pending->next)
    pending->failed = true;
  rd_kafka_purge(sink->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                  RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void sink_sweep(struct sink *sink)
{
  for (struct pending *pending = sink->first, *next; sink->failure && pending; pending = next) {
    next = pending->next;
    report_if_done(sink, pending);
  }
}
