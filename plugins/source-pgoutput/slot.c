/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include "pg_quote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum slot_column {
  SLOT_PLUGIN,
  SLOT_TYPE,
  SLOT_DATABASE,
  SLOT_TEMPORARY,
  SLOT_ACTIVE_PID,
  SLOT_OWNER,
  SLOT_CONFIRMED,
  SLOT_WAL_STATUS,
  SLOT_CONFLICTING,
  SLOT_REASON,
  SLOT_FAILOVER,
  SLOT_TWO_PHASE
};

static PGresult *find_slot(const struct setup *setup, struct pg_error *error)
{
  int version = PQserverVersion(setup->walsender);
  char *sql = pg_format(
      "SELECT s.plugin, s.slot_type, s.database, s.temporary, s.active_pid, "
      "coalesce(a.application_name, '') || ' from ' || coalesce(host(a.client_addr), 'a local "
      "socket'), s.confirmed_flush_lsn, s.wal_status, %s, %s, %s, s.two_phase "
      "FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid "
      "WHERE s.slot_name = $1",
      version >= 160000 ? "s.conflicting" : "false",
      version >= 170000 ? "s.invalidation_reason" : "NULL",
      version >= 170000 ? "s.failover" : "false");
  PGresult *result = catalog_query(setup->catalog, error, sql, 1, &setup->slot);
  free(sql);
  return result;
}

static char *create_sql(const struct setup *setup)
{
  char *slot = pg_quote_literal(setup->slot);
  char *sql = pg_format("SELECT pg_create_logical_replication_slot(%s, 'pgoutput'%s);", slot,
                        setup->slot_failover ? ", false, false, true" : "");
  free(slot);
  return sql;
}

static enum headrace_result missing(struct setup *setup)
{
  setup->slot_missing = true;
  if (!setup->position)
    return HEADRACE_OK; /* setup_slot creates it, or says that it is missing */
  char *sql = create_sql(setup);
  char *remedy =
      pg_format("To go on without them remove the checkpoint of this pipeline and create "
                "the slot: %s Or set snapshot = when-needed",
                sql);
  char *what =
      pg_format("replication slot \"%s\" does not exist, but the checkpoint says that it was "
                "streamed up to %s on timeline %" PRIu32 "; the server is at %s on timeline "
                "%" PRIu32 " of system %" PRIu64 ". The slot was dropped, or lost in a failover, "
                "and changes since then are missed",
                setup->slot, lsn_text(setup->position->lsn).text, setup->position->timeline,
                lsn_text(setup->server_lsn).text, setup->timeline, setup->system);
  enum headrace_result result = setup_gap(setup, what, remedy);
  free(remedy);
  free(sql);
  return result;
}

/* A slot that is not fit for us, whatever its state. NULL: it is. */
static const char *unfit(const struct setup *setup, PGresult *slot)
{
  if (strcmp(PQgetvalue(slot, 0, SLOT_TYPE), "logical") != 0)
    return "is a physical slot";
  if (strcmp(PQgetvalue(slot, 0, SLOT_PLUGIN), "pgoutput") != 0)
    return "uses another output plugin than pgoutput";
  if (strcmp(PQgetvalue(slot, 0, SLOT_DATABASE), setup->database) != 0)
    return "belongs to another database";
  if (*PQgetvalue(slot, 0, SLOT_TEMPORARY) == 't')
    return "is a temporary slot of another session";
  if (*PQgetvalue(slot, 0, SLOT_TWO_PHASE) == 't')
    return "has two_phase, so that it sends a transaction when it is prepared, and it may still be "
           "rolled back";
  return NULL;
}

static enum headrace_result check_fit(const struct setup *setup, PGresult *slot)
{
  const char *fault = unfit(setup, slot);
  if (!fault)
    return HEADRACE_OK;
  setup->host->log(
      setup->host, HEADRACE_ERROR,
      "replication slot \"%s\" %s (type %s, plugin %s, database %s); headrace needs a "
      "logical slot of pgoutput without two_phase in database %s: choose another name for `slot`",
      setup->slot, fault, PQgetvalue(slot, 0, SLOT_TYPE), PQgetvalue(slot, 0, SLOT_PLUGIN),
      PQgetvalue(slot, 0, SLOT_DATABASE), setup->database);
  return HEADRACE_FATAL;
}

