/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressed records without the batch around them, the first byte says how: nothing is made
 * larger than the limit, and what came out goes in and comes out again the same. */
#include "batch_codec.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(struct batch_codec *codec, enum batch_compression compression)
{
  const char *why;
  struct wire_buffer packed = {.limit = SIZE_MAX};
  size_t size = codec->plain.size;
  char *plain = malloc(size ? size : 1);
  if (size)
    memcpy(plain, codec->plain.data, size);
  if (!codec_compress(codec, compression, &packed))
    abort();
  struct wire_slice slice = {packed.data, (uint32_t)packed.size};
  if (codec_decompress(codec, compression, slice, PLAIN_MAX, &why) != KAFKA_NONE ||
      codec->plain.size != size || (size && memcmp(plain, codec->plain.data, size)))
    abort();
  free(plain);
  free(packed.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  struct batch_codec *codec = batch_codec_new();
  enum batch_compression compression = (enum batch_compression)(BATCH_GZIP + data[0] % 4);
  const char *why;
  char *exact = malloc(size); /* the sanitizer sees what reads past it */
  memcpy(exact, data + 1, size - 1);
  struct wire_slice slice = {exact, (uint32_t)(size - 1)};
  if (codec_decompress(codec, compression, slice, PLAIN_MAX, &why) == KAFKA_NONE) {
    if (codec->plain.size > PLAIN_MAX)
      abort();
    again(codec, compression);
  }
  free(exact);
  batch_codec_free(codec);
  return 0;
}
