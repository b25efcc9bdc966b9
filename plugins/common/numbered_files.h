/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that follow each other: NAME.0000000001.EXTENSION, NAME.0000000002.EXTENSION …, so that the
 * order of their names is the order in which they were written. Any thread. */
#ifndef HEADRACE_NUMBERED_FILES_H
#define HEADRACE_NUMBERED_FILES_H

#include <stdint.h>

#define NUMBERED_DIGITS 10

/* The path of one; to be freed. */
char *numbered_path(const char *path, uint64_t number);

/* The lowest number above `after` that there is a file with; 0: none. Negative: errno, of the
 * directory. */
int64_t numbered_next(const char *path, uint64_t after);

#endif
