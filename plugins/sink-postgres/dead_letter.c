/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_letter.h"

#include "json_text.h"
#include "pg_quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTER_ID  (UINT64_MAX - 1)
#define REMOVAL_ID (UINT64_MAX - 2)

/* A letter of a record comes once, however often its transaction is repeated without a
 * checkpoint in the target. */
static const char columns[] =
    "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), "
    "pipeline text NOT NULL, topic text, partition integer, \"offset\" bigint, "
    "record_time timestamptz, key bytea, value bytea, headers jsonb, relation text, "
    "operation text, stage text NOT NULL, error_class text NOT NULL, sqlstate text, "
    "reason text NOT NULL, UNIQUE (pipeline, topic, partition, \"offset\"))";

char *dead_letter_table(const struct sink *sink)
{
  const struct headrace_host *host = sink->host;
  return pg_quote_qualified(host->string(host, "schema_name"), host->string(host, "dead_letter"));
}

bool dead_letter_prepare(struct sink *sink, struct pg_error *error)
{
  if (sink->letters_ready)
    return true;
  PGconn *connection = sink_control(sink, error);
  char *table = dead_letter_table(sink);
  sink->letters_ready =
      connection && offsets_need_table(connection, sink->offsets.schema, table, columns, error);
  free(table);
  return sink->letters_ready;
}

/* ---- storing ------------------------------------------------------------------------ */

static const char *const operations[] = {
    [HEADRACE_INSERT] = "insert", [HEADRACE_UPDATE] = "update",     [HEADRACE_DELETE] = "delete",
    [HEADRACE_READ] = "read",     [HEADRACE_TRUNCATE] = "truncate", [HEADRACE_MESSAGE] = "message"};

enum parameter {
  PIPELINE,
  TOPIC,
  PARTITION,
  OFFSET,
  RECORD_TIME,
  KEY,
  VALUE,
  HEADERS,
  RELATION,
  OPERATION,
  STAGE,
  ERROR_CLASS,
  SQLSTATE,
  REASON,
  PARAMETERS
};

struct row {
  struct plan *plan;
  const char **values;
  int *lengths, *formats;
};

static void set_text(struct row *row, enum parameter at, const char *text, size_t size)
{
  char *copy = plan_alloc(row->plan, size + 1);
  size_t used = 0;
  for (size_t i = 0; i < size; i++)
    if (text[i]) /* no text of PostgreSQL holds U+0000 */
      copy[used++] = text[i];
  copy[used] = 0;
  row->values[at] = copy;
}

static void set_string(struct row *row, enum parameter at, const char *text)
{
  if (text && *text)
    set_text(row, at, text, strlen(text));
}

static void set_number(struct row *row, enum parameter at, int64_t number)
{
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, number);
  set_string(row, at, text);
}

static void set_bytes(struct row *row, enum parameter at, const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL || value->state == HEADRACE_ABSENT)
    return;
  row->values[at] = value->size ? value->data : "";
  row->lengths[at] = (int)value->size;
  row->formats[at] = 1;
}

static size_t headers_bound(const struct headrace_record *record)
{
  size_t size = 4;
  for (uint32_t i = 0; i < record->header_count; i++)
    size += 16 + JSON_ESCAPE_GROWTH * strlen(record->headers[i].name) +
            JSON_BASE64_SIZE(record->headers[i].value.size);
  return size;
}

/* [{"name": base64}, …]: header values are bytes, and names may come twice. */
static void set_headers(struct row *row, const struct headrace_record *record)
{
  if (!record->header_count)
    return;
  char *text = plan_alloc(row->plan, headers_bound(record)), *at = text;
  *at++ = '[';
  for (uint32_t i = 0; i < record->header_count; i++) {
    const struct headrace_header *header = &record->headers[i];
    if (i)
      *at++ = ',';
    *at++ = '{';
    at = json_string(at, header->name, strlen(header->name));
    *at++ = ':';
    if (header->value.state == HEADRACE_NULL) {
      at = json_copy(at, "null", 4);
    } else {
      *at++ = '"';
      at = json_base64(at, header->value.data, header->value.size, JSON_BASE64_STANDARD);
      *at++ = '"';
    }
    *at++ = '}';
  }
  *at++ = ']';
  *at = 0;
  row->values[HEADERS] = text;
}

