/* SPDX-License-Identifier: Apache-2.0
 *
 * source dead-letters: the records that sink-postgres put aside for a pipeline, once more, for a
 * pipeline with the codec and the sink of that one. Each is deleted when it is durable. */
#include "json_text.h"
#include "pg_connection.h"
#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS "500" /* of a query: what is read at once, though a batch takes less */

static const struct headrace_key keys[] = {
    PG_CONNECTION_KEYS,
    {.name = "pipeline",
     .type = HEADRACE_STRING,
     .flags = HEADRACE_REQUIRED,
     .help = "whose dead letters"},
    {.name = "ids", .type = HEADRACE_LIST, .help = "which of them; all, if it is not given"},
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
  PGconn *connection;
  char *ids;           /* '{1,2}'; NULL: all */
  char *read_sql;      /* $1 pipeline, $2 ids, $3 after, $4 up to */
  char *delete_sql;    /* $1 pipeline, $2 ids */
  int64_t after, last; /* ids: of what was read, and of what was there at the start */
  int64_t *read_ids;   /* that were read and not deleted: ids may become visible out of order */
  size_t read_count, read_capacity;
  PGresult *rows;
  int row;
};

enum column { ID, TOPIC, PARTITION, OFFSET, TIME_MS, KEY, VALUE, HEADERS };

static const char which[] = "pipeline = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[])) "
                            "AND id > $3::bigint AND id <= $4::bigint AND topic IS NOT NULL";

/* ---- open and close ------------------------------------------------------------- */

/* False: one of them is no id, which was said. */
static bool take_ids(const struct headrace_host *host, char **ids)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "ids", &items);
  for (size_t i = 0; i < count; i++) {
    const char *id = items[i].name;
    size_t length = strlen(id);
    if (!length || length > 18 || strspn(id, "0123456789") != length) {
      host->log(host, HEADRACE_ERROR, "ids: \"%s\" is no id of a dead letter", id);
      free(*ids);
      *ids = NULL;
      return false;
    }
    pg_append(ids, "%c%s", i ? ',' : '{', id);
  }
  if (count)
    pg_append(ids, "}");
  return true;
}

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  char *ids = NULL;
  if (!take_ids(host, &ids))
    return HEADRACE_FATAL;
  struct source *source = calloc(1, sizeof *source);
  if (!source)
    abort();
  char *table =
      pg_quote_qualified(host->string(host, "schema_name"), host->string(host, "dead_letter"));
  *source = (struct source){.host = host,
                            .ids = ids,
                            .target = {.host = host,
                                       .application_name = "headrace",
                                       .settings = PG_TEXT_SETTINGS,
                                       .session_attributes = "read-write"}};
  /* A header is {"name": base64}; here both are hexadecimal, "-" is none. */
  source->read_sql = pg_format(
      "SELECT id, topic, partition, \"offset\", (extract(epoch FROM record_time) * 1000)::bigint, "
      "encode(key, 'hex'), encode(value, 'hex'), (SELECT string_agg(encode(convert_to(name, "
      "'UTF8'), 'hex') || ':' || coalesce(encode(decode(content, 'base64'), 'hex'), '-'), ',' "
      "ORDER BY place) FROM jsonb_array_elements(headers) WITH ORDINALITY AS h(header, place), "
      "jsonb_each_text(header) AS pair(name, content)) FROM %s WHERE %s ORDER BY id LIMIT " ROWS,
      table, which);
  source->delete_sql =
      pg_format("DELETE FROM %s WHERE pipeline = $1 AND id = ANY ($2::bigint[])", table);
  free(table);
  *instance = source;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  PQclear(source->rows);
  PQfinish(source->connection);
  free(source->ids);
  free(source->read_sql);
  free(source->delete_sql);
  free(source->read_ids);
  free(source);
}

