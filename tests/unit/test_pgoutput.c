/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of pgoutput's messages, on bytes made by hand. */
#include "pgoutput.h"

#include "pgoutput_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static struct pgoutput_message parse(const struct bytes *bytes)
{
  struct pgoutput_message message;
  struct pgoutput_error error;
  assert_true(pgoutput_parse(bytes->data, bytes->size, &message, &error));
  return message;
}

/* From memory of the exact size, so that a sanitizer sees a read past the end. */
static bool parse_exact(const char *data, size_t size, struct pgoutput_error *error)
{
  char *copy = malloc(size ? size : 1);
  struct pgoutput_message message;
  memcpy(copy, data, size);
  bool good = pgoutput_parse(copy, size, &message, error);
  if (good && (message.kind == PGOUTPUT_INSERT || message.kind == PGOUTPUT_UPDATE ||
               message.kind == PGOUTPUT_DELETE)) {
    struct headrace_value old_values[3], new_values[3];
    bool old_is_key;
    good = pgoutput_parse_tuples(message.kind, message.row.tuples, 3, old_values, new_values,
                                 &old_is_key, error);
  }
  free(copy);
  return good;
}

static void test_begin(void **state)
{
  (void)state;
  struct bytes bytes = make_begin(0x1122334455667788, 4000000000u);
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.kind, PGOUTPUT_BEGIN);
  assert_true(message.begin.final_lsn == 0x1122334455667788);
  assert_true(message.begin.commit_time_us == INT64_C(946684801000000));
  assert_int_equal(message.begin.xid, 4000000000u);
}

static void test_commit(void **state)
{
  (void)state;
  struct bytes bytes = make_commit(5, 9);
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.commit.commit_lsn, 5);
  assert_int_equal(message.commit.end_lsn, 9);
}

static void test_origin(void **state)
{
  (void)state;
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'O');
  put_u64(&bytes, 77);
  put_text(&bytes, "elsewhere");
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.origin.lsn, 77);
  assert_string_equal(message.origin.name, "elsewhere");
}

static void test_relation(void **state)
{
  (void)state;
  struct bytes bytes = make_relation(16385, 'd');
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.relation.id, 16385);
  assert_string_equal(message.relation.schema, "public");
  assert_string_equal(message.relation.name, "users");
  assert_int_equal(message.relation.replica_identity, 'd');
  assert_int_equal(message.relation.column_count, 3);
  struct pgoutput_bytes rest = message.relation.columns;
  struct pgoutput_column column;
  assert_true(pgoutput_next_column(&rest, &column));
  assert_string_equal(column.name, "id");
  assert_int_equal(column.type_id, 23);
  assert_int_equal(column.type_modifier, -1);
  assert_true(column.in_key);
  assert_true(pgoutput_next_column(&rest, &column));
  assert_false(column.in_key);
  assert_true(pgoutput_next_column(&rest, &column));
  assert_false(pgoutput_next_column(&rest, &column));
}

static void test_relation_of_pg_catalog_without_columns(void **state)
{
  (void)state;
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'R');
  put_u32(&bytes, 1);
  put_text(&bytes, "");
  put_text(&bytes, "t");
  put_u8(&bytes, 'n');
  put_u16(&bytes, 0);
  struct pgoutput_message message = parse(&bytes);
  struct pgoutput_bytes rest = message.relation.columns;
  struct pgoutput_column column;
  assert_string_equal(message.relation.schema, "pg_catalog");
  assert_false(pgoutput_next_column(&rest, &column));
}

static void test_type(void **state)
{
  (void)state;
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'Y');
  put_u32(&bytes, 16400);
  put_text(&bytes, "s");
  put_text(&bytes, "mood");
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.relation.id, 16400);
  assert_string_equal(message.relation.name, "mood");
}

