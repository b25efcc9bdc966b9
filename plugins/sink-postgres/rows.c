/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

void rows_free(struct rows *rows)
{
  free(rows->items);
  free(rows->slots);
  *rows = (struct rows){0};
}

void rows_reset(struct rows *rows)
{
  if (rows->count > rows->slot_count / 16)
    memset(rows->slots, 0, rows->slot_count * sizeof *rows->slots);
  else
    for (size_t i = 0; i < rows->count; i++) {
      size_t slot = rows->items[i].hash & (rows->slot_count - 1);
      while (rows->slots[slot] != i + 1)
        slot = (slot + 1) & (rows->slot_count - 1);
      rows->slots[slot] = 0;
    }
  rows->count = 0;
}

/* ---- keys ------------------------------------------------------------------------------ */

uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
  const unsigned char *at = data;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
  return hash;
}

const struct headrace_value *row_key_value(const struct row_shape *shape, uint32_t place,
                                           const struct headrace_value *values)
{
  int32_t source = shape->columns[shape->key[place]].source;
  return source < 0 ? NULL : &values[source];
}

/* The part of the text that says which value it is. */
static uint32_t significant(const struct headrace_value *value, enum key_form form)
{
  uint32_t size = value->size;
  if (form == KEY_BLANK)
    while (size && value->data[size - 1] == ' ')
      size--;
  if (form != KEY_NUMERIC || !size || !memchr(value->data, '.', size) ||
      memchr(value->data, 'e', size) || memchr(value->data, 'E', size))
    return size;
  while (size && value->data[size - 1] == '0')
    size--;
  return size - (size && value->data[size - 1] == '.');
}

/* Extras of a key (the place in Kafka) are of each event alone. */
uint64_t row_hash(const struct row_shape *shape, const struct headrace_value *key_values,
                  const struct headrace_event *event)
{
  uint64_t hash = shape->seed;
  for (uint32_t i = 0; i < shape->key_count && !shape->alike; i++) {
    const struct headrace_value *value = row_key_value(shape, i, key_values);
    if (value) {
      uint32_t size = significant(value, shape->key_forms[i]);
      hash = hash_bytes(hash, &size, sizeof size);
      hash = hash_bytes(hash, value->data, size);
    } else if (event->record) {
      hash = hash_bytes(hash, &event->record->offset, sizeof event->record->offset);
    }
  }
  return hash ^ hash >> 32;
}

static bool same_key(const struct row *one, const struct row *other)
{
  if (one->hash != other->hash || one->shape->mapping->target != other->shape->mapping->target)
    return false;
  for (uint32_t i = 0; i < one->shape->key_count; i++) {
    const struct headrace_value *a = row_key_value(one->shape, i, one->key_values);
    const struct headrace_value *b = row_key_value(other->shape, i, other->key_values);
    if (!a || !b)
      return false;
    uint32_t size = significant(a, one->shape->key_forms[i]);
    if (significant(b, other->shape->key_forms[i]) != size || memcmp(a->data, b->data, size) != 0)
      return false;
  }
  return true;
}

/* ---- the table of rows -------------------------------------------------------------------- */

static void link_row(struct rows *rows, uint32_t index)
{
  size_t slot = rows->items[index].hash & (rows->slot_count - 1);
  while (rows->slots[slot])
    slot = (slot + 1) & (rows->slot_count - 1);
  rows->slots[slot] = index + 1;
}

static void grow_slots(struct rows *rows)
{
  rows->slot_count = rows->slot_count ? 2 * rows->slot_count : 1024;
  free(rows->slots);
  rows->slots = sink_alloc(rows->slot_count * sizeof *rows->slots);
  for (size_t i = 0; i < rows->count; i++)
    link_row(rows, (uint32_t)i);
}

struct row *rows_add(struct rows *rows, const struct row *row)
{
  rows->items = sink_grow(rows->items, rows->count, &rows->capacity, sizeof *rows->items);
  rows->items[rows->count++] = *row;
  if (2 * rows->count > rows->slot_count)
    grow_slots(rows);
  else
    link_row(rows, (uint32_t)(rows->count - 1));
  return &rows->items[rows->count - 1];
}

struct row *rows_find(const struct rows *rows, const struct row *row)
{
  if (!rows->slot_count)
    return NULL;
  size_t slot = row->hash & (rows->slot_count - 1);
  for (uint32_t index; (index = rows->slots[slot]); slot = (slot + 1) & (rows->slot_count - 1))
    if (same_key(&rows->items[index - 1], row))
      return &rows->items[index - 1];
  return NULL;
}

/* ---- folding --------------------------------------------------------------------------------- */

const uint64_t *row_present(struct plan *plan, const struct row_shape *shape,
                            const struct headrace_value *values)
{
  uint32_t absent = 0;
  for (uint32_t i = 0; i < shape->column_count; i++) {
    int32_t source = shape->columns[i].source;
    absent += source >= 0 && values[source].state == HEADRACE_ABSENT;
  }
  if (!absent)
    return NULL;
  size_t words = (shape->column_count + 63) / 64;
  uint64_t *present = plan_alloc(plan, words * sizeof *present);
  memset(present, 0, words * sizeof *present);
  for (uint32_t i = 0; i < shape->column_count; i++) {
    int32_t source = shape->columns[i].source;
    if (source < 0 || values[source].state != HEADRACE_ABSENT)
      present[i / 64] |= UINT64_C(1) << i % 64;
  }
  return present;
}

/* Later values win; what the later event does not have stays. */
static const struct headrace_value *merged(struct plan *plan, const struct row *there,
                                           const struct row *row)
{
  if (!row->present)
    return row->values;
  size_t count = row->shape->relation_columns;
  struct headrace_value *values = plan_alloc(plan, count * sizeof *values);
  for (size_t i = 0; i < count; i++)
    values[i] = row->values[i].state == HEADRACE_ABSENT ? there->values[i] : row->values[i];
  return values;
}

static bool covers(const struct row *row, const struct row *there)
{
  if (!row->present)
    return true;
  if (!there->present)
    return false;
  for (size_t i = 0; i < (row->shape->column_count + 63) / 64; i++)
    if (there->present[i] & ~row->present[i])
      return false;
  return true;
}

static void take_values(struct rows *rows, struct row *there, const struct row *row)
{
  there->values = merged(rows->plan, there, row);
  there->key_values = there->values;
  there->present = row->present ? row_present(rows->plan, row->shape, there->values) : NULL;
  there->event = row->event;
  there->item = row->item;
}

static bool fold_onto_delete(struct row *there, const struct row *row)
{
  if (row->action == ROW_UPDATE) /* of a row that is not there: serially, nothing */
    return true;
  *there = *row;
  there->deleted_before = row->action != ROW_DELETE;
  return true;
}

static bool fold_delete(struct row *there, const struct row *row)
{
  *there = *row;
  return true;
}

bool rows_fold(struct rows *rows, const struct row *row)
{
  struct row *there = rows_find(rows, row);
  if (!there) {
    rows_add(rows, row);
    return true;
  }
  if (row->action == ROW_DELETE)
    return fold_delete(there, row);
  if (there->action == ROW_DELETE)
    return fold_onto_delete(there, row);
  if (there->shape != row->shape)
    return false; /* values of one relation say nothing of another's columns */
  /* An update may find no row, so that what it did not write is not there either. */
  if (there->action == ROW_UPDATE && row->action != ROW_UPDATE && !covers(row, there))
    return false;
  if (there->action == ROW_UPDATE)
    there->action = row->action;
  take_values(rows, there, row);
  return true;
}
