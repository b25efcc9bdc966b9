/* SPDX-License-Identifier: Apache-2.0
 *
 * json_read: any bytes. Both ways of reading agree, a value's text is sound by itself and means
 * the same again, and characters are UTF-8. */
#include "json_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_of_it)
{
  if (!true_of_it)
    abort();
}

static void check_string(const struct json_value *value)
{
  char *text = malloc(value->size + 1);
  size_t size = json_unescape(text, value);
  must(size <= value->size && json_is_utf8(text, size));
  must(value->escaped || size == value->size);
  text[size] = '\0';
  must(json_is(value, text) == !memchr(text, '\0', size));
  size_t bytes = json_unbase64(text, value->data, value->size); /* never more than it was */
  must(bytes == SIZE_MAX || bytes <= value->size);
  free(text);
}

static bool walk(struct json_reader *reader)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value))
    return false;
  if (value.kind == JSON_STRING)
    check_string(&value);
  if (value.kind == JSON_OBJECT)
    while (json_next_member(reader, &name)) {
      check_string(&name);
      if (!walk(reader))
        return false;
    }
  if (value.kind == JSON_ARRAY)
    while (json_next_element(reader))
      if (!walk(reader))
        return false;
  return !reader->error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct json_reader reader;
  struct json_value value, again;
  json_read_begin(&reader, (const char *)data, size);
  bool sound = walk(&reader) && json_read_end(&reader);
  must(sound == !reader.error);
  json_read_begin(&reader, (const char *)data, size);
  must((json_read_whole(&reader, &value) && json_read_end(&reader)) == sound);
  if (!sound)
    return 0;
  bool quoted = value.kind == JSON_STRING;
  json_read_begin(&reader, value.data - quoted, value.size + 2 * (size_t)quoted);
  must(json_read_whole(&reader, &again) && json_read_end(&reader));
  must(again.data == value.data && again.size == value.size);
  return 0;
}
