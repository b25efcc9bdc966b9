/* SPDX-License-Identifier: Apache-2.0 */
#include "log_rows.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)256 << 10) /* libpq moves all of its buffer at each partial send */
#define TOGETHER    1000                /* rows that PostgreSQL inserts together */
#define PIECE_ROWS  32
#define FINE_ROWS   8 /* pieces that are this small on the average are in a good order */
#define LAST_TURN   SIZE_MAX
#define NO_LANE     UINT32_MAX

static void add_piece(struct log_rows *rows, size_t at, uint32_t lane, size_t before)
{
  rows->pieces =
      sink_grow(rows->pieces, rows->piece_count, &rows->piece_capacity, sizeof *rows->pieces);
  rows->pieces[rows->piece_count++] = (struct log_piece){
      .at = at, .size = rows->bytes.size - at, .rows = 1, .lane = lane, .before = before};
}

void log_rows_begin(struct log_rows *rows)
{
  rows->count = rows->piece_count = 0;
  log_copy_begin(&rows->bytes);
  add_piece(rows, 0, NO_LANE, 0);
  log_rows_rewind(rows);
}

void log_rows_free(struct log_rows *rows)
{
  free(rows->bytes.data);
  free(rows->pieces);
  free(rows->chunk.data);
}

size_t log_rows_add(struct log_rows *rows, uint32_t lane, size_t before,
                    const struct log_place *place, const struct headrace_record *record)
{
  struct log_piece *last = &rows->pieces[rows->piece_count - 1];
  size_t at = rows->bytes.size;
  log_row_write(&rows->bytes, place, record);
  rows->count++;
  if (last->lane == lane && last->rows < PIECE_ROWS) {
    last->size = rows->bytes.size - last->at;
    last->rows++;
  } else {
    add_piece(rows, at, lane, before);
  }
  return rows->bytes.size - at;
}

static int by_turn(const void *a, const void *b)
{
  const struct log_piece *left = a, *right = b;
  if (left->before != right->before)
    return left->before < right->before ? -1 : 1;
  return (left->at > right->at) - (left->at < right->at);
}

/* The first piece is the beginning of all data, the last one its end. */
static void take_turns(struct log_rows *rows, size_t lanes)
{
  size_t turn = TOGETHER / lanes > PIECE_ROWS ? TOGETHER / lanes : PIECE_ROWS;
  for (size_t i = 0; i < rows->piece_count; i++)
    rows->pieces[i].before /= turn;
  rows->pieces[rows->piece_count - 1].before = LAST_TURN;
  qsort(rows->pieces, rows->piece_count, sizeof *rows->pieces, by_turn);
}

void log_rows_close(struct log_rows *rows, size_t lanes)
{
  size_t end = rows->bytes.size;
  log_copy_end(&rows->bytes);
  if (lanes > 1 && rows->piece_count < rows->count / FINE_ROWS) {
    add_piece(rows, end, NO_LANE, 0);
    take_turns(rows, lanes);
  } else {
    rows->piece_count = 1;
    rows->pieces[0].size = rows->bytes.size;
  }
}

void log_rows_rewind(struct log_rows *rows)
{
  rows->piece = rows->within = 0;
}

/* Of one piece, where it is. */
static size_t take(struct log_rows *rows, size_t most, const char **data)
{
  const struct log_piece *piece = &rows->pieces[rows->piece];
  size_t size = piece->size - rows->within;
  *data = rows->bytes.data + piece->at + rows->within;
  if (size > most) {
    rows->within += most;
    return most;
  }
  rows->piece++;
  rows->within = 0;
  return size;
}

size_t log_rows_next(struct log_rows *rows, const char **data)
{
  struct log_bytes *chunk = &rows->chunk;
  if (rows->piece == rows->piece_count)
    return 0;
  if (rows->pieces[rows->piece].size - rows->within >= CHUNK_BYTES || rows->piece_count == 1)
    return take(rows, CHUNK_BYTES, data);
  if (!chunk->data)
    chunk->data = sink_alloc(CHUNK_BYTES);
  for (chunk->size = 0; chunk->size < CHUNK_BYTES && rows->piece < rows->piece_count;) {
    const char *from;
    size_t size = take(rows, CHUNK_BYTES - chunk->size, &from);
    memcpy(chunk->data + chunk->size, from, size);
    chunk->size += size;
  }
  *data = chunk->data;
  return chunk->size;
}
