/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Schema and Kafka Connect's schemas, both as texts, which are to be freed. */
#ifndef HEADRACE_CODEC_JSON_SCHEMA_H
#define HEADRACE_CODEC_JSON_SCHEMA_H

#include <stdbool.h>

#define JSON_SCHEMA_ERROR_MAX 160

/* Of a schema that Connect's JSON writes. */
char *json_schema_of_connect(const char *connect);

/* NULL: *error (JSON_SCHEMA_ERROR_MAX bytes) says what cannot be said in Connect's. */
char *connect_of_json_schema(const char *text, char *error);

#endif
