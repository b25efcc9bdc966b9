/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#ifndef HEADRACE_KAFKA_MESSAGES_DATA_H
#define HEADRACE_KAFKA_MESSAGES_DATA_H

struct produce_request_partition_produce_data {
  int32_t index;
  struct wire_slice records;
};
struct produce_request_partition_produce_data_array { struct produce_request_partition_produce_data *items; int32_t count; };

struct produce_request_topic_produce_data {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct produce_request_partition_produce_data_array partition_data;
};
struct produce_request_topic_produce_data_array { struct produce_request_topic_produce_data *items; int32_t count; };

struct produce_request {
  struct wire_slice transactional_id;
  int16_t acks;
  int32_t timeout_ms;
  struct produce_request_topic_produce_data_array topic_data;
};

extern const struct wire_layout produce_request_partition_produce_data_layout;
extern const struct wire_layout produce_request_topic_produce_data_layout;
extern const struct wire_layout produce_request_layout;

struct produce_response_batch_index_and_error_message {
  int32_t batch_index;
  struct wire_slice batch_index_error_message;
};
struct produce_response_batch_index_and_error_message_array { struct produce_response_batch_index_and_error_message *items; int32_t count; };

struct produce_response_leader_id_and_epoch {
  int32_t leader_id;
  int32_t leader_epoch;
};

struct produce_response_partition_produce_response {
  int32_t index;
  int16_t error_code;
  int64_t base_offset;
  int64_t log_append_time_ms;
  int64_t log_start_offset;
  struct produce_response_batch_index_and_error_message_array record_errors;
  struct wire_slice error_message;
  struct produce_response_leader_id_and_epoch current_leader;
};
struct produce_response_partition_produce_response_array { struct produce_response_partition_produce_response *items; int32_t count; };

struct produce_response_topic_produce_response {
  struct wire_slice name;
  struct wire_uuid topic_id;
  struct produce_response_partition_produce_response_array partition_responses;
};
struct produce_response_topic_produce_response_array { struct produce_response_topic_produce_response *items; int32_t count; };

struct produce_response_node_endpoint {
  int32_t node_id;
  struct wire_slice host;
  int32_t port;
  struct wire_slice rack;
};
struct produce_response_node_endpoint_array { struct produce_response_node_endpoint *items; int32_t count; };

struct produce_response {
  struct produce_response_topic_produce_response_array responses;
  int32_t throttle_time_ms;
  struct produce_response_node_endpoint_array node_endpoints;
};

extern const struct wire_layout produce_response_batch_index_and_error_message_layout;
extern const struct wire_layout produce_response_leader_id_and_epoch_layout;
extern const struct wire_layout produce_response_partition_produce_response_layout;
extern const struct wire_layout produce_response_topic_produce_response_layout;
extern const struct wire_layout produce_response_node_endpoint_layout;
extern const struct wire_layout produce_response_layout;

struct fetch_request_replica_state {
  int32_t replica_id;
  int64_t replica_epoch;
};

struct fetch_request_partition {
  int32_t partition;
  int32_t current_leader_epoch;
  int64_t fetch_offset;
  int32_t last_fetched_epoch;
  int64_t log_start_offset;
  int32_t partition_max_bytes;
  struct wire_uuid replica_directory_id;
  int64_t high_watermark;
};
struct fetch_request_partition_array { struct fetch_request_partition *items; int32_t count; };

struct fetch_request_topic {
  struct wire_slice topic;
  struct wire_uuid topic_id;
  struct fetch_request_partition_array partitions;
};
struct fetch_request_topic_array { struct fetch_request_topic *items; int32_t count; };

struct fetch_request_forgotten_topic {
  struct wire_slice topic;
  struct wire_uuid topic_id;
  struct wire_int32_array partitions;
};
struct fetch_request_forgotten_topic_array { struct fetch_request_forgotten_topic *items; int32_t count; };

struct fetch_request {
  struct wire_slice cluster_id;
  int32_t replica_id;
  struct fetch_request_replica_state replica_state;
  int32_t max_wait_ms;
  int32_t min_bytes;
  int32_t max_bytes;
  int8_t isolation_level;
  int32_t session_id;
  int32_t session_epoch;
  struct fetch_request_topic_array topics;
  struct fetch_request_forgotten_topic_array forgotten_topics_data;
  struct wire_slice rack_id;
};

extern const struct wire_layout fetch_request_replica_state_layout;
extern const struct wire_layout fetch_request_partition_layout;
extern const struct wire_layout fetch_request_topic_layout;
extern const struct wire_layout fetch_request_forgotten_topic_layout;
extern const struct wire_layout fetch_request_layout;

