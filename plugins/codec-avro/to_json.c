/* SPDX-License-Identifier: Apache-2.0
 *
 * Data becomes members of objects, with values as Kafka Connect's JsonConverter would write them:
 * texts point into the record, digits and base64 are written into the batch's memory, and what has
 * parts is JSON text. Every length is checked against what is left of the record. */
#include "to_json.h"

#include "json_text.h"

#include <math.h>
#include <stdio.h>

enum { DEPTH_MAX = 64, NOTHINGS_MAX = 1000000 }; /* items that take no bytes */

static bool faulty(struct data *data, const char *reason)
{
  if (!data->error)
    data->error = reason;
  return false;
}

static bool too_short(struct data *data)
{
  return faulty(data, "it is shorter than its schema says, or a length in it is wrong");
}

/* ---- memory --------------------------------------------------------------------- */

/* Each byte of data makes at most four of a value that has no parts. */
static void room_open(struct data *data)
{
  size_t left = (size_t)(data->input.end - data->input.at);
  data->room = data->at = data->host->reserve(data->host, data->batch, 4 * left + 64);
}

static void room_close(struct data *data)
{
  data->host->commit(data->host, data->batch, (size_t)(data->at - data->room));
}

/* `size` bytes at the builder's end. */
static char *grow(struct builder *builder, size_t size)
{
  if (builder->room - builder->size < size) {
    builder->room = 2 * (builder->size + size) + 256;
    builder->data = avro_must(realloc(builder->data, builder->room));
  }
  return builder->data + builder->size;
}

static void grown(struct builder *builder, const char *end)
{
  builder->size = (size_t)(end - builder->data);
}

/* ---- numbers --------------------------------------------------------------------- */

enum { DOUBLE_TEXT_MAX = 32 };

/* The fewest digits that read back the same. */
static char *double_text(char *out, double number)
{
  for (int precision = 15; precision <= 17; precision++) {
    int size = snprintf(out, DOUBLE_TEXT_MAX, "%.*g", precision, number);
    if (precision == 17 || strtod(out, NULL) == number)
      return out + size;
  }
  return out;
}

static char *float_text(char *out, float number)
{
  for (int precision = 6; precision <= 9; precision++) {
    int size = snprintf(out, DOUBLE_TEXT_MAX, "%.*g", precision, (double)number);
    if (precision == 9 || strtof(out, NULL) == number)
      return out + size;
  }
  return out;
}

static const char *special_name(double number)
{
  if (isnan(number))
    return "NaN";
  return number > 0 ? "Infinity" : "-Infinity";
}

/* Reads one; *end is behind its text, or NULL for what has no digits. */
static bool read_number(struct data *data, enum avro_kind kind, char *out, char **end,
                        double *number)
{
  int64_t integer;
  float small;
  *end = NULL;
  *number = 0;
  switch (kind) {
  case AVRO_INT:
  case AVRO_LONG:
    if (!avro_get_long(&data->input, &integer) ||
        (kind == AVRO_INT && (integer < INT32_MIN || integer > INT32_MAX)))
      return too_short(data);
    *end = json_integer(out, integer);
    return true;
  case AVRO_FLOAT:
    if (!avro_get_float(&data->input, &small))
      return too_short(data);
    *number = (double)small;
    *end = isfinite(small) ? float_text(out, small) : NULL;
    return true;
  default:
    if (!avro_get_double(&data->input, number))
      return too_short(data);
    *end = isfinite(*number) ? double_text(out, *number) : NULL;
    return true;
  }
}

static bool take_number(struct data *data, enum avro_kind kind, struct json_value *value)
{
  char text[DOUBLE_TEXT_MAX], *end;
  double number;
  if (!read_number(data, kind, text, &end, &number))
    return false;
  if (end) {
    size_t size = (size_t)(end - text);
    *value = (struct json_value){.kind = JSON_NUMBER, .data = data->at, .size = size};
    data->at = json_copy(data->at, text, size);
  } else {
    const char *name = special_name(number);
    *value = (struct json_value){.kind = JSON_STRING, .data = name, .size = strlen(name)};
  }
  return true;
}

/* ---- texts ------------------------------------------------------------------------ */

static bool read_text(struct data *data, const char **text, size_t *size)
{
  if (!avro_get_sized(&data->input, text, size))
    return too_short(data);
  return json_is_utf8(*text, *size) || faulty(data, "a string in it is not UTF-8");
}

