/* SPDX-License-Identifier: Apache-2.0 */
#include "connect_writers.h"

#include <stdlib.h>

char *scratch_get(struct scratch *all, enum scratch_use use, size_t size)
{
  struct scratch *scratch = &all[use];
  if (scratch->size < size) {
    char *data = realloc(scratch->data, size);
    if (!data)
      return NULL;
    scratch->data = data;
    scratch->size = size;
  }
  return scratch->data;
}

WRITER(write_verbatim)
{
  (void)plan;
  return json_copy(out, data, size);
}

WRITER(write_string)
{
  (void)plan;
  return json_string(out, data, size);
}

WRITER(write_plain_string)
{
  (void)plan;
  *out++ = '"';
  out = json_copy(out, data, size);
  *out++ = '"';
  return out;
}

static char *put_boolean(char *out, bool value)
{
  return value ? json_copy(out, "true", 4) : json_copy(out, "false", 5);
}

WRITER(write_boolean)
{
  (void)plan;
  return size == 1 && (*data == 't' || *data == 'f') ? put_boolean(out, *data == 't') : NULL;
}

WRITER(write_bit_boolean)
{
  (void)plan;
  return put_boolean(out, size && *data == '1');
}

/* Bytes of a bit string, the last bit lowest in the first byte; zeros at the end are cut, as
 * java.util.BitSet.toByteArray() does, which is what io.debezium.data.Bits holds. */
WRITER(write_bits)
{
  char *bytes = scratch_get(plan->scratch, SCRATCH_VALUE, size / 8 + 1);
  if (!bytes)
    return NULL;
  size_t used = 0;
  memset(bytes, 0, size / 8 + 1);
  for (size_t i = 0; i < size; i++) {
    char digit = data[size - 1 - i];
    if (digit == '1') {
      bytes[i / 8] = (char)(bytes[i / 8] | 1 << i % 8);
      used = i / 8 + 1;
    } else if (digit != '0') {
      return NULL;
    }
  }
  *out++ = '"';
  out = plan->hexadecimal ? json_hex(out, bytes, used)
                          : json_base64(out, bytes, used, plan->alphabet);
  *out++ = '"';
  return out;
}

WRITER(write_bytes)
{
  bool hexadecimal_text = size >= 2 && data[0] == '\\' && data[1] == 'x';
  *out++ = '"';
  if (plan->hexadecimal && hexadecimal_text) {
    out = json_copy(out, data + 2, size - 2);
  } else if (plan->hexadecimal) {
    out = json_hex(out, data, size);
  } else if (hexadecimal_text) {
    char *bytes = scratch_get(plan->scratch, SCRATCH_VALUE, size);
    char *end = bytes ? json_unhex(bytes, data + 2, size - 2) : NULL;
    if (!end)
      return NULL;
    out = json_base64(out, bytes, (size_t)(end - bytes), plan->alphabet);
  } else {
    out = json_base64(out, data, size, plan->alphabet);
  }
  *out++ = '"';
  return out;
}

WRITER(write_json)
{
  (void)plan;
  return json_copy(out, data, size);
}

WRITER(write_bytes_of_text)
{
  *out++ = '"';
  out =
      plan->hexadecimal ? json_hex(out, data, size) : json_base64(out, data, size, plan->alphabet);
  *out++ = '"';
  return out;
}

/* "1 2 3" */
WRITER(write_vector_text)
{
  (void)plan;
  *out++ = '[';
  for (size_t i = 0; i < size; i++)
    *out++ = data[i] == ' ' ? ',' : data[i];
  *out++ = ']';
  return out;
}
