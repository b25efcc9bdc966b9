/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: how each type is written, in each mode. Expected texts were taken from Debezium
 * 3.3.1, or say where they differ from it. */
#include "codec_json_host.h"

struct type_case {
  uint16_t type;
  uint16_t element;
  int32_t precision, scale;
  const char *value;    /* NULL: null */
  const char *expected; /* NULL: the codec must refuse it */
};

#define T(name) HEADRACE_TYPE_##name

static const char *const as_default[] = {NULL};
static const char *const as_double[] = {"decimal",  "double", "time",   "connect",
                                        "interval", "string", "hstore", "map",
                                        "binary",   "base64", NULL};
static const char *const as_string[] = {"decimal", "string", "time", "adaptive_time_microseconds",
                                        "binary",  "hex",    NULL};
static const char *const as_iso[] = {"time", "isostring", "binary", "base64-url-safe", NULL};
static const char *const as_microseconds[] = {"time", "microseconds", NULL};
static const char *const as_nanoseconds[] = {"time", "nanoseconds", NULL};
static const char *const as_plain[] = {"format", "plain", "operation_field", "", NULL};

static const struct type_case cases_default[] = {
    {T(BOOL), 0, -1, -1, "t", "true"},
    {T(BOOL), 0, -1, -1, "f", "false"},
    {T(BOOL), 0, -1, -1, "maybe", NULL},
    {T(INT16), 0, -1, -1, "-32768", "-32768"},
    {T(INT64), 0, -1, -1, "9223372036854775807", "9223372036854775807"},
    {T(OID), 0, -1, -1, "4294967295", "4294967295"},
    {T(FLOAT32), 0, -1, -1, "1.5", "1.5"},
    {T(FLOAT32), 0, -1, -1, "1e-10", "1.0E-10"},
    {T(FLOAT32), 0, -1, -1, "1e+07", "1.0E7"},
    {T(FLOAT64), 0, -1, -1, "9999999", "9999999.0"},
    {T(FLOAT64), 0, -1, -1, "12345678", "1.2345678E7"},
    {T(FLOAT64), 0, -1, -1, "0.001", "0.001"},
    {T(FLOAT64), 0, -1, -1, "0.0001", "1.0E-4"},
    {T(FLOAT64), 0, -1, -1, "-0", "-0.0"},
    {T(FLOAT64), 0, -1, -1, "1.7976931348623157e+308", "1.7976931348623157E308"},
    {T(FLOAT64), 0, -1, -1, "NaN", "\"NaN\""},
    {T(FLOAT64), 0, -1, -1, "-Infinity", "\"-Infinity\""},
    {T(FLOAT64), 0, -1, -1, "x", NULL},
    {T(NUMERIC), 0, 5, 2, "123.45", "\"MDk=\""},
    {T(NUMERIC), 0, 5, 2, "0.00", "\"AA==\""},
    {T(NUMERIC), 0, 5, 2, "-1.50", "\"/2o=\""},
    {T(NUMERIC), 0, 5, 2, "1.28", "\"AIA=\""},
    {T(NUMERIC), 0, 5, 2, "-1.28", "\"gA==\""},
    {T(NUMERIC), 0, 5, 2, "NaN", "null"},
    {T(NUMERIC), 0, 30, 0, "123456789012345678901234567890", "\"AY7pD/bDc+DuTj8K0g==\""},
    {T(NUMERIC), 0, 38, 10, "-9999999999999999999999999999.9999999999",
     "\"tMSzV6V5O4X2dd3AAAAAAQ==\""},
    {T(NUMERIC), 0, 5, -2, "12300", "\"ew==\""}, /* Debezium reads scale 2046 */
    {T(NUMERIC), 0, -1, -1, "123.450", "{\"scale\":2,\"value\":\"MDk=\"}"},
    {T(NUMERIC), 0, -1, -1, "12300.00", "{\"scale\":0,\"value\":\"MAw=\"}"},
    {T(NUMERIC), 0, -1, -1, "-128", "{\"scale\":0,\"value\":\"gA==\"}"},
    {T(NUMERIC), 0, -1, -1, "Infinity", "null"},
    {T(MONEY), 0, -1, -1, "-92233720368547758.08", "\"gAAAAAAAAAA=\""},
    {T(TEXT), 0, -1, -1, "q\"\\\b\f\n\r\t\x01\x1f\x7f/",
     "\"q\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F\x7f/\""},
    {T(TEXT), 0, -1, -1, "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\\uD83D\\uDE00\""},
    {T(BYTES), 0, -1, -1, "\\x00ff10", "\"AP8Q\""},
    {T(BYTES), 0, -1, -1, "\\x", "\"\""},
    {T(BYTES), 0, -1, -1, "\\x0g", NULL},
    {T(BIT), 0, 1, -1, "1", "true"},
    {T(BIT), 0, 8, -1, "10000001", "\"gQ==\""},
    {T(BIT), 0, 20, -1, "10000000000000000001", "\"AQAI\""},
    {T(BIT), 0, 8, -1, "00000000", "\"\""},
    {T(BIT), 0, -1, -1, "102", NULL},
    {T(DATE), 0, -1, -1, "2024-01-02", "19724"},
    {T(DATE), 0, -1, -1, "0044-03-15 BC", "-735160"},
    {T(DATE), 0, -1, -1, "5874897-12-31", "2145042905"},
    {T(DATE), 0, -1, -1, "infinity", "2147483647"},
    {T(DATE), 0, -1, -1, "01/02/2024", NULL},
    {T(TIME), 0, -1, -1, "04:05:06.789012", "14706789012"},
    {T(TIME), 0, -1, 0, "04:05:06", "14706000"},
    {T(TIME), 0, -1, 3, "04:05:06.789", "14706789"},
    {T(TIME), 0, -1, 4, "04:05:06.7891", "14706789100"},
    {T(TIME), 0, -1, -1, "24:00:00", "86400000000"},
    {T(TIMETZ), 0, -1, -1, "04:05:06.789012-08", "\"12:05:06.789012Z\""},
    {T(TIMETZ), 0, -1, -1, "23:59:59+14", "\"09:59:59Z\""},
    {T(TIMETZ), 0, -1, -1, "12:00:00.12-03:30", "\"15:30:00.12Z\""},
    {T(TIMETZ), 0, -1, -1, "12:00:00+01:02:03", "\"10:57:57Z\""}, /* Debezium stops */
    {T(TIMETZ), 0, -1, -1, "24:00:00+00", "\"24:00:00Z\""},       /* there: 00:00:00Z */
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678901", "1704164645678901"},
    {T(TIMESTAMP), 0, -1, 3, "2024-01-02 03:04:05.678", "1704164645678"},
    {T(TIMESTAMP), 0, -1, 3, "1969-12-31 23:59:59.999", "-1"},
    {T(TIMESTAMP), 0, -1, -1, "infinity", "9223372036825200000"},
    {T(TIMESTAMP), 0, -1, -1, "-infinity", "-9223372036832400000"},
    {T(TIMESTAMP), 0, -1, -1, "4713-01-01 00:00:00 BC", "-210863520000000000"},
    {T(TIMESTAMP), 0, -1, -1, "294276-12-31 23:59:59.999999", "9223372036854775807"},
    {T(TIMESTAMPTZ), 0, -1, -1, "2024-01-02 01:04:05.67+00", "\"2024-01-02T01:04:05.670000Z\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "2024-01-02 03:04:05+02", "\"2024-01-02T01:04:05.000000Z\""},
    {T(TIMESTAMPTZ), 0, -1, 0, "2024-01-02 01:04:05+00", "\"2024-01-02T01:04:05Z\""},
    {T(TIMESTAMPTZ), 0, -1, 3, "2024-01-02 01:04:05.1+00", "\"2024-01-02T01:04:05.100Z\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "0044-03-15 01:02:03+00 BC", "\"-0043-03-15T01:02:03.000000Z\""},
    {T(TIMESTAMPTZ), 0, -1, 0, "0001-12-31 23:59:59+00 BC", "\"0000-12-31T23:59:59Z\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "12345-01-01 00:00:00+00", "\"+12345-01-01T00:00:00.000000Z\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "infinity", "\"infinity\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "yesterday", NULL},
    {T(INTERVAL), 0, -1, -1, "1 year 2 mons 3 days 04:05:06.789", "37091106789000"},
    {T(INTERVAL), 0, -1, -1, "-1 years -2 mons +3 days -04:05:06.789", "-36572706789000"},
    {T(INTERVAL), 0, -1, -1, "00:00:01.235", "1235000"}, /* there: 1234999 */
    {T(INTERVAL), 0, -1, -1, "-178000000 years", "-9223372036854775808"},
    {T(INTERVAL), 0, -1, -1, "P1D", NULL},
    {T(UUID), 0, -1, -1, "11111111-2222-3333-4444-555555555555",
     "\"11111111-2222-3333-4444-555555555555\""},
    {T(JSON), 0, -1, -1, "{\"a\": 1.10}", "\"{\\\"a\\\": 1.10}\""},
    {T(RANGE), 0, -1, -1, "[\"2024-01-01 00:00:00\",)", "\"[\\\"2024-01-01 00:00:00\\\",)\""},
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL, \"q\\\"\"=>\"\\\\\"",
     "\"{\\\"a\\\":\\\"1\\\",\\\"b\\\":null,\\\"q\\\\\\\"\\\":\\\"\\\\\\\\\\\"}\""},
    {T(HSTORE), 0, -1, -1, "", "\"{}\""},
    {T(HSTORE), 0, -1, -1, "\"a\"=>", NULL},
    {T(POINT), 0, -1, -1, "(1,2.5)",
     "{\"x\":1.0,\"y\":2.5,\"wkb\":\"AQEAAAAAAAAAAADwPwAAAAAAAARA\",\"srid\":null}"},
    {T(POINT), 0, -1, -1, "1,2", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{1,NULL,3}", "[1,null,3]"},
    {T(ARRAY), T(INT32), -1, -1, "{}", "[]"},
    {T(ARRAY), T(INT32), -1, -1, "{{1,2},{3,NULL}}", "[[1,2],[3,null]]"},
    {T(ARRAY), T(INT32), -1, -1, "{{{1},{2}},{{3},{4}}}", "[[[1],[2]],[[3],[4]]]"},
    {T(ARRAY), T(INT32), -1, -1, "[0:1]={1,2}", "[1,2]"},
    {T(ARRAY), T(INT32), -1, -1, "{1,2", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{1,2}}", NULL},
    {T(ARRAY), T(INT32), -1, -1, "{1,}", NULL},
    {T(ARRAY), T(INT32), -1, -1, "", NULL},
    {T(ARRAY), T(TEXT), -1, -1, "{a,NULL,\"NULL\",\"b c\",\"d\\\"e\\\\\",\"\"}",
     "[\"a\",null,\"NULL\",\"b c\",\"d\\\"e\\\\\",\"\"]"},
    {T(ARRAY), T(TEXT), -1, -1, "{\"a", NULL},
    {T(ARRAY), T(TEXT), -1, -1, "{\"a\\", NULL},
    {T(ARRAY), T(NUMERIC), 5, 2, "{1.50,2.25}", "[\"AJY=\",\"AOE=\"]"},
    {T(ARRAY), T(TIME), -1, -1, "{04:05:06.789012}", "[14706789012]"},
    {T(ARRAY), T(BYTES), -1, -1, "{\"\\\\x0102\",NULL}", "[\"AQI=\",null]"},
    {T(ARRAY), T(HSTORE), -1, -1, "{\"\\\"a\\\"=>\\\"1\\\"\"}", "[\"{\\\"a\\\":\\\"1\\\"}\"]"},
    {T(ARRAY), T(BIT), 4, -1, "{1010}", "[\"Cg==\"]"},
    {T(OTHER), 0, -1, -1, "(1,\"a\")", "\"(1,\\\"a\\\")\""},
};

static const struct type_case cases_double[] = {
    {T(NUMERIC), 0, 5, 2, "123.45", "123.45"},
    {T(NUMERIC), 0, -1, -1, "100", "100.0"},
    {T(NUMERIC), 0, -1, -1, "123456789012345678901234567890", "1.2345678901234568E29"},
    {T(NUMERIC), 0, -1, -1, "1234567890.0123456789", "1.2345678900123458E9"},
    {T(NUMERIC), 0, -1, -1, "NaN", "\"NaN\""},
    {T(MONEY), 0, -1, -1, "92233720368547758.07", "9.223372036854776E16"},
    {T(TIME), 0, -1, -1, "04:05:06.789012", "14706789"},
    {T(TIMESTAMP), 0, -1, -1, "1969-12-31 23:59:59.999999", "-1"},
    {T(TIMESTAMP), 0, -1, -1, "infinity", "9223372036825200"},
    {T(INTERVAL), 0, -1, -1, "1 year 2 mons 3 days 04:05:06.789", "\"P1Y2M3DT4H5M6.789S\""},
    {T(INTERVAL), 0, -1, -1, "-1 years -2 mons +3 days -04:05:06.789",
     "\"P-1Y-2M3DT-4H-5M-6.789S\""},
    {T(INTERVAL), 0, -1, -1, "-00:00:00.5", "\"P0Y0M0DT0H0M-0.5S\""},
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\", \"b\"=>NULL", "{\"a\":\"1\",\"b\":null}"},
    {T(BYTES), 0, -1, -1, "\\xfbffbf", "\"+/+/\""},
};

