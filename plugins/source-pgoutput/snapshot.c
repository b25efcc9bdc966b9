/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include "pg_quote.h"
#include "slot_maker.h"
#include "snapshot_progress.h"
#include "snapshot_reading.h"
#include "stream.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 200 /* whether the coordinator is ready, and whether others are */
#define GATHER_MS     4   /* a batch waits so long for more rows */

enum step {
  STEP_JOIN,    /* is there a job to take part in, or one to be made? */
  STEP_SLOT,    /* the slot is being made */
  STEP_VISIBLE, /* until others see what the slot's snapshot sees */
  STEP_READ,
  STEP_OVER
};

struct snapshot {
  const struct headrace_host *host;
  struct setup *setup;
  bool only;
  uint64_t seen;
  enum step step;
  int64_t next_look_ms;
  bool said_waiting;
  struct snapshot_job job;
  struct slot_maker maker;
  char *visible;    /* text of the snapshot that everybody is to see */
  PGconn *exporter; /* only: holds the snapshot for all */
  uint64_t start;
  struct snapshot_reading reading;
  uint64_t sent, sent_rows; /* chunks and rows when the last position was set */
  int64_t next_heartbeat_ms, last_heartbeat_ms;
  struct progress progress;
};

static enum headrace_result say(const struct snapshot *snapshot, const char *what,
                                const struct pg_error *error)
{
  enum headrace_result result = setup_say(snapshot->host, what, error);
  if (!strcmp(error->sqlstate, "42501"))
    snapshot->host->log(snapshot->host, HEADRACE_ERROR,
                        "a snapshot needs the right to read its tables, and to create the schema "
                        "\"%s\" or tables in it: GRANT CREATE ON DATABASE … TO …;",
                        snapshot->host->string(snapshot->host, "snapshot_schema"));
  return result;
}

static char *job_name(const struct setup *setup, bool only)
{
  return only ? pg_format("only:%s", setup->host->pipeline) : pg_format("%s", setup->slot);
}

static bool open_job(const struct setup *setup, bool only, struct snapshot_job *job,
                     struct pg_error *error)
{
  char *name = job_name(setup, only);
  bool good = snapshot_job_open(job, setup->host,
                                setup->host->string(setup->host, "snapshot_schema"), name, error);
  free(name);
  return good;
}

enum headrace_result snapshot_look(const struct setup *setup, bool only, struct snapshot_need *need)
{
  struct pg_error error;
  struct snapshot_job job;
  struct snapshot_job_row row;
  *need = (struct snapshot_need){.job = 0};
  if (!open_job(setup, only, &job, &error))
    return setup_say(setup->host, "cannot connect", &error);
  bool good = snapshot_job_look(&job, &row, &error);
  snapshot_job_close(&job);
  if (!good)
    return setup_say(setup->host, "cannot look for an unfinished snapshot", &error);
  *need = (struct snapshot_need){.unfinished = row.state == SNAPSHOT_PREPARING ||
                                               row.state == SNAPSHOT_READING,
                                 .done = row.state == SNAPSHOT_DONE,
                                 .job = row.id,
                                 .start = row.start,
                                 .end = row.end};
  return HEADRACE_OK;
}

enum headrace_result snapshot_open(struct setup *setup, bool only, uint64_t seen,
                                   struct snapshot **opened)
{
  struct pg_error error;
  struct snapshot *snapshot = calloc(1, sizeof *snapshot);
  if (!snapshot)
    abort();
  *snapshot = (struct snapshot){.host = setup->host, .setup = setup, .only = only, .seen = seen};
  if (!open_job(setup, only, &snapshot->job, &error)) {
    free(snapshot);
    return setup_say(setup->host, "cannot connect", &error);
  }
  *opened = snapshot;
  return HEADRACE_OK;
}

static void end_walsender(struct snapshot *snapshot)
{
  slot_maker_end(&snapshot->maker);
  PQfinish(snapshot->setup->walsender);
  snapshot->setup->walsender = NULL;
}

