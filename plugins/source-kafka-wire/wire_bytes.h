/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of the wire: big-endian, and base-128 varints (KIP-482; in records zigzag, as
 * protobuf's). */
#ifndef HEADRACE_KAFKA_WIRE_BYTES_H
#define HEADRACE_KAFKA_WIRE_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VARINT_MAX 10 /* bytes of 64 bits */

static inline uint16_t load16(const char *data)
{
  uint16_t number;
  memcpy(&number, data, sizeof number);
  return be16toh(number);
}

static inline uint32_t load32(const char *data)
{
  uint32_t number;
  memcpy(&number, data, sizeof number);
  return be32toh(number);
}

static inline uint64_t load64(const char *data)
{
  uint64_t number;
  memcpy(&number, data, sizeof number);
  return be64toh(number);
}

static inline void store16(char *data, uint16_t number)
{
  number = htobe16(number);
  memcpy(data, &number, sizeof number);
}

static inline void store32(char *data, uint32_t number)
{
  number = htobe32(number);
  memcpy(data, &number, sizeof number);
}

static inline void store64(char *data, uint64_t number)
{
  number = htobe64(number);
  memcpy(data, &number, sizeof number);
}

/* Gives the end, NULL if it is cut off or has more than `bits` bits. */
static inline const char *load_varint(const char *at, const char *end, unsigned bits,
                                      uint64_t *number)
{
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits && at < end; shift += 7) {
    uint64_t byte = (unsigned char)*at++;
    if (bits - shift < 7 && (byte & 0x7f) >> (bits - shift))
      return NULL;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *number = value;
      return at;
    }
  }
  return NULL;
}

/* Into at most VARINT_MAX bytes; gives the end. */
static inline char *store_varint(char *at, uint64_t number)
{
  for (; number >= 0x80; number >>= 7)
    *at++ = (char)(number | 0x80);
  *at++ = (char)number;
  return at;
}

static inline int64_t zigzag_decode(uint64_t number)
{
  return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

static inline uint64_t zigzag_encode(int64_t number)
{
  return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

#endif
