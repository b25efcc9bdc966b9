/* SPDX-License-Identifier: Apache-2.0
 *
 * Record batches: what a malformed one may not do. That the others are read as Java and librdkafka
 * write them is tests/e2e/test_kafka_record_batches.py's. */
#include "crc32c.h"
#include "record_batch.h"
#include "record_layout.h"
#include "wire_bytes.h"

#include <setjmp.h>
#include <snappy-c.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIMIT ((size_t)1 << 20)

static const struct record_batch like = {.base_offset = 100,
                                         .leader_epoch = 3,
                                         .producer_id = NO_PRODUCER,
                                         .producer_epoch = -1,
                                         .base_sequence = -1};

static struct record record_of(int64_t offset, const char *value, size_t size)
{
  return (struct record){
      .offset = offset, .timestamp = 1000 + offset, .value = {value, (uint32_t)size}};
}

/* Some records of a value, with the attributes. */
static void write_batch(struct wire_buffer *out, struct batch_codec *codec, int16_t attributes,
                        int number, const char *value, size_t size)
{
  struct batch_writer writer;
  struct record_batch batch = like;
  batch.attributes = attributes;
  batch_writer_begin(&writer, out, &batch, codec);
  for (int i = 0; i < number; i++) {
    struct record record = record_of(100 + i, value, size);
    assert_true(batch_writer_add(&writer, &record));
  }
  assert_true(batch_writer_finish(&writer));
}

/* The checksum to bytes that were changed. */
static void seal(struct wire_buffer *buffer)
{
  store32(buffer->data + AT_CRC,
          crc32c(0, buffer->data + AT_ATTRIBUTES, buffer->size - AT_ATTRIBUTES));
}

/* Reads all; gives the error and how many there were. */
static enum kafka_error read_batch(const struct wire_buffer *buffer, struct batch_codec *codec,
                                   size_t limit, int *number)
{
  struct record_batch batch;
  struct record_reader reader;
  struct record record;
  const char *why;
  *number = 0;
  enum kafka_error error = record_batch_open(buffer->data, buffer->size, &batch, &why);
  if (error != KAFKA_NONE)
    return error;
  record_reader_begin(&reader, &batch, codec, limit);
  while (record_next(&reader, &record))
    ++*number;
  if (reader.error != KAFKA_NONE)
    assert_non_null(reader.why);
  return reader.error;
}

static void checksums_are_right(void **state)
{
  (void)state;
  assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283); /* RFC 3720's */
  char bytes[300];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char)(i * 7 + i / 11);
  for (size_t from = 0; from < 9; from++)
    for (size_t size = 0; size + from <= sizeof bytes; size++)
      assert_int_equal(crc32c(5, bytes + from, size), crc32c_of_tables(5, bytes + from, size));
  assert_int_equal(crc32c(crc32c(0, bytes, 100), bytes + 100, 200), crc32c(0, bytes, 300));
}

static void records_come_back_in_order(void **state)
{
  (void)state;
  struct wire_buffer out = {.limit = LIMIT}, raw = {.limit = LIMIT};
  const struct record_header same[] = {
      {{"a", 1}, {"1", 1}}, {{"a", 1}, {NULL, 0}}, {{"", 0}, {"", 0}}};
  for (size_t i = 0; i < 3; i++)
    record_header_add(&raw, &same[i]);
  struct record record = record_of(105, NULL, 0), got;
  record.key = wire_text("");
  record.headers = (struct wire_slice){raw.data, (uint32_t)raw.size};
  record.header_count = 3;
  struct batch_writer writer;
  batch_writer_begin(&writer, &out, &like, NULL);
  batch_writer_add(&writer, &record);
  assert_int_equal(batch_writer_size(&writer), out.size);
  assert_true(batch_writer_finish(&writer));

  struct record_batch batch;
  struct record_reader reader;
  struct record_header header;
  const char *why;
  assert_int_equal(record_batch_open(out.data, out.size, &batch, &why), KAFKA_NONE);
  assert_int_equal(batch.size, out.size);
  assert_int_equal(batch.leader_epoch, 3);
  assert_int_equal(batch.max_timestamp, 1105);
  assert_int_equal(record_reader_begin(&reader, &batch, NULL, LIMIT), KAFKA_NONE);
  assert_true(record_next(&reader, &got));
  assert_true(got.offset == 105 && got.timestamp == 1105 && got.header_count == 3);
  assert_null(got.value.data);
  assert_true(wire_is(got.key, ""));
  for (size_t i = 0; i < 3; i++) {
    assert_true(record_header_next(&got.headers, &header));
    assert_true(wire_equal(header.name, same[i].name) && wire_equal(header.value, same[i].value));
  }
  assert_false(record_header_next(&got.headers, &header));
  assert_false(record_next(&reader, &got));
  assert_int_equal(reader.error, KAFKA_NONE);
  free(out.data);
  free(raw.data);
}

