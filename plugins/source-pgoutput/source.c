/* SPDX-License-Identifier: Apache-2.0
 *
 * source-pgoutput: the changes of a PostgreSQL database through its own logical
 * decoding. This file is the plugin: its keys and its callbacks. */
#include "configuration.h"
#include "decoder.h"
#include "in_progress.h"
#include "monitor.h"
#include "on_demand.h"
#include "reselect.h"
#include "setup.h"
#include "slot_maker.h"
#include "snapshot.h"
#include "standby.h"
#include "stream.h"

#include "pg_quote.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_MS 5000

/* While messages come one behind the other the reader rests between its reads, even if more
 * waits in the socket: the window closes, and the walsender's messages leave in few large segments
 * instead of one by one. Figures, also of other ways: docs/performance.md. A message that comes
 * alone goes on at once. */
#define BUSY_MS         2 /* between two drains that found something */
#define REST_US         250
#define REST_AFTER      192 /* messages; large rows need more reads for as many */
#define WHOLE_EVENTS    256 /* so large a batch may end with the transaction */
#define STREAM_AGAIN_MS 200 /* the server needs a moment to let go of the slot */

#define GATHER_MOST_MS 5 /* then the batch is sent, whatever there is in it */

/* What read() does. Whatever may take long is done there, where it can be broken off. */
enum phase {
  PHASE_NONE,
  PHASE_SLOT,     /* the slot is made, and no snapshot */
  PHASE_SNAPSHOT, /* and with it the slot */
  PHASE_STREAM,
  PHASE_STREAM_AGAIN, /* the same stream over a new connection, without transactions in progress */
  PHASE_END           /* after a snapshot without a stream */
};

struct source {
  const struct headrace_host *host;
  enum phase phase;
  struct setup setup;
  struct pg_position position; /* of the checkpoint, if setup.position points here */
  struct slot_maker maker;
  struct snapshot *snapshot;
  uint64_t snapshot_end; /* until the stream is here, it may be the first to tell of a row */
  struct standby standby;
  struct table_list tables;
  struct catalog catalog;
  struct stream stream;
  struct in_progress in_progress;
  bool streaming;          /* transactions in progress are sent, too */
  int64_t stream_again_ms; /* not before this */
  struct relations relations;
  struct decoder decoder;
  struct monitor monitor;
  struct reselect reselect;
  struct on_demand *on_demand;
  int64_t last_message_ms;
  int64_t next_beat_ms;
  bool partial;    /* the last batch ended inside a transaction */
  size_t unrested; /* messages since the last rest */
};

static const struct headrace_key keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "slot", .help = "name of the replication slot"},
    {.name = "slot_create",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "create the slot if it does not exist"},
    {.name = "slot_failover",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "let standbys keep a copy of the slot (PostgreSQL 17 and later)"},
    {.name = "slot_lag_warning",
     .type = HEADRACE_SIZE,
     .default_value = "4GiB",
     .help = "warn when the slot makes the server keep more WAL; 0: never"},
    {.name = "slot_lag_limit",
     .type = HEADRACE_SIZE,
     .default_value = "0",
     .help = "do what slot_lag_action says when the slot makes the server keep more WAL; 0: none"},
    {.name = "slot_lag_action",
     .type = HEADRACE_ENUM,
     .default_value = "warn",
     .choices = "warn|stop|snapshot",
     .help = "what to do about a slot past its limit, or about to be invalidated"},
    {.name = "publication", .help = "name of the publication"},
    {.name = "publication_create",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "create the publication and keep it in step with tables and operations"},
    {.name = "tables",
     .type = HEADRACE_LIST,
     .help = "tables to stream: schema.table, \"Schema\".\"Table\", schema.*"},
    {.name = "operations",
     .type = HEADRACE_LIST,
     .choices = "insert|update|delete|truncate",
     .help = "operations to stream; all that the publication has if it is not set"},
    {.name = "replica_identity",
     .type = HEADRACE_ENUM,
     .default_value = "leave",
     .choices = "leave|default|full",
     .help = "what the replica identity of the tables is set to"},
    {.name = "messages",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "also stream the messages of pg_logical_emit_message()"},
    {.name = "heartbeat_interval",
     .type = HEADRACE_DURATION,
     .default_value = "0",
     .help = "a heartbeat so often, for codecs that make a record of it; 0: none"},
    {.name = "streaming",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "let the server send large transactions while they are in progress"},
    {.name = "spool_dir",
     .help = "where they are kept until they have committed; $TMPDIR or /var/tmp if it is not set"},
    {.name = "spool_bytes",
     .type = HEADRACE_SIZE,
     .default_value = "10GiB",
     .help = "so much of that folder may be used; if it is not enough, streaming is given up"},
    {.name = "snapshot",
     .type = HEADRACE_ENUM,
     .default_value = "never",
     .choices = "never|initial|only|when-needed",
     .help = "read all rows of the tables before the stream; only: and then end"},
    {.name = "snapshot_workers",
     .type = HEADRACE_INT,
     .default_value = "2",
     .help = "connections that read chunks of a snapshot, 1 to 64"},
    {.name = "snapshot_chunk_rows",
     .type = HEADRACE_INT,
     .default_value = "50000",
     .help = "about so many rows are read at a time by a snapshot"},
    {.name = "snapshot_schema",
     .default_value = "headrace",
     .help = "schema of the tables that snapshots keep in the source database"},
    {.name = "standby",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "wait while another process streams from the slot, and take over from it"},
    {.name = "slot_activity_interval",
     .type = HEADRACE_DURATION,
     .default_value = "1s",
     .help = "how often a standby looks whether the slot is still active"},
    {.name = "status_interval",
     .type = HEADRACE_DURATION,
     .default_value = "10s",
     .help = "the server hears of the position at least so often"},
    {.name = NULL}};

