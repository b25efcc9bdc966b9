/* SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"

#include "json_read.h"
#include "json_text.h"
#include "numeric_text.h"
#include "sink.h"
#include "temporal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BIT = 1560 }; /* pg_type.dat */

#define PG_EPOCH_DAYS 10957 /* 2000-01-01 */
#define DAY_US        INT64_C(86400000000)
#define PG_EPOCH_US   (PG_EPOCH_DAYS * DAY_US)
#define FLOAT_MAX     64 /* characters of a number that is sent as binary */

const struct wire_type wire_types[WIRE_COUNT] = {
    [WIRE_TEXT] = {25, 1009, "text[]"},
    [WIRE_BOOL] = {16, 1000, "bool[]"},
    [WIRE_INT2] = {21, 1005, "int2[]"},
    [WIRE_INT4] = {23, 1007, "int4[]"},
    [WIRE_INT8] = {20, 1016, "int8[]"},
    [WIRE_FLOAT4] = {700, 1021, "float4[]"},
    [WIRE_FLOAT8] = {701, 1022, "float8[]"},
    [WIRE_DATE] = {1082, 1182, "date[]"},
    [WIRE_TIME] = {1083, 1183, "time[]"},
    [WIRE_TIMESTAMP] = {1114, 1115, "timestamp[]"},
    [WIRE_TIMESTAMPTZ] = {1184, 1185, "timestamptz[]"},
    [WIRE_BYTEA] = {17, 1001, "bytea[]"},
    [WIRE_UUID] = {2950, 2951, "uuid[]"},
    [WIRE_NUMERIC] = {1700, 1231, "numeric[]"},
};

enum wire wire_of(const struct target_column *column)
{
  for (int wire = WIRE_TEXT; wire < WIRE_COUNT; wire++)
    if (wire_types[wire].oid == column->type_oid)
      return (enum wire)wire;
  return WIRE_TEXT;
}

/* ---- bytes --------------------------------------------------------------------------- */

char *buffer_room(struct buffer *buffer, size_t size)
{
  if (buffer->capacity - buffer->size < size) {
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity - buffer->size < size)
      capacity *= 2;
    buffer->data = sink_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
  }
  return buffer->data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
  if (size)
    memcpy(buffer_room(buffer, size), data, size);
  buffer->size += size;
}

static void put32(char *out, uint32_t number)
{
  number = __builtin_bswap32(number);
  memcpy(out, &number, sizeof number);
}

static void put64(char *out, uint64_t number)
{
  number = __builtin_bswap64(number);
  memcpy(out, &number, sizeof number);
}

static bool append_null(struct buffer *out)
{
  put32(buffer_room(out, 4), UINT32_MAX);
  out->size += 4;
  return true;
}

static bool append16(struct buffer *out, uint16_t number)
{
  char *at = buffer_room(out, 6);
  put32(at, 2);
  at[4] = (char)(number >> 8);
  at[5] = (char)number;
  out->size += 6;
  return true;
}

static bool append32(struct buffer *out, uint32_t number)
{
  char *at = buffer_room(out, 8);
  put32(at, 4);
  put32(at + 4, number);
  out->size += 8;
  return true;
}

static bool append64(struct buffer *out, uint64_t number)
{
  char *at = buffer_room(out, 12);
  put32(at, 8);
  put64(at + 4, number);
  out->size += 12;
  return true;
}

/* ---- binary --------------------------------------------------------------------------- */

static bool read_integer(const struct headrace_value *value, int64_t *number)
{
  const char *at = value->data, *end = at + value->size;
  bool negative = at < end && *at == '-';
  at += negative;
  if (at == end)
    return false;
  for (*number = 0; at < end; at++) /* below zero, where there is one number more */
    if (*at < '0' || *at > '9' || __builtin_mul_overflow(*number, 10, number) ||
        __builtin_sub_overflow(*number, *at - '0', number))
      return false;
  return negative || !__builtin_sub_overflow(0, *number, number);
}

