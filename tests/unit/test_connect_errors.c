/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dead letter's headers say: Kafka Connect's words for stages, PostgreSQL's for errors. */
#include "connect_errors.h"
#include "letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* after what it needs */

static const char *header(const struct headrace_pair *headers, size_t count, const char *name)
{
  for (size_t i = 0; i < count; i++)
    if (!strcmp(headers[i].name, name))
      return headers[i].value;
  return NULL;
}

static void test_stages(void **state)
{
  (void)state;
  static const struct {
    const char *stage, *word, *class_name;
  } cases[] = {{"codec", "VALUE_CONVERTER", "headrace.codec"},
               {"filter.mask", "TRANSFORMATION", "headrace.filter.mask"},
               {"sink", "TASK_PUT", "headrace.sink"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct connect_error error = {.topic = "t",
                                  .pipeline = "p",
                                  .stage = cases[i].stage,
                                  .at_sink = "TASK_PUT",
                                  .exception = "value",
                                  .message = "why"};
    struct headrace_pair headers[CONNECT_ERROR_HEADERS];
    size_t count = connect_error_headers(&error, headers);
    assert_int_equal(count, CONNECT_ERROR_HEADERS - 2); /* neither partition nor offset */
    assert_string_equal(header(headers, count, "__connect.errors.stage"), cases[i].word);
    assert_string_equal(header(headers, count, "__connect.errors.class.name"), cases[i].class_name);
    assert_null(header(headers, count, "__connect.errors.offset"));
  }
}

/* It is searched as a sorted table. */
static void test_conditions(void **state)
{
  (void)state;
  static const struct headrace_pair cases[] = {
      {"21000", "cardinality_violation"},
      {"22000", "data_exception"},
      {"22003", "numeric_value_out_of_range"},
      {"2200B", "escape_character_conflict"},
      {"2203G", "sql_json_item_cannot_be_cast_to_target_type"},
      {"22P02", "invalid_text_representation"},
      {"23502", "not_null_violation"},
      {"23P01", "exclusion_violation"},
      {"44000", "with_check_option_violation"},
      {"54000", "program_limit_exceeded"},
      {"P0001", "raise_exception"},
      {"P0004", "assert_failure"},
      {"XX000", "internal_error"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *name = condition_name(cases[i].name);
    assert_non_null(name);
    assert_string_equal(name, cases[i].value);
  }
  assert_null(condition_name("HR002"));
  assert_null(condition_name(""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_stages),
                                     cmocka_unit_test(test_conditions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
