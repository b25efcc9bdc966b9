/* SPDX-License-Identifier: Apache-2.0 */
#include "log_double.h"

#include <stdlib.h>
#include <string.h>

/* Everything lives as long as the log: there is one at a time. */
struct block {
  struct block *next;
  _Alignas(16) char data[];
};
static struct block *blocks;

static void *memory(size_t size)
{
  struct block *block = calloc(1, sizeof *block + size);
  if (!block)
    abort();
  block->next = blocks;
  blocks = block;
  return block->data;
}

static char *text(const char *from)
{
  return strcpy(memory(strlen(from) + 1), from);
}

static struct headrace_value copy_value(struct headrace_value value)
{
  char *data = memory(value.size);
  if (value.size)
    memcpy(data, value.data, value.size);
  value.data = data;
  return value;
}

/* ---- answers --------------------------------------------------------------------------- */

struct double_answer {
  struct double_answer *next;
  void (*deliver)(struct double_answer *answer);
  void (*callback)(void);
  void *context;
  struct log_double *log;
  enum headrace_log_error error;
  int64_t number, number2;
  struct headrace_record *records;
  size_t count;
  char *name;
};

static struct double_answer *answer_new(void *self, void (*deliver)(struct double_answer *),
                                        void (*callback)(void), void *context)
{
  struct log_double *log = self;
  struct double_answer *answer = memory(sizeof *answer);
  *answer = (struct double_answer){
      .deliver = deliver, .callback = callback, .context = context, .log = log};
  *(log->last ? &log->last->next : &log->first) = answer;
  log->last = answer;
  log->reader.wake(log->reader.context);
  return answer;
}

static void serve(void *self)
{
  struct log_double *log = self;
  while (log->first) {
    struct double_answer *answer = log->first;
    log->first = answer->next;
    if (!log->first)
      log->last = NULL;
    answer->deliver(answer);
  }
}

static void deliver_done(struct double_answer *answer)
{
  ((headrace_log_done)answer->callback)(answer->context, answer->error, NULL);
}

static void done(void *self, enum headrace_log_error error, headrace_log_done callback,
                 void *context)
{
  answer_new(self, deliver_done, (void (*)(void))callback, context)->error = error;
}

static void deliver_number(struct double_answer *answer)
{
  ((headrace_log_number_done)answer->callback)(answer->context, answer->error, answer->number);
}

/* ---- topics ---------------------------------------------------------------------------------- */

static struct double_topic *topic_with(struct log_double *log, const struct headrace_topic_id *id)
{
  for (size_t i = 0; i < log->topic_count; i++)
    if (!memcmp(&log->topics[i].entry.id, id, sizeof *id))
      return &log->topics[i];
  return NULL;
}

static struct double_topic *topic_called(struct log_double *log, const char *name)
{
  for (size_t i = 0; i < log->topic_count; i++)
    if (!strcmp(log->topics[i].entry.name, name))
      return &log->topics[i];
  return NULL;
}

static struct double_partition *partition_of(struct log_double *log,
                                             const struct headrace_topic_id *id, int32_t index)
{
  struct double_topic *topic = topic_with(log, id);
  return topic && index >= 0 && index < topic->entry.partition_count ? &topic->partitions[index]
                                                                     : NULL;
}

static int by_name(const void *a, const void *b)
{
  const struct headrace_log_topic *one = a, *other = b;
  return strcmp(one->name, other->name);
}

static const struct headrace_log_catalogue *catalogue(void *self)
{
  struct log_double *log = self;
  struct headrace_log_catalogue *found = memory(sizeof *found);
  pthread_mutex_lock(&log->lock);
  struct headrace_log_topic *topics = memory(log->topic_count * sizeof *topics);
  for (size_t i = 0; i < log->topic_count; i++)
    topics[i] = log->topics[i].entry;
  qsort(topics, log->topic_count, sizeof *topics, by_name);
  *found = (struct headrace_log_catalogue){
      .version = log->version, .topics = topics, .topic_count = log->topic_count};
  pthread_mutex_unlock(&log->lock);
  return found;
}

static void catalogue_release(void *self, const struct headrace_log_catalogue *held)
{
  (void)self;
  (void)held;
}

static uint64_t catalogue_version(void *self)
{
  return ((struct log_double *)self)->version;
}

static const struct headrace_pair *copy_pairs(const struct headrace_pair *pairs, size_t count)
{
  struct headrace_pair *copies = memory(count * sizeof *copies);
  for (size_t i = 0; i < count; i++)
    copies[i] = (struct headrace_pair){text(pairs[i].name), text(pairs[i].value)};
  return copies;
}

