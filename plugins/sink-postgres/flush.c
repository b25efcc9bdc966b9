/* SPDX-License-Identifier: Apache-2.0
 *
 * Collecting: batches are taken whole, their events routed to writers, planned, handed over. */
#include "sink.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRESSURE     45 /* percent of the memory for batches: as much is on its way meanwhile */
#define REJECT_LEAST 100
#define SIFT_AFTER   8       /* events that cannot be planned, before each is looked at */
#define POSITIONS_US 1000000 /* positions without events are stored so often */

/* ---- making, emptying ---------------------------------------------------------- */

void flush_init(struct flush *flush, unsigned workers)
{
  flush->shares = sink_alloc(workers * sizeof *flush->shares);
  for (unsigned i = 0; i < workers; i++)
    flush->shares[i].plan = plan_new();
}

static void empty(struct flush *flush, unsigned workers)
{
  offsets_forget(flush, workers);
  flush->count = flush->rows = flush->bytes = 0;
  flush->closed = false;
  flush->shares_left = 0;
  for (unsigned i = 0; i < workers; i++) {
    struct share *share = &flush->shares[i];
    share->count = share->letter_count = share->rejected = 0;
    share->planned = share->renewed = share->in_doubt = false;
    plan_reset(share->plan);
  }
}

void flush_free(struct flush *flush, unsigned workers)
{
  for (unsigned i = 0; i < workers; i++) {
    plan_free(flush->shares[i].plan);
    free(flush->shares[i].items);
    free(flush->shares[i].letters);
  }
  free(flush->shares);
  offsets_forget(flush, workers);
  free(flush->batches);
  free(flush->parts);
}

/* ---- rejecting ------------------------------------------------------------------- */

static char *keep(const struct sink *sink, struct headrace_batch *batch, const char *text)
{
  size_t size = strlen(text) + 1;
  return memcpy(sink->host->alloc(sink->host, batch, size), text, size);
}

static struct letter *add_letter(struct share *share, const struct item *item)
{
  share->letters = sink_grow(share->letters, share->letter_count, &share->letter_capacity,
                             sizeof *share->letters);
  struct letter *letter = &share->letters[share->letter_count++];
  *letter = (struct letter){.item = *item};
  return letter;
}

/* "public.orders: …, topic orders, partition 3, offset 42 (SQLSTATE 22001)": no values. */
static void describe(const struct item *item, const struct pg_error *error, char *text, size_t size)
{
  char message[512];
  const struct headrace_change *change = item->event->change;
  const struct headrace_relation *relation = change ? change->relation : NULL;
  const struct headrace_record *record = item->event->record;
  failure_mask(error, message, sizeof message);
  size_t used = 0;
  if (relation)
    used += (size_t)snprintf(text, size, "%s%s%s: ", relation->schema ? relation->schema : "",
                             relation->schema ? "." : "", relation->table);
  used = used < size ? used : size - 1;
  snprintf(text + used, size - used, "%s", message);
  used = strlen(text);
  if (*error->sqlstate)
    snprintf(text + used, size - used, " (SQLSTATE %s)", error->sqlstate);
  used = strlen(text);
  if (record && record->offset >= 0)
    snprintf(text + used, size - used, ", topic %.*s, partition %" PRId32 ", offset %" PRId64,
             (int)record->topic.size, record->topic.data, record->partition, record->offset);
}

/* True: go on. */
static bool reject(struct sink *sink, struct share *share, const struct item *item,
                   const struct pg_error *error)
{
  const struct headrace_host *host = sink->host;
  const char *error_class = failure_class(error->sqlstate);
  char text[1024];
  describe(item, error, text, sizeof text);
  share->rejected++;
  switch (host->reject(host, item->batch, item->index, error_class, text)) {
  case HEADRACE_VERDICT_STOP: /* the host has said so */
    sink_fail(sink, HEADRACE_FATAL);
    return false;
  case HEADRACE_VERDICT_SKIP:
    return true;
  case HEADRACE_VERDICT_DEAD_LETTER:
    break;
  }
  struct letter *letter = add_letter(share, item);
  letter->error_class = error_class;
  letter->reason = keep(sink, item->batch, error->message);
  letter->stage = "sink";
  memcpy(letter->sqlstate, error->sqlstate, sizeof letter->sqlstate);
  return true;
}

void flush_drop_item(struct share *share, size_t item)
{
  memmove(&share->items[item], &share->items[item + 1],
          (share->count - item - 1) * sizeof *share->items);
  share->count--;
  share->planned = false;
}

bool flush_reject(struct sink *sink, struct share *share, size_t item, const struct pg_error *error)
{
  const struct item rejected = share->items[item];
  flush_drop_item(share, item);
  return reject(sink, share, &rejected, error);
}

