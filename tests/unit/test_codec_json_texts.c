/* SPDX-License-Identifier: Apache-2.0
 *
 * plugins/common: JSON text, numbers and dates, against slow and obvious versions of themselves. */
#include "json_text.h"
#include "numeric_text.h"
#include "temporal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *seed) /* xorshift64 */
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  return *seed ^= *seed << 17;
}

static size_t slow_escape(char *out, const char *data, size_t size)
{
  static const char letters[] = "\b\t\n\f\r\"\\", names[] = "btnfr\"\\";
  char *at = out;
  for (size_t i = 0; i < size; i++) {
    const char *letter = data[i] ? strchr(letters, data[i]) : NULL;
    if (letter)
      at += sprintf(at, "\\%c", names[letter - letters]);
    else if ((unsigned char)data[i] < 0x20)
      at += sprintf(at, "\\u%04X", (unsigned)data[i]);
    else
      *at++ = data[i];
  }
  return (size_t)(at - out);
}

static void escapes_at_every_place(void **state)
{
  (void)state;
  static const char odd[] = "\"\\\x01\n\x1f\x7f\xc3/";
  for (size_t size = 0; size < 70; size++)
    for (size_t place = 0; place < (size ? size : 1); place++)
      for (size_t kind = 0; kind < sizeof odd - 1; kind++) {
        char *data = malloc(size + 1), *out = malloc(JSON_ESCAPE_GROWTH * size + 1), expected[512];
        memset(data, 'a', size);
        if (size)
          data[place] = odd[kind];
        size_t length = slow_escape(expected, data, size);
        char *exact = realloc(data, size ? size : 1);
        assert_int_equal(json_escape(out, exact, size) - out, length);
        assert_memory_equal(out, expected, length);
        assert_int_equal(json_escaped_size(exact, size), length);
        free(exact);
        free(out);
      }
}

