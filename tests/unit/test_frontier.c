/* SPDX-License-Identifier: Apache-2.0
 *
 * The frontier against its definition, for random orders of completion. */
#include "frontier.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* after what it needs */

#define BATCHES 3000

/* Batches stand in an array: only number and state matter here. */
struct model {
  struct frontier frontier;
  struct headrace_batch *batches;
  size_t pushed, popped;
  size_t open[BATCHES]; /* taken, not reported */
  size_t open_count;
  unsigned random;
};

static unsigned next_random(struct model *model)
{
  model->random = model->random * 1664525u + 1013904223u;
  return model->random >> 8;
}

static void push_one(struct model *model)
{
  frontier_push(&model->frontier, &model->batches[model->pushed]);
  assert_int_equal(model->batches[model->pushed].number, model->pushed);
  assert_int_equal(model->batches[model->pushed].state, BATCH_TAKEN);
  model->open[model->open_count++] = model->pushed++;
}

static void report_one(struct model *model, enum batch_state outcome)
{
  size_t index = next_random(model) % model->open_count;
  model->batches[model->open[index]].state = outcome;
  model->open[index] = model->open[--model->open_count];
}

/* What comes out is the contiguous prefix of durable batches, no more and no less. */
static void pop_all(struct model *model)
{
  struct headrace_batch *batch;
  while ((batch = frontier_pop(&model->frontier))) {
    assert_ptr_equal(batch, &model->batches[model->popped]);
    assert_int_equal(batch->state, BATCH_DURABLE);
    model->popped++;
  }
  if (model->popped < model->pushed)
    assert_int_not_equal(model->batches[model->popped].state, BATCH_DURABLE);
  assert_int_equal(frontier_pending(&model->frontier), model->pushed - model->popped);
}

static void play(unsigned seed, unsigned fail_in, unsigned most_open)
{
  struct model *model = xcalloc(1, sizeof *model);
  model->batches = xcalloc(BATCHES, sizeof *model->batches);
  model->random = seed;
  frontier_init(&model->frontier);
  while (model->pushed < BATCHES || model->open_count) {
    bool can_push = model->pushed < BATCHES && model->open_count < most_open;
    if (can_push && (!model->open_count || next_random(model) % 2))
      push_one(model);
    else
      report_one(model,
                 fail_in && next_random(model) % fail_in == 0 ? BATCH_FAILED : BATCH_DURABLE);
    if (next_random(model) % 3 == 0)
      pop_all(model);
  }
  pop_all(model);
  if (!fail_in)
    assert_int_equal(model->popped, BATCHES);
  /* The end of a run: what is left comes out in order, whatever its state. */
  struct headrace_batch *batch;
  while ((batch = frontier_abandon(&model->frontier)))
    assert_ptr_equal(batch, &model->batches[model->popped++]);
  assert_int_equal(model->popped, BATCHES);
  frontier_free(&model->frontier);
  free(model->batches);
  free(model);
}

static void test_any_order(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 30; seed++)
    play(seed, 0, 1 + seed * 7);
}

static void test_failures(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 30; seed++)
    play(seed, 50 * seed, 100);
}

/* Far more than it begins with, while first is in the middle of the window. */
static void test_growth(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 5; seed++)
    play(seed, 0, BATCHES);
}

static void test_empty(void **state)
{
  (void)state;
  struct frontier frontier;
  frontier_init(&frontier);
  assert_null(frontier_pop(&frontier));
  assert_null(frontier_abandon(&frontier));
  assert_int_equal(frontier_pending(&frontier), 0);
  frontier_free(&frontier);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_any_order),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_growth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