static bool read_symbol(struct data *data, const struct reading *reading, const char **symbol)
{
  int64_t index;
  if (!avro_get_long(&data->input, &index) || index < 0 ||
      (uint64_t)index >= reading->writer->count)
    return too_short(data);
  *symbol = reading->symbols[index];
  return *symbol || faulty(data, "the reader's enum lacks a symbol that was written");
}

static bool read_bytes(struct data *data, const struct avro_type *type, const char **bytes,
                       size_t *size)
{
  *size = type->size;
  bool sound = type->kind == AVRO_FIXED ? avro_get_bytes(&data->input, *size, bytes)
                                        : avro_get_sized(&data->input, bytes, size);
  return sound || too_short(data);
}

static bool read_branch(struct data *data, const struct reading *reading,
                        const struct reading **branch)
{
  int64_t index;
  if (!avro_get_long(&data->input, &index) || index < 0 ||
      (uint64_t)index >= reading->writer->count)
    return too_short(data);
  *branch = reading->parts[index];
  return *branch || faulty(data, "the reader's schema lacks a type that was written");
}

/* ---- what nobody wants -------------------------------------------------------------- */

static bool skip(struct data *data, const struct avro_type *type, int depth);

/* How many items follow in this block; 0: it is the last. */
static bool read_block(struct data *data, const struct avro_type *item, size_t *count)
{
  int64_t number, size;
  if (!avro_get_long(&data->input, &number))
    return too_short(data);
  if (number < 0) {
    if (!avro_get_long(&data->input, &size) || number == INT64_MIN)
      return too_short(data);
    number = -number;
  }
  size_t left = (size_t)(data->input.end - data->input.at);
  size_t most = item->minimum ? left / item->minimum : NOTHINGS_MAX - data->nothings;
  if ((uint64_t)number > most)
    return too_short(data);
  if (!item->minimum)
    data->nothings += (size_t)number;
  *count = (size_t)number;
  return true;
}

static bool skip_items(struct data *data, const struct avro_type *type, int depth)
{
  size_t count, size;
  const char *name;
  do {
    if (!read_block(data, type->parts[0], &count))
      return false;
    for (size_t i = 0; i < count; i++)
      if ((type->kind == AVRO_MAP && !avro_get_sized(&data->input, &name, &size)) ||
          !skip(data, type->parts[0], depth))
        return too_short(data);
  } while (count);
  return true;
}

static bool skip(struct data *data, const struct avro_type *type, int depth)
{
  const char *bytes;
  size_t size;
  int64_t number;
  if (depth == DEPTH_MAX)
    return faulty(data, "it is nested too deep");
  switch (type->kind) {
  case AVRO_NULL:
    return true;
  case AVRO_BOOLEAN:
    return avro_get_bytes(&data->input, 1, &bytes) || too_short(data);
  case AVRO_INT:
  case AVRO_LONG:
  case AVRO_ENUM:
    return avro_get_long(&data->input, &number) || too_short(data);
  case AVRO_FLOAT:
    return avro_get_bytes(&data->input, 4, &bytes) || too_short(data);
  case AVRO_DOUBLE:
    return avro_get_bytes(&data->input, 8, &bytes) || too_short(data);
  case AVRO_BYTES:
  case AVRO_STRING:
  case AVRO_FIXED:
    return read_bytes(data, type, &bytes, &size);
  case AVRO_UNION:
    if (!avro_get_long(&data->input, &number) || number < 0 || (uint64_t)number >= type->count)
      return too_short(data);
    return skip(data, type->parts[number], depth + 1);
  case AVRO_RECORD:
    for (size_t i = 0; i < type->count; i++)
      if (!skip(data, type->fields[i].type, depth + 1))
        return false;
    return true;
  default:
    return skip_items(data, type, depth + 1);
  }
}

/* ---- JSON text ------------------------------------------------------------------------ */

static bool add(struct data *data, const struct reading *reading, int depth);

static void add_quoted(struct builder *builder, const char *text, size_t size)
{
  grown(builder, json_string(grow(builder, JSON_ESCAPE_GROWTH * size + 2), text, size));
}

