/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

#include "dead_letter.h"
#include "log_sink.h"
#include "pg_quote.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TROUBLE_US 60000000 /* it is said again */
#define WAIT_MS    500

void *sink_alloc(size_t size)
{
  void *memory = calloc(1, size);
  if (!memory)
    abort();
  return memory;
}

void *sink_realloc(void *memory, size_t size)
{
  memory = realloc(memory, size);
  if (!memory)
    abort();
  return memory;
}

void *sink_grow(void *items, size_t count, size_t *capacity, size_t size)
{
  if (count < *capacity)
    return items;
  *capacity = *capacity ? 2 * *capacity : 16;
  return sink_realloc(items, *capacity * size);
}

int64_t sink_now(const struct sink *sink)
{
  return sink->host->now_us(sink->host);
}

/* ---- saying how it goes --------------------------------------------------------- */

void sink_fail(struct sink *sink, enum headrace_result result)
{
  if (sink->failure == HEADRACE_OK || result == HEADRACE_FATAL)
    sink->failure = result;
}

void sink_trouble(struct sink *sink, const struct pg_error *error, const char *what)
{
  int64_t now = sink_now(sink);
  char text[1024];
  if (!sink->trouble_since_us)
    sink->trouble_since_us = now;
  if (sink->trouble_said_us && now - sink->trouble_said_us < TROUBLE_US)
    return;
  sink->trouble_said_us = now;
  failure_mask(error, text, sizeof text);
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "%s: %s%s%s%s; trying again for as long as it takes, reading waits", what, text,
                  *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate,
                  *error->sqlstate ? ")" : "");
}

void sink_well(struct sink *sink)
{
  if (sink->trouble_since_us)
    sink->host->log(sink->host, HEADRACE_INFO, "writing goes on, after %" PRId64 " ms",
                    (sink_now(sink) - sink->trouble_since_us) / 1000);
  sink->trouble_since_us = sink->trouble_said_us = 0;
}

/* ---- the control connection -------------------------------------------------------- */

PGconn *sink_control(struct sink *sink, struct pg_error *error)
{
  if (sink->control && PQstatus(sink->control) != CONNECTION_OK)
    sink_control_close(sink);
  if (sink->control)
    return sink->control;
  sink->control = pg_connect(&sink->target, error);
  /* It is waited for: a process that is frozen inside of a transaction may hold the rows. */
  PGresult *result =
      sink->control ? pg_query(sink->control, error, "SET lock_timeout = '2s'", 0, NULL) : NULL;
  if (!result)
    sink_control_close(sink);
  PQclear(result);
  return sink->control;
}

void sink_control_close(struct sink *sink)
{
  PQfinish(sink->control);
  sink->control = NULL;
}

/* ---- open and close ------------------------------------------------------------------ */

static char *session_settings(const struct headrace_host *host)
{
  const char *commit = host->string(host, "synchronous_commit");
  /* Who is frozen inside of a transaction holds up whoever takes over. */
  char *settings =
      pg_format(PG_TEXT_SETTINGS " -c idle_in_transaction_session_timeout=60000"
                                 " -c statement_timeout=%" PRId64 " -c lock_timeout=%" PRId64,
                host->integer(host, "statement_timeout"), host->integer(host, "lock_timeout"));
  if (strcmp(commit, "server") != 0)
    pg_append(&settings, " -c synchronous_commit=%s", commit);
  return settings;
}

static void sink_free(struct sink *sink)
{
  for (unsigned i = 0; i < sink->workers; i++)
    writer_free(&sink->writers[i]);
  flush_free(&sink->flushes[0], sink->workers);
  flush_free(&sink->flushes[1], sink->workers);
  if (sink->planner_instance)
    sink->planner->free_planner(sink->planner_instance);
  offsets_free(sink);
  sink_control_close(sink);
  free(sink->writers);
  free(sink->settings);
  free(sink->letter_sql);
  free(sink->held);
  free(sink);
}

