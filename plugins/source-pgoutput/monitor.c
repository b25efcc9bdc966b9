/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

#include "pg_quote.h"
#include "position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS   2000
#define WARN_AGAIN_MS 300000
#define RECONNECT_MS  60000 /* connecting may wait, and the stream waits with it */
#define MIB           (INT64_C(1) << 20)

enum column {
  WRITTEN,
  HAS_PUBLICATION,
  WAL_STATUS,
  RETAINED,
  SAFE,
  RESTART,
  CONFIRMED,
  ACTIVE_PID,
  INVALID,
  IDLE_SOON,
  COLUMN_COUNT
};

struct slot_state {
  const char *wal_status; /* empty: there is no such slot */
  int64_t retained, safe; /* bytes; safe -1: no limit */
  const char *restart, *confirmed;
  int active_pid;
  bool invalid, idle_soon;
};

/* A minute before idle_replication_slot_timeout, or half of it, is soon. */
static char *make_sql(int version, const char *slot, const char *publication)
{
  char *slot_literal = pg_quote_literal(slot);
  char *publication_literal = pg_quote_literal(publication);
  char *sql = pg_format(
      "SELECT w.lsn, EXISTS (SELECT FROM pg_publication WHERE pubname = %s), s.wal_status, "
      "pg_wal_lsn_diff(w.lsn, s.restart_lsn)::int8, s.safe_wal_size, s.restart_lsn, "
      "s.confirmed_flush_lsn, s.active_pid, %s, %s FROM (SELECT CASE WHEN pg_is_in_recovery() THEN "
      "pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn) w LEFT JOIN "
      "pg_replication_slots s ON s.slot_name = %s",
      publication_literal,
      version >= 170000 ? "s.invalidation_reason IS NOT NULL" : "s.wal_status = 'lost'",
      version >= 180000
          ? "(SELECT g.setting::int > 0 AND extract(epoch FROM now() - s.inactive_since) > "
            "g.setting::int - least(60, g.setting::int / 2) FROM pg_settings g WHERE g.name = "
            "'idle_replication_slot_timeout')"
          : "false",
      slot_literal);
  free(publication_literal);
  free(slot_literal);
  return sql;
}

void monitor_init(struct monitor *monitor, const struct headrace_host *host,
                  struct catalog *catalog, const char *slot, const char *publication)
{
  *monitor = (struct monitor){.host = host, .catalog = catalog, .slot = slot};
  monitor->sql = make_sql(PQserverVersion(catalog->connection), slot, publication);
}

void monitor_free(struct monitor *monitor)
{
  free(monitor->sql);
  monitor->sql = NULL;
}

/* ---- what to say ------------------------------------------------------- */

static enum slot_danger danger_of(const struct headrace_host *host, const struct slot_state *slot)
{
  int64_t limit = host->integer(host, "slot_lag_limit");
  int64_t warning = host->integer(host, "slot_lag_warning");
  if (limit > 0 && slot->retained > limit)
    return SLOT_OVER_LIMIT;
  if (!strcmp(slot->wal_status, "unreserved"))
    return SLOT_UNRESERVED;
  if (slot->idle_soon)
    return SLOT_IDLE;
  if (warning > 0 && slot->retained > warning)
    return SLOT_LONG;
  return strcmp(slot->wal_status, "extended") != 0 ? SLOT_SAFE : SLOT_EXTENDED;
}

static const char *const dangers[] = {
    [SLOT_SAFE] = "and is out of danger",
    [SLOT_EXTENDED] = "more than max_wal_size (wal_status extended): the server's disk fills. See "
                      "why the sink is slow, or which transaction is open for so long",
    [SLOT_LONG] = "more than slot_lag_warning: the server's disk fills. See why the sink is slow, "
                  "or which transaction is open for so long",
    [SLOT_IDLE] = "and is soon past idle_replication_slot_timeout, which invalidates it. Raise "
                  "that",
    [SLOT_UNRESERVED] = "more than max_slot_wal_keep_size allows (wal_status unreserved): it is "
                        "about to be invalidated. Raise that, or see why the sink is slow",
    [SLOT_OVER_LIMIT] = "more than slot_lag_limit",
};

/* "replication slot … keeps … of WAL, …"; to be freed. */
static char *describe(const struct monitor *monitor, const struct slot_state *slot,
                      enum slot_danger danger)
{
  return pg_format("replication slot \"%s\" keeps %" PRId64 " MiB of WAL, from %s to %s, %s",
                   monitor->slot, slot->retained / MIB, slot->restart,
                   lsn_text(monitor->written).text, dangers[danger]);
}

