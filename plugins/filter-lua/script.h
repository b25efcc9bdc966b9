/* SPDX-License-Identifier: Apache-2.0
 *
 * filter lua: a function sees each event and says what becomes of it. */
#ifndef HEADRACE_SCRIPT_H
#define HEADRACE_SCRIPT_H

#include "relation_cache.h"
#include "transaction_tally.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>

/* ---- sandbox.c: a state that cannot run away ------------------------------------ */

struct sandbox {
  lua_State *lua;
  const struct headrace_host *host;
  size_t used, most;          /* bytes */
  int64_t left, instructions; /* of this call; of each */
  const char *function;
  char error[400];
};

/* Loads the script and finds its function. False: `error` says why. sandbox_close() in any case. */
bool sandbox_open(struct sandbox *sandbox, const struct headrace_host *host);
void sandbox_close(struct sandbox *sandbox);

/* Calls `run` with `context` as its only argument (a light userdata), within the limits. False:
 * `error` says what went wrong; the state can be used again. */
bool sandbox_call(struct sandbox *sandbox, lua_CFunction run, void *context);

/* Work that is no instruction of Lua's machine is paid for as so many of them. What is more than
 * the call still has is an error; sandbox_left() says what that is. */
void sandbox_spend(lua_State *lua, int64_t instructions);
int64_t sandbox_left(lua_State *lua);
/* Puts `function` in the place of a library's, which it calls as sandbox_original(). */
void sandbox_wrap(lua_State *lua, const char *table, const char *name, lua_CFunction function);
int sandbox_original(lua_State *lua);

/* What stands for NULL in a script, where nil is what was not sent. */
void push_null(lua_State *lua);
bool is_null(lua_State *lua, int index);

/* ---- shapes.c: relations with other names or more columns ------------------------- */

struct extra { /* a column that the table does not have */
  const char *name;
  uint16_t type;
};

struct shape {
  const char *schema, *table;
  const struct extra *extras; /* by name */
  size_t extra_count;
};

struct shapes { /* of one relation */
  struct shaped *items;
  size_t count;
};

enum { SHAPES_MOST = 64 };

/* The relation of that shape; NULL: there are too many. */
const struct headrace_relation *shape_find(struct shapes *shapes, const struct headrace_host *host,
                                           const struct headrace_relation *relation,
                                           const struct shape *shape);
void shapes_free(struct shapes *shapes, const struct headrace_host *host);

/* ---- one call ---------------------------------------------------------------------- */

struct made { /* an event of the answer, before it is added */
  bool as_it_came, is_record;
  const struct headrace_relation *relation;
  struct headrace_change change;
  struct headrace_record record;
};

struct call {
  const struct headrace_host *host;
  bool of_records;
  int64_t most;        /* events of one */
  size_t memory, left; /* bytes that the answer may have, and still may */
  lua_State *lua;
  const struct headrace_event *event;
  struct headrace_batch *out;
  struct relation_cache *relations; /* struct shapes of each */
  struct made *made;
  size_t made_count;
};

void push_event(lua_State *lua, const struct call *call); /* push.c */
void push_value(lua_State *lua, const struct headrace_column *column,
                const struct headrace_value *value);
void pull_answer(lua_State *lua, struct call *call); /* pull.c: what is on top of the stack */

void json_open(lua_State *lua);    /* json.c: the table json */
void strings_open(lua_State *lua); /* strings.c: patterns that have an end */

#endif
