/* SPDX-License-Identifier: Apache-2.0
 *
 * Records that were read from the store and had no room in the answer: they are kept for the next
 * fetch at that place, so that large ones are not read again for each. */
#ifndef HEADRACE_KAFKA_SPARES_H
#define HEADRACE_KAFKA_SPARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARES_MAX 64

struct blob;
struct partition;

struct spare {
  const struct partition *partition;
  int64_t offset; /* of its first record */
  int64_t asked;  /* the most bytes that were wanted; one record may be more */
  struct blob *blob;
};

struct spares { /* the oldest first */
  struct spare all[SPARES_MAX];
  size_t count, bytes, limit;
};

/* Takes the blob over. The oldest make room. */
void spares_keep(struct spares *spares, const struct spare *spare);
/* Gives away what is there, and is no more than somebody gets who wants `most` bytes. */
bool spares_take(struct spares *spares, const struct partition *partition, int64_t offset,
                 int64_t most, struct spare *spare);
void spares_forget(struct spares *spares, const struct partition *partition);

#endif
