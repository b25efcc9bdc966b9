/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define NEW_MEMBER_MS   INT64_C(300000) /* Kafka's, for who joins and is not heard of again */
#define FORGET_EMPTY_MS INT64_C(600000) /* what is in the store is found again */

static void expire_rebalance(struct timer *timer);
static void expire_session(struct timer *timer);
static void try_complete(struct group *group);

static struct timers *timers_of(const struct group *group)
{
  return &group->all->broker->timers;
}

const char *group_state_name(enum group_state state)
{
  static const char *const names[] = {[GROUP_EMPTY] = "Empty",
                                      [GROUP_PREPARING] = "PreparingRebalance",
                                      [GROUP_COMPLETING] = "CompletingRebalance",
                                      [GROUP_STABLE] = "Stable",
                                      [GROUP_DEAD] = "Dead"};
  return names[state];
}

static void replace(char **text, const char *with)
{
  free(*text);
  *text = with ? broker_text(with, strlen(with)) : NULL;
}

static char *text_of(struct wire_slice slice)
{
  return slice.data ? broker_text(slice.data, slice.size) : NULL;
}

/* ---- groups ----------------------------------------------------------------------------- */

struct groups *groups_new(struct broker *broker)
{
  struct groups *groups = broker_alloc(sizeof *groups);
  groups->broker = broker;
  return groups;
}

struct group *group_find(struct groups *groups, struct wire_slice name)
{
  struct group *group = NULL;
  if (name.data)
    HASH_FIND(hh, groups->all, name.data, name.size, group);
  return group;
}

struct group *group_get(struct groups *groups, struct wire_slice name)
{
  struct group *group = group_find(groups, name);
  if (group)
    return group;
  group = broker_alloc(sizeof *group);
  group->all = groups;
  group->name = broker_text(name.data, name.size);
  group->timer.expired = expire_rebalance;
  HASH_ADD_KEYPTR(hh, groups->all, group->name, name.size, group);
  timer_set(timers_of(group), &group->timer, broker_clock_ms() + FORGET_EMPTY_MS);
  return group;
}

static void free_protocols(struct member *member)
{
  for (size_t i = 0; i < member->protocol_count; i++) {
    free(member->protocols[i].name);
    free(member->protocols[i].metadata);
  }
  free(member->protocols);
  member->protocols = NULL;
  member->protocol_count = 0;
}

static void free_member(struct member *member)
{
  timer_clear(timers_of(member->group), &member->session);
  HASH_DEL(member->group->members, member);
  free_protocols(member);
  free(member->assignment);
  free(member->client_id);
  free(member->instance);
  free(member->id);
  free(member);
}

static void free_pending(struct pending_member *pending)
{
  timer_clear(timers_of(pending->group), &pending->timer);
  HASH_DEL(pending->group->pending, pending);
  free(pending->id);
  free(pending);
}

void group_forget(struct group *group)
{
  struct member *member, *next;
  struct pending_member *pending, *next_pending;
  HASH_ITER(hh, group->members, member, next)
  {
    free_member(member);
  }
  HASH_ITER(hh, group->pending, pending, next_pending)
  {
    free_pending(pending);
  }
  timer_clear(timers_of(group), &group->timer);
  HASH_DEL(group->all->all, group);
  free(group->protocol_type);
  free(group->protocol);
  free(group->leader);
  free(group->name);
  free(group);
}

void groups_free(struct groups *groups)
{
  struct group *group, *next;
  if (!groups)
    return;
  HASH_ITER(hh, groups->all, group, next)
  {
    group_forget(group);
  }
  free(groups);
}

/* ---- members --------------------------------------------------------------------------------- */

struct member *group_member(const struct group *group, struct wire_slice id)
{
  struct member *member = NULL;
  if (id.data)
    HASH_FIND(hh, group->members, id.data, id.size, member);
  return member;
}

struct member *group_instance(const struct group *group, struct wire_slice instance)
{
  for (struct member *at = group->members; at; at = at->hh.next)
    if (at->instance && wire_is(instance, at->instance))
      return at;
  return NULL;
}

struct member *group_identify(const struct group *group, struct wire_slice id,
                              struct wire_slice instance, enum kafka_error *error)
{
  struct member *member = group_member(group, id);
  *error = KAFKA_NONE;
  if (instance.data) {
    struct member *known = group_instance(group, instance);
    if (known && known != member)
      *error = KAFKA_FENCED_INSTANCE_ID;
    else if (!known)
      *error = KAFKA_UNKNOWN_MEMBER_ID;
  } else if (!member) {
    *error = KAFKA_UNKNOWN_MEMBER_ID;
  }
  return *error == KAFKA_NONE ? member : NULL;
}