static void test_insert(void **state)
{
  (void)state;
  struct bytes bytes = make_row('I', 7);
  const char *values[] = {"1", NULL, "\1"};
  put_tuple(&bytes, 'N', values, 3);
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.row.relation_id, 7);
  assert_false(message.row.has_old);
  struct headrace_value row[3];
  bool old_is_key;
  struct pgoutput_error error;
  assert_true(
      pgoutput_parse_tuples(message.kind, message.row.tuples, 3, NULL, row, &old_is_key, &error));
  assert_int_equal(row[0].state, HEADRACE_TEXT);
  assert_int_equal(row[0].size, 1);
  assert_int_equal(row[0].data[0], '1');
  assert_int_equal(row[1].state, HEADRACE_NULL);
  assert_int_equal(row[2].state, HEADRACE_ABSENT);
}

static void test_update_with_key(void **state)
{
  (void)state;
  struct bytes bytes = make_row('U', 7);
  const char *old[] = {"1", NULL}, *new[] = {"2", ""};
  put_tuple(&bytes, 'K', old, 2);
  put_tuple(&bytes, 'N', new, 2);
  struct pgoutput_message message = parse(&bytes);
  assert_true(message.row.has_old);
  struct headrace_value old_row[2], new_row[2];
  bool old_is_key;
  struct pgoutput_error error;
  assert_true(pgoutput_parse_tuples(message.kind, message.row.tuples, 2, old_row, new_row,
                                    &old_is_key, &error));
  assert_true(old_is_key);
  assert_int_equal(old_row[0].data[0], '1');
  assert_int_equal(new_row[0].data[0], '2');
  assert_int_equal(new_row[1].state, HEADRACE_TEXT);
  assert_int_equal(new_row[1].size, 0);
}

static void test_delete_with_old_row(void **state)
{
  (void)state;
  struct bytes bytes = make_row('D', 7);
  const char *old[] = {"1", "x"};
  put_tuple(&bytes, 'O', old, 2);
  struct pgoutput_message message = parse(&bytes);
  assert_true(message.row.has_old);
  struct headrace_value row[2];
  bool old_is_key;
  struct pgoutput_error error;
  assert_true(
      pgoutput_parse_tuples(message.kind, message.row.tuples, 2, row, NULL, &old_is_key, &error));
  assert_false(old_is_key);
  assert_int_equal(row[1].data[0], 'x');
}

static void test_truncate(void **state)
{
  (void)state;
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'T');
  put_u32(&bytes, 2);
  put_u8(&bytes, 3);
  put_u32(&bytes, 100);
  put_u32(&bytes, 200);
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.truncate.relation_count, 2);
  assert_int_equal(message.truncate.flags, PGOUTPUT_TRUNCATE_CASCADE | PGOUTPUT_TRUNCATE_RESTART);
  assert_int_equal(pgoutput_truncated(&message.truncate, 0), 100);
  assert_int_equal(pgoutput_truncated(&message.truncate, 1), 200);
}

static void test_logical_message(void **state)
{
  (void)state;
  struct bytes bytes = make_logical(1, 99, "prefix", "content");
  struct pgoutput_message message = parse(&bytes);
  assert_true(message.logical.transactional);
  assert_int_equal(message.logical.lsn, 99);
  assert_string_equal(message.logical.prefix, "prefix");
  assert_int_equal(message.logical.content.size, 7);
  assert_memory_equal(message.logical.content.data, "content", 7);
}

static void test_transactions_in_progress(void **state)
{
  (void)state;
  struct bytes bytes = make_stream_start(7, 1);
  struct pgoutput_message message = parse(&bytes);
  assert_int_equal(message.stream_start.xid, 7);
  assert_true(message.stream_start.first);
  bytes = make_stream_abort(7, 9);
  message = parse(&bytes);
  assert_int_equal(message.stream_abort.xid, 7);
  assert_int_equal(message.stream_abort.aborted_xid, 9);
  bytes = make_stream_commit(7, 0x500, 0x540);
  message = parse(&bytes);
  assert_int_equal(message.stream_commit.xid, 7);
  assert_int_equal(message.stream_commit.commit.end_lsn, 0x540);
}

