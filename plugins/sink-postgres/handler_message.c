/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields as binary parameters: texts of any bytes go as they are, so that what the server does
 * not take is an error of that message (class 22), and numbers are not printed and read again.
 * The forms are those of the types' recv functions and, for arrays, array_recv. */
#include "handler_plan.h"
#include "json_read.h"
#include "json_text.h"

#include <string.h>

#define TEXT_OID        25u
#define INT4_OID        23u
#define INT8_OID        20u
#define BYTEA_OID       17u
#define TIMESTAMPTZ_OID 1184u
#define TRACEPARENT     "traceparent"

/* Milliseconds from 1970 to 2000, where timestamptz counts from. */
#define TO_2000_MS INT64_C(946684800000)
/* What timestamptz holds: 4714-11-24 BC to 294276-12-31. */
#define LEAST_MS INT64_C(-210866803200000)
#define MOST_MS  INT64_C(9224318015999999)

const uint32_t handler_scalar_types[FIELDS] = {
    [FIELD_TOPIC] = TEXT_OID,       [FIELD_PARTITION] = INT4_OID,   [FIELD_OFFSET] = INT8_OID,
    [FIELD_TIME] = TIMESTAMPTZ_OID, [FIELD_KEY] = BYTEA_OID,        [FIELD_VALUE] = BYTEA_OID,
    [FIELD_HEADERS] = TEXT_OID,     [FIELD_TRACEPARENT] = TEXT_OID, [FIELD_IDENTITY] = TEXT_OID};

const uint32_t handler_array_types[FIELDS] = {
    [FIELD_TOPIC] = 1009,   [FIELD_PARTITION] = 1007,   [FIELD_OFFSET] = 1016,
    [FIELD_TIME] = 1185,    [FIELD_KEY] = 1001,         [FIELD_VALUE] = 1001,
    [FIELD_HEADERS] = 1009, [FIELD_TRACEPARENT] = 1009, [FIELD_IDENTITY] = 1009};

/* ---- one field of one message ------------------------------------------------------ */

static void put_be(char *out, uint64_t number, int bytes)
{
  for (int i = bytes - 1; i >= 0; i--, number >>= 8)
    out[i] = (char)(number & 0xff);
}

static struct headrace_value number(struct plan *plan, int64_t value, int bytes)
{
  char *data = plan_alloc(plan, 8);
  put_be(data, (uint64_t)value, bytes);
  return (struct headrace_value){data, (uint32_t)bytes, HEADRACE_BINARY};
}

static struct headrace_value time_of(struct plan *plan, int64_t ms)
{
  if (ms < LEAST_MS || ms > MOST_MS)
    return (struct headrace_value){0};
  return number(plan, (ms - TO_2000_MS) * 1000, 8);
}

static const struct headrace_value *last_header(const struct headrace_record *record,
                                                const char *name)
{
  for (uint32_t i = record->header_count; i > 0; i--)
    if (!strcmp(record->headers[i - 1].name, name))
      return &record->headers[i - 1].value;
  return NULL;
}

static bool is_text(const struct headrace_value *value)
{
  return json_is_utf8(value->data, value->size) && !memchr(value->data, 0, value->size);
}

/* A text of jsonb, or what bytea would print. */
static char *write_header(char *at, const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL)
    return json_copy(at, "null", 4);
  if (!value->size || is_text(value))
    return json_string(at, value->data, value->size);
  at = json_copy(at, "\"\\\\x", 4);
  at = json_hex(at, value->data, value->size);
  *at++ = '"';
  return at;
}

static size_t headers_bound(const struct headrace_record *record)
{
  size_t size = 4;
  for (uint32_t i = 0; i < record->header_count; i++)
    size +=
        16 + JSON_ESCAPE_GROWTH * (strlen(record->headers[i].name) + record->headers[i].value.size);
  return size;
}

/* Of several headers with one name jsonb keeps the last. */
static struct headrace_value headers_of(struct plan *plan, const struct headrace_record *record)
{
  if (!record->header_count)
    return (struct headrace_value){"{}", 2, HEADRACE_BINARY};
  char *text = plan_alloc(plan, headers_bound(record)), *at = text;
  *at++ = '{';
  for (uint32_t i = 0; i < record->header_count; i++) {
    const struct headrace_header *header = &record->headers[i];
    if (i)
      *at++ = ',';
    at = json_string(at, header->name, strlen(header->name));
    *at++ = ':';
    at = write_header(at, &header->value);
  }
  *at++ = '}';
  return (struct headrace_value){text, (uint32_t)(at - text), HEADRACE_BINARY};
}

