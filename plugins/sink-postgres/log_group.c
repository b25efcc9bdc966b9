/* SPDX-License-Identifier: Apache-2.0 */
#include "log_numbering.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TIMES_EVERY 4096 /* records: a row of times */

void log_group_begin(struct log_group *group, int64_t global)
{
  group->taken_count = group->entry_count = 0;
  group->segment_count = group->block_count = group->wrote_count = group->outbox_count = 0;
  group->global_before = group->global_after = global;
  free(group->sql);
  group->sql = NULL;
  log_rows_begin(&group->rows);
}

void log_group_free(struct log_group *group)
{
  free(group->taken);
  log_rows_free(&group->rows);
  free(group->entries);
  free(group->segments);
  free(group->blocks);
  free(group->wrote);
  free(group->outbox);
  free(group->sql);
}

bool log_group_is_empty(const struct log_group *group)
{
  return !group->taken_count && !group->outbox_count;
}

/* ---- taking records ----------------------------------------------------------------- */

struct taking {
  struct log_sink *sink;
  struct log_group *group;
  struct headrace_batch *batch;
  const struct headrace_event *events;
  size_t count;
  uint64_t *receipts;
  int64_t now_ms;
};

/* OK: it was refused, and the rest goes on. */
static enum headrace_result refuse(const struct taking *taking, size_t event,
                                   const char *error_class, const char *reason)
{
  const struct headrace_host *host = taking->sink->host;
  switch (host->reject(host, taking->batch, event, error_class, reason)) {
  case HEADRACE_VERDICT_SKIP:
    return HEADRACE_OK;
  case HEADRACE_VERDICT_DEAD_LETTER:
    host->log(host, HEADRACE_ERROR,
              "errors = dead-letter is not for mode = log, which has no table for them: use skip "
              "or stop");
    return HEADRACE_FATAL;
  case HEADRACE_VERDICT_STOP:
    break;
  }
  return HEADRACE_FATAL;
}

static enum headrace_result refuse_all(const struct taking *taking, size_t from, size_t to,
                                       const char *error_class, const char *reason)
{
  for (size_t i = from; i < to; i++)
    if (refuse(taking, i, error_class, reason) != HEADRACE_OK)
      return HEADRACE_FATAL;
  return HEADRACE_OK;
}

static bool same_topic(const struct headrace_record *a, const struct headrace_record *b)
{
  return a->topic.size == b->topic.size &&
         (a->topic.data == b->topic.data || !memcmp(a->topic.data, b->topic.data, a->topic.size));
}

/* The events from `from` on that go to one partition, as one run or without numbers. */
static size_t end_of_run(const struct taking *taking, size_t from)
{
  const struct headrace_record *first = taking->events[from].record;
  size_t to = from + 1;
  while (to < taking->count && taking->events[to].record && !taking->events[to].rejection &&
         taking->events[to].record->partition == first->partition &&
         taking->events[to].record->numbering == first->numbering &&
         same_topic(first, taking->events[to].record))
    to++;
  return to;
}

/* So many records are on their way to it from now on. NULL: there is no such partition. */
static struct log_partition *begin_append(struct log_sink *sink,
                                          const struct headrace_record *record, size_t count)
{
  log_lock(&sink->state);
  struct log_topic *topic =
      record->topic.data ? log_topic_named(&sink->state, record->topic.data, record->topic.size)
                         : NULL;
  struct log_partition *partition = log_partition_at(topic, record->partition);
  if (partition)
    topic->pending += count;
  log_unlock(&sink->state);
  return partition;
}

static void end_append(struct log_sink *sink, struct log_partition *partition, uint64_t count)
{
  log_lock(&sink->state);
  log_topic_settled(&sink->state, partition->topic, count);
  log_unlock(&sink->state);
}

