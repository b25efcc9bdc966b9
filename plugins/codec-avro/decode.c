/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of Confluent's wire format: a zero byte, the schema's id, the datum. What a schema makes
 * is kept by its id (and, with reader = latest, by the subject whose newest schema it is read as).
 * A key that is not of this format is the text that it is. */
#include "to_json.h"

#include <string.h>
#include <uthash.h>

struct known_id {
  char *name; /* the id, and the reader's subject if there is one; owned */
  int32_t id;
  struct avro_schema *writer, *reader; /* no reader: as the writer's */
  char *subject;                       /* with reader = latest; owned */
  int32_t reader_id;                   /* … its newest schema's */
  struct readings *readings;
  char *connect; /* Kafka Connect's schema as JSON */
  size_t connect_size;
  uint64_t identity; /* for struct record_text */
  bool enveloped;    /* its parts are rows and what is said of them */
  UT_hash_handle hh;
};

static const struct avro_type *type_of(const struct known_id *known)
{
  return avro_schema_type(known->reader ? known->reader : known->writer);
}

static void known_free(struct known_id *known)
{
  free(known->name);
  free(known->subject);
  readings_free(known->readings);
  avro_schema_free(known->writer);
  avro_schema_free(known->reader);
  free(known->connect);
  free(known);
}

void avro_known_clear(struct avro_codec *avro)
{
  for (int i = 0; i < 2; i++) {
    struct known_id *known, *next;
    HASH_ITER(hh, avro->known[i], known, next)
    {
      HASH_DEL(avro->known[i], known);
      known_free(known);
    }
  }
}

/* ---- schemas ----------------------------------------------------------------------- */

static const struct avro_type *record_in(const struct avro_type *type)
{
  const struct avro_type *other = type;
  avro_is_optional(type, &other);
  return other->kind == AVRO_RECORD ? other : NULL;
}

/* Debezium's: an operation, and rows or a source. */
static bool is_envelope(const struct avro_type *type)
{
  static const char *const parts[] = {"before", "after", "source"};
  const struct avro_type *record = record_in(type);
  bool operation = false, part = false;
  for (size_t i = 0; record && i < record->count; i++) {
    const struct avro_field *field = &record->fields[i];
    operation |= !strcmp(field->name, "op");
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++)
      part |= !strcmp(field->name, parts[j]) && record_in(field->type);
  }
  return operation && part;
}

/* What a record on its way needs. */
struct context {
  struct avro_codec *avro;
  const struct headrace_record *record;
  bool of_key;
  struct decode_fault *fault;
};

static const char *side_of(const struct context *context)
{
  return context->of_key ? "key" : "value";
}

static enum record_shape faulty(const struct context *context, const char *error_class,
                                const char *what, const char *why)
{
  decode_refuse(context->fault, error_class, "its %s: %s%.180s", side_of(context), what, why);
  return RECORD_FAULTY;
}

/* RECORD_ROWS: it went well. */
static enum record_shape taken(const struct context *context, enum registry_answer answer,
                               const struct registry_fault *fault)
{
  switch (answer) {
  case REGISTRY_OK:
    return RECORD_ROWS;
  case REGISTRY_REFUSED:
    return faulty(context, fault->error_class, "", fault->reason);
  case REGISTRY_AWAY:
    return RECORD_WAITS;
  default:
    return RECORD_FATAL;
  }
}

static enum record_shape parse(const struct context *context, const struct registry_schema *text,
                               struct avro_schema **schema)
{
  char error[AVRO_ERROR_MAX];
  *schema = avro_schema_read(text->text, text->references, text->reference_count, error);
  return *schema ? RECORD_ROWS
                 : faulty(context, "unsupported", "its schema cannot be used: ", error);
}

static enum record_shape read_writer(const struct context *context, struct known_id *known)
{
  const struct registry_schema *text;
  struct registry_fault fault;
  enum record_shape shape =
      taken(context, registry_by_id(context->avro->registry, known->id, &text, &fault), &fault);
  return shape == RECORD_ROWS ? parse(context, text, &known->writer) : shape;
}

