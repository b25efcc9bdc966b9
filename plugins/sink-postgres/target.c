/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "change.h"
#include "describe.h"
#include "evolve.h"
#include "extras.h"
#include "naming.h"
#include "pg_quote.h"
#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MOST   1000 /* relations, of which schemas that change leave more and more behind */
#define RETRY_AFTER_US 5000000 /* a table that did not fit may have been mended by then */
/* Who is in the way may be a flush of our own, which goes on only when this call has returned: so
 * the first waits are short, each twice the one before. */
#define LOCK_WAIT_MS   INT64_C(50)
#define LOCK_WAITS_MAX 20
#define SETTINGS       "-c statement_timeout=0 -c idle_in_transaction_session_timeout=60s -c jit=off"

enum key_choice { KEY_TARGET, KEY_RECORD, KEY_FIELDS, KEY_KAFKA };
enum evolution { EVOLUTION_NONE, EVOLUTION_VALIDATE, EVOLUTION_CREATE, EVOLUTION_EVOLVE };
enum { UNKNOWN_ERROR, UNKNOWN_IGNORE };

static const char *const kafka_key[] = {"__connect_topic", "__connect_partition",
                                        "__connect_offset"};
enum { KAFKA_KEY_COUNT = 3 };

/* A table of the target, by schema, name and key. */
struct known_table {
  struct target *target;      /* NULL: not described */
  char *schema, *table, *key; /* key: its columns' names as the configuration gives them, quoted */
  char *topic;                /* of the first event; NULL: it had none */
  struct sql_list kept;       /* of a dry run */
  bool stale;
  unsigned lock_waits; /* in vain, one after the other */
  struct known_table *next;
};

/* What became of a relation's events of one topic. */
struct entry {
  uint64_t relation_id;
  char *context;
  size_t context_size;
  struct mapping *mapping; /* NULL: it did not fit: */
  uint64_t target_id;      /* of the mapping's target, which may be freed by now */
  uint64_t used;           /* in the collecting of that flush last */
  struct pg_error error;
  int64_t failed_at_us;
  struct known_table *table; /* NULL: not wanted */
  uint32_t *pending; /* columns of the relation that are made as soon as they have a value */
  uint32_t pending_count;
  struct entry *next; /* in its bucket */
};

/* What is not valid any more, but perhaps still on its way. */
struct retired {
  struct mapping *mapping;
  struct target *target;
  uint64_t flush; /* the last that may look at it */
  struct retired *next;
};

struct targets {
  const struct headrace_host *host;
  PGconn *connection;
  struct naming *naming;
  struct wanted_extras extras;
  enum key_choice key_choice;
  enum target_need need;
  enum evolution evolution;
  enum foreign_keys foreign_keys;
  int64_t ddl_lock_timeout_ms;
  bool ignore_unknown, merge_topics, dry_run;
  uint64_t last_id, routings;
  struct known_table *tables;
  struct entry **buckets;
  size_t bucket_count, entry_count;
  struct entry *last;
  struct retired *retired;
  uint64_t collecting; /* number of the flush */
  size_t entries_most; /* then those that were not used for long are forgotten */
  char *context;       /* of the event at hand */
  size_t context_size, context_room;
};

static const struct mapping ignored = {.ignored = true};

/* ---- errors ------------------------------------------------------------ */

