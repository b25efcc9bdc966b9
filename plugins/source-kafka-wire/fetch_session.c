/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetch sessions (KIP-227): the broker remembers which partitions a client reads, and the
 * client says only what changes. */
#include "fetch.h"
#include "repeats.h"

#include <stdlib.h>

#define FINAL_EPOCH   (-1) /* no session */
#define INITIAL_EPOCH 0
#define EVICTABLE_MS  INT64_C(120000) /* Kafka's min.incremental.fetch.session.eviction.ms */
#define SESSION_MAX   100000          /* partitions of one */

struct session_partition {
  UT_hash_handle hh;
  struct fetch_session *session;
  char *key; /* the topic's name or id, and the index */
  uint32_t key_size;
  struct wire_slice name;
  struct wire_uuid id;
  int32_t index;
  int64_t offset;
  int32_t max_bytes, epoch;
  int64_t said_start, said_end; /* what the client knows */
};

struct fetch_session {
  UT_hash_handle hh; /* in the order of their use */
  int32_t id, epoch;
  bool by_id;
  int64_t used_ms;
  struct session_partition *partitions; /* in the order in which they are served */
};

struct fetch_sessions {
  struct fetch_session *all;
  size_t limit;
  uint32_t last_id;
};

/* ---- sessions ----------------------------------------------------------------------------- */

struct fetch_sessions *fetch_sessions_new(size_t limit)
{
  struct fetch_sessions *sessions = broker_alloc(sizeof *sessions);
  sessions->limit = limit;
  sessions->last_id = (uint32_t)broker_clock_ms(); /* not those of the process before */
  return sessions;
}

static void drop_partition(struct session_partition *partition)
{
  HASH_DEL(partition->session->partitions, partition);
  free(partition->key);
  free(partition);
}

static void drop_session(struct fetch_sessions *sessions, struct fetch_session *session)
{
  struct session_partition *partition, *next;
  HASH_ITER(hh, session->partitions, partition, next)
  {
    drop_partition(partition);
  }
  HASH_DEL(sessions->all, session);
  free(session);
}

void fetch_sessions_free(struct fetch_sessions *sessions)
{
  struct fetch_session *session, *next;
  if (!sessions)
    return;
  HASH_ITER(hh, sessions->all, session, next)
  {
    drop_session(sessions, session);
  }
  free(sessions);
}

static struct fetch_session *find(struct fetch_sessions *sessions, int32_t id)
{
  struct fetch_session *session;
  HASH_FIND(hh, sessions->all, &id, sizeof id, session);
  return session;
}

/* To the end, which is where those stand that were used last. */
static void use(struct fetch_sessions *sessions, struct fetch_session *session)
{
  HASH_DEL(sessions->all, session);
  session->used_ms = broker_clock_ms();
  HASH_ADD(hh, sessions->all, id, sizeof session->id, session);
}

static bool make_room(struct fetch_sessions *sessions)
{
  struct fetch_session *oldest = sessions->all;
  if (HASH_COUNT(sessions->all) < sessions->limit)
    return true;
  if (!oldest || oldest->used_ms > broker_clock_ms() - EVICTABLE_MS)
    return false;
  drop_session(sessions, oldest);
  return true;
}

/* NULL: there are as many as may be; the client goes on without one. */
static struct fetch_session *session_new(struct fetch_sessions *sessions, bool by_id)
{
  if (!make_room(sessions))
    return NULL;
  struct fetch_session *session = broker_alloc(sizeof *session);
  do
    session->id = (int32_t)(sessions->last_id++ & INT32_MAX);
  while (!session->id || find(sessions, session->id));
  session->epoch = 1;
  session->by_id = by_id;
  session->used_ms = broker_clock_ms();
  HASH_ADD(hh, sessions->all, id, sizeof session->id, session);
  return session;
}

/* ---- their partitions ------------------------------------------------------------------------ */

static struct session_partition *find_partition(struct fetch_session *session,
                                                struct wire_slice topic, int32_t index,
                                                struct wire_arena *arena, char **key)
{
  struct session_partition *found;
  unsigned size = topic.size + (unsigned)sizeof index;
  *key = wire_alloc(arena, size);
  if (topic.size)
    memcpy(*key, topic.data, topic.size);
  memcpy(*key + topic.size, &index, sizeof index);
  HASH_FIND(hh, session->partitions, *key, size, found);
  return found;
}

