headrace_fuzz_target(filter_flatten filter-flatten-objects headrace-core)
headrace_fuzz_target(filter_where filter-where-objects headrace-core)
