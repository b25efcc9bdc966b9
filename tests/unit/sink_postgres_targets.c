/* SPDX-License-Identifier: Apache-2.0
 *
 * What the catalog says of tables, and what becomes of them, on a real server:
 * `sink_postgres_targets CONNINFO`. */
#include "describe.h"
#include "plan.h"
#include "plugin_host.h"
#include "sink.h"
#include "sink_postgres_event.h"
#include "target.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *conninfo;

/* ---- helpers ----------------------------------------------------------- */

static void sql(const char *text)
{
  PGconn *connection = PQconnectdb(conninfo);
  PGresult *result = PQexec(connection, text);
  if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", text, PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
}

struct setup {
  struct plugin_host *host;
  struct targets *targets;
  struct test_event test;
  const struct mapping *mapping;
  struct pg_error error;
};

/* `pairs` of keys, ended by NULL; events of public.t with the topic srv.public.t. */
static void set_up(struct setup *setup, const char *const *pairs)
{
  const char *all[32] = {"conninfo", conninfo};
  for (size_t i = 0; pairs[i]; i++)
    all[2 + i] = pairs[i];
  *setup = (struct setup){.host = plugin_host_new(sink_postgres_keys, all)};
  setup->targets = targets_new(&setup->host->instance.host);
  assert_non_null(setup->targets);
  targets_require(setup->targets, TARGET_NEEDS_UNIQUE);
  test_event_init(&setup->test, "srv.public.t", "public", "t");
}

#define SET_UP(setup, ...) set_up(setup, (const char *const[]){__VA_ARGS__, NULL})

static void tear_down(struct setup *setup)
{
  targets_free(setup->targets);
  plugin_host_free(setup->host);
}

static enum headrace_result map(struct setup *setup)
{
  setup->mapping = NULL;
  setup->error = (struct pg_error){0};
  return targets_map(setup->targets, &setup->test.event, &setup->mapping, &setup->error);
}

static void must_map(struct setup *setup)
{
  if (map(setup) != HEADRACE_OK)
    fail_msg("%s: %s", setup->error.sqlstate, setup->error.message);
}

static void must_refuse(struct setup *setup, enum headrace_result result, const char *sqlstate,
                        const char *words)
{
  assert_int_equal(map(setup), result);
  assert_string_equal(setup->error.sqlstate, sqlstate);
  if (!strstr(setup->error.message, words))
    fail_msg("\"%s\" is not in \"%s\"", words, setup->error.message);
}

/* Another table: events of a relation of its own. */
static void use_table(struct setup *setup, const char *table)
{
  setup->test.relation.table = table;
  setup->test.relation.id++;
}

static const struct target_column *column(const struct setup *setup, const char *name)
{
  int32_t index = target_column_index(setup->mapping->target, name);
  assert_true(index >= 0);
  return &setup->mapping->target->columns[index];
}

/* ---- describing -------------------------------------------------------- */

