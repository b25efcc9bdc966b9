/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages into bytes. */
#include "wire_bytes.h"
#include "wire_parts.h"

struct writer {
  struct wire_buffer *buffer;
  int16_t version;
  bool flexible;
  const struct wire_field *fault; /* whose value cannot be written */
  enum wire_result result;        /* why not */
};

static void write_struct(struct writer *writer, const struct wire_layout *layout,
                         const void *value);

static void fail(struct writer *writer, const struct wire_field *field, enum wire_result result)
{
  writer->fault = field;
  writer->result = result;
}

static void write_varint(struct writer *writer, uint64_t number)
{
  char bytes[VARINT_MAX];
  wire_buffer_put(writer->buffer, bytes, (size_t)(store_varint(bytes, number) - bytes));
}

/* -1: null. */
static void write_length(struct writer *writer, bool compact, size_t width, int64_t length)
{
  char bytes[4];
  if (compact) {
    write_varint(writer, (uint64_t)(length + 1));
    return;
  }
  if (width == 2)
    store16(bytes, (uint16_t)length);
  else
    store32(bytes, (uint32_t)length);
  wire_buffer_put(writer->buffer, bytes, width);
}

/* ---- defaults -------------------------------------------------------------- */

static bool is_default_struct(const struct wire_layout *layout, const void *value);

static int64_t number_of(uint8_t type, const void *value)
{
  switch (wire_type_sizes[type]) {
  case 1:
    return *(const int8_t *)value;
  case 2:
    return *(const int16_t *)value;
  case 4:
    return *(const int32_t *)value;
  default:
    return *(const int64_t *)value;
  }
}

static bool is_default(const struct wire_field *field, const void *value)
{
  const struct wire_array *array = value;
  const struct wire_slice *slice = value;
  if (field->array)
    return array->count == (field->initially_null ? -1 : 0);
  switch (field->type) {
  case WIRE_STRING:
  case WIRE_BYTES:
    return field->initially_null ? !slice->data : !slice->size;
  case WIRE_STRUCT:
    return field->pointer ? !*(void *const *)value : is_default_struct(field->layout, value);
  case WIRE_UUID:
    return wire_uuid_is_zero(value);
  default:
    return number_of(field->type, value) == field->initial;
  }
}

static bool is_default_struct(const struct wire_layout *layout, const void *value)
{
  for (size_t i = 0; i < layout->count; i++)
    if (!is_default(&layout->fields[i], (const char *)value + layout->fields[i].offset))
      return false;
  return true;
}

/* ---- values ---------------------------------------------------------------- */

static void write_slice(struct writer *writer, const struct wire_field *field, bool element,
                        const struct wire_slice *slice)
{
  bool string = field->type == WIRE_STRING;
  bool null = !slice->data && !element && wire_in(field->nullable, writer->version);
  if (slice->size > (string ? STRING_MAX : INT32_MAX))
    fail(writer, field, WIRE_BAD_LENGTH);
  write_length(writer, writer->flexible && !field->never_compact, string ? 2 : 4,
               null ? -1 : (int64_t)slice->size);
  wire_buffer_put(writer->buffer, slice->data, slice->size);
}

static void write_fixed(struct writer *writer, uint8_t type, const void *value)
{
  size_t size = wire_type_sizes[type];
  char bytes[16];
  if (size == 2)
    store16(bytes, *(const uint16_t *)value);
  else if (size == 4)
    store32(bytes, *(const uint32_t *)value);
  else if (size == 8)
    store64(bytes, *(const uint64_t *)value);
  else
    memcpy(bytes, value, size);
  wire_buffer_put(writer->buffer, bytes, size);
}

static void write_pointer(struct writer *writer, const struct wire_field *field, const void *value)
{
  if (wire_in(field->nullable, writer->version))
    wire_buffer_put(writer->buffer, value ? "\1" : "\xff", 1);
  else if (!value)
    fail(writer, field, WIRE_NOT_IN_VERSION);
  if (value)
    write_struct(writer, field->layout, value);
}

static void write_single(struct writer *writer, const struct wire_field *field, bool element,
                         const void *value)
{
  switch (field->type) {
  case WIRE_STRUCT:
    if (field->pointer)
      write_pointer(writer, field, *(void *const *)value);
    else
      write_struct(writer, field->layout, value);
    break;
  case WIRE_STRING:
  case WIRE_BYTES:
    write_slice(writer, field, element, value);
    break;
  default:
    write_fixed(writer, field->type, value);
    break;
  }
}

