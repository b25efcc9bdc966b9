/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#ifndef HEADRACE_KAFKA_MESSAGES_ADMIN_H
#define HEADRACE_KAFKA_MESSAGES_ADMIN_H

struct create_topics_request_creatable_replica_assignment {
  int32_t partition_index;
  struct wire_int32_array broker_ids;
};
struct create_topics_request_creatable_replica_assignment_array { struct create_topics_request_creatable_replica_assignment *items; int32_t count; };

struct create_topics_request_creatable_topic_config {
  struct wire_slice name;
  struct wire_slice value;
};
struct create_topics_request_creatable_topic_config_array { struct create_topics_request_creatable_topic_config *items; int32_t count; };

struct create_topics_request_creatable_topic {
  struct wire_slice name;
  int32_t num_partitions;
  int16_t replication_factor;
  struct create_topics_request_creatable_replica_assignment_array assignments;
  struct create_topics_request_creatable_topic_config_array configs;
};
struct create_topics_request_creatable_topic_array { struct create_topics_request_creatable_topic *items; int32_t count; };

struct create_topics_request {
  struct create_topics_request_creatable_topic_array topics;
  int32_t timeout_ms;
  bool validate_only;
};

extern const struct wire_layout create_topics_request_creatable_replica_assignment_layout;
extern const struct wire_layout create_topics_request_creatable_topic_config_layout;
extern const struct wire_layout create_topics_request_creatable_topic_layout;
extern const struct wire_layout create_topics_request_layout;

struct create_topics_response_creatable_topic_configs {
  struct wire_slice name;
  struct wire_slice value;
  bool read_only;
  int8_t config_source;
  bool is_sensitive;
};
struct create_topics_response_creatable_topic_configs_array { struct create_topics_response_creatable_topic_configs *items; int32_t count; };

struct create_topics_response_creatable_topic_result {
  struct wire_slice name;
  struct wire_uuid topic_id;
  int16_t error_code;
  struct wire_slice error_message;
  int16_t topic_config_error_code;
  int32_t num_partitions;
  int16_t replication_factor;
  struct create_topics_response_creatable_topic_configs_array configs;
};
struct create_topics_response_creatable_topic_result_array { struct create_topics_response_creatable_topic_result *items; int32_t count; };

struct create_topics_response {
  int32_t throttle_time_ms;
  struct create_topics_response_creatable_topic_result_array topics;
};

extern const struct wire_layout create_topics_response_creatable_topic_configs_layout;
extern const struct wire_layout create_topics_response_creatable_topic_result_layout;
extern const struct wire_layout create_topics_response_layout;

struct delete_topics_request_delete_topic_state {
  struct wire_slice name;
  struct wire_uuid topic_id;
};
struct delete_topics_request_delete_topic_state_array { struct delete_topics_request_delete_topic_state *items; int32_t count; };

struct delete_topics_request {
  struct delete_topics_request_delete_topic_state_array topics;
  struct wire_slice_array topic_names;
  int32_t timeout_ms;
};

extern const struct wire_layout delete_topics_request_delete_topic_state_layout;
extern const struct wire_layout delete_topics_request_layout;

struct delete_topics_response_deletable_topic_result {
  struct wire_slice name;
  struct wire_uuid topic_id;
  int16_t error_code;
  struct wire_slice error_message;
};
struct delete_topics_response_deletable_topic_result_array { struct delete_topics_response_deletable_topic_result *items; int32_t count; };

struct delete_topics_response {
  int32_t throttle_time_ms;
  struct delete_topics_response_deletable_topic_result_array responses;
};

extern const struct wire_layout delete_topics_response_deletable_topic_result_layout;
extern const struct wire_layout delete_topics_response_layout;

struct delete_records_request_partition {
  int32_t partition_index;
  int64_t offset;
};
struct delete_records_request_partition_array { struct delete_records_request_partition *items; int32_t count; };

