/* SPDX-License-Identifier: Apache-2.0 */
#include "naming.h"

#include "letter_case.h"
#include "pg_quote.h"
#include "sink.h"
#include "template.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 10 /* \0 to \9 */

/* "schema.table", parted at the first dot outside of braces: dots of values do not count. */
struct name_template {
  char *schema; /* NULL: default_schema */
  char *table;
};

struct table_rule { /* one item of `tables` */
  char *from;       /* a topic or schema.table; NULL: by expression */
  regex_t expression;
  char *to; /* NULL: of a list */
};

struct column_rule { /* "table:column", "column" */
  char *table;       /* of the source; NULL: any */
  char *column;
  char *value; /* of a map */
};

struct column_rules {
  struct column_rule *items;
  size_t count;
};

struct naming {
  const struct headrace_host *host;
  struct name_template table;
  const char *default_schema, *column;
  enum letter_case table_case, column_case;
  struct table_rule *rules;
  size_t rule_count;
  struct table_rule *include, *exclude;
  size_t include_count, exclude_count;
  struct column_rules include_columns, exclude_columns, rename_columns, cast_columns;
  char **places; /* names that templates may use, ended by NULL: the fixed ones, then headers */
  size_t place_count;
};

enum { PLACE_TOPIC, PLACE_DATABASE, PLACE_SCHEMA, PLACE_TABLE, PLACE_FIXED };
static const char *const fixed_places[] = {"topic", "db", "schema", "table"};
static const char header_place[] = "header.";

static char *copy(const char *text, size_t size)
{
  char *out = sink_alloc(size + 1);
  if (size)
    memcpy(out, text, size);
  return out;
}

/* ---- templates --------------------------------------------------------- */

static const char *first_dot(const char *text)
{
  bool inside = false;
  for (; *text; text++) {
    inside = *text == '{' || (inside && *text != '}');
    if (*text == '.' && !inside)
      return text;
  }
  return NULL;
}

static struct name_template template_split(const char *text)
{
  const char *dot = first_dot(text);
  if (!dot)
    return (struct name_template){.table = copy(text, strlen(text))};
  return (struct name_template){.schema = copy(text, (size_t)(dot - text)),
                                .table = copy(dot + 1, strlen(dot + 1))};
}

static void add_place(struct naming *naming, const char *name, size_t size)
{
  for (size_t i = 0; i < naming->place_count; i++)
    if (strlen(naming->places[i]) == size && !strncmp(naming->places[i], name, size))
      return;
  naming->places = sink_realloc(naming->places, (naming->place_count + 2) * sizeof *naming->places);
  naming->places[naming->place_count++] = copy(name, size);
  naming->places[naming->place_count] = NULL;
}

/* Any header may be named: the places of the template say which. */
static void add_headers(struct naming *naming, const char *text)
{
  for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
    size_t size = strcspn(at + 1, "{}");
    if (!strncmp(at + 1, header_place, strlen(header_place)) && size > strlen(header_place))
      add_place(naming, at + 1, size);
  }
}

static bool check_template(struct naming *naming, const char *key, const char *text)
{
  char error[256];
  add_headers(naming, text);
  if (template_check(text, (const char *const *)naming->places, error, sizeof error))
    return true;
  naming->host->log(naming->host, HEADRACE_ERROR,
                    "%s: %s; the places are {topic} {db} {schema} {table} {header.NAME}", key,
                    error);
  return false;
}

/* ---- rules ------------------------------------------------------------- */

static bool compile(const struct naming *naming, const char *key, const char *text, regex_t *out)
{
  int code = regcomp(out, text, REG_EXTENDED);
  if (!code)
    return true;
  char reason[160];
  regerror(code, out, reason, sizeof reason);
  naming->host->log(naming->host, HEADRACE_ERROR, "%s: \"%s\": %s", key, text, reason);
  return false;
}

/* What has a comma stands in double quotes, so that the host does not end the item there; they
 * are not meant. NULL: NULL. */
static char *unquoted(const char *text)
{
  size_t size = text ? strlen(text) : 0;
  bool quoted = size >= 2 && text[0] == '"' && text[size - 1] == '"' && strchr(text, ',');
  return !text ? NULL : quoted ? copy(text + 1, size - 2) : copy(text, size);
}

/* A topic, a schema.table, or an expression of topics if it begins with ^. */
static bool read_table_rule(struct naming *naming, const char *key,
                            const struct headrace_pair *pair, struct table_rule *rule)
{
  *rule = (struct table_rule){.from = unquoted(pair->name), .to = unquoted(pair->value)};
  bool good = !rule->to || check_template(naming, key, rule->to);
  if (*rule->from != '^')
    return good;
  good = compile(naming, key, rule->from, &rule->expression) && good;
  if (good) {
    free(rule->from);
    rule->from = NULL;
  }
  return good;
}

