/* SPDX-License-Identifier: Apache-2.0
 *
 * The group hears how far records are durable. */
#include "source.h"

#define COMPLAIN_AGAIN_US (60 * INT64_C(1000000))

void offsets_tell(struct source *source)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
  size_t at = 0;
  for (struct partition *partition; (partition = partition_next(&source->topics, &at));) {
    bool ours = partition->state == PARTITION_READING || partition->state == PARTITION_LEAVING;
    if (!ours || partition->durable == partition->told)
      continue;
    rd_kafka_topic_partition_list_add(list, partition->topic->name, partition->number)->offset =
        partition->durable;
    partition->told = partition->durable;
  }
  /* It fails for a partition that is just being lost: who has it now says how far he is. */
  if (list->cnt)
    rd_kafka_offsets_store(source->kafka, list);
  rd_kafka_topic_partition_list_destroy(list);
}

/* A commit that fails is tried again with the next. Worth a word once a minute: without
 * checkpoint = sink what is not committed may be read again. */
void offsets_callback(rd_kafka_t *kafka, rd_kafka_resp_err_t error,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
  struct source *source = opaque;
  const struct headrace_host *host = source->host;
  (void)kafka;
  (void)list;
  if (!error || error == RD_KAFKA_RESP_ERR__NO_OFFSET)
    return;
  int64_t now = host->now_us(host);
  bool news = now - source->complained_at_us >= COMPLAIN_AGAIN_US;
  if (news)
    source->complained_at_us = now;
  host->counter(host, "commit_failures", 1);
  host->log(host, news ? HEADRACE_WARNING : HEADRACE_DEBUG,
            "offsets could not be committed to the group, trying on: %s (%s)",
            rd_kafka_err2str(error), rd_kafka_err2name(error));
}
