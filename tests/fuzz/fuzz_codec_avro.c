/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro: any bytes as the text of any type, in any mode. */
#include "../unit/registry_double.h"
#include "values.h"

static struct plugin_host *host_of(unsigned modes)
{
  static const char *const decimals[] = {"precise", "double", "string"};
  static const char *const times[] = {"adaptive",     "adaptive_time_microseconds",
                                      "connect",      "isostring",
                                      "microseconds", "nanoseconds"};
  static const char *const binaries[] = {"bytes", "base64", "base64-url-safe", "hex"};
  static const char *const unknown[] = {"text", "bytes", "omit"};
  const char *settings[] = {"registry",
                            "http://127.0.0.1:9",
                            "decimal",
                            decimals[modes % 3],
                            "time",
                            times[modes % 6],
                            "binary",
                            binaries[modes % 4],
                            "interval",
                            modes & 8 ? "string" : "numeric",
                            "hstore",
                            modes & 16 ? "map" : "json",
                            "unknown_types",
                            unknown[modes / 6 % 3],
                            "format",
                            modes & 32 ? "plain" : "debezium",
                            NULL};
  registry_double_clear();
  return plugin_host_new(headrace_plugin_entry()->plugin->keys, settings);
}
