/* SPDX-License-Identifier: Apache-2.0
 *
 * A transaction is sent whole. If it fails by its events, they are tried in ranges inside of one
 * transaction, each behind a savepoint, until those that are to blame are found (search.h). */
#include "writer.h"

#include "dead_letter.h"
#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_US          50000 /* the server reads a statement while nothing else would be done */
#define DIVISION_BY_ZERO "22012"
#define FOREIGN_KEY      "23503"
#define NOT_ALLOWED      "42501"

/* ---- open, close ----------------------------------------------------------------- */

void writer_init(struct writer *writer, struct sink *sink, unsigned number)
{
  *writer =
      (struct writer){.sink = sink, .number = number, .own = plan_new(), .attempt = plan_new()};
}

void writer_free(struct writer *writer)
{
  round_free(&writer->round);
  plan_free(writer->own);
  plan_free(writer->attempt);
}

static void gauge_connected(const struct sink *sink)
{
  int64_t connected = 0;
  for (unsigned i = 0; i < sink->workers; i++)
    connected += sink->writers[i].round.connection != NULL;
  sink->host->gauge(sink->host, "connected", connected);
}

static void disconnect(struct writer *writer)
{
  round_close(&writer->round);
  gauge_connected(writer->sink);
}

void writer_abandon(struct writer *writer)
{
  if (writer->phase != PHASE_IDLE)
    disconnect(writer);
  writer->phase = PHASE_IDLE;
}

/* ---- when it does not work ---------------------------------------------------------- */

static void again(struct writer *writer, enum reaction reaction)
{
  struct sink *sink = writer->sink;
  writer->phase = PHASE_WAIT;
  writer->again_at_us =
      sink_now(sink) + failure_backoff_us(reaction, ++writer->attempts, &sink->random);
  sink->host->counter(sink->host, "retries", 1);
}

static void wait_for_server(struct writer *writer, const struct pg_error *error)
{
  disconnect(writer);
  sink_trouble(writer->sink, error, "cannot write");
  again(writer, REACTION_WAIT);
}

static void stop(struct writer *writer, const struct pg_error *error)
{
  const struct headrace_host *host = writer->sink->host;
  const struct statement *statement = round_failed_statement(&writer->round);
  char text[1024];
  failure_mask(error, text, sizeof text);
  host->log(host, HEADRACE_ERROR, "cannot write%s%s: %s%s%s%s",
            statement && statement->table ? " to " : "",
            statement && statement->table ? statement->table : "", text,
            *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate, *error->sqlstate ? ")" : "");
  sink_fail(writer->sink, HEADRACE_FATAL);
}

/* ---- the transaction -------------------------------------------------------------------- */

/* Nothing is checked, and triggers do not fire. */
static bool ignore_foreign_keys(PGconn *connection, struct pg_error *error)
{
  PGresult *done = pg_query(connection, error, "SET session_replication_role = replica", 0, NULL);
  PQclear(done);
  if (!done && !strcmp(error->sqlstate, NOT_ALLOWED))
    snprintf(error->message, sizeof error->message,
             "foreign_keys = ignore needs a superuser, or GRANT SET ON PARAMETER "
             "session_replication_role, which PostgreSQL 15 and later have");
  return done != NULL;
}

static bool connect(struct writer *writer)
{
  struct sink *sink = writer->sink;
  struct pg_error error;
  if (writer->round.connection)
    return true;
  PGconn *connection = pg_connect(&sink->target, &error);
  if (connection && sink->foreign_keys == FOREIGN_KEYS_IGNORE &&
      !ignore_foreign_keys(connection, &error)) {
    PQfinish(connection);
    connection = NULL;
  }
  if (connection) {
    round_open(&writer->round, connection);
    gauge_connected(writer->sink);
  } else if (failure_reaction(error.sqlstate) == REACTION_STOP || error.result == HEADRACE_FATAL) {
    stop(writer, &error);
  } else {
    wait_for_server(writer, &error);
  }
  return connection != NULL;
}

/* Whatever was open before is rolled back. */
static void begin(struct writer *writer)
{
  struct round *round = &writer->round;
  writer->tally_count = 0;
  round_begin(round);
  if (PQtransactionStatus(round->connection) != PQTRANS_IDLE)
    round_sql(round, "ROLLBACK");
  round_sql(round, "BEGIN");
  if (writer->sink->foreign_keys == FOREIGN_KEYS_DEFER)
    round_sql(round, "SET CONSTRAINTS ALL DEFERRED");
}