static bool read_table_rules(struct naming *naming, const char *key, struct table_rule **rules,
                             size_t *count)
{
  const struct headrace_pair *pairs;
  size_t total = naming->host->list(naming->host, key, &pairs);
  bool good = true;
  *rules = sink_alloc((total + 1) * sizeof **rules);
  for (*count = 0; *count < total; *count += 1)
    good = read_table_rule(naming, key, &pairs[*count], &(*rules)[*count]) && good;
  return good;
}

static void read_column_rules(const struct headrace_host *host, const char *key,
                              struct column_rules *rules)
{
  const struct headrace_pair *pairs;
  rules->count = host->list(host, key, &pairs);
  rules->items = sink_alloc((rules->count + 1) * sizeof *rules->items);
  for (size_t i = 0; i < rules->count; i++) {
    struct column_rule *rule = &rules->items[i];
    char *name = unquoted(pairs[i].name), *colon = strchr(name, ':');
    rule->value = unquoted(pairs[i].value);
    rule->column = colon ? copy(colon + 1, strlen(colon + 1)) : name;
    if (!colon)
      continue;
    *colon = 0;
    rule->table = name;
  }
}

static void free_table_rules(struct table_rule *rules, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (!rules[i].from)
      regfree(&rules[i].expression);
    free(rules[i].from);
    free(rules[i].to);
  }
  free(rules);
}

static void free_column_rules(struct column_rules *rules)
{
  for (size_t i = 0; i < rules->count; i++) {
    free(rules->items[i].table);
    free(rules->items[i].column);
    free(rules->items[i].value);
  }
  free(rules->items);
}

/* ---- configuration ----------------------------------------------------- */

static bool read_names(struct naming *naming)
{
  const struct headrace_host *host = naming->host;
  const char *table = host->string(host, "table");
  naming->default_schema = host->string(host, "default_schema");
  naming->column = host->string(host, "column");
  naming->table_case = (enum letter_case)host->integer(host, "table_case");
  naming->column_case = (enum letter_case)host->integer(host, "column_case");
  for (size_t i = 0; i < PLACE_FIXED; i++)
    add_place(naming, fixed_places[i], strlen(fixed_places[i]));
  naming->table = template_split(table);
  bool good = check_template(naming, "table", table);
  static const char *const column_places[] = {"column", NULL};
  char error[256];
  if (!template_check(naming->column, column_places, error, sizeof error)) {
    host->log(host, HEADRACE_ERROR, "column: %s; the place is {column}", error);
    good = false;
  } else if (!template_uses(naming->column, "column")) {
    host->log(host, HEADRACE_ERROR, "column: without {column} all columns would have one name");
    good = false;
  }
  return good;
}

struct naming *naming_new(const struct headrace_host *host)
{
  struct naming *naming = sink_alloc(sizeof *naming);
  naming->host = host;
  bool good = read_names(naming);
  good = read_table_rules(naming, "tables", &naming->rules, &naming->rule_count) && good;
  good =
      read_table_rules(naming, "include_tables", &naming->include, &naming->include_count) && good;
  good =
      read_table_rules(naming, "exclude_tables", &naming->exclude, &naming->exclude_count) && good;
  read_column_rules(host, "include_columns", &naming->include_columns);
  read_column_rules(host, "exclude_columns", &naming->exclude_columns);
  read_column_rules(host, "rename_columns", &naming->rename_columns);
  read_column_rules(host, "cast_columns", &naming->cast_columns);
  if (good)
    return naming;
  naming_free(naming);
  return NULL;
}

void naming_free(struct naming *naming)
{
  if (!naming)
    return;
  free_table_rules(naming->rules, naming->rule_count);
  free_table_rules(naming->include, naming->include_count);
  free_table_rules(naming->exclude, naming->exclude_count);
  free_column_rules(&naming->include_columns);
  free_column_rules(&naming->exclude_columns);
  free_column_rules(&naming->rename_columns);
  free_column_rules(&naming->cast_columns);
  for (size_t i = 0; i < naming->place_count; i++)
    free(naming->places[i]);
  free(naming->places);
  free(naming->table.schema);
  free(naming->table.table);
  free(naming);
}

/* ---- events ------------------------------------------------------------ */

static const struct headrace_value *header(const struct headrace_record *record, const char *name)
{
  for (uint32_t i = record->header_count; i; i--)
    if (!strcmp(record->headers[i - 1].name, name))
      return &record->headers[i - 1].value;
  return NULL;
}