static bool binary_integer(const struct headrace_value *value, enum wire wire, struct buffer *out)
{
  int64_t number;
  if (!read_integer(value, &number))
    return false;
  if (wire == WIRE_INT8)
    return append64(out, (uint64_t)number);
  if (wire == WIRE_INT4)
    return number >= INT32_MIN && number <= INT32_MAX && append32(out, (uint32_t)number);
  return number >= INT16_MIN && number <= INT16_MAX && append16(out, (uint16_t)number);
}

static bool binary_bool(const struct headrace_value *value, struct buffer *out)
{
  char first = value->size ? value->data[0] : 0;
  bool is = value->state == HEADRACE_LITERAL || value->size == 1;
  if (!is || (first != 't' && first != 'f'))
    return false;
  char *at = buffer_room(out, 5);
  put32(at, 1);
  at[4] = first == 't';
  out->size += 5;
  return true;
}

static bool binary_float(const struct headrace_value *value, enum wire wire, struct buffer *out)
{
  char text[FLOAT_MAX + 1], *end;
  struct numeric_text parts;
  if (value->size > FLOAT_MAX || !numeric_read(value->data, value->size, &parts) ||
      parts.kind != NUMERIC_FINITE)
    return false;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  if (wire == WIRE_FLOAT4) {
    float number = strtof(text, &end);
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return number - number == 0 && append32(out, bits); /* not one that overflowed */
  }
  double number = strtod(text, &end);
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return number - number == 0 && append64(out, bits);
}

static enum temporal_unit unit_of(const struct conversion *conversion, bool of_day)
{
  int32_t digits = conversion->to->scale;
  switch (conversion->conventions.time) {
  case HEADRACE_TIME_MILLISECONDS:
    return TEMPORAL_MILLISECONDS;
  case HEADRACE_TIME_ALL_MICROSECONDS:
    return TEMPORAL_MICROSECONDS;
  case HEADRACE_TIME_NANOSECONDS:
    return TEMPORAL_NANOSECONDS;
  case HEADRACE_TIME_MICROSECONDS:
    if (of_day)
      return TEMPORAL_MICROSECONDS;
    break;
  default:
    break;
  }
  return digits >= 0 && digits <= 3 ? TEMPORAL_MILLISECONDS : TEMPORAL_MICROSECONDS;
}

static bool is_untyped(const struct conversion *conversion)
{
  return conversion->from && conversion->from->type == HEADRACE_TYPE_UNTYPED;
}

static bool read_date(const struct conversion *conversion, const struct headrace_value *value,
                      struct temporal_date *date)
{
  int64_t number;
  if (!is_untyped(conversion))
    return conversion->from && conversion->from->type == HEADRACE_TYPE_DATE &&
           temporal_read_date(value->data, value->size, date);
  if (value->state != HEADRACE_LITERAL)
    return temporal_read_iso_date(value->data, value->size, date);
  if (!read_integer(value, &number) || number < INT32_MIN || number > INT32_MAX)
    return false;
  *date = temporal_date_of_number(number);
  return true;
}

static bool binary_date(const struct conversion *conversion, const struct headrace_value *value,
                        struct buffer *out)
{
  struct temporal_date date;
  if (!read_date(conversion, value, &date))
    return false;
  int64_t days = date.kind == TEMPORAL_INFINITY         ? INT32_MAX
                 : date.kind == TEMPORAL_MINUS_INFINITY ? INT32_MIN
                                                        : temporal_days(&date) - PG_EPOCH_DAYS;
  return days >= INT32_MIN && days <= INT32_MAX && append32(out, (uint32_t)days);
}

static bool read_time(const struct conversion *conversion, const struct headrace_value *value,
                      struct temporal_time *time)
{
  int64_t number;
  if (!is_untyped(conversion))
    return conversion->from && conversion->from->type == HEADRACE_TYPE_TIME &&
           temporal_read_time(value->data, value->size, time);
  if (value->state != HEADRACE_LITERAL)
    return temporal_read_iso_time(value->data, value->size, time);
  return read_integer(value, &number) &&
         temporal_time_of_number(number, unit_of(conversion, true), time);
}

