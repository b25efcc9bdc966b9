/* SPDX-License-Identifier: Apache-2.0
 *
 * Partitions come and go. librdkafka asks by rebalance_callback and then waits for
 * rd_kafka_(incremental_)(un)assign, all the while sending heartbeats; what has to be known or
 * finished before is worked off by rebalance_advance, step by step, without blocking. */
#include "source.h"

#include <inttypes.h>
#include <string.h>

typedef void each_partition(struct source *source, struct partition *partition);

static void for_each(struct source *source, each_partition *act)
{
  const rd_kafka_topic_partition_list_t *list = source->rebalance.list;
  for (int i = 0; i < list->cnt; i++)
    act(source, partition_get(&source->topics, list->elems[i].topic, list->elems[i].partition));
}

static bool all_are(const struct source *source, enum partition_state state)
{
  const rd_kafka_topic_partition_list_t *list = source->rebalance.list;
  for (int i = 0; i < list->cnt; i++)
    if (partition_find(&source->topics, list->elems[i].topic, list->elems[i].partition)->state !=
        state)
      return false;
  return true;
}

static bool cooperative(const struct source *source)
{
  return !strcmp(rd_kafka_rebalance_protocol(source->kafka), "COOPERATIVE");
}

static void forget(struct source *source)
{
  locate_end(&source->rebalance.locate);
  if (source->rebalance.list)
    rd_kafka_topic_partition_list_destroy(source->rebalance.list);
  source->rebalance = (struct rebalance){.turn = TURN_NONE};
}

static void say_error(const struct source *source, const char *what, const char *reason)
{
  source->host->log(source->host, HEADRACE_ERROR, "%s the partitions: %s", what, reason);
}

/* librdkafka's answer to a call that completes a rebalance. It fails if the group went on without
 * this member: then the next callback says so. */
static void completed(struct source *source, rd_kafka_error_t *incremental,
                      rd_kafka_resp_err_t whole, const char *what)
{
  if (incremental)
    say_error(source, what, rd_kafka_error_string(incremental));
  else if (whole)
    say_error(source, what, rd_kafka_err2str(whole));
  rd_kafka_error_destroy(incremental);
}

static void gauge_assigned(const struct source *source)
{
  int64_t count = 0;
  size_t at = 0;
  for (const struct partition *partition; (partition = partition_next(&source->topics, &at));)
    count += partition->state == PARTITION_READING;
  source->host->gauge(source->host, "partitions", count);
}

/* ---- where a partition begins -------------------------------------------- */

static int64_t offset_in(const rd_kafka_topic_partition_list_t *list,
                         const struct partition *partition)
{
  const rd_kafka_topic_partition_t *found =
      list ? rd_kafka_topic_partition_list_find((rd_kafka_topic_partition_list_t *)(uintptr_t)list,
                                                partition->topic->name, partition->number)
           : NULL;
  return found && found->offset >= 0 ? found->offset : NOT_KNOWN;
}

static int64_t beginning(const struct source *source, int64_t low, int64_t high, int64_t at_time)
{
  switch (source->start) {
  case START_LATEST:
    return high;
  case START_TIMESTAMP: /* none: no record is so young */
    return at_time == NOT_KNOWN ? high : at_time;
  default:
    return low;
  }
}

static void begin_at(struct source *source, struct partition *partition, int64_t from, int64_t next,
                     const char *why)
{
  source->host->log(source->host, HEADRACE_INFO, "%s goes on at offset %" PRId64 ": %s",
                    partition->name, next, why);
  partition->from = from;
  partition->next = next;
  partition->announce = from != next || partition->stored == NOT_KNOWN;
  partition->durable = next;
  partition->told = NOT_KNOWN;
  partition->state = PARTITION_LOCATED;
}

static bool tolerates(const struct source *source, const char *key, const char *tolerant)
{
  return !strcmp(source->host->string(source->host, key), tolerant);
}

static void stop_at(struct source *source, const char *text, const struct partition *partition,
                    int64_t known, int64_t edge)
{
  source->host->log(source->host, HEADRACE_ERROR, text, partition->name, known, edge);
  source_fail(source, HEADRACE_FATAL);
}

