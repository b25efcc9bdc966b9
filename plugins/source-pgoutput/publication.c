/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  enum headrace_operation operation;
  const char *name;
} operation_names[] = {{HEADRACE_INSERT, "insert"},
                       {HEADRACE_UPDATE, "update"},
                       {HEADRACE_DELETE, "delete"},
                       {HEADRACE_TRUNCATE, "truncate"}};

#define OPERATION_COUNT (sizeof operation_names / sizeof *operation_names)

/* What find_tables() gives. */
enum table_column {
  TABLE_ITEM, /* index into setup->tables */
  TABLE_OID,
  TABLE_SCHEMA,
  TABLE_NAME,
  TABLE_KIND,
  TABLE_PERSISTENCE,
  TABLE_PUBLISHED /* by the publication, alone, with its schema, or through its parts */
};

enum publication_column {
  PUBLICATION_OID,
  PUBLICATION_ALL_TABLES,
  PUBLICATION_VIA_ROOT,
  PUBLICATION_WHOLE_SCHEMAS,
  PUBLICATION_OPERATIONS /* four of them, as in operation_names */
};

static char *operations_text(uint32_t operations)
{
  char *text = NULL;
  for (size_t i = 0; i < OPERATION_COUNT; i++)
    if (operations & (1u << operation_names[i].operation))
      pg_append(&text, "%s%s", text ? ", " : "", operation_names[i].name);
  return text ? text : pg_format("%s", "");
}

/* The options that a publication of ours has. */
static char *options_sql(const struct setup *setup)
{
  char *operations = operations_text(setup->operations);
  char *sql = pg_format("(publish = '%s', publish_via_partition_root = true)", operations);
  free(operations);
  return sql;
}

static void append_table(char **list, const char *schema, const char *table)
{
  char *name = pg_quote_qualified(schema, table);
  pg_append(list, "%s%s", *list ? ", " : "", name);
  free(name);
}

/* ---- the tables -------------------------------------------------------- */

static PGresult *find_tables(const struct setup *setup, struct pg_error *error)
{
  char *values = NULL;
  for (size_t i = 0; i < setup->tables.count; i++) {
    const struct table_name *name = &setup->tables.items[i];
    char *schema = pg_quote_literal(name->schema);
    char *table = name->table ? pg_quote_literal(name->table) : pg_format("NULL::text");
    pg_append(&values, "%s(%zu, %s, %s)", values ? ", " : "", i, schema, table);
    free(schema);
    free(table);
  }
  char *sql = pg_format(
      "WITH published AS (SELECT schemaname, tablename FROM pg_publication_tables "
      "WHERE pubname = $1) "
      "SELECT w.item, c.oid, coalesce(n.nspname, ''), c.relname, c.relkind, c.relpersistence, "
      "EXISTS (SELECT FROM published p WHERE p.schemaname = n.nspname AND p.tablename = c.relname) "
      "OR EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class part ON part.oid = t.relid "
      "JOIN pg_namespace s ON s.oid = part.relnamespace JOIN published p ON "
      "p.schemaname = s.nspname AND p.tablename = part.relname) "
      "FROM (VALUES %s) w(item, schema, name) LEFT JOIN pg_namespace n ON n.nspname = w.schema "
      "LEFT JOIN pg_class c ON c.relnamespace = n.oid AND (c.relname = w.name OR w.name IS NULL "
      "AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition) "
      "ORDER BY 1, 4",
      values);
  PGresult *tables = catalog_query(setup->catalog, error, sql, 1, &setup->publication);
  free(sql);
  free(values);
  return tables;
}

/* NULL: the row is a table that can be published. */
static const char *table_fault(PGresult *tables, int row)
{
  if (PQgetisnull(tables, row, TABLE_OID))
    return "does not exist";
  char kind = *PQgetvalue(tables, row, TABLE_KIND);
  if (kind != 'r' && kind != 'p')
    return "is no table: views, foreign tables and sequences cannot be published";
  if (*PQgetvalue(tables, row, TABLE_PERSISTENCE) != 'p')
    return "is unlogged or temporary: its changes are not in the WAL";
  return NULL;
}

static enum headrace_result check_tables(const struct setup *setup, PGresult *tables)
{
  enum headrace_result result = HEADRACE_OK;
  for (int row = 0; row < PQntuples(tables); row++) {
    const struct table_name *name = &setup->tables.items[atoi(PQgetvalue(tables, row, TABLE_ITEM))];
    const char *fault = table_fault(tables, row);
    if (!fault)
      continue;
    if (name->table) {
      setup->host->log(setup->host, HEADRACE_ERROR, "tables: %s.%s %s", name->schema, name->table,
                       fault);
      result = HEADRACE_FATAL;
    } else {
      bool no_schema = !*PQgetvalue(tables, row, TABLE_SCHEMA);
      setup->host->log(setup->host, no_schema ? HEADRACE_ERROR : HEADRACE_WARNING,
                       no_schema ? "tables: schema %s does not exist"
                                 : "tables: schema %s has no tables",
                       name->schema);
      if (no_schema)
        result = HEADRACE_FATAL;
    }
  }
  return result;
}

