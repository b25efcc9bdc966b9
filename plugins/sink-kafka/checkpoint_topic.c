/* SPDX-License-Identifier: Apache-2.0
 *
 * The compacted topic of positions: made if it is missing, read to its end, written to. The key
 * TRANSACTIONAL_ID has the source's position, TRANSACTIONAL_ID:PART the next offset of that part
 * in decimal digits; a tombstone forgets it. */
#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_TIMEOUT_MS 10000
#define CREATE_MS          15000
#define CONSUME_MS         200
#define READ_MS            60000
#define SEGMENT_BYTES      "104857600" /* what is not full is not compacted, and a start reads it */

/* ---- creating --------------------------------------------------------------- */

static rd_kafka_NewTopic_t *describe(const struct sink *sink, char *error, size_t size)
{
  const struct headrace_host *host = sink->host;
  rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(
      sink->transaction.topic, 1, (int)host->integer(host, "topic_replication"), error, size);
  if (wanted) {
    rd_kafka_NewTopic_set_config(wanted, "cleanup.policy", "compact");
    rd_kafka_NewTopic_set_config(wanted, "segment.bytes", SEGMENT_BYTES);
  }
  return wanted;
}

static rd_kafka_resp_err_t result_of(rd_kafka_event_t *event)
{
  size_t count = 0;
  const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
  if (rd_kafka_event_error(event) || !result)
    return rd_kafka_event_error(event);
  const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
  return count ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
}

