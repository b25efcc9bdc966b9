/* SPDX-License-Identifier: Apache-2.0
 *
 * An operator's command to a stage of a pipeline, in a process of its own. */
#ifndef HEADRACE_OPERATOR_COMMAND_H
#define HEADRACE_OPERATOR_COMMAND_H

#include "config.h"
#include "log.h"

#include <stdio.h>

/* The pipeline of that name; NULL, and *guess is the nearest or NULL. */
struct pipeline_config *find_pipeline(const struct config *config, const char *name,
                                      const char **guess);

/* Opens the stage alone, without starting it, and prints its answer. A command that runs the
 * pipeline once changes its configuration for good. AGAIN: it knows no such command; other faults
 * are said by `logger`. */
enum headrace_result operator_command(struct config *config, struct pipeline_config *pipeline,
                                      const struct stage_config *stage, const struct logger *logger,
                                      const char *name, const char *const *arguments, size_t count,
                                      FILE *out);

#endif
