/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker thread: stages, sink, frontier, checkpoint. */
#include "run.h"

#include "clock.h"
#include "status.h"
#include "wake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define FORWARD_RING 16   /* batches that are read but not encoded: encoding makes them larger */
#define RETURN_RING  1024 /* as many as can be out, so that a push always succeeds */
#define POLL_MS      500

/* END is an answer like OK: whatever goes wrong beside it weighs more. */
static int weight(enum headrace_result result)
{
  static const int weights[] = {[HEADRACE_OK] = 0,
                                [HEADRACE_END] = 1,
                                [HEADRACE_AGAIN] = 2,
                                [HEADRACE_RETRY] = 3,
                                [HEADRACE_FATAL] = 4};
  return (size_t)result < sizeof weights / sizeof *weights ? weights[result] : 0;
}

static enum headrace_result worse(enum headrace_result a, enum headrace_result b)
{
  return weight(a) > weight(b) ? a : b;
}

static void fail(struct run *run, enum headrace_result result)
{
  run->failure = worse(run->failure, result);
}

static void sink_failed(struct run *run, enum headrace_result result)
{
  /* END: it has seen enough, as of a dry run. */
  fail(run, result == HEADRACE_END ? result : instance_failure(&run->pipeline->sink, result));
}

static void must_be_taken(const struct run *run, const struct headrace_batch *batch)
{
  if (batch->state == BATCH_TAKEN)
    return;
  log_write(run->pipeline->logger, HEADRACE_ERROR, run->pipeline->sink.host.instance,
            "sink %s reported a batch twice; this is a fault of the plugin",
            run->pipeline->sink.plugin->name);
  abort();
}

static void on_durable(void *context, struct headrace_batch *batch, const uint64_t *receipts)
{
  struct run *run = context;
  must_be_taken(run, batch);
  run->with_sink -= batch->with_sink;
  batch->state = BATCH_DURABLE;
  batch_set_receipts(batch, receipts);
}

static void on_failed(void *context, struct headrace_batch *batch, enum headrace_result result)
{
  struct run *run = context;
  must_be_taken(run, batch);
  run->with_sink -= batch->with_sink;
  batch->state = BATCH_FAILED;
  sink_failed(run, result);
}

/* Enough to see what is wrong, not enough to fill a disk. */
static bool worth_a_line(int64_t count)
{
  return count <= 10 || count % 1000 == 0;
}

static enum headrace_verdict policy(const struct pipeline *pipeline)
{
  return pipeline->source.plugin->on_reject
             ? HEADRACE_VERDICT_SKIP
             : (enum headrace_verdict)settings_integer(&pipeline->config->settings, "errors");
}

static void say_rejected(struct pipeline *pipeline, enum headrace_verdict verdict,
                         const char *error_class, const char *reason)
{
  static const char *const outcome[] = {"the pipeline stops", "it goes to the dead letters",
                                        "it is skipped"};
  metrics_add(&pipeline->metrics, "rejected", 1);
  if (pipeline->source.plugin->on_reject)
    return; /* the client that sent it is told */
  int64_t count = metrics_get(&pipeline->metrics, "rejected");
  if (worth_a_line(count))
    log_write(pipeline->logger,
              verdict == HEADRACE_VERDICT_STOP ? HEADRACE_ERROR : HEADRACE_WARNING,
              pipeline->config->name, "event rejected (%s): %s; %s (rejected so far: %lld)",
              error_class, reason, outcome[verdict], (long long)count);
}

static enum headrace_verdict on_reject(void *context, struct headrace_batch *batch, size_t event,
                                       const char *error_class, const char *reason)
{
  struct run *run = context;
  enum headrace_verdict verdict = policy(run->pipeline);
  batch_reject(batch, event, error_class, reason);
  say_rejected(run->pipeline, verdict, error_class, reason);
  return verdict;
}

static enum headrace_verdict on_refuse(void *context, struct headrace_batch *out,
                                       const struct headrace_rejection *rejection)
{
  struct run *run = context;
  enum headrace_verdict verdict = policy(run->pipeline);
  batch_refuse(out, rejection, verdict == HEADRACE_VERDICT_DEAD_LETTER);
  say_rejected(run->pipeline, verdict, rejection->error_class, rejection->reason);
  return verdict;
}

static int pressure(const void *context)
{
  const struct run *run = context;
  return (int)(run->with_sink * 100 / run->pool.ring_bytes);
}

void run_init(struct run *run, struct pipeline *pipeline)
{
  *run = (struct run){.pipeline = pipeline};
  ring_init(&run->forward, FORWARD_RING, pipeline->worker_wake, pipeline->source_wake);
  ring_init(&run->back, RETURN_RING, pipeline->source_wake, pipeline->worker_wake);
  pool_init(&run->pool, (size_t)settings_integer(&pipeline->config->settings, "ring_bytes"));
  frontier_init(&run->frontier);
  pthread_mutex_init(&run->saved.lock, NULL);
  run->stages.codec = pipeline->codec.plugin ? &pipeline->codec : NULL;
  run->stages.filter_count = pipeline->config->filter_count;
  run->stages.filters = xcalloc(run->stages.filter_count, sizeof *run->stages.filters);
  for (size_t i = 0; i < run->stages.filter_count; i++)
    run->stages.filters[i] = &pipeline->filters[i];
  pipeline->reports = (struct report_sink){.durable = on_durable,
                                           .failed = on_failed,
                                           .reject = on_reject,
                                           .refuse = on_refuse,
                                           .pressure = pressure,
                                           .context = run};
}

