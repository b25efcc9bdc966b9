/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests/e2e/test_json_oracles.py: texts on stdin, each behind its size (four bytes, most
 * significant first). For each a line: what json_read makes of it, then what jansson does.
 * A value is null, true, false, n<number as written>, s<hexadecimal UTF-8>, [ … ], { … };
 * a text that is refused "-"; jansson's verdict is its error code, 0: taken. */
#include "json_read.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

int jansson_verdict(const char *data, size_t size);

static void print_string(const struct json_value *value, FILE *out)
{
  char *text = malloc(value->size + 1);
  size_t size = json_unescape(text, value);
  putc('s', out);
  for (size_t i = 0; i < size; i++)
    fprintf(out, "%02x", (unsigned char)text[i]);
  free(text);
}

static void print_scalar(const struct json_value *value, FILE *out)
{
  if (value->kind == JSON_STRING)
    print_string(value, out);
  else
    fprintf(out, "%s%.*s", value->kind == JSON_NUMBER ? "n" : "", (int)value->size, value->data);
}

static bool print_value(struct json_reader *reader, FILE *out)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value))
    return false;
  if (value.kind == JSON_OBJECT) {
    putc('{', out);
    while (json_next_member(reader, &name)) {
      print_string(&name, out);
      putc(' ', out);
      if (!print_value(reader, out))
        return false;
      putc(' ', out);
    }
    putc('}', out);
  } else if (value.kind == JSON_ARRAY) {
    putc('[', out);
    while (json_next_element(reader)) {
      if (!print_value(reader, out))
        return false;
      putc(' ', out);
    }
    putc(']', out);
  } else {
    print_scalar(&value, out);
  }
  return !reader->error;
}

static void judge(const char *data, size_t size)
{
  char *text;
  size_t text_size;
  FILE *out = open_memstream(&text, &text_size);
  struct json_reader reader;
  json_read_begin(&reader, data, size);
  bool taken = print_value(&reader, out) && json_read_end(&reader);
  fclose(out);

  struct json_value value;
  json_read_begin(&reader, data, size);
  if (taken != (json_read_whole(&reader, &value) && json_read_end(&reader)))
    abort(); /* the two ways of reading do not agree */

  printf("%s %d\n", taken ? text : "-", jansson_verdict(data, size));
  free(text);
}

int main(void)
{
  uint32_t size;
  while (fread(&size, sizeof size, 1, stdin) == 1) {
    size = ntohl(size);
    char *data = malloc(size ? size : 1); /* exactly, for the sanitizers */
    if (fread(data, 1, size, stdin) != size)
      return 65;
    judge(data, size);
    free(data);
  }
  return 0;
}
