/* SPDX-License-Identifier: Apache-2.0
 *
 * What codec-json costs a row: bench_codec_json [KEY VALUE]... with keys of its INI section. */
#include "plugin_host.h"

#include <time.h>

const struct headrace_registration *headrace_plugin_entry(void);

#define ROWS    256 /* about a batch */
#define BATCHES 8000

struct sample {
  struct headrace_column column;
  const char *value;
};

#define COLUMN(name_, type_, scale_, value_)                                                       \
  {                                                                                                \
    {.name = (name_),                                                                              \
     .type = HEADRACE_TYPE_##type_,                                                                \
     .type_name = "",                                                                              \
     .type_modifier = -1,                                                                          \
     .precision = (scale_) < 0 ? -1 : 12,                                                          \
     .scale = (scale_),                                                                            \
     .flags = HEADRACE_COLUMN_NULLABLE},                                                           \
        (value_)                                                                                   \
  }

static const struct sample users[] = {
    COLUMN("id", INT32, -1, "1234567"),
    COLUMN("name", TEXT, -1, "name of a user 42"),
    COLUMN("created_on", TIMESTAMPTZ, -1, "2026-11-21 05:12:44.123456+00"),
};

static const struct sample mixed[] = {
    COLUMN("id", INT64, -1, "123456789"),
    COLUMN("customer", INT32, -1, "4711"),
    COLUMN("status", TEXT, -1, "shipped"),
    COLUMN("total", NUMERIC, 2, "1234.56"),
    COLUMN("weight", FLOAT64, -1, "12.375"),
    COLUMN("paid", BOOL, -1, "t"),
    COLUMN("ordered_at", TIMESTAMPTZ, -1, "2026-11-21 05:12:44.123456+00"),
    COLUMN("changed_at", TIMESTAMP, -1, "2026-11-21 05:12:44.123"),
    COLUMN("day", DATE, -1, "2026-11-21"),
    COLUMN("token", UUID, -1, "11111111-2222-3333-4444-555555555555"),
    COLUMN("document", JSON, -1, "{\"a\": 1, \"b\": [1, 2, 3], \"c\": \"text\"}"),
    COLUMN("note", TEXT, -1,
           "A note that says more than the others do, a hundred letters or so, none of them odd."),
    COLUMN("address", INET, -1, "192.168.100.200"),
    COLUMN("payload", BYTES, -1, "\\x00112233445566778899aabbccddeeff"),
    COLUMN("kind", INT16, -1, "7"),
};

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void encode_batch(const struct headrace_plugin *plugin, void *self,
                         const struct headrace_event *event, struct headrace_batch *batch)
{
  batch_stage_begin(batch);
  for (size_t row = 0; row < ROWS; row++) {
    batch_stage_input(batch, event);
    if (plugin->encode(self, event, batch) != HEADRACE_OK)
      abort();
  }
  batch_stage_end(batch);
}

static void measure(const char *name, const struct sample *samples, uint32_t count,
                    enum headrace_operation operation, const char *const *settings)
{
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct headrace_column columns[16];
  struct headrace_value values[16];
  static const uint16_t key[] = {0};
  for (uint32_t i = 0; i < count; i++) {
    columns[i] = samples[i].column;
    values[i] = (struct headrace_value){samples[i].value, (uint32_t)strlen(samples[i].value),
                                        HEADRACE_TEXT};
  }
  columns[0].flags = 0;
  struct headrace_relation relation = {.id = 1,
                                       .database = "postgres",
                                       .schema = "public",
                                       .table = name,
                                       .columns = columns,
                                       .column_count = count,
                                       .key = key,
                                       .key_count = 1};
  struct headrace_transaction transaction = {.id = 781,
                                             .commit_sequence = 24582008,
                                             .previous_sequence = 24581000,
                                             .commit_time_us = 1795239454640869};
  struct headrace_change change = {.relation = &relation,
                                   .transaction = &transaction,
                                   .new_values = values,
                                   .sequence = 24582008,
                                   .operation = operation};
  struct headrace_event event = {.change = &change};
  struct plugin_host *host = plugin_host_new(plugin->keys, settings);
  struct headrace_batch *batch = plugin_host_batch();
  void *self;
  if (plugin->open(&host->instance.host, &self) != HEADRACE_OK)
    abort();
  double start = now();
  size_t bytes = 0;
  for (size_t i = 0; i < BATCHES; i++) {
    encode_batch(plugin, self, &event, batch);
    bytes = batch->events.items[0].record->value.size;
    batch_reset(batch);
  }
  printf("%-6s %2u columns, %s, %4zu bytes a value: %6.1f ns a row\n", name, count,
         operation == HEADRACE_READ ? "snapshot" : "stream  ", bytes,
         (now() - start) * 1e9 / ROWS / BATCHES);
  plugin->close(self);
  batch_free(batch);
  plugin_host_free(host);
}

int main(int argc, char **argv)
{
  if (argc % 2 == 0) {
    fprintf(stderr, "usage: %s [KEY VALUE]...\n", argv[0]);
    return 64;
  }
  const char *const *settings = argc > 1 ? (const char *const *)argv + 1 : NULL;
  static const enum headrace_operation operations[] = {HEADRACE_INSERT, HEADRACE_READ};
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    measure("users", users, sizeof users / sizeof *users, operations[i], settings);
    measure("mixed", mixed, sizeof mixed / sizeof *mixed, operations[i], settings);
  }
  return 0;
}
