/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings: a column, a template, or none. */
#include "columns.h"

size_t names_add(struct names *names, const char *name, size_t size)
{
  for (size_t i = 0; i < names->count; i++)
    if (strlen(names->items[i]) == size && !memcmp(names->items[i], name, size))
      return i;
  names->items = must_grow(names->items, (names->count + 1) * sizeof *names->items);
  names->items[names->count] = must_copy(name, size);
  return names->count++;
}

void names_free(struct names *names)
{
  for (size_t i = 0; i < names->count; i++)
    free(names->items[i]);
  free(names->items);
  *names = (struct names){0};
}

static struct piece *add_piece(struct part *part)
{
  part->pieces = must_grow(part->pieces, (part->count + 1) * sizeof *part->pieces);
  part->pieces[part->count] = (struct piece){0};
  return &part->pieces[part->count++];
}

static bool is_place(const char *name, size_t size)
{
  static const char *const places[] = {"@schema", "@table"};
  if (!size)
    return false;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (strlen(places[i]) == size && !memcmp(places[i], name, size))
      return true;
  return *name != '@';
}

static bool read_template(const struct headrace_host *host, struct names *names, const char *text,
                          struct part *part)
{
  part->template = true;
  while (*text) {
    size_t literal = strcspn(text, "{}");
    if (literal) {
      struct piece *piece = add_piece(part);
      piece->text = must_copy(text, literal);
      piece->size = literal;
      text += literal;
      continue;
    }
    size_t size = *text == '{' ? strcspn(text + 1, "{}") : 0;
    if (*text == '}' || text[1 + size] != '}') {
      host->log(host, HEADRACE_ERROR, "%s: unbalanced brace at \"%s\"", part->key, text);
      return false;
    }
    if (!is_place(text + 1, size)) {
      host->log(host, HEADRACE_ERROR,
                "%s: \"{%.*s}\" is no place: there are columns, {@schema} and {@table}", part->key,
                (int)size, text + 1);
      return false;
    }
    add_piece(part)->name = names_add(names, text + 1, size);
    text += size + 2;
  }
  return true;
}

bool part_read(const struct headrace_host *host, struct names *names, const char *key,
               const char *text, struct part *part)
{
  *part = (struct part){.key = key};
  if (!text || !*text || !strcmp(text, "none"))
    return true;
  if (strpbrk(text, "{}"))
    return read_template(host, names, text, part);
  add_piece(part)->name = names_add(names, text, strlen(text));
  return true;
}

bool part_map_read(const struct headrace_host *host, struct names *names, const char *key,
                   struct part_map *parts)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, key, &pairs);
  bool good = true;
  *parts = (struct part_map){.items = must_alloc(count, sizeof *parts->items), .count = count};
  for (size_t i = 0; i < count; i++) {
    char *text = name_unquoted(pairs[i].value);
    good = part_read(host, names, key, text, &parts->items[i]) && good;
    free(text);
    parts->items[i].name = pairs[i].name;
    if (parts->items[i].count || !good)
      continue;
    host->log(host, HEADRACE_ERROR, "%s: %s needs a column or a template", key, pairs[i].name);
    good = false;
  }
  return good;
}

void part_free(struct part *part)
{
  for (size_t i = 0; i < part->count; i++)
    free(part->pieces[i].text);
  free(part->pieces);
  *part = (struct part){0};
}

void part_map_free(struct part_map *parts)
{
  for (size_t i = 0; i < parts->count; i++)
    part_free(&parts->items[i]);
  free(parts->items);
  *parts = (struct part_map){0};
}
