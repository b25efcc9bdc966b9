/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "must_alloc.h"
#include "numbered_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE (256u << 10)
#define LINE_MOST (1u << 30) /* more than any record that a server takes */

void input_init(struct input *input, const struct headrace_host *host)
{
  *input = (struct input){.host = host, .base = host->string(host, "path"), .fd = -1};
}

static void shut(struct input *input)
{
  if (input->fd >= 0)
    close(input->fd);
  free(input->path);
  input->path = NULL;
  input->fd = -1;
  input->offset = 0;
  input->at = input->filled = 0;
}

void input_close(struct input *input)
{
  shut(input);
  free(input->bytes);
}

static enum input_result fault(const struct input *input, const char *what)
{
  input->host->log(input->host, HEADRACE_ERROR, "cannot %s %s: %s", what,
                   input->path ? input->path : input->base, strerror(errno));
  return INPUT_WRONG;
}

/* A folder is refused here: reading it would fail with less clear words. */
static enum input_result open_path(struct input *input, char *path)
{
  struct stat file;
  shut(input);
  input->path = path;
  input->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (input->fd < 0 && errno == ENOENT)
    return INPUT_END;
  if (input->fd < 0 || fstat(input->fd, &file))
    return fault(input, "open");
  if (S_ISREG(file.st_mode))
    return INPUT_LINE;
  errno = EISDIR;
  return fault(input, "read");
}

enum input_result input_open(struct input *input, uint64_t number)
{
  input->number = number;
  return open_path(input, number ? numbered_path(input->base, number)
                                 : must_copy(input->base, strlen(input->base)));
}

enum input_result input_open_next(struct input *input)
{
  if (!input->number && !access(input->base, F_OK))
    return input_open(input, 0);
  int64_t next = numbered_next(input->base, input->number);
  if (next < 0) {
    errno = (int)-next;
    return fault(input, "look for the files of");
  }
  return next ? input_open(input, (uint64_t)next) : INPUT_END;
}

bool input_has_next(const struct input *input)
{
  return input->number && numbered_next(input->base, input->number) > 0;
}

bool input_has_rest(const struct input *input)
{
  return input->filled > input->at;
}

/* Moves what is left to the beginning, and reads more behind it. */
static enum input_result fill(struct input *input)
{
  if (input->at) /* else there may be no bytes at all, which memmove must not see */
    memmove(input->bytes, input->bytes + input->at, input->filled - input->at);
  input->filled -= input->at;
  input->at = 0;
  if (input->capacity - input->filled < READ_SIZE) {
    if (input->capacity >= LINE_MOST) {
      input->host->log(input->host, HEADRACE_ERROR, "%s, byte %jd: a line of more than %u bytes",
                       input->path, (intmax_t)input->offset, LINE_MOST);
      return INPUT_WRONG;
    }
    input->capacity = 2 * input->capacity + READ_SIZE;
    input->bytes = must_grow(input->bytes, input->capacity);
  }
  ssize_t got = read(input->fd, input->bytes + input->filled, input->capacity - input->filled);
  if (got < 0)
    return errno == EINTR ? INPUT_LINE : fault(input, "read");
  input->filled += (size_t)got;
  return got ? INPUT_LINE : INPUT_END;
}

enum input_result input_line(struct input *input, const char **line, size_t *size)
{
  size_t looked = 0;
  for (;;) {
    const char *begin = input->bytes + input->at;
    size_t there = input->filled - input->at;
    const char *feed = there > looked ? memchr(begin + looked, '\n', there - looked) : NULL;
    if (feed) {
      *line = begin;
      *size = (size_t)(feed - begin);
      input->at += *size + 1;
      input->offset += (off_t)(*size + 1);
      return INPUT_LINE;
    }
    looked = there;
    enum input_result result = fill(input);
    if (result != INPUT_LINE)
      return result;
  }
}

enum input_result input_seek(struct input *input, off_t offset)
{
  if (lseek(input->fd, offset, SEEK_SET) < 0)
    return fault(input, "go on in");
  input->offset = offset;
  input->at = input->filled = 0;
  return INPUT_LINE;
}
