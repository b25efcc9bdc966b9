/* SPDX-License-Identifier: Apache-2.0
 *
 * AlterConfigs, IncrementalAlterConfigs, ListConfigResources. */
#include "admin_configs.h"

#include <stdio.h>

enum operation { OPERATION_SET, OPERATION_DELETE, OPERATION_APPEND, OPERATION_SUBTRACT };

static const char not_here[] = "The broker is configured by its INI file.";

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
  change->why = type == RESOURCE_BROKER ? not_here : UNKNOWN_RESOURCE;
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
