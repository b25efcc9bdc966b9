/* SPDX-License-Identifier: Apache-2.0
 *
 * filter select: tables, operations and columns; what is absent stays absent. */
#include "filter_host.h"

static const struct headrace_column columns[] = {COLUMN("id", INT32), COLUMN("name", TEXT),
                                                 COLUMN("note", TEXT)};

static struct filter_test *users(const char *const *settings)
{
  struct filter_test *test = filter_test_new(settings);
  filter_test_table(test, "public", "users", columns, 3);
  return test;
}

static void test_columns(void **state)
{
  (void)state;
  static const struct {
    const char *key, *value, *shown;
  } cases[] = {
      {"columns", "name", "update public.users{id=1 name=null } old{id=1 name=? }"},
      {"columns", "users.note", "update public.users{id=1 note=? } old{id=1 note=x }"},
      {"columns", "orders.note", "update public.users{id=1 } old{id=1 }"},
      {"exclude_columns", "*.n*", "update public.users{id=1 } old{id=1 }"},
      {"exclude_columns", "^public\\.users\\.na",
       "update public.users{id=1 note=? } old{id=1 note=x }"},
      {"exclude_columns", "nam",
       "update public.users{id=1 name=null note=? } old{id=1 name=? note=x }"},
      {"rename", "users.name = full_name, note = comment",
       "update public.users{id=1 full_name=null comment=? } old{id=1 full_name=? comment=x }"},
      {"rename", "id = number",
       "update public.users{number=1 name=null note=? } old{number=1 name=? note=x }"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = users(KEYS(cases[i].key, cases[i].value));
    assert_string_equal(
        filter_test_row(test, HEADRACE_UPDATE, ROW("1", ABSENT, "x"), ROW("1", NONE, ABSENT)),
        cases[i].shown);
    const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
    assert_int_equal(relation->key_count, 1);
    assert_int_equal(relation->key[0], 0);
    filter_test_free(test);
  }
}

/* A column before the key's goes away: the key's index moves. */
static void test_key_moves(void **state)
{
  (void)state;
  static const uint16_t key[] = {2};
  struct filter_test *test = filter_test_new(KEYS("exclude_columns", "id, name"));
  const struct headrace_host *host = &test->host->instance.host;
  struct headrace_relation description = {
      .table = "t", .columns = columns, .column_count = 3, .key = key, .key_count = 1};
  test->relation = host->relation_new(host, &description);
  assert_string_equal(filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a", "b")),
                      "insert t{note=b }");
  const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
  assert_int_equal(relation->key[0], 0);
  assert_int_not_equal(relation->id, test->relation->id);
  filter_test_free(test);
}

/* The same relation for the same table, or whoever caches by it would never find it again. */
static void test_one_relation(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("columns", "name"));
  uint64_t ids[2];
  for (int i = 0; i < 2; i++) {
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "Ada", "x"));
    ids[i] = test->batch->events.items[0].change->relation->id;
  }
  assert_int_equal(ids[0], ids[1]);
  filter_test_table(test, "public", "users", columns, 2); /* altered */
  filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "Ada"));
  assert_int_not_equal(test->batch->events.items[0].change->relation->id, ids[0]);
  filter_test_free(test);
}

static void test_tables(void **state)
{
  (void)state;
  static const struct {
    const char *key, *value;
    size_t passed;
  } cases[] = {{"tables", "users", 1},
               {"tables", "public.users", 1},
               {"tables", "shop.users, orders", 0},
               {"tables", "*.users", 1},
               {"tables", "^\\.users", 0},
               {"tables", "\"^public[.]users{1,2}$\"", 1},
               {"exclude_tables", "user*", 0},
               {"exclude_tables", "user", 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_test *test = users(KEYS(cases[i].key, cases[i].value));
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a", "b"));
    assert_int_equal(test->batch->events.count, cases[i].passed);
    assert_int_equal(metrics_get(&test->host->metrics, "stage.dropped"), 0);
    test->plugin->tick(test->self);
    assert_int_equal(metrics_get(&test->host->metrics, "stage.dropped"), 1 - cases[i].passed);
    filter_test_free(test);
  }
}

static void test_operations(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("drop_operations", "truncate, delete, message"));
  assert_string_equal(filter_test_row(test, HEADRACE_TRUNCATE, NULL, NULL), "");
  assert_string_equal(filter_test_row(test, HEADRACE_DELETE, ROW("1", NONE, NONE), NULL), "");
  assert_string_equal(filter_test_row(test, HEADRACE_READ, NULL, ROW("1", NONE, NONE)),
                      "read public.users{id=1 name=null note=null }");
  struct headrace_change message = {.operation = HEADRACE_MESSAGE};
  struct headrace_event event = {.change = &message};
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_int_equal(test->batch->events.count, 0);
  message.operation = HEADRACE_HEARTBEAT;
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_string_equal(filter_test_shown(test), "heartbeat");
  filter_test_free(test);
}

