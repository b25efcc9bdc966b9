/* SPDX-License-Identifier: Apache-2.0
 *
 * The script's answer as events. What is wrong with it is a Lua error, so nothing here may own
 * memory but the batch's. What the script did not touch is the source's value itself. */
#include "numeric_text.h"
#include "script.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTRAS_MOST 64
#define NUMBER_ROOM 40

struct row_of_script {
  lua_State *lua;
  struct call *call;
  const struct headrace_relation *relation; /* as it came */
  struct extra extras[EXTRAS_MOST];
  size_t extra_count;
};

static char *keep(struct call *call, const char *data, size_t size)
{
  if (size >= call->left)
    luaL_error(call->lua, "the answer is larger than memory = %I bytes", (lua_Integer)call->memory);
  call->left -= size + 1;
  char *copy = call->host->alloc(call->host, call->out, size + 1);
  memcpy(copy, data, size);
  copy[size] = '\0';
  return copy;
}

static struct headrace_value text_value(struct call *call, const char *data, size_t size,
                                        uint32_t state)
{
  return (struct headrace_value){keep(call, data, size), (uint32_t)size, state};
}

/* ---- values of columns ------------------------------------------------------------- */

static size_t write_float(char *text, double number)
{
  if (isnan(number))
    return (size_t)snprintf(text, NUMBER_ROOM, "NaN");
  if (isinf(number))
    return (size_t)snprintf(text, NUMBER_ROOM, number < 0 ? "-Infinity" : "Infinity");
  for (int digits = 15; digits <= 17; digits++) { /* the fewest that read back the same */
    snprintf(text, NUMBER_ROOM, "%.*g", digits, number);
    if (strtod(text, NULL) == number)
      break;
  }
  return strlen(text);
}

static bool is_whole_type(uint16_t type)
{
  return type == HEADRACE_TYPE_INT16 || type == HEADRACE_TYPE_INT32 ||
         type == HEADRACE_TYPE_INT64 || type == HEADRACE_TYPE_OID;
}

static bool is_number_type(uint16_t type)
{
  return is_whole_type(type) || type == HEADRACE_TYPE_FLOAT32 || type == HEADRACE_TYPE_FLOAT64 ||
         type == HEADRACE_TYPE_NUMERIC || type == HEADRACE_TYPE_MONEY;
}

/* A text for a number or boolean would break whoever reads it as one. */
static bool fits_type(uint16_t type, const char *text, size_t size)
{
  struct numeric_text number;
  if (type == HEADRACE_TYPE_BOOL)
    return size == 1 && (*text == 't' || *text == 'f');
  if (!is_number_type(type))
    return true;
  if (!numeric_read(text, size, &number))
    return false;
  bool is_float = type == HEADRACE_TYPE_FLOAT32 || type == HEADRACE_TYPE_FLOAT64;
  bool whole = number.kind == NUMERIC_FINITE && !number.fraction_size && !number.exponent;
  return is_float || whole || (!is_whole_type(type) && !number.exponent);
}

static struct headrace_value number_value(lua_State *lua, struct call *call,
                                          const struct headrace_column *column)
{
  char text[NUMBER_ROOM];
  int whole;
  lua_Integer number = lua_tointegerx(lua, -1, &whole);
  size_t size = whole ? (size_t)snprintf(text, sizeof text, "%lld", (long long)number)
                      : write_float(text, lua_tonumber(lua, -1));
  bool untyped = column->type == HEADRACE_TYPE_UNTYPED;
  if (!fits_type(column->type, text, size))
    luaL_error(lua, "column \"%s\": this number is not of its type, %s", column->name,
               column->type_name ? column->type_name : "");
  return text_value(call, text, size, untyped ? HEADRACE_LITERAL : HEADRACE_TEXT);
}

