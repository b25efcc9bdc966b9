/* SPDX-License-Identifier: Apache-2.0
 *
 * source-kafka's bookkeeping: partitions by name and number, and what is on its way of them. */
#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_partitions_are_found_again(void **state)
{
  (void)state;
  struct topics topics = {0};
  struct partition *third = partition_get(&topics, "b", 3);
  struct partition *first = partition_get(&topics, "b", 0);
  struct partition *other = partition_get(&topics, "a", 1000);
  assert_ptr_equal(partition_get(&topics, "b", 3), third);
  assert_ptr_equal(partition_find(&topics, "b", 0), first);
  assert_null(partition_find(&topics, "b", 2));
  assert_null(partition_find(&topics, "b", 4));
  assert_null(partition_find(&topics, "b", -1));
  assert_null(partition_find(&topics, "c", 0));
  assert_string_equal(other->name, "a/1000");
  size_t at = 0;
  assert_ptr_equal(partition_next(&topics, &at), first);
  assert_ptr_equal(partition_next(&topics, &at), third);
  assert_ptr_equal(partition_next(&topics, &at), other);
  assert_null(partition_next(&topics, &at));
  topics_free(&topics);
}

static void send_off(struct in_flight *in_flight, uint64_t mark, struct partition *partition,
                     int64_t to)
{
  const struct flight flight = {mark, partition, to};
  in_flight_add(in_flight, &flight);
}

static void test_marks_retire_in_order(void **state)
{
  (void)state;
  struct in_flight in_flight = {0};
  struct partition a = {.state = PARTITION_READING, .durable = NOT_KNOWN};
  struct partition b = {.state = PARTITION_READING, .durable = NOT_KNOWN};
  for (int64_t i = 1; i <= 1000; i++) {
    send_off(&in_flight, (uint64_t)i, &a, 10 * i);
    if (i % 10 == 0)
      send_off(&in_flight, (uint64_t)i, &b, i);
    if (i % 3 == 0)
      in_flight_retire(&in_flight, (uint64_t)i / 2);
  }
  in_flight_retire(&in_flight, 990);
  assert_int_equal(a.durable, 9900);
  assert_int_equal(b.durable, 990);
  assert_int_equal(a.in_flight, 10);
  assert_int_equal(b.in_flight, 1);
  in_flight_retire(&in_flight, 1000);
  assert_int_equal(a.in_flight + b.in_flight, 0);
  in_flight_free(&in_flight);
}

static void test_times(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } times[] = {{"0", 0},
               {"1769832306789", 1769832306789},
               {"2026-01-31T04:05:06Z", 1769832306000},
               {"2026-01-31 04:05:06+00", 1769832306000},
               {"2026-01-31T04:05:06", -1},
               {"2026-01-31", -1},
               {"2026-13-31T04:05:06Z", -1},
               {"-5", -1},
               {"", -1},
               {"12x", -1}};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    int64_t ms = -1;
    assert_int_equal(source_parse_time(times[i].text, &ms), times[i].ms >= 0);
    if (times[i].ms >= 0)
      assert_int_equal(ms, times[i].ms);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_partitions_are_found_again),
      cmocka_unit_test(test_marks_retire_in_order),
      cmocka_unit_test(test_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