static void grow(struct double_topic *topic, int32_t count)
{
  struct double_partition *partitions = memory((size_t)count * sizeof *partitions);
  if (topic->partitions)
    memcpy(partitions, topic->partitions,
           (size_t)topic->entry.partition_count * sizeof *partitions);
  topic->partitions = partitions;
  topic->entry.partition_count = count;
}

int log_double_add_topic(struct log_double *log, const char *name, int32_t partitions)
{
  if (topic_called(log, name))
    return 0;
  pthread_mutex_lock(&log->lock);
  struct double_topic *topic = &log->topics[log->topic_count++];
  *topic = (struct double_topic){.entry = {.name = text(name)}};
  log->last_id++;
  memcpy(topic->entry.id.bytes, &log->last_id, sizeof log->last_id);
  grow(topic, partitions);
  log->version++;
  pthread_mutex_unlock(&log->lock);
  return 1;
}

static void create_topic(void *self, const struct headrace_log_new_topic *wanted,
                         headrace_log_done callback, void *context)
{
  struct log_double *log = self;
  if (log->create_trouble) {
    done(self, log->create_trouble, callback, context);
    return;
  }
  int made = log_double_add_topic(log, wanted->name, wanted->partition_count);
  if (made) {
    struct headrace_log_topic *entry = &topic_called(log, wanted->name)->entry;
    entry->config = copy_pairs(wanted->config, wanted->config_count);
    entry->config_count = wanted->config_count;
  }
  done(self, made ? HEADRACE_LOG_OK : HEADRACE_LOG_EXISTS, callback, context);
}

static void delete_topic(void *self, const struct headrace_topic_id *id, headrace_log_done callback,
                         void *context)
{
  struct log_double *log = self;
  struct double_topic *topic = topic_with(log, id);
  if (topic) {
    *topic = log->topics[--log->topic_count];
    log->version++;
  }
  done(self, topic ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC, callback, context);
}

static void add_partitions(void *self, const struct headrace_topic_id *id, int32_t count,
                           headrace_log_done callback, void *context)
{
  struct log_double *log = self;
  struct double_topic *topic = topic_with(log, id);
  if (topic) {
    grow(topic, count);
    log->version++;
  }
  done(self, topic ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC, callback, context);
}

static void configure_topic(void *self, const struct headrace_topic_id *id,
                            const struct headrace_pair *config, size_t count,
                            headrace_log_done callback, void *context)
{
  struct log_double *log = self;
  struct double_topic *topic = topic_with(log, id);
  if (topic) {
    topic->entry.config = copy_pairs(config, count);
    topic->entry.config_count = count;
    log->version++;
  }
  done(self, topic ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC, callback, context);
}

/* ---- records ------------------------------------------------------------------------------------
 */

int64_t log_double_append(struct log_double *log, const struct headrace_record *record)
{
  char name[256] = "";
  memcpy(name, record->topic.data, record->topic.size);
  struct double_topic *topic = topic_called(log, name);
  if (!topic || record->partition < 0 || record->partition >= topic->entry.partition_count)
    return -1;
  pthread_mutex_lock(&log->lock);
  struct double_partition *partition = &topic->partitions[record->partition];
  struct headrace_record *records = memory((size_t)(partition->end + 1) * sizeof *records);
  if (partition->end)
    memcpy(records, partition->records, (size_t)partition->end * sizeof *records);
  partition->records = records;
  struct headrace_record *kept = &partition->records[partition->end];
  *kept = *record;
  kept->key = copy_value(record->key);
  kept->value = copy_value(record->value);
  kept->topic = copy_value(record->topic);
  struct headrace_header *headers = memory(record->header_count * sizeof *headers);
  for (uint32_t i = 0; i < record->header_count; i++)
    headers[i] = (struct headrace_header){text(record->headers[i].name),
                                          copy_value(record->headers[i].value)};
  kept->headers = headers;
  kept->numbering = NULL;
  kept->offset = partition->end++;
  pthread_mutex_unlock(&log->lock);
  return kept->offset;
}

static enum headrace_log_error marks(void *self, const struct headrace_topic_id *id, int32_t index,
                                     struct headrace_log_marks *found)
{
  struct log_double *log = self;
  pthread_mutex_lock(&log->lock);
  struct double_partition *partition = partition_of(log, id, index);
  if (partition)
    *found = (struct headrace_log_marks){partition->start, partition->end, 0};
  pthread_mutex_unlock(&log->lock);
  return partition ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC;
}

static void release_records(struct headrace_log_records *records)
{
  records->release = NULL; /* once */
}

static void deliver_records(struct double_answer *answer)
{
  struct headrace_log_records *records = memory(sizeof *records);
  *records = (struct headrace_log_records){.error = answer->error,
                                           .records = answer->records,
                                           .count = answer->count,
                                           .next = answer->number,
                                           .release = release_records};
  ((headrace_log_read_done)answer->callback)(answer->context, records);
}

