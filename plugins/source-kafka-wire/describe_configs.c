/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeConfigs. */
#include "admin_configs.h"
#include "repeats.h"

#define NOT_A_NUMBER "Broker id must be an integer, but it is: %s"
#define NOT_THIS     "Unexpected broker id, expected %d or empty string, but received %s"

typedef struct describe_configs_response_resource_result config_entry;

/* Whoever has said something of a name, the first before the others. */
struct origins {
  struct origin {
    const char *name, *value;
    enum config_source source;
  } at[CONFIG_LAYERS + 2];
  size_t count;
};

static bool is_whole(const struct describe_configs_request_resource *asked)
{
  return asked->configuration_keys.count < 0;
}

static bool is_wanted(const struct describe_configs_request_resource *asked, const char *name)
{
  for (int32_t i = 0; i < asked->configuration_keys.count; i++)
    if (wire_is(asked->configuration_keys.items[i], name))
      return true;
  return is_whole(asked);
}

static void add_origin(struct origins *origins, const char *name, const char *value,
                       enum config_source source)
{
  if (value)
    origins->at[origins->count++] = (struct origin){name, value, source};
}

/* `layers` of a topic, or of the broker. */
static struct origins origins_of(struct exchange *exchange, const struct broker_config *config,
                                 const struct config_layers *layers)
{
  const struct config_definition *definition = config->definition,
                                 *fallback = broker_config_default(config);
  struct origins origins = {0};
  bool set = false;
  for (size_t i = 0; i < CONFIG_LAYERS; i++) {
    const struct config_layer *layer = &layers->at[i];
    const char *value = config_layer_value(layer, definition);
    bool of_topic = layer->source == CONFIG_OF_TOPIC;
    set |= value && !of_topic;
    add_origin(&origins, of_topic ? definition->name : config->name, value, layer->source);
  }
  add_origin(&origins, config->name, broker_config_in_file(exchange, config), CONFIG_OF_FILE);
  /* Kafka's rule: what has another name comes behind this one only. */
  if (fallback && (set || fallback == definition))
    add_origin(&origins, fallback == definition ? config->name : fallback->name, fallback->value,
               CONFIG_OF_NOBODY);
  return origins;
}

static void add_synonyms(struct wire_arena *arena, const struct origins *origins,
                         config_entry *entry)
{
  WIRE_ITEMS(arena, entry->synonyms, origins->count, describe_configs_response_synonym);
  for (size_t i = 0; i < origins->count; i++) {
    struct describe_configs_response_synonym *synonym = &entry->synonyms.items[i];
    synonym->name = wire_copy(arena, wire_text(origins->at[i].name));
    synonym->value = wire_copy(arena, wire_text(origins->at[i].value));
    synonym->source = (int8_t)origins->at[i].source;
  }
}

static config_entry *add_entry(struct exchange *exchange,
                               struct describe_configs_response_result *answer, const char *name,
                               const struct config_definition *definition,
                               const struct origins *origins)
{
  const struct describe_configs_request *request = exchange->request.body;
  config_entry *entry = &answer->configs.items[answer->configs.count++];
  entry->name = wire_text(name);
  entry->config_source = CONFIG_OF_NOBODY;
  entry->value = (struct wire_slice){0};
  if (origins->count) {
    entry->value = wire_copy(&exchange->arena, wire_text(origins->at[0].value));
    entry->config_source = (int8_t)origins->at[0].source;
  }
  if (exchange->request.version >= 3)
    entry->config_type = (int8_t)definition->type;
  if (request->include_synonyms)
    add_synonyms(&exchange->arena, origins, entry);
  entry->documentation =
      request->include_documentation ? wire_text(definition->help) : (struct wire_slice){0};
  return entry;
}

static void begin_entries(struct exchange *exchange,
                          const struct describe_configs_request_resource *asked,
                          struct describe_configs_response_result *answer)
{
  size_t most = broker_config_count(), keys = (size_t)asked->configuration_keys.count;
  WIRE_ITEMS(&exchange->arena, answer->configs, is_whole(asked) || keys > most ? most : keys,
             describe_configs_response_resource_result);
  answer->configs.count = 0;
}

/* ---- topics ---------------------------------------------------------------------------------- */

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
  struct config_layers layers = broker_config_layers(exchange->broker, known ? known->config : NULL,
                                                     known ? known->config_count : 0);
  begin_entries(exchange, asked, answer);
  for (size_t i = 0; i < topic_config_count; i++) {
    const struct config_definition *definition = &topic_configs[i];
    const struct broker_config config = {definition, config_broker_name(definition), NULL, NULL,
                                         true};
    if (!is_wanted(asked, definition->name))
      continue;
    const struct origins origins = origins_of(exchange, &config, &layers);
    config_entry *entry = add_entry(exchange, answer, definition->name, definition, &origins);
    if (!origins.count)
      entry->value = wire_text(definition->value);
  }
}

/* ---- the broker ------------------------------------------------------------------------------ */

