/* SPDX-License-Identifier: Apache-2.0
 *
 * A record batch, as it is and with the length, the format and the checksum made right. What is
 * read is written by us, uncompressed, and reads the same again. */
#include "crc32c.h"
#include "record_batch.h"
#include "record_layout.h"
#include "wire_bytes.h"

#include <stdlib.h>

#define PLAIN_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct record *a, const struct record *b)
{
  return a->offset == b->offset && wire_equal(a->key, b->key) && wire_equal(a->value, b->value) &&
         a->header_count == b->header_count && wire_equal(a->headers, b->headers);
}

static void count_headers(const struct record *record)
{
  struct wire_slice headers = record->headers;
  struct record_header header;
  int32_t count = 0;
  while (record_header_next(&headers, &header))
    count++;
  if (count != record->header_count)
    abort();
}

static void compare(const struct record_batch *batch, const struct wire_buffer *written,
                    struct batch_codec *codec)
{
  struct record_batch again;
  struct record_reader first, second;
  struct record a, b;
  const char *why;
  if (record_batch_open(written->data, written->size, &again, &why) != KAFKA_NONE)
    abort();
  record_reader_begin(&first, batch, codec, PLAIN_MAX);
  record_reader_begin(&second, &again, NULL, SIZE_MAX);
  while (record_next(&first, &a))
    if (!record_next(&second, &b) || !same(&a, &b))
      abort();
  if (record_next(&second, &b) || second.error != KAFKA_NONE)
    abort();
}

static void read_all(const struct record_batch *batch, struct batch_codec *codec)
{
  struct wire_buffer out = {.limit = SIZE_MAX};
  struct batch_writer writer;
  struct record_reader reader;
  struct record record;
  struct record_batch like = *batch;
  like.attributes = (int16_t)(like.attributes & ~BATCH_CODEC);
  batch_writer_begin(&writer, &out, &like, NULL);
  record_reader_begin(&reader, batch, codec, PLAIN_MAX);
  while (record_next(&reader, &record)) {
    count_headers(&record);
    if (!batch_writer_add(&writer, &record))
      abort();
  }
  if (!batch_writer_finish(&writer))
    abort();
  if (reader.error == KAFKA_NONE)
    compare(batch, &out, codec);
  free(out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct batch_codec *codec = batch_codec_new();
  struct record_batch batch;
  const char *why;
  char *copy = malloc(size ? size : 1);
  if (size)
    memcpy(copy, data, size);
  if (record_batch_of_produce((struct wire_slice){copy, (uint32_t)size}, 9, &batch, &why) ==
      KAFKA_NONE)
    read_all(&batch, codec);
  if (size >= RECORD_BATCH_HEADER) {
    store32(copy + AT_LENGTH, (uint32_t)(size - AFTER_LENGTH));
    copy[AT_MAGIC] = MAGIC;
    store32(copy + AT_CRC, crc32c(0, copy + AT_ATTRIBUTES, size - AT_ATTRIBUTES));
    if (record_batch_open(copy, size, &batch, &why) == KAFKA_NONE)
      read_all(&batch, codec);
  }
  free(copy);
  batch_codec_free(codec);
  return 0;
}
