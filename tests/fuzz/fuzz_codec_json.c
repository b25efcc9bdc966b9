/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: any bytes as the text of any type, in any mode. */
#include "values.h"

static struct plugin_host *host_of(unsigned modes)
{
  static const char *const decimals[] = {"precise", "double", "string"};
  static const char *const times[] = {"adaptive",     "adaptive_time_microseconds",
                                      "connect",      "isostring",
                                      "microseconds", "nanoseconds"};
  static const char *const binaries[] = {"bytes", "base64", "base64-url-safe", "hex"};
  static const char *const formats[] = {"debezium", "debezium", "cloudevents",
                                        "plain",    "envelope", "op"};
  const char *settings[] = {
      "decimal", decimals[modes % 3],         "time",     times[modes % 6],
      "binary",  binaries[modes % 4],         "interval", modes & 8 ? "string" : "numeric",
      "hstore",  modes & 16 ? "map" : "json", "format",   formats[modes / 6 % 6],
      NULL};
  return plugin_host_new(headrace_plugin_entry()->plugin->keys, settings);
}
