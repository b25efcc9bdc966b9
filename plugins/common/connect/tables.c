/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of records. Where a record does not name its table, its topic does: the last component
 * is the table and, of three or more, the one before it the schema, which is how Debezium names
 * topics (prefix.schema.table). A tombstone is of the table that its topic had so far. */
#include "connect_decode.h"

#include <stdio.h>
#include <stdlib.h>

#define BUCKETS    1024
#define TABLES_MAX 10000 /* more than any database has in one pipeline: then all are forgotten */

/* The last record of a partition, if it was a delete. */
struct last_delete {
  char *key;
  size_t size, room;
  bool valid;
};

struct entry {
  struct decode_table table;                /* its texts are owned */
  struct json_value database, schema, name; /* as records say it, owned */
  uint64_t hash;
  /* Of the entry that stands for a topic's records without names. */
  struct entry *only; /* the topic's one table; NULL: none was seen */
  bool several;
  struct last_delete *deletes; /* by partition */
  size_t partition_count;
  struct entry *next;
};

struct tables {
  const struct options *options;
  struct untyped *untyped;
  struct entry *buckets[BUCKETS];
  struct entry *last;       /* with names … */
  struct entry *last_topic; /* … and without */
  size_t count;
  uint64_t ids;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

static uint64_t hash_bytes(uint64_t hash, const char *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
  return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static bool same_text(const struct json_value *one, const struct json_value *other)
{
  return one->kind == other->kind && one->size == other->size &&
         (!one->size || memcmp(one->data, other->data, one->size) == 0);
}

static bool is_entry(const struct entry *entry, const struct headrace_value *topic,
                     const struct record_origin *origin)
{
  return strncmp(entry->table.topic, topic->data, topic->size) == 0 &&
         !entry->table.topic[topic->size] && same_text(&entry->name, &origin->table) &&
         same_text(&entry->schema, &origin->schema) &&
         same_text(&entry->database, &origin->database);
}

/* ---- making ------------------------------------------------------------- */

static struct json_value keep(const struct json_value *text)
{
  struct json_value kept = *text;
  kept.data = memcpy(must(malloc(text->size + 1)), text->size ? text->data : "", text->size);
  return kept;
}

static char *text_of(const struct json_value *text)
{
  if (text->kind != JSON_STRING)
    return NULL;
  char *characters = must(malloc(text->size + 1));
  characters[json_unescape(characters, text)] = '\0';
  return characters;
}

static void name_by_topic(struct decode_table *table)
{
  const char *dot = strrchr(table->topic, '.');
  table->table = must(strdup(dot ? dot + 1 : table->topic));
  if (!dot || table->schema)
    return;
  const char *start = dot;
  while (start > table->topic && start[-1] != '.')
    start--;
  if (start > table->topic) /* there is a component before the schema's */
    table->schema = must(strndup(start, (size_t)(dot - start)));
}

static const char *configured_key(const struct options *options, const struct decode_table *table)
{
  for (size_t i = 0; i < options->key_column_count; i++) {
    const char *name = options->key_columns[i].name;
    size_t schema = table->schema ? strlen(table->schema) : 0;
    if (!strcmp(name, table->topic))
      return options->key_columns[i].value;
    if (schema && !strncmp(name, table->schema, schema) && name[schema] == '.' &&
        !strcmp(name + schema + 1, table->table))
      return options->key_columns[i].value;
  }
  return NULL;
}

static struct entry *entry_new(struct tables *tables, const struct headrace_value *topic,
                               const struct record_origin *origin)
{
  struct entry *entry = must(calloc(1, sizeof *entry));
  struct decode_table *table = &entry->table;
  table->id = ++tables->ids;
  table->topic = must(strndup(topic->data, topic->size));
  table->database = text_of(&origin->database);
  table->schema = text_of(&origin->schema);
  table->table = text_of(&origin->table);
  if (!table->table)
    name_by_topic(table);
  table->key_columns = configured_key(tables->options, table);
  entry->database = keep(&origin->database);
  entry->schema = keep(&origin->schema);
  entry->name = keep(&origin->table);
  return entry;
}

static void entry_free(struct tables *tables, struct entry *entry)
{
  if (entry->table.untyped)
    untyped_table_free(tables->untyped, entry->table.untyped);
  for (size_t i = 0; i < entry->partition_count; i++)
    free(entry->deletes[i].key);
  free(entry->deletes);
  free((char *)entry->table.topic);
  free((char *)entry->table.database);
  free((char *)entry->table.schema);
  free((char *)entry->table.table);
  free((char *)entry->database.data);
  free((char *)entry->schema.data);
  free((char *)entry->name.data);
  free(entry);
}

static void forget_all(struct tables *tables)
{
  for (size_t i = 0; i < BUCKETS; i++)
    while (tables->buckets[i]) {
      struct entry *entry = tables->buckets[i];
      tables->buckets[i] = entry->next;
      entry_free(tables, entry);
    }
  tables->last = tables->last_topic = NULL;
  tables->count = 0;
}

struct tables *tables_new(const struct options *options, struct untyped *untyped)
{
  struct tables *tables = must(calloc(1, sizeof *tables));
  tables->options = options;
  tables->untyped = untyped;
  return tables;
}

void tables_free(struct tables *tables)
{
  if (!tables)
    return;
  forget_all(tables);
  free(tables);
}

/* ---- finding ------------------------------------------------------------ */

static struct entry *find(struct tables *tables, struct entry **last,
                          const struct headrace_value *topic, const struct record_origin *origin)
{
  if (*last && is_entry(*last, topic, origin))
    return *last;
  uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), topic->data, topic->size);
  hash = hash_bytes(hash, origin->database.data, origin->database.size);
  hash = hash_bytes(hash, origin->schema.data, origin->schema.size);
  hash = hash_bytes(hash, origin->table.data, origin->table.size);
  struct entry **bucket = &tables->buckets[hash % BUCKETS];
  for (struct entry *entry = *bucket; entry; entry = entry->next)
    if (entry->hash == hash && is_entry(entry, topic, origin))
      return *last = entry;
  struct entry *entry = entry_new(tables, topic, origin);
  entry->hash = hash;
  entry->next = *bucket;
  *bucket = entry;
  tables->count++;
  return *last = entry;
}

