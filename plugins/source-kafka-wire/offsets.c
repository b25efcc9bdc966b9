/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups' offsets: OffsetCommit, OffsetFetch, OffsetDelete. They are kept in the log. */
#include "group.h"
#include "repeats.h"

#include <stdlib.h>

#define METADATA_MAX 4096 /* Kafka's offset.metadata.max.bytes */

/* The log's errors as clients of groups are to see them. */
static enum kafka_error offset_error_of(enum headrace_log_error error)
{
  if (error == HEADRACE_LOG_AWAY)
    return KAFKA_COORDINATOR_NOT_AVAILABLE;
  return error == HEADRACE_LOG_UNKNOWN_TOPIC ? KAFKA_GROUP_ID_NOT_FOUND : kafka_error_of(error);
}

/* ---- metadata ----------------------------------------------------------------------------------
 *
 * What a client keeps beside an offset may hold any character, also the zero byte that no text of
 * a log may: that one is kept as ESC 0, and ESC itself as ESC ESC. */

#define ESC '\x1b'

static const char *metadata_to_text(struct wire_arena *arena, struct wire_slice metadata)
{
  char *text = wire_alloc(arena, 2 * (size_t)metadata.size + 1), *end = text;
  for (uint32_t i = 0; i < metadata.size; i++) {
    char next = metadata.data[i];
    if (!next || next == ESC)
      *end++ = ESC;
    *end++ = next ? next : '0';
  }
  return text;
}

static struct wire_slice metadata_of_text(struct wire_arena *arena, const char *text)
{
  char *metadata = wire_string(arena, wire_text(text)), *end = metadata;
  for (; *text; text++)
    if (*text == ESC && text[1])
      *end++ = *++text == '0' ? '\0' : *text;
    else
      *end++ = *text;
  return (struct wire_slice){metadata, (uint32_t)(end - metadata)};
}

/* ---- OffsetCommit ---------------------------------------------------------------------------- */

struct commit {
  struct offset_commit_response *answer;
  struct headrace_log_offset *offsets; /* that were passed on */
  int16_t **stored;                    /* and their codes */
  size_t count;
};

static enum kafka_error may_commit(const struct groups *groups,
                                   const struct offset_commit_request *request)
{
  struct group *group = group_find((struct groups *)groups, request->group_id);
  int32_t generation = request->generation_id_or_member_epoch;
  enum kafka_error error = KAFKA_NONE;
  if (!request->group_id.size)
    return KAFKA_INVALID_GROUP_ID;
  if (!group || group->state == GROUP_EMPTY)
    return generation < 0 ? KAFKA_NONE : group ? KAFKA_UNKNOWN_MEMBER_ID : KAFKA_ILLEGAL_GENERATION;
  struct member *member =
      group_identify(group, request->member_id, request->group_instance_id, &error);
  if (!member)
    return error;
  if (generation != group->generation)
    return KAFKA_ILLEGAL_GENERATION;
  if (group->state == GROUP_COMPLETING)
    return KAFKA_REBALANCE_IN_PROGRESS;
  group_alive(member);
  return KAFKA_NONE;
}

/* A topic may have been deleted meanwhile: the others are stored. */
static bool is_there(const struct broker *broker, const struct headrace_log_offset *offset)
{
  struct wire_uuid id;
  memcpy(id.bytes, offset->id.bytes, sizeof id.bytes);
  return partition_of(topic_with_id(broker, &id), offset->partition);
}

