/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetch: from the tails for who keeps up, from the store for the others; parked while there is
 * less than the client wants to wait for. */
#include "fetch.h"

#include <stdlib.h>

static void look(struct fetch *fetch);

/* ---- parking -------------------------------------------------------------------------- */

static void wait_for(struct fetch_slot *slot, struct partition *partition)
{
  struct fetch_waiter *waiter = &slot->waiter;
  *waiter = (struct fetch_waiter){slot->fetch, partition, NULL, partition->waiters};
  if (partition->waiters)
    partition->waiters->previous = waiter;
  partition->waiters = waiter;
}

static void leave(struct fetch_waiter *waiter)
{
  if (!waiter->partition)
    return;
  *(waiter->previous ? &waiter->previous->next : &waiter->partition->waiters) = waiter->next;
  if (waiter->next)
    waiter->next->previous = waiter->previous;
  waiter->partition = NULL;
}

static void park(struct fetch *fetch)
{
  if (fetch->parked)
    return;
  fetch->parked = true;
  for (size_t i = 0; i < fetch->count; i++) {
    struct partition *partition = partition_of(fetch->slots[i].topic, fetch->slots[i].index);
    if (partition)
      wait_for(&fetch->slots[i], partition);
  }
}

static void wake(struct fetch *fetch)
{
  struct broker *broker = fetch->exchange->broker;
  if (fetch->in_woken || !fetch->parked)
    return;
  fetch->in_woken = true;
  fetch->next_woken = broker->woken;
  broker->woken = fetch;
}

static void forget_wake(struct fetch *fetch)
{
  struct fetch **at = &fetch->exchange->broker->woken;
  for (; fetch->in_woken && *at; at = &(*at)->next_woken)
    if (*at == fetch) {
      *at = fetch->next_woken;
      fetch->in_woken = false;
      return;
    }
}

void fetch_wake(struct partition *partition)
{
  for (struct fetch_waiter *waiter = partition->waiters; waiter; waiter = waiter->next)
    wake(waiter->fetch);
}

void fetch_look_again(struct broker *broker)
{
  struct fetch *fetch;
  while ((fetch = broker->woken)) {
    broker->woken = fetch->next_woken;
    fetch->in_woken = false;
    look(fetch);
  }
}

static void waited_enough(struct timer *timer)
{
  struct fetch *fetch = (struct fetch *)((char *)timer - offsetof(struct fetch, timer));
  fetch->last_look = true;
  if (fetch->parked)
    look(fetch);
}

void fetch_end_all(struct broker *broker)
{
  for (struct exchange *at = broker->exchanges; at; at = at->older) {
    struct fetch *fetch = at->request.key == KEY_FETCH ? at->work : NULL;
    if (!fetch || at->state != EXCHANGE_WAITING)
      continue;
    fetch->last_look = true;
    wake(fetch);
  }
}

/* ---- what there is ---------------------------------------------------------------------- */

static enum kafka_error check(struct fetch_slot *slot)
{
  struct partition *partition = partition_of(slot->topic, slot->index);
  bool known = false;
  if (!slot->topic || slot->topic->gone)
    return slot->fetch->by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  struct headrace_log_marks marks = {0};
  if (partition)
    marks = partition_marks(partition, &known);
  if (!known)
    return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  if (slot->topic->broker->no_log)
    return KAFKA_TOPIC_AUTHORIZATION_FAILED; /* clients do not ask again */
  const struct tail *tail = &partition->tail;
  int64_t tail_end = tail->count ? tail_at(tail, tail->count - 1)->next : 0;
  slot->start = marks.start;
  slot->end = tail_end > marks.end ? tail_end : marks.end;
  if (slot->epoch >= 0 && slot->epoch < marks.leader_epoch)
    return KAFKA_FENCED_LEADER_EPOCH;
  if (slot->epoch > marks.leader_epoch)
    return KAFKA_UNKNOWN_LEADER_EPOCH;
  if (slot->offset < slot->start || slot->offset > slot->end)
    return KAFKA_OFFSET_OUT_OF_RANGE;
  return slot->failed;
}

/* Whole batches: of each partition at least one if the whole answer has room for it, and one
 * however large it is if there is nothing else. */
static int64_t take_from_tail(struct fetch_slot *slot, const struct tail *tail, int64_t taken)
{
  int64_t most = slot->fetch->max_bytes - taken, size = 0;
  while (slot->first + slot->count < tail->count) {
    int64_t next = tail_at(tail, slot->first + slot->count)->blob->size;
    bool fits = size + next <= most && (!slot->count || size + next <= slot->max_bytes);
    if (!fits && (taken || slot->count))
      break;
    size += next;
    slot->count++;
  }
  return size;
}

