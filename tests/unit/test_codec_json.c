/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: which records a change becomes, in each format; keys, headers, schemas. */
#include "codec_json_host.h"

#define COLUMN(name_, type_, flags_)                                                               \
  {                                                                                                \
    .name = (name_), .type_name = "", .type = HEADRACE_TYPE_##type_, .type_modifier = -1,          \
    .precision = -1, .scale = -1, .flags = (flags_)                                                \
  }
#define ROW(...)                                                                                   \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define NULLABLE HEADRACE_COLUMN_NULLABLE

static const struct headrace_column columns[] = {
    COLUMN("id", INT32, 0), COLUMN("name", TEXT, NULLABLE), COLUMN("n", INT64, 0)};
static const uint16_t key[] = {0};

#define SOURCE(table, lsn)                                                                         \
  "\"source\":{\"version\":\"" HEADRACE_VERSION                                                    \
  "\",\"connector\":\"postgresql\",\"name\":\"test\",\"ts_ms\":1600000000654,"                     \
  "\"snapshot\":\"false\",\"db\":\"db\",\"sequence\":\"[\\\"1900\\\",\\\"" lsn "\\\"]\","          \
  "\"ts_us\":1600000000654321,\"ts_ns\":1600000000654321000,\"schema\":\"public\","                \
  "\"table\":\"" table "\",\"txId\":781,\"lsn\":" lsn ",\"xmin\":null}"
#define CLOCK "\"ts_ms\":1700000000123,\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456000"
#define ENVELOPE(before, after, op)                                                                \
  "{\"before\":" before ",\"after\":" after "," SOURCE("t", "2000") ",\"transaction\":null,"       \
                                                                    "\"op\":\"" op "\"," CLOCK "}"

static struct codec_test *table_test(const char *const *settings)
{
  struct codec_test *test = codec_test_new(settings);
  test->relation.columns = columns;
  test->relation.column_count = 3;
  test->relation.key = key;
  test->relation.key_count = 1;
  return test;
}

static void assert_headers(const struct headrace_record *record, const char *name,
                           const char *value)
{
  uint32_t at = name ? 1 : 0;
  assert_int_equal(record->header_count, at + 3);
  if (name) {
    assert_string_equal(record->headers[0].name, name);
    assert_value(&record->headers[0].value, value);
  }
  assert_string_equal(record->headers[at].name, "__debezium.context.connectorLogicalName");
  assert_value(&record->headers[at].value, "test");
  assert_string_equal(record->headers[at + 1].name, "__debezium.context.taskId");
  assert_value(&record->headers[at + 1].value, "0");
  assert_string_equal(record->headers[at + 2].name, "__debezium.context.connectorName");
  assert_value(&record->headers[at + 2].value, "postgresql");
}

static void assert_record(const struct codec_test *test, size_t index, const char *record_key,
                          const char *value)
{
  const struct headrace_record *record = codec_test_record(test, index);
  assert_value(&record->key, record_key);
  assert_value(&record->value, value);
  assert_int_equal(record->topic.state, HEADRACE_NULL);
  assert_int_equal(record->timestamp_ms, -1);
  assert_int_equal(record->partition, -1);
}

static void debezium_rows(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  assert_int_equal(test->batch->events.count, 1);
  assert_record(test, 0, "{\"id\":1}", ENVELOPE("null", "{\"id\":1,\"name\":\"x\",\"n\":5}", "c"));
  assert_headers(codec_test_record(test, 0), NULL, NULL);
  codec_test_row(test, HEADRACE_UPDATE, NULL, ROW("1", NONE, "6"));
  assert_record(test, 0, "{\"id\":1}", ENVELOPE("null", "{\"id\":1,\"name\":null,\"n\":6}", "u"));
  codec_test_row(test, HEADRACE_UPDATE, ROW("1", "x", "5"), ROW("1", "y", "5"));
  assert_record(
      test, 0, "{\"id\":1}",
      ENVELOPE("{\"id\":1,\"name\":\"x\",\"n\":5}", "{\"id\":1,\"name\":\"y\",\"n\":5}", "u"));
  codec_test_row(test, HEADRACE_DELETE, ROW("1", ABSENT, ABSENT), NULL);
  assert_int_equal(test->batch->events.count, 2);
  assert_record(test, 0, "{\"id\":1}", ENVELOPE("{\"id\":1,\"name\":null,\"n\":0}", "null", "d"));
  assert_record(test, 1, "{\"id\":1}", NULL);
  assert_headers(codec_test_record(test, 1), NULL, NULL);
  codec_test_free(test);
}

