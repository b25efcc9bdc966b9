/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "cleanup.h"
#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
  const char *name;
  int64_t factor;
};

static const struct unit size_units[] = {{"", 1},           {"B", 1},           {"k", 1 << 10},
                                         {"kB", 1 << 10},   {"KiB", 1 << 10},   {"M", 1 << 20},
                                         {"MB", 1 << 20},   {"MiB", 1 << 20},   {"G", 1LL << 30},
                                         {"GB", 1LL << 30}, {"GiB", 1LL << 30}, {"T", 1LL << 40},
                                         {"TB", 1LL << 40}, {"TiB", 1LL << 40}, {NULL, 0}};

static const struct unit duration_units[] = {{"", 1},         {"ms", 1},      {"s", 1000},
                                             {"m", 60000},    {"min", 60000}, {"h", 3600000},
                                             {"d", 86400000}, {NULL, 0}};

static const struct unit int_units[] = {{"", 1}, {NULL, 0}};

static const struct unit bool_words[] = {{"yes", 1},   {"true", 1}, {"on", 1}, {"1", 1}, {"no", 0},
                                         {"false", 0}, {"off", 0},  {"0", 0},  {NULL, 0}};

static const struct {
  const char *name;
  const char *expected;
} type_words[] = {
    [HEADRACE_STRING] = {"string", "a text"},
    [HEADRACE_SECRET] = {"secret", "a text"},
    [HEADRACE_BOOL] = {"bool", "yes or no"},
    [HEADRACE_INT] = {"int", "a whole number"},
    [HEADRACE_SIZE] = {"size", "a size such as 65536, 64KiB or 16MiB"},
    [HEADRACE_DURATION] = {"duration", "a duration such as 250ms, 10s or 5m"},
    [HEADRACE_ENUM] = {"enum", "one of its choices"},
    [HEADRACE_LIST] = {"list", "a list such as a, b, c"},
    [HEADRACE_MAP] = {"map", "a map such as a = x, b = y"},
};

const char *key_type_name(enum headrace_key_type type)
{
  return type_words[type].name;
}

static bool parse_number(const char *text, const struct unit *units, int64_t *number)
{
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (end == text || errno)
    return false;
  while (isspace((unsigned char)*end))
    end++;
  for (const struct unit *unit = units; unit->name; unit++)
    if (!strcasecmp(end, unit->name))
      return !__builtin_mul_overflow(value, unit->factor, number);
  return false;
}

static bool parse_bool(const char *text, int64_t *number)
{
  for (const struct unit *word = bool_words; word->name; word++)
    if (!strcasecmp(text, word->name)) {
      *number = word->factor;
      return true;
    }
  return false;
}

/* The index of `text` among "a|b|c", or -1. */
static int64_t choice_index(const char *choices, const char *text, size_t size)
{
  int64_t index = 0;
  for (const char *choice = choices;; index++) {
    size_t length = strcspn(choice, "|");
    if (length == size && !strncmp(choice, text, size))
      return index;
    if (!choice[length])
      return -1;
    choice += length + 1;
  }
}

static void trim(const char **text, size_t *size)
{
  while (*size && isspace((unsigned char)**text)) {
    (*text)++;
    (*size)--;
  }
  while (*size && isspace((unsigned char)(*text)[*size - 1]))
    (*size)--;
}

static void add_item(struct setting *setting, const char *name, size_t name_size, const char *value,
                     size_t value_size)
{
  setting->items = xrealloc(setting->items, (setting->count + 1) * sizeof *setting->items);
  setting->items[setting->count++] = (struct headrace_pair){
      .name = xstrndup(name, name_size), .value = value ? xstrndup(value, value_size) : NULL};
}

/* The comma that ends an item; one inside double quotes does not. */
static size_t item_length(const char *text)
{
  bool quoted = false;
  size_t i = 0;
  for (; text[i] && (quoted || text[i] != ','); i++)
    if (text[i] == '"')
      quoted = !quoted;
  return i;
}

static bool parse_item(struct setting *setting, const char *text, size_t size)
{
  trim(&text, &size);
  if (!size)
    return true;
  if (setting->key->type == HEADRACE_LIST) {
    const char *choices = setting->key->choices;
    if (choices && choice_index(choices, text, size) < 0)
      return false;
    add_item(setting, text, size, NULL, 0);
    return true;
  }
  const char *equals = memchr(text, '=', size);
  if (!equals)
    return false;
  const char *name = text, *value = equals + 1;
  size_t name_size = (size_t)(equals - text), value_size = size - name_size - 1;
  trim(&name, &name_size);
  trim(&value, &value_size);
  if (!name_size || !value_size)
    return false;
  add_item(setting, name, name_size, value, value_size);
  return true;
}

static void clear_items(struct setting *setting)
{
  for (size_t i = 0; i < setting->count; i++) {
    free((void *)(uintptr_t)setting->items[i].name);
    free((void *)(uintptr_t)setting->items[i].value);
  }
  free(setting->items);
  setting->items = NULL;
  setting->count = 0;
}

