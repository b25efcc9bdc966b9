/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading ISO 8601 as java.time writes it, and Debezium with it. */
#include "temporal.h"

#include <string.h>

struct cursor {
  const char *at, *end;
};

static bool take(struct cursor *cursor, char letter)
{
  if (cursor->at == cursor->end || *cursor->at != letter)
    return false;
  cursor->at++;
  return true;
}

static bool is_digit(const struct cursor *cursor)
{
  return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

static bool take_number(struct cursor *cursor, int least, int most, int64_t *number)
{
  int digits = 0;
  for (*number = 0; digits < most && is_digit(cursor); digits++)
    *number = *number * 10 + (*cursor->at++ - '0');
  return digits >= least;
}

static bool take_special(const char *data, size_t size, enum temporal_kind *kind)
{
  *kind = TEMPORAL_FINITE;
  if (size == 8 && !memcmp(data, "infinity", 8))
    *kind = TEMPORAL_INFINITY;
  else if (size == 9 && !memcmp(data, "-infinity", 9))
    *kind = TEMPORAL_MINUS_INFINITY;
  return *kind != TEMPORAL_FINITE;
}

/* A year is of four digits, or has a sign and as many as it takes. */
static bool take_day(struct cursor *cursor, struct temporal_date *date)
{
  bool negative = take(cursor, '-');
  bool is_signed = negative || take(cursor, '+');
  int64_t year, month, day;
  if (!take_number(cursor, 4, is_signed ? 9 : 4, &year) || !take(cursor, '-') ||
      !take_number(cursor, 2, 2, &month) || !take(cursor, '-') || !take_number(cursor, 2, 2, &day))
    return false;
  *date = (struct temporal_date){
      .year = (int32_t)(negative ? -year : year), .month = (int32_t)month, .day = (int32_t)day};
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* Microseconds after a point or comma; digits past the sixth are cut. */
static bool take_fraction(struct cursor *cursor, int64_t *microseconds)
{
  *microseconds = 0;
  if (!take(cursor, '.') && !take(cursor, ','))
    return true;
  if (!is_digit(cursor))
    return false;
  for (int64_t place = 100000; is_digit(cursor); place /= 10)
    *microseconds += place * (*cursor->at++ - '0');
  return true;
}

/* 04:05, 04:05:06, 04:05:06.789 */
static bool take_clock(struct cursor *cursor, int64_t *microseconds)
{
  int64_t hours, minutes, seconds = 0, fraction = 0;
  if (!take_number(cursor, 2, 2, &hours) || !take(cursor, ':') ||
      !take_number(cursor, 2, 2, &minutes))
    return false;
  if (take(cursor, ':') &&
      (!take_number(cursor, 2, 2, &seconds) || !take_fraction(cursor, &fraction)))
    return false;
  *microseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000000 + fraction;
  return minutes <= 59 && seconds <= 60 && *microseconds <= INT64_C(86400000000);
}

/* Z, +01, +01:00, +0100, -03:30:15; absent is 0. */
static bool take_zone(struct cursor *cursor, int32_t *offset)
{
  int64_t parts[3] = {0};
  *offset = 0;
  if (take(cursor, 'Z') || cursor->at == cursor->end)
    return true;
  bool west = take(cursor, '-');
  if (!west && !take(cursor, '+'))
    return false;
  for (size_t i = 0; i < 3 && cursor->at < cursor->end; i++) {
    if (i)
      take(cursor, ':');
    if (!take_number(cursor, 2, 2, &parts[i]))
      return false;
  }
  *offset = (int32_t)((parts[0] * 60 + parts[1]) * 60 + parts[2]);
  if (west)
    *offset = -*offset;
  return parts[0] <= 18 && parts[1] <= 59 && parts[2] <= 59;
}

bool temporal_read_iso_date(const char *data, size_t size, struct temporal_date *date)
{
  struct cursor cursor = {data, data + size};
  int32_t offset;
  if (take_special(data, size, &date->kind))
    return true;
  return take_day(&cursor, date) && take_zone(&cursor, &offset) && cursor.at == cursor.end;
}

bool temporal_read_iso_time(const char *data, size_t size, struct temporal_time *time)
{
  struct cursor cursor = {data, data + size};
  return take_clock(&cursor, &time->microseconds) && take_zone(&cursor, &time->offset_seconds) &&
         cursor.at == cursor.end;
}

/* Debezium writes the infinities as the moments that its numbers for them are, if it writes texts:
 * +294247-01-10T04:00:25.2Z and -290308-12-21T19:59:27.6Z. */
static enum temporal_kind kind_of_moment(const struct temporal_timestamp *timestamp)
{
  int64_t day = temporal_days(&timestamp->date), microseconds = timestamp->time.microseconds;
  if (day == 106751991 && microseconds == INT64_C(14425200000))
    return TEMPORAL_INFINITY;
  return day == -106751992 && microseconds == INT64_C(71967600000) ? TEMPORAL_MINUS_INFINITY
                                                                   : TEMPORAL_FINITE;
}

bool temporal_read_iso_timestamp(const char *data, size_t size,
                                 struct temporal_timestamp *timestamp)
{
  struct cursor cursor = {data, data + size};
  if (take_special(data, size, &timestamp->date.kind))
    return true;
  if (!take_day(&cursor, &timestamp->date) || !(take(&cursor, 'T') || take(&cursor, ' ')) ||
      !take_clock(&cursor, &timestamp->time.microseconds) ||
      !take_zone(&cursor, &timestamp->time.offset_seconds) || cursor.at != cursor.end)
    return false;
  timestamp->date.kind = kind_of_moment(timestamp);
  return true;
}

/* ---- intervals ---------------------------------------------------------- */

static bool add_to(int64_t *sum, int64_t number, int64_t factor)
{
  int64_t product;
  return !__builtin_mul_overflow(number, factor, &product) &&
         !__builtin_add_overflow(*sum, product, sum);
}

/* What a letter counts, before and after the T. */
static bool add_part(struct temporal_interval *interval, char letter, bool clock, int64_t number)
{
  switch (letter) {
  case 'Y':
    return !clock && add_to(&interval->months, number, 12);
  case 'M':
    return clock ? add_to(&interval->microseconds, number, 60000000)
                 : add_to(&interval->months, number, 1);
  case 'W':
    return !clock && add_to(&interval->days, number, 7);
  case 'D':
    return !clock && add_to(&interval->days, number, 1);
  case 'H':
    return clock && add_to(&interval->microseconds, number, INT64_C(3600000000));
  default:
    return letter == 'S' && clock && add_to(&interval->microseconds, number, 1000000);
  }
}

/* -6.789S: a number with its own sign, and the letter. Only seconds have a fraction. */
static bool take_part(struct cursor *cursor, bool clock, struct temporal_interval *interval)
{
  bool negative = take(cursor, '-');
  if (!negative)
    take(cursor, '+');
  int64_t number, fraction;
  if (!take_number(cursor, 1, 18, &number) || !take_fraction(cursor, &fraction) ||
      cursor->at == cursor->end)
    return false;
  char letter = *cursor->at++;
  if (fraction && letter != 'S')
    return false;
  return add_part(interval, letter, clock, negative ? -number : number) &&
         add_to(&interval->microseconds, negative ? -fraction : fraction, 1);
}

bool temporal_read_iso_interval(const char *data, size_t size, struct temporal_interval *interval)
{
  struct cursor cursor = {data, data + size};
  bool clock = false, any = false;
  *interval = (struct temporal_interval){0};
  if (take_special(data, size, &interval->kind))
    return true;
  if (!take(&cursor, 'P'))
    return false;
  while (cursor.at < cursor.end) {
    if (!clock && take(&cursor, 'T'))
      clock = true;
    if (!take_part(&cursor, clock, interval))
      return false;
    any = true;
  }
  return any;
}
