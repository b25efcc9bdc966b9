/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes: a table by another name is a relation of its own, made once. */
#include "change_copy.h"
#include "must_alloc.h"
#include "route.h"

/* Tables of one name may have the same keys: a column says which table it was. */
static uint32_t add_table_column(const struct route *route, struct headrace_relation *derived,
                                 struct headrace_column *columns, uint16_t **key)
{
  uint32_t at = derived->column_count;
  columns[at] = (struct headrace_column){.name = route->table_column,
                                         .type_name = "text",
                                         .type = HEADRACE_TYPE_TEXT,
                                         .type_modifier = -1,
                                         .precision = -1,
                                         .scale = -1};
  derived->column_count++;
  if (!derived->key_count)
    return at;
  *key = must_grow(*key, (derived->key_count + 1) * sizeof **key);
  (*key)[derived->key_count++] = (uint16_t)at;
  return at;
}

static const struct headrace_relation *
renamed(const struct route *route, const struct headrace_relation *relation, const char *name)
{
  const char *dot = strchr(name, '.');
  char *schema = dot ? must_copy(name, (size_t)(dot - name)) : NULL;
  uint16_t *key;
  struct headrace_column *columns = columns_copy(relation, 1, &key);
  struct headrace_relation derived = *relation;
  derived.schema = schema ? schema : relation->schema;
  derived.table = dot ? dot + 1 : name;
  derived.columns = columns;
  if (route->table_column)
    add_table_column(route, &derived, columns, &key);
  derived.key = key;
  const struct headrace_relation *made = route->host->relation_new(route->host, &derived);
  free(schema);
  free(columns);
  free(key);
  return made;
}

static void find_columns(const struct route *route, const struct headrace_relation *relation,
                         struct table *table)
{
  for (size_t i = 0; i < route->partition_by_count; i++) {
    uint32_t at = 0;
    const char *name = route->partition_by[i].name;
    while (at < relation->column_count && strcmp(relation->columns[at].name, name) != 0)
      at++;
    table->no_column |= at == relation->column_count;
    table->by[table->by_count++] = at;
  }
}

void *table_make(void *context, const struct headrace_relation *relation)
{
  const struct route *route = context;
  struct table *table = must_alloc(1, sizeof *table);
  struct subject subject = {.schema = relation->schema, .table = relation->table, .partition = -1};
  table->name = table_name(relation);
  table->topic = rules_name(&route->rules, table->name, &subject);
  table->matched = table->topic != NULL;
  find_columns(route, relation, table);
  if (table->matched && !route->of_records &&
      (strcmp(table->topic, table->name) != 0 || route->table_column))
    table->derived = renamed(route, relation, table->topic);
  return table;
}

void table_discard(void *context, void *made)
{
  const struct route *route = context;
  struct table *table = made;
  if (table->derived)
    route->host->relation_release(route->host, table->derived);
  free(table->topic);
  free(table->name);
  free(table);
}

/* The row with the table's name behind it. */
static const struct headrace_value *extended(const struct route *route, const struct table *table,
                                             const struct headrace_value *values, uint32_t count,
                                             struct headrace_batch *out)
{
  if (!values || !route->table_column)
    return values;
  const struct headrace_host *host = route->host;
  size_t size = strlen(table->name);
  struct headrace_value *copy = host->alloc(host, out, (count + 1) * sizeof *copy);
  char *name = host->alloc(host, out, size);
  memcpy(copy, values, count * sizeof *copy);
  memcpy(name, table->name, size);
  copy[count] = (struct headrace_value){name, (uint32_t)size, HEADRACE_TEXT};
  return copy;
}

enum headrace_result route_change(struct route *route, const struct headrace_event *event,
                                  struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_change *change = event->change;
  const struct table *table =
      change->relation ? relation_cache_get(&route->tables, change->relation) : NULL;
  *passed = 1;
  if (table && !table->matched)
    return route_unmatched(route, event, out, passed);
  if (!table || !table->derived) {
    route->host->add_event(route->host, out, event);
    return HEADRACE_OK;
  }
  uint32_t count = change->relation->column_count;
  struct headrace_change *copy = change_copy(route->host, out, change, table->derived);
  copy->old_values = extended(route, table, change->old_values, count, out);
  copy->new_values = extended(route, table, change->new_values, count, out);
  return HEADRACE_OK;
}
