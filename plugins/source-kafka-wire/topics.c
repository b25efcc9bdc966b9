/* SPDX-License-Identifier: Apache-2.0 */
#include "topics.h"
#include "broker.h"
#include "broker_config.h"

#include <stdlib.h>

#define NAME_MAX_SIZE 249 /* Kafka's */

/* ---- one topic ------------------------------------------------------------------ */

void topic_hold(struct topic *topic)
{
  topic->holders++;
}

void topic_release(struct topic *topic)
{
  if (--topic->holders)
    return;
  for (int32_t i = 0; i < topic->partition_count; i++) {
    tail_free(&topic->partitions[i]->tail, &topic->broker->tail_budget);
    spares_forget(&topic->broker->spares, topic->partitions[i]);
    free(topic->partitions[i]);
  }
  free(topic->partitions);
  free(topic->name);
  free(topic);
}

static void add_partitions(struct topic *topic, int32_t count)
{
  if (count <= topic->partition_count)
    return;
  topic->partitions = broker_grow(topic->partitions, (size_t)count * sizeof(struct partition *));
  for (int32_t i = topic->partition_count; i < count; i++) {
    topic->partitions[i] = broker_alloc(sizeof(struct partition));
    topic->partitions[i]->topic = topic;
    topic->partitions[i]->index = i;
  }
  topic->partition_count = count;
}

struct partition *partition_of(struct topic *topic, int32_t index)
{
  return topic && index >= 0 && index < topic->partition_count ? topic->partitions[index] : NULL;
}

struct wire_uuid topic_uuid(const struct topic *topic)
{
  struct wire_uuid uuid;
  memcpy(uuid.bytes, topic->id.bytes, sizeof uuid.bytes);
  return uuid;
}

struct headrace_log_marks partition_marks(const struct partition *partition, bool *known)
{
  const struct headrace_log *log = partition->topic->broker->log;
  struct headrace_log_marks marks = {0};
  *known =
      log->marks(log->self, &partition->topic->id, partition->index, &marks) == HEADRACE_LOG_OK;
  return marks;
}

/* A log that does not keep it knows where the present one ends, which no older one can lie behind.
 */
struct headrace_log_epoch_end partition_epoch_end(const struct partition *partition, int32_t epoch)
{
  const struct headrace_log *log = partition->topic->broker->log;
  bool known;
  struct headrace_log_marks marks = partition_marks(partition, &known);
  struct headrace_log_epoch_end end = {epoch, marks.end};
  if (!known || epoch > marks.leader_epoch)
    return (struct headrace_log_epoch_end){-1, -1};
  if (log->struct_size > offsetof(struct headrace_log, epoch_end) && log->epoch_end)
    log->epoch_end(log->self, &partition->topic->id, partition->index, epoch, &end);
  return end;
}

int32_t partition_epoch_at(const struct partition *partition, int64_t offset, int64_t *until)
{
  bool known;
  int32_t epoch = partition_marks(partition, &known).leader_epoch;
  int64_t end = INT64_MAX;
  while (epoch > 0) {
    struct headrace_log_epoch_end before = partition_epoch_end(partition, epoch - 1);
    if (before.leader_epoch < 0 || before.offset <= offset)
      break;
    epoch = before.leader_epoch;
    end = before.offset;
  }
  if (until)
    *until = end;
  return epoch;
}

/* ---- all of them ------------------------------------------------------------------ */

struct topic *topic_named(const struct broker *broker, struct wire_slice name)
{
  struct topic *topic = NULL;
  if (name.data)
    HASH_FIND(by_name, broker->topics.by_name, name.data, name.size, topic);
  return topic;
}

struct topic *topic_with_id(const struct broker *broker, const struct wire_uuid *id)
{
  struct topic *topic = NULL;
  HASH_FIND(by_id, broker->topics.by_id, id->bytes, sizeof id->bytes, topic);
  return topic;
}

struct topic *topic_of(const struct broker *broker, struct wire_slice name,
                       const struct wire_uuid *id)
{
  return name.size ? topic_named(broker, name) : topic_with_id(broker, id);
}

