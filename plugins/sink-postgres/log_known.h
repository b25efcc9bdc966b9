/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the log was when a process of this machine last committed: a file in state_dir, by which
 * a server that has lost committed records while nobody was looking is found out, also on the
 * timeline that it had. It holds the cluster's id and the next global offset. Not synced: what
 * the machine loses with the server is not found out. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_KNOWN_H
#define HEADRACE_SINK_POSTGRES_LOG_KNOWN_H

#include "pg_connection.h"

#include <stdint.h>

struct log_sink;

struct log_known {
  int file; /* -1: none can be kept */
};

void log_known_open(struct log_sink *sink);
void log_known_close(struct log_sink *sink);
/* Before the log is taken over: what was lost is noted in the table meta (see log_load.c). */
bool log_known_compare(struct log_sink *sink, PGconn *connection, struct pg_error *error);
/* This is committed. */
void log_known_write(struct log_sink *sink, int64_t next_global);

#endif
