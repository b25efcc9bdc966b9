/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the replication slot. The server waits until all transactions that run
 * have ended, which may take long: nothing here waits for it, and it can be broken
 * off at any time. */
#ifndef HEADRACE_SLOT_MAKER_H
#define HEADRACE_SLOT_MAKER_H

#include "setup.h"

struct slot_maker {
  const struct headrace_host *host;
  PGconn *walsender; /* the caller's */
  bool waiting;
  uint64_t lsn;   /* where the slot begins */
  char *snapshot; /* exported, until the walsender's next command; NULL: not asked for */
};

/* Sends the command. Not OK: said. */
enum headrace_result slot_maker_begin(struct slot_maker *maker, const struct setup *setup,
                                      bool export_snapshot);

/* AGAIN: wait for the walsender's socket. Not OK: said. */
enum headrace_result slot_maker_poll(struct slot_maker *maker);

/* Breaks off what still waits: without this the server would go on when we are gone. */
void slot_maker_end(struct slot_maker *maker);

#endif
