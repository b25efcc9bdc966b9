/* SPDX-License-Identifier: Apache-2.0
 *
 * What reading JSON costs: a Debezium event of 500 bytes through the reader, whole and member by
 * member, and through codec-json into a change. bench_json_read [SECONDS] */
#include "json_read.h"
#include "plugin_host.h"

#include <time.h>

const struct headrace_registration *headrace_plugin_entry(void);

#define ROWS 256 /* about a batch */

static const char key[] = "{\"id\":1234567}";
static const char event_text[] =
    "{\"before\":null,\"after\":{\"id\":1234567,\"customer\":4711,\"status\":\"shipped\",\"total\":"
    "\"AeJA\",\"paid\":true,\"day\":20778,\"changed_at\":1795239164123456,\"note\":\"Left at the "
    "door\"},\"source\":{\"version\":\"3.3.1.Final\",\"connector\":\"postgresql\",\"name\":"
    "\"shop\","
    "\"ts_ms\":1795239454640,\"snapshot\":\"false\",\"db\":\"shop\",\"schema\":\"public\","
    "\"table\":"
    "\"orders\",\"txId\":781,\"lsn\":24582008,\"xmin\":null},\"transaction\":null,\"op\":\"u\","
    "\"ts_ms\":1795239454641,\"ts_us\":1795239454641123,\"ts_ns\":1795239454641123456}";

static double now(void) /* of this thread's work: others may need the processor, too */
{
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void walk(struct json_reader *reader)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value))
    abort();
  if (value.kind == JSON_OBJECT)
    while (json_next_member(reader, &name))
      walk(reader);
  else if (value.kind == JSON_ARRAY)
    while (json_next_element(reader))
      walk(reader);
}

static void read_whole(void *context)
{
  (void)context;
  for (size_t i = 0; i < ROWS; i++) {
    struct json_reader reader;
    struct json_value value;
    json_read_begin(&reader, event_text, sizeof event_text - 1);
    if (!json_read_whole(&reader, &value) || !json_read_end(&reader))
      abort();
  }
}

static void read_members(void *context)
{
  (void)context;
  for (size_t i = 0; i < ROWS; i++) {
    struct json_reader reader;
    json_read_begin(&reader, event_text, sizeof event_text - 1);
    walk(&reader);
    if (!json_read_end(&reader))
      abort();
  }
}

struct decoding {
  const struct headrace_plugin *plugin;
  void *self;
  struct headrace_batch *batch;
};

static void decode(void *context)
{
  struct decoding *decoding = context;
  const struct headrace_record record = {
      .topic = {"shop.public.orders", sizeof "shop.public.orders" - 1, HEADRACE_TEXT},
      .key = {key, sizeof key - 1, HEADRACE_BINARY},
      .value = {event_text, sizeof event_text - 1, HEADRACE_BINARY}};
  const struct headrace_event event = {.record = &record};
  batch_stage_begin(decoding->batch);
  for (size_t i = 0; i < ROWS; i++) {
    batch_stage_input(decoding->batch, &event);
    if (decoding->plugin->decode(decoding->self, &event, decoding->batch) != HEADRACE_OK)
      abort();
  }
  batch_stage_end(decoding->batch);
  if (decoding->batch->events.count != ROWS)
    abort();
  batch_reset(decoding->batch);
}

static void measure(const char *name, double seconds, void (*run)(void *), void *context)
{
  size_t rounds = 0;
  double start = now(), end;
  do {
    for (int i = 0; i < 16; i++)
      run(context);
    rounds += 16;
  } while ((end = now()) - start < seconds);
  double events = (double)(rounds * ROWS);
  printf("%-16s %4zu bytes: %6.1f ns an event, %6.0f MB/s\n", name, sizeof event_text - 1,
         (end - start) * 1e9 / events, events * (sizeof event_text - 1) / (end - start) / 1e6);
}

int main(int argc, char **argv)
{
  double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = plugin_host_new(plugin->keys, NULL);
  struct decoding decoding = {.plugin = plugin, .batch = plugin_host_batch()};
  if (plugin->open(&host->instance.host, &decoding.self) != HEADRACE_OK)
    abort();
  measure("read, whole", seconds, read_whole, NULL);
  measure("read, members", seconds, read_members, NULL);
  measure("decode", seconds, decode, &decoding);
  batch_free(decoding.batch);
  plugin->close(decoding.self);
  plugin_host_free(host);
  return 0;
}
