/* SPDX-License-Identifier: Apache-2.0
 *
 * headrace plugin ABI, version 1. The manual is headrace-plugin(3).
 *
 * The one header a plugin needs. C99, also valid C++. A plugin is a shared
 * object that exports one function, made by HEADRACE_REGISTER_PLUGIN, and
 * links nothing of headrace: every service comes through struct headrace_host.
 *
 * Compatibility: fields are only ever appended, at the end of a struct. Each
 * struct that crosses the boundary says its size, the host reads what is there
 * and treats the rest as zero. HEADRACE_API_VERSION rises only if a plugin
 * that was built before could misbehave, and then old plugins are refused.
 *
 * Changelog
 *   1 (0.1.0)  first version.
 */
#ifndef HEADRACE_PLUGIN_H
#define HEADRACE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEADRACE_API_VERSION 1

struct headrace_log; /* <headrace/log.h> */

#if defined(__GNUC__)
#define HEADRACE_EXPORT       __attribute__((visibility("default")))
#define HEADRACE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define HEADRACE_EXPORT
#define HEADRACE_PRINTF(f, a)
#endif

/* ---- results and words ------------------------------------------------- */

enum headrace_result {
  HEADRACE_OK = 0,
  HEADRACE_AGAIN, /* nothing done, nothing wrong: ask again (sink: batch not taken) */
  HEADRACE_RETRY, /* said by log(); the host stops the run and starts it anew, with backoff */
  HEADRACE_FATAL, /* said by log(); this pipeline stops until an operator acts */
  HEADRACE_END /* source: nothing more will ever come; the pipeline drains and ends. Sink: it wants
                  no more; what it has not reported as durable is not acknowledged */
};

enum headrace_kind { HEADRACE_SOURCE = 1, HEADRACE_FILTER, HEADRACE_CODEC, HEADRACE_SINK };
enum headrace_level { HEADRACE_ERROR = 0, HEADRACE_WARNING, HEADRACE_INFO, HEADRACE_DEBUG };

/* ---- configuration: a table, parsed and checked by the host ------------ */

enum headrace_key_type {
  HEADRACE_STRING = 0,
  HEADRACE_SECRET, /* a string that is never logged; KEY_file reads it from a file */
  HEADRACE_BOOL,   /* yes/no, true/false, on/off, 1/0 */
  HEADRACE_INT,
  HEADRACE_SIZE, /* bytes: 65536, 64KiB, 16MiB, 1GiB (k, kB, M, MB … are powers of 1024 too) */
  HEADRACE_DURATION, /* milliseconds: 250ms, 10s, 5m, 1h, 1d; a bare number is milliseconds */
  HEADRACE_ENUM,
  HEADRACE_LIST, /* a, b, c */
  HEADRACE_MAP   /* a = x, b = y */
};

enum { HEADRACE_REQUIRED = 1u };

struct headrace_key {
  const char *name; /* "slot"; "driver.*" takes every key with that beginning */
  enum headrace_key_type type;
  const char *default_value; /* as an INI file would say it; NULL: none */
  unsigned flags;
  const char *choices;     /* ENUM (and the items of a LIST): "leave|default|full" */
  const char *environment; /* variables that override it: "DB_HOST MY_DB_HOST" */
  const char *help;        /* one line */
};

struct headrace_pair {
  const char *name;  /* the item of a list, or the left side of a map */
  const char *value; /* NULL for a list */
};

/* ---- data -------------------------------------------------------------- */

enum headrace_state {
  HEADRACE_NULL = 0,
  HEADRACE_ABSENT, /* not sent: unchanged large value, or column not in the event */
  HEADRACE_TEXT,   /* the canonical text of the column's type, UTF-8 */
  HEADRACE_BINARY, /* bytes */
  HEADRACE_LITERAL /* of an UNTYPED column: a number, boolean, array or object as it was written */
};

