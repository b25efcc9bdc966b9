/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cleanup.h"
#include "ini_file.h"
#include "instance.h"
#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define PROCESS "headrace"

const struct headrace_key process_keys[] = {
    {.name = "plugin_dir",
     .default_value = HEADRACE_PLUGIN_DIR,
     .help = "folder of the plugins that are named without a path"},
    {.name = "state_dir",
     .default_value = "/var/lib/headrace",
     .help = "folder of the checkpoint files; must be on a disk that survives"},
    {.name = "log_level",
     .type = HEADRACE_ENUM,
     .default_value = "info",
     .choices = "error|warning|info|debug",
     .environment = "CDC_LOG_LEVEL",
     .help = "what is less important than this is not logged"},
    {.name = "log_format",
     .type = HEADRACE_ENUM,
     .default_value = "text",
     .choices = "text|json",
     .help = "one line an event, as text or as a JSON object"},
    {.name = "shutdown_timeout",
     .type = HEADRACE_DURATION,
     .default_value = "30s",
     .help = "how long a stop waits for what was read to become durable"},
    {.name = "status_log_interval",
     .type = HEADRACE_DURATION,
     .default_value = "10s",
     .help = "how often each pipeline logs its status; 0: only at its end"},
    {0}};

const struct headrace_key pipeline_keys[] = {
    {.name = "source", .flags = HEADRACE_REQUIRED, .help = "the source plugin: a name, or a path"},
    {.name = "filters",
     .type = HEADRACE_LIST,
     .help = "filters in order; each is a plugin's name unless its section says plugin ="},
    {.name = "codec", .default_value = "none", .help = "the codec plugin, or none"},
    {.name = "sink", .flags = HEADRACE_REQUIRED, .help = "the sink plugin: a name, or a path"},
    {.name = "checkpoint",
     .type = HEADRACE_ENUM,
     .default_value = "file",
     .choices = "file|sink|none",
     .help = "where the position is kept: a file in state_dir, the sink, or only the source"},
    {.name = "checkpoint_interval",
     .type = HEADRACE_DURATION,
     .default_value = "1s",
     .help = "checkpoint = file: how often it is written, and so acknowledged to the source"},
    {.name = "ring_bytes",
     .type = HEADRACE_SIZE,
     .default_value = "8MiB",
     .help = "memory for what was read and is not yet durable; at the limit reading waits"},
    {.name = "delivery",
     .type = HEADRACE_ENUM,
     .default_value = "at-least-once",
     .choices = "at-least-once|exactly-once",
     .help = "exactly-once needs checkpoint = sink and a sink that can keep it"},
    {.name = "errors",
     .type = HEADRACE_ENUM,
     .default_value = "stop",
     .choices = "stop|dead-letter|skip",
     .help = "what becomes of a single event that the sink refuses"},
    {0}};

/* Filters' sections may say which plugin they are. */
static const struct headrace_key filter_keys[] = {{.name = "plugin"}, {0}};

struct loading {
  struct config *config;
  struct ini ini;
  struct diagnostics *diagnostics;
};

static void fault(struct loading *loading, const struct ini_entry *entry, const char *text)
{
  diagnose(loading->diagnostics, entry->file, entry->line, "[%s] %s%s%s", entry->section,
           entry->key ? entry->key : "", entry->key ? ": " : "", text);
}

/* ---- values: ${VARIABLE} and KEY_file ------------------------------------ */

static char *expand(struct loading *loading, const struct ini_entry *entry)
{
  char *result = xstrdup("");
  for (const char *c = entry->value; *c;) {
    const char *open = strstr(c, "${");
    const char *close = open ? strchr(open, '}') : NULL;
    size_t literal = close ? (size_t)(open - c) : strlen(c);
    const char *value = "";
    if (close) {
      CLEANUP_FREE char *name = xstrndup(open + 2, (size_t)(close - open) - 2);
      value = getenv(name);
      if (!value) {
        CLEANUP_FREE char *text = xasprintf("the environment has no variable %s", name);
        fault(loading, entry, text);
        value = "";
      }
    }
    char *longer = xasprintf("%s%.*s%s", result, (int)literal, c, value);
    free(result);
    result = longer;
    c = close ? close + 1 : c + literal;
  }
  return result;
}

