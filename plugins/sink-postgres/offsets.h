/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the source was read, stored in the transaction that holds the data: the table
 * sink_offset. One row for each pipeline, part and writer. The first statement of a transaction
 * moves its writer's rows from where this process believes them to be; if another process has
 * moved them, it fails, and with it all of the transaction.
 *
 * A row belongs to (number of writers, writer), because that number decides whose an event is.
 * A part goes on at the highest `lowest row of a number of writers`; what a row of any number of
 * writers is beyond is not written again. */
#ifndef HEADRACE_SINK_POSTGRES_OFFSETS_H
#define HEADRACE_SINK_POSTGRES_OFFSETS_H

#include "pg_connection.h"
#include "plan.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct sink;
struct flush;

/* Rows of another number of writers than today's, not yet caught up with. */
struct older {
  struct older *following;
  unsigned workers;
  int64_t *next; /* one a writer */
};

struct sink_part {
  char *name;    /* "": the position of a source without parts; next counts transactions */
  int64_t *next; /* one a writer, as committed last; -1: nothing */
  int64_t ahead; /* what is below may have been written by some writer; -1: none is ahead */
  struct older *older;
  uint64_t round; /* of questions: changes when another process may have had it */
};

/* A part of a flush. */
struct part_range {
  struct sink_part *part;
  uint64_t round;
  int64_t to;
};

struct offsets {
  bool on;             /* the pipeline's checkpoint is kept here */
  bool has_parts;      /* the source asked for one */
  int64_t again_at_us; /* after an error */
  char *table, *schema;
  char *advance_sql;
  struct sink_part **parts; /* sorted by name; they stay where they are */
  size_t count, capacity;
};

/* Makes the table, and the schema, if it is not there. `columns`: what follows its "(". */
bool offsets_need_table(PGconn *connection, const char *schema, const char *table,
                        const char *columns, struct pg_error *error);

void offsets_init(struct sink *sink);
void offsets_free(struct sink *sink);

/* Callbacks of the plugin. */
enum headrace_result offsets_stored_position(struct sink *sink, void *out, size_t *size);
enum headrace_result offsets_stored_part(struct sink *sink, const char *name, int64_t *next);

/* Adds what a batch is of its parts to the flush. RETRY: not now, *error. FATAL: never. */
enum headrace_result offsets_add(struct sink *sink, struct flush *flush,
                                 const struct headrace_batch *batch, struct pg_error *error);

/* Whether the event's writer has written it before. */
bool offsets_has(const struct sink *sink, const struct item *item);

/* The statement that moves the writer's rows; false: a part was given away meanwhile. */
bool offsets_advance(struct sink *sink, const struct flush *flush, unsigned writer,
                     struct plan *plan);
/* It was committed. */
void offsets_committed(struct sink *sink, const struct flush *flush, unsigned writer);

/* After the statement failed: whether the rows are where it would have put them. */
enum headrace_result offsets_arrived(struct sink *sink, const struct flush *flush, unsigned writer,
                                     bool *arrived, struct pg_error *error);

#endif
