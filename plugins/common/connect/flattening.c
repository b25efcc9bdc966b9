/* SPDX-License-Identifier: Apache-2.0 */
#include "flattening.h"

#include <stdio.h>

/* ---- settings ------------------------------------------------------------------- */

/* Debezium's delete.tombstone.handling.mode, in the order of the key's choices. */
static const struct flattening handlings[] = {
    {.tombstones = true},               /* tombstone */
    {0},                                /* drop */
    {.rows = true},                     /* rewrite */
    {.rows = true, .tombstones = true}, /* rewrite-with-tombstone */
    {.to_tombstone = true}              /* delete-to-tombstone */
};

/* What a bare name is a field of (ExtractNewRecordState.FieldReference.determineStruct). */
static const char *part_of(const char *field)
{
  static const char *const own[] = {"op", "ts_ms", "ts_us", "ts_ns"};
  static const char *const of_transaction[] = {"id", "data_collection_order", "total_order"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (!strcmp(own[i], field))
      return NULL;
  for (size_t i = 0; i < sizeof of_transaction / sizeof *of_transaction; i++)
    if (!strcmp(of_transaction[i], field))
      return "transaction";
  return "source";
}

/* field, part.field, and :name behind it. */
static struct addition read_addition(const char *item, const char *prefix)
{
  struct addition addition = {0};
  size_t size = strcspn(item, ":"), dot = strcspn(item, ".");
  bool dotted = dot < size;
  addition.field = dotted ? must_copy(item + dot + 1, size - dot - 1) : must_copy(item, size);
  const char *part = dotted ? NULL : part_of(addition.field);
  addition.part = dotted ? must_copy(item, dot) : part ? must_copy(part, strlen(part)) : NULL;
  size_t room = strlen(prefix) + strlen(item) + 2;
  addition.name = must_alloc(room, 1);
  if (item[size])
    snprintf(addition.name, room, "%s%s", prefix, item + size + 1);
  else if (dotted)
    snprintf(addition.name, room, "%s%s_%s", prefix, addition.part, addition.field);
  else
    snprintf(addition.name, room, "%s%s", prefix, addition.field);
  return addition;
}

static bool read_additions(const struct headrace_host *host, const char *key,
                           const char *prefix_key, struct additions *additions)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, key, &items);
  const char *given = host->string(host, prefix_key), *prefix = given ? given : "__";
  bool good = true;
  additions->items = must_alloc(count, sizeof *additions->items);
  for (size_t i = 0; i < count; i++) {
    struct addition added = read_addition(items[i].name, prefix);
    additions->items[additions->count++] = added;
    if (*added.field && !(added.part && !*added.part) && strcmp(items[i].name, ":") != 0)
      continue;
    host->log(host, HEADRACE_ERROR, "%s: \"%s\" names no field; write op, source.ts_ms or op:name",
              key, items[i].name);
    good = false;
  }
  return good;
}

static void free_additions(struct additions *additions)
{
  for (size_t i = 0; i < additions->count; i++) {
    free(additions->items[i].part);
    free(additions->items[i].field);
    free(additions->items[i].name);
  }
  free(additions->items);
}

/* An object with two members of one name means nothing. */
static bool check_names(const struct headrace_host *host, const struct flattening *flattening)
{
  const struct additions *fields = &flattening->fields;
  for (size_t i = 0; i < fields->count; i++) {
    const char *name = fields->items[i].name;
    bool taken = flattening->rows && !strcmp(name, "__deleted");
    for (size_t j = 0; j < i; j++)
      taken = taken || !strcmp(name, fields->items[j].name);
    if (!taken)
      continue;
    host->log(host, HEADRACE_ERROR,
              "add_fields: two fields would be called \"%s\"; write op:name for another name",
              name);
    return false;
  }
  return true;
}

bool flattening_read(const struct headrace_host *host, struct flattening *flattening)
{
  *flattening = handlings[host->string(host, "deletes") ? host->integer(host, "deletes") : 0];
  bool good = read_additions(host, "add_fields", "add_fields_prefix", &flattening->fields);
  good = check_names(host, flattening) && good;
  return read_additions(host, "add_headers", "add_headers_prefix", &flattening->headers) && good;
}

void flattening_free(struct flattening *flattening)
{
  free_additions(&flattening->fields);
  free_additions(&flattening->headers);
}

const char *flattening_set(const struct headrace_host *host)
{
  static const char *const texts[] = {"deletes", "add_fields_prefix", "add_headers_prefix"};
  static const char *const lists[] = {"add_fields", "add_headers"};
  const struct headrace_pair *items;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (host->string(host, texts[i]))
      return texts[i];
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (host->list(host, lists[i], &items))
      return lists[i];
  return NULL;
}

/* ---- what is added ----------------------------------------------------------------- */

bool flattening_member(const struct json_value *object, const char *name, struct json_value *value)
{
  struct json_reader reader;
  struct json_value open, found;
  if (object->kind != JSON_OBJECT || !object->size)
    return false;
  json_read_begin(&reader, object->data, object->size);
  json_read_value(&reader, &open);
  while (json_next_member(&reader, &found)) {
    if (!json_read_whole(&reader, value))
      return false;
    if (json_is(&found, name))
      return true;
  }
  return false;
}

bool addition_value(const struct addition *addition, const struct json_value *envelope,
                    struct json_value *value)
{
  struct json_value part = *envelope;
  if (addition->part && !flattening_member(envelope, addition->part, &part))
    return false;
  return flattening_member(&part, addition->field, value) && value->kind != JSON_NULL;
}

static struct headrace_value header_value(const struct headrace_host *host,
                                          struct headrace_batch *out,
                                          const struct json_value *value)
{
  char *data = host->alloc(host, out, value->size);
  size_t size = value->size;
  if (value->kind == JSON_STRING)
    size = json_unescape(data, value);
  else
    memcpy(data, value->data, size);
  return (struct headrace_value){data, (uint32_t)size, HEADRACE_TEXT};
}

void additions_put_headers(const struct headrace_host *host, struct headrace_batch *out,
                           const struct additions *additions, const struct json_value *envelope,
                           const struct headrace_header **headers, uint32_t *count)
{
  if (!additions->count)
    return;
  struct headrace_header *made = host->alloc(host, out, (*count + additions->count) * sizeof *made);
  if (*count)
    memcpy(made, *headers, *count * sizeof *made);
  for (size_t i = 0; i < additions->count; i++) {
    const struct addition *addition = &additions->items[i];
    struct json_value value;
    size_t size = strlen(addition->name) + 1;
    char *name = host->alloc(host, out, size);
    memcpy(name, addition->name, size);
    made[*count + i] = (struct headrace_header){name, addition_value(addition, envelope, &value)
                                                          ? header_value(host, out, &value)
                                                          : (struct headrace_value){0}};
  }
  *headers = made;
  *count += (uint32_t)additions->count;
}
