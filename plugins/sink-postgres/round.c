/* SPDX-License-Identifier: Apache-2.0 */
#include "round.h"

#include "failure.h"
#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES    (128u << 10) /* libpq moves all of its buffer at each partial send */
#define PREPARED_MAX   1000
#define PREPARED_SLOTS 2048

/* ---- prepared statements ----------------------------------------------------- */

static struct prepared_slot *slot_of(const struct prepared *prepared, uint64_t id)
{
  size_t at = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) % PREPARED_SLOTS;
  while (prepared->slots[at].id && prepared->slots[at].id != id)
    at = (at + 1) % PREPARED_SLOTS;
  return &prepared->slots[at];
}

/* True: it has to be prepared first. Taken as done at once, so that a round does it once. */
static bool take_name(struct prepared *prepared, uint64_t id)
{
  struct prepared_slot *slot = slot_of(prepared, id);
  if (slot->number || (!slot->id && prepared->used >= PREPARED_SLOTS / 4 * 3))
    return false;
  prepared->used += !slot->id;
  *slot = (struct prepared_slot){.id = id, .number = ++prepared->last_number};
  return true;
}

static void forget_prepared(struct prepared *prepared)
{
  memset(prepared->slots, 0, PREPARED_SLOTS * sizeof *prepared->slots);
  prepared->used = 0;
}

/* Those of a round that failed before them are not there. */
static void unprepare(struct round *round)
{
  for (size_t i = round->failed; i < round->count; i++)
    if (round->commands[i].kind == COMMAND_PREPARE)
      slot_of(&round->prepared, round->commands[i].statement->id)->number = 0;
}

static uint64_t number_of(const struct round *round, const struct statement *statement)
{
  return slot_of(&round->prepared, statement->id)->number;
}

/* ---- open, fill ---------------------------------------------------------------- */

void round_open(struct round *round, PGconn *connection)
{
  round->connection = connection;
  if (!round->prepared.slots)
    round->prepared.slots = sink_alloc(PREPARED_SLOTS * sizeof *round->prepared.slots);
  forget_prepared(&round->prepared);
  PQsetnonblocking(connection, 1);
  round->one_by_one = true;
  round->result = ROUND_IDLE;
}

void round_close(struct round *round)
{
  PQfinish(round->connection);
  round->connection = NULL;
  round->result = ROUND_IDLE;
}

void round_free(struct round *round)
{
  round_close(round);
  free(round->prepared.slots);
  free(round->commands);
}

static struct command *add(struct round *round, enum command_kind kind)
{
  if (round->count == round->capacity) {
    round->capacity = round->capacity ? 2 * round->capacity : 64;
    round->commands = sink_realloc(round->commands, round->capacity * sizeof *round->commands);
  }
  struct command *command = &round->commands[round->count++];
  *command = (struct command){.kind = kind, .affected = -1};
  return command;
}

void round_begin(struct round *round)
{
  round->count = round->sent = round->received = round->queued = 0;
  round->dropped = SIZE_MAX;
  round->one_by_one = round->copy_open = false;
  round->error = (struct pg_error){.result = HEADRACE_OK};
  if (round->prepared.used >= PREPARED_MAX &&
      PQtransactionStatus(round->connection) == PQTRANS_IDLE) {
    forget_prepared(&round->prepared);
    round_sql(round, "DEALLOCATE ALL");
  }
}

void round_sql(struct round *round, const char *sql)
{
  add(round, COMMAND_SQL)->sql = sql;
}

void round_statement(struct round *round, const struct statement *statement)
{
  if (statement->kind == STATEMENT_COPY || statement->kind == STATEMENT_CALL)
    round->one_by_one = true;
  if (statement->kind == STATEMENT_PREPARED && take_name(&round->prepared, statement->id))
    add(round, COMMAND_PREPARE)->statement = statement;
  add(round, COMMAND_STATEMENT)->statement = statement;
}

