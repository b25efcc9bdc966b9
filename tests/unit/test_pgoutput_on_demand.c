/* SPDX-License-Identifier: Apache-2.0
 *
 * What decides which rows of a chunk are sent: what a snapshot sees, keys of rows,
 * what was touched between watermarks. */
#include "held_rows.h"
#include "touched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static struct xid_snapshot snapshot(const char *text)
{
  struct xid_snapshot result;
  assert_true(xid_snapshot_parse(text, &result));
  return result;
}

static void test_what_a_snapshot_sees(void **state)
{
  (void)state;
  struct xid_snapshot seen = snapshot("100:110:102,105");
  assert_true(xid_snapshot_sees(&seen, 99));
  assert_true(xid_snapshot_sees(&seen, 101));
  assert_false(xid_snapshot_sees(&seen, 102));
  assert_false(xid_snapshot_sees(&seen, 105));
  assert_true(xid_snapshot_sees(&seen, 109));
  assert_false(xid_snapshot_sees(&seen, 110));
  assert_false(xid_snapshot_sees(&seen, 111));
  xid_snapshot_free(&seen);
}

/* pg_current_snapshot has 64 bits, the stream 32. */
static void test_numbers_that_wrap(void **state)
{
  (void)state;
  struct xid_snapshot seen = snapshot("12884901880:12884901895:12884901888,12884901890");
  assert_true(xid_snapshot_sees(&seen, UINT32_MAX - 8));
  assert_true(xid_snapshot_sees(&seen, UINT32_MAX));
  assert_false(xid_snapshot_sees(&seen, 0));
  assert_true(xid_snapshot_sees(&seen, 1));
  assert_false(xid_snapshot_sees(&seen, 2));
  assert_false(xid_snapshot_sees(&seen, 7));
  assert_false(xid_snapshot_sees(&seen, 8));
  xid_snapshot_free(&seen);
}

static void test_what_is_no_snapshot(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "", "1", "1:", "1:2", "a:2:", "1:2:x", "1:2:3x", ":2:", "1:2:-3"};
  struct xid_snapshot result;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(xid_snapshot_parse(bad[i], &result));
  result = snapshot("1:1:");
  xid_snapshot_free(&result);
}

/* ---- keys -------------------------------------------------------------- */

static const struct row_key_secret secret = {UINT64_C(0x0706050403020100),
                                             UINT64_C(0x0f0e0d0c0b0a0908)};
static const struct headrace_column columns[3];
static const uint16_t key_columns[] = {1};

static struct row_key key_of(uint32_t key_count, const char *a, const char *b, const char *c)
{
  const char *texts[] = {a, b, c};
  struct headrace_value values[3];
  struct headrace_relation relation = {
      .columns = columns, .column_count = 3, .key = key_columns, .key_count = key_count};
  struct row_key key;
  for (int i = 0; i < 3; i++)
    values[i] = (struct headrace_value){.data = texts[i],
                                        .size = texts[i] ? (uint32_t)strlen(texts[i]) : 0,
                                        .state = texts[i] ? HEADRACE_TEXT : HEADRACE_NULL};
  assert_true(row_key_of(&secret, &relation, values, &key));
  return key;
}

static bool same(struct row_key x, struct row_key y)
{
  return row_key_compare(&x, &y) == 0;
}

static void test_row_keys(void **state)
{
  (void)state;
  assert_true(same(key_of(1, "1", "k", "2"), key_of(1, "3", "k", NULL)));
  assert_false(same(key_of(1, "1", "k", "2"), key_of(1, "1", "l", "2")));
  assert_true(same(key_of(0, "a", "b", NULL), key_of(0, "a", "b", NULL)));
  assert_false(same(key_of(0, "a", "bc", ""), key_of(0, "ab", "c", "")));
  assert_false(same(key_of(0, "a", "", ""), key_of(0, "a", NULL, "")));
  assert_false(same(key_of(0, "12345678", "", ""), key_of(0, "12345679", "", "")));
}

/* The reference's vector of nothing (siphash, vectors.h, vectors_sip128[0]). */
static void test_reference_vector(void **state)
{
  (void)state;
  struct headrace_relation relation = {.columns = columns};
  struct row_key key;
  assert_true(row_key_of(&secret, &relation, NULL, &key));
  assert_true(key.a == UINT64_C(0xe6a825ba047f81a3));
  assert_true(key.b == UINT64_C(0x930255c71472f66d));
}

static void test_an_absent_value_is_no_key(void **state)
{
  (void)state;
  struct headrace_value values[3] = {{.state = HEADRACE_NULL}, {.state = HEADRACE_ABSENT}};
  struct headrace_relation relation = {
      .columns = columns, .column_count = 3, .key = key_columns, .key_count = 1};
  struct row_key key;
  assert_false(row_key_of(&secret, &relation, values, &key));
}

/* ---- touched ----------------------------------------------------------- */

#define SEEN   90u
#define UNSEEN 200u

static struct row_key number(uint64_t n)
{
  return (struct row_key){n, ~n};
}

static void touch(struct touched *touched, enum touched_kind kind, uint64_t n, uint32_t xid)
{
  struct row_key key = number(n);
  touched_add(touched, kind, kind == TOUCHED_TRUNCATED ? NULL : &key, xid);
}

