/* SPDX-License-Identifier: Apache-2.0 */
#include "row_key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct sip {
  uint64_t v0, v1, v2, v3;
  uint64_t word; /* bytes that wait until there are eight */
  uint64_t size;
};

struct row_key_secret row_key_secret(void)
{
  struct row_key_secret secret;
  if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
    abort(); /* so few bytes always come whole, random(7) */
  return secret;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
  return x << bits | x >> (64 - bits);
}

static void rounds(struct sip *s, int count)
{
  while (count-- > 0) {
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
  }
}

static void begin(struct sip *s, const struct row_key_secret *secret)
{
  *s = (struct sip){.v0 = secret->k0 ^ UINT64_C(0x736f6d6570736575),
                    .v1 = secret->k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                    .v2 = secret->k0 ^ UINT64_C(0x6c7967656e657261),
                    .v3 = secret->k1 ^ UINT64_C(0x7465646279746573)};
}

static void take_word(struct sip *s, uint64_t word)
{
  s->v3 ^= word;
  rounds(s, 2);
  s->v0 ^= word;
}

static void take(struct sip *s, const void *data, size_t size)
{
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) {
    s->word |= (uint64_t)bytes[i] << (8 * (s->size & 7));
    if ((++s->size & 7) == 0) {
      take_word(s, s->word);
      s->word = 0;
    }
  }
}

static struct row_key finish(struct sip *s)
{
  struct row_key key;
  take_word(s, s->word | s->size << 56);
  s->v2 ^= 0xee;
  rounds(s, 4);
  key.a = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
  s->v1 ^= 0xdd;
  rounds(s, 4);
  key.b = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
  return key;
}

/* The size comes first: "a", "bc" is another row than "ab", "c". */
static bool take_value(struct sip *s, const struct headrace_value *value)
{
  uint32_t size = value->state == HEADRACE_NULL ? UINT32_MAX : value->size;
  if (value->state == HEADRACE_ABSENT)
    return false;
  take(s, &size, sizeof size);
  if (value->state != HEADRACE_NULL)
    take(s, value->data, value->size);
  return true;
}

bool row_key_of(const struct row_key_secret *secret, const struct headrace_relation *relation,
                const struct headrace_value *values, struct row_key *key)
{
  struct sip s;
  bool whole = true;
  uint32_t count = relation->key_count ? relation->key_count : relation->column_count;
  begin(&s, secret);
  for (uint32_t n = 0; whole && n < count; n++)
    whole = take_value(&s, &values[relation->key_count ? relation->key[n] : n]);
  *key = finish(&s);
  return whole;
}

int row_key_compare(const struct row_key *x, const struct row_key *y)
{
  if (x->a != y->a)
    return x->a < y->a ? -1 : 1;
  return x->b < y->b ? -1 : x->b > y->b;
}
