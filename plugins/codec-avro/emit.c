/* SPDX-License-Identifier: Apache-2.0
 *
 * Records: Debezium's envelope in the order of its schema, plain rows, and those that are no
 * rows'. */
#include "codec_avro.h"
#include "flattening.h"

#include <string.h>

/* ---- schemas have ids ------------------------------------------------------- */

static enum headrace_result refuse(const struct avro_codec *avro, struct headrace_batch *out,
                                   const char *error_class, const char *reason)
{
  const struct headrace_host *host = avro->codec.host;
  return host->refuse(host, out, error_class, reason) == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL
                                                                               : HEADRACE_AGAIN;
}

/* AGAIN: refused, which was dealt with. `of`: whose schema it is. */
static enum headrace_result register_side(struct avro_codec *avro, struct avro_side *side,
                                          const char *of, struct headrace_batch *out)
{
  if (side->id || !side->schema)
    return HEADRACE_OK;
  struct registry_fault fault;
  switch (registry_id_of(avro->registry, side->subject, "AVRO", side->text, &side->id, &fault)) {
  case REGISTRY_OK:
    return HEADRACE_OK;
  case REGISTRY_AWAY:
    return HEADRACE_RETRY;
  case REGISTRY_DENIED:
    return HEADRACE_FATAL;
  default:
    break;
  }
  struct text reason = text_print("%s: %s", of, fault.reason);
  enum headrace_result result = refuse(avro, out, fault.error_class, reason.data);
  text_free(&reason);
  return result;
}

enum headrace_result avro_register(struct avro_codec *avro, struct relation_plan *plan,
                                   struct headrace_batch *out)
{
  struct avro_plan *own = plan->own;
  if (own->value.id && (own->key.id || !own->key.schema))
    return HEADRACE_OK;
  struct text of = text_print("table %s.%s", plan->schema, plan->table);
  enum headrace_result result = register_side(avro, &own->key, of.data, out);
  if (result == HEADRACE_OK)
    result = register_side(avro, &own->value, of.data, out);
  text_free(&of);
  return result;
}

/* ---- rows -------------------------------------------------------------------- */

/* What one record is made of, and the column that could not be written. */
struct writing {
  const struct relation_plan *plan;
  const struct avro_plan *avro;
  const struct avro_column *defect;
  const char *added; /* … or the field that is added to the row */
};

static const struct headrace_value *value_at(const struct image *image, uint32_t index)
{
  const struct headrace_value *value = &image->values[index];
  return value->state == HEADRACE_ABSENT && image->other ? &image->other[index] : value;
}

static size_t columns_bound(const struct writing *writing, const struct image *image)
{
  size_t bound = writing->avro->row_fixed;
  for (uint32_t i = 0; image->values && i < writing->plan->column_count; i++) {
    const struct headrace_value *value = value_at(image, i);
    if (value->state >= HEADRACE_TEXT && writing->avro->columns[i].write)
      bound += avro_value_bound(&writing->avro->columns[i], value->data, value->size);
  }
  return bound;
}

static size_t key_columns_bound(const struct writing *writing, const struct image *image)
{
  const struct relation_plan *plan = writing->plan;
  size_t bound = AVRO_HEAD + plan->key_count;
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct headrace_value *value = value_at(image, plan->key[i]);
    const struct avro_column *column = &writing->avro->columns[plan->key[i]];
    if (value->state >= HEADRACE_TEXT && column->write)
      bound += avro_value_bound(column, value->data, value->size);
  }
  return bound;
}

static char *put_null(char *out, const struct avro_column *column)
{
  if (!column->optional)
    return NULL;
  *out = column->null_first ? 0 : 2;
  return out + 1;
}

static inline char *put_present(char *out, const struct avro_column *column,
                                const struct headrace_value *value)
{
  char *start = out;
  if (column->optional)
    *out++ = column->null_first ? 2 : 0;
  out = column->write(out, column, value->data, value->size);
  return out == avro_as_null ? put_null(start, column) : out;
}

static char *put_text(char *out, const struct text *text)
{
  return text->data ? json_copy(out, text->data, text->size) : NULL;
}

