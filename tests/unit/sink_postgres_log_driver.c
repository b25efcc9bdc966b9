/* SPDX-License-Identifier: Apache-2.0
 *
 * Appends to topic t of a log, 20 records at a time, until its input ends:
 * `sink_postgres_log_driver CONNINFO RUN`. Says what it was told: "a PARTITION OFFSET VALUE" is
 * durable, "e PARTITION OFFSET" is a high watermark. tests/e2e/test_postgres_log_kill.py */
#include "plugin_host.h"
#include "sink.h"

#include <headrace/log.h>
#include <poll.h>

#define PARTITIONS 3
#define RECORDS    20

const struct headrace_registration *headrace_plugin_entry(void);

struct driver {
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  const struct headrace_log *log;
  bool answered;
  struct headrace_topic_id id;
  unsigned next, under_way;
};

static void on_durable(void *context, struct headrace_batch *batch, const uint64_t *receipts)
{
  struct driver *driver = context;
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_record *record = batch->events.items[i].record;
    printf("a %d %llu %.*s\n", record->partition, (unsigned long long)receipts[i],
           (int)record->value.size, record->value.data);
  }
  fflush(stdout);
  driver->under_way--;
  batch_free(batch);
}

static void on_failed(void *context, struct headrace_batch *batch, enum headrace_result result)
{
  (void)batch;
  char *log = plugin_host_log(((struct driver *)context)->host);
  fprintf(stderr, "failed with %d\n%s\n", result, log);
  exit(1);
}

static void wake(void *context)
{
  (void)context;
}

static void on_answer(void *context, enum headrace_log_error error, const char *reason)
{
  struct driver *driver = context;
  (void)reason;
  driver->answered = error == HEADRACE_LOG_OK || error == HEADRACE_LOG_EXISTS;
}

/* The server has just been started: the first answers may be that it is away. */
static void make_topic(struct driver *driver)
{
  const struct headrace_log_new_topic topic = {"t", PARTITIONS, NULL, 0};
  while (!driver->answered) {
    driver->log->create_topic(driver->log->self, &topic, on_answer, driver);
    for (int i = 0; i < 20 && !driver->answered; i++) {
      driver->plugin->poll(driver->self, 20);
      driver->log->serve(driver->log->self);
    }
  }
  const struct headrace_log_catalogue *catalogue = driver->log->catalogue(driver->log->self);
  driver->id = catalogue->topics[0].id;
  driver->log->catalogue_release(driver->log->self, catalogue);
}

static void say_marks(struct driver *driver)
{
  for (int32_t i = 0; i < PARTITIONS; i++) {
    struct headrace_log_marks marks;
    driver->log->marks(driver->log->self, &driver->id, i, &marks);
    printf("e %d %lld\n", i, (long long)marks.end);
  }
  fflush(stdout);
}

static struct headrace_batch *make_batch(struct driver *driver, const char *run)
{
  struct headrace_batch *batch = plugin_host_batch();
  int64_t mark = 0;
  for (int i = 0; i < RECORDS; i++) {
    struct headrace_record *record = batch_add_record(batch);
    char *value = arena_alloc(&batch->arena, 64);
    snprintf(value, 64, "%s-%u", run, driver->next);
    record->topic = (struct headrace_value){"t", 1, HEADRACE_BINARY};
    record->value = (struct headrace_value){value, (uint32_t)strlen(value), HEADRACE_BINARY};
    record->partition = (int32_t)(driver->next++ / 7 % PARTITIONS);
    record->timestamp_ms = 1;
  }
  batch_set_position(batch, &mark, sizeof mark);
  batch_seal(batch);
  batch->state = BATCH_TAKEN;
  return batch;
}

static bool input_ended(void)
{
  struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&fd, 1, 0) > 0;
}

static void append(struct driver *driver, const char *run)
{
  struct headrace_batch *batch = make_batch(driver, run);
  enum headrace_result result;
  driver->under_way++;
  while ((result = driver->plugin->write(driver->self, batch)) == HEADRACE_AGAIN)
    driver->plugin->poll(driver->self, 20);
  if (result != HEADRACE_OK)
    exit(1);
  driver->plugin->poll(driver->self, driver->under_way > 20 ? 20 : 0);
}

int main(int argc, char **argv)
{
  if (argc != 3)
    return 2;
  const char *keys[] = {
      "conninfo", argv[1],         "mode", "log", "log_segment_records",
      "1000",     "log_retention", "0",    NULL}; /* its records are old from the beginning */
  struct driver driver = {.plugin = headrace_plugin_entry()->plugin};
  driver.host = plugin_host_new(sink_postgres_keys, keys);
  driver.host->reports.durable = on_durable;
  driver.host->reports.failed = on_failed;
  driver.host->reports.context = &driver;
  if (driver.plugin->open(&driver.host->instance.host, &driver.self) != HEADRACE_OK)
    return 1;
  driver.log = driver.plugin->log(driver.self);
  const struct headrace_log_reader reader = {.context = &driver, .wake = wake};
  if (driver.log->attach(driver.log->self, &reader) != HEADRACE_OK)
    return 1;
  make_topic(&driver);
  do {
    say_marks(&driver);
    append(&driver, argv[2]);
  } while (!input_ended());
  while (driver.plugin->flush(driver.self, 1000) == HEADRACE_AGAIN)
    continue;
  say_marks(&driver);
  driver.plugin->close(driver.self);
  plugin_host_free(driver.host);
  return 0;
}