struct delete_records_request_topic {
  struct wire_slice name;
  struct delete_records_request_partition_array partitions;
};
struct delete_records_request_topic_array { struct delete_records_request_topic *items; int32_t count; };

struct delete_records_request {
  struct delete_records_request_topic_array topics;
  int32_t timeout_ms;
};

extern const struct wire_layout delete_records_request_partition_layout;
extern const struct wire_layout delete_records_request_topic_layout;
extern const struct wire_layout delete_records_request_layout;

struct delete_records_response_partition_result {
  int32_t partition_index;
  int64_t low_watermark;
  int16_t error_code;
};
struct delete_records_response_partition_result_array { struct delete_records_response_partition_result *items; int32_t count; };

struct delete_records_response_topic_result {
  struct wire_slice name;
  struct delete_records_response_partition_result_array partitions;
};
struct delete_records_response_topic_result_array { struct delete_records_response_topic_result *items; int32_t count; };

struct delete_records_response {
  int32_t throttle_time_ms;
  struct delete_records_response_topic_result_array topics;
};

extern const struct wire_layout delete_records_response_partition_result_layout;
extern const struct wire_layout delete_records_response_topic_result_layout;
extern const struct wire_layout delete_records_response_layout;

struct describe_acls_request {
  int8_t resource_type_filter;
  struct wire_slice resource_name_filter;
  int8_t pattern_type_filter;
  struct wire_slice principal_filter;
  struct wire_slice host_filter;
  int8_t operation;
  int8_t permission_type;
};

extern const struct wire_layout describe_acls_request_layout;

struct describe_acls_response_acl_description {
  struct wire_slice principal;
  struct wire_slice host;
  int8_t operation;
  int8_t permission_type;
};
struct describe_acls_response_acl_description_array { struct describe_acls_response_acl_description *items; int32_t count; };

struct describe_acls_response_resource {
  int8_t resource_type;
  struct wire_slice resource_name;
  int8_t pattern_type;
  struct describe_acls_response_acl_description_array acls;
};
struct describe_acls_response_resource_array { struct describe_acls_response_resource *items; int32_t count; };

struct describe_acls_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  struct describe_acls_response_resource_array resources;
};

extern const struct wire_layout describe_acls_response_acl_description_layout;
extern const struct wire_layout describe_acls_response_resource_layout;
extern const struct wire_layout describe_acls_response_layout;

struct create_acls_request_acl_creation {
  int8_t resource_type;
  struct wire_slice resource_name;
  int8_t resource_pattern_type;
  struct wire_slice principal;
  struct wire_slice host;
  int8_t operation;
  int8_t permission_type;
};
struct create_acls_request_acl_creation_array { struct create_acls_request_acl_creation *items; int32_t count; };

struct create_acls_request {
  struct create_acls_request_acl_creation_array creations;
};

extern const struct wire_layout create_acls_request_acl_creation_layout;
extern const struct wire_layout create_acls_request_layout;

struct create_acls_response_acl_creation_result {
  int16_t error_code;
  struct wire_slice error_message;
};
struct create_acls_response_acl_creation_result_array { struct create_acls_response_acl_creation_result *items; int32_t count; };

struct create_acls_response {
  int32_t throttle_time_ms;
  struct create_acls_response_acl_creation_result_array results;
};

extern const struct wire_layout create_acls_response_acl_creation_result_layout;
extern const struct wire_layout create_acls_response_layout;

struct delete_acls_request_filter {
  int8_t resource_type_filter;
  struct wire_slice resource_name_filter;
  int8_t pattern_type_filter;
  struct wire_slice principal_filter;
  struct wire_slice host_filter;
  int8_t operation;
  int8_t permission_type;
};
struct delete_acls_request_filter_array { struct delete_acls_request_filter *items; int32_t count; };

struct delete_acls_request {
  struct delete_acls_request_filter_array filters;
};

extern const struct wire_layout delete_acls_request_filter_layout;
extern const struct wire_layout delete_acls_request_layout;