/* As row.c's put_other(). */
static char *put_other(char *out, const struct avro_column *column,
                       const struct headrace_value *value, enum absent absent)
{
  if (value->state == HEADRACE_NULL)
    return column->optional ? put_null(out, column) : put_text(out, &column->zero);
  if (absent == ABSENT_UNAVAILABLE)
    return put_text(out, column->unavailable.data ? &column->unavailable : &column->zero);
  return column->optional ? put_null(out, column) : put_text(out, &column->zero);
}

static char *put_row(char *out, struct writing *writing, const struct image *image)
{
  for (uint32_t i = 0; i < writing->plan->column_count; i++) {
    const struct avro_column *column = &writing->avro->columns[i];
    if (!column->write)
      continue;
    const struct headrace_value *value = value_at(image, i);
    out = value->state >= HEADRACE_TEXT ? put_present(out, column, value)
                                        : put_other(out, column, value, image->absent);
    if (!out) {
      writing->defect = column;
      return NULL;
    }
  }
  return out;
}

static char *put_optional_row(char *out, struct writing *writing, const struct image *image)
{
  *out++ = image->values ? 2 : 0;
  return image->values ? put_row(out, writing, image) : out;
}

/* Never a zero in place of a key's value: it would be the key of another row. */
static char *put_key(char *out, struct writing *writing, const struct image *image)
{
  const struct relation_plan *plan = writing->plan;
  out = avro_put_head(out, writing->avro->key.id);
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct avro_column *column = &writing->avro->columns[plan->key[i]];
    const struct headrace_value *value = value_at(image, plan->key[i]);
    if (!column->write)
      continue;
    out = value->state >= HEADRACE_TEXT ? put_present(out, column, value) : put_null(out, column);
    if (!out) {
      writing->defect = column;
      return NULL;
    }
  }
  return out;
}

static enum headrace_result defective(struct codec *codec, const struct writing *writing,
                                      struct headrace_batch *out)
{
  const struct column_plan *column = writing->added ? NULL : writing->defect->column;
  const char *name = column ? column->name : writing->added;
  struct text reason = text_print(
      "table %s.%s, %s \"%.*s\": its value cannot be said in its Avro schema: an array in an "
      "array, a decimal that is no number in a column that is not null, or a key's column that did "
      "not come (set REPLICA IDENTITY FULL, or key_columns)",
      writing->plan->schema, writing->plan->table, column ? "column" : "field",
      (int)(column ? column->name_size : strlen(name)), name);
  enum headrace_result result = refuse((struct avro_codec *)codec, out, "unsupported", reason.data);
  text_free(&reason);
  return result;
}

/* ---- the envelope ------------------------------------------------------------- */

static char *put_optional_long(char *out, int64_t number)
{
  *out++ = 2;
  return avro_put_long(out, number);
}

static char *put_constant(char *out, const struct text *text)
{
  return json_copy(out, text->data, text->size);
}

enum { SOURCE_ROOM = 256, TRANSACTION_ROOM = 96, CLOCK_ROOM = 64 };

static char *room(struct text *text, size_t size)
{
  if (!text->data)
    text->data = avro_must(malloc(size)); /* always as much: the plan's constants do not change */
  return text->data;
}

/* Up to the sequence. */
static void make_head(struct avro_plan *avro)
{
  struct avro_source *source = &avro->source;
  char *start =
      room(&source->head, avro->source_head.size + avro->source_database.size + SOURCE_ROOM);
  char *out = put_constant(start, &avro->source_head);
  out = avro_put_long(out, floor_ms(source->time_us));
  *out++ = 0; /* the default is not null, so null is the other branch */
  out = avro_put_bytes(out, source->snapshot, strlen(source->snapshot));
  out = put_constant(out, &avro->source_database);
  source->head.size = (size_t)(out - start);
}

