/* SPDX-License-Identifier: Apache-2.0
 *
 * INI files: what inih would cut or misread in silence is said, with its true line. */
#include "ini_file.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* after what it needs */

struct reading {
  struct ini ini;
  struct diagnostics diagnostics;
};

static void read_bytes(struct reading *reading, const char *text, size_t size)
{
  *reading = (struct reading){0};
  FILE *stream = fmemopen((void *)(uintptr_t)text, size, "r");
  assert_non_null(stream);
  ini_read_stream(&reading->ini, stream, "f.ini", &reading->diagnostics);
  fclose(stream);
}

static void done(struct reading *reading)
{
  ini_free(&reading->ini);
  diagnostics_free(&reading->diagnostics);
}

/* `expected` is "section|key|value|line" for each key, joined by newlines. */
static void expect(const char *text, const char *expected)
{
  struct reading reading;
  read_bytes(&reading, text, strlen(text));
  char *got = xstrdup("");
  for (size_t i = 0; i < reading.ini.count; i++) {
    const struct ini_entry *entry = &reading.ini.entries[i];
    if (!entry->key)
      continue;
    char *longer = xasprintf("%s%s%s|%s|%s|%u", got, *got ? "\n" : "", entry->section, entry->key,
                             entry->value, entry->line);
    free(got);
    got = longer;
  }
  if (reading.diagnostics.count)
    fail_msg("unexpected: %s", reading.diagnostics.lines[0]);
  assert_string_equal(got, expected);
  free(got);
  done(&reading);
}

/* The first fault, and how many there are. */
static void expect_fault_of(const char *text, size_t size, const char *fault, size_t count)
{
  struct reading reading;
  read_bytes(&reading, text, size);
  if (!reading.diagnostics.count)
    fail_msg("no fault, but expected: %s", fault);
  if (!strstr(reading.diagnostics.lines[0], fault))
    fail_msg("\"%s\" does not say \"%s\"", reading.diagnostics.lines[0], fault);
  assert_int_equal(reading.diagnostics.count, count);
  done(&reading);
}

static void expect_fault(const char *text, const char *fault)
{
  expect_fault_of(text, strlen(text), fault, 1);
}

static void test_plain(void **state)
{
  (void)state;
  expect("; comment\n# too\n[a]\nkey = value\nother:  x y  \nempty =\n\n[a.b]\nk=v=w",
         "a|key|value|4\na|other|x y|5\na|empty||6\na.b|k|v=w|9");
  expect("[a]\nk = \"quoted\" #not a comment\n", "a|k|\"quoted\" #not a comment|2");
  expect("[a]\nk = a;b\n", "a|k|a;b|2");
  expect("", "");
}

static void test_sections_have_lines(void **state)
{
  (void)state;
  struct reading reading;
  const char text[] = "[one]\n\n[two]\n";
  read_bytes(&reading, text, strlen(text));
  assert_int_equal(reading.ini.count, 2);
  assert_null(reading.ini.entries[1].key);
  assert_string_equal(reading.ini.entries[1].section, "two");
  assert_int_equal(reading.ini.entries[1].line, 3);
  done(&reading);
}

/* A line of `size` bytes, "key = xxx…", with comments before it. */
static char *line_of(size_t size, const char *before)
{
  char *filler = xcalloc(1, size - 6 + 1);
  memset(filler, 'x', size - 6);
  char *text = xasprintf("[a]\n%skey = %s\nnext = 1\n", before, filler);
  free(filler);
  return text;
}

static void test_line_length(void **state)
{
  (void)state;
  char *text = line_of(198, "");
  struct reading reading;
  read_bytes(&reading, text, strlen(text));
  assert_int_equal(reading.diagnostics.count, 0);
  assert_int_equal(strlen(reading.ini.entries[1].value), 192); /* all of it */
  assert_string_equal(reading.ini.entries[2].key, "next");
  done(&reading);
  free(text);
  static const size_t sizes[] = {199, 200, 201, 300, 5000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    text = line_of(sizes[i], "; one\n\n; two\n");
    char *fault = xasprintf("f.ini:5: the line has %zu bytes, the most is 198", sizes[i]);
    expect_fault(text, fault);
    free(fault);
    free(text);
  }
}

static void test_long_comments_are_free(void **state)
{
  (void)state;
  char comment[1000];
  memset(comment, ';', sizeof comment - 1);
  comment[sizeof comment - 1] = '\0';
  char *text = xasprintf("[a]\n%s\nk = v\n  %s\nl = w\n", comment, comment);
  expect(text, "a|k|v|3\na|l|w|5");
  free(text);
}

static void test_section_length(void **state)
{
  (void)state;
  expect("[1234567890123456789012345678901234567890123456789]\nk = v\n",
         "1234567890123456789012345678901234567890123456789|k|v|2");
  expect_fault("[12345678901234567890123456789012345678901234567890]\n",
               "f.ini:1: the section name has 50 bytes, the most is 49");
}

static void test_key_length(void **state)
{
  (void)state;
  expect("[a]\n1234567890123456789012345678901234567890123456789 = v\n",
         "a|1234567890123456789012345678901234567890123456789|v|2");
  expect_fault("[a]\n12345678901234567890123456789012345678901234567890 = v\n",
               "f.ini:2: the key has 50 bytes, the most is 49");
}

