/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates, times and intervals in Debezium's modes. What does not fit a 64-bit number of the unit
 * becomes the largest or smallest one: wrapping around would be another date. */
#include "connect_writers.h"
#include "temporal.h"

#define PUT(out, literal)  json_copy((out), (literal), sizeof(literal) - 1)
#define DAY_MICROSECONDS   INT64_C(86400000000)
#define MONTH_MICROSECONDS INT64_C(2629800000000) /* 365.25 / 12 days, as Debezium counts */

/* io.debezium's milliseconds of the driver's PGStatement.DATE_POSITIVE_INFINITY and its negative.
 */
#define INFINITY_MS       INT64_C(9223372036825200)
#define MINUS_INFINITY_MS INT64_C(-9223372036832400)

static int64_t floor_divide(int64_t number, int64_t divisor)
{
  return number / divisor - (number % divisor < 0);
}

static int64_t saturated_multiply(int64_t number, int64_t factor)
{
  int64_t product;
  if (__builtin_mul_overflow(number, factor, &product))
    return (number < 0) == (factor < 0) ? INT64_MAX : INT64_MIN;
  return product;
}

static int64_t saturated_add(int64_t one, int64_t two)
{
  int64_t sum;
  if (__builtin_add_overflow(one, two, &sum))
    return two < 0 ? INT64_MIN : INT64_MAX;
  return sum;
}

/* ---- numbers ------------------------------------------------------------ */

WRITER(write_date)
{
  (void)plan;
  struct temporal_date date;
  if (!temporal_read_date(data, size, &date))
    return NULL;
  if (date.kind)
    return json_integer(out, date.kind == TEMPORAL_INFINITY ? INT32_MAX : INT32_MIN);
  return json_integer(out, temporal_days(&date));
}

WRITER(write_time_us)
{
  (void)plan;
  struct temporal_time time;
  return temporal_read_time(data, size, &time) ? json_integer(out, time.microseconds) : NULL;
}

WRITER(write_time_ms)
{
  (void)plan;
  struct temporal_time time;
  return temporal_read_time(data, size, &time) ? json_integer(out, time.microseconds / 1000) : NULL;
}

WRITER(write_time_ns)
{
  (void)plan;
  struct temporal_time time;
  return temporal_read_time(data, size, &time) ? json_integer(out, time.microseconds * 1000) : NULL;
}

/* Seconds since 1970 (UTC) and the microseconds in them. */
struct instant {
  int64_t seconds, microseconds;
};

static struct instant instant_of(const struct temporal_timestamp *timestamp)
{
  int64_t seconds = timestamp->time.microseconds / 1000000;
  return (struct instant){.seconds = temporal_days(&timestamp->date) * 86400 + seconds -
                                     timestamp->time.offset_seconds,
                          .microseconds = timestamp->time.microseconds % 1000000};
}

/* In units of which a second has `units`; infinity as given. */
static char *put_timestamp(char *out, const char *data, size_t size, int64_t units,
                           int64_t infinity, int64_t minus_infinity)
{
  struct temporal_timestamp timestamp;
  if (!temporal_read_timestamp(data, size, &timestamp))
    return NULL;
  if (timestamp.date.kind)
    return json_integer(out, timestamp.date.kind == TEMPORAL_INFINITY ? infinity : minus_infinity);
  struct instant instant = instant_of(&timestamp);
  int64_t fraction = units >= 1000000 ? instant.microseconds * (units / 1000000)
                                      : instant.microseconds / (1000000 / units);
  return json_integer(out, saturated_add(saturated_multiply(instant.seconds, units), fraction));
}

WRITER(write_timestamp_ms)
{
  (void)plan;
  return put_timestamp(out, data, size, 1000, INFINITY_MS, MINUS_INFINITY_MS);
}

WRITER(write_timestamp_us)
{
  (void)plan;
  return put_timestamp(out, data, size, 1000000, INFINITY_MS * 1000, MINUS_INFINITY_MS * 1000);
}

