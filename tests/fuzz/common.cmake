headrace_fuzz_target(json_read headrace-plugins-common)
