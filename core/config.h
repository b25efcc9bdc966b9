/* SPDX-License-Identifier: Apache-2.0
 *
 * What the INI files, the environment and the plugins' tables come to: the
 * process's settings and the pipelines, or a list of every fault. */
#ifndef HEADRACE_CONFIG_H
#define HEADRACE_CONFIG_H

#include "diagnostics.h"
#include "loader.h"
#include "settings.h"

struct stage_config {
  char *name;                           /* "orders.source", "orders.filter.mask" */
  char *stage;                          /* "source", "filter.mask" */
  const struct headrace_plugin *plugin; /* NULL: the stage is not there */
  struct settings settings;
};

struct pipeline_config {
  char *name;
  struct settings settings;
  struct stage_config source, codec, sink;
  struct stage_config *filters;
  size_t filter_count;
  bool left_out;              /* it is not run */
  bool once;                  /* with the source that a command has put in the place of its own, */
  struct settings own_source; /* whose settings these are: the command may still read them */
};

struct config {
  struct settings process;
  struct loader loader;
  struct pipeline_config *pipelines;
  size_t pipeline_count;
};

/* Values of the keys `checkpoint` and `errors` of a pipeline. */
enum checkpoint_kind { CHECKPOINT_FILE = 0, CHECKPOINT_SINK, CHECKPOINT_NONE };

extern const struct headrace_key process_keys[];
extern const struct headrace_key pipeline_keys[];

/* Reads FILE, or every *.ini of the directory. False: see diagnostics. */
bool config_load(struct config *config, const char *path, struct diagnostics *diagnostics);

/* The sink is to undo what it does. False: it cannot, see diagnostics. */
bool config_make_dry(struct pipeline_config *pipeline, struct diagnostics *diagnostics);

/* Another source for the pipeline, for a run that keeps no checkpoint and stops for no event.
 * False: *error (to be freed) says why. */
bool config_replace_source(struct config *config, struct pipeline_config *pipeline,
                           const char *source, const struct headrace_pair *keys, size_t count,
                           char **error);
void config_free(struct config *config);

#endif
