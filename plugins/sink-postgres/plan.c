/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 65536
#define KEEP_BYTES (32u << 20) /* that a plan keeps from one flush to the next */

struct chunk {
  struct chunk *next;
  size_t size, used;
  max_align_t data[];
};

struct plan {
  struct chunk *first; /* the one that is being filled; full ones follow */
  struct chunk *spare;
  size_t spare_bytes;
  struct statement *statements;
  size_t count, capacity;
  bool awaits_verdicts;
  struct verdict *verdicts;
  size_t verdict_count, verdict_capacity;
};

struct plan *plan_new(void)
{
  return sink_alloc(sizeof(struct plan));
}

static void free_chunks(struct chunk *chunk)
{
  while (chunk) {
    struct chunk *next = chunk->next;
    free(chunk);
    chunk = next;
  }
}

void plan_free(struct plan *plan)
{
  if (!plan)
    return;
  free_chunks(plan->first);
  free_chunks(plan->spare);
  free(plan->statements);
  free(plan->verdicts);
  free(plan);
}

void plan_reset(struct plan *plan)
{
  while (plan->first) {
    struct chunk *chunk = plan->first;
    plan->first = chunk->next;
    if (plan->spare_bytes + chunk->size > KEEP_BYTES) {
      free(chunk);
      continue;
    }
    plan->spare_bytes += chunk->size;
    chunk->next = plan->spare;
    plan->spare = chunk;
  }
  plan->count = plan->verdict_count = 0;
  plan->awaits_verdicts = false;
}

/* A spare one that is large enough, or a new one. */
static struct chunk *take_chunk(struct plan *plan, size_t size)
{
  for (struct chunk **at = &plan->spare; *at; at = &(*at)->next)
    if ((*at)->size >= size) {
      struct chunk *chunk = *at;
      *at = chunk->next;
      plan->spare_bytes -= chunk->size;
      return chunk;
    }
  size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
  struct chunk *chunk = malloc(sizeof *chunk + room);
  if (!chunk)
    abort();
  chunk->size = room;
  return chunk;
}

void *plan_alloc(struct plan *plan, size_t size)
{
  size = (size + 7) & ~(size_t)7;
  struct chunk *chunk = plan->first;
  if (!chunk || chunk->size - chunk->used < size) {
    chunk = take_chunk(plan, size);
    chunk->used = 0;
    chunk->next = plan->first;
    plan->first = chunk;
  }
  void *memory = (char *)chunk->data + chunk->used;
  chunk->used += size;
  return memory;
}

struct statement *plan_add(struct plan *plan)
{
  if (plan->count == plan->capacity) {
    plan->capacity = plan->capacity ? 2 * plan->capacity : 16;
    plan->statements = sink_realloc(plan->statements, plan->capacity * sizeof *plan->statements);
  }
  struct statement *statement = &plan->statements[plan->count++];
  *statement = (struct statement){.rows = -1};
  return statement;
}

const struct statement *plan_statements(const struct plan *plan, size_t *count)
{
  *count = plan->count;
  return plan->statements;
}

/* ---- verdicts -------------------------------------------------------------------- */

void plan_await_verdicts(struct plan *plan)
{
  plan->awaits_verdicts = true;
}

bool plan_awaits_verdicts(const struct plan *plan)
{
  return plan->awaits_verdicts;
}

void plan_judge(struct plan *plan, size_t item, enum judgement judgement, const char *reason)
{
  size_t size = strlen(reason) + 1;
  plan->verdicts = sink_grow(plan->verdicts, plan->verdict_count, &plan->verdict_capacity,
                             sizeof *plan->verdicts);
  plan->verdicts[plan->verdict_count++] =
      (struct verdict){item, judgement, memcpy(plan_alloc(plan, size), reason, size)};
}

/* The last item first; the gravest of its judgements. */
static int compare(const void *left, const void *right)
{
  const struct verdict *a = left, *b = right;
  if (a->item != b->item)
    return a->item < b->item ? 1 : -1;
  return a->judgement < b->judgement ? 1 : a->judgement > b->judgement ? -1 : 0;
}

const struct verdict *plan_verdicts(struct plan *plan, size_t *count)
{
  size_t kept = 0;
  if (plan->verdict_count)
    qsort(plan->verdicts, plan->verdict_count, sizeof *plan->verdicts, compare);
  for (size_t i = 0; i < plan->verdict_count; i++)
    if (!kept || plan->verdicts[kept - 1].item != plan->verdicts[i].item)
      plan->verdicts[kept++] = plan->verdicts[i];
  *count = plan->verdict_count = kept;
  return plan->verdicts;
}
