/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows become records. */
#include "columns.h"

#include "temporal.h"

#include <stdio.h>

static enum headrace_result drop(const struct columns *columns)
{
  columns->host->counter(columns->host, "filtered_records", 1);
  return HEADRACE_OK;
}

static enum headrace_result refuse(const struct columns *columns,
                                   const struct headrace_event *event, struct headrace_batch *out,
                                   const struct fault *fault)
{
  const struct headrace_relation *relation = event->change->relation;
  char reason[768];
  if (relation)
    snprintf(reason, sizeof reason, "row of %s.%s: %s", relation->schema ? relation->schema : "",
             relation->table, fault->reason);
  else
    snprintf(reason, sizeof reason, "logical message: %s", fault->reason);
  enum headrace_verdict verdict =
      columns->host->refuse(columns->host, out, fault->error_class, reason);
  return verdict == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL : HEADRACE_OK;
}

/* ---- the parts ---------------------------------------------------------------- */

static bool is_null(const struct headrace_value *value)
{
  return value->state == HEADRACE_NULL;
}

static bool read_number(const struct headrace_value *value, int64_t most, int64_t *number)
{
  *number = 0;
  for (uint32_t i = 0; i < value->size; i++) {
    int digit = value->data[i] - '0';
    if (digit < 0 || digit > 9 || *number > (most - digit) / 10)
      return false;
    *number = *number * 10 + digit;
  }
  return value->size > 0;
}

static bool fill_partition(struct columns *columns, struct headrace_batch *out,
                           struct headrace_record *record, struct fault *fault)
{
  struct headrace_value value;
  int64_t partition;
  if (!part_fill(columns, out, &columns->partition, &value, fault))
    return false;
  if (is_null(&value))
    return true;
  if (!read_number(&value, INT32_MAX, &partition))
    return fault_set(fault, "malformed", "what `partition` names is no number of a partition");
  record->partition = (int32_t)partition;
  return true;
}

static bool read_time(const struct headrace_value *value, int64_t *milliseconds)
{
  struct temporal_timestamp time;
  if (read_number(value, INT64_MAX, milliseconds))
    return true;
  if (!temporal_read_timestamp(value->data, value->size, &time) ||
      time.date.kind != TEMPORAL_FINITE)
    return false;
  int64_t seconds = temporal_days(&time.date) * 86400 - time.time.offset_seconds;
  *milliseconds = seconds * 1000 + time.time.microseconds / 1000;
  return *milliseconds >= 0;
}

static bool fill_timestamp(struct columns *columns, struct headrace_batch *out,
                           struct headrace_record *record, struct fault *fault)
{
  struct headrace_value value;
  if (!part_fill(columns, out, &columns->timestamp, &value, fault))
    return false;
  if (is_null(&value) || read_time(&value, &record->timestamp_ms))
    return true;
  return fault_set(fault, "malformed",
                   "what `timestamp` names is no timestamp from 1970 on, nor a number of "
                   "milliseconds");
}

static bool fill_headers(struct columns *columns, struct headrace_batch *out,
                         struct headrace_record *record, struct fault *fault)
{
  const struct part_map *parts = &columns->headers;
  struct headrace_header *headers = NULL;
  struct headrace_value array;
  uint32_t count = 0;
  if (!part_fill(columns, out, &columns->headers_column, &array, fault))
    return false;
  if (!is_null(&array)) {
    if (!headers_column_read(columns->host, out, &array, &headers, &count, (uint32_t)parts->count))
      return fault_set(fault, "malformed",
                       "what `headers_column` names is no array {{name, value}, ...} of bytes");
  } else if (parts->count) {
    headers = columns->host->alloc(columns->host, out, parts->count * sizeof *headers);
  }
  for (size_t i = 0; i < parts->count; i++, count++) {
    headers[count].name = parts->items[i].name; /* the host's, longer there than any batch */
    if (!part_fill(columns, out, &parts->items[i], &headers[count].value, fault))
      return false;
  }
  record->headers = headers;
  record->header_count = count;
  return true;
}

static bool fill_value(struct columns *columns, struct headrace_batch *out,
                       struct headrace_record *record, struct fault *fault)
{
  if (!columns->envelope.count && !columns->value.count)
    return fault_set(fault, "unsupported", "neither `value` nor `envelope` says what records hold");
  if (!columns->envelope.count)
    return part_fill(columns, out, &columns->value, &record->value, fault);
  if (!envelope_write(columns, out, fault))
    return false;
  const struct text_buffer *text = &columns->text;
  char *copy = columns->host->alloc(columns->host, out, text->size);
  memcpy(copy, text->bytes, text->size);
  record->value = (struct headrace_value){copy, (uint32_t)text->size, HEADRACE_TEXT};
  return true;
}

static bool fill_place(struct columns *columns, struct headrace_batch *out,
                       struct headrace_record *record, struct fault *fault)
{
  if (!part_fill(columns, out, &columns->topic, &record->topic, fault))
    return false;
  if (columns->topic.count && (is_null(&record->topic) || !record->topic.size))
    return fault_set(fault, "unroutable", "what `topic` names is null or empty");
  return part_fill(columns, out, &columns->key, &record->key, fault) &&
         fill_partition(columns, out, record, fault);
}

/* ---- the record ----------------------------------------------------------------- */

static void add(const struct columns *columns, struct headrace_batch *out,
                const struct headrace_record *record)
{
  *columns->host->add_record(columns->host, out) = *record;
}

