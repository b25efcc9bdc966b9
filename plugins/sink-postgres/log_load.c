/* SPDX-License-Identifier: Apache-2.0 */
#include "log_numbering.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number_at(const PGresult *result, int row, int column)
{
  return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* ---- rows into memory --------------------------------------------------------------- */

/* Pairs of a topic's config, which come as rows beside it: name, value. */
#define TOPICS                                                                                     \
  "SELECT t.topic_id, t.id, t.name, c.key, c.value, t.deleted_at IS NOT NULL FROM topics t"        \
  " LEFT JOIN LATERAL jsonb_each_text(t.config) c ON true"

static bool take_topics(struct log_sink *sink, const PGresult *result)
{
  int rows = PQntuples(result);
  for (int row = 0, next; row < rows; row = next) {
    struct headrace_topic_id id;
    int32_t number = (int32_t)number_at(result, row, 0);
    for (next = row; next < rows && number_at(result, next, 0) == number;)
      next++;
    if (!log_id_read(PQgetvalue(result, row, 1), &id))
      return false;
    struct log_topic *topic = log_topic_add(&sink->state, number, &id, PQgetvalue(result, row, 2));
    topic->deleted = *PQgetvalue(result, row, 5) == 't';
    struct headrace_pair *config = sink_alloc((size_t)(next - row) * sizeof *config);
    size_t count = 0;
    for (int i = row; i < next && !PQgetisnull(result, i, 3); i++)
      config[count++] = (struct headrace_pair){PQgetvalue(result, i, 3), PQgetvalue(result, i, 4)};
    log_topic_configure(topic, config, count);
    free(config);
  }
  return true;
}

/* Likewise: name; name, value. */
static bool load_settings(struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error,
                              "SELECT s.name, c.key, c.value FROM settings s,"
                              " jsonb_each_text(s.config) c ORDER BY s.name, c.key",
                              0, NULL);
  int rows = result ? PQntuples(result) : 0;
  struct headrace_pair *config = sink_alloc(((size_t)rows + 1) * sizeof *config);
  for (int row = 0, next; row < rows; row = next) {
    const char *name = PQgetvalue(result, row, 0);
    for (next = row; next < rows && !strcmp(PQgetvalue(result, next, 0), name); next++)
      config[next - row] =
          (struct headrace_pair){PQgetvalue(result, next, 1), PQgetvalue(result, next, 2)};
    log_settings_put(&sink->state, name, config, (size_t)(next - row));
  }
  free(config);
  PQclear(result);
  return result != NULL;
}

static bool take_partitions(struct log_sink *sink, const PGresult *result)
{
  for (int row = 0; row < PQntuples(result); row++) {
    struct log_topic *topic = log_topic_numbered(&sink->state, (int32_t)number_at(result, row, 0));
    if (!topic || topic->partition_count != number_at(result, row, 1))
      return false;
    struct log_partition *partition = log_partition_add(topic);
    partition->start = number_at(result, row, 2);
    partition->end = partition->next = number_at(result, row, 3);
    partition->leader_epoch = (int32_t)number_at(result, row, 4);
    partition->times.first = partition->start;
    partition->times.unknown = partition->start < partition->next;
  }
  return true;
}

static struct log_partition *partition_of(struct log_sink *sink, const PGresult *result, int row)
{
  return log_partition_at(log_topic_numbered(&sink->state, (int32_t)number_at(result, row, 0)),
                          (int32_t)number_at(result, row, 1));
}

static bool take_segments(struct log_sink *sink, const PGresult *result)
{
  for (int row = 0; row < PQntuples(result); row++) {
    struct log_partition *partition = partition_of(sink, result, row);
    if (!partition)
      return false;
    struct log_segment segment = {number_at(result, row, 2), number_at(result, row, 3),
                                  *PQgetvalue(result, row, 4) == 't'};
    log_segment_add(partition, segment);
    partition->segment_end = segment.end;
  }
  return true;
}

static bool take_epochs(struct log_sink *sink, const PGresult *result)
{
  for (int row = 0; row < PQntuples(result); row++) {
    struct log_partition *partition = partition_of(sink, result, row);
    if (!partition)
      return false;
    log_epoch_add(partition, (struct log_epoch){(int32_t)number_at(result, row, 2),
                                                number_at(result, row, 3)});
  }
  return true;
}

static bool take_times(struct log_sink *sink, const PGresult *result)
{
  for (int row = 0; row < PQntuples(result); row++) {
    struct log_partition *partition = partition_of(sink, result, row);
    if (!partition)
      return false;
    partition->times.first = number_at(result, row, 2);
    partition->times.unknown = partition->times.first < partition->next;
  }
  return true;
}

