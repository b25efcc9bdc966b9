/* SPDX-License-Identifier: Apache-2.0 */
#include "broker_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LONG_MAX_TEXT "9223372036854775807"

/* ---- values that the INI file has ------------------------------------------------------------ */

static const char *protocol_of(const struct broker *broker)
{
  return broker->sasl ? "SASL_PLAINTEXT" : "PLAINTEXT";
}

static const char *listeners(struct exchange *exchange)
{
  const struct headrace_pair *addresses;
  const char *protocol = protocol_of(exchange->broker);
  size_t size = 1,
         count = exchange->broker->host->list(exchange->broker->host, "listen", &addresses);
  for (size_t i = 0; i < count; i++)
    size += strlen(addresses[i].name) + sizeof ",SASL_PLAINTEXT://";
  char *text = wire_alloc(&exchange->arena, size), *end = text;
  for (size_t i = 0; i < count; i++)
    end += sprintf(end, "%s%s://%s", i ? "," : "", protocol, addresses[i].name);
  return text;
}

static const char *advertised_listeners(struct exchange *exchange)
{
  struct wire_slice host = broker_host(exchange);
  bool bracketed = host.size && memchr(host.data, ':', host.size);
  size_t size = host.size + sizeof "SASL_PLAINTEXT://[]:65535";
  char *text = wire_alloc(&exchange->arena, size);
  snprintf(text, size, bracketed ? "%s://[%.*s]:%d" : "%s://%.*s:%d", protocol_of(exchange->broker),
           (int)host.size, (const char *)host.data, broker_port(exchange));
  return text;
}

/* ---- names ----------------------------------------------------------------------------------- */

#define ANY_INT        0, INT32_MAX
#define ANY_LONG       0, INT64_MAX
#define THREADS        1, INT32_MAX
#define NO_THREADS     .help = "not heeded: there are no such threads"
#define NO_REPLICATION .help = "not heeded: the database replicates"

/* Kafka's names for our keys; and what its tools and other people's set, and is nothing here. Of
 * Kafka's others that may be altered none is there. */
static const struct {
  struct config_definition definition;
  const char *key;
  const char *(*text)(struct exchange *exchange);
  bool alterable;
} own[] = {
    {{"advertised.listeners", NULL, CONFIG_LIST, .help = "advertise"},
     .text = advertised_listeners},
    {{"auto.create.topics.enable", "true", CONFIG_BOOLEAN, .help = "auto_create_topics"},
     .key = "auto_create_topics"},
    {{"background.threads", "10", CONFIG_INT, THREADS, NO_THREADS}, .alterable = true},
    {{"broker.id", "1", CONFIG_INT, .help = "node_id"}, .key = "node_id"},
    {{"connections.max.idle.ms", "600000", CONFIG_LONG, .help = "idle_timeout"},
     .key = "idle_timeout"},
    {.definition = {"default.replication.factor", "1", CONFIG_INT,
                    .help = "the database replicates"}},
    {.definition = {"delete.topic.enable", "true", CONFIG_BOOLEAN,
                    .help = "topics can be deleted"}},
    {{"fetch.max.bytes", "16777216", CONFIG_INT, .help = "fetch_max_bytes"},
     .key = "fetch_max_bytes"},
    {{"follower.replication.throttled.rate", NULL, CONFIG_LONG, ANY_LONG, NO_REPLICATION},
     .alterable = true},
    {{"group.initial.rebalance.delay.ms", "3000", CONFIG_INT,
      .help = "group_initial_rebalance_delay"},
     .key = "group_initial_rebalance_delay"},
    {{"group.max.session.timeout.ms", "1800000", CONFIG_INT, .help = "group_max_session_timeout"},
     .key = "group_max_session_timeout"},
    {{"group.min.session.timeout.ms", "6000", CONFIG_INT, .help = "group_min_session_timeout"},
     .key = "group_min_session_timeout"},
    {{"leader.replication.throttled.rate", NULL, CONFIG_LONG, ANY_LONG, NO_REPLICATION},
     .alterable = true},
    {{"listeners", NULL, CONFIG_LIST, .help = "listen"}, .text = listeners},
    {{"log.cleaner.threads", "1", CONFIG_INT, ANY_INT, NO_THREADS}, .alterable = true},
    {{"log.retention.minutes", NULL, CONFIG_INT, .help = "log.retention.ms can be set"},
     .alterable = false},
    {{"max.connections", "1000", CONFIG_INT, 1, INT32_MAX, .help = "max_connections"},
     .key = "max_connections",
     .alterable = true},
    {{"max.incremental.fetch.session.cache.slots", "1000", CONFIG_INT, .help = "fetch_sessions"},
     .key = "fetch_sessions"},
    {{"node.id", "1", CONFIG_INT, .help = "node_id"}, .key = "node_id"},
    {{"num.io.threads", "8", CONFIG_INT, THREADS, NO_THREADS}, .alterable = true},
    {{"num.network.threads", "3", CONFIG_INT, THREADS, NO_THREADS}, .alterable = true},
    {{"num.partitions", "1", CONFIG_INT, .help = "default_partitions"},
     .key = "default_partitions"},
    {{"num.recovery.threads.per.data.dir", "2", CONFIG_INT, THREADS, NO_THREADS},
     .alterable = true},
    {{"num.replica.fetchers", "1", CONFIG_INT, THREADS, NO_THREADS}, .alterable = true},
    {{"replica.alter.log.dirs.io.max.bytes.per.second", NULL, CONFIG_LONG, ANY_LONG,
      NO_REPLICATION},
     .alterable = true},
    {{"sasl.kerberos.min.time.before.relogin", "60000", CONFIG_LONG, ANY_LONG,
      .help = "not heeded: Kerberos is not served"},
     .alterable = true},
    {{"socket.request.max.bytes", "104857600", CONFIG_INT, .help = "max_request_bytes"},
     .key = "max_request_bytes"},
};

