/* SPDX-License-Identifier: Apache-2.0
 *
 * What a snapshot reads: the tables of the configuration and of the publication
 * as the catalog has them, each described for the host as the stream will
 * describe it, so that a row looks the same whichever way it comes. A partitioned
 * table is its leaves; their rows are its own. */
#ifndef HEADRACE_SNAPSHOT_TABLES_H
#define HEADRACE_SNAPSHOT_TABLES_H

#include "catalog.h"
#include "tables.h"

/* SQL for a number that changes when the columns of a table do; `oid` is SQL, too. */
#define SNAPSHOT_TABLE_SHAPE(oid)                                                                  \
  "(SELECT coalesce(bit_xor(hashtextextended(concat_ws(' ', attname, atttypid, atttypmod, "        \
  "attgenerated), attnum)), 0) FROM pg_attribute WHERE attrelid = " oid                            \
  " AND attnum > 0 AND NOT attisdropped)"

/* What rows look like: of all leaves of a root the same. */
struct snapshot_row {
  const struct headrace_relation *relation; /* of the root of a partition */
  char *columns;                            /* "a", "b": in the order of relation->columns */
  bool has_money;
};

struct snapshot_list;

struct snapshot_table {
  uint32_t id;              /* pg_class.oid of what is read: a table or a leaf */
  uint32_t root;            /* pg_class.oid of what row->relation describes */
  uint32_t file;            /* pg_relation_filenode: changes when it is rewritten */
  bool has_tids;            /* a heap: can be read by ctid ranges */
  char *schema, *name;      /* of what is read, for people */
  char *from;               /* ONLY "s"."t", for a FROM clause */
  char *filter;             /* row filter of the publication, SQL; NULL: none */
  int64_t shape;            /* SNAPSHOT_TABLE_SHAPE of its columns */
  struct snapshot_row *row; /* empty until snapshot_table_describe */
  const struct snapshot_list *list;
  int place; /* in it */
};

struct snapshot_tables {
  const struct headrace_host *host;
  struct snapshot_table *items;
  size_t count;
  struct snapshot_list *list;
};

/* Publication NULL: `tables` alone say what is read, all columns of it. Otherwise what both
 * have, with the publication's column lists and row filters (PostgreSQL 15). Tables that are
 * not there any more are left out. False: *error. */
bool snapshot_tables_read(struct snapshot_tables *tables, const struct headrace_host *host,
                          struct catalog *catalog, const char *publication,
                          const struct table_list *names, struct pg_error *error);

/* Fills table->row, if it is empty: some milliseconds, so that it is not done for all tables at
 * once. The catalog of snapshot_tables_read must still be there. False: *error. */
bool snapshot_table_describe(const struct snapshot_table *table, struct pg_error *error);

/* By its oid. NULL: it is not among them. */
struct snapshot_table *snapshot_tables_get(struct snapshot_tables *tables, uint32_t id);

void snapshot_tables_free(struct snapshot_tables *tables);

#endif
