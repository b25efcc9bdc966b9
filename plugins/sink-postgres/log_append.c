/* SPDX-License-Identifier: Apache-2.0 */
#include "log_sink.h"
#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TROUBLE_US 60000000 /* it is said again */
#define IS_THERE   "23505"  /* a record with this offset */
/* No partition of messages for a row. PostgreSQL itself may lead a session to this: one that makes
 * its list of a table's partitions while another one is attached may not learn of that for long. */
#define NO_PARTITION "23514"
#define SESSIONS     3 /* that may not know it, until it is believed */

void log_append_init(struct log_append *append)
{
  append->collecting = &append->groups[0];
  append->sending = NULL;
  log_group_begin(append->collecting, append->global_next);
}

void log_append_free(struct log_append *append)
{
  PQfinish(append->connection);
  log_group_free(&append->groups[0]);
  log_group_free(&append->groups[1]);
}

bool log_append_idle(const struct log_append *append)
{
  return !append->sending && log_group_is_empty(append->collecting);
}

bool log_append_admits(const struct log_sink *sink)
{
  const struct log_group *group = sink->append.collecting;
  return group->rows.count < sink->batch_rows && group->rows.bytes.size < sink->batch_bytes;
}

enum headrace_result log_append_take(struct log_sink *sink, struct headrace_batch *batch)
{
  return log_group_take(sink, sink->append.collecting, batch);
}

/* ---- the end of a group ------------------------------------------------------------- */

static void report_durable(struct log_sink *sink, struct log_group *group)
{
  for (size_t i = 0; i < group->taken_count; i++) {
    sink->host->durable(sink->host, group->taken[i].batch, group->taken[i].receipts);
    free(group->taken[i].receipts);
  }
  group->taken_count = 0;
}

static void well(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  if (append->trouble_since_us)
    sink->host->log(sink->host, HEADRACE_INFO, "writing goes on, after %" PRId64 " ms",
                    (log_now_us(sink) - append->trouble_since_us) / 1000);
  append->trouble_since_us = append->trouble_said_us = 0;
  append->attempts = 0;
}

static void committed(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  struct log_group *group = append->sending;
  well(sink);
  append->phase = LOG_IDLE;
  append->in_doubt = false;
  append->sending = NULL;
  sink->host->counter(sink->host, "transactions", 1);
  sink->host->counter(sink->host, "copy", group->rows.count);
  log_known_write(sink, group->global_after);
  log_group_show(sink, group);
  log_outbox_written(sink, group);
  report_durable(sink, group);
}

static void fail_group(struct log_sink *sink, struct log_group *group, enum headrace_result result)
{
  for (size_t i = 0; i < group->taken_count; i++) {
    sink->host->failed(sink->host, group->taken[i].batch, result);
    free(group->taken[i].receipts);
  }
  group->taken_count = 0;
}

void log_append_abandon(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  enum headrace_result result = (enum headrace_result)atomic_load(&sink->failure);
  result = result == HEADRACE_OK ? HEADRACE_RETRY : result;
  PQfinish(append->connection);
  append->connection = NULL;
  append->phase = LOG_IDLE;
  if (append->sending)
    fail_group(sink, append->sending, result);
  append->sending = NULL;
  fail_group(sink, append->collecting, result);
}

/* ---- when it does not work ---------------------------------------------------------- */

static void say_trouble(struct log_sink *sink, const struct pg_error *error)
{
  struct log_append *append = &sink->append;
  int64_t now = log_now_us(sink);
  char text[1024];
  if (!append->trouble_since_us)
    append->trouble_since_us = now;
  if (append->trouble_said_us && now - append->trouble_said_us < TROUBLE_US)
    return;
  append->trouble_said_us = now;
  failure_mask(error, text, sizeof text);
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "cannot append: %s%s%s%s; trying again for as long as it takes, writers wait",
                  text, *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate,
                  *error->sqlstate ? ")" : "");
}

