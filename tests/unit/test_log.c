/* SPDX-License-Identifier: Apache-2.0
 *
 * A log line is one line, whatever is in it, and as JSON it parses. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* after what it needs */

static int setup(void **state)
{
  char path[] = "/tmp/headrace-log-XXXXXX";
  struct logger *logger = calloc(1, sizeof *logger);
  logger->fd = mkostemp(path, O_CLOEXEC);
  unlink(path);
  logger->level = HEADRACE_INFO;
  *state = logger;
  return 0;
}

static int teardown(void **state)
{
  struct logger *logger = *state;
  close(logger->fd);
  free(logger);
  return 0;
}

static char *written(const struct logger *logger)
{
  static char text[4096];
  ssize_t size = pread(logger->fd, text, sizeof text - 1, 0);
  assert_true(size >= 0);
  text[size] = '\0';
  return text;
}

static const char nasty[] = "two\nlines \"quoted\\\" tab\t bell\a \xc3\xa4 \xf0\x9f\x98\x80 "
                            "\xff\xc3 \xed\xa0\x80 \xe0\x80\xaf end\n\n";

static void test_text(void **state)
{
  struct logger *logger = *state;
  log_write(logger, HEADRACE_WARNING, "orders.sink", "%s", nasty);
  char *text = written(logger);
  assert_non_null(
      strstr(text, "Z warning orders.sink: two lines \"quoted\\\" tab\\u0009 bell\\u0007 "));
  assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_json(void **state)
{
  struct logger *logger = *state;
  logger->json = true;
  log_write(logger, HEADRACE_ERROR, "orders.sink", "%s", nasty);
  json_error_t error;
  json_t *line = json_loads(written(logger), 0, &error);
  if (!line)
    fail_msg("%s: %s", error.text, written(logger));
  assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
  assert_string_equal(json_string_value(json_object_get(line, "instance")), "orders.sink");
  const char *message = json_string_value(json_object_get(line, "message"));
  assert_non_null(
      strstr(message, "two\nlines \"quoted\\\" tab\t bell\a \xc3\xa4 \xf0\x9f\x98\x80 "));
  assert_non_null(strstr(message, "\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd"));
  assert_string_equal(message + strlen(message) - 4, " end");
  json_decref(line);
}

static void test_without_instance(void **state)
{
  struct logger *logger = *state;
  logger->json = true;
  log_write(logger, HEADRACE_INFO, NULL, "hello");
  json_t *line = json_loads(written(logger), 0, NULL);
  assert_non_null(line);
  assert_null(json_object_get(line, "instance"));
  json_decref(line);
}

static void test_levels(void **state)
{
  struct logger *logger = *state;
  log_write(logger, HEADRACE_DEBUG, NULL, "too much");
  assert_string_equal(written(logger), "");
  logger->level = HEADRACE_DEBUG;
  log_write(logger, HEADRACE_DEBUG, NULL, "wanted");
  assert_non_null(strstr(written(logger), " debug wanted\n"));
}

static void test_errno_is_kept(void **state)
{
  struct logger *logger = *state;
  struct diagnostics capture = {0};
  errno = ENOSPC;
  log_write(logger, HEADRACE_ERROR, NULL, "a");
  logger->capture = &capture;
  log_write(logger, HEADRACE_ERROR, "who", "b");
  assert_int_equal(errno, ENOSPC);
  assert_string_equal(capture.lines[0], "who: b");
  diagnostics_free(&capture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_text),   TEST(test_json),          TEST(test_without_instance),
      TEST(test_levels), TEST(test_errno_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
