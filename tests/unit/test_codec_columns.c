/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-columns: rows as records and records as rows. */
#include "filter_host.h"

static const struct headrace_column columns[] = {
    COLUMN("id", UUID),   COLUMN("kind", TEXT),      COLUMN("number", INT32),
    COLUMN("raw", BYTES), COLUMN("at", TIMESTAMPTZ), COLUMN("doc", JSON),
    COLUMN("sure", BOOL), COLUMN("pairs", ARRAY),
};

static const char *const whole_row[] = {
    "u1", "order", "7", "\\x00ff41", "2020-09-13 12:26:40.654321+00", "{\"a\": [1]}", "t", "{}"};

static struct filter_test *outbox(const char *const *settings)
{
  struct filter_test *test = filter_test_new(settings);
  filter_test_table(test, "public", "outbox", columns, 8);
  return test;
}

static enum headrace_result encode(struct filter_test *test, const struct headrace_change *change)
{
  struct headrace_event event = {.change = change};
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  enum headrace_result result = test->plugin->encode(test->self, &event, test->batch);
  batch_stage_end(test->batch);
  return result;
}

static const char *row(struct filter_test *test, enum headrace_operation operation,
                       const char *const *old_row, const char *const *new_row)
{
  for (uint32_t i = 0; i < test->relation->column_count; i++) {
    test->old_values[i] = filter_test_value(old_row ? old_row[i] : NONE);
    test->new_values[i] = filter_test_value(new_row ? new_row[i] : NONE);
  }
  test->change = (struct headrace_change){.relation = test->relation,
                                          .old_values = old_row ? test->old_values : NULL,
                                          .new_values = new_row ? test->new_values : NULL,
                                          .operation = operation};
  test->host->last_reason[0] = '\0';
  if (encode(test, &test->change) != HEADRACE_OK)
    return test->host->last_reason;
  return filter_test_shown(test);
}

