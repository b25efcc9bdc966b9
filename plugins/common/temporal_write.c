/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical texts of dates, times and intervals, and what the numbers in events mean. */
#include "json_text.h"
#include "temporal.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

#define SECOND_MICROSECONDS INT64_C(1000000)
#define DAY_MICROSECONDS    INT64_C(86400000000)

static char *put_padded(char *out, uint64_t number, int width)
{
  char digits[JSON_INTEGER_MAX];
  int size = (int)(json_unsigned(digits, number) - digits);
  for (; width > size; width--)
    *out++ = '0';
  return json_copy(out, digits, (size_t)size);
}

static char *put_two(char *out, int64_t number)
{
  if (number > 99)
    return json_unsigned(out, (uint64_t)number);
  *out++ = (char)('0' + number / 10);
  *out++ = (char)('0' + number % 10);
  return out;
}

/* .123, without zeros at the end. */
static char *put_fraction(char *out, int64_t microseconds)
{
  if (!microseconds)
    return out;
  *out++ = '.';
  for (int64_t place = 100000; microseconds; place /= 10) {
    *out++ = (char)('0' + microseconds / place);
    microseconds %= place;
  }
  return out;
}

static char *put_clock(char *out, int64_t microseconds)
{
  int64_t seconds = microseconds / SECOND_MICROSECONDS;
  out = put_two(out, seconds / 3600);
  *out++ = ':';
  out = put_two(out, seconds / 60 % 60);
  *out++ = ':';
  out = put_two(out, seconds % 60);
  return put_fraction(out, microseconds % SECOND_MICROSECONDS);
}

static char *put_special(char *out, enum temporal_kind kind)
{
  return kind == TEMPORAL_INFINITY ? PUT(out, "infinity") : PUT(out, "-infinity");
}

/* The year 0 is 1 BC. */
static char *put_day(char *out, const struct temporal_date *date)
{
  int64_t year = date->year;
  out = put_padded(out, (uint64_t)(year > 0 ? year : 1 - year), 4);
  *out++ = '-';
  out = put_two(out, date->month);
  *out++ = '-';
  return put_two(out, date->day);
}

static char *put_era(char *out, const struct temporal_date *date)
{
  return date->year > 0 ? out : PUT(out, " BC");
}

/* +05, -03:30, +01:02:03 */
static char *put_offset(char *out, int32_t offset)
{
  int32_t seconds = offset < 0 ? -offset : offset;
  *out++ = offset < 0 ? '-' : '+';
  out = put_two(out, seconds / 3600);
  if (seconds % 3600) {
    *out++ = ':';
    out = put_two(out, seconds / 60 % 60);
  }
  if (seconds % 60) {
    *out++ = ':';
    out = put_two(out, seconds % 60);
  }
  return out;
}

char *temporal_write_date(char *out, const struct temporal_date *date)
{
  if (date->kind)
    return put_special(out, date->kind);
  return put_era(put_day(out, date), date);
}

char *temporal_write_time(char *out, const struct temporal_time *time)
{
  return put_clock(out, time->microseconds);
}

char *temporal_write_timetz(char *out, const struct temporal_time *time)
{
  return put_offset(put_clock(out, time->microseconds), time->offset_seconds);
}

char *temporal_write_timestamp(char *out, const struct temporal_timestamp *timestamp)
{
  if (timestamp->date.kind)
    return put_special(out, timestamp->date.kind);
  out = put_day(out, &timestamp->date);
  *out++ = ' ';
  out = put_clock(out, timestamp->time.microseconds);
  return put_era(out, &timestamp->date);
}

static int64_t floor_divide(int64_t number, int64_t divisor)
{
  return number / divisor - (number % divisor < 0);
}

/* In UTC. */
char *temporal_write_timestamptz(char *out, const struct temporal_timestamp *timestamp)
{
  struct temporal_timestamp utc = *timestamp;
  if (utc.date.kind)
    return put_special(out, utc.date.kind);
  if (utc.time.offset_seconds) {
    int64_t clock = utc.time.microseconds - utc.time.offset_seconds * SECOND_MICROSECONDS;
    int64_t days = floor_divide(clock, DAY_MICROSECONDS);
    utc.date = temporal_date_of_days(temporal_days(&utc.date) + days);
    utc.time.microseconds = clock - days * DAY_MICROSECONDS;
  }
  out = put_day(out, &utc.date);
  *out++ = ' ';
  out = put_clock(out, utc.time.microseconds);
  return put_era(PUT(out, "+00"), &utc.date);
}

/* ---- intervals ---------------------------------------------------------- */

struct unit {
  const char *name;
  int64_t number;
};

