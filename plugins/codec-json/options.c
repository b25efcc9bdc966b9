/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>

const struct headrace_key codec_keys[] = {
    {"format", HEADRACE_ENUM, NULL, 0, "debezium|envelope|op|plain|auto", NULL,
     "shape of the records; default: debezium to write, auto to read, which tells them apart"},
    {"schemas", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "format=debezium: wrap key and value as {\"schema\":…,\"payload\":…} for Kafka Connect"},
    {"prefix", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "logical name of the database, source.name in records; default: the pipeline's name"},
    {"decimal", HEADRACE_ENUM, "precise", 0, "precise|double|string", NULL,
     "numeric and money: exact bytes, JSON numbers, or text"},
    {"time", HEADRACE_ENUM, "adaptive", 0,
     "adaptive|adaptive_time_microseconds|connect|isostring|microseconds|nanoseconds", NULL,
     "dates and times without a zone: unit and form"},
    {"interval", HEADRACE_ENUM, "numeric", 0, "numeric|string", NULL,
     "intervals: microseconds, or ISO 8601 text"},
    {"binary", HEADRACE_ENUM, "bytes", 0, "bytes|base64|base64-url-safe|hex", NULL,
     "bytea: how bytes are written as text"},
    {"hstore", HEADRACE_ENUM, "json", 0, "json|map", NULL,
     "hstore: a string holding JSON, or an object"},
    {"tombstones", HEADRACE_BOOL, "yes", 0, NULL, NULL,
     "format=debezium: a record without a value after each delete, for compaction; reading: such a "
     "record is a delete; no: it is dropped"},
    {"unknown_types", HEADRACE_ENUM, "text", 0, "text|bytes|omit", NULL,
     "columns of types that Debezium leaves out: their text, its bytes, or nothing"},
    {"unavailable_value", HEADRACE_STRING, "__debezium_unavailable_value", 0, NULL, NULL,
     "stands for a large value that an update did not change and the source did not send"},
    {"context_headers", HEADRACE_BOOL, "yes", 0, NULL, NULL,
     "format=debezium: the three __debezium.context.* headers"},
    {"transaction_metadata", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "format=debezium: the transaction of each record, and a record for each end of one"},
    {"topic_transaction", HEADRACE_STRING, "transaction", 0, NULL, NULL,
     "the topic of the ends of transactions, behind the sink's prefix"},
    {"topic_heartbeat", HEADRACE_STRING, "__debezium-heartbeat", 0, NULL, NULL,
     "format=debezium: heartbeats go to this topic with .PREFIX behind it; empty: nowhere"},
    {"key_columns", HEADRACE_MAP, NULL, 0, NULL, NULL,
     "columns of the record's key, schema.table = column+column; default: the table's key; "
     "reading: "
     "also topic = column+column"},
    {"key_format", HEADRACE_ENUM, NULL, 0, "json|text", NULL,
     "the key as an object, or as the plain text of its columns; default: text for format=plain "
     "and format=envelope, else json"},
    {"skipped_operations", HEADRACE_LIST, NULL, 0, "c|u|d|t|m|r|none", NULL,
     "operations that make no record; default: t for format=debezium, else none"},
    {"operation_field", HEADRACE_STRING, "operation", 0, NULL, NULL,
     "format=plain: the field that tells the operation; empty: no such field"},
    {"metadata_fields", HEADRACE_ENUM, "use", 0, "use|keep|ignore", NULL,
     "reading flattened events: fields as __op and __deleted tell what happened; keep: they are "
     "columns too; ignore: they are nothing but columns"},
    {0}};

static const struct {
  const char *name;
  unsigned bit;
} operation_names[] = {{"c", 1u << HEADRACE_INSERT},
                       {"u", 1u << HEADRACE_UPDATE},
                       {"d", 1u << HEADRACE_DELETE},
                       {"r", 1u << HEADRACE_READ},
                       {"t", 1u << HEADRACE_TRUNCATE},
                       {"m", 1u << HEADRACE_MESSAGE},
                       {"none", 0}};

static unsigned read_skipped(const struct headrace_host *host, unsigned by_default)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "skipped_operations", &items);
  unsigned bits = count ? 0 : by_default;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < sizeof operation_names / sizeof *operation_names; j++)
      if (!strcmp(items[i].name, operation_names[j].name))
        bits |= operation_names[j].bit;
  return bits;
}

