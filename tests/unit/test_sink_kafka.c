/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-kafka against librdkafka's mock cluster: order, counts, errors, policies. */
#include "plugin_host.h"
#include "sink.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define PRODUCE      0 /* ApiKey */
#define PATIENCE_MS  20000
#define RECORDS_MOST 4000

const struct headrace_registration *headrace_plugin_entry(void);

struct fixture {
  rd_kafka_t *cluster_owner;
  rd_kafka_mock_cluster_t *cluster;
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  const struct headrace_relation *relation;
  struct headrace_batch *batches[256];
  size_t batch_count;
};

static int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- setting up ------------------------------------------------------------ */

static void add_relation(struct fixture *f)
{
  const struct headrace_column column = {.name = "id", .type_name = "int4", .type_modifier = -1};
  const uint16_t key = 0;
  const struct headrace_relation orders = {.database = "d",
                                           .schema = "public",
                                           .table = "orders",
                                           .columns = &column,
                                           .key = &key,
                                           .column_count = 1,
                                           .key_count = 1};
  f->relation = f->host->instance.host.relation_new(&f->host->instance.host, &orders);
}

/* `pairs` come after the brokers. */
static void start(struct fixture *f, const char *const *pairs)
{
  char error[256];
  *f = (struct fixture){.plugin = headrace_plugin_entry()->plugin};
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  f->cluster_owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  f->cluster = rd_kafka_mock_cluster_new(f->cluster_owner, 3);
  rd_kafka_mock_topic_create(f->cluster, "test.public.orders", 1, 1);
  const char *all[32] = {"brokers", rd_kafka_mock_cluster_bootstraps(f->cluster)};
  for (size_t i = 0; pairs && pairs[i]; i++)
    all[i + 2] = pairs[i];
  f->host = plugin_host_new(sink_kafka_keys, all);
  add_relation(f);
  assert_int_equal(f->plugin->open(&f->host->instance.host, &f->self), HEADRACE_OK);
}

static void stop(struct fixture *f)
{
  f->plugin->close(f->self);
  assert_int_equal(f->host->durable_count + f->host->failed_count, f->batch_count);
  for (size_t i = 0; i < f->batch_count; i++)
    batch_free(f->batches[i]);
  f->host->instance.host.relation_release(&f->host->instance.host, f->relation);
  plugin_host_free(f->host);
  rd_kafka_mock_cluster_destroy(f->cluster);
  rd_kafka_destroy(f->cluster_owner);
}

/* A test's own sink and cluster: *state is its pairs before, its fixture from then on. */
static int set_up(void **state)
{
  const char *const *pairs = *state;
  struct fixture *f = *state = calloc(1, sizeof *f);
  start(f, pairs);
  return 0;
}

static int tear_down(void **state)
{
  stop(*state);
  free(*state);
  return 0;
}

#define with_sink(test, pairs)                                                                     \
  cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, (void *)(uintptr_t)(pairs))

/* ---- batches ---------------------------------------------------------------- */

static struct headrace_value text_in(struct headrace_batch *batch, const char *text, size_t size)
{
  return (struct headrace_value){memcpy(arena_alloc(&batch->arena, size + 1), text, size),
                                 (uint32_t)size, HEADRACE_TEXT};
}

static struct headrace_batch *new_batch(struct fixture *f)
{
  struct headrace_batch *batch = plugin_host_batch();
  f->batches[f->batch_count++] = batch;
  return batch;
}

static struct headrace_record *add(struct fixture *f, struct headrace_batch *batch, const char *key,
                                   size_t value_size)
{
  static const struct headrace_header headers[2] = {
      {"__debezium.context.taskId", {"0", 1, HEADRACE_TEXT}}, {"nothing", {NULL, 0, 0}}};
  const struct headrace_change *change = batch_add_change(batch, f->relation);
  struct headrace_event event = {.change = change};
  batch->output.count--; /* the codec's record takes the change's place */
  batch_stage_input(batch, &event);
  struct headrace_record *record = batch_add_record(batch);
  batch_stage_input(batch, NULL);
  record->key = text_in(batch, key, strlen(key));
  char *value = calloc(1, value_size + 1);
  memset(value, 'v', value_size);
  record->value = text_in(batch, value, value_size);
  free(value);
  record->headers = headers;
  record->header_count = 2;
  return record;
}