void snapshot_close(struct snapshot *snapshot)
{
  if (!snapshot)
    return;
  end_walsender(snapshot);
  reading_close(&snapshot->reading);
  PQfinish(snapshot->exporter);
  snapshot_job_close(&snapshot->job);
  progress_end(&snapshot->progress);
  free(snapshot->visible);
  free(snapshot);
}

/* ---- the coordinator: what all others read ----------------------------- */

/* What a session sees. A slot's exported snapshot may have an xmin above its xmax (43954:43953: was
 * seen on PostgreSQL 15), which pg_snapshot does not take; it means that all before xmin is seen.
 */
#define VISIBLE                                                                                    \
  "(SELECT CASE WHEN split_part(s, ':', 1)::numeric > split_part(s, ':', 2)::numeric "             \
  "THEN concat_ws(':', split_part(s, ':', 1), split_part(s, ':', 1), '') ELSE s END "              \
  "FROM (SELECT pg_current_snapshot()::text) c(s))"

/* Text of what a session sees, and the WAL's end, by a statement in it. */
static bool look_at(struct snapshot *snapshot, PGconn *connection, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error,
                              "SELECT " VISIBLE ", CASE WHEN pg_is_in_recovery() THEN "
                              "pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END",
                              0, NULL);
  if (!result)
    return false;
  free(snapshot->visible);
  snapshot->visible = pg_format("%s", PQgetvalue(result, 0, 0));
  if (snapshot->only)
    lsn_parse(PQgetvalue(result, 0, 1), &snapshot->start);
  PQclear(result);
  return true;
}

static bool command(PGconn *connection, const char *sql, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error, sql, 0, NULL);
  PQclear(result);
  return result != NULL;
}

