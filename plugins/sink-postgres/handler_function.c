/* SPDX-License-Identifier: Apache-2.0
 *
 * The function that is called, in the server's catalog: what its arguments are named and typed
 * says what it wants to have of a message. */
#include "handler_plan.h"
#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

/* Its arguments; those of a batch are of the element's type, with its columns. */
enum { NAME, TYPE, COMPOSITE, DEFAULT, ARRAY, ELEMENT, COLUMNS };

static const char arguments_sql[] =
    "SELECT COALESCE(p.proargnames[i], ''), format_type(t.oid, NULL), t.typtype = 'c', "
    "i > p.pronargs - p.pronargdefaults, t.typelem <> 0 AND e.typtype = 'c', e.typrelid "
    "FROM pg_proc p, generate_series(1, p.pronargs) AS i, pg_type t "
    "LEFT JOIN pg_type e ON e.oid = t.typelem "
    "WHERE p.oid = $1::oid AND t.oid = p.proargtypes[i - 1] ORDER BY i";

/* Input arguments come first in proargnames only if there are no others; so: of no mode but i. */
static const char function_sql[] =
    "SELECT p.oid, quote_ident(n.nspname) || '.' || quote_ident(p.proname), p.prokind = 'f', "
    "p.proretset, COALESCE(p.proargmodes::text[] <@ '{i,o,t}' AND "
    "p.proargmodes[1:p.pronargs]::text[] <@ '{i}', true) "
    "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = CASE "
    "WHEN strpos($1, '(') > 0 THEN to_regprocedure($1)::oid ELSE to_regproc($1)::oid END";

static const char attributes_sql[] =
    "SELECT a.attname, format_type(a.atttypid, NULL), t.typtype = 'c' FROM pg_attribute a "
    "JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::oid AND a.attnum > 0 "
    "AND NOT a.attisdropped ORDER BY a.attnum";

static bool is_true(const PGresult *result, int row, int column)
{
  return *PQgetvalue(result, row, column) == 't';
}

static PGresult *query(struct handler *handler, const char *sql, const char *value,
                       struct pg_error *error)
{
  PGconn *connection = handler_connect(handler, error);
  return connection ? pg_query(connection, error, sql, 1, &value) : NULL;
}

/* ---- per message -------------------------------------------------------------------- */

/* "key => …, value => …"; NULL: *error. */
static char *message_arguments(struct handler *handler, const char *function,
                               const PGresult *arguments, struct pg_error *error)
{
  char *list = pg_format("%s", "");
  for (int i = 0; i < PQntuples(arguments); i++) {
    const char *name = PQgetvalue(arguments, i, NAME);
    char *value = handler_expression(name, PQgetvalue(arguments, i, TYPE),
                                     is_true(arguments, i, COMPOSITE), false, &handler->fields);
    if (value) {
      char *quoted = pg_quote_identifier(name);
      pg_append(&list, "%s%s => %s", *list ? ", " : "", quoted, value);
      free(quoted);
      free(value);
    } else if (!is_true(arguments, i, DEFAULT)) {
      handler_refuse(error,
                     "argument %d (\"%s\") of the handler %s is none of %s. Name it as one of "
                     "them, or give it a default",
                     i + 1, name, function, handler_parts);
      free(list);
      return NULL;
    }
  }
  return list;
}

static bool make_message_sql(struct handler *handler, const char *function, bool set,
                             const PGresult *arguments, struct pg_error *error)
{
  char *list = message_arguments(handler, function, arguments, error);
  if (!list)
    return false;
  char *call = set ? pg_format("(SELECT count(*) FROM %s(%s))", function, list)
                   : pg_format("%s(%s)", function, list);
  handler->sql = handler_message_sql(handler, call);
  free(call);
  free(list);
  return true;
}

/* ---- per batch ----------------------------------------------------------------------- */

