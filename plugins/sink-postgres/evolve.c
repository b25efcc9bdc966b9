/* SPDX-License-Identifier: Apache-2.0 */
#include "evolve.h"

#include "describe.h"
#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BPCHAR_OID 1042u

/* A type, its array taken off: of the source or of the target. */
struct shape {
  uint16_t type;
  int32_t precision, scale;
  bool is_array;
};

static struct shape shape_of_source(const struct headrace_column *column)
{
  bool is_array = column->type == HEADRACE_TYPE_ARRAY;
  return (struct shape){.type = is_array ? column->element_type : column->type,
                        .precision = column->precision,
                        .scale = column->scale,
                        .is_array = is_array};
}

static struct shape shape_of_target(const struct target_column *column)
{
  bool is_array = column->logical == HEADRACE_TYPE_ARRAY;
  return (struct shape){.type = is_array ? column->element_logical : column->logical,
                        .precision = column->precision,
                        .scale = column->scale,
                        .is_array = is_array};
}

/* ---- whether it fits --------------------------------------------------- */

static bool is_integer(uint16_t type)
{
  return type == HEADRACE_TYPE_INT16 || type == HEADRACE_TYPE_INT32 || type == HEADRACE_TYPE_INT64;
}

static int32_t integer_digits(uint16_t type)
{
  return type == HEADRACE_TYPE_INT16 ? 5 : type == HEADRACE_TYPE_INT32 ? 10 : 19;
}

/* -1 is no limit. */
static bool at_least(int32_t have, int32_t need)
{
  return have < 0 || (need >= 0 && have >= need);
}

static bool numeric_takes(const struct shape *have, int32_t whole_digits, int32_t scale)
{
  return have->precision < 0 ||
         (have->scale >= scale && have->precision - have->scale >= whole_digits);
}

static bool same_type_takes(const struct shape *have, const struct shape *need)
{
  switch (have->type) {
  case HEADRACE_TYPE_NUMERIC:
    return have->precision < 0 || (need->precision >= 0 &&
                                   numeric_takes(have, need->precision - need->scale, need->scale));
  case HEADRACE_TYPE_TEXT:
  case HEADRACE_TYPE_BIT:
    return at_least(have->precision, need->precision);
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMETZ:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
  case HEADRACE_TYPE_INTERVAL:
    /* Six digits are all there are: no limit, said in another way. */
    return at_least(have->scale < 0 ? 6 : have->scale, need->scale < 0 ? 6 : need->scale);
  default:
    return true;
  }
}

/* Values that another type has too, whatever they are. */
static bool other_type_takes(const struct shape *have, uint16_t need)
{
  switch (have->type) {
  case HEADRACE_TYPE_TEXT:
    return have->precision < 0 && need != HEADRACE_TYPE_BYTES;
  case HEADRACE_TYPE_NUMERIC:
    return is_integer(need) && numeric_takes(have, integer_digits(need), 0);
  case HEADRACE_TYPE_INT64:
    return need == HEADRACE_TYPE_INT32 || need == HEADRACE_TYPE_INT16 || need == HEADRACE_TYPE_OID;
  case HEADRACE_TYPE_INT32:
    return need == HEADRACE_TYPE_INT16;
  case HEADRACE_TYPE_FLOAT64:
    return need == HEADRACE_TYPE_FLOAT32 || need == HEADRACE_TYPE_INT16 ||
           need == HEADRACE_TYPE_INT32;
  case HEADRACE_TYPE_FLOAT32:
    return need == HEADRACE_TYPE_INT16;
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
    return need == HEADRACE_TYPE_DATE;
  case HEADRACE_TYPE_ENUM:
    return need == HEADRACE_TYPE_TEXT; /* its labels are the values' matter */
  case HEADRACE_TYPE_JSON:
    return need == HEADRACE_TYPE_HSTORE;
  case HEADRACE_TYPE_HSTORE:
    return need == HEADRACE_TYPE_JSON;
  case HEADRACE_TYPE_OTHER:
    return true; /* the server's own conversion from text decides */
  default:
    return false;
  }
}

static bool takes(const struct shape *have, const struct shape *need)
{
  if (need->type == HEADRACE_TYPE_UNTYPED || need->type == HEADRACE_TYPE_OTHER)
    return true;
  if (have->is_array != need->is_array)
    return !have->is_array &&
           (have->type == HEADRACE_TYPE_JSON || have->type == HEADRACE_TYPE_OTHER ||
            (have->type == HEADRACE_TYPE_TEXT && have->precision < 0));
  if (have->type == need->type)
    return same_type_takes(have, need);
  return other_type_takes(have, need->type);
}

/* ---- widening ---------------------------------------------------------- */

static int32_t larger(int32_t a, int32_t b)
{
  return a > b ? a : b;
}

