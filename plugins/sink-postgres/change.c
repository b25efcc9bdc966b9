/* SPDX-License-Identifier: Apache-2.0 */
#include "change.h"

#include "describe.h"
#include "evolve.h"
#include "pg_quote.h"
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3

static const char lock_sql[] = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

static enum headrace_result query(const struct table_change *change, const char *sql, int count,
                                  const char *const *values, struct pg_error *error)
{
  PGresult *result = pg_query(change->connection, error, sql, count, values);
  PQclear(result);
  return result ? HEADRACE_OK : error->result;
}

static enum headrace_result set_timeout(const struct table_change *change, int64_t milliseconds,
                                        struct pg_error *error)
{
  char *sql = pg_format("SET LOCAL lock_timeout = %lld", (long long)milliseconds);
  enum headrace_result result = query(change, sql, 0, NULL, error);
  free(sql);
  return result;
}

/* Classes that pg_classify() lets be tried again, but that are what the statement is. */
static bool is_permanent(const char *sqlstate)
{
  return !strncmp(sqlstate, "54", 2) || !strncmp(sqlstate, "23", 2);
}

/* ---- dry runs ---------------------------------------------------------- */

static enum headrace_result run_kept(PGconn *connection, const struct sql_list *kept,
                                     struct pg_error *error)
{
  enum headrace_result result = HEADRACE_OK;
  for (uint32_t i = 0; kept && i < kept->count && result == HEADRACE_OK; i++) {
    PGresult *done = pg_query(connection, error, kept->items[i], 0, NULL);
    result = done ? HEADRACE_OK : error->result;
    PQclear(done);
  }
  return result;
}

enum headrace_result describe_changed(PGconn *connection, const char *schema, const char *table,
                                      const struct sql_list *kept, struct target **target,
                                      struct pg_error *error)
{
  if (!kept || !kept->count)
    return describe_table(connection, schema, table, target, error);
  *target = NULL;
  PGresult *begun = pg_query(connection, error, "BEGIN", 0, NULL);
  enum headrace_result result = begun ? run_kept(connection, kept, error) : error->result;
  if (result == HEADRACE_OK)
    result = describe_table(connection, schema, table, target, error);
  PQclear(begun);
  PQclear(PQexec(connection, "ROLLBACK"));
  struct sql_list copies = {0};
  for (uint32_t i = 0; *target && i < kept->count; i++)
    sql_list_add(&copies, pg_format("%s", kept->items[i]));
  if (*target) {
    (*target)->ddl = copies.items;
    (*target)->ddl_count = copies.count;
  }
  return result;
}

/* ---- statements -------------------------------------------------------- */

/* A statement that changes something: said before, explained when it fails. */
static enum headrace_result run(const struct table_change *change, const char *sql,
                                struct pg_error *error)
{
  const struct headrace_host *host = change->host;
  host->log(host, HEADRACE_INFO, "%s: %s", change->kept ? "would run" : "runs", sql);
  struct pg_error reason;
  if (set_timeout(change, change->lock_timeout_ms, &reason) == HEADRACE_OK &&
      query(change, sql, 0, NULL, &reason) == HEADRACE_OK) {
    if (change->kept)
      sql_list_add(change->kept, pg_format("%s", sql));
    return HEADRACE_OK;
  }
  *error = reason;
  if (is_permanent(reason.sqlstate))
    error->result = HEADRACE_FATAL;
  snprintf(error->message, sizeof error->message, "%.300s: %.600s", sql, reason.message);
  return error->result;
}

static enum headrace_result lock(const struct table_change *change, const char *what,
                                 const char *name, struct pg_error *error)
{
  char *key = pg_format("headrace %s %s", what, name);
  const char *values[] = {key};
  enum headrace_result result = set_timeout(change, change->turn_timeout_ms, error);
  if (result == HEADRACE_OK)
    result = query(change, lock_sql, 1, values, error);
  free(key);
  return result;
}

