/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is to say of a cluster of one broker: DescribeCluster, ElectLeaders, and
 * reassignments, of which there are none. */
#include "operations.h"
#include "tally.h"

/* ---- DescribeCluster ------------------------------------------------------------------------- */

enum { ENDPOINT_BROKERS = 1, ENDPOINT_CONTROLLERS = 2 };

void handle_describe_cluster(struct exchange *exchange)
{
  const struct describe_cluster_request *request = exchange->request.body;
  struct broker *broker = exchange->broker;
  struct describe_cluster_response *answer = WIRE_NEW(&exchange->arena, describe_cluster_response);
  if (exchange->request.version >= 1 && request->endpoint_type != ENDPOINT_BROKERS) {
    answer->error_code = request->endpoint_type == ENDPOINT_CONTROLLERS
                             ? KAFKA_MISMATCHED_ENDPOINT_TYPE
                             : KAFKA_UNSUPPORTED_ENDPOINT_TYPE;
    exchange_answer(exchange, answer);
    return;
  }
  answer->cluster_id = wire_text(broker->log->cluster_id(broker->log->self));
  answer->controller_id = broker->node_id;
  if (request->include_cluster_authorized_operations)
    answer->cluster_authorized_operations = CLUSTER_OPERATIONS;
  WIRE_ITEMS(&exchange->arena, answer->brokers, 1, describe_cluster_response_broker);
  answer->brokers.items[0].broker_id = broker->node_id;
  answer->brokers.items[0].host = broker_host(exchange);
  answer->brokers.items[0].port = broker_port(exchange);
  exchange_answer(exchange, answer);
}

/* ---- ElectLeaders
 * ---------------------------------------------------------------------------------- */

void handle_elect_leaders(struct exchange *exchange)
{
  const struct elect_leaders_request *request = exchange->request.body;
  struct elect_leaders_response *answer = WIRE_NEW(&exchange->arena, elect_leaders_response);
  int32_t count = request->topic_partitions.count > 0 ? request->topic_partitions.count : 0;
  WIRE_ITEMS(&exchange->arena, answer->replica_election_results, count,
             elect_leaders_response_replica_election_result);
  for (int32_t i = 0; i < count; i++) {
    const struct elect_leaders_request_topic_partitions *asked =
        &request->topic_partitions.items[i];
    struct elect_leaders_response_replica_election_result *said =
        &answer->replica_election_results.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->topic);
    said->topic = asked->topic;
    WIRE_ITEMS(&exchange->arena, said->partition_result, asked->partitions.count,
               elect_leaders_response_partition_result);
    for (int32_t j = 0; j < asked->partitions.count; j++) {
      bool known = partition_of(topic, asked->partitions.items[j]);
      said->partition_result.items[j].partition_id = asked->partitions.items[j];
      said->partition_result.items[j].error_code =
          known ? KAFKA_ELECTION_NOT_NEEDED : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
      said->partition_result.items[j].error_message =
          wire_text(known   ? "Leader election not needed for topic partition."
                    : topic ? "No such partition"
                            : wire_format(&exchange->arena, "No such topic as %s",
                                          wire_string(&exchange->arena, asked->topic)));
    }
  }
  exchange_answer(exchange, answer);
}

/* ---- reassignments
 * -------------------------------------------------------------------------------------- */

static enum kafka_error reassign(const struct exchange *exchange, struct topic *topic,
                                 int32_t partition, const struct wire_int32_array *replicas)
{
  if (!partition_of(topic, partition))
    return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  if (replicas->count < 0)
    return KAFKA_NO_REASSIGNMENT_IN_PROGRESS;
  return replicas->count == 1 && replicas->items[0] == exchange->broker->node_id
             ? KAFKA_NONE
             : KAFKA_INVALID_REPLICA_ASSIGNMENT;
}

void handle_alter_partition_reassignments(struct exchange *exchange)
{
  const struct alter_partition_reassignments_request *request = exchange->request.body;
  struct alter_partition_reassignments_response *answer =
      WIRE_NEW(&exchange->arena, alter_partition_reassignments_response);
  WIRE_ITEMS(&exchange->arena, answer->responses, request->topics.count,
             alter_partition_reassignments_response_reassignable_topic_response);
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct alter_partition_reassignments_request_reassignable_topic *asked =
        &request->topics.items[i];
    struct alter_partition_reassignments_response_reassignable_topic_response *said =
        &answer->responses.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->name);
    said->name = asked->name;
    WIRE_ITEMS(&exchange->arena, said->partitions, asked->partitions.count,
               alter_partition_reassignments_response_reassignable_partition_response);
    for (int32_t j = 0; j < asked->partitions.count; j++) {
      int32_t index = asked->partitions.items[j].partition_index;
      said->partitions.items[j].partition_index = index;
      said->partitions.items[j].error_code =
          (int16_t)reassign(exchange, topic, index, &asked->partitions.items[j].replicas);
    }
  }
  exchange_answer(exchange, answer);
}

void handle_list_partition_reassignments(struct exchange *exchange)
{
  exchange_answer(exchange, WIRE_NEW(&exchange->arena, list_partition_reassignments_response));
}
