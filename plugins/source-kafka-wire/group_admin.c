/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups from outside: FindCoordinator, DescribeGroups, ListGroups, DeleteGroups. */
#include "group.h"
#include "operations.h"
#include "repeats.h"

#include <strings.h>

static const char no_transactions[] = "transactions are not served";

static struct named_items names_of(const struct wire_slice_array *names)
{
  return (struct named_items){names->items, names->count, sizeof *names->items, 0};
}

/* ---- FindCoordinator --------------------------------------------------------------------------
 */

enum { KEY_TYPE_GROUP = 0, KEY_TYPE_TRANSACTION = 1 };

static enum kafka_error fault_of(int8_t key_type, const char **why)
{
  *why = key_type == KEY_TYPE_TRANSACTION ? no_transactions : NULL;
  if (key_type == KEY_TYPE_GROUP)
    return KAFKA_NONE;
  return key_type == KEY_TYPE_TRANSACTION ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                                          : KAFKA_INVALID_REQUEST;
}

static void coordinators(struct exchange *exchange, const struct find_coordinator_request *request,
                         struct find_coordinator_response *answer)
{
  const char *why;
  enum kafka_error error = fault_of(request->key_type, &why);
  WIRE_ITEMS(&exchange->arena, answer->coordinators, request->coordinator_keys.count,
             find_coordinator_response_coordinator);
  for (int32_t i = 0; i < request->coordinator_keys.count; i++) {
    struct find_coordinator_response_coordinator *one = &answer->coordinators.items[i];
    bool good = error == KAFKA_NONE;
    one->key = request->coordinator_keys.items[i];
    one->node_id = good ? exchange->broker->node_id : -1;
    one->host = good ? broker_host(exchange) : wire_text("");
    one->port = good ? broker_port(exchange) : -1;
    one->error_code = (int16_t)error;
    one->error_message = wire_text(why);
  }
}

void handle_find_coordinator(struct exchange *exchange)
{
  const struct find_coordinator_request *request = exchange->request.body;
  struct find_coordinator_response *answer = WIRE_NEW(&exchange->arena, find_coordinator_response);
  const char *why;
  enum kafka_error error = fault_of(request->key_type, &why);
  if (exchange->request.version >= 4) {
    coordinators(exchange, request, answer);
  } else {
    answer->error_code = (int16_t)error;
    answer->error_message = wire_text(why);
    answer->node_id = error == KAFKA_NONE ? exchange->broker->node_id : -1;
    answer->host = error == KAFKA_NONE ? broker_host(exchange) : wire_text("");
    answer->port = error == KAFKA_NONE ? broker_port(exchange) : -1;
  }
  exchange_answer(exchange, answer);
}

/* ---- DescribeGroups
 * --------------------------------------------------------------------------------- */

typedef struct describe_groups_response_described_group described_group;

struct description { /* of a group that has no members here: the log knows if it has offsets */
  struct exchange *exchange;
  described_group *answer;
};

struct descriptions {
  struct describe_groups_response *answer;
  const int32_t *first; /* of the same name */
  size_t pending;
};

static void describe_members(struct exchange *exchange, const struct group *group,
                             described_group *answer)
{
  struct wire_arena *arena = &exchange->arena;
  int32_t i = 0;
  WIRE_ITEMS(arena, answer->members, HASH_COUNT(group->members),
             describe_groups_response_described_group_member);
  for (struct member *at = group->members; at; at = at->hh.next, i++) {
    struct describe_groups_response_described_group_member *said = &answer->members.items[i];
    said->member_id = wire_copy(arena, wire_text(at->id));
    said->group_instance_id = wire_copy(arena, wire_text(at->instance));
    said->client_id = wire_copy(arena, wire_text(at->client_id));
    said->client_host = wire_copy(arena, wire_text(at->host));
    for (size_t j = 0; group->state == GROUP_STABLE && j < at->protocol_count; j++)
      if (!strcmp(at->protocols[j].name, group->protocol))
        said->member_metadata = wire_copy(
            arena, (struct wire_slice){at->protocols[j].metadata, at->protocols[j].metadata_size});
    if (group->state == GROUP_STABLE && at->assignment)
      said->member_assignment =
          wire_copy(arena, (struct wire_slice){at->assignment, at->assignment_size});
  }
}

