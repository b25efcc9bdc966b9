/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests and answers of Kafka's protocol: what a frame may not do. That the fields are right in
 * every version is tests/e2e/test_kafka_wire_codec.py's. */
#include "kafka_errors.h"
#include "wire.h"
#include "wire_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
  struct wire_arena arena;
  struct wire_buffer frame; /* a request, without its length */
  struct wire_buffer answer;
  struct wire_request request;
};

static int setup(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  fixture->frame.limit = fixture->answer.limit = 1 << 20;
  *state = fixture;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *fixture = *state;
  wire_arena_free(&fixture->arena);
  free(fixture->frame.data);
  free(fixture->answer.data);
  free(fixture);
  return 0;
}

static void put_request(struct fixture *fixture, int16_t key, int16_t version, const void *body)
{
  const struct wire_api *api = wire_api_of(key);
  const struct request_header header = {.request_api_key = key,
                                        .request_api_version = version,
                                        .correlation_id = 77,
                                        .client_id = wire_text("me")};
  fixture->frame.size = 0;
  wire_encode(&fixture->frame, &request_header_layout, version >= api->flexible ? 2 : 1, &header,
              NULL);
  assert_int_equal(wire_encode(&fixture->frame, api->request, version, body, NULL), WIRE_OK);
}

static void put(struct fixture *fixture, const char *bytes, size_t size)
{
  fixture->frame.size = 0;
  wire_buffer_put(&fixture->frame, bytes, size);
}

/* From memory of its own size: the sanitizers see what reads past it. */
static enum wire_result read_some(struct fixture *fixture, size_t size)
{
  char *copy = malloc(size ? size : 1);
  memcpy(copy, fixture->frame.data, size);
  enum wire_result result = wire_read_request(&fixture->arena, copy, size, &fixture->request);
  free(copy);
  return result;
}

static enum wire_result read_frame(struct fixture *fixture)
{
  return wire_read_request(&fixture->arena, fixture->frame.data, fixture->frame.size,
                           &fixture->request);
}

/* Two topics with two partitions each. */
static struct fetch_request *some_fetch(struct fixture *fixture, int16_t version)
{
  struct fetch_request *fetch = WIRE_NEW(&fixture->arena, fetch_request);
  WIRE_ITEMS(&fixture->arena, fetch->topics, 2, fetch_request_topic);
  for (int i = 0; i < 2; i++) {
    struct fetch_request_topic *topic = &fetch->topics.items[i];
    topic->topic = wire_text(i ? "second" : "first");
    WIRE_ITEMS(&fixture->arena, topic->partitions, 2, fetch_request_partition);
    topic->partitions.items[1].fetch_offset = 1000 + i;
    if (version >= 18)
      topic->partitions.items[1].high_watermark = 5;
  }
  return fetch;
}

/* ---- reading --------------------------------------------------------------- */

static void a_request_is_read(void **state)
{
  struct fixture *fixture = *state;
  static const char bytes[] = "\0\x12\0\3\0\0\0\7\0\2me\0\4abc\2"
                              "1\0";
  put(fixture, bytes, sizeof bytes - 1);
  assert_int_equal(read_frame(fixture), WIRE_OK);
  const struct api_versions_request *body = fixture->request.body;
  assert_int_equal(fixture->request.correlation_id, 7);
  assert_string_equal(fixture->request.api->name, "ApiVersions");
  assert_true(wire_is(fixture->request.client_id, "me"));
  assert_true(wire_is(body->client_software_name, "abc"));
  assert_true(wire_is(body->client_software_version, "1"));
}

static void fields_of_other_versions_have_defaults(void **state)
{
  struct fixture *fixture = *state;
  put_request(fixture, KEY_FETCH, 4, some_fetch(fixture, 4));
  assert_int_equal(read_frame(fixture), WIRE_OK);
  const struct fetch_request *fetch = fixture->request.body;
  assert_int_equal(fetch->max_bytes, INT32_MAX);
  assert_int_equal(fetch->session_epoch, -1);
  assert_true(wire_is(fetch->rack_id, ""));
  assert_null(fetch->cluster_id.data);
  assert_int_equal(fetch->topics.items[1].partitions.items[1].fetch_offset, 1001);
  assert_int_equal(fetch->topics.items[1].partitions.items[1].log_start_offset, -1);
  assert_true(fetch->topics.items[1].partitions.items[1].high_watermark == INT64_MAX);
}

