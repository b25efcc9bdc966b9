headrace_fuzz_target(pgoutput source-pgoutput-objects headrace-core)
headrace_fuzz_target(copy_row source-pgoutput-objects)
