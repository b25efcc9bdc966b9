/* SPDX-License-Identifier: Apache-2.0
 *
 * handler_mode = inbox: messages wait in a table until an application takes them. The table is
 * partitioned by the day of the record's own time, so that a message that comes twice meets
 * itself, and days that are done are dropped instead of vacuumed. */
#include "failure.h"
#include "handler_plan.h"
#include "pg_quote.h"
#include "sink.h"
#include "temporal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US      INT64_C(86400000000)
#define DAY_MS      INT64_C(86400000)
#define PAST_DAYS   400 /* older ones, and those to come, are kept together */
#define FUTURE_DAYS 2
#define NOTIFY_ID   3
#define CHANNEL     "headrace_inbox"

static const char *const types[] = {"bytea", "text", "jsonb"};

void inbox_free(struct inbox *inbox)
{
  free(inbox->schema);
  free(inbox->table);
  free(inbox->days);
}

/* ---- making it ------------------------------------------------------------------------ */

static char *table_sql(const struct handler *handler)
{
  const struct headrace_host *host = handler->host;
  const struct inbox *inbox = &handler->inbox;
  char *sql = pg_format(
      "CREATE TABLE IF NOT EXISTS %s (day date, pipeline text, topic text, \"partition\" integer, "
      "\"offset\" bigint, ts timestamptz, key %s, value %s, headers jsonb, received_at timestamptz "
      "NOT NULL DEFAULT now(), PRIMARY KEY (day, pipeline, topic, \"partition\", \"offset\")) "
      "PARTITION BY RANGE (day); CREATE TABLE IF NOT EXISTS %s.inbox_other PARTITION OF %s DEFAULT",
      inbox->table, types[host->integer(host, "handler_key")],
      types[host->integer(host, "handler_value")], inbox->schema, inbox->table);
  if (handler->role) {
    char *role = pg_quote_identifier(handler->role);
    pg_append(&sql, "; GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT, INSERT ON %s TO %s",
              inbox->schema, role, inbox->table, role);
    free(role);
  }
  return sql;
}

/* The days of which partitions are made are one more on both sides, as clocks differ. */
static char *insert_sql(const struct handler *handler)
{
  const struct headrace_host *host = handler->host;
  char *prefix = handler_batch_prefix(handler, types[host->integer(host, "handler_key")],
                                      types[host->integer(host, "handler_value")]);
  char *pipeline = pg_quote_literal(host->pipeline);
  char *sql = pg_format(
      "%s INSERT INTO %s (day, pipeline, topic, \"partition\", \"offset\", ts, key, value, "
      "headers) "
      "SELECT CASE WHEN t.day BETWEEN d.today - %d AND d.today + %d THEN t.day "
      "WHEN t.day IS NULL THEN d.today ELSE 'infinity' END, %s, topic, \"partition\", \"offset\", "
      "ts, key, value, headers FROM batch, LATERAL (SELECT (ts AT TIME ZONE 'UTC')::date AS day) "
      "AS t, (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS d ORDER BY ord "
      "ON CONFLICT DO NOTHING",
      prefix, handler->inbox.table, PAST_DAYS, FUTURE_DAYS, pipeline);
  free(prefix);
  free(pipeline);
  return sql;
}

enum headrace_result inbox_prepare(struct handler *handler, struct pg_error *error)
{
  struct inbox *inbox = &handler->inbox;
  inbox_free(inbox);
  *inbox = (struct inbox){.today = INT64_MIN};
  inbox->schema = pg_quote_identifier(handler->host->string(handler->host, "schema_name"));
  inbox->table = pg_format("%s.inbox", inbox->schema);
  char *sql = table_sql(handler);
  enum headrace_result result = handler_make(handler, inbox->table, sql, error);
  free(sql);
  free(handler->sql);
  handler->sql = insert_sql(handler);
  return result;
}

/* ---- its days --------------------------------------------------------------------------- */

static void write_day(char *text, size_t size, int64_t day, const char *format)
{
  struct temporal_date date = temporal_date_of_days(day);
  snprintf(text, size, format, (int)date.year, (int)date.month, (int)date.day);
}

