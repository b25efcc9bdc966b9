/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that is there: without it the process aborts, and after its restart what was not durable
 * is read again. Any thread. */
#ifndef HEADRACE_MUST_ALLOC_H
#define HEADRACE_MUST_ALLOC_H

#include <stdlib.h>
#include <string.h>

static inline void *must_alloc(size_t count, size_t size) /* zeroed */
{
  void *memory = calloc(count ? count : 1, size ? size : 1);
  if (!memory)
    abort();
  return memory;
}

static inline void *must_grow(void *memory, size_t size)
{
  void *grown = realloc(memory, size ? size : 1);
  if (!grown)
    abort();
  return grown;
}

static inline char *must_copy(const char *text, size_t size) /* with a NUL behind it */
{
  char *copy = must_alloc(size + 1, 1);
  if (size)
    memcpy(copy, text, size);
  return copy;
}

#endif