static void columns_are_described(void **state)
{
  (void)state;
  sql("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS varchar(5) NOT NULL; "
      "CREATE DOMAIN shorter AS short DEFAULT 'x'; "
      "CREATE TABLE t (id int8 PRIMARY KEY, n numeric(12,3), v varchar(7), c char(3), b bit(4), "
      "\"a \"\"b\" int[], m mood[], d shorter, g int GENERATED ALWAYS AS (1) STORED, "
      "i int GENERATED ALWAYS AS IDENTITY, dd date DEFAULT now(), ts timestamp(3), e mood, gone "
      "int); "
      "ALTER TABLE t DROP COLUMN gone");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  test_event_column(&setup.test, "g", HEADRACE_TYPE_INT32);
  must_map(&setup);
  static const struct {
    const char *name, *type, *full_type;
    enum headrace_type logical, element;
    int32_t precision, scale;
    const char *flags; /* not null, default, always, generated, domain */
  } expected[] = {
      {"id", "bigint", "bigint", HEADRACE_TYPE_INT64, 0, -1, -1, "n"},
      {"n", "numeric", "numeric(12,3)", HEADRACE_TYPE_NUMERIC, 0, 12, 3, ""},
      {"v", "character varying", "character varying(7)", HEADRACE_TYPE_TEXT, 0, 7, -1, ""},
      {"c", "bpchar", "character(3)", HEADRACE_TYPE_TEXT, 0, 3, -1, ""},
      {"b", "\"bit\"", "bit(4)", HEADRACE_TYPE_BIT, 0, 4, -1, ""},
      {"a \"b", "integer[]", "integer[]", HEADRACE_TYPE_ARRAY, HEADRACE_TYPE_INT32, -1, -1, ""},
      {"m", "public.mood[]", "mood[]", HEADRACE_TYPE_ARRAY, HEADRACE_TYPE_ENUM, -1, -1, ""},
      {"d", "character varying", "shorter", HEADRACE_TYPE_TEXT, 0, 5, -1, "ndD"},
      {"g", "integer", "integer", HEADRACE_TYPE_INT32, 0, -1, -1, "g"},
      {"i", "integer", "integer", HEADRACE_TYPE_INT32, 0, -1, -1, "nda"},
      {"dd", "date", "date", HEADRACE_TYPE_DATE, 0, -1, -1, "d"},
      {"ts", "timestamp without time zone", "timestamp(3) without time zone",
       HEADRACE_TYPE_TIMESTAMP, 0, -1, 3, ""},
      {"e", "public.mood", "mood", HEADRACE_TYPE_ENUM, 0, -1, -1, ""},
  };
  assert_int_equal(setup.mapping->target->column_count, sizeof expected / sizeof *expected);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    const struct target_column *found = column(&setup, expected[i].name);
    char flags[8] = "";
    strcat(flags, found->not_null ? "n" : "");
    strcat(flags, found->has_default ? "d" : "");
    strcat(flags, found->identity_always ? "a" : "");
    strcat(flags, found->generated ? "g" : "");
    strcat(flags, found->domain ? "D" : "");
    assert_string_equal(found->type, expected[i].type);
    assert_string_equal(found->full_type, expected[i].full_type);
    assert_int_equal(found->logical, expected[i].logical);
    assert_int_equal(found->element_logical, expected[i].element);
    assert_int_equal(found->precision, expected[i].precision);
    assert_int_equal(found->scale, expected[i].scale);
    assert_string_equal(flags, expected[i].flags);
  }
  assert_int_equal(setup.mapping->column_of[0], 0);
  assert_int_equal(setup.mapping->column_of[1], -1); /* generated */
  tear_down(&setup);
  sql("DROP TABLE t; DROP DOMAIN shorter, short; DROP TYPE mood");
}

/* The key's columns, "a,b", or what was said. */
static void key_is(const char *table, const char *expected, const char *const *pairs)
{
  sql(table);
  struct setup setup;
  set_up(&setup, pairs);
  for (const char *name = "abc"; *name; name++) {
    const char text[] = {*name, 0};
    test_event_column(&setup.test, strcmp(text, "a") ? strcmp(text, "b") ? "c" : "b" : "a",
                      HEADRACE_TYPE_UNTYPED);
  }
  static const uint16_t record_key[] = {2};
  setup.test.relation.key = record_key;
  setup.test.relation.key_count = 1;
  char key[64] = "";
  if (map(&setup) == HEADRACE_OK)
    for (uint32_t i = 0; i < setup.mapping->target->key_count; i++) {
      strcat(key, i ? "," : "");
      strcat(key, setup.mapping->target->columns[setup.mapping->target->key[i]].name);
    }
  else
    assert_string_equal(setup.error.sqlstate, "42P10");
  assert_string_equal(key, expected);
  tear_down(&setup);
  sql("DROP TABLE t");
}

#define KEY(table, expected, ...) key_is(table, expected, (const char *const[]){__VA_ARGS__, NULL})

