add_executable(wire_vectors wire_vectors.c)
target_link_libraries(wire_vectors PRIVATE source-kafka-wire-objects)