static bool set_mode(struct round *round)
{
  bool pipeline = PQpipelineStatus(round->connection) != PQ_PIPELINE_OFF;
  if (pipeline && round->one_by_one)
    return PQexitPipelineMode(round->connection);
  return pipeline || round->one_by_one || PQenterPipelineMode(round->connection);
}

static enum round_result lost(struct round *round)
{
  if (!round->error.message[0])
    failure_read(round->connection, NULL, &round->error);
  return round->result = ROUND_LOST;
}

void round_run(struct round *round)
{
  if (!round->one_by_one)
    add(round, COMMAND_SYNC);
  round->result = ROUND_RUNNING;
  if (!set_mode(round))
    lost(round);
}

/* ---- sending --------------------------------------------------------------------- */

static size_t size_of(const struct statement *statement)
{
  size_t size = 64;
  for (int i = 0; i < statement->count; i++)
    if (statement->values[i])
      size += statement->formats && statement->formats[i] ? (size_t)statement->lengths[i]
              : statement->lengths                        ? (size_t)statement->lengths[i]
                                                          : strlen(statement->values[i]);
  return size;
}

static int send_statement(struct round *round, const struct statement *statement)
{
  char name[32];
  uint64_t number = statement->kind == STATEMENT_PREPARED ? number_of(round, statement) : 0;
  if (statement->kind == STATEMENT_COPY)
    return PQsendQueryParams(round->connection, statement->sql, 0, NULL, NULL, NULL, NULL, 0);
  if (!number) /* one that is not to be prepared, or there are too many of them */
    return PQsendQueryParams(round->connection, statement->sql, statement->count, statement->types,
                             statement->values, statement->lengths, statement->formats, 0);
  snprintf(name, sizeof name, "h%" PRIu64, number);
  return PQsendQueryPrepared(round->connection, name, statement->count, statement->values,
                             statement->lengths, statement->formats, 0);
}

static bool send_command(struct round *round, const struct command *command)
{
  const struct statement *statement = command->statement;
  char name[32];
  switch (command->kind) {
  case COMMAND_SQL:
    round->queued += strlen(command->sql);
    return PQsendQueryParams(round->connection, command->sql, 0, NULL, NULL, NULL, NULL, 0);
  case COMMAND_PREPARE:
    round->queued += strlen(statement->sql);
    snprintf(name, sizeof name, "h%" PRIu64, number_of(round, statement));
    return PQsendPrepare(round->connection, name, statement->sql, statement->count,
                         statement->types);
  case COMMAND_STATEMENT:
    round->queued += size_of(statement);
    return send_statement(round, statement);
  case COMMAND_SYNC:
    return PQpipelineSync(round->connection);
  }
  return false;
}

/* After an error only the Sync is still to be sent: the server would pass over the rest. */
static void drop_rest(struct round *round)
{
  if (round->one_by_one)
    round->received = round->sent = round->count;
  else if (round->sent < round->count - 1) {
    round->dropped = round->sent;
    round->sent = round->count - 1;
  }
  if (round->received == round->dropped)
    round->received = round->count - 1;
}

static bool is_call(const struct command *command)
{
  return command->kind == COMMAND_STATEMENT && command->statement->kind == STATEMENT_CALL;
}

/* False: the connection is gone. */
static bool run_call(struct round *round, struct command *command)
{
  const struct statement *statement = command->statement;
  struct pg_error error = {.result = HEADRACE_OK};
  PQsetnonblocking(round->connection, 0);
  bool good = statement->call(statement->context, round->connection, &error);
  PQsetnonblocking(round->connection, 1);
  command->affected = 1;
  round->sent++;
  if (good) {
    round->received++;
  } else {
    round->error = error;
    round->failed = round->received;
    drop_rest(round);
  }
  return PQstatus(round->connection) == CONNECTION_OK;
}

/* False: the connection is gone. */
static bool send_more(struct round *round)
{
  for (;;) {
    bool turn = !round->one_by_one || round->sent == round->received;
    while (round->sent < round->count && turn && round->queued < QUEUE_BYTES) {
      struct command *command = &round->commands[round->sent];
      if (is_call(command)) {
        if (!run_call(round, command))
          return false;
        continue;
      }
      if (!send_command(round, command))
        return false;
      round->sent++;
      turn = !round->one_by_one;
    }
    int left = PQflush(round->connection);
    if (left < 0)
      return false;
    if (left > 0)
      return true;
    round->queued = 0;
    if (round->sent == round->count || !turn)
      return true;
  }
}