/* A sink that has given up takes no more. */
static void give(struct fixture *f, struct headrace_batch *batch)
{
  batch_seal(batch);
  batch->state = BATCH_TAKEN;
  enum headrace_result result = f->plugin->write(f->self, batch);
  if (result != HEADRACE_OK) {
    assert_int_not_equal(f->host->failed_count, 0);
    batch_free(f->batches[--f->batch_count]);
  }
}

/* Until every batch was reported, or the sink has given up. */
static enum headrace_result settle(struct fixture *f)
{
  int64_t deadline = now_ms() + PATIENCE_MS;
  enum headrace_result result = HEADRACE_OK;
  while (f->host->durable_count + f->host->failed_count < f->batch_count &&
         result < HEADRACE_RETRY) {
    if (now_ms() > deadline) {
      char *log = plugin_host_log(f->host);
      fail_msg("not settled in time: %zu durable, %zu failed of %zu; %s", f->host->durable_count,
               f->host->failed_count, f->batch_count, log);
    }
    result = f->plugin->poll(f->self, 100);
  }
  return result;
}

static void give_many(struct fixture *f, int batches, int events)
{
  int number = 0;
  for (int i = 0; i < batches; i++) {
    struct headrace_batch *batch = new_batch(f);
    for (int j = 0; j < events; j++) {
      char key[32];
      snprintf(key, sizeof key, "%d", number++);
      add(f, batch, key, 100);
    }
    give(f, batch);
    f->plugin->poll(f->self, 0);
  }
}

/* ---- reading back ------------------------------------------------------------- */

struct read_back {
  rd_kafka_message_t *messages[RECORDS_MOST];
  size_t count;
};

static rd_kafka_t *consumer(struct fixture *f)
{
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(f->cluster), error,
                    sizeof error);
  rd_kafka_conf_set(conf, "group.id", "test", error, sizeof error);
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", error, sizeof error);
  return rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
}

static struct read_back *read_topic(struct fixture *f, rd_kafka_t *reader, const char *topic)
{
  struct read_back *got = calloc(1, sizeof *got);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(reader, list);
  rd_kafka_topic_partition_list_destroy(list);
  int64_t deadline = now_ms() + PATIENCE_MS;
  while (now_ms() < deadline) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 200);
    if (!message)
      continue;
    if (message->err) {
      bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      rd_kafka_message_destroy(message);
      if (end)
        return got;
      continue;
    }
    got->messages[got->count++] = message;
  }
  (void)f;
  fail_msg("the end of %s was not reached", topic);
  return NULL;
}

static void forget(struct read_back *got)
{
  for (size_t i = 0; i < got->count; i++)
    rd_kafka_message_destroy(got->messages[i]);
  free(got);
}

static void expect_in_order(struct fixture *f, const char *topic, size_t count)
{
  rd_kafka_t *reader = consumer(f);
  struct read_back *got = read_topic(f, reader, topic);
  assert_int_equal(got->count, count);
  for (size_t i = 0; i < count; i++) {
    char key[32];
    int size = snprintf(key, sizeof key, "%zu", i);
    assert_int_equal(got->messages[i]->key_len, size);
    assert_memory_equal(got->messages[i]->key, key, (size_t)size);
  }
  forget(got);
  rd_kafka_consumer_close(reader);
  rd_kafka_destroy(reader);
}

static void expect_header(const rd_kafka_message_t *message, const char *name, const char *value)
{
  rd_kafka_headers_t *headers;
  const void *found = NULL;
  size_t size = 0;
  assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
  if (rd_kafka_header_get_last(headers, name, &found, &size))
    fail_msg("no header %s", name);
  if (!value)
    assert_null(found);
  else if (size < strlen(value) || strncmp(found, value, strlen(value)))
    fail_msg("header %s is \"%.*s\"", name, (int)size, (const char *)found);
}

/* ---- tests ---------------------------------------------------------------------- */

static void delivers_in_order(void **state)
{
  struct fixture *f = *state;
  give_many(f, 30, 100);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 30);
  expect_in_order(f, "test.public.orders", 3000);
  assert_int_equal(metrics_get(&f->host->metrics, "stage.connected"), 1);
}

