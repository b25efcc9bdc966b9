/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include "pg_quote.h"
#include "pg_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The three statements of one round trip. */
enum { RESULT_COLUMNS, RESULT_INDEXES, RESULT_LABELS, RESULT_COUNT };

enum column_field {
  COLUMN_INDEX,
  COLUMN_BASE, /* the type below all domains */
  COLUMN_MODIFIER,
  COLUMN_NAME, /* of the base type, with its schema where it is not built in */
  COLUMN_KIND, /* pg_type.typtype */
  COLUMN_BARE_NAME,
  COLUMN_ELEMENT, /* of an array, below all domains; null: no array */
  COLUMN_ELEMENT_MODIFIER,
  COLUMN_ELEMENT_KIND,
  COLUMN_ELEMENT_BARE_NAME,
  COLUMN_NOT_NULL, /* null: the catalog has no such column any more */
  COLUMN_GENERATED,
  COLUMN_SEQUENCE,
  COLUMN_DEFAULT /* SQL that gives the constant default as the column's type */
};

/* A default is constant if its stored tree has only these nodes, and only functions that are
 * built in and immutable: headrace runs as a mighty role and calls no function of a user. An
 * implicit step up to a domain, outermost, is not in the SQL that pg_get_expr gives. */
#define CONSTANT_NODES                                                                             \
  "'CONST','FUNCEXPR','OPEXPR','RELABELTYPE','ARRAYEXPR','ARRAY','ARRAYCOERCEEXPR',"               \
  "'CASETESTEXPR','COLLATEEXPR','BOOLEXPR'"

#define DEFAULT_TREE                                                                               \
  "regexp_replace(d.adbin::text, "                                                                 \
  "'^\\{COERCETODOMAIN (.*:coercionformat 2 :location -?\\d+\\})$', '\\1')"

#define NOT_CALLABLE "p.provolatile <> 'i' OR p.oid >= 16384"

#define CONSTANT_DEFAULT                                                                           \
  "CASE WHEN a.attgenerated = '' AND a.attidentity = '' AND NOT EXISTS (SELECT FROM "              \
  "regexp_matches(" DEFAULT_TREE ", '\\{([A-Z_]+)', 'g') m WHERE m[1] <> ALL "                     \
  "(ARRAY[" CONSTANT_NODES "])) AND NOT EXISTS (SELECT FROM regexp_matches(d.adbin::text, "        \
  "':(?:funcid|opfuncid|elemfuncid) (\\d+)', 'g') m JOIN pg_proc p ON p.oid = m[1]::oid "          \
  "WHERE " NOT_CALLABLE ") AND NOT EXISTS (SELECT FROM "                                           \
  "regexp_matches(d.adbin::text, ':opno (\\d+)', 'g') m JOIN pg_operator o ON "                    \
  "o.oid = m[1]::oid JOIN pg_proc p ON p.oid = o.oprcode WHERE " NOT_CALLABLE ") "                 \
  "THEN 'CAST((' || pg_get_expr(d.adbin, d.adrelid) || ') AS ' || "                                \
  "format_type(base.type, CASE WHEN base.type < 16384 THEN base.modifier END) || ')' END"

/* Domains are followed down to what they are made of, in arrays too. %s: the columns of the
 * stream, %u: the table. A column is the same if name and type are. */
