/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin of examples/ keeps what its first lines say. */
#include "loader.h"
#include "plugin_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after what it needs */

static const struct headrace_column columns[] = {
    {.name = "id", .type = HEADRACE_TYPE_INT64},    {.name = "name", .type = HEADRACE_TYPE_TEXT},
    {.name = "status", .type = HEADRACE_TYPE_TEXT}, {.name = "born", .type = HEADRACE_TYPE_DATE},
    {.name = "note", .type = HEADRACE_TYPE_TEXT},
};
static const uint16_t key[] = {0};

#define TEXT(t)                                                                                    \
  {                                                                                                \
    .data = (t), .size = sizeof(t) - 1, .state = HEADRACE_TEXT                                     \
  }

static const struct headrace_value row[] = {
    TEXT("7"), TEXT("Ada"), TEXT("new"), TEXT("1815-12-10"), {.state = HEADRACE_ABSENT}};

static void check_values(const struct headrace_value *values)
{
  assert_memory_equal(values[0].data, "7", 1); /* of the key */
  assert_int_equal(values[1].size, 8);
  assert_memory_equal(values[1].data, "redacted", 8);
  assert_memory_equal(values[2].data, "new", 3); /* named */
  assert_int_equal(values[3].state, HEADRACE_NULL);
  assert_int_equal(values[4].state, HEADRACE_ABSENT);
}

static void test_redact(void **state)
{
  (void)state;
  struct loader loader;
  char *error;
  loader_init(&loader, PROBE_DIR);
  const struct headrace_plugin *plugin = loader_open(&loader, HEADRACE_FILTER, "redact", &error);
  assert_non_null(plugin);
  struct plugin_host *host =
      plugin_host_new(plugin->keys, (const char *const[]){"keep", "status", NULL});
  void *instance;
  assert_int_equal(plugin->open(&host->instance.host, &instance), HEADRACE_OK);

  struct headrace_relation description = {
      .table = "t", .columns = columns, .column_count = 5, .key = key, .key_count = 1};
  const struct headrace_host *api = &host->instance.host;
  const struct headrace_relation *relation = api->relation_new(api, &description);
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_change *change = batch_add_change(batch, relation);
  change->operation = HEADRACE_UPDATE;
  change->old_values = change->new_values = row;
  batch_add_change(batch, relation)->operation = HEADRACE_TRUNCATE;
  batch_add_change(batch, NULL)->operation = HEADRACE_MESSAGE;
  batch_seal(batch);

  batch_stage_begin(batch);
  for (size_t i = 0; i < batch->events.count; i++) {
    batch_stage_input(batch, &batch->events.items[i]);
    assert_int_equal(plugin->apply(instance, &batch->events.items[i], batch), HEADRACE_OK);
  }
  batch_stage_end(batch);
  assert_int_equal(batch->events.count, 2); /* the message did not pass */
  check_values(batch->events.items[0].change->old_values);
  check_values(batch->events.items[0].change->new_values);
  assert_int_equal(batch->events.items[0].change->operation, HEADRACE_UPDATE);
  assert_int_equal(batch->events.items[1].change->operation, HEADRACE_TRUNCATE);
  assert_null(batch->events.items[1].change->new_values);
  assert_memory_equal(row[1].data, "Ada", 3); /* the event itself is as it was */

  plugin->close(instance);
  batch_free(batch);
  api->relation_release(api, relation);
  plugin_host_free(host);
  loader_free(&loader);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_redact)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