static enum headrace_result source_check(const struct headrace_host *host)
{
  char *reason = NULL, *ids = NULL;
  const struct pg_target target = {.host = host};
  bool good = pg_check_target(&target, &reason);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s", reason);
  good = take_ids(host, &ids) && good;
  free(reason);
  free(ids);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

/* ---- reading ----------------------------------------------------------------------- */

static PGresult *run(struct source *source, const char *sql, int count, const char *const *values)
{
  struct pg_error error;
  PGresult *result = pg_query(source->connection, &error, sql, count, values);
  if (!result)
    source->host->log(source->host, HEADRACE_ERROR, "cannot read the dead letters: %s",
                      error.message);
  return result;
}

static PGresult *query(struct source *source, const char *sql, int64_t after, int64_t up_to)
{
  char from[24], to[24];
  const char *values[] = {source->host->string(source->host, "pipeline"), source->ids, from, to};
  snprintf(from, sizeof from, "%" PRId64, after);
  snprintf(to, sizeof to, "%" PRId64, up_to);
  return run(source, sql, 4, values);
}

/* What comes while this runs is left for the next time: it may be what was tried just now. */
static bool find_last(struct source *source)
{
  char *table = pg_quote_qualified(source->host->string(source->host, "schema_name"),
                                   source->host->string(source->host, "dead_letter"));
  char *sql = pg_format("SELECT coalesce(max(id), 0) FROM %s WHERE %s", table, which);
  PGresult *result = query(source, sql, 0, INT64_MAX);
  free(sql);
  free(table);
  if (result)
    source->last = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  return result != NULL;
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct pg_error error;
  (void)position; /* what is there is what was not delivered */
  (void)size;
  source->connection = pg_connect(&source->target, &error);
  if (source->connection)
    return find_last(source) ? HEADRACE_OK : HEADRACE_RETRY;
  source->host->log(source->host, HEADRACE_ERROR, "cannot connect: %s", error.message);
  return error.result;
}

static struct headrace_value unhex(const struct headrace_host *host, struct headrace_batch *batch,
                                   const char *hex, size_t length)
{
  char *bytes = host->alloc(host, batch, length / 2 + 1);
  char *end = json_unhex(bytes, hex, length);
  if (!end)
    return (struct headrace_value){0};
  *end = 0; /* a name of a header is NUL-terminated */
  return (struct headrace_value){bytes, (uint32_t)(end - bytes), HEADRACE_BINARY};
}

static struct headrace_value bytes_of(struct source *source, struct headrace_batch *batch,
                                      enum column column)
{
  if (PQgetisnull(source->rows, source->row, (int)column))
    return (struct headrace_value){0};
  return unhex(source->host, batch, PQgetvalue(source->rows, source->row, (int)column),
               (size_t)PQgetlength(source->rows, source->row, (int)column));
}

static int64_t number_of(const struct source *source, enum column column)
{
  if (PQgetisnull(source->rows, source->row, (int)column))
    return -1;
  return strtoll(PQgetvalue(source->rows, source->row, (int)column), NULL, 10);
}

/* "6e616d65:00ff,…" */
static void set_headers(struct source *source, struct headrace_batch *batch,
                        struct headrace_record *record)
{
  const char *text = PQgetvalue(source->rows, source->row, HEADERS);
  size_t count = *text ? 1 : 0;
  for (const char *at = text; *at; at++)
    count += *at == ',';
  if (!count)
    return;
  struct headrace_header *headers =
      source->host->alloc(source->host, batch, count * sizeof *headers);
  for (size_t i = 0; i < count; i++) {
    size_t name = strcspn(text, ":");
    const char *value = text + name + 1;
    size_t length = strcspn(value, ",");
    headers[i].name = unhex(source->host, batch, text, name).data;
    headers[i].value =
        *value == '-' ? (struct headrace_value){0} : unhex(source->host, batch, value, length);
    text = value + length + (value[length] == ',');
  }
  record->headers = headers;
  record->header_count = (uint32_t)count;
}

static void remember(struct source *source, int64_t id)
{
  if (source->read_count == source->read_capacity) {
    source->read_capacity = source->read_capacity ? 2 * source->read_capacity : 1024;
    source->read_ids = realloc(source->read_ids, source->read_capacity * sizeof id);
    if (!source->read_ids)
      abort();
  }
  source->read_ids[source->read_count++] = id;
}

static void add_row(struct source *source, struct headrace_batch *batch)
{
  const struct headrace_host *host = source->host;
  struct headrace_record *record = host->add_record(host, batch);
  size_t length = (size_t)PQgetlength(source->rows, source->row, TOPIC);
  if (!PQgetisnull(source->rows, source->row, TOPIC)) {
    char *topic = host->alloc(host, batch, length + 1);
    memcpy(topic, PQgetvalue(source->rows, source->row, TOPIC), length + 1);
    record->topic = (struct headrace_value){topic, (uint32_t)length, HEADRACE_TEXT};
  }
  record->partition = (int32_t)number_of(source, PARTITION);
  record->offset = number_of(source, OFFSET);
  record->timestamp_ms = number_of(source, TIME_MS);
  record->key = bytes_of(source, batch, KEY);
  record->value = bytes_of(source, batch, VALUE);
  set_headers(source, batch, record);
  source->after = number_of(source, ID);
  source->row++;
  remember(source, source->after);
}

static enum headrace_result more_rows(struct source *source)
{
  if (source->rows && source->row < PQntuples(source->rows))
    return HEADRACE_OK;
  PQclear(source->rows);
  source->row = 0;
  source->rows = query(source, source->read_sql, source->after, source->last);
  if (!source->rows)
    return HEADRACE_RETRY;
  return PQntuples(source->rows) ? HEADRACE_OK : HEADRACE_END;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  (void)timeout_ms;
  enum headrace_result result = more_rows(source);
  if (result != HEADRACE_OK)
    return result;
  while (source->row < PQntuples(source->rows) && !host->full(host, batch))
    add_row(source, batch);
  host->set_position(host, batch, &source->after, sizeof source->after);
  return HEADRACE_OK;
}

/* '{1,2}': those that were read up to there. */
static char *take_read(struct source *source, int64_t up_to)
{
  char *text = pg_format("{");
  size_t count = 0;
  while (count < source->read_count && source->read_ids[count] <= up_to) {
    pg_append(&text, "%s%" PRId64, count ? "," : "", source->read_ids[count]);
    count++;
  }
  pg_append(&text, "}");
  source->read_count -= count;
  memmove(source->read_ids, source->read_ids + count, source->read_count * sizeof up_to);
  return text;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  int64_t id;
  (void)receipts;
  (void)count;
  if (size != sizeof id)
    return HEADRACE_OK;
  memcpy(&id, position, sizeof id);
  char *ids = take_read(source, id);
  const char *values[] = {source->host->string(source->host, "pipeline"), ids};
  PGresult *result = run(source, source->delete_sql, 2, values);
  free(ids);
  if (result)
    source->host->counter(source->host, "deleted", strtoull(PQcmdTuples(result), NULL, 10));
  PQclear(result);
  return result ? HEADRACE_OK : HEADRACE_RETRY;
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
