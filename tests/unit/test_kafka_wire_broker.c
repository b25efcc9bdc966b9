/* SPDX-License-Identifier: Apache-2.0
 *
 * The listener over a log in memory, by requests on a socket: sessions of Fetch, reading from the
 * store, groups. */
#include "kafka_wire_fixture.h"

static void append(const char *topic, int32_t partition, const char *text, int64_t time)
{
  struct headrace_header header = {"h", {"1", 1, HEADRACE_BINARY}};
  struct headrace_record record = {
      .topic = {topic, (uint32_t)strlen(topic), HEADRACE_TEXT},
      .value = {text, (uint32_t)strlen(text), HEADRACE_BINARY},
      .headers = &header,
      .header_count = 1,
      .partition = partition,
      .timestamp_ms = time,
  };
  assert_true(log_double_append(the_log, &record) >= 0);
}

/* ---- fetch -------------------------------------------------------------------------------- */

static struct fetch_request *fetch_of(struct fixture *fixture, const char *topic, int32_t count,
                                      int64_t offset)
{
  struct fetch_request *request = WIRE_NEW(&fixture->arena, fetch_request);
  request->max_bytes = 1 << 20;
  request->min_bytes = 1;
  WIRE_ITEMS(&fixture->arena, request->topics, count > 0, fetch_request_topic);
  if (!count)
    return request;
  request->topics.items[0].topic = wire_text(topic);
  WIRE_ITEMS(&fixture->arena, request->topics.items[0].partitions, count, fetch_request_partition);
  for (int32_t i = 0; i < count; i++) {
    request->topics.items[0].partitions.items[i].partition = i;
    request->topics.items[0].partitions.items[i].fetch_offset = offset;
    request->topics.items[0].partitions.items[i].partition_max_bytes = 1 << 20;
  }
  return request;
}

static int32_t partitions_in(const struct fetch_response *answered)
{
  int32_t count = 0;
  for (int32_t i = 0; i < answered->responses.count; i++)
    count += answered->responses.items[i].partitions.count;
  return count;
}

static void records_come_from_the_store(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  for (int i = 0; i < 10; i++)
    append("t", 0, "value", 1000 + i);
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, fetch_of(fixture, "t", 1, 3));
  const struct fetch_response_partition_data *data =
      &answered->responses.items[0].partitions.items[0];
  struct record_batch batch;
  const char *why;
  assert_int_equal(data->error_code, 0);
  assert_int_equal(data->high_watermark, 10);
  assert_int_equal(record_batch_open(data->records.data, data->records.size, &batch, &why), 0);
  assert_int_equal(batch.base_offset, 3);
  assert_int_equal(batch.count, 7);
  assert_int_equal(batch.last_offset_delta, 6);
}

static void what_was_deleted_is_out_of_range(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  for (int i = 0; i < 10; i++)
    append("t", 0, "value", 1000);
  the_log->topics[0].partitions[0].start = 5;
  const int64_t offsets[] = {4, 11};
  for (int i = 0; i < 2; i++) {
    const struct fetch_response *answered =
        ask(fixture, KEY_FETCH, 11, fetch_of(fixture, "t", 1, offsets[i]));
    assert_int_equal(answered->responses.items[0].partitions.items[0].error_code,
                     KAFKA_OFFSET_OUT_OF_RANGE);
  }
}

static void a_store_that_is_away_is_an_error_to_try_again(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  append("t", 0, "value", 1000);
  the_log->trouble = HEADRACE_LOG_AWAY;
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, fetch_of(fixture, "t", 1, 0));
  assert_int_equal(answered->responses.items[0].partitions.items[0].error_code,
                   KAFKA_KAFKA_STORAGE_ERROR);
}

static void advance(int32_t partition)
{
  const struct headrace_log_reader *reader = &the_log->reader;
  reader->advanced(reader->context, &the_log->topics[0].entry.id, partition);
}