static enum headrace_result check_valid(struct setup *setup, PGresult *slot)
{
  const struct headrace_host *host = setup->host;
  const char *status = PQgetvalue(slot, 0, SLOT_WAL_STATUS);
  const char *reason = PQgetvalue(slot, 0, SLOT_REASON);
  bool conflicting = *PQgetvalue(slot, 0, SLOT_CONFLICTING) == 't';
  if (strcmp(status, "lost") != 0 && !conflicting && !*reason) {
    if (!strcmp(status, "unreserved"))
      host->log(host, HEADRACE_WARNING,
                "replication slot \"%s\" is about to be invalidated: it holds more WAL than "
                "max_slot_wal_keep_size allows",
                setup->slot);
    return HEADRACE_OK;
  }
  char *literal = pg_quote_literal(setup->slot);
  char *sql = create_sql(setup);
  char *remedy = pg_format("To go on without them remove the checkpoint of this pipeline and make "
                           "the slot anew: SELECT pg_drop_replication_slot(%s); %s Or set snapshot "
                           "= when-needed. Look at max_slot_wal_keep_size and "
                           "idle_replication_slot_timeout",
                           literal, sql);
  char *what =
      pg_format("replication slot \"%s\" was invalidated by the server (%s): the WAL after "
                "%s is gone up to where the server is, %s, and with it changes",
                setup->slot,
                *reason       ? reason
                : conflicting ? "conflict with recovery"
                              : "wal_status lost",
                PQgetvalue(slot, 0, SLOT_CONFIRMED), lsn_text(setup->server_lsn).text);
  setup->slot_unusable = true;
  enum headrace_result result = setup_gap(setup, what, remedy);
  free(remedy);
  free(sql);
  free(literal);
  return result;
}

static enum headrace_result check_place(struct setup *setup, PGresult *slot)
{
  const struct headrace_host *host = setup->host;
  if (!lsn_parse(PQgetvalue(slot, 0, SLOT_CONFIRMED), &setup->slot_lsn)) {
    host->log(host, HEADRACE_ERROR,
              "replication slot \"%s\" is not finished: its creation still waits, or broke off",
              setup->slot);
    return HEADRACE_RETRY;
  }
  if (!setup->position || setup->slot_lsn <= setup->position->lsn)
    return HEADRACE_OK;
  setup->slot_unusable = true;
  return setup_gap(
      setup,
      pg_format("replication slot \"%s\" is at %s, ahead of the checkpoint at %s: the changes "
                "between were not delivered and the slot has forgotten them (it was made anew, "
                "advanced, or used by another program)",
                setup->slot, lsn_text(setup->slot_lsn).text, lsn_text(setup->position->lsn).text),
      "To go on without them remove the checkpoint of this pipeline, or set snapshot = "
      "when-needed. If another headrace streamed from it, as with standby = yes: set checkpoint = "
      "none or sink, because a file does not know of it");
}

static enum headrace_result check_found(struct setup *setup, PGresult *slot)
{
  enum headrace_result result = check_fit(setup, slot);
  if (result == HEADRACE_OK)
    result = check_valid(setup, slot);
  if (result == HEADRACE_OK && !setup->snapshot_again)
    result = check_place(setup, slot);
  if (result == HEADRACE_OK && !PQgetisnull(slot, 0, SLOT_ACTIVE_PID)) {
    setup->host->log(setup->host, HEADRACE_ERROR,
                     "replication slot \"%s\" is in use by process %s (%s); waiting until it is "
                     "free. If that process is dead to the world: SELECT pg_terminate_backend(%s);",
                     setup->slot, PQgetvalue(slot, 0, SLOT_ACTIVE_PID),
                     PQgetvalue(slot, 0, SLOT_OWNER), PQgetvalue(slot, 0, SLOT_ACTIVE_PID));
    result = HEADRACE_RETRY;
  }
  setup->slot_has_failover = *PQgetvalue(slot, 0, SLOT_FAILOVER) == 't';
  return result;
}

enum headrace_result setup_check_slot(struct setup *setup)
{
  struct pg_error error;
  PGresult *slot = find_slot(setup, &error);
  if (!slot)
    return setup_say(setup->host, "cannot look for the replication slot", &error);
  enum headrace_result result = PQntuples(slot) == 1 ? check_found(setup, slot) : missing(setup);
  PQclear(slot);
  return result;
}

static enum headrace_result does_not_exist(const struct setup *setup)
{
  char *sql = create_sql(setup);
  setup->host->log(
      setup->host, HEADRACE_ERROR,
      "replication slot \"%s\" does not exist; create it with: %s or set slot_create = yes",
      setup->slot, sql);
  free(sql);
  return HEADRACE_FATAL;
}

static enum headrace_result give_failover(struct setup *setup)
{
  struct pg_error error;
  char *slot = pg_quote_identifier(setup->slot);
  char *command = pg_format("ALTER_REPLICATION_SLOT %s (FAILOVER true)", slot);
  PGresult *result = PQexec(setup->walsender, command);
  bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
  if (!good)
    pg_result_error(setup->walsender, result, &error);
  PQclear(result);
  free(command);
  free(slot);
  return good ? HEADRACE_OK
              : setup_say(setup->host, "cannot make the slot a failover slot", &error);
}

enum headrace_result setup_slot(struct setup *setup)
{
  if (setup->slot_missing)
    return setup->slot_create ? HEADRACE_OK : does_not_exist(setup);
  if (setup->slot_failover && !setup->slot_has_failover)
    return give_failover(setup);
  return HEADRACE_OK;
}
