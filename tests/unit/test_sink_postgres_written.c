/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres: which offsets are written, as a set and as text. */
#include "written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *hex_of(const struct written *written)
{
  char *hex = malloc(written_hex_size(written));
  written_to_hex(written, hex);
  assert_true(strlen(hex) < written_hex_size(written));
  return hex;
}

static void test_what_was_added_is_there(void **state)
{
  (void)state;
  const int64_t offsets[] = {5, 0, 64, 63, 1000, 127, INT64_MAX - 64, 128};
  struct written written = {0};
  assert_int_equal(written_end(&written), 0);
  for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    assert_false(written_has(&written, offsets[i]));
    written_add(&written, offsets[i]);
    assert_true(written_has(&written, offsets[i]));
  }
  assert_false(written_has(&written, 6));
  assert_false(written_has(&written, 65));
  assert_int_equal(written.count, 5);
  for (size_t i = 1; i < written.count; i++)
    assert_true(written.words[i - 1].number < written.words[i].number);
  written_free(&written);
}

static void test_the_end_is_behind_the_last(void **state)
{
  (void)state;
  struct written written = {0};
  const int64_t offsets[] = {0, 1, 63, 64, 4711};
  for (size_t i = 0; i < 5; i++) {
    written_add(&written, offsets[i]);
    assert_int_equal(written_end(&written), offsets[i] + 1);
  }
  written_free(&written);
}

/* Every range of every one of some sets. */
static void test_a_range_of_another(void **state)
{
  (void)state;
  for (int64_t from = -1; from < 200; from += 7)
    for (int64_t to = -1; to < 200; to += 9) {
      struct written all = {0}, some = {0};
      for (int64_t offset = 0; offset < 195; offset += 3)
        written_add(&all, offset);
      written_take(&some, &all, from, to);
      for (int64_t offset = 0; offset < 200; offset++)
        assert_true(written_has(&some, offset) ==
                    (written_has(&all, offset) && offset >= from && offset < to));
      written_free(&all);
      written_free(&some);
    }
}

static void test_text_and_back(void **state)
{
  (void)state;
  struct written written = {0}, back = {0};
  uint64_t random = 1;
  int64_t offset = 0;
  for (int i = 0; i < 5000; i++) {
    random = random * UINT64_C(6364136223846793005) + 1;
    offset += (int64_t)(random >> 33) % (i % 100 ? 70 : INT64_C(1) << 40) + 1;
    written_add(&written, offset);
  }
  written_add(&written, INT64_MAX - 64);
  char *hex = hex_of(&written);
  written_add(&back, 3); /* is replaced */
  assert_true(written_from_hex(&back, hex, strlen(hex)));
  assert_int_equal(back.count, written.count);
  assert_memory_equal(back.words, written.words, written.count * sizeof *written.words);
  free(hex);
  written_free(&written);
  written_free(&back);
}

static void test_known_text(void **state)
{
  (void)state;
  struct written written = {0};
  written_add(&written, 1);
  written_add(&written, 64 * 200 + 8);
  char *hex = hex_of(&written);
  assert_string_equal(hex, "000200000000000000"
                           "c8010001000000000000");
  free(hex);
  written_free(&written);
}

static void test_damaged_texts(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "0",
      "00",
      "0g0200000000000000",
      "000000000000000000", /* no bits */
      "0002000000000000",
      "000200000000000000000200000000000000", /* the same word again */
      "ffffffffffffffff7f0100000000000000",   /* beyond every offset */
      "ffffffffffffffffff01020000000000000000",
      "80"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct written written = {0};
    assert_false(written_from_hex(&written, texts[i], strlen(texts[i])));
    written_free(&written);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_was_added_is_there),
      cmocka_unit_test(test_the_end_is_behind_the_last),
      cmocka_unit_test(test_a_range_of_another),
      cmocka_unit_test(test_text_and_back),
      cmocka_unit_test(test_known_text),
      cmocka_unit_test(test_damaged_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