static void every_shorter_frame_is_refused(void **state)
{
  struct fixture *fixture = *state;
  static const int16_t versions[] = {4, 11, 12, 18};
  for (size_t i = 0; i < 4; i++) {
    put_request(fixture, KEY_FETCH, versions[i], some_fetch(fixture, versions[i]));
    for (size_t size = 0; size < fixture->frame.size; size++) {
      assert_int_equal(read_some(fixture, size), WIRE_TRUNCATED);
      assert_true(fixture->request.fault_at <= size);
      assert_null(fixture->request.body);
    }
    assert_int_equal(read_some(fixture, fixture->frame.size), WIRE_OK);
    wire_buffer_put(&fixture->frame, "", 1);
    assert_int_equal(read_some(fixture, fixture->frame.size), WIRE_TRAILING);
    wire_arena_reset(&fixture->arena);
  }
}

struct bad_frame {
  const char *what;
  const char *bytes;
  size_t size;
  enum wire_result result;
  const char *field;
};
#define BYTES(text) text, sizeof(text) - 1

static const struct bad_frame bad_frames[] = {
    {"no such key", BYTES("\0\x7f\0\0\0\0\0\1\xff\xff"), WIRE_UNKNOWN_KEY, NULL},
    {"negative key", BYTES("\xff\xff\0\0\0\0\0\1\xff\xff"), WIRE_UNKNOWN_KEY, NULL},
    {"advertised, not served", BYTES("\0\0\0\2\0\0\0\1\xff\xff"), WIRE_UNSUPPORTED_VERSION, NULL},
    {"later version", BYTES("\0\3\0\x0e\0\0\0\1\xff\xff"), WIRE_UNSUPPORTED_VERSION, NULL},
    {"negative version", BYTES("\0\3\xff\xff\0\0\0\1\xff\xff"), WIRE_UNSUPPORTED_VERSION, NULL},
    {"client id of -2", BYTES("\0\3\0\0\0\0\0\1\xff\xfe\0\0\0\0"), WIRE_BAD_LENGTH, "ClientId"},
    {"client id too long", BYTES("\0\3\0\0\0\0\0\1\x7f\xff"), WIRE_TRUNCATED, "ClientId"},
    {"2^31-1 topics",
     BYTES("\0\3\0\0\0\0\0\1\xff\xff\x7f\xff\xff\xff"
           "\0\1a"),
     WIRE_TRUNCATED, "Topics"},
    {"-2 topics", BYTES("\0\3\0\1\0\0\0\1\xff\xff\xff\xff\xff\xfe"), WIRE_BAD_LENGTH, "Topics"},
    {"null where not allowed", BYTES("\0\3\0\0\0\0\0\1\xff\xff\xff\xff\xff\xff"), WIRE_BAD_LENGTH,
     "Topics"},
    {"a topic's name null", BYTES("\0\3\0\0\0\0\0\1\xff\xff\0\0\0\1\xff\xff"), WIRE_BAD_LENGTH,
     "Name"},
    {"2^32-2 topics, compact", BYTES("\0\3\0\x09\0\0\0\1\xff\xff\0\xff\xff\xff\xff\x0f"),
     WIRE_TRUNCATED, "Topics"},
    {"a varint of 33 bits", BYTES("\0\3\0\x09\0\0\0\1\xff\xff\0\xff\xff\xff\xff\x1f\0\0"),
     WIRE_BAD_LENGTH, "Topics"},
    {"a varint without end", BYTES("\0\3\0\x09\0\0\0\1\xff\xff\0\xff\xff\xff\xff\xff\xff\xff"),
     WIRE_BAD_LENGTH, "Topics"},
    {"a tag longer than the frame", BYTES("\0\x12\0\3\0\0\0\1\xff\xff\1\5\x7f"), WIRE_TRUNCATED,
     NULL},
    {"2^32-1 tags", BYTES("\0\x12\0\3\0\0\0\1\xff\xff\xff\xff\xff\xff\x0f"), WIRE_TRUNCATED, NULL},
};

static void bad_frames_are_refused(void **state)
{
  struct fixture *fixture = *state;
  for (size_t i = 0; i < sizeof bad_frames / sizeof *bad_frames; i++) {
    const struct bad_frame *bad = &bad_frames[i];
    put(fixture, bad->bytes, bad->size);
    enum wire_result result = read_some(fixture, bad->size);
    if (result != bad->result)
      print_message("%s: %s\n", bad->what, wire_result_text(result));
    assert_int_equal(result, bad->result);
    if (bad->field)
      assert_string_equal(fixture->request.fault_field, bad->field);
    assert_null(fixture->request.body);
    assert_true(fixture->arena.used < 4096);
    wire_arena_reset(&fixture->arena);
  }
}

