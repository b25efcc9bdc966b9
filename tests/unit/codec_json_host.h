/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json in a test: a table of up to eight columns, one change, the records it makes. */
#ifndef HEADRACE_TEST_CODEC_JSON_HOST_H
#define HEADRACE_TEST_CODEC_JSON_HOST_H

#include "plugin_host.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NONE   ((const char *)0)       /* null */
#define ABSENT ((const char *)&absent) /* did not come */
static const char absent = 0;

const struct headrace_registration *headrace_plugin_entry(void);

struct codec_test {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
  struct headrace_relation relation;
  struct headrace_transaction transaction;
  struct headrace_value old_values[8], new_values[8];
};

static inline int64_t codec_test_clock(const struct headrace_host *host)
{
  (void)host;
  return 1700000000123456;
}

/* Memory of exactly the size that the codec asked for, so that the address sanitizer sees a
 * bound that is too small. */
static struct {
  void *blocks[64];
  size_t count, last;
} codec_test_memory;

static inline char *codec_test_reserve(const struct headrace_host *host,
                                       struct headrace_batch *batch, size_t size)
{
  (void)host;
  (void)batch;
  assert_true(codec_test_memory.count < 64);
  codec_test_memory.last = size;
  return codec_test_memory.blocks[codec_test_memory.count++] = malloc(size);
}

static inline void codec_test_commit(const struct headrace_host *host, struct headrace_batch *batch,
                                     size_t used)
{
  (void)host;
  (void)batch;
  assert_true(used <= codec_test_memory.last);
}

static inline void codec_test_forget(void)
{
  while (codec_test_memory.count)
    free(codec_test_memory.blocks[--codec_test_memory.count]);
}

static inline struct codec_test *codec_test_new(const char *const *settings)
{
  struct codec_test *test = calloc(1, sizeof *test);
  test->plugin = headrace_plugin_entry()->plugin;
  test->host = plugin_host_new(test->plugin->keys, settings);
  test->host->instance.host.now_us = codec_test_clock;
  test->host->instance.host.reserve = codec_test_reserve;
  test->host->instance.host.commit = codec_test_commit;
  test->batch = plugin_host_batch();
  test->transaction = (struct headrace_transaction){.id = 781,
                                                    .commit_sequence = 2100,
                                                    .previous_sequence = 1900,
                                                    .commit_time_us = 1600000000654321};
  test->relation =
      (struct headrace_relation){.id = 1, .database = "db", .schema = "public", .table = "t"};
  assert_int_equal(test->plugin->open(&test->host->instance.host, &test->self), HEADRACE_OK);
  return test;
}

static inline void codec_test_free(struct codec_test *test)
{
  test->plugin->close(test->self);
  codec_test_forget();
  batch_free(test->batch);
  plugin_host_free(test->host);
  free(test);
}

static inline struct headrace_value codec_test_value(const char *text)
{
  if (text == NONE)
    return (struct headrace_value){.state = HEADRACE_NULL};
  if (text == ABSENT)
    return (struct headrace_value){.state = HEADRACE_ABSENT};
  return (struct headrace_value){text, (uint32_t)strlen(text), HEADRACE_TEXT};
}

/* The records are in test->batch->events afterwards. */
static inline enum headrace_result codec_test_encode(struct codec_test *test,
                                                     struct headrace_change *change)
{
  struct headrace_event event = {.change = change};
  if (!change->transaction && !(change->operation == HEADRACE_MESSAGE && !change->flags))
    change->transaction = &test->transaction;
  if (!change->sequence)
    change->sequence = 2000;
  codec_test_forget();
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, &event);
  enum headrace_result result = test->plugin->encode(test->self, &event, test->batch);
  batch_stage_end(test->batch);
  return result;
}

/* `old_row` and `new_row`: texts of the columns, or NULL. */
static inline enum headrace_result codec_test_row(struct codec_test *test,
                                                  enum headrace_operation operation,
                                                  const char *const *old_row,
                                                  const char *const *new_row)
{
  for (uint32_t i = 0; i < test->relation.column_count; i++) {
    test->old_values[i] = codec_test_value(old_row ? old_row[i] : NONE);
    test->new_values[i] = codec_test_value(new_row ? new_row[i] : NONE);
  }
  struct headrace_change change = {.relation = &test->relation,
                                   .old_values = old_row ? test->old_values : NULL,
                                   .new_values = new_row ? test->new_values : NULL,
                                   .operation = operation};
  return codec_test_encode(test, &change);
}

static inline const struct headrace_record *codec_test_record(const struct codec_test *test,
                                                              size_t index)
{
  assert_true(index < test->batch->events.count);
  return test->batch->events.items[index].record;
}

/* NULL: no value. */
static inline void assert_value(const struct headrace_value *value, const char *expected)
{
  if (!expected) {
    assert_int_equal(value->state, HEADRACE_NULL);
    return;
  }
  assert_int_not_equal(value->state, HEADRACE_NULL);
  char *text = strndup(value->data, value->size);
  assert_string_equal(text, expected);
  free(text);
}

#endif
