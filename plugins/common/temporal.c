/* SPDX-License-Identifier: Apache-2.0 */
#include "temporal.h"

#include <string.h>

/* What is left of the text. */
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

static bool take_word(struct cursor *cursor, const char *word)
{
  size_t size = strlen(word);
  if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, word, size))
    return false;
  cursor->at += size;
  return true;
}

/* Between `least` and `most` digits. */
static bool take_number(struct cursor *cursor, int least, int most, int64_t *number)
{
  int digits = 0;
  *number = 0;
  while (digits < most && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
    *number = *number * 10 + (*cursor->at++ - '0');
    digits++;
  }
  return digits >= least;
}

static bool take_two(struct cursor *cursor, int32_t *number)
{
  int64_t wide;
  if (!take_number(cursor, 2, 2, &wide))
    return false;
  *number = (int32_t)wide;
  return true;
}

/* Microseconds after a point; up to six digits. */
static bool take_fraction(struct cursor *cursor, int64_t *microseconds)
{
  *microseconds = 0;
  if (!take(cursor, '.'))
    return true;
  const char *start = cursor->at;
  if (!take_number(cursor, 1, 6, microseconds))
    return false;
  for (int64_t digits = cursor->at - start; digits < 6; digits++)
    *microseconds *= 10;
  return true;
}

static bool take_special(struct cursor *cursor, enum temporal_kind *kind)
{
  *kind = TEMPORAL_FINITE;
  if (take_word(cursor, "infinity"))
    *kind = TEMPORAL_INFINITY;
  else if (take_word(cursor, "-infinity"))
    *kind = TEMPORAL_MINUS_INFINITY;
  return *kind != TEMPORAL_FINITE;
}

static bool take_day(struct cursor *cursor, struct temporal_date *date)
{
  int64_t year;
  if (!take_number(cursor, 4, 7, &year) || !take(cursor, '-') || !take_two(cursor, &date->month) ||
      !take(cursor, '-') || !take_two(cursor, &date->day))
    return false;
  date->year = (int32_t)year;
  return date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= 31;
}

static void take_era(struct cursor *cursor, struct temporal_date *date)
{
  if (take_word(cursor, " BC"))
    date->year = 1 - date->year;
}

static bool take_clock(struct cursor *cursor, int64_t *microseconds)
{
  int32_t hours, minutes, seconds;
  int64_t fraction;
  if (!take_two(cursor, &hours) || !take(cursor, ':') || !take_two(cursor, &minutes) ||
      !take(cursor, ':') || !take_two(cursor, &seconds) || !take_fraction(cursor, &fraction))
    return false;
  if (hours > 24 || minutes > 59 || seconds > 60)
    return false;
  *microseconds = ((hours * 60 + minutes) * 60 + (int64_t)seconds) * 1000000 + fraction;
  return true;
}

/* +05, -03:30, +01:02:03; absent is 0. */
static bool take_offset(struct cursor *cursor, int32_t *seconds)
{
  int32_t hours, minutes = 0, rest = 0;
  *seconds = 0;
  bool west = take(cursor, '-');
  if (!west && !take(cursor, '+'))
    return true;
  if (!take_two(cursor, &hours))
    return false;
  if (take(cursor, ':') && !take_two(cursor, &minutes))
    return false;
  if (take(cursor, ':') && !take_two(cursor, &rest))
    return false;
  *seconds = (hours * 60 + minutes) * 60 + rest;
  if (west)
    *seconds = -*seconds;
  return true;
}

bool temporal_read_date(const char *data, size_t size, struct temporal_date *date)
{
  struct cursor cursor = {data, data + size};
  if (!take_special(&cursor, &date->kind)) {
    if (!take_day(&cursor, date))
      return false;
    take_era(&cursor, date);
  }
  return cursor.at == cursor.end;
}

bool temporal_read_time(const char *data, size_t size, struct temporal_time *time)
{
  struct cursor cursor = {data, data + size};
  return take_clock(&cursor, &time->microseconds) && take_offset(&cursor, &time->offset_seconds) &&
         cursor.at == cursor.end;
}

