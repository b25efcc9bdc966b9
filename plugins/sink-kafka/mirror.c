/* SPDX-License-Identifier: Apache-2.0
 *
 * partition = source: a topic that has as many partitions as the source's keeps each record in the
 * partition of the same number. How many the source's has is seen by its parts: all are asked for
 * before the first record of any is read. */
#include "sink.h"

#define ASK_MS       500 /* tick() is promised */
#define ASK_AGAIN_US 100000
#define REQUEST_MS   10000
#define APPEARS_US   5000000 /* a topic that the broker makes by itself is there by then */

static void ask_later(struct sink *sink, struct topic *topic)
{
  topic->mirroring = MIRROR_NOT_KNOWN;
  topic->retry_at_us = sink->host->now_us(sink->host) + ASK_AGAIN_US;
}

void topic_mirrors(struct sink *sink, const struct sink_part *part)
{
  if (sink->placing != PLACING_SOURCE || part->number < 0)
    return;
  struct topic *topic = topic_of_name(sink, part->name, part->topic_size);
  int32_t count = stored_parts_of_topic(&sink->transaction.parts, part);
  if (!topic || count <= topic->mirrored)
    return;
  topic->mirrored = count;
  if (topic->mirroring == MIRROR_SAME || topic->mirroring == MIRROR_BY_KEY)
    ask_later(sink, topic); /* its other new partitions are asked for in this moment */
}

/* ---- how many there are ---------------------------------------------------------- */

/* *error: UNKNOWN_TOPIC_OR_PART if there is none. */
static int32_t count_partitions(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t *error)
{
  const struct rd_kafka_metadata *found;
  int32_t count = 0;
  *error = rd_kafka_metadata(sink->kafka, 0, topic->handle, &found, ASK_MS);
  if (*error)
    return 0;
  if (found->topic_cnt) {
    *error = found->topics[0].err;
    count = found->topics[0].partition_cnt;
  }
  rd_kafka_metadata_destroy(found);
  return count;
}

/* One that stays away is refused with the record, see failure.c. */
static bool stays_away(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t error)
{
  int64_t now = sink->host->now_us(sink->host);
  if (error != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    topic->unknown_since_us = 0;
    return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
  }
  if (!topic->unknown_since_us)
    topic->unknown_since_us = now;
  return now - topic->unknown_since_us >= APPEARS_US;
}

/* ---- another number ---------------------------------------------------------------- */

static void by_key(struct sink *sink, struct topic *topic, int32_t count)
{
  topic->mirroring = MIRROR_BY_KEY;
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "topic %s has %d partitions, the source's has %d: keys choose the partitions, so "
                  "the order of each key is kept, and not that of each partition",
                  topic->name, (int)count, (int)topic->mirrored);
}

static void grow(struct sink *sink, struct topic *topic)
{
  char error[256] = "";
  rd_kafka_NewPartitions_t *wanted =
      rd_kafka_NewPartitions_new(topic->name, (size_t)topic->mirrored, error, sizeof error);
  if (!wanted) {
    ask_later(sink, topic);
    return;
  }
  rd_kafka_AdminOptions_t *options =
      rd_kafka_AdminOptions_new(sink->kafka, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, error, sizeof error);
  rd_kafka_AdminOptions_set_opaque(options, topic);
  topic->mirroring = MIRROR_GROWING;
  rd_kafka_CreatePartitions(sink->kafka, &wanted, 1, options, sink->answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewPartitions_destroy(wanted);
}

static void say_not_grown(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t error)
{
  if (error == topic->not_grown)
    return;
  topic->not_grown = error;
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "topic %s cannot get %d partitions, as the source's has: %s; its records wait",
                  topic->name, (int)topic->mirrored, rd_kafka_err2str(error));
}

/* Whether it was done, the next question says. */
void topic_grown(struct sink *sink, struct topic *topic, rd_kafka_resp_err_t error)
{
  const struct headrace_host *host = sink->host;
  ask_later(sink, topic);
  if (!error)
    host->log(host, HEADRACE_INFO, "topic %s has %d partitions now, as the source's", topic->name,
              (int)topic->mirrored);
  else if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
           error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
    by_key(sink, topic, topic->found);
  else if (error != RD_KAFKA_RESP_ERR_INVALID_PARTITIONS) /* somebody else was faster */
    say_not_grown(sink, topic, error);
}

static bool may_grow(const struct sink *sink)
{
  return sink->create_topics && sink->host->integer(sink->host, "topic_partitions") < 0;
}

static void compare(struct sink *sink, struct topic *topic)
{
  rd_kafka_resp_err_t error;
  int32_t count = topic->found = count_partitions(sink, topic, &error);
  if (stays_away(sink, topic, error) || (!error && count == topic->mirrored))
    topic->mirroring = MIRROR_SAME;
  else if (error || !count)
    ask_later(sink, topic);
  else if (count < topic->mirrored && may_grow(sink))
    grow(sink, topic);
  else
    by_key(sink, topic, count);
}

bool topic_mirror_ready(struct sink *sink, struct topic *topic)
{
  if (!topic->mirrored)
    return true;
  if (topic->mirroring == MIRROR_NOT_KNOWN && sink->host->now_us(sink->host) >= topic->retry_at_us)
    compare(sink, topic);
  return topic->mirroring == MIRROR_SAME || topic->mirroring == MIRROR_BY_KEY;
}
