/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of members: join, sync, heartbeat, leave. */
#include "group.h"

#define PROTOCOLS_MAX 1000 /* of a member, each of which is compared with each */

/* ---- JoinGroup ---------------------------------------------------------------------------- */

static bool timeout_is_legal(const struct broker *broker, int64_t timeout_ms)
{
  return timeout_ms >= broker->limits.session_least_ms &&
         timeout_ms <= broker->limits.session_most_ms;
}

/* A static member that was started again takes its own place, with a new id. Its metadata may
 * differ, as Kafka has it: clients write into them what they owned. */
static void replace_static(struct member *member, struct exchange *exchange, const char *id)
{
  struct group *group = member->group;
  if (member->joining) {
    struct exchange *before = member->joining;
    member->joining = NULL;
    group_refuse_join(before, KAFKA_FENCED_INSTANCE_ID, member->id);
  }
  if (member->syncing)
    group_answer_sync(member, member->syncing, KAFKA_FENCED_INSTANCE_ID);
  const char *old_id = wire_format(&exchange->arena, "%s", member->id);
  group_rename(member, id);
  group_take_protocols(member, exchange);
  if (group->state != GROUP_STABLE || !group_keeps_protocol(group)) {
    group_join(member, exchange);
    return;
  }
  group_alive(member);
  group_answer_returned(member, exchange, old_id);
}

static void join_as_new(struct group *group, struct exchange *exchange)
{
  const struct join_group_request *request = exchange->request.body;
  struct wire_arena *arena = &exchange->arena;
  bool is_static = request->group_instance_id.data;
  char *id =
      group_new_id(arena, is_static ? request->group_instance_id : exchange->request.client_id);
  struct member *known = is_static ? group_instance(group, request->group_instance_id) : NULL;
  if (known) {
    replace_static(known, exchange, id);
  } else if (!is_static && exchange->request.version >= 4) {
    /* Who never comes back with its id has not joined (KIP-394). */
    group_add_pending(group, wire_text(id), request->session_timeout_ms);
    group_refuse_join(exchange, KAFKA_MEMBER_ID_REQUIRED, id);
  } else {
    group_join(group_add(group, exchange, id), exchange);
  }
}

static void join_again(struct member *member, struct exchange *exchange)
{
  struct group *group = member->group;
  const struct join_group_request *request = exchange->request.body;
  bool same = group_same_protocols(member, request);
  bool leads = group->leader && !strcmp(group->leader, member->id);
  if ((group->state == GROUP_COMPLETING && same) ||
      (group->state == GROUP_STABLE && same && !leads)) {
    group_alive(member);
    group_answer_join(member, exchange); /* the answer before was lost */
    return;
  }
  group_take_protocols(member, exchange);
  group_join(member, exchange);
}

static void join_with_id(struct group *group, struct exchange *exchange)
{
  const struct join_group_request *request = exchange->request.body;
  enum kafka_error error;
  if (group_is_pending(group, request->member_id) && !request->group_instance_id.data) {
    const char *id = wire_string(&exchange->arena, request->member_id);
    group_join(group_add(group, exchange, id), exchange);
    return;
  }
  struct member *member =
      group_identify(group, request->member_id, request->group_instance_id, &error);
  if (member)
    join_again(member, exchange);
  else
    group_refuse_join(exchange, error, wire_string(&exchange->arena, request->member_id));
}

void handle_join_group(struct exchange *exchange)
{
  const struct join_group_request *request = exchange->request.body;
  struct broker *broker = exchange->broker;
  const char *id = wire_string(&exchange->arena, request->member_id);
  struct group *group = group_find(broker->groups, request->group_id);
  enum kafka_error error = KAFKA_NONE;
  if (!request->group_id.size)
    error = KAFKA_INVALID_GROUP_ID;
  else if (!timeout_is_legal(broker, request->session_timeout_ms))
    error = KAFKA_INVALID_SESSION_TIMEOUT;
  else if (request->protocols.count > PROTOCOLS_MAX)
    error = KAFKA_INVALID_REQUEST;
  else if (!group && request->member_id.size)
    error = KAFKA_UNKNOWN_MEMBER_ID;
  if (error == KAFKA_NONE && !group)
    group = group_get(broker->groups, request->group_id);
  if (error == KAFKA_NONE && !group_supports(group, request))
    error = KAFKA_INCONSISTENT_GROUP_PROTOCOL;
  if (error != KAFKA_NONE)
    group_refuse_join(exchange, error, id);
  else if (request->member_id.size)
    join_with_id(group, exchange);
  else
    join_as_new(group, exchange);
}

/* ---- SyncGroup --------------------------------------------------------------------------------
 */

static void refuse_sync(struct exchange *exchange, enum kafka_error error)
{
  struct sync_group_response *answer = WIRE_NEW(&exchange->arena, sync_group_response);
  answer->error_code = (int16_t)error;
  exchange_answer(exchange, answer);
}

