/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the source was read in each of its parts (struct headrace_part): what the checkpoint
 * topic has, and what the open transaction adds. One transactional id has one writer, who shut
 * out those before; so what was read at the start, and committed since, is what is stored. */
#ifndef HEADRACE_SINK_KAFKA_STORED_PARTS_H
#define HEADRACE_SINK_KAFKA_STORED_PARTS_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink_part {
  char *name;
  size_t topic_size; /* of "topic/3" */
  int32_t number;    /* -1: it is not named so */
  int64_t stored;    /* -1: nothing */
  int64_t next;      /* with the open transaction */
  bool changed;      /* the open transaction has to store `next` */
  bool asked;        /* the source has it */
};

struct stored_parts {
  struct sink_part **items; /* sorted by name; they stay where they are */
  size_t count, capacity;
  struct sink_part **changed; /* in the open transaction */
  size_t changed_count, changed_capacity;
  size_t sent; /* of those, are with librdkafka */
  bool in_use; /* the source has parts: its position is only a mark */
};

void stored_parts_free(struct stored_parts *parts);

struct sink_part *stored_parts_get(struct stored_parts *parts, const char *name,
                                   size_t size); /* adds it */
int32_t stored_parts_of_topic(const struct stored_parts *parts,
                              const struct sink_part *part); /* how many: not the forgotten */

/* False: the batch does not go on where the one before ended; *refused is the part. */
bool stored_parts_take(struct stored_parts *parts, const struct headrace_part *ranges, size_t count,
                       const struct headrace_part **refused);
void stored_parts_committed(struct stored_parts *parts);

#endif
