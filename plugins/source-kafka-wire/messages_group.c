/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#include "wire.h"

static const struct wire_field offset_commit_request_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_commit_request_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedOffset", .offset = offsetof(struct offset_commit_request_partition, committed_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedLeaderEpoch", .offset = offsetof(struct offset_commit_request_partition, committed_leader_epoch), .type = WIRE_INT32, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"CommittedMetadata", .offset = offsetof(struct offset_commit_request_partition, committed_metadata), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout offset_commit_request_partition_layout = {"OffsetCommitRequest", offset_commit_request_partition_fields, 4, sizeof(struct offset_commit_request_partition), 8};

static const struct wire_field offset_commit_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_commit_request_topic, name), .type = WIRE_STRING, .versions = {0, 9}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct offset_commit_request_topic, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct offset_commit_request_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_commit_request_partition_layout},
};
const struct wire_layout offset_commit_request_topic_layout = {"OffsetCommitRequest", offset_commit_request_topic_fields, 3, sizeof(struct offset_commit_request_topic), 8};

static const struct wire_field offset_commit_request_fields[] = {
  {"GroupId", .offset = offsetof(struct offset_commit_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GenerationIdOrMemberEpoch", .offset = offsetof(struct offset_commit_request, generation_id_or_member_epoch), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"MemberId", .offset = offsetof(struct offset_commit_request, member_id), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"GroupInstanceId", .offset = offsetof(struct offset_commit_request, group_instance_id), .type = WIRE_STRING, .versions = {7, WIRE_LATEST}, .nullable = {7, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"RetentionTimeMs", .offset = offsetof(struct offset_commit_request, retention_time_ms), .type = WIRE_INT64, .versions = {2, 4}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Topics", .offset = offsetof(struct offset_commit_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_commit_request_topic_layout},
};
const struct wire_layout offset_commit_request_layout = {"OffsetCommitRequest", offset_commit_request_fields, 6, sizeof(struct offset_commit_request), 8};

static const struct wire_field offset_commit_response_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_commit_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct offset_commit_response_partition, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_commit_response_partition_layout = {"OffsetCommitResponse", offset_commit_response_partition_fields, 2, sizeof(struct offset_commit_response_partition), 8};

static const struct wire_field offset_commit_response_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_commit_response_topic, name), .type = WIRE_STRING, .versions = {0, 9}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct offset_commit_response_topic, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct offset_commit_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_commit_response_partition_layout},
};
const struct wire_layout offset_commit_response_topic_layout = {"OffsetCommitResponse", offset_commit_response_topic_fields, 3, sizeof(struct offset_commit_response_topic), 8};

static const struct wire_field offset_commit_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct offset_commit_response, throttle_time_ms), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct offset_commit_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_commit_response_topic_layout},
};
const struct wire_layout offset_commit_response_layout = {"OffsetCommitResponse", offset_commit_response_fields, 2, sizeof(struct offset_commit_response), 8};

static const struct wire_field offset_fetch_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_fetch_request_topic, name), .type = WIRE_STRING, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndexes", .offset = offsetof(struct offset_fetch_request_topic, partition_indexes), .type = WIRE_INT32, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout offset_fetch_request_topic_layout = {"OffsetFetchRequest", offset_fetch_request_topic_fields, 2, sizeof(struct offset_fetch_request_topic), 6};

