/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: what is done once in a while, in a lane of its own: retention, and forgetting groups
 * and producers. Where a partition starts is moved first, and seen at once; then tables whose
 * records cannot be read any more are dropped, with a short lock_timeout: who appends waits for
 * as long, and what was not dropped is dropped next time. */
#include "log_numbering.h"
#include "log_pairs.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DROPS_A_PASS    32
#define SEALS_A_PASS    32
#define TIMES_LOOKED_AT 100000 /* records of a row of times */
#define LOCK_TIMEOUT    "SET LOCAL lock_timeout = '500ms';"
#define FOR_EVER_MS     INT64_C(3155760000000) /* 100 years; times of PostgreSQL have an end */
#define PRODUCERS_MS    86400000               /* as producer.id.expiration.ms of Kafka */

/* ---- what is kept of a topic -------------------------------------------------------- */

struct rule {
  int64_t keep_ms, keep_bytes; /* -1: without limit */
};

static const char *config_of(const struct log_sink *sink, const struct log_topic *topic,
                             const char *name)
{
  const struct log_state *state = &sink->state;
  const char *value = log_pairs_value(topic->config, topic->config_count, name);
  return value ? value : log_pairs_value(state->defaults, state->default_count, name);
}

/* Locked. */
static struct rule rule_of(const struct log_sink *sink, const struct log_topic *topic)
{
  const char *policy = config_of(sink, topic, "cleanup.policy");
  const char *ms = config_of(sink, topic, "retention.ms");
  const char *bytes = config_of(sink, topic, "retention.bytes");
  if (policy && !strstr(policy, "delete"))
    return (struct rule){-1, -1};
  int64_t keep_ms = ms ? strtoll(ms, NULL, 10) : sink->keep_ms;
  return (struct rule){keep_ms < FOR_EVER_MS ? keep_ms : -1, bytes ? strtoll(bytes, NULL, 10) : -1};
}

/* A partition, as it was when it was looked at. */
struct look {
  struct log_partition *partition;
  struct rule rule;
  int64_t start, end;
  struct log_segment *segments;
  size_t count;
};

static void look_at(struct log_sink *sink, struct log_partition *partition, struct look *look)
{
  log_lock(&sink->state);
  *look = (struct look){.partition = partition,
                        .rule = rule_of(sink, partition->topic),
                        .start = partition->start,
                        .end = partition->end,
                        .count = partition->topic->deleted ? 0 : partition->segment_count};
  look->segments = sink_alloc((look->count + 1) * sizeof *look->segments);
  if (look->count)
    memcpy(look->segments, partition->segments, look->count * sizeof *look->segments);
  log_unlock(&sink->state);
}

static char *table_of(const struct look *look, size_t segment)
{
  return pg_format("messages_%d_%d_%" PRId64, look->partition->topic->number,
                   look->partition->number, look->segments[segment].first);
}

/* Records may still come into it. */
static bool is_active(const struct look *look, size_t segment)
{
  return look->segments[segment].end > look->end;
}

/* ---- where a partition is to start -------------------------------------------------- */

/* *number: of the one row and column; `none` if it is NULL or there is none. */
static bool ask_number(struct log_asker *asker, struct pg_error *error, const char *sql,
                       int64_t none, int64_t *number)
{
  PGresult *result = log_ask(asker, error, sql, 0, NULL);
  if (!result)
    return false;
  *number = PQntuples(result) && !PQgetisnull(result, 0, 0)
                ? strtoll(PQgetvalue(result, 0, 0), NULL, 10)
                : none;
  PQclear(result);
  return true;
}

/* `newest`: a query of a timestamp. */
static bool is_old(struct log_asker *asker, const struct look *look, const char *newest, bool *old,
                   struct pg_error *error)
{
  int64_t number = 0;
  char *sql = pg_format("SELECT ((%s) < now() - %" PRId64 " * interval '1 ms')::integer", newest,
                        look->rule.keep_ms);
  bool good = ask_number(asker, error, sql, 0, &number);
  free(sql);
  *old = good && number;
  return good;
}

