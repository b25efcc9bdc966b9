/* SPDX-License-Identifier: Apache-2.0
 *
 * Making tables: what a table for an event looks like, and the SQL that makes it. */
#ifndef HEADRACE_SINK_POSTGRES_CREATE_H
#define HEADRACE_SINK_POSTGRES_CREATE_H

#include "extras.h"
#include "naming.h"
#include "pg_connection.h"

#include <headrace/plugin.h>

struct wanted_column {
  char *name;
  const struct headrace_column *source; /* NULL: an extra column */
  const struct headrace_value *sample;  /* of an UNTYPED one; NULL: none */
  const char *type;                     /* what the operator or the extra's kind says; NULL */
};

struct sql_list {
  char **items; /* a statement each */
  uint32_t count;
};

void sql_list_add(struct sql_list *list, char *sql); /* takes it over */
void sql_list_free(struct sql_list *list);

/* The table that an event wants. Points into the event and the keys. */
struct wanted_table {
  const char *schema, *table;
  struct wanted_column *columns;
  uint32_t column_count;
  char *const *key; /* names of columns */
  uint32_t key_count;
  bool make_enums; /* types for them, in the table's schema, where there is none of that name */
  bool whole;      /* the event is of a whole row: a column that it has not got has no value */
};

/* Names that are no names are left out: mapping the event will say why. */
void wanted_table_fill(struct wanted_table *wanted, const struct naming *naming,
                       const struct wanted_extras *extras, const struct headrace_event *event);
void wanted_table_free(struct wanted_table *wanted);

/* What a column is made with, to be freed: *type is NULL if only a value will tell, and `guess`
 * is not set. OK, RETRY, FATAL. */
enum headrace_result column_type(PGconn *connection, const struct wanted_column *column, bool guess,
                                 char **type, struct pg_error *error);

/* The column as CREATE TABLE or (`added`) ADD COLUMN has it, to be freed, NULL as *type above. The
 * statements that make its type are added to `sql`. */
enum headrace_result column_definition(PGconn *connection, const struct wanted_table *wanted,
                                       const struct wanted_column *column, bool guess, bool added,
                                       struct sql_list *sql, char **definition,
                                       struct pg_error *error);

/* CREATE TABLE, after CREATE TYPE for its enums. `guess`: as text what no value tells, instead of
 * leaving it out. */
enum headrace_result create_sql(PGconn *connection, const struct wanted_table *wanted, bool guess,
                                struct sql_list *sql, struct pg_error *error);

#endif
