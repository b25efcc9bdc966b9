/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 8u

struct arena_chunk {
  struct arena_chunk *next;
  size_t capacity;
  _Alignas(ALIGNMENT) char data[];
};

static void *must(void *pointer)
{
  if (!pointer) {
    fputs("headrace: out of memory\n", stderr);
    abort();
  }
  return pointer;
}

void *xmalloc(size_t size)
{
  return must(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
  return must(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
  return must(realloc(old, size ? size : 1));
}

char *xstrdup(const char *text)
{
  return must(strdup(text));
}

char *xstrndup(const char *text, size_t size)
{
  return must(strndup(text, size));
}

char *xasprintf(const char *format, ...)
{
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  int size = vasprintf(&text, format, arguments);
  va_end(arguments);
  return must(size < 0 ? NULL : text);
}

void arena_init(struct arena *arena, size_t chunk_size, _Atomic size_t *held)
{
  *arena = (struct arena){.chunk_size = chunk_size, .held = held};
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t capacity)
{
  struct arena_chunk *chunk = xmalloc(sizeof *chunk + capacity);
  chunk->next = NULL;
  chunk->capacity = capacity;
  if (arena->held)
    atomic_fetch_add_explicit(arena->held, capacity, memory_order_relaxed);
  return chunk;
}

static void chunk_free(struct arena *arena, struct arena_chunk *chunk)
{
  if (arena->held)
    atomic_fetch_sub_explicit(arena->held, chunk->capacity, memory_order_relaxed);
  free(chunk);
}

void arena_free(struct arena *arena)
{
  for (struct arena_chunk *chunk = arena->first, *next; chunk; chunk = next) {
    next = chunk->next;
    chunk_free(arena, chunk);
  }
  arena_init(arena, arena->chunk_size, arena->held);
}

void arena_reset(struct arena *arena, size_t keep)
{
  size_t kept = 0;
  struct arena_chunk **link = &arena->first;
  while (*link) {
    struct arena_chunk *chunk = *link;
    if (chunk->capacity == arena->chunk_size && kept + chunk->capacity <= keep) {
      kept += chunk->capacity;
      link = &chunk->next;
    } else {
      *link = chunk->next;
      chunk_free(arena, chunk);
    }
  }
  arena->current = arena->first;
  arena->used = 0;
  arena->before = 0;
}

size_t arena_capacity(const struct arena *arena)
{
  size_t capacity = 0;
  for (const struct arena_chunk *chunk = arena->first; chunk; chunk = chunk->next)
    capacity += chunk->capacity;
  return capacity;
}

void arena_account(struct arena *arena, _Atomic size_t *held)
{
  size_t capacity = arena_capacity(arena);
  if (arena->held)
    atomic_fetch_sub_explicit(arena->held, capacity, memory_order_relaxed);
  if (held)
    atomic_fetch_add_explicit(held, capacity, memory_order_relaxed);
  arena->held = held;
}

/* Moves on to a chunk with room for `size`: the next kept one, or a new one put before it. */
static void next_chunk(struct arena *arena, size_t size)
{
  struct arena_chunk *current = arena->current;
  struct arena_chunk *next = current ? current->next : arena->first;
  if (!next || next->capacity < size) {
    struct arena_chunk *made =
        chunk_new(arena, size > arena->chunk_size ? size : arena->chunk_size);
    made->next = next;
    if (current)
      current->next = made;
    else
      arena->first = made;
    next = made;
  }
  arena->before += arena->used;
  arena->current = next;
  arena->used = 0;
}

static inline size_t align(size_t size)
{
  return (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

char *arena_reserve(struct arena *arena, size_t size)
{
  if (!arena->current || arena->current->capacity - arena->used < size)
    next_chunk(arena, align(size));
  return arena->current->data + arena->used;
}

void arena_commit(struct arena *arena, size_t used)
{
  size_t end = arena->used + align(used);
  arena->used = end < arena->current->capacity ? end : arena->current->capacity;
}

void *arena_alloc(struct arena *arena, size_t size)
{
  char *data = arena_reserve(arena, size);
  arena_commit(arena, size);
  return data;
}
