/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of the classic protocol, as Kafka's coordinator has them. Members live in memory: after
 * a restart they join again. What a protocol or an assignment says is the members' own. */
#ifndef HEADRACE_KAFKA_GROUP_H
#define HEADRACE_KAFKA_GROUP_H

#include "broker.h"

enum group_state { GROUP_EMPTY, GROUP_PREPARING, GROUP_COMPLETING, GROUP_STABLE, GROUP_DEAD };
const char *group_state_name(enum group_state state);

struct member_protocol {
  char *name, *metadata;
  uint32_t name_size, metadata_size;
};

struct member {
  UT_hash_handle hh; /* by id, in the order in which they came */
  struct group *group;
  char *id, *instance, *client_id; /* instance: NULL of a dynamic member */
  char host[64];
  int64_t session_ms, rebalance_ms;
  struct member_protocol *protocols;
  size_t protocol_count;
  char *assignment;
  uint32_t assignment_size;
  struct timer session;
  struct exchange *joining, *syncing; /* what waits for an answer; NULL: nothing */
  bool synced;                        /* has asked for its assignment of this generation */
};

struct pending_member { /* was told its id, and has not come back yet */
  UT_hash_handle hh;
  struct group *group;
  char *id;
  struct timer timer;
};

struct group {
  UT_hash_handle hh;
  struct groups *all;
  char *name;
  enum group_state state;
  int32_t generation;
  char *protocol_type, *protocol; /* NULL: none */
  char *leader;                   /* a member's id; NULL: none */
  struct member *members;
  struct pending_member *pending;
  struct timer timer;      /* of the state: the rebalance's end, or to be forgotten */
  int64_t initial_left_ms; /* by which the first rebalance may still be put off */
  bool initial, came;      /* the first rebalance; somebody came while it was put off */
};

struct groups {
  struct broker *broker;
  struct group *all;
};

struct group *group_find(struct groups *groups, struct wire_slice name);
struct group *group_get(struct groups *groups, struct wire_slice name); /* makes it */
void group_forget(struct group *group);
/* It has or had members; one without offsets is forgotten some time after the last has left. */
static inline bool group_is_known(const struct group *group)
{
  return group && (group->generation || group->state != GROUP_EMPTY);
}

struct member *group_member(const struct group *group, struct wire_slice id);
struct member *group_instance(const struct group *group, struct wire_slice instance);
/* Who calls: NULL and the error to answer, if it is not one. */
struct member *group_identify(const struct group *group, struct wire_slice id,
                              struct wire_slice instance, enum kafka_error *error);
bool group_is_pending(const struct group *group, struct wire_slice id);
void group_add_pending(struct group *group, struct wire_slice id, int64_t timeout_ms);
void group_drop_pending(struct group *group, struct wire_slice id);

/* From a JoinGroup request. */
struct member *group_add(struct group *group, struct exchange *exchange, const char *id);
void group_take_protocols(struct member *member, struct exchange *exchange);
bool group_same_protocols(const struct member *member, const struct join_group_request *request);
bool group_supports(const struct group *group, const struct join_group_request *request);
/* The members would choose the same protocol again. */
bool group_keeps_protocol(const struct group *group);
void group_rename(struct member *member, const char *id);
void group_remove(struct member *member); /* and what follows from it */

/* The member waits for the rebalance, which is begun if none is under way. */
void group_join(struct member *member, struct exchange *exchange);
void group_rebalance(struct group *group);
void group_alive(struct member *member); /* has been heard of */
/* What a member of the current generation is told. */
void group_answer_join(struct member *member, struct exchange *exchange);
/* Likewise, but it was started again, and nothing has changed but its id. */
void group_answer_returned(struct member *member, struct exchange *exchange, const char *old_id);
void group_refuse_join(struct exchange *exchange, enum kafka_error error, const char *member_id);
void group_answer_sync(struct member *member, struct exchange *exchange, enum kafka_error error);
/* The leader's assignments have come. */
void group_assign(struct group *group, const struct sync_group_request *request);

/* Some member of the consumer group reads the topic, as far as can be told. */
bool group_subscribes(const struct group *group, struct wire_slice topic);
/* A member's metadata: the topics it names are taken off `left` one by one. False: malformed. */
bool group_subscription_begin(struct wire_slice metadata, struct wire_slice *left, int32_t *count);
bool group_subscription_next(struct wire_slice *left, struct wire_slice *topic);

char *group_new_id(struct wire_arena *arena, struct wire_slice prefix);

#endif