#define MOST_SECRET 65536

/* The file's text without its last newline; NULL: *error (to be freed) says why. */
static char *read_secret(const char *path, char **error)
{
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
  char *text = xmalloc(MOST_SECRET + 1);
  ssize_t size = fd < 0 ? -1 : read(fd, text, MOST_SECRET + 1);
  if (size < 0 || size > MOST_SECRET) {
    *error = xasprintf("cannot read %s: %s", path,
                       size < 0 ? strerror(errno) : "it is larger than 64 KiB");
    free(text);
    return NULL;
  }
  while (size && (text[size - 1] == '\n' || text[size - 1] == '\r'))
    size--;
  text[size] = '\0';
  return text;
}

/* The secret that `name` ("password_file") is the file of, or NULL. */
static const struct headrace_key *secret_of_file(const struct settings *settings, const char *name,
                                                 char **secret)
{
  size_t size = strlen(name);
  if (size <= 5 || strcmp(name + size - 5, "_file") != 0)
    return NULL;
  *secret = xstrndup(name, size - 5);
  const struct headrace_key *key = settings_key(settings, *secret);
  return key && key->type == HEADRACE_SECRET ? key : NULL;
}

/* ---- one section --------------------------------------------------------- */

static void unknown_key(struct loading *loading, const struct settings *settings,
                        const struct ini_entry *entry)
{
  struct nearest nearest = {.name = entry->key};
  for (const struct headrace_key *key = settings->keys; key && key->name; key++)
    nearest_consider(&nearest, key->name);
  const char *found = nearest_found(&nearest);
  CLEANUP_FREE char *text = found ? xasprintf("unknown key; did you mean \"%s\"?", found)
                                  : xasprintf("unknown key; 'headrace help' lists the known ones");
  fault(loading, entry, text);
}

static bool is_duplicate(struct loading *loading, const struct ini_entry *entry)
{
  for (const struct ini_entry *other = loading->ini.entries; other < entry; other++)
    if (other->key && !strcmp(other->section, entry->section) && !strcmp(other->key, entry->key)) {
      CLEANUP_FREE char *text =
          xasprintf("duplicate key, first given at %s:%u", other->file, other->line);
      fault(loading, entry, text);
      return true;
    }
  return false;
}

static void set(struct loading *loading, struct settings *settings, const struct ini_entry *entry,
                const char *key, const char *value)
{
  CLEANUP_FREE char *error = NULL;
  if (!settings_set(settings, key, value, &error))
    fault(loading, entry, error);
}

static void apply_entry(struct loading *loading, struct settings *settings,
                        const struct ini_entry *entry)
{
  CLEANUP_FREE char *secret = NULL;
  if (is_duplicate(loading, entry))
    return;
  CLEANUP_FREE char *value = expand(loading, entry);
  if (settings_key(settings, entry->key)) {
    set(loading, settings, entry, entry->key, value);
  } else if (secret_of_file(settings, entry->key, &secret)) {
    CLEANUP_FREE char *error = NULL;
    CLEANUP_FREE char *text = read_secret(value, &error);
    if (text)
      set(loading, settings, entry, secret, text);
    else
      fault(loading, entry, error);
  } else {
    unknown_key(loading, settings, entry);
  }
}

static void set_from_variable(struct loading *loading, struct settings *settings,
                              const struct headrace_key *key, const char *variable)
{
  const char *value = getenv(variable);
  CLEANUP_FREE char *error = NULL;
  if (value && !settings_set(settings, key->name, value, &error))
    diagnose(loading->diagnostics, NULL, 0, "environment variable %s: %s", variable, error);
}

