/* SPDX-License-Identifier: Apache-2.0 */
#include "create.h"

#include "pg_quote.h"
#include "profile.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* PostgreSQL's limits (numeric.h, varlena types). */
#define NUMERIC_PRECISION_MAX 1000
#define TEXT_LENGTH_MAX       10485760
#define BIT_LENGTH_MAX        83886080
#define TIME_DIGITS_MAX       6

enum { ENUMS_TEXT, ENUMS_TYPE };

void sql_list_add(struct sql_list *list, char *sql)
{
  list->items = sink_realloc(list->items, (list->count + 1) * sizeof *list->items);
  list->items[list->count++] = sql;
}

void sql_list_free(struct sql_list *list)
{
  for (uint32_t i = 0; i < list->count; i++)
    free(list->items[i]);
  free(list->items);
  *list = (struct sql_list){0};
}

/* ---- what is wanted ---------------------------------------------------- */

static const struct headrace_value *sample_of(const struct headrace_event *event, uint32_t i)
{
  const struct headrace_value *values =
      event->change->new_values ? event->change->new_values : event->change->old_values;
  return values && values[i].state >= HEADRACE_TEXT ? &values[i] : NULL;
}

static const char *type_wanted(const struct naming *naming, const struct headrace_event *event,
                               const struct headrace_column *source)
{
  const char *cast = naming_cast(naming, event, source->name);
  if (cast || source->type != HEADRACE_TYPE_UNTYPED)
    return cast;
  return profile_type(naming_host(naming), source->name);
}

void wanted_table_fill(struct wanted_table *wanted, const struct naming *naming,
                       const struct wanted_extras *extras, const struct headrace_event *event)
{
  const struct headrace_relation *relation = event->change->relation;
  wanted->columns =
      sink_alloc((relation->column_count + extras->count + 1) * sizeof *wanted->columns);
  wanted->column_count = 0;
  wanted->make_enums = naming_host(naming)->integer(naming_host(naming), "enums") == ENUMS_TYPE;
  wanted->whole = relation->key_count < relation->column_count &&
                  event->change->operation != HEADRACE_DELETE &&
                  event->change->operation != HEADRACE_TRUNCATE;
  for (uint32_t i = 0; i < relation->column_count; i++) {
    const struct headrace_column *source = &relation->columns[i];
    char *reason;
    char *name = naming_column(naming, event, source->name, &reason);
    free(reason);
    if (name)
      wanted->columns[wanted->column_count++] =
          (struct wanted_column){.name = name,
                                 .source = source,
                                 .sample = sample_of(event, i),
                                 .type = type_wanted(naming, event, source)};
  }
  for (uint32_t i = 0; i < extras->count; i++)
    wanted->columns[wanted->column_count++] = (struct wanted_column){
        .name = pg_format("%s", extras->items[i].name), .type = extra_type(extras->items[i].kind)};
}

void wanted_table_free(struct wanted_table *wanted)
{
  for (uint32_t i = 0; i < wanted->column_count; i++)
    free(wanted->columns[i].name);
  free(wanted->columns);
  wanted->columns = NULL;
  wanted->column_count = 0;
}

/* ---- names of types ---------------------------------------------------- */

/* Types of users, of extensions, and built-in ones without a logical type of their own, by name:
 * with the schema that the source has them in, where an extension is installed here, or built in.
 * $1: schema or null, $2: name. */
static const char type_sql[] =
    "SELECT CASE WHEN n.nspname = 'pg_catalog' THEN pg_catalog.quote_ident(t.typname) ELSE "
    "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) END "
    "FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
    "WHERE t.typname::text IN ($2::text, lower($2::text)) AND t.typtype IN ('b', 'e', 'c', 'd', "
    "'r', 'm') "
    "AND t.typcategory <> 'A' AND (n.nspname = $1::text OR n.nspname = 'pg_catalog' "
    "OR ($1::text IS NULL AND pg_catalog.pg_type_is_visible(t.oid)) "
    "OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e' "
    "AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass)) "
    "ORDER BY n.nspname = $1::text DESC NULLS LAST, t.typname = $2::text DESC, n.nspname = "
    "'pg_catalog' DESC, "
    "t.oid LIMIT 1";

/* One part of a name as format_type() and quote_ident() write it; returns what comes after. */
static const char *name_part(const char *text, char *out)
{
  bool quoted = *text == '"';
  text += quoted;
  while (*text && (quoted ? *text != '"' || text[1] == '"' : *text != '.')) {
    text += quoted && *text == '"';
    *out++ = *text++;
  }
  *out = 0;
  return text + (quoted && *text == '"');
}

