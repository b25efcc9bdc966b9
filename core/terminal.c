/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE  "\r\033[K" /* ECMA-48: back to column 1, erase to the end of the line */
#define BAR_WIDTH   24
#define LEAST_WIDTH 20

void terminal_init(struct terminal *terminal, int fd)
{
  *terminal = (struct terminal){.fd = fd};
  pthread_mutex_init(&terminal->lock, NULL);
}

static void put(const struct terminal *terminal, const char *data, size_t size)
{
  /* There is nobody to tell if it is gone. */
  ssize_t written = write(terminal->fd, data, size);
  (void)written;
}

static void put_text(const struct terminal *terminal, const char *text)
{
  put(terminal, text, strlen(text));
}

void terminal_free(struct terminal *terminal)
{
  if (terminal->owner)
    put_text(terminal, CLEAR_LINE);
  pthread_mutex_destroy(&terminal->lock);
}

void terminal_write(struct terminal *terminal, const char *data, size_t size)
{
  pthread_mutex_lock(&terminal->lock);
  if (terminal->owner)
    put_text(terminal, CLEAR_LINE);
  put(terminal, data, size);
  if (terminal->owner)
    put_text(terminal, terminal->line);
  pthread_mutex_unlock(&terminal->lock);
}

int progress_percent(int64_t done, int64_t total)
{
  if (total <= 0 || done <= 0)
    return 0;
  return done >= total ? 100 : (int)((double)done * 100 / (double)total);
}

static void measure(struct progress *progress, int64_t time, int64_t done)
{
  if (!progress->time || done < progress->done) {
    *progress = (struct progress){.time = time, .done = done};
    return;
  }
  if (time <= progress->time)
    return;
  double now = (double)(done - progress->done) * 1000 / (double)(time - progress->time);
  progress->rate = progress->rate > 0 ? progress->rate * 0.9 + now * 0.1 : now;
  progress->time = time;
  progress->done = done;
}

static void put_left(char *out, size_t size, const struct progress *progress, int64_t left)
{
  double seconds = progress->rate > 0 ? (double)left / progress->rate : -1;
  if (seconds < 0 || seconds >= 1000 * 3600)
    snprintf(out, size, "time left unknown");
  else if (seconds >= 3600)
    snprintf(out, size, "%d:%02d:%02d left", (int)(seconds / 3600), (int)seconds / 60 % 60,
             (int)seconds % 60);
  else
    snprintf(out, size, "%d:%02d left", (int)(seconds / 60), (int)seconds % 60);
}

/* A line that wraps could not be cleared. */
static size_t width_of(const struct terminal *terminal)
{
  struct winsize window;
  size_t width = TERMINAL_LINE;
  if (ioctl(terminal->fd, TIOCGWINSZ, &window) == 0 && window.ws_col)
    width = window.ws_col;
  if (width < LEAST_WIDTH)
    width = LEAST_WIDTH;
  return width < TERMINAL_LINE ? width : TERMINAL_LINE;
}

static void compose(struct terminal *terminal, const char *name, const struct progress *progress,
                    int64_t done, int64_t total)
{
  char bar[BAR_WIDTH + 1], left[48];
  int percent = progress_percent(done, total), full = percent * BAR_WIDTH / 100;
  memset(bar, ' ', BAR_WIDTH);
  memset(bar, '#', (size_t)full);
  bar[BAR_WIDTH] = '\0';
  put_left(left, sizeof left, progress, total > done ? total - done : 0);
  snprintf(terminal->line, width_of(terminal), "%s [%s] %d %%, %lld of %lld rows, %.0f/s, %s", name,
           bar, percent, (long long)done, (long long)total, progress->rate, left);
}

void terminal_progress(struct terminal *terminal, const void *owner, const char *name,
                       struct progress *progress, int64_t time, int64_t done, int64_t total)
{
  pthread_mutex_lock(&terminal->lock);
  measure(progress, time, done);
  if (!terminal->owner)
    terminal->owner = owner;
  if (terminal->owner == owner) {
    compose(terminal, name, progress, done, total);
    put_text(terminal, CLEAR_LINE);
    put_text(terminal, terminal->line);
  }
  pthread_mutex_unlock(&terminal->lock);
}

void terminal_clear(struct terminal *terminal, const void *owner)
{
  pthread_mutex_lock(&terminal->lock);
  if (terminal->owner == owner) {
    put_text(terminal, CLEAR_LINE);
    terminal->owner = NULL;
  }
  pthread_mutex_unlock(&terminal->lock);
}
