/* SPDX-License-Identifier: Apache-2.0 */
#include "flatten.h"

#include "must_alloc.h"

#include <stdio.h>

/* Debezium's delete.tombstone.handling.mode, in the order of the key's choices. */
static const struct handling {
  bool rows;         /* a delete is its old row, marked */
  bool to_tombstone; /* a delete is a record without a value */
  bool tombstones;   /* those that come pass */
} handlings[] = {
    {.tombstones = true},               /* tombstone */
    {0},                                /* drop */
    {.rows = true},                     /* rewrite */
    {.rows = true, .tombstones = true}, /* rewrite-with-tombstone */
    {.to_tombstone = true}              /* delete-to-tombstone */
};

struct flatten {
  const struct headrace_host *host;
  struct handling handling;
  struct additions fields, headers;
  struct text_buffer text;
  uint64_t dropped;
};

static const struct headrace_key keys[] = {
    {.name = "deletes",
     .type = HEADRACE_ENUM,
     .default_value = "tombstone",
     .choices = "tombstone|drop|rewrite|rewrite-with-tombstone|delete-to-tombstone",
     .help = "what becomes of deletes and of the tombstones behind them"},
    {.name = "add_fields",
     .type = HEADRACE_LIST,
     .help = "what of the envelope becomes a field: op, table, lsn, source.ts_ms, op:operation"},
    {.name = "add_fields_prefix", .default_value = "__", .help = "begins the names of those"},
    {.name = "add_headers", .type = HEADRACE_LIST, .help = "what of the envelope becomes a header"},
    {.name = "add_headers_prefix", .default_value = "__", .help = "begins the names of those"},
    {0}};

