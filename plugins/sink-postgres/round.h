/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands for one connection that are sent together and end with one Sync: libpq's pipeline
 * mode, without waiting. A round with a COPY, which that mode does not know, goes command by
 * command. The first error ends it. PostgreSQL documentation 34.5. */
#ifndef HEADRACE_SINK_POSTGRES_ROUND_H
#define HEADRACE_SINK_POSTGRES_ROUND_H

#include "pg_connection.h"
#include "plan.h"

#include <stdbool.h>

enum command_kind {
  COMMAND_SQL, /* without parameters */
  COMMAND_PREPARE,
  COMMAND_STATEMENT,
  COMMAND_SYNC
};

struct command {
  enum command_kind kind;
  const char *sql;
  const struct statement *statement;
  int64_t affected; /* rows, once it is done; -1: the server did not say */
};

enum round_result {
  ROUND_IDLE,
  ROUND_RUNNING,
  ROUND_DONE,
  ROUND_FAILED, /* `failed` says by which command; the transaction may be open and aborted */
  ROUND_LOST    /* the connection is gone */
};

/* The statements that a connection has prepared. The server keeps them after a rollback too. */
struct prepared_slot {
  uint64_t id;     /* of the statement; 0: free */
  uint64_t number; /* in its name; 0: it has to be prepared again */
};

struct prepared {
  struct prepared_slot *slots; /* open addressing */
  size_t used;
  uint64_t last_number;
};

struct round {
  PGconn *connection;
  struct prepared prepared;
  struct command *commands;
  size_t count, capacity;
  size_t sent, received; /* commands */
  size_t dropped;        /* from here to the Sync they are not sent, after an error */
  size_t queued;         /* bytes given to libpq since its buffer was empty */
  bool one_by_one;       /* not in pipeline mode */
  bool copy_open;
  enum round_result result;
  size_t failed;
  struct pg_error error;
};

/* The connection is the round's until round_close(). */
void round_open(struct round *round, PGconn *connection);
void round_close(struct round *round);
void round_free(struct round *round);

/* Filling one, while nothing is running. SQL and statements have to stay until it is over. */
void round_begin(struct round *round);
void round_sql(struct round *round, const char *sql);
void round_statement(struct round *round, const struct statement *statement);
void round_run(struct round *round);

/* Goes on as far as possible without waiting. */
enum round_result round_step(struct round *round);

/* What to poll() the connection for; 0: nothing is running. */
short round_events(const struct round *round);

/* Whether bytes wait to be sent. */
bool round_sending(const struct round *round);

/* The statement that failed; NULL: it was not one. */
const struct statement *round_failed_statement(const struct round *round);

#endif