bool temporal_read_timestamp(const char *data, size_t size, struct temporal_timestamp *timestamp)
{
  struct cursor cursor = {data, data + size};
  if (!take_special(&cursor, &timestamp->date.kind)) {
    if (!take_day(&cursor, &timestamp->date) || !(take(&cursor, ' ') || take(&cursor, 'T')) ||
        !take_clock(&cursor, &timestamp->time.microseconds) ||
        !take_offset(&cursor, &timestamp->time.offset_seconds))
      return false;
    take_era(&cursor, &timestamp->date);
  }
  return cursor.at == cursor.end;
}

/* -04:05:06.789, with as many digits of hours as it takes; false: it is something else. */
static bool take_interval_clock(struct cursor *cursor, int64_t *microseconds)
{
  struct cursor ahead = *cursor;
  bool negative = take(&ahead, '-');
  int64_t hours, fraction;
  int32_t minutes, seconds;
  if (!negative)
    take(&ahead, '+');
  if (!take_number(&ahead, 2, 12, &hours) || !take(&ahead, ':') || !take_two(&ahead, &minutes) ||
      !take(&ahead, ':') || !take_two(&ahead, &seconds) || !take_fraction(&ahead, &fraction))
    return false;
  if (minutes > 59 || seconds > 60)
    return false;
  if (__builtin_mul_overflow((hours * 60 + minutes) * 60 + seconds, (int64_t)1000000,
                             microseconds) ||
      __builtin_add_overflow(*microseconds, fraction, microseconds))
    return false;
  if (negative)
    *microseconds = -*microseconds;
  *cursor = ahead;
  return true;
}

/* "2 mons", "-1 years", "+3 days" */
static bool take_interval_unit(struct cursor *cursor, struct temporal_interval *interval)
{
  bool negative = take(cursor, '-');
  int64_t number;
  if (!negative)
    take(cursor, '+');
  if (!take_number(cursor, 1, 10, &number) || !take(cursor, ' '))
    return false;
  if (negative)
    number = -number;
  if (take_word(cursor, "year"))
    interval->months += 12 * number;
  else if (take_word(cursor, "mon"))
    interval->months += number;
  else if (take_word(cursor, "day"))
    interval->days += number;
  else
    return false;
  take(cursor, 's');
  return true;
}

bool temporal_read_interval(const char *data, size_t size, struct temporal_interval *interval)
{
  struct cursor cursor = {data, data + size};
  *interval = (struct temporal_interval){0};
  if (take_special(&cursor, &interval->kind))
    return cursor.at == cursor.end;
  do {
    if (take_interval_clock(&cursor, &interval->microseconds))
      break;
    if (!take_interval_unit(&cursor, interval))
      return false;
  } while (take(&cursor, ' '));
  return cursor.at == cursor.end;
}

/* Days by eras of 400 years that begin on 1 March, so that the leap day comes last (Howard
 * Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
#define DAYS_OF_ERA   146097
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */

int64_t temporal_days(const struct temporal_date *date)
{
  int64_t year = (int64_t)date->year - (date->month <= 2);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t month = date->month + (date->month > 2 ? -3 : 9);
  int64_t day_of_year = (153 * month + 2) / 5 + date->day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_OF_ERA + day_of_era - DAYS_TO_EPOCH;
}

struct temporal_date temporal_date_of_days(int64_t days)
{
  days += DAYS_TO_EPOCH;
  int64_t era = (days >= 0 ? days : days - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
  int64_t day_of_era = days - era * DAYS_OF_ERA;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  struct temporal_date date = {.day = (int32_t)(day_of_year - (153 * month + 2) / 5 + 1),
                               .month = (int32_t)(month < 10 ? month + 3 : month - 9)};
  date.year = (int32_t)(year_of_era + era * 400 + (date.month <= 2));
  return date;
}