bool flush_too_many(struct sink *sink, size_t rejected, size_t all)
{
  int64_t limit = sink->host->integer(sink->host, "reject_limit");
  if (sink->host->once || rejected < REJECT_LEAST || rejected * 100 <= all * (size_t)limit)
    return false;
  sink->host->log(sink->host, HEADRACE_ERROR,
                  "%zu of %zu events of a transaction were rejected, more than reject_limit "
                  "(%" PRId64 " %%); nothing of it is written. See the reasons above, and whether "
                  "the table fits the events",
                  rejected, all, limit);
  sink_fail(sink, HEADRACE_FATAL);
  return true;
}

/* Of those that had no place to go to. */
static bool too_many_of(struct sink *sink, const struct flush *flush)
{
  size_t rejected = 0, all = 0;
  for (unsigned i = 0; i < sink->workers; i++) {
    rejected += flush->shares[i].rejected;
    all += flush->shares[i].count + flush->shares[i].rejected;
  }
  return flush_too_many(sink, rejected, all);
}

/* ---- taking ----------------------------------------------------------------------- */

bool flush_admits(const struct sink *sink)
{
  return !sink->routing && !sink->collecting->closed;
}

static size_t bytes_of(const struct headrace_event *event)
{
  const struct headrace_change *change = event->change;
  size_t bytes = 0;
  if (event->record)
    return (size_t)event->record->key.size + event->record->value.size;
  for (uint32_t i = 0; change && change->new_values && i < change->relation->column_count; i++)
    bytes += change->new_values[i].size;
  return bytes;
}

static void add_item(struct sink *sink, const struct item *item)
{
  unsigned writer = (unsigned)(item->hash % sink->workers);
  struct share *share = &sink->collecting->shares[writer];
  share->items = sink_grow(share->items, share->count, &share->capacity, sizeof *share->items);
  share->items[share->count++] = *item;
  offsets_note(sink, sink->collecting, item->event, writer);
}

static void add_refused(struct sink *sink, const struct item *item)
{
  const struct headrace_rejection *rejection = item->event->rejection;
  struct letter *letter = add_letter(&sink->collecting->shares[0], item);
  letter->error_class = rejection->error_class;
  letter->reason = rejection->reason;
  letter->stage = rejection->stage;
  offsets_note(sink, sink->collecting, item->event, 0);
}

/* The planner, or the control connection, has to wait. */
static void postpone(struct sink *sink, const struct pg_error *error, const char *what)
{
  sink->again_at_us =
      sink_now(sink) + failure_backoff_us(REACTION_WAIT, ++sink->attempts, &sink->random);
  sink_trouble(sink, error, what);
}

/* `item`: which was to be written; NULL: none. */
static void give_up(struct sink *sink, const struct item *item, const struct pg_error *error)
{
  if (*error->message) {
    char text[1024];
    if (item)
      describe(item, error, text, sizeof text);
    else
      failure_mask(error, text, sizeof text);
    sink->host->log(sink->host, HEADRACE_ERROR, "cannot go on: %s", text);
  }
  sink_fail(sink, HEADRACE_FATAL);
}

/* What has no table to go to is the first writer's. */
static bool reject_here(struct sink *sink, const struct item *item, const struct pg_error *error)
{
  offsets_note(sink, sink->collecting, item->event, 0);
  return reject(sink, &sink->collecting->shares[0], item, error);
}

/* The events of a key that were collected before are another writer's, and may be written after
 * those that come now. */
static bool routed_otherwise(struct sink *sink)
{
  uint64_t before = sink->routings;
  if (sink->workers > 1 && sink->planner->routings)
    sink->routings = sink->planner->routings(sink->planner_instance);
  if (sink->routings == before || !sink->collecting->rows)
    return false;
  sink->host->log(sink->host, HEADRACE_INFO,
                  "a table was changed, and other writers have its events from now on: what was "
                  "collected before is read again");
  sink_fail(sink, HEADRACE_RETRY);
  return true;
}

/* False: not now, or never again. */
static bool route(struct sink *sink, struct item *item)
{
  struct pg_error error = {.result = HEADRACE_OK};
  if (offsets_has(sink, item->event))
    return true;
  if (item->event->rejection) {
    add_refused(sink, item);
    return true;
  }
  switch (sink->planner->route(sink->planner_instance, item, &error)) {
  case HEADRACE_OK:
    if (routed_otherwise(sink))
      return false;
    add_item(sink, item);
    return true;
  case HEADRACE_AGAIN:
    return reject_here(sink, item, &error);
  case HEADRACE_RETRY:
    postpone(sink, &error, "cannot look at the tables");
    return false;
  default:
    give_up(sink, item, &error);
    return false;
  }
}

