/* SPDX-License-Identifier: Apache-2.0
 *
 * A record's key and value as members of objects, out of Kafka Connect's {"schema":…,"payload":…}
 * where they are in one. */
#include "json.h"

#include <stdlib.h>

/* One record on its way. */
struct reading {
  struct record_text *text;
  struct known_schema *schemas; /* KNOWN_SCHEMAS of them */
  const struct options *options;
};

/* A value of an envelope's member; of an object also its members, so that it is read only once. */
static bool read_part(struct json_reader *reader, struct json_value *value,
                      struct json_fields *fields)
{
  while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n'))
    reader->at++;
  if (reader->at == reader->end || *reader->at != '{')
    return json_read_whole(reader, value);
  if (!json_read_value(reader, value) || !json_fields_read(reader, fields))
    return false;
  value->size = (size_t)(reader->at - value->data);
  return true;
}

/* ---- documents ---------------------------------------------------------- */

/* The payload. False: reader->error, or it is no object (text->top.given). A null is a tombstone.
 */
static bool read_payload(struct record_text *text, struct json_reader *reader)
{
  struct json_value value, name;
  record_text_reset_value(text);
  if (!json_read_value(reader, &value))
    return false;
  text->tombstone = value.kind == JSON_NULL;
  if (value.kind != JSON_OBJECT)
    return text->tombstone;
  text->top.given = true;
  while (json_next_member(reader, &name)) {
    struct json_field *field = json_fields_add(&text->top);
    field->name = name;
    struct json_fields *part = record_text_part(text, &name);
    if (part ? !read_part(reader, &field->value, part) : !json_read_whole(reader, &field->value))
      return false;
  }
  return !reader->error;
}

/* ---- schemas ------------------------------------------------------------ */

#define KNOWN_SCHEMA_MAX 65536 /* bytes that are worth keeping */

/* A topic's place for the schemas of its keys or values; another topic may have the same one. */
static struct known_schema *known_schema_of(const struct reading *reading,
                                            const struct headrace_value *topic, bool of_key)
{
  uint64_t end = 0;
  size_t size = topic->size < sizeof end ? topic->size : sizeof end;
  if (size)
    memcpy(&end, topic->data + topic->size - size, size);
  end = (end + topic->size) * UINT64_C(0x9e3779b97f4a7c15);
  return &reading->schemas[(end >> 32) % (KNOWN_SCHEMAS / 2) * 2 + of_key];
}

static void remember(struct known_schema *known, const struct json_value *schema)
{
  if (schema->kind != JSON_OBJECT || schema->size > KNOWN_SCHEMA_MAX)
    return;
  known->data = realloc(known->data, schema->size);
  if (!known->data)
    abort();
  memcpy(known->data, schema->data, schema->size);
  known->size = schema->size;
}

/* As json_read_whole(), which costs more than all the rest of a record with a schema. */
static bool read_schema(struct json_reader *reader, struct known_schema *known,
                        struct json_value *schema)
{
  if (known->size && known->size <= (size_t)(reader->end - reader->at) &&
      memcmp(reader->at, known->data, known->size) == 0) {
    *schema = (struct json_value){.kind = JSON_OBJECT, .data = reader->at, .size = known->size};
    reader->at += known->size;
    return true;
  }
  if (!json_read_whole(reader, schema))
    return false;
  remember(known, schema);
  return true;
}

static bool is_schema(const struct json_value *value)
{
  return value->kind == JSON_OBJECT || value->kind == JSON_NULL;
}

/* {"schema":{…},"payload":…}, which Kafka Connect's JsonConverter writes in this order. */
struct wrapper {
  struct json_value schema;
  bool found;
  bool open; /* its end comes after the payload */
};

/* The rest of the wrapper after the payload that was its first member: then it is not read twice.
 */
static bool unwrap_payload_first(struct json_reader *reader, struct json_reader *ahead,
                                 struct wrapper *wrapper)
{
  struct json_value payload, name;
  if (!json_read_whole(ahead, &payload) || !json_next_member(ahead, &name) ||
      !json_is(&name, "schema") || !json_read_whole(ahead, &wrapper->schema) ||
      !is_schema(&wrapper->schema) || json_next_member(ahead, &name) || !json_read_end(ahead))
    return false;
  json_read_begin(reader, payload.data, payload.size);
  return true;
}

