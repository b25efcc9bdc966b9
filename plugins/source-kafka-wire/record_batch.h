/* SPDX-License-Identifier: Apache-2.0
 *
 * Record batches of format 2, the only one that is left (KIP-98, KIP-896):
 *
 *   batch:  baseOffset:8 length:4 leaderEpoch:4 magic:1 crc:4 attributes:2 lastOffsetDelta:4
 *           baseTimestamp:8 maxTimestamp:8 producerId:8 producerEpoch:2 baseSequence:4 count:4
 *           and the records, compressed as one piece if a codec is in the attributes
 *   record: length attributes:1 timestampDelta offsetDelta key value headers, lengths and deltas
 *           as zigzag varints, -1 for null
 *
 * `length` counts what is behind it; the CRC-32C is of what is behind it, so that offset and
 * epoch can be stamped without a new one. Source:
 * https://kafka.apache.org/documentation/#recordbatch
 *
 * Functions that can fail give Kafka's error code, and in *why a constant text for the client.
 * Slices point into the batch or, of a compressed one, into the codec. */
#ifndef HEADRACE_KAFKA_RECORD_BATCH_H
#define HEADRACE_KAFKA_RECORD_BATCH_H

#include "kafka_errors.h"
#include "wire.h"

#define RECORD_BATCH_HEADER 61 /* bytes before the records */
#define NO_PRODUCER         (-1)

enum record_batch_attribute {
  BATCH_CODEC = 7, /* mask, enum batch_compression */
  BATCH_LOG_APPEND_TIME = 8,
  BATCH_TRANSACTIONAL = 16,
  BATCH_CONTROL = 32,
};

enum batch_compression { BATCH_NONE, BATCH_GZIP, BATCH_SNAPPY, BATCH_LZ4, BATCH_ZSTD };

struct record_batch {
  const char *data; /* all of it */
  size_t size;
  int64_t base_offset;
  int32_t leader_epoch;
  int16_t attributes;
  int32_t last_offset_delta;
  int64_t base_timestamp, max_timestamp; /* ms */
  int64_t producer_id;                   /* NO_PRODUCER: none */
  int16_t producer_epoch;
  int32_t base_sequence;
  int32_t count;
};

static inline enum batch_compression record_batch_compression(const struct record_batch *batch)
{
  return (enum batch_compression)(batch->attributes & BATCH_CODEC);
}

/* The first batch in `data`; the next is batch->size further on. Checks length, format and CRC;
 * CORRUPT_MESSAGE, or INVALID_RECORD for the old formats. */
enum kafka_error record_batch_open(const char *data, size_t size, struct record_batch *batch,
                                   const char **why);

/* The batch of a partition in a Produce request of that version: exactly one, as record_batch_open
 * has it, and as clients may write it: offsets from 0 on, as many as records, no control batch, a
 * sequence if there is a producer, no zstd before version 7. */
enum kafka_error record_batch_of_produce(struct wire_slice records, int16_t version,
                                         struct record_batch *batch, const char **why);

/* In place, in a batch's bytes: what the CRC is not about. */
void record_batch_stamp(char *data, int64_t base_offset, int32_t leader_epoch);

/* ---- reading records --------------------------------------------------------- */

struct record {
  int64_t offset;
  int64_t timestamp;            /* ms; of the log in batches with BATCH_LOG_APPEND_TIME */
  struct wire_slice key, value; /* may be null */
  int32_t header_count;
  struct wire_slice headers; /* as in the batch, in order: see record_header_next */
};

/* What compressing and decompressing needs, kept between batches. One thread's. */
struct batch_codec;
struct batch_codec *batch_codec_new(void);
void batch_codec_free(struct batch_codec *codec);

struct record_reader {
  const struct record_batch *batch;
  const char *at, *end;
  int32_t left;        /* records */
  size_t headers_left; /* of all records together; more are MESSAGE_TOO_LARGE */
  int64_t last_delta;
  enum kafka_error error; /* KAFKA_NONE, or why there are no more */
  const char *why;
};

/* Decompresses to at most `limit` bytes, else MESSAGE_TOO_LARGE. After KAFKA_NONE, batch->count is
 * no more than the bytes can hold, and headers_left is to be set if it is to be less than any
 * number. The codec is in use until the reader is done. */
enum kafka_error record_reader_begin(struct record_reader *reader, const struct record_batch *batch,
                                     struct batch_codec *codec, size_t limit);
/* False: that was the last, or reader->error. */
bool record_next(struct record_reader *reader, struct record *record);

struct record_header {
  struct wire_slice name; /* never null */
  struct wire_slice value;
};

/* Takes the first header off `headers`, a copy of record.headers. False: there is none left. */
bool record_header_next(struct wire_slice *headers, struct record_header *header);

/* ---- writing ----------------------------------------------------------------- */

/* Adds a header to what becomes record.headers. */
void record_header_add(struct wire_buffer *headers, const struct record_header *header);

struct batch_writer {
  struct wire_buffer *out;
  struct wire_buffer *records; /* `out`, or the codec's if it is compressed */
  size_t start;                /* of the batch, in `out` */
  struct record_batch batch;   /* so far, without data and size */
  struct batch_codec *codec;
};

/* Begins a batch at the end of `out`: offset, epoch, attributes, producer and sequence are those
 * of `like`. The codec may be NULL if the attributes say no compression. */
void batch_writer_begin(struct batch_writer *writer, struct wire_buffer *out,
                        const struct record_batch *like, struct batch_codec *codec);
/* Offsets rise from base_offset on. False: out's limit; the record was left out. */
bool batch_writer_add(struct batch_writer *writer, const struct record *record);
/* Of the batch so far; what it will be if it is not compressed. */
size_t batch_writer_size(const struct batch_writer *writer);
/* False: out's limit, or compressing failed; the whole batch was left out. */
bool batch_writer_finish(struct batch_writer *writer);

#endif
