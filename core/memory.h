/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that cannot fail, and arenas. A process that cannot get the few
 * bytes of its own bookkeeping has nothing better to do than to stop: what was
 * not durable is read again after the restart. */
#ifndef HEADRACE_MEMORY_H
#define HEADRACE_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct arena_chunk;

/* Bytes for things that are freed together. One thread at a time. */
struct arena {
  struct arena_chunk *first;
  struct arena_chunk *current;
  size_t used;          /* of the current chunk */
  size_t before;        /* bytes used in the chunks before it */
  size_t chunk_size;    /* of an ordinary chunk */
  _Atomic size_t *held; /* counts the bytes of all chunks of a pipeline; may be NULL */
};

void arena_init(struct arena *arena, size_t chunk_size, _Atomic size_t *held);
void arena_free(struct arena *arena);

/* Forgets all allocations; keeps the memory of ordinary chunks up to `keep` bytes. */
void arena_reset(struct arena *arena, size_t keep);

/* Moves the arena's chunks from one count of held bytes to another (or to none). */
void arena_account(struct arena *arena, _Atomic size_t *held);
size_t arena_capacity(const struct arena *arena);

/* 8-byte aligned. */
void *arena_alloc(struct arena *arena, size_t size);

/* `size` contiguous bytes that stay free until arena_commit says how many of
 * them to keep; any other allocation in between gives them up. */
char *arena_reserve(struct arena *arena, size_t size);
void arena_commit(struct arena *arena, size_t used);

static inline size_t arena_used(const struct arena *arena)
{
  return arena->before + arena->used;
}

#endif