static void keys_are_found(void **state)
{
  (void)state;
  KEY("CREATE TABLE t (a int, b int, c int, UNIQUE (a), PRIMARY KEY (b, a))", "b,a", "key",
      "target");
  KEY("CREATE TABLE t (a int NOT NULL UNIQUE, b int, c int)", "a", "key", "target");
  KEY("CREATE TABLE t (a int UNIQUE, b int, c int)", "", "key", "target");
  KEY("CREATE TABLE t (a int PRIMARY KEY DEFERRABLE, b int, c int)", "", "key", "target");
  KEY("CREATE TABLE t (a int NOT NULL, b int, c int); CREATE UNIQUE INDEX ON t (a) WHERE b > 0", "",
      "key", "target");
  KEY("CREATE TABLE t (a int NOT NULL, b int, c int); CREATE UNIQUE INDEX ON t ((a + 1))", "",
      "key", "target");
  KEY("CREATE TABLE t (a int PRIMARY KEY, b int, c int UNIQUE)", "c", "key", "record");
  KEY("CREATE TABLE t (a int PRIMARY KEY, b int, c int)", "", "key", "record");
  KEY("CREATE TABLE t (a int PRIMARY KEY, b int, c int, UNIQUE (c, b))", "c,b", "key", "fields",
      "key_fields", "b, c");
  KEY("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a, b)) PARTITION BY RANGE (b)", "a,b",
      "key", "target");
  KEY("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a) INCLUDE (b))", "a", "key", "target");
}

static void serial_is(const char *table, const char *because)
{
  sql(table);
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_UNTYPED);
  must_map(&setup);
  const struct target *target = setup.mapping->target;
  assert_int_equal(target->serial, because != NULL);
  assert_string_equal(target->serial_because ? target->serial_because : "", because ? because : "");
  tear_down(&setup);
  sql("DROP TABLE t CASCADE; DROP TABLE IF EXISTS other");
}

static void order_is_asked_for(void **state)
{
  (void)state;
  serial_is("CREATE TABLE t (a int PRIMARY KEY, b int); CREATE INDEX ON t (b)", NULL);
  serial_is("CREATE TABLE t (a int PRIMARY KEY, b int, UNIQUE (b, a))", NULL);
  serial_is("CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE)", "it has another unique index");
  serial_is("CREATE TABLE t (a int PRIMARY KEY, b int4range, EXCLUDE USING gist (b WITH &&))",
            "it has an exclusion constraint");
  serial_is("CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE other (a int REFERENCES t)",
            "foreign keys go from it or to it");
  serial_is("CREATE TABLE other (a int PRIMARY KEY); "
            "CREATE TABLE t (a int PRIMARY KEY REFERENCES other)",
            "foreign keys go from it or to it");
  serial_is("CREATE TABLE t (a int PRIMARY KEY); CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "it has triggers");
  serial_is(
      "CREATE TABLE t (a int PRIMARY KEY); CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW "
      "EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE t DISABLE TRIGGER x",
      NULL);
  serial_is("CREATE TABLE t (a int PRIMARY KEY); CREATE RULE r AS ON DELETE TO t DO ALSO SELECT 1",
            "it has rules");
}

/* ---- mapping ----------------------------------------------------------- */

static void what_does_not_fit_is_refused(void **state)
{
  (void)state;
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "x\"y", HEADRACE_TYPE_INT32);
  must_refuse(&setup, HEADRACE_FATAL, "42P01", "there is no table \"public\".\"t\"");
  tear_down(&setup);
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "x\"y", HEADRACE_TYPE_INT32);
  must_refuse(&setup, HEADRACE_FATAL, "42703", "has no column \"x\"\"y\"");
  tear_down(&setup);
  SET_UP(&setup, "unknown_columns", "ignore");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "x\"y", HEADRACE_TYPE_INT32);
  must_map(&setup);
  assert_int_equal(setup.mapping->column_of[1], -1);
  tear_down(&setup);
  SET_UP(&setup, "unknown_columns", "ignore");
  test_event_column(&setup.test, "b", HEADRACE_TYPE_INT32);
  must_refuse(&setup, HEADRACE_FATAL, "42703", "nothing for column \"a\" of its key");
  tear_down(&setup);
  SET_UP(&setup, "column_case", "lower");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "A", HEADRACE_TYPE_INT32);
  must_refuse(&setup, HEADRACE_FATAL, "42701", "would both be written to \"a\"");
  tear_down(&setup);
  sql("DROP TABLE t");
}

