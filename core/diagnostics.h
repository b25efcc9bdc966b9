/* SPDX-License-Identifier: Apache-2.0
 *
 * All the faults of a configuration, so that they can be said at once. */
#ifndef HEADRACE_DIAGNOSTICS_H
#define HEADRACE_DIAGNOSTICS_H

#include <stddef.h>
#include <stdio.h>

struct diagnostics {
  char **lines;
  size_t count;
};

/* `line` 0: the fault is not in a line. `file` NULL: not in a file. */
void diagnose(struct diagnostics *diagnostics, const char *file, unsigned line, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
void diagnostics_print(const struct diagnostics *diagnostics, FILE *out);
void diagnostics_free(struct diagnostics *diagnostics);

/* The known name nearest to `name`, or NULL when none is near. */
struct nearest {
  const char *name;
  const char *best;
  size_t distance;
};
void nearest_consider(struct nearest *nearest, const char *known);
const char *nearest_found(const struct nearest *nearest);

#endif
