/* SPDX-License-Identifier: Apache-2.0
 *
 * The ends of producers' transactions, and what they aborted, take offsets but never come as
 * records. librdkafka's position passes them; ours follows when nothing else comes, so that the
 * checkpoint and the group's lag do. */
#include "source.h"

static bool is_short_of_the_end(const struct source *source, const struct partition *partition)
{
  int64_t low, high;
  return partition->state == PARTITION_READING &&
         !rd_kafka_get_watermark_offsets(source->kafka, partition->topic->name, partition->number,
                                         &low, &high) &&
         high > partition->next;
}

void markers_pass(struct source *source)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
  size_t at = 0;
  for (const struct partition *partition; (partition = partition_next(&source->topics, &at));)
    if (is_short_of_the_end(source, partition))
      rd_kafka_topic_partition_list_add(list, partition->topic->name, partition->number);
  if (list->cnt)
    rd_kafka_position(source->kafka, list);
  for (int i = 0; i < list->cnt; i++) {
    const rd_kafka_topic_partition_t *found = &list->elems[i];
    struct partition *partition = partition_find(&source->topics, found->topic, found->partition);
    if (found->err || found->offset <= partition->next)
      continue;
    partition->next = found->offset;
    partition->announce = source->announcing = true;
  }
  rd_kafka_topic_partition_list_destroy(list);
}
