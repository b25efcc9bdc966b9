# The core's own tests, and the probe plugins that they load through the real loader.
set(HEADRACE_PROBE_DIR ${CMAKE_CURRENT_BINARY_DIR}/probes)
function(headrace_probe_plugin file source)
  add_library(probe-${file} MODULE ${source})
  target_compile_definitions(probe-${file} PRIVATE ${ARGN})
  set_target_properties(probe-${file} PROPERTIES PREFIX "" OUTPUT_NAME headrace-${file}
    LIBRARY_OUTPUT_DIRECTORY ${HEADRACE_PROBE_DIR})
  target_link_libraries(probe-${file} PRIVATE Threads::Threads)
endfunction()
headrace_probe_plugin(source-probe plugins/probe_source.c)
headrace_probe_plugin(source-answering plugins/probe_source.c PROBE_ANSWERS)
headrace_probe_plugin(filter-probe plugins/probe_stages.c)
headrace_probe_plugin(codec-probe plugins/probe_stages.c PROBE_IS_CODEC)
headrace_probe_plugin(sink-probe plugins/probe_sink.c)
headrace_probe_plugin(sink-strict plugins/probe_sink.c PROBE_NO_DEAD_LETTER)

foreach(name ring frontier memory settings ini log terminal)
  headrace_unit_test(${name} headrace-core)
endforeach()
foreach(name config checkpoint pipeline pipeline_parts)
  headrace_unit_test(${name} headrace-core)
  target_compile_definitions(test_${name} PRIVATE PROBE_DIR="${HEADRACE_PROBE_DIR}"
    DOCS_DIR="${CMAKE_SOURCE_DIR}/docs")
  add_dependencies(test_${name} probe-source-probe probe-source-answering probe-filter-probe
    probe-codec-probe probe-sink-probe probe-sink-strict)
endforeach()

# The plugin of examples/ (tests/e2e builds it as somebody else would).
headrace_probe_plugin(filter-redact ${CMAKE_SOURCE_DIR}/examples/filter-redact.c)
headrace_unit_test(example headrace-core)
target_compile_definitions(test_example PRIVATE PROBE_DIR="${HEADRACE_PROBE_DIR}")
add_dependencies(test_example probe-filter-redact)

# Plugins that break a rule each have a folder of their own, with good ones beside them.
set(HEADRACE_ODD_DIR ${CMAKE_CURRENT_BINARY_DIR}/odd)
function(headrace_odd_plugin name)
  headrace_probe_plugin(sink-${name} plugins/odd_plugin.c ${ARGN})
  set_target_properties(probe-sink-${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${HEADRACE_ODD_DIR})
endfunction()
headrace_odd_plugin(version ODD_VERSION)
headrace_odd_plugin(entry ODD_NO_ENTRY)
headrace_odd_plugin(kind ODD_KIND)
headrace_odd_plugin(write ODD_NO_WRITE)
headrace_odd_plugin(old ODD_OLD)
headrace_odd_plugin(good)
headrace_unit_test(loader headrace-core)
target_compile_definitions(test_loader PRIVATE ODD_DIR="${HEADRACE_ODD_DIR}")
add_dependencies(test_loader probe-sink-version probe-sink-entry probe-sink-kind probe-sink-write
  probe-sink-old probe-sink-good)
headrace_unit_test(metrics headrace-core)