/* The cursor goes before the payload if there is such a wrapper. */
static struct wrapper unwrap(struct json_reader *reader, struct known_schema *known)
{
  struct wrapper wrapper = {.found = false};
  struct json_reader ahead = *reader;
  struct json_value value;
  if (!json_read_value(&ahead, &value) || value.kind != JSON_OBJECT ||
      !json_next_member(&ahead, &value))
    return wrapper;
  if (json_is(&value, "payload")) {
    wrapper.found = unwrap_payload_first(reader, &ahead, &wrapper);
    return wrapper;
  }
  if (!json_is(&value, "schema") || !read_schema(&ahead, known, &wrapper.schema) ||
      !is_schema(&wrapper.schema) || !json_next_member(&ahead, &value) ||
      !json_is(&value, "payload"))
    return wrapper;
  *reader = ahead;
  wrapper.found = wrapper.open = true;
  return wrapper;
}

/* After a payload: the end of the object around it, and of the text. */
static bool close_wrapper(const struct wrapper *wrapper, struct json_reader *reader)
{
  struct json_value name;
  return (!wrapper->open || !json_next_member(reader, &name)) && json_read_end(reader);
}

static struct json_value schema_of(const struct json_value *schema)
{
  return schema->kind == JSON_OBJECT ? *schema : (struct json_value){.kind = JSON_NULL};
}

/* ---- CloudEvents: Debezium's event in the member "data" ------------------ */

/* An ordinary row may have columns of all these names but one. */
static bool is_cloud_event(const struct reading *reading)
{
  const struct record_text *text = reading->text;
  enum format format = reading->options->decode_format;
  if (text->before.given || text->after.given || text->source.given || text->top.count < 4 ||
      (format != FORMAT_AUTO && format != FORMAT_CLOUDEVENTS))
    return false;
  return json_fields_find(&text->top, "iodebeziumop") &&
         json_fields_find(&text->top, "specversion") && json_fields_find(&text->top, "data");
}

/* Takes before and after out of the data, which was read once, so that it is JSON. */
static void read_cloud_data(const struct reading *reading, const struct headrace_record *record)
{
  struct record_text *text = reading->text;
  const struct json_value *data = json_fields_find(&text->top, "data");
  struct json_reader reader;
  struct json_value value, name;
  text->cloud_event = true;
  json_read_begin(&reader, data->data, data->size);
  if (data->kind != JSON_OBJECT)
    return;
  struct wrapper wrapper = unwrap(&reader, known_schema_of(reading, &record->topic, false));
  if (wrapper.found)
    text->value_schema = schema_of(&wrapper.schema);
  if (!json_read_value(&reader, &value) || value.kind != JSON_OBJECT)
    return;
  while (json_next_member(&reader, &name)) {
    struct json_fields *part = json_is(&name, "before")  ? &text->before
                               : json_is(&name, "after") ? &text->after
                                                         : NULL;
    if (part ? !read_part(&reader, &value, part) : !json_read_whole(&reader, &value))
      return;
  }
}

/* False: *error says why; NULL: it is JSON but neither object nor null. */
static bool read_value(const struct reading *reading, const struct headrace_record *record,
                       const char **error)
{
  struct record_text *text = reading->text;
  const struct headrace_value *data = &record->value;
  struct json_reader reader;
  json_read_begin(&reader, data->data, data->size);
  struct wrapper wrapper = unwrap(&reader, known_schema_of(reading, &record->topic, false));
  bool sound = read_payload(text, &reader) && close_wrapper(&wrapper, &reader);
  if (wrapper.found && sound) {
    text->value_schema = schema_of(&wrapper.schema);
  } else if (wrapper.found) { /* perhaps a row with columns of these names, among others */
    json_read_begin(&reader, data->data, data->size);
    sound = read_payload(text, &reader) && json_read_end(&reader) && text->top.count > 2;
  }
  *error = reader.error;
  if (sound && is_cloud_event(reading))
    read_cloud_data(reading, record);
  return sound;
}

/* ---- keys --------------------------------------------------------------- */