/* A table that was found, and not already by an item before. */
static bool is_new_table(PGresult *tables, int row)
{
  if (PQgetisnull(tables, row, TABLE_OID))
    return false;
  for (int i = 0; i < row; i++)
    if (!strcmp(PQgetvalue(tables, i, TABLE_OID), PQgetvalue(tables, row, TABLE_OID)))
      return false;
  return true;
}

/* "{16385,16390}": the tables that were found, for a parameter of type oid[]. */
static char *oid_array(PGresult *tables)
{
  char *array = pg_format("{");
  for (int row = 0; row < PQntuples(tables); row++)
    if (is_new_table(tables, row))
      pg_append(&array, "%s%s", array[1] ? "," : "", PQgetvalue(tables, row, TABLE_OID));
  pg_append(&array, "}");
  return array;
}

/* ---- replica identity -------------------------------------------------- */

/* The tables with all their partitions: name, relreplident, is it one that holds rows, can the
 * server log an update of it (relcache.c, RelationGetIndexList). */
static const char identity_sql[] =
    "SELECT DISTINCT n.nspname, c.relname, c.relreplident, c.relkind = 'r', "
    "CASE c.relreplident WHEN 'f' THEN true WHEN 'n' THEN false ELSE EXISTS (SELECT FROM pg_index "
    "i "
    "WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND CASE c.relreplident "
    "WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END) END "
    "FROM unnest($1::oid[]) root(oid), LATERAL (SELECT root.oid AS part UNION SELECT relid FROM "
    "pg_partition_tree(root.oid)) p JOIN pg_class c ON c.oid = p.part "
    "JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2";

static PGresult *find_identities(const struct setup *setup, const char *oids,
                                 struct pg_error *error)
{
  return catalog_query(setup->catalog, error, identity_sql, 1, &oids);
}

static enum headrace_result set_identities(const struct setup *setup, const char *oids)
{
  struct pg_error error;
  bool full = setup->replica_identity == IDENTITY_FULL;
  PGresult *tables = find_identities(setup, oids, &error);
  if (!tables)
    return setup_say(setup->host, "cannot read the replica identities", &error);
  char *sql = NULL;
  for (int row = 0; row < PQntuples(tables); row++) {
    if (*PQgetvalue(tables, row, 2) == (full ? 'f' : 'd'))
      continue;
    char *name = pg_quote_qualified(PQgetvalue(tables, row, 0), PQgetvalue(tables, row, 1));
    pg_append(&sql, "ALTER TABLE %s REPLICA IDENTITY %s; ", name, full ? "FULL" : "DEFAULT");
    free(name);
  }
  PQclear(tables);
  bool good = !sql || catalog_execute(setup->catalog, &error, sql);
  if (good && sql)
    setup->host->log(setup->host, HEADRACE_INFO, "changed replica identities: %s", sql);
  enum headrace_result result =
      good ? HEADRACE_OK : setup_say(setup->host, "cannot change the replica identities", &error);
  free(sql);
  return result;
}

/* A table without an identity, once its updates are published, refuses them: the application
 * breaks. So it is not published. */
static enum headrace_result refuse_without_identity(const struct setup *setup, const char *oids)
{
  struct pg_error error;
  enum headrace_result result = HEADRACE_OK;
  if (!(setup->operations & (1u << HEADRACE_UPDATE | 1u << HEADRACE_DELETE)))
    return HEADRACE_OK;
  PGresult *tables = find_identities(setup, oids, &error);
  if (!tables)
    return setup_say(setup->host, "cannot read the replica identities", &error);
  for (int row = 0; row < PQntuples(tables); row++) {
    if (*PQgetvalue(tables, row, 3) != 't' || *PQgetvalue(tables, row, 4) == 't')
      continue;
    char *name = pg_quote_qualified(PQgetvalue(tables, row, 0), PQgetvalue(tables, row, 1));
    setup->host->log(setup->host, HEADRACE_ERROR,
                     "table %s has no primary key and no replica identity: if its updates and "
                     "deletes were published, the server would refuse them to the application. "
                     "Mend it with: ALTER TABLE %s REPLICA IDENTITY FULL; (or set replica_identity "
                     "= full, or operations = insert, truncate)",
                     name, name);
    free(name);
    result = HEADRACE_FATAL;
  }
  PQclear(tables);
  return result;
}

