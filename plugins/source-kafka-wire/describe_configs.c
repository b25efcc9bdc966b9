/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeConfigs. */
#include "admin_configs.h"

#include <inttypes.h>
#include <stdio.h>

enum source { SOURCE_TOPIC = 1, SOURCE_STATIC_BROKER = 4, SOURCE_DEFAULT = 5 };

typedef struct describe_configs_response_resource_result config_entry;

struct setting { /* what is said of one */
  const struct config_definition *definition;
  const char *value;
  enum source source;
  bool read_only;
};

static bool is_wanted(const struct describe_configs_request_resource *asked, const char *name)
{
  for (int32_t i = 0; i < asked->configuration_keys.count; i++)
    if (wire_is(asked->configuration_keys.items[i], name))
      return true;
  return asked->configuration_keys.count < 0;
}

static void add_synonyms(struct wire_arena *arena, const struct setting *setting,
                         config_entry *entry)
{
  const struct config_definition *definition = setting->definition;
  bool set = setting->source == SOURCE_TOPIC;
  bool has_default = !definition->synonym || *definition->synonym;
  struct describe_configs_response_synonym *at;
  WIRE_ITEMS(arena, entry->synonyms, set + has_default, describe_configs_response_synonym);
  at = entry->synonyms.items;
  if (set) {
    at->name = wire_text(definition->name);
    at->value = wire_copy(arena, wire_text(setting->value));
    at++->source = SOURCE_TOPIC;
  }
  if (!has_default)
    return;
  at->name = wire_text(definition->synonym ? definition->synonym : definition->name);
  at->value = wire_copy(arena, wire_text(set ? definition->value : setting->value));
  at->source = set ? SOURCE_DEFAULT : (int8_t)setting->source;
}

static void add_entry(struct exchange *exchange, struct describe_configs_response_result *answer,
                      const struct setting *setting)
{
  const struct describe_configs_request *request = exchange->request.body;
  config_entry *entry = &answer->configs.items[answer->configs.count++];
  entry->name = wire_text(setting->definition->name);
  entry->value = wire_copy(&exchange->arena, wire_text(setting->value));
  entry->read_only = setting->read_only;
  entry->config_source = (int8_t)setting->source;
  if (exchange->request.version >= 3)
    entry->config_type = (int8_t)setting->definition->type;
  if (request->include_synonyms)
    add_synonyms(&exchange->arena, setting, entry);
  entry->documentation = request->include_documentation ? wire_text(setting->definition->help)
                                                        : (struct wire_slice){0};
}

/* ---- topics ---------------------------------------------------------------------------------- */

static const char *value_in(const struct headrace_log_topic *topic, const char *name)
{
  for (size_t i = 0; topic && i < topic->config_count; i++)
    if (!strcmp(topic->config[i].name, name))
      return topic->config[i].value;
  return NULL;
}

static void describe_topic(struct exchange *exchange,
                           const struct describe_configs_request_resource *asked,
                           struct describe_configs_response_result *answer)
{
  struct topic *topic = topic_named(exchange->broker, asked->resource_name);
  if (!topic) {
    tally_refuse(&exchange->arena, &answer->error_code, &answer->error_message,
                 KAFKA_UNKNOWN_TOPIC_OR_PARTITION, "The topic does not exist.");
    return;
  }
  const struct headrace_log_topic *known = topic_entry(exchange->broker, &topic->id);
  WIRE_ITEMS(&exchange->arena, answer->configs, topic_config_count,
             describe_configs_response_resource_result);
  answer->configs.count = 0;
  for (size_t i = 0; i < topic_config_count; i++) {
    const struct config_definition *definition = &topic_configs[i];
    const char *value = value_in(known, definition->name);
    const struct setting setting = {definition, value ? value : definition->value,
                                    value ? SOURCE_TOPIC : SOURCE_DEFAULT, false};
    if (is_wanted(asked, definition->name))
      add_entry(exchange, answer, &setting);
  }
}

/* ---- the broker ------------------------------------------------------------------------------ */

static const char *listeners(struct exchange *exchange)
{
  const struct headrace_pair *addresses;
  size_t size = 1,
         count = exchange->broker->host->list(exchange->broker->host, "listen", &addresses);
  for (size_t i = 0; i < count; i++)
    size += strlen(addresses[i].name) + sizeof ",PLAINTEXT://";
  char *text = wire_alloc(&exchange->arena, size), *end = text;
  for (size_t i = 0; i < count; i++)
    end += sprintf(end, "%sPLAINTEXT://%s", i ? "," : "", addresses[i].name);
  return text;
}

static const char *advertised_listeners(struct exchange *exchange)
{
  struct wire_slice host = broker_host(exchange);
  bool bracketed = host.size && memchr(host.data, ':', host.size);
  size_t size = host.size + sizeof "PLAINTEXT://[]:65535";
  char *text = wire_alloc(&exchange->arena, size);
  snprintf(text, size, bracketed ? "PLAINTEXT://[%.*s]:%d" : "PLAINTEXT://%.*s:%d", (int)host.size,
           (const char *)host.data, broker_port(exchange));
  return text;
}

