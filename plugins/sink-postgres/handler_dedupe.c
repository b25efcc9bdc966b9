/* SPDX-License-Identifier: Apache-2.0
 *
 * Producers that send a message twice: the table `seen` holds what messages call themselves, for
 * a while. A row is made by the transaction that handles the message, and vanishes with it. */
#include "handler_plan.h"
#include "json_read.h"
#include "pg_quote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PURGE_US   60000000
#define PURGE_ROWS 20000
#define PURGE_ID   4

/* ---- the key ---------------------------------------------------------------------------- */

static bool starts(const char *text, const char *beginning, const char **rest)
{
  size_t size = strlen(beginning);
  if (strncmp(text, beginning, size) != 0)
    return false;
  *rest = text + size;
  return true;
}

bool dedupe_read(const struct headrace_host *host, struct dedupe *dedupe)
{
  const char *text = host->string(host, "dedupe_by");
  if (!text || !*text)
    return true;
  if (!strcmp(text, "key")) {
    dedupe->source = DEDUPE_KEY;
    return true;
  }
  if (starts(text, "header:", &dedupe->name) && *dedupe->name) {
    dedupe->source = DEDUPE_HEADER;
    return true;
  }
  if (starts(text, "json:", &dedupe->name) && *dedupe->name == '/') {
    dedupe->source = DEDUPE_JSON;
    return true;
  }
  host->log(host, HEADRACE_ERROR,
            "dedupe_by must be key, header:NAME or json:/POINTER, such as json:/event_id");
  return false;
}

void dedupe_free(struct dedupe *dedupe)
{
  free(dedupe->table);
  free(dedupe->purge_sql);
}

/* ---- what a message calls itself ---------------------------------------------------------- */

/* Compares a name with a step of a JSON pointer (RFC 6901): ~1 is /, ~0 is ~. */
static bool is_step(const struct json_value *name, const char *step, size_t size, char *room)
{
  size_t used = 0;
  for (size_t i = 0; i < size; i++) {
    bool escape = step[i] == '~' && i + 1 < size && (step[i + 1] == '0' || step[i + 1] == '1');
    room[used++] = !escape ? step[i] : step[i + 1] == '1' ? '/' : '~';
    i += escape;
  }
  room[used] = 0;
  return json_is(name, room);
}

/* The member that a step names. */
static bool find_member(const struct json_value *object, const char *step, size_t size, char *room,
                        struct json_value *found)
{
  struct json_reader reader;
  struct json_value name, value;
  bool there = false;
  json_read_begin(&reader, object->data, object->size);
  if (!json_read_value(&reader, &value))
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &value))
      return false;
    if (is_step(&name, step, size, room)) {
      *found = value;
      there = true; /* the last of that name, as in jsonb */
    }
  }
  return there;
}

/* A string or number at the pointer. */
static bool find_json(const char *pointer, const struct headrace_value *message, struct plan *plan,
                      struct headrace_value *identity)
{
  struct json_reader reader;
  struct json_value value;
  char *room = plan_alloc(plan, strlen(pointer) + 1);
  json_read_begin(&reader, message->data, message->size);
  if (!json_read_whole(&reader, &value))
    return false;
  while (*pointer == '/') {
    const char *step = pointer + 1;
    size_t size = strcspn(step, "/");
    if (value.kind != JSON_OBJECT || !find_member(&value, step, size, room, &value))
      return false;
    pointer = step + size;
  }
  if (value.kind != JSON_STRING && value.kind != JSON_NUMBER)
    return false;
  char *text = plan_alloc(plan, value.size + 1);
  size_t size = value.kind == JSON_STRING ? json_unescape(text, &value) : value.size;
  if (value.kind == JSON_NUMBER)
    memcpy(text, value.data, size);
  *identity = (struct headrace_value){text, (uint32_t)size, HEADRACE_TEXT};
  return true;
}

static bool find_header(const char *name, const struct headrace_record *record,
                        struct headrace_value *identity)
{
  for (uint32_t i = record->header_count; i > 0; i--)
    if (!strcmp(record->headers[i - 1].name, name)) {
      *identity = record->headers[i - 1].value;
      return true;
    }
  return false;
}

