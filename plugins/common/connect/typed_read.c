/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of one part: a JSON string, number or boolean becomes the canonical text of its type. */
#include "connect_typed.h"
#include "digits.h"
#include "numeric_text.h"

#include <stdlib.h>

/* ---- memory ------------------------------------------------------------- */

char *typed_reserve(struct typed *typed, size_t size)
{
  return typed->host->reserve(typed->host, typed->batch, size);
}

bool typed_finish(struct typed *typed, struct headrace_value *value, const char *data,
                  const char *end)
{
  if (!end)
    return false;
  size_t size = (size_t)(end - data);
  typed->host->commit(typed->host, typed->batch, size);
  *value = (struct headrace_value){data, (uint32_t)size, HEADRACE_TEXT};
  return true;
}

char *typed_scratch(struct typed *typed, size_t size)
{
  struct builder *scratch = &typed->scratch;
  if (size > scratch->room) {
    free(scratch->data);
    scratch->room = size + 256;
    scratch->data = malloc(scratch->room);
    if (!scratch->data)
      abort();
  }
  return scratch->data;
}

struct json_value typed_characters(struct typed *typed, const struct json_value *json)
{
  struct json_value characters = *json;
  if (json->escaped) {
    char *data = typed_scratch(typed, json->size);
    characters.size = json_unescape(data, json);
    characters.data = data;
    characters.escaped = false;
  }
  return characters;
}

/* ---- as it is ----------------------------------------------------------- */

static bool as_it_is(const struct json_value *json, struct headrace_value *value)
{
  *value = (struct headrace_value){json->data, (uint32_t)json->size, HEADRACE_TEXT};
  return true;
}

TYPED_READER(read_text)
{
  (void)type;
  if (json->kind != JSON_STRING)
    return false;
  if (!json->escaped)
    return as_it_is(json, value);
  char *data = typed_reserve(typed, json->size);
  return typed_finish(typed, value, data, data + json_unescape(data, json));
}

TYPED_READER(read_untyped)
{
  if (json->kind == JSON_STRING)
    return read_text(typed, type, json, value);
  as_it_is(json, value);
  value->state = HEADRACE_LITERAL;
  return true;
}

TYPED_READER(read_integer)
{
  (void)typed;
  (void)type;
  int64_t number;
  return typed_number(json, &number) && as_it_is(json, value);
}

static bool read_truth(const struct json_value *json, struct headrace_value *value,
                       const char *letters)
{
  if (json->kind != JSON_TRUE && json->kind != JSON_FALSE)
    return false;
  *value = (struct headrace_value){letters + (json->kind == JSON_FALSE), 1, HEADRACE_TEXT};
  return true;
}

TYPED_READER(read_boolean)
{
  (void)typed;
  (void)type;
  return read_truth(json, value, "tf");
}

TYPED_READER(read_boolean_bit)
{
  (void)typed;
  (void)type;
  return read_truth(json, value, "10");
}

/* ---- numbers ------------------------------------------------------------ */

bool typed_number(const struct json_value *json, int64_t *number)
{
  if (json->kind != JSON_NUMBER) /* a member that is missing has no data either */
    return false;
  const char *at = json->data, *end = at + json->size;
  bool negative = *at == '-';
  at += negative;
  if (end - at < DIGITS_MAX) { /* less than 2^63 */
    uint64_t size;
    bool sound = digits_read(at, (size_t)(end - at), &size);
    *number = negative ? -(int64_t)size : (int64_t)size;
    return sound;
  }
  for (*number = 0; at < end; at++) {
    if (*at < '0' || *at > '9' || __builtin_mul_overflow(*number, 10, number) ||
        __builtin_sub_overflow(*number, *at - '0', number))
      return false;
  }
  return negative || !__builtin_sub_overflow(0, *number, number);
}

/* A JSON number, or the name of what is none. */
static bool read_numeric(const struct json_value *json, struct numeric_text *number)
{
  return (json->kind == JSON_NUMBER || json->kind == JSON_STRING) && !json->escaped &&
         numeric_read(json->data, json->size, number) &&
         (number->kind != NUMERIC_FINITE) == (json->kind == JSON_STRING);
}

TYPED_READER(read_float)
{
  struct numeric_text number;
  if (!read_numeric(json, &number))
    return false;
  char *data = typed_reserve(typed, json->size + NUMERIC_JAVA_MAX);
  int digits = type->logical == HEADRACE_TYPE_FLOAT32 ? NUMERIC_FLOAT4_PLAIN : NUMERIC_FLOAT8_PLAIN;
  return typed_finish(typed, value, data, numeric_float(data, &number, digits));
}

static bool finish_plain(struct typed *typed, const struct numeric_text *number,
                         struct headrace_value *value)
{
  size_t room = numeric_plain_room(number);
  if (room == SIZE_MAX)
    return false;
  char *data = typed_reserve(typed, room);
  return typed_finish(typed, value, data, numeric_plain(data, number));
}

/* Base64 of the unscaled value, or the number itself (decimal.format = NUMERIC). */
TYPED_READER(read_decimal)
{
  struct numeric_text number;
  if (json->kind == JSON_NUMBER)
    return numeric_read(json->data, json->size, &number) && finish_plain(typed, &number, value);
  if (json->kind != JSON_STRING)
    return false;
  char small[64];
  struct json_value text = typed_characters(typed, json);
  size_t room = text.size / 4 * 3 + 3;
  char *bytes = room <= sizeof small ? small : malloc(room);
  if (!bytes)
    abort();
  size_t size = json_unbase64(bytes, text.data, text.size);
  bool sound = size != SIZE_MAX && size <= NUMERIC_UNSCALED_MAX;
  if (sound) {
    char *data = typed_reserve(typed, NUMERIC_OF_UNSCALED_ROOM(size, type->scale));
    sound = typed_finish(typed, value, data, numeric_of_unscaled(data, bytes, size, type->scale));
  }
  if (bytes != small)
    free(bytes);
  return sound;
}

