/* SPDX-License-Identifier: Apache-2.0 */
#include "on_demand.h"

#include "chunk_reader.h"
#include "held_rows.h"
#include "on_demand_request.h"
#include "pg_quote.h"
#include "setup.h"
#include "stream.h"
#include "touched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chunk holds so much; what is left of its pages is the next one. */
#define HELD_BYTES_MAX  ((size_t)8 << 20)
#define HELD_BYTES_KEEP ((size_t)1 << 20)

/* A chunk's pages: the first guess, which is a page because that never has too many rows, and
 * the most, so that a filter that lets nothing through still leaves the window short. */
#define FIRST_PAGES 1
#define MOST_PAGES  16384

/* Lines taken before the stream has its turn again. */
#define LINES_AT_ONCE 4096

/* Transactions that were streamed last, which a chunk that is read now may not see yet. */
#define STREAMED_MAX 65536

/* A table that changes its columns or its file in so many windows on end is given up. */
#define SPOILED_MAX 100

#define RETRY_MS      1000
#define RETRY_MOST_MS 60000
#define HIDDEN_MS     100

enum phase {
  PHASE_IDLE,    /* no job */
  PHASE_NEXT,    /* a chunk is to be begun */
  PHASE_READING, /* its rows come */
  PHASE_WAITING, /* all are held; the stream is still before the high watermark */
  PHASE_SENDING, /* the stream is at the high watermark and waits */
  PHASE_SENT     /* until the sink has them */
};

struct on_demand {
  struct on_demand_setup setup;
  struct on_demand_jobs jobs;
  struct row_key_secret secret;
  bool standby; /* the server writes no WAL: nothing can be asked for */
  bool look;    /* the table of jobs may have changed */
  bool busy;    /* there is more to do at once */
  int64_t not_before_ms, retry_ms;
  enum phase phase;

  struct on_demand_job job;
  struct on_demand_cursor position; /* of the checkpoint that we began with */
  struct snapshot_tables tables;
  bool described;
  uint64_t rows;
  uint64_t sequence; /* of its rows */
  int spoiled_count;

  struct chunk_reader *reader;
  const struct snapshot_table *table; /* the chunk's */
  struct chunk_range range;
  uint32_t pages; /* of the next chunk */
  char watermark[128];
  struct on_demand_cursor next; /* behind the chunk */
  struct headrace_transaction transaction;
  struct xid_snapshot seen;
  struct held_rows held;
  struct headrace_value *values; /* room for a row of the table */
  uint64_t chunk_rows;           /* sent of the chunk */

  bool low_passed, high_passed, spoiled;
  struct touched touched;
  uint64_t last_relation; /* that was compared with the job's table */
  bool last_is_ours;

