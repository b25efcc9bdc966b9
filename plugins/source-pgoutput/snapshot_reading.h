/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot's chunks are claimed, read and marked done. Each worker is a connection that reads
 * one chunk; it claims its next only when the sink has the one before, so that a process that
 * dies costs at most a chunk for each of its workers to be read again. One thread does all. */
#ifndef HEADRACE_SNAPSHOT_READING_H
#define HEADRACE_SNAPSHOT_READING_H

#include "setup.h"
#include "snapshot_job.h"

struct snapshot_worker;
struct table_set;

struct snapshot_reading {
  const struct headrace_host *host;
  struct snapshot_job *job;
  struct catalog *catalog;
  const char *publication; /* NULL: all of the tables that are named */
  const struct table_list *names;
  char exported[64]; /* snapshot that all chunks are read in; empty: each has its own */
  struct table_set *tables;
  struct snapshot_worker *workers;
  size_t worker_count, first;
  uint64_t start;     /* LSN where the stream begins behind the snapshot */
  uint64_t completed; /* chunks of which all rows are in batches */
  uint64_t rows;      /* so far, also of chunks that are not done */
  int64_t next_claim_ms;
  bool exhausted;   /* no chunk to be had, and no worker has one */
  bool export_lost; /* whoever held the exported snapshot is gone */
};

/* Describes the tables. Not OK: said. */
enum headrace_result reading_open(struct snapshot_reading *reading);
void reading_close(struct snapshot_reading *reading);

/* The tables as they are now. */
struct snapshot_tables *reading_tables(struct snapshot_reading *reading);

/* Rows of what has come go to the batch; *came: there were some, or a chunk is complete. */
enum headrace_result reading_step(struct snapshot_reading *reading, struct headrace_batch *batch,
                                  bool *came);

/* Waits for rows, or for wake_fd. */
void reading_wait(const struct snapshot_reading *reading, int timeout_ms);

/* The sink has the first `count` chunks that were completed here. */
enum headrace_result reading_delivered(struct snapshot_reading *reading, uint64_t count);

/* Forgets all chunks: others may claim them. */
void reading_drop(struct snapshot_reading *reading);

#endif
