/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_VERSION 140000

PGconn *setup_connect_walsender(const struct headrace_host *host, struct pg_error *error)
{
  char *name = pg_format("headrace %s", host->pipeline);
  struct pg_target target = {.host = host,
                             .application_name = name,
                             .settings = PG_TEXT_SETTINGS,
                             .replication = "database"};
  PGconn *connection = pg_connect(&target, error);
  free(name);
  return connection;
}

enum headrace_result setup_cannot_connect(const struct headrace_host *host,
                                          const struct pg_error *error)
{
  enum headrace_result result = setup_say(host, "cannot connect", error);
  if (!strcmp(error->sqlstate, "42501"))
    host->log(host, HEADRACE_ERROR,
              "the role needs the right to replicate: ALTER ROLE … REPLICATION;");
  return result;
}

enum headrace_result setup_gap(struct setup *setup, char *what, const char *remedy)
{
  const struct headrace_host *host = setup->host;
  bool again = setup->may_snapshot_again;
  if (again)
    host->log(host, HEADRACE_WARNING,
              "%s. All tables are read again (snapshot = when-needed): consumers get all rows "
              "that there are now, but do not hear of those that were deleted meanwhile",
              what);
  else
    host->log(host, HEADRACE_ERROR, "%s. %s", what, remedy);
  free(what);
  setup->snapshot_again = setup->snapshot_again || again;
  return again ? HEADRACE_OK : HEADRACE_FATAL;
}

enum headrace_result setup_say(const struct headrace_host *host, const char *what,
                               const struct pg_error *error)
{
  host->log(host, HEADRACE_ERROR, "%s: %s%s%s%s", what, error->message,
            *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate, *error->sqlstate ? ")" : "");
  return error->result;
}

static enum headrace_result identify(struct setup *setup)
{
  struct pg_error error;
  PGresult *result = PQexec(setup->walsender, "IDENTIFY_SYSTEM");
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1 ||
      PQnfields(result) < 3) {
    pg_result_error(setup->walsender, result, &error);
    PQclear(result);
    return setup_say(setup->host, "cannot identify the server", &error);
  }
  setup->system = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  setup->timeline = (uint32_t)strtoul(PQgetvalue(result, 0, 1), NULL, 10);
  if (!lsn_parse(PQgetvalue(result, 0, 2), &setup->server_lsn))
    setup->server_lsn = 0;
  PQclear(result);
  return HEADRACE_OK;
}

enum headrace_result setup_server(struct setup *setup)
{
  const struct headrace_host *host = setup->host;
  struct pg_error error;
  int version = PQserverVersion(setup->walsender);
  if (version < OLDEST_VERSION) {
    host->log(host, HEADRACE_ERROR, "the server is PostgreSQL %d; 14 is the oldest that works",
              version / 10000);
    return HEADRACE_FATAL;
  }
  if (setup->slot_failover && version < 170000) {
    host->log(host, HEADRACE_ERROR,
              "slot_failover = yes needs PostgreSQL 17 or later; the server is PostgreSQL %d: "
              "take slot_failover out",
              version / 10000);
    return HEADRACE_FATAL;
  }
  PGresult *result =
      catalog_query(setup->catalog, &error,
                    "SELECT current_setting('wal_level'), setting FROM pg_settings WHERE name = "
                    "'wal_sender_timeout'",
                    0, NULL);
  if (!result)
    return setup_say(host, "cannot read wal_level", &error);
  setup->wal_sender_timeout_ms = atoll(PQgetvalue(result, 0, 1));
  bool logical = !strcmp(PQgetvalue(result, 0, 0), "logical");
  if (!logical)
    host->log(host, HEADRACE_ERROR,
              "wal_level is %s, logical decoding needs logical; mend it with: ALTER SYSTEM SET "
              "wal_level = logical; and restart the server",
              PQgetvalue(result, 0, 0));
  PQclear(result);
  return logical ? identify(setup) : HEADRACE_FATAL;
}

enum headrace_result setup_identify(struct setup *setup)
{
  struct pg_error error;
  PGresult *result = catalog_query(setup->catalog, &error,
                                   "SELECT system_identifier, timeline_id FROM "
                                   "pg_control_system(), pg_control_checkpoint()",
                                   0, NULL);
  if (!result)
    return setup_say(setup->host, "cannot identify the server", &error);
  setup->system = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  setup->timeline = (uint32_t)strtoul(PQgetvalue(result, 0, 1), NULL, 10);
  setup->database = PQdb(setup->catalog->connection);
  PQclear(result);
  return HEADRACE_OK;
}

/* The history file of a timeline has a line for each before it: number, LSN where it was left,
 * reason (PostgreSQL source, timeline.c). 0: not found. */
static uint64_t switch_point(const char *history, uint32_t timeline)
{
  for (const char *line = history; *line;) {
    unsigned number, high, low;
    if (sscanf(line, "%u %X/%X", &number, &high, &low) == 3 && number == timeline)
      return (uint64_t)high << 32 | low;
    line += strcspn(line, "\n");
    line += *line == '\n';
  }
  return 0;
}

/* A standby that was promoted before it had all WAL goes on with other WAL under the same LSNs:
 * what it wrote there before the position would be lost in silence. */
static enum headrace_result check_timeline(struct setup *setup)
{
  const struct headrace_host *host = setup->host;
  const struct pg_position *position = setup->position;
  struct pg_error error;
  char *command = pg_format("TIMELINE_HISTORY %" PRIu32, setup->timeline);
  PGresult *result = PQexec(setup->walsender, command);
  free(command);
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
    pg_result_error(setup->walsender, result, &error);
    PQclear(result);
    return setup_say(host, "cannot read the timeline's history", &error);
  }
  uint64_t left = switch_point(PQgetvalue(result, 0, 1), position->timeline);
  PQclear(result);
  if (position->timeline < setup->timeline && position->lsn <= left) {
    host->log(host, HEADRACE_WARNING,
              "the server went from timeline %" PRIu32 " to %" PRIu32 " (a failover) at %s; the "
              "position %s is before that, so nothing is missed",
              position->timeline, setup->timeline, lsn_text(left).text,
              lsn_text(position->lsn).text);
    return HEADRACE_OK;
  }
  return setup_gap(setup,
                   pg_format("the checkpoint is at %s on timeline %" PRIu32
                             ", but the server is on timeline %" PRIu32
                             ", which left it at %s: the server lacks changes that were already "
                             "delivered, and changes that it made since may be missed",
                             lsn_text(position->lsn).text, position->timeline, setup->timeline,
                             lsn_text(left).text),
                   "Compare the data, then remove the checkpoint of this pipeline to go on from "
                   "the slot, or set snapshot = when-needed");
}

enum headrace_result setup_position(struct setup *setup)
{
  const struct pg_position *position = setup->position;
  if (!position)
    return HEADRACE_OK;
  if (position->system != setup->system) {
    setup->host->log(setup->host, HEADRACE_ERROR,
                     "the checkpoint is of the server with system identifier %" PRIu64
                     ", this one has %" PRIu64 ": it is another cluster, or was made anew. Connect "
                     "to the right one, or remove the checkpoint of this pipeline to begin anew",
                     position->system, setup->system);
    return HEADRACE_FATAL;
  }
  return position->timeline == setup->timeline ? HEADRACE_OK : check_timeline(setup);
}
