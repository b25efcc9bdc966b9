/* SPDX-License-Identifier: Apache-2.0 */
#include "change_letter.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* \x and hexadecimal digits of what is no text. */
static json_t *hexadecimal(const struct headrace_value *value)
{
  static const char digits[] = "0123456789abcdef";
  char *text = xmalloc(2 * (size_t)value->size + 2), *at = text;
  *at++ = '\\';
  *at++ = 'x';
  for (uint32_t i = 0; i < value->size; i++) {
    *at++ = digits[(unsigned char)value->data[i] >> 4];
    *at++ = digits[(unsigned char)value->data[i] & 15];
  }
  json_t *string = json_stringn(text, (size_t)(at - text));
  free(text);
  return string;
}

static json_t *text_of(const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL)
    return json_null();
  json_t *text =
      value->state == HEADRACE_BINARY ? NULL : json_stringn(value->data, value->size); /* UTF-8? */
  return text ? text : hexadecimal(value);
}

static void add(json_t *object, const char *name, const struct headrace_value *value)
{
  if (value->state != HEADRACE_ABSENT)
    json_object_set_new_nocheck(object, name, text_of(value));
}

static void add_text(json_t *object, const char *name, const char *text)
{
  if (text)
    json_object_set_new(object, name, json_string(text));
}

static void add_row(json_t *object, const char *name, const struct headrace_relation *relation,
                    const struct headrace_value *values)
{
  if (!values)
    return;
  json_t *row = json_object();
  for (uint32_t i = 0; i < relation->column_count; i++)
    add(row, relation->columns[i].name, &values[i]);
  json_object_set_new(object, name, row);
}

static json_t *object_of(const struct headrace_change *change)
{
  static const char *const operations[] = {
      [HEADRACE_INSERT] = "insert",     [HEADRACE_UPDATE] = "update",
      [HEADRACE_DELETE] = "delete",     [HEADRACE_READ] = "read",
      [HEADRACE_TRUNCATE] = "truncate", [HEADRACE_MESSAGE] = "message"};
  const struct headrace_relation *relation = change->relation;
  json_t *object = json_object();
  if (change->operation < sizeof operations / sizeof *operations)
    add_text(object, "operation", operations[change->operation]);
  if (relation) {
    add_text(object, "schema", relation->schema);
    add_text(object, "table", relation->table);
    add_row(object, "new", relation, change->new_values);
    add_row(object, "old", relation, change->old_values);
  } else if (change->operation == HEADRACE_MESSAGE) {
    add(object, "prefix", &change->message_prefix);
    add(object, "content", &change->message_content);
  }
  return object;
}

const struct headrace_record *change_letter(struct arena *arena,
                                            const struct headrace_change *change)
{
  json_t *object = object_of(change);
  char *text = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  if (!text)
    abort(); /* out of memory */
  size_t size = strlen(text);
  struct headrace_record *record = arena_alloc(arena, sizeof *record);
  *record = (struct headrace_record){.partition = -1, .offset = -1, .timestamp_ms = -1};
  char *value = arena_alloc(arena, size);
  memcpy(value, text, size);
  record->value = (struct headrace_value){value, (uint32_t)size, HEADRACE_TEXT};
  free(text);
  return record;
}