static void test_inline_comments(void **state)
{
  (void)state;
  expect_fault("[a]\nk = v ; note\n", "f.ini:2: a value must not hold \" ;\"");
  expect_fault("[a]\nk = v\t;\n", "f.ini:2: a value must not hold \" ;\"");
  expect_fault("[a]\nk = ;\n", "f.ini:2: a value must not hold \" ;\"");
  expect_fault("[a]\nk = v\n  more ;x\n", "f.ini:3: a value must not hold \" ;\"");
}

static void test_continuation(void **state)
{
  (void)state;
  expect("[a]\nk = one,\n  two,\n\tthree\nl = x\n", "a|k|one, two, three|2\na|l|x|5");
  expect("[a]\nk =\n  one\n ; not this\n  two\n", "a|k|one two|2");
  expect("[a]\nk = one\n  [not a section]\n", "a|k|one [not a section]|2");
  expect_fault("[a]\n  k = v\n", "f.ini:2: a line that begins with a blank");
  expect_fault("[a]\nk = v\n[b]\n  more\n", "f.ini:4: a line that begins with a blank");
}

static void test_malformed(void **state)
{
  (void)state;
  expect_fault("[a\nk = v\n", "f.ini:1: a section needs its closing ]");
  expect_fault("[a]\nnonsense\n", "f.ini:2: expected KEY = VALUE or [SECTION]");
  expect_fault("[a]\n = v\n", "f.ini:2:");
  expect_fault("[a]\n= v\n", "f.ini:2: there is no key before the =");
  expect_fault_of("[a]\nx\n[b\ny\n", strlen("[a]\nx\n[b\ny\n"), "f.ini:2:", 3); /* all at once */
}

static void test_nul_bytes(void **state)
{
  (void)state;
  expect_fault_of("[a]\nk = v\0w\n", 12, "f.ini:2: the line holds a NUL byte", 1);
  expect_fault_of("[a]\n\0k = v\n", 11, "f.ini:2: the line holds a NUL byte", 1);
  expect_fault_of("[a]\n;\0\n", 7, "f.ini:2: the line holds a NUL byte", 1);
}

static void test_line_ends(void **state)
{
  (void)state;
  expect("[a]\r\nk = v\r\n\r\nl = w\r\n  x\r\n", "a|k|v|2\na|l|w x|4");
  expect("[a]\nk = v", "a|k|v|2");
}

static void test_byte_order_mark(void **state)
{
  (void)state;
  expect("\xef\xbb\xbf[a]\nk = v\n", "a|k|v|2");
  expect("\xef\xbb\xbf; comment\n[a]\nk = v\n", "a|k|v|3");
  expect("\xef\xbb\xbf", "");
  expect("[a]\nk = \xef\xbb\xbf\n", "a|k|\xef\xbb\xbf|2");
}

static void test_utf8(void **state)
{
  (void)state;
  expect("[a]\nk = n\xc3\xa4me\n", "a|k|n\xc3\xa4me|2");
}

/* ---- files and folders ----------------------------------------------------- */

static void put_file(const char *directory, const char *name, const char *text)
{
  char *path = xasprintf("%s/%s", directory, name);
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  free(path);
}

static void test_directory(void **state)
{
  (void)state;
  char directory[] = "/tmp/headrace-ini-XXXXXX";
  assert_non_null(mkdtemp(directory));
  struct ini ini;
  struct diagnostics diagnostics = {0};
  assert_false(ini_read(&ini, directory, &diagnostics));
  assert_non_null(strstr(diagnostics.lines[0], "there is no *.ini file in this directory"));
  ini_free(&ini);
  diagnostics_free(&diagnostics);
  put_file(directory, "20-b.ini", "[b]\nk = 2\n");
  put_file(directory, "10-a.ini", "[a]\nk = 1\n");
  put_file(directory, ".hidden.ini", "nonsense\n");
  put_file(directory, "notes.txt", "nonsense\n");
  put_file(directory, "c.ini~", "nonsense\n");
  assert_true(ini_read(&ini, directory, &diagnostics));
  assert_int_equal(ini.count, 4);
  assert_string_equal(ini.entries[0].section, "a"); /* in the order of their names */
  assert_string_equal(ini.entries[2].section, "b");
  assert_non_null(strstr(ini.entries[2].file, "/20-b.ini"));
  ini_free(&ini);
  char *command = xasprintf("rm -r %s", directory);
  assert_int_equal(system(command), 0);
  free(command);
}

static void test_missing_file(void **state)
{
  (void)state;
  struct ini ini;
  struct diagnostics diagnostics = {0};
  assert_false(ini_read(&ini, "/nonexistent/x.ini", &diagnostics));
  assert_string_equal(diagnostics.lines[0],
                      "/nonexistent/x.ini: cannot open: No such file or directory");
  ini_free(&ini);
  diagnostics_free(&diagnostics);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_sections_have_lines),
      cmocka_unit_test(test_line_length),
      cmocka_unit_test(test_long_comments_are_free),
      cmocka_unit_test(test_section_length),
      cmocka_unit_test(test_key_length),
      cmocka_unit_test(test_inline_comments),
      cmocka_unit_test(test_continuation),
      cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_nul_bytes),
      cmocka_unit_test(test_line_ends),
      cmocka_unit_test(test_byte_order_mark),
      cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_directory),
      cmocka_unit_test(test_missing_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