static const struct wire_field offset_fetch_request_topics_fields[] = {
  {"Name", .offset = offsetof(struct offset_fetch_request_topics, name), .type = WIRE_STRING, .versions = {8, 9}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct offset_fetch_request_topics, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"PartitionIndexes", .offset = offsetof(struct offset_fetch_request_topics, partition_indexes), .type = WIRE_INT32, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout offset_fetch_request_topics_layout = {"OffsetFetchRequest", offset_fetch_request_topics_fields, 3, sizeof(struct offset_fetch_request_topics), 6};

static const struct wire_field offset_fetch_request_group_fields[] = {
  {"GroupId", .offset = offsetof(struct offset_fetch_request_group, group_id), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct offset_fetch_request_group, member_id), .type = WIRE_STRING, .versions = {9, WIRE_LATEST}, .nullable = {9, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"MemberEpoch", .offset = offsetof(struct offset_fetch_request_group, member_epoch), .type = WIRE_INT32, .versions = {9, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Topics", .offset = offsetof(struct offset_fetch_request_group, topics), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {8, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_request_topics_layout},
};
const struct wire_layout offset_fetch_request_group_layout = {"OffsetFetchRequest", offset_fetch_request_group_fields, 4, sizeof(struct offset_fetch_request_group), 6};

static const struct wire_field offset_fetch_request_fields[] = {
  {"GroupId", .offset = offsetof(struct offset_fetch_request, group_id), .type = WIRE_STRING, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct offset_fetch_request, topics), .type = WIRE_STRUCT, .versions = {0, 7}, .nullable = {2, 7}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_request_topic_layout},
  {"Groups", .offset = offsetof(struct offset_fetch_request, groups), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_request_group_layout},
  {"RequireStable", .offset = offsetof(struct offset_fetch_request, require_stable), .type = WIRE_BOOL, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_fetch_request_layout = {"OffsetFetchRequest", offset_fetch_request_fields, 4, sizeof(struct offset_fetch_request), 6};

static const struct wire_field offset_fetch_response_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_fetch_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedOffset", .offset = offsetof(struct offset_fetch_response_partition, committed_offset), .type = WIRE_INT64, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedLeaderEpoch", .offset = offsetof(struct offset_fetch_response_partition, committed_leader_epoch), .type = WIRE_INT32, .versions = {5, 7}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Metadata", .offset = offsetof(struct offset_fetch_response_partition, metadata), .type = WIRE_STRING, .versions = {0, 7}, .nullable = {0, 7}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct offset_fetch_response_partition, error_code), .type = WIRE_INT16, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_fetch_response_partition_layout = {"OffsetFetchResponse", offset_fetch_response_partition_fields, 5, sizeof(struct offset_fetch_response_partition), 6};

static const struct wire_field offset_fetch_response_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_fetch_response_topic, name), .type = WIRE_STRING, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct offset_fetch_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_response_partition_layout},
};
const struct wire_layout offset_fetch_response_topic_layout = {"OffsetFetchResponse", offset_fetch_response_topic_fields, 2, sizeof(struct offset_fetch_response_topic), 6};

static const struct wire_field offset_fetch_response_partitions_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_fetch_response_partitions, partition_index), .type = WIRE_INT32, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedOffset", .offset = offsetof(struct offset_fetch_response_partitions, committed_offset), .type = WIRE_INT64, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CommittedLeaderEpoch", .offset = offsetof(struct offset_fetch_response_partitions, committed_leader_epoch), .type = WIRE_INT32, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Metadata", .offset = offsetof(struct offset_fetch_response_partitions, metadata), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {8, WIRE_LATEST}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct offset_fetch_response_partitions, error_code), .type = WIRE_INT16, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_fetch_response_partitions_layout = {"OffsetFetchResponse", offset_fetch_response_partitions_fields, 5, sizeof(struct offset_fetch_response_partitions), 6};

static const struct wire_field offset_fetch_response_topics_fields[] = {
  {"Name", .offset = offsetof(struct offset_fetch_response_topics, name), .type = WIRE_STRING, .versions = {8, 9}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct offset_fetch_response_topics, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct offset_fetch_response_topics, partitions), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_response_partitions_layout},
};
const struct wire_layout offset_fetch_response_topics_layout = {"OffsetFetchResponse", offset_fetch_response_topics_fields, 3, sizeof(struct offset_fetch_response_topics), 6};