static enum headrace_result begin(const struct table_change *change,
                                  const struct wanted_table *wanted, struct pg_error *error)
{
  char *name = pg_quote_qualified(wanted->schema, wanted->table);
  enum headrace_result result = query(change, "BEGIN", 0, NULL, error);
  if (result == HEADRACE_OK)
    result = lock(change, "table", name, error);
  free(name);
  return result;
}

static enum headrace_result make_schema(const struct table_change *change, const char *schema,
                                        struct pg_error *error)
{
  static const char exists[] = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1";
  for (int asked = 0; asked < 2; asked++) {
    PGresult *result = pg_query(change->connection, error, exists, 1, &schema);
    if (!result)
      return error->result;
    bool there = PQntuples(result) > 0;
    PQclear(result);
    if (there)
      return HEADRACE_OK;
    if (!asked && lock(change, "schema", schema, error) != HEADRACE_OK)
      return error->result;
  }
  char *quoted = pg_quote_identifier(schema);
  char *sql = pg_format("CREATE SCHEMA IF NOT EXISTS %s", quoted);
  enum headrace_result result = run(change, sql, error);
  free(sql);
  free(quoted);
  return result;
}

static enum headrace_result make(const struct table_change *change,
                                 const struct wanted_table *wanted, struct pg_error *error)
{
  struct sql_list sql = {0};
  enum headrace_result result = make_schema(change, wanted->schema, error);
  if (result == HEADRACE_OK)
    result = create_sql(change->connection, wanted, !change->may_alter, &sql, error);
  for (uint32_t i = 0; i < sql.count && result == HEADRACE_OK; i++)
    result = run(change, sql.items[i], error);
  if (result == HEADRACE_OK)
    change->host->counter(change->host, "tables_created", 1);
  sql_list_free(&sql);
  return result;
}

static enum headrace_result alter(const struct table_change *change, struct target *target,
                                  const struct wanted_table *wanted, struct pg_error *error)
{
  target_set_key(target, wanted->key_count ? (const char *const *)wanted->key : NULL,
                 wanted->key_count);
  struct sql_list sql = {0};
  enum headrace_result result = evolve_sql(change->connection, target, wanted, &sql, error);
  for (uint32_t i = 0; i < sql.count && result == HEADRACE_OK; i++)
    result = run(change, sql.items[i], error);
  if (result == HEADRACE_OK && sql.count)
    change->host->counter(change->host, "tables_altered", 1);
  sql_list_free(&sql);
  return result;
}

static enum headrace_result attempt(const struct table_change *change,
                                    const struct wanted_table *wanted, struct pg_error *error)
{
  struct target *target = NULL;
  enum headrace_result result = begin(change, wanted, error);
  if (result == HEADRACE_OK)
    result = run_kept(change->connection, change->kept, error);
  if (result == HEADRACE_OK)
    result = describe_table(change->connection, wanted->schema, wanted->table, &target, error);
  if (result == HEADRACE_OK && !target)
    result = make(change, wanted, error);
  else if (result == HEADRACE_OK && change->may_alter)
    result = alter(change, target, wanted, error);
  target_free(target);
  struct pg_error ignored;
  if (result == HEADRACE_OK && !change->kept)
    result = query(change, "COMMIT", 0, NULL, error);
  else
    query(change, "ROLLBACK", 0, NULL, &ignored);
  return result;
}

/* Somebody who knows nothing of our lock was faster: what is there now may do. */
static bool was_made_meanwhile(const char *sqlstate)
{
  static const char *const codes[] = {"42P06", "42P07", "42701", "42710", "23505", NULL};
  for (size_t i = 0; codes[i]; i++)
    if (!strcmp(codes[i], sqlstate))
      return true;
  return false;
}

enum headrace_result change_table(const struct table_change *change,
                                  const struct wanted_table *wanted, struct pg_error *error)
{
  enum headrace_result result = HEADRACE_FATAL;
  for (int i = 0; i < ATTEMPTS; i++) {
    result = attempt(change, wanted, error);
    if (result == HEADRACE_OK || !was_made_meanwhile(error->sqlstate))
      break;
  }
  return result;
}
