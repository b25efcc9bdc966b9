/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells become the bytes of a record's parts. */
#include "columns.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *fault, const char *error_class, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fault->error_class = error_class;
  vsnprintf(fault->reason, sizeof fault->reason, format, arguments);
  va_end(arguments);
  return false;
}

bool raw_value(const struct columns *columns, struct headrace_batch *out, const struct cell *cell,
               struct headrace_value *raw)
{
  const struct headrace_host *host = columns->host;
  *raw = cell->value;
  if (cell->type != HEADRACE_TYPE_BYTES || raw->state != HEADRACE_TEXT)
    return true;
  size_t digits = raw->size - 2;
  if (raw->size < 2 || raw->size % 2 || memcmp(raw->data, "\\x", 2) != 0)
    return false;
  char *bytes = host->alloc(host, out, digits / 2 + 1);
  if (digits && !json_unhex(bytes, raw->data + 2, digits))
    return false;
  *raw = (struct headrace_value){bytes, (uint32_t)(digits / 2), HEADRACE_BINARY};
  return true;
}

const struct cell *part_cell(const struct columns *columns, const struct part *part)
{
  return part->count == 1 && !part->template ? &columns->cells[part->pieces[0].name] : NULL;
}

/* The bytes of a place; false: it cannot be used. */
static bool place_value(struct columns *columns, struct headrace_batch *out,
                        const struct part *part, size_t name, struct headrace_value *value,
                        struct fault *fault)
{
  const struct cell *cell = &columns->cells[name];
  const char *column = columns->names.items[name];
  if (cell->missing)
    return fault_set(fault, "unsupported", "there is no column \"%s\", which `%s` names", column,
                     part->key);
  if (cell->unknown)
    return fault_set(
        fault, "unknown-key",
        "`lookup` has never seen the row that \"%s\" is of: its table has to be in "
        "the publication, and read first (snapshot = initial, before the others in `tables`)",
        column);
  if (cell->value.state == HEADRACE_ABSENT)
    return fault_set(fault, "unsupported",
                     "the source did not send the value of \"%s\", which `%s` names; ALTER TABLE "
                     "... REPLICA IDENTITY FULL helps",
                     column, part->key);
  if (!raw_value(columns, out, cell, value))
    return fault_set(fault, "malformed", "\"%s\" is no hexadecimal", column);
  return true;
}

static bool fill_template(struct columns *columns, struct headrace_batch *out,
                          const struct part *part, struct headrace_value *value,
                          struct fault *fault)
{
  struct text_buffer *text = &columns->text;
  text->size = 0;
  *value = (struct headrace_value){.state = HEADRACE_NULL};
  for (size_t i = 0; i < part->count; i++) {
    const struct piece *piece = &part->pieces[i];
    struct headrace_value place = {piece->text, (uint32_t)piece->size, HEADRACE_TEXT};
    if (!piece->text && !place_value(columns, out, part, piece->name, &place, fault))
      return false;
    if (place.state == HEADRACE_NULL)
      return true;
    text_add(text, place.data, place.size);
  }
  char *copy = columns->host->alloc(columns->host, out, text->size + 1);
  if (text->size)
    memcpy(copy, text->bytes, text->size);
  *value = (struct headrace_value){copy, (uint32_t)text->size, HEADRACE_TEXT};
  return true;
}

bool part_fill(struct columns *columns, struct headrace_batch *out, const struct part *part,
               struct headrace_value *value, struct fault *fault)
{
  *value = (struct headrace_value){.state = HEADRACE_NULL};
  if (!part->count)
    return true;
  if (part->template)
    return fill_template(columns, out, part, value, fault);
  return place_value(columns, out, part, part->pieces[0].name, value, fault);
}

/* ---- the envelope ------------------------------------------------------------ */

static bool is_number(const struct headrace_value *value)
{
  char last = value->data[value->size - 1]; /* not of NaN or Infinity */
  return last >= '0' && last <= '9';
}

static void write_cell(struct text_buffer *text, const struct headrace_value *value, uint16_t type)
{
  bool number = type == HEADRACE_TYPE_INT16 || type == HEADRACE_TYPE_INT32 ||
                type == HEADRACE_TYPE_INT64 || type == HEADRACE_TYPE_FLOAT32 ||
                type == HEADRACE_TYPE_FLOAT64 || type == HEADRACE_TYPE_NUMERIC ||
                type == HEADRACE_TYPE_OID;
  if (value->state == HEADRACE_NULL) {
    text_say(text, "null");
  } else if (type == HEADRACE_TYPE_BOOL) {
    text_say(text, value->size && *value->data == 't' ? "true" : "false");
  } else if ((number && value->size && is_number(value)) || type == HEADRACE_TYPE_JSON) {
    text_add(text, value->data, value->size);
  } else if (type == HEADRACE_TYPE_BYTES) {
    char *room = text_room(text, JSON_BASE64_SIZE(value->size) + 2);
    *room = '"';
    char *end = json_base64(room + 1, value->data, value->size, JSON_BASE64_STANDARD);
    *end++ = '"';
    text->size += (size_t)(end - room);
  } else {
    text_string(text, value->data, value->size);
  }
}

bool envelope_write(struct columns *columns, struct headrace_batch *out, struct fault *fault)
{
  struct text_buffer object = {0};
  bool good = true;
  for (size_t i = 0; i < columns->envelope.count && good; i++) {
    const struct part *part = &columns->envelope.items[i];
    const struct cell *cell = part_cell(columns, part);
    struct headrace_value value;
    text_say(&object, i ? "," : "{");
    text_string(&object, part->name, strlen(part->name));
    text_say(&object, ":");
    good = part_fill(columns, out, part, &value, fault);
    if (good)
      write_cell(&object, &value, cell ? cell->type : HEADRACE_TYPE_TEXT);
  }
  text_say(&object, "}");
  free(columns->text.bytes);
  columns->text = object;
  return good;
}
