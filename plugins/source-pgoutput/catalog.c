/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog.h"

#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS                                                                                   \
  PG_TEXT_SETTINGS " -c search_path=pg_catalog -c statement_timeout=20s -c lock_timeout=10s "      \
                   "-c idle_session_timeout=0 -c standard_conforming_strings=on -c jit=off"

/* Not one of SETTINGS: libpq would take a session that reads only for a standby, and with
 * target_session_attrs=read-write find no server at all. */
static bool read_only(PGconn *connection, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error, "SET default_transaction_read_only = on", 0, NULL);
  PQclear(result);
  return result != NULL;
}

bool catalog_connect(struct catalog *catalog, const struct headrace_host *host,
                     struct pg_error *error)
{
  struct pg_target target = {
      .host = host, .application_name = "headrace catalog", .settings = SETTINGS};
  *catalog = (struct catalog){.host = host, .connection = pg_connect(&target, error)};
  if (catalog->connection && !read_only(catalog->connection, error))
    catalog_close(catalog);
  return catalog->connection != NULL;
}

void catalog_close(struct catalog *catalog)
{
  PQfinish(catalog->connection);
  catalog->connection = NULL;
}

static void forget_answer(struct catalog *catalog)
{
  if (!catalog->asked)
    return;
  PGresult *result;
  while ((result = PQgetResult(catalog->connection)))
    PQclear(result);
  catalog->asked = false;
}

/* A connection that is idle may be lost unseen (a firewall, pg_terminate_backend): a new one is
 * as good, since nothing is kept in the session. */
static bool ready(struct catalog *catalog, struct pg_error *error)
{
  forget_answer(catalog);
  if (PQconsumeInput(catalog->connection) && PQstatus(catalog->connection) == CONNECTION_OK)
    return true;
  const struct headrace_host *host = catalog->host;
  catalog_close(catalog);
  return catalog_connect(catalog, host, error);
}

PGresult *catalog_query(struct catalog *catalog, struct pg_error *error, const char *sql, int count,
                        const char *const *values)
{
  return ready(catalog, error) ? pg_query(catalog->connection, error, sql, count, values) : NULL;
}

bool catalog_queries(struct catalog *catalog, struct pg_error *error, const char *sql,
                     PGresult **results, int count)
{
  memset(results, 0, (size_t)count * sizeof(PGresult *));
  if (!ready(catalog, error))
    return false;
  bool good = PQsendQuery(catalog->connection, sql) == 1;
  if (!good)
    pg_result_error(catalog->connection, NULL, error);
  PGresult *result;
  for (int i = 0; (result = PQgetResult(catalog->connection)); i++) {
    if (good && PQresultStatus(result) != PGRES_TUPLES_OK) {
      pg_result_error(catalog->connection, result, error);
      good = false;
    }
    if (good && i < count)
      results[i] = result;
    else
      PQclear(result);
  }
  for (int i = 0; !good && i < count; i++) {
    PQclear(results[i]);
    results[i] = NULL;
  }
  return good;
}

bool catalog_execute(struct catalog *catalog, struct pg_error *error, const char *sql)
{
  if (!ready(catalog, error))
    return false;
  char *transaction = pg_format("BEGIN READ WRITE; %s COMMIT", sql);
  PGresult *result = PQexec(catalog->connection, transaction);
  bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
  if (!good) {
    pg_result_error(catalog->connection, result, error);
    PQclear(PQexec(catalog->connection, "ROLLBACK"));
  }
  PQclear(result);
  free(transaction);
  return good;
}

bool catalog_ask(struct catalog *catalog, struct pg_error *error, const char *sql)
{
  if (catalog->asked)
    return true;
  if (!ready(catalog, error))
    return false;
  catalog->asked = PQsendQuery(catalog->connection, sql) == 1;
  if (!catalog->asked)
    pg_result_error(catalog->connection, NULL, error);
  return catalog->asked;
}

PGresult *catalog_answer(struct catalog *catalog)
{
  if (!catalog->asked)
    return NULL;
  if (!PQconsumeInput(catalog->connection)) {
    forget_answer(catalog);
    return NULL;
  }
  if (PQisBusy(catalog->connection))
    return NULL;
  PGresult *answer = PQgetResult(catalog->connection);
  forget_answer(catalog);
  return answer;
}
