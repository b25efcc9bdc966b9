headrace_unit_test(filter_select filter-select-objects headrace-core)
headrace_unit_test(filter_route filter-route-objects headrace-core)
headrace_unit_test(filter_mask filter-mask-objects headrace-core)
headrace_unit_test(filter_where filter-where-objects headrace-core)
