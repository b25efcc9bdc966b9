/* SPDX-License-Identifier: Apache-2.0
 *
 * format=debezium: which records Debezium's PostgreSQL connector 3.3 makes of a change. Facts were
 * taken from what a running 3.3.1 sends (docs/debezium-compatibility.md). */
#include "connect_codec.h"

static enum headrace_result emit(struct output *to, struct draft *draft, struct headrace_value *key)
{
  return to->codec->flat ? flat_emit(to, draft, key) : to->codec->dialect->emit(to, draft, key);
}

bool key_complete(const struct relation_plan *plan, const struct headrace_value *values)
{
  for (uint32_t i = 0; i < plan->key_count; i++)
    if (values[plan->key[i]].state == HEADRACE_ABSENT)
      return false;
  return true;
}

bool key_equal(const struct relation_plan *plan, const struct headrace_value *one,
               const struct headrace_value *two)
{
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct headrace_value *a = &one[plan->key[i]], *b = &two[plan->key[i]];
    if (a->state == HEADRACE_ABSENT || b->state == HEADRACE_ABSENT)
      continue;
    if (a->state != b->state ||
        (a->state != HEADRACE_NULL && (a->size != b->size || memcmp(a->data, b->data, a->size))))
      return false;
  }
  return true;
}

static void emit_tombstone(struct output *to, const struct headrace_value *key,
                           const struct draft *draft)
{
  const struct headrace_host *host = to->codec->host;
  const struct flat *flat = to->codec->flat;
  if (!to->codec->options.tombstones || (flat && !flat_keeps_tombstones(flat)))
    return;
  struct headrace_record *record = host->add_record(host, to->batch);
  record->key = *key;
  record->headers = draft->headers;
  record->header_count = draft->header_count;
}

static void use_context_headers(const struct codec *codec, struct draft *draft)
{
  draft->headers = codec->headers + 1;
  draft->header_count = codec->options.context_headers ? 3 : 0;
}

/* The context's headers after one that tells the other key, as Connect's SimpleHeaderConverter
 * writes it whatever the converters of key and value are. */
static enum headrace_result use_key_header(struct output *to, struct draft *draft, const char *name,
                                           const struct image *key)
{
  struct codec *codec = to->codec;
  const struct headrace_host *host = codec->host;
  const struct column_plan *defect = NULL;
  char *start = host->reserve(host, to->batch, key_bound(to->plan, key->values, key->other));
  char *end = key_write(start, to->plan, key->values, key->other, &defect);
  if (!end)
    return codec_defect(codec, to->plan, defect);
  host->commit(host, to->batch, (size_t)(end - start));
  use_context_headers(codec, draft);
  struct headrace_header *headers =
      host->alloc(host, to->batch, (draft->header_count + 1) * sizeof *headers);
  headers[0] = (struct headrace_header){.name = name, .value = value_of(start, end)};
  memcpy(headers + 1, draft->headers, draft->header_count * sizeof *headers);
  draft->headers = headers;
  draft->header_count++;
  return HEADRACE_OK;
}

static enum headrace_result encode_create(struct output *to, char operation)
{
  struct headrace_value key;
  struct image row = {.values = to->change->new_values};
  struct draft draft = {.after = row, .key = &row, .operation = operation};
  use_context_headers(to->codec, &draft);
  return emit(to, &draft, &key);
}

/* The old row may hold the identity's columns only, and those need not be the record's key. */
static void warn_of_incomplete_key(struct output *to)
{
  if (to->plan->defective)
    return;
  to->plan->defective = true;
  to->codec->host->log(to->codec->host, HEADRACE_WARNING,
                       "table %s.%s: its replica identity does not cover the columns of the "
                       "record's key, so deletes have null in their place; set REPLICA IDENTITY "
                       "FULL, or key_columns to columns of the identity",
                       to->plan->schema, to->plan->table);
}

