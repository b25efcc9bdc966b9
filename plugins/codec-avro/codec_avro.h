/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro: what connect_codec.h leaves open, for Avro in Confluent's wire format.
 *
 * Writing:
 * to_avro_schema  Kafka Connect's schemas as Avro's
 * plan            what is known of a table before its rows come: its schemas with their ids in the
 *                 registry, and for each column the function that writes its values
 * subject         under which names schemas are registered
 * values          those functions, straight into the batch's memory …
 * from_json       … or by way of JSON, for types with parts and what is rare
 * emit            records: Debezium's envelope, plain rows, and those that are no rows'
 *
 * Reading:
 * schema          Avro's schemas as a graph
 * reading         how bytes of one schema are read as data of another
 * to_connect      Avro's schemas as Kafka Connect's
 * to_json         data as members of objects, which connect_decode.h goes on with
 * decode          records, and what is known of schemas by their id */
#ifndef HEADRACE_CODEC_AVRO_H
#define HEADRACE_CODEC_AVRO_H

#include "connect_decode.h"
#include "datum.h"
#include "registry.h"
#include "schema.h"
#include "subject.h"

struct avro_codec {
  struct codec codec; /* the first member */
  struct registry *registry;
  enum subject_strategy strategy;
  const char *topic;         /* template of the names in subjects */
  bool latest;               /* reader = latest */
  struct known_id *known[2]; /* of values and keys: decode.c's own, by the writer's id */
  struct known_id *last[2];  /* … and what came last */
  uint64_t identities;
  struct builder nested; /* JSON of a value with parts, while it is made */
};

/* A value's schema, or a key's. */
struct avro_side {
  char *text; /* as it is registered */
  struct avro_schema *schema;
  char *subject;
  int32_t id; /* 0: not registered yet */
};

struct avro_column;

/* Writes a value that is there; NULL: its text is not one of the type's, or Avro cannot say it;
 * avro_as_null: what it is is null to Kafka Connect. */
typedef char *(*avro_writer)(char *out, const struct avro_column *column, const char *data,
                             size_t size);
extern const char avro_as_null[];

struct avro_column {
  const struct column_plan *column;
  avro_writer write;
  const struct avro_type *type; /* without its null */
  bool optional;
  bool null_first;               /* the union's order */
  uint32_t fixed, growth;        /* bytes that any value may need, and for each of its text */
  bool by_json;                  /* … or those of its JSON */
  struct text unavailable, zero; /* see struct value_plan, owned */
};

/* Debezium's source block but for the change's sequence. */
struct avro_source {
  const char *snapshot; /* its word, a constant */
  uint64_t transaction_id, previous_sequence;
  int64_t time_us;
  struct text head, previous, middle; /* owned; no data: not made yet */
};

struct avro_plan {
  struct avro_side key, value;
  struct avro_column *columns; /* as the relation's; those that are omitted have no writer */
  uint32_t column_count;
  const struct avro_type *row; /* a row's record … */
  size_t row_fields;           /* … of which so many fields are columns, the others are added */
  size_t row_fixed;            /* an upper bound of a row of nulls */
  struct text source_head, source_database, source_names; /* of the source block */
  struct avro_source source;
};

static inline const struct avro_plan *avro_plan_of(const struct relation_plan *plan)
{
  return plan->own;
}

/* plan.c */
void *avro_plan_new(struct codec *codec, struct relation_plan *plan,
                    const struct headrace_relation *relation);
void avro_plan_free(void *own);
struct avro_side avro_side_new(char *text);
void avro_side_clear(struct avro_side *side);

/* subject.c: `topic`: of the records. To be freed. */
char *avro_subject(const struct avro_codec *avro, const char *topic, const struct avro_side *side,
                   bool of_key);
char *avro_topic_of(const struct avro_codec *avro, const struct headrace_relation *relation);
char *avro_topic_named(const struct avro_codec *avro, const char *name);

/* values.c */
void avro_column_init(struct avro_column *column, const struct column_plan *plan,
                      const struct avro_type *type);
static inline size_t avro_value_bound(const struct avro_column *column, const char *data,
                                      size_t size);

/* from_json.c: a datum of JSON as connect's writers make it. At most AVRO_JSON_BOUND bytes. NULL:
 * it is none of the type. */
#define AVRO_JSON_BOUND(size) (5 * (size_t)(size) + 64)
char *avro_from_json(char *out, const struct avro_type *type, const char *json, size_t size);

static inline size_t avro_value_bound(const struct avro_column *column, const char *data,
                                      size_t size)
{
  if (column->by_json)
    return AVRO_JSON_BOUND(value_bound(&column->column->value, data, size));
  return column->fixed + column->growth * size;
}

/* emit.c */
enum headrace_result avro_emit(struct output *to, const struct draft *draft,
                               struct headrace_value *key);
enum headrace_result avro_plain_encode(struct codec *codec, const struct headrace_change *change,
                                       struct headrace_batch *out);
enum headrace_result avro_document(struct codec *codec, const struct document *document,
                                   struct headrace_batch *out);
/* Sees that a table's schemas have their ids. AGAIN: its event was refused and is dealt with. */
enum headrace_result avro_register(struct avro_codec *avro, struct relation_plan *plan,
                                   struct headrace_batch *out);

/* decode.c */
enum record_shape avro_record_read(struct codec *codec, const struct headrace_record *record,
                                   struct record_text *text, struct decode_fault *fault);
void avro_known_clear(struct avro_codec *avro);

#endif
