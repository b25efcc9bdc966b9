/* SPDX-License-Identifier: Apache-2.0
 *
 * A pattern is read once into a list of items, of which those that stand for one letter have a set
 * of 256 bits. Groups open and close in the order of the text, so nothing has to be undone when a
 * repetition is tried with fewer letters. */
#include "pattern.h"

#include <ctype.h>
#include <string.h>

enum kind {
  ONE,      /* a letter of the set, repeated as `repeat` says */
  OPEN,     /* ( */
  CLOSE,    /* ) */
  PLACE,    /* () */
  AGAIN,    /* %1 */
  BALANCED, /* %bxy */
  FRONTIER, /* %f[set] */
  END       /* $ */
};

struct item {
  enum kind kind;
  char repeat;           /* 0, or one of *+-? */
  unsigned char pair[2]; /* of BALANCED */
  size_t group;
  unsigned char set[PATTERN_SET];
};

struct pattern {
  bool anchored;
  size_t count, groups;
  struct item items[];
};

/* ---- sets ---------------------------------------------------------------------- */

static bool has(const unsigned char *set, unsigned char letter)
{
  return set[letter >> 3] & 1u << (letter & 7);
}

static void add(unsigned char *set, unsigned char letter)
{
  set[letter >> 3] |= (unsigned char)(1u << (letter & 7));
}

static int is_zero(int letter) /* %z, of Lua 5.1, which Lua still knows */
{
  return letter == 0;
}

void pattern_classes_make(struct pattern_classes *classes)
{
  static const struct {
    char name;
    int (*holds)(int letter);
  } tests[] = {{'a', isalpha}, {'c', iscntrl},  {'d', isdigit}, {'g', isgraph},
               {'l', islower}, {'p', ispunct},  {'s', isspace}, {'u', isupper},
               {'w', isalnum}, {'x', isxdigit}, {'z', is_zero}};
  *classes = (struct pattern_classes){0};
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    size_t class = (size_t)(tests[i].name - 'a');
    classes->known[class] = true;
    for (int letter = 0; letter < 256; letter++)
      if (tests[i].holds(letter))
        add(classes->sets[class], (unsigned char)letter);
  }
}

/* ---- reading -------------------------------------------------------------------- */

struct reading {
  lua_State *lua;
  const struct pattern_classes *classes;
  const char *at, *end;
  size_t open[PATTERN_CAPTURES_MOST], open_count; /* groups that are not closed yet */
  bool closed[PATTERN_CAPTURES_MOST];
  size_t repeats;
};

static unsigned char next(struct reading *reading, const char *missing)
{
  if (reading->at == reading->end)
    luaL_error(reading->lua, "malformed pattern (%s)", missing);
  return (unsigned char)*reading->at++;
}

/* What follows a %: a class, one that is everything else, or the letter itself. */
static void add_escaped(const struct reading *reading, unsigned char *set, unsigned char letter)
{
  unsigned small = (unsigned)tolower(letter) - 'a';
  if (small >= PATTERN_CLASSES || !reading->classes->known[small]) {
    add(set, letter);
    return;
  }
  unsigned char others = isupper(letter) ? 0xff : 0;
  for (size_t i = 0; i < PATTERN_SET; i++)
    set[i] |= reading->classes->sets[small][i] ^ others;
}

/* Behind the [; a ] that is the first is a letter. */
static void read_set(struct reading *reading, unsigned char *set)
{
  static const char missing[] = "missing ']'";
  bool others = reading->at < reading->end && *reading->at == '^';
  reading->at += others;
  unsigned char letter = next(reading, missing);
  do {
    bool range = reading->end - reading->at >= 2 && *reading->at == '-' && reading->at[1] != ']';
    if (letter == '%') {
      add_escaped(reading, set, next(reading, missing));
    } else if (range) {
      unsigned last = (unsigned char)reading->at[1];
      for (unsigned one = letter; one <= last; one++)
        add(set, (unsigned char)one);
      reading->at += 2;
    } else {
      add(set, letter);
    }
    letter = next(reading, missing);
  } while (letter != ']');
  for (size_t i = 0; others && i < PATTERN_SET; i++)
    set[i] = (unsigned char)~set[i];
}

static void read_repeat(struct reading *reading, struct item *item)
{
  if (reading->at == reading->end || !*reading->at || !strchr("*+-?", *reading->at))
    return;
  item->repeat = *reading->at++;
  if (++reading->repeats > PATTERN_REPEATS_MOST)
    luaL_error(reading->lua, "pattern too complex");
}

static void read_group(struct reading *reading, struct pattern *pattern, struct item *item)
{
  if (pattern->groups == PATTERN_CAPTURES_MOST)
    luaL_error(reading->lua, "too many captures");
  item->group = pattern->groups++;
  item->kind = OPEN;
  if (reading->at < reading->end && *reading->at == ')') {
    reading->at++;
    item->kind = PLACE;
    reading->closed[item->group] = true;
  } else {
    reading->open[reading->open_count++] = item->group;
  }
}

static void read_close(struct reading *reading, struct item *item)
{
  if (!reading->open_count)
    luaL_error(reading->lua, "invalid pattern capture");
  item->kind = CLOSE;
  item->group = reading->open[--reading->open_count];
  reading->closed[item->group] = true;
}

static void read_escape(struct reading *reading, const struct pattern *pattern, struct item *item)
{
  unsigned char letter = next(reading, "ends with '%'");
  if (letter == 'b') {
    item->kind = BALANCED;
    for (int i = 0; i < 2; i++)
      item->pair[i] = next(reading, "missing arguments to '%b'");
  } else if (letter == 'f') {
    item->kind = FRONTIER;
    if (reading->at == reading->end || *reading->at++ != '[')
      luaL_error(reading->lua, "missing '[' after '%%f' in pattern");
    read_set(reading, item->set);
  } else if (isdigit(letter)) {
    item->kind = AGAIN;
    item->group = (size_t)letter - '1';
    if (letter == '0' || item->group >= pattern->groups || !reading->closed[item->group])
      luaL_error(reading->lua, "invalid capture index %%%d in pattern", letter - '0');
  } else {
    add_escaped(reading, item->set, letter);
    read_repeat(reading, item);
  }
}