static size_t put(char *out, size_t size, size_t used, const struct headrace_value *value)
{
  size_t length = value && value->state >= HEADRACE_TEXT ? value->size : 0;
  if (length && used + length <= size)
    memcpy(out + used, value->data, length);
  return used + length;
}

size_t naming_context(const struct naming *naming, const struct headrace_record *record, char *out,
                      size_t size)
{
  if (!record)
    return 0;
  size_t used = put(out, size, 0, &record->topic);
  for (size_t i = PLACE_FIXED; i < naming->place_count; i++) {
    static const struct headrace_value between = {.data = "", .size = 1, .state = HEADRACE_TEXT};
    used = put(out, size, used, &between);
    used = put(out, size, used, header(record, naming->places[i] + strlen(header_place)));
  }
  return used;
}

char *naming_topic(const struct headrace_record *record)
{
  if (!record || record->topic.state < HEADRACE_TEXT)
    return NULL;
  return copy(record->topic.data, record->topic.size);
}

/* The source's names of a table: what rules are compared with. */
struct source_names {
  char *topic, *qualified; /* "schema.table" */
  const char *table;
};

static struct source_names names_of(const struct headrace_event *event)
{
  const struct headrace_relation *relation = event->change->relation;
  return (struct source_names){.topic = naming_topic(event->record),
                               .qualified =
                                   pg_format("%s.%s", relation->schema ? relation->schema : "",
                                             relation->table ? relation->table : ""),
                               .table = relation->table ? relation->table : ""};
}

static void free_names(struct source_names *names)
{
  free(names->topic);
  free(names->qualified);
}

static bool is_table(const struct source_names *names, const char *text)
{
  return (names->topic && !strcmp(names->topic, text)) || !strcmp(names->qualified, text) ||
         !strcmp(names->table, text);
}

static bool rule_fits(const struct table_rule *rule, const struct source_names *names,
                      regmatch_t *groups)
{
  if (rule->from)
    return is_table(names, rule->from);
  const char *text = names->topic ? names->topic : names->qualified;
  return !regexec(&rule->expression, text, GROUPS_MAX, groups, 0);
}

static bool any_fits(const struct table_rule *rules, size_t count, const struct source_names *names)
{
  regmatch_t groups[GROUPS_MAX];
  for (size_t i = 0; i < count; i++)
    if (rule_fits(&rules[i], names, groups))
      return true;
  return false;
}

/* ---- tables ------------------------------------------------------------ */

/* Puts what the groups of an expression matched for \0 to \9. */
static char *fill_groups(const char *text, const char *subject, const regmatch_t *groups)
{
  char *out = copy("", 0);
  for (; *text; text++) {
    bool group = *text == '\\' && text[1] >= '0' && text[1] <= '9';
    if (!group) {
      pg_append(&out, "%c", *text);
      continue;
    }
    const regmatch_t *match = &groups[*++text - '0'];
    if (match->rm_so >= 0)
      pg_append(&out, "%.*s", (int)(match->rm_eo - match->rm_so), subject + match->rm_so);
  }
  return out;
}

static char *expand(const struct naming *naming, const char *text,
                    const struct headrace_event *event, const struct source_names *names)
{
  const struct headrace_relation *relation = event->change->relation;
  struct headrace_pair *values = sink_alloc(naming->place_count * sizeof *values);
  const char *fixed[] = {names->topic, relation->database, relation->schema, relation->table};
  for (size_t i = 0; i < PLACE_FIXED; i++)
    values[i] = (struct headrace_pair){fixed_places[i], fixed[i]};
  for (size_t i = PLACE_FIXED; event->record && i < naming->place_count; i++) {
    const struct headrace_value *value =
        header(event->record, naming->places[i] + strlen(header_place));
    bool given = value && value->state >= HEADRACE_TEXT;
    values[i] = (struct headrace_pair){naming->places[i],
                                       given ? copy(value->data, value->size) : copy("", 0)};
  }
  char *out = template_expand(text, values, event->record ? naming->place_count : PLACE_FIXED);
  for (size_t i = PLACE_FIXED; i < naming->place_count; i++)
    free((void *)(uintptr_t)values[i].value);
  free(values);
  return out;
}

static void by_template(const struct naming *naming, const struct headrace_event *event,
                        const struct source_names *names, struct table_place *place)
{
  char *schema =
      naming->table.schema ? expand(naming, naming->table.schema, event, names) : copy("", 0);
  char *table = expand(naming, naming->table.table, event, names);
  place->schema = letter_case_apply(naming->table_case, schema);
  place->table = letter_case_apply(naming->table_case, table);
  place->shared = !strchr(naming->table.table, '{') &&
                  !(naming->table.schema && strchr(naming->table.schema, '{'));
  free(schema);
  free(table);
}

