/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing JSON text into a buffer that is known to be large enough. Every writer
 * takes the place to write at and returns the place after what it wrote; nothing
 * is NUL-terminated, nothing allocates, any thread may call. */
#ifndef HEADRACE_JSON_TEXT_H
#define HEADRACE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One input byte grows to at most this many: a control character becomes \u001F,
 * a four-byte character two \uXXXX. */
#define JSON_ESCAPE_GROWTH 6u

/* Digits of any 64-bit integer with its sign. */
#define JSON_INTEGER_MAX 20u

/* The inside of a JSON string, without the quotes, as Jackson writes it (and so all of
 * Kafka Connect): two-letter escapes, \u001F, characters past U+FFFF as a pair of escapes,
 * all else as it is. Writes at most JSON_ESCAPE_GROWTH * size bytes. */
char *json_escape(char *out, const char *data, size_t size);

/* Bytes that json_escape() writes for it. */
size_t json_escaped_size(const char *data, size_t size);

/* An upper bound of json_escape(): cheap for short texts, exact for long ones. */
static inline size_t json_escape_bound(const char *data, size_t size)
{
  return size <= 512 ? JSON_ESCAPE_GROWTH * size : json_escaped_size(data, size);
}

/* With its quotes; at most json_escape_bound() + 2 bytes. */
static inline char *json_string(char *out, const char *data, size_t size)
{
  *out++ = '"';
  out = json_escape(out, data, size);
  *out++ = '"';
  return out;
}

char *json_unsigned(char *out, uint64_t number);
char *json_integer(char *out, int64_t number);

enum json_base64 { JSON_BASE64_STANDARD, JSON_BASE64_URL_SAFE };

#define JSON_BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/* Padded with '=' in both alphabets, as Java's encoders do. */
char *json_base64(char *out, const void *data, size_t size, enum json_base64 alphabet);

/* Lower-case hexadecimal. */
char *json_hex(char *out, const void *data, size_t size);

/* Reads hexadecimal digits (of any case) into size / 2 bytes, which may lie over `data`
 * itself. Returns the end of the bytes, or NULL if it is not hexadecimal. */
char *json_unhex(char *out, const char *data, size_t size);

/* Copies; faster than memcpy for the short texts of which rows are made. The two must not overlap.
 */
static inline char *json_copy(char *out, const char *data, size_t size)
{
  if (size >= 8 && size <= 16) {
    uint64_t head, tail;
    memcpy(&head, data, 8);
    memcpy(&tail, data + size - 8, 8);
    memcpy(out, &head, 8);
    memcpy(out + size - 8, &tail, 8);
  } else if (size > 16) {
    memcpy(out, data, size);
  } else {
    for (size_t i = 0; i < size; i++)
      out[i] = data[i];
  }
  return out + size;
}

/* Compares; faster than memcmp for names. */
static inline bool json_same(const char *one, const char *other, size_t size)
{
  uint64_t heads[2], tails[2];
  if (size < 8 || size > 16)
    return memcmp(one, other, size) == 0;
  memcpy(&heads[0], one, 8);
  memcpy(&heads[1], other, 8);
  memcpy(&tails[0], one + size - 8, 8);
  memcpy(&tails[1], other + size - 8, 8);
  return heads[0] == heads[1] && tails[0] == tails[1];
}

#endif
