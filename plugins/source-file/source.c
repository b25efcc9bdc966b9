/* SPDX-License-Identifier: Apache-2.0
 *
 * source-file: what sink-file recorded, once more. Its position is a file's number and the place of
 * a line in it. */
#include "event_line.h"
#include "input.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct place {
  uint64_t number;
  int64_t offset;
};

struct source {
  const struct headrace_host *host;
  struct input input;
  struct event_reader reader;
  struct place begin; /* where start() said to go on */
  bool started;       /* there, with all relations known that were told of before it */
  bool follow;
  bool no_more; /* will come into the file that is read: there is one behind it */
  int watch;    /* inotify: the folder */
};

static const struct headrace_key keys[] = {
    {.name = "path",
     .type = HEADRACE_STRING,
     .flags = HEADRACE_REQUIRED,
     .help = "the file, as the sink's section says it: numbers of rotated files are found"},
    {.name = "follow",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "wait for more lines and files, instead of ending"},
    {0},
};

/* ---- open and close ------------------------------------------------------------------------ */

/* Of the folder, since files come and go. */
static int watch_folder(const struct headrace_host *host)
{
  const char *path = host->string(host, "path"), *slash = strrchr(path, '/');
  char *folder = slash ? must_copy(path, (size_t)(slash - path) + 1) : must_copy(".", 1);
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0 || inotify_add_watch(fd, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
    host->log(host, HEADRACE_ERROR, "cannot watch %s: %s", folder, strerror(errno));
    if (fd >= 0)
      close(fd);
    fd = -1;
  }
  free(folder);
  return fd;
}

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  bool follow = host->integer(host, "follow");
  int watch = follow ? watch_folder(host) : -1;
  if (follow && watch < 0)
    return HEADRACE_RETRY;
  struct source *source = must_alloc(1, sizeof *source);
  source->host = host;
  source->follow = follow;
  source->watch = watch;
  input_init(&source->input, host);
  event_reader_init(&source->reader, host);
  source->reader.wanted = host->wanted(host);
  *instance = source;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  if (source->watch >= 0)
    close(source->watch);
  event_reader_free(&source->reader);
  input_close(&source->input);
  free(source);
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  if (!position || !size)
    return HEADRACE_OK;
  if (size != sizeof source->begin) {
    source->host->log(source->host, HEADRACE_ERROR,
                      "the checkpoint is of another source; remove it to begin at the first line");
    return HEADRACE_FATAL;
  }
  memcpy(&source->begin, position, size);
  return HEADRACE_OK;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static enum headrace_result bad_line(const struct source *source, off_t offset)
{
  source->host->log(source->host, HEADRACE_ERROR,
                    "%s, line at byte %jd: %s; mend or remove the line", source->input.path,
                    (intmax_t)offset, source->reader.error);
  return HEADRACE_FATAL;
}

/* Lines before the place where it goes on tell of relations that changes behind it are of. */
static enum headrace_result read_relations(struct source *source)
{
  struct input *input = &source->input;
  const char *line;
  size_t size;
  enum input_result result = INPUT_LINE;
  while (input->offset < source->begin.offset && result == INPUT_LINE) {
    off_t offset = input->offset;
    result = input_line(input, &line, &size);
    if (result == INPUT_LINE && event_line_kind(line, size) == EVENT_LINE_RELATION &&
        event_read_line(&source->reader, line, size, NULL) == EVENT_LINE_WRONG)
      return bad_line(source, offset);
  }
  if (result == INPUT_WRONG)
    return HEADRACE_RETRY;
  if (input->offset == source->begin.offset)
    return HEADRACE_OK;
  source->host->log(source->host, HEADRACE_ERROR,
                    "%s is not as it was: no line begins at byte %" PRId64
                    ", where the checkpoint says to go on; remove the checkpoint to begin at the "
                    "first line",
                    input->path, source->begin.offset);
  return HEADRACE_FATAL;
}

static enum headrace_result no_file(const struct source *source)
{
  if (source->follow)
    return HEADRACE_AGAIN;
  source->host->log(source->host, HEADRACE_ERROR,
                    "there is no file %s, nor one with a number in its name; say follow = yes to "
                    "wait for it",
                    source->input.base);
  return HEADRACE_FATAL;
}

