/* SPDX-License-Identifier: Apache-2.0
 *
 * A text that grows. All zero is an empty one; free(bytes) ends it. One thread at a time. */
#ifndef HEADRACE_TEXT_BUFFER_H
#define HEADRACE_TEXT_BUFFER_H

#include "json_text.h"
#include "must_alloc.h"

struct text_buffer {
  char *bytes;
  size_t size, capacity;
};

/* Where `size` more bytes may be written; valid until the next call. text->size is the caller's
 * to raise. */
static inline char *text_room(struct text_buffer *text, size_t size)
{
  if (text->capacity - text->size < size) {
    text->capacity = 2 * (text->size + size);
    text->bytes = must_grow(text->bytes, text->capacity);
  }
  return text->bytes + text->size;
}

static inline void text_add(struct text_buffer *text, const char *data, size_t size)
{
  char *room = text_room(text, size);
  if (size)
    memcpy(room, data, size);
  text->size += size;
}

static inline void text_say(struct text_buffer *text, const char *words)
{
  text_add(text, words, strlen(words));
}

/* A JSON string with its quotes. */
static inline void text_string(struct text_buffer *text, const char *data, size_t size)
{
  char *room = text_room(text, json_escape_bound(data, size) + 2);
  text->size += (size_t)(json_string(room, data, size) - room);
}

static inline void text_integer(struct text_buffer *text, int64_t number)
{
  char *room = text_room(text, JSON_INTEGER_MAX);
  text->size += (size_t)(json_integer(room, number) - room);
}

static inline void text_unsigned(struct text_buffer *text, uint64_t number)
{
  char *room = text_room(text, JSON_INTEGER_MAX);
  text->size += (size_t)(json_unsigned(room, number) - room);
}

#endif