static void finish_descriptions(struct exchange *exchange)
{
  const struct describe_groups_request *request = exchange->request.body;
  struct descriptions *descriptions = exchange->work;
  struct describe_groups_response *answer = descriptions->answer;
  if (--descriptions->pending)
    return;
  for (int32_t i = 0; i < answer->groups.count; i++)
    answer->groups.items[i] = answer->groups.items[descriptions->first[i]];
  for (int32_t i = 0; request->include_authorized_operations && i < answer->groups.count; i++)
    if (!answer->groups.items[i].error_code)
      answer->groups.items[i].authorized_operations = GROUP_OPERATIONS;
  exchange_answer(exchange, answer);
}

static void described(void *context, enum headrace_log_error error,
                      const struct headrace_log_offset *offsets, size_t count)
{
  struct description *description = context;
  described_group *answer = description->answer;
  bool new_form = description->exchange->request.version >= 6;
  struct groups *groups = description->exchange->broker->groups;
  (void)offsets;
  if (error == HEADRACE_LOG_AWAY)
    answer->error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
  bool there =
      (error == HEADRACE_LOG_OK && count) || group_is_known(group_find(groups, answer->group_id));
  answer->group_state = wire_text(group_state_name(there ? GROUP_EMPTY : GROUP_DEAD));
  if (there && !answer->protocol_type.size)
    answer->protocol_type = wire_text("consumer");
  if (!there && !answer->error_code && new_form) {
    answer->error_code = KAFKA_GROUP_ID_NOT_FOUND;
    struct wire_arena *arena = &description->exchange->arena;
    answer->error_message =
        wire_text(wire_format(arena, "Group %s not found.", wire_string(arena, answer->group_id)));
  }
  finish_descriptions(description->exchange);
}

static void describe(struct exchange *exchange, described_group *answer)
{
  struct broker *broker = exchange->broker;
  struct descriptions *descriptions = exchange->work;
  struct group *group = group_find(broker->groups, answer->group_id);
  if (group && group->protocol_type)
    answer->protocol_type = wire_copy(&exchange->arena, wire_text(group->protocol_type));
  if (group && group->state != GROUP_EMPTY) {
    answer->group_state = wire_text(group_state_name(group->state));
    if (group->state == GROUP_STABLE)
      answer->protocol_data = wire_copy(&exchange->arena, wire_text(group->protocol));
    describe_members(exchange, group, answer);
    return;
  }
  struct description *description = wire_alloc(&exchange->arena, sizeof *description);
  *description = (struct description){exchange, answer};
  descriptions->pending++;
  broker->log->stored_offsets(broker->log->self, wire_string(&exchange->arena, answer->group_id),
                              described, description);
}

void handle_describe_groups(struct exchange *exchange)
{
  const struct describe_groups_request *request = exchange->request.body;
  struct descriptions *descriptions = wire_alloc(&exchange->arena, sizeof *descriptions);
  descriptions->answer = WIRE_NEW(&exchange->arena, describe_groups_response);
  descriptions->pending = 1;
  exchange->work = descriptions;
  WIRE_ITEMS(&exchange->arena, descriptions->answer->groups, request->groups.count,
             describe_groups_response_described_group);
  descriptions->first = first_of_equal(&exchange->arena, names_of(&request->groups));
  for (int32_t i = 0; i < request->groups.count; i++) {
    descriptions->answer->groups.items[i].group_id = request->groups.items[i];
    if (descriptions->first[i] == i)
      describe(exchange, &descriptions->answer->groups.items[i]);
  }
  finish_descriptions(exchange);
}

/* ---- ListGroups
 * -------------------------------------------------------------------------------------- */

static bool is_one_of(const struct wire_slice_array *wanted, const char *text)
{
  for (int32_t i = 0; i < wanted->count; i++)
    if (wanted->items[i].size == strlen(text) &&
        !strncasecmp(wanted->items[i].data, text, wanted->items[i].size))
      return true;
  return wanted->count <= 0;
}

struct group_list {
  struct wire_arena *arena;
  struct list_groups_response *answer;
  bool wanted[GROUP_DEAD + 1]; /* by their state */
};

static void find_wanted(const struct list_groups_request *request, struct group_list *list)
{
  bool classic = is_one_of(&request->types_filter, "classic");
  for (int state = 0; state <= GROUP_DEAD; state++)
    list->wanted[state] =
        classic && is_one_of(&request->states_filter, group_state_name((enum group_state)state));
}

