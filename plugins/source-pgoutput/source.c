/* SPDX-License-Identifier: Apache-2.0
 *
 * source-pgoutput: the changes of a PostgreSQL database through its own logical
 * decoding. This file is the plugin: its keys and its callbacks. */
#include "decoder.h"
#include "monitor.h"
#include "on_demand.h"
#include "reselect.h"
#include "setup.h"
#include "stream.h"

#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_MS 5000

/* While messages come one behind the other the reader rests between its reads, even if more
 * waits in the socket: the window closes, and the walsender's messages leave in few large segments
 * instead of one by one. Figures, also of other ways: docs/performance.md. A message that comes
 * alone goes on at once. */
#define BUSY_MS        2 /* between two drains that found something */
#define REST_US        250
#define REST_AFTER     192 /* messages; large rows need more reads for as many */
#define GATHER_MOST_MS 5   /* then the batch is sent, whatever there is in it */

struct source {
  const struct headrace_host *host;
  struct table_list tables;
  struct catalog catalog;
  struct stream stream;
  struct relations relations;
  struct decoder decoder;
  struct monitor monitor;
  struct reselect reselect;
  struct on_demand *on_demand;
  int64_t last_message_ms;
  size_t unrested; /* messages since the last rest */
  bool streaming;
};

static const struct headrace_key keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "slot", .flags = HEADRACE_REQUIRED, .help = "name of the replication slot"},
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
    {.name = "publication", .flags = HEADRACE_REQUIRED, .help = "name of the publication"},
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
    {.name = "snapshot_chunk_rows",
     .type = HEADRACE_INT,
     .default_value = "10000",
     .help = "about so many rows are read at a time by a snapshot"},
    {.name = "snapshot_schema",
     .default_value = "headrace",
     .help = "schema of the tables that snapshots keep in the source database"},
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

static bool check_slot_name(const struct headrace_host *host)
{
  const char *slot = host->string(host, "slot");
  size_t length = strlen(slot);
  if (length && length <= 63 && strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_") == length)
    return true;
  host->log(host, HEADRACE_ERROR,
            "slot: \"%s\" is no name of a slot: 1 to 63 of a to z, 0 to 9 and _", slot);
  return false;
}

static bool check_publication(const struct headrace_host *host)
{
  const struct headrace_pair *tables;
  size_t table_count = host->list(host, "tables", &tables);
  bool good = true;
  size_t length = strlen(host->string(host, "publication"));
  if (!length || length > 63) {
    host->log(host, HEADRACE_ERROR, "publication: its name has 1 to 63 bytes");
    good = false;
  }
  if (host->integer(host, "publication_create") && !table_count) {
    host->log(host, HEADRACE_ERROR,
              "publication_create = yes needs `tables`: headrace makes no publication of all "
              "tables");
    good = false;
  }
  if (host->integer(host, "replica_identity") != IDENTITY_LEAVE && !table_count) {
    host->log(host, HEADRACE_ERROR, "replica_identity needs `tables`: those that it is set for");
    good = false;
  }
  return good;
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
  good = check_slot_name(host) && good;
  good = check_publication(host) && good;
  if (host->integer(host, "snapshot_chunk_rows") < 1 ||
      host->integer(host, "snapshot_chunk_rows") > 100000000) {
    host->log(host, HEADRACE_ERROR, "snapshot_chunk_rows must be from 1 to 100000000");
    good = false;
  }
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
      .position = position,
  };
}

/* The publication before the slot: what a slot decodes, it decodes with the catalog of that
 * time, and a publication that did not exist then is an error. */
static enum headrace_result run_setup(struct setup *setup)
{
  static enum headrace_result (*const steps[])(struct setup *) = {
      setup_server, setup_position, setup_check_slot, setup_publication, setup_slot};
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = 0; result == HEADRACE_OK && i < sizeof steps / sizeof *steps; i++)
    result = steps[i](setup);
  return result;
}

static PGconn *connect_walsender(const struct source *source, struct pg_error *error)
{
  char *name = pg_format("headrace %s", source->host->pipeline);
  struct pg_target target = {.host = source->host,
                             .application_name = name,
                             .settings = PG_TEXT_SETTINGS,
                             .replication = "database"};
  PGconn *connection = pg_connect(&target, error);
  free(name);
  return connection;
}

