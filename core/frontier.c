/* SPDX-License-Identifier: Apache-2.0 */
#include "frontier.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64

void frontier_init(struct frontier *frontier)
{
  *frontier = (struct frontier){.capacity = FIRST_CAPACITY};
  frontier->window = xcalloc(FIRST_CAPACITY, sizeof *frontier->window);
}

void frontier_free(struct frontier *frontier)
{
  free(frontier->window);
}

static struct headrace_batch **slot(const struct frontier *frontier, uint64_t number)
{
  return &frontier->window[number & (frontier->capacity - 1)];
}

static void grow(struct frontier *frontier)
{
  struct frontier larger = *frontier;
  larger.capacity *= 2;
  larger.window = xcalloc(larger.capacity, sizeof *larger.window);
  for (uint64_t number = frontier->first; number != frontier->end; number++)
    *slot(&larger, number) = *slot(frontier, number);
  free(frontier->window);
  *frontier = larger;
}

void frontier_push(struct frontier *frontier, struct headrace_batch *batch)
{
  if (frontier_pending(frontier) == frontier->capacity)
    grow(frontier);
  batch->number = frontier->end++;
  batch->state = BATCH_TAKEN;
  *slot(frontier, batch->number) = batch;
}

struct headrace_batch *frontier_pop(struct frontier *frontier)
{
  if (!frontier_pending(frontier) || (*slot(frontier, frontier->first))->state != BATCH_DURABLE)
    return NULL;
  return *slot(frontier, frontier->first++);
}

struct headrace_batch *frontier_abandon(struct frontier *frontier)
{
  return frontier_pending(frontier) ? *slot(frontier, frontier->first++) : NULL;
}
