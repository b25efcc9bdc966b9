/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <stdbool.h>
#include <string.h>

enum profile { PROFILE_NONE, PROFILE_KAFKA_CDC_SINK };

/* kafka-cdc-sink, a consumer of Debezium's events without schemas, tells numerics and times by the
 * names of their columns. */
static const struct {
  const char *name; /* "*" at the beginning: any name that ends so */
  const char *type;
} kafka_cdc_sink[] = {{"price", "numeric(38,2)"},
                      {"amount", "numeric(38,2)"},
                      {"total", "numeric(38,2)"},
                      {"*_at", "timestamp"},
                      {"__deleted", "boolean"}};

static bool matches(const char *pattern, const char *column)
{
  if (*pattern != '*')
    return !strcmp(pattern, column);
  size_t size = strlen(column), end = strlen(++pattern);
  return size >= end && !strcmp(column + size - end, pattern);
}

const char *profile_type(const struct headrace_host *host, const char *column)
{
  if (host->integer(host, "profile") != PROFILE_KAFKA_CDC_SINK)
    return NULL;
  for (size_t i = 0; i < sizeof kafka_cdc_sink / sizeof *kafka_cdc_sink; i++)
    if (matches(kafka_cdc_sink[i].name, column))
      return kafka_cdc_sink[i].type;
  return NULL;
}
