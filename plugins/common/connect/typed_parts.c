/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of several parts: arrays, maps and structs of JSON become PostgreSQL's texts. */
#include "connect_typed.h"
#include "numeric_text.h"

#include <stdlib.h>

/* ---- a text that grows -------------------------------------------------- */

void builder_add(struct builder *builder, const char *data, size_t size)
{
  if (builder->room - builder->size < size) {
    builder->room = 2 * (builder->size + size) + 64;
    builder->data = realloc(builder->data, builder->room);
    if (!builder->data)
      abort();
  }
  if (size)
    memcpy(builder->data + builder->size, data, size);
  builder->size += size;
}

void builder_character(struct builder *builder, char character)
{
  builder_add(builder, &character, 1);
}

static void add_word(struct builder *builder, const char *word)
{
  builder_add(builder, word, strlen(word));
}

static void add_value(struct builder *builder, const struct headrace_value *value)
{
  builder_add(builder, value->data, value->size);
}

static void add_number(struct builder *builder, int64_t number)
{
  char digits[JSON_INTEGER_MAX];
  builder_add(builder, digits, (size_t)(json_integer(digits, number) - digits));
}

/* What the builder has becomes the value. */
static bool finish(struct typed *typed, const struct builder *builder, struct headrace_value *value)
{
  char *data = typed_reserve(typed, builder->size);
  return typed_finish(typed, value, data, json_copy(data, builder->data, builder->size));
}

/* Between quotes, with a backslash before quotes and backslashes. */
static void add_quoted(struct builder *builder, const char *data, size_t size)
{
  builder_character(builder, '"');
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '"' || data[i] == '\\')
      builder_character(builder, '\\');
    builder_character(builder, data[i]);
  }
  builder_character(builder, '"');
}

/* ---- arrays: {1,NULL,"a b"} --------------------------------------------- */

/* array_out's rule (PostgreSQL docs 8.15.6). */
static bool needs_quotes(const char *data, size_t size)
{
  if (!size || (size == 4 && (data[0] | 0x20) == 'n' && (data[1] | 0x20) == 'u' &&
                (data[2] | 0x20) == 'l' && (data[3] | 0x20) == 'l'))
    return true;
  for (size_t i = 0; i < size; i++)
    if (data[i] == '\0' || strchr("{}\",\\ \t\n\v\f\r", data[i]))
      return true;
  return false;
}

static void add_element(struct builder *literal, const struct headrace_value *value)
{
  if (value->state == HEADRACE_BINARY) { /* in an array bytes are text: "\\x00ff" */
    static const char digits[] = "0123456789abcdef";
    add_word(literal, "\"\\\\x");
    for (uint32_t i = 0; i < value->size; i++) {
      builder_character(literal, digits[(unsigned char)value->data[i] >> 4]);
      builder_character(literal, digits[(unsigned char)value->data[i] & 15]);
    }
    builder_character(literal, '"');
  } else if (needs_quotes(value->data, value->size)) {
    add_quoted(literal, value->data, value->size);
  } else {
    add_value(literal, value);
  }
}

static bool add_array(struct typed *typed, const struct typed_type *element,
                      struct json_reader *reader, struct builder *literal);

/* An array inside is a dimension, unless it is the element's own form (a vector). */
static bool add_item(struct typed *typed, const struct typed_type *element,
                     struct json_reader *reader, struct builder *literal)
{
  struct json_value item;
  struct headrace_value value;
  struct json_reader ahead = *reader;
  if (!json_read_whole(reader, &item))
    return false;
  if (item.kind == JSON_NULL) {
    add_word(literal, "NULL");
    return true;
  }
  if (item.kind == JSON_ARRAY && element->read != read_vector && element->read != read_json)
    return json_read_value(&ahead, &item) && add_array(typed, element, &ahead, literal);
  if (!element->read(typed, element, &item, &value))
    return false;
  add_element(literal, &value);
  return true;
}

