/* SPDX-License-Identifier: Apache-2.0 */
#include "event_line.h"
#include "event_names.h"
#include "json_read.h"

#include <errno.h>
#include <stdbool.h>

/* More columns than any server has (PostgreSQL: 1,600), headers than any client sends. */
#define MOST_COLUMNS 65535u
#define MOST_HEADERS 65536u

struct known_relation {
  uint64_t number;
  const struct headrace_relation *relation;
};

/* Memory while a relation is read: the host copies it. */
struct pieces {
  struct piece {
    struct piece *next;
  } * first;
};

static void *piece(struct pieces *pieces, size_t size)
{
  struct piece *made = must_alloc(1, sizeof *made + size);
  made->next = pieces->first;
  pieces->first = made;
  return made + 1;
}

static void free_pieces(struct pieces *pieces)
{
  while (pieces->first) {
    struct piece *next = pieces->first->next;
    free(pieces->first);
    pieces->first = next;
  }
}

static bool wrong(struct event_reader *reader, const char *error)
{
  reader->error = error;
  return false;
}

/* ---- members of an object ------------------------------------------------------------------ */

/* A member that was looked for: found.data is NULL if it was not there. */
struct member {
  const char *name;
  struct json_value found;
};

/* All that is not among `members` is for later versions, and passed over. */
static bool find_members(struct event_reader *reader, const struct json_value *object,
                         struct member *members, size_t count)
{
  struct json_reader json;
  struct json_value whole, name, value;
  if (object->kind != JSON_OBJECT)
    return wrong(reader, "an object is wanted");
  json_read_begin(&json, object->data, object->size);
  json_read_value(&json, &whole);
  while (json_next_member(&json, &name)) {
    if (!json_read_whole(&json, &value))
      break;
    for (size_t i = 0; i < count; i++)
      if (json_is(&name, members[i].name))
        members[i].found = value;
  }
  return json.error ? wrong(reader, json.error) : true;
}

static bool is_there(const struct member *member)
{
  return member->found.data && member->found.kind != JSON_NULL;
}

/* JSON's whole numbers alone; nothing that is not there changes *out. */
static bool take_number(struct event_reader *reader, const struct member *member, int64_t least,
                        int64_t most, int64_t *out)
{
  if (!is_there(member))
    return true;
  char digits[JSON_INTEGER_MAX + 2];
  if (member->found.kind != JSON_NUMBER || member->found.size >= sizeof digits)
    return wrong(reader, "a whole number is wanted");
  memcpy(digits, member->found.data, member->found.size);
  digits[member->found.size] = '\0';
  char *end;
  errno = 0;
  long long number = strtoll(digits, &end, 10);
  if (*end || errno || number < least || number > most)
    return wrong(reader, "a number is no whole one or out of its range");
  *out = number;
  return true;
}

static bool take_count(struct event_reader *reader, const struct json_value *value, uint64_t *out)
{
  char digits[JSON_INTEGER_MAX + 2];
  if (value->kind != JSON_NUMBER || value->size >= sizeof digits || *value->data == '-')
    return wrong(reader, "a whole number from 0 is wanted");
  memcpy(digits, value->data, value->size);
  digits[value->size] = '\0';
  char *end;
  errno = 0;
  *out = strtoull(digits, &end, 10);
  return !*end && !errno ? true : wrong(reader, "a number is no whole one or too large");
}

static bool take_counts(struct event_reader *reader, const struct member *members, size_t count,
                        uint64_t *const *outs)
{
  for (size_t i = 0; i < count; i++)
    if (is_there(&members[i]) && !take_count(reader, &members[i].found, outs[i]))
      return false;
  return true;
}

static uint32_t take_flags(const struct event_flag *flags, const struct member *members)
{
  uint32_t set = 0;
  for (size_t i = 0; flags[i].name; i++)
    if (members[i].found.data && members[i].found.kind == JSON_TRUE)
      set |= flags[i].bit;
  return set;
}