static char *wider_numeric(const struct shape *have, const struct shape *need)
{
  int32_t whole =
      is_integer(need->type) ? integer_digits(need->type) : need->precision - need->scale;
  int32_t scale = is_integer(need->type) ? 0 : need->scale;
  if (!is_integer(need->type) && need->precision < 0)
    return pg_format("numeric");
  int32_t have_whole =
      is_integer(have->type) ? integer_digits(have->type) : have->precision - have->scale;
  scale = larger(scale, is_integer(have->type) ? 0 : have->scale);
  whole = larger(whole, have_whole);
  return whole + scale > 1000 || scale < 0 ? pg_format("numeric")
                                           : pg_format("numeric(%d,%d)", whole + scale, scale);
}

static char *wider_text(const struct shape *have, const struct shape *need, bool padded)
{
  (void)have;
  if (padded) /* what ends in spaces would change its meaning as text */
    return need->precision > 0 ? pg_format("character(%d)", need->precision) : NULL;
  return need->precision > 0 ? pg_format("character varying(%d)", need->precision)
                             : pg_format("text");
}

static char *wider_time(const struct shape *need)
{
  static const char *const names[HEADRACE_TYPE_UNTYPED] = {
      [HEADRACE_TYPE_TIME] = "time(%d) without time zone",
      [HEADRACE_TYPE_TIMETZ] = "time(%d) with time zone",
      [HEADRACE_TYPE_TIMESTAMP] = "timestamp(%d) without time zone",
      [HEADRACE_TYPE_TIMESTAMPTZ] = "timestamp(%d) with time zone",
      [HEADRACE_TYPE_INTERVAL] = "interval(%d)",
  };
  char *out = NULL;
  for (const char *at = names[need->type]; *at; at++) {
    if (*at != '%') {
      pg_append(&out, "%c", *at);
      continue;
    }
    pg_append(&out, "%d", need->scale < 0 || need->scale > 6 ? 6 : need->scale);
    at++;
  }
  return out;
}

/* NULL: there is no type that has all values of both. */
static char *wider_scalar(const struct shape *have, const struct shape *need, bool padded)
{
  if (is_integer(have->type) && is_integer(need->type))
    return pg_format(need->type == HEADRACE_TYPE_INT64 ? "bigint" : "integer");
  if (have->type == HEADRACE_TYPE_FLOAT32 && need->type == HEADRACE_TYPE_FLOAT64)
    return pg_format("double precision");
  if ((is_integer(have->type) || have->type == HEADRACE_TYPE_NUMERIC) &&
      (is_integer(need->type) || need->type == HEADRACE_TYPE_NUMERIC))
    return wider_numeric(have, need);
  if (have->type != need->type)
    return NULL;
  switch (have->type) {
  case HEADRACE_TYPE_TEXT:
    return wider_text(have, need, padded);
  case HEADRACE_TYPE_BIT:
    return need->precision > 0 ? pg_format("bit varying(%d)", need->precision)
                               : pg_format("bit varying");
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMETZ:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
  case HEADRACE_TYPE_INTERVAL:
    return wider_time(need);
  default:
    return NULL;
  }
}

/* A domain is its owner's matter. A bit(n) has exactly n: one of more bits would be padded. */
static bool may_widen(const struct target_column *column, const struct shape *have)
{
  if (column->domain)
    return false;
  return have->type != HEADRACE_TYPE_BIT || strstr(column->full_type, "varying") != NULL;
}

static char *wider_type(const struct target_column *column, const struct headrace_column *source)
{
  struct shape have = shape_of_target(column), need = shape_of_source(source);
  if (takes(&have, &need) || have.is_array != need.is_array || !may_widen(column, &have))
    return NULL;
  uint32_t oid = have.is_array ? column->element_oid : column->type_oid;
  char *type = wider_scalar(&have, &need, oid == BPCHAR_OID);
  if (type && have.is_array)
    pg_append(&type, "[]");
  return type;
}

/* ---- statements -------------------------------------------------------- */

static const struct wanted_column *wanted_named(const struct wanted_table *wanted, const char *name)
{
  for (uint32_t i = 0; i < wanted->column_count; i++)
    if (!strcmp(wanted->columns[i].name, name))
      return &wanted->columns[i];
  return NULL;
}

static bool in_key(const struct target *target, uint32_t column)
{
  for (uint32_t i = 0; i < target->key_count; i++)
    if (target->key[i] == column)
      return true;
  for (uint32_t i = 0; i < target->index_count; i++)
    for (uint32_t k = 0; target->indexes[i].primary && k < target->indexes[i].count; k++)
      if (target->indexes[i].columns[k] == column)
        return true;
  return false;
}

/* Whether the source may have no value for a column that must have one. Events without a schema
 * do not tell. */
static bool may_lack(const struct target *target, uint32_t i, const struct wanted_table *wanted)
{
  const struct target_column *column = &target->columns[i];
  if (!column->not_null || column->generated || in_key(target, i))
    return false;
  const struct wanted_column *source = wanted_named(wanted, column->name);
  if (!source)
    return wanted->whole && !column->has_default;
  return source->source && source->source->type != HEADRACE_TYPE_UNTYPED &&
         (source->source->flags & HEADRACE_COLUMN_NULLABLE);
}

