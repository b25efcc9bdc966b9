/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters and gauges by name: as many as there are partitions, by several threads. */
#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 3 };

static void name_of(int number, char *text, size_t size)
{
  snprintf(text, size, "source.lag_records.topic/%d", number);
}

static void *count_all(void *metrics)
{
  char name[64];
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < METRICS_MAX; i++) {
      name_of(i, name, sizeof name);
      metrics_add(metrics, name, (uint64_t)i);
    }
  return NULL;
}

static void test_many_names(void **state)
{
  (void)state;
  char name[64];
  pthread_t threads[THREADS];
  struct metrics *metrics = malloc(sizeof *metrics);
  metrics_init(metrics);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, count_all, metrics), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < METRICS_MAX; i++) {
    name_of(i, name, sizeof name);
    assert_true(metrics_has(metrics, name));
    assert_int_equal(metrics_get(metrics, name), i * THREADS * ROUNDS);
  }
  metrics_set(metrics, "one too many", 1);
  assert_false(metrics_has(metrics, "one too many"));
  assert_int_equal(metrics_get(metrics, "one too many"), 0);
  metrics_free(metrics);
  free(metrics);
}

static void test_gauges_are_set(void **state)
{
  (void)state;
  struct metrics *metrics = malloc(sizeof *metrics);
  metrics_init(metrics);
  assert_false(metrics_has(metrics, "lag"));
  metrics_set(metrics, "lag", 7);
  metrics_set(metrics, "lag", 0);
  assert_true(metrics_has(metrics, "lag"));
  assert_int_equal(metrics_get(metrics, "lag"), 0);
  metrics_free(metrics);
  free(metrics);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_many_names),
      cmocka_unit_test(test_gauges_are_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
