/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include "clock.h"
#include "memory.h"
#include "run.h"
#include "status.h"
#include "wake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MOST_MS  30000
#define AWAIT_MS         500

static void say(const struct pipeline *pipeline, enum headrace_level level, const char *text)
{
  log_write(pipeline->logger, level, pipeline->config->name, "%s", text);
}

static void init_stage(struct pipeline *pipeline, struct instance *instance,
                       const struct stage_config *stage, int wake_fd)
{
  if (!stage->plugin)
    return;
  instance_init(instance, pipeline->config->name, stage->name, wake_fd);
  instance->stage = stage->stage;
  instance->host.state_dir = settings_string(&pipeline->process->process, "state_dir");
  instance->plugin = stage->plugin;
  instance->settings = &stage->settings;
  instance->logger = pipeline->logger;
  instance->metrics = &pipeline->metrics;
  instance->relation_ids = &pipeline->relation_ids;
  instance->reports = &pipeline->reports;
  instance->wants = &pipeline->wants;
  instance->starved = &pipeline->starved;
  instance->stopping = &pipeline->stopping;
  instance->questions = &pipeline->questions;
  instance->worker_wake = pipeline->worker_wake;
  instance->sink = &pipeline->sink;
}

static void init_stages(struct pipeline *pipeline)
{
  const struct pipeline_config *config = pipeline->config;
  init_stage(pipeline, &pipeline->source, &config->source, pipeline->source_wake);
  init_stage(pipeline, &pipeline->codec, &config->codec, pipeline->worker_wake);
  init_stage(pipeline, &pipeline->sink, &config->sink, pipeline->worker_wake);
  pipeline->sink.host.keeps_checkpoint = pipeline->checkpoint == CHECKPOINT_SINK;
  pipeline->source.host.keeps_checkpoint = pipeline->checkpoint == CHECKPOINT_SINK;
  pipeline->source.host.filtered = config->codec.plugin || config->filter_count;
  pipeline->sink.host.once = config->once;
  pipeline->filters = xcalloc(config->filter_count, sizeof *pipeline->filters);
  for (size_t i = 0; i < config->filter_count; i++)
    init_stage(pipeline, &pipeline->filters[i], &config->filters[i], pipeline->worker_wake);
}

/* The sink first: it may know where the source is to start. */
static size_t stages_in_order(struct pipeline *pipeline, struct instance **order)
{
  size_t count = 0;
  order[count++] = &pipeline->sink;
  if (pipeline->codec.plugin)
    order[count++] = &pipeline->codec;
  for (size_t i = 0; i < pipeline->config->filter_count; i++)
    order[count++] = &pipeline->filters[i];
  order[count++] = &pipeline->source;
  return count;
}

static enum headrace_result open_stages(struct instance **order, size_t count, size_t *opened)
{
  for (*opened = 0; *opened < count; (*opened)++) {
    struct instance *instance = order[*opened];
    instance->self = NULL;
    enum headrace_result result = instance->plugin->open(&instance->host, &instance->self);
    if (result != HEADRACE_OK)
      return result == HEADRACE_FATAL ? HEADRACE_FATAL : HEADRACE_RETRY;
  }
  return HEADRACE_OK;
}

static void close_stages(struct instance **order, size_t opened)
{
  for (size_t i = 0; i < opened; i++)
    if (order[i]->plugin->close)
      order[i]->plugin->close(order[i]->self);
}

static enum headrace_result load_position(struct pipeline *pipeline)
{
  struct position *position = &pipeline->position;
  const struct instance *sink = &pipeline->sink;
  if (pipeline->checkpoint == CHECKPOINT_SINK) {
    position->size = sizeof position->data;
    enum headrace_result result =
        sink->plugin->stored_position(sink->self, position->data, &position->size);
    position->known = result == HEADRACE_OK && position->size > 0;
    return result;
  }
  if (position->known || pipeline->parts.count || pipeline->checkpoint == CHECKPOINT_NONE)
    return HEADRACE_OK;
  return checkpoint_file_load(&pipeline->file, position, &pipeline->parts) ? HEADRACE_OK
                                                                           : HEADRACE_FATAL;
}

/* Before anything of another process is looked at or shut out. */
static enum headrace_result await_turn(struct pipeline *pipeline)
{
  const struct instance *source = &pipeline->source;
  enum headrace_result result = source->plugin->await ? HEADRACE_AGAIN : HEADRACE_OK;
  while (result == HEADRACE_AGAIN) {
    wake_clear(pipeline->source_wake);
    if (atomic_load(&pipeline->stopping))
      break;
    result = source->plugin->await(source->self, AWAIT_MS);
    /* Somebody else had his turn: where this process was says nothing any more. */
    if (result == HEADRACE_AGAIN && pipeline->checkpoint == CHECKPOINT_NONE)
      pipeline->position.known = false;
    status_log(pipeline);
  }
  if (result == HEADRACE_OK || result == HEADRACE_AGAIN)
    return result;
  return instance_failure(source, result);
}

static enum headrace_result take_turn(struct pipeline *pipeline, struct run *run)
{
  enum headrace_result result = load_position(pipeline);
  return result == HEADRACE_OK ? run_loop(run) : result;
}

