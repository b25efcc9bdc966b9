/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro: how each type is written, in each mode: avro-c reads it with the schema that was
 * registered, as JSON; and the codec itself reads back the value that there was. */
#include "codec_json_host.h"
#include "registry_double.h"

#include <avro.h>

struct type_case {
  uint16_t type;
  uint16_t element;
  int32_t precision, scale;
  const char *value;
  const char *expected; /* avro-c's JSON; NULL: the codec refuses it */
  const char *back;     /* what is read; NULL: the value */
};

#define T(name)  HEADRACE_TYPE_##name
#define REGISTRY "registry", "http://127.0.0.1:9"

static const char *const as_default[] = {REGISTRY, NULL};
static const char *const as_double[] = {REGISTRY,  "decimal",  "double", "time",
                                        "connect", "interval", "string", "hstore",
                                        "map",     "binary",   "base64", NULL};
static const char *const as_string[] = {REGISTRY,    "decimal", "string", "time",
                                        "isostring", "binary",  "hex",    NULL};
static const char *const as_nanoseconds[] = {REGISTRY, "time", "nanoseconds", NULL};
static const char *const as_plain[] = {REGISTRY, "format", "plain", NULL};

#define LONG_TEXT "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct type_case cases_default[] = {
    {T(BOOL), 0, -1, -1, "t", "true", NULL},
    {T(BOOL), 0, -1, -1, "f", "false", NULL},
    {T(INT16), 0, -1, -1, "-32768", "-32768", NULL},
    {T(INT32), 0, -1, -1, "2147483647", "2147483647", NULL},
    {T(INT32), 0, -1, -1, "-2147483648", "-2147483648", NULL},
    {T(INT64), 0, -1, -1, "9223372036854775807", "9223372036854775807", NULL},
    {T(INT64), 0, -1, -1, "-9223372036854775808", "-9223372036854775808", NULL},
    {T(INT64), 0, -1, -1, "1x", NULL, NULL},
    {T(OID), 0, -1, -1, "4294967295", "4294967295", NULL},
    {T(FLOAT32), 0, -1, -1, "1.5", "1.5", NULL},
    {T(FLOAT32), 0, -1, -1, "1e-10", "1.000000013351432e-10", NULL},
    {T(FLOAT32), 0, -1, -1, "NaN", "null", NULL}, /* avro-c's JSON has no NaN */
    {T(FLOAT64), 0, -1, -1, "0.1", "0.10000000000000001", NULL},
    {T(FLOAT64), 0, -1, -1, "-0", "-0.0", NULL},
    {T(FLOAT64), 0, -1, -1, "1.7976931348623157e+308", "1.7976931348623157e308", NULL},
    {T(FLOAT64), 0, -1, -1, "-Infinity", "null", NULL},
    {T(FLOAT64), 0, -1, -1, "x", NULL, NULL},
    {T(NUMERIC), 0, 5, 2, "123.45", "3039", NULL},
    {T(NUMERIC), 0, 5, 2, "0.00", "00", NULL},
    {T(NUMERIC), 0, 5, 2, "-1.50", "ff6a", NULL},
    {T(NUMERIC), 0, 5, 2, "NaN", NULL, NULL}, /* not null */
    {T(NUMERIC), 0, -1, -1, "123.450", "{\"scale\": 2, \"value\": \"09\"}", "123.45"},
    {T(MONEY), 0, -1, -1, "-1.28", "80", NULL},
    {T(TEXT), 0, -1, -1, "", "\"\"", NULL},
    {T(TEXT), 0, -1, -1, "q\"\\/ \xc3\xa9\xf0\x9f\x98\x80", "\"q\\\"\\\\/ \\u00E9\\uD83D\\uDE00\"",
     NULL},
    {T(TEXT), 0, -1, -1, LONG_TEXT, "\"" LONG_TEXT "\"", NULL},
    {T(BYTES), 0, -1, -1, "\\x00ff10", "00ff10", NULL},
    {T(BYTES), 0, -1, -1, "\\x", "", NULL},
    {T(BYTES), 0, -1, -1, "\\x0", NULL, NULL},
    {T(BIT), 0, 1, -1, "1", "true", "t"},
    {T(BIT), 0, 8, -1, "10000001", "81", NULL},
    {T(DATE), 0, -1, -1, "2024-01-02", "19724", NULL},
    {T(DATE), 0, -1, -1, "infinity", "2147483647", NULL},
    {T(DATE), 0, -1, -1, "01/02/2024", NULL, NULL},
    {T(TIME), 0, -1, -1, "04:05:06.789012", "14706789012", NULL},
    {T(TIME), 0, -1, 3, "04:05:06.789", "14706789", NULL},
    {T(TIMETZ), 0, -1, -1, "04:05:06+02", "\"02:05:06Z\"", "02:05:06+00"},
    {T(TIMESTAMP), 0, -1, 3, "2024-01-02 03:04:05.678", "1704164645678", NULL},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678901", "1704164645678901", NULL},
    {T(TIMESTAMP), 0, -1, -1, "0044-03-15 00:00:00 BC", "-63517824000000000", NULL},
    {T(TIMESTAMPTZ), 0, -1, -1, "2024-01-02 03:04:05.5+00", "\"2024-01-02T03:04:05.500000Z\"",
     NULL},
    {T(TIMESTAMPTZ), 0, -1, -1, "infinity", "\"infinity\"", NULL},
    {T(INTERVAL), 0, -1, -1, "01:00:00", "3600000000", NULL},
    {T(UUID), 0, -1, -1, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", NULL},
    {T(JSON), 0, -1, -1, "{\"a\": [1.0]}", "\"{\\\"a\\\": [1.0]}\"", NULL},
    {T(XML), 0, -1, -1, "<a/>", "\"<a/>\"", NULL},
    {T(LTREE), 0, -1, -1, "a.b", "\"a.b\"", NULL},
    {T(INET), 0, -1, -1, "10.0.0.1", "\"10.0.0.1\"", NULL},
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL", "\"{\\\"a\\\":\\\"1\\\",\\\"b\\\":null}\"",
     "{\"a\":\"1\",\"b\":null}"},
    {T(POINT), 0, -1, -1, "(1,2.5)", /* avro-c's JSON of bytes ends at a zero */
     "{\"x\": 1.0, \"y\": 2.5, \"wkb\": {\"bytes\": \"\\u0001\\u0001\"}, \"srid\": null}", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{1,NULL,-3}", "[{\"int\": 1}, null, {\"int\": -3}]", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{}", "[]", NULL},
    {T(ARRAY), T(TEXT), -1, -1, "{\"a \\\"b\\\"\",c}",
     "[{\"string\": \"a \\\"b\\\"\"}, {\"string\": \"c\"}]", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{{1},{2}}", NULL, NULL},
    {T(ARRAY), T(NUMERIC), 5, 2, "{1.50}", "[{\"bytes\": \"\"}]", NULL},
};

static const struct type_case cases_double[] = {
    {T(NUMERIC), 0, 5, 2, "123.45", "123.45", "123.45"},
    {T(NUMERIC), 0, 5, 2, "NaN", "null", "NaN"},
    {T(TIME), 0, -1, -1, "04:05:06.789", "14706789", NULL},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678", "1704164645678", NULL},
    {T(DATE), 0, -1, -1, "2024-01-02", "19724", NULL},
    {T(INTERVAL), 0, -1, -1, "1 year 2 mons 3 days 04:05:06.789", "\"P1Y2M3DT4H5M6.789S\"", NULL},
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL", "{\"a\": {\"string\": \"1\"}, \"b\": null}",
     NULL},
    {T(HSTORE), 0, -1, -1, "", "{}", NULL},
    {T(BYTES), 0, -1, -1, "\\x00ff10", "\"AP8Q\"", "AP8Q"},
};

static const struct type_case cases_string[] = {
    {T(NUMERIC), 0, 5, 2, "123.45", "\"123.45\"", NULL},
    {T(NUMERIC), 0, 5, 2, "NaN", "\"NAN\"", "NAN"},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678", "\"2024-01-02T03:04:05.678Z\"", NULL},
    {T(DATE), 0, -1, -1, "2024-01-02", "\"2024-01-02Z\"", NULL},
    {T(BYTES), 0, -1, -1, "\\x00ff10", "\"00ff10\"", "00ff10"},
};

static const struct type_case cases_nanoseconds[] = {
    {T(TIMESTAMP), 0, -1, 3, "2024-01-02 03:04:05.678901", "1704164645678901000", NULL},
    {T(TIME), 0, -1, 3, "04:05:06.789", "14706789000000", NULL},
};

/* ---- avro-c -------------------------------------------------------------- */

/* The datum as avro-c reads it; all bytes have to be of it. */
static avro_value_t read_datum(const struct headrace_value *data)
{
  assert_true(data->size >= 5 && data->data[0] == 0);
  int32_t id = (unsigned char)data->data[4];
  avro_schema_t schema;
  const char *text = registry_double.texts[id];
  assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema), 0);
  avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
  avro_value_t value;
  avro_generic_value_new(iface, &value);
  avro_reader_t reader = avro_reader_memory(data->data + 5, data->size - 5);
  assert_int_equal(avro_value_read(reader, &value), 0);
  char more;
  assert_int_not_equal(avro_read(reader, &more, 1), 0);
  avro_reader_free(reader);
  avro_value_iface_decref(iface);
  avro_schema_decref(schema);
  return value;
}