static void keeps_records_as_they_are(void **state)
{
  struct fixture *f = *state;
  struct headrace_batch *batch = new_batch(f);
  add(f, batch, "full", 3)->timestamp_ms = 1700000000123;
  struct headrace_record *record = add(f, batch, "tombstone", 0);
  record->value = (struct headrace_value){0};
  record->header_count = 0;
  add(f, batch, "empty", 0);
  record = add(f, batch, "", 1);
  record->key.state = HEADRACE_NULL;
  give(f, batch);
  assert_int_equal(settle(f), HEADRACE_OK);

  rd_kafka_t *reader = consumer(f);
  struct read_back *got = read_topic(f, reader, "test.public.orders");
  assert_int_equal(got->count, 4);
  assert_memory_equal(got->messages[0]->payload, "vvv", 3);
  assert_int_equal(rd_kafka_message_timestamp(got->messages[0], NULL), 1700000000123);
  expect_header(got->messages[0], "__debezium.context.taskId", "0");
  expect_header(got->messages[0], "nothing", NULL);
  assert_null(got->messages[1]->payload);
  assert_int_equal(got->messages[2]->len, 0);
  assert_null(got->messages[3]->key);
  forget(got);
  rd_kafka_consumer_close(reader);
  rd_kafka_destroy(reader);
}

static void an_empty_batch_is_durable(void **state)
{
  struct fixture *f = *state;
  give(f, new_batch(f));
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 1);
}

static const char *const quick_retries[] = {"rdkafka.retry.backoff.ms", "10", NULL};

static void retries_keep_order_and_count(void **state)
{
  struct fixture *f = *state;
  static const rd_kafka_resp_err_t errors[] = {
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NO_ERROR,
      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR};
  give_many(f, 5, 50);
  rd_kafka_mock_push_request_errors_array(f->cluster, PRODUCE, sizeof errors / sizeof *errors,
                                          errors);
  int number = 250;
  for (int i = 0; i < 20; i++) {
    struct headrace_batch *batch = new_batch(f);
    for (int j = 0; j < 50; j++) {
      char key[32];
      snprintf(key, sizeof key, "%d", number++);
      add(f, batch, key, 50);
    }
    give(f, batch);
    f->plugin->poll(f->self, 5);
  }
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 25);
  assert_int_equal(f->host->reject_count, 0);
  expect_in_order(f, "test.public.orders", 1250);
}

/* One record that is larger than message.max.bytes among others. */
static void give_oversize(struct fixture *f)
{
  struct headrace_batch *batch = new_batch(f);
  add(f, batch, "0", 10);
  add(f, batch, "large", 3000);
  add(f, batch, "1", 10);
  give(f, batch);
}

static const char *const small_limit[] = {"rdkafka.message.max.bytes", "2000", "rdkafka.batch.size",
                                          "1000", NULL};

static void an_oversize_record_stops(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_STOP;
  give_oversize(f);
  settle(f);
  assert_int_equal(f->host->failed_count, 1);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  assert_string_equal(f->host->last_error_class, "too-large");
  assert_non_null(strstr(f->host->last_reason,
                         "public.orders (key columns id), key 5 bytes, value 3000 bytes, topic "
                         "test.public.orders"));
  assert_non_null(strstr(f->host->last_reason, "rdkafka.message.max.bytes"));
  assert_int_equal(f->plugin->poll(f->self, 0), HEADRACE_FATAL);
}

static void an_oversize_record_is_skipped(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_SKIP;
  give_oversize(f);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 1);
  assert_int_equal(f->host->reject_count, 1);
  expect_in_order(f, "test.public.orders", 2);
}

static void an_oversize_record_becomes_a_dead_letter(void **state)
{
  struct fixture *f = *state;
  rd_kafka_mock_topic_create(f->cluster, "test.dead-letter", 1, 1);
  f->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  give_oversize(f);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 1);
  expect_in_order(f, "test.public.orders", 2);
  rd_kafka_t *reader = consumer(f);
  struct read_back *got = read_topic(f, reader, "test.dead-letter");
  assert_int_equal(got->count, 1);
  assert_memory_equal(got->messages[0]->key, "large", 5);
  assert_null(got->messages[0]->payload);
  expect_header(got->messages[0], "__debezium.context.taskId", "0");
  expect_header(got->messages[0], "__connect.errors.topic", "test.public.orders");
  expect_header(got->messages[0], "__connect.errors.task.id", "0");
  expect_header(got->messages[0], "__connect.errors.stage", "PRODUCE");
  expect_header(got->messages[0], "__connect.errors.class.name", "headrace.sink");
  expect_header(got->messages[0], "__connect.errors.exception.class.name", "too-large");
  expect_header(got->messages[0], "__connect.errors.exception.message", "public.orders");
  forget(got);
  rd_kafka_consumer_close(reader);
  rd_kafka_destroy(reader);
}

