/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client may take of the listener: memory for records and for answers, and time. */
#include "kafka_wire_fixture.h"

#include <time.h>

/* ---- produce ------------------------------------------------------------------------------- */

static struct wire_slice batch_of(struct fixture *fixture, int32_t count, const char *value,
                                  enum batch_compression compression)
{
  struct wire_buffer out = {.limit = INT32_MAX};
  struct batch_codec *codec = batch_codec_new();
  struct batch_writer writer;
  const struct record_batch like = {.attributes = (int16_t)compression,
                                    .leader_epoch = -1,
                                    .producer_id = NO_PRODUCER,
                                    .producer_epoch = -1,
                                    .base_sequence = -1};
  batch_writer_begin(&writer, &out, &like, codec);
  for (int32_t i = 0; i < count; i++) {
    const struct record record = {.offset = i, .timestamp = -1, .value = wire_text(value)};
    batch_writer_add(&writer, &record);
  }
  assert_true(batch_writer_finish(&writer));
  struct wire_slice batch =
      wire_copy(&fixture->arena, (struct wire_slice){out.data, (uint32_t)out.size});
  batch_codec_free(codec);
  free(out.data);
  return batch;
}

/* The same for each partition of topic "t". */
static struct produce_request *produce_of(struct fixture *fixture, struct wire_slice batch,
                                          int32_t partitions)
{
  struct produce_request *request = WIRE_NEW(&fixture->arena, produce_request);
  request->acks = -1;
  request->timeout_ms = 60000;
  WIRE_ITEMS(&fixture->arena, request->topic_data, 1, produce_request_topic_produce_data);
  struct produce_request_topic_produce_data *topic = request->topic_data.items;
  topic->name = wire_text("t");
  WIRE_ITEMS(&fixture->arena, topic->partition_data, partitions,
             produce_request_partition_produce_data);
  for (int32_t i = 0; i < partitions; i++) {
    topic->partition_data.items[i].index = i;
    topic->partition_data.items[i].records = batch;
  }
  return request;
}

static const struct produce_response_partition_produce_response *
produced(const struct produce_response *answered, int32_t partition)
{
  assert_non_null(answered);
  return &answered->responses.items[0].partition_responses.items[partition];
}

/* The records of the next batch of the pipeline. */
static size_t taken(struct fixture *fixture)
{
  struct headrace_batch *batch = plugin_host_batch();
  fixture->plugin->read(fixture->source, batch, 5);
  size_t count = batch->output.count;
  batch_free(batch);
  return count;
}

static size_t taken_at_last(struct fixture *fixture)
{
  size_t count = 0;
  for (int i = 0; i < 40 && !count; i++)
    count = taken(fixture);
  return count;
}

static void land(struct fixture *fixture, size_t count)
{
  uint64_t *receipts = calloc(count, sizeof *receipts);
  for (size_t i = 0; i < count; i++)
    receipts[i] = i;
  fixture->plugin->on_durable(fixture->source, NULL, 0, receipts, count);
  free(receipts);
}

enum { PIECES = 3, PIECE = 35000 }; /* records that are one batch of the pipeline */

static struct produce_request *large_request(struct fixture *fixture)
{
  log_double_add_topic(the_log, "t", PIECES);
  return produce_of(fixture, batch_of(fixture, PIECE, "", BATCH_ZSTD), PIECES);
}

static void many_records_are_taken_in_pieces(void **state)
{
  struct fixture *fixture = *state;
  send_request(fixture, KEY_PRODUCE, 7, large_request(fixture));
  assert_int_equal(taken_at_last(fixture), PIECE);
  land(fixture, PIECE); /* it is not answered before the rest is there */
  for (int i = 1; i < PIECES; i++)
    assert_int_equal(taken(fixture), PIECE);
  for (int i = 1; i < PIECES; i++)
    land(fixture, PIECE);
  const struct produce_response *answered = answer(fixture, KEY_PRODUCE, 7);
  for (int i = 0; i < PIECES; i++)
    assert_int_equal(produced(answered, i)->error_code, 0);
  ask(fixture, KEY_METADATA, 1, WIRE_NEW(&fixture->arena, metadata_request));
}

