/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONG_MAX_TEXT "9223372036854775807"

/* Names, defaults and bounds of Apache Kafka 4.1 (LogConfig, TopicConfig). */
const struct config_definition topic_configs[] = {
    {"cleanup.policy", "delete", CONFIG_LIST, 0, 0, "compact|delete", "log.cleanup.policy",
     "what becomes of old records"},
    {"compression.gzip.level", "-1", CONFIG_INT, -1, 9, NULL, NULL, "of gzip"},
    {"compression.lz4.level", "9", CONFIG_INT, 1, 17, NULL, NULL, "of lz4"},
    {"compression.type", "producer", CONFIG_STRING, 0, 0,
     "uncompressed|zstd|lz4|snappy|gzip|producer", NULL,
     "how records are compressed that are read; producer: as they came, and not at all what comes "
     "from the store"},
    {"compression.zstd.level", "3", CONFIG_INT, -131072, 22, NULL, NULL, "of zstd"},
    {"delete.retention.ms", "86400000", CONFIG_LONG, 0, INT64_MAX, NULL,
     "log.cleaner.delete.retention.ms", "how long tombstones stay"},
    {"file.delete.delay.ms", "60000", CONFIG_LONG, 0, INT64_MAX, NULL,
     "log.segment.delete.delay.ms", "not heeded: there are no files"},
    {"flush.messages", LONG_MAX_TEXT, CONFIG_LONG, 1, INT64_MAX, NULL,
     "log.flush.interval.messages", "not heeded: every answer is after a commit"},
    {"flush.ms", LONG_MAX_TEXT, CONFIG_LONG, 0, INT64_MAX, NULL, "log.flush.interval.ms",
     "not heeded: every answer is after a commit"},
    {"follower.replication.throttled.replicas", "", CONFIG_LIST, 0, 0, NULL, "", "not heeded"},
    {"index.interval.bytes", "4096", CONFIG_INT, 0, INT32_MAX, NULL, "log.index.interval.bytes",
     "not heeded: there are no files"},
    {"leader.replication.throttled.replicas", "", CONFIG_LIST, 0, 0, NULL, "", "not heeded"},
    {"local.retention.bytes", "-2", CONFIG_LONG, -2, INT64_MAX, NULL, "log.local.retention.bytes",
     "not heeded: there is one store"},
    {"local.retention.ms", "-2", CONFIG_LONG, -2, INT64_MAX, NULL, "log.local.retention.ms",
     "not heeded: there is one store"},
    {"max.compaction.lag.ms", LONG_MAX_TEXT, CONFIG_LONG, 1, INT64_MAX, NULL,
     "log.cleaner.max.compaction.lag.ms", "not heeded"},
    {"max.message.bytes", "1048588", CONFIG_INT, 0, INT32_MAX, NULL, "message.max.bytes",
     "the largest record batch"},
    {"message.timestamp.after.max.ms", "3600000", CONFIG_LONG, 0, INT64_MAX, NULL,
     "log.message.timestamp.after.max.ms", "how far in the future a record's time may be"},
    {"message.timestamp.before.max.ms", LONG_MAX_TEXT, CONFIG_LONG, 0, INT64_MAX, NULL,
     "log.message.timestamp.before.max.ms", "how far in the past a record's time may be"},
    {"message.timestamp.type", "CreateTime", CONFIG_STRING, 0, 0, "CreateTime|LogAppendTime",
     "log.message.timestamp.type", "whose time a record has"},
    {"min.cleanable.dirty.ratio", "0.5", CONFIG_DOUBLE, 0, 1, NULL,
     "log.cleaner.min.cleanable.ratio", "not heeded"},
    {"min.compaction.lag.ms", "0", CONFIG_LONG, 0, INT64_MAX, NULL,
     "log.cleaner.min.compaction.lag.ms", "not heeded"},
    {"min.insync.replicas", "1", CONFIG_INT, 1, INT32_MAX, NULL, NULL,
     "not heeded: the database replicates"},
    {"preallocate", "false", CONFIG_BOOLEAN, 0, 0, NULL, "log.preallocate", "not heeded"},
    {"remote.log.copy.disable", "false", CONFIG_BOOLEAN, 0, 0, NULL, "", "not heeded"},
    {"remote.log.delete.on.disable", "false", CONFIG_BOOLEAN, 0, 0, NULL, "", "not heeded"},
    {"remote.storage.enable", "false", CONFIG_BOOLEAN, 0, 0, NULL, "", "not heeded"},
    {"retention.bytes", "-1", CONFIG_LONG, 0, 0, NULL, "log.retention.bytes",
     "how large a partition may become; -1: any size"},
    {"retention.ms", "604800000", CONFIG_LONG, -1, INT64_MAX, NULL, "log.retention.ms",
     "how long records stay; -1: for ever"},
    {"segment.bytes", "1073741824", CONFIG_INT, 1048576, INT32_MAX, NULL, "log.segment.bytes",
     "not heeded: there are no files"},
    {"segment.index.bytes", "10485760", CONFIG_INT, 4, INT32_MAX, NULL, "log.index.size.max.bytes",
     "not heeded: there are no files"},
    {"segment.jitter.ms", "0", CONFIG_LONG, 0, INT64_MAX, NULL, "log.roll.jitter.ms",
     "not heeded: there are no files"},
    {"segment.ms", "604800000", CONFIG_LONG, 1, INT64_MAX, NULL, "log.roll.ms",
     "not heeded: there are no files"},
    {"unclean.leader.election.enable", "false", CONFIG_BOOLEAN, 0, 0, NULL, NULL,
     "not heeded: the database replicates"},
};
const size_t topic_config_count = sizeof topic_configs / sizeof *topic_configs;

