/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stream calls a relation, made into the host's. The Relation message
 * is the truth for the columns, their order and types, because it tells how the
 * table was when the row was written; the catalog, which tells how it is now,
 * only adds what the stream does not say. */
#ifndef HEADRACE_RELATIONS_H
#define HEADRACE_RELATIONS_H

#include "catalog.h"
#include "pgoutput.h"
#include "tables.h"
#include "tally.h"

struct relation_entry;
struct type_name;

struct relations {
  const struct headrace_host *host;
  struct catalog *catalog;
  char *database;
  const struct table_list *filter;         /* only these; NULL: all that come */
  const char *own_schema;                  /* of tables that are never wanted; NULL: none */
  struct relation_entry *entries;          /* by number */
  struct relation_entry *last;             /* the one that was asked for last */
  struct type_name *types;                 /* of Type messages, by number */
  const struct headrace_relation *altered; /* by the last relations_put: it is another than it
                                              was before; NULL: it is new, or the same */
};

struct relation_view {
  const struct headrace_relation *relation; /* until the stream describes it again */
  bool wanted;
  bool has_money;          /* a column, or the elements of one */
  const bool *in_identity; /* per column: part of the replica identity */
  struct tally *tally;     /* of the relation, however it is described */
};

void relations_init(struct relations *relations, const struct headrace_host *host,
                    struct catalog *catalog, const char *database, const struct table_list *filter);
void relations_free(struct relations *relations);

/* A Relation message came. RETRY: *error, the catalog could not be asked. */
enum headrace_result relations_put(struct relations *relations,
                                   const struct pgoutput_relation *message, struct pg_error *error);
void relations_put_type(struct relations *relations, const struct pgoutput_relation *message);

/* False: the stream never told of it. */
bool relations_get(struct relations *relations, uint32_t id, struct relation_view *view);

#endif