static void read_records(void *self, const struct headrace_topic_id *id, int32_t index,
                         int64_t offset, size_t max_bytes, headrace_log_read_done callback,
                         void *context)
{
  struct log_double *log = self;
  struct double_answer *answer =
      answer_new(self, deliver_records, (void (*)(void))callback, context);
  struct double_partition *partition = partition_of(log, id, index);
  log->reads++;
  answer->error = log->trouble ? log->trouble : HEADRACE_LOG_UNKNOWN_TOPIC;
  if (!partition || log->trouble)
    return;
  answer->error = HEADRACE_LOG_OUT_OF_RANGE;
  if (offset < partition->start || offset > partition->end)
    return;
  pthread_mutex_lock(&log->lock);
  answer->error = HEADRACE_LOG_OK;
  answer->records = memory((size_t)(partition->end - offset) * sizeof *answer->records);
  size_t bytes = 0;
  for (; offset < partition->end && (!answer->count || bytes < max_bytes); offset++) {
    answer->records[answer->count++] = partition->records[offset];
    bytes += partition->records[offset].value.size + partition->records[offset].key.size + 20;
  }
  answer->number = offset;
  pthread_mutex_unlock(&log->lock);
}

static void deliver_place(struct double_answer *answer)
{
  struct headrace_log_place place = {answer->error, answer->number, answer->number2};
  ((headrace_log_find_done)answer->callback)(answer->context, &place);
}

static void find(void *self, const struct headrace_topic_id *id, int32_t index,
                 int64_t timestamp_ms, headrace_log_find_done callback, void *context)
{
  struct log_double *log = self;
  struct double_answer *answer = answer_new(self, deliver_place, (void (*)(void))callback, context);
  struct double_partition *partition = partition_of(log, id, index);
  answer->number = answer->number2 = -1;
  answer->error = partition ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC;
  for (int64_t i = partition ? partition->start : 0; partition && i < partition->end; i++) {
    int64_t time = partition->records[i].timestamp_ms;
    bool largest = timestamp_ms == HEADRACE_LOG_LARGEST_TIME;
    if (largest ? time <= answer->number2 : time < timestamp_ms)
      continue;
    answer->number = i;
    answer->number2 = time;
    if (!largest)
      return;
  }
}

static void delete_records(void *self, const struct headrace_topic_id *id, int32_t index,
                           int64_t before, headrace_log_number_done callback, void *context)
{
  struct log_double *log = self;
  struct double_answer *answer =
      answer_new(self, deliver_number, (void (*)(void))callback, context);
  struct double_partition *partition = partition_of(log, id, index);
  answer->error = partition ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC;
  if (!partition)
    return;
  int64_t to = before < 0 ? partition->end : before;
  if (to > partition->end)
    answer->error = HEADRACE_LOG_OUT_OF_RANGE;
  else if (to > partition->start)
    partition->start = to;
  answer->number = partition->start;
}

static void deliver_sizes(struct double_answer *answer)
{
  struct headrace_log_size sizes[256];
  size_t count = 0;
  for (size_t i = 0; i < answer->log->topic_count; i++)
    for (int32_t j = 0; j < answer->log->topics[i].entry.partition_count && count < 256; j++)
      sizes[count++] = (struct headrace_log_size){answer->log->topics[i].entry.id, j,
                                                  answer->log->topics[i].partitions[j].end * 100};
  ((headrace_log_sizes_done)answer->callback)(answer->context, HEADRACE_LOG_OK, sizes, count);
}

static void ask_sizes(void *self, headrace_log_sizes_done callback, void *context)
{
  answer_new(self, deliver_sizes, (void (*)(void))callback, context);
}

/* ---- groups
 * --------------------------------------------------------------------------------------- */

static void store_one(struct log_double *log, const char *group,
                      const struct headrace_log_offset *offset)
{
  size_t at = 0;
  while (at < log->offset_count && (strcmp(log->offsets[at].group, group) != 0 ||
                                    strcmp(log->offsets[at].offset.topic, offset->topic) != 0 ||
                                    log->offsets[at].offset.partition != offset->partition))
    at++;
  if (offset->offset == -1 && at < log->offset_count) {
    log->offsets[at] = log->offsets[--log->offset_count];
    return;
  }
  if (at == log->offset_count)
    log->offset_count++;
  log->offsets[at] = (struct double_offset){text(group), *offset};
  log->offsets[at].offset.topic = text(offset->topic);
  log->offsets[at].offset.metadata = text(offset->metadata);
}

static void store_offsets(void *self, const char *group, const struct headrace_log_offset *offsets,
                          size_t count, headrace_log_done callback, void *context)
{
  struct log_double *log = self;
  if (log->before_store)
    log->before_store(log);
  for (size_t i = 0; i < count && !log->trouble; i++)
    if (partition_of(log, &offsets[i].id, offsets[i].partition))
      store_one(log, group, &offsets[i]);
  done(self, log->trouble, callback, context);
}

