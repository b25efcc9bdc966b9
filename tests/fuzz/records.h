/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of any bytes: each a key and a value behind their sizes in two bytes (0xffff: null). */
#ifndef HEADRACE_FUZZ_RECORDS_H
#define HEADRACE_FUZZ_RECORDS_H

#include "../unit/plugin_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct headrace_registration *headrace_plugin_entry(void);

struct input {
  const uint8_t *at, *end;
};

/* In memory of its own, so that the sanitizer sees what is read past it. */
static bool next_value(struct input *input, struct headrace_value *value, char **memory)
{
  *memory = NULL;
  *value = (struct headrace_value){.state = HEADRACE_NULL};
  if (input->end - input->at < 2)
    return false;
  size_t size = (size_t)(input->at[0] << 8 | input->at[1]);
  input->at += 2;
  if (size == 0xffff)
    return true;
  size_t left = (size_t)(input->end - input->at);
  size = size < left ? size : left;
  *memory = memcpy(malloc(size + !size), input->at, size);
  *value = (struct headrace_value){*memory, (uint32_t)size, HEADRACE_BINARY};
  input->at += size;
  return true;
}

/* Reads every byte of every value. */
static unsigned check_row(const struct headrace_relation *relation,
                          const struct headrace_value *values)
{
  unsigned sum = 0;
  for (uint32_t i = 0; values && i < relation->column_count; i++) {
    if (values[i].state > HEADRACE_LITERAL)
      abort();
    for (uint32_t j = 0; values[i].state >= HEADRACE_TEXT && j < values[i].size; j++)
      sum += (unsigned char)values[i].data[j];
  }
  return sum;
}

static void check(const struct headrace_batch *batch)
{
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_change *change = batch->events.items[i].change;
    if (!change || !change->relation)
      continue;
    const struct headrace_relation *relation = change->relation;
    for (uint32_t j = 0; j < relation->key_count; j++)
      if (relation->key[j] >= relation->column_count)
        abort();
    if (change->operation == HEADRACE_DELETE && !change->old_values)
      abort();
    check_row(relation, change->old_values);
    check_row(relation, change->new_values);
  }
}

static void decode(const struct headrace_plugin *plugin, void *self, struct headrace_batch *batch,
                   const struct headrace_record *record)
{
  const struct headrace_event event = {.record = record};
  batch_stage_begin(batch);
  batch_stage_input(batch, &event);
  if (plugin->decode(self, &event, batch) != HEADRACE_OK)
    abort();
  batch_stage_end(batch);
  check(batch);
  batch_reset(batch);
}

/* All records of the input, of one topic, so that what one says of the table meets the next. */
static void decode_all(struct plugin_host *host, struct input *input)
{
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct headrace_batch *batch = plugin_host_batch();
  void *self;
  if (plugin->open(&host->instance.host, &self) != HEADRACE_OK)
    abort();
  struct headrace_record record = {.topic = {"t", 1, HEADRACE_TEXT}};
  char *key, *value;
  while (next_value(input, &record.key, &key)) {
    next_value(input, &record.value, &value);
    decode(plugin, self, batch, &record);
    free(key);
    free(value);
  }
  batch_free(batch);
  plugin->close(self);
  plugin_host_free(host);
}

#endif