static void list(struct group_list *list, const char *name, const char *protocol_type,
                 enum group_state state)
{
  struct wire_arena *arena = list->arena;
  if (!list->wanted[state])
    return;
  struct list_groups_response_listed_group *said =
      &list->answer->groups.items[list->answer->groups.count++];
  said->group_id = wire_copy(arena, wire_text(name));
  said->protocol_type = wire_copy(arena, wire_text(protocol_type ? protocol_type : ""));
  said->group_state = wire_text(group_state_name(state));
  said->group_type = wire_text("classic");
}

static void listed(void *context, enum headrace_log_error error, const char *const *names,
                   size_t count)
{
  struct exchange *exchange = context;
  struct groups *groups = exchange->broker->groups;
  struct list_groups_response *answer = WIRE_NEW(&exchange->arena, list_groups_response);
  if (error != HEADRACE_LOG_OK) {
    answer->error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
    exchange_answer(exchange, answer);
    return;
  }
  WIRE_ITEMS(&exchange->arena, answer->groups, count + HASH_COUNT(groups->all),
             list_groups_response_listed_group);
  answer->groups.count = 0;
  struct group_list all = {.arena = &exchange->arena, .answer = answer};
  find_wanted(exchange->request.body, &all);
  for (struct group *at = groups->all; at; at = at->hh.next)
    if (group_is_known(at))
      list(&all, at->name, at->protocol_type, at->state);
  for (size_t i = 0; i < count; i++) {
    struct group *group = group_find(groups, wire_text(names[i]));
    if (!group_is_known(group))
      list(&all, names[i], group ? group->protocol_type : "consumer", GROUP_EMPTY);
  }
  exchange_answer(exchange, answer);
}

void handle_list_groups(struct exchange *exchange)
{
  const struct headrace_log *log = exchange->broker->log;
  log->groups(log->self, listed, exchange);
}

/* ---- DeleteGroups
 * ---------------------------------------------------------------------------------------- */

struct deletion {
  struct exchange *exchange;
  struct delete_groups_response_deletable_group_result *answer;
};

struct deletions {
  struct delete_groups_response *answer;
  size_t pending;
};

static void finish_deletions(struct exchange *exchange)
{
  struct deletions *deletions = exchange->work;
  if (!--deletions->pending)
    exchange_answer(exchange, deletions->answer);
}

static void deleted(void *context, enum headrace_log_error error, const char *reason)
{
  struct deletion *deletion = context;
  struct group *group = group_find(deletion->exchange->broker->groups, deletion->answer->group_id);
  (void)reason;
  bool known = group_is_known(group) && group->state == GROUP_EMPTY;
  if (group && group->state == GROUP_EMPTY && error != HEADRACE_LOG_AWAY)
    group_forget(group);
  if (error == HEADRACE_LOG_AWAY)
    deletion->answer->error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
  else if (error != HEADRACE_LOG_OK && !known)
    deletion->answer->error_code = KAFKA_GROUP_ID_NOT_FOUND;
  finish_deletions(deletion->exchange);
}

static void delete_one(struct exchange *exchange, struct wire_slice name,
                       struct delete_groups_response_deletable_group_result *answer)
{
  struct broker *broker = exchange->broker;
  struct deletions *deletions = exchange->work;
  const struct group *group = group_find(broker->groups, name);
  answer->group_id = name;
  if (group && group->state != GROUP_EMPTY) {
    answer->error_code = KAFKA_NON_EMPTY_GROUP;
    return;
  }
  struct deletion *deletion = wire_alloc(&exchange->arena, sizeof *deletion);
  *deletion = (struct deletion){exchange, answer};
  deletions->pending++;
  broker->log->delete_group(broker->log->self, wire_string(&exchange->arena, name), deleted,
                            deletion);
}

void handle_delete_groups(struct exchange *exchange)
{
  const struct delete_groups_request *request = exchange->request.body;
  struct deletions *deletions = wire_alloc(&exchange->arena, sizeof *deletions);
  struct delete_groups_response *answer = WIRE_NEW(&exchange->arena, delete_groups_response);
  *deletions = (struct deletions){answer, 1};
  exchange->work = deletions;
  WIRE_ITEMS(&exchange->arena, answer->results, request->groups_names.count,
             delete_groups_response_deletable_group_result);
  const int32_t *first = first_of_equal(&exchange->arena, names_of(&request->groups_names));
  answer->results.count = 0;
  for (int32_t i = 0; i < request->groups_names.count; i++) /* each once, as in Kafka */
    if (first[i] == i)
      delete_one(exchange, request->groups_names.items[i],
                 &answer->results.items[answer->results.count++]);
  finish_deletions(exchange);
}