struct delete_acls_response_matching_acl {
  int16_t error_code;
  struct wire_slice error_message;
  int8_t resource_type;
  struct wire_slice resource_name;
  int8_t pattern_type;
  struct wire_slice principal;
  struct wire_slice host;
  int8_t operation;
  int8_t permission_type;
};
struct delete_acls_response_matching_acl_array { struct delete_acls_response_matching_acl *items; int32_t count; };

struct delete_acls_response_filter_result {
  int16_t error_code;
  struct wire_slice error_message;
  struct delete_acls_response_matching_acl_array matching_acls;
};
struct delete_acls_response_filter_result_array { struct delete_acls_response_filter_result *items; int32_t count; };

struct delete_acls_response {
  int32_t throttle_time_ms;
  struct delete_acls_response_filter_result_array filter_results;
};

extern const struct wire_layout delete_acls_response_matching_acl_layout;
extern const struct wire_layout delete_acls_response_filter_result_layout;
extern const struct wire_layout delete_acls_response_layout;

struct describe_configs_request_resource {
  int8_t resource_type;
  struct wire_slice resource_name;
  struct wire_slice_array configuration_keys;
};
struct describe_configs_request_resource_array { struct describe_configs_request_resource *items; int32_t count; };

struct describe_configs_request {
  struct describe_configs_request_resource_array resources;
  bool include_synonyms;
  bool include_documentation;
};

extern const struct wire_layout describe_configs_request_resource_layout;
extern const struct wire_layout describe_configs_request_layout;

struct describe_configs_response_synonym {
  struct wire_slice name;
  struct wire_slice value;
  int8_t source;
};
struct describe_configs_response_synonym_array { struct describe_configs_response_synonym *items; int32_t count; };

struct describe_configs_response_resource_result {
  struct wire_slice name;
  struct wire_slice value;
  bool read_only;
  int8_t config_source;
  bool is_sensitive;
  struct describe_configs_response_synonym_array synonyms;
  int8_t config_type;
  struct wire_slice documentation;
};
struct describe_configs_response_resource_result_array { struct describe_configs_response_resource_result *items; int32_t count; };

struct describe_configs_response_result {
  int16_t error_code;
  struct wire_slice error_message;
  int8_t resource_type;
  struct wire_slice resource_name;
  struct describe_configs_response_resource_result_array configs;
};
struct describe_configs_response_result_array { struct describe_configs_response_result *items; int32_t count; };

struct describe_configs_response {
  int32_t throttle_time_ms;
  struct describe_configs_response_result_array results;
};

extern const struct wire_layout describe_configs_response_synonym_layout;
extern const struct wire_layout describe_configs_response_resource_result_layout;
extern const struct wire_layout describe_configs_response_result_layout;
extern const struct wire_layout describe_configs_response_layout;

struct alter_configs_request_alterable_config {
  struct wire_slice name;
  struct wire_slice value;
};
struct alter_configs_request_alterable_config_array { struct alter_configs_request_alterable_config *items; int32_t count; };

struct alter_configs_request_resource {
  int8_t resource_type;
  struct wire_slice resource_name;
  struct alter_configs_request_alterable_config_array configs;
};
struct alter_configs_request_resource_array { struct alter_configs_request_resource *items; int32_t count; };

struct alter_configs_request {
  struct alter_configs_request_resource_array resources;
  bool validate_only;
};

extern const struct wire_layout alter_configs_request_alterable_config_layout;
extern const struct wire_layout alter_configs_request_resource_layout;
extern const struct wire_layout alter_configs_request_layout;

struct alter_configs_response_resource_response {
  int16_t error_code;
  struct wire_slice error_message;
  int8_t resource_type;
  struct wire_slice resource_name;
};
struct alter_configs_response_resource_response_array { struct alter_configs_response_resource_response *items; int32_t count; };

struct alter_configs_response {
  int32_t throttle_time_ms;
  struct alter_configs_response_resource_response_array responses;
};

