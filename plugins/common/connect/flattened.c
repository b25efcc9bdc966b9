/* SPDX-License-Identifier: Apache-2.0
 *
 * A flattened event and Kafka Connect's schema of it, of pieces of the envelope's texts: what is
 * not touched is the same bytes as before. */
#include "flattening.h"

/* As it stood: a string is read without its quotes. */
static void put_value(struct text_buffer *text, const struct json_value *value)
{
  text_say(text, value->kind == JSON_STRING ? "\"" : "");
  text_add(text, value->data, value->size);
  text_say(text, value->kind == JSON_STRING ? "\"" : "");
}

static void put_name(struct text_buffer *text, const char *name)
{
  char last = text->bytes[text->size - 1];
  text_say(text, last == '{' || last == '[' ? "" : ",");
  text_string(text, name, strlen(name));
  text_say(text, ":");
}

/* All but the closing bracket, and blanks before it. */
static void put_open(struct text_buffer *text, const struct json_value *value)
{
  size_t size = value->size - 1;
  while (size > 1 && strchr(" \t\r\n", value->data[size - 1]))
    size--;
  text_add(text, value->data, size);
}

/* ---- rows ------------------------------------------------------------------------ */

void flattened_row(struct text_buffer *text, const struct json_value *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted)
{
  put_open(text, row);
  if (deleted) {
    put_name(text, "__deleted");
    text_string(text, deleted, strlen(deleted));
  }
  for (size_t i = 0; i < additions->count; i++) {
    struct json_value value;
    put_name(text, additions->items[i].name);
    if (addition_value(&additions->items[i], envelope, &value))
      put_value(text, &value);
    else
      text_say(text, "null");
  }
  text_say(text, "}");
}

/* ---- schemas ----------------------------------------------------------------------- */

static void put_member(struct text_buffer *text, const struct json_value *schema, const char *name)
{
  struct json_value value;
  if (!flattening_member(schema, name, &value))
    return;
  put_name(text, name);
  put_value(text, &value);
}

/* SchemaUtil.copySchemaBasics() and optional(): the same type, which may be null. */
static void put_optional(struct text_buffer *text, const struct json_value *schema,
                         const char *name)
{
  static const char *const before[] = {"type", "items", "keys", "values", "fields"};
  static const char *const behind[] = {"name", "version", "parameters"};
  text_say(text, text->bytes[text->size - 1] == '[' ? "{" : ",{");
  for (size_t i = 0; i < sizeof before / sizeof *before; i++)
    put_member(text, schema, before[i]);
  put_name(text, "optional");
  text_say(text, "true");
  for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
    put_member(text, schema, behind[i]);
  put_name(text, "field");
  text_string(text, name, strlen(name));
  text_say(text, "}");
}

/* Of a struct's fields, the one of that name. */
static bool field_of(const struct json_value *fields, const char *name, struct json_value *field)
{
  struct json_reader reader;
  struct json_value open, found;
  if (fields->kind != JSON_ARRAY || !fields->size)
    return false;
  json_read_begin(&reader, fields->data, fields->size);
  json_read_value(&reader, &open);
  while (json_next_element(&reader)) {
    if (!json_read_whole(&reader, field))
      return false;
    if (flattening_member(field, "field", &found) && found.kind == JSON_STRING &&
        json_is(&found, name))
      return true;
  }
  return false;
}

static void put_addition_schema(struct text_buffer *text, const struct json_value *envelope_fields,
                                const struct addition *addition)
{
  static const char string[] = "{\"type\":\"string\"}";
  struct json_value part, fields = *envelope_fields, field;
  bool found = !addition->part || (field_of(&fields, addition->part, &part) &&
                                   flattening_member(&part, "fields", &fields));
  if (!found || !field_of(&fields, addition->field, &field))
    field = (struct json_value){.kind = JSON_OBJECT, .data = string, .size = sizeof string - 1};
  put_optional(text, &field, addition->name);
}

bool flattened_schema(struct text_buffer *text, const struct json_value *fields,
                      const struct additions *additions, bool marked)
{
  static const char string[] = "{\"type\":\"string\"}";
  struct json_value row, columns;
  if (!field_of(fields, "after", &row) || !flattening_member(&row, "fields", &columns) ||
      columns.kind != JSON_ARRAY)
    return false;
  text_say(text, "{\"type\":\"struct\",\"fields\":");
  put_open(text, &columns);
  if (marked)
    put_optional(
        text, &(struct json_value){.kind = JSON_OBJECT, .data = string, .size = sizeof string - 1},
        "__deleted");
  for (size_t i = 0; i < additions->count; i++)
    put_addition_schema(text, fields, &additions->items[i]);
  text_say(text, "]");
  if (marked || additions->count) { /* Debezium builds a struct anew then */
    put_name(text, "optional");
    text_say(text, "false");
  } else {
    put_member(text, &row, "optional");
  }
  put_member(text, &row, "name");
  put_member(text, &row, "version");
  text_say(text, "}");
  return true;
}