static void describe_broker(struct exchange *exchange,
                            const struct describe_configs_request_resource *asked,
                            struct describe_configs_response_result *answer)
{
  struct config_layers layers = broker_config_layers(exchange->broker, NULL, 0);
  begin_entries(exchange, asked, answer);
  for (size_t i = 0; i < broker_config_count(); i++) {
    const struct broker_config config = broker_config_at(i);
    if (!*config.name || !is_wanted(asked, config.name))
      continue;
    const struct origins origins = origins_of(exchange, &config, &layers);
    /* one without a default is there once it is set, but for those with one of another name */
    if (origins.count || broker_config_default(&config))
      add_entry(exchange, answer, config.name, config.definition, &origins)->read_only =
          !config.alterable;
  }
}

/* What was set for all brokers, and nothing else. */
static void describe_all_brokers(struct exchange *exchange,
                                 const struct describe_configs_request_resource *asked,
                                 struct describe_configs_response_result *answer)
{
  const struct config_layers layers = broker_config_layers(exchange->broker, NULL, 0);
  const struct config_layer *all = &layers.at[CONFIG_LAYERS - 1];
  begin_entries(exchange, asked, answer);
  for (size_t i = 0; i < broker_config_count(); i++) {
    const struct broker_config config = broker_config_at(i);
    const char *value = *config.name ? config_layer_value(all, config.definition) : NULL;
    struct origins origins = {0};
    add_origin(&origins, config.name, value, CONFIG_OF_ALL_BROKERS);
    if (value && is_wanted(asked, config.name))
      add_entry(exchange, answer, config.name, config.definition, &origins);
  }
}

static void describe_brokers(struct exchange *exchange,
                             const struct describe_configs_request_resource *asked,
                             struct describe_configs_response_result *answer)
{
  struct wire_arena *arena = &exchange->arena;
  const char *name = wire_string(arena, asked->resource_name);
  enum broker_name what = broker_name_of(exchange->broker, name);
  if (what == BROKER_ALL)
    describe_all_brokers(exchange, asked, answer);
  else if (what == BROKER_THIS)
    describe_broker(exchange, asked, answer);
  else
    tally_refuse(arena, &answer->error_code, &answer->error_message, KAFKA_INVALID_REQUEST,
                 what == BROKER_NO_NUMBER
                     ? wire_format(arena, NOT_A_NUMBER, name)
                     : wire_format(arena, NOT_THIS, exchange->broker->node_id, name));
}

static void describe(struct exchange *exchange,
                     const struct describe_configs_request_resource *asked,
                     struct describe_configs_response_result *said)
{
  if (asked->resource_type == RESOURCE_TOPIC)
    describe_topic(exchange, asked, said);
  else if (asked->resource_type == RESOURCE_BROKER)
    describe_brokers(exchange, asked, said);
  else if (asked->resource_type != RESOURCE_GROUP && /* which have nothing to configure */
           asked->resource_type != RESOURCE_CLIENT_METRICS)
    tally_refuse(&exchange->arena, &said->error_code, &said->error_message, KAFKA_INVALID_REQUEST,
                 UNKNOWN_RESOURCE);
}

/* Alike for those of which the same is asked: this broker has many names. */
static struct wire_slice id_of(struct exchange *exchange,
                               const struct describe_configs_request_resource *asked)
{
  struct wire_arena *arena = &exchange->arena;
  const char *name = wire_string(arena, asked->resource_name);
  if (asked->resource_type == RESOURCE_BROKER &&
      broker_name_of(exchange->broker, name) == BROKER_THIS)
    name = "this";
  return wire_text(wire_format(arena, "%d %d %s", asked->resource_type, is_whole(asked), name));
}

/* Of each the first that asks for the same; they have the same description, or a few bytes would
 * take kilobytes, many times. */
static const int32_t *first_alike(struct exchange *exchange)
{
  const struct describe_configs_request *request = exchange->request.body;
  int32_t count = request->resources.count;
  struct wire_slice *ids = wire_alloc(&exchange->arena, (size_t)count * sizeof *ids);
  for (int32_t i = 0; i < count; i++)
    ids[i] = id_of(exchange, &request->resources.items[i]);
  return first_of_equal(&exchange->arena, (struct named_items){ids, count, sizeof *ids, 0});
}

void handle_describe_configs(struct exchange *exchange)
{
  const struct describe_configs_request *request = exchange->request.body;
  struct describe_configs_response *answer = WIRE_NEW(&exchange->arena, describe_configs_response);
  WIRE_ITEMS(&exchange->arena, answer->results, request->resources.count,
             describe_configs_response_result);
  const int32_t *first = first_alike(exchange);
  for (int32_t i = 0; i < request->resources.count; i++) {
    const struct describe_configs_request_resource *asked = &request->resources.items[i];
    struct describe_configs_response_result *said = &answer->results.items[i];
    if (first[i] != i && is_whole(asked))
      *said = answer->results.items[first[i]];
    else
      describe(exchange, asked, said);
    said->resource_type = asked->resource_type;
    said->resource_name = asked->resource_name;
  }
  exchange_answer(exchange, answer);
}
