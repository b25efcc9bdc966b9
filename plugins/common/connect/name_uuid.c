/* SPDX-License-Identifier: Apache-2.0
 *
 * java.util.UUID.nameUUIDFromBytes(): the MD5 (RFC 1321) of a name as a version 3 UUID. It names a
 * placeholder, it protects nothing. */
#include "connect_writers.h"

#include <math.h>

static const unsigned char shifts[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t rotate(uint32_t word, unsigned by)
{
  return word << by | word >> (32 - by);
}

/* One of the 64 steps: the function of its round, and which word it takes. */
static uint32_t mix(unsigned step, const uint32_t state[4], unsigned *word)
{
  uint32_t b = state[1], c = state[2], d = state[3];
  switch (step / 16) {
  case 0:
    *word = step;
    return (b & c) | (~b & d);
  case 1:
    *word = (5 * step + 1) % 16;
    return (d & b) | (~d & c);
  case 2:
    *word = (3 * step + 5) % 16;
    return b ^ c ^ d;
  default:
    *word = 7 * step % 16;
    return c ^ (b | ~d);
  }
}

static void digest_block(uint32_t state[4], const unsigned char block[64])
{
  uint32_t words[16], now[4];
  for (unsigned i = 0; i < 16; i++)
    words[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
               (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
  memcpy(now, state, sizeof now);
  for (unsigned step = 0; step < 64; step++) {
    unsigned word;
    uint32_t mixed = mix(step, now, &word);
    uint32_t constant = (uint32_t)(int64_t)floor(fabs(sin(step + 1)) * 4294967296.0);
    uint32_t sum = now[0] + mixed + constant + words[word];
    now[0] = now[3];
    now[3] = now[2];
    now[2] = now[1];
    now[1] += rotate(sum, shifts[step / 16][step % 4]);
  }
  for (unsigned i = 0; i < 4; i++)
    state[i] += now[i];
}

static void digest(const char *data, size_t size, unsigned char out[16])
{
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  unsigned char tail[128] = {0};
  size_t whole = size / 64 * 64, left = size - whole;
  size_t tail_size = left < 56 ? 64 : 128;
  for (size_t at = 0; at < whole; at += 64)
    digest_block(state, (const unsigned char *)data + at);
  memcpy(tail, data + whole, left);
  tail[left] = 0x80;
  for (unsigned i = 0; i < 8; i++)
    tail[tail_size - 8 + i] = (unsigned char)((uint64_t)size * 8 >> 8 * i);
  for (size_t at = 0; at < tail_size; at += 64)
    digest_block(state, tail + at);
  for (unsigned i = 0; i < 16; i++)
    out[i] = (unsigned char)(state[i / 4] >> 8 * (i % 4));
}

char *write_name_uuid(char *out, const char *name, size_t size)
{
  unsigned char bytes[16];
  digest(name, size, bytes);
  bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x30); /* version 3 */
  bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* the IETF's variant */
  for (size_t i = 0; i < sizeof bytes; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      *out++ = '-';
    out = json_hex(out, bytes + i, 1);
  }
  return out;
}
