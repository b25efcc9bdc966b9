headrace_fuzz_target(codec_avro codec-avro-objects headrace-core)
headrace_fuzz_target(codec_avro_decode codec-avro-objects headrace-core)
