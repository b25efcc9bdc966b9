/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection that reads chunks of tables, each in a transaction of its own,
 * as COPY text; never waits for the server. Rows become READ changes. Several
 * readers side by side are a snapshot's workers. */
#ifndef HEADRACE_CHUNK_READER_H
#define HEADRACE_CHUNK_READER_H

#include "pg_connection.h"
#include "snapshot_tables.h"

/* Pages from `first` to before `end` (of 8 KiB, as ctid counts them). */
struct chunk_range {
  uint32_t first;
  uint32_t end;       /* UINT32_MAX: to the end of the table, wherever that is by then */
  bool whole;         /* no ctid range: tables that have none */
  const char *filter; /* SQL, beside the table's own; NULL: none */

  /* What the rows' changes have as their sequence: before every change that the stream sends
   * behind them, so that a reader who keeps what has the highest keeps the newest. (A transaction
   * that was open while the chunk was read wrote before it.) 0: where the WAL was then. */
  uint64_t sequence;

  /* Of a snapshot on demand. */
  uint32_t first_row;    /* of the first page: rows before it are left out */
  bool with_tids;        /* each line begins with the row's ctid */
  const char *watermark; /* logical messages "low …" and "high …" before and behind; NULL: none */
};

enum chunk_status {
  CHUNK_ROWS,      /* rows were added, or the batch is full: more may wait */
  CHUNK_NOTHING,   /* wait for chunk_reader_socket */
  CHUNK_DONE,      /* all rows are in batches; the transaction has ended */
  CHUNK_REWRITTEN, /* the table is gone, renamed, or has another file or other columns than
                      `table` says: its ctids mean nothing. No row of it was added */
  CHUNK_FAILED     /* *error; the connection may be gone */
};

struct chunk_reader;

/* Connects. `snapshot`: of pg_export_snapshot, to be imported by every chunk's transaction;
 * NULL: each has its own. NULL: *error. */
struct chunk_reader *chunk_reader_open(const struct headrace_host *host, const char *snapshot,
                                       struct pg_error *error);
void chunk_reader_close(struct chunk_reader *reader);

/* Begins a chunk; `table` and the range's filter must live until it is done. */
bool chunk_reader_begin(struct chunk_reader *reader, const struct snapshot_table *table,
                        const struct chunk_range *range, struct pg_error *error);

/* Adds rows until the batch is full or nothing more has come. Before the first row the visible
 * transactions are known (chunk_reader_visible). `flags`: of the changes. */
enum chunk_status chunk_reader_read(struct chunk_reader *reader, struct headrace_batch *batch,
                                    uint32_t flags, struct pg_error *error);

/* One line of COPY at a time, for who keeps rows: ROWS: *line, to be freed by PQfreemem. */
enum chunk_status chunk_reader_line(struct chunk_reader *reader, char **line, size_t *size,
                                    struct pg_error *error);

/* What the changes of the chunk's rows share. */
struct headrace_transaction chunk_reader_transaction(const struct chunk_reader *reader);

/* A line made into a READ change. False: it is none of this table. */
bool chunk_row_add(const struct headrace_host *host, struct headrace_batch *batch,
                   const struct snapshot_table *table,
                   const struct headrace_transaction *transaction, const char *line, size_t size,
                   uint32_t flags);

/* Only its values, in place. */
bool chunk_row_parse(const struct snapshot_table *table, char *line, size_t size,
                     struct headrace_value *values);

/* Asks over another connection: does the table still have its file and its columns? False with
 * *error empty: it does not. */
bool chunk_table_is(struct catalog *catalog, const struct snapshot_table *table,
                    struct pg_error *error);

/* The chunk's pg_current_snapshot as text, its WAL position and its rows so far. */
const char *chunk_reader_visible(const struct chunk_reader *reader);
uint64_t chunk_reader_lsn(const struct chunk_reader *reader);
uint64_t chunk_reader_rows(const struct chunk_reader *reader);

/* Pages that the table had when the chunk was read: no row that it sees is behind them. */
uint32_t chunk_reader_pages(const struct chunk_reader *reader);

int chunk_reader_socket(const struct chunk_reader *reader);
bool chunk_reader_wants_write(const struct chunk_reader *reader);

#endif
