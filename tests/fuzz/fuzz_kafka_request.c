/* SPDX-License-Identifier: Apache-2.0
 *
 * A frame: read as a request. What is read can be written, and reads the same again. Two bytes at
 * the front choose an API and a version, whose header is put before the rest; or, if there is no
 * such API, the rest is the frame. */
#include "wire.h"
#include "wire_bytes.h"

#include <stdlib.h>

#define MEMORY_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct wire_request *request, const void *body,
                        struct wire_buffer *out)
{
  out->limit = SIZE_MAX;
  if (wire_encode(out, request->api->request, request->version, body, NULL) != WIRE_OK)
    abort();
}

/* What was written, tags that we do not know left out, is written the same again. */
static void check_read(const struct wire_request *request)
{
  struct wire_arena arena = {0};
  struct wire_buffer first = {0}, second = {0};
  const struct wire_layout *layout = request->api->request;
  void *body = wire_alloc(&arena, layout->size);
  write_again(request, request->body, &first);
  if (wire_decode(&arena, layout, request->version, first.data, first.size, body, NULL) != WIRE_OK)
    abort();
  write_again(request, body, &second);
  if (first.size != second.size || (first.size && memcmp(first.data, second.data, first.size)))
    abort();
  free(first.data);
  free(second.data);
  wire_arena_free(&arena);
}

static size_t put_header(char *frame, uint8_t which, uint8_t version)
{
  static const char rest[] = "\0\0\0\1\xff\xff"; /* correlation id, no client id */
  const struct wire_api *api = &wire_apis[which];
  int16_t used =
      (int16_t)(api->versions.from + version % (api->versions.to + 1 - api->versions.from));
  store16(frame, (uint16_t)api->key);
  store16(frame + 2, (uint16_t)used);
  memcpy(frame + 4, rest, sizeof rest); /* and no tags */
  return used >= api->flexible ? 11 : 10;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  char *frame = malloc(size + 11);
  size_t used = data[0] < wire_api_count ? put_header(frame, data[0], data[1]) : 0;
  memcpy(frame + used, data + 2, size - 2);
  used += size - 2;
  char *exact = malloc(used ? used : 1); /* the sanitizer sees what reads past it */
  memcpy(exact, frame, used);
  free(frame);
  struct wire_arena arena = {.limit = MEMORY_MAX};
  struct wire_request request;
  if (wire_read_request(&arena, exact, used, &request) == WIRE_OK)
    check_read(&request);
  if (arena.used > MEMORY_MAX)
    abort();
  wire_arena_free(&arena);
  free(exact);
  return 0;
}
