/* SPDX-License-Identifier: Apache-2.0
 *
 * A source of partitions, and events that a stage before the sink refuses. */
#include "pipeline_fixture.h"

/* A source of partitions goes on in each where its checkpoint says. */
static void run_with_parts(struct fixture *f, const char *keys)
{
  f->probe->part_count = 3;
  for (uint64_t round = 0; round < 3; round++) {
    f->probe->end_at = 1001 + round * 700;
    start(f, keys);
    assert_int_equal(join(f), PIPELINE_ENDED);
    assert_int_equal(f->probe->started_from[round], round ? 301 + round * 700 : 0);
    assert_int_equal(f->probe->last_durable, f->probe->end_at);
  }
  assert_delivered(f, 1, 2401, 1, 1);
  assert_int_equal(f->probe->bad_parts, 0);
}

static void test_parts_in_the_file(void **state)
{
  struct fixture *f = *state;
  run_with_parts(f, "");
  assert_checkpoint(f, "\"parts\": {");
  assert_checkpoint(f, "\"part/0\": 800,");
  assert_checkpoint(f, "\"part/1\": 801,");
}

static void test_parts_in_the_sink(void **state)
{
  struct fixture *f = *state;
  run_with_parts(f, "checkpoint = sink");
  assert_int_equal(f->probe->stored_questions, 10); /* one is asked again */
}

/* The source is told nothing: it knows by itself. */
static void test_parts_nowhere(void **state)
{
  struct fixture *f = *state;
  f->probe->part_count = 2;
  f->probe->end_at = 100;
  for (unsigned round = 0; round < 2; round++) {
    start(f, "checkpoint = none");
    assert_int_equal(join(f), PIPELINE_ENDED);
    assert_int_equal(f->probe->started_from[round], 0);
  }
}

/* After a fault each part goes on behind what is durable, saved or not. */
static void test_parts_after_a_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->part_count = 3;
  f->probe->end_at = 2000;
  f->probe->write_fault = (struct probe_fault){1000, HEADRACE_RETRY};
  start(f, "checkpoint_interval = 1h");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 2000, 1, 1);
  assert_int_equal(f->probe->bad_parts, 0);
}

/* A stage that cannot use an event follows the same policy, and the sink is not asked again. */
static void test_refused_by_a_codec(void **state)
{
  struct fixture *f = *state;
  f->probe->refuse_number = 55;
  f->probe->end_at = 100;
  start(f, "errors = dead-letter");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->refused, 1);
  assert_int_equal(f->probe->delivered_count, 99);
  start(f, "errors = skip\ncheckpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->refused, 1);
  assert_int_equal(f->probe->delivered_count, 2 * 99);
  start(f, "errors = stop\ncheckpoint = none");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_log(f, "event rejected (odd): this number is not for me; the pipeline stops");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_parts_in_the_file),   TEST(test_parts_in_the_sink),  TEST(test_parts_nowhere),
      TEST(test_parts_after_a_retry), TEST(test_refused_by_a_codec),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