static const char columns_sql[] =
    "WITH RECURSIVE streamed(n, name, type, modifier) AS (VALUES %s), "
    "chain(n, type, modifier, not_null, depth) AS ("
    "SELECT n, type, modifier, false, 0 FROM streamed UNION ALL "
    "SELECT c.n, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.modifier END, "
    "c.not_null OR t.typnotnull, c.depth + 1 FROM chain c JOIN pg_type t ON t.oid = c.type "
    "WHERE t.typtype = 'd'), "
    "base AS (SELECT DISTINCT ON (n) * FROM chain ORDER BY n, depth DESC), "
    "element(n, type, modifier, depth) AS ("
    "SELECT b.n, e.oid, b.modifier, 0 FROM base b JOIN pg_type t ON t.oid = b.type "
    "JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid UNION ALL "
    "SELECT c.n, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE c.modifier END, "
    "c.depth + 1 FROM element c JOIN pg_type t ON t.oid = c.type WHERE t.typtype = 'd'), "
    "last_element AS (SELECT DISTINCT ON (n) * FROM element ORDER BY n, depth DESC) "
    "SELECT s.n, base.type, base.modifier, format_type(t.oid, NULL), t.typtype, t.typname, "
    "e.type, e.modifier, et.typtype, et.typname, a.attnotnull OR base.not_null, "
    "a.attgenerated <> '', a.attidentity <> '' OR "
    "coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%', false), "
    "CASE WHEN d.adbin IS NOT NULL THEN " CONSTANT_DEFAULT " END "
    "FROM streamed s JOIN base USING (n) LEFT JOIN pg_type t ON t.oid = base.type "
    "LEFT JOIN last_element e USING (n) LEFT JOIN pg_type et ON et.oid = e.type "
    "LEFT JOIN pg_attribute a ON a.attrelid = %" PRIu32 "::oid AND a.attname = s.name AND "
    "a.atttypid = s.type AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ORDER BY s.n;";

/* What can be a key, the best first: index, column. */
static const char indexes_sql[] =
    "SELECT i.indexrelid, a.attname FROM pg_index i, "
    "unnest(i.indkey::int2[]) WITH ORDINALITY k(attribute, place) "
    "JOIN LATERAL (SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = %" PRIu32 "::oid "
    "AND attnum = k.attribute) a ON true "
    "WHERE i.indrelid = %" PRIu32 "::oid AND k.place <= i.indnkeyatts AND i.indisunique AND "
    "i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND (i.indisprimary OR "
    "i.indimmediate AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY "
    "n(attribute, place) JOIN pg_attribute b ON b.attrelid = i.indrelid AND "
    "b.attnum = n.attribute WHERE n.place <= i.indnkeyatts AND NOT b.attnotnull)) "
    "ORDER BY i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, i.indexrelid, k.place;";

/* The labels of the enums among the columns' types, elements and domains included. */
static const char labels_sql[] =
    "WITH RECURSIVE used(type) AS (SELECT * FROM unnest('{%s}'::oid[]) UNION "
    "SELECT unnest(ARRAY[t.typelem, t.typbasetype]) FROM used u JOIN pg_type t ON t.oid = u.type) "
    "SELECT e.enumtypid, e.enumlabel FROM used u JOIN pg_enum e ON e.enumtypid = u.type "
    "ORDER BY e.enumtypid, e.enumsortorder";

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* ---- asking ------------------------------------------------------------ */

static char *statements(const struct pgoutput_relation *message)
{
  char *values = NULL, *types = NULL;
  struct pgoutput_bytes rest = message->columns;
  struct pgoutput_column column;
  for (uint16_t n = 0; pgoutput_next_column(&rest, &column); n++) {
    char *name = pg_quote_literal(column.name);
    pg_append(&values, "%s(%u, %s, %" PRIu32 "::oid, %" PRId32 ")", n ? ", " : "", n, name,
              column.type_id, column.type_modifier);
    pg_append(&types, "%s%" PRIu32, n ? "," : "", column.type_id);
    free(name);
  }
  /* A table without columns still has a statement that gives no row. */
  char *sql = pg_format(columns_sql, values ? values : "(0, NULL, 0::oid, -1)", message->id);
  char *more = pg_format(indexes_sql, message->id, message->id);
  char *last = pg_format(labels_sql, types ? types : "");
  pg_append(&sql, "%s%s", more, last);
  free(last);
  free(more);
  free(types);
  free(values);
  return sql;
}

static bool ask(struct catalog *catalog, const struct pgoutput_relation *message,
                struct description *description, struct pg_error *error)
{
  char *sql = statements(message);
  bool good = catalog_queries(catalog, error, sql, description->results, RESULT_COUNT);
  free(sql);
  return good;
}

/* ---- columns ----------------------------------------------------------- */

