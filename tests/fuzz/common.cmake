headrace_fuzz_target(json_read headrace-plugins-common)
headrace_fuzz_target(event_line headrace-plugins-common headrace-core)
