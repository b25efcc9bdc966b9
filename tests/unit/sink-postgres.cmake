headrace_unit_test(sink_postgres_convert sink-postgres-objects headrace-core)
headrace_unit_test(sink_postgres_search sink-postgres-objects headrace-core)
# The engine with a planner of its own. It needs a server: tests/e2e/test_postgres_sink_engine.py
add_executable(sink_postgres_engine sink_postgres_engine.c)
target_link_libraries(sink_postgres_engine PRIVATE sink-postgres-objects headrace-core
  PkgConfig::cmocka Threads::Threads)
target_include_directories(sink_postgres_engine PRIVATE ${CMAKE_SOURCE_DIR}/core)
# mode = log. They need a server: tests/e2e/test_postgres_log.py, test_postgres_log_kill.py
foreach(program sink_postgres_log sink_postgres_log_admin sink_postgres_log_driver)
  add_executable(${program} ${program}.c)
  target_link_libraries(${program} PRIVATE sink-postgres-objects headrace-core
    PkgConfig::cmocka Threads::Threads)
  target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR}/core)
endforeach()