static struct entry *topic_entry(struct tables *tables, const struct headrace_record *record)
{
  static const struct record_origin none = {0};
  return find(tables, &tables->last_topic, &record->topic, &none);
}

struct decode_table *tables_find(struct tables *tables, const struct headrace_record *record,
                                 const struct record_text *text)
{
  if (tables->count >= TABLES_MAX)
    forget_all(tables);
  struct entry *topic = topic_entry(tables, record);
  if (text->tombstone)
    return topic->several ? NULL : &(topic->only ? topic->only : topic)->table;
  struct entry *entry = find(tables, &tables->last, &record->topic, &text->origin);
  if (!topic->only)
    topic->only = entry;
  topic->several |= topic->only != entry;
  return &entry->table;
}

/* ---- tombstones --------------------------------------------------------- */

static struct last_delete *last_delete_of(struct entry *topic, int32_t partition)
{
  if (partition < 0 || partition > UINT16_MAX)
    return NULL;
  size_t index = (size_t)partition;
  if (index >= topic->partition_count) {
    topic->deletes = must(realloc(topic->deletes, (index + 1) * sizeof *topic->deletes));
    memset(topic->deletes + topic->partition_count, 0,
           (index + 1 - topic->partition_count) * sizeof *topic->deletes);
    topic->partition_count = index + 1;
  }
  return &topic->deletes[index];
}

static void remember(struct last_delete *last, const struct headrace_value *key)
{
  if (key->size > last->room) {
    last->key = must(realloc(last->key, key->size));
    last->room = key->size;
  }
  memcpy(last->key, key->data, key->size);
  last->size = key->size;
  last->valid = true;
}

bool tables_repeats(struct tables *tables, const struct headrace_record *record,
                    const struct record_text *text)
{
  struct last_delete *last = last_delete_of(topic_entry(tables, record), record->partition);
  if (!last)
    return false;
  const struct headrace_value *key = &record->key;
  bool repeats = text->tombstone && last->valid && key->size == last->size &&
                 memcmp(key->data, last->key, key->size) == 0;
  last->valid = false;
  if (!text->tombstone && text->operation == HEADRACE_DELETE && key->size)
    remember(last, key);
  return repeats;
}
