/* SPDX-License-Identifier: Apache-2.0
 *
 * The state has no way out: no files, no processes, no bytecode, nothing that runs long without
 * being counted. Memory is counted by the allocator, instructions by a hook, and what one
 * instruction can do much of (long texts, long lists, matches of patterns) as several. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_EVERY          1000 /* instructions between two looks at the budget */
#define BYTES_OF_INSTRUCTION 256  /* that are filled in the time that one takes */
#define ITEMS_OF_INSTRUCTION 4    /* of a list */

static const char null_key; /* its address is the null of the scripts */

void push_null(lua_State *lua)
{
  lua_pushlightuserdata(lua, (void *)(uintptr_t)&null_key);
}

bool is_null(lua_State *lua, int index)
{
  return lua_islightuserdata(lua, index) && lua_touserdata(lua, index) == (const void *)&null_key;
}

static struct sandbox *sandbox_of(lua_State *lua)
{
  return *(struct sandbox **)lua_getextraspace(lua);
}

/* ---- limits -------------------------------------------------------------------- */

static void count(lua_State *lua, lua_Debug *activation);

/* Here no error can be raised: the next instruction does. */
static void spend_bytes(struct sandbox *sandbox, size_t size)
{
  sandbox->left -= (int64_t)(size / BYTES_OF_INSTRUCTION);
  if (sandbox->left <= 0 && sandbox->lua && lua_gethook(sandbox->lua))
    lua_sethook(sandbox->lua, count, LUA_MASKCOUNT, 1);
}

static void *allocate(void *context, void *block, size_t old_size, size_t size)
{
  struct sandbox *sandbox = context;
  size_t had = block ? old_size : 0; /* without a block it is a kind of object */
  if (!size) {
    free(block);
    sandbox->used -= had;
    return NULL;
  }
  if (size > had && sandbox->used - had + size > sandbox->most)
    return NULL; /* Lua collects its garbage and asks again, then gives up */
  void *grown = realloc(block, size);
  if (grown && size > had)
    spend_bytes(sandbox, size - had);
  if (grown)
    sandbox->used += size - had;
  return grown;
}

static void overspent(lua_State *lua)
{
  lua_sethook(lua, count, LUA_MASKCOUNT, 1);
  luaL_error(lua, "more than %I instructions for one event",
             (lua_Integer)sandbox_of(lua)->instructions);
}

/* Once the budget is spent every instruction is an error, so that a script that catches the first
 * one does not get far. */
static void count(lua_State *lua, lua_Debug *activation)
{
  (void)activation;
  struct sandbox *sandbox = sandbox_of(lua);
  sandbox->left -= COUNT_EVERY;
  if (sandbox->left <= 0)
    overspent(lua);
}

int64_t sandbox_left(lua_State *lua)
{
  int64_t left = sandbox_of(lua)->left;
  return left > 0 ? left : 0;
}

void sandbox_spend(lua_State *lua, int64_t instructions)
{
  struct sandbox *sandbox = sandbox_of(lua);
  sandbox->left -= instructions;
  if (sandbox->left < 0)
    overspent(lua);
}

/* ---- what a script may use ------------------------------------------------------- */