static void wake_a_parked_fetch(struct fixture *fixture, int32_t partitions)
{
  log_double_add_topic(the_log, "t", partitions);
  struct fetch_request *request = fetch_of(fixture, "t", partitions, 0);
  request->max_wait_ms = 60000;
  send_request(fixture, KEY_FETCH, 11, request);
  for (int i = 0; i < 4; i++)
    turn(fixture); /* it is parked */
  append("t", 0, "value", 1000);
  advance(0);
  turn(fixture); /* it has asked */
}

/* The store has to answer first, since it would answer a request that is not there any more. */
static void a_fetch_that_is_woken_while_it_reads_waits(void **state)
{
  struct fixture *fixture = *state;
  wake_a_parked_fetch(fixture, 1);
  the_log->topics[0].partitions[0].start = 1;
  advance(0);
  fixture->plugin->on_durable(fixture->source, NULL, 0, NULL, 0);
  assert_false(has_answer(fixture));
  const struct fetch_response *answered = answer(fixture, KEY_FETCH, 11);
  assert_int_equal(answered->responses.items[0].partitions.items[0].error_code,
                   KAFKA_OFFSET_OUT_OF_RANGE);
}

static int32_t records_of_partition(struct fixture *fixture, int32_t max_bytes, int32_t of_each)
{
  struct fetch_request *request = fetch_of(fixture, "t", 1, 0);
  request->max_bytes = max_bytes;
  request->topics.items[0].partitions.items[0].partition_max_bytes = of_each;
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, request);
  struct wire_slice records = answered->responses.items[0].partitions.items[0].records;
  struct record_batch batch;
  const char *why;
  return record_batch_open(records.data, records.size, &batch, &why) == KAFKA_NONE ? batch.count
                                                                                   : 0;
}

static void who_has_room_for_nothing_gets_one_record(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  for (int i = 0; i < 10; i++)
    append("t", 0, "value", 1000);
  assert_int_equal(records_of_partition(fixture, 1 << 20, 1 << 20), 10);
  assert_int_equal(records_of_partition(fixture, 1 << 20, 0), 1);
  assert_int_equal(records_of_partition(fixture, 1 << 20, -1), 1);
  assert_int_equal(records_of_partition(fixture, 0, 1 << 20), 1);
}

/* Each record is larger than an answer: one goes, and the others' are kept for their turn. */
static void what_has_no_room_is_not_read_again(void **state)
{
  enum { PARTITIONS = 4 };
  struct fixture *fixture = *state;
  char value[2000];
  memset(value, 'x', sizeof value);
  value[sizeof value - 1] = 0;
  log_double_add_topic(the_log, "t", PARTITIONS);
  for (int32_t i = 0; i < PARTITIONS; i++)
    append("t", i, value, 1000);
  struct fetch_request *request = fetch_of(fixture, "t", PARTITIONS, 0);
  request->max_bytes = 1000;
  for (int32_t i = 0; i < PARTITIONS; i++)
    request->topics.items[0].partitions.items[i].partition_max_bytes = 100;
  for (int32_t i = 0; i < PARTITIONS; i++) {
    const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, request);
    for (int32_t j = 0; j < PARTITIONS; j++)
      assert_int_equal(
          answered->responses.items[0].partitions.items[j].records.size > sizeof value - 1, i == j);
    request->topics.items[0].partitions.items[i].fetch_offset = 1;
  }
  assert_int_equal(the_log->reads, PARTITIONS);
  assert_int_equal(((struct broker *)fixture->source)->spares.bytes, 0);
  /* what was read for more is not for who wants less */
  struct spares spares = {.limit = 10000};
  struct spare spare = {.offset = 1, .asked = 500, .blob = blob_new(value, 2000)};
  struct spare got;
  spares_keep(&spares, &spare);
  assert_false(spares_take(&spares, NULL, 1, 499, &got));
  assert_true(spares_take(&spares, NULL, 1, 500, &got));
  spares_keep(&spares, &got);
  for (int64_t i = 0; i < 10; i++) {
    spare = (struct spare){.offset = 2 + i, .blob = blob_new(value, 2000)};
    spares_keep(&spares, &spare);
  }
  assert_int_equal(spares.count, 5);
  assert_int_equal(spares.all[0].offset, 7);
  spares_forget(&spares, NULL);
  assert_int_equal(spares.bytes, 0);
}