static void resolve(struct touched *touched, bool keyed)
{
  struct xid_snapshot seen = snapshot("100:110:");
  touched_resolve(touched, &seen, keyed);
  xid_snapshot_free(&seen);
}

/* How many of `rows` equal rows are left out. */
static int left_out(struct touched *touched, uint64_t n, int rows)
{
  struct row_key key = number(n);
  int count = 0;
  while (rows-- > 0)
    count += touched_takes(touched, &key);
  return count;
}

static void test_a_key_that_was_touched(void **state)
{
  (void)state;
  struct touched touched = {.items = NULL};
  touch(&touched, TOUCHED_ADDED, 5, SEEN);
  touch(&touched, TOUCHED_REMOVED, 3, UNSEEN);
  touch(&touched, TOUCHED_ADDED, 3, UNSEEN);
  resolve(&touched, true);
  assert_int_equal(left_out(&touched, 5, 1), 1);
  assert_int_equal(left_out(&touched, 3, 1), 1);
  assert_int_equal(left_out(&touched, 4, 1), 0);
  touched_clear(&touched);
  resolve(&touched, true);
  assert_int_equal(left_out(&touched, 5, 1), 0);
  touched_free(&touched);
}

/* The chunk has three of each: what is left out makes it what was there before the low
 * watermark, without what was taken away since. */
static void test_equal_rows_are_counted(void **state)
{
  (void)state;
  struct touched touched = {.items = NULL};
  touch(&touched, TOUCHED_ADDED, 1, SEEN);   /* sent as an insert */
  touch(&touched, TOUCHED_ADDED, 2, UNSEEN); /* not in the chunk */
  touch(&touched, TOUCHED_REMOVED, 3, SEEN); /* not in the chunk any more */
  touch(&touched, TOUCHED_REMOVED, 4, UNSEEN);
  touch(&touched, TOUCHED_REMOVED, 4, UNSEEN);
  touch(&touched, TOUCHED_ADDED, 5, SEEN);
  touch(&touched, TOUCHED_REMOVED, 5, SEEN);
  touch(&touched, TOUCHED_ADDED, 6, UNSEEN);
  touch(&touched, TOUCHED_REMOVED, 6, UNSEEN);
  touch(&touched, TOUCHED_ADDED, 7, SEEN);
  touch(&touched, TOUCHED_REMOVED, 7, UNSEEN);
  resolve(&touched, false);
  static const int expected[] = {0, 1, 0, 0, 2, 0, 0, 1};
  for (uint64_t n = 1; n < sizeof expected / sizeof *expected; n++)
    assert_int_equal(left_out(&touched, n, 3), expected[n]);
  touched_free(&touched);
}

static void test_truncates(void **state)
{
  (void)state;
  struct touched touched = {.items = NULL};
  touch(&touched, TOUCHED_ADDED, 1, SEEN);
  touch(&touched, TOUCHED_TRUNCATED, 0, SEEN);
  touch(&touched, TOUCHED_ADDED, 2, SEEN);
  resolve(&touched, false);
  assert_int_equal(left_out(&touched, 1, 2), 0);
  assert_int_equal(left_out(&touched, 2, 2), 1);
  touched_clear(&touched);
  touch(&touched, TOUCHED_TRUNCATED, 0, UNSEEN);
  resolve(&touched, true);
  assert_int_equal(left_out(&touched, 9, 2), 2);
  touched_free(&touched);
}

static void test_too_much(void **state)
{
  (void)state;
  struct touched touched = {.items = NULL};
  for (uint64_t n = 0; n < TOUCHED_MAX; n++)
    touch(&touched, TOUCHED_ADDED, n, SEEN);
  assert_false(touched.overflowed);
  touch(&touched, TOUCHED_ADDED, 0, SEEN);
  assert_true(touched.overflowed);
  assert_int_equal(touched.count, TOUCHED_MAX);
  touched_free(&touched);
}

static void test_held_rows(void **state)
{
  (void)state;
  struct held_rows rows = {.bytes = NULL};
  struct held_row row;
  assert_false(held_rows_next(&rows, &row));
  for (uint64_t n = 0; n < 5000; n++) {
    struct row_key key = number(n);
    held_rows_add(&rows, &key, "some text of a row\n", n % 20);
  }
  for (uint64_t n = 0; n < 5000; n++) {
    assert_true(held_rows_next(&rows, &row));
    assert_true(same(row.key, number(n)));
    assert_int_equal(row.size, n % 20);
    assert_memory_equal(row.line, "some text of a row\n", row.size);
  }
  assert_false(held_rows_next(&rows, &row));
  held_rows_clear(&rows, 1000);
  assert_null(rows.bytes);
  assert_false(held_rows_next(&rows, &row));
  held_rows_free(&rows);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_a_snapshot_sees),
      cmocka_unit_test(test_numbers_that_wrap),
      cmocka_unit_test(test_what_is_no_snapshot),
      cmocka_unit_test(test_row_keys),
      cmocka_unit_test(test_reference_vector),
      cmocka_unit_test(test_an_absent_value_is_no_key),
      cmocka_unit_test(test_a_key_that_was_touched),
      cmocka_unit_test(test_equal_rows_are_counted),
      cmocka_unit_test(test_truncates),
      cmocka_unit_test(test_too_much),
      cmocka_unit_test(test_held_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