/* A broker refuses whole requests: only a record that was surely alone may be rejected. */
static const char *const small_batches[] = {"rdkafka.batch.size", "1000", NULL};

static void the_broker_finds_it_too_large(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_SKIP;
  give_many(f, 1, 1);
  settle(f);
  rd_kafka_mock_push_request_errors(f->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  struct headrace_batch *batch = new_batch(f);
  add(f, batch, "large", 3000);
  give(f, batch);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->reject_count, 1);
  assert_int_equal(f->host->durable_count, 2);

  rd_kafka_mock_push_request_errors(f->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  give_many(f, 1, 5);
  settle(f);
  assert_int_equal(f->host->reject_count, 1);
  assert_int_equal(f->host->failed_count, 1);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "set rdkafka.batch.size to less than max.message.bytes"));
  free(log);
}

/* librdkafka takes the topic for forbidden from then on. */
static void forbid_topic(struct fixture *f)
{
  give_many(f, 1, 1);
  settle(f);
  rd_kafka_mock_push_request_errors(f->cluster, PRODUCE, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
}

static void a_forbidden_topic_is_classified(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_STOP;
  forbid_topic(f);
  give_many(f, 4, 25);
  settle(f);
  assert_int_equal(f->host->durable_count, 1);
  assert_true(f->host->failed_count > 0);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  assert_int_equal(f->host->reject_count, 1);
  assert_string_equal(f->host->last_error_class, "authorization");
}

static void a_forbidden_topic_can_be_skipped(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_SKIP;
  forbid_topic(f);
  give_many(f, 4, 25);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 5);
  assert_true(f->host->reject_count > 0);
}

static void after_a_failure_nothing_overtakes(void **state)
{
  struct fixture *f = *state;
  f->host->verdict = HEADRACE_VERDICT_STOP;
  forbid_topic(f);
  give_many(f, 40, 50);
  settle(f);
  assert_int_equal(f->host->durable_count, 1);
  assert_int_equal(f->host->failed_count, f->batch_count - 1);
  expect_in_order(f, "test.public.orders", 1);
}

static void fails_fatally(rd_kafka_resp_err_t error, enum headrace_result expected)
{
  struct fixture f;
  start(&f, NULL);
  give_many(&f, 1, 5);
  settle(&f);
  struct sink *sink = f.self;
  rd_kafka_test_fatal_error(sink->kafka, error, "as a test wants it");
  give_many(&f, 3, 5);
  settle(&f);
  for (int i = 0; i < 10; i++)
    f.plugin->poll(f.self, 10);
  assert_int_equal(f.host->durable_count, 1);
  assert_int_equal(f.plugin->poll(f.self, 0), expected);
  char *log = plugin_host_log(f.host);
  const char *said = strstr(log, "the producer cannot go on: ");
  assert_non_null(said);
  assert_null(strstr(said + 1, "the producer cannot go on: "));
  free(log);
  stop(&f);
}

static void a_fatal_producer_is_classified(void **state)
{
  (void)state;
  fails_fatally(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, HEADRACE_RETRY);
  fails_fatally(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, HEADRACE_FATAL);
}

static void an_unreachable_cluster_loses_nothing(void **state)
{
  struct fixture *f = *state;
  for (int32_t broker = 1; broker <= 3; broker++)
    rd_kafka_mock_broker_set_down(f->cluster, broker);
  give_many(f, 10, 20);
  int64_t until = now_ms() + 1500;
  while (now_ms() < until)
    assert_int_equal(f->plugin->poll(f->self, 100), HEADRACE_OK);
  assert_int_equal(f->host->durable_count + f->host->failed_count, 0);
  assert_int_equal(f->plugin->flush(f->self, 50), HEADRACE_AGAIN);
  assert_int_equal(metrics_get(&f->host->metrics, "stage.connected"), 0);
  for (int32_t broker = 1; broker <= 3; broker++)
    rd_kafka_mock_broker_set_up(f->cluster, broker);
  assert_int_equal(settle(f), HEADRACE_OK);
  expect_in_order(f, "test.public.orders", 200);
}