static enum headrace_result cannot_connect(const struct source *source,
                                           const struct pg_error *error)
{
  const struct headrace_host *host = source->host;
  enum headrace_result result = setup_say(host, "cannot connect", error);
  if (!strcmp(error->sqlstate, "42501"))
    host->log(host, HEADRACE_ERROR,
              "the role needs the right to replicate: ALTER ROLE … REPLICATION;");
  return result;
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

static enum headrace_result begin_stream(struct source *source, const struct setup *setup,
                                         PGconn *walsender)
{
  const struct headrace_host *host = source->host;
  struct pg_error error;
  struct pg_position at = {.lsn = setup->slot_lsn};
  if (setup->position)
    at = *setup->position;
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
  source->decoder.moved = !setup->position;
  stream_init(&source->stream, host, walsender, status_interval(source, setup));
  monitor_init(&source->monitor, host, &source->catalog, setup->slot, setup->publication);
  source->streaming = true;
  struct stream_start start = {.slot = setup->slot,
                               .publication = setup->publication,
                               .messages = true, /* headrace's own are among them */
                               .lsn = at.lsn};
  enum headrace_result result = observe(source, setup);
  if (result != HEADRACE_OK)
    return result;
  if (!stream_start(&source->stream, &start, &error))
    return setup_say(host, "cannot start replication", &error);
  host->gauge(host, "connected", 1);
  host->log(host, HEADRACE_INFO, "streaming database %s from slot %s at %s", PQdb(walsender),
            setup->slot, lsn_text(at.lsn).text);
  return HEADRACE_OK;
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  struct pg_position at;
  struct pg_error error;
  if (size && !position_parse(position, size, &at)) {
    host->log(host, HEADRACE_ERROR,
              "the checkpoint is not one of source-pgoutput, or of a newer version; remove it to "
              "begin at the slot");
    return HEADRACE_FATAL;
  }
  PGconn *walsender = connect_walsender(source, &error);
  if (!walsender)
    return cannot_connect(source, &error);
  struct setup setup = setup_of(source, size ? &at : NULL);
  setup.walsender = walsender;
  setup.database = PQdb(walsender);
  enum headrace_result result = HEADRACE_RETRY;
  if (catalog_connect(&source->catalog, host, &error))
    result = run_setup(&setup);
  else
    result = cannot_connect(source, &error);
  if (result != HEADRACE_OK) {
    PQfinish(walsender);
    return result;
  }
  return begin_stream(source, &setup, walsender);
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

static enum headrace_result take(struct source *source, struct stream_message *message)
{
  enum headrace_result result = HEADRACE_OK;
  if (message->event == STREAM_DATA)
    result = decoder_data(&source->decoder, message);
  else
    decoder_keepalive(&source->decoder, message->lsn);
  if (message->reply_requested && !stream_status(&source->stream, true))
    result = lost(source);
  stream_release(message);
  return result;
}

/* Takes in what has arrived, at most until the batch is full. */
static enum headrace_result drain(struct source *source, struct headrace_batch *batch,
                                  size_t *messages, bool *full)
{
  const struct headrace_host *host = source->host;
  enum headrace_result result = HEADRACE_OK;
  *full = false;
  for (*messages = 0; result == HEADRACE_OK; (*messages)++) {
    struct stream_message message;
    struct pg_error error;
    if (host->full(host, batch) || on_demand_blocks(source->on_demand)) {
      *full = true;
      return HEADRACE_OK;
    }
    stream_next(&source->stream, &message, &error);
    if (message.event == STREAM_NOTHING)
      return HEADRACE_OK;
    if (message.event == STREAM_ENDED)
      return stream_broke(source, &error);
    result = take(source, &message);
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
    if (messages && (gather(source, messages, deadline) || !decoder->moved))
      continue;
    if (decoder->moved || timeout_ms <= 0 || on_demand_busy(source->on_demand))
      return HEADRACE_OK;
    stream_wait(&source->stream, on_demand_socket(source->on_demand), timeout_ms);
    timeout_ms = 0;
  }
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  if (!stream_status(&source->stream, false))
    return lost(source);
  decoder_use(&source->decoder, batch);
  enum headrace_result result = fill(source, batch, timeout_ms);
  if (result == HEADRACE_OK)
    result = reselect_fill(&source->reselect, batch);
  decoder_finish(&source->decoder);
  return result;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  struct pg_position durable;
  (void)receipts;
  (void)count;
  if (position_parse(position, size, &durable))
    stream_confirm(&source->stream, durable.lsn);
  return HEADRACE_OK;
}

static enum headrace_result source_on_delivered(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct pg_position delivered;
  if (source->on_demand && position_parse(position, size, &delivered))
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

static enum headrace_result source_tick(void *instance)
{
  struct source *source = instance;
  if (!source->streaming)
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
  if (source->streaming) {
    stream_close(&source->stream, CLOSE_MS);
    decoder_free(&source->decoder);
    relations_free(&source->relations);
    monitor_free(&source->monitor);
    on_demand_close(source->on_demand);
    reselect_free(&source->reselect);
  }
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
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .on_delivered = source_on_delivered,
    .command = source_command,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
