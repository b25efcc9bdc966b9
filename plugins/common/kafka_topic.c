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

/* How many UTF-16 units the character of a UTF-8 byte adds: what follows the
 * first byte adds none, and four bytes are a surrogate pair. */
static unsigned utf16_units(unsigned char byte)
{
  if ((byte & 0xc0) == 0x80)
    return 0;
  return byte >= 0xf0 ? 2 : 1;
}

bool kafka_topic_sanitise(char *name)
{
  if (kafka_topic_legal(name))
    return false;
  size_t size = 0;
  for (const char *in = name; *in && size < KAFKA_TOPIC_NAME_MAX; in++) {
    unsigned char byte = (unsigned char)*in;
    if (legal_byte(byte)) {
      name[size++] = *in;
      continue;
    }
    for (unsigned i = utf16_units(byte); i > 0 && size < KAFKA_TOPIC_NAME_MAX; i--)
      name[size++] = '_'; /* never more than was read: a pair comes from four bytes */
  }
  name[size] = '\0';
  if (!strcmp(name, ".") || !strcmp(name, ".."))
    memset(name, '_', size);
  return true;
}