static const struct type_case cases_string[] = {
    {T(NUMERIC), 0, 5, 2, "1.50", "\"1.50\""},
    {T(NUMERIC), 0, -1, -1, "NaN", "\"NAN\""},
    {T(NUMERIC), 0, -1, -1, "-Infinity", "\"NEGATIVE_INFINITY\""},
    {T(TIME), 0, -1, 0, "04:05:06", "14706000000"},
    {T(TIMESTAMP), 0, -1, 3, "2024-01-02 03:04:05.678", "1704164645678"},
    {T(BYTES), 0, -1, -1, "\\xfbffbf", "\"fbffbf\""},
    {T(BIT), 0, 8, -1, "10000001", "\"gQ==\""},
};

static const struct type_case cases_iso[] = {
    {T(DATE), 0, -1, -1, "2024-01-02", "\"2024-01-02Z\""},
    {T(DATE), 0, -1, -1, "infinity", "\"infinity\""},
    {T(TIME), 0, -1, -1, "04:05:06.789", "\"04:05:06.789Z\""},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.670", "\"2024-01-02T03:04:05.67Z\""},
    {T(TIMESTAMP), 0, -1, -1, "0044-03-15 01:02:03 BC", "\"-0043-03-15T01:02:03Z\""},
    {T(BYTES), 0, -1, -1, "\\xfbffbf", "\"-_-_\""},
};

