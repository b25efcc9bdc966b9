/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical texts of dates, times and intervals (plugin.h, enum headrace_type), which are
 * PostgreSQL's own under datestyle = ISO and intervalstyle = postgres (PostgreSQL docs 8.5.2,
 * 8.5.5): reading them, writing them, and making them of what events have instead, numbers since
 * 1970 and ISO 8601. The calendar is the proleptic Gregorian one, as in PostgreSQL and in ISO
 * 8601; years are astronomical (1 BC is 0). Nothing allocates, any thread may call. */
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

/* ---- writing (temporal_write.c) ------------------------------------------
 * Each takes the place to write at, TEMPORAL_TEXT_MAX bytes, and returns the place after what it
 * wrote; nothing is NUL-terminated. */

#define TEMPORAL_TEXT_MAX 96

char *temporal_write_date(char *out, const struct temporal_date *date);
char *temporal_write_time(char *out, const struct temporal_time *time);   /* without its zone */
char *temporal_write_timetz(char *out, const struct temporal_time *time); /* 04:05:06+05:30 */
char *temporal_write_timestamp(char *out,
                               const struct temporal_timestamp *timestamp); /* likewise */
char *temporal_write_timestamptz(char *out, const struct temporal_timestamp *timestamp); /* +00 */
char *temporal_write_interval(char *out, const struct temporal_interval *interval);

/* ---- numbers, as Debezium and Kafka Connect send them (temporal_write.c) -- */

enum temporal_unit { TEMPORAL_MILLISECONDS, TEMPORAL_MICROSECONDS, TEMPORAL_NANOSECONDS };

/* Days since 1970-01-01; the ends of int32_t are the infinities. */
struct temporal_date temporal_date_of_number(int64_t days);
/* Since 1970-01-01 00:00:00; Debezium's numbers for the infinities are known. What is finer than
 * a microsecond is cut. */
struct temporal_timestamp temporal_timestamp_of_number(int64_t number, enum temporal_unit unit);
/* Since midnight; false: it is not in a day (24:00:00 is). */
bool temporal_time_of_number(int64_t number, enum temporal_unit unit, struct temporal_time *time);
/* A duration: months and days are lost in it. The ends of int64_t are the infinities. */
struct temporal_interval temporal_interval_of_number(int64_t number, enum temporal_unit unit);

/* ---- ISO 8601 as java.time writes it (temporal_iso.c) ---------------------
 * +10000-01-01T00:00:00.123Z, -0043-03-15, 04:05:06+01:00, P1Y2M-3DT4H5M6.789S; also infinity and
 * -infinity. A zone may follow each; fractions past six digits are cut. False: it is something
 * else. */
bool temporal_read_iso_date(const char *data, size_t size, struct temporal_date *date);
bool temporal_read_iso_time(const char *data, size_t size, struct temporal_time *time);
bool temporal_read_iso_timestamp(const char *data, size_t size,
                                 struct temporal_timestamp *timestamp);
bool temporal_read_iso_interval(const char *data, size_t size, struct temporal_interval *interval);

#endif
