/* SPDX-License-Identifier: Apache-2.0
 *
 * What codecs share that write and read changes as Kafka Connect's data, in Debezium's shapes:
 *
 * options     the keys of the INI section, once per instance
 * plan        what is known of a relation before its rows come: for every column the function that
 *             writes its values as JSON and what stands for those that did not come; kept per
 *             relation
 * types       which function writes which type
 * scalar, decimal, time, array, structured   those functions
 * row         rows and keys as JSON
 * debezium    which records a change makes
 * flat        what of them ExtractNewRecordState leaves
 * message, metadata   the records that are no row's
 * schema      Kafka Connect's schemas, as JSON
 *
 * That is encoding; the parts of decoding are in connect_decode.h. How a record's bytes are made of
 * it, or it of them, is the codec's own: struct dialect. */
#ifndef HEADRACE_CONNECT_CODEC_H
#define HEADRACE_CONNECT_CODEC_H

#include "json_text.h"

#include <headrace/plugin.h>
#include <stdbool.h>

enum format {
  FORMAT_DEBEZIUM,
  FORMAT_ENVELOPE,
  FORMAT_OP,
  FORMAT_PLAIN,
  FORMAT_CLOUDEVENTS, /* of reading; what writes it has FORMAT_DEBEZIUM and options.cloudevents */
  FORMAT_FLAT,        /* of reading; what writes it has FORMAT_DEBEZIUM and options.flat */
  FORMAT_AUTO
};
enum decimal_mode { DECIMAL_PRECISE, DECIMAL_DOUBLE, DECIMAL_STRING };
enum time_mode {
  TIME_ADAPTIVE,
  TIME_ADAPTIVE_MICROSECONDS,
  TIME_CONNECT,
  TIME_ISOSTRING,
  TIME_MICROSECONDS,
  TIME_NANOSECONDS
};
enum interval_mode { INTERVAL_NUMERIC, INTERVAL_STRING };
enum binary_mode { BINARY_BYTES, BINARY_BASE64, BINARY_BASE64_URL_SAFE, BINARY_HEX };
enum hstore_mode { HSTORE_JSON, HSTORE_MAP };
enum unknown_mode { UNKNOWN_TEXT, UNKNOWN_BYTES, UNKNOWN_OMIT };
enum key_format { KEY_JSON, KEY_TEXT };
enum metadata_mode { METADATA_USE, METADATA_KEEP, METADATA_IGNORE };

/* Text that is made once and copied often; owned where it says so. */
struct text {
  char *data;
  size_t size;
};

/* Memory for work on one value, kept for the next. */
struct scratch {
  char *data;
  size_t size;
};

enum scratch_use {
  SCRATCH_VALUE,   /* inside a writer */
  SCRATCH_ELEMENT, /* an array's element while its writer works on it */
  SCRATCH_OBJECT,  /* JSON that becomes a JSON string */
  SCRATCH_JSON,    /* a value as JSON that becomes something else */
  SCRATCH_COUNT
};

struct options {
  enum format format;
  bool cloudevents; /* Debezium's events inside of CloudEvents */
  bool flat;        /* of Debezium's events the rows alone */
  bool natural;     /* values as JSON would have them, not as Kafka Connect's schemas say */
  bool schemas;
  bool tombstones;
  const char *prefix;
  enum decimal_mode decimal;
  enum time_mode time;
  enum interval_mode interval;
  enum binary_mode binary;
  enum hstore_mode hstore;
  enum unknown_mode unknown_types;
  enum key_format key_format;
  const char *unavailable;
  size_t unavailable_size;
  bool context_headers;
  bool transactions; /* Debezium's provide.transaction.metadata */
  const char *topic_transaction, *topic_heartbeat;
  unsigned skipped; /* bit 1 << enum headrace_operation */
  const char *operation_field;
  const struct headrace_pair *key_columns;
  size_t key_column_count;
  /* Of decoding. */
  enum format decode_format;
  enum metadata_mode metadata;
  bool text_keys;          /* the record's key is text, never JSON */
  unsigned decode_skipped; /* as skipped */
  const char *topic_key;   /* in key_columns, and no table's name; NULL: none */
};

