/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json, decoding with schema: what the encoder writes comes back the same, and what Debezium
 * and other connectors write beside that. */
#include "codec_json_host.h"

#include <stdbool.h>

struct decoding {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
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

static struct headrace_value text_value(const char *text)
{
  if (!text)
    return (struct headrace_value){.state = HEADRACE_NULL};
  return (struct headrace_value){text, (uint32_t)strlen(text), HEADRACE_BINARY};
}

/* NULL: it was refused, or made nothing. */
static const struct headrace_change *decode_record(struct decoding *test,
                                                   const struct headrace_record *record)
{
  const struct headrace_event event = {.record = record};
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  assert_int_equal(test->plugin->decode(test->self, &event, test->batch), HEADRACE_OK);
  batch_stage_end(test->batch);
  return test->batch->events.count ? test->batch->events.items[0].change : NULL;
}

static const struct headrace_change *decode(struct decoding *test, const char *key,
                                            const char *value)
{
  static struct headrace_record record;
  record = (struct headrace_record){.topic = {"srv.public.t", 12, HEADRACE_TEXT},
                                    .key = text_value(key),
                                    .value = text_value(value)};
  return decode_record(test, &record);
}

static const struct headrace_change *must_decode(struct decoding *test, const char *key,
                                                 const char *value)
{
  const struct headrace_change *change = decode(test, key, value);
  if (!change)
    fail_msg("refused: %s", test->host->last_reason);
  return change;
}

/* States as signs before a text: = text, # bytes (in hexadecimal), ~ JSON; null and - have none. */
static char *print_value(const struct headrace_value *value)
{
  static const char *const states[] = {"null", "-", "=", "#", "~"};
  char *out = calloc(1, 2 * (size_t)value->size + 8), *at = out;
  at += sprintf(at, "%s", states[value->state]);
  for (uint32_t i = 0; i < value->size && value->state >= HEADRACE_TEXT; i++)
    at += value->state == HEADRACE_BINARY
              ? sprintf(at, "%02x", (unsigned)(unsigned char)value->data[i])
              : sprintf(at, "%c", value->data[i]);
  return out;
}

static void assert_printed(const struct headrace_value *value, const char *expected)
{
  char *text = print_value(value);
  assert_string_equal(text, expected);
  free(text);
}

/* ---- what the encoder writes -------------------------------------------- */

struct round_trip {
  uint16_t type, element;
  int32_t precision, scale;
  const char *value;
  const char *back;   /* NULL: the same */
  uint16_t back_type; /* 0: the same */
};

#define T(name) HEADRACE_TYPE_##name

/* Those that every mode sends alike. */
static const struct round_trip always[] = {
    {T(BOOL), 0, -1, -1, "t", NULL, 0},
    {T(BOOL), 0, -1, -1, "f", NULL, 0},
    {T(INT16), 0, -1, -1, "-32768", NULL, 0},
    {T(INT32), 0, -1, -1, "2147483647", NULL, 0},
    {T(INT64), 0, -1, -1, "-9223372036854775808", NULL, 0},
    {T(OID), 0, -1, -1, "4294967295", NULL, T(INT64)},
    {T(FLOAT32), 0, -1, -1, "1e+07", NULL, 0},
    {T(FLOAT32), 0, -1, -1, "123456.7", NULL, 0},
    {T(FLOAT32), 0, -1, -1, "1.2345678e+06", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "12345678", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "-0", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "0.0001", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "1e-10", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "1.7976931348623157e+308", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "NaN", NULL, 0},
    {T(FLOAT64), 0, -1, -1, "-Infinity", NULL, 0},
    {T(JSON), 0, -1, -1, "{\"a\": [1.10, \"x\\ty\"]}", NULL, 0},
    {T(XML), 0, -1, -1, "<a>b</a>", NULL, 0},
    {T(UUID), 0, -1, -1, "11111111-2222-3333-4444-555555555555", NULL, 0},
    {T(LTREE), 0, -1, -1, "a.b.c", NULL, 0},
    {T(ENUM), 0, -1, -1, "so so", NULL, 0},
    {T(BIT), 0, 1, -1, "1", "t", T(BOOL)},
    {T(BIT), 0, 8, -1, "00000001", NULL, 0},
    {T(BIT), 0, 8, -1, "00000000", NULL, 0},
    {T(BIT), 0, 20, -1, "10000000000000000001", NULL, 0},
    {T(BIT), 0, -1, -1, "10101", NULL, 0},
    {T(BIT), 0, -1, -1, "00101", "101", 0}, /* lost at the source */
    {T(TIMETZ), 0, -1, -1, "04:05:06.789012-08", "12:05:06.789012+00", 0},
    {T(TIMETZ), 0, -1, -1, "24:00:00+00", NULL, 0},
    {T(TIMESTAMPTZ), 0, -1, -1, "2024-01-02 01:04:05.67+00", NULL, 0},
    {T(TIMESTAMPTZ), 0, -1, 0, "2024-01-02 01:04:05+00", NULL, 0},
    {T(TIMESTAMPTZ), 0, -1, -1, "0044-03-15 01:02:03+00 BC", NULL, 0},
    {T(TIMESTAMPTZ), 0, -1, -1, "294276-12-31 23:59:59.999999+00", NULL, 0},
    {T(TIMESTAMPTZ), 0, -1, -1, "-infinity", NULL, 0},
    {T(POINT), 0, -1, -1, "(1,2.5)", NULL, 0},
    {T(POINT), 0, -1, -1, "(-1e-10,1e+300)", NULL, 0},
    {T(ARRAY), T(INT32), -1, -1, "{1,NULL,3}", NULL, 0},
    {T(ARRAY), T(INT32), -1, -1, "{}", NULL, 0},
    {T(ARRAY), T(INT32), -1, -1, "{{1,2},{3,NULL}}", NULL, 0},
    {T(ARRAY), T(INT32), -1, -1, "{{{1},{2}},{{3},{4}}}", NULL, 0},
    {T(ARRAY), T(FLOAT64), -1, -1, "{1.5,NaN,1e+20}", NULL, 0},
    {T(ARRAY), T(BOOL), -1, -1, "{t,f,NULL}", NULL, 0},
    {T(ARRAY), T(UUID), -1, -1, "{11111111-2222-3333-4444-555555555555}", NULL, 0},
    {T(ARRAY), T(BIT), 4, -1, "{1010,0001}", NULL, 0},
    {T(ARRAY), T(JSON), -1, -1, "{\"{\\\"a\\\": 1}\",null}", "{\"{\\\"a\\\": 1}\",\"null\"}", 0},
    {T(ARRAY), T(TIMESTAMPTZ), -1, -1, "{\"2024-01-02 01:04:05.67+00\",infinity}", NULL, 0},
    {T(ARRAY), T(ENUM), -1, -1, "{sad,\"so so\"}", NULL, 0},
    {T(ARRAY), T(POINT), -1, -1, "{\"(1,2)\"}", NULL, 0},
};

/* Strings to Kafka Connect, as bytes are in the other modes than binary = bytes. */
static const struct round_trip texts[] = {
    {T(TEXT), 0, -1, -1, "q\"\\\b\f\n\r\t\x01\x1f\x7f/ \xc3\xa9\xf0\x9f\x98\x80", NULL, 0},
    {T(TEXT), 0, -1, -1, "", NULL, 0},
    {T(INET), 0, -1, -1, "10.0.0.0/8", NULL, T(TEXT)},
    {T(RANGE), 0, -1, -1, "[\"2024-01-01 00:00:00\",)", NULL, T(TEXT)},
    {T(COMPOSITE), 0, -1, -1, "(1,\"a b\",)", NULL, T(TEXT)},
    {T(ARRAY), T(TEXT), -1, -1, "{a,NULL,\"NULL\",\"b c\",\"d\\\"e\\\\\",\"\",\"{\",\"x,y\"}", NULL,
     0},
};

static const struct round_trip bytes[] = {
    {T(BYTES), 0, -1, -1, "\\x00ff10", "#00ff10", 0},
    {T(BYTES), 0, -1, -1, "\\x", "#", 0},
    {T(ARRAY), T(BYTES), -1, -1, "{\"\\\\x0102\",NULL,\"\\\\x\"}", NULL, 0},
};

static const struct round_trip precise[] = {
    {T(NUMERIC), 0, 5, 2, "123.45", NULL, 0},
    {T(NUMERIC), 0, 5, 2, "-1.50", NULL, 0},
    {T(NUMERIC), 0, 5, 2, "0.00", NULL, 0},
    {T(NUMERIC), 0, 5, 2, "0.01", NULL, 0},
    {T(NUMERIC), 0, 5, -2, "12300", NULL, 0},
    {T(NUMERIC), 0, 38, 10, "-9999999999999999999999999999.9999999999", NULL, 0},
    {T(NUMERIC), 0, 30, 0, "123456789012345678901234567890", NULL, 0},
    {T(NUMERIC), 0, -1, -1, "123.450", "123.45", 0},
    {T(NUMERIC), 0, -1, -1, "0.000000000000000000000000001", NULL, 0},
    {T(NUMERIC), 0, -1, -1, "-128", NULL, 0},
    {T(MONEY), 0, -1, -1, "-92233720368547758.08", NULL, T(NUMERIC)},
    {T(ARRAY), T(NUMERIC), 5, 2, "{1.50,2.25}", NULL, 0},
    {T(ARRAY), T(NUMERIC), -1, -1, "{1.5,NULL,-2}", NULL, 0},
};

static const struct round_trip adaptive[] = {
    {T(DATE), 0, -1, -1, "2024-01-02", NULL, 0},
    {T(DATE), 0, -1, -1, "0044-03-15 BC", NULL, 0},
    {T(DATE), 0, -1, -1, "5874897-12-31", NULL, 0},
    {T(DATE), 0, -1, -1, "infinity", NULL, 0},
    {T(DATE), 0, -1, -1, "-infinity", NULL, 0},
    {T(TIME), 0, -1, -1, "04:05:06.789012", NULL, 0},
    {T(TIME), 0, -1, 3, "04:05:06.789", NULL, 0},
    {T(TIME), 0, -1, 0, "24:00:00", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678901", NULL, 0},
    {T(TIMESTAMP), 0, -1, 3, "1969-12-31 23:59:59.999", NULL, 0},
    {T(TIMESTAMP), 0, -1, 3, "-infinity", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "infinity", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "4713-01-01 00:00:00 BC", NULL, 0},
    {T(ARRAY), T(DATE), -1, -1, "{2024-01-01,NULL}", NULL, 0},
    {T(ARRAY), T(TIME), -1, -1, "{04:05:06.789012}", NULL, 0},
    {T(ARRAY), T(TIMESTAMP), -1, -1, "{\"2024-01-01 00:00:00.5\"}", NULL, 0},
};

static const struct round_trip numeric_intervals[] = {
    {T(INTERVAL), 0, -1, -1, "-04:05:06.789", NULL, 0},
    {T(INTERVAL), 0, -1, -1, "3 days", "72:00:00", 0},
    {T(INTERVAL), 0, -1, -1, "1 mon", "730:30:00", 0}, /* lost at the source */
    {T(INTERVAL), 0, -1, -1, "infinity", NULL, 0},
};

static const struct round_trip text_intervals[] = {
    {T(INTERVAL), 0, -1, -1, "1 year 2 mons 3 days 04:05:06.789", NULL, 0},
    {T(INTERVAL), 0, -1, -1, "-1 years -2 mons +3 days -04:05:06.789", NULL, 0},
    {T(INTERVAL), 0, -1, -1, "-00:00:00.5", NULL, 0},
    {T(INTERVAL), 0, -1, -1, "infinity", NULL, 0},
};

static const struct round_trip hstore_json[] = {
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL", "{\"a\":\"1\",\"b\":null}", T(JSON)},
};

static const struct round_trip hstore_map[] = {
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL, \"q\\\"\"=>\"\\\\\"", NULL, 0},
    {T(HSTORE), 0, -1, -1, "", NULL, 0},
};

static const struct round_trip strings[] = {
    {T(NUMERIC), 0, 5, 2, "1.50", NULL, T(TEXT)},
};

static const struct round_trip doubles[] = {
    {T(NUMERIC), 0, 5, 2, "123.45", NULL, T(FLOAT64)},
    {T(NUMERIC), 0, -1, -1, "100", NULL, T(FLOAT64)},
    {T(NUMERIC), 0, -1, -1, "NaN", NULL, T(FLOAT64)},
};

static const struct round_trip untyped_texts[] = {
    {T(TEXT), 0, -1, -1, "x\ty", NULL, T(UNTYPED)},
    {T(BYTES), 0, -1, -1, "\\xfbffbf", "fbffbf", T(UNTYPED)},
};

static struct headrace_column column_of(const struct round_trip *c)
{
  static const char *const labels[] = {"sad", "so so", NULL};
  return (struct headrace_column){.name = "v\"w",
                                  .type_name = "",
                                  .type = c->type,
                                  .element_type = c->element,
                                  .precision = c->precision,
                                  .scale = c->scale,
                                  .labels = labels,
                                  .type_modifier = -1,
                                  .flags = HEADRACE_COLUMN_NULLABLE};
}

static const struct headrace_column key_column = {.name = "id",
                                                  .type_name = "",
                                                  .type = HEADRACE_TYPE_INT32,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1};

static void check_one(struct codec_test *encoder, struct decoding *decoder,
                      const struct round_trip *c)
{
  static const uint16_t key[] = {0};
  struct headrace_column columns[] = {key_column, column_of(c)};
  encoder->relation.id++;
  encoder->relation.columns = columns;
  encoder->relation.column_count = 2;
  encoder->relation.key = key;
  encoder->relation.key_count = 1;
  assert_int_equal(
      codec_test_row(encoder, HEADRACE_INSERT, NULL, (const char *const[]){"7", c->value}),
      HEADRACE_OK);
  struct headrace_record record = *codec_test_record(encoder, 0);
  record.topic = (struct headrace_value){"srv.public.t", 12, HEADRACE_TEXT};
  const struct headrace_change *change = decode_record(decoder, &record);
  if (!change)
    fail_msg("%s is refused: %s", c->value, decoder->host->last_reason);
  const struct headrace_relation *relation = change->relation;
  assert_string_equal(relation->database, "db");
  assert_string_equal(relation->schema, "public");
  assert_string_equal(relation->table, "t");
  assert_int_equal(relation->column_count, 2);
  assert_int_equal(relation->key_count, 1);
  assert_int_equal(relation->key[0], 0);
  assert_string_equal(relation->columns[1].name, "v\"w");
  assert_int_equal(relation->columns[0].flags, 0);
  assert_int_equal(relation->columns[1].flags, HEADRACE_COLUMN_NULLABLE);
  if (relation->columns[1].type != (c->back_type ? c->back_type : c->type))
    fail_msg("%s has type %u", c->value, relation->columns[1].type);
  assert_int_equal(relation->columns[1].element_type, c->element);
  assert_printed(&change->new_values[0], "=7");
  char *text = print_value(&change->new_values[1]);
  const char *expected = c->back ? c->back : c->value;
  assert_string_equal(text + (*expected != '#' && *text == '='), expected);
  free(text);
}

struct group {
  const struct round_trip *cases;
  size_t count;
};
#define GROUP(cases)                                                                               \
  {                                                                                                \
    cases, sizeof(cases) / sizeof *(cases)                                                         \
  }

static void check(const struct group *groups, const char *const *settings)
{
  struct codec_test *encoder = codec_test_new(settings);
  struct decoding *decoder = begin(settings);
  for (; groups->cases; groups++)
    for (size_t i = 0; i < groups->count; i++)
      check_one(encoder, decoder, &groups->cases[i]);
  end(decoder);
  codec_test_free(encoder);
}

static void round_trips(void **state)
{
  (void)state;
  static const struct group groups[] = {GROUP(always),      GROUP(texts),
                                        GROUP(bytes),       GROUP(precise),
                                        GROUP(adaptive),    GROUP(numeric_intervals),
                                        GROUP(hstore_json), {NULL, 0}};
  check(groups, (const char *const[]){"schemas", "yes", NULL});
}

static void round_trips_of_the_other_modes(void **state)
{
  (void)state;
  static const struct group strings_groups[] = {
      GROUP(always),   GROUP(texts),          GROUP(bytes),      GROUP(strings),
      GROUP(adaptive), GROUP(text_intervals), GROUP(hstore_map), {NULL, 0}};
  check(strings_groups, (const char *const[]){"schemas", "yes", "decimal", "string", "time",
                                              "adaptive_time_microseconds", "interval", "string",
                                              "hstore", "map", NULL});
  static const struct group iso_groups[] = {
      GROUP(always), GROUP(doubles), GROUP(adaptive), {NULL, 0}};
  check(iso_groups,
        (const char *const[]){"schemas", "yes", "decimal", "double", "time", "isostring", NULL});
  static const struct group hex_groups[] = {GROUP(always), GROUP(untyped_texts), {NULL, 0}};
  check(hex_groups, (const char *const[]){"schemas", "yes", "binary", "hex", NULL});
}

static const struct round_trip milliseconds[] = {
    {T(TIME), 0, -1, -1, "04:05:06.789", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "1969-12-31 23:59:59.999", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "infinity", NULL, 0},
    {T(DATE), 0, -1, -1, "2024-01-02", NULL, 0},
};

static const struct round_trip fine[] = {
    {T(TIME), 0, -1, 0, "04:05:06", NULL, 0},
    {T(TIME), 0, -1, -1, "04:05:06.789012", NULL, 0},
    {T(TIMESTAMP), 0, -1, 0, "2024-01-02 03:04:05", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "1969-12-31 23:59:59.999999", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "infinity", NULL, 0},
    {T(TIMESTAMP), 0, -1, -1, "-infinity", NULL, 0},
};

static void round_trips_of_units(void **state)
{
  (void)state;
  static const struct group connect[] = {GROUP(milliseconds), {NULL, 0}};
  check(connect, (const char *const[]){"schemas", "yes", "time", "connect", NULL});
  static const struct group both[] = {GROUP(fine), {NULL, 0}};
  check(both, (const char *const[]){"schemas", "yes", "time", "microseconds", NULL});
  check(both, (const char *const[]){"schemas", "yes", "time", "nanoseconds", NULL});
}

/* The placeholder of each type is no value. */
static void unchanged_large_values_are_absent(void **state)
{
  (void)state;
  static const struct round_trip large[] = {
      {T(TEXT), 0, -1, -1, "", NULL, 0},         {T(BYTES), 0, -1, -1, "", NULL, 0},
      {T(JSON), 0, -1, -1, "", NULL, 0},         {T(NUMERIC), 0, -1, -1, "", NULL, 0},
      {T(NUMERIC), 0, 30, 5, "", NULL, 0},       {T(BIT), 0, -1, -1, "", NULL, 0},
      {T(ARRAY), T(TEXT), -1, -1, "", NULL, 0},  {T(ARRAY), T(INT32), -1, -1, "", NULL, 0},
      {T(ARRAY), T(UUID), -1, -1, "", NULL, 0},  {T(ARRAY), T(FLOAT64), -1, -1, "", NULL, 0},
      {T(ARRAY), T(BYTES), -1, -1, "", NULL, 0}, {T(HSTORE), 0, -1, -1, "", NULL, 0},
      {T(ARRAY), T(DATE), -1, -1, "", NULL, 0},
  };
  static const char *const settings[][3] = {{"schemas", "yes", NULL}};
  struct codec_test *encoder = codec_test_new(settings[0]);
  struct decoding *decoder = begin(settings[0]);
  for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
    struct headrace_column columns[] = {key_column, column_of(&large[i])};
    encoder->relation.id++;
    encoder->relation.columns = columns;
    encoder->relation.column_count = 2;
    assert_int_equal(
        codec_test_row(encoder, HEADRACE_UPDATE, NULL, (const char *const[]){"7", ABSENT}),
        HEADRACE_OK);
    struct headrace_record record = *codec_test_record(encoder, 0);
    record.topic = (struct headrace_value){"srv.public.t", 12, HEADRACE_TEXT};
    const struct headrace_change *change = decode_record(decoder, &record);
    assert_non_null(change);
    assert_printed(&change->new_values[0], "=7");
    assert_printed(&change->new_values[1], "-");
  }
  end(decoder);
  codec_test_free(encoder);
}

