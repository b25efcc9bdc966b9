/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_topic.h"

#include <stddef.h>
#include <string.h>

static bool legal_byte(unsigned char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

bool kafka_topic_legal(const char *name)
{
  size_t size = 0;
  for (; name[size]; size++)
    if (!legal_byte((unsigned char)name[size]))
      return false;
  return size > 0 && size <= KAFKA_TOPIC_NAME_MAX && strcmp(name, ".") && strcmp(name, "..");
}

/* How many bytes the UTF-8 character at `text` has: its first and what follows it. */
static size_t character_size(const char *text)
{
  size_t size = 1;
  while (((unsigned char)text[size] & 0xc0) == 0x80)
    size++;
  return size;
}

bool kafka_topic_sanitise(char *name)
{
  if (kafka_topic_legal(name))
    return false;
  size_t size = 0;
  for (const char *in = name; *in && size < KAFKA_TOPIC_NAME_MAX;) {
    if (legal_byte((unsigned char)*in)) {
      name[size++] = *in++;
      continue;
    }
    size_t bytes = character_size(in);
    in += bytes;
    name[size++] = '_';
    if (bytes > 3 && size < KAFKA_TOPIC_NAME_MAX) /* a surrogate pair in UTF-16 */
      name[size++] = '_';
  }
  name[size] = '\0';
  if (!strcmp(name, ".") || !strcmp(name, ".."))
    memset(name, '_', size);
  return true;
}