/* ["previous"," or [null," */
static void make_previous(struct avro_source *source)
{
  char *start = room(&source->previous, SOURCE_ROOM), *out = start;
  *out++ = '[';
  if (source->previous_sequence) {
    *out++ = '"';
    out = json_unsigned(out, source->previous_sequence);
    *out++ = '"';
  } else {
    out = json_copy(out, "null", 4);
  }
  out = json_copy(out, ",\"", 2);
  source->previous.size = (size_t)(out - start);
}

/* Between the sequence and the lsn. */
static void make_middle(struct avro_plan *avro)
{
  struct avro_source *source = &avro->source;
  char *start = room(&source->middle, avro->source_names.size + SOURCE_ROOM);
  char *out = put_optional_long(start, source->time_us);
  out = put_optional_long(out, source->time_us * 1000);
  out = put_constant(out, &avro->source_names);
  if (source->transaction_id)
    out = put_optional_long(out, (int64_t)source->transaction_id);
  else
    *out++ = 0;
  source->middle.size = (size_t)(out - start);
}

/* As source_block.c: the same for all rows that one transaction has of one table. */
static void source_refresh(struct avro_plan *avro, const struct headrace_change *change,
                           int64_t now_us)
{
  static const struct headrace_transaction none = {0};
  const struct headrace_transaction *transaction =
      change->transaction ? change->transaction : &none;
  struct avro_source *source = &avro->source;
  const char *snapshot = source_snapshot(change);
  int64_t time_us = change->transaction ? transaction->commit_time_us : now_us;
  if (source->head.data && source->transaction_id == transaction->id &&
      source->snapshot == snapshot && source->time_us == time_us &&
      source->previous_sequence == transaction->previous_sequence)
    return;
  source->transaction_id = transaction->id;
  source->snapshot = snapshot;
  source->time_us = time_us;
  source->previous_sequence = transaction->previous_sequence;
  make_head(avro);
  make_previous(source);
  make_middle(avro);
}

static char *put_source(char *out, struct avro_plan *avro, const struct headrace_change *change,
                        int64_t now_us)
{
  source_refresh(avro, change, now_us);
  char digits[JSON_INTEGER_MAX];
  size_t size = (size_t)(json_unsigned(digits, change->sequence) - digits);
  out = put_constant(out, &avro->source.head);
  *out++ = 2;
  out = avro_put_long(out, (int64_t)(avro->source.previous.size + size + 2));
  out = put_constant(out, &avro->source.previous);
  out = json_copy(out, digits, size);
  out = json_copy(out, "\"]", 2);
  out = put_constant(out, &avro->source.middle);
  out = put_optional_long(out, (int64_t)change->sequence);
  *out++ = 0; /* xmin */
  return out;
}

static char *put_transaction(char *out, const struct output *to)
{
  int64_t total_order, collection_order;
  if (!transaction_place(to->codec, to->plan, to->change, &total_order, &collection_order)) {
    *out = 0;
    return out + 1;
  }
  char id[48], *end = json_unsigned(id, to->change->transaction->id);
  *end++ = ':';
  end = json_unsigned(end, to->change->sequence);
  *out++ = 2;
  out = avro_put_bytes(out, id, (size_t)(end - id));
  out = avro_put_long(out, total_order);
  return avro_put_long(out, collection_order);
}

static char *put_envelope(char *out, const struct output *to, struct writing *writing,
                          const struct draft *draft)
{
  out = avro_put_head(out, writing->avro->value.id);
  if (!(out = put_optional_row(out, writing, &draft->before)) ||
      !(out = put_optional_row(out, writing, &draft->after)))
    return NULL;
  out = put_source(out, to->plan->own, to->change, to->now_us);
  out = put_transaction(out, to);
  out = avro_put_bytes(out, &draft->operation, 1);
  out = put_optional_long(out, to->now_us / 1000);
  out = put_optional_long(out, to->now_us);
  return put_optional_long(out, to->now_us * 1000);
}

static struct headrace_value binary(char *start, const char *end)
{
  struct headrace_value value = value_of(start, end);
  value.state = HEADRACE_BINARY;
  return value;
}