static bool is_true(PGresult *result, int row, int field)
{
  return *PQgetvalue(result, row, field) == 't';
}

static uint32_t number(PGresult *result, int row, int field)
{
  return (uint32_t)strtoul(PQgetvalue(result, row, field), NULL, 10);
}

static enum headrace_type logical_type(uint32_t oid, char kind, const char *bare_name)
{
  bool is_array = false;
  const struct pg_type *type = pg_type_by_oid(oid, &is_array);
  if (type && !is_array)
    return (enum headrace_type)type->type;
  switch (kind) {
  case 'e':
    return HEADRACE_TYPE_ENUM;
  case 'c':
    return HEADRACE_TYPE_COMPOSITE;
  case 'r':
    return HEADRACE_TYPE_RANGE;
  case 'b':
    return pg_type_by_extension_name(bare_name);
  default:
    return HEADRACE_TYPE_OTHER;
  }
}

/* What the stream alone tells. */
static void from_stream(const struct pgoutput_column *streamed, const char *type_name,
                        struct headrace_column *column)
{
  bool is_array = false;
  const struct pg_type *type = pg_type_by_oid(streamed->type_id, &is_array);
  *column = (struct headrace_column){.name = streamed->name,
                                     .type_name = type_name ? type_name : "unknown",
                                     .type_modifier = streamed->type_modifier,
                                     .type_id = streamed->type_id,
                                     .flags = HEADRACE_COLUMN_NULLABLE};
  if (type && is_array) {
    column->type = HEADRACE_TYPE_ARRAY;
    column->element_type = type->type;
  } else if (type) {
    column->type = type->type;
    column->type_name = type->name;
  }
  pg_type_apply_modifier(streamed->type_id, streamed->type_modifier, column);
}

static void add_type(PGresult *result, int row, struct headrace_column *column)
{
  uint32_t base = number(result, row, COLUMN_BASE);
  uint32_t element = number(result, row, COLUMN_ELEMENT);
  column->type_id = base;
  column->type_modifier = atoi(PQgetvalue(result, row, COLUMN_MODIFIER));
  column->type_name = PQgetvalue(result, row, COLUMN_NAME);
  if (element) {
    column->type = HEADRACE_TYPE_ARRAY;
    column->element_type =
        (uint16_t)logical_type(element, *PQgetvalue(result, row, COLUMN_ELEMENT_KIND),
                               PQgetvalue(result, row, COLUMN_ELEMENT_BARE_NAME));
    pg_type_apply_modifier(element, atoi(PQgetvalue(result, row, COLUMN_ELEMENT_MODIFIER)), column);
  } else {
    column->type = (uint16_t)logical_type(base, *PQgetvalue(result, row, COLUMN_KIND),
                                          PQgetvalue(result, row, COLUMN_BARE_NAME));
    pg_type_apply_modifier(base, column->type_modifier, column);
  }
}

static void from_catalog(PGresult *result, int row, struct headrace_column *column)
{
  if (!PQgetisnull(result, row, COLUMN_NAME))
    add_type(result, row, column);
  if (PQgetisnull(result, row, COLUMN_NOT_NULL))
    return;
  column->flags = 0;
  if (!is_true(result, row, COLUMN_NOT_NULL))
    column->flags |= HEADRACE_COLUMN_NULLABLE;
  if (is_true(result, row, COLUMN_GENERATED))
    column->flags |= HEADRACE_COLUMN_GENERATED;
  if (is_true(result, row, COLUMN_SEQUENCE))
    column->flags |= HEADRACE_COLUMN_IDENTITY;
}

static void fill_columns(struct description *description, const struct pgoutput_relation *message,
                         describe_type_name type_name, const void *context)
{
  struct pgoutput_bytes rest = message->columns;
  struct pgoutput_column streamed;
  PGresult *result = description->results[RESULT_COLUMNS];
  for (int n = 0; n < message->column_count && pgoutput_next_column(&rest, &streamed); n++) {
    from_stream(&streamed, type_name(context, streamed.type_id), &description->columns[n]);
    if (n < PQntuples(result) && number(result, n, COLUMN_INDEX) == (uint32_t)n)
      from_catalog(result, n, &description->columns[n]);
    description->in_identity[n] = streamed.in_key;
  }
}

