headrace_fuzz_target(ini headrace-core)
