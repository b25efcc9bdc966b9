/* SPDX-License-Identifier: Apache-2.0 */
#include "reselect.h"

#include "money.h"
#include "pg_quote.h"
#include "setup.h"
#include "xid_snapshot.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* How long an update that the stream has may be hidden from other sessions: until a synchronous
 * standby has it. Its row is not found under a new key so long. */
#define HIDDEN_ATTEMPTS 40
#define HIDDEN_WAIT_MS  50

#define BPCHAR_OID 1042
#define BIT_OID    1560

/* The updates of one relation, and the columns that some of them lack. */
struct group {
  const struct headrace_relation *relation;
  struct headrace_change **changes;
  size_t count;
  uint32_t *columns;
  uint32_t column_count;
};

void reselect_init(struct reselect *reselect, const struct headrace_host *host,
                   struct catalog *catalog)
{
  *reselect = (struct reselect){.host = host, .catalog = catalog};
}

void reselect_free(struct reselect *reselect)
{
  free(reselect->waiting);
  *reselect = (struct reselect){.waiting = NULL};
}

/* ---- what waits -------------------------------------------------------- */

static bool lacks(const struct headrace_change *change, uint32_t column)
{
  return change->new_values[column].state == HEADRACE_ABSENT;
}

static bool lacks_any(const struct headrace_change *change)
{
  for (uint32_t n = 0; n < change->relation->column_count; n++)
    if (lacks(change, n))
      return true;
  return false;
}

/* A large key that did not change is in the old row only. NULL: in neither. */
static const struct headrace_value *key_value(const struct headrace_change *change, uint32_t part)
{
  uint16_t column = change->relation->key[part];
  if (change->new_values[column].state == HEADRACE_TEXT)
    return &change->new_values[column];
  if (change->old_values && change->old_values[column].state == HEADRACE_TEXT)
    return &change->old_values[column];
  return NULL;
}

static bool has_key(const struct headrace_change *change)
{
  for (uint32_t part = 0; part < change->relation->key_count; part++)
    if (!key_value(change, part))
      return false;
  return change->relation->key_count > 0;
}

void reselect_note(struct reselect *reselect, struct headrace_change *change)
{
  if (change->operation != HEADRACE_UPDATE || !lacks_any(change) || !has_key(change))
    return;
  if (reselect->count && reselect->waiting[reselect->count - 1] == change)
    return; /* noted for a snapshot, and now for another reason */
  if (reselect->count == reselect->capacity) {
    reselect->capacity = reselect->capacity ? 2 * reselect->capacity : 64;
    reselect->waiting = realloc(reselect->waiting, reselect->capacity * sizeof *reselect->waiting);
    if (!reselect->waiting)
      abort();
  }
  reselect->waiting[reselect->count++] = change;
}

/* ---- the query --------------------------------------------------------- */

/* character and bit stand for one character and one bit. */
static const char *cast_of(const struct headrace_column *column)
{
  return column->type_id == BPCHAR_OID ? "pg_catalog.bpchar"
         : column->type_id == BIT_OID  ? "pg_catalog.\"bit\""
                                       : column->type_name;
}

/* The equality of an extension's type lives beside the type; all others are pg_catalog's. */
static char *equality_of(const struct headrace_column *column)
{
  const char *name = column->type_name, *dot = NULL;
  bool quoted = false,
       own = column->type == HEADRACE_TYPE_ENUM || column->type == HEADRACE_TYPE_COMPOSITE ||
             column->type == HEADRACE_TYPE_RANGE || column->type == HEADRACE_TYPE_ARRAY;
  for (const char *at = name; *at && !own; at++) {
    if (*at == '"')
      quoted = !quoted;
    else if (*at == '.' && !quoted)
      dot = at;
  }
  return dot ? pg_format("OPERATOR(%.*s.=)", (int)(dot - name), name) : pg_format("=");
}

static char *literal(const struct headrace_value *value)
{
  char *text = pg_format("%.*s", (int)value->size, value->data);
  char *quoted = pg_quote_literal(text);
  free(text);
  return quoted;
}

static void append_keys(char **sql, const struct group *group)
{
  const struct headrace_relation *relation = group->relation;
  for (size_t i = 0; i < group->count; i++) {
    pg_append(sql, "%s(%zu", i ? ", " : "", i);
    for (uint32_t part = 0; part < relation->key_count; part++) {
      char *value = literal(key_value(group->changes[i], part));
      pg_append(sql, ", %s::%s", value, cast_of(&relation->columns[relation->key[part]]));
      free(value);
    }
    pg_append(sql, ")");
  }
}

static void append_match(char **sql, const struct headrace_relation *relation)
{
  for (uint32_t part = 0; part < relation->key_count; part++) {
    const struct headrace_column *column = &relation->columns[relation->key[part]];
    char *name = pg_quote_identifier(column->name), *equals = equality_of(column);
    pg_append(sql, "%st.%s %s k.k%" PRIu32, part ? " AND " : "", name, equals, part);
    free(equals);
    free(name);
  }
}

/* What is seen is asked first: it can only be less than what the rows show. Tables that inherit
 * from this one are others, partitions are not. */
