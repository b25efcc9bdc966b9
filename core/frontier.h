/* SPDX-License-Identifier: Apache-2.0
 *
 * The frontier: batches go in in order, become durable in any order, and come
 * out in order. One that failed never comes out, and so none behind it does.
 * Worker thread only. */
#ifndef HEADRACE_FRONTIER_H
#define HEADRACE_FRONTIER_H

#include "batch.h"

struct frontier {
  struct headrace_batch **window; /* first..end, a power of two of slots */
  size_t capacity;
  uint64_t first; /* number of the lowest batch that is not out */
  uint64_t end;   /* number of the next batch to go in */
};

void frontier_init(struct frontier *frontier);
void frontier_free(struct frontier *frontier); /* not the batches */

/* Gives the batch its number and the state BATCH_TAKEN. */
void frontier_push(struct frontier *frontier, struct headrace_batch *batch);

/* The lowest batch if it is durable, else NULL. It is out then. */
struct headrace_batch *frontier_pop(struct frontier *frontier);

/* The lowest batch whatever its state, for the end of a run; NULL: none left. */
struct headrace_batch *frontier_abandon(struct frontier *frontier);

static inline size_t frontier_pending(const struct frontier *frontier)
{
  return (size_t)(frontier->end - frontier->first);
}

#endif