/* A finaliser runs where no hook does; a length that is made up lets a loop in C run for ever. */
static int set_metatable(lua_State *lua)
{
  static const char *const forbidden[] = {"__gc", "__len", "__close"};
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argexpected(lua, lua_isnoneornil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
  for (size_t i = 0; lua_istable(lua, 2) && i < sizeof forbidden / sizeof *forbidden; i++) {
    lua_pushstring(lua, forbidden[i]);
    if (lua_rawget(lua, 2) != LUA_TNIL)
      return luaL_error(lua, "a metatable with %s is not allowed here", forbidden[i]);
    lua_pop(lua, 1);
  }
  if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
    return luaL_error(lua, "cannot change a protected metatable");
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

/* What a list of so much memory can have at most: more is a length that is made up, by keys such as
 * 1, 2, 4 … 2^60, or by a metatable that was changed after it was set. */
static void check_length(lua_State *lua, lua_Unsigned length)
{
  if (length > sandbox_of(lua)->most / sizeof(void *))
    luaL_error(lua, "a list of that length is not allowed here");
}

/* A library's function names neither itself nor the script's line if it was called from here. */
static int raise_with_place(lua_State *lua)
{
  lua_Debug own, caller;
  const char *error = lua_tostring(lua, -1);
  if (!lua_getstack(lua, 0, &own) || !lua_getstack(lua, 1, &caller))
    return lua_error(lua);
  lua_getinfo(lua, "n", &own);
  lua_getinfo(lua, "Sl", &caller);
  size_t size = strlen(caller.short_src);
  bool placed = !strncmp(error, caller.short_src, size) && error[size] == ':';
  if (placed || caller.currentline <= 0)
    return lua_error(lua);
  luaL_where(lua, 1);
  const char *name = lua_pushfstring(lua, "to '%s'", own.name ? own.name : "?");
  luaL_gsub(lua, error, "to '?'", name);
  lua_remove(lua, -2);
  lua_concat(lua, 2);
  return lua_error(lua);
}

int sandbox_original(lua_State *lua)
{
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  if (status == LUA_ERRRUN && lua_type(lua, -1) == LUA_TSTRING)
    return raise_with_place(lua);
  return status == LUA_OK ? lua_gettop(lua) : lua_error(lua);
}

static void check_list(lua_State *lua)
{
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL)
    luaL_error(lua, "a metatable with __len is not allowed here");
  check_length(lua, lua_rawlen(lua, 1));
}

static void spend_list(lua_State *lua)
{
  sandbox_spend(lua, (int64_t)(lua_rawlen(lua, 1) / ITEMS_OF_INSTRUCTION));
}

/* With a place all behind it are moved. */
static int change_list(lua_State *lua, int count_with_place)
{
  check_list(lua);
  if (lua_gettop(lua) >= count_with_place)
    spend_list(lua);
  return sandbox_original(lua);
}

static int insert_item(lua_State *lua)
{
  return change_list(lua, 3);
}

static int remove_item(lua_State *lua)
{
  return change_list(lua, 2);
}

/* As many values as lie between two places of a text or list, in one instruction. */
static int take_many(lua_State *lua, lua_Integer from, lua_Integer to)
{
  lua_Unsigned most = sandbox_of(lua)->most, count = (lua_Unsigned)to - (lua_Unsigned)from;
  if (to > from)
    sandbox_spend(lua, (int64_t)((count < most ? count : most) / ITEMS_OF_INSTRUCTION));
  return sandbox_original(lua);
}

static int concatenate(lua_State *lua)
{
  lua_Integer from = luaL_optinteger(lua, 3, 1), to = luaL_optinteger(lua, 4, 0);
  if (to > from)
    check_length(lua, (lua_Unsigned)to - (lua_Unsigned)from);
  check_list(lua);
  spend_list(lua);
  return take_many(lua, from, to); /* which a metatable may have made up */
}

static int unpack(lua_State *lua)
{
  check_list(lua);
  lua_Integer from = luaL_optinteger(lua, 2, 1);
  return take_many(lua, from, luaL_optinteger(lua, 3, (lua_Integer)lua_rawlen(lua, 1)));
}

/* Also from the end. */
static lua_Integer place_in(size_t size, lua_Integer place)
{
  lua_Integer last = (lua_Integer)size, at = place < 0 ? last + 1 + place : place;
  return at < 1 ? 1 : at > last ? last : at;
}

static int bytes_of(lua_State *lua)
{
  size_t size;
  luaL_checklstring(lua, 1, &size);
  lua_Integer from = luaL_optinteger(lua, 2, 1), to = luaL_optinteger(lua, 3, from);
  return take_many(lua, place_in(size, from), place_in(size, to));
}

static size_t text_size(lua_State *lua, int index)
{
  return lua_type(lua, index) == LUA_TSTRING ? lua_rawlen(lua, index) : 0;
}

/* As Lua compares without a function, but paid for: long texts that are alike take long. */
static int is_less(lua_State *lua)
{
  size_t one = text_size(lua, 1), other = text_size(lua, 2);
  sandbox_spend(lua, 1 + (int64_t)((one < other ? one : other) / BYTES_OF_INSTRUCTION));
  lua_pushboolean(lua, lua_compare(lua, 1, 2, LUA_OPLT));
  return 1;
}

static int sort_list(lua_State *lua)
{
  check_list(lua);
  spend_list(lua);
  if (lua_isnoneornil(lua, 2)) {
    lua_settop(lua, 1);
    lua_pushcfunction(lua, is_less);
  }
  return sandbox_original(lua);
}

/* Nothing, again and again. */
static int repeat(lua_State *lua)
{
  size_t size, between = 0;
  const char *text = luaL_checklstring(lua, 1, &size);
  luaL_optlstring(lua, 3, "", &between);
  if (size || between)
    return sandbox_original(lua);
  lua_pushstring(lua, text);
  return 1;
}

void sandbox_wrap(lua_State *lua, const char *table, const char *name, lua_CFunction function)
{
  lua_getglobal(lua, table);
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

static void bound_libraries(lua_State *lua)
{
  sandbox_wrap(lua, LUA_STRLIBNAME, "rep", repeat);
  sandbox_wrap(lua, LUA_TABLIBNAME, "concat", concatenate);
  sandbox_wrap(lua, LUA_TABLIBNAME, "insert", insert_item);
  sandbox_wrap(lua, LUA_TABLIBNAME, "remove", remove_item);
  sandbox_wrap(lua, LUA_TABLIBNAME, "sort", sort_list);
  sandbox_wrap(lua, LUA_TABLIBNAME, "unpack", unpack);
  sandbox_wrap(lua, LUA_STRLIBNAME, "byte", bytes_of);
  strings_open(lua);
}

static int say(lua_State *lua)
{
  const struct headrace_host *host = sandbox_of(lua)->host;
  host->log(host, HEADRACE_INFO, "%.500s", luaL_checkstring(lua, 1));
  return 0;
}

static void remove_field(lua_State *lua, const char *table, const char *name)
{
  lua_getglobal(lua, table);
  lua_pushnil(lua);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

static void open_libraries(lua_State *lua)
{
  static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
                                       {LUA_TABLIBNAME, luaopen_table},
                                       {LUA_STRLIBNAME, luaopen_string},
                                       {LUA_MATHLIBNAME, luaopen_math},
                                       {LUA_UTF8LIBNAME, luaopen_utf8}};
  static const char *const removed[] = {"dofile",         "loadfile", "load",
                                        "collectgarbage", "print",    "warn"};
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
    lua_pop(lua, 1);
  }
  for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
    remove_field(lua, LUA_GNAME, removed[i]);
  remove_field(lua, LUA_STRLIBNAME, "dump");
  remove_field(lua, LUA_TABLIBNAME, "move"); /* it counts to what it is told */
  bound_libraries(lua);
  lua_register(lua, "setmetatable", set_metatable);
  lua_register(lua, "log", say);
  push_null(lua);
  lua_setglobal(lua, "null");
  json_open(lua);
}

/* ---- calls --------------------------------------------------------------------------- */

static void keep_error(struct sandbox *sandbox, int status)
{
  if (status == LUA_ERRMEM)
    snprintf(sandbox->error, sizeof sandbox->error, "the script needs more than memory = %zu bytes",
             sandbox->most);
  else if (lua_type(sandbox->lua, -1) == LUA_TSTRING)
    snprintf(sandbox->error, sizeof sandbox->error, "%s", lua_tostring(sandbox->lua, -1));
  else
    snprintf(sandbox->error, sizeof sandbox->error, "the script's error is a %s, not a text",
             luaL_typename(sandbox->lua, -1));
}

bool sandbox_call(struct sandbox *sandbox, lua_CFunction run, void *context)
{
  lua_State *lua = sandbox->lua;
  sandbox->left = sandbox->instructions;
  int every = sandbox->instructions < COUNT_EVERY ? (int)sandbox->instructions : COUNT_EVERY;
  lua_sethook(lua, count, LUA_MASKCOUNT, every);
  lua_pushcfunction(lua, run); /* neither of them takes memory */
  lua_pushlightuserdata(lua, context);
  int status = lua_pcall(lua, 1, 0, 0);
  if (status != LUA_OK)
    keep_error(sandbox, status);
  lua_sethook(lua, NULL, 0, 0);
  lua_settop(lua, 0);
  if (status == LUA_ERRMEM)
    lua_gc(lua, LUA_GCCOLLECT); /* what the call left must not be the next one's burden */
  return status == LUA_OK;
}

static int load(lua_State *lua)
{
  struct sandbox *sandbox = sandbox_of(lua);
  const struct headrace_host *host = sandbox->host;
  open_libraries(lua);
  if (luaL_loadfilex(lua, host->string(host, "file"), "t") != LUA_OK) /* text, no bytecode */
    return lua_error(lua);
  lua_call(lua, 0, 0);
  lua_getglobal(lua, sandbox->function);
  if (!lua_isfunction(lua, -1))
    return luaL_error(lua, "%s has no function %s", host->string(host, "file"), sandbox->function);
  lua_setfield(lua, LUA_REGISTRYINDEX, "headrace.function");
  return 0;
}

bool sandbox_open(struct sandbox *sandbox, const struct headrace_host *host)
{
  *sandbox = (struct sandbox){.host = host,
                              .most = (size_t)host->integer(host, "memory"),
                              .instructions = host->integer(host, "instructions"),
                              .function = host->string(host, "function")};
  sandbox->lua = lua_newstate(allocate, sandbox);
  if (!sandbox->lua) {
    snprintf(sandbox->error, sizeof sandbox->error, "memory: %zu bytes are not enough for Lua",
             sandbox->most);
    return false;
  }
  *(struct sandbox **)lua_getextraspace(sandbox->lua) = sandbox;
  return sandbox_call(sandbox, load, NULL);
}

void sandbox_close(struct sandbox *sandbox)
{
  if (sandbox->lua)
    lua_close(sandbox->lua);
  sandbox->lua = NULL;
}