static struct log_entry *entry_of(struct log_group *group, struct log_partition *partition)
{
  if (partition->group == group && partition->group_entry < group->entry_count &&
      group->entries[partition->group_entry].partition == partition)
    return &group->entries[partition->group_entry];
  group->entries =
      sink_grow(group->entries, group->entry_count, &group->entry_capacity, sizeof *group->entries);
  partition->group = group;
  partition->group_entry = group->entry_count;
  struct log_entry *entry = &group->entries[group->entry_count++];
  *entry = (struct log_entry){
      .partition = partition, .before = partition->next, .after = partition->next};
  return entry;
}

/* Of what has come since the last row of times, all in one segment. */
static void end_block(struct log_group *group, struct log_partition *partition)
{
  struct log_times *times = &partition->times;
  if (times->first == partition->next)
    return;
  group->blocks =
      sink_grow(group->blocks, group->block_count, &group->block_capacity, sizeof *group->blocks);
  group->blocks[group->block_count++] = (struct log_block){partition, partition->next, *times};
  *times = (struct log_times){.first = partition->next};
}

static void note_time(struct log_group *group, struct log_partition *partition,
                      const struct headrace_record *record)
{
  struct log_times *times = &partition->times;
  if (record->timestamp_ms != -1) {
    if (!times->any || times->newest_ms < record->timestamp_ms)
      times->newest_ms = record->timestamp_ms;
    times->any = true;
    times->unknown |= times->newest_ms > LOG_TIME_MOST_MS;
  }
  if (partition->next - times->first >= TIMES_EVERY)
    end_block(group, partition);
}

static void need_segment(const struct log_sink *sink, struct log_group *group,
                         struct log_partition *partition)
{
  if (partition->next < partition->segment_end)
    return;
  end_block(group, partition);
  group->segments = sink_grow(group->segments, group->segment_count, &group->segment_capacity,
                              sizeof *group->segments);
  partition->segment_end = partition->next + sink->segment_records;
  group->segments[group->segment_count++] =
      (struct log_new_segment){partition, partition->next, partition->segment_end};
}

static struct log_entry *append_row(const struct log_sink *sink, struct log_group *group,
                                    struct log_partition *partition,
                                    const struct headrace_record *record)
{
  need_segment(sink, group, partition);
  struct log_entry *entry = entry_of(group, partition);
  size_t before = (size_t)(partition->next - entry->before);
  struct log_place place = {partition->topic->number, partition->number, partition->next++,
                            group->global_after++};
  entry->bytes +=
      log_rows_add(&group->rows, (uint32_t)partition->group_entry, before, &place, record);
  note_time(group, partition, record);
  entry->after = partition->next;
  return entry;
}

static void append_record(const struct taking *taking, struct log_partition *partition, size_t i)
{
  taking->receipts[i] = (uint64_t)partition->next;
  append_row(taking->sink, taking->group, partition, taking->events[i].record);
}

static void note_producer(const struct taking *taking, struct log_partition *partition,
                          const struct headrace_numbering *numbering, int64_t first_offset)
{
  struct log_group *group = taking->group;
  struct log_producer *producer =
      log_numbering_note(partition->producers, numbering, first_offset, taking->now_ms);
  const struct log_wrote *last = group->wrote_count ? &group->wrote[group->wrote_count - 1] : NULL;
  if (last && last->partition == partition && last->producer == producer->id)
    return;
  group->wrote =
      sink_grow(group->wrote, group->wrote_count, &group->wrote_capacity, sizeof *group->wrote);
  group->wrote[group->wrote_count++] = (struct log_wrote){partition, producer->id};
}

static const char *refused_as(enum log_numbering_verdict verdict, const char **reason)
{
  switch (verdict) {
  case LOG_OUT_OF_SEQUENCE:
    *reason = "records of the producer that come before it are missing";
    return HEADRACE_REJECT_OUT_OF_SEQUENCE;
  case LOG_OLD_EPOCH:
    *reason = "a newer instance of the producer has written";
    return HEADRACE_REJECT_OLD_EPOCH;
  default:
    *reason = "its numbers make no sense";
    return HEADRACE_REJECT_INVALID;
  }
}

