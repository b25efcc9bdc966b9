/* SPDX-License-Identifier: Apache-2.0 */
#include "handler_plan.h"

#include "failure.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_ID    1
#define CONTEXT_ID 2
#define LOCK_KEY   "5004372861034519" /* as in offsets.c: whoever makes tables of ours */

static const char context_sql[] = "SELECT set_config('headrace.topic', $1, true), "
                                  "set_config('headrace.partition', $2::text, true), "
                                  "set_config('headrace.offset', $3::text, true)";

/* ---- the keys -------------------------------------------------------------------------- */

static bool need(const struct headrace_host *host, const char *key, bool wanted, const char *form)
{
  const char *value = host->string(host, key);
  bool given = value && *value;
  if (given == wanted)
    return true;
  host->log(host, HEADRACE_ERROR,
            wanted ? "%s is needed with handler_mode = %s" : "%s has no use with handler_mode = %s",
            key, form);
  return false;
}

bool handler_check(const struct headrace_host *host)
{
  static const char *const forms[] = {"message", "batch", "statement", "inbox", "plugin"};
  enum handler_form form = (enum handler_form)host->integer(host, "handler_mode");
  struct dedupe dedupe = {0};
  bool good = dedupe_read(host, &dedupe);
  bool named = form == FORM_MESSAGE || form == FORM_BATCH || form == FORM_PLUGIN;
  good = need(host, "handler", named, forms[form]) && good;
  good = need(host, "handler_sql", form == FORM_STATEMENT, forms[form]) && good;
  if (form == FORM_PLUGIN)
    good = need(host, "dedupe_by", false, forms[form]) && good;
  return good;
}

/* ---- the connection --------------------------------------------------------------------- */

PGconn *handler_connect(struct handler *handler, struct pg_error *error)
{
  const struct pg_target target = {.host = handler->host,
                                   .application_name = "headrace",
                                   .settings = PG_TEXT_SETTINGS,
                                   .session_attributes = "read-write"};
  if (!handler->connection)
    handler->connection = pg_connect(&target, error);
  return handler->connection;
}

static void disconnect(struct handler *handler)
{
  PQfinish(handler->connection);
  handler->connection = NULL;
}

bool handler_run(struct handler *handler, const char *sql, struct pg_error *error)
{
  PGconn *connection = handler_connect(handler, error);
  if (!connection)
    return false;
  PGresult *result = PQexec(connection, sql);
  ExecStatusType status = PQresultStatus(result);
  bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (!good)
    failure_read(connection, result, error);
  PQclear(result);
  return good;
}

enum headrace_result handler_error(const struct pg_error *error)
{
  enum reaction reaction = failure_reaction(error->sqlstate);
  bool passes = error->result != HEADRACE_FATAL || reaction == REACTION_RETRY;
  return passes && (reaction == REACTION_WAIT || reaction == REACTION_RETRY) ? HEADRACE_RETRY
                                                                             : HEADRACE_FATAL;
}

enum headrace_result handler_refuse(struct pg_error *error, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  *error = (struct pg_error){.result = HEADRACE_FATAL};
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return HEADRACE_FATAL;
}

static bool is_there(struct handler *handler, const char *name, bool *there, struct pg_error *error)
{
  PGconn *connection = handler_connect(handler, error);
  PGresult *found =
      connection ? pg_query(connection, error, "SELECT to_regclass($1) IS NOT NULL", 1, &name)
                 : NULL;
  *there = found && *PQgetvalue(found, 0, 0) == 't';
  PQclear(found);
  return found != NULL;
}

/* The lock is held while it is looked for once more. */
static bool make_locked(struct handler *handler, const char *name, const char *sql,
                        struct pg_error *error)
{
  bool there = false;
  const char *schema_name = handler->host->string(handler->host, "schema_name");
  char *schema = pg_quote_identifier(schema_name);
  char *make_schema = pg_format("CREATE SCHEMA IF NOT EXISTS %s", schema);
  struct pg_error ignored;
  bool good =
      handler_run(handler, "BEGIN", error) &&
      handler_run(handler, "SELECT pg_advisory_xact_lock(" LOCK_KEY ")", error) &&
      is_there(handler, name, &there, error) &&
      (there || (handler_run(handler, make_schema, error) && handler_run(handler, sql, error)));
  good = good && handler_run(handler, "COMMIT", error);
  if (!good && handler->connection)
    handler_run(handler, "ROLLBACK", &ignored);
  free(schema);
  free(make_schema);
  return good;
}