static void committed(void *context, enum headrace_log_error error, const char *reason)
{
  struct exchange *exchange = context;
  struct commit *commit = exchange->work;
  (void)reason;
  /* A commit makes its group: what is not known is a topic. */
  enum kafka_error code =
      error == HEADRACE_LOG_UNKNOWN_TOPIC ? kafka_error_of(error) : offset_error_of(error);
  topics_refresh(exchange->broker);
  for (size_t i = 0; i < commit->count; i++)
    *commit->stored[i] =
        (int16_t)(code != KAFKA_NONE || is_there(exchange->broker, &commit->offsets[i])
                      ? code
                      : KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
  exchange_answer(exchange, commit->answer);
}

static enum kafka_error take_offset(struct exchange *exchange, struct topic *topic,
                                    const struct offset_commit_request_partition *from,
                                    struct headrace_log_offset *to)
{
  if (!partition_of(topic, from->partition_index))
    return topic || exchange->request.version < 10 ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                                                   : KAFKA_UNKNOWN_TOPIC_ID;
  if (from->committed_metadata.size > METADATA_MAX)
    return KAFKA_OFFSET_METADATA_TOO_LARGE;
  *to = (struct headrace_log_offset){
      .topic = topic->name,
      .id = topic->id,
      .partition = from->partition_index,
      .offset = from->committed_offset,
      .leader_epoch = from->committed_leader_epoch,
      .metadata = metadata_to_text(&exchange->arena, from->committed_metadata),
      .committed_at_ms = exchange->broker->now_ms,
  };
  return KAFKA_NONE;
}

static size_t count_asked(const struct offset_commit_request *request)
{
  size_t count = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  return count;
}

/* Fills the answer, and finds what is to be stored. */
static void take_offsets(struct exchange *exchange, enum kafka_error refused)
{
  const struct offset_commit_request *request = exchange->request.body;
  struct commit *commit = exchange->work;
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct offset_commit_request_topic *asked = &request->topics.items[i];
    struct offset_commit_response_topic *said = &commit->answer->topics.items[i];
    struct topic *topic = exchange->request.version >= 10
                              ? topic_with_id(exchange->broker, &asked->topic_id)
                              : topic_named(exchange->broker, asked->name);
    said->name = asked->name;
    said->topic_id = asked->topic_id;
    WIRE_ITEMS(&exchange->arena, said->partitions, asked->partitions.count,
               offset_commit_response_partition);
    for (int32_t j = 0; j < asked->partitions.count; j++) {
      struct offset_commit_response_partition *partition = &said->partitions.items[j];
      enum kafka_error error = refused;
      if (error == KAFKA_NONE)
        error = take_offset(exchange, topic, &asked->partitions.items[j],
                            &commit->offsets[commit->count]);
      partition->partition_index = asked->partitions.items[j].partition_index;
      partition->error_code = (int16_t)error;
      if (error == KAFKA_NONE)
        commit->stored[commit->count++] = &partition->error_code;
    }
  }
}

/* Each partition once, as the last one has it: the store would be asked to write over it for each,
 * which takes the square of their number. */
static struct headrace_log_offset *last_of_each(struct exchange *exchange, size_t *count)
{
  const struct commit *commit = exchange->work;
  struct wire_arena *arena = &exchange->arena;
  struct wire_slice *names = wire_alloc(arena, commit->count * sizeof *names);
  struct headrace_log_offset *last = wire_alloc(arena, commit->count * sizeof *last);
  size_t *places = wire_alloc(arena, commit->count * sizeof *places);
  for (size_t i = 0; i < commit->count; i++) {
    const struct headrace_topic_id *id = &commit->offsets[i].id;
    names[i] = partition_name(arena, (struct wire_slice){(const char *)id->bytes, sizeof id->bytes},
                              commit->offsets[i].partition);
  }
  const int32_t *first =
      first_of_equal(arena, (struct named_items){names, (int32_t)commit->count, sizeof *names, 0});
  *count = 0;
  for (size_t i = 0; i < commit->count; i++) {
    places[i] = first[i] == (int32_t)i ? (*count)++ : places[first[i]];
    last[places[i]] = commit->offsets[i];
  }
  return last;
}

void handle_offset_commit(struct exchange *exchange)
{
  const struct offset_commit_request *request = exchange->request.body;
  struct broker *broker = exchange->broker;
  struct commit *commit = wire_alloc(&exchange->arena, sizeof *commit);
  size_t count = count_asked(request);
  exchange->work = commit;
  commit->offsets = wire_alloc(&exchange->arena, count * sizeof *commit->offsets);
  commit->answer = WIRE_NEW(&exchange->arena, offset_commit_response);
  commit->stored = wire_alloc(&exchange->arena, count * sizeof *commit->stored);
  WIRE_ITEMS(&exchange->arena, commit->answer->topics, request->topics.count,
             offset_commit_response_topic);
  take_offsets(exchange, may_commit(broker->groups, request));
  if (!commit->count) {
    exchange_answer(exchange, commit->answer);
    return;
  }
  group_get(broker->groups, request->group_id);
  const struct headrace_log_offset *last = last_of_each(exchange, &count);
  broker->log->store_offsets(broker->log->self, wire_string(&exchange->arena, request->group_id),
                             last, count, committed, exchange);
}

