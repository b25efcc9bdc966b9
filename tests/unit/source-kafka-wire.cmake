headrace_unit_test(kafka_wire source-kafka-wire-objects)
headrace_unit_test(kafka_record_batch source-kafka-wire-objects)
headrace_unit_test(kafka_wire_tail source-kafka-wire-objects)
headrace_unit_test(kafka_wire_broker source-kafka-wire-objects headrace-core)
target_sources(test_kafka_wire_broker PRIVATE log_double.c)

add_executable(wire_vectors wire_vectors.c)
target_link_libraries(wire_vectors PRIVATE source-kafka-wire-objects)
