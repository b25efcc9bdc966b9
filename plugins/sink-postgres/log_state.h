/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: what is known of topics and partitions, in memory.
 *
 * A topic that is deleted is taken out once its tables are dropped and no record is on its way to
 * it, by the lane that keeps, and freed by the worker. So pointers stay good: the worker's until
 * it frees, the keeping lane's until it takes out, the control lane's while the topic is `busy` or
 * not deleted. Others copy what they need while they have the mutex. What says "locked" is read and
 * written with the mutex held, by any thread; "worker" belongs to the thread of the sink's
 * callbacks. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_STATE_H
#define HEADRACE_SINK_POSTGRES_LOG_STATE_H

#include <headrace/log.h>
#include <pthread.h>
#include <stdbool.h>

/* A table that holds the records of one partition from `first` up to before `end`. */
struct log_segment {
  int64_t first;
  int64_t end;
  bool sealed; /* nothing comes into it any more, and it has the indexes of such */
};

struct log_epoch { /* of a leader */
  int32_t number;
  int64_t start; /* its first offset */
};

/* A time as SQL has it; beyond these it is no interval any more. */
#define LOG_TIMESTAMP_OF_MS "timestamptz 'epoch' + %" PRId64 " * interval '1 ms'"
#define LOG_TIME_LEAST_MS   INT64_C(-210000000000000)
#define LOG_TIME_MOST_MS    INT64_C(9200000000000000)

/* Records that have no row in the table times yet. */
struct log_times {
  int64_t first;
  int64_t newest_ms;
  bool any;     /* some record has a time */
  bool unknown; /* what an earlier process wrote is among them */
};

struct log_topic;
struct log_producers;
struct log_group;

struct log_partition {
  struct log_topic *topic;
  int32_t number;
  /* locked */
  int64_t start, end; /* as in struct headrace_log_marks */
  int32_t leader_epoch;
  struct log_segment *segments; /* those that are committed, in order */
  size_t segment_count, segment_capacity;
  size_t row_bytes;         /* about how long a record is; 0: not known */
  struct log_epoch *epochs; /* after the first, in order */
  size_t epoch_count, epoch_capacity;
  /* worker */
  int64_t next;            /* offset of the next record that comes */
  int64_t segment_end;     /* what is before it has its table, or will have it with its records */
  struct log_group *group; /* the last one that it has records in, and where it is in there */
  size_t group_entry;
  struct log_producers *producers;
  struct log_times times;
};

struct log_topic {
  int32_t number; /* messages.topic_id */
  struct headrace_topic_id id;
  char *name;
  /* locked */
  struct headrace_pair *config;
  size_t config_count;
  struct log_partition **partitions;
  int32_t partition_count;
  bool deleted;     /* nothing new is taken, and readers do not see it */
  bool dropped;     /* its rows and tables are gone too */
  bool busy;        /* the control lane is at it */
  uint64_t pending; /* records on their way */
};

struct log_state {
  pthread_mutex_t mutex;
  pthread_cond_t drained;    /* the `pending` of a topic came down to 0 */
  struct log_topic **topics; /* locked; in the order of their numbers, also deleted ones */
  size_t topic_count, topic_capacity;
  struct log_topic **gone; /* locked; taken out of them, to be freed */
  size_t gone_count, gone_capacity;
  struct log_topic **by_name, **by_id; /* locked; those that are not deleted, sorted so */
  size_t live_count;
  struct headrace_log_settings *settings; /* locked */
  size_t settings_count;
  struct headrace_pair *defaults; /* locked; of topics, as the reader has set them */
  size_t default_count;
  struct log_catalogue *catalogue; /* locked */
  uint64_t version;
  char cluster_id[64]; /* fixed once it is open */
  int64_t owner_epoch; /* likewise */
};

void log_state_init(struct log_state *state);
void log_state_free(struct log_state *state);

static inline void log_lock(struct log_state *state)
{
  pthread_mutex_lock(&state->mutex);
}

static inline void log_unlock(struct log_state *state)
{
  pthread_mutex_unlock(&state->mutex);
}

/* All of these: locked. */
struct log_topic *log_topic_add(struct log_state *state, int32_t number,
                                const struct headrace_topic_id *id, const char *name);
void log_topic_configure(struct log_topic *topic, const struct headrace_pair *config, size_t count);
void log_settings_put(struct log_state *state, const char *name, const struct headrace_pair *config,
                      size_t count);
void log_topic_settled(struct log_state *state, struct log_topic *topic, uint64_t records);
struct log_partition *log_partition_add(struct log_topic *topic); /* the next number */
void log_segment_add(struct log_partition *partition, struct log_segment segment);
void log_epoch_add(struct log_partition *partition, struct log_epoch epoch);
struct log_topic *log_topic_named(const struct log_state *state, const char *name, size_t size);
struct log_topic *log_topic_numbered(const struct log_state *state, int32_t number);
/* NULL: there is none, or it was deleted. */
struct log_topic *log_topic_by_id(const struct log_state *state,
                                  const struct headrace_topic_id *id);
struct log_partition *log_partition_at(const struct log_topic *topic, int32_t number);
void log_state_publish(struct log_state *state); /* a new catalogue */

/* Not locked: they do it. */
void log_state_set_defaults(struct log_state *state, const struct headrace_pair *config,
                            size_t count);
struct log_partition *log_partition_by_id(struct log_state *state,
                                          const struct headrace_topic_id *id, int32_t number);
enum headrace_log_error log_state_marks(struct log_state *state, const struct headrace_topic_id *id,
                                        int32_t partition, struct headrace_log_marks *marks);
enum headrace_log_error log_state_epoch_end(struct log_state *state,
                                            const struct headrace_topic_id *id, int32_t partition,
                                            int32_t leader_epoch,
                                            struct headrace_log_epoch_end *end);
const struct headrace_log_catalogue *log_catalogue_take(struct log_state *state);
void log_state_sweep(struct log_state *state);     /* takes out what is gone: keeping lane */
void log_state_free_gone(struct log_state *state); /* worker */
/* Until nothing is on its way to it. False: not in time. */
bool log_state_wait_drained(struct log_state *state, const struct log_topic *topic, int timeout_ms);
void log_catalogue_release(struct log_state *state, const struct headrace_log_catalogue *catalogue);
uint64_t log_catalogue_version(struct log_state *state);

/* "8c1b…-…": as PostgreSQL writes it; 37 bytes. False: that is no uuid. */
void log_id_text(const struct headrace_topic_id *id, char *text);
bool log_id_read(const char *text, struct headrace_topic_id *id);

#endif