/* ---- OffsetFetch -------------------------------------------------------------------------------
 */

typedef struct offset_fetch_response_partitions offset_answer;

struct lookup { /* one group's */
  struct exchange *exchange;
  const struct offset_fetch_request_group *asked;
  struct offset_fetch_response_group *answer;
  struct lookup *same; /* another one of this group */
};

struct lookups {
  struct lookup *all;
  size_t count, pending;
};

/* What the log has of a group, in order. Metadata is copied once, however often it is asked for. */
struct stored {
  struct headrace_log_offset *offsets;
  struct wire_slice *metadata; /* null: not yet */
  size_t count;
};

static void fill(struct exchange *exchange, offset_answer *answer, const struct stored *stored,
                 size_t index)
{
  const struct headrace_log_offset *found = &stored->offsets[index];
  if (!stored->metadata[index].data)
    stored->metadata[index] = metadata_of_text(&exchange->arena, found->metadata);
  answer->committed_offset = found->offset;
  answer->committed_leader_epoch = found->leader_epoch;
  answer->metadata = stored->metadata[index];
}

/* By topic and partition. */
static int by_place(const void *a, const void *b)
{
  const struct headrace_log_offset *one = a, *other = b;
  int order = strcmp(one->topic, other->topic);
  return order ? order : (one->partition > other->partition) - (one->partition < other->partition);
}

static void look_up(struct lookup *lookup, struct topic *topic, offset_answer *answer,
                    const struct stored *stored)
{
  answer->committed_offset = -1;
  answer->committed_leader_epoch = -1;
  answer->metadata = wire_text("");
  if (!topic || !stored->count)
    return;
  const struct headrace_log_offset wanted = {.topic = topic->name,
                                             .partition = answer->partition_index};
  const struct headrace_log_offset *found =
      bsearch(&wanted, stored->offsets, stored->count, sizeof wanted, by_place);
  if (found)
    fill(lookup->exchange, answer, stored, (size_t)(found - stored->offsets));
}

static void answer_asked(struct lookup *lookup, const struct stored *stored)
{
  struct exchange *exchange = lookup->exchange;
  bool by_id = exchange->request.version >= 10;
  WIRE_ITEMS(&exchange->arena, lookup->answer->topics, lookup->asked->topics.count,
             offset_fetch_response_topics);
  for (int32_t i = 0; i < lookup->asked->topics.count; i++) {
    const struct offset_fetch_request_topics *asked = &lookup->asked->topics.items[i];
    struct offset_fetch_response_topics *said = &lookup->answer->topics.items[i];
    struct topic *topic = by_id ? topic_with_id(exchange->broker, &asked->topic_id)
                                : topic_named(exchange->broker, asked->name);
    said->name = asked->name;
    said->topic_id = asked->topic_id;
    WIRE_ITEMS(&exchange->arena, said->partitions, asked->partition_indexes.count,
               offset_fetch_response_partitions);
    for (int32_t j = 0; j < asked->partition_indexes.count; j++) {
      said->partitions.items[j].partition_index = asked->partition_indexes.items[j];
      look_up(lookup, topic, &said->partitions.items[j], stored);
      if (by_id && !topic)
        said->partitions.items[j].error_code = KAFKA_UNKNOWN_TOPIC_ID;
    }
  }
}