/* The opening bracket is taken. */
static bool add_array(struct typed *typed, const struct typed_type *element,
                      struct json_reader *reader, struct builder *literal)
{
  char separator = '{';
  while (json_next_element(reader)) {
    builder_character(literal, separator);
    separator = ',';
    if (!add_item(typed, element, reader, literal))
      return false;
  }
  if (separator == '{')
    builder_character(literal, '{');
  builder_character(literal, '}');
  return !reader->error;
}

/* An element is never an array itself, see typed_types.c: there is one at a time. */
TYPED_READER(read_array)
{
  struct json_reader reader;
  struct json_value array;
  typed->array.size = 0;
  json_read_begin(&reader, json->data, json->size);
  return json->kind == JSON_ARRAY && json_read_value(&reader, &array) &&
         add_array(typed, type->element, &reader, &typed->array) &&
         finish(typed, &typed->array, value);
}

/* io.debezium.data.EnumSet: "a,b" */
TYPED_READER(read_label_set)
{
  (void)type;
  if (json->kind != JSON_STRING)
    return false;
  struct json_value text = typed_characters(typed, json);
  struct builder *literal = &typed->literal;
  const char *at = text.data, *end = at + text.size;
  literal->size = 0;
  builder_character(literal, '{');
  while (at < end) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma ? comma : end;
    if (at > text.data)
      builder_character(literal, ',');
    add_element(literal, &(struct headrace_value){at, (uint32_t)(stop - at), HEADRACE_TEXT});
    at = comma ? comma + 1 : end;
  }
  builder_character(literal, '}');
  return finish(typed, literal, value);
}

TYPED_READER(read_json)
{
  (void)typed;
  (void)type;
  bool quoted = json->kind == JSON_STRING;
  *value = (struct headrace_value){json->data - quoted, (uint32_t)(json->size + 2u * quoted),
                                   HEADRACE_TEXT};
  return true;
}

/* ---- hstore: "a"=>"1", "b"=>NULL ---------------------------------------- */

static bool add_pairs(struct typed *typed, const char *data, size_t size, struct builder *literal)
{
  struct json_reader reader;
  struct json_value object, name, item;
  json_read_begin(&reader, data, size);
  if (!json_read_value(&reader, &object) || object.kind != JSON_OBJECT)
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &item) || (item.kind != JSON_STRING && item.kind != JSON_NULL))
      return false;
    if (literal->size)
      add_word(literal, ", ");
    name = typed_characters(typed, &name);
    add_quoted(literal, name.data, name.size);
    add_word(literal, "=>");
    if (item.kind == JSON_NULL) {
      add_word(literal, "NULL");
      continue;
    }
    item = typed_characters(typed, &item);
    add_quoted(literal, item.data, item.size);
  }
  return json_read_end(&reader);
}

TYPED_READER(read_hstore_map)
{
  (void)type;
  typed->literal.size = 0;
  return json->kind == JSON_OBJECT && add_pairs(typed, json->data, json->size, &typed->literal) &&
         finish(typed, &typed->literal, value);
}

/* The object as a string (hstore.handling.mode = json). */
TYPED_READER(read_hstore_text)
{
  struct headrace_value text;
  typed->literal.size = 0;
  return read_text(typed, type, json, &text) &&
         add_pairs(typed, text.data, text.size, &typed->literal) &&
         finish(typed, &typed->literal, value);
}

/* ---- structs ------------------------------------------------------------ */

/* One member of a struct that has few. */
struct part {
  const char *name;
  struct json_value value; /* null if it is missing */
};

static bool read_parts(const struct json_value *json, struct part *parts, size_t count)
{
  struct json_reader reader;
  struct json_value object, name, item;
  for (size_t i = 0; i < count; i++)
    parts[i].value = (struct json_value){.kind = JSON_NULL};
  json_read_begin(&reader, json->data, json->size);
  if (json->kind != JSON_OBJECT || !json_read_value(&reader, &object))
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &item))
      return false;
    for (size_t i = 0; i < count; i++)
      if (json_is(&name, parts[i].name))
        parts[i].value = item;
  }
  return !reader.error;
}

