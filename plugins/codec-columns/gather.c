/* SPDX-License-Identifier: Apache-2.0
 *
 * The columns that the settings name, of one row or message. */
#include "columns.h"

#include "json_read.h"

static int32_t column_named(const struct headrace_relation *relation, const char *name)
{
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (!strcmp(relation->columns[i].name, name))
      return (int32_t)i;
  return -1;
}

void *plan_make(void *context, const struct headrace_relation *relation)
{
  const struct columns *columns = context;
  size_t count = columns->names.count;
  struct plan *plan = must_alloc(1, sizeof *plan + count * sizeof *plan->places);
  plan->looked_up = lookups_have_table(&columns->lookups, relation);
  plan->wanted =
      !columns->tables.count || name_patterns_find(&columns->tables, relation, NULL) != NULL;
  for (size_t i = 0; i < count; i++) {
    struct place *place = &plan->places[i];
    const char *name = columns->names.items[i];
    place->lookup = lookups_named(&columns->lookups, name);
    place->column = column_named(relation, place->lookup ? place->lookup->key : name);
    if (*name == '@')
      place->constant = !strcmp(name, "@table") ? relation->table : relation->schema;
  }
  return plan;
}

void plan_discard(void *columns, void *plan)
{
  (void)columns;
  free(plan);
}

static struct cell text_cell(const char *data, size_t size)
{
  return (struct cell){.value = {data, (uint32_t)size, HEADRACE_TEXT}, .type = HEADRACE_TYPE_TEXT};
}

/* Copied: a row further on in the batch may change what is remembered. */
static struct cell look_up(const struct columns *columns, struct headrace_batch *out,
                           const struct lookup *lookup, const struct cell *key)
{
  const struct lookup_entry *entry = lookup_find(lookup, &key->value);
  if (!entry)
    return (struct cell){.unknown = true};
  if (entry->null)
    return (struct cell){.type = HEADRACE_TYPE_TEXT};
  char *copy = columns->host->alloc(columns->host, out, entry->value_size + 1);
  memcpy(copy, entry->value, entry->value_size);
  return text_cell(copy, entry->value_size);
}

void gather_row(struct columns *columns, struct headrace_batch *out, const struct plan *plan,
                const struct headrace_relation *relation, const struct headrace_value *values,
                const struct headrace_value *other)
{
  for (size_t i = 0; i < columns->names.count; i++) {
    const struct place *place = &plan->places[i];
    struct cell *cell = &columns->cells[i];
    *cell = (struct cell){.missing = true};
    if (place->constant)
      *cell = text_cell(place->constant, strlen(place->constant));
    else if (place->column >= 0)
      *cell = (struct cell){.value = values[place->column],
                            .type = relation->columns[place->column].type};
    if (other && cell->value.state == HEADRACE_ABSENT)
      cell->value = other[place->column];
    if (place->lookup && !cell->missing && cell->value.state >= HEADRACE_TEXT)
      *cell = look_up(columns, out, place->lookup, cell);
  }
}

/* ---- messages --------------------------------------------------------------- */

static void set_cell(struct columns *columns, const char *name, const struct cell *cell)
{
  for (size_t i = 0; i < columns->names.count; i++)
    if (!strcmp(columns->names.items[i], name))
      columns->cells[i] = *cell;
}

static struct cell member_cell(struct columns *columns, struct headrace_batch *out,
                               const struct json_value *value)
{
  static const uint16_t types[] = {
      [JSON_NULL] = HEADRACE_TYPE_TEXT,   [JSON_FALSE] = HEADRACE_TYPE_JSON,
      [JSON_TRUE] = HEADRACE_TYPE_JSON,   [JSON_NUMBER] = HEADRACE_TYPE_JSON,
      [JSON_STRING] = HEADRACE_TYPE_TEXT, [JSON_ARRAY] = HEADRACE_TYPE_JSON,
      [JSON_OBJECT] = HEADRACE_TYPE_JSON};
  if (value->kind == JSON_NULL)
    return (struct cell){.type = HEADRACE_TYPE_TEXT};
  struct cell cell = text_cell(value->data, value->size);
  cell.type = types[value->kind];
  if (value->kind == JSON_STRING && value->escaped) {
    char *text = columns->host->alloc(columns->host, out, value->size);
    cell = text_cell(text, json_unescape(text, value));
  }
  return cell;
}

static bool gather_members(struct columns *columns, struct headrace_batch *out,
                           const struct headrace_value *content)
{
  struct json_reader reader;
  struct json_value whole, name, value;
  json_read_begin(&reader, content->data, content->size);
  if (!json_read_value(&reader, &whole) || whole.kind != JSON_OBJECT)
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &value))
      return false;
    struct cell cell = member_cell(columns, out, &value);
    for (size_t i = 0; i < columns->names.count; i++)
      if (json_is(&name, columns->names.items[i]))
        columns->cells[i] = cell;
  }
  return !reader.error && json_read_end(&reader);
}

bool gather_message(struct columns *columns, struct headrace_batch *out,
                    const struct headrace_change *change)
{
  for (size_t i = 0; i < columns->names.count; i++)
    columns->cells[i] = (struct cell){.missing = true};
  if (columns->messages == MESSAGES_JSON)
    return gather_members(columns, out, &change->message_content);
  const struct cell prefix = {.value = change->message_prefix, .type = HEADRACE_TYPE_TEXT};
  struct cell content = {.value = change->message_content, .type = HEADRACE_TYPE_BYTES};
  if (content.value.state == HEADRACE_NULL)
    content.value = (struct headrace_value){"", 0, HEADRACE_BINARY};
  set_cell(columns, "prefix", &prefix);
  set_cell(columns, "content", &content);
  return true;
}