/* What lies behind an unfinished request is not taken before. */
static void one_request_is_taken_after_the_other(void **state)
{
  struct fixture *fixture = *state;
  struct produce_request *request = large_request(fixture);
  send_request(fixture, KEY_PRODUCE, 7, request);
  send_request(fixture, KEY_PRODUCE, 7,
               produce_of(fixture, batch_of(fixture, 1, "", BATCH_NONE), 1));
  assert_int_equal(taken_at_last(fixture), PIECE);
  assert_int_equal(exchanges(fixture), 1);
  assert_int_equal(taken(fixture), PIECE);
  assert_int_equal(taken(fixture), PIECE);
  assert_int_equal(taken_at_last(fixture), 1);
  assert_int_equal(exchanges(fixture), 2);
}

static void pieces_that_nothing_takes_are_refused_in_time(void **state)
{
  struct fixture *fixture = *state;
  struct produce_request *request = large_request(fixture);
  request->timeout_ms = 10;
  send_request(fixture, KEY_PRODUCE, 7, request);
  assert_int_equal(taken_at_last(fixture), PIECE);
  while (!has_answer(fixture))
    fixture->plugin->idle(fixture->source, 20);
  const struct produce_response *answered = answer(fixture, KEY_PRODUCE, 7);
  for (int i = 0; i < PIECES; i++)
    assert_int_equal(produced(answered, i)->error_code, KAFKA_REQUEST_TIMED_OUT);
  land(fixture, PIECE);
  assert_int_equal(taken(fixture), 0);
  ask(fixture, KEY_METADATA, 1, WIRE_NEW(&fixture->arena, metadata_request));
}

static void who_goes_away_takes_the_pieces_along(void **state)
{
  struct fixture *fixture = *state;
  send_request(fixture, KEY_PRODUCE, 7, large_request(fixture));
  assert_int_equal(taken_at_last(fixture), PIECE);
  struct broker *broker = fixture->source;
  connection_close(broker->connections, "the test");
  fixture->plugin->idle(fixture->source, 0);
  assert_null(broker->connections);
  assert_int_equal(taken(fixture), 0);
  assert_int_equal(exchanges(fixture), 1);
  land(fixture, PIECE);
  assert_int_equal(exchanges(fixture), 0);
}

static void a_stop_answers_what_is_not_all_taken(void **state)
{
  struct fixture *fixture = *state;
  send_request(fixture, KEY_PRODUCE, 7, large_request(fixture));
  assert_int_equal(taken_at_last(fixture), PIECE);
  fixture->plugin->stop(fixture->source);
  land(fixture, PIECE);
  const struct produce_response *answered = answer(fixture, KEY_PRODUCE, 7);
  assert_int_equal(produced(answered, 0)->error_code, 0);
  assert_int_equal(produced(answered, 1)->error_code, KAFKA_REQUEST_TIMED_OUT);
}

/* Each time there is room, somebody else has it first. */
static void a_large_request_lets_others_through(void **state)
{
  enum { MANY = 8 };
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", MANY);
  struct produce_request *request =
      produce_of(fixture, batch_of(fixture, PIECE, "", BATCH_ZSTD), MANY);
  request->acks = 0;
  int large = fixture->client;
  send_request(fixture, KEY_PRODUCE, 7, request);
  assert_int_equal(taken_at_last(fixture), PIECE);
  fixture->client = connect_to(fixture->port);
  send_request(fixture, KEY_PRODUCE, 7,
               produce_of(fixture, batch_of(fixture, 1, "", BATCH_NONE), 1));
  size_t count = PIECE;
  for (int i = 0; i < 4 && count == PIECE; i++)
    count = taken(fixture);
  assert_int_equal(count, PIECE + 1);
  close(large);
}