WRITER(write_timestamp_ns)
{
  (void)plan;
  return put_timestamp(out, data, size, 1000000000, INT64_MAX, INT64_MIN);
}

WRITER(write_interval_us)
{
  (void)plan;
  struct temporal_interval interval;
  if (!temporal_read_interval(data, size, &interval))
    return NULL;
  if (interval.kind)
    return json_integer(out, interval.kind == TEMPORAL_INFINITY ? INT64_MAX : INT64_MIN);
  int64_t total = saturated_multiply(interval.months, MONTH_MICROSECONDS);
  total = saturated_add(total, saturated_multiply(interval.days, DAY_MICROSECONDS));
  return json_integer(out, saturated_add(total, interval.microseconds));
}

/* ---- texts -------------------------------------------------------------- */

static char *put_padded(char *out, uint64_t number, int width)
{
  char digits[JSON_INTEGER_MAX];
  int size = (int)(json_unsigned(digits, number) - digits);
  for (; width > size; width--)
    *out++ = '0';
  return json_copy(out, digits, (size_t)size);
}

/* ISO 8601 as java.time prints it: four digits, or a sign and as many as it takes. */
static char *put_day(char *out, const struct temporal_date *date)
{
  if (date->year < 0)
    *out++ = '-';
  else if (date->year > 9999)
    *out++ = '+';
  out = put_padded(out, (uint64_t)(date->year < 0 ? -(int64_t)date->year : date->year), 4);
  *out++ = '-';
  out = put_padded(out, (uint64_t)date->month, 2);
  *out++ = '-';
  return put_padded(out, (uint64_t)date->day, 2);
}

#define AS_NEEDED (-1)

/* .123, with so many digits; AS_NEEDED: without zeros at the end. */
static char *put_fraction(char *out, int64_t microseconds, int digits)
{
  char text[6];
  int size = 6;
  for (int i = 5; i >= 0; i--, microseconds /= 10)
    text[i] = (char)('0' + microseconds % 10);
  if (digits >= 0)
    size = digits;
  else
    while (size && text[size - 1] == '0')
      size--;
  if (!size)
    return out;
  *out++ = '.';
  return json_copy(out, text, (size_t)size);
}

static char *put_clock(char *out, int64_t microseconds, int digits)
{
  int64_t seconds = microseconds / 1000000;
  out = put_padded(out, (uint64_t)(seconds / 3600), 2);
  *out++ = ':';
  out = put_padded(out, (uint64_t)(seconds / 60 % 60), 2);
  *out++ = ':';
  out = put_padded(out, (uint64_t)(seconds % 60), 2);
  return put_fraction(out, microseconds % 1000000, digits);
}

static char *put_kind(char *out, enum temporal_kind kind)
{
  return kind == TEMPORAL_INFINITY ? PUT(out, "\"infinity\"") : PUT(out, "\"-infinity\"");
}

WRITER(write_date_iso)
{
  struct temporal_date date;
  if (!temporal_read_date(data, size, &date))
    return NULL;
  if (date.kind)
    return put_kind(out, date.kind);
  *out++ = '"';
  out = put_day(out, &date);
  return plan->zoneless ? PUT(out, "\"") : PUT(out, "Z\"");
}

WRITER(write_time_iso)
{
  struct temporal_time time;
  if (!temporal_read_time(data, size, &time))
    return NULL;
  *out++ = '"';
  out = put_clock(out, time.microseconds, AS_NEEDED);
  return plan->zoneless ? PUT(out, "\"") : PUT(out, "Z\"");
}

/* In UTC. */
static char *put_timestamp_text(char *out, const struct temporal_timestamp *timestamp, int digits)
{
  struct instant instant = instant_of(timestamp);
  int64_t days = floor_divide(instant.seconds, 86400);
  struct temporal_date date = temporal_date_of_days(days);
  *out++ = '"';
  out = put_day(out, &date);
  *out++ = 'T';
  out = put_clock(out, (instant.seconds - days * 86400) * 1000000 + instant.microseconds, digits);
  return PUT(out, "Z\"");
}

