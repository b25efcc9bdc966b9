/* SPDX-License-Identifier: Apache-2.0 */
#include "log_state.h"

#include "log_numbering.h"
#include "log_pairs.h"
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct log_catalogue {
  struct headrace_log_catalogue shown; /* first: the reader gets its address */
  unsigned readers;                    /* and the state itself */
};

/* ---- settings ----------------------------------------------------------------------- */

static void free_settings(struct headrace_log_settings *settings, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    free((char *)(uintptr_t)settings[i].name);
    log_pairs_free((struct headrace_pair *)(uintptr_t)settings[i].config, settings[i].config_count);
  }
  free(settings);
}

static struct headrace_log_settings *copy_settings(const struct headrace_log_settings *settings,
                                                   size_t count)
{
  struct headrace_log_settings *copy = sink_alloc((count + 1) * sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = (struct headrace_log_settings){
        .name = strdup(settings[i].name),
        .config = log_pairs_copy(settings[i].config, settings[i].config_count),
        .config_count = settings[i].config_count};
  return copy;
}

void log_settings_put(struct log_state *state, const char *name, const struct headrace_pair *config,
                      size_t count)
{
  size_t at = 0;
  while (at < state->settings_count && strcmp(state->settings[at].name, name) != 0)
    at++;
  if (at == state->settings_count) {
    state->settings = sink_realloc(state->settings, (at + 1) * sizeof *state->settings);
    state->settings[state->settings_count++] = (struct headrace_log_settings){.name = strdup(name)};
  }
  struct headrace_log_settings *settings = &state->settings[at];
  log_pairs_free((struct headrace_pair *)(uintptr_t)settings->config, settings->config_count);
  settings->config = log_pairs_copy(config, count);
  settings->config_count = count;
}

void log_state_set_defaults(struct log_state *state, const struct headrace_pair *config,
                            size_t count)
{
  struct headrace_pair *copy = log_pairs_copy(config, count);
  log_lock(state);
  log_pairs_free(state->defaults, state->default_count);
  state->defaults = copy;
  state->default_count = count;
  log_unlock(state);
}

/* ---- the catalogue ------------------------------------------------------------------ */

static void catalogue_drop(struct log_catalogue *catalogue)
{
  if (!catalogue || --catalogue->readers)
    return;
  for (size_t i = 0; i < catalogue->shown.topic_count; i++) {
    const struct headrace_log_topic *topic = &catalogue->shown.topics[i];
    free((char *)(uintptr_t)topic->name);
    log_pairs_free((struct headrace_pair *)(uintptr_t)topic->config, topic->config_count);
  }
  free((struct headrace_log_topic *)(uintptr_t)catalogue->shown.topics);
  free_settings((struct headrace_log_settings *)(uintptr_t)catalogue->shown.settings,
                catalogue->shown.settings_count);
  free(catalogue);
}

static int by_name(const void *a, const void *b)
{
  const struct log_topic *const *left = a, *const *right = b;
  return strcmp((*left)->name, (*right)->name);
}

static int by_id(const void *a, const void *b)
{
  const struct log_topic *const *left = a, *const *right = b;
  return memcmp(&(*left)->id, &(*right)->id, sizeof(*left)->id);
}

/* What topics are looked up in. */
static void sort_live(struct log_state *state)
{
  size_t size = (state->topic_count + 1) * sizeof(struct log_topic *);
  state->by_name = sink_realloc(state->by_name, size);
  state->by_id = sink_realloc(state->by_id, size);
  state->live_count = 0;
  for (size_t i = 0; i < state->topic_count; i++)
    if (!state->topics[i]->deleted)
      state->by_name[state->live_count++] = state->topics[i];
  memcpy(state->by_id, state->by_name, state->live_count * sizeof *state->by_id);
  qsort(state->by_name, state->live_count, sizeof *state->by_name, by_name);
  qsort(state->by_id, state->live_count, sizeof *state->by_id, by_id);
}

void log_state_publish(struct log_state *state)
{
  struct log_catalogue *catalogue = sink_alloc(sizeof *catalogue);
  sort_live(state);
  struct headrace_log_topic *topics = sink_alloc((state->live_count + 1) * sizeof *topics);
  for (size_t i = 0; i < state->live_count; i++) {
    const struct log_topic *topic = state->by_name[i];
    topics[i] = (struct headrace_log_topic){
        .name = strdup(topic->name),
        .id = topic->id,
        .partition_count = topic->partition_count,
        .config = log_pairs_copy(topic->config, topic->config_count),
        .config_count = topic->config_count,
    };
  }
  catalogue->readers = 1;
  catalogue->shown = (struct headrace_log_catalogue){
      .version = ++state->version,
      .topics = topics,
      .topic_count = state->live_count,
      .settings = copy_settings(state->settings, state->settings_count),
      .settings_count = state->settings_count,
  };
  catalogue_drop(state->catalogue);
  state->catalogue = catalogue;
}

const struct headrace_log_catalogue *log_catalogue_take(struct log_state *state)
{
  log_lock(state);
  struct log_catalogue *catalogue = state->catalogue;
  catalogue->readers++;
  log_unlock(state);
  return &catalogue->shown;
}

void log_catalogue_release(struct log_state *state, const struct headrace_log_catalogue *catalogue)
{
  log_lock(state);
  catalogue_drop((struct log_catalogue *)(uintptr_t)catalogue);
  log_unlock(state);
}

uint64_t log_catalogue_version(struct log_state *state)
{
  log_lock(state);
  uint64_t version = state->version;
  log_unlock(state);
  return version;
}

/* ---- topics and partitions ---------------------------------------------------------- */

void log_state_init(struct log_state *state)
{
  pthread_mutex_init(&state->mutex, NULL);
  pthread_cond_init(&state->drained, NULL);
  log_state_publish(state);
}

static void partition_free(struct log_partition *partition)
{
  log_producers_free(partition->producers);
  free(partition->segments);
  free(partition->epochs);
  free(partition);
}

static void topic_free(struct log_topic *topic)
{
  for (int32_t n = 0; n < topic->partition_count; n++)
    partition_free(topic->partitions[n]);
  free(topic->partitions);
  log_pairs_free(topic->config, topic->config_count);
  free(topic->name);
  free(topic);
}

static bool is_gone(const struct log_topic *topic)
{
  return topic->deleted && topic->dropped && !topic->pending && !topic->busy;
}

void log_state_sweep(struct log_state *state)
{
  size_t kept = 0;
  log_lock(state);
  for (size_t i = 0; i < state->topic_count; i++) {
    struct log_topic *topic = state->topics[i];
    if (!is_gone(topic)) {
      state->topics[kept++] = topic;
      continue;
    }
    state->gone = sink_grow(state->gone, state->gone_count, &state->gone_capacity,
                            sizeof(struct log_topic *));
    state->gone[state->gone_count++] = topic;
  }
  state->topic_count = kept;
  log_unlock(state);
}

void log_state_free_gone(struct log_state *state)
{
  log_lock(state);
  while (state->gone_count)
    topic_free(state->gone[--state->gone_count]);
  log_unlock(state);
}

void log_state_free(struct log_state *state)
{
  log_state_free_gone(state);
  for (size_t i = 0; i < state->topic_count; i++)
    topic_free(state->topics[i]);
  free(state->gone);
  free(state->topics);
  free(state->by_name);
  free(state->by_id);
  free_settings(state->settings, state->settings_count);
  log_pairs_free(state->defaults, state->default_count);
  catalogue_drop(state->catalogue);
  pthread_cond_destroy(&state->drained);
  pthread_mutex_destroy(&state->mutex);
}

struct log_topic *log_topic_add(struct log_state *state, int32_t number,
                                const struct headrace_topic_id *id, const char *name)
{
  struct log_topic *topic = sink_alloc(sizeof *topic);
  topic->number = number;
  topic->id = *id;
  topic->name = strdup(name);
  state->topics = sink_grow(state->topics, state->topic_count, &state->topic_capacity,
                            sizeof(struct log_topic *));
  size_t at = state->topic_count++;
  for (; at > 0 && state->topics[at - 1]->number > number; at--)
    state->topics[at] = state->topics[at - 1];
  return state->topics[at] = topic;
}

void log_topic_configure(struct log_topic *topic, const struct headrace_pair *config, size_t count)
{
  struct headrace_pair *copy = log_pairs_copy(config, count);
  log_pairs_free(topic->config, topic->config_count);
  topic->config = copy;
  topic->config_count = count;
}

struct log_partition *log_partition_add(struct log_topic *topic)
{
  struct log_partition *partition = sink_alloc(sizeof *partition);
  partition->topic = topic;
  partition->number = topic->partition_count;
  partition->producers = log_producers_new();
  topic->partitions = sink_realloc(topic->partitions, ((size_t)topic->partition_count + 1) *
                                                          sizeof(struct log_partition *));
  return topic->partitions[topic->partition_count++] = partition;
}

void log_segment_add(struct log_partition *partition, struct log_segment segment)
{
  partition->segments = sink_grow(partition->segments, partition->segment_count,
                                  &partition->segment_capacity, sizeof *partition->segments);
  partition->segments[partition->segment_count++] = segment;
}

void log_epoch_add(struct log_partition *partition, struct log_epoch epoch)
{
  partition->epochs = sink_grow(partition->epochs, partition->epoch_count,
                                &partition->epoch_capacity, sizeof *partition->epochs);
  partition->epochs[partition->epoch_count++] = epoch;
}

/* Of a name that is not ended by a zero. */
static int compare_name(const char *name, size_t size, const char *with)
{
  int order = strncmp(name, with, size);
  return order ? order : -(with[size] != 0);
}

struct log_topic *log_topic_named(const struct log_state *state, const char *name, size_t size)
{
  size_t low = 0, high = state->live_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_name(name, size, state->by_name[middle]->name);
    if (order == 0)
      return state->by_name[middle];
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

struct log_topic *log_topic_numbered(const struct log_state *state, int32_t number)
{
  size_t low = 0, high = state->topic_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (state->topics[middle]->number == number)
      return state->topics[middle];
    if (state->topics[middle]->number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

struct log_topic *log_topic_by_id(const struct log_state *state, const struct headrace_topic_id *id)
{
  struct log_topic wanted = {.id = *id};
  const struct log_topic *key = &wanted;
  struct log_topic **found = state->live_count ? bsearch(&key, state->by_id, state->live_count,
                                                         sizeof *state->by_id, by_id)
                                               : NULL;
  return found ? *found : NULL;
}

struct log_partition *log_partition_at(const struct log_topic *topic, int32_t number)
{
  return topic && number >= 0 && number < topic->partition_count ? topic->partitions[number] : NULL;
}

struct log_partition *log_partition_by_id(struct log_state *state,
                                          const struct headrace_topic_id *id, int32_t number)
{
  log_lock(state);
  struct log_partition *partition = log_partition_at(log_topic_by_id(state, id), number);
  log_unlock(state);
  return partition;
}

enum headrace_log_error log_state_marks(struct log_state *state, const struct headrace_topic_id *id,
                                        int32_t partition, struct headrace_log_marks *marks)
{
  log_lock(state);
  const struct log_partition *known = log_partition_at(log_topic_by_id(state, id), partition);
  if (known)
    *marks = (struct headrace_log_marks){known->start, known->end, known->leader_epoch};
  log_unlock(state);
  return known ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC;
}

/* As LeaderEpochFileCache.endOffsetFor() of Kafka has it. */
static struct headrace_log_epoch_end epoch_end(const struct log_partition *partition, int32_t epoch)
{
  struct headrace_log_epoch_end end = {.leader_epoch = epoch, .offset = partition->end};
  if (epoch < 0 || epoch > partition->leader_epoch)
    return (struct headrace_log_epoch_end){-1, -1};
  if (epoch == partition->leader_epoch)
    return end;
  end.leader_epoch = 0; /* which began with the partition */
  for (size_t i = 0; i < partition->epoch_count; i++) {
    if (partition->epochs[i].number > epoch) {
      end.offset = partition->epochs[i].start;
      break;
    }
    end.leader_epoch = partition->epochs[i].number;
  }
  return end;
}

enum headrace_log_error log_state_epoch_end(struct log_state *state,
                                            const struct headrace_topic_id *id, int32_t partition,
                                            int32_t leader_epoch,
                                            struct headrace_log_epoch_end *end)
{
  log_lock(state);
  const struct log_partition *known = log_partition_at(log_topic_by_id(state, id), partition);
  if (known)
    *end = epoch_end(known, leader_epoch);
  log_unlock(state);
  return known ? HEADRACE_LOG_OK : HEADRACE_LOG_UNKNOWN_TOPIC;
}

/* So many are on their way no more. */
void log_topic_settled(struct log_state *state, struct log_topic *topic, uint64_t records)
{
  topic->pending -= records;
  if (!topic->pending)
    pthread_cond_broadcast(&state->drained);
}

bool log_state_wait_drained(struct log_state *state, const struct log_topic *topic, int timeout_ms)
{
  struct timespec deadline;
  int error = 0;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += timeout_ms / 1000;
  log_lock(state);
  while (topic->pending && !error)
    error = pthread_cond_timedwait(&state->drained, &state->mutex, &deadline);
  bool drained = !topic->pending;
  log_unlock(state);
  return drained;
}

/* ---- ids ---------------------------------------------------------------------------- */

void log_id_text(const struct headrace_topic_id *id, char *text)
{
  for (size_t i = 0; i < sizeof id->bytes; i++)
    text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id->bytes[i]);
}

bool log_id_read(const char *text, struct headrace_topic_id *id)
{
  for (size_t i = 0; i < sizeof id->bytes; i++) {
    char digits[3] = {0};
    text += *text == '-';
    for (size_t n = 0; n < 2 && *text; n++)
      digits[n] = *text++;
    char *end;
    id->bytes[i] = (uint8_t)strtoul(digits, &end, 16);
    if (end != digits + 2)
      return false;
  }
  return !*text;
}
