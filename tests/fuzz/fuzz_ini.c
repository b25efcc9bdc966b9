/* SPDX-License-Identifier: Apache-2.0
 *
 * INI text of any bytes. Besides not crashing: a file without a fault has lost
 * nothing, so each of its keys has a section, a name and a value, all within limits,
 * and lines that go up. */
#include "ini_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ini *ini)
{
  unsigned line = 0;
  for (size_t i = 0; i < ini->count; i++) {
    const struct ini_entry *entry = &ini->entries[i];
    if (entry->line < line || strlen(entry->section) > 49)
      abort();
    line = entry->line;
    if (entry->key && (!*entry->key || strlen(entry->key) > 49 || !entry->value))
      abort();
  }
}

/* The lines with something in them, less those that go on with a value. */
static size_t count_lines(const char *text, size_t size)
{
  size_t count = 0;
  for (const char *line = text, *end = text + size; line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    count += !strchr(" \t\v\f\r\n;#", *line);
    line = newline ? newline + 1 : end;
  }
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  struct ini ini = {0};
  struct diagnostics diagnostics = {0};
  FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
  if (!stream)
    abort();
  ini_read_stream(&ini, stream, "fuzz", &diagnostics);
  fclose(stream);
  if (!diagnostics.count) {
    check(&ini);
    /* A mark at the very beginning may hide a comment or an empty line. */
    size_t lines = count_lines((const char *)data, size);
    if (ini.count != lines && !(size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)))
      abort();
  }
  ini_free(&ini);
  diagnostics_free(&diagnostics);
  return 0;
}