/* The variable names a file that holds the secret. */
static void set_from_file_variable(struct loading *loading, struct settings *settings,
                                   const struct headrace_key *key, const char *variable)
{
  const char *path = getenv(variable);
  CLEANUP_FREE char *error = NULL;
  CLEANUP_FREE char *text = path ? read_secret(path, &error) : NULL;
  if (text)
    settings_set(settings, key->name, text, &error);
  if (error)
    diagnose(loading->diagnostics, NULL, 0, "environment variable %s: %s", variable, error);
}

/* HEADRACE_ORDERS_SOURCE_SLOT for slot of [orders.source]. */
static char *own_variable(const char *section, const char *key)
{
  bool process = !strcmp(section, PROCESS);
  char *variable =
      process ? xasprintf("HEADRACE_%s", key) : xasprintf("HEADRACE_%s_%s", section, key);
  for (char *c = variable; *c; c++)
    *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
  return variable;
}

static void apply_environment(struct loading *loading, struct settings *settings,
                              const char *section)
{
  for (const struct headrace_key *key = settings->keys; key && key->name; key++) {
    if (strchr(key->name, '*'))
      continue; /* a variable's name cannot say which of those keys it is */
    CLEANUP_FREE char *others = xstrdup(key->environment ? key->environment : "");
    char *rest = others;
    for (char *variable; (variable = strsep(&rest, " "));)
      if (*variable)
        set_from_variable(loading, settings, key, variable);
    CLEANUP_FREE char *own = own_variable(section, key->name);
    set_from_variable(loading, settings, key, own);
    CLEANUP_FREE char *own_file = xasprintf("%s_FILE", own);
    if (key->type == HEADRACE_SECRET)
      set_from_file_variable(loading, settings, key, own_file);
  }
}

static const struct ini_entry *section_entry(const struct loading *loading, const char *section)
{
  for (size_t i = 0; i < loading->ini.count; i++)
    if (!strcmp(loading->ini.entries[i].section, section))
      return &loading->ini.entries[i];
  return NULL;
}

static void check_required(struct loading *loading, const struct settings *settings,
                           const char *section)
{
  const struct ini_entry *entry = section_entry(loading, section);
  for (size_t i = 0; i < settings->count; i++) {
    const struct setting *setting = &settings->items[i];
    if (!(setting->key->flags & HEADRACE_REQUIRED) || (setting->text && *setting->text))
      continue;
    diagnose(loading->diagnostics, entry ? entry->file : NULL, entry ? entry->line : 0,
             "[%s] %s: missing, and it has no default (%s)", section, setting->key->name,
             setting->key->help);
  }
}

static bool is_filter_key(const struct ini_entry *entry)
{
  return strstr(entry->section, ".filter.") && !strcmp(entry->key, filter_keys[0].name);
}

/* The plugin of a filter; to be freed. */
static char *filter_plugin(struct loading *loading, const char *section, const char *name)
{
  struct settings settings;
  settings_init(&settings, filter_keys);
  for (size_t i = 0; i < loading->ini.count; i++) {
    const struct ini_entry *entry = &loading->ini.entries[i];
    if (entry->key && is_filter_key(entry) && !strcmp(entry->section, section))
      apply_entry(loading, &settings, entry);
  }
  apply_environment(loading, &settings, section);
  const char *plugin = settings_string(&settings, filter_keys[0].name);
  char *copy = xstrdup(plugin ? plugin : name);
  settings_free(&settings);
  return copy;
}

static void apply_section(struct loading *loading, struct settings *settings, const char *section)
{
  for (size_t i = 0; i < loading->ini.count; i++) {
    const struct ini_entry *entry = &loading->ini.entries[i];
    if (entry->key && !is_filter_key(entry) && !strcmp(entry->section, section))
      apply_entry(loading, settings, entry);
  }
  apply_environment(loading, settings, section);
  check_required(loading, settings, section);
}

