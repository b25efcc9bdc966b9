/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages out of bytes. Every length is compared with what is left of the frame before
 * anything is allocated for it. */
#include "wire_bytes.h"
#include "wire_parts.h"

struct reader {
  const char *start, *at, *end;
  struct wire_arena *arena;
  int16_t version;
  bool flexible;
  const struct wire_field *field; /* that is being read */
  enum wire_result result;        /* of the first fault */
};

static bool read_struct(struct reader *reader, const struct wire_layout *layout, void *value);

static bool fail(struct reader *reader, enum wire_result result)
{
  if (reader->result == WIRE_OK)
    reader->result = result;
  return false;
}

static size_t left(const struct reader *reader)
{
  return (size_t)(reader->end - reader->at);
}

/* The next `size` bytes; NULL: they are not there. */
static const char *take(struct reader *reader, size_t size)
{
  if (size > left(reader)) {
    fail(reader, WIRE_TRUNCATED);
    return NULL;
  }
  const char *data = reader->at;
  reader->at += size;
  return data;
}

static bool read_varint(struct reader *reader, uint32_t *number)
{
  uint64_t value;
  const char *end = load_varint(reader->at, reader->end, 32, &value);
  if (!end)
    return fail(reader, left(reader) < 5 ? WIRE_TRUNCATED : WIRE_BAD_LENGTH);
  reader->at = end;
  *number = (uint32_t)value;
  return true;
}

/* -1: null. `width` is that of the old form, in bytes. */
static bool read_length(struct reader *reader, bool compact, size_t width, int64_t *length)
{
  uint32_t number;
  if (compact) {
    if (!read_varint(reader, &number))
      return false;
    *length = (int64_t)number - 1;
    return true;
  }
  const char *data = take(reader, width);
  if (!data)
    return false;
  *length = width == 2 ? (int16_t)load16(data) : (int32_t)load32(data);
  return *length >= -1 || fail(reader, WIRE_BAD_LENGTH);
}

static bool may_be_null(struct reader *reader, const struct wire_field *field)
{
  return wire_in(field->nullable, reader->version) || fail(reader, WIRE_BAD_LENGTH);
}

/* ---- values ---------------------------------------------------------------- */

/* `element`: of an array, whose being nullable says nothing about its elements. */
static bool read_slice(struct reader *reader, const struct wire_field *field, bool element,
                       struct wire_slice *slice)
{
  bool string = field->type == WIRE_STRING;
  int64_t length;
  if (!read_length(reader, reader->flexible && !field->never_compact, string ? 2 : 4, &length))
    return false;
  *slice = (struct wire_slice){0};
  if (length < 0)
    return element ? fail(reader, WIRE_BAD_LENGTH) : may_be_null(reader, field);
  if (string && length > STRING_MAX)
    return fail(reader, WIRE_BAD_LENGTH);
  slice->data = take(reader, (size_t)length);
  slice->size = (uint32_t)length;
  return slice->data != NULL;
}

static bool read_fixed(struct reader *reader, uint8_t type, void *value)
{
  size_t size = wire_type_sizes[type];
  const char *data = take(reader, size);
  if (!data)
    return false;
  if (type == WIRE_BOOL)
    *(bool *)value = *data != 0;
  else if (type == WIRE_UUID || size == 1)
    memcpy(value, data, size);
  else if (size == 2)
    *(uint16_t *)value = load16(data);
  else if (size == 4)
    *(uint32_t *)value = load32(data);
  else
    *(uint64_t *)value = load64(data);
  return true;
}

static void *reserve(struct reader *reader, size_t count, size_t size)
{
  const struct wire_arena *arena = reader->arena;
  size_t room = arena->limit > arena->used ? arena->limit - arena->used : 0;
  room -= room % 8; /* memory is given in pieces of 8 */
  if (!arena->limit || count <= room / size)
    return wire_alloc(reader->arena, count * size);
  fail(reader, WIRE_TOO_LARGE);
  return NULL;
}

/* A struct that can be null has a byte before it: below zero for null. */
static bool read_pointer(struct reader *reader, const struct wire_field *field, void **value)
{
  const char *there = wire_in(field->nullable, reader->version) ? take(reader, 1) : "\1";
  if (!there)
    return false;
  *value = NULL;
  if (*(const signed char *)there < 0)
    return true;
  *value = reserve(reader, 1, field->layout->size);
  return *value && read_struct(reader, field->layout, *value);
}

static bool read_single(struct reader *reader, const struct wire_field *field, bool element,
                        void *value)
{
  switch (field->type) {
  case WIRE_STRUCT:
    return field->pointer ? read_pointer(reader, field, value)
                          : read_struct(reader, field->layout, value);
  case WIRE_STRING:
  case WIRE_BYTES:
    return read_slice(reader, field, element, value);
  default:
    return read_fixed(reader, field->type, value);
  }
}

/* ---- arrays ---------------------------------------------------------------- */

static size_t smallest_struct(const struct reader *reader, const struct wire_layout *layout);

/* The fewest bytes that an element can have on the wire. */
static size_t smallest(const struct reader *reader, const struct wire_field *field)
{
  if (field->type == WIRE_STRUCT)
    return field->pointer ? 1 : smallest_struct(reader, field->layout);
  if (field->type == WIRE_STRING || field->type == WIRE_BYTES)
    return reader->flexible ? 1 : field->type == WIRE_STRING ? 2 : 4;
  return wire_type_sizes[field->type];
}

static size_t smallest_struct(const struct reader *reader, const struct wire_layout *layout)
{
  size_t size = reader->flexible;
  for (const struct wire_field *field = layout->fields; field < layout->fields + layout->count;
       field++)
    if (wire_in(field->versions, reader->version) && !wire_in(field->tagged, reader->version))
      size += !field->array ? smallest(reader, field) : reader->flexible ? 1 : 4;
  return size ? size : 1;
}

