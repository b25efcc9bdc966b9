/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration of the broker: what its INI file says, under Kafka's names, and what clients
 * have set, for this broker or for all, which the log keeps. Most of that is what topics have that
 * do not set it themselves. */
#ifndef HEADRACE_KAFKA_BROKER_CONFIG_H
#define HEADRACE_KAFKA_BROKER_CONFIG_H

#include "broker.h"

#define ALL_BROKERS "" /* as Kafka calls them */

struct broker_config {
  const struct config_definition *definition;     /* whose name is a topic's, where it has one */
  const char *name;                               /* "": brokers have none */
  const char *key;                                /* of the INI file; NULL: none */
  const char *(*text)(struct exchange *exchange); /* its value, likewise */
  bool alterable;
};

size_t broker_config_count(void);
struct broker_config broker_config_at(size_t index);
bool broker_config_named(const char *name, struct broker_config *config); /* false: none */
/* NULL: it has the default. */
const char *broker_config_in_file(struct exchange *exchange, const struct broker_config *config);
/* What Kafka has the default of this name by: its own, or one in another unit. NULL: none. */
const struct config_definition *broker_config_default(const struct broker_config *config);

/* What a client means by the name of a broker. */
enum broker_name { BROKER_ALL, BROKER_THIS, BROKER_OTHER, BROKER_NO_NUMBER };
enum broker_name broker_name_of(const struct broker *broker, const char *name);

/* What was set by clients for a broker, by its number as text, or for all. NULL: nothing. */
const struct headrace_log_settings *broker_config_settings(const struct broker *broker,
                                                           const char *name);
/* Of a topic that has set these; count 0: of the broker. */
struct config_layers broker_config_layers(const struct broker *broker,
                                          const struct headrace_pair *pairs, size_t count);
bool broker_config_is_kept(const struct broker *broker); /* else it cannot be set */
/* After it has changed. */
void broker_config_heed(struct broker *broker);

#endif