static bool binary_time(const struct conversion *conversion, const struct headrace_value *value,
                        struct buffer *out)
{
  struct temporal_time time;
  return read_time(conversion, value, &time) && append64(out, (uint64_t)time.microseconds);
}

static bool read_timestamp(const struct conversion *conversion, const struct headrace_value *value,
                           uint16_t type, struct temporal_timestamp *timestamp)
{
  int64_t number;
  if (!is_untyped(conversion))
    return conversion->from && conversion->from->type == type &&
           temporal_read_timestamp(value->data, value->size, timestamp);
  if (value->state != HEADRACE_LITERAL)
    return temporal_read_iso_timestamp(value->data, value->size, timestamp);
  if (!read_integer(value, &number))
    return false;
  *timestamp = temporal_timestamp_of_number(number, unit_of(conversion, false));
  return true;
}

/* What is beyond PostgreSQL's years is refused by the server, as it would be as a text. */
static bool binary_timestamp(const struct conversion *conversion, bool with_zone,
                             const struct headrace_value *value, struct buffer *out)
{
  struct temporal_timestamp timestamp;
  uint16_t type = with_zone ? HEADRACE_TYPE_TIMESTAMPTZ : HEADRACE_TYPE_TIMESTAMP;
  if (!read_timestamp(conversion, value, type, &timestamp))
    return false;
  if (timestamp.date.kind != TEMPORAL_FINITE)
    return append64(out, timestamp.date.kind == TEMPORAL_INFINITY ? (uint64_t)INT64_MAX
                                                                  : (uint64_t)INT64_MIN);
  int64_t days = temporal_days(&timestamp.date) - PG_EPOCH_DAYS;
  if (days < -INT64_C(100000000) || days > INT64_C(106000000))
    return false;
  int64_t microseconds = days * DAY_US + timestamp.time.microseconds;
  if (with_zone)
    microseconds -= timestamp.time.offset_seconds * INT64_C(1000000);
  return append64(out, (uint64_t)microseconds);
}

static bool binary_bytes(const struct conversion *conversion, const struct headrace_value *value,
                         struct buffer *out)
{
  char *at = buffer_room(out, 4 + value->size + 4), *data = at + 4;
  size_t size = SIZE_MAX;
  if (value->state == HEADRACE_BINARY) {
    memcpy(data, value->data, value->size);
    size = value->size;
  } else if (is_untyped(conversion) && value->state == HEADRACE_TEXT) {
    char *end = data;
    uint32_t prefix = value->size >= 2 && !memcmp(value->data, "\\x", 2) ? 2 : 0;
    if (conversion->conventions.binary != HEADRACE_BINARY_HEX)
      size = json_unbase64(data, value->data, value->size);
    else if ((end = json_unhex(data, value->data + prefix, value->size - prefix)))
      size = (size_t)(end - data);
  } else if (value->size >= 2 && value->data[0] == '\\' && value->data[1] == 'x') {
    char *end = json_unhex(data, value->data + 2, value->size - 2);
    size = end ? (size_t)(end - data) : SIZE_MAX;
  }
  if (size == SIZE_MAX)
    return false;
  put32(at, (uint32_t)size);
  out->size += 4 + size;
  return true;
}

static bool binary_uuid(const struct headrace_value *value, struct buffer *out)
{
  char digits[32];
  if (value->size != 36)
    return false;
  size_t count = 0;
  for (size_t i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (value->data[i] == '-'))
      return false;
    if (!dash)
      digits[count++] = value->data[i];
  }
  char *at = buffer_room(out, 20);
  if (!json_unhex(at + 4, digits, sizeof digits))
    return false;
  put32(at, 16);
  out->size += 20;
  return true;
}

/* numeric_recv: numbers of digits to the base of 10000, weight of the first, sign, digits of the
 * fraction, then the digits. */
