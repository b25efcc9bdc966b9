/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeLogDirs, AlterReplicaLogDirs: the store is what Kafka calls one folder of logs. */
#include "repeats.h"
#include "tally.h"

#include <stdlib.h>

static const char the_folder[] = "/postgres";

/* ---- DescribeLogDirs ------------------------------------------------------------------------- */

struct sized_dir { /* what is looked up for each partition */
  struct exchange *exchange;
  struct wire_slice *asked; /* partitions, in order */
  size_t asked_count;
  struct headrace_log_size *sizes; /* in order */
  size_t size_count;
};

static int by_name(const void *a, const void *b)
{
  return wire_compare(*(const struct wire_slice *)a, *(const struct wire_slice *)b);
}

static int by_partition(const void *a, const void *b)
{
  const struct headrace_log_size *one = a, *other = b;
  int order = memcmp(&one->id, &other->id, sizeof one->id);
  return order ? order : (one->partition > other->partition) - (one->partition < other->partition);
}

static void sort_asked(struct sized_dir *dir)
{
  struct wire_arena *arena = &dir->exchange->arena;
  const struct describe_log_dirs_request *request = dir->exchange->request.body;
  size_t count = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  dir->asked = wire_alloc(arena, (count + 1) * sizeof *dir->asked);
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      dir->asked[dir->asked_count++] = partition_name(arena, request->topics.items[i].topic,
                                                      request->topics.items[i].partitions.items[j]);
  qsort(dir->asked, dir->asked_count, sizeof *dir->asked, by_name);
}

static bool asks_for(const struct sized_dir *dir, const struct topic *topic, int32_t partition)
{
  const struct describe_log_dirs_request *request = dir->exchange->request.body;
  if (request->topics.count < 0)
    return true;
  if (!dir->asked_count)
    return false;
  struct wire_slice name = partition_name(&dir->exchange->arena, wire_text(topic->name), partition);
  return bsearch(&name, dir->asked, dir->asked_count, sizeof name, by_name);
}

static int64_t size_of(const struct sized_dir *dir, const struct topic *topic, int32_t partition)
{
  const struct headrace_log_size wanted = {.id = topic->id, .partition = partition};
  const struct headrace_log_size *found =
      dir->size_count ? bsearch(&wanted, dir->sizes, dir->size_count, sizeof wanted, by_partition)
                      : NULL;
  return found ? found->bytes : 0;
}

static void describe_topic(const struct sized_dir *dir, const struct topic *topic,
                           struct describe_log_dirs_response_result *answer)
{
  struct exchange *exchange = dir->exchange;
  struct describe_log_dirs_response_topic *said = &answer->topics.items[answer->topics.count];
  said->name = wire_copy(&exchange->arena, wire_text(topic->name));
  WIRE_ITEMS(&exchange->arena, said->partitions, topic->partition_count,
             describe_log_dirs_response_partition);
  said->partitions.count = 0;
  for (int32_t i = 0; i < topic->partition_count; i++) {
    if (!asks_for(dir, topic, i))
      continue;
    struct describe_log_dirs_response_partition *partition =
        &said->partitions.items[said->partitions.count++];
    partition->partition_index = i;
    partition->partition_size = size_of(dir, topic, i);
  }
  answer->topics.count += said->partitions.count > 0;
}

static void sized(void *context, enum headrace_log_error error,
                  const struct headrace_log_size *sizes, size_t count)
{
  struct exchange *exchange = context;
  struct broker *broker = exchange->broker;
  struct describe_log_dirs_response *answer =
      WIRE_NEW(&exchange->arena, describe_log_dirs_response);
  WIRE_ITEMS(&exchange->arena, answer->results, 1, describe_log_dirs_response_result);
  struct describe_log_dirs_response_result *result = answer->results.items;
  result->error_code = (int16_t)kafka_error_of(error);
  result->log_dir = wire_text(the_folder);
  WIRE_ITEMS(&exchange->arena, result->topics, HASH_CNT(by_id, broker->topics.by_id),
             describe_log_dirs_response_topic);
  result->topics.count = 0;
  struct sized_dir dir = {.exchange = exchange};
  sort_asked(&dir);
  dir.size_count = error == HEADRACE_LOG_OK ? count : 0;
  dir.sizes = wire_alloc(&exchange->arena, (dir.size_count + 1) * sizeof *dir.sizes);
  if (dir.size_count)
    memcpy(dir.sizes, sizes, dir.size_count * sizeof *dir.sizes);
  qsort(dir.sizes, dir.size_count, sizeof *dir.sizes, by_partition);
  struct topic *topic, *next;
  HASH_ITER(by_id, broker->topics.by_id, topic, next)
  {
    describe_topic(&dir, topic, result);
  }
  exchange_answer(exchange, answer);
}

void handle_describe_log_dirs(struct exchange *exchange)
{
  const struct headrace_log *log = exchange->broker->log;
  log->sizes(log->self, sized, exchange);
}

/* ---- AlterReplicaLogDirs --------------------------------------------------------------------- */

/* To where it is, a partition can always be moved. */
static enum kafka_error move(const struct exchange *exchange, struct wire_slice folder,
                             struct wire_slice topic, int32_t partition)
{
  if (!wire_is(folder, the_folder))
    return KAFKA_LOG_DIR_NOT_FOUND;
  return partition_of(topic_named(exchange->broker, topic), partition)
             ? KAFKA_NONE
             : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

typedef struct alter_replica_log_dirs_request_alter_replica_log_dir asked_folder;
typedef struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result moved_topic;

static moved_topic *move_topics(struct exchange *exchange, const asked_folder *asked,
                                moved_topic *said)
{
  for (int32_t i = 0; i < asked->topics.count; i++, said++) {
    struct wire_slice topic = asked->topics.items[i].name;
    const struct wire_int32_array *partitions = &asked->topics.items[i].partitions;
    said->topic_name = topic;
    WIRE_ITEMS(&exchange->arena, said->partitions, partitions->count,
               alter_replica_log_dirs_response_alter_replica_log_dir_partition_result);
    for (int32_t j = 0; j < partitions->count; j++) {
      said->partitions.items[j].partition_index = partitions->items[j];
      said->partitions.items[j].error_code =
          (int16_t)move(exchange, asked->path, topic, partitions->items[j]);
    }
  }
  return said;
}

void handle_alter_replica_log_dirs(struct exchange *exchange)
{
  const struct alter_replica_log_dirs_request *request = exchange->request.body;
  struct alter_replica_log_dirs_response *answer =
      WIRE_NEW(&exchange->arena, alter_replica_log_dirs_response);
  size_t count = 0;
  for (int32_t i = 0; i < request->dirs.count; i++)
    count += (size_t)request->dirs.items[i].topics.count;
  WIRE_ITEMS(&exchange->arena, answer->results, count,
             alter_replica_log_dirs_response_alter_replica_log_dir_topic_result);
  moved_topic *said = answer->results.items;
  for (int32_t i = 0; i < request->dirs.count; i++)
    said = move_topics(exchange, &request->dirs.items[i], said);
  exchange_answer(exchange, answer);
}
