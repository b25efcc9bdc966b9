/* SPDX-License-Identifier: Apache-2.0
 *
 * AlterConfigs, IncrementalAlterConfigs, ListConfigResources. */
#include "config_change.h"

#include "admin_configs.h"
#include "repeats.h"

#include <stdio.h>

#define NOT_A_NUMBER "Node id must be an integer, but it is: %s"
#define NOT_THIS     "Unexpected broker id, expected %d, but received %s"

static const char not_kept[] =
    "The broker is configured by its INI file: its sink keeps no configuration.";

/* ---- one resource ---------------------------------------------------------------------------- */

/* Of the broker's all, one is with the log at a time: each begins with what the one before it has
 * left, and none is lost. */
struct alteration {
  struct alteration *next;
  struct tally *tally;
  int8_t type; /* enum resource */
  struct wire_slice name;
  const config_alteration *items;
  int32_t item_count;
  bool replaces; /* what is not named is unset */
  bool validate_only, twice;
  bool asked; /* the log */
  int16_t *code;
  struct wire_slice *message;
  struct topic *topic;  /* one of them */
  const char *settings; /* name of a broker's */
};

static enum kafka_error find_broker(const struct broker *broker, struct alteration *at,
                                    const char **why)
{
  struct wire_arena *arena = &at->tally->exchange->arena;
  const char *name = wire_string(arena, at->name);
  enum broker_name what = broker_name_of(broker, name);
  if (what == BROKER_NO_NUMBER)
    *why = wire_format(arena, NOT_A_NUMBER, name);
  else if (what == BROKER_OTHER)
    *why = wire_format(arena, NOT_THIS, broker->node_id, name);
  else if (!broker_config_is_kept(broker))
    *why = not_kept;
  else
    at->settings = what == BROKER_ALL ? ALL_BROKERS : wire_format(arena, "%d", broker->node_id);
  return at->settings ? KAFKA_NONE : KAFKA_INVALID_REQUEST;
}