static enum headrace_result fail(struct pg_error *error, enum headrace_result result,
                                 const char *sqlstate, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum headrace_result fail(struct pg_error *error, enum headrace_result result,
                                 const char *sqlstate, const char *format, ...)
{
  *error = (struct pg_error){.result = result};
  snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return result;
}

/* ---- configuration ----------------------------------------------------- */

static bool read_key(struct targets *targets)
{
  const struct headrace_host *host = targets->host;
  const struct headrace_pair *fields;
  size_t count = host->list(host, "key_fields", &fields);
  targets->key_choice = (enum key_choice)host->integer(host, "key");
  if (targets->key_choice == KEY_FIELDS && !count) {
    host->log(host, HEADRACE_ERROR, "key = fields needs key_fields: the columns of the key");
    return false;
  }
  if (targets->key_choice == KEY_KAFKA && count && count != KAFKA_KEY_COUNT) {
    host->log(host, HEADRACE_ERROR,
              "key = kafka takes three key_fields: the columns of topic, partition and offset");
    return false;
  }
  if (count && targets->key_choice < KEY_FIELDS) {
    host->log(host, HEADRACE_ERROR, "key_fields is for key = fields or key = kafka");
    return false;
  }
  static const enum extra_kind kinds[] = {EXTRA_TOPIC, EXTRA_PARTITION, EXTRA_OFFSET};
  for (size_t i = 0; targets->key_choice == KEY_KAFKA && i < KAFKA_KEY_COUNT; i++)
    extras_add(&targets->extras, count ? fields[i].name : kafka_key[i], kinds[i], NULL);
  return true;
}

static struct targets *configured(const struct headrace_host *host)
{
  struct targets *targets = sink_alloc(sizeof *targets);
  targets->host = host;
  targets->ignore_unknown = host->integer(host, "unknown_columns") == UNKNOWN_IGNORE;
  targets->evolution = (enum evolution)host->integer(host, "schema_evolution");
  targets->foreign_keys = (enum foreign_keys)host->integer(host, "foreign_keys");
  targets->ddl_lock_timeout_ms = host->integer(host, "ddl_lock_timeout");
  targets->dry_run = host->integer(host, "dry_run") != 0;
  targets->merge_topics = host->integer(host, "merge_topics") != 0;
  targets->bucket_count = 64;
  targets->entries_most = ENTRIES_MOST;
  targets->collecting = 1;
  targets->buckets = sink_alloc(targets->bucket_count * sizeof *targets->buckets);
  bool good = extras_read(host, &targets->extras);
  good = read_key(targets) && good;
  targets->naming = naming_new(host);
  if (good && targets->naming)
    return targets;
  targets_free(targets);
  return NULL;
}

struct targets *targets_new(const struct headrace_host *host)
{
  return configured(host);
}

bool targets_check(const struct headrace_host *host)
{
  struct targets *targets = configured(host);
  targets_free(targets);
  return targets != NULL;
}

void targets_require(struct targets *targets, enum target_need need)
{
  targets->need = need;
}

void targets_add_extra(struct targets *targets, const char *name, enum extra_kind kind)
{
  extras_add(&targets->extras, name, kind, NULL);
}

/* ---- memory ------------------------------------------------------------ */

static void mapping_free(struct mapping *mapping)
{
  if (!mapping)
    return;
  free(mapping->column_of);
  free(mapping->cast);
  free(mapping->extras);
  free(mapping);
}

static void retire(struct targets *targets, struct mapping *mapping, struct target *target)
{
  if (!mapping && !target)
    return;
  struct retired *retired = sink_alloc(sizeof *retired);
  *retired = (struct retired){
      .mapping = mapping, .target = target, .flush = targets->collecting, .next = targets->retired};
  targets->retired = retired;
}

static void free_tables(struct targets *targets)
{
  for (struct known_table *table = targets->tables, *next; table; table = next) {
    next = table->next;
    target_free(table->target);
    free(table->schema);
    free(table->table);
    free(table->key);
    free(table->topic);
    sql_list_free(&table->kept);
    free(table);
  }
}

static void entry_free(struct entry *entry)
{
  free(entry->pending);
  free(entry->context);
  free(entry);
}

static void free_entries(struct targets *targets)
{
  for (size_t i = 0; i < targets->bucket_count; i++)
    for (struct entry *entry = targets->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      mapping_free(entry->mapping);
      entry_free(entry);
    }
  free(targets->buckets);
}

void targets_free(struct targets *targets)
{
  if (!targets)
    return;
  free_entries(targets);
  free_tables(targets);
  for (struct retired *retired = targets->retired, *next; retired; retired = next) {
    next = retired->next;
    mapping_free(retired->mapping);
    target_free(retired->target);
    free(retired);
  }
  extras_free(&targets->extras);
  naming_free(targets->naming);
  free(targets->context);
  PQfinish(targets->connection);
  free(targets);
}

/* ---- connection -------------------------------------------------------- */

/* A connection that is idle may be lost unseen: a new one is as good, nothing is kept in it. */
static PGconn *connected(struct targets *targets, struct pg_error *error)
{
  if (targets->connection && PQconsumeInput(targets->connection) &&
      PQstatus(targets->connection) == CONNECTION_OK)
    return targets->connection;
  PQfinish(targets->connection);
  struct pg_target target = {.host = targets->host,
                             .application_name = "headrace sink catalog",
                             .settings = PG_TEXT_SETTINGS " " SETTINGS};
  targets->connection = pg_connect(&target, error);
  return targets->connection;
}

/* ---- tables ------------------------------------------------------------ */

/* The names that the key must have; the array is to be freed, and each name. NULL, and count 0:
 * what the catalog says. */
static char **wanted_key(const struct targets *targets, const struct headrace_event *event,
                         enum key_choice choice, uint32_t *count)
{
  const struct headrace_relation *relation = event->change->relation;
  const struct headrace_pair *fields;
  size_t given = targets->host->list(targets->host, "key_fields", &fields);
  size_t total = choice == KEY_RECORD  ? relation->key_count
                 : choice == KEY_KAFKA ? KAFKA_KEY_COUNT
                                       : given;
  char **names = choice == KEY_TARGET ? NULL : sink_alloc((total + 1) * sizeof *names);
  *count = 0;
  for (size_t i = 0; names && i < total; i++) {
    char *reason = NULL, *name;
    if (choice == KEY_RECORD)
      name =
          naming_column(targets->naming, event, relation->columns[relation->key[i]].name, &reason);
    else
      name = pg_format("%s", given ? fields[i].name : kafka_key[i]);
    free(reason); /* the column itself will be refused for it */
    if (name)
      names[(*count)++] = name;
  }
  return names;
}

static void free_names(char **names, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    free(names[i]);
  free(names);
}

static char *list_names(char *const *names, uint32_t count)
{
  char *text = pg_format("%s", "");
  for (uint32_t i = 0; i < count; i++) {
    char *quoted = pg_quote_identifier(names[i]);
    pg_append(&text, "%s%s", i ? ", " : "", quoted);
    free(quoted);
  }
  return text;
}

static struct known_table *find_table(struct targets *targets, const struct table_place *place,
                                      const char *key)
{
  struct known_table *table = targets->tables;
  while (table && (strcmp(table->table, place->table) != 0 ||
                   strcmp(table->schema, place->schema) != 0 || strcmp(table->key, key) != 0))
    table = table->next;
  if (table)
    return table;
  table = sink_alloc(sizeof *table);
  *table = (struct known_table){.schema = pg_format("%s", place->schema),
                                .table = pg_format("%s", place->table),
                                .key = pg_format("%s", key),
                                .stale = true,
                                .next = targets->tables};
  targets->tables = table;
  return table;
}

static bool same_routing(const struct target *a, const struct target *b)
{
  if (a->serial != b->serial || a->related != b->related || a->key_count != b->key_count)
    return false;
  for (uint32_t i = 0; i < a->key_count; i++) {
    const struct target_column *one = &a->columns[a->key[i]], *other = &b->columns[b->key[i]];
    if (strcmp(one->name, other->name) != 0 || one->type_oid != other->type_oid)
      return false;
  }
  return true;
}

static enum headrace_result apply_foreign_keys(const struct targets *targets, struct target *target,
                                               struct pg_error *error)
{
  if (targets->foreign_keys == FOREIGN_KEYS_IGNORE)
    target->related = false;
  if (!target->related)
    return HEADRACE_OK;
  if (targets->foreign_keys == FOREIGN_KEYS_DEFER && target->not_deferrable)
    return fail(error, HEADRACE_FATAL, "55000",
                "foreign_keys = defer: table %s has to do with foreign key %s, which cannot be "
                "deferred: ALTER TABLE ... ALTER CONSTRAINT ... DEFERRABLE",
                target->quoted, target->not_deferrable);
  if (targets->foreign_keys == FOREIGN_KEYS_ORDER && !target->serial) {
    target->serial = true;
    target->serial_because = "foreign keys go from it or to it";
  }
  return HEADRACE_OK;
}

/* Asks the catalog. What is the same stays the same, so that plans made with it stay good. */
static enum headrace_result describe(struct targets *targets, struct known_table *table,
                                     char *const *key, uint32_t key_count, struct pg_error *error)
{
  PGconn *connection = connected(targets, error);
  if (!connection)
    return error->result;
  struct target *fresh;
  enum headrace_result result =
      describe_changed(connection, table->schema, table->table, &table->kept, &fresh, error);
  if (result != HEADRACE_OK)
    return result;
  table->stale = false;
  if (fresh)
    target_set_key(fresh, (const char *const *)key, key_count);
  if (fresh && apply_foreign_keys(targets, fresh, error) != HEADRACE_OK) {
    target_free(fresh);
    table->stale = true;
    return error->result;
  }
  if (fresh && table->target && target_same(fresh, table->target)) {
    target_free(fresh);
    return HEADRACE_OK;
  }
  if (fresh && table->target && !same_routing(fresh, table->target))
    targets->routings++;
  retire(targets, NULL, table->target);
  table->target = fresh;
  if (fresh) {
    fresh->id = ++targets->last_id;
    if (fresh->serial && targets->need != TARGET_NEEDS_NOTHING)
      targets->host->log(targets->host, HEADRACE_INFO, "%s is written row by row, in order: %s",
                         fresh->quoted, fresh->serial_because);
  }
  return HEADRACE_OK;
}

/* Two topics in one table overwrite each other's rows, unless somebody wanted that. */
static enum headrace_result check_topic(const struct targets *targets, struct known_table *table,
                                        const struct table_place *place,
                                        const struct headrace_event *event, struct pg_error *error)
{
  char *topic = naming_topic(event->record);
  enum headrace_result result = HEADRACE_OK;
  if (!table->topic) {
    table->topic = topic;
    return HEADRACE_OK;
  }
  if (topic && strcmp(topic, table->topic) != 0 && !place->shared && !targets->merge_topics)
    result = fail(error, HEADRACE_FATAL, "42P07",
                  "topics %s and %s would both be written to table \"%s\".\"%s\": name one of them "
                  "in `tables`, or set merge_topics = yes",
                  table->topic, topic, table->schema, table->table);
  free(topic);
  return result;
}

/* ---- mappings ---------------------------------------------------------- */

/* Whose fault it is that an event does not fit: with a schema, that of the table or the
 * configuration, which every event will meet. Without one each event has columns of its own. */
static enum headrace_result at_fault(const struct headrace_event *event)
{
  const struct headrace_relation *relation = event->change->relation;
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (relation->columns[i].type == HEADRACE_TYPE_UNTYPED)
      return HEADRACE_AGAIN;
  return HEADRACE_FATAL;
}

static enum headrace_result no_column(struct pg_error *error, enum headrace_result result,
                                      const struct target *target, const char *missing)
{
  return fail(error, result, "42703",
              "table %s has no column %s: add what is missing, name it in exclude_columns or "
              "rename_columns, or set unknown_columns = ignore",
              target->quoted, missing);
}

/* A column without a type, of which there is nothing to write until an event has a value. Then it
 * can be made, or that event is refused. */
static bool is_pending(const struct targets *targets, const struct headrace_event *event,
                       uint32_t i)
{
  const struct headrace_value *values = event->change->new_values;
  if (event->change->relation->columns[i].type != HEADRACE_TYPE_UNTYPED)
    return false;
  return targets->evolution == EVOLUTION_EVOLVE ? !values || values[i].state < HEADRACE_TEXT
                                                : !targets->ignore_unknown;
}

static void add_pending(struct entry *entry, uint32_t i)
{
  entry->pending =
      sink_realloc(entry->pending, (entry->pending_count + 1) * sizeof *entry->pending);
  entry->pending[entry->pending_count++] = i;
}

static enum headrace_result map_column(const struct targets *targets, const struct target *target,
                                       const struct headrace_event *event, uint32_t i,
                                       struct entry *entry, struct mapping *mapping, char **missing,
                                       struct pg_error *error)
{
  const char *source = event->change->relation->columns[i].name;
  char *reason;
  char *name = naming_column(targets->naming, event, source, &reason);
  mapping->column_of[i] = name ? target_column_index(target, name) : -1;
  if (reason) {
    fail(error, at_fault(event), "42622", "table %s: %s", target->quoted, reason);
    free(reason);
    return error->result;
  }
  enum headrace_result result = HEADRACE_OK;
  if (name && mapping->column_of[i] < 0 && is_pending(targets, event, i)) {
    add_pending(entry, i);
  } else if (name && mapping->column_of[i] < 0 && !targets->ignore_unknown) {
    char *quoted = pg_quote_identifier(name);
    pg_append(missing, "%s%s", *missing ? ", " : "", quoted);
    free(quoted);
  } else if (mapping->column_of[i] >= 0) {
    for (uint32_t other = 0; other < i; other++)
      if (mapping->column_of[other] == mapping->column_of[i])
        result = fail(error, at_fault(event), "42701",
                      "table %s: columns \"%s\" and \"%s\" would both be written to \"%s\"",
                      target->quoted, event->change->relation->columns[other].name, source, name);
    if (target->columns[mapping->column_of[i]].generated)
      mapping->column_of[i] = -1;
    else
      mapping->cast[i] = naming_cast(targets->naming, event, source);
  }
  free(name);
  return result;
}

static void map_extras(const struct targets *targets, const struct target *target,
                       struct mapping *mapping, char **missing)
{
  mapping->extras = sink_alloc((targets->extras.count + 1) * sizeof *mapping->extras);
  for (uint32_t i = 0; i < targets->extras.count; i++) {
    const struct wanted_extra *extra = &targets->extras.items[i];
    int32_t column = target_column_index(target, extra->name);
    if (column >= 0) {
      mapping->extras[mapping->extra_count++] =
          (struct extra){.kind = extra->kind, .column = (uint32_t)column, .text = extra->text};
      continue;
    }
    char *quoted = pg_quote_identifier(extra->name);
    pg_append(missing, "%s%s", *missing ? ", " : "", quoted);
    free(quoted);
  }
}

static bool is_mapped(const struct mapping *mapping, uint32_t count, uint16_t column)
{
  for (uint32_t i = 0; i < count; i++)
    if (mapping->column_of[i] == column)
      return true;
  for (uint32_t i = 0; i < mapping->extra_count; i++)
    if (mapping->extras[i].column == column)
      return true;
  return false;
}

/* What would be a key: the record's columns. */
static enum headrace_result no_key(const struct targets *targets, const struct target *target,
                                   const struct headrace_event *event, struct pg_error *error)
{
  uint32_t count;
  char **names = wanted_key(targets, event, KEY_RECORD, &count);
  char *text = count ? list_names(names, count) : pg_format("…");
  fail(
      error, HEADRACE_FATAL, "42P10",
      "table %s has no key: no primary key, and no unique index on NOT NULL columns that is valid, "
      "not partial and not deferrable; ALTER TABLE %s ADD PRIMARY KEY (%s)%s, or say which columns "
      "are the key with key = fields",
      target->quoted, target->quoted, text,
      target->partitioned ? ", with the columns of the partition key" : "");
  free(text);
  free_names(names, count);
  return HEADRACE_FATAL;
}

static enum headrace_result check_key(const struct targets *targets, const struct target *target,
                                      const struct mapping *mapping,
                                      const struct headrace_event *event, const char *wanted,
                                      struct pg_error *error)
{
  uint32_t columns = event->change->relation->column_count;
  if (targets->need == TARGET_NEEDS_NOTHING || !columns) /* none: a truncate, perhaps */
    return HEADRACE_OK;
  if (!target->key_count && !*wanted)
    return no_key(targets, target, event, error);
  if (!target->key_count || (targets->need == TARGET_NEEDS_UNIQUE && !target->key_unique))
    return fail(error, HEADRACE_FATAL, "42P10",
                "table %s has no unique index of its key (%s) that is valid, not partial and not "
                "deferrable: CREATE UNIQUE INDEX CONCURRENTLY ON %s (%s)",
                target->quoted, wanted, target->quoted, wanted);
  for (uint32_t i = 0; i < target->key_count; i++)
    if (!is_mapped(mapping, columns, target->key[i]))
      return fail(error, at_fault(event), "42703",
                  "table %s: the event has nothing for column %s of its key", target->quoted,
                  target->columns[target->key[i]].quoted);
  return HEADRACE_OK;
}

static enum headrace_result make_mapping(const struct targets *targets, const struct target *target,
                                         const struct headrace_event *event, const char *key,
                                         struct entry *entry, struct pg_error *error)
{
  uint32_t count = event->change->relation->column_count;
  struct mapping *mapping = sink_alloc(sizeof *mapping);
  mapping->target = target;
  mapping->column_of = sink_alloc((count + 1) * sizeof *mapping->column_of);
  mapping->cast = sink_alloc((count + 1) * sizeof *mapping->cast);
  enum headrace_result result = HEADRACE_OK;
  char *missing = NULL;
  entry->pending_count = 0;
  for (uint32_t i = 0; i < count && result == HEADRACE_OK; i++)
    result = map_column(targets, target, event, i, entry, mapping, &missing, error);
  map_extras(targets, target, mapping, &missing);
  if (result == HEADRACE_OK && missing)
    result = no_column(error, HEADRACE_FATAL, target, missing);
  free(missing);
  if (result == HEADRACE_OK)
    result = check_key(targets, target, mapping, event, key, error);
  if (result != HEADRACE_OK) {
    mapping_free(mapping);
    return result;
  }
  entry->mapping = mapping;
  entry->target_id = target->id;
  return result;
}

/* ---- making and altering ----------------------------------------------- */

/* The key of a table that is made: without a word in the configuration the record's, where the
 * insert mode needs one. Freed by the caller. */
static char **key_to_make(const struct targets *targets, const struct headrace_event *event,
                          uint32_t *count)
{
  if (targets->key_choice != KEY_TARGET)
    return wanted_key(targets, event, targets->key_choice, count);
  *count = 0;
  return targets->need == TARGET_NEEDS_NOTHING ? NULL
                                               : wanted_key(targets, event, KEY_RECORD, count);
}

static enum headrace_result change(struct targets *targets, const struct wanted_table *wanted,
                                   struct known_table *table, struct pg_error *error)
{
  int64_t wait = LOCK_WAIT_MS << table->lock_waits;
  struct table_change change = {
      .host = targets->host,
      .connection = connected(targets, error),
      .lock_timeout_ms = wait < targets->ddl_lock_timeout_ms ? wait : targets->ddl_lock_timeout_ms,
      .may_alter = targets->evolution == EVOLUTION_EVOLVE,
      .kept = targets->dry_run ? &table->kept : NULL};
  if (!change.connection)
    return error->result;
  table->stale = true;
  enum headrace_result result = change_table(&change, wanted, error);
  bool locked = result != HEADRACE_OK && !strcmp(error->sqlstate, "55P03");
  table->lock_waits = !locked                              ? 0
                      : table->lock_waits < LOCK_WAITS_MAX ? table->lock_waits + 1
                                                           : LOCK_WAITS_MAX;
  return result;
}

static enum headrace_result make_table(struct targets *targets, struct wanted_table *wanted,
                                       struct known_table *table,
                                       const struct headrace_event *event, struct pg_error *error)
{
  uint32_t key_count;
  char **key = key_to_make(targets, event, &key_count);
  enum headrace_result result;
  if (targets->need != TARGET_NEEDS_NOTHING && !key_count) {
    result = fail(error, at_fault(event), "42P10",
                  "table \"%s\".\"%s\" is not made: the event has no key; say which columns are "
                  "the key with key = fields, or set key = kafka",
                  wanted->schema, wanted->table);
  } else {
    wanted->key = key;
    wanted->key_count = key_count;
    result = change(targets, wanted, table, error);
  }
  free_names(key, key_count);
  return result;
}

static enum headrace_result fit_table(struct targets *targets, struct wanted_table *wanted,
                                      struct known_table *table, struct pg_error *error)
{
  if (targets->evolution == EVOLUTION_VALIDATE) {
    char *misfits = evolve_misfits(table->target, wanted);
    enum headrace_result result =
        misfits ? fail(error, HEADRACE_FATAL, "42804", "table %s does not fit: %s",
                       table->target->quoted, misfits)
                : HEADRACE_OK;
    free(misfits);
    return result;
  }
  if (targets->evolution != EVOLUTION_EVOLVE)
    return HEADRACE_OK;
  struct sql_list sql = {0};
  PGconn *connection = connected(targets, error);
  if (!connection || evolve_sql(connection, table->target, wanted, &sql, error) != HEADRACE_OK)
    return error->result;
  enum headrace_result result = sql.count ? change(targets, wanted, table, error) : HEADRACE_OK;
  sql_list_free(&sql);
  return result;
}

static bool takes_rows_away(const struct headrace_event *event)
{
  return event->change->operation == HEADRACE_DELETE ||
         event->change->operation == HEADRACE_TRUNCATE;
}

/* Describes the table, and makes or alters it as it should be. */
static enum headrace_result ready_table(struct targets *targets, struct known_table *table,
                                        const struct headrace_event *event, char *const *key,
                                        uint32_t key_count, struct pg_error *error)
{
  enum headrace_result result = HEADRACE_OK;
  if (table->stale || !table->target)
    result = describe(targets, table, key, key_count, error);
  bool makes = targets->evolution >= EVOLUTION_CREATE && !takes_rows_away(event);
  if (result != HEADRACE_OK || targets->evolution == EVOLUTION_NONE || (!table->target && !makes))
    return result;
  struct wanted_table wanted = {
      .schema = table->schema, .table = table->table, .key = key, .key_count = key_count};
  wanted_table_fill(&wanted, targets->naming, &targets->extras, event);
  result = table->target ? fit_table(targets, &wanted, table, error)
                         : make_table(targets, &wanted, table, event, error);
  wanted_table_free(&wanted);
  if (result == HEADRACE_OK && table->stale)
    result = describe(targets, table, key, key_count, error);
  return result;
}

static enum headrace_result no_table(const struct targets *targets, const struct known_table *table,
                                     const struct headrace_event *event, struct pg_error *error)
{
  /* Nothing is left to do where the table would be made by its first row. */
  if (targets->evolution >= EVOLUTION_CREATE && takes_rows_away(event))
    return HEADRACE_OK;
  return fail(error, HEADRACE_FATAL, "42P01",
              "there is no table \"%s\".\"%s\": make it, set schema_evolution = create, or name "
              "it in exclude_tables",
              table->schema, table->table);
}

static enum headrace_result map_to(struct targets *targets, const struct table_place *place,
                                   const struct headrace_event *event, struct entry *entry,
                                   struct pg_error *error)
{
  uint32_t key_count;
  char **key = wanted_key(targets, event, targets->key_choice, &key_count);
  char *key_text = list_names(key, key_count);
  struct known_table *table = entry->table = find_table(targets, place, key_text);
  enum headrace_result result = check_topic(targets, table, place, event, error);
  if (result == HEADRACE_OK)
    result = ready_table(targets, table, event, key, key_count, error);
  bool known = entry->mapping && table->target && entry->target_id == table->target->id &&
               !entry->pending_count;
  if (result == HEADRACE_OK && !known) {
    retire(targets, entry->mapping, NULL);
    entry->mapping = NULL;
    result = table->target ? make_mapping(targets, table->target, event, key_text, entry, error)
                           : no_table(targets, table, event, error);
  }
  free(key_text);
  free_names(key, key_count);
  return result;
}

static enum headrace_result map_event(struct targets *targets, const struct headrace_event *event,
                                      struct entry *entry, struct pg_error *error)
{
  struct table_place place;
  char *reason;
  if (!naming_table(targets->naming, event, &place, &reason)) {
    fail(error, HEADRACE_AGAIN, "42622", "%s", reason);
    free(reason);
    return HEADRACE_AGAIN;
  }
  if (!place.table) {
    entry->mapping = sink_alloc(sizeof *entry->mapping);
    *entry->mapping = ignored;
    return HEADRACE_OK;
  }
  enum headrace_result result = map_to(targets, &place, event, entry, error);
  table_place_free(&place);
  return result;
}

/* ---- looking up -------------------------------------------------------- */

static size_t hash(uint64_t relation_id, const char *context, size_t size)
{
  uint64_t sum = 0xcbf29ce484222325 ^ relation_id;
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)context[i]) * 0x100000001b3;
  return (size_t)((sum * 0x9e3779b97f4a7c15) >> 32);
}