const struct config_definition *topic_config_named(const char *name)
{
  for (size_t i = 0; i < topic_config_count; i++)
    if (!strcmp(topic_configs[i].name, name))
      return &topic_configs[i];
  return NULL;
}

/* ---- values -------------------------------------------------------------------------- */

static bool is_choice(const char *choices, const char *text, size_t size)
{
  for (const char *at = choices; *at;) {
    size_t length = strcspn(at, "|");
    if (length == size && !memcmp(at, text, size))
      return true;
    at += length + (at[length] == '|');
  }
  return false;
}

static bool are_choices(const char *choices, const char *value)
{
  for (const char *at = value;;) {
    at += strspn(at, " ");
    size_t size = strcspn(at, ", ");
    if (!is_choice(choices, at, size))
      return false;
    at += size + strspn(at + size, " ");
    if (!*at++)
      return true;
  }
}

static const char *range_fault(struct wire_arena *arena, const struct config_definition *definition,
                               int64_t number)
{
  if (!definition->most && !definition->least)
    return NULL;
  if (number < definition->least)
    return wire_format(arena, "Value must be at least %" PRId64, definition->least);
  return number > definition->most
             ? wire_format(arena, "Value must be no more than %" PRId64, definition->most)
             : NULL;
}

static const char *number_fault(struct wire_arena *arena,
                                const struct config_definition *definition, const char *value)
{
  char *end;
  errno = 0;
  int64_t number = strtoll(value, &end, 10);
  bool is_int = definition->type == CONFIG_INT;
  if (!*value || *end || errno || (is_int && (number < INT32_MIN || number > INT32_MAX)))
    return is_int ? "Not a number of type INT" : "Not a number of type LONG";
  return range_fault(arena, definition, number);
}

static const char *double_fault(const char *value)
{
  char *end;
  double number = strtod(value, &end);
  if (!*value || *end)
    return "Not a number of type DOUBLE";
  if (!(number >= 0))
    return "Value must be at least 0";
  return number > 1 ? "Value must be no more than 1" : NULL;
}