extern const struct wire_layout alter_configs_response_resource_response_layout;
extern const struct wire_layout alter_configs_response_layout;

struct alter_replica_log_dirs_request_alter_replica_log_dir_topic {
  struct wire_slice name;
  struct wire_int32_array partitions;
};
struct alter_replica_log_dirs_request_alter_replica_log_dir_topic_array { struct alter_replica_log_dirs_request_alter_replica_log_dir_topic *items; int32_t count; };

struct alter_replica_log_dirs_request_alter_replica_log_dir {
  struct wire_slice path;
  struct alter_replica_log_dirs_request_alter_replica_log_dir_topic_array topics;
};
struct alter_replica_log_dirs_request_alter_replica_log_dir_array { struct alter_replica_log_dirs_request_alter_replica_log_dir *items; int32_t count; };

struct alter_replica_log_dirs_request {
  struct alter_replica_log_dirs_request_alter_replica_log_dir_array dirs;
};

extern const struct wire_layout alter_replica_log_dirs_request_alter_replica_log_dir_topic_layout;
extern const struct wire_layout alter_replica_log_dirs_request_alter_replica_log_dir_layout;
extern const struct wire_layout alter_replica_log_dirs_request_layout;

struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result {
  int32_t partition_index;
  int16_t error_code;
};
struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_array { struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result *items; int32_t count; };

struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result {
  struct wire_slice topic_name;
  struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_array partitions;
};
struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_array { struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result *items; int32_t count; };

struct alter_replica_log_dirs_response {
  int32_t throttle_time_ms;
  struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_array results;
};

extern const struct wire_layout alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_layout;
extern const struct wire_layout alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_layout;
extern const struct wire_layout alter_replica_log_dirs_response_layout;

struct describe_log_dirs_request_describable_log_dir_topic {
  struct wire_slice topic;
  struct wire_int32_array partitions;
};
struct describe_log_dirs_request_describable_log_dir_topic_array { struct describe_log_dirs_request_describable_log_dir_topic *items; int32_t count; };

struct describe_log_dirs_request {
  struct describe_log_dirs_request_describable_log_dir_topic_array topics;
};

extern const struct wire_layout describe_log_dirs_request_describable_log_dir_topic_layout;
extern const struct wire_layout describe_log_dirs_request_layout;

struct describe_log_dirs_response_partition {
  int32_t partition_index;
  int64_t partition_size;
  int64_t offset_lag;
  bool is_future_key;
};
struct describe_log_dirs_response_partition_array { struct describe_log_dirs_response_partition *items; int32_t count; };

struct describe_log_dirs_response_topic {
  struct wire_slice name;
  struct describe_log_dirs_response_partition_array partitions;
};
struct describe_log_dirs_response_topic_array { struct describe_log_dirs_response_topic *items; int32_t count; };

struct describe_log_dirs_response_result {
  int16_t error_code;
  struct wire_slice log_dir;
  struct describe_log_dirs_response_topic_array topics;
  int64_t total_bytes;
  int64_t usable_bytes;
  bool is_cordoned;
};
struct describe_log_dirs_response_result_array { struct describe_log_dirs_response_result *items; int32_t count; };

struct describe_log_dirs_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct describe_log_dirs_response_result_array results;
};

extern const struct wire_layout describe_log_dirs_response_partition_layout;
extern const struct wire_layout describe_log_dirs_response_topic_layout;
extern const struct wire_layout describe_log_dirs_response_result_layout;
extern const struct wire_layout describe_log_dirs_response_layout;

struct create_partitions_request_assignment {
  struct wire_int32_array broker_ids;
};
struct create_partitions_request_assignment_array { struct create_partitions_request_assignment *items; int32_t count; };

struct create_partitions_request_topic {
  struct wire_slice name;
  int32_t count;
  struct create_partitions_request_assignment_array assignments;
};
struct create_partitions_request_topic_array { struct create_partitions_request_topic *items; int32_t count; };

