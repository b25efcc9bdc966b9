/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a snapshot is: gauges, and a line in the log now and then. */
#ifndef HEADRACE_SNAPSHOT_PROGRESS_H
#define HEADRACE_SNAPSHOT_PROGRESS_H

#include "snapshot_job.h"

struct progress {
  const struct headrace_host *host; /* NULL: it has not begun */
  int64_t next_look_ms, next_log_ms;
  struct snapshot_progress logged; /* what the log said last */
  int64_t logged_ms;
  struct snapshot_progress last;
};

void progress_begin(struct progress *progress, const struct headrace_host *host,
                    struct snapshot_job *job, uint64_t id);

/* `rows`: that this process has read. */
bool progress_tick(struct progress *progress, struct snapshot_job *job, uint64_t rows,
                   struct pg_error *error);

void progress_end(struct progress *progress);

#endif
