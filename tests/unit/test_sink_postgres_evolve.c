/* SPDX-License-Identifier: Apache-2.0
 *
 * Making tables and widening columns, as far as the server need not be asked. */
#include "create.h"
#include "evolve.h"
#include "plugin_host.h"
#include "sink.h"
#include "sink_postgres_event.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAME(text) ((char *)(uintptr_t)(text))

struct typed {
  enum headrace_type type;
  int32_t precision, scale;
  const char *name;
  bool is_array;
};

static struct headrace_column column_of(struct typed typed)
{
  return (struct headrace_column){.name = "c",
                                  .type_name = typed.name ? typed.name : "",
                                  .type =
                                      (uint16_t)(typed.is_array ? HEADRACE_TYPE_ARRAY : typed.type),
                                  .element_type = (uint16_t)(typed.is_array ? typed.type : 0),
                                  .precision = typed.precision,
                                  .scale = typed.scale,
                                  .type_modifier = -1,
                                  .flags = HEADRACE_COLUMN_NULLABLE};
}

static void makes_columns(void **state)
{
  (void)state;
  static const struct {
    struct typed column;
    const char *expected;
  } cases[] = {
      {{HEADRACE_TYPE_INT16, -1, -1, "smallint", false}, "smallint"},
      {{HEADRACE_TYPE_NUMERIC, 12, 2, "numeric", false}, "numeric(12,2)"},
      {{HEADRACE_TYPE_NUMERIC, -1, -1, "numeric", false}, "numeric"},
      {{HEADRACE_TYPE_NUMERIC, 2, 4, "numeric", false}, "numeric"},
      {{HEADRACE_TYPE_NUMERIC, 4, -2, "numeric", false}, "numeric"},
      {{HEADRACE_TYPE_TEXT, 40, -1, "character varying", false}, "character varying(40)"},
      {{HEADRACE_TYPE_TEXT, 40, -1, "VARCHAR", false}, "character varying(40)"},
      {{HEADRACE_TYPE_TEXT, 3, -1, "character", false}, "character(3)"},
      {{HEADRACE_TYPE_TEXT, 40, -1, "", false}, "text"},
      {{HEADRACE_TYPE_TIME, -1, 3, "", false}, "time(3) without time zone"},
      {{HEADRACE_TYPE_TIMESTAMPTZ, -1, -1, "", false}, "timestamp with time zone"},
      {{HEADRACE_TYPE_TIMESTAMP, -1, 9, "", false}, "timestamp without time zone"},
      {{HEADRACE_TYPE_BIT, 3, -1, "bit", false}, "bit(3)"},
      {{HEADRACE_TYPE_BIT, 2147483647, -1, "", false}, "bit varying"},
      {{HEADRACE_TYPE_BIT, 5, -1, "bit varying", false}, "bit varying(5)"},
      {{HEADRACE_TYPE_JSON, -1, -1, "json", false}, "json"},
      {{HEADRACE_TYPE_JSON, -1, -1, "", false}, "jsonb"},
      {{HEADRACE_TYPE_INET, -1, -1, "macaddr8", false}, "macaddr8"},
      {{HEADRACE_TYPE_INET, -1, -1, "", false}, "text"},
      {{HEADRACE_TYPE_OTHER, -1, -1, "", false}, "text"},
      {{HEADRACE_TYPE_NUMERIC, 12, 2, "numeric[]", true}, "numeric(12,2)[]"},
      {{HEADRACE_TYPE_TEXT, 9, -1, "character varying[]", true}, "character varying(9)[]"},
      {{HEADRACE_TYPE_INT32, -1, -1, "_int4", true}, "integer[]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct headrace_column column = column_of(cases[i].column);
    struct wanted_column wanted = {.name = NAME("c"), .source = &column};
    struct pg_error error;
    char *type;
    assert_int_equal(column_type(NULL, &wanted, false, &type, &error), HEADRACE_OK);
    assert_string_equal(type, cases[i].expected);
    free(type);
  }
}

static void a_value_shows_the_type(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    enum headrace_state state;
    const char *expected;
  } cases[] = {
      {"true", HEADRACE_LITERAL, "boolean"},
      {"-12", HEADRACE_LITERAL, "bigint"},
      {"999999999999999999", HEADRACE_LITERAL, "bigint"},
      {"9999999999999999999", HEADRACE_LITERAL, "numeric"},
      {"1.5", HEADRACE_LITERAL, "numeric"},
      {"1e3", HEADRACE_LITERAL, "numeric"},
      {"{}", HEADRACE_LITERAL, "jsonb"},
      {"[1]", HEADRACE_LITERAL, "jsonb"},
      {"2026-01-31", HEADRACE_TEXT, "text"},
      {"12", HEADRACE_TEXT, "text"},
  };
  struct headrace_column column = column_of((struct typed){.type = HEADRACE_TYPE_UNTYPED});
  struct pg_error error;
  char *type;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct headrace_value value = test_text(cases[i].text);
    value.state = cases[i].state;
    struct wanted_column wanted = {.name = NAME("c"), .source = &column, .sample = &value};
    assert_int_equal(column_type(NULL, &wanted, false, &type, &error), HEADRACE_OK);
    assert_string_equal(type, cases[i].expected);
    free(type);
  }
  struct wanted_column wanted = {.name = NAME("c"), .source = &column};
  assert_int_equal(column_type(NULL, &wanted, false, &type, &error), HEADRACE_OK);
  assert_null(type);
  assert_int_equal(column_type(NULL, &wanted, true, &type, &error), HEADRACE_OK);
  assert_string_equal(type, "text");
  free(type);
  wanted.type = "hstore";
  assert_int_equal(column_type(NULL, &wanted, false, &type, &error), HEADRACE_OK);
  assert_string_equal(type, "hstore");
  free(type);
}

