headrace_fuzz_target(codec_json codec-json-objects headrace-core)
