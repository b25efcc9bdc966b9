headrace_unit_test(codec_json_types codec-json-objects headrace-core)
