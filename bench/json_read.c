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

/* What Kafka Connect's JsonConverter puts before it with schemas.enable = true. */
#define FIELD(type, name) "{\"type\":\"" type "\",\"optional\":true,\"field\":\"" name "\"}"
#define NAMED(type, name, field)                                                                   \
  "{\"type\":\"" type "\",\"optional\":true,\"name\":\"" name                                      \
  "\",\"version\":1,\"field\":\"" field "\"}"
#define ROW(field)                                                                                   \
  "{\"type\":\"struct\",\"fields\":[" FIELD("int64", "id") "," FIELD("int32", "customer") "," FIELD( \
      "string",                                                                                      \
      "status") ",{\"type\":\"bytes\",\"optional\":true,\"name\":\"org.apache.kafka."                \
                "connect.data.Decimal\",\"version\":1,\"parameters\":{\"scale\":\"2\",\"connect."    \
                "decimal."                                                                           \
                "precision\":\"12\"},\"field\":\"total\"}," FIELD("boolean", "paid") "," NAMED(      \
                    "int32", "io.debezium.time.Date",                                                \
                    "day") "," NAMED("int64", "io.debezium.time.MicroTimestamp",                     \
                                     "changed_at") "," FIELD("string",                               \
                                                             "note") "],\"optional\":true,"          \
                                                                     "\"name\":\"shop.public."       \
                                                                     "orders.Value\",\"field\":"     \
                                                                     "\"" field "\"}"
#define SOURCE                                                                                                                                                                                                                          \
  "{\"type\":\"struct\",\"fields\":[" FIELD("string", "version") "," FIELD("string", "connector") "," FIELD("string", "name") "," FIELD(                                                                                                \
      "int64",                                                                                                                                                                                                                          \
      "ts_ms") "," FIELD("string",                                                                                                                                                                                                      \
                         "snapshot") "," FIELD("string",                                                                                                                                                                                \
                                               "db") "," FIELD("string",                                                                                                                                                                \
                                                               "schema") "," FIELD("string",                                                                                                                                            \
                                                                                   "table") "," FIELD("int64",                                                                                                                          \
                                                                                                      "txId") "," FIELD("int64",                                                                                                        \
                                                                                                                        "lsn") "," FIELD("int64",                                                                                       \
                                                                                                                                         "xmin") "],\"optional\":false,\"name\":\"io.debezium.connector.postgresql.Source\",\"field\":" \
                                                                                                                                                 "\"source\"}"
static const char schema_text[] =
    "{\"schema\":{\"type\":\"struct\",\"fields\":[" ROW("before") "," ROW(
        "after") "," SOURCE
                 "," FIELD("string", "op") "," FIELD("int64", "ts_ms") "," FIELD(
                     "int64", "ts_us") "," FIELD("int64",
                                                 "ts_ns") "],\"optional\":false,\"name\":\"shop."
                                                          "public.orders.Envelope\",\"version\""
                                                          ":2},\"payload\":";

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
  const char *text; /* of the records' values */
};

static void decode(void *context)
{
  struct decoding *decoding = context;
  const struct headrace_record record = {
      .topic = {"shop.public.orders", sizeof "shop.public.orders" - 1, HEADRACE_TEXT},
      .key = {key, sizeof key - 1, HEADRACE_BINARY},
      .value = {decoding->text, (uint32_t)strlen(decoding->text), HEADRACE_BINARY}};
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

static void measure(const char *name, double seconds, void (*run)(void *), void *context,
                    size_t bytes)
{
  size_t rounds = 0;
  double start = now(), end;
  do {
    for (int i = 0; i < 16; i++)
      run(context);
    rounds += 16;
  } while ((end = now()) - start < seconds);
  double events = (double)(rounds * ROWS);
  printf("%-16s %4zu bytes: %6.1f ns an event, %6.0f MB/s\n", name, bytes,
         (end - start) * 1e9 / events, events * (double)bytes / (end - start) / 1e6);
}

int main(int argc, char **argv)
{
  double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
  const struct headrace_plugin *plugin = headrace_plugin_entry()->plugin;
  struct plugin_host *host = plugin_host_new(plugin->keys, NULL);
  struct decoding decoding = {.plugin = plugin, .batch = plugin_host_batch(), .text = event_text};
  if (plugin->open(&host->instance.host, &decoding.self) != HEADRACE_OK)
    abort();
  measure("read, whole", seconds, read_whole, NULL, sizeof event_text - 1);
  measure("read, members", seconds, read_members, NULL, sizeof event_text - 1);
  measure("decode", seconds, decode, &decoding, sizeof event_text - 1);
  char with_schema[sizeof schema_text + sizeof event_text + 1];
  snprintf(with_schema, sizeof with_schema, "%s%s}", schema_text, event_text);
  decoding.text = with_schema;
  measure("decode, schema", seconds, decode, &decoding, strlen(with_schema));
  batch_free(decoding.batch);
  plugin->close(decoding.self);
  plugin_host_free(host);
  return 0;
}