/* Each event without a schema has columns of its own: it is not the table's fault. */
static void what_has_no_schema_is_refused_alone(void **state)
{
  (void)state;
  struct setup setup;
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_UNTYPED);
  test_event_column(&setup.test, "b", HEADRACE_TYPE_UNTYPED);
  setup.test.values[1] = test_text("x");
  must_refuse(&setup, HEADRACE_AGAIN, "42703", "has no column \"b\"");
  setup.test.values[1].state = HEADRACE_ABSENT;
  must_map(&setup);
  setup.test.values[1].state = HEADRACE_TEXT;
  must_refuse(&setup, HEADRACE_AGAIN, "42703", "has no column \"b\"");
  tear_down(&setup);
  SET_UP(&setup, "unknown_columns", "ignore");
  test_event_column(&setup.test, "b", HEADRACE_TYPE_UNTYPED);
  must_refuse(&setup, HEADRACE_AGAIN, "42703", "nothing for column \"a\" of its key");
  tear_down(&setup);
  sql("DROP TABLE t");
}

/* However often a flush is planned. */
static void what_is_passed_over_is_counted_once(void **state)
{
  (void)state;
  struct setup setup;
  SET_UP(&setup, "exclude_tables", "t");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  void *planner = table_planner.new_planner(&setup.host->instance.host);
  struct item item = {.event = &setup.test.event};
  struct plan *plan = plan_new();
  size_t failed, count;
  assert_int_equal(table_planner.route(planner, &item, &setup.error), HEADRACE_OK);
  for (int i = 0; i < 2; i++)
    assert_int_equal(table_planner.plan(planner, &item, 1, false, plan, &failed, &setup.error),
                     HEADRACE_OK);
  plan_statements(plan, &count);
  assert_int_equal(count, 0);
  assert_int_equal(metrics_get(&setup.host->metrics, "stage.filtered"), 1);
  plan_free(plan);
  table_planner.free_planner(planner);
  tear_down(&setup);
}

static void count_gone(void *count, const struct mapping *mapping)
{
  assert_non_null(mapping);
  ++*(int *)count;
}

/* What flushes on their way may look at stays, and no more than that. */
static void what_is_replaced_is_freed(void **state)
{
  (void)state;
  struct setup setup;
  int gone = 0;
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  targets_turn(setup.targets, 2, 0, count_gone, &gone);
  must_map(&setup);
  for (int flush = 3; flush < 20; flush++) {
    const struct mapping *before = setup.mapping;
    char alter[64];
    snprintf(alter, sizeof alter, "ALTER TABLE t ADD c%d int", flush);
    sql(alter);
    targets_forget(setup.targets, setup.mapping->target);
    must_map(&setup);
    assert_ptr_not_equal(setup.mapping, before);
    assert_string_equal(before->target->table, "t"); /* flush - 1 may still be sent */
    targets_turn(setup.targets, (uint64_t)flush, (uint64_t)flush - 2, count_gone, &gone);
    assert_int_equal(gone, flush - 3);
  }
  tear_down(&setup);
  sql("DROP TABLE t");
}

