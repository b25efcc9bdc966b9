/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json, reading: records of any bytes. The first byte chooses the modes. */
#include "records.h"

static struct plugin_host *host_of(unsigned modes)
{
  static const char *const formats[] = {"auto", "auto", "debezium", "plain"};
  static const char *const metadata[] = {"use", "keep", "ignore"};
  const char *settings[] = {"format",
                            formats[modes % 4],
                            "metadata_fields",
                            metadata[modes / 4 % 3],
                            "key_columns",
                            modes & 16 ? "t = a+b" : "public.t = id",
                            "key_format",
                            modes & 32 ? "text" : "json",
                            NULL};
  struct plugin_host *host = plugin_host_new(headrace_plugin_entry()->plugin->keys, settings);
  host->verdict = modes & 64 ? HEADRACE_VERDICT_DEAD_LETTER : HEADRACE_VERDICT_SKIP;
  return host;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  struct input input = {data + 1, data + size};
  decode_all(host_of(data[0]), &input);
  return 0;
}