static struct wire_slice topic_key(const struct fetch_session *session, struct wire_slice name,
                                   const struct wire_uuid *id)
{
  return session->by_id ? (struct wire_slice){(const char *)id->bytes, sizeof id->bytes} : name;
}

static struct session_partition *add_partition(struct fetch_session *session, const char *key,
                                               uint32_t topic_size, const struct wire_uuid *id)
{
  struct session_partition *partition = broker_alloc(sizeof *partition);
  partition->session = session;
  partition->key_size = topic_size + (uint32_t)sizeof partition->index;
  partition->key = broker_text(key, partition->key_size);
  partition->name = (struct wire_slice){partition->key, session->by_id ? 0 : topic_size};
  partition->id = *id;
  partition->said_start = partition->said_end = -1;
  HASH_ADD_KEYPTR(hh, session->partitions, partition->key, partition->key_size, partition);
  return partition;
}

static void take(struct fetch_session *session, struct wire_arena *arena,
                 const struct fetch_request_topic *topic,
                 const struct fetch_request_partition *asked)
{
  char *key;
  struct wire_slice text = topic_key(session, topic->topic, &topic->topic_id);
  struct session_partition *partition =
      find_partition(session, text, asked->partition, arena, &key);
  if (!partition && HASH_COUNT(session->partitions) >= SESSION_MAX)
    return;
  if (!partition)
    partition = add_partition(session, key, text.size, &topic->topic_id);
  partition->index = asked->partition;
  partition->offset = asked->fetch_offset;
  partition->max_bytes = asked->partition_max_bytes;
  partition->epoch = asked->current_leader_epoch;
}

static void forget(struct fetch_session *session, struct wire_arena *arena,
                   const struct fetch_request_forgotten_topic *topic)
{
  char *key;
  struct wire_slice text = topic_key(session, topic->topic, &topic->topic_id);
  for (int32_t i = 0; i < topic->partitions.count; i++) {
    struct session_partition *partition =
        find_partition(session, text, topic->partitions.items[i], arena, &key);
    if (partition)
      drop_partition(partition);
  }
}

static void update(struct fetch_session *session, struct exchange *exchange)
{
  const struct fetch_request *request = exchange->request.body;
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
      take(session, &exchange->arena, &request->topics.items[i],
           &request->topics.items[i].partitions.items[j]);
  for (int32_t i = 0; i < request->forgotten_topics_data.count; i++)
    forget(session, &exchange->arena, &request->forgotten_topics_data.items[i]);
}

/* ---- slots
 * --------------------------------------------------------------------------------------- */

static void fill_slot(struct fetch *fetch, struct fetch_slot *slot)
{
  slot->fetch = fetch;
  slot->topic = fetch->by_id ? topic_with_id(fetch->exchange->broker, &slot->id)
                             : topic_named(fetch->exchange->broker, slot->name);
  if (slot->topic)
    topic_hold(slot->topic);
}

static void slots_of_session(struct fetch *fetch, struct fetch_session *session)
{
  struct session_partition *partition, *next;
  fetch->slots =
      wire_alloc(&fetch->exchange->arena, HASH_COUNT(session->partitions) * sizeof *fetch->slots);
  HASH_ITER(hh, session->partitions, partition, next)
  {
    struct fetch_slot *slot = &fetch->slots[fetch->count++];
    slot->name = wire_copy(&fetch->exchange->arena, partition->name);
    slot->id = partition->id;
    slot->index = partition->index;
    slot->offset = partition->offset;
    slot->max_bytes = partition->max_bytes;
    slot->epoch = partition->epoch;
    slot->in_session = true;
    fill_slot(fetch, slot);
  }
}

/* Each partition is served once, or each record would wake the fetch for all of them. */
static const bool *asked_before(struct fetch *fetch, size_t count)
{
  const struct fetch_request *request = fetch->exchange->request.body;
  struct wire_arena *arena = &fetch->exchange->arena;
  struct wire_slice *names = wire_alloc(arena, (count + 1) * sizeof *names);
  bool *again = wire_alloc(arena, (count + 1) * sizeof *again);
  size_t place = 0;
  for (int32_t i = 0; i < request->topics.count && count > 1; i++) {
    const struct fetch_request_topic *topic = &request->topics.items[i];
    const struct wire_slice id = {(const char *)topic->topic_id.bytes,
                                  sizeof topic->topic_id.bytes};
    for (int32_t j = 0; j < topic->partitions.count; j++)
      names[place++] = partition_name(arena, fetch->by_id ? id : topic->topic,
                                      topic->partitions.items[j].partition);
  }
  const int32_t *first =
      first_of_equal(arena, (struct named_items){names, (int32_t)place, sizeof *names, 0});
  for (size_t i = 0; i < place; i++)
    again[i] = first[i] != (int32_t)i;
  return again;
}

