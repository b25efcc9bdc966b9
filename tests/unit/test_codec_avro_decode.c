/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro, reading: data of one schema as data of another, and data that is not sound. A row is
 * compared as a text: column=value for each; of a change the letter of its operation before it. */
#include "codec_json_host.h"
#include "registry_double.h"

#include <avro.h>

struct decoding {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
  char text[4096];
};

static struct decoding *begin_as(const char *reader, const char *strategy)
{
  const char *const settings[] = {"registry", "http://127.0.0.1:9", "reader", reader, "key_columns",
                                  "t = id",   "subject_strategy",   strategy, NULL};
  struct decoding *test = calloc(1, sizeof *test);
  test->plugin = headrace_plugin_entry()->plugin;
  test->host = plugin_host_new(test->plugin->keys, settings);
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  test->batch = plugin_host_batch();
  assert_int_equal(test->plugin->open(&test->host->instance.host, &test->self), HEADRACE_OK);
  return test;
}

static struct decoding *begin(const char *reader)
{
  return begin_as(reader, "topic");
}

static void end(struct decoding *test)
{
  batch_free(test->batch);
  test->plugin->close(test->self);
  plugin_host_free(test->host);
  free(test);
  registry_double_clear();
}

static void print(struct decoding *test)
{
  static const char letters[] = "?cudrtm";
  const struct headrace_change *change = test->batch->events.items[0].change;
  const struct headrace_relation *relation = change->relation;
  const struct headrace_value *values =
      change->new_values ? change->new_values : change->old_values;
  size_t size = (size_t)snprintf(test->text, sizeof test->text, "%c", letters[change->operation]);
  for (uint32_t i = 0; i < relation->column_count; i++) {
    const struct headrace_value *value = &values[i];
    size_t room = sizeof test->text - size;
    size += (size_t)snprintf(test->text + size, room, " %s=", relation->columns[i].name);
    room = sizeof test->text - size;
    if (value->state == HEADRACE_NULL || value->state == HEADRACE_ABSENT)
      size += (size_t)snprintf(test->text + size, room, "%s",
                               value->state == HEADRACE_NULL ? "null" : "-");
    else if (value->state == HEADRACE_BINARY)
      for (uint32_t j = 0; j < value->size; j++)
        size += (size_t)snprintf(test->text + size, sizeof test->text - size, "%02x",
                                 (unsigned char)value->data[j]);
    else
      size += (size_t)snprintf(test->text + size, room, "%.*s", (int)value->size, value->data);
  }
}

/* The bytes lie in memory of exactly their size. False: they were refused. */
static bool decode(struct decoding *test, const char *bytes, size_t size)
{
  char *copy = memcpy(malloc(size + !size), bytes, size);
  const struct headrace_record record = {
      .topic = {"t", 1, HEADRACE_TEXT},
      .key = {"1", 1, HEADRACE_TEXT},
      .value = {copy, (uint32_t)size, HEADRACE_BINARY},
      .partition = -1,
  };
  const struct headrace_event event = {.record = &record};
  size_t before = test->host->reject_count;
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  assert_int_equal(test->plugin->decode(test->self, &event, test->batch), HEADRACE_OK);
  batch_stage_end(test->batch);
  *test->text = '\0';
  if (test->batch->events.count)
    print(test);
  free(copy);
  return test->host->reject_count == before;
}

static size_t from_hex(const char *hex, char *out)
{
  static const char head[] = {0, 0, 0, 0, 1};
  size_t size = sizeof head;
  memcpy(out, head, size);
  for (; *hex; hex += *hex == ' ' ? 1 : 2) {
    unsigned byte;
    if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1)
      out[size++] = (char)byte;
  }
  return size;
}

struct row_case {
  const char *writer, *reader; /* the fields behind id; no reader: the writer's */
  const char *datum;           /* hexadecimal, behind that of id */
  const char *expected;        /* "c id=1" and what follows; NULL: refused */
};

