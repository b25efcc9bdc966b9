/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers in one column: a two-dimensional array of bytes, each row a name and a value. The text is
 * PostgreSQL's (documentation 8.15.6): {{"\\x6e","\\x76"},{"\\x6e",NULL}}. */
#include "columns.h"

struct cursor {
  const char *at, *end;
};

static bool take(struct cursor *cursor, const char *text)
{
  size_t size = strlen(text);
  if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, text, size) != 0)
    return false;
  cursor->at += size;
  return true;
}

/* The hexadecimal digits of "\\x…" become bytes, with a zero behind them. */
static bool read_bytes(const struct headrace_host *host, struct headrace_batch *out,
                       struct cursor *cursor, struct headrace_value *value)
{
  *value = (struct headrace_value){.state = HEADRACE_NULL};
  if (take(cursor, "NULL"))
    return true;
  if (!take(cursor, "\"\\\\x"))
    return false;
  const char *quote = memchr(cursor->at, '"', (size_t)(cursor->end - cursor->at));
  size_t digits = quote ? (size_t)(quote - cursor->at) : 1;
  if (digits % 2)
    return false;
  char *bytes = host->alloc(host, out, digits / 2 + 1);
  if (digits && !json_unhex(bytes, cursor->at, digits))
    return false;
  bytes[digits / 2] = '\0';
  cursor->at = quote + 1;
  *value = (struct headrace_value){bytes, (uint32_t)(digits / 2), HEADRACE_BINARY};
  return true;
}

static bool read_header(const struct headrace_host *host, struct headrace_batch *out,
                        struct cursor *cursor, struct headrace_header *header)
{
  struct headrace_value name;
  if (!take(cursor, "{") || !read_bytes(host, out, cursor, &name) || !take(cursor, ",") ||
      !read_bytes(host, out, cursor, &header->value) || !take(cursor, "}"))
    return false;
  header->name = name.data;
  return name.state != HEADRACE_NULL && !memchr(name.data, '\0', name.size);
}

bool headers_column_read(const struct headrace_host *host, struct headrace_batch *out,
                         const struct headrace_value *text, struct headrace_header **headers,
                         uint32_t *count, uint32_t more)
{
  struct cursor cursor = {text->data, text->data + text->size};
  /* A header takes no less than {NULL,NULL} does. */
  size_t most = text->size / 8 + 1;
  *headers = host->alloc(host, out, (most + more) * sizeof **headers);
  *count = 0;
  if (!take(&cursor, "{"))
    return false;
  if (take(&cursor, "}"))
    return cursor.at == cursor.end;
  do {
    if (*count >= most || !read_header(host, out, &cursor, &(*headers)[*count]))
      return false;
    (*count)++;
  } while (take(&cursor, ","));
  return take(&cursor, "}") && cursor.at == cursor.end;
}