/* Where Kafka's default is in another unit. */
static const struct {
  const char *of;
  struct config_definition definition;
} others[] = {
    {"log.flush.interval.ms",
     {"log.flush.scheduler.interval.ms", LONG_MAX_TEXT, CONFIG_LONG,
      .help = "not heeded: every answer is after a commit"}},
    {"log.retention.ms",
     {"log.retention.hours", "168", CONFIG_INT, .help = "where log.retention.ms is not set"}},
    {"log.roll.jitter.ms",
     {"log.roll.jitter.hours", "0", CONFIG_INT, .help = "not heeded: there are no files"}},
    {"log.roll.ms",
     {"log.roll.hours", "168", CONFIG_INT, .help = "not heeded: there are no files"}},
};

enum { OWN = sizeof own / sizeof *own, OTHERS = sizeof others / sizeof *others };

size_t broker_config_count(void)
{
  return OWN + OTHERS + topic_config_count;
}

struct broker_config broker_config_at(size_t index)
{
  if (index < OWN)
    return (struct broker_config){&own[index].definition, own[index].definition.name,
                                  own[index].key, own[index].text, own[index].alterable};
  index -= OWN;
  if (index < OTHERS)
    return (struct broker_config){&others[index].definition, others[index].definition.name, NULL,
                                  NULL, false};
  const struct config_definition *definition = &topic_configs[index - OTHERS];
  return (struct broker_config){definition, config_broker_name(definition), NULL, NULL, true};
}

bool broker_config_named(const char *name, struct broker_config *config)
{
  for (size_t i = 0; *name && i < broker_config_count(); i++) {
    *config = broker_config_at(i);
    if (!strcmp(config->name, name))
      return true;
  }
  return false;
}

const struct config_definition *broker_config_default(const struct broker_config *config)
{
  for (size_t i = 0; i < OTHERS; i++)
    if (!strcmp(others[i].of, config->name))
      return &others[i].definition;
  return *config->name && config->definition->value ? config->definition : NULL;
}

