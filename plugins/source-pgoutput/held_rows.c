/* SPDX-License-Identifier: Apache-2.0 */
#include "held_rows.h"

#include <stdlib.h>
#include <string.h>

struct header {
  struct row_key key;
  uint32_t size;
};

void held_rows_free(struct held_rows *rows)
{
  free(rows->bytes);
  *rows = (struct held_rows){.bytes = NULL};
}

void held_rows_clear(struct held_rows *rows, size_t keep)
{
  if (rows->capacity > keep)
    held_rows_free(rows);
  rows->used = rows->next = 0;
  rows->count = 0;
}

static void make_room(struct held_rows *rows, size_t size)
{
  size_t wanted = rows->capacity ? rows->capacity : 65536;
  while (wanted - rows->used < size)
    wanted += wanted / 2;
  if (wanted == rows->capacity)
    return;
  rows->bytes = realloc(rows->bytes, wanted);
  rows->capacity = wanted;
  if (!rows->bytes)
    abort();
}

void held_rows_add(struct held_rows *rows, const struct row_key *key, const char *line, size_t size)
{
  struct header header = {.key = *key, .size = (uint32_t)size};
  make_room(rows, sizeof header + size);
  memcpy(rows->bytes + rows->used, &header, sizeof header);
  memcpy(rows->bytes + rows->used + sizeof header, line, size);
  rows->used += sizeof header + size;
  rows->count++;
}

bool held_rows_next(struct held_rows *rows, struct held_row *row)
{
  struct header header;
  if (rows->next == rows->used)
    return false;
  memcpy(&header, rows->bytes + rows->next, sizeof header);
  *row = (struct held_row){
      .key = header.key, .line = rows->bytes + rows->next + sizeof header, .size = header.size};
  rows->next += sizeof header + header.size;
  return true;
}
