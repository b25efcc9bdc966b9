/* SPDX-License-Identifier: Apache-2.0
 *
 * DeleteRecords, DescribeProducers. */
#include "repeats.h"
#include "tally.h"

/* Partitions that stand more than once in a request are refused, for each is a question to the
 * log. */
static const bool *are_partitions_repeated(struct wire_arena *arena,
                                           const struct wire_slice *partitions, int32_t count)
{
  return are_repeated(arena, (struct named_items){partitions, count, sizeof *partitions, 0});
}

/* ---- DeleteRecords --------------------------------------------------------------------------- */

struct deletion {
  struct tally *tally;
  struct delete_records_response_partition_result *answer;
};

static void deleted(void *context, enum headrace_log_error error, int64_t number)
{
  struct deletion *deletion = context;
  deletion->answer->error_code = (int16_t)kafka_error_of(error);
  deletion->answer->low_watermark = error == HEADRACE_LOG_OK ? number : -1;
  tally_done(deletion->tally);
}

static void delete_of(struct tally *tally, struct partition *partition, int64_t before, bool twice,
                      struct delete_records_response_partition_result *answer)
{
  const struct headrace_log *log = tally->exchange->broker->log;
  answer->low_watermark = -1;
  if (twice) {
    answer->error_code = KAFKA_INVALID_REQUEST;
    return;
  }
  if (!partition || before < -1) {
    answer->error_code = partition ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return;
  }
  struct deletion *deletion = wire_alloc(&tally->exchange->arena, sizeof *deletion);
  *deletion = (struct deletion){tally, answer};
  tally->pending++;
  log->delete_records(log->self, &partition->topic->id, partition->index, before, deleted,
                      deletion);
}

static const bool *deleted_twice(struct exchange *exchange)
{
  const struct delete_records_request *request = exchange->request.body;
  size_t count = 0, place = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  struct wire_slice *names = wire_alloc(&exchange->arena, (count + 1) * sizeof *names);
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      names[place++] = partition_name(&exchange->arena, request->topics.items[i].name,
                                      request->topics.items[i].partitions.items[j].partition_index);
  return are_partitions_repeated(&exchange->arena, names, (int32_t)count);
}

void handle_delete_records(struct exchange *exchange)
{
  const struct delete_records_request *request = exchange->request.body;
  const bool *twice = deleted_twice(exchange);
  struct delete_records_response *answer = WIRE_NEW(&exchange->arena, delete_records_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count,
             delete_records_response_topic_result);
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct delete_records_request_topic *asked = &request->topics.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->name);
    answer->topics.items[i].name = asked->name;
    WIRE_ITEMS(&exchange->arena, answer->topics.items[i].partitions, asked->partitions.count,
               delete_records_response_partition_result);
    for (int32_t j = 0; j < asked->partitions.count; j++) {
      struct delete_records_response_partition_result *said =
          &answer->topics.items[i].partitions.items[j];
      said->partition_index = asked->partitions.items[j].partition_index;
      delete_of(tally, partition_of(topic, said->partition_index),
                asked->partitions.items[j].offset, *twice++, said);
    }
  }
  tally_done(tally);
}

/* ---- DescribeProducers
 * ------------------------------------------------------------------------------ */

struct inquiry {
  struct tally *tally;
  struct describe_producers_response_partition_response *answer;
};

static void told(void *context, enum headrace_log_error error,
                 const struct headrace_log_producer *producers, size_t count)
{
  struct inquiry *inquiry = context;
  inquiry->answer->error_code = (int16_t)kafka_error_of(error);
  WIRE_ITEMS(&inquiry->tally->exchange->arena, inquiry->answer->active_producers,
             error == HEADRACE_LOG_OK ? count : 0, describe_producers_response_producer_state);
  for (int32_t i = 0; i < inquiry->answer->active_producers.count; i++)
    inquiry->answer->active_producers.items[i] =
        (struct describe_producers_response_producer_state){
            .producer_id = producers[i].id,
            .producer_epoch = producers[i].epoch,
            .last_sequence = producers[i].last_sequence,
            .last_timestamp = producers[i].last_timestamp_ms,
            .coordinator_epoch = -1,
            .current_txn_start_offset = -1,
        };
  tally_done(inquiry->tally);
}

static void ask_of(struct tally *tally, struct partition *partition, bool twice,
                   struct describe_producers_response_partition_response *answer)
{
  const struct headrace_log *log = tally->exchange->broker->log;
  if (twice) {
    answer->error_code = KAFKA_INVALID_REQUEST;
    return;
  }
  if (!partition) {
    answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return;
  }
  struct inquiry *inquiry = wire_alloc(&tally->exchange->arena, sizeof *inquiry);
  *inquiry = (struct inquiry){tally, answer};
  tally->pending++;
  log->producers(log->self, &partition->topic->id, partition->index, told, inquiry);
}

static const bool *described_twice(struct exchange *exchange)
{
  const struct describe_producers_request *request = exchange->request.body;
  size_t count = 0, place = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partition_indexes.count;
  struct wire_slice *names = wire_alloc(&exchange->arena, (count + 1) * sizeof *names);
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partition_indexes.count; j++)
      names[place++] = partition_name(&exchange->arena, request->topics.items[i].name,
                                      request->topics.items[i].partition_indexes.items[j]);
  return are_partitions_repeated(&exchange->arena, names, (int32_t)count);
}

void handle_describe_producers(struct exchange *exchange)
{
  const struct describe_producers_request *request = exchange->request.body;
  const bool *twice = described_twice(exchange);
  struct describe_producers_response *answer =
      WIRE_NEW(&exchange->arena, describe_producers_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count,
             describe_producers_response_topic_response);
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct describe_producers_request_topic_request *asked = &request->topics.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->name);
    answer->topics.items[i].name = asked->name;
    WIRE_ITEMS(&exchange->arena, answer->topics.items[i].partitions, asked->partition_indexes.count,
               describe_producers_response_partition_response);
    for (int32_t j = 0; j < asked->partition_indexes.count; j++) {
      answer->topics.items[i].partitions.items[j].partition_index =
          asked->partition_indexes.items[j];
      ask_of(tally, partition_of(topic, asked->partition_indexes.items[j]), *twice++,
             &answer->topics.items[i].partitions.items[j]);
    }
  }
  tally_done(tally);
}