static void warn(struct monitor *monitor, enum slot_danger danger, const struct slot_state *slot)
{
  const struct headrace_host *host = monitor->host;
  int64_t now = stream_clock_ms();
  if (danger == monitor->danger && (danger == SLOT_SAFE || now < monitor->next_warning_ms))
    return;
  monitor->danger = danger;
  monitor->next_warning_ms = now + WARN_AGAIN_MS;
  char *text = describe(monitor, slot, danger);
  host->log(host, danger == SLOT_SAFE ? HEADRACE_INFO : HEADRACE_WARNING, "%s", text);
  free(text);
}

/* ---- what to do -------------------------------------------------------- */

static int backend_pid(const struct stream *stream)
{
  return stream && stream->connection ? PQbackendPID(stream->connection) : 0;
}

/* The walsender may be in the middle of a large transaction and not look whether its client is
 * still there: it is ours, so it may be ended. */
static bool drop_slot(struct monitor *monitor, struct stream *stream, struct pg_error *error)
{
  char pid[16];
  snprintf(pid, sizeof pid, "%d", backend_pid(stream));
  if (stream)
    stream_close(stream, 0);
  const char *values[] = {monitor->slot, pid};
  PGresult *ended = catalog_query(monitor->catalog, error,
                                  "SELECT pg_terminate_backend(active_pid, 10000) FROM "
                                  "pg_replication_slots WHERE slot_name = $1 AND active_pid = $2",
                                  2, values);
  PQclear(ended);
  PGresult *dropped = ended ? catalog_query(monitor->catalog, error,
                                            "SELECT pg_drop_replication_slot($1)", 1, values)
                            : NULL;
  PQclear(dropped);
  return dropped != NULL;
}

static enum headrace_result give_up(struct monitor *monitor, struct stream *stream,
                                    const char *what, const char *confirmed, bool again)
{
  const struct headrace_host *host = monitor->host;
  struct pg_error error;
  monitor->over = true;
  host->gauge(host, "connected", 0);
  if (!drop_slot(monitor, stream, &error)) {
    host->log(host, HEADRACE_ERROR, "%s. It was to be dropped, and that failed: %s", what,
              error.message);
    return HEADRACE_RETRY;
  }
  host->gauge(host, "slot_retained_bytes", 0);
  host->log(host, again ? HEADRACE_WARNING : HEADRACE_ERROR,
            "%s. The slot is dropped, so that the server can delete that WAL: changes after %s "
            "that were not delivered yet will not be. %s",
            what, confirmed,
            again ? "The pipeline begins again with a new snapshot (slot_lag_action = snapshot)"
            : monitor->snapshot_end
                ? "The pipeline stops: it had not yet caught up with its last snapshot, and the "
                  "next one would end like this. Raise slot_lag_limit or snapshot_workers"
                : "The pipeline stops (slot_lag_action = stop). To begin anew remove its "
                  "checkpoint, and start it with slot_create = yes and a snapshot");
  return again ? HEADRACE_RETRY : HEADRACE_FATAL;
}

static enum headrace_result act(struct monitor *monitor, struct stream *stream,
                                const struct decoder *decoder, const struct slot_state *slot)
{
  int64_t action = monitor->host->integer(monitor->host, "slot_lag_action");
  bool ours = !slot->active_pid || slot->active_pid == backend_pid(stream);
  if (action == SLOT_LAG_WARN || !ours)
    return HEADRACE_OK;
  if (decoder && decoder->position.lsn >= monitor->snapshot_end)
    monitor->snapshot_end = 0;
  bool again = action == SLOT_LAG_SNAPSHOT && !monitor->snapshot_end;
  char *what = describe(monitor, slot, monitor->danger);
  enum headrace_result result = give_up(monitor, stream, what, slot->confirmed, again);
  free(what);
  return result;
}

static enum headrace_result look_at_slot(struct monitor *monitor, struct stream *stream,
                                         const struct decoder *decoder,
                                         const struct slot_state *slot)
{
  const struct headrace_host *host = monitor->host;
  if (!*slot->wal_status)
    return HEADRACE_OK; /* not made yet */
  host->gauge(host, "slot_retained_bytes", slot->retained);
  host->gauge(host, "slot_safe_bytes", slot->safe);
  if (slot->invalid) {
    /* The server has ended the stream, which is not seen while the sink is blocked. */
    monitor->over = true;
    host->log(host, HEADRACE_ERROR, "replication slot \"%s\" was invalidated by the server",
              monitor->slot);
    return HEADRACE_RETRY;
  }
  enum slot_danger danger = danger_of(host, slot);
  warn(monitor, danger, slot);
  return danger >= SLOT_UNRESERVED ? act(monitor, stream, decoder, slot) : HEADRACE_OK;
}

