headrace_unit_test(connect_errors source-dead-letters-objects)
