/* SPDX-License-Identifier: Apache-2.0 */
#include "json_line.h"
#include "json_read.h"

#include <stdbool.h>
#include <stdio.h>
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

static void put_escaped(struct text_buffer *out, const char *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    char escape[8] = {'\\', bytes[i], '\0'};
    if ((unsigned char)bytes[i] < ' ')
      snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)bytes[i]);
    bool plain = (unsigned char)bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\';
    text_add(out, plain ? bytes + i : escape, plain ? 1 : strlen(escape));
  }
}

static void put_hex(struct text_buffer *out, const char *bytes, size_t size)
{
  text_say(out, "\\\\x");
  for (size_t i = 0; i < size; i++) {
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", (unsigned)(unsigned char)bytes[i]);
    text_add(out, digits, 2);
  }
}

static void put_value(struct text_buffer *out, const struct headrace_value *value)
{
  if (value->state < HEADRACE_TEXT) {
    text_say(out, "null");
  } else if (is_json(value)) {
    text_add(out, value->data, value->size);
  } else {
    text_say(out, "\"");
    (value->state == HEADRACE_BINARY ? put_hex : put_escaped)(out, value->data, value->size);
    text_say(out, "\"");
  }
}

static void put_topic(struct text_buffer *out, const struct headrace_event *event)
{
  const struct headrace_value *topic = &event->record->topic;
  const struct headrace_relation *relation = event->change ? event->change->relation : NULL;
  text_say(out, "\"");
  if (topic->state >= HEADRACE_TEXT) {
    put_escaped(out, topic->data, topic->size);
  } else if (relation) {
    put_escaped(out, relation->schema, strlen(relation->schema));
    text_say(out, ".");
    put_escaped(out, relation->table, strlen(relation->table));
  }
  text_say(out, "\"");
}

void json_line(struct text_buffer *out, const struct headrace_event *event)
{
  const struct headrace_record *record = event->record;
  text_say(out, "{\"topic\":");
  put_topic(out, event);
  text_say(out, ",\"key\":");
  put_value(out, &record->key);
  text_say(out, ",\"value\":");
  put_value(out, &record->value);
  for (uint32_t i = 0; i < record->header_count; i++) {
    text_say(out, i ? ",\"" : ",\"headers\":{\"");
    put_escaped(out, record->headers[i].name, strlen(record->headers[i].name));
    text_say(out, "\":");
    put_value(out, &record->headers[i].value);
  }
  text_say(out, record->header_count ? "}}\n" : "}\n");
}

void json_line_value(struct text_buffer *out, const struct headrace_record *record)
{
  if (record->value.state < HEADRACE_TEXT)
    text_say(out, "null");
  else
    text_add(out, record->value.data, record->value.size);
  text_say(out, "\n");
}