static bool parse_items(struct setting *setting)
{
  clear_items(setting);
  for (const char *text = setting->text;; text++) {
    size_t size = item_length(text);
    if (!parse_item(setting, text, size))
      return false;
    text += size;
    if (!*text)
      return true;
  }
}

static bool parse(struct setting *setting)
{
  switch (setting->key->type) {
  case HEADRACE_STRING:
  case HEADRACE_SECRET:
    return true;
  case HEADRACE_BOOL:
    return parse_bool(setting->text, &setting->number);
  case HEADRACE_INT:
    return parse_number(setting->text, int_units, &setting->number);
  case HEADRACE_SIZE:
    return parse_number(setting->text, size_units, &setting->number) && setting->number >= 0;
  case HEADRACE_DURATION:
    return parse_number(setting->text, duration_units, &setting->number) && setting->number >= 0;
  case HEADRACE_ENUM:
    setting->number = choice_index(setting->key->choices, setting->text, strlen(setting->text));
    return setting->number >= 0;
  case HEADRACE_LIST:
  case HEADRACE_MAP:
    return parse_items(setting);
  }
  return false;
}

static char *expectation(const struct setting *setting)
{
  const struct headrace_key *key = setting->key;
  const char *got = key->type == HEADRACE_SECRET ? "" : setting->text;
  if (key->choices)
    return xasprintf("expects %s%s, not \"%s\"",
                     key->type == HEADRACE_LIST ? "a list of: " : "one of: ", key->choices, got);
  return xasprintf("expects %s, not \"%s\"", type_words[key->type].expected, got);
}

static bool is_wildcard(const struct headrace_key *key)
{
  size_t length = strlen(key->name);
  return length > 2 && !strcmp(key->name + length - 2, ".*");
}

/* The part of `name` that the star of `key` stands for, or NULL. */
static const char *wildcard_part(const struct headrace_key *key, const char *name)
{
  size_t prefix = strlen(key->name) - 1;
  return is_wildcard(key) && !strncmp(key->name, name, prefix) && name[prefix] ? name + prefix
                                                                               : NULL;
}

const struct headrace_key *settings_key(const struct settings *settings, const char *name)
{
  for (const struct headrace_key *key = settings->keys; key && key->name; key++)
    if (!strcmp(key->name, name) || wildcard_part(key, name))
      return key;
  return NULL;
}

static struct setting *find(const struct settings *settings, const struct headrace_key *key)
{
  for (size_t i = 0; i < settings->count; i++)
    if (settings->items[i].key == key)
      return &settings->items[i];
  return NULL;
}

void settings_init(struct settings *settings, const struct headrace_key *keys)
{
  *settings = (struct settings){.keys = keys};
  while (keys && keys[settings->count].name)
    settings->count++;
  settings->items = xcalloc(settings->count, sizeof *settings->items);
  for (size_t i = 0; i < settings->count; i++) {
    struct setting *setting = &settings->items[i];
    setting->key = &keys[i];
    if (!keys[i].default_value)
      continue;
    setting->text = xstrdup(keys[i].default_value);
    if (!parse(setting)) {
      fprintf(stderr, "headrace: the default of key %s is ill-typed: \"%s\"\n", keys[i].name,
              keys[i].default_value);
      abort();
    }
  }
}

void settings_free(struct settings *settings)
{
  for (size_t i = 0; i < settings->count; i++) {
    clear_items(&settings->items[i]);
    free(settings->items[i].text);
  }
  free(settings->items);
  *settings = (struct settings){0};
}

static void set_pair(struct setting *setting, const char *name, const char *value)
{
  for (size_t i = 0; i < setting->count; i++)
    if (!strcmp(setting->items[i].name, name)) {
      free((void *)(uintptr_t)setting->items[i].value);
      setting->items[i].value = xstrdup(value);
      return;
    }
  add_item(setting, name, strlen(name), value, strlen(value));
}

bool settings_set(struct settings *settings, const char *name, const char *text, char **error)
{
  const struct headrace_key *key = settings_key(settings, name);
  struct setting *setting = find(settings, key);
  const char *part = wildcard_part(key, name);
  setting->given = true;
  if (part) {
    set_pair(setting, part, text);
    return true;
  }
  free(setting->text);
  setting->text = xstrdup(text);
  if (parse(setting))
    return true;
  *error = expectation(setting);
  return false;
}

static const struct setting *must_find(const struct settings *settings, const char *name)
{
  const struct headrace_key *key = settings_key(settings, name);
  const struct setting *setting = key ? find(settings, key) : NULL;
  if (!setting) {
    fprintf(stderr, "headrace: key \"%s\" was read but is not in its plugin's table\n", name);
    abort();
  }
  return setting;
}

bool settings_given(const struct settings *settings, const char *name)
{
  return must_find(settings, name)->given;
}

const char *settings_string(const struct settings *settings, const char *name)
{
  return must_find(settings, name)->text;
}

int64_t settings_integer(const struct settings *settings, const char *name)
{
  return must_find(settings, name)->number;
}

size_t settings_list(const struct settings *settings, const char *name,
                     const struct headrace_pair **items)
{
  const struct setting *setting = must_find(settings, name);
  *items = setting->items;
  return setting->count;
}
