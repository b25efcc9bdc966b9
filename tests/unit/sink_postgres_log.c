/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a log, on a real server: `sink_postgres_log CONNINFO`. */
#include "sink_postgres_log.h"

/* ---- records ------------------------------------------------------------------------ */

static void topics_are_in_the_catalogue(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  assert_int_equal(strlen(f->log->cluster_id(f->log->self)), 22);
  uint64_t version = f->log->catalogue_version(f->log->self);
  assert_int_equal(create(f, "b", 2), HEADRACE_LOG_OK);
  assert_int_equal(create(f, "a", 1), HEADRACE_LOG_OK);
  assert_int_equal(create(f, "a", 3), HEADRACE_LOG_EXISTS);
  assert_int_equal(create(f, "c", 0), HEADRACE_LOG_INVALID);
  assert_true(f->log->catalogue_version(f->log->self) > version);
  struct headrace_topic_id id = topic_id(f, "b");
  char cluster[64];
  snprintf(cluster, sizeof cluster, "%s", f->log->cluster_id(f->log->self));
  stop(f);
  start(f, NULL);
  assert_string_equal(cluster, f->log->cluster_id(f->log->self));
  const struct headrace_log_catalogue *catalogue = f->log->catalogue(f->log->self);
  assert_int_equal(catalogue->topic_count, 2);
  assert_string_equal(catalogue->topics[0].name, "a");
  assert_string_equal(catalogue->topics[1].name, "b");
  assert_memory_equal(&catalogue->topics[1].id, &id, sizeof id);
  assert_int_equal(catalogue->topics[1].partition_count, 2);
  assert_int_equal(catalogue->topics[1].config_count, 2);
  assert_string_equal(catalogue->topics[1].config[0].name, "a\"b");
  assert_string_equal(catalogue->topics[1].config[0].value, "c\\d");
  f->log->catalogue_release(f->log->self, catalogue);
  stop(f);
}

static void offsets_rise_by_one(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 2);
  append(f, "t", 0, 0, 3);
  append(f, "t", 1, 0, 2);
  append(f, "t", 0, 3, 4);
  assert_int_equal(marks(f, "t", 0).end, 0); /* nothing is committed */
  assert_int_equal(drain(f), HEADRACE_OK);
  const uint64_t expected[] = {0, 1, 2, 0, 1, 3, 4, 5, 6};
  assert_int_equal(f->receipt_count, 9);
  assert_memory_equal(f->receipts, expected, sizeof expected);
  assert_int_equal(marks(f, "t", 0).end, 7);
  assert_int_equal(marks(f, "t", 1).end, 2);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).end, 7);
  append(f, "t", 0, 7, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->receipts[0], 7);
  assert_int_equal(number(f, "SELECT count(DISTINCT global_offset) FROM kafka.messages"), 10);
  assert_int_equal(number(f, "SELECT max(global_offset) FROM kafka.messages"), 9);
  stop(f);
}

static void what_was_written_is_read(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_record *record = add(batch, "t", 0, "v");
  struct headrace_header *headers = arena_alloc(&batch->arena, 3 * sizeof *headers);
  headers[0] = (struct headrace_header){"same", value_in(batch, "1")};
  headers[1] = (struct headrace_header){"same", {.state = HEADRACE_NULL}};
  headers[2] = (struct headrace_header){"", value_in(batch, "")};
  record->headers = headers;
  record->header_count = 3;
  record->timestamp_ms = INT64_C(1700000000123);
  record->key = (struct headrace_value){"a\0b", 3, HEADRACE_BINARY};
  record = add(batch, "t", 0, "");
  record->key = value_in(batch, "gone");
  record->value.state = HEADRACE_NULL;
  record->timestamp_ms = -1;
  give(f, batch);
  assert_int_equal(drain(f), HEADRACE_OK);
  struct answer answer = read_from(f, "t", 0, 0, 1 << 20);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(answer.records->count, 2);
  assert_int_equal(answer.records->next, 2);
  const struct headrace_record *first = &answer.records->records[0];
  assert_memory_equal(first->key.data, "a\0b", 3);
  assert_int_equal(first->timestamp_ms, INT64_C(1700000000123));
  assert_int_equal(first->header_count, 3);
  assert_string_equal(first->headers[1].name, "same");
  assert_int_equal(first->headers[1].value.state, HEADRACE_NULL);
  assert_memory_equal(first->headers[0].value.data, "1", 1);
  assert_string_equal(first->headers[2].name, "");
  assert_int_equal(first->headers[2].value.size, 0);
  assert_int_equal(first->headers[2].value.state, HEADRACE_BINARY);
  const struct headrace_record *second = &answer.records->records[1];
  assert_int_equal(second->value.state, HEADRACE_NULL);
  assert_int_equal(second->timestamp_ms, -1);
  assert_int_equal(second->header_count, 0);
  release(&answer);
  stop(f);
}

