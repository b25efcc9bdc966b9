/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoding: how its parts fit.
 *
 * decode        the callback: record → record_text → rows → change
 * fields        a record's key and value as members of objects, which the dialect reads
 * shapes        what they are (Debezium's envelope, ours, a row …)
 * tables        which table a record is of, and what is known of it, by topic and source block
 * untyped       rows of records that come without a schema
 * typed         rows of records with Kafka Connect's schema: exact types, canonical texts
 *
 * All texts point into the record, which lives as long as the batch. One thread. */
#ifndef HEADRACE_CONNECT_DECODE_H
#define HEADRACE_CONNECT_DECODE_H

#include "connect_codec.h"
#include "json_read.h"

/* ---- a record, taken apart ---------------------------------------------- */

struct json_field {
  struct json_value name;  /* a string */
  struct json_value value; /* whole: arrays and objects are their text */
  uint32_t column;         /* for whoever makes the rows */
};

/* The members of an object in their order. A name may come twice: the last one counts. */
struct json_fields {
  struct json_field *items; /* reused by the next record */
  size_t count, room;
  bool given; /* there is such an object; false: null, or it is missing */
};

/* What a record says of where it comes from. Of a name that is missing kind is JSON_NULL. */
struct record_origin {
  struct json_value database, schema, table;
  uint64_t sequence, transaction_id; /* 0: not known */
  int64_t time_us;                   /* since 1970-01-01 UTC; 0: not known */
  uint64_t order, table_order;       /* in its transaction, from 1; 0: not known */
  bool on_demand;                    /* a row of an incremental snapshot */
};

struct record_text {
  /* The objects of {"schema":…,"payload":…}; size 0: none. */
  struct json_value key_schema, value_schema;
  uint64_t key_schema_id, value_schema_id; /* of who knows schemas apart by a number; 0: by text */
  /* value_schema is of an envelope, its fields "before" and "after" are of the rows; false: it
   * is the row's own. */
  bool enveloped;
  bool tombstone; /* there is no value, and no value_schema */
  /* A CloudEvent of Debezium's: `top` are its attributes, before and after those of its data, of
   * which value_schema is. Set by who reads. */
  bool cloud_event;
  struct json_fields key, before, after;
  /* A key that is no object: a scalar of JSON. key.given is false then. Size 0: there is none. */
  struct json_value scalar_key;
  enum headrace_operation operation;
  struct record_origin origin;
  struct json_value message_prefix, message_content; /* of a MESSAGE */
  struct headrace_conventions conventions;           /* of a record without schema */
  const struct headrace_header *headers;             /* the record's */
  uint32_t header_count;
  struct json_fields top, source, transaction; /* an envelope's; else the row is in `top` */
};

/* Which table a record is of. Names are of the source block, or of the topic's name. */
struct decode_table {
  uint64_t id; /* never used twice in this codec: a safe cache key */
  const char *topic;
  const char *database, *schema; /* NULL: not known */
  const char *table;
  const char *key_columns;       /* configured: "tenant+id" are the key, whatever the record's key
                                    has; a scalar key is their texts, with '+' between. NULL: no */
  struct untyped_table *untyped; /* untyped.c's own */
};

/* What became of the rows. Values are in the batch's memory, relation->column_count of each. */
struct decoded_rows {
  const struct headrace_relation *relation;             /* kept by whoever made it; never NULL */
  const struct headrace_value *old_values, *new_values; /* NULL: none */
  uint32_t flags;                                       /* HEADRACE_OLD_IS_KEY */
};

/* Why a record cannot be used: for host->refuse(). No values of rows in it. */
struct decode_fault {
  const char *error_class; /* a constant: "malformed", "unsupported" */
  char reason[256];
};

/* Returns HEADRACE_AGAIN, which typed_rows and the like pass on. */
enum headrace_result decode_refuse(struct decode_fault *fault, const char *error_class,
                                   const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- typed: with schema ------------------------------------------------- */

struct typed; /* the cache of schemas, one per codec */

struct typed *typed_new(const struct headrace_host *host, const struct options *options);
void typed_free(struct typed *typed); /* NULL: nothing */

/* The rows of a record that has value_schema, or key_schema if it is a tombstone.
 *  - columns: those of the rows' schema; those of the key that are not in the rows follow, their
 *    values come from the key. A tombstone's columns are the key's.
 *  - key: text->key's members in their order. A scalar key says nothing: key_count 0, unless
 *    table->key_columns names the columns.
 *  - before → old_values, after → new_values. Without `before`, a DELETE has the key's values and
 *    the others ABSENT, and the flag OLD_IS_KEY; likewise if all else is null in `before`, which
 *    is how Debezium writes a replica identity of the key.
 *  - a member that is missing, or is options->unavailable in the form of its type, is ABSENT.
 *  - of a record that is not enveloped record_is_metadata() fields are columns only if
 *    options->metadata is KEEP or IGNORE; text->after lacks them.
 *  - the same schemas and table->id give the same relation, without parsing schemas again.
 * TRUNCATE has no rows, its relation has the schema's columns.
 * OK, or AGAIN: *fault says why the record cannot be used. */
enum headrace_result typed_rows(struct typed *typed, const struct record_text *text,
                                const struct decode_table *table, struct headrace_batch *out,
                                struct decoded_rows *rows, struct decode_fault *fault);

/* ---- untyped: without --------------------------------------------------- */

struct untyped;

struct untyped *untyped_new(const struct headrace_host *host, const struct options *options);
void untyped_free(struct untyped *untyped); /* NULL: nothing */
void untyped_table_free(struct untyped *untyped, struct untyped_table *table);

/* As typed_rows(), of columns of HEADRACE_TYPE_UNTYPED. A table's relation has all columns that
 * came so far: a member that this record lacks is ABSENT. */
enum headrace_result untyped_rows(struct untyped *untyped, struct record_text *text,
                                  struct decode_table *table, struct headrace_batch *out,
                                  struct decoded_rows *rows, struct decode_fault *fault);

/* placeholder.c: all forms in which options->unavailable stands for a value, as JSON. */
struct placeholders {
  struct text forms[16]; /* owned */
  size_t count;
  uint64_t sizes; /* a bit for each form's, modulo 64 */
};

void placeholders_init(struct placeholders *placeholders, const struct options *options);
void placeholders_clear(struct placeholders *placeholders);
bool placeholders_has(const struct placeholders *placeholders, const struct json_value *value);

/* ---- record_text and shapes --------------------------------------------- */

/* What a dialect's read() begins with, and its parts of it. */
void record_text_begin(struct record_text *text, const struct headrace_record *record);
void record_text_reset_value(struct record_text *text);
/* Where the members of an envelope's member go; NULL: they are not wanted one by one. */
struct json_fields *record_text_part(struct record_text *text, const struct json_value *name);
/* Whether a member of an envelope's source block is looked at; the others may be left out. */
bool record_is_origin(const struct json_value *name);
void record_text_clear(struct record_text *text);
/* Whether a flattened event's field tells of the event (__op, __source_ts_ms …): no column of a
 * record that is not enveloped, unless options->metadata keeps or ignores them. */
bool record_is_metadata(const struct json_value *name);

/* What the members of text->top are: fills the rest. What a dialect's read() ends with. */
enum record_shape record_shape_read(struct record_text *text, const struct options *options,
                                    struct decode_fault *fault);

struct json_field *json_fields_add(struct json_fields *fields);
void json_fields_reset(struct json_fields *fields);
/* The members of the object whose bracket was taken. False: reader->error. */
bool json_fields_read(struct json_reader *reader, struct json_fields *fields);
/* The value of the last member of that name; NULL: none. */
const struct json_value *json_fields_find(const struct json_fields *fields, const char *name);

/* A text that grows; its memory is kept for the next. */
struct builder {
  char *data;
  size_t size, room;
};

void builder_add(struct builder *builder, const char *data, size_t size);
void builder_character(struct builder *builder, char character);

/* ---- tables ------------------------------------------------------------- */

struct tables;

struct tables *tables_new(const struct options *options, struct untyped *untyped);
void tables_free(struct tables *tables); /* NULL: nothing */

/* The table of a record; NULL: it is a tombstone, and its topic has several. The table lives
 * until the next call. */
struct decode_table *tables_find(struct tables *tables, const struct headrace_record *record,
                                 const struct record_text *text);

/* Whether the record is the tombstone of the delete that came right before it in its partition.
 * To be asked of every record of the topic. */
bool tables_repeats(struct tables *tables, const struct headrace_record *record,
                    const struct record_text *text);

/* ---- the callback ------------------------------------------------------- */

struct decoder;

void decoder_free(struct decoder *decoder); /* NULL: nothing */
enum headrace_result codec_decode(struct codec *codec, const struct headrace_event *event,
                                  struct headrace_batch *out);

#endif
