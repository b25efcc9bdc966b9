/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 63 /* NAMEDATALEN - 1: PostgreSQL cuts what is longer */

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* The part in quotes that starts at *text. */
static bool quoted_part(const char **text, char *out)
{
  const char *at = *text + 1;
  for (;; at++) {
    if (!*at)
      return false;
    if (*at == '"' && *++at != '"')
      break;
    *out++ = *at;
  }
  *out = 0;
  *text = at;
  return true;
}

/* Only ASCII is folded: what the server does beyond that depends on its locale. */
static void plain_part(const char **text, char *out)
{
  const char *at = *text;
  for (; *at && *at != '.' && *at != '"'; at++)
    *out++ = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
  *out = 0;
  *text = at;
}

static char *take_part(const char **text, bool *quoted, const char **reason)
{
  char *part = must(malloc(strlen(*text) + 1));
  *quoted = **text == '"';
  if (!*quoted) {
    plain_part(text, part);
  } else if (!quoted_part(text, part)) {
    *reason = "a quote is not closed";
    *part = 0;
  }
  if (!*reason && !*part)
    *reason = "a part of the name is empty";
  if (!*reason && strlen(part) > NAME_MAX_BYTES)
    *reason = "a part of the name is longer than 63 bytes";
  if (!*reason && **text && **text != '.')
    *reason = "after a quoted part only a dot may come";
  return part;
}

static const char star_reason[] =
    "a star stands for all tables of a schema, schema.*, and for nothing else";

/* The second part is optional: public is where a bare table lives. */
static void take_parts(const char *text, struct table_name *name, const char **reason)
{
  bool quoted;
  char *first = take_part(&text, &quoted, reason);
  bool star = !quoted && strchr(first, '*');
  if (*reason || *text != '.') {
    *name = (struct table_name){.schema = must(strdup("public")), .table = first};
  } else {
    text++;
    *name = (struct table_name){.schema = first, .table = take_part(&text, &quoted, reason)};
    bool whole = !quoted && !strcmp(name->table, "*");
    star = star || (!quoted && !whole && strchr(name->table, '*'));
    if (whole) {
      free(name->table);
      name->table = NULL;
    }
  }
  if (!*reason && *text)
    *reason = "a name has at most two parts, schema.table";
  if (!*reason && star)
    *reason = star_reason;
}

bool table_name_parse(const char *text, struct table_name *name, const char **reason)
{
  *reason = NULL;
  take_parts(text, name, reason);
  if (*reason)
    table_name_free(name);
  return !*reason;
}

void table_name_free(struct table_name *name)
{
  free(name->schema);
  free(name->table);
  *name = (struct table_name){NULL, NULL};
}

bool table_list_read(const struct headrace_host *host, const char *key, struct table_list *list)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, key, &pairs);
  bool good = true;
  *list = (struct table_list){.items = must(calloc(count + 1, sizeof *list->items))};
  for (size_t i = 0; i < count; i++) {
    const char *reason;
    if (table_name_parse(pairs[i].name, &list->items[list->count], &reason)) {
      list->count++;
      continue;
    }
    host->log(host, HEADRACE_ERROR, "%s: \"%s\" is no table: %s", key, pairs[i].name, reason);
    good = false;
  }
  return good;
}

void table_list_free(struct table_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    table_name_free(&list->items[i]);
  free(list->items);
  *list = (struct table_list){NULL, 0};
}

bool table_is_own(const char *own, const char *schema, const char *table)
{
  static const char *const names[] = {"on_demand", "snapshot_job", "snapshot_table",
                                      "snapshot_participant", "snapshot_chunk"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(own, schema) && !strcmp(names[i], table))
      return true;
  return false;
}

bool table_list_has(const struct table_list *list, const char *schema, const char *table)
{
  for (size_t i = 0; i < list->count; i++)
    if (!strcmp(list->items[i].schema, schema) &&
        (!list->items[i].table || !strcmp(list->items[i].table, table)))
      return true;
  return false;
}
