headrace_fuzz_target(codec_json codec-json-objects headrace-core)
headrace_fuzz_target(codec_json_decode codec-json-objects headrace-core)
