/* SPDX-License-Identifier: Apache-2.0
 *
 * One plugin in one stage of one pipeline, and the host table it was given. */
#ifndef HEADRACE_INSTANCE_H
#define HEADRACE_INSTANCE_H

#include "log.h"
#include "metrics.h"
#include "parts.h"
#include "settings.h"

#include <headrace/plugin.h>
#include <stdatomic.h>
#include <stdio.h>

/* Where the stages' reports go. Called on the worker thread. */
struct report_sink {
  void (*durable)(void *context, struct headrace_batch *, const uint64_t *receipts);
  void (*failed)(void *context, struct headrace_batch *, enum headrace_result);
  enum headrace_verdict (*reject)(void *context, struct headrace_batch *, size_t event,
                                  const char *error_class, const char *reason);
  enum headrace_verdict (*refuse)(void *context, struct headrace_batch *out,
                                  const struct headrace_rejection *rejection);
  int (*pressure)(const void *context);
  void *context;
};

/* What run_once() of a command comes to. */
struct once {
  enum headrace_result (*run)(void *context, const char *source, const struct headrace_pair *keys,
                              size_t count);
  void *context;
};

struct instance {
  struct headrace_host host; /* first: what the plugin holds is a pointer to it */
  const char *stage;         /* "source", "filter.mask": begins the names of its metrics */
  const struct headrace_plugin *plugin;
  void *self; /* what open() gave */
  const struct settings *settings;
  const struct logger *logger;
  struct metrics *metrics;
  const struct report_sink *reports;
  _Atomic uint64_t *relation_ids;   /* of the pipeline */
  unsigned *wants;                  /* of the pipeline: what its stages want of the source */
  atomic_bool *starved;             /* of the pipeline: the source waits for memory */
  const atomic_bool *stopping;      /* of the pipeline; NULL: there is none */
  struct part_questions *questions; /* of the pipeline: of the source, for the worker */
  int worker_wake;
  const struct instance *sink; /* of the pipeline */
  FILE *answer;                /* of a command: what print() writes to */
  const struct once *once;     /* likewise; NULL: this is no command */
};

/* What a failed callback comes to: RETRY or FATAL. Any other answer is a fault of the
 * plugin, is said, and is FATAL. */
enum headrace_result instance_failure(const struct instance *instance, enum headrace_result answer);

/* Fills the host table. The other members are the caller's to set. */
void instance_init(struct instance *instance, const char *pipeline, const char *name, int wake_fd);

#endif
