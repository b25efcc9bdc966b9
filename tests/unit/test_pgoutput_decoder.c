/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages into events and positions, without a server. */
#include "decoder.h"

#include "pgoutput_bytes.h"

#include <inttypes.h>

#include <setjmp.h>
#include <stdarg.h>
// clang-format off
#include <cmocka.h>
#include "plugin_host.h"
// clang-format on

static const struct headrace_key keys[] = {{.name = NULL}};

struct fixture {
  struct plugin_host *host;
  struct headrace_batch *batch;
  struct relations relations;
  struct decoder decoder;
  uint64_t lsn; /* of the next message */
};

static struct fixture *begin_at(const char *position, uint32_t operations)
{
  struct fixture *f = calloc(1, sizeof *f);
  struct pg_position at;
  assert_true(position_parse(position, strlen(position), &at));
  f->host = plugin_host_new(keys, NULL);
  f->batch = plugin_host_batch();
  relations_init(&f->relations, &f->host->instance.host, NULL, "db", NULL);
  decoder_init(&f->decoder, &f->host->instance.host, &f->relations, &at, operations);
  decoder_use(&f->decoder, f->batch);
  f->lsn = 1000;
  return f;
}

static void end(struct fixture *f)
{
  decoder_free(&f->decoder);
  relations_free(&f->relations);
  batch_free(f->batch);
  plugin_host_free(f->host);
  free(f);
}

static enum headrace_result feed(struct fixture *f, struct bytes bytes)
{
  struct stream_message message = {
      .event = STREAM_DATA, .lsn = f->lsn++, .data = bytes.data, .size = bytes.size};
  return decoder_data(&f->decoder, &message);
}

static void good(struct fixture *f, struct bytes bytes)
{
  assert_int_equal(feed(f, bytes), HEADRACE_OK);
}

/* Ends the batch: its events, its position (NULL: it has none); a new batch is used then. */
static size_t finish(struct fixture *f, const char *position, const struct headrace_event **events)
{
  decoder_finish(&f->decoder);
  assert_int_equal(f->batch->has_position, position != NULL);
  if (position) {
    assert_int_equal(f->batch->position_size, strlen(position));
    assert_memory_equal(f->batch->position, position, strlen(position));
  }
  batch_seal(f->batch);
  if (events)
    *events = f->batch->events.items;
  return f->batch->events.count;
}

static void next_batch(struct fixture *f)
{
  batch_free(f->batch);
  f->batch = plugin_host_batch();
  decoder_use(&f->decoder, f->batch);
}

#define START "system=7 timeline=1 lsn=0/100"
#define ALL   UINT32_MAX

static void test_transaction(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START " previous=0/90", ALL);
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  good(f, make_insert(9, "2"));
  good(f, make_commit(0x200, 0x230));
  const struct headrace_event *events;
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/230 previous=0/230", &events), 2);
  const struct headrace_change *change = events[1].change;
  assert_int_equal(change->operation, HEADRACE_INSERT);
  assert_int_equal(change->ordinal, 1);
  assert_int_equal(change->sequence, 1003);
  assert_ptr_equal(change->transaction, events[0].change->transaction);
  assert_int_equal(change->transaction->id, 55);
  assert_int_equal(change->transaction->commit_sequence, 0x200);
  assert_int_equal(change->transaction->previous_sequence, 0x90);
  assert_null(change->transaction->origin);
  assert_string_equal(change->relation->table, "users");
  assert_int_equal(change->relation->key_count, 1);
  assert_int_equal(change->relation->columns[0].type, HEADRACE_TYPE_INT32);
  assert_memory_equal(change->new_values[0].data, "2", 1);
  end(f);
}

static void test_batch_ends_inside_a_transaction(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=1", NULL), 1);
  next_batch(f);
  good(f, make_insert(9, "2"));
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=2", &events), 1);
  assert_int_equal(events[0].change->ordinal, 1);
  assert_int_equal(events[0].change->transaction->id, 55);
  next_batch(f);
  good(f, make_commit(0x200, 0x230));
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/230 previous=0/230", NULL), 0);
  next_batch(f);
  assert_int_equal(finish(f, NULL, NULL), 0);
  end(f);
}

