/* SPDX-License-Identifier: Apache-2.0
 *
 * The log interface of headrace's plugin ABI, version 1: a sink that keeps records in numbered
 * order, and can be read back, offers it (struct headrace_plugin.log); a source that serves
 * readers asks for its pipeline's (struct headrace_host.sink_log). Optional for both.
 *
 * Words: a topic has partitions, each of which is a sequence of records with offsets
 * that rise by one and are never given twice. Records are appended by the pipeline only: as
 * events with record->topic and record->partition set; the receipt of an event is its offset.
 *
 * Threads: one thread asks, that of the source's callbacks; the sink's own callbacks run on
 * another at the same time. No function but attach() waits for the network or a disk: what needs
 * either is a question, whose answer comes later, inside of serve(), on the thread that asked. The
 * function `wake` that attach() is given may be called on any thread, and says that serve() has
 * something.
 *
 * The sink is closed before the source, and forgets questions, reader and answers then: no
 * function may be called in the source's close().
 *
 * Memory: arguments of questions are copied before the function returns. Answers are valid until
 * their callback returns, except those of read(), which have a release().
 *
 * Compatibility as in plugin.h: fields are only appended, struct_size says how many there are.
 *
 * Changelog
 *   1 (0.1.0)  first version.
 */
#ifndef HEADRACE_LOG_INTERFACE_H
#define HEADRACE_LOG_INTERFACE_H

#include <headrace/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct headrace_topic_id {
  uint8_t bytes[16]; /* never all zero; another one when a topic is made again */
};

struct headrace_log_topic {
  const char *name;
  struct headrace_topic_id id;
  int32_t partition_count;
  const struct headrace_pair *config; /* what was set for this topic, by name */
  size_t config_count;
};

/* What is configured of other things than topics. */
struct headrace_log_settings {
  const char *name; /* the asker's own, for what has them */
  const struct headrace_pair *config;
  size_t config_count;
};

/* All topics at one time, by name. Immutable. The settings are there if the log has configure(). */
struct headrace_log_catalogue {
  uint64_t version; /* rises with every change */
  const struct headrace_log_topic *topics;
  size_t topic_count;
  const struct headrace_log_settings *settings;
  size_t settings_count;
};

struct headrace_log_marks {
  int64_t start;        /* the first offset that can be read */
  int64_t end;          /* the high watermark: after the last record that is committed */
  int32_t leader_epoch; /* rises when committed records may have been lost (a promoted standby) */
};

struct headrace_log_epoch_end {
  int32_t leader_epoch; /* the newest that is not above what was asked for; -1: none is known */
  int64_t offset;       /* where its records end; -1: not known */
};

enum headrace_log_error {
  HEADRACE_LOG_OK = 0,
  HEADRACE_LOG_AWAY,          /* the store cannot be reached now: ask again later */
  HEADRACE_LOG_UNKNOWN_TOPIC, /* or partition, group */
  HEADRACE_LOG_EXISTS,
  HEADRACE_LOG_OUT_OF_RANGE, /* an offset that is not there any more, or not yet */
  HEADRACE_LOG_INVALID,      /* what was asked for makes no sense; the reason says why */
  HEADRACE_LOG_FENCED,       /* another process writes this log now; the pipeline stops */
  HEADRACE_LOG_FAULT         /* anything else; said by log() */
};

/* An answer without more than its error. `reason`: a sentence, or NULL. */
typedef void (*headrace_log_done)(void *context, enum headrace_log_error, const char *reason);

/* ---- records --------------------------------------------------------------------------- */

/* Of read(): records of one partition, in the order of their offsets, which may have gaps. */
struct headrace_log_records {
  enum headrace_log_error error;
  const char *reason;
  const struct headrace_record *records; /* offset and timestamp_ms are set */
  size_t count;
  int64_t next; /* all before is known: records[count-1].offset + 1, or after a gap */
  void (*release)(struct headrace_log_records *); /* once, on the thread that asked */
  void *owner;
};

typedef void (*headrace_log_read_done)(void *context, struct headrace_log_records *);

