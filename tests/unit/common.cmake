headrace_unit_test(json_read headrace-plugins-common)
headrace_unit_test(canonical_texts headrace-plugins-common)

add_executable(json_verdict json_verdict.c json_verdict_jansson.c)
target_link_libraries(json_verdict PRIVATE headrace-plugins-common PkgConfig::jansson)
