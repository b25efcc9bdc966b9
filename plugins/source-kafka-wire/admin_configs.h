/* SPDX-License-Identifier: Apache-2.0
 *
 * What can have a configuration. */
#ifndef HEADRACE_KAFKA_ADMIN_CONFIGS_H
#define HEADRACE_KAFKA_ADMIN_CONFIGS_H

#include "broker_config.h"
#include "tally.h"

enum resource {
  RESOURCE_TOPIC = 2,
  RESOURCE_BROKER = 4,
  RESOURCE_CLIENT_METRICS = 16,
  RESOURCE_GROUP = 32
};

#define UNKNOWN_RESOURCE "Only topics and the broker have a configuration here."

#endif
