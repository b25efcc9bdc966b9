/* SPDX-License-Identifier: Apache-2.0
 *
 * codec columns: rows and messages of any bytes. The first byte chooses: an even one makes all the
 * rest the array of headers, bytes in hexadecimal, and a template's place; an odd one a message
 * that should be JSON, and a record that becomes a row. */
#include "../unit/plugin_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct headrace_registration *headrace_plugin_entry(void);

static const struct headrace_column columns[] = {
    {.name = "body", .type_name = "", .type = HEADRACE_TYPE_BYTES},
    {.name = "pairs", .type_name = "", .type = HEADRACE_TYPE_ARRAY}};

struct run {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
};

static void stage(struct run *run, const struct headrace_event *event)
{
  batch_reset(run->batch);
  batch_stage_begin(run->batch);
  batch_stage_input(run->batch, event);
  if ((event->record ? run->plugin->decode : run->plugin->encode)(run->self, event, run->batch) !=
      HEADRACE_OK)
    abort();
  batch_stage_end(run->batch);
}

static void encode_row(struct run *run, const struct headrace_value *bytes)
{
  const struct headrace_host *host = &run->host->instance.host;
  const struct headrace_relation description = {
      .schema = "s", .table = "t", .columns = columns, .column_count = 2};
  const struct headrace_relation *relation = host->relation_new(host, &description);
  const struct headrace_value values[] = {*bytes, *bytes};
  const struct headrace_change change = {
      .relation = relation, .new_values = values, .operation = HEADRACE_INSERT};
  stage(run, &(struct headrace_event){.change = &change});
  batch_reset(run->batch);
  host->relation_release(host, relation);
}

static void use(struct run *run, bool rows, const struct headrace_value *bytes)
{
  if (rows) {
    encode_row(run, bytes);
    return;
  }
  const struct headrace_change change = {
      .message_prefix = *bytes, .message_content = *bytes, .operation = HEADRACE_MESSAGE};
  const struct headrace_header header = {"name", *bytes};
  const struct headrace_record record = {
      .topic = {"t", 1, HEADRACE_TEXT}, .value = *bytes, .headers = &header, .header_count = 1};
  stage(run, &(struct headrace_event){.change = &change});
  stage(run, &(struct headrace_event){.record = &record});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  const char *row_settings[] = {"value", "body",     "headers_column", "pairs",   "timestamp",
                                "pairs", "messages", "bytes",          "headers", "h = {body}",
                                NULL};
  const char *message_settings[] = {"envelope",   "a = body, b = {pairs}",
                                    "messages",   "json",
                                    "partition",  "number",
                                    "value_type", "json",
                                    NULL};
  bool rows = data[0] % 2 == 0;
  struct run run = {.plugin = headrace_plugin_entry()->plugin, .batch = plugin_host_batch()};
  run.host = plugin_host_new(run.plugin->keys, rows ? row_settings : message_settings);
  run.host->verdict = HEADRACE_VERDICT_SKIP;
  if (run.plugin->open(&run.host->instance.host, &run.self) != HEADRACE_OK)
    abort();
  char *copy = memcpy(malloc(size), data + 1, size - 1); /* its end is seen */
  const struct headrace_value bytes = {copy, (uint32_t)size - 1, HEADRACE_TEXT};
  use(&run, rows, &bytes);
  run.plugin->close(run.self);
  free(copy);
  batch_free(run.batch);
  plugin_host_free(run.host);
  return 0;
}
