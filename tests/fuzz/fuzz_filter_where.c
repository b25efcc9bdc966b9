/* SPDX-License-Identifier: Apache-2.0
 *
 * filter where: any expression, of a row and a record. Either it is refused, with a place inside of
 * it, or it is something of the event. */
#include "../unit/plugin_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct headrace_registration *headrace_plugin_entry(void);

static void apply(const struct headrace_plugin *plugin, struct plugin_host *host, void *self)
{
  static const struct headrace_column columns[] = {{.name = "a", .type = HEADRACE_TYPE_NUMERIC},
                                                   {.name = "b", .type = HEADRACE_TYPE_TEXT},
                                                   {.name = "c", .type = HEADRACE_TYPE_TIMESTAMP},
                                                   {.name = "d", .type = HEADRACE_TYPE_UNTYPED}};
  static const struct headrace_value row[] = {{"12.50", 5, HEADRACE_TEXT},
                                              {"te\xc3\xa4t", 5, HEADRACE_TEXT},
                                              {"2026-01-31 04:05:06", 19, HEADRACE_TEXT},
                                              {"true", 4, HEADRACE_LITERAL}};
  static const struct headrace_value old[4] = {{.state = HEADRACE_ABSENT}};
  static const struct headrace_header header = {"h", {"v", 1, HEADRACE_BINARY}};
  static const struct headrace_record record = {
      .key = {"k", 1, HEADRACE_BINARY}, .headers = &header, .header_count = 1};
  const struct headrace_host *api = &host->instance.host;
  struct headrace_relation description = {.table = "t", .columns = columns, .column_count = 4};
  const struct headrace_relation *relation = api->relation_new(api, &description);
  const struct headrace_change change = {
      .relation = relation, .new_values = row, .old_values = old, .operation = HEADRACE_UPDATE};
  const struct headrace_event event = {.change = &change, .record = &record};
  struct headrace_batch *batch = plugin_host_batch();
  batch_stage_begin(batch);
  batch_stage_input(batch, &event);
  if (plugin->apply(self, &event, batch) != HEADRACE_OK)
    abort();
  batch_stage_end(batch);
  batch_free(batch);
  api->relation_release(api, relation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *expression = calloc(size + 1, 1);
  memcpy(expression, data, size);
  bool complicated = strstr(expression, "~") && strpbrk(expression, "{*+"); /* regcomp's own time */
  if (!*expression || complicated) {
    free(expression);
    return 0;
  }
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host =
      plugin_host_new(plugin->keys, (const char *const[]){"expression", expression, NULL});
  host->verdict = HEADRACE_VERDICT_SKIP;
  void *self;
  if (plugin->open(&host->instance.host, &self) == HEADRACE_OK) {
    apply(plugin, host, self);
    plugin->close(self);
  }
  plugin_host_free(host);
  free(expression);
  return 0;
}