/* *type is NULL if there is none. */
static enum headrace_result find_type(PGconn *connection, const char *name, char **type,
                                      struct pg_error *error)
{
  char *schema = sink_alloc(2 * (strlen(name) + 1)), *bare = schema + strlen(name) + 1;
  const char *rest = name_part(name, schema);
  bool qualified = *rest == '.';
  if (qualified)
    name_part(rest + 1, bare);
  const char *values[] = {qualified ? schema : NULL, qualified ? bare : schema};
  PGresult *result = pg_query(connection, error, type_sql, 2, values);
  *type = result && PQntuples(result) == 1 ? pg_format("%s", PQgetvalue(result, 0, 0)) : NULL;
  PQclear(result);
  free(schema);
  return result ? HEADRACE_OK : error->result;
}

static bool is_one_of(const char *name, const char *const *names)
{
  for (; *names; names++)
    if (!strcasecmp(name, *names))
      return true;
  return false;
}

/* What comes after the schema, in format_type()'s writing. */
static const char *bare_name(const char *name)
{
  const char *dot = strrchr(name, '.');
  return dot ? dot + 1 : name;
}

/* ---- types ------------------------------------------------------------- */

static const char *const simple_types[HEADRACE_TYPE_UNTYPED + 1] = {
    [HEADRACE_TYPE_BOOL] = "boolean",  [HEADRACE_TYPE_INT16] = "smallint",
    [HEADRACE_TYPE_INT32] = "integer", [HEADRACE_TYPE_INT64] = "bigint",
    [HEADRACE_TYPE_FLOAT32] = "real",  [HEADRACE_TYPE_FLOAT64] = "double precision",
    [HEADRACE_TYPE_BYTES] = "bytea",   [HEADRACE_TYPE_DATE] = "date",
    [HEADRACE_TYPE_UUID] = "uuid",     [HEADRACE_TYPE_XML] = "xml",
    [HEADRACE_TYPE_OID] = "oid",       [HEADRACE_TYPE_POINT] = "point",
    [HEADRACE_TYPE_MONEY] = "money",
};

static const struct {
  const char *before, *after;
} timed_types[HEADRACE_TYPE_UNTYPED + 1] = {
    [HEADRACE_TYPE_TIME] = {"time", " without time zone"},
    [HEADRACE_TYPE_TIMETZ] = {"time", " with time zone"},
    [HEADRACE_TYPE_TIMESTAMP] = {"timestamp", " without time zone"},
    [HEADRACE_TYPE_TIMESTAMPTZ] = {"timestamp", " with time zone"},
    [HEADRACE_TYPE_INTERVAL] = {"interval", ""},
};

static const char *const character_names[] = {"character", "char", "bpchar", NULL};
static const char *const varying_names[] = {"character varying", "varchar", NULL};
static const char *const bit_varying_names[] = {"bit varying", "varbit", NULL};
static const char *const address_names[] = {"inet", "cidr", "macaddr", "macaddr8", NULL};
static const char *const found_texts[] = {"citext", "name", NULL};

static char *timed_type(uint16_t type, int32_t digits)
{
  if (digits < 0 || digits > TIME_DIGITS_MAX)
    return pg_format("%s%s", timed_types[type].before, timed_types[type].after);
  return pg_format("%s(%d)%s", timed_types[type].before, digits, timed_types[type].after);
}

static char *text_type(const char *name, int32_t length)
{
  bool limited = length > 0 && length <= TEXT_LENGTH_MAX;
  if (limited && is_one_of(name, varying_names))
    return pg_format("character varying(%d)", length);
  if (limited && is_one_of(name, character_names))
    return pg_format("character(%d)", length);
  return pg_format("text");
}

static char *numeric_type(int32_t precision, int32_t scale)
{
  if (precision < 1 || precision > NUMERIC_PRECISION_MAX || scale < 0 || scale > precision)
    return pg_format("numeric");
  return pg_format("numeric(%d,%d)", precision, scale);
}

static char *bit_type(const char *name, int32_t length)
{
  if (length < 1 || length > BIT_LENGTH_MAX)
    return pg_format("bit varying");
  return pg_format(is_one_of(name, bit_varying_names) ? "bit varying(%d)" : "bit(%d)", length);
}

/* Of those that the server must be asked for; what it has not got is text. */
static enum headrace_result found_type(PGconn *connection, const char *name, const char *instead,
                                       char **type, struct pg_error *error)
{
  *type = NULL;
  enum headrace_result result = *name ? find_type(connection, name, type, error) : HEADRACE_OK;
  if (result == HEADRACE_OK && !*type)
    *type = pg_format("%s", instead);
  return result;
}