/* What was read as data of a schema that was the subject's newest is to be read as this one's. */
static void forget_older(const struct context *context, const struct known_id *newest)
{
  struct known_id **all = &context->avro->known[context->of_key], *known, *next;
  HASH_ITER(hh, *all, known, next)
  {
    if (known->reader_id == newest->reader_id || strcmp(known->subject, newest->subject) != 0)
      continue;
    HASH_DEL(*all, known);
    known_free(known);
    context->avro->last[context->of_key] = NULL;
  }
}

/* The subject's newest schema, unless that is the writer's own. */
static enum record_shape read_reader(const struct context *context, struct known_id *known)
{
  const struct headrace_value *topic = &context->record->topic;
  const struct registry_schema *text;
  struct registry_fault fault;
  if (!context->avro->latest)
    return RECORD_ROWS;
  struct text name = text_print("%.*s", (int)topic->size, topic->data);
  const struct avro_side side = {.schema = known->writer};
  known->subject = avro_subject(context->avro, name.data, &side, context->of_key);
  enum record_shape shape = taken(
      context, registry_latest(context->avro->registry, known->subject, &text, &fault), &fault);
  if (shape == RECORD_ROWS) {
    known->reader_id = text->id;
    forget_older(context, known);
    if (text->id != known->id)
      shape = parse(context, text, &known->reader);
  }
  text_free(&name);
  return shape;
}

static enum record_shape resolve(const struct context *context, struct known_id *known)
{
  char error[AVRO_ERROR_MAX];
  known->readings = readings_new(avro_schema_type(known->writer),
                                 known->reader ? avro_schema_type(known->reader) : NULL, error);
  if (!known->readings)
    return faulty(context, "unsupported", "its schema cannot be read as the newest one: ", error);
  known->connect = avro_to_connect(type_of(known));
  if (!known->connect)
    return faulty(context, "unsupported", "its schema is too large", "");
  known->connect_size = strlen(known->connect);
  known->enveloped = !context->of_key && is_envelope(type_of(known));
  return RECORD_ROWS;
}

/* ---- by their id --------------------------------------------------------------------- */

static struct text name_of(const struct context *context, int32_t id)
{
  const struct headrace_value *topic = &context->record->topic;
  int size = context->avro->latest ? (int)topic->size : 0;
  return text_print("%d %.*s", id, size, size ? topic->data : "");
}

static enum record_shape make(const struct context *context, struct known_id *known)
{
  enum record_shape shape = read_writer(context, known);
  if (shape == RECORD_ROWS)
    shape = read_reader(context, known);
  return shape == RECORD_ROWS ? resolve(context, known) : shape;
}

static enum record_shape find(const struct context *context, const struct headrace_value *bytes,
                              struct known_id **known)
{
  uint32_t id = 0;
  struct avro_codec *avro = context->avro;
  for (int i = 1; i < AVRO_HEAD; i++)
    id = id << 8 | (unsigned char)bytes->data[i];
  if (id > INT32_MAX)
    return faulty(context, "malformed", "its schema's id is none", "");
  *known = avro->last[context->of_key];
  if (*known && !avro->latest && (*known)->id == (int32_t)id)
    return RECORD_ROWS;
  struct text name = name_of(context, (int32_t)id);
  HASH_FIND_STR(avro->known[context->of_key], name.data, *known);
  enum record_shape shape = RECORD_ROWS;
  if (*known) {
    text_free(&name);
  } else {
    *known = avro_must(calloc(1, sizeof **known));
    (*known)->id = (int32_t)id;
    (*known)->name = name.data;
    (*known)->identity = ++avro->identities;
    shape = make(context, *known);
    if (shape == RECORD_ROWS)
      HASH_ADD_KEYPTR(hh, avro->known[context->of_key], (*known)->name, strlen((*known)->name),
                      *known);
    else
      known_free(*known);
  }
  if (shape == RECORD_ROWS)
    avro->last[context->of_key] = *known;
  return shape;
}

