/* SPDX-License-Identifier: Apache-2.0
 *
 * Our codec beside Kafka's (tests/e2e/test_kafka_wire_codec.py), asked by lines on stdin:
 *   message NAME VERSION HEX  ->  HEX JSON    read, and written again; JSON as Kafka's
 * *JsonConverter has it, bytes in hex What is refused is answered with the reason. */
#include "wire.h"
#include "wire_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_fields(const struct wire_layout *layout, int16_t version, const void *value);

/* ---- JSON ------------------------------------------------------------------ */

static void print_hex(const char *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    printf("%02x", (unsigned char)data[i]);
}

static void print_quoted(const char *data, size_t size)
{
  putchar('"');
  print_hex(data, size);
  putchar('"');
}

static void print_number(uint8_t type, const void *value)
{
  switch (type) {
  case WIRE_BOOL:
    printf("%s", *(const bool *)value ? "true" : "false");
    break;
  case WIRE_INT8:
    printf("%d", *(const int8_t *)value);
    break;
  case WIRE_INT16:
    printf("%d", *(const int16_t *)value);
    break;
  case WIRE_UINT16:
    printf("%u", *(const uint16_t *)value);
    break;
  case WIRE_INT32:
    printf("%" PRId32, *(const int32_t *)value);
    break;
  case WIRE_UINT32:
    printf("%" PRIu32, *(const uint32_t *)value);
    break;
  case WIRE_INT64:
    printf("%" PRId64, *(const int64_t *)value);
    break;
  default:
    printf("%.17g", *(const double *)value);
    break;
  }
}

static void print_single(const struct wire_field *field, int16_t version, const void *value)
{
  const struct wire_slice *slice = value;
  const void *pointed = field->pointer ? *(void *const *)value : value;
  if (field->type == WIRE_UUID)
    print_quoted(value, sizeof(struct wire_uuid));
  else if (field->type == WIRE_STRUCT && pointed)
    print_fields(field->layout, version, pointed);
  else if (field->type == WIRE_STRUCT ||
           ((field->type == WIRE_STRING || field->type == WIRE_BYTES) && !slice->data))
    printf("null");
  else if (field->type == WIRE_STRING || field->type == WIRE_BYTES)
    print_quoted(slice->data, slice->size);
  else
    print_number(field->type, value);
}

static void print_array(const struct wire_field *field, int16_t version,
                        const struct wire_array *array)
{
  if (array->count < 0) {
    printf("null");
    return;
  }
  putchar('[');
  for (int32_t i = 0; i < array->count; i++) {
    if (i)
      putchar(',');
    print_single(field, version, (char *)array->items + (size_t)i * wire_element_size(field));
  }
  putchar(']');
}

static void print_fields(const struct wire_layout *layout, int16_t version, const void *value)
{
  const char *comma = "";
  putchar('{');
  for (size_t i = 0; i < layout->count; i++) {
    const struct wire_field *field = &layout->fields[i];
    const void *place = (const char *)value + field->offset;
    if (!wire_in(field->versions, version))
      continue;
    printf("%s\"%c%s\":", comma, tolower(field->name[0]), field->name + 1);
    comma = ",";
    if (field->array)
      print_array(field, version, place);
    else
      print_single(field, version, place);
  }
  putchar('}');
}

/* ---- messages -------------------------------------------------------------- */

static const struct wire_layout *layout_named(const char *name)
{
  static const struct wire_layout *const headers[] = {&request_header_layout,
                                                      &response_header_layout};
  for (size_t i = 0; i < 2; i++)
    if (!strcmp(headers[i]->name, name))
      return headers[i];
  for (size_t i = 0; i < wire_api_count; i++) {
    if (!strcmp(wire_apis[i].request->name, name))
      return wire_apis[i].request;
    if (!strcmp(wire_apis[i].response->name, name))
      return wire_apis[i].response;
  }
  return NULL;
}

static size_t unhex(char *text)
{
  size_t size = strlen(text) / 2;
  for (size_t i = 0; i < size; i++) {
    char digits[3] = {text[2 * i], text[2 * i + 1], 0};
    text[i] = (char)strtoul(digits, NULL, 16);
  }
  return size;
}

static void refuse(enum wire_result result, const struct wire_fault *fault)
{
  printf("refused at %zu (%s): %s\n", fault->at, fault->field ? fault->field : "-",
         wire_result_text(result));
}

static void take_message(const char *name, int16_t version, char *hex)
{
  const struct wire_layout *layout = layout_named(name);
  struct wire_arena arena = {0};
  struct wire_buffer buffer = {.limit = 1 << 20};
  struct wire_fault fault = {0};
  size_t size = unhex(hex);
  if (!layout) {
    printf("no message %s\n", name);
    return;
  }
  void *value = wire_alloc(&arena, layout->size);
  enum wire_result result = wire_decode(&arena, layout, version, hex, size, value, &fault);
  if (result == WIRE_OK)
    result = wire_encode(&buffer, layout, version, value, &fault);
  if (result == WIRE_OK) {
    print_hex(buffer.data, buffer.size);
    putchar(' ');
    print_fields(layout, version, value);
    putchar('\n');
  } else {
    refuse(result, &fault);
  }
  free(buffer.data);
  wire_arena_free(&arena);
}

int main(void)
{
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    char *rest = line;
    const char *command = strsep(&rest, " ");
    if (!strcmp(command, "message")) {
      const char *name = strsep(&rest, " ");
      const char *version = strsep(&rest, " ");
      take_message(name, (int16_t)atoi(version), rest ? rest : line + strlen(line));
    } else {
      puts("what?");
    }
  }
  free(line);
  return 0;
}
