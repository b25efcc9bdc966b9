/* SPDX-License-Identifier: Apache-2.0
 *
 * One line of COPY … TO STDOUT in text format (PostgreSQL documentation, COPY,
 * "File Formats"): values between tabs, \N for NULL, and backslashes before
 * what would be taken for one of these. */
#ifndef HEADRACE_COPY_ROW_H
#define HEADRACE_COPY_ROW_H

#include <headrace/plugin.h>
#include <stdbool.h>

/* Makes `count` values of the line, with or without its line end; they point into it, and it
 * is changed. False: it has another number of values, or none can be written so. */
bool copy_row_parse(char *line, size_t size, struct headrace_value *values, uint32_t count);

#endif
