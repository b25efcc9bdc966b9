/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of messages, their defaults, and the table of APIs. */
#include "wire.h"
#include "wire_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- memory ---------------------------------------------------------------- */

#define CHUNK_SIZE ((size_t)16 << 10)

struct wire_chunk {
  struct wire_chunk *next;
  size_t used, size;
  _Alignas(max_align_t) char data[];
};

static struct wire_chunk *chunk_new(size_t size)
{
  struct wire_chunk *chunk = malloc(sizeof *chunk + size);
  if (!chunk)
    abort();
  *chunk = (struct wire_chunk){.size = size};
  return chunk;
}

/* The first chunk is the one that is being filled; what is large gets one of its own behind it. */
static struct wire_chunk *chunk_with(struct wire_arena *arena, size_t size)
{
  struct wire_chunk *first = arena->chunks;
  if (first && first->size - first->used >= size)
    return first;
  struct wire_chunk *chunk = chunk_new(size > CHUNK_SIZE ? size : CHUNK_SIZE);
  if (first && size > CHUNK_SIZE) {
    chunk->next = first->next;
    first->next = chunk;
  } else {
    chunk->next = first;
    arena->chunks = chunk;
  }
  return chunk;
}

void *wire_alloc(struct wire_arena *arena, size_t size)
{
  if (size > SIZE_MAX / 2)
    abort();
  size_t rounded = (size + 7) & ~(size_t)7;
  struct wire_chunk *chunk = chunk_with(arena, rounded);
  void *data = chunk->data + chunk->used;
  chunk->used += rounded;
  arena->used += rounded;
  return memset(data, 0, rounded);
}

static void free_chunks(struct wire_chunk *chunk)
{
  while (chunk) {
    struct wire_chunk *next = chunk->next;
    free(chunk);
    chunk = next;
  }
}

void wire_arena_free(struct wire_arena *arena)
{
  free_chunks(arena->chunks);
  arena->chunks = NULL;
  arena->used = 0;
}

void wire_arena_reset(struct wire_arena *arena)
{
  struct wire_chunk *first = arena->chunks;
  if (!first || first->size > CHUNK_SIZE) {
    wire_arena_free(arena);
    return;
  }
  free_chunks(first->next);
  first->next = NULL;
  first->used = 0;
  arena->used = 0;
}

struct wire_slice wire_copy(struct wire_arena *arena, struct wire_slice slice)
{
  if (slice.size)
    slice.data = memcpy(wire_alloc(arena, slice.size), slice.data, slice.size);
  else if (slice.data)
    slice.data = "";
  return slice;
}

char *wire_string(struct wire_arena *arena, struct wire_slice slice)
{
  char *text = wire_alloc(arena, (size_t)slice.size + 1);
  if (slice.size)
    memcpy(text, slice.data, slice.size);
  return text;
}

char *wire_format(struct wire_arena *arena, const char *format, ...)
{
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int size = vsnprintf(NULL, 0, format, arguments);
  char *text = wire_alloc(arena, size < 0 ? 1 : (size_t)size + 1);
  if (size > 0)
    vsnprintf(text, (size_t)size + 1, format, again);
  va_end(again);
  va_end(arguments);
  return text;
}

/* ---- buffers --------------------------------------------------------------- */

static void grow(struct wire_buffer *buffer, size_t size)
{
  size_t capacity = buffer->capacity ? buffer->capacity : 512;
  while (capacity < size)
    capacity *= 2;
  buffer->data = realloc(buffer->data, capacity);
  if (!buffer->data)
    abort();
  buffer->capacity = capacity;
}

char *wire_buffer_add(struct wire_buffer *buffer, size_t size)
{
  if (buffer->overflow || buffer->size > buffer->limit || size > buffer->limit - buffer->size) {
    buffer->overflow = true;
    return NULL;
  }
  if (size > buffer->capacity - buffer->size || !buffer->data)
    grow(buffer, buffer->size + size);
  char *data = buffer->data + buffer->size;
  buffer->size += size;
  return data;
}

