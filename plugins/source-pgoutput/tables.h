/* SPDX-License-Identifier: Apache-2.0
 *
 * The key `tables`: names as SQL has them. */
#ifndef HEADRACE_TABLES_H
#define HEADRACE_TABLES_H

#include <headrace/plugin.h>
#include <stdbool.h>

struct table_name {
  char *schema;
  char *table; /* NULL: every table of the schema */
};

struct table_list {
  struct table_name *items;
  size_t count;
};

/* One item: schema.table, "Schema"."Table", schema.*, or a bare table of the schema public.
 * Parts without quotes become lower case, as in SQL. False: *reason says why. */
bool table_name_parse(const char *text, struct table_name *name, const char **reason);
void table_name_free(struct table_name *name);

/* All of a list. False: said by host->log, all that is wrong at once. */
bool table_list_read(const struct headrace_host *host, const char *key, struct table_list *list);
void table_list_free(struct table_list *list);

/* A table in which headrace keeps its snapshots, in the schema `own`: a publication of all
 * tables has them, too, but nobody wants to hear of them. */
bool table_is_own(const char *own, const char *schema, const char *table);

bool table_list_has(const struct table_list *list, const char *schema, const char *table);

#endif
