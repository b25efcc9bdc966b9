/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include "batch.h"
#include "relation.h"
#include "wake.h"

#include <stdio.h>
#include <time.h>

static const struct instance *of(const struct headrace_host *host)
{
  return (const struct instance *)host;
}

static const char *host_string(const struct headrace_host *host, const char *key)
{
  return settings_string(of(host)->settings, key);
}

static int64_t host_integer(const struct headrace_host *host, const char *key)
{
  return settings_integer(of(host)->settings, key);
}

static size_t host_list(const struct headrace_host *host, const char *key,
                        const struct headrace_pair **items)
{
  return settings_list(of(host)->settings, key, items);
}

static void host_log(const struct headrace_host *host, enum headrace_level level,
                     const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  log_writev(of(host)->logger, level, host->instance, format, arguments);
  va_end(arguments);
  if (level == HEADRACE_ERROR)
    metrics_add(of(host)->metrics, "errors", 1);
}

#define METRIC_NAME_MAX 96

static void host_counter(const struct headrace_host *host, const char *name, uint64_t add)
{
  char full[METRIC_NAME_MAX];
  snprintf(full, sizeof full, "%s.%s", of(host)->stage, name);
  metrics_add(of(host)->metrics, full, add);
}

static void host_gauge(const struct headrace_host *host, const char *name, int64_t value)
{
  char full[METRIC_NAME_MAX];
  snprintf(full, sizeof full, "%s.%s", of(host)->stage, name);
  metrics_set(of(host)->metrics, full, value);
}

