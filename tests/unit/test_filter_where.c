/* SPDX-License-Identifier: Apache-2.0
 *
 * filter where: what an expression is of a row, old and new, with three truths; what is wrong
 * with an expression, and where. */
#include "filter_host.h"

static const struct headrace_column columns[] = {
    COLUMN("id", INT64),  COLUMN("name", TEXT),     COLUMN("total", NUMERIC),
    COLUMN("paid", BOOL), COLUMN("day", DATE),      COLUMN("at", TIMESTAMPTZ),
    COLUMN("note", TEXT), COLUMN("Odd \"n\"", TEXT)};

#define OLD_ROW ROW("7", "Ada", "12.50", "t", "2026-01-31", "2026-01-31 04:05:06.5+00", "old", "x")
#define NEW_ROW                                                                                    \
  ROW("7", "Bob", "1000000000000000000000.010", "f", "2026-02-01", "2026-02-01 04:05:06+00",       \
      ABSENT, NONE)

/* True, false or unknown of the update of OLD_ROW to NEW_ROW. */
static char outcome(const char *expression)
{
  const char *const unknown[] = {"drop", "pass"};
  bool passed[2];
  for (int i = 0; i < 2; i++) {
    struct filter_test *test =
        filter_test_new(KEYS("expression", expression, "unknown", unknown[i]));
    filter_test_table(test, "public", "orders", columns, 8);
    enum headrace_result result = filter_test_apply(test, HEADRACE_UPDATE, OLD_ROW, NEW_ROW);
    passed[i] = test->batch->events.count == 1;
    filter_test_free(test);
    if (result != HEADRACE_OK)
      return '!';
  }
  return passed[0] != passed[1] ? '?' : passed[0] ? 't' : 'f';
}

static void test_expressions(void **state)
{
  (void)state;
  static const struct {
    const char *expression;
    char outcome;
  } cases[] = {
      /* numbers, exactly */
      {"id = 7", 't'},
      {"id = 7.000", 't'},
      {"id <> 7", 'f'},
      {"id = 007", 't'},
      {"0.02 > 0.003", 't'},
      {"-0.02 < -0.003", 't'},
      {"0.0 = -0", 't'},
      {"id < 10", 't'}, /* as texts it would be more */
      {"-7 < id", 't'},
      {"id = '7'", 't'},
      {"total = 1e21", 'f'},
      {"total > 1000000000000000000000.0099999", 't'},
      {"total = 1000000000000000000000.01", 't'},
      {"total <= 1E+21", 'f'},
      {"old.total = 12.5", 't'},
      {"total > old.total", 't'},
      {"id between 7 and 8", 't'},
      {"id not between 7 and 8", 'f'},
      {"id in (1, 2, 7)", 't'},
      {"id not in (1, 2)", 't'},
      {"id in (1, null)", '?'},
      {"id in (7, null)", 't'},
      /* text */
      {"name = 'Bob'", 't'},
      {"name = 'bob'", 'f'},
      {"name >= 'B' and name < 'C'", 't'},
      {"name like 'B%'", 't'},
      {"name like '_o_'", 't'},
      {"name like 'o%'", 'f'},
      {"name not like '%x%'", 't'},
      {"name ilike 'bOB'", 't'},
      {"name ~ '^B.b$'", 't'},
      {"name ~ 'X'", 'f'},
      {"name ~* 'OB'", 't'},
      {"name !~ 'OB'", 't'},
      {"name !~* 'OB'", 'f'},
      {"name = 'O''Neill'", 'f'},
      /* booleans */
      {"paid", 'f'},
      {"not paid", 't'},
      {"old.paid and not new.paid", 't'},
      {"paid = false", 't'},
      {"paid is false", 't'},
      {"paid is not true", 't'},
      {"PAID = FALSE", '?'}, /* names are exact */
      /* dates and timestamps */
      {"day > '2026-01-31'", 't'},
      {"day = '2026-02-01 00:00:00'", 't'},
      {"day < at", 't'},
      {"old.at = '2026-01-31T05:05:06.500+01:00'", 't'},
      {"at > '2026-01-31 23:59:59.999999'", 't'},
      {"at < 'infinity'", 't'},
      /* null and absent */
      {"\"Odd \"\"n\"\"\" is null", 't'},
      {"\"Odd \"\"n\"\"\" = 'x'", '?'},
      {"old.\"Odd \"\"n\"\"\" = 'x'", 't'},
      {"new.note is absent", 't'},
      {"new.note = 'old'", '?'},
      {"note = 'old'", 't'}, /* the current one is the unchanged one */
      {"note is null", 'f'},
      {"new.note is null", '?'},
      {"new.note is not null", '?'},
      {"new.note is not absent", 'f'},
      {"name is not null", 't'},
      {"name = null", '?'},
      {"old.name is distinct from new.name", 't'},
      {"old.id is distinct from new.id", 'f'},
      {"\"Odd \"\"n\"\"\" is distinct from old.\"Odd \"\"n\"\"\"", 't'},
      {"\"Odd \"\"n\"\"\" is not distinct from null", 't'},
      {"nothing is absent", 't'},
      {"nothing = 1", '?'},
      /* three truths */
      {"nothing = 1 or id = 7", 't'},
      {"nothing = 1 and id = 7", '?'},
      {"nothing = 1 and id = 8", 'f'},
      {"id = 8 or nothing = 1", '?'},
      {"id = 7 or nothing = 1", 't'},
      {"id = 7 and nothing = 1", '?'},
      {"not (nothing = 1)", '?'},
      {"nothing is unknown", 't'},
      {"id = 7 or id = 1 and id = 2", 't'}, /* and binds closer */
      {"(id = 7 or id = 1) and id = 2", 'f'},
      {"not id = 7 or id = 7", 't'},
      {"true", 't'},
      {"null", '?'},
      /* the event */
      {"@operation = 'update'", 't'},
      {"@operation in ('insert', 'delete')", 'f'},
      {"@table = 'orders' and @schema = 'public' and @database = 'db'", 't'},
      {"@topic = 'x'", '?'},
      {"@topic is absent and @header.a is absent and @prefix is absent", 't'},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char found = outcome(cases[i].expression);
    if (found != cases[i].outcome)
      fail_msg("%s: %c instead of %c", cases[i].expression, found, cases[i].outcome);
  }
}