static void add_statements(struct writer *writer, const struct plan *plan, size_t from)
{
  size_t count;
  const struct statement *statements = plan_statements(plan, &count);
  for (size_t i = from; i < count; i++)
    round_statement(&writer->round, &statements[i]);
}

/* Where the writer's own statements are: the first moves the offsets, if that is done here. */
static bool plan_own(struct writer *writer)
{
  struct sink *sink = writer->sink;
  struct pg_error error;
  plan_reset(writer->own);
  if (sink->dry_run)
    return true;
  writer->has_advance = writer->flush->part_count > 0;
  if (writer->has_advance && !offsets_advance(sink, writer->flush, writer->number, writer->own)) {
    sink->host->log(sink->host, HEADRACE_WARNING,
                    "a partition was given away and taken back before its events were written; "
                    "they are read again");
    sink_fail(sink, HEADRACE_RETRY);
    return false;
  }
  if (!dead_letter_has_work(sink, writer->share))
    return true;
  if (dead_letter_prepare(sink, &error)) {
    dead_letter_plan(sink, writer->share, writer->own);
    return true;
  }
  sink_control_close(sink);
  if (failure_reaction(error.sqlstate) == REACTION_STOP)
    stop(writer, &error);
  else
    wait_for_server(writer, &error);
  return false;
}

static void add_advance(struct writer *writer)
{
  size_t count;
  if (writer->has_advance)
    round_statement(&writer->round, plan_statements(writer->own, &count));
}

static void add_end(struct writer *writer)
{
  add_statements(writer, writer->own, writer->has_advance);
  round_sql(&writer->round, writer->sink->dry_run ? "ROLLBACK" : "COMMIT");
}

static void run(struct writer *writer, enum writer_phase phase)
{
  writer->phase = phase;
  round_run(&writer->round);
}

/* Of a dry run: what is done, without values. */
static void say_statements(const struct writer *writer)
{
  size_t count;
  const struct headrace_host *host = writer->sink->host;
  const struct statement *statements = plan_statements(writer->share->plan, &count);
  for (size_t i = 0; i < count; i++)
    if (statements[i].rows < 0)
      host->log(host, HEADRACE_INFO, "would run: %s", statements[i].sql);
    else
      host->log(host, HEADRACE_INFO, "would run, for %" PRId64 " rows: %s", statements[i].rows,
                statements[i].sql);
}

static void whole(struct writer *writer)
{
  if (writer->held_since_us && writer->number == 0)
    flush_join(writer->sink);
  if (!flush_plan(writer->sink, writer->share)) {
    again(writer, REACTION_WAIT);
    return;
  }
  if (!connect(writer) || !plan_own(writer))
    return;
  if (writer->sink->dry_run)
    say_statements(writer);
  writer->try_failed = false;
  begin(writer);
  add_advance(writer);
  add_statements(writer, writer->share->plan, 0);
  if (plan_awaits_verdicts(writer->share->plan)) {
    run(writer, PHASE_JUDGE);
    return;
  }
  add_end(writer);
  run(writer, PHASE_WHOLE);
}

static bool has_work(const struct writer *writer)
{
  return writer->share->count || writer->share->letter_count || writer->flush->part_count;
}

static void settle(struct writer *writer)
{
  struct sink *sink = writer->sink;
  writer->phase = PHASE_IDLE;
  writer->attempts = 0;
  writer->held_since_us = 0;
  if (!sink->dry_run)
    offsets_committed(sink, writer->flush, writer->number);
  if (writer->share->letter_count)
    sink->host->counter(sink->host, "dead_letters", writer->share->letter_count);
  flush_share_done(sink, writer->flush);
}

void writer_start(struct writer *writer, struct flush *flush)
{
  writer->flush = flush;
  writer->share = &flush->shares[writer->number];
  writer->at_commit = false;
  if (!has_work(writer)) {
    settle(writer);
    return;
  }
  whole(writer);
  /* A large statement is on its way before the next ones are read and planned. */
  int64_t end = sink_now(writer->sink) + SEND_US;
  while (round_sending(&writer->round) && sink_now(writer->sink) < end) {
    struct pollfd fd = {.fd = PQsocket(writer->round.connection), .events = POLLIN | POLLOUT};
    poll(&fd, 1, 5);
    if (round_step(&writer->round) != ROUND_RUNNING)
      break;
  }
}

/* ---- finding the events that are to blame ------------------------------------------------ */

