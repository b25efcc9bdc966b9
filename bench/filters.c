/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core and a filter cost an event: bench_filters PLUGIN_DIR. The plugins are loaded as the
 * core loads them, the events are a row of three columns. */
#include "loader.h"
#include "plugin_host.h"
#include "stages.h"

#include <time.h>

#define ROWS    256 /* about a batch */
#define BATCHES 8000

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct sample {
  const struct headrace_relation *relation;
  struct headrace_value values[3];
};

static void fill(struct headrace_batch *batch, const struct sample *sample)
{
  batch_reset(batch);
  for (size_t i = 0; i < ROWS; i++) {
    struct headrace_change *change = batch_add_change(batch, sample->relation);
    change->operation = HEADRACE_INSERT;
    change->new_values = sample->values;
  }
  batch_seal(batch);
}

/* Nanoseconds for each of the events; filling the batches is not in it. */
static double cost(const struct stages *stages, const struct sample *sample)
{
  struct headrace_batch *batch = plugin_host_batch();
  double sum = 0;
  for (size_t i = 0; i < BATCHES; i++) {
    fill(batch, sample);
    double start = now();
    if (stages_run(stages, batch) != HEADRACE_OK)
      abort();
    sum += now() - start;
  }
  batch_free(batch);
  return sum * 1e9 / ROWS / BATCHES;
}

static void measure(struct loader *loader, const char *name, const char *const *settings,
                    const char *what)
{
  static const struct headrace_column columns[] = {
      {.name = "id", .type = HEADRACE_TYPE_INT32, .type_name = ""},
      {.name = "name", .type = HEADRACE_TYPE_TEXT, .type_name = ""},
      {.name = "total", .type = HEADRACE_TYPE_NUMERIC, .type_name = ""}};
  static const uint16_t key[] = {0};
  const struct headrace_relation relation = {.schema = "public",
                                             .table = "orders_2026",
                                             .columns = columns,
                                             .column_count = 3,
                                             .key = key,
                                             .key_count = 1};
  char *error;
  const struct headrace_plugin *plugin = loader_open(loader, HEADRACE_FILTER, name, &error);
  if (!plugin) {
    fprintf(stderr, "%s\n", error);
    exit(1);
  }
  struct plugin_host *host = plugin_host_new(plugin->keys, settings);
  const struct headrace_host *api = &host->instance.host;
  host->instance.plugin = plugin;
  if (plugin->open(api, &host->instance.self) != HEADRACE_OK)
    exit(1);
  struct sample sample = {.relation = api->relation_new(api, &relation),
                          .values = {{"1234567", 7, HEADRACE_TEXT},
                                     {"name of a user 42", 17, HEADRACE_TEXT},
                                     {"1234.50", 7, HEADRACE_TEXT}}};
  struct instance *filters[] = {&host->instance};
  struct stages stages = {.filters = filters, .filter_count = 1};
  printf("%-7s %-34s %7.1f ns an event\n", name, what, cost(&stages, &sample));
  plugin->close(host->instance.self);
  api->relation_release(api, sample.relation);
  plugin_host_free(host);
}

#define KEYS(...)                                                                                  \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

int main(int argc, char **argv)
{
  struct loader loader;
  if (argc < 2) {
    fprintf(stderr, "usage: %s PLUGIN_DIR [SCRIPT.lua]\n", argv[0]);
    return 64;
  }
  loader_init(&loader, argv[1]);
  measure(&loader, "select", NULL, "passes everything");
  measure(&loader, "select", KEYS("exclude_columns", "total"), "leaves a column out");
  measure(&loader, "route", KEYS("rules", "^x = y"), "passes everything");
  measure(&loader, "route", KEYS("rules", "^public\\.orders = public.orders"), "another name");
  measure(&loader, "mask", KEYS("null", "x"), "passes everything");
  measure(&loader, "mask", KEYS("constant", "name = x"), "a constant");
  measure(&loader, "mask", KEYS("hash", "name", "salt", "0123456789abcdef"), "a hash");
  measure(&loader, "where", KEYS("expression", "true"), "passes everything");
  measure(&loader, "where", KEYS("expression", "total > 100.5"), "compares a number, passes");
  measure(&loader, "where", KEYS("expression", "name like 'x%' and id in (1, 2)"), "drops");
  if (argc > 2)
    measure(&loader, "lua", KEYS("file", argv[2]), argv[2]);
  loader_free(&loader);
  return 0;
}
