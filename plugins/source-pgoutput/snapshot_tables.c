/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot_tables.h"

#include "describe.h"
#include "money.h"
#include "pg_quote.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* What the list of tables gives: one row for each that is read, a relation's together. */
enum list_field {
  LIST_ROOT,
  LIST_ROOT_SCHEMA,
  LIST_ROOT_NAME,
  LIST_IDENTITY, /* pg_class.relreplident of the root */
  LIST_COLUMNS,  /* attnames as text[], or null: all that are not generated */
  LIST_FILTER,
  LIST_ID,
  LIST_SCHEMA,
  LIST_NAME,
  LIST_FILE,
  LIST_HAS_TIDS,
  LIST_IS_TABLE,
  LIST_SHAPE
};

/* What the server said, for what is asked later. */
struct snapshot_list {
  const struct headrace_host *host;
  struct catalog *catalog;
  PGresult *result;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* ---- which tables ------------------------------------------------------ */

static char *name_values(const struct table_list *names)
{
  char *values = NULL;
  for (size_t i = 0; i < names->count; i++) {
    char *schema = pg_quote_literal(names->items[i].schema);
    char *table =
        names->items[i].table ? pg_quote_literal(names->items[i].table) : pg_format("NULL");
    pg_append(&values, "%s(%s, %s::text, %zu)", i ? ", " : "", schema, table, i);
    free(table);
    free(schema);
  }
  return values ? values : pg_format("(NULL, NULL::text, 0)");
}

#define IN_NAMES                                                                                   \
  "EXISTS (SELECT FROM wanted w WHERE w.schema = n.nspname AND "                                   \
  "(w.name = c.relname OR w.name IS NULL))"

/* With publish_via_partition_root the publication names roots, and otherwise leaves. */
static char *published_sql(const struct catalog *catalog, const char *publication, bool filtered)
{
  bool lists = PQserverVersion(catalog->connection) >= 150000;
  char *name = pg_quote_literal(publication);
  char *sql = pg_format("SELECT c.oid, %s FROM pg_publication_tables p "
                        "JOIN pg_namespace n ON n.nspname = p.schemaname "
                        "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename "
                        "WHERE p.pubname = %s AND %s",
                        lists ? "p.attnames::text[], p.rowfilter" : "NULL::text[], NULL::text",
                        name, filtered ? IN_NAMES : "true");
  free(name);
  return sql;
}

/* A schema's tables; a view or a foreign table only if it is named itself. */
static char *named_sql(void)
{
  return pg_format(
      "SELECT c.oid, NULL::text[], NULL::text FROM pg_class c JOIN pg_namespace n ON "
      "n.oid = c.relnamespace WHERE EXISTS (SELECT FROM wanted w WHERE w.schema = n.nspname AND "
      "(w.name = c.relname AND c.relkind IN ('r', 'p', 'v', 'm', 'f') OR w.name IS NULL AND "
      "c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition))");
}

static char *list_sql(const struct catalog *catalog, const char *publication,
                      const struct table_list *names)
{
  char *values = name_values(names);
  char *roots = publication ? published_sql(catalog, publication, names->count > 0) : named_sql();
  char *sql = pg_format(
      "WITH wanted(schema, name, place) AS (VALUES %s), root(oid, columns, filter) AS (%s) "
      "SELECT r.oid, rn.nspname, rc.relname, rc.relreplident, r.columns, r.filter, "
      "l.oid, ln.nspname, l.relname, coalesce(pg_relation_filenode(l.oid), 0), "
      "l.relkind IN ('r', 'm') AND am.amname IS NOT DISTINCT FROM 'heap', l.relkind = "
      "'r', " SNAPSHOT_TABLE_SHAPE(
          "l.oid") " FROM root r JOIN pg_class rc ON rc.oid = r.oid JOIN pg_namespace rn ON "
                   "rn.oid = rc.relnamespace CROSS JOIN LATERAL (SELECT r.oid AS leaf WHERE "
                   "rc.relkind <> 'p' "
                   "UNION ALL SELECT relid FROM pg_partition_tree(r.oid) WHERE isleaf AND "
                   "rc.relkind = 'p') t "
                   "JOIN pg_class l ON l.oid = t.leaf AND l.relkind <> 'p' JOIN pg_namespace ln ON "
                   "ln.oid = l.relnamespace LEFT JOIN pg_am am ON am.oid = l.relam WHERE NOT "
                   "EXISTS "
                   "(SELECT FROM pg_partition_ancestors(r.oid) a JOIN root ON root.oid = a.relid "
                   "WHERE "
                   "a.relid <> r.oid) ORDER BY (SELECT min(w.place) FROM wanted w WHERE w.schema = "
                   "rn.nspname AND (w.name = rc.relname OR w.name IS NULL)), 2, 3, 8, 9",
      values, roots);
  free(roots);
  free(values);
  return sql;
}

/* ---- one relation ------------------------------------------------------ */

/* The columns that the stream sends, as its Relation message would have them (proto.c,
 * logicalrep_write_attrs): generated ones only from PostgreSQL 18 on, if the publication says
 * so; before that it may list them, but never sends them. */
static const char columns_sql[] =
    "SELECT a.attname, a.atttypid, a.atttypmod, CASE $2 WHEN 'f' THEN true WHEN 'n' THEN false "
    "ELSE EXISTS (SELECT FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY "
    "k(attribute, place) WHERE i.indrelid = a.attrelid AND i.indisvalid AND i.indimmediate AND "
    "CASE $2 WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END AND "
    "k.place <= i.indnkeyatts AND k.attribute = a.attnum) END FROM pg_attribute a "
    "WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND "
    "(a.attgenerated = '' OR $3::text[] IS NOT NULL AND "
    "current_setting('server_version_num')::int >= 180000) AND "
    "($3::text[] IS NULL OR a.attname = ANY ($3::text[])) "
    "ORDER BY a.attnum";

struct columns_message {
  char *bytes;
  size_t size;
};

static void put(struct columns_message *message, const void *data, size_t size)
{
  message->bytes = must(realloc(message->bytes, message->size + size));
  memcpy(message->bytes + message->size, data, size);
  message->size += size;
}

/* As pgoutput_next_column takes them. */
static struct columns_message write_columns(PGresult *columns)
{
  struct columns_message message = {.bytes = NULL};
  for (int row = 0; row < PQntuples(columns); row++) {
    char in_key = *PQgetvalue(columns, row, 3) == 't';
    uint32_t type = htonl((uint32_t)strtoul(PQgetvalue(columns, row, 1), NULL, 10));
    uint32_t modifier = htonl((uint32_t)atoi(PQgetvalue(columns, row, 2)));
    put(&message, &in_key, 1);
    put(&message, PQgetvalue(columns, row, 0), strlen(PQgetvalue(columns, row, 0)) + 1);
    put(&message, &type, sizeof type);
    put(&message, &modifier, sizeof modifier);
  }
  return message;
}

static const char *no_type_name(const void *context, uint32_t id)
{
  (void)context;
  (void)id;
  return NULL; /* the catalog, which was asked just now, knows it */
}

static bool make_relation(const struct snapshot_table *table, PGresult *columns,
                          struct pg_error *error)
{
  const struct snapshot_list *list = table->list;
  struct columns_message bytes = write_columns(columns);
  struct pgoutput_relation message = {
      .id = table->root,
      .schema = PQgetvalue(list->result, table->place, LIST_ROOT_SCHEMA),
      .name = PQgetvalue(list->result, table->place, LIST_ROOT_NAME),
      .replica_identity = *PQgetvalue(list->result, table->place, LIST_IDENTITY),
      .column_count = (uint16_t)PQntuples(columns),
      .columns = {.data = bytes.bytes, .size = bytes.size}};
  struct description description;
  char *database = pg_format("%s", PQdb(list->catalog->connection));
  bool good = describe(list->catalog, database, &message, no_type_name, NULL, &description, error);
  if (good) {
    table->row->relation = list->host->relation_new(list->host, &description.relation);
    description_free(&description);
  }
  free(database);
  free(bytes.bytes);
  return good;
}

static char *column_list(const struct headrace_relation *relation)
{
  char *list = pg_format("%s", "");
  for (uint32_t n = 0; n < relation->column_count; n++) {
    char *name = pg_quote_identifier(relation->columns[n].name);
    pg_append(&list, "%s%s", n ? ", " : "", name);
    free(name);
  }
  return list;
}

bool snapshot_table_describe(const struct snapshot_table *table, struct pg_error *error)
{
  struct snapshot_row *row = table->row;
  PGresult *list = table->list->result;
  if (row->relation)
    return true;
  const char *values[] = {
      PQgetvalue(list, table->place, LIST_ROOT), PQgetvalue(list, table->place, LIST_IDENTITY),
      PQgetisnull(list, table->place, LIST_COLUMNS) ? NULL
                                                    : PQgetvalue(list, table->place, LIST_COLUMNS)};
  PGresult *columns = catalog_query(table->list->catalog, error, columns_sql, 3, values);
  bool good = columns && make_relation(table, columns, error);
  PQclear(columns);
  if (good) {
    row->columns = column_list(row->relation);
    row->has_money = money_in(row->relation);
  }
  return good;
}

/* ---- all of them ------------------------------------------------------- */

/* The leaves of a root follow one another and share their row. */
static struct snapshot_row *row_of(const struct snapshot_tables *tables, uint32_t root)
{
  const struct snapshot_table *before = tables->count ? &tables->items[tables->count - 1] : NULL;
  return before && before->root == root ? before->row : must(calloc(1, sizeof *before->row));
}

static void add_table(struct snapshot_tables *tables, int place)
{
  PGresult *list = tables->list->result;
  bool is_table = *PQgetvalue(list, place, LIST_IS_TABLE) == 't';
  uint32_t root = (uint32_t)strtoul(PQgetvalue(list, place, LIST_ROOT), NULL, 10);
  char *name =
      pg_quote_qualified(PQgetvalue(list, place, LIST_SCHEMA), PQgetvalue(list, place, LIST_NAME));
  struct snapshot_table table = {.id =
                                     (uint32_t)strtoul(PQgetvalue(list, place, LIST_ID), NULL, 10),
                                 .root = root,
                                 .has_tids = *PQgetvalue(list, place, LIST_HAS_TIDS) == 't',
                                 .schema = must(strdup(PQgetvalue(list, place, LIST_SCHEMA))),
                                 .name = must(strdup(PQgetvalue(list, place, LIST_NAME))),
                                 .from = pg_format("%s%s", is_table ? "ONLY " : "", name),
                                 .shape = strtoll(PQgetvalue(list, place, LIST_SHAPE), NULL, 10),
                                 .row = row_of(tables, root),
                                 .list = tables->list,
                                 .place = place};
  if (table.has_tids)
    table.file = (uint32_t)strtoul(PQgetvalue(list, place, LIST_FILE), NULL, 10);
  if (!PQgetisnull(list, place, LIST_FILTER))
    table.filter = must(strdup(PQgetvalue(list, place, LIST_FILTER)));
  free(name);
  tables->items[tables->count++] = table;
}

bool snapshot_tables_read(struct snapshot_tables *tables, const struct headrace_host *host,
                          struct catalog *catalog, const char *publication,
                          const struct table_list *names, struct pg_error *error)
{
  *tables = (struct snapshot_tables){.host = host};
  char *sql = list_sql(catalog, publication, names);
  PGresult *list = catalog_query(catalog, error, sql, 0, NULL);
  free(sql);
  if (!list)
    return false;
  tables->list = must(calloc(1, sizeof *tables->list));
  *tables->list = (struct snapshot_list){.host = host, .catalog = catalog, .result = list};
  tables->items = must(calloc((size_t)PQntuples(list) + 1, sizeof *tables->items));
  for (int place = 0; place < PQntuples(list); place++)
    if (!publication || !table_is_own(host->string(host, "snapshot_schema"),
                                      PQgetvalue(list, place, LIST_ROOT_SCHEMA),
                                      PQgetvalue(list, place, LIST_ROOT_NAME)))
      add_table(tables, place);
  return true;
}

struct snapshot_table *snapshot_tables_get(struct snapshot_tables *tables, uint32_t id)
{
  for (size_t i = 0; i < tables->count; i++)
    if (tables->items[i].id == id)
      return &tables->items[i];
  return NULL;
}

static void free_row(const struct headrace_host *host, struct snapshot_row *row)
{
  if (row->relation)
    host->relation_release(host, row->relation);
  free(row->columns);
  free(row);
}

void snapshot_tables_free(struct snapshot_tables *tables)
{
  for (size_t i = 0; i < tables->count; i++) {
    struct snapshot_table *table = &tables->items[i];
    free(table->schema);
    free(table->name);
    free(table->from);
    free(table->filter);
    if (i + 1 == tables->count || table->row != table[1].row)
      free_row(tables->host, table->row);
  }
  free(tables->items);
  if (tables->list)
    PQclear(tables->list->result);
  free(tables->list);
  *tables = (struct snapshot_tables){.host = tables->host};
}
