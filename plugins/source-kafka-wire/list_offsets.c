/* SPDX-License-Identifier: Apache-2.0
 *
 * ListOffsets, OffsetForLeaderEpoch. */
#include "broker.h"
#include "repeats.h"

enum {
  LATEST = -1,
  EARLIEST = -2,
  LARGEST_TIME = -3,
  EARLIEST_LOCAL = -4,
  LATEST_TIERED = -5,   /* nothing is tiered */
  EARLIEST_PENDING = -6 /* and nothing waits for it */
};

typedef struct list_offsets_response_partition_response partition_answer;
typedef struct list_offsets_request_partition asked_partition;

struct search { /* a question to the log */
  struct exchange *exchange;
  partition_answer *answer;
  struct wire_uuid topic;
};

/* Of the record there, which may be an earlier leader's: a consumer commits it with the offset. */
static void say_epoch(const struct exchange *exchange, struct partition *partition,
                      partition_answer *answer)
{
  if (partition && exchange->request.version >= 4)
    answer->leader_epoch = partition_epoch_at(partition, answer->offset, NULL);
}

struct listing {
  struct list_offsets_response *answer;
  size_t pending;
};

static void found(void *context, const struct headrace_log_place *place)
{
  struct search *search = context;
  struct listing *listing = search->exchange->work;
  search->answer->error_code = (int16_t)kafka_error_of(place->error);
  if (place->error == HEADRACE_LOG_OK && place->offset >= 0) {
    search->answer->offset = place->offset;
    search->answer->timestamp = place->timestamp_ms;
    say_epoch(search->exchange,
              partition_of(topic_with_id(search->exchange->broker, &search->topic),
                           search->answer->partition_index),
              search->answer);
  }
  if (!--listing->pending)
    exchange_answer(search->exchange, listing->answer);
}

static void ask(struct exchange *exchange, const struct partition *partition, int64_t timestamp,
                partition_answer *answer)
{
  const struct headrace_log *log = exchange->broker->log;
  struct listing *listing = exchange->work;
  struct search *search = wire_alloc(&exchange->arena, sizeof *search);
  *search = (struct search){exchange, answer, topic_uuid(partition->topic)};
  listing->pending++;
  log->find(log->self, &partition->topic->id, partition->index,
            timestamp == LARGEST_TIME ? HEADRACE_LOG_LARGEST_TIME : timestamp, found, search);
}

static enum kafka_error fault_of(int16_t version, const asked_partition *asked,
                                 const struct headrace_log_marks *marks)
{
  static const int16_t since[] = {
      [-LARGEST_TIME] = 7, [-EARLIEST_LOCAL] = 8, [-LATEST_TIERED] = 9, [-EARLIEST_PENDING] = 11};
  if (asked->current_leader_epoch >= 0 && asked->current_leader_epoch < marks->leader_epoch)
    return KAFKA_FENCED_LEADER_EPOCH;
  if (asked->current_leader_epoch > marks->leader_epoch)
    return KAFKA_UNKNOWN_LEADER_EPOCH;
  if (asked->timestamp < EARLIEST_PENDING)
    return KAFKA_UNSUPPORTED_VERSION;
  if (asked->timestamp <= LARGEST_TIME && version < since[-asked->timestamp])
    return KAFKA_UNSUPPORTED_VERSION;
  return KAFKA_NONE;
}

static void list(struct exchange *exchange, struct topic *topic, const asked_partition *asked,
                 bool twice, partition_answer *answer)
{
  struct partition *partition = partition_of(topic, asked->partition_index);
  bool known = false;
  struct headrace_log_marks marks = {0};
  answer->partition_index = asked->partition_index;
  if (partition)
    marks = partition_marks(partition, &known);
  enum kafka_error error = twice    ? KAFKA_INVALID_REQUEST
                           : !known ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                           : exchange->broker->no_log
                               ? KAFKA_TOPIC_AUTHORIZATION_FAILED /* clients do not ask again */
                               : fault_of(exchange->request.version, asked, &marks);
  answer->error_code = (int16_t)error;
  if (error != KAFKA_NONE || asked->timestamp == LATEST_TIERED ||
      asked->timestamp == EARLIEST_PENDING)
    return;
  if (asked->timestamp >= 0 || asked->timestamp == LARGEST_TIME) {
    ask(exchange, partition, asked->timestamp, answer);
    return;
  }
  answer->offset = asked->timestamp == LATEST ? marks.end : marks.start;
  say_epoch(exchange, partition, answer);
}

