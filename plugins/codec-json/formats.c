/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes of three tools that people come from:
 * envelope  pg-replicate-kafka: schema, table, op, ts_ms, before, after, source
 * op        the pg_replicate crates' ReplicationOp, in serde's JSON
 * plain     go-pq-cdc-kafka's row with an operation in it */
#include "json.h"

#include <stdio.h>

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

/* The text of the key's columns, several with a '+' between them; null is empty. */
char *key_text_write(char *out, const struct relation_plan *plan,
                     const struct headrace_value *values, const struct headrace_value *other)
{
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct headrace_value *value = &values[plan->key[i]];
    if (value->state == HEADRACE_ABSENT && other)
      value = &other[plan->key[i]];
    if (i)
      *out++ = '+';
    if (value->state >= HEADRACE_TEXT)
      out = json_copy(out, value->data, value->size);
  }
  return out;
}

struct shape {
  struct codec *codec;
  const struct relation_plan *plan;
  const struct headrace_change *change;
  const struct headrace_value *key; /* the row that has it; NULL: no key */
  const struct headrace_value *key_other;
  const struct column_plan *defect;
};

static size_t key_room(const struct shape *shape)
{
  return shape->key ? key_bound(shape->plan, shape->key, shape->key_other) : 0;
}

static char *key_put(char *out, struct shape *shape)
{
  if (!shape->key)
    return out;
  if (shape->codec->options.key_format == KEY_TEXT)
    return key_text_write(out, shape->plan, shape->key, shape->key_other);
  return key_write(out, shape->plan, shape->key, shape->key_other, &shape->defect);
}

typedef char *(*value_function)(char *out, struct shape *shape);

static enum headrace_result emit(struct shape *shape, struct headrace_batch *batch, size_t bound,
                                 value_function write_record)
{
  const struct headrace_host *host = shape->codec->host;
  char *start = host->reserve(host, batch, key_room(shape) + bound);
  char *key_end = key_put(start, shape);
  char *end = key_end ? write_record(key_end, shape) : NULL;
  if (!end)
    return codec_defect(shape->codec, shape->plan, shape->defect);
  host->commit(host, batch, (size_t)(end - start));
  struct headrace_record *record = host->add_record(host, batch);
  if (shape->key)
    record->key = value_of(start, key_end);
  record->value = value_of(key_end, end);
  return HEADRACE_OK;
}

static struct shape shape_of(struct codec *codec, const struct headrace_change *change)
{
  struct shape shape = {.codec = codec, .plan = plan_of(codec, change->relation), .change = change};
  if (!shape.plan->key_count)
    return shape;
  shape.key = change->new_values ? change->new_values : change->old_values;
  shape.key_other = change->new_values ? change->old_values : NULL;
  return shape;
}

static size_t images_bound(const struct shape *shape)
{
  const struct headrace_change *change = shape->change;
  return (change->old_values ? row_bound(shape->plan, change->old_values, NULL) : 4) +
         (change->new_values ? row_bound(shape->plan, change->new_values, change->old_values) : 4);
}

static char *image_put(char *out, struct shape *shape, const struct headrace_value *values,
                       const struct headrace_value *other, enum absent absent)
{
  if (!values)
    return PUT(out, "null");
  return row_write(out, shape->plan, values, other, absent, &shape->defect);
}

/* ---- envelope ----------------------------------------------------------- */

static const char *const operation_words[] = {
    [HEADRACE_INSERT] = "INSERT", [HEADRACE_UPDATE] = "UPDATE",     [HEADRACE_DELETE] = "DELETE",
    [HEADRACE_READ] = "READ",     [HEADRACE_TRUNCATE] = "TRUNCATE", [HEADRACE_MESSAGE] = "MESSAGE"};

/* PostgreSQL's pg_lsn: 0/1634FA0 */
static char *lsn_put(char *out, uint64_t lsn)
{
  char text[24];
  int size = snprintf(text, sizeof text, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
  return json_copy(out, text, (size_t)size);
}

static char *envelope_source(char *out, const struct shape *shape, int64_t now_us)
{
  const struct headrace_transaction *transaction = shape->change->transaction;
  int64_t committed_us = transaction ? transaction->commit_time_us : now_us;
  out = PUT(out, ",\"source\":{\"version\":\"" HEADRACE_VERSION
                 "\",\"connector\":\"headrace\",\"ts_ms\":");
  out = json_integer(out, committed_us / 1000);
  out = PUT(out, ",\"db\":");
  out = json_string(out, shape->codec->database.data, shape->codec->database.size);
  out = text_put(out, &json_plan_of(shape->plan)->names);
  out = PUT(out, ",\"lsn\":\"");
  out = lsn_put(out, shape->change->sequence);
  out = PUT(out, "\",\"xid\":");
  out = transaction ? json_unsigned(out, transaction->id) : PUT(out, "null");
  return PUT(out, "}}");
}

static char *envelope_value(char *out, struct shape *shape)
{
  const struct headrace_change *change = shape->change;
  const char *word = operation_words[change->operation];
  int64_t now_us = shape->codec->host->now_us(shape->codec->host);
  *out++ = '{';
  out = json_copy(out, json_plan_of(shape->plan)->names.data + 1,
                  json_plan_of(shape->plan)->names.size - 1);
  out = PUT(out, ",\"op\":\"");
  out = json_copy(out, word, strlen(word));
  out = PUT(out, "\",\"ts_ms\":");
  out = json_integer(out, now_us / 1000);
  out = PUT(out, ",\"before\":");
  if (!(out = image_put(out, shape, change->old_values, NULL, ABSENT_NULL)))
    return NULL;
  out = PUT(out, ",\"after\":");
  out = image_put(out, shape, change->new_values, change->old_values, ABSENT_UNAVAILABLE);
  return out ? envelope_source(out, shape, now_us) : NULL;
}

enum headrace_result envelope_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out)
{
  struct shape shape = shape_of(codec, change);
  size_t bound = images_bound(&shape) + 2 * json_plan_of(shape.plan)->names.size +
                 JSON_ESCAPE_GROWTH * codec->database.size + 384;
  return emit(&shape, out, bound, envelope_value);
}

