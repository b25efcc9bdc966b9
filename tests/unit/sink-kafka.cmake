headrace_unit_test(sink_kafka_names sink-kafka-objects headrace-core)
headrace_unit_test(sink_kafka_partition sink-kafka-objects headrace-core)
headrace_unit_test(sink_kafka_check sink-kafka-objects headrace-core)
headrace_unit_test(sink_kafka sink-kafka-objects headrace-core)
