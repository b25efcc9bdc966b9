/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stream does not tell while it runs: how far behind it is, whether
 * the slot is in danger, whether the publication is still there. Asked over the
 * catalog connection, without ever waiting for the answer. */
#ifndef HEADRACE_MONITOR_H
#define HEADRACE_MONITOR_H

#include "catalog.h"
#include "decoder.h"
#include "stream.h"

struct monitor {
  const struct headrace_host *host;
  struct catalog *catalog;
  char *sql;
  int64_t next_ms;
  uint64_t written; /* end of the server's WAL, when it was asked */
  bool warned;
};

void monitor_init(struct monitor *monitor, const struct headrace_host *host,
                  struct catalog *catalog, const char *slot, const char *publication);
void monitor_free(struct monitor *monitor);

/* Sets the gauges. FATAL: the publication is gone; said. */
enum headrace_result monitor_tick(struct monitor *monitor, const struct stream *stream,
                                  const struct decoder *decoder);

#endif
