/* SPDX-License-Identifier: Apache-2.0
 *
 * format=flat: Debezium's records, of which ExtractNewRecordState leaves the row. What is added is
 * taken from the envelope's text, which is made without its rows for that. */
#include "connect_codec.h"
#include "flattening.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)
#define HEAD_BOUND        256 /* operation, clock, names */

struct flat {
  struct flattening settings;
  struct text_buffer envelope;
  struct json_value *added; /* values of settings.fields, of the record that is being made */
  bool wants_before, wants_after;
};

static bool wants(const struct flattening *settings, const char *part)
{
  const struct additions *both[] = {&settings->fields, &settings->headers};
  for (size_t i = 0; i < sizeof both / sizeof *both; i++)
    for (size_t j = 0; j < both[i]->count; j++)
      if (both[i]->items[j].part && !strcmp(both[i]->items[j].part, part))
        return true;
  return false;
}

struct flat *flat_new(const struct headrace_host *host)
{
  struct flat *flat = must_alloc(1, sizeof *flat);
  flattening_read(host, &flat->settings); /* checked before */
  flat->added = must_alloc(flat->settings.fields.count, sizeof *flat->added);
  flat->wants_before = wants(&flat->settings, "before");
  flat->wants_after = wants(&flat->settings, "after");
  return flat;
}

void flat_free(struct flat *flat)
{
  if (!flat)
    return;
  flattening_free(&flat->settings);
  free(flat->envelope.bytes);
  free(flat->added);
  free(flat);
}

bool flat_keeps_tombstones(const struct flat *flat)
{
  return flat->settings.tombstones;
}

size_t flat_added(const struct flat *flat, const struct addition **fields)
{
  *fields = flat->settings.fields.items;
  return flat->settings.fields.count;
}

struct text schema_of_flat(const struct codec *codec, const struct relation_plan *plan,
                           const struct headrace_relation *relation)
{
  const struct flattening *settings = &codec->flat->settings;
  struct text envelope = schema_of_value(codec, plan, relation);
  struct text_buffer text = {0};
  struct json_reader reader;
  struct json_value whole, fields;
  json_read_begin(&reader, envelope.data, envelope.size);
  if (!json_read_whole(&reader, &whole) || !flattening_member(&whole, "fields", &fields) ||
      !flattened_schema(&text, &fields, &settings->fields, settings->rows))
    abort(); /* our own text */
  text_free(&envelope);
  text_add(&text, "", 1);
  return (struct text){.data = text.bytes, .size = text.size - 1};
}

/* ---- what is added -------------------------------------------------------------- */

static char *clock_write(char *out, int64_t now_us)
{
  out = PUT(out, ",\"ts_ms\":");
  out = json_integer(out, floor_ms(now_us));
  out = PUT(out, ",\"ts_us\":");
  out = json_integer(out, now_us);
  out = PUT(out, ",\"ts_ns\":");
  return json_integer(out, now_us * 1000);
}

/* ,"before":{…}, if somebody wants something of it */
static char *image_write(char *out, const struct relation_plan *plan, const char *label,
                         const struct image *image, const struct column_plan **defect)
{
  if (!image->values)
    return out;
  out = json_copy(out, label, strlen(label));
  return row_write(out, plan, image->values, image->other, image->absent, defect);
}

static size_t envelope_bound(const struct flat *flat, const struct relation_plan *plan,
                             const struct draft *draft)
{
  const struct image *before = &draft->before, *after = &draft->after;
  size_t bound = source_bound(plan) + TRANSACTION_BOUND + HEAD_BOUND;
  if (flat->wants_before && before->values)
    bound += row_bound(plan, before->values, before->other);
  if (flat->wants_after && after->values)
    bound += row_bound(plan, after->values, after->other);
  return bound;
}

/* What is short comes first: it is looked for from the beginning. */
static char *envelope_write(char *out, const struct flat *flat, struct output *to,
                            const struct draft *draft, const struct column_plan **defect)
{
  const struct image none = {0};
  out = PUT(out, "{\"op\":\"");
  *out++ = draft->operation;
  *out++ = '"';
  out = clock_write(out, to->now_us);
  out = transaction_write(out, to->codec, to->plan, to->change);
  out = PUT(out, ",\"source\":");
  out = source_write(out, to->plan, to->change, to->now_us);
  out = image_write(out, to->plan, ",\"before\":", flat->wants_before ? &draft->before : &none,
                    defect);
  if (out)
    out = image_write(out, to->plan, ",\"after\":", flat->wants_after ? &draft->after : &none,
                      defect);
  return out ? PUT(out, "}") : NULL;
}

static bool envelope_make(struct flat *flat, struct output *to, const struct draft *draft,
                          struct json_value *envelope)
{
  const struct column_plan *defect = NULL;
  flat->envelope.size = 0;
  char *start = text_room(&flat->envelope, envelope_bound(flat, to->plan, draft));
  const char *end = envelope_write(start, flat, to, draft, &defect);
  if (!end)
    return codec_defect(to->codec, to->plan, defect) == HEADRACE_OK;
  *envelope =
      (struct json_value){.kind = JSON_OBJECT, .data = start, .size = (size_t)(end - start)};
  return true;
}

static bool add(struct output *to, struct draft *draft)
{
  struct flat *flat = to->codec->flat;
  const struct flattening *settings = &flat->settings;
  struct json_value envelope;
  if (!settings->fields.count && !settings->headers.count)
    return true;
  if (!envelope_make(flat, to, draft, &envelope))
    return false;
  for (size_t i = 0; i < settings->fields.count; i++)
    if (!addition_value(&settings->fields.items[i], &envelope, &flat->added[i]))
      flat->added[i] = (struct json_value){.kind = JSON_NULL, .data = "null", .size = 4};
  additions_put_headers(to->codec->host, to->batch, &settings->headers, &envelope, &draft->headers,
                        &draft->header_count);
  return true;
}

/* ---- records ---------------------------------------------------------------------- */

enum headrace_result flat_emit(struct output *to, struct draft *draft, struct headrace_value *key)
{
  const struct flattening *settings = &to->codec->flat->settings;
  bool deleted = !draft->after.values, kept = settings->rows || settings->to_tombstone;
  const struct image *row = deleted ? &draft->before : &draft->after;
  struct flat_row made = {.added = to->codec->flat->added, .key_only = deleted && !kept};
  *key = (struct headrace_value){0};
  if (!row->values) /* a truncate, or nobody knows whose delete */
    return HEADRACE_OK;
  made.row = deleted && settings->to_tombstone ? NULL : row;
  if (settings->rows)
    made.mark = deleted ? "\"true\"" : "\"false\"";
  if (!add(to, draft)) /* its tombstone has the headers, too */
    return HEADRACE_FATAL;
  draft->flat = &made;
  enum headrace_result result = to->codec->dialect->emit(to, draft, key);
  draft->flat = NULL;
  return result;
}
