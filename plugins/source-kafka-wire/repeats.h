/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that stand more than once in a request, which may have hundreds of thousands of them:
 * found by sorting, so that no choice of names makes it slow. */
#ifndef HEADRACE_KAFKA_REPEATS_H
#define HEADRACE_KAFKA_REPEATS_H

#include "wire.h"

struct named_items { /* an array of structs, each with a name */
  const void *items;
  int32_t count;
  size_t size, name_at; /* of one; where its struct wire_slice is */
};

/* In the arena: for each the index of the first with that name. */
int32_t *first_of_equal(struct wire_arena *arena, struct named_items items);
/* In the arena: whether its name is there more than once. */
bool *are_repeated(struct wire_arena *arena, struct named_items items);
/* A name of a partition, unlike that of any other; in the arena. */
struct wire_slice partition_name(struct wire_arena *arena, struct wire_slice topic, int32_t index);
/* As memcmp() and strcmp() have it. */
int wire_compare(struct wire_slice a, struct wire_slice b);

#endif