static void test_restart_inside_a_transaction(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START " transaction=0/200 ordinal=2", ALL);
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  assert_int_equal(finish(f, NULL, NULL), 0);
  good(f, make_insert(9, "2"));
  good(f, make_insert(9, "3"));
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=3", &events), 1);
  assert_memory_equal(events[0].change->new_values[0].data, "3", 1);
  assert_int_equal(events[0].change->ordinal, 2);
  end(f);
}

/* The transaction that was begun is not sent any more; the next is whole. */
static void test_restart_and_the_transaction_is_gone(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START " transaction=0/200 ordinal=2", ALL);
  good(f, make_begin(0x300, 56));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  assert_int_equal(finish(f, START " transaction=0/300 ordinal=1", NULL), 1);
  end(f);
}

static void test_done_transaction_is_dropped(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  good(f, make_begin(0x80, 54));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  good(f, make_commit(0x80, 0x90));
  assert_int_equal(finish(f, NULL, NULL), 0);
  end(f);
}

static void test_keepalives(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START " transaction=0/200 ordinal=2", ALL);
  decoder_keepalive(&f->decoder, 0x50);
  assert_int_equal(finish(f, NULL, NULL), 0);
  decoder_keepalive(&f->decoder, 0x180);
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/180 transaction=0/200 ordinal=2", NULL), 0);
  next_batch(f);
  good(f, make_begin(0x200, 55));
  decoder_keepalive(&f->decoder, 0x280); /* inside a transaction it says nothing */
  assert_int_equal(finish(f, NULL, NULL), 0);
  good(f, make_commit(0x200, 0x230));
  next_batch(f);
  decoder_keepalive(&f->decoder, 0x280);
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/280 previous=0/230", NULL), 0);
  end(f);
}

static void test_keepalive_past_a_transaction_that_is_gone(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START " transaction=0/200 ordinal=2", ALL);
  decoder_keepalive(&f->decoder, 0x201);
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/201", NULL), 0);
  end(f);
}

static void test_messages(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  good(f, make_logical(0, 0x100, "done", ""));
  good(f, make_logical(0, 0x120, "loose", "x"));
  const struct headrace_event *events;
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/120 previous=0/3E9", &events), 1);
  assert_null(events[0].change->relation);
  assert_null(events[0].change->transaction);
  assert_int_equal(events[0].change->operation, HEADRACE_MESSAGE);
  next_batch(f);
  good(f, make_begin(0x120, 55)); /* the commit record comes right behind the message */
  good(f, make_logical(1, 0x110, "p", "content"));
  assert_int_equal(finish(f,
                          "system=7 timeline=1 lsn=0/120 previous=0/3E9 transaction=0/120 "
                          "ordinal=1",
                          &events),
                   1);
  const struct headrace_change *change = events[0].change;
  assert_int_equal(change->flags, HEADRACE_MESSAGE_TRANSACTIONAL);
  assert_int_equal(change->message_content.state, HEADRACE_BINARY);
  assert_memory_equal(change->message_content.data, "content", 7);
  assert_memory_equal(change->message_prefix.data, "p", 1);
  end(f);
}

static enum headrace_result note_message(void *context, const char *prefix, const char *content,
                                         size_t size, uint64_t lsn)
{
  char *seen = context;
  size_t used = strlen(seen);
  snprintf(seen + used, 200 - used, "%s=%.*s@%" PRIX64 " ", prefix, (int)size, content, lsn);
  return HEADRACE_OK;
}

