/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#ifndef HEADRACE_KAFKA_MESSAGES_GROUP_H
#define HEADRACE_KAFKA_MESSAGES_GROUP_H

struct offset_commit_request_partition {
  int32_t partition_index;
  int64_t committed_offset;
  int32_t committed_leader_epoch;
  struct wire_slice committed_metadata;
};
struct offset_commit_request_partition_array { struct offset_commit_request_partition *items; int32_t count; };

struct offset_commit_request_topic {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct offset_commit_request_partition_array partitions;
};
struct offset_commit_request_topic_array { struct offset_commit_request_topic *items; int32_t count; };

struct offset_commit_request {
  struct wire_slice group_id;
  int32_t generation_id_or_member_epoch;
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  int64_t retention_time_ms;
  struct offset_commit_request_topic_array topics;
};

extern const struct wire_layout offset_commit_request_partition_layout;
extern const struct wire_layout offset_commit_request_topic_layout;
extern const struct wire_layout offset_commit_request_layout;

struct offset_commit_response_partition {
  int32_t partition_index;
  int16_t error_code;
};
struct offset_commit_response_partition_array { struct offset_commit_response_partition *items; int32_t count; };

struct offset_commit_response_topic {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct offset_commit_response_partition_array partitions;
};
struct offset_commit_response_topic_array { struct offset_commit_response_topic *items; int32_t count; };

struct offset_commit_response {
  int32_t throttle_time_ms;
  struct offset_commit_response_topic_array topics;
};

extern const struct wire_layout offset_commit_response_partition_layout;
extern const struct wire_layout offset_commit_response_topic_layout;
extern const struct wire_layout offset_commit_response_layout;

struct offset_fetch_request_topic {
  struct wire_slice name;
  struct wire_int32_array partition_indexes;
};
struct offset_fetch_request_topic_array { struct offset_fetch_request_topic *items; int32_t count; };

struct offset_fetch_request_topics {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct wire_int32_array partition_indexes;
};
struct offset_fetch_request_topics_array { struct offset_fetch_request_topics *items; int32_t count; };

struct offset_fetch_request_group {
  struct wire_slice group_id;
  struct wire_slice member_id;
  int32_t member_epoch;
  struct offset_fetch_request_topics_array topics;
};
struct offset_fetch_request_group_array { struct offset_fetch_request_group *items; int32_t count; };

struct offset_fetch_request {
  struct wire_slice group_id;
  struct offset_fetch_request_topic_array topics;
  struct offset_fetch_request_group_array groups;
  bool require_stable;
};

extern const struct wire_layout offset_fetch_request_topic_layout;
extern const struct wire_layout offset_fetch_request_topics_layout;
extern const struct wire_layout offset_fetch_request_group_layout;
extern const struct wire_layout offset_fetch_request_layout;

struct offset_fetch_response_partition {
  int32_t partition_index;
  int64_t committed_offset;
  int32_t committed_leader_epoch;
  struct wire_slice metadata;
  int16_t error_code;
};
struct offset_fetch_response_partition_array { struct offset_fetch_response_partition *items; int32_t count; };

struct offset_fetch_response_topic {
  struct wire_slice name;
  struct offset_fetch_response_partition_array partitions;
};
struct offset_fetch_response_topic_array { struct offset_fetch_response_topic *items; int32_t count; };

struct offset_fetch_response_partitions {
  int32_t partition_index;
  int64_t committed_offset;
  int32_t committed_leader_epoch;
  struct wire_slice metadata;
  int16_t error_code;
};
struct offset_fetch_response_partitions_array { struct offset_fetch_response_partitions *items; int32_t count; };

struct offset_fetch_response_topics {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct offset_fetch_response_partitions_array partitions;
};
struct offset_fetch_response_topics_array { struct offset_fetch_response_topics *items; int32_t count; };

struct offset_fetch_response_group {
  struct wire_slice group_id;
  struct offset_fetch_response_topics_array topics;
  int16_t error_code;
};
struct offset_fetch_response_group_array { struct offset_fetch_response_group *items; int32_t count; };

struct offset_fetch_response {
  int32_t throttle_time_ms;
  struct offset_fetch_response_topic_array topics;
  int16_t error_code;
  struct offset_fetch_response_group_array groups;
};

extern const struct wire_layout offset_fetch_response_partition_layout;
extern const struct wire_layout offset_fetch_response_topic_layout;
extern const struct wire_layout offset_fetch_response_partitions_layout;
extern const struct wire_layout offset_fetch_response_topics_layout;
extern const struct wire_layout offset_fetch_response_group_layout;
extern const struct wire_layout offset_fetch_response_layout;