static struct headrace_value traceparent_of(const struct headrace_record *record)
{
  const struct headrace_value *value = last_header(record, TRACEPARENT);
  return value && is_text(value) ? *value : (struct headrace_value){0};
}

/* State NULL: it has none. */
static struct headrace_value field_of(const struct handler *handler, struct plan *plan,
                                      const struct headrace_record *record, enum field field)
{
  struct headrace_value none = {0};
  switch (field) {
  case FIELD_TOPIC:
    return record->topic;
  case FIELD_PARTITION:
    return record->partition < 0 ? none : number(plan, record->partition, 4);
  case FIELD_OFFSET:
    return record->offset < 0 ? none : number(plan, record->offset, 8);
  case FIELD_TIME:
    return record->timestamp_ms < 0 ? none : time_of(plan, record->timestamp_ms);
  case FIELD_KEY:
    return record->key;
  case FIELD_VALUE:
    return record->value;
  case FIELD_HEADERS:
    return headers_of(plan, record);
  case FIELD_TRACEPARENT:
    return traceparent_of(record);
  case FIELD_IDENTITY:
    return dedupe_identity(&handler->dedupe, record, plan, &none) ? none
                                                                  : (struct headrace_value){0};
  case FIELDS:
    break;
  }
  return none;
}

static bool is_null(const struct headrace_value *value)
{
  return value->state == HEADRACE_NULL || value->state == HEADRACE_ABSENT;
}

/* ---- parameters --------------------------------------------------------------------- */

struct parameters {
  const char **values;
  int *lengths, *formats;
};

static struct parameters set_parameters(struct plan *plan, const uint32_t *types,
                                        struct statement *statement)
{
  struct parameters parameters = {plan_alloc(plan, FIELDS * sizeof(char *)),
                                  plan_alloc(plan, FIELDS * sizeof(int)),
                                  plan_alloc(plan, FIELDS * sizeof(int))};
  for (int i = 0; i < FIELDS; i++) {
    parameters.values[i] = NULL;
    parameters.lengths[i] = 0;
    parameters.formats[i] = 1;
  }
  statement->count = FIELDS;
  statement->types = types;
  statement->values = parameters.values;
  statement->lengths = parameters.lengths;
  statement->formats = parameters.formats;
  return parameters;
}

void handler_bind(const struct handler *handler, struct plan *plan,
                  const struct headrace_event *event, unsigned fields, struct statement *statement)
{
  struct parameters parameters = set_parameters(plan, handler_scalar_types, statement);
  for (unsigned i = 0; i < FIELDS; i++) {
    if (!(fields & 1u << i))
      continue;
    struct headrace_value value = field_of(handler, plan, event->record, (enum field)i);
    if (is_null(&value))
      continue;
    parameters.values[i] = value.size ? value.data : "";
    parameters.lengths[i] = (int)value.size;
  }
}

/* One dimension, from 1 on (array_send). */
static char *write_array(char *at, uint32_t type, const struct headrace_value *values, size_t count)
{
  bool nulls = false;
  for (size_t i = 0; i < count; i++)
    nulls |= is_null(&values[i]);
  put_be(at, count > 0, 4);
  put_be(at + 4, nulls, 4);
  put_be(at + 8, type, 4);
  put_be(at + 12, count, 4);
  put_be(at + 16, 1, 4);
  at += 20;
  for (size_t i = 0; i < count; i++) {
    bool null = is_null(&values[i]);
    put_be(at, null ? UINT32_MAX : values[i].size, 4);
    at += 4;
    if (!null && values[i].size) {
      memcpy(at, values[i].data, values[i].size);
      at += values[i].size;
    }
  }
  return at;
}

static size_t array_size(const struct headrace_value *values, size_t count)
{
  size_t size = 20 + 4 * count;
  for (size_t i = 0; i < count; i++)
    size += values[i].size;
  return size;
}

void handler_bind_arrays(const struct handler *handler, const struct group *group, unsigned fields,
                         struct statement *statement)
{
  struct plan *plan = group->plan;
  struct parameters parameters = set_parameters(plan, handler_array_types, statement);
  struct headrace_value *values = plan_alloc(plan, group->count * sizeof *values);
  for (unsigned i = 0; i < FIELDS; i++) {
    bool wanted = fields & 1u << i;
    for (size_t j = 0; j < group->count; j++)
      values[j] = wanted ? field_of(handler, plan, group->items[group->members[j]].event->record,
                                    (enum field)i)
                         : (struct headrace_value){0};
    char *array = plan_alloc(plan, array_size(values, group->count));
    const char *end = write_array(array, handler_scalar_types[i], values, group->count);
    parameters.values[i] = array;
    parameters.lengths[i] = (int)(end - array);
  }
}
