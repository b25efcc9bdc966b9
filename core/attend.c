/* SPDX-License-Identifier: Apache-2.0 */
#include "attend.h"

#include "wake.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define EXIT_NOT_DURABLE 1 /* as a pipeline that failed */

int attend_signals(void)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Other pipelines of this process may be among the clients that its source answers. */
static bool serves(const struct pipeline *pipeline)
{
  return pipeline->config->source.plugin->on_reject != NULL;
}

struct running {
  size_t all, serving;
};

static struct running count_running(struct pipeline *const *pipelines, size_t count)
{
  struct running running = {0};
  for (size_t i = 0; i < count; i++) {
    bool runs = atomic_load(&pipelines[i]->state) == PIPELINE_RUNNING;
    running.all += runs;
    running.serving += runs && serves(pipelines[i]);
  }
  return running;
}

static void stop_those(struct pipeline **pipelines, size_t count, bool serving)
{
  for (size_t i = 0; i < count; i++)
    if (serves(pipelines[i]) == serving)
      pipeline_stop(pipelines[i]);
}

void attend_until_end(struct pipeline **pipelines, size_t count, int ended_fd, int signal_fd,
                      const struct logger *logger)
{
  struct pollfd fds[] = {{.fd = ended_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
  bool stopping = false;
  for (struct running running; (running = count_running(pipelines, count)).all;) {
    if (stopping && running.all == running.serving)
      stop_those(pipelines, count, true);
    if (poll(fds, 2, -1) < 0)
      continue;
    wake_clear(ended_fd);
    struct signalfd_siginfo info;
    if (!(fds[1].revents & POLLIN) || read(signal_fd, &info, sizeof info) != sizeof info)
      continue;
    if (info.ssi_signo == SIGHUP) {
      log_write(logger, HEADRACE_WARNING, NULL,
                "signal Hangup: this version does not reload; restart it to change settings");
      continue;
    }
    if (stopping)
      _exit(EXIT_NOT_DURABLE);
    stopping = true;
    log_write(logger, HEADRACE_INFO, NULL,
              "signal %s: stopping; the same again leaves at once, and what is not durable is read "
              "again at the next start",
              strsignal((int)info.ssi_signo));
    stop_those(pipelines, count, false);
  }
}