struct headrace_value {
  const char *data; /* not NUL-terminated */
  uint32_t size;
  uint32_t state; /* enum headrace_state */
};

/* Logical types, and the one text of each. */
enum headrace_type {
  HEADRACE_TYPE_OTHER = 0, /* the source's own text */
  HEADRACE_TYPE_BOOL,      /* t, f */
  HEADRACE_TYPE_INT16,
  HEADRACE_TYPE_INT32,
  HEADRACE_TYPE_INT64,
  HEADRACE_TYPE_FLOAT32, /* shortest text that reads back the same; NaN, Infinity, -Infinity */
  HEADRACE_TYPE_FLOAT64,
  HEADRACE_TYPE_NUMERIC, /* plain digits, never an exponent; NaN, Infinity, -Infinity */
  HEADRACE_TYPE_TEXT,
  HEADRACE_TYPE_BYTES,       /* TEXT state: \x and lower-case hex; BINARY state: the bytes */
  HEADRACE_TYPE_DATE,        /* 2026-01-31, 0044-03-15 BC, infinity, -infinity */
  HEADRACE_TYPE_TIME,        /* 04:05:06.789 */
  HEADRACE_TYPE_TIMETZ,      /* 04:05:06.789-08, +05:30, +01:02:03 */
  HEADRACE_TYPE_TIMESTAMP,   /* 2026-01-31 04:05:06.789, " BC", infinity, -infinity */
  HEADRACE_TYPE_TIMESTAMPTZ, /* the same with +00: sources fix the zone to UTC */
  HEADRACE_TYPE_INTERVAL,    /* 1 year 2 mons 3 days 04:05:06.789 */
  HEADRACE_TYPE_UUID,
  HEADRACE_TYPE_JSON,
  HEADRACE_TYPE_XML,
  HEADRACE_TYPE_ENUM,
  HEADRACE_TYPE_BIT,       /* 0101 */
  HEADRACE_TYPE_INET,      /* addresses of any kind */
  HEADRACE_TYPE_RANGE,     /* [1,10) */
  HEADRACE_TYPE_ARRAY,     /* {1,NULL,"a b"}, nested; element_type says of what */
  HEADRACE_TYPE_COMPOSITE, /* (1,"a b",) */
  HEADRACE_TYPE_MONEY,     /* -1234.56, without currency or grouping */
  HEADRACE_TYPE_OID,
  HEADRACE_TYPE_HSTORE, /* "a"=>"1", "b"=>NULL */
  HEADRACE_TYPE_POINT,  /* (1,2) */
  HEADRACE_TYPE_LTREE,
  HEADRACE_TYPE_UNTYPED /* the event did not say: TEXT is a string's characters, JSON the rest; who
                           knows the wanted type converts, see struct headrace_conventions */
};

enum { /* struct headrace_column.flags */
       HEADRACE_COLUMN_NULLABLE = 1u,
       HEADRACE_COLUMN_GENERATED = 2u,
       HEADRACE_COLUMN_IDENTITY = 4u /* the value comes from a sequence when none is given */
};

struct headrace_column {
  const char *name;
  const char *type_name;     /* the source's own, with schema where it is not built in */
  const char *default_text;  /* canonical text of a constant default; NULL: none or not constant */
  const char *const *labels; /* ENUM: its labels in order, ended by NULL */
  int32_t type_modifier;     /* the source's own; -1: none */
  int32_t precision;         /* digits of a NUMERIC, length of a text or BIT, -1: none */
  int32_t scale; /* of a NUMERIC; fraction digits of a time, timestamp, interval; -1: none */
  uint16_t type; /* enum headrace_type; a domain has its base's type */
  uint16_t element_type; /* of an ARRAY; precision, scale and labels are its elements' too */
  uint32_t flags;
  uint32_t type_id; /* the source's own number of the type; 0: none */
};

