/* SPDX-License-Identifier: Apache-2.0
 *
 * source dead-letters: the records that sink-postgres put aside for a pipeline, once more: for a
 * pipeline with the codec and the sink of that one, or to be forwarded to where somebody looks at
 * them. Each is deleted, or marked, when it is durable. */
#include "table.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const struct headrace_key keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "pipeline",
     .type = HEADRACE_STRING,
     .flags = HEADRACE_REQUIRED,
     .help = "whose dead letters"},
    {.name = "ids", .type = HEADRACE_LIST, .help = "which of them; all, if it is not given"},
    {.name = "purpose",
     .type = HEADRACE_ENUM,
     .default_value = "retry",
     .choices = "retry|forward",
     .help = "records as they were, or for elsewhere, with headers that say what was wrong"},
    {.name = "follow",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "wait for new letters, instead of ending"},
    {.name = "poll_interval",
     .type = HEADRACE_DURATION,
     .default_value = "1s",
     .help = "follow: how often new letters are looked for"},
    {.name = "done",
     .type = HEADRACE_ENUM,
     .default_value = "delete",
     .choices = "delete|mark",
     .help = "what becomes of letters that are durable in the sink"},
    {.name = "topic",
     .type = HEADRACE_STRING,
     .help = "purpose = forward: the topic of all of them; their own, if it is not given"},
    {.name = "schema_name",
     .type = HEADRACE_STRING,
     .default_value = "headrace",
     .help = "schema of the table, as the sink has it"},
    {.name = "dead_letter",
     .type = HEADRACE_STRING,
     .default_value = "dead_letter",
     .help = "the table, as the sink has it"},
    {0},
};

struct source {
  const struct headrace_host *host;
  struct pg_target target;
  struct table table;
  struct letter_form form;
  bool follow;
  int64_t poll_us, poll_at_us;
  int64_t after, last;        /* without follow: ids of what was read, and of what is to be read */
  uint64_t position;          /* how many were read */
  struct read_letter *on_way; /* the last of those, that are not durable yet */
  size_t on_way_count, on_way_capacity;
  PGresult *rows;
  int row;
};

/* ---- open and close ------------------------------------------------------------- */

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  char *ids = NULL;
  if (!table_take_ids(host, &ids))
    return HEADRACE_FATAL;
  struct source *source = calloc(1, sizeof *source);
  if (!source)
    abort();
  *source = (struct source){.host = host,
                            .form = {.pipeline = host->string(host, "pipeline"),
                                     .topic = host->string(host, "topic"),
                                     .forwarding = host->integer(host, "purpose") == 1},
                            .follow = host->integer(host, "follow"),
                            .poll_us = host->integer(host, "poll_interval") * 1000,
                            .target = {.host = host,
                                       .application_name = "headrace",
                                       .settings = PG_TEXT_SETTINGS,
                                       .session_attributes = "read-write"}};
  table_init(&source->table, host, ids);
  *instance = source;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  PQclear(source->rows);
  PQfinish(source->table.connection);
  table_free(&source->table);
  free(source->on_way);
  free(source);
}

static bool check_keys(const struct headrace_host *host)
{
  const struct headrace_pair *ids;
  const struct {
    bool wrong;
    const char *text;
  } faults[] = {
      {host->integer(host, "purpose") == 0 && host->integer(host, "done") == 1,
       "done = mark is for purpose = forward: what was tried again and written is no letter"},
      {host->integer(host, "purpose") == 0 && host->string(host, "topic"),
       "topic is for purpose = forward: a record that is tried again keeps its own"},
      {host->integer(host, "follow") && host->list(host, "ids", &ids),
       "follow waits for all new letters, so it does not go with ids"},
      {host->integer(host, "poll_interval") < 1, "poll_interval: at least 1ms"},
  };
  bool good = true;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (faults[i].wrong) {
      host->log(host, HEADRACE_ERROR, "%s", faults[i].text);
      good = false;
    }
  return good;
}