static void set_record(struct row *row, const struct headrace_record *record)
{
  if (record->topic.state != HEADRACE_NULL)
    set_text(row, TOPIC, record->topic.data, record->topic.size);
  if (record->partition >= 0)
    set_number(row, PARTITION, record->partition);
  if (record->offset >= 0)
    set_number(row, OFFSET, record->offset);
  if (record->timestamp_ms >= 0)
    set_number(row, RECORD_TIME, record->timestamp_ms);
  set_bytes(row, KEY, &record->key);
  set_bytes(row, VALUE, &record->value);
  set_headers(row, record);
}

static void set_change(struct row *row, const struct headrace_change *change)
{
  if (change->relation) {
    char *name = pg_format("%s%s%s", change->relation->schema ? change->relation->schema : "",
                           change->relation->schema ? "." : "", change->relation->table);
    set_string(row, RELATION, name);
    free(name);
  }
  if (change->operation < sizeof operations / sizeof *operations)
    set_string(row, OPERATION, operations[change->operation]);
}

static struct row new_row(struct plan *plan)
{
  struct row row = {.plan = plan,
                    .values = plan_alloc(plan, PARAMETERS * sizeof *row.values),
                    .lengths = plan_alloc(plan, PARAMETERS * sizeof *row.lengths),
                    .formats = plan_alloc(plan, PARAMETERS * sizeof *row.formats)};
  memset(row.values, 0, PARAMETERS * sizeof *row.values);
  memset(row.lengths, 0, PARAMETERS * sizeof *row.lengths);
  memset(row.formats, 0, PARAMETERS * sizeof *row.formats);
  return row;
}

static void fill(struct row *row, const struct sink *sink, const struct letter *letter)
{
  const struct headrace_event *event = letter->item.event;
  set_string(row, PIPELINE, sink->host->pipeline);
  if (event->record)
    set_record(row, event->record);
  if (event->change)
    set_change(row, event->change);
  set_string(row, STAGE, letter->stage);
  set_string(row, ERROR_CLASS, letter->error_class);
  set_string(row, SQLSTATE, letter->sqlstate);
  set_string(row, REASON, letter->reason);
}

/* Tried once more, and why it failed this time. */
static const char put_aside_again[] =
    "(pipeline, topic, partition, \"offset\") DO UPDATE SET at = now(), relation = "
    "excluded.relation, operation = excluded.operation, stage = excluded.stage, error_class = "
    "excluded.error_class, sqlstate = excluded.sqlstate, reason = excluded.reason";

static const char *insert_sql(struct sink *sink)
{
  if (!sink->letter_sql) {
    char *table = dead_letter_table(sink);
    sink->letter_sql = pg_format(
        "INSERT INTO %s (pipeline, topic, partition, \"offset\", record_time, key, value, headers, "
        "relation, operation, stage, error_class, sqlstate, reason) VALUES ($1::text, $2::text, "
        "$3::int, $4::bigint, timestamptz 'epoch' + $5::bigint * interval '1 ms', $6::bytea, "
        "$7::bytea, $8::jsonb, $9::text, $10::text, $11::text, $12::text, $13::text, $14::text) "
        "ON CONFLICT %s",
        table, sink->host->once ? put_aside_again : "DO NOTHING");
    free(table);
  }
  return sink->letter_sql;
}

/* ---- taking off those that are written now ----------------------------------------------- */

static bool has_place(const struct headrace_record *record)
{
  return record && record->topic.state != HEADRACE_NULL && record->partition >= 0 &&
         record->offset >= 0;
}

static char *put_text(char *at, const char *text)
{
  return json_copy(at, text, strlen(text));
}

static char *put_place(char *at, const struct headrace_record *record)
{
  at = put_text(at, "{\"topic\":");
  at = json_string(at, record->topic.data, record->topic.size);
  at = put_text(at, ",\"partition\":");
  at = json_integer(at, record->partition);
  at = put_text(at, ",\"offset\":");
  at = json_integer(at, record->offset);
  return put_text(at, "},");
}

#define PLACE_BOUND (48 + 2 * JSON_INTEGER_MAX) /* besides the topic */

