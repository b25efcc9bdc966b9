/* SPDX-License-Identifier: Apache-2.0 */
#include "connect_codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *must(void *pointer)
{
  if (!pointer)
    abort(); /* out of memory: as the host does */
  return pointer;
}

struct text text_print(const char *format, ...)
{
  char *data = NULL;
  va_list arguments;
  va_start(arguments, format);
  int size = vasprintf(&data, format, arguments);
  va_end(arguments);
  must(size < 0 ? NULL : data);
  return (struct text){.data = data, .size = (size_t)size};
}

struct text text_json(const char *data, size_t size)
{
  char *out = must(malloc(JSON_ESCAPE_GROWTH * size + 3));
  char *end = json_string(out, data, size);
  *end = '\0';
  return (struct text){.data = out, .size = (size_t)(end - out)};
}

void text_free(struct text *text)
{
  free(text->data);
  *text = (struct text){0};
}

/* The columns that key_columns names for this table, in that order; NULL: it names none. */
static const char *configured_key(const struct options *options,
                                  const struct headrace_relation *relation)
{
  size_t schema_size = strlen(relation->schema);
  for (size_t i = 0; i < options->key_column_count; i++) {
    const char *name = options->key_columns[i].name;
    if (!strncmp(name, relation->schema, schema_size) && name[schema_size] == '.' &&
        !strcmp(name + schema_size + 1, relation->table))
      return options->key_columns[i].value;
  }
  return NULL;
}

static bool find_column(const struct headrace_relation *relation, const char *name, size_t size,
                        uint16_t *index)
{
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (strlen(relation->columns[i].name) == size &&
        !memcmp(relation->columns[i].name, name, size)) {
      *index = (uint16_t)i;
      return true;
    }
  return false;
}

static void plan_configured_key(struct codec *codec, struct relation_plan *plan,
                                const struct headrace_relation *relation, const char *names)
{
  for (const char *name = names; *name;) {
    size_t size = strcspn(name, "+");
    if (find_column(relation, name, size, &plan->key[plan->key_count]))
      plan->key_count++;
    else
      codec->host->log(codec->host, HEADRACE_WARNING,
                       "key_columns: table %s.%s has no column \"%.*s\": its keys are made "
                       "without it",
                       relation->schema, relation->table, (int)size, name);
    name += size + (name[size] == '+');
  }
}

static size_t count_names(const char *names)
{
  size_t count = 1;
  for (; *names; names++)
    count += *names == '+';
  return count;
}

static void plan_key(struct codec *codec, struct relation_plan *plan,
                     const struct headrace_relation *relation)
{
  const char *names = configured_key(&codec->options, relation);
  size_t room = names ? count_names(names) : relation->key_count;
  plan->key = must(calloc(room + 1, sizeof *plan->key));
  if (names) {
    plan_configured_key(codec, plan, relation, names);
  } else if (relation->key_count) {
    memcpy(plan->key, relation->key, relation->key_count * sizeof *plan->key);
    plan->key_count = relation->key_count;
  }
}

static void plan_column(struct codec *codec, struct column_plan *plan,
                        const struct headrace_column *column)
{
  bool known = value_plan_init(&plan->value, column, &codec->options, codec->scratch);
  plan->omitted = !known && codec->options.unknown_types == UNKNOWN_OMIT;
  plan->nullable = column->flags & HEADRACE_COLUMN_NULLABLE;
  plan->label = text_json(column->name, strlen(column->name));
  plan->name = plan->label.data + 1;
  plan->name_size = plan->label.size - 2;
  plan->label.data[plan->label.size++] = ':'; /* in the NUL's place: a text has its size */
}

/* What a value takes when it has no text of its own. */
static size_t stand_in_size(const struct value_plan *plan)
{
  size_t size = sizeof "null" - 1;
  if (plan->unavailable.size > size)
    size = plan->unavailable.size;
  return plan->zero.size > size ? plan->zero.size : size;
}

