/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeLogDirs, AlterReplicaLogDirs: the store is what Kafka calls one folder of logs. */
#include "tally.h"

static const char the_folder[] = "/postgres";

/* ---- DescribeLogDirs ------------------------------------------------------------------------- */

static bool asks_for(const struct describe_log_dirs_request *request, const struct topic *topic,
                     int32_t partition)
{
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct describe_log_dirs_request_describable_log_dir_topic *asked =
        &request->topics.items[i];
    for (int32_t j = 0; wire_is(asked->topic, topic->name) && j < asked->partitions.count; j++)
      if (asked->partitions.items[j] == partition)
        return true;
  }
  return request->topics.count < 0;
}

static int64_t size_of(const struct topic *topic, int32_t partition,
                       const struct headrace_log_size *sizes, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (sizes[i].partition == partition && !memcmp(&sizes[i].id, &topic->id, sizeof topic->id))
      return sizes[i].bytes;
  return 0;
}

static void describe_topic(struct exchange *exchange, const struct topic *topic,
                           const struct headrace_log_size *sizes, size_t count,
                           struct describe_log_dirs_response_result *answer)
{
  const struct describe_log_dirs_request *request = exchange->request.body;
  struct describe_log_dirs_response_topic *said = &answer->topics.items[answer->topics.count];
  said->name = wire_copy(&exchange->arena, wire_text(topic->name));
  WIRE_ITEMS(&exchange->arena, said->partitions, topic->partition_count,
             describe_log_dirs_response_partition);
  said->partitions.count = 0;
  for (int32_t i = 0; i < topic->partition_count; i++) {
    if (!asks_for(request, topic, i))
      continue;
    struct describe_log_dirs_response_partition *partition =
        &said->partitions.items[said->partitions.count++];
    partition->partition_index = i;
    partition->partition_size = size_of(topic, i, sizes, count);
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
  struct topic *topic, *next;
  HASH_ITER(by_id, broker->topics.by_id, topic, next)
  {
    describe_topic(exchange, topic, sizes, error == HEADRACE_LOG_OK ? count : 0, result);
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