typedef const struct item *(*item_of)(const struct share *share, size_t i);

static const struct item *item_of_items(const struct share *share, size_t i)
{
  return &share->items[i];
}

static const struct item *item_of_letters(const struct share *share, size_t i)
{
  return &share->letters[i].item;
}

/* [{"topic": …, "partition": …, "offset": …}, …]: the records that the items came from; NULL: none
 * of them says where it was read. */
static const char *places(const struct share *share, item_of item, size_t count, struct plan *plan)
{
  size_t size = 3;
  for (size_t i = 0; i < count; i++) {
    const struct headrace_record *record = item(share, i)->event->record;
    if (has_place(record))
      size += PLACE_BOUND + JSON_ESCAPE_GROWTH * record->topic.size;
  }
  if (size == 3)
    return NULL;
  char *text = plan_alloc(plan, size), *at = text;
  *at++ = '[';
  for (size_t i = 0; i < count; i++)
    if (has_place(item(share, i)->event->record))
      at = put_place(at, item(share, i)->event->record);
  at[-1] = ']'; /* in the place of the last comma */
  *at = 0;
  return text;
}

/* Not those of which an event was rejected again. Fails, by 22012, if one of them is not there any
 * more: then another run has written it. $1 pipeline, $2 what is written, $3 what is rejected. */
static const char removal[] =
    "WITH written AS (SELECT topic, partition, \"offset\" FROM jsonb_to_recordset($2::jsonb) AS "
    "a(topic text, partition int, \"offset\" bigint) EXCEPT SELECT topic, partition, \"offset\" "
    "FROM jsonb_to_recordset($3::jsonb) AS b(topic text, partition int, \"offset\" bigint)), gone "
    "AS (DELETE FROM %s AS letter USING written WHERE letter.pipeline = $1 AND letter.topic = "
    "written.topic AND letter.partition = written.partition AND letter.\"offset\" = "
    "written.\"offset\" RETURNING 1) SELECT 1 / ((SELECT count(*) FROM gone) = (SELECT count(*) "
    "FROM written))::int";

static void plan_removal(struct sink *sink, const struct share *share, struct plan *plan)
{
  const char *written = places(share, item_of_items, share->count, plan);
  if (!written)
    return;
  const char *rejected = places(share, item_of_letters, share->letter_count, plan);
  const char **values = plan_alloc(plan, 3 * sizeof *values);
  values[0] = sink->host->pipeline;
  values[1] = written;
  values[2] = rejected ? rejected : "[]";
  char *table = dead_letter_table(sink), *sql = pg_format(removal, table);
  char *kept = plan_alloc(plan, strlen(sql) + 1);
  strcpy(kept, sql);
  free(sql);
  free(table);
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_DIRECT,
                                  .sql = kept,
                                  .id = REMOVAL_ID,
                                  .count = 3,
                                  .values = values,
                                  .operation = "retried",
                                  .rows = -1};
}

/* ---- the statements of a transaction ------------------------------------------------- */

bool dead_letter_has_work(const struct sink *sink, const struct share *share)
{
  return share->letter_count || (sink->host->once && share->count);
}

void dead_letter_plan(struct sink *sink, const struct share *share, struct plan *plan)
{
  if (sink->host->once)
    plan_removal(sink, share, plan);
  for (size_t i = 0; i < share->letter_count; i++) {
    struct row row = new_row(plan);
    fill(&row, sink, &share->letters[i]);
    struct statement *statement = plan_add(plan);
    *statement = (struct statement){.kind = STATEMENT_PREPARED,
                                    .sql = insert_sql(sink),
                                    .id = LETTER_ID,
                                    .count = PARAMETERS,
                                    .values = row.values,
                                    .lengths = row.lengths,
                                    .formats = row.formats,
                                    .operation = "dead_letter",
                                    .rows = -1};
  }
}

bool dead_letter_is(const struct statement *statement)
{
  return statement && (statement->id == LETTER_ID || statement->id == REMOVAL_ID);
}

bool dead_letter_was_taken(const struct statement *statement, const char *sqlstate)
{
  return statement && statement->id == REMOVAL_ID && !strcmp(sqlstate, "22012");
}
