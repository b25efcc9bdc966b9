/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record that Kafka did not take means: one table, and what follows. */
#include "sink.h"

#include "connect_errors.h"
#include "kafka_topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum reaction {
  REJECT, /* the record's own fault: the pipeline's `errors` policy decides */
  AGAIN,  /* start anew from the frontier */
  GIVE_UP /* an operator must act */
};

struct failure {
  rd_kafka_resp_err_t error;
  enum reaction reaction;
  const char *error_class;
  const char *advice;
};

/* What is not here is worth a new start. Whatever librdkafka retries by itself never comes here. */
static const struct failure failures[] = {
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, REJECT, "too-large",
     "raise rdkafka.message.max.bytes here and max.message.bytes of the topic, or choose "
     "another `errors` policy"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, REJECT, "too-large",
     "raise segment.bytes of the topic, or choose another `errors` policy"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, REJECT, "authorization",
     "allow this user to WRITE and DESCRIBE the topic"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, REJECT, "unknown-topic",
     "create the topic, or set topic_create = yes"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, REJECT, "unknown-topic",
     "create the topic, or set topic_create = yes"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, REJECT, "unknown-partition",
     "the record asks for a partition that the topic has not: make more, or set partition = key"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, REJECT, "unknown-topic",
     "change topic or topics: Kafka does not take this name"},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, GIVE_UP, "invalid-record",
     "a topic with cleanup.policy=compact takes no record without a key"},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, GIVE_UP, "invalid-record",
     "raise message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic"},
    {RD_KAFKA_RESP_ERR__INVALID_TYPE, GIVE_UP, "not-encoded",
     "the pipeline needs a codec: this sink takes records, not changes"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, GIVE_UP, "authorization",
     "allow this user to WRITE to a topic, or IDEMPOTENT_WRITE on the cluster, or set idempotence "
     "= "
     "no"},
    {RD_KAFKA_RESP_ERR__FENCED, GIVE_UP, "fenced",
     "another process took over the transactional id, or this one stood still for longer than "
     "rdkafka.transaction.timeout.ms; see which process is to run, and start only that one"},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, GIVE_UP, "configuration", "change acks"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, GIVE_UP, "configuration",
     "change compression"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, GIVE_UP, "configuration",
     "this broker's message format is too old"},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, GIVE_UP, "configuration",
     "this broker is too old for idempotence: set idempotence = no"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, GIVE_UP, "configuration",
     "this broker is too old for idempotence: set idempotence = no"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, GIVE_UP, "policy", "the cluster's policy forbids it"},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, GIVE_UP, "configuration", "change the sasl and tls keys"},
};

static const struct failure *failure_for(rd_kafka_resp_err_t error)
{
  static const struct failure other = {RD_KAFKA_RESP_ERR_UNKNOWN, AGAIN, "transport",
                                       "starting anew"};
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
    if (failures[i].error == error)
      return &failures[i];
  return &other;
}

/* ---- saying which record ------------------------------------------------- */

static void append(char *text, size_t size, const char *more)
{
  size_t used = strlen(text);
  snprintf(text + used, size - used, "%s", more);
}

/* "public.orders (key columns id, region)": names only, row values are nobody's business here. */
static void name_relation(const struct headrace_relation *relation, char *text, size_t size)
{
  if (!relation) {
    snprintf(text, size, "a record");
    return;
  }
  snprintf(text, size, "%s%s%s", relation->schema ? relation->schema : "",
           relation->schema ? "." : "", relation->table);
  for (uint32_t i = 0; i < relation->key_count; i++) {
    append(text, size, i ? ", " : " (key columns ");
    append(text, size, relation->columns[relation->key[i]].name);
  }
  if (relation->key_count)
    append(text, size, ")");
}