static void makes_tables(void **state)
{
  (void)state;
  const char *const pairs[] = {
      "column_case", "snake", "cast_columns", "Total = \"numeric(9,2)\"", "exclude_columns",
      "secret",      NULL};
  struct plugin_host *host = plugin_host_new(sink_postgres_keys, pairs);
  struct naming *naming = naming_new(&host->instance.host);
  struct test_event test;
  test_event_init(&test, "t", "public", "o\"r");
  test_event_column(&test, "orderId", HEADRACE_TYPE_INT64);
  test_event_column(&test, "Total", HEADRACE_TYPE_UNTYPED);
  test_event_column(&test, "secret", HEADRACE_TYPE_TEXT);
  test_event_column(&test, "unknown", HEADRACE_TYPE_UNTYPED);
  struct wanted_extras extras = {0};
  extras_add(&extras, "__deleted", EXTRA_DELETED, NULL);
  char *const key[] = {NAME("order_id")};
  struct wanted_table wanted = {.schema = "s", .table = "o\"r", .key = key, .key_count = 1};
  wanted_table_fill(&wanted, naming, &extras, &test.event);
  struct pg_error error;
  struct sql_list sql;
  assert_int_equal(create_sql(NULL, &wanted, false, &sql, &error), HEADRACE_OK);
  assert_int_equal(sql.count, 1);
  assert_string_equal(sql.items[0],
                      "CREATE TABLE IF NOT EXISTS \"s\".\"o\"\"r\" (\"order_id\" bigint, "
                      "\"total\" numeric(9,2), \"__deleted\" boolean, "
                      "PRIMARY KEY (\"order_id\"))");
  sql_list_free(&sql);
  assert_int_equal(create_sql(NULL, &wanted, true, &sql, &error), HEADRACE_OK);
  assert_non_null(strstr(sql.items[0], "\"unknown\" text"));
  sql_list_free(&sql);
  wanted_table_free(&wanted);
  extras_free(&extras);
  naming_free(naming);
  plugin_host_free(host);
}

/* ---- widening ---------------------------------------------------------- */

static struct target_column existing(struct typed typed, const char *full_type)
{
  return (struct target_column){.name = NAME("c"),
                                .quoted = NAME("\"c\""),
                                .full_type = (char *)(uintptr_t)full_type,
                                .type_oid = !strncmp(full_type, "character(", 10) ? 1042 : 1,
                                .logical =
                                    (uint16_t)(typed.is_array ? HEADRACE_TYPE_ARRAY : typed.type),
                                .element_logical = (uint16_t)(typed.is_array ? typed.type : 0),
                                .precision = typed.precision,
                                .scale = typed.scale};
}

