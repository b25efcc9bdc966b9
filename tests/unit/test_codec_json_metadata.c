/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: transaction metadata, heartbeats, and what the source block says of snapshots. The
 * texts are those of Debezium 3.3.1. */
#include "codec_json_host.h"

#define COLUMN(name_, type_)                                                                       \
  {                                                                                                \
    .name = (name_), .type_name = "", .type = HEADRACE_TYPE_##type_, .type_modifier = -1,          \
    .precision = -1, .scale = -1                                                                   \
  }
#define ROW(...)                                                                                   \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }

static const struct headrace_column columns[] = {COLUMN("id", INT32)};
static const uint16_t key[] = {0};
static const char *const with_metadata[] = {"transaction_metadata", "yes", "skipped_operations",
                                            "none", NULL};

static struct codec_test *table_test(const char *const *settings)
{
  struct codec_test *test = codec_test_new(settings);
  test->relation.columns = columns;
  test->relation.column_count = 1;
  test->relation.key = key;
  test->relation.key_count = 1;
  return test;
}

/* The value of record `index` holds `part`. */
static void assert_part(const struct codec_test *test, size_t index, const char *part)
{
  const struct headrace_value *value = &codec_test_record(test, index)->value;
  char *text = strndup(value->data, value->size);
  if (!strstr(text, part))
    fail_msg("%s\nis not in\n%s", part, text);
  free(text);
}

static void assert_order(const struct codec_test *test, size_t index, unsigned total,
                         unsigned in_table)
{
  char part[128];
  snprintf(part, sizeof part,
           ",\"transaction\":{\"id\":\"781:2000\",\"total_order\":%u,"
           "\"data_collection_order\":%u},",
           total, in_table);
  assert_part(test, index, part);
}

static void encode(struct codec_test *test, enum headrace_operation operation, uint64_t ordinal)
{
  static const struct headrace_value old_key = {"1", 1, HEADRACE_TEXT},
                                     new_key = {"2", 1, HEADRACE_TEXT};
  bool row = operation == HEADRACE_INSERT || operation == HEADRACE_UPDATE ||
             operation == HEADRACE_TRUNCATE;
  struct headrace_change change = {
      .relation = row ? &test->relation : NULL,
      .old_values = operation == HEADRACE_UPDATE ? &old_key : NULL,
      .new_values = row && operation != HEADRACE_TRUNCATE ? &new_key : NULL,
      .flags = operation == HEADRACE_MESSAGE ? HEADRACE_MESSAGE_TRANSACTIONAL : 0,
      .message_prefix = {"p", 1, HEADRACE_TEXT},
      .message_content = {"c", 1, HEADRACE_BINARY},
      .ordinal = ordinal,
      .relation_ordinal = ordinal,
      .operation = operation};
  assert_int_equal(codec_test_encode(test, &change), HEADRACE_OK);
}

static void numbers_of_records(void **state)
{
  (void)state;
  struct codec_test *test = table_test(with_metadata);
  assert_int_equal(test->host->wants & HEADRACE_WANT_TRANSACTIONS, HEADRACE_WANT_TRANSACTIONS);
  encode(test, HEADRACE_BEGIN, 0);
  encode(test, HEADRACE_INSERT, 0);
  assert_order(test, 0, 1, 1);
  encode(test, HEADRACE_UPDATE, 1); /* of the key: a delete, its tombstone, a create */
  assert_order(test, 0, 2, 2);
  assert_order(test, 2, 3, 3);
  encode(test, HEADRACE_MESSAGE, 2);
  assert_order(test, 0, 4, 3);
  encode(test, HEADRACE_TRUNCATE, 3);
  assert_order(test, 0, 5, 5);
  encode(test, HEADRACE_BEGIN, 0);
  encode(test, HEADRACE_INSERT, 0);
  assert_order(test, 0, 1, 1);
  codec_test_free(test);
}

/* What makes no record has no number. */
static void skipped_operations(void **state)
{
  (void)state;
  struct codec_test *test = table_test(
      (const char *const[]){"transaction_metadata", "yes", "skipped_operations", "t, d, m", NULL});
  encode(test, HEADRACE_BEGIN, 0);
  encode(test, HEADRACE_TRUNCATE, 0);
  encode(test, HEADRACE_INSERT, 1);
  assert_order(test, 0, 1, 1);
  encode(test, HEADRACE_UPDATE, 2); /* only the create is left */
  assert_order(test, 0, 2, 2);
  encode(test, HEADRACE_MESSAGE, 3);
  encode(test, HEADRACE_INSERT, 4);
  assert_order(test, 0, 3, 4); /* the fake source counts the message as one of the table */
  codec_test_free(test);
}