struct headrace_log_place { /* what find() gives */
  enum headrace_log_error error;
  int64_t offset;       /* -1: there is none */
  int64_t timestamp_ms; /* of that record; -1: there is none */
};

typedef void (*headrace_log_find_done)(void *context, const struct headrace_log_place *);

enum { /* times that find() understands besides milliseconds since 1970-01-01 UTC */
       HEADRACE_LOG_LARGEST_TIME = -3 /* the record with the largest timestamp */
};

/* ---- groups' offsets --------------------------------------------------------------------- */

struct headrace_log_offset {
  const char *topic;
  struct headrace_topic_id id;
  int32_t partition;
  int64_t offset;       /* -1: none; others are kept as they are, also -2 */
  int32_t leader_epoch; /* -1: not known */
  const char *metadata; /* never NULL */
  int64_t committed_at_ms;
};

typedef void (*headrace_log_offsets_done)(void *context, enum headrace_log_error,
                                          const struct headrace_log_offset *, size_t count);
/* Names of all groups that have offsets. */
typedef void (*headrace_log_groups_done)(void *context, enum headrace_log_error,
                                         const char *const *groups, size_t count);

/* ---- users ------------------------------------------------------------------------------- */

struct headrace_log_bytes {
  const void *data;
  size_t size;
};

/* What a user is told by (RFC 5802): neither the password nor enough to log in with. */
struct headrace_log_credential {
  const char *user;
  const char *mechanism; /* "SCRAM-SHA-256" */
  int32_t iterations;    /* above 0; of alter_credentials() also 0: it is taken away */
  struct headrace_log_bytes salt, stored_key, server_key;
};

/* By user and mechanism, in the order of their bytes. */
typedef void (*headrace_log_credentials_done)(void *context, enum headrace_log_error,
                                              const struct headrace_log_credential *, size_t count);

/* ---- topics ---------------------------------------------------------------------------- */

struct headrace_log_new_topic {
  const char *name; /* the asker has checked that it is legal */
  int32_t partition_count;
  const struct headrace_pair *config;
  size_t config_count;
};

struct headrace_log_size { /* what sizes() gives */
  struct headrace_topic_id id;
  int32_t partition;
  int64_t bytes; /* on disk, about */
};

typedef void (*headrace_log_sizes_done)(void *context, enum headrace_log_error,
                                        const struct headrace_log_size *, size_t count);

/* A partition's memory of a producer that numbers its records. */
struct headrace_log_producer {
  int64_t id;
  int16_t epoch;
  int32_t last_sequence;
  int64_t last_timestamp_ms;
};

typedef void (*headrace_log_producers_done)(void *context, enum headrace_log_error,
                                            const struct headrace_log_producer *, size_t count);
typedef void (*headrace_log_number_done)(void *context, enum headrace_log_error, int64_t number);

/* ---- the table ---------------------------------------------------------------------------- */

/* `advanced`, in serve(): records were appended by somebody else than this pipeline. */
struct headrace_log_reader {
  void *context;
  void (*wake)(void *context); /* any thread */
  void (*advanced)(void *context, const struct headrace_topic_id *, int32_t partition);
};

struct headrace_log {
  uint32_t struct_size;
  uint32_t api_version;
  void *self; /* first argument of all functions */

  /* Once, before anything else, in open() or start(): the store is opened, and whoever wrote to it
   * before is shut out. This one waits for the network; OK, or RETRY or FATAL, which was said. */
  enum headrace_result (*attach)(void *self, const struct headrace_log_reader *);
  void (*serve)(void *self); /* calls back what has its answer */

  /* What is known without asking. */
  const char *(*cluster_id)(void *self); /* the same for the store's whole life */
  const struct headrace_log_catalogue *(*catalogue)(void *self); /* never NULL */
  void (*catalogue_release)(void *self, const struct headrace_log_catalogue *);
  uint64_t (*catalogue_version)(void *self);
  enum headrace_log_error (*marks)(void *self, const struct headrace_topic_id *, int32_t partition,
                                   struct headrace_log_marks *);

