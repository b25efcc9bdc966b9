/* SPDX-License-Identifier: Apache-2.0
 *
 * source-kafka against librdkafka's mock cluster: what it asks of the checkpoint and what its
 * batches say of their parts, which a sink compares and sets. */
#include "plugin_host.h"
#include "source.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define PATIENCE_MS 20000
#define TOPIC       "t"
#define SYNC_GROUP  14 /* ApiKey */

const struct headrace_registration *headrace_plugin_entry(void);

struct fixture {
  rd_kafka_t *producer; /* owns the cluster */
  rd_kafka_mock_cluster_t *cluster;
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  struct headrace_batch *batch;
};

static int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void setup(struct fixture *f, int partitions)
{
  char error[256];
  *f = (struct fixture){.plugin = headrace_plugin_entry()->plugin};
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", error, sizeof error);
  f->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  f->cluster = rd_kafka_handle_mock_cluster(f->producer);
  rd_kafka_mock_topic_create(f->cluster, TOPIC, partitions, 1);
}

static void produce(struct fixture *f, int32_t partition, int count)
{
  for (int i = 0; i < count; i++)
    assert_int_equal(rd_kafka_producev(f->producer, RD_KAFKA_V_TOPIC(TOPIC),
                                       RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_VALUE("x", 1),
                                       RD_KAFKA_V_END),
                     0);
  assert_int_equal(rd_kafka_flush(f->producer, PATIENCE_MS), 0);
}

/* `pairs` come after the brokers and topics. */
static void start(struct fixture *f, const char *const *pairs)
{
  const char *all[32] = {"brokers",
                         rd_kafka_mock_cluster_bootstraps(f->cluster),
                         "topics",
                         TOPIC,
                         "rdkafka.session.timeout.ms",
                         "6000"};
  for (size_t i = 0; pairs[i]; i++)
    all[i + 6] = pairs[i];
  f->host = plugin_host_new(source_kafka_keys, all);
  f->host->instance.host.keeps_checkpoint = 1;
  assert_int_equal(f->plugin->open(&f->host->instance.host, &f->self), HEADRACE_OK);
  assert_int_equal(f->plugin->start(f->self, NULL, 0), HEADRACE_OK);
  f->batch = plugin_host_batch();
}

static void teardown(struct fixture *f)
{
  f->plugin->stop(f->self);
  f->plugin->close(f->self);
  batch_free(f->batch);
  plugin_host_free(f->host);
  rd_kafka_destroy(f->producer);
}

/* Answers each question by `stored` (NULL: nothing is known), and reads until a batch has a
 * position or the source fails. */
static enum headrace_result read_batch(struct fixture *f, const int64_t *stored)
{
  int64_t deadline = now_ms() + PATIENCE_MS;
  enum headrace_result result = HEADRACE_OK;
  batch_reset(f->batch);
  while (!result && !f->batch->has_position) {
    assert_true(now_ms() < deadline);
    wake_clear(f->host->instance.host.wake_fd);
    result = f->plugin->read(f->self, f->batch, 100);
    for (char *name; (name = part_asked(&f->host->questions)); free(name))
      part_answer(&f->host->questions, name,
                  stored ? stored[strtol(strchr(name, '/') + 1, NULL, 10)] : -1);
  }
  batch_seal(f->batch);
  return result;
}

static void assert_part(const struct fixture *f, size_t index, const char *name, int64_t from,
                        int64_t to)
{
  assert_true(index < f->batch->part_count);
  assert_string_equal(f->batch->parts[index].name, name);
  assert_int_equal(f->batch->parts[index].from, from);
  assert_int_equal(f->batch->parts[index].to, to);
}

/* ---- tests ----------------------------------------------------------------- */

