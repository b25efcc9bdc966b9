/* SPDX-License-Identifier: Apache-2.0
 *
 * What an error of the server means, by its SQLSTATE (PostgreSQL documentation, appendix A). */
#ifndef HEADRACE_SINK_POSTGRES_FAILURE_H
#define HEADRACE_SINK_POSTGRES_FAILURE_H

#include "pg_connection.h"

#include <stdbool.h>

enum reaction {
  REACTION_RETRY,   /* the same transaction again, soon: a deadlock, a lock, a timeout */
  REACTION_WAIT,    /* connect again, until it works: the server is away, full or read-only */
  REACTION_ISOLATE, /* some events are to blame: find them */
  REACTION_SKIP,    /* HR001: a handler wants these events passed over */
  REACTION_PAUSE,   /* HR003: a handler wants to be called again later */
  REACTION_STOP     /* an operator must act */
};

enum reaction failure_reaction(const char *sqlstate);

/* One word for the rejection of an event. */
const char *failure_class(const char *sqlstate);

/* An error without its detail, hint and context, which quote rows. */
void failure_read(PGconn *connection, const PGresult *result, struct pg_error *error);

/* Its message for a log: errors of values quote the value. */
void failure_mask(const struct pg_error *error, char *text, size_t size);

/* How long to wait before attempt number `attempt` (from 1), with jitter. */
int64_t failure_backoff_us(enum reaction reaction, unsigned attempt, uint64_t *random);

#endif
