/* SPDX-License-Identifier: Apache-2.0 */
#include "flatten.h"

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

static void put_row(struct text_buffer *text, const struct envelope *envelope,
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
  if (!member(schema, name, &value))
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

static void put_addition_schema(struct text_buffer *text, const struct envelope *envelope,
                                const struct addition *addition)
{
  static const char string[] = "{\"type\":\"string\"}";
  struct json_value part, fields = envelope->fields, field;
  bool found = !addition->part ||
               (field_of(&fields, addition->part, &part) && member(&part, "fields", &fields));
  if (!found || !field_of(&fields, addition->field, &field))
    field = (struct json_value){.kind = JSON_OBJECT, .data = string, .size = sizeof string - 1};
  put_optional(text, &field, addition->name);
}

static bool put_schema(struct text_buffer *text, const struct envelope *envelope,
                       const struct additions *additions, const char *deleted)
{
  static const char string[] = "{\"type\":\"string\"}";
  struct json_value row, fields;
  if (!field_of(&envelope->fields, "after", &row) || !member(&row, "fields", &fields) ||
      fields.kind != JSON_ARRAY)
    return false;
  text_say(text, "{\"type\":\"struct\",\"fields\":");
  put_open(text, &fields);
  if (deleted)
    put_optional(
        text, &(struct json_value){.kind = JSON_OBJECT, .data = string, .size = sizeof string - 1},
        "__deleted");
  for (size_t i = 0; i < additions->count; i++)
    put_addition_schema(text, envelope, &additions->items[i]);
  text_say(text, "]");
  if (deleted || additions->count) { /* Debezium builds a struct anew then */
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

bool flatten_write(struct text_buffer *text, const struct envelope *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted, const char **error)
{
  text->size = 0;
  if (!envelope->fields.size) {
    put_row(text, envelope, row, additions, deleted);
    return true;
  }
  text_say(text, "{\"schema\":");
  if (!put_schema(text, envelope, additions, deleted)) {
    *error = "its schema has no field \"after\" that is a struct";
    return false;
  }
  text_say(text, ",\"payload\":");
  put_row(text, envelope, row, additions, deleted);
  text_say(text, "}");
  return true;
}