struct value_plan;

/* Writes a value that is there; NULL: its text is not one of the type's. */
typedef char *(*value_writer)(char *out, const struct value_plan *plan, const char *data,
                              size_t size);

/* How to write the values of one type. */
struct value_plan {
  value_writer write;
  uint32_t fixed;             /* bytes that any value may need … */
  uint32_t growth;            /* … and for each byte of its text */
  bool escaped;               /* a JSON string: long values are measured, not assumed to grow */
  int32_t scale;              /* of a decimal; fraction digits of a time; -1: not given */
  int32_t length;             /* of a bit string; -1: any */
  bool scale_known;           /* a decimal of fixed scale */
  bool zoneless;              /* an ISO text without a zone's letter */
  uint16_t type;              /* enum headrace_type */
  uint32_t type_id;           /* the source's */
  struct value_plan *element; /* of an array, owned */
  enum json_base64 alphabet;  /* of bytes … */
  bool hexadecimal;           /* … unless they are written so */
  struct scratch *scratch;    /* SCRATCH_COUNT of them, the codec's */
  struct text unavailable;    /* what stands for an unchanged large value, owned */
  struct text zero;           /* what stands for an unknown value that is not null, owned */
  struct text schema_type;    /* Kafka Connect's: "int32", "array","items":{…}; owned */
  struct text schema_name; /* …and what follows "optional": ,"name":"…","version":1 …; owned */
  bool element_required;   /* as an array's element it may not be null, by the schema */
};

struct column_plan {
  struct value_plan value;
  struct text label; /* `"name":`, owned */
  const char *name;  /* in `label`: escaped, without the quotes */
  size_t name_size;
  bool nullable;
  bool omitted;
};

/* Debezium's source block but for the change's sequence, which stands in it twice: the same
 * for all rows that one transaction has of one table. */
struct source_text {
  bool valid;
  const char *snapshot; /* its word, a constant */
  uint64_t transaction_id, previous_sequence;
  int64_t time_us;
  struct text head;   /* up to the first of the two places; capacity in `room` */
  struct text middle; /* between the two */
  size_t head_room, middle_room;
};

/* Debezium numbers the records of a transaction, the source its events: a change of a key is two
 * records, a skipped operation none. How many more records than events there were since the
 * transaction began or, after a restart inside of it, since then. */
struct surplus {
  uint64_t transaction; /* codec->transaction when it was counted: another one has none yet */
  int64_t records;
};

struct relation_plan {
  uint64_t id; /* of the relation */
  char *schema, *table;
  struct column_plan *columns;
  uint16_t *key; /* columns of the key, in its order */
  uint32_t column_count, key_count;
  size_t row_fixed, key_fixed; /* upper bounds of a row and a key of nulls as JSON */
  bool defective;              /* said once that a key column did not come */
  /* Debezium's source block, by its constant pieces. */
  struct text source_head, source_database, source_names;
  struct source_text source;
  struct surplus surplus;
  void *own;                  /* the dialect's */
  struct relation_plan *next; /* of its bucket */
};

#define PLAN_BUCKETS 256

struct codec {
  const struct headrace_host *host;
  const struct dialect *dialect;
  struct options options;
  struct scratch scratch[SCRATCH_COUNT];
  struct headrace_header headers[4];         /* [0] is for a key change, then the context's */
  struct relation_plan *plans[PLAN_BUCKETS]; /* by relation->id */
  struct relation_plan *last;
  struct relation_plan message;      /* schema and table "" */
  uint64_t transaction;              /* counts those that began */
  struct surplus surplus;            /* of all relations */
  char *heartbeat_topic;             /* owned; NULL: no records of heartbeats */
  struct text database;              /* that relations came from last: messages do not say */
  struct flat *flat;                 /* NULL: the format is another */
  struct decoder *decoder;           /* once there is something to decode */
  struct headrace_batch *reading_to; /* inside of dialect->read() */
};

/* ---- what a codec does by itself ----------------------------------------- */

enum absent { ABSENT_UNAVAILABLE, ABSENT_ZERO, ABSENT_NULL }; /* what stands for absent values */

