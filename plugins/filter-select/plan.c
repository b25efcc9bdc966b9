/* SPDX-License-Identifier: Apache-2.0 */
#include "change_copy.h"
#include "must_alloc.h"
#include "select.h"

#include <stdio.h>

/* ---- rules -------------------------------------------------------------- */

static const struct {
  const char *name;
  unsigned bit;
} operations[] = {{"insert", 1u << HEADRACE_INSERT},     {"update", 1u << HEADRACE_UPDATE},
                  {"delete", 1u << HEADRACE_DELETE},     {"read", 1u << HEADRACE_READ},
                  {"truncate", 1u << HEADRACE_TRUNCATE}, {"message", 1u << HEADRACE_MESSAGE}};

static unsigned read_operations(const struct headrace_host *host)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "drop_operations", &items);
  unsigned bits = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < sizeof operations / sizeof *operations; j++)
      if (!strcmp(items[i].name, operations[j].name))
        bits |= operations[j].bit;
  return bits;
}

bool rules_read(const struct headrace_host *host, struct rules *rules)
{
  *rules = (struct rules){.dropped = read_operations(host),
                          .skip_unchanged = host->integer(host, "skip_unchanged") != 0};
  bool good = name_patterns_read(host, "tables", 2, &rules->tables);
  good = name_patterns_read(host, "exclude_tables", 2, &rules->exclude_tables) && good;
  good = name_patterns_read(host, "columns", 3, &rules->columns) && good;
  good = name_patterns_read(host, "exclude_columns", 3, &rules->exclude_columns) && good;
  return name_patterns_read(host, "rename", 3, &rules->rename) && good;
}

void rules_free(struct rules *rules)
{
  name_patterns_free(&rules->tables);
  name_patterns_free(&rules->exclude_tables);
  name_patterns_free(&rules->columns);
  name_patterns_free(&rules->exclude_columns);
  name_patterns_free(&rules->rename);
}

/* ---- a relation ---------------------------------------------------------- */

static bool table_passes(const struct rules *rules, const struct headrace_relation *relation)
{
  if (rules->tables.count && !name_patterns_find(&rules->tables, relation, NULL))
    return false;
  return !name_patterns_find(&rules->exclude_tables, relation, NULL);
}

static bool in_key(const struct headrace_relation *relation, uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return true;
  return false;
}

static void set_fault(struct plan *plan, const char *text, const char *column)
{
  if (plan->fault)
    return;
  size_t size = strlen(text) + strlen(column) + 1;
  plan->fault = must_alloc(size, 1);
  snprintf(plan->fault, size, text, column);
}

static bool column_passes(const struct rules *rules, const struct headrace_relation *relation,
                          uint32_t column, struct plan *plan)
{
  const char *name = relation->columns[column].name;
  bool key = in_key(relation, column);
  if (name_patterns_find(&rules->exclude_columns, relation, name)) {
    if (key)
      set_fault(plan,
                "column \"%s\" is of the key, without which rows cannot be told apart: take it "
                "off exclude_columns; filter mask can hide its values",
                name);
    return false;
  }
  return key || !rules->columns.count || name_patterns_find(&rules->columns, relation, name);
}

/* The chosen columns under their new names, moved to the front. */
static uint32_t choose(const struct rules *rules, const struct headrace_relation *relation,
                       struct headrace_column *columns, struct plan *plan, bool *renamed)
{
  uint32_t count = 0;
  for (uint32_t i = 0; i < relation->column_count; i++) {
    if (!column_passes(rules, relation, i, plan))
      continue;
    const struct name_pattern *rename =
        name_patterns_find(&rules->rename, relation, relation->columns[i].name);
    columns[count] = relation->columns[i];
    if (rename) {
      columns[count].name = rename->value;
      *renamed = true;
    }
    plan->from[count++] = (uint16_t)i;
  }
  return count;
}

static void check_names(const struct headrace_column *columns, uint32_t count, struct plan *plan)
{
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t j = 0; j < i; j++)
      if (!strcmp(columns[i].name, columns[j].name))
        set_fault(plan, "two of its columns would be called \"%s\"; mend rename", columns[i].name);
}

static void move_key(const struct headrace_relation *relation, uint16_t *key,
                     const struct plan *plan, uint32_t count)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    for (uint32_t j = 0; j < count; j++)
      if (plan->from[j] == relation->key[i])
        key[i] = (uint16_t)j;
}

struct plan *plan_make(const struct headrace_host *host, const struct rules *rules,
                       const struct headrace_relation *relation)
{
  struct plan *plan = must_alloc(1, sizeof *plan);
  plan->dropped = !table_passes(rules, relation);
  if (plan->dropped)
    return plan;
  uint16_t *key;
  bool renamed = false;
  struct headrace_column *columns = columns_copy(relation, 0, &key);
  plan->from = must_alloc(relation->column_count, sizeof *plan->from);
  uint32_t count = choose(rules, relation, columns, plan, &renamed);
  if (renamed)
    check_names(columns, count, plan);
  if (!plan->fault && (renamed || count != relation->column_count)) {
    struct headrace_relation derived = *relation;
    move_key(relation, key, plan, count);
    derived.columns = columns;
    derived.column_count = count;
    derived.key = key;
    plan->derived = host->relation_new(host, &derived);
  }
  free(columns);
  free(key);
  return plan;
}

void plan_free(const struct headrace_host *host, struct plan *plan)
{
  if (plan->derived)
    host->relation_release(host, plan->derived);
  free(plan->from);
  free(plan->fault);
  free(plan);
}
