/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration of topics: all of Kafka's names, with their defaults, and of those what the
 * broker heeds. */
#ifndef HEADRACE_KAFKA_TOPIC_CONFIG_H
#define HEADRACE_KAFKA_TOPIC_CONFIG_H

#include "record_batch.h"
#include "wire.h"

#include <headrace/plugin.h>

struct topic_config { /* what the broker heeds */
  bool compacted;
  bool log_append_time;
  int32_t max_message_bytes;
  int64_t before_max_ms, after_max_ms; /* how far timestamps may be from now */
  bool producers_compression;          /* as each batch came; else what follows, for all */
  enum batch_compression compression;  /* of batches that are made anew */
};

/* How DescribeConfigs says types. */
enum config_type {
  CONFIG_BOOLEAN = 1,
  CONFIG_STRING = 2,
  CONFIG_INT = 3,
  CONFIG_LONG = 5,
  CONFIG_DOUBLE = 6,
  CONFIG_LIST = 7,
};

struct config_definition {
  const char *name, *value; /* the default */
  uint8_t type;             /* enum config_type */
  int64_t least, most;      /* of numbers; 0, 0: all */
  const char *choices;      /* of strings and lists: "a|b"; NULL: any */
  const char *broker_name;  /* what brokers call their default of it; NULL: the same, "": none */
  const char *help;
};

/* Where a value comes from, as DescribeConfigs says it. */
enum config_source {
  CONFIG_OF_TOPIC = 1,
  CONFIG_OF_BROKER = 2,
  CONFIG_OF_ALL_BROKERS = 3,
  CONFIG_OF_FILE = 4,
  CONFIG_OF_NOBODY = 5, /* the default */
};

struct config_layer {
  const struct headrace_pair *pairs;
  size_t count;
  enum config_source source;
};

/* What was set, the first before the others: for a topic, for this broker, for all of them. */
enum { CONFIG_LAYERS = 3 };
struct config_layers {
  struct config_layer at[CONFIG_LAYERS];
};

/* What brokers call it; "": nothing. */
const char *config_broker_name(const struct config_definition *definition);
/* NULL: it is not set there. */
const char *config_layer_value(const struct config_layer *layer,
                               const struct config_definition *definition);
const char *config_value(const struct config_layers *layers,
                         const struct config_definition *definition, enum config_source *source);

extern const struct config_definition topic_configs[]; /* by name */
extern const size_t topic_config_count;

const struct config_definition *topic_config_named(const char *name); /* NULL: none */
/* NULL: it may be set; else why not, in Kafka's words. */
const char *config_fault(struct wire_arena *arena, const struct config_definition *definition,
                         const char *name, const char *value);
struct topic_config topic_config_of(const struct config_layers *layers);

#endif