static void a_read_is_bounded(void **state)
{
  struct fixture *f = *state;
  start(f, (const char *[]){"log_segment_records", "100", NULL});
  create(f, "t", 1);
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.segments"), 3);
  struct answer answer = read_from(f, "t", 0, 5, 1);
  assert_values(answer.records, 5, 5, 1);
  release(&answer);
  int64_t offset = 0;
  for (int reads = 0; offset < 250; reads++) {
    assert_true(reads < 10);
    answer = read_from(f, "t", 0, offset, 1 << 20);
    assert_values(answer.records, offset, (int)offset, answer.records->count);
    offset = answer.records->next;
    release(&answer);
  }
  assert_int_equal(offset, 250);
  answer = read_from(f, "t", 0, 250, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(answer.records->count, 0);
  assert_int_equal(answer.records->next, 250);
  answer = read_from(f, "t", 0, 251, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_OUT_OF_RANGE);
  answer = read_from(f, "t", 1, 0, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_UNKNOWN_TOPIC);
  stop(f); /* frees what was not released */
}

static void deleted(void *context, enum headrace_log_error error, int64_t start)
{
  (void)start;
  done(context, error, NULL);
}

static void records_are_found_by_time(void **state)
{
  struct fixture *f = *state;
  start(f, (const char *[]){"log_segment_records", "100", NULL});
  create(f, "t", 1);
  assert_int_equal(find_time(f, "t", 0).offset, -1);
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(find_time(f, "t", 0).offset, 0);
  assert_int_equal(find_time(f, "t", 1001).offset, 1);
  assert_int_equal(find_time(f, "t", 1001).timestamp_ms, 1010);
  assert_int_equal(find_time(f, "t", 3000).offset, 200);
  assert_int_equal(find_time(f, "t", 1000000).offset, -1);
  assert_int_equal(find_time(f, "t", INT64_MAX).offset, -1);
  assert_int_equal(find_time(f, "t", INT64_MIN).offset, 0);
  assert_int_equal(find_time(f, "t", HEADRACE_LOG_LARGEST_TIME).offset, 249);
  stop(f);
}

/* What find() says, against what SQL finds by looking at everything. */
static void assert_found(struct fixture *f, int64_t ms)
{
  char sql[256];
  snprintf(sql, sizeof sql,
           "SELECT coalesce(min(partition_offset), -1) FROM kafka.messages WHERE \"timestamp\" >="
           " to_timestamp(%lld / 1000.0) AND partition_offset >= %lld",
           (long long)ms, (long long)marks(f, "t", 0).start);
  assert_int_equal(find_time(f, "t", ms).offset, number(f, sql));
}

static void assert_all_found(struct fixture *f)
{
  for (int64_t ms = 0; ms < 26000; ms += 1371)
    assert_found(f, ms);
  char sql[256];
  snprintf(sql, sizeof sql,
           "SELECT partition_offset FROM kafka.messages WHERE partition_offset >= %lld"
           " ORDER BY \"timestamp\" DESC NULLS LAST, partition_offset LIMIT 1",
           (long long)marks(f, "t", 0).start);
  assert_int_equal(find_time(f, "t", HEADRACE_LOG_LARGEST_TIME).offset, number(f, sql));
}

/* Times that go up and down, and some records without one. */
static void append_times(struct fixture *f, int from, int count)
{
  struct headrace_batch *batch = plugin_host_batch();
  for (int i = from; i < from + count; i++)
    add(batch, "t", 0, "x")->timestamp_ms = i % 7 ? i + (i * 37) % 5000 : -1;
  give(f, batch);
  assert_int_equal(drain(f), HEADRACE_OK);
}

static void records_are_found_by_time_among_many(void **state)
{
  struct fixture *f = *state;
  static const char *const segments[] = {"log_segment_records", "7000", NULL};
  start(f, segments);
  create(f, "t", 1);
  append_times(f, 0, 9000);
  assert_all_found(f);
  stop(f);
  start(f, segments); /* what has no row of times yet is not known to this process */
  append_times(f, 9000, 6000);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.times WHERE newest = 'infinity'"), 1);
  append_times(f, 15000, 5000);
  assert_all_found(f);
  assert_int_equal(number(f, "SELECT max(count) FROM (SELECT count(*) FROM kafka.times t JOIN"
                             " kafka.messages m ON partition_offset >= first_offset AND"
                             " partition_offset < end_offset GROUP BY first_offset) n") <= 8192,
                   1);
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->delete_records(f->log->self, &id, 0, 10000, deleted, &answer);
  await(f, &answer);
  assert_all_found(f);
  run_sql(f, "DELETE FROM kafka.times"); /* as before the table was there */
  assert_all_found(f);
  stop(f);
}

static void what_goes_nowhere_is_refused(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  struct headrace_batch *batch = plugin_host_batch();
  add(batch, "t", 0, "good");
  add(batch, "t", 1, "no such partition");
  add(batch, "t", -1, "none said");
  add(batch, "u", 0, "no such topic");
  add(batch, "t", 0, "too late")->timestamp_ms = INT64_MAX;
  add(batch, "t", 0, "good");
  give(f, batch);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->host->reject_count, 4);
  assert_string_equal(f->host->last_error_class, HEADRACE_REJECT_INVALID);
  assert_int_equal(f->receipts[0], 0);
  assert_int_equal(f->receipts[5], 1);
  assert_int_equal(marks(f, "t", 0).end, 2);
  stop(f);
}