static enum kafka_error find_resource(const struct broker *broker, struct alteration *at,
                                      const char **why)
{
  *why = "Each resource must appear at most once.";
  if (at->twice)
    return KAFKA_INVALID_REQUEST;
  if (at->type == RESOURCE_BROKER)
    return find_broker(broker, at, why);
  *why = UNKNOWN_RESOURCE;
  if (at->type != RESOURCE_TOPIC)
    return KAFKA_INVALID_REQUEST;
  at->topic = topic_named(broker, at->name);
  *why = wire_format(&at->tally->exchange->arena, "The topic '%s' does not exist.",
                     wire_string(&at->tally->exchange->arena, at->name));
  return at->topic ? KAFKA_NONE : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

static enum kafka_error change_resource(const struct broker *broker, const struct alteration *at,
                                        struct config_change *change)
{
  const struct headrace_log_topic *topic = at->topic ? topic_entry(broker, &at->topic->id) : NULL;
  const struct headrace_log_settings *settings =
      at->topic ? NULL : broker_config_settings(broker, at->settings);
  const struct headrace_pair *now = topic ? topic->config : settings ? settings->config : NULL;
  size_t count = topic ? topic->config_count : settings ? settings->config_count : 0;
  change->of_topic = at->topic != NULL;
  change->changed = at->replaces && count;
  return config_change_apply(change, now, at->replaces ? 0 : count, at->items, at->item_count);
}

/* ---- all of them, one after another ---------------------------------------------------------- */

static void alterations_work(struct broker *broker);

/* It is gone when its exchange is. */
static void finish_first(struct broker *broker)
{
  struct alteration *at = broker->altering;
  broker->altering = at->next;
  if (!at->next)
    broker->altering_last = NULL;
  tally_done(at->tally);
}

static void altered(void *context, enum headrace_log_error error, const char *reason)
{
  struct broker *broker = context;
  const struct alteration *at = broker->altering;
  tally_refuse(&at->tally->exchange->arena, at->code, at->message, kafka_error_of(error), reason);
  topics_refresh(broker);
  finish_first(broker);
  alterations_work(broker);
}

/* False: it is done with, without the log. */
static bool ask_log(struct broker *broker, struct alteration *at)
{
  const struct headrace_log *log = broker->log;
  struct wire_arena *arena = &at->tally->exchange->arena;
  struct config_change change = {.arena = arena};
  enum kafka_error error = find_resource(broker, at, &change.why);
  if (error == KAFKA_NONE)
    error = change_resource(broker, at, &change);
  tally_refuse(arena, at->code, at->message, error, error == KAFKA_NONE ? NULL : change.why);
  if (error != KAFKA_NONE || at->validate_only || !change.changed)
    return false;
  if (at->topic)
    log->configure_topic(log->self, &at->topic->id, change.pairs, change.count, altered, broker);
  else
    log->configure(log->self, at->settings, change.pairs, change.count, altered, broker);
  return true;
}

static void alterations_work(struct broker *broker)
{
  struct alteration *at;
  while ((at = broker->altering) && !at->asked) {
    at->asked = ask_log(broker, at);
    if (!at->asked)
      finish_first(broker);
  }
}

static void add_alteration(struct broker *broker, const struct alteration *alteration)
{
  struct alteration *copy = wire_alloc(&alteration->tally->exchange->arena, sizeof *copy);
  *copy = *alteration;
  *(broker->altering ? &broker->altering_last->next : &broker->altering) = copy;
  broker->altering_last = copy;
  copy->tally->pending++;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* A type and a name in one. */
static struct wire_slice resource_id(struct wire_arena *arena, int8_t type, struct wire_slice name)
{
  char *id = wire_alloc(arena, (size_t)name.size + 1);
  id[0] = (char)type;
  if (name.size)
    memcpy(id + 1, name.data, name.size);
  return (struct wire_slice){id, name.size + 1};
}

static const bool *repeated_ids(struct wire_arena *arena, const struct wire_slice *ids,
                                int32_t count)
{
  return are_repeated(arena, (struct named_items){ids, count, sizeof *ids, 0});
}

void handle_incremental_alter_configs(struct exchange *exchange)
{
  const struct incremental_alter_configs_request *request = exchange->request.body;
  struct incremental_alter_configs_response *answer =
      WIRE_NEW(&exchange->arena, incremental_alter_configs_response);
  struct tally *tally = tally_begin(exchange, answer);
  struct alteration alteration = {.tally = tally, .validate_only = request->validate_only};
  int32_t count = request->resources.count > 0 ? request->resources.count : 0;
  struct wire_slice *ids = wire_alloc(&exchange->arena, (size_t)count * sizeof *ids);
  WIRE_ITEMS(&exchange->arena, answer->responses, count,
             incremental_alter_configs_response_alter_configs_resource_response);
  for (int32_t i = 0; i < count; i++)
    ids[i] = resource_id(&exchange->arena, request->resources.items[i].resource_type,
                         request->resources.items[i].resource_name);
  const bool *twice = repeated_ids(&exchange->arena, ids, count);
  for (int32_t i = 0; i < count; i++) {
    const struct incremental_alter_configs_request_alter_configs_resource *asked =
        &request->resources.items[i];
    struct incremental_alter_configs_response_alter_configs_resource_response *said =
        &answer->responses.items[i];
    alteration.type = said->resource_type = asked->resource_type;
    alteration.name = said->resource_name = asked->resource_name;
    alteration.items = asked->configs.items;
    alteration.item_count = asked->configs.count;
    alteration.twice = twice[i];
    alteration.code = &said->error_code;
    alteration.message = &said->error_message;
    add_alteration(exchange->broker, &alteration);
  }
  tally_done(tally);
  alterations_work(exchange->broker);
}

/* Each of them set. */
static const config_alteration *as_alterations(struct wire_arena *arena,
                                               const struct alter_configs_request_resource *asked)
{
  size_t count = asked->configs.count > 0 ? (size_t)asked->configs.count : 0;
  config_alteration *items = wire_alloc(arena, count * sizeof *items);
  for (size_t i = 0; i < count; i++)
    items[i] = (config_alteration){.name = asked->configs.items[i].name,
                                   .value = asked->configs.items[i].value};
  return items;
}

/* The old form: what is not named is unset. */
void handle_alter_configs(struct exchange *exchange)
{
  const struct alter_configs_request *request = exchange->request.body;
  struct alter_configs_response *answer = WIRE_NEW(&exchange->arena, alter_configs_response);
  struct tally *tally = tally_begin(exchange, answer);
  struct alteration alteration = {
      .tally = tally, .validate_only = request->validate_only, .replaces = true};
  int32_t count = request->resources.count > 0 ? request->resources.count : 0;
  struct wire_slice *ids = wire_alloc(&exchange->arena, (size_t)count * sizeof *ids);
  WIRE_ITEMS(&exchange->arena, answer->responses, count, alter_configs_response_resource_response);
  for (int32_t i = 0; i < count; i++)
    ids[i] = resource_id(&exchange->arena, request->resources.items[i].resource_type,
                         request->resources.items[i].resource_name);
  const bool *twice = repeated_ids(&exchange->arena, ids, count);
  for (int32_t i = 0; i < count; i++) {
    const struct alter_configs_request_resource *asked = &request->resources.items[i];
    struct alter_configs_response_resource_response *said = &answer->responses.items[i];
    alteration.type = said->resource_type = asked->resource_type;
    alteration.name = said->resource_name = asked->resource_name;
    alteration.items = as_alterations(&exchange->arena, asked);
    alteration.item_count = asked->configs.count;
    alteration.twice = twice[i];
    alteration.code = &said->error_code;
    alteration.message = &said->error_message;
    add_alteration(exchange->broker, &alteration);
  }
  tally_done(tally);
  alterations_work(exchange->broker);
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
  size_t topics = type_is_wanted(exchange, RESOURCE_TOPIC) ? catalogue->topic_count : 0;
  for (size_t i = 0; i < topics; i++) {
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