struct find_coordinator_request {
  struct wire_slice key;
  int8_t key_type;
  struct wire_slice_array coordinator_keys;
};

extern const struct wire_layout find_coordinator_request_layout;

struct find_coordinator_response_coordinator {
  struct wire_slice key;
  int32_t node_id;
  struct wire_slice host;
  int32_t port;
  int16_t error_code;
  struct wire_slice error_message;
};
struct find_coordinator_response_coordinator_array { struct find_coordinator_response_coordinator *items; int32_t count; };

struct find_coordinator_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  int32_t node_id;
  struct wire_slice host;
  int32_t port;
  struct find_coordinator_response_coordinator_array coordinators;
};

extern const struct wire_layout find_coordinator_response_coordinator_layout;
extern const struct wire_layout find_coordinator_response_layout;

struct join_group_request_protocol {
  struct wire_slice name;
  struct wire_slice metadata;
};
struct join_group_request_protocol_array { struct join_group_request_protocol *items; int32_t count; };

struct join_group_request {
  struct wire_slice group_id;
  int32_t session_timeout_ms;
  int32_t rebalance_timeout_ms;
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  struct wire_slice protocol_type;
  struct join_group_request_protocol_array protocols;
  struct wire_slice reason;
};

extern const struct wire_layout join_group_request_protocol_layout;
extern const struct wire_layout join_group_request_layout;

struct join_group_response_member {
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  struct wire_slice metadata;
};
struct join_group_response_member_array { struct join_group_response_member *items; int32_t count; };

struct join_group_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  int32_t generation_id;
  struct wire_slice protocol_type;
  struct wire_slice protocol_name;
  struct wire_slice leader;
  bool skip_assignment;
  struct wire_slice member_id;
  struct join_group_response_member_array members;
};

extern const struct wire_layout join_group_response_member_layout;
extern const struct wire_layout join_group_response_layout;

struct heartbeat_request {
  struct wire_slice group_id;
  int32_t generation_id;
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
};

extern const struct wire_layout heartbeat_request_layout;

struct heartbeat_response {
  int32_t throttle_time_ms;
  int16_t error_code;
};

extern const struct wire_layout heartbeat_response_layout;

struct leave_group_request_member_identity {
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  struct wire_slice reason;
};
struct leave_group_request_member_identity_array { struct leave_group_request_member_identity *items; int32_t count; };

struct leave_group_request {
  struct wire_slice group_id;
  struct wire_slice member_id;
  struct leave_group_request_member_identity_array members;
};

extern const struct wire_layout leave_group_request_member_identity_layout;
extern const struct wire_layout leave_group_request_layout;

struct leave_group_response_member_response {
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  int16_t error_code;
};
struct leave_group_response_member_response_array { struct leave_group_response_member_response *items; int32_t count; };

struct leave_group_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct leave_group_response_member_response_array members;
};

extern const struct wire_layout leave_group_response_member_response_layout;
extern const struct wire_layout leave_group_response_layout;

struct sync_group_request_assignment {
  struct wire_slice member_id;
  struct wire_slice assignment;
};
struct sync_group_request_assignment_array { struct sync_group_request_assignment *items; int32_t count; };

struct sync_group_request {
  struct wire_slice group_id;
  int32_t generation_id;
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  struct wire_slice protocol_type;
  struct wire_slice protocol_name;
  struct sync_group_request_assignment_array assignments;
};

extern const struct wire_layout sync_group_request_assignment_layout;
extern const struct wire_layout sync_group_request_layout;

struct sync_group_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice protocol_type;
  struct wire_slice protocol_name;
  struct wire_slice assignment;
};

extern const struct wire_layout sync_group_response_layout;

struct describe_groups_request {
  struct wire_slice_array groups;
  bool include_authorized_operations;
};

extern const struct wire_layout describe_groups_request_layout;

struct describe_groups_response_described_group_member {
  struct wire_slice member_id;
  struct wire_slice group_instance_id;
  struct wire_slice client_id;
  struct wire_slice client_host;
  struct wire_slice member_metadata;
  struct wire_slice member_assignment;
};
struct describe_groups_response_described_group_member_array { struct describe_groups_response_described_group_member *items; int32_t count; };

struct describe_groups_response_described_group {
  int16_t error_code;
  struct wire_slice error_message;
  struct wire_slice group_id;
  struct wire_slice group_state;
  struct wire_slice protocol_type;
  struct wire_slice protocol_data;
  struct describe_groups_response_described_group_member_array members;
  int32_t authorized_operations;
};
struct describe_groups_response_described_group_array { struct describe_groups_response_described_group *items; int32_t count; };

struct describe_groups_response {
  int32_t throttle_time_ms;
  struct describe_groups_response_described_group_array groups;
};

