/* SPDX-License-Identifier: Apache-2.0
 *
 * From INI text and environment to settings, or to the list of every fault. The
 * plugins are the probes; their `control` is never used here. */
#include "cleanup.h"
#include "config.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h> /* after what it needs */

struct fixture {
  char directory[64];
  struct config config;
  struct diagnostics diagnostics;
  bool loaded;
};

static int setup(void **state)
{
  struct fixture *f = xcalloc(1, sizeof *f);
  strcpy(f->directory, "/tmp/headrace-config-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  setenv("HEADRACE_PLUGIN_DIR", PROBE_DIR, 1);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;
  if (f->loaded)
    config_free(&f->config);
  diagnostics_free(&f->diagnostics);
  CLEANUP_FREE char *command = xasprintf("rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  free(f);
  return 0;
}

static char *put_file(const struct fixture *f, const char *name, const char *text)
{
  char *path = xasprintf("%s/%s", f->directory, name);
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  return path;
}

static bool load_path(struct fixture *f, const char *path)
{
  f->loaded = true;
  return config_load(&f->config, path, &f->diagnostics);
}

static bool load(struct fixture *f, const char *text)
{
  CLEANUP_FREE char *path = put_file(f, "t.ini", text);
  return load_path(f, path);
}

static void expect_good(struct fixture *f, const char *text)
{
  if (!load(f, text))
    fail_msg("%s", f->diagnostics.lines[0]);
}

/* Each of `faults` (ended by NULL) is in the line of its place, and there are no more. */
static void expect_faults(struct fixture *f, const char *text, const char *const *faults)
{
  assert_false(load(f, text));
  size_t count = 0;
  for (; faults[count]; count++)
    if (count >= f->diagnostics.count)
      fail_msg("missing: %s", faults[count]);
    else if (!strstr(f->diagnostics.lines[count], faults[count]))
      fail_msg("\"%s\" does not say \"%s\"", f->diagnostics.lines[count], faults[count]);
  if (f->diagnostics.count > count)
    fail_msg("too much: %s", f->diagnostics.lines[count]);
}

#define expect_fault(f, text, fault) expect_faults(f, text, (const char *const[]){fault, NULL})

#define PIPE "[orders]\nsource = probe\nsink = probe\n"
#define ENDS "[orders.source]\ncontrol = 1\n[orders.sink]\ncontrol = 1\n"

static const char *source_string(const struct fixture *f, const char *key)
{
  return settings_string(&f->config.pipelines[0].source.settings, key);
}

/* ---- what is good ---------------------------------------------------------- */

static void test_defaults(void **state)
{
  struct fixture *f = *state;
  expect_good(f, PIPE ENDS);
  const struct pipeline_config *pipeline = &f->config.pipelines[0];
  assert_int_equal(f->config.pipeline_count, 1);
  assert_string_equal(pipeline->name, "orders");
  assert_string_equal(pipeline->source.name, "orders.source");
  assert_string_equal(pipeline->source.plugin->name, "probe");
  assert_null(pipeline->codec.plugin);
  assert_int_equal(settings_integer(&pipeline->settings, "checkpoint"), CHECKPOINT_FILE);
  assert_true(settings_integer(&pipeline->settings, "ring_bytes") >= 1 << 20);
  assert_int_equal(settings_integer(&f->config.process, "shutdown_timeout"), 30000);
}

static void test_several_files_and_pipelines(void **state)
{
  struct fixture *f = *state;
  free(put_file(f, "a.ini", "[headrace]\nlog_level = debug\n"));
  free(put_file(f, "b.ini", PIPE ENDS));
  free(put_file(f, "c.ini",
                "[two]\nsource = answering\nsink = strict\n"
                "[two.source]\ncontrol = 2\n[two.sink]\ncontrol = 2\n"));
  assert_true(load_path(f, f->directory));
  assert_int_equal(f->config.pipeline_count, 2);
  assert_string_equal(f->config.pipelines[1].source.plugin->name, "answering");
  assert_int_equal(settings_integer(&f->config.process, "log_level"), HEADRACE_DEBUG);
}

static void test_plugin_by_path(void **state)
{
  struct fixture *f = *state;
  expect_good(f, "[orders]\nsource = " PROBE_DIR "/headrace-source-probe.so\nsink = probe\n" ENDS);
  assert_string_equal(f->config.pipelines[0].source.plugin->name, "probe");
}

static void test_filters(void **state)
{
  struct fixture *f = *state;
  expect_good(f, "[orders]\nsource = probe\nfilters = thin, probe\nsink = probe\n" ENDS
                 "[orders.filter.thin]\nplugin = probe\ncontrol = 3\ndrop_every = 4\n"
                 "[orders.filter.probe]\ncontrol = 5\n");
  const struct pipeline_config *pipeline = &f->config.pipelines[0];
  assert_int_equal(pipeline->filter_count, 2);
  assert_string_equal(pipeline->filters[0].stage, "filter.thin");
  assert_int_equal(settings_integer(&pipeline->filters[0].settings, "drop_every"), 4);
  assert_int_equal(settings_integer(&pipeline->filters[1].settings, "drop_every"), 0);
}

static void test_filters_plugin_is_a_key_like_others(void **state)
{
  struct fixture *f = *state;
  setenv("CONFIG_TEST_FILTER", "probe", 1);
  expect_good(f, "[orders]\nsource = probe\nfilters = thin\nsink = probe\n" ENDS
                 "[orders.filter.thin]\nplugin = ${CONFIG_TEST_FILTER}\ncontrol = 3\n");
  config_free(&f->config);
  expect_fault(f,
               "[orders]\nsource = probe\nfilters = thin\nsink = probe\n" ENDS
               "[orders.filter.thin]\nplugin = probe\ncontrol = 3\nplugin = probe\n",
               "t.ini:12: [orders.filter.thin] plugin: duplicate key");
}

static void test_variables(void **state)
{
  struct fixture *f = *state;
  setenv("CONFIG_TEST_HOST", "db", 1);
  setenv("CONFIG_TEST_EMPTY", "", 1);
  expect_good(f, PIPE "[orders.source]\ncontrol = 1\n"
                      "host = a.${CONFIG_TEST_HOST}${CONFIG_TEST_EMPTY}.${CONFIG_TEST_HOST} ${x\n"
                      "[orders.sink]\ncontrol = 1\n");
  assert_string_equal(source_string(f, "host"), "a.db.db ${x");
}

static void test_unset_variable(void **state)
{
  expect_fault(*state, PIPE ENDS "dead_letter = ${NO_SUCH_VARIABLE_HERE}\n",
               "t.ini:8: [orders.sink] dead_letter: the environment has no variable "
               "NO_SUCH_VARIABLE_HERE");
}

/* ---- the environment -------------------------------------------------------- */

static void test_own_variables(void **state)
{
  struct fixture *f = *state;
  setenv("HEADRACE_ORDERS_SOURCE_SIZE", "1MiB", 1);
  setenv("HEADRACE_ORDERS_RING_BYTES", "2MiB", 1);
  setenv("HEADRACE_ORDERS_SINK_DEAD_LETTER", "bin", 1);
  setenv("HEADRACE_LOG_LEVEL", "error", 1);
  bool good = load(f, PIPE "ring_bytes = 5MiB\n" ENDS);
  unsetenv("HEADRACE_ORDERS_SOURCE_SIZE");
  unsetenv("HEADRACE_ORDERS_RING_BYTES");
  unsetenv("HEADRACE_ORDERS_SINK_DEAD_LETTER");
  unsetenv("HEADRACE_LOG_LEVEL");
  assert_true(good);
  const struct pipeline_config *pipeline = &f->config.pipelines[0];
  assert_int_equal(settings_integer(&pipeline->source.settings, "size"), 1 << 20);
  assert_int_equal(settings_integer(&pipeline->settings, "ring_bytes"), 2 << 20);
  assert_string_equal(settings_string(&pipeline->sink.settings, "dead_letter"), "bin");
  assert_int_equal(settings_integer(&f->config.process, "log_level"), HEADRACE_ERROR);
}

static void test_plugins_variables(void **state)
{
  struct fixture *f = *state;
  setenv("OLD_PROBE_HOST", "old", 1);
  bool good = load(f, PIPE ENDS);
  assert_true(good);
  assert_string_equal(source_string(f, "host"), "old");
  config_free(&f->config);
  setenv("HEADRACE_ORDERS_SOURCE_HOST", "own", 1); /* the most particular one wins */
  good = load(f, PIPE ENDS "[orders.codec]\n");
  unsetenv("OLD_PROBE_HOST");
  unsetenv("HEADRACE_ORDERS_SOURCE_HOST");
  assert_false(good);
  assert_string_equal(source_string(f, "host"), "own");
}

static void test_bad_variable(void **state)
{
  struct fixture *f = *state;
  setenv("HEADRACE_ORDERS_SOURCE_SIZE", "big", 1);
  bool good = load(f, PIPE ENDS);
  unsetenv("HEADRACE_ORDERS_SOURCE_SIZE");
  assert_false(good);
  assert_string_equal(f->diagnostics.lines[0],
                      "environment variable HEADRACE_ORDERS_SOURCE_SIZE: expects a size such as "
                      "65536, 64KiB or 16MiB, not \"big\"");
}

static void test_a_variable_satisfies_required(void **state)
{
  struct fixture *f = *state;
  setenv("HEADRACE_ORDERS_SOURCE_CONTROL", "9", 1);
  bool good = load(f, PIPE "[orders.sink]\ncontrol = 1\n");
  unsetenv("HEADRACE_ORDERS_SOURCE_CONTROL");
  assert_true(good);
}

/* ---- secrets ---------------------------------------------------------------- */

static void test_secret_file(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *secret = put_file(f, "secret", "s3cret ;with anything\r\n");
  CLEANUP_FREE char *text =
      xasprintf(PIPE "[orders.sink]\ncontrol = 1\n[orders.source]\ncontrol = 1\n"
                     "password_file = %s\n",
                secret);
  expect_good(f, text);
  assert_string_equal(source_string(f, "password"), "s3cret ;with anything");
}

static void test_secret_file_variable(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *secret = put_file(f, "secret", "hidden\n");
  setenv("HEADRACE_ORDERS_SOURCE_PASSWORD_FILE", secret, 1);
  bool good = load(f, PIPE ENDS);
  unsetenv("HEADRACE_ORDERS_SOURCE_PASSWORD_FILE");
  assert_true(good);
  assert_string_equal(source_string(f, "password"), "hidden");
}

static void test_secret_file_missing(void **state)
{
  expect_fault(*state,
               PIPE "[orders.sink]\ncontrol = 1\n[orders.source]\ncontrol = 1\n"
                    "password_file = /nonexistent/p\n",
               "t.ini:8: [orders.source] password_file: cannot read /nonexistent/p: No such file");
}

static void test_secret_file_too_large(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *large = xcalloc(1, 65538);
  memset(large, 'x', 65537);
  CLEANUP_FREE char *secret = put_file(f, "secret", large);
  CLEANUP_FREE char *text = xasprintf(PIPE "[orders.sink]\ncontrol = 1\n[orders.source]\n"
                                           "control = 1\npassword_file = %s\n",
                                      secret);
  expect_fault(f, text, "it is larger than 64 KiB");
}

/* Only a secret has a file. */
static void test_file_of_no_secret(void **state)
{
  expect_fault(*state,
               PIPE "[orders.sink]\ncontrol = 1\n[orders.source]\ncontrol = 1\nhost_file = /x\n",
               "[orders.source] host_file: unknown key; did you mean \"host\"?");
}

/* ---- faults ----------------------------------------------------------------- */

static void test_all_faults_at_once(void **state)
{
  expect_faults(
      *state,
      "[headrace]\nlog_levle = info\nshutdown_timeout = soon\n"
      "[orders]\nsource = probe\nsink = prob\ncheckpoint = paper\n"
      "[orders.source]\nsize = many\nhost = a\nhost = b\nzzzzzzzzzzzz = 1\n"
      "[orders.sorce]\nx = 1\n"
      "[orders]\n"
      "[Bad name!]\n",
      (const char *const[]){
          "t.ini:2: [headrace] log_levle: unknown key; did you mean \"log_level\"?",
          "t.ini:3: [headrace] shutdown_timeout: expects a duration such as",
          "t.ini:7: [orders] checkpoint: expects one of: file|sink|none, not \"paper\"",
          "t.ini:9: [orders.source] size: expects a size such as 65536, 64KiB or 16MiB, not "
          "\"many\"",
          "t.ini:11: [orders.source] host: duplicate key, first given at",
          "t.ini:12: [orders.source] zzzzzzzzzzzz: unknown key; 'headrace help' lists",
          "t.ini:8: [orders.source] control: missing, and it has no default (address of",
          "t.ini:4: [orders] there is no sink \"prob\" in " PROBE_DIR "; there is:",
          "t.ini:15: [orders] duplicate section, first given at",
          "t.ini:16: [Bad name!] a pipeline's name is made of letters, digits, _ and -",
          "t.ini:13: [orders.sorce] unknown section; did you mean [orders.source]?", NULL});
}

static void test_missing_source_and_sink(void **state)
{
  expect_faults(
      *state, "[orders]\n",
      (const char *const[]){"t.ini:1: [orders] source: missing", "[orders] sink: missing", NULL});
}

static void test_no_pipeline(void **state)
{
  expect_fault(*state, "[headrace]\nlog_level = info\n", "t.ini: there is no pipeline");
}

static void test_key_before_a_section(void **state)
{
  expect_fault(*state, "a = b\n" PIPE ENDS, "t.ini:1: [] a: a key before the first [section]");
}

static void test_section_of_an_unused_stage(void **state)
{
  expect_fault(*state, PIPE ENDS "[orders.codec]\nx = 1\n",
               "t.ini:8: [orders.codec] the section is given, but its pipeline does not use");
}

static void test_section_of_no_pipeline(void **state)
{
  expect_fault(*state, PIPE ENDS "[invoices.filter.mask]\n",
               "t.ini:8: [invoices.filter.mask] unknown section");
}

static void test_kinds_are_not_mixed_up(void **state)
{
  expect_fault(*state,
               "[orders]\nsource = " PROBE_DIR "/headrace-sink-probe.so\nsink = probe\n"
               "[orders.sink]\ncontrol = 1\n",
               "headrace-sink-probe.so is a sink, not a source");
}

static void test_not_a_plugin(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *path = put_file(f, "x.so", "not ELF");
  CLEANUP_FREE char *text =
      xasprintf("[orders]\nsource = %s\nsink = probe\n[orders.sink]\ncontrol = 1\n", path);
  expect_fault(f, text, "x.so: "); /* dlopen's own words */
}

static void test_checkpoint_in_a_sink_that_cannot(void **state)
{
  expect_fault(*state, "[orders]\nsource = probe\nsink = strict\ncheckpoint = sink\n" ENDS,
               "[orders] checkpoint = sink, but this sink cannot keep positions; use file");
}

static void test_exactly_once_needs_the_sink(void **state)
{
  expect_fault(*state, PIPE "delivery = exactly-once\n" ENDS,
               "[orders] delivery = exactly-once needs checkpoint = sink");
}

static void test_dead_letters_need_a_place(void **state)
{
  expect_fault(*state, PIPE "errors = dead-letter\n" ENDS,
               "[orders] errors = dead-letter, but the sink's section does not say dead_letter");
}

static void test_dead_letters_need_a_sink_that_can(void **state)
{
  expect_fault(*state, "[orders]\nsource = probe\nsink = strict\nerrors = dead-letter\n" ENDS,
               "[orders] errors = dead-letter, but");
}

static void test_plugins_own_check(void **state)
{
  expect_fault(*state, PIPE "[orders.source]\ncontrol = 1\nsize = 13\n[orders.sink]\ncontrol = 1\n",
               "orders.source: size = 13 and control do not go together");
}

static void test_secrets_are_not_said(void **state)
{
  struct fixture *f = *state;
  assert_false(load(f, PIPE ENDS "[orders.filter.x]\npasword = hunter2\n"));
  for (size_t i = 0; i < f->diagnostics.count; i++)
    assert_null(strstr(f->diagnostics.lines[i], "hunter2"));
}

static void test_ini_faults_come_along(void **state)
{
  expect_faults(*state, PIPE "ring_bytes = 1MiB ; more\nringbytes = 2\n" ENDS,
                (const char *const[]){"t.ini:4: a value must not hold \" ;\"",
                                      "t.ini:5: [orders] ringbytes: unknown key; did you mean "
                                      "\"ring_bytes\"?",
                                      NULL});
}

/* ---- the manual ------------------------------------------------------------- */

static bool is_key(const struct headrace_key *keys, const char *name)
{
  for (; keys->name; keys++)
    if (!strcmp(keys->name, name))
      return true;
  return false;
}

static void assert_described(const char *manual, const struct headrace_key *keys)
{
  for (; keys->name; keys++) {
    CLEANUP_FREE char *item = xasprintf("\n.It Cm %s\n", keys->name);
    if (!strstr(manual, item))
      fail_msg("headrace.ini(5) does not describe %s", keys->name);
  }
}

/* headrace.ini(5) has the keys of the tables, all of them and no others. */
static void test_manual(void **state)
{
  (void)state;
  FILE *file = fopen(DOCS_DIR "/headrace.ini.5", "re");
  assert_non_null(file);
  CLEANUP_FREE char *manual = xcalloc(1, 100000);
  assert_in_range(fread(manual, 1, 99999, file), 1000, 99998);
  fclose(file);
  assert_described(manual, process_keys);
  assert_described(manual, pipeline_keys);
  for (const char *item = manual; (item = strstr(item, "\n.It Cm ")); item++) {
    const char *name = item + strlen("\n.It Cm ");
    CLEANUP_FREE char *key = xstrndup(name, strcspn(name, "\n"));
    if (!is_key(process_keys, key) && !is_key(pipeline_keys, key) && strcmp(key, "plugin") != 0)
      fail_msg("headrace.ini(5) describes %s, which is no key", key);
  }
}

/* ---- names ------------------------------------------------------------------ */

static void test_nearest(void **state)
{
  (void)state;
  static const struct {
    const char *name, *known, *found;
  } cases[] = {
      {"sourc", "source", "source"},
      {"surce", "source", "source"},
      {"x", "source", NULL},
      {"", "source", NULL},
      {"publcation", "publication", "publication"},
      {"ab", "cd", "cd"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct nearest nearest = {.name = cases[i].name};
    nearest_consider(&nearest, "a far away name of nothing");
    nearest_consider(&nearest, cases[i].known);
    const char *found = nearest_found(&nearest);
    if (!cases[i].found)
      assert_null(found);
    else
      assert_string_equal(found, cases[i].found);
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_defaults),
      TEST(test_several_files_and_pipelines),
      TEST(test_plugin_by_path),
      TEST(test_filters),
      TEST(test_filters_plugin_is_a_key_like_others),
      TEST(test_variables),
      TEST(test_unset_variable),
      TEST(test_own_variables),
      TEST(test_plugins_variables),
      TEST(test_bad_variable),
      TEST(test_a_variable_satisfies_required),
      TEST(test_secret_file),
      TEST(test_secret_file_variable),
      TEST(test_secret_file_missing),
      TEST(test_secret_file_too_large),
      TEST(test_file_of_no_secret),
      TEST(test_all_faults_at_once),
      TEST(test_missing_source_and_sink),
      TEST(test_no_pipeline),
      TEST(test_key_before_a_section),
      TEST(test_section_of_an_unused_stage),
      TEST(test_section_of_no_pipeline),
      TEST(test_kinds_are_not_mixed_up),
      TEST(test_not_a_plugin),
      TEST(test_checkpoint_in_a_sink_that_cannot),
      TEST(test_exactly_once_needs_the_sink),
      TEST(test_dead_letters_need_a_place),
      TEST(test_dead_letters_need_a_sink_that_can),
      TEST(test_plugins_own_check),
      TEST(test_secrets_are_not_said),
      TEST(test_ini_faults_come_along),
      cmocka_unit_test(test_manual),
      cmocka_unit_test(test_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
