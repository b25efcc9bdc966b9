/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical texts of numbers and of dates, times and intervals, out of what events have. */
#include "numeric_text.h"
#include "temporal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void assert_text(const char *expected, const char *data, const char *end)
{
  char text[4096];
  assert_non_null(end);
  snprintf(text, sizeof text, "%.*s", (int)(end - data), data);
  assert_string_equal(text, expected);
}

/* ---- numbers ------------------------------------------------------------ */

static void unscaled_values_are_digits(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    int32_t scale;
    const char *text;
  } cases[] = {
      {"\0", 1, 0, "0"},
      {"\0", 1, 2, "0.00"},
      {"\0", 1, -2, "0"},
      {"\x01", 1, 0, "1"},
      {"\xff", 1, 0, "-1"},
      {"\x80", 1, 0, "-128"},
      {"\0\x80", 2, 0, "128"},
      {"\x30\x39", 2, 2, "123.45"},
      {"\x30\x39", 2, 5, "0.12345"},
      {"\x30\x39", 2, 7, "0.0012345"},
      {"\x30\x39", 2, -3, "12345000"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, 0, "-1"},
      {"\0\0\0\0\0\0\0\0\0\0\0\0", 12, 3, "0.000"},
      {"\x80\0\0\0\0\0\0\0", 8, 0, "-9223372036854775808"},
      {"\0\xff\xff\xff\xff\xff\xff\xff\xff", 9, 0, "18446744073709551615"},
      {"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 0, "-170141183460469231731687303715884105728"},
      {"\0\x8a\xc7\x23\x04\x89\xe8\0\0", 9, 18, "10.000000000000000000"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[256];
    assert_text(cases[i].text, out,
                numeric_of_unscaled(out, cases[i].bytes, cases[i].size, cases[i].scale));
  }
}

static void unscaled_values_have_limits(void **state)
{
  (void)state;
  char out[64];
  assert_null(numeric_of_unscaled(out, "", 0, 0));
  assert_null(numeric_of_unscaled(out, "\1", 1, NUMERIC_SCALE_MAX + 1));
  assert_null(numeric_of_unscaled(out, "\1", 1, -NUMERIC_SCALE_MAX - 1));
  assert_null(numeric_of_unscaled(out, "\1", 1, INT32_MIN));
  assert_null(numeric_of_unscaled(out, "\1", NUMERIC_UNSCALED_MAX + 1, 0));
}

static void assert_unscaled_round_trip(const char *digits, size_t size, int32_t scale)
{
  struct numeric_text number;
  assert_true(numeric_read(digits, size, &number));
  uint64_t *bytes = malloc(NUMERIC_BYTES(size) + (size_t)scale);
  size_t used = numeric_unscaled(&number, scale, (unsigned char *)bytes);
  char *out = malloc(NUMERIC_OF_UNSCALED_ROOM(used, scale));
  char *end = numeric_of_unscaled(out, bytes, used, scale);
  assert_non_null(end);
  assert_int_equal(end - out, size);
  assert_memory_equal(out, digits, size);
  free(out);
  free(bytes);
}

/* Every length, so that limbs begin and end everywhere; and PostgreSQL's longest. */
static void unscaled_values_read_back(void **state)
{
  (void)state;
  static char text[NUMERIC_SCALE_MAX + 17000];
  for (size_t digits = 1; digits < 400; digits++)
    for (int scale = 0; scale < 40; scale += 13) {
      char *out = text;
      if (digits & 1)
        *out++ = '-';
      for (size_t i = 0; i < digits; i++)
        *out++ = (char)('1' + (i * 7 + digits) % 9);
      if (scale)
        *out++ = '.';
      for (int i = 0; i < scale; i++)
        *out++ = (char)('0' + i % 10);
      assert_unscaled_round_trip(text, (size_t)(out - text), scale);
    }
  memset(text, '9', 131072 + 1 + 16383);
  text[131072] = '.';
  assert_unscaled_round_trip(text, 131072 + 1 + 16383, 16383);
}

static void exponents_are_written_out(void **state)
{
  (void)state;
  static const char *const cases[][2] = {{"0", "0"},           {"-0.50", "-0.50"},
                                         {"1e3", "1000"},      {"1.5E3", "1500"},
                                         {"1.5e-3", "0.0015"}, {"-12.34e1", "-123.4"},
                                         {"0e5", "0"},         {"1E+0", "1"},
                                         {"007", "7"},         {"0.0", "0.0"},
                                         {"120e-2", "1.20"},   {"NaN", "NaN"},
                                         {".5", "0.5"},        {"-Infinity", "-Infinity"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct numeric_text number;
    char out[64];
    assert_true(numeric_read(cases[i][0], strlen(cases[i][0]), &number));
    assert_true(strlen(cases[i][1]) <= numeric_plain_room(&number));
    assert_text(cases[i][1], out, numeric_plain(out, &number));
  }
  struct numeric_text number;
  char out[64];
  assert_true(numeric_read("1e131073", 8, &number));
  assert_null(numeric_plain(out, &number));
}

static void floats_are_as_postgres_prints_them(void **state)
{
  (void)state;
  static const struct {
    const char *text, *float8, *float4;
  } cases[] = {
      {"0.0", "0", "0"},
      {"-0.0", "-0", "-0"},
      {"1.0", "1", "1"},
      {"0.1", "0.1", "0.1"},
      {"-123456.75", "-123456.75", "-123456.75"},
      {"1.0E7", "10000000", "1e+07"},
      {"123456.0", "123456", "123456"},
      {"1234567.0", "1234567", "1.234567e+06"},
      {"1.0E-4", "0.0001", "0.0001"},
      {"1.25E-5", "1.25e-05", "1.25e-05"},
      {"1.0E14", "100000000000000", "1e+14"},
      {"1.0E15", "1e+15", "1e+15"},
      {"1.7976931348623157E308", "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {"5.0E-324", "5e-324", "5e-324"},
      {"NaN", "NaN", "NaN"},
      {"Infinity", "Infinity", "Infinity"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct numeric_text number;
    char out[64];
    assert_true(numeric_read(cases[i].text, strlen(cases[i].text), &number));
    assert_text(cases[i].float8, out, numeric_float(out, &number, NUMERIC_FLOAT8_PLAIN));
    assert_text(cases[i].float4, out, numeric_float(out, &number, NUMERIC_FLOAT4_PLAIN));
  }
}

/* ---- dates and times ---------------------------------------------------- */

static void days_are_dates(void **state)
{
  (void)state;
  static const struct {
    int64_t days;
    const char *text;
  } cases[] = {{0, "1970-01-01"},
               {-1, "1969-12-31"},
               {20454, "2026-01-01"},
               {-719162, "0001-01-01"},
               {-719163, "0001-12-31 BC"},
               {-735160, "0044-03-15 BC"},
               {2932896, "9999-12-31"},
               {2932897, "10000-01-01"},
               {INT32_MAX, "infinity"},
               {INT32_MIN, "-infinity"},
               {INT64_MAX, "infinity"},
               {INT64_MIN, "-infinity"},
               {2145042905, "5874897-12-31"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[TEMPORAL_TEXT_MAX];
    struct temporal_date date = temporal_date_of_number(cases[i].days);
    assert_text(cases[i].text, out, temporal_write_date(out, &date));
  }
}

static void numbers_are_timestamps(void **state)
{
  (void)state;
  static const struct {
    int64_t number;
    enum temporal_unit unit;
    const char *text;
  } cases[] = {
      {0, TEMPORAL_MILLISECONDS, "1970-01-01 00:00:00"},
      {-1, TEMPORAL_MILLISECONDS, "1969-12-31 23:59:59.999"},
      {-1, TEMPORAL_MICROSECONDS, "1969-12-31 23:59:59.999999"},
      {1, TEMPORAL_NANOSECONDS, "1970-01-01 00:00:00"},
      {-1, TEMPORAL_NANOSECONDS, "1969-12-31 23:59:59.999999"},
      {1756393260123456, TEMPORAL_MICROSECONDS, "2025-08-28 15:01:00.123456"},
      {1756393260120, TEMPORAL_MILLISECONDS, "2025-08-28 15:01:00.12"},
      {-62135596800000, TEMPORAL_MILLISECONDS, "0001-01-01 00:00:00"},
      {-62135596800001, TEMPORAL_MILLISECONDS, "0001-12-31 23:59:59.999 BC"},
      {INT64_C(9223372036825200), TEMPORAL_MILLISECONDS, "infinity"},
      {INT64_C(-9223372036832400), TEMPORAL_MILLISECONDS, "-infinity"},
      {INT64_C(9223372036825200000), TEMPORAL_MICROSECONDS, "infinity"},
      {INT64_C(-9223372036832400000), TEMPORAL_MICROSECONDS, "-infinity"},
      {INT64_C(9223371244800000000) - 1, TEMPORAL_MICROSECONDS, "294246-12-31 23:59:59.999999"},
      {INT64_MAX, TEMPORAL_NANOSECONDS, "infinity"},
      {INT64_MIN, TEMPORAL_NANOSECONDS, "-infinity"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[TEMPORAL_TEXT_MAX];
    struct temporal_timestamp timestamp =
        temporal_timestamp_of_number(cases[i].number, cases[i].unit);
    assert_text(cases[i].text, out, temporal_write_timestamp(out, &timestamp));
  }
}

static void numbers_are_times(void **state)
{
  (void)state;
  struct temporal_time time;
  char out[TEMPORAL_TEXT_MAX];
  assert_true(temporal_time_of_number(86400000, TEMPORAL_MILLISECONDS, &time));
  assert_text("24:00:00", out, temporal_write_time(out, &time));
  assert_true(temporal_time_of_number(14706789000, TEMPORAL_MICROSECONDS, &time));
  assert_text("04:05:06.789", out, temporal_write_time(out, &time));
  assert_true(temporal_time_of_number(1999, TEMPORAL_NANOSECONDS, &time));
  assert_text("00:00:00.000001", out, temporal_write_time(out, &time));
  assert_false(temporal_time_of_number(86400001, TEMPORAL_MILLISECONDS, &time));
  assert_false(temporal_time_of_number(-1, TEMPORAL_MICROSECONDS, &time));
}

static void numbers_are_intervals(void **state)
{
  (void)state;
  static const struct {
    int64_t number;
    enum temporal_unit unit;
    const char *text;
  } cases[] = {{0, TEMPORAL_MICROSECONDS, "00:00:00"},
               {-14706789000, TEMPORAL_MICROSECONDS, "-04:05:06.789"},
               {360000000000000, TEMPORAL_MICROSECONDS, "100000:00:00"},
               {1500000, TEMPORAL_NANOSECONDS, "00:00:00.0015"},
               {INT64_MAX, TEMPORAL_MICROSECONDS, "infinity"},
               {INT64_MIN, TEMPORAL_MICROSECONDS, "-infinity"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[TEMPORAL_TEXT_MAX];
    struct temporal_interval interval = temporal_interval_of_number(cases[i].number, cases[i].unit);
    assert_text(cases[i].text, out, temporal_write_interval(out, &interval));
  }
}

/* Texts of PostgreSQL, read and written again. */
static void canonical_texts_survive(void **state)
{
  (void)state;
  static const char *const timestamps[] = {"2026-01-31 04:05:06.789", "0044-03-15 00:00:00.5 BC",
                                           "294276-12-31 23:59:59.999999", "infinity", "-infinity"};
  static const char *const times[] = {"00:00:00+00", "04:05:06.789-08", "04:05:06+05:30",
                                      "24:00:00-15:59", "04:05:06.1-01:02:03"};
  static const char *const intervals[] = {"1 year 2 mons 3 days 04:05:06.789",
                                          "-1 years -2 mons +3 days -04:05:06.789",
                                          "00:00:00",
                                          "-00:00:00.000001",
                                          "1 mon",
                                          "-1 days +02:03:00",
                                          "1 day -00:00:01",
                                          "10 years -11 mons",
                                          "infinity"};
  char out[TEMPORAL_TEXT_MAX];
  for (size_t i = 0; i < COUNT(timestamps); i++) {
    struct temporal_timestamp timestamp = {0};
    assert_true(temporal_read_timestamp(timestamps[i], strlen(timestamps[i]), &timestamp));
    assert_text(timestamps[i], out, temporal_write_timestamp(out, &timestamp));
  }
  for (size_t i = 0; i < COUNT(times); i++) {
    struct temporal_time time;
    assert_true(temporal_read_time(times[i], strlen(times[i]), &time));
    assert_text(times[i], out, temporal_write_timetz(out, &time));
  }
  for (size_t i = 0; i < COUNT(intervals); i++) {
    struct temporal_interval interval;
    assert_true(temporal_read_interval(intervals[i], strlen(intervals[i]), &interval));
    if (strcmp(intervals[i], "10 years -11 mons")) /* the server never says it so */
      assert_text(intervals[i], out, temporal_write_interval(out, &interval));
    else
      assert_text("9 years 1 mon", out, temporal_write_interval(out, &interval));
  }
}

static void iso_texts_are_read(void **state)
{
  (void)state;
  static const char *const dates[][2] = {
      {"1970-01-01Z", "1970-01-01"},         {"2026-02-28", "2026-02-28"},
      {"-0043-03-15Z", "0044-03-15 BC"},     {"0000-12-31", "0001-12-31 BC"},
      {"+10000-01-01+02:00", "10000-01-01"}, {"infinity", "infinity"}};
  static const char *const timestamps[][2] = {
      {"2026-01-31T04:05:06.789Z", "2026-01-31 04:05:06.789+00"},
      {"2026-01-31T04:05Z", "2026-01-31 04:05:00+00"},
      {"2026-01-31T00:30:00.123456789+01:00", "2026-01-30 23:30:00.123456+00"},
      {"1969-12-31T23:30:00-01:00", "1970-01-01 00:30:00+00"},
      {"-0043-03-15T00:00:00Z", "0044-03-15 00:00:00+00 BC"},
      {"+294276-12-31T23:59:59.999999Z", "294276-12-31 23:59:59.999999+00"},
      {"+294247-01-10T04:00:25.2Z", "infinity"}, /* Debezium's */
      {"-290308-12-21T19:59:27.6Z", "-infinity"},
      {"+294247-01-10T04:00:25.1Z", "294247-01-10 04:00:25.1+00"},
      {"-infinity", "-infinity"}};
  char out[TEMPORAL_TEXT_MAX];
  for (size_t i = 0; i < COUNT(dates); i++) {
    struct temporal_date date;
    assert_true(temporal_read_iso_date(dates[i][0], strlen(dates[i][0]), &date));
    assert_text(dates[i][1], out, temporal_write_date(out, &date));
  }
  for (size_t i = 0; i < COUNT(timestamps); i++) {
    struct temporal_timestamp timestamp;
    assert_true(
        temporal_read_iso_timestamp(timestamps[i][0], strlen(timestamps[i][0]), &timestamp));
    assert_text(timestamps[i][1], out, temporal_write_timestamptz(out, &timestamp));
  }
  struct temporal_time time;
  assert_true(temporal_read_iso_time("24:00:00Z", 9, &time));
  assert_text("24:00:00+00", out, temporal_write_timetz(out, &time));
  assert_true(temporal_read_iso_time("04:05:06.5+05:30", 16, &time));
  assert_text("04:05:06.5+05:30", out, temporal_write_timetz(out, &time));
}

static void iso_intervals_are_read(void **state)
{
  (void)state;
  static const char *const cases[][2] = {
      {"P1Y2M3DT4H5M6.789S", "1 year 2 mons 3 days 04:05:06.789"},
      {"P0Y0M0DT0H0M0S", "00:00:00"},
      {"P-1Y-2M3DT-4H-5M-6.789S", "-1 years -2 mons +3 days -04:05:06.789"},
      {"P0Y0M0DT0H0M-0.5S", "-00:00:00.5"},
      {"PT26H", "26:00:00"},
      {"P2W", "14 days"},
      {"infinity", "infinity"}};
  char out[TEMPORAL_TEXT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct temporal_interval interval;
    assert_true(temporal_read_iso_interval(cases[i][0], strlen(cases[i][0]), &interval));
    assert_text(cases[i][1], out, temporal_write_interval(out, &interval));
  }
}

static void what_is_not_iso_is_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      "P",
                                      "PT",
                                      "P1",
                                      "1Y",
                                      "P1H",
                                      "PT1Y",
                                      "P1.5Y",
                                      "PT1.S",
                                      "P1YX",
                                      "2026",
                                      "2026-1-1",
                                      "2026-13-01",
                                      "10000-01-01",
                                      "25:00Z",
                                      "24:00:01Z",
                                      "04:05:06+19",
                                      "04:05:06ZZ",
                                      "2026-01-31 ",
                                      "2026-01-31T",
                                      "PT999999999999999999H"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct temporal_date date;
    struct temporal_time time;
    struct temporal_timestamp timestamp;
    struct temporal_interval interval;
    size_t size = strlen(texts[i]);
    assert_false(temporal_read_iso_date(texts[i], size, &date));
    assert_false(temporal_read_iso_time(texts[i], size, &time));
    assert_false(temporal_read_iso_timestamp(texts[i], size, &timestamp));
    assert_false(temporal_read_iso_interval(texts[i], size, &interval));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unscaled_values_are_digits),
      cmocka_unit_test(unscaled_values_have_limits),
      cmocka_unit_test(unscaled_values_read_back),
      cmocka_unit_test(exponents_are_written_out),
      cmocka_unit_test(floats_are_as_postgres_prints_them),
      cmocka_unit_test(days_are_dates),
      cmocka_unit_test(numbers_are_timestamps),
      cmocka_unit_test(numbers_are_times),
      cmocka_unit_test(numbers_are_intervals),
      cmocka_unit_test(canonical_texts_survive),
      cmocka_unit_test(iso_texts_are_read),
      cmocka_unit_test(iso_intervals_are_read),
      cmocka_unit_test(what_is_not_iso_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
