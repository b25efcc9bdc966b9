/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include <openssl/evp.h>

struct wire_slice base64_encode(struct wire_arena *arena, const void *data, size_t size)
{
  unsigned char *text = wire_alloc(arena, (size + 2) / 3 * 4 + 1);
  int written = EVP_EncodeBlock(text, data, (int)size);
  return (struct wire_slice){(const char *)text, (uint32_t)written};
}

/* Bytes of a group of four, 0: it is none. OpenSSL passes over spaces, and takes any spare bits:
 * what is right comes out the same again. */
static size_t decode_group(const char *text, bool last, unsigned char bytes[3])
{
  unsigned char again[5];
  size_t count = !last || text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;
  bool good = EVP_DecodeBlock(bytes, (const unsigned char *)text, 4) == 3 &&
              EVP_EncodeBlock(again, bytes, (int)count) == 4 && !memcmp(again, text, 4);
  return good ? count : 0;
}

bool base64_decode(struct wire_slice text, void *data, size_t most, size_t *size)
{
  unsigned char *out = data, bytes[3];
  *size = 0;
  if (text.size % 4)
    return false;
  for (uint32_t i = 0; i < text.size; i += 4) {
    size_t count = decode_group(text.data + i, i + 4 == text.size, bytes);
    if (!count || count > most - *size)
      return false;
    memcpy(out + *size, bytes, count);
    *size += count;
  }
  return true;
}
