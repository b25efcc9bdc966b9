/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of Kafka topics. No state, any thread. */
#ifndef HEADRACE_KAFKA_TOPIC_H
#define HEADRACE_KAFKA_TOPIC_H

#include <stdbool.h>

/* Kafka's own limit, org.apache.kafka.common.internals.Topic.MAX_NAME_LENGTH. */
#define KAFKA_TOPIC_NAME_MAX 249

/* Makes `name` (UTF-8) a legal topic name in place, as Debezium does
 * (AbstractTopicNamingStrategy.sanitizedTopicName): each UTF-16 unit that is
 * not [A-Za-z0-9._-] becomes "_", what is beyond 249 characters is cut, "."
 * becomes "_" and ".." becomes "__". True if that changed it. */
bool kafka_topic_sanitise(char *name);

/* Whether `name` is legal as it is. */
bool kafka_topic_legal(const char *name);

#endif