/* ---- what others write -------------------------------------------------- */

/* A row with one field of that schema, as a sink's connector would get it. */
static const struct headrace_change *decode_field(struct decoding *test, const char *schema,
                                                  const char *json)
{
  static char value[8192];
  snprintf(value, sizeof value,
           "{\"schema\":{\"type\":\"struct\",\"fields\":[{%s,\"optional\":true,\"field\":\"v\"}],"
           "\"optional\":false},\"payload\":{\"v\":%s}}",
           schema, json);
  return decode(test, NULL, value);
}

#define NAMED(type, name) "\"type\":\"" type "\",\"name\":\"" name "\",\"version\":1"
#define SOURCE_TYPE(type) ",\"parameters\":{\"__debezium.source.column.type\":\"" type "\"}"

static const struct {
  const char *schema, *json;
  uint16_t type;
  const char *value; /* as print_value(); NULL: refused */
} others[] = {
    {"\"type\":\"int8\"", "-128", T(INT16), "=-128"},
    {"\"type\":\"int32\"", "1.5", 0, NULL},
    {"\"type\":\"int32\"", "1e3", 0, NULL},
    {"\"type\":\"int32\"", "\"1\"", 0, NULL},
    {"\"type\":\"int64\"", "9223372036854775808", 0, NULL},
    {"\"type\":\"boolean\"", "\"true\"", 0, NULL},
    {"\"type\":\"string\"", "1", 0, NULL},
    {"\"type\":\"string\"", "\"\\u00e9\\u0000\"", T(TEXT), "=\xc3\xa9"},
    {"\"type\":\"double\"", "\"x\"", 0, NULL},
    {"\"type\":\"double\"", "1e400", T(FLOAT64), "=1e+400"},
    {"\"type\":\"bytes\"", "\"*\"", 0, NULL},
    {"\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"field\":\"a\"}]", "{\"a\": 1}", T(JSON),
     "={\"a\": 1}"},
    {"\"type\":\"map\",\"keys\":{\"type\":\"string\"},\"values\":{\"type\":\"int32\"}}",
     "{\"a\":1}", 0, NULL}, /* a brace too many: no schema at all */
    {"\"type\":\"map\",\"keys\":{\"type\":\"string\"},\"values\":{\"type\":\"int32\"}", "{\"a\":1}",
     T(JSON), "={\"a\":1}"},
    {NAMED("bytes", "org.apache.kafka.connect.data.Decimal") ",\"parameters\":{\"scale\":\"2\"}",
     "123.4", T(NUMERIC), "=123.4"},
    {NAMED("bytes", "org.apache.kafka.connect.data.Decimal") ",\"parameters\":{\"scale\":\"2\"}",
     "\"\"", 0, NULL},
    {NAMED("int32", "org.apache.kafka.connect.data.Date"), "-1", T(DATE), "=1969-12-31"},
    {NAMED("int32", "org.apache.kafka.connect.data.Time"), "86400000", T(TIME), "=24:00:00"},
    {NAMED("int32", "org.apache.kafka.connect.data.Time"), "-1", 0, NULL},
    {NAMED("int64", "org.apache.kafka.connect.data.Timestamp"), "0", T(TIMESTAMP),
     "=1970-01-01 00:00:00"},
    {NAMED("int64", "io.debezium.time.NanoDuration"), "1500000", T(INTERVAL), "=00:00:00.0015"},
    {NAMED("int32", "io.debezium.time.Year"), "2026", T(INT32), "=2026"},
    {NAMED("string", "io.debezium.time.ZonedTimestamp"), "\"2026-01-31T04:05:06+01:00\"",
     T(TIMESTAMPTZ), "=2026-01-31 03:05:06+00"},
    {NAMED("string", "io.debezium.time.ZonedTime"), "\"04:05:06+05:30\"", T(TIMETZ),
     "=04:05:06+05:30"},
    {NAMED("string", "io.debezium.time.Interval"), "\"1 day\"", 0, NULL},
    {NAMED("string", "io.debezium.data.EnumSet"), "\"a,b c\"", T(ARRAY), "={a,\"b c\"}"},
    {NAMED("string", "io.debezium.data.EnumSet"), "\"\"", T(ARRAY), "={}"},
    {"\"type\":\"array\",\"items\":{\"type\":\"float\"},\"name\":\"io.debezium.data.FloatVector\"",
     "[1.0,2.5]", T(OTHER), "=[1,2.5]"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.SparseDoubleVector\"",
     "{\"dimensions\":5,\"vector\":[[1,1.5],[3,2.0]]}", T(OTHER), "={1:1.5,3:2}/5"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.geometry.Geometry\"",
     "{\"wkb\":\"AQI=\",\"srid\":4326}", T(OTHER), "=SRID=4326;0102"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.geometry.Geometry\"",
     "{\"wkb\":\"AQI=\",\"srid\":null}", T(OTHER), "=0102"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.geometry.Circle\"",
     "{\"center\":{\"x\":1.0,\"y\":2.0},\"radius\":3.5}", T(OTHER), "=<(1,2),3.5>"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.VariableScaleDecimal\"",
     "{\"value\":\"MDk=\",\"scale\":-2}", T(NUMERIC), "=1234500"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.VariableScaleDecimal\"",
     "{\"value\":\"MDk=\",\"scale\":2000000000}", 0, NULL},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.time.StructuredZonedTimestamp\"",
     "{\"year\":2026,\"month\":1,\"day\":31,\"hour\":0,\"minute\":30,\"second\":5,"
     "\"picoseconds\":120000000000,\"offsetSeconds\":3600,\"specialValue\":null}",
     T(TIMESTAMPTZ), "=2026-01-30 23:30:05.12+00"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.time.StructuredDate\"",
     "{\"specialValue\":\"POSITIVE_INFINITY\"}", T(DATE), "=infinity"},
    {"\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.time.StructuredDuration\"",
     "{\"years\":1,\"months\":-2,\"days\":3,\"seconds\":-5,\"picoseconds\":-500000000000}",
     T(INTERVAL), "=10 mons 3 days -00:00:05.5"},
    {"\"type\":\"string\"" SOURCE_TYPE("INET"), "\"10.0.0.1\"", T(INET), "=10.0.0.1"},
    {"\"type\":\"string\"" SOURCE_TYPE("VARCHAR"), "\"x\"", T(TEXT), "=x"},
    {"\"type\":\"string\"" SOURCE_TYPE("NUMERIC"), "\"POSITIVE_INFINITY\"", T(NUMERIC),
     "=Infinity"},
    {"\"type\":\"double\"" SOURCE_TYPE("NUMERIC"), "1.5E10", T(NUMERIC), "=15000000000"},
    {"\"type\":\"int64\"" SOURCE_TYPE("OID"), "7", T(OID), "=7"},
    {"\"type\":\"boolean\"" SOURCE_TYPE("BIT"), "false", T(BIT), "=0"},
    {NAMED("string", "io.debezium.data.Json") SOURCE_TYPE("HSTORE"),
     "\"{\\\"a\\\":\\\"1\\\",\\\"b\\\":null}\"", T(HSTORE), "=\"a\"=>\"1\", \"b\"=>NULL"},
    {NAMED("bytes", "io.debezium.data.Bits") ",\"parameters\":{\"length\":\"-1\"}", "\"\"", 0,
     NULL},
    {NAMED("bytes", "io.debezium.data.Bits") ",\"parameters\":{\"length\":\"4\"}", "\"EA==\"", 0,
     NULL},
    {NAMED("string", "com.example.Date"), "\"x\"", T(TEXT), "=x"},
    {"\"type\":\"strange\"", "1", 0, NULL},
};

