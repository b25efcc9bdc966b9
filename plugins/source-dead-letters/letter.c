/* SPDX-License-Identifier: Apache-2.0 */
#include "letter.h"

#include "connect_errors.h"
#include "json_text.h"

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

static const char *exception_of(const struct letter *letter)
{
  const char *sqlstate = text_of(letter, LETTER_SQLSTATE);
  const char *name = sqlstate ? condition_name(sqlstate) : NULL;
  return name ? name : text_of(letter, LETTER_CLASS);
}

#define OWN_HEADERS   3
#define ERROR_HEADERS (CONNECT_ERROR_HEADERS + OWN_HEADERS)

static size_t add_headers(const struct letter *letter, struct headrace_header *headers,
                          const struct headrace_pair *pairs, size_t count)
{
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    if (pairs[i].value)
      headers[used++] = (struct headrace_header){pairs[i].name, copy(letter, pairs[i].value)};
  return used;
}

/* Kafka Connect's, and with names of our own what a letter knows besides. */
static size_t error_headers(const struct letter *letter, struct headrace_header *headers)
{
  struct connect_error error = {.topic = text_of(letter, LETTER_TOPIC),
                                .partition = text_of(letter, LETTER_PARTITION),
                                .offset = text_of(letter, LETTER_OFFSET),
                                .pipeline = letter->form->pipeline,
                                .stage = text_of(letter, LETTER_STAGE),
                                .at_sink = "TASK_PUT",
                                .exception = exception_of(letter),
                                .message = text_of(letter, LETTER_REASON)};
  struct headrace_pair connect[CONNECT_ERROR_HEADERS];
  const struct headrace_pair own[OWN_HEADERS] = {
      {"headrace.letter", text_of(letter, LETTER_ID)},
      {"headrace.sqlstate", text_of(letter, LETTER_SQLSTATE)},
      {"headrace.table", text_of(letter, LETTER_RELATION)},
  };
  size_t used = add_headers(letter, headers, connect, connect_error_headers(&error, connect));
  return used + add_headers(letter, headers + used, own, OWN_HEADERS);
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
