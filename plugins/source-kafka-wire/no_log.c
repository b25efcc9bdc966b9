/* SPDX-License-Identifier: Apache-2.0 */
#include "no_log.h"
#include "broker.h"

#include <stdlib.h>

static const char nothing_kept[] = "the sink of this broker keeps no log: it takes records only";

struct topic_list { /* a catalogue */
  struct headrace_log_catalogue shown;
  struct headrace_log_topic *topics;
  size_t holders;
};

/* What is to be called in serve(). */
struct late_answer {
  struct late_answer *next;
  void *context;
  enum headrace_log_error error;
  int64_t number;
  headrace_log_done done; /* one of them */
  headrace_log_number_done number_done;
  headrace_log_read_done read_done;
  headrace_log_find_done find_done;
  headrace_log_sizes_done sizes_done;
  headrace_log_offsets_done offsets_done;
  headrace_log_groups_done groups_done;
  headrace_log_producers_done producers_done;
};

struct no_log {
  struct headrace_log interface;
  struct headrace_log_reader reader;
  struct topic_list *list;
  struct late_answer *first, **last;
  int64_t producers;
};

/* ---- answers ------------------------------------------------------------------------ */

static struct late_answer *answer(struct no_log *self, void *context, enum headrace_log_error error)
{
  struct late_answer *late = broker_alloc(sizeof *late);
  late->context = context;
  late->error = error;
  *self->last = late;
  self->last = &late->next;
  self->reader.wake(self->reader.context);
  return late;
}

static void give(const struct late_answer *late)
{
  const char *reason = late->error == HEADRACE_LOG_INVALID ? nothing_kept : NULL;
  struct headrace_log_records none = {.error = late->error, .reason = reason};
  const struct headrace_log_place nowhere = {late->error, -1, -1};
  if (late->done)
    late->done(late->context, late->error, reason);
  else if (late->number_done)
    late->number_done(late->context, late->error, late->number);
  else if (late->read_done)
    late->read_done(late->context, &none);
  else if (late->find_done)
    late->find_done(late->context, &nowhere);
  else if (late->sizes_done)
    late->sizes_done(late->context, late->error, NULL, 0);
  else if (late->offsets_done)
    late->offsets_done(late->context, late->error, NULL, 0);
  else if (late->groups_done)
    late->groups_done(late->context, late->error, NULL, 0);
  else
    late->producers_done(late->context, late->error, NULL, 0);
}

static struct late_answer *take(struct no_log *self)
{
  struct late_answer *late = self->first;
  if (late && !(self->first = late->next))
    self->last = &self->first;
  return late;
}

static void serve(void *instance)
{
  for (struct late_answer *late; (late = take(instance)); free(late))
    give(late);
}

static enum headrace_result attach(void *instance, const struct headrace_log_reader *reader)
{
  ((struct no_log *)instance)->reader = *reader;
  return HEADRACE_OK;
}

/* ---- topics ------------------------------------------------------------------------- */

/* Of the name alone (FNV-1a), so that clients know it again after a restart. */
static struct headrace_topic_id id_of(const char *name)
{
  struct headrace_topic_id id;
  for (size_t half = 0; half < 2; half++) {
    uint64_t hash = UINT64_C(14695981039346656037) + half;
    for (const char *at = name; *at; at++)
      hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    memcpy(id.bytes + 8 * half, &hash, sizeof hash);
  }
  id.bytes[0] |= 0x80; /* never all zero */
  return id;
}

static const struct headrace_log_topic *find_topic(const struct no_log *self,
                                                   const struct headrace_topic_id *id)
{
  const struct topic_list *list = self->list;
  for (size_t i = 0; i < list->shown.topic_count; i++)
    if (!memcmp(&list->topics[i].id, id, sizeof *id))
      return &list->topics[i];
  return NULL;
}

