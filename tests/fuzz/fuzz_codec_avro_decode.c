/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro, reading: schemas and records of any bytes. The first byte chooses the modes; then
 * come the schema that records were written with, which has the id 1, and the newest one of the
 * subject, each behind its size in two bytes; then the records. */
#include "../unit/registry_double.h"
#include "records.h"

static struct plugin_host *host_of(unsigned modes)
{
  static const char *const formats[] = {"auto", "auto", "debezium", "plain"};
  const char *settings[] = {"registry",    "http://127.0.0.1:9",
                            "format",      formats[modes % 4],
                            "reader",      modes & 4 ? "latest" : "writer",
                            "key_columns", modes & 8 ? "t = a+b" : "public.t = id",
                            NULL};
  struct plugin_host *host = plugin_host_new(headrace_plugin_entry()->plugin->keys, settings);
  host->verdict = modes & 16 ? HEADRACE_VERDICT_DEAD_LETTER : HEADRACE_VERDICT_SKIP;
  return host;
}

static void add_schema(struct input *input)
{
  struct headrace_value value;
  char *memory;
  if (next_value(input, &value, &memory)) {
    char *text = strndup(value.data ? value.data : "", value.size);
    registry_double_add("t-value", text);
    free(text);
  }
  free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  struct input input = {data + 1, data + size};
  registry_double_clear();
  add_schema(&input);
  add_schema(&input);
  decode_all(host_of(data[0]), &input);
  return 0;
}