static int16_t error_of_batch(struct fixture *fixture, struct wire_slice batch)
{
  send_request(fixture, KEY_PRODUCE, 7, produce_of(fixture, batch, 1));
  return produced(answer(fixture, KEY_PRODUCE, 7), 0)->error_code;
}

/* 64 MiB hold 256 KiB of 256 bytes. */
static void a_batch_of_too_many_records_is_too_large(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  struct wire_slice batch = batch_of(fixture, 1 << 18, "", BATCH_ZSTD);
  assert_in_range(batch.size, 1, 1000000);
  assert_int_equal(error_of_batch(fixture, batch), KAFKA_MESSAGE_TOO_LARGE);
}

/* It is small as it comes, and larger than max.message.bytes as the topic has it. */
static void a_batch_is_measured_when_it_is_compressed_anew(void **state)
{
  struct fixture *fixture = *state;
  static const struct headrace_pair config[] = {{"compression.type", "uncompressed"},
                                                {"max.message.bytes", "1000"}};
  log_double_add_topic(the_log, "t", 1);
  the_log->topics[0].entry.config = config;
  the_log->topics[0].entry.config_count = 2;
  char value[2000];
  memset(value, 'x', sizeof value);
  value[sizeof value - 1] = 0;
  struct wire_slice batch = batch_of(fixture, 1, value, BATCH_ZSTD);
  assert_in_range(batch.size, 1, 500);
  assert_int_equal(error_of_batch(fixture, batch), KAFKA_MESSAGE_TOO_LARGE);
  send_request(fixture, KEY_PRODUCE, 7,
               produce_of(fixture, batch_of(fixture, 1, "x", BATCH_ZSTD), 1));
  assert_int_equal(taken_at_last(fixture), 1);
}

/* Kafka does not mind bytes behind a message. */
static void a_blocked_request_with_bytes_behind_it_has_its_time(void **state)
{
  struct fixture *fixture = *state;
  struct produce_request *request = produce_of(fixture, batch_of(fixture, 1, "x", BATCH_NONE), 1);
  log_double_add_topic(the_log, "t", 1);
  request->timeout_ms = 10;
  fixture->more = 5;
  send_request(fixture, KEY_PRODUCE, 7, request);
  for (int i = 0; i < 100 && !has_answer(fixture); i++)
    fixture->plugin->idle(fixture->source, 20);
  assert_true(has_answer(fixture));
  assert_int_equal(produced(answer(fixture, KEY_PRODUCE, 7), 0)->error_code,
                   KAFKA_REQUEST_TIMED_OUT);
}

static void a_blocked_request_that_makes_no_sense_is_refused_at_once(void **state)
{
  struct fixture *fixture = *state;
  const char nonsense[] = {0, 0, 0, 10, 0, KEY_PRODUCE, 0, 7, 0, 0, 0, 1, 0, 99};
  char byte;
  ssize_t got = -1;
  assert_int_equal(send(fixture->client, nonsense, sizeof nonsense, 0), sizeof nonsense);
  for (int i = 0; i < 100 && got < 0; i++) {
    fixture->plugin->idle(fixture->source, 5);
    got = recv(fixture->client, &byte, 1, 0);
  }
  assert_int_equal(got, 0);
}

/* ---- answers ---------------------------------------------------------------------------- */

/* An answer about all of these is of some 2 MiB. */
static void many_partitions(void)
{
  for (int i = 0; i < 64; i++) {
    char name[16];
    snprintf(name, sizeof name, "topic-%d", i);
    log_double_add_topic(the_log, name, 1000);
  }
}

static void send_and_never_read(struct fixture *fixture, int requests)
{
  struct metadata_request *request = WIRE_NEW(&fixture->arena, metadata_request);
  request->topics.count = -1;
  for (int i = 0; i < requests; i++)
    send_request(fixture, KEY_METADATA, 1, request);
  for (int i = 0; i < 8; i++)
    turn(fixture);
}

