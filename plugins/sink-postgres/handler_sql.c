/* SPDX-License-Identifier: Apache-2.0 */
#include "handler_plan.h"
#include "pg_quote.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How a part is made of fields. */
enum making {
  MAKE_CAST,   /* the field, as the type */
  MAKE_BYTES,  /* bytes: as they are, or the text in them */
  MAKE_JSON,   /* JSON text */
  MAKE_MEMBER, /* a member of the value, which may stand in an envelope with a schema */
  MAKE_OPERATION
};

static const struct part {
  const char *name;
  enum field field;
  enum making making;
} parts[] = {{"topic", FIELD_TOPIC, MAKE_CAST},     {"partition", FIELD_PARTITION, MAKE_CAST},
             {"offset", FIELD_OFFSET, MAKE_CAST},   {"ts", FIELD_TIME, MAKE_CAST},
             {"key", FIELD_KEY, MAKE_BYTES},        {"value", FIELD_VALUE, MAKE_BYTES},
             {"headers", FIELD_HEADERS, MAKE_JSON}, {"traceparent", FIELD_TRACEPARENT, MAKE_CAST},
             {"before", FIELD_VALUE, MAKE_MEMBER},  {"after", FIELD_VALUE, MAKE_MEMBER},
             {"op", FIELD_VALUE, MAKE_OPERATION}};

const char handler_parts[] =
    "topic, partition, offset, ts, key, value, headers, traceparent, before, after, op";

static const char *const columns[FIELDS] = {"topic", "\"partition\"", "\"offset\"",  "ts", "key",
                                            "value", "headers",       "traceparent", "id"};

/* ---- a part ----------------------------------------------------------------------- */

static char *from_text(const char *text, const char *type, bool composite)
{
  return composite ? pg_format("jsonb_populate_record(NULL::%s, %s::jsonb)", type, text)
                   : pg_format("%s::%s", text, type);
}

static char *make(const struct part *part, const char *field, const char *type, bool composite)
{
  char *text = pg_format("convert_from(%s, 'UTF8')", field), *sql, *member;
  switch (part->making) {
  case MAKE_BYTES:
    sql = strcmp(type, "bytea") != 0 ? from_text(text, type, composite) : pg_format("%s", field);
    break;
  case MAKE_JSON:
    sql = pg_format("%s::jsonb::%s", field, type);
    break;
  case MAKE_MEMBER:
    member = pg_format("NULLIF(COALESCE(%s::jsonb #> '{payload,%s}', %s::jsonb -> '%s'), 'null')",
                       text, part->name, text, part->name);
    sql = from_text(member, type, composite);
    free(member);
    break;
  case MAKE_OPERATION:
    sql = pg_format("COALESCE(%s::jsonb #>> '{payload,op}', %s::jsonb ->> 'op')::%s", text, text,
                    type);
    break;
  default:
    sql = pg_format("%s::%s", field, type);
  }
  free(text);
  return sql;
}

char *handler_expression(const char *name, const char *type, bool composite, bool in_batch,
                         unsigned *fields)
{
  if (in_batch && !strcmp(name, "ord"))
    return pg_format("ord::%s", type);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(name, parts[i].name) != 0)
      continue;
    char field[32];
    if (in_batch)
      snprintf(field, sizeof field, "%s", columns[parts[i].field]);
    else
      snprintf(field, sizeof field, "$%d", parts[i].field + 1);
    *fields |= 1u << parts[i].field;
    return make(&parts[i], field, type, composite);
  }
  return NULL;
}

/* ---- one message -------------------------------------------------------------------- */

static const char context[] = "set_config('headrace.topic', $1, true), "
                              "set_config('headrace.partition', $2::text, true), "
                              "set_config('headrace.offset', $3::text, true), "
                              "set_config('headrace.traceparent', $8, true)";

#define CONTEXT_FIELDS                                                                             \
  (1u << FIELD_TOPIC | 1u << FIELD_PARTITION | 1u << FIELD_OFFSET | 1u << FIELD_TRACEPARENT)