enum headrace_result handler_make(struct handler *handler, const char *name, const char *sql,
                                  struct pg_error *error)
{
  bool there = false;
  if (!is_there(handler, name, &there, error))
    return handler_error(error);
  if (there)
    return HEADRACE_OK;
  if (handler->dry_run)
    return handler_refuse(error, "%s is not there, and a dry run does not make it: %s", name, sql);
  return make_locked(handler, name, sql, error) ? HEADRACE_OK : handler_error(error);
}

/* ---- open, close -------------------------------------------------------------------------- */

static void free_handler(void *instance)
{
  struct handler *handler = instance;
  disconnect(handler);
  if (handler->library)
    library_close(handler->library);
  dedupe_free(&handler->dedupe);
  inbox_free(&handler->inbox);
  free(handler->sql);
  free(handler);
}

static void *new_handler(const struct headrace_host *host)
{
  struct handler *handler = sink_alloc(sizeof *handler);
  handler->host = host;
  handler->form = (enum handler_form)host->integer(host, "handler_mode");
  handler->by_key = host->integer(host, "handler_order") != 0;
  handler->dry_run = host->integer(host, "dry_run") != 0;
  handler->role = host->string(host, "handler_role");
  bool good = handler_check(host) && dedupe_read(host, &handler->dedupe);
  if (good && handler->form == FORM_PLUGIN)
    good = (handler->library = library_open(host)) != NULL;
  if (good)
    return handler;
  free_handler(handler);
  return NULL;
}

/* What the database has to have; once. */
static enum headrace_result prepare(struct handler *handler, struct pg_error *error)
{
  if (handler->ready)
    return HEADRACE_OK;
  enum headrace_result result = dedupe_prepare(handler, error);
  if (result == HEADRACE_OK) {
    switch (handler->form) {
    case FORM_MESSAGE:
    case FORM_BATCH:
      result = handler_find_function(handler, error);
      break;
    case FORM_STATEMENT:
      handler->sql =
          handler_statement_sql(handler, handler->host->string(handler->host, "handler_sql"));
      break;
    case FORM_INBOX:
      result = inbox_prepare(handler, error);
      break;
    case FORM_PLUGIN:
      break;
    }
  }
  handler->ready = result == HEADRACE_OK;
  disconnect(handler);
  return result;
}

/* ---- routing --------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  return hash;
}

static uint64_t hash_of(const struct handler *handler, const struct headrace_record *record)
{
  uint64_t hash = UINT64_C(14695981039346656037);
  if (record->topic.state != HEADRACE_NULL)
    hash = hash_bytes(hash, record->topic.data, record->topic.size);
  if (handler->by_key && record->key.state != HEADRACE_NULL)
    return hash_bytes(hash, record->key.data, record->key.size);
  return hash_bytes(hash, &record->partition, sizeof record->partition);
}

static enum headrace_result route(void *instance, struct item *item, struct pg_error *error)
{
  struct handler *handler = instance;
  const struct headrace_record *record = item->event->record;
  if (!record)
    return handler_refuse(error, "mode = handler handles records; give the pipeline a source of "
                                 "records, or a codec that makes them (codec = json)");
  enum headrace_result result = prepare(handler, error);
  if (result == HEADRACE_OK && handler->form == FORM_INBOX) {
    result = inbox_route(handler, record, error);
    disconnect(handler);
  }
  item->hash = hash_of(handler, record);
  return result;
}

/* ---- planning ----------------------------------------------------------------------------------
 */

static void plan_role(const struct handler *handler, struct plan *plan, const char *role)
{
  static const uint32_t types[] = {25};
  if (!handler->role)
    return;
  const char **value = plan_alloc(plan, sizeof *value);
  *value = role;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_DIRECT,
                                  .sql = "SELECT set_config('role', $1, true)",
                                  .count = 1,
                                  .types = types,
                                  .values = value,
                                  .table = role,
                                  .rows = -1};
}

static struct statement *add_call(const struct handler *handler, struct plan *plan, int64_t rows)
{
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_PREPARED,
                                  .sql = handler->sql,
                                  .id = CALL_ID,
                                  .table = handler->host->string(handler->host, "handler"),
                                  .operation = "calls",
                                  .rows = rows,
                                  .counted = true};
  return statement;
}

