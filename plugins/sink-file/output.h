/* SPDX-License-Identifier: Apache-2.0
 *
 * The file that is written, and the ones before it. One thread at a time. */
#ifndef HEADRACE_SINK_FILE_OUTPUT_H
#define HEADRACE_SINK_FILE_OUTPUT_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct output {
  const struct headrace_host *host;
  const char *base; /* as the INI file says it */
  bool numbered;    /* more than one */
  int64_t rotate_bytes, rotate_us, keep;
  uint64_t number; /* 0: the only one */
  char *path;
  int fd;
  off_t size; /* of what is sound; what is behind it is cut off before anything is written */
  int64_t opened_us;
};

void output_init(struct output *output, const struct headrace_host *host);
void output_close(struct output *output);

/* Opens the newest file, or makes the first one; shuts out any other process; cuts off a last line
 * that has no end. Says what is wrong. */
enum headrace_result output_open(struct output *output);

/* Whether what comes next belongs into another file; and goes on to it. */
bool output_is_full(const struct output *output);
enum headrace_result output_next(struct output *output);
void output_drop_old(const struct output *output);

/* Removes the newest file, which has nothing in it that counts, and goes back to the one before;
 * *more: there is one. */
enum headrace_result output_previous(struct output *output, bool *more);

/* All or nothing: what was written of it is cut off again. */
enum headrace_result output_write(struct output *output, const char *data, size_t size);
enum headrace_result output_sync(struct output *output);

/* The last line that begins with `beginning`: copied to `line` without its end, as a text, if it is
 * there; then all that is behind it is cut off. */
enum headrace_result output_cut_behind(struct output *output, const char *beginning, char *line,
                                       size_t room, bool *found);

#endif
