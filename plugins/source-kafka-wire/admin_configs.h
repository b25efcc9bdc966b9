/* SPDX-License-Identifier: Apache-2.0
 *
 * What can have a configuration. */
#ifndef HEADRACE_KAFKA_ADMIN_CONFIGS_H
#define HEADRACE_KAFKA_ADMIN_CONFIGS_H

#include "tally.h"

enum resource {
  RESOURCE_TOPIC = 2,
  RESOURCE_BROKER = 4,
  RESOURCE_CLIENT_METRICS = 16,
  RESOURCE_GROUP = 32
};

/* Whether the name of a broker's configuration is our own number, or empty, which is all brokers.
 */
bool is_this_broker(const struct exchange *exchange, struct wire_slice name);

#define UNKNOWN_RESOURCE "Only topics and the broker have a configuration here."

#endif
