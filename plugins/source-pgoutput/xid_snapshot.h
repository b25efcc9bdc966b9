/* SPDX-License-Identifier: Apache-2.0
 *
 * What a transaction of the server sees of the others: the text of
 * pg_current_snapshot(), xmin:xmax:running (PostgreSQL documentation, "Transaction
 * ID and Snapshot Information Functions"). Numbers are cut to the 32 bits that the
 * stream has; those of one moment are never 2^31 apart. */
#ifndef HEADRACE_XID_SNAPSHOT_H
#define HEADRACE_XID_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xid_snapshot {
  uint32_t xmin; /* all before it have ended */
  uint32_t xmax; /* this one and all behind it have not */
  uint32_t *running;
  size_t count;
};

/* False: this is no such text. Otherwise to be freed. */
bool xid_snapshot_parse(const char *text, struct xid_snapshot *snapshot);
void xid_snapshot_free(struct xid_snapshot *snapshot);

/* It had ended, as others see it: a commit that waits for a synchronous standby has not. */
bool xid_snapshot_sees(const struct xid_snapshot *snapshot, uint32_t xid);

#endif