/* With room for the partitions of that topic, of which the first is given. */
static struct offset_fetch_response_topics *
add_topic(struct lookup *lookup, const struct headrace_log_offset *offsets, size_t count)
{
  struct wire_arena *arena = &lookup->exchange->arena;
  struct offset_fetch_response_topics *said =
      &lookup->answer->topics.items[lookup->answer->topics.count++];
  size_t partitions = 1;
  while (partitions < count && !strcmp(offsets[partitions].topic, offsets[0].topic))
    partitions++;
  said->name = wire_copy(arena, wire_text(offsets[0].topic));
  memcpy(said->topic_id.bytes, offsets[0].id.bytes, sizeof said->topic_id.bytes);
  WIRE_ITEMS(arena, said->partitions, partitions, offset_fetch_response_partitions);
  return said;
}

/* All that the group has. */
static void answer_all(struct lookup *lookup, const struct stored *stored)
{
  WIRE_ITEMS(&lookup->exchange->arena, lookup->answer->topics, stored->count,
             offset_fetch_response_topics);
  lookup->answer->topics.count = 0;
  for (size_t i = 0; i < stored->count;) {
    const struct offset_fetch_response_topics *said =
        add_topic(lookup, &stored->offsets[i], stored->count - i);
    for (int32_t j = 0; j < said->partitions.count; j++, i++) {
      said->partitions.items[j].partition_index = stored->offsets[i].partition;
      fill(lookup->exchange, &said->partitions.items[j], stored, i);
    }
  }
}

/* Before version 8 a request is about one group, and has its own structs. */
static void answer_old(struct exchange *exchange, const struct offset_fetch_response_group *group,
                       struct offset_fetch_response *answer)
{
  answer->error_code = group->error_code;
  WIRE_ITEMS(&exchange->arena, answer->topics, group->topics.count, offset_fetch_response_topic);
  for (int32_t i = 0; i < group->topics.count; i++) {
    const struct offset_fetch_response_topics *from = &group->topics.items[i];
    struct offset_fetch_response_topic *to = &answer->topics.items[i];
    to->name = from->name;
    WIRE_ITEMS(&exchange->arena, to->partitions, from->partitions.count,
               offset_fetch_response_partition);
    for (int32_t j = 0; j < from->partitions.count; j++) {
      const offset_answer *one = &from->partitions.items[j];
      to->partitions.items[j] = (struct offset_fetch_response_partition){
          .partition_index = one->partition_index,
          .committed_offset = one->committed_offset,
          .committed_leader_epoch = one->committed_leader_epoch,
          .metadata = one->metadata,
          /* Version 1 has no place for the group's error but here. */
          .error_code = one->error_code ? one->error_code : group->error_code,
      };
    }
  }
}

static void finish(struct exchange *exchange)
{
  struct lookups *lookups = exchange->work;
  struct offset_fetch_response *answer = WIRE_NEW(&exchange->arena, offset_fetch_response);
  if (exchange->request.version < 8) {
    answer_old(exchange, lookups->all[0].answer, answer);
  } else {
    WIRE_ITEMS(&exchange->arena, answer->groups, lookups->count, offset_fetch_response_group);
    for (size_t i = 0; i < lookups->count; i++)
      answer->groups.items[i] = *lookups->all[i].answer;
  }
  exchange_answer(exchange, answer);
}

/* Of one group; those that ask for all of it have the same answer. */
static void answer_lookups(struct lookup *lookup, enum headrace_log_error error,
                           const struct stored *stored)
{
  const struct offset_fetch_response_group *all = NULL;
  for (; lookup; lookup = lookup->same) {
    lookup->answer->error_code = (int16_t)offset_error_of(error);
    if (lookup->asked->topics.count >= 0) {
      answer_asked(lookup, stored);
      continue;
    }
    if (all)
      lookup->answer->topics = all->topics;
    else
      answer_all(lookup, stored);
    all = lookup->answer;
  }
}

