/* SPDX-License-Identifier: Apache-2.0 */
#include "letter_case.h"

#include "sink.h"

#include <stdbool.h>
#include <string.h>

static bool is_upper(char c)
{
  return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
  return c >= 'a' && c <= 'z';
}

static char lower(char c)
{
  return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static char upper(char c)
{
  return is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

static bool is_separator(char c)
{
  return c && strchr("_-. ", c);
}

/* A word begins after a small letter or digit (orderLine), and before a capital's small letter
 * (HTTPServer). */
static bool word_begins(const char *name, const char *at)
{
  if (at == name || !is_upper(*at) || is_separator(at[-1]))
    return false;
  return !is_upper(at[-1]) || is_lower(at[1]);
}

static void snake(char *out, const char *name)
{
  for (const char *at = name; *at; at++) {
    if (word_begins(name, at))
      *out++ = '_';
    *out++ = is_separator(*at) ? '_' : lower(*at);
  }
  *out = 0;
}

/* Separators at the beginning stay: __op is a name of its own. */
static void camel(char *out, const char *name)
{
  const char *at = name;
  while (is_separator(*at))
    *out++ = *at++;
  bool first = true, begins = false;
  for (const char *begin = at; *at; at++) {
    if (is_separator(*at)) {
      begins = true;
      continue;
    }
    begins = begins || word_begins(begin, at);
    *out++ = begins && !first ? upper(*at) : lower(*at);
    first = begins = false;
  }
  *out = 0;
}

char *letter_case_apply(enum letter_case rule, const char *name)
{
  char *out = sink_alloc(2 * strlen(name) + 1);
  switch (rule) {
  case CASE_KEEP:
    strcpy(out, name);
    break;
  case CASE_LOWER:
  case CASE_UPPER:
    for (size_t i = 0; name[i]; i++)
      out[i] = rule == CASE_LOWER ? lower(name[i]) : upper(name[i]);
    break;
  case CASE_SNAKE:
    snake(out, name);
    break;
  case CASE_CAMEL:
    camel(out, name);
    break;
  }
  return out;
}
