/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipeline and its supervisor: a thread that opens the stages, lets them run,
 * and starts them again after a RETRY, until it is told to stop. */
#ifndef HEADRACE_PIPELINE_H
#define HEADRACE_PIPELINE_H

#include "checkpoint.h"
#include "config.h"
#include "instance.h"
#include "terminal.h"

#include <pthread.h>

enum pipeline_state {
  PIPELINE_RUNNING, /* supervisor thread alive */
  PIPELINE_STOPPED, /* told to: drained, or while it waited to try again */
  PIPELINE_ENDED,   /* the source had nothing more */
  PIPELINE_FAILED   /* FATAL, or stopped before everything was durable */
};

/* What the last status line said, so that the next can give a rate. */
struct status {
  int64_t time; /* of clock_ms; 0: none yet */
  int64_t durable;
};

struct pipeline {
  const struct pipeline_config *config;
  const struct config *process;
  const struct logger *logger;
  int ended_fd; /* signalled when the supervisor is done */

  pthread_t thread;
  atomic_int state;     /* enum pipeline_state; written by the supervisor */
  atomic_bool stopping; /* written by pipeline_stop */
  int source_wake, worker_wake;

  struct metrics metrics;
  _Atomic uint64_t relation_ids; /* the last one given */
  struct instance source, codec, sink, *filters;
  struct report_sink reports;
  unsigned wants;      /* of the source, by the other stages of this run */
  atomic_bool starved; /* the source waits for memory; written by its thread */
  struct status status;
  struct progress progress;
  struct part_questions questions;

  enum checkpoint_kind checkpoint;
  struct checkpoint_file file;
  struct position position; /* the frontier that this process knows */
  struct parts parts;       /* the same of a source with parts: what is in the file */
};

/* The config and logger must outlive the pipeline. */
struct pipeline *pipeline_start(const struct config *config, const struct pipeline_config *pipeline,
                                const struct logger *logger, int ended_fd);
void pipeline_stop(struct pipeline *pipeline);                /* asks; returns at once */
enum pipeline_state pipeline_join(struct pipeline *pipeline); /* and frees */

#endif