struct create_partitions_request {
  struct create_partitions_request_topic_array topics;
  int32_t timeout_ms;
  bool validate_only;
};

extern const struct wire_layout create_partitions_request_assignment_layout;
extern const struct wire_layout create_partitions_request_topic_layout;
extern const struct wire_layout create_partitions_request_layout;

struct create_partitions_response_topic_result {
  struct wire_slice name;
  int16_t error_code;
  struct wire_slice error_message;
};
struct create_partitions_response_topic_result_array { struct create_partitions_response_topic_result *items; int32_t count; };

struct create_partitions_response {
  int32_t throttle_time_ms;
  struct create_partitions_response_topic_result_array results;
};

extern const struct wire_layout create_partitions_response_topic_result_layout;
extern const struct wire_layout create_partitions_response_layout;

struct elect_leaders_request_topic_partitions {
  struct wire_slice topic;
  struct wire_int32_array partitions;
};
struct elect_leaders_request_topic_partitions_array { struct elect_leaders_request_topic_partitions *items; int32_t count; };

struct elect_leaders_request {
  int8_t election_type;
  struct elect_leaders_request_topic_partitions_array topic_partitions;
  int32_t timeout_ms;
};

extern const struct wire_layout elect_leaders_request_topic_partitions_layout;
extern const struct wire_layout elect_leaders_request_layout;

struct elect_leaders_response_partition_result {
  int32_t partition_id;
  int16_t error_code;
  struct wire_slice error_message;
};
struct elect_leaders_response_partition_result_array { struct elect_leaders_response_partition_result *items; int32_t count; };

struct elect_leaders_response_replica_election_result {
  struct wire_slice topic;
  struct elect_leaders_response_partition_result_array partition_result;
};
struct elect_leaders_response_replica_election_result_array { struct elect_leaders_response_replica_election_result *items; int32_t count; };

struct elect_leaders_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct elect_leaders_response_replica_election_result_array replica_election_results;
};

extern const struct wire_layout elect_leaders_response_partition_result_layout;
extern const struct wire_layout elect_leaders_response_replica_election_result_layout;
extern const struct wire_layout elect_leaders_response_layout;

struct incremental_alter_configs_request_alterable_config {
  struct wire_slice name;
  int8_t config_operation;
  struct wire_slice value;
};
struct incremental_alter_configs_request_alterable_config_array { struct incremental_alter_configs_request_alterable_config *items; int32_t count; };

struct incremental_alter_configs_request_alter_configs_resource {
  int8_t resource_type;
  struct wire_slice resource_name;
  struct incremental_alter_configs_request_alterable_config_array configs;
};
struct incremental_alter_configs_request_alter_configs_resource_array { struct incremental_alter_configs_request_alter_configs_resource *items; int32_t count; };

struct incremental_alter_configs_request {
  struct incremental_alter_configs_request_alter_configs_resource_array resources;
  bool validate_only;
};

extern const struct wire_layout incremental_alter_configs_request_alterable_config_layout;
extern const struct wire_layout incremental_alter_configs_request_alter_configs_resource_layout;
extern const struct wire_layout incremental_alter_configs_request_layout;

struct incremental_alter_configs_response_alter_configs_resource_response {
  int16_t error_code;
  struct wire_slice error_message;
  int8_t resource_type;
  struct wire_slice resource_name;
};
struct incremental_alter_configs_response_alter_configs_resource_response_array { struct incremental_alter_configs_response_alter_configs_resource_response *items; int32_t count; };

struct incremental_alter_configs_response {
  int32_t throttle_time_ms;
  struct incremental_alter_configs_response_alter_configs_resource_response_array responses;
};

extern const struct wire_layout incremental_alter_configs_response_alter_configs_resource_response_layout;
extern const struct wire_layout incremental_alter_configs_response_layout;

