/* SPDX-License-Identifier: Apache-2.0 */
#include "timers.h"

#include <stdlib.h>

static void put(struct timers *timers, size_t place, struct timer *timer)
{
  timers->heap[place - 1] = timer;
  timer->place = place;
}

static struct timer *at(const struct timers *timers, size_t place)
{
  return timers->heap[place - 1];
}

static void rise(struct timers *timers, struct timer *timer)
{
  size_t place = timer->place;
  for (; place > 1 && at(timers, place / 2)->at_ms > timer->at_ms; place /= 2)
    put(timers, place, at(timers, place / 2));
  put(timers, place, timer);
}

static void sink(struct timers *timers, struct timer *timer)
{
  size_t place = timer->place;
  for (;;) {
    size_t child = 2 * place;
    if (child > timers->count)
      break;
    if (child < timers->count && at(timers, child + 1)->at_ms < at(timers, child)->at_ms)
      child++;
    if (at(timers, child)->at_ms >= timer->at_ms)
      break;
    put(timers, place, at(timers, child));
    place = child;
  }
  put(timers, place, timer);
}

void timer_set(struct timers *timers, struct timer *timer, int64_t at_ms)
{
  timer->at_ms = at_ms;
  if (!timer->place) {
    if (timers->count == timers->capacity) {
      timers->capacity = timers->capacity ? 2 * timers->capacity : 16;
      timers->heap = realloc(timers->heap, timers->capacity * sizeof *timers->heap);
      if (!timers->heap)
        abort();
    }
    timers->count++;
    put(timers, timers->count, timer);
  }
  rise(timers, timer);
  sink(timers, timer);
}

void timer_clear(struct timers *timers, struct timer *timer)
{
  if (!timer->place)
    return;
  struct timer *last = at(timers, timers->count--);
  if (last != timer) {
    put(timers, timer->place, last);
    rise(timers, last);
    sink(timers, last);
  }
  timer->place = 0;
}

int timers_wait_ms(const struct timers *timers, int64_t now_ms, int most)
{
  if (!timers->count)
    return most;
  int64_t left = at(timers, 1)->at_ms - now_ms;
  return left <= 0 ? 0 : left < most ? (int)left : most;
}

void timers_run(struct timers *timers, int64_t now_ms)
{
  while (timers->count && at(timers, 1)->at_ms <= now_ms) {
    struct timer *timer = at(timers, 1);
    timer_clear(timers, timer);
    timer->expired(timer);
  }
}

void timers_free(struct timers *timers)
{
  free(timers->heap);
  *timers = (struct timers){0};
}
