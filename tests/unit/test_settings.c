/* SPDX-License-Identifier: Apache-2.0
 *
 * Every type of key, what it takes and what it refuses. */
#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* after what it needs */

static const struct headrace_key keys[] = {
    {.name = "string", .default_value = "text"},
    {.name = "unset"},
    {.name = "secret", .type = HEADRACE_SECRET},
    {.name = "bool", .type = HEADRACE_BOOL, .default_value = "no"},
    {.name = "int", .type = HEADRACE_INT, .default_value = "-5"},
    {.name = "size", .type = HEADRACE_SIZE, .default_value = "64KiB"},
    {.name = "duration", .type = HEADRACE_DURATION, .default_value = "10s"},
    {.name = "enum", .type = HEADRACE_ENUM, .default_value = "two", .choices = "one|two|three"},
    {.name = "list", .type = HEADRACE_LIST},
    {.name = "picked", .type = HEADRACE_LIST, .choices = "insert|update|delete"},
    {.name = "map", .type = HEADRACE_MAP},
    {.name = "any.*"},
    {0}};

static int setup(void **state)
{
  struct settings *settings = calloc(1, sizeof *settings);
  settings_init(settings, keys);
  *state = settings;
  return 0;
}

static int teardown(void **state)
{
  settings_free(*state);
  free(*state);
  return 0;
}

static void accept(struct settings *settings, const char *key, const char *text)
{
  char *error = NULL;
  if (!settings_set(settings, key, text, &error))
    fail_msg("%s = \"%s\" was refused: %s", key, text, error);
}

static void refuse(struct settings *settings, const char *key, const char *text, const char *said)
{
  char *error = NULL;
  if (settings_set(settings, key, text, &error))
    fail_msg("%s = \"%s\" was taken", key, text);
  if (!strstr(error, said))
    fail_msg("%s = \"%s\": \"%s\" does not say \"%s\"", key, text, error, said);
  free(error);
}

static void test_defaults(void **state)
{
  struct settings *settings = *state;
  const struct headrace_pair *items;
  assert_string_equal(settings_string(settings, "string"), "text");
  assert_null(settings_string(settings, "unset"));
  assert_int_equal(settings_integer(settings, "bool"), 0);
  assert_int_equal(settings_integer(settings, "int"), -5);
  assert_int_equal(settings_integer(settings, "size"), 65536);
  assert_int_equal(settings_integer(settings, "duration"), 10000);
  assert_int_equal(settings_integer(settings, "enum"), 1);
  assert_int_equal(settings_list(settings, "list", &items), 0);
  assert_false(settings_given(settings, "string"));
  accept(settings, "string", "");
  assert_true(settings_given(settings, "string"));
  assert_string_equal(settings_string(settings, "string"), "");
}

struct number_case {
  const char *key;
  const char *text;
  int64_t number;
};

