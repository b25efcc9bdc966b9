/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot_reading.h"

#include "chunk_reader.h"
#include "pg_quote.h"
#include "stream.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_AGAIN_MS 500 /* when there was nothing to claim */

/* In 32 bits a transaction ID is one of the last 2^32 before the next one. */
#define SINCE_FILTER                                                                               \
  "xmin::text::int8 >= 3 AND (SELECT pg_snapshot_xmax(pg_current_snapshot()))::text::int8 - "      \
  "(((SELECT pg_snapshot_xmax(pg_current_snapshot()))::text::int8 - xmin::text::int8) & "          \
  "4294967295) >= %s"

struct table_set {
  struct snapshot_tables tables;
  struct table_set *older; /* workers may still read tables of it */
};

enum worker_state {
  WORKER_IDLE,    /* no chunk */
  WORKER_READING, /* its rows come */
  WORKER_WAITING  /* all are in batches, which the sink does not have yet */
};

struct snapshot_worker {
  enum worker_state state;
  struct chunk_reader *reader; /* NULL: not connected */
  struct snapshot_chunk chunk;
  const struct snapshot_table *table;
  char *filter;
  uint64_t number; /* WAITING: of the chunk, among those completed here */
  uint64_t counted;
};

static enum headrace_result say(const struct snapshot_reading *reading, const char *what,
                                const struct pg_error *error)
{
  return setup_say(reading->host, what, error);
}

/* ---- tables ------------------------------------------------------------ */

struct snapshot_tables *reading_tables(struct snapshot_reading *reading)
{
  return &reading->tables->tables;
}

static void free_sets(struct table_set *set)
{
  while (set) {
    struct table_set *older = set->older;
    snapshot_tables_free(&set->tables);
    free(set);
    set = older;
  }
}

static enum headrace_result describe_tables(struct snapshot_reading *reading)
{
  struct pg_error error;
  struct table_set *set = calloc(1, sizeof *set);
  if (!set)
    abort();
  if (!snapshot_tables_read(&set->tables, reading->host, reading->catalog, reading->publication,
                            reading->names, &error)) {
    free(set);
    return say(reading, "cannot look up the tables of the snapshot", &error);
  }
  set->older = reading->tables;
  reading->tables = set;
  return HEADRACE_OK;
}

static bool somebody_reads(const struct snapshot_reading *reading)
{
  for (size_t i = 0; i < reading->worker_count; i++)
    if (reading->workers[i].state == WORKER_READING)
      return true;
  return false;
}

enum headrace_result reading_open(struct snapshot_reading *reading)
{
  reading->worker_count = (size_t)reading->host->integer(reading->host, "snapshot_workers");
  reading->workers = calloc(reading->worker_count, sizeof *reading->workers);
  if (!reading->workers)
    abort();
  return describe_tables(reading);
}

static void forget_chunk(struct snapshot_worker *worker)
{
  worker->state = WORKER_IDLE;
  free(worker->filter);
  free(worker->chunk.since);
  worker->filter = worker->chunk.since = NULL;
}

void reading_drop(struct snapshot_reading *reading)
{
  for (size_t i = 0; i < reading->worker_count; i++) {
    struct snapshot_worker *worker = &reading->workers[i];
    forget_chunk(worker);
    chunk_reader_close(worker->reader);
    worker->reader = NULL;
  }
}

void reading_close(struct snapshot_reading *reading)
{
  reading_drop(reading);
  free(reading->workers);
  free_sets(reading->tables);
  reading->workers = NULL;
  reading->tables = NULL;
  reading->worker_count = 0;
}

/* ---- a chunk ----------------------------------------------------------- */

static int64_t chunk_rows(const struct snapshot_reading *reading)
{
  return reading->host->integer(reading->host, "snapshot_chunk_rows");
}

/* The table is not what its chunks were planned for. */
static enum headrace_result plan_again(struct snapshot_reading *reading,
                                       struct snapshot_worker *worker)
{
  struct pg_error error;
  const struct headrace_host *host = reading->host;
  enum headrace_result result = describe_tables(reading);
  if (result != HEADRACE_OK)
    return result;
  uint32_t id = worker->chunk.table;
  const struct snapshot_table *table = snapshot_tables_get(reading_tables(reading), id);
  if (table)
    host->log(host, HEADRACE_WARNING,
              "table \"%s\".\"%s\" was rewritten or altered while its snapshot went on: if its "
              "rows have moved, all of it is read again",
              table->schema, table->name);
  else
    host->log(host, HEADRACE_WARNING,
              "a table (pg_class.oid %" PRIu32 ") was dropped, or taken out of the publication, "
              "while its snapshot went on",
              id);
  uint64_t chunk = worker->chunk.id;
  forget_chunk(worker);
  reading->next_claim_ms = 0;
  if (snapshot_job_plan_again(reading->job, id, table, chunk_rows(reading), &error) &&
      snapshot_job_release(reading->job, chunk, &error))
    return HEADRACE_OK;
  return say(reading, "cannot plan the snapshot of a table again", &error);
}

static bool connect_worker(struct snapshot_reading *reading, struct snapshot_worker *worker,
                           struct pg_error *error)
{
  if (!worker->reader)
    worker->reader =
        chunk_reader_open(reading->host, *reading->exported ? reading->exported : NULL, error);
  return worker->reader != NULL;
}

