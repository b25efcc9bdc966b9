/* SPDX-License-Identifier: Apache-2.0
 *
 * One line per event, written with one write(2), so that threads never mix. */
#ifndef HEADRACE_LOG_H
#define HEADRACE_LOG_H

#include "diagnostics.h"
#include "terminal.h"

#include <headrace/plugin.h>
#include <stdarg.h>
#include <stdbool.h>

struct logger {
  int fd;
  enum headrace_level level; /* what is less important than this is dropped */
  bool json;
  struct terminal *terminal;   /* NULL, or what shows lines at `fd` above a bar */
  struct diagnostics *capture; /* NULL, or where lines go instead: for checks */
};

/* `who` is "pipeline.stage", a pipeline's name, or NULL. Any thread; keeps errno. */
void log_write(const struct logger *logger, enum headrace_level level, const char *who,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void log_writev(const struct logger *logger, enum headrace_level level, const char *who,
                const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

#endif
