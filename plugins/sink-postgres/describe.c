/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include "pg_quote.h"
#include "pg_types.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>

/* ---- the catalog ------------------------------------------------------- */

enum table_field {
  TABLE_OID,
  TABLE_PARTITIONED,
  TABLE_TRIGGERS,
  TABLE_FOREIGN_KEYS,
  TABLE_RULES,
  TABLE_NOT_DEFERRABLE,
  TABLE_COPIES
};

/* Tables, partitioned ones, views and foreign tables: what rows can be written to. */
static const char table_sql[] =
    "SELECT c.oid, c.relkind = 'p', "
    "EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal "
    "AND t.tgenabled <> 'D'), "
    "EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND "
    "(k.conrelid = c.oid OR k.confrelid = c.oid)), c.relhasrules AND c.relkind <> 'v', "
    "(SELECT pg_catalog.format('%s of %s', pg_catalog.quote_ident(k.conname), "
    "k.conrelid::pg_catalog.regclass) FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' "
    "AND (k.conrelid = c.oid OR k.confrelid = c.oid) AND NOT k.condeferrable "
    "AND k.conparentid = 0 ORDER BY k.oid LIMIT 1), "
    "c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'f')";

enum column_field {
  COLUMN_NAME,
  COLUMN_BASE,
  COLUMN_MODIFIER,
  COLUMN_KIND,
  COLUMN_BARE_NAME,
  COLUMN_ELEMENT,
  COLUMN_ELEMENT_MODIFIER,
  COLUMN_ELEMENT_KIND,
  COLUMN_ELEMENT_BARE_NAME,
  COLUMN_CAST,
  COLUMN_FULL_TYPE,
  COLUMN_NOT_NULL,
  COLUMN_HAS_DEFAULT,
  COLUMN_IDENTITY_ALWAYS,
  COLUMN_GENERATED,
  COLUMN_DOMAIN
};

/* Domains are followed down to what they are made of, in arrays too. format_type() with -1 gives
 * names that take any length ("bit", bpchar); names of users' types get their schema, which
 * format_type() leaves out where the session's search_path has it. */
static const char columns_sql[] =
    "WITH RECURSIVE chain(n, type, modifier, not_null, has_default, depth) AS ("
    "SELECT a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, 0 "
    "FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 "
    "AND NOT a.attisdropped UNION ALL "
    "SELECT c.n, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.modifier END, "
    "c.not_null OR t.typnotnull, c.has_default OR t.typdefault IS NOT NULL, c.depth + 1 "
    "FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.type WHERE t.typtype = 'd'), "
    "base AS (SELECT DISTINCT ON (n) * FROM chain ORDER BY n, depth DESC), "
    "element(n, type, modifier, depth) AS ("
    "SELECT b.n, e.oid, b.modifier, 0 FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type "
    "JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid UNION ALL "
    "SELECT c.n, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.modifier END, "
    "c.depth + 1 FROM element c JOIN pg_catalog.pg_type t ON t.oid = c.type "
    "WHERE t.typtype = 'd'), "
    "last_element AS (SELECT DISTINCT ON (n) * FROM element ORDER BY n, depth DESC) "
    "SELECT a.attname, b.type, b.modifier, t.typtype, t.typname, e.type, e.modifier, et.typtype, "
    "et.typname, CASE WHEN et.oid >= 16384 "
    "THEN pg_catalog.quote_ident(en.nspname) || '.' || pg_catalog.quote_ident(et.typname) || '[]' "
    "WHEN et.oid IS NOT NULL THEN pg_catalog.format_type(et.oid, -1) || '[]' "
    "WHEN t.oid >= 16384 "
    "THEN pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname) "
    "ELSE pg_catalog.format_type(t.oid, -1) END, "
    "pg_catalog.format_type(a.atttypid, a.atttypmod), b.not_null, "
    "b.has_default AND a.attgenerated = '' OR a.attidentity <> '', a.attidentity = 'a', "
    "a.attgenerated <> '', b.depth > 0 "
    "FROM base b JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::oid AND a.attnum = b.n "
    "JOIN pg_catalog.pg_type t ON t.oid = b.type "
    "JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace "
    "LEFT JOIN last_element e ON e.n = b.n LEFT JOIN pg_catalog.pg_type et ON et.oid = e.type "
    "LEFT JOIN pg_catalog.pg_namespace en ON en.oid = et.typnamespace ORDER BY a.attnum";

