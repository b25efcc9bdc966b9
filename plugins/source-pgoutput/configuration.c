/* SPDX-License-Identifier: Apache-2.0 */
#include "configuration.h"

#include "monitor.h"
#include "setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum snapshot_mode configuration_snapshot(const struct headrace_host *host)
{
  return (enum snapshot_mode)host->integer(host, "snapshot");
}

bool configuration_check_slot(const struct headrace_host *host)
{
  const char *slot = host->string(host, "slot");
  if (!slot) {
    if (configuration_snapshot(host) != MODE_ONLY)
      host->log(host, HEADRACE_ERROR, "slot is missing: the name of the replication slot");
    return configuration_snapshot(host) == MODE_ONLY;
  }
  size_t length = strlen(slot);
  if (length && length <= 63 && strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_") == length)
    return true;
  host->log(host, HEADRACE_ERROR,
            "slot: \"%s\" is no name of a slot: 1 to 63 of a to z, 0 to 9 and _", slot);
  return false;
}

bool configuration_check_publication(const struct headrace_host *host)
{
  const struct headrace_pair *tables;
  size_t table_count = host->list(host, "tables", &tables);
  bool good = true;
  const char *publication = host->string(host, "publication");
  size_t length = publication ? strlen(publication) : 0;
  if (!publication && configuration_snapshot(host) == MODE_ONLY) {
    if (!table_count)
      host->log(host, HEADRACE_ERROR, "snapshot = only needs `tables` or `publication`");
    return table_count > 0;
  }
  if (!publication) {
    host->log(host, HEADRACE_ERROR, "publication is missing: the name of the publication");
    good = false;
  } else if (!length || length > 63) {
    host->log(host, HEADRACE_ERROR, "publication: its name has 1 to 63 bytes");
    good = false;
  }
  if (host->integer(host, "publication_create") && !table_count) {
    host->log(host, HEADRACE_ERROR,
              "publication_create = yes needs `tables`: headrace makes no publication of all "
              "tables");
    good = false;
  }
  if (host->integer(host, "replica_identity") != IDENTITY_LEAVE && !table_count) {
    host->log(host, HEADRACE_ERROR, "replica_identity needs `tables`: those that it is set for");
    good = false;
  }
  return good;
}

/* A slot that was dropped because it held too much WAL was dropped to be made anew. */
bool configuration_may_snapshot_again(const struct headrace_host *host)
{
  return configuration_snapshot(host) == MODE_WHEN_NEEDED ||
         (configuration_snapshot(host) == MODE_INITIAL && host->integer(host, "slot_create") &&
          host->integer(host, "slot_lag_action") == SLOT_LAG_SNAPSHOT);
}

bool configuration_check_snapshot(const struct headrace_host *host)
{
  bool good = true;
  int64_t rows = host->integer(host, "snapshot_chunk_rows");
  if (rows < 1 || rows > 100000000) {
    host->log(host, HEADRACE_ERROR, "snapshot_chunk_rows must be from 1 to 100000000");
    good = false;
  }
  int64_t workers = host->integer(host, "snapshot_workers");
  if (workers < 1 || workers > 64) {
    host->log(host, HEADRACE_ERROR, "snapshot_workers must be from 1 to 64");
    good = false;
  }
  if (configuration_snapshot(host) == MODE_WHEN_NEEDED && !host->integer(host, "slot_create")) {
    host->log(host, HEADRACE_ERROR,
              "snapshot = when-needed makes a slot that is lost anew: it needs slot_create = yes");
    good = false;
  }
  if (host->integer(host, "slot_lag_action") == SLOT_LAG_SNAPSHOT &&
      !configuration_may_snapshot_again(host)) {
    host->log(
        host, HEADRACE_ERROR,
        "slot_lag_action = snapshot needs snapshot = when-needed, or initial, and slot_create "
        "= yes");
    good = false;
  }
  if (host->integer(host, "slot_activity_interval") <= 0) {
    host->log(host, HEADRACE_ERROR, "slot_activity_interval must be more than nothing");
    good = false;
  }
  return good;
}

const char *configuration_spool_dir(const struct headrace_host *host)
{
  const char *configured = host->string(host, "spool_dir");
  const char *temporary = getenv("TMPDIR");
  return configured ? configured : temporary && *temporary ? temporary : "/var/tmp";
}

bool configuration_check_streaming(const struct headrace_host *host)
{
  const char *folder = configuration_spool_dir(host);
  bool good = true;
  if (!host->integer(host, "streaming"))
    return true;
  if (host->integer(host, "spool_bytes") <= 0) {
    host->log(host, HEADRACE_ERROR, "spool_bytes must be more than nothing");
    good = false;
  }
  if (access(folder, W_OK | X_OK) != 0) {
    host->log(host, HEADRACE_ERROR, "spool_dir: cannot write to %s: %s", folder, strerror(errno));
    good = false;
  }
  return good;
}
