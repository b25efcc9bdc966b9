/* SPDX-License-Identifier: Apache-2.0
 *
 * format=debezium: Debezium's envelope as Kafka Connect's JsonConverter writes it, field for field
 * in its order. */
#include "flattening.h"
#include "json.h"

#include <stdlib.h>

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

#define CLOCK_BOUND 128

/* ,"ts_ms":…,"ts_us":…,"ts_ns":… */
static char *clock_write(char *out, int64_t now_us)
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

size_t image_bound(const struct relation_plan *plan, const struct image *image)
{
  return image->values ? row_bound(plan, image->values, image->other) : sizeof "null";
}

char *image_write(char *out, const struct relation_plan *plan, const struct image *image,
                  const struct column_plan **defect)
{
  if (!image->values)
    return PUT(out, "null");
  return row_write(out, plan, image->values, image->other, image->absent, defect);
}

static size_t envelope_bound(const struct relation_plan *plan, const struct draft *draft)
{
  return json_plan_of(plan)->value_schema.size + image_bound(plan, &draft->before) +
         image_bound(plan, &draft->after) + source_bound(plan) + CLOCK_BOUND + TRANSACTION_BOUND +
         128;
}

static char *envelope_write(char *out, struct output *to, const struct draft *draft,
                            const struct column_plan **defect)
{
  struct relation_plan *plan = to->plan;
  out = text_put(out, &json_plan_of(plan)->value_schema);
  out = PUT(out, "{\"before\":");
  if (!(out = image_write(out, plan, &draft->before, defect)))
    return NULL;
  out = PUT(out, ",\"after\":");
  if (!(out = image_write(out, plan, &draft->after, defect)))
    return NULL;
  out = PUT(out, ",\"source\":");
  out = source_write(out, plan, to->change, to->now_us);
  out = transaction_write(out, to->codec, plan, to->change);
  out = PUT(out, ",\"op\":\"");
  *out++ = draft->operation;
  *out++ = '"';
  out = clock_write(out, to->now_us);
  *out++ = '}';
  if (json_plan_of(plan)->wrapped)
    *out++ = '}';
  return out;
}

static char *wrapped_key_write(char *out, struct output *to, const struct image *key,
                               const struct column_plan **defect)
{
  const struct relation_plan *plan = to->plan;
  out = text_put(out, &json_plan_of(plan)->key_schema);
  if (to->codec->options.key_format == KEY_TEXT)
    out = key_text_write(out, plan, key->values, key->other);
  else
    out = key_write(out, plan, key->values, key->other, defect);
  if (out && json_plan_of(plan)->wrapped)
    *out++ = '}';
  return out;
}

static size_t wrapped_key_bound(const struct output *to, const struct image *key)
{
  return json_plan_of(to->plan)->key_schema.size + key_bound(to->plan, key->values, key->other) + 1;
}

/* ---- the row alone ------------------------------------------------------- */

static size_t flat_bound(const struct output *to, const struct flat_row *flat)
{
  const struct addition *fields;
  size_t count = flat_added(to->codec->flat, &fields);
  size_t bound = json_plan_of(to->plan)->value_schema.size + image_bound(to->plan, flat->row) + 64;
  for (size_t i = 0; i < count; i++)
    bound += JSON_ESCAPE_GROWTH * strlen(fields[i].name) + flat->added[i].size + 8;
  return bound;
}

/* Behind what is in the object already. */
static char *member_write(char *out, const char *name, const char *value, size_t size, bool quoted)
{
  if (out[-1] != '{')
    *out++ = ',';
  out = json_string(out, name, strlen(name));
  *out++ = ':';
  if (quoted)
    *out++ = '"';
  out = json_copy(out, value, size);
  if (quoted)
    *out++ = '"';
  return out;
}

static char *flat_write(char *out, const struct output *to, const struct flat_row *flat,
                        const struct column_plan **defect)
{
  const struct addition *fields;
  size_t count = flat_added(to->codec->flat, &fields);
  out = text_put(out, &json_plan_of(to->plan)->value_schema);
  if (!(out = image_write(out, to->plan, flat->row, defect)))
    return NULL;
  out--; /* the object goes on */
  if (flat->mark)
    out = member_write(out, "__deleted", flat->mark, strlen(flat->mark), false);
  for (size_t i = 0; i < count; i++)
    out = member_write(out, fields[i].name, flat->added[i].data, flat->added[i].size,
                       flat->added[i].kind == JSON_STRING);
  *out++ = '}';
  if (json_plan_of(to->plan)->wrapped)
    *out++ = '}';
  return out;
}

/* ---- records of rows ----------------------------------------------------- */

static bool has_value(const struct draft *draft)
{
  return !draft->flat || (draft->flat->row && !draft->flat->key_only);
}