static enum headrace_result attempt(struct pipeline *pipeline, bool *progress)
{
  size_t opened = 0;
  struct instance **order = xcalloc(3 + pipeline->config->filter_count, sizeof(struct instance *));
  size_t count = stages_in_order(pipeline, order);
  struct run run;
  run_init(&run, pipeline);
  pipeline->wants = 0;
  part_questions_init(&pipeline->questions);
  atomic_store(&pipeline->starved, false);
  enum headrace_result result = open_stages(order, count, &opened);
  if (result == HEADRACE_OK)
    result = await_turn(pipeline);
  if (result == HEADRACE_AGAIN)
    result = HEADRACE_OK; /* told to stop before it was its turn */
  else if (result == HEADRACE_OK)
    result = take_turn(pipeline, &run);
  *progress = run.progress;
  close_stages(order, opened);
  part_questions_free(&pipeline->questions);
  run_free(&run);
  free(order);
  return result;
}

/* Between half and one and a half of the step, so that many pipelines do not come back at once. */
static int jittered(int step_ms)
{
  uint32_t random = 0;
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
    random = (uint32_t)clock_ms();
  return step_ms / 2 + (int)(random % (uint32_t)step_ms);
}

static void back_off(struct pipeline *pipeline, int *step_ms)
{
  int wait = jittered(*step_ms);
  int64_t end = clock_ms() + wait;
  metrics_add(&pipeline->metrics, "retries", 1);
  log_write(pipeline->logger, HEADRACE_WARNING, pipeline->config->name, "trying again in %d ms",
            wait);
  while (!atomic_load(&pipeline->stopping) && clock_ms() < end) {
    struct pollfd fd = {.fd = pipeline->worker_wake, .events = POLLIN};
    poll(&fd, 1, (int)(end - clock_ms()) + 1);
    wake_clear(fd.fd);
    status_log(pipeline);
  }
  *step_ms = *step_ms * 2 < BACKOFF_MOST_MS ? *step_ms * 2 : BACKOFF_MOST_MS;
}

static enum pipeline_state run_until_done(struct pipeline *pipeline)
{
  int step_ms = BACKOFF_FIRST_MS;
  for (;;) {
    bool progress = false;
    enum headrace_result result = attempt(pipeline, &progress);
    if (result == HEADRACE_FATAL)
      return PIPELINE_FAILED;
    if (result == HEADRACE_END)
      return PIPELINE_ENDED;
    if (atomic_load(&pipeline->stopping)) {
      if (result != HEADRACE_OK)
        return PIPELINE_FAILED;
      say(pipeline, HEADRACE_INFO, "all that was read is durable and acknowledged");
      return PIPELINE_STOPPED;
    }
    if (progress)
      step_ms = BACKOFF_FIRST_MS;
    back_off(pipeline, &step_ms);
    if (atomic_load(&pipeline->stopping)) {
      say(pipeline, HEADRACE_INFO, "what was not durable is read again at the next start");
      return PIPELINE_STOPPED;
    }
  }
}

static bool open_checkpoint(struct pipeline *pipeline)
{
  return pipeline->checkpoint != CHECKPOINT_FILE ||
         checkpoint_file_open(&pipeline->file, pipeline->logger,
                              settings_string(&pipeline->process->process, "state_dir"),
                              pipeline->config->name, pipeline->config->source.plugin->name);
}

static void *supervise(void *context)
{
  struct pipeline *pipeline = context;
  static const char *const last_words[] = {[PIPELINE_STOPPED] = "stopped",
                                           [PIPELINE_ENDED] = "ended",
                                           [PIPELINE_FAILED] = "failed; see the error above"};
  enum pipeline_state state =
      open_checkpoint(pipeline) ? run_until_done(pipeline) : PIPELINE_FAILED;
  checkpoint_file_close(&pipeline->file);
  status_log_end(pipeline);
  say(pipeline, state == PIPELINE_FAILED ? HEADRACE_ERROR : HEADRACE_INFO, last_words[state]);
  atomic_store(&pipeline->state, (int)state);
  wake_signal(pipeline->ended_fd);
  return NULL;
}

struct pipeline *pipeline_start(const struct config *config,
                                const struct pipeline_config *pipeline_config,
                                const struct logger *logger, int ended_fd)
{
  struct pipeline *pipeline = xcalloc(1, sizeof *pipeline);
  pipeline->config = pipeline_config;
  pipeline->process = config;
  pipeline->logger = logger;
  pipeline->ended_fd = ended_fd;
  pipeline->source_wake = wake_open();
  pipeline->worker_wake = wake_open();
  pipeline->file.lock = -1;
  pipeline->checkpoint =
      (enum checkpoint_kind)settings_integer(&pipeline_config->settings, "checkpoint");
  /* Each pipeline has a range of its own, so that no id is ever used twice in the process. */
  uint64_t index = (uint64_t)(pipeline_config - config->pipelines);
  atomic_init(&pipeline->relation_ids, index << 48);
  metrics_init(&pipeline->metrics);
  init_stages(pipeline);
  if (pthread_create(&pipeline->thread, NULL, supervise, pipeline) != 0) {
    say(pipeline, HEADRACE_ERROR, "cannot start a thread; raise the limit on processes");
    abort();
  }
  return pipeline;
}

void pipeline_stop(struct pipeline *pipeline)
{
  atomic_store(&pipeline->stopping, true);
  wake_signal(pipeline->source_wake);
  wake_signal(pipeline->worker_wake);
}

enum pipeline_state pipeline_join(struct pipeline *pipeline)
{
  pthread_join(pipeline->thread, NULL);
  enum pipeline_state state = (enum pipeline_state)atomic_load(&pipeline->state);
  metrics_free(&pipeline->metrics);
  parts_free(&pipeline->parts);
  free(pipeline->filters);
  close(pipeline->source_wake);
  close(pipeline->worker_wake);
  free(pipeline);
  return state;
}
