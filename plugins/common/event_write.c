/* SPDX-License-Identifier: Apache-2.0 */
#include "event_line.h"
#include "event_names.h"
#include "json_read.h"

/* ---- members ------------------------------------------------------------------------------ */

static void say_name(struct text_buffer *lines, const char *name)
{
  char before = lines->bytes[lines->size - 1];
  if (before != '{' && before != '[')
    text_say(lines, ",");
  text_string(lines, name, strlen(name));
  text_say(lines, ":");
}

static void say_text(struct text_buffer *lines, const char *name, const char *text)
{
  if (!text)
    return;
  say_name(lines, name);
  text_string(lines, text, strlen(text));
}

/* What has its usual value is left out. */
static void say_number(struct text_buffer *lines, const char *name, int64_t number, int64_t usual)
{
  if (number == usual)
    return;
  say_name(lines, name);
  text_integer(lines, number);
}

static void say_count(struct text_buffer *lines, const char *name, uint64_t number)
{
  if (!number)
    return;
  say_name(lines, name);
  text_unsigned(lines, number);
}

static void say_flags(struct text_buffer *lines, const struct event_flag *flags, uint32_t set)
{
  for (; flags->name; flags++)
    if (set & flags->bit) {
      say_name(lines, flags->name);
      text_say(lines, "true");
    }
}

static void say_base64(struct text_buffer *lines, const char *name, const char *data, size_t size)
{
  say_name(lines, name);
  char *room = text_room(lines, JSON_BASE64_SIZE(size) + 2);
  char *at = room;
  *at++ = '"';
  at = json_base64(at, data, size, JSON_BASE64_STANDARD);
  *at++ = '"';
  lines->size += (size_t)(at - room);
}

static void say_bytes(struct text_buffer *lines, const char *name,
                      const struct headrace_value *value)
{
  text_say(lines, "{");
  say_base64(lines, name, value->data, value->size);
  text_say(lines, "}");
}

/* ---- relations ------------------------------------------------------------------------------ */

static void say_column(struct text_buffer *lines, const struct headrace_column *column)
{
  text_say(lines, lines->bytes[lines->size - 1] == '[' ? "{" : ",{");
  say_text(lines, "name", column->name);
  say_text(lines, "type", event_types[column->type]);
  if (column->type == HEADRACE_TYPE_ARRAY)
    say_text(lines, "element", event_types[column->element_type]);
  say_text(lines, "type_name", column->type_name);
  say_number(lines, "type_id", column->type_id, 0);
  say_number(lines, "modifier", column->type_modifier, -1);
  say_number(lines, "precision", column->precision, -1);
  say_number(lines, "scale", column->scale, -1);
  say_text(lines, "default", column->default_text);
  say_flags(lines, event_column_flags, column->flags);
  if (column->labels) {
    say_name(lines, "labels");
    text_say(lines, "[");
    for (const char *const *label = column->labels; *label; label++) {
      text_say(lines, label == column->labels ? "" : ",");
      text_string(lines, *label, strlen(*label));
    }
    text_say(lines, "]");
  }
  text_say(lines, "}");
}

/* For the cache: what it keeps is only that the line was written. */
static void *write_relation(void *context, const struct headrace_relation *relation)
{
  struct event_writer *writer = context;
  struct text_buffer *lines = &writer->lines;
  text_say(lines, "{");
  say_name(lines, "relation");
  text_unsigned(lines, relation->id);
  say_text(lines, "database", relation->database);
  say_text(lines, "schema", relation->schema);
  say_text(lines, "table", relation->table);
  say_number(lines, "numeric_form", relation->conventions.numeric, 0);
  say_number(lines, "time_form", relation->conventions.time, 0);
  say_number(lines, "binary_form", relation->conventions.binary, 0);
  say_name(lines, "key");
  text_say(lines, "[");
  for (uint32_t i = 0; i < relation->key_count; i++) {
    text_say(lines, i ? "," : "");
    text_unsigned(lines, relation->key[i]);
  }
  text_say(lines, "]");
  say_name(lines, "columns");
  text_say(lines, "[");
  for (uint32_t i = 0; i < relation->column_count; i++)
    say_column(lines, &relation->columns[i]);
  text_say(lines, "]}\n");
  return writer;
}

static void discard_nothing(void *context, void *made)
{
  (void)context;
  (void)made;
}

/* ---- changes ----------------------------------------------------------------------------------
 */

