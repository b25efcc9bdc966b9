/* SPDX-License-Identifier: Apache-2.0 */
#include "operator_command.h"

#include "cleanup.h"
#include "instance.h"
#include "memory.h"
#include "wake.h"

#include <string.h>

#define ANSWER_SIZE 65536

const struct pipeline_config *find_pipeline(const struct config *config, const char *name,
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

enum headrace_result operator_command(const struct pipeline_config *pipeline,
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
  struct instance instance = {.stage = stage->stage,
                              .plugin = stage->plugin,
                              .settings = &stage->settings,
                              .logger = logger,
                              .metrics = &metrics,
                              .relation_ids = &relation_ids,
                              .wants = &wants,
                              .answer = out};
  metrics_init(&metrics);
  instance_init(&instance, pipeline->name, stage->name, wake_fd);
  instance.host.keeps_checkpoint =
      settings_integer(&pipeline->settings, "checkpoint") == CHECKPOINT_SINK;
  enum headrace_result result = ask(&instance, name, arguments, count);
  metrics_free(&metrics);
  return result;
}
