/* SPDX-License-Identifier: Apache-2.0 */
#include "slot_maker.h"

#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>

/* PostgreSQL 15 has options in brackets, 17 has FAILOVER (documentation, "Streaming Replication
 * Protocol", CREATE_REPLICATION_SLOT). */
static char *command(const struct setup *setup, bool export_snapshot)
{
  char *slot = pg_quote_identifier(setup->slot);
  bool options = PQserverVersion(setup->walsender) >= 150000;
  char *text;
  if (options)
    text = pg_format("CREATE_REPLICATION_SLOT %s LOGICAL pgoutput (SNAPSHOT '%s'%s)", slot,
                     export_snapshot ? "export" : "nothing",
                     setup->slot_failover ? ", FAILOVER true" : "");
  else
    text = pg_format("CREATE_REPLICATION_SLOT %s LOGICAL pgoutput %s", slot,
                     export_snapshot ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT");
  free(slot);
  return text;
}

enum headrace_result slot_maker_begin(struct slot_maker *maker, const struct setup *setup,
                                      bool export_snapshot)
{
  *maker = (struct slot_maker){.host = setup->host, .walsender = setup->walsender};
  setup->host->log(setup->host, HEADRACE_INFO,
                   "creating replication slot %s; this waits until the transactions that run now "
                   "have ended",
                   setup->slot);
  char *text = command(setup, export_snapshot);
  maker->waiting = PQsendQuery(maker->walsender, text) == 1;
  free(text);
  if (maker->waiting)
    return HEADRACE_OK;
  struct pg_error error;
  pg_result_error(maker->walsender, NULL, &error);
  return setup_say(maker->host, "cannot create the replication slot", &error);
}

/* slot_name, consistent_point, snapshot_name, output_plugin */
static bool take_row(struct slot_maker *maker, PGresult *result)
{
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1 || PQnfields(result) < 3)
    return false;
  if (!PQgetisnull(result, 0, 2))
    maker->snapshot = pg_format("%s", PQgetvalue(result, 0, 2));
  return lsn_parse(PQgetvalue(result, 0, 1), &maker->lsn);
}

enum headrace_result slot_maker_poll(struct slot_maker *maker)
{
  struct pg_error error;
  bool alive = PQconsumeInput(maker->walsender) == 1;
  if (alive && PQisBusy(maker->walsender))
    return HEADRACE_AGAIN;
  PGresult *result = PQgetResult(maker->walsender);
  bool good = take_row(maker, result);
  if (!good)
    pg_result_error(maker->walsender, result, &error);
  PQclear(result);
  while ((result = PQgetResult(maker->walsender)))
    PQclear(result);
  maker->waiting = false;
  if (!good)
    return setup_say(maker->host, "cannot create the replication slot", &error);
  maker->host->log(maker->host, HEADRACE_INFO, "created the replication slot at %s",
                   lsn_text(maker->lsn).text);
  return HEADRACE_OK;
}

void slot_maker_end(struct slot_maker *maker)
{
  if (maker->waiting) {
    char ignored[256];
    PGcancel *cancel = PQgetCancel(maker->walsender);
    if (cancel)
      PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
  }
  free(maker->snapshot);
  maker->snapshot = NULL;
  maker->waiting = false;
}
