/* SPDX-License-Identifier: Apache-2.0 */
#include "json_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 200

/* ---- is it JSON? RFC 8259; a line feed anywhere makes it not ours ---------- */

static const char *skip_spaces(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  return at;
}

static const char *skip_digits(const char *at, const char *end)
{
  const char *start = at;
  while (at < end && *at >= '0' && *at <= '9')
    at++;
  return at > start ? at : NULL;
}

static const char *skip_number(const char *at, const char *end)
{
  if (at < end && *at == '-')
    at++;
  if (at < end && *at == '0')
    at++;
  else if (!(at = skip_digits(at, end)))
    return NULL;
  if (at < end && *at == '.' && !(at = skip_digits(at + 1, end)))
    return NULL;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-'))
      at++;
    return skip_digits(at, end);
  }
  return at;
}

static const char *skip_escape(const char *at, const char *end)
{
  if (at == end || !strchr("\"\\/bfnrtu", *at) || !*at)
    return NULL;
  if (*at++ != 'u')
    return at;
  for (int i = 0; i < 4; i++, at++)
    if (at == end || !*at || !strchr("0123456789abcdefABCDEF", *at))
      return NULL;
  return at;
}

static const char *skip_string(const char *at, const char *end)
{
  while (at && at < end && *at != '"') {
    if ((unsigned char)*at < ' ')
      return NULL;
    at = *at == '\\' ? skip_escape(at + 1, end) : at + 1;
  }
  return at && at < end ? at + 1 : NULL;
}

static const char *skip_word(const char *at, const char *end, const char *word)
{
  size_t size = strlen(word);
  return (size_t)(end - at) >= size && !memcmp(at, word, size) ? at + size : NULL;
}

static const char *skip_value(const char *at, const char *end, int depth);

static const char *skip_member(const char *at, const char *end, int depth)
{
  at = skip_spaces(at, end);
  if (at == end || *at != '"' || !(at = skip_string(at + 1, end)))
    return NULL;
  at = skip_spaces(at, end);
  return at < end && *at == ':' ? skip_value(at + 1, end, depth) : NULL;
}

static const char *skip_items(const char *at, const char *end, char close, int depth)
{
  at = skip_spaces(at, end);
  if (at < end && *at == close)
    return at + 1;
  for (;; at++) {
    at = close == '}' ? skip_member(at, end, depth) : skip_value(at, end, depth);
    if (!at || at == end)
      return NULL;
    if (*at == close)
      return at + 1;
    if (*at != ',')
      return NULL;
  }
}

static const char *skip_value(const char *at, const char *end, int depth)
{
  at = skip_spaces(at, end);
  if (at == end || depth == DEPTH_MAX)
    return NULL;
  switch (*at) {
  case '{':
    at = skip_items(at + 1, end, '}', depth + 1);
    break;
  case '[':
    at = skip_items(at + 1, end, ']', depth + 1);
    break;
  case '"':
    at = skip_string(at + 1, end);
    break;
  case 't':
    at = skip_word(at, end, "true");
    break;
  case 'f':
    at = skip_word(at, end, "false");
    break;
  case 'n':
    at = skip_word(at, end, "null");
    break;
  default:
    at = skip_number(at, end);
  }
  return at ? skip_spaces(at, end) : NULL;
}

static bool is_json(const struct headrace_value *value)
{
  const char *end = value->data + value->size;
  return value->size && skip_value(value->data, end, 0) == end;
}

/* ---- writing ----------------------------------------------------------------- */

static void put(struct text *out, const char *bytes, size_t size)
{
  if (size > out->capacity - out->size) {
    out->capacity = 2 * (out->size + size);
    out->bytes = realloc(out->bytes, out->capacity);
    if (!out->bytes)
      abort();
  }
  if (size)
    memcpy(out->bytes + out->size, bytes, size);
  out->size += size;
}

static void put_text(struct text *out, const char *text)
{
  put(out, text, strlen(text));
}

static void put_escaped(struct text *out, const char *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    char escape[8] = {'\\', bytes[i], '\0'};
    if ((unsigned char)bytes[i] < ' ')
      snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)bytes[i]);
    bool plain = (unsigned char)bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\';
    put(out, plain ? bytes + i : escape, plain ? 1 : strlen(escape));
  }
}

static void put_hex(struct text *out, const char *bytes, size_t size)
{
  put_text(out, "\\\\x");
  for (size_t i = 0; i < size; i++) {
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", (unsigned)(unsigned char)bytes[i]);
    put(out, digits, 2);
  }
}

static void put_value(struct text *out, const struct headrace_value *value)
{
  if (value->state < HEADRACE_TEXT) {
    put_text(out, "null");
  } else if (is_json(value)) {
    put(out, value->data, value->size);
  } else {
    put_text(out, "\"");
    (value->state == HEADRACE_BINARY ? put_hex : put_escaped)(out, value->data, value->size);
    put_text(out, "\"");
  }
}

static void put_topic(struct text *out, const struct headrace_event *event)
{
  const struct headrace_value *topic = &event->record->topic;
  const struct headrace_relation *relation = event->change ? event->change->relation : NULL;
  put_text(out, "\"");
  if (topic->state >= HEADRACE_TEXT) {
    put_escaped(out, topic->data, topic->size);
  } else if (relation) {
    put_escaped(out, relation->schema, strlen(relation->schema));
    put_text(out, ".");
    put_escaped(out, relation->table, strlen(relation->table));
  }
  put_text(out, "\"");
}

void json_line(struct text *out, const struct headrace_event *event)
{
  const struct headrace_record *record = event->record;
  put_text(out, "{\"topic\":");
  put_topic(out, event);
  put_text(out, ",\"key\":");
  put_value(out, &record->key);
  put_text(out, ",\"value\":");
  put_value(out, &record->value);
  for (uint32_t i = 0; i < record->header_count; i++) {
    put_text(out, i ? ",\"" : ",\"headers\":{\"");
    put_escaped(out, record->headers[i].name, strlen(record->headers[i].name));
    put_text(out, "\":");
    put_value(out, &record->headers[i].value);
  }
  put_text(out, record->header_count ? "}}\n" : "}\n");
}

void json_line_value(struct text *out, const struct headrace_record *record)
{
  if (record->value.state < HEADRACE_TEXT)
    put_text(out, "null");
  else
    put(out, record->value.data, record->value.size);
  put_text(out, "\n");
}
