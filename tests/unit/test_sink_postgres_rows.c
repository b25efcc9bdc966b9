/* SPDX-License-Identifier: Apache-2.0
 *
 * Folding: what the events of a row come to. A table of a key `k` and columns `a` and `b`. */
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 3, STEPS_MAX = 6 };

static struct row_column columns[COLUMNS] = {
    {.target = 0, .source = 0}, {.target = 1, .source = 1}, {.target = 2, .source = 2}};
static uint32_t key[] = {0};
static const struct target target = {.quoted = "t"};
static const struct mapping mapping = {.target = &target};

/* "uk1_": an action, and the values of k, a, b; '-' is null, '_' is absent. */
static struct row make_row(struct plan *plan, const struct row_shape *shape, const char *step)
{
  static const char letters[] = {[ROW_DELETE] = 'd', [ROW_UPSERT] = 'c', [ROW_UPDATE] = 'u'};
  struct headrace_value *values = plan_alloc(plan, COLUMNS * sizeof *values);
  for (int i = 0; i < COLUMNS; i++)
    values[i] = (struct headrace_value){.data = step + 1 + i,
                                        .size = 1,
                                        .state = step[1 + i] == '_'   ? HEADRACE_ABSENT
                                                 : step[1 + i] == '-' ? HEADRACE_NULL
                                                                      : HEADRACE_TEXT};
  struct row row = {.shape = shape, .values = values, .key_values = values};
  static const struct headrace_event event;
  row.event = &event;
  for (int action = 0; action < ROW_ACTION_COUNT; action++)
    if (letters[action] == *step)
      row.action = (enum row_action)action;
  row.hash = row_hash(shape, values, &event);
  if (row.action != ROW_DELETE)
    row.present = row_present(plan, shape, values);
  return row;
}

/* As make_row() reads it; '!' after an upsert whose row is deleted first. */
static void describe(const struct row *row, char *out)
{
  *out++ = row->action == ROW_DELETE ? 'd' : row->action == ROW_UPDATE ? 'u' : 'c';
  for (int i = 0; i < COLUMNS; i++)
    *out++ = row->values[i].state == HEADRACE_ABSENT ? '_'
             : row->values[i].state == HEADRACE_NULL ? '-'
                                                     : *row->values[i].data;
  if (row->deleted_before)
    *out++ = '!';
  *out = '\0';
}

static const struct fold_case {
  const char *steps[STEPS_MAX]; /* ended by NULL; "|" where a new stage has to begin */
  const char *left[STEPS_MAX];  /* rows of the last stage */
} cases[] = {
    {{"ck12"}, {"ck12"}},
    {{"ck12", "ck34"}, {"ck34"}},
    {{"ck12", "cl34"}, {"ck12", "cl34"}},
    {{"ck12", "uk3_"}, {"ck32"}},      /* an update of a row that is there */
    {{"ck1-", "uk_-"}, {"ck1-"}},      /* null is not absent */
    {{"ck12", "uk-_"}, {"ck-2"}},      /* and is written */
    {{"uk1_", "uk_2"}, {"uk12"}},      /* both may find no row */
    {{"uk1_", "uk3_"}, {"uk3_"}},      /* the later one wins */
    {{"uk1_", "ck23"}, {"ck23"}},      /* all that the first wrote is written again */
    {{"uk1_", "|", "ck_3"}, {"ck_3"}}, /* a new row must not have what an old one was given */
    {{"ck12", "dk__"}, {"dk__"}},
    {{"dk__", "ck12"}, {"ck12!"}},
    {{"dk__", "ck1_"}, {"ck1_!"}}, /* nothing of the old row may stay */
    {{"dk__", "uk1_"}, {"dk__"}},  /* there is no row to update */
    {{"dk__", "ck1_", "uk_2"}, {"ck12!"}},
    {{"ck12", "dk__", "ck3_", "dk__"}, {"dk__"}},
};

static bool begins_stage(struct rows *rows, const struct row *row)
{
  if (rows_fold(rows, row))
    return false;
  rows_reset(rows);
  assert_true(rows_fold(rows, row));
  return true;
}

