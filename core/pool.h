/* SPDX-License-Identifier: Apache-2.0
 *
 * The batches of a pipeline. The bytes of all that are out (in the rings, with
 * the sink) are counted, and at the limit there are no more until some come
 * back: that is the back-pressure. Source thread only, but for `held`. */
#ifndef HEADRACE_POOL_H
#define HEADRACE_POOL_H

#include "batch.h"

struct pool {
  struct batch_limits limits;
  size_t ring_bytes;
  _Atomic size_t held; /* bytes of the batches that are out; the worker grows them */
  size_t out;
  struct headrace_batch **idle; /* the last one used is the next: its memory is in the cache */
  size_t idle_count, idle_capacity;
  size_t idle_bytes;
};

void pool_init(struct pool *pool, size_t ring_bytes);
void pool_free(struct pool *pool); /* the idle ones; all others must be back */

/* NULL: as many bytes are out as may be. */
struct headrace_batch *pool_take(struct pool *pool);
void pool_give(struct pool *pool, struct headrace_batch *batch);

#endif