static const char *refusal_in(const struct taking *taking, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++) {
    const char *reason = log_row_refusal(taking->events[i].record);
    if (reason)
      return reason;
  }
  return NULL;
}

/* A run is written whole, or not at all: its numbers stand for all of it. */
static enum headrace_result take_numbered(const struct taking *taking,
                                          struct log_partition *partition, size_t from, size_t to)
{
  const struct headrace_numbering *numbering = taking->events[from].record->numbering;
  int64_t first_offset = partition->next;
  const char *reason = refusal_in(taking, from, to);
  if (reason)
    return refuse_all(taking, from, to, HEADRACE_REJECT_INVALID, reason);
  enum log_numbering_verdict verdict =
      log_numbering_check(partition->producers, numbering, &first_offset);
  if (verdict == LOG_DUPLICATE) {
    /* Its original is in this group or an earlier one: committed when this batch is reported. */
    for (size_t i = from; i < to; i++)
      taking->receipts[i] = (uint64_t)first_offset + (i - from);
    return HEADRACE_OK;
  }
  if (verdict != LOG_IN_SEQUENCE) {
    const char *error_class = refused_as(verdict, &reason);
    return refuse_all(taking, from, to, error_class, reason);
  }
  for (size_t i = from; i < to; i++)
    append_record(taking, partition, i);
  note_producer(taking, partition, numbering, first_offset);
  return HEADRACE_OK;
}

static enum headrace_result take_plain(const struct taking *taking, struct log_partition *partition,
                                       size_t from, size_t to)
{
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = from; i < to && result == HEADRACE_OK; i++) {
    const char *reason = log_row_refusal(taking->events[i].record);
    if (reason)
      result = refuse(taking, i, HEADRACE_REJECT_INVALID, reason);
    else
      append_record(taking, partition, i);
  }
  return result;
}

static enum headrace_result take_run(const struct taking *taking, size_t from, size_t *to)
{
  const struct headrace_event *event = &taking->events[from];
  *to = from + 1;
  if (event->rejection)
    return refuse(taking, from, event->rejection->error_class, event->rejection->reason);
  if (!event->record)
    return refuse(taking, from, HEADRACE_REJECT_INVALID,
                  "it is not a record: mode = log needs a codec behind this source");
  *to = end_of_run(taking, from);
  struct log_partition *partition = begin_append(taking->sink, event->record, *to - from);
  if (!partition)
    return refuse_all(taking, from, *to, HEADRACE_REJECT_UNKNOWN_TOPIC,
                      "there is no such topic or partition");
  uint64_t rows = taking->group->rows.count;
  enum headrace_result result = event->record->numbering
                                    ? take_numbered(taking, partition, from, *to)
                                    : take_plain(taking, partition, from, *to);
  end_append(taking->sink, partition, *to - from - (taking->group->rows.count - rows));
  return result;
}

enum headrace_result log_group_take(struct log_sink *sink, struct log_group *group,
                                    struct headrace_batch *batch)
{
  const struct headrace_host *host = sink->host;
  struct taking taking = {.sink = sink, .group = group, .batch = batch};
  taking.events = host->events(host, batch, &taking.count);
  taking.receipts = sink_alloc((taking.count + 1) * sizeof *taking.receipts);
  taking.now_ms = log_now_us(sink) / 1000;
  group->taken =
      sink_grow(group->taken, group->taken_count, &group->taken_capacity, sizeof *group->taken);
  group->taken[group->taken_count++] = (struct log_taken){batch, taking.receipts};
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = 0, next; i < taking.count && result == HEADRACE_OK; i = next)
    result = take_run(&taking, i, &next);
  return result;
}

/* ---- taking rows of the outbox ------------------------------------------------------ */

/* The 32-bit murmur2 of Kafka's own producers (org.apache.kafka.common.utils.Utils.murmur2), so
 * that a key has one partition, whoever writes it. */