static void characters_of_four_bytes(void **state)
{
  (void)state;
  static const struct {
    const char *in, *out;
  } cases[] = {{"\xf0\x9f\x98\x80", "\\uD83D\\uDE00"},
               {"\xf4\x8f\xbf\xbf", "\\uDBFF\\uDFFF"},
               {"\xf0\x90\x80\x80x", "\\uD800\\uDC00x"},
               {"aaaaaaaaaaaaaa\xf0\x9f\x98\x80", "aaaaaaaaaaaaaa\\uD83D\\uDE00"},
               {"\xf0\x9f\x98", "\xf0\x9f\x98"},
               {"\xf0", "\xf0"},
               {"\xf5\x9f\x98\x80", "\xf5\x9f\x98\x80"},
               {"\xff", "\xff"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[128];
    size_t size = (size_t)(json_escape(out, cases[i].in, strlen(cases[i].in)) - out);
    assert_int_equal(size, strlen(cases[i].out));
    assert_memory_equal(out, cases[i].out, size);
  }
}

static void integers(void **state)
{
  (void)state;
  uint64_t seed = 88172645463325252u;
  char out[32], expected[32];
  for (int i = 0; i < 100000; i++) {
    int64_t number = (int64_t)(next_random(&seed) >> i % 64);
    if (i % 3 == 0)
      number = -number;
    *json_integer(out, number) = '\0';
    snprintf(expected, sizeof expected, "%" PRId64, number);
    assert_string_equal(out, expected);
  }
  *json_integer(out, INT64_MIN) = '\0';
  assert_string_equal(out, "-9223372036854775808");
  *json_unsigned(out, UINT64_MAX) = '\0';
  assert_string_equal(out, "18446744073709551615");
}

static void base64_and_hex(void **state)
{
  (void)state;
  static const char *const expected[] = {"", "+w==", "+/8=", "+/+/", "+/+/AA=="};
  char out[32];
  for (size_t size = 0; size < 5; size++) {
    *json_base64(out, "\xfb\xff\xbf\x00", size, JSON_BASE64_STANDARD) = '\0';
    assert_string_equal(out, expected[size]);
  }
  *json_base64(out, "\xfb\xff\xbf", 3, JSON_BASE64_URL_SAFE) = '\0';
  assert_string_equal(out, "-_-_");
  *json_hex(out, "\x00\xff\x1a", 3) = '\0';
  assert_string_equal(out, "00ff1a");
  assert_ptr_equal(json_unhex(out, "00fF1a", 6), out + 3);
  assert_memory_equal(out, "\x00\xff\x1a", 3);
  assert_null(json_unhex(out, "0", 1));
  assert_null(json_unhex(out, "0g", 2));
}

/* Divides the digits by 256 again and again. */
static size_t slow_unscaled(const char *digits, bool negative, unsigned char *out)
{
  char work[512];
  unsigned char low_first[256];
  size_t count = strlen(digits), size = 0;
  memcpy(work, digits, count);
  for (bool more = true; more;) {
    unsigned rest = 0;
    more = false;
    for (size_t i = 0; i < count; i++) {
      rest = rest * 10 + (unsigned)(work[i] - '0');
      work[i] = (char)('0' + rest / 256);
      more |= rest / 256 > 0;
      rest %= 256;
    }
    low_first[size++] = (unsigned char)rest;
  }
  low_first[size++] = 0;
  unsigned carry = 1;
  for (size_t i = 0; negative && i < size; i++) {
    unsigned byte = (unsigned char)~low_first[i] + carry;
    low_first[i] = (unsigned char)byte;
    carry = byte >> 8;
  }
  unsigned char sign = negative && low_first[size - 1] ? 0xff : 0;
  while (size > 1 && low_first[size - 1] == sign && (low_first[size - 2] & 0x80) == (sign & 0x80))
    size--;
  for (size_t i = 0; i < size; i++)
    out[i] = low_first[size - 1 - i];
  return size;
}

static void unscaled_values(void **state)
{
  (void)state;
  uint64_t seed = 2463534242u;
  for (int i = 0; i < 20000; i++) {
    char text[256], digits[256];
    size_t count = 1 + next_random(&seed) % 120, used = 0;
    bool negative = next_random(&seed) % 2;
    if (negative)
      text[used++] = '-';
    size_t first = used;
    for (size_t j = 0; j < count; j++)
      text[used++] = (char)('0' + (i % 5 ? next_random(&seed) % 10 : j == 0));
    text[used] = '\0';
    memcpy(digits, text + first, count + 1);
    /* A point somewhere: the unscaled digits are the same. */
    size_t scale = next_random(&seed) % count;
    if (scale) {
      memmove(text + used - scale + 1, text + used - scale, scale + 1);
      text[used - scale] = '.';
      used++;
    }
    struct numeric_text number;
    assert_true(numeric_read(text, used, &number));
    uint64_t out[64];
    unsigned char expected[256];
    size_t size = numeric_unscaled(&number, (int32_t)scale, (unsigned char *)out);
    assert_int_equal(size, slow_unscaled(digits, negative, expected));
    assert_memory_equal(out, expected, size);
    assert_true(8 * ((size + 7) / 8) <= NUMERIC_BYTES(count));
  }
}

static void numbers_that_are_none(void **state)
{
  (void)state;
  static const char *const wrong[] = {"",   "-",   ".",   "1.2.3", "1e", "1e+",
                                      "1x", "nan", "0x1", "+1",    " 1", "1e9999999"};
  struct numeric_text number;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(numeric_read(wrong[i], strlen(wrong[i]), &number));
}

/* Every day of 6,000 years, counted. */
static void days(void **state)
{
  (void)state;
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  struct temporal_date date = {.year = -2999, .month = 1, .day = 1};
  int64_t day = temporal_days(&date);
  for (int year = -2999; year <= 3000; year++) {
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; month++)
      for (int number = 1; number <= lengths[month - 1] + (leap && month == 2); number++, day++) {
        date = (struct temporal_date){.year = year, .month = month, .day = number};
        assert_int_equal(temporal_days(&date), day);
        struct temporal_date back = temporal_date_of_days(day);
        assert_true(back.year == year && back.month == month && back.day == number);
      }
  }
  date = (struct temporal_date){.year = 1970, .month = 1, .day = 1};
  assert_int_equal(temporal_days(&date), 0);
}

static void times_that_are_none(void **state)
{
  (void)state;
  struct temporal_date date;
  struct temporal_time time;
  struct temporal_timestamp timestamp;
  struct temporal_interval interval;
  static const char *const wrong[] = {
      "",         "x",           "2024-1-2",         "2024-13-01", "2024-00-01",
      "24-01-02", "2024-01-02 ", "2024-01-02 03:04", "03:04",      "03:60:00",
      "25:00:00", "03:04:05.",   "03:04:05.1234567", "1 week",     "1 day ",
      "1 day 1",  "infinityx",   "99999999999 years"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(temporal_read_date(wrong[i], strlen(wrong[i]), &date));
    assert_false(temporal_read_time(wrong[i], strlen(wrong[i]), &time));
    assert_false(temporal_read_timestamp(wrong[i], strlen(wrong[i]), &timestamp));
    if (*wrong[i] && strcmp(wrong[i], "25:00:00")) /* an interval may have that many hours */
      assert_false(temporal_read_interval(wrong[i], strlen(wrong[i]), &interval));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(escapes_at_every_place),
      cmocka_unit_test(characters_of_four_bytes),
      cmocka_unit_test(integers),
      cmocka_unit_test(base64_and_hex),
      cmocka_unit_test(unscaled_values),
      cmocka_unit_test(numbers_that_are_none),
      cmocka_unit_test(days),
      cmocka_unit_test(times_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
