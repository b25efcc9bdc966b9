/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole pipelines of probe plugins (plugins/) through the real configuration, loader and threads.
 */
#ifndef HEADRACE_TEST_PIPELINE_FIXTURE_H
#define HEADRACE_TEST_PIPELINE_FIXTURE_H

#include "cleanup.h"
#include "config.h"
#include "memory.h"
#include "operator_command.h"
#include "pipeline.h"
#include "plugins/probe.h"
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h> /* after what it needs */

#define PATIENCE_S 60

struct fixture {
  char directory[64];
  struct probe *probe;
  struct config config;
  struct logger logger;
  int log_fd, ended_fd;
  struct pipeline *pipeline;
};

static inline int setup(void **state)
{
  struct fixture *f = xcalloc(1, sizeof *f);
  strcpy(f->directory, "/tmp/headrace-pipeline-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  char log_path[] = "/tmp/headrace-log-XXXXXX";
  f->log_fd = mkostemp(log_path, O_CLOEXEC | O_APPEND);
  unlink(log_path);
  f->logger = (struct logger){.fd = f->log_fd, .level = HEADRACE_DEBUG};
  f->ended_fd = wake_open();
  f->probe = xcalloc(1, sizeof *f->probe);
  f->probe->gate = UINT64_MAX;
  pthread_mutex_init(&f->probe->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&f->probe->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  *state = f;
  return 0;
}

static inline char *log_text(const struct fixture *f)
{
  off_t size = lseek(f->log_fd, 0, SEEK_END);
  char *text = xcalloc(1, (size_t)size + 1);
  assert_int_equal(pread(f->log_fd, text, (size_t)size, 0), size);
  return text;
}

static inline int teardown(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *command = xasprintf("rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  pthread_cond_destroy(&f->probe->changed);
  pthread_mutex_destroy(&f->probe->lock);
  free(f->probe);
  close(f->log_fd);
  close(f->ended_fd);
  free(f);
  return 0;
}

/* ---- running ------------------------------------------------------------- */

/* The pipelines of `ini`, where ${CONTROL} stands for the probes' control. */
static inline void load(struct fixture *f, const char *ini)
{
  CLEANUP_FREE char *path = xasprintf("%s/test.ini", f->directory);
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  fprintf(file,
          "[headrace]\nplugin_dir = %s\nstate_dir = %s\nstatus_log_interval = 50ms\n"
          "shutdown_timeout = 20s\n",
          PROBE_DIR, f->directory);
  fputs(ini, file);
  fclose(file);
  CLEANUP_FREE char *control = xasprintf("%lld", (long long)(intptr_t)f->probe);
  setenv("CONTROL", control, 1);
  struct diagnostics diagnostics = {0};
  bool good = config_load(&f->config, path, &diagnostics);
  diagnostics_print(&diagnostics, stderr);
  diagnostics_free(&diagnostics);
  assert_true(good);
}

#define STAGES                                                                                     \
  "[p.source]\ncontrol = ${CONTROL}\n[p.filter.probe]\ncontrol = ${CONTROL}\n[p.codec]\ncontrol "  \
  "= ${CONTROL}\n[p.sink]\ncontrol = ${CONTROL}\ndead_letter = nowhere\n"

static inline void start_with(struct fixture *f, const char *source, const char *keys)
{
  CLEANUP_FREE char *ini = xasprintf("[p]\nsource = %s\nfilters = probe\ncodec = probe\n"
                                     "sink = probe\n%s\n" STAGES,
                                     source, keys);
  load(f, ini);
  snprintf(f->probe->checkpoint_path, sizeof f->probe->checkpoint_path, "%s",
           strstr(keys, "checkpoint = ") ? "" : f->directory);
  if (*f->probe->checkpoint_path)
    strcat(f->probe->checkpoint_path, "/p.checkpoint");
  f->pipeline = pipeline_start(&f->config, &f->config.pipelines[0], &f->logger, f->ended_fd);
}

static inline void start(struct fixture *f, const char *keys)
{
  start_with(f, "probe", keys);
}

static inline enum pipeline_state join(struct fixture *f)
{
  struct pollfd fd = {.fd = f->ended_fd, .events = POLLIN};
  int ready = poll(&fd, 1, PATIENCE_S * 1000);
  if (ready != 1) {
    CLEANUP_FREE char *log = log_text(f);
    print_error("the pipeline does not end; its log:\n%s", log);
    abort(); /* its threads still use the fixture */
  }
  wake_clear(f->ended_fd);
  enum pipeline_state state = pipeline_join(f->pipeline);
  config_free(&f->config);
  assert_int_equal(f->probe->overlaps, 0);
  assert_int_equal(f->probe->unordered, 0);
  assert_int_equal(f->probe->early, 0);
  assert_int_equal(f->probe->untold, 0);
  assert_int_equal(f->probe->bad_partial, 0);
  assert_int_equal(f->probe->bad_receipts, 0);
  assert_int_equal(f->probe->bad_rejections, 0);
  return state;
}

static inline enum pipeline_state stop(struct fixture *f)
{
  pipeline_stop(f->pipeline);
  return join(f);
}

/* Waits, with the probe's lock held for the condition. */
#define wait_until(f, condition)                                                                   \
  do {                                                                                             \
    struct probe *probe = (f)->probe;                                                              \
    struct timespec deadline;                                                                      \
    clock_gettime(CLOCK_MONOTONIC, &deadline);                                                     \
    deadline.tv_sec += PATIENCE_S;                                                                 \
    pthread_mutex_lock(&probe->lock);                                                              \
    int error = 0;                                                                                 \
    while (!(condition) && !error)                                                                 \
      error = pthread_cond_timedwait(&probe->changed, &probe->lock, &deadline);                    \
    pthread_mutex_unlock(&probe->lock);                                                            \
    if (error)                                                                                     \
      give_up(f, #condition);                                                                      \
  } while (0)

static inline void give_up(struct fixture *f, const char *condition)
{
  CLEANUP_FREE char *log = log_text(f);
  print_error("waited in vain for: %s\ntrace: %s\nlog:\n%s", condition, f->probe->trace, log);
  abort();
}

static inline void change(struct fixture *f, void (*assign)(struct probe *))
{
  pthread_mutex_lock(&f->probe->lock);
  assign(f->probe);
  pthread_mutex_unlock(&f->probe->lock);
}

static inline void assert_log(const struct fixture *f, const char *text)
{
  CLEANUP_FREE char *log = log_text(f);
  if (!strstr(log, text))
    fail_msg("the log does not say \"%s\":\n%s", text, log);
}

/* Every number from `first` to `last` became durable at least `least` and at most `most` times. */
static inline void assert_delivered(const struct fixture *f, uint64_t first, uint64_t last,
                                    unsigned least, unsigned most)
{
  for (uint64_t number = first; number <= last; number++)
    if (f->probe->delivered[number] < least || f->probe->delivered[number] > most)
      fail_msg("number %llu was delivered %u times", (unsigned long long)number,
               f->probe->delivered[number]);
}

static inline void assert_checkpoint(const struct fixture *f, const char *text)
{
  CLEANUP_FREE char *path = xasprintf("%s/p.checkpoint", f->directory);
  char content[2048] = "";
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  size_t size = fread(content, 1, sizeof content - 1, file);
  content[size] = '\0';
  fclose(file);
  if (!strstr(content, text))
    fail_msg("the checkpoint does not hold %s: %s", text, content);
}

#define LIFE                                                                                       \
  "sink.open codec.open filter.open source.open source.start source.stop sink.close codec.close "  \
  "filter.close source.close"

#endif
