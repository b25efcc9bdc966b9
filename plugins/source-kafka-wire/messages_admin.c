/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#include "wire.h"

static const struct wire_field create_topics_request_creatable_replica_assignment_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct create_topics_request_creatable_replica_assignment, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"BrokerIds", .offset = offsetof(struct create_topics_request_creatable_replica_assignment, broker_ids), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout create_topics_request_creatable_replica_assignment_layout = {"CreateTopicsRequest", create_topics_request_creatable_replica_assignment_fields, 2, sizeof(struct create_topics_request_creatable_replica_assignment), 5};

static const struct wire_field create_topics_request_creatable_topic_config_fields[] = {
  {"Name", .offset = offsetof(struct create_topics_request_creatable_topic_config, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct create_topics_request_creatable_topic_config, value), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout create_topics_request_creatable_topic_config_layout = {"CreateTopicsRequest", create_topics_request_creatable_topic_config_fields, 2, sizeof(struct create_topics_request_creatable_topic_config), 5};

static const struct wire_field create_topics_request_creatable_topic_fields[] = {
  {"Name", .offset = offsetof(struct create_topics_request_creatable_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"NumPartitions", .offset = offsetof(struct create_topics_request_creatable_topic, num_partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ReplicationFactor", .offset = offsetof(struct create_topics_request_creatable_topic, replication_factor), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Assignments", .offset = offsetof(struct create_topics_request_creatable_topic, assignments), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_topics_request_creatable_replica_assignment_layout},
  {"Configs", .offset = offsetof(struct create_topics_request_creatable_topic, configs), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_topics_request_creatable_topic_config_layout},
};
const struct wire_layout create_topics_request_creatable_topic_layout = {"CreateTopicsRequest", create_topics_request_creatable_topic_fields, 5, sizeof(struct create_topics_request_creatable_topic), 5};

static const struct wire_field create_topics_request_fields[] = {
  {"Topics", .offset = offsetof(struct create_topics_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_topics_request_creatable_topic_layout},
  {"timeoutMs", .offset = offsetof(struct create_topics_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 60000},
  {"validateOnly", .offset = offsetof(struct create_topics_request, validate_only), .type = WIRE_BOOL, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout create_topics_request_layout = {"CreateTopicsRequest", create_topics_request_fields, 3, sizeof(struct create_topics_request), 5};

static const struct wire_field create_topics_response_creatable_topic_configs_fields[] = {
  {"Name", .offset = offsetof(struct create_topics_response_creatable_topic_configs, name), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct create_topics_response_creatable_topic_configs, value), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}},
  {"ReadOnly", .offset = offsetof(struct create_topics_response_creatable_topic_configs, read_only), .type = WIRE_BOOL, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ConfigSource", .offset = offsetof(struct create_topics_response_creatable_topic_configs, config_source), .type = WIRE_INT8, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"IsSensitive", .offset = offsetof(struct create_topics_response_creatable_topic_configs, is_sensitive), .type = WIRE_BOOL, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout create_topics_response_creatable_topic_configs_layout = {"CreateTopicsResponse", create_topics_response_creatable_topic_configs_fields, 5, sizeof(struct create_topics_response_creatable_topic_configs), 5};

static const struct wire_field create_topics_response_creatable_topic_result_fields[] = {
  {"Name", .offset = offsetof(struct create_topics_response_creatable_topic_result, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"TopicId", .offset = offsetof(struct create_topics_response_creatable_topic_result, topic_id), .type = WIRE_UUID, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct create_topics_response_creatable_topic_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct create_topics_response_creatable_topic_result, error_message), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .ignorable = true},
  {"TopicConfigErrorCode", .offset = offsetof(struct create_topics_response_creatable_topic_result, topic_config_error_code), .type = WIRE_INT16, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {5, WIRE_LATEST}, .ignorable = true, .tag = 0},
  {"NumPartitions", .offset = offsetof(struct create_topics_response_creatable_topic_result, num_partitions), .type = WIRE_INT32, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"ReplicationFactor", .offset = offsetof(struct create_topics_response_creatable_topic_result, replication_factor), .type = WIRE_INT16, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Configs", .offset = offsetof(struct create_topics_response_creatable_topic_result, configs), .type = WIRE_STRUCT, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .ignorable = true, .layout = &create_topics_response_creatable_topic_configs_layout},
};
const struct wire_layout create_topics_response_creatable_topic_result_layout = {"CreateTopicsResponse", create_topics_response_creatable_topic_result_fields, 8, sizeof(struct create_topics_response_creatable_topic_result), 5};

static const struct wire_field create_topics_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct create_topics_response, throttle_time_ms), .type = WIRE_INT32, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct create_topics_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_topics_response_creatable_topic_result_layout},
};
const struct wire_layout create_topics_response_layout = {"CreateTopicsResponse", create_topics_response_fields, 2, sizeof(struct create_topics_response), 5};

static const struct wire_field delete_topics_request_delete_topic_state_fields[] = {
  {"Name", .offset = offsetof(struct delete_topics_request_delete_topic_state, name), .type = WIRE_STRING, .versions = {6, WIRE_LATEST}, .nullable = {6, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"TopicId", .offset = offsetof(struct delete_topics_request_delete_topic_state, topic_id), .type = WIRE_UUID, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_topics_request_delete_topic_state_layout = {"DeleteTopicsRequest", delete_topics_request_delete_topic_state_fields, 2, sizeof(struct delete_topics_request_delete_topic_state), 4};

static const struct wire_field delete_topics_request_fields[] = {
  {"Topics", .offset = offsetof(struct delete_topics_request, topics), .type = WIRE_STRUCT, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_topics_request_delete_topic_state_layout},
  {"TopicNames", .offset = offsetof(struct delete_topics_request, topic_names), .type = WIRE_STRING, .versions = {0, 5}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .ignorable = true},
  {"TimeoutMs", .offset = offsetof(struct delete_topics_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_topics_request_layout = {"DeleteTopicsRequest", delete_topics_request_fields, 3, sizeof(struct delete_topics_request), 4};

static const struct wire_field delete_topics_response_deletable_topic_result_fields[] = {
  {"Name", .offset = offsetof(struct delete_topics_response_deletable_topic_result, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {6, WIRE_LATEST}, .tagged = {0, -1}},
  {"TopicId", .offset = offsetof(struct delete_topics_response_deletable_topic_result, topic_id), .type = WIRE_UUID, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct delete_topics_response_deletable_topic_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct delete_topics_response_deletable_topic_result, error_message), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
};
const struct wire_layout delete_topics_response_deletable_topic_result_layout = {"DeleteTopicsResponse", delete_topics_response_deletable_topic_result_fields, 4, sizeof(struct delete_topics_response_deletable_topic_result), 4};

static const struct wire_field delete_topics_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct delete_topics_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Responses", .offset = offsetof(struct delete_topics_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_topics_response_deletable_topic_result_layout},
};
const struct wire_layout delete_topics_response_layout = {"DeleteTopicsResponse", delete_topics_response_fields, 2, sizeof(struct delete_topics_response), 4};

static const struct wire_field delete_records_request_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct delete_records_request_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Offset", .offset = offsetof(struct delete_records_request_partition, offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_records_request_partition_layout = {"DeleteRecordsRequest", delete_records_request_partition_fields, 2, sizeof(struct delete_records_request_partition), 2};

static const struct wire_field delete_records_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct delete_records_request_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct delete_records_request_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_records_request_partition_layout},
};
const struct wire_layout delete_records_request_topic_layout = {"DeleteRecordsRequest", delete_records_request_topic_fields, 2, sizeof(struct delete_records_request_topic), 2};

static const struct wire_field delete_records_request_fields[] = {
  {"Topics", .offset = offsetof(struct delete_records_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_records_request_topic_layout},
  {"TimeoutMs", .offset = offsetof(struct delete_records_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_records_request_layout = {"DeleteRecordsRequest", delete_records_request_fields, 2, sizeof(struct delete_records_request), 2};

static const struct wire_field delete_records_response_partition_result_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct delete_records_response_partition_result, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LowWatermark", .offset = offsetof(struct delete_records_response_partition_result, low_watermark), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct delete_records_response_partition_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_records_response_partition_result_layout = {"DeleteRecordsResponse", delete_records_response_partition_result_fields, 3, sizeof(struct delete_records_response_partition_result), 2};

static const struct wire_field delete_records_response_topic_result_fields[] = {
  {"Name", .offset = offsetof(struct delete_records_response_topic_result, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct delete_records_response_topic_result, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_records_response_partition_result_layout},
};
const struct wire_layout delete_records_response_topic_result_layout = {"DeleteRecordsResponse", delete_records_response_topic_result_fields, 2, sizeof(struct delete_records_response_topic_result), 2};

static const struct wire_field delete_records_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct delete_records_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct delete_records_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_records_response_topic_result_layout},
};
const struct wire_layout delete_records_response_layout = {"DeleteRecordsResponse", delete_records_response_fields, 2, sizeof(struct delete_records_response), 2};

static const struct wire_field describe_acls_request_fields[] = {
  {"ResourceTypeFilter", .offset = offsetof(struct describe_acls_request, resource_type_filter), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceNameFilter", .offset = offsetof(struct describe_acls_request, resource_name_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"PatternTypeFilter", .offset = offsetof(struct describe_acls_request, pattern_type_filter), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 3},
  {"PrincipalFilter", .offset = offsetof(struct describe_acls_request, principal_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"HostFilter", .offset = offsetof(struct describe_acls_request, host_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Operation", .offset = offsetof(struct describe_acls_request, operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PermissionType", .offset = offsetof(struct describe_acls_request, permission_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_acls_request_layout = {"DescribeAclsRequest", describe_acls_request_fields, 7, sizeof(struct describe_acls_request), 2};

static const struct wire_field describe_acls_response_acl_description_fields[] = {
  {"Principal", .offset = offsetof(struct describe_acls_response_acl_description, principal), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct describe_acls_response_acl_description, host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Operation", .offset = offsetof(struct describe_acls_response_acl_description, operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PermissionType", .offset = offsetof(struct describe_acls_response_acl_description, permission_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_acls_response_acl_description_layout = {"DescribeAclsResponse", describe_acls_response_acl_description_fields, 4, sizeof(struct describe_acls_response_acl_description), 2};

static const struct wire_field describe_acls_response_resource_fields[] = {
  {"ResourceType", .offset = offsetof(struct describe_acls_response_resource, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct describe_acls_response_resource, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PatternType", .offset = offsetof(struct describe_acls_response_resource, pattern_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 3},
  {"Acls", .offset = offsetof(struct describe_acls_response_resource, acls), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_acls_response_acl_description_layout},
};
const struct wire_layout describe_acls_response_resource_layout = {"DescribeAclsResponse", describe_acls_response_resource_fields, 4, sizeof(struct describe_acls_response_resource), 2};

static const struct wire_field describe_acls_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_acls_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_acls_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_acls_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Resources", .offset = offsetof(struct describe_acls_response, resources), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_acls_response_resource_layout},
};
const struct wire_layout describe_acls_response_layout = {"DescribeAclsResponse", describe_acls_response_fields, 4, sizeof(struct describe_acls_response), 2};

static const struct wire_field create_acls_request_acl_creation_fields[] = {
  {"ResourceType", .offset = offsetof(struct create_acls_request_acl_creation, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct create_acls_request_acl_creation, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourcePatternType", .offset = offsetof(struct create_acls_request_acl_creation, resource_pattern_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 3},
  {"Principal", .offset = offsetof(struct create_acls_request_acl_creation, principal), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct create_acls_request_acl_creation, host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Operation", .offset = offsetof(struct create_acls_request_acl_creation, operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PermissionType", .offset = offsetof(struct create_acls_request_acl_creation, permission_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout create_acls_request_acl_creation_layout = {"CreateAclsRequest", create_acls_request_acl_creation_fields, 7, sizeof(struct create_acls_request_acl_creation), 2};

static const struct wire_field create_acls_request_fields[] = {
  {"Creations", .offset = offsetof(struct create_acls_request, creations), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_acls_request_acl_creation_layout},
};
const struct wire_layout create_acls_request_layout = {"CreateAclsRequest", create_acls_request_fields, 1, sizeof(struct create_acls_request), 2};

static const struct wire_field create_acls_response_acl_creation_result_fields[] = {
  {"ErrorCode", .offset = offsetof(struct create_acls_response_acl_creation_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct create_acls_response_acl_creation_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout create_acls_response_acl_creation_result_layout = {"CreateAclsResponse", create_acls_response_acl_creation_result_fields, 2, sizeof(struct create_acls_response_acl_creation_result), 2};

static const struct wire_field create_acls_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct create_acls_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct create_acls_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_acls_response_acl_creation_result_layout},
};
const struct wire_layout create_acls_response_layout = {"CreateAclsResponse", create_acls_response_fields, 2, sizeof(struct create_acls_response), 2};

static const struct wire_field delete_acls_request_filter_fields[] = {
  {"ResourceTypeFilter", .offset = offsetof(struct delete_acls_request_filter, resource_type_filter), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceNameFilter", .offset = offsetof(struct delete_acls_request_filter, resource_name_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"PatternTypeFilter", .offset = offsetof(struct delete_acls_request_filter, pattern_type_filter), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 3},
  {"PrincipalFilter", .offset = offsetof(struct delete_acls_request_filter, principal_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"HostFilter", .offset = offsetof(struct delete_acls_request_filter, host_filter), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Operation", .offset = offsetof(struct delete_acls_request_filter, operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PermissionType", .offset = offsetof(struct delete_acls_request_filter, permission_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_acls_request_filter_layout = {"DeleteAclsRequest", delete_acls_request_filter_fields, 7, sizeof(struct delete_acls_request_filter), 2};

static const struct wire_field delete_acls_request_fields[] = {
  {"Filters", .offset = offsetof(struct delete_acls_request, filters), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_acls_request_filter_layout},
};
const struct wire_layout delete_acls_request_layout = {"DeleteAclsRequest", delete_acls_request_fields, 1, sizeof(struct delete_acls_request), 2};

static const struct wire_field delete_acls_response_matching_acl_fields[] = {
  {"ErrorCode", .offset = offsetof(struct delete_acls_response_matching_acl, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct delete_acls_response_matching_acl, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"ResourceType", .offset = offsetof(struct delete_acls_response_matching_acl, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct delete_acls_response_matching_acl, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PatternType", .offset = offsetof(struct delete_acls_response_matching_acl, pattern_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 3},
  {"Principal", .offset = offsetof(struct delete_acls_response_matching_acl, principal), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct delete_acls_response_matching_acl, host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Operation", .offset = offsetof(struct delete_acls_response_matching_acl, operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PermissionType", .offset = offsetof(struct delete_acls_response_matching_acl, permission_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout delete_acls_response_matching_acl_layout = {"DeleteAclsResponse", delete_acls_response_matching_acl_fields, 9, sizeof(struct delete_acls_response_matching_acl), 2};

static const struct wire_field delete_acls_response_filter_result_fields[] = {
  {"ErrorCode", .offset = offsetof(struct delete_acls_response_filter_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct delete_acls_response_filter_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"MatchingAcls", .offset = offsetof(struct delete_acls_response_filter_result, matching_acls), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_acls_response_matching_acl_layout},
};
const struct wire_layout delete_acls_response_filter_result_layout = {"DeleteAclsResponse", delete_acls_response_filter_result_fields, 3, sizeof(struct delete_acls_response_filter_result), 2};

static const struct wire_field delete_acls_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct delete_acls_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"FilterResults", .offset = offsetof(struct delete_acls_response, filter_results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &delete_acls_response_filter_result_layout},
};
const struct wire_layout delete_acls_response_layout = {"DeleteAclsResponse", delete_acls_response_fields, 2, sizeof(struct delete_acls_response), 2};

static const struct wire_field describe_configs_request_resource_fields[] = {
  {"ResourceType", .offset = offsetof(struct describe_configs_request_resource, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct describe_configs_request_resource, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ConfigurationKeys", .offset = offsetof(struct describe_configs_request_resource, configuration_keys), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout describe_configs_request_resource_layout = {"DescribeConfigsRequest", describe_configs_request_resource_fields, 3, sizeof(struct describe_configs_request_resource), 4};

static const struct wire_field describe_configs_request_fields[] = {
  {"Resources", .offset = offsetof(struct describe_configs_request, resources), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_configs_request_resource_layout},
  {"IncludeSynonyms", .offset = offsetof(struct describe_configs_request, include_synonyms), .type = WIRE_BOOL, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"IncludeDocumentation", .offset = offsetof(struct describe_configs_request, include_documentation), .type = WIRE_BOOL, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_configs_request_layout = {"DescribeConfigsRequest", describe_configs_request_fields, 3, sizeof(struct describe_configs_request), 4};

static const struct wire_field describe_configs_response_synonym_fields[] = {
  {"Name", .offset = offsetof(struct describe_configs_response_synonym, name), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct describe_configs_response_synonym, value), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Source", .offset = offsetof(struct describe_configs_response_synonym, source), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_configs_response_synonym_layout = {"DescribeConfigsResponse", describe_configs_response_synonym_fields, 3, sizeof(struct describe_configs_response_synonym), 4};

static const struct wire_field describe_configs_response_resource_result_fields[] = {
  {"Name", .offset = offsetof(struct describe_configs_response_resource_result, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct describe_configs_response_resource_result, value), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"ReadOnly", .offset = offsetof(struct describe_configs_response_resource_result, read_only), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ConfigSource", .offset = offsetof(struct describe_configs_response_resource_result, config_source), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"IsSensitive", .offset = offsetof(struct describe_configs_response_resource_result, is_sensitive), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Synonyms", .offset = offsetof(struct describe_configs_response_resource_result, synonyms), .type = WIRE_STRUCT, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .ignorable = true, .layout = &describe_configs_response_synonym_layout},
  {"ConfigType", .offset = offsetof(struct describe_configs_response_resource_result, config_type), .type = WIRE_INT8, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Documentation", .offset = offsetof(struct describe_configs_response_resource_result, documentation), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout describe_configs_response_resource_result_layout = {"DescribeConfigsResponse", describe_configs_response_resource_result_fields, 8, sizeof(struct describe_configs_response_resource_result), 4};

static const struct wire_field describe_configs_response_result_fields[] = {
  {"ErrorCode", .offset = offsetof(struct describe_configs_response_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_configs_response_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"ResourceType", .offset = offsetof(struct describe_configs_response_result, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct describe_configs_response_result, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Configs", .offset = offsetof(struct describe_configs_response_result, configs), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_configs_response_resource_result_layout},
};
const struct wire_layout describe_configs_response_result_layout = {"DescribeConfigsResponse", describe_configs_response_result_fields, 5, sizeof(struct describe_configs_response_result), 4};

static const struct wire_field describe_configs_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_configs_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct describe_configs_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_configs_response_result_layout},
};
const struct wire_layout describe_configs_response_layout = {"DescribeConfigsResponse", describe_configs_response_fields, 2, sizeof(struct describe_configs_response), 4};

static const struct wire_field alter_configs_request_alterable_config_fields[] = {
  {"Name", .offset = offsetof(struct alter_configs_request_alterable_config, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct alter_configs_request_alterable_config, value), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout alter_configs_request_alterable_config_layout = {"AlterConfigsRequest", alter_configs_request_alterable_config_fields, 2, sizeof(struct alter_configs_request_alterable_config), 2};

static const struct wire_field alter_configs_request_resource_fields[] = {
  {"ResourceType", .offset = offsetof(struct alter_configs_request_resource, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct alter_configs_request_resource, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Configs", .offset = offsetof(struct alter_configs_request_resource, configs), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_configs_request_alterable_config_layout},
};
const struct wire_layout alter_configs_request_resource_layout = {"AlterConfigsRequest", alter_configs_request_resource_fields, 3, sizeof(struct alter_configs_request_resource), 2};

static const struct wire_field alter_configs_request_fields[] = {
  {"Resources", .offset = offsetof(struct alter_configs_request, resources), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_configs_request_resource_layout},
  {"ValidateOnly", .offset = offsetof(struct alter_configs_request, validate_only), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout alter_configs_request_layout = {"AlterConfigsRequest", alter_configs_request_fields, 2, sizeof(struct alter_configs_request), 2};

static const struct wire_field alter_configs_response_resource_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct alter_configs_response_resource_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct alter_configs_response_resource_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"ResourceType", .offset = offsetof(struct alter_configs_response_resource_response, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct alter_configs_response_resource_response, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout alter_configs_response_resource_response_layout = {"AlterConfigsResponse", alter_configs_response_resource_response_fields, 4, sizeof(struct alter_configs_response_resource_response), 2};

static const struct wire_field alter_configs_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct alter_configs_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Responses", .offset = offsetof(struct alter_configs_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_configs_response_resource_response_layout},
};
const struct wire_layout alter_configs_response_layout = {"AlterConfigsResponse", alter_configs_response_fields, 2, sizeof(struct alter_configs_response), 2};

static const struct wire_field alter_replica_log_dirs_request_alter_replica_log_dir_topic_fields[] = {
  {"Name", .offset = offsetof(struct alter_replica_log_dirs_request_alter_replica_log_dir_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct alter_replica_log_dirs_request_alter_replica_log_dir_topic, partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout alter_replica_log_dirs_request_alter_replica_log_dir_topic_layout = {"AlterReplicaLogDirsRequest", alter_replica_log_dirs_request_alter_replica_log_dir_topic_fields, 2, sizeof(struct alter_replica_log_dirs_request_alter_replica_log_dir_topic), 2};

static const struct wire_field alter_replica_log_dirs_request_alter_replica_log_dir_fields[] = {
  {"Path", .offset = offsetof(struct alter_replica_log_dirs_request_alter_replica_log_dir, path), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct alter_replica_log_dirs_request_alter_replica_log_dir, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_replica_log_dirs_request_alter_replica_log_dir_topic_layout},
};
const struct wire_layout alter_replica_log_dirs_request_alter_replica_log_dir_layout = {"AlterReplicaLogDirsRequest", alter_replica_log_dirs_request_alter_replica_log_dir_fields, 2, sizeof(struct alter_replica_log_dirs_request_alter_replica_log_dir), 2};

static const struct wire_field alter_replica_log_dirs_request_fields[] = {
  {"Dirs", .offset = offsetof(struct alter_replica_log_dirs_request, dirs), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_replica_log_dirs_request_alter_replica_log_dir_layout},
};
const struct wire_layout alter_replica_log_dirs_request_layout = {"AlterReplicaLogDirsRequest", alter_replica_log_dirs_request_fields, 1, sizeof(struct alter_replica_log_dirs_request), 2};

static const struct wire_field alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_layout = {"AlterReplicaLogDirsResponse", alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_fields, 2, sizeof(struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result), 2};

static const struct wire_field alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_fields[] = {
  {"TopicName", .offset = offsetof(struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result, topic_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_replica_log_dirs_response_alter_replica_log_dir_partition_result_layout},
};
const struct wire_layout alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_layout = {"AlterReplicaLogDirsResponse", alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_fields, 2, sizeof(struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result), 2};

static const struct wire_field alter_replica_log_dirs_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct alter_replica_log_dirs_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct alter_replica_log_dirs_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_layout},
};
const struct wire_layout alter_replica_log_dirs_response_layout = {"AlterReplicaLogDirsResponse", alter_replica_log_dirs_response_fields, 2, sizeof(struct alter_replica_log_dirs_response), 2};

static const struct wire_field describe_log_dirs_request_describable_log_dir_topic_fields[] = {
  {"Topic", .offset = offsetof(struct describe_log_dirs_request_describable_log_dir_topic, topic), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct describe_log_dirs_request_describable_log_dir_topic, partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout describe_log_dirs_request_describable_log_dir_topic_layout = {"DescribeLogDirsRequest", describe_log_dirs_request_describable_log_dir_topic_fields, 2, sizeof(struct describe_log_dirs_request_describable_log_dir_topic), 2};

static const struct wire_field describe_log_dirs_request_fields[] = {
  {"Topics", .offset = offsetof(struct describe_log_dirs_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &describe_log_dirs_request_describable_log_dir_topic_layout},
};
const struct wire_layout describe_log_dirs_request_layout = {"DescribeLogDirsRequest", describe_log_dirs_request_fields, 1, sizeof(struct describe_log_dirs_request), 2};

static const struct wire_field describe_log_dirs_response_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct describe_log_dirs_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionSize", .offset = offsetof(struct describe_log_dirs_response_partition, partition_size), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"OffsetLag", .offset = offsetof(struct describe_log_dirs_response_partition, offset_lag), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"IsFutureKey", .offset = offsetof(struct describe_log_dirs_response_partition, is_future_key), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_log_dirs_response_partition_layout = {"DescribeLogDirsResponse", describe_log_dirs_response_partition_fields, 4, sizeof(struct describe_log_dirs_response_partition), 2};

static const struct wire_field describe_log_dirs_response_topic_fields[] = {
  {"Name", .offset = offsetof(struct describe_log_dirs_response_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct describe_log_dirs_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_log_dirs_response_partition_layout},
};
const struct wire_layout describe_log_dirs_response_topic_layout = {"DescribeLogDirsResponse", describe_log_dirs_response_topic_fields, 2, sizeof(struct describe_log_dirs_response_topic), 2};

static const struct wire_field describe_log_dirs_response_result_fields[] = {
  {"ErrorCode", .offset = offsetof(struct describe_log_dirs_response_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LogDir", .offset = offsetof(struct describe_log_dirs_response_result, log_dir), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct describe_log_dirs_response_result, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_log_dirs_response_topic_layout},
  {"TotalBytes", .offset = offsetof(struct describe_log_dirs_response_result, total_bytes), .type = WIRE_INT64, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"UsableBytes", .offset = offsetof(struct describe_log_dirs_response_result, usable_bytes), .type = WIRE_INT64, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"IsCordoned", .offset = offsetof(struct describe_log_dirs_response_result, is_cordoned), .type = WIRE_BOOL, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout describe_log_dirs_response_result_layout = {"DescribeLogDirsResponse", describe_log_dirs_response_result_fields, 6, sizeof(struct describe_log_dirs_response_result), 2};

static const struct wire_field describe_log_dirs_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_log_dirs_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_log_dirs_response, error_code), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Results", .offset = offsetof(struct describe_log_dirs_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_log_dirs_response_result_layout},
};
const struct wire_layout describe_log_dirs_response_layout = {"DescribeLogDirsResponse", describe_log_dirs_response_fields, 3, sizeof(struct describe_log_dirs_response), 2};

static const struct wire_field create_partitions_request_assignment_fields[] = {
  {"BrokerIds", .offset = offsetof(struct create_partitions_request_assignment, broker_ids), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout create_partitions_request_assignment_layout = {"CreatePartitionsRequest", create_partitions_request_assignment_fields, 1, sizeof(struct create_partitions_request_assignment), 2};

static const struct wire_field create_partitions_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct create_partitions_request_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Count", .offset = offsetof(struct create_partitions_request_topic, count), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Assignments", .offset = offsetof(struct create_partitions_request_topic, assignments), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &create_partitions_request_assignment_layout},
};
const struct wire_layout create_partitions_request_topic_layout = {"CreatePartitionsRequest", create_partitions_request_topic_fields, 3, sizeof(struct create_partitions_request_topic), 2};

static const struct wire_field create_partitions_request_fields[] = {
  {"Topics", .offset = offsetof(struct create_partitions_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_partitions_request_topic_layout},
  {"TimeoutMs", .offset = offsetof(struct create_partitions_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ValidateOnly", .offset = offsetof(struct create_partitions_request, validate_only), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout create_partitions_request_layout = {"CreatePartitionsRequest", create_partitions_request_fields, 3, sizeof(struct create_partitions_request), 2};

static const struct wire_field create_partitions_response_topic_result_fields[] = {
  {"Name", .offset = offsetof(struct create_partitions_response_topic_result, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct create_partitions_response_topic_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct create_partitions_response_topic_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
};
const struct wire_layout create_partitions_response_topic_result_layout = {"CreatePartitionsResponse", create_partitions_response_topic_result_fields, 3, sizeof(struct create_partitions_response_topic_result), 2};

static const struct wire_field create_partitions_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct create_partitions_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct create_partitions_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &create_partitions_response_topic_result_layout},
};
const struct wire_layout create_partitions_response_layout = {"CreatePartitionsResponse", create_partitions_response_fields, 2, sizeof(struct create_partitions_response), 2};

static const struct wire_field elect_leaders_request_topic_partitions_fields[] = {
  {"Topic", .offset = offsetof(struct elect_leaders_request_topic_partitions, topic), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct elect_leaders_request_topic_partitions, partitions), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout elect_leaders_request_topic_partitions_layout = {"ElectLeadersRequest", elect_leaders_request_topic_partitions_fields, 2, sizeof(struct elect_leaders_request_topic_partitions), 2};

static const struct wire_field elect_leaders_request_fields[] = {
  {"ElectionType", .offset = offsetof(struct elect_leaders_request, election_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"TopicPartitions", .offset = offsetof(struct elect_leaders_request, topic_partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &elect_leaders_request_topic_partitions_layout},
  {"TimeoutMs", .offset = offsetof(struct elect_leaders_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 60000},
};
const struct wire_layout elect_leaders_request_layout = {"ElectLeadersRequest", elect_leaders_request_fields, 3, sizeof(struct elect_leaders_request), 2};

static const struct wire_field elect_leaders_response_partition_result_fields[] = {
  {"PartitionId", .offset = offsetof(struct elect_leaders_response_partition_result, partition_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct elect_leaders_response_partition_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct elect_leaders_response_partition_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout elect_leaders_response_partition_result_layout = {"ElectLeadersResponse", elect_leaders_response_partition_result_fields, 3, sizeof(struct elect_leaders_response_partition_result), 2};

static const struct wire_field elect_leaders_response_replica_election_result_fields[] = {
  {"Topic", .offset = offsetof(struct elect_leaders_response_replica_election_result, topic), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionResult", .offset = offsetof(struct elect_leaders_response_replica_election_result, partition_result), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &elect_leaders_response_partition_result_layout},
};
const struct wire_layout elect_leaders_response_replica_election_result_layout = {"ElectLeadersResponse", elect_leaders_response_replica_election_result_fields, 2, sizeof(struct elect_leaders_response_replica_election_result), 2};

static const struct wire_field elect_leaders_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct elect_leaders_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct elect_leaders_response, error_code), .type = WIRE_INT16, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ReplicaElectionResults", .offset = offsetof(struct elect_leaders_response, replica_election_results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &elect_leaders_response_replica_election_result_layout},
};
const struct wire_layout elect_leaders_response_layout = {"ElectLeadersResponse", elect_leaders_response_fields, 3, sizeof(struct elect_leaders_response), 2};

static const struct wire_field incremental_alter_configs_request_alterable_config_fields[] = {
  {"Name", .offset = offsetof(struct incremental_alter_configs_request_alterable_config, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ConfigOperation", .offset = offsetof(struct incremental_alter_configs_request_alterable_config, config_operation), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct incremental_alter_configs_request_alterable_config, value), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout incremental_alter_configs_request_alterable_config_layout = {"IncrementalAlterConfigsRequest", incremental_alter_configs_request_alterable_config_fields, 3, sizeof(struct incremental_alter_configs_request_alterable_config), 1};

static const struct wire_field incremental_alter_configs_request_alter_configs_resource_fields[] = {
  {"ResourceType", .offset = offsetof(struct incremental_alter_configs_request_alter_configs_resource, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct incremental_alter_configs_request_alter_configs_resource, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Configs", .offset = offsetof(struct incremental_alter_configs_request_alter_configs_resource, configs), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &incremental_alter_configs_request_alterable_config_layout},
};
const struct wire_layout incremental_alter_configs_request_alter_configs_resource_layout = {"IncrementalAlterConfigsRequest", incremental_alter_configs_request_alter_configs_resource_fields, 3, sizeof(struct incremental_alter_configs_request_alter_configs_resource), 1};

static const struct wire_field incremental_alter_configs_request_fields[] = {
  {"Resources", .offset = offsetof(struct incremental_alter_configs_request, resources), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &incremental_alter_configs_request_alter_configs_resource_layout},
  {"ValidateOnly", .offset = offsetof(struct incremental_alter_configs_request, validate_only), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout incremental_alter_configs_request_layout = {"IncrementalAlterConfigsRequest", incremental_alter_configs_request_fields, 2, sizeof(struct incremental_alter_configs_request), 1};

static const struct wire_field incremental_alter_configs_response_alter_configs_resource_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct incremental_alter_configs_response_alter_configs_resource_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct incremental_alter_configs_response_alter_configs_resource_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"ResourceType", .offset = offsetof(struct incremental_alter_configs_response_alter_configs_resource_response, resource_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceName", .offset = offsetof(struct incremental_alter_configs_response_alter_configs_resource_response, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout incremental_alter_configs_response_alter_configs_resource_response_layout = {"IncrementalAlterConfigsResponse", incremental_alter_configs_response_alter_configs_resource_response_fields, 4, sizeof(struct incremental_alter_configs_response_alter_configs_resource_response), 1};

static const struct wire_field incremental_alter_configs_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct incremental_alter_configs_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Responses", .offset = offsetof(struct incremental_alter_configs_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &incremental_alter_configs_response_alter_configs_resource_response_layout},
};
const struct wire_layout incremental_alter_configs_response_layout = {"IncrementalAlterConfigsResponse", incremental_alter_configs_response_fields, 2, sizeof(struct incremental_alter_configs_response), 1};

static const struct wire_field alter_partition_reassignments_request_reassignable_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct alter_partition_reassignments_request_reassignable_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Replicas", .offset = offsetof(struct alter_partition_reassignments_request_reassignable_partition, replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true},
};
const struct wire_layout alter_partition_reassignments_request_reassignable_partition_layout = {"AlterPartitionReassignmentsRequest", alter_partition_reassignments_request_reassignable_partition_fields, 2, sizeof(struct alter_partition_reassignments_request_reassignable_partition), 0};

static const struct wire_field alter_partition_reassignments_request_reassignable_topic_fields[] = {
  {"Name", .offset = offsetof(struct alter_partition_reassignments_request_reassignable_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct alter_partition_reassignments_request_reassignable_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_partition_reassignments_request_reassignable_partition_layout},
};
const struct wire_layout alter_partition_reassignments_request_reassignable_topic_layout = {"AlterPartitionReassignmentsRequest", alter_partition_reassignments_request_reassignable_topic_fields, 2, sizeof(struct alter_partition_reassignments_request_reassignable_topic), 0};

static const struct wire_field alter_partition_reassignments_request_fields[] = {
  {"TimeoutMs", .offset = offsetof(struct alter_partition_reassignments_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 60000},
  {"AllowReplicationFactorChange", .offset = offsetof(struct alter_partition_reassignments_request, allow_replication_factor_change), .type = WIRE_BOOL, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 1},
  {"Topics", .offset = offsetof(struct alter_partition_reassignments_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_partition_reassignments_request_reassignable_topic_layout},
};
const struct wire_layout alter_partition_reassignments_request_layout = {"AlterPartitionReassignmentsRequest", alter_partition_reassignments_request_fields, 3, sizeof(struct alter_partition_reassignments_request), 0};

static const struct wire_field alter_partition_reassignments_response_reassignable_partition_response_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct alter_partition_reassignments_response_reassignable_partition_response, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct alter_partition_reassignments_response_reassignable_partition_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct alter_partition_reassignments_response_reassignable_partition_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout alter_partition_reassignments_response_reassignable_partition_response_layout = {"AlterPartitionReassignmentsResponse", alter_partition_reassignments_response_reassignable_partition_response_fields, 3, sizeof(struct alter_partition_reassignments_response_reassignable_partition_response), 0};

static const struct wire_field alter_partition_reassignments_response_reassignable_topic_response_fields[] = {
  {"Name", .offset = offsetof(struct alter_partition_reassignments_response_reassignable_topic_response, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct alter_partition_reassignments_response_reassignable_topic_response, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_partition_reassignments_response_reassignable_partition_response_layout},
};
const struct wire_layout alter_partition_reassignments_response_reassignable_topic_response_layout = {"AlterPartitionReassignmentsResponse", alter_partition_reassignments_response_reassignable_topic_response_fields, 2, sizeof(struct alter_partition_reassignments_response_reassignable_topic_response), 0};

static const struct wire_field alter_partition_reassignments_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct alter_partition_reassignments_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"AllowReplicationFactorChange", .offset = offsetof(struct alter_partition_reassignments_response, allow_replication_factor_change), .type = WIRE_BOOL, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = 1},
  {"ErrorCode", .offset = offsetof(struct alter_partition_reassignments_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct alter_partition_reassignments_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Responses", .offset = offsetof(struct alter_partition_reassignments_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_partition_reassignments_response_reassignable_topic_response_layout},
};
const struct wire_layout alter_partition_reassignments_response_layout = {"AlterPartitionReassignmentsResponse", alter_partition_reassignments_response_fields, 5, sizeof(struct alter_partition_reassignments_response), 0};

static const struct wire_field list_partition_reassignments_request_topics_fields[] = {
  {"Name", .offset = offsetof(struct list_partition_reassignments_request_topics, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndexes", .offset = offsetof(struct list_partition_reassignments_request_topics, partition_indexes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout list_partition_reassignments_request_topics_layout = {"ListPartitionReassignmentsRequest", list_partition_reassignments_request_topics_fields, 2, sizeof(struct list_partition_reassignments_request_topics), 0};

static const struct wire_field list_partition_reassignments_request_fields[] = {
  {"TimeoutMs", .offset = offsetof(struct list_partition_reassignments_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 60000},
  {"Topics", .offset = offsetof(struct list_partition_reassignments_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true, .layout = &list_partition_reassignments_request_topics_layout},
};
const struct wire_layout list_partition_reassignments_request_layout = {"ListPartitionReassignmentsRequest", list_partition_reassignments_request_fields, 2, sizeof(struct list_partition_reassignments_request), 0};

static const struct wire_field list_partition_reassignments_response_ongoing_partition_reassignment_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct list_partition_reassignments_response_ongoing_partition_reassignment, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Replicas", .offset = offsetof(struct list_partition_reassignments_response_ongoing_partition_reassignment, replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"AddingReplicas", .offset = offsetof(struct list_partition_reassignments_response_ongoing_partition_reassignment, adding_replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"RemovingReplicas", .offset = offsetof(struct list_partition_reassignments_response_ongoing_partition_reassignment, removing_replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout list_partition_reassignments_response_ongoing_partition_reassignment_layout = {"ListPartitionReassignmentsResponse", list_partition_reassignments_response_ongoing_partition_reassignment_fields, 4, sizeof(struct list_partition_reassignments_response_ongoing_partition_reassignment), 0};

static const struct wire_field list_partition_reassignments_response_ongoing_topic_reassignment_fields[] = {
  {"Name", .offset = offsetof(struct list_partition_reassignments_response_ongoing_topic_reassignment, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct list_partition_reassignments_response_ongoing_topic_reassignment, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_partition_reassignments_response_ongoing_partition_reassignment_layout},
};
const struct wire_layout list_partition_reassignments_response_ongoing_topic_reassignment_layout = {"ListPartitionReassignmentsResponse", list_partition_reassignments_response_ongoing_topic_reassignment_fields, 2, sizeof(struct list_partition_reassignments_response_ongoing_topic_reassignment), 0};

static const struct wire_field list_partition_reassignments_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct list_partition_reassignments_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct list_partition_reassignments_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct list_partition_reassignments_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct list_partition_reassignments_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_partition_reassignments_response_ongoing_topic_reassignment_layout},
};
const struct wire_layout list_partition_reassignments_response_layout = {"ListPartitionReassignmentsResponse", list_partition_reassignments_response_fields, 4, sizeof(struct list_partition_reassignments_response), 0};

static const struct wire_field describe_client_quotas_request_component_data_fields[] = {
  {"EntityType", .offset = offsetof(struct describe_client_quotas_request_component_data, entity_type), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MatchType", .offset = offsetof(struct describe_client_quotas_request_component_data, match_type), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Match", .offset = offsetof(struct describe_client_quotas_request_component_data, match), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout describe_client_quotas_request_component_data_layout = {"DescribeClientQuotasRequest", describe_client_quotas_request_component_data_fields, 3, sizeof(struct describe_client_quotas_request_component_data), 1};

static const struct wire_field describe_client_quotas_request_fields[] = {
  {"Components", .offset = offsetof(struct describe_client_quotas_request, components), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_client_quotas_request_component_data_layout},
  {"Strict", .offset = offsetof(struct describe_client_quotas_request, strict), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_client_quotas_request_layout = {"DescribeClientQuotasRequest", describe_client_quotas_request_fields, 2, sizeof(struct describe_client_quotas_request), 1};

static const struct wire_field describe_client_quotas_response_entity_data_fields[] = {
  {"EntityType", .offset = offsetof(struct describe_client_quotas_response_entity_data, entity_type), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"EntityName", .offset = offsetof(struct describe_client_quotas_response_entity_data, entity_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout describe_client_quotas_response_entity_data_layout = {"DescribeClientQuotasResponse", describe_client_quotas_response_entity_data_fields, 2, sizeof(struct describe_client_quotas_response_entity_data), 1};

static const struct wire_field describe_client_quotas_response_value_data_fields[] = {
  {"Key", .offset = offsetof(struct describe_client_quotas_response_value_data, key), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Value", .offset = offsetof(struct describe_client_quotas_response_value_data, value), .type = WIRE_FLOAT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_client_quotas_response_value_data_layout = {"DescribeClientQuotasResponse", describe_client_quotas_response_value_data_fields, 2, sizeof(struct describe_client_quotas_response_value_data), 1};

static const struct wire_field describe_client_quotas_response_entry_data_fields[] = {
  {"Entity", .offset = offsetof(struct describe_client_quotas_response_entry_data, entity), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_client_quotas_response_entity_data_layout},
  {"Values", .offset = offsetof(struct describe_client_quotas_response_entry_data, values), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_client_quotas_response_value_data_layout},
};
const struct wire_layout describe_client_quotas_response_entry_data_layout = {"DescribeClientQuotasResponse", describe_client_quotas_response_entry_data_fields, 2, sizeof(struct describe_client_quotas_response_entry_data), 1};

static const struct wire_field describe_client_quotas_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_client_quotas_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_client_quotas_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_client_quotas_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Entries", .offset = offsetof(struct describe_client_quotas_response, entries), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &describe_client_quotas_response_entry_data_layout},
};
const struct wire_layout describe_client_quotas_response_layout = {"DescribeClientQuotasResponse", describe_client_quotas_response_fields, 4, sizeof(struct describe_client_quotas_response), 1};

static const struct wire_field describe_user_scram_credentials_request_user_name_fields[] = {
  {"Name", .offset = offsetof(struct describe_user_scram_credentials_request_user_name, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_user_scram_credentials_request_user_name_layout = {"DescribeUserScramCredentialsRequest", describe_user_scram_credentials_request_user_name_fields, 1, sizeof(struct describe_user_scram_credentials_request_user_name), 0};

static const struct wire_field describe_user_scram_credentials_request_fields[] = {
  {"Users", .offset = offsetof(struct describe_user_scram_credentials_request, users), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &describe_user_scram_credentials_request_user_name_layout},
};
const struct wire_layout describe_user_scram_credentials_request_layout = {"DescribeUserScramCredentialsRequest", describe_user_scram_credentials_request_fields, 1, sizeof(struct describe_user_scram_credentials_request), 0};

static const struct wire_field describe_user_scram_credentials_response_credential_info_fields[] = {
  {"Mechanism", .offset = offsetof(struct describe_user_scram_credentials_response_credential_info, mechanism), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Iterations", .offset = offsetof(struct describe_user_scram_credentials_response_credential_info, iterations), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_user_scram_credentials_response_credential_info_layout = {"DescribeUserScramCredentialsResponse", describe_user_scram_credentials_response_credential_info_fields, 2, sizeof(struct describe_user_scram_credentials_response_credential_info), 0};

static const struct wire_field describe_user_scram_credentials_response_result_fields[] = {
  {"User", .offset = offsetof(struct describe_user_scram_credentials_response_result, user), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_user_scram_credentials_response_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_user_scram_credentials_response_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"CredentialInfos", .offset = offsetof(struct describe_user_scram_credentials_response_result, credential_infos), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_user_scram_credentials_response_credential_info_layout},
};
const struct wire_layout describe_user_scram_credentials_response_result_layout = {"DescribeUserScramCredentialsResponse", describe_user_scram_credentials_response_result_fields, 4, sizeof(struct describe_user_scram_credentials_response_result), 0};

static const struct wire_field describe_user_scram_credentials_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_user_scram_credentials_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_user_scram_credentials_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_user_scram_credentials_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct describe_user_scram_credentials_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_user_scram_credentials_response_result_layout},
};
const struct wire_layout describe_user_scram_credentials_response_layout = {"DescribeUserScramCredentialsResponse", describe_user_scram_credentials_response_fields, 4, sizeof(struct describe_user_scram_credentials_response), 0};

static const struct wire_field alter_user_scram_credentials_request_scram_credential_deletion_fields[] = {
  {"Name", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_deletion, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Mechanism", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_deletion, mechanism), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout alter_user_scram_credentials_request_scram_credential_deletion_layout = {"AlterUserScramCredentialsRequest", alter_user_scram_credentials_request_scram_credential_deletion_fields, 2, sizeof(struct alter_user_scram_credentials_request_scram_credential_deletion), 0};

static const struct wire_field alter_user_scram_credentials_request_scram_credential_upsertion_fields[] = {
  {"Name", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_upsertion, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Mechanism", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_upsertion, mechanism), .type = WIRE_INT8, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Iterations", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_upsertion, iterations), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Salt", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_upsertion, salt), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"SaltedPassword", .offset = offsetof(struct alter_user_scram_credentials_request_scram_credential_upsertion, salted_password), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout alter_user_scram_credentials_request_scram_credential_upsertion_layout = {"AlterUserScramCredentialsRequest", alter_user_scram_credentials_request_scram_credential_upsertion_fields, 5, sizeof(struct alter_user_scram_credentials_request_scram_credential_upsertion), 0};

static const struct wire_field alter_user_scram_credentials_request_fields[] = {
  {"Deletions", .offset = offsetof(struct alter_user_scram_credentials_request, deletions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_user_scram_credentials_request_scram_credential_deletion_layout},
  {"Upsertions", .offset = offsetof(struct alter_user_scram_credentials_request, upsertions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_user_scram_credentials_request_scram_credential_upsertion_layout},
};
const struct wire_layout alter_user_scram_credentials_request_layout = {"AlterUserScramCredentialsRequest", alter_user_scram_credentials_request_fields, 2, sizeof(struct alter_user_scram_credentials_request), 0};

static const struct wire_field alter_user_scram_credentials_response_result_fields[] = {
  {"User", .offset = offsetof(struct alter_user_scram_credentials_response_result, user), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct alter_user_scram_credentials_response_result, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct alter_user_scram_credentials_response_result, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout alter_user_scram_credentials_response_result_layout = {"AlterUserScramCredentialsResponse", alter_user_scram_credentials_response_result_fields, 3, sizeof(struct alter_user_scram_credentials_response_result), 0};

static const struct wire_field alter_user_scram_credentials_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct alter_user_scram_credentials_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Results", .offset = offsetof(struct alter_user_scram_credentials_response, results), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &alter_user_scram_credentials_response_result_layout},
};
const struct wire_layout alter_user_scram_credentials_response_layout = {"AlterUserScramCredentialsResponse", alter_user_scram_credentials_response_fields, 2, sizeof(struct alter_user_scram_credentials_response), 0};

static const struct wire_field describe_cluster_request_fields[] = {
  {"IncludeClusterAuthorizedOperations", .offset = offsetof(struct describe_cluster_request, include_cluster_authorized_operations), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"EndpointType", .offset = offsetof(struct describe_cluster_request, endpoint_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 1},
  {"IncludeFencedBrokers", .offset = offsetof(struct describe_cluster_request, include_fenced_brokers), .type = WIRE_BOOL, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_cluster_request_layout = {"DescribeClusterRequest", describe_cluster_request_fields, 3, sizeof(struct describe_cluster_request), 0};

static const struct wire_field describe_cluster_response_broker_fields[] = {
  {"BrokerId", .offset = offsetof(struct describe_cluster_response_broker, broker_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct describe_cluster_response_broker, host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct describe_cluster_response_broker, port), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Rack", .offset = offsetof(struct describe_cluster_response_broker, rack), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"IsFenced", .offset = offsetof(struct describe_cluster_response_broker, is_fenced), .type = WIRE_BOOL, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_cluster_response_broker_layout = {"DescribeClusterResponse", describe_cluster_response_broker_fields, 5, sizeof(struct describe_cluster_response_broker), 0};

static const struct wire_field describe_cluster_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_cluster_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_cluster_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_cluster_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"EndpointType", .offset = offsetof(struct describe_cluster_response, endpoint_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 1},
  {"ClusterId", .offset = offsetof(struct describe_cluster_response, cluster_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ControllerId", .offset = offsetof(struct describe_cluster_response, controller_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"Brokers", .offset = offsetof(struct describe_cluster_response, brokers), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_cluster_response_broker_layout},
  {"ClusterAuthorizedOperations", .offset = offsetof(struct describe_cluster_response, cluster_authorized_operations), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -2147483648},
};
const struct wire_layout describe_cluster_response_layout = {"DescribeClusterResponse", describe_cluster_response_fields, 8, sizeof(struct describe_cluster_response), 0};

static const struct wire_field describe_producers_request_topic_request_fields[] = {
  {"Name", .offset = offsetof(struct describe_producers_request_topic_request, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndexes", .offset = offsetof(struct describe_producers_request_topic_request, partition_indexes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout describe_producers_request_topic_request_layout = {"DescribeProducersRequest", describe_producers_request_topic_request_fields, 2, sizeof(struct describe_producers_request_topic_request), 0};

static const struct wire_field describe_producers_request_fields[] = {
  {"Topics", .offset = offsetof(struct describe_producers_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_producers_request_topic_request_layout},
};
const struct wire_layout describe_producers_request_layout = {"DescribeProducersRequest", describe_producers_request_fields, 1, sizeof(struct describe_producers_request), 0};

static const struct wire_field describe_producers_response_producer_state_fields[] = {
  {"ProducerId", .offset = offsetof(struct describe_producers_response_producer_state, producer_id), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProducerEpoch", .offset = offsetof(struct describe_producers_response_producer_state, producer_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LastSequence", .offset = offsetof(struct describe_producers_response_producer_state, last_sequence), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"LastTimestamp", .offset = offsetof(struct describe_producers_response_producer_state, last_timestamp), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"CoordinatorEpoch", .offset = offsetof(struct describe_producers_response_producer_state, coordinator_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CurrentTxnStartOffset", .offset = offsetof(struct describe_producers_response_producer_state, current_txn_start_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout describe_producers_response_producer_state_layout = {"DescribeProducersResponse", describe_producers_response_producer_state_fields, 6, sizeof(struct describe_producers_response_producer_state), 0};

static const struct wire_field describe_producers_response_partition_response_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct describe_producers_response_partition_response, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct describe_producers_response_partition_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct describe_producers_response_partition_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"ActiveProducers", .offset = offsetof(struct describe_producers_response_partition_response, active_producers), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_producers_response_producer_state_layout},
};
const struct wire_layout describe_producers_response_partition_response_layout = {"DescribeProducersResponse", describe_producers_response_partition_response_fields, 4, sizeof(struct describe_producers_response_partition_response), 0};

static const struct wire_field describe_producers_response_topic_response_fields[] = {
  {"Name", .offset = offsetof(struct describe_producers_response_topic_response, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct describe_producers_response_topic_response, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_producers_response_partition_response_layout},
};
const struct wire_layout describe_producers_response_topic_response_layout = {"DescribeProducersResponse", describe_producers_response_topic_response_fields, 2, sizeof(struct describe_producers_response_topic_response), 0};

static const struct wire_field describe_producers_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_producers_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct describe_producers_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_producers_response_topic_response_layout},
};
const struct wire_layout describe_producers_response_layout = {"DescribeProducersResponse", describe_producers_response_fields, 2, sizeof(struct describe_producers_response), 0};

static const struct wire_field list_config_resources_request_fields[] = {
  {"ResourceTypes", .offset = offsetof(struct list_config_resources_request, resource_types), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout list_config_resources_request_layout = {"ListConfigResourcesRequest", list_config_resources_request_fields, 1, sizeof(struct list_config_resources_request), 0};

static const struct wire_field list_config_resources_response_config_resource_fields[] = {
  {"ResourceName", .offset = offsetof(struct list_config_resources_response_config_resource, resource_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ResourceType", .offset = offsetof(struct list_config_resources_response_config_resource, resource_type), .type = WIRE_INT8, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = 16},
};
const struct wire_layout list_config_resources_response_config_resource_layout = {"ListConfigResourcesResponse", list_config_resources_response_config_resource_fields, 2, sizeof(struct list_config_resources_response_config_resource), 0};

static const struct wire_field list_config_resources_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct list_config_resources_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct list_config_resources_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ConfigResources", .offset = offsetof(struct list_config_resources_response, config_resources), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_config_resources_response_config_resource_layout},
};
const struct wire_layout list_config_resources_response_layout = {"ListConfigResourcesResponse", list_config_resources_response_fields, 3, sizeof(struct list_config_resources_response), 0};