/* ---- receiving --------------------------------------------------------------------- */

static void fail(struct round *round, const PGresult *result)
{
  if (round->result != ROUND_RUNNING || round->error.message[0])
    return;
  round->failed = round->received;
  failure_read(round->connection, result, &round->error);
  if (!round->error.message[0])
    snprintf(round->error.message, sizeof round->error.message, "error without a message");
}

static bool feed_copy(struct round *round)
{
  const struct statement *statement = round->commands[round->received].statement;
  if (!statement || statement->kind != STATEMENT_COPY)
    return PQputCopyEnd(round->connection, "no data") >= 0;
  return PQputCopyData(round->connection, statement->values[0], statement->lengths[0]) >= 0 &&
         PQputCopyEnd(round->connection, NULL) >= 0;
}

/* One result of the command that is being received. False: the connection is gone. */
static bool take_result(struct round *round, const PGresult *result)
{
  struct command *command = &round->commands[round->received];
  switch (PQresultStatus(result)) {
  case PGRES_COMMAND_OK:
  case PGRES_TUPLES_OK: {
    const char *affected = PQcmdTuples((PGresult *)(uintptr_t)result);
    if (*affected)
      command->affected = strtoll(affected, NULL, 10);
    if (command->statement && command->statement->take_rows) {
      command->statement->take_rows(command->statement->context, result);
      command->affected = 1;
    }
    return true;
  }
  case PGRES_PIPELINE_SYNC:
    round->received++;
    return true;
  case PGRES_COPY_IN:
    round->queued += (size_t)(command->statement ? command->statement->lengths[0] : 0);
    return feed_copy(round);
  case PGRES_PIPELINE_ABORTED:
    return true;
  default:
    fail(round, result);
    return PQstatus(round->connection) == CONNECTION_OK;
  }
}

/* The results of a command end with none. */
static void command_over(struct round *round)
{
  if (round->received < round->sent && round->commands[round->received].kind != COMMAND_SYNC)
    round->received++;
  if (round->error.message[0])
    drop_rest(round);
}

static bool receive(struct round *round)
{
  if (!PQconsumeInput(round->connection))
    return false;
  while (round->received < round->sent && !PQisBusy(round->connection)) {
    PGresult *result = PQgetResult(round->connection);
    if (!result) {
      command_over(round);
      continue;
    }
    bool good = take_result(round, result);
    PQclear(result);
    if (!good)
      return false;
  }
  return true;
}

static bool readable(const struct round *round)
{
  struct pollfd fd = {.fd = PQsocket(round->connection), .events = POLLIN};
  return poll(&fd, 1, 0) > 0;
}

enum round_result round_step(struct round *round)
{
  bool more = true;
  while (round->result == ROUND_RUNNING && more) {
    size_t sent = round->sent, received = round->received;
    if (!send_more(round) || !receive(round))
      return lost(round);
    if (round->received == round->count)
      round->result = round->error.message[0] ? ROUND_FAILED : ROUND_DONE;
    more = round->sent > sent || round->received > received || readable(round);
  }
  if (round->result == ROUND_FAILED)
    unprepare(round);
  return round->result;
}

/* ---- asking ------------------------------------------------------------------------ */

bool round_sending(const struct round *round)
{
  return round->result == ROUND_RUNNING &&
         (round->queued > 0 || (!round->one_by_one && round->sent < round->count));
}

short round_events(const struct round *round)
{
  if (round->result != ROUND_RUNNING)
    return 0;
  return (short)(POLLIN | (round_sending(round) ? POLLOUT : 0));
}

const struct statement *round_failed_statement(const struct round *round)
{
  return round->result == ROUND_FAILED && round->failed < round->count
             ? round->commands[round->failed].statement
             : NULL;
}