static void write_array(struct writer *writer, const struct wire_field *field,
                        const struct wire_array *array)
{
  bool null = array->count < 0 && wire_in(field->nullable, writer->version);
  int32_t count = array->count < 0 ? 0 : array->count;
  size_t size = wire_element_size(field);
  write_length(writer, writer->flexible, 4, null ? -1 : count);
  for (int32_t i = 0; i < count && !writer->buffer->overflow; i++)
    write_single(writer, field, true, (const char *)array->items + (size_t)i * size);
}

static void write_field(struct writer *writer, const struct wire_field *field, const void *place)
{
  if (field->array)
    write_array(writer, field, place);
  else
    write_single(writer, field, false, place);
}

/* ---- structs --------------------------------------------------------------- */

/* The length comes before, and is known after: what was written makes room for it. */
static void write_tagged(struct writer *writer, const struct wire_field *field, const void *place)
{
  struct wire_buffer *buffer = writer->buffer;
  char length[VARINT_MAX];
  write_varint(writer, (uint64_t)field->tag);
  size_t start = buffer->size;
  write_field(writer, field, place);
  size_t size = buffer->size - start;
  size_t width = (size_t)(store_varint(length, size) - length);
  if (!wire_buffer_add(buffer, width))
    return;
  memmove(buffer->data + start + width, buffer->data + start, size);
  memcpy(buffer->data + start, length, width);
}

/* Those with a value of their own. */
static void write_tags(struct writer *writer, const struct wire_layout *layout, const void *value)
{
  const struct wire_field *there[32]; /* make_messages.py knows of this number */
  size_t count = 0;
  for (size_t i = 0; i < layout->count; i++) {
    const struct wire_field *field = &layout->fields[i];
    if (wire_in(field->tagged, writer->version) &&
        !is_default(field, (const char *)value + field->offset))
      there[count++] = field;
  }
  write_varint(writer, count);
  for (size_t i = 0; i < count; i++)
    write_tagged(writer, there[i], (const char *)value + there[i]->offset);
}

static void write_struct(struct writer *writer, const struct wire_layout *layout, const void *value)
{
  for (size_t i = 0; i < layout->count; i++) {
    const struct wire_field *field = &layout->fields[i];
    const void *place = (const char *)value + field->offset;
    if (!wire_in(field->versions, writer->version)) {
      if (!field->ignorable && !is_default(field, place))
        fail(writer, field, WIRE_NOT_IN_VERSION);
    } else if (!wire_in(field->tagged, writer->version)) {
      write_field(writer, field, place);
    }
  }
  if (writer->flexible)
    write_tags(writer, layout, value);
}

/* Nothing stays in the buffer if it cannot be all. */
static enum wire_result finish(const struct writer *writer, size_t start, struct wire_fault *fault)
{
  struct wire_buffer *buffer = writer->buffer;
  if (!writer->fault && !buffer->overflow)
    return WIRE_OK;
  enum wire_result result = buffer->overflow ? WIRE_TOO_LARGE : writer->result;
  if (fault)
    *fault = (struct wire_fault){buffer->size - start, writer->fault ? writer->fault->name : NULL};
  buffer->size = start;
  buffer->overflow = false;
  return result;
}

enum wire_result wire_encode(struct wire_buffer *buffer, const struct wire_layout *layout,
                             int16_t version, const void *value, struct wire_fault *fault)
{
  struct writer writer = {
      .buffer = buffer, .version = version, .flexible = version >= layout->flexible};
  size_t start = buffer->size;
  if (buffer->overflow)
    return WIRE_TOO_LARGE;
  write_struct(&writer, layout, value);
  return finish(&writer, start, fault);
}

/* ---- answers --------------------------------------------------------------- */

/* A client that asks for ApiVersions does not know yet what we speak, so that the header of that
 * answer is always the first (KIP-511). */
static void write_header(struct wire_buffer *buffer, const struct wire_request *request)
{
  bool flexible = request->version >= request->api->flexible && request->key != KEY_API_VERSIONS;
  struct writer writer = {.buffer = buffer, .version = flexible, .flexible = flexible};
  const struct response_header header = {.correlation_id = request->correlation_id};
  write_struct(&writer, &response_header_layout, &header);
}

enum wire_result wire_write_response(struct wire_buffer *buffer, struct wire_request *request,
                                     const void *response)
{
  struct writer writer = {.buffer = buffer,
                          .version = request->version,
                          .flexible = request->version >= request->api->flexible};
  struct wire_fault fault = {0};
  size_t start = buffer->size;
  if (buffer->overflow)
    return WIRE_TOO_LARGE;
  wire_buffer_add(buffer, 4);
  write_header(buffer, request);
  write_struct(&writer, request->api->response, response);
  enum wire_result result = finish(&writer, start, &fault);
  request->fault_at = fault.at;
  request->fault_field = fault.field;
  if (result == WIRE_OK)
    store32(buffer->data + start, (uint32_t)(buffer->size - start - 4));
  return result;
}