/* What a sink makes columns with. */
static void labels_and_defaults(void **state)
{
  (void)state;
  static const struct {
    const char *schema, *labels, *text; /* labels: a bar before each; text: the default; NULL */
  } cases[] = {
      {NAMED("string", "io.debezium.data.Enum") ",\"parameters\":{\"allowed\":\"a,b c,d\"},"
                                                "\"default\":\"b c\"",
       "|a|b c|d", "b c"},
      {"\"type\":\"array\",\"items\":{" NAMED(
           "string", "io.debezium.data.Enum") ",\"parameters\":{\"allowed\":\"x\"}}",
       "|x", NULL},
      {"\"type\":\"int32\",\"default\":7", NULL, "7"},
      {"\"type\":\"int32\",\"default\":null", NULL, NULL},
      {"\"type\":\"int32\",\"default\":\"no number\"", NULL, NULL},
      {NAMED("int32", "io.debezium.time.Date") ",\"default\":1", NULL, "1970-01-02"},
      {"\"type\":\"bytes\",\"default\":\"AP8=\"", NULL, "\\x00ff"},
      {"\"type\":\"string\",\"default\":\"it's \\u00e9\"", NULL, "it's \xc3\xa9"},
      {"\"type\":\"string\",\"default\":\"\\u0000\"", NULL, NULL},
  };
  struct decoding *test = begin(NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct headrace_change *change = decode_field(test, cases[i].schema, "null");
    assert_non_null(change);
    const struct headrace_column *column = &change->relation->columns[0];
    char labels[64] = "";
    for (const char *const *label = column->labels; label && *label; label++)
      strcat(strcat(labels, "|"), *label);
    assert_string_equal(labels, cases[i].labels ? cases[i].labels : "");
    assert_string_equal(column->default_text ? column->default_text : "none",
                        cases[i].text ? cases[i].text : "none");
  }
  end(test);
}

