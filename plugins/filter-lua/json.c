/* SPDX-License-Identifier: Apache-2.0
 *
 * json.encode and json.decode for scripts. Objects' members are written in the order of their
 * names, so that the same row is always the same text. */
#include "json_read.h"
#include "json_text.h"
#include "script.h"

#include <math.h>
#include <stdlib.h>

#define DEPTH_MOST  64
#define NUMBER_MOST 64

static void encode(lua_State *lua, luaL_Buffer *buffer, int value, int depth);

/* luaL_Buffer keeps things on the stack: the value is at an absolute index below. */
static void encode_string(lua_State *lua, luaL_Buffer *buffer, int value)
{
  size_t size;
  const char *text = lua_tolstring(lua, value, &size);
  if (!json_is_utf8(text, size))
    luaL_error(lua, "json.encode: a text is not UTF-8");
  char *room = luaL_prepbuffsize(buffer, JSON_ESCAPE_GROWTH * size + 2);
  luaL_addsize(buffer, (size_t)(json_string(room, text, size) - room));
}

static void encode_number(lua_State *lua, luaL_Buffer *buffer, int value)
{
  char text[NUMBER_MOST];
  int whole;
  long long number = lua_tointegerx(lua, value, &whole);
  double real = lua_tonumber(lua, value);
  if (!whole && !isfinite(real))
    luaL_error(lua, "json.encode: JSON has no %f", real);
  int size = whole ? snprintf(text, sizeof text, "%lld", number)
                   : snprintf(text, sizeof text, "%.17g", real);
  luaL_addlstring(buffer, text, (size_t)size);
}

static void encode_array(lua_State *lua, luaL_Buffer *buffer, int value, int depth, size_t count)
{
  luaL_addchar(buffer, '[');
  for (size_t i = 1; i <= count; i++) {
    if (i > 1)
      luaL_addchar(buffer, ',');
    luaL_Buffer inner;
    lua_rawgeti(lua, value, (lua_Integer)i);
    int element = lua_gettop(lua);
    luaL_buffinit(lua, &inner);
    encode(lua, &inner, element, depth);
    luaL_pushresult(&inner);
    lua_remove(lua, element);
    luaL_addvalue(buffer);
  }
  luaL_addchar(buffer, ']');
}

/* Pushes a list of the table's names in their order. */
static int sorted_names(lua_State *lua, int value)
{
  lua_newtable(lua);
  int names = lua_gettop(lua);
  lua_Integer count = 0;
  for (lua_pushnil(lua); lua_next(lua, value); lua_pop(lua, 1)) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      luaL_error(lua, "json.encode: a table is either a list or has texts for names");
    lua_pushvalue(lua, -2);
    lua_rawseti(lua, names, ++count);
  }
  lua_getfield(lua, LUA_REGISTRYINDEX, "headrace.sort");
  lua_pushvalue(lua, names);
  lua_call(lua, 1, 0);
  return names;
}

static void encode_object(lua_State *lua, luaL_Buffer *buffer, int value, int depth)
{
  int names = sorted_names(lua, value);
  size_t count = lua_rawlen(lua, names);
  luaL_Buffer inner;
  luaL_buffinit(lua, &inner);
  luaL_addchar(&inner, '{');
  for (size_t i = 1; i <= count; i++) {
    luaL_Buffer member;
    if (i > 1)
      luaL_addchar(&inner, ',');
    lua_rawgeti(lua, names, (lua_Integer)i);
    int name = lua_gettop(lua);
    lua_pushvalue(lua, name);
    lua_rawget(lua, value);
    luaL_buffinit(lua, &member);
    encode_string(lua, &member, name);
    luaL_addchar(&member, ':');
    encode(lua, &member, name + 1, depth);
    luaL_pushresult(&member);
    lua_replace(lua, name);
    lua_settop(lua, name);
    luaL_addvalue(&inner);
  }
  luaL_addchar(&inner, '}');
  luaL_pushresult(&inner);
  lua_remove(lua, names);
  luaL_addvalue(buffer);
}

