/* SPDX-License-Identifier: Apache-2.0
 *
 * Large values that an update left as they were do not come with it. Where the
 * update may be the first that a consumer hears of its row, they are read from the
 * table by the row's key. What is read may be of a later version of the row, whose
 * own change comes later. A row that is gone keeps them absent: so it is with its
 * delete behind it. */
#ifndef HEADRACE_RESELECT_H
#define HEADRACE_RESELECT_H

#include "catalog.h"

struct reselect {
  const struct headrace_host *host;
  struct catalog *catalog;
  struct headrace_change **waiting; /* of the batch that is being filled */
  size_t count, capacity;
};

void reselect_init(struct reselect *reselect, const struct headrace_host *host,
                   struct catalog *catalog);
void reselect_free(struct reselect *reselect);

/* A change was added to the batch: it waits, if it is an update that lacks values and its row
 * has a key. */
void reselect_note(struct reselect *reselect, struct headrace_change *change);

/* Reads what waits, in a query for each relation; once before a batch is sent. Not OK: said. */
enum headrace_result reselect_fill(struct reselect *reselect, struct headrace_batch *batch);

#endif
