/* SPDX-License-Identifier: Apache-2.0 */
#include "standby.h"

#include "snapshot_job.h"
#include "stream.h"

#include <poll.h>

static void say_waiting(struct standby *standby, const struct setup *setup, PGresult *slot)
{
  const struct headrace_host *host = setup->host;
  if (!standby->said && slot)
    host->log(host, HEADRACE_INFO,
              "replication slot %s is active in process %s (%s); waiting for it", setup->slot,
              PQgetvalue(slot, 0, 0), PQgetvalue(slot, 0, 1));
  else if (!standby->said)
    host->log(host, HEADRACE_INFO, "another process makes a snapshot; waiting for it");
  standby->said = true;
}

static enum headrace_result look_at_snapshot(struct standby *standby, const struct setup *setup)
{
  struct pg_error error;
  struct snapshot_job job;
  bool shared = false;
  if (!snapshot_job_open(&job, setup->host, setup->host->string(setup->host, "snapshot_schema"),
                         setup->slot, &error))
    return setup_cannot_connect(setup->host, &error);
  bool good = snapshot_job_shared(&job, &shared, &error);
  snapshot_job_close(&job);
  if (!good)
    return setup_say(setup->host, "cannot look for a snapshot", &error);
  if (shared)
    say_waiting(standby, setup, NULL);
  return shared ? HEADRACE_AGAIN : HEADRACE_OK;
}

static enum headrace_result look(struct standby *standby, const struct setup *setup, bool snapshots)
{
  struct pg_error error;
  if (!standby->catalog.connection && !catalog_connect(&standby->catalog, setup->host, &error))
    return setup_cannot_connect(setup->host, &error);
  PGresult *slot = catalog_query(
      &standby->catalog, &error,
      "SELECT s.active_pid, coalesce(a.application_name, '') || ' from ' || "
      "coalesce(host(a.client_addr), 'a local socket') FROM pg_replication_slots s LEFT JOIN "
      "pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = $1 AND s.active",
      1, &setup->slot);
  if (!slot)
    return setup_say(setup->host, "cannot look for the replication slot", &error);
  bool active = PQntuples(slot) == 1;
  if (active)
    say_waiting(standby, setup, slot);
  PQclear(slot);
  if (active)
    return HEADRACE_AGAIN;
  return snapshots ? look_at_snapshot(standby, setup) : HEADRACE_OK;
}

enum headrace_result standby_await(struct standby *standby, const struct setup *setup,
                                   bool snapshots, int timeout_ms)
{
  const struct headrace_host *host = setup->host;
  int64_t left = standby->next_ms - stream_clock_ms();
  if (left > 0) {
    struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
    poll(&fd, 1, left < timeout_ms ? (int)left : timeout_ms);
    return HEADRACE_AGAIN;
  }
  enum headrace_result result = look(standby, setup, snapshots);
  standby->next_ms = stream_clock_ms() + host->integer(host, "slot_activity_interval");
  if (result == HEADRACE_OK && standby->said)
    host->log(host, HEADRACE_INFO, "replication slot %s is free; taking over", setup->slot);
  return result;
}

void standby_end(struct standby *standby)
{
  catalog_close(&standby->catalog);
}
