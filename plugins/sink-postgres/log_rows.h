/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: the rows of a transaction, as the data of one COPY, in the order in which PostgreSQL
 * takes them best. It collects up to 1,000 rows over all partitions of a table and then inserts
 * them together, and makes a slot for each row of a partition the first time that it holds so many
 * (src/backend/commands/copyfrom.c, MAX_BUFFERED_TUPLES and CopyMultiInsertInfoNextFreeSlot):
 * long runs of one partition after another make a slot for every row, which costs more than the
 * row. So partitions take turns. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_ROWS_H
#define HEADRACE_SINK_POSTGRES_LOG_ROWS_H

#include "log_row.h"

struct log_piece { /* rows of one partition, one behind the other */
  size_t at, size; /* bytes */
  uint32_t rows;
  uint32_t lane;
  size_t before; /* rows of the lane that come before it; later: the lane's turn */
};

struct log_rows {
  struct log_bytes bytes; /* as they came */
  size_t count;
  struct log_piece *pieces; /* from log_rows_close() on as they are sent */
  size_t piece_count, piece_capacity;
  size_t piece, within; /* what is sent next: bytes of a piece */
  struct log_bytes chunk;
};

void log_rows_begin(struct log_rows *rows);
void log_rows_free(struct log_rows *rows);
/* `lane`: the partition's number among those of these rows; `before`: rows it has so far. Gives
 * the bytes that were added. */
size_t log_rows_add(struct log_rows *rows, uint32_t lane, size_t before,
                    const struct log_place *place, const struct headrace_record *record);
/* No more will come; `lanes`: how many there are. */
void log_rows_close(struct log_rows *rows, size_t lanes);
void log_rows_rewind(struct log_rows *rows);
/* The next bytes for the server, good until the next call; 0: that was all. */
size_t log_rows_next(struct log_rows *rows, const char **data);

#endif