struct fetch_response_epoch_end_offset {
  int32_t epoch;
  int64_t end_offset;
};

struct fetch_response_leader_id_and_epoch {
  int32_t leader_id;
  int32_t leader_epoch;
};

struct fetch_response_snapshot_id {
  int64_t end_offset;
  int32_t epoch;
};

struct fetch_response_aborted_transaction {
  int64_t producer_id;
  int64_t first_offset;
};
struct fetch_response_aborted_transaction_array { struct fetch_response_aborted_transaction *items; int32_t count; };

struct fetch_response_partition_data {
  int32_t partition_index;
  int16_t error_code;
  int64_t high_watermark;
  int64_t last_stable_offset;
  int64_t log_start_offset;
  struct fetch_response_epoch_end_offset diverging_epoch;
  struct fetch_response_leader_id_and_epoch current_leader;
  struct fetch_response_snapshot_id snapshot_id;
  struct fetch_response_aborted_transaction_array aborted_transactions;
  int32_t preferred_read_replica;
  struct wire_slice records;
};
struct fetch_response_partition_data_array { struct fetch_response_partition_data *items; int32_t count; };

struct fetch_response_fetchable_topic_response {
  struct wire_slice topic;
  struct wire_uuid topic_id;
  struct fetch_response_partition_data_array partitions;
};
struct fetch_response_fetchable_topic_response_array { struct fetch_response_fetchable_topic_response *items; int32_t count; };

struct fetch_response_node_endpoint {
  int32_t node_id;
  struct wire_slice host;
  int32_t port;
  struct wire_slice rack;
};
struct fetch_response_node_endpoint_array { struct fetch_response_node_endpoint *items; int32_t count; };

struct fetch_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  int32_t session_id;
  struct fetch_response_fetchable_topic_response_array responses;
  struct fetch_response_node_endpoint_array node_endpoints;
};

extern const struct wire_layout fetch_response_epoch_end_offset_layout;
extern const struct wire_layout fetch_response_leader_id_and_epoch_layout;
extern const struct wire_layout fetch_response_snapshot_id_layout;
extern const struct wire_layout fetch_response_aborted_transaction_layout;
extern const struct wire_layout fetch_response_partition_data_layout;
extern const struct wire_layout fetch_response_fetchable_topic_response_layout;
extern const struct wire_layout fetch_response_node_endpoint_layout;
extern const struct wire_layout fetch_response_layout;

struct list_offsets_request_partition {
  int32_t partition_index;
  int32_t current_leader_epoch;
  int64_t timestamp;
};
struct list_offsets_request_partition_array { struct list_offsets_request_partition *items; int32_t count; };

struct list_offsets_request_topic {
  struct wire_slice name;
  struct list_offsets_request_partition_array partitions;
};
struct list_offsets_request_topic_array { struct list_offsets_request_topic *items; int32_t count; };

struct list_offsets_request {
  int32_t replica_id;
  int8_t isolation_level;
  struct list_offsets_request_topic_array topics;
  int32_t timeout_ms;
};

extern const struct wire_layout list_offsets_request_partition_layout;
extern const struct wire_layout list_offsets_request_topic_layout;
extern const struct wire_layout list_offsets_request_layout;

struct list_offsets_response_partition_response {
  int32_t partition_index;
  int16_t error_code;
  int64_t timestamp;
  int64_t offset;
  int32_t leader_epoch;
};
struct list_offsets_response_partition_response_array { struct list_offsets_response_partition_response *items; int32_t count; };

struct list_offsets_response_topic_response {
  struct wire_slice name;
  struct list_offsets_response_partition_response_array partitions;
};
struct list_offsets_response_topic_response_array { struct list_offsets_response_topic_response *items; int32_t count; };

struct list_offsets_response {
  int32_t throttle_time_ms;
  struct list_offsets_response_topic_response_array topics;
};

extern const struct wire_layout list_offsets_response_partition_response_layout;
extern const struct wire_layout list_offsets_response_topic_response_layout;
extern const struct wire_layout list_offsets_response_layout;

struct metadata_request_topic {
  struct wire_uuid topic_id;
  struct wire_slice name;
};
struct metadata_request_topic_array { struct metadata_request_topic *items; int32_t count; };

struct metadata_request {
  struct metadata_request_topic_array topics;
  bool allow_auto_topic_creation;
  bool include_cluster_authorized_operations;
  bool include_topic_authorized_operations;
};

