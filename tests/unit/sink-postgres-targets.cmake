headrace_unit_test(sink_postgres_naming sink-postgres-objects headrace-core)
headrace_unit_test(sink_postgres_evolve sink-postgres-objects headrace-core)
