/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct topic *topic_find(const struct topics *topics, const char *name)
{
  for (size_t i = 0; i < topics->count; i++)
    if (!strcmp(topics->items[i]->name, name))
      return topics->items[i];
  return NULL;
}

static struct topic *topic_get(struct topics *topics, const char *name)
{
  struct topic *topic = topic_find(topics, name);
  if (topic)
    return topic;
  if (topics->count == topics->capacity) {
    topics->capacity = topics->capacity ? 2 * topics->capacity : 8;
    topics->items = source_grow(topics->items, topics->capacity * sizeof(struct topic *));
  }
  size_t size = strlen(name) + 1;
  topic = source_alloc(sizeof *topic);
  topic->name = memcpy(source_alloc(size), name, size);
  topics->items[topics->count++] = topic;
  return topic;
}

static struct partition *partition_new(struct topic *topic, int32_t number)
{
  struct partition *partition = source_alloc(sizeof *partition);
  size_t size = strlen(topic->name) + sizeof "/-2147483648";
  partition->topic = topic;
  partition->number = number;
  partition->name = source_alloc(size);
  snprintf(partition->name, size, "%s/%d", topic->name, (int)number);
  partition->durable = partition->told = NOT_KNOWN;
  return partition;
}

struct partition *partition_get(struct topics *topics, const char *name, int32_t number)
{
  struct topic *topic = topic_get(topics, name);
  if (number >= topic->count) {
    size_t size = sizeof(struct partition *);
    topic->partitions = source_grow(topic->partitions, ((size_t)number + 1) * size);
    memset(topic->partitions + topic->count, 0, (size_t)(number + 1 - topic->count) * size);
    topic->count = number + 1;
  }
  if (!topic->partitions[number])
    topic->partitions[number] = partition_new(topic, number);
  return topic->partitions[number];
}

static struct partition *by_number(const struct topic *topic, int32_t number)
{
  return topic && number >= 0 && number < topic->count ? topic->partitions[number] : NULL;
}

struct partition *partition_find(const struct topics *topics, const char *topic, int32_t number)
{
  return by_number(topic_find(topics, topic), number);
}

/* A handle is compared before a name is: one comparison for each message but the first. */
struct partition *partition_of(struct topics *topics, const rd_kafka_message_t *message)
{
  if (!message->rkt)
    return NULL;
  if (!topics->last || topics->last->handle != message->rkt) {
    topics->last = topic_find(topics, rd_kafka_topic_name(message->rkt));
    if (topics->last)
      topics->last->handle = message->rkt;
  }
  return by_number(topics->last, message->partition);
}

struct partition *partition_next(const struct topics *topics, size_t *at)
{
  size_t before = 0;
  for (size_t i = 0; i < topics->count; i++) {
    const struct topic *topic = topics->items[i];
    size_t count = (size_t)topic->count;
    for (; *at < before + count; ++*at)
      if (topic->partitions[*at - before])
        return topic->partitions[(*at)++ - before];
    before += count;
  }
  return NULL;
}

void topics_free(struct topics *topics)
{
  size_t at = 0;
  for (struct partition *partition; (partition = partition_next(topics, &at));) {
    free(partition->name);
    free(partition);
  }
  for (size_t i = 0; i < topics->count; i++) {
    free(topics->items[i]->partitions);
    free(topics->items[i]->name);
    free(topics->items[i]);
  }
  free(topics->items);
}