static void a_key_that_changes(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_UPDATE, ROW("1", ABSENT, ABSENT), ROW("2", "x", "5"));
  assert_int_equal(test->batch->events.count, 3);
  assert_record(test, 0, "{\"id\":1}", ENVELOPE("{\"id\":1,\"name\":null,\"n\":0}", "null", "d"));
  assert_headers(codec_test_record(test, 0), "__debezium.newkey", "{\"id\":2}");
  assert_record(test, 1, "{\"id\":1}", NULL);
  assert_headers(codec_test_record(test, 1), "__debezium.newkey", "{\"id\":2}");
  assert_record(test, 2, "{\"id\":2}", ENVELOPE("null", "{\"id\":2,\"name\":\"x\",\"n\":5}", "c"));
  assert_headers(codec_test_record(test, 2), "__debezium.oldkey", "{\"id\":1}");
  codec_test_free(test);
}

static void a_large_value_that_did_not_change(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_UPDATE, NULL, ROW("1", ABSENT, "5"));
  assert_record(
      test, 0, "{\"id\":1}",
      ENVELOPE("null", "{\"id\":1,\"name\":\"__debezium_unavailable_value\",\"n\":5}", "u"));
  /* The old row has it. */
  codec_test_row(test, HEADRACE_UPDATE, ROW("1", "large", "5"), ROW("1", ABSENT, "6"));
  assert_record(test, 0, "{\"id\":1}",
                ENVELOPE("{\"id\":1,\"name\":\"large\",\"n\":5}",
                         "{\"id\":1,\"name\":\"large\",\"n\":6}", "u"));
  codec_test_free(test);
}

/* Never another row's key: an identity that does not cover the key gives null. */
static void a_key_that_did_not_come(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_DELETE, ROW(ABSENT, ABSENT, "5"), NULL);
  assert_record(test, 0, "{\"id\":null}",
                ENVELOPE("{\"id\":0,\"name\":null,\"n\":5}", "null", "d"));
  codec_test_row(test, HEADRACE_UPDATE, ROW(ABSENT, ABSENT, "5"), ROW("1", "x", "6"));
  assert_int_equal(test->batch->events.count, 1);
  codec_test_row(test, HEADRACE_DELETE, ROW(ABSENT, ABSENT, "5"), NULL);
  char *log = plugin_host_log(test->host);
  char *first = strstr(log, "REPLICA IDENTITY");
  assert_non_null(first);
  assert_null(strstr(first + 1, "replica identity does not cover"));
  free(log);
  codec_test_free(test);
}

static void truncate_and_skipping(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
  assert_int_equal(test->batch->events.count, 0);
  codec_test_free(test);
  test = table_test((const char *const[]){"skipped_operations", "none", NULL});
  codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
  assert_record(test, 0, NULL, ENVELOPE("null", "null", "t"));
  codec_test_free(test);
  test = table_test((const char *const[]){"skipped_operations", "c, d", NULL});
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  assert_int_equal(test->batch->events.count, 0);
  codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
  assert_int_equal(test->batch->events.count, 1);
  codec_test_free(test);
}

static void tables_without_a_key(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  test->relation.key_count = 0;
  codec_test_row(test, HEADRACE_UPDATE, ROW("1", "x", "5"), ROW("2", "x", "5"));
  assert_int_equal(test->batch->events.count, 1);
  assert_record(
      test, 0, NULL,
      ENVELOPE("{\"id\":1,\"name\":\"x\",\"n\":5}", "{\"id\":2,\"name\":\"x\",\"n\":5}", "u"));
  codec_test_row(test, HEADRACE_DELETE, ROW("1", "x", "5"), NULL);
  assert_record(test, 1, NULL, NULL);
  codec_test_free(test);
}

static void keys_of_other_columns(void **state)
{
  (void)state;
  struct codec_test *test = table_test(
      (const char *const[]){"key_columns", "public.t = n+name+nowhere, public.u = id", "tombstones",
                            "no", "context_headers", "no", "prefix", "other", NULL});
  codec_test_row(test, HEADRACE_DELETE, ROW("1", "x", "5"), NULL);
  assert_int_equal(test->batch->events.count, 1);
  const struct headrace_record *record = codec_test_record(test, 0);
  assert_value(&record->key, "{\"n\":5,\"name\":\"x\"}");
  assert_int_equal(record->header_count, 0);
  assert_non_null(memmem(record->value.data, record->value.size, "\"name\":\"other\"", 14));
  char *log = plugin_host_log(test->host);
  assert_non_null(strstr(log, "has no column \"nowhere\""));
  free(log);
  codec_test_free(test);
}

