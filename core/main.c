/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line. See headrace(1). */
#include "attend.h"
#include "cleanup.h"
#include "config.h"
#include "memory.h"
#include "operator_command.h"
#include "pipeline.h"
#include "wake.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

enum exit_code {
  EXIT_GOOD = 0,
  EXIT_PIPELINE_FAILED = 1,
  EXIT_BAD_USAGE = 64, /* sysexits.h: EX_USAGE */
  EXIT_BAD_CONFIG = 78 /* sysexits.h: EX_CONFIG */
};

#define DEFAULT_CONFIG "/etc/headrace"

struct options {
  const char *config;
  int louder; /* -v less -q */
  bool dry_run;
  const char *command;
};

static const char usage[] =
    "usage: headrace run [-c FILE|DIR] [--dry-run] [-v] [-q]\n"
    "                                              run the pipelines until SIGTERM or SIGINT\n"
    "       headrace check [-c FILE|DIR]           check the configuration, without network\n"
    "       headrace snapshot [-c FILE|DIR] PIPELINE ARGUMENT...\n"
    "                                              ask a running pipeline for a snapshot\n"
    "       headrace dlq [-c FILE|DIR] PIPELINE ARGUMENT...\n"
    "                                              look after a pipeline's dead letters\n"
    "       headrace plugins                       list the plugins\n"
    "       headrace help [PLUGIN]                 this text, or a plugin's keys\n"
    "       headrace -h | --help, -V | --version\n"
    "\n"
    "-c, --config FILE|DIR   an INI file, or a directory of *.ini (default " DEFAULT_CONFIG ")\n"
    "--dry-run               log what would be done to the targets, and undo it\n"
    "-v, --verbose           log more; -q, --quiet: log less\n";

/* ---- run ----------------------------------------------------------------- */

static bool load_or_complain(struct config *config, const char *path)
{
  struct diagnostics diagnostics = {0};
  bool good = config_load(config, path, &diagnostics);
  diagnostics_print(&diagnostics, stderr);
  diagnostics_free(&diagnostics);
  return good;
}

static struct logger make_logger(const struct config *config, const struct options *options)
{
  int level = (int)settings_integer(&config->process, "log_level") + options->louder;
  if (level < HEADRACE_ERROR)
    level = HEADRACE_ERROR;
  if (level > HEADRACE_DEBUG)
    level = HEADRACE_DEBUG;
  return (struct logger){.fd = STDERR_FILENO,
                         .level = (enum headrace_level)level,
                         .json = settings_integer(&config->process, "log_format") == 1};
}

static int run_pipelines(const struct config *config, const struct logger *logger, int signal_fd)
{
  CLEANUP_FD int ended_fd = wake_open();
  CLEANUP_FREE struct pipeline **pipelines = xcalloc(config->pipeline_count, sizeof *pipelines);
  log_write(logger, HEADRACE_INFO, NULL, "headrace %s, %zu pipeline%s", HEADRACE_VERSION,
            config->pipeline_count, config->pipeline_count == 1 ? "" : "s");
  size_t count = 0;
  for (size_t i = 0; i < config->pipeline_count; i++)
    if (!config->pipelines[i].left_out)
      pipelines[count++] = pipeline_start(config, &config->pipelines[i], logger, ended_fd);
  attend_until_end(pipelines, count, ended_fd, signal_fd, logger);
  int code = EXIT_GOOD;
  for (size_t i = 0; i < count; i++)
    if (pipeline_join(pipelines[i]) == PIPELINE_FAILED)
      code = EXIT_PIPELINE_FAILED;
  return code;
}

/* Whether any pipeline is left to run. */
static bool make_dry(struct config *config)
{
  struct diagnostics diagnostics = {0};
  size_t able = 0;
  for (size_t i = 0; i < config->pipeline_count; i++) {
    struct pipeline_config *pipeline = &config->pipelines[i];
    pipeline->left_out = !config_make_dry(pipeline, &diagnostics);
    able += !pipeline->left_out;
    if (pipeline->left_out)
      diagnose(&diagnostics, NULL, 0, "--dry-run: so pipeline %s is not run", pipeline->name);
  }
  diagnostics_print(&diagnostics, stderr);
  diagnostics_free(&diagnostics);
  return able > 0;
}

static int command_run(const struct options *options, char **arguments)
{
  (void)arguments;
  struct config config;
  int code = EXIT_BAD_CONFIG;
  CLEANUP_FD int signal_fd = attend_signals(); /* first of all: it may take long to load */
  bool loaded = load_or_complain(&config, options->config);
  if (loaded && options->dry_run && !make_dry(&config)) {
    code = EXIT_BAD_USAGE;
  } else if (loaded) {
    struct logger logger = make_logger(&config, options);
    struct terminal terminal;
    terminal_init(&terminal, logger.fd);
    if (!logger.json && isatty(logger.fd))
      logger.terminal = &terminal;
    code = run_pipelines(&config, &logger, signal_fd);
    terminal_free(&terminal);
  }
  config_free(&config);
  return code;
}

