/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric_text.h"

#include "json_text.h"

#include <string.h>

static const struct {
  const char *text;
  enum numeric_kind kind;
} specials[] = {
    {"NaN", NUMERIC_NAN}, {"Infinity", NUMERIC_INFINITY}, {"-Infinity", NUMERIC_MINUS_INFINITY}};

static bool read_special(const char *data, size_t size, struct numeric_text *number)
{
  for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
    if (strlen(specials[i].text) == size && !memcmp(data, specials[i].text, size)) {
      number->kind = specials[i].kind;
      return true;
    }
  return false;
}

static const char *skip_digits(const char *at, const char *end)
{
  while (at < end && *at >= '0' && *at <= '9')
    at++;
  return at;
}

static bool read_exponent(const char *at, const char *end, int32_t *exponent)
{
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+'))
    at++;
  if (at == end || end - at > 6 || skip_digits(at, end) != end)
    return false;
  for (*exponent = 0; at < end; at++)
    *exponent = *exponent * 10 + (*at - '0');
  if (negative)
    *exponent = -*exponent;
  return true;
}

bool numeric_read(const char *data, size_t size, struct numeric_text *number)
{
  const char *at = data, *end = data + size;
  *number = (struct numeric_text){0};
  if (at < end && *at == '-') {
    number->negative = true;
    at++;
  }
  number->whole = at;
  at = skip_digits(at, end);
  number->whole_size = (size_t)(at - number->whole);
  number->fraction = at;
  if (at < end && *at == '.') {
    number->fraction = ++at;
    at = skip_digits(at, end);
    number->fraction_size = (size_t)(at - number->fraction);
  }
  if (!number->whole_size && !number->fraction_size)
    return read_special(data, size, number);
  if (at < end && (*at == 'e' || *at == 'E'))
    return read_exponent(at + 1, end, &number->exponent);
  return at == end;
}

/* ---- two's complement --------------------------------------------------- */

/* The digits of a number after scaling, from the first: the text's, then zeros. */
struct digits {
  const struct numeric_text *number;
  size_t at, count;
};

static struct digits digits_begin(const struct numeric_text *number, int32_t scale)
{
  struct digits digits = {.number = number};
  int64_t count = (int64_t)number->whole_size + scale;
  digits.count = count > 0 ? (size_t)count : 0;
  while (digits.at < digits.count && digits.at < number->whole_size &&
         number->whole[digits.at] == '0')
    digits.at++;
  return digits;
}

static inline unsigned digits_next(struct digits *digits)
{
  const struct numeric_text *number = digits->number;
  size_t at = digits->at++;
  if (at < number->whole_size)
    return (unsigned)(number->whole[at] - '0');
  at -= number->whole_size;
  return at < number->fraction_size ? (unsigned)(number->fraction[at] - '0') : 0;
}

#define CHUNK_DIGITS 18 /* that many fit a limb's half the range of int64_t */

static uint64_t take_chunk(struct digits *digits, size_t count)
{
  uint64_t chunk = 0;
  while (count--)
    chunk = chunk * 10 + digits_next(digits);
  return chunk;
}

static size_t put_small(unsigned char *out, int64_t value)
{
  size_t size = 8;
  while (size > 1 && value >> (8 * size - 9) == value >> 63)
    size--;
  for (size_t i = 0; i < size; i++)
    out[i] = (unsigned char)((uint64_t)value >> 8 * (size - 1 - i));
  return size;
}

static uint64_t power_of_ten(size_t exponent)
{
  uint64_t power = 1;
  while (exponent--)
    power *= 10;
  return power;
}

/* limbs = limbs * factor + addend, least limb first. */
static size_t multiply_add(uint64_t *limbs, size_t count, uint64_t factor, uint64_t addend)
{
  uint64_t carry = addend;
  for (size_t i = 0; i < count; i++) {
    unsigned __int128 product = (unsigned __int128)limbs[i] * factor + carry;
    limbs[i] = (uint64_t)product;
    carry = (uint64_t)(product >> 64);
  }
  if (carry)
    limbs[count++] = carry;
  return count;
}

static void negate(uint64_t *limbs, size_t count)
{
  uint64_t carry = 1;
  for (size_t i = 0; i < count; i++) {
    limbs[i] = ~limbs[i] + carry;
    carry = carry && !limbs[i];
  }
}

