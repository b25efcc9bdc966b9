/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include "connect_decode.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

struct pair {
  const struct avro_type *writer, *reader;
};

struct made {
  struct pair pair;
  struct reading *reading;
  UT_hash_handle hh;
};

struct readings {
  struct made *all;
  struct reading *top;
  char **texts; /* of defaults */
  size_t text_count;
  char *error;
};

static struct reading *make(struct readings *readings, const struct avro_type *writer,
                            const struct avro_type *reader, int depth);

static struct reading *unlike(struct readings *readings, const struct avro_type *writer,
                              const char *why)
{
  if (!*readings->error)
    snprintf(readings->error, AVRO_ERROR_MAX, "%.120s%s%.100s", why, writer->name ? ": " : "",
             writer->name ? writer->name : "");
  return NULL;
}

/* ---- which types fit ----------------------------------------------------------- */

static bool promotes(enum avro_kind writer, enum avro_kind reader)
{
  switch (writer) {
  case AVRO_INT:
    return reader == AVRO_LONG || reader == AVRO_FLOAT || reader == AVRO_DOUBLE;
  case AVRO_LONG:
    return reader == AVRO_FLOAT || reader == AVRO_DOUBLE;
  case AVRO_FLOAT:
    return reader == AVRO_DOUBLE;
  default:
    return false;
  }
}

static const char *last_name(const char *name)
{
  const char *dot = strrchr(name, '.');
  return dot ? dot + 1 : name;
}

/* Names are compared without their namespace, as all implementations do by now. */
static bool has_alias(const struct avro_type *reader, const char *name)
{
  for (size_t i = 0;; i++) {
    const char *alias = avro_alias(reader->json, i);
    if (!alias)
      return false;
    if (!strcmp(last_name(alias), last_name(name)))
      return true;
  }
}

static bool same_name(const struct avro_type *writer, const struct avro_type *reader)
{
  if (!writer->name || !reader->name)
    return true;
  return !strcmp(last_name(writer->name), last_name(reader->name)) ||
         has_alias(reader, writer->name);
}

/* The branch of the reader's union that the data goes to: the same type, else a wider one. */
static const struct avro_type *branch_of(const struct avro_type *writer,
                                         const struct avro_type *reader)
{
  for (size_t i = 0; i < reader->count; i++)
    if (reader->parts[i]->kind == writer->kind && same_name(writer, reader->parts[i]))
      return reader->parts[i];
  for (size_t i = 0; i < reader->count; i++)
    if (promotes(writer->kind, reader->parts[i]->kind))
      return reader->parts[i];
  return NULL;
}

/* ---- records ------------------------------------------------------------------- */

static struct json_value text_value(const char *text)
{
  return (struct json_value){.kind = JSON_STRING, .data = text, .size = strlen(text)};
}

/* A union of more than null and one type. */
static bool is_any(const struct avro_type *type)
{
  const struct avro_type *other;
  return type->kind == AVRO_UNION && type->count > 1 && !avro_is_optional(type, &other);
}

static bool has_writers_name(const struct avro_field *reader, const char *name)
{
  if (!strcmp(reader->name, name))
    return true;
  for (size_t i = 0;; i++) {
    const char *alias = avro_alias(reader->json, i);
    if (!alias || !strcmp(alias, name))
      return alias != NULL;
  }
}

/* A field by its name, else by an alias; NULL: the reader has none. */
static const struct avro_field *readers_field(const struct avro_type *reader, const char *name)
{
  for (size_t i = 0; i < reader->count; i++)
    if (!strcmp(reader->fields[i].name, name))
      return &reader->fields[i];
  for (size_t i = 0; i < reader->count; i++)
    if (has_writers_name(&reader->fields[i], name))
      return &reader->fields[i];
  return NULL;
}

static bool is_written(const struct avro_type *writer, const struct avro_type *reader,
                       const struct avro_field *field)
{
  for (size_t i = 0; i < writer->count; i++)
    if (readers_field(reader, writer->fields[i].name) == field)
      return true;
  return false;
}

static bool add_default(struct readings *readings, struct reading *reading,
                        const struct avro_field *field)
{
  char *text = avro_default(field);
  if (!text) {
    char why[AVRO_ERROR_MAX];
    snprintf(why, sizeof why, "the reader's field \"%.80s\" was not written and has no default",
             field->name);
    return unlike(readings, reading->writer, why);
  }
  readings->texts =
      avro_must(realloc(readings->texts, (readings->text_count + 1) * sizeof *readings->texts));
  readings->texts[readings->text_count++] = text;
  struct reading_added *added = &reading->added[reading->added_count++];
  added->name = text_value(field->name);
  struct json_reader json;
  json_read_begin(&json, text, strlen(text));
  return json_read_whole(&json, &added->value);
}

static bool make_fields(struct readings *readings, struct reading *reading,
                        const struct avro_type *reader, int depth)
{
  const struct avro_type *writer = reading->writer;
  reading->slots = avro_must(calloc(writer->count + 1, sizeof *reading->slots));
  reading->added = avro_must(calloc(reader->count + 1, sizeof *reading->added));
  for (size_t i = 0; i < writer->count; i++) {
    struct reading_slot *slot = &reading->slots[reading->slot_count++];
    const struct avro_field *field = readers_field(reader, writer->fields[i].name);
    slot->writer = writer->fields[i].type;
    if (!field)
      continue;
    slot->name = text_value(field->name);
    slot->any = is_any(field->type);
    slot->of_origin = record_is_origin(&slot->name);
    slot->of_times = json_is(&slot->name, "ts_ms") || json_is(&slot->name, "ts_us") ||
                     json_is(&slot->name, "ts_ns");
    if (!(slot->reading = make(readings, slot->writer, field->type, depth)))
      return false;
  }
  for (size_t i = 0; i < reader->count; i++)
    if (!is_written(writer, reader, &reader->fields[i]) &&
        !add_default(readings, reading, &reader->fields[i]))
      return false;
  return true;
}

