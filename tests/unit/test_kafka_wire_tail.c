/* SPDX-License-Identifier: Apache-2.0
 *
 * Tails, timers and what is in flight. */
#include "in_flight.h"
#include "tail.h"
#include "timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- tails ------------------------------------------------------------------------------ */

static void add(struct tail *tail, struct tail_budget *budget, int64_t base, int64_t next,
                size_t size)
{
  char data[1024] = "";
  const struct tail_entry entry = {base, next, blob_new(data, size)};
  tail_add(tail, budget, &entry);
}

static void finds_the_batch_around_an_offset(void **state)
{
  (void)state;
  struct tail_budget budget = {.limit = 10000};
  struct tail tail = {0};
  for (int64_t i = 0; i < 100; i++)
    add(&tail, &budget, 100 + i * 10, 110 + i * 10, 10);
  assert_int_equal(tail.count, 100);
  assert_int_equal(tail_find(&tail, 100), 0);
  assert_int_equal(tail_find(&tail, 109), 0);
  assert_int_equal(tail_find(&tail, 110), 1);
  assert_int_equal(tail_find(&tail, 1099), 99);
  assert_int_equal(tail_find(&tail, 99), tail.count);
  assert_int_equal(tail_find(&tail, 1100), tail.count);
  tail_free(&tail, &budget);
  assert_int_equal(budget.bytes, 0);
}

static void begins_anew_after_a_gap(void **state)
{
  (void)state;
  struct tail_budget budget = {.limit = 10000};
  struct tail tail = {0};
  add(&tail, &budget, 0, 10, 10);
  add(&tail, &budget, 11, 20, 10);
  assert_int_equal(tail.count, 1);
  assert_int_equal(tail_at(&tail, 0)->base, 11);
  assert_int_equal(budget.bytes, 10);
  tail_free(&tail, &budget);
}

static void what_comes_again_is_not_kept_twice(void **state)
{
  (void)state;
  struct tail_budget budget = {.limit = 10000};
  struct tail tail = {0};
  add(&tail, &budget, 0, 10, 10);
  add(&tail, &budget, 10, 20, 10);
  add(&tail, &budget, 0, 10, 10);
  assert_int_equal(tail.count, 2);
  assert_int_equal(tail_at(&tail, 1)->next, 20);
  tail_free(&tail, &budget);
}

static void the_budget_is_of_all(void **state)
{
  (void)state;
  struct tail_budget budget = {.limit = 100};
  struct tail idle = {0}, busy = {0};
  add(&idle, &budget, 0, 1, 60);
  add(&busy, &budget, 0, 1, 40);
  assert_int_equal(budget.bytes, 100);
  add(&busy, &budget, 1, 2, 40); /* the one that has been idle for longer gives way */
  assert_int_equal(idle.count, 0);
  assert_int_equal(busy.count, 2);
  add(&busy, &budget, 2, 3, 40);
  assert_int_equal(busy.count, 2);
  assert_int_equal(tail_at(&busy, 0)->base, 1);
  add(&busy, &budget, 3, 4, 101); /* larger than all there may be */
  assert_int_equal(busy.count, 2);
  tail_free(&idle, &budget);
  tail_free(&busy, &budget);
  assert_null(budget.oldest);
  assert_null(budget.newest);
}

static void an_answer_keeps_its_bytes(void **state)
{
  (void)state;
  struct tail_budget budget = {.limit = 100};
  struct tail tail = {0};
  add(&tail, &budget, 0, 1, 10);
  struct blob *held = blob_hold(tail_at(&tail, 0)->blob);
  tail_free(&tail, &budget);
  assert_int_equal(held->holders, 1);
  blob_release(held);
}

/* ---- timers ------------------------------------------------------------------------------- */

struct alarm {
  struct timer timer;
  int64_t *last;
  int *count;
};

static void ring(struct timer *timer)
{
  struct alarm *alarm = (struct alarm *)timer;
  assert_true(*alarm->last <= timer->at_ms);
  *alarm->last = timer->at_ms;
  ++*alarm->count;
}

static void timers_expire_in_their_order(void **state)
{
  (void)state;
  enum { COUNT = 500 };
  static struct alarm alarms[COUNT];
  struct timers timers = {0};
  int64_t last = 0;
  int count = 0;
  srand(7);
  for (int i = 0; i < COUNT; i++) {
    alarms[i] = (struct alarm){{.expired = ring}, &last, &count};
    timer_set(&timers, &alarms[i].timer, rand() % 1000);
  }
  for (int i = 0; i < COUNT; i += 3) /* earlier or later, or not at all */
    timer_set(&timers, &alarms[i].timer, rand() % 1000);
  int cleared = 0;
  for (int i = 0; i < COUNT; i += 5, cleared++)
    timer_clear(&timers, &alarms[i].timer);
  timer_clear(&timers, &alarms[0].timer); /* twice is nothing */
  timers_run(&timers, 499);
  assert_true(last <= 499 && count > 0 && count < COUNT - cleared);
  assert_true(timers_wait_ms(&timers, 499, 5000) > 0);
  timers_run(&timers, 1000);
  assert_int_equal(count, COUNT - cleared);
  assert_int_equal(timers_wait_ms(&timers, 1000, 5000), 5000);
  timers_free(&timers);
}

/* ---- in flight ------------------------------------------------------------------------------- */

static void an_event_belongs_to_the_oldest_batch(void **state)
{
  (void)state;
  struct in_flight in_flight = {0};
  for (uint64_t mark = 0; mark < 100; mark++)
    for (uint32_t i = 0; i < 3; i++) {
      in_flight.mark = mark;
      struct flight *flight = in_flight_add(&in_flight);
      flight->first = i * 10;
      flight->count = 10;
    }
  assert_int_equal(in_flight_find(&in_flight, 15)->first, 10);
  assert_int_equal(in_flight_find(&in_flight, 15)->mark, 0);
  assert_null(in_flight_find(&in_flight, 30));
  for (int i = 0; i < 3; i++)
    in_flight_drop(&in_flight);
  assert_int_equal(in_flight_find(&in_flight, 0)->mark, 1);
  in_flight_free(&in_flight);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_batch_around_an_offset),
      cmocka_unit_test(begins_anew_after_a_gap),
      cmocka_unit_test(what_comes_again_is_not_kept_twice),
      cmocka_unit_test(the_budget_is_of_all),
      cmocka_unit_test(an_answer_keeps_its_bytes),
      cmocka_unit_test(timers_expire_in_their_order),
      cmocka_unit_test(an_event_belongs_to_the_oldest_batch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