/* ---- the schema --------------------------------------------------------------------- */

static void older_tables_are_upgraded(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  stop(f);
  run_sql(f, "UPDATE kafka.meta SET schema_version = 1; DROP FUNCTION kafka.segment_bytes CASCADE;"
             " DROP FUNCTION kafka.as_text CASCADE; DROP FUNCTION kafka.read, kafka.headers_jsonb;"
             " DROP VIEW kafka.group_lag;"
             " DROP TABLE kafka.outbox, kafka.settings, kafka.credentials, kafka.leader_epochs, "
             "kafka.times;"
             " ALTER TABLE kafka.topics DROP COLUMN deleted_at;"
             " ALTER TABLE kafka.segments DROP COLUMN sealed; DROP FUNCTION kafka.seal_segment;"
             " DROP FUNCTION kafka.produce, kafka.produce_bytes");
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).end, 0);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.topic_sizes"), 1);
  stop(f);
}

static void assert_epoch_ends(struct fixture *f, int32_t asked, int32_t epoch, int64_t offset)
{
  struct headrace_topic_id id = topic_id(f, "t");
  struct headrace_log_epoch_end end;
  assert_int_equal(f->log->epoch_end(f->log->self, &id, 0, asked, &end), HEADRACE_LOG_OK);
  assert_int_equal(end.leader_epoch, epoch);
  assert_int_equal(end.offset, offset);
}

static void a_promoted_standby_raises_the_epoch(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 5);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).leader_epoch, 0);
  stop(f);
  run_sql(f, "UPDATE kafka.meta SET timeline = '00000000'");
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).leader_epoch, 1);
  append(f, "t", 0, 5, 3);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_epoch_ends(f, 0, 0, 5);
  assert_epoch_ends(f, 1, 1, 8);
  assert_epoch_ends(f, 2, -1, -1);
  assert_epoch_ends(f, -1, -1, -1);
  stop(f);
}

