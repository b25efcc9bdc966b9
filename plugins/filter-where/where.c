/* SPDX-License-Identifier: Apache-2.0 */
#include "where.h"

#include "change_copy.h"
#include "must_alloc.h"
#include "name_pattern.h"
#include "relation_cache.h"
#include "transaction_tally.h"

#include <stdio.h>

struct filter {
  const struct headrace_host *host;
  struct expression expression;
  struct name_patterns tables; /* none: all */
  bool of_records, passes_unknown, follows;
  struct relation_cache bindings;
  struct transaction_tally tally;
};

struct binding { /* of a relation */
  bool concerned;
  int32_t *columns; /* of each name in the expression; -1: there is no such column */
};

static const struct headrace_key keys[] = {
    {.name = "expression", .flags = HEADRACE_REQUIRED, .help = "what is true of events that pass"},
    {.name = "on",
     .type = HEADRACE_ENUM,
     .default_value = "changes",
     .choices = "changes|records",
     .help = "what is looked at; a record after an encoding codec still has its columns"},
    {.name = "tables",
     .type = HEADRACE_LIST,
     .help = "patterns of tables that are looked at; others pass; none: all"},
    {.name = "unknown",
     .type = HEADRACE_ENUM,
     .default_value = "drop",
     .choices = "drop|pass",
     .help = "what becomes of events of which the expression is unknown"},
    {.name = "updates",
     .type = HEADRACE_ENUM,
     .default_value = "pass",
     .choices = "pass|follow",
     .help = "follow: a row that no longer fits is a delete, one that now does an insert"},
    {0}};

static void *bind(void *context, const struct headrace_relation *relation)
{
  const struct filter *filter = context;
  const struct expression *expression = &filter->expression;
  struct binding *binding = must_alloc(1, sizeof *binding);
  binding->concerned = !filter->tables.count || name_patterns_find(&filter->tables, relation, NULL);
  binding->columns = must_alloc(expression->column_count, sizeof *binding->columns);
  for (size_t i = 0; i < expression->column_count; i++) {
    uint32_t at = 0;
    while (at < relation->column_count &&
           strcmp(relation->columns[at].name, expression->columns[i]) != 0)
      at++;
    binding->columns[i] = at < relation->column_count ? (int32_t)at : -1;
    if (binding->columns[i] < 0 && binding->concerned)
      filter->host->log(filter->host, HEADRACE_WARNING,
                        "table %s.%s has no column \"%s\": it is absent there; the key tables "
                        "says which tables the expression is for",
                        relation->schema ? relation->schema : "", relation->table,
                        expression->columns[i]);
  }
  return binding;
}

static void discard(void *context, void *made)
{
  (void)context;
  struct binding *binding = made;
  free(binding->columns);
  free(binding);
}

/* False: a fault was said. */
static bool read(const struct headrace_host *host, struct filter *filter)
{
  char error[300];
  *filter = (struct filter){.host = host,
                            .of_records = host->integer(host, "on") != 0,
                            .passes_unknown = host->integer(host, "unknown") != 0,
                            .follows = host->integer(host, "updates") != 0};
  filter->bindings = (struct relation_cache){.make = bind, .discard = discard, .context = filter};
  bool good =
      expression_parse(host->string(host, "expression"), &filter->expression, error, sizeof error);
  if (!good)
    host->log(host, HEADRACE_ERROR, "expression: %s", error);
  good = name_patterns_read(host, "tables", 2, &filter->tables) && good;
  if (filter->of_records && filter->follows) {
    host->log(host, HEADRACE_ERROR, "updates: follow makes other changes; it needs on = changes");
    good = false;
  }
  return good;
}

static void release(struct filter *filter)
{
  relation_cache_empty(&filter->bindings);
  tally_free(&filter->tally);
  name_patterns_free(&filter->tables);
  expression_free(&filter->expression);
}