static void a_stamp_needs_no_checksum(void **state)
{
  (void)state;
  struct wire_buffer out = {.limit = LIMIT};
  struct record_batch batch;
  const char *why;
  write_batch(&out, NULL, 0, 3, "abc", 3);
  record_batch_stamp(out.data, INT64_C(1) << 40, 9);
  assert_int_equal(record_batch_open(out.data, out.size, &batch, &why), KAFKA_NONE);
  assert_true(batch.base_offset == INT64_C(1) << 40 && batch.leader_epoch == 9);
  free(out.data);
}

static void the_log_s_time_is_that_of_all(void **state)
{
  (void)state;
  struct wire_buffer out = {.limit = LIMIT};
  struct record_batch batch;
  struct record_reader reader;
  struct record record;
  const char *why;
  write_batch(&out, NULL, BATCH_LOG_APPEND_TIME, 2, "abc", 3);
  record_batch_open(out.data, out.size, &batch, &why);
  record_reader_begin(&reader, &batch, NULL, LIMIT);
  while (record_next(&reader, &record))
    assert_int_equal(record.timestamp, 1101);
  free(out.data);
}

/* Every byte wrong in turn, with a checksum to it: an error or other records, never a fault. */
static void any_byte_may_be_wrong(void **state)
{
  (void)state;
  struct batch_codec *codec = batch_codec_new();
  for (int16_t compression = BATCH_NONE; compression <= BATCH_ZSTD; compression++) {
    struct wire_buffer out = {.limit = LIMIT};
    int number;
    write_batch(&out, codec, compression, 20, "something to compress", 21);
    assert_int_equal(read_batch(&out, codec, LIMIT, &number), KAFKA_NONE);
    assert_int_equal(number, 20);
    for (size_t at = AT_ATTRIBUTES; at < out.size; at++) {
      out.data[at] ^= 0x15;
      assert_int_equal(read_batch(&out, codec, LIMIT, &number), KAFKA_CORRUPT_MESSAGE);
      seal(&out);
      read_batch(&out, codec, LIMIT, &number);
      out.data[at] ^= 0x15;
      seal(&out);
    }
    assert_int_equal(read_batch(&out, codec, LIMIT, &number), KAFKA_NONE);
    free(out.data);
  }
  batch_codec_free(codec);
}

static void bombs_are_refused(void **state)
{
  (void)state;
  struct batch_codec *codec = batch_codec_new();
  char *zeros = calloc(1, 300000);
  for (int16_t compression = BATCH_GZIP; compression <= BATCH_ZSTD; compression++) {
    struct wire_buffer out = {.limit = LIMIT};
    int number;
    write_batch(&out, codec, compression, 3, zeros, 300000);
    assert_true(out.size < 100000);
    for (size_t limit = 0; limit < 900000; limit += 99999)
      assert_int_equal(read_batch(&out, codec, limit, &number), KAFKA_MESSAGE_TOO_LARGE);
    assert_int_equal(read_batch(&out, codec, 900027, &number), KAFKA_MESSAGE_TOO_LARGE);
    assert_int_equal(read_batch(&out, codec, 900033, &number), KAFKA_NONE); /* 11 each beside */
    assert_int_equal(number, 3);
    free(out.data);
  }
  free(zeros);
  batch_codec_free(codec);
}