static void values_of_other_connectors(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    const struct headrace_change *change = decode_field(test, others[i].schema, others[i].json);
    if (!others[i].value) {
      if (change)
        fail_msg("%s of %s is not refused", others[i].json, others[i].schema);
      continue;
    }
    if (!change)
      fail_msg("%s of %s: %s", others[i].json, others[i].schema, test->host->last_reason);
    if (change->relation->columns[0].type != others[i].type)
      fail_msg("%s has type %u", others[i].schema, change->relation->columns[0].type);
    assert_printed(&change->new_values[0], others[i].value);
  }
  end(test);
}

/* ---- rows and keys ------------------------------------------------------ */

#define ID   "{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"}"
#define NAME "{\"type\":\"string\",\"optional\":true,\"field\":\"name\"}"
#define ROW(field)                                                                                 \
  "{\"type\":\"struct\",\"fields\":[" ID "," NAME "],\"optional\":true,\"field\":\"" field "\"}"
#define ENVELOPE                                                                                   \
  "{\"schema\":{\"type\":\"struct\",\"fields\":[" ROW("before") "," ROW(                           \
      "after") "],"                                                                                \
               "\"optional\":false},\"payload\":"
#define KEY                                                                                        \
  "{\"schema\":{\"type\":\"struct\",\"fields\":[" ID "],\"optional\":false},\"payload\":{\"id\":"  \
  "7}}"