static enum headrace_result go_to_begin(struct source *source)
{
  struct input *input = &source->input;
  bool first = !source->begin.number && !source->begin.offset;
  enum input_result result =
      first ? input_open_next(input) : input_open(input, source->begin.number);
  if (result == INPUT_WRONG)
    return HEADRACE_RETRY;
  if (result == INPUT_END && first)
    return no_file(source);
  if (result == INPUT_END) {
    source->host->log(source->host, HEADRACE_ERROR,
                      "%s is gone, in which the checkpoint says to go on; remove the checkpoint to "
                      "begin at the first line there is",
                      input->path);
    return HEADRACE_FATAL;
  }
  enum headrace_result known = read_relations(source);
  source->started = known == HEADRACE_OK;
  return known;
}

static void wait_for_more(struct source *source, int timeout_ms)
{
  char events[4096];
  struct pollfd fds[] = {{.fd = source->host->wake_fd, .events = POLLIN},
                         {.fd = source->watch, .events = POLLIN}};
  poll(fds, 2, timeout_ms);
  while (source->watch >= 0 && read(source->watch, events, sizeof events) > 0)
    continue;
}

/* Behind the last line: on to the next file, or the end. */
static enum headrace_result at_end(struct source *source, int timeout_ms)
{
  struct input *input = &source->input;
  if (input_has_next(input)) {
    /* Nothing is written to a file that has one behind it; but it may have been written to since
     * its end was seen. */
    bool looked = source->no_more;
    source->no_more = !looked;
    if (!looked)
      return HEADRACE_AGAIN;
    if (input_has_rest(input))
      source->host->log(source->host, HEADRACE_WARNING, "%s ends in the middle of a line, left out",
                        input->path);
    return input_open_next(input) == INPUT_LINE ? HEADRACE_AGAIN : HEADRACE_RETRY;
  }
  if (!source->follow) {
    if (input_has_rest(input))
      source->host->log(source->host, HEADRACE_WARNING, "%s ends in the middle of a line, left out",
                        input->path);
    return HEADRACE_END;
  }
  wait_for_more(source, timeout_ms);
  return HEADRACE_AGAIN;
}

static void set_place(struct source *source, struct headrace_batch *batch)
{
  const struct place place = {source->input.number, source->input.offset};
  source->host->set_position(source->host, batch, &place, sizeof place);
}

/* END: no line is there now. */
static enum headrace_result read_lines(struct source *source, struct headrace_batch *batch)
{
  struct input *input = &source->input;
  const char *line;
  size_t size;
  while (!source->host->full(source->host, batch)) {
    off_t offset = input->offset;
    enum input_result result = input_line(input, &line, &size);
    if (result == INPUT_WRONG)
      return HEADRACE_RETRY;
    if (result == INPUT_END)
      return HEADRACE_END;
    if (size && event_read_line(&source->reader, line, size, batch) == EVENT_LINE_WRONG)
      return bad_line(source, offset);
    set_place(source, batch);
  }
  return HEADRACE_OK;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  if (!source->started) {
    enum headrace_result result = go_to_begin(source);
    if (result == HEADRACE_AGAIN)
      wait_for_more(source, timeout_ms);
    return result == HEADRACE_OK ? HEADRACE_AGAIN : result;
  }
  event_reader_next_batch(&source->reader);
  off_t before = source->input.offset;
  enum headrace_result result = read_lines(source, batch);
  if (result == HEADRACE_END && source->input.offset > before)
    return HEADRACE_OK;
  if (result == HEADRACE_END)
    result = at_end(source, timeout_ms);
  return result;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  (void)instance; /* the checkpoint is all that remembers it */
  (void)position;
  (void)size;
  (void)receipts;
  (void)count;
  return HEADRACE_OK;
}

static enum headrace_result source_stop(void *instance)
{
  (void)instance;
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = "file",
    .version = HEADRACE_VERSION,
    .description = "replays what sink file recorded",
    .keys = keys,
    .open = source_open,
    .close = source_close,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
