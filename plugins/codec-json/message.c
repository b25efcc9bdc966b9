/* SPDX-License-Identifier: Apache-2.0
 *
 * Logical messages (pg_logical_emit_message): topic "message", keyed by their prefix. */
#include "json.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

#define MESSAGE_KEY_NAME   "io.debezium.connector.postgresql.MessageKey"
#define MESSAGE_VALUE_NAME "io.debezium.connector.postgresql.MessageValue"

static struct relation_plan *message_plan(struct codec *codec)
{
  struct relation_plan *plan = &codec->message;
  if (plan->schema)
    return plan;
  plan->schema = text_print("%s", "").data;
  plan->table = text_print("%s", "").data;
  debezium_plan(codec, plan, codec->database.data ? codec->database.data : "");
  if (codec->options.schemas)
    schema_plan_message(codec, plan);
  return plan;
}

static char *content_write(char *out, const struct codec *codec,
                           const struct headrace_value *content)
{
  *out++ = '"';
  if (codec->options.binary == BINARY_HEX)
    out = json_hex(out, content->data, content->size);
  else
    out = json_base64(out, content->data, content->size,
                      codec->options.binary == BINARY_BASE64_URL_SAFE ? JSON_BASE64_URL_SAFE
                                                                      : JSON_BASE64_STANDARD);
  *out++ = '"';
  return out;
}

static char *message_key(char *out, const struct codec *codec, const struct relation_plan *plan,
                         const struct headrace_value *prefix)
{
  if (codec->options.key_format == KEY_TEXT)
    return json_copy(out, prefix->data, prefix->size);
  out = text_put(out, &plan->key_schema);
  out = PUT(out, "{\"prefix\":");
  out = json_string(out, prefix->data, prefix->size);
  *out++ = '}';
  if (plan->key_schema.size)
    *out++ = '}';
  return out;
}

static char *message_value(char *out, const struct codec *codec, struct relation_plan *plan,
                           const struct headrace_change *change)
{
  int64_t now_us = codec->host->now_us(codec->host);
  out = text_put(out, &plan->value_schema);
  out = PUT(out, "{\"op\":\"m\",\"ts_ms\":");
  out = json_integer(out, now_us / 1000);
  out = PUT(out, ",\"source\":");
  out = source_write(out, plan, change, now_us);
  out = transaction_write(out, codec, plan, change);
  out = PUT(out, ",\"message\":{\"prefix\":");
  out = json_string(out, change->message_prefix.data, change->message_prefix.size);
  out = PUT(out, ",\"content\":");
  out = content_write(out, codec, &change->message_content);
  out = PUT(out, "}}");
  if (plan->value_schema.size)
    *out++ = '}';
  return out;
}

enum headrace_result message_encode(struct codec *codec, const struct headrace_change *change,
                                    struct headrace_batch *out)
{
  const struct headrace_host *host = codec->host;
  struct relation_plan *plan = message_plan(codec);
  size_t prefix = json_escape_bound(change->message_prefix.data, change->message_prefix.size) + 2;
  size_t bound = plan->key_schema.size + plan->value_schema.size + 2 * prefix +
                 2 * (size_t)change->message_content.size + source_bound(plan) + TRANSACTION_BOUND +
                 256;
  char *start = host->reserve(host, out, bound);
  char *key_end = message_key(start, codec, plan, &change->message_prefix);
  char *end = message_value(key_end, codec, plan, change);
  host->commit(host, out, (size_t)(end - start));
  struct headrace_record *record = host->add_record(host, out);
  record->topic = (struct headrace_value){
      .data = "message", .size = sizeof "message" - 1, .state = HEADRACE_TEXT};
  record->key = value_of(start, key_end);
  record->value = value_of(key_end, end);
  return HEADRACE_OK;
}
