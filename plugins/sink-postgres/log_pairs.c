/* SPDX-License-Identifier: Apache-2.0 */
#include "log_pairs.h"

#include "pg_quote.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>

struct headrace_pair *log_pairs_copy(const struct headrace_pair *pairs, size_t count)
{
  struct headrace_pair *copy = sink_alloc((count + 1) * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] =
        (struct headrace_pair){strdup(pairs[i].name), strdup(pairs[i].value ? pairs[i].value : "")};
  return copy;
}

void log_pairs_free(struct headrace_pair *pairs, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free((char *)(uintptr_t)pairs[i].name);
    free((char *)(uintptr_t)pairs[i].value);
  }
  free(pairs);
}

const char *log_pairs_value(const struct headrace_pair *pairs, size_t count, const char *name)
{
  for (size_t i = 0; i < count; i++)
    if (!strcmp(pairs[i].name, name))
      return pairs[i].value;
  return NULL;
}

char *log_pairs_sql(const struct headrace_pair *pairs, size_t count)
{
  char *sql = pg_format("jsonb_object(ARRAY[");
  for (size_t i = 0; i < count; i++) {
    char *name = pg_quote_literal(pairs[i].name);
    char *value = pg_quote_literal(pairs[i].value ? pairs[i].value : "");
    pg_append(&sql, "%s%s,%s", i ? "," : "", name, value);
    free(name);
    free(value);
  }
  pg_append(&sql, "]::text[])");
  return sql;
}