static avro_value_t member(const avro_value_t *record, const char *name)
{
  avro_value_t field = {0}, branch = {0};
  assert_int_equal(avro_value_get_by_name(record, name, &field, NULL), 0);
  if (avro_value_get_type(&field) != AVRO_UNION)
    return field;
  assert_int_equal(avro_value_get_current_branch(&field, &branch), 0);
  return branch;
}

static void assert_json(const avro_value_t *value, const char *expected)
{
  char *json = NULL;
  enum avro_type_t type = avro_value_get_type(value);
  if (type == AVRO_BYTES) { /* in its JSON they end at a zero */
    const unsigned char *bytes = NULL;
    size_t size = 0;
    char text[64] = "";
    assert_int_equal(avro_value_get_bytes(value, (const void **)&bytes, &size), 0);
    for (size_t i = 0; i < size; i++)
      sprintf(text + 2 * i, "%02x", bytes[i]);
    assert_string_equal(text, expected);
    return;
  }
  float small;
  double number;
  /* jansson cannot say it */
  if ((type == AVRO_FLOAT && !avro_value_get_float(value, &small) && small - small != 0) ||
      (type == AVRO_DOUBLE && !avro_value_get_double(value, &number) && number - number != 0))
    json = strdup("null");
  else
    assert_int_equal(avro_value_to_json(value, 1, &json), 0);
  assert_string_equal(json, expected);
  free(json);
}

