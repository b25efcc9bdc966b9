/* SPDX-License-Identifier: Apache-2.0
 *
 * Positions as text. */
#include "position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static void test_lsn(void **state)
{
  (void)state;
  uint64_t lsn;
  assert_string_equal(lsn_text(0).text, "0/0");
  assert_string_equal(lsn_text(UINT64_MAX).text, "FFFFFFFF/FFFFFFFF");
  assert_true(lsn_parse("16/B374D848", &lsn));
  assert_true(lsn == 0x16B374D848);
  const char *const bad[] = {"",     "/",           "0/",          "/0",
                             "0",    "100000000/0", "0/100000000", "0/0 ",
                             "-1/0", "0x1/0",       "1/2/3",       "000000000000000000000/1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(lsn_parse(bad[i], &lsn));
}

static void round_trip(const struct pg_position *position, const char *text)
{
  char out[POSITION_TEXT_MAX];
  size_t size = position_write(position, out);
  assert_int_equal(size, strlen(text));
  assert_memory_equal(out, text, size);
  struct pg_position again;
  assert_true(position_parse(out, size, &again));
  assert_memory_equal(&again, position, sizeof again);
}

static void test_round_trip(void **state)
{
  (void)state;
  struct pg_position position;
  memset(&position, 0, sizeof position); /* the padding too: it is compared */
  position.system = 7;
  position.timeline = 1;
  position.lsn = 0x16B3748;
  round_trip(&position, "system=7 timeline=1 lsn=0/16B3748");
  position.previous = 0x16B3700;
  position.transaction = 0x16B3800;
  position.ordinal = 12;
  round_trip(&position, "system=7 timeline=1 lsn=0/16B3748 previous=0/16B3700 "
                        "transaction=0/16B3800 ordinal=12");
  position.on_demand = (struct on_demand_cursor){3, 16384, 16390, 12, 5};
  round_trip(&position, "system=7 timeline=1 lsn=0/16B3748 previous=0/16B3700 "
                        "transaction=0/16B3800 ordinal=12 on_demand=3/16384/16390/12/5");
  position = (struct pg_position){
      .system = 7, .timeline = 1, .lsn = 0x16B3748, .snapshot = 3, .chunk = 12};
  round_trip(&position, "system=7 timeline=1 lsn=0/16B3748 snapshot=3 chunk=12");
  position.snapshot = position.chunk = UINT64_MAX;
  position.on_demand =
      (struct on_demand_cursor){UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  position.system = position.lsn = position.previous = position.transaction = position.ordinal =
      UINT64_MAX;
  position.timeline = UINT32_MAX;
  char out[POSITION_TEXT_MAX];
  assert_true(position_write(&position, out) < POSITION_TEXT_MAX);
}

static bool parses(const char *text)
{
  struct pg_position position;
  return position_parse(text, strlen(text), &position);
}

static void test_what_is_no_position(void **state)
{
  (void)state;
  assert_true(parses("system=7 timeline=1 lsn=0/1"));
  assert_false(parses(""));
  assert_false(parses("system=7 timeline=1"));
  assert_false(parses("timeline=1 lsn=0/1"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 color=red"));
  assert_false(parses("system=7 timeline=4294967296 lsn=0/1"));
  assert_false(parses("system=99999999999999999999999 timeline=1 lsn=0/1"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 ordinal=-1"));
  assert_false(parses("system=7 timeline=1 lsn=nowhere"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 snapshot=one"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 snapshot=1 chunk=-1"));
  assert_false(parses("system timeline lsn"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 on_demand=3/1/1/1"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 on_demand=3/1/1/1/1/1"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 on_demand=0/1/1/1/1"));
  assert_false(parses("system=7 timeline=1 lsn=0/1 on_demand=3/1/4294967296/1/1"));
  char large[POSITION_TEXT_MAX + 100];
  memset(large, ' ', sizeof large);
  struct pg_position position;
  assert_false(position_parse(large, sizeof large, &position));
  assert_false(position_parse("system=7\0timeline=1 lsn=0/1", 27, &position));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lsn),
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_what_is_no_position),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
