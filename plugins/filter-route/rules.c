/* SPDX-License-Identifier: Apache-2.0 */
#include "must_alloc.h"
#include "route.h"
#include "template.h"

#include <stdio.h>

#define GROUPS 10

static const char *const change_places[] = {"schema", "table", NULL};
static const char *const record_places[] = {"schema", "table", "topic", "partition", NULL};

static bool check_name(const struct headrace_host *host, bool of_records, const char *to)
{
  char error[256];
  if (template_check(to, of_records ? record_places : change_places, error, sizeof error))
    return true;
  host->log(host, HEADRACE_ERROR, "rules: %s; the places are {schema} {table}%s, and \\0 to \\9",
            error, of_records ? " {topic} {partition}" : "");
  return false;
}

/* An expression that must fit from the beginning: a part of a name says too little. */
static bool read_rule(const struct headrace_host *host, bool of_records,
                      const struct headrace_pair *pair, struct rules *rules)
{
  char *from = name_unquoted(pair->name), *to = name_unquoted(pair->value);
  struct rule rule = {.to = to};
  bool good = *from == '^';
  if (!good)
    host->log(host, HEADRACE_ERROR,
              "rules: \"%s\" is to begin with ^, like ^public\\.orders_[0-9]+$", from);
  good = good && name_expression(host, "rules", from, &rule.expression);
  free(from);
  if (!good) {
    free(to);
    return false;
  }
  rules->of_partitions |= template_uses(to, "partition");
  rules->items[rules->count++] = rule;
  return check_name(host, of_records, to);
}

bool rules_read(const struct headrace_host *host, bool of_records, struct rules *rules)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, "rules", &pairs);
  bool good = true;
  *rules = (struct rules){.items = must_alloc(count, sizeof *rules->items)};
  for (size_t i = 0; i < count; i++)
    good = read_rule(host, of_records, &pairs[i], rules) && good;
  return good;
}

void rules_free(struct rules *rules)
{
  for (size_t i = 0; i < rules->count; i++) {
    regfree(&rules->items[i].expression);
    free(rules->items[i].to);
  }
  free(rules->items);
  *rules = (struct rules){0};
}

/* ---- making a name --------------------------------------------------------- */

struct text {
  char *data;
  size_t size;
};

static void append(struct text *text, const char *data, size_t size)
{
  text->data = must_grow(text->data, text->size + size + 1);
  memcpy(text->data + text->size, data, size);
  text->size += size;
  text->data[text->size] = '\0';
}

static void append_place(struct text *text, const char *name, size_t size,
                         const struct subject *subject)
{
  char partition[16] = "";
  if (subject->partition >= 0)
    snprintf(partition, sizeof partition, "%d", subject->partition);
  const struct headrace_pair places[] = {{"topic", subject->topic},
                                         {"schema", subject->schema},
                                         {"table", subject->table},
                                         {"partition", partition}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (strlen(places[i].name) == size && !memcmp(places[i].name, name, size) && places[i].value)
      append(text, places[i].value, strlen(places[i].value));
}

/* Groups and places in one pass: what a group has matched is not looked at again. */
static char *fill(const char *to, const char *name, const regmatch_t *groups,
                  const struct subject *subject)
{
  struct text text = {0};
  append(&text, "", 0);
  while (*to) {
    size_t literal = strcspn(to, "\\{");
    append(&text, to, literal);
    to += literal;
    if (*to == '{') {
      size_t size = strcspn(to + 1, "}");
      append_place(&text, to + 1, size, subject);
      to += size + 2;
    } else if (*to == '\\' && to[1] >= '0' && to[1] <= '9') {
      const regmatch_t *group = &groups[to[1] - '0'];
      if (group->rm_so >= 0)
        append(&text, name + group->rm_so, (size_t)(group->rm_eo - group->rm_so));
      to += 2;
    } else if (*to) {
      append(&text, to++, 1);
    }
  }
  return text.data;
}

char *rules_name(const struct rules *rules, const char *name, const struct subject *subject)
{
  regmatch_t groups[GROUPS];
  for (size_t i = 0; i < rules->count; i++) {
    if (regexec(&rules->items[i].expression, name, GROUPS, groups, 0))
      continue;
    char *made = fill(rules->items[i].to, name, groups, subject);
    if (*made)
      return made;
    free(made);
    return NULL;
  }
  return NULL;
}

char *table_name(const struct headrace_relation *relation)
{
  const char *schema = relation->schema ? relation->schema : "";
  size_t size = strlen(schema) + strlen(relation->table) + 2;
  char *name = must_alloc(size, 1);
  snprintf(name, size, "%s%s%s", schema, *schema ? "." : "", relation->table);
  return name;
}