static void commits_that_may_be_lost_are_warned_of(void **state)
{
  struct fixture *f = *state;
  start(f, (const char *[]){"synchronous_commit", "off", NULL});
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "synchronous_commit is off"));
  free(log);
  stop(f);
}

/* What was committed is not there any more: the pipeline begins anew, and nothing is appended. */
static void a_restored_log_is_read_anew(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 5);
  assert_int_equal(drain(f), HEADRACE_OK);
  run_sql(f, "DELETE FROM kafka.messages WHERE partition_offset > 2;"
             "UPDATE kafka.partitions SET next_offset = 3; UPDATE kafka.meta SET"
             " next_global_offset = 3");
  append(f, "t", 0, 5, 1);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).end, 3);
  assert_int_equal(marks(f, "t", 0).leader_epoch, 1);
  append(f, "t", 0, 5, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_epoch_ends(f, 0, 0, 3);
  stop(f);
}

/* On the same timeline, while headrace is stopped: by what state_dir says of the last commit. */
static void a_log_that_is_restored_meanwhile_raises_the_epoch(void **state)
{
  struct fixture *f = *state;
  char folder[] = "/tmp/headrace-test-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  f->state_dir = folder;
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 5);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).leader_epoch, 0);
  stop(f);
  run_sql(f, "DELETE FROM kafka.messages WHERE partition_offset > 2;"
             "UPDATE kafka.partitions SET next_offset = 3; UPDATE kafka.meta SET"
             " next_global_offset = 3");
  for (int i = 0; i < 2; i++) { /* once is enough */
    start(f, NULL);
    assert_int_equal(marks(f, "t", 0).leader_epoch, 1);
    assert_epoch_ends(f, 0, 0, 3);
    stop(f);
  }
  snprintf(path, sizeof path, "%s/test.stage.log-end", folder);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rmdir(folder), 0);
}

static void newer_tables_are_refused(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  stop(f);
  run_sql(f, "UPDATE kafka.meta SET schema_version = 99");
  assert_int_equal(start_with(f, NULL), HEADRACE_FATAL);
  stop(f);
}

static void kill_sessions(struct fixture *f)
{
  run_sql(f, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
             " WHERE application_name = 'headrace'");
}

/* ---- SQL as a producer -------------------------------------------------------------- */

/* Until so many are written, and the reader was told. */
static void await_end(struct fixture *f, int32_t partition, int64_t end)
{
  int64_t deadline = f->host->instance.host.now_us(&f->host->instance.host) + PATIENCE_US;
  while (marks(f, "t", partition).end != end || !(f->advanced & 1u << partition)) {
    f->plugin->poll(f->self, 20);
    f->log->serve(f->log->self);
    if (f->host->instance.host.now_us(&f->host->instance.host) > deadline)
      fail_msg("partition %d ends at %lld", partition, (long long)marks(f, "t", partition).end);
  }
  f->advanced = 0;
}

static void what_sql_has_produced_is_in_the_log(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 2);
  append(f, "t", 1, 0, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  run_sql(f, "BEGIN; SELECT kafka.produce('t', 'never', 'seen', part => 1); ROLLBACK");
  run_sql(f, "SELECT kafka.produce('t', 'k', 'v', '[[\"a\", \"1\"], [\"a\", null]]', 1);"
             "SELECT kafka.produce_bytes('t', NULL, '\\x00', NULL, 1)");
  await_end(f, 1, 3);
  struct answer answer = read_from(f, "t", 1, 1, 1 << 20);
  assert_int_equal(answer.records->count, 2);
  const struct headrace_record *record = &answer.records->records[0];
  assert_memory_equal(record->key.data, "k", 1);
  assert_memory_equal(record->value.data, "v", 1);
  assert_int_equal(record->header_count, 2);
  assert_string_equal(record->headers[1].name, "a");
  assert_int_equal(record->headers[1].value.state, HEADRACE_NULL);
  assert_true(record->timestamp_ms > INT64_C(1700000000000));
  assert_int_equal(record[1].key.state, HEADRACE_NULL);
  assert_int_equal(record[1].value.size, 1);
  release(&answer);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.outbox"), 0);
  stop(f);
}

