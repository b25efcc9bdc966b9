/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as lines of text. */
#ifndef HEADRACE_JSON_LINE_H
#define HEADRACE_JSON_LINE_H

#include "text_buffer.h"

#include <headrace/plugin.h>

/* {"topic":…,"key":…,"value":…,"headers":{…}} and a line feed. What is itself a
 * JSON document on one line goes in as it is; other text becomes a JSON string,
 * other bytes the string \x and hex digits. */
void json_line(struct text_buffer *out, const struct headrace_event *event);

/* The value's bytes (null: the word null) and a line feed. */
void json_line_value(struct text_buffer *out, const struct headrace_record *record);

#endif
