/* SPDX-License-Identifier: Apache-2.0 */
#include "written.h"

#include "sink.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BYTES   8
#define NUMBER_BYTES 9 /* of 7 bits: 63 */
#define NUMBER_MAX   (INT64_MAX / 64 - 1)

/* ---- the set --------------------------------------------------------------------- */

/* Where the word is, or would be. What comes is behind what is there, as a rule. */
static size_t place_of(const struct written *written, int64_t number)
{
  size_t low = 0, high = written->count;
  if (high && written->words[high - 1].number < number)
    return high;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (written->words[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void add_bits(struct written *written, int64_t number, uint64_t bits)
{
  size_t place = place_of(written, number);
  if (!bits)
    return;
  if (place < written->count && written->words[place].number == number) {
    written->words[place].bits |= bits;
    return;
  }
  written->words =
      sink_grow(written->words, written->count, &written->capacity, sizeof *written->words);
  memmove(written->words + place + 1, written->words + place,
          (written->count - place) * sizeof *written->words);
  written->words[place] = (struct written_word){number, bits};
  written->count++;
}

void written_add(struct written *written, int64_t offset)
{
  add_bits(written, offset / 64, UINT64_C(1) << offset % 64);
}

bool written_has(const struct written *written, int64_t offset)
{
  size_t place = place_of(written, offset / 64);
  return place < written->count && written->words[place].number == offset / 64 &&
         written->words[place].bits >> offset % 64 & 1;
}

/* Of a word's bits those below the offset. */
static uint64_t below(const struct written_word *word, int64_t offset)
{
  if (offset / 64 > word->number)
    return word->bits;
  return offset / 64 < word->number ? 0 : word->bits & ((UINT64_C(1) << offset % 64) - 1);
}

void written_take(struct written *written, const struct written *other, int64_t from, int64_t to)
{
  for (size_t i = 0; i < other->count && to > 0; i++) {
    const struct written_word *word = &other->words[i];
    add_bits(written, word->number, below(word, to) & ~(from > 0 ? below(word, from) : 0));
  }
}

int64_t written_end(const struct written *written)
{
  if (!written->count)
    return 0;
  const struct written_word *last = &written->words[written->count - 1];
  return last->number * 64 + 64 - __builtin_clzll(last->bits);
}

void written_clear(struct written *written)
{
  written->count = 0;
}

void written_free(struct written *written)
{
  free(written->words);
  *written = (struct written){0};
}

/* ---- as text --------------------------------------------------------------------- */

size_t written_hex_size(const struct written *written)
{
  return 2 * (NUMBER_BYTES + WORD_BYTES) * written->count + 1;
}

static char *put_byte(char *hex, unsigned byte)
{
  static const char digits[] = "0123456789abcdef";
  *hex++ = digits[byte >> 4 & 15];
  *hex++ = digits[byte & 15];
  return hex;
}

void written_to_hex(const struct written *written, char *hex)
{
  int64_t last = 0;
  for (size_t i = 0; i < written->count; i++) {
    uint64_t distance = (uint64_t)(written->words[i].number - last);
    for (; distance > 127; distance >>= 7)
      hex = put_byte(hex, (distance & 127) | 128);
    hex = put_byte(hex, (unsigned)distance);
    for (unsigned byte = 0; byte < WORD_BYTES; byte++)
      hex = put_byte(hex, written->words[i].bits >> 8 * byte & 255);
    last = written->words[i].number;
  }
  *hex = 0;
}

struct hex_reader {
  const char *at, *end;
  bool bad;
};

static unsigned digit(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

static uint64_t take_byte(struct hex_reader *reader)
{
  if (reader->end - reader->at < 2 || (digit(reader->at[0]) | digit(reader->at[1])) > 15) {
    reader->bad = true;
    return 0;
  }
  unsigned byte = digit(reader->at[0]) << 4 | digit(reader->at[1]);
  reader->at += 2;
  return byte;
}

static int64_t take_distance(struct hex_reader *reader)
{
  uint64_t distance = 0, byte = 128;
  for (unsigned i = 0; byte & 128; i++) {
    byte = i < NUMBER_BYTES ? take_byte(reader) : 0;
    reader->bad |= i >= NUMBER_BYTES;
    distance |= (byte & 127) << (7 * i < 63 ? 7 * i : 0);
  }
  return (int64_t)distance;
}

bool written_from_hex(struct written *written, const char *hex, size_t size)
{
  struct hex_reader reader = {hex, hex + size, false};
  int64_t number = 0;
  written_clear(written);
  while (reader.at < reader.end && !reader.bad) {
    uint64_t bits = 0;
    int64_t distance = take_distance(&reader);
    reader.bad |= distance > NUMBER_MAX - number || (written->count && !distance);
    number += reader.bad ? 0 : distance;
    for (unsigned byte = 0; byte < WORD_BYTES; byte++)
      bits |= take_byte(&reader) << 8 * byte;
    reader.bad |= !bits;
    if (!reader.bad)
      add_bits(written, number, bits);
  }
  return !reader.bad;
}
