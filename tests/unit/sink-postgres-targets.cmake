headrace_unit_test(sink_postgres_naming sink-postgres-objects headrace-core)
headrace_unit_test(sink_postgres_evolve sink-postgres-objects headrace-core)
# They need a server: tests/e2e/test_postgres_sink_targets.py
add_executable(sink_postgres_targets sink_postgres_targets.c)
target_link_libraries(sink_postgres_targets PRIVATE sink-postgres-objects headrace-core
  PkgConfig::cmocka Threads::Threads)
target_include_directories(sink_postgres_targets PRIVATE ${CMAKE_SOURCE_DIR}/core)
