/* SPDX-License-Identifier: Apache-2.0 */
#include "loader.h"

#include "cleanup.h"
#include "memory.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#define ENTRY "headrace_plugin_entry"

static const char *const kind_names[] = {[HEADRACE_SOURCE] = "source",
                                         [HEADRACE_FILTER] = "filter",
                                         [HEADRACE_CODEC] = "codec",
                                         [HEADRACE_SINK] = "sink"};

const char *kind_name(enum headrace_kind kind)
{
  return kind_names[kind];
}

void loader_init(struct loader *loader, const char *plugin_dir)
{
  *loader = (struct loader){.plugin_dir = xstrdup(plugin_dir)};
}

static void unload(struct loaded_plugin *loaded)
{
  if (loaded->handle)
    dlclose(loaded->handle);
  free(loaded->path);
  free(loaded);
}

void loader_free(struct loader *loader)
{
  for (size_t i = 0; i < loader->count; i++)
    unload(loader->plugins[i]);
  free(loader->plugins);
  free(loader->plugin_dir);
  *loader = (struct loader){0};
}

/* The first required callback that is missing, or NULL. */
static const char *missing_callback(const struct headrace_plugin *plugin)
{
  const struct {
    enum headrace_kind kind;
    bool there;
    const char *name;
  } required[] = {
      {plugin->kind, plugin->name != NULL, "name"},
      {plugin->kind, plugin->open != NULL, "open"},
      {HEADRACE_SOURCE, plugin->start != NULL, "start"},
      {HEADRACE_SOURCE, plugin->read != NULL, "read"},
      {HEADRACE_FILTER, plugin->apply != NULL, "apply"},
      {HEADRACE_CODEC, plugin->encode || plugin->decode, "encode or decode"},
      {HEADRACE_SINK, plugin->write != NULL, "write"},
  };
  for (size_t i = 0; i < sizeof required / sizeof *required; i++)
    if (required[i].kind == plugin->kind && !required[i].there)
      return required[i].name;
  return NULL;
}

/* NULL: the plugin is good. */
static char *adopt(struct loaded_plugin *loaded)
{
  const struct headrace_registration *(*entry)(void) = NULL;
  /* POSIX's own way to make a function of what dlsym gives. */
  *(void **)(&entry) = dlsym(loaded->handle, ENTRY);
  if (!entry)
    return xasprintf("%s is not a headrace plugin: it has no %s", loaded->path, ENTRY);
  const struct headrace_registration *registration = entry();
  if (registration->_api_version != HEADRACE_API_VERSION)
    return xasprintf("%s was built for plugin API version %u, this headrace has version %u; "
                     "build it again",
                     loaded->path, registration->_api_version, HEADRACE_API_VERSION);
  size_t size = registration->_struct_size;
  memcpy(&loaded->plugin, registration->plugin,
         size < sizeof loaded->plugin ? size : sizeof loaded->plugin);
  if (loaded->plugin.kind < HEADRACE_SOURCE || loaded->plugin.kind > HEADRACE_SINK)
    return xasprintf("%s says that it is of the unknown kind %d", loaded->path,
                     (int)loaded->plugin.kind);
  const char *missing = missing_callback(&loaded->plugin);
  return missing ? xasprintf("%s lacks the required %s", loaded->path, missing) : NULL;
}

static struct loaded_plugin *load(struct loader *loader, const char *path, char **error)
{
  for (size_t i = 0; i < loader->count; i++)
    if (!strcmp(loader->plugins[i]->path, path))
      return loader->plugins[i];
  struct loaded_plugin *loaded = xcalloc(1, sizeof *loaded);
  loaded->path = xstrdup(path);
  loaded->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  *error = loaded->handle ? adopt(loaded) : xstrdup(dlerror());
  if (*error) {
    unload(loaded);
    return NULL;
  }
  loader->plugins = xrealloc(loader->plugins, (loader->count + 1) * sizeof *loader->plugins);
  return loader->plugins[loader->count++] = loaded;
}

/* The plugins of this kind that plugin_dir has, as a list of words; to be freed. */
static char *known_plugins(const struct loader *loader, enum headrace_kind kind)
{
  char *names = xstrdup("");
  CLEANUP_FREE char *prefix = xasprintf("headrace-%s-", kind_names[kind]);
  CLEANUP_DIR DIR *directory = opendir(loader->plugin_dir);
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    size_t size = strlen(entry->d_name);
    if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || size < 4 ||
        strcmp(entry->d_name + size - 3, ".so") != 0)
      continue;
    char *more = xasprintf("%s %.*s", names, (int)(size - 3 - strlen(prefix)),
                           entry->d_name + strlen(prefix));
    free(names);
    names = more;
  }
  return names;
}

const struct headrace_plugin *loader_open(struct loader *loader, enum headrace_kind kind,
                                          const char *name, char **error)
{
  CLEANUP_FREE char *path = name[0] == '/' ? xstrdup(name)
                                           : xasprintf("%s/headrace-%s-%s.so", loader->plugin_dir,
                                                       kind_names[kind], name);
  *error = NULL;
  if (name[0] != '/' && access(path, F_OK) < 0) {
    CLEANUP_FREE char *known = known_plugins(loader, kind);
    *error = xasprintf("there is no %s \"%s\" in %s; there is:%s", kind_names[kind], name,
                       loader->plugin_dir, *known ? known : " none");
    return NULL;
  }
  struct loaded_plugin *loaded = load(loader, path, error);
  if (!loaded)
    return NULL;
  if (loaded->plugin.kind == kind)
    return &loaded->plugin;
  *error =
      xasprintf("%s is a %s, not a %s", path, kind_names[loaded->plugin.kind], kind_names[kind]);
  return NULL;
}

void loader_open_file(struct loader *loader, const char *path, void (*complain)(const char *error))
{
  CLEANUP_FREE char *error = NULL;
  load(loader, path, &error);
  if (error)
    complain(error);
}

static int is_plugin(const struct dirent *entry)
{
  size_t size = strlen(entry->d_name);
  return !strncmp(entry->d_name, "headrace-", 9) && size > 3 &&
         !strcmp(entry->d_name + size - 3, ".so");
}

void loader_open_all(struct loader *loader, void (*complain)(const char *error))
{
  struct dirent **names;
  int count = scandir(loader->plugin_dir, &names, is_plugin, alphasort);
  for (int i = 0; i < count; i++) {
    CLEANUP_FREE char *path = xasprintf("%s/%s", loader->plugin_dir, names[i]->d_name);
    loader_open_file(loader, path, complain);
    free(names[i]);
  }
  if (count >= 0)
    free(names);
}