/* ---- configuration ----------------------------------------------------- */

static const char *const operation_names[] = {[HEADRACE_INSERT] = "insert",
                                              [HEADRACE_UPDATE] = "update",
                                              [HEADRACE_DELETE] = "delete",
                                              [HEADRACE_TRUNCATE] = "truncate"};

#define ALL_OPERATIONS                                                                             \
  (1u << HEADRACE_INSERT | 1u << HEADRACE_UPDATE | 1u << HEADRACE_DELETE | 1u << HEADRACE_TRUNCATE)

static uint32_t read_operations(const struct headrace_host *host)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, "operations", &pairs);
  uint32_t operations = 0;
  for (size_t i = 0; i < count; i++)
    for (uint32_t o = HEADRACE_INSERT; o < sizeof operation_names / sizeof *operation_names; o++)
      if (operation_names[o] && !strcmp(pairs[i].name, operation_names[o]))
        operations |= 1u << o;
  return operations;
}

static enum headrace_result source_check(const struct headrace_host *host)
{
  struct pg_target target = {.host = host};
  struct table_list tables;
  char *reason = NULL;
  bool good = pg_check_target(&target, &reason);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s", reason);
  free(reason);
  good = table_list_read(host, "tables", &tables) && good;
  good = configuration_check_slot(host) && good;
  good = configuration_check_publication(host) && good;
  good = configuration_check_snapshot(host) && good;
  good = configuration_check_streaming(host) && good;
  if (host->integer(host, "status_interval") <= 0) {
    host->log(host, HEADRACE_ERROR, "status_interval must be more than nothing");
    good = false;
  }
  table_list_free(&tables);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  struct source *source = calloc(1, sizeof *source);
  if (!source)
    abort();
  source->host = host;
  if (!table_list_read(host, "tables", &source->tables)) {
    table_list_free(&source->tables);
    free(source);
    return HEADRACE_FATAL;
  }
  *instance = source;
  return HEADRACE_OK;
}

/* ---- start ------------------------------------------------------------- */

static struct setup setup_of(struct source *source, const struct pg_position *position)
{
  const struct headrace_host *host = source->host;
  uint32_t operations = read_operations(host);
  return (struct setup){
      .host = host,
      .catalog = &source->catalog,
      .slot = host->string(host, "slot"),
      .publication = host->string(host, "publication"),
      .slot_create = host->integer(host, "slot_create") != 0,
      .slot_failover = host->integer(host, "slot_failover") != 0,
      .publication_create = host->integer(host, "publication_create") != 0,
      .replica_identity = (enum identity_mode)host->integer(host, "replica_identity"),
      .operations = operations ? operations : ALL_OPERATIONS,
      .operations_chosen = operations != 0,
      .tables = source->tables,
      .may_snapshot_again = configuration_may_snapshot_again(host),
      .position = position,
  };
}