/* To a further client, whose answer is taken. */
static int32_t partitions_of_all(struct fixture *fixture)
{
  struct metadata_request *request = WIRE_NEW(&fixture->arena, metadata_request);
  request->topics.count = -1;
  const struct metadata_response *answered = ask(fixture, KEY_METADATA, 1, request);
  return answered->topics.items[63].partitions.count;
}

static void who_reads_no_answers_is_asked_nothing_more(void **state)
{
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  int silent = fixture->client;
  many_partitions();
  send_and_never_read(fixture, 50);
  assert_in_range(exchanges(fixture), 0, 2);
  assert_in_range(broker->answers, 1, 40 << 20);
  fixture->client = connect_to(fixture->port);
  assert_int_equal(partitions_of_all(fixture), 1000);
  close(silent);
}

/* All together are bounded, too, by those that let the most lie. */
static void many_who_read_no_answers_are_disconnected(void **state)
{
  enum { SILENT = 6, MOST = 4 << 20 };
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  int silent[SILENT];
  many_partitions();
  broker->limits.output_bytes = MOST;
  broker->limits.stalled_ms = 1;
  for (int i = 0; i < SILENT; i++) {
    silent[i] = fixture->client;
    send_and_never_read(fixture, 5);
    fixture->client = connect_to(fixture->port);
  }
  assert_in_range(broker->answers, MOST + 1, SILENT * 8 << 20);
  for (int i = 0; i < 1000 && broker->answers > MOST; i++)
    fixture->plugin->tick(fixture->source);
  assert_in_range(broker->answers, 1, MOST);
  assert_int_equal(partitions_of_all(fixture), 1000);
  for (int i = 0; i < SILENT; i++)
    close(silent[i]);
  while (broker->connection_count > 1)
    turn(fixture);
  assert_int_equal(broker->answers, 0);
}

/* ---- names ------------------------------------------------------------------------------ */

static void a_name_that_is_asked_for_often_is_answered_once(void **state)
{
  enum { TIMES = 100000 };
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  struct metadata_request *request = WIRE_NEW(&fixture->arena, metadata_request);
  WIRE_ITEMS(&fixture->arena, request->topics, TIMES, metadata_request_topic);
  for (int i = 0; i < TIMES; i++)
    request->topics.items[i].name = wire_text(i % 1000 ? "t" : "u");
  const struct metadata_response *answered = ask(fixture, KEY_METADATA, 1, request);
  assert_int_equal(answered->topics.count, 2);
  assert_true(wire_is(answered->topics.items[0].name, "u"));
  struct delete_groups_request *delete = WIRE_NEW(&fixture->arena, delete_groups_request);
  struct wire_slice names[] = {wire_text("g"), wire_text("h"), wire_text("g")};
  delete->groups_names = (struct wire_slice_array){.items = names, .count = 3};
  const struct delete_groups_response *deleted = ask(fixture, KEY_DELETE_GROUPS, 1, delete);
  assert_int_equal(deleted->results.count, 2);
  assert_true(wire_is(deleted->results.items[1].group_id, "h"));
}

static size_t used;

static void note_used(struct exchange *exchange)
{
  used = exchange->arena.used;
}

/* What the answer to a client takes that is gone already. */
static size_t memory_of(struct fixture *fixture, void (*handler)(struct exchange *),
                        int16_t version, const void *request)
{
  struct broker *broker = fixture->source;
  struct exchange *exchange = broker_alloc(sizeof *exchange);
  *exchange = (struct exchange){.broker = broker, .older = broker->exchanges, .release = note_used};
  if (broker->exchanges)
    broker->exchanges->newer = exchange;
  broker->exchanges = exchange;
  exchange->request.body = (void *)(uintptr_t)request;
  exchange->request.version = version;
  used = 0;
  handler(exchange);
  for (int i = 0; i < 40 && !used; i++)
    turn(fixture);
  return used;
}