static char *schema_of(const char *fields)
{
  char *text = NULL;
  if (asprintf(&text,
               "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}"
               "%s%s]}",
               *fields ? "," : "", fields) < 0)
    abort();
  return text;
}

#define FIELD(name, type)         "{\"name\":\"" name "\",\"type\":" type "}"
#define DEFAULT(name, type, json) "{\"name\":\"" name "\",\"type\":" type ",\"default\":" json "}"

#define INNER(more)                                                                                \
  "{\"type\":\"record\",\"name\":\"I\",\"fields\":[" FIELD("x", "\"int\"") more "]}"

static const struct row_case cases[] = {
    {FIELD("a", "\"string\""), NULL, "04 6869", " a=hi"},
    {FIELD("a", "\"string\""), NULL, "04 68", NULL},
    {FIELD("a", "\"string\""), NULL, "01 68", NULL},    /* a size below zero */
    {FIELD("a", "\"string\""), NULL, "02 ff", NULL},    /* no UTF-8 */
    {FIELD("a", "\"string\""), NULL, "02 68 00", NULL}, /* a byte too many */
    {FIELD("a", "\"boolean\""), NULL, "01", " a=t"},
    {FIELD("a", "\"boolean\""), NULL, "02", NULL},
    {FIELD("a", "\"int\""), NULL, "ffffffff0f", " a=-2147483648"},
    {FIELD("a", "\"int\""), NULL, "8080808010", NULL}, /* no int */
    {FIELD("a", "\"long\""), NULL, "ffffffffffffffffff01", " a=-9223372036854775808"},
    {FIELD("a", "\"long\""), NULL, "ffffffffffffffffff03", NULL}, /* more than 64 bits */
    {FIELD("a", "\"long\""), NULL, "ffffffffffffffffffff01", NULL},
    {FIELD("a", "[\"null\",\"int\"]"), NULL, "00", " a=null"},
    {FIELD("a", "[\"null\",\"int\"]"), NULL, "0202", " a=1"},
    {FIELD("a", "[\"null\",\"int\"]"), NULL, "0402", NULL}, /* no such branch */
    {FIELD("a", "[\"null\",\"int\"]"), NULL, "01", NULL},
    {FIELD("a", "{\"type\":\"array\",\"items\":\"int\"}"), NULL, "04 02 04 00", " a={1,2}"},
    {FIELD("a", "{\"type\":\"array\",\"items\":\"int\"}"), NULL, "03 04 02 04 02 06 00",
     " a={1,2,3}"}, /* two blocks, one with its size */
    {FIELD("a", "{\"type\":\"array\",\"items\":\"int\"}"), NULL, "feffffffff0f 02 00", NULL},
    {FIELD("a", "{\"type\":\"array\",\"items\":\"null\"}"), NULL, "feffffffff0f 00", NULL},
    {FIELD("a", "{\"type\":\"array\",\"items\":\"null\"}"), NULL, "c0ee6d 00",
     NULL}, /* 900,000 of them */
    {FIELD("a", "{\"type\":\"map\",\"values\":\"string\"}"), NULL, "02 02 6b 02 76 00",
     " a=\"k\"=>\"v\""},
    {FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\",\"y\"]}"), NULL, "02",
     " a=y"},
    {FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\",\"y\"]}"), NULL, "04", NULL},
    /* a row in itself, three deep */
    {FIELD("a", "[\"null\",\"R\"]"), NULL, "02 04 02 06 00",
     " a={\"id\":2,\"a\":{\"id\":3,\"a\":null}}"},
    /* flattened events */
    /* resolution */
    {FIELD("a", "\"int\""), FIELD("a", "\"long\""), "02", " a=1"},
    {FIELD("a", "\"int\""), FIELD("a", "\"double\""), "02", " a=1"},
    {FIELD("a", "\"float\""), FIELD("a", "\"double\""), "0000c03f", " a=1.5"},
    {FIELD("a", "\"bytes\""), FIELD("a", "\"bytes\""), "02 ff", " a=ff"},
    {FIELD("a", "\"long\""), FIELD("a", "\"int\""), "02", NULL},
    {FIELD("a", "\"int\""), FIELD("a", "[\"null\",\"long\"]"), "02", " a=1"},
    {FIELD("a", "[\"null\",\"int\"]"), FIELD("a", "\"int\""), "0202", " a=1"},
    {FIELD("a", "[\"null\",\"int\"]"), FIELD("a", "\"int\""), "00", NULL},
    /* a branch that the reader lacks, twice */
    {FIELD("a", "[" INNER("") ",\"string\"]") "," FIELD("b", "[\"I\",\"string\"]"),
     FIELD("a", "[" INNER("," FIELD("y", "\"int\"")) ",\"string\"]") "," FIELD(
         "b", "[\"I\",\"string\"]"),
     "02 02 78 00 02", NULL},
    {FIELD("a", "\"int\"") "," FIELD("b", "\"string\""), FIELD("b", "\"string\""), "02 02 78",
     " b=x"},
    {FIELD("a", "{\"type\":\"array\",\"items\":[\"null\",\"string\"]}") "," FIELD("b", "\"int\""),
     FIELD("b", "\"int\""), "04 00 02 02 78 00 02", " b=1"}, /* skipped */
    {"", DEFAULT("a", "\"string\"", "\"none\""), "", " a=none"},
    {"", DEFAULT("a", "[\"null\",\"string\"]", "null"), "", " a=null"},
    {"", DEFAULT("a", "\"bytes\"", "\"\\u00ff\\u0000\""), "", " a=ff00"},
    {"", DEFAULT("a", "{\"type\":\"array\",\"items\":\"int\"}", "[1,2]"), "", " a={1,2}"},
    {"", FIELD("a", "\"string\""), "", NULL}, /* no default */
    {FIELD("old", "\"string\""), "{\"name\":\"new\",\"type\":\"string\",\"aliases\":[\"old\"]}",
     "02 78", " new=x"},
    {FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\",\"y\"]}"),
     FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\"],\"default\":\"x\"}"), "02",
     " a=x"},
    {FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\",\"y\"]}"),
     FIELD("a", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"x\"]}"), "02", NULL},
};