/* ---- types --------------------------------------------------------------- */

static void assert_back(struct codec_test *test, const struct headrace_record *record,
                        const struct type_case *row)
{
  struct headrace_record read = *record;
  struct headrace_event event = {.record = &read};
  struct headrace_batch *batch = plugin_host_batch();
  read.topic = codec_test_value("p.public.t");
  batch_stage_begin(batch);
  batch_stage_input(batch, &event);
  assert_int_equal(test->plugin->decode(test->self, &event, batch), HEADRACE_OK);
  batch_stage_end(batch);
  assert_int_equal(batch->events.count, 1);
  const struct headrace_change *change = batch->events.items[0].change;
  assert_string_equal(change->relation->table, "t");
  assert_string_equal(change->relation->columns[1].name, "c");
  const struct headrace_value *value = &change->new_values[1];
  char text[512];
  int size = 0;
  if (value->state == HEADRACE_BINARY) {
    size = snprintf(text, sizeof text, "\\x");
    for (uint32_t i = 0; i < value->size; i++)
      size +=
          snprintf(text + size, sizeof text - (size_t)size, "%02x", (unsigned char)value->data[i]);
  } else {
    snprintf(text, sizeof text, "%.*s", (int)value->size, value->data);
  }
  assert_string_equal(text, row->back ? row->back : row->value);
  batch_free(batch);
}