static void grow(struct targets *targets)
{
  size_t count = 4 * targets->bucket_count;
  struct entry **buckets = sink_alloc(count * sizeof *buckets);
  for (size_t i = 0; i < targets->bucket_count; i++)
    for (struct entry *entry = targets->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      size_t bucket = hash(entry->relation_id, entry->context, entry->context_size) & (count - 1);
      entry->next = buckets[bucket];
      buckets[bucket] = entry;
    }
  free(targets->buckets);
  targets->buckets = buckets;
  targets->bucket_count = count;
}

static bool is_entry(const struct targets *targets, const struct entry *entry, uint64_t relation_id)
{
  return entry->relation_id == relation_id && entry->context_size == targets->context_size &&
         !memcmp(entry->context, targets->context, targets->context_size);
}

static struct entry *find_entry(struct targets *targets, uint64_t relation_id)
{
  size_t sum = hash(relation_id, targets->context, targets->context_size);
  struct entry *entry = targets->buckets[sum & (targets->bucket_count - 1)];
  while (entry && !is_entry(targets, entry, relation_id))
    entry = entry->next;
  if (entry)
    return entry;
  if (targets->entry_count >= 2 * targets->bucket_count)
    grow(targets);
  entry = sink_alloc(sizeof *entry);
  entry->relation_id = relation_id;
  entry->context_size = targets->context_size;
  entry->context = sink_alloc(targets->context_size + 1);
  memcpy(entry->context, targets->context, targets->context_size);
  struct entry **bucket = &targets->buckets[sum & (targets->bucket_count - 1)];
  entry->next = *bucket;
  *bucket = entry;
  targets->entry_count++;
  return entry;
}

