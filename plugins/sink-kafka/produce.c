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
}

/* Reports the batch once nothing of it is left to do. It is gone then. */
static void report_if_done(struct sink *sink, struct pending *pending)
{
  if (pending->outstanding || (pending->produced < pending->count && !pending->failed))
    return;
  const struct headrace_host *host = sink->host;
  unlink_pending(sink, pending);
  if (sink->current == pending)
    sink->current = NULL;
  if (pending->failed)
    host->failed(host, pending->batch, sink->failure);
  else
    host->durable(host, pending->batch, NULL);
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
  sink->current = pending;
  headers_next_batch(&sink->headers);
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

/* The value is not copied: it lives in the batch's arena until the report. */
rd_kafka_resp_err_t sink_produce_record(struct sink *sink, struct topic *topic,
                                        const struct headrace_record *record,
                                        rd_kafka_headers_t *headers, struct delivery *delivery)
{
  rd_kafka_vu_t fields[7] = {
      {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->handle},
      {.vtype = RD_KAFKA_VTYPE_PARTITION,
       .u.i32 = record->partition >= 0 ? record->partition : RD_KAFKA_PARTITION_UA},
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
  if (!error)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

/* False: not now. */
static bool produce_event(struct sink *sink, struct pending *pending)
{
  const struct headrace_event *event = &pending->events[pending->produced];
  struct delivery *delivery = &pending->deliveries[pending->produced];
  *delivery = (struct delivery){.pending = pending, .event = (uint32_t)pending->produced};
  struct topic *topic = NULL;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  if (!event->record) {
    error = RD_KAFKA_RESP_ERR__INVALID_TYPE;
  } else if ((topic = topic_for(sink, event))) {
    if (topic->state != TOPIC_READY && !topic_ready(sink, topic))
      return false;
    rd_kafka_headers_t *headers =
        headers_take(&sink->headers, event->record, &delivery->header_set);
    error = sink_produce_record(sink, topic, event->record, headers, delivery);
    if (error && headers)
      headers_give(&sink->headers, delivery->header_set, headers);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      return false;
  }
  pending->produced++;
  pending->outstanding++;
  if (error)
    delivery_failed(sink, delivery, error, false);
  return true;
}

void sink_produce(struct sink *sink)
{
  if (sink->failure || !letters_produce(sink))
    return;
  while (sink->current && !sink->failure) {
    struct pending *pending = sink->current;
    if (pending->produced == pending->count) {
      sink->current = NULL;
      report_if_done(sink, pending); /* a batch without events, or all rejected */
      return;
    }
    if (!produce_event(sink, pending))
      return;
  }
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
  (void)kafka;
  struct sink *sink = opaque;
  struct delivery *delivery = message->_private;
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
  if (sink->current)
    sink->current->failed = true;
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