static bool read_array(struct reader *reader, const struct wire_field *field,
                       struct wire_array *array)
{
  int64_t count;
  if (!read_length(reader, reader->flexible, 4, &count))
    return false;
  *array = (struct wire_array){.count = (int32_t)count};
  if (count < 0)
    return may_be_null(reader, field);
  if ((uint64_t)count > left(reader) / smallest(reader, field))
    return fail(reader, WIRE_TRUNCATED);
  if (!count)
    return true;
  size_t size = wire_element_size(field);
  char *item = reserve(reader, (size_t)count, size);
  array->items = item;
  if (!item)
    return false;
  for (int64_t i = 0; i < count; i++, item += size)
    if (!read_single(reader, field, true, item))
      return false;
  return true;
}

/* ---- structs --------------------------------------------------------------- */

static bool read_field(struct reader *reader, const struct wire_field *field, void *value)
{
  void *place = (char *)value + field->offset;
  reader->field = field;
  return field->array ? read_array(reader, field, place) : read_single(reader, field, false, place);
}

static const struct wire_field *tagged_field(const struct reader *reader,
                                             const struct wire_layout *layout, uint32_t tag)
{
  for (size_t i = 0; i < layout->count; i++)
    if (wire_in(layout->fields[i].tagged, reader->version) &&
        (uint32_t)layout->fields[i].tag == tag)
      return &layout->fields[i];
  return NULL;
}

/* One that we do not know is left out. */
static bool read_tagged(struct reader *reader, const struct wire_layout *layout, void *value)
{
  uint32_t tag, size;
  if (!read_varint(reader, &tag) || !read_varint(reader, &size))
    return false;
  const struct wire_field *field = tagged_field(reader, layout, tag);
  if (!field || size > left(reader))
    return take(reader, size) != NULL;
  const char *end = reader->end;
  reader->end = reader->at + size;
  bool good = read_field(reader, field, value);
  if (good && reader->at != reader->end)
    good = fail(reader, WIRE_BAD_TAG);
  reader->end = end;
  return good;
}

static bool read_tags(struct reader *reader, const struct wire_layout *layout, void *value)
{
  uint32_t count;
  if (!read_varint(reader, &count))
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (!read_tagged(reader, layout, value))
      return false;
  return true;
}

static bool read_struct(struct reader *reader, const struct wire_layout *layout, void *value)
{
  wire_init(layout, value);
  for (size_t i = 0; i < layout->count; i++) {
    const struct wire_field *field = &layout->fields[i];
    if (wire_in(field->versions, reader->version) && !wire_in(field->tagged, reader->version) &&
        !read_field(reader, field, value))
      return false;
  }
  return !reader->flexible || read_tags(reader, layout, value);
}

static bool read_last(struct reader *reader, const struct wire_layout *layout, void *value)
{
  if (!read_struct(reader, layout, value))
    return false;
  reader->field = NULL;
  return reader->at == reader->end || fail(reader, WIRE_TRAILING);
}

static const char *field_name(const struct reader *reader)
{
  return reader->field ? reader->field->name : NULL;
}

enum wire_result wire_decode(struct wire_arena *arena, const struct wire_layout *layout,
                             int16_t version, const char *data, size_t size, void *value,
                             struct wire_fault *fault)
{
  if (!size)
    data = "";
  struct reader reader = {.start = data,
                          .at = data,
                          .end = data + size,
                          .arena = arena,
                          .version = version,
                          .flexible = version >= layout->flexible};
  if (!read_last(&reader, layout, value) && fault)
    *fault = (struct wire_fault){(size_t)(reader.at - data), field_name(&reader)};
  return reader.result;
}

/* ---- requests -------------------------------------------------------------- */

/* What every version of the header has: key, version, correlation id. */
#define HEADER_START 8

static bool read_start(struct reader *reader, struct wire_request *request)
{
  const char *start = take(reader, HEADER_START);
  if (!start)
    return false;
  request->key = (int16_t)load16(start);
  request->version = (int16_t)load16(start + 2);
  request->correlation_id = (int32_t)load32(start + 4);
  request->api = wire_api_of(request->key);
  if (!request->api)
    return fail(reader, WIRE_UNKNOWN_KEY);
  return wire_in(request->api->versions, request->version) ||
         fail(reader, WIRE_UNSUPPORTED_VERSION);
}

static bool read_header(struct reader *reader, struct wire_request *request)
{
  struct request_header header;
  if (!read_start(reader, request))
    return false;
  reader->at = reader->start;
  reader->flexible = request->version >= request->api->flexible;
  reader->version = reader->flexible ? 2 : 1;
  if (!read_struct(reader, &request_header_layout, &header))
    return false;
  reader->version = request->version;
  request->client_id = header.client_id;
  return true;
}

static bool read_body(struct reader *reader, struct wire_request *request)
{
  const struct wire_layout *layout = request->api->request;
  void *body = reserve(reader, 1, layout->size);
  if (!body || !read_last(reader, layout, body))
    return false;
  request->body = body;
  return true;
}

enum wire_result wire_read_request(struct wire_arena *arena, const char *frame, size_t size,
                                   struct wire_request *request)
{
  if (!size)
    frame = "";
  struct reader reader = {.start = frame, .at = frame, .end = frame + size, .arena = arena};
  *request = (struct wire_request){0};
  if (!read_header(&reader, request) || !read_body(&reader, request)) {
    request->fault_at = (size_t)(reader.at - frame);
    request->fault_field = field_name(&reader);
  }
  return reader.result;
}