static void ends(void **state)
{
  (void)state;
  struct codec_test *test = table_test(with_metadata);
  struct headrace_relation altered = test->relation, other = test->relation;
  altered.id = 2;
  other.id = 3;
  other.table = "o\"";
  encode(test, HEADRACE_BEGIN, 0);
  assert_value(&codec_test_record(test, 0)->topic, "transaction");
  assert_value(&codec_test_record(test, 0)->key, "{\"id\":\"781:2000\"}");
  assert_value(&codec_test_record(test, 0)->value,
               "{\"status\":\"BEGIN\",\"id\":\"781:2000\",\"event_count\":null,"
               "\"data_collections\":null,\"ts_ms\":1600000000654}");
  assert_int_equal(codec_test_record(test, 0)->header_count, 0);
  encode(test, HEADRACE_UPDATE, 0);
  struct headrace_relation_count counts[] = {
      {&test->relation, 3}, {&other, 4}, {NULL, 1}, {&altered, 10}};
  test->transaction.counts = counts;
  test->transaction.count_count = 4;
  encode(test, HEADRACE_COMMIT, 18);
  assert_value(&codec_test_record(test, 0)->value,
               "{\"status\":\"END\",\"id\":\"781:2000\",\"event_count\":19,\"data_collections\":["
               "{\"data_collection\":\"public.t\",\"event_count\":14},"
               "{\"data_collection\":\"public.o\\\"\",\"event_count\":4},"
               "{\"data_collection\":\"message\",\"event_count\":1}],\"ts_ms\":1600000000654}");
  test->transaction.count_count = 0;
  encode(test, HEADRACE_BEGIN, 0);
  encode(test, HEADRACE_COMMIT, 0);
  assert_part(test, 0, "\"event_count\":0,\"data_collections\":[],");
  codec_test_free(test);
}

static void no_metadata(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  assert_int_equal(test->host->wants & HEADRACE_WANT_TRANSACTIONS, 0);
  encode(test, HEADRACE_BEGIN, 0); /* another stage may want it */
  assert_int_equal(test->batch->events.count, 0);
  encode(test, HEADRACE_INSERT, 0);
  assert_part(test, 0, ",\"transaction\":null,");
  encode(test, HEADRACE_COMMIT, 1);
  assert_int_equal(test->batch->events.count, 0);
  codec_test_free(test);
}

static void other_formats(void **state)
{
  (void)state;
  static const char *const formats[] = {"envelope", "op", "plain"};
  for (size_t i = 0; i < 3; i++) {
    struct codec_test *test = table_test((const char *const[]){"format", formats[i], NULL});
    assert_int_equal(test->host->wants, 0);
    for (unsigned operation = HEADRACE_BEGIN; operation <= HEADRACE_HEARTBEAT; operation++) {
      encode(test, operation, 0);
      assert_int_equal(test->batch->events.count, 0);
    }
    codec_test_free(test);
  }
}

static void heartbeat(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  assert_int_equal(test->host->wants, HEADRACE_WANT_HEARTBEATS);
  encode(test, HEADRACE_HEARTBEAT, 0);
  assert_value(&codec_test_record(test, 0)->topic, "__debezium-heartbeat.test");
  assert_value(&codec_test_record(test, 0)->key, "{\"serverName\":\"test\"}");
  assert_value(&codec_test_record(test, 0)->value, "{\"ts_ms\":1700000000123}");
  codec_test_free(test);
  test = table_test((const char *const[]){"topic_heartbeat", "", NULL});
  assert_int_equal(test->host->wants, 0);
  encode(test, HEADRACE_HEARTBEAT, 0);
  assert_int_equal(test->batch->events.count, 0);
  codec_test_free(test);
}

static void snapshots(void **state)
{
  (void)state;
  struct codec_test *test = table_test(with_metadata);
  struct headrace_value id = {"1", 1, HEADRACE_TEXT};
  struct headrace_transaction chunk = {.commit_sequence = 3000, .commit_time_us = 1650000000000001};
  struct headrace_change change = {.relation = &test->relation,
                                   .transaction = &chunk,
                                   .new_values = &id,
                                   .sequence = 3000,
                                   .operation = HEADRACE_READ};
  codec_test_encode(test, &change);
  assert_part(test, 0,
              "\"ts_ms\":1650000000000,\"snapshot\":\"true\",\"db\":\"db\","
              "\"sequence\":\"[null,\\\"3000\\\"]\",\"ts_us\":1650000000000001,");
  assert_part(test, 0,
              "\"txId\":null,\"lsn\":3000,\"xmin\":null},\"transaction\":null,"
              "\"op\":\"r\"");
  change.flags = HEADRACE_READ_ON_DEMAND;
  codec_test_encode(test, &change);
  assert_part(test, 0, "\"snapshot\":\"incremental\"");
  chunk.commit_time_us++;
  change.flags = 0;
  codec_test_encode(test, &change);
  assert_part(test, 0, "\"snapshot\":\"true\"");
  assert_part(test, 0, "\"ts_us\":1650000000000002");
  codec_test_free(test);
}

/* Debezium's schemas byte by byte are compared in test_debezium_metadata.py. */
static void schemas(void **state)
{
  (void)state;
  struct codec_test *test =
      table_test((const char *const[]){"transaction_metadata", "yes", "schemas", "yes", NULL});
  encode(test, HEADRACE_BEGIN, 0);
  assert_part(test, 0, "TransactionMetadataValue\",\"version\":1},\"payload\":{\"status\":");
  assert_part(test, 0, "\"ts_ms\":1600000000654}}");
  encode(test, HEADRACE_HEARTBEAT, 0);
  assert_part(test, 0, "Heartbeat\",\"version\":1},\"payload\":{\"ts_ms\":1700000000123}}");
  codec_test_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_of_records),
      cmocka_unit_test(skipped_operations),
      cmocka_unit_test(ends),
      cmocka_unit_test(no_metadata),
      cmocka_unit_test(other_formats),
      cmocka_unit_test(heartbeat),
      cmocka_unit_test(snapshots),
      cmocka_unit_test(schemas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
