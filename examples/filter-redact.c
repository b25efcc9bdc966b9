/* SPDX-License-Identifier: Apache-2.0
 *
 * filter redact: only the columns that `keep` names pass, and those of the key; the
 * others keep their place but lose their value. A list of what may pass is safe where
 * a list of what must not is one misspelt name away from a leak.
 *
 * The whole plugin is here; README.md says how to build and use it. */
#include <headrace/plugin.h>
#include <stdlib.h>
#include <string.h>

struct redact { /* one for each pipeline that uses it: a plugin has no writable globals */
  const struct headrace_host *host;
  const struct headrace_pair *keep; /* valid until close */
  size_t keep_count;
  struct headrace_value mask;
};

static enum headrace_result redact_open(const struct headrace_host *host, void **instance)
{
  struct redact *redact = calloc(1, sizeof *redact);
  if (!redact) {
    host->log(host, HEADRACE_ERROR, "out of memory");
    return HEADRACE_RETRY;
  }
  const char *mask = host->string(host, "mask");
  redact->host = host;
  redact->keep_count = host->list(host, "keep", &redact->keep);
  redact->mask = (struct headrace_value){mask, (uint32_t)strlen(mask), HEADRACE_TEXT};
  *instance = redact;
  return HEADRACE_OK;
}

static int may_pass(const struct redact *redact, const struct headrace_relation *relation,
                    uint32_t column)
{
  for (uint32_t i = 0; i < relation->key_count; i++)
    if (relation->key[i] == column)
      return 1;
  for (size_t i = 0; i < redact->keep_count; i++)
    if (!strcmp(redact->keep[i].name, relation->columns[column].name))
      return 1;
  return 0;
}

/* Events are read-only: what changes is a copy in the batch's own memory. */
static const struct headrace_value *redacted(const struct redact *redact,
                                             struct headrace_batch *out,
                                             const struct headrace_relation *relation,
                                             const struct headrace_value *values)
{
  if (!values)
    return NULL;
  const struct headrace_host *host = redact->host;
  struct headrace_value *copy = host->alloc(host, out, relation->column_count * sizeof *copy);
  for (uint32_t i = 0; i < relation->column_count; i++) {
    copy[i] = values[i];
    if (values[i].state == HEADRACE_NULL || values[i].state == HEADRACE_ABSENT ||
        may_pass(redact, relation, i))
      continue;
    /* The mask is a text; a number or a date that is not one would break its reader. */
    copy[i] =
        relation->columns[i].type == HEADRACE_TYPE_TEXT ? redact->mask : (struct headrace_value){0};
  }
  return copy;
}

static enum headrace_result redact_apply(void *instance, const struct headrace_event *event,
                                         struct headrace_batch *out)
{
  const struct redact *redact = instance;
  const struct headrace_host *host = redact->host;
  const struct headrace_relation *relation = event->change->relation;
  if (!relation) /* a logical message may hold anything, so it does not pass */
    return HEADRACE_OK;
  struct headrace_change *change = host->add_change(host, out, relation);
  *change = *event->change;
  change->old_values = redacted(redact, out, relation, event->change->old_values);
  change->new_values = redacted(redact, out, relation, event->change->new_values);
  return HEADRACE_OK;
}

static void redact_close(void *instance)
{
  free(instance);
}

static const struct headrace_key keys[] = {
    {.name = "keep",
     .type = HEADRACE_LIST,
     .flags = HEADRACE_REQUIRED,
     .help = "columns whose values may pass, in any table; key columns always do"},
    {.name = "mask",
     .default_value = "redacted",
     .help = "what stands for a text that may not pass; other types become NULL"},
    {0}};

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "redact",
    .version = "1.0",
    .description = "passes only the values of the columns that are named",
    .keys = keys,
    .open = redact_open,
    .close = redact_close,
    .apply = redact_apply,
};

HEADRACE_REGISTER_PLUGIN(plugin)