static bool read_key_payload(struct record_text *text, struct json_reader *reader)
{
  struct json_value value;
  if (!json_read_value(reader, &value))
    return false;
  if (value.kind == JSON_OBJECT)
    return json_fields_read(reader, &text->key);
  if (value.kind == JSON_ARRAY)
    return false;
  if (value.kind != JSON_NULL)
    text->scalar_key = value;
  return true;
}

static bool read_json_key(const struct reading *reading, const struct headrace_record *record)
{
  struct record_text *text = reading->text;
  const struct headrace_value *key = &record->key;
  struct json_reader reader;
  json_read_begin(&reader, key->data, key->size);
  struct wrapper wrapper = unwrap(&reader, known_schema_of(reading, &record->topic, true));
  if (wrapper.found) {
    if (read_key_payload(text, &reader) && close_wrapper(&wrapper, &reader)) {
      text->key_schema = schema_of(&wrapper.schema);
      return true;
    }
    json_fields_reset(&text->key);
    json_read_begin(&reader, key->data, key->size);
  }
  return read_key_payload(text, &reader) && json_read_end(&reader);
}

/* A key that is not JSON is taken as the text that it is; one that is no text, as none. */
static bool read_key(const struct reading *reading, const struct options *options,
                     const struct headrace_record *record)
{
  struct record_text *text = reading->text;
  const struct headrace_value *key = &record->key;
  json_fields_reset(&text->key);
  if (key->state == HEADRACE_NULL || !key->size)
    return true;
  if (!options->text_keys) {
    if (read_json_key(reading, record))
      return true;
    json_fields_reset(&text->key);
    text->scalar_key = (struct json_value){0};
    if (*key->data == '{')
      return false;
  }
  if (json_is_utf8(key->data, key->size))
    text->scalar_key =
        (struct json_value){.kind = JSON_STRING, .data = key->data, .size = key->size};
  return true;
}

static enum record_shape read_parts(const struct reading *reading,
                                    const struct headrace_record *record,
                                    struct decode_fault *fault)
{
  const char *error = NULL;
  if (!read_key(reading, reading->options, record)) {
    decode_refuse(fault, "malformed", "its key begins as an object but is not JSON");
    return RECORD_FAULTY;
  }
  if (!reading->text->tombstone && !read_value(reading, record, &error)) {
    decode_refuse(fault, "malformed", "its value is %s%s", error ? "not JSON: " : "no object",
                  error ? error : "");
    return RECORD_FAULTY;
  }
  return RECORD_ROWS;
}

/* What a registry knows of them; a key need not be from one. */
static enum record_shape read_registered(struct json_codec *json, const struct reading *reading,
                                         const struct headrace_record *record,
                                         struct decode_fault *fault)
{
  struct headrace_record bare = *record;
  struct record_text *text = reading->text;
  struct wire_schema key = {.text = {.kind = JSON_NULL}}, value = key;
  enum record_shape shape = RECORD_ROWS;
  if (wire_has_head(&bare.key))
    shape = wire_take_head(json, &bare.key, "key", &key, fault);
  if (shape == RECORD_ROWS && !text->tombstone && !wire_has_head(&bare.value)) {
    decode_refuse(fault, "malformed",
                  "its value is not JSON with a schema's id: that begins with "
                  "a zero byte and four of the id");
    return RECORD_FAULTY;
  }
  if (shape == RECORD_ROWS && !text->tombstone)
    shape = wire_take_head(json, &bare.value, "value", &value, fault);
  if (shape == RECORD_ROWS)
    shape = read_parts(reading, &bare, fault);
  if (key.id) {
    text->key_schema = key.text;
    text->key_schema_id = key.id;
  }
  if (value.id && !text->tombstone) {
    text->value_schema = value.text;
    text->value_schema_id = value.id;
  }
  return shape;
}

enum record_shape json_record_read(struct codec *codec, const struct headrace_record *record,
                                   struct record_text *text, struct decode_fault *fault)
{
  struct json_codec *json = (struct json_codec *)codec;
  struct reading reading = {text, json->schemas, &codec->options};
  record_text_begin(text, record);
  enum record_shape shape = json->registry ? read_registered(json, &reading, record, fault)
                                           : read_parts(&reading, record, fault);
  return shape == RECORD_ROWS ? record_shape_read(text, &codec->options, fault) : shape;
}
