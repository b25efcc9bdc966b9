/* SPDX-License-Identifier: Apache-2.0 */
#include "relation.h"

#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RELATION_CHUNK 2048

struct counted_relation {
  struct headrace_relation relation; /* first: the public pointer is this one */
  atomic_uint references;
  struct arena arena;
};

static const char *copy_text(struct arena *arena, const char *text)
{
  if (!text)
    return NULL;
  size_t size = strlen(text) + 1;
  return memcpy(arena_alloc(arena, size), text, size);
}

static const char *const *copy_labels(struct arena *arena, const char *const *labels)
{
  if (!labels)
    return NULL;
  size_t count = 0;
  while (labels[count])
    count++;
  const char **copy = arena_alloc(arena, (count + 1) * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = copy_text(arena, labels[i]);
  copy[count] = NULL;
  return copy;
}

static const struct headrace_column *copy_columns(struct arena *arena,
                                                  const struct headrace_relation *description)
{
  size_t size = description->column_count * sizeof(struct headrace_column);
  struct headrace_column *columns = arena_alloc(arena, size);
  if (size)
    memcpy(columns, description->columns, size);
  for (uint32_t i = 0; i < description->column_count; i++) {
    columns[i].name = copy_text(arena, columns[i].name);
    columns[i].type_name = copy_text(arena, columns[i].type_name);
    columns[i].default_text = copy_text(arena, columns[i].default_text);
    columns[i].labels = copy_labels(arena, columns[i].labels);
  }
  return columns;
}

const struct headrace_relation *relation_copy(const struct headrace_relation *description,
                                              uint64_t id)
{
  struct counted_relation *counted = xcalloc(1, sizeof *counted);
  arena_init(&counted->arena, RELATION_CHUNK, NULL);
  atomic_init(&counted->references, 1);

  struct headrace_relation *relation = &counted->relation;
  relation->id = id;
  relation->database = copy_text(&counted->arena, description->database);
  relation->schema = copy_text(&counted->arena, description->schema);
  relation->table = copy_text(&counted->arena, description->table);
  relation->column_count = description->column_count;
  relation->columns = copy_columns(&counted->arena, description);
  relation->key_count = description->key_count;
  relation->conventions = description->conventions;
  size_t size = description->key_count * sizeof *relation->key;
  uint16_t *key = arena_alloc(&counted->arena, size);
  if (size)
    memcpy(key, description->key, size);
  relation->key = key;
  return relation;
}

static struct counted_relation *counted_of(const struct headrace_relation *relation)
{
  return (struct counted_relation *)(uintptr_t)relation;
}

void relation_hold(const struct headrace_relation *relation)
{
  atomic_fetch_add_explicit(&counted_of(relation)->references, 1, memory_order_relaxed);
}

void relation_release(const struct headrace_relation *relation)
{
  struct counted_relation *counted = counted_of(relation);
  if (atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) != 1)
    return;
  arena_free(&counted->arena);
  free(counted);
}
