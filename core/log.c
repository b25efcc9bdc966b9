/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "cleanup.h"
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};

struct line {
  char *data;
  size_t size, capacity;
};

static void put(struct line *line, const char *data, size_t size)
{
  if (line->size + size > line->capacity) {
    line->capacity = 2 * (line->size + size);
    line->data = xrealloc(line->data, line->capacity);
  }
  memcpy(line->data + line->size, data, size);
  line->size += size;
}

static void put_text(struct line *line, const char *text)
{
  put(line, text, strlen(text));
}

/* Bytes of the UTF-8 character at `text` (RFC 3629, section 4), 0: it is none. */
static size_t utf8_size(const char *text)
{
  const unsigned char *byte = (const unsigned char *)text;
  size_t size = byte[0] < 0x80   ? 1
                : byte[0] < 0xc2 ? 0
                : byte[0] < 0xe0 ? 2
                : byte[0] < 0xf0 ? 3
                                 : 4;
  if (byte[0] > 0xf4 || (byte[0] == 0xe0 && byte[1] < 0xa0) ||
      (byte[0] == 0xed && byte[1] > 0x9f) || (byte[0] == 0xf0 && byte[1] < 0x90) ||
      (byte[0] == 0xf4 && byte[1] > 0x8f))
    return 0;
  for (size_t i = 1; i < size; i++)
    if ((byte[i] & 0xc0) != 0x80)
      return 0;
  return size;
}

/* A line stays a line, and UTF-8, whatever a server put into its message. */
static void put_escaped(struct line *line, const char *text, bool quotes)
{
  for (const char *c = text; *c;) {
    char escape[8];
    unsigned char byte = (unsigned char)*c;
    size_t size = utf8_size(c);
    if (byte == '\n')
      put(line, quotes ? "\\n" : " ", quotes ? 2 : 1);
    else if (byte < 0x20 || byte == 0x7f)
      put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", byte));
    else if (quotes && (byte == '"' || byte == '\\'))
      put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", byte));
    else if (!size)
      put_text(line, "\xef\xbf\xbd"); /* the replacement character */
    else
      put(line, c, size);
    c += size ? size : 1;
  }
}

static void put_time(struct line *line)
{
  struct timespec now;
  struct tm parts;
  char text[64];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  put(line, text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
  put(line, text, (size_t)snprintf(text, sizeof text, ".%03ldZ", now.tv_nsec / 1000000));
}

static void format_text(struct line *line, const char *level, const char *who, const char *message)
{
  put_time(line);
  put_text(line, " ");
  put_text(line, level);
  put_text(line, " ");
  if (who) {
    put_text(line, who);
    put_text(line, ": ");
  }
  put_escaped(line, message, false);
  put_text(line, "\n");
}

static void format_json(struct line *line, const char *level, const char *who, const char *message)
{
  put_text(line, "{\"time\":\"");
  put_time(line);
  put_text(line, "\",\"level\":\"");
  put_text(line, level);
  if (who) {
    put_text(line, "\",\"instance\":\"");
    put_escaped(line, who, true);
  }
  put_text(line, "\",\"message\":\"");
  put_escaped(line, message, true);
  put_text(line, "\"}\n");
}

void log_writev(const struct logger *logger, enum headrace_level level, const char *who,
                const char *format, va_list arguments)
{
  if (level > logger->level)
    return;
  int saved = errno;
  CLEANUP_FREE char *message = NULL;
  if (vasprintf(&message, format, arguments) < 0)
    abort();
  size_t length = strlen(message);
  while (length > 0 && message[length - 1] == '\n')
    message[--length] = '\0';
  if (logger->capture) {
    diagnose(logger->capture, NULL, 0, "%s%s%s", who ? who : "", who ? ": " : "", message);
    errno = saved;
    return;
  }
  struct line line = {0};
  (logger->json ? format_json : format_text)(&line, level_names[level], who, message);
  if (logger->terminal) {
    terminal_write(logger->terminal, line.data, line.size);
  } else {
    /* There is nobody to tell if stderr is gone. */
    ssize_t written = write(logger->fd, line.data, line.size);
    (void)written;
  }
  free(line.data);
  errno = saved;
}

void log_write(const struct logger *logger, enum headrace_level level, const char *who,
               const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  log_writev(logger, level, who, format, arguments);
  va_end(arguments);
}