/* Each change of a schema is a new relation. */
static void relations_that_are_not_used_are_forgotten(void **state)
{
  (void)state;
  struct setup setup;
  int gone = 0;
  uint64_t flush = 2;
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  for (; flush < 5000; flush++) {
    setup.test.relation.id = flush;
    must_map(&setup);
    targets_turn(setup.targets, flush + 1, flush - 1, count_gone, &gone);
  }
  assert_in_range(gone, 3990, 4998);
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void extra_columns_are_mapped(void **state)
{
  (void)state;
  sql("CREATE TABLE t (a int PRIMARY KEY, k text, p int, note text)");
  struct setup setup;
  SET_UP(&setup, "add_columns", "k = header.trace, p = partition, note = 'it''s'");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_map(&setup);
  assert_int_equal(setup.mapping->extra_count, 3);
  assert_int_equal(setup.mapping->extras[0].kind, EXTRA_HEADER);
  assert_string_equal(setup.mapping->extras[0].text, "trace");
  assert_int_equal(setup.mapping->extras[1].column, 2);
  assert_int_equal(setup.mapping->extras[2].kind, EXTRA_CONSTANT);
  assert_string_equal(setup.mapping->extras[2].text, "it''s");
  tear_down(&setup);
  SET_UP(&setup, "key", "kafka");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_refuse(&setup, HEADRACE_FATAL, "42703", "\"__connect_topic\", \"__connect_partition\"");
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void two_topics_do_not_share_a_table(void **state)
{
  (void)state;
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  struct setup setup;
  SET_UP(&setup, "table", "{table}");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_map(&setup);
  const struct mapping *first = setup.mapping;
  must_map(&setup);
  assert_ptr_equal(first, setup.mapping);
  setup.test.record.topic = test_text("other.t");
  must_refuse(&setup, HEADRACE_FATAL, "42P07", "topics srv.public.t and other.t");
  tear_down(&setup);
  SET_UP(&setup, "table", "{table}", "merge_topics", "yes");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_map(&setup);
  setup.test.record.topic = test_text("other.t");
  must_map(&setup);
  tear_down(&setup);
  sql("DROP TABLE t");
}

/* Several relations, topics: more than a bucket each. */
static void mappings_are_found_again(void **state)
{
  (void)state;
  sql("CREATE TABLE t (a int PRIMARY KEY, b int)");
  struct setup setup;
  SET_UP(&setup, "merge_topics", "yes");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  const struct mapping *first[1000];
  for (int round = 0; round < 2; round++)
    for (uint64_t i = 0; i < 1000; i++) {
      char topic[16];
      snprintf(topic, sizeof topic, "t%d", (int)i % 7);
      setup.test.record.topic = test_text(topic);
      setup.test.relation.id = i;
      must_map(&setup);
      if (round)
        assert_ptr_equal(first[i], setup.mapping);
      first[i] = setup.mapping;
    }
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void what_is_forgotten_is_asked_for(void **state)
{
  (void)state;
  sql("CREATE TABLE t (a int PRIMARY KEY)");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "none");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_map(&setup);
  const struct mapping *first = setup.mapping;
  const struct target *target = setup.mapping->target;
  targets_forget(setup.targets, target);
  must_map(&setup);
  assert_ptr_equal(setup.mapping, first); /* nothing has changed */
  sql("ALTER TABLE t ADD COLUMN b int");
  must_map(&setup);
  assert_ptr_equal(setup.mapping, first);
  targets_forget(setup.targets, target);
  must_map(&setup);
  assert_ptr_not_equal(setup.mapping->target, target);
  assert_true(setup.mapping->target->id > target->id);
  assert_int_equal(setup.mapping->target->column_count, 2);
  assert_int_equal(target->column_count, 1); /* what is on its way may still look at it */
  sql("DROP TABLE t");
  targets_forget(setup.targets, setup.mapping->target);
  must_refuse(&setup, HEADRACE_FATAL, "42P01", "there is no table");
  tear_down(&setup);
}

static void a_lost_connection_is_made_again(void **state)
{
  (void)state;
  sql("CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int PRIMARY KEY)");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "none", "merge_topics", "yes");
  test_event_column(&setup.test, "a", HEADRACE_TYPE_INT32);
  must_map(&setup);
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
      "AND application_name = 'headrace sink catalog'");
  use_table(&setup, "u");
  while (map(&setup) == HEADRACE_RETRY)
    ; /* the news of the death may take a moment */
  must_map(&setup);
  tear_down(&setup);
  sql("DROP TABLE t, u");
}

