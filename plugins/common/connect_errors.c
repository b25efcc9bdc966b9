/* SPDX-License-Identifier: Apache-2.0 */
#include "connect_errors.h"

#include <stdio.h>
#include <string.h>

/* org.apache.kafka.connect.runtime.errors.Stage */
static const char *stage_of(const struct connect_error *error)
{
  if (!strncmp(error->stage, "filter", 6))
    return "TRANSFORMATION";
  return strcmp(error->stage, "codec") ? error->at_sink : "VALUE_CONVERTER";
}

size_t connect_error_headers(struct connect_error *error,
                             struct headrace_pair headers[CONNECT_ERROR_HEADERS])
{
  snprintf(error->class_name, sizeof error->class_name, "headrace.%s", error->stage);
  const struct headrace_pair all[CONNECT_ERROR_HEADERS] = {
      {"__connect.errors.topic", error->topic},
      {"__connect.errors.partition", error->partition},
      {"__connect.errors.offset", error->offset},
      {"__connect.errors.connector.name", error->pipeline},
      {"__connect.errors.task.id", "0"},
      {"__connect.errors.stage", stage_of(error)},
      {"__connect.errors.class.name", error->class_name},
      {"__connect.errors.exception.class.name", error->exception},
      {"__connect.errors.exception.message", error->message},
  };
  size_t count = 0;
  for (size_t i = 0; i < CONNECT_ERROR_HEADERS; i++)
    if (all[i].value)
      headers[count++] = all[i];
  return count;
}
