/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json, decoding without schema: what becomes of each shape of record. A change is compared
 * as a text: operation schema.table(columns, * of the key) old row new row. */
#include "plugin_host.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const struct headrace_registration *headrace_plugin_entry(void);

struct decoding {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
  struct headrace_record record;
  const struct headrace_event *event; /* what came out; NULL: nothing */
  char text[65536];
};

static struct decoding *begin(const char *const *settings)
{
  struct decoding *test = calloc(1, sizeof *test);
  test->plugin = headrace_plugin_entry()->plugin;
  test->host = plugin_host_new(test->plugin->keys, settings);
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  test->batch = plugin_host_batch();
  assert_int_equal(test->plugin->open(&test->host->instance.host, &test->self), HEADRACE_OK);
  return test;
}

static void end(struct decoding *test)
{
  batch_free(test->batch);
  test->plugin->close(test->self);
  plugin_host_free(test->host);
  free(test);
}

static struct headrace_value bytes(const char *text, size_t size)
{
  if (!text)
    return (struct headrace_value){.state = HEADRACE_NULL};
  return (struct headrace_value){text, (uint32_t)size, HEADRACE_BINARY};
}

static size_t print_row(char *out, size_t room, const struct headrace_relation *relation,
                        const struct headrace_value *values)
{
  static const char *const states[] = {"null", "-", "'", "b", ""};
  size_t size = (size_t)snprintf(out, room, " {");
  for (uint32_t i = 0; i < relation->column_count; i++) {
    const struct headrace_value *value = &values[i];
    bool text = value->state >= HEADRACE_TEXT;
    size += (size_t)snprintf(out + size, room - size, "%s%s%.*s%s", i ? "," : "",
                             states[value->state], text ? (int)value->size : 0, value->data,
                             value->state == HEADRACE_TEXT ? "'" : "");
  }
  return size + (size_t)snprintf(out + size, room - size, "}");
}

static bool in_key(const struct headrace_relation *relation, uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return true;
  return false;
}

static void print(struct decoding *test)
{
  static const char letters[] = "?cudrtm";
  const struct headrace_change *change = test->event->change;
  const struct headrace_relation *relation = change->relation;
  char *out = test->text;
  size_t room = sizeof test->text;
  size_t size = (size_t)snprintf(out, room, "%c %s%s%s(", letters[change->operation],
                                 relation->schema ? relation->schema : "",
                                 relation->schema ? "." : "", relation->table);
  for (uint32_t i = 0; i < relation->column_count; i++) {
    assert_int_equal(relation->columns[i].type, HEADRACE_TYPE_UNTYPED);
    size += (size_t)snprintf(out + size, room - size, "%s%s%s", i ? "," : "",
                             relation->columns[i].name, in_key(relation, i) ? "*" : "");
  }
  size += (size_t)snprintf(out + size, room - size, ")%s",
                           change->flags & HEADRACE_OLD_IS_KEY ? " key" : "");
  if (change->old_values)
    size += (size_t)snprintf(out + size, room - size, " old");
  if (change->old_values)
    size += print_row(out + size, room - size, relation, change->old_values);
  if (change->new_values)
    print_row(out + size, room - size, relation, change->new_values);
}

static enum headrace_result decode_bytes(struct decoding *test, const char *key, const char *value,
                                         size_t value_size)
{
  test->record.key = bytes(key, key ? strlen(key) : 0);
  test->record.value = bytes(value, value_size);
  const struct headrace_event event = {.record = &test->record};
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  enum headrace_result result = test->plugin->decode(test->self, &event, test->batch);
  batch_stage_end(test->batch);
  test->event = test->batch->events.count ? test->batch->events.items : NULL;
  *test->text = '\0';
  if (test->event && test->event->change && test->event->change->relation)
    print(test);
  return result;
}

/* `expected`: the change; "": nothing; "malformed", "unsupported": it is refused. */
static void decodes_in(struct decoding *test, const char *topic, const char *key, const char *value,
                       const char *expected)
{
  bool refused = !strcmp(expected, "malformed") || !strcmp(expected, "unsupported");
  size_t before = test->host->reject_count;
  test->record.topic = (struct headrace_value){topic, (uint32_t)strlen(topic), HEADRACE_TEXT};
  assert_int_equal(decode_bytes(test, key, value, value ? strlen(value) : 0), HEADRACE_OK);
  assert_int_equal(test->host->reject_count - before, refused);
  assert_string_equal(refused ? test->host->last_error_class : test->text, expected);
  if (test->event)
    assert_ptr_equal(test->event->record, &test->record);
}