static enum headrace_result add_column(PGconn *connection, const struct wanted_table *wanted,
                                       const struct wanted_column *column, struct sql_list *sql,
                                       char **actions, struct pg_error *error)
{
  char *definition;
  enum headrace_result result =
      column_definition(connection, wanted, column, false, true, sql, &definition, error);
  if (definition)
    pg_append(actions, "%sADD COLUMN IF NOT EXISTS %s", *actions ? ", " : "", definition);
  free(definition);
  return result;
}

static void widen_column(const struct target_column *column, const struct headrace_column *source,
                         char **actions)
{
  char *type = column->generated ? NULL : wider_type(column, source);
  if (type)
    pg_append(actions, "%sALTER COLUMN %s TYPE %s", *actions ? ", " : "", column->quoted, type);
  free(type);
}

/* ---- labels of enums --------------------------------------------------- */

static bool has_label(PGresult *labels, const char *label)
{
  for (int row = 0; row < PQntuples(labels); row++)
    if (!strcmp(PQgetvalue(labels, row, 0), label))
      return true;
  return false;
}

static void append_labels(PGresult *have, const char *type, const char *const *labels,
                          struct sql_list *sql)
{
  for (const char *const *label = labels; *label; label++) {
    if (has_label(have, *label))
      continue;
    char *quoted = pg_quote_literal(*label);
    char *before = label > labels ? pg_quote_literal(label[-1]) : NULL;
    sql_list_add(sql, pg_format("ALTER TYPE %s ADD VALUE IF NOT EXISTS %s%s%s", type, quoted,
                                before ? " AFTER " : "", before ? before : ""));
    free(before);
    free(quoted);
  }
}

/* The source's labels in their order, those that are missing after the one before them. */
static enum headrace_result add_labels(PGconn *connection, const struct target_column *column,
                                       const struct headrace_column *source, struct sql_list *sql,
                                       struct pg_error *error)
{
  struct shape have = shape_of_target(column);
  if (have.type != HEADRACE_TYPE_ENUM || !source->labels || column->domain)
    return HEADRACE_OK;
  char *oid = pg_format("%u", have.is_array ? column->element_oid : column->type_oid);
  char *type =
      pg_format("%.*s", (int)(strlen(column->type) - (have.is_array ? 2 : 0)), column->type);
  const char *values[] = {oid};
  PGresult *labels =
      pg_query(connection, error,
               "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = $1::oid", 1, values);
  if (labels)
    append_labels(labels, type, source->labels, sql);
  PQclear(labels);
  free(type);
  free(oid);
  return labels ? HEADRACE_OK : error->result;
}

/* ---- the whole --------------------------------------------------------- */

static enum headrace_result fit_column(PGconn *connection, const struct target *target,
                                       const struct wanted_table *wanted,
                                       const struct wanted_column *column, struct sql_list *sql,
                                       char **actions, struct pg_error *error)
{
  int32_t there = target_column_index(target, column->name);
  if (there < 0)
    return add_column(connection, wanted, column, sql, actions, error);
  if (!column->source || column->type)
    return HEADRACE_OK;
  widen_column(&target->columns[there], column->source, actions);
  return add_labels(connection, &target->columns[there], column->source, sql, error);
}

enum headrace_result evolve_sql(PGconn *connection, const struct target *target,
                                const struct wanted_table *wanted, struct sql_list *sql,
                                struct pg_error *error)
{
  char *actions = NULL;
  *sql = (struct sql_list){0};
  enum headrace_result result = HEADRACE_OK;
  for (uint32_t i = 0; i < wanted->column_count && result == HEADRACE_OK; i++)
    result = fit_column(connection, target, wanted, &wanted->columns[i], sql, &actions, error);
  for (uint32_t i = 0; i < target->column_count; i++)
    if (may_lack(target, i, wanted))
      pg_append(&actions, "%sALTER COLUMN %s DROP NOT NULL", actions ? ", " : "",
                target->columns[i].quoted);
  if (result != HEADRACE_OK)
    sql_list_free(sql);
  else if (actions)
    sql_list_add(sql, pg_format("ALTER TABLE %s %s", target->quoted, actions));
  free(actions);
  return result;
}

char *evolve_misfits(const struct target *target, const struct wanted_table *wanted)
{
  char *text = NULL;
  for (uint32_t i = 0; i < wanted->column_count; i++) {
    const struct wanted_column *column = &wanted->columns[i];
    int32_t there = target_column_index(target, column->name);
    if (there < 0 || !column->source || column->type)
      continue;
    struct shape have = shape_of_target(&target->columns[there]);
    struct shape need = shape_of_source(column->source);
    if (!takes(&have, &need))
      pg_append(&text, "%scolumn %s is %s, too narrow for the source's %s", text ? "; " : "",
                target->columns[there].quoted, target->columns[there].full_type,
                column->source->type_name ? column->source->type_name : "type");
  }
  for (uint32_t i = 0; i < target->column_count; i++)
    if (may_lack(target, i, wanted))
      pg_append(&text, "%scolumn %s is NOT NULL, and events may lack it", text ? "; " : "",
                target->columns[i].quoted);
  return text;
}