/* ---- op ----------------------------------------------------------------- */

static size_t texts_bound(const struct relation_plan *plan, const struct headrace_value *values,
                          const struct headrace_value *other)
{
  size_t bound = 2;
  for (uint32_t i = 0; values && i < plan->column_count; i++) {
    const struct headrace_value *value =
        values[i].state == HEADRACE_ABSENT && other ? &other[i] : &values[i];
    bound += 8;
    if (value->state >= HEADRACE_TEXT)
      bound += json_escape_bound(value->data, value->size);
  }
  return bound;
}

/* Row = Vec<Option<String>>: what did not come is null, as in the crate. */
static char *texts_put(char *out, const struct relation_plan *plan,
                       const struct headrace_value *values, const struct headrace_value *other)
{
  *out++ = '[';
  for (uint32_t i = 0; values && i < plan->column_count; i++) {
    const struct headrace_value *value =
        values[i].state == HEADRACE_ABSENT && other ? &other[i] : &values[i];
    if (i)
      *out++ = ',';
    out = value->state >= HEADRACE_TEXT ? json_string(out, value->data, value->size)
                                        : PUT(out, "null");
  }
  *out++ = ']';
  return out;
}

/* Update((Row, Row)): an old row of nulls where the table's identity sends none. */
static char *old_texts_put(char *out, const struct relation_plan *plan,
                           const struct headrace_value *values)
{
  if (values)
    return texts_put(out, plan, values, NULL);
  *out++ = '[';
  for (uint32_t i = 0; i < plan->column_count; i++)
    out = i ? PUT(out, ",null") : PUT(out, "null");
  *out++ = ']';
  return out;
}

static char *op_value(char *out, struct shape *shape)
{
  const struct headrace_change *change = shape->change;
  const struct relation_plan *plan = shape->plan;
  out = text_put(out, &json_plan_of(plan)->op_head);
  out = json_unsigned(out, change->transaction ? change->transaction->commit_sequence
                                               : change->sequence);
  out = PUT(out, ",\"seq_id\":");
  out = json_unsigned(out, change->ordinal);
  out = PUT(out, ",\"op\":{");
  switch (change->operation) {
  case HEADRACE_UPDATE:
    out = PUT(out, "\"Update\":[");
    out = old_texts_put(out, plan, change->old_values);
    *out++ = ',';
    out = texts_put(out, plan, change->new_values, change->old_values);
    *out++ = ']';
    break;
  case HEADRACE_DELETE:
    out = PUT(out, "\"Delete\":");
    out = texts_put(out, plan, change->old_values, NULL);
    break;
  default:
    out = PUT(out, "\"Insert\":");
    out = texts_put(out, plan, change->new_values, NULL);
  }
  return PUT(out, "}}");
}

enum headrace_result op_encode(struct codec *codec, const struct headrace_change *change,
                               struct headrace_batch *out)
{
  if (change->operation == HEADRACE_TRUNCATE)
    return HEADRACE_OK; /* the crate's Op has no word for it */
  struct shape shape = shape_of(codec, change);
  size_t bound = json_plan_of(shape.plan)->op_head.size + 5 * (size_t)shape.plan->column_count +
                 128 + texts_bound(shape.plan, change->old_values, NULL) +
                 texts_bound(shape.plan, change->new_values, change->old_values);
  return emit(&shape, out, bound, op_value);
}

/* ---- plain -------------------------------------------------------------- */

static const struct text *operation_label(const struct codec *codec)
{
  return &((const struct json_codec *)codec)->operation_label;
}

/* In the place of the object's end. */
static char *operation_put(char *out, struct shape *shape, bool first)
{
  const char *word = operation_words[shape->change->operation];
  if (!first)
    *out++ = ',';
  out = text_put(out, operation_label(shape->codec));
  *out++ = '"';
  out = json_copy(out, word, strlen(word));
  return PUT(out, "\"}");
}

static char *plain_value(char *out, struct shape *shape)
{
  const struct headrace_change *change = shape->change;
  char *start = out;
  bool deleted = !change->new_values;
  const struct headrace_value *values = deleted ? change->old_values : change->new_values;
  if (values)
    out = image_put(out, shape, values, deleted ? NULL : change->old_values,
                    deleted ? ABSENT_NULL : ABSENT_UNAVAILABLE);
  else
    out = PUT(out, "{}");
  if (!out || !operation_label(shape->codec)->size)
    return out;
  return operation_put(out - 1, shape, out - start == 2);
}

enum headrace_result plain_encode(struct codec *codec, const struct headrace_change *change,
                                  struct headrace_batch *out)
{
  struct shape shape = shape_of(codec, change);
  return emit(&shape, out, images_bound(&shape) + operation_label(codec)->size + 32, plain_value);
}