/* What is woken while the store's answer is on its way would ask once more, for nobody. */
static void a_fetch_that_is_answered_asks_no_more(void **state)
{
  struct fixture *fixture = *state;
  wake_a_parked_fetch(fixture, 2);
  append("t", 1, "value", 1000);
  advance(1);
  turn(fixture);
  assert_null(the_log->first);
  const struct fetch_response *answered = answer(fixture, KEY_FETCH, 11);
  assert_true(answered->responses.items[0].partitions.items[0].records.size > 0);
}

/* Each may hold an answer as large as fetch_max_bytes. */
static void fetches_that_are_sent_ahead_are_taken_in_turn(void **state)
{
  enum { SENT = 20 };
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  struct fetch_request *request = fetch_of(fixture, "t", 1, 0);
  request->max_wait_ms = 60000;
  for (int i = 0; i < SENT; i++)
    send_request(fixture, KEY_FETCH, 11, request);
  for (int i = 0; i < 4; i++)
    turn(fixture);
  assert_in_range(exchanges(fixture), 1, 2);
  append("t", 0, "value", 1000);
  advance(0);
  for (int32_t i = 1; i <= SENT; i++) {
    char size[4], rest[1024];
    for (int j = 0; j < 40 && !has_answer(fixture); j++)
      turn(fixture);
    assert_int_equal(recv(fixture->client, size, sizeof size, 0), sizeof size);
    assert_int_equal(recv(fixture->client, rest, load32(size), 0), load32(size));
    assert_int_equal(load32(rest), i);
  }
}

static void a_session_says_only_what_is_new(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 3);
  struct fetch_request *first = fetch_of(fixture, "t", 3, 0);
  first->session_epoch = 0;
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, first);
  int32_t session = answered->session_id;
  assert_int_not_equal(session, 0);
  assert_int_equal(partitions_in(answered), 3);
  append("t", 1, "value", 1000);
  struct fetch_request *second = fetch_of(fixture, "t", 0, 0);
  second->session_id = session;
  second->session_epoch = 1;
  answered = ask(fixture, KEY_FETCH, 11, second);
  assert_int_equal(answered->session_id, session);
  assert_int_equal(partitions_in(answered), 1);
  assert_int_equal(answered->responses.items[0].partitions.items[0].partition_index, 1);
  /* the epoch has moved on, so the same request again is a stranger's */
  answered = ask(fixture, KEY_FETCH, 11, second);
  assert_int_equal(answered->error_code, KAFKA_INVALID_FETCH_SESSION_EPOCH);
  second->session_id = session + 1;
  answered = ask(fixture, KEY_FETCH, 11, second);
  assert_int_equal(answered->error_code, KAFKA_FETCH_SESSION_ID_NOT_FOUND);
}

static void a_session_forgets_partitions(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 2);
  struct fetch_request *first = fetch_of(fixture, "t", 2, 0);
  first->session_epoch = 0;
  const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, first);
  append("t", 0, "value", 1000);
  append("t", 1, "value", 1000);
  struct fetch_request *second = fetch_of(fixture, "t", 0, 0);
  int32_t forgotten = 0;
  second->session_id = answered->session_id;
  second->session_epoch = 1;
  WIRE_ITEMS(&fixture->arena, second->forgotten_topics_data, 1, fetch_request_forgotten_topic);
  second->forgotten_topics_data.items[0].topic = wire_text("t");
  second->forgotten_topics_data.items[0].partitions.items = &forgotten;
  second->forgotten_topics_data.items[0].partitions.count = 1;
  answered = ask(fixture, KEY_FETCH, 11, second);
  assert_int_equal(partitions_in(answered), 1);
  assert_int_equal(answered->responses.items[0].partitions.items[0].partition_index, 1);
}

static void sessions_are_bounded(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  for (int i = 0; i < 4; i++) {
    struct fetch_request *request = fetch_of(fixture, "t", 1, 0);
    request->session_epoch = 0;
    const struct fetch_response *answered = ask(fixture, KEY_FETCH, 11, request);
    assert_int_equal(answered->session_id != 0, i < 2);
    assert_int_equal(partitions_in(answered), 1);
  }
}