/* A string of its own, without zero bytes; NULL if the member is not there. */
static bool take_text(struct event_reader *reader, struct pieces *pieces,
                      const struct json_value *value, const char **out)
{
  if (!value->data || value->kind == JSON_NULL)
    return true;
  if (value->kind != JSON_STRING)
    return wrong(reader, "a string is wanted");
  char *text = piece(pieces, value->size + 1);
  size_t size = json_unescape(text, value);
  if (memchr(text, '\0', size))
    return wrong(reader, "a name has a zero byte in it");
  text[size] = '\0';
  *out = text;
  return true;
}

static bool take_word(struct event_reader *reader, const struct json_value *value,
                      const char *const *words, size_t count, int64_t *out)
{
  for (size_t i = 0; value->data && value->kind == JSON_STRING && i < count; i++)
    if (words[i] && json_is(value, words[i])) {
      *out = (int64_t)i;
      return true;
    }
  return wrong(reader, "an operation or a type has a name that is not known");
}

static size_t elements(const struct json_value *array)
{
  struct json_reader json;
  struct json_value whole, value;
  size_t count = 0;
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &whole);
  while (json_next_element(&json) && json_read_whole(&json, &value))
    count++;
  return count;
}

/* ---- relations ------------------------------------------------------------------------------ */

#define TYPES (sizeof event_types / sizeof *event_types)

static bool read_labels(struct event_reader *reader, struct pieces *pieces,
                        const struct json_value *array, const char *const **out)
{
  struct json_reader json;
  struct json_value value;
  if (!array->data)
    return true;
  if (array->kind != JSON_ARRAY)
    return wrong(reader, "labels are an array");
  const char **labels = piece(pieces, (elements(array) + 1) * sizeof *labels);
  size_t count = 0;
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &value);
  while (json_next_element(&json) && json_read_whole(&json, &value)) {
    if (value.kind != JSON_STRING || !take_text(reader, pieces, &value, &labels[count++]))
      return wrong(reader, "labels are strings");
  }
  *out = labels;
  return true;
}

static bool read_column(struct event_reader *reader, struct pieces *pieces,
                        const struct json_value *value, struct headrace_column *column)
{
  enum { NULLABLE, GENERATED, IDENTITY, NAME, TYPE, ELEMENT, TYPE_NAME, DEFAULT, LABELS, NUMBERS };
  struct member members[] = {{.name = "nullable"},  {.name = "generated"}, {.name = "identity"},
                             {.name = "name"},      {.name = "type"},      {.name = "element"},
                             {.name = "type_name"}, {.name = "default"},   {.name = "labels"},
                             {.name = "type_id"},   {.name = "modifier"},  {.name = "precision"},
                             {.name = "scale"}};
  int64_t type = 0, element = 0, type_id = 0, modifier = -1, precision = -1, scale = -1;
  if (!find_members(reader, value, members, sizeof members / sizeof *members) ||
      !take_word(reader, &members[TYPE].found, event_types, TYPES, &type) ||
      (type == HEADRACE_TYPE_ARRAY &&
       !take_word(reader, &members[ELEMENT].found, event_types, TYPES, &element)) ||
      !take_number(reader, &members[NUMBERS], 0, UINT32_MAX, &type_id) ||
      !take_number(reader, &members[NUMBERS + 1], INT32_MIN, INT32_MAX, &modifier) ||
      !take_number(reader, &members[NUMBERS + 2], -1, INT32_MAX, &precision) ||
      !take_number(reader, &members[NUMBERS + 3], INT32_MIN, INT32_MAX, &scale))
    return false;
  *column = (struct headrace_column){.type = (uint16_t)type,
                                     .element_type = (uint16_t)element,
                                     .type_id = (uint32_t)type_id,
                                     .type_modifier = (int32_t)modifier,
                                     .precision = (int32_t)precision,
                                     .scale = (int32_t)scale,
                                     .flags = take_flags(event_column_flags, members)};
  if (!take_text(reader, pieces, &members[NAME].found, &column->name) ||
      !take_text(reader, pieces, &members[TYPE_NAME].found, &column->type_name) ||
      !take_text(reader, pieces, &members[DEFAULT].found, &column->default_text) ||
      !read_labels(reader, pieces, &members[LABELS].found, &column->labels))
    return false;
  return column->name ? true : wrong(reader, "a column has no name");
}

