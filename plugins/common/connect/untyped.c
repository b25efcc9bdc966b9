/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of records without a schema. A table's relation has every column that came so far, so that
 * records which leave some out are still of one relation: what is missing is ABSENT, not null. */
#include "connect_decode.h"

#include <stdlib.h>

#define COLUMNS_MAX 1600 /* PostgreSQL's: an object of more members is no row */

struct untyped {
  const struct headrace_host *host;
  struct placeholders placeholders;
  char *name; /* a member's name without its escapes */
  size_t name_room;
};

struct untyped_table {
  char **names; /* of the columns, owned */
  uint32_t *name_sizes;
  uint32_t count, room;
  uint16_t *index; /* by name: column + 1, open addressing, a power of two; 0: free */
  uint32_t index_size;
  uint16_t *key;
  uint32_t key_count, key_room;
  struct headrace_conventions conventions;
  const struct headrace_relation *relation; /* NULL: it has to be made */
};

/* One record on its way. */
struct making {
  struct untyped *untyped;
  struct untyped_table *columns;
  const struct decode_table *table;
  struct record_text *text;
  struct headrace_batch *batch;
  struct decode_fault *fault;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

struct untyped *untyped_new(const struct headrace_host *host, const struct options *options)
{
  struct untyped *untyped = must(calloc(1, sizeof *untyped));
  untyped->host = host;
  placeholders_init(&untyped->placeholders, options);
  return untyped;
}

void untyped_free(struct untyped *untyped)
{
  if (!untyped)
    return;
  placeholders_clear(&untyped->placeholders);
  free(untyped->name);
  free(untyped);
}

static void forget_relation(struct untyped *untyped, struct untyped_table *table)
{
  if (table->relation)
    untyped->host->relation_release(untyped->host, table->relation);
  table->relation = NULL;
}

void untyped_table_free(struct untyped *untyped, struct untyped_table *table)
{
  forget_relation(untyped, table);
  for (uint32_t i = 0; i < table->count; i++)
    free(table->names[i]);
  free(table->names);
  free(table->name_sizes);
  free(table->index);
  free(table->key);
  free(table);
}

/* ---- columns ------------------------------------------------------------ */

static uint32_t hash_name(const char *name, uint32_t size)
{
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (uint32_t i = 0; i < size; i++)
    hash = (hash ^ (unsigned char)name[i]) * 16777619u;
  return hash;
}

static bool is_column(const struct untyped_table *table, uint32_t column, const char *name,
                      uint32_t size)
{
  return table->name_sizes[column] == size && memcmp(table->names[column], name, size) == 0;
}

static uint16_t *find_slot(struct untyped_table *table, const char *name, uint32_t size)
{
  uint32_t slot = hash_name(name, size);
  for (;; slot++) {
    uint16_t *place = &table->index[slot & (table->index_size - 1)];
    if (!*place || is_column(table, *place - 1u, name, size))
      return place;
  }
}

static void grow(struct untyped_table *table)
{
  table->room = table->room ? 2 * table->room : 16;
  table->names = must(realloc(table->names, table->room * sizeof *table->names));
  table->name_sizes = must(realloc(table->name_sizes, table->room * sizeof *table->name_sizes));
  free(table->index);
  table->index_size = 4 * table->room;
  table->index = must(calloc(table->index_size, sizeof *table->index));
  for (uint32_t i = 0; i < table->count; i++)
    *find_slot(table, table->names[i], table->name_sizes[i]) = (uint16_t)(i + 1);
}

static bool add_column(struct making *making, const char *name, uint32_t size, uint32_t *column)
{
  struct untyped_table *table = making->columns;
  if (!size || memchr(name, '\0', size)) {
    decode_refuse(making->fault, "unsupported",
                  "a member's name is empty or has U+0000 in it: no column is called so");
    return false;
  }
  if (table->count == COLUMNS_MAX) {
    decode_refuse(making->fault, "unsupported",
                  "the table's records have more than %d different members", COLUMNS_MAX);
    return false;
  }
  if (table->count == table->room)
    grow(table);
  *column = table->count++;
  table->names[*column] = must(strndup(name, size));
  table->name_sizes[*column] = size;
  *find_slot(table, name, size) = (uint16_t)(*column + 1);
  forget_relation(making->untyped, table);
  return true;
}

/* The name's characters. */
static const char *name_of(struct untyped *untyped, const struct json_value *name, uint32_t *size)
{
  if (name->escaped) {
    if (untyped->name_room < name->size) {
      untyped->name_room = name->size;
      untyped->name = must(realloc(untyped->name, untyped->name_room));
    }
    *size = (uint32_t)json_unescape(untyped->name, name);
    return untyped->name;
  }
  *size = (uint32_t)name->size;
  return name->data;
}

/* `guess`: the column after the last one, mostly. */
static bool find_column(struct making *making, const struct json_value *name, uint32_t guess,
                        uint32_t *column)
{
  struct untyped_table *table = making->columns;
  uint32_t size;
  const char *text = name_of(making->untyped, name, &size);
  *column = guess;
  if (guess < table->count && is_column(table, guess, text, size))
    return true;
  uint16_t found = table->count ? *find_slot(table, text, size) : 0;
  *column = found - 1u;
  return found || add_column(making, text, size, column);
}

static bool find_columns(struct making *making, struct json_fields *fields)
{
  uint32_t guess = 0;
  for (size_t i = 0; i < fields->count; i++) {
    struct json_field *field = &fields->items[i];
    if (!find_column(making, &field->name, guess, &field->column))
      return false;
    guess = field->column + 1;
  }
  return true;
}

/* ---- keys --------------------------------------------------------------- */

static void set_key_column(struct making *making, uint32_t place, uint32_t column)
{
  struct untyped_table *table = making->columns;
  if (place < table->key_count && table->key[place] == column)
    return;
  if (place >= table->key_room) {
    table->key_room = place + 8;
    table->key = must(realloc(table->key, table->key_room * sizeof *table->key));
  }
  table->key[place] = (uint16_t)column;
  table->key_count = place + 1;
  forget_relation(making->untyped, table);
}

static void set_key_count(struct making *making, uint32_t count)
{
  if (making->columns->key_count == count)
    return;
  making->columns->key_count = count;
  forget_relation(making->untyped, making->columns);
}

/* A scalar key is the configured columns' texts: they become members. False: too few or too many.
 */
static bool split_scalar_key(struct making *making)
{
  struct json_fields *key = &making->text->key;
  const struct json_value *scalar = &making->text->scalar_key;
  const char *at = scalar->data, *end = at + scalar->size;
  key->count = 0;
  for (const char *name = making->table->key_columns; *name;) {
    size_t size = strcspn(name, "+");
    bool last = !name[size];
    const char *plus = last || at > end ? NULL : memchr(at, '+', (size_t)(end - at));
    if (at > end || (!last && !plus))
      return false;
    const char *stop = last ? end : plus;
    struct json_field *field = json_fields_add(key);
    field->name = (struct json_value){.kind = JSON_STRING, .data = name, .size = size};
    field->value = *scalar;
    field->value.data = at;
    field->value.size = (size_t)(stop - at);
    if (!last)
      field->value.kind = JSON_STRING;
    at = stop + 1;
    name += size + !last;
  }
  return key->given = true;
}

/* The configured columns, wherever their values are. */
static bool set_configured_key(struct making *making)
{
  uint32_t count = 0;
  for (const char *name = making->table->key_columns; *name;) {
    struct json_value text = {.kind = JSON_STRING, .data = name, .size = strcspn(name, "+")};
    uint32_t column;
    if (!find_column(making, &text, 0, &column))
      return false;
    set_key_column(making, count++, column);
    name += text.size + (name[text.size] == '+');
  }
  set_key_count(making, count);
  return true;
}

static bool set_key(struct making *making)
{
  struct json_fields *key = &making->text->key;
  const char *configured = making->table->key_columns;
  if (configured && making->text->scalar_key.size && !split_scalar_key(making)) {
    decode_refuse(making->fault, "malformed", "its key has not the parts that key_columns names");
    return false;
  }
  if (!find_columns(making, key))
    return false;
  if (configured)
    return set_configured_key(making);
  if (!key->given)
    return true; /* the key of the others is this one's, too */
  for (size_t i = 0; i < key->count; i++)
    set_key_column(making, (uint32_t)i, key->items[i].column);
  set_key_count(making, (uint32_t)key->count);
  return true;
}

/* ---- the relation ------------------------------------------------------- */

static bool same_conventions(const struct headrace_conventions *one,
                             const struct headrace_conventions *other)
{
  return one->numeric == other->numeric && one->time == other->time && one->binary == other->binary;
}

static void make_relation(struct making *making)
{
  struct untyped_table *table = making->columns;
  struct headrace_column *columns = must(calloc(table->count + 1, sizeof *columns));
  for (uint32_t i = 0; i < table->count; i++)
    columns[i] = (struct headrace_column){.name = table->names[i],
                                          .type_name = "",
                                          .type_modifier = -1,
                                          .precision = -1,
                                          .scale = -1,
                                          .type = HEADRACE_TYPE_UNTYPED,
                                          .flags = HEADRACE_COLUMN_NULLABLE};
  const struct headrace_relation relation = {.database = making->table->database,
                                             .schema = making->table->schema,
                                             .table = making->table->table,
                                             .columns = columns,
                                             .key = table->key,
                                             .column_count = table->count,
                                             .key_count = table->key_count,
                                             .conventions = table->conventions};
  const struct headrace_host *host = making->untyped->host;
  table->relation = host->relation_new(host, &relation);
  free(columns);
}

static bool find_relation(struct making *making)
{
  struct record_text *text = making->text;
  struct untyped_table *table = making->columns;
  if (!find_columns(making, &text->before) || !find_columns(making, &text->after) ||
      !set_key(making))
    return false;
  if (!same_conventions(&table->conventions, &text->conventions)) {
    table->conventions = text->conventions;
    forget_relation(making->untyped, table);
  }
  if (!table->relation)
    make_relation(making);
  return true;
}

/* ---- values ------------------------------------------------------------- */

static struct headrace_value unescaped(struct making *making, const struct json_value *value)
{
  const struct headrace_host *host = making->untyped->host;
  char *text = host->reserve(host, making->batch, value->size);
  size_t size = json_unescape(text, value);
  host->commit(host, making->batch, size);
  return (struct headrace_value){text, (uint32_t)size, HEADRACE_TEXT};
}

static struct headrace_value value_of_json(struct making *making, const struct json_value *value)
{
  if (value->kind == JSON_NULL)
    return (struct headrace_value){.state = HEADRACE_NULL};
  if (value->kind >= JSON_STRING && placeholders_has(&making->untyped->placeholders, value))
    return (struct headrace_value){.state = HEADRACE_ABSENT};
  if (value->kind == JSON_STRING && value->escaped)
    return unescaped(making, value);
  return (struct headrace_value){.data = value->data,
                                 .size = (uint32_t)value->size,
                                 .state =
                                     value->kind == JSON_STRING ? HEADRACE_TEXT : HEADRACE_LITERAL};
}

/* All ABSENT. */
static struct headrace_value *new_row(struct making *making)
{
  const struct headrace_host *host = making->untyped->host;
  uint32_t count = making->columns->count;
  struct headrace_value *values = host->alloc(host, making->batch, (count + 1) * sizeof *values);
  for (uint32_t i = 0; i < count; i++)
    values[i] = (struct headrace_value){.state = HEADRACE_ABSENT};
  return values;
}

static void put_fields(struct making *making, struct headrace_value *values,
                       const struct json_fields *fields)
{
  for (size_t i = 0; i < fields->count; i++)
    values[fields->items[i].column] = value_of_json(making, &fields->items[i].value);
}

/* What the row lacks of its key. */
static void put_key(struct making *making, struct headrace_value *values)
{
  const struct json_fields *key = &making->text->key;
  for (size_t i = 0; i < key->count; i++)
    if (values[key->items[i].column].state == HEADRACE_ABSENT)
      values[key->items[i].column] = value_of_json(making, &key->items[i].value);
}

/* With a replica identity of the key, Debezium's `before` has null for all else. */
static bool is_key_only(const struct making *making, const struct headrace_value *values)
{
  const struct headrace_relation *relation = making->columns->relation;
  uint32_t given = 0;
  for (uint32_t i = 0; i < relation->column_count; i++)
    given += values[i].state >= HEADRACE_TEXT;
  for (uint32_t i = 0; i < relation->key_count; i++)
    given -= values[relation->key[i]].state >= HEADRACE_TEXT;
  return relation->key_count && !given;
}

static bool in_key(const struct headrace_relation *relation, uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return true;
  return false;
}

static void drop_all_but_key(const struct making *making, struct headrace_value *values)
{
  const struct headrace_relation *relation = making->columns->relation;
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (values[i].state == HEADRACE_NULL && !in_key(relation, i))
      values[i].state = HEADRACE_ABSENT;
}

static void make_values(struct making *making, struct decoded_rows *rows)
{
  const struct record_text *text = making->text;
  if (text->after.given && text->operation != HEADRACE_DELETE) {
    struct headrace_value *values = new_row(making);
    put_fields(making, values, &text->after);
    put_key(making, values);
    rows->new_values = values;
  }
  if (!text->before.given && text->operation != HEADRACE_DELETE)
    return;
  struct headrace_value *values = new_row(making);
  put_fields(making, values, &text->before);
  if (text->operation == HEADRACE_DELETE)
    put_key(making, values);
  rows->old_values = values;
  if (is_key_only(making, values)) {
    drop_all_but_key(making, values);
    rows->flags = HEADRACE_OLD_IS_KEY;
  }
}

static bool has_key(const struct decoded_rows *rows)
{
  const struct headrace_relation *relation = rows->relation;
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (rows->old_values[relation->key[i]].state == HEADRACE_ABSENT)
      return false;
  return relation->key_count;
}

enum headrace_result untyped_rows(struct untyped *untyped, struct record_text *text,
                                  struct decode_table *table, struct headrace_batch *out,
                                  struct decoded_rows *rows, struct decode_fault *fault)
{
  if (!table->untyped)
    table->untyped = must(calloc(1, sizeof *table->untyped));
  struct making making = {.untyped = untyped,
                          .columns = table->untyped,
                          .table = table,
                          .text = text,
                          .batch = out,
                          .fault = fault};
  *rows = (struct decoded_rows){0};
  if (!find_relation(&making))
    return HEADRACE_AGAIN;
  rows->relation = table->untyped->relation;
  if (text->operation == HEADRACE_TRUNCATE)
    return HEADRACE_OK;
  make_values(&making, rows);
  if (!text->before.given && rows->old_values && !has_key(rows))
    return decode_refuse(fault, "unsupported",
                         "a delete whose key names no columns: set key_columns");
  return HEADRACE_OK;
}