static void widens_columns(void **state)
{
  (void)state;
  enum { NO = -1 };
  static const struct {
    struct typed have;
    const char *full_type;
    struct typed need;
    const char *expected; /* NULL: nothing is done */
    bool fits;
  } cases[] = {
      {{HEADRACE_TYPE_INT16, NO, NO, 0, 0},
       "smallint",
       {HEADRACE_TYPE_INT32, NO, NO, 0, 0},
       "integer",
       0},
      {{HEADRACE_TYPE_INT16, NO, NO, 0, 0},
       "smallint",
       {HEADRACE_TYPE_INT64, NO, NO, 0, 0},
       "bigint",
       0},
      {{HEADRACE_TYPE_INT64, NO, NO, 0, 0}, "bigint", {HEADRACE_TYPE_INT32, NO, NO, 0, 0}, NULL, 1},
      {{HEADRACE_TYPE_INT32, NO, NO, 0, 0},
       "integer",
       {HEADRACE_TYPE_NUMERIC, 6, 2, 0, 0},
       "numeric(12,2)",
       0},
      {{HEADRACE_TYPE_NUMERIC, 6, 2, 0, 0},
       "numeric(6,2)",
       {HEADRACE_TYPE_NUMERIC, 6, 4, 0, 0},
       "numeric(8,4)",
       0},
      {{HEADRACE_TYPE_NUMERIC, 6, 2, 0, 0},
       "numeric(6,2)",
       {HEADRACE_TYPE_NUMERIC, 5, 2, 0, 0},
       NULL,
       1},
      {{HEADRACE_TYPE_NUMERIC, 6, 2, 0, 0},
       "numeric(6,2)",
       {HEADRACE_TYPE_NUMERIC, NO, NO, 0, 0},
       "numeric",
       0},
      {{HEADRACE_TYPE_NUMERIC, NO, NO, 0, 0},
       "numeric",
       {HEADRACE_TYPE_INT64, NO, NO, 0, 0},
       NULL,
       1},
      {{HEADRACE_TYPE_NUMERIC, 6, 2, 0, 0},
       "numeric(6,2)",
       {HEADRACE_TYPE_INT64, NO, NO, 0, 0},
       "numeric(21,2)",
       0},
      {{HEADRACE_TYPE_FLOAT32, NO, NO, 0, 0},
       "real",
       {HEADRACE_TYPE_FLOAT64, NO, NO, 0, 0},
       "double precision",
       0},
      {{HEADRACE_TYPE_FLOAT64, NO, NO, 0, 0},
       "double precision",
       {HEADRACE_TYPE_NUMERIC, NO, NO, 0, 0},
       NULL,
       0},
      {{HEADRACE_TYPE_TEXT, 10, NO, 0, 0},
       "character varying(10)",
       {HEADRACE_TYPE_TEXT, 20, NO, 0, 0},
       "character varying(20)",
       0},
      {{HEADRACE_TYPE_TEXT, 10, NO, 0, 0},
       "character varying(10)",
       {HEADRACE_TYPE_TEXT, NO, NO, 0, 0},
       "text",
       0},
      {{HEADRACE_TYPE_TEXT, NO, NO, 0, 0}, "text", {HEADRACE_TYPE_TEXT, 20, NO, 0, 0}, NULL, 1},
      {{HEADRACE_TYPE_TEXT, 3, NO, 0, 0},
       "character(3)",
       {HEADRACE_TYPE_TEXT, 5, NO, 0, 0},
       "character(5)",
       0},
      {{HEADRACE_TYPE_TEXT, 3, NO, 0, 0},
       "character(3)",
       {HEADRACE_TYPE_TEXT, NO, NO, 0, 0},
       NULL,
       0},
      {{HEADRACE_TYPE_TIMESTAMP, NO, 3, 0, 0},
       "timestamp(3) without time zone",
       {HEADRACE_TYPE_TIMESTAMP, NO, 6, 0, 0},
       "timestamp(6) without time zone",
       0},
      {{HEADRACE_TYPE_TIMESTAMP, NO, NO, 0, 0},
       "timestamp without time zone",
       {HEADRACE_TYPE_TIMESTAMP, NO, 6, 0, 0},
       NULL,
       1},
      {{HEADRACE_TYPE_TIMESTAMP, NO, 6, 0, 0},
       "timestamp(6) without time zone",
       {HEADRACE_TYPE_TIMESTAMP, NO, NO, 0, 0},
       NULL,
       1},
      {{HEADRACE_TYPE_BIT, 3, NO, 0, 0}, "bit(3)", {HEADRACE_TYPE_BIT, 5, NO, 0, 0}, NULL, 0},
      {{HEADRACE_TYPE_BIT, 3, NO, 0, 0},
       "bit varying(3)",
       {HEADRACE_TYPE_BIT, 5, NO, 0, 0},
       "bit varying(5)",
       0},
      {{HEADRACE_TYPE_INT32, NO, NO, 0, 1},
       "integer[]",
       {HEADRACE_TYPE_INT64, NO, NO, 0, 1},
       "bigint[]",
       0},
      {{HEADRACE_TYPE_INT32, NO, NO, 0, 0},
       "integer",
       {HEADRACE_TYPE_INT64, NO, NO, 0, 1},
       NULL,
       0},
      {{HEADRACE_TYPE_JSON, NO, NO, 0, 0}, "jsonb", {HEADRACE_TYPE_INT64, NO, NO, 0, 1}, NULL, 1},
      {{HEADRACE_TYPE_INT32, NO, NO, 0, 0}, "integer", {HEADRACE_TYPE_TEXT, NO, NO, 0, 0}, NULL, 0},
      {{HEADRACE_TYPE_TEXT, NO, NO, 0, 0}, "text", {HEADRACE_TYPE_UUID, NO, NO, 0, 0}, NULL, 1},
      {{HEADRACE_TYPE_DATE, NO, NO, 0, 0}, "date", {HEADRACE_TYPE_TIMESTAMP, NO, 3, 0, 0}, NULL, 0},
      {{HEADRACE_TYPE_INT32, NO, NO, 0, 0},
       "integer",
       {HEADRACE_TYPE_UNTYPED, NO, NO, 0, 0},
       NULL,
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct target_column have = existing(cases[i].have, cases[i].full_type);
    struct target target = {.columns = &have, .column_count = 1, .quoted = NAME("\"t\"")};
    struct headrace_column need = column_of(cases[i].need);
    struct wanted_column column = {.name = NAME("c"), .source = &need};
    struct wanted_table wanted = {.columns = &column, .column_count = 1};
    struct pg_error error;
    struct sql_list sql;
    char expected[128];
    assert_int_equal(evolve_sql(NULL, &target, &wanted, &sql, &error), HEADRACE_OK);
    snprintf(expected, sizeof expected, "ALTER TABLE \"t\" ALTER COLUMN \"c\" TYPE %s",
             cases[i].expected);
    assert_string_equal(sql.count ? sql.items[0] : "-", cases[i].expected ? expected : "-");
    sql_list_free(&sql);
    char *misfits = evolve_misfits(&target, &wanted);
    assert_int_equal(misfits == NULL, cases[i].fits);
    free(misfits);
    have.domain = true;
    evolve_sql(NULL, &target, &wanted, &sql, &error);
    assert_int_equal(sql.count, 0);
  }
}

/* Columns of the target: c (not null), d (not null, not in the event), k (the key). */
static void lets_columns_be_null(void **state)
{
  (void)state;
  struct target_column have[] = {
      existing((struct typed){HEADRACE_TYPE_INT32, -1, -1, NULL, false}, "integer"),
      {.name = NAME("d"), .quoted = NAME("\"d\"")},
      {.name = NAME("k"), .quoted = NAME("\"k\"")},
      {.name = NAME("e"), .quoted = NAME("\"e\""), .has_default = true},
  };
  for (size_t i = 0; i < 4; i++)
    have[i].not_null = true;
  uint16_t key[] = {2};
  struct target target = {
      .columns = have, .column_count = 4, .key = key, .key_count = 1, .quoted = NAME("\"t\"")};
  struct headrace_column need = column_of((struct typed){HEADRACE_TYPE_INT32, -1, -1, NULL, false});
  struct wanted_column column = {.name = NAME("c"), .source = &need};
  struct wanted_table wanted = {.columns = &column, .column_count = 1, .whole = true};
  struct pg_error error;
  struct sql_list sql;
  assert_int_equal(evolve_sql(NULL, &target, &wanted, &sql, &error), HEADRACE_OK);
  assert_string_equal(sql.items[0], "ALTER TABLE \"t\" ALTER COLUMN \"c\" DROP NOT NULL, "
                                    "ALTER COLUMN \"d\" DROP NOT NULL");
  sql_list_free(&sql);
  char *misfits = evolve_misfits(&target, &wanted);
  assert_string_equal(misfits, "column \"c\" is NOT NULL, and events may lack it; "
                               "column \"d\" is NOT NULL, and events may lack it");
  free(misfits);
  need.flags = 0;
  wanted.whole = false;
  assert_int_equal(evolve_sql(NULL, &target, &wanted, &sql, &error), HEADRACE_OK);
  assert_int_equal(sql.count, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(makes_columns),        cmocka_unit_test(a_value_shows_the_type),
      cmocka_unit_test(makes_tables),         cmocka_unit_test(widens_columns),
      cmocka_unit_test(lets_columns_be_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
