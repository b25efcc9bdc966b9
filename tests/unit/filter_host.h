/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter in a test: a table of up to eight columns, one event, and what came of it as a text:
 *
 *   update public.t{id=1 name=null note=? } old{id=1 name=Ada note=? }
 *
 * where ? is what was not sent. Several have " | " between them. */
#ifndef HEADRACE_TEST_FILTER_HOST_H
#define HEADRACE_TEST_FILTER_HOST_H

#include "plugin_host.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NONE   ((const char *)0)              /* null */
#define ABSENT ((const char *)&filter_absent) /* was not sent */
static const char filter_absent = 0;

#define COLUMN(name_, type_)                                                                       \
  {                                                                                                \
    .name = (name_), .type_name = "", .type = HEADRACE_TYPE_##type_, .type_modifier = -1,          \
    .precision = -1, .scale = -1, .flags = HEADRACE_COLUMN_NULLABLE                                \
  }
#define ROW(...)                                                                                   \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define KEYS(...)                                                                                  \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

const struct headrace_registration *headrace_plugin_entry(void);

struct filter_test {
  const struct headrace_plugin *plugin;
  struct plugin_host *host;
  struct headrace_batch *batch;
  void *self;
  const struct headrace_relation *relation;
  struct headrace_transaction transaction;
  struct headrace_value old_values[8], new_values[8];
  struct headrace_change change; /* the last row: what passes points to it */
  struct headrace_event event;
  char text[4096];
};

/* A check() that fails says why in the log: see filter_test_fault(). */
static inline struct filter_test *filter_test_new(const char *const *settings)
{
  struct filter_test *test = calloc(1, sizeof *test);
  test->plugin = headrace_plugin_entry()->plugin;
  test->host = plugin_host_new(test->plugin->keys, settings);
  test->batch = plugin_host_batch();
  test->transaction = (struct headrace_transaction){
      .id = 781, .commit_sequence = 2100, .commit_time_us = 1600000000654321};
  assert_int_equal(test->plugin->open(&test->host->instance.host, &test->self), HEADRACE_OK);
  return test;
}

static inline void filter_test_forget(struct filter_test *test)
{
  const struct headrace_host *host = &test->host->instance.host;
  if (test->relation)
    host->relation_release(host, test->relation);
  test->relation = NULL;
}

static inline void filter_test_free(struct filter_test *test)
{
  test->plugin->close(test->self);
  filter_test_forget(test);
  batch_free(test->batch);
  plugin_host_free(test->host);
  free(test);
}

static inline void filter_test_table(struct filter_test *test, const char *schema,
                                     const char *table, const struct headrace_column *columns,
                                     uint32_t count)
{
  static const uint16_t key[] = {0};
  const struct headrace_host *host = &test->host->instance.host;
  struct headrace_relation description = {.database = "db",
                                          .schema = schema,
                                          .table = table,
                                          .columns = columns,
                                          .column_count = count,
                                          .key = key,
                                          .key_count = 1};
  batch_reset(test->batch);
  filter_test_forget(test);
  test->relation = host->relation_new(host, &description);
}

static inline struct headrace_value filter_test_value(const char *text)
{
  if (text == NONE)
    return (struct headrace_value){.state = HEADRACE_NULL};
  if (text == ABSENT)
    return (struct headrace_value){.state = HEADRACE_ABSENT};
  return (struct headrace_value){text, (uint32_t)strlen(text), HEADRACE_TEXT};
}

static inline enum headrace_result filter_test_event(struct filter_test *test,
                                                     const struct headrace_event *event)
{
  batch_reset(test->batch);
  batch_stage_begin(test->batch);
  batch_stage_input(test->batch, event);
  enum headrace_result result = test->plugin->apply(test->self, event, test->batch);
  batch_stage_end(test->batch);
  return result;
}

/* ---- what came of it ---------------------------------------------------- */

static inline void filter_test_say(struct filter_test *test, const char *text, size_t size)
{
  size_t used = strlen(test->text);
  assert_true(used + size < sizeof test->text);
  memcpy(test->text + used, text, size);
  test->text[used + size] = '\0';
}

static inline void filter_test_show_value(struct filter_test *test, const char *name,
                                          const struct headrace_value *value)
{
  filter_test_say(test, name, strlen(name));
  filter_test_say(test, "=", 1);
  if (value->state == HEADRACE_NULL)
    filter_test_say(test, "null", 4);
  else if (value->state == HEADRACE_ABSENT)
    filter_test_say(test, "?", 1);
  else
    filter_test_say(test, value->data, value->size);
  filter_test_say(test, " ", 1);
}