#define NUMERIC_HEADER 8
#define NUMERIC_MINUS  0x4000
#define SCALE_MOST     16383

static char *put16(char *at, unsigned number)
{
  at[0] = (char)(number >> 8);
  at[1] = (char)number;
  return at + 2;
}

/* `count` decimal digits, of which the first are only as many as are missing to fours. */
static char *put_fours(char *at, const char *digits, size_t count, size_t first)
{
  for (size_t i = 0, size = first; i < count; i += size, size = 4) {
    unsigned number = 0;
    for (size_t k = 0; k < 4; k++)
      number = number * 10 + (k < size && i + k < count ? (unsigned)(digits[i + k] - '0') : 0);
    for (size_t k = size; k < 4 && !i; k++)
      number /= 10; /* before the point zeros stand in front */
    at = put16(at, number);
  }
  return at;
}

/* The text's digits; false: it has others, an exponent, or too many. */
static bool write_numeric(const char *text, size_t size, struct buffer *out)
{
  bool minus = size && *text == '-';
  const char *digits = text + minus, *end = text + size;
  size_t whole = 0, fraction = 0;
  while (digits + whole < end && digits[whole] >= '0' && digits[whole] <= '9')
    whole++;
  const char *after = digits + whole;
  if (after < end && *after == '.')
    for (after++; after + fraction < end && after[fraction] >= '0' && after[fraction] <= '9';)
      fraction++;
  if (!whole || after + fraction != end || whole > NUMERIC_SCALE_MAX || fraction > SCALE_MOST)
    return false;
  size_t fours = (whole + 3) / 4, after_fours = (fraction + 3) / 4;
  size_t length = NUMERIC_HEADER + 2 * (fours + after_fours);
  char *at = buffer_room(out, 4 + length);
  put32(at, (uint32_t)length);
  at = put16(at + 4, (unsigned)(fours + after_fours));
  at = put16(at, (unsigned)fours - 1);
  at = put16(at, minus ? NUMERIC_MINUS : 0);
  at = put16(at, (unsigned)fraction);
  at = put_fours(at, digits, whole, whole % 4 ? whole % 4 : 4);
  put_fours(at, after, fraction, 4);
  out->size += 4 + length;
  return true;
}

static bool binary_numeric(const struct conversion *conversion, const struct headrace_value *value,
                           struct buffer *out)
{
  char text[128];
  const char *reason;
  size_t start = out->size;
  if (!convert_text(conversion, value, out, &reason))
    return false;
  size_t size = out->size - start - 4;
  out->size = start;
  if (size > sizeof text)
    return false;
  memcpy(text, out->data + start + 4, size);
  return write_numeric(text, size, out);
}

bool convert_binary(const struct conversion *conversion, enum wire wire,
                    const struct headrace_value *value, struct buffer *out)
{
  if (value->state == HEADRACE_NULL)
    return append_null(out);
  switch (wire) {
  case WIRE_BOOL:
    return binary_bool(value, out);
  case WIRE_INT2:
  case WIRE_INT4:
  case WIRE_INT8:
    return binary_integer(value, wire, out);
  case WIRE_FLOAT4:
  case WIRE_FLOAT8:
    return binary_float(value, wire, out);
  case WIRE_DATE:
    return binary_date(conversion, value, out);
  case WIRE_TIME:
    return binary_time(conversion, value, out);
  case WIRE_TIMESTAMP:
  case WIRE_TIMESTAMPTZ:
    return binary_timestamp(conversion, wire == WIRE_TIMESTAMPTZ, value, out);
  case WIRE_BYTEA:
    return binary_bytes(conversion, value, out);
  case WIRE_UUID:
    return binary_uuid(value, out);
  case WIRE_NUMERIC:
    return binary_numeric(conversion, value, out);
  case WIRE_TEXT:
  case WIRE_COUNT:
    break;
  }
  return false;
}

/* ---- texts ----------------------------------------------------------------------------- */

static bool as_it_is(const struct headrace_value *value, struct buffer *out)
{
  buffer_append(out, value->data, value->size);
  return true;
}

