headrace_fuzz_target(codec_columns codec-columns-objects headrace-core)
