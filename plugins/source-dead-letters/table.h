/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of dead letters: reading from it, and what is done to letters that were delivered.
 * Blocks; one thread. */
#ifndef HEADRACE_SOURCE_DEAD_LETTERS_TABLE_H
#define HEADRACE_SOURCE_DEAD_LETTERS_TABLE_H

#include "letter.h"
#include "pg_connection.h"

/* A letter that was read. It may be put aside anew meanwhile: then it has another time, and is
 * not the one that was delivered. */
struct read_letter {
  int64_t id, at_us;
};

struct table {
  const struct headrace_host *host;
  PGconn *connection; /* the caller's to set and to close */
  const char *pipeline;
  char *ids;    /* '{1,2}'; NULL: all */
  bool marking; /* letters that were delivered stay, with a mark; else they are deleted */
  bool ready;   /* for marking: the column is there */
  enum headrace_result failure; /* of what said why it failed: RETRY or FATAL */
  char *name;                   /* for SQL */
  char *read_sql, *done_sql, *last_sql, *index_name;
};

/* False: a value of `ids` is no id, which was said. */
bool table_take_ids(const struct headrace_host *host, char **ids);

void table_init(struct table *table, const struct headrace_host *host, char *ids);
void table_free(struct table *table);

/* The last id that is there, 0: none. False: said why. */
bool table_last(struct table *table, int64_t *last);

/* Some letters with after < id <= up_to that are not among `out`, about 4 MiB of them, in the
 * order of ids. NULL: said why. */
PGresult *table_read(struct table *table, int64_t after, int64_t up_to,
                     const struct read_letter *out, size_t out_count);

/* They are delivered: deletes or marks them. False: said why. */
bool table_done(struct table *table, const struct read_letter *letters, size_t count);

#endif