static void check_case(const struct row_case *row)
{
  char bytes[256], expected[256], hex[256];
  char *writer = schema_of(row->writer), *reader = schema_of(row->reader ? row->reader : "");
  struct decoding *test = begin(row->reader ? "latest" : "writer");
  registry_double_add("t-value", writer);
  if (row->reader)
    registry_double_add("t-value", reader);
  snprintf(hex, sizeof hex, "02 %s", row->datum);
  size_t size = from_hex(hex, bytes);
  bool sound = decode(test, bytes, size);
  if (sound != !!row->expected)
    fail_msg("%s %s: %s", row->writer, row->datum, sound ? test->text : test->host->last_reason);
  if (sound) {
    snprintf(expected, sizeof expected, "c id=1%s", row->expected);
    assert_string_equal(test->text, expected);
  }
  for (size_t part = 0; sound && part < size; part++)
    assert_false(decode(test, bytes, part));
  end(test);
  free(writer);
  free(reader);
}

static void test_rows(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_case(&cases[i]);
}

/* The newest schema of one subject says nothing of another's. */
static void test_records_of_several_subjects(void **state)
{
  (void)state;
  struct decoding *test = begin_as("latest", "record");
  char bytes[64];
  size_t size = from_hex("02", bytes);
  registry_double_add(
      "R", "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" FIELD("id", "\"int\"") "]}");
  registry_double_add(
      "S", "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" FIELD("id", "\"int\"") "]}");
  for (int i = 0; i < 6; i++) {
    bytes[4] = (char)(1 + i % 2);
    assert_true(decode(test, bytes, size));
    assert_string_equal(test->text, "c id=1");
  }
  assert_int_equal(registry_double.asked_for_latest, 2);
  end(test);
}

