/* SPDX-License-Identifier: Apache-2.0
 *
 * Logical messages (pg_logical_emit_message): topic "message", keyed by their prefix. */
#include "connect_codec.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

static struct relation_plan *message_plan(struct codec *codec)
{
  struct relation_plan *plan = &codec->message;
  if (plan->schema)
    return plan;
  plan->schema = text_print("%s", "").data;
  plan->table = text_print("%s", "").data;
  source_plan(codec, plan, codec->database.data ? codec->database.data : "");
  plan->own = codec->dialect->plan(codec, plan, NULL);
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

static char *message_key(char *out, const struct headrace_value *prefix)
{
  out = PUT(out, "{\"prefix\":");
  out = json_string(out, prefix->data, prefix->size);
  *out++ = '}';
  return out;
}

static char *message_value(char *out, const struct codec *codec, struct relation_plan *plan,
                           const struct headrace_change *change)
{
  int64_t now_us = codec->host->now_us(codec->host);
  out = PUT(out, "{\"op\":\"m\",\"ts_ms\":");
  out = json_integer(out, now_us / 1000);
  out = PUT(out, ",\"source\":");
  out = source_write(out, plan, change, now_us);
  out = transaction_write(out, codec, plan, change);
  out = PUT(out, ",\"message\":{\"prefix\":");
  out = json_string(out, change->message_prefix.data, change->message_prefix.size);
  out = PUT(out, ",\"content\":");
  out = content_write(out, codec, &change->message_content);
  return PUT(out, "}}");
}

enum headrace_result message_encode(struct codec *codec, const struct headrace_change *change,
                                    struct headrace_batch *out)
{
  const struct headrace_host *host = codec->host;
  struct relation_plan *plan = message_plan(codec);
  size_t prefix = json_escape_bound(change->message_prefix.data, change->message_prefix.size) + 2;
  size_t bound = 2 * prefix + 2 * (size_t)change->message_content.size + source_bound(plan) +
                 TRANSACTION_BOUND + 256;
  struct text schema = schema_of_message_value(codec);
  struct document document = {.topic = "message",
                              .key_schema = schema_of_message_key,
                              .value_schema = schema.data,
                              .text_key = change->message_prefix};
  char *start = host->reserve(host, out, bound);
  char *key_end = message_key(start, &change->message_prefix);
  char *end = message_value(key_end, codec, plan, change);
  host->commit(host, out, (size_t)(end - start));
  document.key = value_of(start, key_end);
  document.value = value_of(key_end, end);
  enum headrace_result result = codec->dialect->document(codec, &document, out);
  text_free(&schema);
  return result;
}
