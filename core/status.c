/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include "clock.h"

#include <stdio.h>

static const char *connected(const struct metrics *metrics, const char *name)
{
  if (!metrics_has(metrics, name))
    return "-";
  return metrics_get(metrics, name) ? "yes" : "no";
}

/* Of what the source has to read before it is up to date, such as a snapshot; 0: of nothing. */
static int64_t progress_total(const struct metrics *metrics)
{
  return metrics_get(metrics, "source.progress_total");
}

static void show_progress(struct pipeline *pipeline, int64_t time)
{
  struct terminal *terminal = pipeline->logger->terminal;
  int64_t total = progress_total(&pipeline->metrics);
  if (!terminal)
    return;
  if (total > 0)
    terminal_progress(terminal, pipeline, pipeline->config->name, &pipeline->progress, time,
                      metrics_get(&pipeline->metrics, "source.progress_done"), total);
  else if (pipeline->progress.time) {
    pipeline->progress = (struct progress){0};
    terminal_clear(terminal, pipeline);
  }
}

/* A source counts what it has still to read in bytes of a log, or in records. */
static void lag_text(const struct metrics *metrics, char *text, size_t size)
{
  bool records = metrics_has(metrics, "source.lag_records");
  snprintf(text, size, "%lld %s %.3f s",
           (long long)metrics_get(metrics, records ? "source.lag_records" : "source.lag_bytes"),
           records ? "records" : "bytes", (double)metrics_get(metrics, "source.lag_us") / 1e6);
}

static void log_line(struct pipeline *pipeline, int64_t time)
{
  const struct metrics *metrics = &pipeline->metrics;
  struct status *last = &pipeline->status;
  int64_t durable = metrics_get(metrics, "durable"), total = progress_total(metrics);
  int64_t elapsed = time > last->time ? time - last->time : 1;
  double rate = (double)(durable - last->durable) * 1000 / (double)elapsed;
  char progress[32] = "", lag[64];
  lag_text(metrics, lag, sizeof lag);
  if (total > 0)
    snprintf(progress, sizeof progress, ", snapshot %d %%",
             progress_percent(metrics_get(metrics, "source.progress_done"), total));
  log_write(pipeline->logger, HEADRACE_INFO, pipeline->config->name,
            "status: connected source=%s sink=%s, lag %s, %lld events durable, "
            "%.1f/s, errors %lld, retries %lld, rejected %lld%s",
            connected(metrics, "source.connected"), connected(metrics, "sink.connected"), lag,
            (long long)durable, rate, (long long)metrics_get(metrics, "errors"),
            (long long)metrics_get(metrics, "retries"), (long long)metrics_get(metrics, "rejected"),
            progress);
  last->time = time;
  last->durable = durable;
}

void status_log(struct pipeline *pipeline)
{
  int64_t interval = settings_integer(&pipeline->process->process, "status_log_interval");
  int64_t time = clock_ms();
  show_progress(pipeline, time);
  if (!pipeline->status.time)
    pipeline->status.time = time;
  else if (interval && time - pipeline->status.time >= interval)
    log_line(pipeline, time);
}

void status_log_end(struct pipeline *pipeline)
{
  const struct metrics *metrics = &pipeline->metrics;
  if (pipeline->logger->terminal)
    terminal_clear(pipeline->logger->terminal, pipeline);
  log_write(pipeline->logger, HEADRACE_INFO, pipeline->config->name,
            "at the end: %lld events durable, errors %lld, retries %lld, rejected %lld",
            (long long)metrics_get(metrics, "durable"), (long long)metrics_get(metrics, "errors"),
            (long long)metrics_get(metrics, "retries"),
            (long long)metrics_get(metrics, "rejected"));
}
