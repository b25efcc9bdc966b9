/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources. */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum resource {
  RESOURCE_TOPIC = 2,
  RESOURCE_BROKER = 4,
  RESOURCE_CLIENT_METRICS = 16,
  RESOURCE_GROUP = 32
};
enum source { SOURCE_TOPIC = 1, SOURCE_STATIC_BROKER = 4, SOURCE_DEFAULT = 5 };
enum operation { OPERATION_SET, OPERATION_DELETE, OPERATION_APPEND, OPERATION_SUBTRACT };

static const char not_here[] = "The broker is configured by its INI file.";
static const char unknown_resource[] = "Only topics and the broker have a configuration here.";

/* ---- DescribeConfigs ------------------------------------------------------------------------- */

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
  if (request->include_documentation && exchange->request.version >= 3)
    entry->documentation = wire_text(setting->definition->help);
}

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

/* What Kafka calls our keys. */
static const struct {
  struct config_definition definition;
  const char *key; /* NULL: the definition's value */
} broker_configs[] = {
    {{"auto.create.topics.enable", "true", CONFIG_BOOLEAN, .help = "auto_create_topics"},
     "auto_create_topics"},
    {{"broker.id", "1", CONFIG_INT, .help = "node_id"}, "node_id"},
    {{"connections.max.idle.ms", "600000", CONFIG_LONG, .help = "idle_timeout"}, "idle_timeout"},
    {{"default.replication.factor", "1", CONFIG_INT, .help = "the database replicates"}, NULL},
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

static void describe_broker(struct exchange *exchange,
                            const struct describe_configs_request_resource *asked,
                            struct describe_configs_response_result *answer)
{
  const struct headrace_host *host = exchange->broker->host;
  size_t count = sizeof broker_configs / sizeof *broker_configs;
  WIRE_ITEMS(&exchange->arena, answer->configs, count, describe_configs_response_resource_result);
  answer->configs.count = 0;
  for (size_t i = 0; i < count && asked->resource_name.size; i++) {
    const struct config_definition *definition = &broker_configs[i].definition;
    char value[24];
    struct setting setting = {definition, definition->value, SOURCE_DEFAULT, true};
    if (broker_configs[i].key) {
      int64_t number = host->integer(host, broker_configs[i].key);
      snprintf(value, sizeof value, "%" PRId64, number);
      setting.value = definition->type != CONFIG_BOOLEAN ? value : number ? "true" : "false";
      setting.source =
          strcmp(setting.value, definition->value) != 0 ? SOURCE_STATIC_BROKER : SOURCE_DEFAULT;
    }
    if (is_wanted(asked, definition->name))
      add_entry(exchange, answer, &setting);
  }
}

/* Our own number, or the empty name for all brokers. */
static bool is_this_broker(const struct exchange *exchange, struct wire_slice name)
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
                   unknown_resource);
  }
  exchange_answer(exchange, answer);
}

/* ---- changing
 * -------------------------------------------------------------------------------------- */

struct change { /* of a topic's configuration */
  struct exchange *exchange;
  struct topic *topic;
  struct headrace_pair *pairs;
  size_t count;
  const char *why;
};

static struct headrace_pair *find_pair(struct change *change, const char *name)
{
  for (size_t i = 0; i < change->count; i++)
    if (!strcmp(change->pairs[i].name, name))
      return &change->pairs[i];
  return NULL;
}

/* Room for so many more than the topic has now. */
static void begin_change(struct change *change, size_t more, bool keeps)
{
  const struct headrace_log_topic *known =
      topic_entry(change->exchange->broker, &change->topic->id);
  size_t have = keeps && known ? known->config_count : 0;
  change->pairs = wire_alloc(&change->exchange->arena, (have + more) * sizeof *change->pairs);
  for (size_t i = 0; i < have; i++)
    change->pairs[change->count++] = known->config[i];
}

static enum kafka_error set(struct change *change, const struct config_definition *definition,
                            const char *value)
{
  struct headrace_pair *pair = find_pair(change, definition->name);
  struct wire_arena *arena = &change->exchange->arena;
  change->why = value ? topic_config_fault(arena, definition, value)
                      : wire_format(arena, "Null value not supported for topic configs: %s",
                                    definition->name);
  if (change->why)
    return KAFKA_INVALID_CONFIG;
  if (!pair)
    pair = &change->pairs[change->count++];
  *pair = (struct headrace_pair){definition->name, value};
  return KAFKA_NONE;
}