static int64_t status_interval(const struct source *source, const struct setup *setup)
{
  int64_t interval = source->host->integer(source->host, "status_interval");
  int64_t timeout = setup->wal_sender_timeout_ms;
  return timeout > 0 && timeout / 3 < interval ? timeout / 3 : interval;
}

/* ---- what passes in the stream ----------------------------------------- */

static void saw_change(void *context, struct headrace_change *change)
{
  struct source *source = context;
  if (source->decoder.position.lsn < source->snapshot_end)
    reselect_note(&source->reselect, change);
  on_demand_change(source->on_demand, change);
}

static enum headrace_result saw_message(void *context, const char *prefix, const char *content,
                                        size_t size, uint64_t lsn)
{
  struct source *source = context;
  return on_demand_message(source->on_demand, prefix, content, size, lsn);
}

static void saw_relation(void *context, const struct headrace_relation *relation)
{
  struct source *source = context;
  on_demand_relation(source->on_demand, relation);
}

static void saw_commit(void *context, const struct headrace_transaction *transaction)
{
  struct source *source = context;
  on_demand_commit(source->on_demand, transaction);
}

static enum headrace_result observe(struct source *source, const struct setup *setup)
{
  struct on_demand_setup on_demand = {.host = source->host,
                                      .catalog = &source->catalog,
                                      .reselect = &source->reselect,
                                      .slot = setup->slot,
                                      .publication = setup->publication,
                                      .filter = source->relations.filter,
                                      .position = &source->decoder.position};
  reselect_init(&source->reselect, source->host, &source->catalog);
  source->decoder.observer = (struct decoder_observer){.context = source,
                                                       .change = saw_change,
                                                       .message = saw_message,
                                                       .relation = saw_relation,
                                                       .commit = saw_commit};
  return on_demand_open(&on_demand, &source->on_demand);
}

static bool start_stream(struct source *source, uint64_t lsn, struct pg_error *error)
{
  struct stream_start start = {.slot = source->setup.slot,
                               .publication = source->setup.publication,
                               .messages = true, /* headrace's own are among them */
                               .in_progress = source->streaming,
                               .lsn = lsn};
  if (!stream_start(&source->stream, &start, error))
    return false;
  source->host->gauge(source->host, "connected", 1);
  source->host->log(source->host, HEADRACE_INFO, "streaming database %s from slot %s at %s",
                    PQdb(source->stream.connection), start.slot, lsn_text(lsn).text);
  return true;
}

static enum headrace_result begin_stream(struct source *source)
{
  struct setup *setup = &source->setup;
  PGconn *walsender = setup->walsender;
  setup->walsender = NULL; /* the stream's from here on */
  const struct headrace_host *host = source->host;
  struct pg_error error;
  struct pg_position at = {.lsn = setup->slot_lsn};
  if (setup->position)
    at = *setup->position;
  at.snapshot = at.chunk = 0;
  at.system = setup->system;
  at.timeline = setup->timeline;
  bool filtered = source->tables.count && !setup->publication_create;
  relations_init(&source->relations, host, &source->catalog, PQdb(walsender),
                 filtered ? &source->tables : NULL);
  source->relations.own_schema = host->string(host, "snapshot_schema");
  decoder_init(&source->decoder, host, &source->relations, &at,
               (setup->operations_chosen ? setup->operations : ALL_OPERATIONS) |
                   (host->integer(host, "messages") ? 1u << HEADRACE_MESSAGE : 0));
  /* The first batch stores where it all began, so that a slot made anew is noticed. */
  source->decoder.moved = !setup->position || setup->position->snapshot;
  stream_init(&source->stream, host, walsender, status_interval(source, setup));
  monitor_init(&source->monitor, host, &source->catalog, setup->slot, setup->publication);
  source->monitor.snapshot_end = source->snapshot_end;
  source->phase = PHASE_STREAM;
  source->streaming = host->integer(host, "streaming") != 0;
  in_progress_init(&source->in_progress, host, configuration_spool_dir(host),
                   (uint64_t)host->integer(host, "spool_bytes"));
  enum headrace_result result = observe(source, setup);
  if (result == HEADRACE_OK && !start_stream(source, at.lsn, &error))
    result = setup_say(host, "cannot start replication", &error);
  return result;
}