static bool add_members(struct data *data, const struct reading *reading, int depth)
{
  char separator = '{';
  for (size_t i = 0; i < reading->slot_count; i++) {
    const struct reading_slot *slot = &reading->slots[i];
    if (!slot->reading) {
      if (!skip(data, slot->writer, depth))
        return false;
      continue;
    }
    builder_character(data->nested, separator);
    separator = ',';
    add_quoted(data->nested, slot->name.data, slot->name.size);
    builder_character(data->nested, ':');
    if (!add(data, slot->reading, depth))
      return false;
  }
  for (size_t i = 0; i < reading->added_count; i++) {
    const struct reading_added *added = &reading->added[i];
    size_t quote = added->value.kind == JSON_STRING;
    builder_character(data->nested, separator);
    separator = ',';
    add_quoted(data->nested, added->name.data, added->name.size);
    builder_character(data->nested, ':');
    builder_add(data->nested, added->value.data - quote, added->value.size + 2 * quote);
  }
  if (separator == '{')
    builder_character(data->nested, '{');
  builder_character(data->nested, '}');
  return true;
}

static bool add_items(struct data *data, const struct reading *reading, int depth)
{
  bool is_map = reading->writer->kind == AVRO_MAP, first = true;
  const char *name;
  size_t count, size;
  builder_character(data->nested, is_map ? '{' : '[');
  do {
    if (!read_block(data, reading->writer->parts[0], &count))
      return false;
    for (size_t i = 0; i < count; i++, first = false) {
      if (!first)
        builder_character(data->nested, ',');
      if (is_map) {
        if (!read_text(data, &name, &size))
          return false;
        add_quoted(data->nested, name, size);
        builder_character(data->nested, ':');
      }
      if (!add(data, reading->parts[0], depth))
        return false;
    }
  } while (count);
  builder_character(data->nested, is_map ? '}' : ']');
  return true;
}

static bool add_number(struct data *data, enum avro_kind kind)
{
  char *out = grow(data->nested, DOUBLE_TEXT_MAX), *end;
  double number;
  if (!read_number(data, kind, out, &end, &number))
    return false;
  if (end)
    grown(data->nested, end);
  else
    add_quoted(data->nested, special_name(number), strlen(special_name(number)));
  return true;
}

static bool add_base64(struct data *data, const struct avro_type *type)
{
  const char *bytes;
  size_t size;
  if (!read_bytes(data, type, &bytes, &size))
    return false;
  char *out = grow(data->nested, JSON_BASE64_SIZE(size) + 2);
  *out++ = '"';
  out = json_base64(out, bytes, size, JSON_BASE64_STANDARD);
  *out++ = '"';
  grown(data->nested, out);
  return true;
}

static bool add_truth(struct data *data)
{
  const char *byte;
  if (!avro_get_bytes(&data->input, 1, &byte) || *byte & ~1)
    return too_short(data);
  builder_add(data->nested, *byte ? "true" : "false", *byte ? 4 : 5);
  return true;
}

static bool add(struct data *data, const struct reading *reading, int depth)
{
  const struct reading *branch;
  const char *text;
  size_t size;
  if (depth == DEPTH_MAX)
    return faulty(data, "it is nested too deep");
  switch (reading->writer->kind) {
  case AVRO_NULL:
    builder_add(data->nested, "null", 4);
    return true;
  case AVRO_BOOLEAN:
    return add_truth(data);
  case AVRO_STRING:
    if (!read_text(data, &text, &size))
      return false;
    add_quoted(data->nested, text, size);
    return true;
  case AVRO_ENUM:
    if (!read_symbol(data, reading, &text))
      return false;
    add_quoted(data->nested, text, strlen(text));
    return true;
  case AVRO_BYTES:
  case AVRO_FIXED:
    return add_base64(data, reading->writer);
  case AVRO_UNION:
    return read_branch(data, reading, &branch) && add(data, branch, depth + 1);
  case AVRO_RECORD:
    return add_members(data, reading, depth + 1);
  case AVRO_ARRAY:
  case AVRO_MAP:
    return add_items(data, reading, depth + 1);
  default:
    return add_number(data, reading->writer->kind);
  }
}

/* ---- members --------------------------------------------------------------------------- */

static enum json_kind kind_of(char first)
{
  switch (first) {
  case '{':
    return JSON_OBJECT;
  case '[':
    return JSON_ARRAY;
  case '"':
    return JSON_STRING;
  case 't':
    return JSON_TRUE;
  case 'f':
    return JSON_FALSE;
  default:
    return first == 'n' ? JSON_NULL : JSON_NUMBER;
  }
}

/* As JSON text, in memory of its own: of a string what is between the quotes. */
static bool take_nested(struct data *data, const struct reading *reading, struct json_value *value)
{
  data->nested->size = 0;
  if (!add(data, reading, 0))
    return false;
  room_close(data);
  size_t size = data->nested->size;
  char *text = data->host->alloc(data->host, data->batch, size + 1);
  memcpy(text, data->nested->data, size);
  room_open(data);
  enum json_kind kind = kind_of(*text);
  size_t quote = kind == JSON_STRING;
  *value = (struct json_value){.kind = kind, .data = text + quote, .size = size - 2 * quote};
  value->escaped = quote && memchr(value->data, '\\', value->size) != NULL;
  return true;
}

