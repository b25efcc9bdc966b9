/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres without a server: finding the events to blame, what an SQLSTATE means, plans. */
#include "failure.h"
#include "plan.h"
#include "search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 5000

struct model {
  bool bad[MOST];
  int rows[MOST]; /* what is left */
  size_t count, written, tries;
};

/* As the writer does it: a range fails if something of it is bad. */
static size_t find_all(struct model *model)
{
  struct search search = search_begin(model->count);
  size_t from, to, found = 0;
  while (search_step(&search, &from, &to)) {
    bool bad = false;
    assert_true(from < to && to <= model->count);
    model->tries++;
    for (size_t i = from; i < to; i++)
      bad = bad || model->bad[model->rows[i]];
    if (!bad) {
      assert_int_equal(model->written, from); /* in order, nothing twice */
      model->written = to;
      search_went_well(&search, to);
    } else if (to - from > 1) {
      search_failed(&search, to);
    } else {
      memmove(&model->rows[from], &model->rows[from + 1],
              (model->count - from - 1) * sizeof *model->rows);
      model->count--;
      search_remove(&search);
      found++;
    }
  }
  return found;
}

static struct model *model_of(size_t count, const size_t *bad, size_t bad_count)
{
  struct model *model = calloc(1, sizeof *model);
  model->count = count;
  for (size_t i = 0; i < count; i++)
    model->rows[i] = (int)i;
  for (size_t i = 0; i < bad_count; i++)
    model->bad[bad[i]] = true;
  return model;
}

static void test_three_of_5000(void **state)
{
  (void)state;
  const size_t bad[] = {0, 2500, 4999};
  struct model *model = model_of(5000, bad, 3);
  assert_int_equal(find_all(model), 3);
  assert_int_equal(model->written, 4997);
  assert_in_range(model->tries, 1, 3 * (13 + 2) + 1); /* log2(5000) is 12.3 */
  free(model);
}

static void test_any_bad_events(void **state)
{
  (void)state;
  srand(1);
  for (int round = 0; round < 2000; round++) {
    size_t count = 1 + (size_t)rand() % 40, bad[40], bad_count = 0;
    for (size_t i = 0; i < count; i++)
      if (rand() % 4 == 0)
        bad[bad_count++] = i;
    struct model *model = model_of(count, bad, bad_count);
    assert_int_equal(find_all(model), bad_count);
    assert_int_equal(model->written, count - bad_count);
    free(model);
  }
}

static void test_reactions(void **state)
{
  (void)state;
  static const struct {
    const char *sqlstate;
    enum reaction reaction;
  } known[] = {
      {"40P01", REACTION_RETRY},   {"40001", REACTION_RETRY},   {"55P03", REACTION_RETRY},
      {"57014", REACTION_RETRY},   {"57P01", REACTION_WAIT},    {"53100", REACTION_WAIT},
      {"08006", REACTION_WAIT},    {"58030", REACTION_WAIT},    {"25006", REACTION_WAIT},
      {"", REACTION_WAIT},         {"22001", REACTION_ISOLATE}, {"23505", REACTION_ISOLATE},
      {"P0001", REACTION_ISOLATE}, {"HR001", REACTION_SKIP},    {"HR002", REACTION_ISOLATE},
      {"HR003", REACTION_PAUSE},   {"HR004", REACTION_STOP},    {"42501", REACTION_STOP},
      {"28P01", REACTION_STOP},    {"0A000", REACTION_STOP},    {"42P01", REACTION_STOP}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    assert_int_equal(failure_reaction(known[i].sqlstate), known[i].reaction);
}

static void test_values_are_masked(void **state)
{
  (void)state;
  static const struct {
    const char *sqlstate, *message, *masked;
  } cases[] = {
      {"22P02", "invalid input syntax for type integer: \"can\"ary\"",
       "invalid input syntax for type integer: \"...\""},
      {"22003", "value \"canary\" is out of range for type integer",
       "value \"...\" is out of range for type integer"},
      {"22001", "value too long for type character varying(3)",
       "value too long for type character varying(3)"},
      {"23502", "null value in column \"a\" violates not-null constraint",
       "null value in column \"a\" violates not-null constraint"},
      {"P0001", "no canary here", "a function of the database raised an error"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_error error = {.result = HEADRACE_FATAL};
    char text[256];
    strcpy(error.sqlstate, cases[i].sqlstate);
    strcpy(error.message, cases[i].message);
    failure_mask(&error, text, sizeof text);
    assert_string_equal(text, cases[i].masked);
  }
}

static void test_backoff_grows_to_a_limit(void **state)
{
  (void)state;
  uint64_t random = 7;
  for (unsigned attempt = 1; attempt < 100; attempt++) {
    assert_in_range(failure_backoff_us(REACTION_WAIT, attempt, &random), 50000, 5000000);
    assert_in_range(failure_backoff_us(REACTION_RETRY, attempt, &random), 2500, 1000000);
  }
}

static void test_plan_memory_comes_again(void **state)
{
  (void)state;
  struct plan *plan = plan_new();
  for (int round = 0; round < 100; round++) {
    size_t count;
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
      char *memory = plan_alloc(plan, size);
      assert_int_equal((uintptr_t)memory % 8, 0);
      memset(memory, round, size);
      plan_add(plan)->table = memory;
    }
    const struct statement *statements = plan_statements(plan, &count);
    assert_int_equal(count, 12);
    for (size_t i = 0; i < count; i++)
      assert_int_equal(statements[i].table[0], round);
    plan_reset(plan);
    plan_statements(plan, &count);
    assert_int_equal(count, 0);
  }
  plan_free(plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_three_of_5000),
      cmocka_unit_test(test_any_bad_events),
      cmocka_unit_test(test_reactions),
      cmocka_unit_test(test_values_are_masked),
      cmocka_unit_test(test_backoff_grows_to_a_limit),
      cmocka_unit_test(test_plan_memory_comes_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