static bool take_producers(struct log_sink *sink, const PGresult *result)
{
  for (int row = 0; row < PQntuples(result); row++) {
    struct log_partition *partition = partition_of(sink, result, row);
    if (!partition)
      return false;
    struct headrace_numbering run = {
        .producer = number_at(result, row, 2),
        .epoch = (int16_t)number_at(result, row, 3),
        .first_sequence = (int32_t)number_at(result, row, 4),
        .count = (uint32_t)number_at(result, row, 5),
    };
    log_numbering_note(partition->producers, &run, number_at(result, row, 6),
                       number_at(result, row, 7));
  }
  return true;
}

/* In this order: each needs the ones before it. WHERE, of one topic, comes before ORDER BY. */
static const struct load {
  const char *sql, *order;
  bool (*take)(struct log_sink *sink, const PGresult *result);
} loads[] = {
    {TOPICS, "t.topic_id, c.key", take_topics},
    {"SELECT topic_id, partition_id, start_offset, next_offset, leader_epoch FROM partitions t",
     "topic_id, partition_id", take_partitions},
    {"SELECT topic_id, partition_id, first_offset, end_offset, sealed FROM segments t",
     "topic_id, partition_id, first_offset", take_segments},
    {"SELECT topic_id, partition_id, leader_epoch, start_offset FROM leader_epochs t",
     "topic_id, partition_id, leader_epoch", take_epochs},
    {"SELECT topic_id, partition_id, end_offset FROM (SELECT topic_id, partition_id,"
     " max(end_offset) AS end_offset FROM times GROUP BY topic_id, partition_id) t",
     "topic_id, partition_id", take_times},
    {"SELECT topic_id, partition_id, producer_id, epoch, u.first_sequence, u.count,"
     " u.first_offset, (extract(epoch FROM last_written) * 1000)::bigint FROM producers t,"
     " unnest(first_sequences, counts, first_offsets) WITH ORDINALITY"
     " u(first_sequence, count, first_offset, place)",
     "topic_id, partition_id, producer_id, u.place", take_producers},
};

static bool load(struct log_sink *sink, PGconn *connection, const char *where,
                 struct pg_error *error)
{
  for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
    char *sql = pg_format("%s%s ORDER BY %s", loads[i].sql, where, loads[i].order);
    PGresult *result = pg_query(connection, error, sql, 0, NULL);
    bool good = result && loads[i].take(sink, result);
    if (result && !good) {
      *error = (struct pg_error){.result = HEADRACE_FATAL};
      snprintf(error->message, sizeof error->message,
               "the tables of topics, partitions and segments do not fit together");
    }
    PQclear(result);
    free(sql);
    if (!good)
      return false;
  }
  log_state_publish(&sink->state);
  return true;
}

bool log_load_topic(struct log_sink *sink, PGconn *connection, const char *name,
                    struct pg_error *error)
{
  char *quoted = pg_quote_literal(name);
  char *where =
      pg_format(" WHERE t.topic_id = (SELECT topic_id FROM topics WHERE name = %s)", quoted);
  bool good = load(sink, connection, where, error);
  free(where);
  free(quoted);
  return good;
}

/* ---- taking over -------------------------------------------------------------------- */

/* The timeline of a server rises when a standby was promoted. What the old primary had committed
 * may be lost then, which readers are told by the epoch of the leader; and so it is when records
 * are seen to be lost (log_append.c, log_known.c), which is noted as a timeline that there is not.
 * Groups have no members in a new process. */
static const char *const take_over_sql =
    "WITH now AS (SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline),"
    " before AS (SELECT timeline FROM meta),"
    " epochs AS (UPDATE partitions SET leader_epoch = leader_epoch + 1 FROM before, now"
    "  WHERE before.timeline NOT IN ('', now.timeline)"
    "  RETURNING topic_id, partition_id, leader_epoch, next_offset),"
    " history AS (INSERT INTO leader_epochs SELECT * FROM epochs),"
    " left_groups AS (UPDATE groups SET active = false, left_at = now() WHERE active)"
    " UPDATE meta SET owner_epoch = owner_epoch + 1, timeline = now.timeline FROM now"
    " RETURNING cluster_id, owner_epoch, next_global_offset,"
    " current_setting('synchronous_commit')";

static void take_meta(struct log_sink *sink, const PGresult *result)
{
  const struct headrace_host *host = sink->host;
  snprintf(sink->state.cluster_id, sizeof sink->state.cluster_id, "%s", PQgetvalue(result, 0, 0));
  sink->state.owner_epoch = number_at(result, 0, 1);
  sink->append.global_next = number_at(result, 0, 2);
  if (!strcmp(PQgetvalue(result, 0, 3), "off"))
    host->log(host, HEADRACE_WARNING,
              "synchronous_commit is off: records that were acknowledged may be lost when the "
              "server crashes");
}

bool log_take_over(struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error, take_over_sql, 0, NULL);
  bool good = result && PQntuples(result) == 1;
  if (good) {
    log_lock(&sink->state);
    take_meta(sink, result);
    good = load_settings(sink, connection, error) && load(sink, connection, "", error);
    log_unlock(&sink->state);
  }
  PQclear(result);
  return good;
}