void run_free(struct run *run)
{
  struct headrace_batch *batch;
  while ((batch = frontier_abandon(&run->frontier)))
    batch_free(batch);
  while ((batch = ring_pop(&run->forward)))
    batch_free(batch);
  batch_free(run->filling);
  frontier_free(&run->frontier);
  ring_free(&run->forward);
  ring_free(&run->back);
  pool_free(&run->pool);
  pthread_mutex_destroy(&run->saved.lock);
  free(run->stages.filters);
}

/* Gives the sink one batch. True: something moved. */
static bool feed(struct run *run)
{
  const struct instance *sink = &run->pipeline->sink;
  if (!run->offered) {
    struct headrace_batch *batch = ring_pop(&run->forward);
    if (!batch)
      return false;
    frontier_push(&run->frontier, batch);
    metrics_add(&run->pipeline->metrics, "events", batch->events.count);
    fail(run, stages_run(&run->stages, batch));
    if (run->failure != HEADRACE_OK)
      return true;
    /* A sink that keeps the checkpoint has to store the position of an empty batch too: what
     * is acknowledged must never be ahead of what it stored. */
    if (!batch->events.count && run->pipeline->checkpoint != CHECKPOINT_SINK) {
      batch->state = BATCH_DURABLE;
      return true;
    }
    run->offered = batch;
  }
  size_t bytes = run->offered->with_sink = arena_capacity(&run->offered->arena);
  run->with_sink += bytes;
  enum headrace_result result = sink->plugin->write(sink->self, run->offered);
  if (result == HEADRACE_AGAIN) {
    run->with_sink -= bytes;
    return false;
  }
  run->offered = NULL;
  if (result != HEADRACE_OK)
    sink_failed(run, result);
  return true;
}

static void give_back(struct run *run, struct headrace_batch *batch, bool acknowledge)
{
  batch->acknowledge = acknowledge;
  ring_push(&run->back, batch);
}

static void tell_source(struct run *run)
{
  struct saved_position *saved = &run->saved;
  pthread_mutex_lock(&saved->lock);
  saved->position = run->pipeline->position;
  atomic_store(&saved->news, true);
  pthread_mutex_unlock(&saved->lock);
  wake_signal(run->pipeline->source_wake);
}

static bool save(struct run *run)
{
  struct pipeline *pipeline = run->pipeline;
  int64_t interval = settings_integer(&pipeline->config->settings, "checkpoint_interval");
  run->next_save = clock_ms() + interval;
  if (!checkpoint_file_save(&pipeline->file, &pipeline->position, &pipeline->parts))
    return false;
  if (run->unsaved)
    tell_source(run);
  run->unsaved = false;
  return true;
}

/* Without a saved position there is no answer; the run ends, and the clients ask again. */
static bool answer(struct run *run, struct headrace_batch *batch)
{
  bool saved = save(run);
  give_back(run, batch, saved);
  if (!saved)
    fail(run, HEADRACE_RETRY);
  return saved;
}

/* False: the batches behind it have to wait. */
static bool retire(struct run *run, struct headrace_batch *batch)
{
  struct pipeline *pipeline = run->pipeline;
  run->progress = true;
  metrics_add(&pipeline->metrics, "durable", batch->source_events);
  /* With parts the position is a mark that only this run of the source knows. */
  pipeline->position.known = !batch->part_count;
  pipeline->position.size = batch->position_size;
  memcpy(pipeline->position.data, batch->position, batch->position_size);
  for (size_t i = 0; i < batch->part_count && pipeline->checkpoint == CHECKPOINT_FILE; i++)
    parts_set(&pipeline->parts, batch->parts[i].name, batch->parts[i].to);
  if (pipeline->checkpoint == CHECKPOINT_FILE && pipeline->source.plugin->on_reject)
    return answer(run, batch); /* clients wait for it */
  run->unsaved = pipeline->checkpoint == CHECKPOINT_FILE;
  give_back(run, batch, !run->unsaved);
  return true;
}

static void advance(struct run *run)
{
  struct headrace_batch *batch;
  while ((batch = frontier_pop(&run->frontier)) && retire(run, batch))
    continue;
  if (run->unsaved && clock_ms() >= run->next_save)
    save(run);
}

static enum headrace_result look_up_part(const struct run *run, const char *name, int64_t *next)
{
  const struct pipeline *pipeline = run->pipeline;
  const struct instance *sink = &pipeline->sink;
  *next = -1;
  if (pipeline->checkpoint == CHECKPOINT_SINK && sink->plugin->stored_part)
    return sink->plugin->stored_part(sink->self, name, next);
  parts_get(&pipeline->parts, name, next);
  return HEADRACE_OK;
}

