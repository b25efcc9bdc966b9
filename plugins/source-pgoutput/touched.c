/* SPDX-License-Identifier: Apache-2.0 */
#include "touched.h"

#include <stdlib.h>
#include <string.h>

void touched_clear(struct touched *touched)
{
  touched->count = 0;
  touched->overflowed = touched->all = false;
}

void touched_free(struct touched *touched)
{
  free(touched->items);
  *touched = (struct touched){.items = NULL};
}

void touched_add(struct touched *touched, enum touched_kind kind, const struct row_key *key,
                 uint32_t xid)
{
  if (touched->count == TOUCHED_MAX)
    touched->overflowed = true;
  if (touched->overflowed)
    return;
  if (touched->count == touched->capacity) {
    touched->capacity = touched->capacity ? 2 * touched->capacity : 1024;
    touched->items = realloc(touched->items, touched->capacity * sizeof *touched->items);
    if (!touched->items)
      abort();
  }
  touched->items[touched->count++] = (struct touched_item){
      .key = key ? *key : (struct row_key){0, 0}, .xid = xid, .kind = (int32_t)kind};
}

/* The chunk saw the truncate: what was before it is in no row. It did not: its rows are gone. */
static void resolve_truncates(struct touched *touched, const struct xid_snapshot *snapshot)
{
  size_t left = 0;
  for (size_t i = 0; i < touched->count; i++) {
    const struct touched_item *item = &touched->items[i];
    if (item->kind != TOUCHED_TRUNCATED)
      touched->items[left++] = *item;
    else if (xid_snapshot_sees(snapshot, item->xid))
      left = 0;
    else
      touched->all = true;
  }
  touched->count = left;
}

static int compare_items(const void *x, const void *y)
{
  return row_key_compare(&((const struct touched_item *)x)->key,
                         &((const struct touched_item *)y)->key);
}

/* Equal rows: the chunk has those that were there before, and `seen` more. Of those before as
 * many are gone as were removed in all but not added. */
static int32_t count_of(const struct touched_item *items, size_t count,
                        const struct xid_snapshot *snapshot)
{
  int32_t seen = 0, all = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t one = items[i].kind == TOUCHED_ADDED ? 1 : -1;
    all += one;
    if (xid_snapshot_sees(snapshot, items[i].xid))
      seen += one;
  }
  int32_t out = seen - (all < 0 ? all : 0);
  return out > 0 ? out : 0;
}

/* Sorted, one item for each key. */
void touched_resolve(struct touched *touched, const struct xid_snapshot *snapshot, bool keyed)
{
  size_t left = 0, next;
  resolve_truncates(touched, snapshot);
  if (touched->count)
    qsort(touched->items, touched->count, sizeof *touched->items, compare_items);
  for (size_t i = 0; i < touched->count; i = next) {
    for (next = i + 1; next < touched->count; next++)
      if (compare_items(&touched->items[i], &touched->items[next]) != 0)
        break;
    int32_t count = keyed ? -1 : count_of(&touched->items[i], next - i, snapshot);
    touched->items[left] = touched->items[i];
    touched->items[left++].kind = count;
  }
  touched->count = left;
}

bool touched_takes(struct touched *touched, const struct row_key *key)
{
  struct touched_item wanted = {.key = *key};
  if (touched->all)
    return true;
  struct touched_item *found = touched->count ? bsearch(&wanted, touched->items, touched->count,
                                                        sizeof wanted, compare_items)
                                              : NULL;
  if (!found || !found->kind)
    return false;
  if (found->kind > 0)
    found->kind--;
  return true;
}