/* ---- others --------------------------------------------------------------------- */

static void make_symbols(struct reading *reading, const struct avro_type *reader)
{
  const struct avro_type *writer = reading->writer;
  reading->symbols = avro_must(calloc(writer->count + 1, sizeof *reading->symbols));
  for (size_t i = 0; i < writer->count; i++) {
    reading->symbols[i] = reader->fallback < 0 ? NULL : reader->symbols[reader->fallback];
    for (size_t j = 0; j < reader->count; j++)
      if (!strcmp(writer->symbols[i], reader->symbols[j]))
        reading->symbols[i] = writer->symbols[i];
  }
}

/* A branch that the reader has not is an error only once it comes. */
static bool make_branches(struct readings *readings, struct reading *reading,
                          const struct avro_type *reader, int depth)
{
  const struct avro_type *writer = reading->writer;
  bool any = false;
  reading->parts = avro_must(calloc(writer->count, sizeof *reading->parts));
  for (size_t i = 0; i < writer->count; i++) {
    reading->parts[i] =
        make(readings, writer->parts[i], reader == writer ? writer->parts[i] : reader, depth);
    any |= reading->parts[i] != NULL;
  }
  if (any)
    *readings->error = '\0';
  return any;
}

static bool make_part(struct readings *readings, struct reading *reading,
                      const struct avro_type *reader, int depth)
{
  reading->parts = avro_must(calloc(1, sizeof *reading->parts));
  reading->parts[0] = make(readings, reading->writer->parts[0], reader->parts[0], depth);
  return reading->parts[0] != NULL;
}

static struct reading *find(const struct readings *readings, const struct pair *pair)
{
  struct made *made;
  HASH_FIND(hh, readings->all, pair, sizeof *pair, made);
  return made ? made->reading : NULL;
}

static struct reading *add(struct readings *readings, const struct pair *pair)
{
  struct made *made = avro_must(calloc(1, sizeof *made));
  made->pair = *pair;
  made->reading = avro_must(calloc(1, sizeof *made->reading));
  made->reading->writer = pair->writer;
  made->reading->kind = pair->writer->kind;
  HASH_ADD(hh, readings->all, pair, sizeof made->pair, made);
  return made->reading;
}

static bool is_bytes_like(enum avro_kind kind)
{
  return kind == AVRO_BYTES || kind == AVRO_STRING;
}

static bool fits(const struct avro_type *writer, const struct avro_type *reader)
{
  if (writer->kind != reader->kind)
    return promotes(writer->kind, reader->kind) ||
           (is_bytes_like(writer->kind) && is_bytes_like(reader->kind));
  return writer->kind != AVRO_FIXED || writer->size == reader->size;
}

static bool fill(struct readings *readings, struct reading *reading, const struct avro_type *reader,
                 int depth)
{
  switch (reading->writer->kind) {
  case AVRO_UNION:
    return make_branches(readings, reading, reader, depth);
  case AVRO_RECORD:
    return make_fields(readings, reading, reader, depth);
  case AVRO_ARRAY:
  case AVRO_MAP:
    return make_part(readings, reading, reader, depth);
  case AVRO_ENUM:
    make_symbols(reading, reader);
    return true;
  default:
    return true;
  }
}

static struct reading *make(struct readings *readings, const struct avro_type *writer,
                            const struct avro_type *reader, int depth)
{
  if (depth == AVRO_DEPTH_MAX)
    return unlike(readings, writer, "it is nested too deep");
  if (writer->kind != AVRO_UNION && reader->kind == AVRO_UNION) {
    reader = branch_of(writer, reader);
    if (!reader)
      return unlike(readings, writer, "the reader's union has no branch for what was written");
  }
  if (writer->kind != AVRO_UNION && !fits(writer, reader))
    return unlike(readings, writer, "the reader's type is not one that the writer's can become");
  const struct pair pair = {writer, reader};
  struct reading *reading = find(readings, &pair);
  if (reading)
    return reading->failed ? NULL : reading;
  reading = add(readings, &pair);
  reading->failed = !fill(readings, reading, reader, depth + 1);
  return reading->failed ? NULL : reading;
}

struct readings *readings_new(const struct avro_type *writer, const struct avro_type *reader,
                              char error[AVRO_ERROR_MAX])
{
  struct readings *readings = avro_must(calloc(1, sizeof *readings));
  readings->error = error;
  *error = '\0';
  readings->top = make(readings, writer, reader ? reader : writer, 0);
  if (readings->top)
    return readings;
  readings_free(readings);
  return NULL;
}

void readings_free(struct readings *readings)
{
  if (!readings)
    return;
  struct made *made, *next;
  HASH_ITER(hh, readings->all, made, next)
  {
    HASH_DEL(readings->all, made);
    free(made->reading->slots);
    free(made->reading->added);
    free(made->reading->parts);
    free(made->reading->symbols);
    free(made->reading);
    free(made);
  }
  for (size_t i = 0; i < readings->text_count; i++)
    free(readings->texts[i]);
  free(readings->texts);
  free(readings);
}

const struct reading *readings_top(const struct readings *readings)
{
  return readings->top;
}