static void slots_of_request(struct fetch *fetch)
{
  const struct fetch_request *request = fetch->exchange->request.body;
  size_t count = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    count += (size_t)request->topics.items[i].partitions.count;
  fetch->slots = wire_alloc(&fetch->exchange->arena, count * sizeof *fetch->slots);
  const bool *again = asked_before(fetch, count);
  size_t place = 0;
  for (int32_t i = 0; i < request->topics.count; i++)
    for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++) {
      const struct fetch_request_partition *asked = &request->topics.items[i].partitions.items[j];
      if (again[place++])
        continue;
      struct fetch_slot *slot = &fetch->slots[fetch->count++];
      slot->name = request->topics.items[i].topic;
      slot->id = request->topics.items[i].topic_id;
      slot->index = asked->partition;
      slot->offset = asked->fetch_offset;
      slot->max_bytes = asked->partition_max_bytes;
      slot->epoch = asked->current_leader_epoch;
      fill_slot(fetch, slot);
    }
}

/* ---- requests
 * --------------------------------------------------------------------------------------- */

static enum kafka_error go_on(struct fetch *fetch, struct fetch_sessions *sessions)
{
  const struct fetch_request *request = fetch->exchange->request.body;
  struct fetch_session *session = find(sessions, request->session_id);
  if (!session)
    return KAFKA_FETCH_SESSION_ID_NOT_FOUND;
  if (session->epoch != request->session_epoch)
    return KAFKA_INVALID_FETCH_SESSION_EPOCH;
  if (session->by_id != fetch->by_id)
    return KAFKA_FETCH_SESSION_TOPIC_ID_ERROR;
  session->epoch = session->epoch == INT32_MAX ? 1 : session->epoch + 1;
  use(sessions, session);
  update(session, fetch->exchange);
  fetch->session_id = session->id;
  slots_of_session(fetch, session);
  return KAFKA_NONE;
}

static void begin(struct fetch *fetch, struct fetch_sessions *sessions)
{
  struct fetch_session *session = session_new(sessions, fetch->by_id);
  if (!session) {
    slots_of_request(fetch);
    return;
  }
  update(session, fetch->exchange);
  fetch->session_id = session->id;
  slots_of_session(fetch, session);
}

enum kafka_error fetch_session_begin(struct fetch *fetch)
{
  const struct fetch_request *request = fetch->exchange->request.body;
  struct fetch_sessions *sessions = fetch->exchange->broker->sessions;
  if (request->session_epoch > INITIAL_EPOCH)
    return go_on(fetch, sessions);
  fetch->full = true;
  struct fetch_session *old = request->session_id ? find(sessions, request->session_id) : NULL;
  if (old)
    drop_session(sessions, old);
  if (request->session_epoch == FINAL_EPOCH || !sessions->limit || !request->topics.count)
    slots_of_request(fetch);
  else
    begin(fetch, sessions);
  return KAFKA_NONE;
}

/* The session, and with it what the slot refers to, may have gone meanwhile. */
static struct session_partition *still_there(const struct fetch_slot *slot)
{
  struct fetch_sessions *sessions = slot->fetch->exchange->broker->sessions;
  struct fetch_session *session = find(sessions, slot->fetch->session_id);
  char *key;
  if (!session)
    return NULL;
  return find_partition(session, topic_key(session, slot->name, &slot->id), slot->index,
                        &slot->fetch->exchange->arena, &key);
}

bool fetch_session_tells(struct fetch_slot *slot, bool has_records)
{
  struct session_partition *partition = still_there(slot);
  bool news = has_records || slot->error != KAFKA_NONE;
  if (!partition)
    return true;
  news |= partition->said_end != slot->end || partition->said_start != slot->start;
  partition->said_end = slot->error == KAFKA_NONE ? slot->end : -1;
  partition->said_start = slot->error == KAFKA_NONE ? slot->start : -1;
  if (has_records) { /* others have their turn first next time */
    struct fetch_session *session = partition->session;
    HASH_DEL(session->partitions, partition);
    HASH_ADD_KEYPTR(hh, session->partitions, partition->key, partition->key_size, partition);
  }
  return news;
}