enum index_field { INDEX_NAME, INDEX_PRIMARY, INDEX_UNIQUE, INDEX_USABLE, INDEX_COLUMN };

/* One row for each column of each unique or exclusion index, the best first; an expression has no
 * column. */
static const char indexes_sql[] =
    "SELECT c.relname, i.indisprimary, i.indisunique, "
    "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND "
    "i.indexprs IS NULL, a.attname "
    "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
    "CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attribute, place) "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute "
    "WHERE i.indrelid = $1::oid AND (i.indisunique OR i.indisexclusion) AND "
    "k.place <= i.indnkeyatts "
    "ORDER BY i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, i.indexrelid, k.place";

static bool is_true(PGresult *result, int row, int field)
{
  return *PQgetvalue(result, row, field) == 't';
}

static uint32_t number(PGresult *result, int row, int field)
{
  return (uint32_t)strtoul(PQgetvalue(result, row, field), NULL, 10);
}

static char *copy(const char *text)
{
  return strcpy(sink_alloc(strlen(text) + 1), text);
}

/* ---- columns ----------------------------------------------------------- */

static uint16_t logical_type(uint32_t oid, char kind, const char *bare_name)
{
  bool is_array = false;
  const struct pg_type *type = pg_type_by_oid(oid, &is_array);
  if (type && !is_array)
    return type->type;
  switch (kind) {
  case 'e':
    return HEADRACE_TYPE_ENUM;
  case 'c':
    return HEADRACE_TYPE_COMPOSITE;
  case 'r':
    return HEADRACE_TYPE_RANGE;
  case 'b':
    return (uint16_t)pg_type_by_extension_name(bare_name);
  default:
    return HEADRACE_TYPE_OTHER;
  }
}

static void set_type(PGresult *result, int row, struct target_column *column)
{
  int32_t modifier = atoi(PQgetvalue(result, row, COLUMN_MODIFIER));
  uint32_t oid = column->type_oid = number(result, row, COLUMN_BASE);
  if (PQgetisnull(result, row, COLUMN_ELEMENT)) {
    column->logical = logical_type(oid, *PQgetvalue(result, row, COLUMN_KIND),
                                   PQgetvalue(result, row, COLUMN_BARE_NAME));
  } else {
    oid = column->element_oid = number(result, row, COLUMN_ELEMENT);
    modifier = atoi(PQgetvalue(result, row, COLUMN_ELEMENT_MODIFIER));
    column->logical = HEADRACE_TYPE_ARRAY;
    column->element_logical = logical_type(oid, *PQgetvalue(result, row, COLUMN_ELEMENT_KIND),
                                           PQgetvalue(result, row, COLUMN_ELEMENT_BARE_NAME));
  }
  struct headrace_column limits;
  pg_type_apply_modifier(oid, modifier, &limits);
  column->type_modifier = modifier;
  column->precision = limits.precision;
  column->scale = limits.scale;
}

static void take_columns(PGresult *result, struct target *target)
{
  target->column_count = (uint32_t)PQntuples(result);
  target->columns = sink_alloc((target->column_count + 1) * sizeof *target->columns);
  for (int row = 0; row < PQntuples(result); row++) {
    struct target_column *column = &target->columns[row];
    column->name = copy(PQgetvalue(result, row, COLUMN_NAME));
    column->quoted = pg_quote_identifier(column->name);
    column->type = copy(PQgetvalue(result, row, COLUMN_CAST));
    column->full_type = copy(PQgetvalue(result, row, COLUMN_FULL_TYPE));
    column->not_null = is_true(result, row, COLUMN_NOT_NULL);
    column->has_default = is_true(result, row, COLUMN_HAS_DEFAULT);
    column->identity_always = is_true(result, row, COLUMN_IDENTITY_ALWAYS);
    column->generated = is_true(result, row, COLUMN_GENERATED);
    column->domain = is_true(result, row, COLUMN_DOMAIN);
    set_type(result, row, column);
  }
}

