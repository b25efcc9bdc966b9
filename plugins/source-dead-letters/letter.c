/* SPDX-License-Identifier: Apache-2.0 */
#include "letter.h"

#include "json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a row goes, while it becomes a record. */
struct letter {
  const struct headrace_host *host;
  struct headrace_batch *batch;
  const struct letter_form *form;
  const PGresult *rows;
  int row;
};

int64_t letter_number(const PGresult *rows, int row, enum letter_column column)
{
  if (PQgetisnull(rows, row, (int)column))
    return -1;
  return strtoll(PQgetvalue(rows, row, (int)column), NULL, 10);
}

/* NULL: null. */
static const char *text_of(const struct letter *letter, enum letter_column column)
{
  bool null = PQgetisnull(letter->rows, letter->row, (int)column);
  return null ? NULL : PQgetvalue(letter->rows, letter->row, (int)column);
}

static struct headrace_value copy(const struct letter *letter, const char *text)
{
  size_t size = strlen(text);
  char *kept = letter->host->alloc(letter->host, letter->batch, size + 1);
  memcpy(kept, text, size + 1);
  return (struct headrace_value){kept, (uint32_t)size, HEADRACE_TEXT};
}

static struct headrace_value unhex(const struct letter *letter, const char *hex, size_t length)
{
  char *bytes = letter->host->alloc(letter->host, letter->batch, length / 2 + 1);
  char *end = json_unhex(bytes, hex, length);
  if (!end)
    return (struct headrace_value){0};
  *end = 0; /* a name of a header is NUL-terminated */
  return (struct headrace_value){bytes, (uint32_t)(end - bytes), HEADRACE_BINARY};
}

static struct headrace_value bytes_of(const struct letter *letter, enum letter_column column)
{
  const char *hex = text_of(letter, column);
  return hex ? unhex(letter, hex, strlen(hex)) : (struct headrace_value){0};
}

/* ---- headers ------------------------------------------------------------------ */

static size_t count_headers(const char *text)
{
  size_t count = text && *text ? 1 : 0;
  for (const char *at = text; at && *at; at++)
    count += *at == ',';
  return count;
}

/* "6e616d65:00ff,…" */
static void own_headers(const struct letter *letter, struct headrace_header *headers, size_t count)
{
  const char *text = text_of(letter, LETTER_HEADERS);
  for (size_t i = 0; i < count; i++) {
    size_t name = strcspn(text, ":");
    const char *value = text + name + 1;
    size_t length = strcspn(value, ",");
    headers[i].name = unhex(letter, text, name).data;
    headers[i].value = *value == '-' ? (struct headrace_value){0} : unhex(letter, value, length);
    text = value + length + (value[length] == ',');
  }
}

/* Kafka Connect's words (org.apache.kafka.connect.runtime.errors.Stage) for what a letter calls a
 * stage. */
static const char *connect_stage(const char *stage)
{
  if (!strncmp(stage, "filter", 6))
    return "TRANSFORMATION";
  return strcmp(stage, "codec") ? "TASK_PUT" : "VALUE_CONVERTER";
}

static const char *exception_of(const struct letter *letter)
{
  const char *sqlstate = text_of(letter, LETTER_SQLSTATE);
  const char *name = sqlstate ? condition_name(sqlstate) : NULL;
  return name ? name : text_of(letter, LETTER_CLASS);
}

#define ERROR_HEADERS 12

/* As DeadLetterQueueReporter of Kafka Connect writes them, so that its users' tools can read them;
 * what a letter knows besides has names of its own. */
static size_t error_headers(const struct letter *letter, struct headrace_header *headers)
{
  const char *stage = text_of(letter, LETTER_STAGE);
  char class_name[128];
  snprintf(class_name, sizeof class_name, "headrace.%s", stage);
  const struct headrace_pair all[ERROR_HEADERS] = {
      {"__connect.errors.topic", text_of(letter, LETTER_TOPIC)},
      {"__connect.errors.partition", text_of(letter, LETTER_PARTITION)},
      {"__connect.errors.offset", text_of(letter, LETTER_OFFSET)},
      {"__connect.errors.connector.name", letter->form->pipeline},
      {"__connect.errors.task.id", "0"},
      {"__connect.errors.stage", connect_stage(stage)},
      {"__connect.errors.class.name", class_name},
      {"__connect.errors.exception.class.name", exception_of(letter)},
      {"__connect.errors.exception.message", text_of(letter, LETTER_REASON)},
      {"headrace.letter", text_of(letter, LETTER_ID)},
      {"headrace.sqlstate", text_of(letter, LETTER_SQLSTATE)},
      {"headrace.table", text_of(letter, LETTER_RELATION)},
  };
  size_t used = 0;
  for (size_t i = 0; i < ERROR_HEADERS; i++)
    if (all[i].value)
      headers[used++] = (struct headrace_header){all[i].name, copy(letter, all[i].value)};
  return used;
}

static void set_headers(const struct letter *letter, struct headrace_record *record)
{
  size_t count = count_headers(text_of(letter, LETTER_HEADERS));
  size_t most = count + (letter->form->forwarding ? ERROR_HEADERS : 0);
  if (!most)
    return;
  struct headrace_header *headers =
      letter->host->alloc(letter->host, letter->batch, most * sizeof *headers);
  own_headers(letter, headers, count);
  if (letter->form->forwarding)
    count += error_headers(letter, headers + count);
  record->headers = headers;
  record->header_count = (uint32_t)count;
}

/* ---- the record ---------------------------------------------------------------- */

void letter_add(const struct headrace_host *host, struct headrace_batch *batch,
                const struct letter_form *form, const PGresult *rows, int row)
{
  const struct letter letter = {host, batch, form, rows, row};
  struct headrace_record *record = host->add_record(host, batch);
  record->topic = copy(&letter, form->topic ? form->topic : text_of(&letter, LETTER_TOPIC));
  if (!form->forwarding) {
    record->partition = (int32_t)letter_number(rows, row, LETTER_PARTITION);
    record->offset = letter_number(rows, row, LETTER_OFFSET);
  }
  record->timestamp_ms = letter_number(rows, row, LETTER_TIME_MS);
  record->key = bytes_of(&letter, LETTER_KEY);
  record->value = bytes_of(&letter, LETTER_VALUE);
  set_headers(&letter, record);
}