static void decodes(struct decoding *test, const char *key, const char *value, const char *expected)
{
  decodes_in(test, "srv.public.t", key, value, expected);
}

#define SOURCE                                                                                     \
  "\"source\":{\"version\":\"3.3.1.Final\",\"connector\":\"postgresql\",\"name\":\"srv\","         \
  "\"ts_ms\":1700000000123,\"snapshot\":\"false\",\"db\":\"shop\",\"sequence\":\"[null,\\\"9\\\"]" \
  "\",\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456000,\"schema\":\"public\","             \
  "\"table\":\"t\",\"txId\":567,\"lsn\":24023128,\"xmin\":null},\"transaction\":null,"

static void debezium_rows(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, "{\"id\":1}",
          "{\"before\":null,\"after\":{\"id\":1,\"a\":\"x\\ty\",\"b\":null,\"c\":[1, 2],\"d\":1.50,"
          "\"e\":true,\"f\":{\"x\":\"y\"}}," SOURCE "\"op\":\"c\",\"ts_ms\":1}",
          "c public.t(id*,a,b,c,d,e,f) {1,'x\ty',null,[1, 2],1.50,true,{\"x\":\"y\"}}");
  const struct headrace_change *change = test->event->change;
  assert_string_equal(change->relation->database, "shop");
  assert_int_equal(change->sequence, 24023128);
  assert_int_equal(change->transaction->id, 567);
  assert_int_equal(change->transaction->commit_time_us, 1700000000123456);
  const struct headrace_relation *relation = change->relation;
  decodes(test, "{\"id\":1}",
          "{\"before\":{\"id\":1,\"a\":\"x\"},\"after\":{\"id\":1,\"a\":\"y\"}," SOURCE
          "\"op\":\"u\"}",
          "u public.t(id*,a,b,c,d,e,f) old {1,'x',-,-,-,-,-} {1,'y',-,-,-,-,-}");
  assert_ptr_equal(test->event->change->relation, relation);
  decodes(test, "{\"id\":1}",
          "{\"before\":{\"id\":1,\"a\":\"x\",\"b\":null},\"after\":null," SOURCE "\"op\":\"d\"}",
          "d public.t(id*,a,b,c,d,e,f) old {1,'x',null,-,-,-,-}");
  decodes(test, "{\"id\":2}",
          "{\"before\":{\"id\":2,\"a\":null,\"b\":null},\"after\":null," SOURCE "\"op\":\"d\"}",
          "d public.t(id*,a,b,c,d,e,f) key old {2,-,-,-,-,-,-}");
  decodes(test, "{\"id\":2}", "{\"before\":null,\"after\":null," SOURCE "\"op\":\"d\"}",
          "d public.t(id*,a,b,c,d,e,f) key old {2,-,-,-,-,-,-}");
  decodes(test, "{\"id\":1}", "{\"after\":{\"id\":1,\"new\":0}," SOURCE "\"op\":\"r\"}",
          "r public.t(id*,a,b,c,d,e,f,new) {1,-,-,-,-,-,-,0}");
  decodes(test, NULL, "{" SOURCE "\"op\":\"t\"}", "t public.t(id*,a,b,c,d,e,f,new)");
  end(test);
}

static void wrapped_without_schema(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, "{\"schema\":null,\"payload\":{\"id\":1}}",
          "{\"schema\":null,\"payload\":{\"after\":{\"id\":1,\"a\":2}," SOURCE "\"op\":\"c\"}}",
          "c public.t(id*,a) {1,2}");
  decodes(test, "{\"payload\":{\"id\":1}, \"schema\":null}",
          "{\"payload\":{\"after\":{\"id\":1,\"a\":3}," SOURCE "\"op\":\"c\"}, \"schema\":null}",
          "c public.t(id*,a) {1,3}");
  decodes_in(test, "rows", NULL, "{\"schema\":{},\"payload\":1,\"x\":2}",
             "c rows(schema,payload,x) {{},1,2}");
  decodes(test, NULL, "{\"schema\":{},\"payload\":1}", "malformed");
  end(test);
}

