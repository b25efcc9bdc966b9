/* SPDX-License-Identifier: Apache-2.0 */
#include "stored_parts.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

static void *grow(void *items, size_t count, size_t *capacity)
{
  if (count < *capacity)
    return items;
  *capacity = *capacity ? 2 * *capacity : 16;
  void *more = realloc(items, *capacity * sizeof(struct sink_part *));
  if (!more)
    abort();
  return more;
}

void stored_parts_free(struct stored_parts *parts)
{
  for (size_t i = 0; i < parts->count; i++) {
    free(parts->items[i]->name);
    free(parts->items[i]);
  }
  free(parts->items);
  free(parts->changed);
}

static int compare(const struct sink_part *part, const char *name, size_t size)
{
  int order = strncmp(part->name, name, size);
  return order ? order : part->name[size] != 0;
}

static size_t place_of(const struct stored_parts *parts, const char *name, size_t size, bool *there)
{
  size_t low = 0, high = parts->count;
  *there = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare(parts->items[middle], name, size);
    *there = *there || !order;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* "topic/3": a source of partitions names its parts so. */
static void read_name(struct sink_part *part)
{
  const char *slash = strrchr(part->name, '/');
  char *end = NULL;
  long number = slash ? strtol(slash + 1, &end, 10) : -1;
  bool good = end && end != slash + 1 && !*end && number >= 0 && number < INT32_MAX;
  part->topic_size = good ? (size_t)(slash - part->name) : 0;
  part->number = good ? (int32_t)number : -1;
}

static struct sink_part *part_new(const char *name, size_t size)
{
  struct sink_part *part = sink_alloc(sizeof *part);
  part->name = memcpy(sink_alloc(size + 1), name, size);
  part->stored = part->next = -1;
  read_name(part);
  return part;
}

struct sink_part *stored_parts_get(struct stored_parts *parts, const char *name, size_t size)
{
  bool there;
  size_t place = place_of(parts, name, size, &there);
  if (there)
    return parts->items[place];
  parts->items = grow(parts->items, parts->count, &parts->capacity);
  memmove(parts->items + place + 1, parts->items + place,
          (parts->count - place) * sizeof(struct sink_part *));
  parts->count++;
  return parts->items[place] = part_new(name, size);
}

int32_t stored_parts_of_topic(const struct stored_parts *parts, const struct sink_part *part)
{
  bool there;
  int32_t count = 0;
  size_t size = part->topic_size + 1; /* with the slash */
  for (size_t i = place_of(parts, part->name, size, &there);
       i < parts->count && !strncmp(parts->items[i]->name, part->name, size); i++)
    if (parts->items[i]->topic_size == part->topic_size && parts->items[i]->number >= count &&
        (parts->items[i]->asked || parts->items[i]->next >= 0))
      count = parts->items[i]->number + 1;
  return count;
}

static void note(struct stored_parts *parts, struct sink_part *part, int64_t to)
{
  part->next = to;
  if (part->changed)
    return;
  part->changed = true;
  parts->changed = grow(parts->changed, parts->changed_count, &parts->changed_capacity);
  parts->changed[parts->changed_count++] = part;
}

bool stored_parts_take(struct stored_parts *parts, const struct headrace_part *ranges, size_t count,
                       const struct headrace_part **refused)
{
  parts->in_use = parts->in_use || count;
  for (size_t i = 0; i < count; i++) {
    struct sink_part *part = stored_parts_get(parts, ranges[i].name, strlen(ranges[i].name));
    *refused = &ranges[i];
    if (part->next >= 0 && part->next != ranges[i].from)
      return false;
    note(parts, part, ranges[i].to);
  }
  return true;
}

void stored_parts_committed(struct stored_parts *parts)
{
  for (size_t i = 0; i < parts->changed_count; i++) {
    parts->changed[i]->stored = parts->changed[i]->next;
    parts->changed[i]->changed = false;
  }
  parts->changed_count = parts->sent = 0;
}
