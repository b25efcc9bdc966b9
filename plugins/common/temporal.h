/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the canonical texts of dates, times and intervals (plugin.h, enum headrace_type), which
 * are PostgreSQL's own under datestyle = ISO and intervalstyle = postgres (PostgreSQL docs 8.5.2,
 * 8.5.5). The calendar is the proleptic Gregorian one, as in PostgreSQL and in ISO 8601; years are
 * astronomical (1 BC is 0). Nothing allocates, any thread may call. */
#ifndef HEADRACE_TEMPORAL_H
#define HEADRACE_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum temporal_kind { TEMPORAL_FINITE = 0, TEMPORAL_INFINITY, TEMPORAL_MINUS_INFINITY };

struct temporal_date {
  enum temporal_kind kind;
  int32_t year;
  int32_t month, day; /* from 1 */
};

struct temporal_time {
  int64_t microseconds;   /* since midnight, up to 24:00:00 */
  int32_t offset_seconds; /* east of Greenwich; 0 if none is given */
};

struct temporal_timestamp {
  struct temporal_date date;
  struct temporal_time time; /* if date is finite */
};

struct temporal_interval {
  enum temporal_kind kind;
  int64_t months; /* with the years */
  int64_t days;
  int64_t microseconds;
};

/* Each returns false if `data` is not such a text, all of it. */
bool temporal_read_date(const char *data, size_t size, struct temporal_date *date);
bool temporal_read_time(const char *data, size_t size, struct temporal_time *time);
bool temporal_read_timestamp(const char *data, size_t size, struct temporal_timestamp *timestamp);
bool temporal_read_interval(const char *data, size_t size, struct temporal_interval *interval);

/* Days since 1970-01-01 of a finite date. */
int64_t temporal_days(const struct temporal_date *date);

/* The date of so many days since 1970-01-01. */
struct temporal_date temporal_date_of_days(int64_t days);

#endif