static bool read_columns(struct event_reader *reader, struct pieces *pieces,
                         const struct json_value *array, struct headrace_relation *relation)
{
  struct json_reader json;
  struct json_value value;
  if (!array->data || array->kind != JSON_ARRAY || elements(array) > MOST_COLUMNS)
    return wrong(reader, "a relation has no columns, or too many");
  struct headrace_column *columns = piece(pieces, (elements(array) + 1) * sizeof *columns);
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &value);
  while (json_next_element(&json) && json_read_whole(&json, &value))
    if (!read_column(reader, pieces, &value, &columns[relation->column_count++]))
      return false;
  relation->columns = columns;
  return true;
}

static bool read_key(struct event_reader *reader, struct pieces *pieces,
                     const struct json_value *array, struct headrace_relation *relation)
{
  struct json_reader json;
  struct json_value value;
  if (!array->data)
    return true;
  if (array->kind != JSON_ARRAY || elements(array) > relation->column_count)
    return wrong(reader, "a relation's key is an array of its columns' numbers");
  uint16_t *key = piece(pieces, (elements(array) + 1) * sizeof *key);
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &value);
  while (json_next_element(&json) && json_read_whole(&json, &value)) {
    uint64_t column;
    if (!take_count(reader, &value, &column))
      return false;
    if (column >= relation->column_count)
      return wrong(reader, "a relation's key names a column that there is not");
    key[relation->key_count++] = (uint16_t)column;
  }
  relation->key = key;
  return true;
}

static struct known_relation *known(struct event_reader *reader, uint64_t number)
{
  struct known_relation *relations = reader->relations;
  /* Mostly that of the change before. */
  if (reader->last < reader->count && relations[reader->last].number == number)
    return &relations[reader->last];
  for (reader->last = 0; reader->last < reader->count; reader->last++)
    if (relations[reader->last].number == number)
      return &relations[reader->last];
  return NULL;
}

static void keep_relation(struct event_reader *reader, uint64_t number,
                          const struct headrace_relation *relation)
{
  struct known_relation *old = known(reader, number);
  if (old) {
    reader->host->relation_release(reader->host, old->relation);
    old->relation = relation;
    return;
  }
  if (reader->count == reader->capacity) {
    reader->capacity = 2 * reader->capacity + 16;
    reader->relations = must_grow(reader->relations, reader->capacity * sizeof *reader->relations);
  }
  reader->relations[reader->count++] = (struct known_relation){number, relation};
}

static bool build_relation(struct event_reader *reader, struct pieces *pieces,
                           const struct json_value *line)
{
  enum { NUMBER, DATABASE, SCHEMA, TABLE, KEY, COLUMNS, FORMS };
  struct member members[] = {
      {.name = "relation"},     {.name = "database"},  {.name = "schema"},
      {.name = "table"},        {.name = "key"},       {.name = "columns"},
      {.name = "numeric_form"}, {.name = "time_form"}, {.name = "binary_form"}};
  struct headrace_relation relation = {0};
  uint64_t number;
  int64_t numeric = 0, time = 0, binary = 0;
  if (!find_members(reader, line, members, sizeof members / sizeof *members) ||
      !take_count(reader, &members[NUMBER].found, &number) ||
      !take_text(reader, pieces, &members[DATABASE].found, &relation.database) ||
      !take_text(reader, pieces, &members[SCHEMA].found, &relation.schema) ||
      !take_text(reader, pieces, &members[TABLE].found, &relation.table) ||
      !take_number(reader, &members[FORMS], 0, HEADRACE_NUMERIC_PLAIN, &numeric) ||
      !take_number(reader, &members[FORMS + 1], 0, HEADRACE_TIME_NANOSECONDS, &time) ||
      !take_number(reader, &members[FORMS + 2], 0, HEADRACE_BINARY_HEX, &binary) ||
      !read_columns(reader, pieces, &members[COLUMNS].found, &relation) ||
      !read_key(reader, pieces, &members[KEY].found, &relation))
    return false;
  if (!relation.table)
    return wrong(reader, "a relation has no table");
  relation.conventions = (struct headrace_conventions){
      .numeric = (uint8_t)numeric, .time = (uint8_t)time, .binary = (uint8_t)binary};
  keep_relation(reader, number, reader->host->relation_new(reader->host, &relation));
  return true;
}

