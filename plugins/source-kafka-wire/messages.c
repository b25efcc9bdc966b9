/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#include "wire.h"
const struct wire_api wire_apis[] = {
  {0, "Produce", {3, 13}, {0, 13}, 9, &produce_request_layout, &produce_response_layout},
  {1, "Fetch", {4, 18}, {4, 18}, 12, &fetch_request_layout, &fetch_response_layout},
  {2, "ListOffsets", {1, 11}, {1, 11}, 6, &list_offsets_request_layout, &list_offsets_response_layout},
  {3, "Metadata", {0, 13}, {0, 13}, 9, &metadata_request_layout, &metadata_response_layout},
  {8, "OffsetCommit", {2, 10}, {2, 10}, 8, &offset_commit_request_layout, &offset_commit_response_layout},
  {9, "OffsetFetch", {1, 10}, {1, 10}, 6, &offset_fetch_request_layout, &offset_fetch_response_layout},
  {10, "FindCoordinator", {0, 6}, {0, 6}, 3, &find_coordinator_request_layout, &find_coordinator_response_layout},
  {11, "JoinGroup", {0, 9}, {0, 9}, 6, &join_group_request_layout, &join_group_response_layout},
  {12, "Heartbeat", {0, 4}, {0, 4}, 4, &heartbeat_request_layout, &heartbeat_response_layout},
  {13, "LeaveGroup", {0, 5}, {0, 5}, 4, &leave_group_request_layout, &leave_group_response_layout},
  {14, "SyncGroup", {0, 5}, {0, 5}, 4, &sync_group_request_layout, &sync_group_response_layout},
  {15, "DescribeGroups", {0, 6}, {0, 6}, 5, &describe_groups_request_layout, &describe_groups_response_layout},
  {16, "ListGroups", {0, 5}, {0, 5}, 3, &list_groups_request_layout, &list_groups_response_layout},
  {18, "ApiVersions", {0, 5}, {0, 5}, 3, &api_versions_request_layout, &api_versions_response_layout},
  {19, "CreateTopics", {2, 7}, {2, 7}, 5, &create_topics_request_layout, &create_topics_response_layout},
  {20, "DeleteTopics", {1, 6}, {1, 6}, 4, &delete_topics_request_layout, &delete_topics_response_layout},
  {21, "DeleteRecords", {0, 2}, {0, 2}, 2, &delete_records_request_layout, &delete_records_response_layout},
  {22, "InitProducerId", {0, 5}, {0, 5}, 2, &init_producer_id_request_layout, &init_producer_id_response_layout},
  {23, "OffsetForLeaderEpoch", {2, 4}, {2, 4}, 4, &offset_for_leader_epoch_request_layout, &offset_for_leader_epoch_response_layout},
  {32, "DescribeConfigs", {1, 4}, {1, 4}, 4, &describe_configs_request_layout, &describe_configs_response_layout},
  {33, "AlterConfigs", {0, 2}, {0, 2}, 2, &alter_configs_request_layout, &alter_configs_response_layout},
  {35, "DescribeLogDirs", {1, 5}, {1, 5}, 2, &describe_log_dirs_request_layout, &describe_log_dirs_response_layout},
  {37, "CreatePartitions", {0, 3}, {0, 3}, 2, &create_partitions_request_layout, &create_partitions_response_layout},
  {42, "DeleteGroups", {0, 3}, {0, 3}, 2, &delete_groups_request_layout, &delete_groups_response_layout},
  {43, "ElectLeaders", {1, 2}, {1, 2}, 2, &elect_leaders_request_layout, &elect_leaders_response_layout},
  {44, "IncrementalAlterConfigs", {0, 1}, {0, 1}, 1, &incremental_alter_configs_request_layout, &incremental_alter_configs_response_layout},
  {45, "AlterPartitionReassignments", {0, 1}, {0, 1}, 0, &alter_partition_reassignments_request_layout, &alter_partition_reassignments_response_layout},
  {46, "ListPartitionReassignments", {0, 0}, {0, 0}, 0, &list_partition_reassignments_request_layout, &list_partition_reassignments_response_layout},
  {47, "OffsetDelete", {0, 0}, {0, 0}, WIRE_LATEST, &offset_delete_request_layout, &offset_delete_response_layout},
  {60, "DescribeCluster", {0, 2}, {0, 2}, 0, &describe_cluster_request_layout, &describe_cluster_response_layout},
  {61, "DescribeProducers", {0, 0}, {0, 0}, 0, &describe_producers_request_layout, &describe_producers_response_layout},
  {74, "ListConfigResources", {0, 1}, {0, 1}, 0, &list_config_resources_request_layout, &list_config_resources_response_layout},
  {75, "DescribeTopicPartitions", {0, 0}, {0, 0}, 0, &describe_topic_partitions_request_layout, &describe_topic_partitions_response_layout},
};
const size_t wire_api_count = sizeof wire_apis / sizeof *wire_apis;