static struct topic *add(struct broker *broker, const struct headrace_log_topic *entry)
{
  struct topics *topics = &broker->topics;
  struct topic *topic = broker_alloc(sizeof *topic);
  topic->broker = broker;
  topic->id = entry->id;
  topic->name = broker_text(entry->name, strlen(entry->name));
  topic->holders = 1;
  HASH_ADD_KEYPTR(by_name, topics->by_name, topic->name, strlen(topic->name), topic);
  HASH_ADD(by_id, topics->by_id, id, sizeof topic->id, topic);
  return topic;
}

static void discard(struct broker *broker, struct topic *topic)
{
  struct topics *topics = &broker->topics;
  HASH_DELETE(by_name, topics->by_name, topic);
  HASH_DELETE(by_id, topics->by_id, topic);
  topic->gone = true;
  for (int32_t i = 0; i < topic->partition_count; i++) {
    tail_clear(&topic->partitions[i]->tail, &broker->tail_budget);
    fetch_wake(topic->partitions[i]);
  }
  topic_release(topic);
}

static void mark_seen(struct broker *broker, const struct headrace_log_catalogue *catalogue)
{
  for (size_t i = 0; i < catalogue->topic_count; i++) {
    struct topic *topic;
    HASH_FIND(by_id, broker->topics.by_id, &catalogue->topics[i].id,
              sizeof(struct headrace_topic_id), topic);
    if (topic)
      topic->seen = catalogue->version;
  }
}

static void discard_unseen(struct broker *broker, uint64_t version)
{
  struct topic *topic, *next;
  HASH_ITER(by_id, broker->topics.by_id, topic, next)
  {
    if (topic->seen != version)
      discard(broker, topic);
  }
}

static void take(struct broker *broker, const struct headrace_log_topic *entry, uint64_t version)
{
  struct topic *topic;
  HASH_FIND(by_id, broker->topics.by_id, &entry->id, sizeof entry->id, topic);
  if (!topic)
    topic = add(broker, entry);
  topic->seen = version;
  struct config_layers layers = broker_config_layers(broker, entry->config, entry->config_count);
  topic->config = topic_config_of(&layers);
  add_partitions(topic, entry->partition_count);
}

void topics_refresh(struct broker *broker)
{
  const struct headrace_log *log = broker->log;
  struct topics *topics = &broker->topics;
  if (broker->stopping || (topics->known && log->catalogue_version(log->self) == topics->version))
    return;
  const struct headrace_log_catalogue *catalogue = log->catalogue(log->self);
  mark_seen(broker, catalogue);
  discard_unseen(broker, catalogue->version);
  if (broker->catalogue)
    log->catalogue_release(log->self, broker->catalogue);
  broker->catalogue = catalogue;
  broker_config_heed(broker);
  for (size_t i = 0; i < catalogue->topic_count; i++)
    take(broker, &catalogue->topics[i], catalogue->version);
  topics->version = catalogue->version;
  topics->known = true;
}

void topics_let_go(struct broker *broker)
{
  if (broker->catalogue)
    broker->log->catalogue_release(broker->log->self, broker->catalogue);
  broker->catalogue = NULL;
}

void topics_free(struct broker *broker)
{
  struct topic *topic, *next;
  HASH_ITER(by_id, broker->topics.by_id, topic, next)
  {
    discard(broker, topic);
  }
}

const struct headrace_log_topic *topic_entry(const struct broker *broker,
                                             const struct headrace_topic_id *id)
{
  const struct headrace_log_catalogue *catalogue = broker->catalogue;
  for (size_t i = 0; catalogue && i < catalogue->topic_count; i++)
    if (!memcmp(&catalogue->topics[i].id, id, sizeof *id))
      return &catalogue->topics[i];
  return NULL;
}

const char *topic_name_fault(struct wire_arena *arena, struct wire_slice name)
{
  static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!name.size)
    return "Topic name is invalid: the empty string is not allowed";
  if (wire_is(name, ".") || wire_is(name, ".."))
    return "Topic name is invalid: '.' or '..' is not allowed";
  if (name.size > NAME_MAX_SIZE)
    return wire_format(arena,
                       "Topic name is invalid: the length of '%s' is longer than the max allowed "
                       "length %d",
                       wire_string(arena, name), NAME_MAX_SIZE);
  for (uint32_t i = 0; i < name.size; i++)
    if (!memchr(legal, name.data[i], sizeof legal - 1))
      return wire_format(arena,
                         "Topic name is invalid: '%s' contains one or more characters other than "
                         "ASCII alphanumerics, '.', '_' and '-'",
                         wire_string(arena, name));
  return NULL;
}
