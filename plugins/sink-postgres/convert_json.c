/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON arrays and objects as the texts of PostgreSQL's types. What is read here was checked by the
 * codec already, but it is checked again: it may come from elsewhere. */
#include "convert.h"

#include "json_read.h"
#include "json_text.h"
#include "numeric_text.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>

/* ---- strings ---------------------------------------------------------------------------- */

/* The characters of a JSON string; to be freed. */
static char *characters(const struct json_value *string, size_t *size)
{
  char *text = sink_alloc(string->size + 1);
  *size = json_unescape(text, string);
  return text;
}

/* "…" with quotes and backslashes escaped: in array literals (PostgreSQL 8.15.6) and hstore. */
static void append_quoted(struct buffer *out, const char *text, size_t size)
{
  char *start = buffer_room(out, 2 * size + 2), *at = start;
  *at++ = '"';
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '"' || text[i] == '\\')
      *at++ = '\\';
    *at++ = text[i];
  }
  *at++ = '"';
  out->size += (size_t)(at - start);
}

/* ---- arrays ------------------------------------------------------------------------------ */

static bool append_array(const struct conversion *element, struct json_reader *reader,
                         struct buffer *out, const char **reason);

static bool append_element(const struct conversion *element, struct json_reader *reader,
                           struct buffer *out, const char **reason)
{
  struct json_reader ahead = *reader;
  struct json_value value;
  if (!json_read_whole(&ahead, &value))
    return false;
  if (value.kind == JSON_ARRAY && json_read_value(reader, &value))
    return append_array(element, reader, out, reason);
  *reader = ahead;
  if (value.kind == JSON_NULL) {
    buffer_append(out, "NULL", 4);
    return true;
  }
  size_t size = value.size;
  char *text = value.kind == JSON_STRING ? characters(&value, &size) : NULL;
  struct headrace_value given = {.data = text ? text : value.data,
                                 .size = (uint32_t)size,
                                 .state = text ? HEADRACE_TEXT : HEADRACE_LITERAL};
  struct buffer converted = {0};
  bool good = convert_untyped(element, &given, &converted, reason);
  if (good)
    append_quoted(out, converted.data ? converted.data : "", converted.size);
  free(converted.data);
  free(text);
  return good;
}

static bool append_array(const struct conversion *element, struct json_reader *reader,
                         struct buffer *out, const char **reason)
{
  buffer_append(out, "{", 1);
  for (bool first = true; json_next_element(reader); first = false) {
    if (!first)
      buffer_append(out, ",", 1);
    if (!append_element(element, reader, out, reason))
      return false;
  }
  buffer_append(out, "}", 1);
  return !reader->error;
}

bool convert_json_array(const struct conversion *conversion, const char *data, size_t size,
                        struct buffer *out, const char **reason)
{
  struct target_column column = *conversion->to;
  struct conversion element = *conversion;
  struct json_reader reader;
  struct json_value value;
  column.logical = column.element_logical;
  element.to = &column;
  *reason = "an array is malformed";
  json_read_begin(&reader, data, size);
  return json_read_value(&reader, &value) && value.kind == JSON_ARRAY &&
         append_array(&element, &reader, out, reason) && json_read_end(&reader);
}

/* ---- objects ------------------------------------------------------------------------------ */

static bool append_pair(struct json_reader *reader, const struct json_value *name, bool first,
                        struct buffer *out)
{
  struct json_value value;
  size_t size;
  if (!json_read_whole(reader, &value))
    return false;
  if (!first)
    buffer_append(out, ",", 1);
  char *text = characters(name, &size);
  append_quoted(out, text, size);
  free(text);
  buffer_append(out, "=>", 2);
  if (value.kind == JSON_NULL) {
    buffer_append(out, "NULL", 4);
  } else if (value.kind == JSON_STRING) {
    text = characters(&value, &size);
    append_quoted(out, text, size);
    free(text);
  } else {
    append_quoted(out, value.data, value.size);
  }
  return true;
}

bool convert_hstore(const char *data, size_t size, struct buffer *out)
{
  struct json_reader reader;
  struct json_value value, name;
  size_t start = out->size;
  bool good = true;
  json_read_begin(&reader, data, size);
  if (!json_read_value(&reader, &value) || value.kind != JSON_OBJECT)
    return false;
  for (bool first = true; good && json_next_member(&reader, &name); first = false)
    good = append_pair(&reader, &name, first, out);
  good = good && json_read_end(&reader);
  if (!good)
    out->size = start;
  return good;
}

/* ---- texts of hstore and of arrays -------------------------------------------------------- */

/* "a \"b\"" at *at; its characters are to be freed. NULL: it is none. */
static char *take_quoted(const char **at, const char *end, size_t *size)
{
  if (*at == end || **at != '"')
    return NULL;
  char *text = sink_alloc((size_t)(end - *at)), *put = text;
  for (++*at; *at < end && **at != '"'; ++*at) {
    if (**at == '\\' && ++*at == end)
      break;
    *put++ = **at;
  }
  *size = (size_t)(put - text);
  if (*at < end) {
    ++*at;
    return text;
  }
  free(text);
  return NULL;
}