static void again(struct log_sink *sink, enum reaction reaction)
{
  struct log_append *append = &sink->append;
  append->phase = LOG_WAIT;
  append->again_at_us =
      log_now_us(sink) + failure_backoff_us(reaction, ++append->attempts, &append->random);
  sink->host->counter(sink->host, "retries", 1);
}

static void disconnect(struct log_append *append)
{
  PQfinish(append->connection);
  append->connection = NULL;
}

/* The transaction failed as a whole, or is not known. */
static void failed(struct log_sink *sink, const struct pg_error *error)
{
  struct log_append *append = &sink->append;
  bool lost = !append->connection || PQstatus(append->connection) != CONNECTION_OK;
  enum reaction reaction = failure_reaction(error->sqlstate);
  append->in_doubt |= lost;
  if (!strcmp(error->sqlstate, NO_PARTITION) && append->attempts < SESSIONS) {
    disconnect(append);
    again(sink, REACTION_RETRY);
    return;
  }
  if (!strcmp(error->sqlstate, LOG_MOVED) || !strcmp(error->sqlstate, IS_THERE)) {
    /* By another process, or by a transaction of this one that was given up too early. */
    append->in_doubt = true;
    reaction = REACTION_RETRY;
  } else if (!lost && (reaction == REACTION_STOP || reaction == REACTION_ISOLATE)) {
    log_fail_error(sink, "cannot append", error);
    return;
  }
  if (reaction != REACTION_RETRY || lost) {
    say_trouble(sink, error);
    disconnect(append);
  }
  again(sink, lost ? REACTION_WAIT : reaction);
}

/* ---- what became of a transaction --------------------------------------------------- */

/* Whoever opens the log next raises the leaders' epochs: see take_over_sql. */
static void note_loss(const struct log_append *append)
{
  PQclear(PQexec(append->connection, "UPDATE meta SET timeline = 'records were lost'"));
}

static void judge(struct log_sink *sink, int64_t epoch, int64_t global)
{
  struct log_append *append = &sink->append;
  const struct log_group *group = append->sending;
  append->in_doubt = false;
  if (epoch != sink->state.owner_epoch) {
    log_fail_fenced(sink);
  } else if (global == group->global_after) {
    committed(sink);
  } else if (global != group->global_before) {
    sink->host->log(sink->host, HEADRACE_WARNING,
                    "the log in schema %s is at record %" PRId64 " and not at %" PRId64
                    " as it was: the server has lost what it had committed, or was restored; "
                    "reading it anew",
                    sink->schema, global, group->global_before);
    note_loss(append);
    log_fail(sink, HEADRACE_RETRY);
  }
}

static const char *const settle_sql =
    "BEGIN; SET LOCAL lock_timeout = '2s';"
    " SELECT owner_epoch, next_global_offset FROM meta FOR UPDATE";

/* FOR UPDATE waits for a transaction of this process that is still about to commit. One that is
 * not so far yet cannot do harm: its records have the offsets of those that come now. */
static bool settle(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  struct pg_error error;
  if (PQtransactionStatus(append->connection) != PQTRANS_IDLE)
    PQclear(PQexec(append->connection, "ROLLBACK"));
  PGresult *result = PQexec(append->connection, settle_sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK) {
    failure_read(append->connection, result, &error);
    PQclear(result);
    append->in_doubt = true;
    failed(sink, &error);
    return false;
  }
  PQclear(PQexec(append->connection, "ROLLBACK"));
  judge(sink, strtoll(PQgetvalue(result, 0, 0), NULL, 10),
        strtoll(PQgetvalue(result, 0, 1), NULL, 10));
  PQclear(result);
  return append->sending && !atomic_load(&sink->failure);
}

/* ---- the transaction ---------------------------------------------------------------- */

static bool connected(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  struct pg_error error;
  if (append->connection)
    return true;
  append->connection = log_connect(sink, &error);
  sink->host->gauge(sink->host, "connected", append->connection != NULL);
  if (append->connection)
    return true;
  if (failure_reaction(error.sqlstate) == REACTION_STOP || error.result == HEADRACE_FATAL) {
    log_fail_error(sink, "cannot append", &error);
    return false;
  }
  say_trouble(sink, &error);
  again(sink, REACTION_WAIT);
  return false;
}