static struct headrace_value string_value(lua_State *lua, struct call *call,
                                          const struct headrace_column *column)
{
  size_t size;
  const char *text = lua_tolstring(lua, -1, &size);
  if (size > UINT32_MAX || !fits_type(column->type, text, size))
    luaL_error(lua, "column \"%s\": this text is not of its type, %s", column->name,
               column->type_name ? column->type_name : "");
  return text_value(call, text, size, HEADRACE_TEXT);
}

/* The script's value on top of the stack. */
static struct headrace_value new_value(lua_State *lua, struct call *call,
                                       const struct headrace_column *column)
{
  if (is_null(lua, -1))
    return (struct headrace_value){.state = HEADRACE_NULL};
  switch (lua_type(lua, -1)) {
  case LUA_TNIL:
    return (struct headrace_value){.state = HEADRACE_ABSENT};
  case LUA_TBOOLEAN:
    if (column->type == HEADRACE_TYPE_UNTYPED)
      return lua_toboolean(lua, -1) ? (struct headrace_value){"true", 4, HEADRACE_LITERAL}
                                    : (struct headrace_value){"false", 5, HEADRACE_LITERAL};
    if (is_number_type(column->type))
      luaL_error(lua, "column \"%s\": a boolean is no number", column->name);
    return (struct headrace_value){lua_toboolean(lua, -1) ? "t" : "f", 1, HEADRACE_TEXT};
  case LUA_TNUMBER:
    return number_value(lua, call, column);
  case LUA_TSTRING:
    return string_value(lua, call, column);
  default:
    luaL_error(lua, "column \"%s\": a %s is no value; json.encode() makes a text of a table",
               column->name, luaL_typename(lua, -1));
    return (struct headrace_value){0};
  }
}

/* Takes the value off the stack. It is `came` if the script has left it so. */
static struct headrace_value take_value(lua_State *lua, struct call *call,
                                        const struct headrace_column *column,
                                        const struct headrace_value *came)
{
  struct headrace_value value;
  if (came)
    push_value(lua, column, came);
  bool same = came && lua_rawequal(lua, -1, -2);
  if (came)
    lua_pop(lua, 1);
  value = same ? *came : new_value(lua, call, column);
  lua_pop(lua, 1);
  return value;
}

/* ---- columns that the table does not have --------------------------------------------- */

static bool has_column(const struct headrace_relation *relation, const char *name)
{
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (!strcmp(relation->columns[i].name, name))
      return true;
  return false;
}

static uint16_t type_of(lua_State *lua, int index)
{
  if (lua_isinteger(lua, index))
    return HEADRACE_TYPE_INT64;
  if (lua_type(lua, index) == LUA_TNUMBER)
    return HEADRACE_TYPE_FLOAT64;
  return lua_isboolean(lua, index) ? HEADRACE_TYPE_BOOL : HEADRACE_TYPE_TEXT;
}

/* In the order of their names: a table of Lua's has none. */
static void add_extra(struct row_of_script *row, const char *name, uint16_t type)
{
  size_t at = 0;
  while (at < row->extra_count && strcmp(row->extras[at].name, name) < 0)
    at++;
  if (at < row->extra_count && !strcmp(row->extras[at].name, name)) {
    if (row->extras[at].type != type)
      row->extras[at].type = HEADRACE_TYPE_TEXT;
    return;
  }
  if (row->extra_count == EXTRAS_MOST)
    luaL_error(row->lua, "more than %d columns that the table does not have", EXTRAS_MOST);
  memmove(&row->extras[at + 1], &row->extras[at], (row->extra_count - at) * sizeof *row->extras);
  row->extras[at] = (struct extra){keep(row->call, name, strlen(name)), type};
  row->extra_count++;
}

/* Of the table on top of the stack. */
static void find_extras(struct row_of_script *row)
{
  lua_State *lua = row->lua;
  for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      luaL_error(lua, "a row's names of columns are texts, not a %s", luaL_typename(lua, -2));
    const char *name = lua_tostring(lua, -2);
    if (!has_column(row->relation, name))
      add_extra(row, name, type_of(lua, -1));
  }
}

