/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include "json_read.h"
#include "json_text.h"

char *avro_latin_of_base64(const char *data, size_t size, size_t *text_size)
{
  size_t room = size / 4 * 3 + 3;
  char *bytes = avro_must(malloc(room));
  size_t count = json_unbase64(bytes, data, size);
  if (count == SIZE_MAX) {
    free(bytes);
    return NULL;
  }
  char *text = avro_must(malloc(2 * room)), *out = text;
  for (size_t i = 0; i < count; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte >= 128)
      *out++ = (char)(0xc0 | byte >> 6);
    *out++ = byte >= 128 ? (char)(0x80 | (byte & 0x3f)) : (char)byte;
  }
  free(bytes);
  *text_size = (size_t)(out - text);
  return text;
}

char *avro_base64_of_latin(const char *data, size_t size)
{
  char *bytes = avro_must(malloc(size + 1)), *out = bytes;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)data[i];
    if (byte >= 128) { /* two bytes, the first of which has the highest bits */
      if (byte > 0xc3 || i + 1 == size) {
        free(bytes);
        return NULL;
      }
      byte = (unsigned char)(byte << 6 | ((unsigned char)data[++i] & 0x3f));
    }
    *out++ = (char)byte;
  }
  size_t count = (size_t)(out - bytes);
  char *text = avro_must(malloc(JSON_BASE64_SIZE(count) + 1));
  *json_base64(text, bytes, count, JSON_BASE64_STANDARD) = '\0';
  free(bytes);
  return text;
}