static void list_release(struct topic_list *list)
{
  if (--list->holders)
    return;
  for (size_t i = 0; i < list->shown.topic_count; i++)
    free((char *)(uintptr_t)list->topics[i].name);
  free(list->topics);
  free(list);
}

static struct topic_list *list_new(const struct topic_list *old, size_t more)
{
  size_t count = old ? old->shown.topic_count : 0;
  struct topic_list *list = broker_alloc(sizeof *list);
  list->holders = 1;
  list->topics = broker_alloc((count + more + 1) * sizeof *list->topics);
  for (size_t i = 0; i < count; i++) {
    list->topics[i] = old->topics[i];
    list->topics[i].name = broker_text(old->topics[i].name, strlen(old->topics[i].name));
  }
  list->shown = (struct headrace_log_catalogue){.version = old ? old->shown.version + 1 : 1,
                                                .topics = list->topics,
                                                .topic_count = count + more};
  return list;
}

static int by_name(const void *a, const void *b)
{
  const struct headrace_log_topic *left = a, *right = b;
  return strcmp(left->name, right->name);
}

static void create_topic(void *instance, const struct headrace_log_new_topic *topic,
                         headrace_log_done done, void *context)
{
  struct no_log *self = instance;
  const struct headrace_topic_id id = id_of(topic->name);
  enum headrace_log_error error = find_topic(self, &id) ? HEADRACE_LOG_EXISTS
                                  : topic->config_count ? HEADRACE_LOG_INVALID
                                                        : HEADRACE_LOG_OK;
  if (error == HEADRACE_LOG_OK) {
    struct topic_list *old = self->list;
    struct topic_list *list = self->list = list_new(old, 1);
    list->topics[list->shown.topic_count - 1] =
        (struct headrace_log_topic){.name = broker_text(topic->name, strlen(topic->name)),
                                    .id = id,
                                    .partition_count = topic->partition_count};
    qsort(list->topics, list->shown.topic_count, sizeof *list->topics, by_name);
    list_release(old);
  }
  answer(self, context, error)->done = done;
}

static const struct headrace_log_catalogue *catalogue(void *instance)
{
  struct no_log *self = instance;
  self->list->holders++;
  return &self->list->shown;
}

static void catalogue_release(void *instance, const struct headrace_log_catalogue *shown)
{
  (void)instance;
  list_release((struct topic_list *)(uintptr_t)shown); /* its first field */
}

static uint64_t catalogue_version(void *instance)
{
  return ((struct no_log *)instance)->list->shown.version;
}

static const char *cluster_id(void *instance)
{
  (void)instance;
  return "headrace-without-a-log";
}

static enum headrace_log_error marks(void *instance, const struct headrace_topic_id *id,
                                     int32_t partition, struct headrace_log_marks *marks)
{
  const struct headrace_log_topic *topic = find_topic(instance, id);
  if (!topic || partition < 0 || partition >= topic->partition_count)
    return HEADRACE_LOG_UNKNOWN_TOPIC;
  *marks = (struct headrace_log_marks){0};
  return HEADRACE_LOG_OK;
}

/* ---- what needs a log --------------------------------------------------------------- */

static void refuse(void *instance, headrace_log_done done, void *context)
{
  answer(instance, context, HEADRACE_LOG_INVALID)->done = done;
}

static void read(void *instance, const struct headrace_topic_id *id, int32_t partition,
                 int64_t offset, size_t max_bytes, headrace_log_read_done done, void *context)
{
  (void)id, (void)partition, (void)offset, (void)max_bytes;
  answer(instance, context, HEADRACE_LOG_INVALID)->read_done = done;
}

static void find(void *instance, const struct headrace_topic_id *id, int32_t partition,
                 int64_t timestamp_ms, headrace_log_find_done done, void *context)
{
  (void)id, (void)partition, (void)timestamp_ms;
  answer(instance, context, HEADRACE_LOG_INVALID)->find_done = done;
}