/* A segment that is young shows it by its last record; all are looked at only of others. */
static bool is_expired(struct log_asker *asker, const struct look *look, size_t segment,
                       bool *expired, struct pg_error *error)
{
  char *table = table_of(look, segment);
  char *last = pg_format("SELECT \"timestamp\" FROM %s ORDER BY topic_id DESC, partition_id DESC,"
                         " partition_offset DESC LIMIT 1",
                         table);
  char *largest = pg_format("SELECT max(\"timestamp\") FROM %s", table);
  bool good = is_old(asker, look, last, expired, error) &&
              (!*expired || is_old(asker, look, largest, expired, error));
  free(table);
  free(last);
  free(largest);
  return good;
}

/* The first offset of `wanted` that is not too old. */
static bool start_by_time(struct log_asker *asker, const struct look *look, int64_t *wanted,
                          struct pg_error *error)
{
  for (size_t i = 0; i < look->count && look->rule.keep_ms >= 0; i++) {
    bool expired;
    if (look->segments[i].end <= *wanted)
      continue;
    if (!is_expired(asker, look, i, &expired, error))
      return false;
    if (!expired)
      break;
    *wanted = is_active(look, i) ? look->end : look->segments[i].end;
  }
  return true;
}

/* The oldest go while what is behind them is enough; never the active one. */
static bool start_by_size(struct log_asker *asker, const struct look *look, int64_t *wanted,
                          struct pg_error *error)
{
  int64_t behind = 0;
  for (size_t i = look->count; i-- > 0 && look->rule.keep_bytes >= 0;) {
    int64_t size = 0;
    char *table = table_of(look, i);
    char *sql = pg_format("SELECT pg_total_relation_size('%s')", table);
    bool good = ask_number(asker, error, sql, 0, &size);
    free(table);
    free(sql);
    if (!good)
      return false;
    if (behind >= look->rule.keep_bytes && !is_active(look, i)) {
      if (*wanted < look->segments[i].end)
        *wanted = look->segments[i].end;
      break;
    }
    behind += size;
  }
  return true;
}

static bool move_start(struct log_asker *asker, struct look *look, struct pg_error *error)
{
  const struct headrace_host *host = asker->sink->host;
  int64_t wanted = look->start;
  if (!start_by_time(asker, look, &wanted, error) || !start_by_size(asker, look, &wanted, error))
    return false;
  if (wanted == look->start)
    return true;
  if (!log_move_start(asker, look->partition, wanted, error))
    return false;
  look->start = wanted;
  host->log(host, HEADRACE_DEBUG, "retention: topic %s, partition %d starts at %" PRId64,
            look->partition->topic->name, look->partition->number, wanted);
  return true;
}

/* ---- tables that are not read any more ---------------------------------------------- */

static void forget_segment(struct log_sink *sink, struct log_partition *partition, int64_t first)
{
  log_lock(&sink->state);
  for (size_t i = 0; i < partition->segment_count; i++)
    if (partition->segments[i].first == first) {
      memmove(&partition->segments[i], &partition->segments[i + 1],
              (--partition->segment_count - i) * sizeof *partition->segments);
      break;
    }
  log_unlock(&sink->state);
}

/* Of the active segment only the rows go, if none came meanwhile that can be read. */
static char *removal_of(const struct look *look, size_t segment)
{
  const struct log_partition *partition = look->partition;
  char *table = table_of(look, segment), *sql;
  if (is_active(look, segment))
    sql = pg_format(LOCK_TIMEOUT "SELECT empty_segment('%s', %" PRId64 ");", table, look->start);
  else
    sql = pg_format(LOCK_TIMEOUT "DROP TABLE IF EXISTS %s; DELETE FROM segments"
                                 " WHERE topic_id = %d AND partition_id = %d"
                                 " AND first_offset = %" PRId64 ";",
                    table, partition->topic->number, partition->number,
                    look->segments[segment].first);
  pg_append(&sql,
            "DELETE FROM times WHERE topic_id = %d AND partition_id = %d"
            " AND end_offset <= %" PRId64 ";",
            partition->topic->number, partition->number, look->start);
  free(table);
  return sql;
}

