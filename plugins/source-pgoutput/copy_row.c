/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_row.h"

#include <string.h>

/* What stands for it behind a backslash; 0: COPY never writes that (copyto.c,
 * CopyAttributeOutText). */
static char unescaped(char c)
{
  switch (c) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case 'v':
    return '\v';
  case '\\':
    return '\\';
  default:
    return 0;
  }
}

/* From the first backslash to the end of the value: the text only becomes shorter. NULL: broken.
 * *value_end: behind what is left of it. */
static char *unescape(char *at, const char *end, char **value_end)
{
  char *out = at;
  while (at < end && *at != '\t') {
    if (*at == '\\') {
      char c = ++at < end ? unescaped(*at) : 0;
      if (!c)
        return NULL;
      *out++ = c;
      at++;
    } else {
      *out++ = *at++;
    }
  }
  *value_end = out;
  return at;
}

static bool is_null(const char *at, const char *end)
{
  return end - at >= 2 && at[0] == '\\' && at[1] == 'N' && (end - at == 2 || at[2] == '\t');
}

/* One value; gives the tab behind it, or the end. NULL: broken. */
static char *take_value(char *at, char *end, struct headrace_value *value)
{
  char *start = at, *value_end;
  if (is_null(at, end)) {
    *value = (struct headrace_value){.state = HEADRACE_NULL};
    return at + 2;
  }
  while (at < end && *at != '\t' && *at != '\\')
    at++;
  value_end = at;
  if (at < end && *at == '\\')
    at = unescape(at, end, &value_end);
  *value = (struct headrace_value){
      .data = start, .size = (uint32_t)(value_end - start), .state = HEADRACE_TEXT};
  return at;
}

bool copy_row_parse(char *line, size_t size, struct headrace_value *values, uint32_t count)
{
  if (size && line[size - 1] == '\n')
    size--;
  char *at = line, *end = line + size;
  if (!count)
    return size == 0;
  for (uint32_t n = 0; n < count; n++) {
    if (n && at++ == end) /* behind the tab */
      return false;
    at = take_value(at, end, &values[n]);
    if (!at)
      return false;
  }
  return at == end;
}
