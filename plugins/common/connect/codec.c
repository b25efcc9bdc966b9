/* SPDX-License-Identifier: Apache-2.0 */
#include "connect_decode.h"

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

void codec_begin(struct codec *codec)
{
  make_context_headers(codec);
  want_metadata(codec);
  if (codec->options.flat)
    codec->flat = flat_new(codec->host);
}

void codec_end(struct codec *codec)
{
  decoder_free(codec->decoder);
  plans_free(codec);
  flat_free(codec->flat);
  relation_plan_clear(codec, &codec->message);
  text_free(&codec->database);
  free(codec->heartbeat_topic);
  for (size_t i = 0; i < sizeof codec->scratch / sizeof *codec->scratch; i++)
    free(codec->scratch[i].data);
}

enum headrace_result codec_defect(struct codec *codec, const struct relation_plan *plan,
                                  const struct column_plan *column)
{
  codec->host->log(codec->host, HEADRACE_ERROR,
                   "table %s.%s, column \"%.*s\": its value is not the canonical text of its type, "
                   "so it cannot be written; the source must fix its text formats",
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

bool codec_encode_other(struct codec *codec, const struct headrace_change *change,
                        struct headrace_batch *out, enum headrace_result *result)
{
  *result = HEADRACE_OK;
  if (codec->options.topic_key) {
    *result = refuse_topic_key(codec);
    return true;
  }
  /* Debezium's update may be a delete and a create: the format decides. */
  bool divisible = change->operation == HEADRACE_UPDATE && codec->options.format == FORMAT_DEBEZIUM;
  if (!divisible && codec->options.skipped & 1u << change->operation) {
    if (codec->options.transactions)
      surplus_add(codec, change->relation ? plan_of(codec, change->relation) : &codec->message, -1);
    return true;
  }
  if (change->operation >= HEADRACE_BEGIN) {
    *result = metadata_encode(codec, change, out);
    return true;
  }
  if (change->database)
    remember_database(codec, change->database);
  if (!change->relation)
    *result = message_encode(codec, change, out);
  return !change->relation;
}
