/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"

#include "kafka_topic.h"
#include "must_alloc.h"
#include "template.h"

#include <string.h>

static char *joined(const char *head, const char *between, const char *tail)
{
  size_t size = strlen(head) + strlen(between) + strlen(tail);
  char *name = must_alloc(size + 1, 1);
  strcat(strcat(strcpy(name, head), between), tail);
  return name;
}

static char *legal(char *name)
{
  kafka_topic_sanitise(name);
  return name;
}

bool subject_topic_check(const char *topic, char *error, unsigned long size)
{
  static const char *const places[] = {"prefix", "schema", "table", NULL};
  return template_check(topic, places, error, size);
}

char *subject_topic_of(const char *topic, const char *prefix, const char *schema, const char *table)
{
  const struct headrace_pair values[] = {{"prefix", prefix}, {"schema", schema}, {"table", table}};
  return legal(template_expand(topic, values, sizeof values / sizeof *values));
}

char *subject_topic_named(const char *prefix, const char *name)
{
  return legal(strchr(name, '.') ? must_copy(name, strlen(name)) : joined(prefix, ".", name));
}

char *subject_of(enum subject_strategy strategy, const char *topic, const char *record, bool of_key)
{
  if (strategy == SUBJECT_TOPIC || !record)
    return joined(topic, "-", of_key ? "key" : "value");
  return strategy == SUBJECT_RECORD ? must_copy(record, strlen(record))
                                    : joined(topic, "-", record);
}