static bool read_relation(struct event_reader *reader, const struct json_value *line,
                          struct headrace_batch *batch)
{
  struct pieces pieces = {0};
  (void)batch;
  bool good = build_relation(reader, &pieces, line);
  free_pieces(&pieces);
  return good;
}

/* ---- values ------------------------------------------------------------ */

static struct headrace_value copied(struct event_reader *reader, struct headrace_batch *batch,
                                    const char *data, size_t size, enum headrace_state state)
{
  char *copy = reader->host->alloc(reader->host, batch, size);
  if (size)
    memcpy(copy, data, size);
  return (struct headrace_value){copy, (uint32_t)size, (uint32_t)state};
}

static struct headrace_value unescaped(struct event_reader *reader, struct headrace_batch *batch,
                                       const struct json_value *string)
{
  char *text = reader->host->alloc(reader->host, batch, string->size);
  return (struct headrace_value){text, (uint32_t)json_unescape(text, string), HEADRACE_TEXT};
}

static bool read_base64(struct event_reader *reader, struct headrace_batch *batch,
                        const struct json_value *string, enum headrace_state state,
                        struct headrace_value *out)
{
  if (string->kind != JSON_STRING || string->escaped)
    return wrong(reader, "base64 is wanted");
  char *bytes = reader->host->alloc(reader->host, batch, string->size / 4 * 3 + 3);
  size_t size = json_unbase64(bytes, string->data, string->size);
  if (size == SIZE_MAX)
    return wrong(reader, "base64 is wanted");
  *out = (struct headrace_value){bytes, (uint32_t)size, (uint32_t)state};
  return true;
}

/* {"base64": …}, {"text": …} in base64 too, {"literal": …}. */
static bool read_special(struct event_reader *reader, struct headrace_batch *batch,
                         const struct json_value *object, struct headrace_value *out)
{
  struct member members[] = {{.name = "base64"}, {.name = "text"}, {.name = "literal"}};
  if (!find_members(reader, object, members, 3))
    return false;
  if (members[0].found.data)
    return read_base64(reader, batch, &members[0].found, HEADRACE_BINARY, out);
  if (members[1].found.data)
    return read_base64(reader, batch, &members[1].found, HEADRACE_TEXT, out);
  const struct json_value *literal = &members[2].found;
  if (!literal->data || literal->kind == JSON_STRING || literal->kind == JSON_NULL)
    return wrong(reader,
                 "a value of a row is an object that says neither base64, text nor literal");
  *out = copied(reader, batch, literal->data, literal->size, HEADRACE_LITERAL);
  return true;
}

static bool read_value(struct event_reader *reader, struct headrace_batch *batch,
                       const struct json_value *value, struct headrace_value *out)
{
  switch (value->kind) {
  case JSON_NULL:
    *out = (struct headrace_value){.state = HEADRACE_NULL};
    return true;
  case JSON_FALSE:
  case JSON_TRUE:
    *out = copied(reader, batch, value->kind == JSON_TRUE ? "t" : "f", 1, HEADRACE_TEXT);
    return true;
  case JSON_NUMBER:
    *out = copied(reader, batch, value->data, value->size, HEADRACE_TEXT);
    return true;
  case JSON_STRING:
    *out = unescaped(reader, batch, value);
    return true;
  case JSON_OBJECT:
    return read_special(reader, batch, value, out);
  case JSON_ARRAY:
    break;
  }
  return wrong(reader, "a value of a row is an array");
}

/* Rows are mostly in the columns' order: `next` is where the column is looked for first. */
static bool column_of(const struct headrace_relation *relation, const struct json_value *name,
                      uint32_t *next)
{
  for (uint32_t tried = 0; tried < relation->column_count; tried++) {
    uint32_t i = (*next + tried) % relation->column_count;
    if (json_is(name, relation->columns[i].name)) {
      *next = i;
      return true;
    }
  }
  return false;
}