static const struct type_case cases_microseconds[] = {
    {T(TIME), 0, -1, 0, "04:05:06", "14706000000"},
    {T(TIMESTAMP), 0, -1, 0, "2024-01-02 03:04:05", "1704164645000000"},
};

static const struct type_case cases_nanoseconds[] = {
    {T(TIME), 0, -1, -1, "04:05:06.789012", "14706789012000"},
    {T(TIMESTAMP), 0, -1, -1, "2024-01-02 03:04:05.678901", "1704164645678901000"},
    {T(TIMESTAMP), 0, -1, -1, "0044-03-15 01:02:03 BC", "-9223372036854775808"},
    {T(TIMESTAMP), 0, -1, -1, "infinity", "9223372036854775807"},
};

static const struct type_case cases_plain[] = {
    {T(NUMERIC), 0, -1, -1, "1234567890123456789012345678.90", "1234567890123456789012345678.90"},
    {T(NUMERIC), 0, -1, -1, "NaN", "\"NaN\""},
    {T(JSON), 0, -1, -1, "{\"a\": 1.10}", "{\"a\": 1.10}"},
    {T(DATE), 0, -1, -1, "2024-01-02", "\"2024-01-02\""},
    {T(TIME), 0, -1, 3, "04:05:06", "\"04:05:06\""},
    {T(TIMESTAMPTZ), 0, -1, -1, "2023-10-15 10:30:00+00", "\"2023-10-15T10:30:00Z\""},
    {T(INTERVAL), 0, -1, -1, "1 day", "\"1 day\""},
    {T(HSTORE), 0, -1, -1, "\"a\"=>\"1\"", "{\"a\":\"1\"}"},
    {T(BIT), 0, 8, -1, "10000001", "\"10000001\""},
    {T(POINT), 0, -1, -1, "(1,2)", "\"(1,2)\""},
};