static void describe(struct sink *sink, const struct delivery *delivery, rd_kafka_resp_err_t error,
                     const struct failure *failure, char *text, size_t size)
{
  const struct headrace_event *event = &delivery->pending->events[delivery->event];
  char relation[512];
  name_relation(event->change ? event->change->relation : NULL, relation, sizeof relation);
  if (!event->record) {
    snprintf(text, size, "%s: %s", relation, failure->advice);
    return;
  }
  const struct topic *topic = topic_for(sink, event);
  snprintf(text, size, "%s, key %" PRIu32 " bytes, value %" PRIu32 " bytes, topic %s: %s (%s); %s",
           relation, event->record->key.size, event->record->value.size,
           topic ? topic->name : "none", rd_kafka_err2str(error), rd_kafka_err2name(error),
           failure->advice);
}

/* ---- rejecting ------------------------------------------------------------ */

static char *keep(struct sink *sink, const struct delivery *delivery, const char *text)
{
  size_t size = strlen(text) + 1;
  return memcpy(sink->host->alloc(sink->host, delivery->pending->batch, size), text, size);
}

static void add_letter(struct sink *sink, struct delivery *delivery, const char *stage,
                       const char *error_class, const char *reason, bool without_value)
{
  struct letter *letter = sink->host->alloc(sink->host, delivery->pending->batch, sizeof *letter);
  *letter = (struct letter){.delivery = delivery,
                            .stage = stage,
                            .error_class = error_class,
                            .reason = keep(sink, delivery, reason),
                            .without_value = without_value};
  *sink->letters_end = letter;
  sink->letters_end = &letter->next;
}

static void stop(struct sink *sink, struct delivery *delivery, enum headrace_result result)
{
  delivery->pending->failed = true;
  sink_fail(sink, result);
  sink_settle(sink, delivery->pending);
}

static void reject(struct sink *sink, struct delivery *delivery, const struct failure *failure,
                   const char *reason)
{
  const struct headrace_host *host = sink->host;
  switch (
      host->reject(host, delivery->pending->batch, delivery->event, failure->error_class, reason)) {
  case HEADRACE_VERDICT_SKIP:
    sink_settle(sink, delivery->pending);
    return;
  case HEADRACE_VERDICT_DEAD_LETTER:
    add_letter(sink, delivery, "sink", failure->error_class, reason,
               failure->error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                   failure->error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE);
    return;
  case HEADRACE_VERDICT_STOP: /* the host has said so */
    stop(sink, delivery, HEADRACE_FATAL);
  }
}

void delivery_refused(struct sink *sink, struct delivery *delivery,
                      const struct headrace_rejection *rejection)
{
  add_letter(sink, delivery, rejection->stage, rejection->error_class, rejection->reason, false);
}

/* A broker refuses a whole request. Only a record that is larger than a full
 * request has surely travelled alone and is itself too large. */
static bool perhaps_innocent(const struct sink *sink, const struct delivery *delivery,
                             rd_kafka_resp_err_t error, bool by_broker)
{
  const struct headrace_record *record = delivery->pending->events[delivery->event].record;
  return by_broker && error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE &&
         (size_t)record->key.size + record->value.size < sink->batch_bytes;
}

void sink_check_fatal(struct sink *sink)
{
  if (!sink->client.fatal || sink->failure)
    return;
  const struct headrace_host *host = sink->host;
  const struct failure *failure = failure_for(sink->client.fatal);
  host->log(host, HEADRACE_ERROR, "the producer cannot go on: %s; %s", sink->client.fatal_reason,
            failure->advice);
  sink_fail(sink, failure->reaction == AGAIN ? HEADRACE_RETRY : HEADRACE_FATAL);
}