static struct pending_member *find_pending(const struct group *group, struct wire_slice id)
{
  struct pending_member *pending = NULL;
  if (id.data)
    HASH_FIND(hh, group->pending, id.data, id.size, pending);
  return pending;
}

bool group_is_pending(const struct group *group, struct wire_slice id)
{
  return find_pending(group, id);
}

static void expire_pending(struct timer *timer)
{
  struct pending_member *pending =
      (struct pending_member *)((char *)timer - offsetof(struct pending_member, timer));
  struct group *group = pending->group;
  free_pending(pending);
  if (group->state == GROUP_PREPARING)
    try_complete(group);
}

void group_add_pending(struct group *group, struct wire_slice id, int64_t timeout_ms)
{
  struct pending_member *pending = broker_alloc(sizeof *pending);
  pending->group = group;
  pending->id = broker_text(id.data, id.size);
  pending->timer.expired = expire_pending;
  HASH_ADD_KEYPTR(hh, group->pending, pending->id, id.size, pending);
  timer_set(timers_of(group), &pending->timer, broker_clock_ms() + timeout_ms);
}

void group_drop_pending(struct group *group, struct wire_slice id)
{
  struct pending_member *pending = find_pending(group, id);
  if (!pending)
    return;
  free_pending(pending);
  if (group->state == GROUP_PREPARING)
    try_complete(group);
}

char *group_new_id(struct wire_arena *arena, struct wire_slice prefix)
{
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != sizeof random)
    abort();
  char *id = wire_alloc(arena, prefix.size + sizeof "-00000000-0000-0000-0000-000000000000");
  char *at = id;
  if (prefix.size)
    memcpy(at, prefix.data, prefix.size);
  at += prefix.size;
  for (size_t i = 0; i < sizeof random; i++)
    at += sprintf(at, "%s%02x", !i || i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", random[i]);
  return id;
}

void group_take_protocols(struct member *member, struct exchange *exchange)
{
  const struct join_group_request *request = exchange->request.body;
  free_protocols(member);
  member->protocols =
      broker_alloc((size_t)request->protocols.count * sizeof *member->protocols + 1);
  for (int32_t i = 0; i < request->protocols.count; i++) {
    const struct join_group_request_protocol *from = &request->protocols.items[i];
    member->protocols[member->protocol_count++] = (struct member_protocol){
        .name = broker_text(from->name.data, from->name.size),
        .metadata = broker_text(from->metadata.data, from->metadata.size),
        .name_size = from->name.size,
        .metadata_size = from->metadata.size,
    };
  }
  member->session_ms = request->session_timeout_ms;
  member->rebalance_ms =
      request->rebalance_timeout_ms >= 0 ? request->rebalance_timeout_ms : member->session_ms;
  free(member->client_id);
  member->client_id =
      broker_text(exchange->request.client_id.data, exchange->request.client_id.size);
  const char *peer = exchange->connection ? exchange->connection->peer : "";
  const char *port = strrchr(peer, ':');
  if (port)
    snprintf(member->host, sizeof member->host, "/%.*s", (int)(port - peer), peer);
}

bool group_same_protocols(const struct member *member, const struct join_group_request *request)
{
  if ((size_t)request->protocols.count != member->protocol_count)
    return false;
  for (size_t i = 0; i < member->protocol_count; i++) {
    const struct member_protocol *known = &member->protocols[i];
    const struct join_group_request_protocol *asked = &request->protocols.items[i];
    if (!wire_equal(asked->name, (struct wire_slice){known->name, known->name_size}) ||
        asked->metadata.size != known->metadata_size ||
        (known->metadata_size &&
         memcmp(asked->metadata.data, known->metadata, known->metadata_size) != 0))
      return false;
  }
  return true;
}

static const struct member_protocol *protocol_of(const struct member *member,
                                                 struct wire_slice name)
{
  for (size_t i = 0; i < member->protocol_count; i++)
    if (wire_equal(name,
                   (struct wire_slice){member->protocols[i].name, member->protocols[i].name_size}))
      return &member->protocols[i];
  return NULL;
}

static bool all_have(const struct group *group, struct wire_slice protocol)
{
  for (struct member *at = group->members; at; at = at->hh.next)
    if (!protocol_of(at, protocol))
      return false;
  return true;
}