TYPED_READER(read_variable_decimal)
{
  struct part parts[] = {{.name = "scale"}, {.name = "value"}};
  int64_t scale;
  if (!read_parts(json, parts, 2) || !typed_number(&parts[0].value, &scale) ||
      scale < -NUMERIC_SCALE_MAX || scale > NUMERIC_SCALE_MAX)
    return false;
  struct typed_type scaled = *type;
  scaled.scale = (int32_t)scale;
  return read_decimal(typed, &scaled, &parts[1].value, value);
}

/* ---- geometry ----------------------------------------------------------- */

static bool add_float(struct typed *typed, const struct json_value *json, struct builder *literal)
{
  static const struct typed_type type = {.read = read_float, .logical = HEADRACE_TYPE_FLOAT64};
  struct headrace_value value;
  if (!read_float(typed, &type, json, &value))
    return false;
  add_value(literal, &value);
  return true;
}

/* A letter, the numbers with commas between, a letter. */
static bool add_floats(struct typed *typed, const struct part *parts, size_t count,
                       const char *brackets, struct builder *literal)
{
  for (size_t i = 0; i < count; i++) {
    builder_character(literal, i ? ',' : brackets[0]);
    if (!add_float(typed, &parts[i].value, literal))
      return false;
  }
  builder_character(literal, brackets[1]);
  return true;
}

static bool add_point(struct typed *typed, const struct json_value *json, struct builder *literal)
{
  struct part parts[] = {{.name = "x"}, {.name = "y"}};
  return read_parts(json, parts, 2) && add_floats(typed, parts, 2, "()", literal);
}

TYPED_READER(read_point)
{
  (void)type;
  typed->literal.size = 0;
  return add_point(typed, json, &typed->literal) && finish(typed, &typed->literal, value);
}

/* <(1,2),3> */
TYPED_READER(read_circle)
{
  (void)type;
  struct builder *literal = &typed->literal;
  struct part parts[] = {{.name = "center"}, {.name = "radius"}};
  literal->size = 0;
  builder_character(literal, '<');
  if (!read_parts(json, parts, 2) || !add_point(typed, &parts[0].value, literal))
    return false;
  builder_character(literal, ',');
  if (!add_float(typed, &parts[1].value, literal))
    return false;
  builder_character(literal, '>');
  return finish(typed, literal, value);
}

