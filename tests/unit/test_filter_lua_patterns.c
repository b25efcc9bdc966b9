/* SPDX-License-Identifier: Apache-2.0
 *
 * filter lua's own string.find, match, gmatch and gsub beside those of Lua, on patterns and texts
 * that one script makes for both. */
#include "filter_host.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static const char script[] =
    "local seed = 20261121\n"
    "local function random(most)\n"
    "  seed = (seed * 1103515245 + 12345) & 0x7fffffff\n"
    "  return (seed >> 8) % most + 1\n"
    "end\n"
    "local function one_of(list) return list[random(#list)] end\n"
    "local letters = {'a', 'b', 'c', '1', ' ', '.', 'A', '(', ')', ']', '-', '^', '$', '%', "
    "'\\0',\n"
    "                 '\\xe9', '\\n'}\n"
    "local singles = {'a', 'b', '.', '%a', '%d', '%s', '%w', '%S', '%u', '%L', '%x', '%p', '%c',\n"
    "                 '%g', '%.', '%%', '%(', '[ab]', '[^a]', '[a-c%d]', '[]]', '[^]b]', "
    "'[%]a-]',\n"
    "                 '[-a]', '[%a-]', '[^%s]', '[\\0-\\x7f]', '^', '$', '\\0', '\\xe9', '-'}\n"
    "local others = {'%b()', '%bab', \"%b''\", '%f[%a]', '%f[^%a]', '%f[%z]', '()'}\n"
    "local repeats = {'', '', '', '*', '+', '-', '?'}\n"
    "local function text() local t = {} for i = 1, random(14) - 1 do t[i] = one_of(letters) end\n"
    "  return table.concat(t) end\n"
    "local function pattern()\n"
    "  local t, open, groups, closed = {random(4) == 1 and '^' or ''}, {}, 0, {}\n"
    "  for i = 1, random(6) do\n"
    "    local kind = random(12)\n"
    "    if kind == 1 then groups = groups + 1 open[#open + 1] = groups t[#t + 1] = '('\n"
    "      t[#t + 1] = one_of(singles) .. one_of(repeats)\n"
    "    elseif kind == 2 and #open > 0 then closed[#closed + 1] = table.remove(open)\n"
    "      t[#t + 1] = ')'\n"
    "    elseif kind == 3 and #closed > 0 then t[#t + 1] = '%' .. one_of(closed)\n"
    "    elseif kind == 4 then local other = one_of(others)\n"
    "      if other == '()' then groups = groups + 1 end t[#t + 1] = other\n"
    "    else t[#t + 1] = one_of(singles) .. one_of(repeats) end\n"
    "  end\n"
    "  return table.concat(t) .. (')'):rep(#open) .. (random(5) == 1 and '$' or '')\n"
    "end\n"
    "local function shown(good, ...)\n"
    "  if not good then return 'error' end\n"
    "  local t = {...} for i = 1, select('#', ...) do t[i] = tostring(t[i]) end\n"
    "  return table.concat(t, '|')\n"
    "end\n"
    "local function all(s, p, init) local t = {}\n"
    "  for a, b in string.gmatch(s, p, init) do t[#t + 1] = tostring(a) .. '/' .. tostring(b) end\n"
    "  return table.concat(t, ',') end\n"
    "local answers = {a = 'x', ['1'] = 7, b = false}\n"
    "local calls = {\n"
    "  function(s, p) return s:find(p) end,\n"
    "  function(s, p) return s:find(p, random(20) - 10) end,\n"
    "  function(s, p) return s:find(p, random(20) - 10, true) end,\n"
    "  function(s, p) return s:match(p) end,\n"
    "  function(s, p) return s:match(p, random(20) - 10) end,\n"
    "  all,\n"
    "  function(s, p) return all(s, p, random(20) - 10) end,\n"
    "  function(s, p) return s:gsub(p, '<%0>') end,\n"
    "  function(s, p) return s:gsub(p, '%%[%1]', random(4) - 1) end,\n"
    "  function(s, p) return s:gsub(p, '%2') end,\n"
    "  function(s, p) return s:gsub(p, answers) end,\n"
    "  function(s, p) return s:gsub(p, function(a, b) if a == 'b' then return nil end\n"
    "    return tostring(a) .. tostring(b) end) end,\n"
    "}\n"
    "function compare()\n"
    "  local made = {}\n"
    "  for i = 1, 20000 do\n"
    "    local s, p = text(), pattern()\n"
    "    made[i] = ('%q %q '):format(s, p) .. shown(pcall(calls[i % #calls + 1], s, p))\n"
    "  end\n"
    "  for _, faulty in ipairs{'%', '[', '[a', '[^', '[%', '(', ')', '(()', '%1', '(%1)', '%b',\n"
    "                          '%bx', '%f', '%fa', ('()'):rep(33)} do\n"
    "    made[#made + 1] = faulty .. ' ' .. shown(pcall(string.find, 'abc', faulty))\n"
    "  end\n"
    "  made[#made + 1] = shown(pcall(string.gsub, 'abc', 'b', '%2'))\n"
    "  made[#made + 1] = shown(pcall(string.gsub, 'abc', 'b', 'x%'))\n"
    "  made[#made + 1] = shown(pcall(string.gsub, 'abc', 'b', true))\n"
    "  made[#made + 1] = shown(pcall(string.gsub, 'abc', 'b', {b = {}}))\n"
    "  made[#made + 1] = shown(string.gsub(12321, 2, 4)) .. shown(string.find(123, 2))\n"
    "  made[#made + 1] = shown(pcall(string.find, 'abc')) .. shown(pcall(string.gmatch, 'abc'))\n"
    "  return table.concat(made, '\\n;;')\n"
    "end\n"
    "function filter(event) event.new.name = compare() return event end\n";