/* ---- making, altering -------------------------------------------------- */

static void tables_are_made(void **state)
{
  (void)state;
  sql("CREATE SCHEMA types; CREATE TYPE types.mood AS ENUM ('sad', 'ok')");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "create", "table", "New \"s.{table}");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  test_event_column(&setup.test, "mood", HEADRACE_TYPE_ENUM)->type_name = "types.mood";
  test_event_column(&setup.test, "other", HEADRACE_TYPE_ENUM)->type_name = "types.\"no such\"";
  test_event_column(&setup.test, "box", HEADRACE_TYPE_OTHER)->type_name = "box";
  test_event_column(&setup.test, "range", HEADRACE_TYPE_RANGE)->type_name = "int4range";
  struct headrace_column *moods = test_event_column(&setup.test, "moods", HEADRACE_TYPE_ARRAY);
  moods->element_type = HEADRACE_TYPE_ENUM;
  moods->type_name = "types.mood[]";
  test_event_column(&setup.test, "h", HEADRACE_TYPE_HSTORE)->type_name = "public.hstore";
  static const uint16_t key[] = {0};
  setup.test.relation.key = key;
  setup.test.relation.key_count = 1;
  setup.test.change.operation = HEADRACE_DELETE;
  must_map(&setup); /* there is nothing to delete from */
  assert_true(setup.mapping->ignored);
  setup.test.change.operation = HEADRACE_INSERT;
  must_map(&setup);
  assert_false(setup.mapping->ignored);
  assert_string_equal(setup.mapping->target->quoted, "\"New \"\"s\".\"t\"");
  static const char *const types[][2] = {
      {"id", "bigint"},       {"mood", "types.mood"},    {"other", "text"}, {"box", "box"},
      {"range", "int4range"}, {"moods", "types.mood[]"}, {"h", "jsonb"}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    assert_string_equal(column(&setup, types[i][0])->full_type, types[i][1]);
  assert_true(setup.mapping->target->key_unique);
  char *log = plugin_host_log(setup.host);
  assert_non_null(
      strstr(log, "runs: CREATE TABLE IF NOT EXISTS \"New \"\"s\".\"t\" (\"id\" bigint"));
  free(log);
  tear_down(&setup);
  sql("DROP SCHEMA \"New \"\"s\" CASCADE; DROP SCHEMA types CASCADE");
}

static void tables_without_a_key_are_not_made(void **state)
{
  (void)state;
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "create");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  must_refuse(&setup, HEADRACE_FATAL, "42P10", "the event has no key");
  tear_down(&setup);
  SET_UP(&setup, "schema_evolution", "create");
  targets_require(setup.targets, TARGET_NEEDS_NOTHING);
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  must_map(&setup);
  assert_int_equal(setup.mapping->target->index_count, 0);
  tear_down(&setup);
  sql("DROP TABLE t");
  SET_UP(&setup, "schema_evolution", "create", "key", "kafka");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  must_map(&setup);
  assert_int_equal(setup.mapping->target->key_count, 3);
  assert_int_equal(setup.mapping->extra_count, 3);
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void tables_follow(void **state)
{
  (void)state;
  sql("CREATE TABLE t (id int PRIMARY KEY, old text NOT NULL, n smallint)");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "evolve");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  test_event_column(&setup.test, "n", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "later", HEADRACE_TYPE_UNTYPED);
  static const uint16_t key[] = {0};
  setup.test.relation.key = key;
  setup.test.relation.key_count = 1;
  must_map(&setup);
  assert_string_equal(column(&setup, "id")->full_type, "bigint");
  assert_string_equal(column(&setup, "n")->full_type, "integer");
  assert_false(column(&setup, "old")->not_null);
  assert_int_equal(setup.mapping->column_of[2], -1); /* no value has shown its type */
  const struct mapping *first = setup.mapping;
  must_map(&setup);
  assert_ptr_equal(setup.mapping, first);
  setup.test.values[2] = test_text("12");
  setup.test.values[2].state = HEADRACE_LITERAL;
  must_map(&setup);
  assert_string_equal(column(&setup, "later")->full_type, "bigint");
  assert_int_equal(setup.mapping->column_of[2], 3);
  first = setup.mapping;
  must_map(&setup);
  assert_ptr_equal(setup.mapping, first);
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void labels_are_added(void **state)
{
  (void)state;
  sql("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int PRIMARY KEY, m mood, a mood[])");
  static const char *const labels[] = {"it's", "ok", "glad", NULL};
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "evolve");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "m", HEADRACE_TYPE_ENUM)->labels = labels;
  struct headrace_column *array = test_event_column(&setup.test, "a", HEADRACE_TYPE_ARRAY);
  array->element_type = HEADRACE_TYPE_ENUM;
  array->labels = labels;
  must_map(&setup);
  sql("SELECT 1 / (enum_range(NULL::mood)::text = '{ok,glad,it''s}')::int");
  tear_down(&setup);
  sql("DROP TABLE t; DROP TYPE mood");
}