static void memory_is_limited(void **state)
{
  struct fixture *fixture = *state;
  struct metadata_request *metadata = WIRE_NEW(&fixture->arena, metadata_request);
  WIRE_ITEMS(&fixture->arena, metadata->topics, 1000, metadata_request_topic);
  put_request(fixture, KEY_METADATA, 9, metadata);
  wire_arena_reset(&fixture->arena);
  assert_int_equal(read_frame(fixture), WIRE_OK);
  size_t needed = fixture->arena.used;
  for (size_t limit = 1; limit < needed; limit += needed / 10) {
    wire_arena_reset(&fixture->arena);
    fixture->arena.limit = limit;
    assert_int_equal(read_frame(fixture), WIRE_TOO_LARGE);
    assert_true(fixture->arena.used <= limit);
  }
  wire_arena_reset(&fixture->arena);
  fixture->arena.limit = needed;
  assert_int_equal(read_frame(fixture), WIRE_OK);
}

static void memory_is_limited_to_the_byte(void **state)
{
  struct fixture *fixture = *state;
  static const char bytes[] = "\0\0\0\3\0\0\0\1\0\0\0\2\0\0\0\3"; /* three numbers of four bytes */
  struct wire_buffer *frame = &fixture->frame;
  wire_buffer_put(frame, "\0\1t", 3);
  wire_buffer_put(frame, bytes, sizeof bytes - 1);
  for (size_t more = 8; more <= 16; more++) {
    wire_arena_reset(&fixture->arena);
    struct fetch_request_forgotten_topic *topic =
        WIRE_NEW(&fixture->arena, fetch_request_forgotten_topic);
    fixture->arena.limit = fixture->arena.used + more;
    enum wire_result result = wire_decode(&fixture->arena, &fetch_request_forgotten_topic_layout, 7,
                                          frame->data, frame->size, topic, NULL);
    assert_int_equal(result, more < 16 ? WIRE_TOO_LARGE : WIRE_OK);
    assert_true(fixture->arena.used <= fixture->arena.limit);
  }
}

static void unknown_tags_are_skipped(void **state)
{
  struct fixture *fixture = *state;
  static const char bytes[] = "\0\x12\0\3\0\0\0\7\0\2me" /* header: two of them */
                              "\2\x05\1x\x80\x01\0"
                              "\2a\2"
                              "1\1\x09\2yz";
  put(fixture, bytes, sizeof bytes - 1);
  assert_int_equal(read_frame(fixture), WIRE_OK);
  const struct api_versions_request *body = fixture->request.body;
  assert_true(wire_is(body->client_software_version, "1"));
}

static void a_tagged_field_has_its_size(void **state)
{
  struct fixture *fixture = *state;
  struct fetch_request *fetch = WIRE_NEW(&fixture->arena, fetch_request);
  fetch->cluster_id = wire_text("abc");
  put_request(fixture, KEY_FETCH, 12, fetch);
  size_t size = fixture->frame.size; /* ends: one tag, 0, of 4 bytes, compact "abc" */
  assert_memory_equal(fixture->frame.data + size - 7, "\1\0\4\4abc", 7);
  assert_int_equal(read_frame(fixture), WIRE_OK);
  assert_true(wire_is(((struct fetch_request *)fixture->request.body)->cluster_id, "abc"));
  fixture->frame.data[size - 4] = 3;
  assert_int_equal(read_frame(fixture), WIRE_BAD_TAG);
  assert_string_equal(fixture->request.fault_field, "ClusterId");
  fixture->frame.data[size - 4] = 5;
  assert_int_equal(read_frame(fixture), WIRE_TRUNCATED);
}

/* ---- writing --------------------------------------------------------------- */

static void answers_have_length_and_header(void **state)
{
  struct fixture *fixture = *state;
  struct heartbeat_response beat = {.error_code = 27};
  struct wire_request request = {
      .api = wire_api_of(KEY_HEARTBEAT), .key = KEY_HEARTBEAT, .correlation_id = 258};
  assert_int_equal(wire_write_response(&fixture->answer, &request, &beat), WIRE_OK);
  request.version = 4;
  assert_int_equal(wire_write_response(&fixture->answer, &request, &beat), WIRE_OK);
  static const char expected[] = "\0\0\0\6\0\0\1\2\0\x1b"
                                 "\0\0\0\x0c\0\0\1\2\0\0\0\0\0\0\x1b\0";
  assert_int_equal(fixture->answer.size, sizeof expected - 1);
  assert_memory_equal(fixture->answer.data, expected, sizeof expected - 1);
}

static void api_versions_keeps_the_first_header(void **state)
{
  struct fixture *fixture = *state;
  struct api_versions_response *response = WIRE_NEW(&fixture->arena, api_versions_response);
  struct wire_request request = {
      .api = wire_api_of(KEY_API_VERSIONS), .key = KEY_API_VERSIONS, .version = 3};
  assert_int_equal(wire_write_response(&fixture->answer, &request, response), WIRE_OK);
  static const char expected[] = "\0\0\0\x0c\0\0\0\0\0\0\1\0\0\0\0\0";
  assert_int_equal(fixture->answer.size, sizeof expected - 1);
  assert_memory_equal(fixture->answer.data, expected, sizeof expected - 1);
}

