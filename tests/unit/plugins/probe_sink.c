/* SPDX-License-Identifier: Apache-2.0
 *
 * A sink that remembers what became durable, and finishes as the scenario says:
 * in write(), out of order by a thread of its own that wakes the host, or when the
 * test lets go. Built twice: with PROBE_NO_DEAD_LETTER it has no such key. */
#include "probe.h"

#include <poll.h>

#define TAKEN_MAX 2048

struct batches {
  struct headrace_batch *items[TAKEN_MAX];
  size_t count;
};

struct sink {
  struct probe_instance base;
  /* Of the thread, under `lock`: taken → done, in any order. */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  bool threaded, closing;
  struct batches taken, done;
  unsigned random;
};

static struct headrace_batch *take_at(struct batches *batches, size_t index)
{
  struct headrace_batch *batch = batches->items[index];
  batches->items[index] = batches->items[--batches->count];
  return batch;
}

static void put(struct batches *batches, struct headrace_batch *batch)
{
  if (batches->count == TAKEN_MAX)
    abort();
  batches->items[batches->count++] = batch;
}

static void *finish_in_any_order(void *context)
{
  struct sink *sink = context;
  pthread_mutex_lock(&sink->lock);
  while (!sink->closing) {
    if (!sink->taken.count) {
      pthread_cond_wait(&sink->changed, &sink->lock);
      continue;
    }
    sink->random = sink->random * 1103515245u + 12345u;
    put(&sink->done, take_at(&sink->taken, (sink->random >> 16) % sink->taken.count));
    sink->base.host->wake(sink->base.host);
  }
  pthread_mutex_unlock(&sink->lock);
  return NULL;
}

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  enum headrace_result result;
  struct sink *sink =
      probe_open(host, PROBE_SINK, sizeof *sink, &probe_of(host)->sink_open_fault, &result);
  if (!sink)
    return result;
  host->want(host, sink->base.probe->sink_wants);
  sink->base.probe->once += host->once != 0;
  pthread_mutex_init(&sink->lock, NULL);
  pthread_cond_init(&sink->changed, NULL);
  sink->random = 1;
  sink->threaded = sink->base.probe->finish == PROBE_LATER;
  if (sink->threaded && pthread_create(&sink->thread, NULL, finish_in_any_order, sink) != 0)
    abort();
  *instance = sink;
  return HEADRACE_OK;
}

static void sink_close(void *instance)
{
  struct sink *sink = instance;
  probe_trace(probe_enter(sink), PROBE_SINK, "close");
  if (sink->threaded) {
    pthread_mutex_lock(&sink->lock);
    sink->closing = true;
    pthread_cond_signal(&sink->changed);
    pthread_mutex_unlock(&sink->lock);
    pthread_join(sink->thread, NULL);
  }
  pthread_cond_destroy(&sink->changed);
  pthread_mutex_destroy(&sink->lock);
  free(sink);
}

/* What the sink itself makes of one event that it does not like. False: stop. */
static bool reject(struct sink *sink, struct headrace_batch *batch, size_t event)
{
  struct probe *probe = sink->base.probe;
  const struct headrace_host *host = sink->base.host;
  enum headrace_verdict verdict =
      host->reject(host, batch, event, "unlucky", "this number is not wanted");
  probe->dead_letters += verdict == HEADRACE_VERDICT_DEAD_LETTER;
  probe->skipped += verdict == HEADRACE_VERDICT_SKIP;
  return verdict != HEADRACE_VERDICT_STOP;
}

/* Of the batch whose position was stored last. */
static bool is_told_right(const struct probe *probe, int partial)
{
  char text[32] = "";
  memcpy(text, probe->stored, probe->stored_size < sizeof text ? probe->stored_size : 0);
  bool whole = !probe->partial_every || strtoull(text, NULL, 10) % probe->partial_every == 0;
  return !!partial != whole;
}

/* As a table with a row for each part would be compared and set. */
static bool store_parts(struct probe *probe, const struct headrace_host *host,
                        const struct headrace_batch *batch)
{
  size_t count;
  const struct headrace_part *parts = host->parts(host, batch, &count);
  for (size_t i = 0; i < count; i++) {
    int64_t *stored = &probe->stored_parts[strtoul(parts[i].name + 5, NULL, 10)];
    probe->bad_parts += *stored != parts[i].from;
    *stored = parts[i].to;
  }
  return count > 0;
}

