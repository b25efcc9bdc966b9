/* SPDX-License-Identifier: Apache-2.0
 *
 * The eventfd that gets a thread out of poll(2). */
#ifndef HEADRACE_WAKE_H
#define HEADRACE_WAKE_H

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static inline int wake_open(void)
{
  return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static inline void wake_signal(int fd)
{
  uint64_t one = 1;
  /* It fails only when the counter is full, and then the thread wakes anyway. */
  ssize_t written = write(fd, &one, sizeof one);
  (void)written;
}

static inline void wake_clear(int fd)
{
  uint64_t count;
  ssize_t got = read(fd, &count, sizeof count);
  (void)got;
}

#endif