  /* Records from `offset` on, at most about max_bytes, at least one if there is one. */
  void (*read)(void *self, const struct headrace_topic_id *, int32_t partition, int64_t offset,
               size_t max_bytes, headrace_log_read_done, void *context);
  /* The first record with this or a later timestamp. */
  void (*find)(void *self, const struct headrace_topic_id *, int32_t partition,
               int64_t timestamp_ms, headrace_log_find_done, void *context);

  /* Topics. When the answer comes, the catalogue has it. */
  void (*create_topic)(void *self, const struct headrace_log_new_topic *, headrace_log_done,
                       void *context);
  void (*delete_topic)(void *self, const struct headrace_topic_id *, headrace_log_done,
                       void *context);
  void (*add_partitions)(void *self, const struct headrace_topic_id *, int32_t count_after,
                         headrace_log_done, void *context);
  /* Replaces all that was set. */
  void (*configure_topic)(void *self, const struct headrace_topic_id *,
                          const struct headrace_pair *config, size_t count, headrace_log_done,
                          void *context);
  /* What is before the offset is not to be read any more; -1: all that is committed. */
  void (*delete_records)(void *self, const struct headrace_topic_id *, int32_t partition,
                         int64_t before, headrace_log_number_done, void *context);
  void (*sizes)(void *self, headrace_log_sizes_done, void *context);

  /* Groups. Offsets of a group expire some time after it was left by its last member; a group
   * that is `active` keeps them. Offset -1 deletes one. Those of topics and partitions that are
   * not there any more are left out, and the catalogue does not have them when the answer comes;
   * UNKNOWN_TOPIC: that is all of them. */
  void (*store_offsets)(void *self, const char *group, const struct headrace_log_offset *,
                        size_t count, headrace_log_done, void *context);
  void (*stored_offsets)(void *self, const char *group, headrace_log_offsets_done, void *context);
  void (*groups)(void *self, headrace_log_groups_done, void *context);
  void (*set_group_active)(void *self, const char *group, const char *protocol_type, int active);
  void (*delete_group)(void *self, const char *group, headrace_log_done, void *context);

  /* Producers that number their records: struct headrace_numbering. */
  void (*new_producer)(void *self, headrace_log_number_done, void *context);
  void (*producers)(void *self, const struct headrace_topic_id *, int32_t partition,
                    headrace_log_producers_done, void *context);

  /* What is known without asking: where records of this leader epoch and those before it end. */
  enum headrace_log_error (*epoch_end)(void *self, const struct headrace_topic_id *,
                                       int32_t partition, int32_t leader_epoch,
                                       struct headrace_log_epoch_end *);

  /* Users. Either all alterations or none; what is to be taken away and is not there is no error.
   * `user` NULL: those of all. */
  void (*alter_credentials)(void *self, const struct headrace_log_credential *, size_t count,
                            headrace_log_done, void *context);
  void (*credentials)(void *self, const char *user, headrace_log_credentials_done, void *context);

  /* Settings, which the log keeps for the asker and does not heed itself. Replaces all of this
   * name; when the answer comes, the catalogue has them. */
  void (*configure)(void *self, const char *name, const struct headrace_pair *config, size_t count,
                    headrace_log_done, void *context);
  /* What topics have that do not set it themselves. The log does not keep it: it is told after
   * attach(), and whenever it has changed. No question. */
  void (*set_topic_defaults)(void *self, const struct headrace_pair *config, size_t count);
  /* What topics have, by the log's own keys, where neither they nor the defaults above say it;
   * NULL: the keys say nothing of it. Valid as long as the log is open. */
  const char *(*topic_default)(void *self, const char *name);
};

/* Classes of reject() that a sink with a log uses, and the source that answers understands. */
#define HEADRACE_REJECT_UNKNOWN_TOPIC    "unknown-topic"   /* or partition */
#define HEADRACE_REJECT_OUT_OF_SEQUENCE  "out-of-sequence" /* records before it are missing */
#define HEADRACE_REJECT_OLD_EPOCH        "old-epoch" /* a newer instance of the producer is there */
#define HEADRACE_REJECT_UNKNOWN_PRODUCER "unknown-producer"
#define HEADRACE_REJECT_INVALID          "invalid"

#ifdef __cplusplus
}
#endif

#endif