/* "ROW(…)::type", of a message; NULL: *error. */
static char *row_of(struct handler *handler, const char *type, const PGresult *attributes,
                    struct pg_error *error)
{
  char *row = pg_format("ROW(");
  for (int i = 0; i < PQntuples(attributes); i++) {
    const char *name = PQgetvalue(attributes, i, 0);
    char *value = handler_expression(name, PQgetvalue(attributes, i, 1), is_true(attributes, i, 2),
                                     true, &handler->fields);
    if (!value) {
      handler_refuse(error,
                     "column \"%s\" of the type %s, of which a handler takes an array, is none of "
                     "%s, ord",
                     name, type, handler_parts);
      free(row);
      return NULL;
    }
    pg_append(&row, "%s%s", i ? ", " : "", value);
    free(value);
  }
  pg_append(&row, ")::%.*s", (int)(strlen(type) - 2), type); /* without its [] */
  return row;
}

static char *batch_sql(struct handler *handler, const char *function, const char *row)
{
  char *prefix = handler_batch_prefix(handler, NULL, NULL);
  char *array = pg_format("(SELECT array_agg(%s ORDER BY ord) FROM batch)", row);
  char *sql =
      handler->verdicts
          ? pg_format("%s SELECT v.ord::integer, v.action::text, v.reason::text FROM %s(%s) AS v "
                      "WHERE EXISTS (SELECT FROM batch)",
                      prefix, function, array)
          : pg_format("%s SELECT %s(%s) WHERE EXISTS (SELECT FROM batch)", prefix, function, array);
  free(prefix);
  free(array);
  return sql;
}

static bool make_batch_sql(struct handler *handler, const char *function, bool set,
                           const PGresult *arguments, struct pg_error *error)
{
  int count = PQntuples(arguments);
  if (!count || !is_true(arguments, 0, ARRAY) || (count > 1 && !is_true(arguments, 1, DEFAULT))) {
    handler_refuse(error,
                   "the handler %s has to take one array of a composite type, such as "
                   "headrace.message[] of examples/handlers/types.sql",
                   function);
    return false;
  }
  PGresult *attributes = query(handler, attributes_sql, PQgetvalue(arguments, 0, ELEMENT), error);
  if (!attributes)
    return false;
  handler->verdicts = set;
  char *row = row_of(handler, PQgetvalue(arguments, 0, TYPE), attributes, error);
  if (row)
    handler->sql = batch_sql(handler, function, row);
  free(row);
  PQclear(attributes);
  return handler->sql != NULL;
}

/* ---- finding it ------------------------------------------------------------------------ */

static bool is_sound(const char *name, const PGresult *found, struct pg_error *error)
{
  if (!PQntuples(found))
    handler_refuse(error,
                   "there is no function %s in the database, or several of that name. Create it, "
                   "or say which with its arguments' types: %s(jsonb)",
                   name, name);
  else if (!is_true(found, 0, 2))
    handler_refuse(error,
                   "%s is a procedure, an aggregate or a window function; a handler has to "
                   "be a function, which cannot end the transaction",
                   name);
  else if (!is_true(found, 0, 4))
    handler_refuse(error,
                   "%s has INOUT or VARIADIC arguments, or OUT ones before the others, "
                   "which a handler cannot have",
                   name);
  else
    return true;
  return false;
}

enum headrace_result handler_find_function(struct handler *handler, struct pg_error *error)
{
  const char *name = handler->host->string(handler->host, "handler");
  PGresult *found = query(handler, function_sql, name, error), *arguments = NULL;
  if (!found || (is_sound(name, found, error) &&
                 !(arguments = query(handler, arguments_sql, PQgetvalue(found, 0, 0), error)))) {
    PQclear(found);
    return handler_error(error);
  }
  bool good = arguments != NULL;
  if (good) {
    const char *function = PQgetvalue(found, 0, 1);
    bool set = is_true(found, 0, 3);
    good = handler->form == FORM_MESSAGE
               ? make_message_sql(handler, function, set, arguments, error)
               : make_batch_sql(handler, function, set, arguments, error);
  }
  PQclear(arguments);
  PQclear(found);
  return good ? HEADRACE_OK : handler_error(error);
}
