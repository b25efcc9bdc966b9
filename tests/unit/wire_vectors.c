/* SPDX-License-Identifier: Apache-2.0
 *
 * Our codec beside Kafka's (tests/e2e/test_kafka_wire_codec.py), asked by lines on stdin:
 *   message NAME VERSION HEX  ->  HEX JSON    read, and written again; JSON as Kafka's
 * *JsonConverter has it, bytes in hex What is refused is answered with the reason. */
#include "record_batch.h"
#include "wire_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_fields(const struct wire_layout *layout, int16_t version, const void *value);

/* ---- JSON ------------------------------------------------------------------ */

static void print_hex(const char *data, size_t size)
{
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; i++) {
    putchar_unlocked(digits[(unsigned char)data[i] >> 4]);
    putchar_unlocked(digits[data[i] & 15]);
  }
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

static int digit(char character)
{
  return isdigit(character) ? character - '0' : character - 'a' + 10;
}

/* In place. */
static size_t unhex(char *text)
{
  size_t size = strlen(text) / 2;
  for (size_t i = 0; i < size; i++)
    text[i] = (char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  return size;
}

static void refuse(enum wire_result result, const struct wire_fault *fault)
{
  printf("refused at %zu (%s): %s\n", fault->at, fault->field ? fault->field : "-",
         wire_result_text(result));
}

static void take_message(const char *name, int16_t version, int16_t shown, char *hex)
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
    putchar('\t');
    print_fields(layout, version, value);
    putchar('\t');
    print_fields(layout, shown, value);
    putchar('\n');
  } else {
    refuse(result, &fault);
  }
  free(buffer.data);
  wire_arena_free(&arena);
}

/* ---- record batches -------------------------------------------------------- */

#define RECORDS_MAX ((size_t)64 << 20)

static void print_nullable(struct wire_slice slice)
{
  if (slice.data)
    print_quoted(slice.data, slice.size);
  else
    printf("null");
}

static void print_record(const struct record *record)
{
  struct wire_slice headers = record->headers;
  struct record_header header;
  const char *comma = "";
  printf("{\"offset\":%" PRId64 ",\"timestamp\":%" PRId64 ",\"key\":", record->offset,
         record->timestamp);
  print_nullable(record->key);
  printf(",\"value\":");
  print_nullable(record->value);
  printf(",\"headers\":[");
  for (; record_header_next(&headers, &header); comma = ",") {
    printf("%s[", comma);
    print_quoted(header.name.data, header.name.size);
    putchar(',');
    print_nullable(header.value);
    putchar(']');
  }
  printf("]}");
}

/* Does something with each record; gives the first error. */
static enum kafka_error each_record(const struct record_batch *batch, struct batch_codec *codec,
                                    bool (*visit)(void *with, const struct record *), void *with,
                                    const char **why)
{
  struct record_reader reader;
  struct record record;
  record_reader_begin(&reader, batch, codec, RECORDS_MAX);
  while (record_next(&reader, &record))
    if (!visit(with, &record))
      return KAFKA_UNKNOWN_SERVER_ERROR;
  *why = reader.why;
  return reader.error;
}

static bool print_visit(void *comma, const struct record *record)
{
  printf("%s", *(const char **)comma);
  *(const char **)comma = ",";
  print_record(record);
  return true;
}

static void read_batches(char *hex)
{
  struct batch_codec *codec = batch_codec_new();
  struct record_batch batch;
  enum kafka_error error = KAFKA_NONE;
  const char *why = NULL, *comma = "";
  size_t size = unhex(hex);
  putchar('[');
  for (const char *at = hex; at < hex + size && error == KAFKA_NONE; at += batch.size) {
    error = record_batch_open(at, (size_t)(hex + size - at), &batch, &why);
    if (error == KAFKA_NONE)
      error = each_record(&batch, codec, print_visit, &comma, &why);
  }
  if (error == KAFKA_NONE)
    puts("]");
  else
    printf(" refused: %s, %s\n", kafka_error_name(error), why);
  batch_codec_free(codec);
}

static bool write_visit(void *writer, const struct record *record)
{
  return batch_writer_add(writer, record);
}

static void rewrite(int compression, char *hex)
{
  struct batch_codec *in = batch_codec_new(), *out = batch_codec_new();
  struct wire_buffer buffer = {.limit = RECORDS_MAX};
  struct record_batch batch;
  struct batch_writer writer;
  const char *why = "no room";
  enum kafka_error error = record_batch_open(hex, unhex(hex), &batch, &why);
  if (error == KAFKA_NONE) {
    struct record_batch like = batch;
    like.attributes = (int16_t)((batch.attributes & ~BATCH_CODEC) | compression);
    batch_writer_begin(&writer, &buffer, &like, out);
    error = each_record(&batch, in, write_visit, &writer, &why);
  }
  if (error == KAFKA_NONE && batch_writer_finish(&writer))
    print_hex(buffer.data, buffer.size);
  else
    printf("refused: %s, %s", kafka_error_name(error), why);
  putchar('\n');
  free(buffer.data);
  batch_codec_free(in);
  batch_codec_free(out);
}

static bool ignore_visit(void *with, const struct record *record)
{
  (void)with;
  (void)record;
  return true;
}

static void check(int16_t version, char *hex)
{
  struct batch_codec *codec = batch_codec_new();
  struct record_batch batch;
  const char *why = "";
  struct wire_slice records = {hex, (uint32_t)unhex(hex)};
  enum kafka_error error = record_batch_of_produce(records, version, &batch, &why);
  if (error == KAFKA_NONE)
    error = each_record(&batch, codec, ignore_visit, NULL, &why);
  puts(kafka_error_name(error));
  batch_codec_free(codec);
}

static int next_number(char **rest)
{
  const char *word = strsep(rest, " ");
  return word ? atoi(word) : 0;
}

static void answer(char *line)
{
  char *rest = line, *end = line + strlen(line);
  const char *command = strsep(&rest, " ");
  bool message = !strcmp(command, "message");
  const char *name = message ? strsep(&rest, " ") : NULL;
  int number = !strcmp(command, "read") ? 0 : next_number(&rest);
  int shown = message ? next_number(&rest) : 0;
  char *hex = rest ? rest : end;
  if (message)
    take_message(name, (int16_t)number, (int16_t)shown, hex);
  else if (!strcmp(command, "read"))
    read_batches(hex);
  else if (!strcmp(command, "rewrite"))
    rewrite(number, hex);
  else
    check((int16_t)number, hex);
}

int main(void)
{
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    answer(line);
  }
  free(line);
  return 0;
}
