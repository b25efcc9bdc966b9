/* SPDX-License-Identifier: Apache-2.0
 *
 * filter mask: what values become, and the types of their columns. The hashes are Python's
 * hmac.new(b"0123456789abcdef", value, "sha256"). */
#include "filter_host.h"

#define SALT     "salt", "0123456789abcdef"
#define HASH_ADA "9bc245ae8032d0b6c5fca2e91bbe82682c2e07656f8ebc09906bf20ee6825e25"
#define HASH_1   "6f51b61a3db920f1cbe06a4c38501bc0b002ebaf9ceab835ca0a6f899817de7a"

static const struct headrace_column columns[] = {COLUMN("id", INT32), COLUMN("name", TEXT),
                                                 COLUMN("born", DATE), COLUMN("n", NUMERIC),
                                                 COLUMN("blob", BYTES)};

static struct filter_test *users(const char *const *settings)
{
  struct filter_test *test = filter_test_new(settings);
  filter_test_table(test, "public", "users", columns, 5);
  return test;
}

static const char *insert(struct filter_test *test)
{
  return filter_test_row(test, HEADRACE_INSERT, NULL,
                         ROW("1",
                             "\xc3\x84"
                             "da",
                             "1815-12-10", "12.50", "\\x00ff01"));
}

static void assert_type(const struct filter_test *test, uint32_t column, enum headrace_type type)
{
  const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
  assert_int_equal(relation->columns[column].type, type);
  assert_string_equal(relation->columns[column].type_name,
                      relation->columns[column].type == HEADRACE_TYPE_TEXT && column != 1 ? "text"
                                                                                          : "");
}

static void test_hash(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("hash", "users.name, id", SALT));
  assert_string_equal(filter_test_row(test, HEADRACE_UPDATE, ROW("1", ABSENT, NONE, NONE, NONE),
                                      ROW("1", "Ada", NONE, "1", NONE)),
                      "update public.users{id=" HASH_1 " name=" HASH_ADA
                      " born=null n=1 blob=null } "
                      "old{id=" HASH_1 " name=? born=null n=null blob=null }");
  assert_type(test, 0, HEADRACE_TYPE_TEXT);
  assert_int_equal(test->batch->events.items[0].change->relation->key[0], 0);
  assert_memory_equal(test->new_values[1].data, "Ada", 3); /* the event is as it was */
  filter_test_free(test);
  test = users(KEYS("hash", "name", "hash_length", "9", SALT));
  filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "Ada", NONE, NONE, NONE));
  const struct headrace_value *value = &test->batch->events.items[0].change->new_values[1];
  assert_int_equal(value->size, 9);
  assert_memory_equal(value->data, HASH_ADA, 9);
  filter_test_free(test);
}

/* The same value, and so the same hash, whenever it comes. */
static void test_hash_again(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("hash", "name", SALT));
  for (int i = 0; i < 3; i++) {
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", i % 2 ? "x" : "Ada", NONE, NONE, NONE));
    const struct headrace_value *value = &test->batch->events.items[0].change->new_values[1];
    assert_int_equal(memcmp(value->data, HASH_ADA, 64) == 0, i % 2 == 0);
  }
  filter_test_free(test);
}

static void test_null(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("null", "*.b*"));
  assert_string_equal(insert(test), "insert public.users{id=1 name=\xc3\x84"
                                    "da born=null n=12.50 blob=null }");
  assert_type(test, 2, HEADRACE_TYPE_DATE);
  filter_test_free(test);
}

static void test_constant(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("constant", "name = xx, born = 1900-01-01, n = 0"));
  assert_string_equal(insert(test),
                      "insert public.users{id=1 name=xx born=1900-01-01 n=0 blob=\\x00ff01 }");
  assert_type(test, 2, HEADRACE_TYPE_DATE);
  assert_type(test, 3, HEADRACE_TYPE_NUMERIC);
  filter_test_free(test);
  test = users(KEYS("constant", "born = young, n = much"));
  insert(test);
  assert_type(test, 2, HEADRACE_TYPE_TEXT);
  assert_type(test, 3, HEADRACE_TYPE_TEXT);
  filter_test_free(test);
}