static bool take_text(struct data *data, struct json_value *value)
{
  *value = (struct json_value){.kind = JSON_STRING};
  return read_text(data, &value->data, &value->size);
}

static bool take_base64(struct data *data, const struct avro_type *type, struct json_value *value)
{
  const char *bytes;
  size_t size;
  if (!read_bytes(data, type, &bytes, &size))
    return false;
  char *start = data->at;
  data->at = json_base64(start, bytes, size, JSON_BASE64_STANDARD);
  *value =
      (struct json_value){.kind = JSON_STRING, .data = start, .size = (size_t)(data->at - start)};
  return true;
}

static bool take_truth(struct data *data, struct json_value *value)
{
  const char *byte;
  if (!avro_get_bytes(&data->input, 1, &byte) || *byte & ~1)
    return too_short(data);
  *value = *byte ? (struct json_value){.kind = JSON_TRUE, .data = "true", .size = 4}
                 : (struct json_value){.kind = JSON_FALSE, .data = "false", .size = 5};
  return true;
}

bool data_take(struct data *data, const struct reading *reading, bool any, struct json_value *value)
{
  const char *symbol;
  while (reading->writer->kind == AVRO_UNION)
    if (!read_branch(data, reading, &reading))
      return false;
  switch (reading->writer->kind) {
  case AVRO_NULL:
    *value = (struct json_value){.kind = JSON_NULL, .data = "null", .size = 4};
    return true;
  case AVRO_BOOLEAN:
    return take_truth(data, value);
  case AVRO_STRING:
    return any ? take_nested(data, reading, value) : take_text(data, value);
  case AVRO_ENUM:
    if (any)
      return take_nested(data, reading, value);
    if (!read_symbol(data, reading, &symbol))
      return false;
    *value = (struct json_value){.kind = JSON_STRING, .data = symbol, .size = strlen(symbol)};
    return true;
  case AVRO_BYTES:
  case AVRO_FIXED:
    return any ? take_nested(data, reading, value) : take_base64(data, reading->writer, value);
  case AVRO_RECORD:
  case AVRO_ARRAY:
  case AVRO_MAP:
    return take_nested(data, reading, value);
  default:
    return take_number(data, reading->writer->kind, value);
  }
}

/* The record that a part of an envelope is, its members one by one; null: it is not given. */
static bool take_part(struct data *data, const struct reading *reading, struct json_fields *part,
                      struct json_value *value)
{
  *value = (struct json_value){.kind = JSON_OBJECT, .data = "{}", .size = 2};
  while (reading->writer->kind == AVRO_UNION)
    if (!read_branch(data, reading, &reading))
      return false;
  if (reading->writer->kind == AVRO_RECORD)
    return data_take_members(data, reading, NULL, part);
  return data_take(data, reading, false, value);
}

bool data_take_members(struct data *data, const struct reading *reading,
                       struct record_text *parts_of, struct json_fields *fields)
{
  json_fields_reset(fields);
  fields->given = true;
  for (size_t i = 0; i < reading->slot_count; i++) {
    const struct reading_slot *slot = &reading->slots[i];
    if (!slot->reading) {
      if (!skip(data, slot->writer, 0))
        return false;
      continue;
    }
    struct json_field *field = json_fields_add(fields);
    field->name = slot->name;
    struct json_fields *part = parts_of ? record_text_part(parts_of, &slot->name) : NULL;
    if (part ? !take_part(data, slot->reading, part, &field->value)
             : !data_take(data, slot->reading, slot->any, &field->value))
      return false;
  }
  for (size_t i = 0; i < reading->added_count; i++) {
    struct json_field *field = json_fields_add(fields);
    field->name = reading->added[i].name;
    field->value = reading->added[i].value;
  }
  return true;
}

void data_begin(struct data *data, const struct headrace_value *bytes)
{
  data->input = (struct avro_input){bytes->data + AVRO_HEAD, bytes->data + bytes->size};
  data->error = NULL;
  data->nothings = 0;
  room_open(data);
}

bool data_end(struct data *data)
{
  room_close(data);
  return data->error || data->input.at == data->input.end
             ? !data->error
             : faulty(data, "it is longer than its schema says");
}
