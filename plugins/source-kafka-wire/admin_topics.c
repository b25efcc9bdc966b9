/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateTopics, DeleteTopics, CreatePartitions. */
#include "broker_config.h"
#include "repeats.h"
#include "tally.h"

#include <stdio.h>

#define PARTITIONS_MAX 10000 /* of a topic, by one request */

static const char too_many_partitions[] = "More partitions than a topic may have.";

/* ---- CreateTopics ------------------------------------------------------------------------- */

typedef struct create_topics_request_creatable_topic asked_topic;
typedef struct create_topics_response_creatable_topic_result created_topic;

struct creation {
  struct tally *tally;
  created_topic *answer;
  struct headrace_log_new_topic topic;
};

/* The only broker has to be the only replica. */
static const char *replica_fault(struct exchange *exchange, const struct wire_int32_array *nodes)
{
  for (int32_t i = 0; i < nodes->count; i++)
    if (nodes->items[i] != exchange->broker->node_id)
      return wire_format(&exchange->arena,
                         "The manual partition assignment includes broker %d, but no such broker "
                         "is registered.",
                         nodes->items[i]);
  if (nodes->count < 1)
    return "The manual partition assignment includes an empty replica list.";
  return nodes->count > 1 ? "The manual partition assignment includes the broker more than once."
                          : NULL;
}

/* Each from 0 on once, in any order. */
static const char *index_fault(struct exchange *exchange, const asked_topic *asked)
{
  int32_t count = asked->assignments.count;
  bool *seen = wire_alloc(&exchange->arena, (size_t)count * sizeof *seen);
  for (int32_t i = 0; i < count; i++) {
    int32_t index = asked->assignments.items[i].partition_index;
    if (index < 0 || index >= count)
      return "partitions should be a consecutive 0-based integer sequence";
    if (seen[index])
      return wire_format(&exchange->arena,
                         "Found multiple manual partition assignments for partition %d", index);
    seen[index] = true;
  }
  return NULL;
}

static enum kafka_error assigned_count(struct exchange *exchange, const asked_topic *asked,
                                       int32_t *count, const char **why)
{
  *why = "An assignment stands for the number of partitions and replicas.";
  if (asked->num_partitions != -1 || asked->replication_factor != -1)
    return KAFKA_INVALID_REQUEST;
  *count = asked->assignments.count;
  *why = too_many_partitions;
  if (*count > PARTITIONS_MAX)
    return KAFKA_INVALID_PARTITIONS;
  *why = index_fault(exchange, asked);
  for (int32_t i = 0; i < *count && !*why; i++)
    *why = replica_fault(exchange, &asked->assignments.items[i].broker_ids);
  return *why ? KAFKA_INVALID_REPLICA_ASSIGNMENT : KAFKA_NONE;
}

static enum kafka_error count_fault(struct exchange *exchange, const asked_topic *asked,
                                    int32_t *count, const char **why)
{
  const struct broker *broker = exchange->broker;
  *count = asked->num_partitions == -1 ? broker->default_partitions : asked->num_partitions;
  if (asked->assignments.count > 0)
    return assigned_count(exchange, asked, count, why);
  *why = "Number of partitions was set to an invalid non-positive value.";
  if (*count <= 0)
    return KAFKA_INVALID_PARTITIONS;
  *why = too_many_partitions;
  if (*count > PARTITIONS_MAX)
    return KAFKA_INVALID_PARTITIONS;
  *why = "Replication factor must be larger than 0, or -1 to use the default value.";
  if (asked->replication_factor < -1 || !asked->replication_factor)
    return KAFKA_INVALID_REPLICATION_FACTOR;
  *why = wire_format(&exchange->arena,
                     "Unable to replicate the partition %d time(s): The target replication factor "
                     "of %d cannot be reached because only 1 broker(s) are registered.",
                     asked->replication_factor, asked->replication_factor);
  if (asked->replication_factor > 1)
    return KAFKA_INVALID_REPLICATION_FACTOR;
  *why = NULL;
  return KAFKA_NONE;
}

static enum kafka_error take_configs(struct wire_arena *arena, const asked_topic *asked,
                                     struct headrace_log_new_topic *topic, const char **why)
{
  struct headrace_pair *pairs = wire_alloc(arena, (size_t)asked->configs.count * sizeof *pairs);
  topic->config = pairs;
  for (int32_t i = 0; i < asked->configs.count; i++) {
    const char *name = wire_string(arena, asked->configs.items[i].name);
    const struct config_definition *definition = topic_config_named(name);
    *why = wire_format(arena, "Unknown topic config name: %s", name);
    if (!definition)
      return KAFKA_INVALID_CONFIG;
    *why = wire_format(arena, "Null value not supported for topic configs: %s", name);
    if (!asked->configs.items[i].value.data)
      return KAFKA_INVALID_CONFIG;
    pairs[i] = (struct headrace_pair){name, wire_string(arena, asked->configs.items[i].value)};
    *why = config_fault(arena, definition, name, pairs[i].value);
    if (*why)
      return KAFKA_INVALID_CONFIG;
    topic->config_count++;
  }
  return KAFKA_NONE;
}

