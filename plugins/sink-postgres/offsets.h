/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the source was read, stored in the transaction that holds the data: the table
 * sink_offset. One row for each pipeline, part and writer. The first statement of a transaction
 * moves its writer's rows from where this process believes them to be; if another process has
 * moved them, it fails, and with it all of the transaction.
 *
 * The writers of a flush commit one by one, so a crash can leave some of them behind. Which events
 * were whose is then not to be found out again: the number of writers, or how a table is routed,
 * may be another. So with several writers a row says which offsets of its last flush are written,
 * and who takes a part over puts them together: all rows go back to the lowest, and the row of
 * worker -1 says what is written beyond that. A row also says whose it is, by a number that is
 * drawn when a part is taken over: nobody else's transaction moves it from then on. */
#ifndef HEADRACE_SINK_POSTGRES_OFFSETS_H
#define HEADRACE_SINK_POSTGRES_OFFSETS_H

#include "pg_connection.h"
#include "plan.h"
#include "written.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct sink;
struct flush;

struct sink_part {
  char *name;             /* "": the position of a source without parts; next counts transactions */
  size_t topic_size;      /* of "topic/3" */
  int32_t partition;      /* -1: it is not named so */
  int64_t *next;          /* one a writer, as committed last; -1: nothing */
  struct written written; /* beyond where it was begun */
  int64_t ahead;          /* they are below this; -1: none */
  char owner[24];         /* this process, in sink_offset; "": none */
  uint64_t round;         /* of questions: changes when another process may have had it */
};

/* A part of a flush. */
struct part_range {
  struct sink_part *part;
  uint64_t round;
  int64_t to;
  int64_t first_to; /* likewise of the first writer, if more joined its share; INT64_MIN: no */
  struct written *written; /* one a writer: what it writes of it */
};

struct offsets {
  bool on;             /* the pipeline's checkpoint is kept here */
  bool has_parts;      /* the source asked for one */
  bool ready;          /* the table is there */
  int64_t again_at_us; /* after an error */
  char *table, *schema;
  char *advance_sql;
  struct sink_part **parts; /* sorted by name; they stay where they are */
  size_t count, capacity;
  struct sink_part *last; /* that was looked for */
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

/* Whether the event was written before. */
bool offsets_has(struct sink *sink, const struct headrace_event *event);
/* It is that writer's in this flush. */
void offsets_note(struct sink *sink, struct flush *flush, const struct headrace_event *event,
                  unsigned writer);
/* The first writer's transaction of `into` also has its share of `from`. */
void offsets_join(struct sink *sink, struct flush *into, const struct flush *from);
void offsets_forget(struct flush *flush, unsigned workers); /* what was noted */

/* The statement that moves the writer's rows; false: a part was given away meanwhile. */
bool offsets_advance(struct sink *sink, const struct flush *flush, unsigned writer,
                     struct plan *plan);
/* It was committed. */
void offsets_committed(struct sink *sink, const struct flush *flush, unsigned writer);

/* After the statement failed: whether the rows are where it would have put them. */
enum headrace_result offsets_arrived(struct sink *sink, const struct flush *flush, unsigned writer,
                                     bool *arrived, struct pg_error *error);

#endif
