headrace_unit_test(sink_postgres_rows sink-postgres-objects headrace-core)
