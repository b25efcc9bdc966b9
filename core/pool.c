/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <stdlib.h>

#define BATCH_EVENTS     1024
#define BATCH_BYTES      ((size_t)96 * 1024)
#define LEAST_BYTES      ((size_t)4096) /* an empty batch is never full, whatever ring_bytes says */
#define MOST_BATCHES_OUT 1024           /* RETURN_RING of run.c holds as many */

void pool_init(struct pool *pool, size_t ring_bytes)
{
  *pool = (struct pool){.ring_bytes = ring_bytes > LEAST_BYTES ? ring_bytes : LEAST_BYTES};
  size_t share = ring_bytes / 16;
  pool->limits.max_events = BATCH_EVENTS;
  pool->limits.max_bytes = share < BATCH_BYTES ? share : BATCH_BYTES;
  if (pool->limits.max_bytes < LEAST_BYTES)
    pool->limits.max_bytes = LEAST_BYTES;
}

void pool_free(struct pool *pool)
{
  for (size_t i = 0; i < pool->idle_count; i++)
    batch_free(pool->idle[i]);
  free(pool->idle);
}

static struct headrace_batch *take_idle(struct pool *pool)
{
  struct headrace_batch *batch = pool->idle[--pool->idle_count];
  pool->idle_bytes -= arena_capacity(&batch->arena);
  arena_account(&batch->arena, &pool->held);
  return batch;
}

struct headrace_batch *pool_take(struct pool *pool)
{
  size_t held = atomic_load_explicit(&pool->held, memory_order_relaxed);
  /* One may always be out: an event larger than the limit still has to pass. */
  if (pool->out > 0 && (held >= pool->ring_bytes || pool->out == MOST_BATCHES_OUT))
    return NULL;
  pool->out++;
  return pool->idle_count ? take_idle(pool) : batch_new(pool->limits, &pool->held);
}

void pool_give(struct pool *pool, struct headrace_batch *batch)
{
  pool->out--;
  batch_reset(batch);
  arena_account(&batch->arena, NULL);
  size_t bytes = arena_capacity(&batch->arena);
  if (pool->idle_bytes + bytes > pool->ring_bytes / 2) {
    batch_free(batch);
    return;
  }
  if (pool->idle_count == pool->idle_capacity) {
    pool->idle_capacity = pool->idle_capacity ? 2 * pool->idle_capacity : 16;
    pool->idle = xrealloc(pool->idle, pool->idle_capacity * sizeof *pool->idle);
  }
  pool->idle[pool->idle_count++] = batch;
  pool->idle_bytes += bytes;
}
