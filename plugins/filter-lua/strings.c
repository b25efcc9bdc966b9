/* SPDX-License-Identifier: Apache-2.0
 *
 * string.find, match, gmatch and gsub (reference manual 5.4, section 6.4) on patterns that have a
 * budget, and what else of Lua's libraries works long in one instruction. */
#include "pattern.h"
#include "script.h"

#include <string.h>

#define STEPS_OF_INSTRUCTION 8 /* what a step of a match costs */
#define BYTES_OF_INSTRUCTION 16

static const char classes_key; /* its address is that of the registry's classes */

/* ---- matches ----------------------------------------------------------------------- */

struct search {
  lua_State *lua;
  struct pattern_match match;
  const char *last; /* where the match before ended: an empty one there is none */
};

/* The text is at index 1; the pattern at `pattern` becomes what it means, on the top. */
static void begin(struct search *search, lua_State *lua, int pattern, bool anchors)
{
  size_t size;
  const char *text = luaL_checklstring(lua, 1, &size);
  lua_rawgetp(lua, LUA_REGISTRYINDEX, &classes_key);
  const struct pattern_classes *classes = lua_touserdata(lua, -1);
  lua_pop(lua, 1);
  *search = (struct search){.lua = lua};
  search->match.pattern = pattern_push(lua, classes, pattern, anchors);
  search->match.text = text;
  search->match.end = text + size;
}

/* The next match at or behind *at, which becomes its beginning; NULL: there is none. */
static const char *look_for(struct search *search, const char **at)
{
  for (; *at <= search->match.end && search->match.steps >= 0; ++*at) {
    const char *end = pattern_match(&search->match, *at);
    if (end && end != search->last)
      return search->last = end;
    if (pattern_is_anchored(search->match.pattern))
      return NULL;
  }
  return NULL;
}

/* The same, paid for out of the call's budget. */
static const char *find_next(struct search *search, const char **at)
{
  int64_t left = sandbox_left(search->lua), most = INT64_MAX / STEPS_OF_INSTRUCTION;
  int64_t steps = (left < most ? left : most) * STEPS_OF_INSTRUCTION;
  search->match.steps = steps;
  const char *end = look_for(search, at);
  int64_t made = steps - search->match.steps;
  sandbox_spend(search->lua, (made + STEPS_OF_INSTRUCTION - 1) / STEPS_OF_INSTRUCTION);
  return end;
}

static void push_capture(const struct search *search, size_t index, const char *start,
                         const char *end)
{
  lua_State *lua = search->lua;
  if (index >= pattern_captures(search->match.pattern)) {
    if (index)
      luaL_error(lua, "invalid capture index %%%d", (int)index + 1);
    lua_pushlstring(lua, start, (size_t)(end - start));
    return;
  }
  const struct capture *capture = &search->match.captures[index];
  if (capture->place)
    lua_pushinteger(lua, capture->at - search->match.text + 1);
  else
    lua_pushlstring(lua, capture->at, capture->size);
}

/* All of them; if there are none and `whole`, the match. */
static int push_captures(const struct search *search, const char *start, const char *end,
                         bool whole)
{
  size_t count = pattern_captures(search->match.pattern);
  count += whole && !count;
  luaL_checkstack(search->lua, (int)count, "too many captures");
  for (size_t i = 0; i < count; i++)
    push_capture(search, i, start, end);
  return (int)count;
}

/* ---- find and match ------------------------------------------------------------------ */

/* Lua's places: from 1, or from the end. */
static size_t offset_of(lua_Integer place, size_t size)
{
  if (place > 0)
    return (size_t)place - 1;
  if (place == 0 || place < -(lua_Integer)size)
    return 0;
  return size - (size_t)-place;
}

static int find_plain(lua_State *lua, const char *text, size_t size, size_t offset)
{
  size_t part_size;
  const char *part = luaL_checklstring(lua, 2, &part_size);
  sandbox_spend(lua, (int64_t)((size - offset + part_size) / BYTES_OF_INSTRUCTION));
  const char *found = memmem(text + offset, size - offset, part, part_size);
  if (!found) {
    luaL_pushfail(lua);
    return 1;
  }
  lua_pushinteger(lua, found - text + 1);
  lua_pushinteger(lua, found - text + (lua_Integer)part_size);
  return 2;
}

/* A zero ends what strpbrk() sees: then it is taken for a pattern, which is as true. */
static bool is_plain(const char *part, size_t size)
{
  return !memchr(part, 0, size) && !strpbrk(part, "^$*+?.([%-");
}

static int search_once(lua_State *lua, bool find)
{
  size_t size, part_size;
  const char *text = luaL_checklstring(lua, 1, &size);
  const char *part = luaL_checklstring(lua, 2, &part_size);
  size_t offset = offset_of(luaL_optinteger(lua, 3, 1), size);
  if (offset > size) {
    luaL_pushfail(lua);
    return 1;
  }
  if (find && (lua_toboolean(lua, 4) || is_plain(part, part_size)))
    return find_plain(lua, text, size, offset);
  struct search search;
  begin(&search, lua, 2, true);
  const char *start = text + offset, *end = find_next(&search, &start);
  if (!end) {
    luaL_pushfail(lua);
    return 1;
  }
  if (!find)
    return push_captures(&search, start, end, true);
  lua_pushinteger(lua, start - text + 1);
  lua_pushinteger(lua, end - text);
  return 2 + push_captures(&search, start, end, false);
}