/* Without the framing of snappy-java, as some clients write it. */
static void bare_snappy_is_read(void **state)
{
  (void)state;
  struct batch_codec *codec = batch_codec_new();
  struct wire_buffer out = {.limit = LIMIT};
  int number;
  write_batch(&out, NULL, 0, 20, "something to compress", 21);
  size_t size = out.size - RECORD_BATCH_HEADER, length = snappy_max_compressed_length(size);
  char *compressed = malloc(length);
  assert_int_equal(snappy_compress(out.data + RECORD_BATCH_HEADER, size, compressed, &length), 0);
  out.size = RECORD_BATCH_HEADER;
  wire_buffer_put(&out, compressed, length);
  store32(out.data + AT_LENGTH, (uint32_t)(out.size - AFTER_LENGTH));
  store16(out.data + AT_ATTRIBUTES, BATCH_SNAPPY);
  seal(&out);
  assert_int_equal(read_batch(&out, codec, LIMIT, &number), KAFKA_NONE);
  assert_int_equal(number, 20);
  free(compressed);
  free(out.data);
  batch_codec_free(codec);
}

struct change {
  const char *what;
  size_t at;
  uint32_t number; /* 4 bytes */
};

static void counts_are_not_believed(void **state)
{
  (void)state;
  static const struct change changes[] = {
      {"2^31-1 records", AT_COUNT, INT32_MAX},
      {"-1 records", AT_COUNT, UINT32_MAX},
      {"one record fewer", AT_COUNT, 2},
      {"one record more", AT_COUNT, 4},
      {"an offset beyond the last", AT_LAST_OFFSET_DELTA, 1},
      {"a last offset before the first", AT_LAST_OFFSET_DELTA, UINT32_MAX},
  };
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct wire_buffer out = {.limit = LIMIT};
    int number;
    write_batch(&out, NULL, 0, 3, "abc", 3);
    store32(out.data + changes[i].at, changes[i].number);
    seal(&out);
    enum kafka_error error = read_batch(&out, NULL, LIMIT, &number);
    if (error != KAFKA_INVALID_RECORD)
      print_message("%s: %s\n", changes[i].what, kafka_error_name(error));
    assert_int_equal(error, KAFKA_INVALID_RECORD);
    free(out.data);
  }
}

static void a_writer_keeps_to_its_limit(void **state)
{
  (void)state;
  struct wire_buffer out = {.limit = 200};
  struct batch_writer writer;
  struct record record = record_of(100, "0123456789", 10);
  int number = 0, found;
  batch_writer_begin(&writer, &out, &like, NULL);
  for (; batch_writer_add(&writer, &record); record.offset++)
    number++;
  assert_true(batch_writer_finish(&writer));
  assert_true(out.size <= 200 && out.size > 200 - 20);
  assert_int_equal(read_batch(&out, NULL, LIMIT, &found), KAFKA_NONE);
  assert_int_equal(found, number);
  batch_writer_begin(&writer, &out, &like, NULL); /* no room for another one */
  assert_false(batch_writer_add(&writer, &record));
  size_t before = writer.start;
  assert_false(batch_writer_finish(&writer));
  assert_int_equal(out.size, before);
  free(out.data);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(checksums_are_right),
      cmocka_unit_test(records_come_back_in_order),
      cmocka_unit_test(a_stamp_needs_no_checksum),
      cmocka_unit_test(the_log_s_time_is_that_of_all),
      cmocka_unit_test(any_byte_may_be_wrong),
      cmocka_unit_test(bombs_are_refused),
      cmocka_unit_test(bare_snappy_is_read),
      cmocka_unit_test(counts_are_not_believed),
      cmocka_unit_test(a_writer_keeps_to_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
