/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading JSON (RFC 8259) without building a tree: a cursor over bytes in memory. Numbers stay
 * the text that they are. Nothing is copied but strings with escapes; nothing allocates; depth is
 * bounded. One cursor is one thread's; any number at a time.
 *
 * Accepts exactly RFC 8259 texts in UTF-8: no byte order mark, no trailing comma, no comment, no
 * NaN, no lone surrogate (\uD800 alone), no unescaped control character, no invalid UTF-8. */
#ifndef HEADRACE_JSON_READ_H
#define HEADRACE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_DEPTH_MAX 128

enum json_kind {
  JSON_NULL,
  JSON_FALSE,
  JSON_TRUE,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
};

/* A value: its bytes as they stand in the text, checked. Of a string without its quotes;
 * `escaped` if there is a backslash in it. Of an array or object with its brackets. */
struct json_value {
  enum json_kind kind;
  bool escaped;
  const char *data;
  size_t size;
};

struct json_reader {
  const char *at, *end;
  const char *error; /* NULL, or what is wrong at `at`: a constant text without data */
  unsigned depth;
};

void json_read_begin(struct json_reader *reader, const char *data, size_t size);

/* The next value. Scalars are read whole. For an array or object only the opening bracket is
 * taken (value->size 1): then call json_next_member/json_next_element, and read the value, until
 * false. False: reader->error, which stays once it is set. */
bool json_read_value(struct json_reader *reader, struct json_value *value);

/* The next value, arrays and objects whole: checked, as one piece of text. */
bool json_read_whole(struct json_reader *reader, struct json_value *value);

/* Inside an object: the next name, cursor before its value. False: the object has ended, or
 * reader->error. Inside an array: true if there is a next element, cursor before it. */
bool json_next_member(struct json_reader *reader, struct json_value *name);
bool json_next_element(struct json_reader *reader);

/* Nothing but white space is left. False: reader->error. */
bool json_read_end(struct json_reader *reader);

/* The characters of a string, into at least value->size bytes (its own place will do); returns
 * how many. \u0000 becomes a zero byte. */
size_t json_unescape(char *out, const struct json_value *value);

/* Whether the string is this text (escapes are looked through). */
bool json_is_escaped(const struct json_value *value, const char *text);
static inline bool json_is(const struct json_value *value, const char *text)
{
  size_t size = strlen(text); /* mostly a constant's, so that this is a comparison of numbers */
  if (value->escaped)
    return json_is_escaped(value, text);
  return value->size == size && memcmp(value->data, text, size) == 0;
}

/* Whether bytes are well-formed UTF-8, of any characters. */
bool json_is_utf8(const char *data, size_t size);

/* Whole base64 of either alphabet, padding optional, into size / 4 * 3 + 3 bytes; returns how
 * many, or SIZE_MAX if it is not base64. */
size_t json_unbase64(char *out, const char *data, size_t size);

#endif
