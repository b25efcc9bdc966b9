/* SPDX-License-Identifier: Apache-2.0 */
#include "record_batch.h"
#include "batch_codec.h"
#include "crc32c.h"
#include "record_layout.h"
#include "wire_bytes.h"

#define RECORD_MIN 7 /* bytes of a record with neither key nor value nor headers */
#define HEADER_MIN 2

/* ---- batches --------------------------------------------------------------- */

static enum kafka_error refuse(enum kafka_error error, const char *text, const char **why)
{
  *why = text;
  return error;
}

static void load(struct record_batch *batch, const char *data, size_t size)
{
  *batch = (struct record_batch){
      .data = data,
      .size = size,
      .base_offset = (int64_t)load64(data + AT_BASE_OFFSET),
      .leader_epoch = (int32_t)load32(data + AT_LEADER_EPOCH),
      .attributes = (int16_t)load16(data + AT_ATTRIBUTES),
      .last_offset_delta = (int32_t)load32(data + AT_LAST_OFFSET_DELTA),
      .base_timestamp = (int64_t)load64(data + AT_BASE_TIMESTAMP),
      .max_timestamp = (int64_t)load64(data + AT_MAX_TIMESTAMP),
      .producer_id = (int64_t)load64(data + AT_PRODUCER_ID),
      .producer_epoch = (int16_t)load16(data + AT_PRODUCER_EPOCH),
      .base_sequence = (int32_t)load32(data + AT_BASE_SEQUENCE),
      .count = (int32_t)load32(data + AT_COUNT),
  };
}

enum kafka_error record_batch_open(const char *data, size_t size, struct record_batch *batch,
                                   const char **why)
{
  if (size <= AT_MAGIC)
    return refuse(KAFKA_CORRUPT_MESSAGE, "a record batch is cut off", why);
  int32_t length = (int32_t)load32(data + AT_LENGTH);
  if (data[AT_MAGIC] == 0 || data[AT_MAGIC] == 1) /* as Kafka answers it since 4.0 */
    return refuse(KAFKA_INVALID_RECORD, "record batches of formats 0 and 1 are not accepted", why);
  if (data[AT_MAGIC] != MAGIC || length < RECORD_BATCH_HEADER - AFTER_LENGTH)
    return refuse(KAFKA_CORRUPT_MESSAGE, "not a record batch", why);
  if ((size_t)length > size - AFTER_LENGTH)
    return refuse(KAFKA_CORRUPT_MESSAGE, "a record batch is cut off", why);
  size = (size_t)length + AFTER_LENGTH;
  if (crc32c(0, data + AT_ATTRIBUTES, size - AT_ATTRIBUTES) != load32(data + AT_CRC))
    return refuse(KAFKA_CORRUPT_MESSAGE, "the checksum of a record batch is wrong", why);
  load(batch, data, size);
  if (record_batch_compression(batch) > BATCH_ZSTD)
    return refuse(KAFKA_UNSUPPORTED_COMPRESSION_TYPE, "an unknown compression codec", why);
  if (batch->count < 0 || batch->last_offset_delta < 0)
    return refuse(KAFKA_INVALID_RECORD, "a record batch with a count below zero", why);
  return KAFKA_NONE;
}

static const char *fault_of_produced(const struct record_batch *batch)
{
  if (batch->base_offset)
    return "offsets do not begin with 0";
  if (!batch->count || batch->count - 1 != batch->last_offset_delta)
    return "the count of records is not that of offsets";
  if (batch->attributes & BATCH_CONTROL)
    return "clients may not write control records";
  if (batch->producer_id != NO_PRODUCER && batch->base_sequence < 0)
    return "a producer id without a sequence";
  return NULL;
}

/* Kafka takes what is cut off for nothing at all. */
static bool holds_whole_batch(struct wire_slice records)
{
  return records.size > AT_MAGIC &&
         (int64_t)(int32_t)load32(records.data + AT_LENGTH) + AFTER_LENGTH <= records.size;
}

enum kafka_error record_batch_of_produce(struct wire_slice records, int16_t version,
                                         struct record_batch *batch, const char **why)
{
  if (!holds_whole_batch(records))
    return refuse(KAFKA_INVALID_RECORD, "there is no whole record batch", why);
  enum kafka_error error = record_batch_open(records.data, records.size, batch, why);
  if (error != KAFKA_NONE)
    return error;
  if (batch->size != records.size)
    return refuse(KAFKA_INVALID_RECORD, "there is more than one record batch", why);
  if (version < 7 && record_batch_compression(batch) == BATCH_ZSTD)
    return refuse(KAFKA_UNSUPPORTED_COMPRESSION_TYPE, "zstd needs version 7 of Produce", why);
  *why = fault_of_produced(batch);
  return *why ? KAFKA_INVALID_RECORD : KAFKA_NONE;
}

void record_batch_stamp(char *data, int64_t base_offset, int32_t leader_epoch)
{
  store64(data + AT_BASE_OFFSET, (uint64_t)base_offset);
  store32(data + AT_LEADER_EPOCH, (uint32_t)leader_epoch);
}

