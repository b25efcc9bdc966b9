/* SPDX-License-Identifier: Apache-2.0 */
#include "json_line.h"
#include "json_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On one line: a line feed anywhere makes it not ours. */
static bool is_json(const struct headrace_value *value)
{
  struct json_reader reader;
  struct json_value whole;
  json_read_begin(&reader, value->data, value->size);
  return value->size && !memchr(value->data, '\n', value->size) &&
         !memchr(value->data, '\r', value->size) && json_read_whole(&reader, &whole) &&
         json_read_end(&reader);
}

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