/* ---- a publication of ours --------------------------------------------- */

static enum headrace_result apply(const struct setup *setup, const char *what, const char *sql)
{
  struct pg_error error;
  if (catalog_execute(setup->catalog, &error, sql)) {
    setup->host->log(setup->host, HEADRACE_INFO, "%s: %s", what, sql);
    return HEADRACE_OK;
  }
  setup->host->log(setup->host, HEADRACE_ERROR,
                   "cannot change publication \"%s\": %s (SQLSTATE %s); as the owner of its tables "
                   "run: %s",
                   setup->publication, error.message, error.sqlstate, sql);
  return error.result;
}

static enum headrace_result create_publication(const struct setup *setup, PGresult *tables)
{
  char *names = NULL;
  for (int row = 0; row < PQntuples(tables); row++)
    if (is_new_table(tables, row))
      append_table(&names, PQgetvalue(tables, row, TABLE_SCHEMA),
                   PQgetvalue(tables, row, TABLE_NAME));
  char *publication = pg_quote_identifier(setup->publication);
  char *options = options_sql(setup);
  char *sql = pg_format("CREATE PUBLICATION %s%s%s WITH %s;", publication,
                        names ? " FOR TABLE ONLY " : "", names ? names : "", options);
  enum headrace_result result = apply(setup, "created the publication", sql);
  free(sql);
  free(options);
  free(publication);
  free(names);
  return result;
}

/* ADD and DROP TABLE for what `tables` and the publication do not have in common. */
static bool table_changes(const struct setup *setup, PGresult *publication, const char *oids,
                          char **sql, struct pg_error *error)
{
  static const char differences[] =
      "SELECT n.nspname, c.relname, w.oid IS NULL FROM unnest($1::oid[]) w(oid) FULL JOIN "
      "(SELECT prrelid AS oid FROM pg_publication_rel WHERE prpubid = $2::oid) m USING (oid) "
      "JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace "
      "WHERE w.oid IS NULL OR m.oid IS NULL ORDER BY 1, 2";
  const char *values[] = {oids, PQgetvalue(publication, 0, PUBLICATION_OID)};
  PGresult *changes = catalog_query(setup->catalog, error, differences, 2, values);
  if (!changes)
    return false;
  char *name = pg_quote_identifier(setup->publication);
  for (int row = 0; row < PQntuples(changes); row++) {
    char *table = pg_quote_qualified(PQgetvalue(changes, row, 0), PQgetvalue(changes, row, 1));
    bool drop = *PQgetvalue(changes, row, 2) == 't';
    pg_append(sql, "ALTER PUBLICATION %s %s TABLE ONLY %s; ", name, drop ? "DROP" : "ADD", table);
    free(table);
  }
  free(name);
  PQclear(changes);
  return true;
}

static uint32_t published_operations(PGresult *publication)
{
  uint32_t operations = 0;
  for (size_t i = 0; i < OPERATION_COUNT; i++)
    if (*PQgetvalue(publication, 0, PUBLICATION_OPERATIONS + (int)i) == 't')
      operations |= 1u << operation_names[i].operation;
  return operations;
}

static enum headrace_result alter_publication(const struct setup *setup, PGresult *publication,
                                              const char *oids)
{
  const struct headrace_host *host = setup->host;
  struct pg_error error;
  char *sql = NULL;
  if (*PQgetvalue(publication, 0, PUBLICATION_ALL_TABLES) == 't' ||
      *PQgetvalue(publication, 0, PUBLICATION_WHOLE_SCHEMAS) == 't') {
    host->log(host, HEADRACE_ERROR,
              "publication \"%s\" is FOR ALL TABLES or FOR TABLES IN SCHEMA, which cannot be kept "
              "in step with `tables`: set publication_create = no, or choose another name for "
              "`publication`",
              setup->publication);
    return HEADRACE_FATAL;
  }
  if (!table_changes(setup, publication, oids, &sql, &error))
    return setup_say(host, "cannot read the publication", &error);
  if (published_operations(publication) != setup->operations ||
      *PQgetvalue(publication, 0, PUBLICATION_VIA_ROOT) != 't') {
    char *name = pg_quote_identifier(setup->publication);
    char *options = options_sql(setup);
    pg_append(&sql, "ALTER PUBLICATION %s SET %s; ", name, options);
    free(options);
    free(name);
  }
  enum headrace_result result = sql ? apply(setup, "changed the publication", sql) : HEADRACE_OK;
  free(sql);
  return result;
}

/* ---- somebody else's publication --------------------------------------- */

