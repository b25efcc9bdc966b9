/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that write one value each. Which one follows from the function that would write the
 * value as JSON: so both codecs have the same modes and types. `data` is the canonical text of the
 * value's type, or the bytes of a BINARY value. */
#include "codec_avro.h"

#include "connect_writers.h"
#include "numeric_text.h"

#define AVRO_WRITER(name)                                                                          \
  static char *name(char *out, const struct avro_column *column, const char *data, size_t size)

const char avro_as_null[] = "null";

AVRO_WRITER(put_text)
{
  (void)column;
  return avro_put_bytes(out, data, size);
}

AVRO_WRITER(put_boolean)
{
  (void)column;
  *out = size == 1 && *data == 't';
  return size == 1 && (*data == 't' || *data == 'f') ? out + 1 : NULL;
}

AVRO_WRITER(put_bit_boolean)
{
  (void)column;
  *out = size && *data == '1';
  return out + 1;
}

/* ---- whole numbers --------------------------------------------------------- */

static char *put_digits(char *out, const char *data, size_t size)
{
  bool negative = size && *data == '-';
  uint64_t number = 0;
  if (size - negative == 0 || size > JSON_INTEGER_MAX)
    return NULL;
  for (size_t i = negative; i < size; i++) {
    if (data[i] < '0' || data[i] > '9')
      return NULL;
    number = number * 10 + (uint64_t)(data[i] - '0');
  }
  return avro_put_long(out, (int64_t)(negative ? 0 - number : number));
}

AVRO_WRITER(put_integer)
{
  (void)column;
  return put_digits(out, data, size);
}

/* Days, milliseconds …, which JSON has as digits. */
AVRO_WRITER(put_number_of_json)
{
  char digits[64];
  const struct value_plan *plan = &column->column->value;
  const char *end = plan->write(digits, plan, data, size);
  return end ? put_digits(out, digits, (size_t)(end - digits)) : NULL;
}

/* Texts without escapes, which JSON has in quotes. The first quote's place is that of the size. */
AVRO_WRITER(put_text_of_json)
{
  const struct value_plan *plan = &column->column->value;
  const char *end = plan->write(out, plan, data, size);
  if (!end || *out != '"')
    return NULL;
  size_t text_size = (size_t)(end - out) - 2;
  if (text_size < 64) {
    *out = (char)(text_size << 1);
    return out + 1 + text_size;
  }
  char *start = out + 1, *at = out;
  char head[AVRO_LONG_MAX];
  size_t head_size = (size_t)(avro_put_long(head, (int64_t)text_size) - head);
  memmove(at + head_size, start, text_size);
  memcpy(at, head, head_size);
  return at + head_size + text_size;
}

/* ---- other numbers --------------------------------------------------------- */

static bool read_double(const char *data, size_t size, double *number)
{
  char text[64], *end;
  if (size >= sizeof text)
    return false;
  memcpy(text, data, size);
  text[size] = '\0';
  *number = strtod(text, &end);
  return size && !*end;
}

AVRO_WRITER(put_float64)
{
  (void)column;
  double number;
  return read_double(data, size, &number) ? avro_put_double(out, number) : NULL;
}

AVRO_WRITER(put_float32)
{
  char text[64], *end;
  (void)column;
  if (!size || size >= sizeof text)
    return NULL;
  memcpy(text, data, size);
  text[size] = '\0';
  float number = strtof(text, &end);
  return *end ? NULL : avro_put_float(out, number);
}

static char *put_unscaled(char *out, const struct value_plan *plan,
                          const struct numeric_text *number, int32_t scale)
{
  uint64_t small[4];
  unsigned char *bytes = (unsigned char *)small;
  size_t digits = number->whole_size + number->fraction_size + (scale > 0 ? (size_t)scale : 0);
  if (NUMERIC_BYTES(digits) > sizeof small)
    bytes = (unsigned char *)scratch_get(plan->scratch, SCRATCH_VALUE, NUMERIC_BYTES(digits));
  if (!bytes)
    return NULL;
  return avro_put_bytes(out, (char *)bytes, numeric_unscaled(number, scale, bytes));
}

/* A decimal has no NaN and no infinity: null, as Debezium sends. */
AVRO_WRITER(put_decimal)
{
  const struct value_plan *plan = &column->column->value;
  struct numeric_text number;
  if (!numeric_read(data, size, &number) || number.exponent)
    return NULL;
  return number.kind ? (char *)(uintptr_t)avro_as_null
                     : put_unscaled(out, plan, &number, plan->scale);
}

/* io.debezium.data.VariableScaleDecimal: the scale before the bytes. */
AVRO_WRITER(put_variable_decimal)
{
  struct numeric_text number;
  if (!numeric_read(data, size, &number) || number.exponent)
    return NULL;
  if (number.kind)
    return (char *)(uintptr_t)avro_as_null;
  while (number.fraction_size && number.fraction[number.fraction_size - 1] == '0')
    number.fraction_size--;
  out = avro_put_long(out, (int64_t)number.fraction_size);
  return put_unscaled(out, &column->column->value, &number, (int32_t)number.fraction_size);
}

