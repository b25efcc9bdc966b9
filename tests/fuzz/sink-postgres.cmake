headrace_fuzz_target(written sink-postgres-objects)
