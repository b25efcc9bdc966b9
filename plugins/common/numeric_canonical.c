/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of events as canonical texts. */
#include "json_text.h"
#include "numeric_text.h"

#include <string.h>

#define LIMB_BASE   1000000000u /* its digits fit 32 bits, so that 64 / 32 divides */
#define LIMB_DIGITS 9

static bool is_negative(const unsigned char *bytes)
{
  return bytes[0] & 0x80;
}

/* ---- up to eight bytes: nearly all -------------------------------------- */

static uint64_t small_magnitude(const unsigned char *bytes, size_t size)
{
  uint64_t value = is_negative(bytes) ? UINT64_MAX : 0;
  for (size_t i = 0; i < size; i++)
    value = value << 8 | bytes[i];
  return is_negative(bytes) ? 0 - value : value;
}

/* ---- more: digits from the last to the first ---------------------------- */

/* The magnitude as 32-bit limbs, the most significant first; returns how many. */
static size_t read_limbs(uint32_t *limbs, const unsigned char *bytes, size_t size)
{
  size_t count = (size + 3) / 4;
  unsigned char sign = is_negative(bytes) ? 0xff : 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t limb = 0;
    for (size_t j = 0; j < 4; j++) {
      size_t place = 4 * (count - i) - j; /* bytes from the end */
      limb = limb << 8 | (place > size ? sign : bytes[size - place]);
    }
    limbs[i] = limb;
  }
  uint64_t carry = 1;
  for (size_t i = count; sign && i-- > 0;) {
    carry += (uint32_t)~limbs[i];
    limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return count;
}

/* limbs = limbs / LIMB_BASE; returns the rest. */
static uint32_t divide(uint32_t *limbs, size_t count)
{
  uint64_t rest = 0;
  for (size_t i = 0; i < count; i++) {
    rest = rest << 32 | limbs[i];
    limbs[i] = (uint32_t)(rest / LIMB_BASE);
    rest %= LIMB_BASE;
  }
  return (uint32_t)rest;
}

/* Digits of the magnitude, written backwards from `end`; returns the first. */
static char *put_backwards(char *end, uint32_t *limbs, size_t count)
{
  while (count) {
    uint32_t chunk = divide(limbs, count);
    while (count && !*limbs) {
      limbs++;
      count--;
    }
    for (int i = 0; i < LIMB_DIGITS && (count || chunk); i++, chunk /= 10)
      *--end = (char)('0' + chunk % 10);
  }
  return end;
}

/* Digits without a sign and without zeros before them (none at all for 0), into `out`, whose room
 * has the limbs at its end. */
static size_t put_magnitude(char *out, size_t room, const unsigned char *bytes, size_t size)
{
  if (size <= 8) {
    uint64_t value = small_magnitude(bytes, size);
    return value ? (size_t)(json_unsigned(out, value) - out) : 0;
  }
  char *work = out + room - (size + 4);
  work -= (uintptr_t)work % sizeof(uint32_t);
  uint32_t *limbs = (uint32_t *)(void *)work;
  size_t count = read_limbs(limbs, bytes, size);
  char *first = put_backwards(work, limbs, count);
  size_t digits = (size_t)(work - first);
  memmove(out, first, digits);
  return digits;
}

/* Puts the point so that `scale` digits are after it; `out` has the digits. */
static char *put_point(char *out, size_t digits, int32_t scale)
{
  if (!digits)
    *out = '0';
  if (scale <= 0) {
    size_t zeros = digits ? (size_t)-scale : 0;
    memset(out + (digits ? digits : 1), '0', zeros);
    return out + (digits ? digits : 1) + zeros;
  }
  size_t fraction = (size_t)scale;
  if (digits <= fraction) { /* 0.00123 */
    memmove(out + 2 + (fraction - digits), out, digits);
    memset(out, '0', 2 + (fraction - digits));
    out[1] = '.';
    return out + 2 + fraction;
  }
  char *point = out + (digits - fraction);
  memmove(point + 1, point, fraction);
  *point = '.';
  return point + 1 + fraction;
}