static enum headrace_result make_day(struct handler *handler, int64_t day, struct pg_error *error)
{
  struct inbox *inbox = &handler->inbox;
  char name[32], from[32], to[32];
  for (size_t i = inbox->day_count; i > 0; i--)
    if (inbox->days[i - 1] == day)
      return HEADRACE_OK;
  write_day(name, sizeof name, day, "inbox_%04d%02d%02d");
  write_day(from, sizeof from, day, "%04d-%02d-%02d");
  write_day(to, sizeof to, day + 1, "%04d-%02d-%02d");
  char *table = pg_format("%s.%s", inbox->schema, name);
  char *sql = pg_format("CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM ('%s') TO "
                        "('%s')",
                        table, inbox->table, from, to);
  enum headrace_result result = handler_make(handler, table, sql, error);
  if (result == HEADRACE_OK) {
    inbox->days =
        sink_grow(inbox->days, inbox->day_count, &inbox->day_capacity, sizeof *inbox->days);
    inbox->days[inbox->day_count++] = day;
  }
  free(table);
  free(sql);
  return result;
}

/* Whoever takes messages deletes them: a day goes when nothing of it is left. */
static void drop_day(struct handler *handler, const char *table)
{
  struct pg_error error;
  char *sql = pg_format(
      "DO $headrace$ BEGIN SET LOCAL lock_timeout = '1s'; LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE "
      "MODE; IF NOT EXISTS (SELECT FROM %s) THEN DROP TABLE %s; END IF; END $headrace$",
      handler->inbox.table, table, table);
  if (!handler_run(handler, sql, &error))
    handler->host->log(handler->host, HEADRACE_INFO,
                       "%s is kept until tomorrow, it could not be dropped: %s", table,
                       error.message);
  free(sql);
}

static void drop_days(struct handler *handler, int64_t today)
{
  const struct headrace_host *host = handler->host;
  int64_t days = host->integer(host, "inbox_retention") / DAY_MS;
  if (days <= 0 || handler->dry_run)
    return;
  char oldest[32];
  write_day(oldest, sizeof oldest, today - days, "inbox_%04d%02d%02d");
  const char *values[] = {handler->inbox.table, oldest};
  struct pg_error error;
  PGconn *connection = handler_connect(handler, &error);
  PGresult *found = connection
                        ? pg_query(connection, &error,
                                   "SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c "
                                   "ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass "
                                   "AND c.relname ~ '^inbox_[0-9]{8}$' AND c.relname < $2",
                                   2, values)
                        : NULL;
  for (int i = 0; found && i < PQntuples(found); i++)
    drop_day(handler, PQgetvalue(found, i, 0));
  PQclear(found);
}

static enum headrace_result begin_day(struct handler *handler, int64_t today,
                                      struct pg_error *error)
{
  enum headrace_result result = HEADRACE_OK;
  handler->inbox.day_count = 0; /* who knows which were dropped */
  for (int64_t day = today - 1; day <= today + 1 && result == HEADRACE_OK; day++)
    result = make_day(handler, day, error);
  if (result != HEADRACE_OK)
    return result;
  handler->inbox.today = today;
  drop_days(handler, today);
  return HEADRACE_OK;
}

enum headrace_result inbox_route(struct handler *handler, const struct headrace_record *record,
                                 struct pg_error *error)
{
  int64_t today = handler->host->now_us(handler->host) / DAY_US;
  if (record->offset < 0 || record->partition < 0)
    return handler_refuse(error, "handler_mode = inbox needs records with topic, partition and "
                                 "offset, as source = kafka gives");
  enum headrace_result result =
      today == handler->inbox.today ? HEADRACE_OK : begin_day(handler, today, error);
  int64_t day = record->timestamp_ms < 0 ? today : record->timestamp_ms / DAY_MS;
  if (result != HEADRACE_OK || day < today - PAST_DAYS - 1 || day > today + FUTURE_DAYS + 1)
    return result;
  return make_day(handler, day, error);
}

/* ---- telling of it ------------------------------------------------------------------------ */

void inbox_plan_notify(struct handler *handler, struct plan *plan)
{
  static const uint32_t notify_types[] = {25};
  const char **value = plan_alloc(plan, sizeof *value);
  *value = handler->host->pipeline;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_PREPARED,
                                  .sql = "SELECT pg_notify('" CHANNEL "', $1)",
                                  .id = NOTIFY_ID,
                                  .count = 1,
                                  .types = notify_types,
                                  .values = value,
                                  .rows = -1};
}