TYPED_READER(read_line)
{
  (void)type;
  struct part parts[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  typed->literal.size = 0;
  return read_parts(json, parts, 3) && add_floats(typed, parts, 3, "{}", &typed->literal) &&
         finish(typed, &typed->literal, value);
}

/* PostGIS reads WKB in hexadecimal; where it has no place for the SRID that is said before. */
TYPED_READER(read_geometry)
{
  struct part parts[] = {{.name = "wkb"}, {.name = "srid"}};
  struct headrace_value wkb;
  int64_t srid;
  if (!read_parts(json, parts, 2) || !read_bytes(typed, type, &parts[0].value, &wkb))
    return false;
  char *data = typed_reserve(typed, 2 * (size_t)wkb.size + 32), *out = data;
  if (typed_number(&parts[1].value, &srid)) {
    out = json_copy(out, "SRID=", 5);
    out = json_integer(out, srid);
    *out++ = ';';
  }
  return typed_finish(typed, value, data, json_hex(out, wkb.data, wkb.size));
}

/* ---- pgvector ----------------------------------------------------------- */

/* [1,2.5,3] */
TYPED_READER(read_vector)
{
  (void)type;
  struct json_reader reader;
  struct json_value array, item;
  struct builder *literal = &typed->literal;
  literal->size = 0;
  builder_character(literal, '[');
  json_read_begin(&reader, json->data, json->size);
  if (json->kind != JSON_ARRAY || !json_read_value(&reader, &array))
    return false;
  while (json_next_element(&reader)) {
    if (literal->size > 1)
      builder_character(literal, ',');
    if (!json_read_whole(&reader, &item) || !add_float(typed, &item, literal))
      return false;
  }
  builder_character(literal, ']');
  return !reader.error && finish(typed, literal, value);
}

/* The index and value of a map: {"1":2.5} or, as its keys are no strings to Connect, [[1,2.5]]. */
static bool add_map_entry(struct typed *typed, const struct json_value *pair,
                          struct builder *literal)
{
  struct json_reader reader;
  struct json_value array, index, item;
  int64_t number;
  json_read_begin(&reader, pair->data, pair->size);
  if (pair->kind != JSON_ARRAY || !json_read_value(&reader, &array) ||
      !json_next_element(&reader) || !json_read_whole(&reader, &index) ||
      !json_next_element(&reader) || !json_read_whole(&reader, &item) ||
      !typed_number(&index, &number))
    return false;
  add_number(literal, number);
  builder_character(literal, ':');
  return add_float(typed, &item, literal);
}

static bool add_map_entries(struct typed *typed, const struct json_value *map,
                            struct builder *literal)
{
  struct json_reader reader;
  struct json_value value, name;
  size_t before = literal->size;
  json_read_begin(&reader, map->data, map->size);
  if (!json_read_value(&reader, &value))
    return false;
  while (map->kind == JSON_OBJECT ? json_next_member(&reader, &name)
                                  : map->kind == JSON_ARRAY && json_next_element(&reader)) {
    if (literal->size > before)
      builder_character(literal, ',');
    if (!json_read_whole(&reader, &value))
      return false;
    if (map->kind == JSON_ARRAY) {
      if (!add_map_entry(typed, &value, literal))
        return false;
      continue;
    }
    builder_add(literal, name.data, name.size);
    builder_character(literal, ':');
    if (!add_float(typed, &value, literal))
      return false;
  }
  return !reader.error;
}

/* {1:2.5,3:1}/5 */
TYPED_READER(read_sparse_vector)
{
  (void)type;
  struct part parts[] = {{.name = "dimensions"}, {.name = "vector"}};
  struct builder *literal = &typed->literal;
  int64_t dimensions;
  literal->size = 0;
  builder_character(literal, '{');
  if (!read_parts(json, parts, 2) || !typed_number(&parts[0].value, &dimensions) ||
      !add_map_entries(typed, &parts[1].value, literal))
    return false;
  add_word(literal, "}/");
  add_number(literal, dimensions);
  return finish(typed, literal, value);
}

/* ---- times in parts ----------------------------------------------------- */

/* io.debezium.time.Structured…: which numbers are there, missing ones are 0. */
enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PICOSECONDS, OFFSET_SECONDS, SPECIAL, TIME_PARTS };

#define PICOSECONDS_MAX INT64_C(1000000000000)

static bool read_time_numbers(const struct json_value *json, const char *const *names,
                              int64_t *numbers, enum temporal_kind *kind)
{
  struct part parts[TIME_PARTS];
  for (size_t i = 0; i < TIME_PARTS; i++)
    parts[i].name = names[i];
  if (!read_parts(json, parts, TIME_PARTS))
    return false;
  for (size_t i = 0; i < SPECIAL; i++) {
    numbers[i] = 0;
    if (parts[i].value.kind != JSON_NULL && !typed_number(&parts[i].value, &numbers[i]))
      return false;
  }
  *kind = TEMPORAL_FINITE;
  const struct json_value *special = &parts[SPECIAL].value;
  if (special->kind == JSON_STRING) /* POSITIVE_INFINITY, NEGATIVE_INFINITY */
    *kind = special->size && (special->data[0] | 0x20) == 'n' ? TEMPORAL_MINUS_INFINITY
                                                              : TEMPORAL_INFINITY;
  return numbers[PICOSECONDS] > -PICOSECONDS_MAX && numbers[PICOSECONDS] < PICOSECONDS_MAX;
}