static enum key_format read_key_format(const struct headrace_host *host, enum format format)
{
  const char *name = host->string(host, "key_format");
  if (name)
    return strcmp(name, "text") ? KEY_JSON : KEY_TEXT;
  return format == FORMAT_PLAIN || format == FORMAT_ENVELOPE ? KEY_TEXT : KEY_JSON;
}

static void read_decoding(const struct headrace_host *host, struct options *options)
{
  const char *key_format = host->string(host, "key_format");
  options->decode_format = host->string(host, "format") ? options->format : FORMAT_AUTO;
  options->metadata = (enum metadata_mode)host->integer(host, "metadata_fields");
  options->text_keys = key_format && options->key_format == KEY_TEXT;
  options->decode_skipped = read_skipped(host, 0);
  for (size_t i = 0; i < options->key_column_count; i++)
    if (!strchr(options->key_columns[i].name, '.'))
      options->topic_key = options->key_columns[i].name;
  if (options->format == FORMAT_AUTO)
    options->format = FORMAT_DEBEZIUM; /* what can be written without a choice */
}

enum headrace_result options_read(const struct headrace_host *host, struct options *options)
{
  *options = (struct options){
      .format = (enum format)host->integer(host, "format"),
      .schemas = host->integer(host, "schemas"),
      .tombstones = host->integer(host, "tombstones"),
      .prefix = host->string(host, "prefix"),
      .decimal = (enum decimal_mode)host->integer(host, "decimal"),
      .time = (enum time_mode)host->integer(host, "time"),
      .interval = (enum interval_mode)host->integer(host, "interval"),
      .binary = (enum binary_mode)host->integer(host, "binary"),
      .hstore = (enum hstore_mode)host->integer(host, "hstore"),
      .unknown_types = (enum unknown_mode)host->integer(host, "unknown_types"),
      .unavailable = host->string(host, "unavailable_value"),
      .context_headers = host->integer(host, "context_headers"),
      .transactions = host->integer(host, "transaction_metadata"),
      .topic_transaction = host->string(host, "topic_transaction"),
      .topic_heartbeat = host->string(host, "topic_heartbeat"),
      .operation_field = host->string(host, "operation_field"),
  };
  if (!options->prefix)
    options->prefix = host->pipeline;
  options->unavailable_size = strlen(options->unavailable);
  options->key_format = read_key_format(host, options->format);
  options->skipped =
      read_skipped(host, options->format == FORMAT_DEBEZIUM ? 1u << HEADRACE_TRUNCATE : 0);
  options->key_column_count = host->list(host, "key_columns", &options->key_columns);
  read_decoding(host, options);
  return codec_check(host);
}

static bool names_columns(const char *value)
{
  if (!value || !*value || *value == '+' || value[strlen(value) - 1] == '+')
    return false;
  return !strstr(value, "++");
}

enum headrace_result codec_check(const struct headrace_host *host)
{
  enum headrace_result result = HEADRACE_OK;
  static const char *const debezium_only[] = {"schemas", "transaction_metadata"};
  for (size_t i = 0; i < sizeof debezium_only / sizeof *debezium_only; i++)
    if (host->integer(host, debezium_only[i]) && host->integer(host, "format") != FORMAT_DEBEZIUM) {
      host->log(host, HEADRACE_ERROR, "%s = yes goes with format = debezium only",
                debezium_only[i]);
      result = HEADRACE_FATAL;
    }
  const char *key_format = host->string(host, "key_format");
  if (host->integer(host, "schemas") && key_format && !strcmp(key_format, "text")) {
    host->log(host, HEADRACE_ERROR, "schemas = yes needs key_format = json");
    result = HEADRACE_FATAL;
  }
  const struct headrace_pair *pairs;
  size_t count = host->list(host, "key_columns", &pairs);
  for (size_t i = 0; i < count; i++)
    if (!names_columns(pairs[i].value)) {
      host->log(host, HEADRACE_ERROR,
                "key_columns: \"%s = %s\" is not schema.table = column+column", pairs[i].name,
                pairs[i].value ? pairs[i].value : "");
      result = HEADRACE_FATAL;
    }
  return result;
}
