/* SPDX-License-Identifier: Apache-2.0
 *
 * Which table, which columns. */
#include "letter_case.h"
#include "naming.h"
#include "plugin_host.h"
#include "sink.h"
#include "sink_postgres_event.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void changes_case(void **state)
{
  (void)state;
  static const struct {
    enum letter_case rule;
    const char *name, *expected;
  } cases[] = {
      {CASE_KEEP, "Order-Lines", "Order-Lines"},
      {CASE_LOWER, "OrderÄ_1", "orderÄ_1"},
      {CASE_UPPER, "orderä_1", "ORDERä_1"},
      {CASE_SNAKE, "OrderLines", "order_lines"},
      {CASE_SNAKE, "HTTPServer2Go", "http_server2_go"},
      {CASE_SNAKE, "order-lines.x", "order_lines_x"},
      {CASE_SNAKE, "ID", "id"},
      {CASE_SNAKE, "already_so", "already_so"},
      {CASE_SNAKE, "Order_Lines", "order_lines"},
      {CASE_CAMEL, "order_lines", "orderLines"},
      {CASE_CAMEL, "ORDER_LINES", "orderLines"},
      {CASE_CAMEL, "OrderLines", "orderLines"},
      {CASE_CAMEL, "__op", "__op"},
      {CASE_CAMEL, "", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *out = letter_case_apply(cases[i].rule, cases[i].name);
    assert_string_equal(out, cases[i].expected);
    free(out);
  }
}

/* "schema|table", or "-" if it is not wanted, or what is wrong. */
static char *place_of(const char *const *pairs, struct test_event *test)
{
  struct plugin_host *host = plugin_host_new(sink_postgres_keys, pairs);
  struct naming *naming = naming_new(&host->instance.host);
  assert_non_null(naming);
  struct table_place place;
  char *reason, *out;
  if (!naming_table(naming, &test->event, &place, &reason))
    return naming_free(naming), plugin_host_free(host), reason;
  if (place.table &&
      asprintf(&out, "%s|%s%s", place.schema, place.table, place.shared ? "|shared" : "") < 0)
    abort();
  if (!place.table)
    out = strdup("-");
  table_place_free(&place);
  naming_free(naming);
  plugin_host_free(host);
  return out;
}

#define PLACE(test, expected, ...)                                                                 \
  do {                                                                                             \
    char *place_ = place_of((const char *const[]){__VA_ARGS__, NULL}, test);                       \
    assert_string_equal(place_, expected);                                                         \
    free(place_);                                                                                  \
  } while (0)

static void names_tables(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "srv.A.b.C", "A", "b.C");
  PLACE(&test, "A|b.C", "table_case", "keep");
  PLACE(&test, "a|b.c", "table_case", "lower");
  PLACE(&test, "public|srv.A.b.C", "table", "{topic}");
  PLACE(&test, "cdc|A.b.C", "table", "cdc.{schema}.{table}");
  PLACE(&test, "shop|A_b.C", "table", "{db}.{schema}_{table}");
  PLACE(&test, "mine|b.C", "table", "{table}", "default_schema", "mine");
  PLACE(&test, "mine|all|shared", "table", "mine.all");
  test.relation.schema = NULL;
  PLACE(&test, "public|b.C", "table", "{schema}.{table}");
}

static void names_tables_by_headers(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "t", NULL, "orders");
  test.header = (struct headrace_header){.name = "tenant", .value = test_text("acme")};
  PLACE(&test, "public|orders", "table", "{header.tenant}.{table}");
  test.record.headers = &test.header;
  test.record.header_count = 1;
  PLACE(&test, "acme|orders", "table", "{header.tenant}.{table}");
}

static void maps_tables(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "shop.public.Orders", "public", "Orders");
  PLACE(&test, "x|Y|shared", "tables", "shop.public.Orders = x.Y", "table_case", "lower");
  PLACE(&test, "x|Y|shared", "tables", "public.Orders = x.Y");
  PLACE(&test, "public|Y|shared", "tables", "Orders = Y");
  PLACE(&test, "archive|Orders_1|shared", "tables",
        "public.Other = no, ^shop\\.public\\.(.*)$ = archive.\\1_1");
  PLACE(&test, "public|Orders|shared", "tables", "^(shop)\\.(.*)$ = {schema}.{table}");
  PLACE(&test, "public|Orders", "tables", "^hop = x.y");
}