static bool read_row(struct event_reader *reader, struct headrace_batch *batch,
                     const struct headrace_relation *relation, const struct json_value *object,
                     const struct headrace_value **out)
{
  if (!object->data)
    return true;
  if (!relation || object->kind != JSON_OBJECT)
    return wrong(reader, "a row is an object, of a change that says of which relation");
  struct headrace_value *row =
      reader->host->alloc(reader->host, batch, (relation->column_count + 1) * sizeof *row);
  for (uint32_t i = 0; i < relation->column_count; i++)
    row[i] = (struct headrace_value){.state = HEADRACE_ABSENT};
  struct json_reader json;
  struct json_value name, value;
  uint32_t next = 0;
  json_read_begin(&json, object->data, object->size);
  json_read_value(&json, &value);
  while (json_next_member(&json, &name) && json_read_whole(&json, &value)) {
    if (!column_of(relation, &name, &next))
      return wrong(reader, "a row has a column that its relation does not have");
    if (!read_value(reader, batch, &value, &row[next++]))
      return false;
  }
  *out = row;
  return true;
}

/* ---- transactions ------------------------------------------------------------ */

static bool read_count(struct event_reader *reader, struct headrace_batch *batch,
                       const struct json_value *pair, struct headrace_relation_count *out)
{
  struct json_reader json;
  struct json_value number = {0}, events = {0}, end;
  uint64_t of;
  *out = (struct headrace_relation_count){0};
  json_read_begin(&json, pair->data, pair->size);
  if (!json_read_value(&json, &end) || end.kind != JSON_ARRAY || !json_next_element(&json) ||
      !json_read_whole(&json, &number) || !json_next_element(&json) ||
      !json_read_whole(&json, &events) || !take_count(reader, &events, &out->events))
    return wrong(reader, "counts are pairs of a relation's number and how many");
  if (number.kind == JSON_NULL)
    return true;
  struct known_relation *known_one = take_count(reader, &number, &of) ? known(reader, of) : NULL;
  if (!known_one)
    return wrong(reader, "counts name a relation that no line before told of");
  out->relation = known_one->relation;
  reader->host->relation_keep(reader->host, batch, out->relation);
  return true;
}

static bool read_counts(struct event_reader *reader, struct headrace_batch *batch,
                        const struct json_value *array, struct headrace_transaction *transaction)
{
  struct json_reader json;
  struct json_value value;
  if (!array->data)
    return true;
  if (array->kind != JSON_ARRAY)
    return wrong(reader, "counts are an array");
  struct headrace_relation_count *counts =
      reader->host->alloc(reader->host, batch, (elements(array) + 1) * sizeof *counts);
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &value);
  while (json_next_element(&json) && json_read_whole(&json, &value))
    if (!read_count(reader, batch, &value, &counts[transaction->count_count++]))
      return false;
  transaction->counts = counts;
  return true;
}

static bool make_transaction(struct event_reader *reader, struct headrace_batch *batch,
                             const struct json_value *object)
{
  struct headrace_transaction *made = reader->host->alloc(reader->host, batch, sizeof *made);
  *made = (struct headrace_transaction){0};
  enum { TIME = 4, ORIGIN, COUNTS };
  struct member members[] = {{.name = "id"},
                             {.name = "commit_sequence"},
                             {.name = "previous_sequence"},
                             {.name = "origin_sequence"},
                             {.name = "commit_time_us"},
                             {.name = "origin"},
                             {.name = "counts"}};
  uint64_t *const counts[] = {&made->id, &made->commit_sequence, &made->previous_sequence,
                              &made->origin_sequence};
  struct pieces pieces = {0};
  const char *origin = NULL;
  bool good = find_members(reader, object, members, sizeof members / sizeof *members) &&
              take_counts(reader, members, 4, counts) &&
              take_number(reader, &members[TIME], INT64_MIN, INT64_MAX, &made->commit_time_us) &&
              take_text(reader, &pieces, &members[ORIGIN].found, &origin) &&
              read_counts(reader, batch, &members[COUNTS].found, made);
  if (good && origin)
    made->origin = copied(reader, batch, origin, strlen(origin) + 1, HEADRACE_TEXT).data;
  free_pieces(&pieces);
  reader->transaction = good ? made : NULL;
  return good;
}