/* Partitions that are asked for more than once, which Kafka refuses. */
static const bool *asked_twice(struct exchange *exchange)
{
  const struct list_offsets_request *request = exchange->request.body;
  struct wire_arena *arena = &exchange->arena;
  size_t count = 0, place = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  struct wire_slice *names = wire_alloc(arena, (count + 1) * sizeof *names);
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      names[place++] = partition_name(arena, request->topics.items[i].name,
                                      request->topics.items[i].partitions.items[j].partition_index);
  return are_repeated(arena, (struct named_items){names, (int32_t)count, sizeof *names, 0});
}

void handle_list_offsets(struct exchange *exchange)
{
  const struct list_offsets_request *request = exchange->request.body;
  struct listing *listing = wire_alloc(&exchange->arena, sizeof *listing);
  struct list_offsets_response *answer = WIRE_NEW(&exchange->arena, list_offsets_response);
  const bool *twice = asked_twice(exchange);
  exchange->work = listing;
  listing->answer = answer;
  listing->pending = 1; /* this function */
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count,
             list_offsets_response_topic_response);
  for (int32_t i = 0; i < request->topics.count; i++) {
    struct topic *topic = topic_named(exchange->broker, request->topics.items[i].name);
    answer->topics.items[i].name = request->topics.items[i].name;
    WIRE_ITEMS(&exchange->arena, answer->topics.items[i].partitions,
               request->topics.items[i].partitions.count, list_offsets_response_partition_response);
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      list(exchange, topic, &request->topics.items[i].partitions.items[j], *twice++,
           &answer->topics.items[i].partitions.items[j]);
  }
  if (!--listing->pending)
    exchange_answer(exchange, answer);
}

/* ---- OffsetForLeaderEpoch
 * ------------------------------------------------------------------------ */

typedef struct offset_for_leader_epoch_request_offset_for_leader_partition asked_epoch;
typedef struct offset_for_leader_epoch_response_epoch_end_offset epoch_answer;

static void end_of_epoch(struct topic *topic, const asked_epoch *asked, epoch_answer *answer)
{
  struct partition *partition = partition_of(topic, asked->partition);
  bool known = false;
  struct headrace_log_marks marks = {0};
  answer->partition = asked->partition;
  if (partition)
    marks = partition_marks(partition, &known);
  if (!known)
    answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  else if (asked->current_leader_epoch > marks.leader_epoch)
    answer->error_code = KAFKA_UNKNOWN_LEADER_EPOCH;
  else if (asked->current_leader_epoch >= 0 && asked->current_leader_epoch < marks.leader_epoch)
    answer->error_code = KAFKA_FENCED_LEADER_EPOCH;
  if (answer->error_code)
    return;
  struct headrace_log_epoch_end end = partition_epoch_end(partition, asked->leader_epoch);
  answer->leader_epoch = end.leader_epoch;
  answer->end_offset = end.offset;
}

void handle_offset_for_leader_epoch(struct exchange *exchange)
{
  const struct offset_for_leader_epoch_request *request = exchange->request.body;
  struct offset_for_leader_epoch_response *answer =
      WIRE_NEW(&exchange->arena, offset_for_leader_epoch_response);
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count,
             offset_for_leader_epoch_response_offset_for_leader_topic_result);
  for (int32_t i = 0; i < request->topics.count; i++) {
    struct topic *topic = topic_named(exchange->broker, request->topics.items[i].topic);
    answer->topics.items[i].topic = request->topics.items[i].topic;
    WIRE_ITEMS(&exchange->arena, answer->topics.items[i].partitions,
               request->topics.items[i].partitions.count,
               offset_for_leader_epoch_response_epoch_end_offset);
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      end_of_epoch(topic, &request->topics.items[i].partitions.items[j],
                   &answer->topics.items[i].partitions.items[j]);
  }
  exchange_answer(exchange, answer);
}
