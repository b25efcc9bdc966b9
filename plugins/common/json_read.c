/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar is RFC 8259's; well-formed UTF-8 is table 3-7 of the Unicode standard. Whether an
 * object or array has just been opened is seen from the byte before the cursor: no value ends
 * with an opening bracket. */
#include "json_read.h"

#include <string.h>

static bool fail(struct json_reader *reader, const char *error)
{
  if (!reader->error)
    reader->error = error;
  return false;
}

static bool fail_at(struct json_reader *reader, const char *at, const char *error)
{
  reader->at = at;
  return fail(reader, error);
}

void json_read_begin(struct json_reader *reader, const char *data, size_t size)
{
  *reader = (struct json_reader){.at = data, .end = data + size};
}

static void skip_space(struct json_reader *reader)
{
  const char *at = reader->at;
  while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
    at++;
  reader->at = at;
}

/* ---- strings ------------------------------------------------------------ */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of the first byte of eight that needs a look: a quote, a backslash, a control
 * character, not ASCII. Bytes after it may be marked wrongly (a borrow), which no one asks. */
static uint64_t special_bytes(uint64_t bytes)
{
  uint64_t quote = bytes ^ EACH('"'), backslash = bytes ^ EACH('\\');
  uint64_t found = (quote - EACH(1)) & ~quote;
  found |= (backslash - EACH(1)) & ~backslash;
  found |= (bytes - EACH(0x20)) & ~bytes;
  return (found | bytes) & EACH(0x80);
}

static const char *skip_plain(const char *at, const char *end)
{
  while (end - at >= 8) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    uint64_t special = special_bytes(bytes);
    if (special)
      return at + __builtin_ctzll(special) / 8;
    at += 8;
  }
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 &&
         (unsigned char)*at < 0x80)
    at++;
  return at;
}

/* How many bytes the character has that begins with a byte ≥ 0x80; 0: it is not UTF-8. */
static size_t utf8_size(const char *at, const char *end)
{
  const unsigned char *bytes = (const unsigned char *)at;
  size_t left = (size_t)(end - at), size = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xbf; /* of the second byte */
  if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || left < size)
    return 0;
  switch (bytes[0]) {
  case 0xe0: /* shorter forms exist */
    low = 0xa0;
    break;
  case 0xed: /* surrogates */
    high = 0x9f;
    break;
  case 0xf0:
    low = 0x90;
    break;
  case 0xf4: /* above U+10FFFF */
    high = 0x8f;
    break;
  default:
    break;
  }
  if (bytes[1] < low || bytes[1] > high)
    return 0;
  for (size_t i = 2; i < size; i++)
    if ((bytes[i] & 0xc0) != 0x80)
      return 0;
  return size;
}

