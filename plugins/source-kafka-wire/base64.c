/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct wire_slice base64_encode(struct wire_arena *arena, const void *data, size_t size)
{
  const unsigned char *bytes = data;
  char *text = wire_alloc(arena, (size + 2) / 3 * 4 + 1), *out = text;
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                     (left > 2 ? bytes[i + 2] : 0u);
    *out++ = digits[group >> 18];
    *out++ = digits[group >> 12 & 63];
    *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
    *out++ = left > 2 ? digits[group & 63] : '=';
  }
  return (struct wire_slice){text, (uint32_t)(out - text)};
}

/* -1: no digit. */
static int value_of(char digit)
{
  const char *at = digit ? strchr(digits, digit) : NULL;
  return at ? (int)(at - digits) : -1;
}

/* Bytes of a group of four, 0: it is none. */
static size_t decode_group(const char *text, bool last, unsigned char bytes[3])
{
  size_t count = !last || text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
  uint32_t group = 0;
  for (size_t i = 0; i < 4; i++) {
    int value = i < count ? value_of(text[i]) : 0;
    if (value < 0)
      return 0;
    group = group << 6 | (uint32_t)value;
  }
  for (size_t i = 0; i < 3; i++)
    bytes[i] = (unsigned char)(group >> (16 - 8 * i));
  for (size_t i = count - 1; i < 3; i++)
    if (bytes[i])
      return 0;
  return count - 1;
}

bool base64_decode(struct wire_slice text, void *data, size_t most, size_t *size)
{
  unsigned char *out = data, bytes[3];
  *size = 0;
  if (text.size % 4)
    return false;
  for (uint32_t i = 0; i < text.size; i += 4) {
    size_t count = decode_group(text.data + i, i + 4 == text.size, bytes);
    if (!count || count > most - *size)
      return false;
    memcpy(out + *size, bytes, count);
    *size += count;
  }
  return true;
}