/* ---- bytes ------------------------------------------------------------------ */

AVRO_WRITER(put_bytes)
{
  (void)column;
  if (size < 2 || data[0] != '\\' || data[1] != 'x')
    return avro_put_bytes(out, data, size);
  if (size % 2)
    return NULL;
  out = avro_put_long(out, (int64_t)(size / 2 - 1));
  return json_unhex(out, data + 2, size - 2);
}

/* ---- by way of JSON ---------------------------------------------------------- */

AVRO_WRITER(put_by_json)
{
  const struct value_plan *plan = &column->column->value;
  char *json = scratch_get(plan->scratch, SCRATCH_JSON, value_bound(plan, data, size));
  char *end = json ? plan->write(json, plan, data, size) : NULL;
  return end ? avro_from_json(out, column->type, json, (size_t)(end - json)) : NULL;
}

/* ---- which ------------------------------------------------------------------- */

struct choice {
  value_writer json;
  enum avro_kind kind; /* what the schema makes of it */
  avro_writer write;
  uint16_t fixed, growth; /* see struct avro_column */
};

enum { TEXT_ROOM = AVRO_LONG_MAX, NUMBER_ROOM = AVRO_LONG_MAX };

static const struct choice choices[] = {
    {write_string, AVRO_STRING, put_text, TEXT_ROOM, 1},
    {write_plain_string, AVRO_STRING, put_text, TEXT_ROOM, 1},
    {write_boolean, AVRO_BOOLEAN, put_boolean, 1, 0},
    {write_bit_boolean, AVRO_BOOLEAN, put_bit_boolean, 1, 0},
    {write_verbatim, AVRO_INT, put_integer, NUMBER_ROOM, 0},
    {write_verbatim, AVRO_LONG, put_integer, NUMBER_ROOM, 0},
    {write_float, AVRO_FLOAT, put_float32, 4, 0},
    {write_float, AVRO_DOUBLE, put_float64, 8, 0},
    {write_date, AVRO_INT, put_number_of_json, NUMBER_ROOM, 0},
    {write_time_ms, AVRO_INT, put_number_of_json, NUMBER_ROOM, 0},
    {write_time_us, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_time_ns, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_timestamp_ms, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_timestamp_us, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_timestamp_ns, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_interval_us, AVRO_LONG, put_number_of_json, NUMBER_ROOM, 0},
    {write_date_iso, AVRO_STRING, put_text_of_json, 32, 1},
    {write_time_iso, AVRO_STRING, put_text_of_json, 40, 1},
    {write_timestamp_iso, AVRO_STRING, put_text_of_json, 56, 1},
    {write_timestamptz, AVRO_STRING, put_text_of_json, 64, 1},
    {write_timetz, AVRO_STRING, put_text_of_json, 40, 1},
    {write_interval_iso, AVRO_STRING, put_text_of_json, 112, 1},
    {write_decimal_text, AVRO_STRING, put_text_of_json, 40, 1},
    {write_decimal, AVRO_BYTES, put_decimal, 64, 1},
    {write_variable_decimal, AVRO_RECORD, put_variable_decimal, 64, 1},
    {write_bytes, AVRO_BYTES, put_bytes, TEXT_ROOM, 1},
    {write_bytes_of_text, AVRO_BYTES, put_text, TEXT_ROOM, 1},
};

static struct text encode(const struct avro_type *type, const struct text *json)
{
  struct text text = {.data = avro_must(malloc(AVRO_JSON_BOUND(json->size)))};
  char *end = avro_from_json(text.data, type, json->data, json->size);
  if (!end) /* null for what cannot be null: the row that has it is refused */
    free(text.data);
  return end ? (struct text){text.data, (size_t)(end - text.data)} : (struct text){0};
}

void avro_column_init(struct avro_column *column, const struct column_plan *plan,
                      const struct avro_type *type)
{
  const struct avro_type *other = type;
  *column = (struct avro_column){.column = plan, .write = put_by_json, .by_json = true};
  column->optional = avro_is_optional(type, &other);
  column->null_first = column->optional && type->parts[0]->kind == AVRO_NULL;
  column->type = other;
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    const struct choice *choice = &choices[i];
    if (choice->json != plan->value.write || choice->kind != other->kind)
      continue;
    column->write = choice->write;
    column->fixed = choice->fixed;
    column->growth = choice->growth;
    column->by_json = false;
  }
  if (column->write == put_decimal && plan->value.scale > 0) /* it may get zeros up to its scale */
    column->fixed += (uint32_t)plan->value.scale;
  column->unavailable = encode(type, &plan->value.unavailable);
  column->zero = encode(type, &plan->value.zero);
}