static void take_context(struct targets *targets, const struct headrace_record *record)
{
  targets->context_size =
      naming_context(targets->naming, record, targets->context, targets->context_room);
  if (targets->context && targets->context_size <= targets->context_room)
    return;
  targets->context_room = 2 * targets->context_size + 256;
  targets->context = sink_realloc(targets->context, targets->context_room);
  naming_context(targets->naming, record, targets->context, targets->context_room);
}

static bool is_good(const struct entry *entry)
{
  return entry->mapping && (!entry->table || (!entry->table->stale && entry->table->target &&
                                              entry->target_id == entry->table->target->id));
}

/* A value for a column that waited for one. */
static bool has_come(const struct entry *entry, const struct headrace_value *values)
{
  for (uint32_t i = 0; values && i < entry->pending_count; i++)
    if (values[entry->pending[i]].state >= HEADRACE_TEXT)
      return true;
  return false;
}

static enum headrace_result map_again(struct targets *targets, const struct headrace_event *event,
                                      struct entry *entry, struct pg_error *error)
{
  int64_t now = targets->host->now_us(targets->host);
  if (entry->failed_at_us && now - entry->failed_at_us < RETRY_AFTER_US) {
    *error = entry->error;
    return HEADRACE_AGAIN;
  }
  if (entry->failed_at_us && entry->table)
    entry->table->stale = true;
  entry->failed_at_us = 0;
  enum headrace_result result = map_event(targets, event, entry, error);
  if (result == HEADRACE_AGAIN) {
    entry->error = *error;
    entry->failed_at_us = now;
  }
  return result;
}

