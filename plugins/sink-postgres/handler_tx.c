/* SPDX-License-Identifier: Apache-2.0 */
#include "handler_tx.h"

#include "failure.h"
#include "sink.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 1024 /* statements: their results wait in the server and in sockets */

static struct handler_tx *own(struct headrace_tx *tx)
{
  return (struct handler_tx *)tx;
}

static int fail(struct handler_tx *tx, const PGresult *result)
{
  if (tx->failed)
    return 0;
  tx->failed = true;
  failure_read(tx->connection, result, &tx->error);
  memcpy(tx->tx.sqlstate, tx->error.sqlstate, sizeof tx->tx.sqlstate);
  return 0;
}

/* ---- the arguments of libpq ------------------------------------------------------------ */

struct arguments {
  Oid *types;
  const char **values;
  int *lengths, *formats;
};

static struct arguments arguments_of(uint32_t count, const struct headrace_parameter *parameters)
{
  struct arguments arguments = {
      sink_alloc((count + 1) * sizeof(Oid)), sink_alloc((count + 1) * sizeof(char *)),
      sink_alloc((count + 1) * sizeof(int)), sink_alloc((count + 1) * sizeof(int))};
  for (uint32_t i = 0; i < count; i++) {
    arguments.types[i] = parameters[i].type;
    arguments.values[i] = parameters[i].data;
    arguments.lengths[i] = (int)parameters[i].size;
    arguments.formats[i] = parameters[i].binary != 0;
  }
  return arguments;
}

static void free_arguments(struct arguments *arguments)
{
  free(arguments->types);
  free(arguments->values);
  free(arguments->lengths);
  free(arguments->formats);
}

/* ---- queued statements -------------------------------------------------------------------- */

static bool enter(struct handler_tx *tx)
{
  if (PQpipelineStatus(tx->connection) != PQ_PIPELINE_OFF)
    return true;
  return PQsetnonblocking(tx->connection, 1) == 0 && PQenterPipelineMode(tx->connection);
}

static int tx_sync(struct headrace_tx *self);

static int tx_queue(struct headrace_tx *self, const char *sql, uint32_t count,
                    const struct headrace_parameter *parameters)
{
  struct handler_tx *tx = own(self);
  if (tx->failed || (tx->queued >= QUEUE_MAX && !tx_sync(self)))
    return 0;
  struct arguments arguments = arguments_of(count, parameters);
  bool sent =
      enter(tx) && PQsendQueryParams(tx->connection, sql, (int)count, arguments.types,
                                     arguments.values, arguments.lengths, arguments.formats, 0);
  free_arguments(&arguments);
  tx->queued++;
  return sent || fail(tx, NULL);
}

/* Reads while it writes: the server must never wait for us to read. */
static bool send_all(struct handler_tx *tx)
{
  int left;
  while ((left = PQflush(tx->connection)) > 0) {
    struct pollfd fd = {.fd = PQsocket(tx->connection), .events = POLLIN | POLLOUT};
    poll(&fd, 1, -1);
    if ((fd.revents & POLLIN) && !PQconsumeInput(tx->connection))
      return false;
  }
  return left == 0;
}

static void receive_all(struct handler_tx *tx)
{
  for (;;) {
    PGresult *result = PQgetResult(tx->connection);
    ExecStatusType status = PQresultStatus(result);
    bool over =
        status == PGRES_PIPELINE_SYNC || (!result && PQstatus(tx->connection) != CONNECTION_OK);
    if (result && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
        status != PGRES_PIPELINE_SYNC && status != PGRES_PIPELINE_ABORTED)
      fail(tx, result);
    PQclear(result);
    if (over)
      return;
  }
}

static int tx_sync(struct headrace_tx *self)
{
  struct handler_tx *tx = own(self);
  if (PQpipelineStatus(tx->connection) == PQ_PIPELINE_OFF)
    return !tx->failed;
  tx->queued = 0;
  if (!PQpipelineSync(tx->connection) || !send_all(tx))
    return fail(tx, NULL);
  receive_all(tx);
  if (PQstatus(tx->connection) != CONNECTION_OK || !PQexitPipelineMode(tx->connection) ||
      PQsetnonblocking(tx->connection, 0) != 0)
    return fail(tx, NULL);
  return !tx->failed;
}

/* ---- statements that are waited for --------------------------------------------------------- */

static PGresult *keep(struct handler_tx *tx, PGresult *result)
{
  tx->results = sink_grow(tx->results, tx->count, &tx->capacity, sizeof(PGresult *));
  return tx->results[tx->count++] = result;
}

static int tx_exec(struct headrace_tx *self, const char *sql, uint32_t count,
                   const struct headrace_parameter *parameters, const struct headrace_rows **rows)
{
  struct handler_tx *tx = own(self);
  if (tx->failed || !tx_sync(self))
    return 0;
  struct arguments arguments = arguments_of(count, parameters);
  PGresult *result = PQexecParams(tx->connection, sql, (int)count, arguments.types,
                                  arguments.values, arguments.lengths, arguments.formats, 0);
  free_arguments(&arguments);
  ExecStatusType status = PQresultStatus(result);
  int good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || fail(tx, result);
  if (good && rows)
    *rows = (const struct headrace_rows *)keep(tx, result);
  else
    PQclear(result);
  return good;
}

