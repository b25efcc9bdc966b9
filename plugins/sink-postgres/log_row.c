/* SPDX-License-Identifier: Apache-2.0 */
#include "log_row.h"

#include "sink.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BYTEA_OID  17
#define COLUMNS    8
#define EPOCH_MS   INT64_C(946684800000)     /* 2000-01-01, where timestamps of PostgreSQL begin */
#define LEAST_MS   INT64_C(-210866803200000) /* 4713 BC, in milliseconds since 1970 */
#define MOST_MS    INT64_C(9224318015999999) /* the year 294276 */
#define SIZE_MOST  (1000u << 20)             /* a row of PostgreSQL is smaller than 1 GiB */
#define COPY_START "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"

/* ---- numbers, highest byte first ---------------------------------------------------- */

static char *put16(char *at, uint16_t value)
{
  at[0] = (char)(value >> 8);
  at[1] = (char)value;
  return at + 2;
}

static char *put32(char *at, uint32_t value)
{
  return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static char *put64(char *at, uint64_t value)
{
  return put32(put32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static uint32_t get32(const char *at)
{
  const unsigned char *bytes = (const unsigned char *)at;
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t get64(const char *at)
{
  return (uint64_t)get32(at) << 32 | get32(at + 4);
}

/* ---- writing ------------------------------------------------------------------------ */

static char *reserve(struct log_bytes *bytes, size_t size)
{
  if (bytes->capacity - bytes->size < size) {
    while (bytes->capacity - bytes->size < size)
      bytes->capacity = bytes->capacity ? 2 * bytes->capacity : 1 << 16;
    bytes->data = sink_realloc(bytes->data, bytes->capacity);
  }
  return bytes->data + bytes->size;
}

void log_copy_begin(struct log_bytes *bytes)
{
  bytes->size = 0;
  memcpy(reserve(bytes, sizeof COPY_START - 1), COPY_START, sizeof COPY_START - 1);
  bytes->size = sizeof COPY_START - 1;
}

void log_copy_end(struct log_bytes *bytes)
{
  put16(reserve(bytes, 2), UINT16_MAX);
  bytes->size += 2;
}

static bool is_there(const struct headrace_value *value)
{
  return value->state != HEADRACE_NULL && value->state != HEADRACE_ABSENT;
}

static size_t size_of(const struct headrace_value *value)
{
  return 4 + (is_there(value) ? (size_t)value->size : 0);
}

static size_t headers_size(const struct headrace_record *record)
{
  size_t size = 4 + 12 + 16;
  for (uint32_t i = 0; i < record->header_count; i++)
    size += 4 + strlen(record->headers[i].name) + size_of(&record->headers[i].value);
  return size;
}

const char *log_row_refusal(const struct headrace_record *record)
{
  if (size_of(&record->key) + size_of(&record->value) + headers_size(record) > SIZE_MOST)
    return "it is larger than a row of PostgreSQL can be";
  if (record->timestamp_ms < LEAST_MS || record->timestamp_ms > MOST_MS)
    return "its timestamp is out of the range of PostgreSQL's";
  return NULL;
}

static char *put_bytes(char *at, const void *data, size_t size)
{
  at = put32(at, (uint32_t)size);
  if (size)
    memcpy(at, data, size);
  return at + size;
}

static char *put_value(char *at, const struct headrace_value *value)
{
  return is_there(value) ? put_bytes(at, value->data, value->size) : put32(at, UINT32_MAX);
}

/* bytea[n][2]: names and values; NULL if there are none. */
static char *put_headers(char *at, const struct headrace_record *record)
{
  if (!record->header_count)
    return put32(at, UINT32_MAX);
  char *size = at;
  uint32_t with_nulls = 0;
  for (uint32_t i = 0; i < record->header_count; i++)
    with_nulls |= !is_there(&record->headers[i].value);
  at = put32(put32(put32(at + 4, 2), with_nulls), BYTEA_OID);
  at = put32(put32(at, record->header_count), 1);
  at = put32(put32(at, 2), 1);
  for (uint32_t i = 0; i < record->header_count; i++) {
    at = put_bytes(at, record->headers[i].name, strlen(record->headers[i].name));
    at = put_value(at, &record->headers[i].value);
  }
  put32(size, (uint32_t)(at - size - 4));
  return at;
}

static char *put_timestamp(char *at, int64_t ms)
{
  return ms == -1 ? put32(at, UINT32_MAX) : put64(put32(at, 8), (uint64_t)((ms - EPOCH_MS) * 1000));
}

void log_row_write(struct log_bytes *bytes, const struct log_place *place,
                   const struct headrace_record *record)
{
  char *begin =
      reserve(bytes, 64 + size_of(&record->key) + size_of(&record->value) + headers_size(record));
  char *at = put16(begin, COLUMNS);
  at = put32(put32(at, 4), (uint32_t)place->topic);
  at = put32(put32(at, 4), (uint32_t)place->partition);
  at = put64(put32(at, 8), (uint64_t)place->offset);
  at = put64(put32(at, 8), (uint64_t)place->global_offset);
  at = put_timestamp(at, record->timestamp_ms);
  at = put_value(at, &record->key);
  at = put_value(at, &record->value);
  at = put_headers(at, record);
  bytes->size += (size_t)(at - begin);
}

/* ---- reading ------------------------------------------------------------------------ */

struct cursor {
  char *at;
  size_t left;
};

static bool take32(struct cursor *cursor, uint32_t *value)
{
  if (cursor->left < 4)
    return false;
  *value = get32(cursor->at);
  cursor->at += 4;
  cursor->left -= 4;
  return true;
}

/* A length, and so many bytes; UINT32_MAX: NULL. */
static bool take_value(struct cursor *cursor, struct headrace_value *value)
{
  uint32_t size;
  if (!take32(cursor, &size))
    return false;
  *value = (struct headrace_value){.state = HEADRACE_NULL};
  if (size == UINT32_MAX)
    return true;
  if (size > cursor->left)
    return false;
  *value = (struct headrace_value){cursor->at, size, HEADRACE_BINARY};
  cursor->at += size;
  cursor->left -= size;
  return true;
}

/* The zero that ends a name takes the place of its value's length, which is read by then. */
static bool take_headers(struct cursor *cursor, struct headrace_record *record)
{
  uint32_t dimensions, with_nulls, type, count, lower, pair;
  if (!take32(cursor, &dimensions) || !take32(cursor, &with_nulls) || !take32(cursor, &type))
    return false;
  if (dimensions != 2 || type != BYTEA_OID)
    return dimensions == 0; /* '{}' */
  if (!take32(cursor, &count) || !take32(cursor, &lower) || !take32(cursor, &pair) ||
      !take32(cursor, &lower) || pair != 2 || count > cursor->left / 8)
    return false;
  struct headrace_header *headers = sink_alloc(count * sizeof *headers);
  record->headers = headers;
  record->header_count = count;
  for (uint32_t i = 0; i < count; i++) {
    struct headrace_value name;
    if (!take_value(cursor, &name) || name.state == HEADRACE_NULL ||
        !take_value(cursor, &headers[i].value))
      return false;
    headers[i].name = name.data;
    ((char *)(uintptr_t)name.data)[name.size] = 0;
  }
  return true;
}

bool log_row_take(const struct headrace_value values[LOG_ROW_VALUES],
                  struct headrace_record *record)
{
  const struct headrace_value *offset = &values[0], *time = &values[1], *headers = &values[4];
  *record = (struct headrace_record){
      .key = values[2], .value = values[3], .partition = -1, .timestamp_ms = -1};
  if (offset->state == HEADRACE_NULL || offset->size != 8 ||
      (time->state != HEADRACE_NULL && time->size != 8))
    return false;
  record->offset = (int64_t)get64(offset->data);
  if (time->state != HEADRACE_NULL)
    record->timestamp_ms = (int64_t)get64(time->data) / 1000 + EPOCH_MS;
  struct cursor inside = {(char *)(uintptr_t)headers->data, headers->size};
  return headers->state == HEADRACE_NULL || take_headers(&inside, record);
}

bool log_row_read(char *data, size_t size, struct headrace_record *record)
{
  struct headrace_value values[LOG_ROW_VALUES];
  *record = (struct headrace_record){.partition = -1};
  if (size < 2 || data[0] || data[1] != LOG_ROW_VALUES)
    return false;
  struct cursor cursor = {data + 2, size - 2};
  for (size_t i = 0; i < LOG_ROW_VALUES; i++)
    if (!take_value(&cursor, &values[i]))
      return false;
  return log_row_take(values, record);
}