/* The event has a value for a column that is not there and will not be made. */
static enum headrace_result refuse_surplus(const struct targets *targets,
                                           const struct headrace_event *event,
                                           const struct entry *entry, struct pg_error *error)
{
  char *names = NULL;
  for (uint32_t i = 0; i < entry->pending_count; i++) {
    const char *source = event->change->relation->columns[entry->pending[i]].name;
    char *reason, *name = naming_column(targets->naming, event, source, &reason);
    char *quoted = pg_quote_identifier(name ? name : source);
    if (event->change->new_values[entry->pending[i]].state >= HEADRACE_TEXT)
      pg_append(&names, "%s%s", names ? ", " : "", quoted);
    free(quoted);
    free(name);
    free(reason);
  }
  no_column(error, HEADRACE_AGAIN, entry->mapping->target, names);
  free(names);
  return HEADRACE_AGAIN;
}

enum headrace_result targets_map(struct targets *targets, const struct headrace_event *event,
                                 const struct mapping **mapping, struct pg_error *error)
{
  const struct headrace_relation *relation = event->change->relation;
  if (!relation) {
    *mapping = &ignored;
    return HEADRACE_OK;
  }
  take_context(targets, event->record);
  struct entry *entry = targets->last;
  if (!entry || !is_entry(targets, entry, relation->id))
    entry = targets->last = find_entry(targets, relation->id);
  entry->used = targets->collecting;
  bool surplus = has_come(entry, event->change->new_values);
  if (!is_good(entry) || (surplus && targets->evolution == EVOLUTION_EVOLVE)) {
    enum headrace_result result = map_again(targets, event, entry, error);
    if (result != HEADRACE_OK)
      return result;
    surplus = has_come(entry, event->change->new_values);
  }
  if (surplus && entry->mapping)
    return refuse_surplus(targets, event, entry, error);
  *mapping = entry->mapping ? entry->mapping : &ignored;
  return HEADRACE_OK;
}