/* What an operator wrote for this topic is exact: no rule of case. */
static bool by_rule(const struct naming *naming, const struct headrace_event *event,
                    const struct source_names *names, struct table_place *place)
{
  regmatch_t groups[GROUPS_MAX];
  for (size_t i = 0; i < naming->rule_count; i++) {
    const struct table_rule *rule = &naming->rules[i];
    if (!rule_fits(rule, names, groups))
      continue;
    const char *subject = names->topic ? names->topic : names->qualified;
    struct name_template to = template_split(rule->to);
    char *parts[] = {to.schema ? to.schema : copy("", 0), to.table};
    char **out[] = {&place->schema, &place->table};
    for (size_t part = 0; part < 2; part++) {
      char *text = rule->from ? copy(parts[part], strlen(parts[part]))
                              : fill_groups(parts[part], subject, groups);
      *out[part] = expand(naming, text, event, names);
      free(text);
      free(parts[part]);
    }
    place->shared = true;
    return true;
  }
  return false;
}

static char *fault_of(const char *what, const char *name)
{
  if (!*name)
    return pg_format("the name of its %s is empty", what);
  if (strlen(name) > NAME_MAX_BYTES)
    return pg_format("the name of its %s, \"%s\", has %zu bytes; PostgreSQL's names end after %d: "
                     "give it another one",
                     what, name, strlen(name), NAME_MAX_BYTES);
  return NULL;
}

bool naming_table(const struct naming *naming, const struct headrace_event *event,
                  struct table_place *place, char **reason)
{
  *place = (struct table_place){0};
  *reason = NULL;
  struct source_names names = names_of(event);
  bool wanted =
      (!naming->include_count || any_fits(naming->include, naming->include_count, &names)) &&
      !any_fits(naming->exclude, naming->exclude_count, &names);
  if (wanted && !by_rule(naming, event, &names, place))
    by_template(naming, event, &names, place);
  free_names(&names);
  if (!wanted)
    return true;
  if (!*place->schema) {
    free(place->schema);
    place->schema = copy(naming->default_schema, strlen(naming->default_schema));
  }
  *reason = fault_of("schema", place->schema);
  if (!*reason)
    *reason = fault_of("table", place->table);
  if (*reason)
    table_place_free(place);
  return !*reason;
}

void table_place_free(struct table_place *place)
{
  free(place->schema);
  free(place->table);
  *place = (struct table_place){0};
}

/* ---- columns ----------------------------------------------------------- */

static const struct column_rule *column_rule(const struct column_rules *rules,
                                             const struct source_names *names, const char *column)
{
  for (size_t i = 0; i < rules->count; i++) {
    const struct column_rule *rule = &rules->items[i];
    if ((!rule->table || !*rule->table || is_table(names, rule->table)) &&
        (!strcmp(rule->column, column) || !strcmp(rule->column, "*")))
      return rule;
  }
  return NULL;
}

static bool has_rule(const struct column_rules *rules, const struct source_names *names)
{
  for (size_t i = 0; i < rules->count; i++)
    if (!rules->items[i].table || !*rules->items[i].table || is_table(names, rules->items[i].table))
      return true;
  return false;
}

static bool column_wanted(const struct naming *naming, const struct source_names *names,
                          const char *column)
{
  if (column_rule(&naming->exclude_columns, names, column))
    return false;
  return !has_rule(&naming->include_columns, names) ||
         column_rule(&naming->include_columns, names, column);
}

static char *column_by_template(const struct naming *naming, const char *column)
{
  const struct headrace_pair values[] = {{"column", column}};
  char *name = template_expand(naming->column, values, 1);
  char *out = letter_case_apply(naming->column_case, name);
  free(name);
  return out;
}

char *naming_column(const struct naming *naming, const struct headrace_event *event,
                    const char *column, char **reason)
{
  *reason = NULL;
  struct source_names names = names_of(event);
  char *name = NULL;
  if (column_wanted(naming, &names, column)) {
    const struct column_rule *rule = column_rule(&naming->rename_columns, &names, column);
    name = rule ? copy(rule->value, strlen(rule->value)) : column_by_template(naming, column);
  }
  free_names(&names);
  *reason = name ? fault_of("column", name) : NULL;
  if (*reason) {
    free(name);
    name = NULL;
  }
  return name;
}

const char *naming_cast(const struct naming *naming, const struct headrace_event *event,
                        const char *column)
{
  struct source_names names = names_of(event);
  const struct column_rule *rule = column_rule(&naming->cast_columns, &names, column);
  free_names(&names);
  return rule ? rule->value : NULL;
}

const struct headrace_host *naming_host(const struct naming *naming)
{
  return naming->host;
}
