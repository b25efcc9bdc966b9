/* SPDX-License-Identifier: Apache-2.0
 *
 * plugins/common/pg_*: quoting, connection strings, errors, types. */
#include "pg_connection.h"
#include "pg_quote.h"
#include "pg_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
#include "plugin_host.h"
// clang-format on

static void gives(char *text, const char *expected)
{
  assert_string_equal(text, expected);
  free(text);
}

static void test_quoting(void **state)
{
  (void)state;
  gives(pg_quote_identifier("a\"b"), "\"a\"\"b\"");
  gives(pg_quote_qualified("A.b", "c"), "\"A.b\".\"c\"");
  gives(pg_quote_literal("it's"), "'it''s'");
  gives(pg_quote_literal("a\\'b"), " E'a\\\\''b'");
  gives(pg_quote_replication_literal("a\\'b"), "'a\\''b'");
  char *text = NULL;
  pg_append(&text, "%s", "a");
  pg_append(&text, "-%d", 1);
  gives(text, "a-1");
}

static const struct headrace_key keys[] = {PG_CONNECTION_KEYS, {.name = NULL}};

static void test_conninfo(void **state)
{
  (void)state;
  static const struct {
    const char *conninfo;
    bool good;
  } cases[] = {{"host=a dbname=b", true},
               {"postgresql://u:p@h/db?sslmode=disable", true},
               {"host=a port", false},
               {"secretword", false},
               {"host=a replication=true", false},
               {"host=a client_encoding=latin1", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *const pairs[] = {"conninfo", cases[i].conninfo, NULL};
    struct plugin_host *host = plugin_host_new(keys, pairs);
    struct pg_target target = {.host = &host->instance.host};
    char *reason = NULL;
    assert_int_equal(pg_check_target(&target, &reason), cases[i].good);
    if (reason)
      assert_null(strstr(reason, "secretword"));
    free(reason);
    plugin_host_free(host);
  }
}

static void test_refused_connection_passes(void **state)
{
  (void)state;
  static const char *const pairs[] = {"conninfo", "host=127.0.0.1 password=secretword", "port", "1",
                                      NULL};
  struct plugin_host *host = plugin_host_new(keys, pairs);
  struct pg_target target = {.host = &host->instance.host, .settings = PG_TEXT_SETTINGS};
  struct pg_error error;
  assert_null(pg_connect(&target, &error));
  assert_int_equal(error.result, HEADRACE_RETRY);
  assert_string_equal(error.sqlstate, "");
  assert_null(strchr(error.message, '\n'));
  assert_null(strstr(error.message, "secretword"));
  plugin_host_free(host);
}

static void test_classes_of_errors(void **state)
{
  (void)state;
  static const char *const passing[] = {"",      "08006", "53300", "53400", "55006", "55P03",
                                        "57014", "57P01", "57P03", "40001", "XX000", "58P01"};
  static const char *const lasting[] = {"28P01", "28000", "3D000", "42501", "42704", "42P01"};
  for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
    assert_int_equal(pg_classify(passing[i]), HEADRACE_RETRY);
  for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
    assert_int_equal(pg_classify(lasting[i]), HEADRACE_FATAL);
}

static void test_types(void **state)
{
  (void)state;
  bool is_array;
  const struct pg_type *type = pg_type_by_oid(1700, &is_array);
  assert_int_equal(type->type, HEADRACE_TYPE_NUMERIC);
  assert_false(is_array);
  type = pg_type_by_oid(1015, &is_array);
  assert_string_equal(type->name, "character varying");
  assert_true(is_array);
  assert_null(pg_type_by_oid(0, &is_array));
  assert_null(pg_type_by_oid(16385, &is_array));
  assert_int_equal(pg_type_by_extension_name("hstore"), HEADRACE_TYPE_HSTORE);
  assert_int_equal(pg_type_by_extension_name("geometry"), HEADRACE_TYPE_OTHER);
}

static void test_modifiers(void **state)
{
  (void)state;
  static const struct {
    uint32_t oid;
    int32_t modifier, precision, scale;
  } cases[] = {
      {1700, -1, -1, -1},                /* numeric */
      {1700, (10 << 16 | 2) + 4, 10, 2}, /* numeric(10,2) */
      {1700, 329730, 5, -2},             /* numeric(5,-2) */
      {1231, 393223, 6, 3},              /* numeric(6,3)[] */
      {1043, 14, 10, -1},                /* varchar(10) */
      {1042, 7, 3, -1},                  /* char(3) */
      {25, -1, -1, -1},                  /* text */
      {1560, 5, 5, -1},                  /* bit(5) */
      {1083, 3, -1, 3},                  /* time(3) */
      {1114, 0, -1, 0},                  /* timestamp(0) */
      {1184, -1, -1, -1},                /* timestamptz */
      {1186, 2147418114, -1, 2},         /* interval(2) */
      {1186, 0x0004ffff, -1, -1},        /* interval year */
      {16385, 3, -1, -1},                /* a user's */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct headrace_column column = {.name = NULL};
    pg_type_apply_modifier(cases[i].oid, cases[i].modifier, &column);
    assert_int_equal(column.precision, cases[i].precision);
    assert_int_equal(column.scale, cases[i].scale);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_quoting),
      cmocka_unit_test(test_conninfo),
      cmocka_unit_test(test_refused_connection_passes),
      cmocka_unit_test(test_classes_of_errors),
      cmocka_unit_test(test_types),
      cmocka_unit_test(test_modifiers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