static enum headrace_result encode_null(struct columns *columns, const struct headrace_event *event,
                                        struct headrace_batch *out, struct headrace_record *record)
{
  static const struct fault no_value = {"no-value", "what `value` names is null"};
  if (columns->null_value == NULL_DROP)
    return drop(columns);
  if (columns->null_value == NULL_REFUSE)
    return refuse(columns, event, out, &no_value);
  if (columns->null_value == NULL_EMPTY)
    record->value = (struct headrace_value){"", 0, HEADRACE_BINARY};
  add(columns, out, record);
  return HEADRACE_OK;
}

/* Of the cells. */
static enum headrace_result encode_cells(struct columns *columns,
                                         const struct headrace_event *event,
                                         struct headrace_batch *out, bool deleted)
{
  struct headrace_record record = {.partition = -1, .offset = -1, .timestamp_ms = -1};
  struct fault fault;
  bool good = fill_place(columns, out, &record, &fault);
  if (good && !deleted)
    good = fill_timestamp(columns, out, &record, &fault) &&
           fill_headers(columns, out, &record, &fault) && fill_value(columns, out, &record, &fault);
  if (!good)
    return refuse(columns, event, out, &fault);
  if (!deleted && is_null(&record.value))
    return encode_null(columns, event, out, &record);
  add(columns, out, &record);
  return HEADRACE_OK;
}

/* ---- changes ---------------------------------------------------------------------- */

static enum headrace_result warn(const struct columns *columns, struct plan *plan,
                                 const struct headrace_relation *relation, const char *what)
{
  if (!plan->warned)
    columns->host->log(columns->host, HEADRACE_WARNING,
                       "%s.%s: rows were %s, of which there are no records; it is said once",
                       relation->schema ? relation->schema : "", relation->table, what);
  plan->warned = true;
  return drop(columns);
}

static enum headrace_result encode_update(struct columns *columns, struct plan *plan,
                                          const struct headrace_event *event,
                                          struct headrace_batch *out)
{
  static const struct fault changed = {
      "unsupported", "it was changed, and `updates` does not say what becomes of that"};
  const struct headrace_change *change = event->change;
  if (columns->updates == UPDATES_DROP)
    return drop(columns);
  if (columns->updates == UPDATES_WARN)
    return warn(columns, plan, change->relation, "changed");
  if (columns->updates == UPDATES_REFUSE)
    return refuse(columns, event, out, &changed);
  gather_row(columns, out, plan, change->relation, change->new_values, change->old_values);
  return encode_cells(columns, event, out, false);
}

static enum headrace_result encode_delete(struct columns *columns, struct plan *plan,
                                          const struct headrace_event *event,
                                          struct headrace_batch *out)
{
  static const struct fault deleted = {"unsupported", "it was deleted, and `deletes` refuses that"};
  const struct headrace_change *change = event->change;
  if (columns->deletes == DELETES_DROP)
    return drop(columns);
  if (columns->deletes == DELETES_WARN)
    return warn(columns, plan, change->relation, "deleted");
  if (columns->deletes == DELETES_REFUSE || !change->old_values)
    return refuse(columns, event, out, &deleted);
  gather_row(columns, out, plan, change->relation, change->old_values, NULL);
  return encode_cells(columns, event, out, true);
}

static bool is_prefix_wanted(const struct columns *columns, const struct headrace_value *prefix)
{
  for (size_t i = 0; i < columns->prefix_count; i++)
    if (strlen(columns->prefixes[i].name) == prefix->size &&
        !memcmp(columns->prefixes[i].name, prefix->data, prefix->size))
      return true;
  return !columns->prefix_count;
}

static enum headrace_result encode_message(struct columns *columns,
                                           const struct headrace_event *event,
                                           struct headrace_batch *out)
{
  static const struct fault no_object = {"malformed", "its content is no JSON object"};
  const struct headrace_change *change = event->change;
  if (columns->messages == MESSAGES_DROP || !is_prefix_wanted(columns, &change->message_prefix))
    return drop(columns);
  if (!gather_message(columns, out, change))
    return refuse(columns, event, out, &no_object);
  return encode_cells(columns, event, out, false);
}

static enum headrace_result encode_row(struct columns *columns, const struct headrace_event *event,
                                       struct headrace_batch *out)
{
  const struct headrace_change *change = event->change;
  struct plan *plan = relation_cache_get(&columns->plans, change->relation);
  if (plan->looked_up) {
    if (!change->new_values)
      return HEADRACE_OK;
    return lookups_remember(&columns->lookups, change->relation, change->new_values)
               ? HEADRACE_OK
               : HEADRACE_RETRY;
  }
  if (!plan->wanted)
    return drop(columns);
  if (change->operation == HEADRACE_UPDATE)
    return encode_update(columns, plan, event, out);
  if (change->operation == HEADRACE_DELETE)
    return encode_delete(columns, plan, event, out);
  gather_row(columns, out, plan, change->relation, change->new_values, NULL);
  return encode_cells(columns, event, out, false);
}

enum headrace_result columns_encode(void *instance, const struct headrace_event *event,
                                    struct headrace_batch *out)
{
  struct columns *columns = instance;
  switch (event->change->operation) {
  case HEADRACE_MESSAGE:
    return encode_message(columns, event, out);
  case HEADRACE_INSERT:
  case HEADRACE_READ:
  case HEADRACE_UPDATE:
  case HEADRACE_DELETE:
    return encode_row(columns, event, out);
  default:
    return HEADRACE_OK;
  }
}