static struct sink *sink_make(const struct headrace_host *host, const struct planner *planner)
{
  struct sink *sink = sink_alloc(sizeof *sink);
  sink->host = host;
  sink->planner = planner;
  sink->settings = session_settings(host);
  sink->target = (struct pg_target){.host = host,
                                    .application_name = "headrace",
                                    .settings = sink->settings,
                                    .session_attributes = "read-write"};
  sink->batch_rows = (size_t)host->integer(host, "batch_rows");
  sink->batch_bytes = (size_t)host->integer(host, "batch_bytes");
  sink->batch_us = host->integer(host, "batch_ms") * 1000;
  sink->dry_run = host->integer(host, "dry_run");
  sink->foreign_keys = (enum foreign_keys)host->integer(host, "foreign_keys");
  if (host->integer(host, "mode") == 0) /* table: of a handler nobody knows what refers to what */
    sink->foreign_key_wait_us = host->integer(host, "foreign_key_wait") * 1000;
  /* A letter is taken off by the one transaction that writes all of its events. */
  sink->workers = host->once ? 1 : (unsigned)host->integer(host, "workers");
  sink->random = (uint64_t)host->now_us(host);
  sink->writers = sink_alloc(sink->workers * sizeof *sink->writers);
  for (unsigned i = 0; i < sink->workers; i++)
    writer_init(&sink->writers[i], sink, i);
  flush_init(&sink->flushes[0], sink->workers);
  flush_init(&sink->flushes[1], sink->workers);
  sink->collecting = &sink->flushes[0];
  offsets_init(sink);
  return sink;
}

enum headrace_result sink_new(const struct headrace_host *host, const struct planner *planner,
                              void **instance)
{
  struct sink *sink = sink_make(host, planner);
  sink->planner_instance = planner->new_planner(host);
  if (!sink->planner_instance) {
    sink_free(sink);
    return HEADRACE_FATAL;
  }
  if (sink->dry_run)
    host->log(host, HEADRACE_INFO, "dry run: all is rolled back, and nothing is acknowledged");
  *instance = sink;
  return HEADRACE_OK;
}

/* mode = log has an engine of its own. */
static enum headrace_result open_as_log(const struct headrace_host *host, void **instance)
{
  struct sink *sink = sink_alloc(sizeof *sink);
  sink->host = host;
  enum headrace_result result = log_sink_new(host, &sink->log);
  if (result == HEADRACE_OK)
    *instance = sink;
  else
    free(sink);
  return result;
}

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  return host->integer(host, "mode") == MODE_LOG ? open_as_log(host, instance)
                                                 : sink_new(host, planner_for(host), instance);
}

/* ---- working ---------------------------------------------------------------------------- */

static bool is_empty(const struct sink *sink)
{
  return !sink->sending && !sink->collecting->count;
}

/* A dry run ends when it is told to, or when no more batches can be held. */
static void end_dry_run(struct sink *sink)
{
  if (!sink->held_count || sink->failure || !is_empty(sink) ||
      !(sink->flushing || sink->host->starved(sink->host)))
    return;
  sink->host->log(sink->host, HEADRACE_INFO,
                  "the dry run ends after %zu events%s; nothing was written or acknowledged",
                  sink->held_events, sink->flushing ? "" : ", which is what fits into ring_bytes");
  sink_fail(sink, HEADRACE_END);
}

/* After a failure nothing is written any more, and all is reported. */
static void sweep(struct sink *sink)
{
  if (!sink->failure)
    return;
  for (unsigned i = 0; i < sink->workers; i++)
    writer_abandon(&sink->writers[i]);
  flush_abandon(sink);
}

static void serve(struct sink *sink, bool quiet)
{
  for (unsigned i = 0; i < sink->workers && !sink->failure; i++)
    writer_step(&sink->writers[i]);
  flush_step(sink, quiet);
  end_dry_run(sink);
  sweep(sink);
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  struct sink *sink = instance;
  if (sink->log)
    return log_sink_write(sink->log, batch);
  if (sink->failure)
    return sink->failure;
  if (!flush_admits(sink))
    return HEADRACE_AGAIN;
  flush_take(sink, batch);
  sweep(sink);
  return HEADRACE_OK;
}

static int until(const struct sink *sink, int64_t when_us, int timeout_ms)
{
  int64_t left = when_us == INT64_MAX ? INT64_MAX : (when_us - sink_now(sink) + 999) / 1000;
  left = left < 0 ? 0 : left;
  return left < timeout_ms ? (int)left : timeout_ms;
}