/* ---- which phase comes first -------------------------------------------- */

static enum headrace_result
run_steps(struct setup *setup, enum headrace_result (*const *steps)(struct setup *), size_t count)
{
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = 0; result == HEADRACE_OK && i < count; i++)
    result = steps[i](setup);
  return result;
}

/* The publication before the slot: what a slot decodes, it decodes with the catalog of that
 * time, and a publication that did not exist then is an error. */
static enum headrace_result go_to_stream(struct source *source)
{
  static enum headrace_result (*const steps[])(struct setup *) = {setup_publication, setup_slot};
  struct setup *setup = &source->setup;
  enum headrace_result result = run_steps(setup, steps, sizeof steps / sizeof *steps);
  if (result != HEADRACE_OK || !setup->slot_missing)
    return result == HEADRACE_OK ? begin_stream(source) : result;
  source->phase = PHASE_SLOT;
  return slot_maker_begin(&source->maker, setup, false);
}

static enum headrace_result go_to_snapshot(struct source *source, bool only, uint64_t seen)
{
  struct setup *setup = &source->setup;
  if (setup->slot)
    monitor_init(&source->monitor, source->host, &source->catalog, setup->slot, setup->publication);
  source->monitor.snapshot_end = UINT64_MAX;
  source->phase = PHASE_SNAPSHOT;
  return snapshot_open(setup, only, seen, &source->snapshot);
}

/* What the checkpoint says counts only from where the last snapshot began: before that it is of
 * a slot that was given up. */
static void use_position(struct source *source, const struct snapshot_need *need)
{
  struct setup *setup = &source->setup;
  const struct pg_position *position = setup->position;
  if (!position || !need->job)
    return;
  bool stale = need->start ? position->lsn < need->start : need->unfinished;
  if (stale || (need->unfinished && position->snapshot))
    setup->position = NULL;
}

/* With checkpoint = none only the snapshot remembers that there was a slot. */
static enum headrace_result check_forgotten_slot(struct setup *setup,
                                                 const struct snapshot_need *need)
{
  if (!setup->slot_missing || setup->position || !need->done)
    return HEADRACE_OK;
  return setup_gap(setup,
                   pg_format("replication slot \"%s\" does not exist, but a snapshot was made with "
                             "it, which began at %s and ended at %s; the server is at %s. Changes "
                             "since then may be missed",
                             setup->slot, lsn_text(need->start).text, lsn_text(need->end).text,
                             lsn_text(setup->server_lsn).text),
                   "To read all tables again set snapshot = when-needed");
}

/* A snapshot goes on, is to be made, or there is no need of one. */
static enum headrace_result go_on(struct source *source, const struct snapshot_need *need)
{
  static enum headrace_result (*const steps[])(struct setup *) = {setup_position, setup_check_slot};
  struct setup *setup = &source->setup;
  use_position(source, need);
  bool unknown = setup->position && setup->position->snapshot && !need->unfinished &&
                 setup->position->snapshot != need->job;
  bool wanted = need->unfinished || unknown || (!setup->position && !need->done);
  setup->may_snapshot_again = setup->may_snapshot_again || (need->unfinished && setup->slot_create);
  enum headrace_result result = run_steps(setup, steps, sizeof steps / sizeof *steps);
  if (result == HEADRACE_OK)
    result = check_forgotten_slot(setup, need);
  if (result != HEADRACE_OK)
    return result;
  /* The slot of a snapshot that is read is there; if not, all begins anew. */
  if (need->unfinished && need->start && setup->slot_missing)
    setup->snapshot_again = true;
  if (!wanted && !setup->snapshot_again)
    return go_to_stream(source);
  setup->position = NULL;
  return go_to_snapshot(source, false, setup->snapshot_again || unknown ? need->job : 0);
}

