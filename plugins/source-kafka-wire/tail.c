/* SPDX-License-Identifier: Apache-2.0 */
#include "tail.h"

#include <stdlib.h>
#include <string.h>

/* ---- blobs -------------------------------------------------------------------- */

struct blob *blob_new(const char *data, size_t size)
{
  struct blob *blob = malloc(sizeof *blob + size);
  if (!blob)
    abort();
  *blob = (struct blob){.holders = 1, .size = (uint32_t)size};
  memcpy(blob->data, data, size);
  return blob;
}

struct blob *blob_hold(struct blob *blob)
{
  blob->holders++;
  return blob;
}

void blob_release(struct blob *blob)
{
  if (blob && !--blob->holders)
    free(blob);
}

/* ---- the budget ------------------------------------------------------------------ */

static void unlist(struct tail *tail, struct tail_budget *budget)
{
  if (!tail->listed)
    return;
  *(tail->older ? &tail->older->newer : &budget->oldest) = tail->newer;
  *(tail->newer ? &tail->newer->older : &budget->newest) = tail->older;
  tail->older = tail->newer = NULL;
  tail->listed = false;
}

static void list(struct tail *tail, struct tail_budget *budget)
{
  unlist(tail, budget);
  tail->older = budget->newest;
  *(budget->newest ? &budget->newest->newer : &budget->oldest) = tail;
  budget->newest = tail;
  tail->listed = true;
}

static void drop_first(struct tail *tail, struct tail_budget *budget)
{
  struct tail_entry *entry = &tail->entries[tail->first];
  tail->bytes -= entry->blob->size;
  budget->bytes -= entry->blob->size;
  blob_release(entry->blob);
  tail->first = (tail->first + 1) % tail->capacity;
  tail->count--;
}

/* From the tail that has gone without a record for the longest time. */
static void shrink(struct tail_budget *budget)
{
  while (budget->bytes > budget->limit && budget->oldest) {
    struct tail *tail = budget->oldest;
    drop_first(tail, budget);
    if (!tail->count)
      unlist(tail, budget);
  }
}

/* ---- the tail -------------------------------------------------------------------- */

void tail_clear(struct tail *tail, struct tail_budget *budget)
{
  while (tail->count)
    drop_first(tail, budget);
  unlist(tail, budget);
}

void tail_free(struct tail *tail, struct tail_budget *budget)
{
  tail_clear(tail, budget);
  free(tail->entries);
  *tail = (struct tail){0};
}

static void make_room(struct tail *tail)
{
  if (tail->count < tail->capacity)
    return;
  uint32_t capacity = tail->capacity ? 2 * tail->capacity : 8;
  struct tail_entry *entries = malloc(capacity * sizeof *entries);
  if (!entries)
    abort();
  for (uint32_t i = 0; i < tail->count; i++)
    entries[i] = *tail_at(tail, i);
  free(tail->entries);
  tail->entries = entries;
  tail->capacity = capacity;
  tail->first = 0;
}

void tail_add(struct tail *tail, struct tail_budget *budget, const struct tail_entry *entry)
{
  int64_t end = tail->count ? tail_at(tail, tail->count - 1)->next : entry->base;
  if (entry->base < end || entry->blob->size > budget->limit) {
    blob_release(entry->blob);
    return;
  }
  if (entry->base > end)
    tail_clear(tail, budget);
  make_room(tail);
  tail->entries[(tail->first + tail->count++) % tail->capacity] = *entry;
  tail->bytes += entry->blob->size;
  budget->bytes += entry->blob->size;
  list(tail, budget);
  shrink(budget);
}

uint32_t tail_find(const struct tail *tail, int64_t offset)
{
  uint32_t low = 0, high = tail->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (tail_at(tail, middle)->next <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < tail->count && tail_at(tail, low)->base > offset)
    return tail->count;
  return low;
}
