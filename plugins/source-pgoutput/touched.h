/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stream changed in a table between the two watermarks of a chunk, and
 * so which of the chunk's rows are not to be sent: their changes, which are newer or
 * the same, have been sent already.
 *
 * A row with a key is left out if its key was touched. Rows without a key can only be
 * counted: of equal rows as many are left out as were added before the chunk was read,
 * or taken away since. */
#ifndef HEADRACE_TOUCHED_H
#define HEADRACE_TOUCHED_H

#include "row_key.h"
#include "xid_snapshot.h"

/* So much is kept; with more the chunk is to be read again. */
#define TOUCHED_MAX 262144

enum touched_kind { TOUCHED_ADDED, TOUCHED_REMOVED, TOUCHED_TRUNCATED };

struct touched_item {
  struct row_key key;
  uint32_t xid;
  int32_t kind; /* enum touched_kind; once resolved: how many rows are left out, -1: all */
};

struct touched {
  struct touched_item *items;
  size_t count, capacity;
  bool overflowed;
  bool all; /* resolved: no row is left */
};

void touched_clear(struct touched *touched);
void touched_free(struct touched *touched);

void touched_add(struct touched *touched, enum touched_kind kind, const struct row_key *key,
                 uint32_t xid);

/* The chunk was read in `snapshot`: nothing is added from here on. */
void touched_resolve(struct touched *touched, const struct xid_snapshot *snapshot, bool keyed);

/* A row of the chunk: is it left out? Each row is asked for once. */
bool touched_takes(struct touched *touched, const struct row_key *key);

#endif
