/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdbool.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What json_escape() does with a byte: 0 copies it, a letter makes \letter, 'u' makes
 * \u00XX, '4' begins a character of four bytes. */
static const char escapes[256] = {
    [0] = 'u',    [1] = 'u',    [2] = 'u',    [3] = 'u',     [4] = 'u',    [5] = 'u',
    [6] = 'u',    [7] = 'u',    ['\b'] = 'b', ['\t'] = 't',  ['\n'] = 'n', [11] = 'u',
    ['\f'] = 'f', ['\r'] = 'r', [14] = 'u',   [15] = 'u',    [16] = 'u',   [17] = 'u',
    [18] = 'u',   [19] = 'u',   [20] = 'u',   [21] = 'u',    [22] = 'u',   [23] = 'u',
    [24] = 'u',   [25] = 'u',   [26] = 'u',   [27] = 'u',    [28] = 'u',   [29] = 'u',
    [30] = 'u',   [31] = 'u',   ['"'] = '"',  ['\\'] = '\\', [0xf0] = '4', [0xf1] = '4',
    [0xf2] = '4', [0xf3] = '4', [0xf4] = '4',
};

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";

static char *unicode_escape(char *out, unsigned unit)
{
  *out++ = '\\';
  *out++ = 'u';
  *out++ = hex_upper[unit >> 12 & 15];
  *out++ = hex_upper[unit >> 8 & 15];
  *out++ = hex_upper[unit >> 4 & 15];
  *out++ = hex_upper[unit & 15];
  return out;
}

static inline bool continues(char byte)
{
  return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The character of four bytes at `data`; 0 if it is cut off or ill-formed. */
static unsigned four_byte_character(const char *data, size_t left)
{
  if (left < 4 || !continues(data[1]) || !continues(data[2]) || !continues(data[3]))
    return 0;
  unsigned code = ((unsigned)data[0] & 7) << 18 | ((unsigned)data[1] & 63) << 12 |
                  ((unsigned)data[2] & 63) << 6 | ((unsigned)data[3] & 63);
  return code >= 0x10000 && code <= 0x10ffff ? code : 0;
}

/* Escapes the byte (or the four) at *data and moves past it. */
static char *escape_one(char *out, const char **data, const char *end)
{
  unsigned char byte = (unsigned char)**data;
  char escape = escapes[byte];
  unsigned code;
  if (escape == 'u') {
    out = unicode_escape(out, byte);
  } else if (escape == '4' && (code = four_byte_character(*data, (size_t)(end - *data)))) {
    code -= 0x10000;
    out = unicode_escape(out, 0xd800 | code >> 10);
    out = unicode_escape(out, 0xdc00 | (code & 0x3ff));
    *data += 3;
  } else if (escape && escape != '4') {
    *out++ = '\\';
    *out++ = escape;
  } else {
    *out++ = (char)byte;
  }
  (*data)++;
  return out;
}

#define ONES  0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* Whether any of eight bytes needs a look: a control character, '"', '\', or 0xf0 and above.
 * May say yes for nothing (a borrow), never no for something. */
static inline bool word_needs_escape(uint64_t word)
{
  uint64_t control = (word - 0x20 * ONES) & ~word;
  uint64_t quote = ((word ^ '"' * ONES) - ONES) & ~(word ^ '"' * ONES);
  uint64_t backslash = ((word ^ '\\' * ONES) - ONES) & ~(word ^ '\\' * ONES);
  uint64_t four = word & word << 1 & word << 2 & word << 3;
  return ((control | quote | backslash | four) & HIGHS) != 0;
}

#ifdef __SSE2__
/* A bit for each of sixteen bytes that needs an escape. */
static inline unsigned block_escapes(__m128i block)
{
  __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
  __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  __m128i four = _mm_cmpeq_epi8(_mm_max_epu8(block, _mm_set1_epi8((char)0xf0)), block);
  return (unsigned)_mm_movemask_epi8(
      _mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(backslash, four)));
}

/* Copies whole blocks until one needs an escape; then copies up to it. */
static inline char *copy_plain_blocks(char *out, const char **data, const char *end)
{
  while (end - *data >= 16) {
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)*data);
    _mm_storeu_si128((__m128i *)(void *)out, block);
    unsigned bits = block_escapes(block);
    if (bits) {
      int plain = __builtin_ctz(bits);
      *data += plain;
      return out + plain;
    }
    *data += 16;
    out += 16;
  }
  return out;
}
#else
static inline char *copy_plain_blocks(char *out, const char **data, const char *end)
{
  (void)data;
  (void)end;
  return out;
}
#endif

