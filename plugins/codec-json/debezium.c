/* SPDX-License-Identifier: Apache-2.0
 *
 * format=debezium: the envelope of Debezium's PostgreSQL connector 3.3 through Kafka Connect's
 * JsonConverter, field for field in its order. Facts were taken from what a running 3.3.1 sends
 * (docs/debezium-compatibility.md). */
#include "json.h"

#include <stdlib.h>

/* Debezium's struct is open to consumers: this is our version, in its place. */
#define SOURCE_VERSION HEADRACE_VERSION

struct image {
  const struct headrace_value *values; /* NULL: null */
  const struct headrace_value *other;  /* gives what values lack; may be NULL */
  enum absent absent;
};

struct output {
  struct codec *codec;
  struct relation_plan *plan;
  const struct headrace_change *change;
  struct headrace_batch *batch;
  int64_t now_us;
};

void debezium_plan(struct codec *codec, struct relation_plan *plan, const char *database)
{
  struct text prefix = text_json(codec->options.prefix, strlen(codec->options.prefix));
  struct text db = text_json(database ? database : "", database ? strlen(database) : 0);
  struct text schema = text_json(plan->schema, strlen(plan->schema));
  struct text table = text_json(plan->table, strlen(plan->table));
  plan->source_head = text_print("{\"version\":\"%s\",\"connector\":\"postgresql\",\"name\":%s,"
                                 "\"ts_ms\":",
                                 SOURCE_VERSION, prefix.data);
  plan->source_database = text_print("\",\"db\":%s,\"sequence\":\"[", db.data);
  plan->source_names = text_print(",\"schema\":%s,\"table\":%s,\"txId\":", schema.data, table.data);
  text_free(&prefix);
  text_free(&db);
  text_free(&schema);
  text_free(&table);
}

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

char *clock_write(char *out, int64_t now_us)
{
  char digits[JSON_INTEGER_MAX];
  size_t size = (size_t)(json_integer(digits, now_us) - digits);
  out = PUT(out, ",\"ts_ms\":");
  if (now_us >= 1000) /* its digits are there already */
    out = json_copy(out, digits, size - 3);
  else
    out = json_integer(out, now_us / 1000);
  out = PUT(out, ",\"ts_us\":");
  out = json_copy(out, digits, size);
  out = PUT(out, ",\"ts_ns\":");
  out = json_copy(out, digits, size);
  return PUT(out, "000");
}

static char *room(struct text *text, size_t *capacity, size_t size)
{
  if (*capacity < size) {
    char *data = realloc(text->data, size);
    if (!data)
      abort();
    text->data = data;
    *capacity = size;
  }
  return text->data;
}

int64_t floor_ms(int64_t us)
{
  return us / 1000 - (us % 1000 < 0);
}

static void make_head(struct relation_plan *plan)
{
  struct source_text *source = &plan->source;
  char *start = room(&source->head, &source->head_room,
                     plan->source_head.size + plan->source_database.size + 128);
  char *out = text_put(start, &plan->source_head);
  out = json_integer(out, floor_ms(source->time_us));
  out = PUT(out, ",\"snapshot\":\"");
  out = json_copy(out, source->snapshot, strlen(source->snapshot));
  out = text_put(out, &plan->source_database);
  if (source->previous_sequence) {
    out = PUT(out, "\\\"");
    out = json_unsigned(out, source->previous_sequence);
    out = PUT(out, "\\\",\\\"");
  } else {
    out = PUT(out, "null,\\\"");
  }
  source->head.size = (size_t)(out - start);
}

static void make_middle(struct relation_plan *plan)
{
  struct source_text *source = &plan->source;
  char *start = room(&source->middle, &source->middle_room, plan->source_names.size + 128);
  char *out = PUT(start, "\\\"]\",\"ts_us\":");
  out = json_integer(out, source->time_us);
  out = PUT(out, ",\"ts_ns\":");
  out = json_integer(out, source->time_us);
  out = PUT(out, "000");
  out = text_put(out, &plan->source_names);
  out = source->transaction_id ? json_unsigned(out, source->transaction_id) : PUT(out, "null");
  out = PUT(out, ",\"lsn\":");
  source->middle.size = (size_t)(out - start);
}

static const char *snapshot_word(const struct headrace_change *change)
{
  static const char no[] = "false", initial[] = "true", on_demand[] = "incremental";
  if (change->operation != HEADRACE_READ)
    return no;
  return change->flags & HEADRACE_READ_ON_DEMAND ? on_demand : initial;
}

static void source_refresh(struct relation_plan *plan, const struct headrace_change *change,
                           int64_t now_us)
{
  static const struct headrace_transaction none = {0};
  const struct headrace_transaction *transaction =
      change->transaction ? change->transaction : &none;
  struct source_text *source = &plan->source;
  const char *snapshot = snapshot_word(change);
  if (source->valid && change->transaction && source->transaction_id == transaction->id &&
      source->snapshot == snapshot && source->time_us == transaction->commit_time_us &&
      source->previous_sequence == transaction->previous_sequence)
    return;
  source->transaction_id = transaction->id;
  source->snapshot = snapshot;
  /* A message outside of transactions commits by itself, and Debezium takes its place for both. */
  source->previous_sequence =
      change->transaction || change->relation ? transaction->previous_sequence : change->sequence;
  source->time_us = change->transaction ? transaction->commit_time_us : now_us;
  source->valid = change->transaction != NULL;
  make_head(plan);
  make_middle(plan);
}