/* The batch is written: count its numbers, then report it. */
static void report(struct sink *sink, struct headrace_batch *batch)
{
  struct probe *probe = sink->base.probe;
  const struct headrace_host *host = sink->base.host;
  size_t count;
  const struct headrace_event *events = host->events(host, batch, &count);
  uint64_t receipts[2048] = {0}; /* more than a batch has events */
  enum headrace_result failed = HEADRACE_OK;
  for (size_t i = 0; i < count && failed == HEADRACE_OK; i++)
    failed = probe_fault_exactly(probe, &probe->failed_fault, probe_number(&events[i]));
  pthread_mutex_lock(&probe->lock);
  for (size_t i = 0; i < count && failed == HEADRACE_OK; i++) {
    uint64_t number = probe_number(&events[i]);
    if (events[i].rejection) {
      probe->refused += !strcmp(events[i].rejection->stage, "codec");
      continue;
    }
    if (number == probe->reject_number) {
      failed = reject(sink, batch, i) ? HEADRACE_OK : HEADRACE_FATAL;
      continue;
    }
    probe->delivered[number % PROBE_NUMBERS]++;
    probe->delivered_count++;
    receipts[i % 2048] = PROBE_RECEIPT + number;
  }
  if (failed == HEADRACE_OK) {
    const void *position = host->position(host, batch, &probe->stored_size);
    memcpy(probe->stored, position, probe->stored_size);
    probe->bad_partial += !is_told_right(probe, host->partial(host, batch));
    if (store_parts(probe, host, batch))
      probe->stored_size = 0; /* it is a mark of this run only */
  }
  pthread_mutex_unlock(&probe->lock);
  if (failed == HEADRACE_OK)
    host->durable(host, batch, receipts);
  else
    host->failed(host, batch, failed);
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  struct sink *sink = instance;
  struct probe *probe = probe_enter(sink);
  const struct headrace_host *host = sink->base.host;
  size_t count;
  const struct headrace_event *events = host->events(host, batch, &count);
  probe_count(probe, &probe->writes);
  if (probe->again_every && probe->writes % probe->again_every == 0) {
    host->wake(host); /* it would be ready again at once */
    return probe_leave(sink, HEADRACE_AGAIN);
  }
  enum headrace_result result =
      count ? probe_fault(probe, &probe->write_fault, probe_number(&events[count - 1]))
            : HEADRACE_OK;
  if (result != HEADRACE_OK) {
    host->log(host, HEADRACE_ERROR, "told to fail in write");
    return probe_leave(sink, result);
  }
  if (probe->finish == PROBE_AT_ONCE) {
    report(sink, batch);
    return probe_leave(sink, HEADRACE_OK);
  }
  pthread_mutex_lock(&sink->lock);
  put(&sink->taken, batch);
  pthread_cond_signal(&sink->changed);
  pthread_mutex_unlock(&sink->lock);
  return probe_leave(sink, HEADRACE_OK);
}

static struct headrace_batch *next_done(struct sink *sink)
{
  struct headrace_batch *batch = NULL;
  pthread_mutex_lock(&sink->base.probe->lock);
  bool let_go = sink->base.probe->finish == PROBE_HOLD && sink->base.probe->release;
  pthread_mutex_unlock(&sink->base.probe->lock);
  pthread_mutex_lock(&sink->lock);
  if (sink->done.count)
    batch = take_at(&sink->done, sink->done.count - 1);
  else if (let_go && sink->taken.count)
    batch = take_at(&sink->taken, sink->taken.count - 1);
  pthread_mutex_unlock(&sink->lock);
  return batch;
}

static enum headrace_result serve(struct sink *sink, int timeout_ms)
{
  struct headrace_batch *batch;
  /* The test lets go without a wake: look again soon. */
  struct pollfd fd = {.fd = sink->base.host->wake_fd, .events = POLLIN};
  if (sink->base.probe->finish == PROBE_HOLD && timeout_ms > 5)
    timeout_ms = 5;
  pthread_mutex_lock(&sink->lock);
  bool idle = !sink->done.count;
  pthread_mutex_unlock(&sink->lock);
  if (idle)
    poll(&fd, 1, timeout_ms);
  while ((batch = next_done(sink)))
    report(sink, batch);
  return HEADRACE_OK;
}

static enum headrace_result sink_poll(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  struct probe *probe = probe_enter(sink);
  probe_count(probe, &probe->polls);
  return probe_leave(sink, serve(sink, timeout_ms));
}

static enum headrace_result sink_flush(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  struct probe *probe = probe_enter(sink);
  probe_count(probe, &probe->flushes);
  serve(sink, timeout_ms);
  pthread_mutex_lock(&sink->lock);
  bool empty = !sink->taken.count && !sink->done.count;
  pthread_mutex_unlock(&sink->lock);
  return probe_leave(sink, empty ? HEADRACE_OK : HEADRACE_AGAIN);
}

#ifndef PROBE_NO_DEAD_LETTER
static enum headrace_result sink_stored_position(void *instance, void *out, size_t *size)
{
  struct sink *sink = instance;
  struct probe *probe = probe_enter(sink);
  memcpy(out, probe->stored, probe->stored_size);
  *size = probe->stored_size;
  return probe_leave(sink, HEADRACE_OK);
}

static enum headrace_result sink_stored_part(void *instance, const char *name, int64_t *next)
{
  struct sink *sink = instance;
  struct probe *probe = probe_enter(sink);
  int64_t stored = probe->stored_parts[strtoul(name + 5, NULL, 10)];
  *next = stored ? stored : -1;
  return probe_leave(sink, probe->stored_questions++ ? HEADRACE_OK : HEADRACE_AGAIN);
}
#endif

static const struct headrace_key keys[] = {PROBE_CONTROL_KEY,
#ifndef PROBE_NO_DEAD_LETTER
                                           {.name = "dead_letter", .help = "nowhere"},
#endif
                                           {0}};

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
#ifdef PROBE_NO_DEAD_LETTER
    .name = "strict",
#else
    .name = "probe",
#endif
    .keys = keys,
    .open = sink_open,
    .close = sink_close,
    .tick = probe_tick,
    .write = sink_write,
    .poll = sink_poll,
    .flush = sink_flush,
#ifndef PROBE_NO_DEAD_LETTER
    .stored_position = sink_stored_position,
    .stored_part = sink_stored_part,
#endif
};

HEADRACE_REGISTER_PLUGIN(plugin)