/* How values of UNTYPED columns are written where their form does not tell. All zero: as
 * Debezium writes them by default. A number for a date is always days since 1970-01-01. */
enum headrace_numeric_form {
  HEADRACE_NUMERIC_UNSCALED =
      0,                 /* base64 of the big-endian two's complement; scale: the target's */
  HEADRACE_NUMERIC_PLAIN /* a string of digits, or a number */
};
enum headrace_time_form { /* of a number for a time or timestamp */
                          HEADRACE_TIME_ADAPTIVE =
                              0, /* milliseconds if the target has ≤ 3 digits, else microseconds */
                          HEADRACE_TIME_MICROSECONDS, /* times of day so; timestamps adaptive */
                          HEADRACE_TIME_MILLISECONDS, /* both */
                          HEADRACE_TIME_ALL_MICROSECONDS,
                          HEADRACE_TIME_NANOSECONDS
};
enum headrace_binary_form {
  HEADRACE_BINARY_BASE64 = 0,
  HEADRACE_BINARY_BASE64URL,
  HEADRACE_BINARY_HEX /* perhaps with \x before it, as PostgreSQL writes it */
};

struct headrace_conventions {
  uint8_t numeric; /* enum headrace_numeric_form */
  uint8_t time;    /* enum headrace_time_form */
  uint8_t binary;  /* enum headrace_binary_form */
  uint8_t reserved;
};

struct headrace_relation {
  uint64_t id; /* given by the host: never used twice in a process, so a safe cache key */
  const char *database;
  const char *schema;
  const char *table;
  const struct headrace_column *columns;
  const uint16_t *key; /* indexes of the key's columns, in key order */
  uint32_t column_count;
  uint32_t key_count;                      /* 0: no key */
  struct headrace_conventions conventions; /* of its UNTYPED columns */
};

enum headrace_operation {
  HEADRACE_INSERT = 1,
  HEADRACE_UPDATE,
  HEADRACE_DELETE,
  HEADRACE_READ, /* a row of a snapshot */
  HEADRACE_TRUNCATE,
  HEADRACE_MESSAGE,
  /* No rows, and sent only if a stage wants them, see want(). */
  HEADRACE_BEGIN,    /* a transaction that has events begins */
  HEADRACE_COMMIT,   /* it ends; transaction->counts tells of what */
  HEADRACE_HEARTBEAT /* the source is alive */
};

enum {                           /* struct headrace_change.flags */
       HEADRACE_OLD_IS_KEY = 1u, /* old_values holds the key's columns, the others are ABSENT */
       HEADRACE_TRUNCATE_CASCADE = 2u,
       HEADRACE_TRUNCATE_RESTART = 4u,
       HEADRACE_MESSAGE_TRANSACTIONAL = 8u,
       HEADRACE_READ_ON_DEMAND = 16u /* READ: asked for while the source was streaming */
};

/* What a stage asks of the source, by want() in open(). */
enum {
  HEADRACE_WANT_TRANSACTIONS = 1u, /* BEGIN and COMMIT */
  HEADRACE_WANT_HEARTBEATS = 2u
};

struct headrace_relation_count {
  const struct headrace_relation *relation; /* NULL: messages */
  uint64_t events;
};

struct headrace_transaction {
  uint64_t id;
  uint64_t commit_sequence;   /* where it committed, in the source's own order */
  uint64_t previous_sequence; /* end of the one before it in this stream; 0: not known */
  int64_t commit_time_us;     /* microseconds since 1970-01-01 UTC */
  const char *origin;         /* NULL: here */
  uint64_t origin_sequence;
  const struct headrace_relation_count *counts; /* only of a COMMIT: its events by relation, */
  uint32_t count_count;                         /* also those of before a restart inside it */
};

