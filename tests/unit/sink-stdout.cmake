headrace_unit_test(sink_stdout sink-stdout-objects headrace-core)