static void isolate(struct writer *writer)
{
  struct sink *sink = writer->sink;
  sink->host->counter(sink->host, "isolations", 1);
  writer->search = search_begin(writer->share->count);
  writer->try_failed = false;
  writer->held = 0;
  if (!plan_own(writer))
    return;
  begin(writer);
  add_advance(writer);
  run(writer, PHASE_BEGIN);
}

static bool too_many(const struct writer *writer)
{
  const struct share *share = writer->share;
  return flush_too_many(writer->sink, share->rejected, share->count + share->rejected);
}

/* The event is taken out; false: the pipeline stops, or waits. */
static bool take_out(struct writer *writer, size_t item, const struct pg_error *error)
{
  search_remove(&writer->search);
  if (failure_reaction(error->sqlstate) == REACTION_SKIP) {
    writer->sink->host->counter(writer->sink->host, "skipped", 1);
    flush_drop_item(writer->share, item);
    return true;
  }
  return flush_reject(writer->sink, writer->share, item, error) && !too_many(writer);
}

static void finish(struct writer *writer)
{
  /* The letters of this transaction are known now. */
  if (!plan_own(writer))
    return;
  round_begin(&writer->round);
  if (writer->try_failed)
    round_sql(&writer->round, "ROLLBACK TO SAVEPOINT headrace");
  add_end(writer);
  run(writer, PHASE_FINISH);
}

/* False: the range is to be chosen again, or nothing more is to be done here. */
static bool plan_range(struct writer *writer)
{
  struct sink *sink = writer->sink;
  struct pg_error error = {.result = HEADRACE_OK};
  size_t failed = 0, count = writer->try_to - writer->try_from;
  plan_reset(writer->attempt);
  switch (sink->planner->plan(sink->planner_instance, writer->share->items + writer->try_from,
                              count, count == 1, writer->attempt, &failed, &error)) {
  case HEADRACE_OK:
    return true;
  case HEADRACE_AGAIN:
    take_out(writer, writer->try_from + (failed < count ? failed : 0), &error);
    return false;
  case HEADRACE_RETRY:
    wait_for_server(writer, &error);
    return false;
  default:
    stop(writer, &error);
    return false;
  }
}

static void try_range(struct writer *writer)
{
  struct round *round = &writer->round;
  round_begin(round);
  round_sql(round, writer->try_failed ? "ROLLBACK TO SAVEPOINT headrace" : "SAVEPOINT headrace");
  add_statements(writer, writer->attempt, 0);
  if (writer->at_commit) {
    round_sql(round, "SET CONSTRAINTS ALL IMMEDIATE");
    round_sql(round, "SET CONSTRAINTS ALL DEFERRED");
  }
  round_sql(round, "RELEASE SAVEPOINT headrace");
  run(writer, PHASE_TRY);
}

static void next_range(struct writer *writer)
{
  while (!writer->sink->failure && writer->phase != PHASE_WAIT) {
    if (!search_step(&writer->search, &writer->try_from, &writer->try_to)) {
      finish(writer);
      return;
    }
    if (plan_range(writer)) {
      try_range(writer);
      return;
    }
  }
}

/* ---- rows that refer to others ------------------------------------------------------------ */

static bool is_of_same_part(const struct item *one, const struct item *other)
{
  const struct headrace_record *a = one->event->record, *b = other->event->record;
  if (!a || !b)
    return true;
  return a->partition == b->partition && a->topic.size == b->topic.size &&
         !memcmp(a->topic.data, b->topic.data, a->topic.size);
}

/* The item and all that follow it in its partition go behind the others; how many they are. */
static size_t put_behind(struct share *share, size_t first)
{
  struct item *behind = sink_alloc((share->count - first) * sizeof *behind);
  const struct item blocked = share->items[first];
  size_t count = 0, kept = first;
  for (size_t i = first; i < share->count; i++)
    if (is_of_same_part(&share->items[i], &blocked))
      behind[count++] = share->items[i];
    else
      share->items[kept++] = share->items[i];
  memcpy(share->items + kept, behind, count * sizeof *behind);
  free(behind);
  share->planned = false;
  return count;
}

/* The row that it refers to may be in what is read next, or be written by another process. */
static bool may_come(struct writer *writer, const struct pg_error *error)
{
  struct sink *sink = writer->sink;
  int64_t now = sink_now(sink);
  if (!writer->held_since_us && sink->foreign_key_wait_us) {
    writer->held_since_us = now;
    sink->host->log(sink->host, HEADRACE_INFO,
                    "an event waits for a row that it refers to, for foreign_key_wait at most: %s",
                    error->message);
  }
  return now - writer->held_since_us < sink->foreign_key_wait_us &&
         !sink->host->starved(sink->host);
}