struct image {                         /* a row in a record */
  const struct headrace_value *values; /* NULL: null */
  const struct headrace_value *other;  /* gives what values lack; may be NULL */
  enum absent absent;
};

struct output { /* where a change's records go */
  struct codec *codec;
  struct relation_plan *plan;
  const struct headrace_change *change;
  struct headrace_batch *batch;
  int64_t now_us;
};

struct json_value;
struct flat_row {                 /* of a record, in the envelope's place */
  const struct image *row;        /* NULL: a tombstone is made of it */
  const char *mark;               /* __deleted as JSON; NULL: there is no such field */
  const struct json_value *added; /* values of flat_added() */
  bool key_only;                  /* no record: only the key is wanted, for a tombstone */
};

struct draft { /* of one record in Debezium's envelope */
  struct image before, after;
  const struct image *key; /* NULL: none */
  const struct headrace_header *headers;
  uint32_t header_count;
  char operation;
  const struct flat_row *flat; /* NULL: the envelope */
};

/* A record that is no row's: its parts as JSON, in the batch's memory, and their Connect schemas,
 * constants or the plan's. */
struct document {
  const char *topic;
  const char *key_schema, *value_schema;
  struct headrace_value key, value;
  struct headrace_value text_key; /* the key with key_format = text */
};

struct record_text;
struct decode_fault;
enum record_shape {
  RECORD_ROWS,    /* text is filled */
  RECORD_NOTHING, /* a heartbeat, the end of a transaction: no one wants it */
  RECORD_FAULTY,  /* *fault is filled */
  RECORD_WAITS,   /* something that it needs cannot be had now, which was said */
  RECORD_FATAL    /* … or not at all */
};

struct dialect {
  /* What it wants to know of a relation; NULL: of messages. Called once the rest is filled. */
  void *(*plan)(struct codec *codec, struct relation_plan *plan,
                const struct headrace_relation *relation);
  void (*plan_free)(void *own);
  /* Adds the record; *key is its key afterwards. */
  enum headrace_result (*emit)(struct output *to, const struct draft *draft,
                               struct headrace_value *key);
  enum headrace_result (*document)(struct codec *codec, const struct document *document,
                                   struct headrace_batch *out);
  /* Takes a record apart. */
  enum record_shape (*read)(struct codec *codec, const struct headrace_record *record,
                            struct record_text *text, struct decode_fault *fault);
};

/* codec.c: what every codec's open() and close() do, host, dialect and options being set. The
 * codec's own memory is the caller's. */
void codec_begin(struct codec *codec);
void codec_end(struct codec *codec);
/* A change that is no row's, or that makes no record: true, and *result is set. */
bool codec_encode_other(struct codec *codec, const struct headrace_change *change,
                        struct headrace_batch *out, enum headrace_result *result);
/* Says it once, without the value. */
enum headrace_result codec_defect(struct codec *codec, const struct relation_plan *plan,
                                  const struct column_plan *column);

