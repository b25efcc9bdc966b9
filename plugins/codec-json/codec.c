/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: changes become JSON records, and these become changes. */
#include "decode.h"

#include <stdlib.h>

static struct headrace_value text_value(const char *text)
{
  return (struct headrace_value){
      .data = text, .size = (uint32_t)strlen(text), .state = HEADRACE_TEXT};
}

/* What Debezium's CommonConnectorConfig puts on every record (extended.headers.enabled). */
static void make_context_headers(struct codec *codec)
{
  codec->headers[1] = (struct headrace_header){"__debezium.context.connectorLogicalName",
                                               text_value(codec->options.prefix)};
  codec->headers[2] = (struct headrace_header){"__debezium.context.taskId", text_value("0")};
  codec->headers[3] =
      (struct headrace_header){"__debezium.context.connectorName", text_value("postgresql")};
}

static void want_metadata(struct codec *codec)
{
  const struct options *options = &codec->options;
  if (options->transactions)
    codec->host->want(codec->host, HEADRACE_WANT_TRANSACTIONS);
  if (options->format != FORMAT_DEBEZIUM || !*options->topic_heartbeat)
    return;
  codec->heartbeat_topic = text_print("%s.%s", options->topic_heartbeat, options->prefix).data;
  codec->host->want(codec->host, HEADRACE_WANT_HEARTBEATS);
}

static enum headrace_result codec_open(const struct headrace_host *host, void **instance)
{
  struct codec *codec = calloc(1, sizeof *codec);
  if (!codec)
    abort();
  codec->host = host;
  enum headrace_result result = options_read(host, &codec->options);
  if (result != HEADRACE_OK) {
    free(codec);
    return result;
  }
  make_context_headers(codec);
  want_metadata(codec);
  const char *field = codec->options.operation_field;
  if (field && *field) {
    struct text name = text_json(field, strlen(field));
    codec->operation_label = text_print("%s:", name.data);
    text_free(&name);
  }
  *instance = codec;
  return HEADRACE_OK;
}

static void codec_close(void *instance)
{
  struct codec *codec = instance;
  decoder_free(codec->decoder);
  plans_free(codec);
  relation_plan_clear(&codec->message);
  text_free(&codec->database);
  text_free(&codec->operation_label);
  free(codec->heartbeat_topic);
  for (size_t i = 0; i < sizeof codec->scratch / sizeof *codec->scratch; i++)
    free(codec->scratch[i].data);
  free(codec);
}

enum headrace_result codec_defect(struct codec *codec, const struct relation_plan *plan,
                                  const struct column_plan *column)
{
  codec->host->log(codec->host, HEADRACE_ERROR,
                   "table %s.%s, column \"%.*s\": its value is not the canonical text of its type, "
                   "so it cannot be written as JSON; the source must fix its text formats",
                   plan->schema, plan->table, (int)column->name_size, column->name);
  return HEADRACE_FATAL;
}

/* What reads a topic by this name can be no table's. */
static enum headrace_result refuse_topic_key(const struct codec *codec)
{
  codec->host->log(codec->host, HEADRACE_ERROR,
                   "key_columns: \"%s\" is not schema.table, so that no table is meant by it",
                   codec->options.topic_key);
  return HEADRACE_FATAL;
}

typedef enum headrace_result (*encoder)(struct codec *, const struct headrace_change *,
                                        struct headrace_batch *);

static enum headrace_result codec_encode(void *instance, const struct headrace_event *event,
                                         struct headrace_batch *out)
{
  static const encoder encoders[] = {[FORMAT_DEBEZIUM] = debezium_encode,
                                     [FORMAT_ENVELOPE] = envelope_encode,
                                     [FORMAT_OP] = op_encode,
                                     [FORMAT_PLAIN] = plain_encode};
  struct codec *codec = instance;
  const struct headrace_change *change = event->change;
  if (codec->options.topic_key)
    return refuse_topic_key(codec);
  /* Debezium's update may be a delete and a create: the format decides. */
  bool divisible = change->operation == HEADRACE_UPDATE && codec->options.format == FORMAT_DEBEZIUM;
  if (!divisible && codec->options.skipped & 1u << change->operation) {
    if (codec->options.transactions)
      surplus_add(codec, change->relation ? plan_of(codec, change->relation) : &codec->message, -1);
    return HEADRACE_OK;
  }
  if (change->operation >= HEADRACE_BEGIN)
    return metadata_encode(codec, change, out);
  if (change->database)
    remember_database(codec, change->database);
  if (!change->relation)
    return message_encode(codec, change, out);
  return encoders[codec->options.format](codec, change, out);
}

static enum headrace_result decode(void *instance, const struct headrace_event *event,
                                   struct headrace_batch *out)
{
  return codec_decode(instance, event, out);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "json",
    .version = HEADRACE_VERSION,
    .description =
        "changes as JSON and back: Debezium's envelope, plain rows, and two other shapes",
    .keys = codec_keys,
    .open = codec_open,
    .close = codec_close,
    .check = codec_check,
    .encode = codec_encode,
    .decode = decode,
};
HEADRACE_REGISTER_PLUGIN(plugin)
