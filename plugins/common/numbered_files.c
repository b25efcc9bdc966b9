/* SPDX-License-Identifier: Apache-2.0 */
#include "numbered_files.h"

#include "must_alloc.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where the number goes: before the extension of the last name, or at the end. */
static size_t stem_size(const char *path)
{
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  return dot && dot != name ? (size_t)(dot - path) : strlen(path);
}

char *numbered_path(const char *path, uint64_t number)
{
  size_t stem = stem_size(path);
  size_t size = strlen(path) + 32;
  char *made = must_alloc(size, 1);
  snprintf(made, size, "%.*s.%0*" PRIu64 "%s", (int)stem, path, NUMBERED_DIGITS, number,
           path + stem);
  return made;
}

/* 0: it is none of ours. */
static uint64_t number_of(const char *name, const char *pattern, size_t stem)
{
  const char *digits = name + stem + 1;
  size_t size = strlen(name), wanted = strlen(pattern) + 1 + NUMBERED_DIGITS;
  uint64_t number = 0;
  if (size != wanted || memcmp(name, pattern, stem) != 0 || name[stem] != '.' ||
      strcmp(digits + NUMBERED_DIGITS, pattern + stem) != 0)
    return 0;
  for (size_t i = 0; i < NUMBERED_DIGITS; i++) {
    if (digits[i] < '0' || digits[i] > '9')
      return 0;
    number = 10 * number + (uint64_t)(digits[i] - '0');
  }
  return number;
}

int64_t numbered_next(const char *path, uint64_t after)
{
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  char *folder = slash ? must_copy(path, (size_t)(slash - path) + 1) : must_copy(".", 1);
  DIR *directory = opendir(folder);
  free(folder);
  if (!directory)
    return -errno;
  uint64_t next = 0;
  for (const struct dirent *entry; (entry = readdir(directory));) {
    uint64_t number = number_of(entry->d_name, name, stem_size(name));
    if (number > after && (!next || number < next))
      next = number;
  }
  closedir(directory);
  return (int64_t)next;
}
