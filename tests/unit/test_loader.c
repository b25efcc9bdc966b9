/* SPDX-License-Identifier: Apache-2.0
 *
 * Plugins are held to the ABI when they are opened. */
#include "loader.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* after what it needs */

static int setup(void **state)
{
  struct loader *loader = calloc(1, sizeof *loader);
  loader_init(loader, ODD_DIR);
  *state = loader;
  return 0;
}

static int teardown(void **state)
{
  loader_free(*state);
  free(*state);
  return 0;
}

static void refuse(struct loader *loader, enum headrace_kind kind, const char *name,
                   const char *said)
{
  char *error = NULL;
  assert_null(loader_open(loader, kind, name, &error));
  if (!strstr(error, said))
    fail_msg("\"%s\" does not say \"%s\"", error, said);
  free(error);
}

static void test_once(void **state)
{
  char *error = NULL;
  const struct headrace_plugin *plugin = loader_open(*state, HEADRACE_SINK, "good", &error);
  assert_non_null(plugin);
  assert_null(error);
  assert_ptr_equal(loader_open(*state, HEADRACE_SINK, "good", &error), plugin);
  assert_ptr_equal(loader_open(*state, HEADRACE_SINK, ODD_DIR "/headrace-sink-good.so", &error),
                   plugin);
  assert_ptr_not_equal(loader_open(*state, HEADRACE_SINK, "old", &error), plugin);
}

static void test_broken_rules(void **state)
{
  refuse(*state, HEADRACE_SINK, "version",
         "was built for plugin API version 99, this headrace has version 1; build it again");
  refuse(*state, HEADRACE_SINK, "entry", "is not a headrace plugin: it has no");
  refuse(*state, HEADRACE_SINK, "kind", "says that it is of the unknown kind 9");
  refuse(*state, HEADRACE_SINK, "write", "lacks the required write");
}

/* What an older plugin does not have is nothing for the host, whatever lies behind it. */
static void test_older_structure(void **state)
{
  char *error = NULL;
  const struct headrace_plugin *plugin = loader_open(*state, HEADRACE_SINK, "old", &error);
  assert_non_null(plugin);
  assert_non_null(plugin->write);
  assert_null(plugin->stored_position);
}

static void test_unknown(void **state)
{
  refuse(*state, HEADRACE_CODEC, "xml", "there is no codec \"xml\" in " ODD_DIR "; there is: none");
  refuse(*state, HEADRACE_SINK, "god", "there is no sink \"god\" in " ODD_DIR "; there is: ");
  refuse(*state, HEADRACE_SOURCE, "/nonexistent.so", "/nonexistent.so");
  refuse(*state, HEADRACE_SOURCE, ODD_DIR "/headrace-sink-good.so", "is a sink, not a source");
}

static size_t complaints;

static void count_complaint(const char *error)
{
  assert_non_null(error);
  complaints++;
}

static void test_all(void **state)
{
  struct loader *loader = *state;
  complaints = 0;
  loader_open_all(loader, count_complaint);
  assert_int_equal(complaints, 4); /* of the four that break a rule */
  assert_int_equal(loader->count, 2);
  for (size_t i = 0; i < loader->count; i++)
    assert_non_null(loader->plugins[i]->plugin.name);
}

static void test_file(void **state)
{
  struct loader *loader = *state;
  complaints = 0;
  loader_open_file(loader, ODD_DIR "/headrace-sink-good.so", count_complaint);
  assert_int_equal(loader->count, 1);
  loader_open_file(loader, ODD_DIR "/headrace-sink-good.so", count_complaint);
  assert_int_equal(loader->count, 1);
  assert_int_equal(complaints, 0);
  loader_open_file(loader, ODD_DIR "/nothing.so", count_complaint);
  assert_int_equal(complaints, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_once),    TEST(test_broken_rules), TEST(test_older_structure),
      TEST(test_unknown), TEST(test_all),          TEST(test_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
