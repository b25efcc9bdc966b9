/* SPDX-License-Identifier: Apache-2.0 */
#include "where.h"

#include <ctype.h>
#include <string.h>

static size_t character(const char *text, size_t size)
{
  size_t i = 1;
  while (i < size && ((unsigned char)text[i] & 0xc0) == 0x80)
    i++;
  return i;
}

static bool same(char a, char b, bool ignores_case)
{
  return a == b || (ignores_case && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Only the last % is ever gone back to: what is before it has matched as early as it can. */
bool like(const char *text, size_t size, const char *pattern, bool ignores_case)
{
  size_t at = 0, again = 0;
  const char *percent = NULL;
  for (;;) {
    if (*pattern == '%') {
      percent = ++pattern;
      again = at;
      continue;
    }
    if (at == size)
      return !*pattern;
    const char *literal = *pattern == '\\' && pattern[1] ? pattern + 1 : pattern;
    if (*pattern == '_') {
      at += character(text + at, size - at);
      pattern++;
    } else if (*pattern && same(text[at], *literal, ignores_case)) {
      at++;
      pattern = literal + 1;
    } else if (percent) {
      at = again += character(text + again, size - again);
      pattern = percent;
    } else {
      return false;
    }
  }
}
