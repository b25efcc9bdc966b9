/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS 5000

void monitor_init(struct monitor *monitor, const struct headrace_host *host,
                  struct catalog *catalog, const char *slot, const char *publication)
{
  char *slot_literal = pg_quote_literal(slot);
  char *publication_literal = pg_quote_literal(publication);
  *monitor = (struct monitor){.host = host, .catalog = catalog};
  monitor->sql = pg_format(
      "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE "
      "pg_current_wal_lsn() END, (SELECT wal_status FROM pg_replication_slots WHERE slot_name = "
      "%s), EXISTS (SELECT FROM pg_publication WHERE pubname = %s)",
      slot_literal, publication_literal);
  free(publication_literal);
  free(slot_literal);
}

void monitor_free(struct monitor *monitor)
{
  free(monitor->sql);
  monitor->sql = NULL;
}

static void look_at_slot(struct monitor *monitor, const char *status)
{
  const struct headrace_host *host = monitor->host;
  bool danger = !strcmp(status, "unreserved");
  if (danger && !monitor->warned)
    host->log(host, HEADRACE_WARNING,
              "replication slot \"%s\" is about to be invalidated: it holds more WAL than "
              "max_slot_wal_keep_size allows. Raise that, or see why the sink is slow",
              host->string(host, "slot"));
  monitor->warned = danger;
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

static enum headrace_result take_answer(struct monitor *monitor)
{
  enum headrace_result result = HEADRACE_OK;
  PGresult *answer = catalog_answer(monitor->catalog);
  if (answer && PQresultStatus(answer) == PGRES_TUPLES_OK && PQntuples(answer) == 1) {
    uint64_t written;
    if (lsn_parse(PQgetvalue(answer, 0, 0), &written))
      monitor->written = written;
    look_at_slot(monitor, PQgetvalue(answer, 0, 1));
    result = look_at_publication(monitor, *PQgetvalue(answer, 0, 2) == 't');
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

enum headrace_result monitor_tick(struct monitor *monitor, const struct stream *stream,
                                  const struct decoder *decoder)
{
  enum headrace_result result = take_answer(monitor);
  int64_t now = stream_clock_ms();
  if (now >= monitor->next_ms) {
    monitor->next_ms = now + INTERVAL_MS;
    catalog_ask(monitor->catalog, monitor->sql);
  }
  set_gauges(monitor, stream, decoder);
  return result;
}
