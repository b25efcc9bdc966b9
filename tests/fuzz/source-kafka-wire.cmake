headrace_fuzz_target(kafka_request source-kafka-wire-objects)
headrace_fuzz_target(kafka_record_batch source-kafka-wire-objects)
headrace_fuzz_target(kafka_codec source-kafka-wire-objects)
headrace_fuzz_target(kafka_subscription source-kafka-wire-objects)
