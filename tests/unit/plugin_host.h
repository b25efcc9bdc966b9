/* SPDX-License-Identifier: Apache-2.0
 *
 * A host for one plugin in a unit test or a fuzz target: the core's own batch
 * code and settings, reports kept in arrays, logs kept in memory. Link headrace-core. */
#ifndef HEADRACE_TEST_PLUGIN_HOST_H
#define HEADRACE_TEST_PLUGIN_HOST_H

#include "batch.h"
#include "instance.h"
#include "settings.h"
#include "wake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_REPORTS_MAX 4096

struct plugin_host {
  struct instance instance; /* pass &h->instance.host to the plugin */
  struct settings settings;
  struct metrics metrics;
  struct logger logger;
  struct report_sink reports;
  _Atomic uint64_t relation_ids;
  atomic_bool starved;             /* what a sink is told */
  atomic_bool stopping;            /* what all are */
  int pressure;                    /* likewise */
  struct part_questions questions; /* of a source: part_answer() them */
  unsigned wants;                  /* what the plugin wanted, or what a source is asked for */
  int log_fd;                      /* an unlinked file: plugin_host_log() reads it */
  enum headrace_verdict verdict;   /* what reject() and refuse() answer */
  size_t durable_count, failed_count, reject_count;
  enum headrace_result failed_with;
  struct headrace_batch *durable[TEST_REPORTS_MAX]; /* in the order of the reports */
  char last_error_class[64];
  char last_reason[1024];
};

static inline void plugin_host_durable(void *context, struct headrace_batch *batch,
                                       const uint64_t *receipts)
{
  struct plugin_host *host = context;
  (void)receipts;
  if (batch->state != BATCH_TAKEN)
    abort(); /* reported twice */
  batch->state = BATCH_DURABLE;
  host->durable[host->durable_count++ % TEST_REPORTS_MAX] = batch;
}

static inline void plugin_host_failed(void *context, struct headrace_batch *batch,
                                      enum headrace_result result)
{
  struct plugin_host *host = context;
  if (batch->state != BATCH_TAKEN)
    abort(); /* reported twice */
  batch->state = BATCH_FAILED;
  host->failed_count++;
  host->failed_with = result;
}

static inline enum headrace_verdict plugin_host_reject(void *context, struct headrace_batch *batch,
                                                       size_t event, const char *error_class,
                                                       const char *reason)
{
  struct plugin_host *host = context;
  host->reject_count++;
  snprintf(host->last_error_class, sizeof host->last_error_class, "%s", error_class);
  snprintf(host->last_reason, sizeof host->last_reason, "%s", reason);
  batch_reject(batch, event, error_class, reason);
  return host->verdict;
}

static inline enum headrace_verdict plugin_host_refuse(void *context, struct headrace_batch *out,
                                                       const struct headrace_rejection *rejection)
{
  struct plugin_host *host = context;
  host->reject_count++;
  snprintf(host->last_error_class, sizeof host->last_error_class, "%s", rejection->error_class);
  snprintf(host->last_reason, sizeof host->last_reason, "%s", rejection->reason);
  batch_refuse(out, rejection, host->verdict == HEADRACE_VERDICT_DEAD_LETTER);
  return host->verdict;
}

static inline int plugin_host_pressure(const void *context)
{
  const struct plugin_host *host = context;
  return host->pressure;
}

/* `pairs` is {"key", "value", …, NULL}, or NULL for the table's defaults. */
static inline struct plugin_host *plugin_host_new(const struct headrace_key *keys,
                                                  const char *const *pairs)
{
  struct plugin_host *host = calloc(1, sizeof *host);
  settings_init(&host->settings, keys);
  for (; pairs && *pairs; pairs += 2) {
    char *error = NULL;
    if (!settings_key(&host->settings, pairs[0]) ||
        !settings_set(&host->settings, pairs[0], pairs[1], &error)) {
      fprintf(stderr, "plugin_host: %s: %s\n", pairs[0], error ? error : "unknown key");
      abort();
    }
  }
  char path[] = "/tmp/headrace-test-XXXXXX";
  host->log_fd = mkstemp(path);
  unlink(path);
  host->logger = (struct logger){.fd = host->log_fd, .level = HEADRACE_DEBUG};
  metrics_init(&host->metrics);
  host->reports = (struct report_sink){.durable = plugin_host_durable,
                                       .failed = plugin_host_failed,
                                       .reject = plugin_host_reject,
                                       .refuse = plugin_host_refuse,
                                       .pressure = plugin_host_pressure,
                                       .context = host};
  instance_init(&host->instance, "test", "test.stage", wake_open());
  host->instance.stage = "stage";
  host->instance.settings = &host->settings;
  host->instance.logger = &host->logger;
  host->instance.metrics = &host->metrics;
  host->instance.reports = &host->reports;
  host->instance.relation_ids = &host->relation_ids;
  host->instance.wants = &host->wants;
  host->instance.starved = &host->starved;
  host->instance.stopping = &host->stopping;
  part_questions_init(&host->questions);
  host->instance.questions = &host->questions;
  host->instance.worker_wake = host->instance.host.wake_fd;
  return host;
}

/* All that was logged so far; to be freed. */
static inline char *plugin_host_log(const struct plugin_host *host)
{
  off_t size = lseek(host->log_fd, 0, SEEK_END);
  char *text = calloc(1, (size_t)size + 1);
  ssize_t got = pread(host->log_fd, text, (size_t)size, 0);
  (void)got;
  return text;
}

static inline void plugin_host_free(struct plugin_host *host)
{
  part_questions_free(&host->questions);
  close(host->log_fd);
  close(host->instance.host.wake_fd);
  settings_free(&host->settings);
  metrics_free(&host->metrics);
  free(host);
}

/* A batch to fill (batch_add_change …, then batch_seal). For a sink, set
 * batch->state = BATCH_TAKEN before write(). */
static inline struct headrace_batch *plugin_host_batch(void)
{
  return batch_new((struct batch_limits){.max_events = 1024, .max_bytes = 128 * 1024}, NULL);
}

#endif