static enum kafka_error fault_of_sync(const struct group *group,
                                      const struct sync_group_request *request)
{
  if (request->generation_id != group->generation)
    return KAFKA_ILLEGAL_GENERATION;
  if (request->protocol_type.data && !wire_is(request->protocol_type, group->protocol_type))
    return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
  if (request->protocol_name.data && group->protocol &&
      !wire_is(request->protocol_name, group->protocol))
    return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
  return group->state == GROUP_PREPARING ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_NONE;
}

void handle_sync_group(struct exchange *exchange)
{
  const struct sync_group_request *request = exchange->request.body;
  struct group *group = group_find(exchange->broker->groups, request->group_id);
  enum kafka_error error = KAFKA_UNKNOWN_MEMBER_ID;
  struct member *member =
      group ? group_identify(group, request->member_id, request->group_instance_id, &error) : NULL;
  if (member)
    error = fault_of_sync(group, request);
  if (error != KAFKA_NONE) {
    refuse_sync(exchange, request->group_id.size ? error : KAFKA_INVALID_GROUP_ID);
    return;
  }
  member->synced = true;
  group_alive(member);
  if (group->state == GROUP_STABLE) {
    group_answer_sync(member, exchange, KAFKA_NONE);
    return;
  }
  if (member->syncing)
    group_answer_sync(member, member->syncing, KAFKA_REBALANCE_IN_PROGRESS);
  member->syncing = exchange;
  if (group->leader && !strcmp(group->leader, member->id))
    group_assign(group, request);
}

/* ---- Heartbeat, LeaveGroup
 * ------------------------------------------------------------------------ */

static enum kafka_error beat(struct groups *groups, const struct heartbeat_request *request)
{
  struct group *group = group_find(groups, request->group_id);
  enum kafka_error error = KAFKA_UNKNOWN_MEMBER_ID;
  struct member *member =
      group ? group_identify(group, request->member_id, request->group_instance_id, &error) : NULL;
  if (!request->group_id.size)
    return KAFKA_INVALID_GROUP_ID;
  if (!member)
    return error;
  if (request->generation_id != group->generation)
    return KAFKA_ILLEGAL_GENERATION;
  group_alive(member);
  return group->state == GROUP_PREPARING ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_NONE;
}

void handle_heartbeat(struct exchange *exchange)
{
  struct heartbeat_response *answer = WIRE_NEW(&exchange->arena, heartbeat_response);
  answer->error_code = (int16_t)beat(exchange->broker->groups, exchange->request.body);
  exchange_answer(exchange, answer);
}

static enum kafka_error leave(struct group *group, struct wire_slice id, struct wire_slice instance)
{
  enum kafka_error error;
  if (!group)
    return KAFKA_UNKNOWN_MEMBER_ID;
  if (!instance.data && group_is_pending(group, id)) {
    group_drop_pending(group, id);
    return KAFKA_NONE;
  }
  /* An operator may remove a static member without knowing its id. */
  struct member *member = instance.data && !id.size ? group_instance(group, instance)
                                                    : group_identify(group, id, instance, &error);
  if (!member)
    return instance.data && id.size ? error : KAFKA_UNKNOWN_MEMBER_ID;
  group_remove(member);
  return KAFKA_NONE;
}

void handle_leave_group(struct exchange *exchange)
{
  const struct leave_group_request *request = exchange->request.body;
  struct leave_group_response *answer = WIRE_NEW(&exchange->arena, leave_group_response);
  struct group *group = group_find(exchange->broker->groups, request->group_id);
  if (!request->group_id.size) {
    answer->error_code = KAFKA_INVALID_GROUP_ID;
  } else if (exchange->request.version < 3) {
    answer->error_code = (int16_t)leave(group, request->member_id, (struct wire_slice){0});
  } else {
    WIRE_ITEMS(&exchange->arena, answer->members, request->members.count,
               leave_group_response_member_response);
    for (int32_t i = 0; i < request->members.count; i++) {
      const struct leave_group_request_member_identity *who = &request->members.items[i];
      struct leave_group_response_member_response *said = &answer->members.items[i];
      said->member_id = who->member_id;
      said->group_instance_id = who->group_instance_id;
      said->error_code = (int16_t)leave(group, who->member_id, who->group_instance_id);
    }
  }
  exchange_answer(exchange, answer);
}

/* KIP-848. Served only to be refused as by a Kafka that does not have it on: librdkafka, which is
 * not told of an error when the key is missing, would wait in silence. */
void handle_consumer_group_heartbeat(struct exchange *exchange)
{
  struct consumer_group_heartbeat_response *answer =
      WIRE_NEW(&exchange->arena, consumer_group_heartbeat_response);
  answer->error_code = KAFKA_UNSUPPORTED_VERSION;
  answer->error_message = wire_text("group.protocol=consumer is not served; use classic.");
  exchange_answer(exchange, answer);
}
