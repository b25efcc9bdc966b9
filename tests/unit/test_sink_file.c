/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-file's files: rotation, what is cut off, a disk that is full. */
#include "numbered_files.h"
#include "output.h"
#include "plugin_host.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

const struct headrace_registration *headrace_plugin_entry(void);

struct fixture {
  char folder[64], path[128];
  struct plugin_host *host;
  struct output output;
};

static void set_up(struct fixture *f, const char *rotate_bytes, const char *keep)
{
  strcpy(f->folder, "/tmp/headrace-file-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->path, sizeof f->path, "%s/a.b.jsonl", f->folder);
  const char *const settings[] = {"path", f->path, "rotate_bytes", rotate_bytes, "keep",
                                  keep,   NULL};
  f->host = plugin_host_new(headrace_plugin_entry()->plugin->keys, settings);
  output_init(&f->output, &f->host->instance.host);
  assert_int_equal(output_open(&f->output), HEADRACE_OK);
}

static void tear_down(struct fixture *f)
{
  char command[128];
  output_close(&f->output);
  plugin_host_free(f->host);
  snprintf(command, sizeof command, "rm -r %s", f->folder);
  assert_int_equal(system(command), 0);
}

static off_t size_of(const char *path)
{
  struct stat file;
  return stat(path, &file) ? -1 : file.st_size;
}

static void write_text(struct fixture *f, const char *text)
{
  assert_int_equal(output_write(&f->output, text, strlen(text)), HEADRACE_OK);
}

static void files_follow_each_other(void **state)
{
  (void)state;
  struct fixture f;
  set_up(&f, "4", "2");
  for (int i = 0; i < 4; i++) {
    assert_false(output_is_full(&f.output));
    write_text(&f, "abc\n");
    assert_true(output_is_full(&f.output));
    assert_int_equal(output_next(&f.output), HEADRACE_OK);
    output_drop_old(&f.output);
  }
  assert_int_equal(f.output.number, 5);
  assert_int_equal(numbered_next(f.path, 0), 4);
  assert_int_equal(numbered_next(f.path, 4), 5);
  assert_int_equal(numbered_next(f.path, 5), 0);
  char *path = numbered_path(f.path, 4);
  assert_non_null(strstr(path, "/a.b.0000000004.jsonl"));
  assert_int_equal(size_of(path), 4);
  free(path);
  tear_down(&f);
}

static void a_line_without_an_end_is_cut_off(void **state)
{
  (void)state;
  struct fixture f;
  set_up(&f, "0", "0");
  write_text(&f, "one\ntwo\nthr");
  assert_int_equal(output_open(&f.output), HEADRACE_OK);
  assert_int_equal(size_of(f.path), 8);
  write_text(&f, "three\n");
  assert_int_equal(size_of(f.path), 14);
  tear_down(&f);
}

static void all_behind_a_line_is_cut_off(void **state)
{
  (void)state;
  struct fixture f;
  char line[16];
  bool found;
  set_up(&f, "0", "0");
  write_text(&f, "P1\none\nP2\ntwo\nthree\n");
  assert_int_equal(output_cut_behind(&f.output, "P", line, sizeof line, &found), HEADRACE_OK);
  assert_true(found);
  assert_string_equal(line, "P2");
  assert_int_equal(size_of(f.path), 10);
  assert_int_equal(output_cut_behind(&f.output, "Q", line, sizeof line, &found), HEADRACE_OK);
  assert_false(found);
  assert_int_equal(size_of(f.path), 10);
  tear_down(&f);
}

/* Longer than what is read at a time, so that a line's end is looked for in several pieces. */
static void long_lines_are_found(void **state)
{
  (void)state;
  struct fixture f;
  char line[16], *large = malloc(200001);
  bool found;
  memset(large, 'x', 200000);
  large[199999] = '\n';
  large[200000] = '\0';
  set_up(&f, "0", "0");
  write_text(&f, "P1\n");
  write_text(&f, large);
  write_text(&f, large);
  assert_int_equal(output_cut_behind(&f.output, "P", line, sizeof line, &found), HEADRACE_OK);
  assert_true(found);
  assert_int_equal(size_of(f.path), 3);
  free(large);
  tear_down(&f);
}

static void a_full_disk_leaves_whole_lines(void **state)
{
  (void)state;
  struct fixture f;
  char *large = malloc(100001);
  memset(large, 'x', 100000);
  large[100000] = '\0';
  set_up(&f, "0", "0");
  write_text(&f, "one\n");
  struct rlimit old, limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  limit = (struct rlimit){.rlim_cur = 50000, .rlim_max = old.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  assert_int_equal(output_write(&f.output, large, 100000), HEADRACE_RETRY);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(size_of(f.path), 4);
  write_text(&f, "two\n");
  assert_int_equal(size_of(f.path), 8);
  free(large);
  tear_down(&f);
}

static void one_process_writes(void **state)
{
  (void)state;
  struct fixture f;
  struct output other;
  set_up(&f, "0", "0");
  output_init(&other, &f.host->instance.host);
  assert_int_equal(output_open(&other), HEADRACE_RETRY);
  output_close(&other);
  char *log = plugin_host_log(f.host);
  assert_non_null(strstr(log, "another process writes"));
  free(log);
  tear_down(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_follow_each_other),
      cmocka_unit_test(a_line_without_an_end_is_cut_off),
      cmocka_unit_test(all_behind_a_line_is_cut_off),
      cmocka_unit_test(long_lines_are_found),
      cmocka_unit_test(a_full_disk_leaves_whole_lines),
      cmocka_unit_test(one_process_writes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
