headrace_fuzz_target(pgoutput source-pgoutput-objects headrace-core)
