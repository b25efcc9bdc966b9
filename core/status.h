/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADRACE_STATUS_H
#define HEADRACE_STATUS_H

#include "pipeline.h"

/* The pipeline's line in the log, if it is due (or `now`). Supervisor thread. */
void status_log(struct pipeline *pipeline, bool now);

#endif