/* ---- indexes ----------------------------------------------------------- */

static struct target_index *index_named(struct target *target, PGresult *result, int row)
{
  const char *name = PQgetvalue(result, row, INDEX_NAME);
  struct target_index *last =
      target->index_count ? &target->indexes[target->index_count - 1] : NULL;
  if (last && !strcmp(last->name, name))
    return last;
  last = &target->indexes[target->index_count++];
  last->name = copy(name);
  last->primary = is_true(result, row, INDEX_PRIMARY);
  last->unique = is_true(result, row, INDEX_UNIQUE);
  last->usable = is_true(result, row, INDEX_USABLE);
  last->not_null = true;
  last->columns = sink_alloc((target->column_count + 1) * sizeof *last->columns);
  return last;
}

static void take_indexes(PGresult *result, struct target *target)
{
  target->indexes = sink_alloc(((size_t)PQntuples(result) + 1) * sizeof *target->indexes);
  for (int row = 0; row < PQntuples(result); row++) {
    struct target_index *index = index_named(target, result, row);
    int32_t column = target_column_index(target, PQgetvalue(result, row, INDEX_COLUMN));
    if (column < 0 || index->count == target->column_count) {
      index->usable = false; /* an expression, or a system column */
      continue;
    }
    index->columns[index->count++] = (uint16_t)column;
    index->not_null = index->not_null && target->columns[column].not_null;
  }
}

/* ---- the whole --------------------------------------------------------- */

static enum headrace_result ask_table(PGconn *connection, const char *oid, struct target *target,
                                      struct pg_error *error)
{
  PGresult *columns = pg_query(connection, error, columns_sql, 1, &oid);
  PGresult *indexes = columns ? pg_query(connection, error, indexes_sql, 1, &oid) : NULL;
  bool good = columns && indexes;
  if (good) {
    take_columns(columns, target);
    take_indexes(indexes, target);
  }
  PQclear(columns);
  PQclear(indexes);
  return good ? HEADRACE_OK : error->result;
}

static const char *reason_to_be_serial(PGresult *result)
{
  if (is_true(result, 0, TABLE_TRIGGERS))
    return "it has triggers";
  if (is_true(result, 0, TABLE_RULES))
    return "it has rules";
  return NULL;
}

enum headrace_result describe_table(PGconn *connection, const char *schema, const char *table,
                                    struct target **target, struct pg_error *error)
{
  *target = NULL;
  const char *names[] = {schema, table};
  PGresult *result = pg_query(connection, error, table_sql, 2, names);
  if (!result)
    return error->result;
  enum headrace_result outcome = HEADRACE_OK;
  if (PQntuples(result) == 1) {
    *target = sink_alloc(sizeof **target);
    (*target)->schema = copy(schema);
    (*target)->table = copy(table);
    (*target)->quoted = pg_quote_qualified(schema, table);
    (*target)->partitioned = is_true(result, 0, TABLE_PARTITIONED);
    (*target)->copies = is_true(result, 0, TABLE_COPIES);
    (*target)->related = is_true(result, 0, TABLE_FOREIGN_KEYS);
    if (!PQgetisnull(result, 0, TABLE_NOT_DEFERRABLE))
      (*target)->not_deferrable = copy(PQgetvalue(result, 0, TABLE_NOT_DEFERRABLE));
    (*target)->serial_because = reason_to_be_serial(result);
    outcome = ask_table(connection, PQgetvalue(result, 0, TABLE_OID), *target, error);
  }
  PQclear(result);
  if (outcome != HEADRACE_OK) {
    target_free(*target);
    *target = NULL;
  }
  return outcome;
}

