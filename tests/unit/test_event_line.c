/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as lines: what is written is read as it was; what is broken is refused. */
#include "event_line.h"
#include "plugin_host.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
  struct plugin_host *host;
  struct headrace_batch *batch;
  struct event_writer writer;
  struct event_reader reader;
};

static int begin(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  f->host = plugin_host_new(NULL, NULL);
  f->batch = plugin_host_batch();
  event_writer_init(&f->writer);
  event_reader_init(&f->reader, &f->host->instance.host);
  f->reader.wanted = HEADRACE_WANT_TRANSACTIONS | HEADRACE_WANT_HEARTBEATS;
  *state = f;
  return 0;
}

static int end(void **state)
{
  struct fixture *f = *state;
  event_writer_free(&f->writer);
  event_reader_free(&f->reader);
  batch_free(f->batch);
  plugin_host_free(f->host);
  free(f);
  return 0;
}

static struct headrace_value text(const char *bytes)
{
  return (struct headrace_value){bytes, (uint32_t)strlen(bytes), HEADRACE_TEXT};
}

static struct headrace_value bytes(const char *data, uint32_t size, enum headrace_state state)
{
  return (struct headrace_value){data, size, state};
}

/* All lines into the batch. */
static enum event_line_kind read_lines(struct fixture *f, const char *lines, size_t size)
{
  enum event_line_kind kind = EVENT_LINE_WRONG;
  const char *stop = lines + size;
  event_reader_next_batch(&f->reader);
  while (lines < stop) {
    const char *feed = memchr(lines, '\n', (size_t)(stop - lines));
    assert_non_null(feed);
    kind = event_read_line(&f->reader, lines, (size_t)(feed - lines), f->batch);
    if (kind == EVENT_LINE_WRONG)
      return kind;
    lines = feed + 1;
  }
  batch_seal(f->batch);
  return kind;
}

/* Reads what was written, writes what was read, and compares: all that the lines can say. */
static void comes_back(struct fixture *f)
{
  struct event_writer again;
  event_writer_init(&again);
  struct text_buffer *first = &f->writer.lines;
  assert_int_not_equal(read_lines(f, first->bytes, first->size), EVENT_LINE_WRONG);
  for (size_t i = 0; i < f->batch->events.count; i++) {
    const struct headrace_event *event = &f->batch->events.items[i];
    if (event->record)
      event_write_record(&again, event->record, NULL);
    else
      event_write_change(&again, event->change);
  }
  /* Its relations have other numbers, of one digit here as well. */
  for (size_t i = 0; i + 12 < first->size && i + 12 < again.lines.size; i++) {
    bool number = !memcmp(first->bytes + i, "\"relation\":", 11);
    size_t at = i + (number ? 11 : 5);
    if (number || !memcmp(first->bytes + i, "\"of\":", 5) ||
        !memcmp(first->bytes + i, "\"s\":[", 5))
      again.lines.bytes[at] = first->bytes[at];
    if (!memcmp(first->bytes + i, "counts\":[[", 10))
      again.lines.bytes[i + 10] = first->bytes[i + 10];
  }
  assert_int_equal(again.lines.size, first->size);
  if (memcmp(again.lines.bytes, first->bytes, first->size) != 0)
    fail_msg("written:\n%.*sread:\n%.*s", (int)first->size, first->bytes, (int)again.lines.size,
             again.lines.bytes);
  event_writer_free(&again);
}

