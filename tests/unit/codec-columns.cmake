headrace_unit_test(codec_columns codec-columns-objects headrace-core)