/* ---- freeing ----------------------------------------------------------- */

static void forget_entries(struct targets *targets, uint64_t done)
{
  for (size_t i = 0; i < targets->bucket_count; i++)
    for (struct entry **link = &targets->buckets[i]; *link;) {
      struct entry *entry = *link;
      if (entry->used > done) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      retire(targets, entry->mapping, NULL);
      entry_free(entry);
      targets->entry_count--;
    }
  targets->last = NULL;
  targets->entries_most = 2 * targets->entry_count;
  if (targets->entries_most < ENTRIES_MOST)
    targets->entries_most = ENTRIES_MOST;
}

void targets_turn(struct targets *targets, uint64_t collecting, uint64_t done,
                  void (*gone)(void *context, const struct mapping *mapping), void *context)
{
  targets->collecting = collecting;
  if (targets->entry_count > targets->entries_most)
    forget_entries(targets, done);
  for (struct retired **link = &targets->retired; *link;) {
    struct retired *retired = *link;
    if (retired->flush > done) {
      link = &retired->next;
      continue;
    }
    *link = retired->next;
    if (retired->mapping)
      gone(context, retired->mapping);
    mapping_free(retired->mapping);
    target_free(retired->target);
    free(retired);
  }
}

uint64_t targets_routings(const struct targets *targets)
{
  return targets->routings;
}

void targets_forget(struct targets *targets, const struct target *target)
{
  for (struct known_table *table = targets->tables; table; table = table->next)
    if (table->target == target)
      table->stale = true;
}