bool json_is_utf8(const char *data, size_t size)
{
  const char *end = data + size;
  while (data < end) {
    size_t step = (unsigned char)*data < 0x80 ? 1 : utf8_size(data, end);
    if (!step)
      return false;
    data += step;
  }
  return true;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of \u0123, `at` being the backslash; -1: it is none. */
static int32_t hex_escape(const char *at, const char *end)
{
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
    return -1;
  int32_t unit = 0;
  for (int i = 2; i < 6; i++) {
    int digit = hex_digit(at[i]);
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static bool is_high_surrogate(int32_t unit)
{
  return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/* How many bytes the escape at the backslash has; 0: it is none. */
static size_t escape_size(const char *at, const char *end)
{
  if (end - at < 2)
    return 0;
  if (at[1] != 'u')
    return at[1] && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
  int32_t unit = hex_escape(at, end);
  if (unit < 0 || is_low_surrogate(unit))
    return 0;
  if (!is_high_surrogate(unit))
    return 6;
  return is_low_surrogate(hex_escape(at + 6, end)) ? 12 : 0;
}

/* The cursor is at the opening quote. */
static bool read_string(struct json_reader *reader, struct json_value *value)
{
  const char *at = reader->at + 1, *end = reader->end;
  value->kind = JSON_STRING;
  value->escaped = false;
  value->data = at;
  for (;;) {
    at = skip_plain(at, end);
    if (at == end)
      return fail_at(reader, at, "a string does not end");
    size_t size;
    if (*at == '"')
      break;
    if (*at == '\\') {
      value->escaped = true;
      if (!(size = escape_size(at, end)))
        return fail_at(reader, at, "a wrong escape in a string, or half of a surrogate pair");
    } else if ((unsigned char)*at < 0x20) {
      return fail_at(reader, at, "a control character in a string");
    } else if (!(size = utf8_size(at, end))) {
      return fail_at(reader, at, "a string is not UTF-8");
    }
    at += size;
  }
  value->size = (size_t)(at - value->data);
  reader->at = at + 1;
  return true;
}

/* ---- the other scalars -------------------------------------------------- */

static bool is_digit(const char *at, const char *end)
{
  return at < end && *at >= '0' && *at <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
  while (is_digit(at, end))
    at++;
  return at;
}

static bool read_number(struct json_reader *reader, struct json_value *value)
{
  static const char error[] = "a number lacks a digit";
  const char *at = reader->at, *end = reader->end;
  at += *at == '-';
  if (!is_digit(at, end))
    return fail_at(reader, at, error);
  if (*at == '0' && is_digit(at + 1, end))
    return fail_at(reader, at, "a number begins with a zero too many");
  at = skip_digits(at, end);
  if (at < end && *at == '.') {
    if (!is_digit(++at, end))
      return fail_at(reader, at, error);
    at = skip_digits(at, end);
  }
  if (at < end && (*at | 0x20) == 'e') {
    at++;
    at += at < end && (*at == '+' || *at == '-');
    if (!is_digit(at, end))
      return fail_at(reader, at, error);
    at = skip_digits(at, end);
  }
  *value = (struct json_value){
      .kind = JSON_NUMBER, .data = reader->at, .size = (size_t)(at - reader->at)};
  reader->at = at;
  return true;
}

static bool read_word(struct json_reader *reader, struct json_value *value, enum json_kind kind,
                      const char *word, size_t size)
{
  if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0)
    return fail(reader, "neither a value nor null, true, false");
  *value = (struct json_value){.kind = kind, .data = reader->at, .size = size};
  reader->at += size;
  return true;
}

static bool open_bracket(struct json_reader *reader, struct json_value *value, enum json_kind kind)
{
  if (reader->depth == JSON_DEPTH_MAX)
    return fail(reader, "arrays and objects are nested too deeply");
  reader->depth++;
  *value = (struct json_value){.kind = kind, .data = reader->at, .size = 1};
  reader->at++;
  return true;
}

bool json_read_value(struct json_reader *reader, struct json_value *value)
{
  skip_space(reader);
  if (reader->at == reader->end)
    return fail(reader, "the text ends where a value should be");
  switch (*reader->at) {
  case '"':
    return read_string(reader, value);
  case '{':
    return open_bracket(reader, value, JSON_OBJECT);
  case '[':
    return open_bracket(reader, value, JSON_ARRAY);
  case 'n':
    return read_word(reader, value, JSON_NULL, "null", 4);
  case 't':
    return read_word(reader, value, JSON_TRUE, "true", 4);
  case 'f':
    return read_word(reader, value, JSON_FALSE, "false", 5);
  case '-':
    return read_number(reader, value);
  default:
    if (is_digit(reader->at, reader->end))
      return read_number(reader, value);
    return fail(reader, "neither a value nor null, true, false");
  }
}

/* ---- arrays and objects ------------------------------------------------- */

/* Before the next member or element: false at the closing bracket, which is taken. */
static bool next(struct json_reader *reader, char opening, char closing)
{
  bool first = reader->at[-1] == opening;
  skip_space(reader);
  if (reader->at == reader->end)
    return fail(reader, "an array or object does not end");
  if (*reader->at == closing) {
    reader->at++;
    reader->depth--;
    return false;
  }
  if (first)
    return true;
  if (*reader->at != ',')
    return fail(reader, "neither a comma nor the end of an array or object");
  reader->at++;
  return true;
}

bool json_next_member(struct json_reader *reader, struct json_value *name)
{
  if (!next(reader, '{', '}'))
    return false;
  skip_space(reader);
  if (reader->at == reader->end || *reader->at != '"')
    return fail(reader, "the name of a member is no string");
  if (!read_string(reader, name))
    return false;
  skip_space(reader);
  if (reader->at == reader->end || *reader->at != ':')
    return fail(reader, "no colon after the name of a member");
  reader->at++;
  return true;
}

bool json_next_element(struct json_reader *reader)
{
  return next(reader, '[', ']');
}

bool json_read_whole(struct json_reader *reader, struct json_value *value)
{
  if (!json_read_value(reader, value))
    return false;
  if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
    return true;
  uint8_t kinds[JSON_DEPTH_MAX]; /* of what is open: reader->depth keeps it inside */
  unsigned open = 0;
  kinds[0] = (uint8_t)value->kind;
  for (;;) {
    struct json_value inner;
    bool more =
        kinds[open] == JSON_OBJECT ? json_next_member(reader, &inner) : json_next_element(reader);
    if (more) {
      if (!json_read_value(reader, &inner))
        return false;
      if (inner.kind == JSON_ARRAY || inner.kind == JSON_OBJECT)
        kinds[++open] = (uint8_t)inner.kind;
    } else if (reader->error) {
      return false;
    } else if (open-- == 0) {
      break;
    }
  }
  value->size = (size_t)(reader->at - value->data);
  return true;
}

bool json_read_end(struct json_reader *reader)
{
  if (reader->error)
    return false;
  skip_space(reader);
  return reader->at == reader->end || fail(reader, "something follows the end of the value");
}

/* ---- what strings say --------------------------------------------------- */

static size_t put_utf8(char *out, uint32_t c)
{
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xc0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3f));
  out[2] = (char)(0x80 | (c >> 6 & 0x3f));
  out[3] = (char)(0x80 | (c & 0x3f));
  return 4;
}

/* One escape, checked before: *at moves past it. */
static size_t unescape_one(char *out, const char **at, const char *end)
{
  static const char letters[] = "bfnrt", characters[] = "\b\f\n\r\t";
  const char *start = *at;
  if (start[1] != 'u') {
    const char *letter = strchr(letters, start[1]);
    *out = letter ? characters[letter - letters] : start[1];
    *at += 2;
    return 1;
  }
  uint32_t unit = (uint32_t)hex_escape(start, end);
  *at += 6;
  if (is_high_surrogate((int32_t)unit)) {
    uint32_t low = (uint32_t)hex_escape(start + 6, end);
    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    *at += 6;
  }
  return put_utf8(out, unit);
}

size_t json_unescape(char *out, const struct json_value *value)
{
  const char *at = value->data, *end = at + value->size;
  char *start = out;
  if (!value->escaped) {
    memcpy(out, at, value->size);
    return value->size;
  }
  while (at < end) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    size_t plain = (size_t)((escape ? escape : end) - at);
    memmove(out, at, plain);
    out += plain;
    at += plain;
    if (escape)
      out += unescape_one(out, &at, end);
  }
  return (size_t)(out - start);
}

bool json_is_escaped(const struct json_value *value, const char *text)
{
  size_t left = strlen(text);
  const char *at = value->data, *end = at + value->size;
  while (at < end) {
    char character[4] = {*at};
    size_t size = 1;
    if (*at == '\\')
      size = unescape_one(character, &at, end);
    else
      at++;
    if (size > left || memcmp(character, text, size) != 0)
      return false;
    text += size;
    left -= size;
  }
  return left == 0;
}

/* 0–63, or -1. */
static int base64_digit(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

size_t json_unbase64(char *out, const char *data, size_t size)
{
  if (size && size % 4 == 0 && data[size - 1] == '=')
    size -= data[size - 2] == '=' ? 2 : 1;
  if (size % 4 == 1)
    return SIZE_MAX;
  uint32_t bits = 0;
  unsigned count = 0;
  char *start = out;
  for (size_t i = 0; i < size; i++) {
    int digit = base64_digit(data[i]);
    if (digit < 0)
      return SIZE_MAX;
    bits = bits << 6 | (uint32_t)digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      *out++ = (char)(bits >> count);
    }
  }
  return (size_t)(out - start);
}