static size_t body_bound(const struct output *to, const struct draft *draft)
{
  if (!has_value(draft))
    return 0;
  if (draft->flat)
    return flat_bound(to, draft->flat);
  return (to->codec->options.cloudevents ? cloud_event_bound : envelope_bound)(to->plan, draft);
}

static char *body_write(char *out, struct output *to, const struct draft *draft,
                        const struct column_plan **defect)
{
  if (!has_value(draft))
    return out;
  if (draft->flat)
    return flat_write(out, to, draft->flat, defect);
  return to->codec->options.cloudevents ? cloud_event_write(out, to, draft, defect)
                                        : envelope_write(out, to, draft, defect);
}

/* The bytes are the key's up to key_end, then the value's. */
static void add_record(const struct output *to, const struct draft *draft, char *key_end, char *end,
                       const struct headrace_value *key)
{
  const struct headrace_host *host = to->codec->host;
  struct headrace_record *record = host->add_record(host, to->batch);
  record->key = *key;
  if (has_value(draft))
    record->value = value_of(key_end, end);
  if (has_value(draft) && json_plan_of(to->plan)->value.known)
    record->value.state = HEADRACE_BINARY;
  record->headers = draft->headers;
  record->header_count = draft->header_count;
}

enum headrace_result json_emit(struct output *to, const struct draft *draft,
                               struct headrace_value *key)
{
  const struct headrace_host *host = to->codec->host;
  const struct relation_plan *plan = to->plan;
  const struct column_plan *defect = NULL;
  bool keyed = draft->key && plan->key_count;
  size_t bound = body_bound(to, draft) + (keyed ? wrapped_key_bound(to, draft->key) : 0);
  char *start = host->reserve(host, to->batch, bound);
  char *key_end = start;
  if (keyed && !(key_end = wrapped_key_write(start, to, draft->key, &defect)))
    return codec_defect(to->codec, plan, defect);
  char *end = body_write(key_end, to, draft, &defect);
  if (!end)
    return codec_defect(to->codec, plan, defect);
  host->commit(host, to->batch, (size_t)(end - start));
  *key = keyed ? value_of(start, key_end) : (struct headrace_value){0};
  if (keyed && json_plan_of(plan)->key.known)
    key->state = HEADRACE_BINARY;
  if (!draft->flat || !draft->flat->key_only)
    add_record(to, draft, key_end, end, key);
  return HEADRACE_OK;
}

/* ---- records that are no rows' ------------------------------------------- */

static struct headrace_value wrap(struct codec *codec, const char *schema,
                                  const struct headrace_value *payload, struct headrace_batch *out)
{
  if (!codec->options.schemas)
    return *payload;
  const struct headrace_host *host = codec->host;
  size_t size = strlen(schema);
  char *start = host->reserve(host, out, size + payload->size + 32), *at = start;
  at = PUT(at, "{\"schema\":");
  at = json_copy(at, schema, size);
  at = PUT(at, ",\"payload\":");
  at = json_copy(at, payload->data, payload->size);
  *at++ = '}';
  host->commit(host, out, (size_t)(at - start));
  return value_of(start, at);
}

static struct headrace_value keep(struct codec *codec, const char *data, size_t size,
                                  struct headrace_batch *out)
{
  char *start = codec->host->alloc(codec->host, out, size + 1);
  return value_of(start, json_copy(start, data, size));
}

/* Both parts get their heads. */
static enum headrace_result register_document(struct json_codec *json,
                                              const struct document *document,
                                              struct headrace_value *key,
                                              struct headrace_value *value,
                                              struct headrace_batch *out)
{
  char *topic = subject_topic_named(json->codec.options.prefix, document->topic);
  enum headrace_result result = wire_document(json, topic, document->key_schema, true, key, out);
  if (result == HEADRACE_OK)
    result = wire_document(json, topic, document->value_schema, false, value, out);
  free(topic);
  return result;
}

enum headrace_result json_document(struct codec *codec, const struct document *document,
                                   struct headrace_batch *out)
{
  struct json_codec *json = (struct json_codec *)codec;
  bool text_key = codec->options.key_format == KEY_TEXT && document->text_key.size;
  struct headrace_value key =
      text_key ? keep(codec, document->text_key.data, document->text_key.size, out)
               : wrap(codec, document->key_schema, &document->key, out);
  struct headrace_value value = wrap(codec, document->value_schema, &document->value, out);
  enum headrace_result result =
      json->registry ? register_document(json, document, &key, &value, out) : HEADRACE_OK;
  if (result != HEADRACE_OK)
    return result == HEADRACE_AGAIN ? HEADRACE_OK : result; /* refused, which was dealt with */
  struct headrace_value topic = keep(codec, document->topic, strlen(document->topic), out);
  struct headrace_record *record = codec->host->add_record(codec->host, out);
  record->topic = topic;
  record->key = key;
  record->value = value;
  return HEADRACE_OK;
}