static void tombstones(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, "{\"id\":1}", NULL, "d public.t(id*) key old {1}");
  decodes(test, "{\"id\":1}", "{\"after\":{\"id\":1,\"a\":2}," SOURCE "\"op\":\"c\"}",
          "c public.t(id*,a) {1,2}");
  decodes(test, "{\"id\":1}", "{\"before\":{\"id\":1,\"a\":2}," SOURCE "\"op\":\"d\"}",
          "d public.t(id*,a) old {1,2}");
  decodes(test, "{\"id\":1}", NULL, ""); /* of the delete before it */
  assert_int_equal(metrics_get(&test->host->metrics, "stage.filtered_records"), 1);
  decodes(test, "{\"id\":1}", NULL, "d public.t(id*,a) key old {1,-}");
  decodes(test, NULL, NULL, "malformed");
  decodes(test, "\"text\"", NULL, "unsupported");
  end(test);

  const char *settings[] = {"tombstones", "no", NULL};
  test = begin(settings);
  decodes(test, "{\"id\":1}", NULL, "");
  end(test);
}

static void a_tombstone_in_another_partition_counts(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  const char *deleted = "{\"before\":{\"id\":1}," SOURCE "\"op\":\"d\"}";
  decodes(test, "{\"id\":1}", deleted, "d public.t(id*) key old {1}");
  test->record.partition = 1;
  decodes(test, "{\"id\":1}", NULL, "d public.t(id*) key old {1}");
  test->record.partition = 0;
  decodes(test, "{\"id\":2}", NULL, "d public.t(id*) key old {2}");
  decodes(test, "{\"id\":1}", NULL, "d public.t(id*) key old {1}");
  end(test);
}

static void a_topic_of_several_tables(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes_in(test, "all", "{\"id\":1}",
             "{\"after\":{\"id\":1},\"source\":{\"schema\":\"a\",\"table\":\"x\"},\"op\":\"c\"}",
             "c a.x(id*) {1}");
  decodes_in(test, "all", "{\"id\":1}", NULL, "d a.x(id*) key old {1}");
  decodes_in(test, "all", "{\"id\":1}",
             "{\"after\":{\"id\":1},\"source\":{\"schema\":\"b\",\"table\":\"x\"},\"op\":\"c\"}",
             "c b.x(id*) {1}");
  decodes_in(test, "all", "{\"id\":1}", NULL, "unsupported");
  decodes_in(test, "mysql", "{\"id\":1}",
             "{\"after\":{\"id\":1},\"source\":{\"db\":\"d\",\"table\":\"x\"},\"op\":\"c\"}",
             "c d.x(id*) {1}");
  end(test);
}

static void names_by_topic(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes_in(test, "orders", NULL, "{\"a\":1}", "c orders(a) {1}");
  decodes_in(test, "shop.orders", NULL, "{\"a\":1}", "c orders(a) {1}");
  decodes_in(test, "srv.shop.orders", NULL, "{\"a\":1}", "c shop.orders(a) {1}");
  decodes_in(test, "x.srv.shop.orders", NULL, "{\"a\":1}", "c shop.orders(a) {1}");
  end(test);
}

