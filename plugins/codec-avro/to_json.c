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
enum { DOUBLE_TEXT_MAX = 32 };
enum { NESTED_GROWTH = 1000 }; /* bytes of JSON for one of data: names, defaults, nulls */

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

/* Each byte of data makes at most four of a value that has no parts; a number may write more while
 * its digits are tried. */
static void room_open(struct data *data)
{
  size_t left = (size_t)(data->input.end - data->input.at);
  data->room = data->at =
      data->host->reserve(data->host, data->batch, 4 * left + 2 * DOUBLE_TEXT_MAX);
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

/* What has few digits, as most have: a whole number below 2^53 divided by a power of ten is rounded
 * as a text of these digits would be. NULL: it has more. */
static char *decimal_text(char *out, double number)
{
  double size = fabs(number), power = 1;
  if (signbit(number))
    *out++ = '-';
  if (size < 1e-4 || size >= 1e15)
    return NULL;
  for (size_t places = 0; size * power < 1e15; places++, power *= 10) {
    uint64_t digits = (uint64_t)(size * power + 0.5);
    if ((double)digits / power != size)
      continue;
    uint64_t whole = (uint64_t)size, rest = digits - whole * (uint64_t)power;
    out = json_integer(out, (int64_t)whole);
    if (places)
      *out++ = '.';
    for (size_t i = places; i--; rest /= 10)
      out[i] = (char)('0' + rest % 10);
    return out + places;
  }
  return NULL;
}

/* The fewest digits that read back the same. */
static char *double_text(char *out, double number)
{
  char *end = decimal_text(out, number);
  if (end)
    return end;
  for (int precision = isnormal(number) ? 15 : 1; precision <= 17; precision++) {
    int size = snprintf(out, DOUBLE_TEXT_MAX, "%.*g", precision, number);
    if (precision == 17 || strtod(out, NULL) == number)
      return out + size;
  }
  return out;
}

static char *float_text(char *out, float number)
{
  for (int precision = isnormal(number) ? 6 : 1; precision <= 9; precision++) {
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
  char *end;
  double number;
  if (!read_number(data, kind, data->at, &end, &number))
    return false;
  if (end) {
    *value = (struct json_value){
        .kind = JSON_NUMBER, .data = data->at, .size = (size_t)(end - data->at)};
    data->at = end;
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

static bool is_sound(struct data *data, const struct reading *reading)
{
  return !reading->failed || faulty(data, "the reader's schema lacks a type that was written");
}

/* ---- what nobody wants -------------------------------------------------------------- */

static bool skip(struct data *data, const struct avro_type *type, int depth);

/* What takes no bytes is there any number of times. */
static bool count_nothings(struct data *data, const struct avro_type *type, size_t count)
{
  if (type->minimum)
    return true;
  if (count > NOTHINGS_MAX - data->nothings)
    return too_short(data);
  data->nothings += count;
  return true;
}

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
  if ((item->minimum && (uint64_t)number > left / item->minimum) ||
      !count_nothings(data, item, (size_t)number))
    return too_short(data);
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
    if (!count_nothings(data, type, 1))
      return false;
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
  if (!is_sound(data, reading))
    return false;
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
  bool is_map = reading->kind == AVRO_MAP, first = true;
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
  if (data->nested->size > data->nested_most)
    return faulty(data, "what it has in lists and records is too large as JSON");
  switch (reading->kind) {
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
    return add_number(data, reading->kind);
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
  while (reading->kind == AVRO_UNION)
    if (!read_branch(data, reading, &reading))
      return false;
  switch (reading->kind) {
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
    return take_number(data, reading->kind, value);
  }
}

static void add_defaults(const struct reading *reading, struct json_fields *fields)
{
  for (size_t i = 0; i < reading->added_count; i++) {
    struct json_field *field = json_fields_add(fields);
    field->name = reading->added[i].name;
    field->value = reading->added[i].value;
  }
}

static bool take_row(struct data *data, const struct reading *reading, bool of_source,
                     struct json_fields *fields)
{
  if (!is_sound(data, reading))
    return false;
  for (size_t i = 0; i < reading->slot_count; i++) {
    const struct reading_slot *slot = &reading->slots[i];
    if (!slot->reading || (of_source && !slot->of_origin)) {
      if (!skip(data, slot->writer, 0))
        return false;
      continue;
    }
    struct json_field *field = json_fields_add(fields);
    field->name = slot->name;
    if (!data_take(data, slot->reading, slot->any, &field->value))
      return false;
  }
  add_defaults(reading, fields);
  return true;
}

/* The record that a part of an envelope is, its members one by one; null: it is not given. */
static bool take_part(struct data *data, const struct reading *reading, bool of_source,
                      struct json_fields *part, struct json_value *value)
{
  *value = (struct json_value){.kind = JSON_OBJECT, .data = "{}", .size = 2};
  while (reading->kind == AVRO_UNION)
    if (!read_branch(data, reading, &reading))
      return false;
  if (reading->kind != AVRO_RECORD)
    return data_take(data, reading, false, value);
  json_fields_reset(part);
  part->given = true;
  return take_row(data, reading, of_source, part);
}

static bool take_member(struct data *data, const struct reading_slot *slot,
                        struct record_text *parts_of, struct json_field *field)
{
  if (slot->of_times)
    return skip(data, slot->writer, 0);
  struct json_fields *part = record_text_part(parts_of, &slot->name);
  return part ? take_part(data, slot->reading, part == &parts_of->source, part, &field->value)
              : data_take(data, slot->reading, slot->any, &field->value);
}

static bool take_envelope(struct data *data, const struct reading *reading,
                          struct record_text *parts_of, struct json_fields *fields)
{
  if (!is_sound(data, reading))
    return false;
  for (size_t i = 0; i < reading->slot_count; i++) {
    const struct reading_slot *slot = &reading->slots[i];
    if (!slot->reading) {
      if (!skip(data, slot->writer, 0))
        return false;
      continue;
    }
    struct json_field *field = json_fields_add(fields);
    field->name = slot->name;
    field->value = (struct json_value){.kind = JSON_NULL};
    if (!take_member(data, slot, parts_of, field))
      return false;
  }
  add_defaults(reading, fields);
  return true;
}

bool data_take_members(struct data *data, const struct reading *reading,
                       struct record_text *parts_of, struct json_fields *fields)
{
  json_fields_reset(fields);
  fields->given = true;
  return parts_of ? take_envelope(data, reading, parts_of, fields)
                  : take_row(data, reading, false, fields);
}

void data_begin(struct data *data, const struct headrace_value *bytes)
{
  data->input = (struct avro_input){bytes->data + AVRO_HEAD, bytes->data + bytes->size};
  data->error = NULL;
  data->nothings = 0;
  data->nested_most = NESTED_GROWTH * (size_t)bytes->size + (1u << 20);
  room_open(data);
}

bool data_end(struct data *data)
{
  room_close(data);
  return data->error || data->input.at == data->input.end
             ? !data->error
             : faulty(data, "it is longer than its schema says");
}
