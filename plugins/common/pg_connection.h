/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections to PostgreSQL for plugins: the keys, libpq's parameters made from
 * them, and errors sorted into what a host does next. Nothing here logs; no
 * message holds a password. One thread at a time for each connection. */
#ifndef HEADRACE_PG_CONNECTION_H
#define HEADRACE_PG_CONNECTION_H

#include <headrace/plugin.h>
#include <libpq-fe.h>
#include <stdbool.h>

/* For a plugin's table of keys. The separate keys win over conninfo. */
#define PG_CONNECTION_KEYS                                                                         \
  {.name = "conninfo", .type = HEADRACE_SECRET, .help = "libpq connection string or URI"},         \
      {.name = "host",                                                                             \
       .environment = "PG_HOST CDC_POSTGRES_HOST",                                                 \
       .help = "server's name, address or socket folder"},                                         \
      {.name = "port",                                                                             \
       .type = HEADRACE_INT,                                                                       \
       .environment = "PG_PORT CDC_POSTGRES_PORT",                                                 \
       .help = "server's port"},                                                                   \
      {.name = "database",                                                                         \
       .environment = "PG_DATABASE CDC_POSTGRES_DATABASE",                                         \
       .help = "database"},                                                                        \
      {.name = "user",                                                                             \
       .environment = "PG_USERNAME CDC_POSTGRES_USER",                                             \
       .help = "role to log in as"},                                                               \
  {                                                                                                \
    .name = "password", .type = HEADRACE_SECRET,                                                   \
    .environment = "PG_PASSWORD CDC_POSTGRES_PASSWORD", .help = "the role's password"              \
  }

/* Settings of a session whose text output is the canonical text of plugin.h,
 * whatever is set on the database or the role: for struct pg_target.settings. */
#define PG_TEXT_SETTINGS                                                                           \
  "-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=3 "            \
  "-c bytea_output=hex -c lc_monetary=C"

struct pg_target {
  const struct headrace_host *host; /* its values of PG_CONNECTION_KEYS */
  const char *application_name;     /* unless conninfo has one */
  const char *settings;             /* for `options`, after the user's own; NULL: none */
  const char *replication; /* "database" makes a walsender of it; NULL: an ordinary session */
  const char *session_attributes; /* target_session_attrs, unless conninfo has it; NULL: none */
};

struct pg_error {
  enum headrace_result result; /* RETRY or FATAL */
  char sqlstate[6];            /* empty: the server did not say, the connection is gone */
  char message[1024];          /* one line: message, detail, hint */
};

/* Checks conninfo without network. False: *reason (to be freed) says why. */
bool pg_check_target(const struct pg_target *target, char **reason);

/* Connects, waiting at most connect_timeout for each host (10 s unless conninfo has one).
 * NULL: *error. */
PGconn *pg_connect(const struct pg_target *target, struct pg_error *error);

/* One result of PQexec or PQgetResult that is not what was hoped for. */
void pg_result_error(PGconn *connection, const PGresult *result, struct pg_error *error);

/* Runs one statement with text parameters; NULL, and *error, unless it gives rows or is a
 * command that went well. */
PGresult *pg_query(PGconn *connection, struct pg_error *error, const char *sql, int count,
                   const char *const *values);

/* What a host should do about an error: FATAL if only a person can mend it. */
enum headrace_result pg_classify(const char *sqlstate);

#endif
