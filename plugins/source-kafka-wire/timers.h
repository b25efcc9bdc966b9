/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers of one thread: a heap of what is to be done when. */
#ifndef HEADRACE_KAFKA_TIMERS_H
#define HEADRACE_KAFKA_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
  int64_t at_ms;
  size_t place;                         /* in the heap, from 1; 0: not set */
  void (*expired)(struct timer *timer); /* it is not set any more then */
};

struct timers {
  struct timer **heap; /* the earliest first */
  size_t count, capacity;
};

void timer_set(struct timers *timers, struct timer *timer, int64_t at_ms); /* or anew */
void timer_clear(struct timers *timers, struct timer *timer);
/* Milliseconds until the first, at most `most`. */
int timers_wait_ms(const struct timers *timers, int64_t now_ms, int most);
void timers_run(struct timers *timers, int64_t now_ms);
void timers_free(struct timers *timers);

#endif