static size_t envelope_bound(const struct writing *writing, const struct draft *draft)
{
  const struct avro_plan *avro = writing->avro;
  return AVRO_HEAD + columns_bound(writing, &draft->before) +
         columns_bound(writing, &draft->after) + avro->source_head.size +
         avro->source_database.size + avro->source_names.size + SOURCE_ROOM + TRANSACTION_ROOM +
         CLOCK_ROOM;
}

/* ---- the row alone ------------------------------------------------------------- */

static size_t flat_bound(const struct output *to, const struct writing *writing,
                         const struct flat_row *flat)
{
  const struct addition *fields;
  size_t count = flat_added(to->codec->flat, &fields);
  size_t bound = AVRO_HEAD + columns_bound(writing, flat->row) + 64;
  for (size_t i = 0; i < count; i++)
    bound += AVRO_JSON_BOUND(flat->added[i].size + 2);
  return bound;
}

static char *put_added(char *out, const struct avro_type *type, const struct json_value *value)
{
  bool quoted = value->kind == JSON_STRING; /* its quotes stand around it */
  return avro_from_json(out, type, value->data - quoted, value->size + 2 * (size_t)quoted);
}

static char *put_flat(char *out, const struct output *to, struct writing *writing,
                      const struct flat_row *flat)
{
  const struct avro_plan *avro = writing->avro;
  const struct addition *fields;
  size_t count = flat_added(to->codec->flat, &fields), field = avro->row_fields;
  out = avro_put_head(out, avro->value.id);
  if (!(out = put_row(out, writing, flat->row)))
    return NULL;
  if (flat->mark)
    out = avro_from_json(out, avro->row->fields[field++].type, flat->mark, strlen(flat->mark));
  for (size_t i = 0; out && i < count; i++) { /* of another row, perhaps: it may be a defect, too */
    writing->added = fields[i].name;
    out = put_added(out, avro->row->fields[field++].type, &flat->added[i]);
  }
  return out;
}

/* ---- records of rows ------------------------------------------------------------- */

static bool has_value(const struct draft *draft)
{
  return !draft->flat || (draft->flat->row && !draft->flat->key_only);
}

static size_t body_bound(const struct output *to, const struct writing *writing,
                         const struct draft *draft)
{
  if (!has_value(draft))
    return 0;
  return draft->flat ? flat_bound(to, writing, draft->flat) : envelope_bound(writing, draft);
}

static char *put_body(char *out, const struct output *to, struct writing *writing,
                      const struct draft *draft)
{
  if (!has_value(draft))
    return out;
  return draft->flat ? put_flat(out, to, writing, draft->flat)
                     : put_envelope(out, to, writing, draft);
}

enum headrace_result avro_emit(struct output *to, const struct draft *draft,
                               struct headrace_value *key)
{
  const struct headrace_host *host = to->codec->host;
  struct writing writing = {.plan = to->plan, .avro = avro_plan_of(to->plan)};
  bool keyed = draft->key && to->plan->key_count;
  size_t bound =
      body_bound(to, &writing, draft) + (keyed ? key_columns_bound(&writing, draft->key) : 0);
  char *start = host->reserve(host, to->batch, bound);
  char *key_end = keyed ? put_key(start, &writing, draft->key) : start;
  char *end = key_end ? put_body(key_end, to, &writing, draft) : NULL;
  if (!end)
    return defective(to->codec, &writing, to->batch);
  host->commit(host, to->batch, (size_t)(end - start));
  *key = keyed ? binary(start, key_end) : (struct headrace_value){0};
  if (draft->flat && draft->flat->key_only)
    return HEADRACE_OK;
  struct headrace_record *record = host->add_record(host, to->batch);
  record->key = *key;
  if (has_value(draft))
    record->value = binary(key_end, end);
  record->headers = draft->headers;
  record->header_count = draft->header_count;
  return HEADRACE_OK;
}

/* ---- plain rows ---------------------------------------------------------------- */