static void flattened_rows(void **state)
{
  (void)state;
  static const char row[] = "{\"id\":1,\"a\":\"x\",\"__deleted\":\"false\",\"__op\":\"u\","
                            "\"__lsn\":77,\"__source_ts_ms\":5,\"__schema\":\"s\",\"__dbz\":3}";
  struct decoding *test = begin(NULL);
  decodes_in(test, "t", "{\"id\":1}", row, "u s.t(id*,a,__dbz) {1,'x',3}");
  assert_int_equal(test->event->change->sequence, 77);
  assert_int_equal(test->event->change->transaction->commit_time_us, 5000);
  decodes_in(test, "t", "{\"id\":1}",
             "{\"id\":1,\"a\":\"x\",\"__source_ts_us\":5001,\"__source_ts_ms\":5}",
             "c t(id*,a) {1,'x'}");
  assert_int_equal(test->event->change->transaction->commit_time_us, 5001);
  decodes_in(test, "t", "{\"id\":1}", "{\"id\":1,\"a\":\"x\",\"__deleted\":\"true\"}",
             "d t(id*,a) old {1,'x'}");
  decodes_in(test, "t", "{\"id\":1}", "{\"id\":1,\"__deleted\":true}", "d t(id*,a) key old {1,-}");
  end(test);

  const struct headrace_header headers[] = {{"__op", {"d", 1, HEADRACE_BINARY}},
                                            {"__table", {"\"t2\"", 4, HEADRACE_BINARY}},
                                            {"__lsn", {"78", 2, HEADRACE_BINARY}},
                                            {"__schema", {"\xff", 1, HEADRACE_BINARY}},
                                            {"other", {.state = HEADRACE_NULL}}};
  test = begin(NULL);
  test->record.headers = headers;
  test->record.header_count = sizeof headers / sizeof *headers;
  decodes_in(test, "t", NULL, "{\"id\":1}", "d t2(id) old {1}");
  assert_int_equal(test->event->change->sequence, 78);
  decodes_in(test, "t", NULL, "{\"id\":1,\"__op\":\"r\"}", "r t2(id) {1}");
  end(test);

  const char *keep[] = {"metadata_fields", "keep", NULL};
  test = begin(keep);
  decodes_in(test, "t", "{\"id\":1}", "{\"id\":1,\"__deleted\":\"true\"}",
             "d t(id*,__deleted) old {1,'true'}");
  end(test);

  const char *ignore[] = {"metadata_fields", "ignore", NULL};
  test = begin(ignore);
  decodes_in(test, "t", "{\"id\":1}", "{\"id\":1,\"__deleted\":\"true\"}",
             "c t(id*,__deleted) {1,'true'}");
  end(test);
}

static void plain_rows(void **state)
{
  (void)state;
  const char *settings[] = {"format", "plain", "key_columns", "users = tenant+id", NULL};
  struct decoding *test = begin(settings);
  decodes_in(test, "users", "7+x+y", "{\"tenant\":7,\"id\":\"x+y\",\"operation\":\"INSERT\"}",
             "c users(tenant*,id*) {7,'x+y'}");
  assert_int_equal(test->event->change->relation->conventions.numeric, HEADRACE_NUMERIC_PLAIN);
  decodes_in(test, "users", "7+x", "{\"tenant\":7,\"id\":\"x\",\"operation\":\"DELETE\"}",
             "d users(tenant*,id*) key old {7,'x'}");
  decodes_in(test, "users", "7+y", NULL, "d users(tenant*,id*) key old {'7','y'}");
  decodes_in(test, "users", "7", NULL, "malformed");
  /* Not one of the words: a column. An envelope is a row, too. */
  decodes_in(test, "calls", NULL, "{\"operation\":\"dial\",\"op\":\"d\",\"before\":{}}",
             "c calls(operation,op,before) {'dial','d',{}}");
  end(test);
}

static void envelope_records(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes_in(test, "x", "1",
             "{\"schema\":\"public\",\"table\":\"users\",\"op\":\"UPDATE\",\"ts_ms\":1,"
             "\"before\":null,\"after\":{\"id\":1},\"source\":{\"version\":\"0\",\"ts_ms\":3,"
             "\"db\":\"shop\",\"schema\":\"public\",\"table\":\"users\",\"lsn\":\"1/1634FA0\","
             "\"xid\":567}}",
             "u public.users(id) {1}");
  assert_int_equal(test->event->change->sequence, 0x101634FA0);
  assert_int_equal(test->event->change->transaction->id, 567);
  end(test);
}

static void op_records(void **state)
{
  (void)state;
#define OP(op)                                                                                     \
  "{\"table_name\":\"users\",\"col_names\":[\"id\",\"a\"],\"lsn\":5,\"seq_id\":0,\"op\":{" op "}}"
  struct decoding *test = begin(NULL);
  const char *key = "{\"id\":\"1\"}";
  decodes_in(test, "x", key, OP("\"Insert\":[\"1\",null]"), "c users(id*,a) {'1',null}");
  decodes_in(test, "x", key, OP("\"Update\":[[null,null],[\"1\",\"x\"]]"),
             "u users(id*,a) {'1','x'}");
  decodes_in(test, "x", key, OP("\"Update\":[[\"0\",\"y\"],[\"1\",\"x\"]]"),
             "u users(id*,a) old {'0','y'} {'1','x'}");
  decodes_in(test, "x", key, OP("\"Delete\":[\"1\",null]"), "d users(id*,a) key old {'1',-}");
  decodes_in(test, "x", key, OP("\"Insert\":[\"1\"]"), "malformed");
  decodes_in(test, "x", key, OP("\"Insert\":[\"1\",\"2\",\"3\"]"), "malformed");
  decodes_in(test, "x", key, OP("\"Upsert\":[\"1\",\"2\"]"), "malformed");
  decodes_in(test, "x", key, OP("\"Update\":[[\"1\",\"2\"]]"), "malformed");
  end(test);
}