struct headrace_change {
  const struct headrace_relation *relation;       /* NULL: a MESSAGE */
  const struct headrace_transaction *transaction; /* NULL: none */
  const struct headrace_value *old_values;        /* relation->column_count of them, or NULL */
  const struct headrace_value *new_values;
  struct headrace_value message_prefix;
  struct headrace_value message_content;
  uint64_t sequence;         /* the source's own place of the event: for people, not for restarts */
  uint64_t ordinal;          /* place inside the transaction, from 0; COMMIT: how many there were */
  uint64_t relation_ordinal; /* place among its relation's events of the transaction, from 0; 0
                                if nobody wants transactions */
  uint32_t operation;
  uint32_t flags;
  const char *database; /* of a MESSAGE, which has no relation to say it; NULL: not known */
};

struct headrace_header {
  const char *name; /* NUL-terminated */
  struct headrace_value value;
};

/* How a producer numbered a run of records, so that one that is sent again is known as such:
 * record i of the run has the number first_sequence + i, with 0 after INT32_MAX. */
struct headrace_numbering {
  int64_t producer;
  int16_t epoch; /* of the producer's instance: a higher one shuts out the lower */
  int32_t first_sequence;
  uint32_t count; /* of records; they stand in one batch, one after another */
  int gaps;       /* 1: whole runs may be missing between, which filters have left out */
};

struct headrace_record {
  struct headrace_value topic; /* NULL state: the sink's template decides by relation */
  struct headrace_value key;
  struct headrace_value value;
  const struct headrace_header *headers;
  uint32_t header_count;
  int32_t partition;                          /* -1: the sink decides */
  int64_t offset;                             /* where it was read; -1: nowhere */
  int64_t timestamp_ms;                       /* since 1970-01-01 UTC; -1: none */
  const struct headrace_numbering *numbering; /* shared by the records of a run; NULL: none */
};

struct headrace_rejection {
  const char *stage;       /* "codec", "filter.mask" */
  const char *error_class; /* one word: "malformed", "unsupported" */
  const char *reason;      /* a sentence without values of rows */
};

/* Encoding sets record and keeps change; decoding sets change and keeps record.
 * All of it lives in the batch's arena and is read-only once the stage is done. */
struct headrace_event {
  const struct headrace_change *change;
  const struct headrace_record *record;
  uint32_t origin; /* index of the source's event that this one came from */
  uint32_t reserved;
  const struct headrace_rejection *rejection; /* a stage refused it: for the sink's dead letters,
                                                 as it stands; NULL: sound */
};

/* A source of several sequences that are independent of each other and may come and go (the
 * partitions of a topic) says for each of them what a batch is of it: what lies in [from, to),
 * which may be less than to - from events. `from` is the `to` of the batch before, or where the
 * part was begun. A batch without events may go from a part's place back to a lower one: the part
 * begins anew there, and nothing of it is on its way. */
struct headrace_part {
  const char *name; /* at most HEADRACE_PART_NAME_MAX bytes */
  int64_t from;
  int64_t to;
};

enum { HEADRACE_PART_NAME_MAX = 511 };

struct headrace_batch; /* events, one arena, one position */

/* Of a source's event of which nothing came to the sink. */
#define HEADRACE_NO_RECEIPT UINT64_MAX

/* ---- what the host gives ----------------------------------------------- */

enum headrace_verdict { /* the pipeline's `errors` policy, answer to reject() */
                        HEADRACE_VERDICT_STOP =
                            0, /* report the batch failed() with HEADRACE_FATAL */
                        HEADRACE_VERDICT_DEAD_LETTER, /* put it where the sink's dead_letter says,
                                                         then go on */
                        HEADRACE_VERDICT_SKIP         /* counted by the host; go on */
};

/* One per instance. Every function takes the table itself first and may be
 * called only from inside a callback of that instance, except log, counter,
 * gauge, now_us and wake, which any thread may call at any time after open. */
struct headrace_host {
  uint32_t struct_size;
  uint32_t api_version;
  const char *pipeline; /* its name in the INI file */
  const char *instance; /* "orders.source" */
  int wake_fd;          /* readable: return from read() or poll() soon. Never read from it. */

