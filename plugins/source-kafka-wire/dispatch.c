/* SPDX-License-Identifier: Apache-2.0
 *
 * Who serves what. What is not here is neither served nor advertised. */
#include "broker.h"

typedef void (*handler)(struct exchange *);

static handler handler_of(int16_t key)
{
  switch (key) {
  case KEY_API_VERSIONS:
    return handle_api_versions;
  case KEY_METADATA:
    return handle_metadata;
  case KEY_PRODUCE:
    return handle_produce;
  case KEY_FETCH:
    return handle_fetch;
  case KEY_LIST_OFFSETS:
    return handle_list_offsets;
  case KEY_FIND_COORDINATOR:
    return handle_find_coordinator;
  case KEY_JOIN_GROUP:
    return handle_join_group;
  case KEY_SYNC_GROUP:
    return handle_sync_group;
  case KEY_HEARTBEAT:
    return handle_heartbeat;
  case KEY_LEAVE_GROUP:
    return handle_leave_group;
  case KEY_DESCRIBE_GROUPS:
    return handle_describe_groups;
  case KEY_LIST_GROUPS:
    return handle_list_groups;
  case KEY_DELETE_GROUPS:
    return handle_delete_groups;
  case KEY_CONSUMER_GROUP_HEARTBEAT:
    return handle_consumer_group_heartbeat;
  case KEY_OFFSET_COMMIT:
    return handle_offset_commit;
  case KEY_OFFSET_FETCH:
    return handle_offset_fetch;
  case KEY_OFFSET_DELETE:
    return handle_offset_delete;
  case KEY_INIT_PRODUCER_ID:
    return handle_init_producer_id;
  case KEY_CREATE_TOPICS:
    return handle_create_topics;
  case KEY_DELETE_TOPICS:
    return handle_delete_topics;
  case KEY_CREATE_PARTITIONS:
    return handle_create_partitions;
  case KEY_DELETE_RECORDS:
    return handle_delete_records;
  case KEY_DESCRIBE_ACLS:
    return handle_describe_acls;
  case KEY_CREATE_ACLS:
    return handle_create_acls;
  case KEY_DELETE_ACLS:
    return handle_delete_acls;
  case KEY_DESCRIBE_CONFIGS:
    return handle_describe_configs;
  case KEY_ALTER_CONFIGS:
    return handle_alter_configs;
  case KEY_INCREMENTAL_ALTER_CONFIGS:
    return handle_incremental_alter_configs;
  case KEY_LIST_CONFIG_RESOURCES:
    return handle_list_config_resources;
  case KEY_DESCRIBE_CLIENT_QUOTAS:
    return handle_describe_client_quotas;
  case KEY_DESCRIBE_CLUSTER:
    return handle_describe_cluster;
  case KEY_DESCRIBE_LOG_DIRS:
    return handle_describe_log_dirs;
  case KEY_ALTER_REPLICA_LOG_DIRS:
    return handle_alter_replica_log_dirs;
  case KEY_ELECT_LEADERS:
    return handle_elect_leaders;
  case KEY_ALTER_PARTITION_REASSIGNMENTS:
    return handle_alter_partition_reassignments;
  case KEY_LIST_PARTITION_REASSIGNMENTS:
    return handle_list_partition_reassignments;
  case KEY_DESCRIBE_TOPIC_PARTITIONS:
    return handle_describe_topic_partitions;
  case KEY_DESCRIBE_PRODUCERS:
    return handle_describe_producers;
  case KEY_OFFSET_FOR_LEADER_EPOCH:
    return handle_offset_for_leader_epoch;
  default:
    return NULL;
  }
}

bool dispatch_serves(int16_t key)
{
  return handler_of(key) != NULL;
}

void dispatch(struct exchange *exchange)
{
  handler_of(exchange->request.key)(exchange);
}

/* KIP-511: [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])? */
static bool is_software_name(struct wire_slice name)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  if (!name.size || memchr("-.", name.data[0], 2) || memchr("-.", name.data[name.size - 1], 2))
    return false;
  for (uint32_t i = 0; i < name.size; i++)
    if (!memchr(letters, name.data[i], sizeof letters - 1))
      return false;
  return true;
}

void handle_api_versions(struct exchange *exchange)
{
  const struct api_versions_request *request = exchange->request.body;
  struct api_versions_response *answer = WIRE_NEW(&exchange->arena, api_versions_response);
  if (exchange->request.version >= 3 && (!is_software_name(request->client_software_name) ||
                                         !is_software_name(request->client_software_version)))
    answer->error_code = KAFKA_INVALID_REQUEST;
  else
    wire_advertise(&exchange->arena, answer, dispatch_serves);
  exchange_answer(exchange, answer);
}
