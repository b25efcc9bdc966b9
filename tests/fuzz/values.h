/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the text of any type: the first two bytes choose type and element, the third the
 * modes of host_of(), the fourth precision and scale. Memory is of exactly the size that was asked
 * for: a bound that is too small is seen by the sanitizer. */
#ifndef HEADRACE_FUZZ_VALUES_H
#define HEADRACE_FUZZ_VALUES_H

#include "../unit/plugin_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct headrace_registration *headrace_plugin_entry(void);

static struct plugin_host *host_of(unsigned modes); /* the target's own */

static char *reserved;
static size_t reserved_size;

static char *exact_reserve(const struct headrace_host *host, struct headrace_batch *batch,
                           size_t size)
{
  (void)host;
  (void)batch;
  free(reserved);
  reserved_size = size;
  return reserved = malloc(size);
}

static void exact_commit(const struct headrace_host *host, struct headrace_batch *batch,
                         size_t used)
{
  (void)host;
  (void)batch;
  if (used > reserved_size)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 4)
    return 0;
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = host_of(data[2]);
  host->instance.host.reserve = exact_reserve;
  host->instance.host.commit = exact_commit;
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_column column = {
      .name = "v",
      .type_name = "",
      .type = data[0] % (HEADRACE_TYPE_LTREE + 1),
      .element_type = data[1] % (HEADRACE_TYPE_LTREE + 1),
      .precision = (data[3] & 15) - 1,
      .scale = (data[3] >> 4) - 1,
      .flags = HEADRACE_COLUMN_NULLABLE,
  };
  if (column.element_type == HEADRACE_TYPE_ARRAY)
    column.element_type = HEADRACE_TYPE_TEXT;
  static const uint16_t key[] = {0};
  struct headrace_relation relation = {.id = 1,
                                       .schema = "s",
                                       .table = "t",
                                       .columns = &column,
                                       .column_count = 1,
                                       .key = key,
                                       .key_count = 1};
  char *text = malloc(size - 4 ? size - 4 : 1);
  memcpy(text, data + 4, size - 4);
  struct headrace_value value = {text, (uint32_t)(size - 4), HEADRACE_TEXT};
  struct headrace_change change = {
      .relation = &relation, .new_values = &value, .operation = HEADRACE_INSERT};
  struct headrace_event event = {.change = &change};
  void *self;
  if (plugin->open(&host->instance.host, &self) != HEADRACE_OK)
    abort();
  batch_stage_begin(batch);
  batch_stage_input(batch, &event);
  (void)plugin->encode(self, &event, batch);
  batch_stage_end(batch);
  plugin->close(self);
  batch_free(batch);
  plugin_host_free(host);
  free(text);
  free(reserved);
  reserved = NULL;
  return 0;
}

#endif
