/* SPDX-License-Identifier: Apache-2.0
 *
 * What a flush does to the database: statements in order, made from events. Planners are
 * mode = table (table_plan.c) and mode = handler (handler_plan.c); the sink runs what they
 * plan and knows neither tables nor functions. One thread. */
#ifndef HEADRACE_SINK_POSTGRES_PLAN_H
#define HEADRACE_SINK_POSTGRES_PLAN_H

#include "pg_connection.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* One event of the flush. */
struct item {
  const struct headrace_event *event;
  struct headrace_batch *batch;
  size_t index;  /* in its batch */
  uint64_t hash; /* of (table, key): which writer is its; set by the planner's route() */
};

enum statement_kind {
  STATEMENT_PREPARED, /* by name; the writer prepares it once a connection */
  STATEMENT_DIRECT,   /* parameters, without a name: SQL that will not come again */
  STATEMENT_COPY,     /* COPY … FROM STDIN (FORMAT binary); data is values[0] */
  STATEMENT_CALL      /* call() uses the connection by itself, and waits */
};

struct statement {
  enum statement_kind kind;
  const char *sql; /* lives as long as the planner */
  uint64_t id;     /* of the SQL, never used twice in a sink: the name of a prepared one */
  int count;       /* of parameters */
  const uint32_t *types;
  const char *const *values; /* NULL: null */
  const int *lengths;
  const int *formats; /* 0 text, 1 binary */
  /* For counters and errors. */
  const char *table;           /* as an operator writes it; NULL: none */
  const char *operation;       /* "upsert", "insert", "update", "delete", "truncate", "call" */
  int64_t rows;                /* that it carries: what it should affect; -1: not known */
  const char *missing;         /* the conflict that fewer affected rows are (insert_exists,
                                  update_missing, delete_missing); NULL: nothing to count */
  const struct target *target; /* to describe anew after an error of class 42; NULL */
  bool counted;                /* affected rows count as `operation`, though there is no target */
  /* Of a CALL: false and *error, which is sorted by its SQLSTATE as if it were the server's. The
   * transaction is open, and is to stay so. */
  bool (*call)(void *context, PGconn *connection, struct pg_error *error);
  void (*take_rows)(void *context, const PGresult *rows); /* of the others; NULL: not wanted */
  void *context;                                          /* for both */
};

/* What a handler says of an item, by take_rows() or call(): before COMMIT. */
enum judgement { JUDGED_SKIP, JUDGED_DEAD_LETTER, JUDGED_STOP };

struct verdict {
  size_t item; /* of those that were planned */
  enum judgement judgement;
  const char *reason;
};

/* Grows; memory is the plan's until plan_reset(). */
struct plan;

struct plan *plan_new(void);
void plan_free(struct plan *plan);
void plan_reset(struct plan *plan);
void *plan_alloc(struct plan *plan, size_t size); /* 8-byte aligned */
struct statement *plan_add(struct plan *plan);    /* zeroed; valid until the next plan_add */
const struct statement *plan_statements(const struct plan *plan, size_t *count);

/* COMMIT waits for what the statements say of items. */
void plan_await_verdicts(struct plan *plan);
bool plan_awaits_verdicts(const struct plan *plan);
void plan_judge(struct plan *plan, size_t item, enum judgement judgement, const char *reason);
/* Sorted, the last item first, one for each. */
const struct verdict *plan_verdicts(struct plan *plan, size_t *count);

/* One per sink. `instance` is what new() gave. */
struct planner {
  void *(*new_planner)(const struct headrace_host *host); /* NULL: said why, FATAL */
  void (*free_planner)(void *instance);

  /* Gives the item its hash, makes the table if need be, before any transaction is open. OK;
   * AGAIN: this event cannot be written at all, *error says why; RETRY: the server is away. */
  enum headrace_result (*route)(void *instance, struct item *item, struct pg_error *error);

  /* Plans items that route() accepted, in their order, for one writer's transaction. `one_by_one`:
   * no folding, a statement for each event, in order (after an error, to find who is to blame).
   * Results as route(), with *failed the item that AGAIN is about. */
  enum headrace_result (*plan)(void *instance, const struct item *items, size_t count,
                               bool one_by_one, struct plan *plan, size_t *failed,
                               struct pg_error *error);

  /* Flushes are numbered. From now on what is routed and planned is of flush `collecting`, or one
   * before it that is not over; all up to `done` are, so that what only their plans look at may be
   * freed. NULL: there is no such thing. */
  void (*turn)(void *instance, uint64_t collecting, uint64_t done);

  /* How often a table's events began to get another hash than those before; NULL: never. */
  uint64_t (*routings)(const void *instance);

  /* After an error of the server in `statement`: what is known may be out of date. */
  void (*forget)(void *instance, const struct statement *statement);
};

extern const struct planner table_planner;
extern const struct planner handler_planner;

#endif