static inline void filter_test_show_row(struct filter_test *test, const char *before,
                                        const struct headrace_relation *relation,
                                        const struct headrace_value *values)
{
  if (!values)
    return;
  filter_test_say(test, before, strlen(before));
  for (uint32_t i = 0; i < relation->column_count; i++)
    filter_test_show_value(test, relation->columns[i].name, &values[i]);
  filter_test_say(test, "}", 1);
}

static inline void filter_test_show_change(struct filter_test *test,
                                           const struct headrace_change *change)
{
  static const char *const names[] = {"?",        "insert",  "update", "delete", "read",
                                      "truncate", "message", "begin",  "commit", "heartbeat"};
  const struct headrace_relation *relation = change->relation;
  filter_test_say(test, names[change->operation], strlen(names[change->operation]));
  if (!relation)
    return;
  char name[128];
  snprintf(name, sizeof name, " %s%s%s", relation->schema ? relation->schema : "",
           relation->schema ? "." : "", relation->table);
  filter_test_say(test, name, strlen(name));
  filter_test_show_row(test, "{", relation, change->new_values);
  filter_test_show_row(test, change->new_values ? " old{" : "{old ", relation, change->old_values);
}

static inline void filter_test_show_record(struct filter_test *test,
                                           const struct headrace_record *record)
{
  filter_test_say(test, "record{", 7);
  filter_test_show_value(test, "topic", &record->topic);
  filter_test_show_value(test, "key", &record->key);
  filter_test_show_value(test, "value", &record->value);
  for (uint32_t i = 0; i < record->header_count; i++)
    filter_test_show_value(test, record->headers[i].name, &record->headers[i].value);
  char partition[24];
  snprintf(partition, sizeof partition, "%d}", record->partition);
  filter_test_say(test, partition, strlen(partition));
}

static inline const char *filter_test_shown(struct filter_test *test)
{
  test->text[0] = '\0';
  for (size_t i = 0; i < test->batch->events.count; i++) {
    const struct headrace_event *event = &test->batch->events.items[i];
    if (i)
      filter_test_say(test, " | ", 3);
    if (event->rejection)
      filter_test_say(test, "refused ", 8);
    if (event->record && !(event->rejection && event->change)) /* the host made that one */
      filter_test_show_record(test, event->record);
    else
      filter_test_show_change(test, event->change);
  }
  return test->text;
}

/* `old_row` and `new_row`: texts of the columns, or NULL. */
static inline enum headrace_result filter_test_apply(struct filter_test *test,
                                                     enum headrace_operation operation,
                                                     const char *const *old_row,
                                                     const char *const *new_row)
{
  for (uint32_t i = 0; i < test->relation->column_count; i++) {
    test->old_values[i] = filter_test_value(old_row ? old_row[i] : NONE);
    test->new_values[i] = filter_test_value(new_row ? new_row[i] : NONE);
  }
  test->change = (struct headrace_change){.relation = test->relation,
                                          .transaction = &test->transaction,
                                          .old_values = old_row ? test->old_values : NULL,
                                          .new_values = new_row ? test->new_values : NULL,
                                          .sequence = 2000,
                                          .operation = operation};
  test->event = (struct headrace_event){.change = &test->change};
  return filter_test_event(test, &test->event);
}

static inline const char *filter_test_row(struct filter_test *test,
                                          enum headrace_operation operation,
                                          const char *const *old_row, const char *const *new_row)
{
  assert_int_equal(filter_test_apply(test, operation, old_row, new_row), HEADRACE_OK);
  return filter_test_shown(test);
}

/* Settings that check() must refuse, and what it says of them. */
static inline void assert_fault(const char *const *settings, const char *expected)
{
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = plugin_host_new(plugin->keys, settings);
  assert_int_equal(plugin->check(&host->instance.host), HEADRACE_FATAL);
  char *log = plugin_host_log(host);
  if (!strstr(log, expected))
    fail_msg("\"%s\" is not in \"%s\"", expected, log);
  void *instance = NULL; /* whoever runs it without a check hears the same */
  assert_int_equal(plugin->open(&host->instance.host, &instance), HEADRACE_FATAL);
  free(log);
  plugin_host_free(host);
}

#endif
