/* SPDX-License-Identifier: Apache-2.0 */
#include "relation_cache.h"

#include "must_alloc.h"

struct relation_cache_entry {
  uint64_t id; /* 0: free; no relation has it */
  void *made;
};

static struct relation_cache_entry *place(const struct relation_cache *cache, uint64_t id)
{
  size_t mask = cache->capacity - 1;
  for (size_t i = (size_t)((id * 0x9e3779b97f4a7c15) >> 32) & mask;; i = (i + 1) & mask)
    if (cache->entries[i].id == id || !cache->entries[i].id)
      return &cache->entries[i];
}

static void grow(struct relation_cache *cache)
{
  struct relation_cache old = *cache;
  cache->capacity = old.capacity ? 2 * old.capacity : 64;
  cache->entries = must_alloc(cache->capacity, sizeof *cache->entries);
  for (size_t i = 0; i < old.capacity; i++)
    if (old.entries[i].id)
      *place(cache, old.entries[i].id) = old.entries[i];
  free(old.entries);
}

void relation_cache_empty(struct relation_cache *cache)
{
  for (size_t i = 0; i < cache->capacity; i++)
    if (cache->entries[i].id)
      cache->discard(cache->context, cache->entries[i].made);
  free(cache->entries);
  cache->entries = NULL;
  cache->count = cache->capacity = 0;
  cache->last_id = 0;
  cache->last = NULL;
}

void *relation_cache_get(struct relation_cache *cache, const struct headrace_relation *relation)
{
  if (relation->id == cache->last_id && cache->last)
    return cache->last;
  if (cache->count >= RELATION_CACHE_MOST)
    relation_cache_empty(cache);
  if (2 * cache->count >= cache->capacity)
    grow(cache);
  struct relation_cache_entry *entry = place(cache, relation->id);
  if (!entry->id) {
    void *made = cache->make(cache->context, relation);
    *entry = (struct relation_cache_entry){relation->id, made};
    cache->count++;
  }
  cache->last_id = relation->id;
  return cache->last = entry->made;
}
