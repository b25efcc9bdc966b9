/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of a pipeline: from open stages to everything drained, or to the
 * first stage that cannot go on. Two threads: the source's, and the worker's,
 * which is the supervisor's own. */
#ifndef HEADRACE_RUN_H
#define HEADRACE_RUN_H

#include "frontier.h"
#include "pipeline.h"
#include "pool.h"
#include "ring.h"
#include "stages.h"

/* The position that was saved last, for the source to be told: batches go back at once, a
 * checkpoint is saved now and then. */
struct saved_position {
  pthread_mutex_t lock;
  atomic_bool news;
  struct position position;
};

struct run {
  struct pipeline *pipeline;
  struct ring forward;     /* source → worker: filled batches */
  struct ring back;        /* worker → source: durable ones, to acknowledge and to fill again */
  atomic_bool source_done; /* the source thread has pushed its last batch */
  atomic_int source_result;
  atomic_bool over; /* the worker has returned its last batch */
  struct saved_position saved;

  /* Source thread. */
  struct pool pool;
  struct headrace_batch *filling; /* NULL: none */
  int64_t source_tick;            /* when the next is due */

  /* Worker thread. */
  struct stages stages;
  struct frontier frontier;
  struct headrace_batch *offered;         /* through the stages, but the sink said AGAIN */
  size_t with_sink;                       /* bytes of the batches that it took */
  bool unsaved;                           /* the position is not in the checkpoint file yet */
  enum headrace_result failure;           /* OK: none */
  bool progress;                          /* something became durable */
  int64_t next_tick, next_save, deadline; /* deadline 0: not draining */
};

void run_init(struct run *run, struct pipeline *pipeline);

/* OK: stopped as asked, all durable. AGAIN: stopped as asked, but not all was durable in
 * time. END: the source ended. RETRY, FATAL: as a stage said. */
enum headrace_result run_loop(struct run *run);

/* After the stages are closed: the batches that nobody will report any more. */
void run_free(struct run *run);

/* The source thread's body; `run` is a struct run. */
void *run_source(void *run);

#endif