/* ---- pipelines ----------------------------------------------------------- */

static void load_plugin(struct loading *loading, struct stage_config *stage,
                        enum headrace_kind kind, const char *plugin, const char *pipeline)
{
  CLEANUP_FREE char *error = NULL;
  stage->plugin = loader_open(&loading->config->loader, kind, plugin, &error);
  if (stage->plugin) {
    settings_init(&stage->settings, stage->plugin->keys);
    apply_section(loading, &stage->settings, stage->name);
    return;
  }
  const struct ini_entry *entry = section_entry(loading, pipeline);
  diagnose(loading->diagnostics, entry ? entry->file : NULL, entry ? entry->line : 0, "[%s] %s",
           pipeline, error);
}

static void load_stage(struct loading *loading, struct pipeline_config *pipeline,
                       struct stage_config *stage, enum headrace_kind kind)
{
  stage->stage = xstrdup(kind_name(kind));
  stage->name = xasprintf("%s.%s", pipeline->name, stage->stage);
  const char *plugin = settings_string(&pipeline->settings, stage->stage);
  if (plugin && *plugin && strcmp(plugin, "none") != 0)
    load_plugin(loading, stage, kind, plugin, pipeline->name);
  else if (section_entry(loading, stage->name))
    fault(loading, section_entry(loading, stage->name),
          "the section is given, but its pipeline does not use this stage");
}

static void load_filters(struct loading *loading, struct pipeline_config *pipeline)
{
  const struct headrace_pair *names;
  pipeline->filter_count = settings_list(&pipeline->settings, "filters", &names);
  pipeline->filters = xcalloc(pipeline->filter_count, sizeof *pipeline->filters);
  for (size_t i = 0; i < pipeline->filter_count; i++) {
    struct stage_config *filter = &pipeline->filters[i];
    filter->stage = xasprintf("filter.%s", names[i].name);
    filter->name = xasprintf("%s.%s", pipeline->name, filter->stage);
    CLEANUP_FREE char *plugin = filter_plugin(loading, filter->name, names[i].name);
    load_plugin(loading, filter, HEADRACE_FILTER, plugin, pipeline->name);
  }
}

static bool setting_is(const struct settings *settings, const char *key, const char *value)
{
  const char *text = settings_string(settings, key);
  return text && !strcmp(text, value);
}

/* ---- one variable, two stages ---------------------------------------------- */

static const struct ini_entry *key_entry(const struct loading *loading, const char *section,
                                         const char *key)
{
  for (size_t i = 0; i < loading->ini.count; i++) {
    const struct ini_entry *entry = &loading->ini.entries[i];
    if (entry->key && !strcmp(entry->section, section) && !strcmp(entry->key, key))
      return entry;
  }
  return NULL;
}

static bool is_variable_of(const struct headrace_key *key, const char *variable)
{
  size_t size = strlen(variable);
  const char *word = key->environment ? key->environment : "";
  while (*word) {
    size_t length = strcspn(word, " ");
    if (length == size && !strncmp(word, variable, size))
      return true;
    word += length + strspn(word + length, " ");
  }
  return false;
}

/* What the file gives that key, if this variable overrides it. */
static const struct ini_entry *overridden(const struct loading *loading,
                                          const struct stage_config *stage,
                                          const struct headrace_key *key, const char *variable)
{
  CLEANUP_FREE char *own = own_variable(stage->name, key->name);
  if (!is_variable_of(key, variable) || !getenv(variable) || getenv(own))
    return NULL;
  return key_entry(loading, stage->name, key->name);
}

/* The file says of two stages that they are not at the same place, and a variable says they are:
 * it was set for something else, and the pipeline would write where it reads. */