static bool is_whole_number(const struct headrace_value *value)
{
  const char *at = value->data, *end = value->data + value->size;
  if (at < end && *at == '-')
    at++;
  if (at == end || (*at == '0' && end - at > 1))
    return false;
  while (at < end && *at >= '0' && *at <= '9')
    at++;
  return at == end;
}

static bool is_integer(uint16_t type)
{
  return type == HEADRACE_TYPE_INT16 || type == HEADRACE_TYPE_INT32 ||
         type == HEADRACE_TYPE_INT64 || type == HEADRACE_TYPE_OID;
}

static bool is_bool(const struct headrace_value *value)
{
  return value->size == 1 && (*value->data == 't' || *value->data == 'f');
}

static void say_text_value(struct text_buffer *lines, uint16_t type,
                           const struct headrace_value *value)
{
  if (is_integer(type) && is_whole_number(value))
    text_add(lines, value->data, value->size);
  else if (type == HEADRACE_TYPE_BOOL && is_bool(value))
    text_say(lines, *value->data == 't' ? "true" : "false");
  else if (json_is_utf8(value->data, value->size))
    text_string(lines, value->data, value->size);
  else
    say_bytes(lines, "text", value);
}

static void say_value(struct text_buffer *lines, uint16_t type, const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL) {
    text_say(lines, "null");
  } else if (value->state == HEADRACE_BINARY) {
    say_bytes(lines, "base64", value);
  } else if (value->state == HEADRACE_LITERAL) {
    text_say(lines, "{\"literal\":");
    text_add(lines, value->data, value->size);
    text_say(lines, "}");
  } else {
    say_text_value(lines, type, value);
  }
}

/* What was not sent is not there. */
static void say_row(struct text_buffer *lines, const char *name,
                    const struct headrace_relation *relation, const struct headrace_value *values)
{
  if (!values || !relation)
    return;
  say_name(lines, name);
  text_say(lines, "{");
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (values[i].state != HEADRACE_ABSENT) {
      say_name(lines, relation->columns[i].name);
      say_value(lines, relation->columns[i].type, &values[i]);
    }
  text_say(lines, "}");
}

static void say_counts(struct text_buffer *lines, const struct headrace_transaction *transaction)
{
  if (!transaction->counts)
    return;
  say_name(lines, "counts");
  text_say(lines, "[");
  for (uint32_t i = 0; i < transaction->count_count; i++) {
    const struct headrace_relation_count *count = &transaction->counts[i];
    text_say(lines, i ? ",[" : "[");
    if (count->relation)
      text_unsigned(lines, count->relation->id);
    else
      text_say(lines, "null");
    text_say(lines, ",");
    text_unsigned(lines, count->events);
    text_say(lines, "]");
  }
  text_say(lines, "]");
}

static void say_transaction(struct text_buffer *lines,
                            const struct headrace_transaction *transaction)
{
  if (!transaction)
    return;
  say_name(lines, "transaction");
  text_say(lines, "{");
  say_count(lines, "id", transaction->id);
  say_count(lines, "commit_sequence", transaction->commit_sequence);
  say_count(lines, "previous_sequence", transaction->previous_sequence);
  say_number(lines, "commit_time_us", transaction->commit_time_us, 0);
  say_text(lines, "origin", transaction->origin);
  say_count(lines, "origin_sequence", transaction->origin_sequence);
  say_counts(lines, transaction);
  text_say(lines, "}");
}

static void say_slice(struct text_buffer *lines, const char *name,
                      const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL)
    return;
  say_name(lines, name);
  say_value(lines, HEADRACE_TYPE_TEXT, value);
}

/* Relations stand before the line that needs them. */
static void tell_relations(struct event_writer *writer, const struct headrace_change *change)
{
  if (change->relation)
    relation_cache_get(&writer->relations, change->relation);
  if (!change->transaction || !change->transaction->counts)
    return;
  for (uint32_t i = 0; i < change->transaction->count_count; i++)
    if (change->transaction->counts[i].relation)
      relation_cache_get(&writer->relations, change->transaction->counts[i].relation);
}