static enum headrace_result start_with_slot(struct source *source)
{
  struct pg_error error;
  struct setup *setup = &source->setup;
  const struct headrace_host *host = source->host;
  struct snapshot_need need = {.job = 0};
  setup->walsender = setup_connect_walsender(host, &error);
  if (!setup->walsender)
    return setup_cannot_connect(host, &error);
  setup->database = PQdb(setup->walsender);
  enum headrace_result result = setup_server(setup);
  bool never = configuration_snapshot(host) == MODE_NEVER;
  if (result == HEADRACE_OK && !never)
    result = snapshot_look(setup, false, &need);
  if (result != HEADRACE_OK)
    return result;
  source->snapshot_end = need.done ? need.end : 0;
  if (!never)
    return go_on(source, &need);
  if (setup->position && setup->position->snapshot)
    host->log(host, HEADRACE_WARNING,
              "the snapshot that the checkpoint tells of is not finished, and snapshot = never: "
              "rows that it did not come to are missed");
  static enum headrace_result (*const steps[])(struct setup *) = {setup_position, setup_check_slot};
  result = run_steps(setup, steps, sizeof steps / sizeof *steps);
  return result == HEADRACE_OK ? go_to_stream(source) : result;
}

/* No walsender, and so no right to replicate. */
static enum headrace_result start_without_slot(struct source *source)
{
  struct setup *setup = &source->setup;
  struct snapshot_need need;
  enum headrace_result result = setup_identify(setup);
  if (result == HEADRACE_OK)
    result = snapshot_look(setup, true, &need);
  if (result != HEADRACE_OK)
    return result;
  if (need.done && setup->position && setup->position->snapshot == need.job) {
    source->host->log(source->host, HEADRACE_INFO,
                      "the snapshot is done; to make another one remove the checkpoint of this "
                      "pipeline");
    source->phase = PHASE_END;
    return HEADRACE_OK;
  }
  return go_to_snapshot(source, true, need.done ? need.job : 0);
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  struct pg_error error;
  if (size && !position_parse(position, size, &source->position)) {
    host->log(host, HEADRACE_ERROR,
              "the checkpoint is not one of source-pgoutput, or of a newer version; remove it to "
              "begin at the slot");
    return HEADRACE_FATAL;
  }
  standby_end(&source->standby);
  source->setup = setup_of(source, size ? &source->position : NULL);
  if (!catalog_connect(&source->catalog, host, &error))
    return setup_cannot_connect(host, &error);
  return configuration_snapshot(host) == MODE_ONLY ? start_without_slot(source)
                                                   : start_with_slot(source);
}

static enum headrace_result source_await(void *instance, int timeout_ms)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  /* Who asks a sink for its position shuts out the process that streams into it. */
  bool alone = host->integer(host, "standby") || host->keeps_checkpoint;
  if (!alone || configuration_snapshot(host) == MODE_ONLY)
    return HEADRACE_OK;
  struct setup setup = setup_of(source, NULL);
  bool snapshots = host->keeps_checkpoint && configuration_snapshot(host) != MODE_NEVER;
  return standby_await(&source->standby, &setup, snapshots, timeout_ms);
}

/* ---- stream ------------------------------------------------------------ */

static enum headrace_result stream_broke(const struct source *source, const struct pg_error *error)
{
  const struct headrace_host *host = source->host;
  enum headrace_result result = setup_say(host, "the stream ended", error);
  host->gauge(host, "connected", 0);
  if (strcmp(error->sqlstate, "42704") != 0) /* undefined_object */
    return result;
  const char *slot = host->string(host, "slot");
  host->log(host, HEADRACE_ERROR,
            "publication \"%s\" did not exist when a change was made that slot \"%s\" has still to "
            "decode: the slot is older than the publication, or the publication was dropped. The "
            "server cannot get past that change. Make the slot anew, behind it: SELECT "
            "pg_drop_replication_slot('%s'); SELECT pg_create_logical_replication_slot('%s', "
            "'pgoutput'); remove the checkpoint of this pipeline, and compare what was changed "
            "meanwhile",
            host->string(host, "publication"), slot, slot, slot);
  return HEADRACE_FATAL;
}

static enum headrace_result lost(const struct source *source)
{
  source->host->log(source->host, HEADRACE_ERROR, "the connection to the server is lost");
  source->host->gauge(source->host, "connected", 0);
  return HEADRACE_RETRY;
}

