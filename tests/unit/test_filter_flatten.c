/* SPDX-License-Identifier: Apache-2.0
 *
 * filter flatten: what of an event is left, and what passes as it is. That it is what Debezium's
 * ExtractNewRecordState leaves is tests/e2e/test_debezium_flatten.py's to say. */
#include "filter_host.h"

#define SOURCE "\"source\":{\"db\":\"d\",\"table\":\"t\",\"ts_ms\":7,\"lsn\":null}"
#define CREATED                                                                                    \
  "{\"before\":null,\"after\":{\"id\":1,\"v\":\"}\"}," SOURCE ",\"op\":\"c\",\"ts_ms\":9}"
#define DELETED "{\"before\":{\"id\":1},\"after\":null," SOURCE ",\"op\":\"d\",\"ts_ms\":9}"

static const char *record(struct filter_test *test, const char *value)
{
  static struct headrace_record record;
  static const struct headrace_header header = {"old", {"h", 1, HEADRACE_TEXT}};
  record = (struct headrace_record){.topic = {"t", 1, HEADRACE_TEXT},
                                    .key = {"k", 1, HEADRACE_TEXT},
                                    .value = filter_test_value(value),
                                    .headers = &header,
                                    .header_count = 1,
                                    .partition = 3};
  test->event = (struct headrace_event){.record = &record};
  assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
  return filter_test_shown(test);
}

#define PASSED(value, headers) "record{topic=t key=k value=" value " old=h " headers "3}"

static void test_rows(void **state)
{
  (void)state;
  struct filter_test *test =
      filter_test_new(KEYS("add_fields", "op, source.ts_ms, table, lsn, ts_ms:when, no.thing"));
  assert_int_equal(test->plugin->filters_records, 1);
  assert_string_equal(
      record(test, CREATED),
      PASSED("{\"id\":1,\"v\":\"}\",\"__op\":\"c\",\"__source_ts_ms\":7,\"__table\":"
             "\"t\",\"__lsn\":null,\"__when\":9,\"__no_thing\":null}",
             ""));
  filter_test_free(test);
  test = filter_test_new(KEYS("add_fields", "op", "add_fields_prefix", ""));
  assert_string_equal(record(test, "{\"op\":\"r\",\"source\":{},\"after\": { } ,\"before\":null}"),
                      PASSED("{\"op\":\"r\"}", ""));
  filter_test_free(test);
}

static void test_headers(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("add_headers", "op, ts_ms, lsn:place"));
  assert_string_equal(record(test, CREATED),
                      PASSED("{\"id\":1,\"v\":\"}\"}", "__op=c __ts_ms=9 __place=null "));
  filter_test_free(test);
}

static void test_deletes(void **state)
{
  (void)state;
  static const struct {
    const char *deletes, *deleted, *tombstone;
  } cases[] = {
      {"tombstone", "", PASSED("null", "")},
      {"drop", "", ""},
      {"rewrite", PASSED("{\"id\":1,\"__deleted\":\"true\"}", ""), ""},
      {"rewrite-with-tombstone", PASSED("{\"id\":1,\"__deleted\":\"true\"}", ""),
       PASSED("null", "")},
      {"delete-to-tombstone", PASSED("null", ""), ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = filter_test_new(KEYS("deletes", cases[i].deletes));
    assert_string_equal(record(test, DELETED), cases[i].deleted);
    assert_string_equal(record(test, NONE), cases[i].tombstone);
    bool marks = strstr(cases[i].deletes, "rewrite") != NULL;
    assert_int_equal(strstr(record(test, CREATED), "\"__deleted\":\"false\"") != NULL, marks);
    filter_test_free(test);
  }
}

#define ROW_FIELD                                                                                  \
  "{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"}],"    \
  "\"optional\":true,\"name\":\"n.Value\",\"field\":\"after\"}"
#define OP_FIELD "{\"type\":\"string\",\"optional\":false,\"field\":\"op\"}"
#define WRAPPED                                                                                    \
  "{\"schema\":{\"type\":\"struct\",\"fields\":[" ROW_FIELD "," OP_FIELD "]},\"payload\":"         \
  "{\"before\":null,\"after\":{\"id\":1},\"source\":{},\"op\":\"c\"}}"

static void test_schemas(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("add_fields", "op, lsn"));
  assert_string_equal(
      record(test, WRAPPED),
      PASSED(
          "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"optional\":false,"
          "\"field\":\"id\"},{\"type\":\"string\",\"optional\":true,\"field\":\"__op\"},{\"type\":"
          "\"string\",\"optional\":true,\"field\":\"__lsn\"}],\"optional\":false,\"name\":"
          "\"n.Value\"},\"payload\":{\"id\":1,\"__op\":\"c\",\"__lsn\":null}}",
          ""));
  filter_test_free(test);
}

static void test_others_pass(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(NULL);
  static const char *const others[] = {"5",
                                       "[1]",
                                       "\"x\"",
                                       "{}",
                                       "{\"id\":1,\"op\":\"x\"}",
                                       "{\"ts_ms\":1}",
                                       "{\"schema\":{},\"payload\":7}",
                                       "{\"op\":\"m\",\"source\":{},\"message\":{}}"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    record(test, others[i]);
    assert_int_equal(test->batch->events.count, 1);
    assert_ptr_equal(test->batch->events.items[0].record, test->event.record);
  }
  assert_string_equal(record(test, "{\"op\":\"t\",\"source\":{}}"), "");
  filter_test_free(test);
}

static void test_malformed(void **state)
{
  (void)state;
  static const char *const values[] = {
      "", "{", "{\"op\":\"c\"", CREATED "x",
      "{\"schema\":{\"fields\":[{\"field\":\"op\"}]},\"payload\":" CREATED "}"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    struct filter_test *test = filter_test_new(NULL);
    test->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
    assert_memory_equal(record(test, values[i]), "refused ", 8);
    assert_string_equal(test->host->last_error_class, "malformed");
    filter_test_free(test);
  }
}

/* What codec avro has written: the way out is said. */
static void test_schema_id(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(NULL);
  struct headrace_record avro = {.value = {"\0\0\0\0\1\2", 6, HEADRACE_BINARY}};
  test->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  test->event = (struct headrace_event){.record = &avro};
  assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
  assert_non_null(strstr(test->host->last_reason, "set format = flat in the codec"));
  filter_test_free(test);
}

static void test_check(void **state)
{
  (void)state;
  assert_fault(KEYS("add_fields", "source."), "add_fields: \"source.\" names no field");
  assert_fault(KEYS("add_fields", "op, lsn, source.table:op"),
               "two fields would be called \"__op\"");
  assert_fault(KEYS("add_fields", "op:deleted", "deletes", "rewrite"),
               "two fields would be called \"__deleted\"");
  assert_fault(KEYS("add_headers", ".x"), "add_headers: \".x\" names no field");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),        cmocka_unit_test(test_headers),
      cmocka_unit_test(test_deletes),     cmocka_unit_test(test_schemas),
      cmocka_unit_test(test_others_pass), cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_schema_id),   cmocka_unit_test(test_check)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
