/* SPDX-License-Identifier: Apache-2.0
 *
 * Records: a topic by another name, and a partition by columns of the change that was encoded. */
#include "must_alloc.h"
#include "route.h"

#include <stdio.h>

/* Topics come with every record; this many names are remembered at a time. */
#define TOPICS_KNOWN 1024u

struct topic_name {
  char *from;
  size_t from_size;
  int32_t partition;
  char *to; /* NULL: no rule fits */
};

static void forget(struct topic_name *topic)
{
  free(topic->from);
  free(topic->to);
  *topic = (struct topic_name){0};
}

void topics_free(struct route *route)
{
  for (size_t i = 0; route->topics && i < TOPICS_KNOWN; i++)
    forget(&route->topics[i]);
  free(route->topics);
}

static size_t hash(const char *name, size_t size, int32_t partition)
{
  uint64_t sum = 0xcbf29ce484222325 ^ (uint64_t)(partition + 1);
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)name[i]) * 0x100000001b3;
  return (size_t)((sum * 0x9e3779b97f4a7c15) >> 32) % TOPICS_KNOWN;
}

/* One place for each hash: another topic with the same takes it over. */
static const char *topic_to(struct route *route, const struct headrace_record *record)
{
  int32_t partition = route->rules.of_partitions ? record->partition : -1;
  size_t size = record->topic.size;
  if (!route->topics)
    route->topics = must_alloc(TOPICS_KNOWN, sizeof *route->topics);
  struct topic_name *topic = &route->topics[hash(record->topic.data, size, partition)];
  if (topic->from && topic->from_size == size && topic->partition == partition &&
      !memcmp(topic->from, record->topic.data, size))
    return topic->to;
  forget(topic);
  *topic = (struct topic_name){
      .from = must_copy(record->topic.data, size), .from_size = size, .partition = partition};
  struct subject subject = {.topic = topic->from, .partition = partition};
  return topic->to = rules_name(&route->rules, topic->from, &subject);
}

/* A record has no topic where the sink's template is to give it one by its table. */
static const char *name_of(struct route *route, const struct headrace_event *event,
                           const struct table *table)
{
  const struct headrace_value *topic = &event->record->topic;
  if (topic->state >= HEADRACE_TEXT && topic->size)
    return topic_to(route, event->record);
  return table ? table->topic : NULL;
}

/* ---- partitions ------------------------------------------------------------ */

/* org.apache.kafka.common.utils.Utils.murmur2, whose sign bit the partitioner clears. */
static uint32_t murmur2(const unsigned char *data, size_t size)
{
  const uint32_t m = 0x5bd1e995;
  uint32_t h = 0x9747b28c ^ (uint32_t)size;
  for (; size >= 4; data += 4, size -= 4) {
    uint32_t k = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
                 (uint32_t)data[3] << 24;
    k *= m;
    k ^= k >> 24;
    h = h * m ^ k * m;
  }
  for (size_t i = size; i > 0; i--)
    h ^= (uint32_t)data[i - 1] << 8 * (i - 1);
  h *= size ? m : 1;
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

static const struct headrace_value *value_of(const struct headrace_change *change, uint32_t column)
{
  const struct headrace_value *value = change->new_values ? &change->new_values[column] : NULL;
  bool known = value && value->state != HEADRACE_ABSENT;
  if (known || !change->old_values)
    return known ? value : NULL;
  value = &change->old_values[column];
  return value->state == HEADRACE_ABSENT ? NULL : value;
}

/* The columns' texts with + between them; NULL: the event lacks one. */
static char *joined(const struct table *table, const struct headrace_change *change, size_t *size)
{
  char *text = must_alloc(1, 1);
  *size = 0;
  for (size_t i = 0; i < table->by_count; i++) {
    const struct headrace_value *value = value_of(change, table->by[i]);
    if (!value) {
      free(text);
      return NULL;
    }
    size_t more = value->state >= HEADRACE_TEXT ? value->size : 0;
    text = must_grow(text, *size + more + 1);
    if (i)
      text[(*size)++] = '+';
    if (more)
      memcpy(text + *size, value->data, more);
    *size += more;
  }
  return text;
}

static const char *partition_by(const struct route *route, const struct headrace_event *event,
                                const struct table *table, int32_t *partition)
{
  const struct headrace_change *change = event->change;
  if (!table || (!change->new_values && !change->old_values)) {
    *partition = -1; /* no row: a message, a truncate, the end of a transaction */
    return NULL;
  }
  if (table->no_column)
    return "the table does not have all columns of partition_by";
  size_t size;
  char *text = joined(table, change, &size);
  if (!text)
    return "a column of partition_by was not sent; the source sends it with "
           "ALTER TABLE ... REPLICA IDENTITY FULL";
  *partition =
      (int32_t)((murmur2((unsigned char *)text, size) & 0x7fffffff) % (uint32_t)route->partitions);
  free(text);
  return NULL;
}

/* NULL, or why it cannot be told. */
static const char *choose_partition(const struct route *route, const struct headrace_event *event,
                                    const struct table *table, int32_t *partition)
{
  *partition = event->record->partition;
  if (route->partition == PARTITION_SINK)
    *partition = -1;
  return route->partition == PARTITION_COLUMNS ? partition_by(route, event, table, partition)
                                               : NULL;
}

/* ---- events ---------------------------------------------------------------- */

static struct headrace_value kept(const struct route *route, struct headrace_batch *out,
                                  const char *text)
{
  size_t size = strlen(text);
  char *copy = route->host->alloc(route->host, out, size);
  memcpy(copy, text, size);
  return (struct headrace_value){copy, (uint32_t)size, HEADRACE_TEXT};
}

enum headrace_result route_record(struct route *route, const struct headrace_event *event,
                                  struct headrace_batch *out)
{
  const struct headrace_host *host = route->host;
  const struct headrace_relation *relation = event->change ? event->change->relation : NULL;
  const struct table *table = relation ? relation_cache_get(&route->tables, relation) : NULL;
  const char *to = name_of(route, event, table);
  int32_t partition;
  const char *reason = choose_partition(route, event, table, &partition);
  if (reason)
    return host->refuse(host, out, "unsupported", reason) == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL
                                                                                   : HEADRACE_OK;
  if (!to && (route->unmatched != UNMATCHED_PASS || partition == event->record->partition))
    return route_unmatched(route, event, out, &(uint32_t){0});
  struct headrace_record *copy = host->add_record(host, out);
  *copy = *event->record;
  copy->partition = partition;
  if (to)
    copy->topic = kept(route, out, to);
  return HEADRACE_OK;
}