/* Attributes are the source block's fields, data is the rows. */
static void cloud_events(void **state)
{
  (void)state;
#define CLOUD_EVENT(op, data)                                                                      \
  "{\"id\":\"name:srv\",\"source\":\"/debezium/postgresql/srv\",\"specversion\":\"1.0\",\"type\":" \
  "\"io.debezium.connector.postgresql.DataChangeEvent\",\"iodebeziumop\":\"" op                    \
  "\",\"iodebeziumdb\":\"db\",\"iodebeziumschema\":\"app\",\"iodebeziumtable\":\"users\","         \
  "\"iodebeziumtxId\":\"7\",\"iodebeziumlsn\":\"9\",\"data\":" data "}"
  struct decoding *test = begin(NULL);
  const char *key = "{\"id\":1}";
  const char *created = CLOUD_EVENT("c", "{\"before\":null,\"after\":{\"id\":1,\"a\":2}}");
  decodes_in(test, "x", key, created, "c app.users(id*,a) {1,2}");
  assert_int_equal(test->event->change->sequence, 9);
  assert_int_equal(test->event->change->transaction->id, 7);
  decodes_in(test, "x", key,
             CLOUD_EVENT("u", "{\"before\":{\"id\":1,\"a\":2},\"after\":{\"id\":1,\"a\":3}}"),
             "u app.users(id*,a) old {1,2} {1,3}");
  decodes_in(test, "x", key,
             CLOUD_EVENT("r", "{\"schema\":null,\"payload\":{\"after\":{\"id\":1,\"a\":2}}}"),
             "r app.users(id*,a) {1,2}");
  decodes_in(test, "x", key, CLOUD_EVENT("t", "{\"before\":null,\"after\":null}"),
             "t app.users(id*,a)");
  decodes_in(test, "x", key, CLOUD_EVENT("c", "{\"after\":null}"), "malformed");
  decodes_in(test, "x", key, CLOUD_EVENT("c", "7"), "malformed");
  decodes_in(test, "x", key, CLOUD_EVENT("m", "{\"after\":{\"id\":1}}"), "malformed");
  decodes_in(test, "x", key, CLOUD_EVENT("x", "{\"after\":{\"id\":1}}"), "malformed");
  decodes_in(test, "x", NULL, "{\"id\":1,\"specversion\":2,\"data\":3,\"type\":4}",
             "c x(id,specversion,data,type) {1,2,3,4}"); /* somebody else's columns */
  end(test);

  test = begin((const char *const[]){"format", "cloudevents", NULL});
  decodes_in(test, "x", key, created, "c app.users(id*,a) {1,2}");
  decodes_in(test, "x", key, "{\"id\":1,\"a\":2}", "malformed");
  end(test);
  test = begin((const char *const[]){"format", "debezium", NULL});
  decodes_in(test, "x", key, created, "malformed");
  end(test);
}

/* A number never goes through a double, a name or text may have escapes, the last of two counts. */
static void texts_are_kept(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes_in(test, "t", NULL,
             "{\"n\":123456789012345678901234567890.000000000000000000001e-7,\"\\u00e4\":"
             "\"\\ud83d\\ude00\",\"n\":9007199254740993}",
             "c t(n,\xc3\xa4) {9007199254740993,'\xf0\x9f\x98\x80'}");
  decodes_in(test, "t", NULL, "{\"\xc3\xa4\":0}", "c t(n,\xc3\xa4) {-,0}");
  decodes_in(test, "t", NULL, "{\"\":0}", "unsupported");
  decodes_in(test, "t", NULL, "{\"a\\u0000b\":0}", "unsupported");
  end(test);
}

