/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring between two threads that take turns in being the slower one. Both sleep
 * by the ring's rules; who is not woken within PATIENCE_MS has lost a wake-up. */
#include "ring.h"
#include "wake.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h> /* after what it needs */

#define PATIENCE_MS 20000

#ifdef __SANITIZE_THREAD__
#define HAND_OVERS 100000u
#else
#define HAND_OVERS 500000u
#endif

struct race {
  struct ring ring;
  uintptr_t count;
  unsigned producer_pace, consumer_pace; /* one in so many steps takes a rest; 0: none */
  bool producer_starved;
};

static unsigned next_random(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void perhaps_rest(unsigned pace, unsigned *random)
{
  if (!pace || next_random(random) % pace)
    return;
  for (unsigned spins = next_random(random) % 200; spins; spins--)
    atomic_signal_fence(memory_order_seq_cst);
  if (next_random(random) % 4 == 0)
    sched_yield();
}

/* False: nobody woke it. */
static bool sleep_on(int fd)
{
  struct pollfd event = {.fd = fd, .events = POLLIN};
  bool woken = poll(&event, 1, PATIENCE_MS) == 1;
  wake_clear(fd);
  return woken;
}

static void *produce(void *context)
{
  struct race *race = context;
  unsigned random = 7;
  for (uintptr_t item = 1; item <= race->count;) {
    perhaps_rest(race->producer_pace, &random);
    if (ring_push(&race->ring, (void *)item)) {
      item++;
    } else if (ring_sleep_full(&race->ring) && !sleep_on(race->ring.producer_fd)) {
      race->producer_starved = true;
      return NULL;
    }
  }
  return NULL;
}

static bool consume(struct race *race)
{
  unsigned random = 11;
  for (uintptr_t expected = 1; expected <= race->count;) {
    perhaps_rest(race->consumer_pace, &random);
    uintptr_t item = (uintptr_t)ring_pop(&race->ring);
    if (item && item != expected++)
      return false;
    if (item || !ring_sleep(&race->ring))
      continue;
    bool woken = sleep_on(race->ring.consumer_fd);
    ring_awake(&race->ring);
    if (!woken)
      return false;
  }
  return true;
}

static void run_race(size_t capacity, unsigned producer_pace, unsigned consumer_pace)
{
  struct race race = {.count = capacity < 16 ? HAND_OVERS / 10
                                             : HAND_OVERS, /* a narrow one only sleeps */
                      .producer_pace = producer_pace,
                      .consumer_pace = consumer_pace};
  ring_init(&race.ring, capacity, wake_open(), wake_open());
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, produce, &race), 0);
  bool consumed = consume(&race);
  if (!consumed)
    fail_msg("the consumer was not woken, or saw another item than the next");
  pthread_join(thread, NULL);
  assert_false(race.producer_starved);
  assert_null(ring_pop(&race.ring));
  close(race.ring.consumer_fd);
  close(race.ring.producer_fd);
  ring_free(&race.ring);
}

static void test_equal_pace(void **state)
{
  (void)state;
  run_race(16, 0, 0);
  run_race(1024, 50, 50);
}

static void test_slow_producer(void **state)
{
  (void)state;
  run_race(16, 3, 0);
}

static void test_slow_consumer(void **state)
{
  (void)state;
  run_race(16, 0, 3);
}

static void test_one_slot(void **state)
{
  (void)state;
  run_race(1, 20, 20);
  run_race(2, 20, 20);
}

static void test_full_and_empty(void **state)
{
  (void)state;
  struct ring ring;
  ring_init(&ring, 2, wake_open(), wake_open());
  struct pollfd consumer = {.fd = ring.consumer_fd, .events = POLLIN};
  struct pollfd producer = {.fd = ring.producer_fd, .events = POLLIN};
  int a, b, c;
  assert_null(ring_pop(&ring));
  assert_false(ring_full(&ring));
  assert_false(ring_sleep_full(&ring));
  assert_true(ring_push(&ring, &a));
  assert_int_equal(poll(&consumer, 1, 0), 0); /* awake: no system call was made */
  assert_false(ring_sleep(&ring));
  assert_true(ring_push(&ring, &b));
  assert_true(ring_full(&ring));
  assert_false(ring_push(&ring, &c));
  assert_true(ring_sleep_full(&ring));
  assert_ptr_equal(ring_pop(&ring), &a);
  assert_int_equal(poll(&producer, 1, 0), 1);
  assert_ptr_equal(ring_pop(&ring), &b);
  assert_true(ring_sleep(&ring));
  assert_true(ring_push(&ring, &c));
  assert_int_equal(poll(&consumer, 1, 0), 1);
  close(ring.consumer_fd);
  close(ring.producer_fd);
  ring_free(&ring);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_full_and_empty), cmocka_unit_test(test_equal_pace),
      cmocka_unit_test(test_slow_producer),  cmocka_unit_test(test_slow_consumer),
      cmocka_unit_test(test_one_slot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