static char *query_of(const struct group *group)
{
  const struct headrace_relation *relation = group->relation;
  char *table = pg_quote_qualified(relation->schema, relation->table);
  char *table_literal = pg_quote_literal(table);
  char *sql = pg_format("SELECT pg_current_snapshot(); SELECT k.n");
  for (uint32_t i = 0; i < group->column_count; i++) {
    char *name = pg_quote_identifier(relation->columns[group->columns[i]].name);
    pg_append(&sql, ", t.%s", name);
    free(name);
  }
  pg_append(&sql, " FROM (VALUES ");
  append_keys(&sql, group);
  pg_append(&sql, ") k(n");
  for (uint32_t part = 0; part < relation->key_count; part++)
    pg_append(&sql, ", k%" PRIu32, part);
  pg_append(&sql, ") JOIN %s t ON ", table);
  append_match(&sql, relation);
  pg_append(&sql,
            " WHERE (SELECT c.relkind = 'p' OR c.oid = t.tableoid FROM pg_class c WHERE "
            "c.oid = to_regclass(%s))",
            table_literal);
  free(table_literal);
  free(table);
  return sql;
}

/* ---- what came --------------------------------------------------------- */

static struct headrace_value copy_value(const struct headrace_host *host,
                                        struct headrace_batch *batch, PGresult *rows, int row,
                                        int field)
{
  if (PQgetisnull(rows, row, field))
    return (struct headrace_value){.state = HEADRACE_NULL};
  size_t size = (size_t)PQgetlength(rows, row, field);
  char *copy = host->alloc(host, batch, size ? size : 1);
  memcpy(copy, PQgetvalue(rows, row, field), size);
  return (struct headrace_value){.data = copy, .size = (uint32_t)size, .state = HEADRACE_TEXT};
}

static void fill_change(const struct headrace_host *host, struct headrace_batch *batch,
                        const struct group *group, PGresult *rows, int row)
{
  struct headrace_change *change = group->changes[atoi(PQgetvalue(rows, row, 0))];
  struct headrace_value *values = (struct headrace_value *)change->new_values;
  bool money = money_in(change->relation);
  for (uint32_t i = 0; i < group->column_count; i++) {
    uint32_t column = group->columns[i];
    if (!lacks(change, column))
      continue;
    values[column] = copy_value(host, batch, rows, row, (int)i + 1);
    if (money)
      money_strip_column(&change->relation->columns[column], &values[column]);
  }
}

/* An update to another key that is not visible yet: its row will be found later. */
static bool hidden(const struct group *group, PGresult *seen)
{
  struct xid_snapshot snapshot;
  bool any = false;
  if (!xid_snapshot_parse(PQgetvalue(seen, 0, 0), &snapshot))
    return false;
  for (size_t i = 0; i < group->count && !any; i++) {
    const struct headrace_change *change = group->changes[i];
    any = change->old_values && lacks_any(change) && change->transaction &&
          !xid_snapshot_sees(&snapshot, (uint32_t)change->transaction->id);
  }
  xid_snapshot_free(&snapshot);
  return any;
}

static bool ask(struct reselect *reselect, struct headrace_batch *batch, const struct group *group,
                bool *again, struct pg_error *error)
{
  PGresult *results[2];
  char *sql = query_of(group);
  bool good = catalog_queries(reselect->catalog, error, sql, results, 2);
  free(sql);
  if (!good)
    return false;
  for (int row = 0; row < PQntuples(results[1]); row++)
    fill_change(reselect->host, batch, group, results[1], row);
  *again = hidden(group, results[0]);
  PQclear(results[0]);
  PQclear(results[1]);
  return true;
}

/* A table or a column that was dropped since has nothing to give. */
static bool is_gone(const struct pg_error *error)
{
  return !strcmp(error->sqlstate, "42P01") || !strcmp(error->sqlstate, "42703") ||
         !strcmp(error->sqlstate, "3F000");
}

static enum headrace_result fill_group(struct reselect *reselect, struct headrace_batch *batch,
                                       const struct group *group)
{
  struct pg_error error;
  bool again = true;
  for (int i = 0; again && i < HIDDEN_ATTEMPTS; i++) {
    struct pollfd wake = {.fd = reselect->host->wake_fd, .events = POLLIN};
    if (i && poll(&wake, 1, HIDDEN_WAIT_MS) > 0)
      break;
    if (!ask(reselect, batch, group, &again, &error)) {
      if (is_gone(&error))
        return HEADRACE_OK;
      reselect->host->log(reselect->host, HEADRACE_ERROR,
                          "cannot read the unchanged large values of %s.%s: %s (SQLSTATE %s)",
                          group->relation->schema, group->relation->table, error.message,
                          error.sqlstate);
      return error.result;
    }
  }
  return HEADRACE_OK;
}

/* ---- groups ------------------------------------------------------------ */

/* Takes the changes of the first one's relation out of those that wait. */
static struct group take_group(struct reselect *reselect)
{
  struct group group = {.relation = reselect->waiting[0]->relation};
  size_t left = 0;
  group.changes = malloc(reselect->count * sizeof *group.changes);
  group.columns = calloc(group.relation->column_count, sizeof *group.columns);
  if (!group.changes || !group.columns)
    abort();
  for (size_t i = 0; i < reselect->count; i++) {
    struct headrace_change *change = reselect->waiting[i];
    if (change->relation == group.relation)
      group.changes[group.count++] = change;
    else
      reselect->waiting[left++] = change;
  }
  reselect->count = left;
  for (uint32_t n = 0; n < group.relation->column_count; n++)
    for (size_t i = 0; i < group.count; i++)
      if (lacks(group.changes[i], n)) {
        group.columns[group.column_count++] = n;
        break;
      }
  return group;
}

enum headrace_result reselect_fill(struct reselect *reselect, struct headrace_batch *batch)
{
  enum headrace_result result = HEADRACE_OK;
  while (result == HEADRACE_OK && reselect->count) {
    struct group group = take_group(reselect);
    result = fill_group(reselect, batch, &group);
    free(group.changes);
    free(group.columns);
  }
  reselect->count = 0;
  return result;
}