/* Digits of a float, without zeros before and after them. */
static int digits_of(const char *text)
{
  int count = 0, zeros = 0;
  for (; *text && *text != 'e'; text++) {
    if (*text < '0' || *text > '9' || (*text == '0' && !count))
      continue;
    zeros = *text == '0' ? zeros + 1 : 0;
    count++;
  }
  return count - zeros;
}

static void check_float(struct decoding *test, double number)
{
  char bytes[32], shortest[64];
  size_t size = from_hex("02", bytes);
  memcpy(bytes + size, &number, sizeof number);
  if (!decode(test, bytes, size + sizeof number))
    fail_msg("%.17g: %s", number, test->host->last_reason);
  const char *text = strstr(test->text, " a=") + 3;
  double again = strtod(text, NULL);
  if (memcmp(&again, &number, sizeof number) != 0)
    fail_msg("%.17g is %s", number, text);
  for (int precision = 1; precision <= 17; precision++) {
    snprintf(shortest, sizeof shortest, "%.*g", precision, number);
    if (strtod(shortest, NULL) == number)
      break;
  }
  if (digits_of(text) != digits_of(shortest))
    fail_msg("%s is %s", shortest, text);
}

/* Every float is read as the shortest text that reads back the same. */
static void test_floats(void **state)
{
  (void)state;
  static const double numbers[] = {0.0,    -0.0,
                                   1,      -12.375,
                                   0.1,    0.1 + 0.2,
                                   1e-4,   0.00012345,
                                   9e-5,   1.0 / 3,
                                   1e15,   999999999999999.9,
                                   5e-324, 999999999999999.5,
                                   4.35,   123456789012345.6,
                                   1e22,   1.7976931348623157e308,
                                   1e14,   9007199254740993.0};
  struct decoding *test = begin("writer");
  char *writer = schema_of(FIELD("a", "\"double\""));
  registry_double_add("t-value", writer);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    check_float(test, numbers[i]);
  for (int i = 1; i < 20000; i += 7)
    for (double power = 1; power < 1e9; power *= 10)
      check_float(test, (i & 1 ? i : -i) / power);
  free(writer);
  end(test);
}

/* Debezium's ExtractNewRecordState: fields that tell what happened. */
static void test_flattened(void **state)
{
  (void)state;
  char bytes[64];
  char *schema = schema_of(
      FIELD("a", "\"int\"") "," FIELD("__op", "\"string\"") "," FIELD("__deleted", "\"string\""));
  struct decoding *test = begin("writer");
  registry_double_add("t-value", schema);
  assert_true(decode(test, bytes, from_hex("02 04 02 75 0a 66616c7365", bytes)));
  assert_string_equal(test->text, "u id=1 a=2");
  assert_true(decode(test, bytes, from_hex("02 04 02 64 08 74727565", bytes)));
  assert_string_equal(test->text, "d id=1 a=2");
  end(test);
  free(schema);
}

/* ---- schemas ---------------------------------------------------------------- */