static void test_parts(void **state)
{
  (void)state;
  static const struct {
    const char *key, *text, *shown;
  } cases[] = {
      {"topic", "kind", "record{topic=order key=null value=order -1}"},
      {"topic", "none", "record{topic=null key=null value=order -1}"},
      {"topic", "x.{kind}.{@schema}.{@table}",
       "record{topic=x.order.public.outbox key=null value=order -1}"},
      {"key", "{id}/{number}", "record{topic=null key=u1/7 value=order -1}"},
      {"key", "sure", "record{topic=null key=t value=order -1}"},
      {"value", "{raw}", "record{topic=null key=null value=x -1}"},
      {"value", "doc", "record{topic=null key=null value={\"a\": [1]} -1}"},
      {"headers", "h = id, t = {kind}!",
       "record{topic=null key=null value=order h=u1 t=order! -1}"},
      {"partition", "number", "record{topic=null key=null value=order 7}"},
      {"tables", "other", ""},
      {"tables", "outbox", "record{topic=null key=null value=order -1}"},
      {"topic", "nothing",
       "row of public.outbox: there is no column \"nothing\", which `topic` names"},
      {"partition", "kind",
       "row of public.outbox: what `partition` names is no number of a partition"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bool value = !strcmp(cases[i].key, "value");
    struct filter_test *test = value ? outbox(KEYS("value", cases[i].text))
                                     : outbox(KEYS("value", "kind", cases[i].key, cases[i].text));
    const char *copied[8];
    memcpy(copied, whole_row, sizeof copied);
    copied[3] = "\\x78";
    assert_string_equal(row(test, HEADRACE_INSERT, NULL, copied), cases[i].shown);
    filter_test_free(test);
  }
}

static void test_bytes_and_timestamp(void **state)
{
  (void)state;
  struct filter_test *test = outbox(KEYS("value", "raw", "timestamp", "at"));
  row(test, HEADRACE_READ, NULL, whole_row);
  const struct headrace_record *record = test->batch->events.items[0].record;
  assert_int_equal(record->value.size, 3);
  assert_memory_equal(record->value.data,
                      "\0\xff"
                      "A",
                      3);
  assert_int_equal(record->timestamp_ms, 1600000000654);
  filter_test_free(test);
  test = outbox(KEYS("value", "raw", "timestamp", "number"));
  row(test, HEADRACE_INSERT, NULL, whole_row);
  assert_int_equal(test->batch->events.items[0].record->timestamp_ms, 7);
  filter_test_free(test);
}

static void test_envelope(void **state)
{
  (void)state;
  struct filter_test *test =
      outbox(KEYS("envelope", "payload = doc, n = number, b = sure, raw = raw, "
                              "nothing = pairs, k = \"{kind}, {id}\""));
  const char *copied[8];
  memcpy(copied, whole_row, sizeof copied);
  copied[7] = NONE;
  copied[1] = "a\"b";
  assert_string_equal(
      row(test, HEADRACE_INSERT, NULL, copied),
      "record{topic=null key=null value={\"payload\":{\"a\": [1]},\"n\":7,\"b\":true,"
      "\"raw\":\"AP9B\",\"nothing\":null,\"k\":\"a\\\"b, u1\"} -1}");
  filter_test_free(test);
}

static void test_nulls(void **state)
{
  (void)state;
  static const struct {
    const char *null_value, *shown;
  } cases[] = {
      {"tombstone", "record{topic=null key=u1 value=null -1}"},
      {"empty", "record{topic=null key=u1 value= -1}"},
      {"drop", ""},
      {"refuse", "row of public.outbox: what `value` names is null"},
  };
  const char *copied[8];
  memcpy(copied, whole_row, sizeof copied);
  copied[5] = NONE;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test =
        outbox(KEYS("value", "doc", "key", "id", "null_value", cases[i].null_value));
    assert_string_equal(row(test, HEADRACE_INSERT, NULL, copied), cases[i].shown);
    filter_test_free(test);
  }
  struct filter_test *test = outbox(KEYS("value", "id", "topic", "a.{doc}"));
  assert_string_equal(row(test, HEADRACE_INSERT, NULL, copied),
                      "row of public.outbox: what `topic` names is null or empty");
  assert_string_equal(test->host->last_error_class, "unroutable");
  filter_test_free(test);
}

static void test_updates_and_deletes(void **state)
{
  (void)state;
  static const struct {
    const char *key, *choice;
    enum headrace_operation operation;
    const char *shown;
  } cases[] = {
      {"updates", "refuse", HEADRACE_UPDATE,
       "row of public.outbox: it was changed, and `updates` does not say what becomes of that"},
      {"updates", "warn", HEADRACE_UPDATE, ""},
      {"updates", "drop", HEADRACE_UPDATE, ""},
      {"updates", "encode", HEADRACE_UPDATE, "record{topic=order key=u1 value={\"a\": [1]} -1}"},
      {"deletes", "drop", HEADRACE_DELETE, ""},
      {"deletes", "warn", HEADRACE_DELETE, ""},
      {"deletes", "refuse", HEADRACE_DELETE,
       "row of public.outbox: it was deleted, and `deletes` refuses that"},
      {"deletes", "tombstone", HEADRACE_DELETE, "record{topic=order key=u1 value=null -1}"},
      {"updates", "refuse", HEADRACE_TRUNCATE, ""},
  };
  const char *sent[8];
  memcpy(sent, whole_row, sizeof sent);
  sent[5] = ABSENT;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test =
        outbox(KEYS("topic", "kind", "key", "id", "value", "doc", cases[i].key, cases[i].choice));
    bool update = cases[i].operation == HEADRACE_UPDATE;
    bool truncate = cases[i].operation == HEADRACE_TRUNCATE;
    assert_string_equal(
        row(test, cases[i].operation, truncate ? NULL : whole_row, update ? sent : NULL),
        cases[i].shown);
    char *log = plugin_host_log(test->host);
    assert_int_equal(strstr(log, "which there are no records") != NULL,
                     !strcmp(cases[i].choice, "warn"));
    free(log);
    filter_test_free(test);
  }
}