/* Partitions of Kafka's own test of murmur2: "21" gives -973932308, "foobar" -790332482. */
static void keys_have_the_partition_that_kafka_gives(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 7);
  run_sql(f, "SELECT kafka.produce('t', k, 'v') FROM unnest(ARRAY['21', 'foobar']) k");
  await_end(f, (-973932308 & INT32_MAX) % 7, 1);
  assert_int_equal(marks(f, "t", (-790332482 & INT32_MAX) % 7).end, 1);
  stop(f);
}

static void rows_of_the_outbox_are_written_once(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  run_sql(f, "INSERT INTO kafka.outbox (topic_id, partition_id) VALUES (99, 0)"); /* left out */
  for (int i = 0; i < 10; i++) {
    run_sql(f, "SELECT kafka.produce('t', NULL, n::text) FROM generate_series(1, 300) n");
    append(f, "t", 0, 0, 10);
    for (int n = 0; n < 5; n++)
      f->plugin->poll(f->self, i % 3);
    if (i % 2)
      kill_sessions(f);
  }
  f->advanced = 0;
  await_end(f, 0, 3100);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 3100);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.outbox"), 0);
  stop(f);
}

/* ---- owners ------------------------------------------------------------------------- */

static void who_was_shut_out_stops(void **state)
{
  struct fixture *f = *state, other = {.sql = f->sql, .woken = wake_open()};
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 2);
  assert_int_equal(drain(f), HEADRACE_OK);
  start(&other, NULL);
  append(f, "t", 0, 2, 2);
  append(&other, "t", 0, 2, 3);
  assert_int_equal(drain(&other), HEADRACE_OK);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "another process has taken over"));
  free(log);
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->add_partitions(f->log->self, &id, 9, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_FENCED);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 5);
  stop(f);
  stop(&other);
  close(other.woken);
}

/* ---- the server goes away ----------------------------------------------------------- */

static void nothing_is_lost_when_connections_are(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  for (int i = 0; i < 40; i++) {
    append(f, "t", 0, 100 * i, 100);
    f->plugin->poll(f->self, i % 3);
    if (i % 4 == 0)
      kill_sessions(f);
    if (i % 7 == 0)
      read_from(f, "t", 0, 0, 1);
  }
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 4000);
  assert_int_equal(f->receipt_count, 4000);
  for (size_t i = 0; i < 4000; i++)
    assert_int_equal(f->receipts[i], i);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"
                             " WHERE convert_from(value, 'UTF8')::bigint = partition_offset"),
                   4000);
  assert_int_equal(number(f, "SELECT next_global_offset FROM kafka.meta"), 4000);
  stop(f);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(topics_are_in_the_catalogue),
      TEST(offsets_rise_by_one),
      TEST(what_was_written_is_read),
      TEST(a_read_is_bounded),
      TEST(records_are_found_by_time),
      TEST(records_are_found_by_time_among_many),
      TEST(what_goes_nowhere_is_refused),
      TEST(what_sql_has_produced_is_in_the_log),
      TEST(keys_have_the_partition_that_kafka_gives),
      TEST(rows_of_the_outbox_are_written_once),
      TEST(who_was_shut_out_stops),
      TEST(nothing_is_lost_when_connections_are),
      TEST(older_tables_are_upgraded),
      TEST(newer_tables_are_refused),
      TEST(a_promoted_standby_raises_the_epoch),
      TEST(a_log_that_is_restored_meanwhile_raises_the_epoch),
      TEST(commits_that_may_be_lost_are_warned_of),
      TEST(a_restored_log_is_read_anew),
  };
  if (argc != 2)
    return 2;
  conninfo = argv[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