  /* Configuration, typed as the table says. Valid from open to close. */
  const char *(*string)(const struct headrace_host *, const char *key); /* NULL: not set */
  int64_t (*integer)(const struct headrace_host *, const char *key);    /* BOOL 0/1, ENUM: index */
  size_t (*list)(const struct headrace_host *, const char *key, const struct headrace_pair **);

  void (*log)(const struct headrace_host *, enum headrace_level, const char *format, ...)
      HEADRACE_PRINTF(3, 4);
  void (*counter)(const struct headrace_host *, const char *name, uint64_t add);
  void (*gauge)(const struct headrace_host *, const char *name, int64_t value);
  int64_t (*now_us)(const struct headrace_host *); /* since 1970-01-01 UTC */
  void (*wake)(const struct headrace_host *);      /* makes this instance's wake_fd readable */

  /* Filling a batch: source in read(), filter and codec into `out`. Memory is the
   * batch's, 8-byte aligned, never freed one by one, never NULL (the host aborts). */
  void *(*alloc)(const struct headrace_host *, struct headrace_batch *, size_t size);
  char *(*reserve)(const struct headrace_host *, struct headrace_batch *, size_t size);
  void (*commit)(const struct headrace_host *, struct headrace_batch *, size_t used); /* of it */
  struct headrace_change *(*add_change)(const struct headrace_host *, struct headrace_batch *,
                                        const struct headrace_relation *);
  struct headrace_record *(*add_record)(const struct headrace_host *, struct headrace_batch *);
  void (*add_event)(const struct headrace_host *, struct headrace_batch *,
                    const struct headrace_event *); /* passes one on as it is */
  int (*full)(const struct headrace_host *, const struct headrace_batch *); /* stop filling */
  void (*set_position)(const struct headrace_host *, struct headrace_batch *, const void *,
                       size_t size); /* after this batch; a batch without one is not sent */
  const struct headrace_event *(*events)(const struct headrace_host *,
                                         const struct headrace_batch *, size_t *count);
  const void *(*position)(const struct headrace_host *, const struct headrace_batch *,
                          size_t *size);

  /* A deep copy that batches keep alive as long as they need it; the caller's
   * own reference ends with relation_release. */
  const struct headrace_relation *(*relation_new)(const struct headrace_host *,
                                                  const struct headrace_relation *);
  void (*relation_release)(const struct headrace_host *, const struct headrace_relation *);

  /* Sinks: each batch taken by write() is reported exactly once, in any order,
   * by durable or failed. It belongs to the host from then on. */
  void (*durable)(const struct headrace_host *, struct headrace_batch *,
                  const uint64_t *receipts); /* one per event, or NULL */
  void (*failed)(const struct headrace_host *, struct headrace_batch *, enum headrace_result);
  enum headrace_verdict (*reject)(const struct headrace_host *, struct headrace_batch *,
                                  size_t event, const char *error_class, const char *reason);

  /* A sink: 1 if the pipeline's checkpoint is kept in it: the position of every batch is to
   * be stored together with its data, and stored_position() will be asked for it, which also
   * shuts out whoever wrote before. A source: 1 if its pipeline's sink does so. */
  int keeps_checkpoint;

  /* A stage's open() says what it wants of the source (HEADRACE_WANT_…); the source, which is
   * opened last, asks what all of them want. */
  void (*want)(const struct headrace_host *, unsigned what);
  unsigned (*wanted)(const struct headrace_host *);

  /* A source: this batch ends inside of a transaction of the source's. A sink that can make
   * batches visible together ends that unit after a batch that is not partial, if it can. */
  void (*set_partial)(const struct headrace_host *, struct headrace_batch *);
  int (*partial)(const struct headrace_host *, const struct headrace_batch *);
  /* A sink: the source waits for memory: it goes on when batches are reported. */
  int (*starved)(const struct headrace_host *);