static enum headrace_result where_check(const struct headrace_host *host)
{
  struct filter filter;
  bool good = read(host, &filter);
  release(&filter);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result where_open(const struct headrace_host *host, void **instance)
{
  struct filter *filter = must_alloc(1, sizeof *filter);
  if (read(host, filter)) {
    *instance = filter;
    return HEADRACE_OK;
  }
  release(filter);
  free(filter);
  return HEADRACE_FATAL;
}

static void where_close(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  release(filter);
  free(filter);
}

static enum headrace_result where_tick(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  return HEADRACE_OK;
}

static int where_on_records(void *instance)
{
  const struct filter *filter = instance;
  return filter->of_records;
}

/* ---- events -------------------------------------------------------------------- */

static enum headrace_result refuse(const struct filter *filter, const struct subject *subject,
                                   struct headrace_batch *out)
{
  const struct headrace_relation *relation = subject->change ? subject->change->relation : NULL;
  char reason[400];
  snprintf(reason, sizeof reason, "expression, column %u: %s%s%s", subject->fault_at,
           subject->fault, relation ? "; table " : "", relation ? relation->table : "");
  return filter->host->refuse(filter->host, out, "unsupported", reason) == HEADRACE_VERDICT_STOP
             ? HEADRACE_FATAL
             : HEADRACE_OK;
}

static bool fits(const struct filter *filter, enum truth truth)
{
  return truth == TRUTH_TRUE || (truth == TRUTH_UNKNOWN && filter->passes_unknown);
}

/* What of a row is known without an old one: its key, which has not changed then. */
static const struct headrace_value *key_values(const struct filter *filter,
                                               const struct headrace_change *change,
                                               struct headrace_batch *out)
{
  const struct headrace_relation *relation = change->relation;
  struct headrace_value *values =
      filter->host->alloc(filter->host, out, (relation->column_count + 1) * sizeof *values);
  for (uint32_t i = 0; i < relation->column_count; i++)
    values[i] = (struct headrace_value){.state = HEADRACE_ABSENT};
  for (uint32_t i = 0; i < relation->key_count; i++)
    values[relation->key[i]] = change->new_values[relation->key[i]];
  return values;
}

static void pass_delete(const struct filter *filter, const struct headrace_change *change,
                        struct headrace_batch *out)
{
  struct headrace_change *copy = change_copy(filter->host, out, change, change->relation);
  copy->operation = HEADRACE_DELETE;
  copy->new_values = NULL;
  if (change->old_values)
    return;
  copy->old_values = key_values(filter, change, out);
  copy->flags |= HEADRACE_OLD_IS_KEY;
}

/* Whoever gets it has no row to take from what was not sent because it is unchanged. */
static void pass_insert(const struct filter *filter, const struct headrace_change *change,
                        struct headrace_batch *out)
{
  uint32_t count = change->relation->column_count;
  struct headrace_value *values =
      filter->host->alloc(filter->host, out, (count + 1) * sizeof *values);
  for (uint32_t i = 0; i < count; i++) {
    bool sent = change->new_values[i].state != HEADRACE_ABSENT;
    values[i] = sent ? change->new_values[i] : change->old_values[i];
  }
  struct headrace_change *copy = change_copy(filter->host, out, change, change->relation);
  copy->operation = HEADRACE_INSERT;
  copy->new_values = values;
  copy->old_values = NULL;
}

/* An update of which the whole old row is known and one of the rows does not fit. Where it is not
 * known, a row that does not fit any more is deleted: if it was not there, that does no harm. */
static enum headrace_result follow(const struct filter *filter, struct subject *subject,
                                   const struct headrace_event *event, bool now,
                                   struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_change *change = event->change;
  bool known = change->old_values && !(change->flags & HEADRACE_OLD_IS_KEY);
  enum truth before = TRUTH_TRUE;
  if (known) {
    subject->new_values = NULL;
    before = expression_evaluate(&filter->expression, subject);
  }
  if (before == TRUTH_FAULT)
    return refuse(filter, subject, out);
  bool was = fits(filter, before);
  *passed = was || now;
  if (was && now) {
    filter->host->add_event(filter->host, out, event);
  } else if (now) {
    pass_insert(filter, change, out);
  } else if (was) {
    pass_delete(filter, change, out);
  }
  return HEADRACE_OK;
}

static enum headrace_result decide(struct filter *filter, const struct headrace_event *event,
                                   struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_change *change = event->change;
  const struct headrace_relation *relation = change ? change->relation : NULL;
  const struct binding *binding = relation ? relation_cache_get(&filter->bindings, relation) : NULL;
  struct subject subject = {.change = change,
                            .record = event->record,
                            .columns = binding ? binding->columns : NULL,
                            .new_values = change ? change->new_values : NULL,
                            .old_values = change ? change->old_values : NULL};
  bool concerned = binding ? binding->concerned : !filter->tables.count;
  enum truth truth = concerned ? expression_evaluate(&filter->expression, &subject) : TRUTH_TRUE;
  if (truth == TRUTH_FAULT)
    return refuse(filter, &subject, out);
  bool now = fits(filter, truth);
  if (filter->follows && concerned && relation && change->operation == HEADRACE_UPDATE &&
      change->new_values)
    return follow(filter, &subject, event, now, out, passed);
  *passed = now;
  if (now)
    filter->host->add_event(filter->host, out, event);
  return HEADRACE_OK;
}

static enum headrace_result where_apply(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct filter *filter = instance;
  const struct headrace_change *change = event->change;
  uint32_t passed = 0;
  if (change && change->operation >= HEADRACE_BEGIN) {
    if (filter->of_records)
      filter->host->add_event(filter->host, out, event);
    else
      tally_pass(&filter->tally, filter->host, event, out, NULL, NULL);
    return HEADRACE_OK;
  }
  enum headrace_result result = decide(filter, event, out, &passed);
  if (result != HEADRACE_OK)
    return result;
  if (change)
    tally_note(&filter->tally, change, passed);
  else
    filter->tally.dropped += !passed;
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "where",
    .version = HEADRACE_VERSION,
    .description = "passes events of which an expression is true",
    .keys = keys,
    .open = where_open,
    .close = where_close,
    .tick = where_tick,
    .check = where_check,
    .apply = where_apply,
    .on_records = where_on_records,
};

HEADRACE_REGISTER_PLUGIN(plugin)