char *numeric_of_unscaled(char *out, const void *bytes, size_t size, int32_t scale)
{
  if (!size || size > NUMERIC_UNSCALED_MAX || scale > NUMERIC_SCALE_MAX ||
      scale < -NUMERIC_SCALE_MAX)
    return NULL;
  size_t room = NUMERIC_OF_UNSCALED_ROOM(size, scale);
  bool negative = is_negative(bytes);
  if (negative)
    *out++ = '-';
  return put_point(out, put_magnitude(out, room - negative, bytes, size), scale);
}

/* ---- exponents ---------------------------------------------------------- */

size_t numeric_plain_room(const struct numeric_text *number)
{
  int64_t exponent = number->exponent < 0 ? -(int64_t)number->exponent : number->exponent;
  if (exponent > NUMERIC_SCALE_MAX)
    return SIZE_MAX;
  return number->whole_size + number->fraction_size + (size_t)exponent + 16;
}

static const char *special_text(enum numeric_kind kind)
{
  return kind == NUMERIC_NAN ? "NaN" : kind == NUMERIC_INFINITY ? "Infinity" : "-Infinity";
}

char *numeric_plain(char *out, const struct numeric_text *number)
{
  if (number->kind)
    return json_copy(out, special_text(number->kind), strlen(special_text(number->kind)));
  if (numeric_plain_room(number) == SIZE_MAX)
    return NULL;
  if (number->negative)
    *out++ = '-';
  char *start = out;
  out = json_copy(out, number->whole, number->whole_size);
  out = json_copy(out, number->fraction, number->fraction_size);
  size_t digits = (size_t)(out - start), zeros = 0;
  while (zeros < digits && start[zeros] == '0')
    zeros++;
  memmove(start, start + zeros, digits - zeros);
  int64_t scale = (int64_t)number->fraction_size - number->exponent;
  return put_point(start, digits - zeros, (int32_t)scale);
}

/* ---- floats ------------------------------------------------------------- */

/* The digits from the first that is not zero to the last that is not, and the power of ten of the
 * first. */
static size_t put_significant(char *out, const struct numeric_text *number, int64_t *place)
{
  char *start = out;
  bool begun = false;
  *place = (int64_t)number->whole_size - 1 + number->exponent;
  size_t total = number->whole_size + number->fraction_size;
  for (size_t i = 0; i < total; i++) {
    char digit =
        i < number->whole_size ? number->whole[i] : number->fraction[i - number->whole_size];
    if (digit == '0' && !begun) {
      --*place;
      continue;
    }
    begun = true;
    *out++ = digit;
  }
  while (out > start && out[-1] == '0')
    out--;
  return (size_t)(out - start);
}

/* 1e+20, 1.5e-07 */
static char *put_exponent(char *out, size_t digits, int64_t place)
{
  if (digits > 1) {
    memmove(out + 2, out + 1, digits - 1);
    out[1] = '.';
    digits++;
  }
  out += digits;
  *out++ = 'e';
  *out++ = place < 0 ? '-' : '+';
  uint64_t size = (uint64_t)(place < 0 ? -place : place);
  if (size < 10)
    *out++ = '0';
  return json_unsigned(out, size);
}

char *numeric_float(char *out, const struct numeric_text *number, int plain_digits)
{
  if (number->kind)
    return json_copy(out, special_text(number->kind), strlen(special_text(number->kind)));
  if (number->negative)
    *out++ = '-';
  int64_t place;
  size_t digits = put_significant(out, number, &place);
  if (digits && (place < -4 || place >= plain_digits))
    return put_exponent(out, digits, place);
  return put_point(out, digits, digits ? (int32_t)((int64_t)digits - 1 - place) : 0);
}
