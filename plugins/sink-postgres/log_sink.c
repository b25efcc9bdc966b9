/* SPDX-License-Identifier: Apache-2.0 */
#include "log_sink.h"

#include "log_interface.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t log_now_us(const struct log_sink *sink)
{
  return sink->host->now_us(sink->host);
}

/* ---- saying how it goes ------------------------------------------------------------- */

void log_fail(struct log_sink *sink, enum headrace_result result)
{
  int none = HEADRACE_OK;
  atomic_compare_exchange_strong(&sink->failure, &none, (int)result);
}

void log_fail_error(struct log_sink *sink, const char *what, const struct pg_error *error)
{
  char text[1024];
  failure_mask(error, text, sizeof text);
  sink->host->log(sink->host, HEADRACE_ERROR, "%s: %s%s%s%s", what, text,
                  *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate,
                  *error->sqlstate ? ")" : "");
  log_fail(sink, HEADRACE_FATAL);
}

void log_fail_fenced(struct log_sink *sink)
{
  sink->host->log(sink->host, HEADRACE_ERROR,
                  "another process has taken over the log in schema %s; this one stops. Run one "
                  "pipeline for a log",
                  sink->schema);
  log_fail(sink, HEADRACE_FATAL);
}

PGconn *log_connect(const struct log_sink *sink, struct pg_error *error)
{
  PGconn *connection = pg_connect(&sink->target, error);
  if (!connection)
    return NULL;
  char *sql = pg_format("SET search_path = %s, pg_catalog", sink->schema);
  PGresult *result = pg_query(connection, error, sql, 0, NULL);
  free(sql);
  PQclear(result);
  if (result)
    return connection;
  PQfinish(connection);
  return NULL;
}

/* ---- opening ------------------------------------------------------------------------ */

/* What is wrong was said. */
static enum headrace_result open_log(struct log_sink *sink)
{
  struct pg_error error = {.result = HEADRACE_RETRY};
  PGconn *connection = log_connect(sink, &error);
  log_known_open(sink);
  bool good = connection && log_schema_prepare(sink, connection, &error) &&
              log_known_compare(sink, connection, &error) &&
              log_take_over(sink, connection, &error);
  PQfinish(connection);
  if (!good) {
    char text[1024];
    failure_mask(&error, text, sizeof text);
    sink->host->log(sink->host, HEADRACE_ERROR, "cannot open the log in schema %s: %s%s%s%s",
                    sink->schema, text, *error.sqlstate ? " (SQLSTATE " : "", error.sqlstate,
                    *error.sqlstate ? ")" : "");
    return error.result == HEADRACE_FATAL ? HEADRACE_FATAL : HEADRACE_RETRY;
  }
  log_known_write(sink, sink->append.global_next);
  sink->keep_at_us = log_now_us(sink) + sink->keep_interval_ms * 1000;
  log_append_init(&sink->append);
  log_questions_start(sink);
  log_outbox_start(sink);
  return HEADRACE_OK;
}

/* By whoever comes first: the source that attaches, or the first batch. Not before, since an
 * operator's command opens the sink too, in a process of its own that must not take over. */
static enum headrace_result ensure_open(struct log_sink *sink)
{
  pthread_mutex_lock(&sink->opening);
  enum headrace_result result = sink->open ? HEADRACE_OK : open_log(sink);
  sink->open = result == HEADRACE_OK;
  pthread_mutex_unlock(&sink->opening);
  return result;
}

static bool is_open(struct log_sink *sink)
{
  pthread_mutex_lock(&sink->opening);
  bool open = sink->open;
  pthread_mutex_unlock(&sink->opening);
  return open;
}

/* ---- the interface ------------------------------------------------------------------ */

static enum headrace_result attach(void *self, const struct headrace_log_reader *reader)
{
  struct log_sink *sink = self;
  enum headrace_result result = ensure_open(sink);
  if (result != HEADRACE_OK)
    return result;
  pthread_mutex_lock(&sink->questions.mutex);
  sink->questions.reader = *reader;
  pthread_mutex_unlock(&sink->questions.mutex);
  return HEADRACE_OK;
}