  uint32_t *streamed; /* a ring of xids */
  uint64_t streamed_count;
  uint64_t streamed_low;   /* how many when the low watermark passed */
  uint64_t streamed_known; /* so many are visible to all */
  bool delivered;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

static const struct headrace_host *host_of(const struct on_demand *on_demand)
{
  return on_demand->setup.host;
}

/* Only what begins something waits: a chunk that has begun goes on, or the stream would wait. */
static void wait_a_while(struct on_demand *on_demand, int64_t ms)
{
  on_demand->not_before_ms = stream_clock_ms() + ms;
}

static bool is_time(const struct on_demand *on_demand)
{
  return stream_clock_ms() >= on_demand->not_before_ms;
}

/* ---- the window -------------------------------------------------------- */

static bool window_is_open(const struct on_demand *on_demand)
{
  return on_demand->low_passed && !on_demand->high_passed;
}

static void forget_chunk(struct on_demand *on_demand)
{
  on_demand->low_passed = on_demand->high_passed = on_demand->spoiled = false;
  touched_clear(&on_demand->touched);
  held_rows_clear(&on_demand->held, HELD_BYTES_KEEP);
  xid_snapshot_free(&on_demand->seen);
  on_demand->watermark[0] = 0;
  on_demand->chunk_rows = 0;
}

static void close_reader(struct on_demand *on_demand)
{
  chunk_reader_close(on_demand->reader);
  on_demand->reader = NULL;
}

/* The chunk is to be read again, from the same place. */
static void read_again(struct on_demand *on_demand, const char *why)
{
  host_of(on_demand)->log(host_of(on_demand), HEADRACE_DEBUG, "reads a chunk of %s.%s again: %s",
                          on_demand->job.name.schema, on_demand->job.name.table, why);
  if (on_demand->phase == PHASE_READING)
    close_reader(on_demand);
  forget_chunk(on_demand);
  on_demand->phase = PHASE_NEXT;
}

/* ---- jobs -------------------------------------------------------------- */

static void forget_job(struct on_demand *on_demand)
{
  if (on_demand->phase == PHASE_READING)
    close_reader(on_demand);
  forget_chunk(on_demand);
  if (on_demand->described)
    snapshot_tables_free(&on_demand->tables);
  on_demand->described = false;
  on_demand->table = NULL;
  on_demand_job_free(&on_demand->job);
  on_demand->phase = PHASE_IDLE;
  host_of(on_demand)->gauge(host_of(on_demand), "snapshots_on_demand", 0);
}

/* False: said; a job must not end the stream. It is tried again, more and more seldom. */
static bool went_well(struct on_demand *on_demand, bool good, const char *what,
                      const struct pg_error *error)
{
  if (good)
    return true;
  setup_say(host_of(on_demand), what, error);
  wait_a_while(on_demand, on_demand->retry_ms);
  on_demand->retry_ms =
      2 * on_demand->retry_ms < RETRY_MOST_MS ? 2 * on_demand->retry_ms : RETRY_MOST_MS;
  return false;
}

static void end_job(struct on_demand *on_demand, const char *reason)
{
  const struct headrace_host *host = host_of(on_demand);
  struct pg_error error;
  const struct on_demand_job *job = &on_demand->job;
  if (!went_well(on_demand, on_demand_jobs_end(&on_demand->jobs, job->id, reason, &error),
                 "cannot note the end of a snapshot on demand", &error))
    return;
  if (reason)
    host->log(host, HEADRACE_ERROR, "snapshot %" PRIu64 " on demand, of %s.%s, failed: %s", job->id,
              job->name.schema, job->name.table, reason);
  else
    host->log(host, HEADRACE_INFO,
              "snapshot %" PRIu64 " on demand, of %s.%s, is done: %" PRIu64 " rows", job->id,
              job->name.schema, job->name.table, on_demand->rows);
  forget_job(on_demand);
  on_demand->look = true;
}

/* What the checkpoint says is newer than the table of jobs if we died between the two. */
static void begin_where_it_was(struct on_demand *on_demand)
{
  struct on_demand_cursor *mine = &on_demand->job.cursor;
  const struct on_demand_cursor *sent = &on_demand->position;
  if (sent->job != mine->job || sent->table < mine->table)
    return;
  if (sent->table > mine->table || mine->table == 0 ||
      (sent->file == mine->file &&
       (sent->page > mine->page || (sent->page == mine->page && sent->row > mine->row))))
    *mine = *sent;
}

/* Transactions that the stream had before we began, and that wait for a synchronous standby:
 * no other session sees them. (What this role may not see of other sessions is null here.) */
static bool take_hidden(struct on_demand *on_demand, struct pg_error *error)
{
  PGresult *result = catalog_query(on_demand->setup.catalog, error,
                                   "SELECT backend_xid FROM pg_stat_activity WHERE wait_event = "
                                   "'SyncRep' AND backend_xid IS NOT NULL",
                                   0, NULL);
  for (int row = 0; result && row < PQntuples(result); row++) {
    struct headrace_transaction hidden = {.id = strtoul(PQgetvalue(result, row, 0), NULL, 10)};
    on_demand_commit(on_demand, &hidden);
  }
  PQclear(result);
  return result != NULL;
}

/* What is still to be decoded lies behind the slot's restart_lsn. */
static bool take_sequence(struct on_demand *on_demand, struct pg_error *error)
{
  PGresult *result =
      catalog_query(on_demand->setup.catalog, error,
                    "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = $1", 1,
                    &on_demand->setup.slot);
  on_demand->sequence = 0;
  if (result && PQntuples(result) == 1)
    lsn_parse(PQgetvalue(result, 0, 0), &on_demand->sequence);
  PQclear(result);
  return result != NULL;
}

static void begin_job(struct on_demand *on_demand, struct on_demand_job *job)
{
  const struct headrace_host *host = host_of(on_demand);
  struct pg_error error;
  on_demand->job = *job;
  *job = (struct on_demand_job){.id = 0};
  if (!went_well(on_demand,
                 on_demand_jobs_begin(&on_demand->jobs, on_demand->job.id, &error) &&
                     take_hidden(on_demand, &error) && take_sequence(on_demand, &error),
                 "cannot begin a snapshot on demand", &error)) {
    on_demand_job_free(&on_demand->job);
    on_demand->look = true;
    return;
  }
  begin_where_it_was(on_demand);
  on_demand->rows = 0;
  on_demand->spoiled_count = 0;
  on_demand->pages = FIRST_PAGES;
  on_demand->last_relation = 0;
  on_demand->phase = PHASE_NEXT;
  host->gauge(host, "snapshots_on_demand", 1);
  host->log(host, HEADRACE_INFO, "snapshot %" PRIu64 " on demand, of %s.%s%s, begins",
            on_demand->job.id, on_demand->job.name.schema, on_demand->job.name.table,
            on_demand->job.cursor.table ? ", goes on: it" : "");
}

/* A job that is not the next one any more was paused or stopped. */
static void look_at_jobs(struct on_demand *on_demand)
{
  struct pg_error error;
  struct on_demand_job job = {.id = 0};
  bool exist = false;
  if (!went_well(on_demand,
                 on_demand_jobs_exist(&on_demand->jobs, &exist, &error) &&
                     (!exist || on_demand_jobs_next(&on_demand->jobs, &job, &error)),
                 "cannot read the snapshots on demand", &error))
    return;
  on_demand->look = false;
  if (on_demand->job.id && on_demand->job.id != job.id) {
    host_of(on_demand)->log(host_of(on_demand), HEADRACE_INFO,
                            "snapshot %" PRIu64 " on demand, of %s.%s, rests", on_demand->job.id,
                            on_demand->job.name.schema, on_demand->job.name.table);
    forget_job(on_demand);
  }
  if (job.id && !on_demand->job.id)
    begin_job(on_demand, &job);
  on_demand_job_free(&job);
}

/* ---- the table --------------------------------------------------------- */

static bool describe_tables(struct on_demand *on_demand)
{
  const struct on_demand_setup *setup = &on_demand->setup;
  struct table_list names = {.items = &on_demand->job.name, .count = 1};
  struct pg_error error;
  const struct table_name *name = &on_demand->job.name;
  if (on_demand->described)
    snapshot_tables_free(&on_demand->tables);
  on_demand->described = snapshot_tables_read(&on_demand->tables, setup->host, setup->catalog,
                                              setup->publication, &names, &error);
  if (!went_well(on_demand, on_demand->described, "cannot look up a table", &error))
    return false;
  on_demand->last_relation = 0;
  if (on_demand->tables.count &&
      (!setup->filter || table_list_has(setup->filter, name->schema, name->table))) {
    const struct snapshot_table *first = &on_demand->tables.items[0];
    if (!went_well(on_demand, snapshot_table_describe(first, &error), "cannot look up a table",
                   &error))
      return false;
    uint32_t columns = first->row->relation->column_count;
    on_demand->values =
        must(realloc(on_demand->values, (size_t)(columns + 1) * sizeof *on_demand->values));
    return true;
  }
  end_job(on_demand, "the pipeline does not stream this table: its publication lacks it, or "
                     "`tables` does");
  return false;
}

static const struct snapshot_table *table_behind(const struct on_demand *on_demand, uint32_t id)
{
  const struct snapshot_table *first = NULL;
  for (size_t i = 0; i < on_demand->tables.count; i++) {
    const struct snapshot_table *table = &on_demand->tables.items[i];
    if (table->id > id && (!first || table->id < first->id))
      first = table;
  }
  return first;
}

/* The leaf at which the cursor is; the cursor of one that was rewritten begins anew. NULL: all
 * are done. */
static const struct snapshot_table *table_at(struct on_demand *on_demand)
{
  struct on_demand_cursor *cursor = &on_demand->job.cursor;
  const struct snapshot_table *table = snapshot_tables_get(&on_demand->tables, cursor->table);
  if (table && cursor->page != UINT32_MAX && cursor->file == table->file)
    return table;
  if (!table || cursor->page == UINT32_MAX)
    table = table_behind(on_demand, cursor->table);
  if (table)
    *cursor = (struct on_demand_cursor){
        .job = on_demand->job.id, .table = table->id, .file = table->file};
  return table;
}

/* ---- a chunk ----------------------------------------------------------- */

static bool open_reader(struct on_demand *on_demand)
{
  struct pg_error error;
  if (!on_demand->reader)
    on_demand->reader = chunk_reader_open(host_of(on_demand), NULL, &error);
  return went_well(on_demand, on_demand->reader != NULL, "cannot connect for a snapshot on demand",
                   &error);
}

static void begin_chunk(struct on_demand *on_demand)
{
  const struct on_demand_cursor *cursor = &on_demand->job.cursor;
  struct pg_error error;
  if (!on_demand->described && !describe_tables(on_demand))
    return;
  on_demand->table = table_at(on_demand);
  if (!on_demand->table) {
    end_job(on_demand, NULL);
    return;
  }
  if (!open_reader(on_demand))
    return;
  uint32_t left = UINT32_MAX - cursor->page;
  on_demand->range = (struct chunk_range){
      .first = cursor->page,
      .first_row = cursor->row,
      .end = on_demand->pages < left ? cursor->page + on_demand->pages : UINT32_MAX,
      .whole = !on_demand->table->has_tids,
      .with_tids = on_demand->table->has_tids,
      .filter = on_demand->job.filter,
      .sequence = on_demand->sequence,
      .watermark = on_demand->watermark};
  forget_chunk(on_demand);
  snprintf(on_demand->watermark, sizeof on_demand->watermark, "%s %016" PRIx64,
           on_demand->setup.slot, row_key_secret().k0);
  if (!chunk_reader_begin(on_demand->reader, on_demand->table, &on_demand->range, &error)) {
    went_well(on_demand, false, "cannot read a chunk", &error);
    close_reader(on_demand);
    return;
  }
  on_demand->phase = PHASE_READING;
}

static bool take_facts(struct on_demand *on_demand)
{
  on_demand->transaction = chunk_reader_transaction(on_demand->reader);
  xid_snapshot_free(&on_demand->seen);
  return xid_snapshot_parse(chunk_reader_visible(on_demand->reader), &on_demand->seen);
}

/* "(12,3)" and a tab, or the line's end, before the row. 0: it is not there. */
static size_t take_tid(const char *line, size_t size, struct on_demand_cursor *next)
{
  char text[32];
  const char *close = memchr(line, ')', size < sizeof text ? size : sizeof text);
  size_t length = close ? (size_t)(close - line) + 1 : 0;
  if (!length || length == size)
    return 0;
  memcpy(text, line, length);
  text[length - 1] = 0;
  if (sscanf(text, "(%" SCNu32 ",%" SCNu32, &next->page, &next->row) != 2)
    return 0;
  next->row++;
  return length + (line[length] == '\t');
}

/* The line is libpq's copy and may be changed. */
static bool hold_line(struct on_demand *on_demand, char *line, size_t size)
{
  const struct headrace_relation *relation = on_demand->table->row->relation;
  size_t skipped = on_demand->range.with_tids ? take_tid(line, size, &on_demand->next) : 0;
  if (on_demand->range.with_tids && !skipped)
    return false;
  struct row_key key;
  char *copy = must(malloc(size));
  memcpy(copy, line, size);
  bool good =
      chunk_row_parse(on_demand->table, line + skipped, size - skipped, on_demand->values) &&
      row_key_of(&on_demand->secret, relation, on_demand->values, &key);
  if (good)
    held_rows_add(&on_demand->held, &key, copy + skipped, size - skipped);
  free(copy);
  return good;
}

/* As many pages as give the rows that are wanted, but no more than fourfold, and no more bytes
 * than half of what may be held. */
static void fit_pages(struct on_demand *on_demand, uint32_t pages)
{
  uint64_t wanted =
      (uint64_t)host_of(on_demand)->integer(host_of(on_demand), "snapshot_chunk_rows");
  uint64_t rows = on_demand->held.count ? on_demand->held.count : 1;
  uint64_t fitting = pages * wanted / rows;
  if (on_demand->held.used)
    fitting = fitting < pages * (HELD_BYTES_MAX / 2) / on_demand->held.used
                  ? fitting
                  : pages * (HELD_BYTES_MAX / 2) / on_demand->held.used;
  if (fitting > 4 * (uint64_t)pages)
    fitting = 4 * (uint64_t)pages;
  on_demand->pages = fitting < 1 ? 1 : fitting > MOST_PAGES ? MOST_PAGES : (uint32_t)fitting;
}

static void chunk_is_read(struct on_demand *on_demand)
{
  const struct chunk_range *range = &on_demand->range;
  struct on_demand_cursor *next = &on_demand->next;
  bool last = range->whole || range->end >= chunk_reader_pages(on_demand->reader);
  *next = (struct on_demand_cursor){.job = on_demand->job.id,
                                    .table = on_demand->table->id,
                                    .file = on_demand->table->file,
                                    .page = last ? UINT32_MAX : range->end};
  if (take_facts(on_demand)) {
    fit_pages(on_demand, on_demand->pages);
    on_demand->phase = PHASE_WAITING;
  } else {
    read_again(on_demand, "what it saw is not known");
  }
}

/* The rest of the chunk is left to the next one: the reader, which would still read it, goes, so
 * the high watermark and the last look at the table are up to us. */
static void cut_chunk(struct on_demand *on_demand)
{
  struct pg_error error;
  struct on_demand_cursor *next = &on_demand->next;
  next->job = on_demand->job.id;
  next->table = on_demand->table->id;
  next->file = on_demand->table->file;
  uint32_t pages = next->page - on_demand->range.first;
  bool good = take_facts(on_demand);
  close_reader(on_demand);
  on_demand->phase = PHASE_WAITING;
  fit_pages(on_demand, pages ? pages : 1);
  char *content = pg_format("high %s", on_demand->watermark);
  char *literal = pg_quote_literal(content);
  char *sql = pg_format("SELECT pg_logical_emit_message(false, 'headrace.watermark', %s), "
                        "pg_current_xact_id();",
                        literal);
  good = good && went_well(on_demand, catalog_execute(on_demand->setup.catalog, &error, sql),
                           "cannot write a watermark", &error);
  free(sql);
  free(literal);
  free(content);
  if (!good || !chunk_table_is(on_demand->setup.catalog, on_demand->table, &error))
    read_again(on_demand, "the table may have changed");
}

static void chunk_failed(struct on_demand *on_demand, const struct pg_error *error)
{
  close_reader(on_demand);
  on_demand->phase = PHASE_NEXT;
  forget_chunk(on_demand);
  if (error->result == HEADRACE_FATAL)
    end_job(on_demand, error->message);
  else
    went_well(on_demand, false, "cannot read a chunk", error);
}

static void spoil(struct on_demand *on_demand, const char *why)
{
  if (on_demand->described)
    snapshot_tables_free(&on_demand->tables);
  on_demand->described = false;
  read_again(on_demand, why);
  if (++on_demand->spoiled_count > SPOILED_MAX)
    end_job(on_demand, "it is altered or rewritten again and again");
}

/* False: it has ended, or nothing more has come. */
static bool read_line(struct on_demand *on_demand)
{
  struct pg_error error;
  char *line;
  size_t size;
  switch (chunk_reader_line(on_demand->reader, &line, &size, &error)) {
  case CHUNK_ROWS:
    break;
  case CHUNK_NOTHING:
    return false;
  case CHUNK_DONE:
    chunk_is_read(on_demand);
    return false;
  case CHUNK_REWRITTEN:
    spoil(on_demand, "it was altered or rewritten");
    return false;
  default:
    chunk_failed(on_demand, &error);
    return false;
  }
  bool good = hold_line(on_demand, line, size);
  PQfreemem(line);
  if (!good) {
    close_reader(on_demand);
    on_demand->phase = PHASE_NEXT;
    end_job(on_demand, "a row is no line of COPY's text format");
  } else if (on_demand->held.used >= HELD_BYTES_MAX && on_demand->range.with_tids) {
    cut_chunk(on_demand);
  }
  return on_demand->phase == PHASE_READING;
}

static void read_chunk(struct on_demand *on_demand)
{
  for (int i = 0; i < LINES_AT_ONCE; i++)
    if (!read_line(on_demand))
      return;
  on_demand->busy = true;
}

/* ---- at the high watermark --------------------------------------------- */

/* A transaction that was streamed before the low watermark, but that the chunk does not see:
 * its rows in the chunk are older than what was sent. */
static bool any_hidden(struct on_demand *on_demand)
{
  uint64_t first = on_demand->streamed_known;
  if (on_demand->streamed_count > STREAMED_MAX && first < on_demand->streamed_count - STREAMED_MAX)
    first = on_demand->streamed_count - STREAMED_MAX;
  for (uint64_t i = first; i < on_demand->streamed_low; i++)
    if (!xid_snapshot_sees(&on_demand->seen, on_demand->streamed[i % STREAMED_MAX]))
      return true;
  if (on_demand->streamed_low > on_demand->streamed_known)
    on_demand->streamed_known = on_demand->streamed_low;
  return false;
}

static void settle(struct on_demand *on_demand)
{
  if (on_demand->spoiled) {
    spoil(on_demand, "it was described anew between its watermarks");
  } else if (on_demand->touched.overflowed) {
    on_demand->pages = on_demand->pages > 1 ? on_demand->pages / 2 : 1;
    read_again(on_demand, "too much of it was changed between its watermarks");
  } else if (any_hidden(on_demand)) {
    read_again(on_demand, "a transaction that was sent is not visible yet");
    wait_a_while(on_demand, HIDDEN_MS);
  } else {
    touched_resolve(&on_demand->touched, &on_demand->seen,
                    on_demand->table->row->relation->key_count > 0);
    on_demand->phase = PHASE_SENDING;
  }
}

static void send_rows(struct on_demand *on_demand, struct headrace_batch *batch,
                      struct pg_position *position, bool *moved)
{
  const struct headrace_host *host = host_of(on_demand);
  struct headrace_transaction *transaction = host->alloc(host, batch, sizeof *transaction);
  struct held_row row;
  *transaction = on_demand->transaction;
  *moved = true;
  while (!host->full(host, batch)) {
    if (!held_rows_next(&on_demand->held, &row)) {
      position->on_demand = on_demand->next;
      on_demand->delivered = false;
      on_demand->phase = PHASE_SENT;
      return;
    }
    if (touched_takes(&on_demand->touched, &row.key))
      continue;
    /* It was parsed when it came: it cannot be broken. */
    chunk_row_add(host, batch, on_demand->table, transaction, row.line, row.size,
                  HEADRACE_READ_ON_DEMAND);
    on_demand->chunk_rows++;
  }
}

static void chunk_is_delivered(struct on_demand *on_demand)
{
  const struct headrace_host *host = host_of(on_demand);
  struct pg_error error;
  if (!went_well(
          on_demand,
          on_demand_jobs_save(&on_demand->jobs, &on_demand->next, on_demand->chunk_rows, &error),
          "cannot note how far a snapshot on demand is", &error))
    return;
  on_demand->job.cursor = on_demand->next;
  on_demand->rows += on_demand->chunk_rows;
  on_demand->spoiled_count = 0;
  on_demand->retry_ms = RETRY_MS;
  host->counter(host, "snapshot_rows_on_demand", on_demand->chunk_rows);
  forget_chunk(on_demand);
  on_demand->phase = PHASE_NEXT;
}

/* ---- all of it --------------------------------------------------------- */

/* True: there may be more to do at once. */
static bool step(struct on_demand *on_demand, struct headrace_batch *batch,
                 struct pg_position *position, bool *moved)
{
  enum phase before = on_demand->phase;
  switch (before) {
  case PHASE_IDLE:
    return false;
  case PHASE_NEXT:
    if (is_time(on_demand))
      begin_chunk(on_demand);
    break;
  case PHASE_READING:
    read_chunk(on_demand);
    break;
  case PHASE_WAITING:
    if (on_demand->high_passed)
      settle(on_demand);
    break;
  case PHASE_SENDING:
    send_rows(on_demand, batch, position, moved);
    break;
  case PHASE_SENT:
    if (on_demand->delivered && is_time(on_demand))
      chunk_is_delivered(on_demand);
    break;
  }
  return on_demand->phase != before;
}

enum headrace_result on_demand_work(struct on_demand *on_demand, struct headrace_batch *batch,
                                    struct pg_position *position, bool *moved)
{
  bool between = on_demand->phase < PHASE_SENDING;
  on_demand->busy = false;
  if (on_demand->look && between && is_time(on_demand))
    look_at_jobs(on_demand);
  while (step(on_demand, batch, position, moved))
    ;
  if (on_demand->phase == PHASE_IDLE && position->on_demand.job) {
    position->on_demand = (struct on_demand_cursor){.job = 0};
    *moved = true;
  }
  return HEADRACE_OK;
}

bool on_demand_blocks(const struct on_demand *on_demand)
{
  return on_demand->phase == PHASE_SENDING ||
         (on_demand->high_passed && on_demand->phase < PHASE_SENDING);
}

bool on_demand_busy(const struct on_demand *on_demand)
{
  return on_demand->busy;
}

int on_demand_socket(const struct on_demand *on_demand)
{
  return on_demand->phase == PHASE_READING ? chunk_reader_socket(on_demand->reader) : -1;
}

static bool same_place(const struct on_demand_cursor *a, const struct on_demand_cursor *b)
{
  return a->job == b->job && a->table == b->table && a->file == b->file && a->page == b->page &&
         a->row == b->row;
}

void on_demand_delivered(struct on_demand *on_demand, const struct pg_position *position)
{
  if (on_demand->phase == PHASE_SENT && same_place(&position->on_demand, &on_demand->next))
    on_demand->delivered = true;
}

/* ---- what passes in the stream ----------------------------------------- */

void on_demand_commit(struct on_demand *on_demand, const struct headrace_transaction *transaction)
{
  on_demand->streamed[on_demand->streamed_count++ % STREAMED_MAX] = (uint32_t)transaction->id;
}

static bool same_columns(const struct headrace_relation *a, const struct headrace_relation *b)
{
  if (a->column_count != b->column_count || a->key_count != b->key_count ||
      (a->key_count && memcmp(a->key, b->key, a->key_count * sizeof *a->key) != 0))
    return false;
  for (uint32_t n = 0; n < a->column_count; n++)
    if (strcmp(a->columns[n].name, b->columns[n].name) != 0 ||
        a->columns[n].type_id != b->columns[n].type_id)
      return false;
  return true;
}

/* Of the job's table; if it is not as the chunk's rows are, the chunk is spoiled. */
static bool is_ours(struct on_demand *on_demand, const struct headrace_relation *relation)
{
  const struct table_name *name = &on_demand->job.name;
  if (relation->id == on_demand->last_relation)
    return on_demand->last_is_ours;
  on_demand->last_relation = relation->id;
  on_demand->last_is_ours =
      !strcmp(relation->table, name->table) && !strcmp(relation->schema, name->schema);
  if (on_demand->last_is_ours && on_demand->table && on_demand->described &&
      !same_columns(relation, on_demand->table->row->relation))
    on_demand->spoiled = true;
  return on_demand->last_is_ours;
}

void on_demand_relation(struct on_demand *on_demand, const struct headrace_relation *relation)
{
  if (!on_demand->job.id || !is_ours(on_demand, relation))
    return;
  on_demand->last_relation = 0;
  if (on_demand->watermark[0])
    on_demand->spoiled = true;
}

static void touch(struct on_demand *on_demand, enum touched_kind kind,
                  const struct headrace_change *change, const struct headrace_value *values)
{
  struct row_key key;
  uint32_t xid = (uint32_t)change->transaction->id;
  if (row_key_of(&on_demand->secret, change->relation, values, &key))
    touched_add(&on_demand->touched, kind, &key, xid);
  else
    on_demand->touched.overflowed = true; /* which row it is cannot be told */
}

/* A large key that did not change is in the old row alone. */
static void touch_new(struct on_demand *on_demand, const struct headrace_change *change)
{
  const struct headrace_relation *relation = change->relation;
  if (!change->old_values || !relation->key_count) {
    touch(on_demand, TOUCHED_ADDED, change, change->new_values);
    return;
  }
  for (uint32_t n = 0; n < relation->key_count; n++) {
    uint16_t column = relation->key[n];
    on_demand->values[column] = change->new_values[column].state == HEADRACE_ABSENT
                                    ? change->old_values[column]
                                    : change->new_values[column];
  }
  touch(on_demand, TOUCHED_ADDED, change, on_demand->values);
}

void on_demand_change(struct on_demand *on_demand, struct headrace_change *change)
{
  if (!on_demand->job.id || !change->relation || !is_ours(on_demand, change->relation))
    return;
  if (change->operation == HEADRACE_UPDATE)
    reselect_note(on_demand->setup.reselect, change);
  if (!window_is_open(on_demand) || on_demand->spoiled)
    return;
  if (change->operation == HEADRACE_TRUNCATE)
    touched_add(&on_demand->touched, TOUCHED_TRUNCATED, NULL, (uint32_t)change->transaction->id);
  if (change->old_values)
    touch(on_demand, TOUCHED_REMOVED, change, change->old_values);
  if (change->new_values)
    touch_new(on_demand, change);
}

static bool is_watermark(const struct on_demand *on_demand, const char *which, const char *content,
                         size_t size)
{
  size_t first = strlen(which), second = strlen(on_demand->watermark);
  return second && size == first + second && !memcmp(content, which, first) &&
         !memcmp(content + first, on_demand->watermark, second);
}

enum headrace_result on_demand_message(struct on_demand *on_demand, const char *prefix,
                                       const char *content, size_t size, uint64_t lsn)
{
  if (!strcmp(prefix, "headrace.watermark")) {
    if (is_watermark(on_demand, "low ", content, size)) {
      on_demand->low_passed = true;
      on_demand->streamed_low = on_demand->streamed_count;
    } else if (is_watermark(on_demand, "high ", content, size)) {
      on_demand->high_passed = true;
    }
    return HEADRACE_OK;
  }
  if (strcmp(prefix, "headrace.snapshot") != 0)
    return HEADRACE_OK;
  on_demand->look = true;
  if (!size)
    return HEADRACE_OK;
  if (on_demand->standby) {
    host_of(on_demand)->log(host_of(on_demand), HEADRACE_ERROR,
                            "a message asks for a snapshot on demand, but the server is a standby, "
                            "which cannot write watermarks: it is ignored");
    return HEADRACE_OK;
  }
  return on_demand_request(host_of(on_demand), &on_demand->jobs, content, size, lsn);
}

/* ---- open, close ------------------------------------------------------- */

static bool is_standby(struct catalog *catalog, bool *standby, struct pg_error *error)
{
  PGresult *result = catalog_query(catalog, error, "SELECT pg_is_in_recovery()", 0, NULL);
  *standby = result && *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  return result != NULL;
}

enum headrace_result on_demand_open(const struct on_demand_setup *setup, struct on_demand **opened)
{
  const struct headrace_host *host = setup->host;
  struct pg_error error;
  bool standby;
  *opened = NULL;
  if (!is_standby(setup->catalog, &standby, &error))
    return setup_say(host, "cannot ask whether the server is a standby", &error);
  struct on_demand *on_demand = must(calloc(1, sizeof *on_demand));
  on_demand->setup = *setup;
  on_demand->position = setup->position->on_demand;
  on_demand->setup.position = NULL;
  on_demand->jobs = (struct on_demand_jobs){.catalog = setup->catalog,
                                            .schema = host->string(host, "snapshot_schema"),
                                            .slot = setup->slot};
  on_demand->secret = row_key_secret();
  on_demand->standby = standby;
  on_demand->retry_ms = RETRY_MS;
  on_demand->look = !standby;
  on_demand->streamed = must(calloc(STREAMED_MAX, sizeof *on_demand->streamed));
  host->gauge(host, "snapshots_on_demand", 0);
  *opened = on_demand;
  return HEADRACE_OK;
}

void on_demand_close(struct on_demand *on_demand)
{
  if (!on_demand)
    return;
  forget_job(on_demand);
  close_reader(on_demand);
  touched_free(&on_demand->touched);
  held_rows_free(&on_demand->held);
  free(on_demand->values);
  free(on_demand->streamed);
  free(on_demand);
}