static void check_general_variable(struct loading *loading, const struct pipeline_config *pipeline,
                                   const struct headrace_key *key, const char *variable)
{
  const struct ini_entry *here = overridden(loading, &pipeline->source, key, variable);
  const struct headrace_key *other = here ? pipeline->sink.plugin->keys : NULL;
  for (; other && other->name; other++) {
    const struct ini_entry *there = overridden(loading, &pipeline->sink, other, variable);
    if (!there || !strcmp(here->value, there->value))
      continue;
    CLEANUP_FREE char *own = own_variable(pipeline->sink.name, other->name);
    CLEANUP_FREE char *text =
        xasprintf("the environment variable %s would override it, and `%s` of [%s], which is "
                  "another: unset it, or set %s",
                  variable, key->name, pipeline->source.name, own);
    fault(loading, there, text);
  }
}

static void check_general_variables(struct loading *loading, const struct pipeline_config *pipeline)
{
  if (!pipeline->source.plugin || !pipeline->sink.plugin)
    return;
  for (const struct headrace_key *key = pipeline->source.plugin->keys; key && key->name; key++) {
    CLEANUP_FREE char *variables = xstrdup(key->environment ? key->environment : "");
    char *rest = variables;
    for (char *variable; (variable = strsep(&rest, " "));)
      if (*variable)
        check_general_variable(loading, pipeline, key, variable);
  }
}

/* What concerns two keys, or a key and what a plugin can do. */
static void check_pipeline(struct loading *loading, const struct pipeline_config *pipeline)
{
  const struct ini_entry *entry = section_entry(loading, pipeline->name);
  const struct headrace_plugin *sink = pipeline->sink.plugin;
  bool in_sink = setting_is(&pipeline->settings, "checkpoint", "sink");
  if (in_sink && sink && !sink->stored_position)
    fault(loading, entry, "checkpoint = sink, but this sink cannot keep positions; use file");
  if (setting_is(&pipeline->settings, "delivery", "exactly-once") && !in_sink)
    fault(loading, entry, "delivery = exactly-once needs checkpoint = sink");
  if (!setting_is(&pipeline->settings, "errors", "dead-letter") || !sink)
    return;
  if (pipeline->source.plugin && pipeline->source.plugin->on_reject)
    fault(loading, entry,
          "errors = dead-letter, but this source tells its clients what was refused; leave it out");
  if (!settings_key(&pipeline->sink.settings, "dead_letter") ||
      !settings_string(&pipeline->sink.settings, "dead_letter"))
    fault(loading, entry,
          "errors = dead-letter, but the sink's section does not say dead_letter = (where to)");
}

static void check_stage(struct diagnostics *diagnostics, const struct stage_config *stage,
                        const char *pipeline, bool keeps_checkpoint)
{
  if (!stage->plugin || !stage->plugin->check)
    return;
  struct logger logger = {.capture = diagnostics};
  struct metrics metrics;
  metrics_init(&metrics);
  struct instance instance = {.stage = stage->stage,
                              .plugin = stage->plugin,
                              .settings = &stage->settings,
                              .logger = &logger,
                              .metrics = &metrics};
  instance_init(&instance, pipeline, stage->name, -1);
  instance.host.keeps_checkpoint = keeps_checkpoint;
  size_t before = diagnostics->count;
  if (stage->plugin->check(&instance.host) != HEADRACE_OK && diagnostics->count == before)
    diagnose(diagnostics, NULL, 0, "%s: its settings do not fit together", stage->name);
  metrics_free(&metrics);
}

static bool good_name(const char *name)
{
  return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-")] == '\0';
}