static bool has_item(const char *list, const char *item, size_t size)
{
  for (const char *at = list; *at; at += *at == ',') {
    size_t length = strcspn(at, ",");
    if (length == size && !memcmp(at, item, size))
      return true;
    at += length;
  }
  return false;
}

/* The items of `list` that are in `other`, or that are not, each behind a comma. */
static char *put_items(char *out, const char *list, const char *other, bool in_other)
{
  for (const char *at = list; *at; at += *at == ',') {
    size_t length = strcspn(at, ",");
    if (length && has_item(other, at, length) == in_other) {
      *out++ = ',';
      out = (char *)memcpy(out, at, length) + length;
    }
    at += length;
  }
  return out;
}

static enum kafka_error change_list(struct change *change,
                                    const struct config_definition *definition, bool append,
                                    const char *items)
{
  struct headrace_pair *pair = find_pair(change, definition->name);
  const char *now = pair ? pair->value : definition->value;
  change->why =
      wire_format(&change->exchange->arena, "Can't %s to key %s because its type is not LIST.",
                  append ? "APPEND" : "SUBTRACT", definition->name);
  if (definition->type != CONFIG_LIST || !items)
    return KAFKA_INVALID_CONFIG;
  char *value = wire_alloc(&change->exchange->arena, strlen(now) + strlen(items) + 4), *end;
  end = put_items(value, now, append ? "" : items, false);
  if (append)
    put_items(end, items, now, false);
  return set(change, definition, value[0] ? value + 1 : value);
}

static enum kafka_error apply(struct change *change,
                              const struct incremental_alter_configs_request_alterable_config *to)
{
  struct wire_arena *arena = &change->exchange->arena;
  const char *name = wire_string(arena, to->name);
  const struct config_definition *definition = topic_config_named(name);
  const char *value = to->value.data ? wire_string(arena, to->value) : NULL;
  change->why = wire_format(arena, "Unknown topic config name: %s", name);
  if (!definition)
    return KAFKA_INVALID_CONFIG;
  switch ((enum operation)to->config_operation) {
  case OPERATION_SET:
    return set(change, definition, value);
  case OPERATION_DELETE: {
    struct headrace_pair *pair = find_pair(change, definition->name);
    if (pair)
      *pair = change->pairs[--change->count];
    return KAFKA_NONE;
  }
  case OPERATION_APPEND:
  case OPERATION_SUBTRACT:
    return change_list(change, definition, to->config_operation == OPERATION_APPEND, value);
  }
  change->why = "Unknown operation.";
  return KAFKA_INVALID_REQUEST;
}

