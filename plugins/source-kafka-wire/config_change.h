/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client wants to change of one configuration, a topic's or a broker's. */
#ifndef HEADRACE_KAFKA_CONFIG_CHANGE_H
#define HEADRACE_KAFKA_CONFIG_CHANGE_H

#include "broker_config.h"

struct config_change {
  struct wire_arena *arena;
  bool of_topic;
  struct headrace_pair *pairs; /* after it */
  size_t count;
  bool changed;    /* they are others than before */
  const char *why; /* it cannot be, in Kafka's words */
};

typedef struct incremental_alter_configs_request_alterable_config config_alteration;

/* Of what is set now; `changed` is not set back. */
enum kafka_error config_change_apply(struct config_change *change, const struct headrace_pair *now,
                                     size_t now_count, const config_alteration *items,
                                     int32_t count);

#endif