static enum headrace_result does_not_exist(const struct setup *setup)
{
  char *names = NULL;
  for (size_t i = 0; i < setup->tables.count; i++)
    if (setup->tables.items[i].table)
      append_table(&names, setup->tables.items[i].schema, setup->tables.items[i].table);
  char *name = pg_quote_identifier(setup->publication);
  char *options = options_sql(setup);
  setup->host->log(setup->host, HEADRACE_ERROR,
                   "publication \"%s\" does not exist; create it with: CREATE PUBLICATION %s FOR "
                   "TABLE %s WITH %s; or set publication_create = yes",
                   setup->publication, name, names ? names : "TABLE, …", options);
  free(options);
  free(name);
  free(names);
  return HEADRACE_FATAL;
}

static enum headrace_result check_operations(const struct setup *setup, PGresult *publication)
{
  uint32_t absent = setup->operations & ~published_operations(publication);
  if (!setup->operations_chosen || !absent)
    return HEADRACE_OK;
  char *missing = operations_text(absent);
  char *name = pg_quote_identifier(setup->publication);
  char *all = operations_text(setup->operations | published_operations(publication));
  setup->host->log(setup->host, HEADRACE_ERROR,
                   "publication \"%s\" does not publish %s; mend it with: ALTER PUBLICATION %s SET "
                   "(publish = '%s');",
                   setup->publication, missing, name, all);
  free(all);
  free(name);
  free(missing);
  return HEADRACE_FATAL;
}

static enum headrace_result check_members(const struct setup *setup, PGresult *tables)
{
  char *absent = NULL;
  for (int row = 0; tables && row < PQntuples(tables); row++)
    if (is_new_table(tables, row) && *PQgetvalue(tables, row, TABLE_PUBLISHED) != 't')
      append_table(&absent, PQgetvalue(tables, row, TABLE_SCHEMA),
                   PQgetvalue(tables, row, TABLE_NAME));
  if (!absent)
    return HEADRACE_OK;
  char *name = pg_quote_identifier(setup->publication);
  setup->host->log(setup->host, HEADRACE_ERROR,
                   "publication \"%s\" lacks tables; mend it with: ALTER PUBLICATION %s ADD TABLE "
                   "%s; or take them out of `tables`",
                   setup->publication, name, absent);
  free(name);
  free(absent);
  return HEADRACE_FATAL;
}

/* ---- all of it --------------------------------------------------------- */

static PGresult *find_publication(const struct setup *setup, struct pg_error *error)
{
  char *sql = pg_format(
      "SELECT oid, puballtables, pubviaroot, %s, pubinsert, pubupdate, pubdelete, pubtruncate "
      "FROM pg_publication p WHERE pubname = $1",
      PQserverVersion(setup->walsender) >= 150000
          ? "EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid)"
          : "false");
  PGresult *result = catalog_query(setup->catalog, error, sql, 1, &setup->publication);
  free(sql);
  return result;
}

static enum headrace_result own_publication(const struct setup *setup, PGresult *publication,
                                            PGresult *tables, const char *oids)
{
  enum headrace_result result = refuse_without_identity(setup, oids);
  if (result != HEADRACE_OK)
    return result;
  return PQntuples(publication) ? alter_publication(setup, publication, oids)
                                : create_publication(setup, tables);
}

static enum headrace_result with_tables(const struct setup *setup, PGresult *publication,
                                        PGresult *tables)
{
  enum headrace_result result = tables ? check_tables(setup, tables) : HEADRACE_OK;
  char *oids = tables ? oid_array(tables) : NULL;
  if (result == HEADRACE_OK && oids && setup->replica_identity != IDENTITY_LEAVE)
    result = set_identities(setup, oids);
  if (result != HEADRACE_OK) {
    free(oids);
    return result;
  }
  if (setup->publication_create)
    result = own_publication(setup, publication, tables, oids);
  else if (!PQntuples(publication))
    result = does_not_exist(setup);
  else if ((result = check_operations(setup, publication)) == HEADRACE_OK)
    result = check_members(setup, tables);
  free(oids);
  return result;
}

enum headrace_result setup_publication(struct setup *setup)
{
  struct pg_error error;
  PGresult *tables = NULL;
  PGresult *publication = find_publication(setup, &error);
  if (!publication)
    return setup_say(setup->host, "cannot read the publication", &error);
  if (setup->tables.count && !(tables = find_tables(setup, &error))) {
    PQclear(publication);
    return setup_say(setup->host, "cannot look up `tables`", &error);
  }
  enum headrace_result result = with_tables(setup, publication, tables);
  PQclear(tables);
  PQclear(publication);
  return result;
}