char *json_escape(char *out, const char *data, size_t size)
{
  const char *end = data + size;
  while (data < end) {
    out = copy_plain_blocks(out, &data, end);
    while (end - data >= 8) {
      uint64_t word;
      memcpy(&word, data, 8);
      if (word_needs_escape(word))
        break;
      memcpy(out, &word, 8);
      data += 8;
      out += 8;
    }
    /* A short tail, or a word with something in it: byte by byte for one word. */
    const char *stop = end - data > 8 ? data + 8 : end;
    while (data < stop) {
      if (escapes[(unsigned char)*data])
        out = escape_one(out, &data, end);
      else
        *out++ = *data++;
    }
  }
  return out;
}

size_t json_escaped_size(const char *data, size_t size)
{
  const char *end = data + size;
  size_t total = 0;
  char scratch[2 * JSON_ESCAPE_GROWTH];
  while (data < end) {
    uint64_t word;
    if (end - data >= 8 && (memcpy(&word, data, 8), !word_needs_escape(word))) {
      data += 8;
      total += 8;
      continue;
    }
    const char *stop = end - data > 8 ? data + 8 : end;
    while (data < stop)
      total += (size_t)(escape_one(scratch, &data, end) - scratch);
  }
  return total;
}

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static size_t count_digits(uint64_t number)
{
  size_t count = 1;
  for (; number >= 10000; number /= 10000)
    count += 4;
  return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

static void put_pair(char *out, uint32_t pair)
{
  memcpy(out, digit_pairs + 2 * (size_t)pair, 2);
}

/* Divisions that do not wait for each other. */
static void put_eight(char *out, uint32_t number)
{
  uint32_t high = number / 10000, low = number % 10000;
  put_pair(out, high / 100);
  put_pair(out + 2, high % 100);
  put_pair(out + 4, low / 100);
  put_pair(out + 6, low % 100);
}

/* Right where they belong: what was just written by pairs is slow to be read again for a copy. */
char *json_unsigned(char *out, uint64_t number)
{
  char *end = out + count_digits(number), *at = end;
  for (; number >= 100000000; number /= 100000000)
    put_eight(at -= 8, (uint32_t)(number % 100000000));
  uint32_t rest = (uint32_t)number;
  for (; rest >= 100; rest /= 100)
    put_pair(at -= 2, rest % 100);
  if (rest >= 10)
    put_pair(at - 2, rest);
  else
    at[-1] = (char)('0' + rest);
  return end;
}

char *json_integer(char *out, int64_t number)
{
  if (number >= 0)
    return json_unsigned(out, (uint64_t)number);
  *out++ = '-';
  return json_unsigned(out, 0 - (uint64_t)number);
}

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

char *json_base64(char *out, const void *data, size_t size, enum json_base64 alphabet)
{
  const unsigned char *in = data;
  const char *letters = alphabets[alphabet];
  for (; size >= 3; size -= 3, in += 3) {
    unsigned bits = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
    *out++ = letters[bits >> 18];
    *out++ = letters[bits >> 12 & 63];
    *out++ = letters[bits >> 6 & 63];
    *out++ = letters[bits & 63];
  }
  if (size) {
    unsigned bits = (unsigned)in[0] << 16 | (size == 2 ? (unsigned)in[1] << 8 : 0);
    *out++ = letters[bits >> 18];
    *out++ = letters[bits >> 12 & 63];
    *out++ = size == 2 ? letters[bits >> 6 & 63] : '=';
    *out++ = '=';
  }
  return out;
}

char *json_hex(char *out, const void *data, size_t size)
{
  const unsigned char *in = data;
  for (size_t i = 0; i < size; i++) {
    *out++ = hex_lower[in[i] >> 4];
    *out++ = hex_lower[in[i] & 15];
  }
  return out;
}

static int hex_digit(char letter)
{
  if (letter >= '0' && letter <= '9')
    return letter - '0';
  char lower = (char)(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char *json_unhex(char *out, const char *data, size_t size)
{
  if (size % 2)
    return NULL;
  for (size_t i = 0; i < size; i += 2) {
    int high = hex_digit(data[i]), low = hex_digit(data[i + 1]);
    if (high < 0 || low < 0)
      return NULL;
    *out++ = (char)(high << 4 | low);
  }
  return out;
}
