headrace_unit_test(event_line headrace-plugins-common headrace-core)
headrace_unit_test(sink_file sink-file-objects headrace-core)
