/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of patterns of tables and columns, as filters' keys have them:
 *
 *   orders  public.orders  *.audit_*  users.email  *.email  ^public\.orders_[0-9]+$
 *
 * A pattern is compared with so many last components of schema.table or schema.table.column as it
 * has itself; * stands for any text in one component. What begins with ^ is a POSIX extended
 * regular expression of the whole dotted name. A list is read once and may then be asked by one
 * thread at a time. */
#ifndef HEADRACE_NAME_PATTERN_H
#define HEADRACE_NAME_PATTERN_H

#include <headrace/plugin.h>
#include <regex.h>
#include <stdbool.h>

struct name_pattern {
  char *text; /* NULL: the expression */
  size_t components;
  regex_t expression;
  const char *value; /* of a MAP: the right side, the host's; NULL of a LIST */
};

struct name_patterns {
  struct name_pattern *items;
  size_t count;
  size_t components; /* of the names: 2 for tables, 3 for columns */
};

/* Reads the LIST or MAP `key`. False: a fault was said by log(); what is there must be freed all
 * the same. */
bool name_patterns_read(const struct headrace_host *host, const char *key, size_t components,
                        struct name_patterns *patterns);
void name_patterns_free(struct name_patterns *patterns);

/* The first pattern that the name fits, or NULL. `column` is NULL for tables. */
const struct name_pattern *name_patterns_find(const struct name_patterns *patterns,
                                              const struct headrace_relation *relation,
                                              const char *column);

/* An item without the double quotes that a comma in it needs; the caller frees it. */
char *name_unquoted(const char *text);

/* Compiles a POSIX extended expression. False: why was said by log(), with the key. */
bool name_expression(const struct headrace_host *host, const char *key, const char *text,
                     regex_t *expression);

#endif
