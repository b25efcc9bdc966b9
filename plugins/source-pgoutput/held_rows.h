/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of a chunk, held in memory until the stream has passed its high
 * watermark: lines of COPY with the key that each row has. */
#ifndef HEADRACE_HELD_ROWS_H
#define HEADRACE_HELD_ROWS_H

#include "row_key.h"

struct held_rows {
  char *bytes;
  size_t used, capacity;
  size_t next; /* of held_rows_next */
  uint64_t count;
};

struct held_row {
  struct row_key key;
  const char *line;
  size_t size;
};

/* Forgets the rows; memory beyond `keep` is given back. */
void held_rows_clear(struct held_rows *rows, size_t keep);
void held_rows_free(struct held_rows *rows);

void held_rows_add(struct held_rows *rows, const struct row_key *key, const char *line,
                   size_t size);

/* One after the other. False: that were all. */
bool held_rows_next(struct held_rows *rows, struct held_row *row);

#endif
