/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of records with schema. What a schema makes, a relation and the readers of its values, is
 * kept by a hash of the schema's bytes, so that a record's schema is hashed but not parsed. */
#include "connect_typed.h"

#include <stdlib.h>

#define BUCKETS     1024
#define ENTRIES_MAX 10000 /* a topic whose schema changes all the time: then all are forgotten */
#define COLUMNS_MAX 1600  /* PostgreSQL's */

struct digest {
  uint64_t one, two;
};

struct typed_entry {
  struct digest digest; /* of all that the relation is made of */
  const struct headrace_relation *relation;
  struct typed_type *types; /* of its columns */
  struct typed_entry *next;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* ---- the cache ---------------------------------------------------------- */

struct typed *typed_new(const struct headrace_host *host, const struct options *options)
{
  struct typed *typed = must(calloc(1, sizeof *typed));
  typed->host = host;
  typed->options = options;
  typed->buckets = must(calloc(BUCKETS, sizeof(struct typed_entry *)));
  placeholders_init(&typed->placeholders, options);
  return typed;
}

static void entry_free(struct typed *typed, struct typed_entry *entry)
{
  for (uint32_t i = 0; i < entry->relation->column_count; i++)
    typed_type_clear(&entry->types[i]);
  free(entry->types);
  typed->host->relation_release(typed->host, entry->relation);
  free(entry);
}

static void forget_all(struct typed *typed)
{
  for (size_t i = 0; i < BUCKETS; i++)
    while (typed->buckets[i]) {
      struct typed_entry *entry = typed->buckets[i];
      typed->buckets[i] = entry->next;
      entry_free(typed, entry);
    }
  typed->count = 0;
}

void typed_free(struct typed *typed)
{
  if (!typed)
    return;
  forget_all(typed);
  placeholders_clear(&typed->placeholders);
  free(typed->scratch.data);
  free(typed->literal.data);
  free(typed->array.data);
  free(typed->buckets);
  free(typed);
}

#define PRIME_ONE UINT64_C(0x9e3779b97f4a7c15)
#define PRIME_TWO UINT64_C(0xc2b2ae3d27d4eb4f)

static uint64_t turn(uint64_t word)
{
  return word << 29 | word >> 35;
}

static void digest_word(struct digest *digest, uint64_t word)
{
  digest->one = turn(digest->one ^ word * PRIME_ONE) * PRIME_TWO;
  digest->two = turn(digest->two + word * PRIME_TWO) * PRIME_ONE;
}

enum { LANES = 4 }; /* multiplications that do not wait for each other */

/* 128 bits that tell schemas apart; who makes two collide has made both of them. */
static void digest_bytes(struct digest *digest, const char *data, size_t size)
{
  uint64_t lanes[LANES] = {PRIME_ONE, PRIME_TWO, ~PRIME_ONE, ~PRIME_TWO}, words[LANES];
  digest_word(digest, size);
  for (; size >= sizeof words; data += sizeof words, size -= sizeof words) {
    memcpy(words, data, sizeof words);
    for (size_t i = 0; i < LANES; i++)
      lanes[i] = turn(lanes[i] ^ words[i] * PRIME_ONE) * PRIME_TWO;
  }
  memset(words, 0, sizeof words);
  if (size)
    memcpy(words, data, size);
  for (size_t i = 0; i < LANES; i++) {
    digest_word(digest, lanes[i]);
    digest_word(digest, words[i]);
  }
}

static void digest_schema(struct digest *digest, const struct json_value *schema, uint64_t id)
{
  digest_word(digest, id);
  if (!id)
    digest_bytes(digest, schema->data, schema->size);
}

static struct digest digest_of(const struct record_text *text, const struct decode_table *table)
{
  struct digest digest = {PRIME_TWO, PRIME_ONE};
  digest_word(&digest, table->id);
  digest_word(
      &digest,
      (uint64_t)text->enveloped | (uint64_t)text->tombstone << 1 | (uint64_t)text->key.given << 2 |
          (uint64_t)(text->scalar_key.size > 0) << 3 | (uint64_t)text->conventions.numeric << 8 |
          (uint64_t)text->conventions.time << 16 | (uint64_t)text->conventions.binary << 24);
  digest_schema(&digest, &text->value_schema, text->value_schema_id);
  digest_schema(&digest, &text->key_schema, text->key_schema_id);
  if (!text->key_schema.size)
    for (size_t i = 0; i < text->key.count; i++)
      digest_bytes(&digest, text->key.items[i].name.data, text->key.items[i].name.size);
  return digest;
}

/* ---- making a relation -------------------------------------------------- */

struct making {
  struct typed *typed;
  const struct record_text *text;
  const struct decode_table *table;
  struct decode_fault *fault;
  struct connect_schema value_schema, key_schema;
  struct headrace_column columns[COLUMNS_MAX];
  struct typed_type types[COLUMNS_MAX];
  uint16_t key[COLUMNS_MAX];
  uint32_t column_count, key_count;
  char *names; /* of columns that no schema names, owned */
};

static bool faulty(struct making *making, const char *error_class, const char *reason)
{
  decode_refuse(making->fault, error_class, "%s", reason);
  return false;
}

static int32_t find_made(const struct making *making, const char *name)
{
  for (uint32_t i = 0; i < making->column_count; i++)
    if (!strcmp(making->columns[i].name, name))
      return (int32_t)i;
  return -1;
}

/* In the batch's memory, until the relation has a copy. */
static char *keep(const struct making *making, const char *data, size_t size)
{
  struct typed *typed = making->typed;
  char *text = typed->host->alloc(typed->host, typed->batch, size + 1);
  *json_copy(text, data, size) = '\0';
  return text;
}

/* "a,b,c" */
static const char *const *labels_of(const struct making *making,
                                    const struct connect_schema *schema)
{
  while (schema->type == CONNECT_ARRAY && !schema->allowed)
    schema = schema->children;
  if (!schema->allowed)
    return NULL;
  size_t count = 1, at = 0;
  char *text = keep(making, schema->allowed, strlen(schema->allowed));
  for (const char *comma = text; (comma = strchr(comma, ',')); comma++)
    count++;
  struct typed *typed = making->typed;
  char **labels = typed->host->alloc(typed->host, typed->batch, (count + 1) * sizeof *labels);
  for (char *next = text; next; next = strchr(next, ',')) {
    if (at)
      *next++ = '\0';
    labels[at++] = next;
  }
  labels[at] = NULL;
  return (const char *const *)labels;
}

static const char *default_of(const struct making *making, const struct typed_type *type,
                              const struct connect_schema *schema)
{
  static const char digits[] = "0123456789abcdef";
  struct headrace_value value;
  if (schema->default_value.kind == JSON_NULL ||
      !type->read(making->typed, type, &schema->default_value, &value))
    return NULL;
  if (value.state == HEADRACE_TEXT && !memchr(value.data, 0, value.size))
    return keep(making, value.data, value.size);
  if (value.state != HEADRACE_BINARY)
    return NULL;
  struct typed *typed = making->typed;
  char *text = typed->host->alloc(typed->host, typed->batch, 2 * (size_t)value.size + 3);
  char *at = json_copy(text, "\\x", 2);
  for (uint32_t i = 0; i < value.size; i++) {
    *at++ = digits[(unsigned char)value.data[i] >> 4];
    *at++ = digits[(unsigned char)value.data[i] & 15];
  }
  *at = '\0';
  return text;
}

static bool add_column(struct making *making, const char *name, const struct connect_schema *schema)
{
  if (!name || !*name)
    return faulty(making, "unsupported", "its schema has a field without a name");
  if (making->column_count == COLUMNS_MAX)
    return faulty(making, "unsupported", "its schema has more fields than a table has columns");
  struct headrace_column *column = &making->columns[making->column_count];
  typed_type_init(&making->types[making->column_count], column, schema, making->typed->options);
  column->name = name;
  if (column->type == HEADRACE_TYPE_ENUM || column->element_type == HEADRACE_TYPE_ENUM)
    column->labels = labels_of(making, schema);
  column->default_text = default_of(making, &making->types[making->column_count], schema);
  making->column_count++;
  return true;
}

static bool is_left_out(const struct making *making, const char *name)
{
  const struct json_value text = {.kind = JSON_STRING, .data = name, .size = strlen(name)};
  return !making->text->enveloped && making->typed->options->metadata == METADATA_USE &&
         record_is_metadata(&text);
}

static bool add_fields(struct making *making, const struct connect_schema *schema, bool of_key)
{
  for (size_t i = 0; i < schema->count; i++) {
    const struct connect_schema *field = &schema->children[i];
    if (!of_key && field->field && is_left_out(making, field->field))
      continue;
    if (field->field && find_made(making, field->field) >= 0)
      continue;
    if (!add_column(making, field->field, field))
      return false;
  }
  return true;
}

/* The schema of the rows; NULL: there is none, or it is none. */
static const struct connect_schema *row_schema(const struct making *making)
{
  const struct connect_schema *schema = &making->value_schema;
  if (making->text->enveloped) {
    const struct connect_schema *after = connect_schema_field(schema, "after");
    schema = after ? after : connect_schema_field(schema, "before");
  }
  return schema && schema->type == CONNECT_STRUCT ? schema : NULL;
}

static bool add_row_columns(struct making *making)
{
  if (!connect_schema_read(&making->value_schema, &making->text->value_schema))
    return faulty(making, "malformed", "its value's schema is not one of Kafka Connect's");
  const struct connect_schema *schema = row_schema(making);
  if (!schema)
    return faulty(making, "unsupported", "its value's schema is not that of a row");
  return add_fields(making, schema, false);
}

static bool add_key_column(struct making *making, const char *name,
                           const struct connect_schema *schema)
{
  static const struct connect_schema none = {.type = CONNECT_NONE};
  int32_t column = find_made(making, name);
  if (column < 0) {
    if (!add_column(making, name, schema ? schema : &none))
      return false;
    column = (int32_t)making->column_count - 1;
  }
  if (making->key_count == COLUMNS_MAX)
    return faulty(making, "unsupported", "its key has more fields than a table has columns");
  making->key[making->key_count++] = (uint16_t)column;
  return true;
}

static bool read_key_schema(struct making *making)
{
  return !making->text->key_schema.size ||
         connect_schema_read(&making->key_schema, &making->text->key_schema) ||
         faulty(making, "malformed", "its key's schema is not one of Kafka Connect's");
}

/* tenant+id: wherever their values are. */
static bool add_configured_key(struct making *making)
{
  const struct connect_schema *schema = &making->key_schema;
  bool is_struct = schema->type == CONNECT_STRUCT;
  if (is_struct && !add_fields(making, schema, true))
    return false;
  char *name = making->names = must(strdup(making->table->key_columns));
  while (name) {
    char *plus = strchr(name, '+');
    if (plus)
      *plus++ = '\0';
    const struct connect_schema *scalar =
        schema->type == CONNECT_NONE || is_struct || plus || making->key_count ? NULL : schema;
    if (!add_key_column(making, name, scalar))
      return false;
    name = plus && *plus ? plus : NULL;
  }
  return true;
}

static bool add_schema_key(struct making *making)
{
  for (size_t i = 0; i < making->key_schema.count; i++)
    if (!making->key_schema.children[i].field ||
        !add_key_column(making, making->key_schema.children[i].field,
                        &making->key_schema.children[i]))
      return faulty(making, "unsupported", "its key's schema has a field without a name");
  return true;
}

/* A key without schema beside a value that has one. */
static bool add_member_key(struct making *making)
{
  const struct json_fields *key = &making->text->key;
  size_t room = 1;
  for (size_t i = 0; i < key->count; i++)
    room += key->items[i].name.size + 1;
  char *name = making->names = must(malloc(room));
  for (size_t i = 0; i < key->count; i++) {
    size_t size = json_unescape(name, &key->items[i].name);
    name[size] = '\0';
    if (!add_key_column(making, name, NULL))
      return false;
    name += size + 1;
  }
  return true;
}

static bool add_key(struct making *making)
{
  if (!read_key_schema(making))
    return false;
  if (making->table->key_columns)
    return add_configured_key(making);
  if (making->key_schema.type == CONNECT_STRUCT)
    return add_schema_key(making);
  return !making->text->key.given || add_member_key(making);
}

static struct typed_entry *entry_new(const struct making *making)
{
  const struct headrace_relation relation = {.database = making->table->database,
                                             .schema = making->table->schema,
                                             .table = making->table->table,
                                             .columns = making->columns,
                                             .key = making->key,
                                             .column_count = making->column_count,
                                             .key_count = making->key_count,
                                             .conventions = making->text->conventions};
  const struct headrace_host *host = making->typed->host;
  struct typed_entry *entry = must(calloc(1, sizeof *entry));
  entry->relation = host->relation_new(host, &relation);
  entry->types = must(calloc(making->column_count + 1, sizeof *entry->types));
  memcpy(entry->types, making->types, making->column_count * sizeof *entry->types);
  for (uint32_t i = 0; i < making->column_count; i++)
    entry->types[i].name_size = strlen(making->columns[i].name);
  return entry;
}

static struct typed_entry *make_entry(struct typed *typed, const struct record_text *text,
                                      const struct decode_table *table, struct decode_fault *fault)
{
  struct making *making = must(calloc(1, sizeof *making));
  *making = (struct making){.typed = typed, .text = text, .table = table, .fault = fault};
  struct typed_entry *entry = NULL;
  if ((!text->value_schema.size || add_row_columns(making)) && add_key(making))
    entry = entry_new(making);
  else
    for (uint32_t i = 0; i < making->column_count; i++)
      typed_type_clear(&making->types[i]);
  connect_schema_clear(&making->value_schema);
  connect_schema_clear(&making->key_schema);
  free(making->names);
  free(making);
  return entry;
}

static struct typed_entry *find_entry(struct typed *typed, const struct record_text *text,
                                      const struct decode_table *table, struct decode_fault *fault)
{
  struct digest digest = digest_of(text, table);
  struct typed_entry **bucket = &typed->buckets[digest.one % BUCKETS];
  for (struct typed_entry *entry = *bucket; entry; entry = entry->next)
    if (entry->digest.one == digest.one && entry->digest.two == digest.two)
      return entry;
  struct typed_entry *entry = make_entry(typed, text, table, fault);
  if (!entry)
    return NULL;
  if (typed->count++ == ENTRIES_MAX) {
    forget_all(typed);
    typed->count = 1;
  }
  entry->digest = digest;
  entry->next = *bucket;
  return *bucket = entry;
}

/* ---- rows --------------------------------------------------------------- */

/* One record on its way. */
struct reading {
  struct typed *typed;
  const struct typed_entry *entry;
  const struct record_text *text;
  const struct decode_table *table;
  struct decode_fault *fault;
};

static bool is_name(const struct typed_entry *entry, uint32_t column, const struct json_value *name)
{
  const char *own = entry->relation->columns[column].name;
  return name->escaped ? json_is_escaped(name, own)
                       : name->size == entry->types[column].name_size &&
                             json_same(own, name->data, name->size);
}

/* `guess`: the column after the last one, mostly. COLUMNS_MAX: there is none. */
static uint32_t find_column(const struct typed_entry *entry, const struct json_value *name,
                            uint32_t guess)
{
  if (guess < entry->relation->column_count && is_name(entry, guess, name))
    return guess;
  for (uint32_t i = 0; i < entry->relation->column_count; i++)
    if (is_name(entry, i, name))
      return i;
  return COLUMNS_MAX;
}

/* All ABSENT. */
static struct headrace_value *new_row(const struct reading *reading)
{
  struct typed *typed = reading->typed;
  uint32_t count = reading->entry->relation->column_count;
  struct headrace_value *values =
      typed->host->alloc(typed->host, typed->batch, (count + 1) * sizeof *values);
  for (uint32_t i = 0; i < count; i++)
    values[i] = (struct headrace_value){.state = HEADRACE_ABSENT};
  return values;
}

static bool put_value(const struct reading *reading, uint32_t column, const struct json_value *json,
                      struct headrace_value *value)
{
  struct typed *typed = reading->typed;
  const struct typed_type *type = &reading->entry->types[column];
  if (json->kind == JSON_NULL) {
    *value = (struct headrace_value){.state = HEADRACE_NULL};
    return true;
  }
  if (json->kind >= JSON_STRING && placeholders_has(&typed->placeholders, json)) {
    *value = (struct headrace_value){.state = HEADRACE_ABSENT};
    return true;
  }
  if (type->read(typed, type, json, value))
    return true;
  decode_refuse(reading->fault, "malformed", "the value of \"%.60s\" is none of its schema's type",
                reading->entry->relation->columns[column].name);
  return false;
}

/* `only_missing`: of the columns that are ABSENT. */
static bool put_fields(const struct reading *reading, const struct json_fields *fields,
                       bool only_missing, struct headrace_value *values)
{
  uint32_t column = 0;
  for (size_t i = 0; i < fields->count; i++) {
    const struct json_field *field = &fields->items[i];
    uint32_t found = find_column(reading->entry, &field->name, column);
    if (found == COLUMNS_MAX)
      continue; /* Kafka Connect knows nothing of it either */
    column = found + 1;
    if (only_missing && values[found].state != HEADRACE_ABSENT)
      continue;
    if (!put_value(reading, found, &field->value, &values[found]))
      return false;
  }
  return true;
}

/* The parts of a scalar key are canonical texts, one if there is one column. */
static bool put_scalar_key(const struct reading *reading, struct headrace_value *values)
{
  const struct headrace_relation *relation = reading->entry->relation;
  struct json_value rest = reading->text->scalar_key;
  for (uint32_t i = 0; i < relation->key_count; i++) {
    bool last = i + 1 == relation->key_count;
    const char *plus = last ? NULL : memchr(rest.data, '+', rest.size);
    if (!last && !plus) {
      decode_refuse(reading->fault, "malformed",
                    "its key has not the parts that key_columns names");
      return false;
    }
    struct json_value part = rest;
    if (plus) {
      part.kind = JSON_STRING;
      part.size = (size_t)(plus - rest.data);
      rest.size -= part.size + 1;
      rest.data = plus + 1;
    }
    struct headrace_value *value = &values[relation->key[i]];
    if (value->state != HEADRACE_ABSENT)
      continue;
    if (part.kind == JSON_STRING && relation->columns[relation->key[i]].type != HEADRACE_TYPE_BYTES)
      read_text(reading->typed, NULL, &part, value);
    else if (!put_value(reading, relation->key[i], &part, value))
      return false;
  }
  return true;
}

/* What the row lacks of its key. */
static bool put_key(const struct reading *reading, struct headrace_value *values)
{
  if (reading->table->key_columns && reading->text->scalar_key.size)
    return put_scalar_key(reading, values);
  return put_fields(reading, &reading->text->key, true, values);
}

static bool in_key(const struct headrace_relation *relation, uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return true;
  return false;
}

/* With a replica identity of the key, Debezium's `before` has null for all else. */
static bool drop_all_but_key(const struct headrace_relation *relation,
                             struct headrace_value *values)
{
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (values[i].state >= HEADRACE_TEXT && !in_key(relation, i))
      return false;
  if (!relation->key_count)
    return false;
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (values[i].state == HEADRACE_NULL && !in_key(relation, i))
      values[i].state = HEADRACE_ABSENT;
  return true;
}

static bool make_old_row(const struct reading *reading, struct decoded_rows *rows)
{
  const struct record_text *text = reading->text;
  bool deleted = text->operation == HEADRACE_DELETE;
  if (!text->before.given && !deleted)
    return true;
  struct headrace_value *values = new_row(reading);
  if (!put_fields(reading, &text->before, false, values) || (deleted && !put_key(reading, values)))
    return false;
  rows->old_values = values;
  if (drop_all_but_key(reading->entry->relation, values))
    rows->flags = HEADRACE_OLD_IS_KEY;
  return true;
}

static bool make_new_row(const struct reading *reading, struct decoded_rows *rows)
{
  if (!reading->text->after.given || reading->text->operation == HEADRACE_DELETE)
    return true;
  struct headrace_value *values = new_row(reading);
  rows->new_values = values;
  return put_fields(reading, &reading->text->after, false, values) && put_key(reading, values);
}

/* A delete without `before` has to have a key. */
static bool names_a_row(const struct reading *reading, const struct decoded_rows *rows)
{
  const struct headrace_relation *relation = reading->entry->relation;
  bool complete = relation->key_count > 0;
  for (uint32_t i = 0; i < relation->key_count; i++)
    complete &= rows->old_values[relation->key[i]].state != HEADRACE_ABSENT;
  if (!complete)
    decode_refuse(reading->fault, "unsupported",
                  "a delete whose key names no columns: set key_columns");
  return complete;
}

enum headrace_result typed_rows(struct typed *typed, const struct record_text *text,
                                const struct decode_table *table, struct headrace_batch *out,
                                struct decoded_rows *rows, struct decode_fault *fault)
{
  *rows = (struct decoded_rows){0};
  typed->batch = out;
  struct reading reading = {typed, find_entry(typed, text, table, fault), text, table, fault};
  if (!reading.entry)
    return HEADRACE_AGAIN;
  rows->relation = reading.entry->relation;
  if (text->operation == HEADRACE_TRUNCATE)
    return HEADRACE_OK;
  if (!make_new_row(&reading, rows) || !make_old_row(&reading, rows))
    return HEADRACE_AGAIN;
  if (!text->before.given && rows->old_values && !names_a_row(&reading, rows))
    return HEADRACE_AGAIN;
  return HEADRACE_OK;
}
