headrace_unit_test(sink_postgres_rows sink-postgres-objects headrace-core)
headrace_unit_test(sink_postgres_written sink-postgres-objects headrace-core)
headrace_unit_test(sink_postgres_log_rows sink-postgres-objects headrace-core)