/* A string for a numeric: the bytes of a whole number, unless it is plainly digits. */
static bool unscaled(const struct conversion *conversion, const struct headrace_value *value,
                     struct buffer *out, const char **reason)
{
  const struct target_column *column = conversion->to;
  int32_t scale = column->logical == HEADRACE_TYPE_MONEY ? 2 : column->scale;
  char *bytes = sink_alloc(value->size / 4 * 3 + 4);
  size_t size = json_unbase64(bytes, value->data, value->size);
  char *end = NULL;
  if (size != SIZE_MAX && scale < 0) {
    *reason = "the scale of a number is not known: the event has no schema and the column no "
              "scale; set `decimal` of the codec to what wrote it";
  } else if (size != SIZE_MAX && size <= NUMERIC_UNSCALED_MAX) {
    char *at = buffer_room(out, NUMERIC_OF_UNSCALED_ROOM(size, scale));
    end = numeric_of_unscaled(at, bytes, size, scale);
    *reason = "a number has too many digits";
    if (end)
      out->size += (size_t)(end - at);
  } else {
    end = bytes; /* no base64: digits, or something that the server will refuse */
    as_it_is(value, out);
  }
  free(bytes);
  return end != NULL;
}

static bool untyped_numeric(const struct conversion *conversion, const struct headrace_value *value,
                            struct buffer *out, const char **reason)
{
  if (value->state == HEADRACE_TEXT && conversion->conventions.numeric == HEADRACE_NUMERIC_UNSCALED)
    return unscaled(conversion, value, out, reason);
  *reason = "a number with a scale of its own is malformed";
  if (value->state == HEADRACE_LITERAL && value->size && value->data[0] == '{')
    return convert_scaled_number(value->data, value->size, out);
  return as_it_is(value, out);
}

static bool untyped_interval(const struct conversion *conversion,
                             const struct headrace_value *value, struct buffer *out)
{
  int64_t number;
  struct temporal_interval interval;
  char text[TEMPORAL_TEXT_MAX];
  bool nanoseconds = conversion->conventions.time == HEADRACE_TIME_NANOSECONDS;
  if (value->state == HEADRACE_LITERAL && read_integer(value, &number))
    interval = temporal_interval_of_number(number, nanoseconds ? TEMPORAL_NANOSECONDS
                                                               : TEMPORAL_MICROSECONDS);
  else if (!temporal_read_iso_interval(value->data, value->size, &interval))
    return as_it_is(value, out);
  buffer_append(out, text, (size_t)(temporal_write_interval(text, &interval) - text));
  return true;
}

/* Up to the highest bit that is set. */
static size_t bit_length(const char *bytes, size_t size)
{
  size_t bits = 8 * size;
  while (bits && !((unsigned char)bytes[(bits - 1) / 8] >> (bits - 1) % 8 & 1))
    bits--;
  return bits;
}

/* Whether a text is the digits themselves. Of a fixed length they are so many; base64 of as many
 * letters would be more bytes than there are bits. */
static bool is_digits(const struct conversion *conversion, const struct headrace_value *value)
{
  for (uint32_t i = 0; i < value->size; i++)
    if (value->data[i] != '0' && value->data[i] != '1')
      return false;
  if (conversion->to->type_oid == OID_BIT)
    return (int32_t)value->size == conversion->to->precision;
  return value->size % 4 || conversion->conventions.numeric == HEADRACE_NUMERIC_PLAIN;
}

static bool append_bits(const char *bytes, size_t size, int32_t length, struct buffer *out)
{
  size_t used = bit_length(bytes, size), count = length > 0 ? (size_t)length : used;
  if (used > count)
    return false;
  char *at = buffer_room(out, count);
  for (size_t i = 0; i < count; i++) {
    size_t bit = count - 1 - i;
    at[i] = bit < used && ((unsigned char)bytes[bit / 8] >> bit % 8 & 1) ? '1' : '0';
  }
  out->size += count;
  return true;
}