/* The value inside {"v":…}, in the envelope's "after" or as the whole record. */
static char *written(const struct codec_test *test)
{
  const struct headrace_value *value = &codec_test_record(test, 0)->value;
  char *text = strndup(value->data, value->size);
  char *start = strstr(text, "{\"v\":");
  assert_non_null(start);
  char *end = strstr(start, "},\"source\"");
  if (!end)
    end = text + value->size - 1;
  memmove(text, start + 5, (size_t)(end - start - 5));
  text[end - start - 5] = '\0';
  return text;
}

static void check(const struct type_case *cases, size_t count, const char *const *settings)
{
  struct codec_test *test = codec_test_new(settings);
  for (size_t i = 0; i < count; i++) {
    const struct type_case *c = &cases[i];
    struct headrace_column column = {.name = "v",
                                     .type_name = "",
                                     .type = c->type,
                                     .element_type = c->element,
                                     .precision = c->precision,
                                     .scale = c->scale,
                                     .flags = HEADRACE_COLUMN_NULLABLE};
    test->relation.id++;
    test->relation.columns = &column;
    test->relation.column_count = 1;
    enum headrace_result result =
        codec_test_row(test, HEADRACE_INSERT, NULL, (const char *const[]){c->value});
    if (!c->expected) {
      assert_int_equal(result, HEADRACE_FATAL);
      continue;
    }
    if (result != HEADRACE_OK)
      fail_msg("case %zu: %s is refused", i, c->value);
    char *text = written(test);
    assert_string_equal(text, c->expected);
    free(text);
  }
  codec_test_free(test);
}