extern const struct wire_layout metadata_request_topic_layout;
extern const struct wire_layout metadata_request_layout;

struct metadata_response_broker {
  int32_t node_id;
  struct wire_slice host;
  int32_t port;
  struct wire_slice rack;
};
struct metadata_response_broker_array { struct metadata_response_broker *items; int32_t count; };

struct metadata_response_partition {
  int16_t error_code;
  int32_t partition_index;
  int32_t leader_id;
  int32_t leader_epoch;
  struct wire_int32_array replica_nodes;
  struct wire_int32_array isr_nodes;
  struct wire_int32_array offline_replicas;
};
struct metadata_response_partition_array { struct metadata_response_partition *items; int32_t count; };

struct metadata_response_topic {
  int16_t error_code;
  struct wire_slice name;
  struct wire_uuid topic_id;
  bool is_internal;
  struct metadata_response_partition_array partitions;
  int32_t topic_authorized_operations;
};
struct metadata_response_topic_array { struct metadata_response_topic *items; int32_t count; };

struct metadata_response {
  int32_t throttle_time_ms;
  struct metadata_response_broker_array brokers;
  struct wire_slice cluster_id;
  int32_t controller_id;
  struct metadata_response_topic_array topics;
  int32_t cluster_authorized_operations;
  int16_t error_code;
};

extern const struct wire_layout metadata_response_broker_layout;
extern const struct wire_layout metadata_response_partition_layout;
extern const struct wire_layout metadata_response_topic_layout;
extern const struct wire_layout metadata_response_layout;

struct sasl_handshake_request {
  struct wire_slice mechanism;
};

extern const struct wire_layout sasl_handshake_request_layout;

struct sasl_handshake_response {
  int16_t error_code;
  struct wire_slice_array mechanisms;
};

extern const struct wire_layout sasl_handshake_response_layout;

struct api_versions_request {
  struct wire_slice client_software_name;
  struct wire_slice client_software_version;
  struct wire_slice cluster_id;
  int32_t node_id;
};

extern const struct wire_layout api_versions_request_layout;

struct api_versions_response_api_version {
  int16_t api_key;
  int16_t min_version;
  int16_t max_version;
};
struct api_versions_response_api_version_array { struct api_versions_response_api_version *items; int32_t count; };

struct api_versions_response_supported_feature_key {
  struct wire_slice name;
  int16_t min_version;
  int16_t max_version;
};
struct api_versions_response_supported_feature_key_array { struct api_versions_response_supported_feature_key *items; int32_t count; };

struct api_versions_response_finalized_feature_key {
  struct wire_slice name;
  int16_t max_version_level;
  int16_t min_version_level;
};
struct api_versions_response_finalized_feature_key_array { struct api_versions_response_finalized_feature_key *items; int32_t count; };

struct api_versions_response {
  int16_t error_code;
  struct api_versions_response_api_version_array api_keys;
  int32_t throttle_time_ms;
  struct api_versions_response_supported_feature_key_array supported_features;
  int64_t finalized_features_epoch;
  struct api_versions_response_finalized_feature_key_array finalized_features;
  bool zk_migration_ready;
};

extern const struct wire_layout api_versions_response_api_version_layout;
extern const struct wire_layout api_versions_response_supported_feature_key_layout;
extern const struct wire_layout api_versions_response_finalized_feature_key_layout;
extern const struct wire_layout api_versions_response_layout;

struct init_producer_id_request {
  struct wire_slice transactional_id;
  int32_t transaction_timeout_ms;
  int64_t producer_id;
  int16_t producer_epoch;
  bool enable2_pc;
  bool keep_prepared_txn;
};

extern const struct wire_layout init_producer_id_request_layout;

struct init_producer_id_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  int64_t producer_id;
  int16_t producer_epoch;
  int64_t ongoing_txn_producer_id;
  int16_t ongoing_txn_producer_epoch;
};

extern const struct wire_layout init_producer_id_response_layout;

struct offset_for_leader_epoch_request_offset_for_leader_partition {
  int32_t partition;
  int32_t current_leader_epoch;
  int32_t leader_epoch;
};
struct offset_for_leader_epoch_request_offset_for_leader_partition_array { struct offset_for_leader_epoch_request_offset_for_leader_partition *items; int32_t count; };

struct offset_for_leader_epoch_request_offset_for_leader_topic {
  struct wire_slice topic;
  struct offset_for_leader_epoch_request_offset_for_leader_partition_array partitions;
};
struct offset_for_leader_epoch_request_offset_for_leader_topic_array { struct offset_for_leader_epoch_request_offset_for_leader_topic *items; int32_t count; };