static const struct wire_field offset_fetch_response_group_fields[] = {
  {"GroupId", .offset = offsetof(struct offset_fetch_response_group, group_id), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct offset_fetch_response_group, topics), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_response_topics_layout},
  {"ErrorCode", .offset = offsetof(struct offset_fetch_response_group, error_code), .type = WIRE_INT16, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_fetch_response_group_layout = {"OffsetFetchResponse", offset_fetch_response_group_fields, 3, sizeof(struct offset_fetch_response_group), 6};

static const struct wire_field offset_fetch_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct offset_fetch_response, throttle_time_ms), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct offset_fetch_response, topics), .type = WIRE_STRUCT, .versions = {0, 7}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_response_topic_layout},
  {"ErrorCode", .offset = offsetof(struct offset_fetch_response, error_code), .type = WIRE_INT16, .versions = {2, 7}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Groups", .offset = offsetof(struct offset_fetch_response, groups), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_fetch_response_group_layout},
};
const struct wire_layout offset_fetch_response_layout = {"OffsetFetchResponse", offset_fetch_response_fields, 4, sizeof(struct offset_fetch_response), 6};

static const struct wire_field find_coordinator_request_fields[] = {
  {"Key", .offset = offsetof(struct find_coordinator_request, key), .type = WIRE_STRING, .versions = {0, 3}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"KeyType", .offset = offsetof(struct find_coordinator_request, key_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CoordinatorKeys", .offset = offsetof(struct find_coordinator_request, coordinator_keys), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout find_coordinator_request_layout = {"FindCoordinatorRequest", find_coordinator_request_fields, 3, sizeof(struct find_coordinator_request), 3};

static const struct wire_field find_coordinator_response_coordinator_fields[] = {
  {"Key", .offset = offsetof(struct find_coordinator_response_coordinator, key), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"NodeId", .offset = offsetof(struct find_coordinator_response_coordinator, node_id), .type = WIRE_INT32, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct find_coordinator_response_coordinator, host), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct find_coordinator_response_coordinator, port), .type = WIRE_INT32, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct find_coordinator_response_coordinator, error_code), .type = WIRE_INT16, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct find_coordinator_response_coordinator, error_message), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {4, WIRE_LATEST}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout find_coordinator_response_coordinator_layout = {"FindCoordinatorResponse", find_coordinator_response_coordinator_fields, 6, sizeof(struct find_coordinator_response_coordinator), 3};

static const struct wire_field find_coordinator_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct find_coordinator_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct find_coordinator_response, error_code), .type = WIRE_INT16, .versions = {0, 3}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct find_coordinator_response, error_message), .type = WIRE_STRING, .versions = {1, 3}, .nullable = {1, 3}, .tagged = {0, -1}, .ignorable = true},
  {"NodeId", .offset = offsetof(struct find_coordinator_response, node_id), .type = WIRE_INT32, .versions = {0, 3}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct find_coordinator_response, host), .type = WIRE_STRING, .versions = {0, 3}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct find_coordinator_response, port), .type = WIRE_INT32, .versions = {0, 3}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Coordinators", .offset = offsetof(struct find_coordinator_response, coordinators), .type = WIRE_STRUCT, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &find_coordinator_response_coordinator_layout},
};
const struct wire_layout find_coordinator_response_layout = {"FindCoordinatorResponse", find_coordinator_response_fields, 7, sizeof(struct find_coordinator_response), 3};