/* The source asks where its parts go on. */
static void answer_questions(struct run *run)
{
  struct pipeline *pipeline = run->pipeline;
  char *name;
  enum headrace_result result = HEADRACE_OK;
  while (result == HEADRACE_OK && (name = part_asked(&pipeline->questions))) {
    int64_t next;
    result = look_up_part(run, name, &next);
    if (result == HEADRACE_OK) {
      part_answer(&pipeline->questions, name, next);
      wake_signal(pipeline->source_wake);
    }
    free(name);
  }
  if (result != HEADRACE_OK && result != HEADRACE_AGAIN)
    sink_failed(run, result);
}

static bool everything_is_out(const struct run *run)
{
  return !run->offered && !frontier_pending(&run->frontier);
}

static enum headrace_result tick_all(struct run *run)
{
  struct pipeline *pipeline = run->pipeline;
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = 0; i < run->stages.filter_count; i++)
    if (pipeline->filters[i].plugin->tick)
      result = worse(result, pipeline->filters[i].plugin->tick(pipeline->filters[i].self));
  if (pipeline->codec.plugin && pipeline->codec.plugin->tick)
    result = worse(result, pipeline->codec.plugin->tick(pipeline->codec.self));
  if (pipeline->sink.plugin->tick)
    result = worse(result, pipeline->sink.plugin->tick(pipeline->sink.self));
  return result;
}

static enum headrace_result poll_sink(struct run *run, int timeout_ms)
{
  const struct instance *sink = &run->pipeline->sink;
  bool last = atomic_load(&run->source_done) && !run->offered;
  if (last && sink->plugin->flush && frontier_pending(&run->frontier))
    return sink->plugin->flush(sink->self, timeout_ms);
  if (sink->plugin->poll)
    return sink->plugin->poll(sink->self, timeout_ms);
  struct pollfd fd = {.fd = run->pipeline->worker_wake, .events = POLLIN};
  if (timeout_ms)
    poll(&fd, 1, timeout_ms);
  return HEADRACE_OK;
}

/* Serves the sink; sleeps there unless there is something to feed it. */
static void wait_for_work(struct run *run, bool busy)
{
  bool sleepy = !busy && (ring_sleep(&run->forward) || run->offered);
  enum headrace_result result = poll_sink(run, sleepy ? POLL_MS : 0);
  if (sleepy) {
    ring_awake(&run->forward);
    wake_clear(run->pipeline->worker_wake);
  }
  if (clock_ms() >= run->next_tick) {
    run->next_tick = clock_ms() + POLL_MS;
    result = worse(result, tick_all(run));
    status_log(run->pipeline);
  }
  if (result == HEADRACE_RETRY || result == HEADRACE_FATAL || result == HEADRACE_END)
    fail(run, result);
}

/* The drain has a deadline, from the moment that the source is done. */
static bool too_late(struct run *run)
{
  if (!atomic_load(&run->source_done))
    return false;
  int64_t now = clock_ms();
  int64_t timeout = settings_integer(&run->pipeline->process->process, "shutdown_timeout");
  if (!run->deadline)
    run->deadline = now + timeout;
  return now >= run->deadline;
}

static enum headrace_result worker_loop(struct run *run)
{
  struct pipeline *pipeline = run->pipeline;
  for (;;) {
    bool done = atomic_load(&run->source_done); /* before the ring is seen empty */
    bool busy = feed(run);
    advance(run);
    answer_questions(run);
    if (run->failure != HEADRACE_OK)
      return run->failure;
    if (done && !busy && everything_is_out(run))
      return (enum headrace_result)atomic_load(&run->source_result);
    if (too_late(run)) {
      log_write(pipeline->logger, HEADRACE_ERROR, pipeline->config->name,
                "%zu batches did not become durable within shutdown_timeout; they will be read "
                "again",
                frontier_pending(&run->frontier));
      enum headrace_result result = (enum headrace_result)atomic_load(&run->source_result);
      return result == HEADRACE_OK ? HEADRACE_AGAIN : worse(result, HEADRACE_RETRY);
    }
    wait_for_work(run, busy);
  }
}

enum headrace_result run_loop(struct run *run)
{
  pthread_t thread;
  /* A wake-up left from the run before would end the source's first wait; one for a stop not. */
  wake_clear(run->pipeline->source_wake);
  if (atomic_load(&run->pipeline->stopping))
    wake_signal(run->pipeline->source_wake);
  if (pthread_create(&thread, NULL, run_source, run) != 0) {
    log_write(run->pipeline->logger, HEADRACE_ERROR, run->pipeline->config->name,
              "cannot start a thread; raise the limit on processes (ulimit -u)");
    return HEADRACE_RETRY;
  }
  enum headrace_result result = worker_loop(run);
  if (run->unsaved && !save(run))
    result = worse(result, HEADRACE_RETRY);
  atomic_store(&run->over, true);
  wake_signal(run->pipeline->source_wake);
  pthread_join(thread, NULL);
  /* The source may have failed to pass on the last frontier. */
  return worse(result, (enum headrace_result)atomic_load(&run->source_result));
}