static void test_what_is_wrong(void **state)
{
  (void)state;
  static const struct {
    const char *expression, *reason;
  } cases[] = {
      {"id =", "column 5: expected a value, but the expression ends"},
      {"id = = 7", "column 6: expected a value instead of \"=\""},
      {"id 7", "column 4: expected and, or, or the end instead of \"7\""},
      {"(id = 7", "column 8: expected ), but the expression ends"},
      {"id = 7)", "column 7: expected and, or, or the end instead of \")\""},
      {"name = 'x", "column 8: the quote is not closed"},
      {"id = 7 and", "column 11: expected a value"},
      {"id is 7", "column 7: expected null, absent, true"},
      {"id not 7", "column 8: expected in, like, ilike or between"},
      {"id in 7", "column 7: expected ("},
      {"id in (7", "column 9: expected )"},
      {"@tabel = 'x'", "column 1: there is no @tabel; there are @operation"},
      {"name ~ 'a('", "column 8: the regular expression: "},
      {"name ~ other", "column 8: expected a regular expression in single quotes"},
      {"name like 5", "column 11: expected a pattern in single quotes"},
      {"id = 7x", "column 6: this is neither a number nor a name"},
      {"id = 1.2.3", "column 6: \"1.2.3\" is no number"},
      {"id & 7", "column 4: this sign has no meaning here"},
      {"new. = 7", "column 6: expected the name of a column"},
      {"id between 1 or 2", "column 14: expected and"},
      {"(id = 7) is unknown", "column 10: expected and, or, or the end"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_fault(KEYS("expression", cases[i].expression), cases[i].reason);
  char deep[1200] = "";
  for (int i = 0; i < 200; i++)
    strcat(deep, "not (");
  assert_fault(KEYS("expression", deep), "more than 100 levels deep");
  assert_fault(KEYS("expression", "true", "on", "records", "updates", "follow"), "updates: follow");
}

/* What only an event can tell is where the pipeline's `errors` says, and its values are not said.
 */
static void test_refusals(void **state)
{
  (void)state;
  static const struct {
    const char *expression, *reason;
  } cases[] = {
      {"id = 'seven'",
       "expression, column 6: this is compared with a number, but is none; table t"},
      {"day > 'soon'", "expression, column 7: this is compared with a date or timestamp"},
      {"name = 7", "expression, column 8: a number is compared with something else"},
      {"name = id", "a number is compared with something else"},
      {"day = 7", "a date or timestamp is compared with something else"},
      {"day > name", "a date or timestamp is compared with something else"},
      {"name", "expression, column 1: this is no boolean"},
      {"paid = 'maybe'", "this is compared with a boolean, but is neither true nor false"},
      {"id = 7 and name = 7", "expression, column 19: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = filter_test_new(KEYS("expression", cases[i].expression));
    filter_test_table(test, "public", "t", columns, 8);
    assert_int_equal(filter_test_apply(test, HEADRACE_UPDATE, OLD_ROW, NEW_ROW), HEADRACE_FATAL);
    assert_string_equal(test->host->last_error_class, "unsupported");
    if (!strstr(test->host->last_reason, cases[i].reason))
      fail_msg("%s: %s", cases[i].expression, test->host->last_reason);
    filter_test_free(test);
  }
}

/* A sink that puts it aside gets a record that the host has made of the change. */
static void test_dead_letter(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("expression", "name = 7"));
  test->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  filter_test_table(test, "public", "t", columns, 3);
  filter_test_row(test, HEADRACE_UPDATE, ROW("1", "\"\xc3\xa4\"", ABSENT), ROW("2", "\xff", NONE));
  const struct headrace_event *event = &test->batch->events.items[0];
  assert_non_null(event->rejection);
  assert_int_equal(event->record->key.state, HEADRACE_NULL);
  static const char expected[] = "{\"operation\":\"update\",\"schema\":\"public\",\"table\":\"t\","
                                 "\"new\":{\"id\":\"2\",\"name\":\"\\\\xff\",\"total\":null},"
                                 "\"old\":{\"id\":\"1\",\"name\":\"\\\"\xc3\xa4\\\"\"}}";
  assert_int_equal(event->record->value.size, sizeof expected - 1);
  assert_memory_equal(event->record->value.data, expected, sizeof expected - 1);
  filter_test_free(test);
}

static bool passes(struct filter_test *test, enum headrace_operation operation,
                   const char *const *old_row, const char *const *new_row)
{
  filter_test_row(test, operation, old_row, new_row);
  return test->batch->events.count == 1;
}

static void test_rows(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("expression", "name = 'Ada'"));
  filter_test_table(test, "public", "t", columns, 2);
  assert_true(passes(test, HEADRACE_INSERT, NULL, ROW("1", "Ada")));
  assert_false(passes(test, HEADRACE_READ, NULL, ROW("1", "Bob")));
  assert_true(passes(test, HEADRACE_DELETE, ROW("1", "Ada"), NULL)); /* the old one is current */
  assert_false(passes(test, HEADRACE_DELETE, ROW("1", ABSENT), NULL));
  assert_false(passes(test, HEADRACE_TRUNCATE, NULL, NULL)); /* unknown */
  filter_test_free(test);
  test = filter_test_new(KEYS("expression", "@operation = 'truncate' or name = 'x'"));
  filter_test_table(test, "public", "t", columns, 2);
  assert_true(passes(test, HEADRACE_TRUNCATE, NULL, NULL));
  filter_test_free(test);
}

static void test_tables(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("expression", "false", "tables", "orders"));
  filter_test_table(test, "public", "orders", columns, 2);
  assert_false(passes(test, HEADRACE_INSERT, NULL, ROW("1", "a")));
  filter_test_table(test, "public", "users", columns, 2);
  assert_true(passes(test, HEADRACE_INSERT, NULL, ROW("1", "a")));
  filter_test_free(test);
  test = filter_test_new(KEYS("expression", "nme = 'x'"));
  filter_test_table(test, "public", "users", columns, 2);
  passes(test, HEADRACE_INSERT, NULL, ROW("1", "a"));
  char *log = plugin_host_log(test->host);
  assert_non_null(strstr(log, "table public.users has no column \"nme\""));
  free(log);
  filter_test_free(test);
}