static const struct wire_field join_group_request_protocol_fields[] = {
  {"Name", .offset = offsetof(struct join_group_request_protocol, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Metadata", .offset = offsetof(struct join_group_request_protocol, metadata), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout join_group_request_protocol_layout = {"JoinGroupRequest", join_group_request_protocol_fields, 2, sizeof(struct join_group_request_protocol), 6};

static const struct wire_field join_group_request_fields[] = {
  {"GroupId", .offset = offsetof(struct join_group_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"SessionTimeoutMs", .offset = offsetof(struct join_group_request, session_timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"RebalanceTimeoutMs", .offset = offsetof(struct join_group_request, rebalance_timeout_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"MemberId", .offset = offsetof(struct join_group_request, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct join_group_request, group_instance_id), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"ProtocolType", .offset = offsetof(struct join_group_request, protocol_type), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Protocols", .offset = offsetof(struct join_group_request, protocols), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &join_group_request_protocol_layout},
  {"Reason", .offset = offsetof(struct join_group_request, reason), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {8, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
};
const struct wire_layout join_group_request_layout = {"JoinGroupRequest", join_group_request_fields, 8, sizeof(struct join_group_request), 6};

static const struct wire_field join_group_response_member_fields[] = {
  {"MemberId", .offset = offsetof(struct join_group_response_member, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct join_group_response_member, group_instance_id), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"Metadata", .offset = offsetof(struct join_group_response_member, metadata), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout join_group_response_member_layout = {"JoinGroupResponse", join_group_response_member_fields, 3, sizeof(struct join_group_response_member), 6};

static const struct wire_field join_group_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct join_group_response, throttle_time_ms), .type = WIRE_INT32, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct join_group_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GenerationId", .offset = offsetof(struct join_group_response, generation_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"ProtocolType", .offset = offsetof(struct join_group_response, protocol_type), .type = WIRE_STRING, .versions = {7, WIRE_LATEST}, .nullable = {7, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"ProtocolName", .offset = offsetof(struct join_group_response, protocol_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {7, WIRE_LATEST}, .tagged = {0, -1}},
  {"Leader", .offset = offsetof(struct join_group_response, leader), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"SkipAssignment", .offset = offsetof(struct join_group_response, skip_assignment), .type = WIRE_BOOL, .versions = {9, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct join_group_response, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Members", .offset = offsetof(struct join_group_response, members), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &join_group_response_member_layout},
};
const struct wire_layout join_group_response_layout = {"JoinGroupResponse", join_group_response_fields, 9, sizeof(struct join_group_response), 6};

static const struct wire_field heartbeat_request_fields[] = {
  {"GroupId", .offset = offsetof(struct heartbeat_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GenerationId", .offset = offsetof(struct heartbeat_request, generation_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct heartbeat_request, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct heartbeat_request, group_instance_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
};
const struct wire_layout heartbeat_request_layout = {"HeartbeatRequest", heartbeat_request_fields, 4, sizeof(struct heartbeat_request), 4};

static const struct wire_field heartbeat_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct heartbeat_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct heartbeat_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout heartbeat_response_layout = {"HeartbeatResponse", heartbeat_response_fields, 2, sizeof(struct heartbeat_response), 4};

static const struct wire_field leave_group_request_member_identity_fields[] = {
  {"MemberId", .offset = offsetof(struct leave_group_request_member_identity, member_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct leave_group_request_member_identity, group_instance_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"Reason", .offset = offsetof(struct leave_group_request_member_identity, reason), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
};
const struct wire_layout leave_group_request_member_identity_layout = {"LeaveGroupRequest", leave_group_request_member_identity_fields, 3, sizeof(struct leave_group_request_member_identity), 4};

static const struct wire_field leave_group_request_fields[] = {
  {"GroupId", .offset = offsetof(struct leave_group_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct leave_group_request, member_id), .type = WIRE_STRING, .versions = {0, 2}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Members", .offset = offsetof(struct leave_group_request, members), .type = WIRE_STRUCT, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &leave_group_request_member_identity_layout},
};
const struct wire_layout leave_group_request_layout = {"LeaveGroupRequest", leave_group_request_fields, 3, sizeof(struct leave_group_request), 4};

static const struct wire_field leave_group_response_member_response_fields[] = {
  {"MemberId", .offset = offsetof(struct leave_group_response_member_response, member_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct leave_group_response_member_response, group_instance_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct leave_group_response_member_response, error_code), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout leave_group_response_member_response_layout = {"LeaveGroupResponse", leave_group_response_member_response_fields, 3, sizeof(struct leave_group_response_member_response), 4};

static const struct wire_field leave_group_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct leave_group_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct leave_group_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Members", .offset = offsetof(struct leave_group_response, members), .type = WIRE_STRUCT, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &leave_group_response_member_response_layout},
};
const struct wire_layout leave_group_response_layout = {"LeaveGroupResponse", leave_group_response_fields, 3, sizeof(struct leave_group_response), 4};

static const struct wire_field sync_group_request_assignment_fields[] = {
  {"MemberId", .offset = offsetof(struct sync_group_request_assignment, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Assignment", .offset = offsetof(struct sync_group_request_assignment, assignment), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout sync_group_request_assignment_layout = {"SyncGroupRequest", sync_group_request_assignment_fields, 2, sizeof(struct sync_group_request_assignment), 4};

static const struct wire_field sync_group_request_fields[] = {
  {"GroupId", .offset = offsetof(struct sync_group_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GenerationId", .offset = offsetof(struct sync_group_request, generation_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct sync_group_request, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct sync_group_request, group_instance_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"ProtocolType", .offset = offsetof(struct sync_group_request, protocol_type), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"ProtocolName", .offset = offsetof(struct sync_group_request, protocol_name), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"Assignments", .offset = offsetof(struct sync_group_request, assignments), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &sync_group_request_assignment_layout},
};
const struct wire_layout sync_group_request_layout = {"SyncGroupRequest", sync_group_request_fields, 7, sizeof(struct sync_group_request), 4};

static const struct wire_field sync_group_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct sync_group_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct sync_group_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProtocolType", .offset = offsetof(struct sync_group_response, protocol_type), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"ProtocolName", .offset = offsetof(struct sync_group_response, protocol_name), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"Assignment", .offset = offsetof(struct sync_group_response, assignment), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout sync_group_response_layout = {"SyncGroupResponse", sync_group_response_fields, 5, sizeof(struct sync_group_response), 4};

static const struct wire_field describe_groups_request_fields[] = {
  {"Groups", .offset = offsetof(struct describe_groups_request, groups), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"IncludeAuthorizedOperations", .offset = offsetof(struct describe_groups_request, include_authorized_operations), .type = WIRE_BOOL, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_groups_request_layout = {"DescribeGroupsRequest", describe_groups_request_fields, 2, sizeof(struct describe_groups_request), 5};

static const struct wire_field describe_groups_response_described_group_member_fields[] = {
  {"MemberId", .offset = offsetof(struct describe_groups_response_described_group_member, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupInstanceId", .offset = offsetof(struct describe_groups_response_described_group_member, group_instance_id), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {4, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"ClientId", .offset = offsetof(struct describe_groups_response_described_group_member, client_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ClientHost", .offset = offsetof(struct describe_groups_response_described_group_member, client_host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberMetadata", .offset = offsetof(struct describe_groups_response_described_group_member, member_metadata), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberAssignment", .offset = offsetof(struct describe_groups_response_described_group_member, member_assignment), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_groups_response_described_group_member_layout = {"DescribeGroupsResponse", describe_groups_response_described_group_member_fields, 6, sizeof(struct describe_groups_response_described_group_member), 5};

static const struct wire_field describe_groups_response_described_group_fields[] = {
  {"ErrorCode", .offset = offsetof(struct describe_groups_response_described_group, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_groups_response_described_group, error_message), .type = WIRE_STRING, .versions = {6, WIRE_LATEST}, .nullable = {6, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"GroupId", .offset = offsetof(struct describe_groups_response_described_group, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupState", .offset = offsetof(struct describe_groups_response_described_group, group_state), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProtocolType", .offset = offsetof(struct describe_groups_response_described_group, protocol_type), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProtocolData", .offset = offsetof(struct describe_groups_response_described_group, protocol_data), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Members", .offset = offsetof(struct describe_groups_response_described_group, members), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_groups_response_described_group_member_layout},
  {"AuthorizedOperations", .offset = offsetof(struct describe_groups_response_described_group, authorized_operations), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -2147483648},
};
const struct wire_layout describe_groups_response_described_group_layout = {"DescribeGroupsResponse", describe_groups_response_described_group_fields, 8, sizeof(struct describe_groups_response_described_group), 5};

static const struct wire_field describe_groups_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_groups_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Groups", .offset = offsetof(struct describe_groups_response, groups), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_groups_response_described_group_layout},
};
const struct wire_layout describe_groups_response_layout = {"DescribeGroupsResponse", describe_groups_response_fields, 2, sizeof(struct describe_groups_response), 5};

static const struct wire_field list_groups_request_fields[] = {
  {"StatesFilter", .offset = offsetof(struct list_groups_request, states_filter), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"TypesFilter", .offset = offsetof(struct list_groups_request, types_filter), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout list_groups_request_layout = {"ListGroupsRequest", list_groups_request_fields, 2, sizeof(struct list_groups_request), 3};

static const struct wire_field list_groups_response_listed_group_fields[] = {
  {"GroupId", .offset = offsetof(struct list_groups_response_listed_group, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProtocolType", .offset = offsetof(struct list_groups_response_listed_group, protocol_type), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"GroupState", .offset = offsetof(struct list_groups_response_listed_group, group_state), .type = WIRE_STRING, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"GroupType", .offset = offsetof(struct list_groups_response_listed_group, group_type), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout list_groups_response_listed_group_layout = {"ListGroupsResponse", list_groups_response_listed_group_fields, 4, sizeof(struct list_groups_response_listed_group), 3};

static const struct wire_field list_groups_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct list_groups_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct list_groups_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Groups", .offset = offsetof(struct list_groups_response, groups), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_groups_response_listed_group_layout},
};
const struct wire_layout list_groups_response_layout = {"ListGroupsResponse", list_groups_response_fields, 3, sizeof(struct list_groups_response), 3};

static const struct wire_field delete_groups_request_fields[] = {
  {"GroupsNames", .offset = offsetof(struct delete_groups_request, groups_names), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout delete_groups_request_layout = {"DeleteGroupsRequest", delete_groups_request_fields, 1, sizeof(struct delete_groups_request), 2};

static const struct wire_field delete_groups_response_deletable_group_result_fields[] = {
  {"GroupId", .offset = offsetof(struct delete_groups_response_deletable_group_result, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct delete_groups_response_deletable_group_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct delete_groups_response_deletable_group_result, error_message), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
};
const struct wire_layout delete_groups_response_deletable_group_result_layout = {"DeleteGroupsResponse", delete_groups_response_deletable_group_result_fields, 3, sizeof(struct delete_groups_response_deletable_group_result), 2};

static const struct wire_field delete_groups_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct delete_groups_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct delete_groups_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_groups_response_deletable_group_result_layout},
};
const struct wire_layout delete_groups_response_layout = {"DeleteGroupsResponse", delete_groups_response_fields, 2, sizeof(struct delete_groups_response), 2};

static const struct wire_field offset_delete_request_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_delete_request_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_delete_request_partition_layout = {"OffsetDeleteRequest", offset_delete_request_partition_fields, 1, sizeof(struct offset_delete_request_partition), WIRE_LATEST};

static const struct wire_field offset_delete_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_delete_request_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct offset_delete_request_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_delete_request_partition_layout},
};
const struct wire_layout offset_delete_request_topic_layout = {"OffsetDeleteRequest", offset_delete_request_topic_fields, 2, sizeof(struct offset_delete_request_topic), WIRE_LATEST};

static const struct wire_field offset_delete_request_fields[] = {
  {"GroupId", .offset = offsetof(struct offset_delete_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct offset_delete_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_delete_request_topic_layout},
};
const struct wire_layout offset_delete_request_layout = {"OffsetDeleteRequest", offset_delete_request_fields, 2, sizeof(struct offset_delete_request), WIRE_LATEST};

static const struct wire_field offset_delete_response_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct offset_delete_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct offset_delete_response_partition, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_delete_response_partition_layout = {"OffsetDeleteResponse", offset_delete_response_partition_fields, 2, sizeof(struct offset_delete_response_partition), WIRE_LATEST};

static const struct wire_field offset_delete_response_topic_fields[] = {
  {"Name", .offset = offsetof(struct offset_delete_response_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct offset_delete_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_delete_response_partition_layout},
};
const struct wire_layout offset_delete_response_topic_layout = {"OffsetDeleteResponse", offset_delete_response_topic_fields, 2, sizeof(struct offset_delete_response_topic), WIRE_LATEST};

static const struct wire_field offset_delete_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct offset_delete_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ThrottleTimeMs", .offset = offsetof(struct offset_delete_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct offset_delete_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_delete_response_topic_layout},
};
const struct wire_layout offset_delete_response_layout = {"OffsetDeleteResponse", offset_delete_response_fields, 3, sizeof(struct offset_delete_response), WIRE_LATEST};

static const struct wire_field consumer_group_heartbeat_request_topic_partitions_fields[] = {
  {"TopicId", .offset = offsetof(struct consumer_group_heartbeat_request_topic_partitions, topic_id), .type = WIRE_UUID, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct consumer_group_heartbeat_request_topic_partitions, partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout consumer_group_heartbeat_request_topic_partitions_layout = {"ConsumerGroupHeartbeatRequest", consumer_group_heartbeat_request_topic_partitions_fields, 2, sizeof(struct consumer_group_heartbeat_request_topic_partitions), 0};

static const struct wire_field consumer_group_heartbeat_request_fields[] = {
  {"GroupId", .offset = offsetof(struct consumer_group_heartbeat_request, group_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberId", .offset = offsetof(struct consumer_group_heartbeat_request, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MemberEpoch", .offset = offsetof(struct consumer_group_heartbeat_request, member_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"InstanceId", .offset = offsetof(struct consumer_group_heartbeat_request, instance_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"RackId", .offset = offsetof(struct consumer_group_heartbeat_request, rack_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"RebalanceTimeoutMs", .offset = offsetof(struct consumer_group_heartbeat_request, rebalance_timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"SubscribedTopicNames", .offset = offsetof(struct consumer_group_heartbeat_request, subscribed_topic_names), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true},
  {"SubscribedTopicRegex", .offset = offsetof(struct consumer_group_heartbeat_request, subscribed_topic_regex), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {1, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"ServerAssignor", .offset = offsetof(struct consumer_group_heartbeat_request, server_assignor), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"TopicPartitions", .offset = offsetof(struct consumer_group_heartbeat_request, topic_partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true, .layout = &consumer_group_heartbeat_request_topic_partitions_layout},
};
const struct wire_layout consumer_group_heartbeat_request_layout = {"ConsumerGroupHeartbeatRequest", consumer_group_heartbeat_request_fields, 10, sizeof(struct consumer_group_heartbeat_request), 0};

static const struct wire_field consumer_group_heartbeat_response_topic_partitions_fields[] = {
  {"TopicId", .offset = offsetof(struct consumer_group_heartbeat_response_topic_partitions, topic_id), .type = WIRE_UUID, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct consumer_group_heartbeat_response_topic_partitions, partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout consumer_group_heartbeat_response_topic_partitions_layout = {"ConsumerGroupHeartbeatResponse", consumer_group_heartbeat_response_topic_partitions_fields, 2, sizeof(struct consumer_group_heartbeat_response_topic_partitions), 0};

static const struct wire_field consumer_group_heartbeat_response_assignment_fields[] = {
  {"TopicPartitions", .offset = offsetof(struct consumer_group_heartbeat_response_assignment, topic_partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &consumer_group_heartbeat_response_topic_partitions_layout},
};
const struct wire_layout consumer_group_heartbeat_response_assignment_layout = {"ConsumerGroupHeartbeatResponse", consumer_group_heartbeat_response_assignment_fields, 1, sizeof(struct consumer_group_heartbeat_response_assignment), 0};

static const struct wire_field consumer_group_heartbeat_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct consumer_group_heartbeat_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct consumer_group_heartbeat_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct consumer_group_heartbeat_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"MemberId", .offset = offsetof(struct consumer_group_heartbeat_response, member_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"MemberEpoch", .offset = offsetof(struct consumer_group_heartbeat_response, member_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"HeartbeatIntervalMs", .offset = offsetof(struct consumer_group_heartbeat_response, heartbeat_interval_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Assignment", .offset = offsetof(struct consumer_group_heartbeat_response, assignment), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .pointer = true, .initially_null = true, .layout = &consumer_group_heartbeat_response_assignment_layout},
};
const struct wire_layout consumer_group_heartbeat_response_layout = {"ConsumerGroupHeartbeatResponse", consumer_group_heartbeat_response_fields, 7, sizeof(struct consumer_group_heartbeat_response), 0};