/* ---- metadata ------------------------------------------------------------------------------ */

static void no_topics_is_none_and_null_is_all(void **state)
{
  struct fixture *fixture = *state;
  struct metadata_request *request = WIRE_NEW(&fixture->arena, metadata_request);
  log_double_add_topic(the_log, "a", 1);
  log_double_add_topic(the_log, "b", 2);
  const struct metadata_response *answered = ask(fixture, KEY_METADATA, 1, request);
  assert_int_equal(answered->topics.count, 0);
  request->topics.count = -1;
  answered = ask(fixture, KEY_METADATA, 1, request);
  assert_int_equal(answered->topics.count, 2);
  request->topics.count = 0; /* in version 0 all */
  answered = ask(fixture, KEY_METADATA, 0, request);
  assert_int_equal(answered->topics.count, 2);
}

static void a_topic_is_made_only_if_the_client_wants_it(void **state)
{
  struct fixture *fixture = *state;
  struct metadata_request *request = WIRE_NEW(&fixture->arena, metadata_request);
  WIRE_ITEMS(&fixture->arena, request->topics, 1, metadata_request_topic);
  request->topics.items[0].name = wire_text("new");
  request->allow_auto_topic_creation = false;
  const struct metadata_response *answered = ask(fixture, KEY_METADATA, 5, request);
  assert_int_equal(answered->topics.items[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
  request->allow_auto_topic_creation = true;
  answered = ask(fixture, KEY_METADATA, 5, request);
  assert_int_equal(answered->topics.items[0].error_code, 0);
  assert_int_equal(answered->topics.items[0].partitions.count, 1);
}

static int setup_away(void **state)
{
  return setup_with(state, "topics", "a, b", HEADRACE_LOG_AWAY);
}

static int setup_refusing(void **state)
{
  return setup_with(state, "topics", "a, b", HEADRACE_LOG_INVALID);
}

static void first_topics_are_tried_until_they_are_there(void **state)
{
  struct fixture *fixture = *state;
  for (int i = 0; i < 5; i++)
    turn(fixture);
  assert_int_equal(the_log->topic_count, 0);
  the_log->create_trouble = HEADRACE_LOG_OK;
  int64_t deadline = broker_clock_ms() + 10000;
  while (the_log->topic_count < 2 && broker_clock_ms() < deadline)
    turn(fixture);
  assert_int_equal(the_log->topic_count, 2);
  turn(fixture);
  char *said = plugin_host_log(fixture->host);
  assert_non_null(strstr(said, "topics: 'a' cannot be made"));
  assert_null(strstr(said, "topics: 'b' cannot be made")); /* once is enough */
  assert_non_null(strstr(said, "topics: all are there"));
  free(said);
}

static int setup_faulty(void **state)
{
  return setup_with(state, "topics", "a, b", HEADRACE_LOG_FAULT);
}

/* The log says each time what is wrong. */
static void first_topics_that_fail_are_tried_less_and_less(void **state)
{
  enum { NOTHING = 100000 };
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  int64_t deadline = broker_clock_ms() + 10000;
  int wait_ms = 0;
  while ((wait_ms <= 500 || wait_ms == NOTHING) && broker_clock_ms() < deadline) {
    turn(fixture);
    wait_ms = timers_wait_ms(&broker->timers, broker_clock_ms(), NOTHING);
  }
  assert_in_range(wait_ms, 501, 1000);
}

static void first_topics_that_are_refused_end_the_pipeline(void **state)
{
  struct fixture *fixture = *state;
  enum headrace_result result = HEADRACE_OK;
  for (int i = 0; i < 5 && result == HEADRACE_OK; i++) {
    struct headrace_batch *batch = plugin_host_batch();
    result = fixture->plugin->read(fixture->source, batch, 5);
    batch_free(batch);
  }
  assert_int_equal(result, HEADRACE_FATAL);
}

static const struct create_topics_response_creatable_topic_result *
created(struct fixture *fixture, const int32_t *indexes, int32_t count)
{
  struct create_topics_request *request = WIRE_NEW(&fixture->arena, create_topics_request);
  WIRE_ITEMS(&fixture->arena, request->topics, 1, create_topics_request_creatable_topic);
  struct create_topics_request_creatable_topic *topic = request->topics.items;
  topic->name = wire_text("assigned");
  topic->num_partitions = -1;
  topic->replication_factor = -1;
  WIRE_ITEMS(&fixture->arena, topic->assignments, count,
             create_topics_request_creatable_replica_assignment);
  for (int32_t i = 0; i < count; i++) {
    struct create_topics_request_creatable_replica_assignment *to = &topic->assignments.items[i];
    static int32_t node = 1;
    to->partition_index = indexes ? indexes[i] : i;
    to->broker_ids = (struct wire_int32_array){.items = &node, .count = 1};
  }
  const struct create_topics_response *answered = ask(fixture, KEY_CREATE_TOPICS, 5, request);
  return answered->topics.items;
}

static void partitions_that_are_assigned_are_those_of_a_topic(void **state)
{
  struct fixture *fixture = *state;
  assert_int_equal(created(fixture, (const int32_t[]){0, 2}, 2)->error_code,
                   KAFKA_INVALID_REPLICA_ASSIGNMENT);
  assert_int_equal(created(fixture, (const int32_t[]){0, 0}, 2)->error_code,
                   KAFKA_INVALID_REPLICA_ASSIGNMENT);
  assert_int_equal(created(fixture, (const int32_t[]){-1, 0}, 2)->error_code,
                   KAFKA_INVALID_REPLICA_ASSIGNMENT);
  assert_int_equal(created(fixture, NULL, 10001)->error_code, KAFKA_INVALID_PARTITIONS);
  const struct create_topics_response_creatable_topic_result *good =
      created(fixture, (const int32_t[]){1, 0, 2}, 3);
  assert_int_equal(good->error_code, 0);
  assert_int_equal(good->num_partitions, 3);
}

/* ---- groups -----------------------------------------------------------------------------------
 */

static struct join_group_request *join_of(struct fixture *fixture, const char *member)
{
  struct join_group_request *request = WIRE_NEW(&fixture->arena, join_group_request);
  request->group_id = wire_text("g");
  request->session_timeout_ms = 10000;
  request->rebalance_timeout_ms = 10000;
  request->member_id = wire_text(member);
  request->protocol_type = wire_text("consumer");
  WIRE_ITEMS(&fixture->arena, request->protocols, 1, join_group_request_protocol);
  request->protocols.items[0].name = wire_text("range");
  request->protocols.items[0].metadata = wire_text("subscription");
  return request;
}

static const char *joined(struct fixture *fixture, int32_t *generation)
{
  const struct join_group_response *answered =
      ask(fixture, KEY_JOIN_GROUP, 5, join_of(fixture, ""));
  assert_int_equal(answered->error_code, KAFKA_MEMBER_ID_REQUIRED);
  const char *id = wire_string(&fixture->arena, answered->member_id);
  answered = ask(fixture, KEY_JOIN_GROUP, 5, join_of(fixture, id));
  assert_int_equal(answered->error_code, 0);
  assert_true(wire_is(answered->leader, id));
  assert_int_equal(answered->members.count, 1);
  *generation = answered->generation_id;
  return id;
}

static int16_t commit(struct fixture *fixture, const char *member, int32_t generation)
{
  struct offset_commit_request *request = WIRE_NEW(&fixture->arena, offset_commit_request);
  request->group_id = wire_text("g");
  request->member_id = wire_text(member);
  request->generation_id_or_member_epoch = generation;
  WIRE_ITEMS(&fixture->arena, request->topics, 1, offset_commit_request_topic);
  request->topics.items[0].name = wire_text("t");
  WIRE_ITEMS(&fixture->arena, request->topics.items[0].partitions, 1,
             offset_commit_request_partition);
  request->topics.items[0].partitions.items[0].committed_offset = 7;
  const struct offset_commit_response *answered = ask(fixture, KEY_OFFSET_COMMIT, 7, request);
  return answered->topics.items[0].partitions.items[0].error_code;
}

static void only_members_of_the_generation_commit(void **state)
{
  struct fixture *fixture = *state;
  int32_t generation;
  log_double_add_topic(the_log, "t", 1);
  turn(fixture);
  assert_int_equal(commit(fixture, "", 3), KAFKA_ILLEGAL_GENERATION);
  assert_int_equal(commit(fixture, "", -1), 0); /* nobody is a member */
  const char *id = joined(fixture, &generation);
  assert_int_equal(commit(fixture, id, generation), KAFKA_REBALANCE_IN_PROGRESS);
  struct sync_group_request *sync = WIRE_NEW(&fixture->arena, sync_group_request);
  sync->group_id = wire_text("g");
  sync->member_id = wire_text(id);
  sync->generation_id = generation;
  WIRE_ITEMS(&fixture->arena, sync->assignments, 1, sync_group_request_assignment);
  sync->assignments.items[0].member_id = wire_text(id);
  sync->assignments.items[0].assignment = wire_text("all");
  const struct sync_group_response *synced = ask(fixture, KEY_SYNC_GROUP, 3, sync);
  assert_true(wire_is(synced->assignment, "all"));
  assert_int_equal(commit(fixture, id, generation), 0);
  assert_int_equal(commit(fixture, id, generation - 1), KAFKA_ILLEGAL_GENERATION);
  assert_int_equal(commit(fixture, "stranger", generation), KAFKA_UNKNOWN_MEMBER_ID);
  assert_int_equal(commit(fixture, "", -1), KAFKA_UNKNOWN_MEMBER_ID);
}

/* Its group is there all the same. */
static void a_commit_to_a_topic_that_is_just_deleted(void **state)
{
  struct fixture *fixture = *state;
  log_double_add_topic(the_log, "t", 1);
  turn(fixture);
  the_log->trouble = HEADRACE_LOG_UNKNOWN_TOPIC;
  assert_int_equal(commit(fixture, "", -1), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
  the_log->trouble = HEADRACE_LOG_AWAY;
  assert_int_equal(commit(fixture, "", -1), KAFKA_COORDINATOR_NOT_AVAILABLE);
}

static void ignored(void *context, enum headrace_log_error error, const char *reason)
{
  (void)context, (void)error, (void)reason;
}

static void delete_second(struct log_double *log)
{
  log->before_store = NULL;
  log->log.delete_topic(log, &log->topics[1].entry.id, ignored, NULL);
}

/* The others are committed: what the log answers is about all, what is gone it does not have. */
static void a_commit_to_several_topics_of_which_one_is_just_deleted(void **state)
{
  struct fixture *fixture = *state;
  static const char *const names[] = {"a", "b"};
  struct offset_commit_request *request = WIRE_NEW(&fixture->arena, offset_commit_request);
  request->group_id = wire_text("g");
  request->generation_id_or_member_epoch = -1;
  WIRE_ITEMS(&fixture->arena, request->topics, 2, offset_commit_request_topic);
  for (int i = 0; i < 2; i++) {
    log_double_add_topic(the_log, names[i], 1);
    request->topics.items[i].name = wire_text(names[i]);
    WIRE_ITEMS(&fixture->arena, request->topics.items[i].partitions, 1,
               offset_commit_request_partition);
  }
  the_log->before_store = delete_second;
  const struct offset_commit_response *answered = ask(fixture, KEY_OFFSET_COMMIT, 7, request);
  assert_int_equal(answered->topics.items[0].partitions.items[0].error_code, 0);
  assert_int_equal(answered->topics.items[1].partitions.items[0].error_code,
                   KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
  assert_int_equal(the_log->offset_count, 1);
}

static void a_member_of_an_ipv6_address_has_all_of_it(void **state)
{
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  int32_t generation;
  while (!broker->connections)
    turn(fixture);
  strcpy(broker->connections->peer, "2001:db8::7:40000");
  joined(fixture, &generation);
  struct describe_groups_request *request = WIRE_NEW(&fixture->arena, describe_groups_request);
  struct wire_slice group = wire_text("g");
  request->groups = (struct wire_slice_array){.items = &group, .count = 1};
  const struct describe_groups_response *answered = ask(fixture, KEY_DESCRIBE_GROUPS, 3, request);
  assert_true(wire_is(answered->groups.items[0].members.items[0].client_host, "/2001:db8::7"));
}

static void nothing(void *context)
{
  (void)context;
}

/* An answer is as large as what is in it, however many topics that is. */
static void all_offsets_of_a_group_take_their_room(void **state)
{
  enum { TOPICS = 60, PARTITIONS = 4 };
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  for (size_t i = 0; i < TOPICS * PARTITIONS; i++) {
    char name[16];
    snprintf(name, sizeof name, "topic-%zu", i % TOPICS); /* not one topic after another */
    log_double_add_topic(the_log, name, PARTITIONS);
    const struct headrace_log_offset offset = {.topic = name,
                                               .id = the_log->topics[i % TOPICS].entry.id,
                                               .partition = (int32_t)(i / TOPICS),
                                               .offset = (int64_t)i,
                                               .leader_epoch = -1,
                                               .metadata = ""};
    the_log->log.store_offsets(the_log, "g", &offset, 1, ignored, NULL);
  }
  turn(fixture);
  struct offset_fetch_request *request = WIRE_NEW(&fixture->arena, offset_fetch_request);
  request->group_id = wire_text("g");
  request->topics.count = -1;
  the_log->reader.wake = nothing; /* it is served here */
  send_request(fixture, KEY_OFFSET_FETCH, 7, request);
  while (!the_log->first)
    turn(fixture);
  the_log->log.serve(the_log);
  assert_in_range(broker->exchanges->arena.used, 1, 100 << 10);
  const struct offset_fetch_response *answered = answer(fixture, KEY_OFFSET_FETCH, 7);
  assert_int_equal(answered->topics.count, TOPICS);
  for (int32_t i = 0; i < TOPICS; i++) {
    int topic =
        atoi(wire_string(&fixture->arena, answered->topics.items[i].name) + strlen("topic-"));
    assert_int_equal(answered->topics.items[i].partitions.count, PARTITIONS);
    for (int32_t j = 0; j < PARTITIONS; j++)
      assert_int_equal(answered->topics.items[i].partitions.items[j].committed_offset % TOPICS,
                       topic);
  }
}

static void impossible_members_are_refused(void **state)
{
  struct fixture *fixture = *state;
  struct join_group_request *request = join_of(fixture, "");
  request->session_timeout_ms = -1; /* would never be declared dead */
  const struct join_group_response *answered = ask(fixture, KEY_JOIN_GROUP, 5, request);
  assert_int_equal(answered->error_code, KAFKA_INVALID_SESSION_TIMEOUT);
  answered = ask(fixture, KEY_JOIN_GROUP, 5, join_of(fixture, "nobody"));
  assert_int_equal(answered->error_code, KAFKA_UNKNOWN_MEMBER_ID);
  request = join_of(fixture, "");
  request->group_id = wire_text("");
  answered = ask(fixture, KEY_JOIN_GROUP, 5, request);
  assert_int_equal(answered->error_code, KAFKA_INVALID_GROUP_ID);
  request = join_of(fixture, "");
  request->protocols.count = 0;
  answered = ask(fixture, KEY_JOIN_GROUP, 5, request);
  assert_int_equal(answered->error_code, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
}

static int setup_guarded(void **state)
{
  return setup_with(state, "sasl", "PLAIN", HEADRACE_LOG_OK);
}

/* As if it had not taken any time to find out, for that says whether there is such a user. */
static void who_is_refused_is_told_at_a_set_time(void **state)
{
  enum { DELAY_MS = 100, NOTHING = 100000 };
  static const char token[] = "\0nobody\0password";
  struct fixture *fixture = *state;
  struct broker *broker = fixture->source;
  struct sasl_handshake_request *handshake = WIRE_NEW(&fixture->arena, sasl_handshake_request);
  handshake->mechanism = wire_text("PLAIN");
  ask(fixture, KEY_SASL_HANDSHAKE, 1, handshake);
  struct sasl_authenticate_request *login = WIRE_NEW(&fixture->arena, sasl_authenticate_request);
  login->auth_bytes = (struct wire_slice){token, sizeof token - 1};
  the_log->reader.wake = nothing; /* it is served here */
  send_request(fixture, KEY_SASL_AUTHENTICATE, 1, login);
  while (!the_log->first)
    turn(fixture);
  for (int64_t until = broker_clock_ms() + DELAY_MS; broker_clock_ms() < until;)
    turn(fixture);
  the_log->log.serve(the_log);
  assert_int_equal(timers_wait_ms(&broker->timers, broker_clock_ms(), NOTHING), 0);
  const struct sasl_authenticate_response *answered = answer(fixture, KEY_SASL_AUTHENTICATE, 1);
  assert_int_equal(answered->error_code, KAFKA_SASL_AUTHENTICATION_FAILED);
}

static void no_credentials(void *self, const char *user, headrace_log_credentials_done done,
                           void *context)
{
  (void)self;
  (void)user;
  done(context, HEADRACE_LOG_AWAY, NULL, 0);
}

/* Nor is it said that there is no such user. */
static void users_are_not_altered_while_the_store_is_away(void **state)
{
  struct fixture *fixture = *state;
  struct alter_user_scram_credentials_request *request =
      WIRE_NEW(&fixture->arena, alter_user_scram_credentials_request);
  WIRE_ITEMS(&fixture->arena, request->deletions, 2,
             alter_user_scram_credentials_request_scram_credential_deletion);
  request->deletions.items[0].name = wire_text("ann");
  request->deletions.items[0].mechanism = 1;
  request->deletions.items[1].name = wire_text("bob");
  the_log->log.credentials = no_credentials;
  const struct alter_user_scram_credentials_response *answered =
      ask(fixture, KEY_ALTER_USER_SCRAM_CREDENTIALS, 0, request);
  assert_int_equal(answered->results.items[0].error_code, KAFKA_KAFKA_STORAGE_ERROR);
  assert_int_equal(answered->results.items[1].error_code, KAFKA_UNSUPPORTED_SASL_MECHANISM);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(records_come_from_the_store),
      TEST(what_was_deleted_is_out_of_range),
      TEST(a_store_that_is_away_is_an_error_to_try_again),
      TEST(who_has_room_for_nothing_gets_one_record),
      TEST(a_fetch_that_is_woken_while_it_reads_waits),
      TEST(a_fetch_that_is_answered_asks_no_more),
      TEST(what_has_no_room_is_not_read_again),
      TEST(fetches_that_are_sent_ahead_are_taken_in_turn),
      TEST(a_session_says_only_what_is_new),
      TEST(a_session_forgets_partitions),
      TEST(sessions_are_bounded),
      TEST(no_topics_is_none_and_null_is_all),
      TEST(a_topic_is_made_only_if_the_client_wants_it),
      cmocka_unit_test_setup_teardown(first_topics_are_tried_until_they_are_there, setup_away,
                                      teardown),
      cmocka_unit_test_setup_teardown(first_topics_that_fail_are_tried_less_and_less, setup_faulty,
                                      teardown),
      cmocka_unit_test_setup_teardown(first_topics_that_are_refused_end_the_pipeline,
                                      setup_refusing, teardown),
      TEST(partitions_that_are_assigned_are_those_of_a_topic),
      TEST(only_members_of_the_generation_commit),
      TEST(a_commit_to_a_topic_that_is_just_deleted),
      TEST(a_commit_to_several_topics_of_which_one_is_just_deleted),
      TEST(a_member_of_an_ipv6_address_has_all_of_it),
      TEST(all_offsets_of_a_group_take_their_room),
      TEST(impossible_members_are_refused),
      cmocka_unit_test_setup_teardown(who_is_refused_is_told_at_a_set_time, setup_guarded,
                                      teardown),
      TEST(users_are_not_altered_while_the_store_is_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