#define SOURCE "\"source\":{\"db\":\"shop\",\"schema\":\"public\",\"table\":\"t\"}"

static void updates_and_deletes(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  const struct headrace_change *change = must_decode(
      test, KEY,
      ENVELOPE "{\"before\":{\"id\":7,\"name\":\"a\"},\"after\":{\"id\":7,\"name\":\"b\"}," SOURCE
               ",\"op\":\"u\"}}");
  assert_int_equal(change->operation, HEADRACE_UPDATE);
  assert_int_equal(change->flags, 0);
  assert_printed(&change->old_values[1], "=a");
  assert_printed(&change->new_values[1], "=b");
  const struct headrace_relation *relation = change->relation;
  uint64_t id = relation->id;
  change = must_decode(test, KEY,
                       ENVELOPE "{\"before\":{\"id\":7,\"name\":null},\"after\":null," SOURCE
                                ",\"op\":\"d\"}}");
  assert_int_equal(change->relation->id, id); /* the same schemas */
  assert_int_equal(change->flags, HEADRACE_OLD_IS_KEY);
  assert_printed(&change->old_values[0], "=7");
  assert_printed(&change->old_values[1], "-");
  assert_null(change->new_values);
  change =
      must_decode(test, KEY, ENVELOPE "{\"before\":null,\"after\":null," SOURCE ",\"op\":\"d\"}}");
  assert_int_equal(change->flags, HEADRACE_OLD_IS_KEY);
  assert_printed(&change->old_values[0], "=7");
  change =
      must_decode(test, NULL, ENVELOPE "{\"before\":null,\"after\":null," SOURCE ",\"op\":\"t\"}}");
  assert_int_equal(change->operation, HEADRACE_TRUNCATE);
  assert_null(change->old_values);
  end(test);
}

