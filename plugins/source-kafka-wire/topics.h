/* SPDX-License-Identifier: Apache-2.0
 *
 * The log's topics as the broker sees them: by name and by id, with what it keeps about each
 * partition. */
#ifndef HEADRACE_KAFKA_TOPICS_H
#define HEADRACE_KAFKA_TOPICS_H

#include "tail.h"
#include "topic_config.h"
#include "wire.h"

#include <headrace/log.h>
#include <uthash.h>

struct broker;

struct partition {
  struct topic *topic;
  int32_t index;
  uint32_t in_flight; /* record batches on their way to the store */
  struct tail tail;
  struct fetch_waiter *waiters; /* parked fetches */
};

struct topic {
  UT_hash_handle by_name, by_id;
  struct broker *broker;
  struct headrace_topic_id id;
  char *name;
  struct partition **partitions;
  int32_t partition_count;
  struct topic_config config;
  uint32_t holders; /* the table is one */
  bool gone;        /* not in the catalogue any more */
  uint64_t seen;    /* version of the catalogue */
};

struct topics {
  struct topic *by_name, *by_id;
  uint64_t version;
  bool known; /* the version is one */
};

void topics_refresh(struct broker *broker); /* if the catalogue has changed */
/* Gives the catalogue back: what is known stays, and is not refreshed again. */
void topics_let_go(struct broker *broker);
void topics_free(struct broker *broker);
struct topic *topic_named(const struct broker *broker, struct wire_slice name);
struct topic *topic_with_id(const struct broker *broker, const struct wire_uuid *id);
/* By id if the name is null or empty. */
struct topic *topic_of(const struct broker *broker, struct wire_slice name,
                       const struct wire_uuid *id);
struct partition *partition_of(struct topic *topic, int32_t index); /* NULL: none */
void topic_hold(struct topic *topic);
void topic_release(struct topic *topic);
/* As the catalogue has it; NULL: it is gone. */
const struct headrace_log_topic *topic_entry(const struct broker *broker,
                                             const struct headrace_topic_id *id);
struct wire_uuid topic_uuid(const struct topic *topic);
struct headrace_log_marks partition_marks(const struct partition *partition, bool *known);
/* Where the newest epoch ends that is not above this one; epoch -1: it is above the present one. */
struct headrace_log_epoch_end partition_epoch_end(const struct partition *partition, int32_t epoch);
/* The epoch of the leader that has written this record, and (if not NULL) the offset from which on
 * records are a later one's. Of the log's end: the present one. */
int32_t partition_epoch_at(const struct partition *partition, int64_t offset, int64_t *until);
/* NULL: legal; else why not, in Kafka's words. */
const char *topic_name_fault(struct wire_arena *arena, struct wire_slice name);

#endif
