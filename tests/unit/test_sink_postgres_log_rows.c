/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres, mode = log: the order in which rows are sent. */
#include "log_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHUNK_MOST ((size_t)256 << 10)
#define START      19 /* "PGCOPY…", flags, length of an extension */
#define LANES      16

static int64_t number_at(const char *at, unsigned size)
{
  uint64_t number = 0;
  for (unsigned i = 0; i < size; i++)
    number = number << 8 | (unsigned char)at[i];
  return (int64_t)number;
}

/* All chunks, one behind the other. */
static struct log_bytes sent(struct log_rows *rows)
{
  struct log_bytes all = {0};
  const char *data;
  for (size_t size; (size = log_rows_next(rows, &data));) {
    assert_true(size <= CHUNK_MOST);
    all.data = realloc(all.data, all.size + size);
    memcpy(all.data + all.size, data, size);
    all.size += size;
  }
  return all;
}

/* Behind the row; its partition and offset are given. */
static const char *read_row(const char *at, int64_t *partition, int64_t *offset)
{
  int64_t columns = number_at(at, 2);
  at += 2;
  for (int64_t i = 0; i < columns; i++) {
    int64_t size = number_at(at, 4);
    at += 4;
    if (i == 1)
      *partition = number_at(at, 4);
    else if (i == 2)
      *offset = number_at(at, 8);
    at += size == UINT32_MAX ? 0 : size;
  }
  return at;
}

static void add(struct log_rows *rows, uint32_t lane, int64_t offset, size_t size)
{
  char *value = memset(malloc(size + 1), 'v', size);
  struct log_place place = {7, (int32_t)lane, offset, offset};
  struct headrace_record record = {.value = {value, (uint32_t)size, HEADRACE_BINARY},
                                   .timestamp_ms = 1};
  size_t before = rows->bytes.size;
  size_t added = log_rows_add(rows, lane, (size_t)offset, &place, &record);
  assert_int_equal(rows->bytes.size - before, added);
  free(value);
}

/* Every row once, those of a lane in order, and the end. */
static void check_order(const struct log_bytes *all, size_t count, size_t window, size_t most)
{
  int64_t next[LANES] = {0}, partition = 0, offset = 0;
  size_t in_window[LANES] = {0};
  const char *at = all->data + START;
  assert_memory_equal(all->data, "PGCOPY\n", 7);
  for (size_t i = 0; i < count; i++) {
    if (i % window == 0)
      memset(in_window, 0, sizeof in_window);
    at = read_row(at, &partition, &offset);
    assert_int_equal(offset, next[partition]++);
    assert_true(++in_window[partition] <= most);
  }
  assert_ptr_equal(at + 2, all->data + all->size);
  assert_int_equal(number_at(at, 2), UINT16_MAX);
}

static void partitions_take_turns(void **state)
{
  (void)state;
  struct log_rows rows = {0};
  for (int again = 0; again < 2; again++) { /* a group is used again */
    log_rows_begin(&rows);
    for (uint32_t lane = 0; lane < LANES; lane++)
      for (int64_t offset = 0; offset < 1500; offset++)
        add(&rows, lane, offset, 20);
    log_rows_close(&rows, LANES);
    struct log_bytes all = sent(&rows);
    /* A turn is 62 rows, of which a piece may have 31 too many, and two turns meet in a window. */
    check_order(&all, LANES * 1500, 1000, 3 * 62);
    log_rows_rewind(&rows); /* the transaction is tried again */
    struct log_bytes second = sent(&rows);
    assert_int_equal(all.size, second.size);
    assert_memory_equal(all.data, second.data, all.size);
    free(all.data);
    free(second.data);
  }
  log_rows_free(&rows);
}

static void one_partition_stays_as_it_is(void **state)
{
  (void)state;
  struct log_rows rows = {0};
  log_rows_begin(&rows);
  for (int64_t offset = 0; offset < 5000; offset++)
    add(&rows, 3, offset, 200);
  log_rows_close(&rows, 1);
  struct log_bytes all = sent(&rows);
  check_order(&all, 5000, 5000, 5000);
  free(all.data);
  log_rows_free(&rows);
}

static void large_rows_go_in_pieces(void **state)
{
  (void)state;
  struct log_rows rows = {0};
  log_rows_begin(&rows);
  for (uint32_t lane = 0; lane < 2; lane++)
    for (int64_t offset = 0; offset < 100; offset++)
      add(&rows, lane, offset, offset == 50 ? 3 * CHUNK_MOST + 17 : 100);
  log_rows_close(&rows, 2);
  struct log_bytes all = sent(&rows);
  check_order(&all, 200, 200, 100);
  free(all.data);
  log_rows_free(&rows);
}

static void none_at_all(void **state)
{
  (void)state;
  struct log_rows rows = {0};
  log_rows_begin(&rows);
  log_rows_close(&rows, 0);
  struct log_bytes all = sent(&rows);
  assert_int_equal(all.size, START + 2);
  free(all.data);
  log_rows_free(&rows);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(partitions_take_turns),
      cmocka_unit_test(one_partition_stays_as_it_is),
      cmocka_unit_test(large_rows_go_in_pieces),
      cmocka_unit_test(none_at_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