static bool read_transaction(struct event_reader *reader, struct headrace_batch *batch,
                             const struct json_value *object,
                             const struct headrace_transaction **out)
{
  struct text_buffer *last = &reader->transaction_text;
  if (!object->data)
    return true;
  bool same = reader->transaction && last->size == object->size &&
              !memcmp(last->bytes, object->data, object->size);
  if (!same) {
    if (!make_transaction(reader, batch, object))
      return false;
    last->size = 0;
    text_add(last, object->data, object->size);
  }
  *out = reader->transaction;
  return true;
}

/* ---- changes ------------------------------------------------------------ */

enum {
  CHANGE_FLAGS = 5,
  CHANGE_OPERATION = CHANGE_FLAGS,
  CHANGE_OF,
  CHANGE_DATABASE,
  CHANGE_PREFIX,
  CHANGE_CONTENT,
  CHANGE_OLD,
  CHANGE_NEW,
  CHANGE_TRANSACTION,
  CHANGE_SEQUENCE,
  CHANGE_ORDINAL,
  CHANGE_RELATION_ORDINAL,
  CHANGE_MEMBERS
};

static const char *const change_members[CHANGE_MEMBERS] = {"old_is_key",
                                                           "cascade",
                                                           "restart_identity",
                                                           "transactional",
                                                           "on_demand",
                                                           [CHANGE_OPERATION] = "change",
                                                           [CHANGE_OF] = "of",
                                                           [CHANGE_DATABASE] = "database",
                                                           [CHANGE_PREFIX] = "prefix",
                                                           [CHANGE_CONTENT] = "content",
                                                           [CHANGE_OLD] = "old",
                                                           [CHANGE_NEW] = "new",
                                                           [CHANGE_TRANSACTION] = "transaction",
                                                           [CHANGE_SEQUENCE] = "sequence",
                                                           [CHANGE_ORDINAL] = "ordinal",
                                                           [CHANGE_RELATION_ORDINAL] =
                                                               "relation_ordinal"};

/* What the operation cannot be without. */
static bool is_whole(struct event_reader *reader, const struct headrace_change *change)
{
  bool needs_new = change->operation == HEADRACE_INSERT || change->operation == HEADRACE_UPDATE ||
                   change->operation == HEADRACE_READ;
  bool needs_old = change->operation == HEADRACE_DELETE;
  if ((needs_new && !change->new_values) || (needs_old && !change->old_values))
    return wrong(reader, "a change lacks its row");
  if (change->operation >= HEADRACE_MESSAGE && change->relation)
    return wrong(reader, "a change that is of no row says of which relation it is");
  if (change->operation == HEADRACE_TRUNCATE && !change->relation)
    return wrong(reader, "a truncate does not say of which relation");
  if ((change->operation == HEADRACE_BEGIN || change->operation == HEADRACE_COMMIT) &&
      !change->transaction)
    return wrong(reader, "a transaction's begin or end does not say of which");
  return true;
}

static bool find_relation(struct event_reader *reader, const struct member *of,
                          const struct headrace_relation **out)
{
  uint64_t number;
  if (!is_there(of))
    return true;
  struct known_relation *found =
      take_count(reader, &of->found, &number) ? known(reader, number) : NULL;
  if (!found)
    return wrong(reader, "a change is of a relation that no line before told of");
  *out = found->relation;
  return true;
}

static bool read_message(struct event_reader *reader, struct headrace_batch *batch,
                         const struct member *members, struct headrace_change *change)
{
  struct pieces pieces = {0};
  const char *database = NULL;
  bool good = take_text(reader, &pieces, &members[CHANGE_DATABASE].found, &database) &&
              (!is_there(&members[CHANGE_PREFIX]) ||
               read_value(reader, batch, &members[CHANGE_PREFIX].found, &change->message_prefix)) &&
              (!is_there(&members[CHANGE_CONTENT]) ||
               read_value(reader, batch, &members[CHANGE_CONTENT].found, &change->message_content));
  if (good && database)
    change->database = copied(reader, batch, database, strlen(database) + 1, HEADRACE_TEXT).data;
  free_pieces(&pieces);
  return good;
}