/* They are for the observer, and move the position as if nothing had been there. */
static void test_messages_of_our_own(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  char seen[200] = "";
  f->decoder.observer = (struct decoder_observer){.context = seen, .message = note_message};
  good(f, make_logical(0, 0x120, "headrace.watermark", "low"));
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/120", NULL), 0);
  next_batch(f);
  good(f, make_begin(0x150, 55));
  good(f, make_logical(1, 0x130, "headrace.snapshot", "t"));
  good(f, make_logical(1, 0x140, "headracer", "x"));
  const struct headrace_event *events;
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/120 transaction=0/150 ordinal=2", &events),
                   1);
  assert_int_equal(events[0].change->ordinal, 0);
  assert_string_equal(seen, "headrace.watermark=low@120 headrace.snapshot=t@130 ");
  end(f);
}

static void test_messages_that_nobody_wants(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL & ~(1u << HEADRACE_MESSAGE));
  good(f, make_logical(0, 0x120, "loose", "x"));
  good(f, make_begin(0x150, 55));
  good(f, make_logical(1, 0x130, "p", "content"));
  assert_int_equal(finish(f, "system=7 timeline=1 lsn=0/120 transaction=0/150 ordinal=1", NULL), 0);
  end(f);
}

static struct bytes update(char tag, const char *const *old, const char *const *new)
{
  struct bytes bytes = make_row('U', 9);
  if (tag)
    put_tuple(&bytes, tag, old, 3);
  put_tuple(&bytes, 'N', new, 3);
  return bytes;
}

static void test_unchanged_values(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  const char *old[] = {"1", "large", NULL}, *new[] = {"2", "\1", "$1.00"};
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, update(0, NULL, new));
  good(f, make_relation(9, 'f'));
  good(f, update('O', old, new));
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=2", &events), 2);
  assert_null(events[0].change->old_values);
  assert_int_equal(events[0].change->new_values[1].state, HEADRACE_ABSENT);
  assert_int_equal(events[1].change->new_values[1].state, HEADRACE_TEXT);
  assert_memory_equal(events[1].change->new_values[1].data, "large", 5);
  assert_int_equal(events[1].change->flags, 0);
  end(f);
}

static void test_changed_key(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  const char *old[] = {"1", NULL, NULL}, *new[] = {"2", "x", NULL};
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, update('K', old, new));
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=1", &events), 1);
  const struct headrace_change *change = events[0].change;
  assert_int_equal(change->flags, HEADRACE_OLD_IS_KEY);
  assert_memory_equal(change->old_values[0].data, "1", 1);
  assert_int_equal(change->old_values[1].state, HEADRACE_ABSENT);
  assert_int_equal(change->old_values[2].state, HEADRACE_ABSENT);
  end(f);
}

static void test_money(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  const char *new[] = {"$1,2", "$3,4", "-$1,234,567.89"};
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, update(0, NULL, new));
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=1", &events), 1);
  const struct headrace_value *values = events[0].change->new_values;
  assert_int_equal(values[1].size, 4);
  assert_int_equal(values[2].size, 11);
  assert_memory_equal(values[2].data, "-1234567.89", 11);
  end(f);
}

static void test_operations_that_are_not_wanted(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, 1u << HEADRACE_UPDATE);
  const char *new[] = {"2", "x", NULL};
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  good(f, update(0, NULL, new));
  const struct headrace_event *events;
  /* The position counts what the server sends, whatever is wanted of it. */
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=2", &events), 1);
  assert_int_equal(events[0].change->operation, HEADRACE_UPDATE);
  assert_int_equal(events[0].change->ordinal, 0);
  end(f);
}

static void test_truncate(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'T');
  put_u32(&bytes, 2);
  put_u8(&bytes, 1);
  put_u32(&bytes, 9);
  put_u32(&bytes, 10);
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_relation(10, 'd'));
  good(f, bytes);
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=1", &events), 2);
  assert_int_equal(events[1].change->flags, HEADRACE_TRUNCATE_CASCADE);
  assert_int_equal(events[1].change->ordinal, 1);
  end(f);
}

