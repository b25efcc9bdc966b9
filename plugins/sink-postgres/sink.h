/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres: events become transactions. The planner of the mode makes statements of
 * events; this engine collects events into flushes, runs one transaction for each writer and
 * flush, stores with it how far the source was read, and sorts errors.
 *
 * Everything runs on the thread that calls the instance. */
#ifndef HEADRACE_SINK_POSTGRES_SINK_H
#define HEADRACE_SINK_POSTGRES_SINK_H

#include "failure.h"
#include "offsets.h"
#include "pg_connection.h"
#include "plan.h"
#include "target.h"
#include "writer.h"

#include <headrace/plugin.h>
#include <stdbool.h>

/* An event that cannot be written: it goes into the table of dead letters. */
struct letter {
  struct item item;
  const char *error_class; /* both in the batch's arena */
  const char *reason;
  const char *stage; /* that refused it */
  char sqlstate[6];
};

/* What one writer has to do for a flush. */
struct share {
  struct item *items; /* sound as far as is known, in order */
  size_t count, capacity;
  struct letter *letters;
  size_t letter_count, letter_capacity;
  size_t rejected; /* by the server or the planner */
  struct plan *plan;
  bool planned;  /* `plan` is of `items` as they are */
  bool renewed;  /* an error of class 42 or 0A made it ask the catalog again */
  bool in_doubt; /* the connection was lost when COMMIT may have come through */
};

/* Whole batches, reported together. */
struct flush {
  struct headrace_batch **batches;
  size_t count, capacity;
  struct part_range *parts;
  size_t part_count, part_capacity, last_part;
  struct share *shares; /* one a writer */
  size_t rows, bytes;
  int pressure; /* when it was sent: the host's, all of it this flush's */
  int64_t began_us;
  bool closed;          /* no more is added; it is planned */
  unsigned shares_left; /* writers that have not committed */
};

struct log_sink;

enum { MODE_LOG = 2 }; /* of the choices of `mode`, in keys.c */

struct sink {
  const struct headrace_host *host;
  struct log_sink *log; /* mode = log: all is done by it, and nothing else here is used */
  const struct planner *planner;
  void *planner_instance;
  struct pg_target target; /* of writers */
  char *settings;
  size_t batch_rows, batch_bytes;
  int64_t batch_us;
  bool dry_run;
  enum foreign_keys foreign_keys;
  int64_t foreign_key_wait_us;
  struct headrace_batch **held; /* of a dry run: never reported as durable */
  size_t held_count, held_capacity, held_events;

  struct flush flushes[2];
  struct flush *collecting, *sending; /* NULL: none is sent */
  uint64_t sent;                      /* flushes */
  struct headrace_batch *routing;     /* taken, and not wholly in `collecting` */
  size_t routed;
  uint64_t routings; /* of the planner, as `collecting` was routed */
  unsigned attempts; /* of the planner, while the server is away */
  int64_t again_at_us;

  struct writer *writers;
  unsigned workers;
  struct offsets offsets;
  PGconn *control;    /* for what is not part of a flush; NULL: closed */
  bool letters_ready; /* their table is there */
  char *letter_sql;

  bool flushing;
  int64_t trouble_since_us, trouble_said_us; /* 0: none */
  uint64_t random;
  enum headrace_result failure; /* OK: none; otherwise nothing more is written */
};

void *sink_alloc(size_t size);                 /* zeroed; aborts when there is no memory */
void *sink_realloc(void *memory, size_t size); /* likewise, not zeroed */
/* Room for one more of `size` bytes. */
void *sink_grow(void *items, size_t count, size_t *capacity, size_t size);
int64_t sink_now(const struct sink *sink);

/* No more is written; all batches are reported as failed at the end of the callback. */
void sink_fail(struct sink *sink, enum headrace_result result);

/* Says once in a while that the server is away or busy, and once that it is over. */
void sink_trouble(struct sink *sink, const struct pg_error *error, const char *what);
void sink_well(struct sink *sink);

/* The connection for what is not part of a flush; NULL: *error. */
PGconn *sink_control(struct sink *sink, struct pg_error *error);
void sink_control_close(struct sink *sink);

/* keys.c */
extern const struct headrace_key sink_postgres_keys[];
bool keys_check(const struct headrace_host *host); /* what the table cannot say */

/* planners.c */
const struct planner *planner_for(const struct headrace_host *host);

/* flush.c */
void flush_init(struct flush *flush, unsigned workers);
void flush_free(struct flush *flush, unsigned workers);
bool flush_admits(const struct sink *sink);
void flush_take(struct sink *sink, struct headrace_batch *batch);
/* Routes, plans, begins to send what is due. `quiet`: nothing more is coming now. */
void flush_step(struct sink *sink, bool quiet);
int64_t flush_due_us(const struct sink *sink); /* when to step again; INT64_MAX: when told */
bool flush_plan(struct sink *sink, struct share *share); /* false: not now, or never */
/* The item is taken out; false: the pipeline stops. */
bool flush_reject(struct sink *sink, struct share *share, size_t item,
                  const struct pg_error *error);
/* So many of `all` were rejected that it is not the events: says so, and the pipeline stops. */
bool flush_too_many(struct sink *sink, size_t rejected, size_t all);
void flush_drop_item(struct share *share, size_t item);
/* What was collected for the first writer joins what it is at, if it can. Its transaction is not
 * begun, or is to be rolled back. */
void flush_join(struct sink *sink);
void flush_share_done(struct sink *sink, struct flush *flush);
void flush_abandon(struct sink *sink); /* reports all as failed */

/* sink.c: a planner other than the configured one, for tests; NULL: that one */
enum headrace_result sink_new(const struct headrace_host *host, const struct planner *planner,
                              void **instance);

#endif