/* A new relation of the same table: columns added, the old plan is forgotten. */
static void a_table_that_is_altered(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  test->relation.id = 257; /* of the same bucket */
  test->relation.column_count = 1;
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1"));
  assert_record(test, 0, "{\"id\":1}", ENVELOPE("null", "{\"id\":1}", "c"));
  codec_test_free(test);
}

static void messages(void **state)
{
  (void)state;
  struct codec_test *test = table_test(NULL);
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5")); /* tells the database */
  struct headrace_change change = {.message_prefix = codec_test_value("p\""),
                                   .message_content = codec_test_value("content"),
                                   .operation = HEADRACE_MESSAGE,
                                   .flags = HEADRACE_MESSAGE_TRANSACTIONAL};
  codec_test_encode(test, &change);
  const struct headrace_record *record = codec_test_record(test, 0);
  assert_value(&record->topic, "message");
  assert_value(&record->key, "{\"prefix\":\"p\\\"\"}");
  char expected[1024];
  snprintf(expected, sizeof expected,
           "{\"op\":\"m\",\"ts_ms\":1700000000123,%s,\"transaction\":null,"
           "\"message\":{\"prefix\":\"p\\\"\",\"content\":\"Y29udGVudA==\"}}",
           SOURCE("", "2000"));
  char *schema = strstr(expected, "\"schema\":\"public\"");
  memmove(schema + 10, schema + 16, strlen(schema + 16) + 1);
  assert_value(&record->value, expected);
  assert_int_equal(record->header_count, 0);
  codec_test_free(test);
}

static void envelope_format(void **state)
{
  (void)state;
  struct codec_test *test = table_test((const char *const[]){"format", "envelope", NULL});
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("123", "x", "5"));
  assert_record(test, 0, "123",
                "{\"schema\":\"public\",\"table\":\"t\",\"op\":\"INSERT\",\"ts_ms\":1700000000123,"
                "\"before\":null,\"after\":{\"id\":123,\"name\":\"x\",\"n\":5},\"source\":{"
                "\"version\":\"" HEADRACE_VERSION
                "\",\"connector\":\"headrace\",\"ts_ms\":1600000000654,\"db\":\"db\","
                "\"schema\":\"public\",\"table\":\"t\",\"lsn\":\"0/7D0\",\"xid\":781}}");
  assert_int_equal(codec_test_record(test, 0)->header_count, 0);
  codec_test_row(test, HEADRACE_DELETE, ROW("1", ABSENT, ABSENT), NULL);
  assert_int_equal(test->batch->events.count, 1);
  assert_non_null(memmem(codec_test_record(test, 0)->value.data, 200,
                         "\"before\":{\"id\":1,\"name\":null,\"n\":null},\"after\":null", 51));
  codec_test_free(test);
}

static void op_format(void **state)
{
  (void)state;
  struct codec_test *test = table_test((const char *const[]){"format", "op", NULL});
#define OP_HEAD                                                                                    \
  "{\"table_name\":\"t\",\"col_names\":[\"id\",\"name\",\"n\"],\"lsn\":2100,\"seq_id\":0,"
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", NONE, "5"));
  assert_record(test, 0, "{\"id\":1}", OP_HEAD "\"op\":{\"Insert\":[\"1\",null,\"5\"]}}");
  codec_test_row(test, HEADRACE_UPDATE, ROW("1", "x", "5"), ROW("1", ABSENT, "6"));
  assert_record(test, 0, "{\"id\":1}",
                OP_HEAD "\"op\":{\"Update\":[[\"1\",\"x\",\"5\"],[\"1\",\"x\",\"6\"]]}}");
  codec_test_row(test, HEADRACE_UPDATE, NULL, ROW("1", "x", "6"));
  assert_record(test, 0, "{\"id\":1}",
                OP_HEAD "\"op\":{\"Update\":[[null,null,null],[\"1\",\"x\",\"6\"]]}}");
  codec_test_row(test, HEADRACE_DELETE, ROW("1", ABSENT, ABSENT), NULL);
  assert_record(test, 0, "{\"id\":1}", OP_HEAD "\"op\":{\"Delete\":[\"1\",null,null]}}");
  codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
  assert_int_equal(test->batch->events.count, 0);
  codec_test_free(test);
}

