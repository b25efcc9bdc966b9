/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_name(const char *name, const char *text, size_t size)
{
  return strlen(name) == size && !memcmp(name, text, size);
}

static bool known(const char *const *names, const char *text, size_t size)
{
  for (; *names; names++)
    if (is_name(*names, text, size))
      return true;
  return false;
}

bool template_check(const char *text, const char *const *names, char *error, size_t size)
{
  for (const char *at = text; (at = strpbrk(at, "{}")); at++) {
    const char *end = *at == '{' ? strpbrk(at + 1, "{}") : NULL;
    if (!end || *end != '}') {
      snprintf(error, size, "unbalanced brace at \"%s\"", at);
      return false;
    }
    size_t length = (size_t)(end - at - 1);
    if (!known(names, at + 1, length)) {
      snprintf(error, size, "unknown place \"{%.*s}\"", (int)length, at + 1);
      return false;
    }
    at = end;
  }
  return true;
}

bool template_uses(const char *text, const char *name)
{
  for (const char *at = text; (at = strchr(at, '{')); at++) {
    const char *end = strchr(at, '}');
    if (!end)
      return false;
    if (is_name(name, at + 1, (size_t)(end - at - 1)))
      return true;
  }
  return false;
}

static const char *find_value(const struct headrace_pair *values, size_t count, const char *text,
                              size_t size)
{
  for (size_t i = 0; i < count; i++)
    if (is_name(values[i].name, text, size))
      return values[i].value ? values[i].value : "";
  return "";
}

/* Writes to `out` unless it is NULL; gives the length without the ending NUL. */
static size_t fill(const char *text, const struct headrace_pair *values, size_t count, char *out)
{
  size_t length = 0;
  while (*text) {
    const char *end = *text == '{' ? strchr(text, '}') : NULL;
    const char *part = end ? find_value(values, count, text + 1, (size_t)(end - text - 1)) : text;
    size_t size = end ? strlen(part) : 1;
    if (out)
      memcpy(out + length, part, size);
    length += size;
    text = end ? end + 1 : text + 1;
  }
  if (out)
    out[length] = '\0';
  return length;
}

char *template_expand(const char *text, const struct headrace_pair *values, size_t count)
{
  char *out = malloc(fill(text, values, count, NULL) + 1);
  if (!out)
    abort();
  fill(text, values, count, out);
  return out;
}