/* A few bytes of a request, and kilobytes of what describes it. */
static void what_is_described_often_takes_its_memory_once(void **state)
{
  enum { TIMES = 1000, EACH = 1000, BROKER = 4, TOPIC = 2 };
  struct fixture *fixture = *state;
  struct wire_slice key = wire_text("retention.ms");
  log_double_add_topic(the_log, "t", 1);
  turn(fixture);
  struct describe_configs_request *request = WIRE_NEW(&fixture->arena, describe_configs_request);
  request->include_synonyms = true;
  WIRE_ITEMS(&fixture->arena, request->resources, TIMES, describe_configs_request_resource);
  for (int i = 0; i < TIMES; i++) {
    struct describe_configs_request_resource *asked = &request->resources.items[i];
    asked->resource_type = i % 2 ? TOPIC : BROKER;
    asked->resource_name = wire_text(i % 2 ? "t" : wire_format(&fixture->arena, "%0*d", 1 + i, 1));
    asked->configuration_keys.count = -1;
  }
  assert_in_range(memory_of(fixture, handle_describe_configs, 1, request), 1, TIMES * EACH);
  for (int i = 0; i < TIMES; i++)
    request->resources.items[i].configuration_keys =
        (struct wire_slice_array){.items = &key, .count = 1};
  assert_in_range(memory_of(fixture, handle_describe_configs, 1, request), 1, TIMES * EACH);
}

static void what_new_topics_have_by_default_takes_its_memory_once(void **state)
{
  enum { TIMES = 1000, EACH = 1000 };
  struct fixture *fixture = *state;
  struct create_topics_request *request = WIRE_NEW(&fixture->arena, create_topics_request);
  request->validate_only = true;
  WIRE_ITEMS(&fixture->arena, request->topics, TIMES, create_topics_request_creatable_topic);
  for (int i = 0; i < TIMES; i++) {
    request->topics.items[i].name = wire_text(wire_format(&fixture->arena, "t%d", i));
    request->topics.items[i].num_partitions = request->topics.items[i].replication_factor = 1;
  }
  assert_in_range(memory_of(fixture, handle_create_topics, 5, request), 1, TIMES * EACH);
}

static void alter_credentials(void *self, const struct headrace_log_credential *all, size_t count,
                              headrace_log_done done, void *context)
{
  (void)self;
  for (size_t i = 0; i < count; i++)
    assert_memory_not_equal(all[i].stored_key.data, all[i].server_key.data, 32);
  done(context, HEADRACE_LOG_OK, NULL);
}

static void users_take_no_more_memory_than_their_keys(void **state)
{
  enum { TIMES = 1000, EACH = 700 };
  struct fixture *fixture = *state;
  struct alter_user_scram_credentials_request *request =
      WIRE_NEW(&fixture->arena, alter_user_scram_credentials_request);
  WIRE_ITEMS(&fixture->arena, request->upsertions, TIMES,
             alter_user_scram_credentials_request_scram_credential_upsertion);
  for (int i = 0; i < TIMES; i++)
    request->upsertions.items[i] =
        (struct alter_user_scram_credentials_request_scram_credential_upsertion){
            .name = wire_text(wire_format(&fixture->arena, "u%d", i)),
            .mechanism = 1,
            .iterations = 4096,
            .salt = wire_text("s"),
            .salted_password = wire_text("p")};
  the_log->log.alter_credentials = alter_credentials;
  assert_in_range(memory_of(fixture, handle_alter_user_scram_credentials, 0, request), 1,
                  TIMES * EACH);
}

static void ignored(void *context, enum headrace_log_error error, const char *reason)
{
  (void)context;
  (void)error;
  (void)reason;
}