/* Looking each name up would cost the square of the columns: only where there are too many. */
static void consider(struct row_of_script *row, int item, const char *field)
{
  lua_State *lua = row->lua;
  uint32_t known = 0, all = 0;
  if (lua_getfield(lua, item, field) == LUA_TTABLE) {
    for (uint32_t i = 0; i < row->relation->column_count; i++) {
      known += lua_getfield(lua, -1, row->relation->columns[i].name) != LUA_TNIL;
      lua_pop(lua, 1);
    }
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
      all++;
    if (all != known)
      find_extras(row);
  } else if (!lua_isnil(lua, -1)) {
    luaL_error(lua, "%s is a %s, not a row", field, luaL_typename(lua, -1));
  }
  lua_pop(lua, 1);
}

/* ---- changes --------------------------------------------------------------------------- */

static const struct headrace_value *pull_row(struct row_of_script *row, int item, const char *field,
                                             const struct headrace_relation *relation,
                                             const struct headrace_value *came)
{
  lua_State *lua = row->lua;
  struct headrace_value *values = NULL;
  if (lua_getfield(lua, item, field) == LUA_TTABLE) {
    const struct headrace_host *host = row->call->host;
    values = host->alloc(host, row->call->out, (relation->column_count + 1) * sizeof *values);
    for (uint32_t i = 0; i < relation->column_count; i++) {
      bool own = i < row->relation->column_count;
      lua_getfield(lua, -1, relation->columns[i].name);
      if (!own && relation->columns[i].type == HEADRACE_TYPE_TEXT && lua_isnumber(lua, -1))
        lua_tostring(lua, -1); /* in another row it was a text */
      values[i] = take_value(lua, row->call, &relation->columns[i], own && came ? &came[i] : NULL);
    }
  }
  lua_pop(lua, 1);
  return values;
}

static const char *text_or(lua_State *lua, struct call *call, int item, const char *field,
                           const char *otherwise)
{
  const char *text = otherwise;
  if (lua_getfield(lua, item, field) == LUA_TSTRING)
    text = keep(call, lua_tostring(lua, -1), strlen(lua_tostring(lua, -1)));
  lua_pop(lua, 1);
  return text;
}

static uint32_t pull_operation(lua_State *lua, int item)
{
  static const char *const names[] = {"insert", "update", "delete", "read", "truncate", "message"};
  lua_getfield(lua, item, "operation");
  const char *name = lua_tostring(lua, -1);
  for (uint32_t i = 0; name && i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i], name)) {
      lua_pop(lua, 1);
      return HEADRACE_INSERT + i;
    }
  luaL_error(lua, "operation must be insert, update, delete, read, truncate or message");
  return 0;
}

static struct headrace_value pull_bytes(lua_State *lua, struct call *call, int item,
                                        const char *field)
{
  struct headrace_value value = {.state = HEADRACE_NULL};
  int type = lua_getfield(lua, item, field);
  if (type == LUA_TSTRING || type == LUA_TNUMBER) {
    size_t size;
    const char *text = lua_tolstring(lua, -1, &size);
    value = text_value(call, text, size, HEADRACE_TEXT);
  } else if (type != LUA_TNIL && !is_null(lua, -1)) {
    luaL_error(lua, "%s is a %s; it must be a text, null or nil", field, luaL_typename(lua, -1));
  }
  lua_pop(lua, 1);
  return value;
}

static void check_rows(lua_State *lua, const struct headrace_change *change)
{
  bool needs_new = change->operation == HEADRACE_INSERT || change->operation == HEADRACE_UPDATE ||
                   change->operation == HEADRACE_READ;
  if (needs_new && !change->new_values)
    luaL_error(lua, "an insert, update or read needs the row new");
  if (change->operation == HEADRACE_DELETE && !change->old_values)
    luaL_error(lua, "a delete needs the row old");
}

