/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_quote.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* `text` between two `quote`s, each one inside of it (and each backslash, if asked) doubled. */
static char *enclose(const char *text, char quote, char backslash, const char *before)
{
  char *result = must(malloc(2 * strlen(text) + strlen(before) + 3));
  char *out = stpcpy(result, before);
  *out++ = quote;
  for (; *text; text++) {
    if (*text == quote || (backslash && *text == backslash))
      *out++ = *text;
    *out++ = *text;
  }
  *out++ = quote;
  *out = 0;
  return result;
}

char *pg_quote_identifier(const char *name)
{
  return enclose(name, '"', 0, "");
}

char *pg_quote_qualified(const char *schema, const char *name)
{
  char *quoted_schema = pg_quote_identifier(schema);
  char *quoted_name = pg_quote_identifier(name);
  char *result = pg_format("%s.%s", quoted_schema, quoted_name);
  free(quoted_schema);
  free(quoted_name);
  return result;
}

char *pg_quote_literal(const char *text)
{
  if (strchr(text, '\\'))
    return enclose(text, '\'', '\\', " E");
  return enclose(text, '\'', 0, "");
}

char *pg_quote_replication_literal(const char *text)
{
  return enclose(text, '\'', 0, "");
}

char *pg_format(const char *format, ...)
{
  char *result = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&result, format, arguments) < 0)
    abort();
  va_end(arguments);
  return result;
}

void pg_append(char **text, const char *format, ...)
{
  char *more = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&more, format, arguments) < 0)
    abort();
  va_end(arguments);
  size_t have = *text ? strlen(*text) : 0;
  *text = must(realloc(*text, have + strlen(more) + 1));
  strcpy(*text + have, more);
  free(more);
}