static void a_locked_table_is_tried_again(void **state)
{
  (void)state;
  sql("CREATE TABLE t (id int PRIMARY KEY)");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "evolve", "ddl_lock_timeout", "20ms");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  PGconn *other = PQconnectdb(conninfo);
  PQclear(PQexec(other, "BEGIN; SELECT FROM t"));
  must_refuse(&setup, HEADRACE_RETRY, "55P03", "ALTER TABLE \"public\".\"t\"");
  must_refuse(&setup, HEADRACE_RETRY, "55P03", "lock timeout");
  PQfinish(other);
  while (map(&setup) == HEADRACE_RETRY)
    ;
  must_map(&setup);
  assert_string_equal(column(&setup, "id")->full_type, "bigint");
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void tables_are_checked(void **state)
{
  (void)state;
  sql("CREATE TABLE t (id int PRIMARY KEY, old text NOT NULL)");
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "validate");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64)->type_name = "bigint";
  must_refuse(
      &setup, HEADRACE_FATAL, "42804",
      "column \"id\" is integer, too narrow for the source's bigint; column \"old\" is NOT NULL");
  tear_down(&setup);
  SET_UP(&setup, "schema_evolution", "validate");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT32);
  test_event_column(&setup.test, "old", HEADRACE_TYPE_UNTYPED);
  must_map(&setup);
  tear_down(&setup);
  sql("DROP TABLE t");
}

static void a_dry_run_keeps_nothing(void **state)
{
  (void)state;
  struct setup setup;
  SET_UP(&setup, "schema_evolution", "evolve", "dry_run", "yes", "table", "dry.{table}");
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  static const uint16_t key[] = {0};
  setup.test.relation.key = key;
  setup.test.relation.key_count = 1;
  must_map(&setup);
  test_event_column(&setup.test, "b", HEADRACE_TYPE_TEXT);
  setup.test.relation.id++;
  must_map(&setup);
  assert_int_equal(setup.mapping->column_of[1], 1);
  assert_int_equal(setup.mapping->target->ddl_count, 3); /* schema, table, column */
  targets_forget(setup.targets, setup.mapping->target);
  const struct mapping *before = setup.mapping;
  must_map(&setup);
  assert_ptr_equal(setup.mapping, before);
  char *log = plugin_host_log(setup.host);
  assert_non_null(strstr(log, "would run: ALTER TABLE \"dry\".\"t\" ADD COLUMN"));
  free(log);
  tear_down(&setup);
  sql("CREATE SCHEMA dry; DROP SCHEMA dry"); /* there was none */
}