static enum kafka_error find_resource(struct change *change, int8_t type, struct wire_slice name)
{
  change->why = type == RESOURCE_BROKER ? not_here : unknown_resource;
  if (type != RESOURCE_TOPIC)
    return KAFKA_INVALID_REQUEST;
  change->topic = topic_named(change->exchange->broker, name);
  change->why = "The topic does not exist.";
  return change->topic ? KAFKA_NONE : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

/* Tools unset the broker's throttles after they were of use: none was set. */
static bool
unsets_nothing(const struct exchange *exchange,
               const struct incremental_alter_configs_request_alter_configs_resource *asked)
{
  for (int32_t i = 0; i < asked->configs.count; i++)
    if (asked->configs.items[i].config_operation != OPERATION_DELETE)
      return false;
  return asked->resource_type == RESOURCE_BROKER && is_this_broker(exchange, asked->resource_name);
}

static void finish_change(struct change *change, struct tally *tally, enum kafka_error error,
                          bool validate_only, int16_t *code, struct wire_slice *message)
{
  const struct headrace_log *log = change->exchange->broker->log;
  if (error != KAFKA_NONE)
    tally_refuse(&change->exchange->arena, code, message, error, change->why);
  else if (!validate_only)
    log->configure_topic(log->self, &change->topic->id, change->pairs, change->count,
                         tally_part_done, tally_part(tally, code, message));
}

void handle_incremental_alter_configs(struct exchange *exchange)
{
  const struct incremental_alter_configs_request *request = exchange->request.body;
  struct incremental_alter_configs_response *answer =
      WIRE_NEW(&exchange->arena, incremental_alter_configs_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->responses, request->resources.count,
             incremental_alter_configs_response_alter_configs_resource_response);
  for (int32_t i = 0; i < request->resources.count; i++) {
    const struct incremental_alter_configs_request_alter_configs_resource *asked =
        &request->resources.items[i];
    struct incremental_alter_configs_response_alter_configs_resource_response *said =
        &answer->responses.items[i];
    struct change change = {.exchange = exchange};
    said->resource_type = asked->resource_type;
    said->resource_name = asked->resource_name;
    if (unsets_nothing(exchange, asked))
      continue;
    enum kafka_error error = find_resource(&change, asked->resource_type, asked->resource_name);
    if (error == KAFKA_NONE)
      begin_change(&change, (size_t)asked->configs.count, true);
    for (int32_t j = 0; j < asked->configs.count && error == KAFKA_NONE; j++)
      error = apply(&change, &asked->configs.items[j]);
    finish_change(&change, tally, error, request->validate_only, &said->error_code,
                  &said->error_message);
  }
  tally_done(tally);
}

/* The old form: what is not named is unset. */
void handle_alter_configs(struct exchange *exchange)
{
  const struct alter_configs_request *request = exchange->request.body;
  struct alter_configs_response *answer = WIRE_NEW(&exchange->arena, alter_configs_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->responses, request->resources.count,
             alter_configs_response_resource_response);
  for (int32_t i = 0; i < request->resources.count; i++) {
    const struct alter_configs_request_resource *asked = &request->resources.items[i];
    struct alter_configs_response_resource_response *said = &answer->responses.items[i];
    struct change change = {.exchange = exchange};
    said->resource_type = asked->resource_type;
    said->resource_name = asked->resource_name;
    enum kafka_error error = find_resource(&change, asked->resource_type, asked->resource_name);
    if (error == KAFKA_NONE)
      begin_change(&change, (size_t)asked->configs.count, false);
    for (int32_t j = 0; j < asked->configs.count && error == KAFKA_NONE; j++) {
      const struct incremental_alter_configs_request_alterable_config to = {
          .name = asked->configs.items[j].name, .value = asked->configs.items[j].value};
      error = apply(&change, &to);
    }
    finish_change(&change, tally, error, request->validate_only, &said->error_code,
                  &said->error_message);
  }
  tally_done(tally);
}

/* ---- ListConfigResources
 * ------------------------------------------------------------------------------ */

static bool type_is_wanted(const struct exchange *exchange, int8_t type)
{
  const struct list_config_resources_request *request = exchange->request.body;
  if (!exchange->request.version) /* which asks for clients' metrics only */
    return false;
  for (int32_t i = 0; i < request->resource_types.count; i++)
    if (request->resource_types.items[i] == type)
      return true;
  return request->resource_types.count <= 0;
}

void handle_list_config_resources(struct exchange *exchange)
{
  const struct headrace_log_catalogue *catalogue = exchange->broker->catalogue;
  struct list_config_resources_response *answer =
      WIRE_NEW(&exchange->arena, list_config_resources_response);
  WIRE_ITEMS(&exchange->arena, answer->config_resources, catalogue->topic_count + 1,
             list_config_resources_response_config_resource);
  int32_t count = 0;
  for (size_t i = 0; i < catalogue->topic_count && type_is_wanted(exchange, RESOURCE_TOPIC); i++) {
    answer->config_resources.items[count].resource_type = RESOURCE_TOPIC;
    answer->config_resources.items[count++].resource_name =
        wire_copy(&exchange->arena, wire_text(catalogue->topics[i].name));
  }
  if (type_is_wanted(exchange, RESOURCE_BROKER)) {
    char number[16];
    snprintf(number, sizeof number, "%d", exchange->broker->node_id);
    answer->config_resources.items[count].resource_type = RESOURCE_BROKER;
    answer->config_resources.items[count++].resource_name =
        wire_copy(&exchange->arena, wire_text(number));
  }
  answer->config_resources.count = count;
  exchange_answer(exchange, answer);
}