static void filters_tables(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "shop.public.orders", "public", "orders");
  PLACE(&test, "public|orders", "include_tables", "public.orders");
  PLACE(&test, "public|orders", "include_tables", "x, ^shop\\.");
  PLACE(&test, "-", "include_tables", "public.other");
  PLACE(&test, "-", "exclude_tables", "shop.public.orders");
  PLACE(&test, "-", "include_tables", "orders", "exclude_tables", "^.*orders$");
}

static void refuses_what_is_no_name(void **state)
{
  (void)state;
  struct test_event test;
  char name[65] = {0};
  memset(name, 'n', 64);
  test_event_init(&test, "t", "public", name);
  char *reason = place_of(NULL, &test);
  assert_non_null(strstr(reason, "has 64 bytes"));
  free(reason);
  name[63] = 0;
  PLACE(&test, (char[]){"public|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"},
        "table_case", "keep");
  test.relation.table = "";
  reason = place_of(NULL, &test);
  assert_string_equal(reason, "the name of its table is empty");
  free(reason);
}

static void refuses_wrong_keys(void **state)
{
  (void)state;
  static const struct {
    const char *key, *value, *said;
  } cases[] = {
      {"table", "{tabel}", "table: unknown place \"{tabel}\""},
      {"table", "{header.}", "unknown place"},
      {"tables", "a = {x}", "tables: unknown place"},
      {"tables", "^( = x", "tables: \"^(\": "},
      {"column", "c", "column: without {column}"},
      {"column", "{table}", "column: unknown place"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *const pairs[] = {cases[i].key, cases[i].value, NULL};
    struct plugin_host *host = plugin_host_new(sink_postgres_keys, pairs);
    assert_null(naming_new(&host->instance.host));
    char *log = plugin_host_log(host);
    assert_non_null(strstr(log, cases[i].said));
    free(log);
    plugin_host_free(host);
  }
}

/* The column's name, or "-". */
static void column_is(const char *const *pairs, struct test_event *test, const char *column,
                      const char *expected)
{
  struct plugin_host *host = plugin_host_new(sink_postgres_keys, pairs);
  struct naming *naming = naming_new(&host->instance.host);
  char *reason;
  char *name = naming_column(naming, &test->event, column, &reason);
  assert_null(reason);
  assert_string_equal(name ? name : "-", expected);
  free(name);
  naming_free(naming);
  plugin_host_free(host);
}

#define COLUMN(column, expected, ...)                                                              \
  column_is((const char *const[]){__VA_ARGS__, NULL}, &test, column, expected)

static void names_columns(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "shop.public.orders", "public", "orders");
  COLUMN("sel\"ect", "sel\"ect", "column", "{column}");
  COLUMN("OrderId", "src_order_id", "column", "src_{column}", "column_case", "snake");
  COLUMN("id", "Order Id", "rename_columns", "orders:id = Order Id", "column_case", "snake");
  COLUMN("id", "k", "rename_columns", "other:id = x, id = k");
  COLUMN("id", "id", "rename_columns", "other:id = x");
  COLUMN("id", "-", "exclude_columns", "shop.public.orders:id");
  COLUMN("id", "-", "include_columns", "orders:note");
  COLUMN("note", "note", "include_columns", "orders:note");
  COLUMN("id", "id", "include_columns", "other:note");
  COLUMN("note", "-", "include_columns", "orders:*", "exclude_columns", "note");
}

static void headers_are_part_of_the_context(void **state)
{
  (void)state;
  struct test_event test;
  test_event_init(&test, "t", NULL, "orders");
  test.header = (struct headrace_header){.name = "tenant", .value = test_text("acme")};
  test.record.headers = &test.header;
  test.record.header_count = 1;
  const char *const pairs[] = {"table", "{header.tenant}.{table}", NULL};
  struct plugin_host *host = plugin_host_new(sink_postgres_keys, pairs);
  struct naming *naming = naming_new(&host->instance.host);
  char out[16];
  assert_int_equal(naming_context(naming, &test.record, out, sizeof out), 6);
  assert_memory_equal(out, "t\0acme", 6);
  assert_int_equal(naming_context(naming, &test.record, out, 2), 6);
  assert_int_equal(naming_context(naming, NULL, out, sizeof out), 0);
  naming_free(naming);
  plugin_host_free(host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_case),
      cmocka_unit_test(names_tables),
      cmocka_unit_test(names_tables_by_headers),
      cmocka_unit_test(maps_tables),
      cmocka_unit_test(filters_tables),
      cmocka_unit_test(refuses_what_is_no_name),
      cmocka_unit_test(refuses_wrong_keys),
      cmocka_unit_test(names_columns),
      cmocka_unit_test(headers_are_part_of_the_context),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
