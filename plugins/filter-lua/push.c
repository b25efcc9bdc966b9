/* SPDX-License-Identifier: Apache-2.0
 *
 * An event as the script sees it. What was not sent is nil, NULL is null. */
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The texts are not NUL-terminated, and a number's fits. */
#define NUMBER_MOST 64

static bool push_integer(lua_State *lua, const struct headrace_value *value)
{
  char text[NUMBER_MOST], *end;
  if (value->size >= sizeof text || !value->size)
    return false;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno || *end)
    return false;
  lua_pushinteger(lua, number);
  return true;
}

static bool push_float(lua_State *lua, const struct headrace_value *value)
{
  char text[NUMBER_MOST], *end;
  if (value->size >= sizeof text || !value->size)
    return false;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  double number = strtod(text, &end);
  if (*end)
    return false;
  lua_pushnumber(lua, number);
  return true;
}

static bool push_literal(lua_State *lua, const struct headrace_value *value)
{
  bool is_true = value->size == 4 && !memcmp(value->data, "true", 4);
  if (is_true || (value->size == 5 && !memcmp(value->data, "false", 5))) {
    lua_pushboolean(lua, is_true);
    return true;
  }
  return push_integer(lua, value);
}

static bool push_typed(lua_State *lua, const struct headrace_column *column,
                       const struct headrace_value *value)
{
  switch (column->type) {
  case HEADRACE_TYPE_BOOL:
    lua_pushboolean(lua, value->size && value->data[0] == 't');
    return true;
  case HEADRACE_TYPE_INT16:
  case HEADRACE_TYPE_INT32:
  case HEADRACE_TYPE_INT64:
  case HEADRACE_TYPE_OID:
    return push_integer(lua, value);
  case HEADRACE_TYPE_FLOAT32:
  case HEADRACE_TYPE_FLOAT64:
    return push_float(lua, value);
  case HEADRACE_TYPE_UNTYPED:
    return value->state == HEADRACE_LITERAL && push_literal(lua, value);
  default: /* a numeric's digits would not fit a number */
    return false;
  }
}

static void push_bytes(lua_State *lua, const struct headrace_value *value)
{
  if (value->state == HEADRACE_ABSENT)
    lua_pushnil(lua);
  else if (value->state == HEADRACE_NULL)
    push_null(lua);
  else
    lua_pushlstring(lua, value->data ? value->data : "", value->size);
}

void push_value(lua_State *lua, const struct headrace_column *column,
                const struct headrace_value *value)
{
  if (value->state < HEADRACE_TEXT || !push_typed(lua, column, value))
    push_bytes(lua, value);
}

static void set_text(lua_State *lua, const char *name, const char *text)
{
  if (!text)
    return;
  lua_pushstring(lua, text);
  lua_setfield(lua, -2, name);
}

static void set_integer(lua_State *lua, const char *name, int64_t number)
{
  lua_pushinteger(lua, number);
  lua_setfield(lua, -2, name);
}

static void set_bytes(lua_State *lua, const char *name, const struct headrace_value *value)
{
  push_bytes(lua, value);
  lua_setfield(lua, -2, name);
}

static void set_row(lua_State *lua, const char *name, const struct headrace_relation *relation,
                    const struct headrace_value *values)
{
  if (!values || !relation)
    return;
  lua_createtable(lua, 0, (int)relation->column_count);
  for (uint32_t i = 0; i < relation->column_count; i++) {
    if (values[i].state == HEADRACE_ABSENT)
      continue;
    push_value(lua, &relation->columns[i], &values[i]);
    lua_setfield(lua, -2, relation->columns[i].name);
  }
  lua_setfield(lua, -2, name);
}

static void set_names(lua_State *lua, const struct headrace_relation *relation)
{
  lua_createtable(lua, (int)relation->key_count, 0);
  for (uint32_t i = 0; i < relation->key_count; i++) {
    lua_pushstring(lua, relation->columns[relation->key[i]].name);
    lua_rawseti(lua, -2, (lua_Integer)i + 1);
  }
  lua_setfield(lua, -2, "key_columns");
  set_text(lua, "database", relation->database);
  set_text(lua, "schema", relation->schema);
  set_text(lua, "table", relation->table);
}

static void set_change(lua_State *lua, const struct headrace_change *change)
{
  static const char *const names[] = {
      [HEADRACE_INSERT] = "insert",     [HEADRACE_UPDATE] = "update",
      [HEADRACE_DELETE] = "delete",     [HEADRACE_READ] = "read",
      [HEADRACE_TRUNCATE] = "truncate", [HEADRACE_MESSAGE] = "message"};
  set_text(lua, "operation", names[change->operation]);
  set_integer(lua, "sequence", (int64_t)change->sequence);
  if (change->transaction) {
    set_integer(lua, "transaction", (int64_t)change->transaction->id);
    set_integer(lua, "commit_time_us", change->transaction->commit_time_us);
  }
  if (change->relation)
    set_names(lua, change->relation);
  set_row(lua, "new", change->relation, change->new_values);
  set_row(lua, "old", change->relation, change->old_values);
  if (change->operation != HEADRACE_MESSAGE)
    return;
  set_bytes(lua, "prefix", &change->message_prefix);
  set_bytes(lua, "content", &change->message_content);
}

static void set_record(lua_State *lua, const struct headrace_record *record)
{
  set_bytes(lua, "topic", &record->topic);
  set_bytes(lua, "key", &record->key);
  set_bytes(lua, "value", &record->value);
  if (record->partition >= 0)
    set_integer(lua, "partition", record->partition);
  if (record->offset >= 0)
    set_integer(lua, "offset", record->offset);
  if (record->timestamp_ms >= 0)
    set_integer(lua, "timestamp", record->timestamp_ms);
  lua_createtable(lua, (int)record->header_count, 0);
  for (uint32_t i = 0; i < record->header_count; i++) {
    lua_createtable(lua, 0, 2);
    set_text(lua, "name", record->headers[i].name);
    set_bytes(lua, "value", &record->headers[i].value);
    lua_rawseti(lua, -2, (lua_Integer)i + 1);
  }
  lua_setfield(lua, -2, "headers");
}

void push_event(lua_State *lua, const struct call *call)
{
  const struct headrace_event *event = call->event;
  lua_createtable(lua, 0, 12);
  if (event->change)
    set_change(lua, event->change);
  if (call->of_records)
    set_record(lua, event->record);
  else if (event->record) {
    lua_createtable(lua, 0, 8);
    set_record(lua, event->record);
    lua_setfield(lua, -2, "record");
  }
}
