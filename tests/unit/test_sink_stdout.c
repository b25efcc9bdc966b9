/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-stdout: lines, a slow reader, a reader that is gone. */
#include "json_line.h"
#include "plugin_host.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

const struct headrace_registration *headrace_plugin_entry(void);

static struct headrace_value text(const char *bytes)
{
  return (struct headrace_value){bytes, (uint32_t)strlen(bytes), HEADRACE_TEXT};
}

static void becomes(const struct headrace_event *event, const char *expected)
{
  struct text_buffer out = {0};
  json_line(&out, event);
  assert_int_equal(out.size, strlen(expected));
  assert_memory_equal(out.bytes, expected, out.size);
  free(out.bytes);
}

static void a_record_is_a_line(void **state)
{
  (void)state;
  const struct headrace_header headers[] = {{"a", text("1")}, {"b\"", {NULL, 0, HEADRACE_NULL}}};
  struct headrace_record record = {.topic = text("t"),
                                   .key = text("{\"id\": 1}"),
                                   .value = text("[1, {\"x\":null}]"),
                                   .headers = headers,
                                   .header_count = 2};
  struct headrace_event event = {.record = &record};
  becomes(&event, "{\"topic\":\"t\",\"key\":{\"id\": 1},\"value\":[1, {\"x\":null}],"
                  "\"headers\":{\"a\":1,\"b\\\"\":null}}\n");
  const struct headrace_relation relation = {.schema = "public", .table = "o\\x"};
  const struct headrace_change change = {.relation = &relation};
  record = (struct headrace_record){.value = {NULL, 0, HEADRACE_NULL}};
  event.change = &change;
  becomes(&event, "{\"topic\":\"public.o\\\\x\",\"key\":null,\"value\":null}\n");
}

static void only_json_goes_in_as_it_is(void **state)
{
  (void)state;
  static const char *const json[] = {"{}",    "[]",   "\"a\\u00e9\\n\"", "-0.5e+10",     "true",
                                     "false", "null", " [ 1 , 2 ] ",     "{\"a\":[{}]}", "0"};
  static const char *const other[] = {"",      "[1,2)", "{",         "{\"a\"}", "{\"a\":1,}", "tru",
                                      "01",    "1.",    "-",         "\"a",     "\"\\x\"",    "1 2",
                                      "plain", "[1,]",  "\"\\u12\"", "nullx",   "{a:1}"};
  struct headrace_record record = {.topic = text("t")};
  struct headrace_event event = {.record = &record};
  char expected[128];
  for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
    record.value = text(json[i]);
    snprintf(expected, sizeof expected, "{\"topic\":\"t\",\"key\":null,\"value\":%s}\n", json[i]);
    becomes(&event, expected);
  }
  for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
    struct text_buffer out = {0};
    record.value = text(other[i]);
    json_line(&out, &event);
    assert_memory_equal(out.bytes, "{\"topic\":\"t\",\"key\":null,\"value\":\"", 33);
    free(out.bytes);
  }
}

static void other_bytes_are_escaped(void **state)
{
  (void)state;
  struct headrace_record record = {.topic = text("t"), .key = text("a\n\"\\\x01")};
  record.value = (struct headrace_value){"\x00\xff", 2, HEADRACE_BINARY};
  struct headrace_event event = {.record = &record};
  becomes(&event,
          "{\"topic\":\"t\",\"key\":\"a\\u000a\\\"\\\\\\u0001\",\"value\":\"\\\\x00ff\"}\n");
}

static void deep_nesting_is_no_json_of_ours(void **state)
{
  (void)state;
  char deep[1001];
  memset(deep, '[', 500);
  memset(deep + 500, ']', 500);
  deep[1000] = '\0';
  struct headrace_record record = {.topic = text("t"), .value = text(deep)};
  struct headrace_event event = {.record = &record};
  struct text_buffer out = {0};
  json_line(&out, &event);
  assert_int_equal(out.bytes[out.size - 3], '"');
  free(out.bytes);
}

/* ---- the sink, with a pipe in standard output's place ----------------------- */

struct piped {
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  struct headrace_batch *batch;
  int reader, saved;
};

static void start(struct piped *p, const char *format, size_t lines)
{
  int ends[2];
  const char *const pairs[] = {"format", format, NULL};
  assert_int_equal(pipe(ends), 0);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  fflush(stdout);
  p->saved = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[1]);
  p->reader = ends[0];
  p->plugin = headrace_plugin_entry()->plugin;
  p->host = plugin_host_new(p->plugin->keys, pairs);
  assert_int_equal(p->plugin->open(&p->host->instance.host, &p->self), HEADRACE_OK);
  p->batch = plugin_host_batch();
  for (size_t i = 0; i < lines; i++)
    batch_add_record(p->batch)->value = text("{\"some\":\"value\"}");
  batch_seal(p->batch);
  p->batch->state = BATCH_TAKEN;
}

static void stop(struct piped *p)
{
  p->plugin->close(p->self);
  dup2(p->saved, STDOUT_FILENO);
  close(p->saved);
  close(p->reader);
  batch_free(p->batch);
  plugin_host_free(p->host);
}

static size_t drain(struct piped *p)
{
  char bytes[65536];
  ssize_t got;
  size_t lines = 0;
  while ((got = read(p->reader, bytes, sizeof bytes)) > 0)
    for (ssize_t i = 0; i < got; i++)
      lines += bytes[i] == '\n';
  return lines;
}

static void a_slow_reader_does_not_block(void **state)
{
  (void)state;
  struct piped p;
  start(&p, "line", 10000);
  enum headrace_result first = p.plugin->write(p.self, p.batch);
  enum headrace_result second = p.plugin->write(p.self, p.batch);
  size_t early = p.host->durable_count, lines = 0;
  for (int i = 0; i < 1000 && !p.host->durable_count; i++) {
    lines += drain(&p);
    p.plugin->poll(p.self, 10);
  }
  lines += drain(&p);
  size_t durable = p.host->durable_count;
  stop(&p);
  assert_int_equal(first, HEADRACE_OK);
  assert_int_equal(second, HEADRACE_AGAIN);
  assert_int_equal(early, 0);
  assert_int_equal(durable, 1);
  assert_int_equal(lines, 10000);
}

static void values_alone(void **state)
{
  (void)state;
  struct piped p;
  start(&p, "value", 2);
  p.plugin->write(p.self, p.batch);
  char bytes[64] = "";
  ssize_t got = read(p.reader, bytes, sizeof bytes - 1);
  stop(&p);
  assert_int_equal(got, 34);
  assert_string_equal(bytes, "{\"some\":\"value\"}\n{\"some\":\"value\"}\n");
}

static void a_reader_that_is_gone_is_said(void **state)
{
  (void)state;
  signal(SIGPIPE, SIG_IGN);
  struct piped p;
  start(&p, "line", 10);
  close(p.reader);
  p.reader = -1;
  enum headrace_result result = p.plugin->write(p.self, p.batch);
  size_t durable = p.host->durable_count;
  char *log = plugin_host_log(p.host);
  stop(&p);
  assert_int_equal(result, HEADRACE_FATAL);
  assert_int_equal(durable, 0);
  assert_non_null(strstr(log, "Broken pipe"));
  free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_record_is_a_line),
      cmocka_unit_test(only_json_goes_in_as_it_is),
      cmocka_unit_test(other_bytes_are_escaped),
      cmocka_unit_test(deep_nesting_is_no_json_of_ours),
      cmocka_unit_test(a_slow_reader_does_not_block),
      cmocka_unit_test(values_alone),
      cmocka_unit_test(a_reader_that_is_gone_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
