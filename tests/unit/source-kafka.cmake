headrace_unit_test(source_kafka source-kafka-objects headrace-core)
headrace_unit_test(source_kafka_in_flight source-kafka-objects headrace-core)