static void serve(void *self)
{
  log_questions_serve(self);
}

static const char *cluster_id(void *self)
{
  struct log_sink *sink = self;
  return sink->state.cluster_id;
}

static const struct headrace_log_catalogue *catalogue(void *self)
{
  struct log_sink *sink = self;
  return log_catalogue_take(&sink->state);
}

static void catalogue_release(void *self, const struct headrace_log_catalogue *taken)
{
  struct log_sink *sink = self;
  log_catalogue_release(&sink->state, taken);
}

static uint64_t catalogue_version(void *self)
{
  struct log_sink *sink = self;
  return log_catalogue_version(&sink->state);
}

static enum headrace_log_error marks(void *self, const struct headrace_topic_id *id,
                                     int32_t partition, struct headrace_log_marks *out)
{
  struct log_sink *sink = self;
  return log_state_marks(&sink->state, id, partition, out);
}

static enum headrace_log_error epoch_end(void *self, const struct headrace_topic_id *id,
                                         int32_t partition, int32_t leader_epoch,
                                         struct headrace_log_epoch_end *end)
{
  struct log_sink *sink = self;
  return log_state_epoch_end(&sink->state, id, partition, leader_epoch, end);
}

static const struct headrace_log functions = {
    .struct_size = sizeof functions,
    .api_version = HEADRACE_API_VERSION,
    .attach = attach,
    .serve = serve,
    .cluster_id = cluster_id,
    .catalogue = catalogue,
    .catalogue_release = catalogue_release,
    .catalogue_version = catalogue_version,
    .marks = marks,
    .read = log_read,
    .find = log_find,
    .create_topic = log_create_topic,
    .delete_topic = log_delete_topic,
    .add_partitions = log_add_partitions,
    .configure_topic = log_configure_topic,
    .delete_records = log_delete_records,
    .sizes = log_sizes,
    .store_offsets = log_store_offsets,
    .stored_offsets = log_stored_offsets,
    .groups = log_groups,
    .set_group_active = log_set_group_active,
    .delete_group = log_delete_group,
    .new_producer = log_new_producer,
    .producers = log_producers,
    .epoch_end = epoch_end,
    .alter_credentials = log_alter_credentials,
    .credentials = log_credentials,
    .configure = log_configure,
    .set_topic_defaults = log_set_topic_defaults,
    .topic_default = log_topic_default,
};

const struct headrace_log *log_sink_interface(const struct log_sink *sink)
{
  return &sink->interface;
}

/* ---- the sink's callbacks ----------------------------------------------------------- */

static char *session_settings(const struct headrace_host *host)
{
  const char *commit = host->string(host, "synchronous_commit");
  char *settings =
      pg_format(PG_TEXT_SETTINGS " -c idle_in_transaction_session_timeout=60000"
                                 " -c statement_timeout=%" PRId64 " -c lock_timeout=%" PRId64,
                host->integer(host, "statement_timeout"), host->integer(host, "lock_timeout"));
  if (strcmp(commit, "server") != 0)
    pg_append(&settings, " -c synchronous_commit=%s", commit);
  return settings;
}

enum headrace_result log_sink_new(const struct headrace_host *host, struct log_sink **out)
{
  if (host->keeps_checkpoint) {
    host->log(host, HEADRACE_ERROR,
              "mode = log keeps no checkpoint: checkpoint = sink is not for it");
    return HEADRACE_FATAL;
  }
  struct log_sink *sink = sink_alloc(sizeof *sink);
  sink->host = host;
  sink->settings = session_settings(host);
  sink->schema = pg_quote_identifier(host->string(host, "log_schema"));
  sink->target = (struct pg_target){.host = host,
                                    .application_name = "headrace",
                                    .settings = sink->settings,
                                    .session_attributes = "read-write"};
  sink->segment_records = host->integer(host, "log_segment_records");
  sink->batch_rows = (size_t)host->integer(host, "batch_rows");
  sink->batch_bytes = (size_t)host->integer(host, "batch_bytes");
  int64_t keep_ms = host->integer(host, "log_retention");
  sink->keep_ms = keep_ms ? keep_ms : -1;
  snprintf(sink->keep_text, sizeof sink->keep_text, "%" PRId64, sink->keep_ms);
  sink->keep_offsets_ms = host->integer(host, "log_offsets_retention");
  sink->keep_interval_ms = host->integer(host, "log_retention_check");
  sink->append.random = (uint64_t)host->now_us(host);
  sink->known.file = -1;
  sink->interface = functions;
  sink->interface.self = sink;
  pthread_mutex_init(&sink->opening, NULL);
  log_state_init(&sink->state);
  *out = sink;
  return HEADRACE_OK;
}