bool group_supports(const struct group *group, const struct join_group_request *request)
{
  if (!request->protocol_type.size || request->protocols.count <= 0)
    return false;
  if (!group->members)
    return true;
  if (!group->protocol_type || !wire_is(request->protocol_type, group->protocol_type))
    return false;
  for (int32_t i = 0; i < request->protocols.count; i++)
    if (all_have(group, request->protocols.items[i].name))
      return true;
  return false;
}

struct member *group_add(struct group *group, struct exchange *exchange, const char *id)
{
  const struct join_group_request *request = exchange->request.body;
  struct broker *broker = group->all->broker;
  struct member *member = broker_alloc(sizeof *member);
  member->group = group;
  member->id = broker_text(id, strlen(id));
  member->instance = text_of(request->group_instance_id);
  member->session.expired = expire_session;
  group_take_protocols(member, exchange);
  if (!group->members) {
    free(group->protocol_type);
    group->protocol_type = text_of(request->protocol_type);
    broker->log->set_group_active(broker->log->self, group->name, group->protocol_type, 1);
  }
  HASH_ADD_KEYPTR(hh, group->members, member->id, strlen(member->id), member);
  if (!group->leader)
    replace(&group->leader, id);
  if (group->state == GROUP_PREPARING && group->initial)
    group->came = true;
  group_drop_pending(group, wire_text(id));
  return member;
}

