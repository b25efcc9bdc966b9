/* SPDX-License-Identifier: Apache-2.0
 *
 * Records from the store, as record batches. */
#include "fetch.h"

#include <stdlib.h>

#define BATCH_TARGET ((size_t)512 << 10) /* bytes of records in one batch */

/* What is written for a partition. */
struct encoding {
  struct wire_buffer out;
  struct wire_buffer headers; /* of one record */
  struct batch_writer writer;
  struct batch_codec *codec;
  struct record_batch like;
  const struct partition *partition;
  int64_t epoch_until; /* the batch's epoch ends there */
  bool open;
  int64_t timestamp_ms; /* of the batch, if the log's times are the records' */
};

static struct wire_slice slice_of(const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL)
    return (struct wire_slice){0};
  return (struct wire_slice){value->data ? value->data : "", value->size};
}

static void begin_batch(struct encoding *encoding, const struct headrace_record *record)
{
  encoding->like.base_offset = record->offset;
  encoding->timestamp_ms = record->timestamp_ms;
  encoding->like.leader_epoch =
      partition_epoch_at(encoding->partition, record->offset, &encoding->epoch_until);
  batch_writer_begin(&encoding->writer, &encoding->out, &encoding->like, encoding->codec);
  encoding->open = true;
}

static void end_batch(struct encoding *encoding)
{
  if (encoding->open)
    batch_writer_finish(&encoding->writer);
  encoding->open = false;
}

static bool fits(const struct encoding *encoding, const struct headrace_record *record)
{
  if (!encoding->open || record->offset >= encoding->epoch_until ||
      batch_writer_size(&encoding->writer) > BATCH_TARGET)
    return false;
  bool appended = encoding->like.attributes & BATCH_LOG_APPEND_TIME;
  return !appended || record->timestamp_ms == encoding->timestamp_ms;
}

static void add(struct encoding *encoding, const struct headrace_record *from)
{
  encoding->headers.size = 0;
  for (uint32_t i = 0; i < from->header_count; i++) {
    struct record_header header = {wire_text(from->headers[i].name),
                                   slice_of(&from->headers[i].value)};
    record_header_add(&encoding->headers, &header);
  }
  struct record record = {
      .offset = from->offset,
      .timestamp = from->timestamp_ms,
      .key = slice_of(&from->key),
      .value = slice_of(&from->value),
      .header_count = (int32_t)from->header_count,
      .headers = {encoding->headers.data, (uint32_t)encoding->headers.size},
  };
  if (!fits(encoding, from)) {
    end_batch(encoding);
    begin_batch(encoding, from);
  }
  batch_writer_add(&encoding->writer, &record);
}

/* Offsets at the end that have no records any more: the reader has to get past them. */
static void cover(struct encoding *encoding, int64_t next, int64_t from)
{
  struct record_batch *batch = &encoding->writer.batch;
  if (!encoding->open) {
    encoding->like.base_offset = from;
    encoding->like.leader_epoch = partition_epoch_at(encoding->partition, from, NULL);
    batch_writer_begin(&encoding->writer, &encoding->out, &encoding->like, NULL);
    encoding->open = true;
  }
  if (next - 1 - batch->base_offset <= INT32_MAX)
    batch->last_offset_delta = (int32_t)(next - 1 - batch->base_offset);
}

static struct blob *encode(const struct fetch_slot *slot,
                           const struct headrace_log_records *records)
{
  const struct topic_config *config = &slot->topic->config;
  struct encoding encoding = {
      .out.limit = INT32_MAX,
      .headers.limit = INT32_MAX,
      .codec = slot->fetch->exchange->broker->codec,
      .partition = partition_of(slot->topic, slot->index),
      .like = {.producer_id = NO_PRODUCER, .producer_epoch = -1, .base_sequence = -1},
  };
  encoding.like.attributes =
      (int16_t)(config->compression | (config->log_append_time ? BATCH_LOG_APPEND_TIME : 0));
  for (size_t i = 0; i < records->count; i++)
    add(&encoding, &records->records[i]);
  int64_t end = records->count ? records->records[records->count - 1].offset + 1 : slot->offset;
  if (records->next > end)
    cover(&encoding, records->next, slot->offset);
  end_batch(&encoding);
  struct blob *blob = encoding.out.size ? blob_new(encoding.out.data, encoding.out.size) : NULL;
  free(encoding.out.data);
  free(encoding.headers.data);
  return blob;
}

static void read_done(void *context, struct headrace_log_records *records)
{
  struct fetch_slot *slot = context;
  struct fetch *fetch = slot->fetch;
  struct exchange *exchange = fetch->exchange;
  fetch->reads--;
  if (records->error == HEADRACE_LOG_OK && exchange->connection)
    slot->stored = encode(slot, records);
  else
    slot->failed = kafka_error_of(records->error);
  if (records->release)
    records->release(records);
  if (exchange->connection)
    fetch_read_done(fetch);
  else if (!fetch->reads)
    exchange_silence(exchange);
}

void fetch_read(struct fetch_slot *slot, int64_t max_bytes)
{
  const struct headrace_log *log = slot->topic->broker->log;
  slot->fetch->reads++;
  log->read(log->self, &slot->topic->id, slot->index, slot->offset, (size_t)max_bytes, read_done,
            slot);
}
