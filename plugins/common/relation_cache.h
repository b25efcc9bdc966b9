/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stage has worked out for each relation, found by the relation's id. Bounded: relations
 * come and go, and their ids are never used again. One thread at a time. */
#ifndef HEADRACE_RELATION_CACHE_H
#define HEADRACE_RELATION_CACHE_H

#include <headrace/plugin.h>

/* More tables than a database of any sense has; what is beyond begins anew. */
#define RELATION_CACHE_MOST 65536u

struct relation_cache {
  void *(*make)(void *context, const struct headrace_relation *); /* never NULL */
  void (*discard)(void *context, void *made);
  void *context;
  /* The cache's own. */
  struct relation_cache_entry *entries;
  size_t count, capacity;
  uint64_t last_id;
  void *last;
};

/* Made once for each relation. Valid until the next call, or until the cache is emptied. */
void *relation_cache_get(struct relation_cache *cache, const struct headrace_relation *relation);
void relation_cache_empty(struct relation_cache *cache);

#endif