static void check_case(const char *const *settings, const struct type_case *row)
{
  static const char *const labels[] = {"sad", "ok", NULL};
  static const uint16_t key[] = {0};
  struct headrace_column columns[] = {
      {.name = "id", .type = T(INT32), .precision = -1, .scale = -1},
      {.name = "c",
       .type = row->type,
       .element_type = row->element,
       .precision = row->precision,
       .scale = row->scale,
       .labels = labels}};
  struct codec_test *test = codec_test_new(settings);
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  test->relation.columns = columns;
  test->relation.column_count = 2;
  test->relation.key = key;
  test->relation.key_count = 1;
  const char *const values[] = {"7", row->value};
  enum headrace_result result = codec_test_row(test, HEADRACE_INSERT, NULL, values);
  if (!row->expected) {
    assert_true(result == HEADRACE_FATAL || test->host->reject_count == 1);
    codec_test_free(test);
    registry_double_clear();
    return;
  }
  assert_int_equal(result, HEADRACE_OK);
  const struct headrace_record *record = codec_test_record(test, 0);
  avro_value_t datum = read_datum(&record->value), record_key = read_datum(&record->key);
  avro_value_t row_value = member(&datum, "after"), value = member(&row_value, "c"),
               id = member(&record_key, "id");
  assert_json(&value, row->expected);
  assert_json(&id, "7");
  assert_back(test, record, row);
  avro_value_decref(&datum);
  avro_value_decref(&record_key);
  codec_test_free(test);
  registry_double_clear();
}

#define CHECK(settings, cases)                                                                     \
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)                                        \
  check_case(settings, &cases[i])

static void test_types(void **state)
{
  (void)state;
  CHECK(as_default, cases_default);
}

static void test_modes(void **state)
{
  (void)state;
  CHECK(as_double, cases_double);
  CHECK(as_string, cases_string);
  CHECK(as_nanoseconds, cases_nanoseconds);
}

/* ---- what format = flat adds ------------------------------------------------- */

/* Of a row before the change, which need not be one that can be said. */
static void check_added(const char *const *settings, const struct type_case *row, const char *after)
{
  struct codec_test *test = codec_test_new(settings);
  const struct headrace_column column = {.name = "c",
                                         .type = row->type,
                                         .element_type = row->element,
                                         .precision = row->precision,
                                         .scale = row->scale,
                                         .flags = HEADRACE_COLUMN_NULLABLE};
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  test->relation.columns = &column;
  test->relation.column_count = 1;
  enum headrace_result result =
      codec_test_row(test, HEADRACE_UPDATE, &row->value, after ? &after : &row->value);
  if (row->expected || after)
    assert_int_equal(result, HEADRACE_OK);
  if (row->expected) {
    avro_value_t datum = read_datum(&codec_test_record(test, 0)->value);
    avro_value_t value = member(&datum, "c"), added = member(&datum, "__before_c");
    assert_true(!strcmp(row->value, "NaN") || avro_value_equal(&value, &added));
    avro_value_decref(&datum);
  } else if (after) {
    assert_int_equal(test->host->reject_count, 1);
    assert_int_equal(test->batch->events.count, 0);
    assert_non_null(strstr(test->host->last_reason, "table public.t, field \"__before_c\""));
  }
  codec_test_free(test);
  registry_double_clear();
}

