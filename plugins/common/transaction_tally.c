/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction_tally.h"

#include "must_alloc.h"

struct tally_difference {
  uint64_t relation_id; /* 0: messages */
  int64_t more;         /* passed on than came */
};

static uint64_t id_of(const struct headrace_relation *relation)
{
  return relation ? relation->id : 0;
}

static struct tally_difference *find(const struct transaction_tally *tally, uint64_t id)
{
  for (size_t i = 0; i < tally->count; i++)
    if (tally->items[i].relation_id == id)
      return &tally->items[i];
  return NULL;
}

void tally_note(struct transaction_tally *tally, const struct headrace_change *change,
                uint32_t passed)
{
  tally->dropped += !passed;
  if (!tally->active || passed == 1)
    return;
  uint64_t id = id_of(change->relation);
  struct tally_difference *item = find(tally, id);
  if (!item) {
    if (tally->count == tally->capacity) {
      tally->capacity = tally->capacity ? 2 * tally->capacity : 8;
      tally->items = must_grow(tally->items, tally->capacity * sizeof *tally->items);
    }
    item = &tally->items[tally->count++];
    *item = (struct tally_difference){.relation_id = id};
  }
  item->more += (int64_t)passed - 1;
}

void tally_tell(struct transaction_tally *tally, const struct headrace_host *host)
{
  if (tally->dropped)
    host->counter(host, "dropped", tally->dropped);
  tally->dropped = 0;
}

void tally_free(struct transaction_tally *tally)
{
  free(tally->items);
  *tally = (struct transaction_tally){0};
}

struct counting {
  const struct transaction_tally *tally;
  const struct headrace_host *host;
  struct headrace_batch *out;
  tally_relation_after after;
  void *context;
};

/* The relation is the batch's from here on: the COMMIT may be its only event there. */
static const struct headrace_relation *relation_after(const struct counting *counting,
                                                      const struct headrace_relation *relation)
{
  if (!relation || !counting->after)
    return relation;
  const struct headrace_relation *after = counting->after(counting->context, relation);
  if (!after)
    return relation;
  counting->host->relation_keep(counting->host, counting->out, after);
  return after;
}

static void count_again(const struct counting *counting, struct headrace_transaction *transaction,
                        uint64_t *ordinal)
{
  const struct headrace_transaction before = *transaction;
  struct headrace_relation_count *counts = counting->host->alloc(
      counting->host, counting->out, (before.count_count + 1) * sizeof *counts);
  uint32_t kept = 0;
  *ordinal = 0;
  for (uint32_t i = 0; i < before.count_count; i++) {
    const struct headrace_relation_count *count = &before.counts[i];
    const struct tally_difference *item = find(counting->tally, id_of(count->relation));
    int64_t events = (int64_t)count->events + (item ? item->more : 0);
    if (events <= 0)
      continue;
    counts[kept++] = (struct headrace_relation_count){relation_after(counting, count->relation),
                                                      (uint64_t)events};
    *ordinal += (uint64_t)events;
  }
  transaction->counts = counts;
  transaction->count_count = kept;
}

static void pass_commit(const struct counting *counting, const struct headrace_event *event)
{
  const struct headrace_host *host = counting->host;
  const struct headrace_change *change = event->change;
  struct headrace_transaction *transaction = host->alloc(host, counting->out, sizeof *transaction);
  *transaction = *change->transaction;
  struct headrace_change *copy = host->add_change(host, counting->out, NULL);
  *copy = *change;
  copy->transaction = transaction;
  count_again(counting, transaction, &copy->ordinal);
}

void tally_pass(struct transaction_tally *tally, const struct headrace_host *host,
                const struct headrace_event *event, struct headrace_batch *out,
                tally_relation_after after, void *context)
{
  const struct headrace_change *change = event->change;
  struct counting counting = {tally, host, out, after, context};
  bool counted = tally->active && (tally->count || after);
  if (change->operation == HEADRACE_COMMIT && change->transaction && counted)
    pass_commit(&counting, event);
  else
    host->add_event(host, out, event);
  if (change->operation == HEADRACE_BEGIN || change->operation == HEADRACE_COMMIT) {
    tally->active = change->operation == HEADRACE_BEGIN;
    tally->count = 0;
  }
}