static rd_kafka_resp_err_t create(struct sink *sink)
{
  char text[256] = "";
  rd_kafka_NewTopic_t *wanted = describe(sink, text, sizeof text);
  if (!wanted)
    return RD_KAFKA_RESP_ERR__INVALID_ARG;
  rd_kafka_queue_t *answers = rd_kafka_queue_new(sink->kafka);
  rd_kafka_AdminOptions_t *options =
      rd_kafka_AdminOptions_new(sink->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MS, text, sizeof text);
  rd_kafka_CreateTopics(sink->kafka, &wanted, 1, options, answers);
  rd_kafka_event_t *event = rd_kafka_queue_poll(answers, CREATE_MS);
  rd_kafka_resp_err_t error = event ? result_of(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (event)
    rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(wanted);
  rd_kafka_queue_destroy(answers);
  return error;
}

/* Who may not create it may have been given one. */
static enum headrace_result make_sure(struct sink *sink)
{
  const struct headrace_host *host = sink->host;
  rd_kafka_resp_err_t error = create(sink);
  switch (error) {
  case RD_KAFKA_RESP_ERR_NO_ERROR:
    host->log(host, HEADRACE_INFO, "created topic %s for positions", sink->transaction.topic);
    return HEADRACE_OK;
  case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    return HEADRACE_OK;
  default:
    host->log(host, HEADRACE_ERROR,
              "cannot create topic %s for positions: %s; create it with one partition and "
              "cleanup.policy=compact, or see to what is said",
              sink->transaction.topic, rd_kafka_err2str(error));
    return HEADRACE_RETRY;
  }
}

/* ---- reading ------------------------------------------------------------------ */

/* The connection's keys, and nothing of the producer's. */
static rd_kafka_t *open_reader(struct sink *sink)
{
  static const struct kafka_property defaults[] = {
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", "true"},
      {"fetch.wait.max.ms", "10"}, /* the end is an answer, not something to wait for */
      {"log_level", "3"},          /* it is told of the producer's properties too */
      {NULL, NULL}};
  static const struct kafka_property reserved[] = {{NULL, NULL}};
  static const struct kafka_conf_spec spec = {defaults, reserved};
  const struct headrace_host *host = sink->host;
  char error[512];
  rd_kafka_conf_t *conf = kafka_conf_new(host, &spec);
  if (!conf)
    return NULL;
  rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (reader)
    return reader;
  host->log(host, HEADRACE_ERROR, "cannot read topic %s: %s", sink->transaction.topic, error);
  rd_kafka_conf_destroy(conf);
  return NULL;
}

enum reading { GOES_ON, AT_THE_END, BROKEN, FOREIGN };

struct newest {
  char *out;
  size_t room, size;
};

static enum reading take_position(const rd_kafka_message_t *message, struct newest *newest)
{
  if (message->len > newest->room)
    return FOREIGN;
  newest->size = message->len;
  if (message->len)
    memcpy(newest->out, message->payload, message->len);
  return GOES_ON;
}

/* -1: of a tombstone; -2: it is none. */
static int64_t offset_in(const rd_kafka_message_t *message)
{
  const char *digits = message->payload;
  int64_t offset = 0;
  if (!digits)
    return -1;
  if (!message->len || message->len > 18)
    return -2;
  for (size_t i = 0; i < message->len; i++) {
    if (digits[i] < '0' || digits[i] > '9')
      return -2;
    offset = 10 * offset + (digits[i] - '0');
  }
  return offset;
}

static enum reading take_part(struct sink *sink, const rd_kafka_message_t *message, size_t prefix)
{
  const char *name = (const char *)message->key + prefix;
  size_t size = message->key_len - prefix;
  int64_t offset = offset_in(message);
  if (!size || size > HEADRACE_PART_NAME_MAX || memchr(name, 0, size) || offset < -1)
    return FOREIGN;
  struct sink_part *part = stored_parts_get(&sink->transaction.parts, name, size);
  part->stored = part->next = offset;
  return GOES_ON;
}

static enum reading take(struct sink *sink, const rd_kafka_message_t *message,
                         struct newest *newest)
{
  const char *id = sink->transaction.id;
  size_t size = strlen(id);
  if (message->err)
    return message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? AT_THE_END : BROKEN;
  if (message->key_len < size || memcmp(message->key, id, size) != 0)
    return FOREIGN;
  if (message->key_len == size)
    return take_position(message, newest);
  return ((const char *)message->key)[size] == ':' ? take_part(sink, message, size + 1) : FOREIGN;
}

static enum headrace_result conclude(const struct sink *sink, enum reading reading,
                                     rd_kafka_resp_err_t error)
{
  const struct headrace_host *host = sink->host;
  if (reading == AT_THE_END)
    return HEADRACE_OK;
  if (reading == FOREIGN) {
    host->log(host, HEADRACE_ERROR,
              "topic %s holds records that are not positions of %s: each pipeline needs a "
              "checkpoint_topic of its own",
              sink->transaction.topic, sink->transaction.id);
    return HEADRACE_FATAL;
  }
  host->log(host, HEADRACE_ERROR, "cannot read the position from topic %s: %s",
            sink->transaction.topic, error ? rd_kafka_err2str(error) : "it takes too long");
  return HEADRACE_RETRY;
}

/* A new topic's leader may not be known yet: that passes. */
static bool passes(rd_kafka_resp_err_t error)
{
  return error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
         error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

static enum headrace_result read_to_end(struct sink *sink, rd_kafka_topic_t *topic,
                                        struct newest *newest)
{
  const struct headrace_host *host = sink->host;
  int64_t deadline = host->now_us(host) + READ_MS * INT64_C(1000);
  enum reading reading = GOES_ON;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (reading == GOES_ON && host->now_us(host) < deadline) {
    struct pollfd wake = {.fd = host->wake_fd, .events = POLLIN};
    rd_kafka_message_t *message = rd_kafka_consume(topic, 0, CONSUME_MS);
    if (message) {
      error = message->err;
      reading = take(sink, message, newest);
      rd_kafka_message_destroy(message);
    } else if (poll(&wake, 1, 0) > 0) {
      break; /* told to stop */
    }
    if (reading == BROKEN && passes(error))
      reading = GOES_ON;
  }
  return conclude(sink, reading, error);
}

enum headrace_result checkpoint_topic_read(struct sink *sink, void *out, size_t *size)
{
  enum headrace_result result = make_sure(sink);
  if (result != HEADRACE_OK)
    return result;
  rd_kafka_t *reader = open_reader(sink);
  if (!reader)
    return HEADRACE_FATAL;
  struct newest newest = {.out = out, .room = *size};
  rd_kafka_topic_t *topic = rd_kafka_topic_new(reader, sink->transaction.topic, NULL);
  result = HEADRACE_RETRY;
  if (topic && rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING) == 0) {
    result = read_to_end(sink, topic, &newest);
    rd_kafka_consume_stop(topic, 0);
  }
  if (topic)
    rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(reader);
  *size = newest.size;
  return result;
}

/* ---- writing ------------------------------------------------------------------ */

static rd_kafka_resp_err_t produce(struct sink *sink, const char *key, size_t key_size,
                                   const void *value, size_t size)
{
  if (rd_kafka_produce(sink->transaction.positions, 0, RD_KAFKA_MSG_F_COPY,
                       (void *)(uintptr_t)value, size, key, key_size, NULL))
    return rd_kafka_last_error();
  sink->in_flight++;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t checkpoint_topic_produce_position(struct sink *sink)
{
  const struct transaction *transaction = &sink->transaction;
  size_t size;
  const void *position = sink->host->position(sink->host, transaction->last->batch, &size);
  return produce(sink, transaction->id, strlen(transaction->id), position, size);
}

rd_kafka_resp_err_t checkpoint_topic_produce_part(struct sink *sink, const struct sink_part *part)
{
  char offset[24];
  int size = snprintf(offset, sizeof offset, "%" PRId64, part->next);
  size_t id_size = strlen(sink->transaction.id), name_size = strlen(part->name);
  char *key = sink_alloc(id_size + name_size + 2);
  sprintf(key, "%s:%s", sink->transaction.id, part->name);
  rd_kafka_resp_err_t error = produce(sink, key, id_size + name_size + 1, offset, (size_t)size);
  free(key);
  return error;
}