static void delete_topic(void *instance, const struct headrace_topic_id *id, headrace_log_done done,
                         void *context)
{
  (void)id;
  refuse(instance, done, context);
}

static void add_partitions(void *instance, const struct headrace_topic_id *id, int32_t count_after,
                           headrace_log_done done, void *context)
{
  (void)id, (void)count_after;
  refuse(instance, done, context);
}

static void configure_topic(void *instance, const struct headrace_topic_id *id,
                            const struct headrace_pair *config, size_t count,
                            headrace_log_done done, void *context)
{
  (void)id, (void)config, (void)count;
  refuse(instance, done, context);
}

static void delete_records(void *instance, const struct headrace_topic_id *id, int32_t partition,
                           int64_t before, headrace_log_number_done done, void *context)
{
  (void)id, (void)partition, (void)before;
  answer(instance, context, HEADRACE_LOG_INVALID)->number_done = done;
}

static void sizes(void *instance, headrace_log_sizes_done done, void *context)
{
  answer(instance, context, HEADRACE_LOG_OK)->sizes_done = done;
}

static void store_offsets(void *instance, const char *group,
                          const struct headrace_log_offset *offsets, size_t count,
                          headrace_log_done done, void *context)
{
  (void)group, (void)offsets, (void)count;
  refuse(instance, done, context);
}

static void stored_offsets(void *instance, const char *group, headrace_log_offsets_done done,
                           void *context)
{
  (void)group;
  answer(instance, context, HEADRACE_LOG_OK)->offsets_done = done;
}

static void groups(void *instance, headrace_log_groups_done done, void *context)
{
  answer(instance, context, HEADRACE_LOG_OK)->groups_done = done;
}

static void set_group_active(void *instance, const char *group, const char *protocol_type,
                             int active)
{
  (void)instance, (void)group, (void)protocol_type, (void)active;
}

static void delete_group(void *instance, const char *group, headrace_log_done done, void *context)
{
  (void)group;
  answer(instance, context, HEADRACE_LOG_UNKNOWN_TOPIC)->done = done;
}

static void new_producer(void *instance, headrace_log_number_done done, void *context)
{
  struct late_answer *late = answer(instance, context, HEADRACE_LOG_OK);
  late->number_done = done;
  late->number = ((struct no_log *)instance)->producers++;
}

static void producers(void *instance, const struct headrace_topic_id *id, int32_t partition,
                      headrace_log_producers_done done, void *context)
{
  (void)id, (void)partition;
  answer(instance, context, HEADRACE_LOG_OK)->producers_done = done;
}

/* ---- life ---------------------------------------------------------------------------- */

struct no_log *no_log_new(void)
{
  struct no_log *self = broker_alloc(sizeof *self);
  self->last = &self->first;
  self->list = list_new(NULL, 0);
  self->interface = (struct headrace_log){
      .struct_size = sizeof self->interface,
      .api_version = HEADRACE_API_VERSION,
      .self = self,
      .attach = attach,
      .serve = serve,
      .cluster_id = cluster_id,
      .catalogue = catalogue,
      .catalogue_release = catalogue_release,
      .catalogue_version = catalogue_version,
      .marks = marks,
      .read = read,
      .find = find,
      .create_topic = create_topic,
      .delete_topic = delete_topic,
      .add_partitions = add_partitions,
      .configure_topic = configure_topic,
      .delete_records = delete_records,
      .sizes = sizes,
      .store_offsets = store_offsets,
      .stored_offsets = stored_offsets,
      .groups = groups,
      .set_group_active = set_group_active,
      .delete_group = delete_group,
      .new_producer = new_producer,
      .producers = producers,
  };
  return self;
}

void no_log_free(struct no_log *self)
{
  if (!self)
    return;
  for (struct late_answer *late; (late = take(self));)
    free(late);
  list_release(self->list);
  free(self);
}

const struct headrace_log *no_log_interface(const struct no_log *self)
{
  return &self->interface;
}