/* Debezium's bits: true and false of bit(1), else bytes with the lowest bit first, in base64, and
 * without the zero bytes at their end. Zeros before a bit varying are lost in them. */
static bool untyped_bits(const struct conversion *conversion, const struct headrace_value *value,
                         struct buffer *out)
{
  if (value->state == HEADRACE_LITERAL && value->size &&
      (*value->data == 't' || *value->data == 'f')) {
    buffer_append(out, *value->data == 't' ? "1" : "0", 1);
    return true;
  }
  if (value->state != HEADRACE_TEXT || is_digits(conversion, value))
    return as_it_is(value, out);
  char *bytes = sink_alloc(value->size / 4 * 3 + 3);
  size_t size = json_unbase64(bytes, value->data, value->size);
  int32_t length = conversion->to->type_oid == OID_BIT ? conversion->to->precision : -1;
  bool done = size != SIZE_MAX && append_bits(bytes, size, length, out);
  free(bytes);
  return done || as_it_is(value, out);
}

/* What has a binary form too, but was refused one beside it in the same column. */
static bool untyped_moment(const struct conversion *conversion, const struct headrace_value *value,
                           struct buffer *out)
{
  char text[TEMPORAL_TEXT_MAX], *end = NULL;
  struct temporal_date date;
  struct temporal_time time;
  struct temporal_timestamp timestamp;
  uint16_t type = conversion->to->logical;
  if (type == HEADRACE_TYPE_DATE && read_date(conversion, value, &date))
    end = temporal_write_date(text, &date);
  else if (type == HEADRACE_TYPE_TIME && read_time(conversion, value, &time))
    end = temporal_write_time(text, &time);
  else if (type == HEADRACE_TYPE_TIMESTAMP && read_timestamp(conversion, value, type, &timestamp))
    end = temporal_write_timestamp(text, &timestamp);
  else if (type == HEADRACE_TYPE_TIMESTAMPTZ && read_timestamp(conversion, value, type, &timestamp))
    end = temporal_write_timestamptz(text, &timestamp);
  if (!end)
    return as_it_is(value, out);
  buffer_append(out, text, (size_t)(end - text));
  return true;
}

static bool untyped_bytes(const struct conversion *conversion, const struct headrace_value *value,
                          struct buffer *out, const char **reason)
{
  struct buffer binary = {0};
  bool good = binary_bytes(conversion, value, &binary);
  if (good) {
    char *at = buffer_room(out, 2 + 2 * binary.size);
    memcpy(at, "\\x", 2);
    out->size += (size_t)(json_hex(at + 2, binary.data + 4, binary.size - 4) - at);
  } else {
    *reason = "bytes are not written as `binary` of the codec says";
  }
  free(binary.data);
  return good;
}

bool convert_untyped(const struct conversion *conversion, const struct headrace_value *value,
                     struct buffer *out, const char **reason)
{
  bool json = value->state == HEADRACE_LITERAL;
  switch (conversion->to->logical) {
  case HEADRACE_TYPE_NUMERIC:
  case HEADRACE_TYPE_MONEY:
    return untyped_numeric(conversion, value, out, reason);
  case HEADRACE_TYPE_DATE:
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
    return untyped_moment(conversion, value, out);
  case HEADRACE_TYPE_INTERVAL:
    return untyped_interval(conversion, value, out);
  case HEADRACE_TYPE_BYTES:
    return untyped_bytes(conversion, value, out, reason);
  case HEADRACE_TYPE_BIT:
    return untyped_bits(conversion, value, out);
  case HEADRACE_TYPE_JSON:
    convert_to_json(value, out);
    return true;
  case HEADRACE_TYPE_HSTORE:
    return convert_hstore(value->data, value->size, out) || as_it_is(value, out);
  case HEADRACE_TYPE_POINT:
    return (json && convert_point(value->data, value->size, out)) || as_it_is(value, out);
  case HEADRACE_TYPE_ARRAY:
    if (json && value->size && value->data[0] == '[')
      return convert_json_array(conversion, value->data, value->size, out, reason);
    return as_it_is(value, out);
  default:
    return as_it_is(value, out);
  }
}