/* Records of ours that are committed, but whose batch has not come back yet: it will in a moment,
 * and the store need not be asked. */
static bool about_to_come(const struct partition *partition, int64_t offset)
{
  const struct tail *tail = &partition->tail;
  return partition->in_flight && tail->count && tail_at(tail, tail->count - 1)->next == offset;
}

/* The store gives one record at least, also where others have left too little room: it is kept
 * then, for an answer in which it comes earlier. */
static int64_t take_stored(struct fetch_slot *slot, int64_t taken)
{
  struct fetch *fetch = slot->fetch;
  if (!taken || taken + slot->stored->size <= fetch->max_bytes)
    return slot->stored->size;
  const struct spare spare = {partition_of(slot->topic, slot->index), slot->offset, slot->asked,
                              slot->stored};
  spares_keep(&fetch->exchange->broker->spares, &spare);
  slot->stored = NULL;
  fetch->last_look = true; /* nothing more to wait for */
  return 0;
}

/* What was read for somebody with more room may be more than this one wants. */
static bool take_spare(struct fetch_slot *slot, const struct partition *partition, int64_t most)
{
  struct spare spare;
  if (!spares_take(&slot->fetch->exchange->broker->spares, partition, slot->offset, most, &spare))
    return false;
  slot->stored = spare.blob;
  slot->asked = spare.asked;
  return true;
}