static int64_t host_now_us(const struct headrace_host *host)
{
  (void)host;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void host_wake(const struct headrace_host *host)
{
  wake_signal(host->wake_fd);
}

static void *host_alloc(const struct headrace_host *host, struct headrace_batch *batch, size_t size)
{
  (void)host;
  return arena_alloc(&batch->arena, size);
}

static char *host_reserve(const struct headrace_host *host, struct headrace_batch *batch,
                          size_t size)
{
  (void)host;
  return arena_reserve(&batch->arena, size);
}

static void host_commit(const struct headrace_host *host, struct headrace_batch *batch, size_t used)
{
  (void)host;
  arena_commit(&batch->arena, used);
}

static struct headrace_change *host_add_change(const struct headrace_host *host,
                                               struct headrace_batch *batch,
                                               const struct headrace_relation *relation)
{
  (void)host;
  return batch_add_change(batch, relation);
}

static struct headrace_record *host_add_record(const struct headrace_host *host,
                                               struct headrace_batch *batch)
{
  (void)host;
  return batch_add_record(batch);
}

static void host_add_event(const struct headrace_host *host, struct headrace_batch *batch,
                           const struct headrace_event *event)
{
  (void)host;
  batch_add_event(batch, event);
}

static int host_full(const struct headrace_host *host, const struct headrace_batch *batch)
{
  (void)host;
  return batch_full(batch);
}

static void host_set_position(const struct headrace_host *host, struct headrace_batch *batch,
                              const void *position, size_t size)
{
  (void)host;
  batch_set_position(batch, position, size);
}

static const struct headrace_event *host_events(const struct headrace_host *host,
                                                const struct headrace_batch *batch, size_t *count)
{
  (void)host;
  *count = batch->events.count;
  return batch->events.items;
}

static const void *host_position(const struct headrace_host *host,
                                 const struct headrace_batch *batch, size_t *size)
{
  (void)host;
  *size = batch->position_size;
  return batch->position;
}

static const struct headrace_relation *host_relation_new(const struct headrace_host *host,
                                                         const struct headrace_relation *relation)
{
  _Atomic uint64_t *ids = of(host)->relation_ids;
  return relation_copy(relation, atomic_fetch_add_explicit(ids, 1, memory_order_relaxed) + 1);
}

static void host_relation_release(const struct headrace_host *host,
                                  const struct headrace_relation *relation)
{
  (void)host;
  relation_release(relation);
}

static void host_relation_keep(const struct headrace_host *host, struct headrace_batch *batch,
                               const struct headrace_relation *relation)
{
  (void)host;
  batch_keep_relation(batch, relation);
}

static void host_durable(const struct headrace_host *host, struct headrace_batch *batch,
                         const uint64_t *receipts)
{
  const struct report_sink *reports = of(host)->reports;
  reports->durable(reports->context, batch, receipts);
}

static void host_failed(const struct headrace_host *host, struct headrace_batch *batch,
                        enum headrace_result result)
{
  const struct report_sink *reports = of(host)->reports;
  reports->failed(reports->context, batch, result);
}

static enum headrace_verdict host_reject(const struct headrace_host *host,
                                         struct headrace_batch *batch, size_t event,
                                         const char *error_class, const char *reason)
{
  const struct report_sink *reports = of(host)->reports;
  return reports->reject(reports->context, batch, event, error_class, reason);
}

static void host_want(const struct headrace_host *host, unsigned what)
{
  *of(host)->wants |= what;
}

static unsigned host_wanted(const struct headrace_host *host)
{
  return *of(host)->wants;
}

static void host_set_partial(const struct headrace_host *host, struct headrace_batch *batch)
{
  (void)host;
  batch->partial = true;
}

static int host_partial(const struct headrace_host *host, const struct headrace_batch *batch)
{
  (void)host;
  return batch->partial;
}

static int host_starved(const struct headrace_host *host)
{
  return atomic_load(of(host)->starved);
}

static int host_stopping(const struct headrace_host *host)
{
  const atomic_bool *stopping = of(host)->stopping;
  return stopping && atomic_load(stopping);
}

static void host_add_part(const struct headrace_host *host, struct headrace_batch *batch,
                          const struct headrace_part *part)
{
  (void)host;
  batch_add_part(batch, part);
}

static const struct headrace_part *host_parts(const struct headrace_host *host,
                                              const struct headrace_batch *batch, size_t *count)
{
  (void)host;
  *count = batch->part_count;
  return batch->parts;
}

static int host_stored_part(const struct headrace_host *host, const char *name, int64_t *next)
{
  bool news;
  bool known = part_ask(of(host)->questions, name, next, &news);
  if (news)
    wake_signal(of(host)->worker_wake);
  return known;
}

static enum headrace_verdict host_refuse(const struct headrace_host *host,
                                         struct headrace_batch *out, const char *error_class,
                                         const char *reason)
{
  const struct report_sink *reports = of(host)->reports;
  struct headrace_rejection rejection = {
      .stage = of(host)->stage, .error_class = error_class, .reason = reason};
  return reports->refuse(reports->context, out, &rejection);
}

static void host_print(const struct headrace_host *host, const char *text, size_t size)
{
  if (of(host)->answer)
    fwrite(text, 1, size, of(host)->answer);
}

static enum headrace_result host_run_once(const struct headrace_host *host, const char *source,
                                          const struct headrace_pair *keys, size_t count)
{
  const struct once *once = of(host)->once;
  if (once)
    return once->run(once->context, source, keys, count);
  host->log(host, HEADRACE_ERROR,
            "plugin %s asked for a run outside of a command; this is a fault of the plugin",
            of(host)->plugin->name);
  return HEADRACE_FATAL;
}

static const struct headrace_log *host_sink_log(const struct headrace_host *host)
{
  const struct instance *sink = of(host)->sink;
  return sink && sink->self && sink->plugin->log ? sink->plugin->log(sink->self) : NULL;
}

static int host_pressure(const struct headrace_host *host)
{
  const struct report_sink *reports = of(host)->reports;
  return reports->pressure(reports->context);
}

enum headrace_result instance_failure(const struct instance *instance, enum headrace_result answer)
{
  if (answer == HEADRACE_RETRY || answer == HEADRACE_FATAL)
    return answer;
  instance->host.log(&instance->host, HEADRACE_ERROR,
                     "plugin %s answered %d where only RETRY or FATAL has a meaning; this is a "
                     "fault of the plugin",
                     instance->plugin->name, (int)answer);
  return HEADRACE_FATAL;
}

void instance_init(struct instance *instance, const char *pipeline, const char *name, int wake_fd)
{
  instance->host = (struct headrace_host){
      .struct_size = sizeof instance->host,
      .api_version = HEADRACE_API_VERSION,
      .pipeline = pipeline,
      .instance = name,
      .wake_fd = wake_fd,
      .string = host_string,
      .integer = host_integer,
      .list = host_list,
      .log = host_log,
      .counter = host_counter,
      .gauge = host_gauge,
      .now_us = host_now_us,
      .wake = host_wake,
      .alloc = host_alloc,
      .reserve = host_reserve,
      .commit = host_commit,
      .add_change = host_add_change,
      .add_record = host_add_record,
      .add_event = host_add_event,
      .full = host_full,
      .set_position = host_set_position,
      .events = host_events,
      .position = host_position,
      .relation_new = host_relation_new,
      .relation_release = host_relation_release,
      .durable = host_durable,
      .failed = host_failed,
      .reject = host_reject,
      .want = host_want,
      .wanted = host_wanted,
      .set_partial = host_set_partial,
      .partial = host_partial,
      .starved = host_starved,
      .relation_keep = host_relation_keep,
      .add_part = host_add_part,
      .parts = host_parts,
      .stored_part = host_stored_part,
      .refuse = host_refuse,
      .pressure = host_pressure,
      .print = host_print,
      .run_once = host_run_once,
      .sink_log = host_sink_log,
      .stopping = host_stopping,
  };
}