static void test_follow(void **state)
{
  (void)state;
  const struct {
    const char *const *old_row, *const *new_row;
    unsigned flags;
    const char *shown;
  } cases[] = {
      {ROW("1", "a"), ROW("1", "b"), 0, ""},
      {ROW("1", "x"), ROW("1", "x"), 0, "update public.t{id=1 name=x } old{id=1 name=x }"},
      {ROW("1", "a"), ROW("1", "x"), 0, "insert public.t{id=1 name=x }"},
      {ROW("1", "x"), ROW("2", "a"), 0, "delete public.t{old id=1 name=x }"},
      {NULL, ROW("1", "a"), 0, "delete public.t{old id=1 name=? }"},
      {NULL, ROW("1", "x"), 0, "update public.t{id=1 name=x }"},
      {ROW("1", ABSENT), ROW("2", "a"), HEADRACE_OLD_IS_KEY, "delete public.t{old id=1 name=? }"},
  };
  struct filter_test *test = filter_test_new(KEYS("expression", "name = 'x'", "updates", "follow"));
  filter_test_table(test, "public", "t", columns, 2);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    filter_test_row(test, HEADRACE_UPDATE, cases[i].old_row, cases[i].new_row);
    test->change.flags = cases[i].flags;
    assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
    assert_string_equal(filter_test_shown(test), cases[i].shown);
  }
  filter_test_free(test);
  /* What an unchanged large value is, an insert has to say. */
  test = filter_test_new(KEYS("expression", "id > 1", "updates", "follow"));
  filter_test_table(test, "public", "t", columns, 2);
  assert_string_equal(filter_test_row(test, HEADRACE_UPDATE, ROW("1", "long"), ROW("2", ABSENT)),
                      "insert public.t{id=2 name=long }");
  filter_test_free(test);
}

