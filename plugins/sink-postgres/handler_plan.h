/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = handler: messages are given to somebody's own code, in the transaction that stores how
 * far they were read. The contract is in headrace-sink-postgres(7), Handlers.
 *
 * A message is a row of fields. Every statement of a handler has the fields as its parameters,
 * $1 to $9 in their order: one message's values, or arrays of a batch's. */
#ifndef HEADRACE_SINK_POSTGRES_HANDLER_PLAN_H
#define HEADRACE_SINK_POSTGRES_HANDLER_PLAN_H

#include "pg_connection.h"
#include "plan.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum handler_form {
  FORM_MESSAGE,
  FORM_BATCH,
  FORM_STATEMENT,
  FORM_INBOX,
  FORM_PLUGIN
}; /* as handler_mode's choices */

enum field {
  FIELD_TOPIC,
  FIELD_PARTITION,
  FIELD_OFFSET,
  FIELD_TIME,
  FIELD_KEY,
  FIELD_VALUE,
  FIELD_HEADERS,     /* JSON text: an object */
  FIELD_TRACEPARENT, /* the header of that name */
  FIELD_IDENTITY,    /* what dedupe_by finds in the message; NULL: nothing */
  FIELDS
};

/* Where a message says who it is. */
struct dedupe {
  enum dedupe_source { DEDUPE_NONE, DEDUPE_KEY, DEDUPE_HEADER, DEDUPE_JSON } source;
  const char *name; /* of the header, or the JSON pointer */
  char *table;      /* quoted */
  char *purge_sql;
  int64_t purge_at_us; /* when the next one is due */
};

/* The table of mode inbox. */
struct inbox {
  char *schema, *table; /* quoted */
  int64_t *days;        /* since 1970-01-01, that have a partition */
  size_t day_count, day_capacity;
  int64_t today;
};

struct library; /* of a handler in C */

struct handler {
  const struct headrace_host *host;
  enum handler_form form;
  bool by_key; /* order is kept for each key, instead of each partition */
  bool dry_run;
  bool ready; /* the database was asked for what it has to have */
  const char *role;
  char *settings;
  PGconn *connection; /* for what is no part of a flush; NULL: closed */
  char *sql;          /* of the form; NULL: not ready, or FORM_PLUGIN */
  unsigned fields;    /* bits of those that the SQL uses */
  bool verdicts;      /* it returns them */
  char *context_sql;  /* sets what current_setting() tells */
  struct dedupe dedupe;
  struct inbox inbox;
  struct library *library;
};

/* Some messages of a flush that go into one statement. */
struct group {
  const struct item *items; /* all that are planned */
  const uint32_t *members;  /* indexes of those in the group */
  size_t count;
  struct plan *plan;
};

/* ---- handler_message.c: fields as parameters ------------------------------- */

extern const uint32_t handler_scalar_types[FIELDS], handler_array_types[FIELDS];
/* Fills statement's parameters with the fields that are asked for; the others are NULL. */
void handler_bind(const struct handler *handler, struct plan *plan,
                  const struct headrace_event *event, unsigned fields, struct statement *statement);
void handler_bind_arrays(const struct handler *handler, const struct group *group, unsigned fields,
                         struct statement *statement);

/* ---- handler_sql.c: making the SQL ------------------------------------------ */

/* The value of a message's part by its name, as a type: SQL to be freed. Parts are topic,
 * partition, offset, ts, key, value, headers, traceparent, before, after, op, and in a batch ord.
 * NULL: there is no part of that name. Adds to *fields what it is made of. */
char *handler_expression(const char *name, const char *type, bool composite, bool in_batch,
                         unsigned *fields);
extern const char handler_parts[]; /* their names, for messages */

/* "WITH RECURSIVE …, batch AS (…)", with key and value of these types (NULL: as they are). */
char *handler_batch_prefix(const struct handler *handler, const char *key_type,
                           const char *value_type);
char *handler_message_sql(struct handler *handler, const char *call);
char *handler_statement_sql(const struct handler *handler, const char *statement);

/* ---- handler_function.c ------------------------------------------------------ */

/* Finds the function and makes the SQL that calls it. Results as planner.route(). */
enum headrace_result handler_find_function(struct handler *handler, struct pg_error *error);

/* ---- handler_dedupe.c -------------------------------------------------------- */

bool dedupe_read(const struct headrace_host *host, struct dedupe *dedupe); /* false: said why */
void dedupe_free(struct dedupe *dedupe);
enum headrace_result dedupe_prepare(struct handler *handler, struct pg_error *error);
/* What the message is called; false: it has no name. `data` may be the message's own. */
bool dedupe_identity(const struct dedupe *dedupe, const struct headrace_record *record,
                     struct plan *plan, struct headrace_value *identity);
void dedupe_plan_purge(struct handler *handler, struct plan *plan);

/* ---- handler_inbox.c --------------------------------------------------------- */

enum headrace_result inbox_prepare(struct handler *handler, struct pg_error *error);
/* There is a partition for the message. */
enum headrace_result inbox_route(struct handler *handler, const struct headrace_record *record,
                                 struct pg_error *error);
void inbox_plan_notify(struct handler *handler, struct plan *plan);
void inbox_free(struct inbox *inbox);

/* ---- handler_library.c ------------------------------------------------------- */

struct library *library_open(const struct headrace_host *host); /* NULL: said why */
void library_close(struct library *library);
void library_plan(struct library *library, const struct group *group);

/* ---- handler_plan.c ---------------------------------------------------------- */

bool handler_check(const struct headrace_host *host); /* the keys, without network */
/* The connection; NULL: *error. */
PGconn *handler_connect(struct handler *handler, struct pg_error *error);
/* A statement of the connection; false: *error. */
bool handler_run(struct handler *handler, const char *sql, struct pg_error *error);
/* FATAL, unless the error may pass. */
enum headrace_result handler_error(const struct pg_error *error);
enum headrace_result handler_refuse(struct pg_error *error, const char *format, ...)
    HEADRACE_PRINTF(2, 3);
/* Makes what is missing, by one at a time: `sql` may be run where it is there already. */
enum headrace_result handler_make(struct handler *handler, const char *name, const char *sql,
                                  struct pg_error *error);

#endif