#define MODE(name)                                                                                 \
  static void types_##name(void **state)                                                           \
  {                                                                                                \
    (void)state;                                                                                   \
    check(cases_##name, sizeof cases_##name / sizeof *cases_##name, as_##name);                    \
  }
MODE(default)
MODE(double)
MODE(string)
MODE(iso)
MODE(microseconds)
MODE(nanoseconds)
MODE(plain)

/* Values far beyond every fixed buffer: the reserved bound must hold. */
static void long_values(void **state)
{
  (void)state;
  struct codec_test *test = codec_test_new(NULL);
  static const struct {
    uint16_t type, element;
    const char *item;
  } kinds[] = {{T(TEXT), 0, "\x01"},
               {T(TEXT), 0, "\xf0\x9f\x98\x80"},
               {T(BIT), 0, "1"},
               {T(NUMERIC), 0, "9"},
               {T(ARRAY), T(FLOAT64), "1,"},
               {T(ARRAY), T(TEXT), "\"\\\"\","},
               {T(ARRAY), T(NUMERIC), "1,"},
               {T(ARRAY), T(DATE), "infinity,"},
               {T(ARRAY), T(TIMESTAMP), "-infinity,"},
               {T(ARRAY), T(BOOL), "f,"},
               {T(ARRAY), T(POINT), "\"(1,2)\","}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct headrace_column column = {.name = "v",
                                     .type_name = "",
                                     .type = kinds[i].type,
                                     .element_type = kinds[i].element,
                                     .precision = -1,
                                     .scale = -1,
                                     .flags = HEADRACE_COLUMN_NULLABLE};
    size_t item = strlen(kinds[i].item), count = 20000;
    char *value = malloc(item * count + 3), *out = value;
    if (kinds[i].element)
      *out++ = '{';
    for (size_t j = 0; j < count; j++, out += item)
      memcpy(out, kinds[i].item, item);
    if (kinds[i].element)
      out[-1] = '}';
    *out = '\0';
    test->relation.id++;
    test->relation.columns = &column;
    test->relation.column_count = 1;
    assert_int_equal(codec_test_row(test, HEADRACE_INSERT, NULL, (const char *const[]){value}),
                     HEADRACE_OK);
    free(value);
  }
  codec_test_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_default),      cmocka_unit_test(types_double),
      cmocka_unit_test(types_string),       cmocka_unit_test(types_iso),
      cmocka_unit_test(types_microseconds), cmocka_unit_test(types_nanoseconds),
      cmocka_unit_test(types_plain),        cmocka_unit_test(long_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
