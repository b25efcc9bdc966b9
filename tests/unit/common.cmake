headrace_unit_test(json_read headrace-plugins-common)
headrace_unit_test(canonical_texts headrace-plugins-common)