static void load_pipeline(struct loading *loading, const struct ini_entry *entry)
{
  struct config *config = loading->config;
  if (!good_name(entry->section)) {
    fault(loading, entry, "a pipeline's name is made of letters, digits, _ and -");
    return;
  }
  config->pipelines =
      xrealloc(config->pipelines, (config->pipeline_count + 1) * sizeof *config->pipelines);
  struct pipeline_config *pipeline = &config->pipelines[config->pipeline_count++];
  *pipeline = (struct pipeline_config){.name = xstrdup(entry->section)};
  size_t before = loading->diagnostics->count;
  settings_init(&pipeline->settings, pipeline_keys);
  apply_section(loading, &pipeline->settings, pipeline->name);
  load_stage(loading, pipeline, &pipeline->source, HEADRACE_SOURCE);
  load_filters(loading, pipeline);
  load_stage(loading, pipeline, &pipeline->codec, HEADRACE_CODEC);
  load_stage(loading, pipeline, &pipeline->sink, HEADRACE_SINK);
  check_pipeline(loading, pipeline);
  check_general_variables(loading, pipeline);
  if (loading->diagnostics->count != before)
    return; /* plugins check what is at least well-typed */
  bool keeps_checkpoint = settings_integer(&pipeline->settings, "checkpoint") == CHECKPOINT_SINK;
  check_stage(loading->diagnostics, &pipeline->source, pipeline->name, keeps_checkpoint);
  check_stage(loading->diagnostics, &pipeline->codec, pipeline->name, keeps_checkpoint);
  check_stage(loading->diagnostics, &pipeline->sink, pipeline->name, keeps_checkpoint);
  for (size_t i = 0; i < pipeline->filter_count; i++)
    check_stage(loading->diagnostics, &pipeline->filters[i], pipeline->name, keeps_checkpoint);
}

/* ---- sections ------------------------------------------------------------ */

static void check_duplicate_section(struct loading *loading, const struct ini_entry *entry)
{
  for (const struct ini_entry *other = loading->ini.entries; other < entry; other++)
    if (!other->key && !strcmp(other->section, entry->section)) {
      CLEANUP_FREE char *text =
          xasprintf("duplicate section, first given at %s:%u", other->file, other->line);
      fault(loading, entry, text);
      return;
    }
}

static bool is_filter_of(const struct pipeline_config *pipeline, const char *section)
{
  for (size_t i = 0; i < pipeline->filter_count; i++)
    if (!strcmp(pipeline->filters[i].name, section))
      return true;
  return false;
}

/* A section that nothing has used. */
static void check_stage_section(struct loading *loading, const struct ini_entry *entry)
{
  struct nearest nearest = {.name = entry->section};
  CLEANUP_FREE char *text = NULL;
  for (size_t i = 0; i < loading->config->pipeline_count; i++) {
    const struct pipeline_config *pipeline = &loading->config->pipelines[i];
    const char *const names[] = {pipeline->source.name, pipeline->codec.name, pipeline->sink.name};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
      if (!strcmp(names[n], entry->section))
        return;
      nearest_consider(&nearest, names[n]);
    }
    if (is_filter_of(pipeline, entry->section))
      return;
  }
  const char *found = nearest_found(&nearest);
  text = found ? xasprintf("unknown section; did you mean [%s]?", found)
               : xasprintf("unknown section; a stage's is [PIPELINE.source], [PIPELINE.codec], "
                           "[PIPELINE.sink] or [PIPELINE.filter.NAME]");
  fault(loading, entry, text);
}

static void load_sections(struct loading *loading)
{
  for (size_t i = 0; i < loading->ini.count; i++) {
    const struct ini_entry *entry = &loading->ini.entries[i];
    if (entry->key && !*entry->section)
      fault(loading, entry, "a key before the first [section]");
    if (entry->key)
      continue;
    check_duplicate_section(loading, entry);
    bool first = section_entry(loading, entry->section) == entry;
    if (first && !strchr(entry->section, '.') && strcmp(entry->section, PROCESS) != 0)
      load_pipeline(loading, entry);
  }
  for (size_t i = 0; i < loading->ini.count; i++)
    if (!loading->ini.entries[i].key && strchr(loading->ini.entries[i].section, '.'))
      check_stage_section(loading, &loading->ini.entries[i]);
}

