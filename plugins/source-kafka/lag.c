/* SPDX-License-Identifier: Apache-2.0
 *
 * How far behind: what librdkafka heard with the last fetch costs no question. */
#include "source.h"

#include <stdio.h>

/* Each is a name in the host's table of metrics, which is for people. */
#define PARTITIONS_SHOWN 2000

static int64_t records_behind(const struct source *source, const struct partition *partition)
{
  int64_t low, high;
  if (rd_kafka_get_watermark_offsets(source->kafka, partition->topic->name, partition->number, &low,
                                     &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      high < 0)
    return 0;
  return high > partition->durable ? high - partition->durable : 0;
}

void lag_gauge(struct source *source)
{
  const struct headrace_host *host = source->host;
  int64_t total = 0, oldest_us = 0, now_us = host->now_us(host);
  size_t at = 0, shown = 0;
  for (const struct partition *partition; (partition = partition_next(&source->topics, &at));) {
    bool ours = partition->state == PARTITION_READING || partition->state == PARTITION_LEAVING;
    int64_t behind = ours ? records_behind(source, partition) : 0;
    char name[80];
    snprintf(name, sizeof name, "lag_records.%s", partition->name);
    if (shown++ < PARTITIONS_SHOWN)
      host->gauge(host, name, behind);
    total += behind;
    if (behind && partition->record_time_ms > 0 &&
        now_us - partition->record_time_ms * 1000 > oldest_us)
      oldest_us = now_us - partition->record_time_ms * 1000;
  }
  host->gauge(host, "lag_records", total);
  host->gauge(host, "lag_us", oldest_us);
}
