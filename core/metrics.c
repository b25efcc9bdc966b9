/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

void metrics_init(struct metrics *metrics)
{
  memset(metrics, 0, sizeof *metrics);
  pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_free(struct metrics *metrics)
{
  for (size_t i = 0; i < metrics->count; i++)
    free(metrics->items[i].name);
  pthread_mutex_destroy(&metrics->lock);
}

static struct metric *find(const struct metrics *metrics, const char *name)
{
  size_t count = atomic_load_explicit(&metrics->count, memory_order_acquire);
  for (size_t i = 0; i < count; i++)
    if (!strcmp(metrics->items[i].name, name))
      return (struct metric *)(uintptr_t)&metrics->items[i];
  return NULL;
}

/* NULL when a plugin made up more names than anybody will ever look at. */
static struct metric *find_or_add(struct metrics *metrics, const char *name)
{
  struct metric *metric = find(metrics, name);
  if (metric)
    return metric;
  pthread_mutex_lock(&metrics->lock);
  metric = find(metrics, name);
  if (!metric && metrics->count < METRICS_MAX) {
    metric = &metrics->items[metrics->count];
    metric->name = xstrdup(name);
    atomic_store_explicit(&metrics->count, metrics->count + 1, memory_order_release);
  }
  pthread_mutex_unlock(&metrics->lock);
  return metric;
}

void metrics_add(struct metrics *metrics, const char *name, uint64_t add)
{
  struct metric *metric = find_or_add(metrics, name);
  if (metric)
    atomic_fetch_add_explicit(&metric->value, (int64_t)add, memory_order_relaxed);
}

void metrics_set(struct metrics *metrics, const char *name, int64_t value)
{
  struct metric *metric = find_or_add(metrics, name);
  if (metric)
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t metrics_get(const struct metrics *metrics, const char *name)
{
  const struct metric *metric = find(metrics, name);
  return metric ? atomic_load_explicit(&metric->value, memory_order_relaxed) : 0;
}

bool metrics_has(const struct metrics *metrics, const char *name)
{
  return find(metrics, name) != NULL;
}