/* A member that is missing is not null; null stays null. */
static void absent_is_not_null(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  const struct headrace_change *change = must_decode(
      test, KEY, ENVELOPE "{\"before\":null,\"after\":{\"id\":7}," SOURCE ",\"op\":\"u\"}}");
  assert_printed(&change->new_values[1], "-");
  change =
      must_decode(test, KEY,
                  ENVELOPE "{\"before\":null,\"after\":{\"name\":null,\"id\":7,\"more\":1}," SOURCE
                           ",\"op\":\"u\"}}");
  assert_printed(&change->new_values[0], "=7");
  assert_printed(&change->new_values[1], "null");
  end(test);
}

static void tombstones_delete(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  const struct headrace_change *change = must_decode(test, KEY, NULL);
  assert_int_equal(change->operation, HEADRACE_DELETE);
  assert_int_equal(change->flags, HEADRACE_OLD_IS_KEY);
  assert_int_equal(change->relation->column_count, 1);
  assert_int_equal(change->relation->columns[0].type, HEADRACE_TYPE_INT32);
  assert_printed(&change->old_values[0], "=7");
  end(test);
}

/* Keys that the schema of the rows does not have. */
static void keys_of_their_own(void **state)
{
  (void)state;
  struct decoding *test = begin(NULL);
  const char *row = "{\"schema\":{\"type\":\"struct\",\"fields\":[" NAME "],\"optional\":false},"
                    "\"payload\":{\"name\":\"a\"}}";
  const struct headrace_change *change = must_decode(test, KEY, row);
  assert_int_equal(change->relation->column_count, 2);
  assert_int_equal(change->relation->key_count, 1);
  assert_string_equal(change->relation->columns[1].name, "id");
  assert_printed(&change->new_values[1], "=7");
  change = must_decode(test, "{\"tenant\":\"x\",\"name\":\"a\"}", row); /* without schema */
  assert_int_equal(change->relation->key_count, 2);
  assert_int_equal(change->relation->columns[1].type, HEADRACE_TYPE_UNTYPED);
  assert_printed(&change->new_values[1], "=x");
  change = must_decode(test, "{\"other\":1}", row);
  assert_string_equal(change->relation->columns[1].name, "other");
  assert_printed(&change->new_values[1], "~1");
  change = must_decode(test, "5", row);
  assert_int_equal(change->relation->key_count, 0);
  end(test);
}

