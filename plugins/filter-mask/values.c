/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include <string.h>

/* HMAC-SHA-256 with the salt as the key (RFC 2104), so that nobody without it can try values. */
static struct headrace_value hashed(const struct mask *mask, const struct headrace_value *value,
                                    struct headrace_batch *out)
{
  static const char digits[] = "0123456789abcdef";
  unsigned char sum[EVP_MAX_MD_SIZE];
  size_t size = 0;
  /* The context has its key; without one given init() begins anew with it. Neither fails then. */
  if (!EVP_MAC_init(mask->hash, NULL, 0, NULL) ||
      !EVP_MAC_update(mask->hash, (const unsigned char *)value->data, value->size) ||
      !EVP_MAC_final(mask->hash, sum, &size, sizeof sum) || size * 2 < mask->hash_length)
    abort();
  char *text = mask->host->alloc(mask->host, out, HASH_DIGITS);
  for (size_t i = 0; i < mask->hash_length; i++)
    text[i] = digits[i % 2 ? sum[i / 2] & 15 : sum[i / 2] >> 4];
  return (struct headrace_value){text, (uint32_t)mask->hash_length, HEADRACE_TEXT};
}

/* Bytes of the first `length` characters of a UTF-8 text. */
static uint32_t prefix_size(const struct headrace_value *value, uint32_t length)
{
  uint32_t at = 0;
  for (; length && at < value->size; length--)
    do
      at++;
    while (at < value->size && ((unsigned char)value->data[at] & 0xc0) == 0x80);
  return at;
}

/* A beginning of the value itself: nothing is copied. */
static struct headrace_value truncated(const struct step *step, const struct headrace_value *value)
{
  uint64_t size = step->length;
  if (step->is_bytes && value->state == HEADRACE_TEXT)
    size = 2 + 2 * size; /* \x and two digits a byte */
  else if (value->state != HEADRACE_BINARY)
    size = prefix_size(value, step->length);
  struct headrace_value cut = *value;
  cut.size = size < value->size ? (uint32_t)size : value->size;
  if (cut.state == HEADRACE_LITERAL)
    cut.state = HEADRACE_TEXT; /* a part of a number is none */
  return cut;
}

struct headrace_value masked(const struct mask *mask, const struct step *step,
                             const struct headrace_value *value, struct headrace_batch *out)
{
  if (value->state == HEADRACE_NULL || value->state == HEADRACE_ABSENT)
    return *value;
  switch (step->method) {
  case METHOD_HASH:
    return hashed(mask, value, out);
  case METHOD_TRUNCATE:
    return truncated(step, value);
  case METHOD_CONSTANT: {
    size_t size = strlen(step->constant);
    char *text = mask->host->alloc(mask->host, out, size);
    memcpy(text, step->constant, size);
    return (struct headrace_value){text, (uint32_t)size, HEADRACE_TEXT};
  }
  default:
    return (struct headrace_value){.state = HEADRACE_NULL};
  }
}