/* What is durable is still confirmed: only what is received begins anew. */
static enum headrace_result give_up_streaming(struct source *source)
{
  const struct headrace_host *host = source->host;
  uint64_t confirmed = source->stream.confirmed;
  int failure = source->in_progress.failure;
  host->log(host, HEADRACE_WARNING,
            "cannot keep more of the transactions in progress in %s: %s. Until the pipeline starts "
            "again, the server keeps them itself and sends them when they have committed",
            configuration_spool_dir(host),
            failure == EFBIG ? "spool_bytes is reached" : strerror(failure));
  host->gauge(host, "connected", 0);
  in_progress_reset(&source->in_progress);
  stream_close(&source->stream, 0);
  source->stream.confirmed = confirmed;
  source->streaming = false;
  source->stream_again_ms = 0;
  source->phase = PHASE_STREAM_AGAIN;
  return HEADRACE_OK;
}

static enum headrace_result take_data(struct source *source, const struct stream_message *message)
{
  bool taken = false;
  enum headrace_result result = HEADRACE_OK;
  if (source->streaming)
    result = in_progress_take(&source->in_progress, message, &taken);
  return taken ? result : decoder_data(&source->decoder, message);
}

static enum headrace_result take(struct source *source, struct stream_message *message)
{
  enum headrace_result result = HEADRACE_OK;
  if (message->event == STREAM_DATA)
    result = take_data(source, message);
  else
    decoder_keepalive(&source->decoder, message->lsn);
  if (message->reply_requested && !stream_status(&source->stream, true))
    result = lost(source);
  stream_release(message);
  return result;
}

/* The batch ends where a transaction does, for a sink that commits batches together. */
static bool ends_well(const struct source *source)
{
  const struct decoder *decoder = &source->decoder;
  return source->host->keeps_checkpoint && decoder->moved && !decoder->transaction.open &&
         (source->partial || decoder->events >= WHOLE_EVENTS);
}

/* One message of what has arrived, or of the transaction that comes out of the spool. */
static enum headrace_result take_next(struct source *source, bool *nothing)
{
  struct stream_message message;
  struct pg_error error;
  enum headrace_result result;
  *nothing = false;
  if (in_progress_replays(&source->in_progress)) {
    result = in_progress_next(&source->in_progress, &message);
    if (result == HEADRACE_OK)
      result = decoder_data(&source->decoder, &message);
  } else {
    stream_next(&source->stream, &message, &error);
    *nothing = message.event == STREAM_NOTHING;
    if (*nothing)
      return HEADRACE_OK;
    if (message.event == STREAM_ENDED)
      return stream_broke(source, &error);
    result = take(source, &message);
  }
  return source->in_progress.failure ? give_up_streaming(source) : result;
}

/* Takes in what has arrived, at most until the batch is full. */
static enum headrace_result drain(struct source *source, struct headrace_batch *batch,
                                  size_t *messages, bool *full)
{
  const struct headrace_host *host = source->host;
  enum headrace_result result = HEADRACE_OK;
  *full = false;
  for (*messages = 0; result == HEADRACE_OK; (*messages)++) {
    bool nothing;
    if (host->full(host, batch) || ends_well(source) || on_demand_blocks(source->on_demand) ||
        source->phase != PHASE_STREAM) {
      *full = true;
      return HEADRACE_OK;
    }
    result = take_next(source, &nothing);
    if (nothing)
      return result;
  }
  return result;
}

/* Rests, or sees that enough waits. False: messages do not come one behind the other. */
static bool gather(struct source *source, size_t messages, int64_t deadline)
{
  static const struct timespec rest = {.tv_nsec = REST_US * 1000};
  int64_t now = stream_clock_ms();
  bool busy = now - source->last_message_ms < BUSY_MS;
  source->last_message_ms = now;
  if (!busy || now >= deadline)
    return false;
  source->unrested += messages;
  if (source->unrested < REST_AFTER && stream_has_much(&source->stream))
    return true;
  source->unrested = 0;
  clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
  return true;
}

static enum headrace_result work_on_demand(struct source *source, struct headrace_batch *batch)
{
  struct decoder *decoder = &source->decoder;
  return on_demand_work(source->on_demand, batch, &decoder->position, &decoder->moved);
}