/* ---- labels of enums --------------------------------------------------- */

static const char **labels_of(PGresult *result, uint32_t type)
{
  int first = 0, count = 0;
  while (first < PQntuples(result) && number(result, first, 0) != type)
    first++;
  while (first + count < PQntuples(result) && number(result, first + count, 0) == type)
    count++;
  if (!count)
    return NULL;
  const char **labels = must(calloc((size_t)count + 1, sizeof *labels));
  for (int i = 0; i < count; i++)
    labels[i] = PQgetvalue(result, first + i, 1);
  return labels;
}

static void fill_labels(struct description *description)
{
  PGresult *columns = description->results[RESULT_COLUMNS];
  for (uint32_t n = 0; n < description->relation.column_count; n++) {
    struct headrace_column *column = &description->columns[n];
    if (column->type != HEADRACE_TYPE_ENUM && column->element_type != HEADRACE_TYPE_ENUM)
      continue;
    bool is_array = column->type == HEADRACE_TYPE_ARRAY;
    uint32_t type = number(columns, (int)n, is_array ? COLUMN_ELEMENT : COLUMN_BASE);
    description->labels[n] = labels_of(description->results[RESULT_LABELS], type);
    column->labels = description->labels[n];
  }
}

/* ---- the key ----------------------------------------------------------- */

static int column_by_name(const struct description *description, const char *name)
{
  for (uint32_t n = 0; n < description->relation.column_count; n++)
    if (!strcmp(description->columns[n].name, name))
      return (int)n;
  return -1;
}

/* The columns of the index that starts at `row`, in its order: false if the stream lacks one. */
static bool index_columns(const struct description *description, int row, uint16_t *key,
                          uint32_t *count)
{
  PGresult *result = description->results[RESULT_INDEXES];
  uint32_t index = number(result, row, 0);
  bool whole = true;
  for (*count = 0; row < PQntuples(result) && number(result, row, 0) == index; row++) {
    int column = column_by_name(description, PQgetvalue(result, row, 1));
    if (column < 0 || *count >= description->relation.column_count)
      whole = false;
    else
      key[(*count)++] = (uint16_t)column;
  }
  return whole && *count;
}

static bool is_identity(const struct description *description, const uint16_t *key, uint32_t count)
{
  uint32_t flagged = 0;
  for (uint32_t n = 0; n < description->relation.column_count; n++)
    flagged += description->in_identity[n];
  for (uint32_t i = 0; i < count; i++)
    if (!description->in_identity[key[i]])
      return false;
  return flagged == count;
}

/* The columns of the replica identity, in the table's order. */
static uint32_t identity_columns(const struct description *description, uint16_t *key)
{
  uint32_t count = 0;
  for (uint32_t n = 0; n < description->relation.column_count; n++)
    if (description->in_identity[n])
      key[count++] = (uint16_t)n;
  return count;
}

/* A delete carries the replica identity and nothing else, so that is the key if it names
 * columns: the index only gives their order. With FULL and NOTHING it names none. */
static uint32_t choose_key(const struct description *description, char replica_identity,
                           uint16_t *key)
{
  PGresult *indexes = description->results[RESULT_INDEXES];
  bool named = replica_identity == 'd' || replica_identity == 'i';
  uint32_t count = 0, last = 0;
  named = named && identity_columns(description, key) > 0;
  for (int row = 0; row < PQntuples(indexes); row++) {
    uint32_t index = number(indexes, row, 0);
    if (row && index == last)
      continue;
    last = index;
    if (index_columns(description, row, key, &count) &&
        (!named || is_identity(description, key, count)))
      return count;
  }
  return named ? identity_columns(description, key) : 0;
}

/* ---- defaults ---------------------------------------------------------- */