static void add_batch(struct flush *flush, struct headrace_batch *batch)
{
  flush->batches =
      sink_grow(flush->batches, flush->count, &flush->capacity, sizeof(struct headrace_batch *));
  flush->batches[flush->count++] = batch;
}

void flush_take(struct sink *sink, struct headrace_batch *batch)
{
  if (!sink->collecting->count)
    sink->collecting->began_us = sink_now(sink);
  add_batch(sink->collecting, batch);
  sink->routing = batch;
  sink->routed = 0;
  flush_step(sink, false);
}

/* The rest of the batch that was taken last. */
static void route_rest(struct sink *sink)
{
  struct flush *flush = sink->collecting;
  struct headrace_batch *batch = sink->routing;
  size_t count;
  const struct headrace_event *events = sink->host->events(sink->host, batch, &count);
  while (sink->routed < count) {
    struct item item = {.event = &events[sink->routed], .batch = batch, .index = sink->routed};
    if (!route(sink, &item))
      return;
    flush->rows++;
    flush->bytes += bytes_of(item.event);
    sink->routed++;
    sink->attempts = 0;
  }
  struct pg_error error = {.result = HEADRACE_OK};
  enum headrace_result result = offsets_add(sink, flush, batch, &error);
  if (result == HEADRACE_OK)
    sink->routing = NULL;
  else if (result == HEADRACE_FATAL)
    give_up(sink, NULL, &error);
  else
    postpone(sink, &error, "cannot read where to go on");
}

/* ---- planning ---------------------------------------------------------------------- */

/* Each event by itself, so that many that cannot be planned cost one pass and not one each. */
static void sift(struct sink *sink, struct share *share)
{
  struct pg_error error;
  size_t failed = 0;
  for (size_t i = 0; i < share->count && !sink->failure;) {
    error = (struct pg_error){.result = HEADRACE_OK};
    plan_reset(share->plan);
    if (sink->planner->plan(sink->planner_instance, &share->items[i], 1, true, share->plan, &failed,
                            &error) == HEADRACE_AGAIN)
      flush_reject(sink, share, i, &error);
    else
      i++;
  }
}

bool flush_plan(struct sink *sink, struct share *share)
{
  size_t rejected = share->rejected;
  while (!share->planned && !sink->failure) {
    struct pg_error error = {.result = HEADRACE_OK};
    size_t failed = 0;
    plan_reset(share->plan);
    enum headrace_result result =
        share->count ? sink->planner->plan(sink->planner_instance, share->items, share->count,
                                           false, share->plan, &failed, &error)
                     : HEADRACE_OK;
    if (result == HEADRACE_OK) {
      share->planned = true;
    } else if (result == HEADRACE_AGAIN && failed < share->count) {
      flush_reject(sink, share, failed, &error);
      if (share->rejected - rejected == SIFT_AFTER)
        sift(sink, share);
    } else if (result == HEADRACE_RETRY) {
      postpone(sink, &error, "cannot look at the tables");
      return false;
    } else {
      give_up(sink, failed < share->count ? &share->items[failed] : NULL, &error);
    }
  }
  return share->planned && (share->rejected == rejected ||
                            !flush_too_many(sink, share->rejected, share->count + share->rejected));
}

static bool plan_all(struct sink *sink, struct flush *flush)
{
  for (unsigned i = 0; i < sink->workers; i++)
    if (!flush_plan(sink, &flush->shares[i]))
      return false;
  return true;
}

static bool is_planned(const struct sink *sink, const struct flush *flush)
{
  for (unsigned i = 0; i < sink->workers; i++)
    if (!flush->shares[i].planned)
      return false;
  return true;
}

/* ---- handing over -------------------------------------------------------------------- */

static bool has_work(const struct sink *sink, const struct flush *flush)
{
  for (unsigned i = 0; i < sink->workers; i++)
    if (flush->shares[i].count || flush->shares[i].letter_count)
      return true;
  return false;
}

static bool is_full(const struct sink *sink, const struct flush *flush)
{
  int sending = sink->sending ? sink->sending->pressure : 0;
  if (sink->sending && sink->writers[0].held_since_us)
    return sink->host->starved(sink->host);
  return flush->rows >= sink->batch_rows || flush->bytes >= sink->batch_bytes ||
         sink->host->pressure(sink->host) - sending >= PRESSURE || sink->host->starved(sink->host);
}

static bool is_due(const struct sink *sink, const struct flush *flush, bool quiet)
{
  if (!flush->count || sink->routing)
    return false;
  if (is_full(sink, flush))
    return true;
  if (sink->sending)
    return false;
  int64_t age = sink_now(sink) - flush->began_us;
  if (sink->flushing)
    return true;
  return has_work(sink, flush) ? quiet || age >= sink->batch_us : age >= POSITIONS_US;
}