static void test_added(void **state)
{
  static const char *const flat[] = {REGISTRY, "format", "flat", "add_fields", "before.c", NULL};
  static const struct type_case nested = {T(ARRAY), T(INT32), -1, -1, "{{1},{2}}", NULL, NULL};
  (void)state;
  for (size_t i = 0; i < sizeof cases_default / sizeof *cases_default; i++)
    check_added(flat, &cases_default[i], NULL);
  check_added(flat, &nested, "{1}");
}

/* ---- records --------------------------------------------------------------- */

static const uint16_t first_column[] = {0};
static const struct headrace_column users[] = {
    {.name = "id", .type = T(INT32), .precision = -1, .scale = -1},
    {.name = "name",
     .type = T(TEXT),
     .precision = -1,
     .scale = -1,
     .flags = HEADRACE_COLUMN_NULLABLE,
     .default_text = "nobody"},
    {.name = "odd-name$",
     .type = T(INT64),
     .precision = -1,
     .scale = -1,
     .flags = HEADRACE_COLUMN_NULLABLE}};

static struct codec_test *users_new(const char *const *settings)
{
  struct codec_test *test = codec_test_new(settings);
  test->relation.table = "users";
  test->relation.columns = users;
  test->relation.column_count = 3;
  test->relation.key = first_column;
  test->relation.key_count = 1;
  return test;
}

static void users_free(struct codec_test *test)
{
  codec_test_free(test);
  registry_double_clear();
}

static void assert_datum(const struct codec_test *test, size_t index, const char *expected)
{
  avro_value_t datum = read_datum(&codec_test_record(test, index)->value);
  assert_json(&datum, expected);
  avro_value_decref(&datum);
}

#define SOURCE                                                                                     \
  "\"source\": {\"version\": \"" HEADRACE_VERSION                                                  \
  "\", \"connector\": \"postgresql\", \"name\": \"test\", \"ts_ms\": 1600000000654, "              \
  "\"snapshot\": {\"string\": \"false\"}, \"db\": \"db\", \"sequence\": {\"string\": "             \
  "\"[\\\"1900\\\",\\\"2000\\\"]\"}, \"ts_us\": {\"long\": 1600000000654321}, "                    \
  "\"ts_ns\": {\"long\": 1600000000654321000}, \"schema\": \"public\", \"table\": \"users\", "     \
  "\"txId\": {\"long\": 781}, \"lsn\": {\"long\": 2000}, \"xmin\": null}"
#define CLOCK                                                                                      \
  "\"ts_ms\": {\"long\": 1700000000123}, \"ts_us\": {\"long\": 1700000000123456}, "                \
  "\"ts_ns\": {\"long\": 1700000000123456000}}"

static void test_update(void **state)
{
  (void)state;
  struct codec_test *test = users_new(as_default);
  const char *const old_row[] = {"1", NONE, "5"}, *const new_row[] = {"1", "Ada", NONE};
  assert_int_equal(codec_test_row(test, HEADRACE_UPDATE, old_row, new_row), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 1);
  assert_datum(test, 0,
               "{\"before\": {\"Value\": {\"id\": 1, \"name\": null, \"odd_name_\": {\"long\": 5}}}"
               ", \"after\": {\"Value\": {\"id\": 1, \"name\": {\"string\": \"Ada\"}, "
               "\"odd_name_\": null}}, " SOURCE ", \"transaction\": null, \"op\": \"u\", " CLOCK);
  users_free(test);
}

/* A large value that did not change. */
static void test_absent(void **state)
{
  (void)state;
  struct codec_test *test = users_new(as_plain);
  const char *const row[] = {"1", ABSENT, ABSENT};
  assert_int_equal(codec_test_row(test, HEADRACE_UPDATE, NULL, row), HEADRACE_OK);
  assert_datum(test, 0,
               "{\"id\": 1, \"name\": {\"string\": \"__debezium_unavailable_value\"}, "
               "\"odd_name_\": null}");
  users_free(test);
}