void target_free(struct target *target)
{
  if (!target)
    return;
  for (uint32_t i = 0; i < target->column_count; i++) {
    free(target->columns[i].name);
    free(target->columns[i].quoted);
    free(target->columns[i].type);
    free(target->columns[i].full_type);
  }
  for (uint32_t i = 0; i < target->index_count; i++) {
    free(target->indexes[i].name);
    free(target->indexes[i].columns);
  }
  for (uint32_t i = 0; i < target->ddl_count; i++)
    free(target->ddl[i]);
  free(target->ddl);
  free(target->not_deferrable);
  free(target->columns);
  free(target->indexes);
  free(target->key);
  free(target->schema);
  free(target->table);
  free(target->quoted);
  free(target);
}

int32_t target_column_index(const struct target *target, const char *name)
{
  for (uint32_t i = 0; i < target->column_count; i++)
    if (!strcmp(target->columns[i].name, name))
      return (int32_t)i;
  return -1;
}

/* ---- key --------------------------------------------------------------- */

static bool index_has(const struct target_index *index, uint16_t column)
{
  for (uint32_t i = 0; i < index->count; i++)
    if (index->columns[i] == column)
      return true;
  return false;
}

static bool index_covers(const struct target_index *index, const uint16_t *columns, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    if (!index_has(index, columns[i]))
      return false;
  return true;
}

/* Rows that are equal in an index with all of the key in it are the same row. */
static void look_for_other_constraints(struct target *target)
{
  for (uint32_t i = 0; i < target->index_count && !target->serial_because; i++) {
    const struct target_index *index = &target->indexes[i];
    bool follows =
        index->unique && target->key_unique && index_covers(index, target->key, target->key_count);
    if (!follows)
      target->serial_because =
          index->unique ? "it has another unique index" : "it has an exclusion constraint";
  }
  target->serial = target->serial_because != NULL;
}

static const struct target_index *best_index(const struct target *target)
{
  for (uint32_t i = 0; i < target->index_count; i++)
    if (target->indexes[i].usable && target->indexes[i].not_null)
      return &target->indexes[i];
  return NULL;
}

static const struct target_index *index_of(const struct target *target, const uint16_t *columns,
                                           uint32_t count)
{
  for (uint32_t i = 0; i < target->index_count; i++) {
    const struct target_index *index = &target->indexes[i];
    if (index->usable && index->count == count && index_covers(index, columns, count))
      return index;
  }
  return NULL;
}

static bool find_columns(struct target *target, const char *const *names, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    int32_t column = target_column_index(target, names[i]);
    if (column < 0)
      return false;
    target->key[target->key_count++] = (uint16_t)column;
  }
  return count > 0;
}

bool target_set_key(struct target *target, const char *const *names, uint32_t count)
{
  free(target->key);
  target->key = sink_alloc((target->column_count + count + 1) * sizeof *target->key);
  target->key_count = 0;
  bool found = true;
  const struct target_index *index;
  if (names) {
    found = find_columns(target, names, count);
    index = found ? index_of(target, target->key, target->key_count) : NULL;
  } else {
    index = best_index(target);
    found = index != NULL;
  }
  if (!found)
    target->key_count = 0;
  if (index) {
    memcpy(target->key, index->columns, index->count * sizeof *target->key);
    target->key_count = index->count;
  }
  target->key_unique = index != NULL;
  look_for_other_constraints(target);
  return found;
}

/* ---- comparison -------------------------------------------------------- */

static bool same_column(const struct target_column *a, const struct target_column *b)
{
  return !strcmp(a->name, b->name) && !strcmp(a->type, b->type) && a->type_oid == b->type_oid &&
         a->element_oid == b->element_oid && a->type_modifier == b->type_modifier &&
         a->not_null == b->not_null && a->has_default == b->has_default &&
         a->identity_always == b->identity_always && a->generated == b->generated;
}

bool target_same(const struct target *a, const struct target *b)
{
  bool same = a->column_count == b->column_count && a->key_count == b->key_count &&
              a->key_unique == b->key_unique && a->serial == b->serial &&
              a->related == b->related && a->partitioned == b->partitioned &&
              a->copies == b->copies && a->ddl_count == b->ddl_count &&
              !strcmp(a->quoted, b->quoted);
  for (uint32_t i = 0; same && i < a->column_count; i++)
    same = same_column(&a->columns[i], &b->columns[i]);
  return same && !memcmp(a->key, b->key, a->key_count * sizeof *a->key);
}