struct alter_partition_reassignments_request_reassignable_partition {
  int32_t partition_index;
  struct wire_int32_array replicas;
};
struct alter_partition_reassignments_request_reassignable_partition_array { struct alter_partition_reassignments_request_reassignable_partition *items; int32_t count; };

struct alter_partition_reassignments_request_reassignable_topic {
  struct wire_slice name;
  struct alter_partition_reassignments_request_reassignable_partition_array partitions;
};
struct alter_partition_reassignments_request_reassignable_topic_array { struct alter_partition_reassignments_request_reassignable_topic *items; int32_t count; };

struct alter_partition_reassignments_request {
  int32_t timeout_ms;
  bool allow_replication_factor_change;
  struct alter_partition_reassignments_request_reassignable_topic_array topics;
};

extern const struct wire_layout alter_partition_reassignments_request_reassignable_partition_layout;
extern const struct wire_layout alter_partition_reassignments_request_reassignable_topic_layout;
extern const struct wire_layout alter_partition_reassignments_request_layout;

struct alter_partition_reassignments_response_reassignable_partition_response {
  int32_t partition_index;
  int16_t error_code;
  struct wire_slice error_message;
};
struct alter_partition_reassignments_response_reassignable_partition_response_array { struct alter_partition_reassignments_response_reassignable_partition_response *items; int32_t count; };

struct alter_partition_reassignments_response_reassignable_topic_response {
  struct wire_slice name;
  struct alter_partition_reassignments_response_reassignable_partition_response_array partitions;
};
struct alter_partition_reassignments_response_reassignable_topic_response_array { struct alter_partition_reassignments_response_reassignable_topic_response *items; int32_t count; };

struct alter_partition_reassignments_response {
  int32_t throttle_time_ms;
  bool allow_replication_factor_change;
  int16_t error_code;
  struct wire_slice error_message;
  struct alter_partition_reassignments_response_reassignable_topic_response_array responses;
};

extern const struct wire_layout alter_partition_reassignments_response_reassignable_partition_response_layout;
extern const struct wire_layout alter_partition_reassignments_response_reassignable_topic_response_layout;
extern const struct wire_layout alter_partition_reassignments_response_layout;

struct list_partition_reassignments_request_topics {
  struct wire_slice name;
  struct wire_int32_array partition_indexes;
};
struct list_partition_reassignments_request_topics_array { struct list_partition_reassignments_request_topics *items; int32_t count; };

struct list_partition_reassignments_request {
  int32_t timeout_ms;
  struct list_partition_reassignments_request_topics_array topics;
};

extern const struct wire_layout list_partition_reassignments_request_topics_layout;
extern const struct wire_layout list_partition_reassignments_request_layout;

struct list_partition_reassignments_response_ongoing_partition_reassignment {
  int32_t partition_index;
  struct wire_int32_array replicas;
  struct wire_int32_array adding_replicas;
  struct wire_int32_array removing_replicas;
};
struct list_partition_reassignments_response_ongoing_partition_reassignment_array { struct list_partition_reassignments_response_ongoing_partition_reassignment *items; int32_t count; };

struct list_partition_reassignments_response_ongoing_topic_reassignment {
  struct wire_slice name;
  struct list_partition_reassignments_response_ongoing_partition_reassignment_array partitions;
};
struct list_partition_reassignments_response_ongoing_topic_reassignment_array { struct list_partition_reassignments_response_ongoing_topic_reassignment *items; int32_t count; };

struct list_partition_reassignments_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  struct list_partition_reassignments_response_ongoing_topic_reassignment_array topics;
};

extern const struct wire_layout list_partition_reassignments_response_ongoing_partition_reassignment_layout;
extern const struct wire_layout list_partition_reassignments_response_ongoing_topic_reassignment_layout;
extern const struct wire_layout list_partition_reassignments_response_layout;

