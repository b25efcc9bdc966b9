/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: how its parts fit.
 *
 * options     the keys of the INI section, once per instance
 * plan        what is known of a relation before its rows come: for every column the
 *             function that writes its values, the text before the value, what to write
 *             where there is none; kept per relation, so that a row is little more than copying
 * types       which function writes which type
 * scalar, decimal, time, array   those functions
 * row         a row or a key as an object
 * debezium, message, formats     the records of each format
 * metadata    Debezium's records of transactions and heartbeats
 * schema      Kafka Connect's schema texts
 *
 * That is encoding; the parts of decoding are in decode.h.
 */
#ifndef HEADRACE_CODEC_JSON_H
#define HEADRACE_CODEC_JSON_H

#include "json_text.h"

#include <headrace/plugin.h>
#include <stdbool.h>

enum format { FORMAT_DEBEZIUM, FORMAT_ENVELOPE, FORMAT_OP, FORMAT_PLAIN, FORMAT_AUTO };
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
  SCRATCH_COUNT
};

struct options {
  enum format format;
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
  size_t row_fixed; /* an upper bound of a row of nulls */
  size_t key_fixed;
  bool defective; /* said once that a key column did not come */
  /* Debezium's source block, by its constant pieces. */
  struct text source_head, source_database, source_names;
  struct source_text source;
  struct surplus surplus;
  struct text names;   /* ,"schema":"…","table":"…" */
  struct text op_head; /* format=op: up to the lsn */
  /* Before and after a value and a key, where schemas are wanted; else empty. */
  struct text key_schema, value_schema;
  struct relation_plan *next; /* of its bucket */
};

#define PLAN_BUCKETS 256

struct codec {
  const struct headrace_host *host;
  struct options options;
  struct scratch scratch[SCRATCH_COUNT];
  struct text operation_label;               /* format=plain: "operation":, or empty */
  struct headrace_header headers[4];         /* [0] is for a key change, then the context's */
  struct relation_plan *plans[PLAN_BUCKETS]; /* by relation->id */
  struct relation_plan *last;
  struct relation_plan message; /* schema and table "" */
  uint64_t transaction;         /* counts those that began */
  struct surplus surplus;       /* of all relations */
  char *heartbeat_topic;        /* owned; NULL: no records of heartbeats */
  struct text database;         /* that relations came from last: messages do not say */
  struct decoder *decoder;      /* once there is something to decode */
};

/* options.c */
extern const struct headrace_key codec_keys[];
enum headrace_result options_read(const struct headrace_host *host, struct options *options);
enum headrace_result codec_check(const struct headrace_host *host);

/* plan.c */
struct relation_plan *plan_of(struct codec *codec, const struct headrace_relation *relation);
/* NULL: nothing came of it yet, or it was altered. */
struct relation_plan *plan_known(const struct codec *codec,
                                 const struct headrace_relation *relation);
void plans_free(struct codec *codec);
void relation_plan_clear(struct relation_plan *plan);
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

/* row.c: an object of a row or a key. `stand_in` says what an absent value is. */
enum absent { ABSENT_UNAVAILABLE, ABSENT_ZERO, ABSENT_NULL };
size_t row_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other);
size_t key_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other);
/* NULL: *defect is the column that could not be written. `other` gives what `values` lacks; may
 * be NULL. */
char *row_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, enum absent absent,
                const struct column_plan **defect);
char *key_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, const struct column_plan **defect);
/* Whether all columns of the key are there. */
bool key_complete(const struct relation_plan *plan, const struct headrace_value *values);
/* Whether both rows have the same key; an absent value is unchanged. */
bool key_equal(const struct relation_plan *plan, const struct headrace_value *one,
               const struct headrace_value *two);

/* debezium.c */
void remember_database(struct codec *codec, const char *database); /* for messages */
void debezium_plan(struct codec *codec, struct relation_plan *plan, const char *database);
enum headrace_result debezium_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);

/* The record's JSON but for its change's sequence … */
size_t source_bound(const struct relation_plan *plan);
char *source_write(char *out, struct relation_plan *plan, const struct headrace_change *change,
                   int64_t now_us);
int64_t floor_ms(int64_t us);
#define CLOCK_BOUND 128
char *clock_write(char *out, int64_t now_us); /* ,"ts_ms":…,"ts_us":…,"ts_ns":… */
struct headrace_value value_of(char *start, const char *end);

/* message.c */
enum headrace_result message_encode(struct codec *codec, const struct headrace_change *change,
                                    struct headrace_batch *out);

/* formats.c */
enum headrace_result envelope_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);
char *key_text_write(char *out, const struct relation_plan *plan,
                     const struct headrace_value *values, const struct headrace_value *other);
enum headrace_result op_encode(struct codec *codec, const struct headrace_change *change,
                               struct headrace_batch *out);
enum headrace_result plain_encode(struct codec *codec, const struct headrace_change *change,
                                  struct headrace_batch *out);

/* metadata.c */
/* ,"transaction":{…} of a record; of rows that were committed together only, else null. */
#define TRANSACTION_BOUND 160
char *transaction_write(char *out, const struct codec *codec, const struct relation_plan *plan,
                        const struct headrace_change *change);
/* A change made `records` more records than one, or -1: none. */
void surplus_add(struct codec *codec, struct relation_plan *plan, int64_t records);
enum headrace_result metadata_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);

/* schema.c */
void schema_plan(struct codec *codec, struct relation_plan *plan,
                 const struct headrace_relation *relation);
void schema_plan_message(struct codec *codec, struct relation_plan *plan);

/* codec.c: says it once, without the value. */
enum headrace_result codec_defect(struct codec *codec, const struct relation_plan *plan,
                                  const struct column_plan *column);

#endif
