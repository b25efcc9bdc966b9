/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: what connect_codec.h leaves open, for JSON.
 *
 * plan           the pieces of a table's records
 * debezium       Debezium's envelope, and records that are no rows'
 * cloudevents    the same event as a CloudEvent
 * formats        the records of the other formats
 * to_json_schema, of_json_schema   Kafka Connect's schemas as those of a registry, and back
 * wire           records with an id of a registry
 * record_text    a record's key and value as members of objects */
#ifndef HEADRACE_CODEC_JSON_H
#define HEADRACE_CODEC_JSON_H

#include "connect_decode.h"
#include "registry.h"
#include "subject.h"

/* A schema that came before: the same bytes need not be read again. */
struct known_schema {
  char *data; /* owned */
  size_t size;
};

enum { KNOWN_SCHEMAS = 128 };

struct json_codec {
  struct codec codec;                         /* the first member */
  struct text operation_label;                /* format=plain: "operation":, or empty */
  struct known_schema schemas[KNOWN_SCHEMAS]; /* by a hash of the topic */
  struct registry *registry;                  /* NULL: none */
  enum subject_strategy strategy;
  const char *topic;      /* template of the names in subjects */
  struct known_id *known; /* schemas of records that were read: wire.c's own */
};

/* A zero byte and the schema's id. */
#define WIRE_HEAD 5

/* A value's schema, or a key's, in a registry. */
struct wire_side {
  char *text; /* NULL: there is none */
  char *subject;
  bool known; /* it has its id */
  int32_t id;
};

/* A CloudEvent's pieces that are the same for all rows of a table. */
struct cloud_plan {
  struct text id;       /* {"id":"name:…;lsn: */
  struct text source;   /* ","source":… up to the time */
  struct text name;     /* ","iodebeziumversion":… up to the milliseconds */
  struct text database; /* ","iodebeziumdb":… up to the sequence */
  struct text table;    /* 000","iodebeziumschema":… up to the transaction */
};

struct json_plan {
  struct text names;   /* ,"schema":"…","table":"…" */
  struct text op_head; /* format=op: up to the lsn */
  /* What comes before a value and a key, where schemas are wanted; else empty. */
  struct text key_schema, value_schema; /* or, with a registry, the heads with their ids */
  bool wrapped;                         /* the text has to be closed */
  struct wire_side key, value;          /* with a registry */
  struct cloud_plan cloud;              /* with options.cloudevents; else empty */
};

static inline const struct json_plan *json_plan_of(const struct relation_plan *plan)
{
  return plan->own;
}

/* options.c */
extern const struct headrace_key json_keys[];
void json_options_read(const struct headrace_host *host, struct options *options);
bool json_has_registry(const struct headrace_host *host);
enum headrace_result json_check(const struct headrace_host *host);

/* plan.c */
void *json_plan(struct codec *codec, struct relation_plan *plan,
                const struct headrace_relation *relation);
void json_plan_free(void *own);

/* debezium.c */
enum headrace_result json_emit(struct output *to, const struct draft *draft,
                               struct headrace_value *key);
size_t image_bound(const struct relation_plan *plan, const struct image *image);
char *image_write(char *out, const struct relation_plan *plan, const struct image *image,
                  const struct column_plan **defect);
enum headrace_result json_document(struct codec *codec, const struct document *document,
                                   struct headrace_batch *out);

/* cloudevents.c */
void cloud_plan_init(struct cloud_plan *cloud, const struct codec *codec,
                     const struct headrace_relation *relation);
void cloud_plan_clear(struct cloud_plan *cloud);
size_t cloud_event_bound(const struct relation_plan *plan, const struct draft *draft);
char *cloud_event_write(char *out, struct output *to, const struct draft *draft,
                        const struct column_plan **defect);

/* wire.c: of a schema in Connect's JSON. */
void wire_side_init(struct wire_side *side, const struct json_codec *json, const char *topic,
                    const char *connect, bool of_key);
void wire_side_clear(struct wire_side *side);
/* Sees that a table's schemas have their ids. AGAIN: its event was refused and is dealt with. */
enum headrace_result wire_register(struct json_codec *json, struct relation_plan *plan,
                                   struct headrace_batch *out);
/* Puts the head before a value that is no row's. AGAIN: as above. */
enum headrace_result wire_document(struct json_codec *json, const char *topic, const char *connect,
                                   bool of_key, struct headrace_value *value,
                                   struct headrace_batch *out);
void wire_known_clear(struct json_codec *json);
bool wire_has_head(const struct headrace_value *bytes);
struct wire_schema {
  struct json_value text; /* Connect's, kept by the codec */
  uint64_t id;            /* for struct record_text */
};
/* Takes the head off the bytes. RECORD_ROWS: it went well. `part`: key or value, for errors. */
enum record_shape wire_take_head(struct json_codec *json, struct headrace_value *bytes,
                                 const char *part, struct wire_schema *schema,
                                 struct decode_fault *fault);

/* formats.c */
char *key_text_write(char *out, const struct relation_plan *plan,
                     const struct headrace_value *values, const struct headrace_value *other);
enum headrace_result envelope_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out);
enum headrace_result op_encode(struct codec *codec, const struct headrace_change *change,
                               struct headrace_batch *out);
enum headrace_result plain_encode(struct codec *codec, const struct headrace_change *change,
                                  struct headrace_batch *out);

/* record_text.c */
enum record_shape json_record_read(struct codec *codec, const struct headrace_record *record,
                                   struct record_text *text, struct decode_fault *fault);

#endif