static void deliver_offsets(struct double_answer *answer)
{
  struct headrace_log_offset offsets[256];
  size_t count = 0;
  for (size_t i = 0; i < answer->log->offset_count; i++)
    if (!strcmp(answer->log->offsets[i].group, answer->name))
      offsets[count++] = answer->log->offsets[i].offset;
  ((headrace_log_offsets_done)answer->callback)(answer->context, answer->error, offsets, count);
}

static void stored_offsets(void *self, const char *group, headrace_log_offsets_done callback,
                           void *context)
{
  answer_new(self, deliver_offsets, (void (*)(void))callback, context)->name = text(group);
}

static void deliver_groups(struct double_answer *answer)
{
  const char *groups[256];
  size_t count = 0;
  for (size_t i = 0; i < answer->log->offset_count; i++) {
    size_t at = 0;
    while (at < count && strcmp(groups[at], answer->log->offsets[i].group) != 0)
      at++;
    if (at == count)
      groups[count++] = answer->log->offsets[i].group;
  }
  ((headrace_log_groups_done)answer->callback)(answer->context, HEADRACE_LOG_OK, groups, count);
}

static void ask_groups(void *self, headrace_log_groups_done callback, void *context)
{
  answer_new(self, deliver_groups, (void (*)(void))callback, context);
}

static void set_group_active(void *self, const char *group, const char *protocol_type, int active)
{
  (void)self;
  (void)group;
  (void)protocol_type;
  (void)active;
}

static void delete_group(void *self, const char *group, headrace_log_done callback, void *context)
{
  struct log_double *log = self;
  bool found = false;
  for (size_t i = log->offset_count; i-- > 0;)
    if (!strcmp(log->offsets[i].group, group)) {
      log->offsets[i] = log->offsets[--log->offset_count];
      found = true;
    }
  done(self, found ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC, callback, context);
}

static void new_producer(void *self, headrace_log_number_done callback, void *context)
{
  struct log_double *log = self;
  answer_new(self, deliver_number, (void (*)(void))callback, context)->number =
      log->last_producer++;
}

static void deliver_producers(struct double_answer *answer)
{
  ((headrace_log_producers_done)answer->callback)(answer->context, HEADRACE_LOG_OK, NULL, 0);
}

static void producers(void *self, const struct headrace_topic_id *id, int32_t partition,
                      headrace_log_producers_done callback, void *context)
{
  (void)id;
  (void)partition;
  answer_new(self, deliver_producers, (void (*)(void))callback, context);
}

/* ---- users ------------------------------------------------------------------------------ */

static void deliver_credentials(struct double_answer *answer)
{
  ((headrace_log_credentials_done)answer->callback)(answer->context, HEADRACE_LOG_OK, NULL, 0);
}

/* There are none. */
static void credentials(void *self, const char *user, headrace_log_credentials_done callback,
                        void *context)
{
  (void)user;
  answer_new(self, deliver_credentials, (void (*)(void))callback, context);
}

/* ---- all
 * ---------------------------------------------------------------------------------------------- */

static enum headrace_result attach(void *self, const struct headrace_log_reader *reader)
{
  ((struct log_double *)self)->reader = *reader;
  return HEADRACE_OK;
}

static const char *cluster_id(void *self)
{
  (void)self;
  return "a-log-in-memory-0000000";
}

struct log_double *log_double_new(void)
{
  struct log_double *log = memory(sizeof *log);
  pthread_mutex_init(&log->lock, NULL);
  log->version = 1;
  log->log = (struct headrace_log){
      .struct_size = sizeof log->log,
      .api_version = HEADRACE_API_VERSION,
      .self = log,
      .attach = attach,
      .serve = serve,
      .cluster_id = cluster_id,
      .catalogue = catalogue,
      .catalogue_release = catalogue_release,
      .catalogue_version = catalogue_version,
      .marks = marks,
      .read = read_records,
      .find = find,
      .create_topic = create_topic,
      .delete_topic = delete_topic,
      .add_partitions = add_partitions,
      .configure_topic = configure_topic,
      .delete_records = delete_records,
      .sizes = ask_sizes,
      .store_offsets = store_offsets,
      .stored_offsets = stored_offsets,
      .groups = ask_groups,
      .set_group_active = set_group_active,
      .delete_group = delete_group,
      .new_producer = new_producer,
      .producers = producers,
      .credentials = credentials,
  };
  return log;
}

void log_double_free(struct log_double *log)
{
  pthread_mutex_destroy(&log->lock);
  while (blocks) {
    struct block *next = blocks->next;
    free(blocks);
    blocks = next;
  }
}