/* Their canonical text is what the server makes of them. One that fails gives none to all. */
static bool fill_defaults(struct catalog *catalog, struct description *description,
                          struct pg_error *error)
{
  PGresult *columns = description->results[RESULT_COLUMNS];
  uint32_t count = description->relation.column_count;
  char *list = NULL;
  for (uint32_t n = 0; n < count; n++)
    if (!PQgetisnull(columns, (int)n, COLUMN_DEFAULT))
      pg_append(&list, "%s%s", list ? ", " : "", PQgetvalue(columns, (int)n, COLUMN_DEFAULT));
  if (!list)
    return true;
  char *sql = pg_format("SELECT %s", list);
  description->defaults = catalog_query(catalog, error, sql, 0, NULL);
  free(sql);
  free(list);
  if (!description->defaults)
    return *error->sqlstate && error->result == HEADRACE_FATAL;
  int field = 0;
  for (uint32_t n = 0; n < count; n++) {
    if (PQgetisnull(columns, (int)n, COLUMN_DEFAULT))
      continue;
    if (!PQgetisnull(description->defaults, 0, field))
      description->columns[n].default_text = PQgetvalue(description->defaults, 0, field);
    field++;
  }
  return true;
}

/* ---- all of it --------------------------------------------------------- */

bool describe(struct catalog *catalog, const char *database,
              const struct pgoutput_relation *message, describe_type_name type_name,
              const void *context, struct description *description, struct pg_error *error)
{
  size_t count = message->column_count;
  *description = (struct description){.columns = NULL};
  if (catalog && !ask(catalog, message, description, error))
    return false;
  description->columns = must(calloc(count + 1, sizeof *description->columns));
  description->key = must(calloc(count + 1, sizeof *description->key));
  description->in_identity = must(calloc(count + 1, sizeof *description->in_identity));
  description->labels = must(calloc(count + 1, sizeof *description->labels));
  description->relation = (struct headrace_relation){.database = database,
                                                     .schema = message->schema,
                                                     .table = message->name,
                                                     .columns = description->columns,
                                                     .key = description->key,
                                                     .column_count = message->column_count};
  fill_columns(description, message, type_name, context);
  fill_labels(description);
  description->relation.key_count =
      choose_key(description, message->replica_identity, description->key);
  if (fill_defaults(catalog, description, error))
    return true;
  description_free(description);
  return false;
}

void description_free(struct description *description)
{
  for (uint32_t n = 0; description->labels && n < description->relation.column_count; n++)
    free(description->labels[n]);
  free(description->labels);
  free(description->in_identity);
  free(description->key);
  free(description->columns);
  for (int i = 0; i < RESULT_COUNT; i++)
    PQclear(description->results[i]);
  PQclear(description->defaults);
  *description = (struct description){.columns = NULL};
}

static bool same_text(const char *a, const char *b)
{
  return a == b || (a && b && !strcmp(a, b));
}

static bool same_labels(const char *const *a, const char *const *b)
{
  if (!a || !b)
    return a == b;
  while (*a && *b && !strcmp(*a, *b)) {
    a++;
    b++;
  }
  return !*a && !*b;
}

static bool same_column(const struct headrace_column *a, const struct headrace_column *b)
{
  return same_text(a->name, b->name) && same_text(a->type_name, b->type_name) &&
         same_text(a->default_text, b->default_text) && same_labels(a->labels, b->labels) &&
         a->type_modifier == b->type_modifier && a->precision == b->precision &&
         a->scale == b->scale && a->type == b->type && a->element_type == b->element_type &&
         a->flags == b->flags && a->type_id == b->type_id;
}

bool description_equals(const struct description *description,
                        const struct headrace_relation *relation)
{
  const struct headrace_relation *mine = &description->relation;
  if (!same_text(mine->database, relation->database) ||
      !same_text(mine->schema, relation->schema) || !same_text(mine->table, relation->table) ||
      mine->column_count != relation->column_count || mine->key_count != relation->key_count ||
      (mine->key_count &&
       memcmp(mine->key, relation->key, mine->key_count * sizeof *mine->key) != 0))
    return false;
  for (uint32_t n = 0; n < mine->column_count; n++)
    if (!same_column(&mine->columns[n], &relation->columns[n]))
      return false;
  return true;
}