/* PostgreSQL 18 streams on without a publication that was dropped, and sends nothing. */
static enum headrace_result look_at_publication(const struct monitor *monitor, bool exists)
{
  const struct headrace_host *host = monitor->host;
  if (exists)
    return HEADRACE_OK;
  host->log(host, HEADRACE_ERROR,
            "publication \"%s\" was dropped while it was streamed: changes since then may be "
            "missed",
            host->string(host, "publication"));
  return HEADRACE_FATAL;
}

/* ---- asking ------------------------------------------------------------ */

static int64_t number(PGresult *answer, enum column column)
{
  return PQgetisnull(answer, 0, (int)column) ? -1 : atoll(PQgetvalue(answer, 0, (int)column));
}

static struct slot_state slot_state(PGresult *answer)
{
  int64_t retained = number(answer, RETAINED), pid = number(answer, ACTIVE_PID);
  return (struct slot_state){
      .wal_status = PQgetvalue(answer, 0, WAL_STATUS),
      .retained = retained > 0 ? retained : 0,
      .safe = number(answer, SAFE),
      .restart = PQgetvalue(answer, 0, RESTART),
      .confirmed = PQgetvalue(answer, 0, CONFIRMED),
      .active_pid = pid > 0 ? (int)pid : 0,
      .invalid = *PQgetvalue(answer, 0, INVALID) == 't',
      .idle_soon = *PQgetvalue(answer, 0, IDLE_SOON) == 't',
  };
}

/* Once, until there is an answer again: without one nobody sees how the slot fares. */
static void say_blind(struct monitor *monitor, const struct pg_error *error)
{
  if (!monitor->blind)
    monitor->host->log(monitor->host, HEADRACE_WARNING,
                       "cannot look at replication slot \"%s\": %s", monitor->slot, error->message);
  monitor->blind = true;
}

static void look_for_error(struct monitor *monitor, const PGresult *answer)
{
  struct pg_error error;
  if (answer && PQresultStatus(answer) == PGRES_TUPLES_OK) {
    monitor->blind = false;
  } else if (answer) {
    pg_result_error(monitor->catalog->connection, answer, &error);
    say_blind(monitor, &error);
  }
}

static enum headrace_result take_answer(struct monitor *monitor, struct stream *stream,
                                        const struct decoder *decoder)
{
  enum headrace_result result = HEADRACE_OK;
  PGresult *answer = catalog_answer(monitor->catalog);
  look_for_error(monitor, answer);
  if (answer && PQresultStatus(answer) == PGRES_TUPLES_OK && PQntuples(answer) == 1 &&
      PQnfields(answer) == COLUMN_COUNT) {
    uint64_t written;
    if (lsn_parse(PQgetvalue(answer, 0, WRITTEN), &written))
      monitor->written = written;
    struct slot_state slot = slot_state(answer);
    result = look_at_publication(monitor, *PQgetvalue(answer, 0, HAS_PUBLICATION) == 't');
    if (result == HEADRACE_OK)
      result = look_at_slot(monitor, stream, decoder, &slot);
  }
  PQclear(answer);
  return result;
}

static void set_gauges(const struct monitor *monitor, const struct stream *stream,
                       const struct decoder *decoder)
{
  const struct headrace_host *host = monitor->host;
  uint64_t end = monitor->written > stream->received ? monitor->written : stream->received;
  bool behind = decoder->transaction.open || decoder->position.lsn > stream->confirmed;
  int64_t committed = decoder->transaction.header.commit_time_us;
  int64_t late = behind && committed ? host->now_us(host) - committed : 0;
  host->gauge(host, "lag_bytes", end > stream->confirmed ? (int64_t)(end - stream->confirmed) : 0);
  host->gauge(host, "lag_us", late > 0 ? late : 0);
}

static void ask(struct monitor *monitor)
{
  struct pg_error error;
  if (!catalog_ask(monitor->catalog, &error, monitor->sql))
    say_blind(monitor, &error);
  bool connected = monitor->catalog->connection != NULL;
  monitor->next_ms = stream_clock_ms() + (connected ? INTERVAL_MS : RECONNECT_MS);
}

enum headrace_result monitor_tick(struct monitor *monitor, struct stream *stream,
                                  const struct decoder *decoder)
{
  if (monitor->over)
    return HEADRACE_OK;
  enum headrace_result result = take_answer(monitor, stream, decoder);
  if (stream_clock_ms() >= monitor->next_ms && !monitor->over)
    ask(monitor);
  if (stream && !monitor->over)
    set_gauges(monitor, stream, decoder);
  return result;
}
