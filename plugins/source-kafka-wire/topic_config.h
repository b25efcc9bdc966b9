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
  const char *synonym;      /* what the broker calls its default; "": none has been set */
  const char *help;
};

extern const struct config_definition topic_configs[]; /* by name */
extern const size_t topic_config_count;

const struct config_definition *topic_config_named(const char *name); /* NULL: none */
/* NULL: it may be set; else why not, in Kafka's words. */
const char *topic_config_fault(struct wire_arena *arena, const struct config_definition *definition,
                               const char *value);
struct topic_config topic_config_of(const struct headrace_pair *pairs, size_t count);

#endif
