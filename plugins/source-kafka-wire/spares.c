/* SPDX-License-Identifier: Apache-2.0 */
#include "spares.h"
#include "tail.h"

#include <string.h>

static struct spare take_out(struct spares *spares, size_t index)
{
  struct spare spare = spares->all[index];
  spares->bytes -= spare.blob->size;
  spares->count--;
  memmove(&spares->all[index], &spares->all[index + 1],
          (spares->count - index) * sizeof *spares->all);
  return spare;
}

bool spares_take(struct spares *spares, const struct partition *partition, int64_t offset,
                 int64_t most, struct spare *spare)
{
  for (size_t i = 0; i < spares->count; i++) {
    const struct spare *at = &spares->all[i];
    if (at->partition == partition && at->offset == offset &&
        (at->asked <= most || (int64_t)at->blob->size <= most)) {
      *spare = take_out(spares, i);
      return true;
    }
  }
  return false;
}

void spares_keep(struct spares *spares, const struct spare *spare)
{
  struct spare before;
  if (spares_take(spares, spare->partition, spare->offset, INT64_MAX, &before))
    blob_release(before.blob);
  if (spare->blob->size > spares->limit) {
    blob_release(spare->blob);
    return;
  }
  while (spares->count == SPARES_MAX || spares->bytes + spare->blob->size > spares->limit)
    blob_release(take_out(spares, 0).blob);
  spares->all[spares->count++] = *spare;
  spares->bytes += spare->blob->size;
}

void spares_forget(struct spares *spares, const struct partition *partition)
{
  for (size_t i = spares->count; i-- > 0;)
    if (spares->all[i].partition == partition)
      blob_release(take_out(spares, i).blob);
}
