/* SPDX-License-Identifier: Apache-2.0
 *
 * Lua's patterns (reference manual 5.4, section 6.4.1), matched within a budget: Lua's own
 * functions would match for hours what (.-)(.-)(.-)x makes of a long text. */
#ifndef HEADRACE_PATTERN_H
#define HEADRACE_PATTERN_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PATTERN_CAPTURES_MOST = 32,
  PATTERN_REPEATS_MOST = 200, /* each takes a frame of the stack */
  PATTERN_CLASSES = 26,       /* %a … %z */
  PATTERN_SET = 256 / 8
};

/* Which letters are %a, %d, …; read-only once made. */
struct pattern_classes {
  unsigned char sets[PATTERN_CLASSES][PATTERN_SET];
  bool known[PATTERN_CLASSES];
};

struct pattern; /* a userdata of the state's */

struct capture {
  const char *at;
  size_t size;
  bool place; /* () : where it is, not what */
};

struct pattern_match {
  const struct pattern *pattern;
  const char *text, *end; /* what it is matched with */
  int64_t steps;          /* that may still be made; below 0: no more could, and nothing matched */
  struct capture captures[PATTERN_CAPTURES_MOST];
};

void pattern_classes_make(struct pattern_classes *classes);

/* Pushes what the pattern at the stack's index means; a Lua error if it means nothing. `anchors`: a
 * ^ at its beginning is one. */
const struct pattern *pattern_push(lua_State *lua, const struct pattern_classes *classes, int index,
                                   bool anchors);
bool pattern_is_anchored(const struct pattern *pattern);
size_t pattern_captures(const struct pattern *pattern);

/* Where a match that begins at `at` ends; NULL: there is none. */
const char *pattern_match(struct pattern_match *match, const char *at);

#endif