static const char *const labels[] = {"low", "\"high\"", NULL};
static const struct headrace_column columns[] = {{.name = "id",
                                                  .type_name = "bigint",
                                                  .type = HEADRACE_TYPE_INT64,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1,
                                                  .flags = HEADRACE_COLUMN_IDENTITY,
                                                  .type_id = 20},
                                                 {.name = "na\"me",
                                                  .type_name = "character varying",
                                                  .type = HEADRACE_TYPE_TEXT,
                                                  .type_modifier = 24,
                                                  .precision = 20,
                                                  .scale = -1,
                                                  .flags = HEADRACE_COLUMN_NULLABLE,
                                                  .default_text = "x\ny",
                                                  .type_id = 4294967295u},
                                                 {.name = "mood",
                                                  .type_name = "public.mood",
                                                  .type = HEADRACE_TYPE_ARRAY,
                                                  .element_type = HEADRACE_TYPE_ENUM,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1,
                                                  .labels = labels},
                                                 {.name = "price",
                                                  .type_name = "numeric",
                                                  .type = HEADRACE_TYPE_NUMERIC,
                                                  .type_modifier = 6,
                                                  .precision = 10,
                                                  .scale = -2,
                                                  .flags = HEADRACE_COLUMN_GENERATED},
                                                 {.name = "flag",
                                                  .type_name = "boolean",
                                                  .type = HEADRACE_TYPE_BOOL,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1},
                                                 {.name = "raw",
                                                  .type_name = "bytea",
                                                  .type = HEADRACE_TYPE_BYTES,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1},
                                                 {.name = "any",
                                                  .type = HEADRACE_TYPE_UNTYPED,
                                                  .type_modifier = -1,
                                                  .precision = -1,
                                                  .scale = -1}};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const struct headrace_relation *make_relation(struct fixture *f)
{
  static const uint16_t key[] = {2, 0};
  const struct headrace_host *host = &f->host->instance.host;
  const struct headrace_relation relation = {.database = "shop",
                                             .schema = "public",
                                             .table = "a.\\b",
                                             .columns = columns,
                                             .column_count = COLUMNS,
                                             .key = key,
                                             .key_count = 2,
                                             .conventions = {.numeric = 1, .time = 3, .binary = 2}};
  return host->relation_new(host, &relation);
}