static void plain_format(void **state)
{
  (void)state;
  struct codec_test *test = table_test((const char *const[]){"format", "plain", NULL});
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  assert_record(test, 0, "1", "{\"id\":1,\"name\":\"x\",\"n\":5,\"operation\":\"INSERT\"}");
  codec_test_row(test, HEADRACE_DELETE, ROW("1", "x", "5"), NULL);
  assert_int_equal(test->batch->events.count, 1);
  assert_record(test, 0, "1", "{\"id\":1,\"name\":\"x\",\"n\":5,\"operation\":\"DELETE\"}");
  codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
  assert_value(&codec_test_record(test, 0)->value, "{\"operation\":\"TRUNCATE\"}");
  codec_test_free(test);
  test = table_test((const char *const[]){"format", "plain", "operation_field", "", "key_format",
                                          "json", "key_columns", "public.t = id+n", NULL});
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  assert_record(test, 0, "{\"id\":1,\"n\":5}", "{\"id\":1,\"name\":\"x\",\"n\":5}");
  codec_test_free(test);
}

static void schemas(void **state)
{
  (void)state;
  struct codec_test *test = table_test((const char *const[]){"schemas", "yes", NULL});
  test->relation.table = "a b\xc3\xa9";
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  const struct headrace_record *record = codec_test_record(test, 0);
  assert_value(&record->key, "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\","
                             "\"optional\":false,\"field\":\"id\"}],\"optional\":false,"
                             "\"name\":\"test.public.a_b_.Key\"},\"payload\":{\"id\":1}}");
  static const char head[] =
      "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"fields\":["
      "{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"},"
      "{\"type\":\"string\",\"optional\":true,\"field\":\"name\"},"
      "{\"type\":\"int64\",\"optional\":false,\"field\":\"n\"}],\"optional\":true,"
      "\"name\":\"test.public.a_b_.Value\",\"field\":\"before\"},";
  assert_memory_equal(record->value.data, head, sizeof head - 1);
  assert_memory_equal(record->value.data + record->value.size - 2, "}}", 2);
  codec_test_free(test);
}

#define CLOUD_EVENT(place, op, before, after)                                                      \
  "{\"id\":\"name:test;lsn:2000;txId:781;sequence:[\\\"1900\\\",\\\"2000\\\"]\","                  \
  "\"source\":\"/debezium/postgresql/test\",\"specversion\":\"1.0\","                              \
  "\"type\":\"io.debezium.connector.postgresql.DataChangeEvent\","                                 \
  "\"time\":\"2020-09-13T12:26:40.654Z\",\"datacontenttype\":\"application/json\","                \
  "\"iodebeziumop\":\"" op "\",\"iodebeziumversion\":\"" HEADRACE_VERSION                          \
  "\",\"iodebeziumconnector\":\"postgresql\",\"iodebeziumname\":\"test\","                         \
  "\"iodebeziumtsms\":\"1600000000654\",\"iodebeziumsnapshot\":\"false\",\"iodebeziumdb\":\"db\"," \
  "\"iodebeziumsequence\":\"[\\\"1900\\\",\\\"2000\\\"]\",\"iodebeziumtsus\":"                     \
  "\"1600000000654321\","                                                                          \
  "\"iodebeziumtsns\":\"1600000000654321000\",\"iodebeziumschema\":\"public\","                    \
  "\"iodebeziumtable\":\"t\",\"iodebeziumtxId\":\"781\",\"iodebeziumlsn\":\"2000\","               \
  "\"iodebeziumxmin\":null," place ",\"data\":{\"before\":" before ",\"after\":" after "}}"

static void cloudevents_format(void **state)
{
  (void)state;
  static const char nowhere[] =
      CLOUD_EVENT("\"iodebeziumtxid\":null,\"iodebeziumtxtotalorder\":null,"
                  "\"iodebeziumtxdatacollectionorder\":null",
                  "c", "null", "{\"id\":1,\"name\":\"x\",\"n\":5}");
  static const char placed[] =
      CLOUD_EVENT("\"iodebeziumtxid\":\"781:2000\",\"iodebeziumtxtotalorder\":\"1\","
                  "\"iodebeziumtxdatacollectionorder\":\"1\"",
                  "d", "{\"id\":1,\"name\":null,\"n\":0}", "null");
  struct codec_test *test = table_test((const char *const[]){"format", "cloudevents", NULL});
  codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x", "5"));
  assert_record(test, 0, "{\"id\":1}", nowhere);
  assert_headers(codec_test_record(test, 0), NULL, NULL);
  codec_test_free(test);
  test = table_test(
      (const char *const[]){"format", "cloudevents", "transaction_metadata", "yes", NULL});
  codec_test_row(test, HEADRACE_DELETE, ROW("1", NONE, ABSENT), NULL);
  assert_record(test, 0, "{\"id\":1}", placed);
  assert_record(test, 1, "{\"id\":1}", NULL);
  codec_test_free(test);
}