static void pull_change(lua_State *lua, struct call *call, int item, struct made *made)
{
  const struct headrace_change *came = call->event->change;
  struct row_of_script row = {.lua = lua, .call = call, .relation = came->relation};
  made->change = *came;
  made->change.operation = pull_operation(lua, item);
  if (!came->relation || made->change.operation == HEADRACE_MESSAGE) {
    if (made->change.operation != HEADRACE_MESSAGE || came->relation)
      luaL_error(lua, "a message cannot become the change of a row, nor the other way round");
    made->change.message_prefix = pull_bytes(lua, call, item, "prefix");
    made->change.message_content = pull_bytes(lua, call, item, "content");
    return;
  }
  consider(&row, item, "new");
  consider(&row, item, "old");
  struct shape shape = {.schema = text_or(lua, call, item, "schema", came->relation->schema),
                        .table = text_or(lua, call, item, "table", came->relation->table),
                        .extras = row.extras,
                        .extra_count = row.extra_count};
  made->relation = shape_find(relation_cache_get(call->relations, came->relation), call->host,
                              came->relation, &shape);
  if (!made->relation)
    luaL_error(lua, "more than %d tables or sets of columns are made of one table", SHAPES_MOST);
  made->change.relation = made->relation;
  made->change.new_values = pull_row(&row, item, "new", made->relation, came->new_values);
  made->change.old_values = pull_row(&row, item, "old", made->relation, came->old_values);
  if (made->change.operation == HEADRACE_DELETE)
    made->change.new_values = NULL;
  if (made->change.operation == HEADRACE_INSERT || made->change.operation == HEADRACE_READ)
    made->change.old_values = NULL;
  check_rows(lua, &made->change);
}

/* ---- records ----------------------------------------------------------------------------- */

static void set_header(lua_State *lua, struct call *call, struct headrace_header *header,
                       const char *name)
{
  header->name = keep(call, name, strlen(name));
  if (lua_isnil(lua, -1) || is_null(lua, -1)) {
    header->value = (struct headrace_value){.state = HEADRACE_NULL};
    return;
  }
  size_t size;
  if (lua_type(lua, -1) != LUA_TSTRING && lua_type(lua, -1) != LUA_TNUMBER)
    luaL_error(lua, "the header %s is a %s; it must be a text", name, luaL_typename(lua, -1));
  const char *text = lua_tolstring(lua, -1, &size);
  header->value = text_value(call, text, size, HEADRACE_TEXT);
}

/* {{name = "a", value = "b"}, …} */
static void pull_header_list(lua_State *lua, struct call *call, size_t count,
                             struct headrace_header *headers)
{
  for (size_t i = 0; i < count; i++) {
    if (lua_rawgeti(lua, -1, (lua_Integer)i + 1) != LUA_TTABLE ||
        lua_getfield(lua, -1, "name") != LUA_TSTRING)
      luaL_error(lua, "headers must be {{name = …, value = …}, …} or {name = value, …}");
    lua_getfield(lua, -2, "value");
    set_header(lua, call, &headers[i], lua_tostring(lua, -2));
    lua_pop(lua, 3);
  }
}

static int by_name(const void *a, const void *b)
{
  const struct headrace_header *one = a, *other = b;
  return strcmp(one->name, other->name);
}

/* {a = "b", …}, in the order of the names: a table of Lua's has none. */
static void pull_header_map(lua_State *lua, struct call *call, size_t count,
                            struct headrace_header *headers)
{
  size_t i = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) && i < count; lua_pop(lua, 1)) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      luaL_error(lua, "a header's name is a text, not a %s", luaL_typename(lua, -2));
    set_header(lua, call, &headers[i++], lua_tostring(lua, -2));
  }
  qsort(headers, count, sizeof *headers, by_name);
}

/* What lua_rawlen() says of a list with gaps may be any number. */
static size_t list_length(lua_State *lua)
{
  size_t count = 0;
  while (lua_rawgeti(lua, -1, (lua_Integer)count + 1) != LUA_TNIL) {
    lua_pop(lua, 1);
    count++;
  }
  lua_pop(lua, 1);
  return count;
}

