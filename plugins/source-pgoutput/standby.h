/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits until nobody uses the slot: of several processes with the same configuration one
 * streams, and another takes over when its connection is gone. */
#ifndef HEADRACE_STANDBY_H
#define HEADRACE_STANDBY_H

#include "setup.h"

struct standby {
  struct catalog catalog;
  int64_t next_ms;
  bool said;
};

/* At most `timeout_ms`. AGAIN: it is used. Not OK: said. `snapshots`: a snapshot in which
 * another process takes part is a use, too. */
enum headrace_result standby_await(struct standby *standby, const struct setup *setup,
                                   bool snapshots, int timeout_ms);
void standby_end(struct standby *standby);

#endif
