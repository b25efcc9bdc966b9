/* SPDX-License-Identifier: Apache-2.0
 *
 * The source thread: reads into batches, acknowledges those that came back. */
#include "clock.h"
#include "run.h"
#include "wake.h"

#include <poll.h>

#define READ_MS 500 /* how long a callback may sleep: half of what tick() is promised */

static enum headrace_result acknowledge(const struct run *run, const struct headrace_batch *batch)
{
  const struct instance *source = &run->pipeline->source;
  const struct headrace_plugin *plugin = source->plugin;
  for (size_t i = 0; plugin->on_reject && i < batch->rejection_count; i++)
    plugin->on_reject(source->self, batch->rejections[i].origin, batch->rejections[i].error_class,
                      batch->rejections[i].reason);
  if (!plugin->on_durable)
    return HEADRACE_OK;
  return plugin->on_durable(source->self, batch->position, batch->position_size, batch->receipts,
                            batch->receipts ? batch->source_events : 0);
}

static enum headrace_result delivered(const struct run *run, const struct headrace_batch *batch)
{
  const struct instance *source = &run->pipeline->source;
  if (!source->plugin->on_delivered)
    return HEADRACE_OK;
  return source->plugin->on_delivered(source->self, batch->position, batch->position_size);
}

/* What was saved since the last time. */
static enum headrace_result acknowledge_saved(struct run *run)
{
  const struct instance *source = &run->pipeline->source;
  struct saved_position *saved = &run->saved;
  if (!source->plugin->on_durable || !atomic_load(&saved->news))
    return HEADRACE_OK;
  pthread_mutex_lock(&saved->lock);
  atomic_store(&saved->news, false);
  struct position position = saved->position;
  pthread_mutex_unlock(&saved->lock);
  return source->plugin->on_durable(source->self, position.data, position.size, NULL, 0);
}

static bool goes_on(enum headrace_result result)
{
  return result == HEADRACE_OK || result == HEADRACE_AGAIN;
}

/* Takes all that is back; the source hears of it until it answers that it cannot go on. */
static enum headrace_result collect(struct run *run, enum headrace_result result)
{
  struct headrace_batch *batch;
  while ((batch = ring_pop(&run->back))) {
    if (goes_on(result))
      result = delivered(run, batch);
    if (batch->acknowledge && goes_on(result))
      result = acknowledge(run, batch);
    pool_give(&run->pool, batch);
  }
  return goes_on(result) ? acknowledge_saved(run) : result;
}

static enum headrace_result tick(struct run *run)
{
  const struct instance *source = &run->pipeline->source;
  int64_t now = clock_ms();
  if (now < run->source_tick)
    return HEADRACE_OK;
  run->source_tick = now + READ_MS;
  return source->plugin->tick ? source->plugin->tick(source->self) : HEADRACE_OK;
}

/* Until the worker signals, or it is time to tick. */
static void nap(struct run *run)
{
  struct pollfd fd = {.fd = run->pipeline->source_wake, .events = POLLIN};
  poll(&fd, 1, READ_MS);
  wake_clear(fd.fd);
}

/* The same, while the source does what it can do without a batch. */
static enum headrace_result idle(struct run *run)
{
  const struct instance *source = &run->pipeline->source;
  if (!source->plugin->idle) {
    nap(run);
    return HEADRACE_OK;
  }
  enum headrace_result result = source->plugin->idle(source->self, READ_MS);
  wake_clear(run->pipeline->source_wake);
  return result;
}

static enum headrace_result read_source(struct run *run)
{
  const struct instance *source = &run->pipeline->source;
  /* While it sleeps in there, a batch that comes back must wake it. */
  bool sleepy = ring_sleep(&run->back);
  enum headrace_result result =
      source->plugin->read(source->self, run->filling, sleepy ? READ_MS : 0);
  if (sleepy) {
    ring_awake(&run->back);
    wake_clear(run->pipeline->source_wake);
  }
  return result;
}

/* The batch is full enough to send when the source has put a position to it. */
static void send(struct run *run)
{
  if (!run->filling || !run->filling->has_position)
    return;
  batch_seal(run->filling);
  ring_push(&run->forward, run->filling);
  run->filling = NULL;
}

/* A sink that holds batches back has to hear that no more will come. */
static void starve(struct run *run, bool starved)
{
  atomic_bool *known = &run->pipeline->starved;
  if (atomic_load_explicit(known, memory_order_relaxed) == starved)
    return;
  atomic_store(known, starved);
  if (starved)
    wake_signal(run->pipeline->worker_wake);
}

static enum headrace_result step(struct run *run)
{
  enum headrace_result result = collect(run, HEADRACE_OK);
  if (goes_on(result))
    result = tick(run);
  if (!goes_on(result))
    return result;
  if (ring_full(&run->forward)) {
    if (ring_sleep(&run->back) && ring_sleep_full(&run->forward))
      result = idle(run);
    ring_awake(&run->back);
    return result;
  }
  if (!run->filling && !(run->filling = pool_take(&run->pool))) {
    starve(run, true);
    if (ring_sleep(&run->back)) {
      result = idle(run);
      ring_awake(&run->back);
    }
    return result;
  }
  starve(run, false);
  result = read_source(run);
  send(run);
  return result;
}

static enum headrace_result start(struct run *run)
{
  const struct instance *source = &run->pipeline->source;
  const struct position *position = &run->pipeline->position;
  return source->plugin->start(source->self, position->known ? position->data : NULL,
                               position->known ? position->size : 0);
}

/* What was read is on its way: take back what becomes durable, so that the
 * last frontier is acknowledged before the source is closed. */
static enum headrace_result drain(struct run *run)
{
  enum headrace_result result = HEADRACE_OK;
  while (!atomic_load(&run->over)) {
    result = collect(run, result);
    if (goes_on(result))
      result = tick(run);
    if (ring_sleep(&run->back) && !atomic_load(&run->over))
      nap(run);
    ring_awake(&run->back);
  }
  return collect(run, result);
}

void *run_source(void *context)
{
  struct run *run = context;
  struct pipeline *pipeline = run->pipeline;
  enum headrace_result result = start(run);
  while (goes_on(result) && !atomic_load(&pipeline->stopping) && !atomic_load(&run->over))
    result = step(run);
  if (pipeline->source.plugin->stop)
    pipeline->source.plugin->stop(pipeline->source.self);
  if (goes_on(result))
    result = HEADRACE_OK;
  else if (result != HEADRACE_END)
    result = instance_failure(&pipeline->source, result);
  atomic_store(&run->source_result, (int)result);
  atomic_store(&run->source_done, true);
  wake_signal(pipeline->worker_wake);
  enum headrace_result drained = drain(run);
  if (!goes_on(drained) && (result == HEADRACE_OK || result == HEADRACE_END))
    atomic_store(&run->source_result, (int)instance_failure(&pipeline->source, drained));
  return NULL;
}
