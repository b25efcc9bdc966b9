/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_connection.h"

#include "pg_quote.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_TIMEOUT_S    10
#define CONNECT_TIMEOUT_TEXT "10"
#define PARAMETERS_MAX       96

/* libpq's parameters; what is set later wins. */
struct parameters {
  const char *names[PARAMETERS_MAX + 1];
  const char *values[PARAMETERS_MAX + 1];
  size_t count;
};

static const char *get(const struct parameters *parameters, const char *name)
{
  for (size_t i = 0; i < parameters->count; i++)
    if (!strcmp(parameters->names[i], name))
      return parameters->values[i];
  return NULL;
}

static void set(struct parameters *parameters, const char *name, const char *value)
{
  if (!value || !*value)
    return;
  size_t i = 0;
  while (i < parameters->count && strcmp(parameters->names[i], name) != 0)
    i++;
  if (i == PARAMETERS_MAX)
    return;
  parameters->names[i] = name;
  parameters->values[i] = value;
  if (i == parameters->count)
    parameters->count++;
}

static void set_default(struct parameters *parameters, const char *name, const char *value)
{
  if (!get(parameters, name))
    set(parameters, name, value);
}

/* The same for the server, which otherwise keeps a session, and the slot it uses, for two hours
 * after its client's machine is gone. Settings of a session; on a Unix socket they do nothing. */
#define SERVER_KEEPALIVES                                                                          \
  "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "             \
  "-c tcp_user_timeout=60000"

/* Keepalives find a dead server in about a minute. */
static const char *const defaults[][2] = {{"keepalives", "1"},
                                          {"keepalives_idle", "30"},
                                          {"keepalives_interval", "10"},
                                          {"keepalives_count", "3"},
                                          {"tcp_user_timeout", "60000"}};

static const char *const own_keys[][2] = {{"host", "host"},
                                          {"port", "port"},
                                          {"database", "dbname"},
                                          {"user", "user"},
                                          {"password", "password"}};

static PQconninfoOption *parse_conninfo(const struct pg_target *target, char **reason)
{
  const char *conninfo = target->host->string(target->host, "conninfo");
  char *message = NULL;
  PQconninfoOption *options = PQconninfoParse(conninfo ? conninfo : "", &message);
  if (!options) {
    /* libpq's message may quote a piece of the string, and with it a password. */
    *reason = pg_format("conninfo is neither a libpq connection string nor a URI");
    PQfreemem(message);
  }
  return options;
}

bool pg_check_target(const struct pg_target *target, char **reason)
{
  PQconninfoOption *options = parse_conninfo(target, reason);
  bool good = options != NULL;
  for (PQconninfoOption *option = options; good && option->keyword; option++)
    if (option->val &&
        (!strcmp(option->keyword, "replication") || !strcmp(option->keyword, "client_encoding"))) {
      *reason = pg_format("conninfo may not set %s: headrace sets it", option->keyword);
      good = false;
    }
  PQconninfoFree(options);
  return good;
}

static void fill(struct parameters *parameters, const PQconninfoOption *options,
                 const struct pg_target *target, char **session_options)
{
  for (const PQconninfoOption *option = options; option->keyword; option++)
    set(parameters, option->keyword, option->val);
  for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
    set(parameters, own_keys[i][1], target->host->string(target->host, own_keys[i][0]));
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    set_default(parameters, defaults[i][0], defaults[i][1]);
  set_default(parameters, "application_name", target->application_name);
  set_default(parameters, "target_session_attrs", target->session_attributes);
  set(parameters, "client_encoding", "UTF8");
  set(parameters, "replication", target->replication);
  if (target->settings) {
    /* libpq takes PGOPTIONS only if `options` is not given: keep what it says. */
    const char *users = get(parameters, "options");
    if (!users)
      users = getenv("PGOPTIONS");
    *session_options = pg_format(SERVER_KEEPALIVES " %s %s", users ? users : "", target->settings);
    set(parameters, "options", *session_options);
  }
}

static int64_t monotonic_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* libpq says the SQLSTATE of a refused connection only inside the text, and only if it is
 * verbose: "…FATAL:  28P01: password authentication failed…". */
static void take_sqlstate(char *text, char *sqlstate)
{
  *sqlstate = 0;
  for (char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
    char *code = at + 3;
    size_t length = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length != 5 || strncmp(code + 5, ": ", 2) != 0)
      continue;
    memcpy(sqlstate, code, 5);
    sqlstate[5] = 0;
    memmove(code, code + 7, strlen(code + 7) + 1);
    return;
  }
}

/* One line for a log: line ends become "; ", LOCATION (of the server's source) is dropped. */
static void one_line(const char *text, char *out, size_t size)
{
  size_t used = 0;
  while (*text && used + 3 < size) {
    size_t length = strcspn(text, "\n");
    bool location = !strncmp(text, "LOCATION:", 9);
    if (length && !location) {
      if (used) {
        memcpy(out + used, "; ", 2);
        used += 2;
      }
      size_t copied = length < size - used - 1 ? length : size - used - 1;
      memcpy(out + used, text, copied);
      used += copied;
    }
    text += length + (text[length] == '\n');
    text += strspn(text, "\n\t ");
  }
  out[used] = 0;
}

