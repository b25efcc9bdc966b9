/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot of all tables, before the stream or without one.
 *
 * The slot comes first, then chunks of the tables, each in a transaction of its own, then
 * the stream from where the slot begins. A row that no chunk shows, because an update moved it
 * from an unread page to one that was read, is in the stream, for the stream begins before all
 * chunks; so is every change of a row that was read too early. So the stream may begin only when
 * the sink has every row of every chunk. Values that such an update left as they were are read
 * from the table (reselect.h) until the stream has passed the end of the snapshot.
 *
 * `only` makes no slot: all chunks are read in one exported snapshot.
 *
 * Whoever holds the job's lock is the coordinator: it makes the slot and plans the chunks. The
 * rows in the database (snapshot_job.h), not a checkpoint, tell what is done. */
#ifndef HEADRACE_SNAPSHOT_H
#define HEADRACE_SNAPSHOT_H

#include "setup.h"

struct snapshot;

/* Looks at the latest snapshot of this slot, or of a pipeline without one, and says whether one
 * is to be made, or goes on. `end`: of the last one that is done; 0: there is none. */
struct snapshot_need {
  bool unfinished; /* it goes on */
  bool done;
  uint64_t job, start, end;
};

/* `only`: no slot. Not OK: said. */
enum headrace_result snapshot_look(const struct setup *setup, bool only,
                                   struct snapshot_need *need);

/* `seen`: the snapshot that is known and is not the one that is wanted (0: none).
 * Takes setup->walsender. `setup` must live until snapshot_close. */
enum headrace_result snapshot_open(struct setup *setup, bool only, uint64_t seen,
                                   struct snapshot **opened);
void snapshot_close(struct snapshot *snapshot); /* NULL is fine */

/* END: all rows of all processes are in their sinks. */
enum headrace_result snapshot_read(struct snapshot *snapshot, struct headrace_batch *batch,
                                   int timeout_ms);

enum headrace_result snapshot_delivered(struct snapshot *snapshot,
                                        const struct pg_position *position);

/* The slot is there, and chunks are read. */
bool snapshot_reads(const struct snapshot *snapshot);

/* At least once a second, also while nothing is read. */
enum headrace_result snapshot_tick(struct snapshot *snapshot);

#endif