static void test_plain(void **state)
{
  (void)state;
  struct codec_test *test = users_new(as_plain);
  const char *const row[] = {"1", "Ada", "2"}, *const moved[] = {"9", "Ada", "2"};
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_OK);
  assert_datum(test, 0,
               "{\"id\": 1, \"name\": {\"string\": \"Ada\"}, \"odd_name_\": {\"long\": 2}}");
  assert_int_equal(codec_test_row(test, HEADRACE_UPDATE, row, moved), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 2);
  assert_int_equal(codec_test_record(test, 0)->value.state, HEADRACE_NULL);
  avro_value_t gone = read_datum(&codec_test_record(test, 0)->key);
  assert_json(&gone, "{\"id\": 1}");
  avro_value_decref(&gone);
  assert_int_equal(codec_test_row(test, HEADRACE_DELETE, moved, NULL), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 1);
  assert_int_equal(codec_test_record(test, 0)->value.state, HEADRACE_NULL);
  users_free(test);
}

static void test_subjects(void **state)
{
  static const struct {
    const char *strategy, *key, *value;
  } strategies[] = {{"topic", "test.public.users-key", "test.public.users-value"},
                    {"record", "test.public.users.Key", "test.public.users.Envelope"},
                    {"topic-record", "test.public.users-test.public.users.Key",
                     "test.public.users-test.public.users.Envelope"}};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    const char *const settings[] = {REGISTRY, "subject_strategy", strategies[i].strategy, NULL};
    struct codec_test *test = users_new(settings);
    const char *const row[] = {"1", NONE, NONE};
    assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_OK);
    assert_string_equal(registry_double.subjects[1], strategies[i].key);
    assert_string_equal(registry_double.subjects[2], strategies[i].value);
    users_free(test);
  }
}

/* What the registry answers decides; nothing goes out without its schema. */
static void test_answers(void **state)
{
  (void)state;
  struct codec_test *test = users_new(as_default);
  const char *const row[] = {"1", NONE, NONE};
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  registry_double.answer = REGISTRY_AWAY;
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_RETRY);
  registry_double.answer = REGISTRY_DENIED;
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_FATAL);
  registry_double.answer = REGISTRY_REFUSED;
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 0);
  assert_string_equal(test->host->last_reason, "table public.users: the double has none");
  test->host->verdict = HEADRACE_VERDICT_STOP;
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_FATAL);
  registry_double.answer = REGISTRY_OK;
  assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, row), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 1);
  users_free(test);
}

static void test_message(void **state)
{
  (void)state;
  struct codec_test *test = users_new(as_default);
  struct headrace_change change = {.operation = HEADRACE_MESSAGE,
                                   .flags = HEADRACE_MESSAGE_TRANSACTIONAL,
                                   .message_prefix = codec_test_value("pre"),
                                   .message_content = codec_test_value("\x01hello"),
                                   .database = "db"};
  assert_int_equal(codec_test_encode(test, &change), HEADRACE_OK);
  avro_value_t key = read_datum(&codec_test_record(test, 0)->key);
  avro_value_t datum = read_datum(&codec_test_record(test, 0)->value);
  avro_value_t message = member(&datum, "message");
  assert_json(&key, "{\"prefix\": {\"string\": \"pre\"}}");
  assert_json(&message,
              "{\"prefix\": {\"string\": \"pre\"}, \"content\": {\"bytes\": \"\\u0001hello\"}}");
  assert_string_equal(registry_double.subjects[1], "test.message-key");
  avro_value_decref(&key);
  avro_value_decref(&datum);
  users_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types),    cmocka_unit_test(test_modes),
      cmocka_unit_test(test_added),    cmocka_unit_test(test_update),
      cmocka_unit_test(test_absent),   cmocka_unit_test(test_plain),
      cmocka_unit_test(test_subjects), cmocka_unit_test(test_answers),
      cmocka_unit_test(test_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