static bool is_empty(struct log_asker *asker, const struct look *look, size_t segment)
{
  int64_t size = 0;
  struct pg_error error;
  char *table = table_of(look, segment);
  char *sql = pg_format("SELECT pg_relation_size('%s')", table);
  bool good = ask_number(asker, &error, sql, 0, &size);
  free(table);
  free(sql);
  return !good || size == 0;
}

/* A lock that was not to be had is no error, and a table that is gone is nothing for the others:
 * next time. */
static bool failed_for_now(const struct log_asker *asker, const struct pg_error *error)
{
  if (failure_reaction(error->sqlstate) != REACTION_RETRY &&
      strcmp(error->sqlstate, LOG_TABLE_GONE) != 0)
    return false;
  if (PQtransactionStatus(asker->connection) != PQTRANS_IDLE)
    PQclear(PQexec(asker->connection, "ROLLBACK"));
  return true;
}

static bool remove_segments(struct log_asker *asker, const struct look *look, size_t *drops,
                            struct pg_error *error)
{
  for (size_t i = 0; i < look->count && *drops < DROPS_A_PASS; i++) {
    bool active = is_active(look, i);
    if (look->start < (active ? look->end : look->segments[i].end))
      break;
    if (active && is_empty(asker, look, i))
      break;
    char *sql = removal_of(look, i);
    bool good = log_change(asker, error, sql);
    free(sql);
    if (!good)
      return failed_for_now(asker, error);
    ++*drops;
    asker->sink->host->counter(asker->sink->host, "segments_dropped", 1);
    if (!active)
      forget_segment(asker->sink, look->partition, look->segments[i].first);
  }
  return true;
}

/* ---- tables that are full ----------------------------------------------------------- */

static void note_sealed(struct log_sink *sink, struct log_partition *partition, int64_t first)
{
  log_lock(&sink->state);
  for (size_t i = 0; i < partition->segment_count; i++)
    partition->segments[i].sealed |= partition->segments[i].first == first;
  log_unlock(&sink->state);
}

/* Who looks for records of all partitions by their global offset or their time, in SQL, has an
 * index for it where no record comes any more; one that is kept up with each record made COPY
 * slower by a fifth and more. */
static bool seal_segments(struct log_asker *asker, const struct look *look, size_t *seals,
                          struct pg_error *error)
{
  for (size_t i = 0; i < look->count && *seals < SEALS_A_PASS; i++) {
    const struct log_segment *segment = &look->segments[i];
    if (segment->sealed || is_active(look, i) || segment->end <= look->start)
      continue;
    char *sql = pg_format(LOCK_TIMEOUT "SELECT seal_segment(%d, %d, %" PRId64 ");",
                          look->partition->topic->number, look->partition->number, segment->first);
    bool good = log_change(asker, error, sql);
    free(sql);
    if (!good)
      return failed_for_now(asker, error);
    ++*seals;
    note_sealed(asker->sink, look->partition, segment->first);
  }
  return true;
}

/* ---- a pass ------------------------------------------------------------------------- */

/* The i-th of all partitions; NULL: there are no more. When topics are taken out meanwhile one may
 * be left out, until the next pass. */
static struct log_partition *partition_at(struct log_state *state, size_t *topic, int32_t *number)
{
  struct log_partition *partition = NULL;
  log_lock(state);
  while (!partition && *topic < state->topic_count) {
    partition = log_partition_at(state->topics[*topic], *number);
    if (partition)
      ++*number;
    else {
      ++*topic;
      *number = 0;
    }
  }
  log_unlock(state);
  return partition;
}

static bool keep_partitions(struct log_asker *asker, struct pg_error *error)
{
  struct log_partition *partition;
  size_t topic = 0, drops = 0, seals = 0;
  int32_t number = 0;
  bool good = true;
  while (good && (partition = partition_at(&asker->sink->state, &topic, &number))) {
    struct look look;
    look_at(asker->sink, partition, &look);
    good = !look.count ||
           (move_start(asker, &look, error) && remove_segments(asker, &look, &drops, error) &&
            seal_segments(asker, &look, &seals, error));
    free(look.segments);
    good = good || !strcmp(error->sqlstate, LOG_TABLE_GONE); /* when it was only looked at */
  }
  return good;
}