static int command_check(const struct options *options, char **arguments)
{
  (void)arguments;
  struct config config;
  bool good = load_or_complain(&config, options->config);
  if (good && options->louder >= 0)
    printf("%s: good, %zu pipeline%s\n", options->config, config.pipeline_count,
           config.pipeline_count == 1 ? "" : "s");
  config_free(&config);
  return good ? EXIT_GOOD : EXIT_BAD_CONFIG;
}

/* ---- commands to a pipeline ---------------------------------------------- */

static int no_such_pipeline(const struct options *options, const char *name, const char *guess)
{
  fprintf(stderr, "headrace: there is no pipeline \"%s\" in %s%s%s%s\n", name, options->config,
          guess ? "; did you mean \"" : "", guess ? guess : "", guess ? "\"?" : "");
  return EXIT_BAD_USAGE;
}

static int tell_stage(struct config *config, const struct options *options, char **arguments)
{
  const char *guess;
  struct pipeline_config *pipeline = find_pipeline(config, arguments[0], &guess);
  if (!pipeline)
    return no_such_pipeline(options, arguments[0], guess);
  size_t count = 0;
  while (arguments[1 + count])
    count++;
  bool to_sink = !strcmp(options->command, "dlq");
  const struct stage_config *stage = to_sink ? &pipeline->sink : &pipeline->source;
  struct logger logger = make_logger(config, options);
  enum headrace_result result =
      operator_command(config, pipeline, stage, &logger, options->command,
                       (const char *const *)(arguments + 1), count, stdout);
  if (result != HEADRACE_AGAIN)
    return result == HEADRACE_OK ? EXIT_GOOD : EXIT_PIPELINE_FAILED;
  fprintf(stderr, "headrace: %s %s of pipeline \"%s\" has no command \"%s\"\n", stage->stage,
          stage->plugin->name, pipeline->name, options->command);
  return EXIT_BAD_USAGE;
}

static int command_to_stage(const struct options *options, char **arguments)
{
  if (!arguments[0]) {
    fprintf(stderr, "headrace: %s needs the name of a pipeline\n%s", options->command, usage);
    return EXIT_BAD_USAGE;
  }
  struct config config;
  int code = EXIT_BAD_CONFIG;
  if (load_or_complain(&config, options->config))
    code = tell_stage(&config, options, arguments);
  config_free(&config);
  return code;
}

/* ---- plugins ------------------------------------------------------------- */

static void complain(const char *error)
{
  fprintf(stderr, "headrace: %s\n", error);
}

/* Every plugin of the folder that HEADRACE_PLUGIN_DIR or the build names. */
static void open_all(struct loader *loader)
{
  const char *directory = getenv("HEADRACE_PLUGIN_DIR");
  loader_init(loader, directory ? directory : process_keys[0].default_value);
  loader_open_all(loader, complain);
}

static int command_plugins(const struct options *options, char **arguments)
{
  (void)options;
  (void)arguments;
  struct loader loader;
  open_all(&loader);
  for (size_t i = 0; i < loader.count; i++) {
    const struct headrace_plugin *plugin = &loader.plugins[i]->plugin;
    printf("%-7s %-12s %-8s %s\n", kind_name(plugin->kind), plugin->name,
           plugin->version ? plugin->version : "-", plugin->description ? plugin->description : "");
  }
  loader_free(&loader);
  return EXIT_GOOD;
}

static void print_key(const struct headrace_key *key)
{
  printf("  %s (%s", key->name, key_type_name(key->type));
  if (key->choices)
    printf(": %s", key->choices);
  if (key->flags & HEADRACE_REQUIRED)
    printf(", required");
  if (key->default_value)
    printf(", default %s", *key->default_value ? key->default_value : "empty");
  printf(")\n      %s\n", key->help ? key->help : "");
  if (key->environment)
    printf("      environment: %s\n", key->environment);
}

static void print_keys(const char *title, const struct headrace_key *keys)
{
  printf("%s\n", title);
  for (const struct headrace_key *key = keys; key && key->name; key++)
    print_key(key);
}

/* A plugin's name, its KIND-NAME where two kinds share a name, or its path. */
static bool is_called(const struct loaded_plugin *loaded, const char *name)
{
  CLEANUP_FREE char *full = xasprintf("%s-%s", kind_name(loaded->plugin.kind), loaded->plugin.name);
  return !strcmp(loaded->plugin.name, name) || !strcmp(full, name) || !strcmp(loaded->path, name);
}

static void print_plugin(const struct headrace_plugin *plugin)
{
  CLEANUP_FREE char *title = xasprintf("%s %s %s: %s", kind_name(plugin->kind), plugin->name,
                                       plugin->version ? plugin->version : "",
                                       plugin->description ? plugin->description : "");
  print_keys(title, plugin->keys);
}