/* options.c */
/* The keys that all these codecs have, besides `format`, the order of whose words is their own. */
#define CONNECT_KEYS                                                                               \
  {"prefix",                                                                                       \
   HEADRACE_STRING,                                                                                \
   NULL,                                                                                           \
   0,                                                                                              \
   NULL,                                                                                           \
   NULL,                                                                                           \
   "logical name of the database, source.name in records; default: the pipeline's name"},          \
      {"decimal",                                                                                  \
       HEADRACE_ENUM,                                                                              \
       "precise",                                                                                  \
       0,                                                                                          \
       "precise|double|string",                                                                    \
       NULL,                                                                                       \
       "numeric and money: exact bytes, numbers, or text"},                                        \
      {"time",                                                                                     \
       HEADRACE_ENUM,                                                                              \
       "adaptive",                                                                                 \
       0,                                                                                          \
       "adaptive|adaptive_time_microseconds|connect|isostring|microseconds|nanoseconds",           \
       NULL,                                                                                       \
       "dates and times without a zone: unit and form"},                                           \
      {"interval",                                                                                 \
       HEADRACE_ENUM,                                                                              \
       "numeric",                                                                                  \
       0,                                                                                          \
       "numeric|string",                                                                           \
       NULL,                                                                                       \
       "intervals: microseconds, or ISO 8601 text"},                                               \
      {"binary",                                                                                   \
       HEADRACE_ENUM,                                                                              \
       "bytes",                                                                                    \
       0,                                                                                          \
       "bytes|base64|base64-url-safe|hex",                                                         \
       NULL,                                                                                       \
       "bytea: as bytes, or how they are written as text"},                                        \
      {"hstore",                                                                                   \
       HEADRACE_ENUM,                                                                              \
       "json",                                                                                     \
       0,                                                                                          \
       "json|map",                                                                                 \
       NULL,                                                                                       \
       "hstore: a string holding JSON, or a map"},                                                 \
      {"tombstones",                                                                               \
       HEADRACE_BOOL,                                                                              \
       "yes",                                                                                      \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "format=debezium: a record without a value after each delete, for compaction; reading: "    \
       "such a record is a delete; no: it is dropped"},                                            \
      {"unknown_types",                                                                            \
       HEADRACE_ENUM,                                                                              \
       "text",                                                                                     \
       0,                                                                                          \
       "text|bytes|omit",                                                                          \
       NULL,                                                                                       \
       "columns of types that Debezium leaves out: their text, its bytes, or nothing"},            \
      {"unavailable_value",                                                                        \
       HEADRACE_STRING,                                                                            \
       "__debezium_unavailable_value",                                                             \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "stands for a large value that an update did not change and the source did not send"},      \
      {"context_headers",                                                                          \
       HEADRACE_BOOL,                                                                              \
       "yes",                                                                                      \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "format=debezium: the three __debezium.context.* headers"},                                 \
      {"transaction_metadata",                                                                     \
       HEADRACE_BOOL,                                                                              \
       "no",                                                                                       \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "format=debezium: the transaction of each record, and a record for each end of one"},       \
      {"topic_transaction",                                                                        \
       HEADRACE_STRING,                                                                            \
       "transaction",                                                                              \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "the topic of the ends of transactions, behind the sink's prefix"},                         \
      {"topic_heartbeat",                                                                          \
       HEADRACE_STRING,                                                                            \
       "__debezium-heartbeat",                                                                     \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "format=debezium: heartbeats go to this topic with .PREFIX behind it; empty: nowhere"},     \
      {"key_columns",                                                                              \
       HEADRACE_MAP,                                                                               \
       NULL,                                                                                       \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "columns of the record's key, schema.table = column+column; default: the table's key; "     \
       "reading: also topic = column+column"},                                                     \
      {"skipped_operations",                                                                       \
       HEADRACE_LIST,                                                                              \
       NULL,                                                                                       \
       0,                                                                                          \
       "c|u|d|t|m|r|none",                                                                         \
       NULL,                                                                                       \
       "operations that make no record; default: t for format=debezium, else none"},               \
  {                                                                                                \
    "metadata_fields", HEADRACE_ENUM, "use", 0, "use|keep|ignore", NULL,                           \
        "reading flattened events: fields as __op and __deleted tell what happened; keep: they "   \
        "are columns too; ignore: they are nothing but columns"                                    \
  }

/* Fills all but schemas, key_format, text_keys and operation_field: keys are JSON. */
void options_read(const struct headrace_host *host, enum format format, struct options *options);
enum headrace_result options_check(const struct headrace_host *host, enum format format);

/* plan.c */
struct relation_plan *plan_of(struct codec *codec, const struct headrace_relation *relation);
/* NULL: nothing came of it yet, or it was altered. */
struct relation_plan *plan_known(const struct codec *codec,
                                 const struct headrace_relation *relation);
void plans_free(struct codec *codec);
void relation_plan_clear(const struct codec *codec, struct relation_plan *plan);
void remember_database(struct codec *codec, const char *database); /* for messages */
struct text text_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct text text_json(const char *data, size_t size); /* with quotes */
void text_free(struct text *text);
static inline char *text_put(char *out, const struct text *text)
{
  return json_copy(out, text->data, text->size); /* an empty one may have no data */
}
/* A buffer of at least `size` bytes; NULL: no memory. */
char *scratch_get(struct scratch *all, enum scratch_use use, size_t size);

