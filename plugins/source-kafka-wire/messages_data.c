/* SPDX-License-Identifier: Apache-2.0
 *
 * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */
/* clang-format off */
#include "wire.h"

static const struct wire_field produce_request_partition_produce_data_fields[] = {
  {"Index", .offset = offsetof(struct produce_request_partition_produce_data, index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Records", .offset = offsetof(struct produce_request_partition_produce_data, records), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout produce_request_partition_produce_data_layout = {"ProduceRequest", produce_request_partition_produce_data_fields, 2, sizeof(struct produce_request_partition_produce_data), 9};

static const struct wire_field produce_request_topic_produce_data_fields[] = {
  {"Name", .offset = offsetof(struct produce_request_topic_produce_data, name), .type = WIRE_STRING, .versions = {0, 12}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct produce_request_topic_produce_data, topic_id), .type = WIRE_UUID, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"PartitionData", .offset = offsetof(struct produce_request_topic_produce_data, partition_data), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &produce_request_partition_produce_data_layout},
};
const struct wire_layout produce_request_topic_produce_data_layout = {"ProduceRequest", produce_request_topic_produce_data_fields, 3, sizeof(struct produce_request_topic_produce_data), 9};

static const struct wire_field produce_request_fields[] = {
  {"TransactionalId", .offset = offsetof(struct produce_request, transactional_id), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {3, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
  {"Acks", .offset = offsetof(struct produce_request, acks), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"TimeoutMs", .offset = offsetof(struct produce_request, timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"TopicData", .offset = offsetof(struct produce_request, topic_data), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &produce_request_topic_produce_data_layout},
};
const struct wire_layout produce_request_layout = {"ProduceRequest", produce_request_fields, 4, sizeof(struct produce_request), 9};

static const struct wire_field produce_response_batch_index_and_error_message_fields[] = {
  {"BatchIndex", .offset = offsetof(struct produce_response_batch_index_and_error_message, batch_index), .type = WIRE_INT32, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"BatchIndexErrorMessage", .offset = offsetof(struct produce_response_batch_index_and_error_message, batch_index_error_message), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {8, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
};
const struct wire_layout produce_response_batch_index_and_error_message_layout = {"ProduceResponse", produce_response_batch_index_and_error_message_fields, 2, sizeof(struct produce_response_batch_index_and_error_message), 9};

static const struct wire_field produce_response_leader_id_and_epoch_fields[] = {
  {"LeaderId", .offset = offsetof(struct produce_response_leader_id_and_epoch, leader_id), .type = WIRE_INT32, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"LeaderEpoch", .offset = offsetof(struct produce_response_leader_id_and_epoch, leader_epoch), .type = WIRE_INT32, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout produce_response_leader_id_and_epoch_layout = {"ProduceResponse", produce_response_leader_id_and_epoch_fields, 2, sizeof(struct produce_response_leader_id_and_epoch), 9};

static const struct wire_field produce_response_partition_produce_response_fields[] = {
  {"Index", .offset = offsetof(struct produce_response_partition_produce_response, index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct produce_response_partition_produce_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"BaseOffset", .offset = offsetof(struct produce_response_partition_produce_response, base_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LogAppendTimeMs", .offset = offsetof(struct produce_response_partition_produce_response, log_append_time_ms), .type = WIRE_INT64, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"LogStartOffset", .offset = offsetof(struct produce_response_partition_produce_response, log_start_offset), .type = WIRE_INT64, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"RecordErrors", .offset = offsetof(struct produce_response_partition_produce_response, record_errors), .type = WIRE_STRUCT, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .ignorable = true, .layout = &produce_response_batch_index_and_error_message_layout},
  {"ErrorMessage", .offset = offsetof(struct produce_response_partition_produce_response, error_message), .type = WIRE_STRING, .versions = {8, WIRE_LATEST}, .nullable = {8, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"CurrentLeader", .offset = offsetof(struct produce_response_partition_produce_response, current_leader), .type = WIRE_STRUCT, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {10, WIRE_LATEST}, .tag = 0, .layout = &produce_response_leader_id_and_epoch_layout},
};
const struct wire_layout produce_response_partition_produce_response_layout = {"ProduceResponse", produce_response_partition_produce_response_fields, 8, sizeof(struct produce_response_partition_produce_response), 9};

static const struct wire_field produce_response_topic_produce_response_fields[] = {
  {"Name", .offset = offsetof(struct produce_response_topic_produce_response, name), .type = WIRE_STRING, .versions = {0, 12}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct produce_response_topic_produce_response, topic_id), .type = WIRE_UUID, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"PartitionResponses", .offset = offsetof(struct produce_response_topic_produce_response, partition_responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &produce_response_partition_produce_response_layout},
};
const struct wire_layout produce_response_topic_produce_response_layout = {"ProduceResponse", produce_response_topic_produce_response_fields, 3, sizeof(struct produce_response_topic_produce_response), 9};

static const struct wire_field produce_response_node_endpoint_fields[] = {
  {"NodeId", .offset = offsetof(struct produce_response_node_endpoint, node_id), .type = WIRE_INT32, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct produce_response_node_endpoint, host), .type = WIRE_STRING, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct produce_response_node_endpoint, port), .type = WIRE_INT32, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Rack", .offset = offsetof(struct produce_response_node_endpoint, rack), .type = WIRE_STRING, .versions = {10, WIRE_LATEST}, .nullable = {10, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
};
const struct wire_layout produce_response_node_endpoint_layout = {"ProduceResponse", produce_response_node_endpoint_fields, 4, sizeof(struct produce_response_node_endpoint), 9};

static const struct wire_field produce_response_fields[] = {
  {"Responses", .offset = offsetof(struct produce_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &produce_response_topic_produce_response_layout},
  {"ThrottleTimeMs", .offset = offsetof(struct produce_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"NodeEndpoints", .offset = offsetof(struct produce_response, node_endpoints), .type = WIRE_STRUCT, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {10, WIRE_LATEST}, .array = true, .tag = 0, .layout = &produce_response_node_endpoint_layout},
};
const struct wire_layout produce_response_layout = {"ProduceResponse", produce_response_fields, 3, sizeof(struct produce_response), 9};

static const struct wire_field fetch_request_replica_state_fields[] = {
  {"ReplicaId", .offset = offsetof(struct fetch_request_replica_state, replica_id), .type = WIRE_INT32, .versions = {15, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"ReplicaEpoch", .offset = offsetof(struct fetch_request_replica_state, replica_epoch), .type = WIRE_INT64, .versions = {15, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout fetch_request_replica_state_layout = {"FetchRequest", fetch_request_replica_state_fields, 2, sizeof(struct fetch_request_replica_state), 12};

static const struct wire_field fetch_request_partition_fields[] = {
  {"Partition", .offset = offsetof(struct fetch_request_partition, partition), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CurrentLeaderEpoch", .offset = offsetof(struct fetch_request_partition, current_leader_epoch), .type = WIRE_INT32, .versions = {9, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"FetchOffset", .offset = offsetof(struct fetch_request_partition, fetch_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LastFetchedEpoch", .offset = offsetof(struct fetch_request_partition, last_fetched_epoch), .type = WIRE_INT32, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"LogStartOffset", .offset = offsetof(struct fetch_request_partition, log_start_offset), .type = WIRE_INT64, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"PartitionMaxBytes", .offset = offsetof(struct fetch_request_partition, partition_max_bytes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ReplicaDirectoryId", .offset = offsetof(struct fetch_request_partition, replica_directory_id), .type = WIRE_UUID, .versions = {17, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {17, WIRE_LATEST}, .ignorable = true, .tag = 0},
  {"HighWatermark", .offset = offsetof(struct fetch_request_partition, high_watermark), .type = WIRE_INT64, .versions = {18, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {18, WIRE_LATEST}, .ignorable = true, .initial = 9223372036854775807, .tag = 1},
};
const struct wire_layout fetch_request_partition_layout = {"FetchRequest", fetch_request_partition_fields, 8, sizeof(struct fetch_request_partition), 12};

static const struct wire_field fetch_request_topic_fields[] = {
  {"Topic", .offset = offsetof(struct fetch_request_topic, topic), .type = WIRE_STRING, .versions = {0, 12}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct fetch_request_topic, topic_id), .type = WIRE_UUID, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct fetch_request_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &fetch_request_partition_layout},
};
const struct wire_layout fetch_request_topic_layout = {"FetchRequest", fetch_request_topic_fields, 3, sizeof(struct fetch_request_topic), 12};

static const struct wire_field fetch_request_forgotten_topic_fields[] = {
  {"Topic", .offset = offsetof(struct fetch_request_forgotten_topic, topic), .type = WIRE_STRING, .versions = {7, 12}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct fetch_request_forgotten_topic, topic_id), .type = WIRE_UUID, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct fetch_request_forgotten_topic, partitions), .type = WIRE_INT32, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout fetch_request_forgotten_topic_layout = {"FetchRequest", fetch_request_forgotten_topic_fields, 3, sizeof(struct fetch_request_forgotten_topic), 12};

static const struct wire_field fetch_request_fields[] = {
  {"ClusterId", .offset = offsetof(struct fetch_request, cluster_id), .type = WIRE_STRING, .versions = {12, WIRE_LATEST}, .nullable = {12, WIRE_LATEST}, .tagged = {12, WIRE_LATEST}, .initially_null = true, .ignorable = true, .tag = 0},
  {"ReplicaId", .offset = offsetof(struct fetch_request, replica_id), .type = WIRE_INT32, .versions = {0, 14}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"ReplicaState", .offset = offsetof(struct fetch_request, replica_state), .type = WIRE_STRUCT, .versions = {15, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {15, WIRE_LATEST}, .tag = 1, .layout = &fetch_request_replica_state_layout},
  {"MaxWaitMs", .offset = offsetof(struct fetch_request, max_wait_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MinBytes", .offset = offsetof(struct fetch_request, min_bytes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MaxBytes", .offset = offsetof(struct fetch_request, max_bytes), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = 2147483647},
  {"IsolationLevel", .offset = offsetof(struct fetch_request, isolation_level), .type = WIRE_INT8, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"SessionId", .offset = offsetof(struct fetch_request, session_id), .type = WIRE_INT32, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"SessionEpoch", .offset = offsetof(struct fetch_request, session_epoch), .type = WIRE_INT32, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Topics", .offset = offsetof(struct fetch_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &fetch_request_topic_layout},
  {"ForgottenTopicsData", .offset = offsetof(struct fetch_request, forgotten_topics_data), .type = WIRE_STRUCT, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &fetch_request_forgotten_topic_layout},
  {"RackId", .offset = offsetof(struct fetch_request, rack_id), .type = WIRE_STRING, .versions = {11, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout fetch_request_layout = {"FetchRequest", fetch_request_fields, 12, sizeof(struct fetch_request), 12};

static const struct wire_field fetch_response_epoch_end_offset_fields[] = {
  {"Epoch", .offset = offsetof(struct fetch_response_epoch_end_offset, epoch), .type = WIRE_INT32, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"EndOffset", .offset = offsetof(struct fetch_response_epoch_end_offset, end_offset), .type = WIRE_INT64, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout fetch_response_epoch_end_offset_layout = {"FetchResponse", fetch_response_epoch_end_offset_fields, 2, sizeof(struct fetch_response_epoch_end_offset), 12};

static const struct wire_field fetch_response_leader_id_and_epoch_fields[] = {
  {"LeaderId", .offset = offsetof(struct fetch_response_leader_id_and_epoch, leader_id), .type = WIRE_INT32, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"LeaderEpoch", .offset = offsetof(struct fetch_response_leader_id_and_epoch, leader_epoch), .type = WIRE_INT32, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout fetch_response_leader_id_and_epoch_layout = {"FetchResponse", fetch_response_leader_id_and_epoch_fields, 2, sizeof(struct fetch_response_leader_id_and_epoch), 12};

static const struct wire_field fetch_response_snapshot_id_fields[] = {
  {"EndOffset", .offset = offsetof(struct fetch_response_snapshot_id, end_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"Epoch", .offset = offsetof(struct fetch_response_snapshot_id, epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout fetch_response_snapshot_id_layout = {"FetchResponse", fetch_response_snapshot_id_fields, 2, sizeof(struct fetch_response_snapshot_id), 12};

static const struct wire_field fetch_response_aborted_transaction_fields[] = {
  {"ProducerId", .offset = offsetof(struct fetch_response_aborted_transaction, producer_id), .type = WIRE_INT64, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"FirstOffset", .offset = offsetof(struct fetch_response_aborted_transaction, first_offset), .type = WIRE_INT64, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout fetch_response_aborted_transaction_layout = {"FetchResponse", fetch_response_aborted_transaction_fields, 2, sizeof(struct fetch_response_aborted_transaction), 12};

static const struct wire_field fetch_response_partition_data_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct fetch_response_partition_data, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct fetch_response_partition_data, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"HighWatermark", .offset = offsetof(struct fetch_response_partition_data, high_watermark), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LastStableOffset", .offset = offsetof(struct fetch_response_partition_data, last_stable_offset), .type = WIRE_INT64, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"LogStartOffset", .offset = offsetof(struct fetch_response_partition_data, log_start_offset), .type = WIRE_INT64, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"DivergingEpoch", .offset = offsetof(struct fetch_response_partition_data, diverging_epoch), .type = WIRE_STRUCT, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {12, WIRE_LATEST}, .tag = 0, .layout = &fetch_response_epoch_end_offset_layout},
  {"CurrentLeader", .offset = offsetof(struct fetch_response_partition_data, current_leader), .type = WIRE_STRUCT, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {12, WIRE_LATEST}, .tag = 1, .layout = &fetch_response_leader_id_and_epoch_layout},
  {"SnapshotId", .offset = offsetof(struct fetch_response_partition_data, snapshot_id), .type = WIRE_STRUCT, .versions = {12, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {12, WIRE_LATEST}, .tag = 2, .layout = &fetch_response_snapshot_id_layout},
  {"AbortedTransactions", .offset = offsetof(struct fetch_response_partition_data, aborted_transactions), .type = WIRE_STRUCT, .versions = {4, WIRE_LATEST}, .nullable = {4, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .ignorable = true, .layout = &fetch_response_aborted_transaction_layout},
  {"PreferredReadReplica", .offset = offsetof(struct fetch_response_partition_data, preferred_read_replica), .type = WIRE_INT32, .versions = {11, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"Records", .offset = offsetof(struct fetch_response_partition_data, records), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout fetch_response_partition_data_layout = {"FetchResponse", fetch_response_partition_data_fields, 11, sizeof(struct fetch_response_partition_data), 12};

static const struct wire_field fetch_response_fetchable_topic_response_fields[] = {
  {"Topic", .offset = offsetof(struct fetch_response_fetchable_topic_response, topic), .type = WIRE_STRING, .versions = {0, 12}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"TopicId", .offset = offsetof(struct fetch_response_fetchable_topic_response, topic_id), .type = WIRE_UUID, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct fetch_response_fetchable_topic_response, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &fetch_response_partition_data_layout},
};
const struct wire_layout fetch_response_fetchable_topic_response_layout = {"FetchResponse", fetch_response_fetchable_topic_response_fields, 3, sizeof(struct fetch_response_fetchable_topic_response), 12};

static const struct wire_field fetch_response_node_endpoint_fields[] = {
  {"NodeId", .offset = offsetof(struct fetch_response_node_endpoint, node_id), .type = WIRE_INT32, .versions = {16, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct fetch_response_node_endpoint, host), .type = WIRE_STRING, .versions = {16, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct fetch_response_node_endpoint, port), .type = WIRE_INT32, .versions = {16, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Rack", .offset = offsetof(struct fetch_response_node_endpoint, rack), .type = WIRE_STRING, .versions = {16, WIRE_LATEST}, .nullable = {16, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true},
};
const struct wire_layout fetch_response_node_endpoint_layout = {"FetchResponse", fetch_response_node_endpoint_fields, 4, sizeof(struct fetch_response_node_endpoint), 12};

static const struct wire_field fetch_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct fetch_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct fetch_response, error_code), .type = WIRE_INT16, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"SessionId", .offset = offsetof(struct fetch_response, session_id), .type = WIRE_INT32, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Responses", .offset = offsetof(struct fetch_response, responses), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &fetch_response_fetchable_topic_response_layout},
  {"NodeEndpoints", .offset = offsetof(struct fetch_response, node_endpoints), .type = WIRE_STRUCT, .versions = {16, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {16, WIRE_LATEST}, .array = true, .tag = 0, .layout = &fetch_response_node_endpoint_layout},
};
const struct wire_layout fetch_response_layout = {"FetchResponse", fetch_response_fields, 5, sizeof(struct fetch_response), 12};

static const struct wire_field list_offsets_request_partition_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct list_offsets_request_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CurrentLeaderEpoch", .offset = offsetof(struct list_offsets_request_partition, current_leader_epoch), .type = WIRE_INT32, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Timestamp", .offset = offsetof(struct list_offsets_request_partition, timestamp), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout list_offsets_request_partition_layout = {"ListOffsetsRequest", list_offsets_request_partition_fields, 3, sizeof(struct list_offsets_request_partition), 6};

static const struct wire_field list_offsets_request_topic_fields[] = {
  {"Name", .offset = offsetof(struct list_offsets_request_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct list_offsets_request_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_offsets_request_partition_layout},
};
const struct wire_layout list_offsets_request_topic_layout = {"ListOffsetsRequest", list_offsets_request_topic_fields, 2, sizeof(struct list_offsets_request_topic), 6};

static const struct wire_field list_offsets_request_fields[] = {
  {"ReplicaId", .offset = offsetof(struct list_offsets_request, replica_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"IsolationLevel", .offset = offsetof(struct list_offsets_request, isolation_level), .type = WIRE_INT8, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Topics", .offset = offsetof(struct list_offsets_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_offsets_request_topic_layout},
  {"TimeoutMs", .offset = offsetof(struct list_offsets_request, timeout_ms), .type = WIRE_INT32, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout list_offsets_request_layout = {"ListOffsetsRequest", list_offsets_request_fields, 4, sizeof(struct list_offsets_request), 6};

static const struct wire_field list_offsets_response_partition_response_fields[] = {
  {"PartitionIndex", .offset = offsetof(struct list_offsets_response_partition_response, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorCode", .offset = offsetof(struct list_offsets_response_partition_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Timestamp", .offset = offsetof(struct list_offsets_response_partition_response, timestamp), .type = WIRE_INT64, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"Offset", .offset = offsetof(struct list_offsets_response_partition_response, offset), .type = WIRE_INT64, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"LeaderEpoch", .offset = offsetof(struct list_offsets_response_partition_response, leader_epoch), .type = WIRE_INT32, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout list_offsets_response_partition_response_layout = {"ListOffsetsResponse", list_offsets_response_partition_response_fields, 5, sizeof(struct list_offsets_response_partition_response), 6};

static const struct wire_field list_offsets_response_topic_response_fields[] = {
  {"Name", .offset = offsetof(struct list_offsets_response_topic_response, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct list_offsets_response_topic_response, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_offsets_response_partition_response_layout},
};
const struct wire_layout list_offsets_response_topic_response_layout = {"ListOffsetsResponse", list_offsets_response_topic_response_fields, 2, sizeof(struct list_offsets_response_topic_response), 6};

static const struct wire_field list_offsets_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct list_offsets_response, throttle_time_ms), .type = WIRE_INT32, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct list_offsets_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &list_offsets_response_topic_response_layout},
};
const struct wire_layout list_offsets_response_layout = {"ListOffsetsResponse", list_offsets_response_fields, 2, sizeof(struct list_offsets_response), 6};

static const struct wire_field metadata_request_topic_fields[] = {
  {"TopicId", .offset = offsetof(struct metadata_request_topic, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Name", .offset = offsetof(struct metadata_request_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {10, WIRE_LATEST}, .tagged = {0, -1}},
};
const struct wire_layout metadata_request_topic_layout = {"MetadataRequest", metadata_request_topic_fields, 2, sizeof(struct metadata_request_topic), 9};

static const struct wire_field metadata_request_fields[] = {
  {"Topics", .offset = offsetof(struct metadata_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {1, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .layout = &metadata_request_topic_layout},
  {"AllowAutoTopicCreation", .offset = offsetof(struct metadata_request, allow_auto_topic_creation), .type = WIRE_BOOL, .versions = {4, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 1},
  {"IncludeClusterAuthorizedOperations", .offset = offsetof(struct metadata_request, include_cluster_authorized_operations), .type = WIRE_BOOL, .versions = {8, 10}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"IncludeTopicAuthorizedOperations", .offset = offsetof(struct metadata_request, include_topic_authorized_operations), .type = WIRE_BOOL, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout metadata_request_layout = {"MetadataRequest", metadata_request_fields, 4, sizeof(struct metadata_request), 9};

static const struct wire_field metadata_response_broker_fields[] = {
  {"NodeId", .offset = offsetof(struct metadata_response_broker, node_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Host", .offset = offsetof(struct metadata_response_broker, host), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Port", .offset = offsetof(struct metadata_response_broker, port), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Rack", .offset = offsetof(struct metadata_response_broker, rack), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {1, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
};
const struct wire_layout metadata_response_broker_layout = {"MetadataResponse", metadata_response_broker_fields, 4, sizeof(struct metadata_response_broker), 9};

static const struct wire_field metadata_response_partition_fields[] = {
  {"ErrorCode", .offset = offsetof(struct metadata_response_partition, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndex", .offset = offsetof(struct metadata_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LeaderId", .offset = offsetof(struct metadata_response_partition, leader_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LeaderEpoch", .offset = offsetof(struct metadata_response_partition, leader_epoch), .type = WIRE_INT32, .versions = {7, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"ReplicaNodes", .offset = offsetof(struct metadata_response_partition, replica_nodes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"IsrNodes", .offset = offsetof(struct metadata_response_partition, isr_nodes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"OfflineReplicas", .offset = offsetof(struct metadata_response_partition, offline_replicas), .type = WIRE_INT32, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .ignorable = true},
};
const struct wire_layout metadata_response_partition_layout = {"MetadataResponse", metadata_response_partition_fields, 7, sizeof(struct metadata_response_partition), 9};

static const struct wire_field metadata_response_topic_fields[] = {
  {"ErrorCode", .offset = offsetof(struct metadata_response_topic, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Name", .offset = offsetof(struct metadata_response_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {12, WIRE_LATEST}, .tagged = {0, -1}},
  {"TopicId", .offset = offsetof(struct metadata_response_topic, topic_id), .type = WIRE_UUID, .versions = {10, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"IsInternal", .offset = offsetof(struct metadata_response_topic, is_internal), .type = WIRE_BOOL, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct metadata_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &metadata_response_partition_layout},
  {"TopicAuthorizedOperations", .offset = offsetof(struct metadata_response_topic, topic_authorized_operations), .type = WIRE_INT32, .versions = {8, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -2147483648},
};
const struct wire_layout metadata_response_topic_layout = {"MetadataResponse", metadata_response_topic_fields, 6, sizeof(struct metadata_response_topic), 9};

static const struct wire_field metadata_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct metadata_response, throttle_time_ms), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Brokers", .offset = offsetof(struct metadata_response, brokers), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &metadata_response_broker_layout},
  {"ClusterId", .offset = offsetof(struct metadata_response, cluster_id), .type = WIRE_STRING, .versions = {2, WIRE_LATEST}, .nullable = {2, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"ControllerId", .offset = offsetof(struct metadata_response, controller_id), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"Topics", .offset = offsetof(struct metadata_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &metadata_response_topic_layout},
  {"ClusterAuthorizedOperations", .offset = offsetof(struct metadata_response, cluster_authorized_operations), .type = WIRE_INT32, .versions = {8, 10}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -2147483648},
  {"ErrorCode", .offset = offsetof(struct metadata_response, error_code), .type = WIRE_INT16, .versions = {13, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout metadata_response_layout = {"MetadataResponse", metadata_response_fields, 7, sizeof(struct metadata_response), 9};

static const struct wire_field sasl_handshake_request_fields[] = {
  {"Mechanism", .offset = offsetof(struct sasl_handshake_request, mechanism), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout sasl_handshake_request_layout = {"SaslHandshakeRequest", sasl_handshake_request_fields, 1, sizeof(struct sasl_handshake_request), WIRE_LATEST};

static const struct wire_field sasl_handshake_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct sasl_handshake_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Mechanisms", .offset = offsetof(struct sasl_handshake_response, mechanisms), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
};
const struct wire_layout sasl_handshake_response_layout = {"SaslHandshakeResponse", sasl_handshake_response_fields, 2, sizeof(struct sasl_handshake_response), WIRE_LATEST};

static const struct wire_field api_versions_request_fields[] = {
  {"ClientSoftwareName", .offset = offsetof(struct api_versions_request, client_software_name), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ClientSoftwareVersion", .offset = offsetof(struct api_versions_request, client_software_version), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ClusterId", .offset = offsetof(struct api_versions_request, cluster_id), .type = WIRE_STRING, .versions = {5, WIRE_LATEST}, .nullable = {5, WIRE_LATEST}, .tagged = {0, -1}, .initially_null = true, .ignorable = true},
  {"NodeId", .offset = offsetof(struct api_versions_request, node_id), .type = WIRE_INT32, .versions = {5, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
};
const struct wire_layout api_versions_request_layout = {"ApiVersionsRequest", api_versions_request_fields, 4, sizeof(struct api_versions_request), 3};

static const struct wire_field api_versions_response_api_version_fields[] = {
  {"ApiKey", .offset = offsetof(struct api_versions_response_api_version, api_key), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MinVersion", .offset = offsetof(struct api_versions_response_api_version, min_version), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MaxVersion", .offset = offsetof(struct api_versions_response_api_version, max_version), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout api_versions_response_api_version_layout = {"ApiVersionsResponse", api_versions_response_api_version_fields, 3, sizeof(struct api_versions_response_api_version), 3};

static const struct wire_field api_versions_response_supported_feature_key_fields[] = {
  {"Name", .offset = offsetof(struct api_versions_response_supported_feature_key, name), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MinVersion", .offset = offsetof(struct api_versions_response_supported_feature_key, min_version), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MaxVersion", .offset = offsetof(struct api_versions_response_supported_feature_key, max_version), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout api_versions_response_supported_feature_key_layout = {"ApiVersionsResponse", api_versions_response_supported_feature_key_fields, 3, sizeof(struct api_versions_response_supported_feature_key), 3};

static const struct wire_field api_versions_response_finalized_feature_key_fields[] = {
  {"Name", .offset = offsetof(struct api_versions_response_finalized_feature_key, name), .type = WIRE_STRING, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MaxVersionLevel", .offset = offsetof(struct api_versions_response_finalized_feature_key, max_version_level), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"MinVersionLevel", .offset = offsetof(struct api_versions_response_finalized_feature_key, min_version_level), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout api_versions_response_finalized_feature_key_layout = {"ApiVersionsResponse", api_versions_response_finalized_feature_key_fields, 3, sizeof(struct api_versions_response_finalized_feature_key), 3};

static const struct wire_field api_versions_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct api_versions_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ApiKeys", .offset = offsetof(struct api_versions_response, api_keys), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &api_versions_response_api_version_layout},
  {"ThrottleTimeMs", .offset = offsetof(struct api_versions_response, throttle_time_ms), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"SupportedFeatures", .offset = offsetof(struct api_versions_response, supported_features), .type = WIRE_STRUCT, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {3, WIRE_LATEST}, .array = true, .ignorable = true, .tag = 0, .layout = &api_versions_response_supported_feature_key_layout},
  {"FinalizedFeaturesEpoch", .offset = offsetof(struct api_versions_response, finalized_features_epoch), .type = WIRE_INT64, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {3, WIRE_LATEST}, .ignorable = true, .initial = -1, .tag = 1},
  {"FinalizedFeatures", .offset = offsetof(struct api_versions_response, finalized_features), .type = WIRE_STRUCT, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {3, WIRE_LATEST}, .array = true, .ignorable = true, .tag = 2, .layout = &api_versions_response_finalized_feature_key_layout},
  {"ZkMigrationReady", .offset = offsetof(struct api_versions_response, zk_migration_ready), .type = WIRE_BOOL, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {3, WIRE_LATEST}, .ignorable = true, .tag = 3},
};
const struct wire_layout api_versions_response_layout = {"ApiVersionsResponse", api_versions_response_fields, 7, sizeof(struct api_versions_response), 3};

static const struct wire_field init_producer_id_request_fields[] = {
  {"TransactionalId", .offset = offsetof(struct init_producer_id_request, transactional_id), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"TransactionTimeoutMs", .offset = offsetof(struct init_producer_id_request, transaction_timeout_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProducerId", .offset = offsetof(struct init_producer_id_request, producer_id), .type = WIRE_INT64, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"ProducerEpoch", .offset = offsetof(struct init_producer_id_request, producer_epoch), .type = WIRE_INT16, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"Enable2Pc", .offset = offsetof(struct init_producer_id_request, enable2_pc), .type = WIRE_BOOL, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"KeepPreparedTxn", .offset = offsetof(struct init_producer_id_request, keep_prepared_txn), .type = WIRE_BOOL, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout init_producer_id_request_layout = {"InitProducerIdRequest", init_producer_id_request_fields, 6, sizeof(struct init_producer_id_request), 2};

static const struct wire_field init_producer_id_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct init_producer_id_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"ErrorCode", .offset = offsetof(struct init_producer_id_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ProducerId", .offset = offsetof(struct init_producer_id_response, producer_id), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"ProducerEpoch", .offset = offsetof(struct init_producer_id_response, producer_epoch), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"OngoingTxnProducerId", .offset = offsetof(struct init_producer_id_response, ongoing_txn_producer_id), .type = WIRE_INT64, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
  {"OngoingTxnProducerEpoch", .offset = offsetof(struct init_producer_id_response, ongoing_txn_producer_epoch), .type = WIRE_INT16, .versions = {6, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout init_producer_id_response_layout = {"InitProducerIdResponse", init_producer_id_response_fields, 6, sizeof(struct init_producer_id_response), 2};

static const struct wire_field offset_for_leader_epoch_request_offset_for_leader_partition_fields[] = {
  {"Partition", .offset = offsetof(struct offset_for_leader_epoch_request_offset_for_leader_partition, partition), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CurrentLeaderEpoch", .offset = offsetof(struct offset_for_leader_epoch_request_offset_for_leader_partition, current_leader_epoch), .type = WIRE_INT32, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"LeaderEpoch", .offset = offsetof(struct offset_for_leader_epoch_request_offset_for_leader_partition, leader_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout offset_for_leader_epoch_request_offset_for_leader_partition_layout = {"OffsetForLeaderEpochRequest", offset_for_leader_epoch_request_offset_for_leader_partition_fields, 3, sizeof(struct offset_for_leader_epoch_request_offset_for_leader_partition), 4};

static const struct wire_field offset_for_leader_epoch_request_offset_for_leader_topic_fields[] = {
  {"Topic", .offset = offsetof(struct offset_for_leader_epoch_request_offset_for_leader_topic, topic), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct offset_for_leader_epoch_request_offset_for_leader_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_for_leader_epoch_request_offset_for_leader_partition_layout},
};
const struct wire_layout offset_for_leader_epoch_request_offset_for_leader_topic_layout = {"OffsetForLeaderEpochRequest", offset_for_leader_epoch_request_offset_for_leader_topic_fields, 2, sizeof(struct offset_for_leader_epoch_request_offset_for_leader_topic), 4};

static const struct wire_field offset_for_leader_epoch_request_fields[] = {
  {"ReplicaId", .offset = offsetof(struct offset_for_leader_epoch_request, replica_id), .type = WIRE_INT32, .versions = {3, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -2},
  {"Topics", .offset = offsetof(struct offset_for_leader_epoch_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_for_leader_epoch_request_offset_for_leader_topic_layout},
};
const struct wire_layout offset_for_leader_epoch_request_layout = {"OffsetForLeaderEpochRequest", offset_for_leader_epoch_request_fields, 2, sizeof(struct offset_for_leader_epoch_request), 4};

static const struct wire_field offset_for_leader_epoch_response_epoch_end_offset_fields[] = {
  {"ErrorCode", .offset = offsetof(struct offset_for_leader_epoch_response_epoch_end_offset, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partition", .offset = offsetof(struct offset_for_leader_epoch_response_epoch_end_offset, partition), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LeaderEpoch", .offset = offsetof(struct offset_for_leader_epoch_response_epoch_end_offset, leader_epoch), .type = WIRE_INT32, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"EndOffset", .offset = offsetof(struct offset_for_leader_epoch_response_epoch_end_offset, end_offset), .type = WIRE_INT64, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -1},
};
const struct wire_layout offset_for_leader_epoch_response_epoch_end_offset_layout = {"OffsetForLeaderEpochResponse", offset_for_leader_epoch_response_epoch_end_offset_fields, 4, sizeof(struct offset_for_leader_epoch_response_epoch_end_offset), 4};

static const struct wire_field offset_for_leader_epoch_response_offset_for_leader_topic_result_fields[] = {
  {"Topic", .offset = offsetof(struct offset_for_leader_epoch_response_offset_for_leader_topic_result, topic), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Partitions", .offset = offsetof(struct offset_for_leader_epoch_response_offset_for_leader_topic_result, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_for_leader_epoch_response_epoch_end_offset_layout},
};
const struct wire_layout offset_for_leader_epoch_response_offset_for_leader_topic_result_layout = {"OffsetForLeaderEpochResponse", offset_for_leader_epoch_response_offset_for_leader_topic_result_fields, 2, sizeof(struct offset_for_leader_epoch_response_offset_for_leader_topic_result), 4};

static const struct wire_field offset_for_leader_epoch_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct offset_for_leader_epoch_response, throttle_time_ms), .type = WIRE_INT32, .versions = {2, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct offset_for_leader_epoch_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &offset_for_leader_epoch_response_offset_for_leader_topic_result_layout},
};
const struct wire_layout offset_for_leader_epoch_response_layout = {"OffsetForLeaderEpochResponse", offset_for_leader_epoch_response_fields, 2, sizeof(struct offset_for_leader_epoch_response), 4};

static const struct wire_field sasl_authenticate_request_fields[] = {
  {"AuthBytes", .offset = offsetof(struct sasl_authenticate_request, auth_bytes), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout sasl_authenticate_request_layout = {"SaslAuthenticateRequest", sasl_authenticate_request_fields, 1, sizeof(struct sasl_authenticate_request), 2};

static const struct wire_field sasl_authenticate_response_fields[] = {
  {"ErrorCode", .offset = offsetof(struct sasl_authenticate_response, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ErrorMessage", .offset = offsetof(struct sasl_authenticate_response, error_message), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"AuthBytes", .offset = offsetof(struct sasl_authenticate_response, auth_bytes), .type = WIRE_BYTES, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"SessionLifetimeMs", .offset = offsetof(struct sasl_authenticate_response, session_lifetime_ms), .type = WIRE_INT64, .versions = {1, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
};
const struct wire_layout sasl_authenticate_response_layout = {"SaslAuthenticateResponse", sasl_authenticate_response_fields, 4, sizeof(struct sasl_authenticate_response), 2};

static const struct wire_field describe_topic_partitions_request_topic_request_fields[] = {
  {"Name", .offset = offsetof(struct describe_topic_partitions_request_topic_request, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_topic_partitions_request_topic_request_layout = {"DescribeTopicPartitionsRequest", describe_topic_partitions_request_topic_request_fields, 1, sizeof(struct describe_topic_partitions_request_topic_request), 0};

static const struct wire_field describe_topic_partitions_request_cursor_fields[] = {
  {"TopicName", .offset = offsetof(struct describe_topic_partitions_request_cursor, topic_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndex", .offset = offsetof(struct describe_topic_partitions_request_cursor, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_topic_partitions_request_cursor_layout = {"DescribeTopicPartitionsRequest", describe_topic_partitions_request_cursor_fields, 2, sizeof(struct describe_topic_partitions_request_cursor), 0};

static const struct wire_field describe_topic_partitions_request_fields[] = {
  {"Topics", .offset = offsetof(struct describe_topic_partitions_request, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_topic_partitions_request_topic_request_layout},
  {"ResponsePartitionLimit", .offset = offsetof(struct describe_topic_partitions_request, response_partition_limit), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = 2000},
  {"Cursor", .offset = offsetof(struct describe_topic_partitions_request, cursor), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .pointer = true, .initially_null = true, .layout = &describe_topic_partitions_request_cursor_layout},
};
const struct wire_layout describe_topic_partitions_request_layout = {"DescribeTopicPartitionsRequest", describe_topic_partitions_request_fields, 3, sizeof(struct describe_topic_partitions_request), 0};

static const struct wire_field describe_topic_partitions_response_partition_fields[] = {
  {"ErrorCode", .offset = offsetof(struct describe_topic_partitions_response_partition, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndex", .offset = offsetof(struct describe_topic_partitions_response_partition, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LeaderId", .offset = offsetof(struct describe_topic_partitions_response_partition, leader_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"LeaderEpoch", .offset = offsetof(struct describe_topic_partitions_response_partition, leader_epoch), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true, .initial = -1},
  {"ReplicaNodes", .offset = offsetof(struct describe_topic_partitions_response_partition, replica_nodes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"IsrNodes", .offset = offsetof(struct describe_topic_partitions_response_partition, isr_nodes), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true},
  {"EligibleLeaderReplicas", .offset = offsetof(struct describe_topic_partitions_response_partition, eligible_leader_replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true},
  {"LastKnownElr", .offset = offsetof(struct describe_topic_partitions_response_partition, last_known_elr), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .array = true, .initially_null = true},
  {"OfflineReplicas", .offset = offsetof(struct describe_topic_partitions_response_partition, offline_replicas), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .ignorable = true},
};
const struct wire_layout describe_topic_partitions_response_partition_layout = {"DescribeTopicPartitionsResponse", describe_topic_partitions_response_partition_fields, 9, sizeof(struct describe_topic_partitions_response_partition), 0};

static const struct wire_field describe_topic_partitions_response_topic_fields[] = {
  {"ErrorCode", .offset = offsetof(struct describe_topic_partitions_response_topic, error_code), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"Name", .offset = offsetof(struct describe_topic_partitions_response_topic, name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}},
  {"TopicId", .offset = offsetof(struct describe_topic_partitions_response_topic, topic_id), .type = WIRE_UUID, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"IsInternal", .offset = offsetof(struct describe_topic_partitions_response_topic, is_internal), .type = WIRE_BOOL, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Partitions", .offset = offsetof(struct describe_topic_partitions_response_topic, partitions), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_topic_partitions_response_partition_layout},
  {"TopicAuthorizedOperations", .offset = offsetof(struct describe_topic_partitions_response_topic, topic_authorized_operations), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .initial = -2147483648},
};
const struct wire_layout describe_topic_partitions_response_topic_layout = {"DescribeTopicPartitionsResponse", describe_topic_partitions_response_topic_fields, 6, sizeof(struct describe_topic_partitions_response_topic), 0};

static const struct wire_field describe_topic_partitions_response_cursor_fields[] = {
  {"TopicName", .offset = offsetof(struct describe_topic_partitions_response_cursor, topic_name), .type = WIRE_STRING, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"PartitionIndex", .offset = offsetof(struct describe_topic_partitions_response_cursor, partition_index), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout describe_topic_partitions_response_cursor_layout = {"DescribeTopicPartitionsResponse", describe_topic_partitions_response_cursor_fields, 2, sizeof(struct describe_topic_partitions_response_cursor), 0};

static const struct wire_field describe_topic_partitions_response_fields[] = {
  {"ThrottleTimeMs", .offset = offsetof(struct describe_topic_partitions_response, throttle_time_ms), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .ignorable = true},
  {"Topics", .offset = offsetof(struct describe_topic_partitions_response, topics), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}, .array = true, .layout = &describe_topic_partitions_response_topic_layout},
  {"NextCursor", .offset = offsetof(struct describe_topic_partitions_response, next_cursor), .type = WIRE_STRUCT, .versions = {0, WIRE_LATEST}, .nullable = {0, WIRE_LATEST}, .tagged = {0, -1}, .pointer = true, .initially_null = true, .layout = &describe_topic_partitions_response_cursor_layout},
};
const struct wire_layout describe_topic_partitions_response_layout = {"DescribeTopicPartitionsResponse", describe_topic_partitions_response_fields, 3, sizeof(struct describe_topic_partitions_response), 0};

static const struct wire_field request_header_fields[] = {
  {"RequestApiKey", .offset = offsetof(struct request_header, request_api_key), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"RequestApiVersion", .offset = offsetof(struct request_header, request_api_version), .type = WIRE_INT16, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"CorrelationId", .offset = offsetof(struct request_header, correlation_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
  {"ClientId", .offset = offsetof(struct request_header, client_id), .type = WIRE_STRING, .versions = {1, WIRE_LATEST}, .nullable = {1, WIRE_LATEST}, .tagged = {0, -1}, .never_compact = true},
};
const struct wire_layout request_header_layout = {"RequestHeader", request_header_fields, 4, sizeof(struct request_header), 2};

static const struct wire_field response_header_fields[] = {
  {"CorrelationId", .offset = offsetof(struct response_header, correlation_id), .type = WIRE_INT32, .versions = {0, WIRE_LATEST}, .nullable = {0, -1}, .tagged = {0, -1}},
};
const struct wire_layout response_header_layout = {"ResponseHeader", response_header_fields, 1, sizeof(struct response_header), 1};