static bool is_wanted(const struct event_reader *reader, int64_t operation)
{
  if (operation == HEADRACE_BEGIN || operation == HEADRACE_COMMIT)
    return reader->wanted & HEADRACE_WANT_TRANSACTIONS;
  return operation != HEADRACE_HEARTBEAT || (reader->wanted & HEADRACE_WANT_HEARTBEATS);
}

/* A relation that a change has already been added with is kept by its batch. */
static bool read_change(struct event_reader *reader, const struct json_value *line,
                        struct headrace_batch *batch)
{
  struct member members[CHANGE_MEMBERS];
  for (size_t i = 0; i < CHANGE_MEMBERS; i++)
    members[i] = (struct member){.name = change_members[i]};
  struct headrace_change change = {0};
  int64_t operation;
  uint64_t *const counts[] = {&change.sequence, &change.ordinal, &change.relation_ordinal};
  if (!find_members(reader, line, members, CHANGE_MEMBERS) ||
      !take_word(reader, &members[CHANGE_OPERATION].found, event_operations,
                 sizeof event_operations / sizeof *event_operations, &operation) ||
      !find_relation(reader, &members[CHANGE_OF], &change.relation) ||
      !take_counts(reader, &members[CHANGE_SEQUENCE], 3, counts))
    return false;
  if (!is_wanted(reader, operation))
    return true;
  change.operation = (uint32_t)operation;
  change.flags = take_flags(event_change_flags, members);
  if (!read_message(reader, batch, members, &change) ||
      !read_row(reader, batch, change.relation, &members[CHANGE_OLD].found, &change.old_values) ||
      !read_row(reader, batch, change.relation, &members[CHANGE_NEW].found, &change.new_values) ||
      !read_transaction(reader, batch, &members[CHANGE_TRANSACTION].found, &change.transaction) ||
      !is_whole(reader, &change))
    return false;
  *reader->host->add_change(reader->host, batch, change.relation) = change;
  return true;
}

/* ---- records ------------------------------------------------------------ */

static bool read_part(struct event_reader *reader, struct headrace_batch *batch,
                      const struct json_value *value, struct headrace_value *out)
{
  struct member members[] = {{.name = "base64"}};
  if (!value->data || value->kind == JSON_NULL)
    return true;
  if (value->kind == JSON_STRING) {
    *out = unescaped(reader, batch, value);
    return true;
  }
  if (value->kind == JSON_OBJECT) {
    if (!find_members(reader, value, members, 1))
      return false;
    if (members[0].found.data)
      return read_base64(reader, batch, &members[0].found, HEADRACE_BINARY, out);
  }
  *out = copied(reader, batch, value->data, value->size, HEADRACE_TEXT);
  return true;
}

static bool read_header(struct event_reader *reader, struct headrace_batch *batch,
                        const struct json_value *pair, struct headrace_header *header)
{
  struct json_reader json;
  struct json_value name = {0}, value = {0}, end;
  struct pieces pieces = {0};
  const char *text = NULL;
  json_read_begin(&json, pair->data, pair->size);
  bool good = json_read_value(&json, &end) && end.kind == JSON_ARRAY && json_next_element(&json) &&
              json_read_whole(&json, &name) && json_next_element(&json) &&
              json_read_whole(&json, &value) && take_text(reader, &pieces, &name, &text) && text &&
              read_part(reader, batch, &value, &header->value);
  if (good)
    header->name = copied(reader, batch, text, strlen(text) + 1, HEADRACE_TEXT).data;
  free_pieces(&pieces);
  return good || wrong(reader, "headers are pairs of name and value");
}

static bool read_headers(struct event_reader *reader, struct headrace_batch *batch,
                         const struct json_value *array, struct headrace_record *record)
{
  struct json_reader json;
  struct json_value value;
  if (!array->data)
    return true;
  if (array->kind != JSON_ARRAY || elements(array) > MOST_HEADERS)
    return wrong(reader, "headers are an array of pairs, not too many");
  struct headrace_header *headers =
      reader->host->alloc(reader->host, batch, (elements(array) + 1) * sizeof *headers);
  json_read_begin(&json, array->data, array->size);
  json_read_value(&json, &value);
  while (json_next_element(&json) && json_read_whole(&json, &value)) {
    headers[record->header_count] = (struct headrace_header){0};
    if (!read_header(reader, batch, &value, &headers[record->header_count++]))
      return false;
  }
  record->headers = headers;
  return true;
}