char *handler_message_sql(struct handler *handler, const char *call)
{
  handler->fields |= CONTEXT_FIELDS;
  if (handler->dedupe.source == DEDUPE_NONE)
    return pg_format("SELECT %s, %s", context, call);
  handler->fields |= 1u << FIELD_IDENTITY;
  char *pipeline = pg_quote_literal(handler->host->pipeline);
  char *sql = pg_format("WITH headrace_fresh AS (INSERT INTO %s (pipeline, id) SELECT %s, $9 "
                        "WHERE $9 IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1) "
                        "SELECT %s, %s FROM (SELECT 1 WHERE $9 IS NULL OR EXISTS "
                        "(SELECT FROM headrace_fresh)) AS once",
                        handler->dedupe.table, pipeline, context, call);
  free(pipeline);
  return sql;
}

/* ---- a batch ------------------------------------------------------------------------- */

static char *fresh(const struct handler *handler)
{
  if (handler->dedupe.source == DEDUPE_NONE)
    return pg_format("%s", "");
  char *pipeline = pg_quote_literal(handler->host->pipeline);
  char *sql = pg_format("headrace_fresh AS (INSERT INTO %s AS seen (pipeline, id) "
                        "SELECT DISTINCT %s, id FROM headrace_raw WHERE id IS NOT NULL "
                        "ON CONFLICT DO NOTHING RETURNING seen.id), ",
                        handler->dedupe.table, pipeline);
  free(pipeline);
  return sql;
}

/* The first of those with an identity that was not seen before. */
static const char *source_of_batch(const struct handler *handler)
{
  return handler->dedupe.source == DEDUPE_NONE
             ? "headrace_raw"
             : "(SELECT *, row_number() OVER (PARTITION BY id ORDER BY ord) AS nth "
               "FROM headrace_raw) AS numbered WHERE id IS NULL OR (nth = 1 AND id IN "
               "(SELECT id FROM headrace_fresh))";
}

char *handler_batch_prefix(const struct handler *handler, const char *key_type,
                           const char *value_type)
{
  unsigned fields = 0;
  char *key = handler_expression("key", key_type ? key_type : "bytea", false, true, &fields);
  char *value =
      handler_expression("value", value_type ? value_type : "bytea", false, true, &fields);
  char *seen = fresh(handler);
  char *sql = pg_format(
      "WITH RECURSIVE headrace_raw AS (SELECT * FROM unnest($1::text[], $2::integer[], "
      "$3::bigint[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], "
      "$9::text[]) WITH ORDINALITY AS u(topic, \"partition\", \"offset\", ts, key, value, headers, "
      "traceparent, id, ord)), %sbatch AS (SELECT topic, \"partition\", \"offset\", ts, %s AS key, "
      "%s AS value, headers::jsonb AS headers, traceparent, ord::integer AS ord FROM %s)",
      seen, key, value, source_of_batch(handler));
  free(key);
  free(value);
  free(seen);
  return sql;
}

/* What follows the word, if the text begins with it. */
static const char *after_word(const char *text, const char *word)
{
  size_t size = strlen(word);
  if (strncasecmp(text, word, size) != 0 || isalnum((unsigned char)text[size]) || text[size] == '_')
    return NULL;
  for (text += size; isspace((unsigned char)*text);)
    text++;
  return text;
}

char *handler_statement_sql(const struct handler *handler, const char *statement)
{
  static const char *const types[] = {"bytea", "text", "jsonb"};
  const struct headrace_host *host = handler->host;
  char *prefix = handler_batch_prefix(handler, types[host->integer(host, "handler_key")],
                                      types[host->integer(host, "handler_value")]);
  while (isspace((unsigned char)*statement))
    statement++;
  /* Its own WITH goes on with ours, which may be recursive. */
  const char *rest = after_word(statement, "with");
  const char *recursive = rest ? after_word(rest, "recursive") : NULL;
  char *sql = pg_format("%s%s %s", prefix, rest ? "," : "",
                        recursive ? recursive
                        : rest    ? rest
                                  : statement);
  free(prefix);
  return sql;
}
