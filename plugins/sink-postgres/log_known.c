/* SPDX-License-Identifier: Apache-2.0 */
#include "log_known.h"

#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_FORMAT "%-40.40s %20" PRId64 "\n"
#define LINE_SIZE   62

void log_known_open(struct log_sink *sink)
{
  const struct headrace_host *host = sink->host;
  char path[4096];
  if (sink->known.file >= 0 || !host->state_dir)
    return;
  mkdir(host->state_dir, 0750);
  snprintf(path, sizeof path, "%s/%s.log-end", host->state_dir, host->instance);
  sink->known.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (sink->known.file < 0)
    host->log(
        host, HEADRACE_INFO,
        "%s: %s; records that the server loses while headrace is stopped will not be noticed, "
        "unless another server was promoted; set state_dir in [headrace] to a folder that "
        "this user may write to",
        path, strerror(errno));
}

void log_known_close(struct log_sink *sink)
{
  if (sink->known.file >= 0)
    close(sink->known.file);
  sink->known.file = -1;
}

/* False: there is no such line. */
static bool read_line(const struct log_sink *sink, char cluster[64], char end[64])
{
  char line[LINE_SIZE + 1] = "", after;
  if (sink->known.file < 0 || pread(sink->known.file, line, LINE_SIZE, 0) != LINE_SIZE)
    return false;
  return sscanf(line, "%63s %20[0-9]%c", cluster, end, &after) == 3 && after == '\n';
}

bool log_known_compare(struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  char cluster[64], end[64];
  if (!read_line(sink, cluster, end))
    return true;
  PGresult *result = pg_query(connection, error,
                              "UPDATE meta SET timeline = 'records were lost'"
                              " WHERE cluster_id = $1 AND next_global_offset < $2::bigint"
                              " RETURNING next_global_offset",
                              2, (const char *[]){cluster, end});
  if (result && PQntuples(result))
    sink->host->log(sink->host, HEADRACE_WARNING,
                    "the log in schema %s is at record %s and not at %s as it was: the server has "
                    "lost what it had committed, or was restored; readers are told",
                    sink->schema, PQgetvalue(result, 0, 0), end);
  PQclear(result);
  return result;
}

void log_known_write(struct log_sink *sink, int64_t next_global)
{
  char line[LINE_SIZE + 1];
  if (sink->known.file < 0)
    return;
  snprintf(line, sizeof line, LINE_FORMAT, sink->state.cluster_id, next_global);
  if (pwrite(sink->known.file, line, LINE_SIZE, 0) == LINE_SIZE)
    return;
  sink->host->log(
      sink->host, HEADRACE_WARNING,
      "state_dir cannot be written to: %s; records that the server loses while headrace "
      "is stopped will not be noticed",
      strerror(errno));
  log_known_close(sink);
}