/* "1 year", "-2 mons", "+3 days": the sign is said again after a negative part (interval_out,
 * EncodeInterval). */
static char *put_unit(char *out, const struct unit *unit, bool first, bool after_negative)
{
  if (!first)
    *out++ = ' ';
  if (after_negative && unit->number > 0)
    *out++ = '+';
  out = json_integer(out, unit->number);
  *out++ = ' ';
  out = json_copy(out, unit->name, strlen(unit->name));
  if (unit->number != 1)
    *out++ = 's';
  return out;
}

char *temporal_write_interval(char *out, const struct temporal_interval *interval)
{
  if (interval->kind)
    return put_special(out, interval->kind);
  const struct unit units[] = {
      {"year", interval->months / 12}, {"mon", interval->months % 12}, {"day", interval->days}};
  bool first = true, negative = false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (!units[i].number)
      continue;
    out = put_unit(out, &units[i], first, negative);
    negative = units[i].number < 0;
    first = false;
  }
  int64_t clock = interval->microseconds;
  if (!first && !clock)
    return out;
  if (!first)
    *out++ = ' ';
  if (clock < 0)
    *out++ = '-';
  else if (negative)
    *out++ = '+';
  uint64_t size = clock < 0 ? 0 - (uint64_t)clock : (uint64_t)clock;
  return put_clock(out, (int64_t)(size > INT64_MAX ? INT64_MAX : size));
}

/* ---- numbers ------------------------------------------------------------ */

/* Debezium's milliseconds of the driver's PGStatement.DATE_POSITIVE_INFINITY and its negative. */
#define INFINITY_MS       INT64_C(9223372036825200)
#define MINUS_INFINITY_MS INT64_C(-9223372036832400)

static const struct {
  int64_t second, infinity, minus_infinity;
} units[] = {
    [TEMPORAL_MILLISECONDS] = {1000, INFINITY_MS, MINUS_INFINITY_MS},
    [TEMPORAL_MICROSECONDS] = {1000000, INFINITY_MS * 1000, MINUS_INFINITY_MS * 1000},
    [TEMPORAL_NANOSECONDS] = {1000000000, INT64_MAX, INT64_MIN},
};

struct temporal_date temporal_date_of_number(int64_t days)
{
  if (days >= INT32_MAX || days <= INT32_MIN)
    return (struct temporal_date){.kind = days > 0 ? TEMPORAL_INFINITY : TEMPORAL_MINUS_INFINITY};
  return temporal_date_of_days(days);
}

/* A rest of a second, not negative, as microseconds. */
static int64_t to_microseconds(int64_t rest, enum temporal_unit unit)
{
  return unit == TEMPORAL_NANOSECONDS ? rest / 1000 : rest * (1000000 / units[unit].second);
}

struct temporal_timestamp temporal_timestamp_of_number(int64_t number, enum temporal_unit unit)
{
  if (number >= units[unit].infinity || number == INT64_MAX)
    return (struct temporal_timestamp){.date.kind = TEMPORAL_INFINITY};
  if (number <= units[unit].minus_infinity)
    return (struct temporal_timestamp){.date.kind = TEMPORAL_MINUS_INFINITY};
  int64_t second = units[unit].second;
  int64_t seconds = floor_divide(number, second);
  int64_t days = floor_divide(seconds, 86400);
  return (struct temporal_timestamp){.date = temporal_date_of_days(days),
                                     .time.microseconds =
                                         (seconds - days * 86400) * SECOND_MICROSECONDS +
                                         to_microseconds(number - seconds * second, unit)};
}

bool temporal_time_of_number(int64_t number, enum temporal_unit unit, struct temporal_time *time)
{
  int64_t second = units[unit].second;
  if (number < 0 || number > 86400 * second)
    return false;
  *time = (struct temporal_time){.microseconds = number / second * SECOND_MICROSECONDS +
                                                 to_microseconds(number % second, unit)};
  return true;
}

struct temporal_interval temporal_interval_of_number(int64_t number, enum temporal_unit unit)
{
  if (number == INT64_MAX || number == INT64_MIN)
    return (struct temporal_interval){.kind =
                                          number > 0 ? TEMPORAL_INFINITY : TEMPORAL_MINUS_INFINITY};
  int64_t microseconds;
  if (unit == TEMPORAL_NANOSECONDS)
    microseconds = number / 1000;
  else if (__builtin_mul_overflow(number, 1000000 / units[unit].second, &microseconds))
    microseconds = number > 0 ? INT64_MAX : -INT64_MAX;
  return (struct temporal_interval){.microseconds = microseconds};
}