/* The slot's exported snapshot: only what it sees is wanted of it. */
static bool look_at_slot_snapshot(struct snapshot *snapshot, struct pg_error *error)
{
  PGconn *connection = snapshot->job.connection;
  char *literal = pg_quote_literal(snapshot->maker.snapshot);
  char *sql = pg_format("SET TRANSACTION SNAPSHOT %s", literal);
  bool good = command(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ", error) &&
              command(connection, sql, error) && look_at(snapshot, connection, error);
  free(sql);
  free(literal);
  struct pg_error ignored;
  command(connection, "ROLLBACK", &ignored);
  return good;
}

/* A slot that was there: all that run now have to end, as when it was made. */
static bool look_at_present(struct snapshot *snapshot, struct pg_error *error)
{
  PGresult *result = pg_query(snapshot->job.connection, error,
                              "SELECT concat_ws(':', x, x, '') FROM (SELECT "
                              "pg_snapshot_xmax(pg_current_snapshot())::text) s(x)",
                              0, NULL);
  if (!result)
    return false;
  free(snapshot->visible);
  snapshot->visible = pg_format("%s", PQgetvalue(result, 0, 0));
  PQclear(result);
  return true;
}

static bool drop_slot(struct snapshot *snapshot, struct pg_error *error)
{
  const char *values[] = {snapshot->setup->slot};
  PGresult *result = pg_query(snapshot->job.connection, error,
                              "SELECT pg_drop_replication_slot(slot_name) FROM "
                              "pg_replication_slots WHERE slot_name = $1",
                              1, values);
  bool dropped = result && PQntuples(result) == 1;
  PQclear(result);
  if (dropped)
    snapshot->host->log(snapshot->host, HEADRACE_WARNING,
                        "replication slot %s is dropped, and made anew for a new snapshot",
                        snapshot->setup->slot);
  return result != NULL;
}

/* A job that never began to read made its slot for nothing. */
static enum headrace_result begin_with_slot(struct snapshot *snapshot, bool was_preparing)
{
  struct pg_error error;
  struct setup *setup = snapshot->setup;
  bool anew = setup->snapshot_again || (was_preparing && setup->slot_create);
  enum headrace_result result = setup_publication(setup);
  if (result != HEADRACE_OK)
    return result;
  if (anew && !drop_slot(snapshot, &error))
    return say(snapshot, "cannot drop the replication slot", &error);
  setup->slot_missing = setup->slot_missing || anew;
  result = setup_slot(setup);
  if (result != HEADRACE_OK)
    return result;
  if (!snapshot_job_begin(&snapshot->job, snapshot->host->string(snapshot->host, "snapshot_schema"),
                          &error))
    return say(snapshot, "cannot begin a snapshot", &error);
  if (setup->slot_missing) {
    snapshot->step = STEP_SLOT;
    return slot_maker_begin(&snapshot->maker, setup, true);
  }
  snapshot->start = setup->slot_lsn;
  snapshot->step = STEP_VISIBLE;
  return look_at_present(snapshot, &error)
             ? HEADRACE_OK
             : say(snapshot, "cannot look at what runs on the server", &error);
}

static enum headrace_result slot_is_made(struct snapshot *snapshot)
{
  struct pg_error error;
  snapshot->start = snapshot->maker.lsn;
  snapshot->setup->slot_missing = false;
  snapshot->step = STEP_VISIBLE;
  return look_at_slot_snapshot(snapshot, &error)
             ? HEADRACE_OK
             : say(snapshot, "cannot look at the slot's snapshot", &error);
}

static bool plan(struct snapshot *snapshot, struct pg_error *error)
{
  const struct snapshot_tables *tables = reading_tables(&snapshot->reading);
  int64_t rows = snapshot->host->integer(snapshot->host, "snapshot_chunk_rows");
  for (size_t i = 0; i < tables->count; i++)
    if (!snapshot_job_plan(&snapshot->job, &tables->items[i], rows, error))
      return false;
  return true;
}

static enum headrace_result describe(struct snapshot *snapshot)
{
  struct setup *setup = snapshot->setup;
  struct snapshot_reading *reading = &snapshot->reading;
  if (reading->workers)
    return HEADRACE_OK;
  *reading = (struct snapshot_reading){.host = snapshot->host,
                                       .job = &snapshot->job,
                                       .catalog = setup->catalog,
                                       .publication = setup->publication,
                                       .names = &setup->tables};
  return reading_open(reading);
}

/* An empty publication may get its tables later, but there is no later for `only`. */
static enum headrace_result check_tables(struct snapshot *snapshot)
{
  const char *publication = snapshot->setup->publication;
  if (reading_tables(&snapshot->reading)->count)
    return HEADRACE_OK;
  snapshot->host->log(snapshot->host, snapshot->only ? HEADRACE_ERROR : HEADRACE_WARNING,
                      "there is no table to read: look at `tables`%s%s%s",
                      publication ? " and at publication \"" : "", publication ? publication : "",
                      publication ? "\", which has to be there and to have them" : "");
  return snapshot->only ? HEADRACE_FATAL : HEADRACE_OK;
}

static enum headrace_result plan_all(struct snapshot *snapshot)
{
  struct pg_error error;
  enum headrace_result result = describe(snapshot);
  if (result == HEADRACE_OK)
    result = check_tables(snapshot);
  if (result != HEADRACE_OK)
    return result;
  if (plan(snapshot, &error) && snapshot_job_read(&snapshot->job, snapshot->start, &error))
    return HEADRACE_OK;
  return say(snapshot, "cannot plan the snapshot", &error);
}

/* The slot is there and everybody sees what it saw. */
static enum headrace_result check_visible(struct snapshot *snapshot)
{
  struct pg_error error;
  bool sees;
  if (!snapshot_job_sees(&snapshot->job, snapshot->visible, &sees, &error))
    return say(snapshot, "cannot compare snapshots", &error);
  if (!sees)
    return HEADRACE_OK;
  enum headrace_result result = plan_all(snapshot);
  if (result != HEADRACE_OK)
    return result;
  snapshot->step = STEP_JOIN;
  return snapshot_job_unlock(&snapshot->job, &error)
             ? HEADRACE_OK
             : say(snapshot, "cannot go on with the snapshot", &error);
}

/* ---- the coordinator of `only` ----------------------------------------- */

static bool export_snapshot(struct snapshot *snapshot, struct pg_error *error)
{
  struct pg_target target = {.host = snapshot->host,
                             .application_name = "headrace exported snapshot",
                             .settings =
                                 PG_TEXT_SETTINGS " -c idle_in_transaction_session_timeout=0 -c "
                                                  "statement_timeout=0"};
  PQfinish(snapshot->exporter);
  snapshot->exporter = pg_connect(&target, error);
  if (!snapshot->exporter ||
      !command(snapshot->exporter, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error) ||
      !look_at(snapshot, snapshot->exporter, error))
    return false;
  PGresult *result = pg_query(snapshot->exporter, error, "SELECT pg_export_snapshot()", 0, NULL);
  bool good = result && snapshot_job_export(&snapshot->job, PQgetvalue(result, 0, 0),
                                            snapshot->visible, error);
  PQclear(result);
  return good;
}

/* It keeps the lock until the end: who gets it next knows that its snapshot is gone. */
static enum headrace_result begin_without_slot(struct snapshot *snapshot,
                                               const struct snapshot_job_row *row)
{
  struct pg_error error;
  bool goes_on = row->state == SNAPSHOT_READING;
  const char *schema = snapshot->host->string(snapshot->host, "snapshot_schema");
  snapshot->job.id = row->id;
  if (!goes_on && !snapshot_job_begin(&snapshot->job, schema, &error))
    return say(snapshot, "cannot begin a snapshot", &error);
  if (!export_snapshot(snapshot, &error))
    return say(snapshot, "cannot export a snapshot", &error);
  snapshot->step = STEP_JOIN;
  if (goes_on)
    snapshot->host->log(snapshot->host, HEADRACE_WARNING,
                        "the snapshot goes on as of now: of what was read already, rows that "
                        "changed since then are read once more");
  return goes_on ? HEADRACE_OK : plan_all(snapshot);
}

/* ---- whose turn it is --------------------------------------------------- */

static enum headrace_result join(struct snapshot *snapshot, const struct snapshot_job_row *row)
{
  struct pg_error error;
  enum headrace_result result = describe(snapshot);
  if (result != HEADRACE_OK)
    return result;
  bool alive;
  if (!snapshot_job_join(&snapshot->job, row, &error) ||
      !snapshot_job_heartbeat(&snapshot->job, &alive, &error))
    return say(snapshot, "cannot take part in the snapshot", &error);
  end_walsender(snapshot);
  memcpy(snapshot->reading.exported, row->exported, sizeof row->exported);
  snapshot->reading.export_lost = false;
  snapshot->start = row->start ? row->start : snapshot->start;
  snapshot->reading.start = snapshot->start;
  snapshot->last_heartbeat_ms = stream_clock_ms();
  snapshot->next_heartbeat_ms = snapshot->last_heartbeat_ms + SNAPSHOT_HEARTBEAT_MS;
  snapshot->step = STEP_READ;
  progress_begin(&snapshot->progress, snapshot->host, &snapshot->job, row->id);
  return HEADRACE_OK;
}

static enum headrace_result coordinate(struct snapshot *snapshot,
                                       const struct snapshot_job_row *row)
{
  return snapshot->only ? begin_without_slot(snapshot, row)
                        : begin_with_slot(snapshot, row->state == SNAPSHOT_PREPARING);
}

static void say_waiting(struct snapshot *snapshot)
{
  if (!snapshot->said_waiting)
    snapshot->host->log(snapshot->host, HEADRACE_INFO,
                        "another process prepares the snapshot; waiting for it");
  snapshot->said_waiting = true;
}

/* Can this process read, as things are? In `only` not before it is known that the one who
 * exported the snapshot lives: it holds the lock. */
static bool may_join(const struct snapshot *snapshot, const struct snapshot_job_row *row,
                     bool locked)
{
  return row->state == SNAPSHOT_READING && (!snapshot->only || !locked || snapshot->exporter);
}

static enum headrace_result look(struct snapshot *snapshot)
{
  struct pg_error error;
  struct snapshot_job_row row;
  struct snapshot_job *job = &snapshot->job;
  if (!snapshot_job_look(job, &row, &error))
    return say(snapshot, "cannot look at the snapshot", &error);
  bool wanted = row.id > snapshot->seen || row.id == job->id;
  if (row.state == SNAPSHOT_READING && wanted && !snapshot->only && !job->coordinator)
    return join(snapshot, &row);
  if (!snapshot_job_lock(job, &error) || !snapshot_job_look(job, &row, &error))
    return say(snapshot, "cannot look at the snapshot", &error);
  wanted = row.id > snapshot->seen || row.id == job->id;
  if (row.state == SNAPSHOT_DONE && wanted) {
    snapshot->step = STEP_OVER;
    return HEADRACE_OK;
  }
  if (wanted && may_join(snapshot, &row, job->coordinator))
    return join(snapshot, &row);
  if (job->coordinator)
    return coordinate(snapshot, &row);
  say_waiting(snapshot);
  return HEADRACE_OK;
}

/* ---- reading ----------------------------------------------------------- */

static enum headrace_result heartbeat(struct snapshot *snapshot)
{
  struct pg_error error;
  int64_t now = stream_clock_ms();
  bool alive = now - snapshot->last_heartbeat_ms < SNAPSHOT_CLAIM_TIMEOUT_MS;
  if (alive && now < snapshot->next_heartbeat_ms)
    return HEADRACE_OK;
  if (alive && !snapshot_job_heartbeat(&snapshot->job, &alive, &error))
    return say(snapshot, "cannot take part in the snapshot any more", &error);
  snapshot->last_heartbeat_ms = now;
  snapshot->next_heartbeat_ms = now + SNAPSHOT_HEARTBEAT_MS;
  if (alive)
    return HEADRACE_OK;
  snapshot->host->log(snapshot->host, HEADRACE_ERROR,
                      "this process stood still for too long: others read its chunks of the "
                      "snapshot now");
  return HEADRACE_RETRY;
}

static void set_position(struct snapshot *snapshot, struct headrace_batch *batch)
{
  const struct headrace_host *host = snapshot->host;
  const struct snapshot_reading *reading = &snapshot->reading;
  if (reading->rows == snapshot->sent_rows && reading->completed == snapshot->sent)
    return;
  struct pg_position position = {.system = snapshot->setup->system,
                                 .timeline = snapshot->setup->timeline,
                                 .lsn = snapshot->start,
                                 .snapshot = snapshot->job.id,
                                 .chunk = reading->completed};
  char text[POSITION_TEXT_MAX];
  host->set_position(host, batch, text, position_write(&position, text));
  snapshot->sent = reading->completed;
  snapshot->sent_rows = reading->rows;
}

static enum headrace_result finish(struct snapshot *snapshot)
{
  struct pg_error error;
  struct snapshot_job *job = &snapshot->job;
  bool done, alive;
  if (!snapshot_job_heartbeat(job, &alive, &error) || !snapshot_job_finish(job, &done, &error))
    return say(snapshot, "cannot finish the snapshot", &error);
  if (done)
    snapshot->step = STEP_OVER;
  return HEADRACE_OK;
}

/* Whoever held the exported snapshot is gone; perhaps the next one is this process. */
static void rejoin(struct snapshot *snapshot)
{
  reading_drop(&snapshot->reading);
  PQfinish(snapshot->exporter);
  snapshot->exporter = NULL;
  snapshot->step = STEP_JOIN;
  snapshot->next_look_ms = 0;
}

/* Gathers rows of one or several reads: a batch costs the same whatever its size. */
static enum headrace_result read_rows(struct snapshot *snapshot, struct headrace_batch *batch,
                                      int timeout_ms)
{
  const struct headrace_host *host = snapshot->host;
  struct snapshot_reading *reading = &snapshot->reading;
  int64_t deadline = stream_clock_ms() + GATHER_MS;
  bool any = false;
  for (;;) {
    bool came = false;
    enum headrace_result result = reading_step(reading, batch, &came);
    any = any || came;
    if (result != HEADRACE_OK || host->full(host, batch) || reading->export_lost)
      return result;
    if (came && stream_clock_ms() < deadline)
      continue;
    int64_t left = any ? deadline - stream_clock_ms() : timeout_ms;
    if (left <= 0 || reading->exhausted || (any && reading->completed != snapshot->sent))
      return HEADRACE_OK;
    reading_wait(reading, (int)left);
    if (!any)
      timeout_ms = 0;
  }
}

static enum headrace_result read_chunks(struct snapshot *snapshot, struct headrace_batch *batch,
                                        int timeout_ms)
{
  enum headrace_result result = heartbeat(snapshot);
  if (result == HEADRACE_OK)
    result = read_rows(snapshot, batch, timeout_ms);
  if (result != HEADRACE_OK)
    return result;
  set_position(snapshot, batch);
  if (snapshot->reading.export_lost)
    rejoin(snapshot);
  else if (snapshot->reading.exhausted)
    result = finish(snapshot);
  return result;
}

/* ---- steps ------------------------------------------------------------- */

static void wait_for(const struct snapshot *snapshot, int other, int64_t timeout_ms)
{
  struct pollfd fds[] = {{.fd = snapshot->host->wake_fd, .events = POLLIN},
                         {.fd = other, .events = POLLIN}};
  if (timeout_ms > 0)
    poll(fds, 2, (int)timeout_ms);
}

static int64_t until(int64_t when, int timeout_ms)
{
  int64_t left = when - stream_clock_ms();
  return left < timeout_ms ? left : timeout_ms;
}

static enum headrace_result make_slot(struct snapshot *snapshot, int timeout_ms)
{
  enum headrace_result result = slot_maker_poll(&snapshot->maker);
  if (result == HEADRACE_AGAIN) {
    wait_for(snapshot, PQsocket(snapshot->setup->walsender), timeout_ms);
    return HEADRACE_OK;
  }
  return result == HEADRACE_OK ? slot_is_made(snapshot) : result;
}

static enum headrace_result step_later(struct snapshot *snapshot, int timeout_ms,
                                       enum headrace_result (*step)(struct snapshot *))
{
  if (stream_clock_ms() < snapshot->next_look_ms) {
    wait_for(snapshot, -1, until(snapshot->next_look_ms, timeout_ms));
    return HEADRACE_OK;
  }
  enum step before = snapshot->step;
  enum headrace_result result = step(snapshot);
  snapshot->next_look_ms =
      snapshot->step == before && before != STEP_JOIN ? stream_clock_ms() + LOOK_AGAIN_MS : 0;
  if (snapshot->step == before && before == STEP_JOIN && !snapshot->job.coordinator)
    snapshot->next_look_ms = stream_clock_ms() + LOOK_AGAIN_MS;
  return result;
}

enum headrace_result snapshot_read(struct snapshot *snapshot, struct headrace_batch *batch,
                                   int timeout_ms)
{
  switch (snapshot->step) {
  case STEP_JOIN:
    return step_later(snapshot, timeout_ms, look);
  case STEP_SLOT:
    return make_slot(snapshot, timeout_ms);
  case STEP_VISIBLE:
    return step_later(snapshot, timeout_ms, check_visible);
  case STEP_READ:
    return read_chunks(snapshot, batch, timeout_ms);
  case STEP_OVER:
    break;
  }
  progress_end(&snapshot->progress);
  return HEADRACE_END;
}

enum headrace_result snapshot_delivered(struct snapshot *snapshot,
                                        const struct pg_position *position)
{
  if (snapshot->step != STEP_READ || position->snapshot != snapshot->job.id)
    return HEADRACE_OK;
  return reading_delivered(&snapshot->reading, position->chunk);
}

bool snapshot_reads(const struct snapshot *snapshot)
{
  return snapshot->step == STEP_READ;
}

enum headrace_result snapshot_tick(struct snapshot *snapshot)
{
  struct pg_error error;
  if (snapshot->step != STEP_READ)
    return HEADRACE_OK;
  enum headrace_result result = heartbeat(snapshot);
  if (result == HEADRACE_OK &&
      !progress_tick(&snapshot->progress, &snapshot->job, snapshot->reading.rows, &error))
    result = say(snapshot, "cannot look at the snapshot's progress", &error);
  return result;
}
