/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a stream can go on: text, so that an operator can read a checkpoint.
 *
 *   system=7412… timeline=1 lsn=0/16B3748 previous=0/16B3748 transaction=0/16B3800 ordinal=12
 *
 * `lsn` is where the server is asked to start; every transaction that committed
 * before it is done. `transaction` (the start of its commit record) and
 * `ordinal` are there only inside a transaction: so many of its events are done
 * too. The LSN of a row is never a position: many rows share one.
 *
 * `snapshot` (the number of its job) and `chunk` (how many chunks this process has completed in
 * it) are there while a snapshot goes on; `lsn` is where the stream will begin then.
 *
 * `on_demand` (job/table/file/page/row) is there while a snapshot on demand goes on: its rows
 * before that place are done. */
#ifndef HEADRACE_POSITION_H
#define HEADRACE_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSITION_TEXT_MAX 384
#define LSN_TEXT_MAX      20

/* Where a snapshot on demand goes on. */
struct on_demand_cursor {
  uint64_t job;   /* 0: there is none */
  uint32_t table; /* pg_class.oid; those with a lower one are done */
  uint32_t file;  /* pg_relation_filenode: of another file the place means nothing */
  uint32_t page;  /* UINT32_MAX: the table is done */
  uint32_t row;
};

struct pg_position {
  uint64_t system;
  uint32_t timeline;
  uint64_t lsn;
  uint64_t previous;    /* end of the last transaction; 0: not known */
  uint64_t transaction; /* 0: not inside one */
  uint64_t ordinal;
  uint64_t snapshot; /* 0: none goes on */
  uint64_t chunk;
  struct on_demand_cursor on_demand;
};

struct lsn_text {
  char text[LSN_TEXT_MAX];
};

/* 0/16B3748, as PostgreSQL writes it. */
struct lsn_text lsn_text(uint64_t lsn);
bool lsn_parse(const char *text, uint64_t *lsn);

/* Writes at most POSITION_TEXT_MAX bytes, no zero at the end; returns how many. */
size_t position_write(const struct pg_position *position, char *out);

/* False: this is no position of ours. Unknown words are refused: they would be ignored. */
bool position_parse(const void *text, size_t size, struct pg_position *position);

#endif