static void found_offsets(void *context, enum headrace_log_error error,
                          const struct headrace_log_offset *offsets, size_t count)
{
  struct lookup *lookup = context;
  struct exchange *exchange = lookup->exchange;
  struct lookups *lookups = exchange->work;
  if (error != HEADRACE_LOG_OK)
    count = 0;
  if (error == HEADRACE_LOG_UNKNOWN_TOPIC) /* a group without offsets */
    error = HEADRACE_LOG_OK;
  struct stored stored = {.offsets = broker_alloc((count + 1) * sizeof *stored.offsets),
                          .metadata = broker_alloc((count + 1) * sizeof *stored.metadata),
                          .count = count};
  if (count)
    memcpy(stored.offsets, offsets, count * sizeof *offsets);
  qsort(stored.offsets, count, sizeof *stored.offsets, by_place);
  answer_lookups(lookup, error, &stored);
  free(stored.offsets);
  free(stored.metadata);
  if (!--lookups->pending)
    finish(exchange);
}

static struct offset_fetch_request_group *group_of_old(struct exchange *exchange)
{
  const struct offset_fetch_request *request = exchange->request.body;
  struct offset_fetch_request_group *group = WIRE_NEW(&exchange->arena, offset_fetch_request_group);
  group->group_id = request->group_id;
  WIRE_ITEMS(&exchange->arena, group->topics, request->topics.count > 0 ? request->topics.count : 0,
             offset_fetch_request_topics);
  for (int32_t i = 0; i < request->topics.count; i++) {
    group->topics.items[i].name = request->topics.items[i].name;
    group->topics.items[i].partition_indexes = request->topics.items[i].partition_indexes;
  }
  group->topics.count = request->topics.count;
  return group;
}

static void make_lookups(struct exchange *exchange, const struct offset_fetch_request_group *groups)
{
  struct lookups *lookups = exchange->work;
  for (size_t i = 0; i < lookups->count; i++) {
    struct offset_fetch_response_group *answer =
        WIRE_NEW(&exchange->arena, offset_fetch_response_group);
    lookups->all[i] = (struct lookup){exchange, &groups[i], answer, NULL};
    answer->group_id = groups[i].group_id;
  }
}

void handle_offset_fetch(struct exchange *exchange)
{
  const struct offset_fetch_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  struct lookups *lookups = wire_alloc(&exchange->arena, sizeof *lookups);
  bool old = exchange->request.version < 8;
  const struct offset_fetch_request_group *groups =
      old ? group_of_old(exchange) : request->groups.items;
  exchange->work = lookups;
  lookups->count = old ? 1 : (size_t)request->groups.count;
  lookups->all = wire_alloc(&exchange->arena, lookups->count * sizeof *lookups->all);
  make_lookups(exchange, groups);
  const int32_t *first =
      first_of_equal(&exchange->arena,
                     (struct named_items){groups, (int32_t)lookups->count, sizeof *groups,
                                          offsetof(struct offset_fetch_request_group, group_id)});
  lookups->pending = 1;
  for (size_t i = lookups->count; i-- > 0;) { /* each group is asked for once */
    struct lookup *lookup = &lookups->all[i], *of_group = &lookups->all[first[i]];
    if (lookup != of_group) {
      lookup->same = of_group->same;
      of_group->same = lookup;
      continue;
    }
    lookups->pending++;
    log->stored_offsets(log->self, wire_string(&exchange->arena, groups[i].group_id), found_offsets,
                        lookup);
  }
  if (!--lookups->pending)
    finish(exchange);
}

/* ---- OffsetDelete
 * --------------------------------------------------------------------------------- */

static void deleted(void *context, enum headrace_log_error error, const char *reason)
{
  struct exchange *exchange = context;
  struct offset_delete_response *answer = exchange->work;
  (void)reason;
  answer->error_code = (int16_t)offset_error_of(error);
  exchange_answer(exchange, answer);
}

/* Not under members that read the topic. */
static enum kafka_error may_delete(bool subscribed, struct topic *topic, int32_t index)
{
  if (!partition_of(topic, index))
    return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
  return subscribed ? KAFKA_GROUP_SUBSCRIBED_TO_TOPIC : KAFKA_NONE;
}

