/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of the same kind are compared as what they are: numbers with all their digits, moments
 * and times by when they are, text byte by byte, which is the order of UTF-8's characters. */
#include "numeric_text.h"
#include "temporal.h"
#include "where.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)

static unsigned of_sign(int64_t sign)
{
  return sign < 0 ? LESS : sign > 0 ? MORE : EQUAL;
}

static unsigned compare_text(const struct datum *a, const struct datum *b)
{
  size_t size = a->size < b->size ? a->size : b->size;
  int difference = size ? memcmp(a->data, b->data, size) : 0;
  return difference ? of_sign(difference) : of_sign((int64_t)a->size - (int64_t)b->size);
}

/* A point that can be ordered: infinities, then days, then microseconds. */
struct point {
  int64_t kind, days, microseconds;
};

static unsigned compare_points(const struct point *a, const struct point *b)
{
  if (a->kind != b->kind || a->kind)
    return of_sign(a->kind - b->kind);
  return a->days != b->days ? of_sign(a->days - b->days)
                            : of_sign(a->microseconds - b->microseconds);
}

static int64_t kind_of(enum temporal_kind kind)
{
  return kind == TEMPORAL_INFINITY ? 1 : kind == TEMPORAL_MINUS_INFINITY ? -1 : 0;
}

static void normalise(struct point *point)
{
  int64_t days = point->microseconds / DAY_US;
  days -= point->microseconds % DAY_US < 0;
  point->days += days;
  point->microseconds -= days * DAY_US;
}

static bool read_moment(const struct datum *datum, struct point *point)
{
  struct temporal_timestamp moment = {0};
  if (!temporal_read_date(datum->data, datum->size, &moment.date) &&
      !temporal_read_timestamp(datum->data, datum->size, &moment) &&
      !temporal_read_iso_timestamp(datum->data, datum->size, &moment))
    return false;
  *point = (struct point){.kind = kind_of(moment.date.kind)};
  if (point->kind)
    return true;
  point->days = temporal_days(&moment.date);
  point->microseconds = moment.time.microseconds - moment.time.offset_seconds * INT64_C(1000000);
  normalise(point);
  return true;
}

static bool read_time(const struct datum *datum, struct point *point)
{
  struct temporal_time time;
  if (!temporal_read_time(datum->data, datum->size, &time))
    return false;
  *point =
      (struct point){.microseconds = time.microseconds - time.offset_seconds * INT64_C(1000000)};
  return true;
}

/* As PostgreSQL compares them: a month has 30 days, a day 24 hours. */
static bool read_interval(const struct datum *datum, struct point *point)
{
  struct temporal_interval interval;
  if (!temporal_read_interval(datum->data, datum->size, &interval))
    return false;
  *point = (struct point){.kind = kind_of(interval.kind),
                          .days = interval.months * 30 + interval.days,
                          .microseconds = interval.microseconds};
  normalise(point);
  return true;
}

int datum_bool(const struct datum *datum)
{
  static const struct {
    const char *word;
    int value;
  } words[] = {{"t", 1}, {"true", 1}, {"f", 0}, {"false", 0}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].word) == datum->size && !memcmp(words[i].word, datum->data, datum->size))
      return words[i].value;
  return -1;
}

typedef bool (*point_reader)(const struct datum *datum, struct point *point);

static const point_reader point_readers[] = {
    [CLASS_MOMENT] = read_moment, [CLASS_TIME] = read_time, [CLASS_INTERVAL] = read_interval};

static bool readable(const struct datum *datum, enum value_class class)
{
  struct numeric_text number;
  struct point point;
  switch (class) {
  case CLASS_TEXT:
    return true;
  case CLASS_NUMBER:
    return numeric_read(datum->data, datum->size, &number);
  case CLASS_BOOL:
    return datum_bool(datum) >= 0;
  default:
    return point_readers[class](datum, &point);
  }
}

static unsigned compare_as(enum value_class class, const struct datum *a, const struct datum *b)
{
  struct numeric_text left, right;
  struct point here, there;
  switch (class) {
  case CLASS_TEXT:
    return compare_text(a, b);
  case CLASS_NUMBER:
    numeric_read(a->data, a->size, &left);
    numeric_read(b->data, b->size, &right);
    return of_sign(numeric_compare(&left, &right));
  case CLASS_BOOL:
    return of_sign(datum_bool(a) - datum_bool(b));
  default:
    point_readers[class](a, &here);
    point_readers[class](b, &there);
    return compare_points(&here, &there);
  }
}

/* The class that both have; false: there is none. */
static bool common_class(const struct datum *a, const struct datum *b, enum value_class *class)
{
  if (a->adaptable && b->adaptable)
    *class = CLASS_TEXT;
  else
    *class = a->adaptable ? b->class : a->class;
  return a->adaptable || b->adaptable || a->class == b->class;
}

static const char *mismatch(enum value_class a, enum value_class b)
{
  static const char *const faults[] = {
      [CLASS_TEXT] = "a text is compared with something else; write '…' for a text",
      [CLASS_NUMBER] = "a number is compared with something else",
      [CLASS_BOOL] = "a boolean is compared with something else",
      [CLASS_MOMENT] = "a date or timestamp is compared with something else; write '2026-01-31'",
      [CLASS_TIME] = "a time is compared with something else; write '04:05:06'",
      [CLASS_INTERVAL] = "an interval is compared with something else; write '3 days'"};
  return faults[a == CLASS_TEXT ? b : a];
}

static const char *unreadable(enum value_class class)
{
  static const char *const faults[] = {
      [CLASS_TEXT] = "this is no text",
      [CLASS_NUMBER] = "this is compared with a number, but is none",
      [CLASS_BOOL] = "this is compared with a boolean, but is neither true nor false",
      [CLASS_MOMENT] = "this is compared with a date or timestamp, but is none",
      [CLASS_TIME] = "this is compared with a time, but is none",
      [CLASS_INTERVAL] = "this is compared with an interval, but is none"};
  return faults[class];
}

unsigned datum_compare(const struct datum *a, const struct datum *b, const char **fault)
{
  enum value_class class;
  *fault = NULL;
  if (a->state != DATUM_VALUE || b->state != DATUM_VALUE)
    return 0;
  if (!common_class(a, b, &class)) {
    *fault = mismatch(a->class, b->class);
    return 0;
  }
  bool known = readable(a, class), other_known = readable(b, class);
  if ((!known && a->literal) || (!other_known && b->literal))
    *fault = unreadable(class);
  return known && other_known ? compare_as(class, a, b) : 0;
}
