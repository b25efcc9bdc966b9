/* SPDX-License-Identifier: Apache-2.0
 *
 * filter route: names by rules, on both sides of a codec, and partitions by columns. */
#include "filter_host.h"

static const struct headrace_column columns[] = {COLUMN("id", INT32), COLUMN("customer", TEXT)};

static void test_tables(void **state)
{
  (void)state;
  static const struct {
    const char *rules, *shown;
  } cases[] = {
      {"^public\\.orders_[0-9]+$ = shop.orders", "insert shop.orders{id=1 customer=Ada }"},
      {"^nothing = x, ^(.*)\\.orders_(.*)$ = \\1.o{table}-\\2",
       "insert public.oorders_2026-2026{id=1 customer=Ada }"},
      {"^.*orders_(2026|2027) = by_year_\\1\\9", "insert public.by_year_2026{id=1 customer=Ada }"},
      {"\"^public\\.orders_[0-9]{4,4}$\" = a.b.c", "insert a.b.c{id=1 customer=Ada }"},
      {"^orders = x", "insert public.orders_2026{id=1 customer=Ada }"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = filter_test_new(KEYS("rules", cases[i].rules));
    filter_test_table(test, "public", "orders_2026", columns, 2);
    assert_string_equal(filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "Ada")),
                        cases[i].shown);
    filter_test_free(test);
  }
}

static void test_table_column(void **state)
{
  (void)state;
  struct filter_test *test =
      filter_test_new(KEYS("rules", "^public\\.orders = public.orders", "table_column", "from"));
  filter_test_table(test, "public", "orders_2026", columns, 2);
  assert_string_equal(filter_test_row(test, HEADRACE_UPDATE, ROW("1", ABSENT), ROW("2", NONE)),
                      "update public.orders{id=2 customer=null from=public.orders_2026 } "
                      "old{id=1 customer=? from=public.orders_2026 }");
  const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
  assert_int_equal(relation->key_count, 2);
  assert_int_equal(relation->key[1], 2);
  assert_string_equal(filter_test_row(test, HEADRACE_TRUNCATE, NULL, NULL),
                      "truncate public.orders");
  filter_test_table(test, "public", "users", columns, 2);
  assert_string_equal(filter_test_row(test, HEADRACE_DELETE, ROW("1", "x"), NULL),
                      "delete public.users{old id=1 customer=x }");
  filter_test_free(test);
}

static const char *record(struct filter_test *test, const char *topic, int32_t partition)
{
  static struct headrace_record record;
  record = (struct headrace_record){
      .topic = filter_test_value(topic), .key = filter_test_value("k"), .partition = partition};
  test->event =
      (struct headrace_event){.record = &record, .change = test->relation ? &test->change : NULL};
  assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
  return filter_test_shown(test);
}

static void test_topics(void **state)
{
  (void)state;
  struct filter_test *test =
      filter_test_new(KEYS("on", "records", "rules", "^a\\.(.*) = {topic}/\\1-{partition}"));
  assert_int_equal(test->plugin->on_records(test->self), 1);
  for (int round = 0; round < 2; round++) { /* the second from memory */
    assert_string_equal(record(test, "a.b", 3), "record{topic=a.b/b-3 key=k value=null 3}");
    assert_string_equal(record(test, "a.b", 4), "record{topic=a.b/b-4 key=k value=null 4}");
    assert_string_equal(record(test, "c", -1), "record{topic=c key=k value=null -1}");
  }
  filter_test_free(test);
}

/* After an encoding codec: the sink has not named the topic yet. */
static void test_topic_of_a_table(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(
      KEYS("on", "records", "rules", "^public\\.o = {schema}-{table}", "partition", "sink"));
  filter_test_table(test, "public", "orders", columns, 2);
  test->change = (struct headrace_change){.relation = test->relation};
  assert_string_equal(record(test, NULL, 3), "record{topic=public-orders key=k value=null -1}");
  filter_test_free(test);
}

static void test_unmatched(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("rules", "^x = y", "unmatched", "drop"));
  filter_test_table(test, "public", "orders", columns, 2);
  assert_string_equal(filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a")), "");
  test->plugin->tick(test->self);
  assert_int_equal(metrics_get(&test->host->metrics, "stage.dropped"), 1);
  filter_test_free(test);
  test = filter_test_new(KEYS("rules", "^x = y", "unmatched", "refuse"));
  filter_test_table(test, "public", "orders", columns, 2);
  assert_int_equal(filter_test_apply(test, HEADRACE_INSERT, NULL, ROW("1", "a")), HEADRACE_FATAL);
  test->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  assert_string_equal(filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a")),
                      "refused insert public.orders{id=1 customer=a }");
  assert_string_equal(test->host->last_error_class, "unroutable");
  filter_test_free(test);
}

/* What org.apache.kafka.common.utils.Utils.murmur2 gives for these keys (UtilsTest.java: "21" is
 * -973932308, "foobar" -790332482, "a-little-bit-long-string" -985981536). */
static void test_partition_by_columns(void **state)
{
  (void)state;
  static const struct {
    const char *value;
    uint32_t hash;
  } cases[] = {{"21", (uint32_t)-973932308},
               {"foobar", (uint32_t)-790332482},
               {"a-little-bit-long-string", (uint32_t)-985981536},
               {"abc", 479470107}};
  struct filter_test *test = filter_test_new(KEYS("on", "records", "partition", "columns",
                                                  "partition_by", "customer", "partitions", "97"));
  filter_test_table(test, "public", "orders", columns, 2);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct headrace_value row[] = {filter_test_value("1"), filter_test_value(cases[i].value)};
    test->change = (struct headrace_change){.relation = test->relation, .new_values = row};
    record(test, NULL, -1);
    assert_int_equal(test->batch->events.items[0].record->partition,
                     (cases[i].hash & 0x7fffffff) % 97);
  }
  struct headrace_value deleted[] = {filter_test_value("1"), filter_test_value(ABSENT)};
  test->change = (struct headrace_change){.relation = test->relation, .old_values = deleted};
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  record(test, NULL, -1);
  assert_int_equal(test->batch->events.count, 0);
  assert_non_null(strstr(test->host->last_reason, "REPLICA IDENTITY FULL"));
  filter_test_free(test);
}

static void test_check(void **state)
{
  (void)state;
  assert_fault(KEYS("rules", "orders = x"), "rules: \"orders\" is to begin with ^");
  assert_fault(KEYS("rules", "^a( = x"), "rules: \"^a(\": ");
  assert_fault(KEYS("rules", "^a = {topic}"), "unknown place \"{topic}\"");
  assert_fault(KEYS("partition", "sink"), "it needs on = records");
  assert_fault(KEYS("on", "records", "partition", "columns", "partitions", "3"),
               "partition_by: partition = columns needs one to eight columns");
  assert_fault(KEYS("on", "records", "partition", "columns", "partition_by", "a"), "partitions: ");
  assert_fault(KEYS("partitions", "3"), "are for partition = columns");
  assert_fault(KEYS("on", "records", "table_column", "a"), "table_column: ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables),    cmocka_unit_test(test_table_column),
      cmocka_unit_test(test_topics),    cmocka_unit_test(test_topic_of_a_table),
      cmocka_unit_test(test_unmatched), cmocka_unit_test(test_partition_by_columns),
      cmocka_unit_test(test_check)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