/* How far it was read, as far as anybody knows. If the sink keeps the checkpoint it is the only
 * one to know. Else what became durable here may be ahead of what could be stored and committed:
 * while the brokers were away, or after the partition was lost. */
static int64_t known_of(const struct source *source, const struct partition *partition)
{
  int64_t known = partition->stored;
  int64_t committed = offset_in(source->rebalance.locate.committed, partition);
  if (committed > known)
    known = committed;
  if (!source->host->keeps_checkpoint && partition->durable > known)
    known = partition->durable;
  return known;
}

static void locate(struct source *source, struct partition *partition)
{
  const struct locate *found = &source->rebalance.locate;
  int64_t low = offset_in(found->low, partition), high = offset_in(found->high, partition);
  int64_t known = known_of(source, partition);
  if (known == NOT_KNOWN) {
    int64_t begin = beginning(source, low, high, offset_in(found->begin, partition));
    begin_at(source, partition, begin, begin, "nothing is known of it, so `start` says where");
  } else if (known > high && !tolerates(source, "topic_recreated", "restart")) {
    stop_at(source,
            "%s: the checkpoint says offset %" PRId64 ", but the partition ends at %" PRId64
            ": the topic was deleted and made anew, or its last records are lost. Set "
            "topic_recreated = restart to read it from its beginning",
            partition, known, high);
  } else if (known > high) {
    begin_at(source, partition, known, low, "the topic was made anew");
  } else if (known < low && !tolerates(source, "records_lost", "continue")) {
    stop_at(source,
            "%s: the checkpoint says offset %" PRId64 ", but the partition begins at %" PRId64
            ": what lies between was deleted before it was read (retention). Set records_lost = "
            "continue to go on without it",
            partition, known, low);
  } else if (known < low) {
    source->host->counter(source->host, "records_lost", (uint64_t)(low - known));
    begin_at(source, partition, known, low, "records were deleted before they were read");
  } else {
    begin_at(source, partition, known, known,
             known == partition->stored    ? "the checkpoint says so"
             : known == partition->durable ? "it is durable up to there"
                                           : "the group's offset says so");
  }
}

/* ---- assigning ------------------------------------------------------------- */

static void join_queue(struct source *source, struct partition *partition)
{
  rd_kafka_queue_t *queue =
      rd_kafka_queue_get_partition(source->kafka, partition->topic->name, partition->number);
  rd_kafka_queue_forward(queue, source->records);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_find(source->rebalance.list, partition->topic->name,
                                     partition->number)
      ->offset = partition->next;
  partition->state = PARTITION_READING;
  source->announcing = source->announcing || partition->announce;
}

static void assign(struct source *source)
{
  for_each(source, join_queue);
  const rd_kafka_topic_partition_list_t *list = source->rebalance.list;
  if (cooperative(source))
    completed(source, rd_kafka_incremental_assign(source->kafka, list), 0, "cannot take over");
  else
    completed(source, NULL, rd_kafka_assign(source->kafka, list), "cannot take over");
  gauge_assigned(source);
  forget(source);
}

/* The checkpoint's answer, once it has one. An answer to a question of an earlier assignment is
 * not the answer to this one. */
static bool ask(const struct headrace_host *host, struct partition *partition, int64_t *next)
{
  partition->asked = host->stored_part && !host->stored_part(host, partition->name, next);
  return !partition->asked;
}

static void step(struct source *source, struct partition *partition)
{
  const struct headrace_host *host = source->host;
  int64_t outdated;
  if (partition->state == PARTITION_DRAINING && !partition->in_flight &&
      (!partition->asked || ask(host, partition, &outdated)))
    partition->state = PARTITION_ASKING;
  if (partition->state != PARTITION_ASKING)
    return;
  partition->stored = NOT_KNOWN;
  if (ask(host, partition, &partition->stored))
    partition->state = PARTITION_LOCATING;
}

static void advance_assignment(struct source *source)
{
  struct rebalance *rebalance = &source->rebalance;
  for_each(source, step);
  if (!all_are(source, PARTITION_LOCATING))
    return;
  if (!rebalance->locate.running && rebalance->list->cnt)
    locate_start(&rebalance->locate, source, rebalance->list);
  if (rebalance->list->cnt && !atomic_load(&rebalance->locate.done))
    return;
  for_each(source, locate);
  if (!source->failure)
    assign(source);
}