static enum headrace_result scalar_type(PGconn *connection, uint16_t logical,
                                        const struct headrace_column *source, const char *name,
                                        char **type, struct pg_error *error)
{
  if (logical > HEADRACE_TYPE_UNTYPED)
    logical = HEADRACE_TYPE_OTHER;
  *type = NULL;
  if (simple_types[logical])
    *type = pg_format("%s", simple_types[logical]);
  else if (timed_types[logical].before)
    *type = timed_type(logical, source->scale);
  else if (logical == HEADRACE_TYPE_NUMERIC)
    *type = numeric_type(source->precision, source->scale);
  else if (logical == HEADRACE_TYPE_BIT)
    *type = bit_type(name, source->precision);
  else if (logical == HEADRACE_TYPE_JSON)
    *type = pg_format(strcasecmp(name, "json") ? "jsonb" : "json");
  else if (logical == HEADRACE_TYPE_INET)
    *type = pg_format("%s", is_one_of(name, address_names) ? name : "text");
  else if (logical == HEADRACE_TYPE_TEXT && !is_one_of(bare_name(name), found_texts))
    *type = text_type(name, source->precision);
  if (*type)
    return HEADRACE_OK;
  if (logical == HEADRACE_TYPE_HSTORE)
    return found_type(connection, "hstore", "jsonb", type, error);
  if (logical == HEADRACE_TYPE_LTREE)
    return found_type(connection, "ltree", "text", type, error);
  return found_type(connection, name, "text", type, error);
}

/* The source's name of an array's elements: "integer[]", or "_int4" as in pg_type. */
static char *element_name(const char *name)
{
  size_t size = strcspn(name, "[");
  if (!name[size] && *name == '_')
    return pg_format("%s", name + 1);
  return pg_format("%.*s", (int)size, name);
}

static enum headrace_result array_type(PGconn *connection, const struct headrace_column *source,
                                       char **type, struct pg_error *error)
{
  char *name = element_name(source->type_name ? source->type_name : ""), *element = NULL;
  enum headrace_result result =
      scalar_type(connection, source->element_type, source, name, &element, error);
  *type = result == HEADRACE_OK ? pg_format("%s[]", element) : NULL;
  free(element);
  free(name);
  return result;
}

/* ---- values that tell -------------------------------------------------- */

/* A whole number without an exponent that a bigint surely takes. */
static bool is_bigint(const struct headrace_value *value)
{
  uint32_t digits = 0;
  for (uint32_t i = 0; i < value->size; i++) {
    if (value->data[i] == '-' && i == 0)
      continue;
    if (value->data[i] < '0' || value->data[i] > '9')
      return false;
    digits++;
  }
  return digits <= 18;
}

/* Times are never guessed: a number or a string may be one, or not. */
static const char *type_of_value(const struct headrace_value *value)
{
  if (value->state == HEADRACE_BINARY)
    return "bytea";
  if (value->state != HEADRACE_LITERAL || !value->size)
    return "text";
  switch (*value->data) {
  case 't':
  case 'f':
    return "boolean";
  case '{':
  case '[':
    return "jsonb";
  default:
    return is_bigint(value) ? "bigint" : "numeric";
  }
}

enum headrace_result column_type(PGconn *connection, const struct wanted_column *column, bool guess,
                                 char **type, struct pg_error *error)
{
  *type = NULL;
  const struct headrace_column *source = column->source;
  if (column->type) {
    *type = pg_format("%s", column->type);
    return HEADRACE_OK;
  }
  if (source->type == HEADRACE_TYPE_ARRAY)
    return array_type(connection, source, type, error);
  if (source->type != HEADRACE_TYPE_UNTYPED)
    return scalar_type(connection, source->type, source, source->type_name ? source->type_name : "",
                       type, error);
  if (column->sample || guess)
    *type = pg_format("%s", column->sample ? type_of_value(column->sample) : "text");
  return HEADRACE_OK;
}

/* ---- the statement ----------------------------------------------------- */

static bool in_key(const struct wanted_table *wanted, const char *name)
{
  for (uint32_t i = 0; i < wanted->key_count; i++)
    if (!strcmp(wanted->key[i], name))
      return true;
  return false;
}

static void append_key(const struct wanted_table *wanted, char **sql)
{
  for (uint32_t i = 0; i < wanted->key_count; i++) {
    char *quoted = pg_quote_identifier(wanted->key[i]);
    pg_append(sql, "%s%s", i ? ", " : ", PRIMARY KEY (", quoted);
    free(quoted);
  }
  if (wanted->key_count)
    pg_append(sql, ")");
}

static bool is_enum(const struct wanted_column *column)
{
  const struct headrace_column *source = column->source;
  return source && !column->type && source->labels &&
         (source->type == HEADRACE_TYPE_ENUM || source->element_type == HEADRACE_TYPE_ENUM);
}

/* The source's name of the type, without its schema; or that of the table and column. To be freed.
 */
static char *enum_name(const struct wanted_table *wanted, const struct wanted_column *column)
{
  const char *given = column->source->type_name ? column->source->type_name : "";
  char *element =
      column->source->type == HEADRACE_TYPE_ARRAY ? element_name(given) : pg_format("%s", given);
  char *name = sink_alloc(strlen(element) + 1);
  const char *rest = name_part(element, name);
  if (*rest == '.')
    name_part(rest + 1, name);
  if (!*name) {
    free(name);
    name = pg_format("%s_%s", wanted->table, column->name);
  }
  free(element);
  return name;
}