/* ---- records --------------------------------------------------------------------------- */

static bool has_head(const struct headrace_value *bytes)
{
  return bytes->size >= AVRO_HEAD && bytes->data[0] == 0;
}

static struct json_value schema_text(const struct known_id *known)
{
  return (struct json_value){
      .kind = JSON_OBJECT, .data = known->connect, .size = known->connect_size};
}

/* The record in a datum, through its unions; *other: what it is instead. */
static bool take_record(struct data *data, const struct known_id *known,
                        struct record_text *parts_of, struct json_fields *fields,
                        struct json_value *other)
{
  const struct reading *top = readings_top(known->readings);
  *other = (struct json_value){.kind = JSON_NULL};
  if (top->kind == AVRO_RECORD)
    return data_take_members(data, top, parts_of, fields);
  return data_take(data, top, false, other);
}

static enum record_shape read_side(struct context *context, const struct headrace_value *bytes,
                                   struct record_text *text, struct json_fields *fields,
                                   struct json_value *other)
{
  struct known_id *known;
  enum record_shape shape = find(context, bytes, &known);
  if (shape != RECORD_ROWS)
    return shape;
  struct data data = {.host = context->avro->codec.host,
                      .batch = context->avro->codec.reading_to,
                      .nested = &context->avro->nested};
  data_begin(&data, bytes);
  bool sound = take_record(&data, known, known->enveloped ? text : NULL, fields, other);
  if (!data_end(&data) || !sound)
    return faulty(context, "malformed", data.error, "");
  if (context->of_key) {
    text->key_schema = schema_text(known);
    text->key_schema_id = known->identity;
  } else {
    text->value_schema = schema_text(known);
    text->value_schema_id = known->identity;
  }
  return RECORD_ROWS;
}

/* A key that is no record tells its value only where key_columns names it. */
static enum record_shape read_key(struct context *context, struct record_text *text)
{
  const struct headrace_value *key = &context->record->key;
  if (key->state == HEADRACE_NULL || !key->size)
    return RECORD_ROWS;
  if (has_head(key)) {
    struct json_value other;
    enum record_shape shape = read_side(context, key, text, &text->key, &other);
    if (shape == RECORD_ROWS && !text->key.given && other.kind != JSON_NULL)
      text->scalar_key = other;
    return shape;
  }
  if (json_is_utf8(key->data, key->size))
    text->scalar_key =
        (struct json_value){.kind = JSON_STRING, .data = key->data, .size = key->size};
  return RECORD_ROWS;
}

static enum record_shape read_value(struct context *context, struct record_text *text)
{
  const struct headrace_value *value = &context->record->value;
  struct json_value other;
  if (!has_head(value))
    return faulty(context, "malformed",
                  "it is not Avro with a schema's id: that begins with a zero byte and four of the "
                  "id",
                  "");
  enum record_shape shape = read_side(context, value, text, &text->top, &other);
  if (shape != RECORD_ROWS || text->top.given)
    return shape;
  if (other.kind != JSON_NULL)
    return faulty(context, "unsupported", "its schema is not that of a record", "");
  text->tombstone = true;
  text->value_schema = (struct json_value){.kind = JSON_NULL};
  return RECORD_ROWS;
}

enum record_shape avro_record_read(struct codec *codec, const struct headrace_record *record,
                                   struct record_text *text, struct decode_fault *fault)
{
  struct context context = {
      .avro = (struct avro_codec *)codec, .record = record, .of_key = true, .fault = fault};
  record_text_begin(text, record);
  enum record_shape shape = read_key(&context, text);
  context.of_key = false;
  if (shape == RECORD_ROWS && !text->tombstone)
    shape = read_value(&context, text);
  return shape == RECORD_ROWS ? record_shape_read(text, &codec->options, fault) : shape;
}
