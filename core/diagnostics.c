/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnostics.h"

#include "cleanup.h"
#include "memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void diagnose(struct diagnostics *diagnostics, const char *file, unsigned line, const char *format,
              ...)
{
  CLEANUP_FREE char *message = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&message, format, arguments) < 0)
    abort();
  va_end(arguments);
  diagnostics->lines =
      xrealloc(diagnostics->lines, (diagnostics->count + 1) * sizeof *diagnostics->lines);
  char **slot = &diagnostics->lines[diagnostics->count++];
  if (!file)
    *slot = xasprintf("%s", message);
  else if (line)
    *slot = xasprintf("%s:%u: %s", file, line, message);
  else
    *slot = xasprintf("%s: %s", file, message);
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *out)
{
  for (size_t i = 0; i < diagnostics->count; i++)
    fprintf(out, "headrace: %s\n", diagnostics->lines[i]);
}

void diagnostics_free(struct diagnostics *diagnostics)
{
  for (size_t i = 0; i < diagnostics->count; i++)
    free(diagnostics->lines[i]);
  free(diagnostics->lines);
  *diagnostics = (struct diagnostics){0};
}

static size_t minimum(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Levenshtein's, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
  size_t width = strlen(b) + 1;
  CLEANUP_FREE size_t *row = xcalloc(width, sizeof *row);
  for (size_t j = 0; j < width; j++)
    row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j < width; j++) {
      size_t above = row[j];
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      row[j] = minimum(change, minimum(above, row[j - 1]) + 1);
      diagonal = above;
    }
  }
  return row[width - 1];
}

void nearest_consider(struct nearest *nearest, const char *known)
{
  size_t distance = edit_distance(nearest->name, known);
  if (!nearest->best || distance < nearest->distance) {
    nearest->best = known;
    nearest->distance = distance;
  }
}

const char *nearest_found(const struct nearest *nearest)
{
  return nearest->best && nearest->distance <= 1 + strlen(nearest->name) / 2 ? nearest->best : NULL;
}
