/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stream does not tell while it runs: how far behind it is, how much
 * WAL the slot makes the server keep and whether it is in danger, whether the
 * publication is still there. Asked over the catalog connection, without ever
 * waiting for the answer; so it works while the sink is blocked. Facts of the
 * slot: PostgreSQL documentation, view pg_replication_slots. */
#ifndef HEADRACE_MONITOR_H
#define HEADRACE_MONITOR_H

#include "catalog.h"
#include "decoder.h"
#include "stream.h"

enum slot_danger {
  SLOT_SAFE = 0,
  SLOT_EXTENDED,   /* more WAL than max_wal_size; the server keeps it still */
  SLOT_LONG,       /* more than slot_lag_warning */
  SLOT_IDLE,       /* soon past idle_replication_slot_timeout */
  SLOT_UNRESERVED, /* the next checkpoint may delete what it needs */
  SLOT_OVER_LIMIT  /* more than slot_lag_limit */
};

enum slot_lag_action { SLOT_LAG_WARN = 0, SLOT_LAG_STOP, SLOT_LAG_SNAPSHOT };

struct monitor {
  const struct headrace_host *host;
  struct catalog *catalog;
  const char *slot;
  int64_t next_ms;
  uint64_t written; /* end of the server's WAL, when it was asked */
  /* A snapshot is not done before the stream is here: to begin another one because of the
   * WAL that this one made the server keep would never end. UINT64_MAX: it still reads. */
  uint64_t snapshot_end;
  enum slot_danger danger; /* what was said last */
  int64_t next_warning_ms;
  char *sql;
  bool blind; /* the last question was not answered, which was said */
  bool over;  /* the slot was dropped, or is lost: nothing more to look at */
};

void monitor_init(struct monitor *monitor, const struct headrace_host *host,
                  struct catalog *catalog, const char *slot, const char *publication);
void monitor_free(struct monitor *monitor);

/* Sets the gauges, warns, and does what slot_lag_action says. `stream` and `decoder` are NULL
 * as long as there is no stream. FATAL: the publication is gone, or the slot was dropped; said.
 * RETRY: the slot was dropped or is lost, and the next start decides what to do. */
enum headrace_result monitor_tick(struct monitor *monitor, struct stream *stream,
                                  const struct decoder *decoder);

#endif