/* ---- settings ------------------------------------------------------------------- */

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
  bool good = true;
  additions->items = must_alloc(count, sizeof *additions->items);
  for (size_t i = 0; i < count; i++) {
    struct addition added = read_addition(items[i].name, host->string(host, prefix_key));
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

/* False: a fault was said. */
static bool read(const struct headrace_host *host, struct flatten *flatten)
{
  *flatten = (struct flatten){.host = host, .handling = handlings[host->integer(host, "deletes")]};
  bool good = read_additions(host, "add_fields", "add_fields_prefix", &flatten->fields);
  return read_additions(host, "add_headers", "add_headers_prefix", &flatten->headers) && good;
}

static void release(struct flatten *flatten)
{
  free_additions(&flatten->fields);
  free_additions(&flatten->headers);
  free(flatten->text.bytes);
}

static enum headrace_result flatten_check(const struct headrace_host *host)
{
  struct flatten flatten;
  bool good = read(host, &flatten);
  release(&flatten);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result flatten_open(const struct headrace_host *host, void **instance)
{
  struct flatten *flatten = must_alloc(1, sizeof *flatten);
  if (read(host, flatten)) {
    *instance = flatten;
    return HEADRACE_OK;
  }
  release(flatten);
  free(flatten);
  return HEADRACE_FATAL;
}

static enum headrace_result flatten_tick(void *instance)
{
  struct flatten *flatten = instance;
  if (flatten->dropped)
    flatten->host->counter(flatten->host, "dropped", flatten->dropped);
  flatten->dropped = 0;
  return HEADRACE_OK;
}

static void flatten_close(void *instance)
{
  flatten_tick(instance);
  release(instance);
  free(instance);
}

/* ---- records ---------------------------------------------------------------------- */

static struct headrace_value header_value(const struct flatten *flatten,
                                          const struct json_value *value,
                                          struct headrace_batch *out)
{
  char *data = flatten->host->alloc(flatten->host, out, value->size);
  size_t size = value->size;
  if (value->kind == JSON_STRING)
    size = json_unescape(data, value);
  else
    memcpy(data, value->data, size);
  return (struct headrace_value){data, (uint32_t)size, HEADRACE_TEXT};
}

static void add_headers(const struct flatten *flatten, const struct envelope *envelope,
                        struct headrace_batch *out, struct headrace_record *record)
{
  const struct headrace_host *host = flatten->host;
  size_t count = record->header_count;
  if (!flatten->headers.count)
    return;
  struct headrace_header *headers =
      host->alloc(host, out, (count + flatten->headers.count) * sizeof *headers);
  if (count)
    memcpy(headers, record->headers, count * sizeof *headers);
  for (size_t i = 0; i < flatten->headers.count; i++) {
    const struct addition *addition = &flatten->headers.items[i];
    struct json_value value;
    size_t size = strlen(addition->name) + 1;
    char *name = host->alloc(host, out, size);
    memcpy(name, addition->name, size);
    headers[count++] = (struct headrace_header){name, addition_value(addition, envelope, &value)
                                                          ? header_value(flatten, &value, out)
                                                          : (struct headrace_value){0}};
  }
  record->headers = headers;
  record->header_count = (uint32_t)count;
}

static enum headrace_result refuse(const struct flatten *flatten, struct headrace_batch *out,
                                   const char *text)
{
  char reason[300];
  snprintf(reason, sizeof reason, "its value cannot be flattened: %s", text);
  return flatten->host->refuse(flatten->host, out, "malformed", reason) == HEADRACE_VERDICT_STOP
             ? HEADRACE_FATAL
             : HEADRACE_OK;
}

static enum headrace_result drop(struct flatten *flatten)
{
  flatten->dropped++;
  return HEADRACE_OK;
}

/* A row, or a tombstone if `row` is NULL. */
static enum headrace_result pass(struct flatten *flatten, const struct headrace_record *record,
                                 const struct envelope *envelope, const struct json_value *row,
                                 bool deleted, struct headrace_batch *out)
{
  const struct headrace_host *host = flatten->host;
  const char *mark = !flatten->handling.rows ? NULL : deleted ? "true" : "false";
  const char *error;
  struct headrace_value value = {.state = HEADRACE_NULL};
  if (row) {
    if (!flatten_write(&flatten->text, envelope, row, &flatten->fields, mark, &error))
      return refuse(flatten, out, error);
    if (flatten->text.size > UINT32_MAX)
      return refuse(flatten, out, "it would be larger than 4 GiB");
    char *data = host->alloc(host, out, flatten->text.size);
    memcpy(data, flatten->text.bytes, flatten->text.size);
    value = (struct headrace_value){data, (uint32_t)flatten->text.size, HEADRACE_TEXT};
  }
  struct headrace_record *copy = host->add_record(host, out);
  *copy = *record;
  copy->value = value;
  add_headers(flatten, envelope, out, copy);
  return HEADRACE_OK;
}

static enum headrace_result pass_row(struct flatten *flatten, const struct headrace_record *record,
                                     const struct envelope *envelope, struct headrace_batch *out)
{
  if (envelope->after.kind == JSON_OBJECT)
    return pass(flatten, record, envelope, &envelope->after, false, out);
  if (flatten->handling.rows)
    return pass(flatten, record, envelope, &envelope->before, true, out);
  if (flatten->handling.to_tombstone)
    return pass(flatten, record, envelope, NULL, true, out);
  return drop(flatten);
}

static enum headrace_result flatten_apply(void *instance, const struct headrace_event *event,
                                          struct headrace_batch *out)
{
  struct flatten *flatten = instance;
  const struct headrace_record *record = event->record;
  struct envelope envelope;
  if (record->value.state == HEADRACE_NULL && !flatten->handling.tombstones)
    return drop(flatten);
  enum shape shape =
      record->value.state == HEADRACE_NULL ? SHAPE_OTHER : envelope_read(&record->value, &envelope);
  switch (shape) {
  case SHAPE_MALFORMED:
    return refuse(flatten, out, envelope.error);
  case SHAPE_TRUNCATE:
    return drop(flatten);
  case SHAPE_ROW:
    return pass_row(flatten, record, &envelope, out);
  default:
    flatten->host->add_event(flatten->host, out, event);
    return HEADRACE_OK;
  }
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "flatten",
    .version = HEADRACE_VERSION,
    .description = "of Debezium's events the row alone, as ExtractNewRecordState leaves it",
    .keys = keys,
    .open = flatten_open,
    .close = flatten_close,
    .tick = flatten_tick,
    .check = flatten_check,
    .apply = flatten_apply,
    .filters_records = 1,
};

HEADRACE_REGISTER_PLUGIN(plugin)