  /* The batch keeps the relation alive, as add_change does for that of its change. */
  void (*relation_keep)(const struct headrace_host *, struct headrace_batch *,
                        const struct headrace_relation *);

  /* A source with parts: sets what the batch is of one; name copied. The position is then only
   * the source's own mark, which no checkpoint keeps. A sink: which parts the batch has. */
  void (*add_part)(const struct headrace_host *, struct headrace_batch *,
                   const struct headrace_part *);
  const struct headrace_part *(*parts)(const struct headrace_host *, const struct headrace_batch *,
                                       size_t *count);
  /* A source: where the checkpoint says that a part goes on; -1: it knows nothing of it.
   * 0: not known yet, the wake_fd tells when to ask again. 1: *next is set; the next call is a
   * new question, since other processes may move it. */
  int (*stored_part)(const struct headrace_host *, const char *name, int64_t *next);

  /* A filter or codec that cannot use the event it was given. STOP: return FATAL.
   * DEAD_LETTER: the host has passed it on, marked. SKIP: counted. Then return OK. */
  enum headrace_verdict (*refuse)(const struct headrace_host *, struct headrace_batch *out,
                                  const char *error_class, const char *reason);

  /* A sink: the memory of the batches that it took and has not reported, in percent of
   * ring_bytes. */
  int (*pressure)(const struct headrace_host *);

  /* Inside of command(): prints, before its answer; for what is too long for that. */
  void (*print)(const struct headrace_host *, const char *text, size_t size);

  /* Inside of command(): runs the pipeline, with its own filters, codec and sink, behind this
   * source and these of its keys, in instances of their own, until the source ends or a signal
   * stops it. No checkpoint is read or kept, and what is rejected goes where the sink's
   * dead_letter says. OK: all that the source gave was taken. FATAL: not so, which was said. */
  enum headrace_result (*run_once)(const struct headrace_host *, const char *source,
                                   const struct headrace_pair *keys, size_t count);
  int once; /* a sink: 1 in such a run, which it asked for itself */

  /* A source: its pipeline's sink as a log that can be read back, see <headrace/log.h>; NULL if it
   * is none. From open() on, but not in close(): the sink is closed first. */
  const struct headrace_log *(*sink_log)(const struct headrace_host *);

  /* A folder for what an instance wants to find again after a restart, and can do without: files
   * whose names begin with its own. It may have to be made. NULL: there is none. */
  const char *state_dir;

  int filtered; /* a source: 1 if filters or a codec may make something else of its events */

  /* 1: the pipeline was told to stop. For who waits for somebody else in a callback that is not
   * over when the wake_fd is readable: he should give up soon. Any thread. */
  int (*stopping)(const struct headrace_host *);
};

/* ---- what a plugin gives ----------------------------------------------- */

/* The kind's own callbacks are required unless marked optional; all others are optional. */
struct headrace_plugin {
  enum headrace_kind kind;
  const char *name; /* as the INI file says it */
  const char *version;
  const char *description;         /* one line */
  const struct headrace_key *keys; /* ended by a key without a name; NULL: none */

  enum headrace_result (*open)(const struct headrace_host *, void **instance); /* required */
  void (*close)(void *instance);                /* after open gave OK, exactly once */
  enum headrace_result (*tick)(void *instance); /* at least once a second, blocked or not */
  /* Checks what the table cannot say (two keys together), without network. May be
   * called without open. Says each fault by log(HEADRACE_ERROR). */
  enum headrace_result (*check)(const struct headrace_host *);