extern const struct wire_layout describe_groups_response_described_group_member_layout;
extern const struct wire_layout describe_groups_response_described_group_layout;
extern const struct wire_layout describe_groups_response_layout;

struct list_groups_request {
  struct wire_slice_array states_filter;
  struct wire_slice_array types_filter;
};

extern const struct wire_layout list_groups_request_layout;

struct list_groups_response_listed_group {
  struct wire_slice group_id;
  struct wire_slice protocol_type;
  struct wire_slice group_state;
  struct wire_slice group_type;
};
struct list_groups_response_listed_group_array { struct list_groups_response_listed_group *items; int32_t count; };

struct list_groups_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct list_groups_response_listed_group_array groups;
};

extern const struct wire_layout list_groups_response_listed_group_layout;
extern const struct wire_layout list_groups_response_layout;

struct delete_groups_request {
  struct wire_slice_array groups_names;
};

extern const struct wire_layout delete_groups_request_layout;

struct delete_groups_response_deletable_group_result {
  struct wire_slice group_id;
  int16_t error_code;
  struct wire_slice error_message;
};
struct delete_groups_response_deletable_group_result_array { struct delete_groups_response_deletable_group_result *items; int32_t count; };

struct delete_groups_response {
  int32_t throttle_time_ms;
  struct delete_groups_response_deletable_group_result_array results;
};

extern const struct wire_layout delete_groups_response_deletable_group_result_layout;
extern const struct wire_layout delete_groups_response_layout;

struct offset_delete_request_partition {
  int32_t partition_index;
};
struct offset_delete_request_partition_array { struct offset_delete_request_partition *items; int32_t count; };

struct offset_delete_request_topic {
  struct wire_slice name;
  struct offset_delete_request_partition_array partitions;
};
struct offset_delete_request_topic_array { struct offset_delete_request_topic *items; int32_t count; };

struct offset_delete_request {
  struct wire_slice group_id;
  struct offset_delete_request_topic_array topics;
};

extern const struct wire_layout offset_delete_request_partition_layout;
extern const struct wire_layout offset_delete_request_topic_layout;
extern const struct wire_layout offset_delete_request_layout;

struct offset_delete_response_partition {
  int32_t partition_index;
  int16_t error_code;
};
struct offset_delete_response_partition_array { struct offset_delete_response_partition *items; int32_t count; };

struct offset_delete_response_topic {
  struct wire_slice name;
  struct offset_delete_response_partition_array partitions;
};
struct offset_delete_response_topic_array { struct offset_delete_response_topic *items; int32_t count; };

struct offset_delete_response {
  int16_t error_code;
  int32_t throttle_time_ms;
  struct offset_delete_response_topic_array topics;
};

extern const struct wire_layout offset_delete_response_partition_layout;
extern const struct wire_layout offset_delete_response_topic_layout;
extern const struct wire_layout offset_delete_response_layout;

struct consumer_group_heartbeat_request_topic_partitions {
  struct wire_uuid topic_id;
  struct wire_int32_array partitions;
};
struct consumer_group_heartbeat_request_topic_partitions_array { struct consumer_group_heartbeat_request_topic_partitions *items; int32_t count; };

struct consumer_group_heartbeat_request {
  struct wire_slice group_id;
  struct wire_slice member_id;
  int32_t member_epoch;
  struct wire_slice instance_id;
  struct wire_slice rack_id;
  int32_t rebalance_timeout_ms;
  struct wire_slice_array subscribed_topic_names;
  struct wire_slice subscribed_topic_regex;
  struct wire_slice server_assignor;
  struct consumer_group_heartbeat_request_topic_partitions_array topic_partitions;
};

extern const struct wire_layout consumer_group_heartbeat_request_topic_partitions_layout;
extern const struct wire_layout consumer_group_heartbeat_request_layout;

struct consumer_group_heartbeat_response_topic_partitions {
  struct wire_uuid topic_id;
  struct wire_int32_array partitions;
};
struct consumer_group_heartbeat_response_topic_partitions_array { struct consumer_group_heartbeat_response_topic_partitions *items; int32_t count; };

struct consumer_group_heartbeat_response_assignment {
  struct consumer_group_heartbeat_response_topic_partitions_array topic_partitions;
};

struct consumer_group_heartbeat_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  struct wire_slice member_id;
  int32_t member_epoch;
  int32_t heartbeat_interval_ms;
  struct consumer_group_heartbeat_response_assignment *assignment;
};

extern const struct wire_layout consumer_group_heartbeat_response_topic_partitions_layout;
extern const struct wire_layout consumer_group_heartbeat_response_assignment_layout;
extern const struct wire_layout consumer_group_heartbeat_response_layout;
#endif
