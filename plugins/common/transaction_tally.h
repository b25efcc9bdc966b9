/* SPDX-License-Identifier: Apache-2.0
 *
 * For filters that drop and multiply changes: a COMMIT says how many events its transaction had,
 * and a reader that counts them would wait for what was dropped. The tally makes it say what was
 * passed on. It counts from a BEGIN on: of a transaction that was gone on with after a restart
 * the COMMIT goes on as it came. One thread at a time. */
#ifndef HEADRACE_TRANSACTION_TALLY_H
#define HEADRACE_TRANSACTION_TALLY_H

#include <headrace/plugin.h>
#include <stdbool.h>

struct transaction_tally {
  bool active;      /* between BEGIN and COMMIT */
  uint64_t dropped; /* changes, not told yet */
  struct tally_difference *items;
  size_t count, capacity;
};

/* What the stage makes of a relation; NULL: it stays as it is. */
typedef const struct headrace_relation *(*tally_relation_after)(void *context,
                                                                const struct headrace_relation *);

/* Of a change that was passed on `passed` times. */
void tally_note(struct transaction_tally *tally, const struct headrace_change *change,
                uint32_t passed);

/* Adds a BEGIN, COMMIT or HEARTBEAT to `out`, the COMMIT with the right counts. */
void tally_pass(struct transaction_tally *tally, const struct headrace_host *host,
                const struct headrace_event *event, struct headrace_batch *out,
                tally_relation_after after, void *context);

/* In tick() and close(): adds to the counter `dropped`, which is too dear to do each time. */
void tally_tell(struct transaction_tally *tally, const struct headrace_host *host);

void tally_free(struct transaction_tally *tally);

#endif
