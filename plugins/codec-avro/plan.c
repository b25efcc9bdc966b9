/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_avro.h"

#include <string.h>

struct avro_side avro_side_new(char *text)
{
  char error[AVRO_ERROR_MAX];
  struct avro_side side = {.text = text, .schema = avro_schema_read(text, NULL, 0, error)};
  avro_must(side.schema); /* our own text */
  return side;
}

void avro_side_clear(struct avro_side *side)
{
  free(side->text);
  free(side->subject);
  avro_schema_free(side->schema);
}

static struct avro_side side_of(struct text connect)
{
  char *text = avro_of_connect(connect.data);
  text_free(&connect);
  return avro_side_new(text);
}

static struct text bytes_of(const char *const *texts, size_t count)
{
  size_t room = 0;
  for (size_t i = 0; i < count; i++)
    room += strlen(texts[i]) + AVRO_LONG_MAX;
  struct text bytes = {.data = avro_must(malloc(room + 1))};
  char *out = bytes.data;
  for (size_t i = 0; i < count; i++)
    out = avro_put_bytes(out, texts[i], strlen(texts[i]));
  bytes.size = (size_t)(out - bytes.data);
  return bytes;
}

static void plan_source(const struct codec *codec, struct avro_plan *avro,
                        const struct headrace_relation *relation)
{
  const char *const head[] = {HEADRACE_VERSION, "postgresql", codec->options.prefix};
  const char *const database[] = {relation->database ? relation->database : ""};
  const char *const names[] = {relation->schema, relation->table};
  avro->source_head = bytes_of(head, 3);
  avro->source_database = bytes_of(database, 1);
  avro->source_names = bytes_of(names, 2);
}

/* The record of a row: the value itself, or what `before` is besides null. */
static const struct avro_type *row_type(const struct avro_type *type, const struct codec *codec)
{
  const struct avro_type *row = type;
  if (!codec->flat && codec->options.format != FORMAT_PLAIN)
    avro_is_optional(type->fields[0].type, &row);
  return row;
}

/* Of a flat row without additions Kafka Connect says that it may be null; as Apicurio's converter
 * we register the record alone. */
static struct text schema_of(const struct codec *codec, const struct relation_plan *plan,
                             const struct headrace_relation *relation)
{
  if (codec->flat)
    return schema_of_flat(codec, plan, relation);
  return codec->options.format == FORMAT_PLAIN ? schema_of_row(codec, plan, relation)
                                               : schema_of_value(codec, plan, relation);
}

static void plan_columns(struct avro_plan *avro, const struct relation_plan *plan,
                         const struct avro_type *row)
{
  size_t field = 0;
  avro->columns = avro_must(calloc(plan->column_count + 1, sizeof *avro->columns));
  avro->column_count = plan->column_count;
  avro->row_fixed = 1;
  for (uint32_t i = 0; i < plan->column_count; i++) {
    struct avro_column *column = &avro->columns[i];
    if (plan->columns[i].omitted)
      continue;
    avro_column_init(column, &plan->columns[i], row->fields[field++].type);
    size_t stand_in =
        column->unavailable.size > column->zero.size ? column->unavailable.size : column->zero.size;
    avro->row_fixed += stand_in + 1;
  }
  avro->row = row;
  avro->row_fields = field;
}

void *avro_plan_new(struct codec *codec, struct relation_plan *plan,
                    const struct headrace_relation *relation)
{
  if (!relation) /* messages need nothing */
    return NULL;
  const struct avro_codec *own = (struct avro_codec *)codec;
  struct avro_plan *avro = avro_must(calloc(1, sizeof *avro));
  avro->value = side_of(schema_of(codec, plan, relation));
  char *topic = avro_topic_of(own, relation);
  avro->value.subject = avro_subject(own, topic, &avro->value, false);
  if (plan->key_count) {
    avro->key = side_of(schema_of_key(codec, plan, relation));
    avro->key.subject = avro_subject(own, topic, &avro->key, true);
  }
  free(topic);
  plan_columns(avro, plan, row_type(avro_schema_type(avro->value.schema), codec));
  plan_source(codec, avro, relation);
  return avro;
}

void avro_plan_free(void *plan)
{
  struct avro_plan *avro = plan;
  avro_side_clear(&avro->key);
  avro_side_clear(&avro->value);
  text_free(&avro->source_head);
  text_free(&avro->source_database);
  text_free(&avro->source_names);
  text_free(&avro->source.head);
  text_free(&avro->source.previous);
  text_free(&avro->source.middle);
  for (uint32_t i = 0; i < avro->column_count; i++) {
    text_free(&avro->columns[i].unavailable);
    text_free(&avro->columns[i].zero);
  }
  free(avro->columns);
  free(avro);
}