/* Order holds within a partition, so all of it waits while the others go on. False: the event has
 * waited long enough. */
static bool hold_back(struct writer *writer, const struct pg_error *error)
{
  struct share *share = writer->share;
  size_t left = share->count - writer->try_from;
  if (left > writer->held) {
    writer->held += put_behind(share, writer->try_from);
    writer->search.bad_end = 0;
    if (left > writer->held)
      return true;
  }
  writer->held = 0;
  if (!may_come(writer, error))
    return false;
  disconnect(writer); /* locks are not for waiting with */
  again(writer, REACTION_RETRY);
  return true;
}

static void range_failed(struct writer *writer, const struct pg_error *error)
{
  bool single = writer->try_to - writer->try_from == 1;
  writer->try_failed = true;
  if (!single)
    search_failed(&writer->search, writer->try_to);
  bool held = single && !strcmp(error->sqlstate, FOREIGN_KEY) && hold_back(writer, error);
  if (!single || held || take_out(writer, writer->try_from, error))
    next_range(writer);
}

/* ---- what became of a round ------------------------------------------------------------- */

/* What a handler said of items from `first` on; those that went to the dead letters are taken out.
 * False: the pipeline stops. */
static bool judge(struct writer *writer, struct plan *plan, size_t first, size_t *taken)
{
  const struct headrace_host *host = writer->sink->host;
  size_t count, before = writer->share->count;
  const struct verdict *verdicts = plan_verdicts(plan, &count);
  for (size_t i = 0; i < count; i++) {
    struct pg_error error = {.result = HEADRACE_FATAL, .sqlstate = "HR002"};
    snprintf(error.message, sizeof error.message, "%s", verdicts[i].reason);
    if (verdicts[i].judgement == JUDGED_STOP) {
      host->log(host, HEADRACE_ERROR, "the handler's verdict on an event stops the pipeline");
      sink_fail(writer->sink, HEADRACE_FATAL);
      return false;
    }
    if (verdicts[i].judgement == JUDGED_SKIP)
      host->counter(host, "skipped", 1);
    else if (!flush_reject(writer->sink, writer->share, first + verdicts[i].item, &error) ||
             too_many(writer))
      return false;
  }
  *taken = before - writer->share->count;
  return true;
}

static void tally(struct writer *writer, const char *name, int64_t rows)
{
  size_t i = 0;
  while (i < writer->tally_count && strcmp(writer->tallies[i].name, name) != 0)
    i++;
  if (i == TALLIES_MAX)
    return;
  if (i == writer->tally_count)
    writer->tallies[writer->tally_count++] = (struct tally){.name = name};
  writer->tallies[i].rows += (uint64_t)rows;
}

/* Counted when the transaction is committed; those of ranges are as the planner said. */
static void tally_rows(struct writer *writer)
{
  const struct round *round = &writer->round;
  for (size_t i = 0; i < round->count; i++) {
    const struct command *command = &round->commands[i];
    const struct statement *statement = command->statement;
    if (command->kind != COMMAND_STATEMENT || command->affected < 0 ||
        !(statement->target || statement->counted))
      continue;
    tally(writer, statement->operation, command->affected);
    if (statement->missing && statement->rows > command->affected)
      tally(writer, statement->missing, statement->rows - command->affected);
  }
}

static void count_tallies(struct writer *writer)
{
  const struct headrace_host *host = writer->sink->host;
  for (size_t i = 0; i < writer->tally_count; i++)
    host->counter(host, writer->tallies[i].name, writer->tallies[i].rows);
  host->counter(host, "transactions", 1);
}

static void done(struct writer *writer)
{
  size_t taken = 0;
  switch (writer->phase) {
  case PHASE_BEGIN:
    next_range(writer);
    return;
  case PHASE_JUDGE:
    tally_rows(writer);
    if (judge(writer, writer->share->plan, 0, &taken))
      finish(writer);
    return;
  case PHASE_TRY:
    tally_rows(writer);
    writer->try_failed = false;
    writer->held = 0;
    search_went_well(&writer->search, writer->try_to);
    if (!judge(writer, writer->attempt, writer->try_from, &taken))
      return;
    search_forget(&writer->search, taken);
    next_range(writer);
    return;
  default:
    tally_rows(writer);
    count_tallies(writer);
    sink_well(writer->sink);
    settle(writer);
  }
}

