/* SPDX-License-Identifier: Apache-2.0
 *
 * Which offsets of a part are written: a set, 64 to a word, in order. Offsets are 0 or
 * more, and not the last 64 of all numbers. */
#ifndef HEADRACE_SINK_POSTGRES_WRITTEN_H
#define HEADRACE_SINK_POSTGRES_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct written_word {
  int64_t number; /* offset / 64 */
  uint64_t bits;
};

/* All zero: empty. */
struct written {
  struct written_word *words; /* none is empty */
  size_t count, capacity;
};

void written_add(struct written *written, int64_t offset);
bool written_has(const struct written *written, int64_t offset);
/* Adds those of `other` that are at `from` or behind it, and below `to`. */
void written_take(struct written *written, const struct written *other, int64_t from, int64_t to);
int64_t written_end(const struct written *written); /* behind the last one; 0: empty */
void written_clear(struct written *written);        /* keeps the memory */
void written_free(struct written *written);

/* As hexadecimal digits with a zero behind them, at most written_hex_size() bytes: of each word
 * the distance of its number from the one before (7 bits to a byte, the lowest first, 0x80: more
 * follows) and 8 bytes, the lowest first. */
size_t written_hex_size(const struct written *written);
void written_to_hex(const struct written *written, char *hex);
/* Replaces what is there. False: it is not such a text. */
bool written_from_hex(struct written *written, const char *hex, size_t size);

#endif
