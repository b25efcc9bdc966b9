/* SPDX-License-Identifier: Apache-2.0
 *
 * Pipelines run until they have ended, or until a signal tells them to stop. */
#ifndef HEADRACE_ATTEND_H
#define HEADRACE_ATTEND_H

#include "pipeline.h"

/* SIGTERM, SIGINT and SIGHUP become readable, before any thread is there; a dead peer is an error
 * code from then on. The descriptor is the caller's. */
int attend_signals(void);

/* Waits until none of them runs. The first signal stops them all: those whose source answers
 * clients when the others have drained. The second ends the process. */
void attend_until_end(struct pipeline **pipelines, size_t count, int ended_fd, int signal_fd,
                      const struct logger *logger);

#endif