static void run(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  struct pg_error error = {.result = HEADRACE_RETRY};
  if (!connected(sink))
    return;
  PQsetnonblocking(append->connection, 0);
  if (append->in_doubt && !settle(sink))
    return;
  if (PQtransactionStatus(append->connection) != PQTRANS_IDLE)
    PQclear(PQexec(append->connection, "ROLLBACK"));
  PQsetnonblocking(append->connection, 1);
  append->copying = false;
  log_rows_rewind(&append->sending->rows);
  append->error = (struct pg_error){.result = HEADRACE_OK};
  append->phase = LOG_RUNNING;
  if (!PQsendQuery(append->connection, append->sending->sql)) {
    failure_read(append->connection, NULL, &error);
    failed(sink, &error);
  }
}

/* False: the connection is gone, or there is no memory. */
static bool send_rows(struct log_append *append)
{
  struct log_rows *rows = &append->sending->rows;
  int left = PQflush(append->connection);
  while (left == 0 && append->copying) {
    const char *data;
    size_t size = log_rows_next(rows, &data);
    int taken = size ? PQputCopyData(append->connection, data, (int)size)
                     : PQputCopyEnd(append->connection, NULL);
    if (taken <= 0)
      return false;
    append->copying = size > 0;
    left = PQflush(append->connection);
  }
  append->unsent = left > 0;
  return left >= 0;
}

static void take_result(struct log_append *append, const PGresult *result)
{
  switch (PQresultStatus(result)) {
  case PGRES_COPY_IN:
    append->copying = true;
    break;
  case PGRES_COMMAND_OK:
  case PGRES_TUPLES_OK:
    break;
  default:
    if (append->error.result == HEADRACE_OK) {
      failure_read(append->connection, result, &append->error);
      append->error.result = HEADRACE_RETRY;
    }
    append->copying = false;
  }
}

/* True: all results are there. */
static bool take_results(struct log_append *append)
{
  while (!append->copying && !PQisBusy(append->connection)) {
    PGresult *result = PQgetResult(append->connection);
    if (!result)
      return true;
    take_result(append, result);
    PQclear(result);
  }
  return false;
}

static void go_on(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  bool over = false;
  bool there = PQconsumeInput(append->connection) && send_rows(append);
  if (there) {
    bool copying = append->copying;
    over = take_results(append);
    if (append->copying && !copying)
      there = send_rows(append); /* the server has just asked for them */
  }
  if (!there || (over && PQstatus(append->connection) != CONNECTION_OK)) {
    if (append->error.result == HEADRACE_OK)
      failure_read(append->connection, NULL, &append->error);
    disconnect(append);
    failed(sink, &append->error);
  } else if (over && append->error.result != HEADRACE_OK) {
    failed(sink, &append->error);
  } else if (over) {
    committed(sink);
  }
}

/* What was collected is sent when nothing else is. */
static void begin(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  log_outbox_take(sink, append->collecting);
  struct log_group *group = append->collecting;
  if (log_group_is_empty(group))
    return;
  if (!group->rows.count && !group->outbox_count) { /* all were sent twice or refused */
    report_durable(sink, group);
    return;
  }
  append->sending = group;
  append->global_next = group->global_after;
  append->collecting = group == &append->groups[0] ? &append->groups[1] : &append->groups[0];
  log_group_begin(append->collecting, append->global_next);
  log_group_close(sink, group);
  run(sink);
}

void log_append_step(struct log_sink *sink)
{
  struct log_append *append = &sink->append;
  if (append->phase == LOG_WAIT && log_now_us(sink) >= append->again_at_us) {
    append->phase = LOG_IDLE;
    run(sink);
  }
  if (append->phase == LOG_RUNNING)
    go_on(sink);
  if (append->phase == LOG_IDLE && !append->sending && !atomic_load(&sink->failure))
    begin(sink);
}

short log_append_events(const struct log_append *append)
{
  if (append->phase != LOG_RUNNING)
    return 0;
  return (short)(POLLIN | (append->unsent ? POLLOUT : 0));
}