static void plan_messages(const struct handler *handler, const struct item *items, size_t count,
                          struct plan *plan)
{
  for (size_t i = 0; i < count; i++) {
    struct statement *statement = add_call(handler, plan, 1);
    handler_bind(handler, plan, items[i].event, handler->fields, statement);
    if (handler->dedupe.source != DEDUPE_NONE)
      statement->missing = "duplicates";
  }
}

static void plan_context(const struct handler *handler, const struct group *group)
{
  struct statement *statement = plan_add(group->plan);
  *statement = (struct statement){
      .kind = STATEMENT_PREPARED, .sql = context_sql, .id = CONTEXT_ID, .rows = -1};
  handler_bind(handler, group->plan, group->items[group->members[0]].event,
               1u << FIELD_TOPIC | 1u << FIELD_PARTITION | 1u << FIELD_OFFSET, statement);
}

/* Rows (ord, action, reason) of a function that judges. */
static void take_verdicts(void *context, const PGresult *rows)
{
  const struct group *group = context;
  for (int i = 0; i < PQntuples(rows); i++) {
    size_t ord = strtoul(PQgetvalue(rows, i, 0), NULL, 10);
    const char *action = PQgetvalue(rows, i, 1), *reason = PQgetvalue(rows, i, 2);
    bool known = ord >= 1 && ord <= group->count;
    if (known && !strcmp(action, "ok"))
      continue;
    enum judgement judgement = known && !strcmp(action, "skip") ? JUDGED_SKIP
                               : known && (!strcmp(action, "dlq") || !strcmp(action, "dead-letter"))
                                   ? JUDGED_DEAD_LETTER
                                   : JUDGED_STOP;
    plan_judge(group->plan, known ? group->members[ord - 1] : 0, judgement, reason);
  }
}

static void plan_group(const struct handler *handler, const struct group *group)
{
  if (handler->form == FORM_PLUGIN) {
    library_plan(handler->library, group);
    return;
  }
  if (handler->form != FORM_INBOX && !handler->by_key)
    plan_context(handler, group);
  struct statement *statement = add_call(handler, group->plan, (int64_t)group->count);
  handler_bind_arrays(handler, group, ~0u, statement);
  if (handler->form == FORM_INBOX) {
    statement->operation = "insert";
    statement->missing = "duplicates";
  }
  if (!handler->verdicts)
    return;
  struct group *kept = plan_alloc(group->plan, sizeof *kept);
  *kept = *group;
  statement->take_rows = take_verdicts;
  statement->context = kept;
  plan_await_verdicts(group->plan);
}

static bool is_same_partition(const struct item *a, const struct item *b)
{
  const struct headrace_record *left = a->event->record, *right = b->event->record;
  return left->partition == right->partition && left->topic.size == right->topic.size &&
         (!left->topic.size || !memcmp(left->topic.data, right->topic.data, left->topic.size));
}

/* A batch is of one partition, unless order is kept by key. */
static void plan_groups(const struct handler *handler, const struct item *items, size_t count,
                        struct plan *plan)
{
  bool together = handler->by_key || handler->form == FORM_INBOX;
  bool *taken = plan_alloc(plan, count);
  uint32_t *members = plan_alloc(plan, count * sizeof *members);
  memset(taken, 0, count);
  for (size_t first = 0; first < count; first++) {
    if (taken[first])
      continue;
    struct group group = {.items = items, .members = members, .plan = plan};
    for (size_t i = first; i < count; i++) {
      if (taken[i] || !(together || is_same_partition(&items[first], &items[i])))
        continue;
      taken[i] = true;
      members[group.count++] = (uint32_t)i;
    }
    members += group.count;
    plan_group(handler, &group);
  }
}

static enum headrace_result plan(void *instance, const struct item *items, size_t count,
                                 bool one_by_one, struct plan *plan, size_t *failed,
                                 struct pg_error *error)
{
  struct handler *handler = instance;
  (void)one_by_one;
  (void)failed;
  (void)error;
  dedupe_plan_purge(handler, plan);
  plan_role(handler, plan, handler->role);
  if (handler->form == FORM_MESSAGE)
    plan_messages(handler, items, count, plan);
  else
    plan_groups(handler, items, count, plan);
  if (handler->form == FORM_INBOX)
    inbox_plan_notify(handler, plan);
  plan_role(handler, plan, "none");
  return HEADRACE_OK;
}

const struct planner handler_planner = {
    .new_planner = new_handler, .free_planner = free_handler, .route = route, .plan = plan};
