headrace_unit_test(json_read headrace-plugins-common)