static enum headrace_result fill(struct source *source, struct headrace_batch *batch,
                                 int timeout_ms)
{
  const struct decoder *decoder = &source->decoder;
  int64_t deadline = stream_clock_ms() + GATHER_MOST_MS;
  for (;;) {
    size_t messages = 0;
    bool full;
    enum headrace_result result = work_on_demand(source, batch);
    if (result == HEADRACE_OK && !on_demand_blocks(source->on_demand))
      result = drain(source, batch, &messages, &full);
    else
      full = decoder->moved;
    if (result != HEADRACE_OK || full)
      return result;
    /* Before it waits the last read has found nothing: TLS may hold what poll does not see. */
    if (messages && gather(source, messages, deadline))
      continue;
    if (messages && !decoder->moved) {
      if (stream_clock_ms() < deadline)
        continue;
      return HEADRACE_OK; /* of a large transaction in progress: the server wants its statuses */
    }
    if (decoder->moved || timeout_ms <= 0 || on_demand_busy(source->on_demand))
      return HEADRACE_OK;
    stream_wait(&source->stream, on_demand_socket(source->on_demand), timeout_ms);
    timeout_ms = 0;
  }
}

/* How long the read may wait, for the next heartbeat. */
static int beat(struct source *source, int timeout_ms)
{
  const struct headrace_host *host = source->host;
  int64_t interval = host->integer(host, "heartbeat_interval"), now = stream_clock_ms();
  if (!interval || !(host->wanted(host) & HEADRACE_WANT_HEARTBEATS))
    return timeout_ms;
  if (now >= source->next_beat_ms) {
    decoder_heartbeat(&source->decoder);
    source->next_beat_ms = now + interval;
  }
  int64_t left = source->next_beat_ms - now;
  return left < timeout_ms ? (int)left : timeout_ms;
}

static enum headrace_result read_stream(struct source *source, struct headrace_batch *batch,
                                        int timeout_ms)
{
  if (!stream_status(&source->stream, false))
    return lost(source);
  decoder_use(&source->decoder, batch);
  enum headrace_result result = fill(source, batch, beat(source, timeout_ms));
  if (result == HEADRACE_OK)
    result = reselect_fill(&source->reselect, batch);
  if (source->decoder.moved) {
    source->partial = source->decoder.transaction.open;
    if (source->partial)
      source->host->set_partial(source->host, batch);
  }
  decoder_finish(&source->decoder);
  return result;
}

static enum headrace_result connect_again(struct source *source)
{
  struct setup *setup = &source->setup;
  struct pg_error error;
  *setup = setup_of(source, &source->decoder.position);
  setup->walsender = setup_connect_walsender(source->host, &error);
  if (!setup->walsender)
    return setup_cannot_connect(source->host, &error);
  static enum headrace_result (*const steps[])(struct setup *) = {setup_server, setup_position};
  enum headrace_result result = run_steps(setup, steps, sizeof steps / sizeof *steps);
  return setup->snapshot_again ? HEADRACE_RETRY : result;
}

/* From where the decoder is, which may be ahead of what is durable and confirmed. */
static enum headrace_result stream_again(struct source *source, int timeout_ms)
{
  const struct headrace_host *host = source->host;
  struct pg_error error;
  int64_t left = source->stream_again_ms - stream_clock_ms();
  if (left > 0) {
    struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
    poll(&fd, 1, left < timeout_ms ? (int)left : timeout_ms);
    return HEADRACE_OK;
  }
  source->stream_again_ms = stream_clock_ms() + STREAM_AGAIN_MS;
  enum headrace_result result = connect_again(source);
  if (result != HEADRACE_OK)
    return result;
  uint64_t confirmed = source->stream.confirmed;
  stream_init(&source->stream, host, source->setup.walsender,
              status_interval(source, &source->setup));
  source->setup.walsender = NULL;
  source->decoder.transaction.open = false; /* it comes again, and what was done is skipped */
  bool started = start_stream(source, source->decoder.position.lsn, &error);
  source->stream.confirmed = confirmed;
  if (started) {
    source->phase = PHASE_STREAM;
    return HEADRACE_OK;
  }
  if (strcmp(error.sqlstate, "55006") != 0) /* object_in_use: by the connection before */
    return setup_say(host, "cannot start replication", &error);
  PQfinish(source->stream.connection);
  source->stream.connection = NULL;
  return HEADRACE_OK;
}

static enum headrace_result make_slot(struct source *source, int timeout_ms)
{
  enum headrace_result result = slot_maker_poll(&source->maker);
  if (result == HEADRACE_AGAIN) {
    struct pollfd fds[] = {{.fd = source->host->wake_fd, .events = POLLIN},
                           {.fd = PQsocket(source->setup.walsender), .events = POLLIN}};
    poll(fds, 2, timeout_ms);
    return HEADRACE_OK;
  }
  slot_maker_end(&source->maker);
  source->setup.slot_lsn = source->maker.lsn;
  return result == HEADRACE_OK ? begin_stream(source) : result;
}

