/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates and topic names. */
#include "kafka_topic.h"
#include "template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const places[] = {"prefix", "schema", "table", NULL};

static void fills_every_place(void **state)
{
  (void)state;
  static const struct headrace_pair values[] = {
      {"prefix", "p"}, {"schema", "public"}, {"table", "orders"}, {"topic", NULL}};
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"{prefix}.{schema}.{table}", "p.public.orders"},
      {"", ""},
      {"plain", "plain"},
      {"{table}{table}", "ordersorders"},
      {"a{topic}b", "ab"},
      {"{unknown}x", "x"},
      {"{prefix", "{prefix"},
      {"x}", "x}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = template_expand(cases[i].text, values, 4);
    assert_string_equal(text, cases[i].expected);
    free(text);
  }
}

static void refuses_wrong_templates(void **state)
{
  (void)state;
  char error[128];
  assert_true(template_check("{prefix}.{table}", places, error, sizeof error));
  assert_true(template_check("", places, error, sizeof error));
  assert_false(template_check("{prefix", places, error, sizeof error));
  assert_string_equal(error, "unbalanced brace at \"{prefix\"");
  assert_false(template_check("a}b", places, error, sizeof error));
  assert_string_equal(error, "unbalanced brace at \"}b\"");
  assert_false(template_check("{pre{fix}}", places, error, sizeof error));
  assert_false(template_check("{tabel}", places, error, sizeof error));
  assert_string_equal(error, "unknown place \"{tabel}\"");
  assert_false(template_check("{}", places, error, sizeof error));
  assert_true(template_uses("a{table}", "table"));
  assert_false(template_uses("a{tables}", "table"));
  assert_false(template_uses("{table", "table"));
}

static void makes_names_legal_as_debezium_does(void **state)
{
  (void)state;
  static const struct {
    const char *name, *expected;
  } cases[] = {
      {"p.public.orders-1_X", "p.public.orders-1_X"},
      {"p.My Schema.a$b", "p.My_Schema.a_b"},
      {"caf\xc3\xa9", "caf_"},        /* one UTF-16 unit */
      {"x\xf0\x9f\x98\x80y", "x__y"}, /* a surrogate pair */
      {".", "_"},
      {"..", "__"},
      {"...", "..."},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[64];
    strcpy(name, cases[i].name);
    assert_int_equal(kafka_topic_sanitise(name),
                     strcmp(cases[i].name, cases[i].expected) || !*name);
    assert_string_equal(name, cases[i].expected);
  }
}

static void cuts_long_names(void **state)
{
  (void)state;
  char name[400];
  memset(name, 'a', sizeof name);
  name[KAFKA_TOPIC_NAME_MAX] = '\0';
  assert_true(kafka_topic_legal(name));
  name[KAFKA_TOPIC_NAME_MAX] = 'a';
  name[399] = '\0';
  assert_false(kafka_topic_legal(name));
  assert_true(kafka_topic_sanitise(name));
  assert_int_equal(strlen(name), KAFKA_TOPIC_NAME_MAX);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fills_every_place),
      cmocka_unit_test(refuses_wrong_templates),
      cmocka_unit_test(makes_names_legal_as_debezium_does),
      cmocka_unit_test(cuts_long_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