static void configured_keys(void **state)
{
  (void)state;
  struct decoding *test = begin((const char *const[]){"key_columns", "public.t = name+id", NULL});
  const struct headrace_change *change = must_decode(
      test, "\"a+7\"", ENVELOPE "{\"before\":null,\"after\":null," SOURCE ",\"op\":\"d\"}}");
  assert_int_equal(change->relation->key_count, 2);
  assert_int_equal(change->relation->key[0], 1);
  assert_printed(&change->old_values[0], "=7");
  assert_printed(&change->old_values[1], "=a");
  assert_null(
      decode(test, "\"a\"", ENVELOPE "{\"before\":null,\"after\":null," SOURCE ",\"op\":\"d\"}}"));
  assert_string_equal(test->host->last_error_class, "malformed");
  end(test);
}

static void what_is_refused(void **state)
{
  (void)state;
  static const char *const values[][2] = {
      {ENVELOPE "{\"before\":null,\"after\":null," SOURCE ",\"op\":\"d\"}}", "malformed"},
      {"{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\"}]},\"payload\":{}}",
       "unsupported"},
      {"{\"schema\":{\"type\":\"struct\",\"fields\":{}},\"payload\":{}}", "malformed"},
      {"{\"schema\":{\"fields\":[]},\"payload\":{}}", "malformed"},
      {"{\"schema\":{\"type\":\"string\"},\"payload\":{}}", "unsupported"},
      {"{\"schema\":{\"type\":\"array\"},\"payload\":{}}", "malformed"},
  };
  struct decoding *test = begin(NULL);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    assert_null(decode(test, NULL, values[i][0]));
    assert_string_equal(test->host->last_error_class, values[i][1]);
  }
  assert_null(decode_field(test, "\"type\":\"int32\"", "\"secret\""));
  assert_null(strstr(test->host->last_reason, "secret"));
  assert_non_null(strstr(test->host->last_reason, "\"v\""));
  end(test);
}