static enum headrace_result source_check(const struct headrace_host *host)
{
  char *reason = NULL, *ids = NULL;
  const struct pg_target target = {.host = host};
  bool good = pg_check_target(&target, &reason);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s", reason);
  good = table_take_ids(host, &ids) && good;
  good = check_keys(host) && good;
  free(reason);
  free(ids);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

/* ---- reading ----------------------------------------------------------------------- */

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct pg_error error;
  (void)position; /* what is there, unmarked, is what was not delivered */
  (void)size;
  source->table.connection = pg_connect(&source->target, &error);
  if (!source->table.connection) {
    source->host->log(source->host, HEADRACE_ERROR, "cannot connect: %s", error.message);
    return error.result;
  }
  source->host->gauge(source->host, "connected", 1);
  source->last = INT64_MAX;
  /* What comes while this runs is left for the next time: it may be what was tried just now. */
  if (!source->follow && !table_last(&source->table, &source->last))
    return source->table.failure;
  return HEADRACE_OK;
}

static void remember(struct source *source, const struct read_letter *letter)
{
  if (source->on_way_count == source->on_way_capacity) {
    source->on_way_capacity = source->on_way_capacity ? 2 * source->on_way_capacity : 1024;
    source->on_way = realloc(source->on_way, source->on_way_capacity * sizeof *letter);
    if (!source->on_way)
      abort();
  }
  source->on_way[source->on_way_count++] = *letter;
}

static void add_row(struct source *source, struct headrace_batch *batch)
{
  const struct read_letter letter = {letter_number(source->rows, source->row, LETTER_ID),
                                     letter_number(source->rows, source->row, LETTER_AT)};
  letter_add(source->host, batch, &source->form, source->rows, source->row);
  remember(source, &letter);
  source->row++;
  source->position++;
  /* Who follows comes by again: ids may become visible out of their order. */
  if (!source->follow)
    source->after = letter.id;
}

static void wait_for_letters(struct source *source, int timeout_ms)
{
  const struct headrace_host *host = source->host;
  int64_t left = (source->poll_at_us - host->now_us(host) + 999) / 1000;
  struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
  if (left > 0)
    poll(&fd, 1, left < timeout_ms ? (int)left : timeout_ms);
}

/* OK: there are rows. */
static enum headrace_result more_rows(struct source *source, int timeout_ms)
{
  const struct headrace_host *host = source->host;
  if (source->rows && source->row < PQntuples(source->rows))
    return HEADRACE_OK;
  wait_for_letters(source, timeout_ms);
  if (host->now_us(host) < source->poll_at_us)
    return HEADRACE_AGAIN;
  PQclear(source->rows);
  source->row = 0;
  size_t avoid = source->follow ? source->on_way_count : 0;
  source->rows = table_read(&source->table, source->after, source->last, source->on_way, avoid);
  if (!source->rows)
    return source->table.failure;
  if (PQntuples(source->rows))
    return HEADRACE_OK;
  if (!source->follow)
    return HEADRACE_END;
  source->poll_at_us = host->now_us(host) + source->poll_us;
  return HEADRACE_AGAIN;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  enum headrace_result result = more_rows(source, timeout_ms);
  if (result != HEADRACE_OK)
    return result;
  while (source->row < PQntuples(source->rows) && !host->full(host, batch))
    add_row(source, batch);
  host->set_position(host, batch, &source->position, sizeof source->position);
  return HEADRACE_OK;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  uint64_t read;
  (void)receipts;
  (void)count;
  if (size != sizeof read)
    return HEADRACE_OK;
  memcpy(&read, position, sizeof read);
  if (read > source->position || source->position - read > source->on_way_count)
    return HEADRACE_OK; /* of a run before */
  size_t left = (size_t)(source->position - read);
  size_t done = source->on_way_count - left;
  if (!table_done(&source->table, source->on_way, done))
    return source->table.failure;
  memmove(source->on_way, source->on_way + done, left * sizeof *source->on_way);
  source->on_way_count = left;
  return HEADRACE_OK;
}

static enum headrace_result source_stop(void *instance)
{
  (void)instance;
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = "dead-letters",
    .version = HEADRACE_VERSION,
    .description = "records that sink postgres put aside, once more",
    .keys = keys,
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
