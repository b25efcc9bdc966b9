/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as connect's writers make it becomes a datum: members in the schema's order, bytes as
 * base64, no number for NaN. */
#include "codec_avro.h"

#include "json_read.h"

#include <math.h>

static char *put(char *out, const struct avro_type *type, struct json_reader *reader,
                 const struct json_value *value);

static char *put_next(char *out, const struct avro_type *type, struct json_reader *reader)
{
  struct json_value value;
  return json_read_value(reader, &value) ? put(out, type, reader, &value) : NULL;
}

static char *put_union(char *out, const struct avro_type *type, struct json_reader *reader,
                       const struct json_value *value)
{
  for (size_t i = 0; i < type->count; i++) {
    bool is_null = type->parts[i]->kind == AVRO_NULL;
    if (is_null == (value->kind == JSON_NULL))
      return put(avro_put_long(out, (int64_t)i), type->parts[i], reader, value);
  }
  return NULL;
}

/* `size` bytes that were written at out + AVRO_LONG_MAX go behind their number. */
static char *put_moved(char *out, size_t size)
{
  const char *data = out + AVRO_LONG_MAX;
  char *at = avro_put_long(out, (int64_t)size);
  memmove(at, data, size);
  return at + size;
}

static char *put_string(char *out, const struct json_value *value)
{
  if (!value->escaped)
    return avro_put_bytes(out, value->data, value->size);
  return put_moved(out, json_unescape(out + AVRO_LONG_MAX, value));
}

static char *put_base64(char *out, const struct json_value *value)
{
  size_t size = json_unbase64(out + AVRO_LONG_MAX, value->data, value->size);
  return size == SIZE_MAX ? NULL : put_moved(out, size);
}

static bool read_integer(const struct json_value *value, int64_t *number)
{
  char text[JSON_INTEGER_MAX + 1], *end;
  if (value->kind != JSON_NUMBER || value->size > JSON_INTEGER_MAX)
    return false;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  *number = strtoll(text, &end, 10);
  return !*end;
}

/* A number, or the name of what is none. */
static bool read_double(const struct json_value *value, double *number)
{
  char text[512], *end;
  if ((value->kind != JSON_NUMBER && value->kind != JSON_STRING) || value->size >= sizeof text)
    return false;
  memcpy(text, value->data, value->size);
  text[value->size] = '\0';
  *number = strtod(text, &end);
  return !*end && end > text;
}

static char *put_record(char *out, const struct avro_type *type, struct json_reader *reader)
{
  struct json_value name;
  for (size_t i = 0; out && i < type->count; i++)
    out = json_next_member(reader, &name) ? put_next(out, type->fields[i].type, reader) : NULL;
  return out && !json_next_member(reader, &name) && !reader->error ? out : NULL;
}

static char *put_items(char *out, const struct avro_type *type, struct json_reader *reader)
{
  struct json_reader ahead = *reader;
  struct json_value value;
  int64_t count = 0;
  while (json_next_element(&ahead) && json_read_whole(&ahead, &value))
    count++;
  if (count)
    out = avro_put_long(out, count);
  while (out && json_next_element(reader))
    out = put_next(out, type->parts[0], reader);
  return out && !reader->error ? avro_put_long(out, 0) : NULL;
}

static char *put_pairs(char *out, const struct avro_type *type, struct json_reader *reader)
{
  struct json_reader ahead = *reader;
  struct json_value value, name;
  int64_t count = 0;
  while (json_next_member(&ahead, &name) && json_read_whole(&ahead, &value))
    count++;
  if (count)
    out = avro_put_long(out, count);
  while (out && json_next_member(reader, &name))
    out = put_next(put_string(out, &name), type->parts[0], reader);
  return out && !reader->error ? avro_put_long(out, 0) : NULL;
}

static char *put(char *out, const struct avro_type *type, struct json_reader *reader,
                 const struct json_value *value)
{
  int64_t integer;
  double number;
  switch (type->kind) {
  case AVRO_UNION:
    return put_union(out, type, reader, value);
  case AVRO_NULL:
    return value->kind == JSON_NULL ? out : NULL;
  case AVRO_BOOLEAN:
    *out = value->kind == JSON_TRUE;
    return value->kind == JSON_TRUE || value->kind == JSON_FALSE ? out + 1 : NULL;
  case AVRO_INT:
  case AVRO_LONG:
    return read_integer(value, &integer) ? avro_put_long(out, integer) : NULL;
  case AVRO_FLOAT:
    return read_double(value, &number) ? avro_put_float(out, (float)number) : NULL;
  case AVRO_DOUBLE:
    return read_double(value, &number) ? avro_put_double(out, number) : NULL;
  case AVRO_STRING:
    return value->kind == JSON_STRING ? put_string(out, value) : NULL;
  case AVRO_BYTES:
    return value->kind == JSON_STRING ? put_base64(out, value) : NULL;
  case AVRO_RECORD:
    return value->kind == JSON_OBJECT ? put_record(out, type, reader) : NULL;
  case AVRO_ARRAY:
    return value->kind == JSON_ARRAY ? put_items(out, type, reader) : NULL;
  case AVRO_MAP:
    return value->kind == JSON_OBJECT ? put_pairs(out, type, reader) : NULL;
  default: /* Kafka Connect has no enum and no fixed */
    return NULL;
  }
}

char *avro_from_json(char *out, const struct avro_type *type, const char *json, size_t size)
{
  struct json_reader reader;
  json_read_begin(&reader, json, size);
  out = put_next(out, type, &reader);
  return out && json_read_end(&reader) ? out : NULL;
}