static bool take(const char **at, const char *end, const char *word)
{
  size_t size = strlen(word);
  if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
    return false;
  *at += size;
  return true;
}

static bool append_json_string(const char **at, const char *end, struct buffer *out)
{
  size_t size;
  char *text = take_quoted(at, end, &size);
  if (!text)
    return false;
  char *put = buffer_room(out, json_escape_bound(text, size) + 2);
  out->size += (size_t)(json_string(put, text, size) - put);
  free(text);
  return true;
}

bool convert_hstore_to_json(const char *data, size_t size, struct buffer *out)
{
  const char *at = data, *end = data + size;
  size_t start = out->size;
  bool good = true;
  buffer_append(out, "{", 1);
  while (good && at < end) {
    good = append_json_string(&at, end, out) && take(&at, end, "=>");
    buffer_append(out, ":", 1);
    if (good && take(&at, end, "NULL"))
      buffer_append(out, "null", 4);
    else
      good = good && append_json_string(&at, end, out);
    if (good && at < end) {
      good = take(&at, end, ", ");
      buffer_append(out, ",", 1);
    }
  }
  buffer_append(out, "}", 1);
  if (!good)
    out->size = start;
  return good;
}

static bool append_hstore_element(const char **at, const char *end, struct buffer *out)
{
  size_t size;
  struct buffer pairs = {0};
  char *text = take_quoted(at, end, &size);
  bool good = text && convert_hstore(text, size, &pairs);
  if (good)
    append_quoted(out, pairs.data ? pairs.data : "", pairs.size);
  free(pairs.data);
  free(text);
  return good;
}

/* What stands between the elements, and null, is the same on both sides. */
bool convert_hstore_array(const char *data, size_t size, struct buffer *out)
{
  const char *at = data, *end = data + size;
  size_t start = out->size;
  while (at < end) {
    if (*at != '"') {
      buffer_append(out, at++, 1);
    } else if (!append_hstore_element(&at, end, out)) {
      out->size = start;
      return false;
    }
  }
  return true;
}

/* Scalars of an object, by name; a string without its quotes. */
static bool members(const char *data, size_t size, const char *const *names,
                    struct json_value *values, size_t count)
{
  struct json_reader reader;
  struct json_value value, name;
  size_t found = 0;
  json_read_begin(&reader, data, size);
  if (!json_read_value(&reader, &value) || value.kind != JSON_OBJECT)
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &value))
      return false;
    for (size_t i = 0; i < count; i++)
      if (json_is(&name, names[i])) {
        values[i] = value;
        found++;
      }
  }
  return json_read_end(&reader) && found == count;
}

/* io.debezium.data.geometry.Point */
bool convert_point(const char *data, size_t size, struct buffer *out)
{
  static const char *const names[] = {"x", "y"};
  struct json_value values[2];
  if (!members(data, size, names, values, 2) || values[0].kind != JSON_NUMBER ||
      values[1].kind != JSON_NUMBER)
    return false;
  buffer_append(out, "(", 1);
  buffer_append(out, values[0].data, values[0].size);
  buffer_append(out, ",", 1);
  buffer_append(out, values[1].data, values[1].size);
  buffer_append(out, ")", 1);
  return true;
}

/* io.debezium.data.VariableScaleDecimal */
bool convert_scaled_number(const char *data, size_t size, struct buffer *out)
{
  static const char *const names[] = {"scale", "value"};
  struct json_value values[2];
  if (!members(data, size, names, values, 2) || values[0].kind != JSON_NUMBER ||
      values[1].kind != JSON_STRING || values[0].size > 9)
    return false;
  char digits[16] = "", *end = NULL;
  memcpy(digits, values[0].data, values[0].size);
  long scale = strtol(digits, NULL, 10);
  char *bytes = sink_alloc(values[1].size / 4 * 3 + 4);
  size_t length = json_unbase64(bytes, values[1].data, values[1].size);
  if (length <= NUMERIC_UNSCALED_MAX && scale >= -NUMERIC_SCALE_MAX && scale <= NUMERIC_SCALE_MAX) {
    char *at = buffer_room(out, NUMERIC_OF_UNSCALED_ROOM(length, scale));
    end = numeric_of_unscaled(at, bytes, length, (int32_t)scale);
    if (end)
      out->size += (size_t)(end - at);
  }
  free(bytes);
  return end != NULL;
}

/* ---- json columns -------------------------------------------------------------------------- */

static bool is_json(const char *data, size_t size)
{
  struct json_reader reader;
  struct json_value value;
  json_read_begin(&reader, data, size);
  return json_read_whole(&reader, &value) && json_read_end(&reader);
}

/* A string holds JSON (io.debezium.data.Json); one that does not becomes a JSON string. */
void convert_to_json(const struct headrace_value *value, struct buffer *out)
{
  if (value->state == HEADRACE_LITERAL || is_json(value->data, value->size)) {
    buffer_append(out, value->data, value->size);
    return;
  }
  char *at = buffer_room(out, json_escape_bound(value->data, value->size) + 2);
  out->size += (size_t)(json_string(at, value->data, value->size) - at);
}