bool config_load(struct config *config, const char *path, struct diagnostics *diagnostics)
{
  *config = (struct config){0};
  struct loading loading = {.config = config, .diagnostics = diagnostics};
  settings_init(&config->process, process_keys);
  size_t before = diagnostics->count;
  ini_read(&loading.ini, path, diagnostics);
  apply_section(&loading, &config->process, PROCESS);
  loader_init(&config->loader, settings_string(&config->process, "plugin_dir"));
  load_sections(&loading);
  if (!config->pipeline_count && diagnostics->count == before)
    diagnose(diagnostics, path, 0, "there is no pipeline; a section [NAME] makes one");
  ini_free(&loading.ini);
  return diagnostics->count == before;
}

bool config_make_dry(struct pipeline_config *pipeline, struct diagnostics *diagnostics)
{
  static const char key[] = "dry_run"; /* by which a sink says that it can */
  struct settings *settings = &pipeline->sink.settings;
  CLEANUP_FREE char *error = NULL;
  size_t before = diagnostics->count;
  if (!settings_key(settings, key))
    diagnose(diagnostics, NULL, 0, "%s: sink %s cannot undo what it does (it has no key %s)",
             pipeline->sink.name, pipeline->sink.plugin->name, key);
  else if (!settings_set(settings, key, "yes", &error))
    diagnose(diagnostics, NULL, 0, "%s: %s: %s", pipeline->sink.name, key, error);
  else
    check_stage(diagnostics, &pipeline->sink, pipeline->name,
                settings_integer(&pipeline->settings, "checkpoint") == CHECKPOINT_SINK);
  return diagnostics->count == before;
}

static bool set_all(struct settings *settings, const struct headrace_pair *keys, size_t count,
                    char **error)
{
  for (size_t i = 0; i < count; i++) {
    CLEANUP_FREE char *reason = NULL;
    if (settings_key(settings, keys[i].name) &&
        settings_set(settings, keys[i].name, keys[i].value, &reason))
      continue;
    *error = xasprintf("%s: %s", keys[i].name, reason ? reason : "there is no such key");
    return false;
  }
  return true;
}

bool config_replace_source(struct config *config, struct pipeline_config *pipeline,
                           const char *source, const struct headrace_pair *keys, size_t count,
                           char **error)
{
  static const struct headrace_pair of_the_run[] = {
      {"checkpoint", "none"}, {"delivery", "at-least-once"}, {"errors", "dead-letter"}};
  const struct headrace_plugin *plugin =
      loader_open(&config->loader, HEADRACE_SOURCE, source, error);
  if (!plugin)
    return false;
  if (pipeline->once)
    settings_free(&pipeline->source.settings);
  else
    pipeline->own_source = pipeline->source.settings;
  settings_init(&pipeline->source.settings, plugin->keys);
  pipeline->source.plugin = plugin;
  pipeline->once = true;
  return set_all(&pipeline->settings, of_the_run, sizeof of_the_run / sizeof *of_the_run, error) &&
         set_all(&pipeline->source.settings, keys, count, error);
}

static void free_stage(struct stage_config *stage)
{
  settings_free(&stage->settings);
  free(stage->name);
  free(stage->stage);
}

void config_free(struct config *config)
{
  for (size_t i = 0; i < config->pipeline_count; i++) {
    struct pipeline_config *pipeline = &config->pipelines[i];
    free_stage(&pipeline->source);
    free_stage(&pipeline->codec);
    free_stage(&pipeline->sink);
    for (size_t f = 0; f < pipeline->filter_count; f++)
      free_stage(&pipeline->filters[f]);
    free(pipeline->filters);
    settings_free(&pipeline->own_source);
    settings_free(&pipeline->settings);
    free(pipeline->name);
  }
  free(config->pipelines);
  settings_free(&config->process);
  loader_free(&config->loader);
}
