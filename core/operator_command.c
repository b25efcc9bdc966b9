/* SPDX-License-Identifier: Apache-2.0 */
#include "operator_command.h"

#include "attend.h"
#include "cleanup.h"
#include "instance.h"
#include "memory.h"
#include "wake.h"

#include <string.h>

#define ANSWER_SIZE 65536

struct pipeline_config *find_pipeline(const struct config *config, const char *name,
                                      const char **guess)
{
  struct nearest nearest = {.name = name};
  for (size_t i = 0; i < config->pipeline_count; i++) {
    if (!strcmp(config->pipelines[i].name, name))
      return &config->pipelines[i];
    nearest_consider(&nearest, config->pipelines[i].name);
  }
  *guess = nearest_found(&nearest);
  return NULL;
}

static enum headrace_result ask(struct instance *stage, const char *name,
                                const char *const *arguments, size_t count)
{
  CLEANUP_FREE char *answer = xcalloc(1, ANSWER_SIZE);
  enum headrace_result result = stage->plugin->open(&stage->host, &stage->self);
  if (result != HEADRACE_OK)
    return instance_failure(stage, result);
  result = stage->plugin->command(stage->self, name, arguments, count, answer, ANSWER_SIZE);
  if (stage->plugin->close)
    stage->plugin->close(stage->self);
  if (result == HEADRACE_OK)
    fputs(answer, stage->answer);
  return result == HEADRACE_OK || result == HEADRACE_AGAIN ? result
                                                           : instance_failure(stage, result);
}

/* ---- a run of the pipeline that a command asks for ------------------------ */

struct operator
{
  struct config *config;
  struct pipeline_config *pipeline;
  const struct logger *logger;
};

static enum headrace_result run_once(void *context, const char *source,
                                     const struct headrace_pair *keys, size_t count)
{
  const struct operator* operator= context;
  CLEANUP_FREE char *error = NULL;
  if (!config_replace_source(operator->config, operator->pipeline, source, keys, count, &error)) {
    log_write(operator->logger, HEADRACE_ERROR, operator->pipeline->name, "source %s: %s", source,
              error);
    return HEADRACE_FATAL;
  }
  CLEANUP_FD int signal_fd = attend_signals();
  CLEANUP_FD int ended_fd = wake_open();
  struct pipeline *pipeline =
      pipeline_start(operator->config, operator->pipeline, operator->logger, ended_fd);
  attend_until_end(&pipeline, 1, ended_fd, signal_fd, operator->logger);
  return pipeline_join(pipeline) == PIPELINE_ENDED ? HEADRACE_OK : HEADRACE_FATAL;
}

enum headrace_result operator_command(struct config *config, struct pipeline_config *pipeline,
                                      const struct stage_config *stage, const struct logger *logger,
                                      const char *name, const char *const *arguments, size_t count,
                                      FILE *out)
{
  if (!stage->plugin->command)
    return HEADRACE_AGAIN;
  CLEANUP_FD int wake_fd = wake_open();
  struct metrics metrics;
  _Atomic uint64_t relation_ids = 0;
  unsigned wants = 0;
  struct operator operator= {config, pipeline, logger};
  const struct once once = {run_once, &operator};
  const struct settings settings = stage->settings; /* a run has others in their place */
  struct instance instance = {.stage = stage->stage,
                              .plugin = stage->plugin,
                              .settings = &settings,
                              .logger = logger,
                              .metrics = &metrics,
                              .relation_ids = &relation_ids,
                              .wants = &wants,
                              .answer = out,
                              .once = &once};
  metrics_init(&metrics);
  instance_init(&instance, pipeline->name, stage->name, wake_fd);
  instance.host.keeps_checkpoint =
      settings_integer(&pipeline->settings, "checkpoint") == CHECKPOINT_SINK;
  enum headrace_result result = ask(&instance, name, arguments, count);
  metrics_free(&metrics);
  return result;
}