static void test_origin(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  struct bytes bytes = {.size = 0};
  put_u8(&bytes, 'O');
  put_u64(&bytes, 77);
  put_text(&bytes, "elsewhere");
  good(f, make_begin(0x200, 55));
  good(f, bytes);
  memset(bytes.data, 'z', bytes.size);
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  good(f, make_commit(0x200, 0x230));
  good(f, make_begin(0x300, 56));
  good(f, make_insert(9, "2"));
  const struct headrace_event *events;
  assert_int_equal(finish(f,
                          "system=7 timeline=1 lsn=0/230 previous=0/230 transaction=0/300 "
                          "ordinal=1",
                          &events),
                   2);
  assert_string_equal(events[0].change->transaction->origin, "elsewhere");
  assert_int_equal(events[0].change->transaction->origin_sequence, 77);
  assert_null(events[1].change->transaction->origin);
  assert_int_equal(events[1].change->transaction->previous_sequence, 0x230);
  end(f);
}

static void test_relation_changes(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  struct bytes more = make_relation(9, 'd');
  more.data[strlen("RiiiiPublic") + strlen("users") + 4] = 2; /* two columns of the three */
  more.size -= strlen("price") + 1 + 9;
  struct bytes row = make_row('I', 9);
  const char *values[] = {"1", "x"};
  put_tuple(&row, 'N', values, 2);
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  good(f, make_relation(9, 'd')); /* the same again */
  good(f, make_insert(9, "1"));
  good(f, more);
  good(f, row);
  const struct headrace_event *events;
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=3", &events), 3);
  assert_ptr_equal(events[0].change->relation, events[1].change->relation);
  assert_ptr_not_equal(events[1].change->relation, events[2].change->relation);
  assert_int_equal(events[0].change->relation->column_count, 3); /* the batch keeps it alive */
  assert_int_equal(events[2].change->relation->column_count, 2);
  end(f);
}

static void test_what_has_no_place(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  assert_int_equal(feed(f, make_insert(9, "1")), HEADRACE_FATAL);
  assert_int_equal(feed(f, make_commit(1, 2)), HEADRACE_FATAL);
  assert_int_equal(feed(f, make_logical(1, 0x300, "", "")), HEADRACE_FATAL);
  good(f, make_begin(0x200, 55));
  assert_int_equal(feed(f, make_begin(0x200, 55)), HEADRACE_FATAL);
  assert_int_equal(feed(f, make_insert(9, "1")), HEADRACE_FATAL); /* never described */
  struct bytes nonsense = {.data = "?", .size = 1};
  assert_int_equal(feed(f, nonsense), HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "'?' at 0/3EE is broken at byte 0"));
  free(log);
  end(f);
}

static void test_what_failed_is_not_behind_the_position(void **state)
{
  (void)state;
  struct fixture *f = begin_at(START, ALL);
  struct bytes cut = make_insert(9, "2");
  cut.size--;
  good(f, make_begin(0x200, 55));
  good(f, make_relation(9, 'd'));
  good(f, make_insert(9, "1"));
  assert_int_equal(feed(f, cut), HEADRACE_FATAL);
  assert_int_equal(finish(f, START " transaction=0/200 ordinal=1", NULL), 1);
  end(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_transaction),
      cmocka_unit_test(test_batch_ends_inside_a_transaction),
      cmocka_unit_test(test_restart_inside_a_transaction),
      cmocka_unit_test(test_restart_and_the_transaction_is_gone),
      cmocka_unit_test(test_done_transaction_is_dropped),
      cmocka_unit_test(test_keepalives),
      cmocka_unit_test(test_keepalive_past_a_transaction_that_is_gone),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_messages_of_our_own),
      cmocka_unit_test(test_messages_that_nobody_wants),
      cmocka_unit_test(test_unchanged_values),
      cmocka_unit_test(test_changed_key),
      cmocka_unit_test(test_money),
      cmocka_unit_test(test_operations_that_are_not_wanted),
      cmocka_unit_test(test_truncate),
      cmocka_unit_test(test_origin),
      cmocka_unit_test(test_relation_changes),
      cmocka_unit_test(test_what_has_no_place),
      cmocka_unit_test(test_what_failed_is_not_behind_the_position),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