static void a_role_without_rights_stops(void **state)
{
  (void)state;
  sql("CREATE ROLE headrace_poor LOGIN");
  struct setup setup;
  char *as_poor;
  if (asprintf(&as_poor, "%s user=headrace_poor", conninfo) < 0)
    abort();
  SET_UP(&setup, "schema_evolution", "create", "conninfo", as_poor, "table", "poor.{table}");
  targets_require(setup.targets, TARGET_NEEDS_NOTHING);
  test_event_column(&setup.test, "id", HEADRACE_TYPE_INT64);
  must_refuse(&setup, HEADRACE_FATAL, "42501", "CREATE SCHEMA IF NOT EXISTS \"poor\"");
  tear_down(&setup);
  free(as_poor);
  sql("DROP ROLE headrace_poor");
}

/* ---- at once ----------------------------------------------------------- */

enum { INSTANCES = 8, ROUNDS = 10 };

struct instance_of_many {
  pthread_t thread;
  pthread_barrier_t *start;
  enum headrace_result result;
  struct pg_error error;
};

static const char *const at_once_keys[] = {"schema_evolution", "evolve", "table", "many.{table}",
                                           "ddl_lock_timeout", "30s",    NULL};

/* Each makes the table, then adds the column: asserts are the main thread's. */
static void *instance_main(void *argument)
{
  struct instance_of_many *self = argument;
  struct setup setup;
  set_up(&setup, at_once_keys);
  struct test_event *test = &setup.test;
  static const uint16_t key[] = {0};
  test->relation.key = key;
  test->relation.key_count = 1;
  test_event_column(test, "id", HEADRACE_TYPE_INT32);
  pthread_barrier_wait(self->start);
  self->result = map(&setup);
  test_event_column(test, "b", HEADRACE_TYPE_TEXT);
  test->relation.id++;
  if (self->result == HEADRACE_OK)
    self->result = map(&setup);
  self->error = setup.error;
  tear_down(&setup);
  return NULL;
}

static void many_start_at_once(void **state)
{
  (void)state;
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, INSTANCES);
  for (int round = 0; round < ROUNDS; round++) {
    struct instance_of_many instances[INSTANCES] = {0};
    for (int i = 0; i < INSTANCES; i++) {
      instances[i].start = &start;
      pthread_create(&instances[i].thread, NULL, instance_main, &instances[i]);
    }
    for (int i = 0; i < INSTANCES; i++)
      pthread_join(instances[i].thread, NULL);
    for (int i = 0; i < INSTANCES; i++)
      if (instances[i].result != HEADRACE_OK)
        fail_msg("%s: %s", instances[i].error.sqlstate, instances[i].error.message);
    sql("SELECT id, b FROM many.t; DROP SCHEMA many CASCADE");
  }
  pthread_barrier_destroy(&start);
}

int main(int count, char **arguments)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_described),
      cmocka_unit_test(keys_are_found),
      cmocka_unit_test(order_is_asked_for),
      cmocka_unit_test(what_does_not_fit_is_refused),
      cmocka_unit_test(what_has_no_schema_is_refused_alone),
      cmocka_unit_test(what_is_passed_over_is_counted_once),
      cmocka_unit_test(what_is_replaced_is_freed),
      cmocka_unit_test(relations_that_are_not_used_are_forgotten),
      cmocka_unit_test(extra_columns_are_mapped),
      cmocka_unit_test(two_topics_do_not_share_a_table),
      cmocka_unit_test(mappings_are_found_again),
      cmocka_unit_test(what_is_forgotten_is_asked_for),
      cmocka_unit_test(a_lost_connection_is_made_again),
      cmocka_unit_test(tables_are_made),
      cmocka_unit_test(tables_without_a_key_are_not_made),
      cmocka_unit_test(tables_follow),
      cmocka_unit_test(labels_are_added),
      cmocka_unit_test(a_locked_table_is_tried_again),
      cmocka_unit_test(tables_are_checked),
      cmocka_unit_test(a_dry_run_keeps_nothing),
      cmocka_unit_test(a_role_without_rights_stops),
      cmocka_unit_test(many_start_at_once),
  };
  if (count != 2)
    return 2;
  conninfo = arguments[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