/* Purged by librdkafka itself: that it cannot go on may be said only after that. */
static bool tells_of_fatal(rd_kafka_resp_err_t error)
{
  return error == RD_KAFKA_RESP_ERR__FATAL || error == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
         error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

void delivery_failed(struct sink *sink, struct delivery *delivery, rd_kafka_resp_err_t error,
                     bool by_broker)
{
  if (tells_of_fatal(error)) {
    kafka_client_look_for_fatal(&sink->client, sink->kafka);
    sink_check_fatal(sink);
  }
  if (sink->failure) { /* purged, or its consequence */
    delivery->pending->failed = true;
    sink_settle(sink, delivery->pending);
    return;
  }
  const struct headrace_host *host = sink->host;
  const struct failure *failure = failure_for(error);
  char reason[1024];
  describe(sink, delivery, error, failure, reason, sizeof reason);
  if (delivery->dead_letter) {
    host->log(host, HEADRACE_ERROR, "the dead-letter topic does not take a rejected record: %s",
              reason);
    stop(sink, delivery, failure->reaction == AGAIN ? HEADRACE_RETRY : HEADRACE_FATAL);
  } else if (perhaps_innocent(sink, delivery, error, by_broker)) {
    host->log(host, HEADRACE_ERROR,
              "%s; or this record is not too large, but was sent with others: set "
              "rdkafka.batch.size to less than max.message.bytes of the topic",
              reason);
    stop(sink, delivery, HEADRACE_FATAL);
  } else if (failure->reaction == REJECT && by_broker && sink->transaction.on) {
    host->log(host, HEADRACE_ERROR,
              "%s. The broker's refusal ends the transaction, so `errors` cannot pass over this "
              "record here",
              reason);
    stop(sink, delivery, HEADRACE_FATAL);
  } else if (failure->reaction == REJECT) {
    reject(sink, delivery, failure, reason);
  } else {
    host->log(host, HEADRACE_ERROR, "%s", reason);
    stop(sink, delivery, failure->reaction == AGAIN ? HEADRACE_RETRY : HEADRACE_FATAL);
  }
}

/* ---- dead letters ---------------------------------------------------------- */

struct place {
  char topic[KAFKA_TOPIC_NAME_MAX + 1], partition[24], offset[24];
};

/* Where it was read, if that was a topic; else where it was to go. */
static void set_place(struct sink *sink, const struct headrace_event *event, struct place *place,
                      struct connect_error *error)
{
  const struct headrace_record *record = event->record;
  const struct topic *topic = topic_for(sink, event);
  error->topic = topic ? topic->name : "";
  if (record->offset < 0 || record->topic.state < HEADRACE_TEXT)
    return;
  snprintf(place->topic, sizeof place->topic, "%.*s", (int)record->topic.size, record->topic.data);
  snprintf(place->partition, sizeof place->partition, "%" PRId32, record->partition);
  snprintf(place->offset, sizeof place->offset, "%" PRId64, record->offset);
  error->topic = place->topic;
  error->partition = place->partition;
  error->offset = place->offset;
}

static rd_kafka_headers_t *letter_headers(struct sink *sink, const struct letter *letter,
                                          const struct headrace_event *event)
{
  struct place place;
  struct connect_error error = {.pipeline = sink->host->pipeline,
                                .stage = letter->stage,
                                .at_sink = "PRODUCE",
                                .exception = letter->error_class,
                                .message = letter->reason};
  struct headrace_pair added[CONNECT_ERROR_HEADERS];
  set_place(sink, event, &place, &error);
  size_t count = connect_error_headers(&error, added);
  rd_kafka_headers_t *headers = headers_of(event->record, count);
  for (size_t i = 0; i < count; i++)
    rd_kafka_header_add(headers, added[i].name, -1, added[i].value, -1);
  return headers;
}

/* False: not now. */
static bool produce_letter(struct sink *sink, struct letter *letter)
{
  struct delivery *delivery = letter->delivery;
  const struct headrace_event *event = &delivery->pending->events[delivery->event];
  struct topic *topic = topic_for_dead_letter(sink, event);
  if (!topic->handle && !topic_ready(sink, topic))
    return false;
  struct headrace_record record = *event->record;
  record.partition = -1;
  if (letter->without_value)
    record.value = (struct headrace_value){0};
  delivery->dead_letter = 1;
  delivery->header_set = 0;
  rd_kafka_headers_t *headers = letter_headers(sink, letter, event);
  rd_kafka_resp_err_t error = sink_produce_record(sink, topic, &record, headers, delivery);
  if (error)
    rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    return false;
  sink->letters = letter->next;
  if (!sink->letters)
    sink->letters_end = &sink->letters;
  if (error)
    delivery_failed(sink, delivery, error, false);
  return true;
}

bool letters_produce(struct sink *sink)
{
  while (sink->letters && !sink->failure)
    if (!produce_letter(sink, sink->letters))
      return false;
  return true;
}