static void placeholders(void **state)
{
  (void)state;
  static const char *const forms[] = {
      "\"__debezium_unavailable_value\"",
      "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"",
      "\"5f5f646562657a69756d5f756e617661696c61626c655f76616c7565\"",
      "[\"__debezium_unavailable_value\"]",
      "{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}",
      "\"{\\\"__debezium_unavailable_value\\\":\\\"__debezium_unavailable_value\\\"}\"",
      "{\"scale\":0,\"value\":\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"}",
      ("[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,"
       "108,117,101]"),
  };
  struct decoding *test = begin(NULL);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char value[512];
    snprintf(value, sizeof value, "{\"before\":null,\"after\":{\"id\":1,\"a\":%s},%s\"op\":\"u\"}",
             forms[i], SOURCE);
    decodes(test, "{\"id\":1}", value, "u public.t(id*,a) {1,-}");
  }
  decodes(test, "{\"id\":1}",
          "{\"after\":{\"id\":1,\"a\":\"__debezium_unavailable_value.\"}," SOURCE "\"op\":\"u\"}",
          "u public.t(id*,a) {1,'__debezium_unavailable_value.'}");
  end(test);
}

/* The delete that came before has taken the value with it. */
static void key_change_without_a_value(void **state)
{
  (void)state;
  static const char lacks[] =
      "{\"after\":{\"id\":2,\"a\":\"__debezium_unavailable_value\"}," SOURCE "\"op\":\"c\"}";
  const struct headrace_header header = {"__debezium.oldkey", {"{\"id\":1}", 8, HEADRACE_BINARY}};
  struct decoding *test = begin(NULL);
  decodes(test, "{\"id\":2}", lacks, "c public.t(id*,a) {2,-}");
  test->record.headers = &header;
  test->record.header_count = 1;
  decodes(test, "{\"id\":2}", lacks, "unsupported");
  decodes(test, "{\"id\":2}", "{\"after\":{\"id\":2,\"a\":\"x\"}," SOURCE "\"op\":\"c\"}",
          "c public.t(id*,a) {2,'x'}");
  end(test);
}

static void keys(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  /* Values of the key that the row lacks; the order of the key. */
  decodes_in(test, "t", "{\"b\":2,\"part\":\"x\",\"a\":1}", "{\"a\":1,\"b\":2}",
             "c t(a*,b*,part*) {1,2,'x'}");
  assert_int_equal(test->event->change->relation->key[0], 1);
  assert_int_equal(test->event->change->relation->key[1], 2);
  assert_int_equal(test->event->change->relation->key[2], 0);
  decodes_in(test, "t", "{\"a\":1,\"part\":null}", NULL, "d t(a*,b,part*) key old {1,-,null}");
  decodes_in(test, "t", "{\"a\":1}", "{\"a\":1,\"b\":2}", "c t(a*,b,part) {1,2,-}");
  decodes_in(test, "t", NULL, "{\"a\":1,\"b\":2}", "c t(a*,b,part) {1,2,-}");
  decodes_in(test, "u", "\xff", "{\"a\":1}", "c u(a) {1}");
  decodes_in(test, "u", "{\"a\":", "{\"a\":1}", "malformed");
  end(test);

  const char *settings[] = {"key_columns", "public.t = b", NULL};
  test = begin(settings);
  decodes(test, "{\"a\":1}", "{\"a\":1,\"b\":2}", "c public.t(a,b*) {1,2}");
  decodes(test, "\"x\"", NULL, "d public.t(a,b*) key old {-,'x'}");
  decodes(test, "5", NULL, "d public.t(a,b*) key old {-,5}");
  end(test);
}

static void nothing_of_metadata(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, "{\"serverName\":\"srv\"}", "{\"ts_ms\":1}", "");
  decodes(test, "{\"id\":\"1:2\"}",
          "{\"status\":\"END\",\"id\":\"1:2\",\"event_count\":1,\"data_collections\":[],"
          "\"ts_ms\":1}",
          "");
  decodes_in(test, "t", "{\"id\":1}", "{\"ts_ms\":1}", "c t(ts_ms,id*) {1,1}");
  end(test);
}

static void messages(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, "{\"prefix\":\"p\"}",
          "{\"op\":\"m\"," SOURCE "\"message\":{\"prefix\":\"p\",\"content\":\"Zm9v\"}}", "");
  const struct headrace_change *change = test->event->change;
  assert_int_equal(change->operation, HEADRACE_MESSAGE);
  assert_string_equal(change->message_prefix.data, "p");
  assert_memory_equal(change->message_content.data, "foo", 3);
  assert_int_equal(change->flags, HEADRACE_MESSAGE_TRANSACTIONAL);
  assert_string_equal(change->database, "shop");
  end(test);
}

