/* SPDX-License-Identifier: Apache-2.0 */
#include "batch_codec.h"
#include "crc32c.h"
#include "record_batch.h"
#include "record_layout.h"
#include "wire_bytes.h"

static size_t number_size(int64_t number)
{
  size_t size = 1;
  for (uint64_t raw = zigzag_encode(number); raw >= 0x80; raw >>= 7)
    size++;
  return size;
}

static char *put_number(char *at, int64_t number)
{
  return store_varint(at, zigzag_encode(number));
}

static char *put_bytes(char *at, struct wire_slice slice)
{
  return slice.size ? (char *)memcpy(at, slice.data, slice.size) + slice.size : at;
}

static size_t slice_size(struct wire_slice slice)
{
  return number_size(slice.data ? (int64_t)slice.size : -1) + slice.size;
}

static char *put_slice(char *at, struct wire_slice slice)
{
  return put_bytes(put_number(at, slice.data ? (int64_t)slice.size : -1), slice);
}

void record_header_add(struct wire_buffer *headers, const struct record_header *header)
{
  char *at = wire_buffer_add(headers, slice_size(header->name) + slice_size(header->value));
  if (at)
    put_slice(put_slice(at, header->name), header->value);
}

void batch_writer_begin(struct batch_writer *writer, struct wire_buffer *out,
                        const struct record_batch *like, struct batch_codec *codec)
{
  bool compressed = record_batch_compression(like) != BATCH_NONE;
  *writer = (struct batch_writer){.out = out, .records = out, .start = out->size, .batch = *like};
  writer->batch.count = 0;
  writer->batch.last_offset_delta = 0;
  writer->batch.base_timestamp = writer->batch.max_timestamp = -1;
  wire_buffer_add(out, RECORD_BATCH_HEADER);
  if (compressed) {
    writer->codec = codec;
    writer->records = &codec->plain;
    codec->plain.size = 0;
    codec->plain.limit = INT32_MAX;
    codec->plain.overflow = false;
  }
}

static char *put_record(char *at, const struct record *record, int64_t time, int32_t delta,
                        size_t size)
{
  at = put_number(at, (int64_t)size);
  *at++ = 0; /* attributes */
  at = put_number(put_number(at, time), delta);
  at = put_slice(put_slice(at, record->key), record->value);
  return put_bytes(put_number(at, record->header_count), record->headers);
}

static void count_in(struct record_batch *batch, const struct record *record, int32_t delta)
{
  if (record->timestamp > batch->max_timestamp)
    batch->max_timestamp = record->timestamp;
  batch->last_offset_delta = delta;
  batch->count++;
}

bool batch_writer_add(struct batch_writer *writer, const struct record *record)
{
  struct record_batch *batch = &writer->batch;
  if (!batch->count)
    batch->base_timestamp = record->timestamp;
  int64_t time = (int64_t)((uint64_t)record->timestamp - (uint64_t)batch->base_timestamp);
  int32_t delta = (int32_t)(record->offset - batch->base_offset);
  size_t size = 1 + number_size(time) + number_size(delta) + slice_size(record->key) +
                slice_size(record->value) + number_size(record->header_count) +
                record->headers.size;
  if (size > INT32_MAX || writer->out->overflow)
    return false;
  size_t whole = number_size((int64_t)size) + size;
  if (whole > writer->records->limit - writer->records->size)
    return false; /* and room is left for what is smaller */
  put_record(wire_buffer_add(writer->records, whole), record, time, delta, size);
  count_in(batch, record, delta);
  return true;
}

size_t batch_writer_size(const struct batch_writer *writer)
{
  size_t before = writer->codec ? 0 : writer->start + RECORD_BATCH_HEADER;
  return RECORD_BATCH_HEADER + writer->records->size - before;
}

static void store_header(char *data, const struct record_batch *batch, size_t size)
{
  record_batch_stamp(data, batch->base_offset, batch->leader_epoch);
  store32(data + AT_LENGTH, (uint32_t)(size - AFTER_LENGTH));
  data[AT_MAGIC] = MAGIC;
  store16(data + AT_ATTRIBUTES, (uint16_t)batch->attributes);
  store32(data + AT_LAST_OFFSET_DELTA, (uint32_t)batch->last_offset_delta);
  store64(data + AT_BASE_TIMESTAMP, (uint64_t)batch->base_timestamp);
  store64(data + AT_MAX_TIMESTAMP, (uint64_t)batch->max_timestamp);
  store64(data + AT_PRODUCER_ID, (uint64_t)batch->producer_id);
  store16(data + AT_PRODUCER_EPOCH, (uint16_t)batch->producer_epoch);
  store32(data + AT_BASE_SEQUENCE, (uint32_t)batch->base_sequence);
  store32(data + AT_COUNT, (uint32_t)batch->count);
  store32(data + AT_CRC, crc32c(0, data + AT_ATTRIBUTES, size - AT_ATTRIBUTES));
}

bool batch_writer_finish(struct batch_writer *writer)
{
  struct wire_buffer *out = writer->out;
  bool good = !out->overflow;
  if (good && writer->codec && writer->batch.count)
    good = codec_compress(writer->codec, record_batch_compression(&writer->batch), out);
  size_t size = out->size - writer->start;
  if (!good || size > INT32_MAX) {
    out->size = writer->start;
    out->overflow = false;
    return false;
  }
  store_header(out->data + writer->start, &writer->batch, size);
  return true;
}