static int help_plugin(const char *name)
{
  struct loader loader;
  struct nearest nearest = {.name = name};
  size_t found = 0;
  open_all(&loader);
  if (strchr(name, '/'))
    loader_open_file(&loader, name, complain);
  for (size_t i = 0; i < loader.count; i++) {
    nearest_consider(&nearest, loader.plugins[i]->plugin.name);
    if (!is_called(loader.plugins[i], name))
      continue;
    print_plugin(&loader.plugins[i]->plugin);
    found++;
  }
  if (!found) {
    const char *guess = nearest_found(&nearest);
    fprintf(stderr, "headrace: there is no plugin \"%s\" in %s%s%s%s\n", name, loader.plugin_dir,
            guess ? "; did you mean \"" : "", guess ? guess : "", guess ? "\"?" : "");
  }
  loader_free(&loader);
  return found ? EXIT_GOOD : EXIT_BAD_USAGE;
}

static int command_help(const struct options *options, char **arguments)
{
  (void)options;
  if (arguments[0])
    return help_plugin(arguments[0]);
  fputs(usage, stdout);
  putchar('\n');
  print_keys("[headrace]", process_keys);
  putchar('\n');
  print_keys("[PIPELINE]", pipeline_keys);
  return EXIT_GOOD;
}

/* ---- the command line ---------------------------------------------------- */

#define ANY_NUMBER INT_MAX /* of arguments, which may look like options: the plugin reads them */

static const struct command {
  const char *name;
  int most_arguments;
  int (*run)(const struct options *, char **arguments);
} commands[] = {{"run", 0, command_run},
                {"check", 0, command_check},
                {"snapshot", ANY_NUMBER, command_to_stage},
                {"dlq", ANY_NUMBER, command_to_stage},
                {"plugins", 0, command_plugins},
                {"help", 1, command_help}};

#define COMMANDS (sizeof commands / sizeof *commands)

static const struct command *find_command(const char *name)
{
  for (size_t i = 0; i < COMMANDS; i++)
    if (!strcmp(commands[i].name, name))
      return &commands[i];
  return NULL;
}

static int bad_usage(const char *text, const char *word)
{
  fprintf(stderr, "headrace: %s \"%s\"\n%s", text, word, usage);
  return EXIT_BAD_USAGE;
}

static int run_command(struct options *options, int count, char **words)
{
  if (!count)
    return bad_usage("expected a command, such as", "run");
  const struct command *command = find_command(words[0]);
  if (command && count - 1 > command->most_arguments)
    return bad_usage("unexpected argument", words[1 + command->most_arguments]);
  if (command && options->dry_run && command->run != command_run)
    return bad_usage("--dry-run is for run, not for", command->name);
  if (command) {
    options->command = command->name;
    return command->run(options, words + 1);
  }
  struct nearest nearest = {.name = words[0]};
  for (size_t i = 0; i < COMMANDS; i++)
    nearest_consider(&nearest, commands[i].name);
  const char *guess = nearest_found(&nearest);
  return guess ? bad_usage("unknown command; did you mean", guess)
               : bad_usage("unknown command", words[0]);
}

#define DRY_RUN 256 /* an option without a letter */

/* Up to the next word. Not -1: the program ends with it. */
static int read_options(struct options *options, int argc, char **argv)
{
  static const struct option long_options[] = {{"config", required_argument, NULL, 'c'},
                                               {"verbose", no_argument, NULL, 'v'},
                                               {"quiet", no_argument, NULL, 'q'},
                                               {"help", no_argument, NULL, 'h'},
                                               {"version", no_argument, NULL, 'V'},
                                               {"dry-run", no_argument, NULL, DRY_RUN},
                                               {0}};
  for (int option; (option = getopt_long(argc, argv, "+c:vqhV", long_options, NULL)) != -1;)
    switch (option) {
    case 'c':
      options->config = optarg;
      break;
    case 'v':
      options->louder++;
      break;
    case 'q':
      options->louder--;
      break;
    case DRY_RUN:
      options->dry_run = true;
      break;
    case 'h':
      fputs(usage, stdout);
      return EXIT_GOOD;
    case 'V':
      puts("headrace " HEADRACE_VERSION);
      return EXIT_GOOD;
    default:
      fputs(usage, stderr);
      return EXIT_BAD_USAGE;
    }
  return -1;
}

/* Behind the pipeline's name all words are the plugin's, options too. */
static bool rest_is_verbatim(char **words, int count)
{
  const struct command *command = count == 2 ? find_command(words[0]) : NULL;
  return command && command->most_arguments == ANY_NUMBER;
}

int main(int argc, char **argv)
{
  struct options options = {.config = DEFAULT_CONFIG};
  CLEANUP_FREE char **words = xcalloc((size_t)argc + 1, sizeof *words);
  int count = 0;
  bool verbatim = false;
  while (optind < argc) {
    int code = verbatim ? -1 : read_options(&options, argc, argv);
    if (code >= 0)
      return code;
    if (optind < argc)
      words[count++] = argv[optind++];
    verbatim = verbatim || rest_is_verbatim(words, count);
  }
  return run_command(&options, count, words);
}
