/* SPDX-License-Identifier: Apache-2.0
 *
 * Which table and which columns an event's are written to, by the keys table, tables, column …
 * Names are exact: nothing is folded but by table_case and column_case, nothing is cut. One
 * instance per sink, one thread. */
#ifndef HEADRACE_SINK_POSTGRES_NAMING_H
#define HEADRACE_SINK_POSTGRES_NAMING_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_BYTES 63 /* NAMEDATALEN - 1: PostgreSQL cuts what is longer */

struct naming;

struct naming *naming_new(const struct headrace_host *host); /* NULL: said why */
void naming_free(struct naming *naming);

/* What a name is made of, besides the relation: two events of a relation for which it is the same
 * go to the same table. Appends to `out` (at most `size` bytes) and returns how many it would
 * need. */
size_t naming_context(const struct naming *naming, const struct headrace_record *record, char *out,
                      size_t size);

struct table_place {
  char *schema, *table; /* to be freed; NULL: not wanted */
  bool shared;          /* the operator named this table: other topics may go there too */
};

/* False: the name is no name; *reason, to be freed, says why. */
bool naming_table(const struct naming *naming, const struct headrace_event *event,
                  struct table_place *place, char **reason);
void table_place_free(struct table_place *place);

/* The column's name in the target, to be freed. NULL: it is filtered out, or *reason, to be freed,
 * says why it is no name. */
char *naming_column(const struct naming *naming, const struct headrace_event *event,
                    const char *column, char **reason);

/* What cast_columns says of it; NULL: nothing. */
const char *naming_cast(const struct naming *naming, const struct headrace_event *event,
                        const char *column);

const struct headrace_host *naming_host(const struct naming *naming);

/* The event's topic, or NULL; to be freed. */
char *naming_topic(const struct headrace_record *record);

#endif