static int string_find(lua_State *lua)
{
  return search_once(lua, true);
}

static int string_match(lua_State *lua)
{
  return search_once(lua, false);
}

/* ---- gmatch --------------------------------------------------------------------------- */

struct iteration {
  struct search search;
  const char *at;
};

/* Upvalues: text, pattern's text, pattern, iteration. */
static int next_match(lua_State *lua)
{
  struct iteration *iteration = lua_touserdata(lua, lua_upvalueindex(4));
  iteration->search.lua = lua;
  const char *start = iteration->at, *end = find_next(&iteration->search, &start);
  if (!end) {
    iteration->at = iteration->search.match.end + 1; /* for good */
    return 0;
  }
  iteration->at = end;
  return push_captures(&iteration->search, start, end, true);
}

static int string_gmatch(lua_State *lua)
{
  size_t size;
  luaL_checklstring(lua, 1, &size);
  luaL_checkstring(lua, 2);
  size_t offset = offset_of(luaL_optinteger(lua, 3, 1), size);
  lua_settop(lua, 2);
  struct search search;
  begin(&search, lua, 2, false);
  struct iteration *iteration = lua_newuserdatauv(lua, sizeof *iteration, 0);
  iteration->search = search;
  iteration->at = search.match.text + (offset > size ? size + 1 : offset);
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

/* ---- gsub ------------------------------------------------------------------------------ */

/* %0 to %9 and %% of a replacement. */
static void add_text(const struct search *search, luaL_Buffer *made, const char *start,
                     const char *end)
{
  lua_State *lua = search->lua;
  size_t size;
  const char *text = lua_tolstring(lua, 3, &size);
  for (const char *last = text + size; text < last; text++) {
    if (*text != '%') {
      luaL_addchar(made, *text);
      continue;
    }
    char letter = ++text < last ? *text : '\0';
    if (letter == '%') {
      luaL_addchar(made, '%');
    } else if (letter == '0') {
      luaL_addlstring(made, start, (size_t)(end - start));
    } else if (letter >= '1' && letter <= '9') {
      push_capture(search, (size_t)(letter - '1'), start, end);
      luaL_tolstring(lua, -1, NULL);
      lua_remove(lua, -2);
      luaL_addvalue(made);
    } else {
      luaL_error(lua, "invalid use of '%%' in replacement string");
    }
  }
}

/* What a function or table says of the match; nil and false: it stays. */
static void add_answer(const struct search *search, luaL_Buffer *made, const char *start,
                       const char *end)
{
  lua_State *lua = search->lua;
  if (lua_isfunction(lua, 3)) {
    lua_pushvalue(lua, 3);
    lua_call(lua, push_captures(search, start, end, true), 1);
  } else {
    push_capture(search, 0, start, end);
    lua_gettable(lua, 3);
  }
  if (!lua_toboolean(lua, -1)) {
    lua_pop(lua, 1);
    luaL_addlstring(made, start, (size_t)(end - start));
  } else if (lua_isstring(lua, -1)) {
    luaL_addvalue(made);
  } else {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
}

static int string_gsub(lua_State *lua)
{
  size_t size;
  const char *at = luaL_checklstring(lua, 1, &size), *last = at + size;
  luaL_checkstring(lua, 2);
  int type = lua_type(lua, 3);
  luaL_argexpected(lua,
                   type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                       type == LUA_TTABLE,
                   3, "string/function/table");
  lua_Integer most = luaL_optinteger(lua, 4, (lua_Integer)size + 1), count = 0;
  struct search search;
  luaL_Buffer made;
  begin(&search, lua, 2, true);
  luaL_buffinit(lua, &made);
  while (count < most) {
    const char *start = at, *end = find_next(&search, &start);
    if (!end)
      break;
    luaL_addlstring(&made, at, (size_t)(start - at));
    (type == LUA_TNUMBER || type == LUA_TSTRING ? add_text : add_answer)(&search, &made, start,
                                                                         end);
    count++;
    at = end;
    if (pattern_is_anchored(search.match.pattern))
      break;
  }
  luaL_addlstring(&made, at, (size_t)(last - at));
  luaL_pushresult(&made);
  lua_pushinteger(lua, count);
  return 2;
}

/* ---- texts that are only looked at ------------------------------------------------------ */

/* Lua's own function, after the length of the text, or of a format, was paid for. */
static int look_through(lua_State *lua)
{
  size_t size;
  luaL_checklstring(lua, 1, &size);
  sandbox_spend(lua, (int64_t)(size / BYTES_OF_INSTRUCTION));
  return sandbox_original(lua);
}

void strings_open(lua_State *lua)
{
  static const luaL_Reg own[] = {{"find", string_find},
                                 {"match", string_match},
                                 {"gmatch", string_gmatch},
                                 {"gsub", string_gsub},
                                 {0}};
  static const char *const readers[] = {"len", "codepoint", "offset"};
  static const char *const formats[] = {"pack", "packsize", "unpack"};
  lua_getglobal(lua, LUA_STRLIBNAME);
  luaL_setfuncs(lua, own, 0);
  lua_pop(lua, 1);
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
    sandbox_wrap(lua, LUA_UTF8LIBNAME, readers[i], look_through);
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    sandbox_wrap(lua, LUA_STRLIBNAME, formats[i], look_through);
  pattern_classes_make(lua_newuserdatauv(lua, sizeof(struct pattern_classes), 0));
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &classes_key);
}
