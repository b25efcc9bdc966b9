/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of COPY text into values. */
#include "copy_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#define COLUMNS_MAX 8

/* `values`: what is expected, NULL for NULL. */
static void expect(const char *text, size_t size, uint32_t count, const char *const *values)
{
  char line[256];
  struct headrace_value got[COLUMNS_MAX];
  memcpy(line, text, size);
  assert_true(copy_row_parse(line, size, got, count));
  for (uint32_t n = 0; n < count; n++) {
    if (!values[n]) {
      assert_int_equal(got[n].state, HEADRACE_NULL);
      continue;
    }
    assert_int_equal(got[n].state, HEADRACE_TEXT);
    assert_int_equal(got[n].size, strlen(values[n]));
    assert_memory_equal(got[n].data, values[n], got[n].size);
  }
}

#define EXPECT(text, ...)                                                                          \
  do {                                                                                             \
    const char *const values[] = {__VA_ARGS__};                                                    \
    expect(text, sizeof text - 1, sizeof values / sizeof *values, values);                         \
  } while (0)

static void refuse(const char *text, uint32_t count)
{
  char line[256];
  struct headrace_value got[COLUMNS_MAX];
  memcpy(line, text, strlen(text));
  assert_false(copy_row_parse(line, strlen(text), got, count));
}

static void test_values(void **state)
{
  (void)state;
  EXPECT("1\tabc\t2.50\n", "1", "abc", "2.50");
  EXPECT("1\tabc\t2.50", "1", "abc", "2.50");
  EXPECT("\n", "");
  EXPECT("\t\n", "", "");
  EXPECT("a\t\tb\n", "a", "", "b");
  EXPECT("äöü\t\xe2\x82\xac\n", "äöü", "€");
}

static void test_null_is_not_text(void **state)
{
  (void)state;
  EXPECT("\\N\n", NULL);
  EXPECT("\\N\t\\N\n", NULL, NULL);
  EXPECT("a\t\\N\tb\n", "a", NULL, "b");
  EXPECT("\\\\N\tx\n", "\\N", "x"); /* the two characters \N as text */
  EXPECT("N\t\\\\\n", "N", "\\");
}

static void test_escapes(void **state)
{
  (void)state;
  EXPECT("a\\tb\\nc\\rd\\\\e\t\\b\\f\\v\n", "a\tb\nc\rd\\e", "\b\f\v");
  EXPECT("\\\\\\\\\n", "\\\\");
  EXPECT("x\\t\t\\ty\n", "x\t", "\ty");
}

static void test_rows_without_columns(void **state)
{
  (void)state;
  struct headrace_value none;
  char line[] = "\n";
  assert_true(copy_row_parse(line, 1, &none, 0));
  assert_true(copy_row_parse(line, 0, &none, 0));
  line[0] = 'x';
  assert_false(copy_row_parse(line, 1, &none, 0));
}

static void test_what_copy_never_writes(void **state)
{
  (void)state;
  refuse("a\tb\n", 1);
  refuse("a\tb\n", 3);
  refuse("a\n", 2);
  refuse("a\t\\Nx\n", 2); /* NULL is a whole value */
  refuse("a\\x41\n", 1);
  refuse("a\\101\n", 1);
  refuse("a\\", 1);
  refuse("a\\\n", 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_null_is_not_text),
      cmocka_unit_test(test_escapes),
      cmocka_unit_test(test_rows_without_columns),
      cmocka_unit_test(test_what_copy_never_writes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