static void closing_reports_what_is_left(void **state)
{
  struct fixture *f = *state;
  for (int32_t broker = 1; broker <= 3; broker++)
    rd_kafka_mock_broker_set_down(f->cluster, broker);
  give_many(f, 10, 20);
  f->plugin->poll(f->self, 50);
  /* stop() asserts that each batch was reported */
}

static const char *const long_linger[] = {"linger", "10s", NULL};

static void flush_does_not_linger(void **state)
{
  struct fixture *f = *state;
  give_many(f, 3, 20);
  int64_t begun = now_ms();
  assert_int_equal(f->plugin->flush(f->self, 8000), HEADRACE_OK);
  assert_true(now_ms() - begun < 7000);
  assert_int_equal(f->host->durable_count, 3);
}

static const char *const some_topics[] = {"prefix", "p", "topics",
                                          "public.orders = mine, message = letters", NULL};

static void topics_follow_the_rules(void **state)
{
  struct fixture *f = *state;
  struct sink *sink = f->self;
  struct headrace_change change = {.relation = f->relation}, message = {.relation = NULL};
  struct headrace_record named = {.topic = {"transaction", 11, HEADRACE_TEXT}}, plain = {0};
  struct headrace_record mapped = {.topic = {"message", 7, HEADRACE_TEXT}};
  struct headrace_record whole = {.topic = {"__heartbeat.x", 13, HEADRACE_TEXT}};
  const struct {
    struct headrace_event event;
    const char *expected;
  } cases[] = {
      {{.change = &message, .record = &whole}, "__heartbeat.x"},
      {{.change = &change, .record = &plain}, "mine"},
      {{.change = &message, .record = &named}, "p.transaction"},
      {{.change = &message, .record = &mapped}, "letters"},
      {{.change = NULL, .record = &named}, "p.transaction"},
      {{.change = &change, .record = &named}, "transaction"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int twice = 0; twice < 2; twice++)
      assert_string_equal(topic_for(sink, &cases[i].event)->name, cases[i].expected);
  const struct headrace_event nowhere = {.change = &message, .record = &plain};
  assert_null(topic_for(sink, &nowhere));
}

static void changes_without_a_codec_are_refused(void **state)
{
  struct fixture *f = *state;
  struct headrace_batch *batch = new_batch(f);
  batch_add_change(batch, f->relation);
  give(f, batch);
  settle(f);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "needs a codec"));
  free(log);
}

/* Also where records name their partition, and the partitioner is not asked. */
static void a_round_has_a_request_for_each_partition(void **state)
{
  struct fixture *f = *state;
  rd_kafka_mock_topic_create(f->cluster, "four.partitions", 4, 1);
  struct headrace_batch *batch = new_batch(f);
  for (int i = 0; i < 12; i++) {
    struct headrace_record *record = add(f, batch, "k", 600);
    record->topic = text_in(batch, "four.partitions", 15);
    record->partition = i % 4;
  }
  give(f, batch);
  assert_in_range(((struct sink *)f->self)->in_flight, 4, 11);
  assert_int_equal(settle(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      with_sink(delivers_in_order, NULL),
      with_sink(keeps_records_as_they_are, NULL),
      with_sink(an_empty_batch_is_durable, NULL),
      with_sink(retries_keep_order_and_count, quick_retries),
      with_sink(an_oversize_record_stops, small_limit),
      with_sink(an_oversize_record_is_skipped, small_limit),
      with_sink(an_oversize_record_becomes_a_dead_letter, small_limit),
      with_sink(the_broker_finds_it_too_large, small_batches),
      with_sink(a_forbidden_topic_is_classified, NULL),
      with_sink(a_forbidden_topic_can_be_skipped, NULL),
      with_sink(after_a_failure_nothing_overtakes, NULL),
      cmocka_unit_test(a_fatal_producer_is_classified),
      with_sink(an_unreachable_cluster_loses_nothing, NULL),
      with_sink(closing_reports_what_is_left, NULL),
      with_sink(a_round_has_a_request_for_each_partition, small_batches),
      with_sink(flush_does_not_linger, long_linger),
      with_sink(topics_follow_the_rules, some_topics),
      with_sink(changes_without_a_codec_are_refused, NULL),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
