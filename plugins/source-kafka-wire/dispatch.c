/* SPDX-License-Identifier: Apache-2.0
 *
 * Who serves what. What is not here is neither served nor advertised. */
#include "broker.h"

typedef void (*handler)(struct exchange *);

static const handler handlers[] = {
    [KEY_API_VERSIONS] = handle_api_versions,
    [KEY_SASL_HANDSHAKE] = handle_sasl_handshake,
    [KEY_SASL_AUTHENTICATE] = handle_sasl_authenticate,
    [KEY_METADATA] = handle_metadata,
    [KEY_PRODUCE] = handle_produce,
    [KEY_FETCH] = handle_fetch,
    [KEY_LIST_OFFSETS] = handle_list_offsets,
    [KEY_FIND_COORDINATOR] = handle_find_coordinator,
    [KEY_JOIN_GROUP] = handle_join_group,
    [KEY_SYNC_GROUP] = handle_sync_group,
    [KEY_HEARTBEAT] = handle_heartbeat,
    [KEY_LEAVE_GROUP] = handle_leave_group,
    [KEY_DESCRIBE_GROUPS] = handle_describe_groups,
    [KEY_LIST_GROUPS] = handle_list_groups,
    [KEY_DELETE_GROUPS] = handle_delete_groups,
    [KEY_CONSUMER_GROUP_HEARTBEAT] = handle_consumer_group_heartbeat,
    [KEY_OFFSET_COMMIT] = handle_offset_commit,
    [KEY_OFFSET_FETCH] = handle_offset_fetch,
    [KEY_OFFSET_DELETE] = handle_offset_delete,
    [KEY_INIT_PRODUCER_ID] = handle_init_producer_id,
    [KEY_CREATE_TOPICS] = handle_create_topics,
    [KEY_DELETE_TOPICS] = handle_delete_topics,
    [KEY_CREATE_PARTITIONS] = handle_create_partitions,
    [KEY_DELETE_RECORDS] = handle_delete_records,
    [KEY_DESCRIBE_ACLS] = handle_describe_acls,
    [KEY_CREATE_ACLS] = handle_create_acls,
    [KEY_DELETE_ACLS] = handle_delete_acls,
    [KEY_DESCRIBE_CONFIGS] = handle_describe_configs,
    [KEY_ALTER_CONFIGS] = handle_alter_configs,
    [KEY_INCREMENTAL_ALTER_CONFIGS] = handle_incremental_alter_configs,
    [KEY_LIST_CONFIG_RESOURCES] = handle_list_config_resources,
    [KEY_DESCRIBE_CLIENT_QUOTAS] = handle_describe_client_quotas,
    [KEY_DESCRIBE_USER_SCRAM_CREDENTIALS] = handle_describe_user_scram_credentials,
    [KEY_ALTER_USER_SCRAM_CREDENTIALS] = handle_alter_user_scram_credentials,
    [KEY_DESCRIBE_CLUSTER] = handle_describe_cluster,
    [KEY_DESCRIBE_LOG_DIRS] = handle_describe_log_dirs,
    [KEY_ALTER_REPLICA_LOG_DIRS] = handle_alter_replica_log_dirs,
    [KEY_ELECT_LEADERS] = handle_elect_leaders,
    [KEY_ALTER_PARTITION_REASSIGNMENTS] = handle_alter_partition_reassignments,
    [KEY_LIST_PARTITION_REASSIGNMENTS] = handle_list_partition_reassignments,
    [KEY_DESCRIBE_TOPIC_PARTITIONS] = handle_describe_topic_partitions,
    [KEY_DESCRIBE_PRODUCERS] = handle_describe_producers,
    [KEY_OFFSET_FOR_LEADER_EPOCH] = handle_offset_for_leader_epoch,
};

static handler handler_of(int16_t key)
{
  size_t index = (size_t)key; /* below 0 it is beyond all */
  return index < sizeof handlers / sizeof *handlers ? handlers[index] : NULL;
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
