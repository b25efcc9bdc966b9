/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <stdlib.h>

void tallies_free(struct tallies *tallies)
{
  free(tallies->items);
  *tallies = (struct tallies){.items = NULL};
}

void tallies_begin(struct tallies *tallies)
{
  tallies->transaction++;
  tallies->count = 0;
}

static void enlist(struct tallies *tallies, struct tally *tally)
{
  if (tallies->count == tallies->capacity) {
    tallies->capacity = tallies->capacity ? 2 * tallies->capacity : 8;
    tallies->items = realloc(tallies->items, tallies->capacity * sizeof(struct tally *));
    if (!tallies->items)
      abort();
  }
  tallies->items[tallies->count++] = tally;
}

uint64_t tallies_add(struct tallies *tallies, struct tally *tally)
{
  if (tally->transaction != tallies->transaction) {
    tally->transaction = tallies->transaction;
    tally->events = 0;
    enlist(tallies, tally);
  }
  return tally->events++;
}

void tallies_write(const struct tallies *tallies, const struct headrace_host *host,
                   struct headrace_batch *batch, struct headrace_transaction *transaction)
{
  struct headrace_relation_count *counts =
      host->alloc(host, batch, (tallies->count ? tallies->count : 1) * sizeof *counts);
  for (size_t i = 0; i < tallies->count; i++) {
    const struct tally *tally = tallies->items[i];
    counts[i] = (struct headrace_relation_count){tally->relation, tally->events};
    if (tally->relation)
      host->relation_keep(host, batch, tally->relation);
  }
  transaction->counts = counts;
  transaction->count_count = (uint32_t)tallies->count;
}
