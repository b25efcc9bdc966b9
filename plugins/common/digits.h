/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal digits, eight at a time: most of a record's numbers are times and ids, which are long. */
#ifndef HEADRACE_DIGITS_H
#define HEADRACE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 19 }; /* any so many are less than 2^64 */

static inline bool digits_eight(const char *data, uint64_t *number)
{
  uint64_t text, word, pairs;
  memcpy(&text, data, sizeof text);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  text = __builtin_bswap64(text);
#endif
  word = text - UINT64_C(0x3030303030303030);
  if (((word | (word + UINT64_C(0x7676767676767676))) & UINT64_C(0x8080808080808080)) ||
      (text & UINT64_C(0x8080808080808080)))
    return false;
  pairs = word * 10 + (word >> 8);
  *number = ((pairs & UINT64_C(0xff000000ff)) * UINT64_C(0xf424000000064) +
             (pairs >> 16 & UINT64_C(0xff000000ff)) * UINT64_C(0x271000000001)) >>
            32;
  return true;
}

/* False: there are none, more than DIGITS_MAX, or something else. */
static inline bool digits_read(const char *data, size_t size, uint64_t *number)
{
  uint64_t eight;
  *number = 0;
  if (!size || size > DIGITS_MAX)
    return false;
  for (; size >= 8; data += 8, size -= 8) {
    if (!digits_eight(data, &eight))
      return false;
    *number = *number * 100000000 + eight;
  }
  for (; size; data++, size--) {
    if (*data < '0' || *data > '9')
      return false;
    *number = *number * 10 + (uint64_t)(*data - '0');
  }
  return true;
}

#endif
