/* SPDX-License-Identifier: Apache-2.0
 *
 * What an error of librdkafka means for reading: one table, and what follows. */
#include "source.h"

enum reaction {
  GO_ON,   /* librdkafka tries on by itself */
  ANEW,    /* the pipeline starts anew and sees where the partition stands */
  GIVE_UP, /* an operator must act */
  IGNORE
};

struct fault {
  rd_kafka_resp_err_t error;
  enum reaction reaction;
  const char *advice;
};

static const struct fault faults[] = {
    {RD_KAFKA_RESP_ERR__PARTITION_EOF, IGNORE, ""},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ANEW, "the offset is not in the partition any more"},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ANEW, "the offset is not in the partition any more"},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, GO_ON,
     "this process stood still for too long; the group has given its partitions to others"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, GO_ON,
     "it is read as soon as it exists; see `topics`"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, GO_ON, "it is read as soon as it exists; see `topics`"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, GO_ON, "the topic has fewer partitions than before"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, GIVE_UP, "change `topics`: Kafka does not take this name"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, GIVE_UP,
     "allow this user to READ and DESCRIBE the topic"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, GIVE_UP,
     "allow this user to READ the group, or change `group`"},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, GIVE_UP, "change `group`"},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, GIVE_UP,
     "other members of the group share partitions in another way: set the same `assignor` for "
     "all, or use another `group`"},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, GIVE_UP,
     "another process joined with the same `member`: give each its own name, and start only one "
     "with each"},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, GIVE_UP,
     "set rdkafka.session.timeout.ms to what the brokers allow (group.min.session.timeout.ms)"},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, GIVE_UP, "the group has as many members as it may"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, GIVE_UP,
     "raise rdkafka.fetch.message.max.bytes and rdkafka.receive.message.max.bytes"},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, GIVE_UP,
     "this librdkafka cannot read how the topic is compressed"},
    {RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, GIVE_UP,
     "this librdkafka cannot read how the topic is compressed"},
    {RD_KAFKA_RESP_ERR__BAD_MSG, ANEW, "a record is damaged, or was damaged on its way"},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, ANEW, "a record is damaged, or was damaged on its way"},
};

static const struct fault *fault_for(rd_kafka_resp_err_t error)
{
  static const struct fault other = {RD_KAFKA_RESP_ERR_UNKNOWN, GO_ON, "trying on"};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (faults[i].error == error)
      return &faults[i];
  return &other;
}

static void react(struct source *source, const struct fault *fault)
{
  if (fault->reaction == ANEW)
    source_fail(source, HEADRACE_RETRY);
  else if (fault->reaction == GIVE_UP)
    source_fail(source, HEADRACE_FATAL);
}

void source_fault(struct source *source, const rd_kafka_message_t *message)
{
  const struct headrace_host *host = source->host;
  const struct fault *fault = fault_for(message->err);
  if (message->err == RD_KAFKA_RESP_ERR__FATAL) {
    kafka_client_look_for_fatal(&source->client, source->kafka);
    return;
  }
  if (fault->reaction == IGNORE)
    return;
  const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "the consumer group";
  enum headrace_level level = fault->reaction == GO_ON ? HEADRACE_WARNING : HEADRACE_ERROR;
  host->counter(host, "kafka_errors", 1);
  if (message->rkt && message->partition != RD_KAFKA_PARTITION_UA)
    host->log(host, level, "%s/%d, offset %lld: %s (%s); %s", topic, (int)message->partition,
              (long long)message->offset, rd_kafka_message_errstr(message),
              rd_kafka_err2name(message->err), fault->advice);
  else
    host->log(host, level, "%s: %s (%s); %s", topic, rd_kafka_message_errstr(message),
              rd_kafka_err2name(message->err), fault->advice);
  react(source, fault);
}

void source_check_fatal(struct source *source)
{
  if (!source->client.fatal || source->failure)
    return;
  const struct fault *fault = fault_for(source->client.fatal);
  source->host->log(source->host, HEADRACE_ERROR, "the consumer cannot go on: %s; %s",
                    source->client.fatal_reason, fault->advice);
  source_fail(source, fault->reaction == GO_ON ? HEADRACE_RETRY : HEADRACE_OK);
  react(source, fault);
}