/* Waits for the host, the servers, or the next time that something is due. */
static void wait_for_event(struct sink *sink, int timeout_ms)
{
  struct pollfd *fds = sink_alloc((sink->workers + 1) * sizeof *fds);
  nfds_t count = 1;
  fds[0] = (struct pollfd){.fd = sink->host->wake_fd, .events = POLLIN};
  timeout_ms = until(sink, flush_due_us(sink), timeout_ms);
  for (unsigned i = 0; i < sink->workers; i++) {
    const struct writer *writer = &sink->writers[i];
    if (writer->phase == PHASE_WAIT)
      timeout_ms = until(sink, writer->again_at_us, timeout_ms);
    short events = round_events(&writer->round);
    if (events)
      fds[count++] = (struct pollfd){.fd = PQsocket(writer->round.connection), .events = events};
  }
  poll(fds, count, timeout_ms);
  free(fds);
}

static enum headrace_result sink_poll(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  if (sink->log)
    return log_sink_poll(sink->log, timeout_ms);
  serve(sink, timeout_ms > 0);
  if (timeout_ms > 0 && !sink->failure) {
    wait_for_event(sink, timeout_ms);
    serve(sink, false);
  }
  return sink->failure;
}

static enum headrace_result sink_flush(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  if (sink->log)
    return log_sink_flush(sink->log, timeout_ms);
  int64_t deadline = sink_now(sink) + (int64_t)timeout_ms * 1000;
  sink->flushing = true;
  serve(sink, true);
  while (!is_empty(sink) && !sink->failure && sink_now(sink) < deadline) {
    wait_for_event(sink, until(sink, deadline, WAIT_MS));
    serve(sink, true);
  }
  return sink->failure ? sink->failure : is_empty(sink) ? HEADRACE_OK : HEADRACE_AGAIN;
}

static enum headrace_result sink_tick(void *instance)
{
  struct sink *sink = instance;
  if (sink->log)
    return log_sink_poll(sink->log, 0);
  serve(sink, false);
  return HEADRACE_OK;
}

static void sink_close(void *instance)
{
  struct sink *sink = instance;
  if (sink->log) {
    log_sink_close(sink->log);
    free(sink);
    return;
  }
  serve(sink, false);
  if (!is_empty(sink) || sink->held_count)
    sink->host->log(sink->host, HEADRACE_INFO,
                    "closing before all was committed; the rest will be read again");
  for (unsigned i = 0; i < sink->workers; i++)
    writer_abandon(&sink->writers[i]);
  flush_abandon(sink);
  sink_free(sink);
}

static const struct headrace_log *sink_log(void *instance)
{
  const struct sink *sink = instance;
  return sink->log ? log_sink_interface(sink->log) : NULL;
}

static enum headrace_result sink_stored_position(void *instance, void *out, size_t *size)
{
  return offsets_stored_position(instance, out, size);
}

static enum headrace_result sink_stored_part(void *instance, const char *name, int64_t *next)
{
  return offsets_stored_part(instance, name, next);
}

static enum headrace_result sink_command(void *instance, const char *name,
                                         const char *const *arguments, size_t count, char *out,
                                         size_t size)
{
  struct sink *sink = instance;
  (void)out; /* the host's print() has no limit */
  (void)size;
  return sink->log || strcmp(name, "dlq") != 0 ? HEADRACE_AGAIN
                                               : dead_letter_command(sink, arguments, count);
}

static enum headrace_result sink_check(const struct headrace_host *host)
{
  return keys_check(host) ? HEADRACE_OK : HEADRACE_FATAL;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
    .name = "postgres",
    .version = HEADRACE_VERSION,
    .description = "writes to PostgreSQL: tables that follow a topic, or your own code",
    .keys = sink_postgres_keys,
    .open = sink_open,
    .close = sink_close,
    .tick = sink_tick,
    .check = sink_check,
    .write = sink_write,
    .poll = sink_poll,
    .flush = sink_flush,
    .stored_position = sink_stored_position,
    .command = sink_command,
    .stored_part = sink_stored_part,
    .log = sink_log,
};

HEADRACE_REGISTER_PLUGIN(plugin)
