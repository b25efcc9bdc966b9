/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection that writes, and the transaction that it is at. */
#ifndef HEADRACE_SINK_POSTGRES_WRITER_H
#define HEADRACE_SINK_POSTGRES_WRITER_H

#include "round.h"
#include "search.h"

#include <stdbool.h>
#include <stdint.h>

struct sink;
struct flush;
struct share;

enum writer_phase {
  PHASE_IDLE,  /* nothing to do */
  PHASE_WAIT,  /* until again_at_us, then the whole transaction (again) */
  PHASE_WHOLE, /* the transaction is on its way */
  PHASE_JUDGE, /* likewise, but for its end: a handler has to say what it thinks of its events */
  /* Some events are to blame: */
  PHASE_BEGIN, /* a transaction in which to find them begins */
  PHASE_TRY,   /* a range of events, behind a savepoint */
  PHASE_FINISH /* the dead letters, and COMMIT */
};

enum { TALLIES_MAX = 16 }; /* operations, and conflicts */

/* Rows of a transaction that is not committed yet. */
struct tally {
  const char *name;
  uint64_t rows;
};

struct writer {
  struct sink *sink;
  unsigned number;
  struct round round;
  enum writer_phase phase;
  struct flush *flush;
  struct share *share;
  struct plan *own;     /* the statements of this engine: offsets, letters */
  struct plan *attempt; /* of a range */
  bool has_advance;     /* the first of `own` moves the offsets */
  struct tally tallies[TALLIES_MAX];
  size_t tally_count;
  struct search search;
  size_t try_from, try_to;
  bool try_failed;       /* the savepoint has to be gone back to */
  size_t held;           /* of the items, the last ones: they wait for rows that they refer to */
  int64_t held_since_us; /* 0: none has to wait for another flush */
  bool at_commit;        /* the events' fault shows at COMMIT: check deferred constraints early */
  unsigned attempts;     /* of this flush that failed */
  int64_t again_at_us;
};

void writer_init(struct writer *writer, struct sink *sink, unsigned number);
void writer_free(struct writer *writer);
void writer_start(struct writer *writer, struct flush *flush);
void writer_step(struct writer *writer);
void writer_abandon(struct writer *writer); /* whatever it is at is rolled back */

#endif
