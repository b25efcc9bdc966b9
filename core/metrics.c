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
  for (size_t i = 0; i < METRICS_SLOTS; i++)
    free(metrics->slots[i].name);
  pthread_mutex_destroy(&metrics->lock);
}

/* Where the name is, or the free slot that ends the search for it. */
static struct metric *slot_of(const struct metrics *metrics, const char *name)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (const char *at = name; *at; at++)
    hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
  for (size_t slot = (size_t)(hash >> 32);; slot++) {
    const struct metric *metric = &metrics->slots[slot % METRICS_SLOTS];
    const char *there = atomic_load_explicit(&metric->name, memory_order_acquire);
    if (!there || !strcmp(there, name))
      return (struct metric *)(uintptr_t)metric;
  }
}

static struct metric *find(const struct metrics *metrics, const char *name)
{
  struct metric *metric = slot_of(metrics, name);
  return metric->name ? metric : NULL;
}

/* NULL when a plugin made up more names than anybody will ever look at. */
static struct metric *find_or_add(struct metrics *metrics, const char *name)
{
  struct metric *metric = find(metrics, name);
  if (metric)
    return metric;
  pthread_mutex_lock(&metrics->lock);
  metric = slot_of(metrics, name);
  if (!metric->name && metrics->count < METRICS_MAX) {
    metrics->count++;
    atomic_store_explicit(&metric->name, xstrdup(name), memory_order_release);
  }
  pthread_mutex_unlock(&metrics->lock);
  return metric->name ? metric : NULL;
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
