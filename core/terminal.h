/* SPDX-License-Identifier: Apache-2.0
 *
 * The last line of a terminal: a bar that shows how far a pipeline has come, and stays below
 * the log's lines. Any thread. */
#ifndef HEADRACE_TERMINAL_H
#define HEADRACE_TERMINAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMINAL_LINE 256

struct terminal {
  pthread_mutex_t lock;
  int fd;
  const void *owner; /* who has the line; NULL: nobody */
  char line[TERMINAL_LINE];
};

/* One pipeline's progress, between two looks at it. */
struct progress {
  int64_t time, done; /* of the look before; time of clock_ms, 0: there was none */
  double rate;        /* a second, smoothed */
};

void terminal_init(struct terminal *terminal, int fd);
void terminal_free(struct terminal *terminal);

/* A line of the log, above the bar. */
void terminal_write(struct terminal *terminal, const char *data, size_t size);

/* Draws the bar of `owner`, unless another has the line. */
void terminal_progress(struct terminal *terminal, const void *owner, const char *name,
                       struct progress *progress, int64_t time, int64_t done, int64_t total);
/* Takes it away, if it is that of `owner`. */
void terminal_clear(struct terminal *terminal, const void *owner);

/* How much of `total` is done, 0 to 100. */
int progress_percent(int64_t done, int64_t total);

#endif
