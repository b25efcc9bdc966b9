/* SPDX-License-Identifier: Apache-2.0
 *
 * What a codec costs a row, both ways: bench_codec PLUGIN_DIR CODEC [KEY VALUE]... with keys of its
 * INI section. The plugin is loaded as the core loads it. CPU time; bytes are those of key and
 * value. */
#include "loader.h"
#include "plugin_host.h"

#include <time.h>

#define ROWS    256 /* about a batch */
#define BATCHES 4000

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

/* Of codec columns, which makes a record's parts of such columns. */
static const struct sample outbox[] = {
    COLUMN("id", UUID, -1, "11111111-2222-3333-4444-555555555555"),
    COLUMN("aggregatetype", TEXT, -1, "order"),
    COLUMN("aggregateid", TEXT, -1, "123456789"),
    COLUMN("type", TEXT, -1, "OrderShipped"),
    COLUMN("payload", JSON, -1,
           "{\"order\": 123456789, \"lines\": [{\"item\": 1, \"amount\": 2}, {\"item\": 7, "
           "\"amount\": 1}], \"address\": \"1 Long Street, Rome\", \"total\": 1234.56}"),
};

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

typedef enum headrace_result (*codec_function)(void *instance, const struct headrace_event *,
                                               struct headrace_batch *);

static void run_batch(codec_function function, void *self, const struct headrace_event *event,
                      struct headrace_batch *batch)
{
  batch_reset(batch);
  batch_stage_begin(batch);
  for (size_t row = 0; row < ROWS; row++) {
    batch_stage_input(batch, event);
    if (function(self, event, batch) != HEADRACE_OK)
      exit(1);
  }
  batch_stage_end(batch);
}

/* Nanoseconds a row. */
static double cost(codec_function function, void *self, const struct headrace_event *event)
{
  struct headrace_batch *batch = plugin_host_batch();
  run_batch(function, self, event, batch); /* plans are made, schemas registered */
  double start = now();
  for (size_t i = 0; i < BATCHES; i++)
    run_batch(function, self, event, batch);
  double sum = now() - start;
  batch_free(batch);
  return sum * 1e9 / ROWS / BATCHES;
}

static void report(const char *codec, const char *way, const char *table, uint32_t columns,
                   size_t bytes, double ns)
{
  printf("%s\t%s\t%s\t%u\t%zu\t%.1f\t%.0f\t%.1f\n", codec, way, table, columns, bytes, ns, 1e9 / ns,
         (double)bytes * 1e3 / ns);
  fflush(stdout);
}

static void measure_both(const struct headrace_plugin *plugin, void *self, const char *table,
                         const struct headrace_event *event)
{
  uint32_t columns = event->change->relation->column_count;
  struct headrace_batch *batch = plugin_host_batch();
  run_batch(plugin->encode, self, event, batch);
  const struct headrace_event *encoded = &batch->events.items[0];
  size_t bytes = encoded->record->key.size + encoded->record->value.size;
  report(plugin->name, "encode", table, columns, bytes, cost(plugin->encode, self, event));
  struct headrace_record record = *encoded->record;
  record.topic = (struct headrace_value){"bench.public.t", 14, HEADRACE_TEXT};
  const struct headrace_event read = {.record = &record};
  report(plugin->name, "decode", table, columns, bytes, cost(plugin->decode, self, &read));
  batch_free(batch);
}

static void measure(const struct headrace_plugin *plugin, const char *table,
                    const struct sample *samples, uint32_t count, const char *const *settings)
{
  struct headrace_column columns[16];
  struct headrace_value values[16];
  static const uint16_t key[] = {0};
  for (uint32_t i = 0; i < count; i++) {
    columns[i] = samples[i].column;
    values[i] = (struct headrace_value){samples[i].value, (uint32_t)strlen(samples[i].value),
                                        HEADRACE_TEXT};
  }
  columns[0].flags = 0;
  const struct headrace_relation description = {.database = "postgres",
                                                .schema = "public",
                                                .table = table,
                                                .columns = columns,
                                                .column_count = count,
                                                .key = key,
                                                .key_count = 1};
  struct plugin_host *host = plugin_host_new(plugin->keys, settings);
  const struct headrace_host *api = &host->instance.host;
  const struct headrace_transaction transaction = {.id = 781,
                                                   .commit_sequence = 24582008,
                                                   .previous_sequence = 24581000,
                                                   .commit_time_us = 1795239454640869};
  const struct headrace_change change = {.relation = api->relation_new(api, &description),
                                         .transaction = &transaction,
                                         .new_values = values,
                                         .sequence = 24582008,
                                         .operation = HEADRACE_INSERT};
  const struct headrace_event event = {.change = &change};
  void *self;
  if (plugin->open(api, &self) != HEADRACE_OK) {
    fputs(plugin_host_log(host), stderr);
    exit(1);
  }
  measure_both(plugin, self, table, &event);
  plugin->close(self);
  api->relation_release(api, change.relation);
  plugin_host_free(host);
}

int main(int argc, char **argv)
{
  struct loader loader;
  char *error;
  if (argc < 3 || argc % 2 == 0) {
    fprintf(stderr, "usage: %s PLUGIN_DIR CODEC [KEY VALUE]...\n", argv[0]);
    return 64;
  }
  loader_init(&loader, argv[1]);
  const struct headrace_plugin *plugin = loader_open(&loader, HEADRACE_CODEC, argv[2], &error);
  if (!plugin) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  const char *const *settings = argc > 3 ? (const char *const *)argv + 3 : NULL;
  if (!strcmp(plugin->name, "columns")) {
    measure(plugin, "outbox", outbox, sizeof outbox / sizeof *outbox, settings);
    return 0;
  }
  measure(plugin, "users", users, sizeof users / sizeof *users, settings);
  measure(plugin, "mixed", mixed, sizeof mixed / sizeof *mixed, settings);
  return 0;
}