WRITER(write_timestamp_iso)
{
  (void)plan;
  struct temporal_timestamp timestamp;
  if (!temporal_read_timestamp(data, size, &timestamp))
    return NULL;
  if (timestamp.date.kind)
    return put_kind(out, timestamp.date.kind);
  return put_timestamp_text(out, &timestamp, AS_NEEDED);
}

/* 2026-01-31 04:05:06.789+00, the form of nearly all: only two letters and zeros to change.
 * NULL: it is not of that form. */
static char *put_common_timestamptz(char *out, const char *data, size_t size, int digits)
{
  if (size < 22 || data[4] != '-' || data[10] != ' ' || memcmp(data + size - 3, "+00", 3))
    return NULL;
  size_t fraction = size - 22; /* with its point */
  if (fraction == 1 || fraction > (digits ? (size_t)digits + 1 : 0) ||
      (fraction && data[19] != '.'))
    return NULL;
  *out++ = '"';
  memcpy(out, data, 19);
  out[10] = 'T';
  out += 19;
  if (digits) {
    memcpy(out, ".000000", 7);
    memcpy(out, data + 19, fraction);
    out += digits + 1;
  }
  return PUT(out, "Z\"");
}

/* As many digits as the column has. */
WRITER(write_timestamptz)
{
  int digits = plan->scale >= 0 && plan->scale <= 6 ? plan->scale : 6;
  char *end = put_common_timestamptz(out, data, size, digits);
  if (end)
    return end;
  struct temporal_timestamp timestamp;
  if (!temporal_read_timestamp(data, size, &timestamp))
    return NULL;
  if (timestamp.date.kind)
    return put_kind(out, timestamp.date.kind);
  return put_timestamp_text(out, &timestamp, digits);
}

/* In UTC. 24:00:00 is the end of a day and not its beginning, if it is so in UTC too. */
WRITER(write_timetz)
{
  (void)plan;
  struct temporal_time time;
  if (!temporal_read_time(data, size, &time))
    return NULL;
  int64_t utc = time.microseconds - time.offset_seconds * INT64_C(1000000);
  if (utc < 0)
    utc += DAY_MICROSECONDS;
  else if (utc > DAY_MICROSECONDS || (utc == DAY_MICROSECONDS && time.offset_seconds))
    utc -= DAY_MICROSECONDS;
  *out++ = '"';
  out = put_clock(out, utc, AS_NEEDED);
  return PUT(out, "Z\"");
}

/* P1Y2M3DT4H5M6.789S, each part with its own sign. */
WRITER(write_interval_iso)
{
  (void)plan;
  struct temporal_interval interval;
  if (!temporal_read_interval(data, size, &interval))
    return NULL;
  if (interval.kind)
    return put_kind(out, interval.kind);
  bool negative = interval.microseconds < 0;
  uint64_t clock = negative ? 0 - (uint64_t)interval.microseconds : (uint64_t)interval.microseconds;
  const struct {
    int64_t number;
    char letter;
  } parts[] = {{interval.months / 12, 'Y'},
               {interval.months % 12, 'M'},
               {interval.days, 'D'},
               {(int64_t)(clock / 3600000000u), 'H'},
               {(int64_t)(clock / 60000000u % 60), 'M'}};
  out = PUT(out, "\"P");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (i == 3)
      *out++ = 'T';
    out = json_integer(out, i >= 3 && negative ? -parts[i].number : parts[i].number);
    *out++ = parts[i].letter;
  }
  uint64_t seconds = clock / 1000000 % 60;
  int64_t fraction = (int64_t)(clock % 1000000);
  if (negative && (seconds || fraction))
    *out++ = '-';
  out = json_unsigned(out, seconds);
  out = put_fraction(out, fraction, AS_NEEDED);
  return PUT(out, "S\"");
}
