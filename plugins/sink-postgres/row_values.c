/* SPDX-License-Identifier: Apache-2.0 */
#include "row_values.h"

#include "temporal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *operation_letter(uint32_t operation)
{
  static const char *const letters[] = {[HEADRACE_INSERT] = "c",
                                        [HEADRACE_UPDATE] = "u",
                                        [HEADRACE_DELETE] = "d",
                                        [HEADRACE_READ] = "r",
                                        [HEADRACE_TRUNCATE] = "t"};
  return operation < sizeof letters / sizeof *letters && letters[operation] ? letters[operation]
                                                                            : "?";
}

static struct headrace_value text_value(struct plan *plan, const char *text)
{
  size_t size = strlen(text);
  return (struct headrace_value){.data = memcpy(plan_alloc(plan, size + 1), text, size + 1),
                                 .size = (uint32_t)size,
                                 .state = HEADRACE_TEXT};
}

static struct headrace_value number_value(struct plan *plan, bool known, int64_t number)
{
  char text[24];
  if (!known)
    return (struct headrace_value){.state = HEADRACE_NULL};
  snprintf(text, sizeof text, "%" PRId64, number);
  return text_value(plan, text);
}

static struct headrace_value time_value(struct plan *plan, bool known, int64_t microseconds)
{
  char text[96];
  if (!known)
    return (struct headrace_value){.state = HEADRACE_NULL};
  struct temporal_timestamp timestamp =
      temporal_timestamp_of_number(microseconds, TEMPORAL_MICROSECONDS);
  *temporal_write_timestamptz(text, &timestamp) = '\0';
  return text_value(plan, text);
}

static struct headrace_value header_value(const struct headrace_record *record, const char *name)
{
  for (uint32_t i = record ? record->header_count : 0; i > 0; i--)
    if (!strcmp(record->headers[i - 1].name, name)) {
      struct headrace_value value = record->headers[i - 1].value;
      value.state = value.state == HEADRACE_NULL ? HEADRACE_NULL : HEADRACE_TEXT;
      return value;
    }
  return (struct headrace_value){.state = HEADRACE_NULL};
}

static struct headrace_value extra_value(struct plan *plan, const struct extra *extra,
                                         const struct headrace_event *event)
{
  const struct headrace_record *record = event->record;
  const struct headrace_change *change = event->change;
  const struct headrace_transaction *transaction = change->transaction;
  struct headrace_value none = {.state = HEADRACE_NULL};
  switch (extra->kind) {
  case EXTRA_TOPIC:
    return record ? record->topic : none;
  case EXTRA_PARTITION:
    return number_value(plan, record && record->partition >= 0, record ? record->partition : 0);
  case EXTRA_OFFSET:
    return number_value(plan, record && record->offset >= 0, record ? record->offset : 0);
  case EXTRA_TIMESTAMP:
    return time_value(plan, record && record->timestamp_ms >= 0,
                      record ? record->timestamp_ms * 1000 : 0);
  case EXTRA_KEY:
    if (record && record->key.state != HEADRACE_NULL)
      none = (struct headrace_value){
          .data = record->key.data, .size = record->key.size, .state = HEADRACE_BINARY};
    return none;
  case EXTRA_HEADER:
    return header_value(record, extra->text);
  case EXTRA_OPERATION:
    return text_value(plan, operation_letter(change->operation));
  case EXTRA_SEQUENCE:
    return number_value(plan, change->sequence > 0, (int64_t)change->sequence);
  case EXTRA_COMMIT_TIME:
    return time_value(plan, transaction && transaction->commit_time_us,
                      transaction ? transaction->commit_time_us : 0);
  case EXTRA_TRANSACTION:
    return number_value(plan, transaction && transaction->id,
                        transaction ? (int64_t)transaction->id : 0);
  case EXTRA_DELETED:
    return text_value(plan, change->operation == HEADRACE_DELETE ? "t" : "f");
  case EXTRA_CONSTANT:
    return text_value(plan, extra->text);
  }
  return none;
}

struct headrace_value row_value(struct plan *plan, const struct row *row, uint32_t column,
                                bool of_key)
{
  const struct row_column *described = &row->shape->columns[column];
  if (described->extra)
    return extra_value(plan, described->extra, row->event);
  return (of_key ? row->key_values : row->values)[described->source];
}

static const struct headrace_relation *relation_of(const struct row *row)
{
  return row->event->change->relation;
}

struct conversion row_conversion(enum nul_policy nul, const struct row *row, uint32_t column)
{
  const struct row_column *described = &row->shape->columns[column];
  const struct headrace_relation *relation = relation_of(row);
  return (struct conversion){.from = described->source < 0 ? NULL
                                                           : &relation->columns[described->source],
                             .to = &row->shape->mapping->target->columns[described->target],
                             .conventions = relation->conventions,
                             .nul = nul,
                             .plain = described->cast != NULL};
}