static void a_later_api_versions_is_answered_in_version_0(void **state)
{
  struct fixture *fixture = *state;
  static const char bytes[] = "\0\x12\0\x63\0\0\0\5what comes then nobody knows";
  put(fixture, bytes, sizeof bytes - 1);
  assert_int_equal(read_frame(fixture), WIRE_UNSUPPORTED_VERSION);
  assert_int_equal(wire_refuse_api_versions(&fixture->answer, &fixture->request), WIRE_OK);
  static const char expected[] = "\0\0\0\x10\0\0\0\5\0\x23\0\0\0\1\0\x12\0\0\0\5";
  assert_int_equal(fixture->answer.size, sizeof expected - 1);
  assert_memory_equal(fixture->answer.data, expected, sizeof expected - 1);
}

static bool is_produce_or_fetch(int16_t key)
{
  return key <= KEY_FETCH;
}

static void only_what_is_served_is_advertised(void **state)
{
  struct fixture *fixture = *state;
  struct api_versions_response *response = WIRE_NEW(&fixture->arena, api_versions_response);
  wire_advertise(&fixture->arena, response, is_produce_or_fetch);
  assert_int_equal(response->api_keys.count, 2);
  assert_int_equal(response->api_keys.items[0].min_version, 0); /* KAFKA-18659 */
  assert_int_equal(response->api_keys.items[0].max_version, 13);
  assert_int_equal(response->api_keys.items[1].min_version, 4);
  wire_advertise(&fixture->arena, response, NULL);
  assert_int_equal(response->api_keys.count, (int)wire_api_count);
}

static void what_cannot_be_said_is_not_said(void **state)
{
  struct fixture *fixture = *state;
  struct fetch_response *fetch = WIRE_NEW(&fixture->arena, fetch_response);
  struct wire_request request = {.api = wire_api_of(KEY_FETCH), .key = KEY_FETCH, .version = 4};
  wire_buffer_put(&fixture->answer, "before", 6);
  fetch->session_id = 5;
  assert_int_equal(wire_write_response(&fixture->answer, &request, fetch), WIRE_NOT_IN_VERSION);
  assert_string_equal(request.fault_field, "SessionId");
  assert_int_equal(fixture->answer.size, 6);
  request.version = 7;
  assert_int_equal(wire_write_response(&fixture->answer, &request, fetch), WIRE_OK);
}

static void buffers_are_limited(void **state)
{
  struct fixture *fixture = *state;
  char *records = calloc(1, 5000);
  struct fetch_response *fetch = WIRE_NEW(&fixture->arena, fetch_response);
  WIRE_ITEMS(&fixture->arena, fetch->responses, 1, fetch_response_fetchable_topic_response);
  WIRE_ITEMS(&fixture->arena, fetch->responses.items->partitions, 1, fetch_response_partition_data);
  fetch->responses.items->partitions.items->records = (struct wire_slice){records, 5000};
  struct wire_request request = {.api = wire_api_of(KEY_FETCH), .key = KEY_FETCH, .version = 12};
  assert_int_equal(wire_write_response(&fixture->answer, &request, fetch), WIRE_OK);
  size_t needed = fixture->answer.size;
  for (size_t limit = 0; limit < needed; limit += limit < 100 ? 1 : 997) {
    fixture->answer.size = 0;
    fixture->answer.limit = limit;
    assert_int_equal(wire_write_response(&fixture->answer, &request, fetch), WIRE_TOO_LARGE);
    assert_int_equal(fixture->answer.size, 0);
    assert_false(fixture->answer.overflow);
  }
  fixture->answer.limit = needed;
  assert_int_equal(wire_write_response(&fixture->answer, &request, fetch), WIRE_OK);
  free(records);
}

static void error_codes_have_names(void **state)
{
  (void)state;
  assert_string_equal(kafka_error_name(KAFKA_UNKNOWN_TOPIC_ID), "UNKNOWN_TOPIC_ID");
  assert_string_equal(kafka_error_name(-1), "UNKNOWN_SERVER_ERROR");
  assert_string_equal(kafka_error_name(9999), "UNKNOWN_SERVER_ERROR");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_request_is_read),
      TEST(fields_of_other_versions_have_defaults),
      TEST(every_shorter_frame_is_refused),
      TEST(bad_frames_are_refused),
      TEST(memory_is_limited),
      TEST(memory_is_limited_to_the_byte),
      TEST(unknown_tags_are_skipped),
      TEST(a_tagged_field_has_its_size),
      TEST(answers_have_length_and_header),
      TEST(api_versions_keeps_the_first_header),
      TEST(a_later_api_versions_is_answered_in_version_0),
      TEST(only_what_is_served_is_advertised),
      TEST(what_cannot_be_said_is_not_said),
      TEST(buffers_are_limited),
      TEST(error_codes_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