/* Debezium's bits of either kind have zeros before them up to the length: unless the event says
 * that it is a bit string of fixed length, a varying one is without them. */
static bool without_zeros(const struct conversion *conversion, const struct headrace_value *value,
                          struct buffer *out)
{
  const char *name = conversion->from->type_name;
  struct headrace_value rest = *value;
  if (conversion->to->type_oid == OID_BIT || (name && *name))
    return false;
  while (rest.size && *rest.data == '0') {
    rest.data++;
    rest.size--;
  }
  return as_it_is(&rest, out);
}

/* Debezium sends an hstore as JSON and bit(1) as a boolean: only the target says what they are. And
 * an hstore may come to where there is no such type. */
static bool typed_text(const struct conversion *conversion, const struct headrace_value *value,
                       struct buffer *out)
{
  const struct headrace_column *from = conversion->from;
  uint16_t to = conversion->to->logical;
  bool done = false;
  if (!from || conversion->plain)
    return as_it_is(value, out);
  if (from->type == HEADRACE_TYPE_BIT && to == HEADRACE_TYPE_BIT)
    done = without_zeros(conversion, value, out);
  else if (from->type == HEADRACE_TYPE_BOOL && to == HEADRACE_TYPE_BIT && value->size == 1)
    done = as_it_is(&(struct headrace_value){*value->data == 't' ? "1" : "0", 1, 0}, out);
  else if (from->type == HEADRACE_TYPE_JSON && to == HEADRACE_TYPE_HSTORE)
    done = convert_hstore(value->data, value->size, out);
  else if (from->type == HEADRACE_TYPE_HSTORE && to == HEADRACE_TYPE_JSON)
    done = convert_hstore_to_json(value->data, value->size, out);
  else if (from->type == HEADRACE_TYPE_ARRAY && from->element_type == HEADRACE_TYPE_JSON &&
           to == HEADRACE_TYPE_ARRAY && conversion->to->element_logical == HEADRACE_TYPE_HSTORE)
    done = convert_hstore_array(value->data, value->size, out);
  return done || as_it_is(value, out);
}

static bool nul_characters(const struct conversion *conversion, struct buffer *out, size_t from,
                           const char **reason)
{
  char *at = out->data + from, *end = out->data + out->size, *put;
  if (from == out->size || !(put = memchr(at, '\0', (size_t)(end - at))))
    return true;
  *reason = "a text has a character U+0000, which PostgreSQL cannot store; see nul_characters";
  if (conversion->nul == NUL_ERROR)
    return false;
  if (conversion->nul == NUL_REPLACE) { /* U+FFFD, longer than what it replaces */
    struct buffer copy = {0};
    for (; at < end; at++)
      buffer_append(&copy, *at ? at : "\xef\xbf\xbd", *at ? 1 : 3);
    out->size = from;
    buffer_append(out, copy.data, copy.size);
    free(copy.data);
    return true;
  }
  for (at = put; at < end; at++)
    if (*at)
      *put++ = *at;
  out->size = (size_t)(put - out->data);
  return true;
}

bool convert_text(const struct conversion *conversion, const struct headrace_value *value,
                  struct buffer *out, const char **reason)
{
  if (value->state == HEADRACE_NULL)
    return append_null(out);
  size_t start = out->size;
  buffer_room(out, 4);
  out->size += 4;
  bool good;
  if (value->state == HEADRACE_BINARY)
    good = untyped_bytes(conversion, value, out, reason);
  else if (is_untyped(conversion) && !conversion->plain)
    good = convert_untyped(conversion, value, out, reason);
  else
    good = typed_text(conversion, value, out);
  if (!good || !nul_characters(conversion, out, start + 4, reason)) {
    out->size = start;
    return false;
  }
  put32(out->data + start, (uint32_t)(out->size - start - 4));
  return true;
}
