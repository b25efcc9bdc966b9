/* SPDX-License-Identifier: Apache-2.0
 *
 * filter flatten: records of any bytes. The first byte chooses what becomes of deletes. What comes
 * out is JSON. */
#include "../unit/plugin_host.h"
#include "json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct headrace_registration *headrace_plugin_entry(void);

static void check(const struct headrace_batch *batch)
{
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_value *value = &batch->events.items[i].record->value;
    struct json_reader reader;
    struct json_value whole;
    if (batch->events.items[i].rejection || value->state == HEADRACE_NULL)
      continue;
    json_read_begin(&reader, value->data, value->size);
    if (!json_read_whole(&reader, &whole) || !json_read_end(&reader))
      abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const deletes[] = {"tombstone", "drop", "rewrite", "rewrite-with-tombstone",
                                        "delete-to-tombstone"};
  if (!size)
    return 0;
  const char *settings[] = {"deletes",     deletes[data[0] % 5],
                            "add_fields",  "op, source.ts_ms, table, id:x",
                            "add_headers", "lsn, op",
                            NULL};
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = plugin_host_new(plugin->keys, settings);
  host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  struct headrace_batch *batch = plugin_host_batch();
  void *self;
  if (plugin->open(&host->instance.host, &self) != HEADRACE_OK)
    abort();
  char *value = memcpy(malloc(size), data + 1, size - 1); /* its end is seen */
  const struct headrace_record record = {.value = {value, (uint32_t)size - 1, HEADRACE_BINARY}};
  const struct headrace_event event = {.record = &record};
  batch_stage_begin(batch);
  batch_stage_input(batch, &event);
  if (plugin->apply(self, &event, batch) != HEADRACE_OK)
    abort();
  batch_stage_end(batch);
  check(batch);
  plugin->close(self);
  free(value);
  batch_free(batch);
  plugin_host_free(host);
  return 0;
}