static char *of_lua(size_t *size)
{
  lua_State *lua = luaL_newstate();
  assert_non_null(lua);
  luaL_openlibs(lua);
  if (luaL_dostring(lua, script) != LUA_OK)
    fail_msg("%s", lua_tostring(lua, -1));
  lua_getglobal(lua, "compare");
  if (lua_pcall(lua, 0, 1, 0) != LUA_OK)
    fail_msg("%s", lua_tostring(lua, -1));
  const char *text = lua_tolstring(lua, -1, size);
  char *copy = malloc(*size + 1);
  memcpy(copy, text, *size + 1);
  lua_close(lua);
  return copy;
}

static const char *line_of(const char *text, size_t size, size_t at, int *length)
{
  size_t start = at, end = at;
  while (start && memcmp(text + start, ";;", 2))
    start--;
  while (end < size && (text[end] != '\n' || text[end + 1] != ';'))
    end++;
  *length = (int)(end - start);
  return text + start;
}

static void test_as_lua_does(void **state)
{
  (void)state;
  static const struct headrace_column columns[] = {COLUMN("id", INT64), COLUMN("name", TEXT)};
  char path[] = "/tmp/headrace-lua-XXXXXX";
  int fd = mkstemp(path);
  assert_true(write(fd, script, sizeof script - 1) == (ssize_t)sizeof script - 1);
  close(fd);
  struct filter_test *test =
      filter_test_new(KEYS("file", path, "instructions", "100000000", "memory", "256MiB"));
  unlink(path);
  filter_test_table(test, "public", "t", columns, 2);
  assert_int_equal(filter_test_apply(test, HEADRACE_INSERT, NULL, ROW("1", "")), HEADRACE_OK);
  const struct headrace_value *ours = &test->batch->events.items[0].change->new_values[1];
  size_t size, same = 0;
  char *theirs = of_lua(&size);
  while (same < size && same < ours->size && theirs[same] == ours->data[same])
    same++;
  if (same < size || size != ours->size) {
    int one, other;
    const char *expected = line_of(theirs, size, same, &one);
    const char *found = line_of(ours->data, ours->size, same, &other);
    fail_msg("Lua: %.*s\nheadrace: %.*s", one, expected, other, found);
  }
  assert_true(size > 400000);
  free(theirs);
  filter_test_free(test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_lua_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
