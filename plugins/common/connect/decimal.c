/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers: floats as Java prints them, decimals in the three modes. */
#include "connect_writers.h"
#include "numeric_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

/* A NaN or an infinity, by name: JSON has no number for it, Jackson quotes it. */
static char *put_special(char *out, enum numeric_kind kind)
{
  if (kind == NUMERIC_NAN)
    return PUT(out, "\"NaN\"");
  return kind == NUMERIC_INFINITY ? PUT(out, "\"Infinity\"") : PUT(out, "\"-Infinity\"");
}

/* PostgreSQL prints floats with the fewest digits that read back the same
 * (extra_float_digits = 1 or more): those are Java's, only the notation differs. */
char *put_float(char *out, const struct numeric_text *number)
{
  return number->kind ? put_special(out, number->kind) : numeric_java(out, number);
}

WRITER(write_float)
{
  (void)plan;
  struct numeric_text number;
  return numeric_read(data, size, &number) ? put_float(out, &number) : NULL;
}

/* format=envelope and plain: the digits as they are, JSON numbers have no limit. */
WRITER(write_number)
{
  (void)plan;
  struct numeric_text number;
  if (!numeric_read(data, size, &number))
    return NULL;
  return number.kind ? put_special(out, number.kind) : json_copy(out, data, size);
}

/* decimal=string: the text itself, but for Debezium's names of what is no number
 * (io.debezium.data.SpecialValueDecimal). */
WRITER(write_decimal_text)
{
  struct numeric_text number;
  if (!numeric_read(data, size, &number))
    return NULL;
  switch (number.kind) {
  case NUMERIC_NAN:
    return PUT(out, "\"NAN\"");
  case NUMERIC_INFINITY:
    return PUT(out, "\"POSITIVE_INFINITY\"");
  case NUMERIC_MINUS_INFINITY:
    return PUT(out, "\"NEGATIVE_INFINITY\"");
  default:
    return write_plain_string(out, plan, data, size);
  }
}

/* The fewest digits that read back as this double. */
static char *put_shortest(char *out, double value)
{
  char digits[40];
  for (int precision = DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++) {
    int size = snprintf(digits, sizeof digits, "%.*e", precision - 1, value);
    if (strtod(digits, NULL) == value)
      return write_float(out, NULL, digits, (size_t)size);
  }
  return NULL; /* 17 digits always do */
}

/* decimal=double. Up to 15 digits survive the way through a double, so they need not take it. */
WRITER(write_decimal_double)
{
  struct numeric_text number;
  if (!numeric_read(data, size, &number))
    return NULL;
  if (number.kind)
    return put_special(out, number.kind);
  if (numeric_significant(&number) <= DBL_DIG && number.whole_size < 300 &&
      number.fraction_size < 300)
    return numeric_java(out, &number);
  char *text = scratch_get(plan->scratch, SCRATCH_VALUE, size + 1);
  if (!text)
    return NULL;
  memcpy(text, data, size);
  text[size] = '\0';
  double value = strtod(text, NULL);
  if (isinf(value))
    return put_special(out, value > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY);
  return put_shortest(out, value);
}

/* Base64 of the unscaled value, in quotes. */
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
  size_t size = numeric_unscaled(number, scale, bytes);
  *out++ = '"';
  out = json_base64(out, bytes, size, JSON_BASE64_STANDARD);
  *out++ = '"';
  return out;
}

/* decimal=precise, numeric(p,s) and money: org.apache.kafka.connect.data.Decimal. It has no NaN
 * and no infinity: null, as Debezium sends. */
WRITER(write_decimal)
{
  struct numeric_text number;
  if (!numeric_read(data, size, &number) || number.exponent)
    return NULL;
  return number.kind ? PUT(out, "null") : put_unscaled(out, plan, &number, plan->scale);
}

/* decimal=precise, numeric: the value brings its scale, without zeros at its end. */
WRITER(write_variable_decimal)
{
  struct numeric_text number;
  if (!numeric_read(data, size, &number) || number.exponent)
    return NULL;
  if (number.kind)
    return PUT(out, "null");
  while (number.fraction_size && number.fraction[number.fraction_size - 1] == '0')
    number.fraction_size--;
  out = PUT(out, "{\"scale\":");
  out = json_unsigned(out, number.fraction_size);
  out = PUT(out, ",\"value\":");
  out = put_unscaled(out, plan, &number, (int32_t)number.fraction_size);
  if (out)
    *out++ = '}';
  return out;
}