struct offset_for_leader_epoch_request {
  int32_t replica_id;
  struct offset_for_leader_epoch_request_offset_for_leader_topic_array topics;
};

extern const struct wire_layout offset_for_leader_epoch_request_offset_for_leader_partition_layout;
extern const struct wire_layout offset_for_leader_epoch_request_offset_for_leader_topic_layout;
extern const struct wire_layout offset_for_leader_epoch_request_layout;

struct offset_for_leader_epoch_response_epoch_end_offset {
  int16_t error_code;
  int32_t partition;
  int32_t leader_epoch;
  int64_t end_offset;
};
struct offset_for_leader_epoch_response_epoch_end_offset_array { struct offset_for_leader_epoch_response_epoch_end_offset *items; int32_t count; };

struct offset_for_leader_epoch_response_offset_for_leader_topic_result {
  struct wire_slice topic;
  struct offset_for_leader_epoch_response_epoch_end_offset_array partitions;
};
struct offset_for_leader_epoch_response_offset_for_leader_topic_result_array { struct offset_for_leader_epoch_response_offset_for_leader_topic_result *items; int32_t count; };

struct offset_for_leader_epoch_response {
  int32_t throttle_time_ms;
  struct offset_for_leader_epoch_response_offset_for_leader_topic_result_array topics;
};

extern const struct wire_layout offset_for_leader_epoch_response_epoch_end_offset_layout;
extern const struct wire_layout offset_for_leader_epoch_response_offset_for_leader_topic_result_layout;
extern const struct wire_layout offset_for_leader_epoch_response_layout;

struct sasl_authenticate_request {
  struct wire_slice auth_bytes;
};

extern const struct wire_layout sasl_authenticate_request_layout;

struct sasl_authenticate_response {
  int16_t error_code;
  struct wire_slice error_message;
  struct wire_slice auth_bytes;
  int64_t session_lifetime_ms;
};

extern const struct wire_layout sasl_authenticate_response_layout;

struct describe_topic_partitions_request_topic_request {
  struct wire_slice name;
};
struct describe_topic_partitions_request_topic_request_array { struct describe_topic_partitions_request_topic_request *items; int32_t count; };

struct describe_topic_partitions_request_cursor {
  struct wire_slice topic_name;
  int32_t partition_index;
};

struct describe_topic_partitions_request {
  struct describe_topic_partitions_request_topic_request_array topics;
  int32_t response_partition_limit;
  struct describe_topic_partitions_request_cursor *cursor;
};

extern const struct wire_layout describe_topic_partitions_request_topic_request_layout;
extern const struct wire_layout describe_topic_partitions_request_cursor_layout;
extern const struct wire_layout describe_topic_partitions_request_layout;

struct describe_topic_partitions_response_partition {
  int16_t error_code;
  int32_t partition_index;
  int32_t leader_id;
  int32_t leader_epoch;
  struct wire_int32_array replica_nodes;
  struct wire_int32_array isr_nodes;
  struct wire_int32_array eligible_leader_replicas;
  struct wire_int32_array last_known_elr;
  struct wire_int32_array offline_replicas;
};
struct describe_topic_partitions_response_partition_array { struct describe_topic_partitions_response_partition *items; int32_t count; };

struct describe_topic_partitions_response_topic {
  int16_t error_code;
  struct wire_slice name;
  struct wire_uuid topic_id;
  bool is_internal;
  struct describe_topic_partitions_response_partition_array partitions;
  int32_t topic_authorized_operations;
};
struct describe_topic_partitions_response_topic_array { struct describe_topic_partitions_response_topic *items; int32_t count; };

struct describe_topic_partitions_response_cursor {
  struct wire_slice topic_name;
  int32_t partition_index;
};

struct describe_topic_partitions_response {
  int32_t throttle_time_ms;
  struct describe_topic_partitions_response_topic_array topics;
  struct describe_topic_partitions_response_cursor *next_cursor;
};

extern const struct wire_layout describe_topic_partitions_response_partition_layout;
extern const struct wire_layout describe_topic_partitions_response_topic_layout;
extern const struct wire_layout describe_topic_partitions_response_cursor_layout;
extern const struct wire_layout describe_topic_partitions_response_layout;

struct request_header {
  int16_t request_api_key;
  int16_t request_api_version;
  int32_t correlation_id;
  struct wire_slice client_id;
};

extern const struct wire_layout request_header_layout;

struct response_header {
  int32_t correlation_id;
};

extern const struct wire_layout response_header_layout;
#endif