static enum headrace_result begin_chunk(struct snapshot_reading *reading,
                                        struct snapshot_worker *worker)
{
  struct pg_error error;
  const struct snapshot_chunk *chunk = &worker->chunk;
  worker->table = snapshot_tables_get(reading_tables(reading), chunk->table);
  if (!worker->table || worker->table->file != chunk->file)
    return plan_again(reading, worker);
  if (chunk->since)
    worker->filter = pg_format(SINCE_FILTER, chunk->since);
  struct chunk_range range = {.first = chunk->first,
                              .end = chunk->end,
                              .whole = chunk->whole,
                              .filter = worker->filter,
                              .sequence = reading->start};
  if (!connect_worker(reading, worker, &error) ||
      !chunk_reader_begin(worker->reader, worker->table, &range, &error))
    return say(reading, "cannot read a chunk of the snapshot", &error);
  worker->state = WORKER_READING;
  worker->counted = 0;
  return HEADRACE_OK;
}

static enum headrace_result claim(struct snapshot_reading *reading, struct snapshot_worker *worker)
{
  struct pg_error error;
  if (!snapshot_job_claim(reading->job, &worker->chunk, &error))
    return say(reading, "cannot claim a chunk of the snapshot", &error);
  if (worker->chunk.id)
    return begin_chunk(reading, worker);
  reading->next_claim_ms = stream_clock_ms() + CLAIM_AGAIN_MS;
  return HEADRACE_OK;
}

/* What SET TRANSACTION SNAPSHOT says of a snapshot that is gone (snapmgr.c, procarray.c). */
static bool is_export_lost(const struct snapshot_reading *reading,
                           const struct snapshot_worker *worker, const struct pg_error *error)
{
  static const char *const states[] = {"22023", "42704", "55000", "58P01"};
  if (!*reading->exported || chunk_reader_visible(worker->reader))
    return false;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (!strcmp(error->sqlstate, states[i]))
      return true;
  return false;
}

static enum headrace_result chunk_failed(struct snapshot_reading *reading,
                                         struct snapshot_worker *worker,
                                         const struct pg_error *error)
{
  if (is_export_lost(reading, worker, error)) {
    reading->export_lost = true;
    return HEADRACE_OK;
  }
  char *what =
      pg_format("cannot read table \"%s\".\"%s\"", worker->table->schema, worker->table->name);
  enum headrace_result result = say(reading, what, error);
  free(what);
  return result;
}

static enum headrace_result read_chunk(struct snapshot_reading *reading,
                                       struct snapshot_worker *worker, struct headrace_batch *batch,
                                       bool *came)
{
  struct pg_error error;
  enum chunk_status status = chunk_reader_read(worker->reader, batch, 0, &error);
  uint64_t rows = chunk_reader_rows(worker->reader);
  reading->rows += rows - worker->counted;
  reading->host->counter(reading->host, "snapshot_rows_read", rows - worker->counted);
  worker->counted = rows;
  if (status == CHUNK_NOTHING)
    return HEADRACE_OK;
  *came = true;
  if (status == CHUNK_DONE) {
    worker->state = WORKER_WAITING;
    worker->number = ++reading->completed;
  }
  if (status == CHUNK_REWRITTEN)
    return plan_again(reading, worker);
  return status == CHUNK_FAILED ? chunk_failed(reading, worker, &error) : HEADRACE_OK;
}

/* ---- all workers ------------------------------------------------------- */

static enum headrace_result work(struct snapshot_reading *reading, struct snapshot_worker *worker,
                                 struct headrace_batch *batch, bool *came)
{
  enum headrace_result result = HEADRACE_OK;
  if (worker->state == WORKER_IDLE && stream_clock_ms() >= reading->next_claim_ms)
    result = claim(reading, worker);
  if (result == HEADRACE_OK && worker->state == WORKER_READING)
    result = read_chunk(reading, worker, batch, came);
  return result;
}

static bool all_idle(const struct snapshot_reading *reading)
{
  for (size_t i = 0; i < reading->worker_count; i++)
    if (reading->workers[i].state != WORKER_IDLE)
      return false;
  return true;
}

enum headrace_result reading_step(struct snapshot_reading *reading, struct headrace_batch *batch,
                                  bool *came)
{
  const struct headrace_host *host = reading->host;
  enum headrace_result result = HEADRACE_OK;
  if (!somebody_reads(reading) && reading->tables->older) {
    free_sets(reading->tables->older);
    reading->tables->older = NULL;
  }
  for (size_t i = 0; result == HEADRACE_OK && i < reading->worker_count; i++) {
    size_t index = (reading->first + i) % reading->worker_count;
    result = work(reading, &reading->workers[index], batch, came);
    if (host->full(host, batch)) {
      reading->first = index + 1;
      break;
    }
  }
  reading->exhausted = all_idle(reading) && stream_clock_ms() < reading->next_claim_ms;
  return result;
}

#define WORKERS_MAX 64

void reading_wait(const struct snapshot_reading *reading, int timeout_ms)
{
  struct pollfd fds[WORKERS_MAX + 1] = {{.fd = reading->host->wake_fd, .events = POLLIN}};
  nfds_t count = 1;
  for (size_t i = 0; i < reading->worker_count; i++) {
    const struct snapshot_worker *worker = &reading->workers[i];
    if (worker->state != WORKER_READING)
      continue;
    bool writes = chunk_reader_wants_write(worker->reader);
    fds[count++] = (struct pollfd){.fd = chunk_reader_socket(worker->reader),
                                   .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
  }
  poll(fds, count, timeout_ms);
}

enum headrace_result reading_delivered(struct snapshot_reading *reading, uint64_t count)
{
  struct pg_error error;
  for (size_t i = 0; i < reading->worker_count; i++) {
    struct snapshot_worker *worker = &reading->workers[i];
    if (worker->state != WORKER_WAITING || worker->number > count)
      continue;
    if (!snapshot_job_done(reading->job, worker->chunk.id, worker->counted, &error))
      return say(reading, "cannot note that a chunk of the snapshot is done", &error);
    forget_chunk(worker);
  }
  return HEADRACE_OK;
}
