/* SPDX-License-Identifier: Apache-2.0
 *
 * INI files through inih, with its silent limits made loud: a line that it would
 * cut, a section name that it would shorten, and a " ;" that it would take for a
 * comment are faults with their true line. */
#ifndef HEADRACE_INI_FILE_H
#define HEADRACE_INI_FILE_H

#include "diagnostics.h"

#include <stdbool.h>

struct ini_entry {
  char *file;
  unsigned line;
  char *section; /* "" before the first one */
  char *key;     /* NULL: the section's own line */
  char *value;
};

struct ini {
  struct ini_entry *entries;
  size_t count;
};

/* FILE, or every *.ini of a directory in the order of their names. False: see diagnostics. */
bool ini_read(struct ini *ini, const char *path, struct diagnostics *diagnostics);

/* One file's text (a fuzz target's too). */
void ini_read_stream(struct ini *ini, FILE *stream, const char *name,
                     struct diagnostics *diagnostics);
void ini_free(struct ini *ini);

#endif