/* That the bytes are Debezium's is tests/e2e/test_debezium_flatten.py's to say. */
static void flat_rows(void **state)
{
  (void)state;
  static const struct {
    const char *deletes, *deleted, *second; /* NULL: a tombstone; "": no record */
    const char *mark;
  } cases[] = {
      {"tombstone", NULL, "", ""},
      {"drop", "", "", ""},
      {"rewrite", "{\"id\":1,\"name\":null,\"n\":0,\"__deleted\":\"true\"", "",
       ",\"__deleted\":\"false\""},
      {"rewrite-with-tombstone", "{\"id\":1,\"name\":null,\"n\":0,\"__deleted\":\"true\"", NULL,
       ",\"__deleted\":\"false\""},
      {"delete-to-tombstone", NULL, "", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char expected[200];
    struct codec_test *test = table_test((const char *const[]){
        "format", "flat", "deletes", cases[i].deletes, "add_fields",
        "op, after.name, before.id, source.table:\"t", "add_headers", "op", NULL});
    codec_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x\"", "5"));
    snprintf(expected, sizeof expected,
             "{\"id\":1,\"name\":\"x\\\"\",\"n\":5%s,\"__op\":\"c\",\"__after_name\":\"x\\\"\","
             "\"__before_id\":null,\"__\\\"t\":\"t\"}",
             cases[i].mark);
    assert_record(test, 0, "{\"id\":1}", expected);
    const struct headrace_record *record = codec_test_record(test, 0);
    const struct headrace_header *header = &record->headers[record->header_count - 1];
    assert_string_equal(header->name, "__op");
    assert_memory_equal(header->value.data, "c", 1);
    codec_test_row(test, HEADRACE_DELETE, ROW("1", NONE, ABSENT), NULL);
    const char *records[] = {cases[i].deleted, cases[i].second};
    size_t count = 0;
    for (size_t j = 0; j < 2; j++) {
      if (records[j] && !*records[j])
        continue;
      snprintf(expected, sizeof expected,
               "%s,\"__op\":\"d\",\"__after_name\":null,\"__before_id\":1,\"__\\\"t\":\"t\"}",
               records[j] ? records[j] : "");
      assert_record(test, count, "{\"id\":1}", records[j] ? expected : NULL);
      record = codec_test_record(test, count++);
      assert_memory_equal(record->headers[record->header_count - 1].value.data, "d", 1);
    }
    assert_int_equal(test->batch->events.count, count);
    codec_test_row(test, HEADRACE_TRUNCATE, NULL, NULL);
    assert_int_equal(test->batch->events.count, 0);
    codec_test_free(test);
  }
}

static void settings_that_do_not_go_together(void **state)
{
  (void)state;
  static const char *const wrong[][6] = {
      {"schemas", "yes", "format", "plain", NULL},
      {"schemas", "yes", "key_format", "text", NULL},
      {"deletes", "drop", NULL},
      {"add_headers", "op", "format", "plain", NULL},
      {"add_fields", "source.nothing", "format", "flat", NULL},
      {"add_fields", "ts", "format", "flat", NULL},
      {"add_fields", "op, before.", "format", "flat", NULL},
      {"key_columns", "public.t = id+", NULL},
      {"key_columns", "public.t = id++n", NULL},
  };
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct plugin_host *host = plugin_host_new(plugin->keys, wrong[i]);
    void *self;
    assert_int_equal(plugin->check(&host->instance.host), HEADRACE_FATAL);
    assert_int_equal(plugin->open(&host->instance.host, &self), HEADRACE_FATAL);
    plugin_host_free(host);
  }
}

/* Only who reads records knows topics. */
static void keys_of_topics_are_not_of_tables(void **state)
{
  (void)state;
  const char *settings[] = {"key_columns", "t = id", NULL};
  struct codec_test *test = codec_test_new(settings);
  const char *const row[] = {NONE};
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_FATAL);
  codec_test_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(debezium_rows),
      cmocka_unit_test(a_key_that_changes),
      cmocka_unit_test(a_large_value_that_did_not_change),
      cmocka_unit_test(a_key_that_did_not_come),
      cmocka_unit_test(truncate_and_skipping),
      cmocka_unit_test(tables_without_a_key),
      cmocka_unit_test(keys_of_other_columns),
      cmocka_unit_test(a_table_that_is_altered),
      cmocka_unit_test(messages),
      cmocka_unit_test(envelope_format),
      cmocka_unit_test(op_format),
      cmocka_unit_test(plain_format),
      cmocka_unit_test(schemas),
      cmocka_unit_test(cloudevents_format),
      cmocka_unit_test(flat_rows),
      cmocka_unit_test(settings_that_do_not_go_together),
      cmocka_unit_test(keys_of_topics_are_not_of_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
