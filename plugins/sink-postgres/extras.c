/* SPDX-License-Identifier: Apache-2.0 */
#include "extras.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *word; /* in add_columns */
  const char *type;
} kinds[] = {
    [EXTRA_TOPIC] = {"topic", "text"},
    [EXTRA_PARTITION] = {"partition", "integer"},
    [EXTRA_OFFSET] = {"offset", "bigint"},
    [EXTRA_TIMESTAMP] = {"timestamp", "timestamp with time zone"},
    [EXTRA_KEY] = {"key", "bytea"},
    [EXTRA_HEADER] = {"header.", "text"},
    [EXTRA_OPERATION] = {"operation", "text"},
    [EXTRA_SEQUENCE] = {"sequence", "bigint"},
    [EXTRA_COMMIT_TIME] = {"commit_time", "timestamp with time zone"},
    [EXTRA_TRANSACTION] = {"transaction", "bigint"},
    [EXTRA_DELETED] = {"deleted", "boolean"},
    [EXTRA_CONSTANT] = {"'", "text"},
};

static char *copy(const char *text, size_t size)
{
  return memcpy(sink_alloc(size + 1), text, size);
}

void extras_add(struct wanted_extras *extras, const char *name, enum extra_kind kind,
                const char *text)
{
  extras->items = sink_realloc(extras->items, (extras->count + 1) * sizeof *extras->items);
  extras->items[extras->count++] = (struct wanted_extra){
      .name = name, .kind = kind, .text = text ? copy(text, strlen(text)) : NULL};
}

static bool add_constant(struct wanted_extras *extras, const struct headrace_pair *pair)
{
  size_t size = strlen(pair->value);
  if (size < 2 || *pair->value != '\'' || pair->value[size - 1] != '\'')
    return false;
  char *text = copy(pair->value + 1, size - 2);
  extras_add(extras, pair->name, EXTRA_CONSTANT, text);
  free(text);
  return true;
}

static bool add_header(struct wanted_extras *extras, const struct headrace_pair *pair)
{
  size_t prefix = strlen(kinds[EXTRA_HEADER].word);
  if (strncmp(pair->value, kinds[EXTRA_HEADER].word, prefix) != 0 || !pair->value[prefix])
    return false;
  extras_add(extras, pair->name, EXTRA_HEADER, pair->value + prefix);
  return true;
}

static bool add_word(struct wanted_extras *extras, const struct headrace_pair *pair)
{
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    bool plain = kind != EXTRA_HEADER && kind != EXTRA_CONSTANT;
    if (plain && !strcmp(kinds[kind].word, pair->value)) {
      extras_add(extras, pair->name, (enum extra_kind)kind, NULL);
      return true;
    }
  }
  return false;
}

bool extras_read(const struct headrace_host *host, struct wanted_extras *extras)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, "add_columns", &pairs);
  bool good = true;
  for (size_t i = 0; i < count; i++) {
    if (add_constant(extras, &pairs[i]) || add_header(extras, &pairs[i]) ||
        add_word(extras, &pairs[i]))
      continue;
    host->log(host, HEADRACE_ERROR,
              "add_columns: %s = %s: expects topic, partition, offset, timestamp, key, operation, "
              "sequence, commit_time, transaction, deleted, header.NAME or 'a constant'",
              pairs[i].name, pairs[i].value);
    good = false;
  }
  return good;
}

void extras_free(struct wanted_extras *extras)
{
  for (uint32_t i = 0; i < extras->count; i++)
    free(extras->items[i].text);
  free(extras->items);
  *extras = (struct wanted_extras){0};
}

const char *extra_type(enum extra_kind kind)
{
  return kinds[kind].type;
}
