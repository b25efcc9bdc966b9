/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot_progress.h"

#include "stream.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_MS 1000
#define LOG_MS  10000

static void set_gauges(const struct progress *progress, uint64_t own_rows)
{
  const struct headrace_host *host = progress->host;
  const struct snapshot_progress *now = &progress->last;
  uint64_t rows = now->rows > own_rows ? now->rows : own_rows;
  uint64_t total = now->rows_expected > rows ? now->rows_expected : rows + 1;
  host->gauge(host, "snapshot_in_progress", 1);
  host->gauge(host, "snapshot_tables", (int64_t)now->tables);
  host->gauge(host, "snapshot_chunks", (int64_t)now->chunks);
  host->gauge(host, "snapshot_chunks_done", (int64_t)now->chunks_done);
  host->gauge(host, "snapshot_rows", (int64_t)rows);
  host->gauge(host, "snapshot_seconds", now->seconds);
  host->gauge(host, "progress_done", (int64_t)rows);
  host->gauge(host, "progress_total", (int64_t)total);
}

/* By chunks, which are all about as large; rows are estimated. */
static void log_progress(struct progress *progress, int64_t now_ms)
{
  const struct headrace_host *host = progress->host;
  const struct snapshot_progress *now = &progress->last, *before = &progress->logged;
  double seconds = (double)(now_ms - progress->logged_ms) / 1000;
  double rate =
      (double)(now->rows - (now->rows > before->rows ? before->rows : now->rows)) / seconds;
  uint64_t chunks =
      now->chunks_done > before->chunks_done ? now->chunks_done - before->chunks_done : 0;
  char left[48] = "time left not known";
  if (chunks)
    snprintf(left, sizeof left, "about %.0f s left",
             (double)(now->chunks - now->chunks_done) * seconds / (double)chunks);
  host->log(host, HEADRACE_INFO,
            "snapshot: %" PRIu64 " of %" PRIu64 " chunks, %" PRIu64 " rows, %.0f rows/s, %s",
            now->chunks_done, now->chunks, now->rows, rate, left);
  progress->logged = *now;
  progress->logged_ms = now_ms;
}

void progress_begin(struct progress *progress, const struct headrace_host *host,
                    struct snapshot_job *job, uint64_t id)
{
  struct pg_error ignored;
  int64_t now = stream_clock_ms();
  *progress = (struct progress){.host = host, .next_log_ms = now + LOG_MS, .logged_ms = now};
  if (!snapshot_job_progress(job, &progress->last, &ignored))
    return; /* the next query says why */
  progress->logged = progress->last;
  set_gauges(progress, 0);
  host->log(host, HEADRACE_INFO,
            "snapshot %" PRIu64 ": %" PRIu64 " tables, %" PRIu64 " chunks of which %" PRIu64
            " are done, about %" PRIu64 " rows",
            id, progress->last.tables, progress->last.chunks, progress->last.chunks_done,
            progress->last.rows_expected);
}

bool progress_tick(struct progress *progress, struct snapshot_job *job, uint64_t rows,
                   struct pg_error *error)
{
  int64_t now = stream_clock_ms();
  if (!progress->host || now < progress->next_look_ms)
    return true;
  progress->next_look_ms = now + LOOK_MS;
  if (!snapshot_job_progress(job, &progress->last, error))
    return false;
  set_gauges(progress, rows);
  if (now >= progress->next_log_ms) {
    log_progress(progress, now);
    progress->next_log_ms = now + LOG_MS;
  }
  return true;
}

void progress_end(struct progress *progress)
{
  if (!progress->host)
    return;
  progress->host->gauge(progress->host, "snapshot_in_progress", 0);
  progress->host->gauge(progress->host, "progress_done", 0);
  progress->host->gauge(progress->host, "progress_total", 0);
  progress->host = NULL;
}
