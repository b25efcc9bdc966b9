/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of pointers between one producing and one consuming thread. The
 * producer wakes the consumer only if that said that it is going to sleep, so
 * a busy pair makes no system calls.
 *
 * Consumer's way to sleep:
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
  _Alignas(64) size_t mask;
  int wake_fd; /* of the consumer */
  void **slots;
};

/* `capacity` is a power of two. */
void ring_init(struct ring *ring, size_t capacity, int wake_fd);
void ring_free(struct ring *ring);

/* Producer. False: full. */
bool ring_push(struct ring *ring, void *item);

/* Consumer. NULL: empty. */
void *ring_pop(struct ring *ring);

/* Consumer. True: empty, and the next push will signal wake_fd. */
bool ring_sleep(struct ring *ring);
void ring_awake(struct ring *ring);

#endif
