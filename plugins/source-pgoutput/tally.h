/* SPDX-License-Identifier: Apache-2.0
 *
 * How many events each relation has had in the open transaction. */
#ifndef HEADRACE_TALLY_H
#define HEADRACE_TALLY_H

#include <headrace/plugin.h>

/* A relation's own; zero at first, and there as long as the tallies. */
struct tally {
  const struct headrace_relation *relation; /* as it was described last; NULL: messages */
  uint64_t transaction;                     /* that `events` is of */
  uint64_t events;
};

struct tallies {
  uint64_t transaction;
  struct tally **items; /* of those with events in this transaction, the first first */
  size_t count, capacity;
};

void tallies_free(struct tallies *tallies);
void tallies_begin(struct tallies *tallies);

/* One more event: its place among those of its relation. */
uint64_t tallies_add(struct tallies *tallies, struct tally *tally);

/* Puts all to a transaction of `batch`, which keeps the relations alive. */
void tallies_write(const struct tallies *tallies, const struct headrace_host *host,
                   struct headrace_batch *batch, struct headrace_transaction *transaction);

#endif