/* The beginning is said first, by itself. */
static void test_parts_follow_each_other(void **state)
{
  struct fixture *f = *state;
  int64_t at = 0, events = 0;
  while (at < 100) {
    assert_int_equal(read_batch(f, NULL), HEADRACE_OK);
    assert_int_equal(f->batch->part_count, 1);
    assert_part(f, 0, "t/0", at, f->batch->parts[0].to);
    at = f->batch->parts[0].to;
    events += (int64_t)f->batch->events.count;
    assert_int_equal(events, at);
  }
  const struct headrace_record *last = f->batch->events.items[f->batch->events.count - 1].record;
  assert_int_equal(last->offset, 99);
  assert_int_equal(last->partition, 0);
}

static void test_each_partition_goes_on_where_the_sink_says(void **state)
{
  struct fixture *f = *state;
  const int64_t stored[] = {7, 10, -1};
  int64_t to[] = {7, 10, 0};
  while (to[0] < 10 || to[2] < 10) {
    assert_int_equal(read_batch(f, stored), HEADRACE_OK);
    for (size_t i = 0; i < f->batch->part_count; i++) {
      const struct headrace_part *part = &f->batch->parts[i];
      int64_t number = strtol(part->name + 2, NULL, 10);
      assert_int_not_equal(number, 1); /* at its end: there is nothing to say */
      assert_int_equal(part->from, to[number]);
      to[number] = part->to;
    }
    for (size_t i = 0; i < f->batch->events.count; i++)
      assert_true(f->batch->events.items[i].record->offset >= 7 ||
                  f->batch->events.items[i].record->partition == 2);
  }
}

static int64_t gauge(struct fixture *f, const char *name)
{
  ((struct source *)f->self)->gauged_at_us = 0; /* now, not in a second */
  assert_int_equal(f->plugin->tick(f->self), HEADRACE_OK);
  return metrics_get(&f->host->metrics, name);
}

static void test_lag_is_what_is_not_durable(void **state)
{
  struct fixture *f = *state;
  do {
    assert_int_equal(read_batch(f, NULL), HEADRACE_OK);
  } while (f->batch->parts[0].to < 10);
  assert_int_equal(gauge(f, "stage.partitions"), 1);
  assert_int_equal(gauge(f, "stage.lag_records"), 10);
  assert_int_equal(gauge(f, "stage.lag_records.t/0"), 10);
  assert_true(gauge(f, "stage.lag_us") > 0);
  f->plugin->on_durable(f->self, f->batch->position, f->batch->position_size, NULL, 0);
  assert_int_equal(gauge(f, "stage.lag_records"), 0);
  assert_int_equal(gauge(f, "stage.lag_us"), 0);
}

/* Nothing is known and nothing is there: an empty batch says where it begins, once. */
static void test_latest_is_said_before_the_first_record(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(read_batch(f, NULL), HEADRACE_OK);
  assert_int_equal(f->batch->events.count, 0);
  assert_part(f, 0, "t/0", 10, 10);
  produce(f, 0, 1);
  assert_int_equal(read_batch(f, NULL), HEADRACE_OK);
  assert_int_equal(f->batch->events.count, 1);
  assert_part(f, 0, "t/0", 10, 11);
}

static void test_a_partition_that_ends_before(void **state)
{
  struct fixture *f = *state;
  const int64_t stored[] = {50};
  assert_int_equal(read_batch(f, stored), HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "t/0: the checkpoint says offset 50, but the partition ends at 10"));
  free(log);
}

/* The sink compares with what it has: the first part leads from there to the new beginning. */
static void test_a_new_beginning_starts_at_what_was_stored(void **state)
{
  struct fixture *f = *state;
  const int64_t stored[] = {50};
  assert_int_equal(read_batch(f, stored), HEADRACE_OK);
  assert_int_equal(f->batch->events.count, 0);
  assert_part(f, 0, "t/0", 50, 0);
  assert_int_equal(read_batch(f, stored), HEADRACE_OK);
  assert_part(f, 0, "t/0", 0, (int64_t)f->batch->events.count);
}

