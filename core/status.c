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

void status_log(struct pipeline *pipeline, bool now)
{
  int64_t interval = settings_integer(&pipeline->process->process, "status_log_interval");
  int64_t time = clock_ms();
  struct status *last = &pipeline->status;
  if (!last->time) {
    last->time = time;
    return;
  }
  if (!now && (!interval || time - last->time < interval))
    return;
  const struct metrics *metrics = &pipeline->metrics;
  int64_t durable = metrics_get(metrics, "durable");
  int64_t elapsed = time > last->time ? time - last->time : 1;
  double rate = (double)(durable - last->durable) * 1000 / (double)elapsed;
  log_write(pipeline->logger, HEADRACE_INFO, pipeline->config->name,
            "status: connected source=%s sink=%s, lag %lld bytes %.3f s, %lld events durable, "
            "%.1f/s, errors %lld, retries %lld, rejected %lld",
            connected(metrics, "source.connected"), connected(metrics, "sink.connected"),
            (long long)metrics_get(metrics, "source.lag_bytes"),
            (double)metrics_get(metrics, "source.lag_us") / 1e6, (long long)durable, rate,
            (long long)metrics_get(metrics, "errors"), (long long)metrics_get(metrics, "retries"),
            (long long)metrics_get(metrics, "rejected"));
  last->time = time;
  last->durable = durable;
}
