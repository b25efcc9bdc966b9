/* SPDX-License-Identifier: Apache-2.0
 *
 * The checkpoint file: what survives, what is refused, and who may write it. */
#include "checkpoint.h"
#include "cleanup.h"
#include "memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h> /* after what it needs */

struct fixture {
  char directory[64];
  struct diagnostics said;
  struct logger logger;
};

static int setup(void **state)
{
  struct fixture *f = xcalloc(1, sizeof *f);
  strcpy(f->directory, "/tmp/headrace-checkpoint-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  f->logger = (struct logger){.level = HEADRACE_DEBUG, .capture = &f->said};
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;
  diagnostics_free(&f->said);
  CLEANUP_FREE char *command = xasprintf("rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  free(f);
  return 0;
}

static bool open_as(struct fixture *f, struct checkpoint_file *file, const char *source)
{
  return checkpoint_file_open(file, &f->logger, f->directory, "orders", source);
}

static struct position position_of(const char *data, size_t size)
{
  struct position position = {.known = true, .size = size};
  memcpy(position.data, data, size);
  return position;
}

static void assert_said(const struct fixture *f, const char *text)
{
  for (size_t i = 0; i < f->said.count; i++)
    if (strstr(f->said.lines[i], text))
      return;
  fail_msg("\"%s\" was not said, but: %s", text, f->said.count ? f->said.lines[0] : "nothing");
}

static void put_content(const struct checkpoint_file *file, const char *text)
{
  FILE *out = fopen(file->path, "we");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static char *content_of(const struct checkpoint_file *file)
{
  char *text = xcalloc(1, 4096);
  FILE *in = fopen(file->path, "re");
  assert_non_null(in);
  assert_true(fread(text, 1, 4095, in) > 0);
  fclose(in);
  return text;
}

/* ---- good ------------------------------------------------------------------- */

static void test_none_yet(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position position = {.known = true};
  assert_true(open_as(f, &file, "probe"));
  assert_true(checkpoint_file_load(&file, &position, &(struct parts){0}));
  assert_false(position.known);
  checkpoint_file_close(&file);
}

static void check_round_trip(struct fixture *f, const char *data, size_t size, const char *written)
{
  struct checkpoint_file file;
  struct position saved = position_of(data, size), loaded;
  assert_true(open_as(f, &file, "probe"));
  assert_true(checkpoint_file_save(&file, &saved, &(struct parts){0}));
  CLEANUP_FREE char *text = content_of(&file);
  if (!strstr(text, written))
    fail_msg("%s is not in %s", written, text);
  checkpoint_file_close(&file);
  assert_true(open_as(f, &file, "probe")); /* the lock went with the first */
  assert_true(checkpoint_file_load(&file, &loaded, &(struct parts){0}));
  assert_true(loaded.known);
  assert_int_equal(loaded.size, size);
  assert_memory_equal(loaded.data, data, size);
  checkpoint_file_close(&file);
}

static void test_round_trips(void **state)
{
  check_round_trip(*state, "0/1A2B3C8 7", 11, "\"position\": \"0/1A2B3C8 7\"");
  check_round_trip(*state, "say \"\\\"", 7, "\"position\": \"say \\\"\\\\\\\"\"");
  check_round_trip(*state, "\0\x01\xfe\xff", 4, "\"position_hex\": \"0001feff\"");
  check_round_trip(*state, "caf\xc3\xa9", 5, "\"position_hex\": \"636166c3a9\"");
  check_round_trip(*state, "", 0, "\"position\": \"\"");
  char longest[1024];
  memset(longest, 0x80, sizeof longest);
  check_round_trip(*state, longest, sizeof longest, "80808080");
  memset(longest, 'p', sizeof longest);
  check_round_trip(*state, longest, sizeof longest, "pppppppp");
}

static void test_replaced_not_rewritten(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  assert_true(open_as(f, &file, "probe"));
  struct position one = position_of("1", 1), two = position_of("2", 1);
  assert_true(checkpoint_file_save(&file, &one, &(struct parts){0}));
  int before = open(file.path, O_RDONLY | O_CLOEXEC);
  assert_true(checkpoint_file_save(&file, &two, &(struct parts){0}));
  /* Who has the old one open still reads a whole old one: it was never truncated. */
  char text[4096] = "";
  assert_true(read(before, text, sizeof text - 1) > 0);
  assert_non_null(strstr(text, "\"position\": \"1\""));
  assert_non_null(strstr(text, "}"));
  close(before);
  CLEANUP_FREE char *temporary = xasprintf("%s.new", file.path);
  assert_int_not_equal(access(temporary, F_OK), 0);
  struct stat status;
  assert_int_equal(stat(file.path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  checkpoint_file_close(&file);
}

static void test_a_torn_temporary_is_harmless(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position one = position_of("1", 1), loaded;
  assert_true(open_as(f, &file, "probe"));
  assert_true(checkpoint_file_save(&file, &one, &(struct parts){0}));
  CLEANUP_FREE char *temporary = xasprintf("%s.new", file.path);
  FILE *torn = fopen(temporary, "we");
  fputs("{ \"vers", torn); /* what a crash between write and rename leaves */
  fclose(torn);
  assert_true(checkpoint_file_load(&file, &loaded, &(struct parts){0}));
  assert_int_equal(loaded.data[0], '1');
  assert_true(checkpoint_file_save(&file, &one, &(struct parts){0}));
  checkpoint_file_close(&file);
}

static void test_folder_is_made(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  CLEANUP_FREE char *directory = xasprintf("%s/state", f->directory);
  assert_true(checkpoint_file_open(&file, &f->logger, directory, "orders", "probe"));
  struct stat status;
  assert_int_equal(stat(directory, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0700);
  checkpoint_file_close(&file);
}

/* ---- refused ----------------------------------------------------------------- */

static void test_bad_files(void **state)
{
  struct fixture *f = *state;
  static const char *const contents[][2] = {
      {"", "orders.checkpoint: "},
      {"{ \"version\": 1, \"position\": \"12", "put a good copy back, or remove the file"},
      {"nonsense", "orders.checkpoint: "},
      {"[]", "another version"},
      {"{}", "another version"},
      {"{\"version\": 2, \"source\": \"probe\", \"position\": \"1\"}", "another version"},
      {"{\"version\": 1, \"position\": \"1\"}", "another source plugin"},
      {"{\"version\": 1, \"source\": \"other\", \"position\": \"1\"}", "another source plugin"},
      {"{\"version\": 1, \"source\": \"probe\"}", "no valid position"},
      {"{\"version\": 1, \"source\": \"probe\", \"position\": 12}", "no valid position"},
      {"{\"version\": 1, \"source\": \"probe\", \"position_hex\": \"0\"}", "no valid position"},
      {"{\"version\": 1, \"source\": \"probe\", \"position_hex\": \"0g\"}", "no valid position"},
      {"{\"version\": 1, \"version\": 1, \"source\": \"probe\", \"position\": \"1\"}", "duplicate"},
  };
  struct checkpoint_file file;
  assert_true(open_as(f, &file, "probe"));
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    struct position position;
    put_content(&file, contents[i][0]);
    if (checkpoint_file_load(&file, &position, &(struct parts){0}))
      fail_msg("taken: %s", contents[i][0]);
    assert_false(position.known);
    assert_said(f, contents[i][1]);
    diagnostics_free(&f->said);
  }
  checkpoint_file_close(&file);
}

static void test_position_too_long(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position position;
  assert_true(open_as(f, &file, "probe"));
  CLEANUP_FREE char *filler = xcalloc(1, 2051);
  memset(filler, 'a', 2050);
  static const char *const keys[] = {"position", "position_hex"};
  for (size_t i = 0; i < 2; i++) {
    CLEANUP_FREE char *text =
        xasprintf("{\"version\": 1, \"source\": \"probe\", \"%s\": \"%s\"}", keys[i], filler);
    put_content(&file, text);
    assert_false(checkpoint_file_load(&file, &position, &(struct parts){0}));
  }
  assert_said(f, "no valid position");
  checkpoint_file_close(&file);
}

static void test_another_source(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position one = position_of("1", 1), loaded;
  assert_true(open_as(f, &file, "probe"));
  assert_true(checkpoint_file_save(&file, &one, &(struct parts){0}));
  checkpoint_file_close(&file);
  assert_true(open_as(f, &file, "kafka"));
  assert_false(checkpoint_file_load(&file, &loaded, &(struct parts){0}));
  assert_said(f, "it was written for another source plugin");
  checkpoint_file_close(&file);
}

/* ---- who may write ------------------------------------------------------------ */

static void test_lock_of_another_process(void **state)
{
  struct fixture *f = *state;
  int ready[2], leave[2];
  assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
  assert_int_equal(pipe2(leave, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) {
    struct checkpoint_file theirs;
    char byte = (char)open_as(f, &theirs, "probe");
    if (write(ready[1], &byte, 1) != 1 || read(leave[0], &byte, 1) != 1)
      _exit(1);
    _exit(0); /* without closing: the lock goes with the process */
  }
  char byte = 0;
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(byte, 1);
  struct checkpoint_file ours;
  assert_false(open_as(f, &ours, "probe"));
  assert_said(f, "another process runs this pipeline (it holds ");
  checkpoint_file_close(&ours);
  assert_int_equal(write(leave[1], &byte, 1), 1);
  int status = 1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(open_as(f, &ours, "probe"));
  checkpoint_file_close(&ours);
  for (int i = 0; i < 2; i++) {
    close(ready[i]);
    close(leave[i]);
  }
}

static void test_folder_that_cannot_be(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  assert_false(checkpoint_file_open(&file, &f->logger, "/proc/nowhere", "orders", "probe"));
  assert_said(f, "cannot make the state directory /proc/nowhere");
  assert_said(f, "set state_dir in [headrace]");
  checkpoint_file_close(&file);
}

static void test_folder_that_cannot_be_written(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  assert_false(checkpoint_file_open(&file, &f->logger, "/proc/self", "orders", "probe"));
  assert_said(f, "cannot open /proc/self/orders.lock");
  checkpoint_file_close(&file);
}

/* The old checkpoint stays whole when the new one cannot be written. */
static void test_failed_save(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position one = position_of("1", 1), two = position_of("2", 1), loaded;
  assert_true(open_as(f, &file, "probe"));
  assert_true(checkpoint_file_save(&file, &one, &(struct parts){0}));
  CLEANUP_FREE char *temporary = xasprintf("%s.new", file.path);
  assert_int_equal(mkdir(temporary, 0700), 0); /* stops root too */
  assert_false(checkpoint_file_save(&file, &two, &(struct parts){0}));
  assert_said(f, "nothing is acknowledged to the source until it can");
  assert_true(checkpoint_file_load(&file, &loaded, &(struct parts){0}));
  assert_int_equal(loaded.data[0], '1');
  checkpoint_file_close(&file);
}

static void test_full_disk(void **state)
{
  struct fixture *f = *state;
  struct checkpoint_file file;
  struct position one = position_of("1", 1);
  assert_true(open_as(f, &file, "probe"));
  CLEANUP_FREE char *temporary = xasprintf("%s.new", file.path);
  assert_int_equal(symlink("/dev/full", temporary), 0);
  assert_false(checkpoint_file_save(&file, &one, &(struct parts){0}));
  assert_said(f, "No space left on device");
  assert_int_not_equal(access(file.path, F_OK), 0);
  checkpoint_file_close(&file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_none_yet),
      TEST(test_round_trips),
      TEST(test_replaced_not_rewritten),
      TEST(test_a_torn_temporary_is_harmless),
      TEST(test_folder_is_made),
      TEST(test_bad_files),
      TEST(test_position_too_long),
      TEST(test_another_source),
      TEST(test_lock_of_another_process),
      TEST(test_folder_that_cannot_be),
      TEST(test_folder_that_cannot_be_written),
      TEST(test_failed_save),
      TEST(test_full_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