static bool read_record(struct event_reader *reader, const struct json_value *line,
                        struct headrace_batch *batch)
{
  enum { TOPIC, KEY, VALUE, HEADERS, PARTITION, OFFSET, TIMESTAMP };
  struct member members[] = {{.name = "record"},      {.name = "key"},       {.name = "value"},
                             {.name = "headers"},     {.name = "partition"}, {.name = "offset"},
                             {.name = "timestamp_ms"}};
  struct headrace_record record = {.partition = -1, .offset = -1, .timestamp_ms = -1};
  int64_t partition = -1;
  if (!find_members(reader, line, members, sizeof members / sizeof *members) ||
      !take_number(reader, &members[PARTITION], -1, INT32_MAX, &partition) ||
      !take_number(reader, &members[OFFSET], -1, INT64_MAX, &record.offset) ||
      !take_number(reader, &members[TIMESTAMP], INT64_MIN, INT64_MAX, &record.timestamp_ms) ||
      !read_part(reader, batch, &members[TOPIC].found, &record.topic) ||
      !read_part(reader, batch, &members[KEY].found, &record.key) ||
      !read_part(reader, batch, &members[VALUE].found, &record.value) ||
      !read_headers(reader, batch, &members[HEADERS].found, &record))
    return false;
  record.partition = (int32_t)partition;
  *reader->host->add_record(reader->host, batch) = record;
  return true;
}

static bool read_position(struct event_reader *reader, const struct json_value *line,
                          struct headrace_batch *batch)
{
  (void)reader;
  (void)line;
  (void)batch;
  return true;
}

/* ---- lines ------------------------------------------------------------ */

static const struct line_kind {
  const char *name; /* of the first member */
  bool (*read)(struct event_reader *, const struct json_value *, struct headrace_batch *);
} line_kinds[] = {[EVENT_LINE_RELATION] = {"relation", read_relation},
                  [EVENT_LINE_CHANGE] = {"change", read_change},
                  [EVENT_LINE_RECORD] = {"record", read_record},
                  [EVENT_LINE_POSITION] = {"position", read_position}};

enum event_line_kind event_line_kind(const char *line, size_t size)
{
  struct json_reader json;
  struct json_value value, name;
  json_read_begin(&json, line, size);
  if (!json_read_value(&json, &value) || value.kind != JSON_OBJECT ||
      !json_next_member(&json, &name))
    return EVENT_LINE_WRONG;
  for (enum event_line_kind kind = EVENT_LINE_RELATION; kind <= EVENT_LINE_POSITION; kind++)
    if (json_is(&name, line_kinds[kind].name))
      return kind;
  return EVENT_LINE_WRONG;
}

enum event_line_kind event_read_line(struct event_reader *reader, const char *line, size_t size,
                                     struct headrace_batch *batch)
{
  struct json_reader json;
  struct json_value whole;
  reader->error = "the line is no JSON object";
  json_read_begin(&json, line, size);
  if (size > UINT32_MAX || !json_read_whole(&json, &whole) || !json_read_end(&json)) {
    reader->error = json.error ? json.error : reader->error;
    return EVENT_LINE_WRONG;
  }
  enum event_line_kind kind = event_line_kind(line, size);
  if (kind == EVENT_LINE_WRONG) {
    reader->error = "the first member is none of relation, change, record and position";
    return EVENT_LINE_WRONG;
  }
  return line_kinds[kind].read(reader, &whole, batch) ? kind : EVENT_LINE_WRONG;
}

void event_reader_init(struct event_reader *reader, const struct headrace_host *host)
{
  *reader = (struct event_reader){.host = host};
}

void event_reader_next_batch(struct event_reader *reader)
{
  reader->transaction = NULL;
}

void event_reader_free(struct event_reader *reader)
{
  for (size_t i = 0; i < reader->count; i++)
    reader->host->relation_release(reader->host, reader->relations[i].relation);
  free(reader->relations);
  free(reader->transaction_text.bytes);
}