struct describe_client_quotas_request_component_data {
  struct wire_slice entity_type;
  int8_t match_type;
  struct wire_slice match;
};
struct describe_client_quotas_request_component_data_array { struct describe_client_quotas_request_component_data *items; int32_t count; };

struct describe_client_quotas_request {
  struct describe_client_quotas_request_component_data_array components;
  bool strict;
};

extern const struct wire_layout describe_client_quotas_request_component_data_layout;
extern const struct wire_layout describe_client_quotas_request_layout;

struct describe_client_quotas_response_entity_data {
  struct wire_slice entity_type;
  struct wire_slice entity_name;
};
struct describe_client_quotas_response_entity_data_array { struct describe_client_quotas_response_entity_data *items; int32_t count; };

struct describe_client_quotas_response_value_data {
  struct wire_slice key;
  double value;
};
struct describe_client_quotas_response_value_data_array { struct describe_client_quotas_response_value_data *items; int32_t count; };

struct describe_client_quotas_response_entry_data {
  struct describe_client_quotas_response_entity_data_array entity;
  struct describe_client_quotas_response_value_data_array values;
};
struct describe_client_quotas_response_entry_data_array { struct describe_client_quotas_response_entry_data *items; int32_t count; };

struct describe_client_quotas_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  struct describe_client_quotas_response_entry_data_array entries;
};

extern const struct wire_layout describe_client_quotas_response_entity_data_layout;
extern const struct wire_layout describe_client_quotas_response_value_data_layout;
extern const struct wire_layout describe_client_quotas_response_entry_data_layout;
extern const struct wire_layout describe_client_quotas_response_layout;

struct describe_user_scram_credentials_request_user_name {
  struct wire_slice name;
};
struct describe_user_scram_credentials_request_user_name_array { struct describe_user_scram_credentials_request_user_name *items; int32_t count; };

struct describe_user_scram_credentials_request {
  struct describe_user_scram_credentials_request_user_name_array users;
};

extern const struct wire_layout describe_user_scram_credentials_request_user_name_layout;
extern const struct wire_layout describe_user_scram_credentials_request_layout;

struct describe_user_scram_credentials_response_credential_info {
  int8_t mechanism;
  int32_t iterations;
};
struct describe_user_scram_credentials_response_credential_info_array { struct describe_user_scram_credentials_response_credential_info *items; int32_t count; };

struct describe_user_scram_credentials_response_result {
  struct wire_slice user;
  int16_t error_code;
  struct wire_slice error_message;
  struct describe_user_scram_credentials_response_credential_info_array credential_infos;
};
struct describe_user_scram_credentials_response_result_array { struct describe_user_scram_credentials_response_result *items; int32_t count; };

struct describe_user_scram_credentials_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  struct describe_user_scram_credentials_response_result_array results;
};

extern const struct wire_layout describe_user_scram_credentials_response_credential_info_layout;
extern const struct wire_layout describe_user_scram_credentials_response_result_layout;
extern const struct wire_layout describe_user_scram_credentials_response_layout;

struct alter_user_scram_credentials_request_scram_credential_deletion {
  struct wire_slice name;
  int8_t mechanism;
};
struct alter_user_scram_credentials_request_scram_credential_deletion_array { struct alter_user_scram_credentials_request_scram_credential_deletion *items; int32_t count; };

struct alter_user_scram_credentials_request_scram_credential_upsertion {
  struct wire_slice name;
  int8_t mechanism;
  int32_t iterations;
  struct wire_slice salt;
  struct wire_slice salted_password;
};
struct alter_user_scram_credentials_request_scram_credential_upsertion_array { struct alter_user_scram_credentials_request_scram_credential_upsertion *items; int32_t count; };

struct alter_user_scram_credentials_request {
  struct alter_user_scram_credentials_request_scram_credential_deletion_array deletions;
  struct alter_user_scram_credentials_request_scram_credential_upsertion_array upsertions;
};