static uint32_t murmur2(const unsigned char *data, uint32_t size)
{
  const uint32_t m = 0x5bd1e995;
  uint32_t hash = 0x9747b28c ^ size;
  for (; size >= 4; size -= 4, data += 4) {
    uint32_t k =
        (uint32_t)data[3] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[1] << 8 | data[0];
    k *= m;
    hash = hash * m ^ (k ^ k >> 24) * m;
  }
  for (uint32_t i = size; i-- > 0;)
    hash ^= (uint32_t)data[i] << 8 * i;
  hash = size ? hash * m : hash;
  hash = (hash ^ hash >> 13) * m;
  return hash ^ hash >> 15;
}

/* Locked. Where nobody has said it: by the key, or in turn. */
static struct log_partition *choose_partition(const struct log_topic *topic, int32_t asked,
                                              int64_t id, const struct headrace_record *record)
{
  if (asked >= 0 || !topic || topic->deleted)
    return topic && !topic->deleted ? log_partition_at(topic, asked) : NULL;
  uint32_t turn = record->key.state == HEADRACE_NULL
                      ? (uint32_t)id
                      : murmur2((const unsigned char *)record->key.data, record->key.size);
  return topic->partitions[(turn & INT32_MAX) % (uint32_t)topic->partition_count];
}

void log_group_take_outbox(struct log_sink *sink, struct log_group *group, int64_t id,
                           int32_t topic, int32_t partition, const struct headrace_record *record)
{
  group->outbox =
      sink_grow(group->outbox, group->outbox_count, &group->outbox_capacity, sizeof *group->outbox);
  group->outbox[group->outbox_count++] = id;
  log_lock(&sink->state);
  struct log_partition *chosen =
      record ? choose_partition(log_topic_numbered(&sink->state, topic), partition, id, record)
             : NULL;
  if (chosen && log_row_refusal(record))
    chosen = NULL;
  if (chosen)
    chosen->topic->pending++;
  log_unlock(&sink->state);
  if (chosen)
    append_row(sink, group, chosen, record)->by_sql = true;
  else
    sink->host->log(sink->host, HEADRACE_WARNING,
                    "row %" PRId64 " of the outbox is left out: its topic or partition is gone, or "
                    "it cannot be a record",
                    id);
}

/* ---- the transaction's text --------------------------------------------------------- */

static void add_segments(const struct log_group *group, char **sql)
{
  for (size_t i = 0; i < group->segment_count; i++) {
    const struct log_new_segment *segment = &group->segments[i];
    pg_append(sql, "SELECT add_segment(%d, %d, %" PRId64 ", %" PRId64 ");",
              segment->partition->topic->number, segment->partition->number, segment->first,
              segment->end);
  }
}

static void add_times(const struct log_group *group, char **sql)
{
  for (size_t i = 0; i < group->block_count; i++) {
    const struct log_block *block = &group->blocks[i];
    pg_append(sql, "%s(%d, %d, %" PRId64 ", %" PRId64 ", ", i ? ", " : "INSERT INTO times VALUES ",
              block->partition->topic->number, block->partition->number, block->times.first,
              block->end);
    if (block->times.unknown || !block->times.any)
      pg_append(sql, block->times.unknown ? "'infinity')" : "'-infinity')");
    else
      pg_append(sql, LOG_TIMESTAMP_OF_MS ")", block->times.newest_ms);
  }
  if (group->block_count)
    pg_append(sql, ";");
}

static void add_producer(const struct log_wrote *wrote, char **sql)
{
  const struct log_producer *producer =
      log_producers_find(wrote->partition->producers, wrote->producer);
  static const char *const casts[] = {"integer", "bigint", "bigint"};
  pg_append(sql, "(%d, %d, %" PRId64 ", %d", wrote->partition->topic->number,
            wrote->partition->number, producer->id, producer->epoch);
  for (unsigned column = 0; column < 3; column++) {
    for (unsigned i = 0; i < producer->window_count; i++) {
      const struct log_run *run = &producer->window[i];
      const int64_t values[] = {run->first_sequence, run->count, run->first_offset};
      pg_append(sql, "%s%" PRId64, i ? "," : ", '{", values[column]);
    }
    pg_append(sql, "}'::%s[]", casts[column]);
  }
  pg_append(sql, ", to_timestamp(%" PRId64 " / 1000.0))", producer->last_timestamp_ms);
}