void wire_buffer_put(struct wire_buffer *buffer, const void *data, size_t size)
{
  char *out = wire_buffer_add(buffer, size);
  if (out && size)
    memcpy(out, data, size);
}

/* ---- defaults -------------------------------------------------------------- */

static void init_number(const struct wire_field *field, void *value)
{
  int64_t number = field->initial;
  switch (wire_type_sizes[field->type]) {
  case 1:
    *(int8_t *)value = (int8_t)number;
    break;
  case 2:
    *(int16_t *)value = (int16_t)number;
    break;
  case 4:
    *(int32_t *)value = (int32_t)number;
    break;
  default:
    *(int64_t *)value = number;
    break;
  }
}

static void init_field(const struct wire_field *field, void *value)
{
  if (field->array)
    ((struct wire_array *)value)->count = field->initially_null ? -1 : 0;
  else if (field->type == WIRE_STRUCT && !field->pointer)
    wire_init(field->layout, value);
  else if (field->type == WIRE_STRING || field->type == WIRE_BYTES)
    ((struct wire_slice *)value)->data = field->initially_null ? NULL : "";
  else if (field->initial)
    init_number(field, value);
}

void wire_init(const struct wire_layout *layout, void *value)
{
  memset(value, 0, layout->size);
  for (size_t i = 0; i < layout->count; i++)
    init_field(&layout->fields[i], (char *)value + layout->fields[i].offset);
}

void *wire_new(struct wire_arena *arena, const struct wire_layout *layout, size_t count)
{
  if (!count)
    return NULL;
  char *items = wire_alloc(arena, count * layout->size);
  for (size_t i = 0; i < count; i++)
    wire_init(layout, items + i * layout->size);
  return items;
}

/* ---- the table of APIs ----------------------------------------------------- */

const struct wire_api *wire_api_of(int16_t key)
{
  for (size_t i = 0; i < wire_api_count; i++)
    if (wire_apis[i].key == key)
      return &wire_apis[i];
  return NULL;
}

static struct api_versions_response_api_version advertisement(const struct wire_api *api)
{
  return (struct api_versions_response_api_version){
      .api_key = api->key,
      .min_version = api->advertised.from,
      .max_version = api->advertised.to,
  };
}

void wire_advertise(struct wire_arena *arena, struct api_versions_response *response,
                    bool (*served)(int16_t key))
{
  int32_t count = 0;
  WIRE_ITEMS(arena, response->api_keys, wire_api_count, api_versions_response_api_version);
  for (size_t i = 0; i < wire_api_count; i++)
    if (!served || served(wire_apis[i].key))
      response->api_keys.items[count++] = advertisement(&wire_apis[i]);
  response->api_keys.count = count;
}

enum wire_result wire_refuse_api_versions(struct wire_buffer *buffer,
                                          const struct wire_request *request)
{
  enum { UNSUPPORTED_VERSION = 35 };
  struct api_versions_response_api_version own = advertisement(wire_api_of(KEY_API_VERSIONS));
  struct api_versions_response response;
  struct wire_request oldest = *request;
  wire_init(&api_versions_response_layout, &response);
  response.error_code = UNSUPPORTED_VERSION;
  response.api_keys.items = &own;
  response.api_keys.count = 1;
  oldest.version = 0;
  return wire_write_response(buffer, &oldest, &response);
}

const char *wire_result_text(enum wire_result result)
{
  static const char *const texts[] = {
      [WIRE_OK] = "no error",
      [WIRE_TRUNCATED] = "the frame ends too early",
      [WIRE_TRAILING] = "the frame goes on after the message",
      [WIRE_BAD_LENGTH] = "a length that cannot be",
      [WIRE_BAD_TAG] = "a tagged field of another size than it says",
      [WIRE_UNKNOWN_KEY] = "an API key that is not served",
      [WIRE_UNSUPPORTED_VERSION] = "a version that is not served",
      [WIRE_TOO_LARGE] = "larger than the limit",
      [WIRE_NOT_IN_VERSION] = "a value that this version of the message has no field for",
  };
  return texts[result];
}
