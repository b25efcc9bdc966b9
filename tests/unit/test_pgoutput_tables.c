/* SPDX-License-Identifier: Apache-2.0
 *
 * The key `tables`. */
#include "tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
#include "plugin_host.h"
// clang-format on

static void is_table(const char *text, const char *schema, const char *table)
{
  struct table_name name;
  const char *reason;
  assert_true(table_name_parse(text, &name, &reason));
  assert_string_equal(name.schema, schema);
  if (table)
    assert_string_equal(name.table, table);
  else
    assert_null(name.table);
  table_name_free(&name);
}

static void test_names(void **state)
{
  (void)state;
  is_table("users", "public", "users");
  is_table("Sales.Orders", "sales", "orders");
  is_table("\"Sales\".\"Or\"\"ders, 1.x\"", "Sales", "Or\"ders, 1.x");
  is_table("\"Sales\".Orders", "Sales", "orders");
  is_table("gr\xc3\xb6\xc3\x9f"
           "e.\xc3\x84pfel",
           "gr\xc3\xb6\xc3\x9f"
           "e",
           "\xc3\x84pfel");
  is_table("sales.*", "sales", NULL);
  is_table("\"a*b\".*", "a*b", NULL);
  is_table("sales.\"*\"", "sales", "*");
  is_table("\"*\"", "public", "*");
}

static void is_refused(const char *text)
{
  struct table_name name;
  const char *reason;
  assert_false(table_name_parse(text, &name, &reason));
  assert_non_null(reason);
  assert_null(name.schema);
}

static void test_what_is_no_table(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "",
      ".",
      "a.",
      ".a",
      "a.b.c",
      "\"a",
      "\"a\"b",
      "a\"b\"",
      "\"\".a",
      "a.\"\"",
      "*",
      "a*",
      "*.a",
      "a.b*",
      "a.*.b",
      "*.*",
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    is_refused(bad[i]);
}

static const struct headrace_key keys[] = {{.name = "tables", .type = HEADRACE_LIST},
                                           {.name = NULL}};

static void test_list(void **state)
{
  (void)state;
  static const char *const pairs[] = {"tables", "users, \"A, b\".c, s.*", NULL};
  struct plugin_host *host = plugin_host_new(keys, pairs);
  struct table_list list;
  assert_true(table_list_read(&host->instance.host, "tables", &list));
  assert_int_equal(list.count, 3);
  assert_true(table_list_has(&list, "public", "users"));
  assert_true(table_list_has(&list, "A, b", "c"));
  assert_true(table_list_has(&list, "s", "anything"));
  assert_false(table_list_has(&list, "public", "c"));
  table_list_free(&list);
  plugin_host_free(host);
}

static void test_all_faults_at_once(void **state)
{
  (void)state;
  static const char *const pairs[] = {"tables", "a.b.c, fine, *", NULL};
  struct plugin_host *host = plugin_host_new(keys, pairs);
  struct table_list list;
  assert_false(table_list_read(&host->instance.host, "tables", &list));
  char *log = plugin_host_log(host);
  assert_non_null(strstr(log, "\"a.b.c\" is no table"));
  assert_non_null(strstr(log, "\"*\" is no table"));
  free(log);
  table_list_free(&list);
  plugin_host_free(host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_what_is_no_table),
      cmocka_unit_test(test_list),
      cmocka_unit_test(test_all_faults_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