static void test_truncate(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("truncate", "name = 1, born = 4, blob = 2, n = 100"));
  assert_string_equal(insert(test),
                      "insert public.users{id=1 name=\xc3\x84 born=1815 n=12.50 blob=\\x00ff }");
  assert_type(test, 2, HEADRACE_TYPE_TEXT);
  assert_type(test, 4, HEADRACE_TYPE_BYTES);
  filter_test_free(test);
}

static void test_the_strongest_counts(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("null", "name", "hash", "name, n", "truncate", "n = 1",
                                        "constant", "^public\\.users\\.name$ = x", SALT));
  insert(test);
  const struct headrace_value *row = test->batch->events.items[0].change->new_values;
  assert_int_equal(row[1].state, HEADRACE_NULL);
  assert_int_equal(row[3].size, 64);
  filter_test_free(test);
}

/* One relation for one, and none where nothing is masked. */
static void test_relations(void **state)
{
  (void)state;
  struct filter_test *test = users(KEYS("constant", "born = x"));
  insert(test);
  uint64_t id = test->batch->events.items[0].change->relation->id;
  insert(test);
  assert_int_equal(test->batch->events.items[0].change->relation->id, id);
  filter_test_table(test, "public", "orders", columns, 2);
  filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "x"));
  assert_ptr_equal(test->batch->events.items[0].change, &test->change);
  filter_test_free(test);
}

static void test_keys_stay_apart(void **state)
{
  (void)state;
  const char *const *const settings[] = {KEYS("null", "id"), KEYS("constant", "*.id = 1"),
                                         KEYS("truncate", "id = 2")};
  for (size_t i = 0; i < 3; i++) {
    struct filter_test *test = users(settings[i]);
    assert_int_equal(
        filter_test_apply(test, HEADRACE_INSERT, NULL, ROW("1", "a", NONE, NONE, NONE)),
        HEADRACE_FATAL);
    char *log = plugin_host_log(test->host);
    assert_non_null(strstr(log, "table public.users: column \"id\" is of the key"));
    assert_int_equal(strstr(log, "or set truncate_keys = yes") != NULL, i == 2);
    free(log);
    filter_test_free(test);
  }
  struct filter_test *test = users(KEYS("truncate", "id = 2", "truncate_keys", "yes"));
  filter_test_row(test, HEADRACE_INSERT, NULL, ROW("123", "a", NONE, NONE, NONE));
  assert_memory_equal(test->batch->events.items[0].change->new_values[0].data, "12", 2);
  assert_int_equal(test->batch->events.items[0].change->new_values[0].size, 2);
  filter_test_free(test);
}

static void test_check(void **state)
{
  (void)state;
  assert_fault(NULL, "nothing is masked");
  assert_fault(KEYS("hash", "a"), "salt: hash needs a salt of 16 bytes or more");
  assert_fault(KEYS("hash", "a", "salt", "too short"), "salt: hash needs");
  assert_fault(KEYS("hash", "a", SALT, "hash_length", "65"), "hash_length: 8 to 64 digits");
  assert_fault(KEYS("truncate", "a = x"), "truncate: \"x\" is no number of characters");
  assert_fault(KEYS("truncate", "a = 99999999999"), "truncate: \"99999999999\"");
  assert_fault(KEYS("null", "a.b.c.d"), "null: \"a.b.c.d\" has 4 components");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hash),      cmocka_unit_test(test_hash_again),
      cmocka_unit_test(test_null),      cmocka_unit_test(test_constant),
      cmocka_unit_test(test_truncate),  cmocka_unit_test(test_the_strongest_counts),
      cmocka_unit_test(test_relations), cmocka_unit_test(test_keys_stay_apart),
      cmocka_unit_test(test_check)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