static void test_numbers(void **state)
{
  static const struct number_case cases[] = {
      {"bool", "yes", 1},
      {"bool", "TRUE", 1},
      {"bool", "On", 1},
      {"bool", "1", 1},
      {"bool", "no", 0},
      {"bool", "false", 0},
      {"bool", "off", 0},
      {"bool", "0", 0},
      {"int", "0", 0},
      {"int", "-9223372036854775808", INT64_MIN},
      {"int", "9223372036854775807", INT64_MAX},
      {"size", "1", 1},
      {"size", "1B", 1},
      {"size", "3k", 3072},
      {"size", "3kB", 3072},
      {"size", "3 KiB", 3072},
      {"size", "2M", 2 << 20},
      {"size", "2mib", 2 << 20},
      {"size", "2MB", 2 << 20},
      {"size", "1GiB", 1 << 30},
      {"size", "5TB", 5LL << 40},
      {"duration", "250", 250},
      {"duration", "250ms", 250},
      {"duration", "10s", 10000},
      {"duration", "5m", 300000},
      {"duration", "5min", 300000},
      {"duration", "2h", 7200000},
      {"duration", "1 d", 86400000},
      {"enum", "one", 0},
      {"enum", "three", 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    accept(*state, cases[i].key, cases[i].text);
    if (settings_integer(*state, cases[i].key) != cases[i].number)
      fail_msg("%s = \"%s\" became %lld", cases[i].key, cases[i].text,
               (long long)settings_integer(*state, cases[i].key));
  }
}

static void test_refused(void **state)
{
  static const struct {
    const char *key;
    const char *text;
    const char *said;
  } cases[] = {
      {"bool", "maybe", "yes or no"},
      {"bool", "", "yes or no"},
      {"bool", "2", "yes or no"},
      {"int", "", "a whole number, not \"\""},
      {"int", "0x10", "a whole number"},
      {"int", "1.5", "a whole number"},
      {"int", "1k", "a whole number"},
      {"int", "9223372036854775808", "a whole number"},
      {"size", "-1", "a size such as"},
      {"size", "12 parsecs", "not \"12 parsecs\""},
      {"size", "9007199254740992T", "a size such as"},
      {"size", "KiB", "a size such as"},
      {"duration", "-1s", "a duration such as"},
      {"duration", "1y", "a duration such as"},
      {"duration", "9223372036854775807d", "a duration such as"},
      {"enum", "four", "one of: one|two|three, not \"four\""},
      {"enum", "tw", "one of"},
      {"enum", "one|two", "one of"},
      {"enum", "", "one of"},
      {"picked", "insert, truncate", "a list of: insert|update|delete"},
      {"map", "a", "a map such as"},
      {"map", "a = ", "a map such as"},
      {"map", "= b", "a map such as"},
      {"map", "a = b, c", "a map such as"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    refuse(*state, cases[i].key, cases[i].text, cases[i].said);
}

static void test_lists(void **state)
{
  struct settings *settings = *state;
  const struct headrace_pair *items;
  accept(settings, "list", " public.users ,\"odd, name\".t,, last\t");
  assert_int_equal(settings_list(settings, "list", &items), 3);
  assert_string_equal(items[0].name, "public.users");
  assert_string_equal(items[1].name, "\"odd, name\".t"); /* quotes are the reader's affair */
  assert_string_equal(items[2].name, "last");
  assert_null(items[0].value);
  accept(settings, "list", "one"); /* replaces */
  assert_int_equal(settings_list(settings, "list", &items), 1);
  accept(settings, "list", "");
  assert_int_equal(settings_list(settings, "list", &items), 0);
  accept(settings, "list", "\"never, closed");
  assert_int_equal(settings_list(settings, "list", &items), 1);
  accept(settings, "picked", "update,insert");
  assert_int_equal(settings_list(settings, "picked", &items), 2);
}

static void test_maps(void **state)
{
  struct settings *settings = *state;
  const struct headrace_pair *items;
  accept(settings, "map", "public.users = people, public.orders=orders=2 ,");
  assert_int_equal(settings_list(settings, "map", &items), 2);
  assert_string_equal(items[0].name, "public.users");
  assert_string_equal(items[0].value, "people");
  assert_string_equal(items[1].name, "public.orders");
  assert_string_equal(items[1].value, "orders=2");
}

static void test_wildcards(void **state)
{
  struct settings *settings = *state;
  const struct headrace_pair *items;
  assert_non_null(settings_key(settings, "any.thing.at.all"));
  assert_null(settings_key(settings, "any."));
  assert_null(settings_key(settings, "anything"));
  accept(settings, "any.linger.ms", "5");
  accept(settings, "any.acks", "all");
  accept(settings, "any.linger.ms", "10");
  assert_int_equal(settings_list(settings, "any.*", &items), 2);
  assert_string_equal(items[0].name, "linger.ms");
  assert_string_equal(items[0].value, "10");
  assert_string_equal(items[1].name, "acks");
  assert_true(settings_given(settings, "any.*"));
}

static void test_secrets_stay_secret(void **state)
{
  struct settings *settings = *state;
  accept(settings, "secret", "hunter2");
  assert_string_equal(settings_string(settings, "secret"), "hunter2");
  assert_string_equal(key_type_name(HEADRACE_SECRET), "secret");
}

static void test_no_table(void **state)
{
  (void)state;
  struct settings settings;
  settings_init(&settings, NULL);
  assert_null(settings_key(&settings, "anything"));
  settings_free(&settings);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_defaults),
      TEST(test_numbers),
      TEST(test_refused),
      TEST(test_lists),
      TEST(test_maps),
      TEST(test_wildcards),
      TEST(test_secrets_stay_secret),
      cmocka_unit_test(test_no_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
