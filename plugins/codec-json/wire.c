/* SPDX-License-Identifier: Apache-2.0
 *
 * With a registry: Confluent's wire format, a zero byte, the schema's id, the JSON.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/ */
#include "json.h"
#include "json_schema.h"
#include "must_alloc.h"

#include <uthash.h>

struct known_id {
  int32_t id;
  char *connect; /* Kafka Connect's schema; owned */
  size_t size;
  UT_hash_handle hh;
};

/* ---- writing --------------------------------------------------------------- */

void wire_side_init(struct wire_side *side, const struct json_codec *json, const char *topic,
                    const char *connect, bool of_key)
{
  struct json_reader reader;
  struct json_value value, name;
  char *record = NULL;
  json_read_begin(&reader, connect, strlen(connect));
  json_read_value(&reader, &value);
  while (json_next_member(&reader, &name) && json_read_whole(&reader, &value))
    if (json_is(&name, "name") && value.kind == JSON_STRING && !record)
      record = must_copy(value.data, value.size);
  side->text = json_schema_of_connect(connect);
  side->subject = subject_of(json->strategy, topic, record, of_key);
  free(record);
}

void wire_side_clear(struct wire_side *side)
{
  free(side->text);
  free(side->subject);
}

/* AGAIN: refused, which was dealt with. `of`: whose schema it is. */
static enum headrace_result register_side(struct json_codec *json, struct wire_side *side,
                                          const char *of, struct headrace_batch *out)
{
  const struct headrace_host *host = json->codec.host;
  struct registry_fault fault;
  if (side->known || !side->text)
    return HEADRACE_OK;
  switch (registry_id_of(json->registry, side->subject, "JSON", side->text, &side->id, &fault)) {
  case REGISTRY_OK:
    side->known = true;
    return HEADRACE_OK;
  case REGISTRY_AWAY:
    return HEADRACE_RETRY;
  case REGISTRY_DENIED:
    return HEADRACE_FATAL;
  default:
    break;
  }
  struct text reason = text_print("%s: %s", of, fault.reason);
  enum headrace_verdict verdict = host->refuse(host, out, fault.error_class, reason.data);
  text_free(&reason);
  return verdict == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL : HEADRACE_AGAIN;
}

static void put_head(char *head, int32_t id)
{
  head[0] = 0;
  for (int i = 1; i < WIRE_HEAD; i++)
    head[i] = (char)((uint32_t)id >> (8 * (WIRE_HEAD - 1 - i)) & 0xff);
}

static void set_head(struct text *text, int32_t id)
{
  text_free(text);
  text->data = must_alloc(WIRE_HEAD, 1);
  text->size = WIRE_HEAD;
  put_head(text->data, id);
}

enum headrace_result wire_register(struct json_codec *json, struct relation_plan *plan,
                                   struct headrace_batch *out)
{
  struct json_plan *own = plan->own;
  if (own->value_schema.size)
    return HEADRACE_OK;
  struct text of = text_print("table %s.%s", plan->schema, plan->table);
  enum headrace_result result = register_side(json, &own->key, of.data, out);
  if (result == HEADRACE_OK)
    result = register_side(json, &own->value, of.data, out);
  text_free(&of);
  if (result != HEADRACE_OK)
    return result;
  if (own->key.text)
    set_head(&own->key_schema, own->key.id);
  set_head(&own->value_schema, own->value.id);
  return HEADRACE_OK;
}

enum headrace_result wire_document(struct json_codec *json, const char *topic, const char *connect,
                                   bool of_key, struct headrace_value *value,
                                   struct headrace_batch *out)
{
  const struct headrace_host *host = json->codec.host;
  struct wire_side side = {0};
  wire_side_init(&side, json, topic, connect, of_key);
  enum headrace_result result = register_side(json, &side, topic, out);
  if (result == HEADRACE_OK) {
    char *start = host->reserve(host, out, WIRE_HEAD + value->size);
    put_head(start, side.id);
    char *end = json_copy(start + WIRE_HEAD, value->data, value->size);
    host->commit(host, out, (size_t)(end - start));
    *value = value_of(start, end);
    value->state = HEADRACE_BINARY;
  }
  wire_side_clear(&side);
  return result;
}

/* ---- reading --------------------------------------------------------------- */

void wire_known_clear(struct json_codec *json)
{
  struct known_id *known, *next;
  HASH_ITER(hh, json->known, known, next)
  {
    HASH_DEL(json->known, known);
    free(known->connect);
    free(known);
  }
}

static enum record_shape faulty(struct decode_fault *fault, const char *error_class,
                                const char *part, const char *what, const char *why)
{
  decode_refuse(fault, error_class, "its %s: %s%.180s", part, what, why);
  return RECORD_FAULTY;
}

static enum record_shape make(struct json_codec *json, int32_t id, const char *part,
                              struct known_id **made, struct decode_fault *fault)
{
  const struct registry_schema *schema;
  struct registry_fault why;
  char error[JSON_SCHEMA_ERROR_MAX];
  switch (registry_by_id(json->registry, id, &schema, &why)) {
  case REGISTRY_OK:
    break;
  case REGISTRY_REFUSED:
    return faulty(fault, why.error_class, part, "", why.reason);
  case REGISTRY_AWAY:
    return RECORD_WAITS;
  default:
    return RECORD_FATAL;
  }
  char *connect = connect_of_json_schema(schema->text, error);
  if (!connect)
    return faulty(fault, "unsupported", part, "its schema has ", error);
  *made = must_alloc(1, sizeof **made);
  **made = (struct known_id){.id = id, .connect = connect, .size = strlen(connect)};
  HASH_ADD_INT(json->known, id, *made);
  return RECORD_ROWS;
}

bool wire_has_head(const struct headrace_value *bytes)
{
  return bytes->state != HEADRACE_NULL && bytes->size >= WIRE_HEAD && bytes->data[0] == 0;
}

enum record_shape wire_take_head(struct json_codec *json, struct headrace_value *bytes,
                                 const char *part, struct wire_schema *schema,
                                 struct decode_fault *fault)
{
  uint32_t number = 0;
  struct known_id *known;
  for (int i = 1; i < WIRE_HEAD; i++)
    number = number << 8 | (unsigned char)bytes->data[i];
  int32_t id = (int32_t)number;
  if (id < 0)
    return faulty(fault, "malformed", part, "its schema's id is none", "");
  HASH_FIND_INT(json->known, &id, known);
  enum record_shape shape = known ? RECORD_ROWS : make(json, id, part, &known, fault);
  if (shape != RECORD_ROWS)
    return shape;
  bytes->data += WIRE_HEAD;
  bytes->size -= WIRE_HEAD;
  schema->text =
      (struct json_value){.kind = JSON_OBJECT, .data = known->connect, .size = known->size};
  schema->id = (uint64_t)id + 1; /* an id is never another schema's */
  return RECORD_ROWS;
}
