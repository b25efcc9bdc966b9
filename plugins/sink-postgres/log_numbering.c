/* SPDX-License-Identifier: Apache-2.0 */
#include "log_numbering.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

/* In the order of their ids. */
struct log_producers {
  struct log_producer *items;
  size_t count, capacity;
};

struct log_producers *log_producers_new(void)
{
  return sink_alloc(sizeof(struct log_producers));
}

void log_producers_free(struct log_producers *producers)
{
  free(producers->items);
  free(producers);
}

/* Where it is, or would be. */
static size_t place_of(const struct log_producers *producers, int64_t id)
{
  size_t low = 0, high = producers->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (producers->items[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct log_producer *log_producers_find(struct log_producers *producers, int64_t id)
{
  size_t at = place_of(producers, id);
  return at < producers->count && producers->items[at].id == id ? &producers->items[at] : NULL;
}

struct log_producer *log_producers_add(struct log_producers *producers, int64_t id)
{
  size_t at = place_of(producers, id);
  if (at < producers->count && producers->items[at].id == id)
    return &producers->items[at];
  producers->items =
      sink_grow(producers->items, producers->count, &producers->capacity, sizeof *producers->items);
  memmove(&producers->items[at + 1], &producers->items[at],
          (producers->count++ - at) * sizeof *producers->items);
  producers->items[at] = (struct log_producer){.id = id, .epoch = -1};
  return &producers->items[at];
}

void log_producers_forget(struct log_producers *producers, int64_t before_ms)
{
  size_t kept = 0;
  for (size_t i = 0; i < producers->count; i++)
    if (producers->items[i].last_timestamp_ms >= before_ms)
      producers->items[kept++] = producers->items[i];
  producers->count = kept;
}

/* 0 comes after INT32_MAX. */
static int32_t plus(int32_t sequence, uint32_t count)
{
  return (int32_t)(((uint32_t)sequence + count) & INT32_MAX);
}

int32_t log_run_last(const struct log_run *run)
{
  return plus(run->first_sequence, run->count - 1);
}

/* What follows `next`, or is beyond it where something may be missing; what is further away than
 * half of all numbers is before it. */
static bool follows(const struct headrace_numbering *numbering, int32_t next)
{
  uint32_t distance = ((uint32_t)numbering->first_sequence - (uint32_t)next) & INT32_MAX;
  return !distance || (numbering->gaps && distance <= INT32_MAX / 2);
}

enum log_numbering_verdict log_numbering_check(struct log_producers *producers,
                                               const struct headrace_numbering *numbering,
                                               int64_t *first_offset)
{
  const struct log_producer *producer = log_producers_find(producers, numbering->producer);
  if (numbering->first_sequence < 0 || numbering->epoch < 0 || !numbering->count)
    return LOG_NUMBERING_INVALID;
  if (!producer || !producer->window_count)
    return LOG_IN_SEQUENCE; /* forgotten after retention, or new: Kafka takes any number then */
  if (numbering->epoch < producer->epoch)
    return LOG_OLD_EPOCH;
  if (numbering->epoch > producer->epoch)
    return follows(numbering, 0) ? LOG_IN_SEQUENCE : LOG_OUT_OF_SEQUENCE;
  for (unsigned i = 0; i < producer->window_count; i++) {
    const struct log_run *run = &producer->window[i];
    if (run->first_sequence == numbering->first_sequence && run->count == numbering->count) {
      *first_offset = run->first_offset;
      return LOG_DUPLICATE;
    }
  }
  const struct log_run *last = &producer->window[producer->window_count - 1];
  return follows(numbering, plus(log_run_last(last), 1)) ? LOG_IN_SEQUENCE : LOG_OUT_OF_SEQUENCE;
}

struct log_producer *log_numbering_note(struct log_producers *producers,
                                        const struct headrace_numbering *numbering,
                                        int64_t first_offset, int64_t now_ms)
{
  struct log_producer *producer = log_producers_add(producers, numbering->producer);
  if (producer->epoch != numbering->epoch)
    producer->window_count = 0;
  if (producer->window_count == LOG_WINDOW)
    memmove(&producer->window[0], &producer->window[1],
            --producer->window_count * sizeof *producer->window);
  producer->window[producer->window_count++] =
      (struct log_run){numbering->first_sequence, numbering->count, first_offset};
  producer->epoch = numbering->epoch;
  producer->last_timestamp_ms = now_ms;
  return producer;
}