static void create_enum(const char *type, const char *const *labels, struct sql_list *sql)
{
  char *create = pg_format("CREATE TYPE %s AS ENUM (", type);
  for (const char *const *label = labels; *label; label++) {
    char *quoted = pg_quote_literal(*label);
    pg_append(&create, "%s%s", label > labels ? ", " : "", quoted);
    free(quoted);
  }
  pg_append(&create, ")");
  for (uint32_t i = 0; create && i < sql->count; i++)
    if (!strcmp(sql->items[i], create)) { /* another column of it */
      free(create);
      create = NULL;
    }
  if (create)
    sql_list_add(sql, create);
}

/* There is none of the source's name: one in the table's schema, which may have to be made. */
static enum headrace_result enum_type(PGconn *connection, const struct wanted_table *wanted,
                                      const struct wanted_column *column, struct sql_list *sql,
                                      char **type, struct pg_error *error)
{
  char *name = enum_name(wanted, column), *found = NULL;
  char *element = pg_quote_qualified(wanted->schema, name);
  enum headrace_result result = find_type(connection, element, &found, error);
  if (result == HEADRACE_OK && !found)
    create_enum(element, column->source->labels, sql);
  if (result == HEADRACE_OK)
    *type = pg_format("%s%s", found ? found : element,
                      column->source->type == HEADRACE_TYPE_ARRAY ? "[]" : "");
  free(found);
  free(element);
  free(name);
  return result;
}

static enum headrace_result type_or_enum(PGconn *connection, const struct wanted_table *wanted,
                                         const struct wanted_column *column, bool guess,
                                         struct sql_list *sql, char **type, struct pg_error *error)
{
  enum headrace_result result = column_type(connection, column, guess, type, error);
  bool as_text = result == HEADRACE_OK && *type && !strncmp(*type, "text", 4);
  if (!as_text || !wanted->make_enums || !is_enum(column))
    return result;
  free(*type);
  *type = NULL;
  return enum_type(connection, wanted, column, sql, type, error);
}

/* Of a key every event has a value; of a sequence Debezium's schemas say zero. */
static bool has_default(const struct wanted_table *wanted, const struct wanted_column *column)
{
  const struct headrace_column *source = column->source;
  return source && !column->type && source->default_text && source->type != HEADRACE_TYPE_UNTYPED &&
         source->type != HEADRACE_TYPE_OTHER &&
         !(source->flags & (HEADRACE_COLUMN_GENERATED | HEADRACE_COLUMN_IDENTITY)) &&
         !in_key(wanted, column->name);
}

enum headrace_result column_definition(PGconn *connection, const struct wanted_table *wanted,
                                       const struct wanted_column *column, bool guess, bool added,
                                       struct sql_list *sql, char **definition,
                                       struct pg_error *error)
{
  char *type;
  *definition = NULL;
  enum headrace_result result = type_or_enum(connection, wanted, column, guess, sql, &type, error);
  if (result == HEADRACE_OK && type) {
    char *quoted = pg_quote_identifier(column->name);
    *definition = pg_format("%s %s", quoted, type);
    free(quoted);
    if (has_default(wanted, column)) {
      char *literal = pg_quote_literal(column->source->default_text);
      bool must = added && !(column->source->flags & HEADRACE_COLUMN_NULLABLE);
      pg_append(definition, "%s DEFAULT %s", must ? " NOT NULL" : "", literal);
      free(literal);
    }
  }
  free(type);
  return result;
}

enum headrace_result create_sql(PGconn *connection, const struct wanted_table *wanted, bool guess,
                                struct sql_list *sql, struct pg_error *error)
{
  char *table = pg_quote_qualified(wanted->schema, wanted->table);
  char *create = pg_format("CREATE TABLE IF NOT EXISTS %s (", table);
  free(table);
  enum headrace_result result = HEADRACE_OK;
  uint32_t made = 0;
  *sql = (struct sql_list){0};
  for (uint32_t i = 0; i < wanted->column_count && result == HEADRACE_OK; i++) {
    const struct wanted_column *column = &wanted->columns[i];
    char *definition;
    result = column_definition(connection, wanted, column, guess || in_key(wanted, column->name),
                               false, sql, &definition, error);
    if (definition)
      pg_append(&create, "%s%s", made++ ? ", " : "", definition);
    free(definition);
  }
  append_key(wanted, &create);
  pg_append(&create, ")");
  if (result == HEADRACE_OK) {
    sql_list_add(sql, create);
  } else {
    free(create);
    sql_list_free(sql);
  }
  return result;
}
