/* SPDX-License-Identifier: Apache-2.0
 *
 * The transaction that a handler in C is given: struct headrace_tx on a connection of libpq. */
#ifndef HEADRACE_SINK_POSTGRES_HANDLER_TX_H
#define HEADRACE_SINK_POSTGRES_HANDLER_TX_H

#include "pg_connection.h"

#include <headrace/handler.h>
#include <stdbool.h>
#include <stddef.h>

struct handler_tx {
  struct headrace_tx tx; /* the first: handlers give it back */
  PGconn *connection;
  struct pg_error error; /* the first since the last rollback(); sqlstate and message are its */
  bool failed;
  unsigned savepoints;
  size_t queued, queued_bytes; /* statements and bytes since the last sync */
  PGresult **results;
  size_t count, capacity;
};

/* The connection is in blocking mode, and not in pipeline mode. */
void handler_tx_begin(struct handler_tx *tx, PGconn *connection);

/* Waits for what is queued, frees. False, and *error: it is not `good`, or something failed. */
bool handler_tx_end(struct handler_tx *tx, bool good, struct pg_error *error);

#endif
