/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

void parts_free(struct parts *parts)
{
  for (size_t i = 0; i < parts->count; i++)
    free(parts->items[i].name);
  free(parts->items);
  *parts = (struct parts){0};
}

/* Where the name is, or belongs. */
static size_t place_of(const struct parts *parts, const char *name, bool *there)
{
  size_t low = 0, high = parts->count;
  *there = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(parts->items[middle].name, name);
    if (order == 0) {
      *there = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void parts_set(struct parts *parts, const char *name, int64_t next)
{
  bool there;
  size_t place = place_of(parts, name, &there);
  if (there) {
    parts->items[place].next = next;
    return;
  }
  if (parts->count == parts->capacity) {
    parts->capacity = parts->capacity ? 2 * parts->capacity : 16;
    parts->items = xrealloc(parts->items, parts->capacity * sizeof *parts->items);
  }
  memmove(parts->items + place + 1, parts->items + place,
          (parts->count - place) * sizeof *parts->items);
  parts->items[place] = (struct part){.name = xstrdup(name), .next = next};
  parts->count++;
}

bool parts_get(const struct parts *parts, const char *name, int64_t *next)
{
  bool there;
  size_t place = place_of(parts, name, &there);
  if (there)
    *next = parts->items[place].next;
  return there;
}

static void remove_at(struct parts *parts, size_t place)
{
  free(parts->items[place].name);
  parts->count--;
  memmove(parts->items + place, parts->items + place + 1,
          (parts->count - place) * sizeof *parts->items);
}

static bool take(struct parts *parts, const char *name, int64_t *next)
{
  bool there;
  size_t place = place_of(parts, name, &there);
  if (!there)
    return false;
  *next = parts->items[place].next;
  remove_at(parts, place);
  return true;
}

void part_questions_init(struct part_questions *questions)
{
  *questions = (struct part_questions){0};
  pthread_mutex_init(&questions->lock, NULL);
}

void part_questions_free(struct part_questions *questions)
{
  parts_free(&questions->asked);
  parts_free(&questions->answered);
  pthread_mutex_destroy(&questions->lock);
}

bool part_ask(struct part_questions *questions, const char *name, int64_t *next, bool *news)
{
  int64_t ignored;
  pthread_mutex_lock(&questions->lock);
  bool known = take(&questions->answered, name, next);
  *news = !known && !parts_get(&questions->asked, name, &ignored);
  if (*news)
    parts_set(&questions->asked, name, -1);
  pthread_mutex_unlock(&questions->lock);
  return known;
}

char *part_asked(struct part_questions *questions)
{
  pthread_mutex_lock(&questions->lock);
  char *name = questions->asked.count ? xstrdup(questions->asked.items[0].name) : NULL;
  pthread_mutex_unlock(&questions->lock);
  return name;
}

void part_answer(struct part_questions *questions, const char *name, int64_t next)
{
  int64_t ignored;
  pthread_mutex_lock(&questions->lock);
  take(&questions->asked, name, &ignored);
  parts_set(&questions->answered, name, next);
  pthread_mutex_unlock(&questions->lock);
}