static void offsets_that_are_asked_for_often_take_their_memory_once(void **state)
{
  enum { TIMES = 1000, PARTITIONS = 200, EACH = 1000 };
  struct fixture *fixture = *state;
  char metadata[4001] = "";
  int32_t indexes[TIMES] = {0};
  struct offset_fetch_request *request = WIRE_NEW(&fixture->arena, offset_fetch_request);
  log_double_add_topic(the_log, "t", PARTITIONS);
  memset(metadata, 'x', sizeof metadata - 1);
  for (int32_t i = 0; i < PARTITIONS; i++) {
    const struct headrace_log_offset offset = {"t", the_log->topics[0].entry.id, i, i, -1, metadata,
                                               0};
    the_log->log.store_offsets(the_log, "g", &offset, 1, ignored, NULL);
  }
  turn(fixture);
  WIRE_ITEMS(&fixture->arena, request->groups, TIMES, offset_fetch_request_group);
  for (int i = 0; i < TIMES; i++) {
    request->groups.items[i].group_id = wire_text("g");
    request->groups.items[i].topics.count = -1;
  }
  assert_in_range(memory_of(fixture, handle_offset_fetch, 8, request), PARTITIONS * 4000,
                  PARTITIONS * 5000 + TIMES * EACH);
  request->groups.count = 1;
  WIRE_ITEMS(&fixture->arena, request->groups.items[0].topics, 1, offset_fetch_request_topics);
  request->groups.items[0].topics.items[0].name = wire_text("t");
  request->groups.items[0].topics.items[0].partition_indexes =
      (struct wire_int32_array){indexes, TIMES};
  assert_in_range(memory_of(fixture, handle_offset_fetch, 8, request), 4000, TIMES * EACH);
}

/* Kafka does so, too. */
static void offsets_of_a_partition_twice_make_no_sense(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 2);
  struct list_offsets_request *request = WIRE_NEW(&fixture->arena, list_offsets_request);
  WIRE_ITEMS(&fixture->arena, request->topics, 2, list_offsets_request_topic);
  for (int i = 0; i < 2; i++) {
    request->topics.items[i].name = wire_text("t");
    WIRE_ITEMS(&fixture->arena, request->topics.items[i].partitions, 1 + i,
               list_offsets_request_partition);
    for (int32_t j = 0; j <= i; j++) {
      request->topics.items[i].partitions.items[j].partition_index = j;
      request->topics.items[i].partitions.items[j].timestamp = -1;
    }
  }
  const struct list_offsets_response *answered = ask(fixture, KEY_LIST_OFFSETS, 1, request);
  const int16_t errors[] = {answered->topics.items[0].partitions.items[0].error_code,
                            answered->topics.items[1].partitions.items[0].error_code,
                            answered->topics.items[1].partitions.items[1].error_code};
  assert_int_equal(errors[0], KAFKA_INVALID_REQUEST);
  assert_int_equal(errors[1], KAFKA_INVALID_REQUEST);
  assert_int_equal(errors[2], 0);
}

static size_t passed_on;

static void count_offsets(void *self, const char *group, const struct headrace_log_offset *offsets,
                          size_t count, headrace_log_done done, void *context)
{
  (void)self;
  (void)group;
  for (size_t i = 0; i < count; i++)
    assert_int_equal(offsets[i].offset, offsets[i].partition ? 7 : 8);
  passed_on = count;
  done(context, HEADRACE_LOG_OK, NULL);
}

/* As the last one has it, like in Kafka; 40,000 took 24 seconds, and more the square of that. */
static void a_partition_twice_is_committed_once(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 2);
  struct offset_commit_request *request = WIRE_NEW(&fixture->arena, offset_commit_request);
  request->group_id = wire_text("g");
  request->generation_id_or_member_epoch = -1;
  WIRE_ITEMS(&fixture->arena, request->topics, 1, offset_commit_request_topic);
  request->topics.items[0].name = wire_text("t");
  WIRE_ITEMS(&fixture->arena, request->topics.items[0].partitions, 4,
             offset_commit_request_partition);
  for (int i = 0; i < 4; i++) {
    request->topics.items[0].partitions.items[i].partition_index = i == 2 ? 1 : i == 1 ? 5 : 0;
    request->topics.items[0].partitions.items[i].committed_offset = 5 + i;
  }
  the_log->log.store_offsets = count_offsets;
  const struct offset_commit_response *answered = ask(fixture, KEY_OFFSET_COMMIT, 7, request);
  assert_int_equal(passed_on, 2);
  for (int i = 0; i < 4; i++)
    assert_int_equal(answered->topics.items[0].partitions.items[i].error_code,
                     i == 1 ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_NONE);
}