/* A schema that came before is not read again; topics that end alike take each other's place. */
static void schemas_take_turns(void **state)
{
  (void)state;
  static const char *const topics[] = {"a.public.table_of_all", "b.public.table_of_all"};
  static const char *const types[] = {"int32", "string"}, *const values[] = {"1", "\"1\""};
  struct decoding *test = begin(NULL);
  uint64_t relations[2] = {0};
  for (int i = 0; i < 8; i++) {
    int which = i >> 1 & 1; /* twice the same, then the other one */
    char value[512];
    snprintf(value, sizeof value,
             "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"%s\",\"optional\":true,"
             "\"field\":\"v\"}]},\"payload\":{\"v\":%s}}",
             types[which], values[which]);
    const struct headrace_record record = {
        .topic = {topics[which], (uint32_t)strlen(topics[which]), HEADRACE_TEXT},
        .value = text_value(value)};
    const struct headrace_change *change = decode_record(test, &record);
    assert_non_null(change);
    assert_int_equal(change->relation->columns[0].type, which ? T(TEXT) : T(INT32));
    assert_printed(&change->new_values[0], "=1");
    if (relations[which])
      assert_int_equal(change->relation->id, relations[which]);
    relations[which] = change->relation->id;
  }
  end(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(round_trips),
      cmocka_unit_test(round_trips_of_the_other_modes),
      cmocka_unit_test(round_trips_of_units),
      cmocka_unit_test(unchanged_large_values_are_absent),
      cmocka_unit_test(values_of_other_connectors),
      cmocka_unit_test(labels_and_defaults),
      cmocka_unit_test(updates_and_deletes),
      cmocka_unit_test(absent_is_not_null),
      cmocka_unit_test(tombstones_delete),
      cmocka_unit_test(keys_of_their_own),
      cmocka_unit_test(configured_keys),
      cmocka_unit_test(schemas_take_turns),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
