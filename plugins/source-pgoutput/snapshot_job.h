/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot as rows of tables in the source database, so that it outlives every
 * process and several can share it: the job, its tables, their chunks, and who takes
 * part. A chunk is claimed by one process, read, delivered, and marked done; what a
 * process had claimed when it died is free again.
 *
 * A process takes part as long as the session of `connection` lives; so does its being
 * the coordinator, an advisory lock. Nothing connects again in silence: a session that
 * is lost is an error, and the pipeline begins anew. Of one thread; queries are short
 * and waited for. */
#ifndef HEADRACE_SNAPSHOT_JOB_H
#define HEADRACE_SNAPSHOT_JOB_H

#include "pg_connection.h"
#include "position.h"
#include "snapshot_tables.h"

/* Of everybody who makes the schema or its tables, until the end of the transaction. */
#define SNAPSHOT_SCHEMA_LOCK                                                                       \
  "PERFORM pg_advisory_xact_lock(hashtextextended('headrace snapshot tables', 0))"

struct snapshot_job {
  const struct headrace_host *host;
  PGconn *connection;
  char *name; /* of the slot, or what a snapshot without one is called */
  uint64_t id, participant;
  uint64_t generation; /* how often its snapshot was exported; 0: each chunk has its own */
  bool coordinator;
};

enum snapshot_state {
  SNAPSHOT_NONE = 0,  /* there never was one */
  SNAPSHOT_PREPARING, /* the slot is made, chunks are planned */
  SNAPSHOT_READING,
  SNAPSHOT_DONE
};

struct snapshot_job_row {
  uint64_t id;
  enum snapshot_state state;
  uint64_t start; /* LSN where the stream begins */
  uint64_t end;   /* of DONE: from here on every row was read or streamed */
  uint64_t generation;
  char exported[64]; /* empty: none */
};

struct snapshot_chunk {
  uint64_t id;
  uint32_t table, file, first, end;
  bool whole;
  char *since; /* only rows of this transaction or a later one; NULL: all. To be freed */
};

struct snapshot_progress {
  uint64_t tables, chunks, chunks_done, rows, rows_expected;
  int64_t seconds; /* since it began */
};

/* Connects. `schema`: of the tables. */
bool snapshot_job_open(struct snapshot_job *job, const struct headrace_host *host,
                       const char *schema, const char *name, struct pg_error *error);
void snapshot_job_close(struct snapshot_job *job);

/* The latest of this name, whoever made it. */
bool snapshot_job_look(struct snapshot_job *job, struct snapshot_job_row *row,
                       struct pg_error *error);

/* Tries to become the coordinator, without waiting: job->coordinator. */
bool snapshot_job_lock(struct snapshot_job *job, struct pg_error *error);
bool snapshot_job_unlock(struct snapshot_job *job, struct pg_error *error);

/* The coordinator. A new job in PREPARING: those before it are forgotten. */
bool snapshot_job_begin(struct snapshot_job *job, const char *schema, struct pg_error *error);

/* What is visible by now: a transaction that the slot's snapshot sees may still wait for a
 * synchronous standby before others see it. `visible`: text of pg_current_snapshot(). */
bool snapshot_job_sees(struct snapshot_job *job, const char *visible, bool *sees,
                       struct pg_error *error);

/* Plans a table of the job: chunks of about so many rows. */
bool snapshot_job_plan(struct snapshot_job *job, const struct snapshot_table *table,
                       int64_t chunk_rows, struct pg_error *error);

/* Chunks are there to be claimed. */
bool snapshot_job_read(struct snapshot_job *job, uint64_t start, struct pg_error *error);

/* The coordinator holds an exported snapshot (only): the chunks that are not done are read in
 * it, and of the others once more what the one before did not see. */
bool snapshot_job_export(struct snapshot_job *job, const char *exported, const char *visible,
                         struct pg_error *error);

/* From here on this process takes part in the job of that row. */
bool snapshot_job_join(struct snapshot_job *job, const struct snapshot_job_row *row,
                       struct pg_error *error);

/* To be called every SNAPSHOT_HEARTBEAT_MS at the latest. Ends the sessions of those who did
 * not for CLAIM_TIMEOUT, and frees what the dead had claimed. *alive: this one still takes part. */
#define SNAPSHOT_HEARTBEAT_MS     5000
#define SNAPSHOT_CLAIM_TIMEOUT_MS 30000
bool snapshot_job_heartbeat(struct snapshot_job *job, bool *alive, struct pg_error *error);

/* The next chunk: id 0: there is none to be had now. */
bool snapshot_job_claim(struct snapshot_job *job, struct snapshot_chunk *chunk,
                        struct pg_error *error);
bool snapshot_job_done(struct snapshot_job *job, uint64_t chunk, uint64_t rows,
                       struct pg_error *error);
bool snapshot_job_release(struct snapshot_job *job, uint64_t chunk, struct pg_error *error);

/* The table's chunks are planned anew, if they are of another file than `table` has; NULL: the
 * table is gone. */
bool snapshot_job_plan_again(struct snapshot_job *job, uint32_t id,
                             const struct snapshot_table *table, int64_t chunk_rows,
                             struct pg_error *error);

/* Ends the job if every chunk is done. */
bool snapshot_job_finish(struct snapshot_job *job, bool *done, struct pg_error *error);

bool snapshot_job_progress(struct snapshot_job *job, struct snapshot_progress *progress,
                           struct pg_error *error);

/* Does another process take part in the unfinished job of this name? */
bool snapshot_job_shared(struct snapshot_job *job, bool *shared, struct pg_error *error);

#endif