static bool drop_topics(struct log_asker *asker, struct pg_error *error)
{
  struct log_state *state = &asker->sink->state;
  for (size_t i = 0;; i++) {
    log_lock(state);
    struct log_topic *topic = i < state->topic_count ? state->topics[i] : NULL;
    bool due = topic && topic->deleted && !topic->dropped && !topic->pending;
    log_unlock(state);
    if (!topic)
      return true;
    if (due && !log_drop_topic(asker, topic, error) &&
        failure_reaction(error->sqlstate) != REACTION_RETRY)
      return false;
    if (PQtransactionStatus(asker->connection) != PQTRANS_IDLE)
      PQclear(PQexec(asker->connection, "ROLLBACK"));
  }
}

static bool forget(struct log_asker *asker, struct pg_error *error)
{
  int64_t keep_ms = asker->sink->keep_offsets_ms;
  char *sql = pg_format(
      "DELETE FROM producers WHERE last_written < now() - %d * interval '1 ms';"
      "DELETE FROM offsets o USING groups g WHERE g.group_id = o.group_id AND NOT g.active"
      " AND greatest(g.left_at, o.committed_at) < now() - %" PRId64 " * interval '1 ms';"
      "DELETE FROM groups g WHERE NOT active AND left_at < now() - %" PRId64 " * interval '1 ms'"
      " AND NOT EXISTS (SELECT FROM offsets o WHERE o.group_id = g.group_id);",
      PRODUCERS_MS, keep_ms, keep_ms);
  bool good = log_change(asker, error, sql);
  free(sql);
  return good;
}

/* What a process did not know that had not read the records before its own; and epochs that ended
 * before what there is begins. */
static bool tidy(struct log_asker *asker, struct pg_error *error)
{
  char *sql =
      pg_format("UPDATE times b SET newest = (SELECT coalesce(max(m.\"timestamp\"), '-infinity') "
                "FROM messages"
                " m WHERE m.topic_id = b.topic_id AND m.partition_id = b.partition_id AND"
                " m.partition_offset >= b.first_offset AND m.partition_offset < b.end_offset)"
                " WHERE newest = 'infinity' AND end_offset - first_offset <= %d;"
                "DELETE FROM leader_epochs e USING leader_epochs later, partitions p"
                " WHERE later.topic_id = e.topic_id AND later.partition_id = e.partition_id"
                " AND later.leader_epoch > e.leader_epoch AND p.topic_id = e.topic_id"
                " AND p.partition_id = e.partition_id AND later.start_offset <= p.start_offset;",
                TIMES_LOOKED_AT);
  bool good = log_change(asker, error, sql);
  free(sql);
  return good;
}

static bool keep_run(struct log_asker *asker, struct log_question *question, struct pg_error *error)
{
  (void)question;
  bool good = drop_topics(asker, error) && keep_partitions(asker, error) && forget(asker, error) &&
              tidy(asker, error);
  log_state_sweep(&asker->sink->state);
  return good;
}

static const struct log_question_type keep_type = {.lane = LANE_KEEP, .run = keep_run};

static void forget_producers(struct log_sink *sink, int64_t before_ms)
{
  struct log_partition *partition;
  size_t topic = 0;
  int32_t number = 0;
  while ((partition = partition_at(&sink->state, &topic, &number)))
    log_producers_forget(partition->producers, before_ms);
}

void log_keep(struct log_sink *sink)
{
  int64_t now = log_now_us(sink);
  /* Producers of the group that is collected are still to be looked up. */
  if (now < sink->keep_at_us || sink->append.collecting->wrote_count)
    return;
  log_state_free_gone(&sink->state);
  forget_producers(sink, now / 1000 - PRODUCERS_MS);
  sink->keep_at_us = now + sink->keep_interval_ms * 1000;
  log_question_ask(sink, log_question_new(sink, sizeof(struct log_question), &keep_type, NULL));
}
