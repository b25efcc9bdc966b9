/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of objects. */
#include "connect_decode.h"

#include <stdlib.h>

struct json_field *json_fields_add(struct json_fields *fields)
{
  if (fields->count == fields->room) {
    fields->room = fields->room ? 2 * fields->room : 32;
    fields->items = realloc(fields->items, fields->room * sizeof *fields->items);
    if (!fields->items)
      abort();
  }
  return &fields->items[fields->count++];
}

const struct json_value *json_fields_find(const struct json_fields *fields, const char *name)
{
  for (size_t i = fields->count; i--;)
    if (json_is(&fields->items[i].name, name))
      return &fields->items[i].value;
  return NULL;
}

void json_fields_reset(struct json_fields *fields)
{
  fields->count = 0;
  fields->given = false;
}

bool json_fields_read(struct json_reader *reader, struct json_fields *fields)
{
  struct json_value name;
  json_fields_reset(fields);
  fields->given = true;
  while (json_next_member(reader, &name)) {
    struct json_field *field = json_fields_add(fields);
    field->name = name;
    if (!json_read_whole(reader, &field->value))
      return false;
  }
  return !reader->error;
}

void record_text_clear(struct record_text *text)
{
  free(text->top.items);
  free(text->before.items);
  free(text->after.items);
  free(text->key.items);
  free(text->source.items);
  free(text->transaction.items);
}

void record_text_begin(struct record_text *text, const struct headrace_record *record)
{
  text->key_schema = text->value_schema = text->scalar_key = (struct json_value){.kind = JSON_NULL};
  text->message_prefix = text->message_content = (struct json_value){.kind = JSON_NULL};
  text->key_schema_id = text->value_schema_id = 0;
  text->origin = (struct record_origin){0};
  text->headers = record->headers;
  text->header_count = record->header_count;
  text->tombstone = record->value.state == HEADRACE_NULL;
  json_fields_reset(&text->key);
  record_text_reset_value(text);
}

void record_text_reset_value(struct record_text *text)
{
  text->cloud_event = false;
  json_fields_reset(&text->top);
  json_fields_reset(&text->before);
  json_fields_reset(&text->after);
  json_fields_reset(&text->source);
  json_fields_reset(&text->transaction);
}

struct json_fields *record_text_part(struct record_text *text, const struct json_value *name)
{
  if (json_is(name, "before"))
    return &text->before;
  if (json_is(name, "after"))
    return &text->after;
  if (json_is(name, "source"))
    return &text->source;
  return json_is(name, "transaction") ? &text->transaction : NULL;
}