/* Bytes that are no text are told apart by their hexadecimal digits. */
static void make_text(struct plan *plan, struct headrace_value *identity)
{
  static const char digits[] = "0123456789abcdef";
  const char *data = identity->data;
  uint32_t size = identity->size;
  if (!size || (json_is_utf8(data, size) && !memchr(data, 0, size)))
    return;
  char *text = plan_alloc(plan, 2 * (size_t)size + 2), *at = text;
  *at++ = '\\';
  *at++ = 'x';
  for (uint32_t i = 0; i < size; i++) {
    *at++ = digits[(unsigned char)data[i] >> 4];
    *at++ = digits[data[i] & 15];
  }
  *identity = (struct headrace_value){text, (uint32_t)(at - text), HEADRACE_TEXT};
}

bool dedupe_identity(const struct dedupe *dedupe, const struct headrace_record *record,
                     struct plan *plan, struct headrace_value *identity)
{
  bool found = false;
  switch (dedupe->source) {
  case DEDUPE_NONE:
    break;
  case DEDUPE_KEY:
    *identity = record->key;
    found = true;
    break;
  case DEDUPE_HEADER:
    found = find_header(dedupe->name, record, identity);
    break;
  case DEDUPE_JSON:
    found = record->value.state != HEADRACE_NULL &&
            find_json(dedupe->name, &record->value, plan, identity);
  }
  if (!found || identity->state == HEADRACE_NULL)
    return false;
  make_text(plan, identity);
  return true;
}

/* ---- the table ------------------------------------------------------------------------------ */

static char *table_sql(const struct handler *handler, const char *schema)
{
  const char *table = handler->dedupe.table;
  char *sql = pg_format(
      "CREATE TABLE IF NOT EXISTS %s (pipeline text, id text, seen_at timestamptz NOT NULL DEFAULT "
      "now(), PRIMARY KEY (pipeline, id)); CREATE INDEX ON %s (pipeline, seen_at)",
      table, table);
  if (handler->role) { /* who handles a message notes it down */
    char *role = pg_quote_identifier(handler->role);
    pg_append(&sql, "; GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT, INSERT ON %s TO %s", schema,
              role, table, role);
    free(role);
  }
  return sql;
}

enum headrace_result dedupe_prepare(struct handler *handler, struct pg_error *error)
{
  struct dedupe *dedupe = &handler->dedupe;
  if (dedupe->source == DEDUPE_NONE)
    return HEADRACE_OK;
  const struct headrace_host *host = handler->host;
  char *schema = pg_quote_identifier(host->string(host, "schema_name"));
  char *pipeline = pg_quote_literal(host->pipeline);
  free(dedupe->table);
  free(dedupe->purge_sql);
  dedupe->table = pg_format("%s.seen", schema);
  /* Oldest first and not all at once; who does it already is not waited for. */
  dedupe->purge_sql = pg_format(
      "DELETE FROM %s WHERE (pipeline, id) IN (SELECT pipeline, id FROM %s WHERE pipeline = %s "
      "AND seen_at < now() - %" PRId64 " * interval '1 ms' ORDER BY seen_at LIMIT %d "
      "FOR UPDATE SKIP LOCKED)",
      dedupe->table, dedupe->table, pipeline, host->integer(host, "dedupe_window"), PURGE_ROWS);
  char *sql = table_sql(handler, schema);
  enum headrace_result result = handler_make(handler, dedupe->table, sql, error);
  free(sql);
  free(schema);
  free(pipeline);
  return result;
}

void dedupe_plan_purge(struct handler *handler, struct plan *plan)
{
  struct dedupe *dedupe = &handler->dedupe;
  int64_t now = handler->host->now_us(handler->host);
  if (dedupe->source == DEDUPE_NONE || now < dedupe->purge_at_us)
    return;
  dedupe->purge_at_us = now + PURGE_US;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_PREPARED,
                                  .sql = dedupe->purge_sql,
                                  .id = PURGE_ID,
                                  .table = dedupe->table,
                                  .rows = -1};
}
