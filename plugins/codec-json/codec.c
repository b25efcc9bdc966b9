/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: changes become JSON records, and these become changes. */
#include "json.h"

#include <stdlib.h>

static enum headrace_result json_open(const struct headrace_host *host, void **instance)
{
  static const struct dialect dialect = {.plan = json_plan,
                                         .plan_free = json_plan_free,
                                         .emit = json_emit,
                                         .document = json_document,
                                         .read = json_record_read};
  if (json_check(host) != HEADRACE_OK)
    return HEADRACE_FATAL;
  struct json_codec *json = calloc(1, sizeof *json);
  if (!json)
    abort();
  json->codec.host = host;
  json->codec.dialect = &dialect;
  json_options_read(host, &json->codec.options);
  json->strategy = (enum subject_strategy)host->integer(host, "subject_strategy");
  json->topic = host->string(host, "topic");
  if (json_has_registry(host) && !(json->registry = registry_open(host))) {
    free(json);
    return HEADRACE_FATAL;
  }
  codec_begin(&json->codec);
  const char *field = json->codec.options.operation_field;
  if (field && *field) {
    struct text name = text_json(field, strlen(field));
    json->operation_label = text_print("%s:", name.data);
    text_free(&name);
  }
  *instance = json;
  return HEADRACE_OK;
}

static void json_close(void *instance)
{
  struct json_codec *json = instance;
  codec_end(&json->codec);
  text_free(&json->operation_label);
  for (size_t i = 0; i < KNOWN_SCHEMAS; i++)
    free(json->schemas[i].data);
  wire_known_clear(json);
  registry_close(json->registry);
  free(json);
}

typedef enum headrace_result (*encoder)(struct codec *, const struct headrace_change *,
                                        struct headrace_batch *);

static enum headrace_result json_encode(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  static const encoder encoders[] = {[FORMAT_DEBEZIUM] = debezium_encode,
                                     [FORMAT_ENVELOPE] = envelope_encode,
                                     [FORMAT_OP] = op_encode,
                                     [FORMAT_PLAIN] = plain_encode};
  struct json_codec *json = instance;
  enum headrace_result result;
  if (codec_encode_other(&json->codec, event->change, out, &result))
    return result;
  if (json->registry) {
    result = wire_register(json, plan_of(&json->codec, event->change->relation), out);
    if (result != HEADRACE_OK)
      return result == HEADRACE_AGAIN ? HEADRACE_OK : result; /* refused, which was dealt with */
  }
  return encoders[json->codec.options.format](&json->codec, event->change, out);
}

static enum headrace_result json_decode(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct json_codec *json = instance;
  return codec_decode(&json->codec, event, out);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "json",
    .version = HEADRACE_VERSION,
    .description = "changes as JSON and back: Debezium's envelope, CloudEvents, plain rows, and "
                   "two other shapes",
    .keys = json_keys,
    .open = json_open,
    .close = json_close,
    .check = json_check,
    .encode = json_encode,
    .decode = json_decode,
};
HEADRACE_REGISTER_PLUGIN(plugin)
