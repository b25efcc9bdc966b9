/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-columns: the settings, and its life. */
#include "columns.h"

static const struct headrace_key keys[] = {
    {.name = "tables", .type = HEADRACE_LIST, .help = "whose rows make records; all by default"},
    {.name = "topic", .default_value = "none", .help = "a column, a template, or none"},
    {.name = "key", .default_value = "none", .help = "a column, a template, or none"},
    {.name = "value", .default_value = "none", .help = "a column, a template, or none"},
    {.name = "envelope",
     .type = HEADRACE_MAP,
     .help = "instead of value: a JSON object, member = column or template"},
    {.name = "null_value",
     .type = HEADRACE_ENUM,
     .default_value = "tombstone",
     .choices = "tombstone|empty|drop|refuse",
     .help = "what a row is whose value is null"},
    {.name = "headers", .type = HEADRACE_MAP, .help = "name = column or template"},
    {.name = "headers_column",
     .default_value = "none",
     .help = "a column of names and values, bytea[][]"},
    {.name = "partition", .default_value = "none", .help = "a column, a template, or none"},
    {.name = "timestamp", .default_value = "none", .help = "a column, a template, or none"},
    {.name = "updates",
     .type = HEADRACE_ENUM,
     .default_value = "refuse",
     .choices = "refuse|warn|drop|encode",
     .help = "what becomes of a row that is changed"},
    {.name = "deletes",
     .type = HEADRACE_ENUM,
     .default_value = "drop",
     .choices = "drop|warn|refuse|tombstone",
     .help = "what becomes of a row that is deleted"},
    {.name = "messages",
     .type = HEADRACE_ENUM,
     .default_value = "drop",
     .choices = "drop|bytes|json",
     .help = "what becomes of logical messages"},
    {.name = "message_prefixes", .type = HEADRACE_LIST, .help = "those that count"},
    {.name = "lookup",
     .type = HEADRACE_MAP,
     .help = "column = table: key -> value, from another table's rows"},
    {.name = "columns",
     .type = HEADRACE_LIST,
     .default_value = "topic, partition, offset, timestamp, key, value, headers",
     .help = "of records that become rows: parts, and perhaps part:name"},
    {.name = "key_type",
     .type = HEADRACE_ENUM,
     .default_value = "text",
     .choices = "text|bytes|json",
     .help = "of records that become rows: what keys are"},
    {.name = "value_type",
     .type = HEADRACE_ENUM,
     .default_value = "text",
     .choices = "text|bytes|json",
     .help = "of records that become rows: what values are"},
    {0}};

static bool read_parts(const struct headrace_host *host, struct columns *columns)
{
  const struct {
    const char *key;
    struct part *part;
  } all[] = {{"topic", &columns->topic},         {"key", &columns->key},
             {"value", &columns->value},         {"headers_column", &columns->headers_column},
             {"partition", &columns->partition}, {"timestamp", &columns->timestamp}};
  bool good = true;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    good =
        part_read(host, &columns->names, all[i].key, host->string(host, all[i].key), all[i].part) &&
        good;
  good = part_map_read(host, &columns->names, "envelope", &columns->envelope) && good;
  good = part_map_read(host, &columns->names, "headers", &columns->headers) && good;
  if (good && columns->value.count && columns->envelope.count) {
    host->log(host, HEADRACE_ERROR, "envelope: it stands in the place of value, so set one");
    good = false;
  }
  return good;
}

/* False: a fault was said. */
static bool read(const struct headrace_host *host, struct columns *columns)
{
  *columns =
      (struct columns){.host = host,
                       .null_value = (enum null_value)host->integer(host, "null_value"),
                       .updates = (enum updates)host->integer(host, "updates"),
                       .deletes = (enum deletes)host->integer(host, "deletes"),
                       .messages = (enum messages)host->integer(host, "messages"),
                       .key_form = (enum form)host->integer(host, "key_type"),
                       .value_form = (enum form)host->integer(host, "value_type"),
                       .plans = {.make = plan_make, .discard = plan_discard, .context = columns}};
  columns->prefix_count = host->list(host, "message_prefixes", &columns->prefixes);
  bool good = name_patterns_read(host, "tables", 2, &columns->tables);
  good = read_parts(host, columns) && good;
  good = lookups_read(host, &columns->lookups) && good;
  good = wanted_read(host, columns) && good;
  if (good && columns->prefix_count && columns->messages == MESSAGES_DROP) {
    host->log(host, HEADRACE_ERROR, "message_prefixes: messages = drop leaves none of them");
    good = false;
  }
  columns->cells = must_alloc(columns->names.count, sizeof *columns->cells);
  return good;
}

static void release(struct columns *columns)
{
  struct part *const parts[] = {&columns->topic,          &columns->key,
                                &columns->value,          &columns->partition,
                                &columns->headers_column, &columns->timestamp};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    part_free(parts[i]);
  part_map_free(&columns->envelope);
  part_map_free(&columns->headers);
  relation_cache_empty(&columns->plans);
  name_patterns_free(&columns->tables);
  lookups_free(&columns->lookups);
  decode_free(columns);
  names_free(&columns->names);
  free(columns->cells);
  free(columns->text.bytes);
}

static enum headrace_result columns_check(const struct headrace_host *host)
{
  struct columns columns;
  bool good = read(host, &columns);
  release(&columns);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result columns_open(const struct headrace_host *host, void **instance)
{
  struct columns *columns = must_alloc(1, sizeof *columns);
  if (read(host, columns) && lookups_open(&columns->lookups)) {
    *instance = columns;
    return HEADRACE_OK;
  }
  release(columns);
  free(columns);
  return HEADRACE_FATAL;
}

static void columns_close(void *instance)
{
  struct columns *columns = instance;
  release(columns);
  free(columns);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "columns",
    .version = HEADRACE_VERSION,
    .description = "a row's columns as a record's parts, and a record's parts as columns",
    .keys = keys,
    .open = columns_open,
    .close = columns_close,
    .check = columns_check,
    .encode = columns_encode,
    .decode = columns_decode,
};
HEADRACE_REGISTER_PLUGIN(plugin)