static void connection_error(PGconn *connection, struct pg_error *error)
{
  char *text = pg_format("%s", PQerrorMessage(connection));
  take_sqlstate(text, error->sqlstate);
  one_line(text, error->message, sizeof error->message);
  error->result = pg_classify(error->sqlstate);
  free(text);
}

/* Waits for libpq's socket. False: too late. */
static bool wait_socket(PGconn *connection, short events, int64_t deadline)
{
  int64_t left = deadline - monotonic_ms();
  struct pollfd fd = {.fd = PQsocket(connection), .events = events};
  return left > 0 && poll(&fd, 1, (int)left) != 0;
}

static bool finish_connect(PGconn *connection, int timeout_s, struct pg_error *error)
{
  int64_t deadline = monotonic_ms() + (int64_t)timeout_s * 1000;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) {
      connection_error(connection, error);
      return false;
    }
    short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_socket(connection, events, deadline)) {
      *error = (struct pg_error){.result = HEADRACE_RETRY};
      snprintf(error->message, sizeof error->message,
               "no connection to %s within %d s (connect_timeout)", PQhost(connection), timeout_s);
      return false;
    }
    status = PQconnectPoll(connection);
  }
  return true;
}

static int connect_timeout(const struct parameters *parameters)
{
  const char *text = get(parameters, "connect_timeout");
  int seconds = text ? atoi(text) : 0;
  return seconds > 0 && seconds < 86400 ? seconds : CONNECT_TIMEOUT_S;
}

/* Notices of the server have no reader here; libpq would print them. */
static void ignore_notice(void *context, const PGresult *result)
{
  (void)context;
  (void)result;
}

static bool connect_one_of_many(const struct parameters *parameters)
{
  const char *host = get(parameters, "host"), *address = get(parameters, "hostaddr");
  return (host && strchr(host, ',')) || (address && strchr(address, ','));
}

/* Only libpq's own waiting goes on to the next host when one does not answer in time. Why a host
 * refused is not known then, and another may accept tomorrow: the error is one that may pass. */
static PGconn *connect_blocking(struct parameters *parameters, bool *good, struct pg_error *error)
{
  set_default(parameters, "connect_timeout", CONNECT_TIMEOUT_TEXT);
  PGconn *connection = PQconnectdbParams(parameters->names, parameters->values, 0);
  if (!connection)
    abort();
  *good = PQstatus(connection) == CONNECTION_OK;
  if (*good) {
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection, ignore_notice, NULL);
  } else {
    connection_error(connection, error);
  }
  return connection;
}

static PGconn *connect_polling(const struct parameters *parameters, bool *good,
                               struct pg_error *error)
{
  PGconn *connection = PQconnectStartParams(parameters->names, parameters->values, 0);
  if (!connection)
    abort();
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection, ignore_notice, NULL);
  *good = PQstatus(connection) != CONNECTION_BAD;
  if (!*good)
    connection_error(connection, error);
  *good = *good && finish_connect(connection, connect_timeout(parameters), error);
  return connection;
}

PGconn *pg_connect(const struct pg_target *target, struct pg_error *error)
{
  char *reason = NULL, *session_options = NULL;
  PQconninfoOption *options = parse_conninfo(target, &reason);
  if (!options) {
    *error = (struct pg_error){.result = HEADRACE_FATAL};
    snprintf(error->message, sizeof error->message, "%s", reason);
    free(reason);
    return NULL;
  }
  struct parameters parameters = {.count = 0};
  fill(&parameters, options, target, &session_options);
  bool good = false;
  PGconn *connection = connect_one_of_many(&parameters)
                           ? connect_blocking(&parameters, &good, error)
                           : connect_polling(&parameters, &good, error);
  free(session_options);
  PQconninfoFree(options);
  if (good)
    return connection;
  PQfinish(connection);
  return NULL;
}

/* Classes and codes that only a person can mend (PostgreSQL documentation, appendix A).
 * Everything else, as a lost connection, a full server or a restart, may pass. */
static const char *const permanent[] = {"0A", "22", "28", "2B", "3D", "3F", "42", NULL};

enum headrace_result pg_classify(const char *sqlstate)
{
  for (size_t i = 0; permanent[i]; i++)
    if (!strncmp(sqlstate, permanent[i], 2))
      return HEADRACE_FATAL;
  return HEADRACE_RETRY;
}

void pg_result_error(PGconn *connection, const PGresult *result, struct pg_error *error)
{
  const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
  if (!sqlstate) {
    connection_error(connection, error);
    return;
  }
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  char *text = pg_format("%s%s%s%s%s", message ? message : "", detail ? "\n" : "",
                         detail ? detail : "", hint ? "\n" : "", hint ? hint : "");
  snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
  one_line(text, error->message, sizeof error->message);
  error->result = pg_classify(sqlstate);
  free(text);
}

PGresult *pg_query(PGconn *connection, struct pg_error *error, const char *sql, int count,
                   const char *const *values)
{
  PGresult *result =
      PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0 /* text results */);
  ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
    return result;
  pg_result_error(connection, result, error);
  PQclear(result);
  return NULL;
}
