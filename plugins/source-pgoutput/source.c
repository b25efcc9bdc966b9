/* SPDX-License-Identifier: Apache-2.0
 *
 * source-pgoutput: the changes of a PostgreSQL database through its own logical
 * decoding. This file is the plugin: its keys and its callbacks. */
#include "decoder.h"
#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_MS 5000

/* After a drain that found much, so long is given to the server to send more: a reader that
 * comes back at once makes it send message by message. */
#define GATHER_US       300
#define GATHER_AT_LEAST 16 /* messages in a drain that make it worth to gather */
#define GATHER_MOST_MS  5  /* then the batch is sent, whatever there is */

struct source {
  const struct headrace_host *host;
  struct stream stream;
  struct relations relations;
  struct decoder decoder;
  bool started, gathering;
};

static const struct headrace_key keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "slot", .flags = HEADRACE_REQUIRED, .help = "name of the replication slot"},
    {.name = "slot_create",
     .type = HEADRACE_BOOL,
     .default_value = "yes",
     .help = "create the slot if it does not exist"},
    {.name = "publication", .flags = HEADRACE_REQUIRED, .help = "name of the publication"},
    {.name = "messages",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "also the messages of pg_logical_emit_message()"},
    {.name = "status_interval",
     .type = HEADRACE_DURATION,
     .default_value = "10s",
     .help = "how often the server hears of the position at least"},
    {.name = NULL}};

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  struct source *source = calloc(1, sizeof *source);
  if (!source)
    abort();
  source->host = host;
  *instance = source;
  return HEADRACE_OK;
}

static enum headrace_result say(const struct source *source, const char *what,
                                const struct pg_error *error)
{
  source->host->log(source->host, HEADRACE_ERROR, "%s: %s%s%s%s", what, error->message,
                    *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate,
                    *error->sqlstate ? ")" : "");
  return error->result;
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  struct pg_error error;
  struct pg_target target = {.host = host,
                             .application_name = "headrace",
                             .settings = PG_TEXT_SETTINGS,
                             .replication = "database"};
  PGconn *connection = pg_connect(&target, &error);
  if (!connection)
    return say(source, "cannot connect", &error);
  struct pg_position at = {.lsn = 0};
  if (size && !position_parse(position, size, &at))
    return HEADRACE_FATAL;
  PGresult *result = PQexec(connection, "IDENTIFY_SYSTEM");
  at.system = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  at.timeline = (uint32_t)strtoul(PQgetvalue(result, 0, 1), NULL, 10);
  PQclear(result);
  stream_init(&source->stream, host, connection, host->integer(host, "status_interval"));
  struct relation_source catalog = {.database = PQdb(connection)};
  relations_init(&source->relations, host, &catalog);
  decoder_init(&source->decoder, host, &source->relations, &at, UINT32_MAX);
  source->started = true;
  struct stream_start start = {.slot = host->string(host, "slot"),
                               .publication = host->string(host, "publication"),
                               .messages = host->integer(host, "messages") != 0,
                               .lsn = at.lsn};
  if (!stream_start(&source->stream, &start, &error))
    return say(source, "cannot start replication", &error);
  host->gauge(host, "connected", 1);
  host->log(host, HEADRACE_INFO, "streaming from slot %s at %s", start.slot, lsn_text(at.lsn).text);
  return HEADRACE_OK;
}

/* Takes in what has arrived, at most until the batch is full. */
static enum headrace_result drain(struct source *source, struct headrace_batch *batch,
                                  size_t *messages, bool *full)
{
  const struct headrace_host *host = source->host;
  struct stream_message message;
  struct pg_error error;
  enum headrace_result result = HEADRACE_OK;
  *messages = 0;
  *full = false;
  while (result == HEADRACE_OK) {
    if (host->full(host, batch)) {
      *full = true;
      return HEADRACE_OK;
    }
    stream_next(&source->stream, &message, &error);
    if (message.event == STREAM_NOTHING)
      return HEADRACE_OK;
    if (message.event == STREAM_ENDED)
      return say(source, "the stream broke", &error);
    (*messages)++;
    if (message.event == STREAM_DATA)
      result = decoder_data(&source->decoder, &message);
    else
      decoder_keepalive(&source->decoder, message.lsn);
    if (message.reply_requested && !stream_status(&source->stream, true))
      result = HEADRACE_RETRY;
    stream_release(&message);
  }
  return result;
}

static enum headrace_result fill(struct source *source, struct headrace_batch *batch,
                                 int timeout_ms)
{
  const struct timespec nap = {.tv_nsec = GATHER_US * 1000};
  int64_t started = stream_clock_ms();
  for (;;) {
    size_t messages;
    bool full;
    enum headrace_result result = drain(source, batch, &messages, &full);
    source->gathering = messages >= GATHER_AT_LEAST;
    if (result != HEADRACE_OK || full)
      return result;
    if (source->gathering && stream_clock_ms() - started < GATHER_MOST_MS) {
      clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
      continue;
    }
    if (source->decoder.moved || timeout_ms <= 0)
      return HEADRACE_OK;
    stream_wait(&source->stream, timeout_ms);
    timeout_ms = 0;
  }
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  decoder_use(&source->decoder, batch);
  if (!stream_status(&source->stream, false))
    return HEADRACE_RETRY;
  enum headrace_result result = fill(source, batch, timeout_ms);
  decoder_finish(&source->decoder);
  return result;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  struct pg_position durable;
  (void)receipts;
  (void)count;
  if (position_parse(position, size, &durable))
    stream_confirm(&source->stream, durable.lsn);
  return HEADRACE_OK;
}

static enum headrace_result source_tick(void *instance)
{
  struct source *source = instance;
  if (source->started && !stream_status(&source->stream, false))
    return HEADRACE_RETRY;
  return HEADRACE_OK;
}

static enum headrace_result source_stop(void *instance)
{
  (void)instance;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  if (source->started) {
    stream_close(&source->stream, CLOSE_MS);
    decoder_free(&source->decoder);
    relations_free(&source->relations);
  }
  source->host->gauge(source->host, "connected", 0);
  free(source);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = "pgoutput",
    .version = HEADRACE_VERSION,
    .description = "changes of a PostgreSQL database, by logical replication",
    .keys = keys,
    .open = source_open,
    .close = source_close,
    .tick = source_tick,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