/* "a|b" as "a, b" */
static const char *choice_fault(struct wire_arena *arena, const char *choices)
{
  char *text = wire_format(arena, "String must be one of: %*s", (int)(2 * strlen(choices)), "");
  char *out = strchr(text, ':') + 2;
  for (const char *at = choices; *at; at++) {
    *out++ = *at == '|' ? ',' : *at;
    if (*at == '|')
      *out++ = ' ';
  }
  *out = '\0';
  return text;
}

static const char *fault_of(struct wire_arena *arena, const struct config_definition *definition,
                            const char *value)
{
  const char *choices = definition->choices;
  switch ((enum config_type)definition->type) {
  case CONFIG_BOOLEAN:
    return strcasecmp(value, "true") && strcasecmp(value, "false")
               ? "Expected value to be either true or false"
               : NULL;
  case CONFIG_INT:
  case CONFIG_LONG:
    return number_fault(arena, definition, value);
  case CONFIG_DOUBLE:
    return double_fault(value);
  case CONFIG_LIST:
    return choices && !are_choices(choices, value) ? choice_fault(arena, choices) : NULL;
  case CONFIG_STRING:
    return choices && !is_choice(choices, value, strlen(value)) ? choice_fault(arena, choices)
                                                                : NULL;
  }
  return NULL;
}

const char *config_fault(struct wire_arena *arena, const struct config_definition *definition,
                         const char *name, const char *value)
{
  const char *fault = fault_of(arena, definition, value);
  return fault ? wire_format(arena, "Invalid value %s for configuration %s: %s", value, name, fault)
               : NULL;
}

/* ---- what the broker heeds --------------------------------------------------------------- */

const char *config_broker_name(const struct config_definition *definition)
{
  return definition->broker_name ? definition->broker_name : definition->name;
}

const char *config_layer_value(const struct config_layer *layer,
                               const struct config_definition *definition)
{
  const char *name =
      layer->source == CONFIG_OF_TOPIC ? definition->name : config_broker_name(definition);
  for (size_t i = 0; i < layer->count; i++)
    if (!strcmp(layer->pairs[i].name, name))
      return layer->pairs[i].value;
  return NULL;
}

const char *config_value(const struct config_layers *layers,
                         const struct config_definition *definition, enum config_source *source)
{
  for (size_t i = 0; i < CONFIG_LAYERS; i++) {
    const char *value = config_layer_value(&layers->at[i], definition);
    *source = layers->at[i].source;
    if (value)
      return value;
  }
  *source = CONFIG_OF_NOBODY;
  return definition->value;
}

static const char *value_of(const struct config_layers *layers, const char *name)
{
  enum config_source source;
  return config_value(layers, topic_config_named(name), &source);
}

static int64_t number_of(const struct config_layers *layers, const char *name)
{
  return strtoll(value_of(layers, name), NULL, 10);
}

static enum batch_compression compression_of(const char *name)
{
  static const char *const names[] = {
      [BATCH_GZIP] = "gzip", [BATCH_SNAPPY] = "snappy", [BATCH_LZ4] = "lz4", [BATCH_ZSTD] = "zstd"};
  for (int i = BATCH_GZIP; i <= BATCH_ZSTD; i++)
    if (!strcmp(names[i], name))
      return (enum batch_compression)i;
  return BATCH_NONE;
}

struct topic_config topic_config_of(const struct config_layers *layers)
{
  return (struct topic_config){
      .compacted = strstr(value_of(layers, "cleanup.policy"), "compact"),
      .log_append_time = !strcmp(value_of(layers, "message.timestamp.type"), "LogAppendTime"),
      .max_message_bytes = (int32_t)number_of(layers, "max.message.bytes"),
      .before_max_ms = number_of(layers, "message.timestamp.before.max.ms"),
      .after_max_ms = number_of(layers, "message.timestamp.after.max.ms"),
      .producers_compression = !strcmp(value_of(layers, "compression.type"), "producer"),
      .compression = compression_of(value_of(layers, "compression.type")),
  };
}
