/* SPDX-License-Identifier: Apache-2.0 */
#include "connect_codec.h"
#include "flattening.h"

#include <stdlib.h>

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

static void read_decoding(const struct headrace_host *host, enum format format,
                          struct options *options)
{
  options->decode_format = host->string(host, "format") ? format : FORMAT_AUTO;
  options->metadata = (enum metadata_mode)host->integer(host, "metadata_fields");
  options->decode_skipped = read_skipped(host, 0);
  for (size_t i = 0; i < options->key_column_count; i++)
    if (!strchr(options->key_columns[i].name, '.'))
      options->topic_key = options->key_columns[i].name;
  if (options->format == FORMAT_AUTO) { /* what can be written without a choice */
    options->format = FORMAT_DEBEZIUM;
    options->natural = false;
  }
}

void options_read(const struct headrace_host *host, enum format format, struct options *options)
{
  *options = (struct options){
      .format = format == FORMAT_CLOUDEVENTS || format == FORMAT_FLAT ? FORMAT_DEBEZIUM : format,
      .flat = format == FORMAT_FLAT,
      .cloudevents = format == FORMAT_CLOUDEVENTS,
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
  };
  if (!options->prefix)
    options->prefix = host->pipeline;
  options->unavailable_size = strlen(options->unavailable);
  options->natural = options->format != FORMAT_DEBEZIUM;
  options->skipped =
      read_skipped(host, options->format == FORMAT_DEBEZIUM ? 1u << HEADRACE_TRUNCATE : 0);
  options->key_column_count = host->list(host, "key_columns", &options->key_columns);
  read_decoding(host, format, options);
}

static bool names_columns(const char *value)
{
  if (!value || !*value || *value == '+' || value[strlen(value) - 1] == '+')
    return false;
  return !strstr(value, "++");
}

/* What the envelope has of its own; of rows anything may be asked. */
static bool is_in_envelope(const struct addition *addition)
{
  static const struct {
    const char *part, *fields;
  } parts[] = {{"", " op ts_ms ts_us ts_ns "},
               {"source",
                " version connector name ts_ms snapshot db sequence ts_us ts_ns schema table txId "
                "lsn xmin "},
               {"transaction", " id total_order data_collection_order "}};
  const char *part = addition->part ? addition->part : "";
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *found = strstr(parts[i].fields, addition->field);
    size_t size = strlen(addition->field);
    if (!strcmp(part, parts[i].part))
      return size && found && found[-1] == ' ' && found[size] == ' ';
  }
  return !strcmp(part, "before") || !strcmp(part, "after");
}

static bool check_additions(const struct headrace_host *host, const char *key,
                            const struct additions *additions)
{
  bool good = true;
  for (size_t i = 0; i < additions->count; i++) {
    const struct addition *addition = &additions->items[i];
    if (is_in_envelope(addition))
      continue;
    host->log(host, HEADRACE_ERROR, "%s: Debezium's events have no field \"%s%s%s\"", key,
              addition->part ? addition->part : "", addition->part ? "." : "", addition->field);
    good = false;
  }
  return good;
}

/* Its keys, or those of it that nobody would look at. */
static bool check_flat(const struct headrace_host *host, enum format format)
{
  struct flattening flattening;
  const char *key = flattening_set(host);
  if (format != FORMAT_FLAT && key) {
    host->log(host, HEADRACE_ERROR, "%s goes with format = flat only", key);
    return false;
  }
  bool good = flattening_read(host, &flattening);
  good = good && check_additions(host, "add_fields", &flattening.fields);
  good = good && check_additions(host, "add_headers", &flattening.headers);
  flattening_free(&flattening);
  return good;
}

enum headrace_result options_check(const struct headrace_host *host, enum format format)
{
  enum headrace_result result = check_flat(host, format) ? HEADRACE_OK : HEADRACE_FATAL;
  if (host->integer(host, "transaction_metadata") && format != FORMAT_DEBEZIUM &&
      format != FORMAT_CLOUDEVENTS && format != FORMAT_FLAT) {
    host->log(host, HEADRACE_ERROR,
              "transaction_metadata = yes goes with format = debezium, flat or cloudevents only");
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
