/* SPDX-License-Identifier: Apache-2.0
 *
 * The stages between the ring and the sink: filters and codec, in the order
 * that the direction (encoding or decoding) asks for. Worker thread only. */
#ifndef HEADRACE_STAGES_H
#define HEADRACE_STAGES_H

#include "batch.h"
#include "instance.h"

struct stages {
  struct instance *codec; /* NULL: none */
  struct instance **filters;
  size_t filter_count;
};

/* Rewrites the batch's events. OK, or what a stage answered when it could not go on. */
enum headrace_result stages_run(const struct stages *stages, struct headrace_batch *batch);

#endif