static enum headrace_result encode_delete(struct output *to)
{
  struct headrace_value key;
  struct image row = {.values = to->change->old_values, .absent = ABSENT_ZERO};
  struct draft draft = {.before = row, .key = row.values ? &row : NULL, .operation = 'd'};
  if (row.values && !key_complete(to->plan, row.values))
    warn_of_incomplete_key(to);
  use_context_headers(to->codec, &draft);
  enum headrace_result result = emit(to, &draft, &key);
  if (result == HEADRACE_OK)
    emit_tombstone(to, &key, &draft);
  return result;
}

static bool skips(const struct output *to, enum headrace_operation operation)
{
  return to->codec->options.skipped & 1u << operation;
}

static enum headrace_result encode_departure(struct output *to, const struct image *old_row,
                                             const struct image *new_row)
{
  struct headrace_value key;
  struct draft draft = {.before = *old_row, .key = old_row, .operation = 'd'};
  enum headrace_result result = use_key_header(to, &draft, "__debezium.newkey", new_row);
  if (result == HEADRACE_OK)
    result = emit(to, &draft, &key);
  if (result == HEADRACE_OK)
    emit_tombstone(to, &key, &draft);
  return result;
}

static enum headrace_result encode_arrival(struct output *to, const struct image *old_row,
                                           const struct image *new_row)
{
  struct headrace_value key;
  struct draft draft = {.after = *new_row, .key = new_row, .operation = 'c'};
  enum headrace_result result = use_key_header(to, &draft, "__debezium.oldkey", old_row);
  return result == HEADRACE_OK ? emit(to, &draft, &key) : result;
}

/* The row moved to another key: to its consumers it is deleted there and created here. */
static enum headrace_result encode_key_change(struct output *to, const struct image *old_row,
                                              const struct image *new_row)
{
  enum headrace_result result = HEADRACE_OK;
  bool departs = !skips(to, HEADRACE_DELETE), arrives = !skips(to, HEADRACE_INSERT);
  if (departs)
    result = encode_departure(to, old_row, new_row);
  if (departs == arrives)
    surplus_add(to->codec, to->plan, departs ? 1 : -1);
  if (result == HEADRACE_OK && arrives)
    result = encode_arrival(to, old_row, new_row);
  return result;
}

static enum headrace_result encode_update(struct output *to)
{
  const struct headrace_change *change = to->change;
  struct image old_row = {.values = change->old_values, .absent = ABSENT_ZERO};
  struct image new_row = {.values = change->new_values, .other = change->old_values};
  if (old_row.values && to->plan->key_count && key_complete(to->plan, old_row.values) &&
      !key_equal(to->plan, old_row.values, new_row.values))
    return encode_key_change(to, &old_row, &new_row);
  if (skips(to, HEADRACE_UPDATE)) {
    surplus_add(to->codec, to->plan, -1);
    return HEADRACE_OK;
  }
  struct headrace_value key;
  struct draft draft = {.before = old_row, .after = new_row, .key = &new_row, .operation = 'u'};
  use_context_headers(to->codec, &draft);
  return emit(to, &draft, &key);
}

static enum headrace_result encode_truncate(struct output *to)
{
  struct headrace_value key;
  struct draft draft = {.operation = 't'};
  use_context_headers(to->codec, &draft);
  return emit(to, &draft, &key);
}

enum headrace_result debezium_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out)
{
  struct output to = {.codec = codec,
                      .plan = plan_of(codec, change->relation),
                      .change = change,
                      .batch = out,
                      .now_us = codec->host->now_us(codec->host)};
  switch (change->operation) {
  case HEADRACE_INSERT:
    return encode_create(&to, 'c');
  case HEADRACE_READ:
    return encode_create(&to, 'r');
  case HEADRACE_UPDATE:
    return encode_update(&to);
  case HEADRACE_DELETE:
    return encode_delete(&to);
  default:
    return encode_truncate(&to);
  }
}