static void read_item(struct reading *reading, struct pattern *pattern, struct item *item)
{
  unsigned char letter = (unsigned char)*reading->at++;
  *item = (struct item){.kind = ONE};
  switch (letter) {
  case '(':
    read_group(reading, pattern, item);
    return;
  case ')':
    read_close(reading, item);
    return;
  case '%':
    read_escape(reading, pattern, item);
    return;
  case '$':
    if (reading->at == reading->end) {
      item->kind = END;
      return;
    }
    add(item->set, letter);
    break;
  case '[':
    read_set(reading, item->set);
    break;
  case '.':
    memset(item->set, 0xff, PATTERN_SET);
    break;
  default:
    add(item->set, letter);
  }
  read_repeat(reading, item);
}

const struct pattern *pattern_push(lua_State *lua, const struct pattern_classes *classes, int index,
                                   bool anchors)
{
  size_t size;
  const char *text = luaL_checklstring(lua, index, &size);
  struct reading reading = {.lua = lua, .classes = classes, .at = text, .end = text + size};
  /* A pattern has no more items than letters. */
  struct pattern *pattern =
      lua_newuserdatauv(lua, sizeof *pattern + size * sizeof *pattern->items, 0);
  *pattern = (struct pattern){.anchored = anchors && size && *text == '^'};
  reading.at += pattern->anchored;
  while (reading.at < reading.end)
    read_item(&reading, pattern, &pattern->items[pattern->count++]);
  if (reading.open_count)
    luaL_error(lua, "unfinished capture");
  return pattern;
}

bool pattern_is_anchored(const struct pattern *pattern)
{
  return pattern->anchored;
}

size_t pattern_captures(const struct pattern *pattern)
{
  return pattern->groups;
}

/* ---- matching -------------------------------------------------------------------- */

static const char *match_from(struct pattern_match *match, const struct item *item, const char *at);

static bool fits(const struct pattern_match *match, const struct item *item, const char *at)
{
  return at < match->end && has(item->set, (unsigned char)*at);
}

/* As many as there are, then one less, … */
static const char *match_most(struct pattern_match *match, const struct item *item, const char *at)
{
  const char *least = at + (item->repeat == '+'), *most = at;
  while (fits(match, item, most) && !(item->repeat == '?' && most > at))
    most++;
  match->steps -= most - at;
  for (; most >= least && match->steps >= 0; most--) {
    const char *end = match_from(match, item + 1, most);
    if (end)
      return end;
  }
  return NULL;
}

static const char *match_least(struct pattern_match *match, const struct item *item, const char *at)
{
  while (match->steps >= 0) {
    const char *end = match_from(match, item + 1, at);
    if (end)
      return end;
    if (!fits(match, item, at))
      return NULL;
    at++;
  }
  return NULL;
}

static const char *match_balanced(struct pattern_match *match, const struct item *item,
                                  const char *at)
{
  size_t depth = 0;
  for (const char *start = at; at < match->end; at++) {
    unsigned char letter = (unsigned char)*at;
    if (at == start && letter != item->pair[0])
      return NULL;
    match->steps--;
    if (at > start && letter == item->pair[1]) { /* %b'' closes what it has opened */
      if (!--depth)
        return at + 1;
    } else if (letter == item->pair[0]) {
      depth++;
    }
  }
  return NULL;
}

static const char *match_again(struct pattern_match *match, const struct item *item, const char *at)
{
  const struct capture *capture = &match->captures[item->group];
  if (capture->place || capture->size > (size_t)(match->end - at))
    return NULL;
  match->steps -= (int64_t)(capture->size / 16);
  return memcmp(at, capture->at, capture->size) ? NULL : at + capture->size;
}

static bool is_frontier(const struct pattern_match *match, const struct item *item, const char *at)
{
  unsigned char before = at == match->text ? 0 : (unsigned char)at[-1];
  unsigned char behind = at == match->end ? 0 : (unsigned char)*at;
  return !has(item->set, before) && has(item->set, behind);
}

/* One item that is not repeated; NULL: it does not match. */
static const char *match_one(struct pattern_match *match, const struct item *item, const char *at)
{
  struct capture *capture = &match->captures[item->group];
  switch (item->kind) {
  case OPEN:
  case PLACE:
    *capture = (struct capture){.at = at, .place = item->kind == PLACE};
    return at;
  case CLOSE:
    capture->size = (size_t)(at - capture->at);
    return at;
  case AGAIN:
    return match_again(match, item, at);
  case BALANCED:
    return match_balanced(match, item, at);
  case FRONTIER:
    return is_frontier(match, item, at) ? at : NULL;
  case END:
    return at == match->end ? at : NULL;
  default:
    return fits(match, item, at) ? at + 1 : NULL;
  }
}

static const char *match_from(struct pattern_match *match, const struct item *item, const char *at)
{
  const struct item *end = match->pattern->items + match->pattern->count;
  for (; at && item < end; item++) {
    if (--match->steps < 0)
      return NULL;
    if (item->repeat)
      return item->repeat == '-' ? match_least(match, item, at) : match_most(match, item, at);
    at = match_one(match, item, at);
  }
  return at;
}

const char *pattern_match(struct pattern_match *match, const char *at)
{
  if (--match->steps < 0)
    return NULL;
  return match_from(match, match->pattern->items, at);
}