/* ---- records --------------------------------------------------------------- */

/* Moves *at past a zigzag varint. */
static bool take_number(const char **at, const char *end, unsigned bits, int64_t *number)
{
  uint64_t raw;
  const char *next = load_varint(*at, end, bits, &raw);
  if (!next)
    return false;
  *at = next;
  *number = zigzag_decode(raw);
  return true;
}

static bool take_slice(const char **at, const char *end, struct wire_slice *slice)
{
  int64_t size;
  *slice = (struct wire_slice){0};
  if (!take_number(at, end, 32, &size) || size < -1 || size > end - *at)
    return false;
  if (size < 0)
    return true;
  *slice = (struct wire_slice){*at, (uint32_t)size};
  *at += size;
  return true;
}

static bool take_header(const char **at, const char *end, struct record_header *header)
{
  return take_slice(at, end, &header->name) && header->name.data &&
         take_slice(at, end, &header->value);
}

bool record_header_next(struct wire_slice *headers, struct record_header *header)
{
  if (!headers->size)
    return false;
  const char *at = headers->data, *end = at + headers->size;
  if (!take_header(&at, end, header))
    return false;
  *headers = (struct wire_slice){at, (uint32_t)(end - at)};
  return true;
}

/* They end where the record does. */
static bool take_headers(struct record_reader *reader, const char *at, const char *end,
                         struct record *record)
{
  int64_t count;
  struct record_header header;
  if (!take_number(&at, end, 32, &count) || count < 0 || count > (end - at) / HEADER_MIN)
    return false;
  if ((size_t)count > reader->headers_left) {
    reader->error = refuse(KAFKA_MESSAGE_TOO_LARGE, "too many headers", &reader->why);
    return false;
  }
  reader->headers_left -= (size_t)count;
  record->header_count = (int32_t)count;
  record->headers = (struct wire_slice){at, (uint32_t)(end - at)};
  for (int64_t i = 0; i < count; i++)
    if (!take_header(&at, end, &header))
      return false;
  return at == end;
}

/* Nothing but the record is between `at` and `end`. */
static bool take_record(struct record_reader *reader, const char *at, const char *end,
                        struct record *record)
{
  const struct record_batch *batch = reader->batch;
  int64_t time, delta;
  if (at == end)
    return false;
  at++; /* attributes: none are defined */
  if (!take_number(&at, end, 64, &time) || !take_number(&at, end, 32, &delta) ||
      delta <= reader->last_delta || delta > batch->last_offset_delta ||
      !take_slice(&at, end, &record->key) || !take_slice(&at, end, &record->value))
    return false;
  reader->last_delta = delta;
  record->offset = (int64_t)((uint64_t)batch->base_offset + (uint64_t)delta);
  record->timestamp = batch->attributes & BATCH_LOG_APPEND_TIME
                          ? batch->max_timestamp
                          : (int64_t)((uint64_t)batch->base_timestamp + (uint64_t)time);
  return take_headers(reader, at, end, record);
}

static bool stop(struct record_reader *reader, const char *why)
{
  if (reader->error == KAFKA_NONE)
    reader->error = refuse(KAFKA_INVALID_RECORD, why, &reader->why);
  return false;
}

bool record_next(struct record_reader *reader, struct record *record)
{
  int64_t size;
  if (reader->error != KAFKA_NONE)
    return false;
  if (!reader->left)
    return reader->at == reader->end ? false : stop(reader, "bytes after the last record");
  if (!take_number(&reader->at, reader->end, 32, &size) || size < 0 ||
      size > reader->end - reader->at)
    return stop(reader, "a record is cut off");
  const char *start = reader->at;
  reader->at += size;
  reader->left--;
  return take_record(reader, start, reader->at, record) || stop(reader, "a malformed record");
}

enum kafka_error record_reader_begin(struct record_reader *reader, const struct record_batch *batch,
                                     struct batch_codec *codec, size_t limit)
{
  struct wire_slice bytes = {batch->data + RECORD_BATCH_HEADER,
                             (uint32_t)(batch->size - RECORD_BATCH_HEADER)};
  *reader = (struct record_reader){.batch = batch, .last_delta = -1, .headers_left = SIZE_MAX};
  enum batch_compression compression = record_batch_compression(batch);
  if (compression != BATCH_NONE && batch->count) {
    reader->error = codec_decompress(codec, compression, bytes, limit, &reader->why);
    bytes.data = codec->plain.size ? codec->plain.data : "";
    bytes.size = (uint32_t)codec->plain.size;
  } else if (bytes.size > limit) {
    reader->error = refuse(KAFKA_MESSAGE_TOO_LARGE, "the records are too large", &reader->why);
  }
  if (reader->error != KAFKA_NONE)
    return reader->error;
  reader->at = bytes.data;
  reader->end = bytes.data + bytes.size;
  reader->left = batch->count;
  if ((uint32_t)batch->count > bytes.size / RECORD_MIN)
    stop(reader, "more records than bytes for them");
  return reader->error;
}
