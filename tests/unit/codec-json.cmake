headrace_unit_test(codec_json codec-json-objects headrace-core)
headrace_unit_test(codec_json_metadata codec-json-objects headrace-core)
headrace_unit_test(codec_json_types codec-json-objects headrace-core)
headrace_unit_test(codec_json_texts headrace-plugins-common)
