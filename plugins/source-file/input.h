/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a file, or of numbered files one after the other. One thread at a time. */
#ifndef HEADRACE_SOURCE_FILE_INPUT_H
#define HEADRACE_SOURCE_FILE_INPUT_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct input {
  const struct headrace_host *host;
  const char *base; /* as the INI file says it */
  uint64_t number;  /* 0: the file itself, else the one of that number */
  char *path;
  int fd;       /* -1: not open */
  off_t offset; /* of the next line */
  char *bytes;  /* what was read and is no line that was given yet: */
  size_t at, filled, capacity;
};

enum input_result {
  INPUT_LINE,
  INPUT_END,  /* no whole line is there now */
  INPUT_WRONG /* said by log() */
};

void input_init(struct input *input, const struct headrace_host *host);
void input_close(struct input *input);

/* Opens the first file behind where `number` says: the only one, or the lowest numbered one. END:
 * there is none yet. */
enum input_result input_open_next(struct input *input);
/* Opens the file of that number, which may be gone. */
enum input_result input_open(struct input *input, uint64_t number);

/* The next line, without its end, valid until the next call. */
enum input_result input_line(struct input *input, const char **line, size_t *size);
/* The next line is the one at this place. */
enum input_result input_seek(struct input *input, off_t offset);

/* Whether there is a file behind this one, which then gets no more lines. */
bool input_has_next(const struct input *input);
/* Whether something is left behind the last line: one without an end. */
bool input_has_rest(const struct input *input);

#endif