static void arrive(struct source *source, struct partition *partition)
{
  (void)source;
  partition->state = PARTITION_DRAINING;
}

/* ---- revoking ---------------------------------------------------------------- */

static void leave(struct source *source, struct partition *partition)
{
  (void)source;
  if (partition->state == PARTITION_READING)
    partition->state = PARTITION_LEAVING;
}

static void part_with(struct source *source, struct partition *partition)
{
  (void)source;
  partition->state = PARTITION_ELSEWHERE;
}

static void unassign(struct source *source)
{
  offsets_tell(source);
  for_each(source, part_with);
  if (cooperative(source))
    completed(source, rd_kafka_incremental_unassign(source->kafka, source->rebalance.list), 0,
              "cannot give back");
  else
    completed(source, NULL, rd_kafka_assign(source->kafka, NULL), "cannot give back");
  gauge_assigned(source);
  forget(source);
}

static size_t on_their_way(const struct source *source)
{
  const rd_kafka_topic_partition_list_t *list = source->rebalance.list;
  size_t count = 0;
  for (int i = 0; i < list->cnt; i++)
    count +=
        partition_find(&source->topics, list->elems[i].topic, list->elems[i].partition)->in_flight;
  return count;
}

static void advance_revocation(struct source *source)
{
  const struct headrace_host *host = source->host;
  size_t left = on_their_way(source);
  if (left && host->now_us(host) < source->rebalance.deadline_us)
    return;
  if (left)
    host->log(host, HEADRACE_WARNING,
              "gives back partitions although the sink did not finish within revoke_timeout: "
              "their next reader begins where the sink was%s",
              host->keeps_checkpoint ? "" : ", and so repeats what is on its way");
  unassign(source);
}

/* ---- both ----------------------------------------------------------------------- */

void rebalance_advance(struct source *source)
{
  if (source->failure)
    return;
  if (source->rebalance.turn == TURN_ASSIGN && !source->stopping)
    advance_assignment(source);
  else if (source->rebalance.turn == TURN_REVOKE)
    advance_revocation(source);
}

static void on_revoke(struct source *source, rd_kafka_t *kafka)
{
  const struct headrace_host *host = source->host;
  for_each(source, leave);
  if (rd_kafka_assignment_lost(kafka)) {
    host->counter(host, "partitions_lost", (uint64_t)source->rebalance.list->cnt);
    host->log(host, HEADRACE_WARNING,
              "the group went on without this member: its partitions belong to others now");
    unassign(source);
  } else if (source->closing) {
    unassign(source);
  } else {
    source->rebalance.deadline_us = host->now_us(host) + source->revoke_timeout_us;
  }
}

void rebalance_callback(rd_kafka_t *kafka, rd_kafka_resp_err_t error,
                        rd_kafka_topic_partition_list_t *list, void *opaque)
{
  struct source *source = opaque;
  const struct headrace_host *host = source->host;
  bool assigns = error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  forget(source);
  source->rebalance.turn = assigns ? TURN_ASSIGN : TURN_REVOKE;
  source->rebalance.list = rd_kafka_topic_partition_list_copy(list);
  host->counter(host, "rebalances", 1);
  host->log(host, HEADRACE_INFO, "the group %s %d partitions", assigns ? "assigns" : "takes back",
            list->cnt);
  source->assigned_once = source->assigned_once || assigns;
  if (assigns)
    for_each(source, arrive);
  else
    on_revoke(source, kafka);
}

/* librdkafka waits for an answer before it closes. */
void rebalance_cancel(struct source *source)
{
  enum turn turn = source->rebalance.turn;
  rd_kafka_topic_partition_list_t *list = source->rebalance.list;
  while (turn == TURN_ASSIGN && list->cnt) /* takes nothing over */
    rd_kafka_topic_partition_list_del_by_idx(list, list->cnt - 1);
  if (turn == TURN_ASSIGN)
    assign(source);
  else if (turn == TURN_REVOKE)
    unassign(source);
}
