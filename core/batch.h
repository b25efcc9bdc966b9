/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch: events, the arena they live in, and the position after them. It is
 * filled by the source thread, rewritten stage by stage by the worker thread,
 * and goes back to the source thread once it is durable. It is never shared:
 * the rings hand it over. */
#ifndef HEADRACE_BATCH_H
#define HEADRACE_BATCH_H

#include "memory.h"

#include <headrace/plugin.h>
#include <stdbool.h>

#define POSITION_MAX 1024

enum batch_state {
  BATCH_FILLING, /* source thread */
  BATCH_TAKEN,   /* worker thread, perhaps with the sink */
  BATCH_DURABLE, /* reported; waits for the ones before it */
  BATCH_FAILED   /* reported; the run ends */
};

struct event_list {
  struct headrace_event *items;
  size_t count, capacity;
};

struct rejection {
  uint32_t origin;
  const char *error_class; /* both in the arena */
  const char *reason;
};

struct headrace_batch {
  struct arena arena;
  struct event_list events;           /* what readers see */
  struct event_list output;           /* what a stage is making of them */
  const struct headrace_event *input; /* the event that the stage works on; NULL: the source */
  enum batch_state state;
  uint64_t number; /* order within the run, from 0 */
  size_t source_events;
  size_t max_events, max_bytes; /* full() at either */

  const struct headrace_relation **pins; /* relations kept alive by this batch */
  size_t pin_count, pin_capacity;

  uint64_t *receipts; /* per source event, in the arena; NULL: none */
  struct rejection *rejections;
  size_t rejection_count, rejection_capacity;

  struct headrace_part *parts; /* of the source, in the arena */
  size_t part_count, part_capacity;

  size_t with_sink; /* bytes, when the sink took it */
  bool acknowledge; /* on its way back: tell the source that all up to here is durable */
  bool partial;     /* it ends inside of a transaction of the source's */
  bool has_position;
  size_t position_size;
  char position[POSITION_MAX];
};

/* Limits of a batch: small enough that its encoded form stays in the cache, big
 * enough that the hand-over costs nothing per event. */
struct batch_limits {
  size_t max_events;
  size_t max_bytes;
};

struct headrace_batch *batch_new(struct batch_limits limits, _Atomic size_t *held);
void batch_free(struct headrace_batch *batch);
void batch_reset(struct headrace_batch *batch);

void batch_keep_relation(struct headrace_batch *batch, const struct headrace_relation *relation);
struct headrace_change *batch_add_change(struct headrace_batch *batch,
                                         const struct headrace_relation *relation);
struct headrace_record *batch_add_record(struct headrace_batch *batch);
void batch_add_event(struct headrace_batch *batch, const struct headrace_event *event);
bool batch_full(const struct headrace_batch *batch);
void batch_set_position(struct headrace_batch *batch, const void *position, size_t size);

void batch_add_part(struct headrace_batch *batch, const struct headrace_part *part);

/* The source has filled it: its events become what readers see. */
void batch_seal(struct headrace_batch *batch);

/* A stage: output starts empty; each input event is announced by batch_stage_input;
 * batch_stage_end puts the output in the input's place. */
void batch_stage_begin(struct headrace_batch *batch);
void batch_stage_input(struct headrace_batch *batch, const struct headrace_event *event);
void batch_stage_end(struct headrace_batch *batch);

/* The stage's input goes on as it is, marked. */
void batch_refuse(struct headrace_batch *batch, const struct headrace_rejection *rejection,
                  bool dead_letter);
void batch_reject(struct headrace_batch *batch, size_t event, const char *error_class,
                  const char *reason);
void batch_set_receipts(struct headrace_batch *batch, const uint64_t *receipts);

#endif