/* Each of them would be a question to the store. */
static void partitions_twice_are_not_looked_up(void **state)
{
  struct fixture *fixture = *state;
  int32_t indexes[] = {0, 1, 0};
  log_double_add_topic(the_log, "t", 2);
  struct describe_producers_request *describe =
      WIRE_NEW(&fixture->arena, describe_producers_request);
  WIRE_ITEMS(&fixture->arena, describe->topics, 1, describe_producers_request_topic_request);
  describe->topics.items[0].name = wire_text("t");
  describe->topics.items[0].partition_indexes = (struct wire_int32_array){indexes, 3};
  const struct describe_producers_response *described =
      ask(fixture, KEY_DESCRIBE_PRODUCERS, 0, describe);
  struct delete_records_request *delete = WIRE_NEW(&fixture->arena, delete_records_request);
  WIRE_ITEMS(&fixture->arena, delete->topics, 1, delete_records_request_topic);
  delete->topics.items[0].name = wire_text("t");
  WIRE_ITEMS(&fixture->arena, delete->topics.items[0].partitions, 3,
             delete_records_request_partition);
  delete->topics.items[0].partitions.items[1].partition_index = 1;
  const struct delete_records_response *deleted = ask(fixture, KEY_DELETE_RECORDS, 1, delete);
  for (int i = 0; i < 3; i++) {
    int16_t error = i == 1 ? KAFKA_NONE : KAFKA_INVALID_REQUEST;
    assert_int_equal(described->topics.items[0].partitions.items[i].error_code, error);
    assert_int_equal(deleted->topics.items[0].partitions.items[i].error_code, error);
  }
}

static void a_partition_twice_is_fetched_once(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 2);
  struct fetch_request *request = WIRE_NEW(&fixture->arena, fetch_request);
  request->max_bytes = 1 << 20;
  WIRE_ITEMS(&fixture->arena, request->topics, 1, fetch_request_topic);
  request->topics.items[0].topic = wire_text("t");
  WIRE_ITEMS(&fixture->arena, request->topics.items[0].partitions, 3, fetch_request_partition);
  request->topics.items[0].partitions.items[1].partition = 1;
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 6, request);
  assert_int_equal(answered->responses.items[0].partitions.count, 2);
}

/* Each was compared with each: this took ten seconds and more, in a debug build fifty. */
static void many_names_are_looked_up_in_time(void **state)
{
  enum { NAMES = 60000 };
  struct fixture *fixture = *state;
  struct create_topics_request *request = WIRE_NEW(&fixture->arena, create_topics_request);
  request->validate_only = true;
  WIRE_ITEMS(&fixture->arena, request->topics, NAMES, create_topics_request_creatable_topic);
  for (int i = 0; i < NAMES; i++) {
    request->topics.items[i].name =
        wire_text(wire_format(&fixture->arena, "t%d", i == NAMES - 1 ? 0 : i));
    request->topics.items[i].num_partitions = 1;
    request->topics.items[i].replication_factor = 1;
  }
  int64_t begun = broker_clock_ms();
  const struct create_topics_response *answered = ask(fixture, KEY_CREATE_TOPICS, 4, request);
  assert_in_range(broker_clock_ms() - begun, 0, 6000);
  assert_int_equal(answered->topics.items[0].error_code, KAFKA_INVALID_REQUEST);
  assert_int_equal(answered->topics.items[1].error_code, 0);
  assert_int_equal(answered->topics.items[NAMES - 1].error_code, KAFKA_INVALID_REQUEST);
}