extern const struct wire_layout alter_user_scram_credentials_request_scram_credential_deletion_layout;
extern const struct wire_layout alter_user_scram_credentials_request_scram_credential_upsertion_layout;
extern const struct wire_layout alter_user_scram_credentials_request_layout;

struct alter_user_scram_credentials_response_result {
  struct wire_slice user;
  int16_t error_code;
  struct wire_slice error_message;
};
struct alter_user_scram_credentials_response_result_array { struct alter_user_scram_credentials_response_result *items; int32_t count; };

struct alter_user_scram_credentials_response {
  int32_t throttle_time_ms;
  struct alter_user_scram_credentials_response_result_array results;
};

extern const struct wire_layout alter_user_scram_credentials_response_result_layout;
extern const struct wire_layout alter_user_scram_credentials_response_layout;

struct describe_cluster_request {
  bool include_cluster_authorized_operations;
  int8_t endpoint_type;
  bool include_fenced_brokers;
};

extern const struct wire_layout describe_cluster_request_layout;

struct describe_cluster_response_broker {
  int32_t broker_id;
  struct wire_slice host;
  int32_t port;
  struct wire_slice rack;
  bool is_fenced;
};
struct describe_cluster_response_broker_array { struct describe_cluster_response_broker *items; int32_t count; };

struct describe_cluster_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct wire_slice error_message;
  int8_t endpoint_type;
  struct wire_slice cluster_id;
  int32_t controller_id;
  struct describe_cluster_response_broker_array brokers;
  int32_t cluster_authorized_operations;
};

extern const struct wire_layout describe_cluster_response_broker_layout;
extern const struct wire_layout describe_cluster_response_layout;

struct describe_producers_request_topic_request {
  struct wire_slice name;
  struct wire_int32_array partition_indexes;
};
struct describe_producers_request_topic_request_array { struct describe_producers_request_topic_request *items; int32_t count; };

struct describe_producers_request {
  struct describe_producers_request_topic_request_array topics;
};

extern const struct wire_layout describe_producers_request_topic_request_layout;
extern const struct wire_layout describe_producers_request_layout;

struct describe_producers_response_producer_state {
  int64_t producer_id;
  int32_t producer_epoch;
  int32_t last_sequence;
  int64_t last_timestamp;
  int32_t coordinator_epoch;
  int64_t current_txn_start_offset;
};
struct describe_producers_response_producer_state_array { struct describe_producers_response_producer_state *items; int32_t count; };

struct describe_producers_response_partition_response {
  int32_t partition_index;
  int16_t error_code;
  struct wire_slice error_message;
  struct describe_producers_response_producer_state_array active_producers;
};
struct describe_producers_response_partition_response_array { struct describe_producers_response_partition_response *items; int32_t count; };

struct describe_producers_response_topic_response {
  struct wire_slice name;
  struct describe_producers_response_partition_response_array partitions;
};
struct describe_producers_response_topic_response_array { struct describe_producers_response_topic_response *items; int32_t count; };

struct describe_producers_response {
  int32_t throttle_time_ms;
  struct describe_producers_response_topic_response_array topics;
};

extern const struct wire_layout describe_producers_response_producer_state_layout;
extern const struct wire_layout describe_producers_response_partition_response_layout;
extern const struct wire_layout describe_producers_response_topic_response_layout;
extern const struct wire_layout describe_producers_response_layout;

struct list_config_resources_request {
  struct wire_int8_array resource_types;
};

extern const struct wire_layout list_config_resources_request_layout;

struct list_config_resources_response_config_resource {
  struct wire_slice resource_name;
  int8_t resource_type;
};
struct list_config_resources_response_config_resource_array { struct list_config_resources_response_config_resource *items; int32_t count; };

struct list_config_resources_response {
  int32_t throttle_time_ms;
  int16_t error_code;
  struct list_config_resources_response_config_resource_array config_resources;
};

extern const struct wire_layout list_config_resources_response_config_resource_layout;
extern const struct wire_layout list_config_resources_response_layout;
#endif