/* The offsets are not where this process left them. */
static void moved(struct writer *writer)
{
  struct sink *sink = writer->sink;
  struct pg_error error;
  bool arrived = false;
  if (writer->share->in_doubt &&
      offsets_arrived(sink, writer->flush, writer->number, &arrived, &error) != HEADRACE_OK) {
    sink_control_close(sink);
    wait_for_server(writer, &error);
    return;
  }
  if (arrived) {
    settle(writer);
    return;
  }
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "another process has written for pipeline %s what was to be written here (%s); "
                  "nothing of it is written twice, and reading begins anew behind it",
                  sink->host->pipeline, sink->offsets.table);
  sink_fail(sink, HEADRACE_RETRY);
}

static bool is_advance(const struct writer *writer, const struct statement *statement)
{
  size_t count;
  return statement && writer->has_advance && statement == plan_statements(writer->own, &count);
}

/* The description of the table may be out of date: once more, with a new one. */
static void renew(struct writer *writer, const struct pg_error *error)
{
  struct sink *sink = writer->sink;
  const struct statement *statement = round_failed_statement(&writer->round);
  if (writer->share->renewed || !statement || !statement->target || !sink->planner->forget) {
    stop(writer, error);
    return;
  }
  writer->share->renewed = true;
  sink->planner->forget(sink->planner_instance, statement);
  writer->share->planned = false;
  disconnect(writer);
  again(writer, REACTION_RETRY);
}

static void blame(struct writer *writer, const struct pg_error *error)
{
  const struct statement *statement = round_failed_statement(&writer->round);
  bool foreign = dead_letter_is(statement) || is_advance(writer, statement);
  if (foreign || !writer->share->count)
    stop(writer, error);
  else if (writer->phase == PHASE_TRY)
    range_failed(writer, error);
  else if (writer->phase == PHASE_WHOLE || writer->phase == PHASE_JUDGE || !writer->at_commit) {
    writer->at_commit = !statement; /* it was COMMIT */
    isolate(writer);
  } else {
    stop(writer, error);
  }
}

/* Rolled back: what is still a letter is read again. */
static void letter_taken(struct writer *writer)
{
  struct sink *sink = writer->sink;
  sink->host->log(sink->host, HEADRACE_WARNING,
                  "another process has written dead letters of pipeline %s that were to be written "
                  "here; nothing is written twice, and those that are left are read anew",
                  sink->host->pipeline);
  sink_fail(sink, HEADRACE_RETRY);
}

static void failed(struct writer *writer)
{
  const struct pg_error error = writer->round.error;
  if (dead_letter_was_taken(round_failed_statement(&writer->round), error.sqlstate)) {
    letter_taken(writer);
    return;
  }
  if (is_advance(writer, round_failed_statement(&writer->round)) &&
      !strcmp(error.sqlstate, DIVISION_BY_ZERO)) {
    moved(writer);
    return;
  }
  switch (failure_reaction(error.sqlstate)) {
  case REACTION_RETRY:
  case REACTION_PAUSE:
    if (writer->phase == PHASE_TRY) /* locks from before the savepoint are held until the end */
      disconnect(writer);
    sink_trouble(writer->sink, &error, "has to write again");
    again(writer, failure_reaction(error.sqlstate));
    return;
  case REACTION_WAIT:
    wait_for_server(writer, &error);
    return;
  case REACTION_ISOLATE:
  case REACTION_SKIP:
    blame(writer, &error);
    return;
  case REACTION_STOP:
    renew(writer, &error);
  }
}

static void lost(struct writer *writer)
{
  const struct pg_error error = writer->round.error;
  if (writer->phase == PHASE_WHOLE || writer->phase == PHASE_FINISH)
    writer->share->in_doubt = true;
  wait_for_server(writer, &error);
}

void writer_step(struct writer *writer)
{
  if (writer->phase == PHASE_WAIT && sink_now(writer->sink) >= writer->again_at_us)
    whole(writer);
  while (writer->phase > PHASE_WAIT && !writer->sink->failure) {
    switch (round_step(&writer->round)) {
    case ROUND_DONE:
      done(writer);
      break;
    case ROUND_FAILED:
      failed(writer);
      break;
    case ROUND_LOST:
      lost(writer);
      break;
    default:
      return;
    }
  }
}