/* What was read of a partition that is read anew must have come down first: else the sink would
 * be asked before it has stored that. */
static void test_no_question_while_batches_are_on_their_way(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(read_batch(f, NULL), HEADRACE_OK);
  struct source *source = f->self;
  struct partition *partition = partition_find(&source->topics, TOPIC, 0);
  size_t on_their_way = partition->in_flight;
  assert_true(on_their_way > 0);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, TOPIC, 0);
  rebalance_callback(source->kafka, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, list, source);
  rebalance_advance(source);
  assert_null(part_asked(&f->host->questions));
  f->plugin->on_durable(f->self, f->batch->position, f->batch->position_size, NULL, 0);
  rebalance_advance(source);
  char *asked = part_asked(&f->host->questions);
  assert_string_equal(asked, "t/0");
  free(asked);
  rd_kafka_topic_partition_list_destroy(list);
}

/* librdkafka 2.0.2 aborts when a consumer is destroyed that joined and never got an assignment. */
static void test_closed_before_the_first_assignment(void **state)
{
  struct fixture *f = *state;
  struct source *source = f->self;
  int64_t deadline = now_ms() + 4000;
  while (now_ms() < deadline)
    assert_int_equal(f->plugin->read(f->self, f->batch, 100), HEADRACE_OK);
  assert_false(source->assigned_once);
  char *member = rd_kafka_memberid(source->kafka);
  assert_true(member && *member);
  rd_kafka_mem_free(source->kafka, member);
}

/* All begin together: a group lets its first member wait for 3 s. */
static const struct {
  const char *name;
  void (*test)(void **);
  int partitions;
  int records; /* in each partition */
  const char *pairs[3];
  int refused; /* SyncGroup requests */
} tests[] = {
    {"parts_follow_each_other", test_parts_follow_each_other, 1, 100, {NULL}, 0},
    {"each_partition_goes_on_where_the_sink_says",
     test_each_partition_goes_on_where_the_sink_says,
     3,
     10,
     {NULL},
     0},
    {"lag_is_what_is_not_durable", test_lag_is_what_is_not_durable, 1, 10, {NULL}, 0},
    {"latest_is_said_before_the_first_record",
     test_latest_is_said_before_the_first_record,
     1,
     10,
     {"start", "latest", NULL},
     0},
    {"a_partition_that_ends_before", test_a_partition_that_ends_before, 1, 10, {NULL}, 0},
    {"a_new_beginning_starts_at_what_was_stored",
     test_a_new_beginning_starts_at_what_was_stored,
     1,
     10,
     {"topic_recreated", "restart", NULL},
     0},
    {"no_question_while_batches_are_on_their_way",
     test_no_question_while_batches_are_on_their_way,
     1,
     10,
     {NULL},
     0},
    {"closed_before_the_first_assignment",
     test_closed_before_the_first_assignment,
     1,
     0,
     {NULL},
     1000},
};

#define TESTS (sizeof tests / sizeof *tests)

int main(void)
{
  struct fixture fixtures[TESTS];
  struct CMUnitTest list[TESTS];
  for (size_t i = 0; i < TESTS; i++) {
    setup(&fixtures[i], tests[i].partitions);
    for (int32_t partition = 0; partition < tests[i].partitions; partition++)
      produce(&fixtures[i], partition, tests[i].records);
    for (int refused = 0; refused < tests[i].refused; refused++)
      rd_kafka_mock_push_request_errors(fixtures[i].cluster, SYNC_GROUP, 1,
                                        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
    start(&fixtures[i], tests[i].pairs);
    list[i] = (struct CMUnitTest){
        .name = tests[i].name, .test_func = tests[i].test, .initial_state = &fixtures[i]};
  }
  int failed = cmocka_run_group_tests(list, NULL, NULL);
  for (size_t i = 0; i < TESTS; i++)
    teardown(&fixtures[i]);
  return failed;
}