/* A record of a row, or with no image a tombstone of its key. */
static enum headrace_result emit_plain(struct codec *codec, struct relation_plan *plan,
                                       const struct image *key, const struct image *row,
                                       struct headrace_batch *out)
{
  const struct headrace_host *host = codec->host;
  struct writing writing = {.plan = plan, .avro = avro_plan_of(plan)};
  bool keyed = plan->key_count > 0;
  size_t bound = AVRO_HEAD + (row ? columns_bound(&writing, row) : 0) +
                 (keyed ? key_columns_bound(&writing, key) : 0);
  char *start = host->reserve(host, out, bound);
  char *key_end = keyed ? put_key(start, &writing, key) : start;
  char *end = key_end;
  if (end && row)
    end = put_row(avro_put_head(end, writing.avro->value.id), &writing, row);
  if (!end)
    return defective(codec, &writing, out);
  host->commit(host, out, (size_t)(end - start));
  struct headrace_record *record = host->add_record(host, out);
  if (keyed)
    record->key = binary(start, key_end);
  if (row)
    record->value = binary(key_end, end);
  return HEADRACE_OK;
}

/* Of a table without a key nobody could tell which row is meant. */
static enum headrace_result emit_gone(struct codec *codec, struct relation_plan *plan,
                                      const struct image *row, struct headrace_batch *out)
{
  if (!plan->key_count || !row->values || !codec->options.tombstones)
    return HEADRACE_OK;
  return emit_plain(codec, plan, row, NULL, out);
}

enum headrace_result avro_plain_encode(struct codec *codec, const struct headrace_change *change,
                                       struct headrace_batch *out)
{
  struct relation_plan *plan = plan_of(codec, change->relation);
  const struct image old_row = {.values = change->old_values};
  const struct image new_row = {.values = change->new_values, .other = change->old_values};
  if (change->operation == HEADRACE_DELETE)
    return emit_gone(codec, plan, &old_row, out);
  if (!change->new_values)
    return HEADRACE_OK; /* a truncate: there is no row to tell */
  enum headrace_result result = HEADRACE_OK;
  if (change->operation == HEADRACE_UPDATE && old_row.values &&
      key_complete(plan, old_row.values) && !key_equal(plan, old_row.values, new_row.values))
    result = emit_gone(codec, plan, &old_row, out);
  return result == HEADRACE_OK ? emit_plain(codec, plan, &new_row, &new_row, out) : result;
}

/* ---- records that are no rows' --------------------------------------------------- */

static enum headrace_result document_side(struct avro_codec *avro, const char *connect, bool of_key,
                                          const char *topic, const struct headrace_value *json,
                                          struct headrace_batch *out, struct headrace_value *datum)
{
  const struct headrace_host *host = avro->codec.host;
  struct avro_side side = avro_side_new(avro_of_connect(connect));
  side.subject = avro_subject(avro, topic, &side, of_key);
  enum headrace_result result = register_side(avro, &side, topic, out);
  if (result == HEADRACE_OK) {
    char *start = host->reserve(host, out, AVRO_HEAD + AVRO_JSON_BOUND(json->size));
    char *end = avro_from_json(avro_put_head(start, side.id), avro_schema_type(side.schema),
                               json->data, json->size);
    avro_must(end); /* both are our own */
    host->commit(host, out, (size_t)(end - start));
    *datum = binary(start, end);
  }
  avro_side_clear(&side);
  return result;
}

enum headrace_result avro_document(struct codec *codec, const struct document *document,
                                   struct headrace_batch *out)
{
  struct avro_codec *avro = (struct avro_codec *)codec;
  const struct headrace_host *host = codec->host;
  struct headrace_value key, value;
  char *topic = avro_topic_named(avro, document->topic);
  enum headrace_result result =
      document_side(avro, document->key_schema, true, topic, &document->key, out, &key);
  if (result == HEADRACE_OK)
    result =
        document_side(avro, document->value_schema, false, topic, &document->value, out, &value);
  free(topic);
  if (result != HEADRACE_OK)
    return result == HEADRACE_AGAIN ? HEADRACE_OK : result;
  size_t size = strlen(document->topic);
  char *name = host->alloc(host, out, size + 1);
  memcpy(name, document->topic, size + 1);
  struct headrace_record *record = host->add_record(host, out);
  record->topic = value_of(name, name + size);
  record->key = key;
  record->value = value;
  return HEADRACE_OK;
}
