/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of pointers between one producing and one consuming thread. The
 * producer wakes the consumer only if that said that it is going to sleep, so
 * a busy pair makes no system calls; the same holds the other way for a
 * producer that waits for room.
 *
 * The way to sleep, for both:
 *   if (ring_sleep(ring)) { poll(wake_fd …); ring_awake(ring); }
 */
#ifndef HEADRACE_RING_H
#define HEADRACE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct ring {
  _Alignas(64) _Atomic size_t head; /* next to take; written by the consumer */
  atomic_bool sleeping;             /* written by the consumer */
  _Alignas(64) _Atomic size_t tail; /* next to fill; written by the producer */
  atomic_bool crowded;              /* the producer sleeps; written by both */
  _Alignas(64) size_t mask;
  int consumer_fd; /* eventfds that get them out of poll(2) */
  int producer_fd;
  void **slots;
};

/* `capacity` is a power of two. */
void ring_init(struct ring *ring, size_t capacity, int consumer_fd, int producer_fd);
void ring_free(struct ring *ring);

/* Producer. False: full. */
bool ring_push(struct ring *ring, void *item);

/* Consumer. NULL: empty. */
void *ring_pop(struct ring *ring);

/* Producer. */
bool ring_full(const struct ring *ring);

/* Consumer. True: empty, and the next push will signal consumer_fd. */
bool ring_sleep(struct ring *ring);
void ring_awake(struct ring *ring);

/* Producer. True: full, and the next pop will signal producer_fd. */
bool ring_sleep_full(struct ring *ring);

#endif
