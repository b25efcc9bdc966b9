/* SPDX-License-Identifier: Apache-2.0 */
#include "flatten.h"

#include <stdio.h>

struct flatten {
  const struct headrace_host *host;
  struct flattening settings;
  struct text_buffer text;
  uint64_t dropped;
};

static const struct headrace_key keys[] = {FLATTENING_KEYS, {0}};

static void release(struct flatten *flatten)
{
  flattening_free(&flatten->settings);
  free(flatten->text.bytes);
}

static enum headrace_result flatten_check(const struct headrace_host *host)
{
  struct flattening settings;
  bool good = flattening_read(host, &settings);
  flattening_free(&settings);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result flatten_open(const struct headrace_host *host, void **instance)
{
  struct flatten *flatten = must_alloc(1, sizeof *flatten);
  flatten->host = host;
  if (flattening_read(host, &flatten->settings)) {
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

static enum headrace_result refuse(const struct flatten *flatten, struct headrace_batch *out,
                                   const char *text)
{
  char reason[300];
  snprintf(reason, sizeof reason, "its value cannot be flattened: %s", text);
  return flatten->host->refuse(flatten->host, out, "malformed", reason) == HEADRACE_VERDICT_STOP
             ? HEADRACE_FATAL
             : HEADRACE_OK;
}

static const char not_text[] = "it is not JSON but begins with a schema's id of a registry, as "
                               "codec avro writes it; set format "
                               "= flat in the codec in place of this filter";

static bool has_schema_id(const struct headrace_value *value)
{
  return value->size > 4 && !value->data[0];
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
  const char *mark = !flatten->settings.rows ? NULL : deleted ? "true" : "false";
  const char *error;
  struct headrace_value value = {.state = HEADRACE_NULL};
  if (row) {
    if (!flatten_write(&flatten->text, envelope, row, &flatten->settings.fields, mark, &error))
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
  additions_put_headers(host, out, &flatten->settings.headers, &envelope->payload, &copy->headers,
                        &copy->header_count);
  return HEADRACE_OK;
}

static enum headrace_result pass_row(struct flatten *flatten, const struct headrace_record *record,
                                     const struct envelope *envelope, struct headrace_batch *out)
{
  if (envelope->after.kind == JSON_OBJECT)
    return pass(flatten, record, envelope, &envelope->after, false, out);
  if (flatten->settings.rows)
    return pass(flatten, record, envelope, &envelope->before, true, out);
  if (flatten->settings.to_tombstone)
    return pass(flatten, record, envelope, NULL, true, out);
  return drop(flatten);
}

static enum headrace_result flatten_apply(void *instance, const struct headrace_event *event,
                                          struct headrace_batch *out)
{
  struct flatten *flatten = instance;
  const struct headrace_record *record = event->record;
  struct envelope envelope;
  if (record->value.state == HEADRACE_NULL && !flatten->settings.tombstones)
    return drop(flatten);
  enum shape shape =
      record->value.state == HEADRACE_NULL ? SHAPE_OTHER : envelope_read(&record->value, &envelope);
  switch (shape) {
  case SHAPE_MALFORMED:
    return refuse(flatten, out, has_schema_id(&record->value) ? not_text : envelope.error);
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
