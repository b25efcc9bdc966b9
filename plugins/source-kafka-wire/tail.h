/* SPDX-License-Identifier: Apache-2.0
 *
 * The last record batches of a partition, as they were produced, so that readers that keep up
 * are served without the store. */
#ifndef HEADRACE_KAFKA_TAIL_H
#define HEADRACE_KAFKA_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a record batch, shared by the tail and the answers that hold it. */
struct blob {
  uint32_t holders;
  uint32_t size;
  char data[];
};

struct blob *blob_new(const char *data, size_t size); /* held once */
struct blob *blob_hold(struct blob *blob);
void blob_release(struct blob *blob); /* NULL is nothing */

struct tail_entry {
  int64_t base, next; /* offsets */
  struct blob *blob;
};

struct tail_budget { /* of all partitions together */
  size_t bytes, limit;
  struct tail *oldest, *newest; /* tails with entries, the one that has waited longest first */
};

/* Entries are without a gap between them. */
struct tail {
  struct tail_entry *entries; /* a ring */
  uint32_t first, count, capacity;
  size_t bytes;
  struct tail *older, *newer; /* in the budget */
  bool listed;
};

/* Takes over the blob. What does not follow what is there begins the tail anew, what is there
 * already is dropped. */
void tail_add(struct tail *tail, struct tail_budget *budget, const struct tail_entry *entry);
void tail_clear(struct tail *tail, struct tail_budget *budget);
void tail_free(struct tail *tail, struct tail_budget *budget);

static inline const struct tail_entry *tail_at(const struct tail *tail, uint32_t index)
{
  return &tail->entries[(tail->first + index) % tail->capacity];
}

/* The index of the entry that has the offset; count if none has. */
uint32_t tail_find(const struct tail *tail, int64_t offset);

#endif