  /* source */
  /* optional: waits for its turn, where only one process may read. Called until it says OK,
   * before the position is asked for: what another process stores meanwhile counts. AGAIN:
   * not yet, after at most timeout_ms. */
  enum headrace_result (*await)(void *instance, int timeout_ms);
  enum headrace_result (*start)(void *instance, const void *position, size_t size); /* 0: none */
  enum headrace_result (*read)(void *instance, struct headrace_batch *, int timeout_ms);
  enum headrace_result (*on_durable)(void *instance, const void *position, size_t size,
                                     const uint64_t *receipts, size_t count);
  void (*on_reject)(void *instance, uint32_t event, const char *error_class, const char *reason);
  enum headrace_result (*stop)(void *instance); /* no read() after it; on_durable goes on */
  /* optional: every batch up to here is in the sink, but the position may not be stored yet.
   * For what a source notes down by itself; what on_durable() is for has to wait for that. */
  enum headrace_result (*on_delivered)(void *instance, const void *position, size_t size);

  /* filter */
  enum headrace_result (*apply)(void *instance, const struct headrace_event *,
                                struct headrace_batch *out);
  int filters_records; /* 1: works on records, on the other side of the codec */

  /* codec: one of the two, or both */
  enum headrace_result (*encode)(void *instance, const struct headrace_event *,
                                 struct headrace_batch *out);
  enum headrace_result (*decode)(void *instance, const struct headrace_event *,
                                 struct headrace_batch *out);

  /* sink */
  /* AGAIN: not taken. A sink that keeps the checkpoint also gets batches without events. */
  enum headrace_result (*write)(void *instance, struct headrace_batch *);
  enum headrace_result (*poll)(void *instance, int timeout_ms);  /* optional if write finishes */
  enum headrace_result (*flush)(void *instance, int timeout_ms); /* optional; AGAIN: not yet */
  enum headrace_result (*stored_position)(void *instance, void *out, size_t *size); /* optional */

  /* every: an operator's command, such as "snapshot", with its arguments. Called after open,
   * maybe without start and in a process of its own. Writes its answer, lines of text that
   * end with a zero, into `out`; an error is said by log. AGAIN: there is no such command. */
  enum headrace_result (*command)(void *instance, const char *name, const char *const *arguments,
                                  size_t count, char *out, size_t size);

  /* sink, optional: the `to` that was stored last for a part; -1: none. AGAIN: not now. For a
   * sink that keeps the checkpoint of a source with parts. It stores `to` where it had stored
   * `from`, in one step with the data, and fails the batch if something else is there. */
  enum headrace_result (*stored_part)(void *instance, const char *name, int64_t *next);

  /* sink, optional: what was written can be read back, see <headrace/log.h>. After open; NULL: not
   * as this instance is configured. The receipts of its events are their offsets. */
  const struct headrace_log *(*log)(void *instance);

  /* filter, optional: 1 if this instance, as it is configured, works on records, 0 if on changes.
   * Asked after open; without it filters_records says. */
  int (*on_records)(void *instance);

  /* source, optional: in the place of read() while the pipeline takes nothing. It may sleep for
   * timeout_ms, or until the wake_fd is readable. Without it the host sleeps, and ticks. For a
   * source that has more to do than to read, such as answering clients. */
  enum headrace_result (*idle)(void *instance, int timeout_ms);
};

struct headrace_registration {
  uint32_t _struct_size; /* of struct headrace_plugin */
  uint32_t _api_version;
  const struct headrace_plugin *plugin;
};

/* Once, at file scope: HEADRACE_REGISTER_PLUGIN(plugin) with a const struct headrace_plugin. */
#define HEADRACE_REGISTER_PLUGIN(p)                                                                \
  HEADRACE_EXPORT const struct headrace_registration *headrace_plugin_entry(void);                 \
  HEADRACE_EXPORT const struct headrace_registration *headrace_plugin_entry(void)                  \
  {                                                                                                \
    static const struct headrace_registration registration = {sizeof(p), HEADRACE_API_VERSION,     \
                                                              &(p)};                               \
    return &registration;                                                                          \
  }

#ifdef __cplusplus
}
#endif

#endif