static int64_t take(struct fetch_slot *slot, int64_t taken, bool *asks)
{
  struct fetch *fetch = slot->fetch;
  slot->first = slot->count = 0;
  slot->error = check(slot);
  if (slot->error != KAFKA_NONE || slot->offset == slot->end)
    return 0;
  if (slot->stored)
    return take_stored(slot, taken);
  struct partition *partition = partition_of(slot->topic, slot->index);
  slot->first = tail_find(&partition->tail, slot->offset);
  if (slot->first < partition->tail.count)
    return take_from_tail(slot, &partition->tail, taken);
  int64_t room = fetch->max_bytes - taken;
  if ((taken && room <= 0) || about_to_come(partition, slot->offset))
    return 0;
  int64_t most = slot->max_bytes < room ? slot->max_bytes : room;
  if (most < 1) /* who has room for nothing gets one record all the same */
    most = 1;
  if (take_spare(slot, partition, most))
    return take_stored(slot, taken);
  if (fetch->was_read)
    return 0;
  *asks = true;
  slot->asked = most;
  fetch_read(slot, most);
  return most;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static struct wire_slice records_of(struct fetch_slot *slot)
{
  struct wire_arena *arena = &slot->fetch->exchange->arena;
  if (slot->stored)
    return (struct wire_slice){slot->stored->data, slot->stored->size};
  if (!slot->count)
    return wire_text("");
  const struct tail *tail = &partition_of(slot->topic, slot->index)->tail;
  if (slot->count == 1) {
    slot->held = blob_hold(tail_at(tail, slot->first)->blob);
    return (struct wire_slice){slot->held->data, slot->held->size};
  }
  uint32_t size = 0;
  for (uint32_t i = 0; i < slot->count; i++)
    size += tail_at(tail, slot->first + i)->blob->size;
  char *data = wire_alloc(arena, size), *at = data;
  for (uint32_t i = 0; i < slot->count; i++) {
    const struct blob *blob = tail_at(tail, slot->first + i)->blob;
    memcpy(at, blob->data, blob->size);
    at += blob->size;
  }
  return (struct wire_slice){data, size};
}

static bool same_topic(const struct fetch_slot *a, const struct fetch_slot *b)
{
  return a->fetch->by_id ? !memcmp(&a->id, &b->id, sizeof a->id) : wire_equal(a->name, b->name);
}

static void answer_slot(struct fetch_slot *slot, struct fetch_response_partition_data *answer)
{
  bool good = slot->error == KAFKA_NONE;
  answer->partition_index = slot->index;
  answer->error_code = (int16_t)slot->error;
  answer->high_watermark = good ? slot->end : -1;
  answer->last_stable_offset = good ? slot->end : -1;
  answer->log_start_offset = good ? slot->start : -1;
  answer->records = good ? records_of(slot) : wire_text("");
  /* Null says "all committed", which Kafka answers to those who read uncommitted. */
  const struct fetch_request *request = slot->fetch->exchange->request.body;
  answer->aborted_transactions.count = request->isolation_level ? 0 : -1;
}

static void answer_slots(struct fetch *fetch, struct fetch_response *answer)
{
  struct fetch_slot *last = NULL;
  struct fetch_response_fetchable_topic_response *topic = NULL;
  WIRE_ITEMS(&fetch->exchange->arena, answer->responses, fetch->count,
             fetch_response_fetchable_topic_response);
  struct fetch_response_partition_data *partitions =
      wire_new(&fetch->exchange->arena, &fetch_response_partition_data_layout, fetch->count);
  answer->responses.count = 0;
  for (size_t i = 0; i < fetch->count; i++) {
    struct fetch_slot *slot = &fetch->slots[i];
    if (slot->in_session && !fetch_session_tells(slot, slot->count || slot->stored) && !fetch->full)
      continue;
    if (!last || !same_topic(last, slot)) {
      topic = &answer->responses.items[answer->responses.count++];
      topic->topic = slot->name;
      topic->topic_id = slot->id;
      topic->partitions.items = partitions;
    }
    topic->partitions.count++;
    answer_slot(slot, partitions++);
    last = slot;
  }
}

static size_t bytes_of(const struct fetch_response *answer)
{
  size_t bytes = 0;
  for (int32_t i = 0; i < answer->responses.count; i++)
    for (int32_t j = 0; j < answer->responses.items[i].partitions.count; j++)
      bytes += answer->responses.items[i].partitions.items[j].records.size;
  return bytes;
}

static void finish(struct fetch *fetch)
{
  struct fetch_response *answer = WIRE_NEW(&fetch->exchange->arena, fetch_response);
  fetch->parked = false;
  forget_wake(fetch); /* by what came while the store was reading */
  timer_clear(&fetch->exchange->broker->timers, &fetch->timer);
  for (size_t i = 0; i < fetch->count; i++)
    leave(&fetch->slots[i].waiter);
  answer->session_id = fetch->session_id;
  answer_slots(fetch, answer);
  answer->throttle_time_ms = quota_charge(fetch->exchange, QUOTA_CONSUME, bytes_of(answer));
  exchange_answer(fetch->exchange, answer);
}

/* ---- looking --------------------------------------------------------------------------------- */

static void look(struct fetch *fetch)
{
  if (fetch->reads)
    return; /* fetch_read_done() goes on, whatever came meanwhile */
  int64_t taken = 0;
  bool asks = false, wrong = false, stored = false;
  for (size_t i = 0; i < fetch->count; i++) {
    struct fetch_slot *slot = &fetch->slots[i];
    taken += take(slot, taken, &asks);
    wrong |= slot->error != KAFKA_NONE;
    stored |= slot->stored != NULL;
  }
  if (asks)
    return;                /* fetch_read_done() goes on */
  fetch->was_read = false; /* what is parked may ask again when something has come */
  if (wrong || stored || taken >= fetch->min_bytes || fetch->last_look || !fetch->count)
    finish(fetch);
  else
    park(fetch);
}

void fetch_read_done(struct fetch *fetch)
{
  if (fetch->reads)
    return;
  fetch->was_read = true;
  look(fetch);
}

/* ---- requests ----------------------------------------------------------------------------------
 */

static void release(struct exchange *exchange)
{
  struct fetch *fetch = exchange->work;
  timer_clear(&exchange->broker->timers, &fetch->timer);
  forget_wake(fetch);
  for (size_t i = 0; i < fetch->count; i++) {
    struct fetch_slot *slot = &fetch->slots[i];
    leave(&slot->waiter);
    blob_release(slot->stored);
    blob_release(slot->held);
    if (slot->topic)
      topic_release(slot->topic);
  }
}

/* A question to the store has to be waited for; it sees that there is no connection. */
static void closed(struct exchange *exchange)
{
  struct fetch *fetch = exchange->work;
  if (!fetch->reads)
    exchange_silence(exchange);
}

static int64_t least(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

void handle_fetch(struct exchange *exchange)
{
  const struct fetch_request *request = exchange->request.body;
  struct broker *broker = exchange->broker;
  struct fetch *fetch = wire_alloc(&exchange->arena, sizeof *fetch);
  exchange->work = fetch;
  fetch->exchange = exchange;
  fetch->by_id = exchange->request.version >= 13;
  fetch->max_bytes =
      least(request->max_bytes > 0 ? request->max_bytes : 0, broker->limits.fetch_bytes);
  fetch->max_bytes = least(fetch->max_bytes, quota_most(exchange, QUOTA_CONSUME));
  fetch->min_bytes = least(request->min_bytes, fetch->max_bytes);
  fetch->timer.expired = waited_enough;
  exchange->release = release;
  exchange->closed = closed;
  enum kafka_error error = fetch_session_begin(fetch);
  if (error != KAFKA_NONE) {
    struct fetch_response *answer = WIRE_NEW(&exchange->arena, fetch_response);
    answer->error_code = (int16_t)error;
    exchange_answer(exchange, answer);
    return;
  }
  if (request->max_wait_ms <= 0)
    fetch->last_look = true;
  else
    timer_set(&broker->timers, &fetch->timer, broker_clock_ms() + request->max_wait_ms);
  look(fetch);
}