static enum kafka_error check_new(struct exchange *exchange, const asked_topic *asked,
                                  struct headrace_log_new_topic *topic, const char **why)
{
  *why = topic_name_fault(&exchange->arena, asked->name);
  if (*why)
    return KAFKA_INVALID_TOPIC_EXCEPTION;
  topic->name = wire_string(&exchange->arena, asked->name);
  *why = wire_format(&exchange->arena, "Topic '%s' already exists.", topic->name);
  if (topic_named(exchange->broker, asked->name))
    return KAFKA_TOPIC_ALREADY_EXISTS;
  enum kafka_error error = count_fault(exchange, asked, &topic->partition_count, why);
  return error == KAFKA_NONE ? take_configs(&exchange->arena, asked, topic, why) : error;
}

/* All topics of a request that set nothing have the same. */
static void say_configs(struct exchange *exchange, const struct headrace_log_new_topic *topic,
                        created_topic *answer)
{
  const created_topic *like = topic->config_count ? NULL : exchange->work;
  if (like) {
    answer->configs = like->configs;
    return;
  }
  struct config_layers layers =
      broker_config_layers(exchange->broker, topic->config, topic->config_count);
  WIRE_ITEMS(&exchange->arena, answer->configs, topic_config_count,
             create_topics_response_creatable_topic_configs);
  for (size_t i = 0; i < topic_config_count; i++) {
    struct create_topics_response_creatable_topic_configs *said = &answer->configs.items[i];
    enum config_source source;
    said->name = wire_text(topic_configs[i].name);
    said->value =
        wire_copy(&exchange->arena, wire_text(config_value(&layers, &topic_configs[i], &source)));
    said->config_source = (int8_t)source;
  }
  if (!topic->config_count)
    exchange->work = answer;
}

static void say_created(struct exchange *exchange, const struct headrace_log_new_topic *topic,
                        created_topic *answer)
{
  const struct topic *made = topic_named(exchange->broker, answer->name);
  answer->num_partitions = topic->partition_count;
  answer->error_message = (struct wire_slice){0};
  answer->replication_factor = 1;
  if (made)
    answer->topic_id = topic_uuid(made);
  if (exchange->request.version >= 5)
    say_configs(exchange, topic, answer);
}

static void created(void *context, enum headrace_log_error error, const char *reason)
{
  struct creation *creation = context;
  struct exchange *exchange = creation->tally->exchange;
  topics_refresh(exchange->broker);
  if (error == HEADRACE_LOG_OK)
    say_created(exchange, &creation->topic, creation->answer);
  else
    tally_refuse(&exchange->arena, &creation->answer->error_code, &creation->answer->error_message,
                 kafka_error_of(error), reason);
  tally_done(creation->tally);
}

static void create(struct tally *tally, const asked_topic *asked, bool repeated,
                   created_topic *answer)
{
  struct exchange *exchange = tally->exchange;
  const struct create_topics_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  struct creation *creation = wire_alloc(&exchange->arena, sizeof *creation);
  const char *why = "The topic is in the request more than once.";
  *creation = (struct creation){.tally = tally, .answer = answer};
  answer->name = asked->name;
  enum kafka_error error =
      repeated ? KAFKA_INVALID_REQUEST : check_new(exchange, asked, &creation->topic, &why);
  if (error != KAFKA_NONE) {
    tally_refuse(&exchange->arena, &answer->error_code, &answer->error_message, error, why);
  } else if (request->validate_only) {
    say_created(exchange, &creation->topic, answer);
  } else {
    tally->pending++;
    log->create_topic(log->self, &creation->topic, created, creation);
  }
}

void handle_create_topics(struct exchange *exchange)
{
  const struct create_topics_request *request = exchange->request.body;
  struct create_topics_response *answer = WIRE_NEW(&exchange->arena, create_topics_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count,
             create_topics_response_creatable_topic_result);
  const bool *repeated = are_repeated(
      &exchange->arena, (struct named_items){request->topics.items, request->topics.count,
                                             sizeof(asked_topic), offsetof(asked_topic, name)});
  for (int32_t i = 0; i < request->topics.count; i++)
    create(tally, &request->topics.items[i], repeated[i], &answer->topics.items[i]);
  tally_done(tally);
}

/* ---- DeleteTopics -----------------------------------------------------------------------------
 */