/* types.c: fills plan for a column. False: a type that Debezium leaves out. */
bool value_plan_init(struct value_plan *plan, const struct headrace_column *column,
                     const struct options *options, struct scratch *scratch);
void value_plan_clear(struct value_plan *plan);

/* An upper bound of what plan->write() writes. */
size_t array_bound(const struct value_plan *plan, const char *data, size_t size);

static inline size_t value_bound(const struct value_plan *plan, const char *data, size_t size)
{
  if (plan->element)
    return array_bound(plan, data, size);
  if (size > 512 && plan->escaped)
    return plan->fixed + json_escaped_size(data, size);
  return plan->fixed + plan->growth * size;
}

/* row.c: an object of a row or a key. `other` gives what `values` lacks; may be NULL. */
size_t row_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other);
size_t key_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other);
/* NULL: *defect is the column that could not be written. */
char *row_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, enum absent absent,
                const struct column_plan **defect);
char *key_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, const struct column_plan **defect);

/* debezium.c */
enum headrace_result debezium_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);
/* Whether all columns of the key are there. */
bool key_complete(const struct relation_plan *plan, const struct headrace_value *values);
/* Whether both rows have the same key; an absent value is unchanged. */
bool key_equal(const struct relation_plan *plan, const struct headrace_value *one,
               const struct headrace_value *two);

/* flat.c: of format = flat. Its settings were checked before. */
struct addition;
struct flat *flat_new(const struct headrace_host *host);
void flat_free(struct flat *flat); /* NULL: nothing */
bool flat_keeps_tombstones(const struct flat *flat);
/* The fields that are added behind a row's and __deleted; how many. */
size_t flat_added(const struct flat *flat, const struct addition **fields);
/* *draft has the headers that were added, afterwards. */
enum headrace_result flat_emit(struct output *to, struct draft *draft, struct headrace_value *key);
struct text schema_of_flat(const struct codec *codec, const struct relation_plan *plan,
                           const struct headrace_relation *relation);

/* source_block.c: the record's source block but for its change's sequence … */
void source_plan(struct codec *codec, struct relation_plan *plan, const char *database);
size_t source_bound(const struct relation_plan *plan);
char *source_write(char *out, struct relation_plan *plan, const struct headrace_change *change,
                   int64_t now_us);
const char *source_snapshot(const struct headrace_change *change); /* its word for snapshots */
int64_t floor_ms(int64_t us);
struct headrace_value value_of(char *start, const char *end);

/* message.c */
enum headrace_result message_encode(struct codec *codec, const struct headrace_change *change,
                                    struct headrace_batch *out);

/* metadata.c */
/* A record's place in its transaction, from 1; false: it has none to tell, since only rows that
 * were committed together have one. */
bool transaction_place(const struct codec *codec, const struct relation_plan *plan,
                       const struct headrace_change *change, int64_t *total_order,
                       int64_t *collection_order);
/* ,"transaction":{…} of a record, or null. */
#define TRANSACTION_BOUND 160
char *transaction_write(char *out, const struct codec *codec, const struct relation_plan *plan,
                        const struct headrace_change *change);
/* A change made `records` more records than one, or -1: none. */
void surplus_add(struct codec *codec, struct relation_plan *plan, int64_t records);
enum headrace_result metadata_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);

/* schema.c: Kafka Connect's schemas as JSON, to be freed. The value's is the envelope's. */
struct text schema_of_key(const struct codec *codec, const struct relation_plan *plan,
                          const struct headrace_relation *relation);
struct text schema_of_value(const struct codec *codec, const struct relation_plan *plan,
                            const struct headrace_relation *relation);
/* Debezium's "data" of a CloudEvent: before and after. */
struct text schema_of_images(const struct codec *codec, const struct relation_plan *plan,
                             const struct headrace_relation *relation);
struct text schema_of_row(const struct codec *codec, const struct relation_plan *plan,
                          const struct headrace_relation *relation);
struct text schema_of_message_value(const struct codec *codec);
extern const char schema_of_message_key[];

#endif
