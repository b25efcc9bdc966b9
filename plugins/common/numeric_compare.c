/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric_text.h"

/* The digits of a number as one row, from the first that is not zero. */
struct digit_row {
  const struct numeric_text *number;
  size_t first, count; /* count - first of them */
  int64_t magnitude;   /* power of ten of the first one; the row is empty for zero */
};

static char digit_at(const struct numeric_text *number, size_t i)
{
  return i < number->whole_size ? number->whole[i] : number->fraction[i - number->whole_size];
}

static struct digit_row row_of(const struct numeric_text *number)
{
  struct digit_row row = {.number = number, .count = number->whole_size + number->fraction_size};
  while (row.first < row.count && digit_at(number, row.first) == '0')
    row.first++;
  while (row.count > row.first && digit_at(number, row.count - 1) == '0')
    row.count--;
  row.magnitude = (int64_t)number->whole_size - (int64_t)row.first + number->exponent;
  return row;
}

static int sign(int64_t difference)
{
  return difference < 0 ? -1 : difference > 0;
}

/* Of the numbers without their signs. */
static int compare_rows(const struct digit_row *a, const struct digit_row *b)
{
  bool a_is_zero = a->first == a->count, b_is_zero = b->first == b->count;
  if (a_is_zero || b_is_zero)
    return b_is_zero ? !a_is_zero : -1;
  if (a->magnitude != b->magnitude)
    return sign(a->magnitude - b->magnitude);
  for (size_t i = 0;; i++) {
    bool a_ends = a->first + i == a->count, b_ends = b->first + i == b->count;
    if (a_ends || b_ends)
      return b_ends ? !a_ends : -1;
    int difference = digit_at(a->number, a->first + i) - digit_at(b->number, b->first + i);
    if (difference)
      return sign(difference);
  }
}

static int rank(const struct numeric_text *number)
{
  static const int ranks[] = {[NUMERIC_MINUS_INFINITY] = 0,
                              [NUMERIC_FINITE] = 1,
                              [NUMERIC_INFINITY] = 2,
                              [NUMERIC_NAN] = 3};
  return ranks[number->kind];
}

int numeric_compare(const struct numeric_text *a, const struct numeric_text *b)
{
  if (rank(a) != rank(b))
    return sign(rank(a) - rank(b));
  if (a->kind != NUMERIC_FINITE)
    return 0;
  struct digit_row left = row_of(a), right = row_of(b);
  bool left_negative = a->negative && left.first < left.count;
  bool right_negative = b->negative && right.first < right.count;
  if (left_negative != right_negative)
    return left_negative ? -1 : 1;
  return left_negative ? compare_rows(&right, &left) : compare_rows(&left, &right);
}
