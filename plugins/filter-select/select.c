/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include "change_copy.h"
#include "must_alloc.h"

struct filter {
  const struct headrace_host *host;
  struct rules rules;
  struct relation_cache plans;
  struct transaction_tally tally;
};

static const struct headrace_key keys[] = {
    {.name = "tables", .type = HEADRACE_LIST, .help = "patterns of tables that pass; none: all"},
    {.name = "exclude_tables",
     .type = HEADRACE_LIST,
     .help = "patterns of tables that do not pass"},
    {.name = "columns",
     .type = HEADRACE_LIST,
     .help = "patterns of columns that pass, besides those of the key; none: all"},
    {.name = "exclude_columns",
     .type = HEADRACE_LIST,
     .help = "patterns of columns that do not pass"},
    {.name = "rename",
     .type = HEADRACE_MAP,
     .help = "new names of columns: orders.customer = customer_id"},
    {.name = "drop_operations",
     .type = HEADRACE_LIST,
     .choices = "insert|update|delete|read|truncate|message",
     .help = "operations that do not pass"},
    {.name = "skip_unchanged",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "drop an update that changed none of the columns that pass"},
    {0}};

static void *make(void *context, const struct headrace_relation *relation)
{
  const struct filter *filter = context;
  return plan_make(filter->host, &filter->rules, relation);
}

static void discard(void *context, void *made)
{
  const struct filter *filter = context;
  plan_free(filter->host, made);
}

static void select_close(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  relation_cache_empty(&filter->plans);
  tally_free(&filter->tally);
  rules_free(&filter->rules);
  free(filter);
}

static enum headrace_result select_open(const struct headrace_host *host, void **instance)
{
  struct filter *filter = must_alloc(1, sizeof *filter);
  filter->host = host;
  filter->plans = (struct relation_cache){.make = make, .discard = discard, .context = filter};
  if (!rules_read(host, &filter->rules)) {
    select_close(filter);
    return HEADRACE_FATAL;
  }
  *instance = filter;
  return HEADRACE_OK;
}

static enum headrace_result select_check(const struct headrace_host *host)
{
  struct rules rules;
  bool good = rules_read(host, &rules);
  rules_free(&rules);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

/* ---- events -------------------------------------------------------------- */

static bool same_value(const struct headrace_value *old_value,
                       const struct headrace_value *new_value)
{
  if (new_value->state == HEADRACE_ABSENT) /* not sent because it is as it was */
    return true;
  return old_value->state == new_value->state && old_value->size == new_value->size &&
         (old_value->state < HEADRACE_TEXT ||
          !memcmp(old_value->data, new_value->data, new_value->size));
}

static bool is_unchanged(const struct plan *plan, const struct headrace_change *change)
{
  if (change->operation != HEADRACE_UPDATE || !change->old_values || !change->new_values ||
      change->flags & HEADRACE_OLD_IS_KEY)
    return false;
  uint32_t count = plan->derived ? plan->derived->column_count : change->relation->column_count;
  for (uint32_t i = 0; i < count; i++)
    if (!same_value(&change->old_values[plan->from[i]], &change->new_values[plan->from[i]]))
      return false;
  return true;
}

static const struct headrace_value *chosen(const struct filter *filter, const struct plan *plan,
                                           const struct headrace_value *values,
                                           struct headrace_batch *out)
{
  if (!values)
    return NULL;
  uint32_t count = plan->derived->column_count;
  struct headrace_value *copy = filter->host->alloc(filter->host, out, (count + 1) * sizeof *copy);
  for (uint32_t i = 0; i < count; i++)
    copy[i] = values[plan->from[i]];
  return copy;
}

static enum headrace_result refuse_table(const struct filter *filter, const struct plan *plan,
                                         const struct headrace_relation *relation)
{
  filter->host->log(filter->host, HEADRACE_ERROR, "table %s.%s: %s",
                    relation->schema ? relation->schema : "", relation->table, plan->fault);
  return HEADRACE_FATAL;
}

static enum headrace_result pass_row(struct filter *filter, const struct headrace_event *event,
                                     struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_change *change = event->change;
  const struct plan *plan = relation_cache_get(&filter->plans, change->relation);
  if (plan->fault)
    return refuse_table(filter, plan, change->relation);
  if (plan->dropped || (filter->rules.skip_unchanged && is_unchanged(plan, change)))
    return HEADRACE_OK;
  *passed = 1;
  if (!plan->derived) {
    filter->host->add_event(filter->host, out, event);
    return HEADRACE_OK;
  }
  struct headrace_change *copy = change_copy(filter->host, out, change, plan->derived);
  copy->old_values = chosen(filter, plan, change->old_values, out);
  copy->new_values = chosen(filter, plan, change->new_values, out);
  return HEADRACE_OK;
}

static const struct headrace_relation *relation_after(void *context,
                                                      const struct headrace_relation *relation)
{
  struct filter *filter = context;
  const struct plan *plan = relation_cache_get(&filter->plans, relation);
  return plan->derived;
}

static enum headrace_result select_apply(void *instance, const struct headrace_event *event,
                                         struct headrace_batch *out)
{
  struct filter *filter = instance;
  const struct headrace_change *change = event->change;
  enum headrace_result result = HEADRACE_OK;
  uint32_t passed = 0;
  if (change->operation >= HEADRACE_BEGIN) {
    tally_pass(&filter->tally, filter->host, event, out, relation_after, filter);
    return HEADRACE_OK;
  }
  if (!(filter->rules.dropped & 1u << change->operation)) {
    if (change->relation) {
      result = pass_row(filter, event, out, &passed);
    } else {
      filter->host->add_event(filter->host, out, event);
      passed = 1;
    }
  }
  if (result == HEADRACE_OK)
    tally_note(&filter->tally, change, passed);
  return result;
}

static enum headrace_result select_tick(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "select",
    .version = HEADRACE_VERSION,
    .description = "which tables, operations and columns pass, and columns under other names",
    .keys = keys,
    .open = select_open,
    .close = select_close,
    .tick = select_tick,
    .check = select_check,
    .apply = select_apply,
};

HEADRACE_REGISTER_PLUGIN(plugin)