static void delete_one(struct tally *tally, struct wire_slice name, const struct wire_uuid *id,
                       struct delete_topics_response_deletable_topic_result *answer)
{
  struct exchange *exchange = tally->exchange;
  const struct headrace_log *log = exchange->broker->log;
  struct topic *topic = topic_of(exchange->broker, name, id);
  answer->name = name;
  answer->topic_id = *id;
  if (!topic) {
    answer->error_code = name.data ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_UNKNOWN_TOPIC_ID;
    answer->error_message = wire_text(name.data ? "This server does not host this topic-partition."
                                                : "This server does not host this topic ID.");
    return;
  }
  answer->name = wire_copy(&exchange->arena, wire_text(topic->name));
  answer->topic_id = topic_uuid(topic);
  log->delete_topic(log->self, &topic->id, tally_part_done,
                    tally_part(tally, &answer->error_code, &answer->error_message));
}

void handle_delete_topics(struct exchange *exchange)
{
  static const struct wire_uuid none;
  const struct delete_topics_request *request = exchange->request.body;
  struct delete_topics_response *answer = WIRE_NEW(&exchange->arena, delete_topics_response);
  struct tally *tally = tally_begin(exchange, answer);
  bool old = exchange->request.version < 6;
  int32_t count = old ? request->topic_names.count : request->topics.count;
  WIRE_ITEMS(&exchange->arena, answer->responses, count,
             delete_topics_response_deletable_topic_result);
  for (int32_t i = 0; i < count; i++)
    if (old)
      delete_one(tally, request->topic_names.items[i], &none, &answer->responses.items[i]);
    else
      delete_one(tally, request->topics.items[i].name, &request->topics.items[i].topic_id,
                 &answer->responses.items[i]);
  tally_done(tally);
}

/* ---- CreatePartitions
 * ------------------------------------------------------------------------------ */

static enum kafka_error check_count(struct exchange *exchange, const struct topic *topic,
                                    const struct create_partitions_request_topic *asked,
                                    const char **why)
{
  *why = "This server does not host this topic-partition.";
  if (!topic)
    return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  *why = wire_format(&exchange->arena, "Topic already has %d partition(s).", asked->count);
  if (asked->count == topic->partition_count)
    return KAFKA_INVALID_PARTITIONS;
  *why = wire_format(&exchange->arena,
                     "The topic %s currently has %d partition(s); %d would not be an increase.",
                     topic->name, topic->partition_count, asked->count);
  if (asked->count < topic->partition_count)
    return KAFKA_INVALID_PARTITIONS;
  *why = too_many_partitions;
  if (asked->count > PARTITIONS_MAX)
    return KAFKA_INVALID_PARTITIONS;
  int32_t more = asked->count - topic->partition_count;
  *why = wire_format(&exchange->arena,
                     "Attempted to add %d additional partition(s), but only %d assignment(s) were "
                     "specified.",
                     more, asked->assignments.count);
  if (asked->assignments.count > 0 && asked->assignments.count != more)
    return KAFKA_INVALID_REPLICA_ASSIGNMENT;
  for (int32_t i = 0; i < asked->assignments.count; i++) {
    *why = replica_fault(exchange, &asked->assignments.items[i].broker_ids);
    if (*why)
      return KAFKA_INVALID_REPLICA_ASSIGNMENT;
  }
  *why = NULL;
  return KAFKA_NONE;
}

void handle_create_partitions(struct exchange *exchange)
{
  const struct create_partitions_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  struct create_partitions_response *answer =
      WIRE_NEW(&exchange->arena, create_partitions_response);
  struct tally *tally = tally_begin(exchange, answer);
  WIRE_ITEMS(&exchange->arena, answer->results, request->topics.count,
             create_partitions_response_topic_result);
  const bool *repeated =
      are_repeated(&exchange->arena,
                   (struct named_items){request->topics.items, request->topics.count,
                                        sizeof(struct create_partitions_request_topic),
                                        offsetof(struct create_partitions_request_topic, name)});
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct create_partitions_request_topic *asked = &request->topics.items[i];
    struct create_partitions_response_topic_result *said = &answer->results.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->name);
    const char *why;
    said->name = asked->name;
    why = "Duplicate topic in request.";
    enum kafka_error error =
        repeated[i] ? KAFKA_INVALID_REQUEST : check_count(exchange, topic, asked, &why);
    tally_refuse(&exchange->arena, &said->error_code, &said->error_message, error, why);
    if (error == KAFKA_NONE && !request->validate_only)
      log->add_partitions(log->self, &topic->id, asked->count, tally_part_done,
                          tally_part(tally, &said->error_code, &said->error_message));
  }
  tally_done(tally);
}