static void plan_sizes(struct relation_plan *plan)
{
  plan->row_fixed = 2;
  for (uint32_t i = 0; i < plan->column_count; i++)
    plan->row_fixed += plan->columns[i].label.size + 1 + stand_in_size(&plan->columns[i].value);
  plan->key_fixed = 2;
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct column_plan *column = &plan->columns[plan->key[i]];
    plan->key_fixed += column->label.size + 1 + stand_in_size(&column->value);
  }
}

void remember_database(struct codec *codec, const char *database)
{
  if (codec->database.data && !strcmp(codec->database.data, database))
    return;
  text_free(&codec->database);
  codec->database = text_print("%s", database);
  relation_plan_clear(codec, &codec->message);
  codec->message = (struct relation_plan){0};
}

static struct relation_plan *plan_new(struct codec *codec, const struct headrace_relation *relation)
{
  struct relation_plan *plan = must(calloc(1, sizeof *plan));
  plan->id = relation->id;
  plan->schema = must(strdup(relation->schema));
  plan->table = must(strdup(relation->table));
  plan->column_count = relation->column_count;
  plan->columns = must(calloc(relation->column_count + 1, sizeof *plan->columns));
  for (uint32_t i = 0; i < relation->column_count; i++)
    plan_column(codec, &plan->columns[i], &relation->columns[i]);
  plan_key(codec, plan, relation);
  plan_sizes(plan);
  remember_database(codec, relation->database ? relation->database : "");
  source_plan(codec, plan, relation->database);
  plan->own = codec->dialect->plan(codec, plan, relation);
  return plan;
}

void relation_plan_clear(const struct codec *codec, struct relation_plan *plan)
{
  if (plan->own)
    codec->dialect->plan_free(plan->own);
  for (uint32_t i = 0; i < plan->column_count; i++) {
    value_plan_clear(&plan->columns[i].value);
    text_free(&plan->columns[i].label);
  }
  free(plan->columns);
  free(plan->key);
  free(plan->schema);
  free(plan->table);
  text_free(&plan->source_head);
  text_free(&plan->source_database);
  text_free(&plan->source_names);
  text_free(&plan->source.head);
  text_free(&plan->source.middle);
}

/* A table that was altered comes with a new relation: what was known of it is of no more use. */
static void drop_older(struct codec *codec, const struct headrace_relation *relation)
{
  for (size_t i = 0; i < PLAN_BUCKETS; i++)
    for (struct relation_plan **link = &codec->plans[i]; *link;) {
      struct relation_plan *plan = *link;
      if (strcmp(plan->table, relation->table) || strcmp(plan->schema, relation->schema)) {
        link = &plan->next;
        continue;
      }
      *link = plan->next;
      relation_plan_clear(codec, plan);
      free(plan);
    }
}

struct relation_plan *plan_known(const struct codec *codec,
                                 const struct headrace_relation *relation)
{
  struct relation_plan *plan = codec->plans[relation->id % PLAN_BUCKETS];
  while (plan && plan->id != relation->id)
    plan = plan->next;
  return plan;
}

struct relation_plan *plan_of(struct codec *codec, const struct headrace_relation *relation)
{
  if (codec->last && codec->last->id == relation->id)
    return codec->last;
  struct relation_plan **bucket = &codec->plans[relation->id % PLAN_BUCKETS];
  struct relation_plan *plan = plan_known(codec, relation);
  if (!plan) {
    drop_older(codec, relation);
    plan = plan_new(codec, relation);
    plan->next = *bucket;
    *bucket = plan;
  }
  return codec->last = plan;
}

void plans_free(struct codec *codec)
{
  for (size_t i = 0; i < PLAN_BUCKETS; i++)
    while (codec->plans[i]) {
      struct relation_plan *plan = codec->plans[i];
      codec->plans[i] = plan->next;
      relation_plan_clear(codec, plan);
      free(plan);
    }
  codec->last = NULL;
}