static int by_producer(const void *a, const void *b)
{
  const struct log_wrote *left = a, *right = b;
  if (left->partition != right->partition)
    return (uintptr_t)left->partition < (uintptr_t)right->partition ? -1 : 1;
  return (left->producer > right->producer) - (left->producer < right->producer);
}

static void add_producers(struct log_group *group, char **sql)
{
  if (!group->wrote_count)
    return;
  qsort(group->wrote, group->wrote_count, sizeof *group->wrote, by_producer);
  pg_append(sql, "INSERT INTO producers VALUES ");
  for (size_t i = 0; i < group->wrote_count; i++) {
    if (i && !by_producer(&group->wrote[i - 1], &group->wrote[i]))
      continue;
    pg_append(sql, "%s", i ? ", " : "");
    add_producer(&group->wrote[i], sql);
  }
  pg_append(sql, " ON CONFLICT (topic_id, partition_id, producer_id) DO UPDATE SET"
                 " epoch = excluded.epoch, first_sequences = excluded.first_sequences,"
                 " counts = excluded.counts, first_offsets = excluded.first_offsets,"
                 " last_written = excluded.last_written;");
}

static void add_advance(const struct log_sink *sink, const struct log_group *group, char **sql)
{
  static const char *const types[] = {"integer", "integer", "bigint", "bigint"};
  pg_append(sql, "SELECT advance(%" PRId64 ", %" PRId64 ", %" PRId64, sink->state.owner_epoch,
            group->global_before, group->global_after);
  for (unsigned column = 0; column < 4; column++) {
    pg_append(sql, ", '{");
    for (size_t i = 0; i < group->entry_count; i++) {
      const struct log_entry *entry = &group->entries[i];
      const int64_t values[] = {entry->partition->topic->number, entry->partition->number,
                                entry->before, entry->after};
      pg_append(sql, "%s%" PRId64, i ? "," : "", values[column]);
    }
    pg_append(sql, "}'::%s[]", types[column]);
  }
  pg_append(sql, ");");
}

static void add_outbox(const struct log_group *group, char **sql)
{
  if (!group->outbox_count)
    return;
  pg_append(sql, "DELETE FROM outbox WHERE id = ANY ('{");
  for (size_t i = 0; i < group->outbox_count; i++)
    pg_append(sql, "%s%" PRId64, i ? "," : "", group->outbox[i]);
  pg_append(sql, "}');");
}

void log_group_close(const struct log_sink *sink, struct log_group *group)
{
  log_rows_close(&group->rows, group->entry_count);
  pg_append(&group->sql, "BEGIN;");
  add_segments(group, &group->sql);
  pg_append(&group->sql, "COPY messages FROM STDIN (FORMAT binary);");
  add_times(group, &group->sql);
  add_producers(group, &group->sql);
  add_outbox(group, &group->sql);
  add_advance(sink, group, &group->sql);
  pg_append(&group->sql, "COMMIT");
}

void log_group_show(struct log_sink *sink, const struct log_group *group)
{
  log_lock(&sink->state);
  for (size_t i = 0; i < group->segment_count; i++) {
    const struct log_new_segment *segment = &group->segments[i];
    log_segment_add(segment->partition, (struct log_segment){segment->first, segment->end, false});
  }
  for (size_t i = 0; i < group->entry_count; i++) {
    const struct log_entry *entry = &group->entries[i];
    uint64_t records = (uint64_t)(entry->after - entry->before);
    entry->partition->end = entry->after;
    entry->partition->row_bytes = (size_t)(entry->bytes / records);
    log_topic_settled(&sink->state, entry->partition->topic, records);
  }
  log_unlock(&sink->state);
}
