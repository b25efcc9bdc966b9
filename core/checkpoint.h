/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a frontier survives the process. The store `file` is one small text
 * file a pipeline, replaced atomically and synced; beside it a lock keeps two
 * processes from running the same pipeline over one state directory. */
#ifndef HEADRACE_CHECKPOINT_H
#define HEADRACE_CHECKPOINT_H

#include "log.h"
#include "parts.h"

#include <stdbool.h>
#include <stddef.h>

struct position {
  bool known;
  size_t size;
  char data[1024]; /* POSITION_MAX */
};

struct checkpoint_file {
  const struct logger *logger;
  const char *pipeline;
  const char *source; /* the plugin whose positions these are */
  char *directory;
  char *path;
  int lock;
};

/* Takes the lock. False: said in the log. */
bool checkpoint_file_open(struct checkpoint_file *file, const struct logger *logger,
                          const char *directory, const char *pipeline, const char *source);
void checkpoint_file_close(struct checkpoint_file *file);

/* No file gives position->known = false and no parts; so does position->known if the source has
 * parts. `parts` is empty before. False: unreadable or of another source; said. */
bool checkpoint_file_load(const struct checkpoint_file *file, struct position *position,
                          struct parts *parts);

/* On return the position survives a crash of the machine. False: said. */
bool checkpoint_file_save(const struct checkpoint_file *file, const struct position *position,
                          const struct parts *parts);

#endif