/* For each topic that is asked for; the members' subscriptions are long, too. */
static const bool *subscribed_topics(struct exchange *exchange, const struct group *group)
{
  const struct offset_delete_request *request = exchange->request.body;
  const int32_t *first = first_of_equal(
      &exchange->arena, (struct named_items){request->topics.items, request->topics.count,
                                             sizeof(struct offset_delete_request_topic),
                                             offsetof(struct offset_delete_request_topic, name)});
  bool *subscribed =
      wire_alloc(&exchange->arena, ((size_t)request->topics.count + 1) * sizeof *subscribed);
  for (int32_t i = 0; group && i < request->topics.count; i++)
    subscribed[i] = first[i] != i ? subscribed[first[i]]
                                  : topic_named(exchange->broker, request->topics.items[i].name) &&
                                        group_subscribes(group, request->topics.items[i].name);
  return subscribed;
}

static size_t delete_those(struct exchange *exchange, const struct group *group,
                           struct headrace_log_offset *offsets)
{
  const struct offset_delete_request *request = exchange->request.body;
  struct offset_delete_response *answer = exchange->work;
  const bool *subscribed = subscribed_topics(exchange, group);
  size_t count = 0;
  for (int32_t i = 0; i < request->topics.count; i++) {
    const struct offset_delete_request_topic *asked = &request->topics.items[i];
    struct topic *topic = topic_named(exchange->broker, asked->name);
    struct offset_delete_response_topic *said = &answer->topics.items[i];
    said->name = asked->name;
    WIRE_ITEMS(&exchange->arena, said->partitions, asked->partitions.count,
               offset_delete_response_partition);
    for (int32_t j = 0; j < asked->partitions.count; j++) {
      int32_t index = asked->partitions.items[j].partition_index;
      said->partitions.items[j].partition_index = index;
      enum kafka_error error = may_delete(subscribed[i], topic, index);
      said->partitions.items[j].error_code = (int16_t)error;
      if (error == KAFKA_NONE)
        offsets[count++] = (struct headrace_log_offset){.topic = topic->name,
                                                        .id = topic->id,
                                                        .partition = index,
                                                        .offset = -1,
                                                        .metadata = ""};
    }
  }
  return count;
}

static void delete_offsets(struct exchange *exchange, const struct group *group)
{
  const struct offset_delete_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  struct offset_delete_response *answer = exchange->work;
  size_t count = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  struct headrace_log_offset *offsets = wire_alloc(&exchange->arena, count * sizeof *offsets);
  WIRE_ITEMS(&exchange->arena, answer->topics, request->topics.count, offset_delete_response_topic);
  count = delete_those(exchange, group, offsets);
  if (count)
    log->store_offsets(log->self, wire_string(&exchange->arena, request->group_id), offsets, count,
                       deleted, exchange);
  else
    exchange_answer(exchange, answer);
}

/* Of a group without members, which is there if it has offsets or once had members. */
static void known(void *context, enum headrace_log_error error,
                  const struct headrace_log_offset *offsets, size_t count)
{
  struct exchange *exchange = context;
  const struct offset_delete_request *request = exchange->request.body;
  struct offset_delete_response *answer = exchange->work;
  const struct group *group = group_find(exchange->broker->groups, request->group_id);
  (void)offsets;
  if (error == HEADRACE_LOG_AWAY)
    answer->error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
  else if (!count && !group_is_known(group))
    answer->error_code = KAFKA_GROUP_ID_NOT_FOUND;
  if (answer->error_code)
    exchange_answer(exchange, answer);
  else
    delete_offsets(exchange, group);
}

void handle_offset_delete(struct exchange *exchange)
{
  const struct offset_delete_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  const struct group *group = group_find(exchange->broker->groups, request->group_id);
  struct offset_delete_response *answer = WIRE_NEW(&exchange->arena, offset_delete_response);
  bool joined = group && group->members;
  exchange->work = answer;
  if (!request->group_id.size)
    answer->error_code = KAFKA_INVALID_GROUP_ID;
  else if (joined && strcmp(group->protocol_type, "consumer") != 0)
    answer->error_code = KAFKA_NON_EMPTY_GROUP;
  if (answer->error_code)
    exchange_answer(exchange, answer);
  else if (joined)
    delete_offsets(exchange, group);
  else
    log->stored_offsets(log->self, wire_string(&exchange->arena, request->group_id), known,
                        exchange);
}