static void encode(lua_State *lua, luaL_Buffer *buffer, int value, int depth)
{
  if (depth > DEPTH_MOST)
    luaL_error(lua, "json.encode: more than %d levels deep", DEPTH_MOST);
  luaL_checkstack(lua, 12, NULL);
  switch (lua_type(lua, value)) {
  case LUA_TBOOLEAN:
    luaL_addstring(buffer, lua_toboolean(lua, value) ? "true" : "false");
    break;
  case LUA_TNUMBER:
    encode_number(lua, buffer, value);
    break;
  case LUA_TSTRING:
    encode_string(lua, buffer, value);
    break;
  case LUA_TTABLE: {
    size_t count = lua_rawlen(lua, value);
    if (count)
      encode_array(lua, buffer, value, depth + 1, count);
    else
      encode_object(lua, buffer, value, depth + 1);
    break;
  }
  default:
    if (!lua_isnil(lua, value) && !is_null(lua, value))
      luaL_error(lua, "json.encode: a %s is no value", luaL_typename(lua, value));
    luaL_addstring(buffer, "null");
  }
}

static int json_encode(lua_State *lua)
{
  luaL_Buffer buffer;
  luaL_checkany(lua, 1);
  lua_settop(lua, 1);
  luaL_buffinit(lua, &buffer);
  encode(lua, &buffer, 1, 0);
  luaL_pushresult(&buffer);
  return 1;
}

/* ---- decode ------------------------------------------------------------------------- */

static void decode(lua_State *lua, struct json_reader *reader);

static void push_string(lua_State *lua, const struct json_value *value)
{
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(lua, &buffer, value->size);
  size_t size = value->size;
  if (value->escaped)
    size = json_unescape(room, value);
  else
    memcpy(room, value->data, size);
  luaL_pushresultsize(&buffer, size);
}

/* A number that a float would round stays the text that it is. */
static void push_number(lua_State *lua, const struct json_value *value)
{
  char text[NUMBER_MOST], again[NUMBER_MOST];
  lua_pushlstring(lua, value->data, value->size);
  if (value->size >= sizeof text)
    return;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  if (!lua_stringtonumber(lua, text))
    return;
  if (!lua_isinteger(lua, -1)) {
    snprintf(again, sizeof again, "%.17g", lua_tonumber(lua, -1));
    bool digits_only = !strpbrk(text, ".eE");
    if (digits_only && strcmp(again, text) != 0) {
      lua_pop(lua, 1);
      return;
    }
  }
  lua_remove(lua, -2);
}

static void decode_object(lua_State *lua, struct json_reader *reader)
{
  struct json_value name;
  lua_newtable(lua);
  while (json_next_member(reader, &name)) {
    push_string(lua, &name);
    decode(lua, reader);
    lua_rawset(lua, -3);
  }
}

static void decode_array(lua_State *lua, struct json_reader *reader)
{
  lua_newtable(lua);
  for (lua_Integer i = 1; json_next_element(reader); i++) {
    decode(lua, reader);
    lua_rawseti(lua, -2, i);
  }
}

static void decode(lua_State *lua, struct json_reader *reader)
{
  struct json_value value;
  luaL_checkstack(lua, 8, NULL);
  if (!json_read_value(reader, &value))
    luaL_error(lua, "json.decode: %s", reader->error);
  switch (value.kind) {
  case JSON_NULL:
    push_null(lua);
    break;
  case JSON_FALSE:
  case JSON_TRUE:
    lua_pushboolean(lua, value.kind == JSON_TRUE);
    break;
  case JSON_NUMBER:
    push_number(lua, &value);
    break;
  case JSON_STRING:
    push_string(lua, &value);
    break;
  case JSON_ARRAY:
    decode_array(lua, reader);
    break;
  case JSON_OBJECT:
    decode_object(lua, reader);
  }
  if (reader->error)
    luaL_error(lua, "json.decode: %s", reader->error);
}

static int json_decode(lua_State *lua)
{
  size_t size;
  const char *text = luaL_checklstring(lua, 1, &size);
  struct json_reader reader;
  json_read_begin(&reader, text, size);
  decode(lua, &reader);
  if (!json_read_end(&reader))
    luaL_error(lua, "json.decode: %s", reader.error);
  return 1;
}

void json_open(lua_State *lua)
{
  static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {0}};
  luaL_newlib(lua, functions);
  lua_setglobal(lua, "json");
  /* What a script does to table.sort is not ours. */
  lua_getglobal(lua, LUA_TABLIBNAME);
  lua_getfield(lua, -1, "sort");
  lua_setfield(lua, LUA_REGISTRYINDEX, "headrace.sort");
  lua_pop(lua, 1);
}