void event_write_change(struct event_writer *writer, const struct headrace_change *change)
{
  struct text_buffer *lines = &writer->lines;
  tell_relations(writer, change);
  text_say(lines, "{");
  say_text(lines, "change", event_operations[change->operation]);
  if (change->relation)
    say_count(lines, "of", change->relation->id);
  say_flags(lines, event_change_flags, change->flags);
  say_text(lines, "database", change->database);
  say_slice(lines, "prefix", &change->message_prefix);
  say_slice(lines, "content", &change->message_content);
  say_row(lines, "old", change->relation, change->old_values);
  say_row(lines, "new", change->relation, change->new_values);
  say_count(lines, "sequence", change->sequence);
  say_count(lines, "ordinal", change->ordinal);
  say_count(lines, "relation_ordinal", change->relation_ordinal);
  say_transaction(lines, change->transaction);
  text_say(lines, "}\n");
}

/* ---- records ------------------------------------------------------------------------------------
 */

/* {"base64": …} and {"text": …} mean something else. */
static bool looks_like_bytes(const struct headrace_value *value)
{
  struct json_reader reader;
  struct json_value whole, name;
  json_read_begin(&reader, value->data, value->size);
  return json_read_value(&reader, &whole) && whole.kind == JSON_OBJECT &&
         json_next_member(&reader, &name) && (json_is(&name, "base64") || json_is(&name, "text"));
}

/* An object or array on one line, which goes in as it stands, so that it comes out as it stood. */
static bool is_structure(const struct headrace_value *value)
{
  struct json_reader reader;
  struct json_value whole;
  if (!value->size || (*value->data != '{' && *value->data != '[') ||
      memchr(value->data, '\n', value->size) || memchr(value->data, '\r', value->size))
    return false;
  json_read_begin(&reader, value->data, value->size);
  return json_read_whole(&reader, &whole) && whole.size == value->size && !looks_like_bytes(value);
}

static void say_part(struct text_buffer *lines, const struct headrace_value *value)
{
  if (value->state < HEADRACE_TEXT)
    text_say(lines, "null");
  else if (is_structure(value))
    text_add(lines, value->data, value->size);
  else if (json_is_utf8(value->data, value->size))
    text_string(lines, value->data, value->size);
  else
    say_bytes(lines, "base64", value);
}

static void say_topic(struct text_buffer *lines, const struct headrace_record *record,
                      const struct headrace_change *change)
{
  const struct headrace_relation *relation = change ? change->relation : NULL;
  say_name(lines, "record");
  if (record->topic.state >= HEADRACE_TEXT) {
    text_string(lines, record->topic.data, record->topic.size);
    return;
  }
  if (!relation) {
    text_say(lines, "null");
    return;
  }
  struct text_buffer name = {0};
  if (relation->schema) {
    text_say(&name, relation->schema);
    text_say(&name, ".");
  }
  text_say(&name, relation->table);
  text_string(lines, name.bytes, name.size);
  free(name.bytes);
}

static void say_headers(struct text_buffer *lines, const struct headrace_record *record)
{
  if (!record->header_count)
    return;
  say_name(lines, "headers");
  for (uint32_t i = 0; i < record->header_count; i++) {
    text_say(lines, i ? ",[" : "[[");
    text_string(lines, record->headers[i].name, strlen(record->headers[i].name));
    text_say(lines, ",");
    say_part(lines, &record->headers[i].value);
    text_say(lines, "]");
  }
  text_say(lines, "]");
}

void event_write_record(struct event_writer *writer, const struct headrace_record *record,
                        const struct headrace_change *change)
{
  struct text_buffer *lines = &writer->lines;
  text_say(lines, "{");
  say_topic(lines, record, change);
  say_number(lines, "partition", record->partition, -1);
  say_number(lines, "offset", record->offset, -1);
  say_number(lines, "timestamp_ms", record->timestamp_ms, -1);
  say_name(lines, "key");
  say_part(lines, &record->key);
  say_name(lines, "value");
  say_part(lines, &record->value);
  say_headers(lines, record);
  text_say(lines, "}\n");
}

/* ---- the rest
 * ------------------------------------------------------------------------------------- */

void event_write_position(struct event_writer *writer, const void *position, size_t size)
{
  text_say(&writer->lines, "{");
  say_base64(&writer->lines, "position", position, size);
  text_say(&writer->lines, "}\n");
}

void event_writer_init(struct event_writer *writer)
{
  *writer = (struct event_writer){
      .relations = {.make = write_relation, .discard = discard_nothing, .context = writer}};
}

void event_writer_forget(struct event_writer *writer)
{
  relation_cache_empty(&writer->relations);
}

void event_writer_free(struct event_writer *writer)
{
  relation_cache_empty(&writer->relations);
  free(writer->lines.bytes);
}
