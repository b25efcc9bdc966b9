/* SPDX-License-Identifier: Apache-2.0
 *
 * The bar on a terminal, and log lines above it. What is written goes to a pipe: a
 * pseudo-terminal would hand it on some time later. */
#include "log.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* after what it needs */

#define CLEAR "\r\033[K"

static const int orders, users; /* two owners */

struct fixture {
  int out[2];
  struct terminal terminal;
  struct logger logger;
  struct progress progress, other;
};

static int setup(void **state)
{
  static struct fixture fixture;
  fixture = (struct fixture){0};
  if (pipe2(fixture.out, O_NONBLOCK | O_CLOEXEC) != 0)
    return -1;
  terminal_init(&fixture.terminal, fixture.out[1]);
  fixture.logger =
      (struct logger){.fd = fixture.out[1], .level = HEADRACE_INFO, .terminal = &fixture.terminal};
  *state = &fixture;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;
  terminal_free(&f->terminal);
  close(f->out[0]);
  close(f->out[1]);
  return 0;
}

/* All that was written since the last time. */
static const char *seen(const struct fixture *f)
{
  static char text[4096];
  ssize_t size = read(f->out[0], text, sizeof text - 1);
  text[size < 0 ? 0 : size] = '\0';
  return text;
}

static void draw(struct fixture *f, int64_t time, int64_t done)
{
  terminal_progress(&f->terminal, &orders, "orders", &f->progress, time, done, 4000);
}

static void test_bar(void **state)
{
  struct fixture *f = *state;
  draw(f, 1000, 500);
  assert_string_equal(seen(f), CLEAR "orders [##                      ] 12 %, 500 of 4000 rows, "
                                     "0/s, time left unknown");
  draw(f, 2000, 1000);
  assert_string_equal(seen(f), CLEAR "orders [######                  ] 25 %, 1000 of 4000 rows, "
                                     "500/s, 0:06 left");
  terminal_clear(&f->terminal, &orders);
  assert_string_equal(seen(f), CLEAR);
}

static void test_log_lines_stay_whole(void **state)
{
  struct fixture *f = *state;
  log_write(&f->logger, HEADRACE_INFO, "orders", "before");
  assert_non_null(strstr(seen(f), "info orders: before\n"));
  draw(f, 1000, 4000);
  const char *bar = "orders [########################] 100 %, 4000 of 4000 rows, 0/s, "
                    "time left unknown";
  assert_non_null(strstr(seen(f), bar));
  log_write(&f->logger, HEADRACE_INFO, "orders", "between");
  char text[4096];
  strcpy(text, seen(f));
  assert_int_equal(strncmp(text, CLEAR, strlen(CLEAR)), 0);
  char *end = strstr(text, "info orders: between\n");
  assert_non_null(end);
  assert_string_equal(end + strlen("info orders: between\n"), bar);
}

static void test_one_bar_at_a_time(void **state)
{
  struct fixture *f = *state;
  draw(f, 1000, 1);
  seen(f);
  terminal_progress(&f->terminal, &users, "users", &f->other, 1000, 1, 2);
  terminal_clear(&f->terminal, &users);
  assert_string_equal(seen(f), "");
  terminal_clear(&f->terminal, &orders);
  terminal_progress(&f->terminal, &users, "users", &f->other, 1000, 1, 2);
  assert_non_null(strstr(seen(f), "users ["));
}

/* A bar of two lines could not be taken away again. */
static void test_narrow_terminal(void **state)
{
  struct fixture *f = *state;
  struct winsize window = {.ws_row = 24, .ws_col = 30};
  int master, slave;
  assert_int_equal(openpty(&master, &slave, NULL, NULL, &window), 0);
  f->terminal.fd = slave;
  draw(f, 1000, 500);
  terminal_clear(&f->terminal, &orders);
  char text[256] = "";
  size_t size = 0, wanted = 2 * strlen(CLEAR) + 29;
  while (size < wanted) {
    struct pollfd fd = {.fd = master, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 10000), 1);
    ssize_t got = read(master, text + size, sizeof text - 1 - size);
    assert_true(got > 0);
    size += (size_t)got;
  }
  assert_string_equal(text, CLEAR "orders [##                   " CLEAR);
  close(slave);
  close(master);
}

static void test_long_times(void **state)
{
  struct fixture *f = *state;
  draw(f, 1000, 0);
  draw(f, 1001000, 1);
  assert_non_null(strstr(seen(f), "unknown"));
  f->progress = (struct progress){0};
  draw(f, 1000, 0);
  draw(f, 11000, 1);
  assert_non_null(strstr(seen(f), "11:06:30 left"));
  draw(f, 12000, 0); /* it began anew */
  assert_non_null(strstr(seen(f), "0/s, time left unknown"));
}

static void test_percent(void **state)
{
  (void)state;
  assert_int_equal(progress_percent(0, 0), 0);
  assert_int_equal(progress_percent(999, 1000), 99); /* 100 only when all is there */
  assert_int_equal(progress_percent(1500, 1000), 100);
  assert_int_equal(progress_percent(INT64_MAX / 2, INT64_MAX), 50);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_bar),
      TEST(test_log_lines_stay_whole),
      TEST(test_one_bar_at_a_time),
      TEST(test_narrow_terminal),
      TEST(test_long_times),
      TEST(test_percent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