static void what_cannot_be_used(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  decodes(test, NULL, "", "malformed");
  decodes(test, NULL, "1", "malformed");
  decodes(test, NULL, "[]", "malformed");
  decodes(test, NULL, "{\"a\":1", "malformed");
  decodes(test, NULL, "{\"a\":01}", "malformed");
  decodes(test, NULL, "{\"after\":null," SOURCE "\"op\":\"c\"}", "malformed");
  decodes(test, NULL, "{\"before\":null," SOURCE "\"op\":\"d\"}", "malformed");
  end(test);

  const char *settings[] = {"format", "debezium", NULL};
  test = begin(settings);
  decodes(test, NULL, "{\"a\":1}", "malformed");
  char *log = plugin_host_log(test->host);
  assert_string_equal(log, ""); /* the host says it */
  free(log);
  assert_non_null(strstr(test->host->last_reason, "topic srv.public.t: no Debezium envelope"));
  test->host->verdict = HEADRACE_VERDICT_STOP;
  assert_int_equal(decode_bytes(test, NULL, "x", 1), HEADRACE_FATAL);
  end(test);
}

static void skipped_operations(void **state)
{
  (void)state;
  const char *settings[] = {"skipped_operations", "d, t", NULL};
  struct decoding *test = begin(settings);
  decodes(test, "{\"id\":1}", "{\"before\":{\"id\":1}," SOURCE "\"op\":\"d\"}", "");
  decodes(test, "{\"id\":1}", "{" SOURCE "\"op\":\"t\"}", "");
  assert_int_equal(metrics_get(&test->host->metrics, "stage.filtered_records"), 2);
  end(test);
}

/* The same members in another order, a few of many, a new one at each place. */
static void many_members(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  test->record.topic = (struct headrace_value){"t", 1, HEADRACE_TEXT};
  char value[64];
  for (unsigned i = 0; i < 1600; i++) {
    int size = snprintf(value, sizeof value, "{\"m%u\":%u,\"m0\":-1}", i * 7919 % 1600, i);
    assert_int_equal(decode_bytes(test, NULL, value, (size_t)size), HEADRACE_OK);
    const struct headrace_change *change = test->event->change;
    uint32_t given = 0;
    for (uint32_t j = 0; j < change->relation->column_count; j++)
      given += change->new_values[j].state != HEADRACE_ABSENT;
    assert_int_equal(given, i ? 2 : 1);
  }
  assert_int_equal(test->event->change->relation->column_count, 1600);
  decodes_in(test, "t", NULL, "{\"other\":1}", "unsupported");
  end(test);
}

/* More tables than are kept: they come back as new ones. */
static void many_tables(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  char topic[32];
  for (unsigned i = 0; i < 25000; i++) {
    int size = snprintf(topic, sizeof topic, "t%u", i % 12500);
    test->record.topic = (struct headrace_value){topic, (uint32_t)size, HEADRACE_TEXT};
    assert_int_equal(decode_bytes(test, "{\"id\":1}", "{\"a\":1}", 7), HEADRACE_OK);
  }
  assert_string_equal(test->text, "c t12499(a,id*) {1,1}");
  end(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(debezium_rows),
      cmocka_unit_test(wrapped_without_schema),
      cmocka_unit_test(tombstones),
      cmocka_unit_test(a_tombstone_in_another_partition_counts),
      cmocka_unit_test(a_topic_of_several_tables),
      cmocka_unit_test(names_by_topic),
      cmocka_unit_test(flattened_rows),
      cmocka_unit_test(plain_rows),
      cmocka_unit_test(envelope_records),
      cmocka_unit_test(op_records),
      cmocka_unit_test(cloud_events),
      cmocka_unit_test(texts_are_kept),
      cmocka_unit_test(placeholders),
      cmocka_unit_test(key_change_without_a_value),
      cmocka_unit_test(keys),
      cmocka_unit_test(nothing_of_metadata),
      cmocka_unit_test(messages),
      cmocka_unit_test(what_cannot_be_used),
      cmocka_unit_test(skipped_operations),
      cmocka_unit_test(many_members),
      cmocka_unit_test(many_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
