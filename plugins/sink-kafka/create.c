/* SPDX-License-Identifier: Apache-2.0
 *
 * topic_create = yes: a topic is created, or found to be there, before the
 * first record goes to it. Records wait in order meanwhile. */
#include "sink.h"

#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_US     (1000 * INT64_C(1000))
#define REQUEST_TIMEOUT_MS 10000

enum outcome { CREATED, USE_AS_IT_IS, NOT_NOW, NEVER };

struct answer {
  rd_kafka_resp_err_t error;
  enum outcome outcome;
  const char *advice;
};

/* What is not here is tried again. */
static const struct answer answers[] = {
    {RD_KAFKA_RESP_ERR_NO_ERROR, CREATED, NULL},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, CREATED, NULL},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, USE_AS_IT_IS, NULL},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, USE_AS_IT_IS, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, NEVER,
     "set topic_replication to at most the number of brokers"},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, NEVER, "change topic_partitions"},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, NEVER, "change topic_config"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, NEVER, "change topic or topics"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, NEVER,
     "the cluster's policy forbids it: change topic_partitions, topic_replication or topic_config"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, NEVER,
     "these brokers have no defaults: set topic_partitions and topic_replication"},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, NEVER,
     "these brokers have no defaults: set topic_partitions and topic_replication"},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, NEVER, "change topic_partitions or topic_replication"},
};

static const struct answer *answer_for(rd_kafka_resp_err_t error)
{
  static const struct answer other = {RD_KAFKA_RESP_ERR_UNKNOWN, NOT_NOW, NULL};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
    if (answers[i].error == error)
      return &answers[i];
  return &other;
}

static void conclude(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t error,
                     const char *text)
{
  const struct headrace_host *host = sink->host;
  const struct answer *answer = answer_for(error);
  const char *reason = text ? text : rd_kafka_err2str(error);
  switch (answer->outcome) {
  case CREATED:
    topic->state = TOPIC_READY;
    if (!error)
      host->log(host, HEADRACE_INFO, "created topic %s", topic->name);
    return;
  case USE_AS_IT_IS:
    topic->state = TOPIC_READY;
    host->log(host, HEADRACE_WARNING, "may not create topic %s, takes it to exist: %s", topic->name,
              reason);
    return;
  case NOT_NOW:
    topic->state = TOPIC_MISSING;
    topic->retry_at_us = host->now_us(host) + RETRY_AFTER_US;
    host->log(host, HEADRACE_DEBUG, "topic %s could not be created yet: %s", topic->name, reason);
    return;
  case NEVER:
    topic->state = TOPIC_REFUSED;
    host->log(host, HEADRACE_ERROR, "cannot create topic %s: %s; %s", topic->name, reason,
              answer->advice);
    sink_fail(sink, HEADRACE_FATAL);
  }
}

static rd_kafka_NewTopic_t *describe(const struct sink *sink, const struct topic *topic,
                                     char *error, size_t size)
{
  const struct headrace_host *host = sink->host;
  int partitions = (int)host->integer(host, "topic_partitions");
  rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(
      topic->name, partitions < 0 && topic->mirrored ? topic->mirrored : partitions,
      (int)host->integer(host, "topic_replication"), error, size);
  const struct headrace_pair *settings;
  size_t count = host->list(host, "topic_config", &settings);
  for (size_t i = 0; wanted && i < count; i++)
    rd_kafka_NewTopic_set_config(wanted, settings[i].name, settings[i].value);
  return wanted;
}

static void request(struct sink *sink, struct topic *topic)
{
  char error[256] = "";
  rd_kafka_NewTopic_t *wanted = describe(sink, topic, error, sizeof error);
  if (!wanted) {
    conclude(sink, topic, RD_KAFKA_RESP_ERR__INVALID_ARG, error);
    return;
  }
  rd_kafka_AdminOptions_t *options =
      rd_kafka_AdminOptions_new(sink->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MS, error, sizeof error);
  rd_kafka_AdminOptions_set_opaque(options, topic);
  topic->state = TOPIC_CREATING;
  rd_kafka_CreateTopics(sink->kafka, &wanted, 1, options, sink->answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(wanted);
}

bool topic_ready(struct sink *sink, struct topic *topic)
{
  if (topic->state == TOPIC_MISSING && sink->host->now_us(sink->host) >= topic->retry_at_us)
    request(sink, topic);
  return topic->state == TOPIC_READY && (topic->handle || topic_open(sink, topic));
}

static void read_answer(struct sink *sink, rd_kafka_event_t *event)
{
  struct topic *topic = rd_kafka_event_opaque(event);
  const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  if (error || !result) {
    conclude(sink, topic, error, rd_kafka_event_error_string(event));
    return;
  }
  size_t count;
  const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
  for (size_t i = 0; i < count; i++)
    conclude(sink, topic, rd_kafka_topic_result_error(topics[i]),
             rd_kafka_topic_result_error_string(topics[i]));
}

static void read_growth(struct sink *sink, rd_kafka_event_t *event)
{
  size_t count = 0;
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  const rd_kafka_CreatePartitions_result_t *result = rd_kafka_event_CreatePartitions_result(event);
  const rd_kafka_topic_result_t **topics =
      error || !result ? NULL : rd_kafka_CreatePartitions_result_topics(result, &count);
  topic_grown(sink, rd_kafka_event_opaque(event),
              count ? rd_kafka_topic_result_error(topics[0]) : error);
}

void topics_serve_answers(struct sink *sink)
{
  rd_kafka_event_t *event;
  while ((event = rd_kafka_queue_poll(sink->answers, 0))) {
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
      read_answer(sink, event);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT)
      read_growth(sink, event);
    rd_kafka_event_destroy(event);
  }
}