size_t source_bound(const struct relation_plan *plan)
{
  return plan->source_head.size + plan->source_database.size + plan->source_names.size + 320;
}

char *source_write(char *out, struct relation_plan *plan, const struct headrace_change *change,
                   int64_t now_us)
{
  source_refresh(plan, change, now_us);
  char digits[JSON_INTEGER_MAX];
  size_t size = (size_t)(json_unsigned(digits, change->sequence) - digits);
  out = text_put(out, &plan->source.head);
  out = json_copy(out, digits, size);
  out = text_put(out, &plan->source.middle);
  out = json_copy(out, digits, size);
  return PUT(out, ",\"xmin\":null}");
}

struct headrace_value value_of(char *start, const char *end)
{
  return (struct headrace_value){
      .data = start, .size = (uint32_t)(end - start), .state = HEADRACE_TEXT};
}

/* ---- keys and images ---------------------------------------------------- */

static size_t image_bound(const struct relation_plan *plan, const struct image *image)
{
  return image->values ? row_bound(plan, image->values, image->other) : sizeof "null";
}

static char *image_write(char *out, const struct relation_plan *plan, const struct image *image,
                         const struct column_plan **defect)
{
  if (!image->values)
    return PUT(out, "null");
  return row_write(out, plan, image->values, image->other, image->absent, defect);
}

static char *envelope_write(char *out, struct output *to, char operation,
                            const struct image *before, const struct image *after,
                            const struct column_plan **defect)
{
  struct relation_plan *plan = to->plan;
  out = text_put(out, &plan->value_schema);
  out = PUT(out, "{\"before\":");
  if (!(out = image_write(out, plan, before, defect)))
    return NULL;
  out = PUT(out, ",\"after\":");
  if (!(out = image_write(out, plan, after, defect)))
    return NULL;
  out = PUT(out, ",\"source\":");
  out = source_write(out, plan, to->change, to->now_us);
  out = transaction_write(out, to->codec, plan, to->change);
  out = PUT(out, ",\"op\":\"");
  *out++ = operation;
  *out++ = '"';
  out = clock_write(out, to->now_us);
  *out++ = '}';
  if (plan->value_schema.size)
    *out++ = '}';
  return out;
}

static char *wrapped_key_write(char *out, struct output *to, const struct image *key,
                               const struct column_plan **defect)
{
  const struct relation_plan *plan = to->plan;
  out = text_put(out, &plan->key_schema);
  if (to->codec->options.key_format == KEY_TEXT)
    out = key_text_write(out, plan, key->values, key->other);
  else
    out = key_write(out, plan, key->values, key->other, defect);
  if (out && plan->key_schema.size)
    *out++ = '}';
  return out;
}

static size_t wrapped_key_bound(const struct output *to, const struct image *key)
{
  return to->plan->key_schema.size + key_bound(to->plan, key->values, key->other) + 1;
}

/* ---- records ------------------------------------------------------------ */

/* What one record is made of. */
struct draft {
  struct image before, after;
  const struct image *key; /* NULL: none */
  const struct headrace_header *headers;
  uint32_t header_count;
  char operation;
};

static enum headrace_result emit(struct output *to, const struct draft *draft,
                                 struct headrace_value *key_out)
{
  const struct headrace_host *host = to->codec->host;
  const struct relation_plan *plan = to->plan;
  const struct column_plan *defect = NULL;
  bool keyed = draft->key && plan->key_count;
  size_t bound = plan->value_schema.size + image_bound(plan, &draft->before) +
                 image_bound(plan, &draft->after) + source_bound(plan) + CLOCK_BOUND +
                 TRANSACTION_BOUND + 128 + (keyed ? wrapped_key_bound(to, draft->key) : 0);
  char *start = host->reserve(host, to->batch, bound);
  char *key_end = start;
  if (keyed && !(key_end = wrapped_key_write(start, to, draft->key, &defect)))
    return codec_defect(to->codec, plan, defect);
  char *end = envelope_write(key_end, to, draft->operation, &draft->before, &draft->after, &defect);
  if (!end)
    return codec_defect(to->codec, plan, defect);
  host->commit(host, to->batch, (size_t)(end - start));
  struct headrace_record *record = host->add_record(host, to->batch);
  if (keyed)
    record->key = value_of(start, key_end);
  record->value = value_of(key_end, end);
  record->headers = draft->headers;
  record->header_count = draft->header_count;
  *key_out = record->key;
  return HEADRACE_OK;
}

static void emit_tombstone(struct output *to, const struct headrace_value *key,
                           const struct draft *draft)
{
  const struct headrace_host *host = to->codec->host;
  if (!to->codec->options.tombstones)
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

/* The context's headers after one that tells the other key. */
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
