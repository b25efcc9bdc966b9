/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: rows of the table messages in the format of COPY BINARY (PostgreSQL documentation,
 * COPY, "Binary Format"; arrays: src/backend/utils/adt/arrayfuncs.c, array_recv). */
#ifndef HEADRACE_SINK_POSTGRES_LOG_ROW_H
#define HEADRACE_SINK_POSTGRES_LOG_ROW_H

#include <headrace/plugin.h>
#include <stdbool.h>

struct log_bytes {
  char *data;
  size_t size, capacity;
};

struct log_place {
  int32_t topic, partition;
  int64_t offset, global_offset;
};

/* Beginning and end of the data of a COPY. */
void log_copy_begin(struct log_bytes *bytes);
void log_copy_end(struct log_bytes *bytes);

/* NULL, or why it cannot be a row. */
const char *log_row_refusal(const struct headrace_record *record);
/* Appends one that can. */
void log_row_write(struct log_bytes *bytes, const struct log_place *place,
                   const struct headrace_record *record);

/* What log_row_read() expects of a query, in this order. */
#define LOG_ROW_COLUMNS "partition_offset, \"timestamp\", key, value, headers"

enum { LOG_ROW_VALUES = 5 };

/* One tuple of LOG_ROW_COLUMNS. The record points into `data`; its headers are malloc'ed, as one
 * piece (NULL: none). False: that is no such tuple. */
bool log_row_read(char *data, size_t size, struct headrace_record *record);
/* The same of values in binary form, one by one. */
bool log_row_take(const struct headrace_value values[LOG_ROW_VALUES],
                  struct headrace_record *record);

#endif