void group_rename(struct member *member, const char *id)
{
  struct group *group = member->group;
  bool leads = group->leader && !strcmp(group->leader, member->id);
  HASH_DEL(group->members, member);
  replace(&member->id, id);
  HASH_ADD_KEYPTR(hh, group->members, member->id, strlen(member->id), member);
  if (leads)
    replace(&group->leader, id);
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

void group_alive(struct member *member)
{
  timer_set(timers_of(member->group), &member->session, broker_clock_ms() + member->session_ms);
}

/* Who waits for an answer of ours cannot send heartbeats. */
static void expire_session(struct timer *timer)
{
  struct member *member = (struct member *)((char *)timer - offsetof(struct member, session));
  if (member->joining || member->syncing)
    group_alive(member);
  else
    group_remove(member);
}

static void choose_leader(struct group *group)
{
  struct member *leader = NULL;
  for (struct member *at = group->members; at && !leader; at = at->hh.next)
    if (at->joining)
      leader = at;
  if (!leader)
    leader = group->members;
  replace(&group->leader, leader ? leader->id : NULL);
}

static void become_empty(struct group *group)
{
  struct broker *broker = group->all->broker;
  group->state = GROUP_EMPTY;
  group->generation++;
  replace(&group->protocol, NULL);
  replace(&group->leader, NULL);
  timer_set(timers_of(group), &group->timer, broker_clock_ms() + FORGET_EMPTY_MS);
  broker->log->set_group_active(broker->log->self, group->name,
                                group->protocol_type ? group->protocol_type : "", 0);
}

/* The member's requests are answered, and it is gone. */
static void discard(struct member *member)
{
  struct group *group = member->group;
  bool leads = group->leader && !strcmp(group->leader, member->id);
  if (member->joining)
    group_refuse_join(member->joining, KAFKA_UNKNOWN_MEMBER_ID, "");
  if (member->syncing)
    group_answer_sync(member, member->syncing, KAFKA_UNKNOWN_MEMBER_ID);
  free_member(member);
  if (leads)
    choose_leader(group);
}

void group_remove(struct member *member)
{
  struct group *group = member->group;
  discard(member);
  if (group->state == GROUP_PREPARING)
    try_complete(group);
  else if (group->state == GROUP_STABLE || group->state == GROUP_COMPLETING)
    group_rebalance(group);
}

/* ---- rebalances
 * ---------------------------------------------------------------------------------- */

static int64_t rebalance_ms(const struct group *group)
{
  int64_t most = 0;
  for (struct member *at = group->members; at; at = at->hh.next)
    if (at->rebalance_ms > most)
      most = at->rebalance_ms;
  return most;
}

static void refuse_syncs(struct group *group)
{
  for (struct member *at = group->members; at; at = at->hh.next) {
    at->synced = false;
    if (at->syncing)
      group_answer_sync(at, at->syncing, KAFKA_REBALANCE_IN_PROGRESS);
  }
}

/* The first members of an empty group are waited for, so that they begin together. */
static void put_off(struct group *group)
{
  int64_t delay = group->all->broker->initial_rebalance_ms;
  if (delay > group->initial_left_ms)
    delay = group->initial_left_ms;
  group->initial_left_ms -= delay;
  group->came = false;
  timer_set(timers_of(group), &group->timer, broker_clock_ms() + delay);
}

void group_rebalance(struct group *group)
{
  bool was_empty = group->state == GROUP_EMPTY;
  if (group->state == GROUP_COMPLETING)
    refuse_syncs(group);
  group->state = GROUP_PREPARING;
  group->initial = was_empty && group->all->broker->initial_rebalance_ms > 0;
  if (group->initial) {
    group->initial_left_ms = rebalance_ms(group);
    put_off(group);
    return;
  }
  timer_set(timers_of(group), &group->timer, broker_clock_ms() + rebalance_ms(group));
  try_complete(group);
}

void group_join(struct member *member, struct exchange *exchange)
{
  struct group *group = member->group;
  if (member->joining)
    group_refuse_join(member->joining, KAFKA_REBALANCE_IN_PROGRESS, member->id);
  member->joining = exchange;
  timer_set(timers_of(group), &member->session, broker_clock_ms() + NEW_MEMBER_MS);
  if (group->state == GROUP_PREPARING)
    try_complete(group);
  else
    group_rebalance(group);
}

static size_t votes_for(const struct group *group, const struct member_protocol *candidate)
{
  size_t votes = 0;
  struct wire_slice name = {candidate->name, candidate->name_size};
  for (struct member *at = group->members; at; at = at->hh.next)
    for (size_t i = 0; i < at->protocol_count; i++) {
      struct wire_slice liked = {at->protocols[i].name, at->protocols[i].name_size};
      if (!all_have(group, liked))
        continue;
      votes += wire_equal(liked, name);
      break; /* each has one vote: for the first that all have */
    }
  return votes;
}

static const char *preferred_protocol(const struct group *group)
{
  const struct member *first = group->members;
  const struct member_protocol *best = NULL;
  size_t most = 0;
  for (size_t i = 0; i < first->protocol_count; i++) {
    size_t votes = votes_for(group, &first->protocols[i]);
    if (votes > most) {
      most = votes;
      best = &first->protocols[i];
    }
  }
  return best ? best->name : "";
}

bool group_keeps_protocol(const struct group *group)
{
  return group->protocol && !strcmp(group->protocol, preferred_protocol(group));
}

static void discard_absent(struct group *group)
{
  struct member *member, *next;
  HASH_ITER(hh, group->members, member, next)
  {
    if (!member->joining && !member->instance)
      discard(member);
  }
}

static void begin_generation(struct group *group)
{
  group->generation = group->generation == INT32_MAX ? 1 : group->generation + 1;
  group->state = GROUP_COMPLETING;
  replace(&group->protocol, preferred_protocol(group));
  struct member *leader = group->leader ? group_member(group, wire_text(group->leader)) : NULL;
  if (!leader || !leader->joining)
    choose_leader(group);
  timer_set(timers_of(group), &group->timer, broker_clock_ms() + rebalance_ms(group));
  for (struct member *at = group->members; at; at = at->hh.next) {
    struct exchange *exchange = at->joining;
    at->joining = NULL;
    at->synced = false;
    if (!exchange)
      continue;
    group_alive(at);
    group_answer_join(at, exchange);
  }
}

static void complete_join(struct group *group)
{
  group->initial = false;
  discard_absent(group);
  if (group->members)
    begin_generation(group);
  else
    become_empty(group);
}

static void try_complete(struct group *group)
{
  if (group->initial && group->members)
    return;
  for (struct member *at = group->members; at; at = at->hh.next)
    if (!at->joining)
      return;
  if (group->pending && group->members)
    return; /* they are about to come, or their time is up */
  complete_join(group);
}

/* Who has not asked for its assignment in time is taken for gone. */
static void expire_syncs(struct group *group)
{
  struct member *member, *next;
  HASH_ITER(hh, group->members, member, next)
  {
    if (!member->synced)
      discard(member);
  }
  group_rebalance(group);
}

static void expire_rebalance(struct timer *timer)
{
  struct group *group = (struct group *)((char *)timer - offsetof(struct group, timer));
  if (group->state == GROUP_EMPTY && !group->pending)
    group_forget(group);
  else if (group->state == GROUP_EMPTY)
    timer_set(timers_of(group), timer, broker_clock_ms() + FORGET_EMPTY_MS);
  else if (group->state == GROUP_PREPARING && group->initial && group->came &&
           group->initial_left_ms > 0)
    put_off(group);
  else if (group->state == GROUP_PREPARING)
    complete_join(group);
  else if (group->state == GROUP_COMPLETING)
    expire_syncs(group);
}

/* ---- answers
 * ------------------------------------------------------------------------------------- */

void group_refuse_join(struct exchange *exchange, enum kafka_error error, const char *member_id)
{
  struct join_group_response *answer = WIRE_NEW(&exchange->arena, join_group_response);
  answer->error_code = (int16_t)error;
  answer->generation_id = -1;
  answer->member_id = wire_copy(&exchange->arena, wire_text(member_id));
  answer->protocol_name = exchange->request.version >= 7 ? (struct wire_slice){0} : wire_text("");
  exchange_answer(exchange, answer);
}

static void list_members(const struct group *group, struct exchange *exchange,
                         struct join_group_response *answer)
{
  struct wire_arena *arena = &exchange->arena;
  struct wire_slice protocol = wire_text(group->protocol);
  int32_t i = 0;
  WIRE_ITEMS(arena, answer->members, HASH_COUNT(group->members), join_group_response_member);
  for (struct member *at = group->members; at; at = at->hh.next, i++) {
    const struct member_protocol *chosen = protocol_of(at, protocol);
    answer->members.items[i].member_id = wire_copy(arena, wire_text(at->id));
    answer->members.items[i].group_instance_id = wire_copy(arena, wire_text(at->instance));
    if (chosen)
      answer->members.items[i].metadata =
          wire_copy(arena, (struct wire_slice){chosen->metadata, chosen->metadata_size});
  }
}

static void answer_join(struct member *member, struct exchange *exchange, const char *leader)
{
  const struct group *group = member->group;
  struct wire_arena *arena = &exchange->arena;
  struct join_group_response *answer = WIRE_NEW(arena, join_group_response);
  answer->generation_id = group->generation;
  answer->protocol_type = wire_copy(arena, wire_text(group->protocol_type));
  answer->protocol_name = wire_copy(arena, wire_text(group->protocol));
  answer->leader = wire_copy(arena, wire_text(leader ? leader : ""));
  answer->member_id = wire_copy(arena, wire_text(member->id));
  bool leads = leader && !strcmp(leader, member->id);
  answer->skip_assignment = leads && group->state == GROUP_STABLE;
  if (leads)
    list_members(group, exchange, answer);
  exchange_answer(exchange, answer);
}

void group_answer_join(struct member *member, struct exchange *exchange)
{
  answer_join(member, exchange, member->group->leader);
}

/* A leader has nothing to assign anew. Where it cannot be told (KIP-814) another one leads as far
 * as it knows: what it would assign now, before it knows the topics, it would mend by a rebalance.
 */
void group_answer_returned(struct member *member, struct exchange *exchange, const char *old_id)
{
  const char *leader = member->group->leader;
  bool leads = leader && !strcmp(leader, member->id);
  answer_join(member, exchange, leads && exchange->request.version < 9 ? old_id : leader);
}

void group_answer_sync(struct member *member, struct exchange *exchange, enum kafka_error error)
{
  const struct group *group = member->group;
  struct sync_group_response *answer = WIRE_NEW(&exchange->arena, sync_group_response);
  if (member->syncing == exchange)
    member->syncing = NULL;
  answer->error_code = (int16_t)error;
  if (error == KAFKA_NONE) {
    answer->protocol_type = wire_copy(&exchange->arena, wire_text(group->protocol_type));
    answer->protocol_name = wire_copy(&exchange->arena, wire_text(group->protocol));
    answer->assignment = wire_copy(
        &exchange->arena,
        (struct wire_slice){member->assignment ? member->assignment : "", member->assignment_size});
  }
  exchange_answer(exchange, answer);
}

static void assign_nothing(struct group *group)
{
  for (struct member *at = group->members; at; at = at->hh.next) {
    free(at->assignment);
    at->assignment = NULL;
    at->assignment_size = 0;
  }
}

void group_assign(struct group *group, const struct sync_group_request *request)
{
  assign_nothing(group);
  for (int32_t i = 0; i < request->assignments.count; i++) {
    const struct sync_group_request_assignment *from = &request->assignments.items[i];
    struct member *member = group_member(group, from->member_id);
    if (!member)
      continue;
    free(member->assignment);
    member->assignment = broker_text(from->assignment.data, from->assignment.size);
    member->assignment_size = from->assignment.size;
  }
  group->state = GROUP_STABLE;
  timer_clear(timers_of(group), &group->timer);
  for (struct member *at = group->members; at; at = at->hh.next)
    if (at->syncing) {
      group_alive(at);
      group_answer_sync(at, at->syncing, KAFKA_NONE);
    }
}
