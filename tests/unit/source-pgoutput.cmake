headrace_unit_test(pgoutput source-pgoutput-objects)
headrace_unit_test(pgoutput_position source-pgoutput-objects)
headrace_unit_test(pgoutput_copy source-pgoutput-objects)
headrace_unit_test(pgoutput_on_demand source-pgoutput-objects)
headrace_unit_test(pgoutput_tables source-pgoutput-objects headrace-core)
headrace_unit_test(pgoutput_decoder source-pgoutput-objects headrace-core)
headrace_unit_test(pgoutput_spool source-pgoutput-objects headrace-core)
headrace_unit_test(pgoutput_common source-pgoutput-objects headrace-core)

# For the end-to-end tests of sources: all that the ABI says of a change.
add_library(codec-changes MODULE plugins/changes_codec.c)
set_target_properties(codec-changes PROPERTIES PREFIX "" OUTPUT_NAME headrace-codec-changes
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/codecs)
