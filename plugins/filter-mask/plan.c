/* SPDX-License-Identifier: Apache-2.0
 *
 * Which columns of a relation are masked, and what types they have then. */
#include "change_copy.h"
#include "mask.h"
#include "must_alloc.h"
#include "numeric_text.h"
#include "temporal.h"

#include <stdio.h>

bool read_length(const char *text, uint32_t *length)
{
  uint64_t number = 0;
  const char *c = text;
  for (; *c >= '0' && *c <= '9' && number <= INT32_MAX; c++)
    number = number * 10 + (uint64_t)(*c - '0');
  *length = (uint32_t)number;
  return c != text && !*c && number <= INT32_MAX;
}

static bool is_text(uint16_t type)
{
  return type == HEADRACE_TYPE_TEXT || type == HEADRACE_TYPE_UNTYPED;
}

static bool is_number(uint16_t type, const char *text)
{
  struct numeric_text number;
  if (!numeric_read(text, strlen(text), &number) || number.exponent)
    return false;
  bool whole = number.kind == NUMERIC_FINITE && !number.fraction_size;
  return whole || type == HEADRACE_TYPE_NUMERIC || type == HEADRACE_TYPE_FLOAT32 ||
         type == HEADRACE_TYPE_FLOAT64;
}

/* Whether the constant is a value of the column's own type, which then stays. */
static bool constant_fits(uint16_t type, const char *text)
{
  size_t size = strlen(text);
  struct temporal_date date;
  struct temporal_timestamp timestamp;
  switch (type) {
  case HEADRACE_TYPE_BOOL:
    return !strcmp(text, "t") || !strcmp(text, "f");
  case HEADRACE_TYPE_INT16:
  case HEADRACE_TYPE_INT32:
  case HEADRACE_TYPE_INT64:
  case HEADRACE_TYPE_NUMERIC:
  case HEADRACE_TYPE_FLOAT32:
  case HEADRACE_TYPE_FLOAT64:
    return is_number(type, text);
  case HEADRACE_TYPE_DATE:
    return temporal_read_date(text, size, &date);
  case HEADRACE_TYPE_TIMESTAMP:
    return temporal_read_timestamp(text, size, &timestamp);
  default:
    return false;
  }
}

static void become_text(struct headrace_column *column)
{
  *column = (struct headrace_column){.name = column->name,
                                     .type_name = "text",
                                     .type = HEADRACE_TYPE_TEXT,
                                     .type_modifier = -1,
                                     .precision = -1,
                                     .scale = -1,
                                     .flags = column->flags & HEADRACE_COLUMN_NULLABLE};
}

/* True: the column is described by another type from now on. A default of the source's would tell
 * what the values are like, and might not be of the type. */
static bool describe(struct headrace_column *column, const struct step *step)
{
  bool untyped = column->type == HEADRACE_TYPE_UNTYPED;
  switch (step->method) {
  case METHOD_NULL:
    column->flags |= HEADRACE_COLUMN_NULLABLE;
    column->default_text = NULL;
    return true;
  case METHOD_TRUNCATE:
    if (is_text(column->type) || step->is_bytes)
      return false;
    break;
  case METHOD_CONSTANT:
    if (untyped || constant_fits(column->type, step->constant))
      return false;
    break;
  default:
    if (untyped)
      return false;
  }
  become_text(column);
  return true;
}

static const struct name_pattern *method_of(const struct mask *mask,
                                            const struct headrace_relation *relation,
                                            const char *column, struct step *step)
{
  for (unsigned method = 0; method < METHODS; method++) {
    const struct name_pattern *found = name_patterns_find(&mask->columns[method], relation, column);
    step->method = (enum method)method;
    if (found)
      return found;
  }
  return NULL;
}

static bool in_key(const struct headrace_relation *relation, uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return true;
  return false;
}

static void check_key(const struct mask *mask, struct plan *plan, const struct step *step,
                      const char *column)
{
  bool cut = step->method == METHOD_TRUNCATE;
  if (plan->fault || step->method == METHOD_HASH || (cut && mask->truncate_keys))
    return;
  size_t size = strlen(column) + 200;
  plan->fault = must_alloc(size, 1);
  snprintf(plan->fault, size, "column \"%s\" is of the key: %s; use hash for it%s", column,
           cut ? "rows whose keys begin alike would become one"
               : "with the same value for all rows they could not be told apart",
           cut ? ", or set truncate_keys = yes if that is meant" : "");
}

/* Puts the column's step at the end of the plan, if it has one. */
static bool add_step(const struct mask *mask, const struct headrace_relation *relation,
                     uint32_t column, struct plan *plan)
{
  struct step *step = &plan->steps[plan->count];
  const struct headrace_column *described = &relation->columns[column];
  *step = (struct step){.column = column, .is_bytes = described->type == HEADRACE_TYPE_BYTES};
  const struct name_pattern *pattern = method_of(mask, relation, described->name, step);
  if (!pattern)
    return false;
  if (step->method == METHOD_TRUNCATE)
    read_length(pattern->value, &step->length);
  step->constant = pattern->value;
  if (in_key(relation, column))
    check_key(mask, plan, step, described->name);
  plan->count++;
  return true;
}

void *plan_make(void *context, const struct headrace_relation *relation)
{
  const struct mask *mask = context;
  struct plan *plan = must_alloc(1, sizeof *plan);
  bool other_types = false;
  uint16_t *key;
  struct headrace_column *columns = columns_copy(relation, 0, &key);
  plan->steps = must_alloc((size_t)relation->column_count + 1, sizeof *plan->steps);
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (add_step(mask, relation, i, plan))
      other_types = describe(&columns[i], &plan->steps[plan->count - 1]) || other_types;
  if (other_types && !plan->fault) {
    struct headrace_relation derived = *relation;
    derived.columns = columns;
    plan->derived = mask->host->relation_new(mask->host, &derived);
  }
  free(columns);
  free(key);
  return plan;
}

void plan_discard(void *context, void *made)
{
  const struct mask *mask = context;
  struct plan *plan = made;
  if (plan->derived)
    mask->host->relation_release(mask->host, plan->derived);
  free(plan->steps);
  free(plan->fault);
  free(plan);
}