static bool in_range(int64_t number, int64_t least, int64_t most)
{
  return number >= least && number <= most;
}

static bool read_moment(const struct json_value *json, struct temporal_timestamp *moment)
{
  static const char *const names[TIME_PARTS] = {"year",        "month",         "day",
                                                "hour",        "minute",        "second",
                                                "picoseconds", "offsetSeconds", "specialValue"};
  int64_t numbers[SPECIAL];
  *moment = (struct temporal_timestamp){0};
  if (!read_time_numbers(json, names, numbers, &moment->date.kind))
    return false;
  if (!in_range(numbers[YEAR], -999999999, 999999999) || !in_range(numbers[MONTH], 0, 12) ||
      !in_range(numbers[DAY], 0, 31) || !in_range(numbers[HOUR], 0, 24) ||
      !in_range(numbers[MINUTE], 0, 59) || !in_range(numbers[SECOND], 0, 60) ||
      !in_range(numbers[OFFSET_SECONDS], -64800, 64800))
    return false;
  moment->date.year = (int32_t)numbers[YEAR];
  moment->date.month = (int32_t)numbers[MONTH];
  moment->date.day = (int32_t)numbers[DAY];
  moment->time.microseconds =
      ((numbers[HOUR] * 60 + numbers[MINUTE]) * 60 + numbers[SECOND]) * 1000000 +
      numbers[PICOSECONDS] / 1000000;
  moment->time.offset_seconds = (int32_t)numbers[OFFSET_SECONDS];
  return true;
}

TYPED_READER(read_date_parts)
{
  (void)type;
  struct temporal_timestamp moment;
  if (!read_moment(json, &moment))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_date(data, &moment.date));
}

TYPED_READER(read_time_parts)
{
  (void)type;
  struct temporal_timestamp moment;
  if (!read_moment(json, &moment) || moment.date.kind)
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_time(data, &moment.time));
}

TYPED_READER(read_timetz_parts)
{
  (void)type;
  struct temporal_timestamp moment;
  if (!read_moment(json, &moment) || moment.date.kind)
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timetz(data, &moment.time));
}

TYPED_READER(read_timestamp_parts)
{
  (void)type;
  struct temporal_timestamp moment;
  if (!read_moment(json, &moment))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timestamp(data, &moment));
}

TYPED_READER(read_timestamptz_parts)
{
  (void)type;
  struct temporal_timestamp moment;
  if (!read_moment(json, &moment))
    return false;
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_timestamptz(data, &moment));
}

TYPED_READER(read_interval_parts)
{
  static const char *const names[TIME_PARTS] = {"years",       "months",        "days",
                                                "hours",       "minutes",       "seconds",
                                                "picoseconds", "offsetSeconds", "specialValue"};
  (void)type;
  int64_t numbers[SPECIAL];
  struct temporal_interval interval = {0};
  if (!read_time_numbers(json, names, numbers, &interval.kind))
    return false;
  for (size_t i = YEAR; i <= MINUTE; i++)
    if (!in_range(numbers[i], INT32_MIN, INT32_MAX))
      return false;
  int64_t seconds;
  if (__builtin_add_overflow((numbers[HOUR] * 60 + numbers[MINUTE]) * 60, numbers[SECOND],
                             &seconds) ||
      __builtin_mul_overflow(seconds, 1000000, &interval.microseconds) ||
      __builtin_add_overflow(interval.microseconds, numbers[PICOSECONDS] / 1000000,
                             &interval.microseconds))
    return false;
  interval.months = 12 * numbers[YEAR] + numbers[MONTH];
  interval.days = numbers[DAY];
  char *data = typed_reserve(typed, TEMPORAL_TEXT_MAX);
  return typed_finish(typed, value, data, temporal_write_interval(data, &interval));
}
