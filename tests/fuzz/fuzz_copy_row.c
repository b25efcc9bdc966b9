/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a line of COPY text: the first says how many columns there are. Besides not
 * crashing: values lie inside of the line, in order and apart. And the rest of the bytes, taken
 * as one value and written as COPY does, comes back as it was. */
#include "copy_row.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void any_line(const uint8_t *data, size_t size, uint32_t count)
{
  char *line = malloc(size ? size : 1); /* of its own size: reading past it is seen */
  struct headrace_value values[256];
  if (size)
    memcpy(line, data, size);
  const char *at = line;
  bool good = copy_row_parse(line, size, values, count);
  for (uint32_t n = 0; good && n < count; n++) {
    if (values[n].state == HEADRACE_NULL)
      continue;
    if (values[n].data < at || values[n].data + values[n].size > line + size)
      abort();
    at = values[n].data + values[n].size;
  }
  free(line);
}

static size_t escape(const uint8_t *data, size_t size, char *out)
{
  static const char special[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";
  size_t used = 0;
  for (size_t i = 0; i < size; i++) {
    const char *found = data[i] ? strchr(special, data[i]) : NULL;
    if (found)
      out[used++] = '\\';
    out[used++] = found ? letters[found - special] : (char)data[i];
  }
  return used;
}

static void there_and_back(const uint8_t *data, size_t size)
{
  char *line = malloc(2 * size + 1);
  struct headrace_value value;
  size_t used = escape(data, size, line);
  line[used++] = '\n';
  if (!copy_row_parse(line, used, &value, 1) || value.state != HEADRACE_TEXT ||
      value.size != size || (size && memcmp(value.data, data, size) != 0))
    abort();
  free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  any_line(data + 1, size - 1, data[0]);
  there_and_back(data + 1, size - 1);
  return 0;
}
