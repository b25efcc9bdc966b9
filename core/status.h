/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADRACE_STATUS_H
#define HEADRACE_STATUS_H

#include "pipeline.h"

/* The pipeline's line in the log, if it is due, and its bar on a terminal. Supervisor thread. */
void status_log(struct pipeline *pipeline);

/* The last one: only what is known when all stages are closed. */
void status_log_end(struct pipeline *pipeline);

#endif
