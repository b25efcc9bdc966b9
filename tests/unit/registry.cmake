headrace_unit_test(registry headrace-registry headrace-core)