static unsigned char limb_byte(const uint64_t *limbs, size_t index)
{
  return (unsigned char)(limbs[index / 8] >> 8 * (index % 8));
}

/* Most significant byte first, without those that the sign implies; over the limbs themselves. */
static size_t put_bytes(uint64_t *limbs, size_t count, bool negative, unsigned char *out)
{
  unsigned char sign = negative ? 0xff : 0;
  size_t size = 8 * count;
  while (size > 1 && limb_byte(limbs, size - 1) == sign &&
         (limb_byte(limbs, size - 2) & 0x80) == (sign & 0x80))
    size--;
  for (size_t i = 0; i < count; i++) { /* little end first, whatever the machine */
    uint64_t limb = limbs[i];
    for (size_t j = 0; j < 8; j++)
      out[8 * i + j] = (unsigned char)(limb >> 8 * j);
  }
  for (size_t i = 0; i < size / 2; i++) {
    unsigned char byte = out[i];
    out[i] = out[size - 1 - i];
    out[size - 1 - i] = byte;
  }
  return size;
}

size_t numeric_unscaled(const struct numeric_text *number, int32_t scale, unsigned char *out)
{
  struct digits digits = digits_begin(number, scale);
  size_t left = digits.count - digits.at;
  if (left <= CHUNK_DIGITS) {
    int64_t value = (int64_t)take_chunk(&digits, left);
    return put_small(out, number->negative ? -value : value);
  }
  uint64_t *limbs = (uint64_t *)(void *)out;
  size_t count = 0;
  while (left) {
    size_t size = left < CHUNK_DIGITS ? left : CHUNK_DIGITS;
    uint64_t chunk = take_chunk(&digits, size);
    count = multiply_add(limbs, count, power_of_ten(size), chunk);
    left -= size;
  }
  limbs[count++] = 0; /* room for the sign */
  bool negative = number->negative && count > 1;
  if (negative)
    negate(limbs, count);
  return put_bytes(limbs, count, negative, out);
}

/* ---- Java's texts ------------------------------------------------------- */

/* The digits from the first that is not zero to the last that is not. `place` is the power of
 * ten of the first one. */
struct significant {
  size_t first, last; /* indexes into whole + fraction, last is past the end */
  int64_t place;
};

static inline char digit_at(const struct numeric_text *number, size_t index)
{
  return index < number->whole_size ? number->whole[index]
                                    : number->fraction[index - number->whole_size];
}

static struct significant find_significant(const struct numeric_text *number)
{
  size_t total = number->whole_size + number->fraction_size;
  struct significant found = {.first = 0, .last = total};
  while (found.first < total && digit_at(number, found.first) == '0')
    found.first++;
  while (found.last > found.first && digit_at(number, found.last - 1) == '0')
    found.last--;
  found.place = (int64_t)number->whole_size - 1 - (int64_t)found.first + (int64_t)number->exponent;
  return found;
}

size_t numeric_significant(const struct numeric_text *number)
{
  struct significant found = find_significant(number);
  return found.last - found.first;
}

static char *put_digits(char *out, const struct numeric_text *number, size_t first, size_t last)
{
  for (size_t i = first; i < last; i++)
    *out++ = digit_at(number, i);
  return out;
}

/* 0.00123 or 1230.0: from a thousandth to ten millions. */
static char *put_plain(char *out, const struct numeric_text *number, struct significant found)
{
  size_t at = found.first;
  if (found.place < 0) {
    *out++ = '0';
    *out++ = '.';
    for (int64_t zero = -1; zero > found.place; zero--)
      *out++ = '0';
    return put_digits(out, number, at, found.last);
  }
  for (int64_t place = found.place; place >= 0; place--)
    *out++ = at < found.last ? digit_at(number, at++) : '0';
  *out++ = '.';
  if (at == found.last)
    *out++ = '0';
  return put_digits(out, number, at, found.last);
}

char *numeric_java(char *out, const struct numeric_text *number)
{
  struct significant found = find_significant(number);
  if (number->negative)
    *out++ = '-';
  if (found.first == found.last)
    return json_copy(out, "0.0", 3);
  if (found.place >= -3 && found.place < 7)
    return put_plain(out, number, found);
  *out++ = digit_at(number, found.first);
  *out++ = '.';
  if (found.last - found.first == 1)
    *out++ = '0';
  out = put_digits(out, number, found.first + 1, found.last);
  *out++ = 'E';
  return json_integer(out, found.place);
}