static void changes_come_back(void **state)
{
  struct fixture *f = *state;
  const struct headrace_host *host = &f->host->instance.host;
  const struct headrace_relation *relation = make_relation(f);
  const struct headrace_value old_values[COLUMNS] = {[0] = text("-9223372036854775808"),
                                                     [1] = {.state = HEADRACE_ABSENT},
                                                     [2] = text("{low,NULL}"),
                                                     [3] = {.state = HEADRACE_ABSENT},
                                                     [4] = text("f"),
                                                     [5] = {.state = HEADRACE_ABSENT},
                                                     [6] = {.state = HEADRACE_NULL}};
  const struct headrace_value new_values[COLUMNS] = {
      text("007"),
      bytes("\xff\xfe", 2, HEADRACE_TEXT),
      {.state = HEADRACE_NULL},
      text("NaN"),
      text("t"),
      bytes("\0\1", 2, HEADRACE_BINARY),
      bytes("{\"a\": [1.50, null]}", 19, HEADRACE_LITERAL)};
  const struct headrace_relation_count counts[] = {{relation, 3}, {NULL, 1}};
  const struct headrace_transaction transaction = {.id = 781,
                                                   .commit_sequence = UINT64_MAX,
                                                   .previous_sequence = 5,
                                                   .commit_time_us = -1,
                                                   .origin = "there",
                                                   .origin_sequence = 9};
  struct headrace_transaction ended = transaction;
  ended.counts = counts;
  ended.count_count = 2;
  const struct headrace_change changes[] = {
      {.operation = HEADRACE_BEGIN, .transaction = &transaction},
      {.operation = HEADRACE_UPDATE,
       .flags = HEADRACE_OLD_IS_KEY,
       .relation = relation,
       .old_values = old_values,
       .new_values = new_values,
       .transaction = &transaction,
       .sequence = 77,
       .ordinal = 1,
       .relation_ordinal = 2},
      {.operation = HEADRACE_DELETE,
       .relation = relation,
       .old_values = new_values,
       .transaction = &transaction},
      {.operation = HEADRACE_READ,
       .flags = HEADRACE_READ_ON_DEMAND,
       .relation = relation,
       .new_values = old_values},
      {.operation = HEADRACE_TRUNCATE,
       .relation = relation,
       .transaction = &transaction,
       .flags = HEADRACE_TRUNCATE_CASCADE | HEADRACE_TRUNCATE_RESTART},
      {.operation = HEADRACE_MESSAGE,
       .flags = HEADRACE_MESSAGE_TRANSACTIONAL,
       .database = "shop",
       .message_prefix = text("p"),
       .message_content = bytes("\0", 1, HEADRACE_BINARY)},
      {.operation = HEADRACE_COMMIT, .transaction = &ended, .ordinal = 4},
      {.operation = HEADRACE_HEARTBEAT}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
    event_write_change(&f->writer, &changes[i]);
  comes_back(f);
  assert_int_equal(f->batch->events.count, sizeof changes / sizeof *changes);
  const struct headrace_event *events = f->batch->events.items;
  assert_ptr_equal(events[1].change->transaction, events[2].change->transaction);
  assert_int_equal(events[1].change->old_values[1].state, HEADRACE_ABSENT);
  assert_int_equal(events[1].change->new_values[1].state, HEADRACE_TEXT);
  host->relation_release(host, relation);
}

static void records_come_back(void **state)
{
  struct fixture *f = *state;
  static const char *const values[] = {"",     "plain",       "{\"a\":  [1, \"\\u00e9\"]}",
                                       "[1]",  "{\"a\":\n1}", "{\"base64\": \"no\"}",
                                       "{bad", "123",         "null",
                                       "\"",   " {}",         "{} "};
  const struct headrace_header headers[] = {
      {"a", text("1")}, {"a", {.state = HEADRACE_NULL}}, {"\"", bytes("\xff", 1, HEADRACE_BINARY)}};
  struct headrace_record record = {
      .topic = text("t\"1"), .partition = -1, .offset = -1, .timestamp_ms = -1};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    record.key = record.value = text(values[i]);
    event_write_record(&f->writer, &record, NULL);
  }
  record.value = bytes("\xff\0", 2, HEADRACE_BINARY);
  record.key = (struct headrace_value){.state = HEADRACE_NULL};
  record.headers = headers;
  record.header_count = 3;
  record.partition = 7;
  record.offset = INT64_MAX;
  record.timestamp_ms = 0;
  event_write_record(&f->writer, &record, NULL);
  comes_back(f);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    const struct headrace_value *value = &f->batch->events.items[i].record->value;
    assert_int_equal(value->size, strlen(values[i]));
    assert_memory_equal(value->data, values[i], value->size);
  }
}

static void a_record_without_a_topic_says_its_table(void **state)
{
  struct fixture *f = *state;
  const struct headrace_relation *relation = make_relation(f);
  const struct headrace_change change = {.operation = HEADRACE_INSERT, .relation = relation};
  const struct headrace_record record = {.partition = -1, .offset = -1, .timestamp_ms = -1};
  event_write_record(&f->writer, &record, &change);
  const char *expected = "{\"record\":\"public.a.\\\\b\",\"key\":null,\"value\":null}\n";
  assert_int_equal(f->writer.lines.size, strlen(expected));
  assert_memory_equal(f->writer.lines.bytes, expected, strlen(expected));
  f->host->instance.host.relation_release(&f->host->instance.host, relation);
}

#define TABLE                                                                                      \
  "{\"relation\":1,\"table\":\"t\",\"key\":[0],\"columns\":[{\"name\":\"id\",\"type\":\"int32\"}]" \
  "}\n"

/* Numbers are given anew by each process that writes. */
static void the_last_relation_of_a_number_holds(void **state)
{
  struct fixture *f = *state;
  static const char lines[] = TABLE "{\"change\":\"insert\",\"of\":1,\"new\":{\"id\":1}}\n"
                                    "{\"relation\":1,\"table\":\"u\",\"columns\":[]}\n"
                                    "{\"change\":\"truncate\",\"of\":1,\"later\":[{}]}\n";
  assert_int_equal(read_lines(f, lines, sizeof lines - 1), EVENT_LINE_CHANGE);
  assert_string_equal(f->batch->events.items[0].change->relation->table, "t");
  assert_string_equal(f->batch->events.items[1].change->relation->table, "u");
}

