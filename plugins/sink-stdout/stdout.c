/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-stdout, the smallest sink: a record is a line. A batch is durable once
 * write(2) has taken all of it; what the reader does with it is the reader's. */
#include "json_line.h"

#include <errno.h>
#include <headrace/plugin.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe that poll(2) calls writable takes this much without blocking (PIPE_BUF, pipe(7)). */
#define PIPE_TAKES 4096

struct sink {
  const struct headrace_host *host;
  struct headrace_batch *batch; /* being written; NULL: none */
  struct text_buffer lines;
  size_t written;
  size_t piece; /* bytes of one write */
};

enum format { LINE, VALUE };

static const struct headrace_key keys[] = {
    {"format", HEADRACE_ENUM, "line", 0, "line|value", NULL,
     "line: a JSON object with topic, key, value and headers; value: the value alone"},
    {NULL, HEADRACE_STRING, NULL, 0, NULL, NULL, NULL}};

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  struct stat file;
  struct sink *sink = calloc(1, sizeof *sink);
  if (!sink)
    abort();
  sink->host = host;
  sink->piece = !fstat(STDOUT_FILENO, &file) && S_ISREG(file.st_mode) ? SIZE_MAX : PIPE_TAKES;
  *instance = sink;
  return HEADRACE_OK;
}

static void sink_close(void *instance)
{
  struct sink *sink = instance;
  if (sink->batch)
    sink->host->failed(sink->host, sink->batch, HEADRACE_RETRY);
  free(sink->lines.bytes);
  free(sink);
}

/* Writes while stdout takes it: a full pipe must not stop the pipeline's thread. */
static enum headrace_result sink_poll(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  const struct headrace_host *host = sink->host;
  struct pollfd fds[2] = {{.fd = host->wake_fd, .events = POLLIN},
                          {.fd = STDOUT_FILENO, .events = POLLOUT}};
  while (sink->batch && sink->written < sink->lines.size) {
    if (poll(fds, 2, timeout_ms) <= 0 || !fds[1].revents)
      return HEADRACE_OK;
    size_t left = sink->lines.size - sink->written;
    ssize_t taken = write(STDOUT_FILENO, sink->lines.bytes + sink->written,
                          left < sink->piece ? left : sink->piece);
    if (taken >= 0) {
      sink->written += (size_t)taken;
    } else if (errno != EAGAIN && errno != EINTR) {
      host->log(host, HEADRACE_ERROR, "cannot write to standard output: %s", strerror(errno));
      return errno == EPIPE ? HEADRACE_FATAL : HEADRACE_RETRY;
    }
  }
  if (sink->batch) {
    host->durable(host, sink->batch, NULL);
    sink->batch = NULL;
  } else if (timeout_ms) {
    poll(fds, 1, timeout_ms);
  }
  return HEADRACE_OK;
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  struct sink *sink = instance;
  const struct headrace_host *host = sink->host;
  if (sink->batch)
    return HEADRACE_AGAIN;
  size_t count;
  const struct headrace_event *events = host->events(host, batch, &count);
  sink->lines.size = sink->written = 0;
  for (size_t i = 0; i < count; i++) {
    if (!events[i].record) {
      host->log(host, HEADRACE_ERROR, "the pipeline needs a codec: this sink takes records");
      return HEADRACE_FATAL;
    }
    if (host->integer(host, "format") == VALUE)
      json_line_value(&sink->lines, events[i].record);
    else
      json_line(&sink->lines, &events[i]);
  }
  sink->batch = batch;
  return sink_poll(sink, 0);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
    .name = "stdout",
    .version = HEADRACE_VERSION,
    .description = "writes records to standard output, a line each",
    .keys = keys,
    .open = sink_open,
    .close = sink_close,
    .write = sink_write,
    .poll = sink_poll,
};

HEADRACE_REGISTER_PLUGIN(plugin)
