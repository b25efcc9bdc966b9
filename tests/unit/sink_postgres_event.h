/* SPDX-License-Identifier: Apache-2.0
 *
 * Events for the unit tests of sink-postgres. */
#ifndef HEADRACE_TEST_SINK_POSTGRES_EVENT_H
#define HEADRACE_TEST_SINK_POSTGRES_EVENT_H

#include <headrace/plugin.h>
#include <string.h>

#define TEST_COLUMNS_MAX 8

struct test_event {
  struct headrace_relation relation;
  struct headrace_column columns[TEST_COLUMNS_MAX];
  struct headrace_value values[TEST_COLUMNS_MAX];
  struct headrace_header header;
  struct headrace_record record;
  struct headrace_change change;
  struct headrace_event event;
};

static inline struct headrace_value test_text(const char *text)
{
  return (struct headrace_value){.data = text,
                                 .size = text ? (uint32_t)strlen(text) : 0,
                                 .state = text ? HEADRACE_TEXT : HEADRACE_NULL};
}

/* An insert; `topic` NULL: none. */
static inline void test_event_init(struct test_event *test, const char *topic, const char *schema,
                                   const char *table)
{
  *test = (struct test_event){0};
  test->relation = (struct headrace_relation){
      .id = 1, .database = "shop", .schema = schema, .table = table, .columns = test->columns};
  test->record = (struct headrace_record){.topic = test_text(topic), .offset = -1};
  test->change = (struct headrace_change){
      .relation = &test->relation, .operation = HEADRACE_INSERT, .new_values = test->values};
  test->event = (struct headrace_event){.change = &test->change, .record = &test->record};
}

static inline struct headrace_column *test_event_column(struct test_event *test, const char *name,
                                                        enum headrace_type type)
{
  struct headrace_column *column = &test->columns[test->relation.column_count++];
  *column = (struct headrace_column){.name = name,
                                     .type_name = "",
                                     .type = (uint16_t)type,
                                     .type_modifier = -1,
                                     .precision = -1,
                                     .scale = -1,
                                     .flags = HEADRACE_COLUMN_NULLABLE};
  return column;
}

#endif