static void what_is_not_wanted_is_left_out(void **state)
{
  struct fixture *f = *state;
  static const char lines[] = "{\"change\":\"begin\",\"transaction\":{\"id\":1}}\n"
                              "{\"change\":\"heartbeat\"}\n";
  f->reader.wanted = 0;
  assert_int_equal(read_lines(f, lines, sizeof lines - 1), EVENT_LINE_CHANGE);
  assert_int_equal(f->batch->events.count, 0);
}

static void broken_lines_are_refused(void **state)
{
  struct fixture *f = *state;
  static const char *const wrong[] = {
      TABLE "{\"change\":\"message\",\"of\":1}\n",
      "\n",
      "[]\n",
      "{}\n",
      "{\"what\":1}\n",
      "{\"change\":\"insert\"\n",
      "{\"change\":\"put\"}\n",
      "{\"change\":\"insert\"}\n",
      "{\"change\":\"insert\",\"of\":2,\"new\":{}}\n",
      "{\"change\":\"insert\",\"new\":{\"id\":1}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"new\":{\"name\":1}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"new\":{\"id\":[]}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"new\":{\"id\":{\"base64\":\"?\"}}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"new\":{\"id\":{}}}\n",
      TABLE "{\"change\":\"delete\",\"of\":1,\"new\":{\"id\":1}}\n",
      TABLE "{\"change\":\"insert\",\"of\":-1,\"new\":{\"id\":1}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"sequence\":1e3,\"new\":{\"id\":1}}\n",
      TABLE "{\"change\":\"insert\",\"of\":1,\"ordinal\":99999999999999999999,\"new\":{}}\n",
      "{\"change\":\"truncate\"}\n",
      "{\"change\":\"commit\"}\n",
      "{\"change\":\"commit\",\"transaction\":{\"counts\":[[1,1]]}}\n",
      "{\"change\":\"commit\",\"transaction\":{\"counts\":[1]}}\n",
      "{\"relation\":1,\"columns\":[]}\n",
      "{\"relation\":1,\"table\":\"t\"}\n",
      "{\"relation\":1,\"table\":\"a\\u0000b\",\"columns\":[]}\n",
      "{\"relation\":1,\"table\":\"t\",\"columns\":[{\"type\":\"int32\"}]}\n",
      "{\"relation\":1,\"table\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"int3\"}]}\n",
      "{\"relation\":1,\"table\":\"t\",\"columns\":[],\"key\":[0]}\n",
      "{\"relation\":1,\"table\":\"t\",\"columns\":[],\"time_form\":9}\n",
      "{\"record\":\"t\",\"partition\":4294967296}\n",
      "{\"record\":\"t\",\"headers\":[[\"a\"]]}\n",
      "{\"record\":\"t\",\"headers\":{}}\n",
      "{\"record\":\"t\",\"value\":{\"base64\":1}}\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (read_lines(f, wrong[i], strlen(wrong[i])) != EVENT_LINE_WRONG)
      fail_msg("taken: %s", wrong[i]);
    assert_non_null(f->reader.error);
    event_reader_free(&f->reader);
    event_reader_init(&f->reader, &f->host->instance.host);
    f->reader.wanted = HEADRACE_WANT_TRANSACTIONS;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(changes_come_back, begin, end),
      cmocka_unit_test_setup_teardown(records_come_back, begin, end),
      cmocka_unit_test_setup_teardown(a_record_without_a_topic_says_its_table, begin, end),
      cmocka_unit_test_setup_teardown(the_last_relation_of_a_number_holds, begin, end),
      cmocka_unit_test_setup_teardown(what_is_not_wanted_is_left_out, begin, end),
      cmocka_unit_test_setup_teardown(broken_lines_are_refused, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