/* decimal.handling.mode = string or double, with io.debezium.data.SpecialValueDecimal's names. */
TYPED_READER(read_decimal_text)
{
  static const struct {
    const char *theirs, *ours;
  } specials[] = {
      {"NAN", "NaN"}, {"POSITIVE_INFINITY", "Infinity"}, {"NEGATIVE_INFINITY", "-Infinity"}};
  (void)type;
  struct numeric_text number;
  for (size_t i = 0; json->kind == JSON_STRING && i < 3; i++)
    if (json_is(json, specials[i].theirs)) {
      *value = (struct headrace_value){specials[i].ours, (uint32_t)strlen(specials[i].ours),
                                       HEADRACE_TEXT};
      return true;
    }
  return (json->kind == JSON_NUMBER || json->kind == JSON_STRING) && !json->escaped &&
         numeric_read(json->data, json->size, &number) && finish_plain(typed, &number, value);
}

/* ---- bytes -------------------------------------------------------------- */

TYPED_READER(read_bytes)
{
  (void)type;
  if (json->kind != JSON_STRING)
    return false;
  struct json_value text = typed_characters(typed, json);
  char *data = typed_reserve(typed, text.size / 4 * 3 + 3);
  size_t size = json_unbase64(data, text.data, text.size);
  if (size == SIZE_MAX)
    return false;
  typed_finish(typed, value, data, data + size);
  value->state = HEADRACE_BINARY;
  return true;
}

#define BITS_MAX 83886080 /* of a bit string in PostgreSQL (varbit.h, VARBITMAXLEN) */

/* Of how many digits the highest bit that is set is the first. */
static size_t bit_length(const unsigned char *bytes, size_t size)
{
  while (size && !bytes[size - 1])
    size--;
  size_t bits = 8 * size;
  while (bits && !(bytes[(bits - 1) / 8] >> (bits - 1) % 8 & 1))
    bits--;
  return bits;
}

/* The lowest bit of the first byte is the last digit. Of a length that is not known there are as
 * many digits as there are bits: zeros before them are lost in the event. */
TYPED_READER(read_bits)
{
  if (json->kind != JSON_STRING)
    return false;
  struct json_value text = typed_characters(typed, json);
  unsigned char *bytes = malloc(text.size / 4 * 3 + 3);
  if (!bytes)
    abort();
  size_t size = json_unbase64((char *)bytes, text.data, text.size);
  size_t used = size == SIZE_MAX ? 0 : bit_length(bytes, size);
  size_t length = type->length == INT32_MAX ? used : (size_t)type->length;
  bool sound = size != SIZE_MAX && used <= length && length <= BITS_MAX;
  if (sound) {
    char *data = typed_reserve(typed, length);
    for (size_t i = 0; i < length; i++) {
      size_t bit = length - 1 - i;
      data[i] = bit < used && (bytes[bit / 8] >> bit % 8 & 1) ? '1' : '0';
    }
    typed_finish(typed, value, data, data + length);
  }
  free(bytes);
  return sound;
}

/* ---- times as numbers --------------------------------------------------- */

TYPED_READER(read_date)
{
  (void)type;
  int64_t number;
  if (!typed_number(json, &number))
    return false;
  struct temporal_date date = temporal_date_of_number(number);
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_date(data, &date));
}

TYPED_READER(read_time)
{
  int64_t number;
  struct temporal_time time;
  if (!typed_number(json, &number) || !temporal_time_of_number(number, type->unit, &time))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_time(data, &time));
}

TYPED_READER(read_timestamp)
{
  int64_t number;
  if (!typed_number(json, &number))
    return false;
  struct temporal_timestamp timestamp = temporal_timestamp_of_number(number, type->unit);
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timestamp(data, &timestamp));
}

TYPED_READER(read_duration)
{
  int64_t number;
  if (!typed_number(json, &number))
    return false;
  struct temporal_interval interval = temporal_interval_of_number(number, type->unit);
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_interval(data, &interval));
}

/* ---- times as texts ----------------------------------------------------- */

static bool is_plain_string(const struct json_value *json)
{
  return json->kind == JSON_STRING && !json->escaped;
}

TYPED_READER(read_iso_date)
{
  (void)type;
  struct temporal_date date;
  if (!is_plain_string(json) || !temporal_read_iso_date(json->data, json->size, &date))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_date(data, &date));
}

TYPED_READER(read_iso_time)
{
  (void)type;
  struct temporal_time time;
  if (!is_plain_string(json) || !temporal_read_iso_time(json->data, json->size, &time))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_time(data, &time));
}

TYPED_READER(read_iso_timetz)
{
  (void)type;
  struct temporal_time time;
  if (!is_plain_string(json) || !temporal_read_iso_time(json->data, json->size, &time))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timetz(data, &time));
}

TYPED_READER(read_iso_timestamp)
{
  (void)type;
  struct temporal_timestamp timestamp;
  if (!is_plain_string(json) || !temporal_read_iso_timestamp(json->data, json->size, &timestamp))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timestamp(data, &timestamp));
}

TYPED_READER(read_iso_timestamptz)
{
  (void)type;
  struct temporal_timestamp timestamp;
  if (!is_plain_string(json) || !temporal_read_iso_timestamp(json->data, json->size, &timestamp))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timestamptz(data, &timestamp));
}

TYPED_READER(read_iso_interval)
{
  (void)type;
  struct temporal_interval interval;
  if (!is_plain_string(json) || !temporal_read_iso_interval(json->data, json->size, &interval))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_interval(data, &interval));
}