static void test_schemas_that_are_none(void **state)
{
  static const char *const texts[] = {
      "",
      "{",
      "\"nothing\"",
      "[]",
      "\"string\"",
      "{\"type\":\"record\",\"name\":\"R\"}",
      "{\"type\":\"record\",\"fields\":[]}",
      "{\"type\":\"record\",\"name\":\"1\",\"fields\":[]}",
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[[\"int\"]]}]}",
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":"
      "\"fixed\",\"name\":\"F\",\"size\":-1}}]}",
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":"
      "\"record\",\"name\":\"R\",\"fields\":[]}}]}",
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"R\"}]}",
  };
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct decoding *test = begin("writer");
    registry_double_add("t-value", texts[i]);
    if (decode(test, "\0\0\0\0\1", 5))
      fail_msg("%s", texts[i]);
    end(test);
  }
}

static void test_answers(void **state)
{
  (void)state;
  struct decoding *test = begin("writer");
  const struct headrace_record record = {.topic = {"t", 1, HEADRACE_TEXT},
                                         .value = {"\0\0\0\0\1\2", 6, HEADRACE_BINARY}};
  const struct headrace_event event = {.record = &record};
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  registry_double.answer = REGISTRY_AWAY;
  assert_int_equal(test->plugin->decode(test->self, &event, test->batch), HEADRACE_RETRY);
  registry_double.answer = REGISTRY_DENIED;
  assert_int_equal(test->plugin->decode(test->self, &event, test->batch), HEADRACE_FATAL);
  batch_stage_end(test->batch);
  registry_double.answer = REGISTRY_OK;
  assert_false(decode(test, "\0\0\0\0\1\2", 6));
  assert_string_equal(test->host->last_error_class, "unknown-schema");
  assert_false(decode(test, "{}", 2));
  assert_string_equal(test->host->last_error_class, "malformed");
  end(test);
}

/* ---- avro-c ------------------------------------------------------------------ */

/* What avro-c writes, of blocks and sizes as it makes them. */
static void test_written_by_avro_c(void **state)
{
  static const char text[] =
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},"
      "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"double\"}},"
      "{\"name\":\"b\",\"type\":\"bytes\"},{\"name\":\"s\",\"type\":[\"null\",\"string\"]}]}";
  (void)state;
  avro_schema_t schema;
  assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema), 0);
  avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
  struct decoding *test = begin("writer");
  registry_double_add("t-value", text);
  for (int n = 0; n < 300; n++) {
    char bytes[8192] = {0, 0, 0, 0, 1}, expected[4096];
    avro_value_t row = {0}, field = {0}, item = {0}, branch = {0};
    size_t size = 0;
    avro_generic_value_new(iface, &row);
    avro_value_get_by_index(&row, 0, &field, NULL);
    avro_value_set_long(&field, ((int64_t)n << 40) * (n % 2 ? 1 : -1));
    int at = snprintf(expected, sizeof expected, "c id=%lld a={",
                      (long long)(((int64_t)n << 40) * (n % 2 ? 1 : -1)));
    avro_value_get_by_index(&row, 1, &field, NULL);
    for (int i = 0; i < n; i++) {
      avro_value_append(&field, &item, NULL);
      avro_value_set_double(&item, (double)i / 4);
      at += snprintf(expected + at, sizeof expected - (size_t)at, "%s%.15g", i ? "," : "",
                     (double)i / 4);
    }
    avro_value_get_by_index(&row, 2, &field, NULL);
    avro_value_set_bytes(&field, bytes, (size_t)n % 5);
    at += snprintf(expected + at, sizeof expected - (size_t)at, "} b=%.*s s=", 2 * (int)(n % 5),
                   "00000000");
    avro_value_get_by_index(&row, 3, &field, NULL);
    avro_value_set_branch(&field, n % 2, &branch);
    if (n % 2)
      avro_value_set_string(&branch, "text");
    else
      avro_value_set_null(&branch);
    snprintf(expected + at, sizeof expected - (size_t)at, "%s", n % 2 ? "text" : "null");
    avro_writer_t writer = avro_writer_memory(bytes + 5, (int64_t)sizeof bytes - 5);
    assert_int_equal(avro_value_write(writer, &row), 0);
    size = 5 + (size_t)avro_writer_tell(writer);
    assert_true(decode(test, bytes, size));
    assert_string_equal(test->text, expected);
    avro_writer_free(writer);
    avro_value_decref(&row);
  }
  end(test);
  avro_value_iface_decref(iface);
  avro_schema_decref(schema);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_floats),
      cmocka_unit_test(test_flattened),
      cmocka_unit_test(test_records_of_several_subjects),
      cmocka_unit_test(test_schemas_that_are_none),
      cmocka_unit_test(test_answers),
      cmocka_unit_test(test_written_by_avro_c),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