static void test_a_message_in_a_block(void **state)
{
  (void)state;
  struct pgoutput_streamed streamed;
  struct pgoutput_error error;
  struct bytes bytes = make_streamed(9, make_insert(1, "x")), plain = make_insert(1, "x");
  assert_true(pgoutput_parse_streamed(bytes.data, bytes.size, &streamed, &error));
  assert_int_equal(streamed.kind, PGOUTPUT_INSERT);
  assert_int_equal(streamed.xid, 9);
  assert_int_equal(streamed.body.size, plain.size - 1);
  assert_memory_equal(streamed.body.data, plain.data + 1, plain.size - 1);
  bytes = make_stream_stop(); /* it and an origin have no xid */
  assert_true(pgoutput_parse_streamed(bytes.data, bytes.size, &streamed, &error));
  assert_int_equal(streamed.kind, PGOUTPUT_STREAM_STOP);
  assert_false(pgoutput_parse_streamed("I\0\0\0", 4, &streamed, &error));
  assert_string_equal(error.reason, "the message ends too early");
}

static void refuses(const struct bytes *bytes, size_t offset, const char *reason)
{
  struct pgoutput_error error;
  assert_false(parse_exact(bytes->data, bytes->size, &error));
  assert_int_equal(error.kind, bytes->data[0]);
  assert_int_equal(error.offset, offset);
  assert_string_equal(error.reason, reason);
}

static void test_faults_say_where(void **state)
{
  (void)state;
  struct bytes bytes = make_begin(1, 2);
  put_u8(&bytes, 0);
  refuses(&bytes, 21, "there are bytes after its end");
  bytes = make_begin(1, 2);
  bytes.size -= 2;
  refuses(&bytes, 17, "the message ends too early");
  bytes = (struct bytes){.data = "Zx", .size = 2};
  refuses(&bytes, 0, "this kind of message is not part of protocol versions 1 to 3");
  bytes = make_row('I', 7);
  put_u8(&bytes, 'N');
  put_u16(&bytes, 4);
  refuses(&bytes, 3, "a row has another number of columns than its relation");
  bytes = make_row('U', 7);
  put_u8(&bytes, 'Z');
  refuses(&bytes, 1, "a row is of no known kind");
  bytes = make_row('D', 7);
  put_u8(&bytes, 'N');
  refuses(&bytes, 1, "a delete has no old row");
}

static void test_a_length_is_not_believed(void **state)
{
  (void)state;
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'T');
  put_u32(&bytes, 0x40000001); /* times four it is 4 again */
  put_u8(&bytes, 0);
  put_u32(&bytes, 100);
  refuses(&bytes, 6, "there are fewer relations than it says");
  bytes = make_logical(1, 99, "p", "");
  bytes.size -= 4;
  put_u32(&bytes, UINT32_MAX);
  refuses(&bytes, bytes.size, "the message ends too early");
}

/* Every beginning of every message is refused, and read no further than it goes. */
static void test_cut_anywhere(void **state)
{
  (void)state;
  struct bytes update = make_row('U', 7);
  const char *values[] = {"1", NULL, "abc"};
  put_tuple(&update, 'O', values, 3);
  put_tuple(&update, 'N', values, 3);
  struct bytes messages[] = {
      make_begin(1, 2), make_commit(1, 2),           make_insert(7, "1"), make_relation(7, 'd'),
      update,           make_logical(0, 1, "a", "b")};
  struct pgoutput_error error;
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    assert_true(parse_exact(messages[i].data, messages[i].size, &error));
    for (size_t size = 0; size < messages[i].size; size++)
      assert_false(parse_exact(messages[i].data, size, &error));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_begin),
      cmocka_unit_test(test_commit),
      cmocka_unit_test(test_origin),
      cmocka_unit_test(test_relation),
      cmocka_unit_test(test_relation_of_pg_catalog_without_columns),
      cmocka_unit_test(test_type),
      cmocka_unit_test(test_insert),
      cmocka_unit_test(test_update_with_key),
      cmocka_unit_test(test_delete_with_old_row),
      cmocka_unit_test(test_truncate),
      cmocka_unit_test(test_logical_message),
      cmocka_unit_test(test_transactions_in_progress),
      cmocka_unit_test(test_a_message_in_a_block),
      cmocka_unit_test(test_faults_say_where),
      cmocka_unit_test(test_a_length_is_not_believed),
      cmocka_unit_test(test_cut_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
