/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens plugins and holds them to the ABI: sizes, version, required callbacks. */
#ifndef HEADRACE_LOADER_H
#define HEADRACE_LOADER_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stddef.h>

struct loaded_plugin {
  char *path;
  void *handle;
  struct headrace_plugin plugin; /* the host's own copy, zero where the plugin is older */
};

struct loader {
  char *plugin_dir;
  struct loaded_plugin **plugins;
  size_t count;
};

void loader_init(struct loader *loader, const char *plugin_dir);
void loader_free(struct loader *loader);

/* `name` is a plugin's name or an absolute path. NULL: *error (to be freed) says why. */
const struct headrace_plugin *loader_open(struct loader *loader, enum headrace_kind kind,
                                          const char *name, char **error);

/* Opens one file, of any kind; what is wrong with it goes to `complain`. */
void loader_open_file(struct loader *loader, const char *path, void (*complain)(const char *error));

/* Opens every plugin of plugin_dir; what cannot be opened goes to `complain`. */
void loader_open_all(struct loader *loader, void (*complain)(const char *error));

const char *kind_name(enum headrace_kind kind);

#endif