static void pull_headers(lua_State *lua, struct call *call, int item,
                         struct headrace_record *record)
{
  record->headers = NULL;
  record->header_count = 0;
  int type = lua_getfield(lua, item, "headers");
  if (type == LUA_TTABLE) {
    size_t list = list_length(lua), count = list;
    if (!list)
      for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        count++;
    struct headrace_header *headers =
        call->host->alloc(call->host, call->out, (count + 1) * sizeof *headers);
    if (list)
      pull_header_list(lua, call, count, headers);
    else
      pull_header_map(lua, call, count, headers);
    record->headers = headers;
    record->header_count = (uint32_t)count;
  } else if (type != LUA_TNIL) {
    luaL_error(lua, "headers is a %s, not a table", luaL_typename(lua, -1));
  }
  lua_pop(lua, 1);
}

static int64_t pull_integer(lua_State *lua, int item, const char *field, int64_t most)
{
  int whole = 1;
  int64_t number = -1;
  if (lua_getfield(lua, item, field) != LUA_TNIL)
    number = lua_tointegerx(lua, -1, &whole);
  if (!whole || number < -1 || number > most)
    luaL_error(lua, "%s must be a whole number from 0 on", field);
  lua_pop(lua, 1);
  return number;
}

static void pull_record(lua_State *lua, struct call *call, int item, struct made *made)
{
  struct headrace_record *record = &made->record;
  made->is_record = true;
  if (call->of_records)
    *record = *call->event->record; /* its place and its numbers */
  else
    *record = (struct headrace_record){.offset = -1};
  record->topic = pull_bytes(lua, call, item, "topic");
  record->key = pull_bytes(lua, call, item, "key");
  record->value = pull_bytes(lua, call, item, "value");
  record->partition = (int32_t)pull_integer(lua, item, "partition", INT32_MAX);
  record->timestamp_ms = pull_integer(lua, item, "timestamp", INT64_MAX);
  pull_headers(lua, call, item, record);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void pull_item(lua_State *lua, struct call *call, struct made *made)
{
  int item = lua_gettop(lua);
  *made = (struct made){.as_it_came = lua_isboolean(lua, item) && lua_toboolean(lua, item)};
  if (made->as_it_came)
    return;
  if (!lua_istable(lua, item))
    luaL_error(lua, "the function must answer nil, true, an event or a list of them, not a %s",
               luaL_typename(lua, item));
  bool change = !call->of_records && lua_getfield(lua, item, "operation") != LUA_TNIL;
  lua_settop(lua, item);
  if (change)
    pull_change(lua, call, item, made);
  else
    pull_record(lua, call, item, made);
  lua_settop(lua, item);
}

void pull_answer(lua_State *lua, struct call *call)
{
  int answer = lua_gettop(lua);
  luaL_checkstack(lua, 20, NULL);
  if (lua_isnil(lua, answer) || (lua_isboolean(lua, answer) && !lua_toboolean(lua, answer)))
    return;
  size_t length = lua_istable(lua, answer) ? lua_rawlen(lua, answer) : 0;
  bool list = length > 0;
  if (lua_istable(lua, answer) && !list) {
    lua_pushnil(lua);
    if (!lua_next(lua, answer))
      return; /* {} is a list of none */
    lua_settop(lua, answer);
  }
  size_t count = list ? length : 1;
  if (count > (size_t)call->most)
    luaL_error(lua, "%I events of one are more than most = %I", (lua_Integer)count,
               (lua_Integer)call->most);
  call->made = call->host->alloc(call->host, call->out, count * sizeof *call->made);
  for (size_t i = 0; i < count; i++) {
    if (list)
      lua_rawgeti(lua, answer, (lua_Integer)i + 1);
    else
      lua_pushvalue(lua, answer);
    pull_item(lua, call, &call->made[i]);
    lua_settop(lua, answer);
  }
  call->made_count = count;
}
