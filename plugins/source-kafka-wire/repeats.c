/* SPDX-License-Identifier: Apache-2.0 */
#include "repeats.h"

#include <stdlib.h>

struct named {
  struct wire_slice name;
  int32_t index;
};

int wire_compare(struct wire_slice a, struct wire_slice b)
{
  uint32_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.data, b.data, size) : 0;
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_name(const void *a, const void *b)
{
  const struct named *one = a, *other = b;
  int order = wire_compare(one->name, other->name);
  return order ? order : (one->index > other->index) - (one->index < other->index);
}

static size_t count_of(struct named_items items)
{
  return items.count > 0 ? (size_t)items.count : 0;
}

int32_t *first_of_equal(struct wire_arena *arena, struct named_items items)
{
  size_t count = count_of(items);
  struct named *sorted = wire_alloc(arena, (count + 1) * sizeof *sorted);
  int32_t *first = wire_alloc(arena, (count + 1) * sizeof *first);
  for (size_t i = 0; i < count; i++) {
    memcpy(&sorted[i].name, (const char *)items.items + i * items.size + items.name_at,
           sizeof sorted[i].name);
    sorted[i].index = (int32_t)i;
  }
  qsort(sorted, count, sizeof *sorted, by_name);
  for (size_t i = 0; i < count; i++) {
    bool again = i && !wire_compare(sorted[i].name, sorted[i - 1].name);
    first[sorted[i].index] = again ? first[sorted[i - 1].index] : sorted[i].index;
  }
  return first;
}

bool *are_repeated(struct wire_arena *arena, struct named_items items)
{
  const int32_t *first = first_of_equal(arena, items);
  bool *repeated = wire_alloc(arena, (count_of(items) + 1) * sizeof *repeated);
  for (int32_t i = 0; i < items.count; i++)
    if (first[i] != i)
      repeated[i] = repeated[first[i]] = true;
  return repeated;
}

struct wire_slice partition_name(struct wire_arena *arena, struct wire_slice topic, int32_t index)
{
  char *name = wire_alloc(arena, topic.size + sizeof index);
  memcpy(name, &index, sizeof index);
  if (topic.size)
    memcpy(name + sizeof index, topic.data, topic.size);
  return (struct wire_slice){name, topic.size + (uint32_t)sizeof index};
}