/* Every row is in the sink: the stream may begin. Of several processes one gets it. */
static enum headrace_result after_snapshot(struct source *source)
{
  const struct headrace_host *host = source->host;
  bool only = configuration_snapshot(host) == MODE_ONLY;
  snapshot_close(source->snapshot);
  source->snapshot = NULL;
  monitor_free(&source->monitor);
  source->monitor = (struct monitor){.host = host};
  source->phase = only ? PHASE_END : PHASE_NONE;
  host->log(host, HEADRACE_INFO, "the snapshot is done");
  if (only)
    return HEADRACE_END;
  source->setup = setup_of(source, NULL);
  return start_with_slot(source);
}

static enum headrace_result read_snapshot(struct source *source, struct headrace_batch *batch,
                                          int timeout_ms)
{
  enum headrace_result result = snapshot_read(source->snapshot, batch, timeout_ms);
  return result == HEADRACE_END ? after_snapshot(source) : result;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  switch (source->phase) {
  case PHASE_SLOT:
    return make_slot(source, timeout_ms);
  case PHASE_SNAPSHOT:
    return read_snapshot(source, batch, timeout_ms);
  case PHASE_STREAM:
    return read_stream(source, batch, timeout_ms);
  case PHASE_STREAM_AGAIN:
    return stream_again(source, timeout_ms);
  case PHASE_NONE:
  case PHASE_END:
    break;
  }
  return HEADRACE_END;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  struct pg_position durable;
  (void)receipts;
  (void)count;
  if ((source->phase == PHASE_STREAM || source->phase == PHASE_STREAM_AGAIN) &&
      position_parse(position, size, &durable))
    stream_confirm(&source->stream, durable.lsn);
  return HEADRACE_OK;
}

static enum headrace_result source_on_delivered(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct pg_position delivered;
  if (!position_parse(position, size, &delivered))
    return HEADRACE_OK;
  if (source->snapshot)
    return snapshot_delivered(source->snapshot, &delivered);
  if (source->on_demand)
    on_demand_delivered(source->on_demand, &delivered);
  return HEADRACE_OK;
}

static enum headrace_result source_command(void *instance, const char *name,
                                           const char *const *arguments, size_t count, char *out,
                                           size_t size)
{
  struct source *source = instance;
  return strcmp(name, "snapshot") != 0
             ? HEADRACE_AGAIN
             : on_demand_command(source->host, arguments, count, out, size);
}

static enum headrace_result tick_snapshot(struct source *source)
{
  enum headrace_result result = snapshot_tick(source->snapshot);
  if (result == HEADRACE_OK && source->setup.slot && snapshot_reads(source->snapshot))
    result = monitor_tick(&source->monitor, NULL, NULL);
  return result;
}

static enum headrace_result source_tick(void *instance)
{
  struct source *source = instance;
  if (source->phase == PHASE_SNAPSHOT)
    return tick_snapshot(source);
  if (source->phase != PHASE_STREAM)
    return HEADRACE_OK;
  if (!stream_status(&source->stream, false))
    return lost(source);
  return monitor_tick(&source->monitor, &source->stream, &source->decoder);
}

static enum headrace_result source_stop(void *instance)
{
  (void)instance; /* the last status is said by close(), after the last on_durable() */
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  if (source->phase == PHASE_STREAM || source->phase == PHASE_STREAM_AGAIN) {
    stream_close(&source->stream, CLOSE_MS);
    in_progress_free(&source->in_progress);
    decoder_free(&source->decoder);
    relations_free(&source->relations);
    on_demand_close(source->on_demand);
    reselect_free(&source->reselect);
  }
  slot_maker_end(&source->maker);
  snapshot_close(source->snapshot);
  PQfinish(source->setup.walsender);
  standby_end(&source->standby);
  monitor_free(&source->monitor);
  catalog_close(&source->catalog);
  table_list_free(&source->tables);
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
    .check = source_check,
    .await = source_await,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .on_delivered = source_on_delivered,
    .command = source_command,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
