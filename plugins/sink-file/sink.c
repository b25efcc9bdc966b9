/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-file: events as lines of files, to be kept, looked at, or replayed by source-file. What is
 * written together is synced together, and durable then. */
#include "event_line.h"
#include "json_read.h"
#include "output.h"

#include <poll.h>
#include <string.h>

/* Lines that wait for being written; more batches wait outside. */
#define LINES_MOST (4u << 20)
/* A line that says where the source goes on: base64 of at most 1,024 bytes. */
#define POSITION_LINE_MOST 2048
#define POSITION_BEGINNING "{\"position\":\""

enum part_written { WRITE_AUTO, WRITE_RECORDS, WRITE_CHANGES };

struct sink {
  const struct headrace_host *host;
  struct output output;
  struct event_writer writer;
  enum part_written what;
  bool sync;
  struct text_buffer position;     /* after the last batch that was taken */
  struct headrace_batch **waiting; /* written by the next poll */
  size_t count, capacity;
};

static const struct headrace_key keys[] = {
    {.name = "path",
     .type = HEADRACE_STRING,
     .flags = HEADRACE_REQUIRED,
     .help = "the file; with rotation a number goes before its extension"},
    {.name = "events",
     .type = HEADRACE_ENUM,
     .default_value = "auto",
     .choices = "auto|records|changes",
     .help = "what of an event is written; auto: its record if it has one, else its change"},
    {.name = "rotate_bytes",
     .type = HEADRACE_SIZE,
     .default_value = "0",
     .help = "another file is begun behind so much; 0: never for its size"},
    {.name = "rotate_interval",
     .type = HEADRACE_DURATION,
     .default_value = "0",
     .help = "another file is begun after so long; 0: never for its age"},
    {.name = "keep",
     .type = HEADRACE_INT,
     .default_value = "0",
     .help = "how many files are kept, with the one that is written; 0: all"},
    {.name = "sync",
     .type = HEADRACE_BOOL,
     .default_value = "yes",
     .help = "what is durable survives a crash of the machine, not only of the process"},
    {0},
};

/* ---- open and close --------------------------------------------------------------------- */

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  struct sink *sink = must_alloc(1, sizeof *sink);
  sink->host = host;
  sink->what = (enum part_written)host->integer(host, "events");
  sink->sync = host->integer(host, "sync");
  output_init(&sink->output, host);
  event_writer_init(&sink->writer);
  enum headrace_result result = output_open(&sink->output);
  if (result != HEADRACE_OK) {
    event_writer_free(&sink->writer);
    output_close(&sink->output);
    free(sink);
    return result;
  }
  *instance = sink;
  return HEADRACE_OK;
}

static void sink_close(void *instance)
{
  struct sink *sink = instance;
  for (size_t i = 0; i < sink->count; i++)
    sink->host->failed(sink->host, sink->waiting[i], HEADRACE_RETRY);
  event_writer_free(&sink->writer);
  output_close(&sink->output);
  free(sink->position.bytes);
  free(sink->waiting);
  free(sink);
}

