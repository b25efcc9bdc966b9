pkg_check_modules(avro REQUIRED IMPORTED_TARGET GLOBAL avro-c)
headrace_unit_test(codec_avro codec-avro-objects headrace-core PkgConfig::avro)
headrace_unit_test(codec_avro_decode codec-avro-objects headrace-core PkgConfig::avro)