/* After a failure nothing is written any more, and all is reported. */
static enum headrace_result outcome(struct log_sink *sink)
{
  enum headrace_result failure = (enum headrace_result)atomic_load(&sink->failure);
  if (failure != HEADRACE_OK)
    log_append_abandon(sink);
  return failure;
}

enum headrace_result log_sink_write(struct log_sink *sink, struct headrace_batch *batch)
{
  enum headrace_result failure = (enum headrace_result)atomic_load(&sink->failure);
  if (failure == HEADRACE_OK)
    failure = ensure_open(sink);
  if (failure != HEADRACE_OK)
    return failure;
  if (!log_append_admits(sink))
    return HEADRACE_AGAIN;
  if (log_append_take(sink, batch) != HEADRACE_OK)
    log_fail(sink, HEADRACE_FATAL);
  outcome(sink);
  return HEADRACE_OK;
}

static int until_ms(const struct log_sink *sink, int64_t when_us, int timeout_ms)
{
  int64_t left = (when_us - log_now_us(sink) + 999) / 1000;
  left = left < 0 ? 0 : left;
  return left < timeout_ms ? (int)left : timeout_ms;
}

static void wait_for_event(struct log_sink *sink, int timeout_ms)
{
  const struct log_append *append = &sink->append;
  struct pollfd fds[2] = {{.fd = sink->host->wake_fd, .events = POLLIN}};
  short events = log_append_events(append);
  if (append->phase == LOG_WAIT)
    timeout_ms = until_ms(sink, append->again_at_us, timeout_ms);
  if (events)
    fds[1] = (struct pollfd){.fd = PQsocket(append->connection), .events = events};
  poll(fds, events ? 2 : 1, timeout_ms);
}

enum headrace_result log_sink_poll(struct log_sink *sink, int timeout_ms)
{
  if (is_open(sink)) {
    log_append_step(sink);
    log_keep(sink);
  }
  if (timeout_ms > 0 && !atomic_load(&sink->failure)) {
    wait_for_event(sink, timeout_ms);
    if (is_open(sink))
      log_append_step(sink);
  }
  return outcome(sink);
}

enum headrace_result log_sink_flush(struct log_sink *sink, int timeout_ms)
{
  int64_t deadline = log_now_us(sink) + (int64_t)timeout_ms * 1000;
  enum headrace_result result = log_sink_poll(sink, 0);
  if (!is_open(sink))
    return result;
  while (result == HEADRACE_OK && !log_append_idle(&sink->append) && log_now_us(sink) < deadline)
    result = log_sink_poll(sink, until_ms(sink, deadline, 500));
  return result != HEADRACE_OK || log_append_idle(&sink->append) ? result : HEADRACE_AGAIN;
}

void log_sink_close(struct log_sink *sink)
{
  if (sink->open) {
    log_append_step(sink);
    if (!log_append_idle(&sink->append))
      sink->host->log(sink->host, HEADRACE_INFO, "closing before all was committed");
    log_append_abandon(sink);
    log_outbox_stop(sink);
    log_questions_stop(sink);
    log_answers_free(sink);
  }
  log_known_close(sink);
  log_append_free(&sink->append);
  log_state_free(&sink->state);
  pthread_mutex_destroy(&sink->opening);
  free(sink->settings);
  free(sink->schema);
  free(sink);
}