static void test_skip_unchanged(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("exclude_columns", "note", "skip_unchanged", "yes"));
  assert_string_equal(
      filter_test_row(test, HEADRACE_UPDATE, ROW("1", "a", "b"), ROW("1", "a", "c")), "");
  assert_string_equal(
      filter_test_row(test, HEADRACE_UPDATE, ROW("1", "a", "b"), ROW("1", ABSENT, "c")), "");
  assert_string_equal(
      filter_test_row(test, HEADRACE_UPDATE, ROW("1", "a", "b"), ROW("1", NONE, "b")),
      "update public.users{id=1 name=null } old{id=1 name=a }");
  assert_string_equal(filter_test_row(test, HEADRACE_UPDATE, NULL, ROW("1", "a", "c")),
                      "update public.users{id=1 name=a }");
  filter_test_free(test);
}

static void test_what_cannot_be_done_stops(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("exclude_columns", "id"));
  assert_int_equal(filter_test_apply(test, HEADRACE_INSERT, NULL, ROW("1", "a", "b")),
                   HEADRACE_FATAL);
  char *log = plugin_host_log(test->host);
  assert_non_null(strstr(log, "table public.users: column \"id\" is of the key"));
  free(log);
  filter_test_free(test);
  test = users(KEYS("rename", "name = note"));
  assert_int_equal(filter_test_apply(test, HEADRACE_INSERT, NULL, ROW("1", "a", "b")),
                   HEADRACE_FATAL);
  filter_test_free(test);
}

static void test_check(void **state)
{
  (void)state;
  assert_fault(KEYS("tables", "a.b.c"), "tables: \"a.b.c\" has 3 components");
  assert_fault(KEYS("exclude_columns", "^a("), "exclude_columns: \"^a(\": ");
}

static void step(struct filter_test *test, enum headrace_operation operation,
                 const struct headrace_transaction *transaction)
{
  test->change =
      (struct headrace_change){.operation = operation, .transaction = transaction, .ordinal = 5};
  test->event = (struct headrace_event){.change = &test->change};
  assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
}

/* A reader that counts the events of a transaction must not wait for those that were dropped. */
static void test_counts_of_a_transaction(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("drop_operations", "delete", "rename", "note = comment"));
  struct headrace_relation_count counts[] = {{test->relation, 3}, {NULL, 2}};
  struct headrace_transaction end = {.id = 7, .counts = counts, .count_count = 2};
  for (int round = 0; round < 2; round++) {
    step(test, HEADRACE_BEGIN, &test->transaction);
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a", "b"));
    filter_test_row(test, HEADRACE_DELETE, ROW("1", "a", "b"), NULL);
    step(test, HEADRACE_COMMIT, &end);
    const struct headrace_change *commit = test->batch->events.items[0].change;
    assert_int_equal(commit->ordinal, 4);
    assert_int_equal(commit->transaction->id, 7);
    assert_int_equal(commit->transaction->count_count, 2);
    assert_int_equal(commit->transaction->counts[0].events, 2);
    assert_string_equal(commit->transaction->counts[0].relation->columns[2].name, "comment");
    assert_int_equal(commit->transaction->counts[1].events, 2);
  }
  step(test, HEADRACE_BEGIN, &test->transaction); /* nothing of the table is left */
  counts[0].events = 1;
  filter_test_row(test, HEADRACE_DELETE, ROW("1", "a", "b"), NULL);
  step(test, HEADRACE_COMMIT, &end);
  const struct headrace_transaction *left = test->batch->events.items[0].change->transaction;
  assert_int_equal(left->count_count, 1);
  assert_null(left->counts[0].relation);
  step(test, HEADRACE_COMMIT, &end); /* gone on with after a restart: as it came */
  assert_ptr_equal(test->batch->events.items[0].change->transaction, &end);
  filter_test_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns),
                                     cmocka_unit_test(test_key_moves),
                                     cmocka_unit_test(test_one_relation),
                                     cmocka_unit_test(test_tables),
                                     cmocka_unit_test(test_operations),
                                     cmocka_unit_test(test_skip_unchanged),
                                     cmocka_unit_test(test_what_cannot_be_done_stops),
                                     cmocka_unit_test(test_check),
                                     cmocka_unit_test(test_counts_of_a_transaction)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