/* What Kafka calls our keys. */
static const struct {
  struct config_definition definition;
  const char *key; /* NULL: the definition's value */
} broker_numbers[] = {
    {{"auto.create.topics.enable", "true", CONFIG_BOOLEAN, .help = "auto_create_topics"},
     "auto_create_topics"},
    {{"broker.id", "1", CONFIG_INT, .help = "node_id"}, "node_id"},
    {{"connections.max.idle.ms", "600000", CONFIG_LONG, .help = "idle_timeout"}, "idle_timeout"},
    {{"default.replication.factor", "1", CONFIG_INT, .help = "the database replicates"}, NULL},
    {{"delete.topic.enable", "true", CONFIG_BOOLEAN, .help = "topics can be deleted"}, NULL},
    {{"fetch.max.bytes", "16777216", CONFIG_INT, .help = "fetch_max_bytes"}, "fetch_max_bytes"},
    {{"group.initial.rebalance.delay.ms", "3000", CONFIG_INT,
      .help = "group_initial_rebalance_delay"},
     "group_initial_rebalance_delay"},
    {{"group.max.session.timeout.ms", "1800000", CONFIG_INT, .help = "group_max_session_timeout"},
     "group_max_session_timeout"},
    {{"group.min.session.timeout.ms", "6000", CONFIG_INT, .help = "group_min_session_timeout"},
     "group_min_session_timeout"},
    {{"max.connections", "1000", CONFIG_INT, .help = "max_connections"}, "max_connections"},
    {{"max.incremental.fetch.session.cache.slots", "1000", CONFIG_INT, .help = "fetch_sessions"},
     "fetch_sessions"},
    {{"node.id", "1", CONFIG_INT, .help = "node_id"}, "node_id"},
    {{"num.partitions", "1", CONFIG_INT, .help = "default_partitions"}, "default_partitions"},
    {{"socket.request.max.bytes", "104857600", CONFIG_INT, .help = "max_request_bytes"},
     "max_request_bytes"},
};

static const struct {
  struct config_definition definition;
  const char *(*value)(struct exchange *exchange);
} broker_texts[] = {
    {{"advertised.listeners", NULL, CONFIG_LIST, .help = "advertise"}, advertised_listeners},
    {{"listeners", NULL, CONFIG_LIST, .help = "listen"}, listeners},
};

enum {
  NUMBERS = sizeof broker_numbers / sizeof *broker_numbers,
  TEXTS = sizeof broker_texts / sizeof *broker_texts
};

static struct setting number_setting(struct exchange *exchange,
                                     const struct config_definition *definition, const char *key)
{
  struct setting setting = {definition, definition->value, SOURCE_DEFAULT, true};
  if (!key)
    return setting;
  enum { DIGITS = 24 };
  char *digits = wire_alloc(&exchange->arena, DIGITS);
  int64_t number = exchange->broker->host->integer(exchange->broker->host, key);
  snprintf(digits, DIGITS, "%" PRId64, number);
  setting.value = definition->type != CONFIG_BOOLEAN ? digits : number ? "true" : "false";
  if (strcmp(setting.value, definition->value) != 0)
    setting.source = SOURCE_STATIC_BROKER;
  return setting;
}

/* What topics have that set nothing, by the name that the broker's configuration has for it. */
static struct setting topic_default(struct exchange *exchange,
                                    const struct config_definition *definition)
{
  struct config_definition *named = wire_alloc(&exchange->arena, sizeof *named);
  *named = *definition;
  if (definition->synonym)
    named->name = definition->synonym;
  return (struct setting){named, definition->value, SOURCE_DEFAULT, true};
}

static struct setting broker_setting(struct exchange *exchange, size_t number)
{
  if (number < NUMBERS)
    return number_setting(exchange, &broker_numbers[number].definition, broker_numbers[number].key);
  number -= NUMBERS;
  if (number < TEXTS)
    return (struct setting){&broker_texts[number].definition, broker_texts[number].value(exchange),
                            SOURCE_STATIC_BROKER, true};
  return topic_default(exchange, &topic_configs[number - TEXTS]);
}

static void describe_broker(struct exchange *exchange,
                            const struct describe_configs_request_resource *asked,
                            struct describe_configs_response_result *answer)
{
  size_t count = NUMBERS + TEXTS + topic_config_count;
  WIRE_ITEMS(&exchange->arena, answer->configs, count, describe_configs_response_resource_result);
  answer->configs.count = 0;
  if (!asked->resource_name.size) /* what was set for all brokers at once: nothing */
    return;
  for (size_t i = 0; i < count; i++) {
    const struct setting setting = broker_setting(exchange, i);
    const char *name = setting.definition->name; /* "": it has none there */
    if (name[0] && is_wanted(asked, name))
      add_entry(exchange, answer, &setting);
  }
}

/* Our own number, or the empty name for all brokers. */
bool is_this_broker(const struct exchange *exchange, struct wire_slice name)
{
  char number[16];
  snprintf(number, sizeof number, "%d", exchange->broker->node_id);
  return !name.size || wire_is(name, number);
}

void handle_describe_configs(struct exchange *exchange)
{
  const struct describe_configs_request *request = exchange->request.body;
  struct describe_configs_response *answer = WIRE_NEW(&exchange->arena, describe_configs_response);
  WIRE_ITEMS(&exchange->arena, answer->results, request->resources.count,
             describe_configs_response_result);
  for (int32_t i = 0; i < request->resources.count; i++) {
    const struct describe_configs_request_resource *asked = &request->resources.items[i];
    struct describe_configs_response_result *said = &answer->results.items[i];
    said->resource_type = asked->resource_type;
    said->resource_name = asked->resource_name;
    if (asked->resource_type == RESOURCE_TOPIC)
      describe_topic(exchange, asked, said);
    else if (asked->resource_type == RESOURCE_BROKER &&
             is_this_broker(exchange, asked->resource_name))
      describe_broker(exchange, asked, said);
    else if (asked->resource_type != RESOURCE_GROUP && /* which have nothing to configure */
             asked->resource_type != RESOURCE_CLIENT_METRICS)
      tally_refuse(&exchange->arena, &said->error_code, &said->error_message, KAFKA_INVALID_REQUEST,
                   UNKNOWN_RESOURCE);
  }
  exchange_answer(exchange, answer);
}