static int finish_copy(struct handler_tx *tx)
{
  PGresult *result;
  while ((result = PQgetResult(tx->connection))) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
      fail(tx, result);
    PQclear(result);
  }
  return !tx->failed;
}

static int tx_copy(struct headrace_tx *self, const char *sql, const char *data, size_t size)
{
  struct handler_tx *tx = own(self);
  if (tx->failed || !tx_sync(self))
    return 0;
  PGresult *result = PQexecParams(tx->connection, sql, 0, NULL, NULL, NULL, NULL, 0);
  if (PQresultStatus(result) != PGRES_COPY_IN) {
    fail(tx, result);
    PQclear(result);
    return 0;
  }
  PQclear(result);
  while (size > 0) {
    size_t piece = size < 1 << 20 ? size : 1 << 20;
    if (PQputCopyData(tx->connection, data, (int)piece) != 1)
      return fail(tx, NULL);
    data += piece;
    size -= piece;
  }
  if (PQputCopyEnd(tx->connection, NULL) != 1)
    return fail(tx, NULL);
  return finish_copy(tx);
}

/* ---- savepoints ------------------------------------------------------------------------------ */

static int command(struct handler_tx *tx, const char *format)
{
  char sql[96];
  snprintf(sql, sizeof sql, format, tx->savepoints, tx->savepoints);
  PGresult *result = PQexec(tx->connection, sql);
  int good = PQresultStatus(result) == PGRES_COMMAND_OK || fail(tx, result);
  PQclear(result);
  return good;
}

static int tx_savepoint(struct headrace_tx *self)
{
  struct handler_tx *tx = own(self);
  if (tx->failed || !tx_sync(self))
    return 0;
  tx->savepoints++;
  return command(tx, "SAVEPOINT headrace_handler_%u");
}

static int tx_rollback(struct headrace_tx *self)
{
  struct handler_tx *tx = own(self);
  tx_sync(self);
  if (!tx->savepoints || PQstatus(tx->connection) != CONNECTION_OK)
    return 0;
  tx->failed = false;
  tx->error = (struct pg_error){.result = HEADRACE_OK};
  int good = command(tx, "ROLLBACK TO SAVEPOINT headrace_handler_%u") &&
             command(tx, "RELEASE SAVEPOINT headrace_handler_%u");
  tx->savepoints--;
  return good;
}

static int tx_release(struct headrace_tx *self)
{
  struct handler_tx *tx = own(self);
  if (tx->failed || !tx_sync(self) || !tx->savepoints ||
      !command(tx, "RELEASE SAVEPOINT headrace_handler_%u"))
    return 0;
  tx->savepoints--;
  return 1;
}

/* ---- rows, errors ------------------------------------------------------------------------------
 */

static PGresult *result_of(const struct headrace_rows *rows)
{
  return (PGresult *)(uintptr_t)rows;
}

static size_t tx_count(const struct headrace_rows *rows)
{
  return (size_t)PQntuples(result_of(rows));
}

static struct headrace_value tx_value(const struct headrace_rows *rows, size_t row, uint32_t column)
{
  const PGresult *result = result_of(rows);
  if (row >= tx_count(rows) || column >= (uint32_t)PQnfields(result) ||
      PQgetisnull(result, (int)row, (int)column))
    return (struct headrace_value){0};
  return (struct headrace_value){PQgetvalue(result, (int)row, (int)column),
                                 (uint32_t)PQgetlength(result, (int)row, (int)column),
                                 HEADRACE_TEXT};
}

static int64_t tx_affected(const struct headrace_rows *rows)
{
  return strtoll(PQcmdTuples(result_of(rows)), NULL, 10);
}

static enum headrace_result tx_fail(struct headrace_tx *self, const char *sqlstate,
                                    const char *message)
{
  struct handler_tx *tx = own(self);
  tx->failed = true;
  tx->error = (struct pg_error){.result = HEADRACE_FATAL};
  snprintf(tx->error.sqlstate, sizeof tx->error.sqlstate, "%s", sqlstate);
  snprintf(tx->error.message, sizeof tx->error.message, "%s", message);
  memcpy(tx->tx.sqlstate, tx->error.sqlstate, sizeof tx->tx.sqlstate);
  return HEADRACE_RETRY;
}

/* ---- begin, end
 * ---------------------------------------------------------------------------------- */

void handler_tx_begin(struct handler_tx *tx, PGconn *connection)
{
  *tx = (struct handler_tx){.connection = connection,
                            .tx = {.struct_size = sizeof tx->tx,
                                   .exec = tx_exec,
                                   .queue = tx_queue,
                                   .sync = tx_sync,
                                   .copy = tx_copy,
                                   .savepoint = tx_savepoint,
                                   .rollback = tx_rollback,
                                   .release = tx_release,
                                   .count = tx_count,
                                   .value = tx_value,
                                   .affected = tx_affected,
                                   .fail = tx_fail}};
  tx->tx.message = tx->error.message;
}

bool handler_tx_end(struct handler_tx *tx, bool good, struct pg_error *error)
{
  tx_sync(&tx->tx);
  for (size_t i = 0; i < tx->count; i++)
    PQclear(tx->results[i]);
  free(tx->results);
  if (good && !tx->failed)
    return true;
  if (!tx->failed)
    tx_fail(&tx->tx, "P0001", "the handler returned an error without saying which");
  *error = tx->error;
  if (!error->message[0])
    snprintf(error->message, sizeof error->message, "the connection is gone");
  return false;
}