static void run_case(const struct fold_case *fold, const struct row_shape *shape)
{
  struct rows rows = {.plan = plan_new()};
  bool expected = false;
  for (size_t i = 0; fold->steps[i]; i++) {
    if (*fold->steps[i] == '|') {
      expected = true;
      continue;
    }
    struct row row = make_row(rows.plan, shape, fold->steps[i]);
    assert_int_equal(begins_stage(&rows, &row), expected);
    expected = false;
  }
  size_t count = 0;
  for (; fold->left[count]; count++) {
    char text[COLUMNS + 3];
    assert_true(count < rows.count);
    describe(&rows.items[count], text);
    assert_string_equal(text, fold->left[count]);
  }
  assert_int_equal(rows.count, count);
  plan_free(rows.plan);
  rows_free(&rows);
}

static struct row_shape shape_with(enum key_form *form)
{
  return (struct row_shape){.mapping = &mapping,
                            .columns = columns,
                            .column_count = COLUMNS,
                            .relation_columns = COLUMNS,
                            .key = key,
                            .key_forms = form,
                            .key_count = 1,
                            .seed = 1};
}

static void test_folding(void **state)
{
  (void)state;
  enum key_form form = KEY_EXACT;
  const struct row_shape shape = shape_with(&form);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    run_case(&cases[i], &shape);
}

/* Keys that the server takes for the same. */
static void test_keys(void **state)
{
  (void)state;
  static const struct {
    enum key_form form;
    const char *one, *other;
    bool same;
  } pairs[] = {{KEY_EXACT, "1", "1", true},      {KEY_EXACT, "1", "1.0", false},
               {KEY_NUMERIC, "1", "1.00", true}, {KEY_NUMERIC, "1.50", "1.5", true},
               {KEY_NUMERIC, "10", "1", false},  {KEY_NUMERIC, "-0.10", "-0.1", true},
               {KEY_NUMERIC, "100", "1", false}, {KEY_BLANK, "a  ", "a", true},
               {KEY_BLANK, " a", "a", false},    {KEY_EXACT, "a ", "a", false}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    enum key_form form = pairs[i].form;
    const struct row_shape shape = shape_with(&form);
    struct headrace_event event = {0};
    struct headrace_value one = {pairs[i].one, (uint32_t)strlen(pairs[i].one), HEADRACE_TEXT};
    struct headrace_value other = {pairs[i].other, (uint32_t)strlen(pairs[i].other), HEADRACE_TEXT};
    assert_int_equal(row_hash(&shape, &one, &event) == row_hash(&shape, &other, &event),
                     pairs[i].same);
  }
}

/* Emptying, in both of its ways, forgets all rows. */
static void test_many_rows(void **state)
{
  (void)state;
  enum key_form form = KEY_EXACT;
  const struct row_shape shape = shape_with(&form);
  struct rows rows = {.plan = plan_new()};
  static char texts[5000][8];
  for (size_t round = 0; round < 3; round++) {
    size_t count = round == 1 ? 5 : 5000;
    for (size_t i = 0; i < 2 * count; i++) {
      char *text = texts[i % count];
      snprintf(text, sizeof texts[0], "%zu", i % count);
      struct row row = make_row(rows.plan, &shape, "ck12");
      struct headrace_value *values = plan_alloc(rows.plan, COLUMNS * sizeof *values);
      memcpy(values, row.values, COLUMNS * sizeof *values);
      values[0] = (struct headrace_value){text, (uint32_t)strlen(text), HEADRACE_TEXT};
      row.values = row.key_values = values;
      row.hash = row_hash(&shape, values, row.event);
      assert_true(rows_fold(&rows, &row));
    }
    assert_int_equal(rows.count, count);
    rows_reset(&rows);
    for (size_t i = 0; i < rows.slot_count; i++)
      assert_int_equal(rows.slots[i], 0);
  }
  plan_free(rows.plan);
  rows_free(&rows);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folding),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_many_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
