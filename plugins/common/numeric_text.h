/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the canonical texts of numbers (plugin.h, enum headrace_type) and writing them in other
 * forms, and the way back. Nothing allocates, any thread may call. */
#ifndef HEADRACE_NUMERIC_TEXT_H
#define HEADRACE_NUMERIC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum numeric_kind { NUMERIC_FINITE = 0, NUMERIC_NAN, NUMERIC_INFINITY, NUMERIC_MINUS_INFINITY };

/* The parts of a number's text; they point into it. */
struct numeric_text {
  enum numeric_kind kind;
  bool negative;
  const char *whole; /* digits before the point */
  size_t whole_size;
  const char *fraction; /* digits after it */
  size_t fraction_size;
  int32_t exponent; /* after an e; 0: none */
};

/* -123, 1.50, .5, 1e-07, NaN, Infinity, -Infinity; false: none of them. */
bool numeric_read(const char *data, size_t size, struct numeric_text *number);

/* Bytes that numeric_unscaled() may need for so many digits, and as workspace. */
#define NUMERIC_BYTES(digits) ((digits) / 2 + 16)

/* number * 10^scale as a two's-complement integer, most significant byte first, in as few bytes
 * as will do (java.math.BigInteger.toByteArray), into NUMERIC_BYTES of the digits that it has
 * then. Digits past the scale are dropped, as the source already rounded to it. `out` must be
 * aligned for uint64_t. Returns the number of bytes. The number is finite, without an exponent. */
size_t numeric_unscaled(const struct numeric_text *number, int32_t scale, unsigned char *out);

/* As java.lang.Double.toString() and Float.toString() write the shortest digits: 1.0, 123456.7,
 * 1.0E7, -1.0E-10. The digits are those of the text, without useless zeros. Writes at most
 * NUMERIC_JAVA_MAX bytes and those of the text; returns the end. The number is finite. */
#define NUMERIC_JAVA_MAX 16
char *numeric_java(char *out, const struct numeric_text *number);

/* ---- the way back, to canonical texts (numeric_canonical.c) -------------- */

/* How much PostgreSQL's numeric holds: 131072 digits before the point, 16383 after it. What is
 * larger is refused rather than worked on. */
#define NUMERIC_UNSCALED_MAX 61440u /* bytes of an unscaled value */
#define NUMERIC_SCALE_MAX    131072

/* Bytes that numeric_of_unscaled() may need, its workspace included. */
#define NUMERIC_OF_UNSCALED_ROOM(size, scale)                                                      \
  (5 * (size_t)(size) + (size_t)((scale) < 0 ? -(int64_t)(scale) : (scale)) + 64)

/* number * 10^-scale of a two's-complement integer, most significant byte first, as plain digits
 * with `scale` of them after the point. Returns the end, or NULL: no bytes at all, or too large.
 */
char *numeric_of_unscaled(char *out, const void *bytes, size_t size, int32_t scale);

/* Plain digits of a number that may have an exponent: 1.5E3 is 1500. Returns the end, or NULL: it
 * has more than PostgreSQL's numeric holds. */
size_t numeric_plain_room(const struct numeric_text *number); /* SIZE_MAX: too large */
char *numeric_plain(char *out, const struct numeric_text *number);

/* As PostgreSQL prints the digits of a float8 (double_digits) or float4, which it takes to be the
 * shortest: 1, 0.1, 1e+20, NaN, -Infinity. At most NUMERIC_JAVA_MAX bytes and those of the text. */
enum { NUMERIC_FLOAT4_PLAIN = 6, NUMERIC_FLOAT8_PLAIN = 15 };
char *numeric_float(char *out, const struct numeric_text *number, int plain_digits);

/* How many digits there are from the first that is not zero to the last that is not. */
size_t numeric_significant(const struct numeric_text *number);

/* -1, 0, 1 of exactly what the texts say, however many digits they have. As in PostgreSQL NaN is
 * equal to itself and more than all others. (numeric_compare.c) */
int numeric_compare(const struct numeric_text *a, const struct numeric_text *b);

#endif
