headrace_unit_test(filter_select filter-select-objects headrace-core)
