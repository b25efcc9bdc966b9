/* SPDX-License-Identifier: Apache-2.0
 *
 * The second, ordinary connection: what the stream does not say. Its session
 * reads only (but for what CREATE and ALTER need), resolves no name outside of
 * pg_catalog and waits for nothing for long, because the walsender waits
 * meanwhile. */
#ifndef HEADRACE_CATALOG_H
#define HEADRACE_CATALOG_H

#include "pg_connection.h"

struct catalog {
  const struct headrace_host *host;
  PGconn *connection;
  bool asked; /* the answer to catalog_ask is still to come */
};

bool catalog_connect(struct catalog *catalog, const struct headrace_host *host,
                     struct pg_error *error);
void catalog_close(struct catalog *catalog);

/* As pg_query; connects anew if the connection was lost while it was idle. */
PGresult *catalog_query(struct catalog *catalog, struct pg_error *error, const char *sql, int count,
                        const char *const *values);

/* Several statements without parameters in one round trip: `count` results of rows, to be
 * cleared. False: *error, and none. */
bool catalog_queries(struct catalog *catalog, struct pg_error *error, const char *sql,
                     PGresult **results, int count);

/* Commands that change something, in one transaction. */
bool catalog_execute(struct catalog *catalog, struct pg_error *error, const char *sql);

/* Sends a statement and does not wait for the answer, which catalog_query throws away if it
 * comes first. Connects anew as catalog_query does; false: in vain, *error. */
bool catalog_ask(struct catalog *catalog, struct pg_error *error, const char *sql);

/* The answer, if it has come; to be cleared. NULL also if the connection was lost. */
PGresult *catalog_answer(struct catalog *catalog);

#endif