static void test_records(void **state)
{
  (void)state;
  static const struct {
    const char *expression;
    size_t passed;
  } cases[] = {{"@topic = 'orders'", 1},
               {"@key like 'k%' and @value is null", 1},
               {"@header.kind = 'b'", 1}, /* the last of its name */
               {"@header.kind = 'a'", 0},
               {"@header.version > 9", 1}, /* a header is what it is compared with */
               {"@header.none is absent", 1},
               {"@partition = 3 and @offset >= 40 and @timestamp is absent", 1},
               {"@operation = 'insert'", 0}};
  static const struct headrace_header headers[] = {{"kind", {"a", 1, HEADRACE_BINARY}},
                                                   {"version", {"10", 2, HEADRACE_BINARY}},
                                                   {"kind", {"b", 1, HEADRACE_BINARY}}};
  struct headrace_record record = {.topic = filter_test_value("orders"),
                                   .key = filter_test_value("key"),
                                   .headers = headers,
                                   .header_count = 3,
                                   .partition = 3,
                                   .offset = 41,
                                   .timestamp_ms = -1};
  struct headrace_event event = {.record = &record};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test =
        filter_test_new(KEYS("on", "records", "expression", cases[i].expression));
    assert_int_equal(test->plugin->on_records(test->self), 1);
    assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
    if (test->batch->events.count != cases[i].passed)
      fail_msg("%s", cases[i].expression);
    filter_test_free(test);
  }
}

static void test_messages(void **state)
{
  (void)state;
  struct filter_test *test = filter_test_new(KEYS("expression", "@prefix = 'audit'"));
  struct headrace_change message = {.operation = HEADRACE_MESSAGE,
                                    .message_prefix = filter_test_value("audit"),
                                    .message_content = filter_test_value("x")};
  struct headrace_event event = {.change = &message};
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_string_equal(filter_test_shown(test), "message");
  message.message_prefix = filter_test_value("other");
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_string_equal(filter_test_shown(test), "");
  message.operation = HEADRACE_HEARTBEAT;
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_string_equal(filter_test_shown(test), "heartbeat");
  filter_test_free(test);
}

/* Of a codec that was told no types. */
static void test_untyped(void **state)
{
  (void)state;
  static const struct headrace_column untyped[] = {COLUMN("n", UNTYPED), COLUMN("text", UNTYPED)};
  static const struct {
    const char *expression;
    size_t passed;
  } cases[] = {{"n > 9.5", 1},  {"n = 'x'", 0}, {"text > '2026-01-01'", 1}, {"text = 'x'", 0},
               {"text = 5", 0}, {"n < 9", 0},   {"n = 10 or true", 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = filter_test_new(KEYS("expression", cases[i].expression));
    test->host->verdict = HEADRACE_VERDICT_SKIP;
    filter_test_table(test, "public", "t", untyped, 2);
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW("10", "2026-01-31"));
    test->new_values[0].state = HEADRACE_LITERAL;
    assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
    if (test->batch->events.count != cases[i].passed)
      fail_msg("%s", cases[i].expression);
    filter_test_free(test);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_expressions), cmocka_unit_test(test_what_is_wrong),
      cmocka_unit_test(test_refusals),    cmocka_unit_test(test_dead_letter),
      cmocka_unit_test(test_rows),        cmocka_unit_test(test_tables),
      cmocka_unit_test(test_follow),      cmocka_unit_test(test_records),
      cmocka_unit_test(test_messages),    cmocka_unit_test(test_untyped)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
