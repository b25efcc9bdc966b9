/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

#include <stdlib.h>

void *sink_alloc(size_t size)
{
  void *memory = calloc(1, size);
  if (!memory)
    abort();
  return memory;
}

void *sink_realloc(void *memory, size_t size)
{
  memory = realloc(memory, size);
  if (!memory)
    abort();
  return memory;
}

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  (void)instance;
  host->log(host, HEADRACE_ERROR, "sink postgres cannot write yet");
  return HEADRACE_FATAL;
}

static void sink_close(void *instance)
{
  (void)instance;
}

static enum headrace_result sink_check(const struct headrace_host *host)
{
  char *reason = NULL;
  const struct pg_target target = {.host = host};
  if (pg_check_target(&target, &reason))
    return HEADRACE_OK;
  host->log(host, HEADRACE_ERROR, "%s", reason);
  free(reason);
  return HEADRACE_FATAL;
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  (void)instance;
  (void)batch;
  return HEADRACE_FATAL;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
    .name = "postgres",
    .version = HEADRACE_VERSION,
    .description = "writes to PostgreSQL: tables that follow a topic, or your own code",
    .keys = sink_postgres_keys,
    .open = sink_open,
    .close = sink_close,
    .check = sink_check,
    .write = sink_write,
};

HEADRACE_REGISTER_PLUGIN(plugin)