static const char *value_of_key(struct exchange *exchange, const struct broker_config *config)
{
  enum { DIGITS = 24 };
  char *digits = wire_alloc(&exchange->arena, DIGITS);
  int64_t number = exchange->broker->host->integer(exchange->broker->host, config->key);
  snprintf(digits, DIGITS, "%" PRId64, number);
  bool is_number = config->definition->type != CONFIG_BOOLEAN;
  return is_number ? digits : number ? "true" : "false";
}

static const char *value_of_log(const struct broker *broker, const char *name)
{
  const struct headrace_log *log = broker->log;
  bool has = log->struct_size > offsetof(struct headrace_log, topic_default) && log->topic_default;
  return has ? log->topic_default(log->self, name) : NULL;
}

const char *broker_config_in_file(struct exchange *exchange, const struct broker_config *config)
{
  const struct config_definition *definition = config->definition;
  if (config->text)
    return config->text(exchange);
  const char *value = config->key ? value_of_key(exchange, config)
                                  : value_of_log(exchange->broker, definition->name);
  bool differs = value && (!definition->value || strcmp(value, definition->value) != 0);
  return differs ? value : NULL;
}

/* ---- what clients have set ------------------------------------------------------------------- */

enum broker_name broker_name_of(const struct broker *broker, const char *name)
{
  char *end;
  if (!*name)
    return BROKER_ALL;
  long number = strtol(name, &end, 10);
  if (*end)
    return BROKER_NO_NUMBER;
  return number == broker->node_id ? BROKER_THIS : BROKER_OTHER;
}

bool broker_config_is_kept(const struct broker *broker)
{
  return broker->log->struct_size > offsetof(struct headrace_log, set_topic_defaults) &&
         broker->log->configure && broker->log->set_topic_defaults;
}

const struct headrace_log_settings *broker_config_settings(const struct broker *broker,
                                                           const char *name)
{
  const struct headrace_log_catalogue *catalogue = broker->catalogue;
  size_t count = catalogue && broker_config_is_kept(broker) ? catalogue->settings_count : 0;
  for (size_t i = 0; i < count; i++)
    if (!strcmp(catalogue->settings[i].name, name))
      return &catalogue->settings[i];
  return NULL;
}

static struct config_layer layer_of(const struct headrace_log_settings *settings,
                                    enum config_source source)
{
  return settings ? (struct config_layer){settings->config, settings->config_count, source}
                  : (struct config_layer){.source = source};
}

struct config_layers broker_config_layers(const struct broker *broker,
                                          const struct headrace_pair *pairs, size_t count)
{
  char number[16];
  snprintf(number, sizeof number, "%d", broker->node_id);
  return (struct config_layers){
      {{pairs, count, CONFIG_OF_TOPIC},
       layer_of(broker_config_settings(broker, number), CONFIG_OF_BROKER),
       layer_of(broker_config_settings(broker, ALL_BROKERS), CONFIG_OF_ALL_BROKERS)}};
}

static void heed_connections(struct broker *broker, const struct config_layers *layers)
{
  struct broker_config config;
  enum config_source source;
  broker_config_named("max.connections", &config);
  const char *value = config_value(layers, config.definition, &source);
  broker->limits.connections = source == CONFIG_OF_NOBODY
                                   ? broker->host->integer(broker->host, config.key)
                                   : strtoll(value, NULL, 10);
}

/* The log heeds some of it itself. */
static void tell_log(struct broker *broker, const struct config_layers *layers)
{
  struct headrace_pair *defaults = broker_alloc(topic_config_count * sizeof *defaults);
  size_t count = 0;
  for (size_t i = 0; i < topic_config_count; i++) {
    enum config_source source;
    const char *value = config_value(layers, &topic_configs[i], &source);
    if (source != CONFIG_OF_NOBODY)
      defaults[count++] = (struct headrace_pair){topic_configs[i].name, value};
  }
  broker->log->set_topic_defaults(broker->log->self, defaults, count);
  free(defaults);
}

void broker_config_heed(struct broker *broker)
{
  struct config_layers layers = broker_config_layers(broker, NULL, 0);
  if (!broker_config_is_kept(broker))
    return;
  heed_connections(broker, &layers);
  tell_log(broker, &layers);
}