static enum headrace_result sink_check(const struct headrace_host *host)
{
  bool rotating = host->integer(host, "rotate_bytes") || host->integer(host, "rotate_interval");
  const struct {
    bool wrong;
    const char *text;
  } faults[] = {
      {host->integer(host, "keep") < 0, "keep: how many files, or 0 for all"},
      {host->integer(host, "keep") > 0 && !rotating,
       "keep is for more files than one: set rotate_bytes or rotate_interval"},
      {!*host->string(host, "path"), "path is empty"},
  };
  bool good = true;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (faults[i].wrong) {
      host->log(host, HEADRACE_ERROR, "%s", faults[i].text);
      good = false;
    }
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

/* ---- writing ------------------------------------------------------------------------------- */

static bool add_event(struct sink *sink, const struct headrace_event *event)
{
  bool record = sink->what == WRITE_RECORDS || (sink->what == WRITE_AUTO && event->record);
  if (record && event->record) {
    event_write_record(&sink->writer, event->record, event->change);
    return true;
  }
  if (!record && event->change) {
    event_write_change(&sink->writer, event->change);
    return true;
  }
  sink->host->log(sink->host, HEADRACE_ERROR,
                  record ? "events = records, but the pipeline has changes and no codec that makes "
                           "records of them"
                         : "events = changes, but the pipeline has records and no codec that makes "
                           "changes of them");
  return false;
}

/* Where the source is when all that waits is written. */
static void note_position(struct sink *sink, const struct headrace_batch *batch)
{
  size_t size;
  const void *position = sink->host->position(sink->host, batch, &size);
  sink->position.size = 0;
  text_add(&sink->position, position, size);
}

static void add_position(struct sink *sink)
{
  if (sink->host->keeps_checkpoint)
    event_write_position(&sink->writer, sink->position.bytes, sink->position.size);
}

static enum headrace_result write_lines(struct sink *sink)
{
  struct text_buffer *lines = &sink->writer.lines;
  if (!lines->size)
    return HEADRACE_OK;
  enum headrace_result result = output_write(&sink->output, lines->bytes, lines->size);
  lines->size = 0;
  return result == HEADRACE_OK && sink->sync ? output_sync(&sink->output) : result;
}

static enum headrace_result flush(struct sink *sink)
{
  if (!sink->count)
    return HEADRACE_OK;
  add_position(sink);
  enum headrace_result result = write_lines(sink);
  if (result != HEADRACE_OK)
    return result;
  for (size_t i = 0; i < sink->count; i++)
    sink->host->durable(sink->host, sink->waiting[i], NULL);
  sink->count = 0;
  return HEADRACE_OK;
}

/* Each file stands for itself: relations are told of anew in it, and so is where the source was,
 * before the file that said so may go. */
static enum headrace_result next_file(struct sink *sink)
{
  enum headrace_result result = flush(sink);
  if (result == HEADRACE_OK)
    result = output_next(&sink->output);
  if (result != HEADRACE_OK)
    return result;
  event_writer_forget(&sink->writer);
  add_position(sink);
  result = write_lines(sink);
  if (result == HEADRACE_OK)
    output_drop_old(&sink->output);
  return result;
}

static bool is_supported(const struct sink *sink, const struct headrace_batch *batch)
{
  size_t parts;
  sink->host->parts(sink->host, batch, &parts);
  if (!parts || !sink->host->keeps_checkpoint)
    return true;
  sink->host->log(sink->host, HEADRACE_ERROR,
                  "checkpoint = sink is not for a source of partitions and this sink; use "
                  "checkpoint = file");
  return false;
}

static void remember(struct sink *sink, struct headrace_batch *batch)
{
  if (sink->count == sink->capacity) {
    sink->capacity = 2 * sink->capacity + 16;
    sink->waiting = must_grow(sink->waiting, sink->capacity * sizeof *sink->waiting);
  }
  sink->waiting[sink->count++] = batch;
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  struct sink *sink = instance;
  if (sink->writer.lines.size >= LINES_MOST)
    return HEADRACE_AGAIN;
  if (!is_supported(sink, batch))
    return HEADRACE_FATAL;
  enum headrace_result result = output_is_full(&sink->output) ? next_file(sink) : HEADRACE_OK;
  if (result != HEADRACE_OK)
    return result;
  size_t count;
  const struct headrace_event *events = sink->host->events(sink->host, batch, &count);
  for (size_t i = 0; i < count; i++)
    if (!add_event(sink, &events[i]))
      return HEADRACE_FATAL;
  note_position(sink, batch);
  remember(sink, batch);
  return HEADRACE_OK;
}

static enum headrace_result sink_poll(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  struct pollfd fd = {.fd = sink->host->wake_fd, .events = POLLIN};
  if (sink->count)
    return flush(sink);
  if (timeout_ms)
    poll(&fd, 1, timeout_ms);
  return HEADRACE_OK;
}

/* ---- where it was ---------------------------------------------------------------------------- */

static bool decode_position(struct sink *sink, const char *line, void *out, size_t *size)
{
  const char *data = line + strlen(POSITION_BEGINNING);
  const char *end = strchr(data, '"');
  char bytes[POSITION_LINE_MOST];
  size_t count = end ? json_unbase64(bytes, data, (size_t)(end - data)) : SIZE_MAX;
  if (count == SIZE_MAX || count > *size) {
    sink->host->log(sink->host, HEADRACE_ERROR,
                    "the last position in %s is none of ours; move the file away to begin anew",
                    sink->output.path);
    return false;
  }
  memcpy(out, bytes, count);
  *size = count;
  text_add(&sink->position, bytes, count);
  return true;
}

/* What is behind the last position was not acknowledged, and comes again. A file without any is
 * empty, since it has just been begun, or was written when positions were kept elsewhere: it gets
 * an empty one, before which nothing is cut off. */
static enum headrace_result sink_stored_position(void *instance, void *out, size_t *size)
{
  struct sink *sink = instance;
  char line[POSITION_LINE_MOST];
  bool found, more;
  sink->position.size = 0;
  do {
    enum headrace_result result =
        output_cut_behind(&sink->output, POSITION_BEGINNING, line, sizeof line, &found);
    more = !found && !sink->output.size;
    if (result == HEADRACE_OK && more)
      result = output_previous(&sink->output, &more);
    if (result != HEADRACE_OK)
      return result;
  } while (more);
  if (found)
    return decode_position(sink, line, out, size) ? HEADRACE_OK : HEADRACE_FATAL;
  *size = 0;
  add_position(sink);
  return write_lines(sink);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
    .name = "file",
    .version = HEADRACE_VERSION,
    .description = "writes events to files, a line of JSON each",
    .keys = keys,
    .open = sink_open,
    .close = sink_close,
    .check = sink_check,
    .write = sink_write,
    .poll = sink_poll,
    .stored_position = sink_stored_position,
};

HEADRACE_REGISTER_PLUGIN(plugin)