static void test_what_was_not_sent(void **state)
{
  (void)state;
  struct filter_test *test = outbox(KEYS("value", "doc", "updates", "encode"));
  const char *sent[8];
  memcpy(sent, whole_row, sizeof sent);
  sent[5] = ABSENT;
  assert_non_null(strstr(row(test, HEADRACE_UPDATE, NULL, sent), "REPLICA IDENTITY FULL"));
  assert_string_equal(test->host->last_error_class, "unsupported");
  filter_test_free(test);
}

/* Arrays of bytes as PostgreSQL writes them. */
static void test_headers_column(void **state)
{
  (void)state;
  static const struct {
    const char *text, *shown; /* NULL: refused */
  } cases[] = {
      {NONE, "more=u1 "},
      {"{}", "more=u1 "},
      {"{{\"\\\\x61\",\"\\\\x76\"}}", "a=v more=u1 "},
      {"{{\"\\\\x61\",\"\\\\x\"},{\"\\\\x61\",NULL}}", "a= a=null more=u1 "},
      {"{{\"\\\\x\",\"\\\\x76\"}}", "=v more=u1 "},
      {"{{NULL,\"\\\\x76\"}}", NULL},
      {"{{\"\\\\x6100\",\"\\\\x76\"}}", NULL},
      {"{{\"\\\\x6\",\"\\\\x76\"}}", NULL},
      {"{{\"\\\\xzz\",\"\\\\x76\"}}", NULL},
      {"{{\"\\\\x61\",\"\\\\x76\"},}", NULL},
      {"{{\"\\\\x61\",\"\\\\x76\"}", NULL},
      {"{{\"\\\\x61\",\"\\\\x76\"}}}", NULL},
      {"{{\"\\\\x61\"}}", NULL},
      {"{\"\\\\x61\",\"\\\\x76\"}", NULL},
      {"{{\"\\\\x61", NULL},
      {"", NULL},
      {"{", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test =
        outbox(KEYS("value", "kind", "headers_column", "pairs", "headers", "more = id"));
    const char *copied[8];
    memcpy(copied, whole_row, sizeof copied);
    copied[7] = cases[i].text;
    const char *shown = row(test, HEADRACE_INSERT, NULL, copied);
    char expected[256];
    if (cases[i].shown)
      snprintf(expected, sizeof expected, "record{topic=null key=null value=order %s-1}",
               cases[i].shown);
    else
      snprintf(expected, sizeof expected,
               "row of public.outbox: what `headers_column` names is no array {{name, value}, ...} "
               "of bytes");
    assert_string_equal(shown, expected);
    filter_test_free(test);
  }
}

static void test_messages(void **state)
{
  (void)state;
  static const struct {
    const char *form, *prefix, *content, *shown;
  } cases[] = {
      {"drop", "outbox", "{}", ""},
      {"json", "other", "{}", ""},
      {"json", "outbox", "{\"kind\":\"a\\u00e9\",\"id\":5,\"doc\":{\"x\":[1, null]}}",
       "record{topic=t.a\xc3\xa9 key=5 value={\"x\":[1, null]} -1}"},
      {"json", "outbox", "{\"kind\":\"a\",\"id\":null,\"doc\":\"text\"}",
       "record{topic=t.a key=null value=text -1}"},
      {"json", "outbox", "{\"kind\":\"a\"}",
       "logical message: there is no column \"id\", which `key` names"},
      {"json", "outbox", "[1]", "logical message: its content is no JSON object"},
      {"json", "outbox", "{\"kind\":\"a\"", "logical message: its content is no JSON object"},
      {"json", "outbox", "{} x", "logical message: its content is no JSON object"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bool drop = !strcmp(cases[i].form, "drop");
    struct filter_test *test =
        outbox(drop ? KEYS("topic", "t.{kind}", "key", "id", "value", "doc")
                    : KEYS("topic", "t.{kind}", "key", "id", "value", "doc", "messages",
                           cases[i].form, "message_prefixes", "outbox, inbox"));
    struct headrace_change change = {.operation = HEADRACE_MESSAGE,
                                     .message_prefix = filter_test_value(cases[i].prefix),
                                     .message_content = filter_test_value(cases[i].content)};
    change.message_content.state = HEADRACE_BINARY;
    enum headrace_result result = encode(test, &change);
    assert_string_equal(result == HEADRACE_OK ? filter_test_shown(test) : test->host->last_reason,
                        cases[i].shown);
    filter_test_free(test);
  }
  struct filter_test *test =
      outbox(KEYS("topic", "{prefix}", "value", "content", "messages", "bytes"));
  struct headrace_change change = {.operation = HEADRACE_MESSAGE,
                                   .message_prefix = filter_test_value("p"),
                                   .message_content = filter_test_value("\\x41")};
  change.message_content.state = HEADRACE_BINARY;
  assert_int_equal(encode(test, &change), HEADRACE_OK);
  assert_string_equal(filter_test_shown(test), "record{topic=p key=null value=\\x41 -1}");
  filter_test_free(test);
}

/* ---- lookups ------------------------------------------------------------------ */

static const char *const lookup_settings[] = {
    "lookup", "topic = log.topics: number -> kind", "topic", "topic", "value", "id", NULL};

static struct filter_test *shadow(char *folder)
{
  struct filter_test *test = calloc(1, sizeof *test);
  test->plugin = headrace_plugin_entry()->plugin;
  test->host = plugin_host_new(test->plugin->keys, lookup_settings);
  test->host->instance.host.state_dir = folder;
  test->batch = plugin_host_batch();
  assert_int_equal(test->plugin->open(&test->host->instance.host, &test->self), HEADRACE_OK);
  return test;
}

static const char *of_table(struct filter_test *test, const char *table,
                            enum headrace_operation operation, const char *number, const char *kind)
{
  const char *values[8] = {"u1", kind, number, NONE, NONE, NONE, NONE, NONE};
  filter_test_table(test, "log", table, columns, 8);
  return row(test, operation, operation == HEADRACE_DELETE ? values : NULL,
             operation == HEADRACE_DELETE ? NULL : values);
}

static void test_lookup(void **state)
{
  (void)state;
  char folder[] = "/tmp/headrace-columns-XXXXXX", path[128];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/test.stage.lookup", folder);
  struct filter_test *test = shadow(folder);
  assert_non_null(
      strstr(of_table(test, "messages", HEADRACE_INSERT, "1", NONE), "has never seen the row"));
  assert_string_equal(test->host->last_error_class, "unknown-key");
  assert_string_equal(of_table(test, "topics", HEADRACE_READ, "1", "or\"ders"), "");
  assert_string_equal(of_table(test, "topics", HEADRACE_INSERT, "2", "old"), "");
  assert_string_equal(of_table(test, "topics", HEADRACE_UPDATE, "2", "users"), "");
  assert_string_equal(of_table(test, "topics", HEADRACE_DELETE, "1", "or\"ders"), "");
  assert_string_equal(of_table(test, "messages", HEADRACE_INSERT, "1", NONE),
                      "record{topic=or\"ders key=null value=u1 -1}");
  filter_test_free(test);
  FILE *file = fopen(path, "a"); /* as a crash leaves it */
  fputs("[\"topic\",\"2\",\"us", file);
  fclose(file);
  for (int start = 0; start < 2; start++) { /* the second one finds no half line */
    test = shadow(folder);
    assert_string_equal(of_table(test, "messages", HEADRACE_INSERT, "2", NONE),
                        "record{topic=users key=null value=u1 -1}");
    assert_string_equal(of_table(test, "messages", HEADRACE_INSERT, "1", NONE),
                        "record{topic=or\"ders key=null value=u1 -1}");
    of_table(test, "topics", HEADRACE_INSERT, start ? "4" : "3", "new");
    filter_test_free(test);
  }
  test = shadow(folder);
  assert_string_equal(of_table(test, "messages", HEADRACE_INSERT, "3", NONE),
                      "record{topic=new key=null value=u1 -1}");
  filter_test_free(test);
  unlink(path);
  rmdir(folder);
}

/* Records of a batch keep what was true when they were made. */
static void test_lookup_that_changes(void **state)
{
  (void)state;
  char folder[] = "/tmp/headrace-columns-XXXXXX", path[128];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/test.stage.lookup", folder);
  struct filter_test *test = shadow(folder);
  const struct headrace_host *host = &test->host->instance.host;
  static const char *const kinds[] = {"before", "after"};
  of_table(test, "topics", HEADRACE_INSERT, "1", kinds[0]);
  of_table(test, "messages", HEADRACE_INSERT, "1", NONE);
  const struct headrace_relation description = {
      .schema = "log", .table = "topics", .columns = columns, .column_count = 8};
  const struct headrace_relation *topics = host->relation_new(host, &description);
  struct headrace_value values[8] = {{0}};
  values[1] = filter_test_value(kinds[1]);
  values[2] = filter_test_value("1");
  const struct headrace_change change = {
      .relation = topics, .new_values = values, .operation = HEADRACE_UPDATE};
  const struct headrace_event event = {.change = &change};
  const struct headrace_record *record = test->batch->events.items[0].record;
  assert_int_equal(test->plugin->encode(test->self, &event, test->batch), HEADRACE_OK);
  assert_int_equal(record->topic.size, 6);
  assert_memory_equal(record->topic.data, "before", 6);
  host->relation_release(host, topics);
  filter_test_free(test);
  unlink(path);
  rmdir(folder);
}

/* ---- records as rows ------------------------------------------------------------ */

static const char *decode(struct filter_test *test, const struct headrace_record *record)
{
  struct headrace_event event = {.record = record};
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  enum headrace_result result = test->plugin->decode(test->self, &event, test->batch);
  batch_stage_end(test->batch);
  if (result != HEADRACE_OK)
    return test->host->last_reason;
  test->text[0] = '\0';
  for (size_t i = 0; i < test->batch->events.count; i++)
    filter_test_show_change(test, test->batch->events.items[i].change);
  return test->text;
}

static struct headrace_value bytes(const char *data, size_t size)
{
  return (struct headrace_value){data, (uint32_t)size, HEADRACE_BINARY};
}

static void test_decode(void **state)
{
  (void)state;
  const struct headrace_header headers[] = {
      {"a", bytes("v", 1)}, {"a", bytes("\xff", 1)}, {"b", {.state = HEADRACE_NULL}}};
  struct headrace_record record = {.topic = bytes("shop.orders", 11),
                                   .key = bytes("k", 1),
                                   .value = bytes("{\"a\": 1}", 8),
                                   .headers = headers,
                                   .header_count = 3,
                                   .partition = 2,
                                   .offset = 9007199254740993,
                                   .timestamp_ms = 1600000000654};
  record.topic.state = HEADRACE_TEXT;
  struct filter_test *test = filter_test_new(KEYS("value_type", "json"));
  assert_string_equal(decode(test, &record),
                      "insert shop.orders{topic=shop.orders partition=2 offset=9007199254740993 "
                      "timestamp=2020-09-13 12:26:40.654+00 key=k value={\"a\": 1} "
                      "headers=[[\"a\",\"v\"],[\"a\",\"\\\\xff\"],[\"b\",null]] }");
  const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
  assert_int_equal(relation->key_count, 3);
  assert_int_equal(relation->columns[relation->key[2]].type, HEADRACE_TYPE_INT64);
  assert_int_equal(relation->columns[5].type, HEADRACE_TYPE_JSON);
  record.value = bytes("{\"a\": 1", 7);
  assert_string_equal(decode(test, &record),
                      "record at offset 9007199254740993 of partition 2 of topic shop.orders: its "
                      "value is no JSON document of at most 128 levels");
  assert_string_equal(test->host->last_error_class, "malformed");
  filter_test_free(test);
  record.key = (struct headrace_value){.state = HEADRACE_NULL};
  record.timestamp_ms = -1;
  record.header_count = 0;
  test = filter_test_new(KEYS("columns", "value, offset:position, timestamp, headers, key"));
  assert_string_equal(decode(test, &record),
                      "insert shop.orders{value={\"a\": 1 position=9007199254740993 timestamp=null "
                      "headers=null key=null }");
  assert_int_equal(test->batch->events.items[0].change->relation->key_count, 0);
  record.value = bytes("a\0b", 3);
  assert_non_null(strstr(decode(test, &record), "value_type = bytes takes it"));
  record.value = bytes("\xc3", 1);
  assert_non_null(strstr(decode(test, &record), "is no UTF-8 text"));
  filter_test_free(test);
  test = filter_test_new(KEYS("columns", "value", "value_type", "bytes"));
  decode(test, &record);
  assert_int_equal(test->batch->events.items[0].change->new_values[0].state, HEADRACE_BINARY);
  for (int topic = 0; topic < 200; topic++) { /* more than the table begins with */
    char name[16];
    snprintf(name, sizeof name, "t%d", topic % 150);
    record.topic = (struct headrace_value){name, (uint32_t)strlen(name), HEADRACE_TEXT};
    decode(test, &record);
    assert_string_equal(test->batch->events.items[0].change->relation->table, name);
  }
  filter_test_free(test);
}

static void test_faults(void **state)
{
  (void)state;
  static const struct {
    const char *key, *value, *fault;
  } cases[] = {
      {"topic", "a{b", "topic: unbalanced brace at \"{b\""},
      {"topic", "a}b", "topic: unbalanced brace at \"}b\""},
      {"key", "a{{b}}", "key: unbalanced brace"},
      {"key", "{}", "key: \"{}\" is no place"},
      {"key", "{@column}", "key: \"{@column}\" is no place: there are columns"},
      {"headers", "a = none", "headers: a needs a column or a template"},
      {"tables", "a.b.c", "tables: \"a.b.c\" has 3 components"},
      {"columns", "topic, ofset", "columns: \"ofset\" is none of topic"},
      {"columns", "topic, key:topic", "columns: two are called \"topic\""},
      {"columns", "key:", "columns: \"key:\" is none of"},
      {"columns", "", "columns: names none of a record's parts"},
      {"message_prefixes", "a", "message_prefixes: messages = drop leaves none"},
      {"lookup", "a = topics: b -> c", "is to be like public.topics: topic_id -> name"},
      {"lookup", "a = p.topics: b", "is to be like public.topics: topic_id -> name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_fault(KEYS(cases[i].key, cases[i].value), cases[i].fault);
  assert_fault(KEYS("value", "a", "envelope", "b = c"),
               "envelope: it stands in the place of value");
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = plugin_host_new(plugin->keys, KEYS("lookup", "a = p.topics: b -> c"));
  void *instance = NULL;
  assert_int_equal(plugin->open(&host->instance.host, &instance), HEADRACE_FATAL);
  char *log = plugin_host_log(host);
  assert_non_null(strstr(log, "lookup: what it remembers needs a folder"));
  free(log);
  plugin_host_free(host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parts),
      cmocka_unit_test(test_bytes_and_timestamp),
      cmocka_unit_test(test_envelope),
      cmocka_unit_test(test_nulls),
      cmocka_unit_test(test_updates_and_deletes),
      cmocka_unit_test(test_what_was_not_sent),
      cmocka_unit_test(test_headers_column),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_lookup),
      cmocka_unit_test(test_lookup_that_changes),
      cmocka_unit_test(test_decode),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