/* They were read again for each topic and each group: this took two seconds, and more with more. */
static void long_filters_are_read_once(void **state)
{
  enum { TYPES = 30000000, STATES = 2000000, NAMES = 64, GROUPS = 250 };
  struct fixture *fixture = *state;
  struct list_config_resources_request *resources =
      WIRE_NEW(&fixture->arena, list_config_resources_request);
  struct list_groups_request *groups = WIRE_NEW(&fixture->arena, list_groups_request);
  int8_t *types = calloc(TYPES, 1);
  struct wire_slice *states = calloc(STATES, sizeof *states);
  for (int i = 0; i < NAMES; i++)
    log_double_add_topic(the_log, wire_format(&fixture->arena, "t%d", i), 1);
  for (int i = 0; i < GROUPS; i++) {
    const struct headrace_log_offset offset = {"t0", the_log->topics[0].entry.id, 0, i, -1, "", 0};
    the_log->log.store_offsets(the_log, wire_format(&fixture->arena, "g%d", i), &offset, 1, ignored,
                               NULL);
  }
  turn(fixture);
  types[TYPES - 1] = 2;
  resources->resource_types = (struct wire_int8_array){types, TYPES};
  for (int i = 0; i < STATES; i++)
    states[i] = wire_text(i < STATES - 1 ? "Never" : "Empty");
  groups->states_filter = (struct wire_slice_array){.items = states, .count = STATES};
  clock_t begun = clock(); /* of this process, however busy the machine is */
  memory_of(fixture, handle_list_config_resources, 1, resources);
  memory_of(fixture, handle_list_groups, 4, groups);
  assert_in_range(clock() - begun, 0, 3 * CLOCKS_PER_SEC / 2);
  free(types);
  free(states);
}

static void a_member_has_a_bounded_number_of_protocols(void **state)
{
  struct fixture *fixture = *state;
  struct join_group_request *request = WIRE_NEW(&fixture->arena, join_group_request);
  request->group_id = wire_text("g");
  request->protocol_type = wire_text("consumer");
  request->session_timeout_ms = request->rebalance_timeout_ms = 10000;
  WIRE_ITEMS(&fixture->arena, request->protocols, 1001, join_group_request_protocol);
  const struct join_group_response *answered = ask(fixture, KEY_JOIN_GROUP, 5, request);
  assert_int_equal(answered->error_code, KAFKA_INVALID_REQUEST);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(many_records_are_taken_in_pieces),
      TEST(one_request_is_taken_after_the_other),
      TEST(pieces_that_nothing_takes_are_refused_in_time),
      TEST(who_goes_away_takes_the_pieces_along),
      TEST(a_stop_answers_what_is_not_all_taken),
      TEST(a_large_request_lets_others_through),
      TEST(a_batch_of_too_many_records_is_too_large),
      TEST(a_batch_is_measured_when_it_is_compressed_anew),
      TEST(a_blocked_request_with_bytes_behind_it_has_its_time),
      TEST(a_blocked_request_that_makes_no_sense_is_refused_at_once),
      TEST(who_reads_no_answers_is_asked_nothing_more),
      TEST(many_who_read_no_answers_are_disconnected),
      TEST(a_name_that_is_asked_for_often_is_answered_once),
      TEST(what_is_described_often_takes_its_memory_once),
      TEST(what_new_topics_have_by_default_takes_its_memory_once),
      TEST(users_take_no_more_memory_than_their_keys),
      TEST(offsets_that_are_asked_for_often_take_their_memory_once),
      TEST(offsets_of_a_partition_twice_make_no_sense),
      TEST(a_partition_twice_is_committed_once),
      TEST(partitions_twice_are_not_looked_up),
      TEST(a_partition_twice_is_fetched_once),
      TEST(many_names_are_looked_up_in_time),
      TEST(long_filters_are_read_once),
      TEST(a_member_has_a_bounded_number_of_protocols),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
