/* SPDX-License-Identifier: Apache-2.0
 *
 * Avro's binary encoding (Avro 1.12 specification, "Binary encoding"): the parts that have no
 * schema. Nothing allocates, any thread may call. */
#ifndef HEADRACE_AVRO_DATUM_H
#define HEADRACE_AVRO_DATUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { AVRO_LONG_MAX = 10, AVRO_HEAD = 5 }; /* bytes of a number; magic byte and schema's id */

/* ---- writing: each returns the place after what it wrote ------------------ */

static inline char *avro_put_long(char *out, int64_t number)
{
  uint64_t bits = ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
  while (bits > 127) {
    *out++ = (char)(bits | 128);
    bits >>= 7;
  }
  *out++ = (char)bits;
  return out;
}

static inline char *avro_put_bytes(char *out, const char *data, size_t size)
{
  out = avro_put_long(out, (int64_t)size);
  if (size)
    memcpy(out, data, size);
  return out + size;
}

static inline char *avro_put_little(char *out, uint64_t bits, size_t size)
{
  for (size_t i = 0; i < size; i++, bits >>= 8)
    *out++ = (char)bits;
  return out;
}

static inline char *avro_put_double(char *out, double number)
{
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return avro_put_little(out, bits, 8);
}

static inline char *avro_put_float(char *out, float number)
{
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  return avro_put_little(out, bits, 4);
}

/* The magic byte and the id, big-endian: Confluent's wire format. */
static inline char *avro_put_head(char *out, int32_t id)
{
  *out++ = 0;
  for (int shift = 24; shift >= 0; shift -= 8)
    *out++ = (char)((uint32_t)id >> shift);
  return out;
}

/* ---- reading: false: the bytes end too early, or are none of that ---------- */

struct avro_input {
  const char *at, *end;
};

static inline bool avro_get_long(struct avro_input *input, int64_t *number)
{
  uint64_t bits = 0;
  for (unsigned shift = 0; shift < 64 && input->at < input->end; shift += 7) {
    unsigned char byte = (unsigned char)*input->at++;
    if (shift == 63 && byte > 1)
      return false;
    bits |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) {
      *number = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
      return true;
    }
  }
  return false;
}

static inline bool avro_get_bytes(struct avro_input *input, size_t size, const char **data)
{
  if (size > (size_t)(input->end - input->at))
    return false;
  *data = input->at;
  input->at += size;
  return true;
}

static inline bool avro_get_sized(struct avro_input *input, const char **data, size_t *size)
{
  int64_t number;
  if (!avro_get_long(input, &number) || number < 0)
    return false;
  *size = (size_t)number;
  return avro_get_bytes(input, *size, data);
}

static inline bool avro_get_little(struct avro_input *input, size_t size, uint64_t *bits)
{
  const char *data;
  if (!avro_get_bytes(input, size, &data))
    return false;
  *bits = 0;
  for (size_t i = size; i--;)
    *bits = *bits << 8 | (unsigned char)data[i];
  return true;
}

static inline bool avro_get_double(struct avro_input *input, double *number)
{
  uint64_t bits;
  if (!avro_get_little(input, 8, &bits))
    return false;
  memcpy(number, &bits, sizeof *number);
  return true;
}

static inline bool avro_get_float(struct avro_input *input, float *number)
{
  uint64_t bits;
  if (!avro_get_little(input, 4, &bits))
    return false;
  uint32_t half = (uint32_t)bits;
  memcpy(number, &half, sizeof *number);
  return true;
}

#endif
