/* SPDX-License-Identifier: Apache-2.0 */
#include "xid_snapshot.h"

#include <ctype.h>
#include <stdlib.h>

static bool take_number(const char **text, uint32_t *number)
{
  char *end;
  if (!isdigit((unsigned char)**text))
    return false;
  *number = (uint32_t)strtoull(*text, &end, 10);
  *text = end;
  return true;
}

static bool take(const char **text, char c)
{
  if (**text != c)
    return false;
  ++*text;
  return true;
}

static void add(struct xid_snapshot *snapshot, uint32_t xid)
{
  if (!(snapshot->count & (snapshot->count + 1))) { /* full: 0, 1, 3, 7 … */
    size_t capacity = 2 * snapshot->count + 1;
    snapshot->running = realloc(snapshot->running, capacity * sizeof *snapshot->running);
    if (!snapshot->running)
      abort();
  }
  snapshot->running[snapshot->count++] = xid;
}

bool xid_snapshot_parse(const char *text, struct xid_snapshot *snapshot)
{
  uint32_t xid;
  *snapshot = (struct xid_snapshot){.running = NULL};
  if (!take_number(&text, &snapshot->xmin) || !take(&text, ':') ||
      !take_number(&text, &snapshot->xmax) || !take(&text, ':'))
    return false;
  while (take_number(&text, &xid)) {
    add(snapshot, xid);
    if (!take(&text, ','))
      break;
  }
  if (!*text)
    return true;
  xid_snapshot_free(snapshot);
  return false;
}

void xid_snapshot_free(struct xid_snapshot *snapshot)
{
  free(snapshot->running);
  snapshot->running = NULL;
  snapshot->count = 0;
}

static bool is_before(uint32_t a, uint32_t b)
{
  return (int32_t)(a - b) < 0;
}

bool xid_snapshot_sees(const struct xid_snapshot *snapshot, uint32_t xid)
{
  if (is_before(xid, snapshot->xmin))
    return true;
  if (!is_before(xid, snapshot->xmax))
    return false;
  for (size_t i = 0; i < snapshot->count; i++)
    if (snapshot->running[i] == xid)
      return false;
  return true;
}