static void hold(struct sink *sink, struct headrace_batch *batch)
{
  size_t events;
  sink->held = sink_grow(sink->held, sink->held_count, &sink->held_capacity, sizeof batch);
  sink->held[sink->held_count++] = batch;
  sink->host->events(sink->host, batch, &events);
  sink->held_events += events;
}

static void report(struct sink *sink, struct flush *flush)
{
  for (size_t i = 0; i < flush->count; i++)
    if (sink->dry_run)
      hold(sink, flush->batches[i]);
    else
      sink->host->durable(sink->host, flush->batches[i], NULL);
  empty(flush, sink->workers);
}

static void send(struct sink *sink)
{
  struct flush *flush = sink->collecting;
  sink->sent++; /* the one before is over, and its plans are reset */
  if (sink->planner->turn)
    sink->planner->turn(sink->planner_instance, sink->sent + 1, sink->sent - 1);
  sink->sending = flush;
  flush->pressure = sink->host->pressure(sink->host);
  sink->collecting = flush == &sink->flushes[0] ? &sink->flushes[1] : &sink->flushes[0];
  flush->shares_left = sink->workers;
  for (unsigned i = 0; i < sink->workers && !sink->failure; i++)
    writer_start(&sink->writers[i], flush);
}

static void join_shares(struct share *into, struct share *from)
{
  for (size_t i = 0; i < from->count; i++) {
    into->items = sink_grow(into->items, into->count, &into->capacity, sizeof *into->items);
    into->items[into->count++] = from->items[i];
  }
  for (size_t i = 0; i < from->letter_count; i++)
    *add_letter(into, &from->letters[i].item) = from->letters[i];
  into->rejected += from->rejected;
  into->planned = false;
}

/* Its batches stay what they are, with what the other writers have to do of them. */
static void join_first(struct sink *sink, struct flush *into, struct flush *from)
{
  join_shares(&into->shares[0], &from->shares[0]);
  from->shares[0].count = from->shares[0].letter_count = from->shares[0].rejected = 0;
  from->closed = false; /* it goes on collecting: what is waited for may be further behind */
  for (unsigned i = 0; i < sink->workers; i++)
    from->shares[i].planned = false;
}

static void join_all(struct sink *sink, struct flush *into, struct flush *from)
{
  for (size_t i = 0; i < from->count; i++)
    add_batch(into, from->batches[i]);
  join_shares(&into->shares[0], &from->shares[0]);
  into->rows += from->rows;
  into->bytes += from->bytes;
  into->pressure = sink->host->pressure(sink->host);
  empty(from, sink->workers);
}

void flush_join(struct sink *sink)
{
  struct flush *into = sink->sending, *from = sink->collecting;
  if (sink->routing || !from->count || into->shares[0].in_doubt)
    return;
  offsets_join(sink, into, from);
  if (sink->workers == 1)
    join_all(sink, into, from);
  else
    join_first(sink, into, from);
}

void flush_share_done(struct sink *sink, struct flush *flush)
{
  if (--flush->shares_left)
    return;
  sink->sending = NULL;
  report(sink, flush);
}

void flush_step(struct sink *sink, bool quiet)
{
  struct flush *flush = sink->collecting;
  if (sink->failure || sink_now(sink) < sink->again_at_us)
    return;
  if (sink->routing)
    route_rest(sink);
  if (!flush->closed && !sink->failure && is_due(sink, flush, quiet)) {
    flush->closed = true;
    too_many_of(sink, flush);
  }
  if (!flush->closed || sink->failure)
    return;
  if ((is_planned(sink, flush) || plan_all(sink, flush)) && !sink->sending)
    send(sink);
}

int64_t flush_due_us(const struct sink *sink)
{
  const struct flush *flush = sink->collecting;
  int64_t now = sink_now(sink);
  if (sink->again_at_us > now)
    return sink->again_at_us;
  if (!flush->count || sink->sending)
    return INT64_MAX;
  return flush->began_us + (has_work(sink, flush) ? sink->batch_us : POSITIONS_US);
}

void flush_abandon(struct sink *sink)
{
  enum headrace_result result = sink->failure ? sink->failure : HEADRACE_RETRY;
  for (size_t i = 0; i < sink->held_count; i++)
    sink->host->failed(sink->host, sink->held[i], result);
  sink->held_count = 0;
  for (size_t i = 0; i < 2; i++) {
    struct flush *flush = &sink->flushes[i];
    for (size_t j = 0; j < flush->count; j++)
      sink->host->failed(sink->host, flush->batches[j], result);
    empty(flush, sink->workers);
  }
  sink->routing = NULL;
  sink->sending = NULL;
}
